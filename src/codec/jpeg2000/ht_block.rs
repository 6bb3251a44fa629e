//! HT code-blocks (T.814 7): the clean-up pass, quad by quad.

use super::{
    ht_bits::{Mel, Unstuffed},
    ht_refine,
    ht_tables::{CODES_FIRST, CODES_OTHER, RESIDUALS},
};

/// Quads across a block at most, and one each side.
const ROW: usize = 512 + 4;

/// What a decoder of HT blocks keeps from block to block: memory alone.
#[derive(Debug)]
pub(super) struct Scratch {
    magnitudes: Unstuffed,
    codes: Unstuffed,
    refinement: ht_refine::Scratch,
    /// Quads of two rows, and what bounds their exponents.
    above: [u32; ROW],
    below: [u32; ROW],
    exponents: [u32; ROW],
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            magnitudes: Unstuffed::new(),
            codes: Unstuffed::new(),
            refinement: ht_refine::Scratch::new(),
            above: [0; ROW],
            below: [0; ROW],
            exponents: [0; ROW],
        }
    }
}

/// One HT set of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) cleanup: &'a [u8],
    /// The segment of the refinement passes.
    pub(super) refinement: &'a [u8],
    /// 1 to 3.
    pub(super) passes: u32,
    /// The bit-plane at which the clean-up pass ends, 0 for the lowest.
    pub(super) plane: u32,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Significance doesn't spread upward over stripes.
    pub(super) causal: bool,
}

/// Samples in a row of the output: an even number, so that quads are whole.
pub(super) fn stride(width: usize) -> usize {
    width.next_multiple_of(2)
}

/// Decodes into `out`, rows of [`stride`] samples, an even number of rows: sign in bit 31, magnitude × 2 + 1 at the last plane
/// decoded (the middle of what is not known). `None` when the bytes can't be a block's.
pub(super) fn decode(job: &Job<'_>, scratch: &mut Scratch, out: &mut [u32]) -> Option<()> {
    let all = job.cleanup;
    let &[.., low, high] = all else { return None };
    let suffix = usize::from(high) << 4 | usize::from(low & 15);
    if suffix < 2 || suffix > all.len() || suffix > 4079 || job.plane > 29 {
        return None;
    }
    let (magnitudes, rest) = all.split_at(all.len() - suffix);
    let mut mel = Mel::new(rest.get(..suffix - 1)?);
    // More than a block of 32-bit samples can use is not looked at.
    let most = magnitudes.len().min(20_480);
    scratch.magnitudes.forward(magnitudes.get(..most)?, 0xFF);
    let half = u32::from(low >> 4);
    let seven = half & 7 == 7;
    let (held, count) = if seven { (7, 3) } else { (half, 4) };
    scratch
        .codes
        .backward(rest.get(..suffix - 2)?, low | 15, held, count);

    let quads = job.width.div_ceil(2);
    let stride = stride(job.width);
    let (mut above, mut below) = (&mut scratch.above, &mut scratch.below);
    let exponents = scratch.exponents.get_mut(..=quads)?;
    exponents.fill(0);
    let mut code_at = 0;
    let mut magnitude_at = 0;
    for (y, rows) in out
        .chunks_mut(2 * stride)
        .take(job.height.div_ceil(2))
        .enumerate()
    {
        let row = below.get_mut(..quads + 3)?;
        if y == 0 {
            codes_first(&scratch.codes, &mut code_at, &mut mel, row);
        } else {
            codes_other(&scratch.codes, &mut code_at, &mut mel, row, above);
        }
        let (top, bottom) = rows.split_at_mut_checked(stride)?;
        let row = Row {
            bits: &scratch.magnitudes,
            quads: row.get(1..=quads)?,
            plane: job.plane,
        };
        row.magnitudes(&mut magnitude_at, exponents, top, bottom)?;
        std::mem::swap(&mut above, &mut below);
    }
    if job.passes > 1 {
        ht_refine::decode(job, &mut scratch.refinement, out)?;
    }
    Some(())
}

