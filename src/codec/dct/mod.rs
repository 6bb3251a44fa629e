//! JPEG with the discrete cosine transform (ITU-T T.81): 8 and 12 bits, sequential and progressive, Huffman coded.
//!
//! Knows nothing of DICOM. Gives components as the stream holds them: no colour conversion. The inverse transform and the interpolation
//! of components with fewer samples follow the arithmetic of the Independent JPEG Group's slow integer transform and triangle filter, so
//! that results are those of the decoders that DICOM toolkits are built on.
//!
//! Damage ends a restart interval, not the picture: what was not decoded stays at half of the range, and [`Image::notes`] say so.

mod bits;
mod header;
mod huffman;
mod idct;
mod output;
mod scan;

pub(crate) use header::lines;

/// Why a picture can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What kind of reason.
    pub(crate) kind: Kind,
    /// Where in the stream, in bytes.
    pub(crate) offset: usize,
}

/// Kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A segment that can't be read, or contradicts others.
    Header(&'static str),
    /// A coding process that is not decoded here, by its name in T.81.
    Process(&'static str),
    /// More samples than the caller allows.
    TooLarge,
    /// The stream ends before any sample.
    Empty,
}

/// What had to be tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Note {
    /// A sequential scan header announces other coefficients than 0 to 63 (B.2.3): read as 0 to 63.
    Spectrum,
    /// The entropy coded data are damaged: what was lost is grey.
    Damaged,
    /// The stream ends early: what is missing is grey.
    Cut,
}

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// Samples a line.
    pub(crate) width: usize,
    /// Lines.
    pub(crate) height: usize,
    /// Components a pixel, 1 to 4.
    pub(crate) components: usize,
    /// Unsigned samples of 8 or 12 bits, row by row, components interleaved.
    pub(crate) samples: Vec<u16>,
    /// What had to be tolerated, each once.
    pub(crate) notes: Vec<Note>,
}

/// Decodes one picture of at most `most` samples (width × height × components).
pub(crate) fn decode(bytes: &[u8], most: u64) -> Result<Image, Fault> {
    let mut state = header::State::new(bytes, most);
    let picture = state.run()?;
    Ok(output::image(picture))
}

#[cfg(test)]
mod tests;
