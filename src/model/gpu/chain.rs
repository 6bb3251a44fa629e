//! Which networks the graphics processor runs: a chain of convolutions over a volume that ends in the labels' logits.
//!
//! Kernel 1 or 3 along each axis, stride 1, as many places out as in, any dilation. Behind a convolution: BatchNormalization (folded in) or
//! InstanceNormalization, then an activation. A quantized (QDQ) chain is taken where its sums of whole numbers stay below 2²⁴, which float32
//! holds exactly: then every byte is that of the CPU.

use super::read;
use crate::{
    base::{Error, Result},
    model::{codes, onnx::Model},
};

/// A network as layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// How the input's values are taken.
    pub start: Start,
    /// From the input to the logits.
    pub layers: Vec<Layer>,
}

/// What becomes of the input's values before the first layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// Nothing.
    Floats,
    /// Whole numbers: value / scale, rounded, within the range; the zero point is subtracted already.
    Bytes {
        /// What one step is.
        scale: f32,
        /// Least and greatest whole number.
        range: [f32; 2],
    },
}

/// A convolution and what is done to its sums.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Taps in D, H, W: 1 or 3.
    pub kernel: [usize; 3],
    /// Places from tap to tap in D, H, W.
    pub dilation: [usize; 3],
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Output channel, input channel, tap in D, H, W.
    pub weights: Vec<f32>,
    /// For each output channel.
    pub bias: Vec<f32>,
    /// Mean 0 and variance 1 over the whole volume, before the activation.
    pub norm: Option<Norm>,
    /// The end.
    pub end: End,
}

/// InstanceNormalization.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    /// Factor for each channel.
    pub scale: Vec<f32>,
    /// Summand for each channel.
    pub bias: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
}

/// What a sum becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// A float, by an activation.
    Floats(Activation),
    /// A whole number: sum × factor of the channel, rounded (halves to even), within the range.
    Bytes {
        /// For each output channel.
        by: Vec<f32>,
        /// Least and greatest whole number, less the zero point.
        range: [f32; 2],
    },
    /// A float: sum of whole numbers × factor of the channel.
    Scaled(Vec<f32>),
}

/// An activation of ONNX.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// None.
    None,
    /// max(v, 0).
    Relu,
    /// Below 0 multiplied by the slope.
    LeakyRelu(f32),
    /// Below 0: α · (eᵛ − 1).
    Elu(f32),
    /// Within both limits.
    Clip(f32, f32),
    /// v · Φ(v).
    Gelu,
}

impl Chain {
    /// Whether it computes in whole numbers.
    pub fn is_whole(&self) -> bool {
        matches!(self.start, Start::Bytes { .. })
    }

    /// Reads a chain out of a graph.
    ///
    /// # Errors
    /// What the network has that no chain has.
    pub fn of(model: &Model<'_>) -> std::result::Result<Self, String> {
        read::chain(model)
    }

    /// Refuses a network with another number of labels than its manifest says.
    ///
    /// # Errors
    /// `MDL-001`.
    pub fn check(&self, labels: usize) -> Result<()> {
        if self.labels() == labels {
            return Ok(());
        }
        Err(Error::new(&codes::MANIFEST)
            .at("output.labels")
            .expected(self.labels())
            .found(labels))
    }

    /// Labels: channels of the last layer.
    pub fn labels(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.outputs)
    }
}

impl Layer {
    /// Places before and after in D that an output place needs.
    pub fn reach(&self) -> usize {
        let [kernel, ..] = self.kernel;
        let [dilation, ..] = self.dilation;
        kernel / 2 * dilation
    }

    /// Taps.
    pub fn taps(&self) -> usize {
        self.kernel.iter().product()
    }
}

/// value / scale, rounded to a whole number (halves to even), within the range; what is no number gives the least.
pub fn whole(v: f32, scale: f32, [low, high]: [f32; 2]) -> f32 {
    let v = v / scale;
    let v = if v > low { v } else { low };
    v.min(high).round_ties_even()
}
