//! Stored values → modality values → display grey or colour (PS3.3 C.7.6.3, C.11; PS3.4 N.2.1).
//!
//! Takes decoded frames and the attributes of the pipeline as plain data; gives [`Grey`] or [`Rgb`] frames and the VOI that applies.
//! Never reads a data set, never draws.

mod frame;
pub mod voi;

pub use frame::{Colour, Frame, Grey, PADDING};
