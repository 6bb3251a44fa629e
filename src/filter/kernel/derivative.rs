//! Sobel, Scharr and Laplace: two separable passes over every row.

use std::{
    array,
    ops::{Add, Mul},
};

use super::lines::{Border, shape};

/// What sums are made of: `i16`, `i32` or `f32`.
pub trait Sum: Copy + Default + Add<Output = Self> + Mul<Output = Self> + From<i8> {}
impl<T: Copy + Default + Add<Output = Self> + Mul<Output = Self> + From<i8>> Sum for T {}

/// Two separable kernels: the weights along a column and along a row, of each.
#[derive(Debug, Clone, Copy)]
pub struct Pair<const K: usize> {
    /// Weights down a column.
    pub down: [[i8; K]; 2],
    /// Weights along a row.
    pub across: [[i8; K]; 2],
}

/// How fine a derivative is: OpenCV's `ksize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aperture {
    /// 3 × 3.
    Three,
    /// 5 × 5.
    Five,
    /// 7 × 7.
    Seven,
}

const fn slopes<const K: usize>(smooth: [i8; K], slope: [i8; K]) -> Pair<K> {
    Pair {
        down: [smooth, slope],
        across: [slope, smooth],
    }
}

/// ∂x and ∂y of `Sobel`, `ksize` 3.
pub const SOBEL3: Pair<3> = slopes([1, 2, 1], [-1, 0, 1]);
/// The same, 5.
pub const SOBEL5: Pair<5> = slopes([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]);
/// The same, 7.
pub const SOBEL7: Pair<7> = slopes([1, 6, 15, 20, 15, 6, 1], [-1, -4, -5, 0, 5, 4, 1]);
/// ∂x and ∂y of `Scharr`.
pub const SCHARR: Pair<3> = slopes([3, 10, 3], [-1, 0, 1]);
/// ∂²x and ∂²y of `Laplacian`, `ksize` 1.
pub const LAPLACE1: Pair<3> = slopes([0, 1, 0], [1, -2, 1]);
/// The same, 3.
pub const LAPLACE3: Pair<3> = slopes([1, 2, 1], [1, -2, 1]);
/// The same, 5.
pub const LAPLACE5: Pair<5> = slopes([1, 4, 6, 4, 1], [1, 0, -2, 0, 1]);
/// The same, 7.
pub const LAPLACE7: Pair<7> = slopes([1, 6, 15, 20, 15, 6, 1], [1, 2, -1, -4, -1, 2, 1]);

/// Σ weight · line, place by place; the lines are as long as `out`.
#[inline(always)]
#[expect(
    clippy::indexing_slicing,
    reason = "every line is cut to the length of `out` first"
)]
fn weighted<S: Copy, A: Sum + From<S>, const K: usize>(
    lines: [&[S]; K],
    weights: [i8; K],
    out: &mut [A],
) {
    let n = out.len();
    let lines = lines.map(|line| &line[..n]);
    for (x, out) in out.iter_mut().enumerate() {
        let mut sum = A::default();
        for (line, weight) in lines.iter().zip(weights) {
            if weight != 0 {
                sum = sum + A::from(line[x]) * A::from(weight);
            }
        }
        *out = sum;
    }
}

/// Calls `each` with every row's number and what the two kernels of `pair` give there.
#[inline(always)]
#[expect(
    clippy::indexing_slicing,
    reason = "rows come from `Border::place`, which is below their number; the buffers have K - 1 places more than a row"
)]
pub fn rows<S: Copy, A: Sum + From<S>, const K: usize>(
    picture: &[S],
    columns: usize,
    pair: &Pair<K>,
    border: Border,
    mut each: impl FnMut(usize, &[A], &[A]),
) {
    let Some((columns, rows)) = shape(picture.len(), columns) else {
        return;
    };
    let radius = K / 2;
    let mut wide = [
        vec![A::default(); columns + 2 * radius],
        vec![A::default(); columns + 2 * radius],
    ];
    let mut out = [vec![A::default(); columns], vec![A::default(); columns]];
    for y in 0..rows {
        let lines: [&[S]; K] = array::from_fn(|k| {
            let row = border.place((y + k) as isize - radius as isize, rows);
            &picture[row * columns..][..columns]
        });
        for i in 0..2 {
            weighted(lines, pair.down[i], &mut wide[i][radius..radius + columns]);
            border.fill(&mut wide[i], radius);
            let shifted: [&[A]; K] = array::from_fn(|k| &wide[i][k..]);
            weighted(shifted, pair.across[i], &mut out[i]);
        }
        each(y, &out[0], &out[1]);
    }
}

/// Both derivatives of a picture, as `join` puts them together.
fn joined<S: Copy, const K: usize>(
    picture: &[S],
    columns: usize,
    pair: &Pair<K>,
    border: Border,
    join: impl Fn(f32, f32) -> f32,
) -> Vec<f32>
where
    f32: From<S>,
{
    let mut all = Vec::with_capacity(picture.len());
    rows::<S, f32, K>(picture, columns, pair, border, |_, a, b| {
        all.extend(a.iter().zip(b).map(|(&a, &b)| join(a, b)));
    });
    all
}

/// Which derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// √(∂x² + ∂y²).
    Magnitude,
    /// Along a row: positive where values rise to the right.
    X,
    /// Along a column: positive where values rise downwards.
    Y,
    /// ∂x + ∂y of the pair: of second derivatives, the Laplacian.
    Sum,
}

impl Part {
    fn of(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Magnitude => (a * a + b * b).sqrt(),
            Self::X => a,
            Self::Y => b,
            Self::Sum => a + b,
        }
    }
}

/// A derivative of values, in their unit, weighted as OpenCV weights it (a slope of 1 a pixel gives 8 with `ksize` 3).
pub fn derivative<const K: usize>(
    values: &[f32],
    columns: usize,
    pair: &Pair<K>,
    part: Part,
) -> Vec<f32> {
    joined(values, columns, pair, Border::Reflect, |a, b| part.of(a, b))
}
