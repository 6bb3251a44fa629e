//! DICOMDIR (PS3.3 F, PS3.10 8): which files a medium should hold, against those that are here.

use std::collections::HashSet;

use dicom_dictionary_std::tags;

use super::codes;
use crate::{
    base::Repair,
    dicom::{Instance, texts_of},
};

/// True for the directory of a medium.
pub(super) fn is_directory(instance: &Instance) -> bool {
    !instance.items(tags::DIRECTORY_RECORD_SEQUENCE).is_empty()
}

/// The files that a directory names, their parts joined by `/`, in capitals.
fn named(directory: &Instance) -> Vec<String> {
    directory
        .items(tags::DIRECTORY_RECORD_SEQUENCE)
        .into_iter()
        .map(|record| texts_of(record, tags::REFERENCED_FILE_ID))
        .filter(|parts| !parts.is_empty() && parts.iter().all(|part| !part.is_empty()))
        .map(|parts| parts.join("/").to_ascii_uppercase())
        .collect()
}

/// A name as it is meant: media in lower case, and names with a version or an extension that a copy added.
fn plain(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    let upper = upper.split(';').next().unwrap_or_default();
    upper.strip_suffix(".DCM").unwrap_or(upper).to_owned()
}

/// The files that were opened, each by its name as it is meant: made once, however many directories ask.
pub(super) struct Here(HashSet<String>);

impl Here {
    /// `names`: of every file that was opened, as the user's folders have it.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self(names.map(plain).collect())
    }
}

/// Says how many of the named files are not here.
pub(super) fn check(directory: &Instance, Here(here): &Here) -> Option<Repair> {
    let named = named(directory);
    let folder = plain(directory.source.name());
    let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    let at = |file: &String| {
        let whole = if folder.is_empty() {
            file.clone()
        } else {
            format!("{folder}/{file}")
        };
        here.contains(&plain(&whole))
    };
    let missing = named.iter().filter(|file| !at(file)).count();
    // A directory that was opened alone, as a file of its own, asks for nothing.
    (missing > 0 && here.len() > 1).then(|| {
        Repair::new(
            &codes::FILES_MISSING,
            format!("{missing} of {}", named.len()),
        )
    })
}
