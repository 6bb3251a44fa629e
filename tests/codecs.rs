//! Every way of writing pixels, on files made here whose values are formulas; and the defects that were found and mended.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::make::{self, DataSet, Value};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource, Result},
    codec::{Decoded, Photometric, Stored},
    dicom::{Instance, json, tags},
    study::{Catalogue, pixels},
    tone::{Frame, grading::Grading},
};

fn source(bytes: Vec<u8>) -> Rc<dyn ByteSource> {
    Rc::new(MemorySource::new("made", bytes))
}

fn read(bytes: Vec<u8>) -> Result<Instance> {
    Instance::read(&source(bytes), &Limits::default())
}

fn decode(bytes: Vec<u8>, frame: u32) -> Result<Decoded> {
    pixels::decode(&read(bytes)?, frame, &Limits::default())
}

/// The code with which the first frame is refused.
fn refused(bytes: Vec<u8>) -> &'static str {
    decode(bytes, 0).unwrap_err().code().id
}

fn repairs(decoded: &Decoded) -> Vec<&'static str> {
    decoded.repairs.iter().map(|r| r.code.id).collect()
}

fn rgba(bytes: Vec<u8>) -> Vec<u8> {
    let instance = read(bytes).unwrap();
    let decoded = pixels::decode(&instance, 0, &Limits::default()).unwrap();
    match Grading::of(&instance, 0).0.apply(&decoded).unwrap() {
        Frame::Colour(colour) => colour.rgba,
        Frame::Grey(_) => panic!("grey"),
    }
}

/// The pictures of scripts/oracles/j2k.py, samples interleaved.
fn formula(samples: usize, value: fn(usize, usize) -> [i64; 3]) -> Vec<i64> {
    let pixel = |at: usize| value(at % 40, at / 40).into_iter().take(samples);
    (0..40 * 33).flat_map(pixel).collect()
}

fn whole(values: &Stored) -> Vec<i64> {
    (0..values.len())
        .map(|at| values.get(at).unwrap() as i64)
        .collect()
}

fn grey8(x: usize, y: usize) -> [i64; 3] {
    [((7 * x + 13 * y) % 256) as i64, 0, 0]
}

fn signed16(x: usize, y: usize) -> [i64; 3] {
    [300 * x as i64 - 1000 + 17 * y as i64, 0, 0]
}

fn rgb(x: usize, y: usize) -> [i64; 3] {
    [9 * x % 256, 11 * y % 256, 5 * (x + y) % 256].map(|n| n as i64)
}

/// A JPEG 2000 picture of 33 rows and 40 columns.
fn j2k(samples: u16, bits: u16, photometric: &str, stream: &[u8]) -> Vec<u8> {
    let data = make::picture(33, 40, samples, bits, photometric);
    make::encapsulated(data, vec![stream.to_vec()]).file(make::J2K)
}

#[test]
fn native_in_every_encoding() {
    let values: Vec<u16> = (0..2 * 192).map(|i| (i * 37 % 4096) as u16).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut data = make::picture(12, 16, 1, 16, "MONOCHROME2");
    data.text((0x28, 8), b"IS", "2");
    let data = make::native(data, bytes);
    for syntax in [make::EXPLICIT, make::IMPLICIT, make::BIG, make::DEFLATED] {
        for frame in 0..2 {
            let decoded = decode(data.file(syntax), frame).unwrap();
            let expected = &values[frame as usize * 192..][..192];
            assert_eq!(decoded.values, Stored::U16(expected.to_vec()), "{syntax}");
        }
    }
    // Bare data sets, without preamble and file meta information.
    for (explicit, big) in [(true, false), (false, false), (true, true)] {
        let instance = read(data.bytes(explicit, big)).unwrap();
        let decoded = pixels::decode(&instance, 0, &Limits::default()).unwrap();
        assert_eq!(
            decoded.values,
            Stored::U16(values[..192].to_vec()),
            "{explicit} {big}"
        );
        let said: Vec<_> = instance.repairs.iter().map(|r| r.code.id).collect();
        assert_eq!(said, ["DCM-100", "DCM-101"]);
    }
    // Declared little-endian, written big-endian, and the other way round.
    let swap = |file: Vec<u8>, from: &str, to: &str| {
        let at = file
            .windows(from.len())
            .position(|w| w == from.as_bytes())
            .unwrap();
        let mut file = file;
        file[at..at + from.len()].fill(0);
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
        file
    };
    let (big, little) = (data.file(make::BIG), data.file(make::EXPLICIT));
    let big_as_little = swap(big, make::BIG, "1.2.840.10008.1.2");
    let little_as_big = swap(little, make::EXPLICIT, make::BIG);
    for file in [big_as_little, little_as_big] {
        let decoded = decode(file, 0).unwrap();
        assert_eq!(decoded.values, Stored::U16(values[..192].to_vec()));
    }
}

