//! JPEG lossless (ITU-T T.81 process 14), 2 to 16 bits, any predictor: what ties [`super::predictive`] to a frame.

use super::{
    Decoded, Layout, SampleKind, Stored, codes, guard, headers,
    jpeg::{refusal, repair},
    pack::{low, pack},
    predictive,
};
use crate::base::{Error, Limits, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let (claim, _) = headers::jpeg(bytes)?;
    if claim.process != 0xC3 {
        return super::jpeg::decode(bytes, layout, limits);
    }
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    if u16::from(claim.precision) > layout.bits_allocated {
        return Err(Error::new(&codes::BAD_LAYOUT)
            .at("Bits Allocated")
            .expected(format!("{} bits at least", claim.precision))
            .found(layout.bits_allocated));
    }
    let image = predictive::decode(bytes, layout.samples()).map_err(refusal)?;
    let size = (image.width, image.height, image.components);
    let samples = usize::from(layout.samples_per_pixel);
    if size != (layout.columns as usize, layout.rows as usize, samples) {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG lossless")
            .expected(layout.samples())
            .found(image.samples.len()));
    }
    repairs.extend(image.notes.iter().map(|&note| repair(note)));
    let bits = &low(&layout, layout.kind == SampleKind::Signed);
    // Where nothing is to be masked or extended, nothing is copied.
    let beyond = |v: &u16| u32::from(*v) >> layout.bits_stored.min(16) != 0;
    let whole = bits.kind != SampleKind::Signed
        && (9..=16).contains(&layout.bits_allocated)
        && !image.samples.iter().any(beyond);
    let values = if whole {
        Stored::U16(image.samples)
    } else {
        pack(bits, image.samples.iter().map(|&v| u32::from(v)))
    };
    Ok(layout.decoded(values, layout.photometric, repairs))
}
