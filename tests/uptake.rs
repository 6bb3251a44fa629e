//! Uptake of PET (PS3.3 C.8.9) and real-world values, from the attributes of files made here to the number of a pixel, by hand.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::{
    door::{self, Folder},
    make::{self, DataSet, EXPLICIT, IMPLICIT, Value, native, picture},
};
use negatoscope::{
    base::{Limits, MemorySource},
    dicom::Instance,
    tone::{
        grading::Grading,
        quantity::{self, Quantity},
        suv,
        voi::Voi,
    },
};

const UNITS: (u16, u16) = (0x54, 0x1001);
const DECAY: (u16, u16) = (0x54, 0x1102);
const ISOTOPE: (u16, u16) = (0x54, 0x16);
const SERIES_TIME: (u16, u16) = (8, 0x31);
const ACQUISITION_TIME: (u16, u16) = (8, 0x32);

/// 400 MBq with a half-life of 110 minutes.
fn isotope(at: &str) -> DataSet {
    let mut item = DataSet::default();
    item.text((0x18, 0x1074), b"DS", "400000000")
        .text((0x18, 0x1075), b"DS", "6600");
    if !at.is_empty() {
        item.text((0x18, 0x1078), b"DT", at);
    }
    item
}

/// 70 kg, scanned from 01:40 on, injected at 23:50 of the day before: one half-life. Stored 1, 2, 3, 4; twice that as modality value.
fn pet() -> DataSet {
    let mut data = picture(2, 2, 1, 16, "MONOCHROME2");
    data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.128")
        .text((8, 0x60), b"CS", "PT")
        .text((8, 0x21), b"DA", "20240301")
        .text((8, 0x22), b"DA", "20240301")
        .text(SERIES_TIME, b"TM", "014000")
        .text(ACQUISITION_TIME, b"TM", "014000.50")
        .text((0x10, 0x1030), b"DS", "70")
        .text((0x28, 0x51), b"CS", "DECY\\ATTN\\SCAT")
        .text((0x28, 0x1052), b"DS", "0")
        .text((0x28, 0x1053), b"DS", "2")
        .text(UNITS, b"CS", "BQML")
        .text(DECAY, b"CS", "START")
        .put(
            ISOTOPE,
            b"SQ",
            Value::Items(vec![isotope("20240229235000.00")]),
        );
    native(data, vec![1, 0, 2, 0, 3, 0, 4, 0])
}

fn changed(change: impl FnOnce(&mut DataSet)) -> DataSet {
    let mut data = pet();
    change(&mut data);
    data
}

fn injected(item: DataSet) -> DataSet {
    changed(|data| {
        data.put(ISOTOPE, b"SQ", Value::Items(vec![item]));
    })
}

fn read(data: &DataSet, syntax: &str) -> Instance {
    let source = Rc::new(MemorySource::new("made", data.file(syntax)));
    Instance::read(&(source as _), &Limits::default()).unwrap()
}

fn near(found: f64, wanted: f64, what: &str) {
    assert!(
        (found / wanted - 1.0).abs() < 1e-6,
        "{what}: {found} {wanted}"
    );
}

/// SUVbw of the pixel with stored value 3 (modality value 6), or what is missing.
fn suv_of(data: &DataSet, syntax: &str) -> Result<f64, String> {
    let (found, lacks) = quantity::of(&read(data, syntax), 0, None);
    match found.iter().find(|q| q.name == "SUVbw") {
        Some(by_weight) => {
            assert_eq!((by_weight.unit.as_str(), lacks), ("g/ml", None));
            Ok(by_weight.value(3.0, 6.0).unwrap())
        }
        None => Err(lacks.unwrap().detail),
    }
}

#[test]
fn by_hand_from_the_attributes() {
    for syntax in [EXPLICIT, IMPLICIT] {
        let suv = |data: &DataSet| suv_of(data, syntax).unwrap();
        // 200 MBq are left: 6 Bq/ml · 70,000 g / 200 MBq.
        near(suv(&pet()), 6.0 * 70_000.0 / 200e6, "START");
        let admin = changed(|data| {
            data.text(DECAY, b"CS", "ADMIN");
        });
        near(suv(&admin), 6.0 * 70_000.0 / 400e6, "ADMIN");
        let gml = changed(|data| {
            data.text(UNITS, b"CS", "GML")
                .without(ISOTOPE)
                .without(DECAY)
                .without((0x10, 0x1030));
        });
        near(suv(&gml), 6.0, "GML is uptake already");
        let counts = |creator: &str, element: u16, factor: &str| {
            changed(|data| {
                data.text(UNITS, b"CS", "CNTS")
                    .text((0x7053, 0x12), b"LO", creator)
                    .text((0x7053, 0x1200 + element), b"DS", factor);
            })
        };
        let philips = "Philips PET Private Group";
        near(
            suv(&counts(philips, 0x00, "0.000381")),
            6.0 * 0.000_381,
            "Philips, to uptake",
        );
        near(
            suv(&counts(philips, 0x09, "2.5")),
            6.0 * 2.5 * 70_000.0 / 200e6,
            "Philips, to activity",
        );
        let other = suv_of(&counts("Somebody else", 0x00, "0.000381"), syntax);
        assert_eq!(other.unwrap_err(), "Units (0054,1001)", "another's element");
    }
}

