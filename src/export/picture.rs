//! Painted pixels as a picture file, and values as a PNG of 16 bits.

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use super::{codes, webp};
use crate::{
    base::{Error, Result},
    codec::Stored,
};

/// Quality of a JPEG where nothing is said.
pub const USUAL_QUALITY: u8 = 92;

/// A picture format; the lossy ones with their quality, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lossless.
    Png,
    /// Lossy: no chroma is left out.
    Jpeg(u8),
    /// Lossless.
    WebP,
    /// Lossy: the chroma of four pixels together.
    WebPLossy(u8),
}

impl Format {
    /// By the end of a file name; WebP is lossless.
    ///
    /// # Errors
    /// `IO-302` for any other end.
    pub fn of_name(name: &str) -> Result<Self> {
        Self::of(name.rsplit('.').next().unwrap_or(""), None)
    }

    /// By a format's name. A quality makes WebP lossy.
    ///
    /// # Errors
    /// `IO-302` for any other name, and for a quality that is none or that the format has not.
    pub fn of(name: &str, quality: Option<u8>) -> Result<Self> {
        let unknown = |found: String| Err(Error::new(&codes::FORMAT_UNKNOWN).found(found));
        let name = name.to_ascii_lowercase();
        if let Some(wrong) = quality.filter(|q| !(1..=100).contains(q)) {
            return unknown(format!("quality {wrong}, which is 1 to 100"));
        }
        match (name.as_str(), quality) {
            ("png", None) => Ok(Self::Png),
            ("png", Some(_)) => unknown("a quality for PNG, which is lossless".to_owned()),
            ("jpg" | "jpeg", quality) => Ok(Self::Jpeg(quality.unwrap_or(USUAL_QUALITY))),
            ("webp", None) => Ok(Self::WebP),
            ("webp", Some(quality)) => Ok(Self::WebPLossy(quality)),
            _ => unknown(name),
        }
    }

    /// How its files' names end.
    pub fn end(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg(_) => "jpg",
            Self::WebP | Self::WebPLossy(_) => "webp",
        }
    }

    /// The picture is not the same afterwards.
    pub fn is_lossy(self) -> bool {
        matches!(self, Self::Jpeg(_) | Self::WebPLossy(_))
    }
}

/// `rgba` without its alpha: frames are opaque.
pub fn rgb_of(rgba: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgba.as_chunks::<4>();
    pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
}

/// `rgba` (width × height × 4) as a file. Alpha is left out; a picture without colour is written grey where the format has that.
///
/// # Errors
/// `IO-301` when sizes disagree or the format cannot hold the size.
pub fn encode(rgba: &[u8], width: u32, height: u32, format: Format) -> Result<Vec<u8>> {
    let refused = |why: String| Error::new(&codes::NOT_ENCODED).found(why);
    if rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 || rgba.is_empty() {
        return Err(refused(format!(
            "{} bytes for {width} × {height}",
            rgba.len()
        )));
    }
    let (pixels, _) = rgba.as_chunks::<4>();
    let is_grey = pixels.iter().all(|[r, g, b, _]| r == g && g == b);
    let can_be_grey = matches!(format, Format::Png | Format::Jpeg(_));
    let (bytes, colour) = if is_grey && can_be_grey {
        (
            pixels.iter().map(|[r, ..]| *r).collect(),
            ExtendedColorType::L8,
        )
    } else {
        (rgb_of(rgba), ExtendedColorType::Rgb8)
    };
    let mut out = vec![];
    match format {
        Format::Png => {
            PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive)
                .write_image(&bytes, width, height, colour)
        }
        Format::Jpeg(quality) => {
            image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality)
                .write_image(&bytes, width, height, colour)
        }
        Format::WebP => image::codecs::webp::WebPEncoder::new_lossless(&mut out)
            .write_image(&bytes, width, height, colour),
        Format::WebPLossy(quality) => {
            return webp::encode(&bytes, width, height, quality, &mut |_, _| true).ok_or_else(
                || {
                    refused(format!(
                        "{width} × {height}, at most {0} × {0}",
                        webp::LONGEST
                    ))
                },
            );
        }
    }
    .map_err(|error| refused(error.to_string()))?;
    Ok(out)
}

