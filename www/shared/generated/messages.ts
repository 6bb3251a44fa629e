// Made from src/web/messages; do not edit. UPDATE=1 cargo test messages

export type Request = { "kind": "open", 
/**
 * A JSON object of limits and their numbers (`base::Limits`); empty: the defaults.
 */
limits: string, 
/**
 * No defect is tolerated: what would be repaired is refused.
 */
strict: boolean, } | { "kind": "attach", 
/**
 * Which viewport, from 0.
 */
viewport: number, } | { "kind": "resize", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * Width, device pixels.
 */
width: number, 
/**
 * Height, device pixels.
 */
height: number, } | { "kind": "show", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place in the stack.
 */
index: number, 
/**
 * How it is shown.
 */
look: Look, } | { "kind": "assemble", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, } | { "kind": "show-plane", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * Which plane.
 */
plane: PlaneWish, 
/**
 * How it is shown.
 */
look: Look, } | { "kind": "show-cast", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * From where and how.
 */
cast: CastWish, } | { "kind": "grow" } & GrowWish | { "kind": "cast-picture", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * [`VolumeInfo::presets`].
 */
preset: string, 
/**
 * Of its sides, pixels.
 */
size: number, } | { "kind": "show-compared", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * What is laid on what.
 */
wish: ComparedWish, 
/**
 * How it is shown; how it lies is said by the other viewport.
 */
look: Look, } | { "kind": "probe", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * Device pixels from the left.
 */
x: number, 
/**
 * Device pixels from the top.
 */
y: number, } | { "kind": "thumbnail", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * Longest side, pixels.
 */
size: number, } | { "kind": "tags", 
/**
 * Which viewport.
 */
viewport: number, } | { "kind": "snapshot", 
/**
 * Which viewport.
 */
viewport: number, } | { "kind": "model-input", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place in the stack; a volume takes the whole stack.
 */
index: number, 
/**
 * The whole stack as a volume of modality values, or one frame of display values 0..1.
 */
volume: boolean, 
/**
 * Of one frame: modality values instead.
 */
modality: boolean, } | { "kind": "grid", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place in the stack of the one frame; `None`: the whole stack as a volume of modality values.
 */
index: number | null, } | { "kind": "overlay", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * `None` takes it away.
 */
overlay: Overlay | null, } | { "kind": "save" } & Save | { "kind": "pattern", 
/**
 * `tg18-qc`, `smpte` or `tg18-ln`.
 */
name: string, 
/**
 * Rows and columns: 512, 1024 or 2048.
 */
side: number, 
/**
 * One for all that are to be one study.
 */
stamp: SaveStamp, } | { "kind": "luminance", 
/**
 * cd/m² at evenly spaced P-values, from the darkest.
 */
measured: Array<number>, 
/**
 * The room's light on the dark screen, cd/m².
 */
ambient: number, } | { "kind": "contours", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * Filters before, what makes a mask, and how many are wanted.
 */
asked: Asked, } | { "kind": "filters" } | { "kind": "measure", 
/**
 * [`FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place in the stack.
 */
index: number, 
/**
 * The marks.
 */
marks: Array<Mark>, 
/**
 * mm between columns, as the user has calibrated the frame; used where it has no spacing of its own, or in its place.
 */
user_mm: number | null, } | { "kind": "measure-plane" } & MeasurePlane | { "kind": "locate", 
/**
 * Their names.
 */
names: Array<FrameName>, } | { "kind": "saved-marks" } | { "kind": "save-marks" } & SaveMarks | { "kind": "picture" } & PictureWish | { "kind": "moving" } & MovingWish | { "kind": "small" } & SmallWish | { "kind": "augment", 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * As of `negatoscope augment`.
 */
steps: string, 
/**
 * Of all that is drawn.
 */
seed: number, 
/**
 * Copies, at most 63.
 */
count: number, } | { "kind": "key-object", 
/**
 * [`FrameSetInfo::key`] and 0-based place, of one study.
 */
frames: Array<[number, number]>, 
/**
 * What a person says of them.
 */
words: string, 
/**
 * When.
 */
stamp: SaveStamp, } | { "kind": "keys" } | { "kind": "deidentify", 
/**
 * Options of PS3.15 annex E by name.
 */
options: Array<string>, 
/**
 * Random numbers: the secret of these copies.
 */
seed: [number, number, number, number, number, number, number, number], 
/**
 * One ZIP archive; else file by file.
 */
zip: boolean, 
/**
 * Leave pictures out that show, or may show, text about the patient.
 */
leave_out: boolean, } | { "kind": "deidentify-next" } | { "kind": "deidentify-stop" } | { "kind": "close" };

export type Look = { 
/**
 * Zoom as a factor of the fitting zoom: 1 fits.
 */
zoom: number, 
/**
 * Offset of the frame's centre, device pixels.
 */
pan: [number, number], 
/**
 * Clockwise quarter turns.
 */
quarter_turns: number, 
/**
 * Mirrored left-right.
 */
flip: boolean, 
/**
 * The user's inversion, on top of what the file says.
 */
invert: boolean, 
/**
 * `None`: what the file says for this frame.
 */
window: Window | null, 
/**
 * Index into [`Shown::choices`]; used when `window` is `None`.
 */
choice: number, 
/**
 * A window from the frame's own values, instead of `choice`; used when `window` is `None`.
 */
auto: boolean, 
/**
 * Name of a colour map; `grey` is none.
 */
colour_map: string, 
/**
 * Bilinear between pixels.
 */
smooth: boolean, 
/**
 * The file's own overlay planes and shutter, and the drawings of a presentation state.
 */
graphics: boolean, 
/**
 * The mask subtraction of an X-ray run; `None`: as the file recommends.
 */
subtract: boolean | null, 
/**
 * [`PresentationInfo::uid`] of the state to show it by, where that is about the frame; `None`: by what the image says itself.
 */
presentation: string | null, 
/**
 * Filters in order, `name:key=value`.
 */
filters: Array<string>, 
/**
 * The frame set's overlay, where there is one.
 */
overlay: OverlayLook, };

export type Window = { center: number, width: number, };

