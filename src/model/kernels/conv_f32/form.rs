//! How the lines of a float32 convolution lie.

use super::{ConvF32, Lanes, places};

/// How a line lies, for one extent.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) lanes: Lanes,
    /// Values of a line in the scratch.
    pub(super) pitch: usize,
    /// Input channels of a place.
    pub(super) channels: usize,
    /// Places of padding before.
    pub(super) before: usize,
    /// Stride along W.
    pub(super) stride: usize,
    /// Channels in lanes: pieces of a line that lie side by side for all taps that they cover: number, values of each, offset from one to the next.
    pub(super) runs: [usize; 3],
    /// Places in lanes: values of one channel and phase of the stride.
    pub(super) phase: usize,
    /// Places in lanes: for each tap along W and input channel, where its value for the first output place lies.
    pub(super) offsets: Vec<usize>,
}

impl Form {
    /// For lines of `width` places of input and rows of `output` places.
    pub(super) fn new(conv: &ConvF32, width: usize, output: usize) -> Self {
        let window = &conv.window;
        let (kernel, stride, dilation) = (window.kernel[2], window.stride[2], window.dilation[2]);
        let (channels, each) = (conv.channels.inputs, conv.channels.inputs_each());
        let before = window.pads[2][0];
        let reach = window.reach(2);
        let phase = output.next_multiple_of(8) + (reach - 1) / stride + 1;
        let (pitch, offsets) = match conv.lanes {
            Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => {
                let places = ((output - 1) * stride + reach).max(before + width);
                (places * channels, vec![])
            }
            Lanes::Places | Lanes::PlacePairs => {
                let offsets = (0..kernel).map(|k| k * dilation).flat_map(|at| {
                    (0..each).map(move |c| (c * stride + at % stride) * phase + at / stride)
                });
                (channels * stride * phase, offsets.collect())
            }
        };
        let runs = if dilation == 1 && conv.channels.groups == 1 {
            [1, kernel * channels, 0]
        } else {
            [kernel, each, dilation * channels]
        };
        Self {
            lanes: conv.lanes,
            pitch,
            channels,
            before,
            stride,
            runs,
            phase,
            offsets,
        }
    }

    /// Lays a row of the input out.
    pub(super) fn fill(&self, from: &[f32], to: &mut [f32]) {
        match self.lanes {
            Lanes::Channels | Lanes::Depthwise | Lanes::Winograd => {
                let at = self.before * self.channels;
                if let Some(to) = to.get_mut(at..at + from.len()) {
                    to.copy_from_slice(from);
                }
            }
            Lanes::Places | Lanes::PlacePairs => places::fill(self, from, to),
        }
    }
}
