//! The reference painter: every pixel by the definition of [`Scene`]. A line of the canvas at a time, so that the inner loops run over
//! plain slices.

use super::{
    Heatmap, Interpolation, LabelOverlay, Scene,
    taps::{Tap, Taps},
};
use crate::tone::{Colour, Frame, Grey, PADDING};

/// Paints a scene. Gives `width` × `height` × 4 bytes, R G B A, A = 255.
pub fn paint(scene: &Scene, width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    paint_into(scene, width, height, &mut out);
    out
}

/// Paints a scene into a buffer that is kept between pictures. It becomes `width` × `height` × 4 bytes, R G B A, A = 255.
pub fn paint_into(scene: &Scene, width: u32, height: u32, out: &mut Vec<u8>) {
    let size = scene.frame.size();
    out.resize(width as usize * height as usize * 4, 0);
    if out.is_empty() {
        return;
    }
    if size.0 == 0 || size.1 == 0 {
        out.as_chunks_mut().0.fill(BLACK);
        return;
    }
    let taps = Taps::of_frame(&scene.view, size, (width, height));
    let heat = scene.heatmap.as_ref().map(|map| {
        (
            map,
            Taps::of_heatmap(&scene.view, size, (width, height), map),
        )
    });
    let lines = out.as_chunks_mut::<4>().0.chunks_exact_mut(width as usize);
    match scene.frame.as_ref() {
        Frame::Grey(grey) => {
            let mut painter = GreyLines::new(scene, grey, width as usize);
            for (y, line) in lines.enumerate() {
                painter.paint(&taps, y, line);
                overlays(scene, size, &taps, heat.as_ref(), y, line);
            }
        }
        Frame::Colour(colour) => {
            let mut mean = Vec::new();
            for (y, line) in lines.enumerate() {
                if taps.turned || scene.interpolation == Interpolation::Nearest {
                    for (x, pixel) in line.iter_mut().enumerate() {
                        *pixel = place(&taps, x, y).map_or(BLACK, |(column, row)| {
                            mix(colour, column, row, scene.interpolation)
                        });
                    }
                } else {
                    mix_line(colour, &taps, y, &mut mean, line);
                }
                overlays(scene, size, &taps, heat.as_ref(), y, line);
            }
        }
    }
}

const BLACK: [u8; 4] = [0, 0, 0, 255];

/// The taps of a canvas pixel along columns and rows; `None` beyond the grid.
fn place(taps: &Taps, x: usize, y: usize) -> Option<(Tap, Tap)> {
    let (along, down) = if taps.turned { (y, x) } else { (x, y) };
    let (column, row) = (*taps.columns.get(along)?, *taps.rows.get(down)?);
    (column.nearest.is_some() && row.nearest.is_some()).then_some((column, row))
}

/// What painting grey lines needs again and again.
struct GreyLines<'a> {
    scene: &'a Scene,
    grey: &'a Grey,
    /// Display level → pixel.
    colours: [[u8; 4]; 256],
    /// Whether a row of the frame holds padding; `None`: not looked at yet.
    padded: Vec<Option<bool>>,
    /// One line of the frame between two of its rows.
    mean: Vec<f32>,
    /// Modality values of the canvas line, [`PADDING`] where nothing is.
    values: Vec<f32>,
    levels: Vec<u8>,
}

impl<'a> GreyLines<'a> {
    fn new(scene: &'a Scene, grey: &'a Grey, width: usize) -> Self {
        let colours = std::array::from_fn(|level| {
            let plain = [level as u8; 3];
            let [r, g, b] = scene.colours.as_ref().map_or(plain, |colours| {
                colours.get(level).copied().unwrap_or(plain)
            });
            [r, g, b, 255]
        });
        Self {
            scene,
            grey,
            colours,
            padded: vec![None; grey.rows],
            mean: Vec::new(),
            values: vec![PADDING; width],
            levels: vec![0; width],
        }
    }

