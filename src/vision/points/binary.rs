//! The binary key points: FAST corners of eight sizes, turned by their centroid, described by 256 comparisons (as ORB: Rublee et al. 2011).
//!
//! The pairs that are compared were not learned: they are drawn from a normal distribution by a fixed seed, as in BRIEF (Calonder et al. 2010).

use super::{
    Descriptors, KeyPoint, Levels, Points, Settings, ask, blur,
    fast::{Corner, corners},
};
use crate::{
    base::{Error, Limits, Monitor, Result},
    vision::register::{codes, random::Random},
};

/// Sizes, each smaller than the one before by this factor.
const SIZES: usize = 8;
const FACTOR: f64 = 1.2;
/// Radius of the patch whose centroid gives the direction.
const RADIUS: isize = 15;
/// Farthest that a compared place is from the middle, along an axis; turned, it stays within the border.
const REACH: f64 = 13.0;
const BORDER: usize = 20;
/// Spread of the compared places, pixels.
const SPREAD: f64 = 31.0 / 5.0;
/// Blur of what is compared.
const SIGMA: f32 = 2.0;
const BITS: usize = 256;

struct Found {
    point: KeyPoint,
    bits: [u64; 4],
}

pub(super) fn find(levels: &Levels, settings: &Settings, monitor: &dyn Monitor) -> Result<Points> {
    let (columns, rows) = levels.size();
    // The picture, its blurred twin, and the next size.
    let bytes = levels.values().len().saturating_mul(12);
    if bytes > settings.memory_bytes {
        return Err(Error::new(&codes::TOO_LARGE)
            .expected(Limits::at_most("memory_bytes", settings.memory_bytes))
            .found(bytes));
    }
    let pattern = pattern();
    let mut found: Vec<Found> = Vec::new();
    let mut size = (columns, rows);
    let mut current = levels.values().to_vec();
    let mut smooth = Vec::new();
    for number in 0..SIZES {
        ask(monitor, number as u64, SIZES as u64)?;
        if size.0.min(size.1) <= 2 * BORDER {
            break;
        }
        let mut here = corners(&current, size, BORDER, settings.fast);
        here.sort_by(|a, b| b.response.total_cmp(&a.response));
        here.truncate(share(settings.most, number));
        ask(monitor, number as u64, SIZES as u64)?;
        blur::blur(&current, size, SIGMA, &mut smooth);
        let unit = (columns as f64 / size.0 as f64, rows as f64 / size.1 as f64);
        for corner in &here {
            found.push(described(&current, &smooth, size.0, corner, unit, &pattern));
        }
        (current, size) = smaller(&current, size);
    }
    found.sort_by(|a, b| {
        let (p, q) = (&a.point, &b.point);
        (q.response.total_cmp(&p.response))
            .then(p.y.total_cmp(&q.y))
            .then(p.x.total_cmp(&q.x))
            .then(p.size.total_cmp(&q.size))
    });
    found.truncate(settings.most);
    Ok(Points {
        points: found.iter().map(|f| f.point).collect(),
        descriptors: Descriptors::Binary(found.into_iter().map(|f| f.bits).collect()),
    })
}

/// How many of `most` a size gets: fewer the smaller it is.
fn share(most: usize, number: usize) -> usize {
    let f = 1.0 / FACTOR;
    let first = most as f64 * (1.0 - f) / (1.0 - libm::pow(f, SIZES as f64));
    (first * libm::pow(f, number as f64)).ceil() as usize
}

fn described(
    sharp: &[f32],
    smooth: &[f32],
    columns: usize,
    corner: &Corner,
    unit: (f64, f64),
    pattern: &[[f32; 4]],
) -> Found {
    let at = (corner.y * columns + corner.x) as isize;
    let w = columns as isize;
    let (mut mx, mut my) = (0.0_f32, 0.0_f32);
    for dy in -RADIUS..=RADIUS {
        let half = f64::from((RADIUS * RADIUS - dy * dy) as i32).sqrt() as isize;
        let start = (at + dy * w - half) as usize;
        let line = &sharp[start..=start + 2 * half as usize];
        let (mut sum, mut moment) = (0.0_f32, 0.0_f32);
        for (n, &v) in line.iter().enumerate() {
            sum += v;
            moment += v * (n as isize - half) as f32;
        }
        mx += moment;
        my += sum * dy as f32;
    }
    let angle = libm::atan2f(my, mx);
    let (sin, cos) = (libm::sinf(angle), libm::cosf(angle));
    let value = |x: f32, y: f32| {
        let (u, v) = (x * cos - y * sin, x * sin + y * cos);
        smooth[(at + rounded(v) * w + rounded(u)) as usize]
    };
    let mut bits = [0_u64; 4];
    for (n, &[x0, y0, x1, y1]) in pattern.iter().enumerate() {
        let set = u64::from(value(x0, y0) < value(x1, y1));
        bits[n / 64] |= set << (n % 64);
    }
    let middle = |n: usize, unit: f64| ((n as f64 + 0.5) * unit - 0.5) as f32;
    Found {
        point: KeyPoint {
            x: middle(corner.x, unit.0),
            y: middle(corner.y, unit.1),
            size: (2 * RADIUS + 1) as f32 * unit.0 as f32,
            angle: angle.to_degrees().rem_euclid(360.0),
            response: corner.response,
        },
        bits,
    }
}

