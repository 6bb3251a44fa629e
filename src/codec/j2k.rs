//! The seam to the JPEG 2000 decoder: ITU-T T.800 and T.814, raw codestreams and JP2 files.

use super::{
    Decoded, Layout, Photometric, SampleKind, codes, guard,
    jpeg2000::{self, Component, Fault, Image},
    pack::{low, pack},
};
use crate::base::{Error, Limits, Repair, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    // The decoder sees what was checked: the codestream alone, without the boxes around it.
    let bytes = guard::codestream(bytes).ok_or_else(|| {
        Error::new(&codes::DAMAGED)
            .at("the frame's header")
            .expected("a JPEG 2000 codestream")
    })?;
    let claim = guard::j2k(bytes)?;
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    let options = jpeg2000::Options {
        max_samples: limits.frame_samples,
        discard: 0,
    };
    let image = jpeg2000::decode(bytes, &options).map_err(error)?;
    let samples = usize::from(layout.samples_per_pixel);
    let expected = |c: &Component| {
        (c.width, c.height) == (layout.columns, layout.rows)
            && (c.precision, c.signed) == (claim.precision, claim.signed)
    };
    if image.components.len() != samples || !image.components.iter().all(expected) {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG 2000")
            .found("components of other sizes"));
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
    let photometric = match layout.photometric {
        // The transform is part of the codestream and was undone, whatever the attribute says (PS3.5 8.2.4).
        _ if samples == 3 && image.transformed => Photometric::Rgb,
        Photometric::YbrRct | Photometric::YbrIct => Photometric::Rgb,
        p => p,
    };
    let values = interleaved(image).into_iter().map(i32::cast_unsigned);
    let values = pack(&low(&layout, claim.signed || declared), values);
    Ok(layout.decoded(values, photometric, repairs))
}

/// The samples pixel by pixel.
fn interleaved(mut image: Image) -> Vec<i32> {
    match image.components.as_mut_slice() {
        [one] => std::mem::take(&mut one.samples),
        [a, b, c] => {
            let mut values = vec![0; 3 * a.samples.len()];
            let pixels = values.as_chunks_mut::<3>().0.iter_mut();
            for (pixel, ((&a, &b), &c)) in
                pixels.zip(a.samples.iter().zip(&b.samples).zip(&c.samples))
            {
                *pixel = [a, b, c];
            }
            values
        }
        all => {
            let n = all.len();
            let mut values = vec![0; all.iter().map(|c| c.samples.len()).sum()];
            for (i, component) in all.iter().enumerate() {
                let places = values.iter_mut().skip(i).step_by(n);
                places
                    .zip(&component.samples)
                    .for_each(|(place, &v)| *place = v);
            }
            values
        }
    }
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
