//! Manifests and their schema: the same fields in both, unknown ones refused, every shipped model readable.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{collections::BTreeSet, fs, path::Path};

use negatoscope::model::{
    codes,
    inspect::Draft,
    manifest::{Manifest, sha256},
    prepare::Preparation,
};
use serde_json::{Value, json};

fn models() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn schema() -> Value {
    serde_json::from_slice(&fs::read(models().join("manifest.schema.json")).unwrap()).unwrap()
}

/// A value that a schema allows, with every field that it names.
fn sample(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str().unwrap() {
        "object" => {
            let fields = schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            fields
                .iter()
                .map(|(k, v)| (k.clone(), sample(v)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(1) as usize;
            vec![sample(&schema["items"]); count].into()
        }
        "boolean" => json!(true),
        "string" => match schema["pattern"].as_str() {
            Some(_) => "0".repeat(64).into(),
            None => "x".into(),
        },
        "integer" => 1.into(),
        "number" => json!(0.5),
        other => panic!("{other}"),
    }
}

/// Every path of keys.
fn keys(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let at = format!("{at}.{key}");
                keys(inner, &at, found);
                found.insert(at);
            }
        }
        Value::Array(items) => items.iter().for_each(|v| keys(v, at, found)),
        _ => {}
    }
}

#[test]
fn schema_and_reader_know_the_same_fields() {
    let sample = sample(&schema());
    let manifest = Manifest::read(sample.to_string().as_bytes())
        .expect("the reader knows every field of the schema");
    let (mut schema, mut reader) = (BTreeSet::new(), BTreeSet::new());
    keys(&sample, "", &mut schema);
    keys(&serde_json::to_value(&manifest).unwrap(), "", &mut reader);
    assert_eq!(schema, reader, "the schema knows every field of the reader");
    assert!(schema.len() > 40, "{}", schema.len());
}

#[test]
fn what_is_not_known_is_refused_at_every_depth() {
    let whole = sample(&schema());
    let refused = |pointer: &str| {
        let mut other = whole.clone();
        let place = if pointer.is_empty() {
            &mut other
        } else {
            other.pointer_mut(pointer).unwrap()
        };
        place
            .as_object_mut()
            .unwrap()
            .insert("max_age".to_owned(), json!(70));
        let error = Manifest::read(other.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.code(), &codes::MANIFEST);
        assert!(error.detail().contains("max_age"), "{error}");
    };
    for pointer in [
        "",
        "/file",
        "/file_float",
        "/input",
        "/input/when_unknown",
        "/output",
        "/output/labels/0",
        "/output/calibration",
        "/output/threshold",
        "/input/intensity/0",
        "/input/sliding",
        "/output/boxes",
        "/explain",
        "/explain/cam",
    ] {
        refused(pointer);
    }
    for field in schema()["required"].as_array().unwrap() {
        let mut other = whole.clone();
        other
            .as_object_mut()
            .unwrap()
            .remove(field.as_str().unwrap());
        assert!(
            Manifest::read(other.to_string().as_bytes()).is_err(),
            "{field} may be left out"
        );
    }
    let mut away = whole.clone();
    away["file"]["name"] = json!("../model.onnx");
    assert!(Manifest::read(away.to_string().as_bytes()).is_err());
    // Volumes and segments are told apart by their labels' names alone.
    for names in [
        vec!["a", "b", "a"],
        vec!["a", "a "],
        vec!["a", ""],
        vec![" "],
    ] {
        let mut same = whole.clone();
        same["output"]["labels"] = names.iter().map(|n| json!({"name": n})).collect();
        let error = Manifest::read(same.to_string().as_bytes()).unwrap_err();
        assert!(
            error.detail().contains("output.labels"),
            "{names:?}: {error}"
        );
        let gaps = Draft(same).gaps();
        assert!(
            gaps.iter()
                .any(|g| g.field == "output.labels" && !g.found.is_empty()),
            "{names:?}: {gaps:?}"
        );
        assert!(gaps.iter().all(|g| g.field != "manifest"), "{gaps:?}");
    }
    for name in ["../brain-mask", "", ".hidden", "a\\b"] {
        let mut away = whole.clone();
        away["input"]["crop_model"] = json!(name);
        assert!(Manifest::read(away.to_string().as_bytes()).is_err());
    }
}

#[test]
fn every_shipped_model_is_whole() {
    let mut count = 0;
    for folder in fs::read_dir(models()).unwrap().map(|e| e.unwrap().path()) {
        let Ok(bytes) = fs::read(folder.join("manifest.json")) else {
            continue;
        };
        let manifest =
            Manifest::read(&bytes).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        assert_eq!(
            folder.file_name().unwrap().to_str(),
            Some(manifest.name.as_str())
        );
        assert!(
            Preparation::by_name(&manifest.input.preparation).is_some(),
            "{}",
            manifest.name
        );
        for file in std::iter::once(&manifest.file).chain(&manifest.file_float) {
            let network = fs::read(folder.join(&file.name)).unwrap();
            assert_eq!(
                sha256(&network),
                file.sha256,
                "{}/{}",
                manifest.name,
                file.name
            );
        }
        if let Some(other) = &manifest.input.crop_model {
            let other = fs::read(models().join(other).join("manifest.json")).unwrap();
            let other = Manifest::read(&other).unwrap();
            assert!(other.input.crop_model.is_none(), "{}", manifest.name);
        }
        assert!(
            folder.join("CARD.md").is_file() && folder.join("recipe/README.md").is_file(),
            "{}",
            manifest.name
        );
        assert!(!manifest.not_for.is_empty());
        count += 1;
    }
    assert!(count >= 2, "{count} models");
}
