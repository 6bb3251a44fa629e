//! Networks on our own kernels give what tract gives: the shipped ones, and any in the folder NEGATOSCOPE_NETWORKS (files
//! NAME.D0xD1x….onnx, whose name ends in the input's shape).
#![cfg(all(feature = "model", feature = "tract"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test tells what it saw and how long that took"
)]

use std::{fs, path::Path, time::Instant};

use negatoscope::{
    base::Limits,
    model::{
        codes,
        run::{Network, Output},
    },
};

fn noise(n: usize) -> Vec<f32> {
    let mut state = 1_u32;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// The largest difference, over the root mean square of what is expected.
fn apart(found: &[Output], expected: &[Output]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let mut worst = 0.0_f64;
    for (f, e) in found.iter().zip(expected) {
        assert_eq!(f.shape, e.shape);
        let square: f64 = e.values.iter().map(|v| f64::from(*v).powi(2)).sum();
        let rms = (square / e.values.len().max(1) as f64).sqrt().max(1e-30);
        for (f, e) in f.values.iter().zip(&e.values) {
            assert!(f.is_finite() == e.is_finite(), "{f} {e}");
            worst = worst.max(f64::from((f - e).abs()) / rms);
        }
    }
    worst
}

fn compare(path: &Path, shape: &[usize]) -> f64 {
    let network = Network::unchecked(fs::read(path).unwrap(), &Limits::default()).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let start = Instant::now();
    let plan = match network.own(shape).unwrap() {
        Ok(plan) => plan,
        Err(refusal) => panic!("{name}: {refusal}"),
    };
    let laid = start.elapsed();
    let input = noise(shape.iter().product());
    let start = Instant::now();
    let found = plan.run(&input).unwrap();
    let ran = start.elapsed();
    let start = Instant::now();
    let expected = network
        .plan_tract(shape)
        .map(|plan| plan.run(&input).unwrap());
    let tract = start.elapsed();
    let worst = match &expected {
        Ok(expected) => apart(&found, expected),
        Err(error) => {
            println!("{name}: tract: {}", error.detail());
            f64::NAN
        }
    };
    println!(
        "{name}: off by {worst:.2e} of the RMS; laid out in {laid:?}, run in {ran:?} (tract {tract:?} in all), {} MB of tensors, streamed {:?}",
        plan.peak_bytes().unwrap() / 1_000_000,
        plan.streamed(),
    );
    worst
}

#[test]
fn shipped_networks_are_those_of_tract() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for (name, shape) in [
        ("brain-tissue-light", vec![1, 1, 20, 24, 17]),
        ("brain-mask", vec![1, 1, 20, 24, 17]),
        ("chest-pneumonia", vec![1, 1, 112, 112]),
    ] {
        let worst = compare(&models.join(name).join("model-f32.onnx"), &shape);
        assert!(worst < 1e-4, "{name}: {worst}");
        // tract computes quantized networks in floats: near, not equal.
        let worst = compare(&models.join(name).join("model.onnx"), &shape);
        assert!(worst < 1.0, "{name}: {worst}");
    }
}

#[test]
fn networks_of_a_folder_are_those_of_tract() {
    let Some(folder) = std::env::var_os("NEGATOSCOPE_NETWORKS") else {
        println!("no folder of networks");
        return;
    };
    let mut bad = vec![];
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    for path in files
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "onnx"))
    {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let shape: Vec<usize> = stem
            .rsplit('.')
            .next()
            .unwrap()
            .split('x')
            .map(|n| n.parse().unwrap())
            .collect();
        let result = std::panic::catch_unwind(|| compare(path, &shape));
        if !result.is_ok_and(|worst| worst < 1e-4 || worst.is_nan()) {
            bad.push(stem);
        }
    }
    println!("apart: {bad:?}");
}

