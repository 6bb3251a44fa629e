//! Golomb codes of limited length (ITU-T T.87 A.5.3).

use super::bits::{AHEAD, Bits};

/// A place in the bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) bits: &'a Bits,
    /// The next bit.
    pub(super) at: usize,
    /// A code was longer than any encoder writes.
    pub(super) broken: bool,
}

impl Cursor<'_> {
    /// True while all that was read was there, and lawful.
    pub(super) fn is_sound(&self) -> bool {
        !self.broken && !self.is_past_end()
    }

    /// True when more was read than there is.
    pub(super) fn is_past_end(&self) -> bool {
        self.at > self.bits.len()
    }

    /// One value: a unary number, then `k` bits; from `escape` zeros on, `qbpp` bits that hold the value less 1. Codes of fewer than
    /// `quick` zeros lie within one load.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "once for each sample")]
    pub(super) fn golomb(&mut self, k: u32, quick: u32, escape: u32, qbpp: u32) -> i32 {
        let ahead = self.bits.peek(self.at);
        let zeros = ahead.leading_zeros();
        if zeros < quick {
            self.at += (zeros + 1 + k) as usize;
            // The 1 that ends the unary number, then the k bits.
            let tail = (ahead << zeros).wrapping_shr(!k);
            let upper = (zeros as i32 - 1).wrapping_shl(k);
            return upper.wrapping_add(tail as i32);
        }
        // By value, so that the usual way keeps its place in a register.
        let value;
        (value, self.at, self.broken) = long(self.bits, self.at, self.broken, k, escape, qbpp);
        value
    }

    /// The next `n` bits, at most 32.
    pub(super) fn take(&mut self, n: u32) -> u32 {
        let ahead = self.bits.peek(self.at);
        self.at += n as usize;
        ((ahead >> 32) >> (32 - n.min(32))) as u32
    }
}

/// Codes that don't lie within one load, and those without a unary part.
#[cold]
#[inline(never)]
fn long(
    bits: &Bits,
    at: usize,
    broken: bool,
    k: u32,
    escape: u32,
    qbpp: u32,
) -> (i32, usize, bool) {
    let mut cursor = Cursor { bits, at, broken };
    // LIMIT is at most 64, so that no unary part is longer than two looks.
    let mut zeros = bits.peek(at).leading_zeros().min(AHEAD);
    if zeros == AHEAD {
        zeros += bits.peek(at + AHEAD as usize).leading_zeros().min(AHEAD);
    }
    cursor.broken |= zeros > escape || k > 25;
    cursor.at += zeros as usize + 1;
    let value = if zeros >= escape {
        cursor.take(qbpp) as i32 + 1
    } else {
        (zeros << (k & 31)).wrapping_add(cursor.take(k)) as i32
    };
    (value, cursor.at, cursor.broken)
}
