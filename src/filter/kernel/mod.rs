//! The arithmetic of the filters on plain slices: rows × columns numbers, row-major, nothing about DICOM, padding or units.
//!
//! Each function is defined by OpenCV's function of the same name and equals it on 8-bit levels (tests/opencv.rs); on `f32` it is the
//! same formula. Rows are slices of equal length, so that the inner loops run on vectors.
#![allow(
    clippy::inline_always,
    reason = "weights are constants of a loop only where its function is inlined: then they are additions"
)]

pub mod adaptive;
pub mod canny;
pub mod derivative;
pub mod gaussian8;
mod lines;
pub mod morphology;
pub mod otsu;

pub use lines::{Border, shape};
