//! The values of a volume along a straight line of places: the inner loop of planes and slabs.
//!
//! Defined as trilinear interpolation between voxel centres; half a voxel beyond the outer centres their values go on, further out and
//! within gaps is padding. Places are followed in f64 and interpolated in f32, sixteen at a time, so that the arithmetic runs on vectors.

use super::{
    grid::Heights,
    voxels::{Scales, Volume, Voxel, each_samples},
};
use crate::{study::geometry::Vec3, tone::PADDING};

/// Places that are worked on at once.
const LANES: usize = 16;
/// A step below this, in voxels, is none.
const NONE: f64 = 1e-9;

/// Values between voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// The voxel whose centre is nearest: label maps.
    Nearest,
    /// Trilinear.
    #[default]
    Linear,
}

/// A line of places: where it begins and its step, in (i, j, height).
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) start: Vec3,
    pub(super) step: Vec3,
}

impl Line {
    pub(super) fn at(&self, n: usize) -> Vec3 {
        std::array::from_fn(|axis| self.start[axis] + n as f64 * self.step[axis])
    }

    /// The first place within the ends, and the one behind the last.
    fn within(&self, ends: [(f64, f64); 3], places: usize) -> (usize, usize) {
        let (mut from, mut to) = (0.0_f64, places as f64);
        for (axis, (low, high)) in ends.into_iter().enumerate() {
            let (start, step) = (self.start[axis], self.step[axis]);
            let (low, high) = (low - 1e-9, high + 1e-9);
            if step.abs() < 1e-12 {
                if start < low || start > high {
                    return (0, 0);
                }
                continue;
            }
            let (a, b) = ((low - start) / step, (high - start) / step);
            from = from.max(a.min(b).ceil());
            to = to.min(a.max(b).floor() + 1.0);
        }
        if from < to {
            (from as usize, to as usize)
        } else {
            (0, 0)
        }
    }
}

/// Memory that is kept from line to line.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    row: Vec<f32>,
}

/// Fills `out` with the modality values along a line, [`PADDING`] where there is none.
pub(super) fn sample(
    volume: &Volume,
    how: Sampling,
    line: Line,
    out: &mut [f32],
    scratch: &mut Scratch,
) {
    out.fill(PADDING);
    let (from, to) = line.within(volume.grid.ends(), out.len());
    let Some(inside) = out.get_mut(from..to).filter(|inside| !inside.is_empty()) else {
        return;
    };
    let line = Line {
        start: line.at(from),
        ..line
    };
    let level = (line.step[2] / volume.grid.heights.step).abs() < NONE;
    let straight = [0, 1]
        .into_iter()
        .find(|&axis| level && line.step[1 - axis].abs() < NONE);
    each_samples!(&volume.samples, data => match (how, &volume.scales, straight) {
        (Sampling::Nearest, ..) => nearest(volume, data, line, inside),
        (Sampling::Linear, Scales::One(_), Some(axis)) => along(volume, data, axis, line, inside, &mut scratch.row),
        (Sampling::Linear, Scales::One(_), None) => linear(volume, data, line, inside, &|_| [1.0, 0.0]),
        (Sampling::Linear, Scales::Each(all), _) => {
            linear(volume, data, line, inside, &|k| all.get(k).copied().unwrap_or([1.0, 0.0]));
        }
    });
    if let (Scales::One([slope, intercept]), Sampling::Linear) = (&volume.scales, how)
        && (*slope, *intercept) != (1.0, 0.0)
    {
        for value in inside.iter_mut() {
            *value = *value * slope + intercept;
        }
    }
    if !volume.grid.heights.gaps.is_empty() {
        for value in inside.iter_mut().filter(|v| v.is_nan()) {
            *value = PADDING;
        }
    }
    if volume.mask.is_some() {
        for (n, value) in inside.iter_mut().enumerate() {
            if let Some(at) = nearest_voxel(volume, line.at(n))
                && volume.is_padding(at)
            {
                *value = PADDING;
            }
        }
    }
}

/// The voxel whose centre is nearest to a place within the ends; `None` in a gap.
#[inline]
pub(super) fn nearest_voxel(volume: &Volume, [i, j, height]: Vec3) -> Option<usize> {
    let [columns, rows, slices] = volume.grid.dims;
    let (low, part) = volume.grid.heights.find(height);
    if part.is_nan() {
        return None;
    }
    let k = (low + usize::from(part >= 0.5)).min(slices - 1);
    let near = |x: f64, n: usize| ((x + 0.5).max(0.0) as usize).min(n - 1);
    Some(near(i, columns) + columns * (near(j, rows) + rows * k))
}

