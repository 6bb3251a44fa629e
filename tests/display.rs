//! What is on the screen, level by level: every file of scripts/oracles/display.py through the program itself, at one canvas pixel for each
//! image pixel, against the levels that NumPy computes by the standard's formulas. Beside each file of the table stands what DCMTK shows.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// Rows and columns of every file.
const SIDE: usize = 16;

fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    fs::read(folder.join(name)).unwrap()
}

/// The document, the stream, and the files of it in a folder of their own.
fn unpacked(name: &str) -> (Value, Vec<u8>, PathBuf) {
    let document: Value = serde_json::from_slice(&data("display.json")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(data("display.zip"))).unwrap();
    let mut stream = vec![];
    archive
        .by_index(0)
        .unwrap()
        .read_to_end(&mut stream)
        .unwrap();
    let folder = std::env::temp_dir().join(format!("negatoscope-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, place) in document["files"].as_object().unwrap() {
        fs::write(folder.join(name), part(&stream, place)).unwrap();
    }
    (document, stream, folder)
}

fn part<'a>(stream: &'a [u8], place: &Value) -> &'a [u8] {
    let at = |n: usize| place[n].as_u64().unwrap() as usize;
    &stream[at(0)..at(0) + at(1)]
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_negatoscope"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Red, green and blue of each pixel, from levels of grey or of colour.
fn expected(levels: &[u8]) -> Vec<[u8; 3]> {
    if levels.len() == SIDE * SIDE {
        levels.iter().map(|&level| [level; 3]).collect()
    } else {
        levels.as_chunks::<3>().0.to_vec()
    }
}

#[test]
fn every_file_is_shown_as_the_standard_says() {
    let (document, stream, folder) = unpacked("display");
    let cases = document["cases"].as_object().unwrap();
    let (mut unequal, mut wrong) = (vec![], vec![]);
    let (mut dcmtk_equal, mut dcmtk_near, mut dcmtk_other) = (0, 0, vec![]);
    for (name, about) in cases {
        let path = |key: &str| {
            let file = about[key].as_str()?;
            Some(folder.join(file).to_str().unwrap().to_owned())
        };
        let (file, state) = (path("file").unwrap(), path("state"));
        let out = folder.join("out.png").to_str().unwrap().to_owned();
        let mut arguments = vec!["render", &file, "--out", &out];
        arguments.extend(
            about["args"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str),
        );
        if let Some(state) = &state {
            arguments.extend(["--presentation", state.as_str()]);
        }
        let done = run(&arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{name}: {said}");
        let found: BTreeSet<&str> = (said.lines())
            .filter_map(|line| {
                let said = line
                    .strip_prefix("repaired ")
                    .or(line.strip_prefix("remark "));
                said?.split(':').next()
            })
            .collect();
        let repairs: BTreeSet<&str> = about["repairs"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(found, repairs, "{name}");
        let picture = image::load_from_memory(&fs::read(&out).unwrap())
            .unwrap()
            .to_rgb8();
        assert_eq!(picture.dimensions(), (SIDE as u32, SIDE as u32), "{name}");
        let want = expected(part(&stream, &about["levels"]));
        let apart: Vec<u8> = picture
            .pixels()
            .zip(&want)
            .map(|(pixel, want)| {
                let channels = pixel.0.iter().zip(want);
                channels.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
            })
            .filter(|&d| d > 0)
            .collect();
        let most = apart.iter().copied().max().unwrap_or(0);
        if most > 0 {
            unequal.push(format!("{name}: {} pixels, by at most {most}", apart.len()));
        }
        if most > 1 {
            wrong.push(name.clone());
        }
        match &about["dcmtk"] {
            Value::Null => {}
            dcmtk if dcmtk["differ"] == 0 => dcmtk_equal += 1,
            dcmtk if dcmtk["most"] == 1 => dcmtk_near += 1,
            dcmtk => {
                assert!(
                    dcmtk["why"].as_str().is_some_and(|why| !why.is_empty()),
                    "{name}"
                );
                dcmtk_other.push(format!("{name}: {dcmtk}"));
            }
        }
    }
    println!("{} cases of {} pixels", cases.len(), SIDE * SIDE);
    println!("NumPy: {} differ: {unequal:#?}", unequal.len());
    println!(
        "DCMTK: {dcmtk_equal} equal, {dcmtk_near} within one level, otherwise: {dcmtk_other:#?}"
    );
    fs::remove_dir_all(&folder).unwrap();
    assert!(wrong.is_empty(), "{unequal:#?}");
    // Only the table of the profiles' last step may round a level the other way.
    assert!(
        unequal
            .iter()
            .all(|line| line.contains("icc") || line.contains("profile")),
        "{unequal:#?}"
    );
}

#[test]
fn a_colour_profile_that_is_not_applied_is_said_once_for_each_series() {
    let (_, _, folder) = unpacked("profile");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::copy(path("icc_tables.dcm"), path("icc_tables_again.dcm")).unwrap();
    let (one, two, applied) = (
        path("icc_tables.dcm"),
        path("icc_tables_again.dcm"),
        path("icc_matrix.dcm"),
    );
    let document = |files: &[&str]| -> Value {
        let done = run(&[&["info", "--json"], files].concat());
        assert!(done.status.success());
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let found = document(&[&one, &two]);
    let remarks = found["remarks"].as_array().unwrap();
    assert_eq!(remarks.len(), 1);
    assert_eq!(remarks[0]["code"], "PIX-315");
    // Nothing is wrong with the file: who tolerates no defect sees it too.
    assert_eq!(found["repairs"], Value::Array(vec![]));
    let out = path("strict.png");
    let done = run(&["--strict", "render", &one, "--out", &out]);
    assert!(done.status.success());
    assert_eq!(document(&[&applied])["remarks"], Value::Array(vec![]));
    fs::remove_dir_all(&folder).unwrap();
}
