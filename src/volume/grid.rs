//! Where the voxels of a volume lie in the patient: a grid that may be sheared (tilted gantry), of uneven steps, and with gaps.

use super::codes;
use crate::{
    base::{Error, Result},
    study::geometry::{Vec3, add, cross, dot, norm, scale, sub},
};

/// A distance beyond this many of those beside it is a gap. Heads are often scanned in two parts, coarser towards the vertex: that is none.
const GAP: f64 = 1.5;
/// Steps of a run that is looked at together; a longer one is a part of the stack.
const MOST_RUN: usize = 16;
/// How far a slice may lie beside the straight line through the first and the last, pixels.
const BESIDE: f64 = 0.5;

/// Voxel (i, j, k) is at `origin + i·steps[0] + j·steps[1] + heights[k]·rise`: i along a row, j along a column, k along the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Columns, rows, slices; each at least 2.
    pub dims: [usize; 3],
    /// Centre of voxel (0,0,0), LPS, mm.
    pub origin: Vec3,
    /// One column on, one row on, LPS, mm.
    pub steps: [Vec3; 2],
    /// What a slice is shifted by for each mm along the normal, LPS. Along the normal itself, unless the gantry was tilted.
    pub rise: Vec3,
    /// Heights of the slices.
    pub heights: Heights,
    /// (i, j, height) of a place relative to the origin.
    inverse: [Vec3; 3],
}

/// Heights of the slices along the normal, mm from the first, growing.
#[derive(Debug, Clone, PartialEq)]
pub struct Heights {
    /// Of each slice.
    pub mm: Vec<f64>,
    /// Median distance of neighbours, mm.
    pub step: f64,
    /// All distances are the median's, within a hundredth: then `height / step` is the slice.
    pub even: bool,
    /// Slices behind which others are missing.
    pub gaps: Vec<usize>,
    /// How far the slices at both ends of each gap reach into it, mm: half of their other distance.
    rims: Vec<[f64; 2]>,
    /// Of uneven slices: for each `table_step` of height, the slice at or before it.
    table: Vec<u32>,
    table_step: f64,
}

/// Whether step `k` is a gap, and how far the slices at its ends reach into it. Wide steps beside one another are looked at together: a slice
/// alone between two gaps makes neither of them usual.
fn gap(steps: &[f64], k: usize) -> Option<[f64; 2]> {
    let wide = *steps.get(k)?;
    let narrow = |&n: &usize| steps.get(n).is_some_and(|s| GAP * s < wide);
    let (from, to) = (
        k.saturating_sub(MOST_RUN),
        steps.len().min(k + 1 + MOST_RUN),
    );
    let left = (from..k).rev().find(narrow);
    let right = (k + 1..to).find(narrow);
    let first = left.map_or(from, |n| n + 1);
    let run = steps.get(first..right.unwrap_or(to))?;
    let of = |n: Option<usize>| n.and_then(|n| steps.get(n)).copied();
    let beside = of(left).unwrap_or(0.0).max(of(right).unwrap_or(0.0));
    // Several steps alike, or up to the end, are a part with slices further apart.
    let alike = run.iter().all(|s| (s - wide).abs() < 0.05 * wide);
    let part = run.len() > 2 && alike || run.len() > 1 && (left.is_none() || right.is_none());
    if beside <= 0.0 || part || !run.iter().all(|&s| s > GAP * beside) {
        return None;
    }
    let half = |own: Option<f64>, at_end: bool| 0.5 * own.filter(|_| at_end).unwrap_or(beside);
    let last = first + run.len() - 1;
    Some([half(of(left), k == first), half(of(right), k == last)])
}

