//! Canny's edges. `of=levels` (the default) is OpenCV's `Canny` of the 8-bit picture, thresholds in sums of levels; `of=values` is the same
//! on values, thresholds in sums of their unit (a slope of 1 HU a pixel is 8 with aperture 3), so that no window decides what an edge is.

use super::{
    Filter, Gives, Kind, Parameter,
    kernel::{canny::Canny, derivative::Aperture},
    level,
    sobel::APERTURES,
};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "canny",
    parameters: &[
        Parameter::number("low", 50.0, 0.0, 1e9),
        Parameter::number("high", 150.0, 0.0, 1e9),
        APERTURES,
        Parameter::choice("norm", &["l1", "l2"]),
        Parameter::choice("of", &["levels", "values"]),
    ],
    gives: |_| Gives::Levels,
    apply,
    // The search along an edge has no end that a GPU could know beforehand.
    plan: |_, _| None,
};

fn apply(filter: &Filter, frame: &Grey) -> Grey {
    let (aperture, side) = match filter.choice(2) {
        0 => (Aperture::Three, 3),
        1 => (Aperture::Five, 5),
        _ => (Aperture::Seven, 7),
    };
    let canny = Canny {
        low: filter.number(0),
        high: filter.number(1),
        aperture,
        l2: filter.choice(3) == 1,
    };
    let near = level::near_padding(frame, side);
    let near = near.as_deref();
    let edges = if filter.of_levels() {
        canny.of_levels(&level::of(frame, 0), frame.columns, near)
    } else if near.is_some() {
        let real = |&v: &f32| if v == PADDING { 0.0 } else { v };
        let values: Vec<f32> = frame.values.iter().map(real).collect();
        canny.of_values(&values, frame.columns, near)
    } else {
        canny.of_values(&frame.values, frame.columns, None)
    };
    level::back(frame, &edges)
}
