//! To 8-bit grey: what a picture of the frame shows, levels 0..=255. From values by the window in force, or by the one that is given; from
//! what has no window (gradients) over its whole range; levels stay.

use super::{Filter, Gives, Kind, Parameter, level};
use crate::tone::{
    Grey, PADDING, auto,
    voi::{Function, Voi},
};

pub(super) const KIND: Kind = Kind {
    name: "grey",
    parameters: &[
        Parameter::number("center", 0.0, -1e9, 1e9),
        // 0: the window in force.
        Parameter::number("width", 0.0, 0.0, 1e9),
    ],
    gives: |_| Gives::Levels,
    apply,
    // The window's function (a table, a sigmoid) is the picture's own, to the last level.
    plan: |_, _| None,
};

fn apply(filter: &Filter, frame: &Grey) -> Grey {
    let (center, width) = (filter.number(0) as f32, filter.number(1) as f32);
    let shown = filter.shown.as_deref();
    let (voi, lut) = if width > 0.0 {
        let function = if width >= 1.0 {
            Function::Linear
        } else {
            Function::LinearExact
        };
        let voi = Voi::Window {
            center,
            width,
            function,
        };
        (voi, None)
    } else if let Some(shown) = shown {
        (shown.voi.clone(), shown.presentation_lut.as_deref())
    } else {
        let real = frame.values.iter().copied().filter(|&v| v != PADDING);
        let (low, high) = real.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
        if low >= 0.0 && high <= 255.0 {
            return level::rounded(frame);
        }
        (auto::full_range(low, high), None)
    };
    let invert = shown.is_some_and(|shown| shown.invert);
    let mut levels = vec![0; frame.values.len()];
    voi.levels(&frame.values, lut.map(Vec::as_slice), invert, &mut levels);
    level::back(frame, &levels)
}
