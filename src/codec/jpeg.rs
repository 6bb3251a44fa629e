//! JPEG with the discrete cosine transform, 8 and 12 bits (ITU-T T.81 processes 1 to 4, 6, 7, 10, 12, by their Huffman coded forms), and what its
//! colours are. Components as the stream holds them.

use super::{
    Decoded, Layout, Photometric, SampleKind, Stored, codes,
    dct::{self, Kind, Note, Samples},
    guard,
    headers::{self, Marks},
    pack::{low, pack},
};
use crate::base::{Error, Limits, Repair, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let (claim, marks) = headers::jpeg(bytes)?;
    if claim.process == 0xC3 {
        return super::jpeg_lossless::decode(bytes, layout, limits);
    }
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    if u16::from(claim.precision) > layout.bits_allocated {
        return Err(Error::new(&codes::BAD_LAYOUT)
            .at("Bits Allocated")
            .expected(format!("{} bits at least", claim.precision))
            .found(layout.bits_allocated));
    }
    let image = dct::decode(bytes, layout.samples()).map_err(refusal)?;
    let size = (image.width, image.height);
    if image.samples.len() as u64 != layout.samples()
        || size != (layout.columns as usize, layout.rows as usize)
    {
        return Err(Error::new(&codes::DAMAGED)
            .at("JPEG")
            .expected(layout.samples())
            .found(image.samples.len()));
    }
    repairs.extend(image.notes.iter().map(|&note| repair(note)));
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
    let signed = layout.kind == SampleKind::Signed;
    // Lossy samples may overshoot Bits Stored; cutting their upper bits off would make white black.
    let top = if signed || layout.bits_stored >= 16 {
        u16::MAX
    } else {
        (1 << layout.bits_stored) - 1
    };
    let bits = &low(&layout, signed);
    let values = match image.samples {
        Samples::U8(v) if !signed && layout.bits_allocated == 8 && layout.bits_stored == 8 => {
            Stored::U8(v)
        }
        Samples::U8(v) => pack(bits, v.iter().map(|&v| u32::from(u16::from(v).min(top)))),
        Samples::U16(v) => pack(bits, v.iter().map(|&v| u32::from(v.min(top)))),
    };
    Ok(layout.decoded(values, photometric, repairs))
}

pub(super) fn refusal(fault: dct::Fault) -> Error {
    let at = format!("JPEG, byte {}", fault.offset);
    match fault.kind {
        Kind::Process(name) => Error::new(&codes::KIND).at("JPEG").found(name),
        Kind::TooLarge => Error::new(&codes::TOO_LARGE),
        Kind::Header(what) => Error::new(&codes::DAMAGED).at(at).found(what),
        Kind::Empty => Error::new(&codes::DAMAGED).at(at).expected("a scan"),
    }
}

pub(super) fn repair(note: Note) -> Repair {
    match note {
        Note::Spectrum => Repair::new(&codes::SPECTRUM, "read as 0 to 63"),
        Note::Damaged => Repair::new(&codes::LOST, "what was lost is grey"),
        Note::Cut => Repair::new(&codes::CUT, "what is missing is grey"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_marks_come_before_the_attribute() {
        use Photometric::{Rgb, YbrFull, YbrFull422};
        let marks = |adobe, jfif, letters, subsampled| Marks {
            adobe,
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
}
