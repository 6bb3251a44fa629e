//! What an ONNX file and a MONAI bundle say about themselves: inspected, read into manifests, and refused where they cannot be run.
#![cfg(feature = "tract")]
#![allow(clippy::unwrap_used, reason = "a test")]

use negatoscope::{
    base::Limits,
    model::{
        bundle, codes, engine,
        inspect::{self, Inspection, Refusal},
        manifest::{Manifest, Task},
        operators,
        recipe::Recipe,
    },
};
use serde_json::{Value, json};

const METADATA: &[u8] = include_bytes!("data/bundle/metadata.json");
const INFERENCE: &[u8] = include_bytes!("data/bundle/inference.json");

fn network(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/welcome");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

fn inspected(name: &str) -> Inspection {
    let file = format!("{name}.onnx");
    inspect::inspect(&network(name), &file, &Limits::default()).unwrap()
}

fn fields(found: &Inspection) -> Vec<&str> {
    found.gaps.iter().map(|g| g.field.as_str()).collect()
}

#[test]
fn the_lists_of_operators_are_the_runtimes() {
    let own = tract_onnx::onnx().op_register.0;
    let lacking: Vec<_> = operators::KNOWN
        .iter()
        .filter(|name| !own.contains_key(**name))
        .collect();
    assert!(lacking.is_empty(), "not in the runtime: {lacking:?}");
    let mut more: Vec<_> = (own.keys())
        .filter(|name| !operators::known("", name))
        .collect();
    more.sort();
    assert!(more.is_empty(), "not in the list: {more:?}");
    let ours: Vec<_> = engine::operators().collect();
    for &(domain, name) in &ours {
        assert!(operators::known(domain, name), "{domain} {name}");
    }
    for one in operators::OWN {
        assert!(ours.contains(one), "{one:?} is no more");
    }
}

#[test]
fn a_network_says_what_it_is() {
    let found = inspected("volume");
    assert_eq!(found.opsets[0].version, 17);
    assert_eq!(found.inputs[0].name, "image");
    assert_eq!(found.inputs[0].shape, ["1", "1", "d", "h", "w"]);
    let operators: Vec<_> = found
        .operators
        .iter()
        .map(|o| (o.name.as_str(), o.count, o.known))
        .collect();
    assert_eq!(operators, [("Conv", 2, true), ("Relu", 1, true)]);
    // 4 kernels of 27 and 3 of 4, each with a bias.
    assert_eq!(found.parameters, 4.0 * 28.0 + 3.0 * 5.0);
    assert_eq!(found.bytes, network("volume").len() as f64);
    let seems = &found.seems;
    assert_eq!(seems.task.as_deref(), Some("segmentation"));
    assert_eq!(
        (seems.axes, seems.channels, seems.labels),
        (Some(3), Some(1), Some(3))
    );
    assert_eq!(found.refusals, []);
    // What no file can tell is left to who brings it.
    assert_eq!(
        fields(&found),
        [
            "output.labels",
            "input.orientation",
            "input.intensity",
            "output.activation"
        ]
    );
    let kind = |name: &str| {
        let seems = inspected(name).seems;
        (
            seems.task.unwrap_or_default(),
            seems.axes,
            seems.channels,
            seems.labels,
        )
    };
    assert_eq!(
        kind("slices"),
        ("segmentation".to_owned(), Some(2), Some(3), Some(2))
    );
    assert_eq!(
        kind("frame"),
        ("classification".to_owned(), Some(2), Some(3), Some(3))
    );
    assert_eq!(kind("boxes").0, "detection");
    // Three channels may be a grey value three times, or neighbours: it is asked.
    assert!(fields(&inspected("frame")).contains(&"input.channels"));
    let manifest: Value = serde_json::from_str(&inspected("frame").manifest).unwrap();
    assert_eq!(manifest["input"]["size"], json!([16, 12]));
    assert_eq!(manifest["input"]["takes"], "frame");
}

#[test]
fn shipped_networks_are_told_apart() {
    let of = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
        let bytes = std::fs::read(format!("{folder}/{name}/model.onnx")).unwrap();
        let found = inspect::inspect(&bytes, "model.onnx", &Limits::default()).unwrap();
        assert_eq!(found.refusals, [], "{name}");
        (found.seems.task.unwrap_or_default(), found.seems.axes)
    };
    assert_eq!(of("brain-mask"), ("segmentation".to_owned(), Some(3)));
    assert_eq!(
        of("chest-pneumonia"),
        ("classification".to_owned(), Some(2))
    );
}

