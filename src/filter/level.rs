//! Between frames and 8-bit levels, and what padding means for neighbours.

use super::kernel::morphology::{self, Element, Form};
use crate::tone::{Grey, PADDING};

/// Whether a pixel of the frame is padding.
pub(super) fn is_padded(frame: &Grey) -> bool {
    frame.values.contains(&PADDING)
}

/// Halves up, within 0..=255.
fn level(value: f32) -> u8 {
    (value + 0.5) as u8
}

/// The values as levels, padding as `padding`.
pub(super) fn of(frame: &Grey, padding: u8) -> Vec<u8> {
    let one = |&v: &f32| if v == PADDING { padding } else { level(v) };
    frame.values.iter().map(one).collect()
}

/// Levels as the values of `frame`'s pixels; its padding stays.
pub(super) fn back(frame: &Grey, levels: &[u8]) -> Grey {
    with(frame, levels.iter().map(|&l| f32::from(l)))
}

/// A frame rounded to levels.
pub(super) fn rounded(frame: &Grey) -> Grey {
    with(frame, frame.values.iter().map(|&v| f32::from(level(v))))
}

/// These values, and the padding of `frame`.
pub(super) fn with(frame: &Grey, values: impl Iterator<Item = f32>) -> Grey {
    let keep = |(&own, v): (&f32, f32)| if own == PADDING { PADDING } else { v };
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values: frame.values.iter().zip(values).map(keep).collect(),
    }
}

/// Nonzero where the square of `size` × `size` pixels around a pixel holds padding; `None` where there is none. A derivative needs all of
/// its neighbours: there it is 0.
pub(super) fn near_padding(frame: &Grey, size: usize) -> Option<Vec<u8>> {
    is_padded(frame).then(|| {
        let mask: Vec<u8> = (frame.values.iter())
            .map(|&v| u8::from(v == PADDING))
            .collect();
        morphology::dilate(&mask, frame.columns, &Element::new(Form::Rect, size), 1)
    })
}
