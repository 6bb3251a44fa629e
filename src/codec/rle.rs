//! RLE Lossless (PS3.5 G): byte planes, most significant first, each run-length coded.

use super::{Decoded, Layout, Photometric, codes, native};
use crate::base::{Error, Limits, Repair, Result};

/// Segments of one frame at most (PS3.5 G.3.1).
const SEGMENTS: usize = 15;

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    let damaged = |what: &'static str| Error::new(&codes::DAMAGED).at("RLE header").expected(what);
    let header: Vec<usize> = bytes
        .get(..64)
        .ok_or_else(|| {
            Error::new(&codes::TOO_SHORT)
                .expected("a 64-byte RLE header")
                .found(bytes.len())
        })?
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&b| u32::from_le_bytes(b) as usize)
        .collect();
    let (&count, offsets) = header.split_first().ok_or_else(|| damaged("16 numbers"))?;
    let one_bit = layout.bits_allocated == 1;
    let planes_a_sample = usize::from(layout.bits_allocated.div_ceil(8));
    let samples = usize::from(layout.samples_per_pixel);
    let expected = planes_a_sample * samples;
    if count > SEGMENTS || count != expected {
        return Err(damaged("a segment for each byte of a pixel")
            .found(format!("{count} segments for {expected}")));
    }
    let pixels = layout.pixels() as usize;
    let plane_bytes = if one_bit { pixels.div_ceil(8) } else { pixels };
    // Little-endian native order: the layout of a native frame by pixel.
    let mut native = vec![0_u8; plane_bytes * expected];
    let mut repairs = Vec::new();
    for segment in 0..count {
        let start = offsets.get(segment).copied().unwrap_or(usize::MAX);
        let end = offsets
            .get(segment + 1)
            .copied()
            .filter(|_| segment + 1 < count)
            .unwrap_or(bytes.len());
        if start < 64 || start > end {
            return Err(damaged("ascending segment offsets").found(format!("{start}..{end}")));
        }
        let packed = bytes
            .get(start..end.min(bytes.len()))
            .ok_or_else(|| damaged("segments inside of the frame").found(start))?;
        let (sample, plane) = (segment / planes_a_sample, segment % planes_a_sample);
        let first = sample * planes_a_sample + (planes_a_sample - 1 - plane);
        let written = unpack(packed, &mut native, first, expected, plane_bytes);
        if written < plane_bytes {
            repairs.push(Repair::new(
                &codes::SHORT_SEGMENT,
                format!("segment {}: {written} of {plane_bytes} bytes", segment + 1),
            ));
        }
    }
    let by_pixel = Layout {
        planar: false,
        // RLE never packs chroma: three whole planes, whatever the attribute says.
        photometric: match layout.photometric {
            Photometric::YbrFull422 | Photometric::YbrPartial422 => Photometric::YbrFull,
            other => other,
        },
        ..layout.clone()
    };
    let mut decoded = native::little(&native, &by_pixel, limits)?;
    if layout.photometric == Photometric::YbrPartial422 {
        decoded.photometric = Photometric::YbrPartial422;
    }
    decoded.repairs.extend(repairs);
    Ok(decoded)
}

/// PackBits into every `step`-th byte from `first`; at most `most` bytes. Gives how many were written.
fn unpack(packed: &[u8], out: &mut [u8], first: usize, step: usize, most: usize) -> usize {
    let mut places = out.iter_mut().skip(first).step_by(step).take(most);
    let (mut at, mut written) = (0, 0);
    while let Some(&control) = packed.get(at) {
        at += 1;
        if control < 128 {
            let literal = packed.get(at..).unwrap_or_default();
            let run = usize::from(control) + 1;
            for &byte in literal.iter().take(run) {
                let Some(place) = places.next() else {
                    return written;
                };
                *place = byte;
                written += 1;
            }
            at += run;
        } else if control > 128 {
            let Some(&byte) = packed.get(at) else { break };
            at += 1;
            for _ in 0..257 - usize::from(control) {
                let Some(place) = places.next() else {
                    return written;
                };
                *place = byte;
                written += 1;
            }
        }
    }
    written
}