export type Answer = { "kind": "done" } | { "kind": "catalogue" } & Catalogue | { "kind": "shown" } & Shown | { "kind": "volume" } & VolumeInfo | { "kind": "probe", 
/**
 * The value.
 */
value: Probe | null, } | { "kind": "picture", 
/**
 * Width, pixels.
 */
width: number, 
/**
 * Height, pixels.
 */
height: number, } | { "kind": "grown" } & GrownInfo | { "kind": "tags", 
/**
 * In the data set's order.
 */
lines: Array<TagLine>, } | { "kind": "model-input" } & ModelInput | { "kind": "contours" } & FoundRegions | { "kind": "filters", 
/**
 * Each of them.
 */
kinds: Array<FilterInfo>, } | { "kind": "grid" } & GridInfo | { "kind": "saved", 
/**
 * How its name should end.
 */
end: string, 
/**
 * How many files the same request makes.
 */
parts: number, } | { "kind": "measured", 
/**
 * SOP Instance UID (0008,0018) of the frame.
 */
sop_uid: string, 
/**
 * Frame of it, from 1.
 */
frame: number, 
/**
 * Values and statistics.
 */
results: Array<Computed>, } | { "kind": "located", 
/**
 * Places.
 */
places: Array<FramePlace | null>, } | { "kind": "saved-marks", 
/**
 * On frames that are open.
 */
found: Array<SavedMark>, 
/**
 * What can't be shown.
 */
left_out: Array<Failure>, } | { "kind": "luminance" } & Luminance | { "kind": "encoded", 
/**
 * Width, pixels.
 */
width: number, 
/**
 * Height, pixels.
 */
height: number, 
/**
 * How its name should end.
 */
end: string, 
/**
 * It is not the same as what was painted.
 */
lossy: boolean, 
/**
 * dB; `None` where nothing was lost or nothing measured.
 */
psnr_db: number | null, 
/**
 * At most 1; `None` as before.
 */
ssim: number | null, 
/**
 * From pixels of the image or the plane to those of the picture, as [`Shown::to_canvas`]; `None` where it shows neither.
 */
to_picture: [number, number, number, number, number, number] | null, } | { "kind": "keys", 
/**
 * [`FrameSetInfo::key`] and 0-based place.
 */
frames: Array<[number, number]>, } | { "kind": "copying", 
/**
 * A new file begins with this piece; `None`: the piece goes on.
 */
name: string | null, 
/**
 * Files that were looked at.
 */
done: number, 
/**
 * Files in all.
 */
total: number, 
/**
 * At the end: what was done, as JSON without any value.
 */
report: string | null, } | { "kind": "failed" } & Failure;

export type Catalogue = { files: number, studies: Array<StudyInfo>, 
/**
 * Tolerated defects.
 */
repairs: Array<Failure>, 
/**
 * What is no defect, but not done as the file asks.
 */
remarks: Array<Failure>, 
/**
 * Files that could not be opened.
 */
errors: Array<Failure>, };

export type StudyInfo = { uid: string, patient_name: string, patient_id: string, date: string, description: string, series: Array<SeriesInfo>, };

export type SeriesInfo = { uid: string, modality: string, number: string, description: string, 
/**
 * Body Part Examined (0018,0015) of its first image, else the code meaning of Anatomic Region Sequence (0008,2218); may be empty.
 */
body_part: string, frame_sets: Array<FrameSetInfo>, 
/**
 * Instances without pixels (reports, presentation states).
 */
other_instances: number, };

export type FrameSetInfo = { 
/**
 * Names it in requests.
 */
key: number, 
/**
 * Number of frames.
 */
frames: number, 
/**
 * Rows.
 */
rows: number, 
/**
 * Columns.
 */
columns: number, 
/**
 * What tells it from its siblings; may be empty.
 */
label: string, 
/**
 * What hanging goes by: `LOCALIZER`, or side and view: `R MLO`, `PA`, `LATERAL`; may be empty.
 */
view: string, 
/**
 * Places in the stack after which a slice is missing, with the distance in mm.
 */
gaps: Array<[number, number]>, 
/**
 * Frame rate for cine, frames a second; `None`: the user's choice.
 */
frames_per_second: number | null, 
/**
 * Between rows, between columns, mm; `None` where that is not known.
 */
spacing_mm: [number, number] | null, 
/**
 * As [`Shown::spacing_from`].
 */
spacing_from: string, 
/**
 * Why it is no volume; `None` where it is one.
 */
no_volume: Failure | null, 
/**
 * Frame of Reference UID (0020,0052); empty where there is none.
 */
frame_of_reference: string, 
/**
 * Where its images lie; `None` where one has no plane.
 */
line: StackLine | null, };

export type Shown = { 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * Which frame set.
 */
frame_set: number, 
/**
 * 0-based place in the stack.
 */
index: number, 
/**
 * Frames in the stack.
 */
frames: number, 
/**
 * Rows and columns of the frame.
 */
size: [number, number], 
/**
 * Modality (0008,0060).
 */
modality: string, 
/**
 * Corner facts: who, what, image, display.
 */
facts: Array<Fact>, 
/**
 * Orientation letters: top, right, bottom, left; empty where unknown.
 */
letters: [string, string, string, string], 
/**
 * Device pixels per mm on the canvas along x and y; `None` where no spacing is known.
 */
device_pixels_per_mm: [number, number] | null, 
/**
 * Device pixels per image pixel.
 */
zoom: number, 
/**
 * `pixel-spacing`, `fiducial`, `geometry`, `calibrated`, `unknown`, `imager`, `magnified`, `region`, `film`, `none`.
 */
spacing_from: string, 
/**
 * What a `magnified` spacing was divided by; 1 for others.
 */
magnification: number, 
/**
 * Ultrasound regions: where there are any, a length holds within one of them only.
 */
regions: Array<RegionInfo>, 
/**
 * The window in force; `None` for colour and for a VOI LUT.
 */
window: Window | null, 
/**
 * What the file offers.
 */
choices: Array<string>, 
/**
 * True when the window may use CT presets (values are HU).
 */
hounsfield: boolean, 
/**
 * Unit of the values; empty where none is known.
 */
unit: string, 
/**
 * False for colour frames: no window.
 */
grey: boolean, 
/**
 * Where a drag of the window begins; under a VOI LUT the window that comes nearest to it. `None` for colour.
 */
begin: Window | null, 
/**
 * Presentation states about this frame.
 */
presentations: Array<PresentationInfo>, 
/**
 * What the chosen one draws, points in image coordinates.
 */
drawings: Array<Drawing>, 
/**
 * From image coordinates (pixel centres at whole numbers) to device pixels: x = m0 column + m1 row + m2, y = m3 column + m4 row + m5.
 */
to_canvas: [number, number, number, number, number, number], 
/**
 * The file has overlay planes or a shutter for it.
 */
graphics: boolean, 
/**
 * A mask was subtracted; `None` where file and state describe no subtraction.
 */
subtracted: boolean | null, 
/**
 * `cpu` or `gpu`.
 */
backend: string, 
/**
 * From the request's arrival to the painted canvas, ms.
 */
elapsed_ms: number, 
/**
 * What the filters made of it: `values` in their unit, `levels` 0..=255, or `other`, which has a window of its own.
 */
gives: string, 
/**
 * Repairs of this frame.
 */
repairs: Array<Failure>, 
/**
 * What is no defect of this frame, but not done as the file asks, or not said by it.
 */
remarks: Array<Failure>, 
/**
 * Where it lies in the patient, in mm; `None` where that is not known.
 */
plane: PlaneInfo | null, 
/**
 * False for a picture of a volume of which more is to be computed.
 */
complete: boolean, };

