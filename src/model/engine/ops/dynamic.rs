//! Networks that are quantized while they run: DynamicQuantizeLinear, ConvInteger, MatMulInteger.
//!
//! A tensor's scale and zero point come from its own least and greatest value, so a layer knows its input's zero point only in the run: there
//! its weights, which lie as bytes till then, are laid out. Sums are whole and exact (int32); they leave as floats, as the Cast after them in
//! every such network makes them.

use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    ops::conv::{channels, dims_of, window},
    value::{Constant, Is, Live, Value},
};
use crate::model::{
    kernels::{
        Activation, Channels, ConvQ8, End8, Output8, Quant, Scales, Weights8, Window, product_q8,
        rows_of, volume,
    },
    onnx::{Kind, Node},
};

/// Scale and zero point for values between these two: the range with 0 in it becomes 0 to 255. All alike and 0: a scale of 1.
fn quant(least: f32, greatest: f32) -> (f32, u8) {
    let (low, high) = (least.min(0.0), greatest.max(0.0));
    let scale = (high - low) / 255.0;
    if !(scale > 0.0 && scale.is_finite()) {
        return (1.0, 0);
    }
    (
        scale,
        ((0.0 - low) / scale).clamp(0.0, 255.0).round_ties_even() as u8,
    )
}

/// Of a tensor; what is no number does not count.
fn quant_of(x: &[f32]) -> (f32, u8) {
    let (least, greatest) = x.iter().fold((0.0_f32, 0.0_f32), |(least, greatest), &v| {
        (least.min(v), greatest.max(v))
    });
    quant(least, greatest)
}

/// The parts of DynamicQuantizeLinear, each a step of its own.
#[derive(Debug)]
enum Part {
    Scale,
    Zero,
    Bytes,
}

impl Op for Part {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let x = inputs.first()?.floats()?;
        match self {
            Self::Scale => *output.floats()?.first_mut()? = quant_of(x).0,
            Self::Zero => *output.bytes()?.first_mut()? = quant_of(x).1,
            Self::Bytes => {
                let scale = *inputs.get(1)?.floats()?.first()?;
                let zero = f32::from(*inputs.get(2)?.bytes()?.first()?);
                let y = output.bytes()?;
                if y.len() != x.len() {
                    return None;
                }
                for (y, v) in y.iter_mut().zip(x) {
                    *y = ((v / scale).round_ties_even() + zero).clamp(0.0, 255.0) as u8;
                }
            }
        }
        Some(())
    }
}

/// DynamicQuantizeLinear: bytes, scale, zero point.
pub(in crate::model::engine) fn quantize<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let bytes = Is::Bytes { signed: false };
    let scale = b.step(Part::Scale, &[&x], vec![], false, Is::Floats)?;
    let zero = b.step(Part::Zero, &[&x], vec![], false, bytes)?;
    let all = [&x, &scale, &zero];
    let y = b.step(Part::Bytes, &all, x.dims.clone(), x.last, bytes)?;
    for (&name, live) in node.outputs.iter().zip([y, scale, zero]) {
        if !name.is_empty() {
            b.name(name, Value::Live(live));
        }
    }
    Ok(())
}

/// The bytes of a known operand, and its zero points: one, or one for each output channel.
#[derive(Debug)]
struct Known {
    bytes: Vec<u8>,
    signed: bool,
    zero: Vec<i32>,
}

impl Known {
    /// From inputs `at` and `zero` of a node.
    fn of(b: &Builder<'_>, node: &Node<'_>, at: usize, zero: usize) -> Lay<(Self, Vec<usize>)> {
        let wrong = || b.refuse("a second operand that is not known, or is no bytes");
        let constant = b.constant(node, at)?.ok_or_else(wrong)?;
        let Constant::File(tensor) = &constant else {
            return Err(wrong());
        };
        let signed = match tensor.kind {
            Kind::Int8 => true,
            Kind::Uint8 => false,
            _ => return Err(wrong()),
        };
        b.charge(&constant)?;
        let bytes = tensor.bytes().ok_or_else(wrong)?.into_owned();
        let zero = match b.constant(node, zero)? {
            None => vec![0],
            Some(own) => {
                b.charge(&own)?;
                let own = own.ints().ok_or_else(wrong)?;
                own.iter().map(|&z| z as i32).collect()
            }
        };
        let range = if signed { -128..=127 } else { 0..=255 };
        if zero.is_empty() || zero.iter().any(|z| !range.contains(z)) {
            return Err(wrong());
        }
        Ok((
            Self {
                bytes,
                signed,
                zero,
            },
            tensor.dims.clone(),
        ))
    }

