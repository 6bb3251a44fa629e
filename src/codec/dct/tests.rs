//! Numbers that must come out: streams of scripts/oracles/dct.py, whole and damaged.

use super::{Fault, Image, Kind, Note, Samples, decode};

macro_rules! vectors {
    ($($name:ident),*) => {
        $(mod $name {
            pub(super) const JPEG: &[u8] = include_bytes!(concat!("../../../tests/data/dct/", stringify!($name), ".jpg"));
            pub(super) const SAMPLES: &[u8] = include_bytes!(concat!("../../../tests/data/dct/", stringify!($name), ".u16"));
        })*
        const ALL: &[(&str, &[u8], &[u8])] = &[$((stringify!($name), $name::JPEG, $name::SAMPLES)),*];
    };
}

vectors!(
    grey8_restart,
    colour8_444,
    colour8_422_progressive,
    colour8_420_progressive_restart,
    colour8_420_apart,
    grey12,
    grey12_spectral,
    grey12_progressive,
    colour12_420,
    colour12_422
);

const WIDTH: usize = 37;
const HEIGHT: usize = 29;

fn expected(bytes: &[u8]) -> Vec<u16> {
    let each = bytes.as_chunks::<2>().0.iter();
    each.map(|&b| u16::from_le_bytes(b)).collect()
}

fn read(bytes: &[u8]) -> Image {
    decode(bytes, 1 << 20).unwrap()
}

/// As numbers, whatever their type.
fn values(image: &Image) -> Vec<u16> {
    match &image.samples {
        Samples::U8(samples) => samples.iter().map(|&v| v.into()).collect(),
        Samples::U16(samples) => samples.clone(),
    }
}

/// Where the first segment with this marker begins.
fn place(jpeg: &[u8], marker: u8) -> usize {
    jpeg.windows(2).position(|w| w == [0xFF, marker]).unwrap()
}

/// The lines above `line` are as they should be, and the last sample is half of the range.
fn upper_lines(image: &Image, samples: &[u16], line: usize, half: u16) {
    let count = line * WIDTH * image.components;
    let ours = values(image);
    assert_eq!(ours[..count], samples[..count]);
    assert_eq!(ours.last(), Some(&half));
}

#[test]
fn every_kind_of_stream_gives_the_samples_of_outside_decoders() {
    for (name, jpeg, samples) in ALL {
        let image = read(jpeg);
        let count = if name.starts_with("colour") { 3 } else { 1 };
        let shape = (image.width, image.height, image.components);
        assert_eq!(shape, (WIDTH, HEIGHT, count), "{name}");
        assert_eq!(values(&image), expected(samples), "{name}");
        assert_eq!(image.notes, [], "{name}");
    }
}

#[test]
fn a_stream_that_ends_early_is_grey_from_there() {
    let samples = expected(grey12::SAMPLES);
    let data = place(grey12::JPEG, 0xDA) + 10;
    let cut = &grey12::JPEG[..data + (grey12::JPEG.len() - data) / 2];
    let image = read(cut);
    assert_eq!(image.notes, [Note::Cut]);
    upper_lines(&image, &samples, 8, 2048);
    // A sequential stream that lacks its end of image alone lacks nothing.
    let whole = read(&grey12::JPEG[..grey12::JPEG.len() - 2]);
    assert_eq!(values(&whole), samples);
    assert_eq!(whole.notes, []);
    // Of three scans the last is not there.
    let last = colour8_420_apart::JPEG
        .windows(2)
        .rposition(|w| w == [0xFF, 0xDA])
        .unwrap();
    let image = read(&colour8_420_apart::JPEG[..last]);
    assert_eq!(image.notes, [Note::Cut]);
    for (ours, theirs) in values(&image)
        .chunks(3)
        .zip(expected(colour8_420_apart::SAMPLES).chunks(3))
    {
        assert_eq!((&ours[..2], ours[2]), (&theirs[..2], 128));
    }
    // A progressive one is coarse.
    let jpeg = grey12_progressive::JPEG;
    let image = read(&jpeg[..jpeg.len() * 2 / 3]);
    assert_eq!(image.notes, [Note::Cut]);
}