impl Heights {
    fn new(mm: Vec<f64>) -> Option<Self> {
        let steps: Vec<f64> = mm.windows(2).map(|w| w[1] - w[0]).collect();
        let mut sorted = steps.clone();
        sorted.sort_by(f64::total_cmp);
        let step = *sorted.get(sorted.len() / 2)?;
        let least = *sorted.first()?;
        if !(least > 1e-3 && step.is_finite() && *mm.last()? < 1e5) {
            return None;
        }
        // Even means: no slice is further than a twentieth of a step from its place.
        let whole = (mm.last()? - mm.first()?) / steps.len() as f64;
        let even = (mm.iter().enumerate())
            .all(|(k, h)| (h - k as f64 * whole).abs() < 0.05 * whole)
            && steps.iter().all(|s| (s - whole).abs() < 0.05 * whole);
        let step = if even { whole } else { step };
        let (mut gaps, mut rims) = (Vec::new(), Vec::new());
        for k in (0..steps.len()).filter(|_| !even) {
            if let Some(reach) = gap(&steps, k) {
                gaps.push(k);
                rims.push(reach);
            }
        }
        let (mut table, mut table_step) = (Vec::new(), 1.0);
        if !even {
            let last = *mm.last()?;
            table_step = least.max(last / 65_536.0);
            let mut k = 0;
            for n in 0..=(last / table_step) as usize + 1 {
                while k + 2 < mm.len() && mm.get(k + 1).is_some_and(|&h| h <= n as f64 * table_step)
                {
                    k += 1;
                }
                table.push(k as u32);
            }
        }
        Some(Self {
            mm,
            step,
            even,
            gaps,
            rims,
            table,
            table_step,
        })
    }

    /// Lower and upper end of what the slices cover: half a step beyond the first and the last.
    pub fn ends(&self) -> (f64, f64) {
        let last = self.mm.last().copied().unwrap_or(0.0);
        let n = self.mm.len();
        let of = |a: usize, b: usize| match (self.mm.get(a), self.mm.get(b)) {
            (Some(a), Some(b)) if !self.even => (b - a).min(self.step * GAP),
            _ => self.step,
        };
        (-0.5 * of(0, 1), last + 0.5 * of(n.saturating_sub(2), n - 1))
    }

    /// The slice at or before a height and how far it is to the next, 0..=1; clamped to the slices; `NaN` within a gap, further than half a
    /// of the distance beside it from both of its ends.
    #[inline]
    pub fn find(&self, height: f64) -> (usize, f32) {
        let most = self.mm.len().saturating_sub(2);
        if self.even {
            let k = (height / self.step).clamp(0.0, most as f64 + 1.0);
            let low = (k as usize).min(most);
            return (low, (k - low as f64) as f32);
        }
        let place = (height / self.table_step).max(0.0) as usize;
        let start = self.table.get(place).or(self.table.last());
        let mut k = start.map_or(0, |&k| k as usize).min(most);
        while k < most && self.mm.get(k + 1).is_some_and(|&h| h <= height) {
            k += 1;
        }
        let (Some(&low), Some(&high)) = (self.mm.get(k), self.mm.get(k + 1)) else {
            return (0, f32::NAN);
        };
        let part = ((height - low) / (high - low)).clamp(0.0, 1.0);
        if let Ok(gap) = self.gaps.binary_search(&k) {
            let [below, above] = self.rims.get(gap).copied().unwrap_or_default();
            return match (height - low <= below, high - height <= above) {
                (true, _) => (k, 0.0),
                (_, true) => (k, 1.0),
                _ => (k, f32::NAN),
            };
        }
        (k, part as f32)
    }
}

impl Grid {
    /// A grid from the positions of its slices, in their order.
    ///
    /// # Errors
    /// `PIX-451` with the reason where the slices make no volume.
    pub fn new(
        [columns, rows]: [usize; 2],
        positions: &[Vec3],
        [row, column]: [Vec3; 2],
        [between_rows, between_columns]: [f64; 2],
    ) -> Result<Self> {
        let none = |why: String| Error::new(&codes::NO_VOLUME).found(why);
        let n = positions.len();
        if n < 3 {
            return Err(none(format!("{n} image{}", if n == 1 { "" } else { "s" })));
        }
        if columns < 2 || rows < 2 {
            return Err(none(format!("{columns} × {rows} pixels")));
        }
        let numbers = positions.iter().chain([&row, &column]).flatten();
        let sizes = [between_rows, between_columns];
        if !numbers.copied().all(|x| x.is_finite() && x.abs() < 1e6)
            || !sizes.iter().all(|&s| s > 1e-4 && s < 1e4)
        {
            return Err(none(
                "a position or a spacing that is no usable number".to_owned(),
            ));
        }
        let normal = cross(row, column);
        if (norm(normal) - 1.0).abs() > 1e-2 {
            return Err(none("directions that are not at right angles".to_owned()));
        }
        let normal = scale(normal, 1.0 / norm(normal));
        let (Some(&first), Some(&last)) = (positions.first(), positions.last()) else {
            return Err(none("no images".to_owned()));
        };
        let way = sub(last, first);
        // The stack may grow against the normal of its images.
        let up = if dot(way, normal) < 0.0 {
            scale(normal, -1.0)
        } else {
            normal
        };
        let whole = dot(way, up);
        if whole < 1e-3 {
            return Err(none("images at one place".to_owned()));
        }
        let rise = scale(way, 1.0 / whole);
        let heights: Vec<f64> = positions.iter().map(|&p| dot(sub(p, first), up)).collect();
        for (k, (&place, &height)) in positions.iter().zip(&heights).enumerate() {
            let off = sub(sub(place, first), scale(rise, height));
            let beside = (dot(off, row) / between_columns)
                .abs()
                .max((dot(off, column) / between_rows).abs());
            if beside > BESIDE {
                let mm = norm(off);
                return Err(none(format!(
                    "image {} lies {mm:.2} mm beside a straight line",
                    k + 1
                )));
            }
        }
        let heights = Heights::new(heights)
            .ok_or_else(|| none("images that do not follow one another".to_owned()))?;
        let steps = [scale(row, between_columns), scale(column, between_rows)];
        Self::of([columns, rows, n], first, steps, rise, heights)
            .ok_or_else(|| none("a flat grid".to_owned()))
    }

