//! One ray through a volume, and what it gathers: eight places at a time, so that the arithmetic runs on vectors.

use super::{
    blocks::SIDE,
    raycast::{Cast, Setup},
    taps::{self, Pairs, Taps, mix},
    transfer::Gather,
    voxels::{Scales, Volume, Voxel},
};
use crate::study::geometry::Vec3;

/// What is behind this share of a pixel is not seen.
const OPAQUE: f32 = 0.985;
/// What adds less than half a level to a pixel needs no light of its own.
const UNLIT: f32 = 0.002;
/// Places that are worked on at once.
const LANES: usize = 8;

type Lanes = [f32; LANES];

pub(super) struct Ray<'a, T> {
    volume: &'a Volume,
    cast: &'a Cast,
    setup: &'a Setup,
    data: &'a [T],
    /// Steps for one unit of each axis; infinite along those that a ray does not move on.
    pace: [f32; 3],
    forward: [f32; 3],
}

/// The cell of a place: its lowest voxel and the way from it.
#[derive(Clone, Copy)]
struct Cell {
    low: [usize; 3],
    part: [f32; 3],
}

/// Places one behind the other along a ray.
struct Batch {
    /// How many.
    lanes: usize,
    at: [Lanes; 3],
    taps: [Taps<LANES>; 3],
    /// Modality values; `NaN` in gaps and where padding is.
    values: Lanes,
}

/// What a ray has gathered.
struct Gathered {
    seen: [f32; 3],
    alpha: f32,
}

impl<'a, T: Voxel> Ray<'a, T> {
    pub(super) fn new(volume: &'a Volume, cast: &'a Cast, setup: &'a Setup, data: &'a [T]) -> Self {
        let forward = setup.forward.map(|x| x as f32);
        let pace = |x: f32| {
            if x.abs() < 1e-9 {
                f32::INFINITY
            } else {
                1.0 / x
            }
        };
        Self {
            volume,
            cast,
            setup,
            data,
            pace: forward.map(pace),
            forward,
        }
    }

    /// The pixel at a column and a row.
    pub(super) fn cast(&self, column: usize, row: usize) -> [u8; 4] {
        let s = self.setup;
        let start: Vec3 = std::array::from_fn(|a| {
            s.start[a] + column as f64 * s.across[a] + row as f64 * s.down[a]
        });
        let Some((first, last)) = s.span(start) else {
            return [0, 0, 0, 255];
        };
        // From where the ray enters, so that f32 holds its places.
        let start: [f32; 3] =
            std::array::from_fn(|a| (start[a] + first as f64 * s.forward[a]) as f32);
        let last = last - first;
        let seen = match s.gather {
            Gather::Compose => self.compose(start, last),
            Gather::Maximum => self.maximum(start, last),
        };
        let [r, g, b] = seen.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
        [r, g, b, 255]
    }

    fn place(&self, start: [f32; 3], n: usize) -> [f32; 3] {
        std::array::from_fn(|a| start[a] + n as f32 * self.forward[a])
    }

    /// Colours from front to back.
    fn compose(&self, start: [f32; 3], last: usize) -> [f32; 3] {
        let mut gathered = Gathered {
            seen: [0.0; 3],
            alpha: 0.0,
        };
        let mut n = 0;
        while n <= last && gathered.alpha <= OPAQUE {
            let at = self.place(start, n);
            let Some(cell) = self.cell(at) else {
                n += 1;
                continue;
            };
            let (block, place) = self.block(cell);
            let clear = self.setup.clear.get(block).copied().unwrap_or(0);
            if clear > 0 {
                n += self.skip(at, place, usize::from(clear));
                continue;
            }
            let batch = self.batch(start, n, last);
            n += batch.lanes;
            self.add(&batch, &mut gathered);
        }
        gathered.seen
    }

    /// The brightest value.
    fn maximum(&self, start: [f32; 3], last: usize) -> [f32; 3] {
        let s = self.setup;
        let bright = |block: usize| s.blocks.ranges.get(block).map_or(f32::INFINITY, |r| r[1]);
        // The block that holds the brightest voxel is looked at first: most others need not be after that.
        let (mut best, mut from) = (f32::NEG_INFINITY, 0);
        let mut n = 0;
        while n <= last {
            let at = self.place(start, n);
            let Some(cell) = self.cell(at) else {
                n += 1;
                continue;
            };
            let (block, place) = self.block(cell);
            if bright(block) > best {
                (best, from) = (bright(block), n);
            }
            n += self.skip(at, place, 1);
        }
        let mut most = f32::NEG_INFINITY;
        for (begin, whole) in [(from, false), (0, true)] {
            let mut n = begin;
            while n <= last && (whole || n <= begin + 2 * SIDE) {
                let at = self.place(start, n);
                let Some(cell) = self.cell(at) else {
                    n += 1;
                    continue;
                };
                let (block, place) = self.block(cell);
                // Nothing in it is brighter than what was seen already.
                if bright(block) <= most {
                    n += self.skip(at, place, 1);
                    continue;
                }
                let batch = self.batch(start, n, last);
                n += batch.lanes;
                for &value in batch.values.iter().take(batch.lanes) {
                    most = if value > most { value } else { most };
                }
            }
        }
        if most == f32::NEG_INFINITY {
            return [0.0; 3];
        }
        let [r, g, b, _] = self.entry(most);
        [r, g, b]
    }

