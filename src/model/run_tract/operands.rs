//! A constant minus, or over, the result of a convolution: tract 0.23 folds the constant into weights and bias as if it stood second.

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        binary::TypedBinOp,
        math::{Div, Sub, add, div, neg},
    },
};

/// c − y as c + (−y), and c / y as (−c) / (−y): the same to the last bit, and no form that is folded. `model` is as it was read.
pub(super) fn turn(model: &mut TypedModel) -> TractResult<()> {
    let nodes: Vec<usize> = model.nodes().iter().map(|n| n.id).collect();
    for id in nodes {
        if let Some(patch) = turned(model, model.node(id))? {
            patch.apply(model)?;
        }
    }
    Ok(())
}

fn turned(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
    let Some(op) = node.op_as::<TypedBinOp>() else {
        return Ok(None);
    };
    let minus = op.0.is::<Sub>();
    let &[c, y] = node.inputs.as_slice() else {
        return Ok(None);
    };
    let live = model.outlet_fact(y)?.konst.is_none();
    if !(minus || op.0.is::<Div>()) || !live || !model.outlet_fact(y)?.datum_type.is_float() {
        return Ok(None);
    }
    let mut patch = TypedModelPatch::default();
    let mut c = patch.tap_model(model, c)?;
    let y = patch.tap_model(model, y)?;
    let y = patch.wire_node(format!("{}.neg", node.name), neg(), &[y])?[0];
    let op = if minus {
        add()
    } else {
        c = patch.wire_node(format!("{}.other", node.name), neg(), &[c])?[0];
        div()
    };
    let made = patch.wire_node(&node.name, op, &[c, y])?[0];
    patch.shunt_outside(model, node.id.into(), made)?;
    Ok(Some(patch))
}
