//! The MeshNet models: labels as onnxruntime gives them, blocks as the whole, conform as the authors'.
#![cfg(all(feature = "model", feature = "viewer"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::naive_bytecount,
    clippy::disallowed_methods,
    reason = "a test counts plainly, tells what it saw and how long that took"
)]

use std::{
    cell::Cell,
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use negatoscope::{
    base::{Limits, Monitor, Result, Silent, Stage},
    model::{
        self, codes,
        facts::InputFacts,
        labelling,
        manifest::{Manifest, sha256},
        prepare::conform::{self, Crop},
        run::Network,
        segment,
    },
    study::volume::Volume,
};

const MODELS: [&str; 2] = ["brain-tissue-light", "brain-mask"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(name)
}

fn manifest(name: &str) -> Manifest {
    Manifest::read(&fs::read(folder(name).join("manifest.json")).unwrap()).unwrap()
}

fn network(name: &str, float: bool) -> Network {
    let manifest = manifest(name);
    let bytes = fs::read(folder(name).join(&manifest.network(float).unwrap().name)).unwrap();
    Network::of(&manifest, bytes, float, &Limits::default()).unwrap()
}

fn logits(network: &Network, shape: [usize; 3], values: &[f32]) -> Result<Vec<f32>> {
    let [d, h, w] = shape;
    let mut outputs = network.plan(&[1, 1, d, h, w])?.run(values)?;
    Ok(outputs.remove(0).values)
}

/// Places where the labels differ though the two largest logits are apart, and places that are close.
fn wrong(logits: &[f32], expected: &[u8]) -> (usize, usize) {
    let n = expected.len();
    let labels = segment::argmax(logits, 3);
    let mut counts = (0, 0);
    for (at, (label, expected)) in labels.iter().zip(expected).enumerate() {
        let mut three = [logits[at], logits[n + at], logits[2 * n + at]];
        three.sort_by(f32::total_cmp);
        let close = three[2] - three[1] < 1e-3;
        counts.1 += usize::from(close);
        counts.0 += usize::from(label != expected && !close);
    }
    counts
}

#[test]
fn float_networks_agree_with_onnxruntime() {
    let vector =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/meshnet.bin")).unwrap();
    let n = 32 * 32 * 32;
    let input: Vec<f32> = vector[..n].iter().map(|&v| f32::from(v) / 255.0).collect();
    for (index, name) in MODELS.iter().enumerate() {
        let found = logits(&network(name, true), [32; 3], &input).unwrap();
        let expected = &vector[n + index * (n + 12)..][..n + 12];
        let present = (0..3).filter(|l| expected[..n].iter().filter(|e| *e == l).count() > 250);
        assert_eq!(present.count(), 3, "a vector that shows every label");
        let (differ, close) = wrong(&found, &expected[..n]);
        println!("{name}: {differ} of {n} labels differ, {close} are close");
        assert!(differ == 0 && close < 50);
        for (class, bytes) in expected[n..].chunks_exact(4).enumerate() {
            let value = f32::from_le_bytes(bytes.try_into().unwrap());
            let ours = found[class * n + 16 * (32 * 32 + 32 + 1)];
            assert!((ours - value).abs() < 1e-3, "{ours} {value}");
        }
    }
}

/// The models with many labels: those of tests/data/meshnet_family.bin, with the number that bytes are divided by.
const FAMILY: [(&str, f32); 3] = [
    ("brain-tissue", 67.0),
    ("brain-regions-18", 153.0),
    ("brain-regions-104", 153.0),
];

#[test]
fn the_family_agrees_with_onnxruntime() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let block = fs::read(data.join("meshnet.bin")).unwrap();
    let (side, n) = (20, 20 * 20 * 20);
    let bytes = (0..n).map(|at| {
        let [i, j, k] = [at / (side * side) + 12, at / side % side + 6, at % side + 6];
        f32::from(block[k + 32 * (j + 32 * i)])
    });
    let bytes: Vec<f32> = bytes.collect();
    let vector = fs::read(data.join("meshnet_family.bin")).unwrap();
    let mut rest = vector.as_slice();
    for (name, divisor) in FAMILY {
        let manifest = manifest(name);
        let count = manifest.output.labels.len();
        let float = manifest.file_float.is_some();
        let input: Vec<f32> = bytes.iter().map(|v| v / divisor).collect();
        let found = logits(&network(name, float), [side; 3], &input).unwrap();
        let (labels, after) = rest.split_at(n);
        let (close, after) = after.split_at(n);
        let (values, after) = after.split_at(4 * 27 * count);
        rest = after;
        let ours = segment::argmax(&found, count);
        let differ = (0..n).filter(|&at| ours[at] != labels[at] && close[at] == 0);
        let differ = differ.count();
        let (mut low, mut high, mut furthest) = (f32::MAX, f32::MIN, 0f32);
        for (at, bytes) in values.chunks_exact(4).enumerate() {
            let theirs = f32::from_le_bytes(bytes.try_into().unwrap());
            let [i, j, k] = [at / 9 % 3, at / 3 % 3, at % 3].map(|x| 1 + 9 * x);
            let ours = found[at / 27 * n + k + side * (j + side * i)];
            furthest = furthest.max((ours - theirs).abs());
            (low, high) = (low.min(theirs), high.max(theirs));
        }
        println!("{name}: logits from {low} to {high}, {furthest} off at most");
        assert!(
            differ == 0 && high - low > 4.0 && furthest < 1e-3,
            "{name}: {differ}, {furthest}"
        );
    }
    assert!(rest.is_empty());
}

