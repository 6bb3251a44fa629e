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
    NO_SIZE = "PIX-020", "Rows or Columns are missing or 0", "The file is damaged or wrongly made; ask for it again";
    BITS = "PIX-021", "The bits of a pixel contradict each other", "The file is damaged or wrongly made; ask for it again";
    SAMPLES = "PIX-022", "Samples per Pixel is not 1 or 3", "Ask for the picture in another form";
    PHOTOMETRIC = "PIX-023", "The Photometric Interpretation is retired or unknown", "Ask for the picture in another form";
    FRAME_LIMIT = "PIX-024", "The frame is larger than the limit", "If the file can be trusted, raise the limit";
    GUESSED_PHOTOMETRIC = "PIX-120", "The Photometric Interpretation is missing", "Read as MONOCHROME2, or RGB for three samples";
    PLANE_SHORT = "PIX-122", "An overlay plane has too few bits", "The plane is not shown";
    PLANE_NONE = "PIX-123", "An overlay plane has no data that can be read here", "The plane is not shown";
    BITS_GUESSED = "PIX-124", "Attributes that describe the pixels are missing", "The usual values were taken";
    DIRECTIONS = "PIX-125", "The directions of the image plane are no unit vectors at right angles", "They were brought to what is nearest, or left out; the stack is not taken as a volume";
    REGION_INVALID = "PIX-126", "An ultrasound region has no place in the image", "It was left out: nothing is measured by it";
    STACKS_MIXED = "PIX-127", "Several images lie at one position, and nothing tells which belong together", "They were put into stacks by their order; such a stack is not taken as a volume";
    PACKED = "PIX-128", "Pixels of 12 bits lie without a gap between them, as before DICOM asked for whole bytes", "They were spread to 16 bits";
    UNFRAMED = "PIX-129", "The compressed frame lies in Pixel Data as it is, without a fragment around it", "Read as one frame";
    FILES_MISSING = "DCM-110", "The medium's directory (DICOMDIR) names files that are not here", "What is here is shown; copy the whole medium";
    MIXED_PATIENT = "PIX-121", "One study has several patients", "They are listed apart";
}
