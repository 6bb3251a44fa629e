//! Whether a map is about the network at all: deletion and insertion against maps drawn at random, and a network with shuffled weights,
//! whose map must be another one (Adebayo et al. 2018; Petsiuk et al. 2018).

pub mod curves;
pub mod likeness;
pub mod weights;

/// Maps drawn at random that deletion and insertion are compared with.
pub const RANDOM_MAPS: usize = 5;
/// Networks with all weights shuffled.
pub const NETWORKS: usize = 3;

/// How many layers from the last one on are shuffled in the cascade, of `count`: 1, 2, 4, … below all.
pub fn cascade(count: usize) -> impl Iterator<Item = usize> {
    core::iter::successors(Some(1), |n: &usize| n.checked_mul(2)).take_while(move |&n| n < count)
}

pub use curves::{Areas, areas};
pub use likeness::{rank_correlation, ssim};