/// A small array of an .npz file: its values' bytes.
fn array(npz: &Path, name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(fs::File::open(npz).unwrap()).unwrap();
    let mut bytes = vec![];
    archive
        .by_name(&format!("{name}.npy"))
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes.split_off(start)
}

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [
        std::env::var_os("NEGATOSCOPE_SHARED").map(PathBuf::from),
        Some(root.join("../shared")),
        Some(root.join("../../shared")),
    ]
    .into_iter()
    .flatten()
    .find(|p| p.join("models/meshnet/block64.npz").is_file())
}

#[test]
fn the_authors_block_of_64() {
    let Some(shared) = shared() else {
        println!("block64: no shared folder, 0 of 2 models held against it");
        return;
    };
    let npz = shared.join("models/meshnet/block64.npz");
    let input: Vec<f32> = array(&npz, "input_u8")
        .iter()
        .map(|&v| f32::from(v) / 255.0)
        .collect();
    for (name, theirs) in MODELS.iter().zip(["model5_gw_ae", "model11_gw_ae"]) {
        let start = Instant::now();
        let found = logits(&network(name, true), [64; 3], &input).unwrap();
        let seconds = start.elapsed();
        let expected = array(&npz, &format!("argmax_{theirs}"));
        let width = expected.len() / (64 * 64 * 64);
        let expected: Vec<u8> = expected.chunks_exact(width).map(|v| v[0]).collect();
        let (differ, close) = wrong(&found, &expected);
        println!("block64, {name}: {differ} of 262144 labels differ, {close} close, {seconds:?}");
        assert_eq!(differ, 0);
        let at_32 = array(&npz, &format!("logits_at_32_{theirs}"));
        for (class, bytes) in at_32.chunks_exact(4).enumerate() {
            let value = f32::from_le_bytes(bytes.try_into().unwrap());
            let ours = found[class * 64 * 64 * 64 + 32 * (64 * 64 + 64 + 1)];
            assert!((ours - value).abs() < 1e-3, "{ours} {value}");
        }
    }
}

/// Folders that `scripts/oracles/meshnet_reference.py` wrote: whole heads take many minutes, so
/// they are only looked at when `NEGATOSCOPE_MESHNET_ORACLE` names their parent.
fn oracles() -> Vec<PathBuf> {
    let Some(parent) = std::env::var_os("NEGATOSCOPE_MESHNET_ORACLE").map(PathBuf::from) else {
        return Vec::new();
    };
    ["series", "nifti"]
        .into_iter()
        .map(|n| parent.join(n))
        .filter(|p| p.join("brain-mask.json").is_file())
        .collect()
}

fn volume(oracle: &Path) -> (Volume, bool) {
    let about: serde_json::Value =
        serde_json::from_slice(&fs::read(oracle.join("volume.json")).unwrap()).unwrap();
    let three = |v: &serde_json::Value| std::array::from_fn(|i| v[i].as_f64().unwrap());
    let bytes = fs::read(oracle.join("volume.f32")).unwrap();
    let values = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    let volume = Volume {
        dims: three(&about["dims"]).map(|n: f64| n as usize),
        origin: three(&about["origin"]),
        steps: std::array::from_fn(|i| three(&about["steps"][i])),
        values,
    };
    (volume, about["bytes"].as_bool().unwrap())
}

