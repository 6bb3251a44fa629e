//! Convolution in three dimensions for networks with few channels: stride 1, any dilation, zeros around, float32.
//!
//! General runtimes lay such a convolution out as a matrix product whose tiles are mostly padding. Here one output row at a time is summed:
//! the input rows that it needs lie padded in a small scratch, eight places and up to six output channels stay in registers.

use std::ops::Range;

/// Output channels that are summed together.
const MOST: usize = 6;
/// Places along a row that are summed together.
const LANES: usize = 8;

/// A convolution whose input and output have the same extent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// Input and output channels.
    pub(super) channels: [usize; 2],
    /// Extent of input and output: D, H, W.
    pub(super) extent: [usize; 3],
    /// Extent of the kernel, each odd.
    pub(super) kernel: [usize; 3],
    /// Dilation; the padding at each side is half the kernel × dilation.
    pub(super) dilation: [usize; 3],
}

impl Shape {
    /// Values of the input.
    pub(super) fn input_len(&self) -> usize {
        self.channels[0] * self.extent.iter().product::<usize>()
    }
    /// Values of the output.
    pub(super) fn output_len(&self) -> usize {
        self.channels[1] * self.extent.iter().product::<usize>()
    }
    /// Weights: output channels × input channels × kernel.
    pub(super) fn weights_len(&self) -> usize {
        self.channels[0] * self.channels[1] * self.kernel.iter().product::<usize>()
    }
    /// Places beyond each end of axis `a`.
    fn pad(&self, a: usize) -> usize {
        self.kernel[a] / 2 * self.dilation[a]
    }
}

/// Output channels in blocks of about the same size.
fn blocks(channels: usize) -> Vec<Range<usize>> {
    let count = channels.div_ceil(MOST).max(1);
    (0..count)
        .map(|b| b * channels / count..(b + 1) * channels / count)
        .collect()
}

/// Fills `output` (channels, D, H, W). `weights` are ordered output channel, input channel, kernel D, H, W. Does nothing where a length is
/// not what `shape` says.
#[expect(
    clippy::indexing_slicing,
    reason = "the inner loop; all lengths are held against the shape before it"
)]
pub(super) fn apply(
    shape: &Shape,
    input: &[f32],
    weights: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    let [inputs, outputs] = shape.channels;
    let [depth, height, width] = shape.extent;
    let [kd, kh, kw] = shape.kernel;
    if input.len() != shape.input_len()
        || output.len() != shape.output_len()
        || weights.len() != shape.weights_len()
        || bias.len() != outputs
        || output.is_empty()
    {
        return;
    }
    // For each block the weights in the order of use: input channel, kernel D, H, W, then the block's output channels side by side.
    let taps = kd * kh * kw;
    let blocks: Vec<(Range<usize>, Vec<f32>)> = blocks(outputs)
        .into_iter()
        .map(|block| {
            let order = (0..inputs * taps)
                .flat_map(|at| block.clone().map(move |o| weights[o * inputs * taps + at]));
            (block.clone(), order.collect())
        })
        .collect();
    let pad = shape.pad(2);
    let stride = width.div_ceil(LANES) * LANES + 2 * pad;
    // One padded row for each input channel and each place of the kernel along D and H; those outside of the volume are left out.
    let mut lines = vec![0.0; inputs * kd * kh * stride];
    let mut used: Vec<usize> = Vec::with_capacity(inputs * kd * kh);
    let (plane, volume) = (height * width, depth * height * width);
    for d in 0..depth {
        for h in 0..height {
            used.clear();
            for c in 0..inputs {
                for (a, b) in (0..kd).flat_map(|a| (0..kh).map(move |b| (a, b))) {
                    let from_d = (d + a * shape.dilation[0]).wrapping_sub(shape.pad(0));
                    let from_h = (h + b * shape.dilation[1]).wrapping_sub(shape.pad(1));
                    if from_d < depth && from_h < height {
                        let source = c * volume + from_d * plane + from_h * width;
                        let line = used.len() * stride + pad;
                        lines[line..line + width].copy_from_slice(&input[source..source + width]);
                        used.push((c * kd + a) * kh + b);
                    }
                }
            }
            let start = d * plane + h * width;
            for (block, order) in &blocks {
                let row = Row {
                    lines: &lines,
                    stride,
                    used: &used,
                    kw,
                    dilation: shape.dilation[2],
                    weights: order,
                };
                let bias = &bias[block.clone()];
                for t in (0..width).step_by(LANES) {
                    let places = LANES.min(width - t);
                    let mut out = |o: usize, sums: &[Four; 2]| {
                        let at = (block.start + o) * volume + start + t;
                        output[at..at + places].copy_from_slice(&sums.as_flattened()[..places]);
                    };
                    match block.len() {
                        1 => tile1(&row, t, bias, &mut out),
                        2 => tile2(&row, t, bias, &mut out),
                        3 => tile3(&row, t, bias, &mut out),
                        4 => tile4(&row, t, bias, &mut out),
                        5 => tile5(&row, t, bias, &mut out),
                        _ => tile6(&row, t, bias, &mut out),
                    }
                }
            }
        }
    }
}

