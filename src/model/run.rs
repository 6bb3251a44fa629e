//! Inference with tract: this file and `run_conv` are the only ones that name it.

use std::{io::Cursor, sync::Arc};

use tract_onnx::prelude::*;

use super::{codes, manifest, manifest::Manifest, run_conv};
use crate::base::{Error, Limits, Result};

/// A network's bytes, held against limit and checksum.
#[derive(Debug, Clone)]
pub struct Network {
    bytes: Vec<u8>,
}

/// A network that is optimised for one input shape.
#[derive(Debug, Clone)]
pub struct Plan {
    shape: Vec<usize>,
    runnable: Arc<TypedRunnableModel>,
}

/// One output: shape and values, last index fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Size along each axis.
    pub shape: Vec<usize>,
    /// Values.
    pub values: Vec<f32>,
}

impl Network {
    /// The network of a manifest, or its float one.
    ///
    /// # Errors
    /// `MDL-001` when there is no float one, `MDL-002` beyond the limit, `MDL-003` when the checksum differs.
    pub fn of(manifest: &Manifest, bytes: Vec<u8>, float: bool, limits: &Limits) -> Result<Self> {
        manifest.check_file(&bytes, float, limits)?;
        Ok(Self { bytes })
    }
    /// A network without a manifest: nobody vouches for it.
    ///
    /// # Errors
    /// `MDL-002` beyond the limit.
    pub fn unchecked(bytes: Vec<u8>, limits: &Limits) -> Result<Self> {
        manifest::check_size(&bytes, limits)?;
        Ok(Self { bytes })
    }
    /// Sets the input's shape and optimises.
    ///
    /// # Errors
    /// `MDL-004` with the runtime's words.
    pub fn plan(&self, shape: &[usize]) -> Result<Plan> {
        let runnable = onnx()
            .model_for_read(&mut Cursor::new(&self.bytes))
            .and_then(|model| model.with_input_fact(0, f32::fact(shape).into()))
            .and_then(InferenceModelExt::into_typed)
            .and_then(TypedModel::into_decluttered)
            .and_then(|mut model| run_conv::replace(&mut model).map(|()| model))
            .and_then(TypedModel::into_optimized)
            .and_then(IntoRunnable::into_runnable)
            .map_err(|e| Error::new(&codes::NETWORK).found(e))?;
        let shape = shape.to_vec();
        Ok(Plan { shape, runnable })
    }
}

impl Plan {
    /// Runs the network once; all outputs as float.
    ///
    /// # Errors
    /// `MDL-005` with the runtime's words.
    pub fn run(&self, input: &[f32]) -> Result<Vec<Output>> {
        let wrong = |e: TractError| Error::new(&codes::RUN).found(e);
        let tensor = Tensor::from_shape(&self.shape, input).map_err(wrong)?;
        let outputs = self.runnable.run(tvec!(tensor.into())).map_err(wrong)?;
        let read = |output: &TValue| {
            let view = output.to_plain_array_view::<f32>().map_err(wrong)?;
            let shape = view.shape().to_vec();
            let values = view.iter().copied().collect();
            Ok(Output { shape, values })
        };
        outputs.iter().map(read).collect()
    }
}
