//! Cobb angle: between two end plates, each a line through two points. In whichever sense the lines were drawn, and beyond 90° too.

use super::{Point, Scale, Tool, Value, none, pairs, whole};
use crate::measure::geometry::{angle_deg, cross, middle, sub};

pub(super) const TOOL: Tool = Tool {
    name: "cobb",
    handles: (4, 4),
    gives: &["cobb-angle"],
    compute,
    shape: none,
    drawn: pairs,
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let square: Option<Vec<Point>> = points.iter().map(|&p| scale.square(p)).collect();
    let Some(&[a, b, c, d]) = square.as_deref() else {
        return vec![];
    };
    // Both lines run to the same side of the spine, which goes from the middle of one to the middle of the other.
    let spine = sub(middle(c, d), middle(a, b));
    let sided = |way: Point| {
        if cross(spine, way) < 0.0 {
            way.map(|x| -x)
        } else {
            way
        }
    };
    let (one, other) = (sub(b, a), sub(d, c));
    let found = if spine == [0.0, 0.0] {
        angle_deg(one, other).map(|a| a.min(180.0 - a))
    } else {
        angle_deg(sided(one), sided(other))
    };
    found
        .and_then(|deg| Value::new("cobb-angle", deg, "deg"))
        .into_iter()
        .collect()
}
