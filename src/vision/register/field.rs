//! A volume as registration looks at it: values between its voxels, their slopes, coarser versions of it.

use std::borrow::Cow;

use super::{
    codes,
    rigid::{Matrix3, inverse, times, transposed},
};
use crate::{
    base::{Error, Limits, Result},
    study::{
        geometry::{Vec3, add, norm, scale},
        volume::Volume,
    },
    tone::PADDING,
};

/// Values on a grid; what is unknown (padding, no number) is NaN.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) dims: [usize; 3],
    pub(super) origin: Vec3,
    pub(super) steps: [Vec3; 3],
    /// From mm relative to the origin to indices.
    pub(super) to_index: Matrix3,
    pub(super) values: Cow<'a, [f32]>,
}

impl<'a> Field<'a> {
    /// The volume, checked. Its values are copied only where some are unknown.
    ///
    /// # Errors
    /// `REG-012` beyond the limit, `REG-013` where size, values and geometry do not make a grid.
    pub(super) fn of(volume: &'a Volume, limits: &Limits) -> Result<Self> {
        let [nx, ny, nz] = volume.dims;
        let count = nx.checked_mul(ny).and_then(|n| n.checked_mul(nz));
        if count.is_none_or(|n| n as u64 > limits.volume_voxels) {
            return Err(Error::new(&codes::TOO_LARGE)
                .expected(Limits::at_most("volume_voxels", limits.volume_voxels))
                .found(format!("{nx} x {ny} x {nz}")));
        }
        let bad = |what: &str| Error::new(&codes::NO_GRID).found(what);
        if count == Some(0) || count != Some(volume.values.len()) {
            return Err(bad("size and values differ"));
        }
        let to_index =
            inverse(&transposed(&volume.steps)).ok_or_else(|| bad("no steps in space"))?;
        if !volume.origin.iter().all(|v| v.is_finite() && v.abs() < 1e7)
            || !volume.steps.iter().all(|&s| (1e-4..1e4).contains(&norm(s)))
        {
            return Err(bad("no place in space"));
        }
        let unknown = |v: f32| v == PADDING || v.is_infinite();
        let values = if volume.values.iter().any(|&v| unknown(v)) {
            let known = |&v: &f32| if unknown(v) { f32::NAN } else { v };
            Cow::Owned(volume.values.iter().map(known).collect())
        } else {
            Cow::Borrowed(volume.values.as_slice())
        };
        Ok(Self {
            dims: volume.dims,
            origin: volume.origin,
            steps: volume.steps,
            to_index,
            values,
        })
    }

    /// Distance between neighbours along each index, mm.
    pub(super) fn spacing(&self) -> Vec3 {
        self.steps.map(norm)
    }

    /// Patient coordinates of an index, fractions allowed.
    pub(super) fn at(&self, index: Vec3) -> Vec3 {
        (0..3).fold(self.origin, |p, n| add(p, scale(self.steps[n], index[n])))
    }

    /// The middle of the grid, patient coordinates.
    pub(super) fn middle(&self) -> Vec3 {
        self.at(self.dims.map(|n| 0.5 * (n as f64 - 1.0)))
    }

    /// Means of blocks of `factors` voxels, unknown ones left out; what does not fill a block at the end is dropped.
    pub(super) fn coarser(&self, factors: [usize; 3]) -> Self {
        if factors == [1; 3] {
            return self.clone();
        }
        let factors = [0, 1, 2].map(|n| factors[n].clamp(1, self.dims[n].max(1)));
        let dims = [0, 1, 2].map(|n| self.dims[n] / factors[n]);
        let [nx, ny, _] = self.dims;
        let mut values = Vec::with_capacity(dims.iter().product());
        let mut sums = vec![(0.0_f32, 0_u32); dims[0]];
        for k in 0..dims[2] {
            for j in 0..dims[1] {
                sums.fill((0.0, 0));
                for z in k * factors[2]..(k + 1) * factors[2] {
                    for y in j * factors[1]..(j + 1) * factors[1] {
                        let line = &self.values[(z * ny + y) * nx..][..nx];
                        for (sum, block) in sums.iter_mut().zip(line.chunks_exact(factors[0])) {
                            for &v in block.iter().filter(|v| !v.is_nan()) {
                                *sum = (sum.0 + v, sum.1 + 1);
                            }
                        }
                    }
                }
                let half = factors.iter().product::<usize>() as u32 / 2;
                let mean =
                    |&(sum, n): &(f32, u32)| if n > half { sum / n as f32 } else { f32::NAN };
                values.extend(sums.iter().map(mean));
            }
        }
        let steps = [0, 1, 2].map(|n| scale(self.steps[n], factors[n] as f64));
        let shift = factors.map(|f| 0.5 * (f as f64 - 1.0));
        Self {
            dims,
            origin: self.at(shift),
            steps,
            to_index: [0, 1, 2].map(|n| scale(self.to_index[n], 1.0 / factors[n] as f64)),
            values: Cow::Owned(values),
        }
    }

