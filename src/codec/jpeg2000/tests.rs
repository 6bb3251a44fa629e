//! The streams of scripts/oracles/jpeg2000.py: pictures that are formulas, or what OpenJPEG makes of a stream.

use super::{Fault, Image, Options, decode};

macro_rules! stream {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/j2k/", $name)).as_slice()
    };
}

const PLANES: &[u8] = include_bytes!("../../../tests/data/planes.j2k");
const ALL: Options = Options {
    max_samples: 1 << 20,
    discard: 0,
};

fn picture(component: usize, x: usize, y: usize) -> i32 {
    let v = match component {
        0 => 9 * x,
        1 => 11 * y,
        _ => 5 * (x + y),
    };
    (v % 256) as i32
}

fn grey(x: usize, y: usize) -> i32 {
    ((7 * x + 13 * y) % 256) as i32
}

fn plane(value: impl Fn(usize, usize) -> i32) -> Vec<i32> {
    (0..40 * 33).map(|i| value(i % 40, i / 40)).collect()
}

fn whole(stream: &[u8]) -> Image {
    let image = decode(stream, &ALL).unwrap();
    assert!(!image.truncated);
    assert_eq!((image.width, image.height), (40, 33));
    image
}

/// All components' samples, plane by plane.
fn samples(image: &Image) -> Vec<i32> {
    let all = 0..image.components.len();
    all.flat_map(|i| image.plane(i)).collect()
}

fn near(image: &Image, reference: &[u8], most: i32) {
    let ours = samples(image);
    assert_eq!(ours.len(), reference.len());
    for (i, (a, &b)) in ours.iter().zip(reference).enumerate() {
        assert!((a - i32::from(b)).abs() <= most, "sample {i}: {a}, {b}");
    }
}

#[test]
fn reversible_streams_are_exact() {
    for (name, stream) in [
        ("ht_grey8", stream!("ht_grey8.j2k")),
        ("ht_tiles", stream!("ht_tiles.j2k")),
        ("styles", stream!("styles.j2k")),
        ("region", stream!("region.j2k")),
    ] {
        let image = whole(stream);
        assert_eq!(image.plane(0), plane(grey), "{name}");
        assert!(!image.transformed);
    }
    for (name, stream) in [
        ("ht_rgb", stream!("ht_rgb.j2k")),
        ("lrcp", stream!("lrcp.j2k")),
        ("rlcp", stream!("rlcp.j2k")),
        ("pcrl", stream!("pcrl.j2k")),
        ("cprl", stream!("cprl.j2k")),
        ("changes", stream!("changes.j2k")),
        ("ppm", stream!("ppm.j2k")),
        ("ppt", stream!("ppt.j2k")),
    ] {
        let image = whole(stream);
        assert!(image.transformed);
        for i in 0..3 {
            assert_eq!(image.plane(i), plane(|x, y| picture(i, x, y)), "{name}");
        }
    }
    let image = whole(stream!("signed16.j2k"));
    let c = &image.components[0];
    assert_eq!((c.precision, c.signed), (16, true));
    assert_eq!(
        image.plane(0),
        plane(|x, y| 300 * x as i32 - 1000 + 17 * y as i32)
    );
}

#[test]
fn irreversible_streams_are_within_one() {
    near(&whole(stream!("ht_lossy.j2k")), stream!("ht_lossy.bin"), 1);
    near(&whole(stream!("lossy.j2k")), stream!("lossy.bin"), 1);
}

#[test]
fn refinement_passes_and_placeholders() {
    let refined = whole(stream!("ht_refined.j2k"));
    near(&refined, stream!("ht_refined.bin"), 0);
    let placeholders = whole(stream!("ht_placeholders.j2k"));
    near(&placeholders, stream!("ht_refined.bin"), 0);
}

