//! NAL units of an elementary stream (ITU-T H.264 and H.265 Annex B), and the bits of one.

use std::ops::Range;

use super::Colours;

/// One unit: where its start code begins, and its bytes behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) start: usize,
    pub(super) body: Range<usize>,
}

/// The place of the next `00 00 01` from `at`.
fn mark(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        // The third byte says how far the next mark is at least.
        match bytes.get(at + 2)? {
            0 => at += 1,
            1 if bytes.get(at..at + 2) == Some(&[0, 0]) => return Some(at),
            _ => at += 3,
        }
    }
}

/// All units, in order. Zeros before a start code belong to the unit before it, but for the first, which go with the start code.
pub(super) fn units(bytes: &[u8]) -> impl Iterator<Item = Unit> {
    let mut next = mark(bytes, 0);
    std::iter::from_fn(move || {
        let at = next?;
        let zero = at.checked_sub(1).filter(|&z| bytes.get(z) == Some(&0));
        let from = at + 3;
        next = mark(bytes, from);
        let mut to = next.unwrap_or(bytes.len());
        // trailing_zero_8bits are no part of a unit.
        while to > from && bytes.get(to - 1) == Some(&0) {
            to -= 1;
        }
        Some(Unit {
            start: zero.unwrap_or(at),
            body: from..to,
        })
    })
}

/// Bytes of a unit's head that are looked at: parameter sets and slice headers as far as they are read here.
const HEAD: usize = 4096;

/// The bits of a unit, without the bytes that only prevent start codes. Behind the end there is nothing.
#[derive(Debug)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    /// Reads from byte `skip` of the unit on.
    pub(super) fn new(unit: &[u8], skip: usize) -> Self {
        let mut bytes = Vec::new();
        let mut zeros = 0;
        for &byte in unit.iter().take(HEAD).skip(skip) {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }
    /// u(n), `n` up to 32.
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        let mut value: u64 = 0;
        for _ in 0..n {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value as u32)
    }
    /// u(1).
    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }
    /// Steps over `n` bits.
    pub(super) fn skip(&mut self, n: usize) -> Option<()> {
        self.at += n;
        (self.at <= self.bytes.len() * 8).then_some(())
    }
    /// ue(v).
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some(((1_u32 << zeros) - 1).saturating_add(self.take(zeros)?))
    }
    /// ue(v) that the standard bounds.
    pub(super) fn ue_to(&mut self, most: u32) -> Option<u32> {
        self.ue().filter(|&n| n <= most)
    }
    /// se(v).
    pub(super) fn se(&mut self) -> Option<i64> {
        let n = i64::from(self.ue()?);
        Some(if n % 2 == 0 { -n / 2 } else { (n + 1) / 2 })
    }
}

/// What the usability information says of colours (H.264 E.1.1, H.265 E.2.1, which begin alike); read from its beginning.
pub(super) fn colours(bits: &mut Bits) -> Option<Colours> {
    if bits.flag()? && bits.take(8)? == 255 {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.skip(1)?;
    }
    let mut colours = Colours::default();
    if bits.flag()? {
        bits.skip(3)?;
        colours.full_range = bits.flag()?;
        if bits.flag()? {
            bits.skip(16)?;
            // 2: unspecified.
            colours.matrix = Some(bits.take(8)? as u8).filter(|&matrix| matrix != 2);
        }
    }
    Some(colours)
}

/// What stands before each unit.
pub(super) const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Puts a unit behind a start code.
pub(super) fn put(out: &mut Vec<u8>, unit: &[u8]) {
    out.extend(START_CODE);
    out.extend(unit);
}

/// Pictures follow each other by Picture Order Count: its upper bits are counted here (H.264 8.2.1.1, H.265 8.3.1).
#[derive(Debug, Default)]
pub(super) struct Order {
    high: i64,
    low: i64,
}

impl Order {
    /// The count of a picture with these lower bits, of `bits`. One that begins a sequence counts from `low`; a reference is counted on from.
    pub(super) fn count(&mut self, low: u32, bits: u32, begins: bool, reference: bool) -> i64 {
        let (low, all) = (i64::from(low), 1_i64 << bits);
        let high = if begins {
            0
        } else if low < self.low && self.low - low >= all / 2 {
            self.high.saturating_add(all)
        } else if low > self.low && low - self.low > all / 2 {
            self.high.saturating_sub(all)
        } else {
            self.high
        };
        if reference {
            (self.high, self.low) = (high, low);
        }
        high.saturating_add(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_between_start_codes() {
        let bytes = [9, 0, 0, 0, 1, 7, 8, 0, 0, 1, 5, 0, 0, 0, 0, 0, 1, 6];
        let found: Vec<_> = units(&bytes).map(|u| (u.start, u.body)).collect();
        assert_eq!(found, [(1, 5..7), (7, 10..11), (13, 17..18)]);
        assert_eq!(units(&[0, 0]).count(), 0);
        assert_eq!(units(&[0, 0, 1]).next().unwrap().body, 3..3);
    }

    #[test]
    fn bits_skip_what_prevents_start_codes() {
        // ue: 1 | 010 | 011 | 00100, then se of 5: 3.
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0011, 0], 0);
        assert_eq!(
            (bits.ue(), bits.ue(), bits.ue(), bits.ue()),
            (Some(0), Some(1), Some(2), Some(3))
        );
        let mut bits = Bits::new(&[0xFF, 0, 0, 3, 1, 0, 0, 3], 1);
        assert_eq!(bits.take(24), Some(1));
        assert_eq!(bits.take(16), Some(0));
        assert_eq!(bits.take(1), None);
        let mut bits = Bits::new(&[0b0011_0001, 0b0000_0000], 0);
        assert_eq!((bits.se(), bits.se(), bits.se()), (Some(3), Some(2), None));
        assert_eq!(Bits::new(&[0; 9], 0).ue(), None);
    }

    #[test]
    fn counts_run_over_their_lower_bits() {
        let mut order = Order::default();
        assert_eq!(order.count(0, 4, true, true), 0);
        assert_eq!(order.count(8, 4, false, true), 8);
        assert_eq!(order.count(4, 4, false, false), 4);
        assert_eq!(order.count(0, 4, false, true), 16);
        assert_eq!(order.count(14, 4, false, false), 14);
        assert_eq!(order.count(2, 4, false, true), 18);
    }
}
