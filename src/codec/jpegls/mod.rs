//! JPEG-LS (ITU-T T.87, ISO/IEC 14495-1): a decoder.
//!
//! Lossless and near-lossless, 2 to 16 bits, one to four components in scans of their own or interleaved by line or sample, with preset
//! parameters, mapping tables, restart markers, sizes in LSE or DNL segments. A module of its own: it knows bytes and samples alone.
//!
//! The way of the bytes: `headers` reads marker segments; `bits` takes the stuffed bits out; `scan` goes through the lines; `line` and
//! `pixels` decode them with `state` (contexts, codes, prediction); `mapping` and `colour` come last.

#![allow(
    unreachable_pub,
    reason = "in the shape of a crate of its own, whose doors these are"
)]

mod bits;
mod codes;
mod colour;
mod context;
mod fault;
mod gradients;
mod headers;
mod line;
mod mapping;
mod params;
mod pixels;
mod scan;
mod state;

pub use fault::{Fault, Problem};
pub use headers::Frame;

use colour::Sample;
use gradients::Gradients;
use headers::{Headers, Scan};
use mapping::Mapping;
use params::Params;
use scan::Work;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Samples a line of one component.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Components, one to four.
    pub components: u8,
    /// Bits of a sample.
    pub bits: u8,
    /// The samples, line by line, components interleaved.
    pub samples: Samples,
    /// Some lines lack, as the codestream ends early; their samples are 0.
    pub cut: bool,
    /// A colour transform outside the standard was undone: the samples are red, green and blue.
    pub rgb: bool,
    /// The largest difference that coding may have made to a sample of a scan (NEAR); 0: lossless.
    pub near: u8,
}

/// Samples of up to 8 bits, or of more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "one variant a sample type")]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
}

/// What the codestream says of its picture, before anything is allocated.
///
/// # Errors
/// See [`Problem`].
pub fn frame(bytes: &[u8]) -> Result<Frame, Fault> {
    let mut headers = Headers::new(bytes)?;
    match headers.scan()? {
        Some(_) => Ok(headers.frame),
        None => Err(Fault::header("no scan", bytes.len())),
    }
}

/// Decodes a codestream of at most `most` samples.
///
/// # Errors
/// See [`Problem`]. A codestream that ends early is none: its picture says that it is cut.
pub fn decode(bytes: &[u8], most: u64) -> Result<Image, Fault> {
    let mut headers = Headers::new(bytes)?;
    let Some(first) = headers.scan()? else {
        return Err(Fault::header("no scan", bytes.len()));
    };
    let frame = headers.frame.clone();
    let count = u64::from(frame.width)
        .saturating_mul(u64::from(frame.height))
        .saturating_mul(frame.components.len() as u64);
    let Some(count) = usize::try_from(count).ok().filter(|_| count <= most) else {
        return Err(Fault::new(Problem::TooLarge, first.at));
    };
    let rgb = headers.transform != 0;
    let size = (frame.width as usize, frame.height as usize);
    let (samples, done) = if frame.bits <= 8 {
        let mut samples = vec![0_u8; count];
        let done = scans(bytes, headers, first, size, &mut samples)?;
        (Samples::U8(samples), done)
    } else {
        let mut samples = vec![0_u16; count];
        let done = scans(bytes, headers, first, size, &mut samples)?;
        (Samples::U16(samples), done)
    };
    // What a table maps to is exact, however near the numbers of its lines are.
    let (samples, bits, near) = match done.mapping {
        Some(mapping) => (mapping.apply(&samples)?, mapping.bits, 0),
        None => (samples, frame.bits, done.near),
    };
    Ok(Image {
        width: frame.width,
        height: frame.height,
        components: frame.components.len() as u8,
        bits,
        samples,
        cut: done.cut,
        rgb,
        near,
    })
}

/// What the scans of a picture were.
struct Scanned {
    /// Lines lack.
    cut: bool,
    /// How the samples are mapped.
    mapping: Option<Mapping>,
    /// The largest NEAR of them.
    near: u8,
}

