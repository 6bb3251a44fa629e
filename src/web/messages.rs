//! What the page and the study worker say to each other. `www/shared/generated/messages.ts` is made from this file by
//! a test below; there is no hand-kept twin.
//!
//! Every request has an id and ends in exactly one of done, cancelled, failed. Numbers are in the units that their names say.

use serde::{Deserialize, Serialize};

use crate::{
    base::Error,
    measure::{Computed, Mark, Measurement},
    model::{
        facts::InputFacts,
        finding::{Finding, HeatmapInfo, LabelMap},
        inspect::{GapInfo, Inspection},
    },
    vision::{found::FoundRegions, search::Asked},
};

/// Page → study worker. Files and canvases travel beside it, in the envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Request {
    /// Read the heads of the files in the envelope and arrange them. Answer: [`Answer::Catalogue`].
    Open {
        /// A JSON object of limits and their numbers (`base::Limits`); empty: the defaults.
        #[serde(default)]
        limits: String,
        /// No defect is tolerated: what would be repaired is refused.
        #[serde(default)]
        strict: bool,
    },
    /// Paint into the canvas in the envelope from now on.
    Attach {
        /// Which viewport, from 0.
        viewport: u32,
    },
    /// The canvas has a new size, in device pixels.
    Resize {
        /// Which viewport.
        viewport: u32,
        /// Width, device pixels.
        width: u32,
        /// Height, device pixels.
        height: u32,
    },
    /// Show a frame of a frame set. Answer: [`Answer::Shown`].
    Show {
        /// Which viewport.
        viewport: u32,
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// 0-based place in the stack.
        index: u32,
        /// How it is shown.
        look: Look,
    },
    /// Put the volume of a frame set together, in the background. Answer: [`Answer::Volume`] when it is complete; a cancel gives it up.
    Assemble {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
    },
    /// Show a plane or slab of a volume that is there. Answer: [`Answer::Shown`].
    ShowPlane {
        /// Which viewport.
        viewport: u32,
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// Which plane.
        plane: Box<PlaneWish>,
        /// How it is shown.
        look: Look,
    },
    /// Show some rows of a picture of a volume that is there. Answer: [`Answer::Shown`].
    ShowCast {
        /// Which viewport.
        viewport: u32,
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// From where and how.
        cast: Box<CastWish>,
    },
    /// A small square picture of a volume by a preset. Answer: [`Answer::Picture`].
    CastPicture {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// [`VolumeInfo::presets`].
        preset: String,
        /// Of its sides, pixels.
        size: u32,
    },
    /// The value under a point of the canvas. Answer: [`Answer::Probe`].
    Probe {
        /// Which viewport.
        viewport: u32,
        /// Device pixels from the left.
        x: f64,
        /// Device pixels from the top.
        y: f64,
    },
    /// A small picture of a frame set. Answer: [`Answer::Picture`].
    Thumbnail {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// Longest side, pixels.
        size: u32,
    },
    /// Every element of a shown frame's data set. Answer: [`Answer::Tags`].
    Tags {
        /// Which viewport.
        viewport: u32,
    },
    /// The viewport as PNG at its size. Answer: [`Answer::Picture`].
    Snapshot {
        /// Which viewport.
        viewport: u32,
    },
    /// The values that a model takes. Answer: [`Answer::ModelInput`]; the values (f32, little-endian) travel beside it.
    ModelInput {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// 0-based place in the stack; a volume takes the whole stack.
        index: u32,
        /// The whole stack as a volume of modality values, or one frame of display values 0..1.
        volume: bool,
        /// Of one frame: modality values instead.
        modality: bool,
    },
    /// A frame as key points take it, or a whole stack as registration takes it. Answer: [`Answer::Grid`]; the values (f32, little-endian)
    /// travel beside it.
    Grid {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// 0-based place in the stack of the one frame; `None`: the whole stack as a volume of modality values.
        index: Option<u32>,
    },
    /// Lay a result over a frame set, or take it away. Bytes travel beside it: labels (one byte a voxel, first index along a row), or the
    /// heatmap's cells (f32, little-endian).
    Overlay {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// `None` takes it away.
        overlay: Option<Overlay>,
    },
    /// What a model found, as a file. Labels or cells travel beside it as for an overlay. Answer: [`Answer::Saved`].
    Save(Box<Save>),
    /// A test pattern for the display as a file. Answer: [`Answer::Saved`].
    Pattern {
        /// `tg18-qc`, `smpte` or `tg18-ln`.
        name: String,
        /// Rows and columns: 512, 1024 or 2048.
        side: u32,
        /// One for all that are to be one study.
        stamp: SaveStamp,
    },
    /// Luminances against the Grayscale Standard Display Function (PS3.14). Answer: [`Answer::Luminance`].
    Luminance {
        /// cd/m² at evenly spaced P-values, from the darkest.
        measured: Vec<f64>,
        /// The room's light on the dark screen, cd/m².
        ambient: f64,
    },
    /// The regions of the frame that a viewport shows. Answer: [`Answer::Contours`].
    Contours {
        /// Which viewport.
        viewport: u32,
        /// Filters before, what makes a mask, and how many are wanted.
        asked: Asked,
    },
    /// Every filter with its parameters. Answer: [`Answer::Filters`].
    Filters,
    /// What marks on a frame are worth. Answer: [`Answer::Measured`].
    Measure {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// 0-based place in the stack.
        index: u32,
        /// The marks.
        marks: Vec<Mark>,
        /// mm between columns, as the user has calibrated the frame; used where it has no spacing of its own, or in its place.
        user_mm: Option<f64>,
    },
    /// Where frames are. Answer: [`Answer::Located`].
    Locate {
        /// Their names.
        names: Vec<FrameName>,
    },
    /// The measurements that reports and presentation states of ours hold. Answer: [`Answer::SavedMarks`].
    SavedMarks,
    /// Measurements as a file. Answer: [`Answer::Saved`].
    SaveMarks(Box<SaveMarks>),
    /// The viewport's image as a picture file. Answer: [`Answer::Encoded`].
    Picture(PictureWish),
    /// A contact sheet of changed copies of the shown frame, itself first, as PNG. Answer: [`Answer::Encoded`].
    Augment {
        /// Which viewport.
        viewport: u32,
        /// As of `negatoscope augment`.
        steps: String,
        /// Of all that is drawn.
        seed: u32,
        /// Copies, at most 63.
        count: u32,
    },
    /// Frames as a Key Object Selection Document. Answer: [`Answer::Saved`].
    KeyObject {
        /// [`FrameSetInfo::key`] and 0-based place, of one study.
        frames: Vec<(u32, u32)>,
        /// What a person says of them.
        words: String,
        /// When.
        stamp: SaveStamp,
    },
    /// The frames that documents among the opened files select. Answer: [`Answer::Keys`].
    Keys,
    /// Begin copies without identity of all that is open. Answer: [`Answer::Copying`].
    Deidentify {
        /// Options of PS3.15 annex E by name.
        options: Vec<String>,
        /// Random numbers: the secret of these copies.
        seed: [u32; 8],
        /// One ZIP archive; else file by file.
        zip: bool,
        /// Leave pictures out that show, or may show, text about the patient.
        leave_out: bool,
    },
    /// The next piece of the copies. Answer: [`Answer::Copying`].
    DeidentifyNext,
    /// No more of them is wanted.
    DeidentifyStop,
    /// Forget everything that was opened.
    Close,
}

