//! The tile with places in lanes, by Winograd's filtering along H: see [`crate::model::kernels::row_pairs`]. In integers it is exact: inputs
//! less the zero point are within ±255, their sums and differences within ±510; weights within ±255, transformed (times 2) within ±765: both
//! are int16. Sums of products may wrap around in int32, as only the end result must fit: twice the sum of the layer, which is held below
//! 2³¹ when the weights are laid out.

use std::ops::Range;

use super::{ConvQ8, Form, Held, Output, Packed, places};
use crate::model::kernels::ring::Line;
use crate::model::kernels::row_pairs::{self, PRODUCTS};
use crate::model::kernels::window::{Block, Window};
use crate::model::kernels::winograd::G;

/// A block's weights: product, tap in D, tap in W, pair of input channels, output channel, and the two of the pair. `get(o, at)`: of the
/// block's output channel `o`, in ONNX's order. `None` also where a sum could be too large.
pub(super) fn pack(
    block: &Block,
    window: &Window,
    inputs: usize,
    bias: &[i32; 8],
    get: impl Fn(usize, usize) -> Option<i16>,
) -> Option<Vec<i16>> {
    let [kd, kh, kw] = window.kernel;
    let (pairs, count) = (inputs.div_ceil(2), block.count);
    for (o, bias) in (0..count).zip(bias) {
        let mut greatest = i64::from(bias.unsigned_abs());
        for at in 0..inputs * window.taps() {
            greatest += 255 * i64::from(get(o, at)?.unsigned_abs());
        }
        if greatest >= 1 << 30 {
            return None;
        }
    }
    let mut laid = vec![0; PRODUCTS * kd * kw * pairs * count * 2];
    for (p, by) in G.iter().enumerate() {
        for (a, e) in (0..kd).flat_map(|a| (0..kw).map(move |e| (a, e))) {
            for (c, o) in (0..inputs).flat_map(|c| (0..count).map(move |o| (c, o))) {
                let mut sum = 0;
                for (b, by) in by.iter().enumerate() {
                    sum += by * i32::from(get(o, ((c * kd + a) * kh + b) * kw + e)?);
                }
                let to = ((((p * kd + a) * kw + e) * pairs + c / 2) * count + o) * 2 + c % 2;
                *laid.get_mut(to)? = i16::try_from(sum).ok()?;
            }
        }
    }
    Some(laid)
}

/// All rows of a run.
pub(super) fn rows(
    conv: &ConvQ8,
    extent: [usize; 3],
    input: &[u8],
    rows: &Range<usize>,
    output: [usize; 3],
    out: &mut Output<'_>,
) -> Option<()> {
    let form = Form::new(conv, extent[2], output[2]);
    let (line, height) = (form.pitch, output[1]);
    let pitch = extent[2] * conv.channels.inputs;
    let mut layer = Layer {
        conv,
        form,
        input,
        pitch,
        wide: vec![0; pitch + 8],
        start: rows.start,
        width: output[2],
        out,
    };
    row_pairs::run(&conv.window, extent, line, rows, height, &mut layer)
}

struct Layer<'a, 'o> {
    conv: &'a ConvQ8,
    form: Form,
    input: &'a [u8],
    /// Values of an input row.
    pitch: usize,
    /// Room for one as int16, and eight values more.
    wide: Vec<i16>,
    /// First row of the run.
    start: usize,
    width: usize,
    out: &'a mut Output<'o>,
}

impl row_pairs::Layer for Layer<'_, '_> {
    type Value = i16;

    fn fill(&mut self, row: usize, to: &mut [i16]) {
        let from = self.input.get(row * self.pitch..(row + 1) * self.pitch);
        (self.form).fill(from.unwrap_or_default(), &mut self.wide, to);
    }

    fn two_rows(&mut self, base: &[i16], lines: &[Line], to: [Option<usize>; 2]) {
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
    base: &[i16],
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
    let Held::Words(weights) = &packed.weights else {
        return;
    };
    let each = weights.len() / PRODUCTS;
    // This product is in both outputs, twice.
    let twice = packed.bias.map(|b| b.wrapping_mul(2));
    let job = |product: usize| places::Job {
        base: base.get(product * form.pitch..).unwrap_or_default(),
        lines,
        offsets: &form.offsets,
        weights: weights
            .get(product * each..(product + 1) * each)
            .unwrap_or_default(),
        line: form.offsets.len() * count * 2,
        bias: if product == 1 { &twice } else { &[0; 8] },
    };
    let jobs = [job(0), job(1), job(2), job(3)];
    let group = input / form.each;
    let first = group * form.each.div_ceil(2) * form.stride * form.phase * 2;
    let mut sums = [places::Sums::default(); PRODUCTS];
    for t in (0..width).step_by(places::PLACES) {
        for (job, sums) in jobs.iter().zip(&mut sums) {
            places::tile(job, count, first + 2 * t, sums);
        }
        row_pairs::outputs(&mut sums, count);
        let places = places::PLACES.min(width - t);
        let [a, b, ..] = &mut sums;
        for (to, sums) in to.into_iter().zip([a, b]) {
            let Some(to) = to else {
                continue;
            };
            let sums = sums.get(..count).unwrap_or_default();
            let to = to + t * out.channels + output;
            out.places(to, places, sums, &packed.by);
        }
    }
}
