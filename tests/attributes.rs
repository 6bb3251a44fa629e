//! Attributes that are missing, unreadable or too many, on files made here: each is said, and none passes for something else.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a helper of a test fails the test, and needs a clock to see what hangs"
)]

mod common;

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use common::{
    door::{self, Folder},
    make::{self, DataSet, EXPLICIT, RLE, Value, native, picture},
};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource, Repair},
    dicom::Instance,
    study::{Catalogue, pixels},
    tone::{grading::Grading, modality::Modality},
};

const CENTER: (u16, u16) = (0x28, 0x1050);
const WIDTH: (u16, u16) = (0x28, 0x1051);
const INTERCEPT: (u16, u16) = (0x28, 0x1052);
const SLOPE: (u16, u16) = (0x28, 0x1053);

fn source(name: &str, bytes: Vec<u8>) -> Rc<dyn ByteSource> {
    Rc::new(MemorySource::new(name, bytes))
}

fn read(data: &DataSet) -> Instance {
    Instance::read(&source("made", data.file(EXPLICIT)), &Limits::default()).unwrap()
}

fn said(repairs: &[Repair]) -> Vec<(&'static str, &str)> {
    repairs
        .iter()
        .map(|r| (r.code.id, r.detail.as_str()))
        .collect()
}

fn changed(change: impl FnOnce(&mut DataSet)) -> DataSet {
    let mut data = picture(2, 2, 1, 16, "MONOCHROME2");
    change(&mut data);
    native(data, vec![0; 8])
}

