//! JPEG with the discrete cosine transform, 8 bits (ITU-T T.81 processes 1, 2, 4). Components as the stream holds them.

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::{
    Decoded, Layout, Photometric, codes, guard,
    pack::{low, pack},
};
use crate::base::{Error, Limits, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, _: &Limits) -> Result<Decoded> {
    let claim = guard::check(guard::jpeg(bytes), layout)?;
    if claim.process == 0xC3 {
        return super::jpeg_lossless::decode(bytes, layout, &Limits::default());
    }
    if claim.precision != 8 || !matches!(claim.process, 0xC0..=0xC2) {
        return Err(Error::new(&codes::KIND).found(format!(
            "JPEG process {:02X}, {} bits",
            claim.process, claim.precision
        )));
    }
    let damaged = |e: zune_jpeg::errors::DecodeErrors| {
        Error::new(&codes::DAMAGED).at("JPEG").found(short(&e))
    };
    let options = DecoderOptions::default()
        .set_max_width(65_535)
        .set_max_height(65_535)
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let space = match layout.samples_per_pixel {
        1 => ColorSpace::Luma,
        // What the stream holds, so that nothing is converted here; our own colour module decides.
        _ => decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr),
    };
    let options = options.jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let values = decoder.decode().map_err(damaged)?;
    if values.len() as u64 != layout.samples() {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG")
            .expected(layout.samples())
            .found(values.len()));
    }
    let photometric = match (layout.samples_per_pixel, space) {
        (3, ColorSpace::RGB) => Photometric::Rgb,
        (3, _) => Photometric::YbrFull,
        _ => layout.photometric,
    };
    let layout = low(layout, layout.kind == super::SampleKind::Signed);
    let values = pack(&layout, values.into_iter().map(u32::from));
    let repairs = Vec::new();
    Ok(Decoded {
        rows: layout.rows,
        columns: layout.columns,
        samples_per_pixel: layout.samples_per_pixel,
        values,
        photometric,
        repairs,
    })
}

fn short(e: &impl std::fmt::Debug) -> String {
    format!("{e:?}").chars().take(120).collect()
}
