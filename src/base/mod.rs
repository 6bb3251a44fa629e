//! What all rooms need: errors with codes, repairs, limits, byte sources, cancel and progress.
//!
//! Takes nothing, knows no platform, opens no file and reads no clock: the doors (`cli`, `web`) and the tests implement its traits.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod error;
mod limits;
mod monitor;
mod phi;
mod source;

pub use error::{Code, Error, Repair, Result};
pub use limits::Limits;
pub use monitor::{Monitor, Silent, Stage};
pub use phi::Phi;
pub use source::{
    ByteSource, MemorySource, SubSource, codes as source_codes, read_all, read_range,
};
