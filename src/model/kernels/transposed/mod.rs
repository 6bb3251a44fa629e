//! Transposed convolution, as ordinary convolutions: output places whose taps fall on input places the same way form a phase, and in one
//! phase the layer is a convolution of stride 1 with a part of the taps. Nothing is multiplied by inserted zeros.
//!
//! Where kernel and stride are equal along W and nothing is cut there, all phases of a row are one: its output lies side by side.

#![expect(clippy::indexing_slicing, reason = "axes: 0 to 2 of three")]

mod axis;

use std::ops::Range;

use crate::model::kernels::activation::Activation;
use crate::model::kernels::conv_f32::ConvF32;
use crate::model::kernels::conv_q8::{ConvQ8, End8, Output8, Weights8};
use crate::model::kernels::quant::{Quant, Scales};
use crate::model::kernels::window::{Channels, Window, volume};
use axis::Phase;

/// Kernel, stride, dilation, padding and output padding of a transposed convolution, as ONNX ConvTranspose has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transposition {
    window: Window,
    more: [usize; 3],
}

impl Transposition {
    /// `more`: output places added after the last, each axis (`output_padding`). `None` where they reach a whole stride and dilation.
    pub fn new(window: Window, more: [usize; 3]) -> Option<Self> {
        (0..3)
            .all(|a| more[a] < window.stride[a].max(window.dilation[a]))
            .then_some(Self { window, more })
    }

    /// The extent of the output, or `None` where nothing of it is left.
    pub fn output(&self, input: [usize; 3]) -> Option<[usize; 3]> {
        let mut out = [0; 3];
        for a in 0..3 {
            let before = self.window.stride[a].checked_mul(input[a].checked_sub(1)?)?;
            let whole = before.checked_add(self.window.reach(a) + self.more[a])?;
            let [cut, cut_after] = self.window.pads[a];
            out[a] = whole.checked_sub(cut + cut_after).filter(|&n| n > 0)?;
        }
        Some(out)
    }

    /// Whether the phases along W are one.
    fn merges(&self, channels: &Channels) -> bool {
        let w = &self.window;
        w.kernel[2] == w.stride[2]
            && w.dilation[2] == 1
            && w.pads[2] == [0; 2]
            && self.more[2] == 0
            && channels.groups == 1
    }
}

/// One phase in all axes and its convolution.
#[derive(Debug, Clone)]
struct Part<L> {
    /// First output place.
    first: [usize; 3],
    layer: L,
}

/// The parts of a layer.
#[derive(Debug, Clone)]
struct Parts<L> {
    shape: Transposition,
    channels: Channels,
    /// Whether a part has the whole of a row.
    merged: bool,
    all: Vec<Part<L>>,
}

/// What a phase's convolution is made of.
struct Plan {
    window: Window,
    channels: Channels,
    /// For each weight of the convolution (output channel, input channel, kernel) where it lies in ONNX's order, if it is not 0.
    weights: Vec<Option<usize>>,
}

impl<L> Parts<L> {
    /// `weights`: how many the layer has; `make`: the convolution of a phase.
    fn new(
        shape: Transposition,
        channels: Channels,
        weights: usize,
        mut make: impl FnMut(&Plan) -> Option<L>,
    ) -> Option<Self> {
        let w = &shape.window;
        let each = w.taps().checked_mul(channels.outputs_each())?;
        if weights != each.checked_mul(channels.inputs)? {
            return None;
        }
        let merged = shape.merges(&channels);
        let phases = |a: usize| {
            axis::phases(
                w.kernel[a],
                w.stride[a],
                w.dilation[a],
                w.pads[a],
                shape.more[a],
            )
        };
        let along_w = if merged {
            vec![Phase::point()]
        } else {
            phases(2)?
        };
        let mut all = vec![];
        for (d, h) in phases(0)?
            .iter()
            .flat_map(|d| std::iter::repeat(d).zip(phases(1).into_iter().flatten()))
        {
            for w in &along_w {
                let plan = plan(&shape, channels, merged, [d, &h, w])?;
                all.push(Part {
                    first: [d.first, h.first, w.first],
                    layer: make(&plan)?,
                });
            }
        }
        Some(Self {
            shape,
            channels,
            merged,
            all,
        })
    }

