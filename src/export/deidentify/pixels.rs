//! The pixel data element as it is: the ranges of the source that hold it, whole items only, and what has to be put around them.

use dicom_core::VR;

use super::Part;
use crate::{
    base::{Result, read_range},
    dicom::plain::Plain,
};

const DELIMITER: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

/// Header and value of the element that holds the pixels. What a file that is cut short lacks is not invented: its length is what is there.
pub(super) fn parts(plain: &Plain) -> Result<Vec<Part>> {
    let Some(place) = plain.pixels else {
        return Ok(vec![]);
    };
    let source = plain.source.as_ref();
    let rest = source.len().saturating_sub(place.offset);
    let mut header = vec![];
    let put16 = |n: u16| {
        if plain.big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let put32 = |n: u32| {
        if plain.big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    header.extend(put16(place.tag.0));
    header.extend(put16(place.tag.1));
    if plain.explicit {
        // As the file has it: OB or OW, OF or OD.
        let from = place.offset.saturating_sub(8);
        let there = read_range(source, from, 2)?;
        let vr = VR::from_binary(there.try_into().unwrap_or(*b"OW"))
            .filter(|vr| matches!(vr, VR::OB | VR::OW | VR::OF | VR::OD));
        header.extend(vr.unwrap_or(VR::OW).to_bytes());
        header.extend([0, 0]);
    }
    if let Some(length) = place.length {
        let length = length.min(rest);
        let even = length + length % 2;
        header.extend(put32(even.min(u64::from(u32::MAX - 1)) as u32));
        let mut parts = vec![Part::Bytes(header), Part::Range(place.offset, length)];
        if even != length {
            parts.push(Part::Bytes(vec![0]));
        }
        return Ok(parts);
    }
    header.extend(put32(u32::MAX));
    let mut parts = vec![Part::Bytes(header)];
    let (mut at, end) = (place.offset, source.len());
    let whole = loop {
        let Ok(item) = read_range(source, at, 8) else {
            break None;
        };
        let &[a, b, c, d, l0, l1, l2, l3] = item.as_slice() else {
            break None;
        };
        let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        match [a, b, c, d] {
            [0xFE, 0xFF, 0xDD, 0xE0] => break Some(at + 8),
            [0xFE, 0xFF, 0x00, 0xE0] if at + 8 + length <= end => at += 8 + length,
            [0xFE, 0xFF, 0x00, 0xE0] => {
                // The last fragment is cut: what there is of it, with the length that it has.
                let have = end - at - 8;
                parts.push(Part::Range(place.offset, at - place.offset));
                if have > 0 {
                    let mut item = vec![0xFE, 0xFF, 0x00, 0xE0];
                    item.extend(((have + have % 2) as u32).to_le_bytes());
                    parts.push(Part::Bytes(item));
                    parts.push(Part::Range(at + 8, have));
                    parts.push(Part::Bytes(vec![0; (have % 2) as usize]));
                }
                parts.push(Part::Bytes(DELIMITER.to_vec()));
                return Ok(parts);
            }
            _ => break None,
        }
    };
    let end = whole.unwrap_or(at);
    parts.push(Part::Range(place.offset, end - place.offset));
    if whole.is_none() {
        parts.push(Part::Bytes(DELIMITER.to_vec()));
    }
    Ok(parts)
}

/// The beginning of the first fragment that holds a codestream.
pub(super) fn beginning(plain: &Plain, most: u64) -> Vec<u8> {
    let (source, none) = (plain.source.as_ref(), vec![]);
    let Some(place) = plain.pixels.filter(|place| place.length.is_none()) else {
        return none;
    };
    let header = |at: u64| {
        let item = read_range(source, at, 8).ok()?;
        let length = item.get(4..8)?.try_into().ok()?;
        Some(u64::from(u32::from_le_bytes(length)))
    };
    let Some(table) = header(place.offset) else {
        return none;
    };
    let first = place.offset + 8 + table;
    let length = header(first)
        .unwrap_or(0)
        .min(most)
        .min(source.len().saturating_sub(first + 8));
    read_range(source, first + 8, length).unwrap_or(none)
}
