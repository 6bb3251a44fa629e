//! The command line as a user runs it, on files made here.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::trivially_copy_pass_by_ref,
    reason = "a helper of a test fails the test; literals are passed as they are written"
)]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A folder of this test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("negatoscope-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_negatoscope"));
    for arg in args {
        command.arg(arg);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

fn element(out: &mut Vec<u8>, tag: (u16, u16), vr: &[u8; 2], value: &[u8]) {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == b"UI" || vr == b"OB" { 0 } else { b' ' });
    }
    out.extend(tag.0.to_le_bytes());
    out.extend(tag.1.to_le_bytes());
    out.extend(vr);
    if matches!(vr, b"OB" | b"OW" | b"SQ" | b"UN") {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
}

/// A CT image of 4 × 3 pixels, signed 16 bits, two frames; rescale 2 x − 10, window 0/10, padding −32768.
fn ct() -> Vec<u8> {
    let us = |n: u16| n.to_le_bytes();
    let mut meta = vec![];
    element(&mut meta, (2, 1), b"OB", &[0, 1]);
    element(&mut meta, (2, 2), b"UI", b"1.2.840.10008.5.1.4.1.1.2");
    element(&mut meta, (2, 3), b"UI", b"2.25.1");
    element(&mut meta, (2, 0x10), b"UI", b"1.2.840.10008.1.2.1");
    element(&mut meta, (2, 0x12), b"UI", b"2.25.2");
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    element(&mut out, (2, 0), b"UL", &(meta.len() as u32).to_le_bytes());
    out.extend(meta);
    element(&mut out, (8, 0x16), b"UI", b"1.2.840.10008.5.1.4.1.1.2");
    element(&mut out, (8, 0x18), b"UI", b"2.25.1");
    element(&mut out, (8, 0x60), b"CS", b"CT");
    element(&mut out, (0x10, 0x10), b"PN", b"Doe^Jane");
    element(&mut out, (0x20, 0xd), b"UI", b"2.25.3");
    element(&mut out, (0x20, 0xe), b"UI", b"2.25.4");
    element(&mut out, (0x20, 0x13), b"IS", b"1");
    element(&mut out, (0x28, 2), b"US", &us(1));
    element(&mut out, (0x28, 4), b"CS", b"MONOCHROME2");
    element(&mut out, (0x28, 8), b"IS", b"2");
    element(&mut out, (0x28, 0x10), b"US", &us(3));
    element(&mut out, (0x28, 0x11), b"US", &us(4));
    element(&mut out, (0x28, 0x30), b"DS", b"1\\1");
    element(&mut out, (0x28, 0x100), b"US", &us(16));
    element(&mut out, (0x28, 0x101), b"US", &us(16));
    element(&mut out, (0x28, 0x102), b"US", &us(15));
    element(&mut out, (0x28, 0x103), b"US", &us(1));
    element(&mut out, (0x28, 0x120), b"SS", &(-32768_i16).to_le_bytes());
    element(&mut out, (0x28, 0x1050), b"DS", b"0");
    element(&mut out, (0x28, 0x1051), b"DS", b"10");
    element(&mut out, (0x28, 0x1052), b"DS", b"-10");
    element(&mut out, (0x28, 0x1053), b"DS", b"2");
    let pixels: Vec<u8> = values().iter().flat_map(|v| v.to_le_bytes()).collect();
    element(&mut out, (0x7fe0, 0x10), b"OW", &pixels);
    out
}

fn values() -> [i16; 24] {
    let mut all = std::array::from_fn(|i| i as i16);
    all[0] = -32768;
    all
}

fn body(npy: &[u8]) -> (&str, &[u8]) {
    assert_eq!(&npy[..6], b"\x93NUMPY");
    let end = 10 + usize::from(u16::from_le_bytes([npy[8], npy[9]]));
    (std::str::from_utf8(&npy[10..end]).unwrap(), &npy[end..])
}

