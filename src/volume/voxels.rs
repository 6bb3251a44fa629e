//! The voxels of a volume in the type in which they are stored, and how they are put together slice by slice.

use std::{cell::OnceCell, rc::Rc};

use super::{
    blocks::Blocks,
    codes,
    grid::Grid,
    padding::{self, fill, mask_of},
};
use crate::{
    base::{Error, Repair, Result},
    tone::PADDING,
};

/// Stored values, first index fastest.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the types")]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    F32(Vec<f32>),
}

/// Does the same with whatever vector a [`Samples`] holds.
macro_rules! each_samples {
    ($samples:expr, $values:ident => $body:expr) => {
        match $samples {
            $crate::volume::Samples::U8($values) => $body,
            $crate::volume::Samples::U16($values) => $body,
            $crate::volume::Samples::I16($values) => $body,
            $crate::volume::Samples::F32($values) => $body,
        }
    };
}
pub(super) use each_samples;

/// A type of stored values.
pub trait Voxel: Copy + Default + PartialOrd + 'static {
    /// As a number.
    fn number(self) -> f32;
    /// From a number within the type's range, rounded.
    fn rounded(number: f32) -> Self;
    /// The vector of a volume of this type, where it is of this type.
    fn of(samples: &mut Samples) -> Option<&mut Vec<Self>>;
    /// A volume of this type.
    fn samples(values: Vec<Self>) -> Samples;
    /// Two that lie side by side, in a form that vectors take apart at once.
    type Pair: Copy + Default;
    /// As a pair.
    fn pair(first: Self, second: Self) -> Self::Pair;
    /// A pair as numbers.
    fn both(pair: Self::Pair) -> (f32, f32);
}

macro_rules! voxel {
    ($($type:ty, $kind:ident, $round:expr, $pair:ty, $join:expr, $part:expr;)*) => {$(
        impl Voxel for $type {
            type Pair = $pair;
            #[inline(always)]
            fn pair(first: Self, second: Self) -> $pair {
                ($join)(first, second)
            }
            #[inline(always)]
            fn both(pair: $pair) -> (f32, f32) {
                ($part)(pair)
            }
            #[inline(always)]
            fn number(self) -> f32 {
                f32::from(self)
            }
            fn rounded(number: f32) -> Self {
                ($round)(number)
            }
            fn of(samples: &mut Samples) -> Option<&mut Vec<Self>> {
                match samples {
                    Samples::$kind(values) => Some(values),
                    _ => None,
                }
            }
            fn samples(values: Vec<Self>) -> Samples {
                Samples::$kind(values)
            }
        }
    )*};
}
voxel! {
    u8, U8, |x: f32| x.round() as u8,
        u16, |a: u8, b: u8| u16::from_le_bytes([a, b]),
        |p: u16| (f32::from(p & 255), f32::from(p >> 8));
    u16, U16, |x: f32| x.round() as u16,
        u32, |a: u16, b: u16| u32::from(a) | u32::from(b) << 16,
        |p: u32| ((p & 0xffff) as i32 as f32, (p >> 16) as i32 as f32);
    i16, I16, |x: f32| x.round() as i16,
        u32, |a: i16, b: i16| u32::from(a as u16) | u32::from(b as u16) << 16,
        |p: u32| (((p << 16) as i32 >> 16) as f32, (p as i32 >> 16) as f32);
    f32, F32, |x: f32| x,
        [f32; 2], |a: f32, b: f32| [a, b],
        |[a, b]: [f32; 2]| (a, b);
}

/// How stored values become modality values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scales {
    /// One slope and intercept for all.
    One([f32; 2]),
    /// Those of each slice: PET.
    Each(Vec<[f32; 2]>),
}

impl Scales {
    /// Slope and intercept of a slice.
    pub(super) fn of(&self, slice: usize) -> [f32; 2] {
        match self {
            Self::One(scale) => *scale,
            Self::Each(all) => all.get(slice).copied().unwrap_or([1.0, 0.0]),
        }
    }
}

/// A volume: values on a grid. Padding (and what is no number) is marked; it takes part in no picture.
#[derive(Debug)]
pub struct Volume {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Their stored values; under padding what `padding` puts there.
    pub samples: Samples,
    pub(super) scales: Scales,
    /// A bit for each voxel that is padding, row after row.
    pub(super) mask: Option<Vec<u64>>,
    /// Pixels of a frame, along a side, that one voxel stands for.
    pub reduced: usize,
    /// Slices of which parts were lost.
    pub(super) lost: usize,
    blocks: OnceCell<Rc<Blocks>>,
    ends: OnceCell<[f32; 2]>,
}

