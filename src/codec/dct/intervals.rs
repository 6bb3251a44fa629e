//! Restart intervals (T.81 E.2.4): where each begins, and what was lost between them.

use std::ops::Range;

use super::{
    Note,
    bits::{Bits, marker},
};

/// Goes through the `total` units of a scan whose data begin at `at`, `interval` of them between two restart markers. `each` decodes a range
/// of units and gives `None` where its data are damaged or end. Gives where the data end, and what had to be tolerated.
pub(in crate::codec) fn intervals<'a>(
    bytes: &'a [u8],
    at: usize,
    total: usize,
    interval: usize,
    mut each: impl FnMut(&mut Bits<'a>, Range<usize>) -> Option<()>,
) -> (usize, Vec<Note>) {
    let mut notes = vec![];
    let (mut start, mut at, mut next) = (0, at, 0_u8);
    loop {
        let end = (start + interval).min(total);
        let mut bits = Bits::new(bytes, at);
        let whole = each(&mut bits, start..end).is_some();
        let found = marker(bytes, bits.position());
        if !whole {
            notes.push(if found.is_some() {
                Note::Damaged
            } else {
                Note::Cut
            });
        }
        if end == total {
            return (bits.position(), notes);
        }
        match found {
            Some((place, code @ 0xD0..=0xD7)) => {
                // A marker that is not the next one in turn tells how many intervals were lost.
                let lost = usize::from(code.wrapping_sub(0xD0).wrapping_sub(next) & 7);
                if lost > 0 {
                    notes.push(Note::Damaged);
                }
                next = (code - 0xD0 + 1) & 7;
                start = end + lost * interval;
                at = place + 2;
                if start >= total {
                    return (at, notes);
                }
            }
            Some((place, 0xD9)) => {
                notes.push(Note::Cut);
                return (place, notes);
            }
            Some((place, _)) => {
                notes.push(Note::Damaged);
                return (place, notes);
            }
            None => {
                notes.push(Note::Cut);
                return (bytes.len(), notes);
            }
        }
    }
}
