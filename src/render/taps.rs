//! Where the pixels of a canvas fall on a grid. Both painters read these tables, so that neither rounds a place in its own way.
//!
//! A view only turns by quarters: one canvas axis runs along the grid's columns, the other along its rows, and a place is two entries.

use super::{Heatmap, View};

/// Where one canvas line falls along one axis of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tap {
    /// The grid line at or before the place, and the next one (the last one again at the edge).
    pub(super) low: u32,
    pub(super) high: u32,
    /// Share of `high` in the bilinear mean, 0 ≤ weight < 1.
    pub(super) weight: f32,
    /// The nearest grid line; `None` beyond the grid, which reaches half a cell over its outermost centres.
    pub(super) nearest: Option<u32>,
}

/// The taps of both axes of a grid.
#[derive(Debug)]
pub(super) struct Taps {
    /// Along the grid's columns; one entry a canvas column, or a canvas row when `turned`.
    pub(super) columns: Vec<Tap>,
    /// Along the grid's rows; one entry a canvas row, or a canvas column when `turned`.
    pub(super) rows: Vec<Tap>,
    /// The grid's columns run down the canvas.
    pub(super) turned: bool,
}

impl Taps {
    /// The taps of the frame itself.
    pub(super) fn of_frame(view: &View, size: (usize, usize), canvas: (u32, u32)) -> Self {
        Self::new(view, size, canvas, size, [1.0, 0.0, 1.0, 0.0])
    }

    /// The taps of a heatmap's cells.
    pub(super) fn of_heatmap(
        view: &View,
        size: (usize, usize),
        canvas: (u32, u32),
        map: &Heatmap,
    ) -> Self {
        let [left, top, right, bottom] = map.extent.map(f64::from);
        let (sx, sy) = (
            map.columns as f64 / (right - left),
            map.rows as f64 / (bottom - top),
        );
        let to_cells = [sx, -left * sx - 0.5, sy, -top * sy - 0.5];
        Self::new(view, size, canvas, (map.columns, map.rows), to_cells)
    }

    /// `to_grid`: factor and offset from image columns to grid columns, and the same for rows.
    fn new(
        view: &View,
        size: (usize, usize),
        canvas: (u32, u32),
        grid: (usize, usize),
        to_grid: [f64; 4],
    ) -> Self {
        let m = view.canvas_to_image(size, canvas);
        let turned = view.quarter_turns % 2 == 1;
        let (per_x, per_y) = if turned { (m[1], m[3]) } else { (m[0], m[4]) };
        let (wide, high) = if turned { (canvas.1, canvas.0) } else { canvas };
        let [fx, ox, fy, oy] = to_grid;
        Self {
            columns: axis(wide, per_x * fx, m[2] * fx + ox, grid.0),
            rows: axis(high, per_y * fy, m[5] * fy + oy, grid.1),
            turned,
        }
    }
}

/// `count` canvas lines whose centres lie at `(i + 0.5) * factor + offset` on a grid of `size` lines.
fn axis(count: u32, factor: f64, offset: f64, size: usize) -> Vec<Tap> {
    let last = size.saturating_sub(1);
    (0..count)
        .map(|i| {
            let at = (f64::from(i) + 0.5) * factor + offset;
            let inside = at >= -0.5 && at < size as f64 - 0.5;
            let at = if at.is_finite() {
                at.clamp(0.0, last as f64)
            } else {
                0.0
            };
            let low = at.floor();
            Tap {
                low: low as u32,
                high: (low as usize + 1).min(last) as u32,
                weight: (at - low) as f32,
                nearest: inside.then(|| ((at + 0.5).floor() as usize).min(last) as u32),
            }
        })
        .collect()
}
