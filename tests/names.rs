//! Patients' names of the corpus in all their character sets, against pydicom's. Skipped where the corpus is not there.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use dicom_dictionary_std::tags;
use negatoscope::{base::Limits, cli::source, dicom::Instance};

#[test]
fn names_are_read_in_their_character_sets() {
    let limits = Limits::default();
    let expected = common::expected().unwrap_or_default();
    let (mut right, mut absent, mut wrong) = (0, 0, Vec::new());
    for (file, about) in expected["files"].as_object().into_iter().flatten() {
        let Some(name) = about["patient_name_utf8"].as_str() else {
            continue;
        };
        let Some(path) = common::corpus_file(file) else {
            absent += 1;
            continue;
        };
        let Ok(instance) = source::open(&path, &limits).and_then(|s| Instance::read(&s, &limits))
        else {
            continue; // what cannot be read at all is the conformance test's
        };
        // Empty groups and parts at the end may be written or left out (PS3.5 6.2.1.1).
        let found = instance.text(tags::PATIENT_NAME).unwrap_or_default();
        if found.trim().trim_end_matches(['=', '^']) == name.trim().trim_end_matches(['=', '^']) {
            right += 1;
        } else {
            wrong.push(format!("{file}: {found} instead of {name}"));
        }
    }
    println!(
        "names: {right} right, {absent} files not there, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
