//! Code-blocks of Part 1 (T.800 Annex D): three passes a bit-plane over stripes of four rows.
//!
//! One word says all of a column of four samples that the contexts need (layout at [`SIGMA`]), with a border, so that no edge is special.

use super::{
    block::Segment,
    mq::{self, Context, Mq, Raw},
    mq_tables::{SIGNS, ZEROS},
    settings::style,
};

/// Significance of the column, of its neighbours left and right, and of the rows above and below: bit 3 (row + 1) + (0 left, 1 own,
/// 2 right), row −1 to 4. Of row i the nine bits from 3 i on are its neighbourhood, and [`OWN`] in them is itself.
///
/// The rest is spaced by three as well, so that one shift brings it over its row's significance: [`REFINED`], [`VISITED`] and the signs.
const SIGMA: u32 = 0x3_FFFF;
const OWN: u32 = 0x10;
const NEAR: u32 = 0x1EF;
/// The four rows' own significance.
const OWNS: u32 = 0x2490;
/// Refined before: bit 20 + 3 row.
const REFINED: u32 = 20;
/// Coded in this plane's significance propagation pass: bit 21 + 3 row.
const VISITED: u32 = 21;
/// From a row's [`VISITED`] to its own significance.
const VISITED_TO_OWN: u32 = VISITED - 4;

/// The bit of the sign of row − 1, for rows 0 to 5: of the own column alone.
const fn sign_bit(row: u32) -> u32 {
    if row == 0 { 18 } else { 16 + 3 * row }
}

/// Contexts (table D.1 and following): nine of significance, five of signs, three of refinement, run length, uniform.
const SIGN_CONTEXT: usize = 9;
const REFINE_CONTEXT: usize = 14;
const RUN: usize = 17;
const UNIFORM: usize = 18;

/// More than there are, so that an index can be cut to five bits.
type Contexts = [Context; 32];

fn fresh() -> Contexts {
    let mut contexts = [mq::line(0); 32];
    contexts[0] = mq::line(4);
    contexts[RUN] = mq::line(3);
    contexts[UNIFORM] = mq::line(46);
    contexts
}

/// What a decoder keeps from block to block: memory alone.
#[derive(Debug)]
pub(super) struct Scratch {
    flags: Vec<u32>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { flags: Vec::new() }
    }
}

/// A block to decode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    /// Its segments, two bytes FF after each.
    pub(super) bytes: &'a [u8],
    pub(super) segments: &'a [Segment],
    /// Magnitude bit-planes, without those that are missing.
    pub(super) planes: u32,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Samples in a row of the output.
    pub(super) stride: usize,
    pub(super) style: u8,
    /// The band: 0 LL, 1 HL, 2 LH, 3 HH.
    pub(super) kind: u8,
}

/// Decodes into `out`: sign in bit 31, magnitude × 2 + the middle of what is not known. False when something was missing.
pub(super) fn decode(job: &Job<'_>, scratch: &mut Scratch, out: &mut [u32]) -> bool {
    let border = job.width + 2;
    scratch.flags.clear();
    scratch
        .flags
        .resize(border * (job.height.div_ceil(4) + 2), 0);
    out.fill(0);
    let mut plane = Plane {
        flags: &mut scratch.flags,
        out,
        width: job.width,
        height: job.height,
        stride: job.stride,
        causal: job.style & style::CAUSAL != 0,
        zeros: ZEROS.get(usize::from(job.kind & 3)).unwrap_or(&ZEROS[0]),
        number: 0,
    };
    let mut contexts = fresh();
    let mut pass = 0_u32;
    let mut whole = true;
    for segment in job.segments {
        // With the two bytes after it.
        let bytes = job
            .bytes
            .get(segment.start..segment.end + 2)
            .unwrap_or(&[0xFF; 2]);
        let raw = job.style & style::BYPASS != 0 && pass >= 10 && !pass.is_multiple_of(3);
        let mut bits = Raw::new(bytes);
        let mut mq = Mq::new(bytes);
        for _ in 0..segment.passes {
            // The first pass is a clean-up pass of the highest plane.
            let down = pass.div_ceil(3);
            if down >= job.planes {
                return false;
            }
            if segment.cut
                && if raw {
                    bits.is_exhausted()
                } else {
                    mq.is_exhausted()
                }
            {
                return false;
            }
            plane.number = job.planes - 1 - down;
            match (pass % 3, raw) {
                (0, _) => plane.clean_up(&mut mq, &mut contexts),
                (1, false) => plane.propagate(&mut mq, &mut contexts),
                (_, false) => plane.refine(&mut mq, &mut contexts),
                (1, true) => plane.propagate_raw(&mut bits),
                (_, true) => plane.refine_raw(&mut bits),
            }
            if pass.is_multiple_of(3) && job.style & style::SYMBOLS != 0 {
                let uniform = &mut contexts[UNIFORM];
                let symbol = (0..4).fold(0, |v, _| v << 1 | mq.bit(uniform));
                whole &= symbol == 0b1010;
            }
            if job.style & style::RESET != 0 {
                contexts = fresh();
            }
            pass += 1;
        }
        whole &= !segment.cut;
    }
    whole
}

