//! The codes of this room.

use crate::base::Code;

/// The manifest cannot be read.
pub const MANIFEST: Code = Code {
    id: "MDL-001",
    cause: "The model's manifest cannot be used",
    hint: "Take manifest.json from the model's own folder, whole",
};
/// The model file is larger than the limit.
pub const TOO_LARGE: Code = Code {
    id: "MDL-002",
    cause: "The model's file is larger than the limit",
    hint: "Raise the limit model_bytes if you trust the file",
};
/// The model file is not the one that the manifest describes.
pub const CHECKSUM: Code = Code {
    id: "MDL-003",
    cause: "The model's file is not the one that its manifest describes",
    hint: "Copy file and manifest again from one place",
};
/// The runtime does not understand the network.
pub const NETWORK: Code = Code {
    id: "MDL-004",
    cause: "The network cannot be loaded",
    hint: "It may use operators that the runtime lacks, or be damaged",
};
/// The network failed while running.
pub const RUN: Code = Code {
    id: "MDL-005",
    cause: "The network failed while running",
    hint: "Input size and manifest may not fit together; less memory may be free than needed",
};
/// The input is none that the manifest allows.
pub const INPUT: Code = Code {
    id: "MDL-006",
    cause: "The input is none that this model was made for",
    hint: "Choose a series that the model's card names",
};
/// Cancelled by whoever waited.
pub const CANCELLED: Code = Code {
    id: "MDL-007",
    cause: "The analysis was cancelled",
    hint: "Start it again when you want its result",
};
/// The memory budget does not hold even the smallest block.
pub const MEMORY: Code = Code {
    id: "MDL-008",
    cause: "The analysis needs more memory than its budget",
    hint: "Raise the budget, or choose a smaller model",
};

/// A warning: the file does not say something that the manifest asks about.
pub const UNSAID: Code = Code {
    id: "MDL-009",
    cause: "The file does not say whether it is what this model was made for",
    hint: "Make sure of it yourself before you look at the result",
};
/// A warning: text may be burned into the picture.
pub const BURNED_IN: Code = Code {
    id: "MDL-010",
    cause: "The picture has text burned in, which the model may take for findings",
    hint: "Look whether the heatmap lies on the text",
};
/// A volume is larger than the limit.
pub const VOLUME: Code = Code {
    id: "MDL-011",
    cause: "The volume is larger than the limit",
    hint: "Choose a series with fewer or smaller slices, or raise the limit volume_voxels",
};
/// The page cannot fetch a model's file.
pub const FETCH: Code = Code {
    id: "MDL-012",
    cause: "The model could not be fetched",
    hint: "Look whether the page is still served, then try again",
};
/// The model has no explanation of that name.
pub const METHOD: Code = Code {
    id: "MDL-021",
    cause: "The model has no such explanation",
    hint: "Choose one of those that are valid for it",
};
/// The model allows no changed copies of its input.
pub const NO_CHANGES: Code = Code {
    id: "MDL-022",
    cause: "The spread of the scores can't be had as asked",
    hint: "Ask for fewer copies, or take a model whose manifest says which changes it bears",
};

/// A remark: the lungs are cut at the picture's edge.
pub const CUT: Code = Code {
    id: "MDL-023",
    cause: "The lungs reach the edge of the picture: a part of them may be cut off",
    hint: "What lies outside of the picture was not looked at",
};
/// A remark: the lungs do not lie side by side.
pub const NOT_SIDE_BY_SIDE: Code = Code {
    id: "MDL-024",
    cause: "The lungs were not found side by side as on an upright frontal chest radiograph: the picture may be turned, inverted or of something else, or a lung does not show",
    hint: "Look at the picture before you look at the result",
};
/// A remark: the lungs take up little of the picture.
pub const SMALL: Code = Code {
    id: "MDL-025",
    cause: "The lungs take up little of the picture, less than models of the chest are made for",
    hint: "Look whether the picture shows more than the chest; a picture of the chest alone would be seen more finely",
};
/// A remark: no lungs were found.
pub const NO_FIELD: Code = Code {
    id: "MDL-026",
    cause: "No lungs were found in the picture",
    hint: "Make sure that it is a frontal chest radiograph before you look at the result",
};

/// The small runtime of the page lacks operators of the network; the page takes the large one.
pub const OPERATORS: Code = Code {
    id: "MDL-013",
    cause: "The network has operators that this runtime lacks",
    hint: "The page fetches the larger runtime by itself; else take the command line",
};

/// The graphics processor does not run the network.
pub const GPU: Code = Code {
    id: "GPU-010",
    cause: "The graphics processor does not run this network",
    hint: "The same labels are made without it, only slower; nothing needs to be done",
};

/// All codes of this room.
pub const ALL: &[&Code] = &[
    &MANIFEST,
    &TOO_LARGE,
    &CHECKSUM,
    &NETWORK,
    &RUN,
    &INPUT,
    &CANCELLED,
    &MEMORY,
    &UNSAID,
    &BURNED_IN,
    &VOLUME,
    &FETCH,
    &OPERATORS,
    &METHOD,
    &NO_CHANGES,
    &GPU,
    &CUT,
    &NOT_SIDE_BY_SIDE,
    &SMALL,
    &NO_FIELD,
    &LOST,
];
/// Parts of the input are made up.
pub const LOST: Code = Code {
    id: "MDL-027",
    cause: "Parts of the image are lost",
    hint: "Nothing is computed from what is not there; ask for the file again",
};
