//! Conv in float32, Conv of a QDQ graph and QLinearConv in int8.

use std::ops::Range;

use crate::model::engine::{
    build::{Builder, Lay},
    look::clipped,
    op::{Op, Planes, Target, View},
    value::{Constant, Is, Live, Value, Values, Weights, three},
};
use crate::model::{
    kernels::{Channels, ConvF32, ConvQ8, End8, Output8, Quant, Scales, Weights8, Window, volume},
    onnx::Node,
};

/// The window of a convolution or a pool from a node's attributes. `kernel`: where the node does not name it. `extent`: of the input.
pub(super) fn window(
    b: &Builder<'_>,
    node: &Node<'_>,
    kernel: Option<&[usize]>,
    input: &[usize],
) -> Lay<Window> {
    let wrong = || b.refuse("kernel, strides, dilations or pads");
    let rank = input.len().checked_sub(2).ok_or_else(wrong)?;
    let list = |name: &str, n: usize, or: i64| -> Lay<Vec<usize>> {
        let all = node.ints(name).map_or_else(|| vec![or; n], <[i64]>::to_vec);
        if all.len() != n {
            return Err(wrong());
        }
        b.sizes(&all)
    };
    let kernel = match (node.ints("kernel_shape"), kernel) {
        (Some(named), own) => {
            let named = b.sizes(named)?;
            if named.len() != rank || own.is_some_and(|own| own != named) {
                return Err(wrong());
            }
            named
        }
        (None, Some(own)) if own.len() == rank => own.to_vec(),
        _ => return Err(wrong()),
    };
    let strides = list("strides", rank, 1)?;
    let dilations = list("dilations", rank, 1)?;
    if strides.contains(&0) {
        return Err(wrong());
    }
    let mut pads = list("pads", 2 * rank, 0)?;
    let auto = node.text("auto_pad", "NOTSET");
    match auto {
        "NOTSET" | "" => {}
        "VALID" => pads = vec![0; 2 * rank],
        "SAME_UPPER" | "SAME_LOWER" => {
            let all = kernel
                .iter()
                .zip(&strides)
                .zip(dilations.iter().zip(input.iter().skip(2)));
            for (a, ((k, s), (d, n))) in all.enumerate() {
                let reach = k.saturating_sub(1).saturating_mul(*d).saturating_add(1);
                let whole = n
                    .div_ceil(*s)
                    .saturating_sub(1)
                    .saturating_mul(*s)
                    .saturating_add(reach);
                let more = whole.saturating_sub(*n);
                let (small, large) = (more / 2, more - more / 2);
                let own = if auto == "SAME_UPPER" {
                    [small, large]
                } else {
                    [large, small]
                };
                let [before, after] = own;
                if let Some(to) = pads.get_mut(a) {
                    *to = before;
                }
                if let Some(to) = pads.get_mut(a + rank) {
                    *to = after;
                }
            }
        }
        _ => return Err(wrong()),
    }
    let (before, after) = pads.split_at(rank);
    let each = |of: &[usize], or| three(of, or).ok_or_else(|| b.refuse("more than three axes"));
    let (before, after) = (each(before, 0)?, each(after, 0)?);
    let [p, q, r] = before;
    let [s, t, u] = after;
    if pads.iter().any(|&p| p >= 1 << 20) {
        return Err(b.beyond("pads"));
    }
    Window::new(
        each(&kernel, 1)?,
        each(&strides, 1)?,
        each(&dilations, 1)?,
        [[p, s], [q, t], [r, u]],
    )
    .ok_or_else(wrong)
}

/// Batch, channels, then the spatial part of `extent` that a tensor of `rank` axes has.
pub(super) fn dims_of(
    batch: usize,
    channels: usize,
    extent: [usize; 3],
    rank: usize,
) -> Vec<usize> {
    let mut dims = vec![batch, channels];
    dims.extend(extent.iter().skip(5_usize.saturating_sub(rank)));
    dims
}

/// Weights and groups of a node that convolves `x`.
pub(super) fn channels(
    b: &Builder<'_>,
    node: &Node<'_>,
    x: &Live,
    outputs: usize,
) -> Lay<Channels> {
    let groups = node.int("group", 1);
    usize::try_from(groups)
        .ok()
        .and_then(|groups| Channels::new(x.channels(), outputs, groups))
        .ok_or_else(|| b.refuse("channels and groups that do not fit together"))
}

