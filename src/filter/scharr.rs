//! Scharr: the gradient with the weights 3, 10, 3, whose direction is truer than Sobel's; as OpenCV's `Scharr`. Beside padding it is 0.

use super::{
    Gives, Kind,
    kernel::derivative::SCHARR,
    sobel::{PARTS, apply, part, plan},
};

pub(super) const KIND: Kind = Kind {
    name: "scharr",
    parameters: &[PARTS],
    gives: |_| Gives::Other,
    apply: |filter, frame| apply(frame, &SCHARR, part(filter)),
    plan: |filter, frame| Some(plan(frame, &SCHARR, part(filter))),
};
