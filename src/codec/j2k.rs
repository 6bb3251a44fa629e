//! The seam to the JPEG 2000 decoder: ITU-T T.800 and T.814, raw codestreams and JP2 files.

use super::{
    Decoded, Layout, Photometric, SampleKind, Stored, codes, guard, headers,
    jpeg2000::{self, Component, Fault, Samples},
    pack::{low, pack},
};
use crate::base::{Error, Limits, Repair, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    // The decoder sees what was checked: the codestream alone, without the boxes around it.
    let bytes = headers::codestream(bytes).ok_or_else(|| {
        Error::new(&codes::DAMAGED)
            .at("the frame's header")
            .expected("a JPEG 2000 codestream")
    })?;
    let claim = headers::j2k(bytes)?;
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    let options = jpeg2000::Options {
        max_samples: limits.frame_samples,
        discard: 0,
    };
    let image = jpeg2000::decode(bytes, &options).map_err(error)?;
    let samples = usize::from(layout.samples_per_pixel);
    let expected = |c: &Component| (c.precision, c.signed) == (claim.precision, claim.signed);
    if (image.width, image.height) != (layout.columns, layout.rows)
        || image.components.len() != samples
        || !image.components.iter().all(expected)
    {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG 2000")
            .found("components of other kinds"));
    }
    if image.truncated {
        repairs.push(Repair::new(&codes::CUT, "JPEG 2000".to_owned()));
    }
    let declared = layout.kind == SampleKind::Signed;
    if claim.signed != declared {
        repairs.push(Repair::new(
            &codes::SIGN,
            format!(
                "codestream {}, attribute {}",
                word(claim.signed),
                word(declared)
            ),
        ));
    }
    let named = matches!(
        layout.photometric,
        Photometric::YbrRct | Photometric::YbrIct
    );
    // The transform is part of the codestream and was undone, whatever the attribute says (PS3.5 8.2.4).
    let transformed = samples == 3 && image.transformed;
    let photometric = if transformed || named {
        Photometric::Rgb
    } else {
        layout.photometric
    };
    if transformed != named {
        let stream = if transformed { "a" } else { "no" };
        repairs.push(Repair::new(
            &codes::COLOURS,
            format!(
                "{stream} component transform, {}",
                layout.photometric.term()
            ),
        ));
    }
    // Where nothing is to be masked or extended, nothing is copied.
    let signed = claim.signed || declared;
    let whole = !signed && u16::from(claim.precision) <= layout.bits_stored;
    let bits = &low(&layout, signed);
    let values = match (image.samples, layout.bits_allocated) {
        (Samples::U8(v), ..=8) if whole => Stored::U8(v),
        (Samples::U16(v), 9..=16) if whole => Stored::U16(v),
        (Samples::U8(v), _) if claim.signed => {
            let wide = |&v: &u8| i32::from(v.cast_signed()).cast_unsigned();
            pack(bits, v.iter().map(wide))
        }
        (Samples::U16(v), _) if claim.signed => {
            let wide = |&v: &u16| i32::from(v.cast_signed()).cast_unsigned();
            pack(bits, v.iter().map(wide))
        }
        (Samples::U8(v), _) => pack(bits, v.iter().map(|&v| u32::from(v))),
        (Samples::U16(v), _) => pack(bits, v.iter().map(|&v| u32::from(v))),
        (Samples::U32(v), _) => pack(bits, v.iter().copied()),
    };
    Ok(layout.decoded(values, photometric, repairs))
}

fn error(fault: Fault) -> Error {
    match fault {
        Fault::Damaged { at, what } => Error::new(&codes::DAMAGED)
            .at("JPEG 2000")
            .found(format!("{what}, byte {at}")),
        Fault::Unsupported(what) => Error::new(&codes::KIND).at("JPEG 2000").found(what),
        Fault::TooLarge => Error::new(&codes::TOO_LARGE).at("JPEG 2000"),
    }
}

fn word(signed: bool) -> &'static str {
    if signed { "signed" } else { "unsigned" }
}
