//! Two diameters of a lesion, the longest and the longest across it; whichever was drawn first, the longer is the long axis.

use super::{Point, Scale, Tool, Value, distance, none, pairs, whole};

pub(super) const TOOL: Tool = Tool {
    name: "bidirectional",
    handles: (4, 4),
    gives: &["long-axis", "short-axis"],
    compute,
    shape: none,
    drawn: pairs,
    // Which of the two lines is the longer one depends on the spacing.
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let &[a, b, c, d] = points else { return vec![] };
    let (Some(mut long), Some(mut short)) = (
        distance("long-axis", a, b, scale),
        distance("short-axis", c, d, scale),
    ) else {
        return vec![];
    };
    if short.value > long.value {
        std::mem::swap(&mut long.value, &mut short.value);
    }
    vec![long, short]
}
