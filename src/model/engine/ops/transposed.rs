//! ConvTranspose in float32, and in int8 within a QDQ graph.

use super::conv;
use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Constant, Is, Live, Value, Values, three},
};
use crate::model::{
    kernels::{
        Activation, Output8, Scales, TransposedF32, TransposedQ8, Transposition, Window, volume,
    },
    onnx::Node,
};

fn shape(
    b: &Builder<'_>,
    node: &Node<'_>,
    kernel: &[usize],
    input: &[usize],
) -> Lay<Transposition> {
    let rank = kernel.len();
    let more = node
        .ints("output_padding")
        .map_or_else(|| vec![0; rank], <[i64]>::to_vec);
    let mut more = b.sizes(&more)?;
    let wrong = || b.refuse("output_padding, output_shape or auto_pad");
    let auto = node.text("auto_pad", "NOTSET");
    let asked = node
        .ints("output_shape")
        .map(|asked| b.sizes(asked))
        .transpose()?;
    let wrong_rank = more.len() != rank || asked.as_ref().is_some_and(|a| a.len() != rank);
    if wrong_rank || input.len() != rank + 2 {
        return Err(wrong());
    }
    let same = matches!(auto, "SAME_UPPER" | "SAME_LOWER");
    let list = |name: &str| {
        let all = node
            .ints(name)
            .map_or_else(|| vec![1; rank], <[i64]>::to_vec);
        b.sizes(&all)
    };
    let (strides, dilations) = (list("strides")?, list("dilations")?);
    let mut pads = b.sizes(
        &node
            .ints("pads")
            .map_or_else(|| vec![0; 2 * rank], <[i64]>::to_vec),
    )?;
    if strides.len() != rank || dilations.len() != rank || pads.len() != 2 * rank {
        return Err(wrong());
    }
    match auto {
        "NOTSET" | "" => {}
        "VALID" => pads = vec![0; 2 * rank],
        _ if same => {}
        _ => return Err(wrong()),
    }
    if same || asked.is_some() {
        // The pads that give this size; the larger half is after, but for SAME_LOWER (and for no auto_pad) before.
        let all = kernel
            .iter()
            .zip(&strides)
            .zip(dilations.iter().zip(input.iter().skip(2)));
        for (a, ((k, s), (d, n))) in all.enumerate() {
            let extra = more.get(a).copied().unwrap_or_default();
            let whole = n
                .checked_sub(1)
                .and_then(|n| n.checked_mul(*s))
                .and_then(|n| {
                    n.checked_add(extra)?
                        .checked_add(k.saturating_sub(1).checked_mul(*d)?)?
                        .checked_add(1)
                })
                .ok_or_else(wrong)?;
            let size = match &asked {
                Some(asked) => asked.get(a).copied().unwrap_or_default(),
                None => n.saturating_mul(*s),
            };
            // Places that are lacking are added after the last.
            let cut = if size > whole {
                *more.get_mut(a).ok_or_else(wrong)? += size - whole;
                0
            } else {
                whole - size
            };
            let [before, after] = if auto == "SAME_UPPER" {
                [cut / 2, cut - cut / 2]
            } else {
                [cut - cut / 2, cut / 2]
            };
            *pads.get_mut(a).ok_or_else(wrong)? = before;
            *pads.get_mut(a + rank).ok_or_else(wrong)? = after;
        }
    }
    let each = |of: &[usize], or| three(of, or).ok_or_else(|| b.refuse("more than three axes"));
    let (before, after) = pads.split_at(rank);
    let ([p, q, r], [s, t, u]) = (each(before, 0)?, each(after, 0)?);
    let window = Window::new(
        each(kernel, 1)?,
        each(&strides, 1)?,
        each(&dilations, 1)?,
        [[p, s], [q, t], [r, u]],
    );
    window
        .and_then(|window| Transposition::new(window, three(&more, 0)?))
        .ok_or_else(wrong)
}