#[test]
fn lower_resolutions() {
    let at = |stream, discard| decode(stream, &Options { discard, ..ALL }).unwrap();
    let half = at(stream!("ht_grey8.j2k"), 1);
    assert_eq!((half.width, half.height), (20, 17));
    near(&half, stream!("ht_grey8_half.bin"), 0);
    // With an offset of (3, 5): columns 3 to 42 and rows 5 to 37, of which every fourth.
    let quarter = at(stream!("styles.j2k"), 2);
    assert_eq!((quarter.width, quarter.height), (10, 8));
    // No more than there are.
    let least = at(stream!("ht_grey8.j2k"), 200);
    assert_eq!(least.width, 2);
    let small = Options {
        max_samples: 400,
        discard: 1,
    };
    assert!(decode(stream!("ht_grey8.j2k"), &small).is_ok());
    let smaller = Options {
        max_samples: 339,
        ..small
    };
    assert_eq!(
        decode(stream!("ht_grey8.j2k"), &smaller).unwrap_err(),
        Fault::TooLarge
    );
}

#[test]
fn components_keep_their_own_range() {
    // The second component of 7 bits: half the range is 64, and it ends at 127. The third signed.
    let mut stream = PLANES.to_vec();
    stream[45] = 6;
    stream[48] = 0x87;
    let image = whole(&stream);
    assert_eq!(image.plane(0), plane(|x, y| picture(0, x, y)));
    let second = plane(|x, y| (picture(1, x, y) - 64).clamp(0, 127));
    assert_eq!(image.plane(1), second);
    assert_eq!(image.plane(2), plane(|x, y| picture(2, x, y) - 128));
}

#[test]
fn cut_streams_are_shown_and_flagged() {
    for stream in [
        stream!("ht_tiles.j2k"),
        stream!("styles.j2k"),
        stream!("ppt.j2k"),
    ] {
        let mut shown = 0;
        // The end marker may lack.
        for length in 0..stream.len() - 2 {
            if let Ok(image) = decode(&stream[..length], &ALL) {
                assert!(image.truncated, "{length}");
                shown += 1;
            }
        }
        assert!(shown > stream.len() / 2);
        assert!(!decode(&stream[..stream.len() - 2], &ALL).unwrap().truncated);
    }
    // Of a third less, most is there, and some exactly.
    let stream = stream!("styles.j2k");
    let image = decode(&stream[..stream.len() * 2 / 3], &ALL).unwrap();
    let expected = plane(grey);
    let same = image
        .plane(0)
        .iter()
        .zip(&expected)
        .filter(|(a, b)| a == b)
        .count();
    assert!(same > 400 && same < 1200, "{same}");
}

#[test]
fn what_is_not_decoded_is_named() {
    let named = |stream: &[u8]| match decode(stream, &ALL) {
        Err(Fault::Unsupported(what)) => what,
        other => panic!("{other:?}"),
    };
    let grey = stream!("ht_grey8.j2k");
    let find = |marker: u8| grey.windows(2).position(|w| w == [0xFF, marker]).unwrap();
    // The block style in COD: HT and others mixed.
    let mut mixed = grey.to_vec();
    mixed[find(0x52) + 12] |= 0x80;
    assert_eq!(named(&mixed), "HT and other blocks mixed");
    // CAP: several HT sets.
    let mut sets = grey.to_vec();
    sets[find(0x50) + 8] |= 0x20;
    assert_eq!(named(&sets), "several HT sets a block");
    // A marker of Part 2 in front of COD.
    let mut part2 = grey.to_vec();
    part2.splice(find(0x52)..find(0x52), [0xFF, 0x75, 0, 3, 0]);
    assert_eq!(named(&part2), "a transform of Part 2");
}

#[test]
fn no_byte_leads_astray() {
    let streams = [
        stream!("ht_tiles.j2k"),
        stream!("ht_refined.j2k"),
        stream!("styles.j2k"),
        stream!("changes.j2k"),
        stream!("ppm.j2k"),
    ];
    let small = Options {
        max_samples: 1 << 14,
        discard: 0,
    };
    for stream in streams {
        for at in (0..160).chain((160..stream.len()).step_by(7)) {
            let values: &[u8] = if at < 160 { &[0, 0x7F, 0xFF] } else { &[0xFF] };
            for &value in values {
                let mut damaged = stream.to_vec();
                damaged[at] = value;
                if let Ok(image) = decode(&damaged, &small) {
                    assert!(samples(&image).len() <= 1 << 14);
                }
            }
        }
    }
}
