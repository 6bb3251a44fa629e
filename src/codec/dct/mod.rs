//! JPEG with the discrete cosine transform (ITU-T T.81): 8 and 12 bits, sequential and progressive, Huffman coded.
//!
//! Knows nothing of DICOM. Gives components as the stream holds them: no colour conversion. The inverse transform and the interpolation
//! of components with fewer samples follow the arithmetic of the Independent JPEG Group's slow integer transform and triangle filter, so
//! that results are those of the decoders that DICOM toolkits are built on.
//!
//! Damage ends a restart interval, not the picture: what was not decoded stays at half of the range, and [`Image::notes`] say so.

pub(super) mod bits;
mod header;
pub(super) mod huffman;
mod idct;
pub(super) mod intervals;
mod lanes;
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

/// Unsigned samples, by the precision that the stream has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Samples {
    /// 8 bits.
    U8(Vec<u8>),
    /// 12 bits.
    U16(Vec<u16>),
}

impl Samples {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
        }
    }
    /// As many of half of the range.
    fn grey(precision: u8, count: usize) -> Self {
        if precision == 8 {
            Self::U8(vec![1 << 7; count])
        } else {
            Self::U16(vec![1 << (precision - 1); count])
        }
    }
}

/// A type of [`Samples`].
trait Sample: Copy + Default + 'static {
    /// Bits of the precision.
    const PRECISION: u32;
    /// The samples of this type; none where they are of the other one.
    fn all(samples: &Samples) -> &[Self];
    fn all_mut(samples: &mut Samples) -> &mut [Self];
    fn take(samples: &mut Samples) -> Vec<Self>;
    /// Columns of eight → rows of samples: half of the range added, within the range.
    fn rows(columns: &[lanes::Lanes; 8]) -> [[Self; 8]; 8];
    /// The lower bits of a value.
    fn of(value: u16) -> Self;
    fn wide(self) -> u16;
}

macro_rules! sample {
    ($type:ty, $variant:ident, $precision:literal, $rows:path) => {
        impl Sample for $type {
            const PRECISION: u32 = $precision;
            fn all(samples: &Samples) -> &[Self] {
                match samples {
                    Samples::$variant(samples) => samples,
                    _ => &[],
                }
            }
            fn all_mut(samples: &mut Samples) -> &mut [Self] {
                match samples {
                    Samples::$variant(samples) => samples,
                    _ => &mut [],
                }
            }
            fn take(samples: &mut Samples) -> Vec<Self> {
                match samples {
                    Samples::$variant(samples) => std::mem::take(samples),
                    _ => vec![],
                }
            }
            #[inline]
            fn rows(columns: &[lanes::Lanes; 8]) -> [[Self; 8]; 8] {
                $rows(columns)
            }
            #[inline]
            fn of(value: u16) -> Self {
                value as Self
            }
            #[inline]
            fn wide(self) -> u16 {
                self.into()
            }
        }
    };
}
sample!(u8, U8, 8, lanes::bytes);
sample!(u16, U16, 12, lanes::words);

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// Samples a line.
    pub(crate) width: usize,
    /// Lines.
    pub(crate) height: usize,
    /// Components a pixel, 1 to 4.
    pub(crate) components: usize,
    /// Row by row, components interleaved.
    pub(crate) samples: Samples,
    /// What had to be tolerated, each once.
    pub(crate) notes: Vec<Note>,
}

/// Decodes one picture of at most `most` samples (width × height × components).
pub(crate) fn decode(bytes: &[u8], most: u64) -> Result<Image, Fault> {
    let mut state = header::State::new(bytes, most);
    let picture = state.run()?;
    Ok(if picture.precision == 8 {
        output::image::<u8>(picture, Samples::U8)
    } else {
        output::image::<u16>(picture, Samples::U16)
    })
}

#[cfg(test)]
mod tests;
