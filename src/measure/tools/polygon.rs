//! Polygon: area, circumference, statistics.

use super::{MOST_POINTS, Tool, closed, outline, polygon_shape, whole};

pub(super) const TOOL: Tool = Tool {
    name: "polygon",
    handles: (3, MOST_POINTS),
    gives: &["area", "perimeter"],
    compute: outline,
    shape: polygon_shape,
    drawn: closed,
    part: whole,
};