fn dice(a: &[u8], b: &[u8], label: u8) -> f64 {
    let count = |v: &[u8]| v.iter().filter(|&&l| l == label).count();
    let both = a
        .iter()
        .zip(b)
        .filter(|(a, b)| **a == label && **b == label)
        .count();
    2.0 * both as f64 / (count(a) + count(b)) as f64
}

/// Whole heads, float and int8, against onnxruntime on volumes that another program conformed.
#[test]
fn whole_heads_agree_with_onnxruntime() {
    let oracles = oracles();
    println!(
        "whole heads: {} of 2 volumes there (scripts/oracles/meshnet_reference.py writes them)",
        oracles.len()
    );
    for oracle in oracles {
        let (volume, bytes) = volume(&oracle);
        let conformed = conform::conform(&volume, bytes).unwrap();
        let theirs = fs::read(oracle.join("conformed.u8")).unwrap();
        let off = conformed
            .values
            .iter()
            .zip(&theirs)
            .filter(|(a, b)| a != b)
            .count();
        let far = conformed
            .values
            .iter()
            .zip(&theirs)
            .filter(|(a, b)| a.abs_diff(**b) > 1)
            .count();
        println!(
            "{}: {off} of {} conformed voxels differ by 1, {far} by more",
            oracle.display(),
            theirs.len()
        );
        // A sum in another order may cross a whole number before it is truncated.
        assert!(off < 20 && far == 0);
        for name in MODELS {
            let manifest = manifest(name);
            let crop = conform::crop(
                &conformed.values,
                manifest.input.crop_threshold,
                manifest.input.crop_padding,
            )
            .unwrap();
            let about: serde_json::Value =
                serde_json::from_slice(&fs::read(oracle.join(format!("{name}.json"))).unwrap())
                    .unwrap();
            let three =
                |v: &serde_json::Value| std::array::from_fn(|i| v[i].as_u64().unwrap() as usize);
            assert_eq!(
                crop,
                Crop {
                    from: three(&about["from"]),
                    to: three(&about["to"])
                }
            );
            let norm = conform::normalisation(&theirs, false);
            let input = segment::take(&theirs, conform::SIDE, &crop, norm);
            let expected = fs::read(oracle.join(format!("{name}.labels.u8"))).unwrap();
            let close = fs::read(oracle.join(format!("{name}.close.u8"))).unwrap();
            let label = |float: bool| {
                let network = network(name, float);
                let start = Instant::now();
                let blocks = segment::blocks(
                    crop.dims(),
                    manifest.input.halo.unwrap(),
                    manifest.input.bytes_per_voxel,
                    512 << 20,
                )
                .unwrap();
                let mut infer = |shape: [usize; 3], values: &[f32]| logits(&network, shape, values);
                let labels = segment::segment(
                    &input,
                    crop.dims(),
                    3,
                    &blocks,
                    &Silent,
                    &mut infer,
                    &mut [],
                )
                .unwrap();
                println!(
                    "{name}, float {float}: {} slabs, {:?}",
                    blocks.len(),
                    start.elapsed()
                );
                labels
            };
            let float = label(true);
            let differ = float
                .iter()
                .zip(&expected)
                .zip(&close)
                .filter(|((a, b), close)| a != b && **close == 0)
                .count();
            let either = float.iter().zip(&expected).filter(|(a, b)| a != b).count();
            println!(
                "{name}: {differ} of {} labels differ where apart, {either} in all",
                expected.len()
            );
            assert_eq!(differ, 0);
            let int8 = label(false);
            let [white, grey] = [1, 2].map(|l| dice(&int8, &float, l));
            println!("{name}: int8 against float, Dice white {white:.4}, grey {grey:.4}");
            assert!(white > 0.95 && grey > 0.95);
        }
    }
}