/// A filter that can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilterInfo {
    /// Name in `name:key=value`.
    pub name: String,
    /// In order.
    pub parameters: Vec<FilterParameter>,
}

/// A parameter of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilterParameter {
    /// Name of the key.
    pub name: String,
    /// Of a choice the place of one of them.
    pub default: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Only whole numbers.
    pub whole: bool,
    /// Where it is a choice: the names.
    pub choices: Vec<String>,
}

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
    /// [`FrameSetInfo::key`].
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

/// A picture file of what a viewport shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PictureWish {
    /// Which viewport.
    pub viewport: u32,
    /// `png`, `jpg`, `webp`; `stored` or `modality`: a PNG of 16 bits of the frame's values.
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
}

/// A finding that is to be a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Save {
    /// Name of the kind, as of `analyze --save`.
    pub what: String,
    /// [`FrameSetInfo::key`].
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

/// The name of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FrameName {
    /// SOP Instance UID (0008,0018).
    pub sop_uid: String,
    /// From 1.
    pub frame: u32,
}

/// Where a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FramePlace {
    /// [`FrameSetInfo::key`].
    pub frame_set: u32,
    /// 0-based place in the stack.
    pub index: u32,
}

/// A measurement that a file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SavedMark {
    /// The frame.
    pub place: FramePlace,
    /// Mark and values.
    pub measurement: Measurement,
    /// This program has written it.
    pub own: bool,
}

