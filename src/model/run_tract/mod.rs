//! Inference with tract: what our own kernels do not know.

mod activations;
mod conv;
mod doubted;
mod downsampled;
mod operands;

use std::{io::Cursor, sync::Arc};

use tract_onnx::{prelude::*, tract_core::internal::format_err};

use super::{codes, onnx::Model, run::Output};
use crate::base::{Code, Error, Result};

/// A network that tract has optimised for one input shape.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    shape: Vec<usize>,
    runnable: Arc<TypedRunnableModel>,
}

impl Plan {
    pub(super) fn new(bytes: &[u8], shape: &[usize]) -> Result<Self> {
        if let Some(words) = doubted::first(&Model::read(bytes)?) {
            return Err(Error::new(&codes::NETWORK).found(words));
        }
        caught(&codes::NETWORK, || Self::made(bytes, shape))
    }

    fn made(bytes: &[u8], shape: &[usize]) -> Result<Self> {
        let mut onnx = onnx();
        activations::put(&mut onnx);
        let runnable = onnx
            .model_for_read(&mut Cursor::new(bytes))
            .and_then(|model| model.with_input_fact(0, f32::fact(shape).into()))
            .and_then(InferenceModelExt::into_typed)
            .and_then(|mut model| operands::turn(&mut model).map(|()| model))
            .and_then(TypedModel::into_decluttered)
            .and_then(|model| match downsampled::first(&model) {
                None => Ok(model),
                Some(name) => Err(format_err!(
                    "`{name}`: tract leaves places out before it normalizes them"
                )),
            })
            .and_then(|mut model| conv::replace(&mut model).map(|()| model))
            .and_then(TypedModel::into_optimized)
            .and_then(IntoRunnable::into_runnable)
            .map_err(|e| Error::new(&codes::NETWORK).found(e))?;
        let shape = shape.to_vec();
        Ok(Self { shape, runnable })
    }

    pub(super) fn run(&self, input: &[f32]) -> Result<Vec<Output>> {
        caught(&codes::RUN, || self.ran(input))
    }

    fn ran(&self, input: &[f32]) -> Result<Vec<Output>> {
        let wrong = |e: TractError| Error::new(&codes::RUN).found(e);
        let tensor = Tensor::from_shape(&self.shape, input).map_err(wrong)?;
        let outputs = self.runnable.run(tvec!(tensor.into())).map_err(wrong)?;
        let read = |output: &TValue| {
            let cast = output.cast_to::<f32>().map_err(wrong)?;
            let view = cast.to_plain_array_view::<f32>().map_err(wrong)?;
            let shape = view.shape().to_vec();
            let values = view.iter().copied().collect();
            Ok(Output { shape, values })
        };
        outputs.iter().map(read).collect()
    }
}

/// tract panics on some networks that are damaged; natively that is an error like any other. (In the page a panic ends the worker, which is
/// replaced.)
fn caught<T>(code: &'static Code, work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::new(code).found("a network that the runtime fails on")))
}