/// What is added to values that may be below 0, so that a PNG's unsigned 16 bits hold them.
pub const OFFSET: i32 = 32_768;

/// Values as a grey PNG of 16 bits. What is signed has [`OFFSET`] added; the second is what was added.
///
/// # Errors
/// `IO-301` where a value does not fit, is no whole number, or sizes disagree.
pub fn sixteen(values: &Stored, width: u32, height: u32) -> Result<(Vec<u8>, i32)> {
    let signed = matches!(
        values,
        Stored::I8(_) | Stored::I16(_) | Stored::I32(_) | Stored::F32(_) | Stored::F64(_)
    );
    let offset = if signed { OFFSET } else { 0 };
    let fits = |value: f64| {
        let moved = value + f64::from(offset);
        let whole = moved.fract() == 0.0 && (0.0..=65_535.0).contains(&moved);
        whole.then_some(moved as u16).ok_or_else(|| {
            Error::new(&codes::NOT_ENCODED)
                .expected(format!(
                    "whole numbers from {} to {}",
                    -offset,
                    65_535 - offset
                ))
                .found("another")
        })
    };
    let all = (0..values.len()).filter_map(|at| values.get(at));
    let samples = all.map(fits).collect::<Result<Vec<u16>>>()?;
    Ok((grey16(&samples, width, height)?, offset))
}

/// Modality values as a grey PNG of 16 bits: rounded to whole numbers, [`OFFSET`] added, cut to what 16 bits hold. The second is how far
/// the farthest value is off.
///
/// # Errors
/// `IO-301` where sizes disagree.
pub fn sixteen_rounded(values: &[f32], width: u32, height: u32) -> Result<(Vec<u8>, f64)> {
    let mut off = 0.0_f64;
    let samples = values.iter().map(|&value| {
        let value = if value.is_finite() {
            f64::from(value)
        } else {
            f64::from(-OFFSET)
        };
        let kept = (libm::round(value) + f64::from(OFFSET)).clamp(0.0, 65_535.0);
        off = off.max((kept - f64::from(OFFSET) - value).abs());
        kept as u16
    });
    let samples: Vec<u16> = samples.collect();
    Ok((grey16(&samples, width, height)?, off))
}