/// Residual of a quad's information: bits 16 and up.
const RESIDUAL: u32 = 16;

/// Both residuals of a pair of quads, by the table's line and the bits after it. Gives the bits used.
#[inline(always)]
fn residuals(mode: u32, bits: u64) -> (u32, u32, u32) {
    let index = (mode << 6 | (bits & 63) as u32) as usize;
    let line = RESIDUALS.get(index).copied().unwrap_or(0);
    let (prefix, first, second) = (line & 7, line >> 3 & 7, line >> 6 & 7);
    let bits = (bits >> prefix) as u32;
    let u0 = (line >> 9 & 15) + (bits & ((1 << first) - 1));
    let u1 = (line >> 13) + (bits >> first & ((1 << second) - 1));
    (u0, u1, prefix + first + second)
}

/// The codes of a block's first row of quads (7.3.5, 7.3.6). `quads` has one place before the first quad and two after the last.
#[inline(never)]
fn codes_first(codes: &Unstuffed, at: &mut usize, mel: &mut Mel<'_>, quads: &mut [u32]) {
    let n = quads.len() - 3;
    let mut context = 0;
    let mut place = *at;
    let one = |context: u32, bits: u64, mel: &mut Mel<'_>| {
        if context == 0 && !mel.event() {
            return 0;
        }
        let index = (context | (bits & 127) as u32) as usize;
        u32::from(CODES_FIRST.get(index).copied().unwrap_or(0))
    };
    let next = |q: u32| (q & 0x10) << 3 | (q & 0xE0) << 2;
    let mut pairs = quads.get_mut(1..).unwrap_or_default().chunks_exact_mut(2);
    for (i, pair) in pairs.by_ref().take(n.div_ceil(2)).enumerate() {
        let mut bits = codes.load(place);
        let q0 = one(context, bits, mel);
        bits >>= q0 & 7;
        context = next(q0);
        let mut q1 = 0;
        if 2 * i + 1 < n {
            q1 = one(context, bits, mel);
        }
        bits >>= q1 & 7;
        context = next(q1);
        let mut mode = q0 >> 3 & 1 | q1 >> 2 & 2;
        if mode == 3 {
            mode = if mel.event() { 4 } else { 5 };
        }
        let (u0, u1, used) = residuals(mode, bits);
        place += ((q0 & 7) + (q1 & 7) + used) as usize;
        if let [a, b] = pair {
            *a = q0 | u0 << RESIDUAL;
            *b = q1 | u1 << RESIDUAL;
        }
    }
    *at = place;
    if let [first, .., a, b] = quads {
        // What lies outside the block has no significance.
        *first = 0;
        *b = 0;
        if n.is_multiple_of(2) {
            *a = 0;
        }
    }
}

/// The codes of the other rows.
#[inline(never)]
fn codes_other(
    codes: &Unstuffed,
    at: &mut usize,
    mel: &mut Mel<'_>,
    quads: &mut [u32],
    above: &[u32; ROW],
) {
    let n = quads.len() - 3;
    let mut place = *at;
    let one = |context: u32, bits: u64, mel: &mut Mel<'_>| {
        if context == 0 && !mel.event() {
            return 0;
        }
        let index = (context | (bits & 127) as u32) as usize;
        u32::from(CODES_OTHER.get(index).copied().unwrap_or(0))
    };
    // Of the quad to the left, and of the three above.
    let left = |q: u32| (q & 0x40) << 2 | (q & 0x80) << 1;
    let upper = |nw: u32, n: u32, ne: u32| nw & 0x80 | (n & 0xA0) << 2 | (ne & 0x20) << 4;
    let mut west = 0;
    let pairs = quads.get_mut(1..).unwrap_or_default().chunks_exact_mut(2);
    let uppers = above.windows(4).step_by(2);
    for (i, (pair, up)) in pairs.zip(uppers).take(n.div_ceil(2)).enumerate() {
        let &[a, b, c, d] = up else { break };
        let mut bits = codes.load(place);
        let q0 = one(west | upper(a, b, c), bits, mel);
        bits >>= q0 & 7;
        let mut q1 = 0;
        if 2 * i + 1 < n {
            q1 = one(left(q0) | upper(b, c, d), bits, mel);
        }
        if q0 | q1 == 0 {
            // Nothing here: no residuals either.
            pair.fill(0);
            west = 0;
            continue;
        }
        bits >>= q1 & 7;
        west = left(q1);
        let mode = q0 >> 3 & 1 | q1 >> 2 & 2;
        let (u0, u1, used) = residuals(mode, bits);
        place += ((q0 & 7) + (q1 & 7) + used) as usize;
        if let [x, y] = pair {
            *x = q0 | u0 << RESIDUAL;
            *y = q1 | u1 << RESIDUAL;
        }
    }
    *at = place;
    if let [first, .., a, b] = quads {
        *first = 0;
        *b = 0;
        if n.is_multiple_of(2) {
            *a = 0;
        }
    }
}

