//! Whether a map is about the network at all: deletion and insertion against maps drawn at random, and a network with shuffled weights,
//! whose map must be another one (Adebayo et al. 2018; Petsiuk et al. 2018).

pub mod curves;
pub mod likeness;
pub mod weights;

/// Maps drawn at random that deletion and insertion are compared with.
pub const RANDOM_MAPS: usize = 5;
/// Networks with shuffled weights.
pub const NETWORKS: usize = 3;

pub use curves::{Areas, areas};
pub use likeness::{rank_correlation, ssim};
