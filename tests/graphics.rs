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
    render::{Interpolation, Scene, Spatial, View, cpu},
    study::planes,
    tone::{
        Frame, Grey, PADDING, grading::Grading, presentation, shutter::Shutter,
        subtraction::Subtraction,
    },
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
    shutter.close(&mut frame, &mut None);
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
    let plain = View::fit(size, canvas, state.aspect.unwrap_or(1.0), 0);
    let own = Spatial {
        quarter_turns: state.quarter_turns,
        flip: state.flip,
        area: state.area,
        magnify: state.magnify,
    };
    let scene = Scene {
        view: plain.over(own, size, canvas, 1.0),
        voi: grading.default_voi(&frame),
        frame: Rc::new(frame),
        invert: grading.invert,
        colours: None,
        fixed: None,
        presentation_lut: None,
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

#[test]
fn states_say_how_large_and_of_which_shape_a_pixel_is() {
    let with = |elements: &[((u16, u16), &[u8; 2], &str)]| {
        let mut area = DataSet::default();
        area.put((0x70, 0x52), b"SL", sl(&[1, 1]))
            .put((0x70, 0x53), b"SL", sl(&[2, 2]));
        for &(tag, vr, text) in elements {
            area.text(tag, vr, text);
        }
        let mut state = state();
        state.put((0x70, 0x5A), b"SQ", Value::Items(vec![area]));
        state
    };
    let image = native(picture(2, 2, 1, 8, "MONOCHROME2"), vec![10, 20, 30, 40]);
    // Pixels twice as high as wide: the area is 2 x 4.
    let tall = with(&[
        ((0x70, 0x100), b"CS", "SCALE TO FIT"),
        ((0x70, 0x102), b"IS", "2\\1"),
    ]);
    let column = [10, 20, 10, 20, 30, 40, 30, 40];
    assert_eq!(painted(&tall, &image, (2, 4)), column);
    // Two device pixels for each of the image, whatever the canvas.
    let mut magnified = DataSet::default();
    magnified
        .put((0x70, 0x52), b"SL", sl(&[1, 1]))
        .put((0x70, 0x53), b"SL", sl(&[2, 2]))
        .text((0x70, 0x100), b"CS", "MAGNIFY")
        .put((0x70, 0x103), b"FL", fl(&[2.0]));
    let mut twice = state();
    twice.put((0x70, 0x5A), b"SQ", Value::Items(vec![magnified]));
    let found = painted(&twice, &image, (6, 6));
    let row = |level: [u8; 2]| [0, level[0], level[0], level[1], level[1], 0];
    let (upper, lower) = (row([10, 20]), row([30, 40]));
    assert_eq!(
        found,
        [row([0; 2]), upper, upper, lower, lower, row([0; 2])].concat()
    );
    // The size of the display's pixels is not known here: that is said.
    let exact = with(&[
        ((0x70, 0x100), b"CS", "TRUE SIZE"),
        ((0x70, 0x101), b"DS", "0.5\\0.5"),
    ]);
    let (own, repairs) =
        presentation::of(&read(&exact, EXPLICIT), &read(&image, EXPLICIT), 0).unwrap();
    assert_eq!(repairs, []);
    let ids: Vec<_> = own.remarks.iter().map(|r| r.code.id).collect();
    assert_eq!(
        (own.magnify, own.aspect, ids),
        (None, Some(1.0), vec!["PIX-316"])
    );
}

#[test]
fn a_state_has_the_unit_and_the_windows_of_its_own() {
    let mut image = picture(1, 2, 1, 16, "MONOCHROME2");
    image
        .text((8, 0x60), b"CS", "CT")
        .text((0x28, 0x1052), b"DS", "-1024")
        .text((0x28, 0x1053), b"DS", "1")
        .text((0x28, 0x1050), b"DS", "40\\-600")
        .text((0x28, 0x1051), b"DS", "400\\1500");
    let image = read(&native(image, vec![0; 4]), EXPLICIT);
    let (grading, _) = Grading::of(&image, 0);
    let graded = |state: &DataSet| {
        let (state, _) = presentation::of(&read(state, EXPLICIT), &image, 0).unwrap();
        let graded = state.regrade(&grading);
        let labels = graded.choices.iter().map(|c| c.label.clone());
        (graded.unit, labels.collect::<Vec<_>>())
    };
    // Without a rescale the values are those that are stored.
    assert_eq!(graded(&state()), (None, vec!["TEST".to_owned()]));
    let mut scaled = state();
    scaled
        .text((0x28, 0x1052), b"DS", "-1000")
        .text((0x28, 0x1053), b"DS", "1")
        .text((0x28, 0x1054), b"LO", "HU");
    let mut voi = DataSet::default();
    voi.text((0x28, 0x1050), b"DS", "50\\300")
        .text((0x28, 0x1051), b"DS", "350\\1500");
    scaled.put((0x28, 0x3110), b"SQ", Value::Items(vec![voi]));
    let both = vec!["50 / 350".to_owned(), "300 / 1500".to_owned()];
    assert_eq!(graded(&scaled), (Some("HU".to_owned()), both));
}

/// An item within an item of a sequence.
fn within(tag: (u16, u16), inner: DataSet) -> DataSet {
    let mut outer = DataSet::default();
    outer.put(tag, b"SQ", Value::Items(vec![inner]));
    outer
}

#[test]
fn enhanced_runs_keep_the_shift_of_the_mask_with_each_frame() {
    let mut mask = DataSet::default();
    mask.text((0x28, 0x6101), b"CS", "AVG_SUB")
        .put((0x28, 0x6110), b"US", us(&[1]))
        .put((0x28, 0x6114), b"FL", fl(&[9.0, 9.0]));
    let frames = [[0.5, -1.0], [0.25, 2.0]].map(|shift| {
        let mut own = DataSet::default();
        own.put((0x28, 0x6114), b"FL", fl(&shift));
        within((0x28, 0x9415), own)
    });
    let mut data = picture(1, 1, 1, 8, "MONOCHROME2");
    data.text((0x28, 8), b"IS", "2")
        .text((0x28, 0x1040), b"CS", "LIN")
        .text((0x28, 0x1090), b"CS", "SUB")
        .put((0x28, 0x6100), b"SQ", Value::Items(vec![mask]))
        .put((0x5200, 0x9230), b"SQ", Value::Items(frames.to_vec()));
    let image = read(&native(data, vec![0; 2]), EXPLICIT);
    let of = |frame| {
        let found = Subtraction::of(&image, frame).unwrap();
        assert_eq!((found.masks, found.contrast), (vec![0], vec![frame]));
        assert!(found.log && found.recommended);
        found.shift
    };
    assert_eq!([of(0), of(1)], [[0.5, -1.0], [0.25, 2.0]]);
}

#[test]
fn a_mask_says_for_which_frames_it_is_and_which_shift_is_its_own() {
    let mask = |operation: &str, range: [u16; 2], numbers: &[u16], id: u16| {
        let mut item = DataSet::default();
        item.text((0x28, 0x6101), b"CS", operation)
            .put((0x28, 0x6102), b"US", us(&range))
            .put((0x28, 0x6110), b"US", us(numbers))
            .put((0x28, 0x9416), b"US", us(&[id]));
        item
    };
    let shift = |id: u16, rows: f32| {
        let mut item = DataSet::default();
        item.put((0x28, 0x6114), b"FL", fl(&[rows, 0.0]))
            .put((0x28, 0x9416), b"US", us(&[id]));
        item
    };
    let run = |masks: Vec<DataSet>| {
        let mut shifts = within((0x28, 0x9443), {
            let mut own = DataSet::default();
            own.text((0x28, 0x1040), b"CS", "LIN");
            own
        });
        let both = Value::Items(vec![shift(1, 0.25), shift(2, 0.5)]);
        shifts.put((0x28, 0x9415), b"SQ", both);
        let mut data = picture(1, 1, 1, 8, "MONOCHROME2");
        data.text((0x28, 8), b"IS", "4")
            .put((0x28, 0x6100), b"SQ", Value::Items(masks))
            .put((0x5200, 0x9229), b"SQ", Value::Items(vec![shifts]));
        read(&native(data, vec![0; 4]), EXPLICIT)
    };
    let said = |image: &Instance, frame| -> Vec<String> {
        let repairs = Grading::of(image, frame).1;
        let line = |r: &negatoscope::base::Repair| format!("{} {}", r.code.id, r.detail);
        repairs.iter().map(line).collect()
    };
    // The second item is the one for the last frames; the frame's own relationship is linear.
    let image = run(vec![
        mask("AVG_SUB", [1, 2], &[1], 1),
        mask("AVG_SUB", [3, 4], &[2], 2),
    ]);
    let found = Subtraction::of(&image, 3).unwrap();
    assert_eq!((found.masks, found.shift), (vec![1], [0.5, 0.0]));
    assert!(found.log, "Pixel Intensity Relationship of the frame");
    assert!(said(&image, 3).is_empty());
    // NONE is an answer: the next item is not asked.
    let none = run(vec![
        mask("NONE", [1, 4], &[], 1),
        mask("AVG_SUB", [1, 4], &[1], 2),
    ]);
    assert_eq!(Subtraction::of(&none, 2), None);
    assert!(said(&none, 2).is_empty());
    // What is not there is said.
    let image = run(vec![mask("AVG_SUB", [1, 4], &[1, 9], 1)]);
    assert_eq!(Subtraction::of(&image, 2).unwrap().masks, [0]);
    assert_eq!(
        said(&image, 2),
        ["PIX-320 Mask Frame Numbers (0028,6110): 1 of 2"]
    );
    let image = run(vec![mask("SQUARE", [1, 4], &[1], 1)]);
    assert_eq!(Subtraction::of(&image, 2), None);
    assert_eq!(said(&image, 2), ["PIX-320 Mask Operation (0028,6101)"]);
}

#[test]
fn the_profile_of_a_frame_is_that_of_its_optical_path() {
    let path = |name: &str, profile: Option<&[u8]>| {
        let mut path = DataSet::default();
        path.text((0x48, 0x106), b"SH", name);
        if let Some(bytes) = profile {
            path.put((0x28, 0x2000), b"OB", Value::Bytes(bytes.to_vec()));
        }
        path
    };
    let mut used = DataSet::default();
    used.text((0x48, 0x106), b"SH", "B");
    let mut data = picture(1, 1, 3, 8, "RGB");
    let paths = vec![path("A", None), path("B", Some(b"this is no profile"))];
    data.put((0x48, 0x105), b"SQ", Value::Items(paths));
    let said = |data: &DataSet| {
        let image = read(&native(data.clone(), vec![1, 2, 3, 0]), EXPLICIT);
        let (grading, repairs) = Grading::of(&image, 0);
        assert_eq!(repairs, []);
        grading.remark.map(|remark| remark.code.id)
    };
    assert_eq!(said(&data), None, "the first path has none");
    let frame = within((0x48, 0x207), used);
    data.put((0x5200, 0x9229), b"SQ", Value::Items(vec![frame]));
    assert_eq!(said(&data), Some("PIX-315"));
    data.text((0x28, 0x2002), b"CS", "SRGB");
    assert_eq!(said(&data), None, "the file says that it is sRGB");
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

/// How many pixels have a colour of their own, and the hash of these colours, from `pydicom.pixels.apply_color_lut` on the same palette.
#[test]
fn supplemental_colours_of_a_perfusion_map() {
    let Some(path) = common::corpus_file("fragments/CT0012.not_fragmented_no_bot_rle.dcm") else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let limits = Limits::default();
    let instance = Instance::read(&source::open(&path, &limits).unwrap(), &limits).unwrap();
    for (frame, (count, hash)) in (0..).zip(PERFUSION) {
        let decoded = negatoscope::study::pixels::decode(&instance, frame, &limits).unwrap();
        let (grading, _) = Grading::of(&instance, frame);
        let fixed = grading.fixed(&decoded).unwrap();
        let coloured: Vec<&[u8; 4]> = fixed.iter().filter(|c| c[3] != 0).collect();
        let rgb: Vec<u8> = coloured.iter().flat_map(|c| c[..3].to_vec()).collect();
        assert_eq!((coloured.len(), common::hex(&rgb).as_str()), (count, hash));
        let Frame::Grey(grey) = grading.apply(&decoded).unwrap() else {
            panic!("grey with colours stays grey")
        };
        let without = grey.values.iter().filter(|v| **v == PADDING).count();
        assert_eq!(without, count, "what has a colour has no value");
    }
}

const PERFUSION: [(usize, &str); 2] = [
    (
        84_268,
        "e362a462e147b7e6e7b0737d9c9d0eb5f3b8fb180c5aca69d3be0275dfa37090",
    ),
    (
        78_636,
        "e43c5e105fe29d7ca2f2addda4446b8f543efcbcb192c0aa3459d8de4e198c33",
    ),
];
