//! Ellipse by the ends of its two axes: area, circumference, axes, statistics.

use super::{Graphic, Point, Scale, Shape, Tool, Value, whole};
use crate::measure::geometry::{circumference, cross, norm, scale as times, semi_axes, sub};

pub(super) const TOOL: Tool = Tool {
    name: "ellipse",
    handles: (4, 4),
    gives: &["area", "perimeter", "long-axis", "short-axis"],
    compute,
    shape: |points| Some(Shape::ellipse(points.try_into().ok()?)),
    drawn,
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let &[a, b, c, d] = points else { return vec![] };
    let (Some(unit), Some(square)) = (scale.length_unit(), scale.area_unit()) else {
        return vec![];
    };
    // Half-diameters in units. They stay conjugate under any spacing, though not at right angles.
    let half = |from, to| times(sub(scale.place(to), scale.place(from)), 0.5);
    let (u, v) = (half(a, b), half(c, d));
    let axes = semi_axes(u, v);
    [
        Value::new("area", std::f64::consts::PI * cross(u, v).abs(), square),
        Value::new("perimeter", circumference(axes), unit),
        Value::new("long-axis", 2.0 * axes[0], unit),
        Value::new("short-axis", 2.0 * axes[1], unit),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn drawn(points: &[Point]) -> Vec<Graphic> {
    let &[a, b, c, d] = points else { return vec![] };
    // The longer axis stands first (PS3.3 C.10.5, C.18.6).
    vec![Graphic::Ellipse(if norm(sub(b, a)) < norm(sub(d, c)) {
        [c, d, a, b]
    } else {
        [a, b, c, d]
    })]
}
