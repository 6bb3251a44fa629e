//! A scene → pixels. `cpu` is the reference; `gpu` (wgpu) is the fast path and equals it within 1 of 255.
//!
//! Takes a [`Scene`]: plain data, nothing of files. Gives RGBA. Never decides what is shown.

mod scene;

pub use scene::{Heatmap, Interpolation, LabelOverlay, Scene, View};
