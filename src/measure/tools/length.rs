//! Length: the distance of two points. Where the sides of an ultrasound region are worth different things: time, velocity, slope.

use super::{Point, Scale, Tool, Value, distance, none, pairs, whole};

pub(super) const TOOL: Tool = Tool {
    name: "length",
    handles: (2, 2),
    gives: &[
        "length",
        "time",
        "velocity",
        "frequency",
        "distance",
        "horizontal",
        "vertical",
        "rate",
        "slope",
    ],
    compute,
    shape: none,
    drawn: pairs,
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let &[a, b] = points else { return vec![] };
    match distance("length", a, b, scale) {
        Some(length) => vec![length],
        None => scale.between(a, b),
    }
}
