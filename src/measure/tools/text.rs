//! Words at a place.

use super::{Graphic, Tool, none, whole};

pub(super) const TOOL: Tool = Tool {
    name: "text",
    handles: (1, 1),
    gives: &[],
    compute: |_, _| vec![],
    shape: none,
    drawn: |points| points.iter().map(|&at| Graphic::Point(at)).collect(),
    part: whole,
};
