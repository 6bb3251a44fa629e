//! Convolution in int8 with exact int32 sums: ONNX QLinearConv, or the same with a float32 end.
//!
//! Lines lie in the scratch as int16 less the zero point, so that padding is 0 and no correction is needed; two neighbouring values at a time
//! are multiplied and summed by one instruction. Weights less their zero points are held as int8, or as int16 where they need it.
//! The two tiles are those of the float32 convolution.

mod channels;
mod depthwise;
mod form;
mod output;
mod place_pairs;
mod places;
mod winograd;

use std::ops::Range;

use crate::model::kernels::activation::Activation;
use crate::model::kernels::conv_f32::{Lanes, Row};
use crate::model::kernels::lanes::Words;
use crate::model::kernels::quant::{Limits, Quant, Scales, multiplier};
use crate::model::kernels::ring::{Line, Ring, Walk};
use crate::model::kernels::window::{Block, Channels, Window, volume};
use form::{Form, pack, runs};
use output::{Output, Sink};

/// Quantised weights.
#[derive(Debug, Clone, Copy)]
pub enum Weights8<'a> {
    /// uint8.
    Unsigned(&'a [u8]),
    /// int8.
    Signed(&'a [i8]),
}

impl Weights8<'_> {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Unsigned(w) => w.len(),
            Self::Signed(w) => w.len(),
        }
    }

    /// The value at `at`.
    pub(crate) fn get(&self, at: usize) -> Option<i32> {
        match self {
            Self::Unsigned(w) => w.get(at).copied().map(i32::from),
            Self::Signed(w) => w.get(at).copied().map(i32::from),
        }
    }
}

/// What becomes of the sums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End8 {
    /// Bytes. Relu and Clip are folded into the zero point and the range by whoever quantises, as ONNX has it.
    Bytes(Quant),
    /// float32: sum × x_scale × w_scale, then the activation.
    Floats(Activation),
}

/// Where results go: of the kind that the end gives.
#[derive(Debug)]
pub enum Output8<'a> {
    /// For [`End8::Bytes`].
    Bytes(&'a mut [u8]),
    /// For [`End8::Floats`].
    Floats(&'a mut [f32]),
}

impl Output8<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(v) => v.len(),
            Self::Floats(v) => v.len(),
        }
    }
}

/// A quantised convolution with its weights laid out.
#[derive(Debug, Clone)]
pub struct ConvQ8 {
    window: Window,
    channels: Channels,
    input: Quant,
    ending: Ending,
    lanes: Lanes,
    blocks: Vec<Packed>,
}

/// The end with what follows from it.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Bytes(Limits),
    Floats(Activation),
}

/// A block's weights: tap, pair of values, then the block's output channels side by side (eight, or as many as there are).
#[derive(Debug, Clone)]
struct Packed {
    block: Block,
    weights: Held,
    bias: [i32; 8],
    by: [f64; 8],
}

#[derive(Debug, Clone)]
enum Held {
    Bytes(Vec<i8>),
    Words(Vec<i16>),
}

/// A form of weights.
trait Weight: Copy {
    fn words(v: &[Self; 8]) -> Words;
}

impl Weight for i8 {
    #[inline]
    fn words(v: &[Self; 8]) -> Words {
        Words::widened(v)
    }
}

impl Weight for i16 {
    #[inline]
    fn words(v: &[Self; 8]) -> Words {
        Words::load(v)
    }
}

/// Places of a 1×1 convolution that are computed together: their input stays in the first cache for usual channel numbers.
const POINTS: usize = 48;

impl ConvQ8 {
    /// `weights`: output channel, input channel of the group, kernel D, H, W, as ONNX has them. `bias`: in units of x_scale · w_scale, one
    /// for each output channel, or empty. `None` where a length, scale or zero point is wrong.
    pub fn new(
        window: Window,
        channels: Channels,
        input: Quant,
        weights: Weights8<'_>,
        scales: Scales<'_>,
        bias: &[i32],
        end: End8,
    ) -> Option<Self> {
        let lanes = match Lanes::best(&window, &channels) {
            // In whole numbers pairs of rows pay up to a larger dilation than in floats: laying them out takes half the room.
            Lanes::Places
                if Lanes::PlacePairs.serves(&window, &channels) && window.dilation[1] < 16 =>
            {
                Lanes::PlacePairs
            }
            lanes => lanes,
        };
        let make =
            |lanes| Self::with_lanes(window, channels, input, weights, scales, bias, end, lanes);
        // Sums that Winograd's filtering cannot hold.
        let other = match lanes {
            Lanes::PlacePairs => Lanes::Places,
            _ => Lanes::Channels,
        };
        make(lanes).or_else(|| make(other))
    }

