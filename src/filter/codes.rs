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
/// All codes of this room.
pub const ALL: &[&Code] = &[&UNKNOWN, &PARAMETER];
