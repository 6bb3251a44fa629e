//! Functions of two values, with ONNX's broadcasting; in bytes where both are quantized and the result is.

use super::copy::{broadcast, strides};
use crate::model::engine::{
    build::{Builder, Lay},
    look::clipped,
    op::{Op, Target, View},
    value::{Constant, Is, Live, Value},
};
use crate::model::{
    kernels::{Pair, Quant, pair_q8},
    onnx::Node,
};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
    Prelu,
}

impl Binary {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Add" | "Sum" | "Mean" => Self::Add,
            "Sub" => Self::Sub,
            "Mul" => Self::Mul,
            "Div" => Self::Div,
            "Pow" => Self::Pow,
            "Min" => Self::Min,
            "Max" => Self::Max,
            _ => return None,
        })
    }
}

/// Sizes of the output and, for each, steps in the two inputs (0 where one is repeated), with axes that go together made one.
#[derive(Debug)]
struct Steps {
    sizes: Vec<usize>,
    first: Vec<usize>,
    second: Vec<usize>,
}

impl Steps {
    /// Sizes in the order of memory, of equal number.
    fn new(to: &[usize], first: &[usize], second: &[usize]) -> Self {
        let steps = |of: &[usize]| -> Vec<usize> {
            of.iter()
                .zip(strides(of))
                .map(|(&n, s)| if n == 1 { 0 } else { s })
                .collect()
        };
        let mut all = Self {
            sizes: vec![],
            first: vec![],
            second: vec![],
        };
        for (&n, (f, s)) in to.iter().zip(steps(first).into_iter().zip(steps(second))) {
            if n == 1 {
                continue;
            }
            if let (Some(size), Some(a), Some(b)) = (
                all.sizes.last_mut(),
                all.first.last_mut(),
                all.second.last_mut(),
            ) && *a == f * n
                && *b == s * n
            {
                *size *= n;
                *a = f;
                *b = s;
                continue;
            }
            all.sizes.push(n);
            all.first.push(f);
            all.second.push(s);
        }
        if all.sizes.is_empty() {
            all.sizes.push(1);
            all.first.push(0);
            all.second.push(0);
        }
        all
    }

    /// Calls `row` for each run of the last axis: where it starts in the inputs and the output.
    fn rows(&self, mut row: impl FnMut(usize, usize, usize) -> Option<()>) -> Option<()> {
        let outer = self.sizes.len() - 1;
        let inner = self.sizes.last().copied()?;
        let count: usize = self.sizes.iter().take(outer).product();
        let mut index = vec![0_usize; outer];
        let (mut a, mut b) = (0, 0);
        for at in 0..count {
            row(a, b, at * inner)?;
            for axis in (0..outer).rev() {
                let (size, i) = (self.sizes.get(axis)?, index.get_mut(axis)?);
                let (f, s) = (self.first.get(axis)?, self.second.get(axis)?);
                *i += 1;
                a += f;
                b += s;
                if *i < *size {
                    break;
                }
                a -= f * size;
                b -= s * size;
                *i = 0;
            }
        }
        Some(())
    }

    fn each(
        &self,
        x: &[f32],
        y: &[f32],
        to: &mut [f32],
        of: impl Fn(f32, f32) -> f32,
    ) -> Option<()> {
        let n = self.sizes.last().copied()?;
        let (f, s) = (self.first.last().copied()?, self.second.last().copied()?);
        self.rows(|a, b, c| {
            let to = to.get_mut(c..c + n)?;
            match (f, s) {
                (1, 1) => {
                    for (to, (x, y)) in to
                        .iter_mut()
                        .zip(x.get(a..a + n)?.iter().zip(y.get(b..b + n)?))
                    {
                        *to = of(*x, *y);
                    }
                }
                (1, 0) => {
                    let y = *y.get(b)?;
                    for (to, x) in to.iter_mut().zip(x.get(a..a + n)?) {
                        *to = of(*x, y);
                    }
                }
                (0, 1) => {
                    let x = *x.get(a)?;
                    for (to, y) in to.iter_mut().zip(y.get(b..b + n)?) {
                        *to = of(x, *y);
                    }
                }
                _ => {
                    for (i, to) in to.iter_mut().enumerate() {
                        *to = of(*x.get(a + i * f)?, *y.get(b + i * s)?);
                    }
                }
            }
            Some(())
        })
    }
}

