//! Contrast-limited adaptive histogram equalisation (Zuiderveld 1994): 256 bins between the frame's smallest and largest value, clipped
//! tile histograms, bilinear between tile centres. The output is in the input's unit and range.

use super::{Kind, Parameter};
use crate::tone::{Grey, PADDING};

const BINS: usize = 256;

pub(super) const KIND: Kind = Kind {
    name: "clahe",
    parameters: &[
        Parameter {
            name: "tiles",
            default: 8.0,
            min: 1.0,
            max: 32.0,
        },
        Parameter {
            name: "clip",
            default: 2.5,
            min: 1.0,
            max: 100.0,
        },
    ],
    apply,
};

fn apply(values: &[f32], frame: &Grey) -> Grey {
    let &[tiles, clip] = values else {
        return frame.clone();
    };
    let tiles = (tiles.round() as usize).clamp(1, frame.columns.min(frame.rows).max(1));
    let real = || frame.values.iter().copied().filter(|&v| v != PADDING);
    let (low, high) = real().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| {
        (a.min(v), b.max(v))
    });
    if high <= low {
        return frame.clone();
    }
    let bin = |v: f32| (((v - low) / (high - low) * BINS as f32) as usize).min(BINS - 1);
    let edge = |at: usize, size: usize| at * size / tiles;
    // One curve a tile: share of the (clipped) histogram up to and with each bin.
    let mut curves = Vec::with_capacity(tiles * tiles);
    for ty in 0..tiles {
        for tx in 0..tiles {
            let mut histogram = [0.0_f32; BINS];
            for y in edge(ty, frame.rows)..edge(ty + 1, frame.rows) {
                let (from, to) = (edge(tx, frame.columns), edge(tx + 1, frame.columns));
                let line = frame
                    .values
                    .get(y * frame.columns + from..y * frame.columns + to)
                    .unwrap_or_default();
                for &v in line.iter().filter(|&&v| v != PADDING) {
                    if let Some(count) = histogram.get_mut(bin(v)) {
                        *count += 1.0;
                    }
                }
            }
            curves.push(curve(&histogram, clip));
        }
    }
    let place = |at: usize, size: usize| {
        let t =
            ((at as f32 + 0.5) / size as f32 * tiles as f32 - 0.5).clamp(0.0, (tiles - 1) as f32);
        let first = t.floor();
        (
            first as usize,
            (first as usize + 1).min(tiles - 1),
            t - first,
        )
    };
    let mut out = Vec::with_capacity(frame.values.len());
    for y in 0..frame.rows {
        let (y0, y1, wy) = place(y, frame.rows);
        for x in 0..frame.columns {
            let v = frame
                .values
                .get(y * frame.columns + x)
                .copied()
                .unwrap_or(PADDING);
            if v == PADDING {
                out.push(PADDING);
                continue;
            }
            let (x0, x1, wx) = place(x, frame.columns);
            let b = bin(v);
            let at = |tx: usize, ty: usize| {
                curves
                    .get(ty * tiles + tx)
                    .and_then(|c: &[f32; BINS]| c.get(b))
                    .copied()
                    .unwrap_or(0.0)
            };
            let top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * wx;
            let bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * wx;
            out.push(low + (top + (bottom - top) * wy) * (high - low));
        }
    }
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values: out,
    }
}

/// Clips at `clip` times the mean count, spreads the excess evenly, accumulates to 0..1. An empty tile (all padding) is the identity.
fn curve(histogram: &[f32; BINS], clip: f32) -> [f32; BINS] {
    let total: f32 = histogram.iter().sum();
    let mut curve = [0.0; BINS];
    let limit = clip * total / BINS as f32;
    let excess: f32 = histogram.iter().map(|&h| (h - limit).max(0.0)).sum();
    let mut sum = 0.0;
    for ((place, &count), step) in curve.iter_mut().zip(histogram).zip(1..) {
        sum += count.min(limit) + excess / BINS as f32;
        *place = if total > 0.0 {
            (sum / total).min(1.0)
        } else {
            step as f32 / BINS as f32
        };
    }
    curve
}