    fn row(&self, row: u32) -> &'a [f32] {
        let start = row as usize * self.grey.columns;
        self.grey
            .values
            .get(start..start + self.grey.columns)
            .unwrap_or_default()
    }

    fn padded(&mut self, row: u32) -> bool {
        let known = self.padded.get(row as usize).copied().flatten();
        known.unwrap_or_else(|| {
            // A sum of comparisons instead of a search: it has no early end, so it runs on whole vectors.
            let found = self
                .row(row)
                .iter()
                .fold(0_u32, |n, &v| n | u32::from(v == PADDING))
                != 0;
            if let Some(known) = self.padded.get_mut(row as usize) {
                *known = Some(found);
            }
            found
        })
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "taps lie within the frame whose size they were made for"
    )]
    fn paint(&mut self, taps: &Taps, y: usize, line: &mut [[u8; 4]]) {
        let lines = if taps.turned {
            &taps.columns
        } else {
            &taps.rows
        };
        let Some(&across) = lines.get(y).filter(|tap| tap.nearest.is_some()) else {
            line.fill(BLACK);
            return;
        };
        let along = if taps.turned {
            &taps.rows
        } else {
            &taps.columns
        };
        if self.scene.interpolation == Interpolation::Nearest {
            let near = across.nearest.unwrap_or(0);
            let grey = self.grey;
            let (start, step) = if taps.turned {
                (near as usize, grey.columns)
            } else {
                (near as usize * grey.columns, 1)
            };
            for (value, tap) in self.values.iter_mut().zip(along) {
                *value = tap.nearest.map_or(PADDING, |at| {
                    grey.values
                        .get(start + at as usize * step)
                        .copied()
                        .unwrap_or(PADDING)
                });
            }
        } else if taps.turned {
            for (x, value) in self.values.iter_mut().enumerate() {
                *value = place(taps, x, y)
                    .map_or(PADDING, |(column, row)| between(self.grey, column, row));
            }
        } else if self.padded(across.low) || self.padded(across.high) {
            for (value, &column) in self.values.iter_mut().zip(along) {
                *value = if column.nearest.is_some() {
                    between(self.grey, column, across)
                } else {
                    PADDING
                };
            }
        } else {
            let (top, bottom) = (self.row(across.low), self.row(across.high));
            self.mean.clear();
            self.mean.extend(
                top.iter()
                    .zip(bottom)
                    .map(|(a, b)| a + (b - a) * across.weight),
            );
            let mean = &self.mean;
            for (value, tap) in self.values.iter_mut().zip(along) {
                let (left, right) = (mean[tap.low as usize], mean[tap.high as usize]);
                *value = left + (right - left) * tap.weight;
            }
            // Beyond the frame at the left and the right.
            for (value, tap) in self.values.iter_mut().zip(along) {
                if tap.nearest.is_none() {
                    *value = PADDING;
                }
            }
        }
        let lut = self.scene.presentation_lut.as_ref();
        self.scene.voi.levels(
            &self.values,
            lut.map(|lut| lut.as_slice()),
            self.scene.invert,
            &mut self.levels,
        );
        for ((pixel, &level), &value) in line.iter_mut().zip(&self.levels).zip(&self.values) {
            *pixel = if value == PADDING {
                BLACK
            } else {
                self.colours[usize::from(level)]
            };
        }
    }
}

/// The bilinear modality value at a place within the frame: along the columns of pixels first, then along the rows. A tap that is padding
/// counts as the nearest pixel; where that is padding, so is the place.
fn between(grey: &Grey, column: Tap, row: Tap) -> f32 {
    let at = |x: u32, y: u32| {
        grey.values
            .get(y as usize * grey.columns + x as usize)
            .copied()
            .unwrap_or(PADDING)
    };
    let nearest = at(column.nearest.unwrap_or(0), row.nearest.unwrap_or(0));
    if nearest == PADDING {
        return PADDING;
    }
    let tap = |x, y| {
        let v = at(x, y);
        if v == PADDING { nearest } else { v }
    };
    let side = |x| {
        let (top, bottom) = (tap(x, row.low), tap(x, row.high));
        top + (bottom - top) * row.weight
    };
    let (left, right) = (side(column.low), side(column.high));
    left + (right - left) * column.weight
}

