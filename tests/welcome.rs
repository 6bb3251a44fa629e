//! Networks that somebody brings, from volume or frame to the finding, against the NumPy computation of the same:
//! `scripts/oracles/welcome.py`. The networks are made: small, of random weights.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, reason = "a test")]

use negatoscope::{
    base::{Error, Limits, Silent},
    model::{self, Analysis, codes, facts::InputFacts, manifest::Manifest},
    study::volume::Volume,
};
use serde_json::{Value, json};

fn network(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/welcome");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

fn expected(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("data/welcome/expected.json")).unwrap();
    all[name].clone()
}

fn manifest(name: &str, task: &str, mut input: Value, output: &Value) -> Manifest {
    input["preparation"] = "general".into();
    let all = json!({
        "name": name, "version": "1", "license": "MIT", "task": task, "not_for": ["anything: it is made"],
        "file": {"name": format!("{name}.onnx"), "sha256": expected(name)["sha256"]}, "input": input, "output": output,
    });
    Manifest::read(all.to_string().as_bytes()).unwrap()
}

fn labels(names: &[&str]) -> Value {
    names.iter().map(|n| json!({"name": n})).collect()
}

/// The oracle's volume.
fn volume(name: &str, spacing: [f64; 3]) -> Volume {
    let dims: [usize; 3] = serde_json::from_value(expected(name)["dims"].clone()).unwrap();
    let [columns, rows, slices] = dims.map(|n| n as i64);
    let mut values = vec![];
    for k in 0..slices {
        for j in 0..rows {
            for i in 0..columns {
                let noise = (i * 37 + j * 101 + k * 211) % 257 * 2;
                let (x, y) = (i - columns / 2, j - rows / 2);
                values.push((noise + x * x * 3 - y * y + k * 20 - 400) as f32);
            }
        }
    }
    let [x, y, z] = spacing;
    Volume {
        dims,
        origin: [-10.0, 20.0, 5.0],
        steps: [[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]],
        values,
    }
}

fn run(manifest: &Manifest, input: model::Input, budget: u64) -> Result<Analysis, Error> {
    let facts = InputFacts {
        grey: true,
        regular: true,
        ..InputFacts::default()
    };
    let bytes = network(&manifest.name);
    model::analyse(
        manifest,
        bytes,
        &model::Wish::default(),
        "made",
        &facts,
        input,
        &Limits::default(),
        budget,
        &Silent,
    )
}

fn whole(volume: Volume) -> model::Input {
    model::Input::Volume {
        volume,
        unsigned_bytes: false,
        fractions: false,
    }
}

fn digits(labels: &[u8]) -> String {
    labels.iter().map(|l| char::from(b'0' + l)).collect()
}

/// Of a CT: turned, resampled, windowed, run by windows that overlap by half and blend by a Gaussian, and back to the source.
fn of_volumes() -> Manifest {
    let input = json!({
        "takes": "stack", "layout": "NCDHW", "orientation": "RAS", "spacing": [1.5, 1.2, 2.0],
        "intensity": [{"method": "window", "low": -300, "high": 300, "clip": true}],
        "sliding": {"roi": [8, 7, 6], "overlap": 0.5, "mode": "gaussian"},
    });
    let output = json!({"labels": labels(&["background", "one", "two"]), "activation": "softmax"});
    manifest("volume", "segmentation", input, &output)
}

#[test]
fn a_volume_by_windows_is_the_computation() {
    let expected = expected("volume");
    let analysis = run(
        &of_volumes(),
        whole(volume("volume", [0.9, 0.8, 3.0])),
        1 << 30,
    )
    .unwrap();
    assert_eq!(
        digits(&analysis.overlay),
        expected["labels"].as_str().unwrap(),
        "each voxel of the source"
    );
    let map = analysis.finding.label_map.unwrap();
    assert_eq!(map.dims, [20, 18, 9]);
    for (label, name) in [(1, "one"), (2, "two")] {
        // Counted on the network's own grid: cells of 3.6 mm³.
        let ml = expected["counts"][label].as_f64().unwrap() * 3.6 / 1000.0;
        assert!((map.volumes_ml[name] - ml).abs() < 1e-9, "{name}");
    }
}

#[test]
fn neighbouring_slices_are_channels() {
    let input = json!({
        "takes": "stack", "layout": "NCHW", "slices": 3, "intensity": [{"method": "zscore"}],
        "sliding": {"roi": [8, 8]},
    });
    let output = json!({"labels": labels(&["background", "one", "two"]), "activation": "sigmoid"});
    let manifest = manifest("slices", "segmentation", input, &output);
    let analysis = run(&manifest, whole(volume("slices", [1.0, 1.0, 5.0])), 1 << 30).unwrap();
    assert_eq!(
        digits(&analysis.overlay),
        expected("slices")["labels"].as_str().unwrap()
    );
}