/// Decodes the scans up to the one that completes the picture.
fn scans<S: Sample>(
    bytes: &[u8],
    mut headers: Headers<'_>,
    first: Scan,
    (width, height): (usize, usize),
    samples: &mut [S],
) -> Result<Scanned, Fault> {
    let (depth, components) = (headers.frame.bits, headers.frame.components.len());
    let mut wanting: Vec<usize> = (0..components).collect();
    let mut known: Option<(Params, Gradients)> = None;
    let (mut cut, mut any, mut near) = (false, false, 0);
    let mut next = Some(first);
    while let Some(scan) = next {
        let before = wanting.len();
        wanting.retain(|c| !scan.components.contains(c));
        if before - wanting.len() != scan.components.len() {
            return Err(Fault::header("a component in two scans", scan.at));
        }
        let params = Params::new(depth, scan.near, headers.preset, scan.at)?;
        let mut gradients = match known.take() {
            Some((of, gradients)) if of == params => gradients,
            _ => Gradients::new(&params),
        };
        let work = Work {
            bytes,
            width,
            height,
            components,
            restart: headers.restart as usize,
        };
        let done = scan::decode(&work, &scan, params, &mut gradients, samples)?;
        known = Some((params, gradients));
        cut |= done.lines < height;
        any |= done.lines > 0;
        near = near.max(scan.near);
        headers.resume(done.end);
        next = if wanting.is_empty() {
            None
        } else {
            headers.scan()?
        };
    }
    if !any {
        return Err(Fault::new(Problem::Short, bytes.len()));
    }
    if colour::check(headers.transform, depth, components)? {
        colour::undo(headers.transform, depth, samples);
    }
    let mapping = headers.tables.mapping(components)?;
    Ok(Scanned {
        cut: cut || !wanting.is_empty(),
        mapping,
        near,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// The codestreams of scripts/oracles/jpegls.py and the hashes of their samples.
    fn vectors() -> Vec<(String, Vec<u8>, String)> {
        let all = include_str!("../../../tests/data/jpegls.json");
        let all: serde_json::Value = serde_json::from_str(all).unwrap();
        let each = all.as_array().unwrap().iter().map(|v| {
            let text = |key: &str| v[key].as_str().unwrap().to_owned();
            let digits = text("stream");
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            let stream = (0..digits.len()).step_by(2).map(byte).collect();
            (text("name"), stream, text("sha256"))
        });
        each.collect()
    }

    #[test]
    fn every_vector_is_exact() {
        for (name, stream, sha256) in vectors() {
            let image = decode(&stream, 10_000).unwrap();
            let bytes: Vec<u8> = match image.samples {
                Samples::U8(s) => s,
                Samples::U16(s) => s.into_iter().flat_map(u16::to_le_bytes).collect(),
            };
            let digest = Sha256::digest(&bytes);
            let hex: String = digest
                .iter()
                .fold(String::new(), |s, b| format!("{s}{b:02x}"));
            assert_eq!(hex, sha256, "{name}");
            assert!(!image.cut, "{name}");
            assert_eq!(image.rgb, name.starts_with("colour transform"), "{name}");
        }
    }

    #[test]
    fn limits_are_kept() {
        let (_, stream, _) = vectors().swap_remove(1);
        assert_eq!(decode(&stream, 220).unwrap_err().problem, Problem::TooLarge);
        assert!(decode(&stream, 221).is_ok());
    }

    /// A bounded number of mutations here; the long run is a matter of fuzzing.
    #[test]
    fn damage_is_no_panic() {
        let mut seed = 5_u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize
        };
        let mut kinds = [0; 3];
        for (_, stream, _) in vectors() {
            for _ in 0..200 {
                let mut bytes = stream.clone();
                match random() % 3 {
                    0 => bytes.truncate(random() % bytes.len()),
                    1 => bytes[random() % stream.len()] ^= 1 << (random() % 8),
                    _ => bytes[random() % 60.min(stream.len())] = random() as u8,
                }
                kinds[match decode(&bytes, 10_000) {
                    Ok(Image { cut: false, .. }) => 0,
                    Ok(_) => 1,
                    Err(_) => 2,
                }] += 1;
            }
        }
        assert!(kinds.iter().all(|&n| n > 100), "{kinds:?}");
    }
}
