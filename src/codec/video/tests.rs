//! Streams of scripts/oracles/video.py: what FFmpeg says of their pictures, and what becomes of them when they are damaged.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

use proptest::prelude::*;
use serde_json::Value;

use super::{Coded, Coding, Colours, Family, Found, Role, Video, nal, open, placed};
use crate::{
    base::{Limits, Result},
    codec::{Layout, Photometric, SampleKind, codes},
};

macro_rules! streams {
    ($($name:literal $coding:ident),*) => {
        &[$(($name, Coding::$coding, include_bytes!(concat!("../../../tests/data/video/", $name)) as &[u8])),*]
    };
}
const STREAMS: &[(&str, Coding, &[u8])] = streams!(
    "said.h264" H264, "said.h265" Hevc, "avc.h264" H264, "avc.m2t" H264, "avc.mp4" H264, "fields.m2t" H264,
    "hevc.h265" Hevc, "hevc.m2t" Hevc, "hevc.mp4" Hevc
);

fn layout(columns: u32, rows: u32) -> Layout {
    Layout {
        rows,
        columns,
        samples_per_pixel: 3,
        bits_allocated: 8,
        bits_stored: 8,
        high_bit: 7,
        kind: SampleKind::Unsigned,
        planar: false,
        photometric: Photometric::YbrPartial420,
    }
}

fn read(coding: Coding, bytes: &[u8], frames: u32) -> Result<Video> {
    open(
        coding,
        bytes.to_vec(),
        frames,
        &layout(80, 56),
        &Limits::default(),
    )
}

fn code(result: Result<Video>) -> &'static str {
    result.unwrap_err().code().id
}

#[test]
fn pictures_are_those_of_ffmpeg() {
    let about: Value =
        serde_json::from_str(include_str!("../../../tests/data/video/streams.json")).unwrap();
    for &(name, coding, bytes) in STREAMS {
        let video = read(coding, bytes, 14).unwrap();
        let told = &about["streams"][name];
        let keys: Vec<_> = video.pictures.iter().map(|p| p.key).collect();
        assert_eq!(serde_json::json!(keys), told["keys"], "{name}");
        let places: Vec<_> = video.pictures.iter().map(|p| p.frame).collect();
        assert_eq!(serde_json::json!(places), told["order"], "{name}");
        assert_eq!((video.size, video.frames), ([80, 56], 14), "{name}");
        // Two streams say that their colours are BT.709.
        let said = name.starts_with("said");
        assert_eq!(
            video.colours,
            Colours {
                matrix: said.then_some(1),
                full_range: false
            },
            "{name}"
        );
        assert_eq!(
            video.matrix(),
            Some(if said { "bt709" } else { "smpte170m" })
        );
        // A stream need not say it: that is no defect.
        assert_eq!(video.repairs, [], "{name}");
        let remarks: Vec<_> = video.remarks.iter().map(|r| r.code.id).collect();
        assert_eq!(remarks.is_empty(), said, "{name}: {remarks:?}");
        assert!(said || remarks == [codes::MATRIX.id], "{name}: {remarks:?}");
        let codec = match coding {
            _ if name.starts_with("fields") => "avc1.640015",
            Coding::H264 => "avc1.64000A",
            _ => "hev1.1.6.L30.90",
        };
        assert_eq!(video.codec, codec, "{name}");
        // Pictures follow each other without a gap, each behind a start code.
        for pair in video.pictures.windows(2) {
            assert_eq!(pair[0].start + pair[0].length, pair[1].start, "{name}");
        }
        for picture in &video.pictures {
            let begins = &video.bytes[picture.start..picture.start + picture.length];
            assert!(begins.starts_with(&[0, 0, 0, 1]), "{name}");
        }
        let last = video.pictures.last().unwrap();
        assert_eq!(last.start + last.length, video.bytes.len(), "{name}");
        // What a decoder needs that begins later: one set of each kind, however often they are repeated.
        let names: Vec<_> = video.sets.iter().map(|set| set.name >> 8).collect();
        let kinds: &[u16] = match coding {
            Coding::H264 => &[7, 8],
            _ => &[32, 33, 34],
        };
        assert_eq!(names, kinds, "{name}");
        for set in &video.sets {
            let begins = &video.bytes[set.start..set.start + set.length];
            assert!(begins.starts_with(&[0, 0, 0, 1]), "{name}");
        }
    }
}

