//! Orientation and 128 numbers of a SIFT key point (Lowe 2004, sections 5 and 6; numbers, order and rounding as OpenCV has them).

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use super::extrema::Octave;

const BINS: usize = 36;
/// Cells of the descriptor along each side, and directions in each.
const CELLS: usize = 4;
const DIRECTIONS: usize = 8;
/// Side of a cell over the key point's scale.
const CELL: f32 = 3.0;
/// A border of one cell to each side, and two directions more, so that no addition asks where it is.
const SIDE: usize = CELLS + 2;
const AROUND: usize = DIRECTIONS + 2;
/// Largest share of one number in the whole.
const CLIP: f32 = 0.2;

/// Scratch space of one picture's key points.
#[derive(Default)]
pub(super) struct Scratch {
    dx: Vec<f32>,
    dy: Vec<f32>,
    weight: Vec<f32>,
    row: Vec<f32>,
    column: Vec<f32>,
    angle: Vec<f32>,
    size: Vec<f32>,
}

impl Scratch {
    fn clear(&mut self) {
        self.dx.clear();
        self.dy.clear();
        self.weight.clear();
        self.row.clear();
        self.column.clear();
    }

    /// Angles in radians 0..2π (from x towards y) and lengths of the gradients; runs on vectors.
    fn polar(&mut self) {
        let n = self.dx.len();
        self.angle.resize(n, 0.0);
        self.size.resize(n, 0.0);
        let all = self.dx.iter().zip(&self.dy);
        for ((&dx, &dy), (angle, size)) in all.zip(self.angle.iter_mut().zip(&mut self.size)) {
            *angle = direction(dy, dx);
            *size = (dx * dx + dy * dy).sqrt();
        }
    }
}

/// The angle of (x, y), radians 0..2π; within 0.00002 (Abramowitz and Stegun 4.4.49).
pub(super) fn direction(y: f32, x: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let (large, small) = if ax > ay { (ax, ay) } else { (ay, ax) };
    let ratio = small / (large + f32::MIN_POSITIVE);
    let s = ratio * ratio;
    let mut angle = ratio
        * (0.999_866 + s * (-0.330_299_5 + s * (0.180_141 + s * (-0.085_133 + s * 0.020_835_1))));
    angle = if ay > ax { FRAC_PI_2 - angle } else { angle };
    angle = if x < 0.0 { PI - angle } else { angle };
    if y < 0.0 { TAU - angle } else { angle }
}

/// exp(-d²·`by`) for d = -radius..=radius about a place that is `off` from the middle one.
fn bell(radius: isize, off: f32, by: f32, out: &mut Vec<f32>) {
    out.clear();
    out.extend((-radius..=radius).map(|d| {
        let d = d as f32 - off;
        libm::expf(-d * d * by)
    }));
}