#[test]
fn wrong_usage_is_2_and_failures_are_1() {
    let folder = Folder::new("usage");
    assert_eq!(run(&[&"nonsense"]).status.code(), Some(2));
    assert_eq!(run(&[&"info"]).status.code(), Some(2));
    assert_eq!(run(&[&"--help"]).status.code(), Some(0));
    let none = run(&[&"tags", &folder.0.join("none.dcm")]);
    assert_eq!(none.status.code(), Some(1));
    let text = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(text.contains("IO-001"), "{text}");
    let junk = folder.file("junk.dcm", &[7; 999]);
    assert_eq!(run(&[&"info", &junk]).status.code(), Some(1));
    let ct = folder.file("ct.dcm", &ct());
    let png = folder.0.join("x.png");
    let bad = run(&[&"render", &ct, &"--window", &"nonsense", &"--out", &png]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(!png.exists());
}

#[test]
fn info_walks_folders_and_reports() {
    let folder = Folder::new("info");
    folder.file("a.dcm", &ct());
    std::fs::create_dir(folder.0.join("deep")).unwrap();
    folder.file("deep/junk.dcm", &[7; 999]);
    let out = run(&[&"info", &folder.0, &"--json"]);
    assert_eq!(out.status.code(), Some(1), "one file failed");
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let set = &report["studies"][0]["series"][0]["frame_sets"][0];
    assert_eq!(set["frames"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(
        (set["rows"].as_u64(), set["columns"].as_u64()),
        (Some(3), Some(4))
    );
    assert_eq!(report["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn tags_as_text_and_json() {
    let folder = Folder::new("tags");
    let ct = folder.file("ct.dcm", &ct());
    let out = run(&[&"tags", &ct, &"--json"]);
    assert_eq!(out.status.code(), Some(0));
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let first = if json.is_array() { &json[0] } else { &json };
    assert_eq!(first["00080060"]["Value"][0], "CT");
    assert_eq!(first["00100010"]["Value"][0]["Alphabetic"], "Doe^Jane");
    let text = run(&[&"tags", &ct]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("Modality"));
}

#[test]
fn pixels_stored_and_modality() {
    let folder = Folder::new("pixels");
    let ct = folder.file("ct.dcm", &ct());
    let out = run(&[&"pixels", &ct, &"--out", &"-"]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let (header, bytes) = body(&out.stdout);
    assert!(
        header.contains("'<i2'") && header.contains("(2, 3, 4, )"),
        "{header}"
    );
    let expected: Vec<u8> = values().iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(bytes, expected);

    let npy = folder.0.join("m.npy");
    let out = run(&[
        &"pixels",
        &ct,
        &"--frame",
        &"2",
        &"--values",
        &"modality",
        &"--out",
        &npy,
    ]);
    assert_eq!(out.status.code(), Some(0));
    let file = std::fs::read(&npy).unwrap();
    let (header, bytes) = body(&file);
    assert!(header.contains("'<f4'") && header.contains("(1, 3, 4, )"));
    let got: Vec<f32> = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    let expected: Vec<f32> = values()[12..]
        .iter()
        .map(|&v| f32::from(v) * 2.0 - 10.0)
        .collect();
    assert_eq!(got, expected);
    for frame in ["0", "3"] {
        let out = run(&[&"pixels", &ct, &"--frame", &frame, &"--out", &"-"]);
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stdout.is_empty());
    }
}

#[test]
fn input_is_never_overwritten_and_nothing_is_left_beside() {
    let folder = Folder::new("over");
    let bytes = ct();
    let ct = folder.file("ct.dcm", &bytes);
    let out = run(&[&"pixels", &ct, &"--out", &ct]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("IO-401"));
    assert_eq!(std::fs::read(&ct).unwrap(), bytes);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[test]
fn stdin_is_an_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_negatoscope"))
        .args(["pixels", "-", "--out", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&ct()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(body(&out.stdout).1.len(), 48);
}

#[test]
fn a_picture_has_the_windowed_values() {
    let folder = Folder::new("render");
    let ct = folder.file("ct.dcm", &ct());
    let picture = |more: &[&dyn AsRef<std::ffi::OsStr>]| {
        let png = folder.0.join("x.png");
        let mut args: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"render", &ct, &"--out", &png];
        args.extend(more);
        let out = run(&args);
        assert_eq!(
            out.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        grey(&png)
    };
    // Modality values 2 x − 10 by LINEAR of 0/10; the first pixel is padding: black, also when inverted.
    let expected: Vec<u8> = values()[..12]
        .iter()
        .map(|&v| {
            let x = f32::from(v) * 2.0 - 10.0;
            (((x + 0.5) / 9.0 + 0.5).clamp(0.0, 1.0) * 255.0).round() as u8
        })
        .collect();
    assert_eq!(picture(&[]), expected);
    let inverted = picture(&[&"--invert"]);
    assert_eq!(inverted[0], 0);
    assert!(
        inverted[1..]
            .iter()
            .zip(&expected[1..])
            .all(|(a, b)| a.abs_diff(255 - b) <= 1)
    );
    assert_eq!(picture(&[&"--window", &"0,10"]), expected);
    assert_eq!(picture(&[&"--window", &"1"]), expected);
    assert_ne!(picture(&[&"--window", &"auto"]), expected);
}

/// The red channel of a PNG.
fn grey(png: &Path) -> Vec<u8> {
    let picture = image::open(png).unwrap().to_rgb8();
    picture.pixels().map(|p| p.0[0]).collect()
}