#[test]
fn counts_and_sizes_are_held_against_the_attributes() {
    let (_, coding, bytes) = STREAMS[0];
    let video = read(coding, bytes, 20).unwrap();
    assert_eq!(*video.repairs[0].code, codes::PICTURES);
    assert_eq!(video.repairs[0].detail, "14 instead of 20");
    let open = |columns, rows, limits: &Limits| {
        open(coding, bytes.to_vec(), 14, &layout(columns, rows), limits)
    };
    let video = open(80, 64, &Limits::default()).unwrap();
    assert_eq!(*video.repairs[0].code, codes::SIZE);
    assert_eq!(code(open(8, 8, &Limits::default())), codes::SIZE_DIFFERS.id);
    let few = Limits {
        frames: 13,
        ..Limits::default()
    };
    assert_eq!(code(open(80, 56, &few)), codes::TOO_LARGE.id);
}

#[test]
fn what_is_no_video_is_refused_by_its_reason() {
    let junk: Vec<u8> = (0..=255).cycle().take(4000).collect();
    for coding in [Coding::H264, Coding::Hevc] {
        assert_eq!(code(read(coding, &junk, 1)), codes::DAMAGED.id);
        assert_eq!(code(read(coding, &[], 1)), codes::DAMAGED.id);
        let program = [0, 0, 1, 0xBA, 0x44, 0, 4, 0, 4, 1];
        assert_eq!(code(read(coding, &program, 1)), codes::KIND.id);
        let fragmented = b"\0\0\0\x08ftyp\0\0\0\x08moof";
        assert_eq!(code(read(coding, fragmented, 1)), codes::KIND.id);
        let empty = b"\0\0\0\x08ftyp\0\0\0\x08moov";
        assert_eq!(code(read(coding, empty, 1)), codes::KIND.id);
        assert_eq!(code(read(coding, b"\0\0\0\x08ftyp", 1)), codes::DAMAGED.id);
    }
    // One family's stream under the other's name.
    assert!(read(Coding::Hevc, STREAMS[0].2, 14).is_err());
    assert_eq!(
        code(read(Coding::Mpeg2, STREAMS[0].2, 14)),
        codes::NOT_BUILT.id
    );
    for (uid, coding) in [
        ("1.2.840.10008.1.2.4.100.1", Some(Coding::Mpeg2)),
        ("1.2.840.10008.1.2.4.102", Some(Coding::H264)),
        ("1.2.840.10008.1.2.4.106.1", Some(Coding::H264)),
        ("1.2.840.10008.1.2.4.108", Some(Coding::Hevc)),
        ("1.2.840.10008.1.2.4.90", None),
        ("1.2.840.10008.1.2.1", None),
    ] {
        assert_eq!(Coding::of(uid), coding, "{uid}");
    }
}

#[test]
fn a_stream_that_begins_in_the_middle_begins_at_its_next_key() {
    let (_, coding, bytes) = STREAMS[0];
    let whole = read(coding, bytes, 14).unwrap();
    // The first key is lost; its parameter sets are there.
    let mut cut: Vec<u8> = (whole.sets.iter())
        .flat_map(|set| whole.bytes[set.start..set.start + set.length].to_vec())
        .collect();
    cut.extend(&whole.bytes[whole.pictures[1].start..]);
    let video = read(coding, &cut, 14).unwrap();
    assert_eq!((video.pictures.len(), video.frames), (8, 8));
    assert!(video.pictures[0].key);
    assert_eq!(*video.repairs[0].code, codes::PICTURES);
    // Where the attributes count the lost ones, each frame keeps its number.
    let video = read(coding, &cut, 13).unwrap();
    assert_eq!((video.pictures.len(), video.frames), (8, 13));
    assert_eq!(video.pictures[0].frame, Some(5));
    assert_eq!(video.repairs, []);
}

/// Bits, most significant first.
fn bits(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|b| *b != b' ')
        .map(|b| b - b'0')
        .collect();
    let bytes = digits
        .chunks(8)
        .map(|c| c.iter().enumerate().map(|(i, b)| b << (7 - i)).sum());
    bytes.collect()
}

fn unit(head: &[u8], text: &str) -> Vec<u8> {
    [head, bits(text).as_slice()].concat()
}

/// Units behind start codes.
fn stream(units: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for unit in units {
        nal::put(&mut out, unit);
    }
    out
}

