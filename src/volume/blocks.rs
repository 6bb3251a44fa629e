//! Least and most value of each block of voxels: what a ray may skip.

use std::{cell::RefCell, rc::Rc};

use super::voxels::{Volume, Voxel, each_samples};

/// Voxels along a side of a block.
pub(super) const SIDE: usize = 8;

/// Modality values within blocks of 8 × 8 × 8 cells, each cell reaching to the next voxel.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Blocks along each axis.
    pub(super) dims: [usize; 3],
    /// Least and most of each block, first index fastest.
    pub(super) ranges: Vec<[f32; 2]>,
    /// What [`Blocks::clear`] gave last.
    kept: RefCell<Option<Kept>>,
}

/// What [`Blocks::clear`] gave, and for what.
#[derive(Debug)]
struct Kept {
    name: String,
    labelled: Option<Rc<Vec<bool>>>,
    clear: Rc<Vec<u8>>,
}

impl Blocks {
    pub(super) fn of(volume: &Volume) -> Self {
        let [columns, rows, slices] = volume.grid.dims;
        let dims = [columns, rows, slices].map(|n| (n - 1).div_ceil(SIDE).max(1));
        let mut ranges = vec![[f32::INFINITY, f32::NEG_INFINITY]; dims.iter().product()];
        let plane = columns * rows;
        each_samples!(&volume.samples, data => {
            for (k, slice) in data.chunks_exact(plane).enumerate() {
                let lanes = of_slice(slice, columns, rows);
                let [slope, intercept] = volume.scale(k);
                // A slice at the border of two blocks belongs to both.
                for bk in around(k, dims[2]) {
                    let from = lanes.len() * bk;
                    let places = ranges.get_mut(from..from + lanes.len()).unwrap_or_default();
                    for (range, &[least, most]) in places.iter_mut().zip(&lanes) {
                        let (a, b) = (least * slope + intercept, most * slope + intercept);
                        *range = [range[0].min(a.min(b)), range[1].max(a.max(b))];
                    }
                }
            }
        });
        Self {
            dims,
            ranges,
            kept: RefCell::default(),
        }
    }

    /// What was kept under a name and for the same labelled blocks, else what `make` gives. The blocks are held, so that no others can come
    /// to lie where they were.
    pub(super) fn kept(
        &self,
        name: &str,
        labelled: Option<&Rc<Vec<bool>>>,
        make: impl FnOnce() -> Vec<u8>,
    ) -> Rc<Vec<u8>> {
        let same = |held: &Option<Rc<Vec<bool>>>| match (held, labelled) {
            (Some(held), Some(labelled)) => Rc::ptr_eq(held, labelled),
            (held, labelled) => held.is_none() && labelled.is_none(),
        };
        let kept = self.kept.borrow();
        if let Some(kept) = kept
            .as_ref()
            .filter(|k| k.name == name && same(&k.labelled))
        {
            return kept.clear.clone();
        }
        drop(kept);
        let clear = Rc::new(make());
        self.kept.replace(Some(Kept {
            name: name.to_owned(),
            labelled: labelled.cloned(),
            clear: clear.clone(),
        }));
        clear
    }

    /// For each block how many blocks around it, in every direction, show nothing: 0 where it shows something itself, 1 where a neighbour
    /// does. The chessboard distance, in two passes over the neighbours that were seen before: those in other rows a row at a time.
    pub(super) fn clear(&self, shows: &[bool]) -> Vec<u8> {
        const FAR: u8 = 250;
        let [columns, rows, slices] = self.dims;
        let mut distance: Vec<u8> = shows.iter().map(|&s| if s { 0 } else { FAR }).collect();
        let mut nearest = vec![FAR; columns];
        for back in [false, true] {
            for n in 0..rows * slices {
                let row = if back { rows * slices - 1 - n } else { n };
                let (j, k) = (row % rows, row / rows);
                nearest.fill(FAR);
                for (dj, dk) in [(-1, -1), (0, -1), (1, -1), (-1, 0)] {
                    let (dj, dk) = if back { (-dj, -dk) } else { (dj, dk) };
                    let (Some(j), Some(k)) = (j.checked_add_signed(dj), k.checked_add_signed(dk))
                    else {
                        continue;
                    };
                    if j >= rows || k >= slices {
                        continue;
                    }
                    let from = columns * (j + rows * k);
                    let other = distance.get(from..from + columns).unwrap_or_default();
                    for (least, &other) in nearest.iter_mut().zip(other) {
                        *least = other.min(*least);
                    }
                }
                let from = columns * row;
                let Some(own) = distance.get_mut(from..from + columns) else {
                    continue;
                };
                // Each of these rows reaches a column to both sides.
                let beside = |i: usize| nearest.get(i).copied().unwrap_or(FAR);
                for (i, own) in own.iter_mut().enumerate() {
                    let around = beside(i).min(beside(i + 1)).min(beside(i.wrapping_sub(1)));
                    *own = (*own).min(around + 1);
                }
                let mut before = FAR;
                let along = |own: &mut u8| {
                    *own = (*own).min(before + 1);
                    before = *own;
                };
                if back {
                    own.iter_mut().rev().for_each(along);
                } else {
                    own.iter_mut().for_each(along);
                }
            }
        }
        distance
    }
}