    fn of(
        dims: [usize; 3],
        origin: Vec3,
        steps: [Vec3; 2],
        rise: Vec3,
        heights: Heights,
    ) -> Option<Self> {
        // Rows of the inverse of the matrix with columns steps[0], steps[1], rise.
        let [a, b, c] = [steps[0], steps[1], rise];
        let det = dot(a, cross(b, c));
        if det.is_nan() || det.abs() <= 1e-12 {
            return None;
        }
        let inverse = [cross(b, c), cross(c, a), cross(a, b)].map(|v| scale(v, 1.0 / det));
        Some(Self {
            dims,
            origin,
            steps,
            rise,
            heights,
            inverse,
        })
    }

    /// The grid whose pixels are `by` × `by` of this one's; a rest at the right and below is left out.
    ///
    /// # Errors
    /// `PIX-452` where nothing useful would be left.
    pub fn coarser(&self, by: usize) -> Result<Self> {
        let by = by.max(1);
        let [columns, rows, slices] = self.dims;
        let dims = [columns / by, rows / by, slices];
        let shift = (by as f64 - 1.0) / 2.0;
        let origin = add(self.origin, scale(add(self.steps[0], self.steps[1]), shift));
        let steps = self.steps.map(|s| scale(s, by as f64));
        (dims[0] >= 2 && dims[1] >= 2)
            .then(|| Self::of(dims, origin, steps, self.rise, self.heights.clone()))
            .flatten()
            .ok_or_else(|| {
                Error::new(&codes::TOO_LARGE).found(format!("{columns} × {rows} × {slices}"))
            })
    }

    /// Voxels; as many as can be counted where there are more.
    pub fn voxels(&self) -> usize {
        let [columns, rows, slices] = self.dims;
        columns.saturating_mul(rows).saturating_mul(slices)
    }

    /// (i, j, height in mm) of a place in the patient.
    pub fn to_grid(&self, place: Vec3) -> Vec3 {
        self.direction(sub(place, self.origin))
    }

    /// (i, j, height) of a displacement.
    pub fn direction(&self, way: Vec3) -> Vec3 {
        self.inverse.map(|row| dot(row, way))
    }

    /// The place in the patient of (i, j, height in mm).
    pub fn to_patient(&self, [i, j, height]: Vec3) -> Vec3 {
        let plane = add(scale(self.steps[0], i), scale(self.steps[1], j));
        add(self.origin, add(plane, scale(self.rise, height)))
    }

    /// The ends of what the voxels cover, in (i, j, height): half a voxel beyond the outer centres.
    pub fn ends(&self) -> [(f64, f64); 3] {
        let side = |n: usize| (-0.5, n as f64 - 0.5);
        [side(self.dims[0]), side(self.dims[1]), self.heights.ends()]
    }

    /// The eight corners of what the voxels cover, LPS, mm.
    pub fn corners(&self) -> [Vec3; 8] {
        let ends = self.ends();
        std::array::from_fn(|n| {
            let pick = |axis: usize| {
                if n >> axis & 1 == 0 {
                    ends[axis].0
                } else {
                    ends[axis].1
                }
            };
            self.to_patient([pick(0), pick(1), pick(2)])
        })
    }

