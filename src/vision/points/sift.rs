//! SIFT: octave after octave, each forgotten before the next but one is made (Lowe 2004, with OpenCV's numbers).
//!
//! The first octave is twice the picture's size where six pictures of that size fit into the memory that may be used, else the picture's own,
//! else half of it, and so on.

use super::{
    Descriptors, KeyPoint, Levels, Points, Settings, ask, blur,
    extrema::{Extremum, LAYERS, LEVELS, Octave},
    gradient::{Scratch, describe, orientations},
};
use crate::{
    base::{Error, Limits, Monitor, Result},
    vision::register::codes,
};

/// Blur of an octave's first picture.
const SIGMA: f32 = 1.6;
/// Blur that a picture is taken to have.
const OWN_SIGMA: f32 = 0.5;
/// Octaves end where a side is shorter.
const LEAST_SIDE: usize = 12;
/// The first octave is reduced by 2 to this power at most.
const MOST_HALVINGS: i32 = 4;

struct Found {
    point: KeyPoint,
    descriptor: [u8; 128],
}

pub(super) fn find(levels: &Levels, settings: &Settings, monitor: &dyn Monitor) -> Result<Points> {
    let (columns, rows) = levels.size();
    let mut found: Vec<Found> = Vec::new();
    if columns.min(rows) >= 2 && settings.most > 0 {
        let first = first_octave(columns, rows, settings.memory_bytes)?;
        let (base, size) = base(levels, first);
        octaves(base, size, first, settings, monitor, &mut found)?;
    }
    strongest(&mut found, settings.most);
    Ok(Points {
        points: found.iter().map(|f| f.point).collect(),
        descriptors: Descriptors::Gradient(found.into_iter().map(|f| f.descriptor).collect()),
    })
}

/// -1: twice the picture's size; 0: its own; n: halved n times.
fn first_octave(columns: usize, rows: usize, memory: usize) -> Result<i32> {
    let pixels = columns as f64 * rows as f64;
    // Six blurred pictures and the one that the first is made of, f32.
    let bytes =
        |octave: i32| pixels * libm::exp2(f64::from(-2 * octave)) * 4.0 * (LEVELS + 1) as f64;
    (-1..=MOST_HALVINGS)
        .find(|&octave| bytes(octave) <= memory as f64)
        .ok_or_else(|| {
            Error::new(&codes::TOO_LARGE)
                .expected(Limits::at_most("memory_bytes", memory))
                .found(bytes(MOST_HALVINGS) as u64)
        })
}

/// The picture of the first octave's size with the blur that an octave begins with.
fn base(levels: &Levels, first: i32) -> (Vec<f32>, (usize, usize)) {
    let mut size = levels.size();
    let (mut start, mut own);
    if first < 0 {
        start = blur::doubled(levels.values(), size);
        size = (2 * size.0, 2 * size.1);
        own = 2.0 * OWN_SIGMA;
    } else {
        start = levels.values().to_vec();
        own = OWN_SIGMA;
    }
    let mut out = Vec::new();
    for _ in 0..first.max(0) {
        // As the end of an octave: blurred to twice the blur of its beginning, then every second pixel.
        let sigma = ((2.0 * SIGMA) * (2.0 * SIGMA) - own * own).sqrt();
        blur::blur(&start, size, sigma, &mut out);
        (start, size) = blur::halved(&out, size);
        own = SIGMA;
    }
    let sigma = (SIGMA * SIGMA - own * own).max(0.01).sqrt();
    if first > 0 {
        return (start, size);
    }
    blur::blur(&start, size, sigma, &mut out);
    (out, size)
}