#[test]
fn slabs_give_what_the_whole_gives() {
    let network = network("brain-mask", true);
    let dims = [72, 10, 9];
    let input: Vec<f32> = (0..72 * 90)
        .map(|i| ((i * 7919) % 251) as f32 / 250.0)
        .collect();
    let whole = segment::argmax(&logits(&network, dims, &input).unwrap(), 3);
    let blocks = segment::blocks(dims, 24, 146, 60 * 90 * 146).unwrap();
    assert!(blocks.len() > 4);
    let mut infer = |shape: [usize; 3], values: &[f32]| logits(&network, shape, values);
    let slabs = segment::segment(&input, dims, 3, &blocks, &Silent, &mut infer, &mut []).unwrap();
    assert_eq!(whole, slabs);
    // Laid out for fewer planes, it runs plane by plane on all of them.
    let mut planes = vec![];
    network
        .plan(&[1, 1, 9, 10, 9])
        .unwrap()
        .planes(72, &input, 0..72, &mut |_, values| {
            segment::argmax_last(values, 3, &mut planes);
            true
        })
        .unwrap();
    assert_eq!(whole, planes);
    let refused = segment::blocks(dims, 24, 146, 40 * 90 * 146).unwrap_err();
    assert_eq!(refused.code(), &codes::MEMORY);
}

struct Impatient(Cell<u32>);
impl Monitor for Impatient {
    fn progress(&self, _: Stage, _: u64, _: u64) {
        self.0.set(self.0.get() + 1);
    }
    fn cancelled(&self) -> bool {
        self.0.get() > 0
    }
}

#[test]
fn cancelling_ends_between_slabs() {
    let dims = [8, 2, 2];
    let blocks = segment::blocks(dims, 1, 1, 16).unwrap();
    let mut infer = |_: [usize; 3], values: &[f32]| Ok([values, values].concat());
    let stopped = segment::segment(
        &[0.0; 32],
        dims,
        2,
        &blocks,
        &Impatient(Cell::new(0)),
        &mut infer,
        &mut [],
    );
    assert_eq!(stopped.unwrap_err().code(), &codes::CANCELLED);
}

fn head() -> InputFacts {
    InputFacts {
        modality: "MR".to_owned(),
        body_part: "Brain".to_owned(),
        age_years: Some(40.0),
        descriptions: vec!["t1_mprage".to_owned()],
        grey: true,
        regular: true,
        ..InputFacts::default()
    }
}

/// A ball of 12 mm in a head of 40 mm, on an oblique grid of 2 mm.
fn ball() -> Volume {
    let dims = [40, 44, 36];
    let mut values = vec![];
    for k in 0..dims[2] {
        for j in 0..dims[1] {
            for i in 0..dims[0] {
                let d = [i as f32 - 19.5, j as f32 - 21.5, k as f32 - 17.5].map(|x| 2.0 * x);
                let r = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
                values.push(if r < 12.0 {
                    900.0
                } else if r < 34.0 {
                    500.0
                } else {
                    0.0
                });
            }
        }
    }
    let steps = [[1.6, 1.2, 0.0], [-1.2, 1.6, 0.0], [0.0, 0.0, 2.0]];
    Volume {
        dims,
        origin: [-10.0, 5.0, 0.0],
        steps,
        values,
    }
}