/// Calls a function of a row for the rows of a stripe.
macro_rules! rows {
    ($rows:expr, $one:ident($($argument:expr),*)) => {
        $one::<0>($($argument),*);
        if $rows > 1 {
            $one::<1>($($argument),*);
        }
        if $rows > 2 {
            $one::<2>($($argument),*);
        }
        if $rows > 3 {
            $one::<3>($($argument),*);
        }
    };
}

/// One bit-plane of a block being decoded.
struct Plane<'a> {
    flags: &'a mut [u32],
    out: &'a mut [u32],
    width: usize,
    height: usize,
    stride: usize,
    causal: bool,
    zeros: &'static [u8; 512],
    /// Which: 0 for the lowest.
    number: u32,
}

/// A stripe: its row of flag words with those above and below, its samples, its height.
struct Stripe<'a> {
    above: &'a mut [u32],
    flags: &'a mut [u32],
    below: &'a mut [u32],
    out: &'a mut [u32],
    rows: u32,
}

impl Plane<'_> {
    /// Calls `column` for each stripe.
    #[inline(always)]
    fn stripes(&mut self, mut stripe: impl FnMut(&mut Stripe<'_>)) {
        let border = self.width + 2;
        let mut flags = &mut *self.flags;
        for (s, out) in self.out.chunks_mut(4 * self.stride).enumerate() {
            let Some(rows) = self.height.checked_sub(4 * s).filter(|&r| r > 0) else {
                break;
            };
            let Some((above, rest)) = flags.split_at_mut_checked(border) else {
                break;
            };
            let Some((own, rest_below)) = rest.split_at_mut_checked(border) else {
                break;
            };
            let Some(below) = rest_below.get_mut(..border) else {
                break;
            };
            stripe(&mut Stripe {
                above,
                flags: own,
                below,
                out,
                rows: rows.min(4) as u32,
            });
            flags = flags.get_mut(border..).unwrap_or_default();
        }
    }

    #[inline(never)]
    fn propagate(&mut self, mq: &mut Mq<'_>, contexts: &mut Contexts) {
        let (width, walk) = (self.width, self.walk());
        let mut mq_here = *mq;
        self.stripes(|s| {
            for x in 0..width {
                let f = s.flags[x + 1];
                // Nothing near, or nothing left.
                if f & SIGMA == 0 || f & OWNS == OWNS {
                    continue;
                }
                let mut at = Column { f, x, walk };
                rows!(s.rows, propagate_one(s, &mut at, &mut mq_here, contexts));
                s.flags[x + 1] = at.f;
            }
        });
        *mq = mq_here;
    }

    #[inline(never)]
    fn refine(&mut self, mq: &mut Mq<'_>, contexts: &mut Contexts) {
        let (width, walk) = (self.width, self.walk());
        let mut mq_here = *mq;
        self.stripes(|s| {
            for x in 0..width {
                let f = s.flags[x + 1];
                if f & !(f >> VISITED_TO_OWN) & OWNS == 0 {
                    continue;
                }
                let mut at = Column { f, x, walk };
                rows!(s.rows, refine_one(s, &mut at, &mut mq_here, contexts));
                s.flags[x + 1] = at.f;
            }
        });
        *mq = mq_here;
    }

    #[inline(never)]
    fn clean_up(&mut self, mq: &mut Mq<'_>, contexts: &mut Contexts) {
        let (width, walk) = (self.width, self.walk());
        let mut mq_here = *mq;
        self.stripes(|s| {
            for x in 0..width {
                let f = s.flags[x + 1];
                let mut at = Column { f, x, walk };
                if f == 0 && s.rows == 4 {
                    // Four samples with nothing about them: a run.
                    if mq_here.bit(&mut contexts[RUN]) == 0 {
                        continue;
                    }
                    let high = mq_here.bit(&mut contexts[UNIFORM]);
                    match high << 1 | mq_here.bit(&mut contexts[UNIFORM]) {
                        0 => {
                            become_one::<0>(s, &mut at, &mut mq_here, contexts);
                            clean_up_one::<1>(s, &mut at, &mut mq_here, contexts);
                            clean_up_one::<2>(s, &mut at, &mut mq_here, contexts);
                            clean_up_one::<3>(s, &mut at, &mut mq_here, contexts);
                        }
                        1 => {
                            become_one::<1>(s, &mut at, &mut mq_here, contexts);
                            clean_up_one::<2>(s, &mut at, &mut mq_here, contexts);
                            clean_up_one::<3>(s, &mut at, &mut mq_here, contexts);
                        }
                        2 => {
                            become_one::<2>(s, &mut at, &mut mq_here, contexts);
                            clean_up_one::<3>(s, &mut at, &mut mq_here, contexts);
                        }
                        _ => become_one::<3>(s, &mut at, &mut mq_here, contexts),
                    }
                } else if (f | f >> VISITED_TO_OWN) & OWNS != OWNS {
                    rows!(s.rows, clean_up_one(s, &mut at, &mut mq_here, contexts));
                }
                s.flags[x + 1] = at.f & !(OWNS << VISITED_TO_OWN);
            }
        });
        *mq = mq_here;
    }

    #[inline(never)]
    fn propagate_raw(&mut self, bits: &mut Raw<'_>) {
        let (width, walk) = (self.width, self.walk());
        self.stripes(|s| {
            for x in 0..width {
                let f = s.flags[x + 1];
                let mut at = Column { f, x, walk };
                rows!(s.rows, propagate_one_raw(s, &mut at, bits));
                s.flags[x + 1] = at.f;
            }
        });
    }

    #[inline(never)]
    fn refine_raw(&mut self, bits: &mut Raw<'_>) {
        let (width, walk) = (self.width, self.walk());
        self.stripes(|s| {
            for x in 0..width {
                let f = s.flags[x + 1];
                let mut at = Column { f, x, walk };
                rows!(s.rows, refine_one_raw(s, &mut at, bits));
                s.flags[x + 1] = at.f;
            }
        });
    }

    fn walk(&self) -> Walk {
        Walk {
            stride: self.stride,
            causal: self.causal,
            zeros: self.zeros,
            plane: self.number & 31,
        }
    }
}

