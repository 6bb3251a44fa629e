//! Convolution.

use negatoscope::model::kernels::*;

use super::random::Random;

#[derive(Debug, Clone)]
pub struct Case {
    pub extent: [usize; 3],
    pub inputs: usize,
    pub outputs: usize,
    pub groups: usize,
    pub kernel: [usize; 3],
    pub stride: [usize; 3],
    pub dilation: [usize; 3],
    pub pads: [[usize; 2]; 3],
}

impl Case {
    pub fn random(r: &mut Random) -> Self {
        let flat = r.int(0, 2) == 0;
        let groups = r.pick(&[1, 1, 1, 2, 3]);
        let mut case = Self {
            extent: [r.size(1, 4), r.size(1, 12), r.size(1, 30)],
            inputs: groups * r.pick(&[1, 2, 3, 4, 5, 8, 11]),
            outputs: groups * r.pick(&[1, 2, 3, 5, 7, 8, 9, 10, 13, 16, 21]),
            groups,
            kernel: std::array::from_fn(|_| r.pick(&[1, 1, 2, 3, 3, 5])),
            stride: std::array::from_fn(|_| r.pick(&[1, 1, 1, 2, 3])),
            dilation: std::array::from_fn(|_| r.pick(&[1, 1, 2, 3, 6])),
            pads: std::array::from_fn(|_| [r.size(0, 4), r.size(0, 4)]),
        };
        if flat {
            (case.extent[0], case.kernel[0]) = (1, 1);
            (case.stride[0], case.dilation[0], case.pads[0]) = (1, 1, [0, 0]);
        }
        if r.int(0, 3) == 0 {
            (case.kernel[1], case.kernel[2], case.stride) = (3, 3, [1; 3]);
            (case.inputs, case.outputs) = (case.inputs / groups, case.outputs / groups);
            case.groups = 1;
        }
        if r.int(0, 5) == 0 {
            let channels = r.size(8, 25);
            (case.inputs, case.outputs, case.groups) = (channels, channels, channels);
        }
        if r.int(0, 5) == 0 {
            (case.kernel, case.stride, case.pads) = ([1; 3], [1; 3], [[0; 2]; 3]);
            case.dilation = [1; 3];
        }
        case
    }
    pub fn window(&self) -> Window {
        Window::new(self.kernel, self.stride, self.dilation, self.pads).unwrap()
    }
    pub fn channels(&self) -> Channels {
        Channels::new(self.inputs, self.outputs, self.groups).unwrap()
    }
    /// The forms to try.
    pub fn lanes(&self) -> &'static [Lanes] {
        if self.kernel[1] == 3 && self.stride[..2] == [1, 1] && self.kernel[2] != 3 {
            return &[Lanes::Channels, Lanes::Places, Lanes::PlacePairs];
        }
        if self.kernel[1..] == [3, 3] && self.stride == [1; 3] && self.groups == 1 {
            &[
                Lanes::Channels,
                Lanes::Places,
                Lanes::Winograd,
                Lanes::PlacePairs,
            ]
        } else if self.groups >= 8 {
            &[Lanes::Channels, Lanes::Places, Lanes::Depthwise]
        } else {
            &[Lanes::Channels, Lanes::Places]
        }
    }
    pub fn input_len(&self) -> usize {
        self.extent.iter().product::<usize>() * self.inputs
    }
    pub fn weights_len(&self) -> usize {
        self.kernel.iter().product::<usize>() * self.outputs * self.inputs / self.groups
    }

    /// Calls `term` for each output value with the offsets of its inputs and weights.
    pub fn terms(&self, out: [usize; 3], mut each: impl FnMut(usize, &[(usize, usize)])) {
        let (ins, outs) = (self.inputs / self.groups, self.outputs / self.groups);
        let taps: usize = self.kernel.iter().product();
        let mut list = vec![];
        for place in 0..out.iter().product() {
            let at = [
                place / (out[1] * out[2]),
                place / out[2] % out[1],
                place % out[2],
            ];
            for o in 0..self.outputs {
                list.clear();
                for tap in 0..taps {
                    let k = [
                        tap / (self.kernel[1] * self.kernel[2]),
                        tap / self.kernel[2] % self.kernel[1],
                        tap % self.kernel[2],
                    ];
                    let from: [i64; 3] = std::array::from_fn(|a| {
                        (at[a] * self.stride[a] + k[a] * self.dilation[a]) as i64
                            - self.pads[a][0] as i64
                    });
                    if (0..3).any(|a| from[a] < 0 || from[a] >= self.extent[a] as i64) {
                        continue;
                    }
                    let from = from.map(|v| v as usize);
                    let input = (from[0] * self.extent[1] + from[1]) * self.extent[2] + from[2];
                    for c in 0..ins {
                        list.push((
                            input * self.inputs + o / outs * ins + c,
                            (o * ins + c) * taps + tap,
                        ));
                    }
                }
                each(o, &list);
            }
        }
    }
}