fn grey16(samples: &[u16], width: u32, height: u32) -> Result<Vec<u8>> {
    let refused = |why: String| Error::new(&codes::NOT_ENCODED).found(why);
    if samples.len() as u64 != u64::from(width) * u64::from(height) || samples.is_empty() {
        return Err(refused(format!(
            "{} values for {width} × {height}",
            samples.len()
        )));
    }
    // The encoder takes them as the machine has them.
    let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_ne_bytes()).collect();
    let mut out = vec![];
    PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive)
        .write_image(&bytes, width, height, ExtendedColorType::L16)
        .map_err(|error| refused(error.to_string()))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_by_its_magic() {
        let rgba = [10, 20, 30, 255].repeat(6);
        for (name, magic) in [
            ("a.png", &b"\x89PNG"[..]),
            ("a.JPG", b"\xff\xd8\xff"),
            ("a.webp", b"RIFF"),
        ] {
            let bytes = encode(&rgba, 3, 2, Format::of_name(name).unwrap()).unwrap();
            assert!(bytes.starts_with(magic), "{name}");
        }
        assert!(Format::of_name("a.txt").is_err());
        assert!(encode(&rgba, 9, 9, Format::Png).is_err());
        assert!(Format::of("webp", Some(0)).is_err() && Format::of("png", Some(9)).is_err());
        assert_eq!(Format::of("webp", Some(9)).unwrap(), Format::WebPLossy(9));
    }

    #[cfg(feature = "cli")]
    fn back(bytes: &[u8]) -> image::DynamicImage {
        image::load_from_memory(bytes).unwrap()
    }

    /// Smooth, with an edge and some noise.
    #[cfg(feature = "cli")]
    fn scene(width: u32, height: u32, coloured: bool) -> Vec<u8> {
        let mut state = 5_u32;
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let base =
                    (x * 3 + y * 2) % 160 + if x > width / 2 { 60 } else { 0 } + (state >> 29);
                let grey = base as u8;
                let other = if coloured {
                    grey.wrapping_add(y as u8 / 2)
                } else {
                    grey
                };
                [grey, other, if coloured { 255 - grey } else { grey }, 255]
            })
            .collect()
    }

    #[cfg(feature = "cli")]
    #[test]
    fn lossless_ones_come_back_and_lossy_ones_nearly() {
        use crate::export::quality::likeness;
        for coloured in [false, true] {
            let (w, h) = (67, 45);
            let rgba = scene(w, h, coloured);
            let rgb = rgb_of(&rgba);
            for format in [Format::Png, Format::WebP] {
                let file = encode(&rgba, w, h, format).unwrap();
                assert_eq!(back(&file).to_rgb8().into_raw(), rgb, "{format:?}");
            }
            let mut last = [0.0; 2];
            for quality in [1, 30, 60, 90, 100] {
                for (at, format) in [Format::Jpeg(quality), Format::WebPLossy(quality)]
                    .into_iter()
                    .enumerate()
                {
                    let file = encode(&rgba, w, h, format).unwrap();
                    let found = back(&file).to_rgb8().into_raw();
                    let like = likeness(&rgb, &found, w as usize, h as usize, 3).unwrap();
                    assert!(like.psnr_db > last[at], "{format:?} {like:?}");
                    last[at] = like.psnr_db;
                }
            }
            assert!(
                last.iter()
                    .all(|db| *db > if coloured { 27.0 } else { 38.0 }),
                "{coloured} {last:?}"
            );
        }
    }

    #[cfg(feature = "cli")]
    #[test]
    fn every_small_size_is_a_picture_of_that_size() {
        for (w, h) in [(1, 1), (2, 17), (16, 16), (17, 1), (33, 31)] {
            let rgba = scene(w, h, true);
            for quality in [1, 100] {
                let found = back(&encode(&rgba, w, h, Format::WebPLossy(quality)).unwrap());
                assert_eq!((found.width(), found.height()), (w, h));
            }
        }
        assert!(encode(&vec![0; 16_384 * 4], 16_384, 1, Format::WebPLossy(50)).is_err());
    }

    #[cfg(feature = "cli")]
    #[test]
    fn sixteen_bits_hold_the_values() {
        let values = Stored::I16(vec![-32_768, -1, 0, 1, 32_767, 7]);
        let (file, offset) = sixteen(&values, 3, 2).unwrap();
        assert_eq!(offset, OFFSET);
        assert_eq!(
            back(&file).to_luma16().into_raw(),
            [0, 32_767, 32_768, 32_769, 65_535, 32_775]
        );
        let (file, offset) = sixteen(&Stored::U16(vec![0, 65_535]), 2, 1).unwrap();
        assert_eq!(
            (offset, back(&file).to_luma16().into_raw()),
            (0, vec![0, 65_535])
        );
        assert!(sixteen(&Stored::U32(vec![70_000]), 1, 1).is_err());
        assert!(sixteen(&Stored::F32(vec![0.5]), 1, 1).is_err());
        assert!(sixteen(&Stored::U8(vec![1]), 2, 1).is_err());
        let (file, off) = sixteen_rounded(&[-1024.0, 0.25, f32::NAN, 1e9], 4, 1).unwrap();
        assert_eq!(
            back(&file).to_luma16().into_raw(),
            [31_744, 32_768, 0, 65_535]
        );
        assert!(off > 1e8);
    }
}
