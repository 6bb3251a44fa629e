//! Encapsulated pixel data (PS3.5 A.4): which fragments make up which frame.

use super::codes;
use crate::base::{ByteSource, Error, Repair, Result, read_range};

/// One fragment: offset of its value in the source, length, and offset of its item tag relative to the first fragment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) offset: u64,
    pub(super) length: u64,
    item: u64,
}

/// Fragments by frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Frames {
    pub(super) frames: Vec<Vec<Fragment>>,
    pub(super) repairs: Vec<Repair>,
}

/// Walks the items from `at` (just behind the pixel data element's header). `extended` is the Extended Offset Table (7FE0,0001), if any.
pub(super) fn find(
    source: &dyn ByteSource,
    mut at: u64,
    frames: u32,
    extended: &[u64],
) -> Result<Frames> {
    let mut found = Frames::default();
    let mut basic: Vec<u64> = Vec::new();
    let mut fragments: Vec<Fragment> = Vec::new();
    let mut first = true;
    let mut base = 0;
    loop {
        let Ok(header) = read_range(source, at, 8) else {
            found
                .repairs
                .push(Repair::new(&codes::PIXELS_CUT, format!("byte {at}")));
            break;
        };
        let &[g0, g1, e0, e1, l0, l1, l2, l3] = header.as_slice() else {
            break;
        };
        let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        match [g0, g1, e0, e1] {
            [0xFE, 0xFF, 0xDD, 0xE0] => break,
            [0xFE, 0xFF, 0x00, 0xE0] => {}
            other => {
                found.repairs.push(Repair::new(
                    &codes::PIXELS_CUT,
                    format!("byte {at}: {other:02X?} instead of an item"),
                ));
                break;
            }
        }
        let value = at + 8;
        if value + length > source.len() {
            found
                .repairs
                .push(Repair::new(&codes::PIXELS_CUT, format!("byte {at}")));
            // What is there may be decodable; the decoder decides.
            if !first && source.len() > value {
                fragments.push(Fragment {
                    offset: value,
                    length: source.len() - value,
                    item: at - base,
                });
            }
            break;
        }
        if first {
            let table = read_range(source, value, length.min(u64::from(frames) * 4))?;
            basic = table
                .chunks_exact(4)
                .map(|c| c.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
                .collect();
            first = false;
            base = value + length;
        } else {
            fragments.push(Fragment {
                offset: value,
                length,
                item: at - base,
            });
        }
        at = value + length;
    }
    let frames = frames as usize;
    if frames == 1 {
        found.frames = vec![fragments];
    } else if fragments.len() == frames {
        found.frames = fragments.into_iter().map(|f| vec![f]).collect();
    } else if let Some(split) =
        by_table(&fragments, extended, frames).or_else(|| by_table(&fragments, &basic, frames))
    {
        found.frames = split;
    } else {
        if !basic.is_empty() {
            found.repairs.push(Repair::new(
                &codes::OFFSETS,
                format!("{} entries, {} fragments", basic.len(), fragments.len()),
            ));
        }
        found.frames = by_marker(source, fragments)?;
    }
    Ok(found)
}

fn by_table(fragments: &[Fragment], table: &[u64], frames: usize) -> Option<Vec<Vec<Fragment>>> {
    if table.len() != frames || frames == 0 || table.first() != Some(&0) {
        return None;
    }
    let mut split = vec![Vec::new(); frames];
    for &fragment in fragments {
        let frame = table
            .partition_point(|&start| start <= fragment.item)
            .checked_sub(1)?;
        split.get_mut(frame)?.push(fragment);
    }
    // Each entry must be the start of a fragment, in order.
    let fits = table.is_sorted()
        && split
            .iter()
            .zip(table)
            .all(|(f, &start)| f.first().is_some_and(|f| f.item == start));
    fits.then_some(split)
}

/// A fragment that begins like a codestream begins a frame.
fn by_marker(source: &dyn ByteSource, fragments: Vec<Fragment>) -> Result<Vec<Vec<Fragment>>> {
    let mut split: Vec<Vec<Fragment>> = Vec::new();
    for fragment in fragments {
        let start = read_range(source, fragment.offset, fragment.length.min(4))?;
        let begins = matches!(
            start.as_slice(),
            [0xFF, 0xD8, 0xFF, _] | [0xFF, 0x4F, 0xFF, 0x51] | [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C]
        );
        match split.last_mut() {
            Some(last) if !begins => last.push(fragment),
            _ => split.push(vec![fragment]),
        }
    }
    Ok(split)
}

/// The bytes of one frame, its fragments joined.
pub(super) fn join(source: &dyn ByteSource, frames: &Frames, frame: u32) -> Result<Vec<u8>> {
    let Some(fragments) = frames.frames.get(frame as usize).filter(|f| !f.is_empty()) else {
        return Err(Error::new(&codes::NO_FRAME)
            .at(format!("frame {}", frame + 1))
            .found(format!("{} frames", frames.frames.len())));
    };
    let mut bytes = Vec::new();
    for f in fragments {
        bytes.extend(read_range(source, f.offset, f.length)?);
    }
    Ok(bytes)
}
