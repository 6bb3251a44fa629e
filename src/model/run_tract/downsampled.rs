//! Every n-th place of what is normalized along the same axis: tract 0.23 leaves places out before it normalizes, and then others weigh in.

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        cnn::Conv,
        downsample::Downsample,
        einsum::EinSum,
        nn::{RmsNorm, Softmax},
    },
};

/// The name of a node of a decluttered network that normalizes along an axis of which places were left out on the way there.
pub(super) fn first(model: &TypedModel) -> Option<&str> {
    model.nodes().iter().find_map(|node| {
        let axis = node.op_as::<Downsample>()?.axis;
        behind(model, node, axis)
    })
}

/// Looks behind a node as far as the axis goes: places are not left out before a product or a convolution that was behind it.
fn behind<'a>(model: &'a TypedModel, node: &TypedNode, axis: usize) -> Option<&'a str> {
    let (mut open, mut seen) = (vec![node.id], vec![false; model.nodes().len()]);
    while let Some(id) = open.pop() {
        for to in model.node(id).outputs.iter().flat_map(|o| &o.successors) {
            let next = model.node(to.node);
            let softmax = next.op_as::<Softmax>();
            let norm = next.op_as::<RmsNorm>();
            if softmax.is_some_and(|s| s.axes.contains(&axis))
                || norm.is_some_and(|n| n.axis == axis)
            {
                return Some(&next.name);
            }
            let ends = next.op_is::<Conv>() || next.op_is::<EinSum>();
            if !ends && !std::mem::replace(&mut seen[to.node], true) {
                open.push(to.node);
            }
        }
    }
    None
}
