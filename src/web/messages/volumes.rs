//! Volumes: what planes and pictures are wanted, and what is there.

use serde::{Deserialize, Serialize};

use super::Failure;

/// A plane of a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PlaneWish {
    /// `axial`, `coronal`, `sagittal`: how large the rectangle is, also when it is turned from there; else as large as the volume is in it.
    pub base: String,
    /// A place in it, LPS, mm.
    pub place_mm: [f64; 3],
    /// Direction of its rows, LPS.
    pub row: [f64; 3],
    /// Direction of its columns, LPS.
    pub column: [f64; 3],
    /// `mip`, `minip`, `mean`; empty: the plane alone.
    pub slab: String,
    /// Thickness of the slab, mm.
    pub thickness_mm: f64,
    /// While moving: a thick slab may be computed with larger pixels.
    pub coarse: bool,
}

/// A picture of a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CastWish {
    /// [`VolumeInfo::presets`].
    pub preset: String,
    /// Degrees around the long axis: 0 from the front, 90 from the patient's left.
    pub azimuth: f64,
    /// Degrees above the horizon.
    pub elevation: f64,
    /// 1 fits from every side.
    pub zoom: f64,
    /// Device pixels.
    pub pan: [f64; 2],
    /// The preset's values are taken to be that much higher, in its own unit.
    pub shift: f32,
    /// Along columns, rows and slices: shares of the whole that are shown.
    pub clip: [[f64; 2]; 3],
    /// The label map over the frame set, in colour.
    pub labels: bool,
    /// While moving: all of it, with fewer rays and longer steps.
    pub coarse: bool,
    /// First row and the one behind the last, device pixels; not used while moving.
    pub rows: [u32; 2],
}

/// A volume that is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VolumeInfo {
    /// [`super::FrameSetInfo::key`].
    pub frame_set: u32,
    /// Columns, rows, slices.
    pub dims: [u32; 3],
    /// Its middle, LPS, mm.
    pub centre_mm: [f64; 3],
    /// Smallest distance of neighbouring voxels, mm.
    pub voxel_mm: f64,
    /// What its voxels take in memory, bytes.
    pub held_bytes: f64,
    /// Values are HU.
    pub hounsfield: bool,
    /// Names of the presets.
    pub presets: Vec<String>,
    /// The one that suits the modality.
    pub suited: String,
    /// What has to be said of it: gaps, a coarser resolution.
    pub remarks: Vec<Failure>,
}

/// Where what is shown lies in the patient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PlaneInfo {
    /// Centre of the first pixel, LPS, mm.
    pub position_mm: [f64; 3],
    /// Direction of a row.
    pub row: [f64; 3],
    /// Direction of a column.
    pub column: [f64; 3],
    /// Between rows, between columns, mm.
    pub spacing_mm: [f64; 2],
    /// To the next image or plane along the normal, mm.
    pub step_mm: Option<f64>,
}

/// Where the images of a stack lie along their common normal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StackLine {
    /// Position of the first image, LPS, mm.
    pub origin_mm: [f64; 3],
    /// Normal of the images.
    pub normal: [f64; 3],
    /// Of each image, mm from the first along the normal.
    pub places_mm: Vec<f64>,
}

/// A region that grows from a voxel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GrowWish {
    /// [`super::FrameSetInfo::key`].
    pub frame_set: u32,
    /// Begins anew there: column, row, and 0-based place in the stack; `None`: goes on.
    pub seed: Option<[u32; 3]>,
    /// How far a value may be from the seed's, in its unit.
    pub tolerance: f32,
    /// Over edges and corners, too.
    pub diagonal: bool,
    /// It is not wanted any more. Answer: [`super::Answer::Done`].
    pub stop: bool,
    /// What has grown is to be a file. Answer: [`super::Answer::Saved`].
    pub save: Option<GrownFile>,
}

/// A region as a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GrownFile {
    /// `seg` or `sr`.
    pub what: String,
    /// Kinds that are saved of it too: a report refers to the segmentation.
    pub beside: Vec<String>,
    /// The same for all files of one region.
    pub stamp: super::SaveStamp,
}

/// How far a region has grown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GrownInfo {
    /// Nothing is left to do.
    pub done: bool,
    /// Of the volume, each of which may stand for several pixels.
    pub voxels: f64,
    /// Their volume.
    pub ml: f64,
    /// First and last place in the stack.
    pub slices: [u32; 2],
    /// Arithmetic mean of their values.
    pub mean: f64,
    /// Standard deviation of the population.
    pub sd: f64,
    /// Smallest and largest value.
    pub ends: [f32; 2],
    /// Of the values; may be empty.
    pub unit: String,
    /// Pixels along a side that one voxel stands for.
    pub reduced: u32,
}
