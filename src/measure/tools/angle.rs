//! Angle at the second of three points.

use super::{Graphic, Point, Scale, Tool, Value, angle, none, whole};

pub(super) const TOOL: Tool = Tool {
    name: "angle",
    handles: (3, 3),
    gives: &["angle"],
    compute,
    shape: none,
    drawn: |points| vec![Graphic::Line(points.to_vec())],
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let &[a, vertex, b] = points else {
        return vec![];
    };
    angle("angle", [vertex, a], [vertex, b], scale)
        .into_iter()
        .collect()
}