fn octaves(
    base: Vec<f32>,
    size: (usize, usize),
    first: i32,
    settings: &Settings,
    monitor: &dyn Monitor,
    found: &mut Vec<Found>,
) -> Result<()> {
    let mut octave = Octave {
        columns: size.0,
        rows: size.1,
        levels: std::array::from_fn(|_| Vec::new()),
    };
    octave.levels[0] = base;
    let mut scratch = Scratch::default();
    let mut directions = Vec::new();
    for number in 0..settings.octaves {
        if octave.columns.min(octave.rows) < LEAST_SIDE {
            break;
        }
        ask(monitor, number as u64, settings.octaves as u64)?;
        let size = (octave.columns, octave.rows);
        for level in 1..LEVELS {
            let (before, after) = octave.levels.split_at_mut(level);
            if let (Some(from), Some(to)) = (before.last(), after.first_mut()) {
                blur::blur(from, size, step(level), to);
            }
            ask(monitor, number as u64, settings.octaves as u64)?;
        }
        let mut extrema = octave.extrema(settings, monitor)?;
        once(&mut extrema);
        // No more of one octave can be among the strongest of all.
        extrema.sort_by(|a, b| b.response.total_cmp(&a.response));
        extrema.truncate(settings.most);
        let unit = libm::exp2f((number as i32 + first) as f32);
        for (n, extremum) in extrema.iter().enumerate() {
            if n % 64 == 0 {
                ask(monitor, number as u64, settings.octaves as u64)?;
            }
            let scale =
                SIGMA * libm::exp2f((extremum.layer as f32 + extremum.between) / LAYERS as f32);
            let place = (extremum.x, extremum.y);
            orientations(
                &octave,
                extremum.layer,
                place,
                scale,
                &mut scratch,
                &mut directions,
            );
            for &angle in &directions {
                found.push(Found {
                    point: KeyPoint {
                        x: extremum.x * unit,
                        y: extremum.y * unit,
                        size: 2.0 * scale * unit,
                        angle,
                        response: extremum.response,
                    },
                    descriptor: describe(
                        &octave,
                        extremum.layer,
                        place,
                        scale,
                        angle,
                        &mut scratch,
                    ),
                });
            }
        }
        let (next, size) = blur::halved(&octave.levels[LAYERS], size);
        octave.levels[0] = next;
        (octave.columns, octave.rows) = size;
        // Many octaves of a large picture together hold no more than one asks for.
        if found.len() > 2 * settings.most {
            strongest(found, settings.most);
        }
    }
    Ok(())
}

/// Blur that leads from one level of an octave to the next.
fn step(level: usize) -> f32 {
    let total = |level: usize| SIGMA * libm::exp2f(level as f32 / LAYERS as f32);
    let (before, own) = (total(level - 1), total(level));
    (own * own - before * before).sqrt()
}

/// Several candidates may have moved to one place.
fn once(extrema: &mut Vec<Extremum>) {
    let key = |e: &Extremum| (e.layer, e.y.to_bits(), e.x.to_bits());
    extrema.sort_by_key(key);
    extrema.dedup_by_key(|e| key(e));
}

/// The strongest first, no more than `most`. The order among equals is that of their places: it depends on nothing else.
fn strongest(found: &mut Vec<Found>, most: usize) {
    found.sort_by(|a, b| {
        let (p, q) = (&a.point, &b.point);
        (q.response.total_cmp(&p.response))
            .then(p.y.total_cmp(&q.y))
            .then(p.x.total_cmp(&q.x))
            .then(p.angle.total_cmp(&q.angle))
    });
    found.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Silent;

    fn blobs() -> Levels {
        let (columns, rows) = (96, 80);
        let blob = |x: f32, y: f32, cx: f32, cy: f32, s: f32| {
            let d = (x - cx).powi(2) + 0.5 * (y - cy).powi(2);
            120.0 * libm::expf(-d / (2.0 * s * s))
        };
        let values = (0..columns * rows)
            .map(|n| {
                let (x, y) = ((n % columns) as f32, (n / columns) as f32);
                60.0 + blob(x, y, 30.25, 40.5, 4.0) + blob(x, y, 64.75, 36.0, 7.0)
            })
            .collect();
        Levels::made(columns, rows, values)
    }

    #[test]
    fn blobs_are_found_where_they_are() {
        let found = find(&blobs(), &Settings::default(), &Silent).unwrap();
        for (x, y) in [(30.25, 40.5), (64.75, 36.0)] {
            let near = |p: &&KeyPoint| (p.x - x).hypot(p.y - y) < 0.15;
            assert!(
                found.points.iter().any(|p| near(&p)),
                "{x} {y}: {:?}",
                found.points
            );
        }
    }

    #[test]
    fn a_small_budget_begins_with_a_coarser_octave() {
        assert_eq!(first_octave(1000, 1000, 512 << 20).unwrap(), -1);
        assert_eq!(first_octave(1000, 1000, 64 << 20).unwrap(), 0);
        assert_eq!(first_octave(1000, 1000, 8 << 20).unwrap(), 1);
        let refused = first_octave(100_000, 100_000, 1 << 20).unwrap_err();
        assert_eq!(refused.code().id, "REG-012");
        assert!(first_octave(usize::MAX, usize::MAX, usize::MAX).is_err());
        let coarse = Settings {
            memory_bytes: 60_000,
            ..Settings::default()
        };
        let found = find(&blobs(), &coarse, &Silent).unwrap();
        let near = |p: &KeyPoint| (p.x - 64.75).hypot(p.y - 36.0) < 0.6;
        assert!(found.points.iter().any(near), "{:?}", found.points);
    }

    #[test]
    fn no_structure_no_points() {
        for (columns, rows) in [(0, 0), (1, 1), (3, 200), (64, 64)] {
            let levels = Levels::made(columns, rows, vec![7.0; columns * rows]);
            assert!(
                find(&levels, &Settings::default(), &Silent)
                    .unwrap()
                    .is_empty()
            );
        }
    }
}