/// A field of protobuf with bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2, bytes.len() as u8];
    out.extend(bytes);
    out
}

/// A model of one node: `op` of `domain`, from `inputs` of `kind`.
fn one_node(op: &str, domain: &str, inputs: &[&str], kind: u8) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|i| field(1, i.as_bytes())).collect();
    node.extend(field(2, b"y"));
    node.extend(field(4, op.as_bytes()));
    node.extend(field(7, domain.as_bytes()));
    let mut graph = field(1, &node);
    for name in inputs {
        let tensor = field(1, &[8, kind]);
        graph.extend(field(
            11,
            &[field(1, name.as_bytes()), field(2, &tensor)].concat(),
        ));
    }
    graph.extend(field(12, &field(1, b"y")));
    let mut model = vec![8, 8];
    model.extend(field(7, &graph));
    model.extend(field(8, &[16, 19]));
    model
}

#[test]
fn what_cannot_be_run_is_named_with_its_opset() {
    let refusals = |bytes: &[u8]| {
        inspect::inspect(bytes, "x.onnx", &Limits::default())
            .unwrap()
            .refusals
    };
    assert_eq!(
        refusals(&one_node("Mine", "com.nobody", &["x"], 1)),
        [Refusal::Operators {
            names: vec!["com.nobody.Mine".to_owned()],
            opset: 19
        }]
    );
    assert_eq!(
        refusals(&one_node("Add", "", &["a", "b"], 1)),
        [Refusal::Inputs { count: 2 }]
    );
    assert_eq!(
        refusals(&one_node("Relu", "", &["x"], 7)),
        [Refusal::Element {
            found: "int64".to_owned()
        }]
    );
    let error = |bytes: &[u8], limits: &Limits| {
        inspect::inspect(bytes, "x.onnx", limits)
            .unwrap_err()
            .code()
    };
    assert_eq!(error(b"no network", &Limits::default()), &codes::NETWORK);
    assert_eq!(error(&[], &Limits::default()), &codes::NETWORK);
    let small = Limits {
        model_bytes: 10,
        ..Limits::default()
    };
    assert_eq!(error(&network("volume"), &small), &codes::TOO_LARGE);
}

#[test]
fn damaged_files_end_in_errors() {
    let whole = network("frame");
    for length in 0..whole.len() {
        let _ = inspect::inspect(&whole[..length], "x.onnx", &Limits::default());
    }
    for at in 0..whole.len() {
        for value in [0, 0x7f, 0xff] {
            let mut other = whole.clone();
            other[at] = value;
            if let Ok(found) = inspect::inspect(&other, "x.onnx", &Limits::default()) {
                assert!(found.parameters >= 0.0 && found.operators.len() <= 200);
            }
        }
    }
}

fn bundled(metadata: &[u8], inference: Option<&[u8]>) -> Inspection {
    let network = network("volume");
    bundle::read(
        metadata,
        inference,
        &network,
        "model.onnx",
        &Limits::default(),
    )
    .unwrap()
}

#[test]
fn a_bundle_is_a_manifest() {
    let found = bundled(METADATA, Some(INFERENCE));
    assert_eq!((fields(&found), &found.notes), (vec![], &vec![]));
    let manifest = Manifest::read(found.manifest.as_bytes()).unwrap();
    assert_eq!(manifest.name, "volume");
    assert_eq!(manifest.task, Task::Segmentation);
    assert_eq!(manifest.input.modality, ["CT"]);
    let labels: Vec<_> = manifest.output.labels.iter().map(|l| &l.name).collect();
    assert_eq!(labels, ["background", "one", "two"]);
    assert!(manifest.not_for[1].contains("not to be used for anything"));
    // The same recipe as the one that a person writes for this network.
    let written = json!({
        "name": "volume", "version": "1", "license": "MIT", "task": "segmentation", "not_for": [],
        "file": {"name": "model.onnx", "sha256": found.sha256},
        "input": {
            "preparation": "general", "takes": "stack", "layout": "NCDHW", "orientation": "RAS", "spacing": [1.5, 1.2, 2.0],
            "intensity": [{"method": "window", "low": -300, "high": 300, "to": [0, 1], "clip": true}],
            "sliding": {"roi": [8, 7, 6], "overlap": 0.5, "mode": "gaussian"},
        },
        "output": {"labels": [{"name": "background"}, {"name": "one"}, {"name": "two"}], "activation": "softmax"},
    });
    let written = Manifest::read(written.to_string().as_bytes()).unwrap();
    assert_eq!(
        Recipe::of(&manifest).unwrap(),
        Recipe::of(&written).unwrap()
    );
}