/// Rows in two or three parts, as workers would do them.
pub fn parts(r: &mut Random, rows: usize) -> Vec<std::ops::Range<usize>> {
    let (a, b) = (r.size(0, rows), r.size(0, rows));
    vec![0..a.min(b), a.min(b)..a.max(b), a.max(b)..rows]
}

pub fn float(cases: usize) -> Result<(), String> {
    let mut r = Random(1);
    let mut done = 0;
    while done < cases {
        let case = Case::random(&mut r);
        let Some(out) = case.window().output(case.extent) else {
            continue;
        };
        done += 1;
        let input = r.floats(case.input_len());
        let weights = r.floats(case.weights_len());
        let bias = if r.int(0, 3) == 0 {
            vec![]
        } else {
            r.floats(case.outputs)
        };
        let end = r.pick(&[
            Activation::Identity,
            Activation::Relu,
            Activation::Clip(-0.5, 1.0),
            Activation::LeakyRelu(0.1),
            Activation::Elu(1.0),
        ]);
        let n = out.iter().product::<usize>() * case.outputs;
        let residual = (r.int(0, 2) == 0).then(|| r.floats(n));
        let mut expected = vec![];
        case.terms(out, |o, list| {
            let sum: f64 = list
                .iter()
                .map(|&(x, w)| f64::from(input[x]) * f64::from(weights[w]))
                .sum();
            let scale: f64 = list
                .iter()
                .map(|&(x, w)| (f64::from(input[x]) * f64::from(weights[w])).abs())
                .sum();
            let mut v = sum + bias.get(o).copied().map_or(0.0, f64::from);
            if let Some(residual) = &residual {
                v += f64::from(residual[expected.len()]);
            }
            let v = match end {
                Activation::Identity => v,
                Activation::Relu => v.max(0.0),
                Activation::Clip(a, b) => v.clamp(f64::from(a), f64::from(b)),
                Activation::LeakyRelu(a) => {
                    if v < 0.0 {
                        f64::from(a) * v
                    } else {
                        v
                    }
                }
                Activation::Elu(a) => {
                    if v < 0.0 {
                        f64::from(a) * v.exp_m1()
                    } else {
                        v
                    }
                }
            };
            expected.push((v, 1.0 + scale));
        });
        for &lanes in case.lanes() {
            let conv =
                ConvF32::with_lanes(case.window(), case.channels(), &weights, &bias, end, lanes)
                    .ok_or_else(|| format!("{case:?} refused"))?;
            let mut got = vec![f32::NAN; n];
            let row = out[2] * case.outputs;
            for rows in parts(&mut r, out[0] * out[1]) {
                let range = rows.start * row..rows.end * row;
                let residual = residual.as_ref().map(|v| &v[range.clone()]);
                conv.run(case.extent, &input, residual, rows, &mut got[range])
                    .ok_or_else(|| format!("{case:?} not run"))?;
            }
            for (i, (g, (e, scale))) in got.iter().zip(&expected).enumerate() {
                let off = (f64::from(*g) - e).abs();
                if off.is_nan() || off > 3e-6 * scale {
                    return Err(format!("{case:?} {lanes:?} {end:?} at {i}: {g}, not {e}"));
                }
            }
        }
    }
    Ok(())
}

