//! Networks over volumes on the graphics processor: chains of convolutions as MeshNet's, by WGSL of their own.
//!
//! Takes the bytes of an ONNX file and a box of values; gives labels. The CPU (`engine`) defines them: float32 labels are the same wherever
//! the two largest logits are further apart than rounding, those of quantized networks everywhere. What is no such chain, or more than the
//! device takes, is an error, and the caller takes the CPU.

pub mod chain;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod read;
mod run;
mod shader;
mod walk;

pub use chain::Chain;
#[cfg(not(target_arch = "wasm32"))]
pub use native::Device;
pub use run::labels;

use super::{codes, onnx::Model};
use crate::base::{Error, Result};

/// The network of an ONNX file as a chain.
///
/// # Errors
/// `MDL-004` where the bytes are no network; `GPU-010` with the reason where it is no chain that runs here.
pub fn chain(network: &[u8]) -> Result<Chain> {
    let model = Model::read(network)?;
    Chain::of(&model).map_err(|words| Error::new(&codes::GPU).found(words))
}
