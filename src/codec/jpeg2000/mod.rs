//! JPEG 2000: ITU-T T.800 (Part 1, the MQ coder) and ITU-T T.814 (Part 15, high throughput), one decoder for both.
//!
//! A codestream is read in the order in which this room is laid out: [`codestream`] finds the marker segments, [`geometry`] lays a
//! tile out into resolutions, bands, precincts and code-blocks, [`progression`] gives the order of the packets and [`packet`] reads
//! their headers, [`block`] decodes one code-block ([`ht_block`] or [`mq_block`]), [`strips`] gives rows of the bands, [`wavelet`] puts
//! these together and [`assemble`] the components and tiles.
//!
//! Nothing here knows DICOM. There is no global state: a tile needs nothing of another tile and a block nothing of another block, so
//! that a pool of workers can share a frame.

#![expect(
    clippy::inline_always,
    reason = "in the loops over samples a call costs more than what it does"
)]

mod assemble;
mod bits;
mod block;
mod codestream;
mod geometry;
mod ht_bits;
mod ht_block;
mod ht_refine;
mod ht_tables;
mod mq;
mod mq_block;
mod mq_tables;
mod packet;
mod progression;
mod reader;
mod settings;
mod strips;
mod tagtree;
#[cfg(test)]
mod tests;
mod wavelet;
mod wavelet97;

/// Why a codestream gives no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// What was found at this byte can't be.
    Damaged {
        /// Offset in the codestream.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// A part of the standards that isn't decoded, by name.
    Unsupported(&'static str),
    /// The image, or the tables to decode it with, would be larger than the caller allows.
    TooLarge,
}

/// What the caller asks for and allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// Most samples (pixels × components) of the image at the size asked for and of any tile.
    pub(super) max_samples: u64,
    /// How many of the highest resolutions are left out: each halves width and height. No more than the codestream has.
    pub(super) discard: u8,
}

/// One component of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    /// Bits a sample, 1 to 38; what decodes has at most 28.
    pub(super) precision: u8,
    pub(super) signed: bool,
}

/// Samples in the narrowest type that holds the largest precision; those of signed components in two's complement of the type's width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

/// A decoded codestream.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
    /// Row-major, those of a pixel together, level shift undone, within the range of the precision.
    pub(super) samples: Samples,
    /// Every wavelet was the reversible one: nothing was rounded in decoding.
    pub(super) reversible: bool,
    /// A component transform was undone: the components are red, green, blue.
    pub(super) transformed: bool,
    /// The codestream ended before all its packets, or some of it couldn't be read; what was there is shown.
    pub(super) truncated: bool,
}

#[cfg(test)]
impl Image {
    /// One component's samples.
    fn plane(&self, component: usize) -> Vec<i32> {
        let signed = self.components[component].signed;
        let all: Vec<i32> = match &self.samples {
            Samples::U8(v) if signed => v.iter().map(|&v| v.cast_signed().into()).collect(),
            Samples::U16(v) if signed => v.iter().map(|&v| v.cast_signed().into()).collect(),
            Samples::U8(v) => v.iter().map(|&v| v.into()).collect(),
            Samples::U16(v) => v.iter().map(|&v| v.into()).collect(),
            Samples::U32(v) => v.iter().map(|&v| v.cast_signed()).collect(),
        };
        let rest = all.into_iter().skip(component);
        rest.step_by(self.components.len()).collect()
    }
}

/// Decodes a codestream (from SOC, without the boxes of a JP2 file).
///
/// # Errors
/// [`Fault`]: a main header that can't be read, a feature that isn't decoded, or a size beyond the caller's limit.
pub(super) fn decode(bytes: &[u8], options: &Options) -> Result<Image, Fault> {
    assemble::image(bytes, options)
}
