//! Gaussian blur of whole planes for the scale space: separable, mirrored at the borders without repeating the border (reflect 101).
//!
//! Strips of columns go through both passes while their rows are in the cache; the inner loops run over 16 neighbours at a time.

/// Columns of a strip.
const STRIP: usize = 1024;
/// Neighbours that are summed at a time.
const LANES: usize = 16;
/// Largest radius that is made.
const MOST_RADIUS: usize = 63;

/// The middle weight and those to one side, for a `sigma` in pixels; radius round(4σ), sum 1.
pub(super) fn half_kernel(sigma: f32) -> Vec<f32> {
    let radius = ((4.0 * sigma).round() as usize).clamp(1, MOST_RADIUS);
    let raw: Vec<f64> = (0..=radius)
        .map(|d| {
            let x = d as f64 / f64::from(sigma);
            libm::exp(-0.5 * x * x)
        })
        .collect();
    let total: f64 = 2.0 * raw.iter().sum::<f64>() - 1.0;
    raw.iter().map(|w| (w / total) as f32).collect()
}

/// The place within 0..n that a place beyond the border stands for.
fn mirrored(at: isize, n: usize) -> usize {
    let last = n as isize - 1;
    if last <= 0 {
        return 0;
    }
    let at = at.rem_euclid(2 * last);
    (if at > last { 2 * last - at } else { at }) as usize
}

/// Blurs `source` (rows × columns) into `out`, which gets the same size.
pub(super) fn blur(
    source: &[f32],
    (columns, rows): (usize, usize),
    sigma: f32,
    out: &mut Vec<f32>,
) {
    // What was there is overwritten.
    out.resize(columns * rows, 0.0);
    if columns == 0 || rows == 0 || source.len() < columns * rows {
        return;
    }
    let half = half_kernel(sigma);
    let radius = half.len() - 1;
    let slots = 2 * radius + 1;
    let mut ring = vec![0.0; slots * (STRIP.min(columns).next_multiple_of(LANES))];
    for left in (0..columns).step_by(STRIP) {
        let width = STRIP.min(columns - left);
        let stride = width.next_multiple_of(LANES);
        for step in 0..rows + 2 * radius {
            // The row that comes into the ring.
            let row = mirrored(step as isize - radius as isize, rows);
            let line = &source[row * columns..(row + 1) * columns];
            let slot = step % slots;
            across(
                line,
                left,
                &half,
                &mut ring[slot * stride..(slot + 1) * stride],
            );
            if step >= 2 * radius {
                let y = step - 2 * radius;
                let target = &mut out[y * columns + left..y * columns + left + width];
                down(&ring, stride, (step - radius) % slots, &half, target);
            }
        }
    }
}

/// A line along the row from column `left` on; `out` is a whole number of lanes, of which the last may reach beyond the line.
fn across(line: &[f32], left: usize, half: &[f32], out: &mut [f32]) {
    let radius = half.len() - 1;
    let mut edge = [0.0_f32; LANES + 2 * MOST_RADIUS];
    for (block, chunk) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let at = left + block * LANES;
        let inside = at
            .checked_sub(radius)
            .and_then(|from| line.get(from..from + LANES + 2 * radius));
        let window = if let Some(window) = inside {
            window
        } else {
            let window = &mut edge[..LANES + 2 * radius];
            for (n, value) in window.iter_mut().enumerate() {
                *value = line[mirrored((at + n) as isize - radius as isize, line.len())];
            }
            &*window
        };
        let mut sums = [0.0_f32; LANES];
        for (sum, value) in sums.iter_mut().zip(&window[radius..radius + LANES]) {
            *sum = half[0] * value;
        }
        for (k, &weight) in half.iter().enumerate().skip(1) {
            let before = &window[radius - k..radius - k + LANES];
            let after = &window[radius + k..radius + k + LANES];
            for ((sum, a), b) in sums.iter_mut().zip(before).zip(after) {
                *sum += weight * (a + b);
            }
        }
        *chunk = sums;
    }
}

