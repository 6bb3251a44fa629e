//! Measuring, from a file to values and back from the files that hold them: against NumPy, SciPy and scikit-image (scripts/oracles/measure.py),
//! on made files whose values are formulas, and through reports and presentation states. Outside readers: scripts/oracles/measures_files.py.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{fmt::Write as _, fs, path::Path, rc::Rc};

use common::{
    door::{self, Folder},
    make::{self, DataSet, Value},
};
use negatoscope::{
    base::{Limits, MemorySource},
    codec::Stored,
    export::{
        Stamp,
        measures::{self, FORMS, Measures},
    },
    measure::{
        Computed, Mark, Measurement, OnPlane, read,
        take::{self, Subject},
        tools::{MOST_POINTS, TOOLS},
    },
    study::{
        Catalogue,
        geometry::{Spacing, SpacingFrom},
    },
    tone::{Frame, Grey},
};
use serde_json::Value as Json;

const STAMP: Stamp = Stamp {
    unix_seconds: 1_000_000_000,
    offset_minutes: 60,
    seed: [9; 16],
};

#[test]
fn numbers_are_those_of_numpy_scipy_and_scikit_image() {
    let text = include_str!("data/measure.json");
    let oracle: Json = serde_json::from_str(text).unwrap();
    let (rows, columns) = (
        oracle["rows"].as_u64().unwrap() as usize,
        oracle["columns"].as_u64().unwrap() as usize,
    );
    let value = |at: usize| {
        let (r, c) = ((at / columns) as i64, (at % columns) as i64);
        (r * 7919 + c * 104_729 + r * c * 31) % 2003 - 1000
    };
    let values: Vec<f32> = (0..rows * columns).map(|at| value(at) as f32).collect();
    let frame = Frame::Grey(Grey {
        columns,
        rows,
        values,
    });
    let spacing = oracle["spacing_mm"].as_array().unwrap();
    let stored = Stored::U8(vec![]);
    let subject = Subject {
        spacing: Spacing {
            mm: [spacing[0].as_f64().unwrap(), spacing[1].as_f64().unwrap()],
            from: SpacingFrom::PixelSpacing,
        },
        regions: &[],
        frame: &frame,
        stored: &stored,
        unit: "HU",
        quantities: &[],
        user_mm: None,
    };
    let cases = oracle["cases"].as_array().unwrap();
    assert!(cases.len() > 100);
    for case in cases {
        let mark = Mark {
            kind: case["kind"].as_str().unwrap().to_owned(),
            points: serde_json::from_value(case["points"].clone()).unwrap(),
            text: String::new(),
        };
        let got = take::compute(&mark, &subject).unwrap();
        assert_eq!(got.notes, [] as [&str; 0]);
        for (name, want) in case["values"].as_object().unwrap() {
            let found = got.values.iter().find(|v| v.name == *name).unwrap().value;
            let want = want.as_f64().unwrap();
            assert!(
                (found - want).abs() < 1e-6 * want.abs().max(1.0),
                "{} {name}: {found} {want}",
                mark.kind
            );
        }
        let Some(want) = case["statistics"].as_object() else {
            continue;
        };
        let found = serde_json::to_value(&got.statistics[0]).unwrap();
        for (name, want) in want {
            let (found, want) = (found[name].as_f64().unwrap(), want.as_f64().unwrap());
            assert!(
                (found - want).abs() < 1e-6 * want.abs().max(1.0),
                "{} {name}: {found} {want}",
                mark.kind
            );
        }
    }
}

const ROWS: u16 = 40;
const COLUMNS: u16 = 50;

fn pixels(k: usize) -> Vec<u8> {
    (0..usize::from(ROWS) * usize::from(COLUMNS))
        .flat_map(|at| ((k * 1000 + at / 50 * 10 + at % 50) as u16).to_le_bytes())
        .collect()
}

fn head(class: &str, uid: &str, modality: &str) -> DataSet {
    let mut data = make::picture(ROWS, COLUMNS, 1, 16, "MONOCHROME2");
    data.text((8, 0x16), b"UI", class)
        .text((8, 0x18), b"UI", uid)
        .text((8, 0x20), b"DA", "20240229")
        .text((8, 0x60), b"CS", modality)
        .text((0x10, 0x20), b"LO", "007");
    data
}