struct Row<'a> {
    lines: &'a [f32],
    stride: usize,
    used: &'a [usize],
    kw: usize,
    dilation: usize,
    weights: &'a [f32],
}

/// Four places side by side.
type Four = [f32; 4];

#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would cost more than the sums")]
fn add(sum: &mut Four, x: &Four, weight: f32) {
    *sum = [
        sum[0] + x[0] * weight,
        sum[1] + x[1] * weight,
        sum[2] + x[2] * weight,
        sum[3] + x[3] * weight,
    ];
}

/// A function that sums `LANES` places from `t` on for a fixed number of output channels. Written out, because compilers keep sums in
/// registers only when each has a name.
macro_rules! tile {
    ($name:ident, $n:literal, $($sum:ident $o:literal),*) => {
        #[inline(never)]
        fn $name(row: &Row<'_>, t: usize, bias: &[f32], out: &mut impl FnMut(usize, &[Four; 2])) {
            let Ok(bias) = <&[f32; $n]>::try_from(bias) else {
                return;
            };
            $( let mut $sum = [[bias[$o]; 4]; 2]; )*
            for (line, &which) in row.lines.chunks_exact(row.stride).zip(row.used) {
                let weights = row.weights.get(which * row.kw * $n..).unwrap_or_default();
                for (k, weights) in weights.as_chunks::<$n>().0.iter().take(row.kw).enumerate() {
                    let from = t + k * row.dilation;
                    let places = line.get(from..from + LANES).unwrap_or_default();
                    let [low, high] = places.as_chunks::<4>().0 else {
                        continue;
                    };
                    $( add(&mut $sum[0], low, weights[$o]); add(&mut $sum[1], high, weights[$o]); )*
                }
            }
            $( out($o, &$sum); )*
        }
    };
}

tile!(tile1, 1, a 0);
tile!(tile2, 2, a 0, b 1);
tile!(tile3, 3, a 0, b 1, c 2);
tile!(tile4, 4, a 0, b 1, c 2, d 3);
tile!(tile5, 5, a 0, b 1, c 2, d 3, e 4);
tile!(tile6, 6, a 0, b 1, c 2, d 3, e 4, f 5);

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition.
    fn plain(shape: &Shape, input: &[f32], weights: &[f32], bias: &[f32]) -> Vec<f64> {
        let [depth, height, width] = shape.extent.map(|n| n as isize);
        let kernel = shape.kernel.map(|n| n as isize);
        let mut out = vec![];
        for (o, &bias) in bias.iter().enumerate().take(shape.channels[1]) {
            for d in 0..depth {
                for h in 0..height {
                    for w in 0..width {
                        let mut sum = f64::from(bias);
                        for c in 0..shape.channels[0] {
                            for a in 0..kernel[0] {
                                for b in 0..kernel[1] {
                                    for e in 0..kernel[2] {
                                        let at = [(d, a, 0), (h, b, 1), (w, e, 2)].map(
                                            |(x, k, axis)| {
                                                x + (k - kernel[axis] / 2)
                                                    * shape.dilation[axis] as isize
                                            },
                                        );
                                        if at
                                            .iter()
                                            .zip([depth, height, width])
                                            .all(|(&x, n)| x >= 0 && x < n)
                                        {
                                            let from = ((c as isize * depth + at[0]) * height
                                                + at[1])
                                                * width
                                                + at[2];
                                            let tap = (((o * shape.channels[0] + c) as isize
                                                * kernel[0]
                                                + a)
                                                * kernel[1]
                                                + b)
                                                * kernel[2]
                                                + e;
                                            sum += f64::from(input[from as usize])
                                                * f64::from(weights[tap as usize]);
                                        }
                                    }
                                }
                            }
                        }
                        out.push(sum);
                    }
                }
            }
        }
        out
    }

    #[test]
    fn sums_are_those_of_the_definition() {
        for (channels, extent, kernel, dilation) in [
            ([1, 5], [4, 5, 19], [3, 3, 3], [1, 1, 1]),
            ([5, 5], [9, 8, 17], [3, 3, 3], [4, 4, 4]),
            ([3, 11], [3, 3, 8], [3, 3, 3], [16, 16, 16]),
            ([7, 13], [2, 6, 5], [1, 3, 5], [1, 2, 3]),
            ([11, 3], [3, 4, 9], [1, 1, 1], [1, 1, 1]),
        ] {
            let shape = Shape {
                channels,
                extent,
                kernel,
                dilation,
            };
            let noise = |n: usize, seed: usize| -> Vec<f32> {
                (0..n)
                    .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0)
                    .collect()
            };
            let (input, weights, bias) = (
                noise(shape.input_len(), 1),
                noise(shape.weights_len(), 2),
                noise(channels[1], 3),
            );
            let mut output = vec![f32::NAN; shape.output_len()];
            apply(&shape, &input, &weights, &bias, &mut output);
            let expected = plain(&shape, &input, &weights, &bias);
            let off = output
                .iter()
                .zip(&expected)
                .map(|(a, b)| (f64::from(*a) - b).abs())
                .fold(0.0, f64::max);
            assert!(off < 1e-4, "{shape:?}: {off}");
        }
    }
}
