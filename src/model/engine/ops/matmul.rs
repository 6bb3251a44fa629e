//! Gemm, MatMul, QLinearMatMul and QGemm.

use super::{conv, copy::broadcast};
use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Constant, Is, Live, Value, Values, Weights},
};
use crate::model::{
    kernels::{
        Activation, ConvF32, ConvQ8, Output8, Quant, Scales, product_f32, product_q8, rows_of,
    },
    onnx::Node,
};

/// Rows of A by a known matrix.
#[derive(Debug)]
struct Known {
    layer: ConvF32,
    rows: usize,
}

impl Op for Known {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        self.layer.run(rows_of(self.rows), x, None, 0..self.rows, y)
    }
}

#[derive(Debug)]
struct KnownBytes {
    layer: ConvQ8,
    rows: usize,
}

impl Op for KnownBytes {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let output = match output {
            Target::Bytes(y) => Output8::Bytes(y),
            Target::Floats(y) => Output8::Floats(y),
        };
        self.layer.run(
            rows_of(self.rows),
            inputs.first()?.bytes()?,
            0..self.rows,
            output,
        )
    }
}

/// Matrices that both come from the run, batch by batch.
#[derive(Debug)]
struct Both {
    /// M, K, N.
    sizes: [usize; 3],
    /// Which matrix of A and of B each matrix of the output takes.
    pairs: Vec<[usize; 2]>,
}

impl Op for Both {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, w, y) = (
            inputs.first()?.floats()?,
            inputs.get(1)?.floats()?,
            output.floats()?,
        );
        let [m, k, n] = self.sizes;
        if m == 0 || n == 0 {
            return Some(());
        }
        let mut packed: Option<(usize, ConvF32)> = None;
        for ([a, b], y) in self.pairs.iter().zip(y.chunks_exact_mut(m * n)) {
            let x = x.get(a * m * k..(a + 1) * m * k)?;
            if packed.as_ref().is_none_or(|(at, _)| at != b) {
                let w = w.get(b * k * n..(b + 1) * k * n)?;
                packed = Some((
                    *b,
                    product_f32([k, n], w, false, &[], Activation::Identity)?,
                ));
            }
            let (_, layer) = packed.as_ref()?;
            layer.run(rows_of(m), x, None, 0..m, y)?;
        }
        Some(())
    }
}

/// A 2-D matrix that is known, turned if asked: its floats and [K, N].
fn known(b: &Builder<'_>, constant: &Constant<'_>, turned: bool) -> Lay<(Vec<f32>, [usize; 2])> {
    let &[p, q] = constant.dims() else {
        return Err(b.refuse("a matrix of other than two axes"));
    };
    b.spend(p.saturating_mul(q).saturating_mul(8))?;
    let values = constant
        .floats()
        .ok_or_else(|| b.refuse("a matrix that has no floats"))?;
    Ok((values, if turned { [q, p] } else { [p, q] }))
}

