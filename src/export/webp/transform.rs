//! The transforms of 4 × 4 blocks (RFC 6386, 14): both inverse ones as every decoder has them, and what they invert.
#![allow(
    clippy::needless_range_loop,
    reason = "one index is of several arrays, and a place in the block besides"
)]

/// A block, row by row.
pub(super) type Block = [i32; 16];

const C: f32 = 1.306_563;
const S: f32 = 0.541_196_1;
const DCT: [[f32; 4]; 4] = [
    [1.0, 1.0, 1.0, 1.0],
    [C, S, -S, -C],
    [1.0, -1.0, -1.0, 1.0],
    [S, -C, C, -S],
];
const WHT: [[f32; 4]; 4] = [
    [1.0, 1.0, 1.0, 1.0],
    [1.0, 1.0, -1.0, -1.0],
    [1.0, -1.0, -1.0, 1.0],
    [1.0, -1.0, 1.0, -1.0],
];

/// Half of `basis · block · basisᵀ`: what the inverse, which divides by eight, makes the block of again.
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the constant sizes"
)]
fn forward(basis: &[[f32; 4]; 4], block: &Block) -> Block {
    let mut half = [0.0_f32; 16];
    for row in 0..4 {
        for (k, wave) in basis.iter().enumerate() {
            half[row * 4 + k] = (0..4).map(|i| block[row * 4 + i] as f32 * wave[i]).sum();
        }
    }
    let mut out = [0; 16];
    for column in 0..4 {
        for (k, wave) in basis.iter().enumerate() {
            let sum: f32 = (0..4).map(|i| half[i * 4 + column] * wave[i]).sum();
            let half = sum * 0.5;
            out[k * 4 + column] = (half + if half < 0.0 { -0.5 } else { 0.5 }) as i32;
        }
    }
    out
}

/// Coefficients of differences.
pub(super) fn dct(block: &Block) -> Block {
    forward(&DCT, block)
}

/// Coefficients of the sixteen first coefficients.
pub(super) fn wht(block: &Block) -> Block {
    forward(&WHT, block)
}

/// Differences of coefficients, exactly (14.3).
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the constant sizes"
)]
pub(super) fn inverse_dct(block: &Block) -> Block {
    let sine = |x: i32| (x * 35468) >> 16;
    let cosine = |x: i32| x + ((x * 20091) >> 16);
    let four = |a: i32, b: i32, c: i32, d: i32| {
        let (even, odd) = (a + c, a - c);
        let (x, y) = (sine(b) - cosine(d), cosine(b) + sine(d));
        [even + y, odd + x, odd - x, even - y]
    };
    let mut half = [0; 16];
    for i in 0..4 {
        let column = four(block[i], block[4 + i], block[8 + i], block[12 + i]);
        for (row, value) in column.into_iter().enumerate() {
            half[row * 4 + i] = value;
        }
    }
    let mut out = [0; 16];
    for row in 0..4 {
        let at = row * 4;
        let line = four(half[at], half[at + 1], half[at + 2], half[at + 3]);
        for (i, value) in line.into_iter().enumerate() {
            out[at + i] = (value + 4) >> 3;
        }
    }
    out
}

/// The sixteen first coefficients, exactly (14.3).
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the constant sizes"
)]
pub(super) fn inverse_wht(block: &Block) -> Block {
    let four = |a: i32, b: i32, c: i32, d: i32| {
        let (a1, b1, c1, d1) = (a + d, b + c, b - c, a - d);
        [a1 + b1, c1 + d1, a1 - b1, d1 - c1]
    };
    let mut half = [0; 16];
    for i in 0..4 {
        let column = four(block[i], block[4 + i], block[8 + i], block[12 + i]);
        for (row, value) in column.into_iter().enumerate() {
            half[row * 4 + i] = value;
        }
    }
    let mut out = [0; 16];
    for row in 0..4 {
        let at = row * 4;
        let line = four(half[at], half[at + 1], half[at + 2], half[at + 3]);
        for (i, value) in line.into_iter().enumerate() {
            out[at + i] = (value + 3) >> 3;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transformed_comes_back() {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as i32 % 256
        };
        for _ in 0..500 {
            let block: Block = std::array::from_fn(|_| next() - next());
            let back = inverse_dct(&dct(&block));
            assert!(
                back.iter().zip(block).all(|(a, b)| (a - b).abs() <= 1),
                "{block:?} {back:?}"
            );
            let block: Block = std::array::from_fn(|_| (next() - next()) * 8);
            let back = inverse_wht(&wht(&block));
            assert!(
                back.iter().zip(block).all(|(a, b)| (a - b).abs() <= 1),
                "{block:?} {back:?}"
            );
        }
        // A constant is one coefficient: eight times its value.
        assert_eq!(dct(&[7; 16])[..2], [56, 0]);
    }
}
