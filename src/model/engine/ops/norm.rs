//! BatchNormalization that no convolution takes in, InstanceNormalization, GroupNormalization, LayerNormalization.

use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Is, Live},
};
use crate::model::{kernels::Activation, onnx::Node};

/// Each channel times a factor, plus a summand, then an activation: channels lie last.
#[derive(Debug)]
struct Affine {
    factor: Vec<f32>,
    summand: Vec<f32>,
    end: Activation,
}

impl Affine {
    fn line(&self, to: &mut [f32]) {
        for (v, (f, s)) in to.iter_mut().zip(self.factor.iter().zip(&self.summand)) {
            *v = *v * f + s;
        }
    }
}

impl Op for Affine {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let channels = self.factor.len();
        if x.len() != y.len() || channels == 0 {
            return None;
        }
        let relu = self.end == Activation::Relu;
        for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
            let all = y
                .iter_mut()
                .zip(x)
                .zip(self.factor.iter().zip(&self.summand));
            if relu {
                for ((y, x), (f, s)) in all {
                    let v = x * f + s;
                    *y = if v > 0.0 { v } else { 0.0 };
                }
            } else {
                for ((y, x), (f, s)) in all {
                    *y = x * f + s;
                }
            }
        }
        if !relu {
            self.end.apply(y);
        }
        Some(())
    }

    fn replaces(&self) -> bool {
        true
    }

    fn replace(&self, buffer: Target<'_>, _: &[View<'_>]) -> Option<()> {
        let y = buffer.floats()?;
        for y in y.chunks_exact_mut(self.factor.len().max(1)) {
            self.line(y);
        }
        self.end.apply(y);
        Some(())
    }
}

/// BatchNormalization.
pub(in crate::model::engine) fn batch<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let [factor, summand] = b
        .batch_norm(node, x.channels())
        .ok_or_else(|| b.refuse("numbers that are not known before the run, or training"))?;
    let x = b.last(x)?;
    let dims = x.dims.clone();
    let tail = b
        .tail(node, &dims, false, false)
        .ok_or_else(|| b.refuse("no output"))?;
    let op = Affine {
        factor,
        summand,
        end: tail.activation,
    };
    let y = b.step(op, &[&x], dims, x.last, Is::Floats)?;
    super::conv::end(b, tail.name, y, tail.quant)
}

/// Mean 0 and variance 1 over the places and the channels of each group, then a factor and a summand for each channel: channels lie last.
#[derive(Debug)]
struct Grouped {
    channels: usize,
    groups: usize,
    places: usize,
    epsilon: f32,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Op for Grouped {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        let size = self.channels.checked_mul(self.places).filter(|&n| n > 0)?;
        if x.len() != y.len() || !x.len().is_multiple_of(size) || self.groups == 0 {
            return None;
        }
        let each = self.channels / self.groups;
        let count = (each * self.places) as f64;
        for (x, y) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)) {
            // Two passes in float64: the difference of large sums would lose the variance.
            let mut sums = vec![0.0_f64; self.channels];
            for x in x.chunks_exact(self.channels) {
                for (sum, v) in sums.iter_mut().zip(x) {
                    *sum += f64::from(*v);
                }
            }
            let means: Vec<f64> = sums
                .chunks(each)
                .map(|s| s.iter().sum::<f64>() / count)
                .collect();
            let own: Vec<f32> = (0..self.channels)
                .map(|c| means.get(c / each).map_or(0.0, |m| *m as f32))
                .collect();
            sums.fill(0.0);
            for x in x.chunks_exact(self.channels) {
                for ((sum, v), mean) in sums.iter_mut().zip(x).zip(&own) {
                    let d = f64::from(v - mean);
                    *sum += d * d;
                }
            }
            let inverse: Vec<f32> = sums
                .chunks(each)
                .map(|s| {
                    (1.0 / (s.iter().sum::<f64>() / count + f64::from(self.epsilon)).sqrt()) as f32
                })
                .collect();
            let factors: Vec<f32> = (0..self.channels)
                .map(|c| Some(self.scale.get(c)? * inverse.get(c / each)?))
                .collect::<Option<_>>()?;
            for (x, y) in x
                .chunks_exact(self.channels)
                .zip(y.chunks_exact_mut(self.channels))
            {
                let all = y
                    .iter_mut()
                    .zip(x)
                    .zip(own.iter().zip(factors.iter().zip(&self.bias)));
                for ((y, x), (mean, (factor, bias))) in all {
                    *y = (x - mean) * factor + bias;
                }
            }
        }
        Some(())
    }
}