export type PlaneWish = { 
/**
 * `axial`, `coronal`, `sagittal`: how large the rectangle is, also when it is turned from there; else as large as the volume is in it.
 */
base: string, 
/**
 * A place in it, LPS, mm.
 */
place_mm: [number, number, number], 
/**
 * Direction of its rows, LPS.
 */
row: [number, number, number], 
/**
 * Direction of its columns, LPS.
 */
column: [number, number, number], 
/**
 * `mip`, `minip`, `mean`; empty: the plane alone.
 */
slab: string, 
/**
 * Thickness of the slab, mm.
 */
thickness_mm: number, 
/**
 * While moving: a thick slab may be computed with larger pixels.
 */
coarse: boolean, };

export type CastWish = { 
/**
 * [`VolumeInfo::presets`].
 */
preset: string, 
/**
 * Degrees around the long axis: 0 from the front, 90 from the patient's left.
 */
azimuth: number, 
/**
 * Degrees above the horizon.
 */
elevation: number, 
/**
 * 1 fits from every side.
 */
zoom: number, 
/**
 * Device pixels.
 */
pan: [number, number], 
/**
 * The preset's values are taken to be that much higher, in its own unit.
 */
shift: number, 
/**
 * Along columns, rows and slices: shares of the whole that are shown.
 */
clip: [[number, number], [number, number], [number, number]], 
/**
 * The label map over the frame set, in colour.
 */
labels: boolean, 
/**
 * While moving: all of it, with fewer rays and longer steps.
 */
coarse: boolean, 
/**
 * First row and the one behind the last, device pixels; not used while moving.
 */
rows: [number, number], };

export type ComparedWish = { 
/**
 * The viewport whose image stays as it is. Grid, view and size of the canvas are its own.
 */
home: number, 
/**
 * [`super::FrameSetInfo::key`] of the other stack.
 */
other: number, 
/**
 * How it comes to lie there.
 */
laid: Laid, 
/**
 * What is shown in `home` less the other one, instead of the other one.
 */
difference: boolean, 
/**
 * Of a difference: what gets the strongest colours, in its unit; 0: from its own values.
 */
reach: number, 
/**
 * A PNG is wanted beside the answer, and the canvas stays as it is.
 */
picture: boolean, };

export type Laid = { "by": "frame", 
/**
 * 0-based place in the other stack.
 */
index: number, 
/**
 * Columns and rows of the shown frame → those of the other one, homogeneous.
 */
matrix: [[number, number, number], [number, number, number], [number, number, number]], } | { "by": "volume", 
/**
 * Places of the shown frame → places of the other stack, LPS, mm, homogeneous, rigid.
 */
matrix: [[number, number, number, number], [number, number, number, number], [number, number, number, number], [number, number, number, number]], };

export type VolumeInfo = { 
/**
 * [`super::FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * Columns, rows, slices.
 */
dims: [number, number, number], 
/**
 * Its middle, LPS, mm.
 */
centre_mm: [number, number, number], 
/**
 * Smallest distance of neighbouring voxels, mm.
 */
voxel_mm: number, 
/**
 * What its voxels take in memory, bytes.
 */
held_bytes: number, 
/**
 * Values are HU.
 */
hounsfield: boolean, 
/**
 * Names of the presets.
 */
presets: Array<string>, 
/**
 * The one that suits the modality.
 */
suited: string, 
/**
 * What has to be said of it: gaps, a coarser resolution.
 */
remarks: Array<Failure>, };

export type GrowWish = { 
/**
 * [`super::FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * Begins anew there: column, row, and 0-based place in the stack; `None`: goes on.
 */
seed: [number, number, number] | null, 
/**
 * How far a value may be from the seed's, in its unit.
 */
tolerance: number, 
/**
 * Over edges and corners, too.
 */
diagonal: boolean, 
/**
 * It is not wanted any more. Answer: [`super::Answer::Done`].
 */
stop: boolean, 
/**
 * What has grown is to be a file. Answer: [`super::Answer::Saved`].
 */
save: GrownFile | null, };

export type GrownFile = { 
/**
 * `seg` or `sr`.
 */
what: string, 
/**
 * Kinds that are saved of it too: a report refers to the segmentation.
 */
beside: Array<string>, 
/**
 * The same for all files of one region.
 */
stamp: SaveStamp, };

export type GrownInfo = { 
/**
 * Nothing is left to do.
 */
done: boolean, 
/**
 * Of the volume, each of which may stand for several pixels.
 */
voxels: number, 
/**
 * Their volume.
 */
ml: number, 
/**
 * First and last place in the stack.
 */
slices: [number, number], 
/**
 * Arithmetic mean of their values.
 */
mean: number, 
/**
 * Standard deviation of the population.
 */
sd: number, 
/**
 * Smallest and largest value.
 */
ends: [number, number], 
/**
 * Of the values; may be empty.
 */
unit: string, 
/**
 * Pixels along a side that one voxel stands for.
 */
reduced: number, };

export type PlaneInfo = { 
/**
 * Centre of the first pixel, LPS, mm.
 */
position_mm: [number, number, number], 
/**
 * Direction of a row.
 */
row: [number, number, number], 
/**
 * Direction of a column.
 */
column: [number, number, number], 
/**
 * Between rows, between columns, mm.
 */
spacing_mm: [number, number], 
/**
 * To the next image or plane along the normal, mm.
 */
step_mm: number | null, };

export type StackLine = { 
/**
 * Position of the first image, LPS, mm.
 */
origin_mm: [number, number, number], 
/**
 * Normal of the images.
 */
normal: [number, number, number], 
/**
 * Of each image, mm from the first along the normal.
 */
places_mm: Array<number>, };

export type RegionInfo = { 
/**
 * Left, top, right, bottom: pixels from 0, all within.
 */
bounds: [number, number, number, number], 
/**
 * Along a row, along a column: `cm`, `s`, `cm/s`, …; empty where there is none.
 */
units: [string, string], 
/**
 * What a pixel is worth in those units; 0 where the file does not say.
 */
steps: [number, number], };

