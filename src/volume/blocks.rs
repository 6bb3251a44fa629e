//! Least and most value of each block of voxels: what a ray may skip.

use std::{cell::RefCell, rc::Rc};

use super::voxels::{Volume, Voxel as _, each_samples};

/// Voxels along a side of a block.
pub(super) const SIDE: usize = 8;

/// Modality values within blocks of 8 × 8 × 8 cells, each cell reaching to the next voxel.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Blocks along each axis.
    pub(super) dims: [usize; 3],
    /// Least and most of each block, first index fastest.
    pub(super) ranges: Vec<[f32; 2]>,
    /// What [`Blocks::clear`] gave last, and for what.
    kept: RefCell<Option<(String, Rc<Vec<u8>>)>>,
}

impl Blocks {
    pub(super) fn of(volume: &Volume) -> Self {
        let [columns, rows, slices] = volume.grid.dims;
        let dims = [columns, rows, slices].map(|n| (n - 1).div_ceil(SIDE).max(1));
        let mut ranges = vec![[f32::INFINITY, f32::NEG_INFINITY]; dims.iter().product()];
        let mut lanes = vec![[0.0_f32; 2]; dims[0]];
        for k in 0..slices {
            let [slope, intercept] = volume.scale(k);
            for j in 0..rows {
                let start = columns * (j + rows * k);
                each_samples!(&volume.samples, data => {
                    let row = data.get(start..start + columns).unwrap_or_default();
                    for (block, lane) in lanes.iter_mut().enumerate() {
                        let end = ((block + 1) * SIDE + 1).min(columns);
                        let part = row.get(block * SIDE..end).unwrap_or_default();
                        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
                        for stored in part {
                            let value = stored.number();
                            least = if value < least { value } else { least };
                            most = if value > most { value } else { most };
                        }
                        let (a, b) = (least * slope + intercept, most * slope + intercept);
                        *lane = [a.min(b), a.max(b)];
                    }
                });
                // A row at the border of two blocks belongs to both.
                for bk in around(k, dims[2]) {
                    for bj in around(j, dims[1]) {
                        let at = dims[0] * (bj + dims[1] * bk);
                        let places = ranges.get_mut(at..at + dims[0]).unwrap_or_default();
                        for (range, lane) in places.iter_mut().zip(&lanes) {
                            *range = [range[0].min(lane[0]), range[1].max(lane[1])];
                        }
                    }
                }
            }
        }
        Self {
            dims,
            ranges,
            kept: RefCell::default(),
        }
    }

    /// What was kept under a name, else what `make` gives.
    pub(super) fn kept(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> Rc<Vec<u8>> {
        if let Some((_, found)) = self.kept.borrow().as_ref().filter(|(kept, _)| kept == name) {
            return found.clone();
        }
        let made = Rc::new(make());
        self.kept.replace(Some((name.to_owned(), made.clone())));
        made
    }

    /// For each block how many blocks around it, in every direction, show nothing: 0 where it shows something itself, 1 where a neighbour
    /// does. The chessboard distance, in two passes over the neighbours that were seen before.
    pub(super) fn clear(&self, shows: &[bool]) -> Vec<u8> {
        const FAR: u8 = 250;
        let [columns, rows, slices] = self.dims;
        let mut distance: Vec<u8> = shows.iter().map(|&s| if s { 0 } else { FAR }).collect();
        for back in [false, true] {
            let count = distance.len();
            for n in 0..count {
                let at = if back { count - 1 - n } else { n };
                let own = distance.get(at).copied().unwrap_or(0);
                if own == 0 {
                    continue;
                }
                let (i, j, k) = (at % columns, at / columns % rows, at / (columns * rows));
                let mut least = own;
                for dk in -1_isize..=1 {
                    for dj in -1_isize..=1 {
                        for di in -1_isize..=1 {
                            let ahead = (dk, dj, di) >= (0, 0, 0);
                            let (Some(x), Some(y), Some(z)) = (
                                i.checked_add_signed(di),
                                j.checked_add_signed(dj),
                                k.checked_add_signed(dk),
                            ) else {
                                continue;
                            };
                            if ahead != back || x >= columns || y >= rows || z >= slices {
                                continue;
                            }
                            let other = distance
                                .get(x + columns * (y + rows * z))
                                .copied()
                                .unwrap_or(FAR);
                            least = least.min(other.saturating_add(1));
                        }
                    }
                }
                if let Some(place) = distance.get_mut(at) {
                    *place = least;
                }
            }
        }
        distance
    }
}

/// The blocks to whose cells a voxel belongs.
pub(super) fn around(voxel: usize, blocks: usize) -> std::ops::RangeInclusive<usize> {
    let own = (voxel / SIDE).min(blocks - 1);
    let first = if voxel.is_multiple_of(SIDE) {
        own.saturating_sub(1)
    } else {
        own
    };
    first..=own
}