/// Conv, of floats or between DequantizeLinear and QuantizeLinear.
pub(in crate::model::engine) fn float<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let Some(weights) = b.constant(node, 1)? else {
        return Err(b.refuse("no weights"));
    };
    if let (Is::Quantized(quant), Constant::Quantized(own)) = (x.is, &weights)
        && own.axis == 0
        && !matches!(own.values, Values::Wide(_))
    {
        let bias = b.constant(node, 2)?;
        let outputs = own.dims.first().copied().unwrap_or(0);
        if whole(b, bias.as_ref(), quant, own, outputs)? {
            return integer(b, node, x, quant, own, bias.as_ref(), None);
        }
    }
    let x = b.floats(Value::Live(x))?;
    let x = b.last(x)?;
    let shape = weights.dims().to_vec();
    let (Some(&outputs), Some(kernel)) = (shape.first(), shape.get(2..)) else {
        return Err(b.refuse("weights of too few axes"));
    };
    let window = window(b, node, Some(kernel), &x.dims)?;
    let channels = channels(b, node, &x, outputs)?;
    let extent = x.extent().ok_or_else(|| b.refuse("more than five axes"))?;
    let to = window
        .output(extent)
        .ok_or_else(|| b.refuse("a kernel larger than its input"))?;
    b.spend(weights.dims().iter().product::<usize>().saturating_mul(8))?;
    let mut values = weights
        .floats()
        .ok_or_else(|| b.refuse("weights that are no floats"))?;
    let mut bias = b.reals(node, 2)?.unwrap_or_default();
    if shape.get(1) != Some(&channels.inputs_each()) {
        return Err(b.refuse("weights of another number of channels"));
    }
    let batch = x.dims.first().copied().unwrap_or(1);
    let dims = dims_of(batch, outputs, to, x.dims.len());
    let tail = b
        .tail(node, &dims, true, true)
        .ok_or_else(|| b.refuse("no output"))?;
    if let Some([factor, summand]) = &tail.affine {
        if bias.is_empty() {
            bias = vec![0.0; outputs];
        }
        let each = values.len() / outputs.max(1);
        for (own, f) in values.chunks_mut(each.max(1)).zip(factor) {
            for v in own {
                *v *= f;
            }
        }
        for (v, (f, s)) in bias.iter_mut().zip(factor.iter().zip(summand)) {
            *v = *v * f + s;
        }
    }
    let layer = ConvF32::new(window, channels, &values, &bias, tail.activation)
        .ok_or_else(|| b.refuse("weights of another length"))?;
    let op = Float {
        layer,
        extent,
        to,
        batch,
        channels: [x.channels(), outputs],
        residual: tail.residual.is_some(),
        reach: same_reach(&window, extent, to),
    };
    let mut inputs = vec![&x];
    inputs.extend(&tail.residual);
    let y = b.step(op, &inputs, dims, true, Is::Floats)?;
    end(b, tail.name, y, tail.quant)
}

/// Gives a name its value, quantized where that is asked for.
pub(super) fn end<'a>(
    b: &mut Builder<'a>,
    name: &'a str,
    y: Live,
    quant: Option<Quant>,
) -> Lay<()> {
    let y = match quant {
        Some(quant) => super::quant::bytes(b, &y, quant)?,
        None => y,
    };
    b.name(name, Value::Live(y));
    Ok(())
}

/// Planes before and after that one plane needs, where the number of planes stays and stride in D is 1.
fn same_reach(window: &Window, from: [usize; 3], to: [usize; 3]) -> Option<[usize; 2]> {
    let ([before, after], [d, ..], [e, ..]) = (window.planes_reach()?, from, to);
    (d == e).then_some([before, after])
}

#[derive(Debug)]
struct Float {
    layer: ConvF32,
    extent: [usize; 3],
    to: [usize; 3],
    batch: usize,
    channels: [usize; 2],
    residual: bool,
    reach: Option<[usize; 2]>,
}

impl Op for Float {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let r = inputs.get(1).and_then(|r| r.floats());
        let [from, to] = [
            (self.extent, self.channels.first()?),
            (self.to, self.channels.last()?),
        ]
        .map(|(e, c)| volume(e, *c));
        let (from, to) = (from?, to?);
        if x.len() != from * self.batch
            || y.len() != to * self.batch
            || self.residual != r.is_some()
        {
            return None;
        }
        let [depth, height, _] = self.to;
        for (i, (x, y)) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)).enumerate() {
            let r = match r {
                Some(r) => Some(r.get(i * to..(i + 1) * to)?),
                None => None,
            };
            self.layer.run(self.extent, x, r, 0..depth * height, y)?;
        }
        Some(())
    }

    fn planes(&self) -> Option<&dyn Planes> {
        (self.batch == 1 && !self.residual && self.reach.is_some()).then_some(self)
    }
}

