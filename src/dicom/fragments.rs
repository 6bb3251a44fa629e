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
    if let [one] = fragments.as_slice() {
        return read_range(source, one.offset, one.length);
    }
    // They lie inside of the source, none twice: all together are no more than it has. Their memory is taken once.
    let total: u64 = fragments.iter().map(|f| f.length).sum();
    let total = usize::try_from(total.min(source.len())).unwrap_or(0);
    let mut bytes = Vec::with_capacity(total);
    for f in fragments {
        bytes.extend(read_range(source, f.offset, f.length)?);
    }
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::MemorySource;

    fn item(out: &mut Vec<u8>, element: u16, value: &[u8]) {
        out.extend([0xFE, 0xFF]);
        out.extend(element.to_le_bytes());
        out.extend((value.len() as u32).to_le_bytes());
        out.extend(value);
    }

    /// The fragments of a pixel data element, the offset table first.
    fn encapsulated(table: &[u32], fragments: &[&[u8]]) -> MemorySource {
        let mut bytes = vec![];
        let table: Vec<u8> = table.iter().flat_map(|n| n.to_le_bytes()).collect();
        item(&mut bytes, 0xE000, &table);
        for fragment in fragments {
            item(&mut bytes, 0xE000, fragment);
        }
        item(&mut bytes, 0xE0DD, &[]);
        MemorySource::new("", bytes)
    }

    fn frames(source: &MemorySource, count: u32, extended: &[u64]) -> (Vec<Vec<u8>>, Frames) {
        let found = find(source, 0, count, extended).unwrap();
        let joined = (0..found.frames.len()).map(|f| join(source, &found, f as u32).unwrap());
        (joined.collect(), found)
    }

    const START: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0];

    #[test]
    fn one_frame_takes_all_fragments_and_several_take_one_each() {
        let source = encapsulated(&[], &[&[1, 2], &[3, 4], &[5, 6]]);
        assert_eq!(frames(&source, 1, &[]).0, [[1, 2, 3, 4, 5, 6]]);
        assert_eq!(frames(&source, 3, &[]).0, [[1, 2], [3, 4], [5, 6]]);
    }

    #[test]
    fn tables_split_frames_of_several_fragments() {
        let parts: [&[u8]; 4] = [&[1, 2], &[3, 4], &[5, 6], &[7, 8]];
        let whole = [vec![1, 2, 3, 4, 5, 6], vec![7, 8]];
        assert_eq!(frames(&encapsulated(&[0, 30], &parts), 2, &[]).0, whole);
        // The extended table comes before the basic one.
        let source = encapsulated(&[0, 10], &parts);
        assert_eq!(frames(&source, 2, &[0, 30]).0, whole);
    }

    #[test]
    fn a_wrong_table_is_replaced_by_start_markers() {
        let parts: [&[u8]; 3] = [START, &[3, 4], START];
        for table in [&[0, 11][..], &[4, 20], &[20, 0], &[0, 999]] {
            let (joined, found) = frames(&encapsulated(table, &parts), 2, &[]);
            assert_eq!(joined, [[START, &[3, 4]].concat(), START.to_vec()]);
            assert_eq!(*found.repairs[0].code, codes::OFFSETS, "{table:?}");
        }
        assert!(
            frames(&encapsulated(&[], &parts), 2, &[])
                .1
                .repairs
                .is_empty()
        );
    }

    #[test]
    fn what_is_cut_or_no_item_ends_the_walk() {
        let whole = encapsulated(&[], &[&[1, 2], &[3, 4]]);
        let bytes = crate::base::read_all(&whole).unwrap();
        // Inside of the second fragment: what is there is kept.
        let cut = MemorySource::new("", &bytes[..27]);
        let (joined, found) = frames(&cut, 1, &[]);
        assert_eq!(joined, [[1, 2, 3]]);
        assert_eq!(*found.repairs[0].code, codes::PIXELS_CUT);
        let mut other = bytes;
        other[18..20].copy_from_slice(&[9, 9]);
        let (joined, found) = frames(&MemorySource::new("", other), 1, &[]);
        assert_eq!(joined, [[1, 2]]);
        assert_eq!(*found.repairs[0].code, codes::PIXELS_CUT);
        let none = join(&whole, &Frames::default(), 0).unwrap_err();
        assert_eq!(*none.code(), codes::NO_FRAME);
    }

    proptest! {
        /// Whatever the bytes: fragments lie inside of the source, in order, none twice.
        #[test]
        fn fragments_lie_inside(
            mut bytes in prop::collection::vec(any::<u8>(), 0..200),
            items in prop::collection::vec((0usize..200, 0u32..40), 0..8),
            count in 1u32..6,
            table in prop::collection::vec(0u64..200, 0..6),
        ) {
            for (at, length) in items {
                let mut header = vec![0xFE, 0xFF, 0, 0xE0];
                header.extend(length.to_le_bytes());
                let at = at.min(bytes.len());
                bytes.splice(at..at, header);
            }
            let source = MemorySource::new("", bytes);
            if let Ok(found) = find(&source, 0, count, &table) {
                let mut end = 0;
                for fragment in found.frames.iter().flatten() {
                    prop_assert!(fragment.offset >= end);
                    end = fragment.offset + fragment.length;
                    prop_assert!(end <= source.len());
                }
            }
        }

        /// Frames of any fragments come back whole by their table.
        #[test]
        fn frames_come_back(sizes in prop::collection::vec(prop::collection::vec(1usize..9, 1..4), 2..6)) {
            let mut next = 0_u8;
            let (mut parts, mut table, mut at) = (vec![], vec![], 0);
            let mut wanted: Vec<Vec<u8>> = vec![];
            for frame in &sizes {
                table.push(at);
                let mut joined: Vec<u8> = vec![];
                for &half in frame {
                    let part: Vec<u8> = (0..2 * half).map(|_| { next = next.wrapping_add(1); next }).collect();
                    at += 8 + part.len() as u32;
                    joined.extend(&part);
                    parts.push(part);
                }
                wanted.push(joined);
            }
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let source = encapsulated(&table, &parts);
            prop_assert_eq!(frames(&source, sizes.len() as u32, &[]).0, wanted);
        }
    }
}
