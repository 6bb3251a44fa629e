//! Display shutters (PS3.3 C.7.6.11; of a frame: C.7.6.16.2.16; by a bitmap: C.7.6.15): what lies outside of the exposed field has the
//! shutter's colour, and no value.

use std::rc::Rc;

use dicom_dictionary_std::tags;

use super::{Frame, PADDING, codes, icc};
use crate::{
    base::Repair,
    dicom::{Instance, numbers_of, texts_of},
};

/// A polygon of more corners is left out: each row looks at all of them.
const MOST_CORNERS: usize = 16_384;

/// What of an image is shown. Rows and columns count from 1, as in the standard.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shutter {
    /// Left, right, upper, lower edge: first and last column and row that are shown.
    pub rectangle: Option<[f64; 4]>,
    /// Row and column of the centre, radius in pixels.
    pub circle: Option<[f64; 3]>,
    /// Rows and columns of the corners of a polygon; empty without one.
    pub polygon: Vec<[f64; 2]>,
    /// The group (6000, 6002, …) of the overlay plane that hides pixels.
    pub group: Option<u16>,
    /// That plane: rows × columns of the image, not 0 where it hides.
    pub bitmap: Option<Rc<Vec<u8>>>,
    /// What is painted where nothing is shown; black without Shutter Presentation Value (0018,1622).
    pub colour: [u8; 3],
}

impl Shutter {
    /// The shutter of a frame, from 0; `None` where all is shown.
    pub fn of(instance: &Instance, frame: u32) -> Option<Self> {
        Self::noting(instance, frame, &mut Vec::new())
    }

    /// The same, with the shapes that can't be applied.
    pub(super) fn noting(
        instance: &Instance,
        frame: u32,
        repairs: &mut Vec<Repair>,
    ) -> Option<Self> {
        match instance.frame_item(frame, tags::FRAME_DISPLAY_SHUTTER_SEQUENCE) {
            Some(item) => Self::read(
                |tag| texts_of(item, tag),
                |tag| numbers_of(item, tag),
                repairs,
            ),
            None => Self::read(
                |tag| instance.texts(tag),
                |tag| instance.numbers(tag),
                repairs,
            ),
        }
    }

    fn read(
        texts: impl Fn(dicom_core::Tag) -> Vec<String>,
        numbers: impl Fn(dicom_core::Tag) -> Vec<f64>,
        repairs: &mut Vec<Repair>,
    ) -> Option<Self> {
        let shapes = texts(tags::SHUTTER_SHAPE);
        let has = |shape: &str| shapes.iter().any(|s| s == shape);
        let edge = |tag| numbers(tag).first().copied();
        let mut wrong = |shape: &str| repairs.push(Repair::new(&codes::SHUTTER_INVALID, shape));
        let known = ["RECTANGULAR", "CIRCULAR", "POLYGONAL", "BITMAP", ""];
        if shapes.iter().any(|shape| !known.contains(&shape.as_str())) {
            wrong("an unknown shape");
        }
        let mut shutter = Self::default();
        if has("RECTANGULAR") {
            shutter.rectangle = (|| {
                Some([
                    edge(tags::SHUTTER_LEFT_VERTICAL_EDGE)?,
                    edge(tags::SHUTTER_RIGHT_VERTICAL_EDGE)?,
                    edge(tags::SHUTTER_UPPER_HORIZONTAL_EDGE)?,
                    edge(tags::SHUTTER_LOWER_HORIZONTAL_EDGE)?,
                ])
            })();
            if shutter.rectangle.is_none() {
                wrong("RECTANGULAR");
            }
        }
        if has("CIRCULAR") {
            let center = <[f64; 2]>::try_from(numbers(tags::CENTER_OF_CIRCULAR_SHUTTER)).ok();
            let radius = edge(tags::RADIUS_OF_CIRCULAR_SHUTTER);
            shutter.circle = center.zip(radius).map(|([y, x], radius)| [y, x, radius]);
            if shutter.circle.is_none() {
                wrong("CIRCULAR");
            }
        }
        if has("POLYGONAL") {
            let corners = numbers(tags::VERTICES_OF_THE_POLYGONAL_SHUTTER);
            let (corners, odd) = corners.as_chunks::<2>();
            if (3..=MOST_CORNERS).contains(&corners.len()) && odd.is_empty() {
                shutter.polygon = corners.to_vec();
            } else {
                wrong("POLYGONAL");
            }
        }
        if has("BITMAP") {
            shutter.group = edge(tags::SHUTTER_OVERLAY_GROUP).map(|group| group as u16);
            if shutter.group.is_none() {
                wrong("BITMAP");
            }
        }
        if shutter == Self::default() {
            return None;
        }
        // A P-Value, not windowed. Colour displays take the colour, where there is one.
        if let Some(value) = edge(tags::SHUTTER_PRESENTATION_VALUE) {
            let level = value.clamp(0.0, 65_535.0) / 65_535.0 * 255.0 + 0.5;
            shutter.colour = [level as u8; 3];
        }
        if let Ok(lab) =
            <[f64; 3]>::try_from(numbers(tags::SHUTTER_PRESENTATION_COLOR_CIE_LAB_VALUE))
        {
            shutter.colour = icc::of_lab(lab);
        }
        Some(shutter)
    }