/// Measurements that are to be a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SaveMarks {
    /// `sr`, `sr3d`, `gsps`, `csv`, `json`.
    pub what: String,
    /// Which of the files, from 0, where it takes several.
    pub part: u32,
    /// In the order of the list.
    pub measurements: Vec<Measurement>,
    /// The same for all parts.
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

/// What is laid over a frame set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Overlay {
    /// A label map on the frame set's own grid, frames in the stack's order; or of one frame.
    Labels {
        /// 0-based place in the stack of the one frame that has labels; `None`: all have.
        index: Option<u32>,
        /// Names and colours by label.
        map: LabelMap,
    },
    /// A heatmap over one frame.
    Heatmap {
        /// 0-based place in the stack.
        index: u32,
        /// Cells, extent, range.
        map: HeatmapInfo,
    },
}

/// How an overlay is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OverlayLook {
    /// Shown at all.
    pub visible: bool,
    /// 0..1.
    pub opacity: f32,
    /// Labels: only the border of each region.
    pub outline: bool,
    /// Heatmap: values below are not painted, in the map's own unit.
    pub threshold: f32,
    /// Heatmap: name of a colour map.
    pub colour_map: String,
    /// Heatmap: bilinear between cells; false shows the cells as they are.
    pub smooth: bool,
}

/// What a model needs to know about its input; the values travel beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ModelInput {
    /// Facts that a manifest may name.
    pub facts: InputFacts,
    /// Columns, rows, frames.
    pub dims: [u32; 3],
    /// Centre of voxel (0,0,0), LPS, mm; zero for a frame.
    pub origin_mm: [f64; 3],
    /// Step of one voxel along columns, rows, frames, LPS, mm; zero for a frame.
    pub steps_mm: [[f64; 3]; 3],
    /// The stored values are unsigned bytes.
    pub unsigned_bytes: bool,
}

/// Page → model worker. The input's values travel beside `analyze`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelRequest {
    /// Answer: [`ModelAnswer::Found`].
    Analyze {
        /// Folder in `models/`.
        model: String,
        /// What was analysed, for the finding.
        input: String,
        /// The input.
        about: Box<ModelInput>,
        /// The float network instead of the quantized one.
        float: bool,
        /// The explanation by name; `None`: the manifest's first one.
        #[serde(default)]
        explain: Option<String>,
        /// Changed copies of the frame, for the spread of the scores.
        #[serde(default)]
        augment: u32,
        /// Memory that the runtime may use, bytes.
        budget_bytes: f64,
        /// As in [`Request::Open`].
        #[serde(default)]
        limits: String,
        /// The manifest of a network that somebody brought, which travels beside; `None`: that of the folder.
        #[serde(default)]
        manifest: Option<String>,
    },
    /// What a network is that travels beside. Answer: [`ModelAnswer::Inspected`].
    Inspect {
        /// Name of its file.
        name: String,
        /// As in [`Request::Open`].
        limits: String,
        /// Descriptions that came with it.
        beside: Beside,
    },
    /// What a manifest that somebody is writing still has to say. Answer: [`ModelAnswer::Gaps`].
    Gaps {
        /// Its text.
        manifest: String,
    },
}

/// Descriptions that came with a network, as text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Beside {
    /// manifest.json: it is taken as it is.
    pub manifest: Option<String>,
    /// metadata.json of a MONAI bundle.
    pub metadata: Option<String>,
    /// inference.json of a MONAI bundle.
    pub inference: Option<String>,
}

/// Model worker → page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelAnswer {
    /// The finding; its label map or heatmap cells travel beside it, in the form that [`Request::Overlay`] takes.
    Found {
        /// The finding.
        finding: Box<Finding>,
    },
    /// What a network is.
    Inspected {
        /// All about it, with a manifest as far as it can be written.
        inspection: Box<Inspection>,
    },
    /// What a manifest still has to say; nothing: it can be run.
    Gaps {
        /// In the manifest's order.
        gaps: Vec<GapInfo>,
    },
    /// It failed, or the manifest refuses the input.
    Failed(Failure),
}

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
        /// As in [`Request::Open`].
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