/// What doesn't change within a pass.
#[derive(Clone, Copy)]
struct Walk {
    stride: usize,
    causal: bool,
    zeros: &'static [u8; 512],
    plane: u32,
}

/// The column at which a pass stands, with its word.
struct Column {
    f: u32,
    x: usize,
    walk: Walk,
}

/// Row `I` in a significance propagation pass (D.3.1).
#[inline(always)]
fn propagate_one<const I: u32>(
    s: &mut Stripe<'_>,
    at: &mut Column,
    mq: &mut Mq<'_>,
    c: &mut Contexts,
) {
    let near = at.f >> (3 * I);
    if near & OWN != 0 || near & NEAR == 0 {
        return;
    }
    let context = usize::from(at.walk.zeros[(near & 0x1FF) as usize] & 31);
    if mq.bit(&mut c[context]) != 0 {
        become_one::<I>(s, at, mq, c);
    }
    at.f |= 1 << (VISITED + 3 * I);
}

/// Row `I` in a magnitude refinement pass (D.3.3).
#[inline(always)]
fn refine_one<const I: u32>(
    s: &mut Stripe<'_>,
    at: &mut Column,
    mq: &mut Mq<'_>,
    c: &mut Contexts,
) {
    let near = at.f >> (3 * I);
    if (near & !(near >> VISITED_TO_OWN)) & OWN == 0 {
        return;
    }
    let mut context = REFINE_CONTEXT + usize::from(near & NEAR != 0);
    if at.f >> (REFINED + 3 * I) & 1 != 0 {
        context = REFINE_CONTEXT + 2;
    }
    let bit = mq.bit(&mut c[context]);
    refined::<I>(s, at, bit);
}

