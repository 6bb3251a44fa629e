//! `analyze` as a user runs it, on a series made here.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper of a test fails the test and says what it saw"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A folder of this test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("negatoscope-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "byte strings are written as references"
)]
fn element(out: &mut Vec<u8>, tag: (u16, u16), vr: &[u8; 2], value: &[u8]) {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == b"UI" || vr == b"OB" { 0 } else { b' ' });
    }
    out.extend(tag.0.to_le_bytes());
    out.extend(tag.1.to_le_bytes());
    out.extend(vr);
    if matches!(vr, b"OB" | b"OW") {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
}

const COLUMNS: usize = 36;
const ROWS: usize = 40;
const SLICES: usize = 30;

/// One sagittal slice, 2 mm in all directions, of a ball in a ball.
fn slice(k: usize, modality: &str, description: &str) -> Vec<u8> {
    let us = |n: u16| n.to_le_bytes();
    let uid = format!("2.25.1{k}");
    let mut meta = vec![];
    element(&mut meta, (2, 1), b"OB", &[0, 1]);
    element(&mut meta, (2, 2), b"UI", b"1.2.840.10008.5.1.4.1.1.4");
    element(&mut meta, (2, 3), b"UI", uid.as_bytes());
    element(&mut meta, (2, 0x10), b"UI", b"1.2.840.10008.1.2.1");
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    element(&mut out, (2, 0), b"UL", &(meta.len() as u32).to_le_bytes());
    out.extend(meta);
    element(&mut out, (8, 0x16), b"UI", b"1.2.840.10008.5.1.4.1.1.4");
    element(&mut out, (8, 0x18), b"UI", uid.as_bytes());
    element(&mut out, (8, 0x60), b"CS", modality.as_bytes());
    element(&mut out, (8, 0x103e), b"LO", description.as_bytes());
    element(&mut out, (0x10, 0x1010), b"AS", b"044Y");
    element(&mut out, (0x18, 0x15), b"CS", b"HEAD");
    element(&mut out, (0x20, 0xd), b"UI", b"2.25.3");
    element(&mut out, (0x20, 0xe), b"UI", b"2.25.4");
    element(
        &mut out,
        (0x20, 0x13),
        b"IS",
        (k + 1).to_string().as_bytes(),
    );
    element(
        &mut out,
        (0x20, 0x32),
        b"DS",
        format!("{}\\-40\\40", 2 * k).as_bytes(),
    );
    element(&mut out, (0x20, 0x37), b"DS", b"0\\1\\0\\0\\0\\-1");
    element(&mut out, (0x28, 2), b"US", &us(1));
    element(&mut out, (0x28, 4), b"CS", b"MONOCHROME2");
    element(&mut out, (0x28, 0x10), b"US", &us(ROWS as u16));
    element(&mut out, (0x28, 0x11), b"US", &us(COLUMNS as u16));
    element(&mut out, (0x28, 0x30), b"DS", b"2\\2");
    element(&mut out, (0x28, 0x100), b"US", &us(16));
    element(&mut out, (0x28, 0x101), b"US", &us(16));
    element(&mut out, (0x28, 0x102), b"US", &us(15));
    element(&mut out, (0x28, 0x103), b"US", &us(0));
    let mut pixels = vec![];
    for j in 0..ROWS {
        for i in 0..COLUMNS {
            let d = [i as f32 - 17.5, j as f32 - 19.5, k as f32 - 14.5].map(|x| 2.0 * x);
            let r = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
            pixels.extend(
                (if r < 12.0 {
                    900_u16
                } else if r < 28.0 {
                    500
                } else {
                    0
                })
                .to_le_bytes(),
            );
        }
    }
    element(&mut out, (0x7fe0, 0x10), b"OW", &pixels);
    out
}

fn series(folder: &Path, modality: &str, description: &str) {
    std::fs::create_dir_all(folder).unwrap();
    for k in 0..SLICES {
        std::fs::write(
            folder.join(format!("{k:02}.dcm")),
            slice(k, modality, description),
        )
        .unwrap();
    }
}

fn analyze(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_negatoscope"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("analyze")
        .args(args);
    command.stdin(Stdio::null()).output().unwrap()
}

fn lines(out: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// A MONAI bundle in the form of the model zoo; its network has random weights.
fn bundle(folder: &Path) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (from, to) in [
        ("bundle/metadata.json", "configs/metadata.json"),
        ("bundle/inference.json", "configs/inference.json"),
        ("welcome/volume.onnx", "models/model.onnx"),
    ] {
        let to = folder.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(data.join(from), to).unwrap();
    }
}