/// The bundle with one value changed, and the fields that are gaps then.
fn changed(pointer: &str, value: Value) -> (Vec<String>, Vec<String>, Value) {
    let mut metadata: Value = serde_json::from_slice(METADATA).unwrap();
    let mut inference: Value = serde_json::from_slice(INFERENCE).unwrap();
    let place = metadata
        .pointer_mut(pointer)
        .or_else(|| inference.pointer_mut(pointer));
    *place.unwrap_or_else(|| panic!("{pointer}")) = value;
    let found = bundled(
        metadata.to_string().as_bytes(),
        Some(inference.to_string().as_bytes()),
    );
    let gaps = fields(&found).iter().map(|&f| f.to_owned()).collect();
    (
        gaps,
        found.notes,
        serde_json::from_str(&found.manifest).unwrap(),
    )
}

#[test]
fn what_a_bundle_computes_by_python_is_a_gap() {
    let transform = |n: usize| format!("/preprocessing/transforms/{n}");
    let gap = |pointer: &str, value: Value, field: &str| {
        let (gaps, notes, _) = changed(pointer, value);
        assert!(gaps.iter().any(|g| g == field), "{pointer}: {gaps:?}");
        assert!(!notes.is_empty(), "{pointer}");
    };
    gap(
        &transform(4),
        json!({"_target_": "CropForegroundd"}),
        "input.intensity",
    );
    gap(&transform(4), json!("$scripts.mine()"), "input.intensity");
    gap(
        &format!("{}/a_min", transform(4)),
        json!("$-1000"),
        "input.intensity",
    );
    gap(
        &format!("{}/pixdim", transform(3)),
        json!("$[1, 1, 1]"),
        "input.spacing",
    );
    gap(
        &transform(2),
        json!({"_target_": "EnsureTyped"}),
        "input.orientation",
    );
    // Arguments that change what the network is given.
    let with = |target: &str, arguments: Value| {
        let mut one = json!({"_target_": target, "keys": "@image_key"});
        for (key, value) in arguments.as_object().unwrap() {
            one[key] = value.clone();
        }
        one
    };
    for (n, target, arguments, field) in [
        (
            2,
            "Orientationd",
            json!({"axcodes": "RAS", "as_closest_canonical": true}),
            "input.orientation",
        ),
        (
            3,
            "Spacingd",
            json!({"pixdim": [1, 1, 1], "diagonal": true}),
            "input.spacing",
        ),
        (
            3,
            "Spacingd",
            json!({"pixdim": [1, 1, 1], "scale_extent": "True"}),
            "input.spacing",
        ),
        (
            3,
            "Spacingd",
            json!({"pixdim": [1, 1, 1], "padding_mode": "zeros"}),
            "input.spacing",
        ),
        (
            3,
            "Spacingd",
            json!({"pixdim": [1, 1, 1], "align_corners": [true]}),
            "input.spacing",
        ),
        (
            3,
            "Resized",
            json!({"spatial_size": [32, 32, 16], "size_mode": "longest"}),
            "input.size",
        ),
        (
            3,
            "Resized",
            json!({"spatial_size": [32, 32, 16], "anti_aliasing": "$True"}),
            "input.size",
        ),
        (
            4,
            "ScaleIntensityd",
            json!({"minv": 0, "maxv": 1, "unheard_of": 3}),
            "input.intensity",
        ),
    ] {
        gap(&transform(n), with(target, arguments), field);
    }
    // Before the axes are turned, its numbers are of other axes.
    let mut turned: Value = serde_json::from_slice(INFERENCE).unwrap();
    let all = turned["preprocessing"]["transforms"]
        .as_array_mut()
        .unwrap();
    all.swap(2, 3);
    gap(
        "/preprocessing/transforms",
        turned["preprocessing"]["transforms"].clone(),
        "input.spacing",
    );
    // As they are when nobody names them, they change nothing.
    let usual = with(
        "Spacingd",
        json!({"pixdim": [1, 1, 1], "mode": ["bilinear"], "diagonal": false, "padding_mode": "border", "align_corners": [null], "dtype": "$np.float32"}),
    );
    let (gaps, notes, manifest) = changed(&transform(3), usual);
    assert_eq!((gaps, notes), (vec![], vec![]));
    assert_eq!(manifest["input"]["spacing"], json!([1.0, 1.0, 1.0]));
    gap(
        "/inferer",
        json!({"_target_": "SlidingWindowInferer", "roi_size": [8, 8, 8], "with_coord": true}),
        "input.sliding.roi",
    );
    gap("/inferer/roi_size", json!("@nowhere"), "input.sliding.roi");
    gap(
        "/inferer/_target_",
        json!("SliceInferer"),
        "input.sliding.roi",
    );
    gap("/postprocessing/transforms", json!([]), "output.activation");
    gap(
        "/network_data_format/outputs/pred/format",
        json!("points"),
        "task",
    );
    gap(
        "/network_data_format/outputs/pred/num_channels",
        json!(4),
        "output.labels",
    );
    gap(
        "/network_data_format/inputs/image/num_channels",
        json!(4),
        "input.channels",
    );
    let none = bundled(METADATA, None);
    assert_eq!(
        fields(&none),
        ["input.orientation", "input.intensity", "output.activation"]
    );
    // One reference that leads to itself.
    let (gaps, _, _) = changed("/image_key", json!("@image_key"));
    assert!(gaps.is_empty());
    let (gaps, _, _) = changed("/window/low", json!("@window#low"));
    assert!(gaps.contains(&"input.intensity".to_owned()));
}

