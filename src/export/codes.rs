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
/// A directory is not copied without identity.
pub const NOT_COPIED: Code = Code {
    id: "IO-305",
    cause: "A DICOM directory is not copied: it lists every patient and every file",
    hint: "Copies are opened without one; a new one can be made of them",
};
/// A copy that was not wanted.
pub const LEFT_OUT: Code = Code {
    id: "IO-306",
    cause: "Pictures that may show text about the patient were left out, as asked",
    hint: "Look at them; what shows none can be copied by itself",
};
/// Options of the profile that are none, or exclude each other.
pub const NO_OPTION: Code = Code {
    id: "IO-307",
    cause: "There is no such option of the confidentiality profile, or two exclude each other",
    hint: "Full dates and modified dates exclude each other; reload the page",
};
/// Nothing, or frames of several studies, as key images.
pub const NO_KEYS: Code = Code {
    id: "IO-308",
    cause: "Key images have to be images of one study",
    hint: "Mark images of one study, at least one, and save them by themselves",
};
/// Burned In Annotation is YES.
pub const BURNED_IN: Code = Code {
    id: "IO-311",
    cause: "The pixels hold text about the patient, as the file itself says",
    hint: "Pixels are copied as they are: look at each picture before it leaves",
};
/// It is not NO, and the kind of picture often has text.
pub const MAY_BE_BURNED_IN: Code = Code {
    id: "IO-312",
    cause: "Pictures of this kind often hold names, dates or numbers in their pixels",
    hint: "Pixels are copied as they are: look at each picture before it leaves",
};
/// A head's volume.
pub const FACE: Code = Code {
    id: "IO-313",
    cause: "A face may be recognised in a volume of a head",
    hint: "Faces are not removed: share such volumes only where that is agreed",
};
/// A codestream with a text of its own.
pub const STREAM_COMMENT: Code = Code {
    id: "IO-314",
    cause: "The compressed pixels carry a comment or data of another program",
    hint: "They are copied as they are: decode and write them anew where that may identify",
};
/// Overlay planes in unused bits of the pixels.
pub const PLANES_IN_PIXELS: Code = Code {
    id: "IO-315",
    cause: "Overlay planes lie in unused bits of the pixels and were copied with them",
    hint: "Look at them in the original: they may hold text",
};
/// An encapsulated document.
pub const DOCUMENT_EMPTIED: Code = Code {
    id: "IO-316",
    cause: "A document inside of the file was taken out",
    hint: "What it says about the patient cannot be told by a program",
};
/// All codes of this room.
pub const ALL: &[&Code] = &[
    &NOT_ENCODED,
    &FORMAT_UNKNOWN,
    &NO_IDENTITY,
    &NOT_IN_FINDING,
    &NOT_COPIED,
    &LEFT_OUT,
    &NO_OPTION,
    &NO_KEYS,
    &BURNED_IN,
    &MAY_BE_BURNED_IN,
    &FACE,
    &STREAM_COMMENT,
    &PLANES_IN_PIXELS,
    &DOCUMENT_EMPTIED,
];