/// How a frame is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the page"
)]
pub struct Look {
    /// Zoom as a factor of the fitting zoom: 1 fits.
    pub zoom: f64,
    /// Offset of the frame's centre, device pixels.
    pub pan: [f64; 2],
    /// Clockwise quarter turns.
    pub quarter_turns: u8,
    /// Mirrored left-right.
    pub flip: bool,
    /// The user's inversion, on top of what the file says.
    pub invert: bool,
    /// `None`: what the file says for this frame.
    pub window: Option<Window>,
    /// Index into [`Shown::choices`]; used when `window` is `None`.
    pub choice: u32,
    /// A window from the frame's own values, instead of `choice`; used when `window` is `None`.
    pub auto: bool,
    /// Name of a colour map; `grey` is none.
    pub colour_map: String,
    /// Bilinear between pixels.
    pub smooth: bool,
    /// The file's own overlay planes and shutter, and the drawings of a presentation state.
    pub graphics: bool,
    /// The mask subtraction of an X-ray run; `None`: as the file recommends.
    pub subtract: Option<bool>,
    /// [`PresentationInfo::uid`] of the state to show it by, where that is about the frame; `None`: by what the image says itself.
    pub presentation: Option<String>,
    /// Filters in order, `name:key=value`.
    pub filters: Vec<String>,
    /// The frame set's overlay, where there is one.
    pub overlay: OverlayLook,
}

/// Window Center and Width, in modality values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct Window {
    pub center: f32,
    pub width: f32,
}

/// Study worker → page: how a request ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing more to say.
    Done,
    /// The tree.
    Catalogue(Catalogue),
    /// The frame is on the canvas.
    Shown(Box<Shown>),
    /// A volume is there.
    Volume(Box<VolumeInfo>),
    /// What lies under the point; `None` outside of the frame.
    Probe {
        /// The value.
        value: Option<Probe>,
    },
    /// PNG bytes travel beside it, in the envelope.
    Picture {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
    },
    /// Every element.
    Tags {
        /// In the data set's order.
        lines: Vec<TagLine>,
    },
    /// What a model needs; values beside it.
    ModelInput(Box<ModelInput>),
    /// Regions with their measures.
    Contours(Box<FoundRegions>),
    /// Filters, in the order of the list.
    Filters {
        /// Each of them.
        kinds: Vec<FilterInfo>,
    },
    /// Where the values beside it lie.
    Grid(GridInfo),
    /// The file's bytes travel beside it.
    Saved {
        /// How its name should end.
        end: String,
        /// How many files the same request makes.
        parts: u32,
    },
    /// What marks are worth, in their order.
    Measured {
        /// SOP Instance UID (0008,0018) of the frame.
        sop_uid: String,
        /// Frame of it, from 1.
        frame: u32,
        /// Values and statistics.
        results: Vec<Computed>,
    },
    /// Where frames are, in their order; `None` for one that is not open.
    Located {
        /// Places.
        places: Vec<Option<FramePlace>>,
    },
    /// Measurements that files hold.
    SavedMarks {
        /// On frames that are open.
        found: Vec<SavedMark>,
        /// What can't be shown.
        left_out: Vec<Failure>,
    },
    /// A display against the standard's function.
    Luminance(Luminance),
    /// A picture file, whose bytes travel beside it.
    Encoded {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// How its name should end.
        end: String,
        /// It is not the same as what was painted.
        lossy: bool,
        /// dB; `None` where nothing was lost or nothing measured.
        psnr_db: Option<f64>,
        /// At most 1; `None` as before.
        ssim: Option<f64>,
    },
    /// Key images, of all documents.
    Keys {
        /// [`FrameSetInfo::key`] and 0-based place.
        frames: Vec<(u32, u32)>,
    },
    /// How far copies without identity are; a piece travels beside it.
    Copying {
        /// A new file begins with this piece; `None`: the piece goes on.
        name: Option<String>,
        /// Files that were looked at.
        done: u32,
        /// Files in all.
        total: u32,
        /// At the end: what was done, as JSON without any value.
        report: Option<String>,
    },
    /// It failed.
    Failed(Failure),
}