fn us(values: &[u16]) -> Value {
    Value::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn arranged(data: &DataSet, strict: bool) -> Catalogue {
    let limits = Limits {
        strict,
        ..Limits::default()
    };
    let mut catalogue = Catalogue::default();
    catalogue.add(&source("made", data.file(EXPLICIT)), &limits);
    catalogue.arrange();
    catalogue
}

#[test]
fn a_rescale_that_is_no_number_leaves_values_without_a_unit() {
    let ct = |slope: &str, intercept: &str| {
        let data = changed(|data| {
            data.text((8, 0x60), b"CS", "CT")
                .text(SLOPE, b"DS", slope)
                .text(INTERCEPT, b"DS", intercept);
        });
        let (grading, repairs) = Grading::of(&read(&data), 0);
        let ids: Vec<_> = repairs.iter().map(|r| r.code.id).collect();
        let Modality::Rescale { slope, intercept } = grading.modality else {
            panic!("a rescale was expected")
        };
        (grading.unit, (slope, intercept), ids)
    };
    let unit = |text: &str| Some(text.to_owned());
    assert_eq!(ct("2", "-1024"), (unit("HU"), (2.0, -1024.0), vec![]));
    // Empty is absent.
    assert_eq!(ct("", "-1024"), (unit("HU"), (1.0, -1024.0), vec![]));
    for slope in ["0,5", "garbage", "NaN"] {
        let found = ct(slope, "-1024");
        assert_eq!(found, (None, (1.0, -1024.0), vec!["PIX-317"]), "{slope}");
    }
    assert_eq!(ct("2", "1o"), (None, (2.0, 0.0), vec!["PIX-317"]));
    assert_eq!(ct("0", "5"), (None, (1.0, 5.0), vec!["PIX-304"]));
}

#[test]
fn one_bad_window_leaves_the_others() {
    let data = changed(|data| {
        data.text(CENTER, b"DS", "40\\x\\\\-600")
            .text(WIDTH, b"DS", "400\\1\\2\\1500");
    });
    let (grading, repairs) = Grading::of(&read(&data), 0);
    let names: Vec<_> = grading.choices.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(names, ["40 / 400", "-600 / 1500"]);
    assert_eq!(
        said(&repairs),
        [("PIX-318", "pair 2"), ("PIX-318", "pair 3")]
    );
}

#[test]
fn tables_cost_no_more_than_the_file_holds() {
    let table = |count: u16, words: usize| {
        let mut item = DataSet::default();
        item.put((0x28, 0x3002), b"US", us(&[count, 0, 16])).put(
            (0x28, 0x3006),
            b"OW",
            us(&vec![40_000; words]),
        );
        item
    };
    let graded = |items: Vec<DataSet>| {
        let data = changed(|data| {
            data.put((0x28, 0x3010), b"SQ", Value::Items(items));
        });
        Grading::of(&read(&data), 0)
    };
    // A word each that claims 65,536 entries.
    let (grading, repairs) = graded(vec![table(0, 1); 16_000]);
    assert_eq!((grading.choices.len(), grading.bytes()), (0, 0));
    assert_eq!(said(&repairs)[0], ("PIX-319", "16000 VOI LUTs"));
    assert_eq!(said(&repairs)[1], ("PIX-301", "1 of 65536 entries"));
    let (grading, _) = graded(vec![table(0, 60_000); 40]);
    assert_eq!(grading.choices.len(), 32);
    assert!(grading.bytes() > 32 * 65_536 * 4 && grading.bytes() < 33 * 65_536 * 4);
    // Some entries too few are still filled up.
    let (grading, repairs) = graded(vec![table(256, 200)]);
    assert_eq!((grading.choices.len(), said(&repairs)[0].0), (1, "PIX-302"));
}

#[test]
fn what_describes_the_pixels_is_not_guessed_in_silence() {
    let named = [
        ((0x28, 2), "Samples per Pixel"),
        ((0x28, 0x101), "Bits Stored"),
        ((0x28, 0x102), "High Bit"),
        ((0x28, 0x103), "Pixel Representation"),
    ];
    for (tag, name) in named {
        let data = changed(|data| {
            data.without(tag);
        });
        let (_, repairs) = pixels::layout(&read(&data), &Limits::default()).unwrap();
        assert_eq!(said(&repairs), [("PIX-124", name)]);
        let strict = arranged(&data, true);
        assert!(strict.errors[0].1.detail().contains("PIX-124"), "{name}");
        assert_eq!(strict.studies[0].series[0].frame_sets, []);
    }
    let zero = changed(|data| {
        data.us(0x101, 0);
    });
    let (layout, repairs) = pixels::layout(&read(&zero), &Limits::default()).unwrap();
    assert_eq!(layout.bits_stored, 16);
    assert_eq!(said(&repairs), [("PIX-124", "Bits Stored")]);
    // Floating-point pixels have none of them.
    let mut float = picture(2, 2, 1, 32, "MONOCHROME2");
    for tag in [0x100, 0x101, 0x102, 0x103] {
        float.without((0x28, tag));
    }
    float.put((0x7fe0, 8), b"OF", Value::Bytes(vec![0; 16]));
    let (_, repairs) = pixels::layout(&read(&float), &Limits::default()).unwrap();
    assert!(repairs.is_empty(), "{repairs:?}");
}

#[test]
fn directions_that_are_off_are_said_and_make_no_volume() {
    let slices = |orientation: &str, strict: bool| {
        let limits = Limits {
            strict,
            ..Limits::default()
        };
        let mut catalogue = Catalogue::default();
        for n in 0..4 {
            let data = changed(|data| {
                data.text((8, 0x18), b"UI", &format!("2.25.5{n}"))
                    .text((0x28, 0x30), b"DS", "1\\1")
                    .text((0x20, 0x32), b"DS", &format!("0\\0\\{n}"))
                    .text((0x20, 0x37), b"DS", orientation);
            });
            catalogue.add(&source(&n.to_string(), data.file(EXPLICIT)), &limits);
        }
        catalogue.arrange();
        let ids: Vec<_> = catalogue.repairs().iter().map(|(_, r)| r.code.id).collect();
        let sets = &catalogue.studies[0].series[0].frame_sets;
        let volume = sets
            .first()
            .is_some_and(negatoscope::study::FrameSet::is_volume);
        (volume, sets.len(), ids, catalogue.errors.len())
    };
    let good = "0.9998\\0.02\\0\\-0.02\\0.9998\\0";
    assert_eq!(slices(good, true), (true, 1, vec![], 0));
    for wrong in ["1\\0\\0\\0\\1.05\\0", "1\\0\\0\\0.05\\0.99875\\0"] {
        assert_eq!(slices(wrong, false), (false, 1, vec!["PIX-125"; 4], 0));
        assert_eq!(slices(wrong, true), (false, 0, vec![], 4), "strict");
    }
    // Far off there is no plane, and that is said too.
    let (volume, _, ids, _) = slices("1\\0\\0\\0.8\\0.6\\0", false);
    assert_eq!((volume, ids), (false, vec!["PIX-125"; 4]));
}

#[test]
fn regions_and_maps_that_are_left_out_are_said() {
    let mut us = picture(2, 2, 1, 8, "MONOCHROME2");
    let regions = vec![
        make::us_region(1, 1, [0, 0, 1, 1], [3, 3], [0.02, 0.02]),
        make::us_region(1, 1, [1, 1, 0, 0], [3, 3], [0.02, 0.02]),
    ];
    us.text((8, 0x60), b"CS", "US")
        .put((0x18, 0x6011), b"SQ", Value::Items(regions));
    let us = native(us, vec![0; 4]);
    let repairs: Vec<Repair> = (arranged(&us, false).repairs().into_iter())
        .map(|(_, repair)| repair)
        .collect();
    assert_eq!(said(&repairs), [("PIX-126", "1 of 2")]);
    assert_eq!(arranged(&us, true).errors.len(), 1);

    let mut empty = DataSet::default();
    empty.text((0x40, 0x9210), b"SH", "speed");
    let data = changed(|data| {
        data.put((0x40, 0x9096), b"SQ", Value::Items(vec![empty]));
    });
    let (_, repairs) = Grading::of(&read(&data), 0);
    assert_eq!(said(&repairs), [("PIX-323", "1 of 1")]);
}

#[test]
fn a_repair_repeats_no_free_text() {
    let data = changed(|data| {
        data.text((0x28, 4), b"CS", "MONOCHROME1")
            .text((0x2050, 0x20), b"CS", "DOE^JANE");
    });
    let (_, repairs) = Grading::of(&read(&data), 0);
    assert_eq!(said(&repairs), [("PIX-309", "another term")]);
}

#[test]
fn errors_of_arranging_are_listed_once_for_each_file() {
    let mut catalogue = Catalogue::default();
    let data = changed(|data| {
        data.without((0x28, 0x10));
    });
    for name in ["a", "b"] {
        catalogue.add(&source(name, data.file(EXPLICIT)), &Limits::default());
    }
    for _ in 0..3 {
        catalogue.arrange();
        let names: Vec<_> = catalogue
            .errors
            .iter()
            .map(|(n, _)| n.reveal().as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
    }
}

#[test]
fn a_million_frames_share_what_is_said_once() {
    const FRAMES: usize = 100_000;
    let region = make::us_region(1, 1, [0, 0, 1, 1], [3, 3], [0.02, 0.02]);
    let mut data = picture(2, 2, 1, 8, "MONOCHROME2");
    data.text((8, 0x60), b"CS", "US")
        .put((0x18, 0x6011), b"SQ", Value::Items(vec![region; 256]));
    let mut data = make::encapsulated(data, vec![vec![0; FRAMES * 8]]);
    data.text((0x28, 8), b"IS", &FRAMES.to_string());
    let mut catalogue = Catalogue::default();
    catalogue.add(&source("made", data.file(RLE)), &Limits::default());
    let begun = Instant::now();
    catalogue.arrange();
    let took = begun.elapsed();
    assert_eq!(
        catalogue.studies[0].series[0].frame_sets[0].frames.len(),
        FRAMES
    );
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn a_filter_keeps_the_colours_that_no_window_touches_and_says_what_it_leaves_out() {
    let folder = Folder::new("attributes");
    let png = folder.0.join("x.png");
    // Stored 200 and above have colours of their own.
    let mut data = picture(2, 2, 1, 8, "MONOCHROME2");
    data.text((8, 0x9205), b"CS", "COLOR");
    for (n, level) in [(1, 255), (2, 0), (3, 0)] {
        data.put((0x28, 0x1100 + n), b"US", us(&[2, 200, 8])).put(
            (0x28, 0x1200 + n),
            b"OW",
            Value::Bytes(vec![level; 2]),
        );
    }
    let file = folder.file(
        "coloured.dcm",
        &native(data, vec![0, 50, 100, 200]).file(EXPLICIT),
    );
    let run = |file: &std::path::Path| {
        let out = door::run(&[&"filter", &file, &"median", &"--out", &png]);
        assert_eq!(out.status.code(), Some(0), "{}", door::said(&out));
        door::said(&out)
    };
    assert_eq!(run(&file), "");
    let picture = image::open(&png).unwrap().to_rgb8();
    assert_eq!(picture.get_pixel(1, 1).0, [255, 0, 0]);

    let mut mask = DataSet::default();
    mask.text((0x28, 0x6101), b"CS", "AVG_SUB")
        .put((0x28, 0x6110), b"US", us(&[1]));
    let data = changed(|data| {
        data.text((0x28, 0x1090), b"CS", "SUB").put(
            (0x28, 0x6100),
            b"SQ",
            Value::Items(vec![mask]),
        );
    });
    let said = run(&folder.file("run.dcm", &data.file(EXPLICIT)));
    assert!(said.starts_with("remark PIX-325"), "{said}");
}
