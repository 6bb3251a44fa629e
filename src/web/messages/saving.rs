//! What is to be a file: pictures, findings, and the moment that makes their UIDs; and what was measured of a display.

use serde::{Deserialize, Serialize};

use super::Look;
use crate::{measure::OnPlane, model::finding::Finding};

/// A picture file of what a viewport shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[expect(clippy::struct_excessive_bools, reason = "each is a tick of a dialog")]
pub struct PictureWish {
    /// Which viewport.
    pub viewport: u32,
    /// `png`, `jpg`, `webp`; `stored` or `modality`: a PNG of 16 bits of the frame's values; `none`: only how large it would be, and where its
    /// pixels would lie.
    pub format: String,
    /// 1 to 100; for `webp`, `None` is lossless.
    pub quality: Option<u8>,
    /// The whole image, a pixel for each of its own; else what the viewport shows.
    pub whole: bool,
    /// Of the size.
    pub scale: f64,
    /// What a model found is painted over it, where it is shown.
    pub overlay: bool,
    /// The file's own overlay planes and shutter.
    pub graphics: bool,
    /// What was drawn for it lies over it: RGBA of its size, in the bytes beside the request.
    pub drawn: bool,
}

/// A small picture of an image or of a plane of a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SmallWish {
    /// [`super::FrameSetInfo::key`].
    pub frame_set: u32,
    /// 0-based place in the stack.
    pub index: u32,
    /// A plane of the volume that is there, instead of the image.
    pub plane: Option<OnPlane>,
    /// As it is shown; zoom, place and overlay are left out.
    pub look: Look,
    /// Both sides, pixels.
    pub size: u32,
}

/// A picture of a file that moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MovingWish {
    /// Which viewport.
    pub viewport: u32,
    /// `gif`, else an animated PNG.
    pub form: String,
    /// How many there will be.
    pub pictures: u32,
    /// From 0, one after the other; one beyond the last gives the file up. Answer: [`super::Answer::Done`].
    pub place: u32,
    /// Pictures a second.
    pub per_second: f64,
    /// None of them has a colour.
    pub grey: bool,
}

/// A finding that is to be a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Save {
    /// Name of the kind, as of `analyze --save`.
    pub what: String,
    /// [`super::FrameSetInfo::key`].
    pub frame_set: u32,
    /// 0-based place of the frame that was analysed; `None`: the whole stack.
    pub index: Option<u32>,
    /// The finding.
    pub finding: Finding,
    /// Kinds that are saved of it too: a report refers to them.
    pub beside: Vec<String>,
    /// The same for all files of one analysis.
    pub stamp: SaveStamp,
}

/// When an analysis was made, and what makes its UIDs its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SaveStamp {
    /// Seconds since 1970, UTC.
    pub unix_seconds: f64,
    /// Local time minus UTC.
    pub offset_minutes: i32,
    /// Random numbers.
    pub seed: [u32; 4],
}

/// A display against the Grayscale Standard Display Function, with the room's light in all luminances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Luminance {
    /// Brightest over darkest.
    pub ratio: f64,
    /// JND indices from the darkest to the brightest.
    pub jnds: f64,
    /// Largest deviation of a step's contrast, without its sign: 0.1 is 10 %.
    pub worst: f64,
    /// As a display for diagnosis (AAPM TG18: 10 %, 250).
    pub primary: bool,
    /// As a display for other purposes (20 %, 100).
    pub secondary: bool,
    /// What the function asks of each level, cd/m², without the room's light.
    pub wanted: Vec<f64>,
    /// Of the contrast from each level to the next: (measured − expected) / expected.
    pub deviations: Vec<f64>,
}