#[test]
fn a_lost_restart_interval_is_grey_and_the_next_in_its_place() {
    let samples = expected(grey8_restart::SAMPLES);
    let jpeg = grey8_restart::JPEG;
    // Intervals are of three blocks, five blocks are a line: the third is blocks 1 to 3 of the second line.
    let (start, end) = (place(jpeg, 0xD1), place(jpeg, 0xD2));
    let image = read(&[&jpeg[..start], &jpeg[end..]].concat());
    assert_eq!(image.notes, [Note::Damaged]);
    for (at, (&ours, &theirs)) in values(&image).iter().zip(&samples).enumerate() {
        let (x, y) = (at % WIDTH / 8, at / WIDTH / 8);
        let lost = y == 1 && (1..4).contains(&x);
        assert_eq!(ours, if lost { 128 } else { theirs }, "{x} {y}");
    }
    // Bits that are no code cost the rest of their interval.
    let mut broken = jpeg.to_vec();
    broken[start + 2..end].fill(0xFE);
    let image = read(&broken);
    assert_eq!(image.notes, [Note::Damaged]);
    assert_eq!(values(&image)[20 * WIDTH..], samples[20 * WIDTH..]);
}

#[test]
fn a_sequential_scan_is_of_all_coefficients_whatever_it_says() {
    let mut jpeg = grey12::JPEG.to_vec();
    let scan = place(&jpeg, 0xDA);
    assert_eq!(jpeg[scan + 7..scan + 10], [0, 63, 0]);
    jpeg[scan + 8] = 0;
    let image = read(&jpeg);
    assert_eq!(values(&image), expected(grey12::SAMPLES));
    assert_eq!(image.notes, [Note::Spectrum]);
}

#[test]
fn lines_may_be_told_after_the_scan() {
    let jpeg = grey12::JPEG;
    let frame = place(jpeg, 0xC1);
    let mut later = jpeg.to_vec();
    later[frame + 5..frame + 7].fill(0);
    let lines = [0xFF, 0xDC, 0, 4, 0, HEIGHT as u8];
    later.splice(jpeg.len() - 2..jpeg.len() - 2, lines);
    let image = read(&later);
    assert_eq!((image.height, image.notes.len()), (HEIGHT, 0));
    assert_eq!(values(&image), expected(grey12::SAMPLES));
}

#[test]
fn components_may_all_have_the_same_identifier() {
    let mut jpeg = colour8_444::JPEG.to_vec();
    let (frame, scan) = (place(&jpeg, 0xC0), place(&jpeg, 0xDA));
    for part in 0..3 {
        jpeg[frame + 10 + 3 * part] = 1;
        jpeg[scan + 5 + 2 * part] = 1;
    }
    assert_eq!(values(&read(&jpeg)), expected(colour8_444::SAMPLES));
}

#[test]
fn what_is_not_decoded_is_named_and_limits_hold() {
    let mut jpeg = grey12::JPEG.to_vec();
    let frame = place(&jpeg, 0xC1);
    let kind = |jpeg: &[u8], most| decode(jpeg, most).unwrap_err().kind;
    let samples = (WIDTH * HEIGHT) as u64;
    assert_eq!(kind(&jpeg, samples - 1), Kind::TooLarge);
    assert!(decode(&jpeg, samples).is_ok());
    for (code, name) in [
        (0xC9, "extended sequential, arithmetic coding"),
        (0xCA, "progressive, arithmetic coding"),
        (0xC5, "hierarchical"),
        (0xC3, "lossless"),
    ] {
        jpeg[frame + 1] = code;
        assert_eq!(kind(&jpeg, 1 << 20), Kind::Process(name));
    }
    jpeg[frame + 1] = 0xC1;
    jpeg[frame + 4] = 16;
    assert!(matches!(kind(&jpeg, 1 << 20), Kind::Header(_)));
    jpeg[frame + 4] = 12;
    let empty = Fault {
        kind: Kind::Empty,
        offset: frame,
    };
    assert_eq!(decode(&jpeg[..frame], 1 << 20), Err(empty));
}

#[test]
fn three_thousand_mutations_end_in_a_picture_or_a_reason() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut pictures = 0;
    for (name, jpeg, _) in ALL {
        for kind in (0..4).cycle().take(300) {
            let mut bytes = jpeg.to_vec();
            if kind != 1 {
                for _ in 0..=random(8) {
                    let at = random(bytes.len());
                    bytes[at] ^= 1 << random(8);
                }
            }
            if kind == 2 {
                let at = random(200);
                bytes[at] = random(256) as u8;
            }
            if kind != 0 {
                bytes.truncate(random(bytes.len()));
            }
            if let Ok(image) = decode(&bytes, 1 << 16) {
                let count = image.width * image.height * image.components;
                assert_eq!(image.samples.len(), count, "{name}");
                assert!(count <= 1 << 16);
                pictures += 1;
            }
        }
    }
    assert!(pictures > 1000, "{pictures}");
}
