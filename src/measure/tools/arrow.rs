//! An arrow with words: it points from the second handle to the first.

use super::{Tool, none, pairs, whole};

pub(super) const TOOL: Tool = Tool {
    name: "arrow",
    handles: (2, 2),
    gives: &[],
    compute: |_, _| vec![],
    shape: none,
    drawn: pairs,
    part: whole,
};