/// ConvTranspose, of floats or between DequantizeLinear and QuantizeLinear.
pub(in crate::model::engine) fn float<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let Some(weights) = b.constant(node, 1)? else {
        return Err(b.refuse("no weights"));
    };
    let dims = weights.dims().to_vec();
    let (Some(&inputs), Some(&each), Some(kernel)) = (dims.first(), dims.get(1), dims.get(2..))
    else {
        return Err(b.refuse("weights of too few axes"));
    };
    if node
        .ints("kernel_shape")
        .is_some_and(|own| own.iter().map(|&k| k as usize).ne(kernel.iter().copied()))
    {
        return Err(b.refuse("kernel_shape"));
    }
    let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
    let outputs = each.checked_mul(groups).ok_or_else(|| b.refuse("group"))?;
    if inputs != x.channels() {
        return Err(b.refuse("weights of another number of channels"));
    }
    let channels = conv::channels(b, node, &x, outputs)?;
    let shape = shape(b, node, kernel, &x.dims)?;
    let extent = x.extent().ok_or_else(|| b.refuse("more than five axes"))?;
    let size = shape
        .output(extent)
        .ok_or_else(|| b.refuse("nothing is left of the output"))?;
    let batch = x.dims.first().copied().unwrap_or(1);
    let to = conv::dims_of(batch, outputs, size, x.dims.len());
    let bias = b.constant(node, 2)?;
    let rest = Rest {
        extent,
        to: size,
        batch,
        channels: [inputs, outputs],
    };
    if let (Is::Quantized(quant), Constant::Quantized(own)) = (x.is, &weights)
        && (own.scale.len() == 1 || (own.axis == 1 && groups == 1))
        && !matches!(own.values, Values::Wide(_))
        && conv::whole(b, bias.as_ref(), quant, own, outputs)?
    {
        let x = b.last(x)?;
        let bias = conv::units(b, bias.as_ref(), quant, own, outputs)?;
        let (name, ending, then) = conv::ending(b, node, None)?;
        let scales = Scales {
            scale: &own.scale,
            zero_point: &own.zero,
        };
        let layer = conv::bytes_of(b, own, |w| {
            TransposedQ8::new(shape, channels, quant, w, scales, &bias, ending)
        })?;
        let y = b.step(Integer { layer, rest }, &[&x], to, true, conv::kind(ending))?;
        return conv::end(b, name, y, then);
    }
    let x = b.floats(Value::Live(x))?;
    let x: Live = b.last(x)?;
    b.spend(weights.dims().iter().product::<usize>().saturating_mul(8))?;
    let values = weights
        .floats()
        .ok_or_else(|| b.refuse("weights that are no floats"))?;
    let bias = b.reals(node, 2)?.unwrap_or_default();
    let tail = b
        .tail(node, &to, false, false)
        .ok_or_else(|| b.refuse("no output"))?;
    let end: Activation = tail.activation;
    let layer = TransposedF32::new(shape, channels, &values, &bias, end)
        .ok_or_else(|| b.refuse("weights of another length"))?;
    let y = b.step(Float { layer, rest }, &[&x], to, true, Is::Floats)?;
    conv::end(b, tail.name, y, tail.quant)
}

#[derive(Debug)]
struct Rest {
    extent: [usize; 3],
    to: [usize; 3],
    batch: usize,
    channels: [usize; 2],
}

impl Rest {
    fn sizes(&self) -> Option<[usize; 2]> {
        let [inputs, outputs] = self.channels;
        Some([volume(self.extent, inputs)?, volume(self.to, outputs)?])
    }

    fn rows(&self) -> std::ops::Range<usize> {
        let [depth, height, _] = self.to;
        0..depth * height
    }
}

#[derive(Debug)]
struct Float {
    layer: TransposedF32,
    rest: Rest,
}

impl Op for Float {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let [from, to] = self.rest.sizes()?;
        if x.len() != from * self.rest.batch || y.len() != to * self.rest.batch {
            return None;
        }
        for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
            self.layer.run(self.rest.extent, x, self.rest.rows(), y)?;
        }
        Some(())
    }
}

#[derive(Debug)]
struct Integer {
    layer: TransposedQ8,
    rest: Rest,
}

impl Op for Integer {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let x = inputs.first()?.bytes()?;
        let [from, to] = self.rest.sizes()?;
        if x.len() != from * self.rest.batch {
            return None;
        }
        let (extent, rows) = (self.rest.extent, self.rest.rows());
        match output {
            Target::Bytes(y) if y.len() == to * self.rest.batch => {
                for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
                    self.layer.run(extent, x, rows.clone(), Output8::Bytes(y))?;
                }
            }
            Target::Floats(y) if y.len() == to * self.rest.batch => {
                for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(to)) {
                    self.layer
                        .run(extent, x, rows.clone(), Output8::Floats(y))?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}
