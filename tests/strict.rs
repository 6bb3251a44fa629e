//! Strict reading and limits: no command repairs a file when it must not, and a refusal names the limit that was in the way.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::path::Path;

use common::{
    door::{self, Folder},
    make::{self, DataSet, EXPLICIT, Value, native, picture},
};

/// A command with `--strict` and without; what the strict one said.
fn refused(args: &[&str], file: &Path, out: Option<&Path>) -> String {
    let call = |strict: bool| {
        let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&args[0], &file];
        for arg in &args[1..] {
            all.push(arg);
        }
        if let Some(out) = &out {
            all.extend([&"--out" as &dyn AsRef<std::ffi::OsStr>, out]);
        }
        if strict {
            all.push(&"--strict");
        }
        door::run(&all)
    };
    let what = format!("{args:?} {}", file.display());
    let strict = call(true);
    let text = door::said(&strict);
    assert_eq!(strict.status.code(), Some(1), "{what}: {text}");
    assert!(text.contains("IO-003"), "{what}: {text}");
    assert!(out.is_none_or(|out| !out.exists()), "{what}: written");
    let plain = call(false);
    let said = door::said(&plain);
    assert_eq!(plain.status.code(), Some(0), "{what}: {said}");
    assert!(!said.contains("IO-003"), "{what}: {said}");
    if let Some(out) = out {
        std::fs::remove_file(out).unwrap();
    }
    text
}

#[test]
fn no_command_repairs_when_strict() {
    let folder = Folder::new("strict");
    let (npy, png) = (folder.0.join("x.npy"), folder.0.join("x.png"));
    let grey = native(picture(2, 2, 1, 8, "MONOCHROME2"), vec![0, 9, 20, 30]);
    // Reading: no preamble, no meta information.
    let bare = folder.file("bare.dcm", &grey.bytes(true, false));
    for (args, out) in [
        (&["info"][..], None),
        (&["tags"], None),
        (&["pixels"], Some(&*npy)),
        (&["render"], Some(&*png)),
        (&["filter", "gaussian"], Some(&*npy)),
    ] {
        let text = refused(args, &bare, out);
        assert!(
            text.contains("DCM-100") && text.contains("DCM-101"),
            "{text}"
        );
    }
    // Decoding: colours that contradict the attribute.
    let data = picture(33, 40, 3, 8, "RGB");
    let colours = make::encapsulated(data, vec![make::RGB.to_vec()]).file(make::J2K);
    let colours = folder.file("colours.dcm", &colours);
    for (command, out) in [("pixels", &*npy), ("render", &*png)] {
        assert!(refused(&[command], &colours, Some(out)).contains("PIX-104"));
    }
    // Grading: a window without a width.
    let mut window = grey.clone();
    window
        .text((0x28, 0x1050), b"DS", "10")
        .text((0x28, 0x1051), b"DS", "0");
    let window = folder.file("window.dcm", &window.file(EXPLICIT));
    assert!(refused(&["render"], &window, Some(&png)).contains("PIX-306"));
    let modality = ["pixels", "--values", "modality"];
    assert!(refused(&modality, &window, Some(&npy)).contains("PIX-306"));
    // Stored values need no window.
    let stored = door::run(&[&"pixels", &window, &"--strict", &"--out", &npy]);
    assert_eq!(stored.status.code(), Some(0));
    // Arranging: frames that are only claimed.
    let mut claimed = grey.clone();
    claimed.text((0x28, 8), b"IS", "9");
    let claimed = folder.file("claimed.dcm", &claimed.file(EXPLICIT));
    assert!(refused(&["info"], &claimed, None).contains("DCM-105"));
    // A file without a defect is read.
    let good = folder.file("good.dcm", &grey.file(EXPLICIT));
    let out = door::run(&[&"--strict", &"info", &good, &"--json"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(door::document(&out)["errors"], serde_json::json!([]));
}

#[test]
fn a_strict_analysis_refuses_too() {
    let folder = Folder::new("strict-analyze");
    let mut film = picture(224, 224, 1, 8, "MONOCHROME2");
    film.text((8, 0x60), b"CS", "DX")
        .text((0x10, 0x1010), b"AS", "044Y")
        .text((0x18, 0x15), b"CS", "CHEST")
        .text((0x18, 0x5101), b"CS", "PA")
        .text((0x28, 0x1050), b"DS", "10")
        .text((0x28, 0x1051), b"DS", "0");
    let film = native(film, vec![0; 224 * 224]);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/chest-pneumonia");
    let says = |name: &str, bytes: &[u8]| {
        let file = folder.file(name, bytes);
        let out = door::run(&[
            &"analyze",
            &file,
            &"--model",
            &model,
            &"--strict",
            &"--json",
        ]);
        assert_eq!(out.status.code(), Some(1));
        let line = door::document(&out);
        line["error"]["text"].as_str().unwrap().to_owned()
    };
    let bare = says("bare.dcm", &film.bytes(true, false));
    assert!(
        bare.contains("IO-003") && bare.contains("DCM-100"),
        "{bare}"
    );
    let window = says("window.dcm", &film.file(EXPLICIT));
    assert!(window.contains("PIX-306"), "{window}");
}

#[test]
fn a_refusal_names_its_limit() {
    let folder = Folder::new("limits");
    let bases: std::collections::BTreeMap<_, _> = make::bases().into_iter().collect();
    let mut long = picture(2, 2, 1, 8, "MONOCHROME2");
    long.put((9, 0x1010), b"OB", Value::Bytes(vec![1; 40_000]));
    let mut nested = DataSet::default();
    nested.with(&picture(2, 2, 1, 8, "MONOCHROME2"));
    let zeros = make::zip(&[("zeros", &vec![0; 2 << 20])]);
    let cases = [
        ("file_bytes=100", "DCM-004", &bases["ct"]),
        (
            "head_bytes=20000",
            "DCM-004",
            &native(long, vec![0; 4]).file(EXPLICIT),
        ),
        ("elements=5", "DCM-006", &bases["ct"]),
        ("nesting=3", "DCM-005", &bases["deep"]),
        ("frame_samples=10", "PIX-024", &bases["ct"]),
        ("frames=2", "DCM-006", &bases["ct"]),
        ("archive_entries=2", "DCM-022", &bases["archive"]),
        ("unpacked_bytes=900", "DCM-022", &bases["archive"]),
        ("unpacked_bytes=100", "DCM-010", &bases["deflated"]),
        ("archive_ratio=3", "DCM-022", &zeros),
    ];
    for (limit, code, bytes) in cases {
        let file = folder.file("x.dcm", bytes);
        let out = door::run(&[&"info", &file, &"--limit", &limit]);
        let text = door::said(&out);
        let name = limit.split('=').next().unwrap();
        assert_eq!(out.status.code(), Some(1), "{limit}: {text}");
        assert!(
            text.contains(code) && text.contains(&format!("(limit {name})")),
            "{limit}: {text}"
        );
    }
    let wrong = door::run(&[&"info", &"x", &"--limit", &"frame_sample=1"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(door::said(&wrong).contains("frame_samples, frames"));
}