    /// The same with the bits of its overlay plane, which `read` gives by its group.
    #[must_use]
    pub fn with_bitmap(&self, read: impl FnOnce(u16) -> Option<Vec<u8>>) -> Self {
        Self {
            bitmap: self.group.and_then(read).map(Rc::new),
            ..self.clone()
        }
    }

    /// Bytes of its outline and its bitmap.
    pub fn bytes(&self) -> usize {
        let bitmap = self.bitmap.as_ref().map_or(0, |bitmap| bitmap.len());
        size_of_val(self.polygon.as_slice()) + bitmap
    }

    /// Which pixels of a row (from 0) are hidden. `line` is as long as the row.
    fn hide(&self, row: usize, line: &mut [bool]) {
        let y = row as f64 + 1.0;
        let columns = line.len();
        line.fill(false);
        if let Some([left, right, top, bottom]) = self.rectangle {
            for (x, hidden) in (1_u32..).map(f64::from).zip(line.iter_mut()) {
                *hidden = !(x >= left && x <= right && y >= top && y <= bottom);
            }
        }
        if let Some([cy, cx, radius]) = self.circle {
            for (x, hidden) in (1_u32..).map(f64::from).zip(line.iter_mut()) {
                *hidden |= (x - cx).powi(2) + (y - cy).powi(2) > radius * radius;
            }
        }
        if self.polygon.len() > 2 {
            // Where the outline crosses this row; inside is what an odd number of crossings lies to the right of.
            let mut crossings = self.crossings(y);
            crossings.sort_by(|a, b| b.total_cmp(a));
            let mut pending = crossings.len();
            for (x, hidden) in (1_u32..).map(f64::from).zip(line.iter_mut()) {
                while pending > 0 && crossings.get(pending - 1).is_some_and(|&at| at <= x) {
                    pending -= 1;
                }
                *hidden |= pending.is_multiple_of(2);
            }
        }
        if let Some(bitmap) = &self.bitmap {
            let own = bitmap.get(row * columns..).unwrap_or_default();
            for (hidden, &bit) in line.iter_mut().zip(own) {
                *hidden |= bit != 0;
            }
        }
    }

    fn crossings(&self, y: f64) -> Vec<f64> {
        let before = self.polygon.iter().cycle().skip(self.polygon.len() - 1);
        let crossed = self.polygon.iter().zip(before);
        crossed
            .filter(|([ay, _], [by, _])| (*ay > y) != (*by > y))
            .map(|([ay, ax], [by, bx])| (bx - ax) * (y - ay) / (by - ay) + ax)
            .collect()
    }

