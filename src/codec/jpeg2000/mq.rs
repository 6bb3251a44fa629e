//! The MQ arithmetic decoder (T.800 Annex C) and the raw bits of the bypass (D.6).
//!
//! The register is 64 bits wide: its upper 16 are compared, as the standard has it, and up to 48 more are read ahead, so that bytes come
//! four at a time. A context is not an index of a state but the state's line itself.

/// The states (table C.2): Qe, next after MPS, next after LPS, whether LPS switches the sense.
const STATES: [(u16, u8, u8, bool); 47] = [
    (0x5601, 1, 1, true),
    (0x3401, 2, 6, false),
    (0x1801, 3, 9, false),
    (0x0AC1, 4, 12, false),
    (0x0521, 5, 29, false),
    (0x0221, 38, 33, false),
    (0x5601, 7, 6, true),
    (0x5401, 8, 14, false),
    (0x4801, 9, 14, false),
    (0x3801, 10, 14, false),
    (0x3001, 11, 17, false),
    (0x2401, 12, 18, false),
    (0x1C01, 13, 20, false),
    (0x1601, 29, 21, false),
    (0x5601, 15, 14, true),
    (0x5401, 16, 14, false),
    (0x5101, 17, 15, false),
    (0x4801, 18, 16, false),
    (0x3801, 19, 17, false),
    (0x3401, 20, 18, false),
    (0x3001, 21, 19, false),
    (0x2801, 22, 19, false),
    (0x2401, 23, 20, false),
    (0x2201, 24, 21, false),
    (0x1C01, 25, 22, false),
    (0x1801, 26, 23, false),
    (0x1601, 27, 24, false),
    (0x1401, 28, 25, false),
    (0x1201, 29, 26, false),
    (0x1101, 30, 27, false),
    (0x0AC1, 31, 28, false),
    (0x09C1, 32, 29, false),
    (0x08A1, 33, 30, false),
    (0x0521, 34, 31, false),
    (0x0441, 35, 32, false),
    (0x02A1, 36, 33, false),
    (0x0221, 37, 34, false),
    (0x0141, 38, 35, false),
    (0x0111, 39, 36, false),
    (0x0085, 40, 37, false),
    (0x0049, 41, 38, false),
    (0x0025, 42, 39, false),
    (0x0015, 43, 40, false),
    (0x0009, 44, 41, false),
    (0x0005, 45, 42, false),
    (0x0001, 45, 43, false),
    (0x5601, 46, 46, false),
];

/// A context: Qe in bits 0 to 15, the more probable symbol in 16, the next lines after MPS and LPS in 17 to 23 and 24 to 30.
pub(super) type Context = u32;

static LINES: [Context; 128] = lines();

const fn lines() -> [Context; 128] {
    let mut lines = [0; 128];
    let mut i = 0;
    while i < 94 {
        let (qe, mps, lps, switches) = STATES[i / 2];
        let sense = i as u32 & 1;
        let after_lps = (lps as u32) << 1 | (sense ^ switches as u32);
        lines[i] = qe as u32 | sense << 16 | ((mps as u32) << 1 | sense) << 17 | after_lps << 24;
        i += 1;
    }
    lines
}

/// The line of a state whose more probable symbol is 0.
pub(super) fn line(state: usize) -> Context {
    LINES.get(2 * state).copied().unwrap_or(0)
}

#[inline(always)]
fn at(index: u32) -> Context {
    LINES[(index & 127) as usize]
}

/// A decoder over one codeword segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mq<'a> {
    /// The segment, two bytes FF after it.
    bytes: &'a [u8],
    /// The last byte taken.
    place: usize,
    /// A and C of the standard in the upper 16 bits.
    a: u64,
    c: u64,
    /// Bits of `c` below those read ahead.
    free: u32,
}

impl<'a> Mq<'a> {
    /// `bytes`: the segment with two bytes FF after it.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let first = u64::from(bytes.first().copied().unwrap_or(0xFF));
        let (place, c, free) = refill(bytes, 0, first << 55, 55);
        Self {
            bytes,
            place,
            a: 0x8000 << 48,
            c,
            free,
        }
    }

    /// Nothing is left but the FF after the segment.
    pub(super) fn is_exhausted(&self) -> bool {
        self.place + 3 >= self.bytes.len()
    }

    /// The next decision.
    #[inline(always)]
    pub(super) fn bit(&mut self, context: &mut Context) -> u32 {
        let line = *context;
        let mps = line >> 16 & 1;
        // Qe in the upper 16 bits: the rest of the line is shifted out.
        let qe = u64::from(line) << 48;
        self.a = self.a.wrapping_sub(qe);
        let lps = if self.c < qe {
            let lps = self.a >= qe;
            self.a = qe;
            lps
        } else {
            self.c -= qe;
            if self.a >> 63 != 0 {
                return mps;
            }
            self.a < qe
        };
        *context = at(line >> if lps { 24 } else { 17 });
        let shift = self.a.leading_zeros();
        self.a <<= shift;
        self.c <<= shift;
        self.free += shift;
        if self.free > 33 {
            (self.place, self.c, self.free) = refill(self.bytes, self.place, self.c, self.free);
        }
        mps ^ u32::from(lps)
    }
}

/// Takes four bytes. After FF a byte above 8F is a marker: it stays, and FF is read in its place; another has seven bits of its own.
#[inline(never)]
fn refill(bytes: &[u8], mut place: usize, mut c: u64, mut free: u32) -> (usize, u64, u32) {
    if let Some(five) = bytes.get(place..).and_then(|b| b.first_chunk::<5>()) {
        let word = u32::from_be_bytes([five[1], five[2], five[3], five[4]]);
        if five.iter().all(|&b| b != 0xFF) {
            return (place + 4, c + (u64::from(word) << (free - 32)), free - 32);
        }
    }
    for _ in 0..4 {
        let last = bytes.get(place).copied().unwrap_or(0xFF);
        let next = bytes.get(place + 1).copied().unwrap_or(0xFF);
        if last != 0xFF {
            place += 1;
            free -= 8;
            c = c.wrapping_add(u64::from(next) << free);
        } else if next > 0x8F {
            free -= 8;
            c = c.wrapping_add(0xFF << free);
        } else {
            place += 1;
            free -= 7;
            c = c.wrapping_add(u64::from(next) << free);
        }
    }
    (place, c, free)
}

/// Bits of a raw segment: from the top of each byte, seven after FF; beyond the end all are set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    bytes: &'a [u8],
    place: usize,
    held: u8,
    left: u32,
}

impl<'a> Raw<'a> {
    /// `bytes`: the segment with two bytes FF after it.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            place: 0,
            held: 0,
            left: 0,
        }
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.place + 2 >= self.bytes.len()
    }

    #[inline]
    pub(super) fn bit(&mut self) -> u32 {
        if self.left == 0 {
            self.left = if self.held == 0xFF { 7 } else { 8 };
            self.held = self.bytes.get(self.place).copied().unwrap_or(0xFF);
            self.place += 1;
        }
        self.left -= 1;
        u32::from(self.held >> self.left & 1)
    }
}
