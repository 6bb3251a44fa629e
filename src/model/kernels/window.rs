//! Where a kernel's taps lie: kernel, stride, dilation, padding and groups in three axes, and the extents that follow.
//!
//! Space has rank 3 always, in the order D, H, W; a two-dimensional network has D = 1 and kernel, stride, dilation 1 and padding 0 there.
//! Tensors are channels-last: D, H, W, C, with a batch outside.

#![expect(clippy::indexing_slicing, reason = "axes: 0 to 2 of three")]

/// Values that one tensor may have: its bytes are counted in `isize`, and offsets are doubled at most.
const MOST: usize = (isize::MAX / 16) as usize;

/// The values of a tensor of D, H, W places with `channels` each; `None` where no memory could hold it.
pub fn volume(extent: [usize; 3], channels: usize) -> Option<usize> {
    let [d, h, w] = extent;
    let n = d.checked_mul(h)?.checked_mul(w)?.checked_mul(channels)?;
    (n <= MOST).then_some(n)
}

/// Kernel, stride, dilation and padding in D, H, W.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    pub(crate) kernel: [usize; 3],
    pub(crate) stride: [usize; 3],
    pub(crate) dilation: [usize; 3],
    pub(crate) pads: [[usize; 2]; 3],
}

impl Window {
    /// `pads` are places before and after, each axis. `None` where a kernel, stride or dilation is 0, or where the whole is absurdly large.
    pub fn new(
        kernel: [usize; 3],
        stride: [usize; 3],
        dilation: [usize; 3],
        pads: [[usize; 2]; 3],
    ) -> Option<Self> {
        let all = kernel.iter().chain(&stride).chain(&dilation);
        let fits = |n: usize| n < 1 << 20;
        if !all.clone().all(|&n| n > 0 && fits(n)) || !pads.as_flattened().iter().all(|&n| fits(n))
        {
            return None;
        }
        volume(kernel, 1).filter(|&taps| fits(taps))?;
        for a in 0..3 {
            kernel[a].checked_mul(dilation[a]).filter(|&n| fits(n))?;
        }
        Some(Self {
            kernel,
            stride,
            dilation,
            pads,
        })
    }

    /// One tap, stride 1, no padding.
    pub const POINT: Self = Self {
        kernel: [1; 3],
        stride: [1; 3],
        dilation: [1; 3],
        pads: [[0; 2]; 3],
    };

    /// Taps of the kernel.
    pub fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Places that the kernel covers along axis `a`.
    pub(crate) fn reach(&self, a: usize) -> usize {
        (self.kernel[a] - 1) * self.dilation[a] + 1
    }

    /// The extent of a convolution's or pool's output, or `None` where the kernel is larger than the padded input.
    pub fn output(&self, input: [usize; 3]) -> Option<[usize; 3]> {
        let mut out = [0; 3];
        for a in 0..3 {
            let [before, after] = self.pads[a];
            let padded = input[a].checked_add(before)?.checked_add(after)?;
            if input[a] == 0 {
                return None;
            }
            out[a] = padded.checked_sub(self.reach(a))? / self.stride[a] + 1;
        }
        Some(out)
    }

    /// Places before and after along D that an output place needs, where there are as many output places as input places in D.
    pub fn planes_reach(&self) -> Option<[usize; 2]> {
        let [[before, after], ..] = self.pads;
        (self.stride[0] == 1 && before + after + 1 == self.reach(0)).then_some([before, after])
    }

    /// Whether each output place comes from the input place at the same position alone.
    pub(crate) fn is_point(&self) -> bool {
        *self == Self::POINT
    }
}

/// Input and output channels and the groups that they are divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Channels {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) groups: usize,
}

impl Channels {
    /// `None` unless there are channels and both numbers are multiples of `groups`.
    pub fn new(inputs: usize, outputs: usize, groups: usize) -> Option<Self> {
        let fits = |n: usize| n > 0 && n < 1 << 24;
        (fits(inputs)
            && fits(outputs)
            && fits(groups)
            && inputs.is_multiple_of(groups)
            && outputs.is_multiple_of(groups))
        .then_some(Self {
            inputs,
            outputs,
            groups,
        })
    }

    /// Input channels that one output channel sees.
    pub fn inputs_each(&self) -> usize {
        self.inputs / self.groups
    }

    /// Output channels of one group.
    pub fn outputs_each(&self) -> usize {
        self.outputs / self.groups
    }
}

/// Output channels that are computed together: of one group, side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// First input channel that they see.
    pub(crate) input: usize,
    /// First output channel.
    pub(crate) output: usize,
    /// Output channels.
    pub(crate) count: usize,
}

/// All output channels in blocks of at most `most`; `even` makes the blocks of a group about the same size, else all but the last are full.
pub(crate) fn blocks(channels: &Channels, most: usize, even: bool) -> Vec<Block> {
    let (inputs, outputs) = (channels.inputs_each(), channels.outputs_each());
    let count = outputs.div_ceil(most);
    let bound = |b: usize| {
        if even {
            b * outputs / count
        } else {
            (b * most).min(outputs)
        }
    };
    (0..channels.groups)
        .flat_map(|g| {
            (0..count).map(move |b| Block {
                input: g * inputs,
                output: g * outputs + bound(b),
                count: bound(b + 1) - bound(b),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_those_of_onnx() {
        let window =
            Window::new([1, 3, 3], [1, 2, 1], [1, 1, 4], [[0, 0], [1, 0], [4, 3]]).unwrap();
        assert_eq!(window.output([1, 8, 10]), Some([1, 4, 9]));
        assert_eq!(window.output([1, 8, 1]), None);
        assert_eq!(window.output([0, 8, 10]), None);
    }

    #[test]
    fn what_is_no_window_or_too_large_is_refused() {
        assert_eq!(Window::new([0, 1, 1], [1; 3], [1; 3], [[0; 2]; 3]), None);
        assert_eq!(Window::new([1; 3], [1, 0, 1], [1; 3], [[0; 2]; 3]), None);
        assert_eq!(
            Window::new([usize::MAX, 1, 1], [1; 3], [1; 3], [[0; 2]; 3]),
            None
        );
        assert_eq!(
            Window::new([2, 1, 1], [1; 3], [usize::MAX, 1, 1], [[0; 2]; 3]),
            None
        );
        assert_eq!(Channels::new(6, 4, 4), None);
        assert_eq!(Channels::new(0, 4, 1), None);
        assert_eq!(volume([usize::MAX, 2, 1], 1), None);
    }

    #[test]
    fn blocks_cover_each_channel_once() {
        for (outputs, groups, most, even) in
            [(21, 1, 6, true), (21, 1, 8, false), (24, 2, 8, false)]
        {
            let channels = Channels::new(groups * 3, outputs, groups).unwrap();
            let blocks = blocks(&channels, most, even);
            let all: Vec<usize> = blocks
                .iter()
                .flat_map(|b| b.output..b.output + b.count)
                .collect();
            assert_eq!(all, (0..outputs).collect::<Vec<_>>());
            assert!(blocks.iter().all(|b| b.count > 0 && b.count <= most));
        }
    }
}
