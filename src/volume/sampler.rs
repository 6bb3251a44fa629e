//! The values of a volume along a straight line of places: the inner loop of planes and slabs that lie across the grid (`aligned` has the others).
//!
//! Defined as trilinear interpolation between voxel centres; half a voxel beyond the outer centres their values go on, further out and
//! within gaps is padding. Places are followed in f64 and interpolated in f32, sixteen at a time, so that the arithmetic runs on vectors.

use super::{
    taps::{self, Taps},
    voxels::{Scales, Volume, Voxel, each_samples},
};
use crate::{study::geometry::Vec3, tone::PADDING};

/// Places that are worked on at once.
const LANES: usize = 16;

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

/// Fills `out` with the modality values along a line, [`PADDING`] where there is none.
pub(super) fn sample(volume: &Volume, how: Sampling, line: Line, out: &mut [f32]) {
    out.fill(PADDING);
    let (from, to) = line.within(volume.grid.ends(), out.len());
    let Some(inside) = out.get_mut(from..to).filter(|inside| !inside.is_empty()) else {
        return;
    };
    let line = Line {
        start: line.at(from),
        ..line
    };
    each_samples!(&volume.samples, data => match (how, &volume.scales) {
        (Sampling::Nearest, _) => nearest(volume, data, line, inside),
        (Sampling::Linear, Scales::One(_)) => linear(volume, data, line, inside, &|_| [1.0, 0.0]),
        (Sampling::Linear, Scales::Each(all)) => {
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

/// Places of any direction. `scale`: slope and intercept of a slice.
fn linear<T: Voxel>(
    volume: &Volume,
    data: &[T],
    line: Line,
    out: &mut [f32],
    scale: &impl Fn(usize) -> [f32; 2],
) {
    let [columns, rows, _] = volume.grid.dims;
    let varied = matches!(volume.scales, Scales::Each(_));
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        let [i, j, height] = line.at(chunk * LANES);
        let x = Taps::even(i, line.step[0], columns);
        let y = Taps::even(j, line.step[1], rows);
        let z = Taps::heights(height, line.step[2], &volume.grid.heights);
        let around = [columns, columns * rows];
        let [mut near, mut far] = taps::slices::<T, LANES>(data, around, [&x, &y, &z], out.len());
        if varied {
            for l in 0..out.len() {
                let k = z.low[l] as usize;
                let ([s0, i0], [s1, i1]) = (scale(k), scale(k + 1));
                near[l] = near[l] * s0 + i0;
                far[l] = far[l] * s1 + i1;
            }
        }
        let mixed = taps::mix(&near, &far, &z.part);
        out.copy_from_slice(&mixed[..out.len()]);
    }
}
