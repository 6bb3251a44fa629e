//! MaxPool, AveragePool and the global ones, of floats and of bytes.

use super::conv::{dims_of, window};
use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Is, Live, Value},
};
use crate::model::{
    kernels::{Going, Pool, Quant, volume},
    onnx::Node,
};

#[derive(Debug, Clone, Copy)]
enum Of {
    Greatest,
    /// Of signed bytes.
    GreatestBytes(bool),
    Mean,
    MeanBytes([Quant; 2]),
}

#[derive(Debug)]
struct Pooled {
    pool: Pool,
    of: Of,
    extent: [usize; 3],
    to: [usize; 3],
    channels: usize,
    batch: usize,
}

impl Op for Pooled {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        self.run_while(inputs, output, &mut || true).map(|_| ())
    }

    fn run_while(
        &self,
        inputs: &[View<'_>],
        output: Target<'_>,
        going: &mut Going<'_>,
    ) -> Option<bool> {
        let (from, to) = (
            volume(self.extent, self.channels)?,
            volume(self.to, self.channels)?,
        );
        let [depth, height, _] = self.to;
        let rows = 0..depth * height;
        let (pool, extent, c) = (&self.pool, self.extent, self.channels);
        match (inputs.first()?, output, self.of) {
            (View::Floats(x), Target::Floats(y), of)
                if x.len() == from * self.batch && y.len() == to * self.batch =>
            {
                for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
                    let went = match of {
                        Of::Greatest => pool.max_f32(extent, c, x, rows.clone(), y, going)?,
                        Of::Mean => pool.mean_f32(extent, c, x, rows.clone(), y, going)?,
                        Of::GreatestBytes(_) | Of::MeanBytes(_) => return None,
                    };
                    if !went {
                        return Some(false);
                    }
                }
            }
            (View::Bytes(x), Target::Bytes(y), of)
                if x.len() == from * self.batch && y.len() == to * self.batch =>
            {
                for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
                    let went = match of {
                        Of::GreatestBytes(signed) => {
                            pool.max_q8(extent, c, x, signed, rows.clone(), y, going)?
                        }
                        Of::MeanBytes(quants) => {
                            pool.mean_q8(extent, c, x, quants, rows.clone(), y, going)?
                        }
                        Of::Greatest | Of::Mean => return None,
                    };
                    if !went {
                        return Some(false);
                    }
                }
            }
            _ => return None,
        }
        Some(true)
    }
}

/// The pool of a node, or that of all places.
fn pool(b: &Builder<'_>, node: &Node<'_>, x: &Live, global: bool) -> Lay<Pool> {
    let extent = x.extent().ok_or_else(|| b.refuse("more than five axes"))?;
    if global {
        return Pool::global(extent).ok_or_else(|| b.refuse("an empty input"));
    }
    let window = window(b, node, None, &x.dims)?;
    Ok(Pool::new(
        window,
        node.int("ceil_mode", 0) != 0,
        node.int("count_include_pad", 0) != 0,
    ))
}

fn step(b: &mut Builder<'_>, x: Live, pool: Pool, of: Of, is: Is) -> Lay<Live> {
    if x.dims.len() < 3 {
        return Err(b.refuse("too few axes"));
    }
    let x = b.last(x)?;
    let extent = x.extent().ok_or_else(|| b.refuse("more than five axes"))?;
    let to = pool
        .output(extent)
        .ok_or_else(|| b.refuse("a window larger than its input"))?;
    let (batch, channels) = (x.dims.first().copied().unwrap_or(1), x.channels());
    if channels == 0 {
        return Err(b.refuse("no channels"));
    }
    let dims = dims_of(batch, channels, to, x.dims.len());
    let op = Pooled {
        pool,
        of,
        extent,
        to,
        channels,
        batch,
    };
    b.step(op, &[&x], dims, true, is)
}

fn max<'a>(b: &mut Builder<'a>, node: &'a Node<'a>, global: bool) -> Lay<()> {
    if node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        return Err(b.refuse("indices"));
    }
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let pool = pool(b, node, &x, global)?;
    // The greatest byte is the greatest number.
    let of = match x.is {
        Is::Floats => Of::Greatest,
        Is::Quantized(quant) => Of::GreatestBytes(quant.signed()),
        Is::Bytes { signed } => Of::GreatestBytes(signed),
    };
    let is = x.is;
    let y = step(b, x, pool, of, is)?;
    b.give(node, y)
}

/// MaxPool.
pub(in crate::model::engine) fn greatest<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    max(b, node, false)
}

/// GlobalMaxPool.
pub(in crate::model::engine) fn global_greatest<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    max(b, node, true)
}

fn average<'a>(b: &mut Builder<'a>, node: &'a Node<'a>, global: bool) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let pool = pool(b, node, &x, global)?;
    if let (Is::Quantized(quant), Some(&name)) = (x.is, node.outputs.first())
        && let Some((name, to, activation)) = b.quantized_next(name)
        && let Some(to) = crate::model::engine::look::clipped(to, activation)
    {
        let is = Is::Bytes {
            signed: to.signed(),
        };
        let y = step(b, x, pool, Of::MeanBytes([quant, to]), is)?;
        b.name(name, Value::Live(y));
        return Ok(());
    }
    let x = b.floats(Value::Live(x))?;
    let y = step(b, x, pool, Of::Mean, Is::Floats)?;
    b.give(node, y)
}

/// AveragePool.
pub(in crate::model::engine) fn mean<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    average(b, node, false)
}

/// GlobalAveragePool.
pub(in crate::model::engine) fn global_mean<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    average(b, node, true)
}

fn quantized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>, global: bool) -> Lay<()> {
    let (mut x, from) = super::quant::operand(b, node, 0)?;
    let to = b
        .quant(node, 3, 4)
        .ok_or_else(|| b.refuse("the output's scale or zero point"))?;
    let last = node.int("channels_last", 0) != 0;
    if last {
        // Axis 1 is named last; in memory nothing moves.
        let plain = b.plain(x)?;
        let mut dims = plain.dims.clone();
        let channels = dims.pop().ok_or_else(|| b.refuse("no channels"))?;
        dims.insert(1.min(dims.len()), channels);
        x = Live {
            dims,
            last: true,
            ..plain
        };
    }
    let pool = pool(b, node, &x, global)?;
    let is = Is::Bytes {
        signed: to.signed(),
    };
    let mut y = step(b, x, pool, Of::MeanBytes([from, to]), is)?;
    if last {
        y = Live {
            dims: y.physical(),
            last: false,
            ..y
        };
    }
    b.give(node, y)
}

/// QLinearAveragePool.
pub(in crate::model::engine) fn quantized_mean<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    quantized(b, node, false)
}

/// QLinearGlobalAveragePool.
pub(in crate::model::engine) fn quantized_global_mean<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    quantized(b, node, true)
}
