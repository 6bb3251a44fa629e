//! Codes of this room.

use crate::base::Code;

/// The output would replace an input.
pub const OVERWRITES_INPUT: Code = Code {
    id: "IO-401",
    cause: "The output is one of the inputs",
    hint: "Choose another name; inputs are never overwritten",
};
/// The output cannot be written.
pub const NOT_WRITTEN: Code = Code {
    id: "IO-402",
    cause: "The output could not be written",
    hint: "See whether the folder exists, may be written, and has room",
};
/// No such frame.
pub const NO_SUCH_FRAME: Code = Code {
    id: "IO-403",
    cause: "The file has no such frame",
    hint: "Frames count from 1",
};
/// An argument that cannot be understood.
pub const ARGUMENT: Code = Code {
    id: "IO-404",
    cause: "An argument cannot be understood",
    hint: "See --help",
};
/// Grey values were asked of a colour image.
pub const NOT_GREY: Code = Code {
    id: "IO-405",
    cause: "The image has colours, not grey values",
    hint: "Use --values stored, or render",
};
/// Frames of one file differ.
pub const FRAMES_DIFFER: Code = Code {
    id: "IO-406",
    cause: "The frames of the file differ in size or type",
    hint: "Take them one by one with --frame",
};
/// The folder to serve is not there.
pub const NO_PAGE: Code = Code {
    id: "IO-407",
    cause: "There is no built page to serve",
    hint: "Build it with npm run build, or name its folder with --dir",
};
/// The port is taken.
pub const NO_PORT: Code = Code {
    id: "IO-408",
    cause: "The port cannot be used",
    hint: "Choose another with --port; 0 takes a free one",
};
/// A presentation state that is not about the image, or none at all.
pub const NO_STATE: Code = Code {
    id: "IO-409",
    cause: "The file is no presentation state about this frame",
    hint: "Choose the state that was made for it",
};
/// The machine gives no random bytes.
pub const NO_RANDOM: Code = Code {
    id: "IO-410",
    cause: "This machine gives no random numbers, which a secret needs",
    hint: "Give secret bytes in a file with --key-file",
};
/// All codes of this room.
pub const ALL: &[&Code] = &[
    &OVERWRITES_INPUT,
    &NOT_WRITTEN,
    &NO_SUCH_FRAME,
    &ARGUMENT,
    &NOT_GREY,
    &FRAMES_DIFFER,
    &NO_PAGE,
    &NO_PORT,
    &NO_STATE,
    &NO_RANDOM,
];