/// To the nearest whole number, of what stays within the border.
fn rounded(v: f32) -> isize {
    (v + (BORDER as f32 + 0.5)) as isize - BORDER as isize
}

/// Pairs of places: x, y of the first and of the second.
fn pattern() -> Vec<[f32; 4]> {
    let mut random = Random::new(0x0B1A_5EED);
    let mut place = || loop {
        let (x, y) = (random.normal() * SPREAD, random.normal() * SPREAD);
        if x.abs() <= REACH && y.abs() <= REACH {
            return [x as f32, y as f32];
        }
    };
    let mut pairs = Vec::with_capacity(BITS);
    while pairs.len() < BITS {
        let ([x0, y0], [x1, y1]) = (place(), place());
        // Places nearer than the blur say nothing.
        if (x0 - x1).hypot(y0 - y1) >= 2.0 * SIGMA {
            pairs.push([x0, y0, x1, y1]);
        }
    }
    pairs
}

/// Smaller by the factor, bilinear, borders kept in place.
fn smaller(source: &[f32], (columns, rows): (usize, usize)) -> (Vec<f32>, (usize, usize)) {
    let side = |n: usize| (n as f64 / FACTOR).round().max(1.0) as usize;
    let size = (side(columns), side(rows));
    let places = |from: usize, to: usize| -> Vec<(usize, usize, f32)> {
        let by = from as f64 / to as f64;
        (0..to)
            .map(|n| {
                let at = ((n as f64 + 0.5) * by - 0.5).clamp(0.0, (from - 1) as f64);
                let low = at as usize;
                (low, (low + 1).min(from - 1), (at - low as f64) as f32)
            })
            .collect()
    };
    let (xs, ys) = (places(columns, size.0), places(rows, size.1));
    let mut out = Vec::with_capacity(size.0 * size.1);
    for (y0, y1, dy) in ys {
        let above = &source[y0 * columns..(y0 + 1) * columns];
        let below = &source[y1 * columns..(y1 + 1) * columns];
        out.extend(xs.iter().map(|&(x0, x1, dx)| {
            let top = above[x0] + (above[x1] - above[x0]) * dx;
            let bottom = below[x0] + (below[x1] - below[x0]) * dx;
            top + (bottom - top) * dy
        }));
    }
    (out, size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Silent;

    #[test]
    fn the_pattern_stays_within_the_border() {
        let pattern = pattern();
        assert_eq!(pattern.len(), BITS);
        for [x0, y0, x1, y1] in &pattern {
            assert!(x0.hypot(*y0).max(x1.hypot(*y1)) + 1.0 < BORDER as f32);
        }
        assert_eq!(pattern, super::pattern(), "the same each time");
    }

    #[test]
    fn a_turned_picture_has_turned_points_and_equal_bits() {
        let n = 120;
        let mut random = Random::new(5);
        let noise: Vec<f32> = (0..n * n).map(|_| random.unit() as f32 * 255.0).collect();
        let mut values = Vec::new();
        blur::blur(&noise, (n, n), 1.5, &mut values);
        // A quarter turn clockwise: (x, y) → (n - 1 - y, x).
        let turned = (0..n * n)
            .map(|i| values[(n - 1 - i % n) * n + i / n])
            .collect();
        let settings = Settings {
            fast: 3.0,
            ..Settings::default()
        };
        let a = find(&Levels::made(n, n, values), &settings, &Silent).unwrap();
        let b = find(&Levels::made(n, n, turned), &settings, &Silent).unwrap();
        assert!(a.len() > 30, "{}", a.len());
        let (Descriptors::Binary(da), Descriptors::Binary(db)) = (&a.descriptors, &b.descriptors)
        else {
            panic!("binary was asked for");
        };
        let mut same = 0;
        for (p, bits) in a.points.iter().zip(da) {
            let to = ((n - 1) as f32 - p.y, p.x);
            let twin = (b.points.iter().zip(db)).find(|(q, _)| {
                (q.x - to.0).hypot(q.y - to.1) < 0.5 && (q.size - p.size).abs() < 0.1
            });
            let Some((q, other)) = twin else { continue };
            assert!(
                (q.angle - p.angle - 90.0)
                    .rem_euclid(360.0)
                    .min((p.angle + 90.0 - q.angle).rem_euclid(360.0))
                    < 1.0
            );
            let off: u32 = bits
                .iter()
                .zip(other)
                .map(|(x, y)| (x ^ y).count_ones())
                .sum();
            assert!(off < 30, "{off}");
            same += 1;
        }
        assert!(same * 10 > a.len() * 9, "{same} of {}", a.len());
    }
}