    /// Calls `make` with the bytes and units of 1.
    fn with<T>(&self, make: impl FnOnce(Weights8<'_>, Scales<'_>) -> Option<T>) -> Option<T> {
        let scales = Scales {
            scale: &[1.0],
            zero_point: &self.zero,
        };
        if self.signed {
            let signed: Vec<i8> = self.bytes.iter().map(|&v| v as i8).collect();
            make(Weights8::Signed(&signed), scales)
        } else {
            make(Weights8::Unsigned(&self.bytes), scales)
        }
    }
}

/// The first operand: bytes of the run, and what tells their zero point.
struct First {
    x: Live,
    signed: bool,
    /// In the run, or known.
    zero: Result<Live, i32>,
}

impl First {
    fn of<'a>(b: &mut Builder<'a>, node: &Node<'a>, zero: usize) -> Lay<Self> {
        let Value::Live(x) = b.input(node, 0)? else {
            return Err(b.refuse("a constant operand"));
        };
        let Is::Bytes { signed } = x.is else {
            return Err(b.refuse("floats where bytes are needed"));
        };
        let wrong = || b.refuse("a zero point of another type or number than its operand's");
        let zero = match b.optional(node, zero)? {
            None => Err(0),
            Some(Value::Constant(own)) => {
                let own = own.ints().ok_or_else(wrong)?;
                // One for each row would be another product.
                let &[own] = own.as_slice() else {
                    return Err(wrong());
                };
                Err(i32::try_from(own).map_err(|_| wrong())?)
            }
            Some(Value::Live(own)) if own.is == x.is && own.len() == 1 => Ok(own),
            Some(Value::Live(_)) => return Err(wrong()),
        };
        Ok(Self { x, signed, zero })
    }
}

/// The zero point of a run: that of a step, or the known one.
fn zero_of(inputs: &[View<'_>], known: Option<i32>, signed: bool) -> Option<Quant> {
    let zero = if let Some(zero) = known {
        zero
    } else {
        let byte = *inputs.get(1)?.bytes()?.first()?;
        if signed {
            i32::from(byte as i8)
        } else {
            i32::from(byte)
        }
    };
    Quant::new(1.0, zero, signed)
}

/// What the layers end in: the sums themselves.
const SUMS: End8 = End8::Floats(Activation::Identity);

#[derive(Debug)]
struct Convolved {
    window: Window,
    channels: Channels,
    weights: Known,
    zero: Option<i32>,
    signed: bool,
    extent: [usize; 3],
    to: [usize; 3],
    counts: [usize; 2],
    batch: usize,
}

impl Convolved {
    fn layer(&self, quant: Quant) -> Option<ConvQ8> {
        self.weights.with(|weights, scales| {
            ConvQ8::new(
                self.window,
                self.channels,
                quant,
                weights,
                scales,
                &[],
                SUMS,
            )
        })
    }
}

impl Op for Convolved {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.bytes()?, output.floats()?);
        let [own, made] = self.counts;
        let (from, to) = (volume(self.extent, own)?, volume(self.to, made)?);
        if x.len() != from * self.batch || y.len() != to * self.batch {
            return None;
        }
        let layer = self.layer(zero_of(inputs, self.zero, self.signed)?)?;
        let [depth, height, _] = self.to;
        for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
            layer.run(self.extent, x, 0..depth * height, Output8::Floats(y))?;
        }
        Some(())
    }
}