/// The tree of what was opened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct Catalogue {
    pub files: u32,
    pub studies: Vec<StudyInfo>,
    /// Tolerated defects.
    pub repairs: Vec<Failure>,
    /// What is no defect, but not done as the file asks.
    pub remarks: Vec<Failure>,
    /// Files that could not be opened.
    pub errors: Vec<Failure>,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct StudyInfo {
    pub uid: String,
    pub patient_name: String,
    pub patient_id: String,
    pub date: String,
    pub description: String,
    pub series: Vec<SeriesInfo>,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct SeriesInfo {
    pub uid: String,
    pub modality: String,
    pub number: String,
    pub description: String,
    pub frame_sets: Vec<FrameSetInfo>,
    /// Instances without pixels (reports, presentation states).
    pub other_instances: u32,
}

/// One stack that can be scrolled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FrameSetInfo {
    /// Names it in requests.
    pub key: u32,
    /// Number of frames.
    pub frames: u32,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// What tells it from its siblings; may be empty.
    pub label: String,
    /// What hanging goes by: `LOCALIZER`, or side and view: `R MLO`, `PA`, `LATERAL`; may be empty.
    pub view: String,
    /// Places in the stack after which a slice is missing, with the distance in mm.
    pub gaps: Vec<(u32, f64)>,
    /// Frame rate for cine, frames a second; `None`: the user's choice.
    pub frames_per_second: Option<f64>,
    /// Why it is no volume; `None` where it is one.
    pub no_volume: Option<Failure>,
    /// Frame of Reference UID (0020,0052); empty where there is none.
    pub frame_of_reference: String,
    /// Where its images lie; `None` where one has no plane.
    pub line: Option<StackLine>,
}

/// A frame that is on the canvas, and all that is written around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub struct Shown {
    /// Which viewport.
    pub viewport: u32,
    /// Which frame set.
    pub frame_set: u32,
    /// 0-based place in the stack.
    pub index: u32,
    /// Frames in the stack.
    pub frames: u32,
    /// Rows and columns of the frame.
    pub size: [u32; 2],
    /// Modality (0008,0060).
    pub modality: String,
    /// Corner facts: who, what, image, display.
    pub facts: Vec<Fact>,
    /// Orientation letters: top, right, bottom, left; empty where unknown.
    pub letters: [String; 4],
    /// Device pixels per mm on the canvas along x and y; `None` where no spacing is known.
    pub device_pixels_per_mm: Option<[f64; 2]>,
    /// Device pixels per image pixel.
    pub zoom: f64,
    /// `pixel-spacing`, `fiducial`, `geometry`, `calibrated`, `unknown`, `imager`, `magnified`, `region`, `film`, `none`.
    pub spacing_from: String,
    /// What a `magnified` spacing was divided by; 1 for others.
    pub magnification: f64,
    /// Ultrasound regions: where there are any, a length holds within one of them only.
    pub regions: Vec<RegionInfo>,
    /// The window in force; `None` for colour and for a VOI LUT.
    pub window: Option<Window>,
    /// What the file offers.
    pub choices: Vec<String>,
    /// True when the window may use CT presets (values are HU).
    pub hounsfield: bool,
    /// Unit of the values; empty where none is known.
    pub unit: String,
    /// False for colour frames: no window.
    pub grey: bool,
    /// Where a drag of the window begins; under a VOI LUT the window that comes nearest to it. `None` for colour.
    pub begin: Option<Window>,
    /// Presentation states about this frame.
    pub presentations: Vec<PresentationInfo>,
    /// What the chosen one draws, points in image coordinates.
    pub drawings: Vec<Drawing>,
    /// From image coordinates (pixel centres at whole numbers) to device pixels: x = m0 column + m1 row + m2, y = m3 column + m4 row + m5.
    pub to_canvas: [f64; 6],
    /// The file has overlay planes or a shutter for it.
    pub graphics: bool,
    /// A mask was subtracted; `None` where file and state describe no subtraction.
    pub subtracted: Option<bool>,
    /// `cpu` or `gpu`.
    pub backend: String,
    /// From the request's arrival to the painted canvas, ms.
    pub elapsed_ms: f64,
    /// What the filters made of it: `values` in their unit, `levels` 0..=255, or `other`, which has a window of its own.
    pub gives: String,
    /// Repairs of this frame.
    pub repairs: Vec<Failure>,
    /// What is no defect of this frame, but not done as the file asks, or not said by it.
    pub remarks: Vec<Failure>,
    /// Where it lies in the patient, in mm; `None` where that is not known.
    pub plane: Option<PlaneInfo>,
    /// False for a picture of a volume of which more is to be computed.
    pub complete: bool,
}

