//! Sizes that a codestream claims, read before any decoder allocates for them.

use super::{Layout, codes};
use crate::base::{Error, Result};

/// What a codestream says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: u16,
    pub(super) precision: u8,
    /// JPEG: the SOF marker's low byte. J2K: 0.
    pub(super) process: u8,
    /// J2K: component 0 is signed.
    pub(super) signed: bool,
    /// J2K: a multiple component transform is used in the main header.
    pub(super) transform: bool,
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}
fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(be16(bytes, at)?) << 16 | u32::from(be16(bytes, at + 2)?))
}

/// The first frame header (SOFn) of a JPEG.
pub(super) fn jpeg(bytes: &[u8]) -> Option<Claim> {
    let mut at = 2;
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
            return Some(Claim {
                precision: *bytes.get(at + 4)?,
                height: u32::from(be16(bytes, at + 5)?),
                width: u32::from(be16(bytes, at + 7)?),
                components: u16::from(*bytes.get(at + 9)?),
                process: marker,
                signed: false,
                transform: false,
            });
        }
        if matches!(marker, 0xD9 | 0xDA) {
            return None;
        }
        at += if matches!(marker, 0x01 | 0xD0..=0xD8) {
            2
        } else {
            2 + usize::from(be16(bytes, at + 2)?)
        };
    }
}

/// The SIZ and COD markers of a JPEG 2000 codestream, raw or in a JP2 file.
pub(super) fn j2k(bytes: &[u8]) -> Option<Claim> {
    let start = bytes
        .windows(4)
        .take(1 << 16)
        .position(|w| w == [0xFF, 0x4F, 0xFF, 0x51])?;
    let bytes = bytes.get(start..)?;
    let (x1, y1, x0, y0) = (
        be32(bytes, 8)?,
        be32(bytes, 12)?,
        be32(bytes, 16)?,
        be32(bytes, 20)?,
    );
    let (tile_w, tile_h) = (be32(bytes, 24)?, be32(bytes, 28)?);
    let components = be16(bytes, 40)?;
    let depth = *bytes.get(42)?;
    let tiles = u64::from(x1.div_ceil(tile_w.max(1))) * u64::from(y1.div_ceil(tile_h.max(1)));
    if tiles > 4096 || tile_w == 0 || tile_h == 0 {
        return None;
    }
    let mut at = 4 + usize::from(be16(bytes, 4)?);
    let mut transform = false;
    while let Some(marker) = be16(bytes, at) {
        if marker == 0xFF52 {
            transform = *bytes.get(at + 8)? == 1;
        }
        if marker == 0xFF90 || marker < 0xFF00 {
            break;
        }
        at += 2 + usize::from(be16(bytes, at + 2)?);
    }
    Some(Claim {
        width: x1.checked_sub(x0)?,
        height: y1.checked_sub(y0)?,
        components,
        precision: (depth & 0x7F) + 1,
        process: 0,
        signed: depth & 0x80 != 0,
        transform,
    })
}

/// Refuses a frame whose codestream has another size than its attributes.
pub(super) fn check(claim: Option<Claim>, layout: &Layout) -> Result<Claim> {
    let Some(claim) = claim else {
        return Err(Error::new(&codes::DAMAGED).at("the frame's header"));
    };
    if claim.width != layout.columns
        || claim.height != layout.rows
        || claim.components != layout.samples_per_pixel
    {
        return Err(Error::new(&codes::SIZE_DIFFERS)
            .expected(format!(
                "{} × {} × {}",
                layout.columns, layout.rows, layout.samples_per_pixel
            ))
            .found(format!(
                "{} × {} × {}",
                claim.width, claim.height, claim.components
            )));
    }
    Ok(claim)
}