fn groups<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
    groups: usize,
    scale: Vec<f32>,
    bias: Vec<f32>,
) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let channels = x.channels();
    let places = x.dims.iter().skip(2).product();
    let fits = groups > 0
        && channels.is_multiple_of(groups)
        && scale.len() == channels
        && bias.len() == channels;
    if x.dims.len() < 2 || !fits {
        return Err(b.refuse("scale, bias or groups of another number"));
    }
    let x = b.last(x)?;
    let op = Grouped {
        channels,
        groups,
        places,
        epsilon: node.float("epsilon", 1e-5),
        scale,
        bias,
    };
    let y = b.step(op, &[&x], x.dims.clone(), x.last, Is::Floats)?;
    b.give(node, y)
}

/// InstanceNormalization.
pub(in crate::model::engine) fn instance<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let channels = b.input(node, 0)?.dims().get(1).copied().unwrap_or(0);
    let (scale, bias) = (
        b.reals(node, 1)?.unwrap_or_default(),
        b.reals(node, 2)?.unwrap_or_default(),
    );
    groups(b, node, channels, scale, bias)
}

/// GroupNormalization: before operator set 21 scale and bias are one a group.
pub(in crate::model::engine) fn group<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let channels = b.input(node, 0)?.dims().get(1).copied().unwrap_or(0);
    let count = usize::try_from(node.int("num_groups", 0)).unwrap_or(0);
    let each = channels.checked_div(count).unwrap_or(0);
    let spread = |own: Vec<f32>| -> Vec<f32> {
        if own.len() == count && count != channels {
            own.iter()
                .flat_map(|&v| std::iter::repeat_n(v, each))
                .collect()
        } else {
            own
        }
    };
    let scale = spread(b.reals(node, 1)?.unwrap_or_default());
    let bias = spread(b.reals(node, 2)?.unwrap_or_default());
    groups(b, node, count, scale, bias)
}

/// Mean 0 and variance 1 over the last values of each row.
#[derive(Debug)]
struct Layer {
    size: usize,
    epsilon: f32,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Op for Layer {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        let (x, y) = (inputs.first()?.floats()?, output.floats()?);
        if x.len() != y.len() || self.size == 0 {
            return None;
        }
        let count = self.size as f64;
        for (x, y) in x.chunks_exact(self.size).zip(y.chunks_exact_mut(self.size)) {
            let mean = (x.iter().map(|&v| f64::from(v)).sum::<f64>() / count) as f32;
            let square: f64 = x.iter().map(|v| f64::from(v - mean)).map(|d| d * d).sum();
            let factor = (1.0 / (square / count + f64::from(self.epsilon)).sqrt()) as f32;
            for (y, (x, (s, b))) in y
                .iter_mut()
                .zip(x.iter().zip(self.scale.iter().zip(&self.bias)))
            {
                *y = (x - mean) * factor * s + b;
            }
        }
        Some(())
    }
}

/// LayerNormalization.
pub(in crate::model::engine) fn layer<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    if node
        .outputs
        .iter()
        .skip(1)
        .any(|o| b.readers.contains_key(o) || b.outputs.contains(o))
    {
        return Err(b.refuse("mean and variance as outputs"));
    }
    let x = b.input(node, 0)?;
    let x = b.floats(x)?;
    let x: Live = b.plain(x)?;
    let axis = b.axis(node.int("axis", -1), x.dims.len())?;
    let size: usize = x.dims.iter().skip(axis).product();
    let scale = b.reals(node, 1)?.unwrap_or_default();
    let bias = b.reals(node, 2)?.unwrap_or_else(|| vec![0.0; size]);
    if scale.len() != size || bias.len() != size {
        return Err(b.refuse("scale or bias of another length"));
    }
    let op = Layer {
        size,
        epsilon: node.float("epsilon", 1e-5),
        scale,
        bias,
    };
    let y = b.step(op, &[&x], x.dims.clone(), false, Is::Floats)?;
    b.give(node, y)
}