#[derive(Debug)]
struct Floats {
    of: Binary,
    steps: Steps,
}

impl Op for Floats {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y, to) = (
            inputs.first()?.floats()?,
            inputs.get(1)?.floats()?,
            output.floats()?,
        );
        let each = &self.steps;
        match self.of {
            Binary::Add => each.each(x, y, to, |a, b| a + b),
            Binary::Sub => each.each(x, y, to, |a, b| a - b),
            Binary::Mul => each.each(x, y, to, |a, b| a * b),
            Binary::Div => each.each(x, y, to, |a, b| a / b),
            Binary::Pow => each.each(x, y, to, power),
            // What is no number stays, as in ONNX.
            Binary::Min => each.each(x, y, to, |a, b| if a.is_nan() || a < b { a } else { b }),
            Binary::Max => each.each(x, y, to, |a, b| if a.is_nan() || a > b { a } else { b }),
            Binary::Prelu => each.each(x, y, to, |a, b| if a < 0.0 { a * b } else { a }),
        }
    }
}

fn power(a: f32, b: f32) -> f32 {
    if b == 2.0 { a * a } else { libm::powf(a, b) }
}

/// Both operands and their output's sizes, in one order of memory: channels last where one of them has it so and the other can.
fn together(b: &mut Builder<'_>, first: Live, second: Live) -> Lay<(Live, Live, Vec<usize>, bool)> {
    let dims = broadcast(&first.dims, &second.dims)
        .ok_or_else(|| b.refuse("shapes that do not fit together"))?;
    let rank = dims.len();
    let last = (first.last || second.last) && rank >= 2;
    // Axes of size 1 in front, as broadcasting has them.
    let padded = |b: &mut Builder<'_>, x: Live| -> Lay<Live> {
        if x.dims.len() == rank {
            return Ok(x);
        }
        let x = b.plain(x)?;
        let mut own = vec![1; rank - x.dims.len()];
        own.extend(&x.dims);
        Ok(Live { dims: own, ..x })
    };
    let (first, second) = (padded(b, first)?, padded(b, second)?);
    let (first, second) = if last {
        (b.last(first)?, b.last(second)?)
    } else {
        (b.plain(first)?, b.plain(second)?)
    };
    Ok((first, second, dims, last))
}

fn floats(b: &mut Builder<'_>, of: Binary, first: Live, second: Live) -> Lay<Live> {
    let (first, second, dims, last) = together(b, first, second)?;
    let to = Live {
        slot: 0,
        dims: dims.clone(),
        last,
        is: Is::Floats,
    };
    let steps = Steps::new(&to.physical(), &first.physical(), &second.physical());
    b.step(
        Floats { of, steps },
        &[&first, &second],
        dims,
        last,
        Is::Floats,
    )
}

/// The sum of two tensors.
pub(super) fn sum(b: &mut Builder<'_>, first: Live, second: Live) -> Lay<Live> {
    floats(b, Binary::Add, first, second)
}

#[derive(Debug)]
struct Bytes {
    by: Pair,
    quants: [Quant; 3],
}

impl Op for Bytes {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.bytes()?, inputs.get(1)?.bytes()?);
        pair_q8(self.by, self.quants, x, y, output.bytes()?)
    }
}

