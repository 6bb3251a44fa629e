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
];
