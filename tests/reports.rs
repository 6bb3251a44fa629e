//! What is handed on and what comes from elsewhere: reports of other programs in older codes, uptakes that are told apart, states of images
//! that are graded differently, marks on planes by the command line, grown regions as objects. Outside readers:
//! scripts/oracles/measures_files.py and scripts/oracles/grown.py.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{collections::HashSet, rc::Rc};

use common::{
    door::{self, Folder},
    make::{self, DataSet, Value},
};
use dicom_dictionary_std::tags;
use negatoscope::{
    base::{Limits, MemorySource},
    dicom::Instance,
    export::{
        Stamp,
        measures::{self, Measures},
        region::{self, Region},
    },
    measure::{
        Computed, Mark, Measurement, Origin,
        read::{self, Restored},
        statistics::{Histogram, Statistics},
    },
    study::Catalogue,
};

const STAMP: Stamp = Stamp {
    unix_seconds: 1_000_000_000,
    offset_minutes: 60,
    seed: [7; 16],
};
const ROWS: u16 = 20;
const COLUMNS: u16 = 24;
const SLICES: usize = 5;

/// A slice of a CT, 2 mm from the next: a block of 300 HU in the middle three of them.
fn slice(k: usize) -> DataSet {
    let mut data = make::picture(ROWS, COLUMNS, 1, 16, "MONOCHROME2");
    data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.2")
        .text((8, 0x18), b"UI", &format!("2.25.50{k}"))
        .text((8, 0x20), b"DA", "20240229")
        .text((8, 0x60), b"CS", "CT")
        .text((0x10, 0x20), b"LO", "007")
        .text((0x20, 0x13), b"IS", &(k + 1).to_string())
        .text((0x20, 0x32), b"DS", &format!("-10\\-8\\{}", 2 * k))
        .text((0x20, 0x37), b"DS", "1\\0\\0\\0\\1\\0")
        .text((0x20, 0x52), b"UI", "2.25.77")
        .text((0x28, 0x30), b"DS", "0.75\\0.5")
        .text((0x28, 0x1052), b"DS", "-1024")
        .text((0x28, 0x1053), b"DS", "1")
        .text((0x28, 0x1054), b"LO", "HU");
    data
}

fn is_block(column: usize, row: usize, k: usize) -> bool {
    (6..14).contains(&column) && (5..9).contains(&row) && (1..4).contains(&k)
}

fn pixels(k: usize) -> Vec<u8> {
    (0..usize::from(ROWS))
        .flat_map(|row| (0..usize::from(COLUMNS)).map(move |column| (column, row)))
        .flat_map(|(column, row)| {
            let value: u16 = if is_block(column, row, k) { 1324 } else { 1000 };
            value.to_le_bytes()
        })
        .collect()
}

fn volume() -> Vec<Vec<u8>> {
    let one = |k| make::native(slice(k), pixels(k)).file(make::EXPLICIT);
    (0..SLICES).map(one).collect()
}

fn catalogue(files: Vec<Vec<u8>>) -> Catalogue {
    let mut all = Catalogue::default();
    for (at, file) in files.into_iter().enumerate() {
        let source = Rc::new(MemorySource::new(format!("{at}.dcm"), file));
        all.add(&(source as _), &Limits::default());
    }
    all.arrange();
    assert!(all.errors.is_empty(), "{:?}", all.errors);
    all
}