fn nearest<T: Voxel>(volume: &Volume, data: &[T], line: Line, out: &mut [f32]) {
    let plane = volume.grid.dims[0] * volume.grid.dims[1];
    for (n, value) in out.iter_mut().enumerate() {
        let found = nearest_voxel(volume, line.at(n)).and_then(|at| Some((at, data.get(at)?)));
        *value = found.map_or(PADDING, |(at, stored)| {
            let [slope, intercept] = volume.scale(at / plane);
            stored.number() * slope + intercept
        });
    }
}

/// The lower of the two voxels on both sides of each place along one axis, and how far on it lies.
struct Taps {
    low: [i32; LANES],
    part: [f32; LANES],
}

impl Taps {
    /// Along an axis of `n` voxels from `start` on.
    #[inline(always)]
    fn even(start: f64, step: f64, n: usize) -> Self {
        let end = start + (LANES - 1) as f64 * step;
        // Relative to a whole number, so that the parts keep their digits in f32.
        let base = start.min(end).floor();
        let (start, step) = ((start - base) as f32, step as f32);
        let (least, most) = (-base as f32, (n as f64 - 1.0 - base) as f32);
        let base = base as i32;
        let last = n as i32 - 2 - base;
        let (mut low, mut part) = ([0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let x = (start + l as f32 * step).max(least).min(most);
            let whole = (x as i32).min(last);
            low[l] = whole + base;
            part[l] = x - whole as f32;
        }
        Self { low, part }
    }

    /// Along the heights.
    #[inline(always)]
    fn heights(start: f64, step: f64, heights: &Heights) -> Self {
        if heights.even {
            return Self::even(start / heights.step, step / heights.step, heights.mm.len());
        }
        let (mut low, mut part) = ([0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let (k, p) = heights.find(start + l as f64 * step);
            (low[l], part[l]) = (k as i32, p);
        }
        Self { low, part }
    }
}

/// Places of any direction. `scale`: slope and intercept of a slice.
fn linear<T: Voxel>(
    volume: &Volume,
    data: &[T],
    line: Line,
    out: &mut [f32],
    scale: &impl Fn(usize) -> [f32; 2],
) {
    let [columns, rows, _] = volume.grid.dims;
    let plane = columns * rows;
    let varied = matches!(volume.scales, Scales::Each(_));
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        let [i, j, height] = line.at(chunk * LANES);
        let x = Taps::even(i, line.step[0], columns);
        let y = Taps::even(j, line.step[1], rows);
        let z = Taps::heights(height, line.step[2], &volume.grid.heights);
        let mut at = [0_i32; LANES];
        for l in 0..LANES {
            at[l] = x.low[l] + columns as i32 * y.low[l] + plane as i32 * z.low[l];
        }
        // Stored values first, and their conversion on whole vectors.
        let mut v = [[T::default(); LANES]; 8];
        for l in 0..out.len() {
            let at = at[l] as usize;
            let (near, far) = (data.get(at..), data.get(at + plane..));
            let windows = (
                near.and_then(|d| d.get(..columns + 2)),
                far.and_then(|d| d.get(..columns + 2)),
            );
            if let (Some(near), Some(far)) = windows {
                v[0][l] = near[0];
                v[1][l] = near[1];
                v[2][l] = near[columns];
                v[3][l] = near[columns + 1];
                v[4][l] = far[0];
                v[5][l] = far[1];
                v[6][l] = far[columns];
                v[7][l] = far[columns + 1];
            }
        }
        let v = v.map(|corner| corner.map(Voxel::number));
        let (mut near, mut far) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for l in 0..LANES {
            let (fx, fy) = (x.part[l], y.part[l]);
            let (a, b) = (
                v[0][l] + (v[1][l] - v[0][l]) * fx,
                v[2][l] + (v[3][l] - v[2][l]) * fx,
            );
            let (c, d) = (
                v[4][l] + (v[5][l] - v[4][l]) * fx,
                v[6][l] + (v[7][l] - v[6][l]) * fx,
            );
            near[l] = a + (b - a) * fy;
            far[l] = c + (d - c) * fy;
        }
        if varied {
            for l in 0..out.len() {
                let k = z.low[l] as usize;
                let ([s0, i0], [s1, i1]) = (scale(k), scale(k + 1));
                near[l] = near[l] * s0 + i0;
                far[l] = far[l] * s1 + i1;
            }
        }
        let mut mixed = [0.0_f32; LANES];
        for l in 0..LANES {
            mixed[l] = near[l] + (far[l] - near[l]) * z.part[l];
        }
        out.copy_from_slice(&mixed[..out.len()]);
    }
}

/// Places along an axis of the grid, the rows' (0) or the columns' (1): four lines of voxels are mixed into one, then its neighbours.
fn along<T: Voxel>(
    volume: &Volume,
    data: &[T],
    axis: usize,
    line: Line,
    out: &mut [f32],
    row: &mut Vec<f32>,
) {
    let [columns, rows, _] = volume.grid.dims;
    let plane = columns * rows;
    let (start, step) = (line.start[axis], line.step[axis]);
    let (voxels, stride, across, aside) = match axis {
        0 => (columns, 1, rows, columns),
        _ => (rows, columns, columns, 1),
    };
    let y = Taps::even(line.start[1 - axis], 0.0, across);
    let z = Taps::heights(line.start[2], 0.0, &volume.grid.heights);
    let ([low_y, ..], [fy, ..], [low_k, ..], [fz, ..]) = (y.low, y.part, z.low, z.part);
    if fz.is_nan() {
        out.fill(f32::NAN); // a gap; what is no number becomes padding
        return;
    }
    let end = start + (out.len().max(1) - 1) as f64 * step;
    // The voxels that are needed, one more at each side, as far as there are any.
    let last = ((start.max(end).floor() + 2.0).max(1.0) as usize).min(voxels - 1);
    let first = ((start.min(end).floor() - 1.0).max(0.0) as usize).min(last - 1);
    let length = last + 1 - first;
    let corner = low_y as usize * aside + low_k as usize * plane + first * stride;
    mix(data, corner, [stride, aside, plane], length, [fy, fz], row);
    if row.len() != length {
        out.fill(PADDING);
        return;
    }
    let whole = start - first as f64;
    let shift = whole.floor();
    if (step - 1.0).abs() < NONE && shift >= 0.0 && shift as usize + out.len() < length {
        let shift = shift as usize;
        let part = (whole - shift as f64) as f32;
        let (left, right) = (
            row.get(shift..).unwrap_or_default(),
            row.get(shift + 1..).unwrap_or_default(),
        );
        for (value, (a, b)) in out.iter_mut().zip(left.iter().zip(right)) {
            *value = a + (b - a) * part;
        }
        return;
    }
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        let x = Taps::even(whole + (chunk * LANES) as f64 * step, step, length);
        for (value, (&low, &part)) in out.iter_mut().zip(x.low.iter().zip(&x.part)) {
            let pair = row.get(low as usize..low as usize + 2);
            *value = pair.map_or(PADDING, |pair| match pair {
                [a, b] => a + (b - a) * part,
                _ => PADDING,
            });
        }
    }
}