/// The colour at a place within the frame.
fn mix(colour: &Colour, column: Tap, row: Tap, how: Interpolation) -> [u8; 4] {
    let at = |x: u32, y: u32| {
        let start = (y as usize * colour.columns + x as usize) * 4;
        colour
            .rgba
            .get(start..start + 4)
            .and_then(|p| p.first_chunk::<4>())
            .copied()
            .unwrap_or(BLACK)
    };
    if how == Interpolation::Nearest {
        let [r, g, b, _] = at(column.nearest.unwrap_or(0), row.nearest.unwrap_or(0));
        return [r, g, b, 255];
    }
    let side = |x| {
        let (top, bottom) = (at(x, row.low), at(x, row.high));
        let mean = |t: u8, b: u8| f32::from(t) + (f32::from(b) - f32::from(t)) * row.weight;
        [
            mean(top[0], bottom[0]),
            mean(top[1], bottom[1]),
            mean(top[2], bottom[2]),
        ]
    };
    let (left, right) = (side(column.low), side(column.high));
    let mean = |l: f32, r: f32| (l + (r - l) * column.weight + 0.5) as u8;
    [
        mean(left[0], right[0]),
        mean(left[1], right[1]),
        mean(left[2], right[2]),
        255,
    ]
}

/// A line of bilinear colours, as [`mix`] gives them one by one. `mean`: memory that is kept from line to line.
fn mix_line(
    colour: &Colour,
    taps: &Taps,
    y: usize,
    mean: &mut Vec<[f32; 4]>,
    line: &mut [[u8; 4]],
) {
    let pixels = colour.rgba.as_chunks::<4>().0;
    let row = |row: u32| {
        let start = row as usize * colour.columns;
        pixels
            .get(start..start + colour.columns)
            .unwrap_or_default()
    };
    let Some(across) = taps.rows.get(y).filter(|tap| tap.nearest.is_some()) else {
        line.fill(BLACK);
        return;
    };
    let (top, bottom) = (row(across.low), row(across.high));
    mean.clear();
    mean.extend(top.iter().zip(bottom).map(|(t, b)| -> [f32; 4] {
        std::array::from_fn(|c| {
            f32::from(t[c]) + (f32::from(b[c]) - f32::from(t[c])) * across.weight
        })
    }));
    for (pixel, tap) in line.iter_mut().zip(&taps.columns) {
        let ends = (mean.get(tap.low as usize), mean.get(tap.high as usize));
        *pixel = match ends {
            (Some(left), Some(right)) if tap.nearest.is_some() => {
                // By way of i32, for which there is a vector instruction.
                let all: [i32; 4] = std::array::from_fn(|c| {
                    (left[c] + (right[c] - left[c]) * tap.weight + 0.5) as i32
                });
                let [r, g, b, _] = all.map(|v| v as u8);
                [r, g, b, 255]
            }
            _ => BLACK,
        };
    }
}

fn overlays(
    scene: &Scene,
    size: (usize, usize),
    taps: &Taps,
    heat: Option<&(&Heatmap, Taps)>,
    y: usize,
    line: &mut [[u8; 4]],
) {
    if let Some(fixed) = &scene.fixed {
        for (x, pixel) in line.iter_mut().enumerate() {
            let Some((column, row)) = place(taps, x, y) else {
                continue;
            };
            let at =
                row.nearest.unwrap_or(0) as usize * size.0 + column.nearest.unwrap_or(0) as usize;
            if let Some(&[r, g, b, alpha]) = fixed.get(at)
                && alpha != 0
            {
                *pixel = [r, g, b, 255];
            }
        }
    }
    if let Some(labels) = &scene.labels {
        for (x, pixel) in line.iter_mut().enumerate() {
            if let Some((column, row)) = place(taps, x, y) {
                over_labels(pixel, labels, size, column, row);
            }
        }
    }
    if let Some((map, cells)) = heat {
        for (x, pixel) in line.iter_mut().enumerate() {
            // Only over the frame, also where the extent reaches further.
            if place(taps, x, y).is_some()
                && let Some((column, row)) = place(cells, x, y)
            {
                over_heatmap(pixel, map, column, row);
            }
        }
    }
    if let Some(marks) = &scene.marks {
        for (x, pixel) in line.iter_mut().enumerate() {
            if let Some((column, row)) = place(taps, x, y) {
                over_labels(pixel, marks, size, column, row);
            }
        }
    }
}

