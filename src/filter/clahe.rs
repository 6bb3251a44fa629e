//! Contrast-limited adaptive histogram equalisation (Zuiderveld 1994): 256 bins between the frame's smallest and largest value, clipped
//! tile histograms, bilinear between tile centres. The output is in the input's unit and range.

use super::{
    Gives, Kind, Parameter,
    plan::{Pass, Plan},
};
use crate::tone::{Grey, PADDING};

const BINS: usize = 256;

pub(super) const KIND: Kind = Kind {
    name: "clahe",
    parameters: &[
        Parameter::whole("tiles", 8.0, 1.0, 32.0),
        Parameter::number("clip", 2.5, 1.0, 100.0),
    ],
    gives: |_| Gives::Same,
    apply: |filter, frame| apply(&filter.values, frame),
    plan: |filter, frame| Some(plan(&filter.values, frame)),
};

/// What both paths compute with.
struct Setting {
    tiles: usize,
    clip: f32,
    low: f32,
    range: f32,
    /// Bins a unit: a factor, so that both paths multiply alike.
    scale: f32,
}

impl Setting {
    /// `None` for a frame without any contrast, which stays as it is.
    fn of(values: &[f64], frame: &Grey) -> Option<Self> {
        let &[tiles, clip] = values else {
            return None;
        };
        let real = frame.values.iter().copied().filter(|&v| v != PADDING);
        let (low, high) = real.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
        let range = high - low;
        (range > 0.0 && range.is_finite()).then(|| Self {
            tiles: (tiles.round() as usize).clamp(1, frame.columns.min(frame.rows).max(1)),
            clip: clip as f32,
            low,
            range,
            scale: BINS as f32 / range,
        })
    }

    fn bin(&self, value: f32) -> usize {
        (((value - self.low) * self.scale) as usize).min(BINS - 1)
    }
}

/// Where a line lies between the centres of its tiles.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: usize,
    after: usize,
    weight: f32,
    own: usize,
}

/// The first line of a tile, of `tiles` over `size` lines.
fn edge(tile: usize, size: usize, tiles: usize) -> usize {
    tile * size / tiles
}

fn places(size: usize, tiles: usize) -> Vec<Place> {
    let centre =
        |tile: usize| (edge(tile, size, tiles) + edge(tile + 1, size, tiles)) as f32 / 2.0 - 0.5;
    let mut own = 0;
    (0..size)
        .map(|at| {
            while own + 1 < tiles && at >= edge(own + 1, size, tiles) {
                own += 1;
            }
            let x = at as f32;
            let before = if x < centre(own) {
                own.saturating_sub(1)
            } else {
                own
            };
            let after = if x < centre(own) {
                own
            } else {
                (own + 1).min(tiles - 1)
            };
            let (from, to) = (centre(before), centre(after));
            let weight = if to > from {
                (x - from) / (to - from)
            } else {
                0.0
            };
            Place {
                before,
                after,
                weight,
                own,
            }
        })
        .collect()
}

fn plan(values: &[f64], frame: &Grey) -> Plan {
    let source = include_str!("clahe.wgsl");
    let Some(set) = Setting::of(values, frame) else {
        // One tile of identity: nothing is counted where there is no contrast.
        return Plan {
            source,
            parameters: Vec::new(),
            scratch: 1,
            passes: Vec::new(),
        };
    };
    let mut parameters = vec![set.tiles as f32, set.low, set.scale, set.range, set.clip];
    for size in [frame.columns, frame.rows] {
        for p in places(size, set.tiles) {
            parameters.extend([p.before as f32, p.after as f32, p.weight, p.own as f32]);
        }
    }
    Plan {
        source,
        parameters,
        scratch: set.tiles * set.tiles * BINS,
        passes: vec![
            Pass::pixels("count", frame),
            Pass {
                entry: "curve",
                threads: [set.tiles as u32; 2],
            },
            Pass::pixels("map", frame),
        ],
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "tiles of a place are below the number of tiles, bins below 256"
)]
fn apply(values: &[f64], frame: &Grey) -> Grey {
    let Some(set) = Setting::of(values, frame) else {
        return frame.clone();
    };
    let (across, down) = (
        places(frame.columns, set.tiles),
        places(frame.rows, set.tiles),
    );
    let lines = || frame.values.chunks_exact(frame.columns.max(1));
    let mut curves = vec![[0.0_f32; BINS]; set.tiles * set.tiles];
    for (line, row) in lines().zip(&down) {
        for (&value, column) in line.iter().zip(&across) {
            if value != PADDING {
                curves[row.own * set.tiles + column.own][set.bin(value)] += 1.0;
            }
        }
    }
    for histogram in &mut curves {
        equalise(histogram, set.clip);
    }
    let mut out = Vec::with_capacity(frame.values.len());
    for (line, row) in lines().zip(&down) {
        let above = &curves[row.before * set.tiles..][..set.tiles];
        let below = &curves[row.after * set.tiles..][..set.tiles];
        for (&value, column) in line.iter().zip(&across) {
            if value == PADDING {
                out.push(PADDING);
                continue;
            }
            let b = set.bin(value);
            let mean = |curves: &[[f32; BINS]]| {
                let (left, right) = (curves[column.before][b], curves[column.after][b]);
                left + (right - left) * column.weight
            };
            let (top, bottom) = (mean(above), mean(below));
            out.push(set.low + (top + (bottom - top) * row.weight) * set.range);
        }
    }
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values: out,
    }
}

/// Counts → share of the clipped histogram up to and with each bin. What is clipped at `clip` times the mean count is spread over the bins
/// below the limit, again and again until nearly nothing is left. An empty tile (all padding) is the identity.
fn equalise(counts: &mut [f32; BINS], clip: f32) {
    let total: f32 = counts.iter().sum();
    let limit = clip * total / BINS as f32;
    for _ in 0..16 {
        let (mut excess, mut free) = (0.0, 0.0);
        for count in counts.iter_mut() {
            if *count > limit {
                excess += *count - limit;
                *count = limit;
            } else if *count < limit {
                free += 1.0;
            }
        }
        if excess <= total * 1e-4 || free == 0.0 {
            break;
        }
        for count in counts.iter_mut().filter(|count| **count < limit) {
            *count += excess / free;
        }
    }
    let mut sum = 0.0;
    for (count, step) in counts.iter_mut().zip(1..) {
        sum += *count;
        *count = if total > 0.0 {
            (sum / total).min(1.0)
        } else {
            step as f32 / BINS as f32
        };
    }
}
