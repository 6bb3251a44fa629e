//! A frame and its changed copies through networks that somebody brings, against separate runs of each in NumPy and onnxruntime, and their
//! mean: `scripts/oracles/augmented.py`. What makes no copies says why.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, reason = "a test")]

use negatoscope::{
    base::{Error, Limits, Monitor, Silent, Stage},
    model::{
        self, Analysis, codes,
        facts::InputFacts,
        finding::Spread,
        manifest::{Manifest, sha256},
    },
    study::volume::Volume,
};
use serde_json::{Value, json};

fn expected() -> Value {
    serde_json::from_str(include_str!("data/augmented.json")).unwrap()
}

fn network(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/welcome");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

/// A brought network of frames, as small as it can be said.
fn manifest(name: &str, task: &str, size: [usize; 2], labels: &[&str], activation: &str) -> Value {
    json!({
        "name": name, "version": "1", "license": "MIT", "task": task, "not_for": ["anything: it is made"],
        "file": {"name": format!("{name}.onnx"), "sha256": sha256(&network(name))},
        "input": {
            "preparation": "general", "takes": "frame", "layout": "NCHW", "channels": 3, "size": size,
            "intensity": [{"method": "fixed", "mean": [0.485, 0.456, 0.406], "sd": [0.229, 0.224, 0.225]}],
        },
        "output": {"labels": labels.iter().map(|n| json!({"name": n})).collect::<Vec<_>>(), "activation": activation},
        "augment": expected()["augment"],
    })
}

fn of_scores() -> Value {
    manifest(
        "frame",
        "classification",
        [16, 12],
        &["a", "b", "c"],
        "softmax",
    )
}

fn of_labels() -> Value {
    let labels = ["background", "one", "two"];
    manifest("slices", "segmentation", [18, 20], &labels, "sigmoid")
}

/// The oracle's frame.
fn frame() -> model::Input {
    let [rows, columns] = ["rows", "columns"].map(|k| expected()[k].as_u64().unwrap() as usize);
    let value = |at: usize| {
        let (row, column) = ((at / columns) as f64, (at % columns) as f64);
        (0.5 + 0.4 * (column * 0.31).sin() * (row * 0.23).cos()) as f32
    };
    model::Input::Frame {
        columns,
        rows,
        values: (0..rows * columns).map(value).collect(),
    }
}

fn wish(augment: u32) -> model::Wish {
    model::Wish {
        augment,
        seed: expected()["seed"].as_u64().unwrap(),
        fractions: true,
        ..model::Wish::default()
    }
}

fn run(
    manifest: &Value,
    wish: &model::Wish,
    input: model::Input,
    budget: u64,
    monitor: &dyn Monitor,
) -> Result<Analysis, Error> {
    let manifest = Manifest::read(manifest.to_string().as_bytes()).unwrap();
    let facts = InputFacts {
        grey: true,
        regular: true,
        ..InputFacts::default()
    };
    model::analyse(
        &manifest,
        network(&manifest.name),
        wish,
        "made",
        &facts,
        input,
        &Limits::default(),
        budget,
        monitor,
    )
}

fn near(found: &Spread, said: &Value, what: &str) {
    assert_eq!(Some(u64::from(found.copies)), said["copies"].as_u64());
    for (name, value) in [
        ("mean", found.mean),
        ("sd", found.sd),
        ("low", found.low),
        ("high", found.high),
    ] {
        let said = said[name].as_f64().unwrap();
        assert!(
            (value - said).abs() < 2e-5,
            "{what}, {name}: {value}, not {said}"
        );
    }
}

#[test]
fn scores_have_the_spread_of_separate_runs() {
    let expected = expected();
    let done = run(&of_scores(), &wish(6), frame(), 1 << 30, &Silent).unwrap();
    for (n, score) in done.finding.scores.iter().enumerate() {
        let own = expected["scores"][n].as_f64().unwrap();
        assert!(
            (score.value - own).abs() < 2e-5,
            "the image itself: {}",
            score.value
        );
        let spread = score.spread.as_ref().unwrap();
        assert!(spread.sd > 1e-3, "the copies are other ones");
        near(spread, &expected["spreads"][n], &score.label);
    }
    let plain = run(&of_scores(), &wish(0), frame(), 1 << 30, &Silent).unwrap();
    assert!(plain.finding.scores.iter().all(|s| s.spread.is_none()));
    // What is shown is what is spread: with a calibration, the calibrated value.
    let mut calibrated = of_scores();
    calibrated["output"]["calibration"] =
        json!({"method": "platt", "slope": 0.5, "offset": -1.0, "prior": 0.5});
    let done = run(&calibrated, &wish(6), frame(), 1 << 30, &Silent).unwrap();
    for score in &done.finding.scores {
        let (spread, shown) = (score.spread.as_ref().unwrap(), score.calibrated.unwrap());
        assert!(spread.low <= shown && shown <= spread.high);
        assert!((score.value - shown).abs() > 1e-3);
    }
}

#[test]
fn labels_are_those_of_the_mean_of_separate_runs() {
    let expected = expected();
    let done = run(&of_labels(), &wish(6), frame(), 1 << 30, &Silent).unwrap();
    let map = done.finding.label_map.as_ref().unwrap();
    for (n, name) in ["one", "two"].into_iter().enumerate() {
        let found = &map.spread[name];
        // A place more or less is 1 / 810.
        near(&found.area, &expected["areas"][n], name);
        let said = expected["agreements"][n].as_f64().unwrap();
        assert!((found.agreement - said).abs() < 1e-9);
        assert!(said < 0.999, "the copies are other ones");
        let mean = expected["mean"][n].as_array().unwrap();
        for (found, said) in done.fractions[n].iter().zip(mean) {
            let said = said.as_f64().unwrap() * 255.0;
            assert!((f64::from(*found) - said).abs() < 0.51, "{found}, {said}");
        }
    }
    assert!(!map.spread.contains_key("background"));
    assert!(expected["margin"].as_f64().unwrap() > 1e-5);
    let digits: String = (done.overlay.iter())
        .map(|l| char::from(b'0' + l))
        .collect();
    assert_eq!(digits, expected["labels"].as_str().unwrap());
    // The same seed, the same copies; without copies the frame alone.
    let again = run(&of_labels(), &wish(6), frame(), 1 << 30, &Silent).unwrap();
    assert_eq!(done, again);
    let plain = run(&of_labels(), &wish(0), frame(), 1 << 30, &Silent).unwrap();
    let alone = plain.finding.label_map.unwrap();
    assert!(alone.spread.is_empty() && alone.names == map.names && alone.colours == map.colours);
    assert_ne!(plain.overlay, done.overlay);
}

/// Without a change above zero in size, a mirrored copy of a network that sees no sides is the frame's own answer, laid back.
#[test]
fn a_flip_is_made_only_where_it_is_allowed() {
    let mut still = of_labels();
    still["augment"] = json!({"gamma": 1e-9});
    let done = run(&still, &wish(6), frame(), 1 << 30, &Silent).unwrap();
    let plain = run(&of_labels(), &wish(0), frame(), 1 << 30, &Silent).unwrap();
    assert_eq!(done.overlay, plain.overlay, "nothing is mirrored");
    for spread in done.finding.label_map.unwrap().spread.values() {
        assert!(spread.agreement > 0.999 && spread.area.sd < 1e-3);
    }
    let mut mirrored = still.clone();
    mirrored["augment"]["flip"] = true.into();
    let done = run(&mirrored, &wish(6), frame(), 1 << 30, &Silent).unwrap();
    let map = done.finding.label_map.unwrap();
    assert!(map.spread.values().any(|s| s.agreement < 0.999));
}

#[test]
fn what_cannot_have_copies_says_why() {
    let refused = |manifest: &Value, input: model::Input, count: u32, words: &str| {
        let error = run(manifest, &wish(count), input, 1 << 30, &Silent).unwrap_err();
        assert_eq!(error.code(), &codes::NO_CHANGES, "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    };
    let mut silent = of_labels();
    silent.as_object_mut().unwrap().remove("augment");
    refused(&silent, frame(), 2, "nothing in the manifest");
    let mut nothing = of_labels();
    nothing["augment"] = json!({});
    refused(&nothing, frame(), 2, "no change above 0");
    refused(&of_scores(), frame(), 257, "at most 256 copies");
    // A power is of what is seen, not of Hounsfield units.
    let mut values = of_labels();
    values["input"]["values"] = "modality".into();
    refused(&values, frame(), 2, "augment.gamma");
    let mut boxes = of_labels();
    boxes["task"] = "detection".into();
    refused(&boxes, frame(), 2, "same one");
    let mut stack = of_labels();
    stack["input"]["takes"] = "stack".into();
    let volume = Volume {
        dims: [4, 4, 2],
        origin: [0.0; 3],
        steps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        values: vec![0.0; 32],
    };
    let input = model::Input::Volume {
        volume,
        unsigned_bytes: false,
        fractions: false,
    };
    refused(&stack, input, 2, "whole stacks");
    // What the copies take is counted.
    let error = run(&of_labels(), &wish(6), frame(), 10_000, &Silent).unwrap_err();
    assert_eq!(error.code(), &codes::MEMORY);
}

struct Ended(std::cell::Cell<u32>);

impl Monitor for Ended {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        if stage == Stage::Infer {
            assert!(done <= total);
            self.0.set(self.0.get() + 1);
        }
    }
    fn cancelled(&self) -> bool {
        self.0.get() > 4
    }
}

#[test]
fn copies_tell_their_progress_and_are_ended() {
    for manifest in [of_scores(), of_labels()] {
        let monitor = Ended(std::cell::Cell::new(0));
        let error = run(&manifest, &wish(200), frame(), 1 << 30, &monitor).unwrap_err();
        assert_eq!(error.code(), &codes::CANCELLED);
    }
}
