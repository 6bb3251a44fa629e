//! Looking ahead: what may be done in one step with the operation before it.

use super::{
    build::Builder,
    value::{Is, Live, Value},
};
use crate::model::{
    kernels::{Activation, Quant},
    onnx::Node,
};

/// What follows a convolution or a product and is done at its end.
#[derive(Debug)]
pub(super) struct Tail<'a> {
    /// The name that the result has.
    pub(super) name: &'a str,
    /// Per channel: factor and summand, before all else.
    pub(super) affine: Option<[Vec<f32>; 2]>,
    /// Added before the activation.
    pub(super) residual: Option<Live>,
    pub(super) activation: Activation,
    /// The result as bytes.
    pub(super) quant: Option<Quant>,
}

impl<'a> Builder<'a> {
    /// The one node that reads a name, where there is just one and the name does not leave the graph.
    pub(super) fn reader(&self, name: &str) -> Option<(usize, &'a Node<'a>)> {
        let [at] = self.readers.get(name)?.as_slice() else {
            return None;
        };
        if self.outputs.contains(name) || self.done.get(*at).copied().unwrap_or(true) {
            return None;
        }
        Some((*at, self.model.graph.nodes.get(*at)?))
    }

    fn take(&mut self, at: usize) {
        if let Some(done) = self.done.get_mut(at) {
            *done = true;
        }
    }

