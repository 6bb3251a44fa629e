//! Laplacian: the sum of the second derivatives, as OpenCV's `Laplacian`: aperture 1 is the cross 1, −4, 1. Beside padding it is 0.

use super::{
    Gives, Kind, Parameter,
    kernel::derivative::{LAPLACE1, LAPLACE3, LAPLACE5, LAPLACE7, Part},
    sobel::{apply, plan},
};

pub(super) const KIND: Kind = Kind {
    name: "laplacian",
    parameters: &[Parameter::choice("aperture", &["1", "3", "5", "7"])],
    gives: |_| Gives::Other,
    apply: |filter, frame| match filter.choice(0) {
        0 => apply(frame, &LAPLACE1, Part::Sum),
        1 => apply(frame, &LAPLACE3, Part::Sum),
        2 => apply(frame, &LAPLACE5, Part::Sum),
        _ => apply(frame, &LAPLACE7, Part::Sum),
    },
    plan: |filter, frame| {
        Some(match filter.choice(0) {
            0 => plan(frame, &LAPLACE1, Part::Sum),
            1 => plan(frame, &LAPLACE3, Part::Sum),
            2 => plan(frame, &LAPLACE5, Part::Sum),
            _ => plan(frame, &LAPLACE7, Part::Sum),
        })
    },
};
