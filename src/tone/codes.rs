//! Codes of this room: what the grey and colour pipeline refuses or repairs.

use crate::base::Code;

/// A lookup table cannot be used.
pub const LUT_UNUSABLE: Code = Code {
    id: "PIX-301",
    cause: "A lookup table of the image is damaged",
    hint: "It was left out; the values are shown without it",
};
/// A lookup table has fewer entries than it says.
pub const LUT_SHORT: Code = Code {
    id: "PIX-302",
    cause: "A lookup table has another number of entries than its descriptor says",
    hint: "The missing entries repeat the last one, surplus ones were left out",
};
/// A lookup table declares more bits than it uses.
pub const LUT_BITS: Code = Code {
    id: "PIX-303",
    cause: "A lookup table uses far fewer bits than its descriptor says",
    hint: "Its real range was taken as the display range",
};
/// Rescale Slope is zero.
pub const SLOPE_ZERO: Code = Code {
    id: "PIX-304",
    cause: "Rescale Slope is 0 or no number",
    hint: "1 was taken",
};
/// A width below 1 with LINEAR.
pub const WIDTH_BELOW_ONE: Code = Code {
    id: "PIX-305",
    cause: "A window of LINEAR function is narrower than 1",
    hint: "It was taken as LINEAR_EXACT",
};
/// A width that is no width.
pub const WIDTH_INVALID: Code = Code {
    id: "PIX-306",
    cause: "A window has no positive width",
    hint: "The window was left out",
};
/// Unequal numbers of centres and widths.
pub const WINDOW_UNPAIRED: Code = Code {
    id: "PIX-307",
    cause: "Window Center and Window Width have unequal numbers of values",
    hint: "Only full pairs were taken",
};
/// An unknown function.
pub const FUNCTION_UNKNOWN: Code = Code {
    id: "PIX-308",
    cause: "The VOI LUT Function is unknown",
    hint: "LINEAR was taken",
};
/// Photometric Interpretation and Presentation LUT Shape disagree.
pub const SHAPE_CONFLICT: Code = Code {
    id: "PIX-309",
    cause: "Presentation LUT Shape contradicts Photometric Interpretation",
    hint: "Photometric Interpretation was followed",
};
/// Both a Modality LUT and a rescale.
pub const MODALITY_TWICE: Code = Code {
    id: "PIX-310",
    cause: "The image has a Modality LUT and a rescale",
    hint: "Only the Modality LUT was applied",
};
/// No palette.
pub const PALETTE_MISSING: Code = Code {
    id: "PIX-311",
    cause: "The image is PALETTE COLOR but has no usable palette",
    hint: "Its colours cannot be shown; ask for the file again",
};
/// Values and sizes disagree.
pub const SHAPE_WRONG: Code = Code {
    id: "PIX-312",
    cause: "The decoded frame does not have the size it says",
    hint: "The file is damaged; ask for it again",
};
/// A colour model that is not supported.
pub const COLOUR_UNSUPPORTED: Code = Code {
    id: "PIX-313",
    cause: "This colour model cannot be shown",
    hint: "Retired and video colour models are not supported",
};
/// Uptake of PET cannot be computed.
pub const NO_UPTAKE: Code = Code {
    id: "PIX-314",
    cause: "The uptake (SUV) can't be computed: an attribute is missing or does not allow it",
    hint: "Values are shown in the file's own unit",
};
/// A colour profile is not applied.
pub const ICC_NOT_APPLIED: Code = Code {
    id: "PIX-315",
    cause: "The image has a colour profile (ICC) of a kind that is not applied",
    hint: "Its colours are shown as they are stored, and may differ from what the device saw",
};
/// A state asks for its true size.
pub const TRUE_SIZE: Code = Code {
    id: "PIX-316",
    cause: "A presentation state asks for true size, which needs the size of the display's pixels",
    hint: "The area is shown as large as it fits",
};
/// A rescale that cannot be used.
pub const RESCALE_UNUSABLE: Code = Code {
    id: "PIX-317",
    cause: "Rescale Slope or Rescale Intercept is there but is no number",
    hint: "1 and 0 were taken; the values have no unit",
};
/// A window that is no number.
pub const WINDOW_UNREADABLE: Code = Code {
    id: "PIX-318",
    cause: "The centre or width of a window is no number",
    hint: "The window was left out",
};
/// More windows or VOI LUTs than are read.
pub const CHOICES_TOO_MANY: Code = Code {
    id: "PIX-319",
    cause: "The image has more windows or VOI LUTs than are read here",
    hint: "The first 32 of each are offered",
};
/// A mask that cannot be taken as it is described.
pub const MASK_INVALID: Code = Code {
    id: "PIX-320",
    cause: "The mask subtraction names an operation or frames that are not there",
    hint: "What is there was used; without a mask nothing is subtracted",
};
/// A mask of another size.
pub const MASK_SIZE: Code = Code {
    id: "PIX-321",
    cause: "The frames of the mask do not have the size and kind of the frame that is shown",
    hint: "Show the frames as they are stored, without subtraction",
};
/// A shutter that cannot be applied.
pub const SHUTTER_INVALID: Code = Code {
    id: "PIX-322",
    cause: "A shape of the display shutter is unknown, incomplete or has too many corners",
    hint: "That shape hides nothing",
};
/// A real-world value map that cannot be used.
pub const MAPPING_UNUSABLE: Code = Code {
    id: "PIX-323",
    cause: "A map to real-world values can't be used: it has neither slope and intercept nor a table",
    hint: "It was left out",
};
/// Uptake of a part of a series.
pub const SERIES_PARTIAL: Code = Code {
    id: "PIX-324",
    cause: "The uptake (SUV) counts from the first acquisition of the series, and only this one is known",
    hint: "Where an earlier one exists the values are wrong; keep the files of the series in one folder",
};
/// A run is filtered as it is stored.
pub const NOT_SUBTRACTED: Code = Code {
    id: "PIX-325",
    cause: "The image asks to be shown with its mask subtracted",
    hint: "The filters worked on its values as they are stored",
};
/// Luminances that are no measurement of a display.
pub const LUMINANCE: Code = Code {
    id: "PIX-340",
    cause: "The luminances can't be those of a display's levels",
    hint: "Measure in cd/m² from the darkest level to the brightest; each is brighter than the one before",
};
/// All codes of this room.
pub const ALL: &[&Code] = &[
    &LUT_UNUSABLE,
    &LUT_SHORT,
    &LUT_BITS,
    &SLOPE_ZERO,
    &WIDTH_BELOW_ONE,
    &WIDTH_INVALID,
    &WINDOW_UNPAIRED,
    &FUNCTION_UNKNOWN,
    &SHAPE_CONFLICT,
    &MODALITY_TWICE,
    &PALETTE_MISSING,
    &SHAPE_WRONG,
    &COLOUR_UNSUPPORTED,
    &NO_UPTAKE,
    &ICC_NOT_APPLIED,
    &TRUE_SIZE,
    &RESCALE_UNUSABLE,
    &WINDOW_UNREADABLE,
    &CHOICES_TOO_MANY,
    &MASK_INVALID,
    &MASK_SIZE,
    &SHUTTER_INVALID,
    &MAPPING_UNUSABLE,
    &SERIES_PARTIAL,
    &NOT_SUBTRACTED,
    &LUMINANCE,
];