    #[inline(always)]
    fn entry(&self, value: f32) -> [f32; 4] {
        let table = &self.setup.table;
        let entry = table.entries.get(table.index(value));
        entry.copied().unwrap_or_default()
    }

    /// The next places from step `n` on, and their values.
    #[inline(always)]
    fn batch(&self, start: [f32; 3], n: usize, last: usize) -> Batch {
        let [columns, rows, slices] = self.volume.grid.dims;
        let lanes = (last + 1 - n).min(LANES);
        let mut at = [[0.0; LANES]; 3];
        for (axis, at) in at.iter_mut().enumerate() {
            for l in 0..LANES {
                at[l] = start[axis] + (n as f32 + l as f32) * self.forward[axis];
            }
        }
        let heights = &self.volume.grid.heights;
        let mut z = Taps::of(at[2], slices);
        if !heights.even {
            for l in 0..LANES {
                let (low, part) = heights.find(f64::from(at[2][l]) * heights.step);
                (z.low[l], z.part[l]) = (low as i32, part);
            }
        }
        let taps = [Taps::of(at[0], columns), Taps::of(at[1], rows), z];
        let [x, y, z] = &taps;
        let [near, far] = taps::slices(self.data, [columns, columns * rows], [x, y, z], lanes);
        let mut values = match &self.volume.scales {
            Scales::One([slope, intercept]) => {
                mix(&near, &far, &z.part).map(|value| value * slope + intercept)
            }
            Scales::Each(_) => {
                let scaled = |values: Lanes, next: usize| -> Lanes {
                    std::array::from_fn(|l| {
                        let [slope, intercept] = self.volume.scale(z.low[l] as usize + next);
                        values[l] * slope + intercept
                    })
                };
                mix(&scaled(near, 0), &scaled(far, 1), &z.part)
            }
        };
        if self.volume.mask.is_some() {
            for l in 0..lanes {
                let [i, j, k] =
                    [x, y, z].map(|taps| taps.low[l] as usize + usize::from(taps.part[l] >= 0.5));
                if self.volume.is_padding(i + columns * (j + rows * k)) {
                    values[l] = f32::NAN;
                }
            }
        }
        Batch {
            lanes,
            at,
            taps,
            values,
        }
    }

    /// Puts places behind what was gathered before.
    fn add(&self, batch: &Batch, gathered: &mut Gathered) {
        let s = self.setup;
        let mut colours = [[0.0_f32; 3]; LANES];
        let mut shares = [0.0_f32; LANES];
        let (mut any, mut lit) = (false, false);
        for l in 0..batch.lanes {
            let value = batch.values[l];
            if value.is_nan() {
                continue;
            }
            let [r, g, b, mut a] = self.entry(value);
            colours[l] = [r, g, b];
            if self.cast.labels.is_some() {
                let at = [batch.at[0][l], batch.at[1][l], batch.at[2][l]];
                if let Some((over, opacity)) = self.label(at) {
                    (colours[l], a) = (over, a.max(opacity));
                }
            }
            let share = (1.0 - gathered.alpha) * a;
            if share > 0.0 {
                shares[l] = share;
                any = true;
                lit |= share > UNLIT;
                gathered.alpha += share;
                if gathered.alpha > OPAQUE {
                    break;
                }
            }
        }
        if !any {
            return;
        }
        let [mut light, mut shine] = [[if s.lit { 0.85 } else { 1.0 }; LANES], [0.0; LANES]];
        if s.lit && lit {
            let [full, gloss] = self.lights(batch, &shares);
            for l in 0..LANES {
                if shares[l] > UNLIT {
                    (light[l], shine[l]) = (full[l], gloss[l]);
                }
            }
        }
        for l in 0..LANES {
            for (sum, c) in gathered.seen.iter_mut().zip(colours[l]) {
                *sum += shares[l] * (c * light[l] + shine[l]).min(1.0);
            }
        }
    }

