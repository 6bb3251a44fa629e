//! What JPEG, JPEG 2000 and JPEG-LS codestreams say of themselves in their headers.

use super::{codes, guard::Claim, jpegls};
use crate::base::{Error, Result};

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}
fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(be16(bytes, at)?) << 16 | u32::from(be16(bytes, at + 2)?))
}

/// What a JPEG says of its colours before its first frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// The transform of an Adobe APP14 segment that is long enough to hold one.
    pub(super) adobe: Option<u8>,
    /// A JFIF APP0 segment is there.
    pub(super) jfif: bool,
    /// Component identifiers are the letters R, G, B.
    pub(super) letters: bool,
    /// Components are sampled unlike each other.
    pub(super) subsampled: bool,
}

/// The first frame header (SOFn) of a JPEG (ITU-T T.81 B.2.2) and what is said of colours before it.
///
/// # Errors
/// `PIX-004` when there is none.
pub(super) fn jpeg(bytes: &[u8]) -> Result<(Claim, Marks)> {
    walk_jpeg(bytes).ok_or_else(|| Error::new(&codes::DAMAGED).at("the frame's header"))
}

fn walk_jpeg(bytes: &[u8]) -> Option<(Claim, Marks)> {
    let mut at = 2;
    let mut marks = Marks::default();
    if be16(bytes, 0)? != 0xFFD8 {
        return None;
    }
    loop {
        while *bytes.get(at)? == 0xFF && *bytes.get(at + 1)? == 0xFF {
            at += 1;
        }
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        if matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) {
            let claim = Claim {
                precision: *bytes.get(at + 4)?,
                height: match be16(bytes, at + 5)? {
                    0 => super::dct::lines(bytes, at + 2)? as u32,
                    height => u32::from(height),
                },
                width: u32::from(be16(bytes, at + 7)?),
                components: u16::from(*bytes.get(at + 9)?),
                process: marker,
                signed: false,
            };
            let each = bytes.get(at + 10..at + 10 + 3 * usize::from(claim.components))?;
            let each = each.as_chunks::<3>().0;
            marks.letters = each.iter().map(|c| c[0]).eq(*b"RGB");
            marks.subsampled = each
                .iter()
                .any(|c| Some(c[1]) != each.first().map(|f| f[1]));
            return Some((claim, marks));
        }
        // A scan or an end before any frame; or no marker at all, where decoders would look on in their own ways.
        if matches!(marker, 0x00 | 0x02..=0xBF | 0xD9 | 0xDA) {
            return None;
        }
        let segment = || bytes.get(at + 4..(at + 2).checked_add(be16(bytes, at + 2)?.into())?);
        match (marker, segment().unwrap_or_default()) {
            (0xE0, [b'J', b'F', b'I', b'F', 0, ..]) => marks.jfif = true,
            (0xEE, segment) if segment.starts_with(b"Adobe") => {
                marks.adobe = segment.get(11).copied();
            }
            _ => {}
        }
        at += if matches!(marker, 0x01 | 0xD0..=0xD8) {
            2
        } else {
            2 + usize::from(be16(bytes, at + 2)?)
        };
    }
}

/// The codestream of a JPEG 2000 frame: the bytes themselves when they begin with one, else the contents of the first `jp2c` box of a
/// JP2 file (ITU-T T.800 I.2). Other boxes are stepped over, whatever they hold.
pub(super) fn codestream(bytes: &[u8]) -> Option<&[u8]> {
    const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
    const SIGNATURE: &[u8] = b"\0\0\0\x0CjP  \r\n\x87\n";
    if bytes.starts_with(&START) {
        return Some(bytes);
    }
    if !bytes.starts_with(SIGNATURE) {
        return None;
    }
    let mut rest = bytes;
    loop {
        let length = u64::from(be32(rest, 0)?);
        let kind = rest.get(4..8)?;
        let (head, length) = match length {
            0 => (8, rest.len() as u64),
            1 => (
                16,
                u64::from(be32(rest, 8)?) << 32 | u64::from(be32(rest, 12)?),
            ),
            length => (8, length),
        };
        // A last box may be cut, as the frame may be.
        let end = usize::try_from(length)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        if kind == b"jp2c" {
            return rest.get(head..end).filter(|c| c.starts_with(&START));
        }
        if end <= head {
            return None;
        }
        rest = rest.get(end..)?;
    }
}

