//! What a catalogue makes of made files: studies that belong together, and media whose directory names more than is there.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{fmt::Write as _, rc::Rc};

use common::make::{DataSet, EXPLICIT, Value, native, picture};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    codec::{self, video},
    study::Catalogue,
};

fn catalogue(files: &[(&str, Vec<u8>)]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (name, bytes) in files {
        let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new(*name, bytes.clone()));
        catalogue.add(&source, &Limits::default());
    }
    catalogue.arrange();
    catalogue
}

fn image(date: &str, patient: &str, sop: &str) -> Vec<u8> {
    let mut data = picture(2, 2, 1, 8, "MONOCHROME2");
    data.text((8, 0x20), b"DA", date)
        .text((8, 0x18), b"UI", sop)
        .text((0x10, 0x20), b"LO", patient);
    native(data, vec![0; 4]).file(EXPLICIT)
}

#[test]
fn a_study_is_one_whatever_the_dates_and_two_for_two_patients() {
    let files = [
        ("a", image("20240302", "P1", "2.25.11")),
        ("b", image("20240301", "P1", "2.25.12")),
        ("c", image("20240301", "P2", "2.25.13")),
    ];
    let found = catalogue(&files);
    let studies: Vec<_> = (found.studies.iter())
        .map(|s| (s.date.as_str(), s.series[0].frame_sets[0].frames.len()))
        .collect();
    assert_eq!(studies, [("20240301", 2), ("20240301", 1)]);
    // And it is said, once, however often they are arranged.
    let mut found = found;
    found.arrange();
    let said: Vec<_> = (found.repairs().iter())
        .map(|(file, repair)| (file.reveal().clone(), repair.code.id))
        .collect();
    assert_eq!(said, [("c".to_owned(), "PIX-121")]);
    assert!(catalogue(&files[..2]).repairs().is_empty());
}

/// A directory that names files by their parts.
fn directory(files: &[&str]) -> Vec<u8> {
    let record = |file: &&str| {
        let mut record = DataSet::default();
        record
            .text((4, 0x1430), b"CS", "IMAGE")
            .text((4, 0x1500), b"CS", file);
        record
    };
    let mut root = DataSet::default();
    root.text((8, 0x16), b"UI", "1.2.840.10008.1.3.10")
        .text((4, 0x1130), b"CS", "DISC")
        .put(
            (4, 0x1220),
            b"SQ",
            Value::Items(files.iter().map(record).collect()),
        );
    root.file(EXPLICIT)
}

#[test]
fn a_medium_with_missing_files_says_so() {
    let named = ["IMAGES\\A1", "IMAGES\\A2", "IMAGES\\A3"];
    let missing = |files: &[(&str, Vec<u8>)]| -> Vec<String> {
        let found = catalogue(files);
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        let repairs = found.repairs().into_iter();
        repairs
            .filter(|(_, r)| r.code.id == "DCM-110")
            .map(|(_, r)| r.detail)
            .collect()
    };
    let one = || image("20240301", "P1", "2.25.11");
    let disc = || ("cd/DICOMDIR", directory(&named));
    assert_eq!(missing(&[disc(), ("cd/IMAGES/A1", one())]), ["2 of 3"]);
    // Lower case, and what a copy has added to the names.
    let whole = [
        disc(),
        ("cd/images/a1.dcm", one()),
        ("cd/IMAGES/A2;1", one()),
        ("cd/IMAGES/A3", one()),
    ];
    assert!(missing(&whole).is_empty());
    assert!(
        missing(&[disc()]).is_empty(),
        "the directory alone asks for nothing"
    );
    let elsewhere = [disc(), ("other/IMAGES/A1", one())];
    assert_eq!(missing(&elsewhere), ["3 of 3"]);
}

/// docs/CONFORMANCE.md lists the transfer syntaxes as the table of codecs has them. `UPDATE=1` writes it anew.
#[test]
fn the_statement_lists_every_transfer_syntax() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/CONFORMANCE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut table = "\n| UID | Name | Pixels |\n| --- | --- | --- |\n".to_owned();
    for entry in codec::supported() {
        let done = match video::Coding::of(entry.uid) {
            Some(video::Coding::H264 | video::Coding::Hevc) => "by the browser, in the page",
            _ if entry.is_decoded() => "decoded",
            _ => "refused by name",
        };
        writeln!(table, "| {} | {} | {done} |", entry.uid, entry.name).unwrap();
    }
    let (start, end) = ("<!-- syntaxes -->", "<!-- /syntaxes -->");
    let (before, rest) = text.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let wanted = format!("{before}{start}{table}{end}{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        assert!(text == wanted, "UPDATE=1 cargo test --test catalogue");
    }
}