fn coded(key: bool, order: Option<i64>) -> Role {
    Role::Picture(Coded {
        key,
        order,
        shown: true,
        ..Coded::default()
    })
}

// Main profile; frame_num of 4 bits; counts of type 2; 2 × 2 macroblocks; not frames only.
const FIELDS: &str = "01001101 00000000 00011110 1 1 011 1 0 010 010 0 0 1 0 0 1";
const PICTURE: &str = "1 1 0 0 1";

/// first_mb, slice_type, set, frame_num, field, parity, then idr_pic_id.
fn field(head: u8, number: &str, field: &str) -> Vec<u8> {
    unit(&[head], &format!("1 011 1 {number} {field} 1 1 1"))
}

#[test]
fn two_fields_are_one_frame() {
    let mut family = super::avc::Avc::default();
    let mut roles = vec![];
    for unit in [
        unit(&[0x67], FIELDS),
        unit(&[0x68], PICTURE),
        field(0x65, "0000", "10"),
        field(0x61, "0000", "11"),
        field(0x61, "0001", "10"),
        field(0x61, "0001", "11"),
        field(0x61, "0010", "0"),
        field(0x61, "0011", "10"),
        field(0x61, "0100", "10"),
    ] {
        roles.push(family.role(&unit));
    }
    let expected = [
        Role::Parameters(7 << 8),
        Role::Parameters(8 << 8),
        coded(true, None),
        Role::Slice,
        coded(false, None),
        Role::Slice,
        coded(false, None),
        // A field without its other one is a frame, too.
        coded(false, None),
        coded(false, None),
    ];
    assert_eq!(roles, expected);
}

#[test]
fn what_stands_before_a_second_field_is_of_its_frame() {
    let delimiter = || vec![9, 0xF0];
    let frame = |head, number| {
        let fields = ["10", "11"].map(|parity| field(head, number, parity));
        let [first, second] = fields;
        // A parameter set between the fields, too.
        [
            delimiter(),
            first,
            delimiter(),
            unit(&[0x68], PICTURE),
            second,
        ]
    };
    let sets = [unit(&[0x67], FIELDS), unit(&[0x68], PICTURE)];
    let (first, later) = (frame(0x65, "0000"), frame(0x61, "0001"));
    let last = frame(0x61, "0010");
    let bytes = stream(&[&sets[..], &first, &later, &last].concat());
    let layout = layout(32, 64);
    let video = open(Coding::H264, bytes, 3, &layout, &Limits::default()).unwrap();
    let lengths: Vec<_> = video.pictures.iter().map(|p| p.length).collect();
    let length = |units: &[Vec<u8>]| stream(units).len();
    assert_eq!(
        lengths,
        [
            length(&sets) + length(&first),
            length(&later),
            length(&last)
        ]
    );
    assert_eq!(video.sets.len(), 2, "the same set again is none");
}

#[test]
fn sets_that_change_are_told_with_their_place() {
    // The same number, other contents: transform_8x8_mode_flag's place says nothing here, only that bytes differ.
    let other = "1 1 0 1 1";
    let frame = |head| vec![field(head, "0000", "0")];
    let bytes = stream(
        &[
            vec![unit(&[0x67], FIELDS), unit(&[0x68], PICTURE)],
            frame(0x65),
            vec![unit(&[0x68], other)],
            frame(0x65),
            vec![unit(&[0x68], other)],
            frame(0x65),
        ]
        .concat(),
    );
    let video = open(Coding::H264, bytes, 3, &layout(32, 64), &Limits::default()).unwrap();
    let names: Vec<_> = video.sets.iter().map(|set| set.name).collect();
    assert_eq!(names, [7 << 8, 8 << 8, 8 << 8]);
    assert_eq!(video.sets[2].start, video.pictures[1].start);
}

