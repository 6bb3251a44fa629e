//! Puts our own three-dimensional convolution into a network in place of tract's, where it fits.

#[allow(
    clippy::wildcard_imports,
    reason = "the macros of tract name what its internal module has"
)]
use tract_onnx::{
    prelude::*,
    tract_core::{
        internal::*,
        ops::{
            cnn::{Conv, KernelFormat, PaddingSpec},
            nn::DataFormat,
        },
    },
};

use crate::model::kernels::{Activation, Channels, ConvF32, Window};

/// A convolution with its weights, of one input shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Direct {
    shape: Shape,
    weights: Arc<Tensor>,
    bias: Arc<Tensor>,
}

/// Channels, extent and kernel of a convolution that keeps the extent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape {
    channels: [usize; 2],
    extent: [usize; 3],
    kernel: [usize; 3],
    dilation: [usize; 3],
}

impl Direct {
    fn layer(&self) -> Option<ConvF32> {
        let Shape {
            channels: [inputs, outputs],
            kernel,
            dilation,
            ..
        } = self.shape;
        let pads = std::array::from_fn(|a| [kernel[a] / 2 * dilation[a]; 2]);
        let window = Window::new(kernel, [1; 3], dilation, pads)?;
        let weights = self.weights.try_as_plain_ram().ok()?;
        let bias = self.bias.try_as_plain_ram().ok()?;
        ConvF32::new(
            window,
            Channels::new(inputs, outputs, 1)?,
            weights.as_slice::<f32>().ok()?,
            bias.as_slice::<f32>().ok()?,
            Activation::Identity,
        )
    }
}

/// Rows × columns to columns × rows.
fn turned(from: &[f32], rows: usize) -> Vec<f32> {
    let columns = from.len() / rows.max(1);
    (0..columns)
        .flat_map(|c| from.iter().skip(c).step_by(columns.max(1)).copied())
        .collect()
}

impl Op for Direct {
    fn name(&self) -> StaticName {
        "Direct3d".into()
    }
    op_as_typed_op!();
}

impl EvalOp for Direct {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext<'_>, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let [d, h, w] = self.shape.extent;
        let [inputs, outputs] = self.shape.channels;
        let layer = self
            .layer()
            .ok_or_else(|| format_err!("weights of another length"))?;
        let last = turned(input.try_as_plain_ram()?.as_slice::<f32>()?, inputs);
        let mut made = vec![0.0; d * h * w * outputs];
        layer
            .run([d, h, w], &last, None, 0..d * h, &mut made)
            .ok_or_else(|| format_err!("an input of another length"))?;
        let output = Tensor::from_shape(&[1, outputs, d, h, w], &turned(&made, d * h * w))?;
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Direct {
    as_op!();

    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let [d, h, w] = self.shape.extent;
        Ok(tvec!(f32::fact([1, self.shape.channels[1], d, h, w])))
    }
}

/// Replaces every convolution over three axes that keeps the extent, has stride 1, one group, and weights that are known. `model` is
/// decluttered: then the weights of quantized networks are known too.
pub(super) fn replace(model: &mut TypedModel) -> TractResult<()> {
    let nodes: Vec<usize> = model.nodes().iter().map(|n| n.id).collect();
    for id in nodes {
        let node = model.node(id);
        if let Some(op) = direct(model, node)? {
            let patch = TypedModelPatch::replace_single_op(model, node, &node.inputs[..1], op)?;
            patch.apply(model)?;
        }
    }
    Ok(())
}

fn direct(model: &TypedModel, node: &TypedNode) -> TractResult<Option<Direct>> {
    let Some(op) = node.op_as::<Conv>() else {
        return Ok(None);
    };
    let pool = &op.pool_spec;
    let [x, weights, bias] = node.inputs.as_slice() else {
        return Ok(None);
    };
    let x = model.outlet_fact(*x)?;
    let known = |outlet: &OutletId| Ok::<_, TractError>(model.outlet_fact(*outlet)?.konst.clone());
    let (Some(weights), Some(bias)) = (known(weights)?, known(bias)?) else {
        return Ok(None);
    };
    let Some(&[1, inputs, d, h, w]) = x.shape.as_concrete() else {
        return Ok(None);
    };
    let &[kd, kh, kw] = pool.kernel_shape.as_slice() else {
        return Ok(None);
    };
    let ones: TVec<usize> = tvec!(1, 1, 1);
    let dilation = pool.dilations.as_ref().unwrap_or(&ones);
    let &[dd, dh, dw] = dilation.as_slice() else {
        return Ok(None);
    };
    let shape = Shape {
        channels: [inputs, pool.output_channels],
        extent: [d, h, w],
        kernel: [kd, kh, kw],
        dilation: [dd, dh, dw],
    };
    let pads: TVec<usize> = shape
        .kernel
        .iter()
        .zip(shape.dilation)
        .map(|(k, d)| k / 2 * d)
        .collect();
    let same = match &pool.padding {
        PaddingSpec::Explicit(before, after) => *before == pads && *after == pads,
        PaddingSpec::Valid => pads.iter().all(|&p| p == 0),
        PaddingSpec::SameUpper | PaddingSpec::SameLower => true,
        PaddingSpec::ExplicitOnnxPool(..) => false,
    };
    let fits = same
        && shape.kernel.iter().all(|k| k % 2 == 1)
        && pool
            .strides
            .as_ref()
            .is_none_or(|s| s.iter().all(|&s| s == 1))
        && op.group == 1
        && op.q_params.is_none()
        && op.kernel_fmt == KernelFormat::OIHW
        && pool.data_format == DataFormat::NCHW
        && x.datum_type == f32::datum_type()
        && weights.datum_type() == f32::datum_type()
        && weights.len() == inputs * pool.output_channels * kd * kh * kw;
    if !fits {
        return Ok(None);
    }
    // A bias of one value stands for all channels.
    let bias = bias.cast_to::<f32>()?.into_owned();
    let bias = if bias.len() == pool.output_channels {
        bias
    } else {
        bias.broadcast_to_shape(&[pool.output_channels])?
    };
    Ok(Some(Direct {
        shape,
        weights,
        bias: bias.into_arc_tensor(),
    }))
}
