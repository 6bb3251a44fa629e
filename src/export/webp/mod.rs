//! Lossy WebP: a VP8 key frame (RFC 6386) in a RIFF container, as the quality from 0 to 100 asks.
//!
//! The standard's numbers are in `tables.rs`; the rest is made for this program. What a decoder of the standard shows is what was decided by.

mod bits;
mod frame;
mod predict;
mod tables;
mod tokens;
mod transform;

use self::frame::{Encoder, Plane};

/// Longest side that the format holds.
pub const LONGEST: u32 = 16_383;

/// `rgb` (width × height × 3) as a file; `go_on` hears how much of how much is done, and stops it by false. `None` where it was stopped,
/// where a side is 0 or too long, where the pixels are not as many as that, or where a picture of nearly a hundred million pixels has more
/// detail than a frame can name.
pub fn encode(
    rgb: &[u8],
    width: u32,
    height: u32,
    quality: u8,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Option<Vec<u8>> {
    let sides = 1..=LONGEST;
    let fits = sides.contains(&width) && sides.contains(&height);
    let (w, h) = (width as usize, height as usize);
    if !fits || rgb.len() != w * h * 3 {
        return None;
    }
    let (columns, rows) = (w.div_ceil(16), h.div_ceil(16));
    let planes = planes(rgb, w, h, columns, rows);
    let encoder = Encoder::new(&planes, columns, rows, quantizer(quality));
    let frame = encoder.encode(w, h, go_on)?;
    let padded = frame.len().next_multiple_of(2);
    let mut out = Vec::with_capacity(padded + 20);
    out.extend(b"RIFF");
    out.extend((padded as u32 + 12).to_le_bytes());
    out.extend(b"WEBPVP8 ");
    out.extend((frame.len() as u32).to_le_bytes());
    out.extend(&frame);
    out.resize(padded + 20, 0);
    Some(out)
}

/// The quantizer of a quality: a cubic root, as files of other encoders are known to have it.
fn quantizer(quality: u8) -> usize {
    let part = f64::from(quality.min(100)) / 100.0;
    let linear = if part < 0.75 {
        part * 2.0 / 3.0
    } else {
        2.0 * part - 1.0
    };
    (127.0 * (1.0 - libm::cbrt(linear))).round() as usize
}

/// Y, Cb, Cr as BT.601 of video range, the chroma of four pixels together; beyond the picture its last pixels go on.
#[allow(
    clippy::indexing_slicing,
    reason = "places are clamped into the picture, whose length was compared"
)]
fn planes(rgb: &[u8], width: usize, height: usize, columns: usize, rows: usize) -> [Plane; 3] {
    let pixel = |x: usize, y: usize| {
        let at = (y.min(height - 1) * width + x.min(width - 1)) * 3;
        [rgb[at], rgb[at + 1], rgb[at + 2]].map(i32::from)
    };
    let mut luma = Plane::new(columns * 16, rows * 16);
    for (y, line) in luma.pixels.chunks_exact_mut(columns * 16).enumerate() {
        for (x, value) in line.iter_mut().enumerate() {
            let [r, g, b] = pixel(x, y);
            *value = ((16_839 * r + 33_059 * g + 6_420 * b + (16 << 16) + (1 << 15)) >> 16) as u8;
        }
    }
    let chroma = |weights: [i32; 3]| {
        let mut plane = Plane::new(columns * 8, rows * 8);
        for (y, line) in plane.pixels.chunks_exact_mut(columns * 8).enumerate() {
            for (x, value) in line.iter_mut().enumerate() {
                let four =
                    [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| pixel(2 * x + i, 2 * y + j));
                let sum: i32 = four
                    .iter()
                    .flat_map(|p| p.iter().zip(weights))
                    .map(|(p, w)| p * w)
                    .sum();
                *value = ((sum + (128 << 18) + (1 << 17)) >> 18).clamp(0, 255) as u8;
            }
        }
        plane
    };
    let (blue, red) = (
        chroma([-9_719, -19_081, 28_800]),
        chroma([28_800, -24_116, -4_684]),
    );
    [luma, blue, red]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half noise, half blocks: macroblocks of both kinds.
    fn noisy(width: usize, height: usize) -> Vec<u8> {
        let mut state = 7_u32;
        (0..width * height)
            .flat_map(|at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (x, y) = (at % width, at / width);
                let flat = ((x / 5 * 40 + y / 3 * 25) % 256) as u8;
                [if x * 2 < width {
                    (state >> 24) as u8
                } else {
                    flat
                }; 3]
            })
            .collect()
    }

    fn error(rgb: &[u8], frame: &[u8]) -> f64 {
        let mut file = b"RIFF".to_vec();
        let padded = frame.len().next_multiple_of(2);
        file.extend((padded as u32 + 12).to_le_bytes());
        file.extend(b"WEBPVP8 ");
        file.extend((frame.len() as u32).to_le_bytes());
        file.extend(frame);
        file.resize(padded + 20, 0);
        let shown = image::load_from_memory_with_format(&file, image::ImageFormat::WebP);
        let shown = shown.unwrap().into_rgb8().into_raw();
        let squares = rgb.iter().zip(&shown);
        let squares = squares.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
        squares.sum::<f64>() / rgb.len() as f64
    }

    fn first_partition(frame: &[u8]) -> usize {
        u32::from_le_bytes([frame[0], frame[1], frame[2], 0]) as usize >> 5
    }

    #[test]
    fn a_first_partition_that_is_too_long_is_decided_again_or_refused() {
        let (width, height) = (320, 256);
        let rgb = noisy(width, height);
        let (columns, rows) = (width / 16, height / 16);
        let planes = planes(&rgb, width, height, columns, rows);
        let encoded = |first_below: usize| {
            let encoder = Encoder::new(&planes, columns, rows, quantizer(95));
            let encoder = encoder.with_first_below(first_below);
            encoder.encode(width, height, &mut |done, total| done <= total)
        };
        let free = encoded(1 << 19).unwrap();
        let long = first_partition(&free);
        let pressed = encoded(long).unwrap();
        let short = first_partition(&pressed);
        assert!(short * 2 < long, "{short} of {long}");
        let (best, worse) = (error(&rgb, &free), error(&rgb, &pressed));
        assert!(best < 60.0 && worse < 60.0, "{best} {worse}");
        assert_eq!(encoded(short), None);
        assert!(encoded(short + 1).is_some());
    }
}
