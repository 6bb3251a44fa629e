//! How the pixels of a frame are described by the Image Pixel module (PS3.3 C.7.6.3), and what decoding gives.

use serde::{Deserialize, Serialize};

use crate::base::Repair;

/// Photometric Interpretation (0028,0004), PS3.3 C.7.6.3.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the standard's defined terms")]
pub enum Photometric {
    Monochrome1,
    Monochrome2,
    PaletteColor,
    Rgb,
    YbrFull,
    YbrFull422,
    YbrPartial422,
    YbrPartial420,
    YbrIct,
    YbrRct,
}

impl Photometric {
    /// The defined term, trimmed by the caller; `None` for retired (ARGB, HSV, CMYK) and unknown terms.
    pub fn from_term(term: &str) -> Option<Self> {
        Some(match term {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::PaletteColor,
            // XYB is a codestream's own space in JPEG XL, whose decoder gives RGB.
            "RGB" | "XYB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_PARTIAL_422" => Self::YbrPartial422,
            "YBR_PARTIAL_420" => Self::YbrPartial420,
            "YBR_ICT" => Self::YbrIct,
            "YBR_RCT" => Self::YbrRct,
            _ => return None,
        })
    }
    /// The defined term.
    pub fn term(self) -> &'static str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::PaletteColor => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::YbrPartial422 => "YBR_PARTIAL_422",
            Self::YbrPartial420 => "YBR_PARTIAL_420",
            Self::YbrIct => "YBR_ICT",
            Self::YbrRct => "YBR_RCT",
        }
    }
    /// One sample a pixel that goes through the grey pipeline.
    pub fn is_grey(self) -> bool {
        matches!(self, Self::Monochrome1 | Self::Monochrome2)
    }
}

/// What kind of numbers the pixel element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SampleKind {
    /// Pixel Data (7FE0,0010), Pixel Representation 0.
    Unsigned,
    /// Pixel Data (7FE0,0010), Pixel Representation 1.
    Signed,
    /// Float Pixel Data (7FE0,0008), 32 bits.
    Float,
    /// Double Float Pixel Data (7FE0,0009), 64 bits.
    Double,
}

/// The Image Pixel module of one frame. Checked: all sizes are at least 1 and within the limits, bits are consistent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// Samples per Pixel (0028,0002).
    pub samples_per_pixel: u16,
    /// Bits Allocated (0028,0100): 1, 8, 16, 32 or 64.
    pub bits_allocated: u16,
    /// Bits Stored (0028,0101).
    pub bits_stored: u16,
    /// High Bit (0028,0102).
    pub high_bit: u16,
    /// Pixel Representation (0028,0103), or which float element.
    pub kind: SampleKind,
    /// Planar Configuration (0028,0006) is 1: colour by plane. Matters for native data only.
    pub planar: bool,
    /// Photometric Interpretation (0028,0004).
    pub photometric: Photometric,
}

impl Layout {
    /// Pixels of one frame.
    pub fn pixels(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }
    /// Samples of one frame after decoding, interleaved.
    pub fn samples(&self) -> u64 {
        // Attributes may claim anything; the limits are looked at later.
        self.pixels().saturating_mul(self.samples_per_pixel.into())
    }
    /// Bytes of one native frame. 1-bit frames need not end on a byte (PS3.5 8.1.1): rounded up here.
    pub fn native_frame_bytes(&self) -> u64 {
        if self.bits_allocated == 1 {
            return self.samples().div_ceil(8);
        }
        let samples = match self.photometric {
            Photometric::YbrFull422 | Photometric::YbrPartial422 => self.pixels().saturating_mul(2),
            _ => self.samples(),
        };
        samples.saturating_mul(self.bits_allocated.div_ceil(8).into())
    }
}

impl Layout {
    /// A decoded frame of this layout's size.
    #[cfg(feature = "decode")]
    pub(super) fn decoded(
        &self,
        values: Stored,
        photometric: Photometric,
        repairs: Vec<Repair>,
    ) -> Decoded {
        Decoded {
            rows: self.rows,
            columns: self.columns,
            samples_per_pixel: self.samples_per_pixel,
            values,
            photometric,
            repairs,
        }
    }
}

/// Stored values of one frame: rows × columns × samples, row-major, samples interleaved.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "one variant a sample type")]
pub enum Stored {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Does the same with whatever vector a [`Stored`] holds: `each_stored!(stored, values => expression)`.
#[macro_export]
macro_rules! each_stored {
    ($stored:expr, $values:ident => $body:expr) => {
        match $stored {
            $crate::codec::Stored::U8($values) => $body,
            $crate::codec::Stored::I8($values) => $body,
            $crate::codec::Stored::U16($values) => $body,
            $crate::codec::Stored::I16($values) => $body,
            $crate::codec::Stored::U32($values) => $body,
            $crate::codec::Stored::I32($values) => $body,
            $crate::codec::Stored::F32($values) => $body,
            $crate::codec::Stored::F64($values) => $body,
        }
    };
}

impl Stored {
    /// Number of samples.
    pub fn len(&self) -> usize {
        each_stored!(self, v => v.len())
    }
    /// True when there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        each_stored!(self, v => size_of_val(v.as_slice()))
    }
    /// The sample at `index` as a number; `None` beyond the end. 32-bit integers are exact.
    pub fn get(&self, index: usize) -> Option<f64> {
        #[allow(clippy::unnecessary_cast, reason = "one arm is f64 already")]
        {
            each_stored!(self, v => v.get(index).map(|&x| x as f64))
        }
    }
}

/// One decoded frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Rows of the values: those of the layout, or the codestream's where it is right and the attribute wrong.
    pub rows: u32,
    /// Columns of the values.
    pub columns: u32,
    /// Samples a pixel in `values`.
    pub samples_per_pixel: u16,
    /// The values, masked to Bits Stored and sign-extended.
    pub values: Stored,
    /// What the samples mean now. A codec that undoes a colour transform as part of the bitstream (J2K MCT) says RGB here.
    pub photometric: Photometric,
    /// What had to be tolerated.
    pub repairs: Vec<Repair>,
}

impl Decoded {
    /// What says that some of the values are made up, as the frame lacks them; `None` for a whole frame.
    #[cfg(feature = "decode")]
    pub fn lost(&self) -> Option<&Repair> {
        use super::codes::{CUT, LOST, SHORT_SEGMENT};
        let lacking = [&CUT, &LOST, &SHORT_SEGMENT];
        self.repairs.iter().find(|r| lacking.contains(&r.code))
    }
}
