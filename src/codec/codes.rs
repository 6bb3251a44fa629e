//! Codes of this room.

use crate::base::Code;

macro_rules! codes {
    ($($name:ident = $id:literal, $cause:literal, $hint:literal;)*) => {
        $(#[doc = $cause] pub const $name: Code = Code { id: $id, cause: $cause, hint: $hint };)*
        /// All codes of this room.
        pub const ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    UNKNOWN_SYNTAX = "PIX-001", "The transfer syntax is unknown", "Ask for the study in a standard transfer syntax";
    NOT_BUILT = "PIX-002", "The transfer syntax is not decoded yet", "Ask for the study uncompressed or in another compression";
    TOO_SHORT = "PIX-003", "The frame has too few bytes", "The file is incomplete; copy it again from its origin";
    DAMAGED = "PIX-004", "The compressed frame is damaged", "Ask for the file again";
    SIZE_DIFFERS = "PIX-005", "The compressed frame has another size than its attributes say", "The file is damaged or wrongly made; ask for it again";
    TOO_LARGE = "PIX-006", "The frame is larger than the limit", "If the file can be trusted, raise the limit";
    BAD_LAYOUT = "PIX-007", "The attributes of the pixels contradict each other", "The file is damaged or wrongly made; ask for it again";
    KIND = "PIX-008", "This kind of compressed frame is not decoded yet", "Ask for the study uncompressed or in JPEG 2000";
    NOT_LOADED = "PIX-009", "The decoder for this compression could not be loaded", "Look whether the page is still served, then try again";
    NO_VIDEO = "PIX-010", "This browser has no decoder for the video", "Open it in a browser that plays this kind of video, or ask for the images in another compression";
    NO_PICTURE = "PIX-011", "The video ends before this frame", "The file is incomplete or wrongly made; ask for it again";
    SHORT_SEGMENT = "PIX-100", "A run-length segment is short", "Missing samples are 0";
    SIGN = "PIX-101", "The codestream's sign contradicts Pixel Representation", "Read as signed, which one of the two says";
    CUT = "PIX-102", "The compressed frame ends early", "What was there is shown";
    SIZE = "PIX-103", "The compressed frame's size contradicts Rows and Columns", "Shown at its own size; lengths in mm may be wrong";
    COLOURS = "PIX-104", "The compressed frame's colours contradict the Photometric Interpretation", "Shown as the compressed frame says";
    PICTURES = "PIX-105", "The number of pictures in the video contradicts Number of Frames", "Frames are its pictures in order, as far as there are any";
    MATRIX = "PIX-106", "The video does not say how its colours are meant", "Taken as is usual for its size";
    ANOTHER = "PIX-107", "The frame is of another kind than the transfer syntax says", "Decoded as its first bytes show";
    SPECTRUM = "PIX-110", "A JPEG scan announces an impossible range of coefficients", "All coefficients were read, which is how such files are meant";
    LOST = "PIX-111", "Parts of the compressed frame are damaged", "Lost parts are grey; do not judge the picture by them";
}
