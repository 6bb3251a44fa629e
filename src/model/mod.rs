//! A model's manifest, the preparation of its input, inference, and the explanation of its output.
//!
//! Takes volumes and frames of modality values and a manifest; gives scores, label maps, heatmaps. What the manifest excludes is refused
//! with a reason. Never names `render`; tract appears only in `run_tract`.

#[cfg(feature = "model")]
pub mod analysis;
#[cfg(feature = "model")]
pub mod augment;
pub mod bundle;
pub mod check;
#[cfg(feature = "model")]
mod classify;
pub mod codes;
#[cfg(feature = "model")]
mod detect;
#[cfg(feature = "model")]
pub mod engine;
pub mod explain;
#[cfg(feature = "model")]
mod explaining;
pub mod facts;
#[cfg(feature = "model")]
mod field;
pub mod finding;
pub mod framing;
mod gaps;
#[cfg(feature = "model")]
mod general;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod head;
#[cfg(feature = "viewer")]
pub mod input;
pub mod inspect;
#[cfg(feature = "model")]
pub mod kernels;
#[cfg(feature = "model")]
pub mod labelling;
pub mod manifest;
pub mod onnx;
pub mod operators;
pub mod prepare;
pub mod recipe;
#[cfg(feature = "model")]
pub mod run;
#[cfg(feature = "tract")]
mod run_tract;
pub mod score;
pub mod segment;
pub mod sliding;
pub mod weighting;

#[cfg(feature = "model")]
pub use analysis::{Analysis, Input, Wish, analyse};
#[cfg(feature = "model")]
pub use augment::MOST_COPIES;
