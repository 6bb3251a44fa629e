//! Overlay planes (60xx,eeee) of an image (PS3.3 C.9.2; bits in Pixel Data: PS3.5 8.1.2): drawings that lie over it, one bit a pixel.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{codes, pixels};
use crate::{
    base::{Limits, Repair},
    codec,
    dicom::Instance,
};

/// The groups in which planes can be: 6000, 6002, … 601E.
const GROUPS: u16 = 16;

/// The planes of one frame by the image itself; see [`chosen`].
pub fn of(instance: &Instance, frame: u32, limits: &Limits) -> (Option<Vec<u8>>, Vec<Repair>) {
    chosen(instance, instance, u16::MAX, frame, limits)
}

/// What a presentation state shows over a frame of an image: planes of the image and planes of its own, a bit for each group, 6000 first.
pub fn by_state(
    image: &Instance,
    (of_image, state, of_state): (u16, &Instance, u16),
    frame: u32,
    limits: &Limits,
) -> (Option<Vec<u8>>, Vec<Repair>) {
    let (mut below, mut repairs) = chosen(image, image, of_image, frame, limits);
    let (above, more) = chosen(state, image, of_state, frame, limits);
    repairs.extend(more);
    if let (Some(below), Some(above)) = (&mut below, &above) {
        for (pixel, &over) in below.iter_mut().zip(above) {
            if over != 0 {
                *pixel = over;
            }
        }
    }
    (below.or(above), repairs)
}

/// The plane of a state that hides pixels of an image (PS3.3 C.7.6.15), not 0 where it does.
pub fn hiding(
    state: &Instance,
    image: &Instance,
    group: u16,
    frame: u32,
    limits: &Limits,
) -> Option<Vec<u8>> {
    let number = group.checked_sub(0x6000)? / 2;
    let groups = 1_u16.checked_shl(number.into())?;
    chosen(state, image, groups, frame, limits).0
}

/// The planes in `groups` of an instance for one frame of an image: rows × columns of the image, 0 where nothing is drawn, else 1 + the
/// plane's number, the last plane on top. `None` where no plane draws on this frame. What could not be used is said.
pub fn chosen(
    instance: &Instance,
    image: &Instance,
    groups: u16,
    frame: u32,
    limits: &Limits,
) -> (Option<Vec<u8>>, Vec<Repair>) {
    let mut repairs = Vec::new();
    if groups == 0 {
        return (None, repairs);
    }
    let Ok((layout, _)) = pixels::layout(image, limits) else {
        return (None, repairs);
    };
    let (rows, columns) = (layout.rows as usize, layout.columns as usize);
    let mut painted: Option<Vec<u8>> = None;
    let mut number = 0_u8;
    for group in (0..GROUPS).map(|n| 0x6000 + 2 * n) {
        let whole = |element| {
            instance
                .number(Tag(group, element))
                .filter(|n| (0.0..=65_535.0).contains(n))
                .map(|n| n as usize)
        };
        let (Some(height), Some(width)) = (whole(0x0010), whole(0x0011)) else {
            continue;
        };
        number += 1;
        if groups >> ((group - 0x6000) / 2) & 1 == 0 {
            continue;
        }
        let data = instance.bytes(Tag(group, 0x3000));
        let size = height as u64 * width as u64;
        let frames = whole(0x0015).unwrap_or(1).max(1);
        let first = whole(0x0051).map(|first| first.max(1) - 1);
        // Image Frame Origin counts from 1. A single plane without one holds for every frame.
        let at = match first {
            None if frames == 1 => 0,
            first => {
                let at = (frame as usize).checked_sub(first.unwrap_or(0));
                match at.filter(|&at| at < frames) {
                    Some(at) => at,
                    None => continue,
                }
            }
        };
        let bits = match data {
            Some(data) if data.len() as u64 * 8 / size.max(1) > at as u64 => {
                let size = height * width;
                bits_of(&data, at * size, size)
            }
            Some(data) => {
                repairs.push(Repair::new(
                    &codes::PLANE_SHORT,
                    format!("({group:04X},3000): {} bytes", data.len()),
                ));
                continue;
            }
            None => match embedded(instance, frame, group, limits) {
                Some(bits) if bits.len() as u64 == size => bits,
                _ => {
                    repairs.push(Repair::new(
                        &codes::PLANE_NONE,
                        format!("({group:04X},xxxx)"),
                    ));
                    continue;
                }
            },
        };
        let painted = painted.get_or_insert_with(|| vec![0; rows * columns]);
        lay(
            painted,
            (rows, columns),
            &bits,
            (height, width),
            origin(instance, group),
            number,
        );
    }
    (painted.filter(|p| p.iter().any(|&v| v != 0)), repairs)
}

