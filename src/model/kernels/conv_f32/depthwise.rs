//! The tile of a depthwise convolution: four places × eight channels. All channels of some places are done one after the other, so that the
//! lines are read once.

use super::{Form, Output, Packed, Row};
use crate::model::kernels::lanes::Floats;
use crate::model::kernels::ring::Line;

/// Places of a tile.
const MOST: usize = 4;

/// A tile's sums: places × two vectors of channels.
type Sums = [[[f32; 4]; 2]; MOST];

/// All channels of one output row.
pub(super) fn row(
    form: &Form,
    blocks: &[Packed],
    base: &[f32],
    lines: &[Line],
    row: &Row,
    out: &mut Output<'_>,
) {
    let step = form.stride * form.channels;
    let [kernel, _, apart] = form.runs;
    let mut sums = Sums::default();
    for start in (0..row.width).step_by(MOST) {
        let places = MOST.min(row.width - start);
        for packed in blocks {
            let job = Job {
                base,
                lines,
                kernel,
                apart,
                step,
                packed,
            };
            let at = start * step + packed.block.input;
            match places {
                1 => tile1(&job, at, &mut sums),
                2 => tile2(&job, at, &mut sums),
                3 => tile3(&job, at, &mut sums),
                _ => tile4(&job, at, &mut sums),
            }
            let to = row.to + start * out.channels + packed.block.output;
            out.tile(to, 8, sums.get_mut(..places).unwrap_or_default());
        }
    }
}

struct Job<'a> {
    base: &'a [f32],
    lines: &'a [Line],
    /// Taps along W, and values from one to the next.
    kernel: usize,
    apart: usize,
    /// Values from place to place.
    step: usize,
    packed: &'a Packed,
}

/// Eight values in two vectors.
#[inline]
fn eight(from: &[f32], at: usize) -> Option<[Floats; 2]> {
    let [low, high] = from.get(at..)?.first_chunk::<8>()?.as_chunks::<4>().0 else {
        return None;
    };
    Some([Floats::load(low), Floats::load(high)])
}

/// A function that sums a fixed number of places. Written out, because compilers keep sums in registers only when each has a name.
macro_rules! tile {
    ($name:ident, $($low:ident $high:ident $p:literal),*) => {
        #[inline(never)]
        fn $name(job: &Job<'_>, at: usize, sums: &mut Sums) {
            let [low, high] = job.packed.bias.as_chunks::<4>().0 else {
                return;
            };
            $( let mut $low = Floats::load(low); let mut $high = Floats::load(high); )*
            for line in job.lines {
                for k in 0..job.kernel {
                    let Some([low, high]) = eight(&job.packed.weights, (line.tap * job.kernel + k) * 8) else {
                        return;
                    };
                    let from = line.at + at + k * job.apart;
                    $(
                        let Some([x, y]) = eight(job.base, from + $p * job.step) else {
                            return;
                        };
                        $low = $low.add_product(x, low);
                        $high = $high.add_product(y, high);
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
