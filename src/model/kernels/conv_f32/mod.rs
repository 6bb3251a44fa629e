//! Convolution in float32, direct: no matrix of the input is laid out. Bias, residual and activation are applied to a tile's sums.
//!
//! Two tiles share the work. Where the output channels fill vectors, a tile is up to six places × eight output channels, and the input is
//! read as it lies (padded rows in a scratch, or the input itself). Where they do not (MeshNet has 5, 10, 11 …), a tile is eight places
//! × up to six output channels, and the scratch holds the rows planar.

mod channels;
mod depthwise;
mod form;
mod output;
mod place_pairs;
mod places;
mod winograd;

use std::ops::Range;

use crate::model::kernels::activation::Activation;
use crate::model::kernels::ring::{Line, Ring, Walk};
use crate::model::kernels::row_pairs;
use crate::model::kernels::window::{Block, Channels, Window, blocks, volume};
use form::Form;
use output::Output;

/// What lies in the lanes of a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lanes {
    /// Output channels.
    Channels,
    /// Places along W.
    Places,
    /// Channels, of a depthwise convolution.
    Depthwise,
    /// Output channels, by Winograd's filtering: for kernels of 3 × 3 in H and W with stride 1.
    Winograd,
    /// Places along W, by Winograd's filtering of two rows at a time: for kernels of 3 in H with stride 1 in D and H.
    PlacePairs,
}

/// Channels × channels up to which Winograd's filtering is chosen: its weights take 16/9 of the room, in int8 3.6 times the room.
const MOST_WEIGHTS: usize = 1 << 18;

impl Lanes {
    /// The form that wastes least: eight output channels at once leave lanes empty where their number is no multiple of 8.
    pub(crate) fn best(window: &Window, channels: &Channels) -> Self {
        let (inputs, outputs) = (channels.inputs_each(), channels.outputs_each());
        let filled = outputs as f64 / (outputs.div_ceil(8) * 8) as f64;
        if Self::Depthwise.serves(window, channels) {
            Self::Depthwise
        } else if Self::Winograd.serves(window, channels)
            && inputs.min(outputs) >= 16
            && inputs * outputs <= MOST_WEIGHTS
        {
            Self::Winograd
        } else if filled < 0.9 && Self::PlacePairs.serves(window, channels) {
            // With a large dilation many taps lie beyond a small input, which this form does not leave out: of 64 places with dilation 16 it is
            // as fast as the others, of a whole head faster.
            Self::PlacePairs
        } else if filled < 0.9 {
            Self::Places
        } else {
            Self::Channels
        }
    }

    /// Whether this form can be used.
    pub(crate) fn serves(self, window: &Window, channels: &Channels) -> bool {
        match self {
            Self::Channels | Self::Places => true,
            Self::Depthwise => {
                channels.inputs_each() == 1 && channels.outputs_each() == 1 && channels.outputs >= 8
            }
            Self::Winograd => {
                channels.groups == 1 && crate::model::kernels::winograd::serves(window)
            }
            Self::PlacePairs => row_pairs::serves(window),
        }
    }

    /// The blocks of output channels.
    pub(crate) fn blocks(self, channels: &Channels) -> Vec<Block> {
        match self {
            Self::Channels | Self::Winograd => blocks(channels, 8, false),
            Self::Places | Self::PlacePairs => blocks(channels, places::MOST, true),
            // The last block is full too: some of its channels are done twice.
            Self::Depthwise => (0..channels.outputs.div_ceil(8))
                .map(|b| (8 * b).min(channels.outputs - 8))
                .map(|first| Block {
                    input: first,
                    output: first,
                    count: 8,
                })
                .collect(),
        }
    }
}

/// A convolution with its weights laid out.
#[derive(Debug, Clone)]
pub struct ConvF32 {
    window: Window,
    channels: Channels,
    end: Activation,
    lanes: Lanes,
    blocks: Vec<Packed>,
}