export type Fact = { 
/**
 * `top-left`, `top-right`, `bottom-right`, `bottom-left`.
 */
corner: string, 
/**
 * Names the fact; `www/text` has a label where one is needed.
 */
key: string, 
/**
 * The value as text.
 */
value: string, 
/**
 * Hidden in anonymous mode.
 */
identifies: boolean, };

export type Probe = { 
/**
 * 0-based column.
 */
column: number, 
/**
 * 0-based row.
 */
row: number, 
/**
 * Stored samples.
 */
stored: Array<number>, 
/**
 * Modality value; `None` for colour and padding.
 */
modality: number | null, 
/**
 * Its unit; empty where none is known.
 */
unit: string, 
/**
 * Real-world values, uptake.
 */
quantities: Array<Measured>, 
/**
 * Patient position in mm, where a plane is known.
 */
patient_mm: [number, number, number] | null, 
/**
 * Label of the overlay here; `None` without a label map.
 */
label: number | null, 
/**
 * Value of the heatmap's cell here; `None` without a heatmap.
 */
heat: number | null, };

export type Measured = { 
/**
 * `SUVbw`, or as the file names it.
 */
name: string, 
/**
 * In `unit`.
 */
value: number, 
/**
 * UCUM; may be empty.
 */
unit: string, };

export type Drawing = { 
/**
 * `point`, `polyline`, `interpolated`, `circle`, `ellipse`, `text`.
 */
kind: string, 
/**
 * Columns and rows.
 */
points: Array<[number, number]>, 
/**
 * The inside is painted.
 */
filled: boolean, 
/**
 * The text; empty for other kinds.
 */
text: string, };

export type PresentationInfo = { 
/**
 * SOP Instance UID (0008,0018).
 */
uid: string, 
/**
 * Content Label and Description.
 */
name: string, };

export type TagLine = { tag: string, vr: string, keyword: string, value: string, 
/**
 * Sequence depth.
 */
depth: number, };

export type Failure = { 
/**
 * File, relative to what was dropped; empty where it is about no file.
 */
file: string, 
/**
 * Stable code.
 */
code: string, 
/**
 * Cause in English, for logs of a developer and as a fall-back.
 */
cause: string, 
/**
 * Hint in English, as a fall-back.
 */
hint: string, 
/**
 * Place, expected, found.
 */
detail: string, };

export type Notice = { "kind": "progress", 
/**
 * `take`, `read`, `arrange`, `decode`, …
 */
stage: string, 
/**
 * Units done.
 */
done: number, 
/**
 * Units in all.
 */
total: number, } | { "kind": "preview", 
/**
 * As in the final answer, of fewer files.
 */
catalogue: Catalogue, } | { "kind": "canvas-lost", 
/**
 * Which viewport.
 */
viewport: number, };

export type Overlay = { "kind": "labels", 
/**
 * 0-based place in the stack of the one frame that has labels; `None`: all have.
 */
index: number | null, 
/**
 * Names and colours by label.
 */
map: LabelMap, } | { "kind": "heatmap", 
/**
 * 0-based place in the stack.
 */
index: number, 
/**
 * Cells, extent, range.
 */
map: HeatmapInfo, };

export type OverlayLook = { 
/**
 * Shown at all.
 */
visible: boolean, 
/**
 * 0..1.
 */
opacity: number, 
/**
 * Labels: only the border of each region.
 */
outline: boolean, 
/**
 * Heatmap: values below are not painted, in the map's own unit.
 */
threshold: number, 
/**
 * Heatmap: name of a colour map.
 */
colour_map: string, 
/**
 * Heatmap: bilinear between cells; false shows the cells as they are.
 */
smooth: boolean, };

export type PictureWish = { 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * `png`, `jpg`, `webp`; `stored` or `modality`: a PNG of 16 bits of the frame's values; `none`: only how large it would be, and where its
 * pixels would lie.
 */
format: string, 
/**
 * 1 to 100; for `webp`, `None` is lossless.
 */
quality: number | null, 
/**
 * The whole image, a pixel for each of its own; else what the viewport shows.
 */
whole: boolean, 
/**
 * Of the size.
 */
scale: number, 
/**
 * What a model found is painted over it, where it is shown.
 */
overlay: boolean, 
/**
 * The file's own overlay planes and shutter.
 */
graphics: boolean, 
/**
 * What was drawn for it lies over it: RGBA of its size, in the bytes beside the request.
 */
drawn: boolean, };

export type SmallWish = { 
/**
 * [`super::FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place in the stack.
 */
index: number, 
/**
 * A plane of the volume that is there, instead of the image.
 */
plane: OnPlane | null, 
/**
 * As it is shown; zoom, place and overlay are left out.
 */
look: Look, 
/**
 * Both sides, pixels.
 */
size: number, };

export type MovingWish = { 
/**
 * Which viewport.
 */
viewport: number, 
/**
 * `gif`, else an animated PNG.
 */
form: string, 
/**
 * How many there will be.
 */
pictures: number, 
/**
 * From 0, one after the other; one beyond the last gives the file up. Answer: [`super::Answer::Done`].
 */
place: number, 
/**
 * Pictures a second.
 */
per_second: number, 
/**
 * None of them has a colour.
 */
grey: boolean, };

export type Save = { 
/**
 * Name of the kind, as of `analyze --save`.
 */
what: string, 
/**
 * [`super::FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place of the frame that was analysed; `None`: the whole stack.
 */
index: number | null, 
/**
 * The finding.
 */
finding: Finding, 
/**
 * Kinds that are saved of it too: a report refers to them.
 */
beside: Array<string>, 
/**
 * The same for all files of one analysis.
 */
stamp: SaveStamp, };

export type SaveStamp = { 
/**
 * Seconds since 1970, UTC.
 */
unix_seconds: number, 
/**
 * Local time minus UTC.
 */
offset_minutes: number, 
/**
 * Random numbers.
 */
seed: [number, number, number, number], };

export type Luminance = { 
/**
 * Brightest over darkest.
 */
ratio: number, 
/**
 * JND indices from the darkest to the brightest.
 */
jnds: number, 
/**
 * Largest deviation of a step's contrast, without its sign: 0.1 is 10 %.
 */
worst: number, 
/**
 * As a display for diagnosis (AAPM TG18: 10 %, 250).
 */
primary: boolean, 
/**
 * As a display for other purposes (20 %, 100).
 */
secondary: boolean, 
/**
 * What the function asks of each level, cd/m², without the room's light.
 */
wanted: Array<number>, 
/**
 * Of the contrast from each level to the next: (measured − expected) / expected.
 */
deviations: Array<number>, };