/// A row of quads whose codes are known.
struct Row<'a> {
    bits: &'a Unstuffed,
    quads: &'a [u32],
    plane: u32,
}

impl Row<'_> {
    /// Magnitudes and signs of a row of quads (7.3.8). `exponents`: of the two samples nearest each lower corner of the quads, one more
    /// than there are quads, from the row above, replaced by this row's. `None` where a magnitude would have too many bits.
    #[inline(never)]
    #[expect(
        clippy::indexing_slicing,
        reason = "one more exponent than quads: checked first"
    )]
    fn magnitudes(
        &self,
        at: &mut usize,
        exponents: &mut [u32],
        top: &mut [u32],
        bottom: &mut [u32],
    ) -> Option<()> {
        let n = self.quads.len();
        let exponents = exponents.get_mut(..=n)?;
        let mut place = *at;
        let mut carried = 0;
        let plane = self.plane & 31;
        let most = 30 - plane;
        let samples = top
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(bottom.as_chunks_mut::<2>().0);
        let mut here = exponents[0];
        for (q, (&quad, (top, bottom))) in self.quads.iter().zip(samples).enumerate() {
            let next = exponents[q + 1];
            let rho = quad >> 4 & 15;
            let near = here | next;
            here = next;
            if rho == 0 {
                (*top, *bottom) = ([0; 2], [0; 2]);
                exponents[q] = carried;
                carried = 0;
                continue;
            }
            // κ: more than one significant sample lets the neighbours above bound the exponent.
            let mut bound = 1;
            if rho & (rho - 1) != 0 {
                bound = (near | 2).ilog2();
            }
            let u = (quad >> RESIDUAL) + bound;
            if u > most {
                return None;
            }
            let m = [0, 1, 2, 3].map(|i| {
                let significant = 0_u32.wrapping_sub(quad >> (4 + i) & 1);
                (u - (quad >> (12 + i) & 1)) & significant
            });
            let (m1, m2, m3) = (m[0], m[0] + m[1], m[0] + m[1] + m[2]);
            let words = if u <= 14 {
                let bits = self.bits.load(place);
                [bits, bits >> m1, bits >> m2, bits >> m3]
            } else {
                [0, m1, m2, m3].map(|m| self.bits.load(place + m as usize))
            };
            place += (m3 + m[3]) as usize;
            let of = |i: u32| {
                let (m, word) = (m[i as usize], words[i as usize] as u32);
                let above = 1_u32 << (m & 31);
                // Without significance the table gives no exponent bits, and m is 0.
                let known = 0_u32.wrapping_sub(quad >> (8 + i) & 1) & above;
                let v = word & (above - 1) | known | 1;
                let significant = 0_u32.wrapping_sub(quad >> (4 + i) & 1);
                let value = word << 31 | (v + 2) << plane;
                (v & significant, value & significant)
            };
            let v = [of(0), of(1), of(2), of(3)];
            *top = [v[0].1, v[2].1];
            *bottom = [v[1].1, v[3].1];
            exponents[q] = carried | v[1].0;
            carried = v[3].0;
        }
        exponents[n] = carried;
        *at = place;
        Some(())
    }
}
