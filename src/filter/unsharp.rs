//! Unsharp mask: value + amount · (value − blurred).

use super::{Gives, Kind, Parameter, gaussian};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "unsharp",
    parameters: &[
        Parameter::number("sigma", 2.0, 0.1, 20.0),
        Parameter::number("amount", 1.0, 0.0, 10.0),
    ],
    gives: |_| Gives::Same,
    apply: |filter, frame| apply(&filter.values, frame),
    plan: |filter, frame| {
        let (sigma, amount) = read(&filter.values);
        let source = concat!(include_str!("gaussian.wgsl"), include_str!("unsharp.wgsl"));
        let weights = gaussian::weights(sigma, 0);
        Some(gaussian::plan(&weights, amount, frame, source, "sharpen"))
    },
};

fn read(values: &[f64]) -> (f32, f32) {
    match values {
        &[sigma, amount] => (sigma as f32, amount as f32),
        _ => (2.0, 1.0),
    }
}

fn apply(values: &[f64], frame: &Grey) -> Grey {
    let (sigma, amount) = read(values);
    let blurred = gaussian::blur(frame, &gaussian::weights(sigma, 0));
    let sharpen = |(&value, &soft): (&f32, &f32)| {
        if value == PADDING {
            PADDING
        } else {
            value + amount * (value - soft)
        }
    };
    let values = frame
        .values
        .iter()
        .zip(&blurred.values)
        .map(sharpen)
        .collect();
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values,
    }
}