    /// What follows `node` and can be done with it. `channels`: of its output, whose size is `dims`. `adds`: a residual can be added.
    pub(super) fn tail(
        &mut self,
        node: &Node<'a>,
        dims: &[usize],
        folds: bool,
        adds: bool,
    ) -> Option<Tail<'a>> {
        let mut tail = Tail {
            name: node.outputs.first()?,
            affine: None,
            residual: None,
            activation: Activation::Identity,
            quant: None,
        };
        while let Some((at, next)) = self.reader(tail.name) {
            let plain = tail.residual.is_none() && tail.activation == Activation::Identity;
            let Some(&to) = next.outputs.first() else {
                break;
            };
            // All but a sum take what they work on first.
            if next.op != "Add" && next.inputs.first() != Some(&tail.name) {
                break;
            }
            if next
                .outputs
                .iter()
                .skip(1)
                .any(|o| self.readers.contains_key(o) || self.outputs.contains(o))
            {
                break;
            }
            match (next.domain, next.op) {
                ("", "Identity") => {}
                ("", "Dropout") if !self.trains(next) => {}
                ("", "BatchNormalization") if plain && folds => {
                    let Some(own) = self.batch_norm(next, dims.get(1).copied().unwrap_or(1)) else {
                        break;
                    };
                    tail.affine = Some(match tail.affine {
                        None => own,
                        Some([f, s]) => {
                            let [g, t] = own;
                            [
                                f.iter().zip(&g).map(|(f, g)| f * g).collect(),
                                s.iter()
                                    .zip(g.iter().zip(&t))
                                    .map(|(s, (g, t))| s * g + t)
                                    .collect(),
                            ]
                        }
                    });
                }
                ("", "Add") if plain && adds && next.inputs.len() == 2 => {
                    let other = next.inputs.iter().find(|name| **name != tail.name);
                    let Some(Value::Live(other)) = other.and_then(|name| self.values.get(name))
                    else {
                        break;
                    };
                    if other.dims != dims || other.is != Is::Floats {
                        break;
                    }
                    let other = other.clone();
                    let Ok(other) = self.last(other) else { break };
                    tail.residual = Some(other);
                }
                ("", _) if tail.activation == Activation::Identity => {
                    if let Some(activation) = self.activation(next) {
                        tail.activation = activation;
                    } else if let Some(quant) = self.quantizes(next) {
                        tail.quant = Some(quant);
                    } else {
                        break;
                    }
                }
                ("", "QuantizeLinear") => match self.quantizes(next) {
                    Some(quant) => tail.quant = Some(quant),
                    None => break,
                },
                _ => break,
            }
            self.take(at);
            tail.name = to;
            if tail.quant.is_some() {
                break;
            }
        }
        Some(tail)
    }

    /// The quantization that follows a name at once, with the activation before it; the nodes are taken. `None`, and nothing is taken,
    /// where the name is not quantized next.
    pub(super) fn quantized_next(&mut self, name: &'a str) -> Option<(&'a str, Quant, Activation)> {
        let (first, node) = self.reader(name)?;
        if node.inputs.first() != Some(&name) {
            return None;
        }
        if let Some(quant) = self.quantizes(node) {
            self.take(first);
            return Some((node.outputs.first()?, quant, Activation::Identity));
        }
        let activation = self.activation(node)?;
        let (second, then) = self.reader(node.outputs.first()?)?;
        if then.inputs.first() != node.outputs.first() {
            return None;
        }
        let quant = self.quantizes(then)?;
        // Only what limits the range is done by bytes.
        clipped(quant, activation)?;
        self.take(first);
        self.take(second);
        Some((then.outputs.first()?, quant, activation))
    }

    /// Whether a Dropout may drop: in training, or where that is known only in the run.
    pub(super) fn trains(&self, node: &Node<'_>) -> bool {
        match self.optional(node, 2) {
            Ok(None) => false,
            Ok(Some(Value::Constant(training))) => {
                training.ints().is_none_or(|v| v.iter().any(|&v| v != 0))
            }
            _ => true,
        }
    }

    /// The activation that a node is, where it is one that ends a kernel.
    pub(super) fn activation(&self, node: &Node<'_>) -> Option<Activation> {
        if !node.domain.is_empty() {
            return None;
        }
        Some(match node.op {
            "Relu" => Activation::Relu,
            "LeakyRelu" => Activation::LeakyRelu(node.float("alpha", 0.01)),
            "Elu" => Activation::Elu(node.float("alpha", 1.0)),
            "Clip" => {
                let [low, high] = self.limits(node)?;
                Activation::Clip(low, high)
            }
            _ => return None,
        })
    }

    /// The limits of Clip, where they are known.
    pub(super) fn limits(&self, node: &Node<'_>) -> Option<[f32; 2]> {
        let limit = |at: usize, name: &str, or: f32| match self.reals(node, at).ok()? {
            Some(v) => v.first().copied(),
            None => Some(node.float(name, or)),
        };
        let [low, high] = [limit(1, "min", f32::MIN)?, limit(2, "max", f32::MAX)?];
        (low <= high).then_some([low, high])
    }

    /// The quantization that a node does, where it has one scale and bytes.
    pub(super) fn quantizes(&self, node: &Node<'_>) -> Option<Quant> {
        (node.domain.is_empty() && node.op == "QuantizeLinear")
            .then(|| self.quant(node, 1, 2))
            .flatten()
    }

    /// Scale and zero point of one quantization for a whole tensor, from two inputs.
    pub(super) fn quant(&self, node: &Node<'_>, scale: usize, zero: usize) -> Option<Quant> {
        let scale = self.reals(node, scale).ok()??;
        let [scale] = scale.as_slice() else {
            return None;
        };
        match self.constant(node, zero).ok()? {
            None => {
                // Without a zero point: uint8, or what the attribute says.
                match node.int("output_dtype", 0) {
                    0 | 2 => Quant::new(*scale, 0, false),
                    3 => Quant::new(*scale, 0, true),
                    _ => None,
                }
            }
            Some(constant) => {
                let super::value::Constant::File(tensor) = &constant else {
                    return None;
                };
                let signed = match tensor.kind {
                    crate::model::onnx::Kind::Uint8 => false,
                    crate::model::onnx::Kind::Int8 => true,
                    _ => return None,
                };
                let zero = tensor.ints()?;
                let [zero] = zero.as_slice() else {
                    return None;
                };
                Quant::new(*scale, *zero as i32, signed)
            }
        }
    }

    /// Factor and summand of each channel, of a BatchNormalization whose numbers are known.
    pub(super) fn batch_norm(&self, node: &Node<'_>, channels: usize) -> Option<[Vec<f32>; 2]> {
        if node.int("training_mode", 0) != 0 || node.int("spatial", 1) != 1 {
            return None;
        }
        let one = |at: usize| self.reals(node, at).ok()?.filter(|v| v.len() == channels);
        let [scale, bias, mean, variance] = [one(1)?, one(2)?, one(3)?, one(4)?];
        let epsilon = node.float("epsilon", 1e-5);
        let factor: Vec<f32> = scale
            .iter()
            .zip(&variance)
            .map(|(s, v)| s / (v + epsilon).sqrt())
            .collect();
        let summand = bias
            .iter()
            .zip(mean.iter().zip(&factor))
            .map(|(b, (m, f))| b - m * f)
            .collect();
        Some([factor, summand])
    }
}

/// The quantization with an activation's limits as its range. `None` where the activation does more than limit.
pub(super) fn clipped(quant: Quant, activation: Activation) -> Option<Quant> {
    match activation {
        Activation::Identity => Some(quant),
        Activation::Relu => Some(quant.within(0.0, f32::INFINITY)),
        Activation::Clip(low, high) => Some(quant.within(low, high)),
        Activation::LeakyRelu(_) | Activation::Elu(_) => None,
    }
}