/// The bit replaces the middle, which moves down by one plane.
#[inline(always)]
fn refined<const I: u32>(s: &mut Stripe<'_>, at: &mut Column, bit: u32) {
    s.out[I as usize * at.walk.stride + at.x] ^= ((bit ^ 1) << 1 | 1) << at.walk.plane;
    at.f |= 1 << (REFINED + 3 * I);
}

/// Row `I` in a clean-up pass (D.3.4).
#[inline(always)]
fn clean_up_one<const I: u32>(
    s: &mut Stripe<'_>,
    at: &mut Column,
    mq: &mut Mq<'_>,
    c: &mut Contexts,
) {
    let near = at.f >> (3 * I);
    if (near | near >> VISITED_TO_OWN) & OWN != 0 {
        return;
    }
    let context = usize::from(at.walk.zeros[(near & 0x1FF) as usize] & 31);
    if mq.bit(&mut c[context]) != 0 {
        become_one::<I>(s, at, mq, c);
    }
}

#[inline(always)]
fn propagate_one_raw<const I: u32>(s: &mut Stripe<'_>, at: &mut Column, bits: &mut Raw<'_>) {
    let near = at.f >> (3 * I);
    if near & OWN != 0 || near & NEAR == 0 {
        return;
    }
    if bits.bit() != 0 {
        let sign = bits.bit();
        s.significant::<I>(at, sign);
    }
    at.f |= 1 << (VISITED + 3 * I);
}

#[inline(always)]
fn refine_one_raw<const I: u32>(s: &mut Stripe<'_>, at: &mut Column, bits: &mut Raw<'_>) {
    let near = at.f >> (3 * I);
    if (near & !(near >> VISITED_TO_OWN)) & OWN != 0 {
        refined::<I>(s, at, bits.bit());
    }
}

/// Decodes the sign of row `I` (D.3.2) from the signs of the four neighbours, and makes it significant.
#[inline(always)]
fn become_one<const I: u32>(
    s: &mut Stripe<'_>,
    at: &mut Column,
    mq: &mut Mq<'_>,
    c: &mut Contexts,
) {
    let (f, near) = (at.f, at.f >> (3 * I));
    let (left, right) = (s.flags[at.x], s.flags[at.x + 2]);
    // North, west, east, south: significance, then sign.
    let index = near >> 1 & 1
        | near >> 2 & 2
        | near >> 3 & 4
        | near >> 4 & 8
        | (f >> sign_bit(I) & 1) << 4
        | (left >> sign_bit(I + 1) & 1) << 5
        | (right >> sign_bit(I + 1) & 1) << 6
        | (f >> sign_bit(I + 2) & 1) << 7;
    let entry = SIGNS[(index & 255) as usize];
    let context = &mut c[SIGN_CONTEXT + usize::from(entry & 7)];
    let sign = mq.bit(context) ^ u32::from(entry >> 7);
    s.significant::<I>(at, sign);
}

impl Stripe<'_> {
    /// Writes the sample of row `I`, and tells all neighbours that it has become significant.
    #[inline(always)]
    fn significant<const I: u32>(&mut self, at: &mut Column, sign: u32) {
        let x = at.x;
        self.out[I as usize * at.walk.stride + x] = sign << 31 | 3 << at.walk.plane;
        self.flags[x] |= 1 << (3 * I + 5);
        self.flags[x + 2] |= 1 << (3 * I + 3);
        if I == 0 && !at.walk.causal {
            self.above[x] |= 1 << 17;
            self.above[x + 1] |= 1 << 16 | sign << sign_bit(5);
            self.above[x + 2] |= 1 << 15;
        }
        if I == 3 {
            self.below[x] |= 1 << 2;
            self.below[x + 1] |= 1 << 1 | sign << sign_bit(0);
            self.below[x + 2] |= 1;
        }
        at.f |= 1 << (3 * I + 4) | sign << sign_bit(I + 1);
    }
}