fn blend(pixel: &mut [u8; 4], over: [u8; 3], opacity: f32) {
    let opacity = opacity.clamp(0.0, 1.0);
    for (b, o) in pixel.iter_mut().zip(over) {
        let base = f32::from(*b);
        *b = (base + (f32::from(o) - base) * opacity + 0.5) as u8;
    }
}

fn over_labels(
    pixel: &mut [u8; 4],
    map: &LabelOverlay,
    size: (usize, usize),
    column: Tap,
    row: Tap,
) {
    let (x, y) = (
        column.nearest.unwrap_or(0) as usize,
        row.nearest.unwrap_or(0) as usize,
    );
    let at = |x: usize, y: usize| map.labels.get(y * size.0 + x).copied().unwrap_or(0);
    let label = at(x, y);
    if label == 0 {
        return;
    }
    if map.outline {
        let inside = x > 0 && y > 0 && x + 1 < size.0 && y + 1 < size.1;
        if inside
            && [at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)]
                .iter()
                .all(|&l| l == label)
        {
            return;
        }
    }
    let colour = map
        .colours
        .get(usize::from(label))
        .copied()
        .unwrap_or([255; 3]);
    blend(pixel, colour, map.opacity);
}

fn over_heatmap(pixel: &mut [u8; 4], map: &Heatmap, column: Tap, row: Tap) {
    let cell = |x: u32, y: u32| {
        map.values
            .get(y as usize * map.columns + x as usize)
            .copied()
            .unwrap_or(f32::NAN)
    };
    let value = if map.smooth {
        let side = |x| {
            let (top, bottom) = (cell(x, row.low), cell(x, row.high));
            top + (bottom - top) * row.weight
        };
        let (left, right) = (side(column.low), side(column.high));
        left + (right - left) * column.weight
    } else {
        cell(column.nearest.unwrap_or(0), row.nearest.unwrap_or(0))
    };
    // A value that is no number is never painted.
    if value.is_nan() || value < map.threshold {
        return;
    }
    let [low, high] = map.range;
    let level = (((value - low) / (high - low)).clamp(0.0, 1.0) * 255.0 + 0.5) as usize;
    blend(
        pixel,
        map.colours.get(level).copied().unwrap_or([255; 3]),
        map.opacity,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::View;

    #[test]
    fn a_line_of_colours_is_what_its_pixels_are() {
        let (columns, rows) = (13, 9);
        let rgba = (0..columns * rows * 4)
            .map(|i| (i * 97 % 251) as u8)
            .collect();
        let colour = Colour {
            columns,
            rows,
            rgba,
        };
        for (zoom, pan, flip) in [
            (3.7, [4.3, -2.0], false),
            (0.4, [0.0, 0.0], true),
            (1.0, [-6.5, 3.5], false),
        ] {
            let view = View {
                zoom,
                pan,
                quarter_turns: 2,
                flip,
                aspect: 1.2,
            };
            let taps = Taps::of_frame(&view, (columns, rows), (31, 23));
            let mut mean = Vec::new();
            for y in 0..23 {
                let mut line = [[7; 4]; 31];
                mix_line(&colour, &taps, y, &mut mean, &mut line);
                for (x, pixel) in line.iter().enumerate() {
                    let alone = place(&taps, x, y).map_or(BLACK, |(column, row)| {
                        mix(&colour, column, row, Interpolation::Linear)
                    });
                    assert_eq!(*pixel, alone, "{x} {y}");
                }
            }
        }
    }
}
