//! `tags`: every element of a file.

use std::path::Path;

use super::{note, say, source};
use crate::{
    base::{Limits, Result},
    dicom::{json, tags},
};

/// True when nothing failed.
pub(super) fn run(file: &Path, as_json: bool, limits: &Limits) -> Result<bool> {
    let instance = source::instance(file, limits)?;
    if as_json {
        say(&json::dicom_json(&instance).to_string());
    } else {
        for line in tags::list(&instance) {
            say(&format!(
                "{} {} {} = {}",
                line.tag, line.vr, line.keyword, line.value
            ));
        }
    }
    note(&instance.repairs);
    Ok(true)
}