export type Mark = { 
/**
 * [`Tool::name`].
 */
kind: string, 
/**
 * (column, row) from 0, pixel centres at whole numbers, in the tool's order.
 */
points: Array<[number, number]>, 
/**
 * A name or a text; may be empty.
 */
text: string, };

export type Value = { 
/**
 * What it is: `length`, `angle`, `area`, …; each tool says which it gives.
 */
name: string, 
/**
 * In `unit`.
 */
value: number, 
/**
 * UCUM: `mm`, `mm2`, `deg`, `cm/s`; `{pixels}` and `{square_pixels}` where no spacing is known; `1` for a ratio.
 */
unit: string, };

export type Origin = { 
/**
 * `pixel-spacing`, `fiducial`, `geometry`, `calibrated`, `unknown`, `imager`, `magnified`, `region`, `film`, `user`, `none`, `outside` (of
 * every ultrasound region, or in several), `reformatted` (a plane of a volume).
 */
from: string, 
/**
 * What a `magnified` spacing was divided by; 1 for others.
 */
factor: number, 
/**
 * What has to be said behind a length, in English: `at detector`; empty where nothing has to.
 */
label: string, };

export type Histogram = { 
/**
 * Lower end of the first class.
 */
low: number, 
/**
 * Of a class: it holds its lower end; the last one of fractions holds its upper end too.
 */
width: number, 
/**
 * Values by class.
 */
counts: Array<number>, };

export type Statistics = { 
/**
 * `value` for the modality value; else the quantity's name: `SUVbw`.
 */
quantity: string, 
/**
 * UCUM; empty where none is known.
 */
unit: string, 
/**
 * Pixels with a value.
 */
count: number, 
/**
 * Pixels inside without one: padding, shuttered, beyond a map.
 */
excluded: number, 
/**
 * Arithmetic mean.
 */
mean: number, 
/**
 * Standard deviation of the population: divided by `count`, not by one less. The pixels are all that the region has, no sample of it.
 */
sd: number, 
/**
 * Smallest value.
 */
min: number, 
/**
 * Largest value.
 */
max: number, 
/**
 * Of an even number the mean of the two in the middle.
 */
median: number, 
/**
 * How often which values are.
 */
histogram: Histogram, };

export type Computed = { 
/**
 * The most important first.
 */
values: Array<Value>, 
/**
 * Where the spacing comes from that they were computed with.
 */
origin: Origin, 
/**
 * Of regions, and of a probe's pixel: by quantity, the modality value first. Empty for colour.
 */
statistics: Array<Statistics>, 
/**
 * What has to be known: `crossing` (the sides cross: no area), `outside` (partly outside of the image), `no-values` (none but padding),
 * `resampled` (statistics of values between voxels).
 */
notes: Array<string>, };

export type Measurement = { 
/**
 * Tracking Unique Identifier (PS3.16 TID 1501): stays the same while the mark is moved.
 */
uid: string, 
/**
 * SOP Instance UID (0008,0018) of the image.
 */
sop_uid: string, 
/**
 * Frame of it, from 1.
 */
frame: number, 
/**
 * What was placed.
 */
mark: Mark, 
/**
 * What it is worth, or what a report says it is.
 */
computed: Computed, 
/**
 * The plane of a volume that it lies on, and not the image: that is one of those that the volume was made of.
 */
plane: OnPlane | null, };

export type OnPlane = { 
/**
 * `axial`, `coronal`, `sagittal`: the plane from which it was turned; else any.
 */
base: string, 
/**
 * Centre of the first pixel, LPS, mm.
 */
position_mm: [number, number, number], 
/**
 * Direction of a row.
 */
row: [number, number, number], 
/**
 * Direction of a column.
 */
column: [number, number, number], 
/**
 * Between rows, between columns, mm.
 */
spacing_mm: [number, number], 
/**
 * Rows and columns.
 */
size: [number, number], 
/**
 * `mip`, `minip`, `mean` of a slab around it; empty: the plane alone.
 */
slab: string, 
/**
 * Thickness of the slab, mm.
 */
thickness_mm: number, };

export type MeasurePlane = { 
/**
 * [`super::FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * The plane.
 */
plane: OnPlane, 
/**
 * Their points are pixels of it.
 */
marks: Array<Mark>, };

export type FrameName = { 
/**
 * SOP Instance UID (0008,0018).
 */
sop_uid: string, 
/**
 * From 1.
 */
frame: number, };

export type FramePlace = { 
/**
 * [`super::FrameSetInfo::key`].
 */
frame_set: number, 
/**
 * 0-based place in the stack.
 */
index: number, };

export type SavedMark = { 
/**
 * The frame.
 */
place: FramePlace, 
/**
 * Mark and values.
 */
measurement: Measurement, 
/**
 * This program has written it.
 */
own: boolean, };

export type SaveMarks = { 
/**
 * `sr`, `sr3d`, `gsps`, `csv`, `json`.
 */
what: string, 
/**
 * Which of the files, from 0, where it takes several; `None`: all of them, several in one ZIP archive.
 */
part: number | null, 
/**
 * In the order of the list.
 */
measurements: Array<Measurement>, 
/**
 * The same for all parts.
 */
stamp: SaveStamp, };

export type ModelInput = { 
/**
 * Facts that a manifest may name.
 */
facts: InputFacts, 
/**
 * Columns, rows, frames.
 */
dims: [number, number, number], 
/**
 * Centre of voxel (0,0,0), LPS, mm; zero for a frame.
 */
origin_mm: [number, number, number], 
/**
 * Step of one voxel along columns, rows, frames, LPS, mm; zero for a frame.
 */
steps_mm: [[number, number, number], [number, number, number], [number, number, number]], 
/**
 * The stored values are unsigned bytes.
 */
unsigned_bytes: boolean, };

export type GridInfo = { 
/**
 * Columns, rows, slices; of a frame 1 slice.
 */
dims: [number, number, number], 
/**
 * Centre of voxel (0,0,0), LPS, mm; zero for a frame.
 */
origin_mm: [number, number, number], 
/**
 * Step of one voxel along columns, rows, slices, LPS, mm; zero for a frame.
 */
steps_mm: [[number, number, number], [number, number, number], [number, number, number]], 
/**
 * Of a frame, between rows and between columns, mm; a ratio where the file says none.
 */
spacing_mm: [number, number], 
/**
 * The spacing is in mm, not a ratio.
 */
spacing_known: boolean, };

