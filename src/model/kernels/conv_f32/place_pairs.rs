//! The tile with places in lanes, by Winograd's filtering F(2, 3) along H: two output rows from four rows that are sums and differences of
//! input rows, so four products for each weight's row, not six. For kernels of 3 along H, of any extent else.
//!
//! For output rows h and h + dilation, from input rows a to d: the rows a − c, b + c, c − b, b − d are each convolved along D and W with
//! their own weights, which gives m₀ to m₃; the outputs are m₀ + m₁ + m₂ and m₁ − m₂ − m₃.

use std::ops::Range;

use super::{ConvF32, Form, Output, Packed, places};
use crate::model::kernels::ring::Line;
use crate::model::kernels::window::{Block, Window, volume};
use crate::model::kernels::winograd::{Four, G, less, pieces, plus};

/// Products of a pair of rows.
const PRODUCTS: usize = 4;
/// Pairs of rows that are computed one after the other, sharing input rows.
const TOGETHER: usize = 4;

/// Whether this form can compute a window.
pub(super) fn serves(window: &Window) -> bool {
    window.kernel[1] == 3 && window.stride[..2] == [1, 1]
}

/// A block's weights: product, tap in D, tap in W, input channel, output channel.
pub(super) fn pack(
    weights: &[f32],
    block: &Block,
    window: &Window,
    inputs: usize,
) -> Option<Vec<f32>> {
    let [kd, kh, kw] = window.kernel;
    let mut laid = Vec::with_capacity(PRODUCTS * kd * kw * inputs * block.count);
    for by in G {
        for (a, e) in (0..kd).flat_map(|a| (0..kw).map(move |e| (a, e))) {
            for (c, o) in (0..inputs).flat_map(|c| (0..block.count).map(move |o| (c, o))) {
                let first = (((block.output + o) * inputs + c) * kd + a) * kh * kw + e;
                let column = weights.get(first..)?.iter().step_by(kw);
                let sum: f64 = column
                    .zip(by)
                    .map(|(w, by)| f64::from(*w) * f64::from(by))
                    .sum();
                laid.push((sum / 2.0) as f32);
            }
        }
    }
    Some(laid)
}

/// The room for one run.
struct Room {
    /// Values of a line.
    line: usize,
    /// Slot of a plane, pair, product.
    combined: Vec<f32>,
    /// What each slot holds: input plane + 1, or 0.
    holds: Vec<usize>,
    /// Input rows laid out, and one of zeros.
    raw: Vec<f32>,
    /// What each holds: input row (D × height + H) + 1, or 0.
    raw_holds: [usize; 4],
}

impl Room {
    /// The four combinations for some pairs of rows of one plane.
    #[expect(
        clippy::too_many_arguments,
        reason = "one step of one loop, apart for reading"
    )]
    fn combine(
        &mut self,
        conv: &ConvF32,
        form: &Form,
        extent: [usize; 3],
        input: &[f32],
        plane: usize,
        slot: usize,
        firsts: impl Iterator<Item = usize>,
    ) {
        let (line, dilation) = (self.line, conv.window.dilation[1]);
        let pitch = extent[2] * conv.channels.inputs;
        for (pair, first) in firsts.enumerate() {
            let mut at = [4; 4];
            for (k, at) in at.iter_mut().enumerate() {
                let place = first + k * dilation;
                let row = place.checked_sub(conv.window.pads[1][0]);
                let Some(row) = row.filter(|&y| y < extent[1]) else {
                    continue;
                };
                *at = place / dilation % 4;
                let row = plane * extent[1] + row;
                let to = self.raw.get_mut(*at * line..(*at + 1) * line);
                if let (Some(held), Some(to)) = (self.raw_holds.get_mut(*at), to)
                    && *held != row + 1
                {
                    let from = input.get(row * pitch..(row + 1) * pitch);
                    form.fill(from.unwrap_or_default(), to);
                    *held = row + 1;
                }
            }
            let raw = &self.raw;
            let [a, b, c, d] = at.map(|at| raw.get(at * line..(at + 1) * line).unwrap_or_default());
            let to = (slot * TOGETHER + pair) * PRODUCTS * line;
            let to = self.combined.get_mut(to..to + PRODUCTS * line);
            for (i, to) in to.unwrap_or_default().chunks_exact_mut(line).enumerate() {
                match i {
                    0 => less(to, a, c),
                    1 => plus(to, b, c),
                    2 => less(to, c, b),
                    _ => less(to, b, d),
                }
            }
        }
    }
}