/// One line of sums down the columns around the ring's slot `middle`.
fn down(ring: &[f32], stride: usize, middle: usize, half: &[f32], out: &mut [f32]) {
    let slots = 2 * half.len() - 1;
    let mut pairs = [(0_usize, 0_usize); MOST_RADIUS + 1];
    for (k, pair) in pairs.iter_mut().enumerate().take(half.len()) {
        *pair = (
            (middle + slots - k) % slots * stride,
            (middle + k) % slots * stride,
        );
    }
    for (block, chunk) in out.chunks_mut(LANES).enumerate() {
        let at = block * LANES;
        let mut sums = [0.0_f32; LANES];
        let own = &ring[pairs[0].0 + at..][..LANES];
        for (sum, value) in sums.iter_mut().zip(own) {
            *sum = half[0] * value;
        }
        for (&weight, &(above, below)) in half.iter().zip(&pairs).skip(1) {
            let (above, below) = (&ring[above + at..][..LANES], &ring[below + at..][..LANES]);
            for ((sum, a), b) in sums.iter_mut().zip(above).zip(below) {
                *sum += weight * (a + b);
            }
        }
        if let Ok(whole) = <&mut [f32; LANES]>::try_from(&mut *chunk) {
            *whole = sums;
        } else {
            let n = chunk.len();
            chunk.copy_from_slice(&sums[..n]);
        }
    }
}

/// Twice the size: pixel x of the source is pixel 2x, with means between them.
pub(super) fn doubled(source: &[f32], (columns, rows): (usize, usize)) -> Vec<f32> {
    let wide = 2 * columns;
    let mut out = vec![0.0; 4 * columns * rows];
    if columns == 0 {
        return out;
    }
    for (pair, row) in out.chunks_exact_mut(2 * wide).zip(0..rows) {
        let line = &source[row * columns..(row + 1) * columns];
        let below = (row + 1).min(rows - 1) * columns;
        let next = &source[below..below + columns];
        let (first, second) = pair.split_at_mut(wide);
        for x in 0..columns {
            let right = (x + 1).min(columns - 1);
            let (a, b, c, d) = (line[x], line[right], next[x], next[right]);
            first[2 * x] = a;
            first[2 * x + 1] = 0.5 * (a + b);
            second[2 * x] = 0.5 * (a + c);
            second[2 * x + 1] = 0.25 * (a + b + c + d);
        }
    }
    out
}

/// Every second pixel of every second row.
pub(super) fn halved(
    source: &[f32],
    (columns, rows): (usize, usize),
) -> (Vec<f32>, (usize, usize)) {
    let size = (columns / 2, rows / 2);
    let mut out = Vec::with_capacity(size.0 * size.1);
    if columns > 0 {
        for line in source.chunks_exact(columns).step_by(2).take(size.1) {
            out.extend(line.iter().step_by(2).take(size.0));
        }
    }
    (out, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_is_the_sum_that_its_definition_says() {
        for (columns, rows, sigma) in [
            (37, 21, 1.3),
            (1, 9, 2.0),
            (9, 1, 0.7),
            (2, 2, 3.0),
            (1030, 3, 1.0),
        ] {
            let source: Vec<f32> = (0..columns * rows)
                .map(|n| ((n * 7919) % 251) as f32)
                .collect();
            let mut out = Vec::new();
            blur(&source, (columns, rows), sigma, &mut out);
            let half = half_kernel(sigma);
            let r = half.len() as isize - 1;
            for (x, y) in [(0, 0), (columns - 1, rows - 1), (columns / 2, rows / 3)] {
                let mut sum = 0.0_f64;
                for dy in -r..=r {
                    for dx in -r..=r {
                        let (u, v) = (
                            mirrored(x as isize + dx, columns),
                            mirrored(y as isize + dy, rows),
                        );
                        let weight = half[dx.unsigned_abs()] * half[dy.unsigned_abs()];
                        sum += f64::from(weight * source[v * columns + u]);
                    }
                }
                let got = f64::from(out[y * columns + x]);
                assert!(
                    (got - sum).abs() < 1e-2,
                    "{columns} {rows} {x} {y}: {got} {sum}"
                );
            }
        }
    }

    #[test]
    fn sizes_double_and_halve() {
        let twice = doubled(&[0.0, 4.0, 8.0, 16.0], (2, 2));
        assert_eq!(twice[..4], [0.0, 2.0, 4.0, 4.0]);
        assert_eq!(twice[4..8], [4.0, 7.0, 10.0, 10.0]);
        assert_eq!(halved(&twice, (4, 4)), (vec![0.0, 4.0, 8.0, 16.0], (2, 2)));
        assert_eq!(halved(&[], (0, 0)).1, (0, 0));
    }
}