/// Slices of CT, oblique, whose values are HU and whose pixels are not square.
fn slice(k: usize) -> DataSet {
    let mut data = head("1.2.840.10008.5.1.4.1.1.2", &format!("2.25.50{k}"), "CT");
    data.text((0x20, 0x13), b"IS", &(k + 1).to_string())
        .text(
            (0x20, 0x32),
            b"DS",
            &format!(
                "{}\\-20.25\\{}",
                10.0 - 1.5 * k as f64,
                30.5 + 2.0 * k as f64
            ),
        )
        .text((0x20, 0x37), b"DS", "0.8\\0\\0.6\\0\\1\\0")
        .text((0x20, 0x52), b"UI", "2.25.77")
        .text((0x28, 0x30), b"DS", "0.75\\0.5")
        .text((0x28, 0x1050), b"DS", "40")
        .text((0x28, 0x1051), b"DS", "400")
        .text((0x28, 0x1052), b"DS", "-1024")
        .text((0x28, 0x1053), b"DS", "1")
        .text((0x28, 0x1054), b"LO", "HU");
    data
}

fn volume() -> Vec<Vec<u8>> {
    (0..3)
        .map(|k| make::native(slice(k), pixels(k)).file(make::EXPLICIT))
        .collect()
}

/// A run of frames.
fn run() -> Vec<u8> {
    let mut data = head("1.2.840.10008.5.1.4.1.1.12.1", "2.25.600", "XA");
    data.text((0x20, 0xe), b"UI", "2.25.601")
        .text((0x28, 8), b"IS", "2")
        .text((0x18, 0x1164), b"DS", "0.2\\0.1");
    make::native(data, [pixels(0), pixels(1)].concat()).file(make::EXPLICIT)
}

fn sl(value: i32) -> Value {
    Value::Bytes(value.to_le_bytes().to_vec())
}
fn fd(value: f64) -> Value {
    Value::Bytes(value.to_le_bytes().to_vec())
}

/// Tissue above, Doppler below; in colour.
fn ultrasound() -> Vec<u8> {
    let mut data = make::picture(ROWS, COLUMNS, 3, 8, "RGB");
    data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.6.1")
        .text((8, 0x18), b"UI", "2.25.700")
        .text((8, 0x60), b"CS", "US")
        .text((0x20, 0xe), b"UI", "2.25.701");
    let ul = |value: u32| Value::Bytes(value.to_le_bytes().to_vec());
    let region = |top: u32, bottom: u32, units: [u16; 2], deltas: [f64; 2]| {
        let mut item = DataSet::default();
        item.us_at((0x18, 0x6012), 1)
            .us_at((0x18, 0x6014), 1)
            .put((0x18, 0x6018), b"UL", ul(0))
            .put((0x18, 0x601A), b"UL", ul(top))
            .put((0x18, 0x601C), b"UL", ul(49))
            .put((0x18, 0x601E), b"UL", ul(bottom))
            .us_at((0x18, 0x6024), units[0])
            .us_at((0x18, 0x6026), units[1])
            .put((0x18, 0x602C), b"FD", fd(deltas[0]))
            .put((0x18, 0x602E), b"FD", fd(deltas[1]));
        item
    };
    let tissue = region(0, 19, [3, 3], [0.02, 0.02]);
    let mut doppler = region(20, 39, [4, 7], [0.01, -2.0]);
    // The baseline lies ten rows below the region's top.
    doppler
        .put((0x18, 0x6020), b"SL", sl(0))
        .put((0x18, 0x6022), b"SL", sl(10))
        .put((0x18, 0x6028), b"FD", fd(0.0))
        .put((0x18, 0x602A), b"FD", fd(0.0));
    data.put((0x18, 0x6011), b"SQ", Value::Items(vec![tissue, doppler]));
    let bytes = (0..usize::from(ROWS) * usize::from(COLUMNS) * 3)
        .map(|at| (at % 251) as u8)
        .collect();
    make::native(data, bytes).file(make::EXPLICIT)
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

fn measured(folder: &Folder, file: &[u8], marks: &[&str], more: &[&str]) -> Vec<Measurement> {
    let path = folder.file("one.dcm", file);
    let mut args: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"measure", &path, &"--json"];
    args.extend(marks.iter().map(|m| m as &dyn AsRef<std::ffi::OsStr>));
    args.extend(more.iter().map(|m| m as &dyn AsRef<std::ffi::OsStr>));
    let output = door::run(&args);
    assert!(output.status.success(), "{}", door::said(&output));
    serde_json::from_value(door::document(&output)["measurements"].clone()).unwrap()
}

