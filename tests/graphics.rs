//! Overlay planes and shutters of a file: which pixels they draw on or hide, from made files and from the corpus (pydicom's bits).
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::make::{BIG, DataSet, EXPLICIT, Value, native, picture};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    cli::source,
    dicom::Instance,
    render::{Interpolation, Scene, View, cpu},
    study::planes,
    tone::{Frame, Grey, PADDING, grading::Grading, presentation, shutter::Shutter},
};

fn read(data: &DataSet, syntax: &str) -> Instance {
    let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("made", data.file(syntax)));
    Instance::read(&source, &Limits::default()).unwrap()
}

fn us(values: &[u16]) -> Value {
    Value::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

/// A plane's description: rows, columns, origin.
fn plane(data: &mut DataSet, group: u16, size: [u16; 2], origin: [u16; 2]) {
    data.put((group, 0x10), b"US", us(&size[..1]))
        .put((group, 0x11), b"US", us(&size[1..]))
        .text((group, 0x40), b"CS", "G")
        .put((group, 0x50), b"SS", us(&origin))
        .put((group, 0x100), b"US", us(&[1]))
        .put((group, 0x102), b"US", us(&[0]));
}

fn drawn(instance: &Instance, frame: u32) -> (Option<Vec<u8>>, Vec<&'static str>) {
    let (painted, repairs) = planes::of(instance, frame, &Limits::default());
    (painted, repairs.iter().map(|r| r.code.id).collect())
}

#[test]
fn planes_lie_where_their_origin_says() {
    for syntax in [EXPLICIT, BIG] {
        let mut data = picture(3, 4, 1, 8, "MONOCHROME2");
        plane(&mut data, 0x6000, [2, 3], [2, 2]);
        // Rows 101, 010: the lowest bit first.
        data.put((0x6000, 0x3000), b"OW", Value::Bytes(vec![0b0001_0101, 0]));
        plane(&mut data, 0x6002, [3, 4], [1, 1]);
        data.put((0x6002, 0x3000), b"OW", Value::Bytes(vec![0b0000_0001, 0]));
        let data = native(data, vec![0; 12]);
        let (painted, repairs) = drawn(&read(&data, syntax), 0);
        let expected = [2, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0];
        assert_eq!(painted.unwrap(), expected, "{syntax}");
        assert!(repairs.is_empty());
    }
}

#[test]
fn planes_of_several_frames_and_short_ones() {
    let mut data = picture(1, 8, 1, 8, "MONOCHROME2");
    data.text((0x28, 8), b"IS", "3");
    plane(&mut data, 0x6000, [1, 8], [1, 1]);
    data.text((0x6000, 0x15), b"IS", "2")
        .put((0x6000, 0x51), b"US", us(&[2]))
        .put((0x6000, 0x3000), b"OW", Value::Bytes(vec![0x01, 0x80]));
    let data = native(data, vec![0; 24]);
    let instance = read(&data, EXPLICIT);
    assert_eq!(drawn(&instance, 0), (None, vec![]));
    assert_eq!(drawn(&instance, 1).0.unwrap(), [1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(drawn(&instance, 2).0.unwrap(), [0, 0, 0, 0, 0, 0, 0, 1]);
    let mut short = data.clone();
    plane(&mut short, 0x6002, [100, 100], [1, 1]);
    short.put((0x6002, 0x3000), b"OW", Value::Bytes(vec![0, 0]));
    assert_eq!(drawn(&read(&short, EXPLICIT), 0).1, ["PIX-122"]);
    short.without((0x6002, 0x3000));
    assert_eq!(drawn(&read(&short, EXPLICIT), 0).1, ["PIX-123"]);
}

#[test]
fn planes_in_unused_bits_of_the_pixels() {
    for syntax in [EXPLICIT, BIG] {
        let mut data = picture(1, 3, 1, 16, "MONOCHROME2");
        data.us(0x101, 12).us(0x102, 11);
        plane(&mut data, 0x6000, [1, 3], [1, 1]);
        data.put((0x6000, 0x100), b"US", us(&[16]))
            .put((0x6000, 0x102), b"US", us(&[13]));
        let data = native(
            data,
            [0x2005_u16, 0x0FFF, 0x2000]
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect(),
        );
        let instance = read(&data, syntax);
        assert_eq!(drawn(&instance, 0).0.unwrap(), [1, 0, 1], "{syntax}");
    }
}

#[test]
fn outside_of_the_shutter_there_is_no_value() {
    let mut data = picture(4, 4, 1, 8, "MONOCHROME2");
    data.text((0x18, 0x1600), b"CS", "RECTANGULAR\\CIRCULAR")
        .text((0x18, 0x1602), b"IS", "2")
        .text((0x18, 0x1604), b"IS", "4")
        .text((0x18, 0x1606), b"IS", "1")
        .text((0x18, 0x1608), b"IS", "3")
        .text((0x18, 0x1610), b"IS", "2\\3")
        .text((0x18, 0x1612), b"IS", "1");
    let data = native(data, vec![0; 16]);
    let shutter = Shutter::of(&read(&data, EXPLICIT), 0).unwrap();
    let mut frame = Frame::Grey(Grey {
        columns: 4,
        rows: 4,
        values: (0..16).map(|v| v as f32).collect(),
    });
    shutter.close(&mut frame);
    let Frame::Grey(grey) = frame else {
        panic!("grey stays grey")
    };
    let left: Vec<usize> = (0..16).filter(|&i| grey.values[i] != PADDING).collect();
    assert_eq!(left, [2, 5, 6, 7, 10]);
    assert!(
        Shutter::of(
            &read(
                &native(picture(4, 4, 1, 8, "MONOCHROME2"), vec![0; 16]),
                EXPLICIT
            ),
            0
        )
        .is_none()
    );
}

/// A state about the image 2.25.1 of `picture`, without anything that it would change.
fn state() -> DataSet {
    let mut image = DataSet::default();
    image.text((8, 0x1155), b"UI", "2.25.1");
    let mut series = DataSet::default();
    series.put((8, 0x1140), b"SQ", Value::Items(vec![image]));
    let mut state = DataSet::default();
    state
        .text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.11.1")
        .text((8, 0x18), b"UI", "2.25.9")
        .put((8, 0x1115), b"SQ", Value::Items(vec![series]))
        .text((0x70, 0x80), b"CS", "TEST")
        .text((0x2050, 0x20), b"CS", "IDENTITY");
    state
}

fn fl(values: &[f32]) -> Value {
    Value::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn sl(values: &[i32]) -> Value {
    Value::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

/// Red of a painting by a state, one canvas pixel for each image pixel shown.
fn painted(state: &DataSet, image: &DataSet, canvas: (u32, u32)) -> Vec<u8> {
    let (image, state) = (read(image, EXPLICIT), read(state, EXPLICIT));
    let limits = Limits::default();
    let decoded = negatoscope::study::pixels::decode(&image, 0, &limits).unwrap();
    let (grading, _) = Grading::of(&image, 0);
    let (state, repairs) = presentation::of(&state, &image, 0).unwrap();
    assert!(repairs.is_empty());
    let grading = state.regrade(&grading);
    let frame = grading.apply(&decoded).unwrap();
    let size = frame.size();
    let plain = View::fit(size, canvas, 1.0, 0);
    let scene = Scene {
        view: plain.over(
            (state.quarter_turns, state.flip, state.area),
            size,
            canvas,
            1.0,
        ),
        voi: grading.default_voi(&frame),
        frame: Rc::new(frame),
        invert: grading.invert,
        colours: None,
        interpolation: Interpolation::Nearest,
        labels: None,
        heatmap: None,
        marks: None,
    };
    let rgba = cpu::paint(&scene, canvas.0, canvas.1);
    rgba.chunks_exact(4).map(|p| p[0]).collect()
}

#[test]
fn states_turn_then_mirror_window_and_invert() {
    // 2 rows of 3, MONOCHROME1 with a window of its own: a state leaves neither.
    let mut image = picture(2, 3, 1, 8, "MONOCHROME1");
    image
        .text((0x28, 0x1050), b"DS", "1")
        .text((0x28, 0x1051), b"DS", "1");
    let image = native(image, vec![0, 10, 20, 30, 40, 50]);
    let plain = painted(&state(), &image, (3, 2));
    assert_eq!(plain, [0, 10, 20, 30, 40, 50], "identity");

    let mut turned = state();
    turned.us_at((0x70, 0x42), 90);
    let clockwise = painted(&turned, &image, (2, 3));
    assert_eq!(clockwise, [30, 0, 40, 10, 50, 20]);
    turned.text((0x70, 0x41), b"CS", "Y");
    let both = painted(&turned, &image, (2, 3));
    assert_eq!(both, [0, 30, 10, 40, 20, 50], "then mirrored");
    turned.us_at((0x70, 0x42), 0);
    let mirrored = painted(&turned, &image, (3, 2));
    assert_eq!(mirrored, [20, 10, 0, 50, 40, 30]);

    let mut shown = state();
    shown.text((0x2050, 0x20), b"CS", "INVERSE");
    let mut voi = DataSet::default();
    voi.text((0x28, 0x1050), b"DS", "25.5")
        .text((0x28, 0x1051), b"DS", "51");
    shown.put((0x28, 0x3110), b"SQ", Value::Items(vec![voi]));
    let found = painted(&shown, &image, (3, 2));
    assert_eq!(found, [255, 204, 153, 102, 51, 0], "window and polarity");
}

#[test]
fn states_show_an_area_and_draw() {
    let mut area = DataSet::default();
    area.put((0x70, 0x52), b"SL", sl(&[2, 1]))
        .put((0x70, 0x53), b"SL", sl(&[3, 2]))
        .text((0x70, 0x100), b"CS", "SCALE TO FIT");
    let mut graphic = DataSet::default();
    graphic
        .text((0x70, 5), b"CS", "PIXEL")
        .us_at((0x70, 0x20), 2)
        .us_at((0x70, 0x21), 2)
        .put((0x70, 0x22), b"FL", fl(&[0.0, 0.0, 1.5, 2.0]))
        .text((0x70, 0x23), b"CS", "POLYLINE")
        .text((0x70, 0x24), b"CS", "N");
    let mut text = DataSet::default();
    text.text((0x70, 3), b"CS", "DISPLAY")
        .text((0x70, 6), b"ST", "Befund")
        .put((0x70, 0x10), b"FL", fl(&[0.5, 0.5]));
    let mut layer = DataSet::default();
    layer
        .text((0x70, 2), b"CS", "L1")
        .put((0x70, 8), b"SQ", Value::Items(vec![text]))
        .put((0x70, 9), b"SQ", Value::Items(vec![graphic]));
    let mut state = state();
    state
        .put((0x70, 0x5A), b"SQ", Value::Items(vec![area]))
        .put((0x70, 1), b"SQ", Value::Items(vec![layer]));
    let image = native(
        picture(2, 3, 1, 8, "MONOCHROME2"),
        vec![0, 10, 20, 30, 40, 50],
    );
    assert_eq!(painted(&state, &image, (2, 2)), [10, 20, 40, 50]);
    assert_eq!(painted(&state, &image, (4, 2))[..4], [0, 10, 20, 0]);
    let (own, _) = presentation::of(&read(&state, EXPLICIT), &read(&image, EXPLICIT), 0).unwrap();
    let drawn = own.drawings_on((3, 2));
    // The outer corner of the first pixel is 0, 0; 0.5 of the area is its middle.
    assert_eq!(drawn[0].points, [[-0.5, -0.5], [1.0, 1.5]]);
    assert_eq!(
        (drawn[1].text.as_str(), drawn[1].points[0]),
        ("Befund", [1.5, 0.5])
    );
    let mut other = image.clone();
    other.text((8, 0x18), b"UI", "2.25.77");
    assert!(presentation::of(&read(&state, EXPLICIT), &read(&other, EXPLICIT), 0).is_none());
}

/// Drawn pixels and a sum of their places, from `pydicom.Dataset.overlay_array`.
#[test]
fn planes_of_the_corpus() {
    let expected = [
        (
            "fetched/pydicom/test_files/examples_overlay.dcm",
            PYDICOM[0],
        ),
        (
            "fetched/pydicom-data/MR-SIEMENS-DICOM-WithOverlays.dcm",
            PYDICOM[1],
        ),
    ];
    let mut there = 0;
    for (file, (count, places)) in expected {
        let Some(path) = common::corpus_file(file) else {
            continue;
        };
        there += 1;
        let limits = Limits::default();
        let instance = Instance::read(&source::open(&path, &limits).unwrap(), &limits).unwrap();
        let (painted, repairs) = drawn(&instance, 0);
        assert!(repairs.is_empty(), "{file}: {repairs:?}");
        let painted = painted.unwrap();
        let marks = painted.iter().enumerate().filter(|(_, v)| **v != 0);
        let (n, sum) = marks.fold((0, 0), |(n, sum), (at, _)| (n + 1, sum + at));
        assert_eq!((n, sum), (count, places), "{file}");
    }
    println!("planes: {there} of {} files of the corpus", expected.len());
}

const PYDICOM: [(usize, usize); 2] = [(222, 18_442_533), (323, 49_430_995)];