#[test]
fn other_forms_of_bundles() {
    let (gaps, _, manifest) = changed(
        "/preprocessing/transforms/4",
        json!({"_target_": "monai.transforms.NormalizeIntensityD", "nonzero": "True", "channel_wise": true}),
    );
    assert!(gaps.is_empty(), "{gaps:?}");
    assert_eq!(
        manifest["input"]["intensity"],
        json!([{"method": "zscore", "nonzero": true}])
    );

    let (gaps, _, manifest) = changed("/inferer", json!({"_target_": "SimpleInferer"}));
    assert!(gaps.is_empty());
    assert_eq!(manifest["input"]["sliding"], Value::Null);

    let (gaps, _, manifest) = changed(
        "/network_data_format/inputs/image/spatial_shape",
        json!(["16*n", "16*n", "8*n"]),
    );
    // The inferer has windows, so no multiple is needed.
    assert!(gaps.is_empty(), "{gaps:?}");
    assert_eq!(manifest["input"]["multiple"], Value::Null);

    let sigmoid = json!([{"_target_": "Activationsd", "sigmoid": true}, {"_target_": "AsDiscreted", "threshold": 0.25}]);
    let (gaps, _, manifest) = changed("/postprocessing/transforms", sigmoid);
    // One of the labels of their own is the background.
    assert_eq!(gaps, ["output.labels"]);
    assert_eq!(manifest["output"]["threshold"]["value"], 0.25);

    let resized = json!({"_target_": "Resized", "spatial_size": [32, 32, 16]});
    let (gaps, _, manifest) = changed("/preprocessing/transforms/3", resized);
    assert!(gaps.is_empty());
    assert_eq!(manifest["input"]["size"], json!([32, 32, 16]));
    assert_eq!(manifest["input"]["resize"], "area");
}

#[test]
fn bundles_that_are_none_end_in_errors() {
    let network = network("volume");
    let read = |metadata: &[u8], inference: &[u8]| {
        bundle::read(
            metadata,
            Some(inference),
            &network,
            "model.onnx",
            &Limits::default(),
        )
    };
    for (metadata, inference) in [
        (&b"{"[..], INFERENCE),
        (b"[]", INFERENCE),
        (METADATA, b"7"),
        (b"\xff", INFERENCE),
    ] {
        let error = read(metadata, inference).unwrap_err();
        assert_eq!(error.code(), &codes::MANIFEST);
    }
    // Any JSON of this form ends somewhere: the forms of the parts are not believed.
    for odd in [
        "{}",
        r#"{"network_data_format":{"inputs":{"a":7},"outputs":[]}}"#,
    ] {
        let found = read(odd.as_bytes(), br#"{"preprocessing":"@preprocessing","inferer":[],"postprocessing":{"transforms":[[],7,{}]}}"#).unwrap();
        assert!(!found.gaps.is_empty() && !found.notes.is_empty());
    }
}
