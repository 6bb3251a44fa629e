//! Sobel: the gradient of values in their unit, weighted as OpenCV's `Sobel` (a slope of 1 a pixel gives 8 with aperture 3), edges mirrored.
//! Beside padding it is 0.

use super::{
    Filter, Gives, Kind, Parameter,
    kernel::derivative::{self, Pair, Part, SOBEL3, SOBEL5, SOBEL7},
    level,
    plan::{Pass, Plan},
};
use crate::tone::Grey;

/// The sides of apertures, by name.
pub(super) const APERTURES: Parameter = Parameter::choice("aperture", &["3", "5", "7"]);
/// Which derivative, by name.
pub(super) const PARTS: Parameter = Parameter::choice("part", &["magnitude", "x", "y"]);

pub(super) const KIND: Kind = Kind {
    name: "sobel",
    parameters: &[PARTS, APERTURES],
    gives: |_| Gives::Other,
    apply: |filter, frame| {
        let part = part(filter);
        match filter.choice(1) {
            0 => apply(frame, &SOBEL3, part),
            1 => apply(frame, &SOBEL5, part),
            _ => apply(frame, &SOBEL7, part),
        }
    },
    plan: |filter, frame| {
        let part = part(filter);
        Some(match filter.choice(1) {
            0 => plan(frame, &SOBEL3, part),
            1 => plan(frame, &SOBEL5, part),
            _ => plan(frame, &SOBEL7, part),
        })
    },
};

/// What the first parameter says.
pub(super) fn part(filter: &Filter) -> Part {
    match filter.choice(0) {
        0 => Part::Magnitude,
        1 => Part::X,
        _ => Part::Y,
    }
}

/// A derivative of a frame.
pub(super) fn apply<const K: usize>(frame: &Grey, pair: &Pair<K>, part: Part) -> Grey {
    let mut values = derivative::derivative(&frame.values, frame.columns, pair, part);
    if let Some(near) = level::near_padding(frame, K) {
        for (value, &near) in values.iter_mut().zip(&near) {
            if near != 0 {
                *value = 0.0;
            }
        }
    }
    level::with(frame, values.into_iter())
}

/// The same for a GPU.
pub(super) fn plan<const K: usize>(frame: &Grey, pair: &Pair<K>, part: Part) -> Plan {
    let part = match part {
        Part::Magnitude => 0.0,
        Part::X => 1.0,
        Part::Y => 2.0,
        Part::Sum => 3.0,
    };
    let mut parameters = vec![K as f32, part];
    for i in 0..2 {
        for weights in [pair.down.get(i), pair.across.get(i)] {
            parameters.extend(weights.into_iter().flatten().map(|&w| f32::from(w)));
        }
    }
    Plan {
        source: include_str!("derivative.wgsl"),
        parameters,
        scratch: 1,
        passes: vec![Pass::pixels("derive", frame)],
    }
}
