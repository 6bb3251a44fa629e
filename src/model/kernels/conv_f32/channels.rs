//! The tile with output channels in lanes: up to six places × eight channels.

use super::{Form, Output, Packed, Row};
use crate::model::kernels::lanes::Floats;
use crate::model::kernels::ring::Line;

/// Places of a tile. Six leave room for the weights and one value of the input among the 16 vector registers of x86.
pub(super) const MOST: usize = 6;

/// A tile's sums: places × two vectors of channels.
type Sums = [[[f32; 4]; 2]; MOST];

/// One block of output channels of one output row.
pub(super) fn row(
    form: &Form,
    packed: &Packed,
    base: &[f32],
    lines: &[Line],
    row: &Row,
    out: &mut Output<'_>,
) {
    let job = Job {
        base,
        lines,
        runs: form.runs,
        step: form.stride * form.channels,
        weights: &packed.weights,
        line: form.runs[0] * form.runs[1] * 8,
        bias: &packed.bias,
    };
    tiles(&job, row.width, packed.block.input, |start, sums| {
        let to = row.to + start * out.channels + packed.block.output;
        out.tile(to, packed.block.count, sums);
    });
}

/// Sums `width` places, the first of which begins at `at` in each line, and hands them to `store` with their place.
pub(super) fn tiles(
    job: &Job<'_>,
    width: usize,
    at: usize,
    mut store: impl FnMut(usize, &mut [[[f32; 4]; 2]]),
) {
    let tiles = width.div_ceil(MOST);
    let mut sums = Sums::default();
    // Tiles of about the same size: 7 places are 4 + 3, not 6 + 1.
    let mut start = 0;
    for t in 1..=tiles {
        let end = t * width / tiles;
        let at = at + start * job.step;
        match end - start {
            1 => tile1(job, at, &mut sums),
            2 => tile2(job, at, &mut sums),
            3 => tile3(job, at, &mut sums),
            4 => tile4(job, at, &mut sums),
            5 => tile5(job, at, &mut sums),
            _ => tile6(job, at, &mut sums),
        }
        store(start, sums.get_mut(..end - start).unwrap_or_default());
        start = end;
    }
}

pub(super) struct Job<'a> {
    pub(super) base: &'a [f32],
    pub(super) lines: &'a [Line],
    /// See [`Form`].
    pub(super) runs: [usize; 3],
    /// Values from place to place.
    pub(super) step: usize,
    /// The block's.
    pub(super) weights: &'a [f32],
    /// Weights of one line.
    pub(super) line: usize,
    pub(super) bias: &'a [f32; 8],
}

/// A function that sums a fixed number of places. Written out, because compilers keep sums in registers only when each has a name.
macro_rules! tile {
    // One value of the input of each place, times eight weights.
    (@step $w:ident $q:literal $i:ident; $($x:ident $low:ident $high:ident),*) => {
        let (low, high) = (Floats::load(&$w[2 * $q]), Floats::load(&$w[2 * $q + 1]));
        $(
            let x = Floats::splat($x.0[$i][$q]);
            $low = $low.add_product(x, low);
            $high = $high.add_product(x, high);
        )*
    };
    ($name:ident, $($x:ident $low:ident $high:ident $p:literal),*) => {
        #[inline(never)]
        #[expect(clippy::indexing_slicing, reason = "the inner loop; all lengths are those of the weights, by the lines before it")]
        fn $name(job: &Job<'_>, at: usize, sums: &mut Sums) {
            let [low, high] = job.bias.as_chunks::<4>().0 else {
                return;
            };
            $( let mut $low = Floats::load(low); let mut $high = Floats::load(high); )*
            let [count, length, apart] = job.runs;
            for line in job.lines {
                for run in 0..count {
                    let weights = line.tap * job.line + run * length * 8;
                    let Some(weights) = job.weights.get(weights..weights + length * 8) else {
                        return;
                    };
                    let from = line.at + at + run * apart;
                    $(
                        let from_here = from + $p * job.step;
                        let Some($x) = job.base.get(from_here..from_here + length) else {
                            return;
                        };
                    )*
                    // Four values of the input at once, so that their addresses are constant offsets.
                    let (fours, rest) = weights.as_chunks::<32>();
                    $(
                        let $x = $x.as_chunks::<4>();
                        let (Some(a), Some(b)) = ($x.0.get(..fours.len()), $x.1.get(..rest.len() / 8)) else {
                            return;
                        };
                        let $x = (a, b);
                    )*
                    for (i, weights) in fours.iter().enumerate() {
                        let weights = weights.as_chunks::<4>().0;
                        tile!(@step weights 0 i; $($x $low $high),*);
                        tile!(@step weights 1 i; $($x $low $high),*);
                        tile!(@step weights 2 i; $($x $low $high),*);
                        tile!(@step weights 3 i; $($x $low $high),*);
                    }
                    for (i, weights) in rest.as_chunks::<8>().0.iter().enumerate() {
                        let weights = weights.as_chunks::<4>().0;
                        let (low, high) = (Floats::load(&weights[0]), Floats::load(&weights[1]));
                        $(
                            let x = Floats::splat($x.1[i]);
                            $low = $low.add_product(x, low);
                            $high = $high.add_product(x, high);
                        )*
                    }
                }
            }
            $( sums[$p] = [$low.array(), $high.array()]; )*
        }
    };
}

tile!(tile1, xa a0 a1 0);
tile!(tile2, xa a0 a1 0, xb b0 b1 1);
tile!(tile3, xa a0 a1 0, xb b0 b1 1, xc c0 c1 2);
tile!(tile4, xa a0 a1 0, xb b0 b1 1, xc c0 c1 2, xd d0 d1 3);
tile!(tile5, xa a0 a1 0, xb b0 b1 1, xc c0 c1 2, xd d0 d1 3, xe e0 e1 4);
tile!(tile6, xa a0 a1 0, xb b0 b1 1, xc c0 c1 2, xd d0 d1 3, xe e0 e1 4, xf f0 f1 5);