#[test]
fn a_monai_bundle_is_inspected_and_runs() {
    let folder = Folder::new("bundle");
    let (head, zoo) = (folder.0.join("head"), folder.0.join("zoo"));
    series(&head, "CT", "thin");
    bundle(&zoo);
    let (head, model) = (head.to_str().unwrap(), zoo.to_str().unwrap());
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_negatoscope"))
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let found = run(&["inspect", model, "--json"]);
    let line = &lines(&found)[0];
    assert_eq!(line["manifest"]["input"]["orientation"], "RAS", "{line}");
    assert_eq!(line["gaps"].as_array().unwrap().len(), 0, "{line}");
    let words = run(&["inspect", model]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(
        words.contains("2 × Conv") && words.contains("segmentation of volumes"),
        "{words}"
    );

    let done = analyze(&[head, "--model", model, "--json"]);
    let line = &lines(&done)[0];
    assert_eq!(done.status.code(), Some(0), "{line}");
    assert_eq!(line["model"]["name"], "volume");
    let volumes = line["label_map"]["volumes_ml"].as_object().unwrap();
    assert_eq!(volumes.keys().collect::<Vec<_>>(), ["one", "two"]);
    // Its metadata says CT.
    let other = folder.0.join("mr");
    series(&other, "MR", "t1");
    let refused = analyze(&[other.to_str().unwrap(), "--model", model, "--json"]);
    assert_eq!(lines(&refused)[0]["error"]["code"], "MDL-006");

    // Without its transforms it says what is missing, and does not run.
    std::fs::remove_file(zoo.join("configs/inference.json")).unwrap();
    let gap = analyze(&[head, "--model", model]);
    let text = String::from_utf8_lossy(&gap.stderr).into_owned();
    assert!(
        text.contains("MDL-001") && text.contains("input.orientation"),
        "{text}"
    );
    let none = run(&["inspect", head]);
    assert_eq!(none.status.code(), Some(2));
}

/// A detection has boxes and nothing else: `--save all` writes what there is, and a report by name is refused before anything is read.
#[test]
fn all_that_a_detection_can_save_is_saved() {
    let folder = Folder::new("detection");
    let (model, out) = (folder.0.join("boxes"), folder.0.join("out"));
    std::fs::create_dir_all(&model).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/welcome");
    let network = std::fs::read(data.join("boxes.onnx")).unwrap();
    std::fs::write(model.join("boxes.onnx"), &network).unwrap();
    let manifest = serde_json::json!({
        "name": "../boxes", "version": "1", "license": "MIT", "task": "detection", "not_for": ["anything"],
        "file": {"name": "boxes.onnx", "sha256": negatoscope::model::manifest::sha256(&network)},
        "input": {"preparation": "general", "takes": "frame", "layout": "NCHW", "size": [20, 16], "intensity": []},
        "output": {
            "labels": [{"name": "nodule"}],
            "boxes": {"outputs": ["boxes", "scores"], "form": "xyxy", "unit": "pixels", "score_threshold": 0.3},
        },
    });
    std::fs::write(model.join("manifest.json"), manifest.to_string()).unwrap();
    let film = folder.0.join("film.dcm");
    std::fs::write(&film, slice(0, "DX", "film")).unwrap();
    let [film, model, out] = [&film, &model, &out].map(|p| p.to_str().unwrap());
    let args = [film, "--model", model, "--json", "--out", out, "--save"];
    let done = analyze(&[&args[..], &["all"]].concat());
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(0), "{words}");
    assert!(lines(&done)[0]["boxes"].is_array());
    let mut names: Vec<String> = std::fs::read_dir(out)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    // The model's name is no path.
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names[0].starts_with("film.dcm-") && names[0].ends_with("..._boxes.json"),
        "{names:?}"
    );
    let refused = analyze(&[&args[..], &["sr"]].concat());
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("IO-404"), "{words}");
}

