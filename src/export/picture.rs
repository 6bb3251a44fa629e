//! Painted pixels as a picture file.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::codes;
use crate::base::{Error, Result};

/// A picture format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the formats' names")]
pub enum Format {
    Png,
    #[cfg(feature = "cli")]
    Jpeg,
    #[cfg(feature = "cli")]
    WebP,
}

impl Format {
    /// By the end of a file name.
    ///
    /// # Errors
    /// `IO-302` for any other end.
    pub fn of_name(name: &str) -> Result<Self> {
        let end = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        match end.as_str() {
            "png" => Ok(Self::Png),
            #[cfg(feature = "cli")]
            "jpg" | "jpeg" => Ok(Self::Jpeg),
            #[cfg(feature = "cli")]
            "webp" => Ok(Self::WebP),
            _ => Err(Error::new(&codes::FORMAT_UNKNOWN).found(end)),
        }
    }
}

/// `rgba` (width × height × 4) as a file. PNG and WebP lossless; JPEG at quality 92. Alpha is left out: frames are opaque.
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
    let rgb: Vec<u8> = pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
    let mut out = vec![];
    let colour = ExtendedColorType::Rgb8;
    match format {
        Format::Png => PngEncoder::new(&mut out).write_image(&rgb, width, height, colour),
        #[cfg(feature = "cli")]
        Format::Jpeg => image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 92)
            .write_image(&rgb, width, height, colour),
        #[cfg(feature = "cli")]
        Format::WebP => image::codecs::webp::WebPEncoder::new_lossless(&mut out)
            .write_image(&rgb, width, height, colour),
    }
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
    }
}
