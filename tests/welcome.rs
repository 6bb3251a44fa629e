//! Networks that somebody brings, from volume or frame to the finding, against the NumPy computation of the same:
//! `scripts/oracles/welcome.py`. The networks are made: small, of random weights.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicU64, Ordering};

use negatoscope::{
    base::{Error, Limits, Monitor, Silent, Stage},
    model::{
        self, Analysis, codes, explain::cam, facts::InputFacts, inspect, manifest::Manifest,
        run::Network,
    },
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
    asked(manifest, &model::Wish::default(), input, budget, &Silent)
}

fn asked(
    manifest: &Manifest,
    wish: &model::Wish,
    input: model::Input,
    budget: u64,
    monitor: &dyn Monitor,
) -> Result<Analysis, Error> {
    let facts = InputFacts {
        grey: true,
        regular: true,
        ..InputFacts::default()
    };
    let bytes = network(&manifest.name);
    model::analyse(
        manifest,
        bytes,
        wish,
        "made",
        &facts,
        input,
        &Limits::default(),
        budget,
        monitor,
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
    // A calibration is of the log-odds of what is shown, whatever the network gives: one that changes nothing changes nothing.
    let mut same = manifest;
    let calibrated = json!({"method": "platt", "slope": 1.0, "offset": 0.0, "prior": 0.2});
    same.output.calibration = serde_json::from_value(calibrated).unwrap();
    let analysis = run(&same, frame("frame", made), 1 << 30).unwrap();
    for score in &analysis.finding.scores {
        let shown = score.calibrated.unwrap();
        assert!((shown - score.value).abs() < 1e-6, "{score:?}");
        assert_eq!(score.prior, Some(0.2));
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

/// The picture of `a_frame_is_one_of_the_labels`.
fn made(i: usize) -> f32 {
    (i * 7919 % 1009) as f32 / 1009.0
}

/// What is known of the frame's network from its file, and what a user adds.
fn of_frames(activation: &str) -> Manifest {
    let bytes = network("frame");
    let found = inspect::inspect(&bytes, "frame.onnx", &Limits::default()).unwrap();
    let mut all: Value = serde_json::from_str(&found.manifest).unwrap();
    assert_eq!(
        all["explain"],
        json!({"methods": ["cam", "eigen-cam", "score-cam"], "features": "r"})
    );
    all["name"] = "frame".into();
    all["input"]["channels"] = 3.into();
    all["input"]["intensity"] =
        json!([{"method": "fixed", "mean": [0.485, 0.456, 0.406], "sd": [0.229, 0.224, 0.225]}]);
    all["output"] = json!({"labels": labels(&["a", "b", "c"]), "activation": activation});
    Manifest::read(all.to_string().as_bytes()).unwrap()
}

fn by(method: &str) -> model::Wish {
    model::Wish {
        explain: Some(method.to_owned()),
        ..model::Wish::default()
    }
}

fn cells(analysis: &Analysis) -> Vec<f32> {
    let parts = analysis.overlay.as_chunks::<4>().0;
    parts.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The tensor of the frame, as the preparation is written in docs/OWN-MODELS.md.
fn tensor() -> Vec<f32> {
    let (columns, rows) = (30, 27);
    let linear = |line: &[f64], to: usize| -> Vec<f64> {
        let n = line.len();
        let at =
            |t: usize| ((t as f64 + 0.5) * n as f64 / to as f64 - 0.5).clamp(0.0, n as f64 - 1.0);
        let value = |p: f64| {
            let (low, part) = (p.floor() as usize, p.fract());
            line[low] * (1.0 - part) + line[(low + 1).min(n - 1)] * part
        };
        (0..to).map(|t| value(at(t))).collect()
    };
    let lines: Vec<Vec<f64>> = (0..columns)
        .map(|c| {
            (0..rows)
                .map(|r| f64::from(made(r * columns + c)))
                .collect::<Vec<_>>()
        })
        .map(|column| linear(&column, 16))
        .collect();
    let small: Vec<f64> = (0..16)
        .flat_map(|r| linear(&lines.iter().map(|l| l[r]).collect::<Vec<_>>(), 12))
        .collect();
    [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]
        .iter()
        .flat_map(|(mean, sd)| small.iter().map(move |v| ((v - mean) / sd) as f32))
        .collect()
}

/// Class activation maps need no output that its maker exported: the mean of the map is the label's logit.
#[test]
fn a_brought_network_has_class_activation_maps() {
    let done = run(&of_frames("sigmoid"), frame("frame", made), 1 << 30).unwrap();
    let info = done.finding.heatmap.clone().unwrap();
    assert_eq!(
        (info.method.as_str(), info.cells, info.runs),
        ("cam", [12, 16], 0)
    );
    assert_eq!(info.extent, [-0.5, -0.5, 29.5, 26.5]);
    let best = (done.finding.scores.iter())
        .max_by(|a, b| a.value.total_cmp(&b.value))
        .unwrap();
    assert_eq!(info.label, best.label);
    let map = cells(&done);
    let mean = map.iter().map(|v| f64::from(*v)).sum::<f64>() / map.len() as f64;
    assert!(
        (model::score::logistic(mean) - best.value).abs() < 1e-5,
        "{mean} {}",
        best.value
    );
    // The same map from the network's own tensors.
    let plan = Network::unchecked(network("frame"), &Limits::default()).unwrap();
    let head = plan.head().unwrap();
    assert_eq!((head.weights.len(), head.weights[0].len()), (3, 4));
    let outputs = plan
        .with_output("r")
        .plan(&[1, 3, 16, 12])
        .unwrap()
        .run(&tensor())
        .unwrap();
    let class = done
        .finding
        .scores
        .iter()
        .position(|s| s.label == best.label)
        .unwrap();
    let own = cam(&outputs[1].values, 4, &head, class).unwrap();
    for (a, b) in map.iter().zip(own) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
    for method in ["eigen-cam", "score-cam"] {
        let done = asked(
            &of_frames("softmax"),
            &by(method),
            frame("frame", made),
            1 << 30,
            &Silent,
        )
        .unwrap();
        assert_eq!(done.finding.heatmap.unwrap().cells, [12, 16], "{method}");
    }
    // Held against networks with shuffled weights.
    let wish = model::Wish {
        check: true,
        ..by("cam")
    };
    let checked = asked(
        &of_frames("softmax"),
        &wish,
        frame("frame", made),
        1 << 30,
        &Silent,
    )
    .unwrap();
    let check = checked.finding.heatmap.unwrap().check.unwrap();
    assert!(
        check.shuffled_rank_correlation.unwrap().abs() < 0.9,
        "{check:?}"
    );
}

/// Occlusion of a network that was brought, by hand: each patch hidden, the loss of log-odds spread over its pixels.
#[test]
fn hiding_patches_of_a_brought_network_is_the_computation() {
    let manifest = of_frames("softmax");
    let done = asked(
        &manifest,
        &by("occlusion"),
        frame("frame", made),
        1 << 30,
        &Silent,
    )
    .unwrap();
    let info = done.finding.heatmap.clone().unwrap();
    let plan = Network::unchecked(network("frame"), &Limits::default()).unwrap();
    let plan = plan.plan(&[1, 3, 16, 12]).unwrap();
    let class = done
        .finding
        .scores
        .iter()
        .position(|s| s.label == info.label)
        .unwrap();
    let odds = |tensor: &[f32]| {
        let z: Vec<f64> = plan.run(tensor).unwrap()[0]
            .values
            .iter()
            .map(|&v| f64::from(v))
            .collect();
        let others: f64 = (0..3).filter(|i| *i != class).map(|i| z[i].exp()).sum();
        z[class] - others.ln()
    };
    let tensor = tensor();
    let means: Vec<f32> = tensor
        .chunks_exact(192)
        .map(|p| (p.iter().map(|&v| f64::from(v)).sum::<f64>() / 192.0) as f32)
        .collect();
    let (mut sums, mut counts, mut runs) = (vec![0.0; 192], vec![0.0; 192], 0);
    for top in 0..15 {
        for left in 0..11 {
            let inside = |at: usize| {
                (top..top + 2).contains(&(at / 12)) && (left..left + 2).contains(&(at % 12))
            };
            let hidden: Vec<f32> = (0..576)
                .map(|at| {
                    if inside(at % 192) {
                        means[at / 192]
                    } else {
                        tensor[at]
                    }
                })
                .collect();
            let loss = odds(&tensor) - odds(&hidden);
            runs += 1;
            for at in (0..192).filter(|&at| inside(at)) {
                sums[at] += loss;
                counts[at] += 1.0;
            }
        }
    }
    assert_eq!((info.runs, info.cells), (runs, [12, 16]));
    for (found, (sum, count)) in cells(&done).iter().zip(sums.iter().zip(&counts)) {
        assert!(
            (f64::from(*found) - sum / count).abs() < 1e-4,
            "{found} {}",
            sum / count
        );
    }
}

/// Waits for twenty runs, and no longer.
struct Impatient(AtomicU64);
impl Monitor for Impatient {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        if stage == Stage::Explain && total == 1000 {
            self.0.store(done, Ordering::Relaxed);
        }
    }
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 20
    }
}

/// RISE with its thousand runs; another seed, another map; columns first is the same map turned; and it can be cancelled.
#[test]
fn random_masks_over_a_brought_network() {
    let manifest = of_frames("softmax");
    let rise = |seed, manifest: &Manifest, input| {
        let wish = model::Wish { seed, ..by("rise") };
        asked(manifest, &wish, input, 1 << 30, &Silent).unwrap()
    };
    let one = rise(3, &manifest, frame("frame", made));
    assert_eq!(one.finding.heatmap.as_ref().unwrap().runs, 1000);
    assert_eq!(
        cells(&one),
        cells(&rise(3, &manifest, frame("frame", made)))
    );
    assert_ne!(
        cells(&one),
        cells(&rise(4, &manifest, frame("frame", made)))
    );
    let mut first = manifest.clone();
    first.input.orientation = Some("transposed".to_owned());
    // The picture with its columns and rows changed over.
    let input = model::Input::Frame {
        columns: 27,
        rows: 30,
        values: (0..810).map(|i| made(i % 27 * 30 + i / 27)).collect(),
    };
    let turned = rise(3, &first, input);
    let info = turned.finding.heatmap.clone().unwrap();
    assert_eq!(info.extent, [-0.5, -0.5, 26.5, 29.5]);
    let own = one.finding.heatmap.as_ref().unwrap();
    let [columns, rows] = own.cells.map(|n| n as usize);
    assert_eq!(info.cells, [own.cells[1], own.cells[0]]);
    let (a, b) = (cells(&one), cells(&turned));
    for r in 0..rows {
        for c in 0..columns {
            assert!((a[r * columns + c] - b[c * rows + r]).abs() < 1e-5);
        }
    }

    let monitor = Impatient(0.into());
    let error = asked(
        &manifest,
        &by("rise"),
        frame("frame", made),
        1 << 30,
        &monitor,
    )
    .unwrap_err();
    assert_eq!(error.code(), &codes::CANCELLED);
    assert_eq!(monitor.0.into_inner(), 20, "soon after");
}

#[test]
fn explanations_that_are_none() {
    let refused = |manifest: &Manifest, method| {
        let error = asked(
            manifest,
            &by(method),
            frame("frame", made),
            1 << 30,
            &Silent,
        )
        .unwrap_err();
        assert_eq!(error.code(), &codes::METHOD);
    };
    refused(&of_frames("softmax"), "rollout");
    let mut plain = of_frames("softmax");
    plain.explain.methods.clear();
    refused(&plain, "cam");
    // Without a method of its own there is no map unless one is asked for.
    let done = run(&plain, frame("frame", made), 1 << 30).unwrap();
    assert!(done.finding.heatmap.is_none() && done.overlay.is_empty());
    // A feature map that is not there: none by itself, and a reason where it was asked for.
    let mut wrong = of_frames("softmax");
    wrong.explain.features = Some("nowhere".to_owned());
    if let Ok(done) = run(&wrong, frame("frame", made), 1 << 30) {
        assert!(done.finding.heatmap.is_none());
    }
    assert!(asked(&wrong, &by("cam"), frame("frame", made), 1 << 30, &Silent).is_err());
}

/// The probability of each label at each voxel, beside the labels.
#[test]
fn a_brought_segmentation_has_fractions() {
    let fractional = |manifest: &Manifest, name: &str, spacing| {
        let input = model::Input::Volume {
            volume: volume(name, spacing),
            unsigned_bytes: false,
            fractions: true,
        };
        run(manifest, input, 1 << 30).unwrap()
    };
    let done = fractional(&of_volumes(), "volume", [0.9, 0.8, 3.0]);
    assert_eq!(done.fractions.len(), 2);
    assert!(done.fractions.iter().all(|f| f.len() == done.overlay.len()));
    for (at, &label) in done.overlay.iter().enumerate() {
        let [one, two] = [0, 1].map(|l: usize| i32::from(done.fractions[l][at]));
        let all = [255 - one - two, one, two];
        let own = all[usize::from(label)];
        // A byte is rounded: equals differ by one.
        assert!(all.iter().all(|&other| own + 2 >= other), "{label} {all:?}");
    }
    // The background is known where nobody asked for it.
    let plain = run(
        &of_volumes(),
        whole(volume("volume", [0.9, 0.8, 3.0])),
        1 << 30,
    )
    .unwrap();
    assert!(plain.fractions.is_empty() && plain.overlay == done.overlay);
    // Labels on their own: one half is where they begin.
    let input = json!({
        "takes": "stack", "layout": "NCHW", "slices": 3, "intensity": [{"method": "zscore"}],
        "sliding": {"roi": [8, 8]},
    });
    let output = json!({"labels": labels(&["background", "one", "two"]), "activation": "sigmoid"});
    let slices = manifest("slices", "segmentation", input, &output);
    let done = fractional(&slices, "slices", [1.0, 1.0, 5.0]);
    for (at, &label) in done.overlay.iter().enumerate() {
        let most = done.fractions[0][at].max(done.fractions[1][at]);
        assert_eq!(label > 0, most >= 128, "{label} {most}");
    }
    // What they take is counted.
    let input = model::Input::Volume {
        volume: volume("volume", [0.9, 0.8, 3.0]),
        unsigned_bytes: false,
        fractions: true,
    };
    let error = run(&of_volumes(), input, 1000).unwrap_err();
    assert_eq!(error.code(), &codes::MEMORY);
}

/// A network that gives the number of each label itself labels as the one that it was made of.
#[test]
fn numbers_of_labels_are_labels() {
    let of = |name: &str, activation: &str, count| {
        let input = json!({
            "takes": "stack", "layout": "NCDHW", "orientation": "RAS",
            "intensity": [{"method": "window", "low": -300, "high": 300, "clip": true}],
        });
        let names = ["background", "one", "two"];
        let output = json!({"labels": labels(&names[..count]), "activation": activation});
        manifest(name, "segmentation", input, &output)
    };
    let labelled =
        |manifest: &Manifest| run(manifest, whole(volume("volume", [0.9, 0.8, 3.0])), 1 << 30);
    let own = labelled(&of("argmax", "argmax", 3)).unwrap();
    assert_eq!(
        own.overlay,
        labelled(&of("volume", "softmax", 3)).unwrap().overlay
    );
    assert!(own.overlay.contains(&2));
    let error = labelled(&of("argmax", "argmax", 2)).unwrap_err();
    assert!(error.detail().contains("found 2"), "{error}");
    // The file says what it gives.
    let found = inspect::inspect(&network("argmax"), "argmax.onnx", &Limits::default()).unwrap();
    assert_eq!(found.seems.task.as_deref(), Some("segmentation"));
    assert!(
        found.manifest.contains("\"activation\": \"argmax\""),
        "{}",
        found.manifest
    );
    let plan = Network::unchecked(network("argmax"), &Limits::default()).unwrap();
    assert!(
        plan.own(&[1, 1, 6, 6, 6]).unwrap().is_ok(),
        "on our own kernels"
    );
}