    /// Computes the output rows `rows` into `output`. `of`: the output extent of a part; `run`: some of its rows.
    fn run<T: Copy + Default>(
        &self,
        extent: [usize; 3],
        rows: &Range<usize>,
        output: &mut [T],
        of: impl Fn(&L) -> Option<[usize; 3]>,
        mut run: impl FnMut(&L, Range<usize>, &mut [T]) -> Option<()>,
    ) -> Option<()> {
        let [depth, height, width] = self.shape.output(extent)?;
        let outputs = self.channels.outputs;
        volume([depth, height, width], outputs)?;
        if rows.start > rows.end
            || rows.end > depth * height
            || output.len() != rows.len() * width * outputs
        {
            return None;
        }
        let [stride_d, stride_h, stride_w] = self.shape.window.stride;
        // Rows of a part that are computed at once: enough to read its weights seldom.
        let together = 64_usize.div_ceil(extent[2]).min(8);
        let mut room = vec![];
        for d in rows.start / height..rows.end.div_ceil(height) {
            let from = rows.start.max(d * height) - d * height;
            let to = rows.end.min((d + 1) * height) - d * height;
            for part in &self.all {
                let [first_d, first_h, first_w] = part.first;
                if d < first_d || !(d - first_d).is_multiple_of(stride_d) {
                    continue;
                }
                let side = if self.merged {
                    stride_w * outputs
                } else {
                    outputs
                };
                // Rows first_h + m × stride within from..to.
                let count = |end: usize| end.saturating_sub(first_h).div_ceil(stride_h);
                let mut m = count(from);
                // A phase of which nothing is left may be smaller than its kernel.
                if m >= count(to) || first_w >= width {
                    continue;
                }
                let [_, own_height, own_width] = of(&part.layer)?;
                while m < count(to) {
                    let n = together.min(count(to) - m);
                    let start = (d - first_d) / stride_d * own_height + m;
                    room.resize(n * own_width * side, T::default());
                    run(&part.layer, start..start + n, &mut room)?;
                    for (i, own) in room.chunks_exact(own_width * side).enumerate() {
                        let row = d * height + first_h + (m + i) * stride_h - rows.start;
                        let to =
                            output.get_mut(row * width * outputs..(row + 1) * width * outputs)?;
                        if self.merged {
                            to.copy_from_slice(own.get(..to.len())?);
                        } else {
                            let places = to.chunks_exact_mut(outputs).skip(first_w);
                            for (to, from) in
                                places.step_by(stride_w).zip(own.chunks_exact(outputs))
                            {
                                to.copy_from_slice(from);
                            }
                        }
                    }
                    m += n;
                }
            }
        }
        Some(())
    }
}

/// The convolution of one phase.
fn plan(
    shape: &Transposition,
    channels: Channels,
    merged: bool,
    phase: [&Phase; 3],
) -> Option<Plan> {
    let window = Window::new(
        phase.map(|p| p.taps.len()),
        [1; 3],
        phase.map(|p| p.dilation),
        phase.map(|p| [p.before, p.after]),
    )?;
    let [_, kh, kw] = shape.window.kernel;
    let taps = shape.window.taps();
    let (inputs, outputs) = (channels.inputs_each(), channels.outputs_each());
    // Merged, the output channels of one tap along W follow those of the one before.
    let times = if merged { kw } else { 1 };
    let mut weights = vec![];
    for o in 0..channels.outputs * times {
        let (along, o) = (o / channels.outputs, o % channels.outputs);
        for c in 0..inputs {
            let row = (o / outputs * inputs + c) * outputs + o % outputs;
            for a in &phase[0].taps {
                for b in &phase[1].taps {
                    for e in &phase[2].taps {
                        let e = if merged { Some(along) } else { *e };
                        weights.push(
                            a.zip(*b)
                                .zip(e)
                                .map(|((a, b), e)| row * taps + (a * kh + b) * kw + e),
                        );
                    }
                }
            }
        }
    }
    Some(Plan {
        window,
        channels: Channels::new(
            channels.inputs,
            channels.outputs.checked_mul(times)?,
            channels.groups,
        )?,
        weights,
    })
}

/// Values for each output channel, as often as a plan has them.
fn repeated<T: Copy>(values: &[T], plan: &Plan) -> Vec<T> {
    values
        .iter()
        .copied()
        .cycle()
        .take(if values.is_empty() {
            0
        } else {
            plan.channels.outputs
        })
        .collect()
}

/// A transposed convolution in float32.
#[derive(Debug, Clone)]
pub struct TransposedF32(Parts<ConvF32>);

