//! Voxels that are none: which, and what lies under them.
//!
//! Where the nearest voxel is a value, a value is shown, and the other voxels around may be padding. So that it is not mixed with values,
//! each voxel of padding beside others carries the mean of those: what is between a value and padding is the value. Further in lies the
//! lowest value of the slice, which is in no picture.

use super::voxels::{Scales, Voxel};

/// Which of a slice are padding; `None` where none is.
pub(super) fn mask_of<T: Voxel>(values: &[T], padding: &impl Fn(f32) -> bool) -> Option<Vec<bool>> {
    // Most images have none, which vectors see at once.
    let any = |part: &[T]| part.iter().fold(false, |any, v| any | padding(v.number()));
    let mut parts = values.chunks(4096);
    parts
        .any(any)
        .then(|| values.iter().map(|v| padding(v.number())).collect())
}

/// Under padding: the lowest value of the slice.
pub(super) fn fill<T: Voxel>(values: &mut [T], padded: &[bool]) {
    let mut lowest: Option<T> = None;
    for (value, _) in values.iter().zip(padded).filter(|(_, p)| !**p) {
        if lowest.is_none_or(|low| *value < low) {
            lowest = Some(*value);
        }
    }
    let lowest = lowest.unwrap_or_default();
    for (value, _) in values.iter_mut().zip(padded).filter(|(_, p)| **p) {
        *value = lowest;
    }
}

/// A mark for each voxel, 64 to a word.
struct Marks<'a> {
    words: &'a [u64],
    dims: [usize; 3],
}

impl Marks<'_> {
    /// 64 marks from any place on; beyond the volume all are set.
    fn bits(&self, at: isize) -> u64 {
        let (word, shift) = (at.div_euclid(64), at.rem_euclid(64) as u32);
        let of = |word: isize| {
            let word = usize::try_from(word).ok();
            word.and_then(|word| self.words.get(word))
                .copied()
                .unwrap_or(u64::MAX)
        };
        match shift {
            0 => of(word),
            _ => of(word) >> shift | of(word + 1) << (64 - shift),
        }
    }

    /// Those of a word that are set and may have one beside them that is not: rows run into one another here.
    fn rim(&self, word: usize) -> u64 {
        let own = self.words.get(word).copied().unwrap_or(0);
        if own == 0 {
            return 0;
        }
        let [columns, rows, _] = self.dims.map(usize::cast_signed);
        let mut unset = 0;
        for k in -1..=1 {
            for j in -1..=1 {
                let at = (word * 64).cast_signed() + columns * (j + rows * k);
                for i in -1..=1 {
                    unset |= !self.bits(at + i);
                }
            }
        }
        own & unset
    }

    /// The voxels beside one that are not marked, those at its faces before those at its edges and corners: the first of these that are
    /// there are given to `each`.
    fn beside(&self, at: usize, mut each: impl FnMut(usize, usize)) {
        let [columns, rows, slices] = self.dims;
        let [i, j, k] = [at % columns, at / columns % rows, at / (columns * rows)];
        for away in 1..=3 {
            let mut found = false;
            for (di, dj, dk) in AROUND {
                if di.abs() + dj.abs() + dk.abs() != away {
                    continue;
                }
                let (Some(i), Some(j), Some(k)) = (
                    i.checked_add_signed(di).filter(|&i| i < columns),
                    j.checked_add_signed(dj).filter(|&j| j < rows),
                    k.checked_add_signed(dk).filter(|&k| k < slices),
                ) else {
                    continue;
                };
                let there = i + columns * (j + rows * k);
                let marked = self
                    .words
                    .get(there / 64)
                    .is_none_or(|w| w >> (there % 64) & 1 == 1);
                if !marked {
                    found = true;
                    each(there, k);
                }
            }
            if found {
                return;
            }
        }
    }
}

const AROUND: [(isize, isize, isize); 27] = {
    let mut around = [(0, 0, 0); 27];
    let mut n = 0;
    while n < 27 {
        let n_signed = n as isize;
        around[n] = (n_signed % 3 - 1, n_signed / 3 % 3 - 1, n_signed / 9 - 1);
        n += 1;
    }
    around
};

