//! What decoding remembers from sample to sample, and the steps that all modes share.

use super::{
    bits::AHEAD,
    codes::Cursor,
    context::{CONTEXTS, Cell, RunCell},
    params::Params,
};

/// Orders of the codes of run lengths (ITU-T T.87 A.2.1, J).
const ORDERS: [u8; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];
/// Fewer zeros than that, the 1 and 16 bits lie within one look.
const QUICK: u32 = AHEAD - 16;

/// All contexts of a scan, begun anew at each restart marker.
#[derive(Debug)]
pub(super) struct State {
    pub(super) params: Params,
    pub(super) cells: Box<[Cell; CONTEXTS]>,
    runs: [RunCell; 2],
    /// Zeros from which a code of the regular mode has no unary part.
    escape: u32,
    quick: u32,
}

impl State {
    pub(super) fn new(params: Params) -> Self {
        let escape = params.limit - params.qbpp - 1;
        Self {
            cells: Box::new([Cell::new(&params); CONTEXTS]),
            runs: [RunCell::new(&params, 0), RunCell::new(&params, 1)],
            escape,
            quick: escape.min(QUICK),
            params,
        }
    }

    /// A sample of the regular mode (A.4 to A.6) with the signed context `q`, predicted as `guess`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "once for each sample")]
    pub(super) fn regular<const PLAIN: bool>(
        &mut self,
        cursor: &mut Cursor<'_>,
        q: i32,
        guess: i32,
    ) -> i32 {
        let params = &self.params;
        let sign = q >> 31;
        let index = ((q ^ sign) - sign) as usize;
        #[expect(clippy::indexing_slicing, reason = "masked")]
        let cell = &mut self.cells[index & (CONTEXTS - 1)];
        let correction = (i32::from(cell.c) ^ sign) - sign;
        let mut px = guess + correction;
        if px.cast_unsigned() > params.maxval.cast_unsigned() {
            px = into_range(px, params.maxval);
        }
        let swap = i32::from(cell.swap);
        let mapped = cursor.golomb(u32::from(cell.k), self.quick, self.escape, params.qbpp);
        let error = (mapped >> 1) ^ -(mapped & 1) ^ swap;
        let signed = (error ^ sign).wrapping_sub(sign);
        cell.update::<PLAIN>(error, params);
        add::<PLAIN>(params, px, signed)
    }

    /// The sample that ends a run (A.7.2), after `left` and below `above`. `kind` 1 predicts from the left.
    pub(super) fn interruption<const PLAIN: bool>(
        &mut self,
        cursor: &mut Cursor<'_>,
        left: i32,
        above: i32,
        kind: usize,
        run_index: usize,
    ) -> i32 {
        let params = &self.params;
        #[expect(clippy::indexing_slicing, reason = "masked")]
        let cell = &mut self.runs[kind & 1];
        let k = cell.k();
        let escape = self.escape - order(run_index) - 1;
        let mapped = cursor.golomb(k, escape.min(QUICK), escape, params.qbpp);
        let error = cell.error(mapped, k, params);
        let (guess, signed) = match kind {
            1 => (left, error),
            _ if above < left => (above, error.wrapping_neg()),
            _ => (above, error),
        };
        add::<PLAIN>(params, guess, signed)
    }
}

/// Seldom needed.
#[cold]
#[inline(never)]
fn into_range(px: i32, maxval: i32) -> i32 {
    px.max(0).min(maxval)
}

/// A prediction and its error: the sample (A.4.5).
#[inline(always)]
#[expect(clippy::inline_always, reason = "once for each sample")]
fn add<const PLAIN: bool>(params: &Params, guess: i32, error: i32) -> i32 {
    if PLAIN {
        return guess.wrapping_add(error) & params.maxval;
    }
    let sample = guess.wrapping_add(error.wrapping_mul(params.step()));
    if sample.cast_unsigned() > params.maxval.cast_unsigned() {
        return wrap(sample, params);
    }
    sample
}

/// A sample beyond 0 to MAXVAL: errors are counted modulo their range, and the quantised error may overshoot.
#[cold]
#[inline(never)]
fn wrap(mut sample: i32, params: &Params) -> i32 {
    let period = params.range * params.step();
    if sample < -params.near {
        sample += period;
    } else if sample > params.maxval + params.near {
        sample -= period;
    }
    sample.max(0).min(params.maxval)
}

/// The prediction from the left, above, and above left: the median of a, b and a + b - c (A.4.1).
#[inline(always)]
#[expect(clippy::inline_always, reason = "once for each sample")]
pub(super) fn median(a: i32, b: i32, c: i32) -> i32 {
    (a + b - c).max(a.min(b)).min(a.max(b))
}

/// The order of the code of a run's length.
pub(super) fn order(run_index: usize) -> u32 {
    #[expect(clippy::indexing_slicing, reason = "masked")]
    u32::from(ORDERS[run_index & 31])
}

/// Sums of the lengths of whole run segments before each run index, and further ones at the last.
const SUMS: [u32; 64] = {
    let mut sums = [0; 64];
    let mut i = 1;
    while i < 64 {
        let last = if i <= 31 { i - 1 } else { 31 };
        sums[i] = sums[i - 1] + (1 << ORDERS[last]);
        i += 1;
    }
    sums
};

/// The number of samples that go on with the run (A.7.1), of at most `most`; `true` when another sample ends it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "once for each run")]
#[expect(clippy::indexing_slicing, reason = "masked")]
pub(super) fn run_length(
    cursor: &mut Cursor<'_>,
    run_index: &mut usize,
    most: usize,
) -> (usize, bool) {
    let ahead = cursor.bits.peek(cursor.at);
    let ones = (!ahead).leading_zeros();
    if ones <= AHEAD - 16 {
        // The ones, a zero and the rest lie within one look.
        let index = (*run_index & 31) + ones as usize;
        let rest = order(index.min(31));
        let tail = (ahead << (ones + 1) >> 1).wrapping_shr(63 - rest) as usize;
        let length = (SUMS[index & 63] - SUMS[*run_index & 31]) as usize + tail;
        if length < most {
            cursor.at += (ones + 1 + rest) as usize;
            *run_index = index.min(31);
            return (length, true);
        }
    }
    let length;
    (length, *run_index, cursor.at, cursor.broken) = long_run(*cursor, *run_index, most);
    (length, length < most)
}

/// Runs up to the end of the line, and long ones.
#[cold]
#[inline(never)]
fn long_run(
    mut cursor: Cursor<'_>,
    mut run_index: usize,
    most: usize,
) -> (usize, usize, usize, bool) {
    let mut length = 0;
    while cursor.take(1) == 1 {
        let whole = 1 << order(run_index);
        if whole > most - length {
            return (most, run_index, cursor.at, cursor.broken);
        }
        length += whole;
        run_index = (run_index + 1).min(31);
        if length == most {
            return (most, run_index, cursor.at, cursor.broken);
        }
    }
    length += cursor.take(order(run_index)) as usize;
    if length >= most {
        return (most, run_index, cursor.at, true);
    }
    (length, run_index, cursor.at, cursor.broken)
}
