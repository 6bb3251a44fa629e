//! Streams of scripts/oracles/video.py: what FFmpeg says of their pictures, and what becomes of them when they are damaged.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

use proptest::prelude::*;
use serde_json::Value;

use super::{Coding, Colours, Role, Video, open};
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
                said,
                full_range: false
            },
            "{name}"
        );
        let repairs: Vec<_> = video.repairs.iter().map(|r| r.code.id).collect();
        assert_eq!(repairs.is_empty(), said, "{name}: {repairs:?}");
        assert!(said || repairs == [codes::MATRIX.id], "{name}: {repairs:?}");
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
        // What a decoder needs that begins later: one set of each kind at least.
        let sets = video.sets.windows(4).filter(|w| *w == [0, 0, 0, 1]);
        assert!(sets.count() >= 2, "{name}");
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
    let mut cut = whole.sets.clone();
    cut.extend(&whole.bytes[whole.pictures[1].start..]);
    let video = read(coding, &cut, 14).unwrap();
    assert_eq!((video.pictures.len(), video.frames), (8, 8));
    assert!(video.pictures[0].key);
    assert_eq!(*video.repairs[0].code, codes::PICTURES);
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

#[test]
fn two_fields_are_one_frame() {
    use super::Family;
    let unit = |head: u8, text: &str| [&[head], bits(text).as_slice()].concat();
    // Main profile; frame_num of 4 bits; counts of type 2; 2 × 2 macroblocks; not frames only.
    let sequence = "01001101 00000000 00011110 1 1 011 1 0 010 010 0 0 1 0 0 1";
    let picture = "1 1 0 0";
    // first_mb, slice_type, set, frame_num, field, parity, then idr_pic_id.
    let slice = |number: &str, field: &str| format!("1 011 1 {number} {field} 1 1 1");
    let mut family = super::avc::Avc::default();
    let mut roles = vec![];
    for unit in [
        unit(0x67, sequence),
        unit(0x68, picture),
        unit(0x65, &slice("0000", "10")),
        unit(0x61, &slice("0000", "11")),
        unit(0x61, &slice("0001", "10")),
        unit(0x61, &slice("0001", "11")),
        unit(0x61, &slice("0010", "0")),
        unit(0x61, &slice("0011", "10")),
        unit(0x61, &slice("0100", "10")),
    ] {
        roles.push(family.role(&unit));
    }
    let picture = |key| Role::Picture {
        key,
        order: None,
        shown: true,
    };
    let expected = [
        Role::Parameters,
        Role::Parameters,
        picture(true),
        Role::Within,
        picture(false),
        Role::Within,
        picture(false),
        // A field without its other one is a frame, too.
        picture(false),
        picture(false),
    ];
    assert_eq!(roles, expected);
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