    /// The middle, LPS, mm.
    pub fn centre(&self) -> Vec3 {
        let ends = self.ends();
        self.to_patient(ends.map(|(low, high)| low.midpoint(high)))
    }

    /// Distance of neighbouring voxels along a direction of unit length, mm: how far one may go until the first grid coordinate has
    /// changed by one.
    pub fn step_along(&self, direction: Vec3) -> f64 {
        let [i, j, height] = self.direction(direction);
        let fastest = i.abs().max(j.abs()).max((height / self.heights.step).abs());
        1.0 / fastest.max(1e-9)
    }

    /// The smallest distance of neighbouring voxels along an axis of the grid, mm.
    pub fn finest(&self) -> f64 {
        norm(self.steps[0])
            .min(norm(self.steps[1]))
            .min(self.heights.step * norm(self.rise))
    }

    /// The smallest distance within which values may change: [`Grid::finest`], or that of the two nearest slices where they are uneven, but no
    /// less than a quarter of the usual.
    pub fn detail(&self) -> f64 {
        let steps = self.heights.mm.windows(2).map(|w| w[1] - w[0]);
        let least = steps.fold(self.heights.step, f64::min) * norm(self.rise);
        if self.heights.even {
            return self.finest();
        }
        self.finest().min(least.max(self.finest() / 4.0))
    }

    /// True where slices are shifted against each other by more than a pixel over the whole stack.
    pub fn is_tilted(&self) -> bool {
        let normal = cross(self.steps[0], self.steps[1]);
        let normal = scale(normal, 1.0 / norm(normal));
        let beside = norm(sub(self.rise, scale(normal, dot(self.rise, normal))));
        let last = self.heights.mm.last().copied().unwrap_or(0.0);
        beside * last > norm(self.steps[0]).min(norm(self.steps[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mm: &[f64]) -> Heights {
        Heights::new(mm.to_vec()).unwrap()
    }

    /// Heights from steps.
    fn stepped(steps: &[f64]) -> Heights {
        let mut mm = vec![0.0];
        for step in steps {
            mm.push(mm.last().unwrap() + step);
        }
        of(&mm)
    }

    #[test]
    fn a_slice_alone_between_two_gaps_hides_neither() {
        let heights = of(&[0.0, 1.0, 2.0, 5.0, 8.0, 9.0, 10.0]);
        assert_eq!(heights.gaps, [2, 3]);
        for empty in [2.6, 4.4, 5.6, 7.4] {
            assert!(heights.find(empty).1.is_nan(), "{empty}");
        }
        assert_eq!((heights.find(2.4), heights.find(4.6)), ((2, 0.0), (2, 1.0)));
        assert_eq!((heights.find(5.4), heights.find(7.6)), ((3, 0.0), (3, 1.0)));
        assert_eq!(
            stepped(&[1.0, 1.0, 3.0, 2.0, 4.0, 1.0, 1.0]).gaps,
            [2, 3, 4]
        );
    }

    #[test]
    fn each_missing_slice_is_a_gap_and_a_coarser_part_is_none() {
        let third: Vec<f64> = (0..20).filter(|n| n % 3 != 2).map(f64::from).collect();
        assert_eq!(of(&third).gaps, [1, 3, 5, 7, 9, 11]);
        assert_eq!(stepped(&[1.0, 1.0, 1.0, 2.5, 2.5, 2.5]).gaps, [0; 0]);
        assert_eq!(stepped(&[2.5, 2.5, 1.0, 1.0, 1.0]).gaps, [0; 0]);
        assert_eq!(stepped(&[1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0]).gaps, [0; 0]);
        assert_eq!(stepped(&[1.0, 1.4, 1.9, 2.4, 1.9, 1.4, 1.0]).gaps, [0; 0]);
        assert_eq!(stepped(&[3.0, 1.0, 1.0, 1.0]).gaps, [0]);
        // Many slices take no longer than few.
        let long: Vec<f64> = (0..200_000)
            .map(|n| 0.1 + 0.1 * f64::from(n % 50_000 / 25_000))
            .collect();
        assert_eq!(stepped(&long).gaps, [0; 0]);
    }
}
