//! Reductions along axes, the place of the greatest or least value, and softmax.

use super::copy::strides;
use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Is, Live},
};
use crate::model::onnx::Node;

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Mean,
    Sum,
    Max,
    Min,
    Prod,
    L1,
    L2,
    SumSquare,
    LogSumExp,
}

#[derive(Debug)]
struct Reduce {
    of: Of,
    /// Sizes of the input in the order of memory, with the output's step for each axis; 0 for those that are reduced.
    axes: Vec<[usize; 2]>,
    /// Values that become one.
    count: usize,
}

impl Reduce {
    fn walk(&self, x: &[f32], mut each: impl FnMut(usize, f32)) {
        let Some((&[inner, step], outer)) = self.axes.split_last() else {
            if let Some(v) = x.first() {
                each(0, *v);
            }
            return;
        };
        let mut index = vec![0_usize; outer.len()];
        let mut to = 0_usize;
        for row in x.chunks_exact(inner.max(1)) {
            for (i, v) in row.iter().enumerate() {
                each(to + i * step, *v);
            }
            for (i, [size, step]) in index.iter_mut().zip(outer).rev() {
                *i += 1;
                to += step;
                if *i < *size {
                    break;
                }
                to -= step * size;
                *i = 0;
            }
        }
    }
}

impl Op for Reduce {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        if self.axes.iter().map(|[n, _]| n).product::<usize>() != x.len() {
            return None;
        }
        let start = match self.of {
            Of::Max | Of::LogSumExp => f64::NEG_INFINITY,
            Of::Min => f64::INFINITY,
            Of::Prod => 1.0,
            _ => 0.0,
        };
        // Sums of many float32 values keep their digits in float64.
        let mut all = vec![start; y.len()];
        let mut fold = |by: fn(f64, f64) -> f64| {
            self.walk(x, |at, v| {
                if let Some(to) = all.get_mut(at) {
                    *to = by(*to, f64::from(v));
                }
            });
        };
        match self.of {
            Of::Mean | Of::Sum => fold(|a, v| a + v),
            Of::Max | Of::LogSumExp => fold(|a, v| if v > a || v.is_nan() { v } else { a }),
            Of::Min => fold(|a, v| if v < a || v.is_nan() { v } else { a }),
            Of::Prod => fold(|a, v| a * v),
            Of::L1 => fold(|a, v| a + v.abs()),
            Of::L2 | Of::SumSquare => fold(|a, v| a + v * v),
        }
        if self.of == Of::LogSumExp {
            let greatest = all.clone();
            all.fill(0.0);
            self.walk(x, |at, v| {
                if let (Some(to), Some(&top)) = (all.get_mut(at), greatest.get(at)) {
                    *to += libm::exp(f64::from(v) - if top.is_finite() { top } else { 0.0 });
                }
            });
            for (to, top) in all.iter_mut().zip(&greatest) {
                *to = libm::log(*to) + if top.is_finite() { *top } else { 0.0 };
            }
        }
        for (y, v) in y.iter_mut().zip(&all) {
            *y = match self.of {
                Of::Mean => v / self.count.max(1) as f64,
                Of::L2 => v.sqrt(),
                _ => *v,
            } as f32;
        }
        Some(())
    }
}

/// A node that reduces.
pub(in crate::model::engine) fn lay<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let of = match node.op {
        "ReduceMean" => Of::Mean,
        "ReduceSum" => Of::Sum,
        "ReduceMax" => Of::Max,
        "ReduceMin" => Of::Min,
        "ReduceProd" => Of::Prod,
        "ReduceL1" => Of::L1,
        "ReduceL2" => Of::L2,
        "ReduceSumSquare" => Of::SumSquare,
        "ReduceLogSumExp" => Of::LogSumExp,
        _ => return Err(b.refuse("no such reduction")),
    };
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let rank = x.dims.len();
    let axes = b.numbers(node, 1, "axes")?.unwrap_or_default();
    let mut axes = axes
        .iter()
        .map(|&a| b.axis(a, rank))
        .collect::<Lay<Vec<_>>>()?;
    axes.sort_unstable();
    axes.dedup();
    // Over no axis, what is not the sum is still done: a ReduceSumSquare squares.
    if axes.is_empty() && node.int("noop_with_empty_axes", 0) == 0 {
        axes = (0..rank).collect();
    }
    let count = axes.iter().filter_map(|&a| x.dims.get(a)).product();
    let kept: Vec<usize> = x
        .dims
        .iter()
        .enumerate()
        .map(|(a, &n)| if axes.contains(&a) { 1 } else { n })
        .collect();
    let to = Live {
        dims: kept,
        ..x.clone()
    };
    let sizes = to.physical();
    let steps = sizes
        .iter()
        .zip(strides(&sizes))
        .map(|(&n, s)| if n == 1 { 0 } else { s });
    let op = Reduce {
        of,
        axes: x
            .physical()
            .into_iter()
            .zip(steps)
            .map(|(n, s)| [n, s])
            .collect(),
        count,
    };
    let y = b.step(op, &[&x], to.dims, x.last, Is::Floats)?;
    if node.int("keepdims", 1) != 0 {
        return b.give(node, y);
    }
    let y = b.plain(y)?;
    let dims = y
        .dims
        .iter()
        .enumerate()
        .filter(|(a, _)| !axes.contains(a))
        .map(|(_, &n)| n)
        .collect();
    b.give(node, Live { dims, ..y })
}

