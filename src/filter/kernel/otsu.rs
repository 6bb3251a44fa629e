//! Otsu's threshold (1979): the one between whose two classes the variance is largest.

/// The bin after which the upper class begins, as OpenCV computes it (in double, the first of equals).
fn of_counts(counts: &[u32]) -> usize {
    let total: f64 = counts.iter().map(|&n| f64::from(n)).sum();
    if total == 0.0 {
        return 0;
    }
    let epsilon = f64::from(f32::EPSILON);
    let scale = 1.0 / total;
    let weighted: f64 = (counts.iter().enumerate())
        .map(|(i, &n)| i as f64 * f64::from(n))
        .sum();
    let mean = weighted * scale;
    let (mut below, mut share, mut best, mut place) = (0.0, 0.0, 0.0, 0);
    for (i, &n) in counts.iter().enumerate() {
        let own = f64::from(n) * scale;
        below *= share;
        share += own;
        let rest = 1.0 - share;
        if share.min(rest) < epsilon || share.max(rest) > 1.0 - epsilon {
            continue;
        }
        below = (below + i as f64 * own) / share;
        let above = (mean - share * below) / rest;
        let between = share * rest * (below - above) * (below - above);
        if between > best {
            best = between;
            place = i;
        }
    }
    place
}

/// How often each level is there.
pub fn histogram(levels: &[u8]) -> [u32; 256] {
    // Four tables: a level that comes again and again does not wait for itself.
    let mut parts = [[0_u32; 256]; 4];
    let mut fours = levels.chunks_exact(4);
    for four in &mut fours {
        for (part, &level) in parts.iter_mut().zip(four) {
            if let Some(count) = part.get_mut(usize::from(level)) {
                *count += 1;
            }
        }
    }
    let [mut sum, rest @ ..] = parts;
    for &level in fours.remainder() {
        if let Some(count) = sum.get_mut(usize::from(level)) {
            *count += 1;
        }
    }
    for part in &rest {
        for (sum, count) in sum.iter_mut().zip(part) {
            *sum += count;
        }
    }
    sum
}

/// The threshold of levels: what is above it is the upper class. Equal to OpenCV's `THRESH_OTSU`.
pub fn of_levels(levels: &[u8]) -> u8 {
    of_counts(&histogram(levels)) as u8
}

/// Bins of values that are not whole, or reach further than 16 bits.
const BINS: usize = 1 << 16;

/// The threshold of values: the largest value of the lower class. A bin for each whole number where all values are whole and within a
/// range of 65536 (so equal to OpenCV's on 8 and 16 bits), else 65536 bins of the same width. `None` where there is no finite value.
pub fn of_values(values: impl Iterator<Item = f32> + Clone) -> Option<f32> {
    let values = values.filter(|v| v.is_finite());
    let (low, high) = values
        .clone()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
    if low > high {
        return None;
    }
    let (first, last) = (f64::from(low), f64::from(high));
    let whole = values.clone().all(|v| v == libm::truncf(v));
    let range = last - first;
    if whole && range < BINS as f64 {
        // Levels are counted from 0, as OpenCV does, so that even the rounding of its sums is the same.
        let first = if first >= 0.0 && last < BINS as f64 {
            0.0
        } else {
            first
        };
        let bins = if first == 0.0 && last < 256.0 {
            256
        } else {
            (last - first) as usize + 1
        };
        let mut counts = vec![0_u32; bins];
        for v in values {
            if let Some(n) = counts.get_mut((f64::from(v) - first) as usize) {
                *n += 1;
            }
        }
        return Some((first + of_counts(&counts) as f64) as f32);
    }
    let scale = BINS as f64 / range;
    let bin = |v: f32| (((f64::from(v) - first) * scale) as usize).min(BINS - 1);
    let mut counts = vec![0_u32; BINS];
    for v in values.clone() {
        if let Some(n) = counts.get_mut(bin(v)) {
            *n += 1;
        }
    }
    let place = of_counts(&counts);
    values
        .filter(|&v| bin(v) <= place)
        .reduce(f32::max)
        .or(Some(low))
}
