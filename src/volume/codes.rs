//! Codes of this room: refusals, and what is said of a volume that is not an even grid.

use crate::base::Code;

macro_rules! codes {
    ($($name:ident = $id:literal, $cause:literal, $hint:literal;)*) => {
        $(#[doc = $cause] pub const $name: Code = Code { id: $id, cause: $cause, hint: $hint };)*
        /// All codes of this room.
        pub const ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    NO_VOLUME = "PIX-451", "These images make no volume", "Planes and volumes need three or more grey images, parallel, in one line, with their positions in the patient";
    TOO_LARGE = "PIX-452", "The volume or the picture of it is larger than the limit", "If there is memory for it, raise the limit";
    BAD_PLANE = "PIX-453", "That plane cannot be computed", "Its directions must be two unit vectors at right angles, its spacing and size above 0";
    CANCELLED = "PIX-454", "The volume was given up", "Start it again";
    NO_PRESET = "PIX-455", "There is no such preset", "Choose one of the list";
    NOT_READY = "PIX-456", "The volume is not there yet", "Wait until it is complete";
    NO_SEED = "PIX-457", "No region can grow from there", "Choose a place with a value inside of the images, and a tolerance of 0 or more";
    REDUCED = "PIX-461", "The volume does not fit into the memory that it may take", "It is shown at a coarser resolution within each image";
    GAP = "PIX-462", "Images are missing inside of the volume", "The gap is left empty: nothing is invented there";
    UNEVEN = "PIX-463", "The images lie at uneven distances", "Each place is interpolated between its true neighbours";
    LOST = "PIX-465", "Parts of images in the volume are lost", "They are a plain value; do not judge the volume there";
    TILTED = "PIX-464", "The gantry was tilted", "The sheared grid is taken by its true directions";
}
