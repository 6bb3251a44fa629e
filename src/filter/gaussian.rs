//! Gaussian blur: separable, radius ⌈3σ⌉, edges replicated, weights normalised over neighbours that are not padding.

use super::{Kind, Parameter};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "gaussian",
    parameters: &[Parameter {
        name: "sigma",
        default: 1.0,
        min: 0.1,
        max: 20.0,
    }],
    apply,
};

fn apply(values: &[f32], frame: &Grey) -> Grey {
    blur(frame, values.first().copied().unwrap_or(1.0))
}

/// Blurs with `sigma` in pixels.
pub(super) fn blur(frame: &Grey, sigma: f32) -> Grey {
    let radius = (3.0 * sigma).ceil() as i64;
    let weights: Vec<f32> = (-radius..=radius)
        .map(|d| libm::expf(-((d * d) as f32) / (2.0 * sigma * sigma)))
        .collect();
    let across = pass(frame, &weights, radius, true);
    pass(&across, &weights, radius, false)
}

fn pass(frame: &Grey, weights: &[f32], radius: i64, along_row: bool) -> Grey {
    let (columns, rows) = (frame.columns as i64, frame.rows as i64);
    let mut values = Vec::with_capacity(frame.values.len());
    for row in 0..rows {
        for column in 0..columns {
            let own = frame
                .values
                .get((row * columns + column) as usize)
                .copied()
                .unwrap_or(PADDING);
            if own == PADDING {
                values.push(PADDING);
                continue;
            }
            let (mut sum, mut total) = (0.0, 0.0);
            for (&weight, d) in weights.iter().zip(-radius..) {
                let (x, y) = if along_row {
                    (column + d, row)
                } else {
                    (column, row + d)
                };
                let at = y.clamp(0, rows - 1) * columns + x.clamp(0, columns - 1);
                let value = frame.values.get(at as usize).copied().unwrap_or(PADDING);
                if value != PADDING {
                    sum += value * weight;
                    total += weight;
                }
            }
            values.push(sum / total);
        }
    }
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values,
    }
}