/// Gemm: α A' B' + β C.
pub(in crate::model::engine) fn gemm<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let &[p, q] = x.dims.as_slice() else {
        return Err(b.refuse("a matrix of other than two axes"));
    };
    let turned = node.int("transA", 0) != 0;
    let across = node.int("transB", 0) != 0;
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    let [m, k] = if turned { [q, p] } else { [p, q] };
    let weights = b.input(node, 1)?;
    if let (Is::Quantized(quant), Value::Constant(Constant::Quantized(own))) = (x.is, &weights)
        && !turned
        && alpha == 1.0
        && beta == 1.0
        && let &[r, s] = own.dims.as_slice()
        && (own.scale.len() == 1 || own.axis == usize::from(!across))
        && !matches!(own.values, Values::Wide(_))
    {
        let [inner, n] = if across { [s, r] } else { [r, s] };
        let bias = b.constant(node, 2)?;
        if inner == k
            && bias.as_ref().is_none_or(|c| c.dims() == [n])
            && conv::whole(b, bias.as_ref(), quant, own, n)?
        {
            return integer(
                b,
                node,
                x,
                quant,
                own,
                across,
                [m, k, n],
                bias.as_ref(),
                None,
            );
        }
    }
    let x = b.floats(Value::Live(x))?;
    let x = if turned {
        super::copy::permuted(b, x, &[1, 0])?
    } else {
        b.plain(x)?
    };
    let Value::Constant(weights) = weights else {
        return Err(b.refuse("two matrices that are computed in the run"));
    };
    let (mut values, [inner, n]) = known(b, &weights, across)?;
    if inner != k {
        return Err(b.refuse("matrices that do not fit together"));
    }
    for v in &mut values {
        *v *= alpha;
    }
    // A summand for each column is a bias; any other is added after.
    let (mut bias, mut after) = (vec![], None);
    match b.optional(node, 2)? {
        Some(Value::Constant(c)) if matches!(c.dims(), &[own] | &[1, own] if own == n) => {
            bias = c
                .floats()
                .ok_or_else(|| b.refuse("a summand that has no floats"))?;
            for v in &mut bias {
                *v *= beta;
            }
        }
        None => {}
        Some(other) if beta == 1.0 => after = Some(other),
        Some(_) => return Err(b.refuse("beta")),
    }
    if let Some(other) = after {
        let layer = product_f32([k, n], &values, across, &[], Activation::Identity);
        let layer = layer.ok_or_else(|| b.refuse("a matrix of another length"))?;
        let y = b.step(
            Known { layer, rows: m },
            &[&x],
            vec![m, n],
            false,
            Is::Floats,
        )?;
        let other = b.floats(other)?;
        let y = super::binary::sum(b, y, other)?;
        return b.give(node, y);
    }
    let tail = b
        .tail(node, &[m, n], false, false)
        .ok_or_else(|| b.refuse("no output"))?;
    let layer = product_f32([k, n], &values, across, &bias, tail.activation)
        .ok_or_else(|| b.refuse("a matrix of another length"))?;
    let y = b.step(
        Known { layer, rows: m },
        &[&x],
        vec![m, n],
        false,
        Is::Floats,
    )?;
    conv::end(b, tail.name, y, tail.quant)
}

/// MatMul.
pub(in crate::model::engine) fn product<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let (x, weights) = (b.input(node, 0)?, b.input(node, 1)?);
    if let (Value::Live(x), Value::Constant(own)) = (&x, &weights)
        && let &[k, n] = own.dims()
        && x.dims.len() >= 2
    {
        if x.dims.last() != Some(&k) {
            return Err(b.refuse("matrices that do not fit together"));
        }
        let rows = x.dims.iter().rev().skip(1).product();
        if let (Is::Quantized(quant), Constant::Quantized(own)) = (x.is, own)
            && (own.scale.len() == 1 || own.axis == 1)
            && !matches!(own.values, Values::Wide(_))
        {
            let (x, own) = (x.clone(), own.clone());
            return integer(b, node, x, quant, &own, false, [rows, k, n], None, None);
        }
        let (values, _) = known(b, own, false)?;
        let x = b.floats(Value::Live(x.clone()))?;
        let x = b.plain(x)?;
        let mut dims = x.dims.clone();
        dims.pop();
        dims.push(n);
        let layer = product_f32([k, n], &values, false, &[], Activation::Identity)
            .ok_or_else(|| b.refuse("a matrix of another length"))?;
        let y = b.step(Known { layer, rows }, &[&x], dims, false, Is::Floats)?;
        return b.give(node, y);
    }
    let (x, w) = (b.floats(x)?, b.floats(weights)?);
    let (x, w) = (b.plain(x)?, b.plain(w)?);
    // A list is a row on the left and a column on the right; that axis goes away after.
    let (mut p, mut q) = (x.dims.clone(), w.dims.clone());
    let (row, column) = (p.len() == 1, q.len() == 1);
    if row {
        p.insert(0, 1);
    }
    if column {
        q.push(1);
    }
    let wrong = || b.refuse("matrices that do not fit together");
    let (Some((&k, p)), Some((&n, q))) = (p.split_last(), q.split_last()) else {
        return Err(wrong());
    };
    let (Some((&m, p)), Some((&inner, q))) = (p.split_last(), q.split_last()) else {
        return Err(wrong());
    };
    if inner != k {
        return Err(wrong());
    }
    let mut dims = broadcast(p, q).ok_or_else(wrong)?;
    let mut whole = dims.clone();
    whole.extend([m, n]);
    b.fits(&whole)?;
    b.spend(dims.iter().product::<usize>().saturating_mul(16))?;
    let pairs = pairs(&dims, p, q);
    if !row {
        dims.push(m);
    }
    if !column {
        dims.push(n);
    }
    let y = b.step(
        Both {
            sizes: [m, k, n],
            pairs,
        },
        &[&x, &w],
        dims,
        false,
        Is::Floats,
    )?;
    b.give(node, y)
}

