//! JPEG with the discrete cosine transform, 8 bits (ITU-T T.81 processes 1, 2, 4). Components as the stream holds them.

use std::borrow::Cow;

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::{
    Decoded, Layout, Photometric, SampleKind, codes,
    guard::{self, Marks},
    pack::{low, pack},
};
use crate::base::{Error, Limits, Repair, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let (claim, marks) = guard::jpeg(bytes)?;
    if claim.process == 0xC3 {
        return super::jpeg_lossless::decode(bytes, layout, limits);
    }
    if claim.precision != 8 || !matches!(claim.process, 0xC0..=0xC2) {
        return Err(Error::new(&codes::KIND).found(format!(
            "JPEG process {:02X}, {} bits",
            claim.process, claim.precision
        )));
    }
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    let damaged = |e: zune_jpeg::errors::DecodeErrors| {
        Error::new(&codes::DAMAGED).at("JPEG").found(short(&e))
    };
    // The decoder refuses short APP14 segments and takes three components without a transform for CMYK. What they say was read above.
    let bytes = if marks.app14 {
        without_app14(bytes)
    } else {
        Cow::Borrowed(bytes)
    };
    let options = DecoderOptions::default()
        .set_max_width(65_535)
        .set_max_height(65_535)
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let space = match layout.samples_per_pixel {
        1 => ColorSpace::Luma,
        // What the stream holds, so that nothing is converted here; our own colour module does that once.
        _ => decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr),
    };
    let options = options.jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*bytes), options);
    let values = decoder.decode().map_err(damaged)?;
    if values.len() as u64 != layout.samples() {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG")
            .expected(layout.samples())
            .found(values.len()));
    }
    let photometric = if layout.samples_per_pixel == 3 {
        colours(marks, layout.photometric)
    } else {
        layout.photometric
    };
    if (photometric == Photometric::Rgb) != (layout.photometric == Photometric::Rgb)
        && layout.samples_per_pixel == 3
    {
        repairs.push(Repair::new(
            &codes::COLOURS,
            format!(
                "{} instead of {}",
                photometric.term(),
                layout.photometric.term()
            ),
        ));
    }
    let values = pack(
        &low(&layout, layout.kind == SampleKind::Signed),
        values.into_iter().map(u32::from),
    );
    Ok(layout.decoded(values, photometric, repairs))
}

/// What three components mean: the stream's own marks first, then the attribute. An RGB attribute is not believed of a stream that is
/// JFIF (which is YCbCr by definition) or samples its chroma apart.
fn colours(marks: Marks, declared: Photometric) -> Photometric {
    match marks.adobe {
        Some(0) => return Photometric::Rgb,
        Some(1) => return Photometric::YbrFull,
        _ => {}
    }
    let rgb = declared == Photometric::Rgb && !marks.jfif && !marks.subsampled;
    if marks.letters || rgb {
        Photometric::Rgb
    } else {
        Photometric::YbrFull
    }
}

/// A copy of a JPEG without the APP14 segments before its first scan.
fn without_app14(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut kept = bytes.get(..2).unwrap_or_default().to_vec();
    let mut at = 2;
    while let Some(&[mark, marker, high, low]) = bytes.get(at..at + 4).and_then(|s| s.first_chunk())
    {
        if mark != 0xFF || marker == 0xDA {
            break;
        }
        // Fill bytes and markers without a length.
        let end = match marker {
            0xFF => at + 1,
            0x01 | 0xD0..=0xD8 => at + 2,
            _ => at + 2 + usize::from(u16::from_be_bytes([high, low])),
        };
        if marker != 0xEE {
            kept.extend(bytes.get(at..end).unwrap_or_default());
        }
        at = end;
    }
    kept.extend(bytes.get(at..).unwrap_or_default());
    Cow::Owned(kept)
}

fn short(e: &impl std::fmt::Debug) -> String {
    format!("{e:?}").chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_marks_come_before_the_attribute() {
        use Photometric::{Rgb, YbrFull, YbrFull422};
        let marks = |adobe, jfif, letters, subsampled| Marks {
            adobe,
            app14: adobe.is_some(),
            jfif,
            letters,
            subsampled,
        };
        let none = Marks::default();
        assert_eq!(colours(none, Rgb), Rgb);
        assert_eq!(colours(none, YbrFull422), YbrFull);
        assert_eq!(colours(marks(Some(0), false, false, false), YbrFull), Rgb);
        assert_eq!(colours(marks(Some(1), false, true, false), Rgb), YbrFull);
        assert_eq!(colours(marks(None, true, false, false), Rgb), YbrFull);
        assert_eq!(colours(marks(None, false, false, true), Rgb), YbrFull);
        assert_eq!(colours(marks(None, false, true, false), YbrFull), Rgb);
    }

    #[test]
    fn only_app14_is_left_out() {
        let jpeg = [
            &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2][..],
            &[0xFF, 0xFF, 0xEE, 0, 6, 9, 9, 9, 9],
            &[0xFF, 0xDB, 0, 3, 7, 0xFF, 0xDA, 0xFF, 0xEE, 0, 2],
        ]
        .concat();
        let kept = [
            &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF][..],
            &[0xFF, 0xDB, 0, 3, 7, 0xFF, 0xDA, 0xFF, 0xEE, 0, 2],
        ]
        .concat();
        assert_eq!(*without_app14(&jpeg), *kept);
    }
}
