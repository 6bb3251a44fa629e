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
    let mut planes = vec![0_u8; plane_bytes * expected];
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
        // The order of a native frame: little-endian.
        let (sample, plane) = (segment / planes_a_sample, segment % planes_a_sample);
        let first = sample * planes_a_sample + (planes_a_sample - 1 - plane);
        let plane = planes.get_mut(first * plane_bytes..(first + 1) * plane_bytes);
        let written = unpack(packed, plane.unwrap_or_default());
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
    let mut decoded = native::little(&woven(planes, expected), &by_pixel, limits)?;
    if layout.photometric == Photometric::YbrPartial422 {
        decoded.photometric = Photometric::YbrPartial422;
    }
    decoded.repairs.extend(repairs);
    Ok(decoded)
}

/// Planes one after the other → the bytes of each pixel together.
fn woven(planes: Vec<u8>, count: usize) -> Vec<u8> {
    let length = planes.len() / count.max(1);
    let mut each = planes.chunks_exact(length.max(1));
    let mut next = || each.next().unwrap_or_default();
    let mut out = vec![0; planes.len()];
    match count {
        0 | 1 => return planes,
        // The usual ones, as loops that become vectors.
        2 => {
            for ((pixel, &a), &b) in out.as_chunks_mut().0.iter_mut().zip(next()).zip(next()) {
                *pixel = [a, b];
            }
        }
        3 => {
            let pixels = out.as_chunks_mut().0.iter_mut();
            for (((pixel, &a), &b), &c) in pixels.zip(next()).zip(next()).zip(next()) {
                *pixel = [a, b, c];
            }
        }
        _ => {
            for (plane, values) in each.enumerate() {
                let places = out.iter_mut().skip(plane).step_by(count);
                for (place, &value) in places.zip(values) {
                    *place = value;
                }
            }
        }
    }
    out
}

/// PackBits (PS3.5 G.3). Gives how many bytes were written.
///
/// Most runs are short: up to 16 bytes are written as 16 at once where there is room, and what was too much is written over later.
fn unpack(mut packed: &[u8], out: &mut [u8]) -> usize {
    let most = out.len();
    let mut left = out;
    while let Some((&control, rest)) = packed.split_first() {
        let literal = control < 128;
        let run = match control {
            0..=127 => usize::from(control) + 1,
            128 => {
                packed = rest;
                continue;
            }
            129.. => 257 - usize::from(control),
        };
        let (have, after) = if literal {
            rest.split_at_checked(run).unwrap_or((rest, &[]))
        } else if let Some(one) = rest.split_first_chunk::<1>() {
            (one.0.as_slice(), one.1)
        } else {
            break;
        };
        let written = if literal { have.len() } else { run }.min(left.len());
        match (left.first_chunk_mut::<16>(), rest.first_chunk::<16>()) {
            (Some(places), Some(next)) if run <= 16 => {
                *places = if literal { *next } else { [next[0]; 16] };
            }
            _ if literal => left[..written].copy_from_slice(&have[..written]),
            _ => left[..written].fill(have[0]),
        }
        left = left.split_at_mut(written).1;
        packed = after;
        if left.is_empty() {
            break;
        }
    }
    // What was written too much.
    left.fill(0);
    most - left.len()
}
