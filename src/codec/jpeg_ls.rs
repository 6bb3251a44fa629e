//! JPEG-LS (ITU-T T.87), lossless and near-lossless: what ties [`super::jpegls`] to a frame.

use super::{
    Decoded, Layout, Photometric, SampleKind, Stored, codes, guard, headers,
    jpegls::{self, Fault, Problem, Samples},
    pack::{low, pack, within},
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
    // A near-lossless sample may lie a step beyond the range of Bits Stored: it becomes the end of the range, as white is not black. Signed
    // samples are patterns of bits here, in which a step has no such end.
    let within = within(bits);
    let fit = |value: u32| match i32::try_from(value) {
        Ok(value) if image.near > 0 && bits.kind != SampleKind::Signed => within(value),
        _ => value,
    };
    let values = match (image.samples, layout.bits_allocated) {
        (Samples::U8(samples), ..=8) if whole => Stored::U8(samples),
        (Samples::U16(samples), 9..=16) if whole => Stored::U16(samples),
        (Samples::U8(samples), _) => pack(bits, samples.iter().map(|&v| fit(v.into()))),
        (Samples::U16(samples), _) => pack(bits, samples.iter().map(|&v| fit(v.into()))),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> Vec<u8> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/jpegls.json")).unwrap();
        let all = all.as_array().unwrap();
        let one = all.iter().find(|one| one["name"] == name).unwrap();
        let digits = one["stream"].as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(byte).collect()
    }

    fn values(name: &str, bits_stored: u16) -> Vec<u16> {
        let bytes = stream(name);
        let layout = Layout {
            rows: 13,
            columns: 17,
            samples_per_pixel: 1,
            bits_allocated: 16,
            bits_stored,
            high_bit: bits_stored - 1,
            kind: SampleKind::Unsigned,
            planar: false,
            photometric: Photometric::Monochrome2,
        };
        match decode(&bytes, &layout, &Limits::default()).unwrap().values {
            Stored::U16(values) => values,
            other => panic!("{other:?}"),
        }
    }

    /// Four bits too many: near-lossless values end at the range's end, lossless ones keep their low bits (the rest may be an overlay).
    #[test]
    fn near_lossless_white_stays_white() {
        let (whole, least) = (values("grey 16 near 10", 16), values("grey 16 near 10", 12));
        assert!(whole.iter().any(|&v| v > 4095));
        assert!(whole.iter().zip(&least).all(|(&v, &w)| w == v.min(4095)));
        let (whole, low) = (values("grey 16", 16), values("grey 16", 12));
        assert!(whole.iter().zip(&low).all(|(&v, &w)| w == v & 4095));
    }
}
