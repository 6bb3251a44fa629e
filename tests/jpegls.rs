//! JPEG-LS: the codestreams that scripts/oracles/jpegls.py wrote, whole and damaged.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::{hex, make};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource, Result},
    cli::pixels,
    codec::{Decoded, Stored},
    dicom::Instance,
    export::npy::Values,
};
use serde_json::Value;

const LOSSLESS: &str = "1.2.840.10008.1.2.4.80";

fn decode(bytes: Vec<u8>) -> Result<Decoded> {
    let limits = Limits::default();
    let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("made", bytes));
    pixels::stored(&Instance::read(&source, &limits)?, 0, &limits)
}

fn sha256(decoded: &Decoded) -> String {
    let mut bytes = vec![];
    decoded.values.write(&mut bytes);
    hex(&bytes)
}

fn repairs(decoded: &Decoded) -> Vec<&'static str> {
    decoded.repairs.iter().map(|r| r.code.id).collect()
}

/// One entry of the list.
struct Vector {
    name: String,
    rows: u16,
    columns: u16,
    samples: u16,
    bits: u16,
    sha256: String,
    stream: Vec<u8>,
}

impl Vector {
    fn file_of(&self, stream: &[u8], signed: bool) -> Vec<u8> {
        let photometric = if self.samples == 3 {
            "RGB"
        } else {
            "MONOCHROME2"
        };
        let mut data = make::picture(
            self.rows,
            self.columns,
            self.samples,
            self.bits,
            photometric,
        );
        data.us(0x100, self.bits.next_multiple_of(8))
            .us(0x103, u16::from(signed));
        make::encapsulated(data, vec![stream.to_vec()]).file(LOSSLESS)
    }
}

fn vectors() -> Vec<Vector> {
    let all: Value = serde_json::from_str(include_str!("data/jpegls.json")).unwrap();
    let each = all.as_array().unwrap().iter().map(|v| {
        let number = |key: &str| v[key].as_u64().unwrap() as u16;
        let text = |key: &str| v[key].as_str().unwrap().to_owned();
        let digits = text("stream");
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        Vector {
            name: text("name"),
            rows: number("rows"),
            columns: number("columns"),
            samples: number("samples"),
            bits: number("bits"),
            sha256: text("sha256"),
            stream: (0..digits.len()).step_by(2).map(byte).collect(),
        }
    });
    each.collect()
}

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|v| v.name == name).unwrap()
}

#[test]
fn every_kind_is_exact() {
    let all = vectors();
    assert!(all.len() >= 18);
    for v in all {
        if v.samples == 4 {
            continue; // No photometric interpretation has four; the unit tests of the codec hold it.
        }
        let decoded = decode(v.file_of(&v.stream, false)).unwrap();
        assert_eq!(sha256(&decoded), v.sha256, "{}", v.name);
        assert!(decoded.repairs.is_empty(), "{}", v.name);
    }
}

#[test]
fn the_sign_stands_in_the_attributes() {
    let v = vector("grey 12 near 3");
    let unsigned = decode(v.file_of(&v.stream, false)).unwrap();
    let signed = decode(v.file_of(&v.stream, true)).unwrap();
    let (Stored::U16(unsigned), Stored::I16(signed)) = (unsigned.values, signed.values) else {
        panic!("16 bits were allocated");
    };
    assert!(signed.iter().any(|&s| s < 0) && signed.iter().any(|&s| s > 0));
    for (u, s) in unsigned.into_iter().zip(signed) {
        assert_eq!(i32::from(s), (i32::from(u) << 20) >> 20);
    }
}

