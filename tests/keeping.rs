//! What leaves by the command line: copies without identity, pictures in every format, moving pictures, augmented copies.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::path::{Path, PathBuf};

use common::{
    door::{Folder, document, run, said},
    make,
};

const PLAIN: &str = "1.2.840.10008.1.2.1";

fn grey(frames: u16) -> Vec<u8> {
    let (rows, columns) = (24_u16, 40_u16);
    let mut data = make::picture(rows, columns, 1, 8, "MONOCHROME2");
    data.text((0x10, 0x20), b"LO", "ZQ4711")
        .text((8, 0x80), b"LO", "ZQHOSPITAL")
        .text((8, 0x2144), b"IS", "25");
    if frames > 1 {
        data.text((0x28, 8), b"IS", &frames.to_string());
    }
    let count = usize::from(rows) * usize::from(columns) * usize::from(frames);
    let pixels = (0..count).map(|i| (i * 7 % 251) as u8).collect();
    make::native(data, pixels).file(PLAIN)
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![];
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(below(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

#[test]
fn copies_without_identity_of_files_and_archives() {
    let folder = Folder::new("keeping-copies");
    let file = folder.file("ZQ4711.dcm", &grey(1));
    let zip = folder.file("ZQ.zip", &make::zip(&[("ZQ/a.dcm", &grey(1))]));
    let key = folder.file("key", &[7; 40]);
    let (out, report) = (folder.0.join("out"), folder.0.join("report.csv"));
    let done = run(&[
        &"deidentify",
        &file,
        &zip,
        &"--out",
        &out,
        &"--key-file",
        &key,
        &"--report",
        &report,
    ]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(
        said(&done).contains("IO-312"),
        "a secondary capture is said: {}",
        said(&done)
    );
    let copies = below(&out);
    assert_eq!(copies.len(), 2, "the same image twice has two places");
    for copy in &copies {
        let bytes = std::fs::read(copy).unwrap();
        assert!(!bytes.windows(2).any(|w| w == b"ZQ") && !copy.to_string_lossy().contains("ZQ"));
        assert!(!bytes.windows(3).any(|w| w == b"Doe"));
        assert!(
            bytes.ends_with(&grey(1)[grey(1).len() - 960..]),
            "pixels are as they were"
        );
    }
    assert!(
        std::fs::read_to_string(&report)
            .unwrap()
            .contains("\"(0010,0020)\",PatientID,replaced,2")
    );
    // The same secret gives the same copies; none gives others.
    let again = folder.0.join("again");
    run(&[&"deidentify", &file, &"--out", &again, &"--key-file", &key]);
    assert_eq!(
        std::fs::read(&below(&again)[0]).unwrap(),
        std::fs::read(&copies[0]).unwrap()
    );
    let other = folder.0.join("other");
    run(&[&"deidentify", &file, &"--out", &other]);
    assert_ne!(below(&other)[0].file_name(), below(&again)[0].file_name());
}

#[test]
fn what_cannot_be_copied_is_said() {
    let folder = Folder::new("keeping-refusals");
    let file = folder.file("a.dcm", &grey(1));
    let none = folder.file("notes.txt", b"nothing of the kind");
    let out = folder.0.join("out");
    let left = run(&[
        &"deidentify",
        &file,
        &"--out",
        &out,
        &"--leave-out-burned-in",
    ]);
    assert!(
        left.status.success() && said(&left).contains("IO-306"),
        "{}",
        said(&left)
    );
    assert!(below(&out).is_empty());
    let bad = run(&[&"deidentify", &none, &file, &"--out", &out]);
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(below(&out).len(), 1, "the other is copied");
    let wrong = |args: &[&str]| {
        let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"deidentify", &file, &"--out", &out];
        all.extend(args.iter().map(|a| a as &dyn AsRef<std::ffi::OsStr>));
        run(&all).status.code()
    };
    assert_eq!(wrong(&["--options", "sideways"]), Some(2));
    assert_eq!(
        wrong(&["--options", "retain-full-dates,retain-modified-dates"]),
        Some(2)
    );
    assert_eq!(wrong(&["--report", "x.doc"]), Some(2));
    let short = folder.file("short", &[1; 31]);
    assert_eq!(wrong(&["--key-file", short.to_str().unwrap()]), Some(2));
}

#[test]
fn pictures_in_every_format() {
    let folder = Folder::new("keeping-pictures");
    let file = folder.file("a.dcm", &grey(1));
    let place = |name: &str| folder.0.join(name);
    let truth = place("a.png");
    assert!(run(&[&"render", &file, &"--out", &truth]).status.success());
    let truth = image::open(&truth).unwrap().to_rgb8();
    for (name, quality, lossless) in [
        ("b.webp", None, true),
        ("c.webp", Some("80"), false),
        ("d.jpg", Some("80"), false),
    ] {
        let out = place(name);
        let mut args: Vec<&dyn AsRef<std::ffi::OsStr>> =
            vec![&"render", &file, &"--out", &out, &"--measure"];
        if let Some(quality) = &quality {
            args.extend([&"--quality" as &dyn AsRef<std::ffi::OsStr>, quality]);
        }
        let done = run(&args);
        let figures = document(&done);
        let found = image::open(&out).unwrap().to_rgb8();
        assert_eq!(found == truth, lossless, "{name}");
        assert_eq!(
            figures["bytes"].as_u64().unwrap(),
            out.metadata().unwrap().len()
        );
        assert_eq!(figures["psnr_db"].is_null(), lossless, "{name}: {figures}");
    }
    let deep = place("e.png");
    assert!(
        run(&[&"render", &file, &"--depth", &"16", &"--out", &deep])
            .status
            .success()
    );
    let deep = image::open(&deep).unwrap().to_luma16();
    assert_eq!(deep.as_raw()[..3], [0, 7, 14]);
    assert_eq!(
        run(&[
            &"render",
            &file,
            &"--depth",
            &"16",
            &"--out",
            &place("f.jpg")
        ])
        .status
        .code(),
        Some(2)
    );
    assert_ne!(
        run(&[
            &"render",
            &file,
            &"--quality",
            &"50",
            &"--out",
            &place("g.png")
        ])
        .status
        .code(),
        Some(0)
    );
}

#[test]
fn frames_move_at_their_own_rate() {
    let folder = Folder::new("keeping-cine");
    let file = folder.file("a.dcm", &grey(3));
    let (png, gif) = (folder.0.join("a.png"), folder.0.join("a.gif"));
    for out in [&png, &gif] {
        let done = run(&[&"cine", &file, &"--out", out]);
        assert!(done.status.success(), "{}", said(&done));
    }
    let png = std::fs::read(png).unwrap();
    let at = png.windows(4).position(|w| w == b"fcTL").unwrap();
    assert_eq!(
        png[at + 24..at + 28],
        [0, 40, 0x03, 0xE8],
        "40 ms of 1000: 25 a second"
    );
    assert_eq!(
        std::fs::read(gif)
            .unwrap()
            .windows(4)
            .filter(|w| *w == b"\x21\xF9\x04\x04")
            .count(),
        3
    );
    assert_eq!(
        run(&[
            &"cine",
            &file,
            &"--rate",
            &"0",
            &"--out",
            &folder.0.join("b.png")
        ])
        .status
        .code(),
        Some(2)
    );
}

#[test]
fn augmented_copies_are_the_seeds() {
    let folder = Folder::new("keeping-augment");
    let file = folder.file("a.dcm", &grey(1));
    let go = |name: &str, seed: &str| {
        let out = folder.0.join(name);
        let done = run(&[
            &"augment",
            &file,
            &"flip,rotate=20",
            &"noise",
            &"--seed",
            &seed,
            &"--count",
            &"3",
            &"--out",
            &out,
        ]);
        assert!(done.status.success(), "{}", said(&done));
        out
    };
    let (a, b, c) = (go("a", "5"), go("b", "5"), go("c", "6"));
    let names: Vec<_> = below(&a)
        .iter()
        .map(|p| p.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "00001.npy",
            "00002.npy",
            "00003.npy",
            "changes.jsonl",
            "original.npy",
            "sheet.png"
        ]
    );
    for name in &names {
        assert_eq!(
            std::fs::read(a.join(name)).unwrap(),
            std::fs::read(b.join(name)).unwrap()
        );
    }
    assert_ne!(
        std::fs::read(a.join("00001.npy")).unwrap(),
        std::fs::read(c.join("00001.npy")).unwrap()
    );
    let sheet = folder.0.join("sheet.png");
    assert!(
        run(&[&"augment", &file, &"crop=0.5", &"--out", &sheet])
            .status
            .success()
    );
    assert!(image::open(&sheet).is_ok());
    assert_eq!(
        run(&[&"augment", &file, &"spin", &"--out", &sheet])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn key_images_are_marked_and_read_back() {
    let folder = Folder::new("keeping-keys");
    let named = |uid: &str, study: &str, frames: u16| {
        let mut data = make::picture(24, 40, 1, 8, "MONOCHROME2");
        data.text((8, 0x18), b"UI", uid)
            .text((0x20, 0xd), b"UI", study)
            .text((0x28, 8), b"IS", &frames.to_string());
        make::native(data, vec![7; 24 * 40 * usize::from(frames)]).file(PLAIN)
    };
    let one = folder.file("one.dcm", &named("2.25.11", "2.25.3", 1));
    let run_of_four = folder.file("four.dcm", &named("2.25.12", "2.25.3", 4));
    let other = folder.file("other.dcm", &named("2.25.13", "2.25.99", 1));
    let keys = folder.0.join("keys.dcm");
    let done = run(&[
        &"keys",
        &one,
        &run_of_four,
        &"--frame",
        &"2,4",
        &"--words",
        &"左肺",
        &"--out",
        &keys,
    ]);
    assert!(done.status.success(), "{}", said(&done));
    let back = document(&run(&[&"keys", &one, &run_of_four, &keys, &"--json"]));
    let read = &back["documents"][0];
    assert_eq!(read["words"], "左肺");
    let images: Vec<_> = (read["images"].as_array().unwrap().iter())
        .map(|image| {
            (
                image["sop_instance_uid"].as_str().unwrap(),
                image["frames"].to_string(),
            )
        })
        .collect();
    assert_eq!(
        images,
        [
            ("2.25.11", "[]".to_owned()),
            ("2.25.12", "[2,4]".to_owned())
        ]
    );
    assert!(
        read["images"][1]["file"]
            .as_str()
            .unwrap()
            .ends_with("four.dcm")
    );
    // Alone, it says that the images are elsewhere.
    let alone = document(&run(&[&"keys", &keys, &"--json"]));
    assert!(alone["documents"][0]["images"][0]["file"].is_null());

    let no = folder.0.join("no.dcm");
    let refused = run(&[&"keys", &one, &other, &"--out", &no]);
    assert!(
        refused.status.code() == Some(1) && said(&refused).contains("IO-308"),
        "{}",
        said(&refused)
    );
    assert_eq!(
        run(&[&"keys", &run_of_four, &"--frame", &"5", &"--out", &no])
            .status
            .code(),
        Some(2)
    );
    let over = run(&[&"keys", &one, &"--out", &one]);
    assert!(said(&over).contains("IO-"), "{}", said(&over));
    assert!(!no.exists() && std::fs::read(&one).unwrap() == named("2.25.11", "2.25.3", 1));
}
