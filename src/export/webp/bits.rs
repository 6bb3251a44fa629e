//! The boolean entropy coder (RFC 6386, 7.3): each bit with the probability, of 256, that it is 0.

/// Bytes under construction.
#[derive(Debug, Default)]
pub(super) struct Coder {
    out: Vec<u8>,
    low: u64,
    range: u32,
    /// Bits of `low` that have not become bytes; 8 more than are settled.
    pending: u32,
}

impl Coder {
    pub(super) fn new() -> Self {
        Self {
            out: vec![],
            low: 0,
            range: 255,
            pending: 0,
        }
    }

    /// One bit.
    pub(super) fn put(&mut self, bit: bool, probability: u8) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.low <<= shift;
        self.pending += shift;
        // The low eight bits belong to the range; what is above them and full bytes goes out, with a carry into what went before.
        while self.pending >= 8 {
            self.pending -= 8;
            let byte = self.low >> (self.pending + 8);
            self.low &= (1 << (self.pending + 8)) - 1;
            if byte > 0xFF {
                self.carry();
            }
            self.out.push(byte as u8);
        }
    }

    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    /// The low `bits` bits of a number, the highest first, each as likely as not.
    pub(super) fn literal(&mut self, number: u32, bits: u32) {
        for at in (0..bits).rev() {
            self.put(number >> at & 1 == 1, 128);
        }
    }

    /// The bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.literal(0, 32);
        self.out
    }
}
