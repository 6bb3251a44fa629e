//! Bits of entropy coded segments (T.81 F.2.2.5): most significant first, a zero byte after each FF, ended by any marker.

/// Reads bits up to the next marker. Beyond it zeros are given, and [`Bits::overrun`] tells.
#[derive(Debug, Clone)]
pub(in crate::codec) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Bits not given yet, at the top of the word.
    word: u64,
    /// How many of them there are.
    count: u32,
    /// How many of the bits in `word` were never in the stream; they are the last ones.
    made: u32,
}

impl<'a> Bits<'a> {
    pub(in crate::codec) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            word: 0,
            count: 0,
            made: 0,
        }
    }

    /// At least 32 bits are there after this.
    #[inline]
    pub(in crate::codec) fn fill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(&four) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<4>) {
            let next = u32::from_be_bytes(four);
            // No byte is FF when no byte of the complement is zero.
            let inverse = !next;
            if inverse.wrapping_sub(0x0101_0101) & !inverse & 0x8080_8080 == 0 {
                self.word |= u64::from(next) << (32 - self.count);
                self.count += 32;
                self.at += 4;
                return;
            }
        }
        self.fill_slowly();
    }

    #[cold]
    fn fill_slowly(&mut self) {
        while self.count <= 56 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF) | None, _) => {
                    self.made += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.word |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `n` bits without taking them, 1 to 16; [`Bits::fill`] was called.
    #[inline]
    pub(in crate::codec) fn peek(&self, n: u32) -> u32 {
        (self.word >> (64 - n)) as u32
    }

    /// Takes `n` bits, at most as many as are there.
    #[inline]
    pub(in crate::codec) fn skip(&mut self, n: u32) {
        self.word <<= n;
        self.count = self.count.wrapping_sub(n);
    }

    /// Takes the next `n` bits, 0 to 16.
    #[inline]
    pub(in crate::codec) fn take(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        let value = self.peek(n);
        self.skip(n);
        value
    }

    /// A value of category `n` (T.81 F.2.2.1, EXTEND), `n` 0 to 15.
    #[inline]
    pub(in crate::codec) fn extend(&mut self, n: u32) -> i32 {
        if n == 0 {
            return 0;
        }
        let value = self.take(n).cast_signed();
        if value < 1 << (n - 1) {
            value - (1 << n) + 1
        } else {
            value
        }
    }

    /// One bit, filling where needed.
    #[inline]
    pub(in crate::codec) fn bit(&mut self) -> bool {
        self.fill();
        self.take(1) == 1
    }

    /// Bits were taken that the stream doesn't have.
    #[inline]
    pub(in crate::codec) fn overrun(&self) -> bool {
        self.made > self.count
    }

    /// Where the next marker is looked for: no byte before this belongs to one.
    pub(in crate::codec) fn position(&self) -> usize {
        self.at
    }
}

/// The first marker at or after `from`: where its FF is, and its code. Stuffed and fill bytes are stepped over.
pub(in crate::codec) fn marker(bytes: &[u8], from: usize) -> Option<(usize, u8)> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == 0xFF)?;
        match *bytes.get(at + 1)? {
            0 => at += 2,
            0xFF => at += 1,
            code => return Some((at, code)),
        }
    }
}

/// The bytes of a segment after its length, and where the next begins.
pub(in crate::codec) fn segment(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let &length = bytes.get(at + 2..)?.first_chunk()?;
    let end = at + 2 + usize::from(u16::from_be_bytes(length));
    Some((bytes.get(at + 4..end)?, end))
}
