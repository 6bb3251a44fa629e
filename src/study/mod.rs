//! Data sets → patient / study / series / frame set; geometry and spacing with its provenance.
//!
//! Takes instances whose heads are read; gives the tree, sorted, with gaps and repairs said. Never decodes a pixel, never guesses a spacing.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

pub mod geometry;
pub mod volume;
