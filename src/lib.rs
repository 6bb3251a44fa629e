//! Negatoscope: a study, from its bytes to a picture and to a model's answer, without a platform underneath.
//!
//! The map, one line a room, low to high; a room names only rooms above it in this list (`tests/layers.rs`):
//! - [`base`]: byte sources, limits, errors with codes, repairs, cancel and progress. Opens no file, reads no clock.
//! - [`dicom`]: bytes → data set; the head now, pixel data by offset later. Decodes no pixel.
//! - [`codec`]: the bytes of one frame → stored values. Knows nothing of data sets.
//! - [`study`]: data sets → patient / study / series / frame set, geometry, spacing with its provenance.
//! - [`tone`]: stored values → modality values → display grey or colour; colour maps.
//! - [`filter`]: frame → frame, on CPU and GPU alike.
//! - [`vision`]: edges, regions, contours, key points; the transform between two pictures or volumes.
//! - [`measure`]: what a doctor marks → values with unit and provenance.
//! - [`volume`]: planes, slabs, projections and rendering of a volume.
//! - [`render`]: a scene → pixels; `cpu` is the reference, `gpu` the fast path.
//! - [`model`]: manifest, preparation, inference, explanation. Never names `render`.
//! - [`export`]: what leaves as a file because the user saves it: PNG, JPEG, WebP, NumPy, JSON.
//! - [`cli`] and [`web`]: the two doors. They never meet.

pub mod base;
#[cfg(feature = "cli")]
pub mod cli;
pub mod codec;
#[cfg(feature = "viewer")]
pub mod dicom;
#[cfg(feature = "viewer")]
pub mod export;
pub mod filter;
pub mod measure;
pub mod model;
pub mod render;
pub mod study;
pub mod tone;
pub mod vision;
pub mod volume;
pub mod web;
