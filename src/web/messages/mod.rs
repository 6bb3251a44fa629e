//! What the page and the study worker say to each other. `www/shared/generated/messages.ts` is made from this file by
//! a test below; there is no hand-kept twin.
//!
//! Every request has an id and ends in exactly one of done, cancelled, failed. Numbers are in the units that their names say.

mod compared;
mod filters;
mod marks;
mod models;
mod probe;
mod register;
mod saving;
mod tree;
mod volumes;

pub use compared::{ComparedWish, Laid};
pub use filters::{FilterInfo, FilterParameter};
pub use marks::{FrameName, FramePlace, MeasurePlane, SaveMarks, SavedMark};
pub use models::{Beside, ModelAnswer, ModelRequest};
pub use probe::{Measured, Probe};
pub use register::{GridInfo, MatchInfo, RegisterAnswer, RegisterRequest, RegistrationInfo};
pub use saving::{Luminance, MovingWish, PictureWish, Save, SaveStamp, SmallWish};
pub use tree::{Catalogue, SeriesInfo, StudyInfo};
pub use volumes::{
    CastWish, GrowWish, GrownFile, GrownInfo, PlaneInfo, PlaneWish, StackLine, VolumeInfo,
};

use serde::{Deserialize, Serialize};

use crate::{
    base::Error,
    measure::{Computed, Mark},
    model::{
        facts::InputFacts,
        finding::{HeatmapInfo, LabelMap},
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
    /// A region grows through the slices of a volume that is there, a piece a question. Answer: [`Answer::Grown`]; when it is done it lies over
    /// the frame set as [`Request::Overlay`] would lay it.
    Grow(GrowWish),
    /// A small square picture of a volume by a preset. Answer: [`Answer::Picture`].
    CastPicture {
        /// [`FrameSetInfo::key`].
        frame_set: u32,
        /// [`VolumeInfo::presets`].
        preset: String,
        /// Of its sides, pixels.
        size: u32,
    },
    /// Show a frame of another stack on the one that a viewport shows. Answer: [`Answer::Shown`].
    ShowCompared {
        /// Which viewport.
        viewport: u32,
        /// What is laid on what.
        wish: Box<ComparedWish>,
        /// How it is shown; how it lies is said by the other viewport.
        look: Look,
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
    /// The same on a plane of a volume that is there. Answer: [`Answer::Measured`], named after the volume's middle image.
    MeasurePlane(Box<MeasurePlane>),
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
    /// What a viewport shows as the next picture of a file that moves; the file comes with the last one. Answer: [`Answer::Encoded`].
    Moving(MovingWish),
    /// A small picture of an image or a plane, whatever viewports show. Answer: [`Answer::Encoded`].
    Small(Box<SmallWish>),
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
    /// How far a region has grown.
    Grown(GrownInfo),
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
        /// From pixels of the image or the plane to those of the picture, as [`Shown::to_canvas`]; `None` where it shows neither.
        to_picture: Option<[f64; 6]>,
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
    /// Between rows, between columns, mm; `None` where that is not known.
    pub spacing_mm: Option<[f64; 2]>,
    /// As [`Shown::spacing_from`].
    pub spacing_from: String,
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
        Measurement, OnPlane, Origin, Value,
        statistics::{Histogram, Statistics},
    };
    use crate::model::{
        finding::{
            Backend, FieldFound, Finding, FoundBox, LabelSpread, MapCheck, MapShares, ModelId,
            Parameter, Score, ShuffledLayers, Spread, ThresholdCost, Warning,
        },
        inspect::{GapInfo, Inspection, OperatorCount, Opset, Port, Refusal, Seems},
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
            "// Made from src/web/messages; do not edit. UPDATE=1 cargo test messages\n",
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
            ComparedWish::decl(),
            Laid::decl(),
            VolumeInfo::decl(),
            GrowWish::decl(),
            GrownFile::decl(),
            GrownInfo::decl(),
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
            SmallWish::decl(),
            MovingWish::decl(),
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
            OnPlane::decl(),
            MeasurePlane::decl(),
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
            LabelSpread::decl(),
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