export type RegisterRequest = { "kind": "match", 
/**
 * The first frame.
 */
a: GridInfo, 
/**
 * The frame that the first one is laid on.
 */
b: GridInfo, 
/**
 * `translation`, `rigid`, `similarity`, `affine`, `homography`.
 */
model: string, 
/**
 * `sift` or `binary`.
 */
descriptor: string, 
/**
 * Of all that is drawn at random.
 */
seed: number, } | { "kind": "volumes", 
/**
 * The fixed volume.
 */
a: GridInfo, 
/**
 * The moving volume.
 */
b: GridInfo, 
/**
 * Normalised mutual information instead of mutual information.
 */
normalised: boolean, 
/**
 * The moving volume on the fixed one's grid is wanted beside the answer.
 */
resample: boolean, 
/**
 * Of all that is drawn at random.
 */
seed: number, 
/**
 * As in [`super::Request::Open`].
 */
limits: string, };

export type RegisterAnswer = { "kind": "matched" } & MatchInfo | { "kind": "registered" } & RegistrationInfo | { "kind": "failed" } & Failure;

export type MatchInfo = { 
/**
 * Key points of both.
 */
key_points: [number, number], 
/**
 * Pairs that look alike.
 */
matches: number, 
/**
 * Columns and rows of the first → those of the second, homogeneous.
 */
a_to_b_px: [[number, number, number], [number, number, number], [number, number, number]], 
/**
 * Root mean square and maximum of the distances of what agrees, pixels of the second.
 */
residual_px: [number, number], 
/**
 * The same in mm of the second; `None` where its spacing is not known.
 */
residual_mm: [number, number] | null, 
/**
 * In mm where both spacings are known, else in pixels.
 */
scale: number, 
/**
 * Clockwise on the screen.
 */
rotation_degrees: number, 
/**
 * Decimal logarithm of the number of transforms that would be agreed on as much by chance.
 */
chance_log10: number, 
/**
 * What agrees: column and row in the first, column and row in the second.
 */
pairs: Array<[number, number, number, number]>, };

export type RegistrationInfo = { 
/**
 * Places of the second volume → places of the first, LPS, mm, homogeneous.
 */
b_to_a: [[number, number, number, number], [number, number, number, number], [number, number, number, number], [number, number, number, number]], 
/**
 * The same, by the turns about x, then y, then z through the centre.
 */
angles_degrees: [number, number, number], 
/**
 * And the move of the centre after them.
 */
translation_mm: [number, number, number], 
/**
 * The centre of the turns, LPS.
 */
centre_mm: [number, number, number], 
/**
 * Mutual information with the places as the files say, and now, nats.
 */
information: [number, number], 
/**
 * Share of the first volume that lies within the second.
 */
overlap: number, 
/**
 * Share of the starts that end at the result.
 */
agreement: number, 
/**
 * Largest difference among repetitions: degrees.
 */
repeats_degrees: number, 
/**
 * Largest difference among repetitions: mm.
 */
repeats_mm: number, };

export type InputFacts = { 
/**
 * Modality (0008,0060).
 */
modality: string, 
/**
 * Body Part Examined (0018,0015), else the code meaning of Anatomic Region Sequence (0008,2218).
 */
body_part: string, 
/**
 * View Position (0018,5101).
 */
view: string, 
/**
 * Patient's Age (0010,1010) in years, else Study Date minus Birth Date.
 */
age_years: number | null, 
/**
 * Series Description (0008,103E), Protocol Name (0018,1030) and Study Description (0008,1030): for the sequence weighting, which has
 * no attribute of its own in classic MR.
 */
descriptions: Array<string>, 
/**
 * Scanning Sequence (0018,0020), values joined by a backslash.
 */
scanning_sequence: string, 
/**
 * Echo Time (0018,0081), ms.
 */
echo_time_ms: number | null, 
/**
 * Repetition Time (0018,0080), ms.
 */
repetition_time_ms: number | null, 
/**
 * Inversion Time (0018,0082), ms.
 */
inversion_time_ms: number | null, 
/**
 * False for colour frames, which no grey-level model takes.
 */
grey: boolean, 
/**
 * The frames lie on one regular grid (a volume).
 */
regular: boolean, 
/**
 * Why they do not, in words; empty where they do.
 */
irregular_because: string, 
/**
 * Burned In Annotation (0028,0301) is YES.
 */
burned_in: boolean, };

export type ModelRequest = { "kind": "analyze", 
/**
 * Folder in `models/`.
 */
model: string, 
/**
 * What was analysed, for the finding.
 */
input: string, 
/**
 * The input.
 */
about: ModelInput, 
/**
 * The float network instead of the quantized one.
 */
float: boolean, 
/**
 * The explanation by name; `None`: the manifest's first one.
 */
explain: string | null, 
/**
 * Changed copies of the frame, for the spread of the scores.
 */
augment: number, 
/**
 * Of a segmentation the probability of each label travels beside its label map.
 */
fractions: boolean, 
/**
 * Memory that the runtime may use, bytes.
 */
budget_bytes: number, 
/**
 * As in [`super::Request::Open`].
 */
limits: string, 
/**
 * The manifest of a network that somebody brought, which travels beside; `None`: that of the folder.
 */
manifest: string | null, } | { "kind": "inspect", 
/**
 * Name of its file.
 */
name: string, 
/**
 * As in [`super::Request::Open`].
 */
limits: string, 
/**
 * Descriptions that came with it.
 */
beside: Beside, } | { "kind": "gaps", 
/**
 * Its text.
 */
manifest: string, };

export type ModelAnswer = { "kind": "found", 
/**
 * The finding.
 */
finding: Finding, } | { "kind": "inspected", 
/**
 * All about it, with a manifest as far as it can be written.
 */
inspection: Inspection, } | { "kind": "gaps", 
/**
 * In the manifest's order.
 */
gaps: Array<GapInfo>, } | { "kind": "failed" } & Failure;

export type Beside = { 
/**
 * manifest.json: it is taken as it is.
 */
manifest: string | null, 
/**
 * metadata.json of a MONAI bundle.
 */
metadata: string | null, 
/**
 * inference.json of a MONAI bundle.
 */
inference: string | null, };

export type Inspection = { 
/**
 * Size of the file.
 */
bytes: number, 
/**
 * Its SHA-256, lower case hexadecimal.
 */
sha256: string, 
/**
 * The tool that wrote it.
 */
producer: string, 
/**
 * Version of the format.
 */
ir_version: number, 
/**
 * Operator sets and their versions.
 */
opsets: Array<Opset>, 
/**
 * What it takes, constants left out.
 */
inputs: Array<Port>, 
/**
 * What it gives.
 */
outputs: Array<Port>, 
/**
 * Kinds of operators, the most frequent first.
 */
operators: Array<OperatorCount>, 
/**
 * Numbers that it learned.
 */
parameters: number, 
/**
 * What it seems to be.
 */
seems: Seems, 
/**
 * Why it cannot be run here; empty where nothing speaks against it.
 */
refusals: Array<Refusal>, 
/**
 * A manifest as far as it can be written (JSON).
 */
manifest: string, 
/**
 * What the manifest still has to say.
 */
gaps: Array<GapInfo>, 
/**
 * What was left out on the way from another description (a MONAI bundle), in English.
 */
notes: Array<string>, };