#[test]
fn a_whole_analysis_and_its_refusals() {
    let manifest = manifest("brain-mask");
    let bytes = fs::read(folder("brain-mask").join("model-f32.onnx")).unwrap();
    let analyse = |facts: &InputFacts, float, bytes: Vec<u8>| {
        let input = model::Input::Volume {
            volume: ball(),
            unsigned_bytes: false,
            fractions: true,
        };
        model::analyse(
            &manifest,
            bytes,
            &model::Wish {
                float,
                ..model::Wish::default()
            },
            "ball",
            facts,
            input,
            &Limits::default(),
            256 << 20,
            &Silent,
        )
    };
    let done = analyse(&head(), true, bytes.clone()).unwrap();
    assert_eq!(done.overlay.len(), 40 * 44 * 36);
    let map = done.finding.label_map.unwrap();
    assert_eq!(map.dims, [40, 44, 36]);
    let voxels = |l: u8| done.overlay.iter().filter(|&&v| v == l).count() as f64 * 8.0 / 1000.0;
    // Counted on the model's grid of 1 mm and on the source's of 2 mm: the same space.
    for (label, name) in [(1, "White Matter"), (2, "Grey Matter")] {
        let ml = map.volumes_ml[name];
        println!("{name}: {ml} ml, {} ml on the source's grid", voxels(label));
        assert!((ml - voxels(label)).abs() < 0.15 * ml + 1.0);
    }
    assert!(done.finding.warnings.is_empty());
    // A label is the most probable one at its voxel; what the two leave is the background's.
    assert_eq!(done.fractions.len(), 2);
    for (at, &label) in done.overlay.iter().enumerate() {
        let shares = [0, 1].map(|l: usize| u16::from(done.fractions[l][at]));
        assert!(shares[0] + shares[1] <= 256);
        if label > 0 {
            let (own, other) = (
                shares[usize::from(label) - 1],
                shares[2 - usize::from(label)],
            );
            assert!(own >= other && own + other >= 127, "{at}: {shares:?}");
        }
    }

    let refused = |facts: InputFacts| {
        let error = analyse(&facts, true, bytes.clone()).unwrap_err();
        assert_eq!(error.code(), &codes::INPUT);
        error.detail()
    };
    let ct = refused(InputFacts {
        modality: "CT".to_owned(),
        ..head()
    });
    assert_eq!(ct, "Modality (0008,0060), expected MR, found CT");
    let knee = refused(InputFacts {
        body_part: "KNEE".to_owned(),
        ..head()
    });
    assert!(
        knee.contains("Body Part Examined") && knee.ends_with("found KNEE"),
        "{knee}"
    );
    let child = refused(InputFacts {
        age_years: Some(9.0),
        ..head()
    });
    assert!(
        child.contains("at least 18 years, found 9 years"),
        "{child}"
    );
    let t2 = refused(InputFacts {
        descriptions: vec!["t2_tse".to_owned()],
        ..head()
    });
    assert!(t2.contains("expected T1, found T2"), "{t2}");
    let colour = refused(InputFacts {
        grey: false,
        ..head()
    });
    assert!(colour.contains("found colour"), "{colour}");
    let why = "a gap of 3.0 mm after slice 2".to_owned();
    let gap = refused(InputFacts {
        regular: false,
        irregular_because: why,
        ..head()
    });
    assert!(
        gap.contains("without gaps, found a gap of 3.0 mm after slice 2"),
        "{gap}"
    );

    let silent = InputFacts {
        body_part: String::new(),
        age_years: None,
        descriptions: vec![],
        ..head()
    };
    let warned = analyse(&silent, true, bytes.clone())
        .unwrap()
        .finding
        .warnings;
    assert_eq!(warned.len(), 3, "{warned:?}");
    assert!(warned.iter().all(|w| w.code == codes::UNSAID.id));

    let mut other = bytes;
    other[100] ^= 1;
    assert_eq!(
        analyse(&head(), true, other).unwrap_err().code(),
        &codes::CHECKSUM
    );
}

#[test]
fn manifests_name_their_files() {
    for name in MODELS.into_iter().chain(FAMILY.map(|(name, _)| name)) {
        for float in [false, true] {
            if float && manifest(name).file_float.is_none() {
                continue;
            }
            let network = network(name, float);
            // The logits of a hundred labels over a head are beyond what a tensor may be: then it is laid out for fewer planes.
            let (channels, bytes) = [160, 70]
                .iter()
                .find_map(|&depth| network.plan(&[1, 1, depth, 160, 220]).ok())
                .unwrap()
                .streamed()
                .unwrap();
            assert_eq!(channels, manifest(name).output.labels.len());
            // What a plane of a head takes, whatever the number of planes: within what the page may use.
            println!("{name}, float {float}: {} MiB", bytes >> 20);
            assert!(bytes < 1 << 30, "{name}: {bytes}");
        }
    }
}