/// Directions of the gradients around (x, y) of a picture of the octave that stand out, degrees 0..360; `scale` in its pixels.
pub(super) fn orientations(
    octave: &Octave,
    layer: usize,
    (x, y): (f32, f32),
    scale: f32,
    scratch: &mut Scratch,
    out: &mut Vec<f32>,
) {
    out.clear();
    let level = octave.levels[layer].as_slice();
    let (w, h) = (octave.columns as isize, octave.rows as isize);
    let (cx, cy) = (x.round() as isize, y.round() as isize);
    let sigma = 1.5 * scale;
    let radius = ((3.0 * sigma).round() as isize).clamp(1, w.max(h));
    let by = 1.0 / (2.0 * sigma * sigma);
    let mut across = Vec::new();
    let mut down = Vec::new();
    bell(radius, x - cx as f32, by, &mut across);
    bell(radius, y - cy as f32, by, &mut down);
    scratch.clear();
    let (left, right) = ((cx - radius).max(1), (cx + radius).min(w - 2));
    for row in (cy - radius).max(1)..=(cy + radius).min(h - 2) {
        if left > right {
            break;
        }
        gather(level, w, (left, right), row, scratch);
        let share = down[(row - cy + radius) as usize];
        let shares = &across[(left - cx + radius) as usize..=(right - cx + radius) as usize];
        scratch.weight.extend(shares.iter().map(|a| a * share));
    }
    scratch.polar();
    let mut raw = [0.0_f32; BINS];
    for ((&angle, &size), &weight) in scratch.angle.iter().zip(&scratch.size).zip(&scratch.weight) {
        let bin = (angle * (BINS as f32 / TAU) + 0.5) as usize % BINS;
        raw[bin] += weight * size;
    }
    let at = |n: usize, by: isize| raw[(n as isize + by).rem_euclid(BINS as isize) as usize];
    let smooth: [f32; BINS] = std::array::from_fn(|n| {
        (at(n, -2) + at(n, 2)) / 16.0
            + (at(n, -1) + at(n, 1)) * (4.0 / 16.0)
            + at(n, 0) * (6.0 / 16.0)
    });
    let most = smooth.iter().copied().fold(0.0, f32::max);
    for n in 0..BINS {
        let (before, own, after) = (
            smooth[(n + BINS - 1) % BINS],
            smooth[n],
            smooth[(n + 1) % BINS],
        );
        if own > before && own > after && own >= 0.8 * most {
            let shift = 0.5 * (before - after) / (before - 2.0 * own + after);
            let angle = (n as f32 + shift) * (360.0 / BINS as f32);
            out.push(angle.rem_euclid(360.0));
        }
    }
}

/// Central differences of one row from `left` to `right`, to the end of the scratch space.
fn gather(
    level: &[f32],
    w: isize,
    (left, right): (isize, isize),
    row: isize,
    scratch: &mut Scratch,
) {
    let range = |row: isize, shift: isize| {
        let start = row * w + left + shift;
        &level[start as usize..=(start + right - left) as usize]
    };
    let (before, after) = (range(row, -1), range(row, 1));
    scratch
        .dx
        .extend(after.iter().zip(before).map(|(a, b)| a - b));
    let (above, below) = (range(row - 1, 0), range(row + 1, 0));
    scratch
        .dy
        .extend(below.iter().zip(above).map(|(a, b)| a - b));
}

