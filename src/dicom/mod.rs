//! Bytes → data set: the head now, pixel data by offset later. Every tolerated defect is a repair with a code.
//!
//! Takes a [`ByteSource`](crate::base::ByteSource); gives an [`Instance`]. An own walk checks lengths, nesting and counts before `dicom-object` sees a
//! byte. Never decodes a pixel; never lets text stop pixels.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

pub mod archive;
mod charset;
pub mod codes;
mod fragments;
mod instance;
pub mod json;
pub mod plain;
mod scan;
pub mod tags;
mod walk;

/// Bytes of a file that reading a head asks for at first.
pub const FIRST_BYTES: u64 = walk::FIRST;

/// An item of a sequence, or the data set itself; rooms above read it by [`text_of`] and its kin.
pub type Item = dicom_object::InMemDicomObject;

pub use instance::{
    Instance, components_of, is_filled, items_of, number_of, numbers_of, text_of, texts_of,
};