    /// `None` in a gap.
    #[inline(always)]
    fn cell(&self, [x, y, z]: [f32; 3]) -> Option<Cell> {
        let [columns, rows, slices] = self.volume.grid.dims;
        let tap = |x: f32, n: usize| {
            let x = x.max(0.0).min(n as f32 - 1.0);
            let low = (x as i32).min(n as i32 - 2);
            (low as usize, x - low as f32)
        };
        let ((i, fx), (j, fy)) = (tap(x, columns), tap(y, rows));
        let heights = &self.volume.grid.heights;
        let (k, fz) = if heights.even {
            tap(z, slices)
        } else {
            heights.find(f64::from(z) * heights.step)
        };
        (!fz.is_nan()).then_some(Cell {
            low: [i, j, k],
            part: [fx, fy, fz],
        })
    }

    /// The block of a cell, and its number along each axis.
    #[inline(always)]
    fn block(&self, cell: Cell) -> (usize, [usize; 3]) {
        let dims = self.setup.blocks.dims;
        let [i, j, k] = cell.low.map(|n| n / SIDE);
        (i + dims[0] * (j + dims[1] * k), [i, j, k])
    }

    /// Steps until a place is out of a clear cube of blocks around its own: `clear` 1 is its own block alone.
    fn skip(&self, at: [f32; 3], place: [usize; 3], clear: usize) -> usize {
        let s = self.setup;
        let heights = &self.volume.grid.heights;
        let mut steps = f32::INFINITY;
        for axis in 0..3 {
            let pace = self.pace[axis];
            if !pace.is_finite() {
                continue;
            }
            let border = if pace > 0.0 {
                let far = place[axis] + clear;
                // The outermost blocks reach to the ends of the volume and beyond.
                if far >= s.blocks.dims[axis] {
                    continue;
                }
                far * SIDE
            } else {
                match (place[axis] + 1).checked_sub(clear) {
                    None | Some(0) => continue,
                    Some(near) => near * SIDE,
                }
            };
            let border = match heights.mm.get(border) {
                Some(&height) if axis == 2 && !heights.even => (height / heights.step) as f32,
                _ => border as f32,
            };
            steps = steps.min((border - at[axis]) * pace);
        }
        if steps.is_finite() {
            (steps.max(0.0) as usize).saturating_add(1)
        } else {
            s.most
        }
    }

    /// Trilinear.
    #[inline(always)]
    fn between(
        &self,
        Cell {
            low: [x, y, z],
            part: [fx, fy, fz],
        }: Cell,
    ) -> Option<f32> {
        let [columns, rows, _] = self.volume.grid.dims;
        let start = x + columns * (y + rows * z);
        let plane = |start: usize| {
            let window = self.data.get(start..start + columns + 2)?;
            let (&[a, b, ..], &[.., c, d]) = (window, window) else {
                return None;
            };
            let [a, b, c, d] = [a, b, c, d].map(Voxel::number);
            let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
            Some(upper + (lower - upper) * fy)
        };
        let (near, far) = (plane(start)?, plane(start + columns * rows)?);
        Some(match &self.volume.scales {
            Scales::One([slope, intercept]) => (near + (far - near) * fz) * slope + intercept,
            Scales::Each(_) => {
                let ([s0, i0], [s1, i1]) = (self.volume.scale(z), self.volume.scale(z + 1));
                let (near, far) = (near * s0 + i0, far * s1 + i1);
                near + (far - near) * fz
            }
        })
    }

    /// The colour of the label at a place, and what one step of it hides.
    fn label(&self, at: [f32; 3]) -> Option<([f32; 3], f32)> {
        let labels = self.cast.labels.as_ref()?;
        let by = self.volume.reduced as f32;
        let near = |x: f32, n: usize| {
            ((x * by + (by - 1.0) / 2.0 + 0.5).max(0.0) as usize).min(n.max(1) - 1)
        };
        let cell = self.cell(at)?;
        let frame = labels
            .frames
            .get(cell.low[2] + usize::from(cell.part[2] >= 0.5))?;
        let pixel = near(at[0], labels.columns) + labels.columns * near(at[1], labels.rows);
        let label = *frame.get(pixel).filter(|label| **label != 0)?;
        let colour = labels
            .colours
            .get(usize::from(label))
            .copied()
            .unwrap_or([255; 3]);
        let opacity = 1.0 - (1.0 - labels.opacity.clamp(0.0, 1.0)).powf(self.setup.label_step);
        Some((colour.map(|c| f32::from(c) / 255.0), opacity))
    }