type Code = [&'static str; 3];
const GROUP: Code = ["125007", "DCM", "Measurement Group"];
const REGION: Code = ["111030", "DCM", "Image Region"];
const DERIVATION: Code = ["121401", "DCM", "Derivation"];
const MM: Code = ["mm", "UCUM", "mm"];
const HU: Code = ["[hnsf'U]", "UCUM", "Hounsfield unit"];
const G_ML: Code = ["g/ml", "UCUM", "g/ml"];
const ATTENUATION: Code = ["112031", "DCM", "Attenuation Coefficient"];
const LONG: Code = ["G-A185", "SRT", "Long Axis"];
const SHORT: Code = ["G-A186", "SRT", "Short Axis"];

fn coded([value, scheme, meaning]: Code) -> Value {
    let mut item = DataSet::default();
    let tag = if value.len() > 16 { 0x119 } else { 0x100 };
    let vr = if value.len() > 16 { b"UC" } else { b"SH" };
    item.text((8, tag), vr, value)
        .text((8, 0x102), b"SH", scheme)
        .text((8, 0x104), b"LO", meaning);
    Value::Items(vec![item])
}

fn node(relation: &str, kind: &str, name: Option<Code>, inside: Vec<DataSet>) -> DataSet {
    let mut item = DataSet::default();
    item.text((0x40, 0xA010), b"CS", relation)
        .text((0x40, 0xA040), b"CS", kind);
    if let Some(name) = name {
        item.put((0x40, 0xA043), b"SQ", coded(name));
    }
    if !inside.is_empty() {
        item.put((0x40, 0xA730), b"SQ", Value::Items(inside));
    }
    item
}

/// Spatial coordinates on slice 2.25.501.
fn drawn(kind: &str, points: &[[f32; 2]], name: Option<Code>) -> DataSet {
    drawn_on(1, kind, points, name)
}

/// Spatial coordinates on a slice.
fn drawn_on(k: usize, kind: &str, points: &[[f32; 2]], name: Option<Code>) -> DataSet {
    let mut image = node("SELECTED FROM", "IMAGE", None, vec![]);
    let mut reference = DataSet::default();
    reference
        .text((8, 0x1150), b"UI", "1.2.840.10008.5.1.4.1.1.2")
        .text((8, 0x1155), b"UI", &format!("2.25.50{k}"));
    image.put((8, 0x1199), b"SQ", Value::Items(vec![reference]));
    let relation = if name.is_some() {
        "CONTAINS"
    } else {
        "INFERRED FROM"
    };
    let mut item = node(relation, "SCOORD", name, vec![image]);
    let data = points
        .iter()
        .flatten()
        .flat_map(|at| at.to_le_bytes())
        .collect();
    item.text((0x70, 0x23), b"CS", kind)
        .put((0x70, 0x22), b"FL", Value::Bytes(data));
    item
}

fn number(name: Code, value: &str, unit: Code, inside: Vec<DataSet>) -> DataSet {
    let mut measured = DataSet::default();
    measured
        .text((0x40, 0xA30A), b"DS", value)
        .put((0x40, 0x8EA), b"SQ", coded(unit));
    let mut item = node("CONTAINS", "NUM", Some(name), inside);
    item.put((0x40, 0xA300), b"SQ", Value::Items(vec![measured]));
    item
}

fn derived(name: Code, by: Code, value: &str, unit: Code) -> DataSet {
    let mut derivation = node("HAS CONCEPT MOD", "CODE", Some(DERIVATION), vec![]);
    derivation.put((0x40, 0xA168), b"SQ", coded(by));
    number(name, value, unit, vec![derivation])
}

/// What a report of another program with these groups gives on the volume, and why anything is left out.
fn told(groups: Vec<Vec<DataSet>>) -> (Vec<Restored>, Vec<String>) {
    let groups = (groups.into_iter())
        .map(|inside| node("CONTAINS", "CONTAINER", Some(GROUP), inside))
        .collect();
    let mut report = DataSet::default();
    report
        .text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.88.33")
        .text((8, 0x18), b"UI", "2.25.900")
        .text((8, 0x60), b"CS", "SR")
        .text((0x20, 0xD), b"UI", "2.25.901")
        .text((0x20, 0xE), b"UI", "2.25.902")
        .text((0x40, 0xA040), b"CS", "CONTAINER")
        .put((0x40, 0xA730), b"SQ", Value::Items(groups));
    let mut files = volume();
    files.push(report.file(make::EXPLICIT));
    let (found, lost) = read::all(&catalogue(files));
    (found, lost.into_iter().map(|(_, why)| why.detail).collect())
}

const OUTLINE: [[f32; 2]; 4] = [[3.5, 3.5], [12.5, 4.5], [9.5, 12.5], [3.5, 3.5]];

fn outline() -> DataSet {
    drawn("POLYLINE", &OUTLINE, Some(REGION))
}

/// Kind, and names with values and units.
fn said(one: &Restored) -> (&str, Vec<(&str, f64, &str)>) {
    let of = &one.measurement;
    let values = of.computed.values.iter();
    let values = values.map(|v| (v.name.as_str(), v.value, v.unit.as_str()));
    (of.mark.kind.as_str(), values.collect())
}

#[test]
fn derivations_in_older_codes_are_statistics() {
    let by = |code, meaning| [code, "SRT", meaning];
    let all = [
        (by("R-00317", "Mean"), "50"),
        (by("R-10047", "Standard Deviation"), "4.5"),
        (by("R-404FB", "Minimum"), "-10"),
        (by("G-A437", "Maximum"), "120"),
        (by("R-00319", "Median"), "48"),
    ];
    let numbers = |count: usize| {
        let mut group = vec![outline()];
        group.extend(
            all[..count]
                .iter()
                .map(|&(code, value)| derived(ATTENUATION, code, value, HU)),
        );
        group
    };
    let (found, lost) = told(vec![numbers(5), numbers(4)]);
    assert_eq!(lost, [""; 0]);
    let whole = &found[0].measurement.computed;
    let s = &whole.statistics[0];
    assert_eq!(
        [s.mean, s.sd, s.min, s.max, s.median],
        [50.0, 4.5, -10.0, 120.0, 48.0]
    );
    assert_eq!((s.unit.as_str(), whole.values.len()), ("HU", 0));
    // Without the median: numbers, each by its own name, and nothing is made up.
    let names: Vec<_> = said(&found[1]).1;
    assert_eq!(
        names,
        [
            ("mean", 50.0, "HU"),
            ("sd", 4.5, "HU"),
            ("min", -10.0, "HU"),
            ("max", 120.0, "HU")
        ]
    );
}

#[test]
fn both_axes_of_others_are_the_two_lengths_that_they_are() {
    let (a, b) = ([[2.5, 10.5], [18.5, 10.5]], [[10.5, 6.5], [10.5, 14.5]]);
    let line = |points: &[[f32; 2]]| drawn("POLYLINE", points, None);
    let ends = [a[0], a[1], b[0], b[1]];
    let diameter = |value, points: &[[f32; 2]]| {
        number(
            ["M-02550", "SRT", "Diameter"],
            value,
            MM,
            vec![line(points)],
        )
    };
    let (found, lost) = told(vec![
        // As OHIF writes it, the short one first.
        vec![
            number(SHORT, "6", MM, vec![line(&b)]),
            number(LONG, "8", MM, vec![line(&a)]),
        ],
        // All four ends in one item.
        vec![
            drawn("MULTIPOINT", &ends, Some(REGION)),
            number(LONG, "8", MM, vec![]),
            number(SHORT, "6", MM, vec![]),
        ],
        // An outline with its area, and both axes drawn beside it.
        vec![
            outline(),
            number(
                ["G-A166", "SRT", "Area"],
                "29",
                ["mm2", "UCUM", "mm2"],
                vec![],
            ),
            number(LONG, "8", MM, vec![line(&a)]),
            number(SHORT, "6", MM, vec![line(&b)]),
        ],
        // Two diameters that nobody calls long or short.
        vec![diameter("8", &a), diameter("6", &b)],
    ]);
    assert_eq!(lost, [""; 0]);
    let all: Vec<_> = found.iter().map(said).collect();
    assert_eq!(
        all,
        [
            (
                "bidirectional",
                vec![("short-axis", 6.0, "mm"), ("long-axis", 8.0, "mm")]
            ),
            (
                "bidirectional",
                vec![("long-axis", 8.0, "mm"), ("short-axis", 6.0, "mm")]
            ),
            ("polygon", vec![("area", 29.0, "mm2")]),
            ("length", vec![("long-axis", 8.0, "mm")]),
            ("length", vec![("short-axis", 6.0, "mm")]),
            ("length", vec![("Diameter", 8.0, "mm")]),
            ("length", vec![("Diameter", 6.0, "mm")]),
        ]
    );
    assert_eq!(
        found[1].measurement.mark.points,
        [[2.0, 10.0], [18.0, 10.0], [10.0, 6.0], [10.0, 14.0]]
    );
    // Nothing that can be drawn: it is named, and no shape is made up.
    let odd = vec![
        drawn("MULTIPOINT", &ends, Some(REGION)),
        number(LONG, "8", MM, vec![]),
    ];
    let (found, lost) = told(vec![odd]);
    assert_eq!((found.len(), lost.len()), (0, 1), "{lost:?}");
}

const MEAN: Code = ["373098007", "SCT", "Mean"];
const VOLUME: Code = ["118565006", "SCT", "Volume"];
const ML: Code = ["ml", "UCUM", "ml"];

#[test]
fn numbers_stand_at_the_region_that_they_name() {
    let own = |k: usize, value: &str| {
        let from = drawn_on(k, "POLYLINE", &OUTLINE, None);
        number(
            ["G-A166", "SRT", "Area"],
            value,
            ["mm2", "UCUM", "mm2"],
            vec![from],
        )
    };
    let region = |k| drawn_on(k, "POLYLINE", &OUTLINE, Some(REGION));
    let at = |all: &[Restored]| -> Vec<(String, Vec<(String, f64)>)> {
        let one = |r: &Restored| {
            let values = r.measurement.computed.values.iter();
            (
                r.measurement.sop_uid.clone(),
                values.map(|v| (v.name.clone(), v.value)).collect(),
            )
        };
        all.iter().map(one).collect()
    };
    let area = |k: usize, value| (format!("2.25.50{k}"), vec![("area".to_owned(), value)]);
    let group = vec![region(3), region(4), own(4, "40"), own(3, "30")];
    let (found, lost) = told(vec![group.clone()]);
    assert_eq!(
        (at(&found), lost.len()),
        (vec![area(3, 30.0), area(4, 40.0)], 0)
    );
    // The volume of both is a number of neither, nor is what names both.
    let both = [3, 4].map(|k| drawn_on(k, "POLYLINE", &OUTLINE, None));
    let more = vec![
        number(VOLUME, "7", ML, vec![]),
        number(LONG, "8", MM, both.to_vec()),
    ];
    let (found, lost) = told(vec![[group, more].concat()]);
    assert_eq!(at(&found), [area(3, 30.0), area(4, 40.0)]);
    assert_eq!(lost, ["Volume, Long Axis: it is of several regions"]);
    // Nor is a mean over all slices the first one's.
    let mean = derived(ATTENUATION, MEAN, "50", HU);
    let (found, lost) = told(vec![vec![region(2), region(3), mean.clone()]]);
    let bare = |k: usize| (format!("2.25.50{k}"), vec![]);
    assert_eq!(at(&found), [bare(2), bare(3)]);
    assert_eq!(lost, ["Attenuation Coefficient: it is of several regions"]);
    assert!(
        found
            .iter()
            .all(|r| r.measurement.computed.statistics.is_empty())
    );
    // One of the two is not open: the number may not be of the one that is.
    let (found, lost) = told(vec![vec![region(2), region(9), mean.clone()]]);
    assert_eq!(at(&found), [bare(2)]);
    assert_eq!(
        lost,
        [
            "Image Region: its image is not open",
            "Attenuation Coefficient: it is of several regions"
        ]
    );
    // The same region twice is one.
    let (found, lost) = told(vec![vec![region(2), region(2), mean]]);
    assert_eq!((at(&found)[0].1.len(), found.len(), lost.len()), (1, 1, 0));
}

#[test]
fn one_odd_region_takes_nothing_else_away() {
    let line = |y: f32| drawn("POLYLINE", &[[2.5, y], [18.5, y]], None);
    let open = [[1.5, 1.5], [6.5, 2.5], [9.5, 8.5], [12.5, 1.5]];
    let odd = drawn("POLYLINE", &open, Some(REGION));
    let lines = [
        number(LONG, "8", MM, vec![line(3.5)]),
        number(LONG, "9", MM, vec![line(6.5)]),
    ];
    let with = |first: Vec<DataSet>, last: Vec<DataSet>| {
        let (found, lost) = told(vec![[first, lines.to_vec(), last].concat()]);
        let values = found.iter().flat_map(|one| said(one).1.clone());
        (values.map(|(_, v, _)| v).collect::<Vec<_>>(), lost)
    };
    let (values, lost) = with(vec![odd.clone()], vec![]);
    assert_eq!(values, [8.0, 9.0]);
    assert_eq!(lost, ["Image Region: its shape is none that is drawn here"]);
    // A number of it goes with it, and stands at no other.
    let (values, lost) = with(vec![odd], vec![number(VOLUME, "7", ML, vec![])]);
    assert_eq!(values, [8.0, 9.0]);
    assert_eq!(lost, ["Volume: its shape is none that is drawn here"]);
    // Without any region a number that names none is nowhere.
    let (values, lost) = with(vec![], vec![number(VOLUME, "7", ML, vec![])]);
    assert_eq!(values, [8.0, 9.0]);
    assert_eq!(lost, ["Volume: it has no coordinates in an image"]);
}

#[test]
fn means_that_stand_by_themselves_are_named_once() {
    let all = [
        (MEAN, "50"),
        (["386136009", "SCT", "Standard Deviation"], "4.5"),
        (["56851009", "SCT", "Maximum"], "120"),
        (["255605001", "SCT", "Minimum"], "-10"),
        (["373099004", "SCT", "Median"], "48"),
    ];
    let of = |count: usize, unit: Code| {
        let numbers = all[..count].iter();
        let numbers = numbers.map(|&(code, value)| number(code, value, unit, vec![]));
        [vec![outline()], numbers.collect()].concat()
    };
    let suv: Code = ["g/ml{SUVbw}", "UCUM", "g/ml"];
    let (found, lost) = told(vec![of(3, HU), of(5, HU), of(2, suv)]);
    assert_eq!(lost, [""; 0]);
    assert_eq!(
        said(&found[0]).1,
        [
            ("mean", 50.0, "HU"),
            ("sd", 4.5, "HU"),
            ("max", 120.0, "HU")
        ]
    );
    let whole = &found[1].measurement.computed;
    assert_eq!((whole.statistics.len(), whole.values.len()), (1, 0));
    let s = &whole.statistics[0];
    assert_eq!((s.quantity.as_str(), s.unit.as_str()), ("value", "HU"));
    assert_eq!(
        [s.mean, s.sd, s.min, s.max, s.median],
        [50.0, 4.5, -10.0, 120.0, 48.0]
    );
    assert_eq!(
        said(&found[2]).1,
        [("SUVbw mean", 50.0, "g/ml"), ("SUVbw sd", 4.5, "g/ml")]
    );
}

#[test]
fn what_only_has_an_uptakes_unit_keeps_its_name() {
    const SUV: Code = ["126401", "DCM", "SUVbw"];
    const PEAK: Code = ["126031", "DCM", "Peak Value Within ROI"];
    let unit: Code = ["g/ml{SUVbw}", "UCUM", "g/ml"];
    let percentile: Code = ["P95", "99OTHER", "95th percentile"];
    let (found, lost) = told(vec![vec![
        outline(),
        number(SUV, "4", unit, vec![]),
        number(PEAK, "5", unit, vec![]),
        derived(SUV, percentile, "6", unit),
        derived(ATTENUATION, percentile, "7", HU),
        derived(["RADIO", "99OTHER", "Uptake"], MEAN, "8", unit),
        // What says the area of a shape still says it.
        derived(
            ["G-A166", "SRT", "Area"],
            ["R-10260", "SRT", "Estimated"],
            "29",
            ["mm2", "UCUM", "mm2"],
        ),
    ]]);
    assert_eq!(lost, [""; 0]);
    assert_eq!(
        said(&found[0]).1,
        [
            ("SUVbw", 4.0, "g/ml"),
            ("Peak Value Within ROI", 5.0, "g/ml"),
            ("SUVbw (95th percentile)", 6.0, "g/ml"),
            ("Attenuation Coefficient (95th percentile)", 7.0, "HU"),
            ("area (Estimated)", 29.0, "mm2"),
            ("SUVbw mean", 8.0, "g/ml"),
        ]
    );
}

fn statistics(quantity: &str, unit: &str, mean: f64) -> Statistics {
    Statistics {
        quantity: quantity.to_owned(),
        unit: unit.to_owned(),
        count: 20,
        excluded: 1,
        mean,
        sd: mean / 8.0,
        min: mean / 4.0,
        max: mean * 2.0,
        median: mean * 0.75,
        histogram: Histogram {
            low: 0.0,
            width: 1.0,
            counts: vec![],
        },
    }
}

fn mark(kind: &str, points: &[[f64; 2]], statistics: Vec<Statistics>) -> Measurement {
    Measurement {
        uid: format!("2.25.77{}", points.len()),
        sop_uid: "2.25.501".to_owned(),
        frame: 1,
        mark: Mark {
            kind: kind.to_owned(),
            points: points.to_vec(),
            text: String::new(),
        },
        computed: Computed {
            values: vec![],
            origin: Origin {
                from: "pixel-spacing".into(),
                factor: 1.0,
                label: String::new(),
            },
            statistics,
            notes: vec![],
        },
        plane: None,
    }
}

#[test]
fn uptakes_by_different_bodies_stay_apart() {
    let all = vec![
        statistics("value", "Bq/ml", 4096.0),
        statistics("SUVbw", "g/ml", 8.0),
        statistics("SUVlbm", "g/ml", 6.0),
        statistics("SUVlbm (James 128)", "g/ml", 6.5),
        statistics("SUVbsa", "cm2/ml", 2.0),
        statistics("First map", "um2/s", 32.0),
        statistics("Second map", "um2/s", 64.0),
    ];
    let one = mark("rectangle", &[[3.0, 3.0], [8.0, 7.0]], all.clone());
    let catalogue_of = catalogue(volume());
    let sources = Measures {
        catalogue: &catalogue_of,
        measurements: &[one],
        stamp: &STAMP,
    };
    let file = measures::by_name("sr")
        .unwrap()
        .write(&sources)
        .unwrap()
        .remove(0);
    let has = |word: &str| file.windows(word.len()).any(|w| w == word.as_bytes());
    for word in [
        "g/ml{SUVbw}",
        "g/ml{SUVlbm(Janma)}",
        "g/ml{SUVlbm(James128)}",
        "cm2/ml{SUVbsa}",
        "126401",
        "126405",
    ] {
        assert!(has(word), "{word}");
    }
    let mut files = volume();
    files.push(file);
    let (found, lost) = read::all(&catalogue(files));
    assert_eq!((found.len(), lost.len()), (1, 0));
    let key = |s: &Statistics| {
        (
            s.quantity.clone(),
            s.unit.clone(),
            [s.mean, s.sd, s.min, s.max, s.median].map(f64::to_bits),
        )
    };
    let got: Vec<_> = found[0]
        .measurement
        .computed
        .statistics
        .iter()
        .map(key)
        .collect();
    assert_eq!(got, all.iter().map(key).collect::<Vec<_>>());
}

#[test]
fn uptakes_of_others_are_named_by_their_unit() {
    const SUV: Code = ["126400", "DCM", "Standardized Uptake Value"];
    const MAX: Code = ["56851009", "SCT", "Maximum"];
    let [lbm, bw] = [("g/ml{SUVlbm}", "5"), ("g/ml{SUVbw}", "7")]
        .map(|(unit, value)| derived(SUV, MAX, value, [unit, "UCUM", unit]));
    let (found, lost) = told(vec![vec![outline(), lbm, bw]]);
    assert_eq!(lost, [""; 0]);
    let (_, values) = said(&found[0]);
    assert_eq!(
        values,
        [
            ("SUVlbm (James) max", 5.0, "g/ml"),
            ("SUVbw max", 7.0, "g/ml")
        ]
    );
    // As this program wrote them before units told them apart: two of one name, and neither hides the other.
    let five = |value: &str| {
        [
            "373098007",
            "386136009",
            "255605001",
            "56851009",
            "373099004",
        ]
        .map(|code| derived(SUV, [code, "SCT", "x"], value, G_ML))
    };
    let group = [vec![outline()], five("2").to_vec(), five("4").to_vec()].concat();
    let (found, _) = told(vec![group]);
    let means = found[0]
        .measurement
        .computed
        .statistics
        .iter()
        .map(|s| s.mean);
    assert_eq!(means.collect::<Vec<_>>(), [2.0, 4.0]);
}

#[test]
fn images_that_are_graded_differently_are_all_saved() {
    // PET has a slope of its own in each image.
    let files: Vec<Vec<u8>> = (0..SLICES)
        .map(|k| {
            let mut data = slice(k);
            data.text((0x28, 0x1053), b"DS", &format!("1.{k}"));
            make::native(data, pixels(k)).file(make::EXPLICIT)
        })
        .collect();
    let all = catalogue(files.clone());
    let measurements: Vec<Measurement> = (0..SLICES)
        .map(|k| Measurement {
            uid: format!("2.25.88{k}"),
            sop_uid: format!("2.25.50{k}"),
            ..mark("length", &[[1.0, 1.0], [5.0, 5.0]], vec![])
        })
        .collect();
    let sources = Measures {
        catalogue: &all,
        measurements: &measurements,
        stamp: &STAMP,
    };
    let gsps = measures::by_name("gsps").unwrap();
    let states = gsps.write(&sources).unwrap();
    assert_eq!(states.len(), SLICES);
    let (zip, end) = gsps.together(states);
    assert_eq!(end, "measures.pr.zip");
    // Read again from the archive: each state on its image, each an object of its own.
    let mut together = files;
    together.push(zip);
    let all = catalogue(together);
    let states = all
        .instances
        .iter()
        .filter(|i| i.text(tags::MODALITY).as_deref() == Some("PR"));
    let slopes: HashSet<String> = states
        .clone()
        .map(|i| i.text(tags::RESCALE_SLOPE).unwrap())
        .collect();
    let uids: HashSet<String> = states
        .map(|i| i.text(tags::SOP_INSTANCE_UID).unwrap())
        .collect();
    assert_eq!((slopes.len(), uids.len()), (SLICES, SLICES));
    let (found, lost) = read::all(&all);
    assert_eq!((found.len(), lost.len()), (SLICES, 0));
    // One stays a file.
    let (one, end) = gsps.together(vec![b"DICM".to_vec()]);
    assert_eq!(
        (one.as_slice(), end.as_str()),
        (&b"DICM"[..], "measures.pr.dcm")
    );
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    for (k, file) in volume().iter().enumerate() {
        folder.file(&format!("{k}.dcm"), file);
    }
    folder
}

#[test]
fn the_command_line_measures_on_planes() {
    let folder = folder("reports-plane");
    let out = folder.0.join("out");
    std::fs::create_dir_all(&out).unwrap();
    let run = door::run(&[
        &"measure",
        &folder.0,
        &"length:2,1;12,1",
        &"rectangle:12,1;20,6",
        &"--plane",
        &"coronal",
        &"--at",
        &"-3.5",
        &"--json",
        &"--save",
        &"sr,csv",
        &"--out",
        &out,
    ]);
    assert!(run.status.success(), "{}", door::said(&run));
    let document = door::document(&run);
    let measured: Vec<Measurement> =
        serde_json::from_value(document["measurements"].clone()).unwrap();
    let plane = measured[0].plane.as_ref().unwrap();
    assert_eq!(
        (plane.base.as_str(), plane.position_mm[1]),
        ("coronal", -3.5)
    );
    assert_eq!(measured[0].computed.origin.from, "reformatted");
    // Ten pixels of the plane, which are as large as the finest voxels' distance.
    assert!((measured[0].computed.values[0].value - 10.0 * plane.spacing_mm[1]).abs() < 1e-9);
    let sr = std::fs::read(out.join(document["saved"]["sr"][0].as_str().unwrap())).unwrap();
    let mut files = volume();
    files.push(sr);
    let (found, lost) = read::all(&catalogue(files));
    assert_eq!((found.len(), lost.len()), (2, 0));
    for (got, want) in found.iter().zip(&measured) {
        assert_eq!(
            (&got.measurement.mark, &got.measurement.plane),
            (&want.mark, &want.plane)
        );
    }
    // A single image is no volume, and says so.
    let one = folder.0.join("0.dcm");
    let run = door::run(&[&"measure", &one, &"probe:1,1", &"--plane", &"axial"]);
    assert!(
        !run.status.success() && door::said(&run).contains("PIX-45"),
        "{}",
        door::said(&run)
    );
}

#[test]
fn a_grown_region_is_an_object_and_a_report() {
    let folder = folder("reports-grow");
    let [seg, sr] = ["seg.dcm", "sr.dcm"].map(|name| folder.0.join("out").join(name));
    std::fs::create_dir_all(folder.0.join("out")).unwrap();
    let run = door::run(&[
        &"grow",
        &folder.0,
        &"--seed",
        &"8,6,2",
        &"--tolerance",
        &"50",
        &"--json",
        &"--seg",
        &seg,
        &"--sr",
        &sr,
    ]);
    assert!(run.status.success(), "{}", door::said(&run));
    let grown = door::document(&run);
    assert_eq!(grown["voxels"], 8 * 4 * 3);
    let open = |path: &std::path::Path| {
        let source = Rc::new(MemorySource::new("x", std::fs::read(path).unwrap()));
        Instance::read(&(source as _), &Limits::default()).unwrap()
    };
    let object = open(&seg);
    assert_eq!(
        object.number_of_frames(),
        3,
        "images without any of it are left out"
    );
    let segment = object.items(tags::SEGMENT_SEQUENCE)[0];
    let of = |tag| negatoscope::dicom::text_of(segment, tag).unwrap_or_default();
    assert_eq!(of(tags::SEGMENT_ALGORITHM_TYPE), "SEMIAUTOMATIC");
    assert_eq!(of(tags::SEGMENT_LABEL), "Region");
    let plane = usize::from(ROWS) * usize::from(COLUMNS);
    let file = std::fs::read(&seg).unwrap();
    let bits = &file[file.len() - 3 * plane / 8..];
    for at in 0..3 * plane {
        let (k, column, row) = (at / plane + 1, at % 24, at % plane / 24);
        assert_eq!(
            bits[at / 8] >> (at % 8) & 1 == 1,
            is_block(column, row, k),
            "{column}, {row}, {k}"
        );
    }
    // The report says what was printed, how it grew, and which segment it is of.
    let bytes = std::fs::read(&sr).unwrap();
    let has = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    assert!(has(&object.text(tags::SOP_INSTANCE_UID).unwrap()));
    assert!(has(
        "Seed: column 9, row 7, image 3; values within 50 HU of the seed's; over 6 neighbours"
    ));
    assert!(has("112031") && has("[hnsf'U]") && has("118565006"));
    let ml = 96.0 * 0.75 / 1000.0;
    assert!((grown["ml"].as_f64().unwrap() - ml).abs() < 1e-12 && has(&f64::to_string(&ml)));
}

#[test]
fn a_region_of_a_coarser_volume_says_so() {
    let all = catalogue(volume());
    let set = &all.studies[0].series[0].frame_sets[0];
    let region = Region {
        rule: region::rule([8, 6, 2], 1.5, "g/ml", false, 2),
        ml: 0.5,
        mean: 3.0,
        sd: 1.0,
        min: 2.0,
        max: 4.0,
        unit: "g/ml{SUVbw}".to_owned(),
    };
    let size = usize::from(ROWS) * usize::from(COLUMNS);
    let mut one = vec![0_u8; size];
    one[5] = 1;
    let empty = vec![0; size];
    let write = |what: &str, planes: &[&[u8]]| {
        let grown = region::Grown {
            catalogue: &all,
            set,
            planes,
            region: &region,
            stamp: &STAMP,
            limits: &Limits::default(),
        };
        grown.write(what, &[]).map_err(|e| e.code().id)
    };
    let sparse: [&[u8]; SLICES] = [&[], &[], &one, &[], &one];
    let seg = write("seg", &sparse).unwrap();
    let sr = write("sr", &sparse).unwrap();
    for file in [&seg, &sr] {
        let has = |word: &str| file.windows(word.len()).any(|w| w == word.as_bytes());
        assert!(has("over 6 neighbours; on means of 2 × 2 pixels"));
    }
    // Its unit says by what body the uptake is, as its code does.
    let has = |word: &str| sr.windows(word.len()).any(|w| w == word.as_bytes());
    assert!(has("126401") && has("Standardized Uptake Value body weight"));
    assert!(!region::rule([0; 3], 1.0, "", true, 1).contains("means"));
    // Planes that hold nothing and planes that are not there are the same file.
    let full: [&[u8]; SLICES] = [&empty, &empty, &one, &empty, &one];
    assert_eq!(write("seg", &full).unwrap(), seg);
    let none: [&[u8]; SLICES] = [&[]; SLICES];
    assert!(write("seg", &none).is_ok());
    // One image too few, a plane of another size, a label that has no name.
    let short = &one[1..];
    one_code(write("seg", &sparse[1..]));
    one_code(write("seg", &[&[], &[], short, &[], &[]]));
    let high = vec![2; size];
    one_code(write("seg", &[&[], &[], &high, &[], &[]]));
}

fn one_code(refused: Result<Vec<u8>, &str>) {
    assert_eq!(refused.map(|file| file.len()), Err("IO-304"));
}