#[test]
fn bytes_between_the_scan_and_the_end_do_not_matter() {
    let v = vector("grey 8");
    let (body, end) = v.stream.split_at(v.stream.len() - 2);
    assert_eq!(end, [0xFF, 0xD9]);
    let padded = [body, &[0], end].concat();
    let twice = [body, end, &[0]].concat();
    for stream in [padded, twice, body.to_vec()] {
        let decoded = decode(v.file_of(&stream, false)).unwrap();
        assert_eq!(sha256(&decoded), v.sha256);
        assert!(decoded.repairs.is_empty());
    }
    // Planes: stray bytes between two scans.
    let v = vector("planes 8");
    let second = 10
        + v.stream[10..]
            .windows(2)
            .rposition(|w| w == [0xFF, 0xDA])
            .unwrap();
    let stream = [&v.stream[..second], &[0, 7], &v.stream[second..]].concat();
    assert_eq!(
        sha256(&decode(v.file_of(&stream, false)).unwrap()),
        v.sha256
    );
}

#[test]
fn a_cut_codestream_shows_its_whole_lines_and_zeros() {
    let v = vector("grey 8");
    let whole = decode(v.file_of(&v.stream, false)).unwrap();
    let cut = decode(v.file_of(&v.stream[..v.stream.len() / 2], false)).unwrap();
    assert_eq!(repairs(&cut), ["PIX-102"]);
    let (Stored::U8(whole), Stored::U8(cut)) = (whole.values, cut.values) else {
        panic!("8 bits were allocated");
    };
    let columns = usize::from(v.columns);
    let lines = whole
        .chunks(columns)
        .zip(cut.chunks(columns))
        .take_while(|(a, b)| a == b)
        .count();
    assert!(lines > 2 && lines < usize::from(v.rows));
    assert!(cut[lines * columns..].iter().all(|&s| s == 0));
    // A lost plane is zeros, the others are there.
    let v = vector("planes 8");
    let third = v
        .stream
        .windows(2)
        .rposition(|w| w == [0xFF, 0xDA])
        .unwrap();
    let cut = decode(v.file_of(&v.stream[..third], false)).unwrap();
    assert_eq!(repairs(&cut), ["PIX-102"]);
    let Stored::U8(cut) = cut.values else {
        panic!("8 bits were allocated");
    };
    assert!(cut.chunks(3).all(|p| p[2] == 0) && cut.chunks(3).any(|p| p[0] != 0 && p[1] != 0));
    // Nothing of the first line: one byte behind the first scan header.
    let data = v.stream.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap() + 10;
    let error = decode(v.file_of(&v.stream[..=data], false));
    assert_eq!(error.unwrap_err().code().id, "PIX-004");
}

#[test]
fn what_is_not_decoded_says_so() {
    let v = vector("grey 8");
    let frame = v.stream.windows(2).position(|w| w == [0xFF, 0xF7]).unwrap();
    let scan = v.stream.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
    let cases = [
        (1, 0, "PIX-004"),             // no SOI
        (frame + 1, 0xC3, "PIX-004"),  // another process
        (frame + 4, 17, "PIX-004"),    // bits
        (frame + 11, 0x21, "PIX-008"), // sampling
        (scan + 7, 200, "PIX-004"),    // NEAR
        (scan + 9, 1, "PIX-008"),      // point transform
        (frame + 5, 0x40, "PIX-005"),  // 16 thousand lines
    ];
    for (at, value, code) in cases {
        let mut stream = v.stream.clone();
        stream[at] = value;
        let error = decode(v.file_of(&stream, false)).unwrap_err();
        assert_eq!(error.code().id, code, "byte {at}: {error}");
    }
    // 16 bits of which the attributes allocate 8.
    let wide = vector("grey 16");
    let error = decode(v.file_of(&wide.stream, false)).unwrap_err();
    assert_eq!(error.code().id, "PIX-007");
    // A restart marker out of order.
    let v = vector("restart");
    let mut stream = v.stream.clone();
    let at = stream.windows(2).position(|w| w == [0xFF, 0xD1]).unwrap();
    stream[at + 1] = 0xD5;
    let error = decode(v.file_of(&stream, false)).unwrap_err();
    assert_eq!(error.code().id, "PIX-004");
}
