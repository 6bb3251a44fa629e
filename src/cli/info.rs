//! `info`: the tree of studies, series and frame sets.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{complain, say, source};
use crate::{
    base::{Limits, Phi, Repair},
    study::Catalogue,
    tone::icc,
};

/// True when nothing failed.
pub(super) fn run(paths: &[PathBuf], json: bool, limits: &Limits) -> bool {
    let mut catalogue = Catalogue::default();
    for path in paths {
        source::walk(path, &mut |file| match source::open(file, limits) {
            Ok(source) => catalogue.add(&source, limits),
            Err(error) => {
                let name = Phi::new(file.to_string_lossy().into_owned());
                catalogue.errors.push((name, error));
            }
        });
    }
    catalogue.arrange();
    let mut report = serde_json::to_value(catalogue.report()).unwrap_or_default();
    if let Some(document) = report.as_object_mut() {
        document.insert("remarks".to_owned(), remarks(&catalogue));
    }
    let (repairs, errors) = (list(&report, "repairs"), list(&report, "errors"));
    if json {
        say(&report.to_string());
    } else {
        tree(&report);
        let remarks = list(&report, "remarks");
        for (word, lines) in [
            ("repaired", repairs),
            ("remark", remarks),
            ("failed", errors),
        ] {
            for line in lines {
                let part = |key| line.get(key).and_then(Value::as_str).unwrap_or("");
                complain(&format!(
                    "{word} {}: {} {}",
                    part("file"),
                    part("code"),
                    part("text")
                ));
            }
        }
    }
    errors.is_empty()
}

/// What is no defect of a file, but is not shown as it asks: colour profiles of kinds that are not applied, once for each series.
fn remarks(catalogue: &Catalogue) -> Value {
    let line = |(at, remark): (usize, Repair)| {
        let image = catalogue.instances.get(at)?;
        Some(json!({
            "file": image.source.name(),
            "code": remark.code.id,
            "text": format!("{} ({}). {}", remark.code.cause, remark.detail, remark.code.hint),
        }))
    };
    icc::remarks(&catalogue.instances)
        .into_iter()
        .filter_map(line)
        .collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn tree(report: &Value) {
    let files = report.get("files").and_then(Value::as_u64).unwrap_or(0);
    say(&format!("{files} files"));
    for study in list(report, "studies") {
        say(&format!("study {}", words(study, &["uid", "patient"])));
        for series in list(study, "series") {
            say(&format!(
                "  series {}",
                words(series, &["number", "modality", "description", "uid"])
            ));
            for set in list(series, "frame_sets") {
                say(&format!(
                    "    {} frames, {}",
                    list(set, "frames").len(),
                    words(
                        set,
                        &[
                            "columns",
                            "rows",
                            "spacing_mm",
                            "spacing_label",
                            "calibration",
                            "label",
                            "gaps"
                        ]
                    )
                ));
                for region in list(set, "regions") {
                    say(&format!(
                        "      region {}",
                        words(region, &["bounds", "units", "steps"])
                    ));
                }
            }
        }
    }
}

/// `key value` pairs of what is there.
fn words(value: &Value, keys: &[&str]) -> String {
    let mut out: Vec<String> = vec![];
    for key in keys {
        match value.get(*key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) => out.push(format!("{key} {text}")),
            Some(Value::Array(all)) if all.is_empty() => {}
            Some(other) => out.push(format!("{key} {other}")),
        }
    }
    out.join(", ")
}
