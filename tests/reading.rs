//! Reading heads and archives: the same elements in every encoding, every limit, and nothing that bytes can do beyond a typed refusal.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::make::{self, DataSet, EXPLICIT, IMPLICIT, Value};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource, read_all},
    dicom::{Instance, archive, json},
};
use proptest::prelude::*;

fn source(bytes: Vec<u8>) -> Rc<dyn ByteSource> {
    Rc::new(MemorySource::new("made", bytes))
}

fn head(bytes: Vec<u8>) -> serde_json::Value {
    json::dicom_json(&Instance::read(&source(bytes), &Limits::default()).unwrap())
}

/// Why a file is refused under these limits.
fn refused(bytes: Vec<u8>, limits: &Limits) -> &'static str {
    Instance::read(&source(bytes), limits)
        .unwrap_err()
        .code()
        .id
}

/// Sequences, nested, and values of several kinds; public attributes only, so that implicit VR says the same.
fn data_set() -> impl Strategy<Value = DataSet> {
    let leaf =
        prop::collection::vec((0_usize..5, any::<u16>(), "[A-Z0-9]{0,12}"), 1..6).prop_map(|all| {
            let mut data = DataSet::default();
            for (kind, number, text) in all {
                match kind {
                    0 => data.us(0x10, number),
                    1 => data.text((8, 0x60), b"CS", &text),
                    2 => data.text((0x10, 0x20), b"LO", &text),
                    3 => data.put(
                        (0x28, 0x3006),
                        b"OW",
                        Value::Bytes([number.to_le_bytes(); 5].concat()),
                    ),
                    _ => data.put(
                        (0x18, 0x1164),
                        b"DS",
                        Value::Bytes(format!("{number}\\1").into_bytes()),
                    ),
                };
            }
            data
        });
    leaf.prop_recursive(6, 40, 4, |inner| {
        (
            inner.clone(),
            prop::collection::vec(inner, 0..4),
            0_usize..3,
        )
            .prop_map(|(mut data, items, at)| {
                let tag = [(8, 0x1140), (8, 0x1199), (0x40, 0xA730)][at];
                data.put(tag, b"SQ", Value::Items(items));
                data
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// One data set says the same in all four encodings, whatever its nesting.
    #[test]
    fn encodings_agree(data in data_set()) {
        let explicit = head(data.file(EXPLICIT));
        prop_assert_eq!(&explicit, &head(data.file(IMPLICIT)));
        prop_assert_eq!(&explicit, &head(data.file(make::DEFLATED)));
        let mut big = head(data.file(make::BIG));
        let mut little = explicit;
        // Binary values are in the order of the file.
        without_binary(&mut big);
        without_binary(&mut little);
        prop_assert_eq!(little, big);
    }

    /// A file that is cut anywhere gives a prefix of its elements or a typed refusal.
    #[test]
    fn a_cut_file_gives_what_is_there(data in data_set(), part in 0.0_f64..1.0) {
        let file = data.file(EXPLICIT);
        let cut = file[..(file.len() as f64 * part) as usize].to_vec();
        if let Ok(instance) = Instance::read(&source(cut), &Limits::default()) {
            let (whole, found) = (head(file), json::dicom_json(&instance));
            for (tag, value) in found.as_object().unwrap() {
                prop_assert_eq!(value, &whole[tag]);
            }
        }
    }

    /// Any bytes behind a preamble, or none.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), preamble: bool) {
        let mut file = if preamble { [vec![0; 128], b"DICM".to_vec()].concat() } else { vec![] };
        file.extend(bytes);
        if let Ok(instance) = Instance::read(&source(file.clone()), &Limits::default()) {
            let _ = json::dicom_json(&instance).to_string();
        }
        if let Ok(Some(entries)) = archive::expand(&source(file), &Limits::default()) {
            prop_assert!(entries.len() < 400);
        }
    }
}

fn without_binary(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.remove("InlineBinary");
            map.values_mut().for_each(without_binary);
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(without_binary),
        _ => {}
    }
}

/// Found by fuzzing: what a number's length leaves over was read as the next element, with a length of 4 GB.
#[test]
fn numbers_of_broken_length_cost_nothing() {
    for (vr, size) in [(b"US", 2), (b"UL", 4), (b"FD", 8), (b"OW", 2), (b"AT", 4)] {
        for length in [1, size - 1, size + 1, 2 * size + 1] {
            let mut data = DataSet::default();
            data.text((8, 0x60), b"CS", "OT")
                .put((0x20, 0x9157), vr, Value::Bytes(vec![0xFF; length]))
                .text((0x28, 4), b"CS", "MONOCHROME2")
                .text((0x28, 8), b"IS", "7");
            for syntax in [EXPLICIT, IMPLICIT] {
                let head = head(data.file(syntax));
                let frames = &head["00280008"]["Value"][0];
                assert_eq!(
                    frames,
                    7,
                    "{} of {length} bytes",
                    String::from_utf8_lossy(vr)
                );
            }
        }
    }
}

#[test]
fn limits_of_a_head_are_named() {
    let deep = |levels: usize| {
        let mut data = DataSet::default();
        data.us(0x10, 1);
        for _ in 0..levels {
            let mut outer = DataSet::default();
            outer.put((0x40, 0xA730), b"SQ", Value::Items(vec![data]));
            data = outer;
        }
        data.text((8, 0x60), b"CS", "OT").file(EXPLICIT)
    };
    let limits = Limits::default();
    assert!(Instance::read(&source(deep(64)), &limits).is_ok());
    assert_eq!(refused(deep(65), &limits), "DCM-005");
    let few = Limits {
        elements: 10,
        ..Limits::default()
    };
    assert_eq!(refused(deep(20), &few), "DCM-006");
    let mut long = DataSet::default();
    long.text((8, 0x60), b"CS", "OT")
        .put((0x28, 0x3006), b"OW", Value::Bytes(vec![0; 200_000]));
    let small = Limits {
        head_bytes: 100_000,
        ..Limits::default()
    };
    assert_eq!(refused(long.file(EXPLICIT), &small), "DCM-004");
    let tiny = Limits {
        file_bytes: 1000,
        ..Limits::default()
    };
    assert_eq!(refused(long.file(EXPLICIT), &tiny), "DCM-004");
    assert_eq!(refused(vec![], &limits), "DCM-001");
    let little = Limits {
        unpacked_bytes: 1000,
        ..Limits::default()
    };
    assert_eq!(refused(long.file(make::DEFLATED), &little), "DCM-010");
}

type Names = Vec<Result<String, (String, &'static str)>>;

fn entries(zip: Vec<u8>, limits: &Limits) -> Names {
    let all = archive::expand(&source(zip), limits).unwrap().unwrap();
    all.into_iter()
        .map(|e| match e {
            Ok(inner) => Ok(inner.name().to_owned()),
            Err((name, error)) => Err((name, error.code().id)),
        })
        .collect()
}

#[test]
fn archives_give_their_files() {
    let (first, second) = (vec![7; 5000], (0..=255).collect::<Vec<u8>>());
    // The first is packed, the second stored.
    let zip = make::zip(&[("a/x.dcm", &first), ("影像.dcm", &second)]);
    let all = archive::expand(&source(zip), &Limits::default())
        .unwrap()
        .unwrap();
    let got: Vec<_> = all
        .into_iter()
        .map(|e| e.unwrap())
        .map(|s| (s.name().to_owned(), read_all(s.as_ref()).unwrap()))
        .collect();
    assert_eq!(
        got,
        [
            ("made/a/x.dcm".to_owned(), first),
            ("made/影像.dcm".to_owned(), second)
        ]
    );
    // Other files are no archives.
    for other in [
        vec![0; 200],
        b"PK".to_vec(),
        [b"PK\x07\x08".to_vec(), vec![0; 99]].concat(),
    ] {
        assert!(
            archive::expand(&source(other), &Limits::default())
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn archives_are_held_to_the_limits() {
    let limits = Limits::default();
    let bomb = vec![0; 4 << 20];
    let zip = make::zip(&[("bomb", &bomb), ("good", b"stored"), ("small", &[1; 2000])]);
    let got = entries(zip.clone(), &limits);
    assert_eq!(got[0], Err(("made/bomb".to_owned(), "DCM-022")));
    assert_eq!(
        got[1..],
        [Ok("made/good".to_owned()), Ok("made/small".to_owned())]
    );
    // The sum: an entry that does not fit is left out, the next may fit.
    let sum = Limits {
        unpacked_bytes: 1000,
        ..Limits::default()
    };
    let got = entries(zip.clone(), &sum);
    assert!(
        got[0].is_err() && got[1].is_ok() && got[2].is_err(),
        "{got:?}"
    );
    let few = Limits {
        archive_entries: 2,
        ..Limits::default()
    };
    let error = archive::expand(&source(zip), &few).err().unwrap();
    assert_eq!(error.code().id, "DCM-022");
}

#[test]
fn archives_that_lie_are_refused_by_entry() {
    let limits = Limits::default();
    let zip = make::zip(&[("one", &[9; 3000]), ("two", b"stored")]);
    let central = |zip: &[u8]| zip.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let patched = |offset: usize, bytes: &[u8]| {
        let mut zip = zip.clone();
        let at = central(&zip) + offset;
        zip[at..at + bytes.len()].copy_from_slice(bytes);
        zip
    };
    let first = |zip: Vec<u8>| entries(zip, &limits)[0].clone().map_err(|(_, code)| code);
    assert_eq!(first(patched(8, &[1, 0])), Err("DCM-021"), "encrypted");
    assert_eq!(
        first(patched(10, &[98, 0])),
        Err("DCM-023"),
        "another method"
    );
    // The size is less, then more than what comes out.
    assert_eq!(first(patched(24, &[100, 0, 0, 0])), Err("DCM-020"));
    assert_eq!(first(patched(24, &[0, 16, 0, 0])), Err("DCM-020"));
    // A name that leads out of the archive.
    let out = make::zip(&[("../../etc/x", &[9; 3000]), ("two", b"stored")]);
    assert_eq!(first(out), Err("DCM-020"));
    // Cut: the directory is at the end.
    let cut = zip[..zip.len() - 30].to_vec();
    let error = archive::expand(&source(cut), &limits).err().unwrap();
    assert_eq!(error.code().id, "DCM-020");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A damaged archive never gives more than was declared, and never anything but sources and typed errors.
    #[test]
    fn damaged_archives(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut zip = make::zip(&[("a", &[7; 5000]), ("b", &[8; 300]), ("c/d", &[9; 4000])]);
        for (at, value) in flips {
            let at = at.index(zip.len());
            zip[at] = value;
        }
        let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
        if let Ok(Some(all)) = archive::expand(&source(zip), &limits) {
            for inner in all.into_iter().flatten() {
                prop_assert!(inner.len() <= 1 << 20);
                prop_assert_eq!(read_all(inner.as_ref()).unwrap().len() as u64, inner.len());
            }
        }
    }
}