/// Plane by plane the values are the same as at once.
#[test]
fn planes_are_those_of_the_whole() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let [d, h, w] = [70, 9, 12];
    let input = noise(d * h * w);
    for file in [
        "brain-tissue-light/model-f32.onnx",
        "brain-mask/model-f32.onnx",
        "brain-tissue-light/model.onnx",
        "brain-mask/model.onnx",
    ] {
        let network =
            Network::unchecked(fs::read(models.join(file)).unwrap(), &Limits::default()).unwrap();
        let plan = network.own(&[1, 1, d, h, w]).unwrap().unwrap();
        let whole = plan.run(&input).unwrap().remove(0);
        let (channels, _) = plan.streamed().unwrap();
        assert_eq!(whole.shape, [1, channels, d, h, w]);
        for range in [0..d, 0..1, 33..34, 13..57, 60..d, 5..5] {
            let mut at = range.start;
            plan.planes(d, &input, range.clone(), &mut |planes, values| {
                assert_eq!(planes.start, at);
                at = planes.end;
                for (i, v) in values.iter().enumerate() {
                    let (place, channel) = (i / channels, i % channels);
                    let there = channel * d * h * w + planes.start * h * w + place;
                    assert_eq!(*v, whole.values[there], "{file} {planes:?} {i}");
                }
                true
            })
            .unwrap();
            assert_eq!(at, range.end);
        }
    }
}

/// A field of protobuf: its number and bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2, bytes.len() as u8];
    assert!(bytes.len() < 128, "one byte of length");
    out.extend(bytes);
    out
}

/// A tensor of ONNX: element type (1 float, 2 uint8, 3 int8, 7 int64), sizes, name, bytes.
fn tensor(kind: u8, dims: &[u8], name: &str, raw: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = dims.iter().flat_map(|&n| [8, n]).collect();
    out.extend([16, kind]);
    out.extend(field(8, name.as_bytes()));
    out.extend(field(9, raw));
    out
}

fn reals(dims: &[u8], name: &str, values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(1, dims, name, &raw)
}

/// An attribute of text.
fn word(name: &str, value: &str) -> Vec<u8> {
    let mut out = field(1, name.as_bytes());
    out.extend(field(4, value.as_bytes()));
    out.extend([0xa0, 1, 3]);
    out
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out: Vec<u8> = inputs.iter().flat_map(|i| field(1, i.as_bytes())).collect();
    out.extend(field(2, output.as_bytes()));
    out.extend(field(4, op.as_bytes()));
    out.extend(attributes.iter().flat_map(|a| field(5, a)));
    out
}

/// A network from `x` of an element type and shape to `y`.
fn made(kind: u8, shape: &[u8], nodes: &[Vec<u8>], constants: &[Vec<u8>], opset: u8) -> Network {
    // Protobuf's lengths beyond 127, which a graph has.
    let long = |number: u8, bytes: &[u8]| {
        let n = bytes.len();
        let mut out = vec![number << 3 | 2, n as u8 | 128, (n >> 7) as u8];
        out.extend(bytes);
        out
    };
    let dims: Vec<u8> = shape.iter().flat_map(|&n| field(1, &[8, n])).collect();
    let kind = [vec![8, kind], field(2, &dims)].concat();
    let input = [field(1, b"x"), field(2, &field(1, &kind))].concat();
    let mut graph: Vec<u8> = nodes.iter().flat_map(|n| long(1, n)).collect();
    graph.extend(constants.iter().flat_map(|c| long(5, c)));
    graph.extend(long(11, &input));
    graph.extend(field(12, &field(1, b"y")));
    let mut model = vec![8, 8];
    model.extend(long(7, &graph));
    model.extend(field(8, &[16, opset]));
    Network::unchecked(model, &Limits::default()).unwrap()
}