export type Opset = { 
/**
 * Domain; empty for ONNX's own.
 */
domain: string, 
/**
 * Version.
 */
version: number, };

export type Port = { 
/**
 * Name in the file.
 */
name: string, 
/**
 * Element type.
 */
kind: string, 
/**
 * Axes: numbers, names, or `?`; empty where no shape is given.
 */
shape: Array<string>, };

export type OperatorCount = { 
/**
 * Domain; empty for ONNX's own.
 */
domain: string, 
/**
 * Name.
 */
name: string, 
/**
 * Nodes.
 */
count: number, 
/**
 * The runtime has it.
 */
known: boolean, };

export type Seems = { 
/**
 * `classification`, `segmentation` or `detection`; `None` where nothing tells.
 */
task: string | null, 
/**
 * Axes of places: 2 or 3; `None` where nothing tells.
 */
axes: number | null, 
/**
 * Channels of the input.
 */
channels: number | null, 
/**
 * Labels of the output.
 */
labels: number | null, };

export type Refusal = { "kind": "operators", 
/**
 * Their names, with a domain where it is not ONNX's own.
 */
names: Array<string>, 
/**
 * Version of ONNX's operator set.
 */
opset: number, } | { "kind": "inputs", 
/**
 * How many.
 */
count: number, } | { "kind": "element", 
/**
 * What it is.
 */
found: string, } | { "kind": "external" } | { "kind": "format" };

export type GapInfo = { 
/**
 * Path in the manifest.
 */
field: string, 
/**
 * What has to stand there.
 */
expected: string, 
/**
 * What stands there; empty: nothing.
 */
found: string, };

export type Finding = { 
/**
 * What was analysed: file or frame set, as its caller names it.
 */
input: string, 
/**
 * Which model.
 */
model: ModelId, 
/**
 * Scores of a classification; empty otherwise.
 */
scores?: Array<Score>, 
/**
 * Label map of a segmentation, on the source's own grid.
 */
label_map?: LabelMap | null, 
/**
 * Boxes of a detection, the best first, and none where nothing was found; `None` otherwise.
 */
boxes?: Array<FoundBox> | null, 
/**
 * Explanation of a score.
 */
heatmap?: HeatmapInfo | null, 
/**
 * Where the organ lies, as another model found it; `None` where none was asked, or its manifest excludes the image.
 */
field?: FieldFound | null, 
/**
 * What the manifest asks to be said about this input (an unknown age, say), and how it is framed, as codes.
 */
warnings?: Array<Warning>, 
/**
 * What the network ran on.
 */
backend: Backend, 
/**
 * Why the graphics processor, which was asked first, did not run it: a code.
 */
gpu_refused?: string | null, 
/**
 * From prepared input to result.
 */
seconds: number, 
/**
 * Largest memory of the runtime, bytes; 0 where it cannot be told.
 */
peak_bytes: number, };

export type Backend = "cpu" | "gpu";

export type ModelId = { name: string, version: string, 
/**
 * SHA-256 of the network's file.
 */
sha256: string, };

export type Score = { 
/**
 * Name in the manifest.
 */
label: string, 
/**
 * 0..1 as the network says it: the logistic of the logit.
 */
value: number, 
/**
 * 0..1 after the manifest's calibration; `None` where it has none.
 */
calibrated: number | null, 
/**
 * Share of positives for which the calibration holds, 0..1, as the manifest says it; `None` where there is none.
 */
prior?: number | null, 
/**
 * The manifest's threshold on the calibrated value (else on the value); `None` where it has none.
 */
threshold: number | null, 
/**
 * What the threshold costs in images of this view, as the manifest says it; `None` where it does not.
 */
cost?: ThresholdCost | null, 
/**
 * How far the shown value (calibrated, else the value) moves under small changes of the image; `None` where that was not asked.
 */
spread?: Spread | null, };

export type ThresholdCost = { 
/**
 * View Position (0018,5101).
 */
view: string, 
/**
 * Share of the positives that it finds.
 */
sensitivity: Proportion, 
/**
 * Share of the negatives that it leaves alone.
 */
specificity: Proportion, };

export type Proportion = { value: number, low: number, high: number, };

export type Spread = { 
/**
 * Changed copies, besides the image itself.
 */
copies: number, 
/**
 * Mean of all.
 */
mean: number, 
/**
 * Standard deviation of all.
 */
sd: number, 
/**
 * Smallest of all.
 */
low: number, 
/**
 * Largest of all.
 */
high: number, };

export type LabelMap = { 
/**
 * File that holds it (command line); empty in the page.
 */
file?: string, 
/**
 * Columns, rows, frames of the map, which lies on the source's grid.
 */
dims: [number, number, number], 
/**
 * Names by label; 0 is the background.
 */
names: Array<string>, 
/**
 * Colours by label.
 */
colours: Array<[number, number, number]>, 
/**
 * Volume of each label but the background, ml, counted on the model's own grid.
 */
volumes_ml: { [key in string]?: number }, 
/**
 * Of each label but the background how it moves under small changes of the image; empty where that was not asked. The labels are then
 * those of the mean over the image and its changed copies.
 */
spread?: { [key in string]?: LabelSpread }, };

export type LabelSpread = { 
/**
 * Its part of the picture, 0..1, as it was found in the image and in each changed copy.
 */
area: Spread, 
/**
 * The Dice coefficient of what was found in each of them, laid back over the image, with what the mean of all gives: its mean. 1 where
 * nothing was found anywhere.
 */
agreement: number, };

export type FoundBox = { 
/**
 * Name in the manifest.
 */
label: string, 
/**
 * 0..1 as the network says it.
 */
score: number, 
/**
 * Left, top, right, bottom edges in the frame's image coordinates (pixel edges at −0.5 and size − 0.5).
 */
extent: [number, number, number, number], };

