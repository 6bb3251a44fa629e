//! A scene → pixels. `cpu` is the reference.
//!
//! Takes a [`Scene`]: plain data, nothing of files. Gives RGBA. Never decides what is shown.

pub mod cpu;
mod scene;

pub use scene::{Heatmap, Interpolation, LabelOverlay, Scene, View};