    /// The value between voxels; `None` outside of them and beside unknown ones.
    pub(super) fn value(&self, index: Vec3) -> Option<f32> {
        self.cell(index).map(|cell| cell.value())
    }

    /// The value and its slopes along the indices.
    pub(super) fn slope(&self, index: Vec3) -> Option<(f32, [f32; 3])> {
        self.cell(index).map(|cell| cell.slope())
    }

    fn cell(&self, index: Vec3) -> Option<Cell> {
        let mut low = [0; 3];
        let mut part = [0.0_f32; 3];
        let mut next = [0; 3];
        let mut stride = 1;
        for n in 0..3 {
            let last = self.dims[n] - 1;
            let mut at = index[n];
            if last == 0 {
                // A single slice reaches half a step to both sides.
                if !(-0.5..=0.5).contains(&at) {
                    return None;
                }
                at = 0.0;
            } else if !(0.0..=last as f64).contains(&at) {
                return None;
            }
            let whole = (at as usize).min(last.saturating_sub(1));
            low[n] = whole * stride;
            part[n] = (at - whole as f64) as f32;
            next[n] = if last == 0 { 0 } else { stride };
            stride *= self.dims[n];
        }
        let base = low[0] + low[1] + low[2];
        let get = |at: usize| self.values.get(at).copied().unwrap_or(f32::NAN);
        let [i, j, k] = next;
        let corners = [
            get(base),
            get(base + i),
            get(base + j),
            get(base + i + j),
            get(base + k),
            get(base + i + k),
            get(base + j + k),
            get(base + i + j + k),
        ];
        let known = corners.iter().sum::<f32>();
        (!known.is_nan()).then_some(Cell { corners, part })
    }

    /// What lies below and above all but this share of the known values; `None` where none is known.
    pub(super) fn range(&self, share: f64) -> Option<(f32, f32)> {
        let stride = (self.values.len() / 50_000).max(1);
        let mut sample: Vec<f32> = (self.values.iter().step_by(stride).copied())
            .filter(|v| !v.is_nan())
            .collect();
        sample.sort_unstable_by(f32::total_cmp);
        let last = sample.len().checked_sub(1)?;
        let at = |share: f64| sample.get((last as f64 * share).round() as usize).copied();
        let (low, high) = (at(share)?, at(1.0 - share)?);
        if high > low {
            return Some((low, high));
        }
        Some((at(0.0)?, at(1.0)?))
    }

    /// The centre of what rises above the lower end of the range, patient coordinates.
    pub(super) fn centre_of_mass(&self) -> Option<Vec3> {
        let (low, high) = self.range(0.01)?;
        let [nx, ny, _] = self.dims;
        let (mut sum, mut mass) = ([0.0; 3], 0.0);
        for (at, &v) in self.values.iter().enumerate() {
            let weight = f64::from(v.min(high) - low);
            if weight > 0.0 {
                let index = [at % nx, at / nx % ny, at / (nx * ny)];
                for n in 0..3 {
                    sum[n] += weight * index[n] as f64;
                }
                mass += weight;
            }
        }
        (mass > 0.0).then(|| self.at(sum.map(|s| s / mass)))
    }

    /// The index of patient coordinates.
    pub(super) fn index_of(&self, point: Vec3) -> Vec3 {
        times(&self.to_index, [0, 1, 2].map(|n| point[n] - self.origin[n]))
    }
}

/// Eight neighbours and the place between them.
struct Cell {
    corners: [f32; 8],
    part: [f32; 3],
}

impl Cell {
    fn value(&self) -> f32 {
        let [x, y, z] = self.part;
        let c = &self.corners;
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let low = mix(mix(c[0], c[1], x), mix(c[2], c[3], x), y);
        let high = mix(mix(c[4], c[5], x), mix(c[6], c[7], x), y);
        mix(low, high, z)
    }