#[test]
fn the_command_line_gives_the_same() {
    let folder = Folder::new("uptake");
    let file = folder.file("pet.dcm", &pet().file(EXPLICIT));
    let out = door::run(&[&"pixels", &file, &"--values", &"suv", &"--out", &"-"]);
    assert_eq!(out.status.code(), Some(0), "{}", door::said(&out));
    let values = out.stdout.rchunks(4).take(4);
    let values = values.map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    for (value, stored) in values.zip([4.0, 3.0, 2.0, 1.0]) {
        near(f64::from(value), 2.0 * stored * 70_000.0 / 200e6, "npy");
    }
}

#[test]
fn the_command_line_counts_from_the_first_acquisition_of_the_files_beside_it() {
    // Made on the next morning; this bed was scanned 110 minutes after the first.
    let bed = |sop: &str, time: &str| {
        let data = changed(|data| {
            data.text((8, 0x18), b"UI", sop)
                .text(SERIES_TIME, b"TM", "100000")
                .text(ACQUISITION_TIME, b"TM", time);
        });
        data.file(EXPLICIT)
    };
    let (first, later) = (bed("2.25.11", "014000"), bed("2.25.12", "033000"));
    let folder = Folder::new("uptake-series");
    let file = folder.file("later.dcm", &later);
    let suv = |file: &std::path::Path| {
        let out = door::run(&[&"pixels", &file, &"--values", &"suv", &"--out", &"-"]);
        assert_eq!(out.status.code(), Some(0), "{}", door::said(&out));
        let last = out.stdout.rchunks(4).next().unwrap();
        let last = f32::from_le_bytes(last.try_into().unwrap());
        (f64::from(last), door::said(&out))
    };
    let (alone, said) = suv(&file);
    near(alone, 8.0 * 70_000.0 / 100e6, "its own acquisition");
    assert!(said.contains("remark PIX-324"), "{said}");
    folder.file("first.dcm", &first);
    folder.file("notes.txt", b"nothing");
    let (whole, said) = suv(&file);
    near(whole, 8.0 * 70_000.0 / 200e6, "the first of the series");
    assert_eq!(said, "");
    let both = make::zip(&[("a/later", &later), ("b/first", &first)]);
    let (packed, said) = suv(&folder.file("both.zip", &both));
    near(packed, 8.0 * 70_000.0 / 200e6, "within an archive");
    assert_eq!(said, "");
}

#[test]
fn without_a_readable_rescale_there_is_no_uptake() {
    for slope in ["0,5", "x", "0"] {
        let data = changed(|data| {
            data.text((0x28, 0x1053), b"DS", slope);
        });
        let lacks = suv_of(&data, EXPLICIT).unwrap_err();
        assert!(lacks.starts_with("Rescale Slope"), "{slope}: {lacks}");
        let (grading, _) = Grading::of(&read(&data, EXPLICIT), 0);
        assert_eq!((grading.unit, grading.choices.len()), (None, 0), "{slope}");
    }
}

#[test]
fn times_of_injection_however_they_are_written() {
    let wanted = 6.0 * 70_000.0 / 200e6;
    let suv = |data: &DataSet| suv_of(data, EXPLICIT);
    let with_time = |at: &str| {
        let mut item = isotope(at);
        item.text((0x18, 0x1072), b"TM", "235000");
        injected(item)
    };
    // Without a date: later than the scan's time, so on the day before.
    near(suv(&with_time("")).unwrap(), wanted, "time only");
    // A date without a time is not midnight.
    near(
        suv(&with_time("20240229")).unwrap(),
        wanted,
        "date and time",
    );
    let times = "the times of injection and scan";
    assert_eq!(suv(&injected(isotope("20240229"))).unwrap_err(), times);
    assert_eq!(suv(&injected(isotope(""))).unwrap_err(), times);
    // An offset counts where the zone of the other times is known.
    let mut elsewhere = injected(isotope("20240229155000+0000"));
    let order = suv(&elsewhere).unwrap();
    assert!(order > wanted * 1.5, "eight hours more without a zone");
    elsewhere.text((8, 0x201), b"SH", "+0800");
    near(suv(&elsewhere).unwrap(), wanted, "15:50 UTC is 23:50 there");
    // Dates that cannot be.
    let late = suv(&injected(isotope("20240222235000"))).unwrap_err();
    assert_eq!(late, "an injection at most 7 days before the scan");
    let before = suv(&injected(isotope("20240301235000"))).unwrap_err();
    assert_eq!(before, "an injection before the scan");
}

