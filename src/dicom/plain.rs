//! A data set in the plain form of the walk, for rooms that write it anew element by element: every length checked, texts in UTF-8, sequences
//! and items of undefined length, in the byte order and with or without Value Representations as the file has it.

use std::rc::Rc;

use dicom_core::Tag;

use super::scan;
use crate::base::{ByteSource, Limits, Repair, Result};

/// What was read of a file.
pub struct Plain {
    /// The bytes in which the pixels lie: the file, or its inflated copy.
    pub source: Rc<dyn ByteSource>,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// Elements before the pixels, in the plain form.
    pub head: Vec<u8>,
    /// They have Value Representations.
    pub explicit: bool,
    /// Numbers are big-endian.
    pub big_endian: bool,
    /// Where the pixels lie.
    pub pixels: Option<PlainPixels>,
    /// What had to be tolerated.
    pub repairs: Vec<Repair>,
}

/// The element that holds the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainPixels {
    /// Pixel Data, Float Pixel Data or Double Float Pixel Data.
    pub tag: Tag,
    /// Where its value begins.
    pub offset: u64,
    /// Its length in bytes as the file says it; `None` where it is encapsulated.
    pub length: Option<u64>,
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plain")
            .field("transfer_syntax", &self.transfer_syntax)
            .finish_non_exhaustive()
    }
}

/// Reads the head of a file.
///
/// # Errors
/// As [`super::Instance::read`].
pub fn read(source: &Rc<dyn ByteSource>, limits: &Limits) -> Result<Plain> {
    let scan = scan::scan(source, limits)?;
    limits.tolerate(&scan.repairs)?;
    Ok(Plain {
        source: scan.source,
        transfer_syntax: scan.transfer_syntax,
        head: scan.head,
        explicit: scan.explicit,
        big_endian: scan.big_endian,
        pixels: scan.pixels.map(|place| PlainPixels {
            tag: place.tag,
            offset: place.offset,
            length: place.length,
        }),
        repairs: scan.repairs,
    })
}
