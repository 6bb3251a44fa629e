//! Pooling: the greatest value or the mean of a window, channel by channel, in float32 and on bytes.

#![expect(clippy::indexing_slicing, reason = "axes: 0 to 2 of three")]

use std::ops::Range;

use crate::model::kernels::quant::Quant;
use crate::model::kernels::window::{Window, volume};

/// Whether work is to go on; asked now and then.
pub type Going<'a> = dyn FnMut() -> bool + 'a;

/// Values that are read between two questions whether to go on: some milliseconds.
const ASK_AFTER: usize = 1 << 22;

/// A pool's window and how places beyond the input count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pool {
    window: Window,
    ceil: bool,
    padding_counts: bool,
}

impl Pool {
    /// `ceil`: a last window that is only partly within the padded input counts too (`ceil_mode`). `padding_counts`: padding is part of a
    /// mean (`count_include_pad`).
    pub fn new(window: Window, ceil: bool, padding_counts: bool) -> Self {
        Self {
            window,
            ceil,
            padding_counts,
        }
    }

    /// Global pooling of an input of `extent`.
    pub fn global(extent: [usize; 3]) -> Option<Self> {
        let window = Window::new(extent, [1; 3], [1; 3], [[0; 2]; 3])?;
        Some(Self::new(window, false, false))
    }

    /// The extent of the output, or `None` where the window is larger than the padded input.
    pub fn output(&self, input: [usize; 3]) -> Option<[usize; 3]> {
        if !self.ceil {
            return self.window.output(input);
        }
        let mut out = [0; 3];
        for a in 0..3 {
            let [before, after] = self.window.pads[a];
            let stride = self.window.stride[a];
            let padded = input[a].checked_add(before)?.checked_add(after)?;
            if input[a] == 0 {
                return None;
            }
            let n = padded.checked_sub(self.window.reach(a))?.div_ceil(stride) + 1;
            // A window that would start in the padding after the input is left out.
            out[a] = if (n - 1) * stride >= input[a] + before {
                n - 1
            } else {
                n
            };
        }
        (out.iter().all(|&n| n > 0)).then_some(out)
    }

    /// Taps along axis `a` for output place `at` that are within the input, as input places.
    fn taps(&self, a: usize, at: usize, extent: usize) -> impl Iterator<Item = usize> + Clone {
        let [before, _] = self.window.pads[a];
        let (start, dilation) = (at * self.window.stride[a], self.window.dilation[a]);
        (0..self.window.kernel[a]).filter_map(move |k| {
            (start + k * dilation)
                .checked_sub(before)
                .filter(|&i| i < extent)
        })
    }

    /// Taps along axis `a` for output place `at` that count for a mean.
    fn counted(&self, a: usize, at: usize, extent: usize) -> usize {
        if !self.padding_counts {
            return self.taps(a, at, extent).count();
        }
        let padded = extent + self.window.pads[a][0] + self.window.pads[a][1];
        let start = at * self.window.stride[a];
        (0..self.window.kernel[a])
            .filter(|k| start + k * self.window.dilation[a] < padded)
            .count()
    }

