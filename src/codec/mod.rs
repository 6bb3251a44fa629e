//! The bytes of one frame → stored values, by transfer syntax.
//!
//! Takes the encoded bytes of one frame and its [`Layout`]; gives [`Stored`] values exactly as the bitstream holds them: samples
//! interleaved, no colour conversion, no rescale. Never sees a data set, never allocates before the sizes were checked.

mod layout;

pub use layout::{Decoded, Layout, Photometric, SampleKind, Stored};
