//! A region that grows from a voxel through all slices, a piece at a time: who asks for it can look at how far it is, or give it up.

use super::{codes, voxels::Volume};
use crate::{
    base::{Error, Limits, Result},
    study::geometry::{cross, norm},
};

/// What a region is joined by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Column, row, slice of the volume's own voxels.
    pub seed: [usize; 3],
    /// How far a value may be from the seed's, in its unit, both ends included.
    pub tolerance: f32,
    /// Over the 26 neighbours instead of the 6 faces.
    pub diagonal: bool,
}

/// What has grown so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grown {
    /// Voxels.
    pub voxels: u64,
    /// Of all of them, each as thick as half of the ways to its neighbours.
    pub ml: f64,
    /// First and last slice; equal to the seed's while nothing has grown.
    pub slices: [usize; 2],
    /// Arithmetic mean of their modality values.
    pub mean: f64,
    /// Standard deviation of the population.
    pub sd: f64,
    /// Smallest and largest value.
    pub ends: [f32; 2],
}

/// A region that grows.
#[derive(Debug)]
pub struct Growth {
    seed: [usize; 3],
    diagonal: bool,
    range: [f32; 2],
    /// 1 for voxels that belong to it; of slices that it has not reached nothing is held.
    slices: Vec<Vec<u8>>,
    /// Of each slice.
    counts: Vec<u64>,
    /// Voxels from which runs of a row are filled.
    waiting: Vec<[u32; 3]>,
    held: u64,
    most: u64,
    /// About the seed's value: sums of the differences and of their squares.
    sums: [f64; 2],
    about: f32,
    ends: [f32; 2],
}

impl Growth {
    /// Begins.
    ///
    /// # Errors
    /// `PIX-457` where the seed lies outside, on padding, or the tolerance is no number.
    pub fn new(volume: &Volume, rule: Rule, limits: &Limits) -> Result<Self> {
        let [columns, rows, slices] = volume.grid.dims;
        let [i, j, k] = rule.seed;
        let wrong = |what: String| Error::new(&codes::NO_SEED).found(what);
        if i >= columns || j >= rows || k >= slices {
            return Err(wrong(format!("column {i}, row {j}, slice {k}")));
        }
        let value = volume
            .value(rule.seed)
            .filter(|v| v.is_finite())
            .ok_or_else(|| wrong("no value there".to_owned()))?;
        if !(rule.tolerance >= 0.0 && rule.tolerance.is_finite()) {
            return Err(wrong(format!("a tolerance of {}", rule.tolerance)));
        }
        Ok(Self {
            seed: rule.seed,
            diagonal: rule.diagonal,
            range: [value - rule.tolerance, value + rule.tolerance],
            slices: vec![vec![]; slices],
            counts: vec![0; slices],
            waiting: vec![rule.seed.map(|at| at as u32)],
            held: 0,
            most: limits.volume_bytes,
            sums: [0.0; 2],
            about: value,
            ends: [value; 2],
        })
    }

    /// Grows by about `voxels`; true when nothing is left to do.
    ///
    /// # Errors
    /// `PIX-452` when it would take more memory than a volume may.
    pub fn run(&mut self, volume: &Volume, voxels: u64) -> Result<bool> {
        let mut done = 0;
        while done < voxels {
            let Some([i, j, k]) = self.waiting.pop().map(|at| at.map(|n| n as usize)) else {
                return Ok(true);
            };
            done += 1 + self.fill(volume, i, j, k);
            let waiting = size_of_val(self.waiting.as_slice()) as u64;
            if self.held + waiting > self.most {
                return Err(Error::new(&codes::TOO_LARGE)
                    .expected(Limits::at_most("volume_bytes", self.most))
                    .found(self.held + waiting));
            }
        }
        Ok(self.waiting.is_empty())
    }

    /// True for a voxel that is wanted and not taken.
    fn free(&self, volume: &Volume, i: usize, j: usize, k: usize) -> bool {
        let taken = self
            .slices
            .get(k)
            .and_then(|s| s.get(i + volume.grid.dims[0] * j));
        let [low, high] = self.range;
        taken.is_none_or(|&taken| taken == 0)
            && volume
                .value([i, j, k])
                .is_some_and(|v| v >= low && v <= high)
    }

