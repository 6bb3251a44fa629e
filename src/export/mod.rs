//! What leaves as a file because the user saves it: PNG, JPEG, WebP, NumPy, and the results of an analysis as DICOM objects and JSON.
//!
//! Takes pixels, values or a finding with its source, and gives bytes. Writes no file, reads no clock: the doors do that. A kind of result is
//! one file and one line in `kinds.rs`.

pub mod animation;
pub mod codes;
pub mod deidentify;
pub mod npy;
pub mod picture;
pub mod quality;
pub mod sheet;
pub mod webp;
pub mod zip;

mod capture;
mod concept;
mod dataset;
pub mod key_object;
pub mod kinds;
mod lettering;
pub mod measures;
mod measures_report;
mod measures_state;
mod parametric_map;
pub mod pattern;
mod profile;
pub mod region;
mod report;
mod result;
mod seg;
pub mod spatial;
mod stamp;

pub use result::Export;
pub use stamp::{Moment, Stamp};
