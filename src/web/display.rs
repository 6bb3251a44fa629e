//! The study worker's side of checking a display: test patterns as files, and measured luminances against the standard's function.

use super::{
    messages::{self as msg, Answer},
    results::stamp_of,
};
use crate::{
    base::{Error, Result},
    export::{codes, pattern},
    tone::gsdf,
};

/// [`msg::Request::Pattern`]: the file goes to `bytes`.
pub(super) fn pattern_file(
    name: &str,
    side: u32,
    stamp: &msg::SaveStamp,
    bytes: &mut Vec<u8>,
) -> Result<Answer> {
    let kind = pattern::ALL.iter().find(|kind| kind.name == name);
    let kind = kind.ok_or_else(|| Error::new(&codes::FORMAT_UNKNOWN).found(name))?;
    *bytes = pattern::file(kind, side as usize, &stamp_of(stamp))?;
    Ok(Answer::Saved {
        end: "dcm".to_owned(),
        parts: 1,
    })
}

/// [`msg::Request::Luminance`].
pub(super) fn luminance(measured: &[f64], ambient: f64) -> Result<Answer> {
    let check = gsdf::check(measured, ambient)?;
    let deviations = check.steps.iter().map(|step| step.deviation).collect();
    Ok(Answer::Luminance(msg::Luminance {
        ratio: check.ratio,
        jnds: check.jnds,
        worst: check.worst,
        primary: check.primary,
        secondary: check.secondary,
        wanted: check.wanted,
        deviations,
    }))
}
