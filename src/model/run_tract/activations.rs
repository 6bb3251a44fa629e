//! Activations that tract 0.23 computes otherwise than ONNX defines them, put in place of its own.

#[allow(
    clippy::wildcard_imports,
    reason = "tract's traits are meant to be taken whole"
)]
use tract_onnx::{
    Onnx,
    pb::NodeProto,
    prelude::*,
    tract_hir::{
        internal::*,
        ops::expandable::{Expansion, expand},
    },
};
use tract_onnx::{
    model::ParsingContext,
    tract_core::ops::math::{abs, add, div, exp, ln, max, min, mul, neg, sub},
};

pub(super) fn put(onnx: &mut Onnx) {
    onnx.op_register.insert("Softplus", |_, _| {
        Ok((expand(Softplus) as Box<dyn InferenceOp>, vec![]))
    });
    onnx.op_register.insert("Celu", celu);
}

fn celu(
    _: &ParsingContext<'_>,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let alpha = node.get_attr_opt("alpha")?.unwrap_or(1.0);
    Ok((expand(Celu(alpha)), vec![]))
}

/// One thing after another on one tensor of floats.
struct Steps<'a> {
    name: &'a str,
    model: &'a mut TypedModel,
    like: OutletId,
    count: usize,
}

impl Steps<'_> {
    fn number(&mut self, value: f32) -> TractResult<OutletId> {
        let rank = self.model.outlet_fact(self.like)?.rank();
        let value = tensor0(value).broadcast_into_rank(rank)?;
        self.count += 1;
        let name = format!("{}.{}", self.name, self.count);
        self.model.add_const(name, value)
    }

    fn op(
        &mut self,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> TractResult<OutletId> {
        self.count += 1;
        let name = format!("{}.{}", self.name, self.count);
        Ok(self.model.wire_node(name, op, inputs)?[0])
    }
}

fn same<'r, 'p: 'r>(
    solver: &mut Solver<'r>,
    inputs: &'p [TensorProxy],
    outputs: &'p [TensorProxy],
) -> InferenceResult {
    check_input_arity(inputs, 1)?;
    check_output_arity(outputs, 1)?;
    solver.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
    solver.equals(&inputs[0].shape, &outputs[0].shape)
}

/// ln(1 + eˣ), as max(x, 0) + ln(1 + e^−|x|): finite wherever x is.
#[derive(Debug, Clone)]
struct Softplus;

impl Expansion for Softplus {
    fn name(&self) -> StaticName {
        "Softplus".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        same(solver, inputs, outputs)
    }

    fn wire(
        &self,
        name: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let x = inputs[0];
        let mut steps = Steps {
            name,
            model,
            like: x,
            count: 0,
        };
        let (zero, one) = (steps.number(0.0)?, steps.number(1.0)?);
        let size = steps.op(abs(), &[x])?;
        let size = steps.op(neg(), &[size])?;
        let rest = steps.op(exp(), &[size])?;
        let rest = steps.op(add(), &[rest, one])?;
        let rest = steps.op(ln(), &[rest])?;
        let positive = steps.op(max(), &[x, zero])?;
        steps.model.wire_node(name, add(), &[positive, rest])
    }
}

/// max(0, x) + min(0, α (e^(x / α) − 1)).
#[derive(Debug, Clone)]
struct Celu(f32);

impl Expansion for Celu {
    fn name(&self) -> StaticName {
        "Celu".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        same(solver, inputs, outputs)
    }

    fn wire(
        &self,
        name: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let x = inputs[0];
        let mut steps = Steps {
            name,
            model,
            like: x,
            count: 0,
        };
        let (zero, one) = (steps.number(0.0)?, steps.number(1.0)?);
        let alpha = steps.number(self.0)?;
        let below = steps.op(div(), &[x, alpha])?;
        let below = steps.op(exp(), &[below])?;
        let below = steps.op(sub(), &[below, one])?;
        let below = steps.op(mul(), &[below, alpha])?;
        let below = steps.op(min(), &[below, zero])?;
        let above = steps.op(max(), &[x, zero])?;
        steps.model.wire_node(name, add(), &[above, below])
    }
}
