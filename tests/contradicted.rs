//! Pixel data that is not what the transfer syntax says, as archives and old writers leave it: the bits decide, and it is said.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::make::{self, DataSet, Value, encapsulated, native, picture};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource, Result},
    codec::{Decoded, Stored},
    dicom::{Instance, json},
    study::pixels,
};

const JPEG_LS: &str = "1.2.840.10008.1.2.4.80";
const HTJ2K: &str = "1.2.840.10008.1.2.4.201";

fn read(bytes: Vec<u8>) -> Instance {
    let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("made", bytes));
    Instance::read(&source, &Limits::default()).unwrap()
}

fn decode(bytes: Vec<u8>) -> Result<Decoded> {
    pixels::decode(&read(bytes), 0, &Limits::default())
}

fn refused(bytes: Vec<u8>) -> &'static str {
    decode(bytes).unwrap_err().code().id
}

/// The values, and the codes of what was tolerated.
fn seen(bytes: Vec<u8>) -> (Stored, Vec<&'static str>) {
    let decoded = decode(bytes).unwrap();
    let codes = decoded.repairs.iter().map(|r| r.code.id).collect();
    (decoded.values, codes)
}

fn values() -> Vec<u16> {
    (0..192).map(|i| (i * 331 % 65_521) as u16).collect()
}

