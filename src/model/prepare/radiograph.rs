//! The preparation `chest-area`: a radiograph as it is displayed → a small square in 0..1, the same for every window that clips nothing.
//!
//! Steps: display values (0..1, bright is dense); exact area average to `size`, aspect ratio not kept; two percentiles of these values become
//! 0 and 1. The network's own recipe does the same steps in Python.

use crate::{
    base::{Error, Result},
    model::codes,
};

/// A display frame → the values of the tensor [1, 1, height, width], row by row. `values` has `rows` × `columns` finite values.
///
/// # Errors
/// `MDL-006` when the values do not fill the frame or are not finite.
pub fn prepare(
    values: &[f32],
    columns: usize,
    rows: usize,
    [height, width]: [usize; 2],
    percentiles: [f64; 2],
) -> Result<Vec<f32>> {
    let wrong = || Error::new(&codes::INPUT).at("frame");
    if columns == 0
        || rows == 0
        || height == 0
        || width == 0
        || columns.checked_mul(rows) != Some(values.len())
    {
        return Err(wrong()
            .expected(format!("{columns} × {rows} values"))
            .found(values.len()));
    }
    if !values.iter().all(|v| v.is_finite()) {
        return Err(wrong().found("values that are not finite"));
    }
    let small = area_average(values, columns, rows, height, width);
    let mut sorted = small.clone();
    sorted.sort_by(f64::total_cmp);
    let [low, high] = percentiles.map(|p| percentile(&sorted, p));
    let span = high - low;
    // A flat picture has nothing to stretch.
    let flat = span <= 1e-9 * low.abs().max(high.abs());
    Ok(small
        .iter()
        .map(|v| {
            if flat {
                0.0
            } else {
                ((v - low) / span).clamp(0.0, 1.0) as f32
            }
        })
        .collect())
}

/// Mean over each cell's part of the frame; pixels that a cell's border cuts count by the part inside. `values` are rows × columns.
pub(in crate::model) fn area_average(
    values: &[f32],
    columns: usize,
    rows: usize,
    height: usize,
    width: usize,
) -> Vec<f64> {
    let (across, down) = (cover(columns, width), cover(rows, height));
    let mut out = vec![0.0; width * height];
    let mut line = vec![0.0; width];
    for (row, source) in values.chunks_exact(columns).enumerate() {
        for (sum, (first, weights)) in line.iter_mut().zip(&across) {
            let part = source.get(*first..).unwrap_or_default();
            *sum = part
                .iter()
                .zip(weights)
                .map(|(&v, w)| f64::from(v) * w)
                .sum();
        }
        // A row reaches into the cells whose cover holds it: those that begin before it and have not ended.
        for (cell, (first, weights)) in down.iter().enumerate() {
            if row < *first {
                break;
            }
            let Some(weight) = weights.get(row - first) else {
                continue;
            };
            let target = out.chunks_exact_mut(width).nth(cell).unwrap_or_default();
            for (sum, value) in target.iter_mut().zip(&line) {
                *sum += value * weight;
            }
        }
    }
    out
}

/// For each of `to` cells over `from` pixels: the first pixel that it touches, and the share of the cell that each pixel fills (sums to 1).
fn cover(from: usize, to: usize) -> Vec<(usize, Vec<f64>)> {
    let edge = |i: usize| i as f64 * from as f64 / to as f64;
    (0..to)
        .map(|cell| {
            let (low, high) = (edge(cell), edge(cell + 1));
            let first = low.floor() as usize;
            let last = (high.ceil() as usize).min(from);
            let weights = (first..last).map(|pixel| {
                let part = high.min((pixel + 1) as f64) - low.max(pixel as f64);
                part.max(0.0) * to as f64 / from as f64
            });
            (first, weights.collect())
        })
        .collect()
}

/// Linear between order statistics: rank (n − 1) p / 100.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let rank = (last as f64 * percent / 100.0).clamp(0.0, last as f64);
    let at = |i: usize| sorted.get(i.min(last)).copied().unwrap_or(0.0);
    let (low, part) = (rank.floor() as usize, rank.fract());
    at(low) + (at(low + 1) - at(low)) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_means() {
        // 3 × 3 to 2 × 2: each cell covers 1.5 × 1.5 pixels.
        let values: Vec<f32> = (0..9).map(|i| i as f32).collect();
        let found = area_average(&values, 3, 3, 2, 2);
        let first = (0.0 + 1.0 * 0.5 + 3.0 * 0.5 + 4.0 * 0.25) / 2.25;
        let last = (8.0 + 7.0 * 0.5 + 5.0 * 0.5 + 4.0 * 0.25) / 2.25;
        assert!(
            (found[0] - first).abs() < 1e-12 && (found[3] - last).abs() < 1e-12,
            "{found:?}"
        );
        // Fewer pixels than cells.
        assert_eq!(
            area_average(&[2.0, 4.0], 2, 1, 2, 4),
            [2.0, 2.0, 4.0, 4.0, 2.0, 2.0, 4.0, 4.0]
        );
    }

    #[test]
    fn windows_that_clip_nothing_change_nothing() {
        let values: Vec<f32> = (0..300 * 200).map(|i| ((i * 7919) % 4093) as f32).collect();
        let other: Vec<f32> = values.iter().map(|v| v / 8192.0 + 0.25).collect();
        let take = |v: &[f32]| prepare(v, 300, 200, [112, 112], [0.5, 99.5]).unwrap();
        let (a, b) = (take(&values), take(&other));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
        assert!(a.contains(&0.0) && a.contains(&1.0));
        assert!(take(&vec![3.0; 60_000]).iter().all(|&v| v == 0.0));
        assert!(prepare(&values, 300, 201, [112, 112], [0.5, 99.5]).is_err());
    }

    #[test]
    fn percentiles_are_linear_between_ranks() {
        assert_eq!(percentile(&[1.0, 2.0, 4.0], 75.0), 3.0);
        assert_eq!(percentile(&[1.0, 2.0, 4.0], 100.0), 4.0);
    }
}
