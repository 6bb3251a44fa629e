//! The input rows that some output rows need, padded and laid out for a tile, in a scratch that is reused from output row to output row.

#![expect(clippy::indexing_slicing, reason = "axes: 0 to 2 of three")]

use std::ops::Range;

use crate::model::kernels::window::{Window, volume};

/// Output rows that are computed together, so that weights that do not stay in the first cache are read once for all, and that input rows
/// that several planes need are laid out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// Output planes.
    planes: Along,
    /// Output rows of each.
    rows: Along,
}

/// Some output places along an axis. From one to the next lies `step`: with a dilation above 1, places whose taps coincide come one after
/// the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Along {
    first: usize,
    step: usize,
    count: usize,
}

impl Along {
    fn places(self) -> impl Iterator<Item = usize> + Clone {
        (0..self.count).map(move |i| self.first + i * self.step)
    }
}

impl Group {
    /// Plane and row of each.
    pub(crate) fn each(&self) -> impl Iterator<Item = [usize; 2]> {
        let rows = self.rows;
        self.planes
            .places()
            .flat_map(move |d| rows.places().map(move |h| [d, h]))
    }
}

/// How output places along an axis share slots.
#[derive(Debug, Clone, Copy)]
struct Sharing {
    /// Places of a group at most.
    together: usize,
    /// See [`Along`].
    step: usize,
    /// Slots.
    slots: usize,
}

impl Sharing {
    fn new(window: &Window, a: usize, output: usize, together: usize) -> Self {
        let (kernel, stride, dilation) = (window.kernel[a], window.stride[a], window.dilation[a]);
        let step = dilation / gcd(stride, dilation);
        let together = together.clamp(1, output.div_ceil(step).max(1));
        // From one place of a group to the next the taps move on by a whole number of dilations.
        let slots = kernel + (together - 1) * (step * stride / dilation);
        Self {
            together,
            step,
            slots,
        }
    }

    /// `from..to` in groups.
    fn groups(self, from: usize, to: usize) -> impl Iterator<Item = Along> {
        let Self { together, step, .. } = self;
        (from..to.min(from + step)).flat_map(move |start| {
            (start..to)
                .step_by(step * together)
                .map(move |first| Along {
                    first,
                    step,
                    count: together.min((to - first).div_ceil(step)),
                })
        })
    }
}

/// Planes that share their input rows, where a kernel covers several.
const PLANES: usize = 4;

/// One input row that one output row needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Tap in D and H: position in D × kernel H + position in H.
    pub(crate) tap: usize,
    /// Offset of the row.
    pub(crate) at: usize,
}

/// The order in which output rows are computed, and which input rows each needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    window: Window,
    input: [usize; 3],
    output: [usize; 3],
    planes: Sharing,
    rows: Sharing,
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Walk {
    /// `None` where the kernel is larger than the padded input.
    pub(crate) fn new(window: &Window, input: [usize; 3], together: usize) -> Option<Self> {
        let output = window.output(input)?;
        let shared = window.stride[0] < window.reach(0) && window.kernel[0] > 1;
        Some(Self {
            window: *window,
            input,
            output,
            planes: Sharing::new(window, 0, output[0], if shared { PLANES } else { 1 }),
            rows: Sharing::new(window, 1, output[1], together),
        })
    }

    /// Whether a scratch for places of `channels` values can be counted.
    pub(crate) fn fits(&self, channels: usize) -> bool {
        let [before, after] = self.window.pads[2];
        let places = (self.input[2] + before + after).checked_add(16 * self.window.stride[2]);
        places.is_some_and(|n| {
            volume([self.planes.slots, self.rows.slots, n + 16], channels + 1).is_some()
        })
    }

    pub(crate) fn output(&self) -> [usize; 3] {
        self.output
    }

    /// The output rows `rows`, counted over D and H, in groups.
    pub(crate) fn groups(&self, rows: Range<usize>) -> impl Iterator<Item = Group> {
        let (height, by_plane, by_row) = (self.output[1], self.planes, self.rows);
        // Whole planes, and before and after them the rows of one plane.
        let (start, end) = (rows.start, rows.end.max(rows.start));
        let first = start.div_ceil(height);
        let last = (end / height).max(first);
        let piece = move |from: usize, to: usize| {
            let d = from / height;
            let plane = Along {
                first: d,
                step: 1,
                count: 1,
            };
            let rows = by_row.groups(from - d * height, to.max(from) - d * height);
            rows.map(move |rows| Group {
                planes: plane,
                rows,
            })
        };
        let whole = by_plane.groups(first, last).flat_map(move |planes| {
            by_row
                .groups(0, height)
                .map(move |rows| Group { planes, rows })
        });
        piece(start, end.min(first * height)).chain(whole).chain(
            piece((last * height).max(start), end.max(start))
                .filter(move |_| last * height >= start),
        )
    }

    /// Tap in D and H, slot, and input row (D × height + H) of what output row `h` of plane `d` needs; rows outside of the input are left out.
    fn needs(&self, d: usize, h: usize) -> impl Iterator<Item = [usize; 3]> {
        let Self {
            window,
            input,
            planes,
            rows,
            ..
        } = *self;
        let [kd, kh, _] = window.kernel;
        (0..kd).flat_map(move |a| {
            let plane = d * window.stride[0] + a * window.dilation[0];
            // Distinct for all places of a group: see `Sharing`.
            let slot = plane / window.dilation[0] % planes.slots * rows.slots;
            let plane = plane
                .checked_sub(window.pads[0][0])
                .filter(|&z| z < input[0]);
            plane.into_iter().flat_map(move |plane| {
                (0..kh).filter_map(move |b| {
                    let place = h * window.stride[1] + b * window.dilation[1];
                    let row = place
                        .checked_sub(window.pads[1][0])
                        .filter(|&y| y < input[1])?;
                    let slot = slot + place / window.dilation[1] % rows.slots;
                    Some([a * kh + b, slot, plane * input[1] + row])
                })
            })
        })
    }

    /// The lines of output row `h` of plane `d` where the input itself serves, whose rows are `pitch` values apart.
    pub(crate) fn direct(&self, d: usize, h: usize, pitch: usize, lines: &mut Vec<Line>) {
        lines.extend(self.needs(d, h).map(|[tap, _, row]| Line {
            tap,
            at: row * pitch,
        }));
    }
}

