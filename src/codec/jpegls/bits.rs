//! Entropy-coded bytes as one row of bits.
//!
//! A byte 0xFF is followed by a byte whose highest bit is a stuffed zero (ITU-T T.87 9.1). The stuffed bits are taken out in one pass
//! before decoding. The bits are kept as overlapping words, so that the decoder finds any 33 of them with one load and one shift.

/// Bytes looked at together.
const BLOCK: usize = 16;
/// Bits that one look gives at least.
pub(super) const AHEAD: u32 = 33;

/// The bits of one entropy-coded segment.
#[derive(Debug, Default)]
pub(super) struct Bits {
    /// Word i holds the 64 bits from bit 32 i on, the first one highest; zeros behind the end.
    words: Vec<u64>,
    /// Without stuffed bits.
    bytes: Vec<u8>,
    /// Number of bits.
    len: usize,
}

/// Where the entropy-coded segment that begins at `from` ends: at the next marker (0xFF and a byte of at least 0x80), or at the end of
/// the bytes.
pub(super) fn end_of_segment(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(rest) = bytes.get(at..) {
        let blocks = rest.as_chunks::<BLOCK>().0;
        let clean = blocks.iter().take_while(|b| !holds_ff(b)).count() * BLOCK;
        let Some(tail) = rest.get(clean..) else { break };
        let Some(found) = tail.iter().position(|&b| b == 0xFF) else {
            break;
        };
        at += clean + found;
        match bytes.get(at + 1) {
            Some(0x80..) => return at,
            Some(_) => at += 2,
            // A lone 0xFF at the end is data whose next byte is missing.
            None => break,
        }
    }
    bytes.len()
}

/// Without a branch, so that it runs on a vector.
fn holds_ff(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(0, |all, &b| all | u8::from(b == 0xFF)) != 0
}

impl Bits {
    /// The bits of `bytes`, which hold no marker.
    pub(super) fn fill(&mut self, bytes: &[u8]) {
        self.len = unstuff(bytes, &mut self.bytes);
        self.words.clear();
        let words = self.bytes.as_chunks::<4>().0;
        let pairs = words.iter().zip(words.get(1..).unwrap_or_default());
        self.words.extend(pairs.map(|(&high, &low)| {
            u64::from(u32::from_be_bytes(high)) << 32 | u64::from(u32::from_be_bytes(low))
        }));
    }

    /// Number of bits.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// At least [`AHEAD`] bits from bit `at` on, the first one highest; zeros behind the end.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "once for each sample")]
    pub(super) fn peek(&self, at: usize) -> u64 {
        match self.words.get(at >> 5) {
            Some(&word) => word << (at & 31),
            None => 0,
        }
    }
}

/// The bytes without the stuffed bits, a whole number of words with zeros behind the last bit; the number of bits.
fn unstuff(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    out.clear();
    out.resize((bytes.len() + 12) & !3, 0);
    let mut place = 0;
    // The last `pending` bits of `last` are not written yet.
    let (mut last, mut pending) = (0_u8, 0_u32);
    let mut stuffed = false;
    let mut rest = bytes;
    while !rest.is_empty() {
        if let (false, Some((block, after))) = (stuffed, rest.split_first_chunk::<BLOCK>())
            && !holds_ff(block)
            && let Some(room) = out.get_mut(place..)
            && let Some(room) = room.first_chunk_mut::<BLOCK>()
        {
            let mut before = [last; BLOCK];
            if let Some(shifted) = before.last_chunk_mut::<{ BLOCK - 1 }>() {
                let (head, _) = block.split_at(BLOCK - 1);
                shifted.copy_from_slice(head);
            }
            for ((out, &b), &a) in room.iter_mut().zip(block).zip(&before) {
                *out = (u16::from_be_bytes([a, b]) >> pending) as u8;
            }
            last = block[BLOCK - 1];
            place += BLOCK;
            rest = after;
            continue;
        }
        let (some, after) = rest.split_at(rest.len().min(BLOCK));
        rest = after;
        for &b in some {
            let mut whole = u16::from_be_bytes([last, b]);
            if stuffed {
                // Only seven bits: the eighth is left out, and one pending bit fewer remains.
                whole = u16::from(last) << 7 | u16::from(b & 0x7F);
                pending = pending.wrapping_sub(1) & 7;
            }
            if !(stuffed && pending == 7)
                && let Some(out) = out.get_mut(place)
            {
                *out = (whole >> pending) as u8;
                place += 1;
            }
            last = b;
            stuffed = b == 0xFF;
        }
    }
    if pending > 0
        && let Some(out) = out.get_mut(place)
    {
        *out = last << (8 - pending);
    }
    place * 8 + pending as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit.
    fn plain(bytes: &[u8]) -> Vec<bool> {
        let mut bits = vec![];
        let mut before = 0;
        for &b in bytes {
            let first = u32::from(before == 0xFF);
            bits.extend((first..8).map(|i| b >> (7 - i) & 1 == 1));
            before = b;
        }
        bits
    }

    #[test]
    fn stuffed_bits_are_left_out() {
        let mut seed = 1_u32;
        for length in (0..90).chain([400, 1000]) {
            for rarity in [1, 2, 5, 40] {
                let mut before = 0;
                let bytes: Vec<u8> = (0..length)
                    .map(|_| {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let any = if (seed >> 8).is_multiple_of(rarity) {
                            0xFF
                        } else {
                            (seed >> 24) as u8
                        };
                        before = if before == 0xFF { any & 0x7F } else { any };
                        before
                    })
                    .collect();
                let mut bits = Bits::default();
                bits.fill(&bytes);
                let expected = plain(&bytes);
                assert_eq!(bits.len(), expected.len());
                for at in 0..expected.len() + 200 {
                    let ours = bits.peek(at);
                    for i in 0..33 {
                        let bit = expected.get(at + i).copied().unwrap_or(false);
                        assert_eq!(ours >> (63 - i) & 1 == 1, bit, "{length} {at} {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn segments_end_at_markers() {
        assert_eq!(end_of_segment(&[1, 2, 0xFF, 0x7F, 0xFF, 0x80], 0), 4);
        assert_eq!(end_of_segment(&[1, 2, 0xFF, 0xFF, 0xD9], 1), 2);
        assert_eq!(end_of_segment(&[1, 2, 0xFF], 0), 3);
        assert_eq!(end_of_segment(&[1, 2], 7), 2);
        let mut long = [7; 100];
        long[50] = 0xFF;
        assert_eq!(end_of_segment(&long, 0), 100);
        long[51] = 0xD0;
        assert_eq!(end_of_segment(&long, 3), 50);
    }
}