/// A block's weights: tap, input channel, then the block's output channels side by side (eight, or as many as there are).
#[derive(Debug, Clone)]
struct Packed {
    block: Block,
    weights: Vec<f32>,
    bias: [f32; 8],
}

/// Places of a 1×1 convolution that are computed together: their input stays in the first cache for usual channel numbers.
const POINTS: usize = 48;

/// Where an output row's input lies and where it goes.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its lines among all.
    pub(crate) lines: Range<usize>,
    /// Places of output.
    pub(crate) width: usize,
    /// Offset in the output of the run.
    pub(crate) to: usize,
}

impl ConvF32 {
    /// `weights`: output channel, input channel of the group, kernel D, H, W, as ONNX has them. `bias`: one for each output channel, or
    /// empty. `None` where a length is wrong.
    pub fn new(
        window: Window,
        channels: Channels,
        weights: &[f32],
        bias: &[f32],
        end: Activation,
    ) -> Option<Self> {
        let lanes = Lanes::best(&window, &channels);
        Self::with_lanes(window, channels, weights, bias, end, lanes)
    }

    /// As [`Self::new`], with the form of the tile given.
    pub fn with_lanes(
        window: Window,
        channels: Channels,
        weights: &[f32],
        bias: &[f32],
        end: Activation,
        lanes: Lanes,
    ) -> Option<Self> {
        let (taps, inputs) = (window.taps(), channels.inputs_each());
        let each = taps.checked_mul(inputs)?;
        if weights.len() != each.checked_mul(channels.outputs)?
            || !(bias.is_empty() || bias.len() == channels.outputs)
            || !lanes.serves(&window, &channels)
        {
            return None;
        }
        let packed = |block: Block| {
            let side = match lanes {
                Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => 8,
                Lanes::Places | Lanes::PlacePairs => block.count,
            };
            let laid = match lanes {
                Lanes::Winograd => winograd::pack(weights, &block, window.kernel[0], inputs)?,
                Lanes::PlacePairs => place_pairs::pack(weights, &block, &window, inputs)?,
                _ => pack(weights, &block, taps, inputs, side)?,
            };
            let mut own = [0.0; 8];
            for (to, from) in own
                .iter_mut()
                .zip(bias.iter().skip(block.output).take(block.count))
            {
                *to = *from;
            }
            Some(Packed {
                block,
                weights: laid,
                bias: own,
            })
        };
        Some(Self {
            window,
            channels,
            end,
            lanes,
            blocks: lanes
                .blocks(&channels)
                .into_iter()
                .map(packed)
                .collect::<Option<_>>()?,
        })
    }

    /// Places of the output for an input of `extent`.
    pub fn output(&self, extent: [usize; 3]) -> Option<[usize; 3]> {
        self.window.output(extent)
    }

    /// Computes the output rows `rows` (counted over D and H) of one item of the batch. `input`: D, H, W, C. `output`: these rows, W, C;
    /// `residual`, of the same form, is added before the activation. `None`, and nothing done, where a length is wrong.
    pub fn run(
        &self,
        extent: [usize; 3],
        input: &[f32],
        residual: Option<&[f32]>,
        rows: Range<usize>,
        output: &mut [f32],
    ) -> Option<()> {
        let walk = Walk::new(&self.window, extent, self.together(extent)?)?;
        let [depth, height, width] = walk.output();
        let outputs = self.channels.outputs;
        volume(walk.output(), outputs)?;
        if input.len() != volume(extent, self.channels.inputs)?
            || !walk.fits(self.channels.inputs)
            || rows.start > rows.end
            || rows.end > depth * height
            || output.len() != rows.len() * width * outputs
            || residual.is_some_and(|r| r.len() != output.len())
        {
            return None;
        }
        let mut out = Output {
            values: output,
            residual,
            channels: outputs,
            end: self.end,
        };
        if self.lanes == Lanes::PlacePairs {
            let output = walk.output();
            return place_pairs::rows(self, extent, input, &rows, output, &mut out);
        }
        if self.lanes == Lanes::Winograd {
            return winograd::rows(self, extent, input, &rows, width, out);
        }
        if self.window.is_point() {
            self.points(
                input.get(rows.start * width * self.channels.inputs..)?,
                rows.len() * width,
                &mut out,
            );
            return Some(());
        }
        let form = Form::new(self, extent[2], width);
        let direct = self.lanes != Lanes::Places && self.window.pads[2] == [0; 2];
        let mut ring = Ring::new(&walk, if direct { 0 } else { form.pitch });
        let pitch = extent[2] * self.channels.inputs;
        let (mut lines, mut group_rows) = (vec![], vec![]);
        for group in walk.groups(rows.clone()) {
            lines.clear();
            group_rows.clear();
            for [d, h] in group.each() {
                let start = lines.len();
                if direct {
                    walk.direct(d, h, pitch, &mut lines);
                } else {
                    ring.lines(&walk, d, h, &mut lines, |row, to| {
                        let from = row * pitch;
                        form.fill(input.get(from..from + pitch).unwrap_or_default(), to);
                    });
                }
                group_rows.push(Row {
                    lines: start..lines.len(),
                    width,
                    to: (d * height + h - rows.start) * width * outputs,
                });
            }
            let base = if direct { input } else { ring.values() };
            self.blocks(&form, base, &lines, &group_rows, &mut out);
        }
        Some(())
    }

