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
    NO_TOOL = "PIX-401", "There is no such measuring tool", "Choose one of those that are listed";
    HANDLES = "PIX-402", "The measurement has too few or too many points", "Place as many points as the tool needs";
    NOT_A_PLACE = "PIX-403", "A point of the measurement is no place near the image", "Place the points on the image";
    NO_FRAME = "PIX-404", "The image that a measurement was made on is not open", "Open the study that it belongs to";
    NOT_RESTORED = "PIX-405", "A measurement of a report or a presentation state can't be shown on its image", "Read it in the program that wrote it";
}