fn value(computed: &Computed, name: &str) -> (f64, String) {
    let found = computed.values.iter().find(|v| v.name == name);
    let found = found.unwrap_or_else(|| panic!("{name} in {computed:?}"));
    (found.value, found.unit.clone())
}

#[test]
fn the_command_line_measures() {
    let folder = Folder::new("measure");
    let ct = make::native(slice(1), pixels(1)).file(make::EXPLICIT);
    let got = measured(
        &folder,
        &ct,
        &[
            "length:10,10;22,18",
            "rectangle:2,3;12,8=liver",
            "probe:7,5",
            "angle:12,0;0,0;12,8",
        ],
        &[],
    );
    // (12 × 0.5, 8 × 0.75) mm.
    assert_eq!(
        value(&got[0].computed, "length"),
        (72.0_f64.sqrt(), "mm".to_owned())
    );
    assert_eq!(got[0].computed.origin.from, "pixel-spacing");
    assert_eq!(
        value(&got[1].computed, "area"),
        (10.0 * 5.0 * 0.375, "mm2".to_owned())
    );
    let s = &got[1].computed.statistics[0];
    // Columns 2 … 11, rows 3 … 7: 1000 + 10 row + column − 1024.
    assert_eq!(
        (s.count, s.mean, s.min, s.max, s.unit.as_str()),
        (50, 26.0 + 6.5 + 6.0 - 6.0 + 0.0, 8.0, 57.0, "HU")
    );
    assert_eq!(got[1].mark.text, "liver");
    let probe = &got[2].computed.statistics[0];
    assert_eq!((probe.count, probe.mean), (1, 33.0));
    assert_eq!(value(&got[3].computed, "angle").0, 45.0);
    // At the detector, and it says so; the second frame has its own values.
    let got = measured(
        &folder,
        &run(),
        &["length:0,0;30,0", "probe:0,0"],
        &["--frame", "2"],
    );
    assert_eq!(
        (
            value(&got[0].computed, "length").0,
            got[0].computed.origin.label.as_str()
        ),
        (3.0, "at detector")
    );
    assert_eq!(
        (got[1].frame, got[1].computed.statistics[0].mean),
        (2, 1000.0)
    );
    let path = folder.file("one.dcm", &run());
    let output = door::run(&[&"measure", &path, &"length:0,0;30,0"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "length  3.0 mm (at detector)\n"
    );
    // No spacing: pixels; calibrated by the user: mm that say so.
    let plain = make::native(
        make::picture(ROWS, COLUMNS, 1, 16, "MONOCHROME2"),
        pixels(0),
    )
    .file(make::EXPLICIT);
    let got = measured(&folder, &plain, &["length:0,0;3,4"], &[]);
    assert_eq!(
        value(&got[0].computed, "length"),
        (5.0, "{pixels}".to_owned())
    );
    let got = measured(
        &folder,
        &plain,
        &["length:0,0;3,4"],
        &["--calibrated", "0.5"],
    );
    assert_eq!(
        (
            value(&got[0].computed, "length"),
            got[0].computed.origin.from.as_str()
        ),
        ((2.5, "mm".to_owned()), "user")
    );
    for (mark, status) in [
        ("length:0,0", 2),
        ("lengths:0,0;1,1", 2),
        ("length:a,0;1,1", 2),
        ("length:NaN,0;1,1", 2),
    ] {
        let output = door::run(&[&"measure", &path, &mark]);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{mark}: {}",
            door::said(&output)
        );
    }
}