#[test]
fn run_lengths_and_lossless_jpeg() {
    let low: Vec<u8> = (0..192).map(|i| (i * 7 % 251) as u8).collect();
    let high: Vec<u8> = (0..192).map(|i| (i / 3) as u8).collect();
    let data = make::picture(12, 16, 1, 16, "MONOCHROME2");
    let frame = make::rle(&[high.clone(), low.clone()]);
    let decoded = decode(
        make::encapsulated(data.clone(), vec![frame]).file(make::RLE),
        0,
    )
    .unwrap();
    let expected = low
        .iter()
        .zip(&high)
        .map(|(&l, &h)| u16::from_le_bytes([l, h]));
    assert_eq!(decoded.values, Stored::U16(expected.collect()));

    let values: Vec<u16> = (0..192).map(|i| (i * 331 % 65_521) as u16).collect();
    let frame = make::lossless(12, 16, 16, &values);
    let decoded = decode(
        make::encapsulated(data, vec![frame]).file(make::LOSSLESS),
        0,
    )
    .unwrap();
    assert_eq!(decoded.values, Stored::U16(values));
}

#[test]
fn deflated_frames() {
    let values: Vec<u8> = (0..192).map(|i| (i * 7 % 251) as u8).collect();
    let file = |frame: Vec<u8>| {
        let data = make::picture(12, 16, 1, 8, "MONOCHROME2");
        make::encapsulated(data, vec![frame]).file(make::DEFLATED_FRAME)
    };
    let decoded = decode(file(make::stored_deflate(&values)), 0).unwrap();
    assert_eq!(decoded.values, Stored::U8(values.clone()));
    assert_eq!(
        refused(file(make::stored_deflate(&values[..100]))),
        "PIX-003"
    );
    assert_eq!(refused(file(make::stored_deflate(&[0; 5000]))), "PIX-005");
    assert_eq!(refused(file(vec![0xFF; 50])), "PIX-004");
}

#[test]
fn jpeg_2000_exact() {
    let decoded = decode(j2k(1, 8, "MONOCHROME2", make::GREY8), 0).unwrap();
    assert_eq!(whole(&decoded.values), formula(1, grey8));
    let mut data = make::picture(33, 40, 1, 16, "MONOCHROME2");
    data.us(0x103, 1);
    let file = make::encapsulated(data, vec![make::SIGNED16.to_vec()]).file(make::J2K);
    let decoded = decode(file, 0).unwrap();
    assert_eq!(whole(&decoded.values), formula(1, signed16));
    assert!(decoded.repairs.is_empty());
    // RGB has the component transform, PLANES has none: the codestream is right, and a contradiction is said.
    for (stream, photometric, said) in [
        (make::RGB, "YBR_RCT", &[][..]),
        (make::RGB, "YBR_ICT", &[]),
        (make::RGB, "RGB", &["PIX-104"]),
        (make::RGB, "YBR_FULL", &["PIX-104"]),
        (make::PLANES, "RGB", &[]),
        (make::PLANES, "YBR_RCT", &["PIX-104"]),
        (make::PLANES, "YBR_ICT", &["PIX-104"]),
    ] {
        let decoded = decode(j2k(3, 8, photometric, stream), 0).unwrap();
        assert_eq!(whole(&decoded.values), formula(3, rgb), "{photometric}");
        assert_eq!(decoded.photometric, Photometric::Rgb);
        assert_eq!(repairs(&decoded), said, "{photometric}");
    }
    // Without the transform the attribute is right.
    let decoded = decode(j2k(3, 8, "YBR_FULL", make::PLANES), 0).unwrap();
    assert_eq!(decoded.photometric, Photometric::YbrFull);
    assert!(decoded.repairs.is_empty());
}

