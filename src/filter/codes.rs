//! Codes of this room.

use crate::base::Code;

/// The name is in no list.
pub const UNKNOWN: Code = Code {
    id: "FLT-001",
    cause: "There is no such filter",
    hint: "Choose one of the list",
};
/// A parameter is unknown or out of its range.
pub const PARAMETER: Code = Code {
    id: "FLT-002",
    cause: "The filter does not take this value",
    hint: "Choose a value within the range",
};
/// A threshold was expected.
pub const NO_MASK: Code = Code {
    id: "FLT-003",
    cause: "This filter does not say which pixels belong to a region",
    hint: "End with one that does: otsu, threshold, adaptive, canny",
};
/// A colour frame.
pub const NO_GREY: Code = Code {
    id: "FLT-004",
    cause: "The image has colours, not grey values",
    hint: "Regions can be searched in grey images only",
};
/// A plane or a picture of a volume.
pub const NO_IMAGE: Code = Code {
    id: "FLT-005",
    cause: "A volume is shown here, not an image",
    hint: "Regions are searched in images: leave the volume first",
};
/// No adapter, or one that refuses.
pub const NO_GPU: Code = Code {
    id: "GPU-001",
    cause: "There is no graphics processor that can be used",
    hint: "The same picture is made without it, only slower; nothing needs to be done",
};
/// The device went away.
pub const GPU_LOST: Code = Code {
    id: "GPU-002",
    cause: "The graphics processor was lost while it worked",
    hint: "The picture is made again without it; nothing needs to be done",
};
/// More than its limits allow.
pub const GPU_TOO_LARGE: Code = Code {
    id: "GPU-003",
    cause: "The image is larger than the graphics processor takes",
    hint: "The same picture is made without it, only slower; nothing needs to be done",
};
/// All codes of this room.
pub const ALL: &[&Code] = &[
    &UNKNOWN,
    &PARAMETER,
    &NO_MASK,
    &NO_GREY,
    &NO_IMAGE,
    &NO_GPU,
    &GPU_LOST,
    &GPU_TOO_LARGE,
];