impl Shown {
    /// Of a viewport, with nothing said.
    pub fn blank(viewport: u32) -> Self {
        Self {
            viewport,
            frame_set: 0,
            index: 0,
            frames: 0,
            size: [0, 0],
            modality: String::new(),
            facts: Vec::new(),
            letters: Default::default(),
            device_pixels_per_mm: None,
            zoom: 1.0,
            spacing_from: "none".to_owned(),
            magnification: 1.0,
            regions: Vec::new(),
            window: None,
            choices: Vec::new(),
            hounsfield: false,
            unit: String::new(),
            grey: false,
            begin: None,
            gives: "values".to_owned(),
            presentations: Vec::new(),
            drawings: Vec::new(),
            to_canvas: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            graphics: false,
            subtracted: None,
            backend: String::new(),
            elapsed_ms: 0.0,
            repairs: Vec::new(),
            remarks: Vec::new(),
            plane: None,
            complete: true,
        }
    }
}

/// A rectangle of an ultrasound picture with units of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RegionInfo {
    /// Left, top, right, bottom: pixels from 0, all within.
    pub bounds: [f64; 4],
    /// Along a row, along a column: `cm`, `s`, `cm/s`, …; empty where there is none.
    pub units: [String; 2],
    /// What a pixel is worth in those units; 0 where the file does not say.
    pub steps: [f64; 2],
}

/// One line of the corner texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Fact {
    /// `top-left`, `top-right`, `bottom-right`, `bottom-left`.
    pub corner: String,
    /// Names the fact; `www/text` has a label where one is needed.
    pub key: String,
    /// The value as text.
    pub value: String,
    /// Hidden in anonymous mode.
    pub identifies: bool,
}

/// A presentation state about a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PresentationInfo {
    /// SOP Instance UID (0008,0018).
    pub uid: String,
    /// Content Label and Description.
    pub name: String,
}

/// A drawing of a presentation state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Drawing {
    /// `point`, `polyline`, `interpolated`, `circle`, `ellipse`, `text`.
    pub kind: String,
    /// Columns and rows.
    pub points: Vec<[f64; 2]>,
    /// The inside is painted.
    pub filled: bool,
    /// The text; empty for other kinds.
    pub text: String,
}

/// A quantity's value at a pixel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Measured {
    /// `SUVbw`, or as the file names it.
    pub name: String,
    /// In `unit`.
    pub value: f64,
    /// UCUM; may be empty.
    pub unit: String,
}

/// A value under the pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Probe {
    /// 0-based column.
    pub column: u32,
    /// 0-based row.
    pub row: u32,
    /// Stored samples.
    pub stored: Vec<f64>,
    /// Modality value; `None` for colour and padding.
    pub modality: Option<f64>,
    /// Its unit; empty where none is known.
    pub unit: String,
    /// Real-world values, uptake.
    pub quantities: Vec<Measured>,
    /// Patient position in mm, where a plane is known.
    pub patient_mm: Option<[f64; 3]>,
    /// Label of the overlay here; `None` without a label map.
    pub label: Option<u32>,
    /// Value of the heatmap's cell here; `None` without a heatmap.
    pub heat: Option<f32>,
}

/// One element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct TagLine {
    pub tag: String,
    pub vr: String,
    pub keyword: String,
    pub value: String,
    /// Sequence depth.
    pub depth: u32,
}

/// A failure or a repair, for a list that the user can read. `www/text` has cause and hint by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// File, relative to what was dropped; empty where it is about no file.
    pub file: String,
    /// Stable code.
    pub code: String,
    /// Cause in English, for logs of a developer and as a fall-back.
    pub cause: String,
    /// Hint in English, as a fall-back.
    pub hint: String,
    /// Place, expected, found.
    pub detail: String,
}

