//! A threshold for each pixel: the mean of its neighbourhood, less a constant.

use super::{
    gaussian8,
    lines::{Border, shape},
};

/// Which mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mean {
    /// All pixels of the block alike.
    Plain,
    /// Weighted by a Gauss whose width follows from the block, as in OpenCV.
    Gaussian,
}

/// Sums of the `block` × `block` pixels around each, edges replicated, with a line at a time to `each`. What comes into a sum goes out of
/// it again exactly: `T` is whole, or `f64`.
fn sums<S: Copy, T>(
    picture: &[S],
    (columns, rows): (usize, usize),
    block: usize,
    lift: impl Fn(S) -> T,
    mut each: impl FnMut(usize, &[T]),
) where
    T: Copy + Default + std::ops::AddAssign + std::ops::SubAssign,
{
    let radius = block / 2;
    let line = |at: isize| {
        let row = Border::Replicate.place(at, rows);
        picture
            .get(row * columns..(row + 1) * columns)
            .unwrap_or_default()
    };
    let mut down = vec![T::default(); columns];
    let before = radius as isize;
    for at in -before..before {
        for (sum, &v) in down.iter_mut().zip(line(at)) {
            *sum += lift(v);
        }
    }
    let mut wide = vec![T::default(); columns + 2 * radius];
    let mut across = vec![T::default(); columns];
    for y in 0..rows {
        let y = y as isize;
        for (sum, &v) in down.iter_mut().zip(line(y + before)) {
            *sum += lift(v);
        }
        if let Some(middle) = wide.get_mut(radius..radius + columns) {
            middle.copy_from_slice(&down);
        }
        Border::Replicate.fill(&mut wide, radius);
        let mut sum = T::default();
        for &v in wide.iter().take(block - 1) {
            sum += v;
        }
        let coming = wide.iter().skip(block - 1);
        for ((out, &new), &old) in across.iter_mut().zip(coming).zip(&wide) {
            sum += new;
            *out = sum;
            sum -= old;
        }
        each(y as usize, &across);
        for (sum, &v) in down.iter_mut().zip(line(y - before)) {
            *sum -= lift(v);
        }
    }
}

/// 255 where a level exceeds the mean of its neighbourhood by more than −`c`, else 0; equal to OpenCV's `adaptiveThreshold` with
/// `THRESH_BINARY`. `block`: odd, from 3. Empty where the picture is no rectangle.
pub fn of_levels(levels: &[u8], columns: usize, block: usize, mean: Mean, c: f64) -> Vec<u8> {
    let Some((columns, rows)) = shape(levels.len(), columns) else {
        return vec![];
    };
    let block = block.max(3) | 1;
    let c = libm::ceil(c) as i32;
    let above = |level: u8, mean: i32| if i32::from(level) - mean > -c { 255 } else { 0 };
    let mut out = Vec::with_capacity(levels.len());
    match mean {
        Mean::Plain => {
            let n = (block * block) as u32;
            let scale = 1.0 / f64::from(n);
            sums(
                levels,
                (columns, rows),
                block,
                u32::from,
                |y, sums: &[u32]| {
                    let line = levels.iter().skip(y * columns);
                    // An odd number of pixels: no sum lies in the middle between two means.
                    out.extend(
                        (line.zip(sums))
                            .map(|(&v, &sum)| above(v, (f64::from(sum) * scale + 0.5) as i32)),
                    );
                },
            );
        }
        Mean::Gaussian => gauss(levels, (columns, rows), block, f32::from, |y, means| {
            let line = levels.iter().skip(y * columns);
            out.extend((line.zip(means)).map(|(&v, &mean)| above(v, libm::rintf(mean) as i32)));
        }),
    }
    out
}

/// The same on values: 255 where one is above the mean of its neighbourhood − `c`, nothing rounded. `weights`: 0 for what takes no part in
/// any mean, else 1.
pub fn of_values(
    values: &[f32],
    weights: Option<&[f32]>,
    columns: usize,
    block: usize,
    mean: Mean,
    c: f64,
) -> Vec<u8> {
    let Some(size) = shape(values.len(), columns) else {
        return vec![];
    };
    let block = block.max(3) | 1;
    let means = |picture: &[f32]| {
        let mut all = Vec::with_capacity(picture.len());
        match mean {
            Mean::Plain => sums(picture, size, block, f64::from, |_, line: &[f64]| {
                all.extend_from_slice(line);
            }),
            Mean::Gaussian => gauss(
                picture,
                size,
                block,
                |v| v,
                |_, line| {
                    all.extend(line.iter().map(|&v| f64::from(v)));
                },
            ),
        }
        all
    };
    let found = means(values);
    let total = match mean {
        Mean::Plain => (block * block) as f64,
        Mean::Gaussian => 1.0,
    };
    let totals = weights.map(means);
    let above = |(i, (&value, &sum)): (usize, (&f32, &f64))| {
        let there = totals.as_ref().and_then(|t| t.get(i)).copied();
        let mean = sum / there.unwrap_or(total).max(1e-9);
        if f64::from(value) > mean - c { 255 } else { 0 }
    };
    values.iter().zip(&found).enumerate().map(above).collect()
}

/// The Gaussian means in `f32`, edges replicated, a line at a time.
fn gauss<S: Copy>(
    picture: &[S],
    (columns, rows): (usize, usize),
    block: usize,
    lift: impl Fn(S) -> f32,
    mut each: impl FnMut(usize, &[f32]),
) {
    let weights: Vec<f32> = (gaussian8::weights(block, 0.0).iter())
        .map(|&w| w as f32)
        .collect();
    let radius = block / 2;
    let mut wide = vec![0.0; columns + 2 * radius];
    let mut line_sums = vec![0.0_f32; columns];
    let mut across: Vec<f32> = Vec::with_capacity(picture.len());
    let add = |sums: &mut [f32], line: &[f32], weight: f32| {
        for (sum, v) in sums.iter_mut().zip(line) {
            *sum += v * weight;
        }
    };
    for line in picture.chunks_exact(columns) {
        for (slot, &v) in wide.iter_mut().skip(radius).zip(line) {
            *slot = lift(v);
        }
        Border::Replicate.fill(&mut wide, radius);
        line_sums.fill(0.0);
        for (&weight, shifted) in weights.iter().zip(wide.windows(columns)) {
            add(&mut line_sums, shifted, weight);
        }
        across.extend_from_slice(&line_sums);
    }
    for y in 0..rows {
        line_sums.fill(0.0);
        for (k, &weight) in weights.iter().enumerate() {
            let row = Border::Replicate.place((y + k) as isize - radius as isize, rows);
            let line = across.get(row * columns..).unwrap_or_default();
            add(&mut line_sums, line, weight);
        }
        each(y, &line_sums);
    }
}
