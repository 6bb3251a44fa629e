//! Concat and QLinearConcat.

use crate::model::engine::{
    build::{Builder, Lay},
    look::clipped,
    op::{Op, Target, View},
    value::{Is, Live, Value},
};
use crate::model::{
    kernels::{Quant, Table},
    onnx::Node,
};

/// Runs of each input, one after the other.
#[derive(Debug)]
struct Concat {
    /// Values of each input's run.
    runs: Vec<usize>,
    /// For bytes: what each input's bytes become.
    tables: Vec<Table>,
}

impl Op for Concat {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let whole: usize = self.runs.iter().sum();
        if whole == 0 {
            return Some(());
        }
        match output {
            Target::Floats(to) => {
                let mut first = 0;
                for (x, &run) in inputs.iter().zip(&self.runs) {
                    let x = x.floats()?;
                    if run == 0 {
                        continue;
                    }
                    for (to, x) in to.chunks_exact_mut(whole).zip(x.chunks_exact(run)) {
                        to.get_mut(first..first + run)?.copy_from_slice(x);
                    }
                    first += run;
                }
            }
            Target::Bytes(to) => {
                let mut first = 0;
                for ((x, &run), table) in inputs.iter().zip(&self.runs).zip(&self.tables) {
                    if run > 0 {
                        table.apply_into(x.bytes()?, run, to, whole, first)?;
                    }
                    first += run;
                }
            }
        }
        Some(())
    }
}

fn all(
    b: &mut Builder<'_>,
    inputs: Vec<(Live, Option<Quant>)>,
    axis: i64,
    to: Option<Quant>,
) -> Lay<Live> {
    let wrong = |b: &Builder<'_>| b.refuse("inputs that do not fit together");
    let Some((head, _)) = inputs.first() else {
        return Err(wrong(b));
    };
    let rank = head.dims.len();
    let axis = b.axis(axis, rank)?;
    let mut dims = head.dims.clone();
    let mut size = 0_usize;
    for (x, _) in &inputs {
        let same = x.dims.len() == rank
            && x.dims
                .iter()
                .zip(&dims)
                .enumerate()
                .all(|(a, (m, n))| a == axis || m == n);
        if !same {
            return Err(wrong(b));
        }
        size = size.saturating_add(x.dims.get(axis).copied().unwrap_or_default());
    }
    *dims.get_mut(axis).ok_or_else(|| b.refuse("axis"))? = size;
    let last = rank >= 2 && inputs.iter().any(|(x, _)| x.last);
    let (mut runs, mut tables, mut own) = (vec![], vec![], vec![]);
    for (x, from) in inputs {
        let x = if last { b.last(x)? } else { b.plain(x)? };
        let at = x.axis(axis);
        runs.push(x.physical().iter().skip(at).product());
        if let (Some(from), Some(to)) = (from, to) {
            tables.push(Table::requantized(from, to));
        }
        own.push(x);
    }
    let is = to.map_or(Is::Floats, |to| Is::Bytes {
        signed: to.signed(),
    });
    let inputs: Vec<&Live> = own.iter().collect();
    b.step(Concat { runs, tables }, &inputs, dims, last, is)
}

/// Concat, of floats or between DequantizeLinear and QuantizeLinear.
pub(in crate::model::engine) fn lay<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let axis = node.int("axis", 1);
    let mut inputs = vec![];
    for at in 0..node.inputs.len() {
        let x = b.input(node, at)?;
        // What has no value is left out.
        if x.dims().iter().product::<usize>() > 0 || inputs.is_empty() {
            inputs.push(x);
        }
    }
    let quants: Option<Vec<(Live, Option<Quant>)>> = inputs
        .iter()
        .map(|x| match x {
            Value::Live(
                x @ Live {
                    is: Is::Quantized(quant),
                    ..
                },
            ) => Some((x.clone(), Some(*quant))),
            _ => None,
        })
        .collect();
    if let (Some(inputs), Some(&name)) = (quants, node.outputs.first())
        && let Some((name, quant, activation)) = b.quantized_next(name)
        && let Some(to) = clipped(quant, activation)
    {
        let y = all(b, inputs, axis, Some(to))?;
        b.name(name, Value::Live(y));
        return Ok(());
    }
    let mut own = vec![];
    for x in inputs {
        own.push((b.floats(x)?, None));
    }
    let y = all(b, own, axis, None)?;
    b.give(node, y)
}

/// QLinearConcat: the output's scale and zero point, then each input with its own.
pub(in crate::model::engine) fn quantized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let to = b
        .quant(node, 0, 1)
        .ok_or_else(|| b.refuse("the output's scale or zero point"))?;
    let mut inputs = vec![];
    for at in (2..node.inputs.len()).step_by(3) {
        let (x, quant) = super::quant::operand(b, node, at)?;
        inputs.push((x, Some(quant)));
    }
    let y = all(b, inputs, node.int("axis", 1), Some(to))?;
    b.give(node, y)
}
