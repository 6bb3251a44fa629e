//! `GaussianBlur` of 8-bit levels in fixed point, to the last bit: weights of 8 bits whose rounding errors are passed on, sums of 16 + 16.

use std::array;

use super::lines::{Border, shape};

/// Odd sizes up to this.
pub const LARGEST: usize = 255;

/// The size that OpenCV takes for 8 bits where none is given.
pub fn side(sigma: f64) -> usize {
    libm::rint(6.0 * sigma + 1.0) as usize | 1
}

/// The weights of `getGaussianKernel`, which sum to 1. `sigma` ≤ 0: from the size.
pub fn weights(size: usize, sigma: f64) -> Vec<f64> {
    // Binomials and their like, where no sigma is given.
    let fixed: &[f64] = match size {
        1 => &[1.0],
        3 => &[0.25, 0.5, 0.25],
        5 => &[0.0625, 0.25, 0.375, 0.25, 0.0625],
        7 => &[
            0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125,
        ],
        9 => &[
            4.0 / 256.0,
            13.0 / 256.0,
            30.0 / 256.0,
            51.0 / 256.0,
            60.0 / 256.0,
            51.0 / 256.0,
            30.0 / 256.0,
            13.0 / 256.0,
            4.0 / 256.0,
        ],
        _ => &[],
    };
    if sigma <= 0.0 && !fixed.is_empty() {
        return fixed.to_vec();
    }
    let middle = (size as f64 - 1.0) * 0.5;
    let sigma = if sigma > 0.0 {
        sigma
    } else {
        ((middle - 1.0) * 0.3) + 0.8
    };
    let scale = -0.5 / (sigma * sigma);
    let raw: Vec<f64> = (0..size)
        .map(|i| {
            let x = i as f64 - middle;
            libm::exp(scale * x * x)
        })
        .collect();
    let total: f64 = raw.iter().sum();
    raw.iter().map(|w| w / total).collect()
}

/// In 256ths; what rounding takes from one weight its neighbour gets, and the middle one gets the rest.
fn fixed(weights: &[f64]) -> Vec<u16> {
    let half = weights.len() / 2;
    let mut all = vec![0_u16; weights.len()];
    let (mut error, mut sum) = (0.0, 0_u16);
    for (i, &weight) in weights.iter().take(half).enumerate() {
        let exact = weight * 256.0 + error;
        let whole = libm::rint(exact);
        error = exact - whole;
        for place in [i, weights.len() - 1 - i] {
            if let Some(slot) = all.get_mut(place) {
                *slot = whole as u16;
            }
        }
        sum += 2 * whole as u16;
    }
    if let Some(middle) = all.get_mut(half) {
        *middle = 256_u16.saturating_sub(sum);
    }
    all
}

/// The blur of levels with a kernel of `size` × `size` (odd, at most [`LARGEST`]; others are made so); equal to OpenCV's `GaussianBlur`
/// with its default border. `sigma` ≤ 0: from the size; size 0: from `sigma`. Empty where the picture is no rectangle.
pub fn blur(levels: &[u8], columns: usize, size: usize, sigma: f64) -> Vec<u8> {
    let size = if size == 0 { side(sigma) } else { size };
    let size = size.clamp(1, LARGEST) | 1;
    let Some((columns, rows)) = shape(levels.len(), columns) else {
        return vec![];
    };
    let weights = fixed(&weights(size, sigma));
    let work = Work {
        levels,
        columns,
        rows,
    };
    match size {
        3 => work.unrolled::<3>(&weights),
        5 => work.unrolled::<5>(&weights),
        7 => work.unrolled::<7>(&weights),
        _ => work.any(&weights),
    }
}

struct Work<'a> {
    levels: &'a [u8],
    columns: usize,
    rows: usize,
}

impl Work<'_> {
    #[expect(
        clippy::indexing_slicing,
        reason = "rows come from `Border::place`; every line is cut to the same length first"
    )]
    fn unrolled<const K: usize>(&self, weights: &[u16]) -> Vec<u8> {
        let (columns, radius) = (self.columns, K / 2);
        let weights: [u16; K] = array::from_fn(|k| weights[k]);
        let mut wide = vec![0_u16; columns + 2 * radius];
        let mut out = vec![0_u8; self.levels.len()];
        for (y, out) in out.chunks_exact_mut(columns).enumerate() {
            let lines: [&[u8]; K] = array::from_fn(|k| {
                let row = Border::Reflect.place((y + k) as isize - radius as isize, self.rows);
                &self.levels[row * columns..][..columns]
            });
            // At most 255 · 256: sixteen bits hold it.
            for (x, wide) in wide[radius..radius + columns].iter_mut().enumerate() {
                let mut sum = 0_u16;
                for (line, weight) in lines.iter().zip(weights) {
                    sum += u16::from(line[x]) * weight;
                }
                *wide = sum;
            }
            Border::Reflect.fill(&mut wide, radius);
            let shifted: [&[u16]; K] = array::from_fn(|k| &wide[k..][..columns]);
            for (x, out) in out.iter_mut().enumerate() {
                let mut sum = 1_u32 << 15;
                for (line, weight) in shifted.iter().zip(weights) {
                    sum += u32::from(line[x]) * u32::from(weight);
                }
                *out = (sum >> 16) as u8;
            }
        }
        out
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "rows come from `Border::place`; the wide line has two radii more than a row"
    )]
    fn any(&self, weights: &[u16]) -> Vec<u8> {
        let (columns, radius) = (self.columns, weights.len() / 2);
        let mut wide = vec![0_u16; columns + 2 * radius];
        let mut sums = vec![0_u32; columns];
        let mut out = vec![0_u8; self.levels.len()];
        for (y, out) in out.chunks_exact_mut(columns).enumerate() {
            let middle = &mut wide[radius..radius + columns];
            middle.fill(0);
            for (k, &weight) in weights.iter().enumerate() {
                let row = Border::Reflect.place((y + k) as isize - radius as isize, self.rows);
                for (sum, &level) in middle.iter_mut().zip(&self.levels[row * columns..]) {
                    *sum += u16::from(level) * weight;
                }
            }
            Border::Reflect.fill(&mut wide, radius);
            sums.fill(1 << 15);
            for (shifted, &weight) in wide.windows(columns).zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(shifted) {
                    *sum += u32::from(value) * u32::from(weight);
                }
            }
            for (out, &sum) in out.iter_mut().zip(&sums) {
                *out = (sum >> 16) as u8;
            }
        }
        out
    }
}
