//! JPEG lossless (ITU-T T.81 process 14), 2 to 16 bits, any predictor.

use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

use super::{
    Decoded, Layout, SampleKind, codes, guard, headers,
    pack::{low, pack},
};
use crate::base::{Error, Limits, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let (claim, _) = headers::jpeg(bytes)?;
    if claim.process != 0xC3 {
        return super::jpeg::decode(bytes, layout, limits);
    }
    let (layout, repairs) = guard::fit(&claim, layout, limits)?;
    let damaged = |e: jpeg_decoder::Error| {
        Error::new(&codes::DAMAGED)
            .at("JPEG lossless")
            .found(e.to_string().chars().take(120).collect::<String>())
    };
    let mut decoder = Decoder::new(bytes);
    decoder.set_color_transform(ColorTransform::None);
    // It looks for its frame header in its own way, and allocates by what that says: it must be the one that was checked.
    decoder.read_info().map_err(damaged)?;
    let info = decoder.info();
    let seen = info.map(|i| (u32::from(i.width), u32::from(i.height)));
    if seen != Some((claim.width, claim.height)) {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG lossless")
            .expected(format!("{} × {}", claim.width, claim.height))
            .found(seen.map_or_else(|| "no frame".to_owned(), |(w, h)| format!("{w} × {h}"))));
    }
    let values = decoder.decode().map_err(damaged)?;
    let format = decoder.info().map(|i| i.pixel_format);
    let containers: Vec<u32> = match format {
        Some(PixelFormat::L16) => values
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&b| u32::from(u16::from_ne_bytes(b)))
            .collect(),
        _ => values.iter().map(|&b| u32::from(b)).collect(),
    };
    if containers.len() as u64 != layout.samples() {
        return Err(Error::new(&codes::KIND)
            .at("JPEG lossless")
            .expected(layout.samples())
            .found(containers.len()));
    }
    let values = pack(
        &low(&layout, layout.kind == SampleKind::Signed),
        containers.iter().copied(),
    );
    Ok(layout.decoded(values, layout.photometric, repairs))
}