impl Volume {
    /// Slope and intercept of a slice.
    pub fn scale(&self, slice: usize) -> [f32; 2] {
        self.scales.of(slice)
    }

    /// True for a voxel that is padding.
    #[inline]
    pub fn is_padding(&self, at: usize) -> bool {
        let Some(mask) = &self.mask else { return false };
        mask.get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// The modality value of a voxel; `None` beyond the grid and for padding.
    pub fn value(&self, [i, j, k]: [usize; 3]) -> Option<f32> {
        let [columns, rows, slices] = self.grid.dims;
        if i >= columns || j >= rows || k >= slices {
            return None;
        }
        let at = i + columns * (j + rows * k);
        let [slope, intercept] = self.scale(k);
        let stored = each_samples!(&self.samples, v => v.get(at).map(|s| s.number()))?;
        (!self.is_padding(at)).then_some(stored * slope + intercept)
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        each_samples!(&self.samples, v => size_of_val(v.as_slice()))
            + self.mask.as_ref().map_or(0, |m| size_of_val(m.as_slice()))
    }

    /// Modality values below which and above which 1 % and 0.1 % of the voxels lie, of every 61st voxel; for values without a unit.
    pub fn percentiles(&self) -> [f32; 2] {
        *self.ends.get_or_init(|| self.find_percentiles())
    }

    /// Ranges of blocks of voxels, found once.
    pub(super) fn blocks(&self) -> Rc<Blocks> {
        self.blocks
            .get_or_init(|| Rc::new(Blocks::of(self)))
            .clone()
    }

    fn find_percentiles(&self) -> [f32; 2] {
        let plane = self.grid.dims[0] * self.grid.dims[1];
        let mut seen: Vec<f32> = each_samples!(&self.samples, v => (v.iter().enumerate().step_by(61))
            .filter(|&(at, _)| !self.is_padding(at))
            .map(|(at, s)| {
                let [slope, intercept] = self.scale(at / plane);
                s.number() * slope + intercept
            })
            .collect());
        let mut at = |part: f64| {
            let place = (seen.len().max(1) - 1) as f64 * part;
            let place = (!seen.is_empty()).then_some(place as usize)?;
            Some(*seen.select_nth_unstable_by(place, f32::total_cmp).1)
        };
        match (at(0.01), at(0.999)) {
            (Some(low), Some(high)) if high > low => [low, high],
            (Some(low), _) => [low, low + 1.0],
            _ => [0.0, 1.0],
        }
    }

    /// What has to be said of it.
    pub fn remarks(&self) -> Vec<Repair> {
        let mut said = Vec::new();
        let grid = &self.grid;
        if self.reduced > 1 {
            let [columns, rows, slices] = grid.dims;
            let detail = format!(
                "{columns} × {rows} × {slices}, {0} × {0} pixels each",
                self.reduced
            );
            said.push(Repair::new(&codes::REDUCED, detail));
        }
        if self.lost > 0 {
            let of = grid.dims[2];
            said.push(Repair::new(
                &codes::LOST,
                format!("{} of {of} images", self.lost),
            ));
        }
        for &k in &grid.heights.gaps {
            if let (Some(a), Some(b)) = (grid.heights.mm.get(k), grid.heights.mm.get(k + 1)) {
                said.push(Repair::new(
                    &codes::GAP,
                    format!("{:.1} mm after image {}", b - a, k + 1),
                ));
            }
        }
        if !grid.heights.even && grid.heights.gaps.is_empty() {
            said.push(Repair::new(&codes::UNEVEN, ""));
        }
        if grid.is_tilted() {
            said.push(Repair::new(&codes::TILTED, ""));
        }
        said
    }
}

/// A volume that is being put together: slices in any order, each once.
#[derive(Debug)]
pub struct VolumeBuilder {
    /// Of the frames as they are.
    full: Grid,
    budget: usize,
    volume: Option<Volume>,
    scales: Vec<Option<[f32; 2]>>,
    missing: usize,
}

impl VolumeBuilder {
    /// Begins; `budget`: most bytes of voxels.
    pub fn new(grid: Grid, budget: usize) -> Self {
        Self {
            budget,
            scales: vec![None; grid.dims[2]],
            missing: grid.dims[2],
            full: grid,
            volume: None,
        }
    }