/// Gives each marked voxel beside others the mean of those.
pub(super) fn extend<T: Voxel>(data: &mut [T], words: &[u64], dims: [usize; 3], scales: &Scales) {
    let marks = Marks { words, dims };
    let plane = dims[0] * dims[1];
    for word in 0..words.len() {
        let mut rim = marks.rim(word);
        while rim != 0 {
            let at = word * 64 + rim.trailing_zeros() as usize;
            rim &= rim - 1;
            let (mut sum, mut count) = (0.0_f32, 0.0_f32);
            marks.beside(at, |there, slice| {
                let stored = data.get(there).map_or(0.0, |stored| stored.number());
                sum += match scales {
                    Scales::One(_) => stored,
                    Scales::Each(_) => {
                        let [slope, intercept] = scales.of(slice);
                        stored * slope + intercept
                    }
                };
                count += 1.0;
            });
            if count == 0.0 {
                continue;
            }
            let mean = sum / count;
            let stored = match scales {
                Scales::One(_) => mean,
                Scales::Each(_) => {
                    let [slope, intercept] = scales.of(at / plane);
                    (mean - intercept) / slope
                }
            };
            if let Some(place) = data.get_mut(at).filter(|_| stored.is_finite()) {
                *place = T::rounded(stored);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{Limits, Silent},
        tone::PADDING,
        volume::{Grid, Plane, Project, Sampling, Slab, Volume, VolumeBuilder, reformat},
    };

    #[test]
    fn padding_beside_values_carries_their_mean_and_nothing_else_changes() {
        let dims = [37, 11, 5];
        let count = dims.iter().product();
        let mut state = 3_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let padded: Vec<bool> = (0..count)
            .map(|at| at % 37 < 9 || at / 37 % 11 > 8 || next() % 9 == 0)
            .collect();
        let mut words = vec![0_u64; usize::div_ceil(count, 64)];
        for at in (0..count).filter(|&at| padded[at]) {
            words[at / 64] |= 1 << (at % 64);
        }
        let before: Vec<f32> = padded
            .iter()
            .map(|&p| if p { -1.0e6 } else { (next() % 1000) as f32 })
            .collect();
        let slopes: Vec<[f32; 2]> = (0..5).map(|k| [1.0 + k as f32, k as f32]).collect();
        for scales in [Scales::One([2.0, 7.0]), Scales::Each(slopes)] {
            let mut after = before.clone();
            extend(&mut after, &words, dims, &scales);
            let value = |at: usize, stored: f32| {
                let [slope, intercept] = scales.of(at / (37 * 11));
                stored * slope + intercept
            };
            let mut beside = 0;
            for at in 0..count {
                if !padded[at] {
                    assert_eq!(after[at], before[at]);
                    continue;
                }
                let place = [at % 37, at / 37 % 11, at / (37 * 11)];
                let way = |other: usize| {
                    let other = [other % 37, other / 37 % 11, other / (37 * 11)];
                    let ways = [0, 1, 2].map(|a| place[a].abs_diff(other[a]));
                    (ways.iter().all(|&w| w <= 1)).then(|| ways.iter().sum::<usize>())
                };
                let near: Vec<(usize, usize)> = (0..count)
                    .filter(|&n| !padded[n])
                    .filter_map(|n| Some((way(n)?, n)))
                    .collect();
                let Some(least) = near.iter().map(|(way, _)| *way).min() else {
                    assert_eq!(after[at], before[at], "far from any value");
                    continue;
                };
                let of = near.iter().filter(|(way, _)| *way == least);
                let of: Vec<f32> = of.map(|&(_, n)| value(n, before[n])).collect();
                let mean = of.iter().sum::<f32>() / of.len() as f32;
                assert!((value(at, after[at]) - mean).abs() < 0.01, "{place:?}");
                beside += 1;
            }
            assert!(beside > 200);
        }
    }

    /// 20 × 20 × 12 voxels: padding at the left and in the first slices, then 100, and at the right -1000, each slice with its own slope where
    /// they vary.
    fn beside_padding(varied: bool) -> Volume {
        let positions: Vec<[f64; 3]> = (0..12).map(|k| [0.0, 0.0, 2.0 * k as f64]).collect();
        let ways = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let grid = Grid::new([20, 20], &positions, ways, [1.0, 1.0]).unwrap();
        let mut builder = VolumeBuilder::new(grid, 1 << 20);
        for k in 0..12 {
            let slope = if varied {
                1.0 / (1 + k % 3) as f32
            } else {
                1.0
            };
            let slice: Vec<i16> = (0..400)
                .map(|n| match n % 20 {
                    i if i < 4 || k < 3 => -2000,
                    i if i < 14 => (100.0 / slope).round() as i16,
                    _ => (-1000.0 / slope).round() as i16,
                })
                .collect();
            builder
                .put(k, &slice, [slope, 0.0], |v| v == -2000.0)
                .unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn values_beside_padding_are_not_mixed_with_it() {
        let (limits, turned) = (Limits::default(), 0.5_f64.sqrt());
        let oblique = [[turned, turned * 0.6, turned * 0.8], [0.0, 0.8, -0.6]];
        for varied in [false, true] {
            let volume = beside_padding(varied);
            for ways in [[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], oblique] {
                for (how, thickness_mm) in [
                    (Project::Mip, 0.0),
                    (Project::MinIp, 2.5),
                    (Project::Mean, 2.5),
                ] {
                    let place = [8.3, 9.4, 12.1];
                    let plane =
                        Plane::through(&volume.grid, place, ways, ways, 0.37, &limits).unwrap();
                    let slab = Some(Slab { how, thickness_mm });
                    let seen = reformat(&volume, &plane, Sampling::Linear, slab, &limits, &Silent)
                        .unwrap();
                    let mut there = 0;
                    for (n, &value) in seen.values.iter().enumerate() {
                        let (column, row) = (n % plane.columns, n / plane.columns);
                        let x = plane.at(column as f64, row as f64)[0];
                        // Further right begins what is -1000.
                        if value == PADDING || x > 11.0 {
                            continue;
                        }
                        assert!(
                            (value - 100.0).abs() < 0.51,
                            "{how:?} {varied}: {value} at {x}"
                        );
                        there += 1;
                    }
                    assert!(there > 200, "{there} pixels");
                }
            }
        }
    }
}
