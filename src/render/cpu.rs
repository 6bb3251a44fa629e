//! The reference painter: every pixel by the definition of [`Scene`].

use super::{Heatmap, Interpolation, LabelOverlay, Scene};
use crate::tone::{Colour, Frame, Grey, PADDING};

/// Paints a scene. Gives `width` × `height` × 4 bytes, R G B A, A = 255.
pub fn paint(scene: &Scene, width: u32, height: u32) -> Vec<u8> {
    let size = scene.frame.size();
    let m = scene.view.canvas_to_image(size, (width, height));
    let mut out = vec![0_u8; width as usize * height as usize * 4];
    for (y, line) in out
        .chunks_exact_mut((width as usize * 4).max(4))
        .enumerate()
    {
        let v = y as f64 + 0.5;
        let (start_x, start_y) = (m[1] * v + m[2], m[4] * v + m[5]);
        for (x, pixel) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let u = x as f64 + 0.5;
            let (column, row) = (m[0] * u + start_x, m[3] * u + start_y);
            *pixel = [0, 0, 0, 255];
            // The frame reaches half a pixel beyond the outermost centres.
            if column < -0.5
                || row < -0.5
                || column >= size.0 as f64 - 0.5
                || row >= size.1 as f64 - 0.5
            {
                continue;
            }
            let base = match scene.frame.as_ref() {
                Frame::Grey(grey) => match value(grey, column, row, scene.interpolation) {
                    Some(value) => shade(scene, value),
                    None => [0; 3],
                },
                Frame::Colour(colour) => mix(colour, column, row, scene.interpolation),
            };
            let base = scene
                .labels
                .as_ref()
                .map_or(base, |labels| over_labels(base, labels, size, column, row));
            let base = scene
                .heatmap
                .as_ref()
                .map_or(base, |map| over_heatmap(base, map, column, row));
            let [r, g, b] = base;
            *pixel = [r, g, b, 255];
        }
    }
    out
}

/// Grey or colour of a modality value.
fn shade(scene: &Scene, value: f32) -> [u8; 3] {
    let shown = scene.voi.map(value);
    let shown = if scene.invert { 1.0 - shown } else { shown };
    let level = (shown * 255.0 + 0.5) as u8;
    match &scene.colours {
        Some(colours) => colours
            .get(usize::from(level))
            .copied()
            .unwrap_or([level; 3]),
        None => [level; 3],
    }
}

/// The nearest centre and, for bilinear, the four around it with their weights.
fn taps(at: f64, size: usize) -> (usize, usize, f32, usize) {
    let last = size.saturating_sub(1);
    let at = at.clamp(0.0, last as f64);
    let low = at.floor();
    let weight = (at - low) as f32;
    let low = low as usize;
    (
        low,
        (low + 1).min(last),
        weight,
        (at + 0.5).floor() as usize,
    )
}

/// The modality value at a place; `None` where the nearest pixel is padding.
fn value(grey: &Grey, column: f64, row: f64, how: Interpolation) -> Option<f32> {
    let (x0, x1, wx, nx) = taps(column, grey.columns);
    let (y0, y1, wy, ny) = taps(row, grey.rows);
    let at = |x: usize, y: usize| {
        grey.values
            .get(y * grey.columns + x)
            .copied()
            .unwrap_or(PADDING)
    };
    let nearest = at(nx.min(grey.columns - 1), ny.min(grey.rows - 1));
    if nearest == PADDING {
        return None;
    }
    if how == Interpolation::Nearest {
        return Some(nearest);
    }
    let tap = |x, y| {
        let v = at(x, y);
        if v == PADDING { nearest } else { v }
    };
    let top = tap(x0, y0) + (tap(x1, y0) - tap(x0, y0)) * wx;
    let bottom = tap(x0, y1) + (tap(x1, y1) - tap(x0, y1)) * wx;
    Some(top + (bottom - top) * wy)
}

/// The colour at a place.
fn mix(colour: &Colour, column: f64, row: f64, how: Interpolation) -> [u8; 3] {
    let (x0, x1, wx, nx) = taps(column, colour.columns);
    let (y0, y1, wy, ny) = taps(row, colour.rows);
    let at = |x: usize, y: usize, c: usize| {
        colour
            .rgba
            .get((y * colour.columns + x) * 4 + c)
            .copied()
            .unwrap_or(0)
    };
    std::array::from_fn(|c| {
        if how == Interpolation::Nearest {
            return at(nx.min(colour.columns - 1), ny.min(colour.rows - 1), c);
        }
        let f = |x, y| f32::from(at(x, y, c));
        let top = f(x0, y0) + (f(x1, y0) - f(x0, y0)) * wx;
        let bottom = f(x0, y1) + (f(x1, y1) - f(x0, y1)) * wx;
        (top + (bottom - top) * wy + 0.5) as u8
    })
}

fn blend(base: [u8; 3], over: [u8; 3], opacity: f32) -> [u8; 3] {
    std::array::from_fn(|c| {
        let (b, o) = (
            f32::from(base.get(c).copied().unwrap_or(0)),
            f32::from(over.get(c).copied().unwrap_or(0)),
        );
        (b + (o - b) * opacity.clamp(0.0, 1.0) + 0.5) as u8
    })
}

fn over_labels(
    base: [u8; 3],
    map: &LabelOverlay,
    size: (usize, usize),
    column: f64,
    row: f64,
) -> [u8; 3] {
    let (x, y) = (
        (column + 0.5).floor() as usize,
        (row + 0.5).floor() as usize,
    );
    let at = |x: usize, y: usize| map.labels.get(y * size.0 + x).copied().unwrap_or(0);
    let label = at(x, y);
    if label == 0 {
        return base;
    }
    if map.outline {
        let inside = x > 0 && y > 0 && x + 1 < size.0 && y + 1 < size.1;
        if inside
            && [at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)]
                .iter()
                .all(|&l| l == label)
        {
            return base;
        }
    }
    blend(
        base,
        map.colours
            .get(usize::from(label))
            .copied()
            .unwrap_or([255; 3]),
        map.opacity,
    )
}

fn over_heatmap(base: [u8; 3], map: &Heatmap, column: f64, row: f64) -> [u8; 3] {
    let [left, top, right, bottom] = map.extent.map(f64::from);
    let x = (column - left) / (right - left) * map.columns as f64 - 0.5;
    let y = (row - top) / (bottom - top) * map.rows as f64 - 0.5;
    if !(x >= -0.5 && y >= -0.5 && x < map.columns as f64 - 0.5 && y < map.rows as f64 - 0.5) {
        return base;
    }
    let grid = |x: usize, y: usize| map.values.get(y * map.columns + x).copied().unwrap_or(0.0);
    let (x0, x1, wx, nx) = taps(x, map.columns);
    let (y0, y1, wy, ny) = taps(y, map.rows);
    let value = if map.smooth {
        let up = grid(x0, y0) + (grid(x1, y0) - grid(x0, y0)) * wx;
        let down = grid(x0, y1) + (grid(x1, y1) - grid(x0, y1)) * wx;
        up + (down - up) * wy
    } else {
        grid(nx, ny)
    };
    if value < map.threshold {
        return base;
    }
    let [low, high] = map.range;
    let level = ((value - low) / (high - low)).clamp(0.0, 1.0) * 255.0 + 0.5;
    blend(
        base,
        map.colours.get(level as usize).copied().unwrap_or([255; 3]),
        map.opacity,
    )
}
