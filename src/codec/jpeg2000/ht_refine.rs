//! HT refinement passes (T.814 7.4, 7.5): significance propagation and magnitude refinement of one more bit-plane.

use super::{
    ht_bits::Unstuffed,
    ht_block::{Job, stride},
};

/// Memory of the refinement passes.
#[derive(Debug)]
pub(super) struct Scratch {
    bits: Unstuffed,
    /// One byte a sample with a border: 1 significant after the clean-up pass, 2 since.
    state: Vec<u8>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            bits: Unstuffed::new(),
            state: Vec::new(),
        }
    }
}

/// Significant after the clean-up pass.
const BEFORE: u8 = 1;
/// Significant since.
const NEW: u8 = 2;

/// Refines `out`, as the clean-up pass left it.
pub(super) fn decode(job: &Job<'_>, scratch: &mut Scratch, out: &mut [u32]) -> Option<()> {
    if job.plane == 0 || job.refinement.is_empty() {
        // Nothing lies below the last plane.
        return Some(());
    }
    let (w, h) = (job.width, job.height);
    let border = w + 2;
    scratch.state.clear();
    scratch.state.resize(border * (h + 2), 0);
    for (row, flags) in out
        .chunks(stride(w))
        .take(h)
        .zip(scratch.state.chunks_mut(border).skip(1))
    {
        for (&v, flag) in row.iter().zip(flags.iter_mut().skip(1)).take(w) {
            *flag = u8::from(v != 0);
        }
    }
    propagate(job, scratch, out)?;
    if job.passes > 2 {
        refine(job, scratch, out)?;
    }
    Some(())
}

/// Stripes of four rows, in groups of four columns.
fn propagate(job: &Job<'_>, scratch: &mut Scratch, out: &mut [u32]) -> Option<()> {
    let (w, h) = (job.width, job.height);
    let border = w + 2;
    let Scratch { bits, state } = scratch;
    bits.forward(job.refinement, 0);
    let mut at = 0;
    let mut next = || {
        let bit = (bits.load(at) & 1) as u32;
        at += 1;
        bit
    };
    for y0 in (0..h).step_by(4) {
        for x0 in (0..w).step_by(4) {
            let mut found = [(0_usize, 0_usize); 16];
            let mut count = 0;
            for x in x0..(x0 + 4).min(w) {
                for y in y0..(y0 + 4).min(h) {
                    let centre = (y + 1) * border + x + 1;
                    if *state.get(centre)? != 0 {
                        continue;
                    }
                    let three = |at: usize| {
                        state
                            .get(at - 1..=at + 1)
                            .is_some_and(|s| s.iter().any(|&f| f != 0))
                    };
                    let blind = job.causal && y % 4 == 3;
                    let near =
                        three(centre - border) || three(centre) || !blind && three(centre + border);
                    if near && next() == 1 {
                        *state.get_mut(centre)? = NEW;
                        *found.get_mut(count)? = (x, y);
                        count += 1;
                    }
                }
            }
            for &(x, y) in found.get(..count)? {
                *out.get_mut(y * stride(w) + x)? = next() << 31 | 3 << (job.plane - 1);
            }
        }
    }
    Some(())
}

/// One bit for each sample of the clean-up pass, stripe by stripe, column by column.
fn refine(job: &Job<'_>, scratch: &mut Scratch, out: &mut [u32]) -> Option<()> {
    let (w, h) = (job.width, job.height);
    let Scratch { bits, state } = scratch;
    bits.backward(job.refinement, 0xFF, 0, 0);
    let mut at = 0;
    for y0 in (0..h).step_by(4) {
        for x in 0..w {
            for y in y0..(y0 + 4).min(h) {
                if *state.get((y + 1) * (w + 2) + x + 1)? != BEFORE {
                    continue;
                }
                let bit = (bits.load(at) & 1) as u32;
                at += 1;
                // The middle moves down by one plane.
                let v = out.get_mut(y * stride(w) + x)?;
                *v = *v & !(1 << job.plane) | bit << job.plane | 1 << (job.plane - 1);
            }
        }
    }
    Some(())
}