export type HeatmapInfo = { 
/**
 * File that holds it (command line); empty in the page.
 */
file?: string, 
/**
 * The score that it explains; empty for a method that explains none in particular.
 */
label: string, 
/**
 * Its name in [`crate::model::explain::METHODS`]; `cam` is exact for its network.
 */
method: string, 
/**
 * Columns and rows of its cells: its true resolution.
 */
cells: [number, number], 
/**
 * Left, top, right, bottom edges in the frame's image coordinates (pixel edges at −0.5 and size − 0.5).
 */
extent: [number, number, number, number], 
/**
 * The values at the two ends of the colour scale: fixed for the model.
 */
range: [number, number], 
/**
 * Smallest and largest value of this map.
 */
extremes: [number, number], 
/**
 * What a value is, in words.
 */
unit?: string, 
/**
 * Runs of the network that it took, besides the one for the score.
 */
runs: number, 
/**
 * What it depends on: sizes in pixels of the network's input, counts, names.
 */
parameters?: Array<Parameter>, 
/**
 * Where its positive part lies; `None` where there is none.
 */
shares?: MapShares | null, 
/**
 * How it held in the checks; `None` where they were not asked for.
 */
check?: MapCheck | null, };

export type Parameter = { name: string, value: string, };

export type MapShares = { 
/**
 * On the outer 3/32 of each side, where markers, collimation and arms are.
 */
border: number, 
/**
 * That border's part of the picture: the share by chance.
 */
border_area: number, 
/**
 * Inside of the field (the lungs) and the field's part of the picture; `None` where no field is known.
 */
field?: [number, number] | null, };

export type FieldFound = { 
/**
 * Which model.
 */
model: ModelId, 
/**
 * The label that counts as inside, in the manifest's words; of several the first.
 */
label: string, 
/**
 * Its part of the picture, 0..1.
 */
area: number, 
/**
 * Closed lines around it in the frame's image coordinates (pixel edges at −0.5 and size − 0.5), column and row of each corner; along the
 * edges of the model's cells.
 */
outline: Array<Array<[number, number]>>, };

export type MapCheck = { 
/**
 * Cells are hidden: smaller is better.
 */
deletion: number, 
/**
 * Cells are hidden in random order.
 */
deletion_random: number, 
/**
 * Cells are shown: larger is better.
 */
insertion: number, 
/**
 * Cells are shown in random order.
 */
insertion_random: number, 
/**
 * Spearman's correlation with the maps of networks whose weights were shuffled, mean: near 1, the map is not about the network.
 * `None` where one of the maps is the same everywhere.
 */
shuffled_rank_correlation: number | null, 
/**
 * Structural similarity with them, mean.
 */
shuffled_ssim: number | null, 
/**
 * The same correlation where only the last layers were shuffled, from the head downwards.
 */
cascade?: Array<ShuffledLayers>, };

export type ShuffledLayers = { 
/**
 * How many, counted from the last one.
 */
layers: number, 
/**
 * Spearman's correlation of the two maps; `None` where one is the same everywhere.
 */
rank_correlation: number | null, };

export type Warning = { 
/**
 * Stable code.
 */
code: string, 
/**
 * In English, with the facts of this input.
 */
text: string, };

export type FilterInfo = { 
/**
 * Name in `name:key=value`.
 */
name: string, 
/**
 * In order.
 */
parameters: Array<FilterParameter>, };

export type FilterParameter = { 
/**
 * Name of the key.
 */
name: string, 
/**
 * Of a choice the place of one of them.
 */
default: number, 
/**
 * Smallest value.
 */
min: number, 
/**
 * Largest value.
 */
max: number, 
/**
 * Only whole numbers.
 */
whole: boolean, 
/**
 * Where it is a choice: the names.
 */
choices: Array<string>, };

export type Asked = { 
/**
 * Filters before, `name:key=value`, in order.
 */
filters: Array<string>, 
/**
 * What makes a mask.
 */
by: By, 
/**
 * Contours with fewer pixels are left out.
 */
smallest: number, 
/**
 * The largest so many contours are given.
 */
most: number, };

export type By = { "kind": "threshold", 
/**
 * As it is written.
 */
text: string, } | { "kind": "seed", 
/**
 * Column and row.
 */
at: [number, number], 
/**
 * In the unit of the values.
 */
tolerance: number, 
/**
 * Over corners, too.
 */
diagonal: boolean, };

export type FoundRegions = { 
/**
 * Rows and columns of the frame.
 */
size: [number, number], 
/**
 * Unit of the values; empty where none is known.
 */
unit: string, 
/**
 * The steps that led to it, `name:key=value`; of a region that was grown those before it.
 */
steps: Array<string>, 
/**
 * The threshold that was taken, where it is one number: in the unit of what it cut (of levels after `grey`).
 */
threshold: number | null, 
/**
 * mm between rows and columns; `None` where it is not known, or differs by place (ultrasound regions).
 */
spacing_mm: [number, number] | null, 
/**
 * Where it comes from, as in `info --json`.
 */
spacing_from: string, 
/**
 * The contours; a parent stands before what lies in it.
 */
regions: Array<FoundRegion>, 
/**
 * Contours that are not in the list, because there are too many.
 */
left_out: number, };

export type FoundRegion = { 
/**
 * The contour that it lies in, by its place in the list.
 */
parent: number | null, 
/**
 * The border of a hole.
 */
hole: boolean, 
/**
 * Columns and rows of its corners, pixel centres at whole numbers.
 */
points: Array<[number, number]>, 
/**
 * Pixels that belong to it.
 */
pixels: number, 
/**
 * The same in mm²; `None` where no spacing is known.
 */
area_mm2: number | null, 
/**
 * Area of the polygon through `points`, pixels².
 */
contour_area: number, 
/**
 * Its length, pixels.
 */
perimeter: number, 
/**
 * The same in mm.
 */
perimeter_mm: number | null, 
/**
 * Mean column and row of its pixels.
 */
centroid: [number, number], 
/**
 * Left, top, right, bottom, all within.
 */
bounds: [number, number, number, number], 
/**
 * Corners of the convex hull.
 */
hull: Array<[number, number]>, 
/**
 * The smallest rectangle around it.
 */
rectangle: FoundAxes, 
/**
 * The ellipse with the same second moments.
 */
ellipse: FoundAxes, 
/**
 * Moments of the polygon by name: `m00` …, `mu20` ….
 */
moments: Array<[string, number]>, 
/**
 * Values of its pixels; `None` where all are padding.
 */
statistics: FoundValues | null, };

export type FoundAxes = { 
/**
 * Column and row of the centre.
 */
center: [number, number], 
/**
 * The longer and the shorter side or axis.
 */
size: [number, number], 
/**
 * Of the longer one, with the clock on the screen, −90 to 90.
 */
angle_degrees: number, };

export type FoundValues = { 
/**
 * Pixels with a value (padding has none).
 */
count: number, 
/**
 * Mean, in the unit of the values.
 */
mean: number, 
/**
 * Standard deviation (divided by the count).
 */
sd: number, 
/**
 * Smallest.
 */
min: number, 
/**
 * Largest.
 */
max: number, };