    /// Takes away what is not shown: padding in a grey frame, the shutter's colour in a colour one. `fixed` are the colours that lie over
    /// a grey frame (see the scene); there the shutter's own colour goes, where it is not black.
    pub fn close(&self, frame: &mut Frame, fixed: &mut Option<Vec<[u8; 4]>>) {
        let (columns, rows) = frame.size();
        if columns == 0 || rows == 0 {
            return;
        }
        let mut line = vec![false; columns];
        let [r, g, b] = self.colour;
        match frame {
            Frame::Grey(grey) => {
                if self.colour != [0; 3] {
                    fixed.get_or_insert_with(|| vec![[0; 4]; columns * rows]);
                }
                let mut own = fixed.as_mut().map(|fixed| fixed.chunks_mut(columns));
                for (row, values) in grey.values.chunks_mut(columns).enumerate() {
                    self.hide(row, &mut line);
                    for (value, _) in values.iter_mut().zip(&line).filter(|(_, hidden)| **hidden) {
                        *value = PADDING;
                    }
                    if let Some(colours) = own.as_mut().and_then(Iterator::next) {
                        let hidden = colours.iter_mut().zip(&line).filter(|(_, hidden)| **hidden);
                        for (colour, _) in hidden {
                            *colour = [r, g, b, 255];
                        }
                    }
                }
            }
            Frame::Colour(colour) => {
                for (row, pixels) in colour.rgba.chunks_mut(columns * 4).enumerate() {
                    self.hide(row, &mut line);
                    let pixels = pixels.as_chunks_mut::<4>().0.iter_mut().zip(&line);
                    for (pixel, _) in pixels.filter(|(_, hidden)| **hidden) {
                        *pixel = [r, g, b, 255];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{Colour, Grey};

    /// Pixels (from 0) of a frame of 10 × 10 that are shown.
    fn shown(shutter: &Shutter) -> impl Fn(usize, usize) -> bool + use<> {
        let mut frame = Frame::Grey(Grey {
            columns: 10,
            rows: 10,
            values: vec![1.0; 100],
        });
        shutter.close(&mut frame, &mut None);
        move |column, row| match &frame {
            Frame::Grey(grey) => grey.values[row * 10 + column] != PADDING,
            Frame::Colour(_) => false,
        }
    }

    #[test]
    fn shapes_are_cut_with_each_other() {
        let mut shutter = Shutter {
            rectangle: Some([2.0, 4.0, 2.0, 3.0]),
            ..Shutter::default()
        };
        let at = shown(&shutter);
        assert!(at(1, 1) && at(3, 2));
        assert!(!at(0, 1) && !at(4, 1) && !at(1, 3));
        shutter.circle = Some([2.0, 2.0, 1.0]);
        let at = shown(&shutter);
        assert!(at(1, 1) && at(2, 1) && !at(3, 1));
    }

    /// The rule for one pixel at a time: a ray to the right crosses the outline an odd number of times.
    fn inside(polygon: &[[f64; 2]], x: f64, y: f64) -> bool {
        let before = polygon.iter().cycle().skip(polygon.len() - 1);
        let crossed = polygon.iter().zip(before).filter(|(a, b)| {
            let ([ay, ax], [by, bx]) = (**a, **b);
            (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        });
        crossed.count() % 2 == 1
    }

    #[test]
    fn polygons_by_lines_are_polygons_by_pixels() {
        let star = vec![
            [1.0, 5.0],
            [9.5, 2.0],
            [3.0, 9.0],
            [3.0, 1.0],
            [9.5, 8.0],
            [4.25, 4.25],
        ];
        let triangle = vec![[1.0, 1.0], [1.0, 9.0], [9.0, 1.0]];
        for polygon in [star, triangle] {
            let at = shown(&Shutter {
                polygon: polygon.clone(),
                ..Shutter::default()
            });
            for (x, y) in (0..100).map(|i| (i % 10, i / 10)) {
                let want = inside(&polygon, x as f64 + 1.0, y as f64 + 1.0);
                assert_eq!(at(x, y), want, "{x} {y}");
            }
        }
    }

    /// A polygon of a file, in rows and columns, and what was said of it.
    fn read(corners: &[f64], shapes: &[&str]) -> (Option<Shutter>, Vec<String>) {
        let mut repairs = vec![];
        let texts = |_| shapes.iter().map(|s| (*s).to_owned()).collect();
        let numbers = |tag| match tag {
            tags::VERTICES_OF_THE_POLYGONAL_SHUTTER => corners.to_vec(),
            _ => vec![],
        };
        let shutter = Shutter::read(texts, numbers, &mut repairs);
        let said = repairs
            .into_iter()
            .map(|r| format!("{} {}", r.code.id, r.detail));
        (shutter, said.collect())
    }

    #[test]
    fn a_polygon_is_whole_or_not_there() {
        // A circle's outline, far more corners than anybody needs.
        let corners = |count: usize| -> Vec<f64> {
            let angle = |n: usize| n as f64 / count as f64 * std::f64::consts::TAU;
            let point = |n| [5.5 + 4.0 * angle(n).sin(), 5.5 + 4.0 * angle(n).cos()];
            (0..count).flat_map(point).collect()
        };
        let (shutter, said) = read(&corners(5000), &["POLYGONAL"]);
        assert!(said.is_empty());
        let at = shown(&shutter.unwrap());
        // All four sides: an outline that is closed too early lacks some.
        assert!(at(4, 1) && at(4, 8) && at(1, 4) && at(8, 4) && !at(0, 0));
        for wrong in [corners(MOST_CORNERS + 1), corners(2), vec![1.0; 7]] {
            let (shutter, said) = read(&wrong, &["POLYGONAL"]);
            assert_eq!(
                (shutter, said.as_slice()),
                (None, &["PIX-322 POLYGONAL".to_owned()][..])
            );
        }
    }

    #[test]
    fn shapes_that_lack_something_are_said() {
        let all = ["RECTANGULAR", "CIRCULAR", "BITMAP", "Doe^Jane"];
        let (shutter, said) = read(&[], &all);
        assert_eq!(shutter, None);
        let wanted = ["an unknown shape", "RECTANGULAR", "CIRCULAR", "BITMAP"];
        assert_eq!(said, wanted.map(|shape| format!("PIX-322 {shape}")));
    }

    #[test]
    fn a_bitmap_hides_and_the_shutter_has_a_colour() {
        let shutter = Shutter {
            bitmap: Some(Rc::new(vec![0, 1, 1, 0])),
            colour: [9, 8, 7],
            ..Shutter::default()
        };
        let grey = Grey {
            columns: 2,
            rows: 2,
            values: vec![5.0; 4],
        };
        let mut frame = Frame::Grey(grey.clone());
        let mut fixed = None;
        shutter.close(&mut frame, &mut fixed);
        let left = Grey {
            values: vec![5.0, PADDING, PADDING, 5.0],
            ..grey
        };
        assert_eq!(frame, Frame::Grey(left));
        let own = [9, 8, 7, 255];
        assert_eq!(fixed, Some(vec![[0; 4], own, own, [0; 4]]));
        let mut frame = Frame::Colour(Colour {
            columns: 2,
            rows: 2,
            rgba: vec![255; 16],
        });
        shutter.close(&mut frame, &mut None);
        let white = [255; 4];
        let Frame::Colour(colour) = frame else {
            panic!("colour stays colour")
        };
        assert_eq!(colour.rgba, [white, own, own, white].concat());
    }
}