/// The crop by another model's labels is the crop by what that model looks at.
#[test]
fn a_crop_by_another_models_labels() {
    let bytes = fs::read(folder("brain-mask").join("model-f32.onnx")).unwrap();
    let above =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/above.onnx")).unwrap();
    let run = |manifest: &Manifest| {
        let input = model::Input::Volume {
            volume: ball(),
            unsigned_bytes: false,
            fractions: false,
        };
        let limits = Limits::default();
        model::analyse(
            manifest,
            bytes.clone(),
            &model::Wish {
                float: true,
                ..model::Wish::default()
            },
            "ball",
            &head(),
            input,
            &limits,
            256 << 20,
            &Silent,
        )
    };
    let mut by_value = manifest("brain-mask");
    by_value.input.crop_threshold = 0.7;
    by_value.input.crop_padding = 5;
    let expected = run(&by_value).unwrap();
    assert_ne!(
        expected.overlay,
        run(&manifest("brain-mask")).unwrap().overlay,
        "the crop matters"
    );

    let mut by_model = manifest("brain-mask");
    by_model.input.crop_padding = 5;
    by_model.input.crop_model = Some("above".to_owned());
    let refused = run(&by_model).unwrap_err();
    assert_eq!(refused.code(), &codes::MANIFEST);
    assert!(
        refused.detail().contains("the model above beside this one"),
        "{refused}"
    );

    let mut first = manifest("brain-mask");
    first.name = "above".to_owned();
    first.file.sha256 = sha256(&above);
    first.file_float = None;
    first.output.labels.truncate(2);
    let limits = Limits::default();
    let mut other = first.clone();
    other.name = "below".to_owned();
    let misnamed = by_model.crop_with(other, above.clone(), &limits);
    assert_eq!(misnamed.unwrap_err().code(), &codes::MANIFEST);
    let mut chain = first.clone();
    chain.input.crop_model = Some("another".to_owned());
    let chained = by_model.crop_with(chain, above.clone(), &limits);
    assert_eq!(chained.unwrap_err().code(), &codes::MANIFEST);
    let changed = by_model.crop_with(first.clone(), bytes.clone(), &limits);
    assert_eq!(changed.unwrap_err().code(), &codes::CHECKSUM);
    by_model.crop_with(first, above, &limits).unwrap();
    let found = run(&by_model).unwrap();
    assert_eq!(found.overlay, expected.overlay);
    assert_eq!(found.finding.label_map, expected.finding.label_map);
}

#[test]
fn a_conformed_volume_conforms_to_itself_and_labels_come_back() {
    // Steps of the conformed grid itself (LPS): left, down, front.
    let dims = [256; 3];
    let values = (0..256 * 256 * 256)
        .map(|i| ((i / 65536 + i % 7) % 256) as f32)
        .collect();
    let steps = [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]];
    let volume = Volume {
        dims,
        origin: [-3.0, 40.0, 9.0],
        steps,
        values,
    };
    let conformed = conform::conform(&volume, true).unwrap();
    for at in [[0, 0, 0], [255, 3, 128], [17, 200, 255]] {
        let [i, j, k] = at;
        assert_eq!(
            f32::from(conformed.values[k + 256 * (j + 256 * i)]),
            volume.values[i + 256 * (j + 256 * k)]
        );
    }
    let back = conform::back_to_source(&conformed.values, conformed.centre, &volume).unwrap();
    assert!(
        back.iter()
            .zip(&volume.values)
            .all(|(a, b)| f32::from(*a) == *b)
    );
}

#[test]
fn the_largest_component_stays() {
    let mut labels = vec![0; 27 * 8];
    for at in [0, 43, 86] {
        labels[at] = 1;
    }
    labels[215] = 2;
    segment::keep_largest(&mut labels, [6, 6, 6]);
    assert_eq!(segment::volumes_ml(&labels, 3, 1000.0), [213.0, 3.0, 0.0]);
}

/// Workers that share a box: each has its planes and as many beside them as the manifest's halo says, or the face.
#[test]
fn parts_of_a_box_give_the_labels_of_the_whole() {
    let [d, h, w] = [150, 11, 13];
    let mut state = 1_u32;
    let values: Vec<f32> = (0..d * h * w)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        })
        .collect();
    for (name, float) in [("brain-tissue-light", false), ("brain-mask", true)] {
        let (manifest, network) = (manifest(name), network(name, float));
        let labels = |input: &[f32], dims: [usize; 3], planes| {
            let silent = &Silent;
            labelling::labels(
                &manifest,
                &network,
                input,
                dims,
                planes,
                1 << 30,
                silent,
                &mut [],
            )
            .unwrap()
        };
        let whole = labels(&values, [d, h, w], 0..d);
        assert!(whole.iter().any(|&l| l != whole[0]), "more than one label");
        let halo = manifest.input.halo.unwrap();
        // What the network says of itself, which the page's workers go by.
        let plan = network.own(&[1, 1, 8, 8, 8]).unwrap().unwrap();
        assert_eq!(plan.reach(), Some(halo), "{name}");
        let mut parts = vec![];
        for (from, to) in [(0, 50), (50, 100), (100, d)] {
            let (low, high) = (from.max(halo) - halo, (to + halo).min(d));
            let part = &values[low * h * w..high * h * w];
            parts.extend(labels(part, [high - low, h, w], from - low..to - low));
        }
        assert_eq!(parts, whole, "{name}");
    }
}
