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
    model::run::{Network, Output},
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
