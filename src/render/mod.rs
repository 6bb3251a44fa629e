//! A scene → pixels. `cpu` is the reference, `gpu` the fast path.
//!
//! Takes a [`Scene`]: plain data, nothing of files. Gives RGBA. Never decides what is shown.

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod scene;
#[cfg(all(feature = "gpu", feature = "web", target_arch = "wasm32"))]
pub mod surface;
mod taps;

pub use scene::{Heatmap, Interpolation, LabelOverlay, Scene, Spatial, View};
