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
    study::planes,
    tone::{Frame, Grey, PADDING, shutter::Shutter},
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
