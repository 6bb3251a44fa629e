//! Comparing frames and registering stacks: page → register worker and back.

use serde::{Deserialize, Serialize};

use super::Failure;

/// Values on a grid with its place; they travel beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GridInfo {
    /// Columns, rows, slices; of a frame 1 slice.
    pub dims: [u32; 3],
    /// Centre of voxel (0,0,0), LPS, mm; zero for a frame.
    pub origin_mm: [f64; 3],
    /// Step of one voxel along columns, rows, slices, LPS, mm; zero for a frame.
    pub steps_mm: [[f64; 3]; 3],
    /// Of a frame, between rows and between columns, mm; a ratio where the file says none.
    pub spacing_mm: [f64; 2],
    /// The spacing is in mm, not a ratio.
    pub spacing_known: bool,
}

/// Page → register worker. The values of both grids (f32, little-endian) travel beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RegisterRequest {
    /// Two frames by their key points. Answer: [`RegisterAnswer::Matched`].
    Match {
        /// The first frame.
        a: GridInfo,
        /// The frame that the first one is laid on.
        b: GridInfo,
        /// `translation`, `rigid`, `similarity`, `affine`, `homography`.
        model: String,
        /// `sift` or `binary`.
        descriptor: String,
        /// Of all that is drawn at random.
        seed: u32,
    },
    /// Two volumes by mutual information. Answer: [`RegisterAnswer::Registered`].
    Volumes {
        /// The fixed volume.
        a: GridInfo,
        /// The moving volume.
        b: GridInfo,
        /// Normalised mutual information instead of mutual information.
        normalised: bool,
        /// The moving volume on the fixed one's grid is wanted beside the answer.
        resample: bool,
        /// Of all that is drawn at random.
        seed: u32,
        /// As in [`super::Request::Open`].
        #[serde(default)]
        limits: String,
    },
}

/// Register worker → page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RegisterAnswer {
    /// Two frames that lie on each other.
    Matched(Box<MatchInfo>),
    /// Two volumes that lie on each other. Where it was asked for, the resampled values (f32, little-endian; NaN where there is nothing)
    /// travel beside it.
    Registered(Box<RegistrationInfo>),
    /// There is no transform, and why.
    Failed(Failure),
}

/// The transform between two frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MatchInfo {
    /// Key points of both.
    pub key_points: [u32; 2],
    /// Pairs that look alike.
    pub matches: u32,
    /// Columns and rows of the first → those of the second, homogeneous.
    pub a_to_b_px: [[f64; 3]; 3],
    /// Root mean square and maximum of the distances of what agrees, pixels of the second.
    pub residual_px: [f64; 2],
    /// The same in mm of the second; `None` where its spacing is not known.
    pub residual_mm: Option<[f64; 2]>,
    /// In mm where both spacings are known, else in pixels.
    pub scale: f64,
    /// Clockwise on the screen.
    pub rotation_degrees: f64,
    /// Decimal logarithm of the number of transforms that would be agreed on as much by chance.
    pub chance_log10: f64,
    /// What agrees: column and row in the first, column and row in the second.
    pub pairs: Vec<[f32; 4]>,
}

/// The rigid motion between two volumes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RegistrationInfo {
    /// Places of the second volume → places of the first, LPS, mm, homogeneous.
    pub b_to_a: [[f64; 4]; 4],
    /// The same, by the turns about x, then y, then z through the centre.
    pub angles_degrees: [f64; 3],
    /// And the move of the centre after them.
    pub translation_mm: [f64; 3],
    /// The centre of the turns, LPS.
    pub centre_mm: [f64; 3],
    /// Mutual information with the places as the files say, and now, nats.
    pub information: [f64; 2],
    /// Share of the first volume that lies within the second.
    pub overlap: f64,
    /// Share of the starts that end at the result.
    pub agreement: f64,
    /// Largest difference among repetitions: degrees.
    pub repeats_degrees: f64,
    /// Largest difference among repetitions: mm.
    pub repeats_mm: f64,
}
