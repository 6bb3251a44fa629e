//! Where places lie between voxels, and the voxels around them: many places at once, so that the arithmetic runs on vectors.

use super::{grid::Heights, voxels::Voxel};

/// Nearest number within two; as comparisons, which vectors have.
#[inline(always)]
pub(super) fn within(x: f32, least: f32, most: f32) -> f32 {
    let x = if x > least { x } else { least };
    if x < most { x } else { most }
}

/// The lower of the two voxels on both sides of each place along one axis, and how far on it lies; `NaN` within a gap.
#[derive(Clone, Copy)]
pub(super) struct Taps<const N: usize> {
    pub(super) low: [i32; N],
    pub(super) part: [f32; N],
}

impl<const N: usize> Taps<N> {
    /// Along an axis of `n` voxels from `start` on.
    #[inline(always)]
    pub(super) fn even(start: f64, step: f64, n: usize) -> Self {
        let end = start + (N - 1) as f64 * step;
        // Relative to a whole number, so that the parts keep their digits in f32.
        let base = start.min(end).floor();
        let (start, step) = ((start - base) as f32, step as f32);
        let (least, most) = (-base as f32, (n as f64 - 1.0 - base) as f32);
        let base = base as i32;
        let last = n as i32 - 2 - base;
        let (mut low, mut part) = ([0; N], [0.0; N]);
        for l in 0..N {
            let x = within(start + l as f32 * step, least, most);
            let whole = (x as i32).min(last);
            low[l] = whole + base;
            part[l] = x - whole as f32;
        }
        Self { low, part }
    }

    /// Along the heights.
    #[inline(always)]
    pub(super) fn heights(start: f64, step: f64, heights: &Heights) -> Self {
        if heights.even {
            return Self::even(start / heights.step, step / heights.step, heights.mm.len());
        }
        let (mut low, mut part) = ([0; N], [0.0; N]);
        for l in 0..N {
            let (k, p) = heights.find(start + l as f64 * step);
            (low[l], part[l]) = (k as i32, p);
        }
        Self { low, part }
    }

    /// Of places in voxels.
    #[inline(always)]
    pub(super) fn of(places: [f32; N], n: usize) -> Self {
        let (mut low, mut part) = ([0; N], [0.0; N]);
        let (most, last) = (n as f32 - 1.0, n as i32 - 2);
        for l in 0..N {
            let x = within(places[l], 0.0, most);
            low[l] = (x as i32).min(last);
            part[l] = x - low[l] as f32;
        }
        Self { low, part }
    }
}

/// Voxels that lie side by side, of many places.
#[derive(Clone, Copy)]
pub(super) struct Pairs<T: Voxel, const N: usize>([T::Pair; N]);

impl<T: Voxel, const N: usize> Pairs<T, N> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self([T::Pair::default(); N])
    }

    /// Takes the two voxels at `at` and behind it for place `l`; beyond the volume what was there stays.
    #[inline(always)]
    pub(super) fn take(&mut self, l: usize, data: &[T], at: usize) {
        if let Some(&[a, b]) = data.get(at..at + 2).and_then(<[T]>::first_chunk) {
            self.0[l] = T::pair(a, b);
        }
    }

    /// As numbers.
    #[inline(always)]
    pub(super) fn numbers(&self) -> [[f32; N]; 2] {
        let (mut first, mut second) = ([0.0; N], [0.0; N]);
        for l in 0..N {
            (first[l], second[l]) = T::both(self.0[l]);
        }
        [first, second]
    }

    /// Mixed.
    #[inline(always)]
    pub(super) fn mixed(&self, part: &[f32; N]) -> [f32; N] {
        let [a, b] = self.numbers();
        mix(&a, &b, part)
    }
}

/// Between `a` and `b`.
#[inline(always)]
pub(super) fn mix<const N: usize>(a: &[f32; N], b: &[f32; N], part: &[f32; N]) -> [f32; N] {
    let mut mixed = [0.0; N];
    for l in 0..N {
        mixed[l] = a[l] + (b[l] - a[l]) * part[l];
    }
    mixed
}

/// What is mixed within the lower and within the upper slice around `lanes` places, of stored values.
#[inline(always)]
pub(super) fn slices<T: Voxel, const N: usize>(
    data: &[T],
    [columns, plane]: [usize; 2],
    [x, y, z]: [&Taps<N>; 3],
    lanes: usize,
) -> [[f32; N]; 2] {
    let mut at = [0_i32; N];
    for l in 0..N {
        at[l] = x.low[l] + columns as i32 * y.low[l] + plane as i32 * z.low[l];
    }
    let mut pairs = [Pairs::<T, N>::new(); 4];
    for l in 0..lanes.min(N) {
        let at = at[l] as usize;
        pairs[0].take(l, data, at);
        pairs[1].take(l, data, at + columns);
        pairs[2].take(l, data, at + plane);
        pairs[3].take(l, data, at + plane + columns);
    }
    let [a, b, c, d] = pairs.map(|pair| pair.mixed(&x.part));
    [mix(&a, &b, &y.part), mix(&c, &d, &y.part)]
}
