//! Codes of key points and registration.

use crate::base::Code;

/// Nobody waits any more.
pub const CANCELLED: Code = Code {
    id: "REG-001",
    cause: "The comparison was cancelled",
    hint: "Start it again",
};
/// Nothing to hold on to.
pub const NO_STRUCTURE: Code = Code {
    id: "REG-002",
    cause: "A picture has too few places that can be found again",
    hint: "It is blank, very smooth or very small; choose another frame",
};
/// Hardly anything looks alike.
pub const FEW_MATCHES: Code = Code {
    id: "REG-003",
    cause: "Too few places of the two pictures look alike",
    hint: "They may show different things; choose frames of the same part of the body",
};
/// Matches that do not agree.
pub const NO_AGREEMENT: Code = Code {
    id: "REG-004",
    cause: "The places that look alike don't agree on one transform",
    hint: "The pictures show different things, or their difference is none that this kind of transform can describe",
};
/// On one spot or one line.
pub const DEGENERATE: Code = Code {
    id: "REG-005",
    cause: "The places that agree lie on one spot or one line",
    hint: "Allow a simpler transform, or choose frames that share more",
};
/// Agreeing on what nobody would believe.
pub const IMPLAUSIBLE: Code = Code {
    id: "REG-006",
    cause: "The transform that was found is not plausible",
    hint: "It enlarges, shears or mirrors more than two pictures of one thing differ; they may show different things",
};
/// Not a volume.
pub const NO_VOLUME: Code = Code {
    id: "REG-007",
    cause: "The series is no volume that can be registered in space",
    hint: "It needs at least four slices on a regular grid; single frames are compared by their key points",
};
/// All the same.
pub const BLANK: Code = Code {
    id: "REG-008",
    cause: "A volume has nothing in it: all values are the same",
    hint: "Choose another series",
};
/// Hardly any common place.
pub const NO_OVERLAP: Code = Code {
    id: "REG-009",
    cause: "The two overlap too little",
    hint: "They may show different parts of the body",
};
/// Each start ends elsewhere.
pub const NO_CONSENSUS: Code = Code {
    id: "REG-010",
    cause: "Different starts lead to different results, none of which is clearly the best",
    hint: "The two may show different things, or have too little structure in common",
};
/// No better than by chance.
pub const NO_INFORMATION: Code = Code {
    id: "REG-011",
    cause: "The values of the two say hardly anything about each other",
    hint: "They may show different things, or have too little structure in common",
};
/// Too large.
pub const TOO_LARGE: Code = Code {
    id: "REG-012",
    cause: "It is too large to be compared",
    hint: "Choose smaller frames, or allow more",
};
/// Size and values do not fit each other, or places are no numbers.
pub const NO_GRID: Code = Code {
    id: "REG-013",
    cause: "The values don't lie on a grid that can be used",
    hint: "The file is damaged, or lacks its place in the patient",
};
/// Gradients and bits.
pub const KINDS_DIFFER: Code = Code {
    id: "REG-014",
    cause: "The key points of the two pictures are of different kinds",
    hint: "Find both with the same descriptor",
};
/// All codes of key points and registration.
pub const ALL: &[&Code] = &[
    &CANCELLED,
    &NO_STRUCTURE,
    &FEW_MATCHES,
    &NO_AGREEMENT,
    &DEGENERATE,
    &IMPLAUSIBLE,
    &NO_VOLUME,
    &BLANK,
    &NO_OVERLAP,
    &NO_CONSENSUS,
    &NO_INFORMATION,
    &TOO_LARGE,
    &NO_GRID,
    &KINDS_DIFFER,
];
