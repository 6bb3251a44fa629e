//! An outline drawn in one stroke: a polygon of many points.

use super::{MOST_POINTS, Tool, closed, outline, polygon_shape, whole};

pub(super) const TOOL: Tool = Tool {
    name: "freehand",
    handles: (3, MOST_POINTS),
    gives: &["area", "perimeter"],
    compute: outline,
    shape: polygon_shape,
    drawn: closed,
    part: whole,
};