    /// A 1×1 convolution: `count` places one after the other.
    fn points(&self, input: &[f32], count: usize, out: &mut Output<'_>) {
        let inputs = self.channels.inputs;
        let form = Form::new(self, POINTS, POINTS);
        let mut planar = vec![
            0.0;
            if self.lanes == Lanes::Places {
                form.pitch
            } else {
                0
            }
        ];
        for start in (0..count).step_by(POINTS) {
            let places = POINTS.min(count - start);
            let from = input
                .get(start * inputs..(start + places) * inputs)
                .unwrap_or_default();
            let row = Row {
                lines: 0..1,
                width: places,
                to: start * self.channels.outputs,
            };
            let base = match self.lanes {
                Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => from,
                Lanes::Places | Lanes::PlacePairs => {
                    form.fill(from, &mut planar);
                    &planar
                }
            };
            self.blocks(&form, base, &[Line { tap: 0, at: 0 }], &[row], out);
        }
    }

    /// All output channels of some rows.
    fn blocks(
        &self,
        form: &Form,
        base: &[f32],
        lines: &[Line],
        rows: &[Row],
        out: &mut Output<'_>,
    ) {
        let own = |row: &Row| lines.get(row.lines.clone()).unwrap_or_default();
        if self.lanes == Lanes::Depthwise {
            for row in rows {
                depthwise::row(form, &self.blocks, base, own(row), row, out);
            }
            return;
        }
        for packed in &self.blocks {
            for row in rows {
                if self.lanes == Lanes::Places {
                    places::row(form, packed, base, own(row), row, out);
                } else {
                    channels::row(form, packed, base, own(row), row, out);
                }
            }
        }
    }

    /// Rows to compute together: where a block's weights do not stay in the first cache, enough for some 64 places.
    fn together(&self, extent: [usize; 3]) -> Option<usize> {
        let width = self.output(extent)?[2];
        let bytes = self.blocks.first()?.weights.len() * size_of::<f32>();
        Some(if bytes > 1 << 14 {
            64_usize.div_ceil(width).min(8)
        } else {
            1
        })
    }
}

/// A block's weights: tap, input channel, then output channels side by side, `side` in all.
fn pack(
    weights: &[f32],
    block: &Block,
    taps: usize,
    inputs: usize,
    side: usize,
) -> Option<Vec<f32>> {
    let each = taps * inputs;
    let mut laid = vec![0.0; each * side];
    for o in 0..block.count {
        let from = weights.get((block.output + o) * each..)?;
        for (at, to) in laid.iter_mut().skip(o).step_by(side).enumerate() {
            *to = *from.get(at % inputs * taps + at / inputs)?;
        }
    }
    Some(laid)
}
