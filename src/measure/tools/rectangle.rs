//! Rectangle along rows and columns, by two opposite corners: area, circumference, statistics.

use super::{Graphic, Point, Scale, Shape, Tool, Value, closed, outline, whole};

pub(super) const TOOL: Tool = Tool {
    name: "rectangle",
    handles: (2, 2),
    gives: &["area", "perimeter"],
    compute,
    shape: |points| Some(Shape::Polygon(corners(points))),
    drawn,
    part: whole,
};

fn corners(points: &[Point]) -> Vec<Point> {
    match *points {
        [[left, top], [right, bottom]] => {
            vec![[left, top], [right, top], [right, bottom], [left, bottom]]
        }
        _ => vec![],
    }
}

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    outline(&corners(points), scale)
}

fn drawn(points: &[Point]) -> Vec<Graphic> {
    closed(&corners(points))
}
