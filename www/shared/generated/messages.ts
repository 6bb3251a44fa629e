// Made from src/web/messages.rs; do not edit. UPDATE=1 cargo test messages

export type Request = { "kind": "open" } | { "kind": "attach", 
/**
 * 0..=3.
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
viewport: number, } | { "kind": "close" };

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
 * Name of a colour map; `grey` is none.
 */
colour_map: string, 
/**
 * Bilinear between pixels.
 */
smooth: boolean, 
/**
 * Filters in order, `name:key=value`.
 */
filters: Array<string>, };

export type Window = { center: number, width: number, };

export type Answer = { "kind": "done" } | { "kind": "catalogue" } & Catalogue | { "kind": "shown" } & Shown | { "kind": "probe", 
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
height: number, } | { "kind": "tags", 
/**
 * In the data set's order.
 */
lines: Array<TagLine>, } | { "kind": "failed" } & Failure;

export type Catalogue = { files: number, studies: Array<StudyInfo>, 
/**
 * Tolerated defects.
 */
repairs: Array<Failure>, 
/**
 * Files that could not be opened.
 */
errors: Array<Failure>, };

export type StudyInfo = { uid: string, patient_name: string, patient_id: string, date: string, description: string, series: Array<SeriesInfo>, };

export type SeriesInfo = { uid: string, modality: string, number: string, description: string, frame_sets: Array<FrameSetInfo>, 
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
 * Places in the stack after which a slice is missing, with the distance in mm.
 */
gaps: Array<[number, number]>, 
/**
 * Frame rate for cine, frames a second; `None`: the user's choice.
 */
frames_per_second: number | null, };

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
 * `pixel-spacing`, `calibrated`, `unknown`, `imager`, `magnified`, `region`, `film`, `none`.
 */
spacing_from: string, 
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
 * `cpu` or `gpu`.
 */
backend: string, 
/**
 * From the request's arrival to the painted canvas, ms.
 */
elapsed_ms: number, 
/**
 * Repairs of this frame.
 */
repairs: Array<Failure>, };

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
 * Patient position in mm, where a plane is known.
 */
patient_mm: [number, number, number] | null, };

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
total: number, } | { "kind": "canvas-lost", 
/**
 * Which viewport.
 */
viewport: number, };
