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
/// All codes of this room.
pub const ALL: &[&Code] = &[&NOT_ENCODED, &FORMAT_UNKNOWN];
