//! Numbers that must come out: streams of scripts/oracles/jpeg_lossless.py as libjpeg-turbo reads them, whole and damaged.

use super::{Fault, Image, Kind, Note, decode};

const WIDTH: usize = 17;
const HEIGHT: usize = 13;

struct Case {
    name: String,
    components: usize,
    stream: Vec<u8>,
    samples: Vec<u16>,
}

fn cases() -> Vec<Case> {
    let all: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/data/jpeg_lossless.json")).unwrap();
    let byte = |digits: &str, at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let case = |one: &serde_json::Value| {
        let digits = one["stream"].as_str().unwrap();
        let numbers = one["samples"].as_array().unwrap().iter();
        Case {
            name: one["name"].as_str().unwrap().to_owned(),
            components: one["components"].as_u64().unwrap() as usize,
            stream: (0..digits.len())
                .step_by(2)
                .map(|at| byte(digits, at))
                .collect(),
            samples: numbers.map(|n| n.as_u64().unwrap() as u16).collect(),
        }
    };
    all.as_array().unwrap().iter().map(case).collect()
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

fn read(bytes: &[u8]) -> Image {
    decode(bytes, 1 << 20).unwrap()
}

fn kind(bytes: &[u8]) -> Kind {
    let Fault { kind, .. } = decode(bytes, 1 << 20).unwrap_err();
    kind
}

/// Where the first segment with this marker begins.
fn place(jpeg: &[u8], marker: u8) -> usize {
    jpeg.windows(2).position(|w| w == [0xFF, marker]).unwrap()
}

#[test]
fn every_kind_of_stream_gives_the_samples_of_an_outside_decoder() {
    let all = cases();
    assert_eq!(all.len(), 29);
    for case in all {
        let image = read(&case.stream);
        let shape = (image.width, image.height, image.components);
        assert_eq!(shape, (WIDTH, HEIGHT, case.components), "{}", case.name);
        assert_eq!(image.samples, case.samples, "{}", case.name);
        assert_eq!(image.notes, [], "{}", case.name);
    }
}

#[test]
fn damage_costs_the_rest_of_its_interval() {
    let Case {
        stream, samples, ..
    } = case("grey12_4_restart");
    // Intervals of three lines; the second is lost with its marker.
    let (start, end) = (place(&stream, 0xD0), place(&stream, 0xD1));
    let lost = [&stream[..start], &stream[end..]].concat();
    let image = read(&lost);
    assert_eq!(image.notes, [Note::Damaged]);
    let line = |n: usize| n * WIDTH;
    assert_eq!(image.samples[..line(3)], samples[..line(3)]);
    assert!(image.samples[line(3)..line(6)].iter().all(|&v| v == 2048));
    assert_eq!(image.samples[line(6)..], samples[line(6)..]);
    // Bits that are no code.
    let mut broken = stream.clone();
    broken[start + 20..end].fill(0xFE);
    let image = read(&broken);
    assert_eq!(image.notes, [Note::Damaged]);
    assert_eq!(image.samples[..line(3)], samples[..line(3)]);
    assert_eq!(image.samples[line(5)..line(6)], [2048; WIDTH]);
    assert_eq!(image.samples[line(6)..], samples[line(6)..]);
    // It ends early: whole lines are kept. Without its end of image alone it lacks nothing.
    let Case {
        stream, samples, ..
    } = case("grey12_7_shift");
    let image = read(&stream[..stream.len() - 40]);
    assert_eq!(image.notes, [Note::Cut]);
    let kept = image
        .samples
        .iter()
        .zip(&samples)
        .take_while(|(a, b)| a == b);
    assert!((line(8)..line(13)).contains(&kept.count()));
    assert_eq!(image.samples.last(), Some(&2048));
    let image = read(&stream[..stream.len() - 2]);
    assert_eq!((image.samples, image.notes), (samples, vec![]));
    // Of three scans the last is not there.
    let Case {
        stream, samples, ..
    } = case("colour8_apart");
    let last = stream.windows(2).rposition(|w| w == [0xFF, 0xDA]).unwrap();
    let image = read(&stream[..last]);
    assert_eq!(image.notes, [Note::Cut]);
    for (ours, theirs) in image.samples.chunks(3).zip(samples.chunks(3)) {
        assert_eq!((&ours[..2], ours[2]), (&theirs[..2], 128));
    }
}

#[test]
fn what_is_not_decoded_is_named_and_limits_hold() {
    let Case {
        stream, samples, ..
    } = case("grey12_1_restart");
    let most = samples.len() as u64;
    assert!(decode(&stream, most).is_ok());
    assert_eq!(decode(&stream, most - 1).unwrap_err().kind, Kind::TooLarge);
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = stream.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let (frame, restart, scan) = (
        place(&stream, 0xC3),
        place(&stream, 0xDD),
        place(&stream, 0xDA),
    );
    let within = Kind::Process("lossless, restarts within a line");
    assert_eq!(kind(&with(restart + 4, &[0, 20])), within);
    for (bytes, what) in [
        (
            with(frame + 4, &[17]),
            "a precision that is not 2 to 16 bits",
        ),
        (with(scan + 7, &[8]), "an impossible prediction"),
        (with(scan + 9, &[12]), "an impossible prediction"),
        (with(scan + 5, &[9]), "a scan of an unknown component"),
        (with(scan + 6, &[0x30]), "a scan without its Huffman table"),
        (stream[1..].to_vec(), "no start of image"),
    ] {
        assert_eq!(kind(&bytes), Kind::Header(what));
    }
    assert_eq!(kind(&stream[..scan]), Kind::Empty);
    let colour = case("colour8").stream;
    let mut sampled = colour.clone();
    sampled[place(&colour, 0xC3) + 11] = 0x21;
    let factors = Kind::Process("lossless, components by sampling factors");
    assert_eq!(kind(&sampled), factors);
}

#[test]
fn lines_may_be_told_after_the_scan_and_identifiers_be_the_same() {
    let Case {
        mut stream,
        samples,
        ..
    } = case("grey16_5");
    let frame = place(&stream, 0xC3);
    stream[frame + 5..frame + 7].fill(0);
    let end = stream.len() - 2;
    stream.splice(end..end, [0xFF, 0xDC, 0, 4, 0, HEIGHT as u8]);
    assert_eq!(read(&stream).samples, samples);
    let Case {
        mut stream,
        samples,
        ..
    } = case("colour8_4_restart");
    let (frame, scan) = (place(&stream, 0xC3), place(&stream, 0xDA));
    for part in 0..3 {
        stream[frame + 10 + 3 * part] = 1;
        stream[scan + 5 + 2 * part] = 1;
    }
    assert_eq!(read(&stream).samples, samples);
}
