//! Bits of packet headers (T.800 B.10.1): from the top of each byte; after a byte FF the next one has seven.

/// Reads a packet's header.
#[derive(Debug)]
pub(super) struct HeaderBits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u8,
    left: u8,
}

impl<'a> HeaderBits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            held: 0,
            left: 0,
        }
    }
    /// The next bit; `None` when the bytes have ended.
    #[inline]
    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.left = if self.held == 0xFF { 7 } else { 8 };
            self.held = *self.bytes.get(self.at)?;
            self.at += 1;
        }
        self.left -= 1;
        Some(self.held >> self.left & 1 != 0)
    }
    /// A number of `n` bits; `None` also when these are more than 32.
    pub(super) fn number(&mut self, n: u32) -> Option<u32> {
        if n > 32 {
            return None;
        }
        let mut v = 0;
        for _ in 0..n {
            v = v << 1 | u32::from(self.bit()?);
        }
        Some(v)
    }
    /// Where the bytes after the header begin: a header that ends with FF is followed by a stuffed byte.
    pub(super) fn end(self) -> usize {
        self.at + usize::from(self.held == 0xFF)
    }
}
