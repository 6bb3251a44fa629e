//! How the lines and the weights of an int8 convolution lie.

use super::{ConvQ8, places};
use crate::model::kernels::conv_f32::Lanes;
use crate::model::kernels::quant::Quant;
use crate::model::kernels::window::{Block, Channels, Window};

/// Pieces of a line that lie side by side for all taps that they cover: number, values of each, offset from one to the next.
pub(super) fn runs(window: &Window, channels: &Channels) -> [usize; 3] {
    let (kernel, each) = (window.kernel[2], channels.inputs_each());
    if window.dilation[2] == 1 && channels.groups == 1 {
        [1, kernel * each, 0]
    } else {
        [kernel, each, window.dilation[2] * channels.inputs]
    }
}

/// How a line lies, for one extent.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) lanes: Lanes,
    pub(super) input: Quant,
    /// Values of a line in the scratch.
    pub(super) pitch: usize,
    /// Input channels of a place.
    pub(super) channels: usize,
    /// Input channels of a group.
    pub(super) each: usize,
    /// Places of padding before.
    pub(super) before: usize,
    /// Stride along W.
    pub(super) stride: usize,
    /// Channels in lanes: see [`runs`].
    pub(super) runs: [usize; 3],
    /// Places in lanes: places of one pair of channels and phase of the stride.
    pub(super) phase: usize,
    /// Places in lanes: for each tap along W and pair of input channels, where its values for the first output place lie.
    pub(super) offsets: Vec<usize>,
}

impl Form {
    /// For lines of `width` places of input and rows of `output` places.
    pub(super) fn new(conv: &ConvQ8, width: usize, output: usize) -> Self {
        let window = &conv.window;
        let (kernel, stride, dilation) = (window.kernel[2], window.stride[2], window.dilation[2]);
        let (channels, each) = (conv.channels.inputs, conv.channels.inputs_each());
        let before = window.pads[2][0];
        let reach = window.reach(2);
        let phase = output.next_multiple_of(8) + (reach - 1) / stride + 1;
        let pairs = each.div_ceil(2);
        let (pitch, offsets) = match conv.lanes {
            Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => {
                let places = ((output - 1) * stride + reach).max(before + width);
                // The last value of an odd number is read with the one that follows, which meets a weight of 0.
                (places * channels + 1, vec![])
            }
            Lanes::Places | Lanes::PlacePairs => {
                let offsets = (0..kernel).map(|k| k * dilation).flat_map(|at| {
                    (0..pairs).map(move |c| ((c * stride + at % stride) * phase + at / stride) * 2)
                });
                (
                    conv.channels.groups * pairs * stride * phase * 2,
                    offsets.collect(),
                )
            }
        };
        Self {
            lanes: conv.lanes,
            input: conv.input,
            pitch,
            channels,
            each,
            before,
            stride,
            runs: runs(window, &conv.channels),
            phase,
            offsets,
        }
    }

    /// Lays a row of the input out. `wide` is room for it as int16 and for eight values more.
    pub(super) fn fill(&self, from: &[u8], wide: &mut [i16], to: &mut [i16]) {
        match self.lanes {
            Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => {
                let to = to
                    .get_mut(self.before * self.channels..)
                    .unwrap_or_default();
                self.input.widen(from, to);
            }
            Lanes::Places | Lanes::PlacePairs => {
                self.input.widen(from, wide);
                places::fill(self, wide.get(..from.len() + 8).unwrap_or_default(), to);
            }
        }
    }
}

/// A block's weights in the order of their use: tap in D and H, run, pair of values, output channel. `get(o, at)`: of the block's output
/// channel `o`, in ONNX's order.
pub(super) fn pack(
    [count, length]: [usize; 2],
    window: &Window,
    each: usize,
    block: &Block,
    side: usize,
    get: impl Fn(usize, usize) -> Option<i16>,
) -> Option<Vec<i16>> {
    let [kd, kh, kw] = window.kernel;
    let pairs = length.div_ceil(2);
    let mut words = vec![0; kd * kh * count * pairs * side * 2];
    for tap in 0..kd * kh {
        for (run, value) in (0..count).flat_map(|run| (0..length).map(move |v| (run, v))) {
            let flat = run * length + value;
            let from = flat % each * window.taps() + tap * kw + flat / each;
            let to = ((tap * count + run) * pairs + value / 2) * side * 2 + value % 2;
            for o in 0..block.count {
                *words.get_mut(to + 2 * o)? = get(o, from)?;
            }
        }
    }
    Some(words)
}