/// Places are chosen and sizes made whole as onnxruntime 1.x does it, in float32: its own answers.
#[test]
fn the_nearest_place_is_onnxruntimes() {
    let line = |n: u8| -> Vec<f32> { (0..n).map(f32::from).collect() };
    let resized = |from: u8, to: Result<u8, f32>, coordinates: &str, nearest: &str| {
        let how = [
            word("mode", "nearest"),
            word("coordinate_transformation_mode", coordinates),
            word("nearest_mode", nearest),
        ];
        let (inputs, constant): (&[&str], _) = match to {
            Ok(to) => {
                let sizes = [1_u64, 1, 1, u64::from(to)];
                let raw: Vec<u8> = sizes.iter().flat_map(|n| n.to_le_bytes()).collect();
                (&["x", "", "", "s"], tensor(7, &[4], "s", &raw))
            }
            Err(scale) => (&["x", "", "s"], reals(&[4], "s", &[1.0, 1.0, 1.0, scale])),
        };
        let one = node("Resize", inputs, "y", &how);
        let network = made(1, &[1, 1, 1, from], &[one], &[constant], 13);
        let plan = network.own(&[1, 1, 1, usize::from(from)]).unwrap().unwrap();
        plan.run(&line(from)).unwrap().remove(0).values
    };
    assert_eq!(
        resized(6, Ok(8), "asymmetric", "floor"),
        [0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0]
    );
    assert_eq!(
        resized(6, Ok(8), "half_pixel", "round_prefer_floor"),
        [0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 5.0]
    );
    assert_eq!(
        resized(10, Err(0.7), "asymmetric", "floor"),
        [0.0, 1.0, 2.0, 4.0, 5.0, 7.0, 8.0]
    );
    let one = node("Upsample", &["x", "s"], "y", &[word("mode", "nearest")]);
    let scales = reals(&[4], "s", &[1.0, 1.0, 1.0, 1.1]);
    let network = made(1, &[1, 1, 1, 10], &[one], &[scales], 9);
    let plan = network.own(&[1, 1, 1, 10]).unwrap().unwrap();
    let found = plan.run(&line(10)).unwrap().remove(0);
    assert_eq!(found.shape, [1, 1, 1, 11]);
    assert_eq!(found.values[1..], line(10));
}

/// A bias in units of a tiny scale is beyond all whole numbers: then the sums are floats.
#[test]
fn a_bias_over_a_tiny_scale_is_kept() {
    let nodes = [
        node("QuantizeLinear", &["x", "xs", "xz"], "q", &[]),
        node("DequantizeLinear", &["q", "xs", "xz"], "d", &[]),
        node("DequantizeLinear", &["w", "ws", "wz"], "v", &[]),
        node("Conv", &["d", "v", "b"], "y", &[]),
    ];
    for (scale, near) in [(1e-9, 1e-6), (0.01, 1e-3)] {
        let constants = [
            reals(&[], "xs", &[0.01]),
            tensor(2, &[], "xz", &[0]),
            tensor(3, &[2, 1, 1, 1], "w", &[3, (-5_i8) as u8]),
            reals(&[], "ws", &[scale]),
            tensor(3, &[], "wz", &[0]),
            reals(&[2], "b", &[1.5, -2.25]),
        ];
        let network = made(1, &[1, 1, 2, 2], &nodes, &constants, 13);
        let plan = network.own(&[1, 1, 2, 2]).unwrap().unwrap();
        let input = [0.5, 1.0, 0.25, 2.0];
        let found = plan.run(&input).unwrap().remove(0).values;
        let each = |weight: f32, bias: f32| input.map(|x| x * weight * scale + bias);
        let wanted = [each(3.0, 1.5), each(-5.0, -2.25)].concat();
        for (f, w) in found.iter().zip(&wanted) {
            assert!((f - w).abs() < near, "{scale}: {found:?}, not {wanted:?}");
        }
    }
}

/// What a file declares of its input holds with every runtime: a classifier of 128 × 128 is not run on 512 × 512.
#[test]
fn a_declared_input_is_not_overridden() {
    let relu = [node("Relu", &["x"], "y", &[])];
    let fixed = made(1, &[1, 1, 12, 12], &relu, &[], 13);
    assert!(fixed.plan(&[1, 1, 12, 12]).is_ok());
    let error = fixed.plan(&[1, 1, 64, 64]).unwrap_err();
    assert_eq!(error.code(), &codes::MANIFEST);
    let text = error.detail();
    assert!(
        text.contains("input.size") && text.contains("[1, 1, 12, 12]"),
        "{text}"
    );
    let error = fixed.plan(&[1, 1, 1, 12, 12]).unwrap_err();
    assert!(error.detail().contains("input.layout"), "{error}");
    // Bytes are not fed floats from 0 to 1.
    let bytes = made(2, &[1, 1, 12, 12], &relu, &[], 13);
    let error = bytes.plan(&[1, 1, 12, 12]).unwrap_err();
    assert_eq!(error.code(), &codes::MANIFEST);
    assert!(error.detail().contains("uint8"), "{error}");
}