/// ConvInteger: x, weights, their zero points.
pub(in crate::model::engine) fn convolution<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    let First { x, signed, zero } = First::of(b, node, 2)?;
    let (weights, shape) = Known::of(b, node, 1, 3)?;
    let x = b.last(x)?;
    let (Some(&outputs), Some(kernel)) = (shape.first(), shape.get(2..)) else {
        return Err(b.refuse("weights of too few axes"));
    };
    let window = window(b, node, Some(kernel), &x.dims)?;
    let channels = channels(b, node, &x, outputs)?;
    if shape.get(1) != Some(&channels.inputs_each()) {
        return Err(b.refuse("weights of another number of channels"));
    }
    let extent = x.extent().ok_or_else(|| b.refuse("more than five axes"))?;
    let to = window
        .output(extent)
        .ok_or_else(|| b.refuse("a kernel larger than its input"))?;
    let batch = x.dims.first().copied().unwrap_or(1);
    let op = Convolved {
        window,
        channels,
        weights,
        zero: zero.as_ref().err().copied(),
        signed,
        extent,
        to,
        counts: [x.channels(), outputs],
        batch,
    };
    // What the run lays out anew is laid out once here, so that it fits.
    b.spend(op.weights.bytes.len().saturating_mul(4))?;
    let fits = Quant::new(1.0, op.zero.unwrap_or(0), signed).and_then(|q| op.layer(q));
    if fits.is_none() {
        return Err(b.refuse("weights or zero points of another length"));
    }
    let dims = dims_of(batch, outputs, to, x.dims.len());
    let y = match &zero {
        Ok(zero) => b.step(op, &[&x, zero], dims, true, Is::Floats)?,
        Err(_) => b.step(op, &[&x], dims, true, Is::Floats)?,
    };
    b.give(node, y)
}

#[derive(Debug)]
struct Multiplied {
    weights: Known,
    zero: Option<i32>,
    signed: bool,
    /// M, K, N.
    sizes: [usize; 3],
}

impl Multiplied {
    fn layer(&self, quant: Quant) -> Option<ConvQ8> {
        let [_, k, n] = self.sizes;
        self.weights
            .with(|weights, scales| product_q8([k, n], quant, weights, false, scales, &[], SUMS))
    }
}

impl Op for Multiplied {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let layer = self.layer(zero_of(inputs, self.zero, self.signed)?)?;
        let [rows, ..] = self.sizes;
        let y = Output8::Floats(output.floats()?);
        layer.run(rows_of(rows), inputs.first()?.bytes()?, 0..rows, y)
    }
}

/// MatMulInteger by a known matrix: A, B, their zero points.
pub(in crate::model::engine) fn product<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let First { x, signed, zero } = First::of(b, node, 2)?;
    let (weights, shape) = Known::of(b, node, 1, 3)?;
    let x = b.plain(x)?;
    let (&[k, n], Some((&inner, before))) = (shape.as_slice(), x.dims.split_last()) else {
        return Err(b.refuse("a matrix of other than two axes"));
    };
    if inner != k {
        return Err(b.refuse("matrices that do not fit together"));
    }
    let mut dims = before.to_vec();
    let op = Multiplied {
        weights,
        zero: zero.as_ref().err().copied(),
        signed,
        sizes: [dims.iter().product(), k, n],
    };
    b.spend(op.weights.bytes.len().saturating_mul(4))?;
    let fits = Quant::new(1.0, op.zero.unwrap_or(0), signed).and_then(|q| op.layer(q));
    if fits.is_none() {
        return Err(b.refuse("weights or zero points of another length"));
    }
    dims.push(n);
    let y = match &zero {
        Ok(zero) => b.step(op, &[&x, zero], dims, false, Is::Floats)?,
        Err(_) => b.step(op, &[&x], dims, false, Is::Floats)?,
    };
    b.give(node, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_0() {
        assert_eq!(quant_of(&[1.0, 2.0, 255.0]), (1.0, 0));
        assert_eq!(quant_of(&[-255.0, -3.0]), (1.0, 255));
        assert_eq!(quant_of(&[-1.0, 254.0]), (1.0, 1));
        for odd in [&[][..], &[0.0], &[f32::NAN], &[f32::INFINITY, -1.0]] {
            assert_eq!(quant_of(odd), (1.0, 0));
        }
    }
}
