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
        },
        Parameter {
            name: "amount",
            default: 1.0,
            min: 0.0,
            max: 10.0,
        },
    ],
    apply,
};

fn apply(values: &[f32], frame: &Grey) -> Grey {
    let &[sigma, amount] = values else {
        return frame.clone();
    };
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
