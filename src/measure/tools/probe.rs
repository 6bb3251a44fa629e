//! The value of one pixel; in a region of an ultrasound picture that has axes, what the point stands for on them.

use super::{Graphic, Point, Scale, Shape, Tool, Value, whole};

pub(super) const TOOL: Tool = Tool {
    name: "probe",
    handles: (1, 1),
    gives: &["velocity", "time", "frequency"],
    compute,
    shape: |points| points.first().map(|&at| Shape::Pixel(at)),
    drawn: |points| points.iter().map(|&at| Graphic::Point(at)).collect(),
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    points.first().map(|&at| scale.at(at)).unwrap_or_default()
}