    /// Calls `each` with every output place of `rows`: the place's values, the offsets of its inputs, and how many taps count. `false`: ended by
    /// `going`.
    #[expect(
        clippy::too_many_arguments,
        reason = "those of a pool, and whether to go on"
    )]
    fn places<T, O>(
        &self,
        extent: [usize; 3],
        channels: usize,
        input: &[T],
        rows: &Range<usize>,
        output: &mut [O],
        going: &mut Going<'_>,
        mut each: impl FnMut(&mut [O], &[&[T]], usize),
    ) -> Option<bool> {
        let [depth, height, width] = self.output(extent)?;
        volume([depth, height, width], channels)?;
        if channels == 0
            || input.len() != volume(extent, channels)?
            || rows.start > rows.end
            || rows.end > depth * height
            || output.len() != rows.len() * width * channels
        {
            return None;
        }
        let mut inputs = vec![];
        // Work since `going` was asked: a window may be as large as its input.
        let mut unasked = 0_usize;
        for (row, to) in rows.clone().zip(output.chunks_exact_mut(width * channels)) {
            let (d, h) = (row / height, row % height);
            let (planes, lines) = (self.taps(0, d, extent[0]), self.taps(1, h, extent[1]));
            let counted = self.counted(0, d, extent[0]) * self.counted(1, h, extent[1]);
            for (w, to) in to.chunks_exact_mut(channels).enumerate() {
                inputs.clear();
                for (z, y) in planes
                    .clone()
                    .flat_map(|z| lines.clone().map(move |y| (z, y)))
                {
                    for x in self.taps(2, w, extent[2]) {
                        let at = ((z * extent[1] + y) * extent[2] + x) * channels;
                        inputs.push(input.get(at..at + channels)?);
                    }
                }
                each(to, &inputs, counted * self.counted(2, w, extent[2]));
                unasked += inputs.len().max(1) * channels;
                if unasked > ASK_AFTER {
                    unasked = 0;
                    if !going() {
                        return Some(false);
                    }
                }
            }
        }
        Some(true)
    }

    /// The greatest values of float32. `input`: D, H, W, C; `output`: the output rows `rows`, W, C. `None`, and nothing done, where a
    /// length is wrong; `false` where `going` ended it.
    pub fn max_f32(
        &self,
        extent: [usize; 3],
        channels: usize,
        input: &[f32],
        rows: Range<usize>,
        output: &mut [f32],
        going: &mut Going<'_>,
    ) -> Option<bool> {
        self.places(
            extent,
            channels,
            input,
            &rows,
            output,
            going,
            |to, from, _| {
                to.fill(f32::NEG_INFINITY);
                for from in from {
                    for (to, v) in to.iter_mut().zip(*from) {
                        *to = if *v > *to { *v } else { *to };
                    }
                }
            },
        )
    }

    /// The greatest values of bytes; as [`Self::max_f32`].
    #[expect(
        clippy::too_many_arguments,
        reason = "those of a pool, and whether to go on"
    )]
    pub fn max_q8(
        &self,
        extent: [usize; 3],
        channels: usize,
        input: &[u8],
        signed: bool,
        rows: Range<usize>,
        output: &mut [u8],
        going: &mut Going<'_>,
    ) -> Option<bool> {
        let flip = if signed { 128 } else { 0 };
        self.places(
            extent,
            channels,
            input,
            &rows,
            output,
            going,
            |to, from, _| {
                to.fill(0);
                for from in from {
                    for (to, v) in to.iter_mut().zip(*from) {
                        *to = (*to).max(*v ^ flip);
                    }
                }
                for to in to {
                    *to ^= flip;
                }
            },
        )
    }

    /// Means of float32; as [`Self::max_f32`].
    pub fn mean_f32(
        &self,
        extent: [usize; 3],
        channels: usize,
        input: &[f32],
        rows: Range<usize>,
        output: &mut [f32],
        going: &mut Going<'_>,
    ) -> Option<bool> {
        self.places(
            extent,
            channels,
            input,
            &rows,
            output,
            going,
            |to, from, count| {
                to.fill(0.0);
                for from in from {
                    for (to, v) in to.iter_mut().zip(*from) {
                        *to += *v;
                    }
                }
                // No tap at all: 0, as a sum of nothing.
                let count = count.max(1) as f32;
                for to in to {
                    *to /= count;
                }
            },
        )
    }

    /// Means of bytes: saturate(round(sum · x_scale / (count · y_scale)) + y_zero_point), where the sum is that of the values less the zero
    /// point (0 for padding), exact, and the rest is float64; as [`Self::max_f32`].
    #[expect(
        clippy::too_many_arguments,
        reason = "those of a pool, and whether to go on"
    )]
    pub fn mean_q8(
        &self,
        extent: [usize; 3],
        channels: usize,
        input: &[u8],
        [x, y]: [Quant; 2],
        rows: Range<usize>,
        output: &mut [u8],
        going: &mut Going<'_>,
    ) -> Option<bool> {
        let (flip, zero) = x.widening();
        let [low, high] = y.range().map(f64::from);
        let mut sums = vec![0_i32; channels];
        // No sum of bytes leaves int32.
        if self.window.taps() > 1 << 22 {
            return None;
        }
        self.places(
            extent,
            channels,
            input,
            &rows,
            output,
            going,
            |to, from, count| {
                sums.fill(-i32::from(zero) * from.len() as i32);
                for from in from {
                    for (sum, v) in sums.iter_mut().zip(*from) {
                        *sum += i32::from(*v ^ flip);
                    }
                }
                let by = f64::from(x.scale) / (count.max(1) as f64 * f64::from(y.scale));
                for (to, sum) in to.iter_mut().zip(&sums) {
                    let whole = (f64::from(*sum) * by).round_ties_even() + f64::from(y.zero_point);
                    *to = whole.clamp(low, high) as i32 as u8;
                }
            },
        )
    }
}
