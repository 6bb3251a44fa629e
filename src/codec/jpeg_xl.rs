//! JPEG XL (PS3.5 A.4.11, ISO/IEC 18181): lossless, lossy, and JPEG recompressed. Colours come out as RGB wherever the codestream has a space
//! of its own, or took a JPEG's YCbCr apart.

mod stream;
#[cfg(test)]
mod tests;

use super::{
    Decoded, Layout, Photometric, SampleKind, codes,
    guard::{self, Claim},
    pack::{low, pack, within},
};
use crate::base::{Error, Limits, Repair, Result};

/// Lossless and lossy.
pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    // A container with what restores a JPEG file holds that JPEG's coefficients.
    let jpeg = bytes.windows(4).any(|w| w == b"jbrd");
    picture(bytes, layout, limits, jpeg)
}

/// JPEG recompressed: the decoder undoes the JPEG's colour transform.
pub(super) fn recompressed(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    picture(bytes, layout, limits, true)
}

fn picture(bytes: &[u8], layout: &Layout, limits: &Limits, jpeg: bool) -> Result<Decoded> {
    let header = stream::header(bytes).map_err(refusal)?;
    let claim = Claim {
        width: u32::try_from(header.width).unwrap_or(u32::MAX),
        height: u32::try_from(header.height).unwrap_or(u32::MAX),
        components: header.components as u16,
        precision: header.precision as u8,
        process: 0,
        signed: false,
    };
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    if header.precision > u32::from(layout.bits_allocated) {
        return Err(Error::new(&codes::BAD_LAYOUT)
            .at("Bits Allocated")
            .expected(format!("{} bits at least", header.precision))
            .found(layout.bits_allocated));
    }
    let (samples, cut) = stream::decode(bytes, &header).map_err(refusal)?;
    if samples.len() as u64 != layout.samples() {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG XL")
            .expected(layout.samples())
            .found(samples.len()));
    }
    if cut {
        repairs.push(Repair::new(&codes::CUT, "what is missing is coarse or 0"));
    }
    let photometric = match layout.photometric {
        // Three planes of YCbCr may be coded as they are, without a transform that the decoder would undo.
        declared if header.components == 1 || header.original && !jpeg => declared,
        _ => Photometric::Rgb,
    };
    let signed = layout.kind == SampleKind::Signed;
    let bits = &low(&layout, signed);
    let within = within(bits);
    let values = if signed {
        // Only the attribute has a sign: it stands in the upper half of the range.
        pack(bits, samples.iter().map(|&v| u32::from(v)))
    } else {
        pack(bits, samples.iter().map(|&v| within(v.into())))
    };
    Ok(layout.decoded(values, photometric, repairs))
}

fn refusal(fault: stream::Fault) -> Error {
    let short = |what: String| what.chars().take(120).collect::<String>();
    match fault {
        stream::Fault::Kind(what) => Error::new(&codes::KIND).at("JPEG XL").found(short(what)),
        stream::Fault::Damaged(what) => {
            Error::new(&codes::DAMAGED).at("JPEG XL").found(short(what))
        }
        stream::Fault::Short => Error::new(&codes::DAMAGED).at("the frame's header"),
    }
}