/// The scratch: rows of `pitch` values.
#[derive(Debug)]
pub(crate) struct Ring<E> {
    values: Vec<E>,
    /// What each slot holds: input row + 1, or 0.
    holds: Vec<usize>,
    pitch: usize,
}

impl<E: Copy + Default> Ring<E> {
    /// For rows of `pitch` values, which are zero at first.
    pub(crate) fn new(walk: &Walk, pitch: usize) -> Self {
        let slots = walk.planes.slots * walk.rows.slots;
        Self {
            values: vec![E::default(); slots * pitch],
            holds: vec![0; slots],
            pitch,
        }
    }

    /// Makes the lines of output row `h` of plane `d` available: `fill` writes an input row into its slot. Only the same places of a slot
    /// may be written each time, as padding is not cleared.
    pub(crate) fn lines(
        &mut self,
        walk: &Walk,
        d: usize,
        h: usize,
        lines: &mut Vec<Line>,
        mut fill: impl FnMut(usize, &mut [E]),
    ) {
        for [tap, slot, row] in walk.needs(d, h) {
            let at = slot * self.pitch;
            if let (Some(held), Some(values)) = (
                self.holds.get_mut(slot),
                self.values.get_mut(at..at + self.pitch),
            ) {
                if *held != row + 1 {
                    fill(row, values);
                    *held = row + 1;
                }
                lines.push(Line { tap, at });
            }
        }
    }

    pub(crate) fn values(&self) -> &[E] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each group's lines, made one row after the other, still hold what they should when the whole group is there; each row comes once.
    #[test]
    fn rows_of_a_group_keep_their_lines() {
        for (kernel, stride, dilation, together) in [
            (3, 1, 1, 4),
            (3, 2, 1, 3),
            (3, 1, 16, 4),
            (5, 2, 3, 2),
            (2, 3, 2, 5),
            (1, 2, 1, 4),
            (3, 4, 6, 3),
        ] {
            let window = Window::new(
                [2, kernel, 1],
                [1, stride, 1],
                [3, dilation, 1],
                [[1, 2], [dilation, dilation], [0, 0]],
            )
            .unwrap();
            let input = [11, 37, 1];
            let walk = Walk::new(&window, input, together).unwrap();
            let output = walk.output();
            let mut ring = Ring::<usize>::new(&walk, 1);
            for rows in [
                3..output[0] * output[1] - 2,
                2..3,
                5..5,
                1..output[1],
                0..output[1] + 1,
            ] {
                let mut seen = vec![];
                for group in walk.groups(rows.clone()) {
                    let mut lines = vec![vec![]; group.each().count()];
                    for (lines, [d, h]) in lines.iter_mut().zip(group.each()) {
                        ring.lines(&walk, d, h, lines, |row, to| to[0] = row);
                        seen.push(d * output[1] + h);
                    }
                    for (lines, [d, h]) in lines.iter().zip(group.each()) {
                        let mut direct = vec![];
                        walk.direct(d, h, 1, &mut direct);
                        let held: Vec<Line> = lines
                            .iter()
                            .map(|line| Line {
                                tap: line.tap,
                                at: ring.values()[line.at],
                            })
                            .collect();
                        assert_eq!(held, direct);
                    }
                }
                seen.sort_unstable();
                assert_eq!(seen, rows.collect::<Vec<_>>());
            }
        }
    }

    /// With a dilation, a row of the input is copied once, not once for each tap.
    #[test]
    fn dilated_rows_are_reused() {
        let window =
            Window::new([3, 3, 1], [1; 3], [16, 16, 1], [[16, 16], [16, 16], [0; 2]]).unwrap();
        let walk = Walk::new(&window, [64, 64, 1], 1).unwrap();
        let mut ring = Ring::<usize>::new(&walk, 1);
        let mut copies = 0;
        for group in walk.groups(0..64 * 64) {
            for [d, h] in group.each() {
                ring.lines(&walk, d, h, &mut vec![], |_, _| copies += 1);
            }
        }
        assert_eq!(copies, 64 * 64);
    }
}
