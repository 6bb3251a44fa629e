//! Otsu's threshold: 255 for what is above the threshold between whose two classes the variance is largest, else 0. On levels and on whole
//! values of 16 bits it is OpenCV's; padding takes no part.

use super::{Gives, Kind, Parameter, kernel, threshold};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "otsu",
    parameters: &[Parameter::choice("type", &["binary", "inverse"])],
    gives: |_| Gives::Levels,
    apply: |filter, frame| match of(frame) {
        Some(t) => threshold::apply(frame, t, filter.choice(0), f32::MAX),
        None => frame.clone(),
    },
    plan: |filter, frame| {
        let t = of(frame).unwrap_or(0.0);
        Some(threshold::plan(frame, t, filter.choice(0), f32::MAX))
    },
};

/// The threshold of a frame, in its unit; `None` where all is padding.
pub(super) fn of(frame: &Grey) -> Option<f32> {
    kernel::otsu::of_values(frame.values.iter().copied().filter(|&v| v != PADDING))
}