#[test]
fn high_throughput_and_the_other_jpeg_2000_syntaxes() {
    let grey = include_bytes!("data/j2k/ht_grey8.j2k").to_vec();
    let colour = include_bytes!("data/j2k/ht_rgb.j2k").to_vec();
    let file = |samples, photometric, stream: &[u8], syntax: &str| {
        let data = make::picture(33, 40, samples, 8, photometric);
        make::encapsulated(data, vec![stream.to_vec()]).file(syntax)
    };
    let numbers = ["201", "202", "203", "92", "93"];
    let standard = numbers.map(|last| format!("1.2.840.10008.1.2.4.{last}"));
    for syntax in standard
        .iter()
        .map(String::as_str)
        .chain(["3.2.840.10008.1.2.4.96"])
    {
        let decoded = decode(file(1, "MONOCHROME2", &grey, syntax), 0).unwrap();
        assert_eq!(whole(&decoded.values), formula(1, grey8), "{syntax}");
        let decoded = decode(file(3, "YBR_RCT", &colour, syntax), 0).unwrap();
        assert_eq!(whole(&decoded.values), formula(3, rgb), "{syntax}");
        assert_eq!(decoded.photometric, Photometric::Rgb);
        assert!(decoded.repairs.is_empty());
    }
    // A frame that ends early is shown as far as it goes, and says so.
    let cut = file(3, "YBR_RCT", &colour[..900], "1.2.840.10008.1.2.4.201");
    assert_eq!(repairs(&decode(cut, 0).unwrap()), ["PIX-102"]);
}

#[test]
fn jp2_boxes_are_walked_and_not_searched() {
    let jp2 = |stream: &[u8]| make::jp2(stream, 33, 40, 1, &make::decoy());
    let decoded = decode(j2k(1, 8, "MONOCHROME2", &jp2(make::GREY8)), 0).unwrap();
    assert_eq!(whole(&decoded.values), formula(1, grey8));
    // A decoy of the right size in front of a codestream that claims 2^31 columns.
    let mut huge = make::GREY8.to_vec();
    huge[8] = 0x80;
    huge[24] = 0x80;
    assert_eq!(refused(j2k(1, 8, "MONOCHROME2", &jp2(&huge))), "PIX-005");
    assert_eq!(refused(j2k(1, 8, "MONOCHROME2", &huge)), "PIX-005");
    // A raw codestream begins at the first byte.
    let shifted = [&[0, 0][..], make::GREY8].concat();
    assert_eq!(refused(j2k(1, 8, "MONOCHROME2", &shifted)), "PIX-004");
}

#[test]
fn jpeg_2000_components_that_differ_are_refused() {
    for (at, what) in [(45, 9), (45, 0x87), (46, 2)] {
        let mut stream = make::PLANES.to_vec();
        stream[at] = what;
        assert_eq!(refused(j2k(3, 8, "RGB", &stream)), "PIX-008", "byte {at}");
    }
}

#[test]
fn a_codestream_of_another_size_is_shown_at_its_own() {
    let file = |rows, columns| {
        let data = make::picture(rows, columns, 1, 8, "MONOCHROME2");
        make::encapsulated(data, vec![make::GREY8.to_vec()]).file(make::J2K)
    };
    for (rows, columns) in [(40, 33), (32, 40), (66, 80), (20, 20)] {
        let decoded = decode(file(rows, columns), 0).unwrap();
        assert_eq!((decoded.rows, decoded.columns), (33, 40));
        assert_eq!(whole(&decoded.values), formula(1, grey8));
        assert_eq!(repairs(&decoded), ["PIX-103"]);
    }
    // 1,320 samples where 4 × 320 were announced at most.
    assert_eq!(refused(file(16, 20)), "PIX-005");
    // Another number of components is another picture.
    assert_eq!(refused(j2k(1, 8, "MONOCHROME2", make::RGB)), "PIX-005");
    // The same for lossless and lossy JPEG.
    let values: Vec<u16> = (0..192).collect();
    let data = make::picture(16, 12, 1, 16, "MONOCHROME2");
    let frame = make::lossless(12, 16, 16, &values);
    let decoded = decode(
        make::encapsulated(data, vec![frame]).file(make::LOSSLESS),
        0,
    )
    .unwrap();
    assert_eq!(
        (decoded.rows, decoded.columns, repairs(&decoded)),
        (12, 16, vec!["PIX-103"])
    );
    let data = make::picture(16, 12, 1, 8, "MONOCHROME2");
    let frame = make::baseline(12, 16, 1, &[77; 192]);
    let decoded = decode(
        make::encapsulated(data, vec![frame]).file(make::BASELINE),
        0,
    )
    .unwrap();
    assert_eq!(
        (decoded.rows, decoded.columns, repairs(&decoded)),
        (12, 16, vec!["PIX-103"])
    );
}