    /// How much light comes from those places that need any (ambient and diffuse), and what shines there.
    fn lights(&self, batch: &Batch, shares: &Lanes) -> [Lanes; 2] {
        let s = self.setup;
        let mut gradient = self.gradients(batch, shares);
        // At the rims, and where slices are uneven, the neighbours are not those of the cell.
        for l in (0..LANES).filter(|&l| shares[l] > UNLIT && !self.is_inner(batch, l)) {
            let own = self.gradient([batch.at[0][l], batch.at[1][l], batch.at[2][l]]);
            for (axis, own) in own.into_iter().enumerate() {
                gradient[axis][l] = own;
            }
        }
        let [mut light, mut shine] = [[0.0; LANES]; 2];
        for l in 0..LANES {
            let [x, y, z] = s.to_patient.map(|row| {
                row[0] * gradient[0][l] + row[1] * gradient[1][l] + row[2] * gradient[2][l]
            });
            let length = (x * x + y * y + z * z).sqrt();
            let along = |to: &[f32; 3]| (x * to[0] + y * to[1] + z * to[2]).abs() / length;
            let (diffuse, half) = (along(&s.light), along(&s.half));
            // To the 24th power.
            let four = (half * half) * (half * half);
            let eight = four * four;
            let flat = length < 1e-6;
            light[l] = if flat { 0.75 } else { 0.32 + 0.72 * diffuse };
            shine[l] = if flat {
                0.0
            } else {
                0.16 * (eight * eight * eight)
            };
        }
        [light, shine]
    }

    /// True where a place and its neighbours a voxel away along each axis lie between voxels at the same parts.
    #[inline(always)]
    fn is_inner(&self, batch: &Batch, l: usize) -> bool {
        let dims = self.volume.grid.dims;
        let inner = (batch.taps.iter().zip(dims))
            .all(|(taps, n)| taps.low[l] >= 1 && taps.low[l] + 3 < n as i32 && taps.part[l] < 1.0);
        inner && self.volume.grid.heights.even && matches!(self.volume.scales, Scales::One(_))
    }

    /// Central differences over two voxels of those places that need light: the 32 voxels around a place give all six neighbours.
    fn gradients(&self, batch: &Batch, shares: &Lanes) -> [Lanes; 3] {
        let [columns, rows, _] = self.volume.grid.dims;
        let plane = columns * rows;
        let [x, y, z] = &batch.taps;
        let mut inner = [Pairs::<T, LANES>::new(); 8];
        let mut outer = [Pairs::<T, LANES>::new(); 8];
        for l in 0..batch.lanes {
            if shares[l] <= UNLIT || !self.is_inner(batch, l) {
                continue;
            }
            let at = x.low[l] as usize + columns * y.low[l] as usize + plane * z.low[l] as usize;
            for (n, line) in [0, columns, plane, plane + columns].into_iter().enumerate() {
                inner[2 * n].take(l, self.data, at + line - 1);
                inner[2 * n + 1].take(l, self.data, at + line + 1);
            }
            outer[0].take(l, self.data, at - columns);
            outer[1].take(l, self.data, at + 2 * columns);
            outer[2].take(l, self.data, at + plane - columns);
            outer[3].take(l, self.data, at + plane + 2 * columns);
            outer[4].take(l, self.data, at - plane);
            outer[5].take(l, self.data, at + 2 * plane);
            outer[6].take(l, self.data, at + columns - plane);
            outer[7].take(l, self.data, at + columns + 2 * plane);
        }
        let less = |a: &Lanes, b: &Lanes| -> Lanes {
            let mut less = [0.0; LANES];
            for l in 0..LANES {
                less[l] = a[l] - b[l];
            }
            less
        };
        let (mut across, mut here) = ([[0.0; LANES]; 4], [[0.0; LANES]; 4]);
        for n in 0..4 {
            let [before, a] = inner[2 * n].numbers();
            let [b, after] = inner[2 * n + 1].numbers();
            across[n] = mix(&less(&b, &before), &less(&after, &a), &x.part);
            here[n] = mix(&a, &b, &x.part);
        }
        let outer = outer.map(|pairs| pairs.mixed(&x.part));
        let [h00, h10, h01, h11] = &here;
        let both = |a: Lanes, b: Lanes, part: &Lanes| mix(&a, &b, part);
        let gx = both(
            mix(&across[0], &across[1], &y.part),
            mix(&across[2], &across[3], &y.part),
            &z.part,
        );
        let gy = both(
            mix(&less(h10, &outer[0]), &less(&outer[1], h00), &y.part),
            mix(&less(h11, &outer[2]), &less(&outer[3], h01), &y.part),
            &z.part,
        );
        let gz = both(
            mix(&less(h01, &outer[4]), &less(&outer[5], h00), &z.part),
            mix(&less(h11, &outer[6]), &less(&outer[7], h10), &z.part),
            &y.part,
        );
        let [slope, _] = self.volume.scale(0);
        [gx, gy, gz].map(|gradient| gradient.map(|g| g * slope))
    }

    /// The same for one place anywhere.
    fn gradient(&self, at: [f32; 3]) -> [f32; 3] {
        let here = |axis: usize, by: f32| {
            let mut place = at;
            place[axis] += by;
            self.cell(place).and_then(|cell| self.between(cell))
        };
        std::array::from_fn(|axis| match (here(axis, -1.0), here(axis, 1.0)) {
            (Some(before), Some(after)) => after - before,
            _ => 0.0,
        })
    }
}
