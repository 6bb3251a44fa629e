//! Prediction inside of a key frame (RFC 6386, 12): what a block looks like from the pixels above and to the left.
#![allow(
    clippy::needless_range_loop,
    reason = "one index is of several arrays, and a place in the block besides"
)]

/// Of whole macroblocks: luma 16 × 16, chroma 8 × 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The mean of what is there above and left.
    Dc,
    /// The row above.
    Vertical,
    /// The column to the left.
    Horizontal,
    /// Above plus left minus the corner.
    TrueMotion,
}

/// All of them.
pub(super) const MODES: [Mode; 4] = [Mode::Dc, Mode::Vertical, Mode::Horizontal, Mode::TrueMotion];

/// The surroundings of a block of `N` pixels a side.
#[derive(Debug, Clone)]
pub(super) struct Around<const N: usize> {
    /// The row above; 127 above the frame.
    pub(super) above: [u8; N],
    /// The column to the left; 129 left of the frame.
    pub(super) left: [u8; N],
    /// Between them.
    pub(super) corner: u8,
    /// There is a row above, a column to the left, inside of the frame.
    pub(super) inside: [bool; 2],
}

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

impl<const N: usize> Around<N> {
    /// A block by a mode, row by row into `out`.
    #[allow(
        clippy::indexing_slicing,
        reason = "both arrays have N places, and rows are N long"
    )]
    pub(super) fn predict(&self, mode: Mode, out: &mut [u8]) {
        let mean = {
            let sum = |side: &[u8; N]| side.iter().map(|&p| u32::from(p)).sum::<u32>();
            let n = N as u32;
            match self.inside {
                [true, true] => (sum(&self.above) + sum(&self.left) + n) / (2 * n),
                [true, false] => (sum(&self.above) + n / 2) / n,
                [false, true] => (sum(&self.left) + n / 2) / n,
                [false, false] => 128,
            }
        };
        for (line, &left) in out.chunks_exact_mut(N).zip(&self.left) {
            match mode {
                Mode::Dc => line.fill(mean as u8),
                Mode::Vertical => line.copy_from_slice(&self.above),
                Mode::Horizontal => line.fill(left),
                Mode::TrueMotion => {
                    for (pixel, &above) in line.iter_mut().zip(&self.above) {
                        *pixel = clamp(i32::from(left) + i32::from(above) - i32::from(self.corner));
                    }
                }
            }
        }
    }
}

/// Modes of 4 × 4 blocks, in the order of the standard's numbers.
pub(super) const SUBMODES: usize = 10;

/// A 4 × 4 block by the mode of that number. `edge`: left from the bottom up, the corner, eight above.
#[rustfmt::skip]
#[allow(clippy::indexing_slicing, reason = "all indices are below the constant sizes")]
pub(super) fn sub(mode: usize, edge: &[u8; 13]) -> [u8; 16] {
    let e = |i: usize| u32::from(edge[i]);
    let two = |i: usize| ((e(i) + e(i + 1) + 1) >> 1) as u8;
    let three = |i: usize| ((e(i) + 2 * e(i + 1) + e(i + 2) + 2) >> 2) as u8;
    // The last of a side counts twice.
    let ends = |inner: usize, last: usize| ((e(inner) + 3 * e(last) + 2) >> 2) as u8;
    match mode {
        0 => [(((0..4).chain(5..9).map(e).sum::<u32>() + 4) >> 3) as u8; 16],
        1 => std::array::from_fn(|at| {
            let (row, column) = (at / 4, at % 4);
            clamp(e(3 - row) as i32 + e(5 + column) as i32 - e(4) as i32)
        }),
        2 => std::array::from_fn(|at| three(4 + at % 4)),
        3 => {
            let rows = [three(2), three(1), three(0), ends(1, 0)];
            std::array::from_fn(|at| rows[at / 4])
        }
        4 => std::array::from_fn(|at| match at / 4 + at % 4 {
            6 => ends(11, 12),
            d => three(5 + d),
        }),
        5 => std::array::from_fn(|at| three(3 - at / 4 + at % 4)),
        6 => [
            two(4), two(5), two(6), two(7),
            three(3), three(4), three(5), three(6),
            three(2), two(4), two(5), two(6),
            three(1), three(3), three(4), three(5),
        ],
        7 => [
            two(5), two(6), two(7), two(8),
            three(5), three(6), three(7), three(8),
            two(6), two(7), two(8), three(9),
            three(6), three(7), three(8), three(10),
        ],
        8 => [
            two(3), three(3), three(4), three(5),
            two(2), three(2), two(3), three(3),
            two(1), three(1), two(2), three(2),
            two(0), three(0), two(1), three(1),
        ],
        _ => {
            let last = edge[0];
            [
                two(2), three(1), two(1), three(0),
                two(1), three(0), two(0), ends(1, 0),
                two(0), ends(1, 0), last, last,
                last, last, last, last,
            ]
        }
    }
}
