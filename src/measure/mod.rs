//! What a doctor marks: handles on a frame → lengths, angles, areas, statistics, each with its unit and the origin of its spacing.
//!
//! Takes points in pixels, values with a unit and a spacing with its provenance; where no spacing is known it says pixels. Paints nothing.
//! A tool is a file in `tools` and a line in [`tools::TOOLS`]. Points are (column, row), pixel centres at whole numbers.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

pub mod codes;
pub mod concepts;
pub mod geometry;
mod mark;
mod on_plane;
#[cfg(feature = "viewer")]
pub mod place;
#[cfg(feature = "viewer")]
pub mod read;
#[cfg(feature = "viewer")]
mod read_report;
#[cfg(feature = "viewer")]
mod read_state;
pub mod scale;
pub mod shape;
pub mod statistics;
#[cfg(feature = "viewer")]
pub mod take;
pub mod tools;
pub mod written;

pub use mark::{Computed, Mark, Measurement, Origin, Value};
pub use on_plane::OnPlane;
pub use scale::Scale;