pub fn quantised(cases: usize) -> Result<(), String> {
    let mut r = Random(2);
    let mut done = 0;
    while done < cases {
        let case = Case::random(&mut r);
        let Some(out) = case.window().output(case.extent) else {
            continue;
        };
        done += 1;
        let signed = [(); 3].map(|()| r.int(0, 1) == 1);
        let value = |b: u8, signed: bool| {
            if signed {
                i64::from(b as i8)
            } else {
                i64::from(b)
            }
        };
        let zero =
            |r: &mut Random, signed: bool| r.int(0, 255) as i32 - if signed { 128 } else { 0 };
        let (xz, yz) = (zero(&mut r, signed[0]), zero(&mut r, signed[1]));
        let input = r.bytes(case.input_len());
        let weights = r.bytes(case.weights_len());
        let each = r.int(0, 1) == 1;
        let count = if each { case.outputs } else { 1 };
        let w_zeros: Vec<i32> = match (signed[2], r.int(0, 1)) {
            (true, 0) => vec![],
            (s, _) => (0..count).map(|_| zero(&mut r, s)).collect(),
        };
        let w_scales: Vec<f32> = (0..count).map(|_| 0.001 + 0.01 * r.float().abs()).collect();
        let bias: Vec<i32> = if r.int(0, 3) == 0 {
            vec![]
        } else {
            (0..case.outputs)
                .map(|_| r.int(-20_000, 20_000) as i32)
                .collect()
        };
        let x = Quant::new(0.02 + 0.01 * r.float(), xz, signed[0]).unwrap();
        let (xs, ys) = (0.02 + 0.01 * r.float(), 0.1 + 0.09 * r.float());
        let x = Quant::new(xs, xz, signed[0]).unwrap_or(x);
        let y = Quant::new(ys, yz, signed[1]).unwrap();
        let scale = |o: usize| w_scales[if each { o } else { 0 }];
        let (mut bytes, mut floats) = (vec![], vec![]);
        case.terms(out, |o, list| {
            let wz = match w_zeros.len() {
                0 => 0,
                1 => i64::from(w_zeros[0]),
                _ => i64::from(w_zeros[o]),
            };
            let sum: i64 = list
                .iter()
                .map(|&(x, w)| {
                    (value(input[x], signed[0]) - i64::from(xz))
                        * (value(weights[w], signed[2]) - wz)
                })
                .sum::<i64>()
                + bias.get(o).copied().map_or(0, i64::from);
            let m = xs * scale(o) / ys;
            let whole = (sum as f64 * f64::from(m)).round_ties_even() + f64::from(yz);
            let (low, high) = if signed[1] {
                (-128.0, 127.0)
            } else {
                (0.0, 255.0)
            };
            bytes.push(whole.clamp(low, high) as i64 as u8);
            floats.push((sum as f32 * (xs * scale(o))).max(0.0));
        });
        let signed_weights: Vec<i8> = weights.iter().map(|&b| b as i8).collect();
        let held = if signed[2] {
            Weights8::Signed(&signed_weights)
        } else {
            Weights8::Unsigned(&weights)
        };
        let scales = Scales {
            scale: &w_scales,
            zero_point: &w_zeros,
        };
        for &lanes in case.lanes() {
            let make = |end| {
                ConvQ8::with_lanes(
                    case.window(),
                    case.channels(),
                    x,
                    held,
                    scales,
                    &bias,
                    end,
                    lanes,
                )
                .ok_or_else(|| format!("{case:?} refused"))
            };
            let mut got = vec![77; bytes.len()];
            let row = out[2] * case.outputs;
            let conv = make(End8::Bytes(y))?;
            for rows in parts(&mut r, out[0] * out[1]) {
                let to = &mut got[rows.start * row..rows.end * row];
                conv.run(case.extent, &input, rows, Output8::Bytes(to))
                    .ok_or_else(|| format!("{case:?} not run"))?;
            }
            if let Some(at) = (0..bytes.len()).find(|&i| got[i] != bytes[i]) {
                return Err(format!(
                    "{case:?} {lanes:?} at {at}: {}, not {}",
                    got[at], bytes[at]
                ));
            }
            let mut got = vec![f32::NAN; bytes.len()];
            let conv = make(End8::Floats(Activation::Relu))?;
            conv.run(
                case.extent,
                &input,
                0..out[0] * out[1],
                Output8::Floats(&mut got),
            )
            .ok_or_else(|| format!("{case:?} not run"))?;
            if got != floats {
                return Err(format!("{case:?} {lanes:?}: float32 end differs"));
            }
        }
    }
    Ok(())
}