    /// Takes the run of a row that holds a voxel, and lets what lies beside it wait; voxels that were taken.
    fn fill(&mut self, volume: &Volume, i: usize, j: usize, k: usize) -> u64 {
        let [columns, rows, slices] = volume.grid.dims;
        if !self.free(volume, i, j, k) {
            return 0;
        }
        let (mut from, mut to) = (i, i + 1);
        while from > 0 && self.free(volume, from - 1, j, k) {
            from -= 1;
        }
        while to < columns && self.free(volume, to, j, k) {
            to += 1;
        }
        if let Some(slice) = self.slices.get_mut(k) {
            if slice.is_empty() {
                slice.resize(columns * rows, 0);
                self.held += slice.len() as u64;
            }
            if let Some(run) = slice.get_mut(j * columns + from..j * columns + to) {
                run.fill(1);
            }
        }
        let taken = (to - from) as u64;
        if let Some(count) = self.counts.get_mut(k) {
            *count += taken;
        }
        for at in from..to {
            let value = volume.value([at, j, k]).unwrap_or(self.about);
            let away = f64::from(value - self.about);
            self.sums = [self.sums[0] + away, self.sums[1] + away * away];
            self.ends = [self.ends[0].min(value), self.ends[1].max(value)];
        }
        let reach = usize::from(self.diagonal);
        let span = from.saturating_sub(reach)..(to + reach).min(columns);
        let beside = |at: usize, n: usize| {
            let below = at.checked_sub(1);
            let above = Some(at + 1).filter(|&next| next < n);
            [below, Some(at), above]
        };
        let gaps = &volume.grid.heights.gaps;
        let mut lines = vec![];
        for (dk, k2) in beside(k, slices).into_iter().enumerate() {
            let Some(k2) = k2 else { continue };
            // Across a gap nothing is joined: what lies in it is not known.
            if k2 != k && gaps.binary_search(&k.min(k2)).is_ok() {
                continue;
            }
            for (dj, j2) in beside(j, rows).into_iter().enumerate() {
                let steps = usize::from(dk != 1) + usize::from(dj != 1);
                if let Some(j2) = j2.filter(|_| steps == 1 || (steps == 2 && self.diagonal)) {
                    lines.push((j2, k2));
                }
            }
        }
        for (j, k) in lines {
            let mut joined = false;
            for at in span.clone() {
                let here = self.free(volume, at, j, k);
                if here && !joined {
                    self.waiting.push([at, j, k].map(|n| n as u32));
                }
                joined = here;
            }
        }
        taken
    }

    /// What has grown so far.
    pub fn grown(&self, volume: &Volume) -> Grown {
        let grid = &volume.grid;
        let area = norm(cross(grid.steps[0], grid.steps[1]));
        let mm = |k: usize| grid.heights.mm.get(k).copied();
        let way = |k: usize| {
            let gap = grid.heights.gaps.binary_search(&k).is_ok();
            Some(mm(k + 1)? - mm(k)?).filter(|_| !gap)
        };
        let thick = |k: usize| match (k.checked_sub(1).and_then(way), way(k)) {
            (Some(below), Some(above)) => below.midpoint(above),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => grid.heights.step,
        };
        let voxels: u64 = self.counts.iter().sum();
        let counted = self.counts.iter().enumerate();
        let cubic: f64 = counted.map(|(k, &n)| n as f64 * area * thick(k)).sum();
        let n = voxels.max(1) as f64;
        let away = self.sums[0] / n;
        let first = self.counts.iter().position(|&n| n > 0);
        let last = self.counts.iter().rposition(|&n| n > 0);
        Grown {
            voxels,
            ml: cubic / 1000.0,
            slices: [first.unwrap_or(self.seed[2]), last.unwrap_or(self.seed[2])],
            mean: f64::from(self.about) + away,
            sd: (self.sums[1] / n - away * away).max(0.0).sqrt(),
            ends: self.ends,
        }
    }

