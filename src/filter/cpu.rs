//! The reference path.

use super::Filter;
use crate::{base::Result, tone::Grey};

/// Applies a filter to one frame.
///
/// # Errors
/// None today; a filter that needs memory beyond a limit will say so here.
pub fn apply(filter: &Filter, frame: &Grey) -> Result<Grey> {
    Ok((filter.kind.apply)(filter, frame))
}
