//! Streams of scripts/oracles/jpeg_xl.py, whole, cut, and with attributes that contradict them.

use super::{decode, recompressed, stream};
use crate::{
    base::{Limits, Result},
    codec::{Decoded, Layout, Photometric, SampleKind, codes},
};

macro_rules! vector {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/data/jpeg_xl/", $name, ".jxl")) as &[u8],
            include_bytes!(concat!("../../../tests/data/jpeg_xl/", $name, ".u16")) as &[u8],
        )
    };
}

fn layout(name: &str) -> Layout {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    let bits = if name.starts_with("jpeg") {
        8
    } else {
        digits.parse().unwrap()
    };
    let colour = !name.starts_with("grey");
    Layout {
        rows: 29,
        columns: 37,
        samples_per_pixel: if colour { 3 } else { 1 },
        bits_allocated: if bits > 8 { 16 } else { 8 },
        bits_stored: bits,
        high_bit: bits - 1,
        kind: SampleKind::Unsigned,
        planar: false,
        photometric: if colour {
            Photometric::Rgb
        } else {
            Photometric::Monochrome2
        },
    }
}

/// The largest difference from the samples of the outside decoder.
fn far(decoded: &Decoded, samples: &[u8]) -> i32 {
    let theirs = samples.as_chunks::<2>().0;
    assert_eq!(decoded.values.len(), theirs.len());
    let each = theirs.iter().enumerate().map(|(at, &b)| {
        let ours = decoded.values.get(at).unwrap() as i32;
        (ours - i32::from(u16::from_le_bytes(b))).abs()
    });
    each.max().unwrap()
}

fn code(result: Result<Decoded>) -> &'static str {
    result.unwrap_err().code().id
}

#[test]
fn lossless_is_exact_and_lossy_within_one() {
    let limits = Limits::default();
    for (name, stream, samples) in [
        vector!("grey8"),
        vector!("grey10"),
        vector!("grey12"),
        vector!("grey16"),
        vector!("rgb8"),
    ] {
        let decoded = decode(stream, &layout(name), &limits).unwrap();
        assert_eq!(far(&decoded, samples), 0, "{name}");
        assert_eq!(decoded.repairs, [], "{name}");
    }
    for (name, stream, samples) in [vector!("grey12_lossy"), vector!("rgb8_lossy")] {
        let layout = layout(name);
        let decoded = decode(stream, &layout, &limits).unwrap();
        assert!(far(&decoded, samples) <= 1, "{name}");
        assert_eq!(decoded.photometric, layout.photometric);
    }
}

#[test]
fn colours_are_those_that_the_decoder_gives() {
    let limits = Limits::default();
    let (name, stream, samples) = vector!("jpeg422");
    let ycbcr = Layout {
        photometric: Photometric::YbrFull422,
        ..layout(name)
    };
    for decoded in [
        recompressed(stream, &ycbcr, &limits).unwrap(),
        decode(stream, &ycbcr, &limits).unwrap(),
    ] {
        assert!(far(&decoded, samples) <= 1);
        assert_eq!(decoded.photometric, Photometric::Rgb);
    }
    // Lossless planes are what the attribute says; lossy ones went through XYB.
    let ycbcr = Layout {
        photometric: Photometric::YbrFull,
        ..layout("rgb8")
    };
    let decoded = decode(vector!("rgb8").1, &ycbcr, &limits).unwrap();
    assert_eq!(decoded.photometric, Photometric::YbrFull);
    let decoded = decode(vector!("rgb8_lossy").1, &ycbcr, &limits).unwrap();
    assert_eq!(decoded.photometric, Photometric::Rgb);
}

#[test]
fn sizes_are_believed_as_far_as_elsewhere() {
    let limits = Limits::default();
    let (name, stream, samples) = vector!("grey10");
    let wrong = |rows, columns, samples_per_pixel, bits_allocated| Layout {
        rows,
        columns,
        samples_per_pixel,
        bits_allocated,
        ..layout(name)
    };
    let decoded = decode(stream, &wrong(37, 29, 1, 16), &limits).unwrap();
    assert_eq!((decoded.rows, decoded.columns), (29, 37));
    assert_eq!(decoded.repairs[0].code.id, codes::SIZE.id);
    assert_eq!(far(&decoded, samples), 0);
    assert_eq!(
        code(decode(stream, &wrong(10, 10, 1, 16), &limits)),
        codes::SIZE_DIFFERS.id
    );
    assert_eq!(
        code(decode(stream, &wrong(29, 37, 3, 16), &limits)),
        codes::SIZE_DIFFERS.id
    );
    assert_eq!(
        code(decode(stream, &wrong(29, 37, 1, 8), &limits)),
        codes::BAD_LAYOUT.id
    );
}

#[test]
fn values_beyond_bits_stored_are_white_not_black() {
    let (name, stream, samples) = vector!("grey12");
    let narrow = Layout {
        bits_stored: 10,
        high_bit: 9,
        ..layout(name)
    };
    let decoded = decode(stream, &narrow, &Limits::default()).unwrap();
    let most = samples.as_chunks::<2>().0.iter().enumerate();
    let mut beyond = 0;
    for (at, &b) in most {
        let value = f64::from(u16::from_le_bytes(b));
        assert_eq!(decoded.values.get(at), Some(value.min(1023.0)));
        beyond += usize::from(value > 1023.0);
    }
    assert!(beyond > 0);
}

#[test]
fn damage_is_told() {
    let limits = Limits::default();
    let (name, stream, _) = vector!("grey12_lossy");
    let layout = layout(name);
    for length in [0, 1, 5] {
        assert_eq!(
            code(decode(&stream[..length], &layout, &limits)),
            codes::DAMAGED.id
        );
    }
    let cut = decode(&stream[..stream.len() - 20], &layout, &limits).unwrap();
    assert_eq!(cut.repairs[0].code.id, codes::CUT.id);
    assert_eq!(
        code(decode(&[0xFF; 100], &layout, &limits)),
        codes::DAMAGED.id
    );
    // A bare codestream that claims 2^30 lines and columns.
    let huge = [
        0xFF, 0x0A, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ];
    assert!(
        [codes::DAMAGED.id, codes::SIZE_DIFFERS.id]
            .contains(&code(decode(&huge, &layout, &limits)))
    );
}

/// Found by fuzzing: a stream that ends within a frame that is not shown. The decoder was asked for what it had of it, and went out of bounds.
#[test]
fn a_stream_that_ends_before_its_picture_is_cut() {
    #[rustfmt::skip]
    let bytes: &[u8] = &[0xff, 0x0a, 0x00, 0x2c, 0x61, 0x9f, 0x61, 0x9f, 0x80, 0x00, 0x28, 0xb6, 0x00, 0x00, 0xb6, 0xb6, 0xb6, 0x01, 0x00, 0x00, 0x00, 0x3a, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x00, 0x00, 0x0c, 0x6a, 0xf1, 0x34, 0xf7, 0xf9, 0x35, 0x36, 0xb6, 0xb6, 0xb6, 0xb6, 0xb6, 0xb6, 0xb6, 0xbe, 0xb5, 0xb6, 0xb6, 0x25, 0x4a, 0x49, 0x49, 0x49, 0x49, 0x49, 0x00, 0x00, 0x00, 0x28, 0x00, 0x49, 0x9d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0x6f, 0x0a, 0x6f, 0x6f, 0x00];
    let header = stream::header(bytes).unwrap();
    let decoded = stream::decode(bytes, &header);
    assert!(
        decoded.is_err()
            || decoded.is_ok_and(|(samples, cut)| cut
                && samples.len() == header.width * header.height * header.components)
    );
}
