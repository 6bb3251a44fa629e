//! The tile with places in lanes: eight places × up to six output channels. The scratch holds lines planar: channel, phase of the stride,
//! place.

use super::{Form, Output, Packed, Row};
use crate::model::kernels::lanes::{Floats, turned};
use crate::model::kernels::ring::Line;

/// Output channels of a tile.
pub(super) const MOST: usize = 6;
/// Places of a tile.
pub(super) const PLACES: usize = 8;

/// A tile's sums: output channels × two vectors of places.
pub(super) type Sums = [[[f32; 4]; 2]; MOST];

/// Lays a row of the input out planar.
pub(super) fn fill(form: &Form, from: &[f32], to: &mut [f32]) {
    let Form {
        channels,
        before,
        stride,
        phase,
        ..
    } = *form;
    if stride > 1 {
        for (c, to) in to.chunks_exact_mut(stride * phase).enumerate() {
            for (w, v) in (before..).zip(from.iter().skip(c).step_by(channels)) {
                let to = to.get_mut(w % stride * phase..);
                if let Some(to) = to.and_then(|to| to.get_mut(..phase)?.get_mut(w / stride)) {
                    *to = *v;
                }
            }
        }
        return;
    }
    // Values that no output needs are left out.
    let places = (from.len() / channels).min(phase.saturating_sub(before));
    // Four places × four channels at a time. The last channels are done together with some that were done before.
    let turned_places = if channels < 4 { 0 } else { places / 4 * 4 };
    for c in (0..channels / 4)
        .map(|c| 4 * c)
        .chain([channels.saturating_sub(4)])
    {
        for w in (0..turned_places).step_by(4) {
            let mut rows = [[0.0; 4]; 4];
            for (p, row) in rows.iter_mut().enumerate() {
                let at = (w + p) * channels + c;
                if let Some(Ok(four)) = from.get(at..at + 4).map(<[f32; 4]>::try_from) {
                    *row = four;
                }
            }
            for (o, column) in turned(&rows).into_iter().enumerate() {
                let at = (c + o) * phase + before + w;
                if let Some(Ok(to)) = to.get_mut(at..at + 4).map(<&mut [f32; 4]>::try_from) {
                    *to = column;
                }
            }
        }
    }
    for (c, to) in to.chunks_exact_mut(phase).enumerate() {
        let to = to.get_mut(before + turned_places..before + places);
        let from = from.get(turned_places * channels + c..).unwrap_or_default();
        for (to, v) in to.into_iter().flatten().zip(from.iter().step_by(channels)) {
            *to = *v;
        }
    }
}

/// One block of output channels of one output row.
pub(super) fn row(
    form: &Form,
    packed: &Packed,
    base: &[f32],
    lines: &[Line],
    row: &Row,
    out: &mut Output<'_>,
) {
    let count = packed.block.count;
    let job = Job {
        base,
        lines,
        offsets: &form.offsets,
        weights: &packed.weights,
        line: form.offsets.len() * count,
        bias: &packed.bias,
    };
    let first = packed.block.input * form.stride * form.phase;
    let mut sums = Sums::default();
    for t in (0..row.width).step_by(PLACES) {
        tile(&job, count, first + t, &mut sums);
        let to = row.to + t * out.channels + packed.block.output;
        out.places(
            to,
            PLACES.min(row.width - t),
            sums.get_mut(..count).unwrap_or_default(),
        );
    }
}

/// Sums eight places, the first of which lies at `at` in each line, for `count` output channels.
pub(super) fn tile(job: &Job<'_>, count: usize, at: usize, sums: &mut Sums) {
    match count {
        1 => tile1(job, at, sums),
        2 => tile2(job, at, sums),
        3 => tile3(job, at, sums),
        4 => tile4(job, at, sums),
        5 => tile5(job, at, sums),
        _ => tile6(job, at, sums),
    }
}

