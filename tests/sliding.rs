//! Sliding windows against the NumPy computation of MONAI's formulas: `scripts/oracles/sliding_window.py`.
#![allow(clippy::unwrap_used, reason = "a test")]

use negatoscope::{
    base::{Limits, Silent},
    model::sliding::{Blend, Image, Padding, Sliding, Windows},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    dims: Vec<usize>,
    roi: Vec<usize>,
    overlap: Vec<f64>,
    mode: String,
    sigma_scale: f64,
    padding: String,
    cval: f32,
    windows: usize,
    out: Vec<f32>,
}

/// A picture is a grid of one plane.
fn three<T: Copy>(values: &[T], first: T) -> [T; 3] {
    match *values {
        [d, h, w] => [d, h, w],
        [h, w] => [first, h, w],
        _ => panic!("two or three axes"),
    }
}

/// The oracle's network: it knows where in its window a cell lies.
fn predictor(tensor: &[f32], [_, height, width]: [usize; 3]) -> Vec<f32> {
    let of = |factor: f32, share: f32| {
        tensor.iter().enumerate().map(move |(at, value)| {
            let (d, h, w) = (at / width / height, at / width % height, at % width);
            value * factor + ((31 * d + 7 * h + 3 * w) % 13) as f32 * share
        })
    };
    of(0.5, 1.0).chain(of(-1.5, 0.25)).collect()
}

#[test]
fn blended_values_are_monais() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/sliding.json")).unwrap();
    assert!(cases.len() >= 9);
    for case in cases {
        let dims = three(&case.dims, 1);
        let sliding = Sliding {
            roi: three(&case.roi, 1),
            overlap: three(&case.overlap, 0.25),
            blend: match case.mode.as_str() {
                "constant" => Blend::Constant,
                _ => Blend::Gaussian(case.sigma_scale),
            },
            padding: match case.padding.as_str() {
                "constant" => Padding::Constant(case.cval),
                "replicate" => Padding::Replicate,
                _ => Padding::Reflect,
            },
        };
        let count: usize = dims.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|i| (i * 7919 % 1009) as f32 / 64.0 - 5.0)
            .collect();
        let windows = Windows::over(dims, &sliding, &Limits::default()).unwrap();
        assert_eq!(windows.count(), case.windows, "{}", case.name);
        let image = Image {
            values: &values,
            slices: 1,
            copies: 1,
        };
        let (roi, plane) = (windows.roi(), dims[1] * dims[2]);
        let mut out = vec![f32::NAN; 2 * count];
        windows
            .run(
                &image,
                2,
                1 << 20,
                &Silent,
                &mut |tensor| Ok(predictor(tensor, roi)),
                &mut |z, values| {
                    for channel in 0..2 {
                        out[channel * count + z * plane..][..plane]
                            .copy_from_slice(&values[channel * plane..][..plane]);
                    }
                    Ok(())
                },
            )
            .unwrap();
        let largest = case.out.iter().fold(0.0, |m: f32, v| m.max(v.abs()));
        let worst = out
            .iter()
            .zip(&case.out)
            .fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs()));
        println!("{}: {:.2e} of the largest", case.name, worst / largest);
        assert_eq!(out.len(), case.out.len());
        // NaN would pass a comparison of maxima.
        assert!(out.iter().all(|v| v.is_finite()), "{}", case.name);
        assert!(worst <= 1e-6 * largest, "{}: {worst}", case.name);
    }
}