/// JPEG with its first APP0 replaced by `marks`.
fn marked(jpeg: &[u8], marks: &[u8]) -> Vec<u8> {
    assert_eq!(&jpeg[2..4], [0xFF, 0xE0], "the encoder writes JFIF");
    let end = 4 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
    [&jpeg[..2], marks, &jpeg[end..]].concat()
}

#[test]
fn jpeg_colours_are_what_the_stream_and_the_attribute_say() {
    // One colour all over: (200, 60, 30) is (98.4, 89.4, 200.5) as YCbCr.
    let jpeg = make::baseline(16, 16, 3, &[200, 60, 30].repeat(256));
    let adobe = |transform: u8| {
        let mut segment = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0".to_vec();
        segment.push(transform);
        segment
    };
    let short = b"\xFF\xEE\0\x0CAdobe\0\0\0\0\0";
    let jfif = jpeg[2..20].to_vec();
    let as_rgb = [200, 60, 30];
    let raw = [98, 89, 201];
    let cases: [(&[u8], &str, [i32; 3], bool); 9] = [
        (&jfif, "YBR_FULL_422", as_rgb, false),
        (&jfif, "RGB", as_rgb, true),
        (&[], "YBR_FULL", as_rgb, false),
        (&[], "RGB", raw, false),
        (short, "RGB", raw, false),
        (short, "YBR_FULL", as_rgb, false),
        (&adobe(0), "RGB", raw, false),
        (&adobe(0), "YBR_FULL", raw, true),
        (&adobe(1), "RGB", as_rgb, true),
    ];
    for (marks, photometric, expected, repaired) in cases {
        let data = make::picture(16, 16, 3, 8, photometric);
        let file = make::encapsulated(data, vec![marked(&jpeg, marks)]).file(make::BASELINE);
        let what = format!("{photometric} {marks:02X?}");
        let decoded = decode(file.clone(), 0).unwrap();
        assert_eq!(repairs(&decoded) == ["PIX-104"], repaired, "{what}");
        let pixel = &rgba(file)[..3];
        for (ours, theirs) in pixel.iter().zip(expected) {
            assert!((i32::from(*ours) - theirs).abs() <= 3, "{what}: {pixel:?}");
        }
    }
}

#[test]
fn jpegs_that_others_convert_wrongly() {
    let Some(expected) = common::expected() else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let mut seen = 0;
    for (name, declared) in [
        ("SC_rgb_jpeg.dcm", 134),
        ("SC_jpeg_no_color_transform.dcm", 134),
        ("SC_jpeg_no_color_transform_2.dcm", 165),
    ] {
        let name = format!("fetched/pydicom/test_files/{name}");
        let Some(path) = common::corpus_file(&name) else {
            continue;
        };
        let file = std::fs::read(path).unwrap();
        let decoded = decode(file.clone(), 0).unwrap();
        assert_eq!(decoded.photometric, Photometric::Rgb, "{name}");
        assert!(decoded.repairs.is_empty(), "{name}: {:?}", decoded.repairs);
        let values = whole(&decoded.values);
        let least = *values.iter().min().unwrap();
        assert_eq!(expected["files"][&name]["min"], declared);
        assert!((least - declared).abs() <= 1, "{name}: {least}");
        // Shown as stored: nothing was converted.
        let shown = rgba(file);
        let colours = shown.chunks_exact(4).flat_map(|p| &p[..3]);
        assert!(colours.map(|&b| i64::from(b)).eq(values), "{name}");
        seen += 1;
    }
    println!("{seen} of 3 files");
}