/// All rows of a run.
pub(super) fn rows(
    conv: &ConvF32,
    extent: [usize; 3],
    input: &[f32],
    rows: &Range<usize>,
    output: [usize; 3],
    out: &mut Output<'_>,
) -> Option<()> {
    let window = &conv.window;
    let form = Form::new(conv, extent[2], output[2]);
    let kernel = window.kernel[0];
    let (height, dilation) = (output[1], window.dilation[1]);
    volume([kernel * TOGETHER * PRODUCTS, 1, form.pitch], 1)?;
    let mut room = Room {
        line: form.pitch,
        combined: vec![0.0; kernel * TOGETHER * PRODUCTS * form.pitch],
        holds: vec![0; kernel],
        raw: vec![0.0; 5 * form.pitch],
        raw_holds: [0; 4],
    };
    let mut lines = Vec::with_capacity(kernel);
    for piece in pieces(rows, height) {
        // Pairs whose input rows coincide come one after the other.
        let starts =
            (0..dilation).flat_map(|r| (r..piece.rows.len()).step_by(2 * dilation * TOGETHER));
        for start in starts {
            let firsts = (piece.rows.start + start..piece.rows.end)
                .step_by(2 * dilation)
                .take(TOGETHER);
            room.holds.fill(0);
            let apart = window.dilation[0];
            for d in (0..apart).flat_map(|r| piece.planes.clone().skip(r).step_by(apart)) {
                lines.clear();
                for a in 0..kernel {
                    let place = d + a * apart;
                    let plane = place.checked_sub(window.pads[0][0]);
                    let Some(plane) = plane.filter(|&z| z < extent[0]) else {
                        continue;
                    };
                    let slot = place / apart % kernel;
                    if room.holds.get(slot) != Some(&(plane + 1)) {
                        room.combine(conv, &form, extent, input, plane, slot, firsts.clone());
                        *room.holds.get_mut(slot)? = plane + 1;
                    }
                    lines.push(Line {
                        tap: a,
                        at: slot * TOGETHER * PRODUCTS * room.line,
                    });
                }
                for (pair, first) in firsts.clone().enumerate() {
                    let base = room.combined.get(pair * PRODUCTS * room.line..)?;
                    let second = first + dilation;
                    let to = [Some(first), (second < piece.rows.end).then_some(second)];
                    let to =
                        to.map(|h| Some((d * height + h? - rows.start) * output[2] * out.channels));
                    for packed in &conv.blocks {
                        two_rows(&form, packed, base, &lines, output[2], to, out);
                    }
                }
            }
        }
    }
    Some(())
}

/// One block of output channels of two output rows.
fn two_rows(
    form: &Form,
    packed: &Packed,
    base: &[f32],
    lines: &[Line],
    width: usize,
    to: [Option<usize>; 2],
    out: &mut Output<'_>,
) {
    let Block {
        input,
        output,
        count,
    } = packed.block;
    let each = packed.weights.len() / PRODUCTS;
    let job = |product: usize| places::Job {
        base: base.get(product * form.pitch..).unwrap_or_default(),
        lines,
        offsets: &form.offsets,
        weights: packed
            .weights
            .get(product * each..(product + 1) * each)
            .unwrap_or_default(),
        line: form.offsets.len() * count,
        // This product is in both outputs.
        bias: if product == 1 {
            &packed.bias
        } else {
            &[0.0; 8]
        },
    };
    let jobs = [job(0), job(1), job(2), job(3)];
    let first = input * form.stride * form.phase;
    let mut sums = [places::Sums::default(); PRODUCTS];
    for t in (0..width).step_by(places::PLACES) {
        for (job, sums) in jobs.iter().zip(&mut sums) {
            places::tile(job, count, first + t, sums);
        }
        let [a, b, c, d] = &mut sums;
        let four = a.iter_mut().zip(b).zip(c.iter().zip(&*d)).take(count);
        for ((a, b), (c, d)) in four {
            for ((a, b), (c, d)) in a.iter_mut().zip(b).zip(c.iter().zip(d)) {
                (*a, *b) = (a.plus(*b).plus(*c), b.minus(*c).minus(*d));
            }
        }
        let places = places::PLACES.min(width - t);
        let [a, b, ..] = &mut sums;
        for (to, sums) in to.into_iter().zip([a, b]) {
            if let Some(to) = to {
                let to = to + t * out.channels + output;
                out.places(to, places, sums.get_mut(..count).unwrap_or_default());
            }
        }
    }
}