    /// As [`Self::new`], with the form of the tile given.
    #[expect(clippy::too_many_arguments, reason = "those of QLinearConv")]
    pub fn with_lanes(
        window: Window,
        channels: Channels,
        input: Quant,
        weights: Weights8<'_>,
        scales: Scales<'_>,
        bias: &[i32],
        end: End8,
        lanes: Lanes,
    ) -> Option<Self> {
        let outputs = channels.outputs;
        let each = window.taps().checked_mul(channels.inputs_each())?;
        if weights.len() != each.checked_mul(outputs)?
            || !(bias.is_empty() || bias.len() == outputs)
            || !lanes.serves(&window, &channels)
        {
            return None;
        }
        let mut wide = false;
        let mut packed = |block: Block| {
            let side = match lanes {
                Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => 8,
                Lanes::Places | Lanes::PlacePairs => block.count,
            };
            let (mut own, mut by) = ([0; 8], [0.0; 8]);
            let mut zeros = vec![];
            for ((o, own), by) in (block.output..block.output + block.count)
                .zip(&mut own)
                .zip(&mut by)
            {
                let (scale, zero) = scales.of(o, outputs)?;
                // Other zero points than those of bytes could leave int16, and what int32 holds.
                if !(-128..256).contains(&zero) {
                    return None;
                }
                zeros.push(zero);
                *own = bias.get(o).copied().unwrap_or_default();
                *by = match end {
                    End8::Bytes(y) => multiplier(input.scale, scale, y.scale)?,
                    End8::Floats(_) => multiplier(input.scale, scale, 1.0)?,
                };
                // No sum is beyond int32.
                wide |= *by * f64::from(u32::MAX >> 1) > 1e9;
                // This form sums twice the value, which a power of two takes back without rounding.
                if lanes == Lanes::PlacePairs {
                    *by *= 0.5;
                }
            }
            let [count, length, _] = match lanes {
                Lanes::Channels | Lanes::Winograd => runs(&window, &channels),
                Lanes::Places | Lanes::PlacePairs => [window.kernel[2], channels.inputs_each(), 0],
                Lanes::Depthwise => [1, window.kernel[2], 0],
            };
            let get = |o: usize, at: usize| {
                let value = weights.get((block.output + o) * each + at)?;
                i16::try_from(value - zeros.get(o)?).ok()
            };
            let inputs = channels.inputs_each();
            let words = match lanes {
                Lanes::Winograd => winograd::pack(&block, window.kernel[0], inputs, &own, get)?,
                Lanes::PlacePairs => place_pairs::pack(&block, &window, inputs, &own, get)?,
                Lanes::Channels | Lanes::Places | Lanes::Depthwise => {
                    pack([count, length], &window, inputs, &block, side, get)?
                }
            };
            // The other forms have so few weights that widening them each time would save nothing.
            let bytes: Option<Vec<i8>> = match lanes {
                Lanes::Channels => words.iter().map(|&w| i8::try_from(w).ok()).collect(),
                Lanes::Places | Lanes::PlacePairs | Lanes::Depthwise | Lanes::Winograd => None,
            };
            Some(Packed {
                block,
                weights: bytes.map_or(Held::Words(words), Held::Bytes),
                bias: own,
                by,
            })
        };
        let blocks = lanes
            .blocks(&channels)
            .into_iter()
            .map(&mut packed)
            .collect::<Option<_>>()?;
        Some(Self {
            window,
            channels,
            input,
            ending: match end {
                End8::Bytes(y) => Ending::Bytes(Limits {
                    wide,
                    ..Limits::new(y)
                }),
                End8::Floats(activation) => Ending::Floats(activation),
            },
            lanes,
            blocks,
        })
    }

    /// Places of the output for an input of `extent`.
    pub fn output(&self, extent: [usize; 3]) -> Option<[usize; 3]> {
        self.window.output(extent)
    }