fn bytes(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn grey() -> DataSet {
    picture(12, 16, 1, 16, "MONOCHROME2")
}

#[test]
fn frames_of_another_codec_are_decoded_as_what_they_are() {
    let of = Stored::U16(values());
    let jpeg = make::lossless(12, 16, 16, &values());
    let [low, high] = [0, 1].map(|at| values().iter().map(|v| v.to_le_bytes()[at]).collect());
    let rle = make::rle(&[high, low]);
    for (name, frame) in [("JPEG", &jpeg), ("RLE", &rle)] {
        for syntax in [JPEG_LS, make::J2K, HTJ2K, make::EXPLICIT, make::IMPLICIT] {
            let file = encapsulated(grey(), vec![frame.clone()]).file(syntax);
            assert_eq!(
                seen(file),
                (of.clone(), vec!["PIX-107"]),
                "{name} as {syntax}"
            );
        }
    }
    // What it says is not asked anew: no repair.
    let right = encapsulated(grey(), vec![rle.clone()]).file(make::RLE);
    assert_eq!(seen(right), (of.clone(), vec![]));
    let baseline = encapsulated(grey(), vec![jpeg.clone()]).file(make::BASELINE);
    assert_eq!(seen(baseline), (of.clone(), vec![]), "one family");
    let j2k = |syntax| {
        let data = picture(33, 40, 1, 8, "MONOCHROME2");
        encapsulated(data, vec![make::GREY8.to_vec()]).file(syntax)
    };
    assert_eq!(seen(j2k(make::J2K)).1, Vec::<&str>::new());
    let (right, (same, codes)) = (seen(j2k(make::J2K)).0, seen(j2k(make::BASELINE)));
    assert_eq!((same, codes), (right, vec!["PIX-107"]));
    // Damaged, and of no other kind: why the named codec refused it.
    let cut = |syntax| encapsulated(grey(), vec![jpeg[..30].to_vec()]).file(syntax);
    assert_eq!(refused(cut(make::LOSSLESS)), "PIX-004");
    assert_eq!(refused(cut(JPEG_LS)), "PIX-004");
    assert_eq!(
        refused(encapsulated(grey(), vec![vec![7; 100]]).file(make::EXPLICIT)),
        "PIX-003"
    );
}

#[test]
fn samples_as_they_are_under_a_compressed_syntax() {
    let of = (Stored::U16(values()), vec!["PIX-107"]);
    for syntax in [JPEG_LS, make::LOSSLESS, make::J2K, make::RLE] {
        let file = native(grey(), bytes(&values())).file(syntax);
        assert_eq!(seen(file), of, "native, {syntax}");
        let file = encapsulated(grey(), vec![bytes(&values())]).file(syntax);
        assert_eq!(seen(file), of, "in a fragment, {syntax}");
    }
    // The two bytes with which JPEG XL may begin are samples here.
    let mut begins = values();
    begins[0] = 0x0AFF;
    let file = native(grey(), bytes(&begins)).file(make::J2K);
    assert_eq!(seen(file), (Stored::U16(begins), vec!["PIX-107"]));
    // Several native frames, of an odd number of bytes each.
    let mut data = picture(3, 3, 1, 8, "MONOCHROME2");
    data.text((0x28, 8), b"IS", "2");
    let file = native(data, (0..18).collect()).file(JPEG_LS);
    let second = pixels::decode(&read(file), 1, &Limits::default()).unwrap();
    assert_eq!(second.values, Stored::U8((9..18).collect()));
}

#[test]
fn a_codestream_without_fragments() {
    let smooth: Vec<u16> = (0..192).map(|i| i / 24).collect();
    let jpeg = make::lossless(12, 16, 16, &smooth);
    let even = [&jpeg[..], &[0][..jpeg.len() % 2]].concat();
    assert!(
        even.len() < 384,
        "{} bytes, fewer than samples take",
        even.len()
    );
    let of = Stored::U16(smooth);
    let file = |syntax| native(grey(), even.clone()).file(syntax);
    assert_eq!(seen(file(make::LOSSLESS)), (of.clone(), vec!["PIX-129"]));
    assert_eq!(seen(file(make::EXPLICIT)), (of, vec!["PIX-107", "PIX-129"]));
    // Noise is longer than its samples.
    let noise = make::lossless(12, 16, 16, &values());
    let noise = [&noise[..], &[0][..noise.len() % 2]].concat();
    assert!(noise.len() > 384);
    for (syntax, codes) in [
        (make::LOSSLESS, vec!["PIX-129"]),
        (make::EXPLICIT, vec!["PIX-107", "PIX-129"]),
    ] {
        let file = native(grey(), noise.clone()).file(syntax);
        assert_eq!(seen(file), (Stored::U16(values()), codes));
    }
    // What is only too short stays that.
    assert_eq!(
        refused(native(grey(), vec![7; 100]).file(make::EXPLICIT)),
        "DCM-009"
    );
    let strict = Limits {
        strict: true,
        ..Limits::default()
    };
    let said = pixels::decode(&read(file(make::LOSSLESS)), 0, &strict).unwrap_err();
    assert_eq!(said.code().id, "IO-003");
}

#[test]
fn twelve_bits_without_a_gap() {
    // 5 × 3 pixels take 22.5 bytes: the second frame begins inside a byte.
    let all: Vec<u16> = (0..30).map(|i| (i * 977 % 4096) as u16).collect();
    let mut packed = vec![0_u8; 45];
    for (at, value) in all.iter().enumerate() {
        for bit in (0..12).filter(|bit| value >> bit & 1 == 1) {
            packed[(at * 12 + bit) / 8] |= 1 << ((at * 12 + bit) % 8);
        }
    }
    packed.push(0);
    let mut data = picture(3, 5, 1, 12, "MONOCHROME2");
    data.text((0x28, 8), b"IS", "2");
    for syntax in [make::EXPLICIT, make::IMPLICIT] {
        let instance = read(native(data.clone(), packed.clone()).file(syntax));
        for (frame, of) in all.chunks(15).enumerate() {
            let decoded = pixels::decode(&instance, frame as u32, &Limits::default()).unwrap();
            assert_eq!(decoded.values, Stored::U16(of.to_vec()), "frame {frame}");
            assert!(decoded.repairs.iter().any(|r| r.code.id == "PIX-128"));
        }
    }
    // Signed, and a bit in which nobody stored anything.
    let mut signed = data.clone();
    signed.us(0x103, 1).us(0x101, 11).us(0x102, 10);
    let (values, _) = seen(native(signed, packed.clone()).file(make::EXPLICIT));
    let eleven = |v: &u16| (*v << 5).cast_signed() >> 5;
    assert_eq!(values, Stored::I16(all[..15].iter().map(eleven).collect()));
    // Words of 16 bits of which 12 are allocated, big-endian, and bits beyond the 12 are contradictions.
    assert_eq!(
        refused(native(data.clone(), vec![0; 60]).file(make::EXPLICIT)),
        "PIX-021"
    );
    let words = native(data.clone(), vec![0; 60]).file(make::EXPLICIT);
    assert_eq!(refused(words[..words.len() - 15].to_vec()), "PIX-021");
    assert_eq!(
        refused(native(data.clone(), packed.clone()).file(make::BIG)),
        "PIX-021"
    );
    data.us(0x102, 12);
    assert_eq!(
        refused(native(data, packed).file(make::EXPLICIT)),
        "PIX-021"
    );
}

/// PS3.5 6.2.2: a UN of undefined length is little-endian also in a big-endian file.
#[test]
fn unknown_sequences_in_big_endian_files() {
    let mut inner = DataSet::default();
    inner.text((8, 0x1155), b"UI", "2.25.77");
    let mut outer = DataSet::default();
    outer
        .put((8, 0x1199), b"SQ", Value::Items(vec![inner]))
        .put(
            (0x18, 0x9087),
            b"FD",
            Value::Bytes(1.5_f64.to_le_bytes().to_vec()),
        )
        .us_at((0x28, 0x10), 7);
    let item = outer.bytes(false, false);
    let mut un = vec![0, 9, 16, 1, b'U', b'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    un.extend([0xFE, 0xFF, 0, 0xE0]);
    un.extend((item.len() as u32).to_le_bytes());
    un.extend(item);
    un.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    let file = native(grey(), vec![5; 384]).file(make::BIG);
    let at = file
        .windows(6)
        .position(|w| w == b"\0\x10\0\x10PN")
        .unwrap();
    let file = [&file[..at], &un, &file[at..]].concat();
    let text = json::dicom_json(&read(file.clone()));
    let item = &text["00091001"]["Value"][0];
    assert_eq!(
        item["00081199"]["Value"][0]["00081155"]["Value"][0], "2.25.77",
        "{text}"
    );
    assert_eq!(item["00280010"]["Value"][0], 7);
    assert_eq!(item["00189087"]["Value"][0], 1.5);
    assert_eq!(seen(file).0, Stored::U16(vec![0x0505; 192]));
}

/// Blanks where the value representation should be, before a short length; and one that no dictionary has yet, before a long one.
#[test]
fn value_representations_that_are_none() {
    let file = native(grey(), bytes(&values())).file(make::EXPLICIT);
    let at = file
        .windows(6)
        .position(|w| w == b"\x28\0\x10\0US")
        .unwrap();
    for name in [b"  ", b"\0\0", b"??"] {
        let mut blank = file.clone();
        blank[at + 4..at + 6].copy_from_slice(name);
        let instance = read(blank);
        let codes: Vec<_> = instance.repairs.iter().map(|r| r.code.id).collect();
        assert_eq!(codes, ["DCM-109"]);
        let decoded = pixels::decode(&instance, 0, &Limits::default()).unwrap();
        assert_eq!(decoded.values, Stored::U16(values()));
    }
    // Before a long length, where such elements have one.
    let mut blank = file.clone();
    let pixel = file
        .windows(6)
        .position(|w| w == b"\xE0\x7F\x10\0OW")
        .unwrap();
    blank[pixel + 4..pixel + 6].fill(0);
    assert_eq!(seen(blank).0, Stored::U16(values()));
    let new = [b"\x27\0\x01\x10ZQ\0\0\x04\0\0\0".as_slice(), &[1, 2, 3, 4]].concat();
    let file = [&file[..at], &new, &file[at..]].concat();
    let text = json::dicom_json(&read(file.clone()));
    assert_eq!(text["00271001"]["vr"], "UN", "{text}");
    assert_eq!(seen(file), (Stored::U16(values()), vec![]));
}

/// (0040,A170) was a code string once: in implicit VR only the dictionary of today calls it a sequence.
#[test]
fn sequences_that_hold_no_items() {
    let mut data = grey();
    data.text((0x40, 0xA170), b"CS", "MANEAL");
    for syntax in [make::IMPLICIT, make::EXPLICIT] {
        let mut file = native(data.clone(), bytes(&values())).file(syntax);
        if let Some(at) = file.windows(6).position(|w| w == b"\x40\0\x70\xA1CS") {
            let long = [&file[..at + 4], b"SQ\0\0\x06\0\0\0", &file[at + 8..]].concat();
            file = long;
        }
        let instance = read(file);
        let codes: Vec<_> = instance.repairs.iter().map(|r| r.code.id).collect();
        assert_eq!(codes, ["DCM-112"], "{syntax}");
        let decoded = pixels::decode(&instance, 0, &Limits::default()).unwrap();
        assert_eq!(decoded.values, Stored::U16(values()));
    }
}

/// A bare data set that happens to have DICM at byte 128.
#[test]
fn a_bare_data_set_with_the_letters_of_a_preamble() {
    let letters = |file: &Vec<u8>| file[128..132] == *b"DICM";
    let file = (0..4)
        .map(|shift| {
            let mut data = grey();
            let text = format!("{}{}", "x".repeat(shift), "DICM".repeat(60));
            data.text((8, 0x1030), b"LO", &text);
            native(data, bytes(&values())).bytes(true, false)
        })
        .find(letters)
        .unwrap();
    let instance = read(file);
    let decoded = pixels::decode(&instance, 0, &Limits::default()).unwrap();
    assert_eq!(decoded.values, Stored::U16(values()));
}
