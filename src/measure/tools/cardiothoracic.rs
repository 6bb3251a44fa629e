//! Cardiothoracic ratio of a frontal chest radiograph: the greatest width of the heart over the inner width of the thorax.
//!
//! The first two points are the borders of the heart, the others those of the thorax. The line of the thorax is the horizontal: the heart's
//! borders, which lie at different heights, are projected onto it. The ratio needs no spacing and no magnification.

use super::{Point, Scale, Tool, Value, none, pairs};
use crate::measure::geometry::{dot, norm, sub};

pub(super) const TOOL: Tool = Tool {
    name: "cardiothoracic",
    handles: (4, 4),
    gives: &["cardiothoracic-ratio", "cardiac-width", "thoracic-width"],
    compute,
    shape: none,
    drawn: pairs,
    part: |name| match name {
        "cardiac-width" => Some(0),
        "thoracic-width" => Some(1),
        _ => None,
    },
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let &[a, b, c, d] = points else { return vec![] };
    let across = |heart: Point, thorax: Point| {
        let width = norm(thorax);
        (width > 0.0).then(|| (dot(heart, thorax).abs() / width, width))
    };
    let square = |from, to| Some(sub(scale.square(to)?, scale.square(from)?));
    let ratio = square(a, b)
        .zip(square(c, d))
        .and_then(|(heart, thorax)| across(heart, thorax));
    let Some((heart, thorax)) = ratio else {
        return vec![];
    };
    let mut values: Vec<Value> = Value::new("cardiothoracic-ratio", heart / thorax, "1")
        .into_iter()
        .collect();
    let way = |from, to| sub(scale.place(to), scale.place(from));
    if let (Some(unit), Some((heart, thorax))) = (scale.length_unit(), across(way(a, b), way(c, d)))
    {
        values.extend(Value::new("cardiac-width", heart, unit));
        values.extend(Value::new("thoracic-width", thorax, unit));
    }
    values
}
