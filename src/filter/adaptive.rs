//! A threshold for each pixel: 255 where it is above the mean of its neighbourhood less `c`, else 0. `of=levels` (the default) is OpenCV's
//! `adaptiveThreshold`; `of=values` rounds nothing, and `c` is in the unit of the values. Padding takes no part in means of values.

use super::{
    Filter, Gives, Kind, Parameter,
    kernel::adaptive::{self, Mean},
    level,
};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "adaptive",
    parameters: &[
        Parameter::choice("mean", &["mean", "gaussian"]),
        // The side of the neighbourhood, made odd.
        Parameter::whole("block", 51.0, 3.0, 255.0),
        Parameter::number("c", 2.0, -1e9, 1e9),
        Parameter::choice("of", &["levels", "values"]),
    ],
    gives: |_| Gives::Levels,
    apply,
    // A mean that lies between two levels would fall on one side here and on the other there.
    plan: |_, _| None,
};

fn apply(filter: &Filter, frame: &Grey) -> Grey {
    let mean = match filter.choice(0) {
        0 => Mean::Plain,
        _ => Mean::Gaussian,
    };
    let (block, c) = (filter.number(1) as usize, filter.number(2));
    let padded = level::is_padded(frame);
    if filter.of_levels() && !padded {
        let levels = level::of(frame, 0);
        let out = adaptive::of_levels(&levels, frame.columns, block, mean, c);
        return level::back(frame, &out);
    }
    let real = |&v: &f32| if v == PADDING { 0.0 } else { v };
    let weights: Option<Vec<f32>> = padded.then(|| {
        let there = |&v: &f32| f32::from(u8::from(v != PADDING));
        frame.values.iter().map(there).collect()
    });
    let values: Vec<f32> = frame.values.iter().map(real).collect();
    let weights = weights.as_deref();
    let out = adaptive::of_values(&values, weights, frame.columns, block, mean, c);
    level::back(frame, &out)
}
