//! Codes of this room: failures and repairs of reading.

use crate::base::Code;

macro_rules! codes {
    ($($name:ident = $id:literal, $cause:literal, $hint:literal;)*) => {
        $(#[doc = $cause] pub const $name: Code = Code { id: $id, cause: $cause, hint: $hint };)*
        /// All codes of this room.
        pub const ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    EMPTY = "DCM-001", "The file is empty", "Copy it again from its origin";
    NOT_DICOM = "DCM-002", "This is not a DICOM file", "Other files on a medium, such as viewers and pictures, can be ignored";
    TRUNCATED = "DCM-003", "The file ends inside its head", "It is incomplete; copy it again from its origin";
    TOO_LARGE = "DCM-004", "The head is larger than the limit", "If the file can be trusted, raise the limit";
    TOO_DEEP = "DCM-005", "Sequences are nested deeper than the limit", "The file is damaged or made to do harm";
    TOO_MANY = "DCM-006", "There are more elements than the limit", "The file is damaged or made to do harm";
    MALFORMED = "DCM-007", "The data set can't be read", "The file is damaged; ask for it again";
    NO_PIXELS = "DCM-008", "The object has no pixels", "It is a report, a presentation state or another object without a picture";
    NO_FRAME = "DCM-009", "The frame is not in the pixel data", "The file is incomplete; copy it again from its origin";
    BOMB = "DCM-010", "Unpacking it would exceed the limit", "The file is damaged or made to do harm";
    DEFLATE = "DCM-011", "The deflated data set can't be unpacked", "The file is damaged; ask for it again";
    ZIP_BROKEN = "DCM-020", "The archive can't be read", "It is incomplete or damaged; download it again";
    ZIP_LOCKED = "DCM-021", "The archive's entry is protected by a password", "Unpack the archive with its password, then drop the folder";
    ZIP_LIMIT = "DCM-022", "The archive exceeds a limit", "Unpack it and drop the folder";
    ZIP_METHOD = "DCM-023", "The archive's entry is packed in a way that is not read here", "Unpack the archive and drop the folder";
    NO_PREAMBLE = "DCM-100", "The file has no preamble", "Read as a bare data set";
    NO_SYNTAX = "DCM-101", "The transfer syntax is missing", "Guessed from the first element";
    IMPLICIT_META = "DCM-102", "The file meta information is in implicit VR", "Read as it is";
    WRONG_SYNTAX = "DCM-103", "The data set is not in the declared encoding", "Read as its first element shows";
    CUT = "DCM-104", "The data set ends inside an element", "Elements before it are used";
    PIXELS_CUT = "DCM-105", "Pixel data ends too early", "Frames that are whole are shown";
    OFFSETS = "DCM-106", "The offset table does not fit the fragments", "Frames were found by their start markers";
    CHARSET = "DCM-108", "Texts have characters beyond the declared character set", "Read in the character set that they seem to be written in";
    NO_VR = "DCM-109", "An element's value representation is blank", "Taken from the dictionary";
    NO_ITEMS = "DCM-112", "A sequence holds something else than items", "It was left out";
    LENGTHS = "DCM-107", "The length of a sequence does not fit its items", "Read by its items";
}
