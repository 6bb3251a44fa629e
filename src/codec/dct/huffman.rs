//! Huffman tables (T.81 C, F.2.2.3), by look-up of the next bits.

use super::bits::Bits;

/// Bits of the look-up: most codes are not longer.
const LOOK: u32 = 10;

/// A decoding table.
#[derive(Debug, Clone)]
pub(in crate::codec) struct Table {
    /// By the next [`LOOK`] bits: length of the code << 8 | symbol; 0 where the code is longer or none.
    short: Box<[u16; 1 << LOOK]>,
    /// By the next [`LOOK`] bits, for codes of AC coefficients that fit with the bits of their value: value << 16 | run << 8 | length
    /// of all; 0 else.
    whole: Box<[i32; 1 << LOOK]>,
    /// By length: one more than the largest code of at most this length, left-aligned in 16 bits.
    ends: [u32; 17],
    /// By length: what added to a code of this length gives the index of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// `counts` codes of length 1 to 16, and their symbols. `None` when there are more codes than such lengths can have.
    pub(in crate::codec) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: Box::new([0; 1 << LOOK]),
            whole: Box::new([0; 1 << LOOK]),
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            let place = length as usize;
            *table.offsets.get_mut(place)? = index as i32 - code.cast_signed();
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                let symbol = *symbols.get(index)?;
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    let entries = 1_usize << (LOOK - length);
                    let entry = (length as u16) << 8 | u16::from(symbol);
                    table.short.get_mut(first..first + entries)?.fill(entry);
                }
                code += 1;
                index += 1;
            }
            *table.ends.get_mut(place)? = code << (16 - length);
            code <<= 1;
        }
        for (bits, (whole, &short)) in (0_u32..).zip(table.whole.iter_mut().zip(&*table.short)) {
            let (length, size) = (u32::from(short >> 8), u32::from(short & 15));
            if length == 0 || size == 0 || length + size > LOOK {
                continue;
            }
            let value = (bits >> (LOOK - length - size) & ((1 << size) - 1)).cast_signed();
            let value = if value < 1 << (size - 1) {
                value - (1 << size) + 1
            } else {
                value
            };
            *whole = value << 16 | i32::from(short >> 4 & 15) << 8 | (length + size).cast_signed();
        }
        Some(table)
    }

    /// The next symbol; `None` for bits that are no code. [`Bits::fill`] was called.
    #[inline]
    pub(in crate::codec) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let entry = self
            .short
            .get(bits.peek(LOOK) as usize)
            .copied()
            .unwrap_or(0);
        if entry != 0 {
            bits.skip(u32::from(entry >> 8));
            return Some(entry as u8);
        }
        self.long(bits)
    }

    #[cold]
    fn long(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let next = bits.peek(16);
        for (length, (&end, &offset)) in self.ends.iter().zip(&self.offsets).enumerate().skip(1) {
            if next < end {
                let index = (next >> (16 - length)).cast_signed() + offset;
                let symbol = self.symbols.get(usize::try_from(index).ok()?).copied()?;
                bits.skip(length as u32);
                return Some(symbol);
            }
        }
        None
    }

    /// A run of zeros and the value after it, where both are in the next few bits: (value, run). [`Bits::fill`] was called.
    #[inline]
    pub(in crate::codec) fn whole(&self, bits: &mut Bits<'_>) -> Option<(i32, usize)> {
        let entry = self
            .whole
            .get(bits.peek(LOOK) as usize)
            .copied()
            .unwrap_or(0);
        if entry == 0 {
            return None;
        }
        bits.skip(entry.cast_unsigned() & 0xFF);
        Some((entry >> 16, (entry >> 8 & 0xF) as usize))
    }
}
