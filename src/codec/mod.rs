//! The bytes of one frame → stored values, by transfer syntax.
//!
//! Takes the encoded bytes of one frame and its [`Layout`]; gives [`Stored`] values exactly as the bitstream holds them: samples
//! interleaved, no colour conversion, no rescale. Never sees a data set, never allocates before the sizes were checked.

pub mod codes;
#[cfg(feature = "viewer")]
mod dct;
#[cfg(feature = "viewer")]
mod deflated;
#[cfg(feature = "decode")]
mod guard;
#[cfg(feature = "viewer")]
mod headers;
#[cfg(feature = "viewer")]
mod j2k;
#[cfg(feature = "viewer")]
mod jpeg;
#[cfg(feature = "viewer")]
mod jpeg2000;
#[cfg(feature = "viewer")]
mod jpeg_lossless;
#[cfg(feature = "viewer")]
mod jpeg_ls;
#[cfg(feature = "jpeg-xl")]
mod jpeg_xl;
#[cfg(feature = "viewer")]
mod jpegls;
mod layout;
#[cfg(feature = "viewer")]
mod named;
#[cfg(feature = "viewer")]
mod native;
#[cfg(feature = "decode")]
mod pack;
#[cfg(feature = "viewer")]
mod predictive;
#[cfg(feature = "decode")]
mod registry;
#[cfg(feature = "viewer")]
mod rle;
#[cfg(feature = "viewer")]
mod sniff;
#[cfg(feature = "viewer")]
pub mod video;

pub use layout::{Decoded, Layout, Photometric, SampleKind, Stored};
#[cfg(feature = "decode")]
pub use registry::{Elsewhere, Entry, decode, decode_elsewhere, entry_of, supported};
#[cfg(feature = "viewer")]
pub use sniff::is_codestream;