    /// 1 for the pixels of a frame of `size` (columns, rows) that belong to it, where a voxel may stand for several of them; `None` for a slice
    /// without any.
    pub fn labels(&self, volume: &Volume, slice: usize, size: (usize, usize)) -> Option<Vec<u8>> {
        let mask = self.slices.get(slice).filter(|mask| !mask.is_empty())?;
        let [columns, rows, _] = volume.grid.dims;
        let by = volume.reduced.max(1);
        let label = |x: usize, y: usize| {
            let (i, j) = (x / by, y / by);
            let inside = i < columns && j < rows;
            let at = inside.then(|| mask.get(j * columns + i).copied());
            at.flatten().unwrap_or(0)
        };
        let all = (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y)));
        Some(all.map(|(x, y)| label(x, y)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::Silent,
        tone::PADDING,
        vision::{components::Connectivity, growing::grow_volume, random::Random},
        volume::{Grid, VolumeBuilder},
    };

    const SIZE: [usize; 3] = [13, 9, 7];

    fn volume(values: &[f32], heights: &[f64]) -> Volume {
        let positions: Vec<_> = heights.iter().map(|&z| [5.0, -3.0, z]).collect();
        let ways = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let grid = Grid::new([SIZE[0], SIZE[1]], &positions, ways, [0.5, 0.75]).unwrap();
        let mut builder = VolumeBuilder::new(grid, 1 << 20);
        for (slice, values) in values.chunks_exact(SIZE[0] * SIZE[1]).enumerate() {
            builder.put_modality(slice, values).unwrap();
        }
        builder.finish().unwrap()
    }

    fn even() -> Vec<f64> {
        (0..SIZE[2]).map(|k| k as f64 * 2.0).collect()
    }

    #[test]
    fn it_is_what_grows_at_once() {
        let mut random = Random::new(7);
        for round in 0..60 {
            let values: Vec<f32> = (0..SIZE.iter().product())
                .map(|_| match random.below(10) {
                    0 => PADDING,
                    n => (n % 3 * 10) as f32,
                })
                .collect();
            let own = volume(&values, &even());
            let seed = SIZE.map(|n| random.below(n));
            let Some(value) = own.value(seed) else {
                continue;
            };
            let diagonal = round % 2 == 0;
            let (rule, near) = (
                Rule {
                    seed,
                    tolerance: 5.0,
                    diagonal,
                },
                if diagonal {
                    Connectivity::Eight
                } else {
                    Connectivity::Four
                },
            );
            let range = (value - 5.0, value + 5.0);
            let want = grow_volume(&values, SIZE, seed, range, near, &Silent).unwrap();
            let mut growth = Growth::new(&own, rule, &Limits::default()).unwrap();
            let mut rounds = 0;
            // A few voxels at a time give the same as all at once.
            while !growth.run(&own, 3).unwrap() {
                rounds += 1;
                assert!(rounds < 10_000);
            }
            let plane = SIZE[0] * SIZE[1];
            for (k, want) in want.chunks_exact(plane).enumerate() {
                let got = growth.labels(&own, k, (SIZE[0], SIZE[1]));
                let got = got.unwrap_or_else(|| vec![0; plane]);
                let want: Vec<u8> = want.iter().map(|&m| m / 255).collect();
                assert_eq!(got, want, "round {round}, slice {k}");
            }
            let grown = growth.grown(&own);
            let count = want.iter().filter(|&&m| m > 0).count();
            assert_eq!(grown.voxels as usize, count);
            // Voxels of 0.75 × 0.5 × 2 mm.
            assert!((grown.ml - count as f64 * 0.75 / 1000.0).abs() < 1e-12);
            assert!((grown.mean - f64::from(value)).abs() < 1e-9 && grown.sd < 1e-9);
        }
    }

    #[test]
    fn nothing_grows_across_a_gap_and_each_slice_has_its_own_thickness() {
        let values = vec![1.0; SIZE.iter().product()];
        let heights = [0.0, 1.0, 2.0, 10.0, 12.0, 14.0, 16.0];
        let own = volume(&values, &heights);
        assert_eq!(own.grid.heights.gaps, [2]);
        let all = |seed| {
            let rule = Rule {
                seed,
                tolerance: 0.0,
                diagonal: true,
            };
            let mut growth = Growth::new(&own, rule, &Limits::default()).unwrap();
            assert!(growth.run(&own, u64::MAX).unwrap());
            growth.grown(&own)
        };
        let plane = (SIZE[0] * SIZE[1]) as f64 * 0.375 / 1000.0;
        let (below, above) = (all([0, 0, 0]), all([0, 0, 5]));
        assert_eq!((below.slices, above.slices), ([0, 2], [3, 6]));
        assert!((below.ml - plane * 3.0).abs() < 1e-9, "1 mm each");
        assert!((above.ml - plane * 8.0).abs() < 1e-9, "2 mm each");
    }

    #[test]
    fn seeds_and_memory_are_checked() {
        let mut values = vec![1.0; SIZE.iter().product()];
        values[0] = PADDING;
        let own = volume(&values, &even());
        let rule = |seed, tolerance| Rule {
            seed,
            tolerance,
            diagonal: false,
        };
        let limits = Limits::default();
        for wrong in [
            rule([13, 0, 0], 1.0),
            rule([0; 3], 1.0),
            rule([1, 1, 1], f32::NAN),
            rule([1, 1, 1], -1.0),
        ] {
            let code = Growth::new(&own, wrong, &limits).unwrap_err().code().id;
            assert_eq!(code, "PIX-457");
        }
        let little = Limits {
            volume_bytes: 200,
            ..limits
        };
        let mut growth = Growth::new(&own, rule([1, 1, 1], 1.0), &little).unwrap();
        let error = growth.run(&own, u64::MAX).unwrap_err();
        assert_eq!(error.code().id, "PIX-452");
    }
}
