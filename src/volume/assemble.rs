//! From the frames of a frame set to a volume.

use super::{
    codes,
    grid::Grid,
    voxels::{Volume, VolumeBuilder},
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    codec::{Decoded, Stored},
    study::{Catalogue, FrameSet, geometry::SpacingFrom, pixels},
    tone::{Frame, PADDING, grading::Grading, modality::Modality},
};

/// The grid of a frame set.
///
/// # Errors
/// `PIX-451` with the reason where its frames make no volume.
pub fn grid_of(set: &FrameSet) -> Result<Grid> {
    let none = |why: &str| Err(Error::new(&codes::NO_VOLUME).found(why));
    if set.frames.len() < 3 {
        let n = set.frames.len();
        return none(&format!("{n} image{}", if n == 1 { "" } else { "s" }));
    }
    let Some(planes) = set.planes.iter().copied().collect::<Option<Vec<_>>>() else {
        return none("images without a position in the patient");
    };
    let Some(first) = planes.first() else {
        return none("no images");
    };
    if set.spacing.from != SpacingFrom::PixelSpacing {
        return none("no Pixel Spacing (0028,0030) within the patient");
    }
    if set.mixed {
        return none("several images at one position that nothing tells apart");
    }
    if set.skewed {
        return none("directions that are no unit vectors at right angles");
    }
    let positions: Vec<_> = planes.iter().map(|plane| plane.position).collect();
    let size = [set.columns as usize, set.rows as usize];
    Grid::new(size, &positions, [first.row, first.column], set.spacing.mm)
}

/// A frame set on its way to a volume.
#[derive(Debug)]
pub struct Assembly {
    builder: VolumeBuilder,
    slices: usize,
    /// Slices of which parts are lost.
    lost: usize,
}

impl Assembly {
    /// Begins.
    ///
    /// # Errors
    /// As [`grid_of`].
    pub fn of(set: &FrameSet, limits: &Limits) -> Result<Self> {
        let grid = grid_of(set)?;
        let budget = usize::try_from(limits.volume_bytes).unwrap_or(usize::MAX);
        Ok(Self {
            slices: grid.dims[2],
            lost: 0,
            builder: VolumeBuilder::new(grid, budget),
        })
    }

    /// Slices that are there, and all.
    pub fn progress(&self) -> (usize, usize) {
        (self.slices - self.builder.missing(), self.slices)
    }

    /// True when that slice is there.
    pub fn has(&self, slice: usize) -> bool {
        self.builder.has(slice)
    }

    /// Takes a decoded frame.
    ///
    /// # Errors
    /// `PIX-451` for a frame of another size or of colours, `PIX-452` when no resolution fits.
    pub fn take(&mut self, slice: usize, decoded: &Decoded, grading: &Grading) -> Result<()> {
        if !decoded.photometric.is_grey() {
            return Err(Error::new(&codes::NO_VOLUME).found(decoded.photometric.term()));
        }
        self.lost += usize::from(decoded.lost().is_some());
        let builder = &mut self.builder;
        if let (&Modality::Rescale { slope, intercept }, false) =
            (&grading.modality, grading.has_colours())
        {
            let scale = [slope as f32, intercept as f32];
            let (low, high) = grading
                .padding
                .unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
            let (low, high) = (low as f32, high as f32);
            let padding = |v: f32| (low..=high).contains(&v);
            match &decoded.values {
                Stored::U8(values) => return builder.put(slice, values, scale, padding),
                Stored::U16(values) => return builder.put(slice, values, scale, padding),
                Stored::I16(values) => return builder.put(slice, values, scale, padding),
                Stored::I8(values) => {
                    let values: Vec<i16> = values.iter().map(|&v| v.into()).collect();
                    return builder.put(slice, &values, scale, padding);
                }
                _ => {}
            }
        }
        match grading.apply(decoded)? {
            Frame::Grey(grey) => builder.put_modality(slice, &grey.values),
            Frame::Colour(_) => Err(Error::new(&codes::NO_VOLUME).found("colours")),
        }
    }

    /// The volume.
    ///
    /// # Errors
    /// `PIX-456` while slices are missing.
    pub fn finish(self) -> Result<Volume> {
        let mut volume = self.builder.finish()?;
        volume.lost = self.lost;
        Ok(volume)
    }
}

/// A whole frame set, decoded here.
///
/// # Errors
/// As [`Assembly`], `PIX-454` when cancelled, and what decoding gives.
pub fn whole(
    catalogue: &Catalogue,
    set: &FrameSet,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<Volume> {
    let mut assembly = Assembly::of(set, limits)?;
    for (slice, at) in set.frames.iter().enumerate() {
        if monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        let instance =
            (catalogue.instances.get(at.instance)).ok_or_else(|| Error::new(&codes::NOT_READY))?;
        let decoded = pixels::decode(instance, at.frame, limits)?;
        let (grading, repairs) = Grading::of(instance, at.frame);
        limits.tolerate(&repairs)?;
        assembly.take(slice, &decoded, &grading)?;
        monitor.progress(Stage::Decode, slice as u64 + 1, set.frames.len() as u64);
    }
    assembly.finish()
}

/// The reformatted values without padding, for a file of numbers: what no voxel says is `NaN`.
pub fn numbers(values: &[f32]) -> Vec<f32> {
    let one = |&v: &f32| if v == PADDING { f32::NAN } else { v };
    values.iter().map(one).collect()
}
