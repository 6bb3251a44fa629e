//! From planes to interleaved samples of full size.

use super::{
    Image, Sample, Samples,
    header::{Component, Picture},
    idct,
};

/// The picture's samples, of the type of its precision.
pub(super) fn image<T: Sample>(mut picture: Picture, samples: fn(Vec<T>) -> Samples) -> Image {
    if picture.progressive {
        for component in &mut picture.components {
            transform::<T>(component);
        }
    }
    let (width, height) = (picture.width, picture.height);
    let count = picture.components.len();
    let (across, down) = (picture.across, picture.down);
    let full = |component: &mut Component| {
        if (component.across, component.down) == (across, down) {
            cropped(component)
        } else {
            enlarged(component, (across, down), width, height)
        }
    };
    let planes: Vec<Vec<T>> = picture.components.iter_mut().map(full).collect();
    Image {
        width,
        height,
        components: count,
        samples: samples(interleaved(planes)),
        notes: picture.notes,
    }
}

/// Planes → samples of each pixel together.
fn interleaved<T: Sample>(mut planes: Vec<Vec<T>>) -> Vec<T> {
    match planes.as_slice() {
        [_] => planes.pop().unwrap_or_default(),
        [a, b, c] => {
            let mut all = vec![T::default(); 3 * a.len()];
            let pixels = all.as_chunks_mut::<3>().0.iter_mut();
            for (((pixel, &a), &b), &c) in pixels.zip(a).zip(b).zip(c) {
                *pixel = [a, b, c];
            }
            all
        }
        planes => {
            let pixels = planes.first().map_or(0, Vec::len);
            let pixel = |at: usize| {
                planes
                    .iter()
                    .filter_map(move |plane| plane.get(at).copied())
            };
            (0..pixels).flat_map(pixel).collect()
        }
    }
}

/// Coefficients of a progressive picture → samples.
fn transform<T: Sample>(component: &mut Component) {
    let Some(steps) = &component.steps else {
        return;
    };
    let stride = 8 * component.stride;
    let lines = component.coefficients.as_chunks::<64>().0;
    for (eight, blocks) in T::all_mut(&mut component.plane)
        .chunks_exact_mut(8 * stride)
        .zip(lines.chunks_exact(component.stride))
    {
        for (x, block) in blocks.iter().enumerate() {
            let values = if block[1..].iter().all(|&c| c == 0) {
                [[idct::flat(block[0], steps[0]); 8]; 8]
            } else {
                idct::block(block, steps, short(block))
            };
            for (line, values) in eight.chunks_exact_mut(stride).zip(values) {
                if let Some(place) = line.get_mut(8 * x..).and_then(<[T]>::first_chunk_mut) {
                    *place = values;
                }
            }
        }
    }
    component.coefficients = vec![];
}

/// Only the first four rows and columns have coefficients.
fn short(block: &[i16; 64]) -> bool {
    let (upper, lower) = block.split_at(32);
    lower.iter().all(|&c| c == 0) && upper.as_chunks::<8>().0.iter().all(|r| r[4..] == [0; 4])
}

/// The lines of a component that the picture needs of it.
fn rows<T: Sample>(
    component: &Component,
) -> impl DoubleEndedIterator<Item = &[T]> + ExactSizeIterator {
    T::all(&component.plane)
        .chunks_exact(8 * component.stride)
        .take(component.height)
        .map(|line| line.get(..component.width).unwrap_or_default())
}

/// The plane without what whole blocks have too much, in its own memory.
fn cropped<T: Sample>(component: &mut Component) -> Vec<T> {
    let mut plane = T::take(&mut component.plane);
    let (width, stride) = (component.width, 8 * component.stride);
    if width < stride {
        for y in 1..component.height {
            plane.copy_within(y * stride..y * stride + width, y * width);
        }
    }
    plane.truncate(width * component.height);
    plane
}

/// A component with fewer samples than others, to full size: by the triangle filter for twice across, and twice across and down; else
/// each sample again and again. That is what the Independent JPEG Group's decoder does.
fn enlarged<T: Sample>(
    component: &Component,
    (across, down): (usize, usize),
    width: usize,
    height: usize,
) -> Vec<T> {
    let lines: Vec<&[T]> = rows(component).collect();
    let mut out = vec![T::default(); width * height];
    let twice = 2 * component.across == across && component.width > 2;
    let row = |y: usize| -> &[T] {
        lines
            .get(y.min(lines.len() - 1))
            .copied()
            .unwrap_or_default()
    };
    let mut padded = vec![0; component.width + 2];
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        if twice && component.down == down {
            pad(&mut padded, row(y), T::wide);
            triangle::<T, 2, 1, 2>(&padded, out);
        } else if twice && 2 * component.down == down {
            let far = row(if y % 2 == 0 {
                (y / 2).saturating_sub(1)
            } else {
                y / 2 + 1
            });
            let mut far = far.iter().copied();
            // At most 12 bits, so that 16 times the value is within 16 bits.
            pad(&mut padded, row(y / 2), |v| {
                3 * v.wide() + far.next().unwrap_or(v).wide()
            });
            triangle::<T, 4, 8, 7>(&padded, out);
        } else {
            let line = row(y * component.down / down);
            for (x, out) in out.iter_mut().enumerate() {
                let at = x * component.across / across;
                *out = line.get(at).copied().unwrap_or_default();
            }
        }
    }
    out
}

/// A line with its first and last values once more at its ends.
fn pad<T: Copy>(padded: &mut [u16], line: &[T], mut value: impl FnMut(T) -> u16) {
    let [first, middle @ .., last] = padded else {
        return;
    };
    for (place, &v) in middle.iter_mut().zip(line) {
        *place = value(v);
    }
    if let [start, .., end] = middle {
        (*first, *last) = (*start, *end);
    }
}

/// Twice as many samples across: ¾ of the nearer, ¼ of the other neighbour. Values come multiplied by 2^(`SHIFT` - 2); `LEFT` and `RIGHT`
/// are added before rounding down.
fn triangle<T: Sample, const SHIFT: u32, const LEFT: u16, const RIGHT: u16>(
    padded: &[u16],
    out: &mut [T],
) {
    let [before, middle, after] = [0, 1, 2].map(|n| padded.get(n..).unwrap_or_default());
    let left = |v: u16, b: u16| T::of((3 * v + b + LEFT) >> SHIFT);
    let right = |v: u16, a: u16| T::of((3 * v + a + RIGHT) >> SHIFT);
    let (pairs, odd) = out.as_chunks_mut::<2>();
    for (((pair, &b), &v), &a) in pairs.iter_mut().zip(before).zip(middle).zip(after) {
        *pair = [left(v, b), right(v, a)];
    }
    let at = pairs.len();
    if let ([last], Some(&b), Some(&v)) = (odd, before.get(at), middle.get(at)) {
        *last = left(v, b);
    }
}
