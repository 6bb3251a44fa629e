//! What tract 0.23 computes otherwise than ONNX defines, without a word: a network that has one of these is refused rather than run.
//!
//! `tests/onnx_variants.rs` holds both runtimes against onnxruntime in many forms of each operator, and found these.

use crate::model::onnx::{Attribute, Graph, Model, Node};

/// An operator, when it is doubted, and what is wrong then.
type Row = (
    &'static [&'static str],
    fn(&Node<'_>, i64) -> bool,
    &'static str,
);

const ROWS: &[Row] = &[
    (
        &["LSTM", "GRU", "RNN"],
        |n, _| n.text("direction", "forward") == "reverse",
        "runs forward for direction `reverse`",
    ),
    (
        &["LSTM", "GRU", "RNN"],
        |n, _| n.attribute("clip").is_some(),
        "leaves `clip` out",
    ),
    (
        &["LSTM", "GRU", "RNN"],
        other_activations,
        "takes the usual activations for others",
    ),
    (
        &["LSTM"],
        |n, _| n.int("input_forget", 0) != 0,
        "leaves `input_forget` out",
    ),
    (
        &["GlobalLpPool"],
        |_, _| true,
        "gives a mean of another kind",
    ),
    (
        &["Pad"],
        |n, _| n.text("mode", "constant") != "constant" && given(n, 2),
        "pads with the constant in every mode",
    ),
    (&["Mod"], |_, _| true, "mixes up operands and signs"),
    (
        &["Resize"],
        |n, _| coordinates(n) == "tf_crop_and_resize",
        "leaves the region out",
    ),
    (
        &["Resize"],
        |n, _| n.int("antialias", 0) != 0 && coordinates(n) == "align_corners",
        "weighs otherwise with `antialias`",
    ),
    (
        &["Resize"],
        |n, opset| opset < 11 && n.text("mode", "nearest") == "nearest",
        "takes other neighbours before operator set 11",
    ),
    (
        &["GridSample"],
        |n, _| {
            matches!(n.text("mode", "linear"), "bicubic" | "cubic")
                && n.text("padding_mode", "zeros") == "border"
        },
        "leaves the border out",
    ),
    (
        &["Einsum"],
        |n, _| n.text("equation", "").trim_end().ends_with("->"),
        "does not sum to a single number",
    ),
    (
        &["MaxPool", "AveragePool"],
        |n, _| n.int("ceil_mode", 0) != 0 && n.text("auto_pad", "NOTSET") == "VALID",
        "rounds down for `ceil_mode`",
    ),
    (
        &["DFT"],
        |n, _| n.int("inverse", 0) != 0 && n.int("onesided", 0) != 0,
        "transforms half a spectrum back otherwise",
    ),
    (
        &["SpaceToDepth"],
        |n, _| n.text("mode", "DCR") != "DCR",
        "takes one order for every mode",
    ),
    (
        &[
            "ReduceMax",
            "ReduceMin",
            "ReduceMean",
            "ReduceSum",
            "ReduceProd",
        ],
        |n, _| n.ints("axes").is_some_and(<[_]>::is_empty),
        "reduces nothing where `axes` is empty",
    ),
];

fn given(node: &Node<'_>, input: usize) -> bool {
    node.inputs.get(input).is_some_and(|name| !name.is_empty())
}

fn coordinates<'a>(node: &'a Node<'_>) -> &'a str {
    node.text("coordinate_transformation_mode", "half_pixel")
}

/// Activations other than those that stand where the file names none; one set for each direction.
fn other_activations(node: &Node<'_>, _: i64) -> bool {
    let usual: &[&str] = match node.op {
        "LSTM" => &["Sigmoid", "Tanh", "Tanh"],
        "GRU" => &["Sigmoid", "Tanh"],
        _ => &["Tanh"],
    };
    match node.attribute("activations") {
        None => false,
        Some(Attribute::Texts(all)) => {
            let mut pairs = all.iter().zip(usual.iter().cycle());
            pairs.any(|(found, usual)| *found != usual.as_bytes())
        }
        Some(_) => true,
    }
}

/// The first node of a network, or of a graph within it, that tract computes otherwise; in words.
pub(super) fn first(model: &Model<'_>) -> Option<String> {
    within(&model.graph, model.opset(""))
}

fn within(graph: &Graph<'_>, opset: i64) -> Option<String> {
    graph.nodes.iter().find_map(|node| {
        let row = (node.domain.is_empty() || node.domain == "ai.onnx")
            .then(|| {
                ROWS.iter()
                    .find(|(ops, doubted, _)| ops.contains(&node.op) && doubted(node, opset))
            })
            .flatten();
        row.map(|(_, _, why)| format!("{} `{}`: tract {why}", node.op, node.name))
            .or_else(|| {
                node.attributes.iter().find_map(|(_, value)| match value {
                    Attribute::Graph(graph) => within(graph, opset),
                    _ => None,
                })
            })
    })
}
