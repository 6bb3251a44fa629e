//! Unsharp mask: value + amount · (value − blurred).

use super::{Kind, Parameter, gaussian};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "unsharp",
    parameters: &[
        Parameter {
            name: "sigma",
            default: 2.0,
            min: 0.1,
            max: 20.0,
            whole: false,
        },
        Parameter {
            name: "amount",
            default: 1.0,
            min: 0.0,
            max: 10.0,
            whole: false,
        },
    ],
    apply,
    plan: |values, frame| {
        let (sigma, amount) = read(values);
        let source = concat!(include_str!("gaussian.wgsl"), include_str!("unsharp.wgsl"));
        gaussian::plan(sigma, amount, frame, source, "sharpen")
    },
};

fn read(values: &[f32]) -> (f32, f32) {
    match values {
        &[sigma, amount] => (sigma, amount),
        _ => (2.0, 1.0),
    }
}

fn apply(values: &[f32], frame: &Grey) -> Grey {
    let (sigma, amount) = read(values);
    let blurred = gaussian::blur(frame, sigma);
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
