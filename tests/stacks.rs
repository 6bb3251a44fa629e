//! Stacks of files made here: multi-frame objects in any order, several of them, and functional groups that are empty or shared.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::make::{DataSet, EXPLICIT, Value, encapsulated, native, picture};
use negatoscope::{
    base::{Limits, MemorySource},
    dicom::Instance,
    study::{Catalogue, FrameSet},
    tone::{grading::Grading, modality::Modality, voi::Voi},
};

const POSITION: (u16, u16) = (0x20, 0x9113);
const DIRECTION: (u16, u16) = (0x20, 0x9116);
const WINDOW: (u16, u16) = (0x28, 0x9132);
const RESCALE: (u16, u16) = (0x28, 0x9145);

fn group(tag: (u16, u16), inner: &[((u16, u16), &str)]) -> DataSet {
    let mut item = DataSet::default();
    for (tag, text) in inner {
        item.text(*tag, b"DS", text);
    }
    let mut group = DataSet::default();
    group.put(tag, b"SQ", Value::Items(vec![item]));
    group
}

/// An enhanced MR image of 2 × 2 pixels; the shared groups, and one group a frame.
fn enhanced(number: u32, shared: &DataSet, each: Vec<DataSet>) -> DataSet {
    let frames = each.len();
    let mut data = picture(2, 2, 1, 16, "MONOCHROME2");
    data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.4.1")
        .text((8, 0x18), b"UI", &format!("2.25.10{number}"))
        .text((8, 0x60), b"CS", "MR")
        .text((0x20, 0x13), b"IS", &number.to_string())
        .text((0x28, 8), b"IS", &frames.to_string())
        .put((0x5200, 0x9229), b"SQ", Value::Items(vec![shared.clone()]))
        .put((0x5200, 0x9230), b"SQ", Value::Items(each));
    native(data, vec![7; frames * 8])
}

fn axial() -> DataSet {
    group(DIRECTION, &[((0x20, 0x37), "1\\0\\0\\0\\1\\0")])
}

fn at(z: f64) -> DataSet {
    group(POSITION, &[((0x20, 0x32), &format!("0\\0\\{z}"))])
}

fn sets(files: &[DataSet]) -> Vec<FrameSet> {
    sets_in(EXPLICIT, files)
}

fn sets_in(syntax: &str, files: &[DataSet]) -> Vec<FrameSet> {
    let mut catalogue = Catalogue::default();
    for (at, data) in files.iter().enumerate() {
        let source = Rc::new(MemorySource::new(format!("{at}"), data.file(syntax)));
        catalogue.add(&(source as _), &Limits::default());
    }
    catalogue.arrange();
    assert!(catalogue.errors.is_empty(), "{:?}", catalogue.errors);
    catalogue.studies[0].series[0].frame_sets.clone()
}

/// (instance, frame) in the order in which they are shown.
fn order(set: &FrameSet) -> Vec<(usize, u32)> {
    set.frames.iter().map(|f| (f.instance, f.frame)).collect()
}

#[test]
fn frames_of_an_enhanced_image_lie_by_their_positions() {
    let stack = |places: &[f64]| {
        let each = places.iter().map(|&z| at(z)).collect();
        let found = sets(&[enhanced(1, &axial(), each)]);
        assert_eq!(found.len(), 1);
        let set = found.into_iter().next().unwrap();
        let z: Vec<f64> = set.planes.iter().map(|p| p.unwrap().position[2]).collect();
        (
            order(&set).into_iter().map(|(_, f)| f).collect::<Vec<_>>(),
            z,
            set,
        )
    };
    let (frames, z, set) = stack(&[1.5, 0.0, 4.5, 3.0, 6.0]);
    assert_eq!(frames, [1, 0, 3, 2, 4]);
    assert_eq!(z, [0.0, 1.5, 3.0, 4.5, 6.0]);
    assert!(set.is_volume() && set.step_mm == Some(1.5));
    // Mostly falling: the first frame stays near the beginning.
    let (frames, z, _) = stack(&[6.0, 4.5, 1.5, 3.0, 0.0]);
    assert_eq!(frames, [0, 1, 3, 2, 4]);
    assert_eq!(z, [6.0, 4.5, 3.0, 1.5, 0.0]);
}