/// Least and most stored value of each block of one slice, first index fastest: down the columns first, many of them at once.
fn of_slice<T: Voxel>(slice: &[T], columns: usize, rows: usize) -> Vec<[f32; 2]> {
    let blocks = |n: usize| (n - 1).div_ceil(SIDE).max(1);
    let mut lanes = Vec::with_capacity(blocks(columns) * blocks(rows));
    let (mut least, mut most) = (Vec::new(), Vec::new());
    for block in 0..blocks(rows) {
        let end = ((block + 1) * SIDE + 1).min(rows);
        let lines = slice.get(block * SIDE * columns..end * columns);
        let mut lines = lines.unwrap_or_default().chunks_exact(columns);
        let first = lines.next().unwrap_or_default();
        least.clear();
        most.clear();
        least.extend_from_slice(first);
        most.extend_from_slice(first);
        for line in lines {
            for ((least, most), &value) in least.iter_mut().zip(&mut most).zip(line) {
                *least = if value < *least { value } else { *least };
                *most = if value > *most { value } else { *most };
            }
        }
        for block in 0..blocks(columns) {
            let range = block * SIDE..((block + 1) * SIDE + 1).min(columns);
            let fold = |values: &[T], takes: fn(&T, &T) -> bool| {
                let values = values.get(range.clone()).unwrap_or_default();
                let found = values.iter().copied();
                found.reduce(|a, b| if takes(&b, &a) { b } else { a })
            };
            let least = fold(&least, T::lt).map_or(f32::INFINITY, Voxel::number);
            let most = fold(&most, T::gt).map_or(f32::NEG_INFINITY, Voxel::number);
            lanes.push([least, most]);
        }
    }
    lanes
}

/// The blocks to whose cells a voxel belongs.
pub(super) fn around(voxel: usize, blocks: usize) -> std::ops::RangeInclusive<usize> {
    let own = voxel / SIDE;
    let first = if voxel.is_multiple_of(SIDE) {
        own.saturating_sub(1)
    } else {
        own
    };
    first..=own.min(blocks - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Grid, VolumeBuilder};

    /// Numbers from 0 up to `below`, always the same ones.
    fn numbers(below: u32) -> impl FnMut() -> u32 {
        let mut state = 7_u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        }
    }

    /// Noise of that many voxels, each slice with a slope of its own where they vary.
    fn noise(dims: [usize; 3], varied: bool) -> Volume {
        let positions: Vec<[f64; 3]> = (0..dims[2]).map(|k| [0.0, 0.0, k as f64]).collect();
        let row = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let grid = Grid::new([dims[0], dims[1]], &positions, row, [1.0, 1.0]).unwrap();
        let mut builder = VolumeBuilder::new(grid, 1 << 20);
        let mut next = numbers(4000);
        for k in 0..dims[2] {
            let slice: Vec<i16> = (0..dims[0] * dims[1])
                .map(|_| next() as i16 - 1500)
                .collect();
            let slope = if varied { -0.5 - k as f32 } else { 1.0 };
            builder.put(k, &slice, [slope, 3.0], |_| false).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn a_block_knows_the_least_and_most_of_its_cells() {
        for (dims, varied) in [
            ([21, 18, 19], false),
            ([8, 9, 17], true),
            ([2, 2, 3], false),
        ] {
            let volume = noise(dims, varied);
            let blocks = Blocks::of(&volume);
            for (at, &range) in blocks.ranges.iter().enumerate() {
                let [across, down, _] = blocks.dims;
                let block = [at % across, at / across % down, at / (across * down)];
                let side = |axis: usize| {
                    let from = block[axis] * SIDE;
                    from..=(from + SIDE).min(dims[axis] - 1)
                };
                let mut wanted = [f32::INFINITY, f32::NEG_INFINITY];
                for k in side(2) {
                    for j in side(1) {
                        for i in side(0) {
                            let value = volume.value([i, j, k]).unwrap();
                            wanted = [wanted[0].min(value), wanted[1].max(value)];
                        }
                    }
                }
                assert_eq!(range, wanted, "{dims:?}, block {block:?}");
            }
        }
    }

    #[test]
    fn clear_is_the_distance_to_the_next_block_that_shows() {
        let mut next = numbers(1000);
        for few in [1, 5, 80, 600] {
            let volume = noise([60, 41, 70], false);
            let blocks = Blocks::of(&volume);
            let shows: Vec<bool> = blocks.ranges.iter().map(|_| next() < few).collect();
            let [across, down, _] = blocks.dims;
            let place = |at: usize| [at % across, at / across % down, at / (across * down)];
            let there: Vec<[usize; 3]> =
                (0..shows.len()).filter(|&n| shows[n]).map(place).collect();
            for (at, &clear) in blocks.clear(&shows).iter().enumerate() {
                let own = place(at);
                let far = |other: &[usize; 3]| (0..3).map(|a| own[a].abs_diff(other[a])).max();
                let nearest = there.iter().filter_map(far).min().unwrap_or(250);
                assert_eq!(usize::from(clear), nearest, "{few}: block {own:?}");
            }
        }
    }

    #[test]
    fn what_other_labels_leave_clear_is_not_kept() {
        let blocks = Blocks::of(&noise([9, 9, 9], false));
        let labelled = |shows: bool| Rc::new(vec![shows]);
        let of = |labelled: Option<&Rc<Vec<bool>>>, clear: u8| {
            *blocks
                .kept("ct-bone", labelled, || vec![clear])
                .first()
                .unwrap()
        };
        assert_eq!(of(None, 1), 1);
        assert_eq!(of(None, 2), 1, "kept");
        // Of labels that are gone the next ones may take the place in memory.
        for clear in 3..20 {
            let labels = labelled(true);
            assert_eq!(
                (of(Some(&labels), clear), of(Some(&labels), 0)),
                (clear, clear)
            );
        }
        assert_eq!(of(None, 30), 30);
        assert_eq!(*blocks.kept("mr", None, || vec![31]).first().unwrap(), 31);
    }
}