#[test]
fn ultrasound_has_the_units_of_its_region() {
    let folder = Folder::new("measure-us");
    let got = measured(
        &folder,
        &ultrasound(),
        &[
            "length:10,10;20,10",
            "length:10,25;35,35",
            "length:10,10;10,30",
            "probe:10,25",
            "ellipse:5,10;15,10;10,5;10,15",
        ],
        &[],
    );
    assert_eq!(value(&got[0].computed, "length"), (2.0, "mm".to_owned()));
    assert_eq!(got[0].computed.origin.from, "region");
    assert_eq!(value(&got[1].computed, "time"), (0.25, "s".to_owned()));
    assert_eq!(
        value(&got[1].computed, "velocity"),
        (20.0, "cm/s".to_owned())
    );
    assert_eq!(value(&got[1].computed, "rate"), (240.0, "/min".to_owned()));
    assert_eq!(
        (
            value(&got[2].computed, "length"),
            got[2].computed.origin.from.as_str()
        ),
        ((20.0, "{pixels}".to_owned()), "outside")
    );
    // Five rows above the baseline, 2 cm/s a row, values grow upwards.
    assert_eq!(
        value(&got[3].computed, "velocity"),
        (10.0, "cm/s".to_owned())
    );
    assert_eq!(value(&got[3].computed, "red").1, "1");
    assert!((value(&got[4].computed, "area").0 - std::f64::consts::PI).abs() < 1e-9);
    assert!(
        got[4].computed.statistics.is_empty(),
        "colours have no statistics"
    );
}

/// One mark of each kind on slice 2 of the volume and on the second frame of the run.
fn marks() -> Vec<Measurement> {
    let points = [[3.5, 4.0], [20.25, 4.5], [11.0, 0.515_625], [12.0, 9.0]];
    let mut all = vec![];
    for (at, tool) in TOOLS.iter().enumerate() {
        let count = if tool.handles.1 > 4 {
            4
        } else {
            tool.handles.0
        };
        let points = if tool.name == "polygon" || tool.name == "freehand" {
            vec![[3.0, 3.0], [20.5, 4.0], [21.0, 19.0], [4.25, 12.0]]
        } else {
            points[..count].to_vec()
        };
        let (sop, frame) = if at % 2 == 0 {
            ("2.25.501", 1)
        } else {
            ("2.25.600", 2)
        };
        all.push(Measurement {
            uid: format!("2.25.9{at}"),
            sop_uid: sop.to_owned(),
            frame,
            mark: Mark {
                kind: tool.name.to_owned(),
                points,
                text: format!("{} ä 肝", tool.name),
            },
            computed: compute(sop, tool.name),
            plane: None,
        });
    }
    all
}

fn compute(_: &str, _: &str) -> Computed {
    Computed {
        values: vec![],
        origin: negatoscope::measure::Origin {
            from: "imager".into(),
            factor: 1.0,
            label: "at detector".into(),
        },
        statistics: vec![],
        notes: vec![],
    }
}

/// As the command line measures it, so that files hold real values.
fn with_values(name: &str) -> Vec<Measurement> {
    let folder = Folder::new(name);
    let files = [
        (
            "2.25.501",
            make::native(slice(1), pixels(1)).file(make::EXPLICIT),
        ),
        ("2.25.600", run()),
    ];
    marks()
        .into_iter()
        .map(|mut one| {
            let file = &files.iter().find(|(uid, _)| *uid == one.sop_uid).unwrap().1;
            let points: Vec<String> = one
                .mark
                .points
                .iter()
                .map(|[x, y]| format!("{x},{y}"))
                .collect();
            let mark = format!("{}:{}", one.mark.kind, points.join(";"));
            let frame = one.frame.to_string();
            one.computed = measured(&folder, file, &[&mark], &["--frame", &frame])
                .remove(0)
                .computed;
            one
        })
        .collect()
}

fn files() -> Vec<Vec<u8>> {
    let mut files = volume();
    files.push(run());
    files
}

