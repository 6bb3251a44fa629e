//! The seam to the JPEG 2000 decoder: ITU-T T.800 and T.814, raw codestreams and JP2 files.

use super::{
    Decoded, Layout, Photometric, SampleKind, Stored, codes, guard, headers,
    jpeg2000::{self, Component, Fault, Samples},
    pack::{low, pack, within},
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
    if u16::from(claim.precision) > layout.bits_allocated {
        return Err(Error::new(&codes::BAD_LAYOUT)
            .at("Bits Allocated")
            .expected(format!("{} bits at least", claim.precision))
            .found(layout.bits_allocated));
    }
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
    // Where nothing is to be masked, extended or limited, nothing is copied.
    let signed = claim.signed || declared;
    let fits = u16::from(claim.precision) <= layout.bits_stored;
    let bits = &low(&layout, signed);
    // Where only the attribute has a sign, it stands in the upper half of the range.
    let limited = !image.reversible && signed == claim.signed && !fits;
    let within = within(bits);
    let each = |v: i32| {
        if limited {
            within(v)
        } else {
            v.cast_unsigned()
        }
    };
    let values = match (image.samples, layout.bits_allocated) {
        (Samples::U8(v), ..=8) if fits && !signed => Stored::U8(v),
        (Samples::U16(v), 9..=16) if fits && !signed => Stored::U16(v),
        (Samples::U8(v), _) if claim.signed => {
            pack(bits, v.iter().map(|v| each(v.cast_signed().into())))
        }
        (Samples::U16(v), _) if claim.signed => {
            pack(bits, v.iter().map(|v| each(v.cast_signed().into())))
        }
        (Samples::U8(v), _) => pack(bits, v.iter().map(|&v| each(v.into()))),
        (Samples::U16(v), _) => pack(bits, v.iter().map(|&v| each(v.into()))),
        (Samples::U32(v), _) => pack(bits, v.iter().map(|&v| each(v.cast_signed()))),
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
