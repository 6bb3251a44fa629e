//! The tile with places in lanes: eight places × up to six output channels. The scratch holds lines planar: pair of channels, phase of the
//! stride, place, and the two channels of the pair side by side.

use super::{Form, Output, Packed, Row, Sink};
use crate::model::kernels::lanes::{Ints, Words, turned_pairs};
use crate::model::kernels::ring::Line;

/// Output channels of a tile.
pub(super) const MOST: usize = 6;
/// Places of a tile.
pub(super) const PLACES: usize = 8;

/// A tile's sums: output channels × two vectors of places.
pub(super) type Sums = [[[i32; 4]; 2]; MOST];

/// Lays a row of the input out. `from`: int16 already, and eight values more.
pub(super) fn fill(form: &Form, from: &[i16], to: &mut [i16]) {
    let Form {
        channels,
        each,
        before,
        stride,
        phase,
        ..
    } = *form;
    let (groups, pairs) = (channels / each, each.div_ceil(2));
    let places = from.len().saturating_sub(8) / channels;
    // The second value of the last pair of an odd number is that of another channel: its weights are 0.
    let (to, _) = to.as_chunks_mut::<2>();
    if stride > 1 {
        for ((g, j), to) in (0..groups)
            .flat_map(|g| (0..pairs).map(move |j| (g, j)))
            .zip(to.chunks_exact_mut(stride * phase))
        {
            for w in 0..places {
                let at = w * channels + g * each + 2 * j;
                let (phase_at, place) = ((w + before) % stride * phase, (w + before) / stride);
                let to = to
                    .get_mut(phase_at..)
                    .and_then(|to| to.get_mut(..phase)?.get_mut(place));
                if let (Some(to), Some(Ok(pair))) =
                    (to, from.get(at..at + 2).map(<[i16; 2]>::try_from))
                {
                    *to = pair;
                }
            }
        }
        return;
    }
    let places = places.min(phase.saturating_sub(before));
    for (g, j) in (0..groups).flat_map(|g| (0..pairs).step_by(4).map(move |j| (g, j))) {
        let count = 4.min(pairs - j);
        let Some(to) = to.get_mut((g * pairs + j) * phase..) else {
            return;
        };
        // Four places × four pairs at a time.
        for w in (0..places).step_by(4) {
            let mut rows = [[0; 8]; 4];
            for (p, row) in rows.iter_mut().enumerate() {
                let at = (w + p) * channels + g * each + 2 * j;
                if let Some(Ok(eight)) = from.get(at..at + 8).map(<[i16; 8]>::try_from) {
                    *row = eight;
                }
            }
            let columns = turned_pairs(&rows);
            for (o, column) in columns.iter().enumerate().take(count) {
                let at = o * phase + before + w;
                let column = column.as_chunks::<2>().0;
                if places - w >= 4 {
                    if let Some(to) = to.get_mut(at..at + 4) {
                        to.copy_from_slice(column);
                    }
                } else if let Some(to) = to.get_mut(at..at + (places - w)) {
                    for (to, pair) in to.iter_mut().zip(column) {
                        *to = *pair;
                    }
                }
            }
        }
    }
}

/// One block of output channels of one output row.
pub(super) fn row(
    form: &Form,
    packed: &Packed,
    weights: &[i16],
    base: &[i16],
    lines: &[Line],
    row: &Row,
    out: &mut Output<'_>,
) {
    let count = packed.block.count;
    let job = Job {
        base,
        lines,
        offsets: &form.offsets,
        weights,
        line: form.offsets.len() * count * 2,
        bias: &packed.bias,
    };
    let group = packed.block.input / form.each;
    let first = group * form.each.div_ceil(2) * form.stride * form.phase * 2;
    let mut sums = Sums::default();
    for t in (0..row.width).step_by(PLACES) {
        let at = first + 2 * t;
        tile(&job, count, at, &mut sums);
        let to = row.to + t * out.channels + packed.block.output;
        let places = PLACES.min(row.width - t);
        out.places(
            to,
            places,
            sums.get(..count).unwrap_or_default(),
            &packed.by,
        );
    }
}

/// Sums eight places of `count` output channels.
#[inline]
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
    pub(super) fn places(
        &mut self,
        at: usize,
        places: usize,
        sums: &[[[i32; 4]; 2]],
        by: &[f64; 8],
    ) {
        match &mut self.sink {
            Sink::Bytes(limits, to) => {
                let mut bytes = [[0; PLACES]; MOST];
                for ((bytes, sums), by) in bytes.iter_mut().zip(sums).zip(by) {
                    *bytes = limits.bytes(sums, &[*by; 8]);
                }
                scatter(
                    to,
                    at,
                    self.channels,
                    places,
                    bytes.get(..sums.len()).unwrap_or_default(),
                );
            }
            Sink::Floats(activation, to) => {
                let mut values = [[0.0; PLACES]; MOST];
                for ((values, sums), by) in values.iter_mut().zip(sums).zip(by) {
                    for (v, &sum) in values.iter_mut().zip(sums.as_flattened()) {
                        *v = sum as f32 * *by as f32;
                    }
                }
                activation.fours(values.as_flattened_mut().as_chunks_mut().0);
                scatter(
                    to,
                    at,
                    self.channels,
                    places,
                    values.get(..sums.len()).unwrap_or_default(),
                );
            }
        }
    }
}

/// Stores values of output channels × places.
#[inline]
fn scatter<T: Copy>(
    all: &mut [T],
    at: usize,
    channels: usize,
    places: usize,
    values: &[[T; PLACES]],
) {
    for (p, to) in (at..).step_by(channels).take(places).enumerate() {
        let Some(to) = all.get_mut(to..to + values.len()) else {
            return;
        };
        for (to, v) in to.iter_mut().zip(values) {
            if let Some(v) = v.get(p) {
                *to = *v;
            }
        }
    }
}

pub(super) struct Job<'a> {
    pub(super) base: &'a [i16],
    pub(super) lines: &'a [Line],
    /// See [`Form`].
    pub(super) offsets: &'a [usize],
    /// The block's.
    pub(super) weights: &'a [i16],
    /// Weights of one line.
    pub(super) line: usize,
    pub(super) bias: &'a [i32; 8],
}

/// A function that sums eight places for a fixed number of output channels. Written out, because compilers keep sums in registers only when
/// each has a name.
macro_rules! tile {
    ($name:ident, $n:literal, $($low:ident $high:ident $o:literal),*) => {
        #[inline(never)]
        fn $name(job: &Job<'_>, at: usize, sums: &mut Sums) {
            $( let mut $low = Ints::load(&[job.bias[$o]; 4]); let mut $high = $low; )*
            for line in job.lines {
                let weights = line.tap * job.line;
                let Some(weights) = job.weights.get(weights..weights + job.line) else {
                    return;
                };
                let Some(base) = job.base.get(line.at + at..) else {
                    return;
                };
                let weights = weights.as_chunks::<2>().0;
                for (weights, &offset) in weights.as_chunks::<$n>().0.iter().zip(job.offsets) {
                    let Some(x) = base.get(offset..offset + 2 * PLACES) else {
                        return;
                    };
                    let [low, high] = x.as_chunks::<8>().0 else {
                        return;
                    };
                    let (low, high) = (Words::load(low), Words::load(high));
                    $(
                        let w = Words::pair(weights[$o]);
                        $low = $low.add(low.dot(w));
                        $high = $high.add(high.dot(w));
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