#[test]
fn reports_and_states_read_back_as_what_they_were() {
    let all = catalogue(files());
    let measurements = with_values("measure-back");
    let sources = Measures {
        catalogue: &all,
        measurements: &measurements,
        stamp: &STAMP,
    };
    for form in ["sr", "sr3d", "gsps"] {
        let written = measures::by_name(form).unwrap().write(&sources).unwrap();
        // The slices have a rescale and the run has none: two gradings.
        assert_eq!(written.len(), if form == "gsps" { 2 } else { 1 }, "{form}");
        let mut together = files();
        together.extend(written);
        let there = catalogue(together);
        let (found, left_out) = read::all(&there);
        assert_eq!(left_out, [], "{form}");
        assert_eq!(found.len(), measurements.len(), "{form}");
        for want in &measurements {
            let got = found
                .iter()
                .find(|f| f.measurement.uid == want.uid)
                .unwrap_or_else(|| panic!("{form} {}", want.mark.kind));
            assert!(got.own);
            let got = &got.measurement;
            let mut mark = want.mark.clone();
            if mark.kind == "ellipse" {
                // Its longer axis stands first.
                mark.points = got.mark.points.clone();
            }
            assert_eq!(
                (&got.mark, &got.sop_uid, got.frame),
                (&mark, &want.sop_uid, want.frame),
                "{form}"
            );
            if form == "gsps" {
                continue;
            }
            assert_eq!(
                got.computed.values, want.computed.values,
                "{form} {}",
                mark.kind
            );
            if !want.computed.values.is_empty() {
                assert_eq!(got.computed.origin, want.computed.origin);
            }
            for (got, want) in got
                .computed
                .statistics
                .iter()
                .zip(&want.computed.statistics)
            {
                let part = |s: &negatoscope::measure::statistics::Statistics| {
                    (s.count, s.excluded, s.mean, s.unit.clone())
                };
                assert_eq!(part(got), part(want));
                if want.count > 1 {
                    assert_eq!(
                        (got.sd, got.min, got.max, got.median),
                        (want.sd, want.min, want.max, want.median)
                    );
                }
            }
            assert_eq!(
                got.computed.statistics.len(),
                want.computed.statistics.len()
            );
        }
    }
    // A report and a state of the same marks: each once, with the report's values.
    let mut together = files();
    for form in ["gsps", "sr"] {
        together.extend(measures::by_name(form).unwrap().write(&sources).unwrap());
    }
    let (found, _) = read::all(&catalogue(together));
    assert_eq!(found.len(), measurements.len());
    assert!(
        found
            .iter()
            .any(|f| !f.measurement.computed.values.is_empty())
    );
}

#[test]
fn what_is_not_open_is_named() {
    let all = catalogue(files());
    let measurements = marks();
    let sources = Measures {
        catalogue: &all,
        measurements: &measurements,
        stamp: &STAMP,
    };
    let report = measures::by_name("sr").unwrap().write(&sources).unwrap();
    let mut together = volume();
    together.extend(report);
    let (found, left_out) = read::all(&catalogue(together));
    assert_eq!(found.len() + left_out.len(), measurements.len());
    assert_eq!(
        left_out.len(),
        measurements
            .iter()
            .filter(|m| m.sop_uid == "2.25.600")
            .count()
    );
    assert!(
        left_out
            .iter()
            .all(|(_, why)| why.code.id == "PIX-405" && !why.detail.contains('肝')),
        "{left_out:?}"
    );
    let lost = [Measurement {
        sop_uid: "2.25.12345".into(),
        ..measurements[0].clone()
    }];
    for form in FORMS.iter().filter(|f| !matches!(f.name, "csv" | "json")) {
        let error = form
            .write(&Measures {
                measurements: &lost,
                ..sources
            })
            .unwrap_err();
        assert_eq!(error.code().id, "PIX-404");
        let error = form
            .write(&Measures {
                measurements: &[],
                ..sources
            })
            .unwrap_err();
        assert_eq!(error.code().id, "IO-304");
    }
}