fn bytes<'a>(
    b: &mut Builder<'a>,
    name: &'a str,
    by: Pair,
    (first, p): (Live, Quant),
    (second, q): (Live, Quant),
    to: Quant,
) -> Lay<()> {
    let is = Is::Bytes {
        signed: to.signed(),
    };
    let y = if first.dims == second.dims {
        let (first, second, dims, last) = together(b, first, second)?;
        b.step(
            Bytes {
                by,
                quants: [p, q, to],
            },
            &[&first, &second],
            dims,
            last,
            is,
        )?
    } else {
        // Broadcasting is done in floats.
        let of = if by == Pair::Sum {
            Binary::Add
        } else {
            Binary::Mul
        };
        let first = b.floats(Value::Live(Live {
            is: Is::Quantized(p),
            ..first
        }))?;
        let second = b.floats(Value::Live(Live {
            is: Is::Quantized(q),
            ..second
        }))?;
        let y = floats(b, of, first, second)?;
        super::quant::bytes(b, &y, to)?
    };
    b.name(name, Value::Live(y));
    Ok(())
}

/// Add, Sub, Mul, Div, Pow.
pub(in crate::model::engine) fn lay<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let of = Binary::of(node.op).ok_or_else(|| b.refuse("no such function"))?;
    if node.int("broadcast", 0) != 0 {
        return Err(b.refuse("broadcasting as before operator set 7"));
    }
    let (first, second) = (b.input(node, 0)?, b.input(node, 1)?);
    if let (Value::Live(x), Value::Live(y)) = (&first, &second)
        && let (Is::Quantized(p), Is::Quantized(q)) = (x.is, y.is)
        && let Some(by) = match of {
            Binary::Add => Some(Pair::Sum),
            Binary::Mul => Some(Pair::Product),
            _ => None,
        }
        && x.dims == y.dims
        && let Some(&name) = node.outputs.first()
        && let Some((name, quant, activation)) = b.quantized_next(name)
        && let Some(to) = clipped(quant, activation)
    {
        return bytes(b, name, by, (x.clone(), p), (y.clone(), q), to);
    }
    // A power may be a whole number.
    let second = match second {
        Value::Constant(c) if of == Binary::Pow => match c.ints() {
            Some(v) => Value::Constant(Constant::Floats(
                c.dims().to_vec(),
                v.into_iter().map(|v| v as f32).collect(),
            )),
            None => Value::Constant(c),
        },
        other => other,
    };
    let (first, second) = (b.floats(first)?, b.floats(second)?);
    let y = floats(b, of, first, second)?;
    b.give(node, y)
}

/// Min, Max, Sum and Mean of any number of tensors.
pub(in crate::model::engine) fn many<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let of = Binary::of(node.op).ok_or_else(|| b.refuse("no such function"))?;
    let value = b.input(node, 0)?;
    let mut all = b.floats(value)?;
    for at in 1..node.inputs.len() {
        let next = b.input(node, at)?;
        let next = b.floats(next)?;
        all = floats(b, of, all, next)?;
    }
    if node.op == "Mean" {
        let count = Constant::Floats(vec![], [node.inputs.len() as f32].into());
        let count = b.hold(&count)?;
        all = floats(b, Binary::Div, all, count)?;
    }
    b.give(node, all)
}

/// PRelu.
pub(in crate::model::engine) fn prelu<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let (x, slope) = (b.input(node, 0)?, b.input(node, 1)?);
    if b.opset(node) < 7 && slope.dims().iter().product::<usize>() != 1 {
        return Err(b.refuse("slopes as before operator set 7"));
    }
    let (x, slope) = (b.floats(x)?, b.floats(slope)?);
    let y = floats(b, Binary::Prelu, x, slope)?;
    b.give(node, y)
}

/// QLinearAdd and QLinearMul.
pub(in crate::model::engine) fn quantized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let by = if node.op == "QLinearAdd" {
        Pair::Sum
    } else {
        Pair::Product
    };
    let first = super::quant::operand(b, node, 0)?;
    let second = super::quant::operand(b, node, 3)?;
    let to = b
        .quant(node, 6, 7)
        .ok_or_else(|| b.refuse("the output's scale or zero point"))?;
    let Some(&name) = node.outputs.first() else {
        return Err(b.refuse("no output"));
    };
    bytes(b, name, by, first, second, to)
}
