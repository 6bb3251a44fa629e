//! Codes of this room.

use crate::base::Code;

/// An encoder refused.
pub const NOT_ENCODED: Code = Code {
    id: "IO-301",
    cause: "The picture could not be written in this format",
    hint: "Choose another format or a smaller size",
};
/// A file name's end says no known format.
pub const FORMAT_UNKNOWN: Code = Code {
    id: "IO-302",
    cause: "The format of the output is unknown",
    hint: "Use .png, .jpg, .webp or .npy",
};
/// The source has no UIDs that a result could refer to.
pub const NO_IDENTITY: Code = Code {
    id: "IO-303",
    cause: "The images lack an identifier that a DICOM result has to refer to",
    hint: "Save the result as JSON or as a picture, or ask for images with valid UIDs",
};
/// A result that a finding does not have.
pub const NOT_IN_FINDING: Code = Code {
    id: "IO-304",
    cause: "The analysis has no result of this kind",
    hint: "Segmentations have a label map, explained scores a heatmap; choose a kind that fits the model",
};
/// All codes of this room.
pub const ALL: &[&Code] = &[&NOT_ENCODED, &FORMAT_UNKNOWN, &NO_IDENTITY, &NOT_IN_FINDING];
