//! The float32 convolution by Winograd's filtering: see [`crate::model::kernels::winograd`]. Its sums differ from the direct ones by rounding.

use std::ops::Range;

use super::{ConvF32, Output, Packed, channels};
use crate::model::kernels::ring::Line;
use crate::model::kernels::window::Block;
use crate::model::kernels::winograd::{Eight, Layer, PRODUCTS, run, weight};

/// A block's weights: product, plane of the kernel, input channel, output channel.
pub(super) fn pack(
    weights: &[f32],
    block: &Block,
    planes: usize,
    inputs: usize,
) -> Option<Vec<f32>> {
    let mut laid = vec![0.0; PRODUCTS * planes * inputs * 8];
    for o in 0..block.count {
        for (at, plane) in (0..inputs * planes).zip(
            weights
                .as_chunks::<9>()
                .0
                .get((block.output + o) * inputs * planes..)?,
        ) {
            let (c, a) = (at / planes, at % planes);
            for p in 0..PRODUCTS {
                let to = ((p * planes + a) * inputs + c) * 8 + o;
                *laid.get_mut(to)? =
                    (weight(p, plane, |&w, by| f64::from(w) * f64::from(by)) / 4.0) as f32;
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
    width: usize,
    out: Output<'_>,
) -> Option<()> {
    let inputs = conv.channels.inputs;
    let mut layer = Sums {
        blocks: &conv.blocks,
        input,
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
    input: &'a [f32],
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
    type Value = f32;
    type Sum = [f32; 4];

    fn read(&mut self, row: usize, to: &mut [f32]) {
        if let Some(from) = self.input.get(row * self.pitch..(row + 1) * self.pitch) {
            to.copy_from_slice(from);
        }
    }

    fn multiply(
        &mut self,
        block: usize,
        product: usize,
        base: &[f32],
        lines: &[Line],
        tiles: usize,
        to: &mut [Eight<[f32; 4]>],
    ) {
        let Some(packed) = self.blocks.get(block) else {
            return;
        };
        let each = self.planes * self.inputs * 8;
        let job = channels::Job {
            base,
            lines,
            runs: [1, self.inputs, 0],
            step: self.inputs,
            weights: packed
                .weights
                .get(product * each..(product + 1) * each)
                .unwrap_or_default(),
            line: self.inputs * 8,
            // This product is in all four outputs.
            bias: if product == 5 {
                &packed.bias
            } else {
                &[0.0; 8]
            },
        };
        channels::tiles(&job, tiles, 0, |start, sums| {
            for (to, sums) in to.iter_mut().step_by(PRODUCTS).skip(start).zip(sums) {
                *to = *sums;
            }
        });
    }

    fn store(&mut self, block: usize, row: usize, sums: &mut [Eight<[f32; 4]>]) {
        if let Some(Packed { block, .. }) = self.blocks.get(block) {
            let at = (row - self.start) * self.width * self.out.channels + block.output;
            self.out.tile(at, block.count, sums);
        }
    }
}