/// Runs along one axis: `outer` × `size` × `inner` values.
#[derive(Debug, Clone, Copy)]
struct Along {
    size: usize,
    inner: usize,
}

impl Along {
    fn of(x: &Live, axis: usize) -> Self {
        let physical = x.physical();
        let at = x.axis(axis);
        Self {
            size: physical.get(at).copied().unwrap_or(1),
            inner: physical.iter().skip(at + 1).product(),
        }
    }
}

/// The place of the greatest or least value along an axis, as a float.
#[derive(Debug)]
struct Arg {
    along: Along,
    least: bool,
    /// The last of equals.
    late: bool,
}

impl Op for Arg {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let Along { size, inner } = self.along;
        let block = size.checked_mul(inner).filter(|&n| n > 0)?;
        let better = |v: f32, best: f32| {
            let more = if self.least { v < best } else { v > best };
            more || (self.late && v == best)
        };
        let mut best = vec![0.0; inner];
        for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(inner)) {
            y.fill(0.0);
            best.copy_from_slice(x.get(..inner)?);
            for (i, x) in x.chunks_exact(inner).enumerate().skip(1) {
                for (to, (best, v)) in y.iter_mut().zip(best.iter_mut().zip(x)) {
                    if better(*v, *best) {
                        (*best, *to) = (*v, i as f32);
                    }
                }
            }
        }
        Some(())
    }
}

/// ArgMax and ArgMin. The places are floats here: as an output of the network, or cast, they are the same numbers.
pub(in crate::model::engine) fn arg<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let axis = b.axis(node.int("axis", 0), x.dims.len())?;
    let op = Arg {
        along: Along::of(&x, axis),
        least: node.op == "ArgMin",
        late: node.int("select_last_index", 0) != 0,
    };
    let mut dims = x.dims.clone();
    if let Some(n) = dims.get_mut(axis) {
        *n = 1;
    }
    let y = b.step(op, &[&x], dims, x.last, Is::Floats)?;
    if node.int("keepdims", 1) != 0 {
        return b.give(node, y);
    }
    let y = b.plain(y)?;
    let mut dims = y.dims.clone();
    dims.remove(axis);
    b.give(node, Live { dims, ..y })
}

#[derive(Debug)]
struct Softmax {
    along: Along,
    log: bool,
}

impl Op for Softmax {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let Along { size, inner } = self.along;
        let block = size.checked_mul(inner).filter(|&n| n > 0)?;
        let (mut top, mut sums) = (vec![0.0_f32; inner], vec![0.0_f32; inner]);
        for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)) {
            top.fill(f32::NEG_INFINITY);
            for x in x.chunks_exact(inner) {
                for (top, v) in top.iter_mut().zip(x) {
                    *top = top.max(*v);
                }
            }
            sums.fill(0.0);
            for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)) {
                for ((y, x), (top, sum)) in y.iter_mut().zip(x).zip(top.iter().zip(&mut sums)) {
                    *y = libm::expf(x - top);
                    *sum += *y;
                }
            }
            if self.log {
                for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)) {
                    for ((y, x), (top, sum)) in y.iter_mut().zip(x).zip(top.iter().zip(&sums)) {
                        *y = x - top - libm::logf(*sum);
                    }
                }
            } else {
                for y in y.chunks_exact_mut(inner) {
                    for (y, sum) in y.iter_mut().zip(&sums) {
                        *y /= sum;
                    }
                }
            }
        }
        Some(())
    }
}

/// Softmax and LogSoftmax: along one axis, before operator set 13 along all from that axis on.
pub(in crate::model::engine) fn softmax<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let old = b.opset(node) < 13;
    let axis = b.axis(node.int("axis", if old { 1 } else { -1 }), x.dims.len())?;
    let log = node.op == "LogSoftmax";
    if old {
        let x = b.plain(x)?;
        let along = Along {
            size: x.dims.iter().skip(axis).product(),
            inner: 1,
        };
        let y = b.step(
            Softmax { along, log },
            &[&x],
            x.dims.clone(),
            false,
            Is::Floats,
        )?;
        return b.give(node, y);
    }
    let along = Along::of(&x, axis);
    let y = b.step(
        Softmax { along, log },
        &[&x],
        x.dims.clone(),
        x.last,
        Is::Floats,
    )?;
    b.give(node, y)
}