impl TransposedF32 {
    /// `weights`: input channel, output channel of the group, kernel D, H, W, as ONNX has them. `bias`: one for each output channel, or
    /// empty. `None` where a length is wrong.
    pub fn new(
        shape: Transposition,
        channels: Channels,
        weights: &[f32],
        bias: &[f32],
        end: Activation,
    ) -> Option<Self> {
        if !(bias.is_empty() || bias.len() == channels.outputs) {
            return None;
        }
        Parts::new(shape, channels, weights.len(), |plan| {
            let own: Vec<f32> = plan
                .weights
                .iter()
                .map(|at| {
                    at.and_then(|at| weights.get(at).copied())
                        .unwrap_or_default()
                })
                .collect();
            ConvF32::new(plan.window, plan.channels, &own, &repeated(bias, plan), end)
        })
        .map(Self)
    }

    /// Places of the output for an input of `extent`.
    pub fn output(&self, extent: [usize; 3]) -> Option<[usize; 3]> {
        self.0.shape.output(extent)
    }

    /// As [`ConvF32::run`], without a residual.
    pub fn run(
        &self,
        extent: [usize; 3],
        input: &[f32],
        rows: Range<usize>,
        output: &mut [f32],
    ) -> Option<()> {
        if input.len() != volume(extent, self.0.channels.inputs)? {
            return None;
        }
        let of = |layer: &ConvF32| layer.output(extent);
        self.0.run(extent, &rows, output, of, |layer, rows, to| {
            layer.run(extent, input, None, rows, to)
        })
    }
}

/// A transposed convolution in int8.
#[derive(Debug, Clone)]
pub struct TransposedQ8(Parts<ConvQ8>);

impl TransposedQ8 {
    /// As [`ConvQ8::new`] with the weights of [`TransposedF32::new`]; scales and zero points of the weights are one, or one for each output
    /// channel.
    pub fn new(
        shape: Transposition,
        channels: Channels,
        input: Quant,
        weights: Weights8<'_>,
        scales: Scales<'_>,
        bias: &[i32],
        end: End8,
    ) -> Option<Self> {
        let outputs = channels.outputs;
        if !(bias.is_empty() || bias.len() == outputs) {
            return None;
        }
        let zeros: Vec<i32> = (0..outputs)
            .map(|o| Some(scales.of(o, outputs)?.1))
            .collect::<Option<_>>()?;
        let each: Vec<f32> = (0..outputs)
            .map(|o| Some(scales.of(o, outputs)?.0))
            .collect::<Option<_>>()?;
        let signed = matches!(weights, Weights8::Signed(_));
        Parts::new(shape, channels, weights.len(), |plan| {
            let (scale, zero_point) = (repeated(&each, plan), repeated(&zeros, plan));
            let kernel = plan.window.taps() * plan.channels.inputs_each();
            // A weight that is not there is its channel's zero point.
            let own: Vec<i32> = plan
                .weights
                .iter()
                .enumerate()
                .map(|(i, at)| match at {
                    Some(at) => weights.get(*at),
                    None => zero_point.get(i / kernel).copied(),
                })
                .collect::<Option<_>>()?;
            let scales = Scales {
                scale: &scale,
                zero_point: &zero_point,
            };
            let bias = repeated(bias, plan);
            if signed {
                let own: Vec<i8> = own
                    .iter()
                    .map(|&w| i8::try_from(w).ok())
                    .collect::<Option<_>>()?;
                ConvQ8::new(
                    plan.window,
                    plan.channels,
                    input,
                    Weights8::Signed(&own),
                    scales,
                    &bias,
                    end,
                )
            } else {
                let own: Vec<u8> = own
                    .iter()
                    .map(|&w| u8::try_from(w).ok())
                    .collect::<Option<_>>()?;
                ConvQ8::new(
                    plan.window,
                    plan.channels,
                    input,
                    Weights8::Unsigned(&own),
                    scales,
                    &bias,
                    end,
                )
            }
        })
        .map(Self)
    }

    /// Places of the output for an input of `extent`.
    pub fn output(&self, extent: [usize; 3]) -> Option<[usize; 3]> {
        self.0.shape.output(extent)
    }

    /// As [`ConvQ8::run`].
    pub fn run(
        &self,
        extent: [usize; 3],
        input: &[u8],
        rows: Range<usize>,
        output: Output8<'_>,
    ) -> Option<()> {
        if input.len() != volume(extent, self.0.channels.inputs)? {
            return None;
        }
        let of = |layer: &ConvQ8| layer.output(extent);
        match output {
            Output8::Bytes(to) => self.0.run(extent, &rows, to, of, |layer, rows, to| {
                layer.run(extent, input, rows, Output8::Bytes(to))
            }),
            Output8::Floats(to) => self.0.run(extent, &rows, to, of, |layer, rows, to| {
                layer.run(extent, input, rows, Output8::Floats(to))
            }),
        }
    }
}