/// Which matrices go together, for batches of sizes `p` and `q` that are repeated to `to`.
fn pairs(to: &[usize], p: &[usize], q: &[usize]) -> Vec<[usize; 2]> {
    let count: usize = to.iter().product();
    let place = |of: &[usize], mut at: usize| {
        let (mut index, mut step) = (0, 1);
        for (back, &n) in to.iter().rev().enumerate() {
            let i = at % n.max(1);
            at /= n.max(1);
            if let Some(&own) = of.len().checked_sub(back + 1).and_then(|i| of.get(i)) {
                index += if own == 1 { 0 } else { i * step };
                step *= own;
            }
        }
        index
    };
    (0..count).map(|at| [place(p, at), place(q, at)]).collect()
}

#[expect(clippy::too_many_arguments, reason = "those of QGemm")]
fn integer<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
    x: Live,
    quant: Quant,
    weights: &Weights<'_>,
    turned: bool,
    [m, k, n]: [usize; 3],
    bias: Option<&Constant<'_>>,
    to: Option<Quant>,
) -> Lay<()> {
    let x = b.plain(x)?;
    let bias = conv::units(b, bias, quant, weights, n)?;
    let (name, ending, then) = conv::ending(b, node, to)?;
    let scales = Scales {
        scale: &weights.scale,
        zero_point: &weights.zero,
    };
    let layer = conv::bytes_of(b, weights, |own| {
        product_q8([k, n], quant, own, turned, scales, &bias, ending)
    })?;
    let mut dims = x.dims.clone();
    dims.pop();
    dims.push(n);
    let y = b.step(
        KnownBytes { layer, rows: m },
        &[&x],
        dims,
        false,
        conv::kind(ending),
    )?;
    conv::end(b, name, y, then)
}

/// QLinearMatMul by a known matrix.
pub(in crate::model::engine) fn quantized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let (x, from) = super::quant::operand(b, node, 0)?;
    let weights = super::quant::weights(b, node, [3, 4, 5], 1)?;
    let to = b
        .quant(node, 6, 7)
        .ok_or_else(|| b.refuse("the output's scale or zero point"))?;
    let (&[k, n], Some(&inner)) = (weights.dims.as_slice(), x.dims.last()) else {
        return Err(b.refuse("a matrix of other than two axes"));
    };
    let rows = x.dims.iter().rev().skip(1).product();
    if inner != k {
        return Err(b.refuse("matrices that do not fit together"));
    }
    integer(
        b,
        node,
        x,
        from,
        &weights,
        false,
        [rows, k, n],
        None,
        Some(to),
    )
}

/// QGemm: A, B with their scales and zero points, C, the output's. Without those the output is floats.
pub(in crate::model::engine) fn quantized_gemm<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    if node.int("transA", 0) != 0 || node.float("alpha", 1.0) != 1.0 {
        return Err(b.refuse("transA or alpha"));
    }
    let turned = node.int("transB", 0) != 0;
    let (x, from) = super::quant::operand(b, node, 0)?;
    // Scales are of the columns of the product.
    let weights = super::quant::weights(b, node, [3, 4, 5], i64::from(!turned))?;
    let to = if node.inputs.get(7).is_none_or(|name| name.is_empty()) {
        None
    } else {
        Some(
            b.quant(node, 7, 8)
                .ok_or_else(|| b.refuse("the output's scale or zero point"))?,
        )
    };
    let (&[p, q], &[m, inner]) = (weights.dims.as_slice(), x.dims.as_slice()) else {
        return Err(b.refuse("a matrix of other than two axes"));
    };
    let [k, n] = if turned { [q, p] } else { [p, q] };
    if inner != k {
        return Err(b.refuse("matrices that do not fit together"));
    }
    let bias = b.constant(node, 6)?;
    integer(
        b,
        node,
        x,
        from,
        &weights,
        turned,
        [m, k, n],
        bias.as_ref(),
        to,
    )
}
