//! Frame sets that are volumes, seen from elsewhere: planes of any direction, slabs, projections, rendering.
//!
//! Takes the frames of a frame set with their place in the patient; gives frames of modality values, which are windowed, filtered and
//! measured like any other, and pictures. The CPU defines, the GPU follows.

#![allow(
    clippy::inline_always,
    clippy::needless_range_loop,
    reason = "inner loops: once for each sample of millions, in lanes of several arrays of one length"
)]

mod aligned;
#[cfg(feature = "viewer")]
pub mod assemble;
mod blocks;
pub mod codes;
#[cfg(feature = "gpu")]
pub mod gpu;
mod grid;
pub mod growth;
mod padding;
mod plane;
mod ray;
pub mod raycast;
mod sampler;
pub mod slab;
mod taps;
pub mod transfer;
mod voxels;

pub use grid::{Grid, Heights};
pub use plane::{Plane, Sampling, Standard, labels_in, reformat};
pub use slab::{Project, Slab};
pub use voxels::{Samples, Volume, VolumeBuilder};