/// `length` voxels from `corner` on, each mixed with its neighbours aside and in the next slice; parts of 0 are not read.
fn mix<T: Voxel>(
    data: &[T],
    corner: usize,
    [stride, aside, plane]: [usize; 3],
    length: usize,
    [fy, fz]: [f32; 2],
    row: &mut Vec<f32>,
) {
    row.clear();
    let span = (length - 1) * stride + 1;
    let lane = |from: usize| {
        let voxels = data.get(from..from + span).unwrap_or_default();
        voxels.iter().step_by(stride).map(|v| v.number())
    };
    let between = |a: f32, b: f32, part: f32| a + (b - a) * part;
    match (fy == 0.0, fz == 0.0) {
        (true, true) => row.extend(lane(corner)),
        (false, true) => {
            row.extend(
                lane(corner)
                    .zip(lane(corner + aside))
                    .map(|(a, b)| between(a, b, fy)),
            );
        }
        (true, false) => {
            row.extend(
                lane(corner)
                    .zip(lane(corner + plane))
                    .map(|(a, b)| between(a, b, fz)),
            );
        }
        (false, false) if stride == 1 => {
            let (near, far) = (
                lane(corner).zip(lane(corner + aside)),
                lane(corner + plane).zip(lane(corner + plane + aside)),
            );
            row.extend(
                near.zip(far)
                    .map(|((a, b), (c, d))| between(between(a, b, fy), between(c, d, fy), fz)),
            );
        }
        (false, false) => {
            // Neighbours aside lie side by side in memory: one look for both.
            let pair = |from: usize| match data.get(from..from + 2) {
                Some([a, b]) => between(a.number(), b.number(), fy),
                _ => 0.0,
            };
            row.extend((0..length).map(|n| {
                let at = corner + n * stride;
                between(pair(at), pair(at + plane), fz)
            }));
        }
    }
}
