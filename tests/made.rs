//! Files of scripts/oracles/make_cases.py: kinds of pixels and of encapsulation that public samples lack. Stored values of every frame, and
//! colours of palettes, against hashes computed in NumPy.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{path::Path, rc::Rc};

use common::hex;
use negatoscope::{
    base::{Limits, MemorySource},
    codec::{self, Layout, Photometric, SampleKind, Stored},
    dicom::Instance,
    export::npy::Values,
    study::pixels,
    tone::{Frame, grading::Grading},
};
use serde_json::Value;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/made")
}

fn expected() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Value::Object(map) => map,
        _ => panic!("no object"),
    }
}

fn read(name: &str) -> Instance {
    let bytes = std::fs::read(folder().join(format!("{name}.dcm"))).unwrap();
    assert!(bytes.len() < 5000, "{name}");
    Instance::read(
        &(Rc::new(MemorySource::new(name, bytes)) as _),
        &Limits::default(),
    )
    .unwrap()
}

#[test]
fn stored_values_are_those_of_numpy() {
    let limits = Limits::default();
    for (name, about) in expected() {
        let instance = read(&name);
        let hashes = about["frames_sha256"].as_array().unwrap();
        assert_eq!(instance.number_of_frames() as usize, hashes.len(), "{name}");
        let expect_repair = matches!(name.as_str(), "fragments_wrong_table");
        assert_eq!(instance.repairs, [], "{name}");
        for (frame, hash) in hashes.iter().enumerate() {
            let decoded = pixels::decode(&instance, frame as u32, &limits)
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut bytes = vec![];
            decoded.values.write(&mut bytes);
            assert_eq!(hex(&bytes), *hash, "{name}, frame {frame}");
            let said: Vec<_> = decoded.repairs.iter().map(|r| r.code.id).collect();
            let wanted: &[&str] = if expect_repair { &["DCM-106"] } else { &[] };
            assert_eq!(said, wanted, "{name}");
        }
    }
}

#[test]
fn palettes_show_the_colours_of_numpy() {
    let mut seen = 0;
    for (name, about) in expected() {
        let Some(hash) = about["rgb_sha256"].as_str() else {
            continue;
        };
        let instance = read(&name);
        let decoded = pixels::decode(&instance, 0, &Limits::default()).unwrap();
        let Frame::Colour(shown) = Grading::of(&instance, 0).0.apply(&decoded).unwrap() else {
            panic!("{name}: grey");
        };
        let rgb: Vec<u8> = shown.rgba.chunks(4).flat_map(|p| p[..3].to_vec()).collect();
        assert_eq!(hex(&rgb), hash, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

/// Eight bytes a sample, which files don't have in this encoding, but nothing forbids.
#[test]
fn run_lengths_of_64_bits() {
    let values = [1.5, -2.25e300, 0.1, f64::MIN_POSITIVE];
    let planes: Vec<Vec<u8>> = (0..8)
        .map(|plane| {
            values
                .iter()
                .map(|v: &f64| v.to_be_bytes()[plane])
                .collect()
        })
        .collect();
    let layout = Layout {
        rows: 2,
        columns: 2,
        samples_per_pixel: 1,
        bits_allocated: 64,
        bits_stored: 64,
        high_bit: 63,
        kind: SampleKind::Double,
        planar: false,
        photometric: Photometric::Monochrome2,
    };
    let frame = common::make::rle(&planes);
    let decoded = codec::decode(common::make::RLE, &frame, &layout, &Limits::default()).unwrap();
    assert_eq!(decoded.values, Stored::F64(values.to_vec()));
}

#[test]
fn every_syntax_of_the_dictionary_has_a_name() {
    let known: Vec<_> = codec::supported().collect();
    for (index, entry) in known.iter().enumerate() {
        assert!(!entry.name.is_empty());
        assert!(
            known[..index].iter().all(|e| e.uid != entry.uid),
            "{}",
            entry.uid
        );
    }
    let find = |uid: &str| known.iter().find(|e| e.uid == uid);
    let jpeg = (50..=66)
        .chain([70, 80, 81])
        .chain(90..=95)
        .chain(100..=108);
    let video = (100..=106).map(|n| format!("{n}.1"));
    let all = jpeg
        .chain(110..=112)
        .chain(201..=205)
        .map(|n| n.to_string())
        .chain(video);
    for end in all {
        assert!(
            find(&format!("1.2.840.10008.1.2.4.{end}")).is_some(),
            "{end}"
        );
    }
    for end in [
        "", ".1", ".1.98", ".1.99", ".2", ".5", ".6.1", ".6.2", ".7.1", ".7.2", ".7.3", ".8.1",
    ] {
        assert!(find(&format!("1.2.840.10008.1.2{end}")).is_some(), "{end}");
    }
    for (uid, decoded) in [
        ("1.2.840.10008.1.2.4.51", true),
        ("1.2.840.10008.1.2.4.53", true),
        ("1.2.840.10008.1.2.4.55", true),
        ("1.2.840.10008.1.2.4.111", true),
        ("1.2.840.10008.1.2.4.52", false),
        ("1.2.840.10008.1.2.4.94", false),
        ("1.2.840.113619.5.2", true),
        ("3.2.840.10008.1.2.4.96", true),
    ] {
        assert_eq!(
            find(uid).map(codec::Entry::is_decoded),
            Some(decoded),
            "{uid}"
        );
    }
}
