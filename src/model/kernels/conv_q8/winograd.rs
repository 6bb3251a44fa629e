//! The int8 convolution by Winograd's filtering: see [`crate::model::kernels::winograd`]. In integers it is exact: inputs less the zero point are within ±255,
//! transformed within ±1020; weights within ±255, transformed (times 4) within ±2295: both are int16. Sums of products may wrap around in
//! int32, as only the end result must fit: 4 times the sum of the layer, which is held below 2³¹ when the weights are laid out.

use std::ops::Range;

use super::{ConvQ8, Held, Output, Packed, channels};
use crate::model::kernels::quant::Quant;
use crate::model::kernels::ring::Line;
use crate::model::kernels::window::Block;
use crate::model::kernels::winograd::{Eight, Layer, PRODUCTS, run, weight};

/// A block's weights: product, plane of the kernel, pair of input channels, output channel, and the two of the pair. `get(o, at)`: of the
/// block's output channel `o`, in ONNX's order. `None` also where a sum could be too large.
pub(super) fn pack(
    block: &Block,
    planes: usize,
    inputs: usize,
    bias: &[i32; 8],
    get: impl Fn(usize, usize) -> Option<i16>,
) -> Option<Vec<i16>> {
    let pairs = inputs.div_ceil(2);
    let mut laid = vec![0; PRODUCTS * planes * pairs * 16];
    for (o, bias) in (0..block.count).zip(bias) {
        let mut greatest = i64::from(bias.unsigned_abs());
        for at in 0..inputs * planes {
            let (c, a) = (at / planes, at % planes);
            let mut plane = [0; 9];
            for (i, w) in plane.iter_mut().enumerate() {
                *w = get(o, at * 9 + i)?;
                greatest += 255 * i64::from(w.unsigned_abs());
            }
            for p in 0..PRODUCTS {
                let to = (((p * planes + a) * pairs + c / 2) * 8 + o) * 2 + c % 2;
                *laid.get_mut(to)? =
                    weight(p, &plane, |&w, by| f64::from(w) * f64::from(by)) as i16;
            }
        }
        if greatest >= 1 << 29 {
            return None;
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
    width: usize,
    out: Output<'_>,
) -> Option<()> {
    let inputs = conv.channels.inputs;
    let mut layer = Sums {
        blocks: &conv.blocks,
        input,
        quant: conv.input,
        pitch: extent[2] * inputs,
        inputs,
        planes: conv.window.kernel[0],
        start: rows.start,
        width,
        out,
    };
    run(
        &conv.window,
        extent,
        inputs,
        conv.blocks.len(),
        rows,
        &mut layer,
    )
}

struct Sums<'a> {
    blocks: &'a [Packed],
    input: &'a [u8],
    quant: Quant,
    /// Values of an input row.
    pitch: usize,
    inputs: usize,
    planes: usize,
    /// First row of the run.
    start: usize,
    width: usize,
    out: Output<'a>,
}

impl Layer for Sums<'_> {
    type Value = i16;
    type Sum = [i32; 4];

    fn read(&mut self, row: usize, to: &mut [i16]) {
        let from = self.input.get(row * self.pitch..(row + 1) * self.pitch);
        self.quant.widen(from.unwrap_or_default(), to);
    }

    fn multiply(
        &mut self,
        block: usize,
        product: usize,
        base: &[i16],
        lines: &[Line],
        tiles: usize,
        to: &mut [Eight<[i32; 4]>],
    ) {
        let Some(Packed {
            weights: Held::Words(weights),
            bias,
            ..
        }) = self.blocks.get(block)
        else {
            return;
        };
        let line = self.inputs.div_ceil(2) * 16;
        let each = self.planes * line;
        // This product is in all four outputs.
        let bias = if product == 5 {
            bias.map(|b| b * 4)
        } else {
            [0; 8]
        };
        let job = channels::Job {
            base,
            lines,
            runs: [1, self.inputs, 0],
            step: self.inputs,
            weights: weights
                .get(product * each..(product + 1) * each)
                .unwrap_or_default(),
            line,
            bias: &bias,
        };
        channels::tiles(&job, tiles, 0, |start, sums| {
            for (to, sums) in to.iter_mut().step_by(PRODUCTS).skip(start).zip(sums) {
                *to = *sums;
            }
        });
    }

    fn store(&mut self, block: usize, row: usize, sums: &mut [Eight<[i32; 4]>]) {
        if let Some(Packed { block, by, .. }) = self.blocks.get(block) {
            for sum in sums.as_flattened_mut().as_flattened_mut() {
                *sum >>= 2;
            }
            let at = (row - self.start) * self.width * self.out.channels + block.output;
            self.out.tile(at, block.count, sums, by);
        }
    }
}