/// The SIZ marker of a JPEG 2000 codestream (ITU-T T.800 A.5.1).
///
/// # Errors
/// `PIX-004` when the header can't be read, `PIX-008` when components differ in precision, sign or sampling, or for absurd tiles.
pub(super) fn j2k(bytes: &[u8]) -> Result<Claim> {
    let kind = |what: &str| Error::new(&codes::KIND).at("JPEG 2000").found(what);
    let header = || Error::new(&codes::DAMAGED).at("the frame's header");
    let number = |at| be32(bytes, at).ok_or_else(header);
    let (x1, y1, x0, y0) = (number(8)?, number(12)?, number(16)?, number(20)?);
    let (tile_w, tile_h) = (number(24)?, number(28)?);
    let components = be16(bytes, 40).ok_or_else(header)?;
    let mut each = bytes
        .get(42..42 + 3 * usize::from(components))
        .ok_or_else(header)?
        .as_chunks::<3>()
        .0
        .iter();
    let &first = each.next().ok_or_else(header)?;
    if each.any(|c| *c != first) {
        return Err(kind("components of differing precision, sign or sampling"));
    }
    let [depth, dx, dy] = first;
    // Tiles are counted from their own corner, which is not beyond the image's (B.3).
    let (tile_x, tile_y) = (number(32)?, number(36)?);
    let across = x1.checked_sub(tile_x.min(x0)).ok_or_else(header)?;
    let down = y1.checked_sub(tile_y.min(y0)).ok_or_else(header)?;
    let tiles = u64::from(across.div_ceil(tile_w.max(1))) * u64::from(down.div_ceil(tile_h.max(1)));
    if tiles > 4096 || tile_w == 0 || tile_h == 0 {
        return Err(kind("a grid of more than 4096 tiles"));
    }
    // Samples of components that are sampled alike (B.2).
    let extent = |from: u32, to: u32, step: u8| {
        let step = u32::from(step.max(1));
        to.div_ceil(step).checked_sub(from.div_ceil(step))
    };
    Ok(Claim {
        width: extent(x0, x1, dx).ok_or_else(header)?,
        height: extent(y0, y1, dy).ok_or_else(header)?,
        components,
        precision: (depth & 0x7F) + 1,
        process: 0,
        signed: depth & 0x80 != 0,
    })
}

/// The frame header (SOF55) of a JPEG-LS codestream, with its size where that stands elsewhere (ITU-T T.87 C.2).
///
/// # Errors
/// As [`super::jpeg_ls::error`] words them.
pub(super) fn jpeg_ls(bytes: &[u8]) -> Result<Claim> {
    let frame = jpegls::frame(bytes).map_err(super::jpeg_ls::error)?;
    Ok(Claim {
        width: frame.width,
        height: frame.height,
        components: frame.components.len() as u16,
        precision: frame.bits,
        process: 0xF7,
        signed: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOC and SIZ of one component: image from (`x`, `y`) to (`x` + 20, `y` + 10), tiles of 512 from (`tile`, `tile`).
    fn siz(x: u32, y: u32, tile: u32, step: u8) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
        for number in [x + 20, y + 10, x, y, 512, 512, tile, tile] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend([0, 1, 7, step, step]);
        bytes
    }

    #[test]
    fn a_part_of_a_large_image_has_few_tiles() {
        let claim = j2k(&siz(40_000, 40_000, 40_000, 1)).unwrap();
        assert_eq!((claim.width, claim.height), (20, 10));
        assert_eq!(
            j2k(&siz(40_000, 40_000, 0, 1)).unwrap_err().code().id,
            codes::KIND.id
        );
    }

    #[test]
    fn components_that_are_all_sampled_coarsely_are_small() {
        let claim = j2k(&siz(1, 1, 0, 2)).unwrap();
        // Samples at even places: 2 to 20, 2 to 10.
        assert_eq!((claim.width, claim.height), (10, 5));
    }

    #[test]
    fn what_is_no_marker_is_no_segment() {
        // A large frame that only a reader which skips `FF 00` byte by byte would find, then one of 16 × 16.
        let frame = |side: u16| {
            let [high, low] = side.to_be_bytes();
            [0xFF, 0xC3, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0]
        };
        let hidden = [
            &[0xFF, 0xD8, 0xFF, 0x00, 0, 15][..],
            &frame(65_535),
            &frame(16),
        ]
        .concat();
        assert_eq!(jpeg(&hidden).unwrap_err().code().id, codes::DAMAGED.id);
        let (claim, _) = jpeg(&[&[0xFF, 0xD8][..], &frame(16)].concat()).unwrap();
        assert_eq!((claim.width, claim.height), (16, 16));
    }
}