/// Overlay Origin (60xx,0050): row and column of the plane's first bit in the image, from 0; may be negative.
fn origin(instance: &Instance, group: u16) -> (i64, i64) {
    match *instance.numbers(Tag(group, 0x0050)) {
        [row, column] => (row as i64 - 1, column as i64 - 1),
        _ => (0, 0),
    }
}

/// `count` bits from bit `from`, the lowest bit of a byte first (PS3.5 8.1.1).
fn bits_of(data: &[u8], from: usize, count: usize) -> Vec<bool> {
    (from..from + count)
        .map(|at| {
            data.get(at / 8)
                .is_some_and(|byte| byte >> (at % 8) & 1 == 1)
        })
        .collect()
}

/// A plane in an unused bit of Pixel Data (retired, but written for decades); native pixels of one sample only.
fn embedded(instance: &Instance, frame: u32, group: u16, limits: &Limits) -> Option<Vec<bool>> {
    let bit = instance.number(Tag(group, 0x0102)).map(|n| n as u32)?;
    let allocated = instance.number(tags::BITS_ALLOCATED)? as u32;
    let plain = codec::entry_of(&instance.transfer_syntax)?.is_plain();
    if !plain || bit >= allocated || !matches!(allocated, 8 | 16) {
        return None;
    }
    let (layout, bytes) = pixels::encoded(instance, frame, limits).ok()?;
    if layout.samples_per_pixel != 1 {
        return None;
    }
    let big =
        ["1.2.840.10008.1.2.2", "1.2.840.113619.5.2"].contains(&instance.transfer_syntax.as_str());
    let size = allocated as usize / 8;
    Some(
        bytes
            .chunks_exact(size)
            .map(|sample| {
                let byte = if big {
                    size - 1 - bit as usize / 8
                } else {
                    bit as usize / 8
                };
                sample.get(byte).is_some_and(|b| b >> (bit % 8) & 1 == 1)
            })
            .collect(),
    )
}

/// Puts a plane's bits where they lie in the image.
fn lay(
    painted: &mut [u8],
    (rows, columns): (usize, usize),
    bits: &[bool],
    (_, width): (usize, usize),
    (top, left): (i64, i64),
    number: u8,
) {
    if width == 0 {
        return;
    }
    for (row, line) in bits.chunks_exact(width).enumerate() {
        let Some(y) = usize::try_from(top + row as i64).ok().filter(|&y| y < rows) else {
            continue;
        };
        let Some(target) = painted.get_mut(y * columns..(y + 1) * columns) else {
            continue;
        };
        for (column, _) in line.iter().enumerate().filter(|(_, drawn)| **drawn) {
            let x = usize::try_from(left + column as i64).ok();
            if let Some(pixel) = x.and_then(|x| target.get_mut(x)) {
                *pixel = number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_lowest_first_and_over_byte_borders() {
        assert_eq!(bits_of(&[0b0000_0110, 0b1], 1, 3), [true, true, false]);
        assert_eq!(bits_of(&[0, 0b11], 7, 4), [false, true, true, false]);
        assert_eq!(bits_of(&[0xFF], 7, 2), [true, false]);
    }

    #[test]
    fn planes_may_reach_beyond_the_image() {
        let mut painted = vec![0; 6];
        lay(&mut painted, (2, 3), &[true; 4], (2, 2), (-1, 2), 1);
        assert_eq!(painted, [0, 0, 1, 0, 0, 0]);
        lay(
            &mut painted,
            (2, 3),
            &[true, false, true, true],
            (2, 2),
            (0, 0),
            2,
        );
        assert_eq!(painted, [2, 0, 1, 2, 2, 0]);
    }
}
