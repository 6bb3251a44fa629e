//! The measuring tools, one file and one line each: how many handles, what they compute, what is drawn of them.

mod angle;
mod arrow;
mod bidirectional;
mod cardiothoracic;
mod cobb;
mod ellipse;
mod freehand;
mod length;
mod polygon;
mod probe;
mod rectangle;
mod text;

use super::{
    geometry::{self, Point},
    mark::Value,
    scale::Scale,
    shape::Shape,
};

/// Points of an outline at most.
pub const MOST_POINTS: usize = 4096;

/// One tool.
#[derive(Debug)]
pub struct Tool {
    /// By which it is asked for.
    pub name: &'static str,
    /// Least and most handles.
    pub handles: (usize, usize),
    /// The names of the values that it may give, the most important first.
    pub gives: &'static [&'static str],
    /// Handles → values. As many handles as `handles` says.
    pub compute: fn(&[Point], &Scale) -> Vec<Value>,
    /// The pixels that statistics are of.
    pub shape: fn(&[Point]) -> Option<Shape>,
    /// What is drawn, and what a report refers to.
    pub drawn: fn(&[Point]) -> Vec<Graphic>,
    /// Which of the drawn parts a value is of; `None`: all.
    pub part: fn(&str) -> Option<usize>,
}

/// A part of a drawing, in pixels (PS3.3 C.10.5, C.18.6 have the same kinds).
#[derive(Debug, Clone, PartialEq)]
pub enum Graphic {
    /// A dot.
    Point(Point),
    /// Straight lines; closed where the last point is the first again.
    Line(Vec<Point>),
    /// The ends of the longer axis, then of the shorter.
    Ellipse([Point; 4]),
}

/// All tools, in the order of the menu.
pub const TOOLS: &[Tool] = &[
    length::TOOL,
    angle::TOOL,
    cobb::TOOL,
    bidirectional::TOOL,
    cardiothoracic::TOOL,
    ellipse::TOOL,
    rectangle::TOOL,
    polygon::TOOL,
    freehand::TOOL,
    probe::TOOL,
    arrow::TOOL,
    text::TOOL,
];

/// The tool of that name.
pub fn by_name(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// All names, for a message.
pub fn names() -> String {
    TOOLS
        .iter()
        .map(|tool| tool.name)
        .collect::<Vec<_>>()
        .join(", ")
}

fn none(_: &[Point]) -> Option<Shape> {
    None
}
fn whole(_: &str) -> Option<usize> {
    None
}

/// Lines between handles, two by two.
fn pairs(points: &[Point]) -> Vec<Graphic> {
    points
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| Graphic::Line(pair.to_vec()))
        .collect()
}

/// The distance of two points.
fn distance(name: &str, a: Point, b: Point, scale: &Scale) -> Option<Value> {
    let unit = scale.length_unit()?;
    let way = geometry::sub(scale.place(b), scale.place(a));
    Value::new(name, geometry::norm(way), unit)
}

/// The angle between two ways, of which each is a pair of points.
fn angle(name: &str, [a, b]: [Point; 2], [c, d]: [Point; 2], scale: &Scale) -> Option<Value> {
    let way = |from, to| Some(geometry::sub(scale.square(to)?, scale.square(from)?));
    Value::new(name, geometry::angle_deg(way(a, b)?, way(c, d)?)?, "deg")
}

/// Area and circumference of an outline; no area where its sides cross.
fn outline(points: &[Point], scale: &Scale) -> Vec<Value> {
    let places = scale.places(points);
    let area = scale.area_unit().filter(|_| !geometry::crosses(points));
    let area = area.and_then(|unit| Value::new("area", geometry::area(&places), unit));
    let around = scale.length_unit();
    let around =
        around.and_then(|unit| Value::new("perimeter", geometry::perimeter(&places), unit));
    area.into_iter().chain(around).collect()
}

/// An outline that ends where it begins.
fn closed(points: &[Point]) -> Vec<Graphic> {
    let line = points.iter().chain(points.first()).copied().collect();
    vec![Graphic::Line(line)]
}

#[allow(clippy::unnecessary_wraps, reason = "as every tool's")]
fn polygon_shape(points: &[Point]) -> Option<Shape> {
    Some(Shape::Polygon(points.to_vec()))
}

#[cfg(test)]
mod tests;