/// Without a spacing in the patient no place in the patient is made up: coordinates stay the image's.
#[test]
fn no_place_without_a_spacing() {
    let has = |spacing: bool| {
        let folder = Folder::new(&format!("measure-place-{spacing}"));
        let mut data = slice(1);
        if !spacing {
            data.without((0x28, 0x30));
        }
        let image = folder.file(
            "one.dcm",
            &make::native(data, pixels(1)).file(make::EXPLICIT),
        );
        let mark = "length:10,10;22,18";
        let output = door::run(&[
            &"measure", &image, &mark, &"--save", &"sr3d", &"--out", &folder.0,
        ]);
        assert!(output.status.success(), "{}", door::said(&output));
        let report = fs::read_dir(&folder.0)
            .unwrap()
            .flatten()
            .map(|one| one.path());
        let report = report.into_iter().find(|path| *path != image).unwrap();
        let bytes = fs::read(report).unwrap();
        let with = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
        assert!(with(b"SCOORD"));
        with(b"SCOORD3D")
    };
    assert!(has(true));
    assert!(!has(false));
}

#[test]
fn the_command_line_saves_and_reads() {
    let folder = Folder::new("measure-save");
    let image = folder.file(
        "one.dcm",
        &make::native(slice(1), pixels(1)).file(make::EXPLICIT),
    );
    let output = door::run(&[
        &"measure",
        &image,
        &"length:10,10;22,18=long",
        &"rectangle:2,3;12,8",
        &"--save",
        &"sr,gsps,csv",
        &"--out",
        &folder.0,
    ]);
    assert!(output.status.success(), "{}", door::said(&output));
    let table = fs::read_to_string(folder.0.join("one.measures.csv")).unwrap();
    assert!(
        table.contains("length,long,length,8.48528137423857,mm,pixel-spacing"),
        "{table}"
    );
    let output = door::run(&[&"measurements", &folder.0, &"--json"]);
    let document = door::document(&output);
    let found = document["measurements"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["measurement"]["mark"]["text"], "long");
    let colour = folder.file("us.dcm", &ultrasound());
    let output = door::run(&[
        &"measure",
        &colour,
        &"length:10,10;20,10",
        &"--save",
        &"gsps,sr",
        &"--out",
        &folder.0,
    ]);
    assert!(output.status.success(), "{}", door::said(&output));
    let output = door::run(&[&"measurements", &folder.0, &"--json"]);
    assert_eq!(
        door::document(&output)["measurements"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn real_world_values_have_statistics_of_their_own() {
    let folder = Folder::new("measure-map");
    let mut unit = DataSet::default();
    unit.text((8, 0x100), b"SH", "um2/s")
        .text((8, 0x102), b"SH", "UCUM")
        .text((8, 0x104), b"LO", "square micrometre per second");
    let mut map = DataSet::default();
    map.text((0x40, 0x9210), b"SH", "ADC")
        .us_at((0x40, 0x9216), 1000)
        .us_at((0x40, 0x9211), 1040)
        .put((0x40, 0x9225), b"FD", fd(2.0))
        .put((0x40, 0x9224), b"FD", fd(5.0))
        .put((0x40, 0x8EA), b"SQ", Value::Items(vec![unit]));
    let mut data = slice(1);
    data.put((0x40, 0x9096), b"SQ", Value::Items(vec![map]));
    let got = measured(
        &folder,
        &make::native(data, pixels(1)).file(make::EXPLICIT),
        &["rectangle:0,0;50,2"],
        &[],
    );
    let [values, adc] = got[0].computed.statistics.as_slice() else {
        panic!("{got:?}")
    };
    assert_eq!(
        (values.count, values.excluded, values.unit.as_str()),
        (100, 0, "HU")
    );
    // The map reaches from 1000 to 1040: 41 columns of the first row, 31 of the second.
    assert_eq!(
        (
            adc.quantity.as_str(),
            adc.unit.as_str(),
            adc.count,
            adc.excluded
        ),
        ("ADC", "um2/s", 72, 28)
    );
    assert_eq!((adc.min, adc.max), (2005.0, 2085.0));
}

/// Written by highdicom (scripts/oracles/measures_files.py --foreign): nothing of ours is in it.
#[test]
fn reports_of_others_are_shown_as_far_as_they_say() {
    let mut files = volume();
    files.push(include_bytes!("data/foreign_report.dcm").to_vec());
    let (found, left_out) = read::all(&catalogue(files));
    assert_eq!(left_out, []);
    let [circle, outline, point] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(
        found
            .iter()
            .all(|f| !f.own && f.measurement.sop_uid == "2.25.501")
    );
    let kinds = found.iter().map(|f| f.measurement.mark.kind.as_str());
    assert_eq!(kinds.collect::<Vec<_>>(), ["ellipse", "polygon", "probe"]);
    // Their corner of the first pixel is our half a pixel before its centre.
    assert_eq!(circle.measurement.mark.points[0], [14.5, 9.5]);
    assert_eq!(
        outline.measurement.mark.points,
        [[4.5, 4.5], [19.5, 4.5], [11.5, 19.5]]
    );
    assert_eq!(point.measurement.mark.points, [[7.0, 5.0]]);
    assert_eq!(
        value(&circle.measurement.computed, "area"),
        (29.5, "mm2".to_owned())
    );
    // A mean alone is a number; no deviation is made up beside it.
    assert_eq!(
        value(&point.measurement.computed, "mean"),
        (12.0, "HU".to_owned())
    );
    assert!(
        found
            .iter()
            .all(|f| f.measurement.computed.statistics.is_empty())
    );
    assert_eq!(circle.measurement.computed.origin.from, "report");
}

#[test]
fn damaged_reports_do_no_harm() {
    let all = catalogue(files());
    let measurements = with_values("measure-damaged");
    let sources = Measures {
        catalogue: &all,
        measurements: &measurements,
        stamp: &STAMP,
    };
    let mut random = 12_345_u32;
    let mut next = |below: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % below
    };
    let mut read_some = 0;
    for form in ["sr", "sr3d", "gsps"] {
        let file = measures::by_name(form)
            .unwrap()
            .write(&sources)
            .unwrap()
            .remove(0);
        for _ in 0..60 {
            let mut bad = file.clone();
            for _ in 0..=next(12) {
                let at = next(bad.len());
                bad[at] = next(256) as u8;
            }
            if next(4) == 0 {
                bad.truncate(next(file.len()));
            }
            let mut there = Catalogue::default();
            for bytes in files().into_iter().chain([bad]) {
                let source = Rc::new(MemorySource::new("made", bytes));
                there.add(&(source as _), &Limits::default());
            }
            there.arrange();
            let (found, _) = read::all(&there);
            read_some += found.len();
            for one in found {
                assert!(one.measurement.mark.checked().is_ok());
            }
        }
    }
    assert!(
        read_some > 100,
        "most of them are read all the same: {read_some}"
    );
}

/// The page has the same tools; `www/shared/generated/measure-tools.ts` is the table. `UPDATE=1 cargo test --test measure` writes it anew.
#[test]
fn the_page_has_the_same_tools() {
    let mut text = String::from(
        "// Made from src/measure/tools; do not edit. UPDATE=1 cargo test --test measure\n\n\
         /** Every tool: its handles at least and at most. */\n\
         export const measureTools = [\n",
    );
    for tool in TOOLS {
        writeln!(
            text,
            "  {{ name: '{}', least: {}, most: {} }},",
            tool.name, tool.handles.0, tool.handles.1
        )
        .unwrap();
    }
    writeln!(text, "] as const;\n\n/** Points of an outline at most. */\nexport const mostPoints = {MOST_POINTS};").unwrap();
    let file = "www/shared/generated/measure-tools.ts";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "{file} is out of date: UPDATE=1 cargo test --test measure"
    );
}

/// A plane that no image has: coronal, turned a little, between the slices.
fn coronal() -> OnPlane {
    let (sin, cos) = 0.2_f64.sin_cos();
    OnPlane {
        base: "coronal".into(),
        position_mm: [-3.25, 7.1, 40.3],
        row: [cos, sin, 0.0],
        column: [0.0, 0.0, -1.0],
        spacing_mm: [0.75, 0.75],
        size: [30, 40],
        slab: "mip".into(),
        thickness_mm: 4.0,
    }
}

/// One mark of each kind on that plane.
fn on_plane() -> Vec<Measurement> {
    let values = (0..30 * 40).map(|at| (at % 40) as f32).collect();
    let frame = Frame::Grey(Grey {
        columns: 40,
        rows: 30,
        values,
    });
    let one = |mut one: Measurement| {
        (one.sop_uid, one.frame) = ("2.25.501".into(), 1);
        one.computed = take::compute_on_plane(&one.mark, &coronal(), &frame, "HU").unwrap();
        one.plane = Some(coronal());
        one
    };
    marks().into_iter().map(one).collect()
}

#[test]
fn marks_on_planes_are_saved_in_the_patient_and_come_back() {
    let all = catalogue(volume());
    let measurements = on_plane();
    let length = &measurements[0].computed;
    assert_eq!(length.origin.from, "reformatted");
    let want = 0.75 * (16.75_f64.powi(2) + 0.25).sqrt();
    assert!((length.values[0].value - want).abs() < 1e-9);
    let region = measurements.iter().find(|m| m.mark.kind == "ellipse");
    assert!(
        region
            .unwrap()
            .computed
            .notes
            .contains(&"resampled".to_owned())
    );
    let sources = Measures {
        catalogue: &all,
        measurements: &measurements,
        stamp: &STAMP,
    };
    for form in ["sr", "sr3d"] {
        let written = measures::by_name(form).unwrap().write(&sources).unwrap();
        // No coordinate claims to be one of an image.
        let has = |word: &[u8]| written[0].windows(word.len()).any(|w| w == word);
        let count = |word: &[u8]| {
            written[0]
                .windows(word.len())
                .filter(|w| *w == word)
                .count()
        };
        assert!(count(b"SCOORD3D") > 5, "{form}");
        assert_eq!(count(b"SCOORD3D"), count(b"SCOORD"), "{form}");
        for k in 0..3 {
            assert!(has(format!("2.25.50{k}").as_bytes()), "its volume is named");
        }
        let mut together = volume();
        together.extend(written.iter().cloned());
        let (found, left_out) = read::all(&catalogue(together));
        assert_eq!(left_out, [], "{form}");
        assert_eq!(found.len(), measurements.len());
        for want in &measurements {
            let got = found.iter().find(|f| f.measurement.uid == want.uid);
            let got = &got.unwrap().measurement;
            let mut mark = want.mark.clone();
            if mark.kind == "ellipse" {
                mark.points = got.mark.points.clone();
            }
            assert_eq!((&got.mark, &got.plane), (&mark, &want.plane), "{form}");
            assert_eq!(got.computed.values, want.computed.values, "{}", mark.kind);
        }
        // Without the volume they are named, and laid on no image.
        let mut alone = vec![run()];
        alone.extend(written);
        let (found, left_out) = read::all(&catalogue(alone));
        assert_eq!((found.len(), left_out.len()), (0, measurements.len()));
    }
    // A presentation state is about images: it holds those only, and is refused where there are none.
    let gsps = measures::by_name("gsps").unwrap();
    assert_eq!(gsps.write(&sources).unwrap_err().code().id, "IO-304");
    let mut mixed = with_values("measure-mixed");
    let on_images = mixed.len();
    mixed.extend(on_plane().into_iter().map(|one| Measurement {
        uid: format!("{}9", one.uid),
        ..one
    }));
    let (all, mut together) = (catalogue(files()), files());
    let sources = Measures {
        catalogue: &all,
        measurements: &mixed,
        stamp: &STAMP,
    };
    together.extend(gsps.write(&sources).unwrap());
    assert_eq!(read::all(&catalogue(together)).0.len(), on_images);
    // A plane that is none is no place.
    let wrong = [Measurement {
        plane: Some(OnPlane {
            row: [2.0, 0.0, 0.0],
            ..coronal()
        }),
        ..measurements[0].clone()
    }];
    let error = measures::by_name("sr").unwrap().write(&Measures {
        measurements: &wrong,
        ..sources
    });
    assert_eq!(error.unwrap_err().code().id, "PIX-403");
}
