//! The tile with places in lanes, by Winograd's filtering along H: see [`crate::model::kernels::row_pairs`].

use std::ops::Range;

use super::{ConvF32, Form, Output, Packed, places};
use crate::model::kernels::ring::Line;
use crate::model::kernels::row_pairs::{self, PRODUCTS};
use crate::model::kernels::window::{Block, Window};
use crate::model::kernels::winograd::G;

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

/// All rows of a run.
pub(super) fn rows(
    conv: &ConvF32,
    extent: [usize; 3],
    input: &[f32],
    rows: &Range<usize>,
    output: [usize; 3],
    out: &mut Output<'_>,
) -> Option<()> {
    let form = Form::new(conv, extent[2], output[2]);
    let (line, height) = (form.pitch, output[1]);
    let mut layer = Layer {
        conv,
        form,
        input,
        pitch: extent[2] * conv.channels.inputs,
        start: rows.start,
        width: output[2],
        out,
    };
    row_pairs::run(&conv.window, extent, line, rows, height, &mut layer)
}

struct Layer<'a, 'o> {
    conv: &'a ConvF32,
    form: Form,
    input: &'a [f32],
    /// Values of an input row.
    pitch: usize,
    /// First row of the run.
    start: usize,
    width: usize,
    out: &'a mut Output<'o>,
}

impl row_pairs::Layer for Layer<'_, '_> {
    type Value = f32;

    fn fill(&mut self, row: usize, to: &mut [f32]) {
        let from = self.input.get(row * self.pitch..(row + 1) * self.pitch);
        self.form.fill(from.unwrap_or_default(), to);
    }

    fn two_rows(&mut self, base: &[f32], lines: &[Line], to: [Option<usize>; 2]) {
        let each = self.width * self.out.channels;
        let to = to.map(|row| Some((row? - self.start) * each));
        for packed in &self.conv.blocks {
            two_rows(&self.form, packed, base, lines, self.width, to, self.out);
        }
    }
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
        row_pairs::outputs(&mut sums, count);
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
