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
        if matches!(marker, 0xD9 | 0xDA) {
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
    let [depth, ..] = first;
    let tiles = u64::from(x1.div_ceil(tile_w.max(1))) * u64::from(y1.div_ceil(tile_h.max(1)));
    if tiles > 4096 || tile_w == 0 || tile_h == 0 {
        return Err(kind("a grid of more than 4096 tiles"));
    }
    Ok(Claim {
        width: x1.checked_sub(x0).ok_or_else(header)?,
        height: y1.checked_sub(y0).ok_or_else(header)?,
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