    /// Slices that are not there yet.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// True when that slice is there.
    pub fn has(&self, slice: usize) -> bool {
        self.scales.get(slice).is_none_or(Option::is_some)
    }

    /// Puts a slice of stored values in its place; `scale`: slope and intercept; `padding`: which stored values are none.
    ///
    /// # Errors
    /// `PIX-451` when the slice has another size, `PIX-452` when no resolution fits into the budget.
    pub fn put<T: Voxel>(
        &mut self,
        slice: usize,
        values: &[T],
        scale: [f32; 2],
        padding: impl Fn(f32) -> bool,
    ) -> Result<()> {
        let [columns, rows, slices] = self.full.dims;
        if values.len() != columns * rows || slice >= slices {
            return Err(Error::new(&codes::NO_VOLUME)
                .expected(format!("{columns} × {rows} pixels, {slices} images"))
                .found(format!("{} pixels in image {}", values.len(), slice + 1)));
        }
        if self.has(slice) {
            return Ok(());
        }
        if self.volume.is_none() {
            self.volume = Some(self.begin::<T>()?);
        }
        let Some(volume) = &mut self.volume else {
            return Ok(());
        };
        let dims = volume.grid.dims;
        let plane = dims[0] * dims[1];
        if T::of(&mut volume.samples).is_none() {
            // Frames of several types: modality values hold them all. The budget was for the first type.
            widen(volume, &mut self.scales, self.budget)?;
        }
        let by = volume.reduced;
        let range = slice * plane..(slice + 1) * plane;
        let reduced: Vec<T>;
        let (values, padded) = if by == 1 {
            (values, mask_of(values, &padding))
        } else {
            let (means, padded) = coarser(values, columns, dims, by, &padding);
            reduced = means;
            (reduced.as_slice(), padded)
        };
        if let Some(place) = T::of(&mut volume.samples).and_then(|v| v.get_mut(range.clone())) {
            place.copy_from_slice(values);
            if let Some(padded) = &padded {
                fill(place, padded);
            }
            self.set(slice, scale);
        } else {
            // Widened before: by its own scale.
            let [slope, intercept] = scale;
            if let Some(place) = f32::of(&mut volume.samples).and_then(|v| v.get_mut(range)) {
                for (to, from) in place.iter_mut().zip(values) {
                    *to = from.number() * slope + intercept;
                }
                if let Some(padded) = &padded {
                    fill(place, padded);
                }
            }
            self.set(slice, [1.0, 0.0]);
        }
        if let (Some(padded), Some(volume)) = (padded, &mut self.volume) {
            let words = volume.grid.voxels().div_ceil(64);
            let mask = volume.mask.get_or_insert_with(|| vec![0; words]);
            for (at, _) in padded.iter().enumerate().filter(|(_, p)| **p) {
                let bit = slice * plane + at;
                if let Some(word) = mask.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
        }
        Ok(())
    }

    /// The same with modality values, [`PADDING`] where there are none.
    ///
    /// # Errors
    /// As [`VolumeBuilder::put`].
    pub fn put_modality(&mut self, slice: usize, values: &[f32]) -> Result<()> {
        if let Some(volume) = &mut self.volume
            && f32::of(&mut volume.samples).is_none()
        {
            widen(volume, &mut self.scales, self.budget)?;
        }
        self.put(slice, values, [1.0, 0.0], |v| {
            v == PADDING || !v.is_finite()
        })
    }

    fn set(&mut self, slice: usize, scale: [f32; 2]) {
        if let Some(place) = self.scales.get_mut(slice) {
            *place = Some(scale);
            self.missing -= 1;
        }
    }

    fn begin<T: Voxel>(&self) -> Result<Volume> {
        let (grid, by) = within(&self.full, size_of::<T>(), self.budget)?;
        let values = vec![T::default(); grid.voxels()];
        Ok(Volume {
            samples: T::samples(values),
            grid,
            scales: Scales::One([1.0, 0.0]),
            mask: None,
            reduced: by,
            lost: 0,
            blocks: OnceCell::new(),
            ends: OnceCell::new(),
        })
    }

    /// The volume, when no slice is missing.
    ///
    /// # Errors
    /// `PIX-456` when slices are missing.
    pub fn finish(mut self) -> Result<Volume> {
        let missing = self.missing;
        let not_ready =
            || Error::new(&codes::NOT_READY).found(format!("{missing} images are missing"));
        if missing > 0 {
            return Err(not_ready());
        }
        let scales: Vec<[f32; 2]> = self.scales.iter().copied().flatten().collect();
        let mut volume = self.volume.take().ok_or_else(not_ready)?;
        let first = scales.first().copied().unwrap_or([1.0, 0.0]);
        volume.scales = if scales.iter().all(|s| *s == first) {
            Scales::One(first)
        } else {
            Scales::Each(scales)
        };
        if let Some(mask) = &volume.mask {
            let (dims, scales) = (volume.grid.dims, &volume.scales);
            each_samples!(&mut volume.samples, data => padding::extend(data, mask, dims, scales));
        }
        Ok(volume)
    }
}

/// Most voxels of a volume: their places are counted in 32 bits, as vectors do.
const MOST: usize = i32::MAX as usize;

/// The finest grid whose voxels of `bytes` each fit, and how many pixels of a side each of them stands for.
fn within(full: &Grid, bytes: usize, budget: usize) -> Result<(Grid, usize)> {
    let mut by = 1;
    loop {
        let grid = full.coarser(by)?;
        let voxels = grid.voxels();
        if voxels <= MOST && voxels.saturating_mul(bytes) <= budget {
            return Ok((grid, by));
        }
        by += 1;
    }
}

/// Means of `by` × `by` pixels, without those that are padding.
fn coarser<T: Voxel>(
    values: &[T],
    columns: usize,
    dims: [usize; 3],
    by: usize,
    padding: &impl Fn(f32) -> bool,
) -> (Vec<T>, Option<Vec<bool>>) {
    let (mut means, mut padded) = (Vec::new(), Vec::new());
    for row in 0..dims[1] {
        for column in 0..dims[0] {
            let (mut sum, mut count) = (0.0_f64, 0_u32);
            for line in row * by..(row + 1) * by {
                let from = line * columns + column * by;
                for value in values.get(from..from + by).unwrap_or_default() {
                    let value = value.number();
                    if !padding(value) {
                        sum += f64::from(value);
                        count += 1;
                    }
                }
            }
            padded.push(count == 0);
            means.push(T::rounded((sum / f64::from(count.max(1))) as f32));
        }
    }
    let any = padded.contains(&true);
    (means, any.then_some(padded))
}

/// Turns a volume into one of modality values.
fn widen(volume: &mut Volume, scales: &mut [Option<[f32; 2]>], budget: usize) -> Result<()> {
    if matches!(volume.samples, Samples::F32(_)) {
        return Ok(());
    }
    if volume.grid.voxels().saturating_mul(4) > budget.saturating_mul(2) {
        return Err(Error::new(&codes::TOO_LARGE).expected(format!("at most {budget} bytes")));
    }
    let plane = volume.grid.dims[0] * volume.grid.dims[1];
    let mut wide: Vec<f32> =
        each_samples!(&volume.samples, v => v.iter().map(|s| s.number()).collect());
    for (slice, scale) in wide.chunks_exact_mut(plane.max(1)).zip(scales) {
        if let Some([slope, intercept]) = scale {
            for value in slice {
                *value = *value * *slope + *intercept;
            }
            *scale = Some([1.0, 0.0]);
        }
    }
    volume.samples = Samples::F32(wide);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_all_voxels_can_be_counted() {
        let grid = |side: usize, slices: usize| {
            let positions: Vec<[f64; 3]> = (0..slices).map(|k| [0.0, 0.0, k as f64]).collect();
            let ways = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
            Grid::new([side, side], &positions, ways, [1.0, 1.0]).unwrap()
        };
        let by = |side, slices, budget| within(&grid(side, slices), 1, budget).map(|(_, by)| by);
        assert_eq!(by(1024, 1000, usize::MAX).unwrap(), 1);
        // 4 Gi and 9 Gi voxels, though there were memory for them.
        assert_eq!(by(1024, 4096, usize::MAX).unwrap(), 2);
        assert_eq!(by(1_000_000, 3, usize::MAX).unwrap(), 38);
        assert_eq!(by(1024, 1000, 1 << 28).unwrap(), 2);
        // More than a 32-bit machine can count are not few.
        assert_eq!(grid(usize::MAX / 2, 3).voxels(), usize::MAX);
        assert_eq!(by(2, 200, 100).unwrap_err().code().id, "PIX-452");
    }
}
