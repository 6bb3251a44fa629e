//! Stored values → modality values → display grey or colour (PS3.3 C.7.6.3, C.11; PS3.4 N.2.1).
//!
//! Takes decoded frames and the attributes of the pipeline as plain data; gives [`Grey`] or [`Colour`] frames and the VOI that applies.
//! Only `grading` reads a data set; nothing here draws.

pub mod auto;
#[cfg(feature = "viewer")]
pub mod choices;
pub mod codes;
pub mod colour;
pub mod colourmap;
#[cfg(feature = "viewer")]
mod drawing;
mod frame;
#[cfg(feature = "viewer")]
pub mod grading;
pub mod gsdf;
#[cfg(feature = "viewer")]
pub mod icc;
pub mod lut;
pub mod modality;
pub mod palette;
#[cfg(feature = "viewer")]
pub mod presentation;
#[cfg(feature = "viewer")]
pub mod quantity;
#[cfg(feature = "viewer")]
pub mod shutter;
#[cfg(feature = "viewer")]
pub mod subtraction;
#[cfg(feature = "viewer")]
pub mod suv;
pub mod voi;

pub use frame::{Colour, Frame, Grey, PADDING};
