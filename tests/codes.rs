//! Error and repair codes: unique, well-formed, listed by their room, with a cause and a hint.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::{collections::BTreeMap, fs, path::Path};

use negatoscope::base::{self, Code};

/// The rooms' lists; a room that gains codes adds a line.
fn listed() -> Vec<&'static Code> {
    let rooms: &[&[&'static Code]] = &[
        base::source_codes::ALL,
        negatoscope::dicom::codes::ALL,
        negatoscope::codec::codes::ALL,
        negatoscope::study::codes::ALL,
        negatoscope::filter::codes::ALL,
        negatoscope::vision::register::codes::ALL,
        negatoscope::tone::codes::ALL,
        negatoscope::volume::codes::ALL,
        negatoscope::measure::codes::ALL,
        negatoscope::model::codes::ALL,
        negatoscope::export::codes::ALL,
        negatoscope::cli::codes::ALL,
    ];
    rooms.concat()
}

/// Every `id: "…"` in the sources, with its file.
fn written(dir: &Path, found: &mut Vec<(String, String)>) {
    for path in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            written(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // Every string literal that is a code, however its table is written.
            for id in text
                .split("#[cfg(test)]")
                .next()
                .unwrap_or("")
                .split('"')
                .skip(1)
                .step_by(2)
            {
                let is_code = id.split_once('-').is_some_and(|(family, number)| {
                    ["DCM", "PIX", "FLT", "REG", "MDL", "GPU", "IO"].contains(&family)
                        && number.len() == 3
                        && number.bytes().all(|b| b.is_ascii_digit())
                });
                if is_code {
                    found.push((id.to_owned(), path.display().to_string()));
                }
            }
        }
    }
}

#[test]
fn codes_are_unique_and_well_formed() {
    let mut seen = BTreeMap::new();
    for code in listed() {
        let (family, number) = code.id.split_once('-').unwrap();
        assert!(
            ["DCM", "PIX", "FLT", "REG", "MDL", "GPU", "IO"].contains(&family),
            "{}",
            code.id
        );
        assert!(
            number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()),
            "{}",
            code.id
        );
        assert!(
            !code.cause.is_empty() && !code.hint.is_empty(),
            "{}",
            code.id
        );
        for text in [code.cause, code.hint] {
            assert!(
                !text.ends_with('.'),
                "{}: the printer adds the full stop",
                code.id
            );
        }
        assert!(seen.insert(code.id, code).is_none(), "{} twice", code.id);
    }
}

#[test]
fn chinese_has_words_for_all_that_a_page_can_show() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chinese = fs::read_to_string(root.join("www/text/errors.zh.ts")).unwrap();
    let mut all = vec![];
    written(&root.join("src"), &mut all);
    let has = |id: &str| chinese.contains(&format!("'{id}': {{"));
    let lacks: Vec<_> = (all.iter())
        .filter(|(id, file)| !file.contains("/src/cli/") && !has(id))
        .collect();
    assert!(lacks.is_empty(), "{lacks:?}");
    assert!(has("DCM-001") && !has("IO-401"));
}

#[test]
fn no_code_is_written_twice() {
    let mut all = vec![];
    written(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut seen = BTreeMap::new();
    for (id, file) in all {
        if let Some(other) = seen.insert(id.clone(), file.clone()) {
            panic!("{id} in {other} and in {file}");
        }
    }
    assert!(seen.len() >= listed().len());
}
