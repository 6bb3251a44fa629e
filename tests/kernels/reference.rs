//! The int8 convolution against onnx.reference, byte by byte.

use negatoscope::model::kernels::{
    Channels, ConvQ8, End8, Lanes, Output8, Quant, Scales, Weights8, Window,
};

#[derive(Debug)]
pub struct Reference {
    pub source: &'static str,
    pub extent: [usize; 3],
    /// Input, output, groups.
    pub channels: [usize; 3],
    pub kernel: [usize; 3],
    pub stride: [usize; 3],
    pub dilation: [usize; 3],
    pub pads: [[usize; 2]; 3],
    /// Input, weights, output.
    pub signed: [bool; 3],
    /// Scale and zero point.
    pub x: (f32, i32),
    pub y: (f32, i32),
    pub w_scale: &'static [f32],
    pub w_zero: &'static [i32],
    pub bias: &'static [i32],
    /// D, H, W, C; weights as ONNX has them. Hexadecimal.
    pub input: &'static str,
    pub weights: &'static str,
    pub output: &'static str,
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn bytes_are_those_of_onnx_reference() {
    for (i, case) in super::cases::CASES.iter().enumerate() {
        let window = Window::new(case.kernel, case.stride, case.dilation, case.pads).unwrap();
        let [inputs, outputs, groups] = case.channels;
        let channels = Channels::new(inputs, outputs, groups).unwrap();
        let x = Quant::new(case.x.0, case.x.1, case.signed[0]).unwrap();
        let y = Quant::new(case.y.0, case.y.1, case.signed[2]).unwrap();
        let weights = bytes(case.weights);
        let signed: Vec<i8> = weights.iter().map(|&b| b as i8).collect();
        let weights = if case.signed[1] {
            Weights8::Signed(&signed)
        } else {
            Weights8::Unsigned(&weights)
        };
        let scales = Scales {
            scale: case.w_scale,
            zero_point: case.w_zero,
        };
        let (input, expected) = (bytes(case.input), bytes(case.output));
        for lanes in [Lanes::Channels, Lanes::Places, Lanes::Depthwise] {
            let Some(conv) = ConvQ8::with_lanes(
                window,
                channels,
                x,
                weights,
                scales,
                case.bias,
                End8::Bytes(y),
                lanes,
            ) else {
                assert!(lanes == Lanes::Depthwise && groups < inputs);
                continue;
            };
            let [d, h, w] = conv.output(case.extent).unwrap();
            let mut got = vec![0; d * h * w * outputs];
            conv.run(case.extent, &input, 0..d * h, Output8::Bytes(&mut got))
                .unwrap();
            assert_eq!(got, expected, "case {i} of {}, {lanes:?}", case.source);
        }
    }
}