impl Planes for Float {
    fn reach(&self) -> [usize; 2] {
        self.reach.unwrap_or_default()
    }

    fn sizes(&self) -> Option<[usize; 2]> {
        let ([_, h, w], [_, k, l]) = (self.extent, self.to);
        let [inputs, outputs] = self.channels;
        Some([volume([1, h, w], inputs)?, volume([1, k, l], outputs)?])
    }

    fn run(
        &self,
        depth: usize,
        input: View<'_>,
        planes: Range<usize>,
        output: Target<'_>,
    ) -> Option<()> {
        let ([_, h, w], [_, height, _]) = (self.extent, self.to);
        let rows = planes.start * height..planes.end * height;
        self.layer
            .run([depth, h, w], input.floats()?, None, rows, output.floats()?)
    }
}

/// Bytes in, bytes or floats out. `to`: the output's quantization where the node names it; else what follows says.
pub(super) fn integer<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
    x: Live,
    quant: Quant,
    weights: &Weights<'_>,
    bias: Option<&Constant<'_>>,
    to: Option<Quant>,
) -> Lay<()> {
    let x = b.last(x)?;
    let (Some(&outputs), Some(kernel)) = (weights.dims.first(), weights.dims.get(2..)) else {
        return Err(b.refuse("weights of too few axes"));
    };
    let window = window(b, node, Some(kernel), &x.dims)?;
    let channels = channels(b, node, &x, outputs)?;
    if weights.dims.get(1) != Some(&channels.inputs_each()) {
        return Err(b.refuse("weights of another number of channels"));
    }
    let extent = x.extent().ok_or_else(|| b.refuse("more than five axes"))?;
    let size = window
        .output(extent)
        .ok_or_else(|| b.refuse("a kernel larger than its input"))?;
    let batch = x.dims.first().copied().unwrap_or(1);
    let dims = dims_of(batch, outputs, size, x.dims.len());
    let bias = units(b, bias, quant, weights, outputs)?;
    let (name, ending, then) = ending(b, node, to)?;
    let scales = Scales {
        scale: &weights.scale,
        zero_point: &weights.zero,
    };
    let layer = bytes_of(b, weights, |own| {
        ConvQ8::new(window, channels, quant, own, scales, &bias, ending)
    })?;
    let op = Integer {
        layer,
        extent,
        to: size,
        batch,
        channels: [x.channels(), outputs],
        reach: same_reach(&window, extent, size),
    };
    let y = b.step(op, &[&x], dims, true, kind(ending))?;
    end(b, name, y, then)
}

/// What the output of an integer layer is.
pub(super) fn kind(ending: End8) -> Is {
    match ending {
        End8::Bytes(quant) => Is::Bytes {
            signed: quant.signed(),
        },
        End8::Floats(_) => Is::Floats,
    }
}

/// The end of an integer layer, the name of its result, and what quantizes it after: the quantization that the node names, or that follows,
/// or floats.
pub(super) fn ending<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
    to: Option<Quant>,
) -> Lay<(&'a str, End8, Option<Quant>)> {
    let Some(&name) = node.outputs.first() else {
        return Err(b.refuse("no output"));
    };
    if let Some(to) = to {
        return Ok((name, End8::Bytes(to), None));
    }
    if let Some((name, quant, activation)) = b.quantized_next(name)
        && let Some(quant) = clipped(quant, activation)
    {
        return Ok((name, End8::Bytes(quant), None));
    }
    let tail = b
        .tail(node, &[], false, false)
        .ok_or_else(|| b.refuse("no output"))?;
    Ok((tail.name, End8::Floats(tail.activation), tail.quant))
}

