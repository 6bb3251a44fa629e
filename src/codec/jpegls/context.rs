//! What the decoder learns of each context: statistics of prediction errors (ITU-T T.87 A.2.1, A.5, A.6, A.7.2).

use super::params::Params;

/// Contexts of the regular mode: 365, in a table whose size is a power of two.
pub(super) const CONTEXTS: usize = 512;

/// One context of the regular mode. What the next decoding of the context needs is worked out when it is updated, off the way from
/// one sample to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Sum of the errors' magnitudes.
    a: i32,
    /// Sum of the errors, less what was corrected.
    b: i32,
    /// Occurrences.
    n: u16,
    /// Correction of the prediction.
    pub(super) c: i8,
    /// Golomb parameter.
    pub(super) k: u8,
    /// -1 where the order of positive and negative errors is swapped (A.5.2), else 0.
    pub(super) swap: i8,
}

/// Smallest k with n · 2^k >= a (A.5.1).
#[inline(always)]
#[expect(clippy::inline_always, reason = "once for each sample")]
fn golomb(a: i32, n: i32) -> u32 {
    let k = n.leading_zeros().saturating_sub(a.leading_zeros());
    k + u32::from(n << (k & 31) < a)
}

fn first_a(params: &Params) -> i32 {
    ((params.range + 32) / 64).max(2)
}

impl Cell {
    pub(super) fn new(params: &Params) -> Self {
        let a = first_a(params);
        Self {
            a,
            b: 0,
            n: 1,
            c: 0,
            k: golomb(a, 1) as u8,
            swap: 0,
        }
    }

    /// Takes in one error (A.6). What happens seldom is left to a function of its own, so that the usual way is short.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "once for each sample")]
    pub(super) fn update<const PLAIN: bool>(&mut self, error: i32, params: &Params) {
        let mut a = self.a.wrapping_add(error.wrapping_abs());
        let step = if PLAIN { 1 } else { params.step() };
        let mut b = self.b.wrapping_add(error.wrapping_mul(step));
        let mut n = i32::from(self.n);
        if n == params.reset {
            (a, b, n) = halve(a, b, n);
        }
        n += 1;
        // Beyond 1 - n to 0.
        if b.wrapping_add(n - 1).cast_unsigned() >= n.cast_unsigned() {
            (b, self.c) = correct(b, n, self.c);
        }
        let k = golomb(a, n);
        self.a = a;
        self.b = b;
        self.n = n as u16;
        self.k = k as u8;
        if PLAIN || params.near == 0 {
            // k == 0 and 2b <= -n, by the sign bits of k - 1 and 2b + n - 1.
            let swap = (2 * b + n - 1) & (k as i32 - 1);
            self.swap = (swap >> 31) as i8;
        }
    }
}

/// Counts lose half their weight.
#[cold]
#[inline(never)]
fn halve(a: i32, b: i32, n: i32) -> (i32, i32, i32) {
    (a >> 1, b >> 1, n >> 1)
}

/// The sum of errors drifted out of its bounds: the correction follows (A.6.2).
#[inline(always)]
#[expect(clippy::inline_always, reason = "once for some samples")]
fn correct(b: i32, n: i32, c: i8) -> (i32, i8) {
    let up = b > 0;
    let (b, c) = if up {
        (b.wrapping_sub(n), i32::from(c) + 1)
    } else {
        (b.wrapping_add(n), i32::from(c) - 1)
    };
    (b.max(1 - n).min(0), c.clamp(-128, 127) as i8)
}

/// One of the two contexts of the sample that ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunCell {
    a: i32,
    n: i32,
    /// Negative errors.
    negative: i32,
    /// 1 where the sample is predicted from the left, 0 where from above.
    kind: i32,
}

impl RunCell {
    pub(super) fn new(params: &Params, kind: i32) -> Self {
        Self {
            a: first_a(params),
            n: 1,
            negative: 0,
            kind,
        }
    }

    /// The Golomb parameter.
    pub(super) fn k(&self) -> u32 {
        golomb(self.a.wrapping_add((self.n >> 1) & -self.kind), self.n)
    }

    /// The error behind the code word's value, taken in (A.7.2.1, A.7.2.2).
    pub(super) fn error(&mut self, mapped: i32, k: u32, params: &Params) -> i32 {
        let twice = mapped.wrapping_add(self.kind);
        let odd = twice & 1;
        let magnitude = twice.wrapping_add(odd) >> 1;
        let usual = k != 0 || 2 * self.negative >= self.n;
        let error = if usual == (odd != 0) {
            magnitude.wrapping_neg()
        } else {
            magnitude
        };
        self.negative += i32::from(error < 0);
        let more = mapped.wrapping_add(1 - self.kind) >> 1;
        self.a = self.a.wrapping_add(more);
        if self.n == params.reset {
            self.a >>= 1;
            self.n >>= 1;
            self.negative >>= 1;
        }
        self.n += 1;
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_parameter_by_its_definition() {
        for n in 1..80 {
            for a in (0..500).chain([4095, 4096, 4097, 1 << 20, i32::MAX]) {
                let k = (0..32).find(|k| i64::from(n) << k >= i64::from(a)).unwrap();
                assert_eq!(golomb(a, n), k, "{a} {n}");
            }
        }
        // Sums of damaged streams may wrap around.
        assert!(golomb(-5, 64) <= 32);
    }
}