#[test]
fn counts_of_a_cycle_are_those_of_the_standard() {
    // Type 1: slices say differences; -2 beside references; two offsets that repeat, 4 and 6.
    let sequence =
        "01001101 00000000 00011110 1 1 010 0 00101 1 011 0001000 0001100 010 0 010 010 1 1 0 0 1";
    // first_mb, slice_type, set, frame_num, then idr_pic_id, the difference.
    let slice =
        |head: u8, number: &str, more: &str| unit(&[head], &format!("1 011 1 {number} {more} 1"));
    let mut family = super::avc::Avc::default();
    family.role(&unit(&[0x67], sequence));
    family.role(&unit(&[0x68], PICTURE));
    let mut order = |unit: Vec<u8>| match family.role(&unit) {
        Role::Picture(Coded { order, .. }) => order,
        role => panic!("{role:?}"),
    };
    assert_eq!(order(slice(0x65, "0000", "1 1")), Some(0));
    assert_eq!(order(slice(0x61, "0001", "1")), Some(4));
    // No reference: one place back in the cycle, and its own offset.
    assert_eq!(order(slice(0x01, "0010", "1")), Some(4 - 2));
    assert_eq!(order(slice(0x61, "0010", "1")), Some(4 + 6));
    assert_eq!(order(slice(0x61, "0011", "010")), Some(10 + 4 + 1));
    // Numbers begin again behind 15.
    assert_eq!(order(slice(0x61, "1111", "1")), Some(7 * 10 + 4));
    assert_eq!(order(slice(0x61, "0000", "1")), Some(8 * 10));
}

#[test]
fn counts_begin_anew_where_a_picture_says_so() {
    // Type 0 with four bits; frames only.
    let sequence = "01001101 00000000 00011110 1 1 1 1 010 0 010 010 1 1 0 0 1";
    // Weighted prediction of P; two references at least, by default.
    let weighted = "1 1 0 1 1 010 1 1 00 1 1 1 000 1";
    // first_mb, slice_type 0 (P), set, frame_num, count, its second difference, the default references, no modification.
    let slice = |count: &str, marking: &str| {
        // Weights: two denominators; of luma for the first reference, of colours for the second.
        let table = "1 1 1 010 011 0 0 1 1 1 1 1";
        unit(
            &[0x61],
            &format!("1 1 1 0001 {count} 1 0 0 {table} {marking} 1"),
        )
    };
    let mut family = super::avc::Avc::default();
    family.role(&unit(&[0x67], sequence));
    family.role(&unit(&[0x68], weighted));
    let mut told = |unit: Vec<u8>| match family.role(&unit) {
        Role::Picture(Coded { order, anew, .. }) => (order, anew),
        role => panic!("{role:?}"),
    };
    let first = unit(&[0x65], "1 011 1 0000 1 0000 1 1 1");
    assert_eq!(told(first), (Some(0), false));
    assert_eq!(told(slice("1000", "0")), (Some(8), false));
    assert_eq!(told(slice("0000", "1 010 1 1")), (Some(16), false));
    // Operations 1, 3 and 5; then lower bits count from none.
    let anew = "1 010 1 00100 1 1 00110 1";
    assert_eq!(told(slice("1010", anew)), (Some(0), true));
    assert_eq!(told(slice("0100", "0")), (Some(4), false));
    let one = |order, key, anew| {
        let coded = Coded {
            key,
            anew,
            shown: true,
            order: Some(order),
            ..Coded::default()
        };
        (coded, 0, 1)
    };
    let found = [
        one(0, true, false),
        one(8, false, false),
        one(4, false, false),
        one(0, false, true),
        one(2, false, false),
    ];
    let places: Vec<_> = (placed(&found, 5).0.iter()).map(|p| p.frame).collect();
    assert_eq!(places, [0, 2, 1, 3, 4].map(Some));
}

#[test]
fn a_stream_that_ends_and_goes_on_begins_anew() {
    let mut family = super::hevc::Hevc::default();
    let (_, _, bytes) = STREAMS[1];
    for unit in nal::units(bytes).map(|unit| bytes[unit.body].to_vec()) {
        // The stream's own sets, and nothing else of it.
        if matches!(unit[0] >> 1, 32..=34) {
            family.role(&unit);
        }
    }
    // first_slice_segment_in_pic_flag, (no_output_of_prior_pics_flag,) set, slice_type, and a count.
    let entry = |count: u8| unit(&[21 << 1, 1], &format!("1 0 1 011 {count:08b} 1111"));
    let leads = |count: u8| unit(&[8 << 1, 1], &format!("1 1 011 {count:08b} 1111"));
    let mut role = |unit: Vec<u8>| match family.role(&unit) {
        Role::Picture(coded) => (coded.key, coded.open, coded.leading, coded.lost),
        role => panic!("{role:?}"),
    };
    assert_eq!(role(entry(8)), (true, true, false, false));
    assert_eq!(role(leads(6)), (false, false, true, true));
    assert_eq!(role(entry(16)), (false, true, false, false));
    assert_eq!(role(leads(14)), (false, false, true, false));
    for end in [36, 37] {
        family.role(&unit(&[end << 1, 1], ""));
        let mut role = |unit: Vec<u8>| match family.role(&unit) {
            Role::Picture(coded) => (coded.key, coded.lost),
            role => panic!("{role:?}"),
        };
        assert_eq!(role(entry(8)), (true, false));
        assert_eq!(role(leads(6)), (false, true));
        assert_eq!(role(entry(16)), (false, false));
    }
}

