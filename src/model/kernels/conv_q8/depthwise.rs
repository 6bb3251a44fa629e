//! The tile of a depthwise convolution: four places × eight channels. Two taps side by side along W are multiplied and summed at once.

use super::{Form, Output, Packed, Row};
use crate::model::kernels::lanes::{Ints, Words};
use crate::model::kernels::ring::Line;

/// Places of a tile.
const MOST: usize = 4;

/// A tile's sums: places × two vectors of channels.
type Sums = [[[i32; 4]; 2]; MOST];

/// All channels of one output row. `blocks` with their weights: tap in D and H, pair of taps, channel.
pub(super) fn row<'a>(
    form: &Form,
    blocks: &(impl Iterator<Item = (&'a Packed, &'a [i16])> + Clone),
    base: &[i16],
    lines: &[Line],
    row: &Row,
    out: &mut Output<'_>,
) {
    let step = form.stride * form.channels;
    let [kernel, _, apart] = form.runs;
    let mut sums = Sums::default();
    for start in (0..row.width).step_by(MOST) {
        let places = MOST.min(row.width - start);
        for (packed, weights) in blocks.clone() {
            let job = Job {
                base,
                lines,
                kernel,
                apart,
                step,
                weights,
                bias: &packed.bias,
            };
            let at = start * step + packed.block.input;
            match places {
                1 => tile1(&job, at, &mut sums),
                2 => tile2(&job, at, &mut sums),
                3 => tile3(&job, at, &mut sums),
                _ => tile4(&job, at, &mut sums),
            }
            let to = row.to + start * out.channels + packed.block.output;
            out.tile(to, 8, sums.get(..places).unwrap_or_default(), &packed.by);
        }
    }
}

struct Job<'a> {
    base: &'a [i16],
    lines: &'a [Line],
    /// Taps along W, and values from one to the next.
    kernel: usize,
    apart: usize,
    /// Values from place to place.
    step: usize,
    weights: &'a [i16],
    bias: &'a [i32; 8],
}

#[inline]
fn eight(from: &[i16], at: usize) -> Option<Words> {
    Some(Words::load(from.get(at..)?.first_chunk::<8>()?))
}

/// A function that sums a fixed number of places. Written out, because compilers keep sums in registers only when each has a name.
macro_rules! tile {
    ($name:ident, $($low:ident $high:ident $p:literal),*) => {
        #[inline(never)]
        fn $name(job: &Job<'_>, at: usize, sums: &mut Sums) {
            let [low, high] = job.bias.as_chunks::<4>().0 else {
                return;
            };
            $( let mut $low = Ints::load(low); let mut $high = Ints::load(high); )*
            let pairs = job.kernel.div_ceil(2);
            for line in job.lines {
                for pair in 0..pairs {
                    let weights = (line.tap * pairs + pair) * 16;
                    let (Some(low), Some(high)) = (eight(job.weights, weights), eight(job.weights, weights + 8)) else {
                        return;
                    };
                    let from = line.at + at + 2 * pair * job.apart;
                    // The partner of the last of an odd number is itself: its weight is 0.
                    let next = if 2 * pair + 1 < job.kernel { job.apart } else { 0 };
                    $(
                        let here = from + $p * job.step;
                        let (Some(x), Some(y)) = (eight(job.base, here), eight(job.base, here + next)) else {
                            return;
                        };
                        let [x, y] = x.interleaved(y);
                        $low = $low.add(x.dot(low));
                        $high = $high.add(y.dot(high));
                    )*
                }
            }
            $( sums[$p] = [$low.array(), $high.array()]; )*
        }
    };
}

tile!(tile1, a0 a1 0);
tile!(tile2, a0 a1 0, b0 b1 1);
tile!(tile3, a0 a1 0, b0 b1 1, c0 c1 2);
tile!(tile4, a0 a1 0, b0 b1 1, c0 c1 2, d0 d1 3);