#[test]
fn the_window_counts_from_the_first_acquisition_of_the_series() {
    // Made on the next morning; this bed was scanned 110 minutes after the first.
    let first = changed(|data| {
        data.text(SERIES_TIME, b"TM", "100000");
    });
    let this = changed(|data| {
        data.text(SERIES_TIME, b"TM", "100000")
            .text(ACQUISITION_TIME, b"TM", "033000.50");
    });
    let earliest = suv::acquired(&read(&first, EXPLICIT));
    let this = read(&this, EXPLICIT);
    let width = |grading: &Grading| {
        let first = &grading.choices[0];
        assert_eq!(first.label, "SUV 0–10");
        match first.voi {
            Voi::Window { width, .. } => f64::from(width),
            Voi::Table(_) => panic!("a window was expected"),
        }
    };
    // Half a second of decay.
    let near = |found: f64, wanted: f64| {
        assert!((found / wanted - 1.0).abs() < 1e-4, "{found} {wanted}");
    };
    let (own, _) = Grading::of(&this, 0);
    near(width(&own), 10.0 * 100e6 / 70_000.0);
    let (whole, _) = Grading::within_series(&this, 0, earliest);
    near(width(&whole), 10.0 * 200e6 / 70_000.0);
    // The same as under the pointer.
    let (found, _) = quantity::of(&this, 0, earliest);
    let by_weight = found.iter().find(|q| q.name == "SUVbw").unwrap();
    near(by_weight.value(0.0, width(&whole)).unwrap(), 10.0);
}

/// An item of Real World Value Mapping Sequence for stored values −10 to 10.
fn mapping(label: &str, slope: f64) -> DataSet {
    let mut item = DataSet::default();
    item.text((0x40, 0x9210), b"SH", label)
        .us_at((0x40, 0x9216), (-10_i16).cast_unsigned())
        .us_at((0x40, 0x9211), 10);
    for (tag, value) in [(0x9224, 1.0_f64), (0x9225, slope)] {
        item.put(
            (0x40, tag),
            b"FD",
            Value::Bytes(value.to_le_bytes().to_vec()),
        );
    }
    item
}

#[test]
fn every_real_world_value_of_a_frame_is_offered() {
    let items = |all: Vec<DataSet>| {
        let mut group = DataSet::default();
        group.put((0x40, 0x9096), b"SQ", Value::Items(all));
        group
    };
    let mut data = picture(2, 2, 1, 16, "MONOCHROME2");
    data.text((8, 0x60), b"CS", "MR")
        .us(0x103, 1)
        .text((0x28, 8), b"IS", "2")
        .put(
            (0x5200, 0x9229),
            b"SQ",
            Value::Items(vec![items(vec![mapping("shared", 5.0)])]),
        )
        .put(
            (0x5200, 0x9230),
            b"SQ",
            Value::Items(vec![
                items(vec![mapping("speed", 2.0), mapping("flow", 3.0)]),
                DataSet::default(),
            ]),
        );
    let data = native(data, vec![0; 16]);
    for syntax in [EXPLICIT, IMPLICIT] {
        let instance = read(&data, syntax);
        let named = |frame| quantity::of(&instance, frame, None).0;
        let names = |all: &[Quantity]| all.iter().map(|q| q.name.clone()).collect::<Vec<_>>();
        let own = named(0);
        assert_eq!(names(&own), ["speed", "flow"]);
        assert_eq!(names(&named(1)), ["shared"]);
        // The ends are signed as the pixels are, though they were written as US.
        assert_eq!(own[0].value(-10.0, 0.0), Some(-19.0));
        assert_eq!(own[1].value(10.0, 0.0), Some(31.0));
        assert_eq!(own[0].value(-11.0, 0.0), None);
        assert_eq!(own[0].value(11.0, 0.0), None);
    }
}