/// Calls `make` with the weights' bytes.
pub(super) fn bytes_of<T>(
    b: &Builder<'_>,
    weights: &Weights<'_>,
    make: impl FnOnce(Weights8<'_>) -> Option<T>,
) -> Lay<T> {
    b.spend(weights.dims.iter().product::<usize>().saturating_mul(4))?;
    let made = match &weights.values {
        Values::Unsigned(bytes) => make(Weights8::Unsigned(bytes)),
        Values::Signed(bytes) => {
            let own: Vec<i8> = bytes.iter().map(|&v| v as i8).collect();
            make(Weights8::Signed(&own))
        }
        Values::Wide(_) => None,
    };
    made.ok_or_else(|| b.refuse("weights, scales or zero points of another length"))
}

/// A bias in units of the sum: input scale × weight scale.
pub(super) fn units(
    b: &Builder<'_>,
    bias: Option<&Constant<'_>>,
    x: Quant,
    weights: &Weights<'_>,
    outputs: usize,
) -> Lay<Vec<i32>> {
    let Some(bias) = bias else {
        return Ok(vec![]);
    };
    let wrong = || b.refuse("a bias of another length");
    b.charge(bias)?;
    // As QLinearConv and its kin have it: whole already.
    if let Some(own) = bias.ints() {
        if own.len() != outputs {
            return Err(wrong());
        }
        return own
            .iter()
            .map(|&v| i32::try_from(v).map_err(|_| wrong()))
            .collect();
    }
    let unit = |o: usize| {
        let at = if weights.scale.len() == 1 { 0 } else { o };
        weights.scale.get(at).map(|w| x.scale() * w)
    };
    // In a QDQ graph it is usually so too, with just this scale.
    if let Constant::Quantized(own) = bias
        && let Weights {
            values: Values::Wide(own),
            scale,
            zero,
            ..
        } = &**own
        && own.len() == outputs
        && zero.iter().all(|&z| z == 0)
        && (0..outputs).all(|o| {
            let at = if scale.len() == 1 { 0 } else { o };
            match (scale.get(at), unit(o)) {
                (Some(s), Some(u)) => (s - u).abs() <= u * 1e-5,
                _ => false,
            }
        })
    {
        return own
            .iter()
            .map(|&v| i32::try_from(v).map_err(|_| wrong()))
            .collect();
    }
    let own = bias.floats().ok_or_else(wrong)?;
    if own.len() != outputs {
        return Err(wrong());
    }
    own.iter()
        .enumerate()
        .map(|(o, v)| Some((f64::from(*v) / f64::from(unit(o)?)).round_ties_even() as i32))
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}

/// Whether a bias leaves room in the sums: one of floats in units of a tiny scale may be beyond all whole numbers.
pub(super) fn whole(
    b: &Builder<'_>,
    bias: Option<&Constant<'_>>,
    x: Quant,
    weights: &Weights<'_>,
    outputs: usize,
) -> Lay<bool> {
    let units = units(b, bias, x, weights, outputs)?;
    Ok(units.iter().all(|v| v.unsigned_abs() < 1 << 30))
}

#[derive(Debug)]
struct Integer {
    layer: ConvQ8,
    extent: [usize; 3],
    to: [usize; 3],
    batch: usize,
    channels: [usize; 2],
    reach: Option<[usize; 2]>,
}

impl Op for Integer {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let x = inputs.first()?.bytes()?;
        let [inputs, outputs] = self.channels;
        let (from, to) = (volume(self.extent, inputs)?, volume(self.to, outputs)?);
        if x.len() != from * self.batch {
            return None;
        }
        let [depth, height, _] = self.to;
        let rows = 0..depth * height;
        match output {
            Target::Bytes(y) if y.len() == to * self.batch => {
                for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
                    self.layer
                        .run(self.extent, x, rows.clone(), Output8::Bytes(y))?;
                }
            }
            Target::Floats(y) if y.len() == to * self.batch => {
                for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
                    self.layer
                        .run(self.extent, x, rows.clone(), Output8::Floats(y))?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn planes(&self) -> Option<&dyn Planes> {
        (self.batch == 1 && self.reach.is_some()).then_some(self)
    }
}

impl Planes for Integer {
    fn reach(&self) -> [usize; 2] {
        self.reach.unwrap_or_default()
    }

    fn sizes(&self) -> Option<[usize; 2]> {
        let ([_, h, w], [_, k, l]) = (self.extent, self.to);
        let [inputs, outputs] = self.channels;
        Some([volume([1, h, w], inputs)?, volume([1, k, l], outputs)?])
    }

    fn run(
        &self,
        depth: usize,
        input: View<'_>,
        planes: Range<usize>,
        output: Target<'_>,
    ) -> Option<()> {
        let ([_, h, w], [_, height, _]) = (self.extent, self.to);
        let rows = planes.start * height..planes.end * height;
        let output = match output {
            Target::Bytes(y) => Output8::Bytes(y),
            Target::Floats(y) => Output8::Floats(y),
        };
        self.layer.run([depth, h, w], input.bytes()?, rows, output)
    }
}

/// QLinearConv: x, its scale and zero point, weights, theirs, the output's, bias.
pub(in crate::model::engine) fn quantized<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let (x, from) = super::quant::operand(b, node, 0)?;
    let weights = super::quant::weights(b, node, [3, 4, 5], 0)?;
    let to = b
        .quant(node, 6, 7)
        .ok_or_else(|| b.refuse("the output's scale or zero point"))?;
    let bias = b.constant(node, 8)?;
    integer(b, node, x, from, &weights, bias.as_ref(), Some(to))
}
