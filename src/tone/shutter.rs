//! Display shutters (PS3.3 C.7.6.11; of a frame: C.7.6.16.2.16): what lies outside of the exposed field is black, and no value.

use dicom_dictionary_std::tags;

use super::{Frame, PADDING};
use crate::dicom::{Instance, numbers_of, texts_of};

/// Corners beyond these only cost time.
const MOST_CORNERS: usize = 1024;

/// What of an image is shown. Rows and columns count from 1, as in the standard.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shutter {
    /// Left, right, upper, lower edge: first and last column and row that are shown.
    pub rectangle: Option<[f64; 4]>,
    /// Row and column of the centre, radius in pixels.
    pub circle: Option<[f64; 3]>,
    /// Rows and columns of the corners of a polygon; empty without one.
    pub polygon: Vec<[f64; 2]>,
}

impl Shutter {
    /// The shutter of a frame, from 0; `None` where all is shown.
    pub fn of(instance: &Instance, frame: u32) -> Option<Self> {
        match instance.frame_item(frame, tags::FRAME_DISPLAY_SHUTTER_SEQUENCE) {
            Some(item) => Self::read(|tag| texts_of(item, tag), |tag| numbers_of(item, tag)),
            None => Self::read(|tag| instance.texts(tag), |tag| instance.numbers(tag)),
        }
    }

    fn read(
        texts: impl Fn(dicom_core::Tag) -> Vec<String>,
        numbers: impl Fn(dicom_core::Tag) -> Vec<f64>,
    ) -> Option<Self> {
        let shapes = texts(tags::SHUTTER_SHAPE);
        let has = |shape: &str| shapes.iter().any(|s| s == shape);
        let edge = |tag| numbers(tag).first().copied();
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
        }
        if has("CIRCULAR")
            && let ([row, column], Some(radius)) = (
                numbers(tags::CENTER_OF_CIRCULAR_SHUTTER).as_slice(),
                edge(tags::RADIUS_OF_CIRCULAR_SHUTTER),
            )
        {
            shutter.circle = Some([*row, *column, radius]);
        }
        if has("POLYGONAL") {
            let corners = numbers(tags::VERTICES_OF_THE_POLYGONAL_SHUTTER);
            let corners = corners.as_chunks::<2>().0.iter();
            shutter.polygon = corners.take(MOST_CORNERS).copied().collect();
        }
        (shutter != Self::default()).then_some(shutter)
    }

    /// True where a pixel (from 0) is shown.
    pub fn shows(&self, column: usize, row: usize) -> bool {
        let (x, y) = (column as f64 + 1.0, row as f64 + 1.0);
        let rectangle = self.rectangle.is_none_or(|[left, right, top, bottom]| {
            x >= left && x <= right && y >= top && y <= bottom
        });
        let circle = self
            .circle
            .is_none_or(|[cy, cx, r]| (x - cx).powi(2) + (y - cy).powi(2) <= r * r);
        rectangle && circle && (self.polygon.len() < 3 || self.inside(x, y))
    }

    /// By how often a ray to the right crosses the outline.
    fn inside(&self, x: f64, y: f64) -> bool {
        let before = self.polygon.iter().cycle().skip(self.polygon.len() - 1);
        let crossed = self.polygon.iter().zip(before).filter(|(a, b)| {
            let ([ay, ax], [by, bx]) = (**a, **b);
            (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        });
        crossed.count() % 2 == 1
    }

    /// Takes away what is not shown: padding in a grey frame, black in a colour one.
    pub fn close(&self, frame: &mut Frame) {
        let (columns, _) = frame.size();
        if columns == 0 {
            return;
        }
        match frame {
            Frame::Grey(grey) => {
                for (row, line) in grey.values.chunks_mut(columns).enumerate() {
                    for (column, value) in line.iter_mut().enumerate() {
                        if !self.shows(column, row) {
                            *value = PADDING;
                        }
                    }
                }
            }
            Frame::Colour(colour) => {
                for (row, line) in colour.rgba.chunks_mut(columns * 4).enumerate() {
                    for (column, pixel) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                        if !self.shows(column, row) {
                            *pixel = [0, 0, 0, 255];
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_cut_with_each_other() {
        let mut shutter = Shutter {
            rectangle: Some([2.0, 4.0, 2.0, 3.0]),
            ..Shutter::default()
        };
        assert!(shutter.shows(1, 1) && shutter.shows(3, 2));
        assert!(!shutter.shows(0, 1) && !shutter.shows(4, 1) && !shutter.shows(1, 3));
        shutter.circle = Some([2.0, 2.0, 1.0]);
        assert!(shutter.shows(1, 1) && shutter.shows(2, 1) && !shutter.shows(3, 1));
        let triangle = Shutter {
            polygon: vec![[1.0, 1.0], [1.0, 9.0], [9.0, 1.0]],
            ..Shutter::default()
        };
        assert!(triangle.shows(1, 1) && triangle.shows(6, 0) && !triangle.shows(6, 6));
    }
}