#[test]
fn partial_range_stays_partial() {
    let pixels = [16, 235, 128, 128].repeat(4);
    let file = make::native(make::picture(2, 4, 3, 8, "YBR_PARTIAL_422"), pixels.clone());
    let shown = rgba(file.file(make::EXPLICIT));
    assert_eq!(shown[..8], [0, 0, 0, 255, 255, 255, 255, 255]);
    let full = make::native(make::picture(2, 4, 3, 8, "YBR_FULL_422"), pixels);
    assert_eq!(
        rgba(full.file(make::EXPLICIT))[..8],
        [16, 16, 16, 255, 235, 235, 235, 255]
    );
    // By planes in RLE, where nothing is packed.
    let planes = [[16; 8].to_vec(), [128; 8].to_vec(), [128; 8].to_vec()];
    let data = make::picture(2, 4, 3, 8, "YBR_PARTIAL_422");
    let file = make::encapsulated(data, vec![make::rle(&planes)]).file(make::RLE);
    assert_eq!(rgba(file)[..4], [0, 0, 0, 255]);
}

#[test]
fn objects_without_pixels_say_so() {
    let mut report = DataSet::default();
    report.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.88.11");
    report
        .text((8, 0x60), b"CS", "SR")
        .text((0x10, 0x10), b"PN", "Doe^Jane");
    report
        .text((0x20, 0xd), b"UI", "2.25.3")
        .text((0x20, 0xe), b"UI", "2.25.4");
    assert_eq!(refused(report.file(make::EXPLICIT)), "DCM-008");
    let mut record = DataSet::default();
    record.text((4, 0x1430), b"CS", "PATIENT");
    let mut directory = DataSet::default();
    directory.put((4, 0x1220), b"SQ", Value::Items(vec![record]));
    assert_eq!(refused(directory.file(make::EXPLICIT)), "DCM-008");
    // A picture whose file ends before its pixels is no report.
    let data = make::native(make::picture(12, 16, 1, 16, "MONOCHROME2"), vec![0; 384]);
    let mut file = data.file(make::EXPLICIT);
    file.truncate(file.len() - 384 - 12 - 3);
    assert_eq!(refused(file), "DCM-003");
}

#[test]
fn sequences_under_un_are_read() {
    // (0009,1001) UN of undefined length: items in implicit VR, one nested in the other.
    let mut inner = DataSet::default();
    inner.text((8, 0x1155), b"UI", "2.25.77");
    let mut outer = DataSet::default();
    outer.put((8, 0x1199), b"SQ", Value::Items(vec![inner]));
    outer.put((0x28, 0x10), b"US", Value::Bytes(vec![7, 0]));
    let item = outer.bytes(false, false);
    let mut un = vec![9, 0, 1, 16, b'U', b'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    un.extend([0xFE, 0xFF, 0, 0xE0]);
    un.extend((item.len() as u32).to_le_bytes());
    un.extend(item);
    un.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    let data = make::native(make::picture(12, 16, 1, 16, "MONOCHROME2"), vec![5; 384]);
    let file = data.file(make::EXPLICIT);
    let at = file
        .windows(6)
        .position(|w| w == b"\x10\0\x10\0PN")
        .unwrap();
    let file = [&file[..at], &un, &file[at..]].concat();
    let instance = read(file.clone()).unwrap();
    let text = json::dicom_json(&instance);
    let item = &text["00091001"]["Value"][0];
    assert_eq!(
        item["00081199"]["Value"][0]["00081155"]["Value"][0], "2.25.77",
        "{text}"
    );
    assert_eq!(item["00280010"]["Value"][0], 7);
    assert_eq!(
        decode(file, 0).unwrap().values,
        Stored::U16(vec![0x0505; 192])
    );
    // A public attribute under UN reads as what it is.
    let mut known = make::picture(12, 16, 1, 16, "MONOCHROME2");
    known.put((0x28, 0x10), b"UN", Value::Bytes(vec![12, 0]));
    let known = make::native(known, vec![5; 384]).file(make::EXPLICIT);
    assert_eq!(decode(known, 0).unwrap().rows, 12);

    let Some(path) = common::corpus_file("fetched/pydicom/test_files/UN_sequence.dcm") else {
        println!("UN_sequence.dcm is not there");
        return;
    };
    let instance = read(std::fs::read(path).unwrap()).unwrap();
    let lines = tags::list(&instance);
    let deepest = lines.iter().max_by_key(|l| l.depth).unwrap();
    assert_eq!((lines.len(), deepest.depth), (7, 3), "{lines:#?}");
    assert_eq!(refused_of(&instance), "DCM-008");
}

fn refused_of(instance: &Instance) -> &'static str {
    pixels::layout(instance, &Limits::default())
        .unwrap_err()
        .code()
        .id
}

