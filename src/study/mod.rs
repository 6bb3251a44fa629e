//! Data sets → patient / study / series / frame set; geometry and spacing with its provenance.
//!
//! Takes instances whose heads are read; gives the tree, sorted, with gaps and repairs said. Never decodes a pixel but by [`pixels`],
//! never guesses a spacing.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "viewer")]
mod candidate;
#[cfg(feature = "viewer")]
pub mod cine;
#[cfg(feature = "viewer")]
pub mod codes;
#[cfg(feature = "viewer")]
mod directory;
pub mod geometry;
#[cfg(feature = "viewer")]
mod layers;
pub mod orientation;
#[cfg(feature = "viewer")]
pub mod pixels;
#[cfg(feature = "viewer")]
pub mod planes;
#[cfg(feature = "viewer")]
pub mod region;
#[cfg(feature = "viewer")]
pub mod report;
#[cfg(feature = "viewer")]
mod sort;
#[cfg(feature = "viewer")]
pub mod spacing;
#[cfg(feature = "viewer")]
mod tree;
pub mod volume;

#[cfg(feature = "viewer")]
pub use tree::{Catalogue, FrameRef, FrameSet, Gap, Patient, Series, Study};
