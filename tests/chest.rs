//! The chest model: scores and maps as two other programs compute them, and what it refuses.
#![cfg(all(feature = "model", feature = "viewer"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::{
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use negatoscope::{
    base::{Limits, MemorySource, Result, Silent},
    model::{
        self, codes,
        explain::{self, sanity::weights, shares::Field},
        facts::InputFacts,
        input,
        manifest::{Manifest, sha256},
        prepare::radiograph,
        run::{Network, Output},
    },
    study::Catalogue,
};
use serde_json::Value;

const SIDE: usize = 112;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("models/chest-pneumonia")
}

fn manifest() -> Manifest {
    Manifest::read(&fs::read(folder().join("manifest.json")).unwrap()).unwrap()
}

fn network(float: bool) -> Vec<u8> {
    fs::read(folder().join(&manifest().network(float).unwrap().name)).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(root().join("tests/data").join(name)).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

fn furthest(a: &[f32], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - b).abs())
        .fold(0.0, f64::max)
}

/// Both networks on stored inputs: the float one as onnxruntime in float, the 8-bit one bit for bit as in whole numbers.
#[test]
fn stored_inputs_give_stored_outputs() {
    let about = json("chest_vectors.json");
    let inputs = fs::read(root().join("tests/data/chest_vectors.bin")).unwrap();
    let manifest = manifest();
    let cam = manifest.explain.cam.as_ref().unwrap();
    let scale = about["features_scale"].as_f64().unwrap();
    for float in [true, false] {
        let network = Network::of(&manifest, network(float), float, &Limits::default()).unwrap();
        let plan = network.plan(&[1, 1, SIDE, SIDE]).unwrap();
        for (vector, bytes) in about["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .zip(inputs.chunks_exact(SIDE * SIDE))
        {
            let values: Vec<f32> = bytes.iter().map(|&v| f32::from(v) / 255.0).collect();
            let outputs = plan.run(&values).unwrap();
            let [logit, features]: [Output; 2] = outputs.try_into().unwrap();
            let expected = &vector[if float { "float" } else { "int8" }];
            let off = (f64::from(logit.values[0]) - expected["logit"].as_f64().unwrap()).abs();
            let map = explain::cam(&features.values, 64, cam, 0).unwrap();
            let cells = furthest(&map, &numbers(&expected["cam"]));
            println!(
                "{} float {float}: logit off by {off:.1e}, map by {cells:.1e}",
                vector["name"]
            );
            assert!(off < 1e-4 && cells < 1e-4);
            if !float {
                let codes: Vec<u8> = features
                    .values
                    .iter()
                    .map(|v| (f64::from(*v) / scale).round() as u8)
                    .collect();
                assert_eq!(
                    Value::from(sha256(&codes)),
                    expected["features_sha256"],
                    "{}",
                    vector["name"]
                );
            }
        }
    }
}

/// A radiograph of the corpus, where it is.
fn corpus(name: &str) -> Option<Vec<u8>> {
    let home = std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache/negatoscope-corpus"));
    [
        std::env::var_os("NEGATOSCOPE_SHARED").map(|p| PathBuf::from(p).join("corpus")),
        Some(root().join("../shared/corpus")),
        Some(root().join("../../shared/corpus")),
        std::env::var_os("NEGATOSCOPE_CORPUS_CACHE").map(PathBuf::from),
        home,
    ]
    .into_iter()
    .flatten()
    .find_map(|p| fs::read(p.join("chest").join(name)).ok())
}

/// From the DICOM file to score and map, against a computation in NumPy (float) and in whole numbers (8 bits).
#[test]
fn radiographs_score_as_computed_a_second_way() {
    let expected = json("chest_expected.json");
    let manifest = manifest();
    assert_eq!(
        Value::from(manifest.file.sha256.clone()),
        expected["model_sha256"]
    );
    let mut found = 0;
    for file in expected["files"].as_array().unwrap() {
        let name = file["file"].as_str().unwrap();
        let Some(bytes) = corpus(name).filter(|b| file["sha256"] == sha256(b)) else {
            continue;
        };
        found += 1;
        let mut catalogue = Catalogue::default();
        let source: Rc<dyn negatoscope::base::ByteSource> = Rc::new(MemorySource::new(name, bytes));
        catalogue.add(&source, &Limits::default());
        catalogue.arrange();
        let set = &catalogue.studies[0].series[0].frame_sets[0];
        let facts = input::facts(&catalogue, set, 0).unwrap();
        let grey = input::display(&catalogue, set, 0, &Limits::default()).unwrap();
        let tensor = radiograph::prepare(
            &grey.values,
            grey.columns,
            grey.rows,
            [SIDE, SIDE],
            [0.5, 99.5],
        )
        .unwrap();
        let samples: Vec<f32> = (0..14)
            .flat_map(|r| (0..14).map(move |c| (r * 8 + 3) * SIDE + c * 8 + 3))
            .map(|at| tensor[at])
            .collect();
        let input_off = furthest(&samples, &numbers(&file["input_samples"]));
        for float in [true, false] {
            let input = model::Input::Frame {
                columns: grey.columns,
                rows: grey.rows,
                values: grey.values.clone(),
            };
            let done = model::analyse(
                &manifest,
                network(float),
                &model::Wish {
                    float,
                    ..model::Wish::default()
                },
                name,
                &facts,
                input,
                &Limits::default(),
                0,
                &Silent,
            )
            .unwrap();
            let expected = &file[if float { "float" } else { "int8" }];
            let score = &done.finding.scores[0];
            let off = (score.calibrated.unwrap() - expected["calibrated"].as_f64().unwrap()).abs();
            let cells: Vec<f32> = done
                .overlay
                .as_chunks::<4>()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect();
            let map_off = furthest(&cells, &numbers(&expected["cam"]));
            println!(
                "{name} float {float}: {:.4}, off by {off:.1e}; input off by {input_off:.1e}, map by {map_off:.1e}",
                score.calibrated.unwrap()
            );
            assert!(off < 1e-3 && input_off < 1e-4);
            // A code that rounds the other way moves a cell of the 8-bit map by a step.
            assert!(map_off < if float { 1e-3 } else { 0.1 });
            let heatmap = done.finding.heatmap.unwrap();
            assert_eq!(heatmap.cells, [14, 14]);
            assert_eq!(
                heatmap.extent,
                [
                    -0.5,
                    -0.5,
                    grey.columns as f32 - 0.5,
                    grey.rows as f32 - 0.5
                ]
            );
            let mean = cells.iter().map(|&v| f64::from(v)).sum::<f64>() / 196.0;
            assert!(
                (model::score::logistic(mean) - score.value).abs() < 1e-5,
                "the map's mean is the logit"
            );
        }
    }
    println!("radiographs: {found} of 2 there");
}

fn chest() -> InputFacts {
    InputFacts {
        modality: "DX".to_owned(),
        body_part: "CHEST".to_owned(),
        view: "PA".to_owned(),
        age_years: Some(50.0),
        grey: true,
        ..InputFacts::default()
    }
}

#[test]
fn refusals_say_why() {
    let analyse = |facts: &InputFacts, columns: usize, rows: usize| {
        let values = (0..columns * rows)
            .map(|i| (i % 97) as f32 / 96.0)
            .collect();
        let input = model::Input::Frame {
            columns,
            rows,
            values,
        };
        model::analyse(
            &manifest(),
            network(false),
            &model::Wish::default(),
            "x",
            facts,
            input,
            &Limits::default(),
            0,
            &Silent,
        )
    };
    let done = analyse(&chest(), 300, 310).unwrap();
    assert!(done.finding.warnings.is_empty() && done.finding.scores.len() == 1);
    let refused = |facts: &InputFacts, columns, rows| {
        let error = analyse(facts, columns, rows).unwrap_err();
        assert_eq!(error.code(), &codes::INPUT);
        error.detail()
    };
    let lateral = refused(
        &InputFacts {
            view: "LL".to_owned(),
            ..chest()
        },
        300,
        310,
    );
    assert_eq!(
        lateral,
        "View Position (0018,5101), expected PA or AP, found LL"
    );
    let silent = refused(
        &InputFacts {
            view: String::new(),
            ..chest()
        },
        300,
        310,
    );
    assert!(silent.ends_with("found nothing"), "{silent}");
    let child = refused(
        &InputFacts {
            age_years: Some(4.2),
            ..chest()
        },
        300,
        310,
    );
    assert!(child.contains("found 4 years"), "{child}");
    let hand = refused(
        &InputFacts {
            body_part: "HAND".to_owned(),
            ..chest()
        },
        300,
        310,
    );
    assert!(hand.contains("expected CHEST, found HAND"), "{hand}");
    let wide = refused(&chest(), 600, 310);
    assert!(
        wide.contains("columns / rows") && wide.contains("found 1.94"),
        "{wide}"
    );
    let small = refused(&chest(), 200, 210);
    assert!(small.contains("at least 224"), "{small}");
    let unknown = InputFacts {
        age_years: None,
        burned_in: true,
        ..chest()
    };
    let warned = analyse(&unknown, 300, 310).unwrap().finding.warnings;
    assert_eq!(
        warned.iter().map(|w| w.code.as_str()).collect::<Vec<_>>(),
        ["MDL-009", "MDL-010"]
    );
    let volume = negatoscope::study::volume::Volume {
        dims: [300, 310, 1],
        origin: [0.0; 3],
        steps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        values: vec![0.0; 93_000],
    };
    let input = model::Input::Volume {
        volume,
        unsigned_bytes: false,
        fractions: false,
    };
    let other = model::analyse(
        &manifest(),
        network(false),
        &model::Wish::default(),
        "x",
        &chest(),
        input,
        &Limits::default(),
        0,
        &Silent,
    );
    assert_eq!(other.unwrap_err().code(), &codes::INPUT);
}

/// A stored picture, enlarged to what a film has at least.
fn stored(number: usize) -> (Vec<f32>, usize) {
    let bytes = fs::read(root().join("tests/data/chest_vectors.bin")).unwrap();
    let picture = bytes.chunks_exact(SIDE * SIDE).nth(number).unwrap();
    let side = 2 * SIDE;
    let at = |i: usize| (i / side / 2) * SIDE + i % side / 2;
    let values = (0..side * side).map(|i| f32::from(picture[at(i)]) / 255.0);
    (values.collect(), side)
}

fn wished(wish: &model::Wish, number: usize) -> Result<model::Analysis> {
    let (values, side) = stored(number);
    let input = model::Input::Frame {
        columns: side,
        rows: side,
        values,
    };
    model::analyse(
        &manifest(),
        network(wish.float),
        wish,
        "x",
        &chest(),
        input,
        &Limits::default(),
        0,
        &Silent,
    )
}

/// Every method that the manifest allows gives its map, of its size, with its legend, and the map of a network with shuffled weights is
/// another one.
#[test]
fn maps_say_what_they_are_and_change_with_the_weights() {
    let runs = [
        ("cam", 0),
        ("eigen-cam", 0),
        ("score-cam", 65),
        ("occlusion", 169),
    ];
    for (method, runs) in runs {
        let wish = model::Wish {
            explain: Some(method.to_owned()),
            check: true,
            field: Some(Field {
                rows: 1,
                columns: 4,
                inside: vec![0, 1, 1, 0],
            }),
            ..model::Wish::default()
        };
        let done = wished(&wish, 1).unwrap();
        let map = done.finding.heatmap.unwrap();
        println!(
            "{method}: {:?} of {:?}, {:?}",
            map.extremes, map.range, map.check
        );
        assert_eq!((map.method.as_str(), map.cells), (method, [14, 14]));
        assert!(
            map.runs <= runs && map.runs + 8 > runs,
            "{method}: {}",
            map.runs
        );
        assert_eq!(done.overlay.len(), 14 * 14 * 4);
        assert_eq!(map.label.is_empty(), method == "eigen-cam");
        let check = map.check.unwrap();
        let layers: Vec<u32> = check.cascade.iter().map(|s| s.layers).collect();
        assert_eq!(layers, [1, 2, 4, 8]);
        if method == "eigen-cam" {
            let head = check.cascade[0].rank_correlation.unwrap();
            assert!(head > 0.999, "the head has no part in it: {head}");
        }
        let rank = check.shuffled_rank_correlation.unwrap();
        assert!(rank.abs() < 0.75, "{method}: {rank}");
        let shares = map.shares.unwrap();
        assert!((shares.border_area - 0.339_843_75).abs() < 1e-9);
        let [inside, area] = shares.field.unwrap();
        assert!((area - 0.5).abs() < 1e-9 && (0.0..=1.0).contains(&inside));
    }
}

/// The head in the manifest goes with the network when both are shuffled: the mean of the map is still the logit, another one.
#[test]
fn a_shuffled_network_is_whole_and_knows_nothing() {
    let manifest = manifest();
    let head = manifest.explain.cam.as_ref().unwrap();
    let (values, _) = stored(0);
    let tensor: Vec<f32> = values.into_iter().step_by(2).take(SIDE * SIDE).collect();
    for float in [true, false] {
        let run = |bytes: Vec<u8>, head: &_| {
            let plan = Network::unchecked(bytes, &Limits::default()).unwrap();
            let plan = plan.plan(&[1, 1, SIDE, SIDE]).unwrap();
            let [logit, features]: [Output; 2] = plan.run(&tensor).unwrap().try_into().unwrap();
            let map = explain::cam(&features.values, 64, head, 0).unwrap();
            let mean = map.iter().map(|&v| f64::from(v)).sum::<f64>() / map.len() as f64;
            assert!(
                (mean - f64::from(logit.values[0])).abs() < 1e-3,
                "{mean} and {:?}",
                logit.values
            );
            mean
        };
        let own = run(network(float), head);
        let (bytes, count) = weights::shuffled(&network(float), 3, weights::ALL).unwrap();
        assert_eq!(count, 11, "ten convolutions and the last layer");
        let other = run(bytes, &weights::shuffled_head(head, 3));
        assert!((own - other).abs() > 0.05, "{own} and {other}");
        // From the head downwards: with the last layer alone the features stay, with the one before it they do not.
        let features = |bytes: Vec<u8>| {
            let plan = Network::unchecked(bytes, &Limits::default()).unwrap();
            let plan = plan.plan(&[1, 1, SIDE, SIDE]).unwrap();
            plan.run(&tensor).unwrap()
        };
        let last = |layers| weights::shuffled(&network(float), 3, layers).unwrap().0;
        let [own, head, two] = [network(float), last(1), last(2)].map(features);
        assert_eq!(own[1], head[1]);
        assert!(own[0] != head[0] && own[1] != two[1]);
        assert_eq!(last(0), network(float));
    }
}

#[test]
fn small_changes_of_a_picture_spread_its_score() {
    let wish = |augment, seed| model::Wish {
        augment,
        seed,
        ..model::Wish::default()
    };
    let of = |augment, seed| {
        let done = wished(&wish(augment, seed), 1).unwrap();
        let score = done.finding.scores[0].clone();
        (score.calibrated.unwrap(), score.spread, score.cost)
    };
    let (own, none, cost) = of(0, 0);
    assert!(none.is_none());
    assert_eq!(
        cost.map(|c| (c.view, c.sensitivity.value)),
        Some(("PA".to_owned(), 0.692))
    );
    let (same, spread, _) = of(6, 0);
    let spread = spread.unwrap();
    println!("{own}: {spread:?}");
    assert_eq!((own, spread.copies), (same, 6));
    assert!(spread.low <= own && own <= spread.high && spread.sd > 0.0);
    assert!(spread.low <= spread.mean && spread.mean <= spread.high);
    assert_eq!(
        of(6, 0).1.unwrap(),
        spread,
        "the same seed, the same copies"
    );
    assert_ne!(of(6, 1).1.unwrap(), spread);
    let many = wished(&wish(model::MOST_COPIES + 1, 0), 0).unwrap_err();
    assert_eq!(many.code(), &codes::NO_CHANGES);
    let none = wished(
        &model::Wish {
            explain: Some("rollout".to_owned()),
            ..model::Wish::default()
        },
        0,
    );
    assert_eq!(none.unwrap_err().code(), &codes::METHOD);
}

#[test]
fn the_manifest_is_beside_its_networks() {
    for float in [false, true] {
        Network::of(&manifest(), network(float), float, &Limits::default()).unwrap();
    }
    assert!(Path::new(&folder()).join("recipe/README.md").is_file());
}

fn lung_field() -> (Manifest, Vec<u8>) {
    let folder = root().join("models/lung-field");
    let manifest = Manifest::read(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let network = fs::read(folder.join(&manifest.file.name)).unwrap();
    (manifest, network)
}

/// The chest model with the lungs' model beside it.
fn with_lungs() -> Manifest {
    let mut chest = manifest();
    assert_eq!(chest.explain.field.as_deref(), Some("lung-field"));
    let (other, network) = lung_field();
    chest
        .field_with(other, network, &Limits::default())
        .unwrap();
    chest
}

fn framed(
    values: Vec<f32>,
    columns: usize,
    rows: usize,
    facts: &InputFacts,
) -> Result<model::Analysis> {
    let input = model::Input::Frame {
        columns,
        rows,
        values,
    };
    model::analyse(
        &with_lungs(),
        network(false),
        &model::Wish::default(),
        "x",
        facts,
        input,
        &Limits::default(),
        1 << 30,
        &Silent,
    )
}

/// Attention inside of the lungs: the lungs are those of the lung model, the share is that of the map by hand, and the framing is said first.
#[test]
fn attention_inside_of_the_lungs() {
    let (values, side) = stored(0);
    let done = framed(values.clone(), side, side, &chest()).unwrap();
    let found = done.finding.field.unwrap();
    assert_eq!(
        (found.model.name.as_str(), found.label.as_str()),
        ("lung-field", "lung field")
    );
    let (other, bytes) = lung_field();
    let input = model::Input::Frame {
        columns: side,
        rows: side,
        values,
    };
    let wish = model::Wish::default();
    let lungs = model::analyse(
        &other,
        bytes,
        &wish,
        "x",
        &chest(),
        input,
        &Limits::default(),
        1 << 30,
        &Silent,
    )
    .unwrap();
    let inside = lungs.overlay.iter().filter(|v| **v > 0).count() as f64 / (side * side) as f64;
    println!(
        "lungs: {:.3} of the picture, {:.3} by pixels",
        found.area, inside
    );
    assert!(
        (found.area - inside).abs() < 0.01 && found.area > 0.1,
        "{}",
        found.area
    );
    // Each cell of the map by its part inside.
    let map = done.finding.heatmap.unwrap();
    let [columns, rows] = map.cells.map(|n| n as usize);
    let cells: Vec<f32> = done
        .overlay
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    let (mut all, mut within) = (0.0, 0.0);
    for (at, v) in cells.iter().enumerate() {
        let (r, c) = (at / columns, at % columns);
        let size = side / rows;
        let pixels = (r * size..(r + 1) * size)
            .flat_map(|y| (c * size..(c + 1) * size).map(move |x| y * side + x));
        let part = pixels.filter(|&p| lungs.overlay[p] > 0).count() as f64 / (size * size) as f64;
        all += f64::from(v.max(0.0));
        within += f64::from(v.max(0.0)) * part;
    }
    let [share, area] = map.shares.unwrap().field.unwrap();
    println!("attention inside {share:.3}, by chance {area:.3}");
    assert!(
        (share - within / all).abs() < 0.02,
        "{share} {}",
        within / all
    );
    assert!((area - found.area).abs() < 1e-6);
    // The outline bounds just as much.
    let twice: f64 = found
        .outline
        .iter()
        .map(|line| {
            let next = line.iter().cycle().skip(1);
            line.iter()
                .zip(next)
                .map(|(a, b)| f64::from(a[0] * b[1] - b[0] * a[1]))
                .sum::<f64>()
        })
        .sum();
    assert!((twice / 2.0 / (side * side) as f64 - found.area).abs() < 1e-3);
    assert!(
        done.finding.warnings.is_empty(),
        "{:?}",
        done.finding.warnings
    );
}

/// The same picture without its left third, within a wide border, and lying on its side; and one that shows nothing.
#[test]
fn framing_is_said_before_the_scores() {
    let codes_of = |values, columns, rows, facts: &InputFacts| -> Vec<String> {
        let done = framed(values, columns, rows, facts).unwrap();
        assert!(!done.finding.scores.is_empty());
        done.finding.warnings.into_iter().map(|w| w.code).collect()
    };
    let (values, side) = stored(0);
    let third = side * 3 / 10;
    let cut: Vec<f32> = (0..side * (side - third))
        .map(|i| values[i / (side - third) * side + i % (side - third) + third])
        .collect();
    // Narrower than the chest model takes: doubled, and again as wide.
    let wide: Vec<f32> = (0..side * side)
        .map(|i| cut[i / side * (side - third) + i % side * (side - third) / side])
        .collect();
    assert_eq!(codes_of(wide, side, side, &chest()), [codes::CUT.id]);
    let double = 2 * side;
    let far: Vec<f32> = (0..double * double)
        .map(|i| {
            let (r, c) = (i / double, i % double);
            let inside = |n: usize| (side / 2..side / 2 + side).contains(&n);
            if inside(r) && inside(c) {
                values[(r - side / 2) * side + c - side / 2]
            } else {
                0.0
            }
        })
        .collect();
    assert_eq!(codes_of(far, double, double, &chest()), [codes::SMALL.id]);
    let old = InputFacts {
        age_years: None,
        ..chest()
    };
    let flat = codes_of(vec![0.5; side * side], side, side, &old);
    assert_eq!(
        flat,
        [codes::NO_FIELD.id, "MDL-009"],
        "the framing comes first"
    );
}

/// What is no field is refused before anything runs.
#[test]
fn fields_come_from_segmentations_of_frames() {
    let (chest_facts, mut chest) = (chest(), manifest());
    let error = chest
        .field_with(manifest(), network(false), &Limits::default())
        .unwrap_err();
    assert_eq!(error.code(), &codes::MANIFEST);
    let (other, _) = lung_field();
    let error = chest
        .field_with(other.clone(), vec![1, 2, 3], &Limits::default())
        .unwrap_err();
    assert_eq!(error.code(), &codes::CHECKSUM);
    // A picture that the lungs' model excludes has no field, and is analysed all the same.
    let mut strict = other;
    strict.input.view = vec!["LL".to_owned()];
    let (_, bytes) = lung_field();
    chest.field_with(strict, bytes, &Limits::default()).unwrap();
    let (values, side) = stored(0);
    let input = model::Input::Frame {
        columns: side,
        rows: side,
        values,
    };
    let done = model::analyse(
        &chest,
        network(false),
        &model::Wish::default(),
        "x",
        &chest_facts,
        input,
        &Limits::default(),
        1 << 30,
        &Silent,
    )
    .unwrap();
    assert!(done.finding.field.is_none() && done.finding.scores.len() == 1);
    assert!(
        done.finding
            .heatmap
            .unwrap()
            .shares
            .unwrap()
            .field
            .is_none()
    );
}

/// How a stored radiograph lies, in all sixteen ways: as onnxruntime says it of the same bytes, and right; of noise nothing is sure.
#[test]
fn how_a_picture_lies() {
    let folder = root().join("models/radiograph-orientation");
    let manifest = Manifest::read(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let labels: Vec<&str> = (manifest.output.labels.iter())
        .map(|l| l.name.as_str())
        .collect();
    assert_eq!(
        labels[1..4],
        ["upside down", "turned a quarter anticlockwise", "mirrored"]
    );
    let analyse = |values: Vec<f32>, side: usize, float: bool| -> Vec<f64> {
        let network = fs::read(folder.join(&manifest.network(float).unwrap().name)).unwrap();
        let input = model::Input::Frame {
            columns: side,
            rows: side,
            values,
        };
        let wish = model::Wish {
            float,
            ..model::Wish::default()
        };
        let limits = Limits::default();
        let done = model::analyse(
            &manifest,
            network,
            &wish,
            "x",
            &chest(),
            input,
            &limits,
            1 << 30,
            &Silent,
        )
        .unwrap();
        done.finding.scores.iter().map(|s| s.value).collect()
    };
    // Mirrored left-right, then turned clockwise by quarters.
    let lying =
        |values: &[f32], side: usize, turns: usize, mirrored: bool, inverted: bool| -> Vec<f32> {
            let upright =
                |r: usize, c: usize| values[r * side + if mirrored { side - 1 - c } else { c }];
            let place = |r: usize, c: usize| (0..turns).fold((r, c), |(r, c), _| (side - 1 - c, r));
            (0..side * side)
                .map(|i| place(i / side, i % side))
                .map(|(r, c)| {
                    if inverted {
                        1.0 - upright(r, c)
                    } else {
                        upright(r, c)
                    }
                })
                .collect()
        };
    // scripts: onnxruntime on prepare.py's tensor of the same picture.
    let expected = [
        (0, false, [0.0049, 0.0037, 0.0044, 0.0247, 0.0155]),
        (0, true, [0.0049, 0.0037, 0.0043, 0.0242, 0.0155]),
        (1, false, [0.0067, 0.0035, 0.0044, 0.0285, 0.0145]),
    ];
    for (number, float, wanted) in expected {
        let (values, side) = stored(number);
        let found = analyse(values, side, float);
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 2e-3, "{number}: {found} {wanted}");
        }
    }
    let (values, side) = stored(0);
    for way in 0..16 {
        let (turns, mirrored, inverted) = (way % 4, way & 4 > 0, way & 8 > 0);
        let found = analyse(lying(&values, side, turns, mirrored, inverted), side, false);
        let said: Vec<bool> = found.iter().map(|v| *v >= 0.5).collect();
        assert_eq!(
            said,
            [turns == 1, turns == 2, turns == 3, mirrored, inverted],
            "{way}: {found:?}"
        );
    }
    let (noise, side) = stored(2);
    assert!(
        analyse(noise, side, false)[..3].iter().all(|v| *v < 0.6),
        "nothing is sure of noise"
    );
}
