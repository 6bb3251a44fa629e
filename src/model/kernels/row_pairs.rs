//! Winograd's filtering F(2, 3) along H for tiles with places in lanes: two output rows from four rows that are sums and differences of input
//! rows, so four products for each weight's row, not six. For kernels of 3 along H, of any extent else.
//!
//! For output rows h and h + dilation, from input rows a to d: the rows a − c, b + c, c − b, b − d are each convolved along D and W with
//! their own weights, which gives m₀ to m₃; the outputs are m₀ + m₁ + m₂ and m₁ − m₂ − m₃. With the weights times 2, as integers have them,
//! they are twice the outputs.

use std::ops::Range;

use crate::model::kernels::ring::Line;
use crate::model::kernels::window::{Window, volume};
use crate::model::kernels::winograd::{Four, Value, combine, pieces};

/// Products of a pair of rows.
pub(crate) const PRODUCTS: usize = 4;
/// Pairs of rows that are computed one after the other, sharing input rows.
const TOGETHER: usize = 4;

/// Whether this form can compute a window.
pub(crate) fn serves(window: &Window) -> bool {
    window.kernel[1] == 3 && window.stride[..2] == [1, 1]
}

/// What a layer does with its numbers.
pub(crate) trait Layer {
    /// Of the input as it is laid out.
    type Value: Value;

    /// Lays input row `row` (D × height + H) out.
    fn fill(&mut self, row: usize, to: &mut [Self::Value]);

    /// Computes two output rows (D × height + H), the second of which may not be there. `base`: the pair's four combinations, a line each, and
    /// behind them others; `lines`: where they begin for each plane of the kernel.
    fn two_rows(&mut self, base: &[Self::Value], lines: &[Line], to: [Option<usize>; 2]);
}

/// From the four products' sums to the two outputs, in the first two places.
#[inline]
pub(crate) fn outputs<S: Four, const N: usize>(sums: &mut [[[S; 2]; N]; PRODUCTS], count: usize) {
    let [a, b, c, d] = sums;
    let four = a.iter_mut().zip(b).zip(c.iter().zip(&*d)).take(count);
    for ((a, b), (c, d)) in four {
        for ((a, b), (c, d)) in a.iter_mut().zip(b).zip(c.iter().zip(d)) {
            (*a, *b) = (a.plus(*b).plus(*c), b.minus(*c).minus(*d));
        }
    }
}

/// The room for one run.
struct Room<V> {
    /// Values of a line.
    line: usize,
    /// Slot of a plane, pair, product.
    combined: Vec<V>,
    /// What each slot holds: input plane + 1, or 0.
    holds: Vec<usize>,
    /// Input rows laid out, and one of zeros.
    raw: Vec<V>,
    /// What each holds: input row (D × height + H) + 1, or 0.
    raw_holds: [usize; 4],
}

impl<V: Value> Room<V> {
    /// The four combinations for some pairs of rows of one plane.
    fn combine(
        &mut self,
        window: &Window,
        extent: [usize; 3],
        plane: usize,
        slot: usize,
        firsts: impl Iterator<Item = usize>,
        layer: &mut impl Layer<Value = V>,
    ) {
        let (line, dilation) = (self.line, window.dilation[1]);
        for (pair, first) in firsts.enumerate() {
            let mut at = [4; 4];
            for (k, at) in at.iter_mut().enumerate() {
                let place = first + k * dilation;
                let row = place.checked_sub(window.pads[1][0]);
                let Some(row) = row.filter(|&y| y < extent[1]) else {
                    continue;
                };
                *at = place / dilation % 4;
                let row = plane * extent[1] + row;
                let to = self.raw.get_mut(*at * line..(*at + 1) * line);
                if let (Some(held), Some(to)) = (self.raw_holds.get_mut(*at), to)
                    && *held != row + 1
                {
                    layer.fill(row, to);
                    *held = row + 1;
                }
            }
            let raw = &self.raw;
            let [a, b, c, d] = at.map(|at| raw.get(at * line..(at + 1) * line).unwrap_or_default());
            let to = (slot * TOGETHER + pair) * PRODUCTS * line;
            let to = self.combined.get_mut(to..to + PRODUCTS * line);
            let mut to = to.unwrap_or_default().chunks_exact_mut(line);
            if let (Some(p), Some(q), Some(r), Some(s)) =
                (to.next(), to.next(), to.next(), to.next())
            {
                combine([a, b, c, d], [p, q, r, s]);
            }
        }
    }
}

/// All rows of a run. `line`: values of a line as it is laid out.
pub(crate) fn run<L: Layer>(
    window: &Window,
    extent: [usize; 3],
    line: usize,
    rows: &Range<usize>,
    height: usize,
    layer: &mut L,
) -> Option<()> {
    let kernel = window.kernel[0];
    let dilation = window.dilation[1];
    volume([kernel * TOGETHER * PRODUCTS, 1, line], 1)?;
    let zero = L::Value::default();
    let mut room = Room {
        line,
        combined: vec![zero; kernel * TOGETHER * PRODUCTS * line],
        holds: vec![0; kernel],
        raw: vec![zero; 5 * line],
        raw_holds: [0; 4],
    };
    let mut lines = Vec::with_capacity(kernel);
    for piece in pieces(rows, height) {
        // Pairs whose input rows coincide come one after the other.
        let starts =
            (0..dilation).flat_map(|r| (r..piece.rows.len()).step_by(2 * dilation * TOGETHER));
        for start in starts {
            let firsts = (piece.rows.start + start..piece.rows.end)
                .step_by(2 * dilation)
                .take(TOGETHER);
            room.holds.fill(0);
            let apart = window.dilation[0];
            for d in (0..apart).flat_map(|r| piece.planes.clone().skip(r).step_by(apart)) {
                lines.clear();
                for a in 0..kernel {
                    let place = d + a * apart;
                    let plane = place.checked_sub(window.pads[0][0]);
                    let Some(plane) = plane.filter(|&z| z < extent[0]) else {
                        continue;
                    };
                    let slot = place / apart % kernel;
                    if room.holds.get(slot) != Some(&(plane + 1)) {
                        room.combine(window, extent, plane, slot, firsts.clone(), layer);
                        *room.holds.get_mut(slot)? = plane + 1;
                    }
                    lines.push(Line {
                        tap: a,
                        at: slot * TOGETHER * PRODUCTS * line,
                    });
                }
                for (pair, first) in firsts.clone().enumerate() {
                    let base = room.combined.get(pair * PRODUCTS * line..)?;
                    let second = first + dilation;
                    let to = [Some(first), (second < piece.rows.end).then_some(second)];
                    layer.two_rows(base, &lines, to.map(|h| Some(d * height + h?)));
                }
            }
        }
    }
    Some(())
}