    fn slope(&self) -> (f32, [f32; 3]) {
        let [x, y, z] = self.part;
        let c = &self.corners;
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let along = [c[1] - c[0], c[3] - c[2], c[5] - c[4], c[7] - c[6]];
        let edge = [
            c[0] + along[0] * x,
            c[2] + along[1] * x,
            c[4] + along[2] * x,
            c[6] + along[3] * x,
        ];
        let (low, high) = (mix(edge[0], edge[1], y), mix(edge[2], edge[3], y));
        let dx = mix(mix(along[0], along[1], y), mix(along[2], along[3], y), z);
        let dy = mix(edge[1] - edge[0], edge[3] - edge[2], z);
        (mix(low, high, z), [dx, dy, high - low])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A volume whose values are a formula of patient coordinates.
    pub(in crate::vision::register) fn made(
        dims: [usize; 3],
        origin: Vec3,
        steps: [Vec3; 3],
        f: &dyn Fn(Vec3) -> f64,
    ) -> Volume {
        let mut values = Vec::new();
        for k in 0..dims[2] {
            for j in 0..dims[1] {
                for i in 0..dims[0] {
                    let index = [i as f64, j as f64, k as f64];
                    let p = (0..3).fold(origin, |p, n| add(p, scale(steps[n], index[n])));
                    values.push(f(p) as f32);
                }
            }
        }
        Volume {
            dims,
            origin,
            steps,
            values,
        }
    }

    #[test]
    fn values_between_voxels_and_their_slopes() {
        let f = |p: Vec3| 3.0 * p[0] - 2.0 * p[1] + 0.5 * p[2] + 7.0;
        let steps = [[0.0, 2.0, 0.0], [1.5, 0.0, 0.0], [0.0, 0.0, -3.0]];
        let volume = made([8, 9, 6], [10.0, 20.0, 30.0], steps, &f);
        let field = Field::of(&volume, &Limits::default()).unwrap();
        for p in [[11.0, 21.0, 29.0], [10.0, 20.0, 30.0], [15.3, 30.0, 16.0]] {
            let (value, slope) = field.slope(field.index_of(p)).unwrap();
            assert!((f64::from(value) - f(p)).abs() < 1e-4, "{p:?}");
            assert_eq!(field.value(field.index_of(p)), Some(value));
            // From slopes along indices to slopes along x, y, z.
            let of_patient = times(&transposed(&field.to_index), slope.map(f64::from));
            for (got, want) in of_patient.iter().zip([3.0, -2.0, 0.5]) {
                assert!((got - want).abs() < 1e-4);
            }
        }
        assert_eq!(field.value([-0.1, 0.0, 0.0]), None);
        assert_eq!(field.value([f64::NAN, 0.0, 0.0]), None);
        let coarse = field.coarser([2, 3, 2]);
        assert_eq!(coarse.dims, [4, 3, 3]);
        let p = coarse.at([1.0, 2.0, 1.0]);
        let value = coarse.value([1.0, 2.0, 1.0]).unwrap();
        assert!((f64::from(value) - f(p)).abs() < 1e-3);
        let index = coarse.index_of(p);
        assert!((index[1] - 2.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        let steps = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let good = made([4, 4, 4], [0.0; 3], steps, &|p| p[0]);
        let code = |v: Volume| Field::of(&v, &Limits::default()).unwrap_err().code().id;
        let with = |change: &dyn Fn(&mut Volume)| {
            let mut v = good.clone();
            change(&mut v);
            code(v)
        };
        assert_eq!(with(&|v| v.dims = [4, 4, 3]), "REG-013");
        assert_eq!(with(&|v| v.dims = [usize::MAX; 3]), "REG-012");
        assert_eq!(
            with(&|v| {
                v.dims = [0; 3];
                v.values.clear();
            }),
            "REG-013"
        );
        assert_eq!(with(&|v| v.steps[2] = [1.0, 1.0, 0.0]), "REG-013");
        assert_eq!(with(&|v| v.origin[1] = f64::INFINITY), "REG-013");
        let small = Limits {
            volume_voxels: 10,
            ..Limits::default()
        };
        assert!(
            Field::of(&good, &small)
                .unwrap_err()
                .detail()
                .contains("volume_voxels")
        );
    }

    #[test]
    fn the_centre_of_mass_is_where_the_mass_is() {
        let steps = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]];
        let ball = |p: Vec3| {
            f64::from(norm([p[0] - 20.0, p[1] - 24.0, p[2] - 18.0]) < 8.0) * 500.0 - 1000.0
        };
        let volume = made([20, 20, 20], [0.0; 3], steps, &ball);
        let field = Field::of(&volume, &Limits::default()).unwrap();
        let centre = field.centre_of_mass().unwrap();
        for (got, want) in centre.iter().zip([20.0, 24.0, 18.0]) {
            assert!((got - want).abs() < 0.5, "{centre:?}");
        }
    }
}
