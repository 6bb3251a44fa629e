//! The bit streams of HT blocks (T.814 7.1): stuffed bits are taken out ahead, so that the decoder can load 64 bits at any place.

/// Bits of one stream, least significant first.
#[derive(Debug)]
pub(super) struct Unstuffed {
    bytes: Vec<u8>,
    /// Bytes before the fill.
    length: usize,
}

/// Bytes of fill after the data: one load.
const FILL: usize = 8;

impl Unstuffed {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            length: 0,
        }
    }

    /// 64 bits from byte `bit` / 8 on, moved so that bit `bit` is lowest: at least 57 are valid. Beyond the end comes the fill.
    #[inline(always)]
    pub(super) fn load(&self, bit: usize) -> u64 {
        let at = (bit >> 3).min(self.length);
        match self.bytes.get(at..).and_then(|b| b.first_chunk::<8>()) {
            Some(&eight) => u64::from_le_bytes(eight) >> (bit & 7),
            None => 0,
        }
    }

    fn finish(&mut self, held: u64, count: u32, fill: u8) {
        // The last byte is filled up.
        if count > 0 {
            let rest = u64::from(fill) << count;
            self.bytes.push((held | rest) as u8);
        }
        self.length = self.bytes.len();
        self.bytes.extend([fill; FILL]);
    }

    /// Takes a stream that grows forward (MagSgn, significance propagation): after a byte FF the next has seven bits.
    pub(super) fn forward(&mut self, source: &[u8], fill: u8) {
        self.bytes.clear();
        self.bytes.reserve(source.len() + 16);
        let (mut held, mut count) = (0_u64, 0_u32);
        let mut stuffed = false;
        let mut rest = source;
        while !rest.is_empty() {
            if let (false, Some(&four)) = (stuffed, rest.first_chunk::<4>()) {
                let word = u32::from_le_bytes(four);
                // No byte is FF: no byte of the complement is zero.
                let zeros = !word;
                if zeros.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                    held |= u64::from(word) << count;
                    self.bytes.extend_from_slice(&(held as u32).to_le_bytes());
                    held >>= 32;
                    rest = rest.get(4..).unwrap_or_default();
                    continue;
                }
            }
            let Some((&byte, after)) = rest.split_first() else {
                break;
            };
            rest = after;
            let bits = if stuffed { 7 } else { 8 };
            held |= u64::from(byte & (0xFF >> u32::from(stuffed))) << count;
            count += bits;
            stuffed = byte == 0xFF;
            if count >= 8 {
                self.bytes.push(held as u8);
                held >>= 8;
                count -= 8;
            }
        }
        self.finish(held, count, fill);
    }

    /// Takes a stream that grows backward from the end of `source` (VLC, magnitude refinement): after a byte above 8F, a byte whose
    /// lower seven bits are set has only these. `last` is the byte that was before, `held` and `count` bits that it left.
    pub(super) fn backward(&mut self, source: &[u8], last: u8, held: u32, count: u32) {
        self.bytes.clear();
        self.bytes.reserve(source.len() + 16);
        let (mut held, mut count) = (u64::from(held), count);
        let mut above = last > 0x8F;
        let mut rest = source;
        while let Some((&byte, before)) = rest.split_last() {
            if let Some(&four) = rest.last_chunk::<4>() {
                let word = u32::from_be_bytes(four);
                // No byte has its lower seven bits set.
                let zeros = !word & 0x7F7F_7F7F;
                if zeros.wrapping_sub(0x0101_0101) & !zeros & 0x8080_8080 == 0 {
                    held |= u64::from(word) << count;
                    self.bytes.extend_from_slice(&(held as u32).to_le_bytes());
                    held >>= 32;
                    above = word >> 24 > 0x8F;
                    rest = rest.get(..rest.len() - 4).unwrap_or_default();
                    continue;
                }
            }
            rest = before;
            let stuffed = above && byte & 0x7F == 0x7F;
            held |= u64::from(byte & (0xFF >> u32::from(stuffed))) << count;
            count += 8 - u32::from(stuffed);
            above = byte > 0x8F;
            if count >= 8 {
                self.bytes.push(held as u8);
                held >>= 8;
                count -= 8;
            }
        }
        self.finish(held, count, 0);
    }
}

/// The MEL coder (7.3.3): events, run by run.
#[derive(Debug)]
pub(super) struct Mel<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// Bits from the top.
    held: u64,
    count: u32,
    stuffed: bool,
    state: u8,
    /// Events of 0 to come, and whether an event of 1 follows them.
    zeros: u32,
    one: bool,
}

impl<'a> Mel<'a> {
    /// `source`: MEL and VLC together without the last byte; the one before has its lower half set, as it belongs to VLC.
    pub(super) fn new(source: &'a [u8]) -> Self {
        Self {
            bytes: source.iter(),
            held: 0,
            count: 0,
            stuffed: false,
            state: 0,
            zeros: 0,
            one: false,
        }
    }

    #[inline(always)]
    pub(super) fn event(&mut self) -> bool {
        if self.zeros == 0 && !self.one {
            self.run();
        }
        if self.zeros > 0 {
            self.zeros -= 1;
            return false;
        }
        self.one = false;
        true
    }

    #[inline(never)]
    fn run(&mut self) {
        const EXPONENTS: [u8; 13] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];
        while self.count <= 48 {
            // Beyond the end all bits are set.
            let byte = match self.bytes.next() {
                Some(&b) if self.bytes.len() == 0 => b | 0x0F,
                Some(&b) => b,
                None => 0xFF,
            };
            let bits = if self.stuffed { 7 } else { 8 };
            let byte64 = u64::from(byte & (0xFF >> (8 - bits)));
            self.held |= byte64 << (64 - bits - self.count);
            self.count += bits;
            self.stuffed = byte == 0xFF;
        }
        let exponent = u32::from(EXPONENTS.get(usize::from(self.state)).copied().unwrap_or(0));
        if self.held >> 63 == 1 {
            self.zeros = 1 << exponent;
            self.state = (self.state + 1).min(12);
            self.held <<= 1;
            self.count -= 1;
        } else {
            // The leading 0 goes with them.
            self.zeros = (self.held >> (63 - exponent)) as u32;
            self.one = true;
            self.state = self.state.saturating_sub(1);
            self.held <<= exponent + 1;
            self.count -= exponent + 1;
        }
    }
}