impl Output<'_> {
    /// Stores the sums of up to six output channels, in up to eight places.
    #[inline]
    pub(super) fn places(&mut self, at: usize, places: usize, sums: &mut [[[f32; 4]; 2]]) {
        if let Some(residual) = self.residual.and_then(|r| r.get(at..)) {
            for (o, sums) in sums.iter_mut().enumerate() {
                let residual = residual.iter().skip(o).step_by(self.channels);
                for (sum, r) in sums.as_flattened_mut().iter_mut().zip(residual) {
                    *sum += r;
                }
            }
        }
        self.end.fours(sums.as_flattened_mut());
        let count = sums.len();
        if places == PLACES && count >= 4 {
            // Four channels at a time; the last are stored together with some that were before.
            for o in [0, count - 4] {
                let Some(Ok(four)) = sums.get(o..o + 4).map(<&[[[f32; 4]; 2]; 4]>::try_from) else {
                    return;
                };
                let [a, b, c, d] = *four;
                let halves = [[a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]];
                for (half, rows) in halves.into_iter().enumerate() {
                    for (p, values) in turned(&rows).into_iter().enumerate() {
                        let at = at + (4 * half + p) * self.channels + o;
                        if let Some(Ok(to)) = self
                            .values
                            .get_mut(at..at + 4)
                            .map(<&mut [f32; 4]>::try_from)
                        {
                            *to = values;
                        }
                    }
                }
            }
            return;
        }
        for (p, to) in (at..).step_by(self.channels).take(places).enumerate() {
            let to = self.values.get_mut(to..to + count).unwrap_or_default();
            for (to, sum) in to.iter_mut().zip(sums.iter()) {
                *to = sum.as_flattened().get(p).copied().unwrap_or_default();
            }
        }
    }
}

pub(super) struct Job<'a> {
    pub(super) base: &'a [f32],
    pub(super) lines: &'a [Line],
    /// See [`Form`].
    pub(super) offsets: &'a [usize],
    /// The block's.
    pub(super) weights: &'a [f32],
    /// Weights of one line.
    pub(super) line: usize,
    pub(super) bias: &'a [f32; 8],
}

/// A function that sums eight places for a fixed number of output channels. Written out, because compilers keep sums in registers only when
/// each has a name.
macro_rules! tile {
    ($name:ident, $n:literal, $($low:ident $high:ident $o:literal),*) => {
        #[inline(never)]
        fn $name(job: &Job<'_>, at: usize, sums: &mut Sums) {
            $( let mut $low = Floats::splat(job.bias[$o]); let mut $high = $low; )*
            for line in job.lines {
                let weights = line.tap * job.line;
                let Some(weights) = job.weights.get(weights..weights + job.line) else {
                    return;
                };
                let Some(base) = job.base.get(line.at + at..) else {
                    return;
                };
                for (weights, &offset) in weights.as_chunks::<$n>().0.iter().zip(job.offsets) {
                    let Some(x) = base.get(offset..offset + PLACES) else {
                        return;
                    };
                    let [low, high] = x.as_chunks::<4>().0 else {
                        return;
                    };
                    let (low, high) = (Floats::load(low), Floats::load(high));
                    $(
                        let w = Floats::splat(weights[$o]);
                        $low = $low.add_product(low, w);
                        $high = $high.add_product(high, w);
                    )*
                }
            }
            $( sums[$o] = [$low.array(), $high.array()]; )*
        }
    };
}

tile!(tile1, 1, a0 a1 0);
tile!(tile2, 2, a0 a1 0, b0 b1 1);
tile!(tile3, 3, a0 a1 0, b0 b1 1, c0 c1 2);
tile!(tile4, 4, a0 a1 0, b0 b1 1, c0 c1 2, d0 d1 3);
tile!(tile5, 5, a0 a1 0, b0 b1 1, c0 c1 2, d0 d1 3, e0 e1 4);
tile!(tile6, 6, a0 a1 0, b0 b1 1, c0 c1 2, d0 d1 3, e0 e1 4, f0 f1 5);
