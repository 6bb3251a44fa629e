//! Operators that change how a tensor is read and move nothing: Reshape, Flatten, Squeeze, Unsqueeze, Identity, Cast.

use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Constant, Is, Live, Value},
};
use crate::model::onnx::Node;

/// The same values with other sizes. Channels-last memory stays where the order of the values is the same in both.
fn sized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>, dims: Vec<usize>) -> Lay<()> {
    let x = b.input(node, 0)?;
    if x.dims().iter().product::<usize>() != dims.iter().product::<usize>() {
        return Err(b.refuse("a shape of another number of values"));
    }
    match x {
        Value::Live(x) => {
            let x = b.plain(x)?;
            b.give(node, Live { dims, ..x })
        }
        Value::Constant(constant) => {
            b.charge(&constant)?;
            let values = constant
                .floats()
                .ok_or_else(|| b.refuse("a constant of another kind"))?;
            b.bind(node, Value::Constant(Constant::Floats(dims, values.into())))
        }
    }
}

/// The shape that Reshape asks for.
pub(in crate::model::engine) fn reshaped(
    b: &Builder<'_>,
    from: &[usize],
    asked: &[i64],
    zero_is_zero: bool,
) -> Lay<Vec<usize>> {
    let mut dims = vec![];
    let mut open = None;
    // No tensor has so many axes (see value.rs), and lists of lists would be long.
    if asked.len() > 64 {
        return Err(b.beyond("axes beyond all use"));
    }
    for (at, &n) in asked.iter().enumerate() {
        dims.push(match n {
            -1 if open.is_none() => {
                open = Some(at);
                1
            }
            0 if !zero_is_zero => *from
                .get(at)
                .ok_or_else(|| b.refuse("a 0 beyond the input's axes"))?,
            n => usize::try_from(n).map_err(|_| b.refuse("a size below 0"))?,
        });
    }
    if let Some(at) = open {
        let all: usize = from.iter().product();
        let rest = dims
            .iter()
            .try_fold(1_usize, |n, &d| n.checked_mul(d))
            .filter(|&n| n > 0 && all.is_multiple_of(n))
            .ok_or_else(|| b.refuse("a shape that does not divide the values"))?;
        if let Some(to) = dims.get_mut(at) {
            *to = all / rest;
        }
    }
    b.fits(&dims)?;
    Ok(dims)
}

/// Reshape.
pub(in crate::model::engine) fn reshape<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let from = b.input(node, 0)?.dims().to_vec();
    let asked = b
        .numbers(node, 1, "shape")?
        .ok_or_else(|| b.refuse("no shape"))?;
    let dims = reshaped(b, &from, &asked, node.int("allowzero", 0) != 0)?;
    sized(b, node, dims)
}

/// Flatten.
pub(in crate::model::engine) fn flatten<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let from = b.input(node, 0)?.dims().to_vec();
    let axis = node.int("axis", 1);
    let axis = if axis == from.len() as i64 {
        from.len()
    } else {
        b.axis(axis, from.len())?
    };
    let (outer, inner) = from.split_at(axis);
    sized(
        b,
        node,
        vec![outer.iter().product(), inner.iter().product()],
    )
}

/// Squeeze.
pub(in crate::model::engine) fn squeeze<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let from = b.input(node, 0)?.dims().to_vec();
    let dims = squeezed(b, &from, b.numbers(node, 1, "axes")?.as_deref())?;
    sized(b, node, dims)
}

/// Sizes without axes of size 1: those named, or all.
pub(in crate::model::engine) fn squeezed(
    b: &Builder<'_>,
    from: &[usize],
    axes: Option<&[i64]>,
) -> Lay<Vec<usize>> {
    let axes = match axes {
        Some(axes) => axes
            .iter()
            .map(|&a| b.axis(a, from.len()))
            .collect::<Lay<Vec<_>>>()?,
        None => (0..from.len())
            .filter(|&a| from.get(a) == Some(&1))
            .collect(),
    };
    if axes.iter().any(|&a| from.get(a) != Some(&1)) {
        return Err(b.refuse("an axis of another size than 1"));
    }
    Ok(from
        .iter()
        .enumerate()
        .filter(|(a, _)| !axes.contains(a))
        .map(|(_, &n)| n)
        .collect())
}

/// Unsqueeze.
pub(in crate::model::engine) fn unsqueeze<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let from = b.input(node, 0)?.dims().to_vec();
    let axes = b
        .numbers(node, 1, "axes")?
        .ok_or_else(|| b.refuse("no axes"))?;
    let dims = unsqueezed(b, &from, &axes)?;
    sized(b, node, dims)
}

/// Sizes with axes of size 1 put in.
pub(in crate::model::engine) fn unsqueezed(
    b: &Builder<'_>,
    from: &[usize],
    axes: &[i64],
) -> Lay<Vec<usize>> {
    let rank = from.len() + axes.len();
    if rank > 64 {
        return Err(b.beyond("axes beyond all use"));
    }
    let axes = axes
        .iter()
        .map(|&a| b.axis(a, rank))
        .collect::<Lay<Vec<_>>>()?;
    let mut rest = from.iter();
    let dims: Vec<usize> = (0..rank)
        .map(|a| {
            if axes.contains(&a) {
                1
            } else {
                rest.next().copied().unwrap_or(1)
            }
        })
        .collect();
    if rest.next().is_some() {
        return Err(b.refuse("an axis that is named twice"));
    }
    Ok(dims)
}

/// Identity, and Dropout as it is after training.
pub(in crate::model::engine) fn identity<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    if node
        .outputs
        .get(1)
        .is_some_and(|mask| b.readers.contains_key(mask) || b.outputs.contains(mask))
    {
        return Err(b.refuse("the mask of Dropout"));
    }
    if b.trains(node) {
        return Err(b.refuse("training"));
    }
    let x = b.input(node, 0)?;
    b.bind(node, x)
}

/// Cast between the types of floats, which here are all float32, and to whole numbers, which are floats without a fraction.
pub(in crate::model::engine) fn cast<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    match node.int("to", 0) {
        1 | 10 | 11 | 16 => {
            let x = b.floats(x)?;
            b.give(node, x)
        }
        // Who goes on to compute with whole numbers computes otherwise. What lies beyond a type's range has no defined value.
        2..=7 | 12 | 13 if b.leaves(node) => {
            let x = b.floats(x)?;
            let y = b.step(Whole, &[&x], x.dims.clone(), x.last, Is::Floats)?;
            b.give(node, y)
        }
        _ => Err(b.refuse("to a type that is no float, within the network")),
    }
}

/// Towards 0.
#[derive(Debug)]
struct Whole;

impl Op for Whole {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        for (y, v) in y.iter_mut().zip(x) {
            *y = v.trunc();
        }
        (x.len() == y.len()).then_some(())
    }
}