impl Failure {
    /// An error as the page lists it.
    pub fn of(file: &str, error: &Error) -> Self {
        let code = error.code();
        Self {
            file: file.to_owned(),
            code: code.id.to_owned(),
            cause: code.cause.to_owned(),
            hint: code.hint.to_owned(),
            detail: error.detail(),
        }
    }
}

/// Study worker → page, unasked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Notice {
    /// Long work goes on.
    Progress {
        /// `take`, `read`, `arrange`, `decode`, …
        stage: String,
        /// Units done.
        done: u32,
        /// Units in all.
        total: u32,
    },
    /// What was read so far, while the rest is being read: something to see. Frame sets have other keys afterwards.
    Preview {
        /// As in the final answer, of fewer files.
        catalogue: Catalogue,
    },
    /// A canvas can't be used any more (its backend is gone): replace it and attach the new one.
    CanvasLost {
        /// Which viewport.
        viewport: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{
        Origin, Value,
        statistics::{Histogram, Statistics},
    };
    use crate::model::{
        finding::{
            Backend, FieldFound, FoundBox, MapCheck, MapShares, ModelId, Parameter, Score,
            ShuffledLayers, Spread, ThresholdCost, Warning,
        },
        inspect::{OperatorCount, Opset, Port, Refusal, Seems},
        manifest::Proportion,
    };
    use crate::vision::{
        found::{FoundAxes, FoundRegion, FoundValues},
        search::By,
    };
    use ts_rs::TS;

    /// `www/shared/generated/messages.ts` is what this file says. `UPDATE=1 cargo test messages` writes it anew.
    #[test]
    fn typescript_is_current() {
        let mut text = String::from(
            "// Made from src/web/messages.rs; do not edit. UPDATE=1 cargo test messages\n",
        );
        for declaration in [
            Request::decl(),
            Look::decl(),
            Window::decl(),
            Answer::decl(),
            Catalogue::decl(),
            StudyInfo::decl(),
            SeriesInfo::decl(),
            FrameSetInfo::decl(),
            Shown::decl(),
            PlaneWish::decl(),
            CastWish::decl(),
            VolumeInfo::decl(),
            PlaneInfo::decl(),
            StackLine::decl(),
            RegionInfo::decl(),
            Fact::decl(),
            Probe::decl(),
            Measured::decl(),
            Drawing::decl(),
            PresentationInfo::decl(),
            TagLine::decl(),
            Failure::decl(),
            Notice::decl(),
            Overlay::decl(),
            OverlayLook::decl(),
            PictureWish::decl(),
            Save::decl(),
            SaveStamp::decl(),
            Luminance::decl(),
            Mark::decl(),
            Value::decl(),
            Origin::decl(),
            Histogram::decl(),
            Statistics::decl(),
            Computed::decl(),
            Measurement::decl(),
            FrameName::decl(),
            FramePlace::decl(),
            SavedMark::decl(),
            SaveMarks::decl(),
            ModelInput::decl(),
            GridInfo::decl(),
            RegisterRequest::decl(),
            RegisterAnswer::decl(),
            MatchInfo::decl(),
            RegistrationInfo::decl(),
            InputFacts::decl(),
            ModelRequest::decl(),
            ModelAnswer::decl(),
            Beside::decl(),
            Inspection::decl(),
            Opset::decl(),
            Port::decl(),
            OperatorCount::decl(),
            Seems::decl(),
            Refusal::decl(),
            GapInfo::decl(),
            Finding::decl(),
            Backend::decl(),
            ModelId::decl(),
            Score::decl(),
            ThresholdCost::decl(),
            Proportion::decl(),
            Spread::decl(),
            LabelMap::decl(),
            FoundBox::decl(),
            HeatmapInfo::decl(),
            Parameter::decl(),
            MapShares::decl(),
            FieldFound::decl(),
            MapCheck::decl(),
            ShuffledLayers::decl(),
            Warning::decl(),
            FilterInfo::decl(),
            FilterParameter::decl(),
            Asked::decl(),
            By::decl(),
            FoundRegions::decl(),
            FoundRegion::decl(),
            FoundAxes::decl(),
            FoundValues::decl(),
        ] {
            text.push_str("\nexport ");
            text.push_str(&declaration);
            text.push('\n');
        }
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/www/shared/generated/messages.ts"
        );
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &text).expect("the repository is writable");
        }
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(there, text, "run UPDATE=1 cargo test messages");
    }
}