#[test]
fn lost_pictures_keep_their_numbers_where_they_are_counted() {
    // An entry at 4 with two pictures that lead it and are lost; then one more.
    let one = |order, key, lost| {
        let coded = Coded {
            key,
            lost,
            shown: true,
            order: Some(order),
            ..Coded::default()
        };
        (coded, order as usize, 1)
    };
    let found: [Found; 4] = [
        one(4, true, false),
        one(2, false, true),
        one(3, false, true),
        one(5, false, false),
    ];
    let numbers = |frames| {
        let (pictures, frames) = placed(&found, frames);
        let each: Vec<_> = pictures.iter().map(|p| p.frame).collect();
        (each, frames)
    };
    assert_eq!(numbers(4), (vec![Some(2), None, None, Some(3)], 4));
    assert_eq!(numbers(2), (vec![Some(0), None, None, Some(1)], 2));
}

#[test]
fn a_stream_that_grows_out_of_its_file_is_bounded() {
    fn be(n: usize) -> [u8; 4] {
        (n as u32).to_be_bytes()
    }
    let part = |kind: &[u8; 4], body: &[u8]| [&be(body.len() + 8), &kind[..], body].concat();
    // Units of one byte behind lengths of one byte, in one sample.
    let units = [1, 9].repeat(1000);
    let record = [1, 77, 0, 30, 0xFC, 0xE0, 0];
    let entry = [&[0; 78][..], &part(b"avcC", &record)].concat();
    let described = [&be(0)[..], &be(1), &part(b"avc1", &entry)].concat();
    let run = [&be(0)[..], &be(1), &be(1), &be(1), &be(1)].concat();
    let sizes = [&be(0)[..], &be(units.len()), &be(1)].concat();
    let file = |offset: usize| {
        let chunk = [&be(0)[..], &be(1), &be(offset)].concat();
        let table = [
            part(b"stsd", &described),
            part(b"stsc", &run),
            part(b"stsz", &sizes),
            part(b"stco", &chunk),
        ];
        let media = part(b"mdia", &part(b"minf", &part(b"stbl", &table.concat())));
        let movie = part(b"moov", &part(b"trak", &media));
        ([part(b"ftyp", b"isom"), movie].concat(), units.clone())
    };
    let head = file(0).0.len();
    let (mut bytes, units) = file(head + 8);
    bytes.extend(part(b"mdat", &units));
    let stream = super::mp4::elementary(&bytes, 5000).unwrap();
    assert_eq!((stream.len(), stream.capacity()), (5000, 5000));
    let few = Limits {
        video_bytes: 4999,
        ..Limits::default()
    };
    let refused = open(Coding::H264, bytes, 1, &layout(32, 64), &few).unwrap_err();
    assert_eq!(*refused.code(), codes::TOO_LARGE);
    assert!(refused.detail().contains("video_bytes"), "{refused:?}");
}

proptest! {
    /// Whatever is cut or changed: no panic, and pictures lie inside of the stream, in order, none twice.
    #[test]
    fn damaged_streams_stay_in_their_bounds(
        which in 0..STREAMS.len(),
        changes in prop::collection::vec((0usize..14_000, any::<u8>()), 0..40),
        cut in 0usize..28_000,
    ) {
        let (_, coding, bytes) = STREAMS[which];
        let mut bytes = bytes[..cut.min(bytes.len())].to_vec();
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        if let Ok(video) = read(coding, &bytes, 14) {
            prop_assert!(video.bytes.len() <= bytes.len() * 4 + 100);
            let mut end = 0;
            let mut seen = std::collections::HashSet::new();
            for picture in &video.pictures {
                prop_assert!(picture.start >= end);
                end = picture.start + picture.length;
                prop_assert!(picture.frame.is_none_or(|f| f < video.frames && seen.insert(f)));
            }
            prop_assert!(end <= video.bytes.len());
            prop_assert!(video.pictures[0].key);
        }
    }
}
