//! The command `contours`, as a user runs it, and filters through the window: a CT of two blocks and a ring, whose measures are known.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

mod common;

use std::cell::Cell;

use common::door::{Folder, run, said};
use common::make::{DataSet, EXPLICIT, Value};
use negatoscope::{
    tone::Grey,
    vision::regions::{self, Wish},
};
use serde_json::Value as Json;

/// 40 × 30 pixels of 0.5 mm (rows) × 0.8 mm (columns), HU = stored − 1024: air, a block of 60 HU, a ring of 300 HU around air.
fn ct() -> Vec<u8> {
    let mut set = DataSet::default();
    let text = |set: &mut DataSet, tag, vr: &[u8; 2], value: &str| {
        set.text(tag, vr, value);
    };
    text(&mut set, (8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.2");
    text(&mut set, (8, 0x18), b"UI", "2.25.91");
    text(&mut set, (8, 0x60), b"CS", "CT");
    text(&mut set, (0x20, 0xd), b"UI", "2.25.92");
    text(&mut set, (0x20, 0xe), b"UI", "2.25.93");
    text(&mut set, (0x28, 4), b"CS", "MONOCHROME2");
    text(&mut set, (0x28, 0x30), b"DS", "0.5\\0.8");
    text(&mut set, (0x28, 0x1050), b"DS", "40");
    text(&mut set, (0x28, 0x1051), b"DS", "400");
    text(&mut set, (0x28, 0x1052), b"DS", "-1024");
    text(&mut set, (0x28, 0x1053), b"DS", "1");
    text(&mut set, (0x28, 0x1054), b"LO", "HU");
    for (element, value) in [
        (2, 1),
        (0x10, 30),
        (0x11, 40),
        (0x100, 16),
        (0x101, 12),
        (0x102, 11),
        (0x103, 0),
    ] {
        set.us(element, value);
    }
    let mut pixels = vec![];
    for y in 0..30_u16 {
        for x in 0..40_u16 {
            let (block, ring, hole) = (
                (3..13).contains(&x) && (5..25).contains(&y),
                (20..32).contains(&x) && (8..20).contains(&y),
                (23..29).contains(&x) && (11..17).contains(&y),
            );
            let hu = match (block, ring, hole) {
                (true, ..) => 60 + i32::from(x % 2),
                (_, true, false) => 300,
                _ => -1000,
            };
            pixels.extend(((hu + 1024) as u16).to_le_bytes());
        }
    }
    set.put((0x7fe0, 0x10), b"OW", Value::Bytes(pixels));
    set.file(EXPLICIT)
}

fn json(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Json {
    let out = run(args);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn regions_have_measures_in_mm_and_hu() {
    let folder = Folder::new("contours");
    let ct = folder.file("ct.dcm", &ct());
    let told = json(&[&"contours", &ct, &"--threshold", &"0", &"--json"]);
    assert_eq!(told["unit"], "HU");
    assert_eq!(told["threshold"], 0.0);
    assert_eq!(told["spacing_mm"], serde_json::json!([0.5, 0.8]));
    assert_eq!(told["spacing_from"], "pixel-spacing");
    let list = told["regions"].as_array().unwrap();
    // In the order of findContours: what was found last comes first, a hole after its region.
    let brief: Vec<_> = (list.iter())
        .map(|r| {
            (
                r["pixels"].as_u64().unwrap(),
                r["hole"] == true,
                r["parent"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        brief,
        [(108, false, None), (36, true, Some(0)), (200, false, None)]
    );
    let near = |value: &Json, wanted: f64| {
        let value = value.as_f64().unwrap();
        assert!((value - wanted).abs() < 1e-9, "{value} {wanted}");
    };
    let block = &list[2];
    near(&block["area_mm2"], 200.0 * 0.4);
    near(&block["contour_area"], 9.0 * 19.0);
    near(&block["perimeter"], 2.0 * (9.0 + 19.0));
    near(&block["perimeter_mm"], 2.0 * (9.0 * 0.8 + 19.0 * 0.5));
    near(&block["centroid"][0], 7.5);
    near(&block["centroid"][1], 14.5);
    near(&block["statistics"]["mean"], 60.5);
    near(&block["statistics"]["sd"], 0.5);
    assert_eq!(block["bounds"], serde_json::json!([3, 5, 12, 24]));
    assert_eq!(block["points"].as_array().unwrap().len(), 4);
    near(&list[0]["statistics"]["mean"], 300.0);
    near(&list[1]["statistics"]["mean"], -1000.0);
    near(&list[0]["area_mm2"], 108.0 * 0.4);
}

#[test]
fn ranges_edges_and_seeds() {
    let folder = Folder::new("contours-ways");
    let ct = folder.file("ct.dcm", &ct());
    let pixels = |args: &[&dyn AsRef<std::ffi::OsStr>]| {
        let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"contours", &ct, &"--json"];
        all.extend(args);
        let told = json(&all);
        let list = told["regions"].as_array().unwrap().clone();
        list.iter()
            .map(|r| r["pixels"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(pixels(&[&"--threshold", &"0..100"]), [200]);
    assert_eq!(pixels(&[&"--threshold", &"-100"]), [108, 36, 200]);
    assert_eq!(
        pixels(&[&"--threshold", &"100", &"--mode", &"external"]),
        [108]
    );
    assert_eq!(
        pixels(&[&"--smallest", &"100"]),
        [108, 200],
        "Otsu, without the hole"
    );
    assert_eq!(pixels(&[&"--seed", &"5,9", &"--tolerance", &"1"]), [200]);
    assert_eq!(
        pixels(&[&"--seed", &"5,9"]),
        [20],
        "a column of the same value"
    );
    let edges = pixels(&[
        &"--threshold",
        &"canny:low=50,high=150",
        &"--mode",
        &"external",
    ]);
    // What the edges enclose is about the size of the things.
    assert!(edges.iter().any(|&n| (180..=240).contains(&n)), "{edges:?}");
    let text = run(&[&"contours", &ct, &"--threshold", &"0"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("3 contours, 40 x 30"), "{text}");
    assert!(
        text.contains("1 hole in 0: 36 pixels = 14.40 mm²"),
        "{text}"
    );
}

#[test]
fn two_levels_have_the_measures_of_the_tree() {
    let folder = Folder::new("contours-levels");
    let ct = folder.file("ct.dcm", &ct());
    let pixels = |mode: &str, more: &[&str]| {
        let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> =
            vec![&"contours", &ct, &"--json", &"--mode", &mode];
        all.extend(more.iter().map(|a| a as &dyn AsRef<std::ffi::OsStr>));
        let mut found: Vec<_> = (json(&all)["regions"].as_array().unwrap().iter())
            .map(|r| (r["pixels"].as_u64(), r["statistics"]["mean"].to_string()))
            .collect();
        found.sort();
        found
    };
    for more in [
        &["--threshold", "canny:low=50,high=150"] as &[&str],
        &["--threshold", "0", "--smallest", "40"],
    ] {
        let tree = pixels("tree", more);
        assert!(tree.len() > 1, "{tree:?}");
        assert_eq!(pixels("ccomp", more), tree, "{more:?}");
    }
}

#[test]
fn a_threshold_has_the_unit_of_what_it_cut() {
    let folder = Folder::new("contours-unit");
    let ct = folder.file("ct.dcm", &ct());
    let head = |filters: &[&str]| {
        let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"contours", &ct];
        all.extend(filters.iter().map(|a| a as &dyn AsRef<std::ffi::OsStr>));
        let text = String::from_utf8(run(&all).stdout).unwrap();
        all.push(&"--json");
        let told = json(&all);
        assert_eq!(told["unit"], "HU");
        (
            text.lines().next().unwrap().to_owned(),
            told["threshold_unit"].clone(),
        )
    };
    let (text, unit) = head(&[]);
    assert!(text.contains(" HU;") && unit == "HU", "{text}, {unit}");
    let (text, unit) = head(&["grey"]);
    assert!(text.contains("threshold") && !text.contains("HU"), "{text}");
    assert_eq!(unit, "");
    assert_eq!(
        head(&["--threshold", "canny:low=50,high=150"]).1,
        Json::Null
    );
}

/// Two million dots: only what is kept is measured.
#[test]
fn a_picture_full_of_dots_is_no_burden() {
    let (columns, rows) = (2900, 2900);
    let dot = |i: usize| (i % columns).is_multiple_of(2) && (i / columns).is_multiple_of(2);
    let mut mask: Vec<u8> = (0..columns * rows).map(|i| u8::from(dot(i))).collect();
    for place in [100_001, 4_000_001] {
        mask[place] = 1;
    }
    let frame = Grey {
        columns,
        rows,
        values: vec![1.0; columns * rows],
    };
    let measured = Cell::new(0);
    let spacing = |_| {
        measured.set(measured.get() + 1);
        None
    };
    let (kept, left_out) = regions::largest(&frame, &mask, &Wish::default(), 10, &spacing);
    assert_eq!(measured.get(), 10);
    assert_eq!(kept.len(), 10);
    assert!(left_out > 2_000_000 && kept.iter().any(|r| r.pixels > 2));
}

#[test]
fn wrong_wishes_are_told() {
    let folder = Folder::new("contours-wrong");
    let ct = folder.file("ct.dcm", &ct());
    for (args, code, exit) in [
        (&["--threshold", "gaussian"] as &[&str], "FLT-003", 1),
        (&["--threshold", "blur"], "FLT-001", 1),
        (&["--threshold", "1..many"], "FLT-002", 1),
        (&["--seed", "1;2"], "IO-404", 2),
        (&["--frame", "2"], "IO-403", 1),
    ] {
        let mut all: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"contours", &ct];
        all.extend(args.iter().map(|a| a as &dyn AsRef<std::ffi::OsStr>));
        let out = run(&all);
        assert_eq!(out.status.code(), Some(exit), "{args:?}");
        assert!(said(&out).contains(code), "{args:?}: {}", said(&out));
    }
}

#[test]
fn the_picture_shows_the_lines_and_a_chain_of_filters_the_edges() {
    let folder = Folder::new("contours-picture");
    let ct = folder.file("ct.dcm", &ct());
    let png = folder.0.join("lines.png");
    let out = run(&[&"contours", &ct, &"--threshold", &"0", &"--out", &png]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let picture = image::open(&png).unwrap().to_rgb8();
    // Rows are 0.5 mm and columns 0.8: the picture is wider.
    assert_eq!(picture.dimensions(), (64, 30));
    let yellow = picture.pixels().filter(|p| p.0 == [255, 214, 10]).count();
    assert!(yellow > 80, "{yellow}");
    // What was left out is not drawn either.
    let blue = picture.pixels().filter(|p| p.0 == [100, 210, 255]).count();
    assert!(blue > 10, "{blue}");
    let few = folder.0.join("few.png");
    let args: &[&dyn AsRef<std::ffi::OsStr>] = &[
        &"contours",
        &ct,
        &"--threshold",
        &"0",
        &"--most",
        &"1",
        &"--out",
        &few,
    ];
    assert_eq!(run(args).status.code(), Some(0));
    let picture = image::open(&few).unwrap().to_rgb8();
    let lines = |colour: [u8; 3]| {
        let on = picture.enumerate_pixels().filter(|(.., p)| p.0 == colour);
        on.map(|(x, ..)| x).collect::<Vec<_>>()
    };
    let yellow = lines([255, 214, 10]);
    // The block alone: columns 3 to 12 of 40.
    assert!(
        yellow.len() > 40 && yellow.iter().all(|&x| x < 22),
        "{yellow:?}"
    );
    assert!(lines([100, 210, 255]).is_empty());
    let edges = folder.0.join("edges.npy");
    let args: &[&dyn AsRef<std::ffi::OsStr>] = &[
        &"filter",
        &ct,
        &"grey",
        &"canny:low=50,high=150",
        &"--out",
        &edges,
    ];
    assert_eq!(run(args).status.code(), Some(0));
    let bytes = std::fs::read(&edges).unwrap();
    let values = bytes[bytes.len() - 40 * 30 * 4..].chunks_exact(4);
    let on = values.filter(|v| **v == 255.0_f32.to_le_bytes()).count();
    assert!((80..200).contains(&on), "{on}");
    let png = folder.0.join("edges.png");
    assert_eq!(
        run(&[&"filter", &ct, &"canny", &"--out", &png])
            .status
            .code(),
        Some(0)
    );
    // Levels are shown as they are, not by the window of the CT.
    let picture = image::open(&png).unwrap().to_luma8();
    assert!(picture.pixels().any(|p| p.0 == [255]) && picture.pixels().any(|p| p.0 == [0]));
}