#[test]
fn a_sequences_wrong_length_costs_nothing_else() {
    let mut inner = DataSet::default();
    inner.text((8, 0x1155), b"UI", "2.25.77");
    let mut data = make::picture(12, 16, 1, 16, "MONOCHROME2");
    data.put((8, 0x1140), b"SQ", Value::Items(vec![inner]));
    let file = make::native(data, vec![5; 384]).file(make::EXPLICIT);
    let at = file
        .windows(6)
        .position(|w| w == b"\x08\0\x40\x11SQ")
        .unwrap();
    let mut short = file.clone();
    short[at + 8] -= 2;
    let instance = read(short.clone()).unwrap();
    assert_eq!(
        instance
            .repairs
            .iter()
            .map(|r| r.code.id)
            .collect::<Vec<_>>(),
        ["DCM-107"]
    );
    assert_eq!(decode(short, 0).unwrap(), decode(file, 0).unwrap());
}

#[test]
fn frames_that_are_only_claimed_are_not_listed() {
    let mut data = make::picture(12, 16, 1, 16, "MONOCHROME2");
    data.text((0x28, 8), b"IS", "1000000");
    let limits = Limits::default();
    let mut catalogue = Catalogue::default();
    catalogue.add(
        &source(make::native(data, vec![5; 3 * 384 + 100]).file(make::EXPLICIT)),
        &limits,
    );
    catalogue.arrange();
    catalogue.arrange();
    assert_eq!(catalogue.studies[0].series[0].frame_sets[0].frames.len(), 3);
    let said: Vec<_> = catalogue.repairs().iter().map(|(_, r)| r.code.id).collect();
    assert_eq!(said, ["DCM-105"]);
    assert!(catalogue.errors.is_empty());
}

/// The frames of a video have no bytes of their own: all fragments are one stream (PS3.5 A.4.5). The page's browser decodes it.
#[test]
fn a_video_is_all_fragments_of_its_instance() {
    let stream = include_bytes!("data/video/said.h264");
    let (first, rest) = stream.split_at(1000);
    let (second, last) = rest.split_at(2);
    let fragments = [first, second, last].map(<[u8]>::to_vec).to_vec();
    let mut data = make::encapsulated(make::picture(56, 80, 3, 8, "YBR_PARTIAL_420"), fragments);
    data.text((0x28, 8), b"IS", "14");
    let instance = |syntax: &str| read(data.file(syntax)).unwrap();
    let h264 = instance("1.2.840.10008.1.2.4.102.1");
    let video = pixels::video(&h264, &Limits::default()).unwrap();
    assert_eq!((video.frames, video.repairs), (14, vec![]));
    assert_eq!(video.bytes[..stream.len()], stream[..]);
    let code = |syntax: &str, video_bytes| {
        let limits = Limits {
            video_bytes,
            ..Limits::default()
        };
        let refused = pixels::video(&instance(syntax), &limits);
        refused.unwrap_err().code().id
    };
    assert_eq!(code("1.2.840.10008.1.2.4.102", 3000), "DCM-006");
    assert_eq!(code("1.2.840.10008.1.2.4.100", 1 << 20), "PIX-002");
    assert_eq!(code(make::RLE, 1 << 20), "PIX-002");
    // Natively no frame of it is decoded.
    assert_eq!(refused(data.file("1.2.840.10008.1.2.4.102.1")), "PIX-002");
}
