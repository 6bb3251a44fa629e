//! Gaussian blur: separable, radius ⌈3σ⌉ or by `size`, edges replicated, weights normalised over the neighbours that are not padding (the
//! mean of a normalised convolution in two dimensions: sums of values and of weights go through both passes).
//!
//! `of=levels` is OpenCV's `GaussianBlur` of an 8-bit picture to the last bit: fixed point, edges mirrored.

use super::{
    Filter, Gives, Kind, Parameter,
    kernel::gaussian8,
    level,
    plan::{Pass, Plan},
};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "gaussian",
    parameters: &[
        Parameter::number("sigma", 1.0, 0.1, 20.0),
        // The side of the kernel, made odd; 0: as far as sigma reaches, of levels as OpenCV has it.
        Parameter::whole("size", 0.0, 0.0, 63.0),
        Parameter::choice("of", &["values", "levels"]),
    ],
    gives: |filter| filter.gives_levels(Gives::Same),
    apply: |filter, frame| {
        let (sigma, size) = read(filter);
        let weights = weights(sigma as f32, size);
        if !filter.of_levels() {
            return blur(frame, &weights);
        }
        if level::is_padded(frame) {
            // What is missing has no fixed point: the mean of what is there, rounded.
            return level::rounded(&blur(&level::rounded(frame), &weights));
        }
        let levels = level::of(frame, 0);
        let soft = gaussian8::blur(&levels, frame.columns, size, sigma);
        level::back(frame, &soft)
    },
    plan: |filter, frame| {
        let (sigma, size) = read(filter);
        let source = include_str!("gaussian.wgsl");
        (!filter.of_levels()).then(|| {
            let weights = weights(sigma as f32, size);
            plan(&weights, 0.0, frame, source, "down")
        })
    },
};

fn read(filter: &Filter) -> (f64, usize) {
    let (sigma, size) = (filter.number(0), filter.number(1) as usize);
    if filter.of_levels() && size == 0 {
        return (sigma, gaussian8::side(sigma));
    }
    (sigma, size)
}

/// An odd number of weights, not normalised, the middle one 1; `size` 0: as far as 3σ.
pub(super) fn weights(sigma: f32, size: usize) -> Vec<f32> {
    let radius = match size {
        0 => (3.0 * sigma).ceil() as usize,
        _ => size / 2,
    } as i32;
    (-radius..=radius)
        .map(|d| libm::expf(-((d * d) as f32) / (2.0 * sigma * sigma)))
        .collect()
}

/// The plan of a blur whose second pass is `last`.
pub(super) fn plan(
    weights: &[f32],
    amount: f32,
    frame: &Grey,
    source: &'static str,
    last: &'static str,
) -> Plan {
    let mut parameters = vec![(weights.len() / 2) as f32, amount];
    parameters.extend(weights);
    Plan {
        source,
        parameters,
        scratch: 2 * frame.values.len(),
        passes: vec![Pass::pixels("across", frame), Pass::pixels(last, frame)],
    }
}

/// Blurs with these weights.
pub(super) fn blur(frame: &Grey, weights: &[f32]) -> Grey {
    let columns = frame.columns.max(1);
    let real = |v: f32| v != PADDING;
    let sums = two_passes(frame, weights, columns, |v| if real(v) { v } else { 0.0 });
    let values = if frame.values.iter().all(|&v| real(v)) {
        let total: f32 = weights.iter().sum();
        sums.iter().map(|sum| sum / (total * total)).collect()
    } else {
        let totals = two_passes(frame, weights, columns, |v| if real(v) { 1.0 } else { 0.0 });
        let mean = |((&own, sum), total): ((&f32, &f32), &f32)| {
            if real(own) { sum / total } else { PADDING }
        };
        frame
            .values
            .iter()
            .zip(&sums)
            .zip(&totals)
            .map(mean)
            .collect()
    };
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values,
    }
}

/// Σ weight · f(value) over both directions. Whole lines are added at a time, so that the inner loops run on vectors.
fn two_passes(frame: &Grey, weights: &[f32], columns: usize, f: impl Fn(f32) -> f32) -> Vec<f32> {
    let radius = weights.len() / 2;
    let mut across = Vec::with_capacity(frame.values.len());
    let mut wide: Vec<f32> = Vec::with_capacity(columns + 2 * radius);
    let mut sums = vec![0.0; columns];
    for line in frame.values.chunks_exact(columns) {
        let (first, last) = (
            line.first().map_or(0.0, |&v| f(v)),
            line.last().map_or(0.0, |&v| f(v)),
        );
        wide.clear();
        wide.extend(std::iter::repeat_n(first, radius));
        wide.extend(line.iter().map(|&v| f(v)));
        wide.extend(std::iter::repeat_n(last, radius));
        sums.fill(0.0);
        for (&weight, shifted) in weights.iter().zip(wide.windows(columns)) {
            add(&mut sums, shifted, weight);
        }
        across.extend_from_slice(&sums);
    }
    let rows = across.len() / columns;
    let mut down = Vec::with_capacity(across.len());
    for row in 0..rows {
        sums.fill(0.0);
        for (d, &weight) in weights.iter().enumerate() {
            let from = (row + d).saturating_sub(radius).min(rows - 1) * columns;
            add(
                &mut sums,
                across.get(from..from + columns).unwrap_or_default(),
                weight,
            );
        }
        down.extend_from_slice(&sums);
    }
    down
}

fn add(sums: &mut [f32], line: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(line) {
        *sum += value * weight;
    }
}
