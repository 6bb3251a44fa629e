//! Native pixel data (PS3.5 8): 1, 8, 16, 32 and 64 bits, both byte orders, by pixel or by plane.

use super::{Decoded, Layout, Photometric, SampleKind, Stored, codes, pack::pack};
use crate::base::{Error, Limits, Result};

/// Little-endian.
pub(super) fn little(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    decode(bytes, layout, limits, false)
}

/// Big-endian. Single bytes are in the order of the 16-bit words they were packed in only for OW of 8 bits; that is the caller's concern.
pub(super) fn big(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    decode(bytes, layout, limits, true)
}

fn decode(bytes: &[u8], layout: &Layout, _: &Limits, big: bool) -> Result<Decoded> {
    let need = layout.native_frame_bytes();
    let Some(bytes) = usize::try_from(need)
        .ok()
        .and_then(|need| bytes.get(..need))
    else {
        return Err(Error::new(&codes::TOO_SHORT)
            .expected(need)
            .found(bytes.len()));
    };
    let samples = layout.samples() as usize;
    let mut photometric = layout.photometric;
    let values = match (layout.kind, layout.bits_allocated) {
        (SampleKind::Float, 32) => Stored::F32(interleave(
            layout,
            bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&b| {
                    if big {
                        f32::from_be_bytes(b)
                    } else {
                        f32::from_le_bytes(b)
                    }
                })
                .collect(),
        )),
        (SampleKind::Double, 64) => Stored::F64(interleave(
            layout,
            bytes
                .as_chunks::<8>()
                .0
                .iter()
                .map(|&b| {
                    if big {
                        f64::from_be_bytes(b)
                    } else {
                        f64::from_le_bytes(b)
                    }
                })
                .collect(),
        )),
        // The first pixel is the least significant bit (PS3.5 8.1.1).
        (_, 1) => Stored::U8(
            bytes
                .iter()
                .flat_map(|&b| (0..8).map(move |bit| b >> bit & 1))
                .take(samples)
                .collect(),
        ),
        // By far the most common form goes straight from bytes to values.
        (_, 16) if layout.samples_per_pixel == 1 && !big => pack(
            layout,
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&b| u32::from(u16::from_le_bytes(b))),
        ),
        // What fills its bytes is there already.
        (SampleKind::Unsigned, 8)
            if layout.bits_stored == 8
                && (layout.samples_per_pixel == 1 || !layout.planar)
                && need == layout.samples() =>
        {
            Stored::U8(bytes.to_vec())
        }
        (_, bits @ (8 | 16 | 32)) => {
            let containers: Vec<u32> = match bits {
                8 => bytes.iter().map(|&b| u32::from(b)).collect(),
                16 => bytes
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|&b| {
                        u32::from(if big {
                            u16::from_be_bytes(b)
                        } else {
                            u16::from_le_bytes(b)
                        })
                    })
                    .collect(),
                _ => bytes
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|&b| {
                        if big {
                            u32::from_be_bytes(b)
                        } else {
                            u32::from_le_bytes(b)
                        }
                    })
                    .collect(),
            };
            let containers = if matches!(
                layout.photometric,
                Photometric::YbrFull422 | Photometric::YbrPartial422
            ) {
                // The chroma is whole now; a partial range stays one.
                if photometric == Photometric::YbrFull422 {
                    photometric = Photometric::YbrFull;
                }
                spread_422(&containers)
            } else {
                interleave(layout, containers)
            };
            pack(layout, containers.into_iter())
        }
        (_, bits) => {
            return Err(Error::new(&codes::BAD_LAYOUT)
                .at("Bits Allocated")
                .found(bits));
        }
    };
    if values.len() != samples {
        return Err(Error::new(&codes::TOO_SHORT)
            .expected(samples)
            .found(values.len()));
    }
    Ok(layout.decoded(values, photometric, Vec::new()))
}

/// Planes → samples interleaved.
fn interleave<T: Copy>(layout: &Layout, values: Vec<T>) -> Vec<T> {
    let samples = usize::from(layout.samples_per_pixel);
    if !layout.planar || samples < 2 {
        return values;
    }
    let pixels = values.len() / samples;
    (0..pixels)
        .flat_map(|p| (0..samples).map(move |s| (p, s)))
        .filter_map(|(p, s)| values.get(s * pixels + p).copied())
        .collect()
}

/// Y1 Y2 Cb Cr → Y1 Cb Cr, Y2 Cb Cr (PS3.3 C.7.6.3.1.2).
fn spread_422(values: &[u32]) -> Vec<u32> {
    values
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|&[y1, y2, cb, cr]| [y1, cb, cr, y2, cb, cr])
        .collect()
}