#[test]
fn every_frame_of_every_instance_is_there() {
    let part = |number, places: [f64; 3]| enhanced(number, &axial(), places.map(at).to_vec());
    // Interleaved: one stack of both.
    let files = [part(1, [0.0, 3.0, 6.0]), part(2, [1.5, 4.5, 7.5])];
    let found = sets(&files);
    assert_eq!(found.len(), 1);
    let wanted = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)];
    assert_eq!(order(&found[0]), wanted);
    // Without positions each is a clip of its own, in its own order.
    let clip = |number| enhanced(number, &DataSet::default(), vec![DataSet::default(); 3]);
    let found = sets(&[clip(2), clip(1)]);
    let orders: Vec<_> = found.iter().map(order).collect();
    let whole = |at| vec![(at, 0), (at, 1), (at, 2)];
    assert_eq!(orders, [whole(1), whole(0)], "by Instance Number");
}

fn read(data: &DataSet) -> Instance {
    let source = Rc::new(MemorySource::new("made", data.file(EXPLICIT)));
    Instance::read(&(source as _), &Limits::default()).unwrap()
}

/// (slope, intercept), and the first window of a frame.
fn graded(instance: &Instance, frame: u32) -> ((f64, f64), Option<(f32, f32)>) {
    let (grading, repairs) = Grading::of(instance, frame);
    assert!(repairs.is_empty(), "{repairs:?}");
    let Modality::Rescale { slope, intercept } = grading.modality else {
        panic!("a rescale was expected")
    };
    let window = grading.choices.first().map(|choice| match choice.voi {
        Voi::Window { center, width, .. } => (center, width),
        Voi::Table(_) => panic!("a window was expected"),
    });
    ((slope, intercept), window)
}

#[test]
fn a_frames_own_group_comes_before_the_shared_and_the_shared_before_the_top() {
    let window = |text: &str| {
        let (center, width) = text.split_once(' ').unwrap();
        group(WINDOW, &[((0x28, 0x1050), center), ((0x28, 0x1051), width)])
    };
    let rescale = |slope: &str| group(RESCALE, &[((0x28, 0x1053), slope), ((0x28, 0x1052), "-10")]);
    let mut shared = window("40 400");
    shared.with(&rescale("2"));
    let mut silent = group(WINDOW, &[]);
    silent.with(&group(RESCALE, &[]));
    let mut empty = DataSet::default();
    empty
        .put(WINDOW, b"SQ", Value::Items(vec![]))
        .put(RESCALE, b"SQ", Value::Items(vec![]));
    let mut own = window("50 350");
    own.with(&rescale("3"));
    let mut data = enhanced(1, &shared, vec![own, silent, empty, DataSet::default()]);
    data.text((0x28, 0x1050), b"DS", "1")
        .text((0x28, 0x1051), b"DS", "2")
        .text((0x28, 0x1053), b"DS", "9");
    let instance = read(&data);
    assert_eq!(graded(&instance, 0), ((3.0, -10.0), Some((50.0, 350.0))));
    for frame in 1..4 {
        let what = format!("frame {frame}");
        let found = graded(&instance, frame);
        assert_eq!(found, ((2.0, -10.0), Some((40.0, 400.0))), "{what}");
    }
    // Sequences without an item: what stands at the top holds.
    data.put((0x5200, 0x9229), b"SQ", Value::Items(vec![])).put(
        (0x5200, 0x9230),
        b"SQ",
        Value::Items(vec![]),
    );
    assert_eq!(graded(&read(&data), 3), ((9.0, 0.0), Some((1.0, 2.0))));
}

#[test]
fn a_video_without_a_number_of_frames_has_as_many_as_pictures() {
    let stream = include_bytes!("data/video/avc.h264").to_vec();
    let video = |frames: &str, stream: &[u8]| {
        let data = picture(56, 80, 3, 8, "YBR_PARTIAL_420");
        let mut data = encapsulated(data, vec![stream.to_vec()]);
        data.text((0x28, 8), b"IS", frames);
        let sets = sets_in("1.2.840.10008.1.2.4.102", &[data]);
        sets[0].frames.len()
    };
    for none in ["1", ""] {
        assert_eq!(video(none, &stream), 14, "{none:?}");
    }
    // What is said holds, and what cannot be taken apart is one frame, to be refused when it is shown.
    assert_eq!(video("9", &stream), 9);
    assert_eq!(video("1", &[0xA5; 400]), 1);
}