/// The 128 numbers of the surroundings of (x, y), turned by `angle` degrees.
pub(super) fn describe(
    octave: &Octave,
    layer: usize,
    (x, y): (f32, f32),
    scale: f32,
    angle: f32,
    scratch: &mut Scratch,
) -> [u8; CELLS * CELLS * DIRECTIONS] {
    let level = octave.levels[layer].as_slice();
    let (w, h) = (octave.columns as isize, octave.rows as isize);
    let (cx, cy) = (x.round() as isize, y.round() as isize);
    let (fx, fy) = (x - cx as f32, y - cy as f32);
    let cell = CELL * scale;
    let reach = cell * std::f32::consts::SQRT_2 * (CELLS + 1) as f32 * 0.5;
    let diagonal = ((w * w + h * h) as f32).sqrt();
    let radius = reach.min(diagonal).round() as isize;
    let turn = angle.to_radians();
    let (cos, sin) = (libm::cosf(turn) / cell, libm::sinf(turn) / cell);
    let by = 1.0 / (0.5 * (CELLS * CELLS) as f32 * cell * cell);
    let mut across = Vec::new();
    let mut down = Vec::new();
    bell(radius, fx, by, &mut across);
    bell(radius, fy, by, &mut down);
    scratch.clear();
    let middle = CELLS as f32 / 2.0 - 0.5;
    // Within the square: -1 < row < 4 and -1 < column < 4, that is |rotated| < 2.5.
    let bound = middle + 1.0 - 1e-4;
    for row in (cy - radius).max(1)..=(cy + radius).min(h - 2) {
        let i = (row - cy) as f32 - fy;
        // c = j cos + i sin and r = i cos - j sin stay within ±bound for j between these ends.
        let (mut low, mut high) = (-(radius as f32), radius as f32);
        for (slope, offset) in [(cos, i * sin), (-sin, i * cos)] {
            if slope.abs() > 1e-9 {
                let (a, b) = ((-bound - offset) / slope, (bound - offset) / slope);
                low = low.max(a.min(b));
                high = high.min(a.max(b));
            } else if offset.abs() >= bound {
                (low, high) = (1.0, 0.0);
            }
        }
        if low > high {
            continue;
        }
        let left = (cx + (low + fx).ceil() as isize).max(cx - radius).max(1);
        let right = (cx + (high + fx).floor() as isize)
            .min(cx + radius)
            .min(w - 2);
        if left > right {
            continue;
        }
        gather(level, w, (left, right), row, scratch);
        let share = down[(row - cy + radius) as usize];
        let shares = &across[(left - cx + radius) as usize..=(right - cx + radius) as usize];
        scratch.weight.extend(shares.iter().map(|a| a * share));
        let first = (left - cx) as f32 - fx;
        let count = (right - left + 1) as usize;
        scratch
            .column
            .extend((0..count).map(|n| (first + n as f32) * cos + (i * sin + middle)));
        scratch
            .row
            .extend((0..count).map(|n| (i * cos + middle) - (first + n as f32) * sin));
    }
    scratch.polar();
    let mut sums = [0.0_f32; SIDE * SIDE * AROUND];
    let places = scratch.row.iter().zip(&scratch.column);
    let polar = scratch.angle.iter().zip(&scratch.size).zip(&scratch.weight);
    for ((&row, &column), ((&phi, &size), &weight)) in places.zip(polar) {
        let mut direction = (turn - phi) * (DIRECTIONS as f32 / TAU);
        if direction < 0.0 {
            direction += DIRECTIONS as f32;
        }
        let (r, c) = (row + 1.0, column + 1.0);
        let (r0, c0, d0) = (r as usize, c as usize, direction as usize);
        let (r1, c1, d1) = (r - r0 as f32, c - c0 as f32, direction - d0 as f32);
        let at = (r0 * SIDE + c0) * AROUND + d0.min(DIRECTIONS);
        let value = weight * size;
        let (far, near) = (value * r1, value - value * r1);
        let (ff, nf) = (far * c1, near * c1);
        let (fn_, nn) = (far - ff, near - nf);
        let mut put = |at: usize, value: f32| {
            if let Some([a, b]) = sums.get_mut(at..at + 2) {
                let more = value * d1;
                *a += value - more;
                *b += more;
            }
        };
        put(at, nn);
        put(at + AROUND, nf);
        put(at + SIDE * AROUND, fn_);
        put(at + SIDE * AROUND + AROUND, ff);
    }
    let mut numbers = [0.0_f32; CELLS * CELLS * DIRECTIONS];
    for (cell, out) in numbers.chunks_exact_mut(DIRECTIONS).enumerate() {
        let from = ((cell / CELLS + 1) * SIDE + cell % CELLS + 1) * AROUND;
        out.copy_from_slice(&sums[from..from + DIRECTIONS]);
        // Directions go round.
        out[0] += sums[from + DIRECTIONS];
        out[1] += sums[from + DIRECTIONS + 1];
    }
    let length = |numbers: &[f32]| numbers.iter().map(|v| v * v).sum::<f32>().sqrt();
    let most = length(&numbers) * CLIP;
    for number in &mut numbers {
        *number = number.min(most);
    }
    let by = 512.0 / length(&numbers).max(f32::EPSILON);
    // Rounded, as none is negative; 255 at most.
    numbers.map(|v| (v * by + 0.5) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_the_arc_tangent() {
        for n in 0..720 {
            let angle = n as f32 * TAU / 720.0;
            let got = direction(3.0 * angle.sin(), 3.0 * angle.cos());
            let off = (got - angle).abs();
            assert!(off.min(TAU - off) < 3e-5, "{angle} {got}");
        }
        assert!(direction(0.0, 0.0).is_finite());
    }
}