#[test]
fn a_series_gives_a_line_and_a_label_map() {
    let folder = Folder::new("analyze");
    let (head, out) = (folder.0.join("head"), folder.0.join("out"));
    series(&head, "MR", "t1_mprage");
    let (head, out) = (head.to_str().unwrap(), out.to_str().unwrap());
    let args = [
        "--model",
        "brain-mask",
        "--json",
        "--out",
        out,
        "--memory",
        "256",
    ];
    let done = analyze(&[&[head], &args[..]].concat());
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let found = lines(&done);
    assert_eq!(found.len(), 1);
    let line = &found[0];
    assert!(
        line["input"].as_str().unwrap().ends_with("00.dcm"),
        "{line}"
    );
    assert_eq!(line["model"]["name"], "brain-mask");
    assert!(line["seconds"].as_f64().unwrap() > 0.0);
    assert!(
        line["label_map"]["volumes_ml"]["White Matter"].is_number(),
        "{line}"
    );
    assert!(line.get("scores").is_none() && line.get("heatmap").is_none());
    let name = line["label_map"]["file"].as_str().unwrap();
    let npy = std::fs::read(Path::new(out).join(name)).unwrap();
    let header = String::from_utf8_lossy(&npy[..128]).into_owned();
    assert!(
        header.contains("'|u1'") && header.contains("(30, 40, 36, )"),
        "{header}"
    );
    assert_eq!(npy.len() % 64, (SLICES * ROWS * COLUMNS) % 64);

    // The graphics processor makes the same labels, where there is one; said is which of them it was.
    assert_eq!(line["backend"], "cpu");
    let other = folder.0.join("gpu");
    let asked = ["--model", "brain-mask", "--json", "--backend", "gpu"];
    let more = ["--out", other.to_str().unwrap()];
    let graphics = analyze(&[&[head], &asked[..], &more[..]].concat());
    let line = &lines(&graphics)[0];
    if line["error"]["code"] == "GPU-001" {
        println!("no graphics processor: {line}");
    } else {
        assert_eq!(line["backend"], "gpu", "{line}");
        let name = line["label_map"]["file"].as_str().unwrap();
        assert!(
            npy == std::fs::read(other.join(name)).unwrap(),
            "its labels"
        );
    }
    // Not what it does not do.
    let wrong = ["--model", "chest-pneumonia", "--backend", "gpu"];
    assert_eq!(
        analyze(&[&[head], &wrong[..]].concat()).status.code(),
        Some(2)
    );

    // What is done is left out; another network is another result.
    let again = analyze(&[&[head], &args[..], &["--resume"]].concat());
    assert!(again.stdout.is_empty() && again.status.code() == Some(0));
    let float = analyze(&[&[head], &args[..], &["--resume", "--float"]].concat());
    assert_eq!(lines(&float).len(), 1);
    let kept = std::fs::read_to_string(Path::new(out).join("findings.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 2);

    // Too little memory is said, not tried.
    let small = analyze(&[
        head,
        "--model",
        "models/brain-mask/model-f32.onnx",
        "--json",
        "--memory",
        "1",
    ]);
    assert_eq!(small.status.code(), Some(1));
    assert_eq!(lines(&small)[0]["error"]["code"], "MDL-008");
}

#[test]
fn what_does_not_fit_is_refused_in_words_and_the_rest_is_done() {
    let folder = Folder::new("refuse");
    series(&folder.0.join("a"), "CT", "axial");
    let ct = folder.0.to_str().unwrap();
    std::fs::write(folder.0.join("junk.dcm"), [7; 999]).unwrap();
    let out = analyze(&[ct, "--model", "models/brain-mask", "--json", "--jobs", "2"]);
    assert_eq!(out.status.code(), Some(1));
    let found = lines(&out);
    assert_eq!(found.len(), 2, "{found:?}");
    let refused = found
        .iter()
        .find(|l| l["error"]["code"] == "MDL-006")
        .unwrap();
    let text = refused["error"]["text"].as_str().unwrap();
    assert!(
        text.contains("expected MR") && text.contains("found CT"),
        "{text}"
    );
    assert!(
        found
            .iter()
            .any(|l| l["input"].as_str().unwrap().ends_with("junk.dcm"))
    );

    series(&folder.0.join("a"), "MR", "t2_tse");
    let out = analyze(&[
        folder.0.join("a").to_str().unwrap(),
        "--model",
        "brain-mask",
        "--json",
    ]);
    assert!(
        lines(&out)[0]["error"]["text"]
            .as_str()
            .unwrap()
            .contains("found T2")
    );

    // A missing slice is a gap.
    series(&folder.0.join("a"), "MR", "t1");
    std::fs::remove_file(folder.0.join("a/11.dcm")).unwrap();
    let out = analyze(&[
        folder.0.join("a").to_str().unwrap(),
        "--model",
        "brain-mask",
        "--json",
    ]);
    let text = lines(&out)[0]["error"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("a gap of 4.0 mm after slice 11"), "{text}");
}

/// A file that says that it is a chest film, PA, of an adult: two dark fields in a bright one, with noise. No anatomy.
fn film() -> Vec<u8> {
    let (rows, columns) = (320_u16, 300_u16);
    let us = |n: u16| n.to_le_bytes();
    let mut meta = vec![];
    element(&mut meta, (2, 2), b"UI", b"1.2.840.10008.5.1.4.1.1.1");
    element(&mut meta, (2, 3), b"UI", b"2.25.77");
    element(&mut meta, (2, 0x10), b"UI", b"1.2.840.10008.1.2.1");
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    element(&mut out, (2, 0), b"UL", &(meta.len() as u32).to_le_bytes());
    out.extend(meta);
    element(&mut out, (8, 0x16), b"UI", b"1.2.840.10008.5.1.4.1.1.1");
    element(&mut out, (8, 0x18), b"UI", b"2.25.77");
    element(&mut out, (8, 0x60), b"CS", b"CR");
    element(&mut out, (0x10, 0x1010), b"AS", b"061Y");
    element(&mut out, (0x18, 0x15), b"CS", b"CHEST");
    element(&mut out, (0x18, 0x5101), b"CS", b"PA");
    element(&mut out, (0x20, 0xd), b"UI", b"2.25.78");
    element(&mut out, (0x20, 0xe), b"UI", b"2.25.79");
    element(&mut out, (0x28, 2), b"US", &us(1));
    element(&mut out, (0x28, 4), b"CS", b"MONOCHROME2");
    let sizes = [(0x10, rows), (0x11, columns)];
    let bits = [(0x100, 16), (0x101, 12), (0x102, 11), (0x103, 0)];
    for (at, value) in sizes.into_iter().chain(bits) {
        element(&mut out, (0x28, at), b"US", &us(value));
    }
    let (mut noise, mut pixels) = (7_u32, vec![]);
    for at in 0..u32::from(rows) * u32::from(columns) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (r, c) = (f64::from(at / 300) - 150.0, f64::from(at % 300) - 150.0);
        let lung = (-((c.abs() - 70.0) / 45.0).powi(2) - (r / 90.0).powi(2)).exp();
        let value = 3000.0 - 2200.0 * lung + f64::from(noise >> 24);
        pixels.extend(us(value as u16));
    }
    element(&mut out, (0x7fe0, 0x10), b"OW", &pixels);
    out
}

#[test]
fn a_score_is_explained_and_held_against_chance_as_asked() {
    let folder = Folder::new("explain");
    let (file, out) = (folder.0.join("film.dcm"), folder.0.join("out"));
    std::fs::write(&file, film()).unwrap();
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let model = ["--model", "chest-pneumonia", "--out", out];
    let asked = ["--explain", "occlusion", "--augment", "3", "--check"];
    let args = [&[file], &model[..], &asked[..]].concat();
    let done = analyze(&[&args[..], &["--json"]].concat());
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let line = &lines(&done)[0];
    let (score, map) = (&line["scores"][0], &line["heatmap"]);
    assert_eq!(score["cost"]["view"], "PA");
    assert_eq!(score["spread"]["copies"], 3);
    assert_eq!(
        (&map["method"], &map["runs"], &map["unit"]),
        (&"occlusion".into(), &169.into(), &"logit".into())
    );
    let parameters = serde_json::json!([
        {"name": "patch", "value": "16"},
        {"name": "stride", "value": "8"},
        {"name": "baseline", "value": "mean"},
    ]);
    assert_eq!(map["parameters"], parameters);
    assert!(map["shares"]["border"].as_f64().unwrap() >= 0.0);
    for area in [
        "deletion",
        "deletion_random",
        "insertion",
        "insertion_random",
    ] {
        assert!((0.0..=1.0).contains(&map["check"][area].as_f64().unwrap()));
    }
    let cells = std::fs::read(Path::new(out).join(map["file"].as_str().unwrap())).unwrap();
    assert!(String::from_utf8_lossy(&cells[..128]).contains("(14, 14, )"));

    // What was done with this method is left out, another one is not; for people it is all said.
    let again = analyze(&[&args[..], &["--resume"]].concat());
    assert!(again.stdout.is_empty() && again.status.code() == Some(0));
    let other = [
        "--explain",
        "eigen-cam",
        "--resume",
        "--augment",
        "2",
        "--check",
    ];
    let told = analyze(&[&[file], &model[..], &other[..]].concat());
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    for words in [
        "in PA images: sensitivity 0.69 (0.60 to 0.78)",
        "of it and 2 changed copies",
        "eigen-cam: 14 × 14 cells",
        "on the border",
        "with shuffled weights: rank correlation",
        "only the last layers are shuffled: 1 1.00, 2 ",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let rollout = analyze(&[file, "--model", "chest-pneumonia", "--explain", "rollout"]);
    assert_eq!(rollout.status.code(), Some(2));
    let said = String::from_utf8_lossy(&rollout.stderr).into_owned();
    assert!(
        said.contains("cam, eigen-cam, score-cam, occlusion, rise"),
        "{said}"
    );
}

#[test]
fn wrong_usage_is_2() {
    let none = analyze(&["nothing", "--model", "no-such-model"]);
    assert_eq!(none.status.code(), Some(2));
    let method = analyze(&["nothing", "--model", "brain-mask", "--explain", "cam"]);
    assert_eq!(method.status.code(), Some(2));
    let copies = analyze(&["nothing", "--model", "brain-mask", "--augment", "2"]);
    assert_eq!(copies.status.code(), Some(2));
    let check = analyze(&["nothing", "--model", "brain-mask", "--check"]);
    assert_eq!(check.status.code(), Some(2));
    assert_eq!(analyze(&["nothing"]).status.code(), Some(2));
}
