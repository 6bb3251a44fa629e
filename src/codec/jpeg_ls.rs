//! JPEG-LS (ITU-T T.87), lossless and near-lossless: what ties [`super::jpegls`] to a frame.

use super::{
    Decoded, Layout, Photometric, SampleKind, Stored, codes, guard, headers,
    jpegls::{self, Fault, Problem, Samples},
    pack::{low, pack},
};
use crate::base::{Error, Limits, Repair, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let claim = headers::jpeg_ls(bytes)?;
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    let image = jpegls::decode(bytes, layout.samples()).map_err(error)?;
    if u16::from(image.bits) > layout.bits_allocated {
        return Err(Error::new(&codes::BAD_LAYOUT)
            .at("JPEG-LS")
            .expected(format!("at most {} bits", layout.bits_allocated))
            .found(format!("{} bits", image.bits)));
    }
    if image.cut {
        repairs.push(Repair::new(&codes::CUT, "samples that lack are 0"));
    }
    // The codestream has no sign: the attributes say where it is. Where nothing is to be masked or extended, nothing is copied.
    let whole = layout.kind != SampleKind::Signed && u16::from(image.bits) <= layout.bits_stored;
    let bits = &low(&layout, layout.kind == SampleKind::Signed);
    let values = match (image.samples, layout.bits_allocated) {
        (Samples::U8(samples), ..=8) if whole => Stored::U8(samples),
        (Samples::U16(samples), 9..=16) if whole => Stored::U16(samples),
        (Samples::U8(samples), _) => pack(bits, samples.iter().map(|&v| u32::from(v))),
        (Samples::U16(samples), _) => pack(bits, samples.iter().map(|&v| u32::from(v))),
    };
    let photometric = if image.rgb {
        Photometric::Rgb
    } else {
        layout.photometric
    };
    Ok(layout.decoded(values, photometric, repairs))
}

/// A fault in the words of this room.
pub(super) fn error(fault: Fault) -> Error {
    let code = match fault.problem {
        Problem::Kind(_) => &codes::KIND,
        Problem::TooLarge => &codes::TOO_LARGE,
        Problem::Foreign | Problem::Header(_) | Problem::Bits | Problem::Short => &codes::DAMAGED,
    };
    Error::new(code).at("JPEG-LS").found(fault.to_string())
}