fn frame(name: &str, value: impl Fn(usize) -> f32) -> model::Input {
    let [columns, rows] = ["columns", "rows"].map(|k| expected(name)[k].as_u64().unwrap() as usize);
    model::Input::Frame {
        columns,
        rows,
        values: (0..columns * rows).map(value).collect(),
    }
}

#[test]
fn a_frame_is_one_of_the_labels() {
    let input = json!({
        "takes": "frame", "layout": "NCHW", "channels": 3, "size": [16, 12],
        "intensity": [{"method": "fixed", "mean": [0.485, 0.456, 0.406], "sd": [0.229, 0.224, 0.225]}],
    });
    let output = json!({"labels": labels(&["a", "b", "c"]), "activation": "softmax"});
    let manifest = manifest("frame", "classification", input, &output);
    let made = |i: usize| (i * 7919 % 1009) as f32 / 1009.0;
    let analysis = run(&manifest, frame("frame", made), 1 << 30).unwrap();
    let scores = &analysis.finding.scores;
    assert_eq!(scores.len(), 3);
    for (score, value) in scores
        .iter()
        .zip(expected("frame")["scores"].as_array().unwrap())
    {
        let value = value.as_f64().unwrap();
        assert!(
            (score.value - value).abs() < 1e-5,
            "{}: {} and {value}",
            score.label,
            score.value
        );
        assert_eq!((score.calibrated, score.threshold), (None, None));
    }
}

#[test]
fn boxes_lie_on_the_frame() {
    let input = json!({"takes": "frame", "layout": "NCHW", "size": [20, 16], "intensity": []});
    let output = json!({
        "labels": labels(&["nodule"]),
        "boxes": {"outputs": ["boxes", "scores"], "form": "xyxy", "unit": "pixels", "score_threshold": 0.3, "iou_threshold": 0.5},
    });
    let manifest = manifest("boxes", "detection", input, &output);
    let analysis = run(&manifest, frame("boxes", |_| 1.0), 1 << 30).unwrap();
    let expected = expected("boxes");
    let found = analysis.finding.boxes.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    for (nth, one) in found.iter().enumerate() {
        assert!((one.score - expected["scores"][nth].as_f64().unwrap()).abs() < 1e-6);
        let extent: [f32; 4] = serde_json::from_value(expected["extents"][nth].clone()).unwrap();
        for (a, b) in one.extent.iter().zip(extent) {
            assert!((a - b).abs() < 1e-4, "{found:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let volume = || whole(volume("volume", [0.9, 0.8, 3.0]));
    let code = |manifest: &Manifest, budget| {
        let error = run(manifest, volume(), budget).unwrap_err();
        (error.code(), error.detail())
    };
    let (found, _) = code(&of_volumes(), 1000);
    assert_eq!(found, &codes::MEMORY);
    let mut heavy = of_volumes();
    heavy.input.bytes_per_voxel = 1 << 40;
    assert_eq!(code(&heavy, 1 << 30).0, &codes::MEMORY);
    // The network has three channels.
    let mut two = of_volumes();
    two.output.labels.pop();
    let (found, detail) = code(&two, 1 << 30);
    assert_eq!(found, &codes::MANIFEST);
    assert!(
        detail.contains("[1, 2, 8, 7, 6]") && detail.contains("[1, 3, 8, 7, 6]"),
        "{detail}"
    );
    let mut gap = of_volumes();
    gap.input.orientation = None;
    let (found, detail) = code(&gap, 1 << 30);
    assert_eq!(found, &codes::MANIFEST);
    assert!(detail.contains("input.orientation"), "{detail}");
    // A frame is no stack.
    let error = run(&of_volumes(), frame("frame", |_| 0.0), 1 << 30).unwrap_err();
    assert_eq!(error.code(), &codes::INPUT);
    // Nor is a stack at uneven distances.
    let facts = InputFacts {
        grey: true,
        irregular_because: "slices at uneven distances".to_owned(),
        ..InputFacts::default()
    };
    let error = model::analyse(
        &of_volumes(),
        network("volume"),
        &model::Wish::default(),
        "made",
        &facts,
        volume(),
        &Limits::default(),
        1 << 30,
        &Silent,
    )
    .unwrap_err();
    assert!(error.detail().contains("uneven"), "{error}");
}