    /// Computes the output rows `rows` (counted over D and H) of one item of the batch. `input`: D, H, W, C. `output`: these rows, W, C.
    /// `None`, and nothing done, where a length or the kind of the output is wrong.
    pub fn run(
        &self,
        extent: [usize; 3],
        input: &[u8],
        rows: Range<usize>,
        output: Output8<'_>,
    ) -> Option<()> {
        let walk = Walk::new(&self.window, extent, self.together(extent)?)?;
        let [depth, height, width] = walk.output();
        let outputs = self.channels.outputs;
        volume(walk.output(), outputs)?;
        if input.len() != volume(extent, self.channels.inputs)?
            || !walk.fits(2 * self.channels.inputs)
            || rows.start > rows.end
            || rows.end > depth * height
            || output.len() != rows.len() * width * outputs
        {
            return None;
        }
        let mut out = Output {
            sink: match (self.ending, output) {
                (Ending::Bytes(limits), Output8::Bytes(to)) => Sink::Bytes(limits, to),
                (Ending::Floats(activation), Output8::Floats(to)) => Sink::Floats(activation, to),
                _ => return None,
            },
            channels: outputs,
        };
        if self.lanes == Lanes::Winograd {
            return winograd::rows(self, extent, input, &rows, width, out);
        }
        if self.lanes == Lanes::PlacePairs {
            let output = walk.output();
            return place_pairs::rows(self, extent, input, &rows, output, &mut out);
        }
        if self.window.is_point() {
            let from = rows.start * width * self.channels.inputs;
            self.points(input.get(from..)?, rows.len() * width, &mut out);
            return Some(());
        }
        let form = Form::new(self, extent[2], width);
        let mut ring = Ring::new(&walk, form.pitch);
        let pitch = extent[2] * self.channels.inputs;
        let mut wide = vec![0; pitch + 8];
        let (mut lines, mut group_rows) = (vec![], vec![]);
        for group in walk.groups(rows.clone()) {
            lines.clear();
            group_rows.clear();
            for [d, h] in group.each() {
                let start = lines.len();
                ring.lines(&walk, d, h, &mut lines, |row, to| {
                    let from = row * pitch;
                    form.fill(
                        input.get(from..from + pitch).unwrap_or_default(),
                        &mut wide,
                        to,
                    );
                });
                group_rows.push(Row {
                    lines: start..lines.len(),
                    width,
                    to: (d * height + h - rows.start) * width * outputs,
                });
            }
            self.blocks(&form, ring.values(), &lines, &group_rows, &mut out);
        }
        Some(())
    }

    /// A 1×1 convolution: `count` places one after the other.
    fn points(&self, input: &[u8], count: usize, out: &mut Output<'_>) {
        let inputs = self.channels.inputs;
        let form = Form::new(self, POINTS, POINTS);
        let (mut line, mut wide) = (vec![0; form.pitch], vec![0; POINTS * inputs + 8]);
        for start in (0..count).step_by(POINTS) {
            let places = POINTS.min(count - start);
            let from = input.get(start * inputs..(start + places) * inputs);
            form.fill(from.unwrap_or_default(), &mut wide, &mut line);
            let row = Row {
                lines: 0..1,
                width: places,
                to: start * self.channels.outputs,
            };
            self.blocks(&form, &line, &[Line { tap: 0, at: 0 }], &[row], out);
        }
    }

    /// All output channels of some rows.
    fn blocks(
        &self,
        form: &Form,
        base: &[i16],
        lines: &[Line],
        rows: &[Row],
        out: &mut Output<'_>,
    ) {
        if self.lanes == Lanes::Depthwise {
            let blocks = self
                .blocks
                .iter()
                .filter_map(|packed| match &packed.weights {
                    Held::Words(w) => Some((packed, w.as_slice())),
                    Held::Bytes(_) => None,
                });
            for row in rows {
                let lines = lines.get(row.lines.clone()).unwrap_or_default();
                depthwise::row(form, &blocks, base, lines, row, out);
            }
            return;
        }
        for packed in &self.blocks {
            for row in rows {
                let lines = lines.get(row.lines.clone()).unwrap_or_default();
                match (self.lanes, &packed.weights) {
                    (Lanes::Channels, Held::Bytes(w)) => {
                        channels::row(form, packed, w, base, lines, row, out);
                    }
                    (Lanes::Channels, Held::Words(w)) => {
                        channels::row(form, packed, w, base, lines, row, out);
                    }
                    (Lanes::Places, Held::Words(w)) => {
                        places::row(form, packed, w, base, lines, row, out);
                    }
                    // Never made, or done above.
                    (Lanes::Places, Held::Bytes(_))
                    | (Lanes::Depthwise | Lanes::Winograd | Lanes::PlacePairs, _) => {}
                }
            }
        }
    }

    /// Rows to compute together: where a block's weights do not stay in the first cache, enough for some 64 places.
    fn together(&self, extent: [usize; 3]) -> Option<usize> {
        let width = self.output(extent)?[2];
        let bytes = match &self.blocks.first()?.weights {
            Held::Bytes(w) => w.len(),
            Held::Words(w) => w.len() * 2,
        };
        Some(if bytes > 1 << 14 {
            64_usize.div_ceil(width).min(8)
        } else {
            1
        })
    }
}
