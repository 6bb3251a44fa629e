//! Key points against OpenCV's, transforms and motions that are known, what has to be refused; seeds. Reference: `scripts/oracles/keypoints.py
//! --reference`, a head of the studyforrest data set (Hanke et al. 2014, PDDL) without its face.
//!
//! `cargo test --release --test registration -- --ignored --nocapture` prints how often known motions of whole series are found.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::Instant,
};

use common::{
    door::{Folder, document, run, said},
    make,
};

use negatoscope::{
    base::{Limits, Monitor, Silent, Stage},
    cli::source,
    model::input,
    study::{
        Catalogue,
        geometry::{Spacing, SpacingFrom, Vec3, add, norm, scale, sub},
        volume::Volume,
    },
    tone::Grey,
    vision::{
        points::{Descriptors, Kind, Levels, Points, Settings},
        register::{
            Compared, Comparison, Measure, Picture, Registration, compare,
            plane::{self, Matrix, Model},
            random::Random,
            resampled,
            rigid::Rigid,
        },
    },
};

const DATA: &[u8] = include_bytes!("data/keypoints.bin");

/// OpenCV's: x, y, size, angle; 128 numbers.
type Theirs = Vec<([f32; 4], [u8; 128])>;

struct Data {
    columns: usize,
    rows: usize,
    levels: Vec<u8>,
    theirs: Theirs,
    head: Volume,
}

fn data() -> Data {
    let mut rest = DATA;
    let mut take = |n: usize| {
        let (now, later) = rest.split_at(n);
        rest = later;
        now
    };
    let u32s = |bytes: &[u8]| -> Vec<usize> {
        let each = bytes.as_chunks::<4>().0.iter();
        each.map(|b| u32::from_le_bytes(*b) as usize).collect()
    };
    let size = u32s(take(12));
    let levels = take(size[0] * size[1]).to_vec();
    let theirs = (0..size[2])
        .map(|_| {
            let place: Vec<f32> = (take(16).as_chunks::<4>().0.iter())
                .map(|b| f32::from_le_bytes(*b))
                .collect();
            (place.try_into().unwrap(), take(128).try_into().unwrap())
        })
        .collect();
    let dims = u32s(take(12));
    let place: Vec<f64> = (take(96).as_chunks::<8>().0.iter())
        .map(|b| f64::from_le_bytes(*b))
        .collect();
    let vector = |n: usize| -> Vec3 { place[3 * n..3 * n + 3].try_into().unwrap() };
    Data {
        columns: size[0],
        rows: size[1],
        levels,
        theirs,
        head: Volume {
            dims: dims.try_into().unwrap(),
            origin: vector(0),
            steps: [vector(1), vector(2), vector(3)],
            values: rest.iter().map(|&v| f32::from(v)).collect(),
        },
    }
}

#[test]
fn key_points_are_opencvs() {
    let data = data();
    let levels = Levels::of_bytes(data.columns, data.rows, &data.levels);
    let found = Points::find(&levels, &Settings::default(), &Silent).unwrap();
    let Descriptors::Gradient(descriptors) = &found.descriptors else {
        panic!("SIFT was asked for");
    };
    let turned = |a: f32, b: f32| (a - b + 540.0).rem_euclid(360.0) - 180.0;
    let (mut same, mut distances, mut offs) = (0, vec![], vec![]);
    for (place, theirs) in &data.theirs {
        let near = found.points.iter().zip(descriptors).filter(|(p, _)| {
            (p.x - place[0]).hypot(p.y - place[1]) < 1.0
                && (p.size / place[2]).log2().abs() < 0.25
                && turned(p.angle, place[3]).abs() < 8.0
        });
        let off = |d: &[u8; 128]| -> f32 {
            let squares = d
                .iter()
                .zip(theirs)
                .map(|(&a, &b)| (f32::from(a) - f32::from(b)).powi(2));
            squares.sum::<f32>().sqrt()
        };
        let best = near.map(|(p, d)| (off(d), (p.x - place[0]).hypot(p.y - place[1])));
        if let Some((distance, off)) = best.min_by(|a, b| a.0.total_cmp(&b.0)) {
            same += 1;
            distances.push(distance);
            offs.push(off);
        }
    }
    let middle = |all: &mut Vec<f32>| *all.select_nth_unstable_by(same / 2, f32::total_cmp).1;
    let (distance, off) = (middle(&mut distances), middle(&mut offs));
    println!(
        "{} points, OpenCV {}: {same} the same, median distance {distance:.1} of 512, {off:.2} pixels",
        found.len(),
        data.theirs.len()
    );
    // OpenCV's doubled picture is shifted and its descriptors sit on whole pixels: the last few differ.
    assert!(
        same * 100 > data.theirs.len() * 60,
        "{same} of {}",
        data.theirs.len()
    );
    assert!(found.len() * 10 < data.theirs.len() * 13 && found.len() * 13 > data.theirs.len() * 10);
    assert!(distance < 60.0 && off < 0.3, "{distance} {off}");
}

fn slice(data: &Data) -> Grey {
    Grey {
        columns: data.columns,
        rows: data.rows,
        values: data.levels.iter().map(|&v| f32::from(v)).collect(),
    }
}

/// What `grey` looks like when its places go where `matrix` says, in a picture of `size`; with noise and another contrast.
fn moved(
    grey: &Grey,
    matrix: &Matrix,
    (columns, rows): (usize, usize),
    random: &mut Random,
) -> Grey {
    let back = plane::inverse(matrix).unwrap();
    let value = |x: usize, y: usize| {
        grey.values[y.min(grey.rows - 1) * grey.columns + x.min(grey.columns - 1)]
    };
    let mut values = vec![];
    for n in 0..columns * rows {
        let [x, y] = plane::apply(&back, [(n % columns) as f64, (n / columns) as f64]);
        let inside = x >= 0.0 && y >= 0.0 && x < grey.columns as f64 && y < grey.rows as f64;
        let v = if inside {
            let (u, v, dx, dy) = (x as usize, y as usize, x.fract() as f32, y.fract() as f32);
            let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
            mix(
                mix(value(u, v), value(u + 1, v), dx),
                mix(value(u, v + 1), value(u + 1, v + 1), dx),
                dy,
            )
        } else {
            0.0
        };
        values.push(40.0 + 3.0 * v.powf(0.9) + 3.0 * random.normal() as f32);
    }
    Grey {
        columns,
        rows,
        values,
    }
}

fn picture(grey: &Grey, mm: Option<[f64; 2]>) -> Picture<'_> {
    let spacing = Spacing {
        mm: mm.unwrap_or([1.0, 1.0]),
        from: if mm.is_some() {
            SpacingFrom::PixelSpacing
        } else {
            SpacingFrom::None
        },
    };
    Picture { grey, spacing }
}

fn similarity(scale: f64, degrees: f64, from: [f64; 2], to: [f64; 2]) -> Matrix {
    let (s, c) = degrees.to_radians().sin_cos();
    let (a, b) = (scale * c, scale * s);
    [
        [a, -b, to[0] - a * from[0] + b * from[1]],
        [b, a, to[1] - b * from[0] - a * from[1]],
        [0.0, 0.0, 1.0],
    ]
}

/// Largest distance between where two transforms take the corners of the middle half.
fn apart(a: &Matrix, b: &Matrix, grey: &Grey) -> f64 {
    let (w, h) = (grey.columns as f64, grey.rows as f64);
    let corners = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]];
    let off = |[x, y]: [f64; 2]| {
        let (p, q) = (
            plane::apply(a, [x * w, y * h]),
            plane::apply(b, [x * w, y * h]),
        );
        (p[0] - q[0]).hypot(p[1] - q[1])
    };
    corners.map(off).into_iter().fold(0.0, f64::max)
}

fn code(found: &Compared) -> &'static str {
    found
        .outcome
        .as_ref()
        .map_or_else(|e| e.code().id, |_| "found")
}

#[test]
fn known_transforms_of_a_picture_are_found() {
    let data = data();
    let grey = slice(&data);
    let mut random = Random::new(11);
    let middle = [data.columns as f64 / 2.0, data.rows as f64 / 2.0];
    for (kind, trials) in [(Kind::Sift, 8), (Kind::Binary, 6)] {
        for trial in 0..trials {
            let (least, most) = if kind == Kind::Sift {
                (0.6, 1.8)
            } else {
                (0.8, 1.3)
            };
            let by = least + (most - least) * random.unit();
            let degrees = 360.0 * random.unit() - 180.0;
            let size = (
                (data.columns as f64 * by.max(1.0)) as usize,
                (data.rows as f64 * by.max(1.0)) as usize,
            );
            let to = [
                size.0 as f64 / 2.0 + 5.0 * random.normal(),
                size.1 as f64 / 2.0 + 5.0 * random.normal(),
            ];
            let matrix = similarity(by, degrees, middle, to);
            let other = moved(&grey, &matrix, size, &mut random);
            let how = Comparison {
                seed: trial,
                ..Comparison::default()
            }
            .with(kind);
            let found =
                compare(&picture(&grey, None), &picture(&other, None), &how, &Silent).unwrap();
            let outcome = found
                .outcome
                .as_ref()
                .unwrap_or_else(|e| panic!("{kind:?} {by:.2} {degrees:.0}: {e}"));
            let off = apart(&outcome.matrix, &matrix, &grey);
            assert!(off < 1.5, "{kind:?} {by:.2} {degrees:.0}: {off:.2}");
            assert!((outcome.scale / by - 1.0).abs() < 0.02);
            assert!(outcome.residual_px[0] < 2.0 && outcome.residual_mm.is_none());
        }
    }
}

#[test]
fn a_rigid_motion_is_rigid_in_mm() {
    let data = data();
    let grey = slice(&data);
    let mut random = Random::new(12);
    // Pixels of half the size: in pixels it is enlarged twice, in mm not at all.
    let matrix = similarity(2.0, 25.0, [90.0, 110.0], [180.0, 220.0]);
    let other = moved(
        &grey,
        &matrix,
        (2 * data.columns, 2 * data.rows),
        &mut random,
    );
    let how = Comparison {
        model: Model::Rigid,
        ..Comparison::default()
    };
    let found = compare(
        &picture(&grey, Some([0.8, 0.8])),
        &picture(&other, Some([0.4, 0.4])),
        &how,
        &Silent,
    )
    .unwrap();
    let outcome = found.outcome.as_ref().unwrap();
    assert!(apart(&outcome.matrix, &matrix, &grey) < 1.5);
    assert!((outcome.scale - 1.0).abs() < 1e-9 && (outcome.rotation_degrees - 25.0).abs() < 0.3);
    let ([px, _], [mm, _]) = (outcome.residual_px, outcome.residual_mm.unwrap());
    assert!((mm - 0.4 * px).abs() < 1e-9 && mm < 0.8);
    // Without the spacing there is no rigid motion between the two.
    let found = compare(&picture(&grey, None), &picture(&other, None), &how, &Silent).unwrap();
    assert_ne!(code(&found), "found");
}

#[test]
fn what_shows_different_things_is_refused() {
    let data = data();
    let grey = slice(&data);
    let mut random = Random::new(13);
    let (columns, rows) = (data.columns, data.rows);
    let made = |f: &mut dyn FnMut(usize, usize) -> f32| Grey {
        columns,
        rows,
        values: (0..columns * rows)
            .map(|n| f(n % columns, n / columns))
            .collect(),
    };
    let noise = made(&mut |_, _| random.unit() as f32);
    let waves =
        made(&mut |x, y| (x as f32 * 0.31).sin() + (y as f32 * 0.17 + x as f32 * 0.05).cos());
    let blank = made(&mut |_, _| 7.0);
    let other_plane = {
        let [nx, ny, _] = data.head.dims;
        Grey {
            columns: nx,
            rows: ny,
            values: data.head.values[5 * nx * ny..6 * nx * ny].to_vec(),
        }
    };
    for kind in [Kind::Sift, Kind::Binary] {
        let how = Comparison::default().with(kind);
        let against = |other: &Grey| {
            code(&compare(&picture(&grey, None), &picture(other, None), &how, &Silent).unwrap())
        };
        for (what, other) in [
            ("noise", &noise),
            ("waves", &waves),
            ("plane", &other_plane),
        ] {
            let code = against(other);
            assert!(
                ["REG-002", "REG-003", "REG-004", "REG-005", "REG-006"].contains(&code),
                "{what}, {kind:?}: {code}"
            );
        }
        assert_eq!(against(&blank), "REG-002");
        assert_eq!(against(&grey), "found");
        let nothing = Grey {
            columns: 0,
            rows: 0,
            values: vec![],
        };
        assert_eq!(against(&nothing), "REG-002");
    }
}

fn middle(volume: &Volume) -> Vec3 {
    (0..3).fold(volume.origin, |p, n| {
        add(
            p,
            scale(volume.steps[n], 0.5 * (volume.dims[n] as f64 - 1.0)),
        )
    })
}

/// The volume as another machine would see it after the patient has moved: other contrast, noise.
fn displaced(source: &Volume, grid: &Volume, motion: &Rigid, seed: u64) -> Volume {
    let low = source.values.iter().copied().fold(f32::MAX, f32::min);
    let high = source
        .values
        .iter()
        .copied()
        .fold(f32::MIN, f32::max)
        .min(low + 4000.0);
    let mut moved = resampled(grid, source, motion, low, &Limits::default(), &Silent).unwrap();
    let mut random = Random::new(seed);
    for value in &mut moved.values {
        // Neither linear nor monotonic in the original.
        let t = (*value - low) / (high - low);
        *value =
            100.0 * ((1.0 - t).abs().sqrt() + 0.6 * (6.0 * t).sin()) + 3.0 * random.normal() as f32;
    }
    moved
}

fn drawn(random: &mut Random, degrees: f64, mm: f64, centre: Vec3) -> Rigid {
    let mut each = |by: f64| -> Vec3 { std::array::from_fn(|_| by * (2.0 * random.unit() - 1.0)) };
    let (turn, shift) = (each(degrees), each(mm));
    Rigid::of_angles(turn, shift, centre)
}

#[test]
fn known_motions_of_a_head_are_found() {
    let head = data().head;
    let centre = middle(&head);
    for (trial, measure) in [
        (0, Measure::Mutual),
        (1, Measure::Mutual),
        (2, Measure::Normalised),
    ] {
        let motion = drawn(&mut Random::new(30 + trial), 20.0, 25.0, centre);
        let moving = displaced(&head, &head, &motion, trial);
        let settings = Registration {
            measure,
            seed: trial,
            ..Registration::default()
        };
        let found = settings.run(&head, &moving, &Silent).unwrap();
        // The moving volume shows at x what the head has at motion(x).
        let (degrees, mm) = found.motion.apart(&motion.inverse(), centre);
        println!("{degrees:.2} degrees, {mm:.2} mm, {found:?}");
        assert!(
            degrees < 1.0 && mm < 1.0,
            "{degrees:.2} degrees, {mm:.2} mm"
        );
        assert!(found.after > found.before && found.overlap > 0.6 && found.agreement > 0.3);
        assert!(found.spread.1 < 1.5);
        if trial == 0 {
            assert_eq!(
                found,
                settings.run(&head, &moving, &Silent).unwrap(),
                "the same each time"
            );
            // Resampled by what was found, it lies on the head.
            let back = resampled(
                &head,
                &moving,
                &found.motion,
                f32::NAN,
                &Limits::default(),
                &Silent,
            )
            .unwrap();
            let again = displaced(&head, &head, &Rigid::identity(centre), 99);
            let known = |v: &Volume| -> Vec<f64> {
                let both = back
                    .values
                    .iter()
                    .zip(&v.values)
                    .filter(|(b, _)| !b.is_nan());
                both.map(|(b, v)| f64::from((b - v).abs())).collect()
            };
            let mean = |v: Vec<f64>| v.iter().sum::<f64>() / v.len() as f64;
            assert!(mean(known(&again)) < 0.5 * mean(known(&moving)));
        }
    }
}

#[test]
fn motions_of_a_slice_are_found_by_information() {
    let data = data();
    let grey = slice(&data);
    let volume = |grey: &Grey| Volume {
        dims: [grey.columns, grey.rows, 1],
        origin: [0.0; 3],
        steps: [[1.2, 0.0, 0.0], [0.0, 1.2, 0.0], [0.0, 0.0, 1.0]],
        values: grey.values.clone(),
    };
    let fixed = volume(&grey);
    let centre = middle(&fixed);
    let settings = Registration {
        flat: true,
        ..Registration::default()
    };
    for (degrees, shift) in [
        (12.0, [9.0, -6.0, 0.0]),
        (-25.0, [-4.0, 11.0, 0.0]),
        (75.0, [3.0, 3.0, 0.0]),
    ] {
        let motion = Rigid::of_angles([0.0, 0.0, degrees], shift, centre);
        let moving = displaced(&fixed, &fixed, &motion, 1);
        let found = settings.run(&fixed, &moving, &Silent).unwrap();
        let (off, mm) = found.motion.apart(&motion.inverse(), centre);
        assert!(
            off < 0.5 && mm < 0.6,
            "{degrees}: {off:.2} degrees, {mm:.2} mm"
        );
        assert!(found.motion.translation[2].abs() < 1e-9);
    }
}

#[test]
fn what_cannot_be_registered_says_why() {
    let head = data().head;
    let code = |a: &Volume, b: &Volume| {
        Registration::default()
            .run(a, b, &Silent)
            .map_or_else(|e| e.code().id, |_| "found")
    };
    let with = |change: &dyn Fn(&mut Volume)| {
        let mut v = head.clone();
        change(&mut v);
        v
    };
    let plane = head.dims[0] * head.dims[1];
    let one = with(&|v| {
        v.dims[2] = 1;
        v.values.truncate(plane);
    });
    assert_eq!(code(&head, &one), "REG-007");
    assert_eq!(code(&one, &head), "REG-007");
    assert_eq!(code(&head, &with(&|v| v.values.fill(3.0))), "REG-008");
    assert_eq!(code(&head, &with(&|v| v.values.fill(f32::NAN))), "REG-008");
    assert_eq!(code(&head, &with(&|v| v.dims[2] += 1)), "REG-013");
    assert_eq!(code(&head, &with(&|v| v.steps[2] = [0.0; 3])), "REG-013");
    let mut random = Random::new(5);
    let noise: Vec<f32> = head.values.iter().map(|_| random.normal() as f32).collect();
    assert_eq!(
        code(&head, &with(&|v| v.values.clone_from(&noise))),
        "REG-011"
    );
    // Waves have many places where they fit.
    let waves = with(&|v| {
        for (n, value) in v.values.iter_mut().enumerate() {
            let (x, y, z) = (n % v.dims[0], n / v.dims[0] % v.dims[1], n / plane);
            *value =
                ((x as f32 * 0.9).sin() + (y as f32 * 0.7).sin() + (z as f32 * 0.8).sin()) * 40.0;
        }
    });
    let refused = code(&head, &waves);
    assert!(
        ["REG-009", "REG-010", "REG-011"].contains(&refused),
        "{refused}"
    );
    let infinite = with(&|v| v.values[plane * 10..plane * 12].fill(f32::INFINITY));
    assert_eq!(
        code(&head, &infinite),
        "found",
        "some unknown values do no harm"
    );
}

/// Hills and valleys of 20 to 60 mm that nothing else has, on a thin stack.
fn hills(seed: u64) -> Volume {
    let mut random = Random::new(seed);
    let hills: Vec<([f64; 3], f64)> = (0..24)
        .map(|_| {
            let mut wave = || 2.0 * (random.unit() - 0.5) * 2.0 * std::f64::consts::PI / 25.0;
            ([wave(), wave(), wave()], 6.3 * random.unit())
        })
        .collect();
    let dims = [128, 128, 5];
    let values = (0..dims.iter().product::<usize>()).map(|n| {
        let at = [n % 128, n / 128 % 128, n / (128 * 128)].map(|v| v as f64);
        let all = hills.iter().map(|(wave, phase)| {
            (wave[0] * at[0] + wave[1] * at[1] + wave[2] * at[2] + phase).sin()
        });
        all.sum::<f64>() as f32
    });
    Volume {
        dims,
        origin: [-64.0, -64.0, 10.0],
        steps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        values: values.collect(),
    }
}

#[test]
fn a_thin_stack_is_compared_with_motions_that_stay_in_it() {
    let run = |a: &Volume, b: &Volume| Registration::default().run(a, b, &Silent);
    for seed in 0..3 {
        let (a, b) = (hills(seed), hills(100 + seed));
        let refused = run(&a, &b).map(|found| format!("{found:?}")).unwrap_err();
        println!("{refused}");
        assert!(
            ["REG-009", "REG-010", "REG-011"].contains(&refused.code().id),
            "{refused}"
        );
        // What is the same is still found.
        let motion = Rigid::of_angles([0.0, 0.0, 6.0], [5.0, -4.0, 0.0], middle(&a));
        let found = run(&a, &displaced(&a, &a, &motion, seed)).unwrap();
        let (degrees, mm) = found.motion.apart(&motion.inverse(), middle(&a));
        println!("{degrees:.2} degrees, {mm:.2} mm, gain {:.1}", found.gain);
        assert!(degrees < 1.0 && mm < 1.0 && found.gain < 1000.0);
    }
}

/// A series of 20 images of 2 mm whose content is `hills` moved by `shift`; the right half is padding where `padded`.
fn padded_series(folder: &Folder, shift: f64, padded: bool) -> PathBuf {
    let side = 48;
    let at = |x: f64, y: f64, z: f64| {
        let waves = [
            [0.11, 0.05, 0.03],
            [-0.04, 0.13, 0.08],
            [0.07, -0.09, 0.12],
            [0.17, 0.03, -0.06],
        ];
        let all = waves.iter().zip([0.3, 1.9, 4.0, 5.2]);
        let sum: f64 = all
            .map(|([a, b, c], p)| (a * x + b * y + c * z + p).sin())
            .sum();
        2000.0
            + 300.0 * sum
            + 500.0
                * (-0.004 * ((x - 14.0).powi(2) + (y - 20.0).powi(2) + (z - 18.0).powi(2))).exp()
    };
    let path = folder.0.join(if padded { "padded" } else { "whole" });
    std::fs::create_dir_all(&path).unwrap();
    for number in 0..20 {
        let z = 2.0 * f64::from(number);
        let mut data = make::picture(side, side, 1, 16, "MONOCHROME2");
        data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.2")
            .text(
                (8, 0x18),
                b"UI",
                &format!("2.25.7{}{number}", u8::from(padded)),
            )
            .text((8, 0x60), b"CS", "CT")
            .text((0x20, 0x13), b"IS", &number.to_string())
            .text((0x20, 0x32), b"DS", &format!("0\\0\\{z}"))
            .text((0x20, 0x37), b"DS", "1\\0\\0\\0\\1\\0")
            .text((0x28, 0x30), b"DS", "1\\1")
            .us(0x120, 0);
        let pixels = (0..side * side).flat_map(|n| {
            let (x, y) = (n % side, n / side);
            let value = at(f64::from(x) + shift, f64::from(y), z);
            let stored = if padded && x >= side / 2 {
                0
            } else {
                value as u16
            };
            stored.to_le_bytes()
        });
        let data = make::native(data, pixels.collect());
        std::fs::write(
            path.join(format!("{number}.dcm")),
            data.file(make::EXPLICIT),
        )
        .unwrap();
    }
    path
}

#[test]
fn padding_is_nothing_that_was_seen() {
    let folder = Folder::new("register-padding");
    let (whole, padded) = (
        padded_series(&folder, 0.0, false),
        padded_series(&folder, 3.0, true),
    );
    let npy = folder.0.join("moved.npy");
    let told = run(&[&"register", &whole, &padded, &"--json", &"--out", &npy]);
    assert_eq!(
        told.status.code(),
        Some(0),
        "{}{}",
        said(&told),
        document(&told)
    );
    let told = document(&told);
    let shift: Vec<f64> = (told["translation_mm"].as_array().unwrap().iter())
        .map(|v| v.as_f64().unwrap())
        .collect();
    println!("{shift:?} {}", told["overlap"]);
    assert!(
        (shift[0] - 3.0).abs() < 0.5 && shift[1].hypot(shift[2]) < 0.5,
        "{shift:?}"
    );
    assert!((0.3..0.6).contains(&told["overlap"].as_f64().unwrap()));
    let bytes = std::fs::read(npy).unwrap();
    let values: Vec<f32> = (bytes[bytes.len() - 48 * 48 * 20 * 4..]
        .as_chunks::<4>()
        .0
        .iter())
    .map(|b| f32::from_le_bytes(*b))
    .collect();
    // The padded half lies 3 mm further right than it did.
    let middle = |x: usize| values[(10 * 48 + 24) * 48 + x];
    assert!(middle(20) > 500.0 && middle(35).is_nan() && middle(45).is_nan());
    let real = values.iter().filter(|v| !v.is_nan());
    assert!(real.clone().count() > 15_000 && real.clone().all(|&v| v > 500.0));
}

struct Impatient(Cell<u32>);

impl Monitor for Impatient {
    fn progress(&self, _: Stage, _: u64, _: u64) {
        self.0.set(self.0.get() + 1);
    }
    fn cancelled(&self) -> bool {
        self.0.get() >= 3
    }
}

#[test]
fn cancelling_is_heard() {
    let data = data();
    let grey = slice(&data);
    let monitor = Impatient(Cell::new(0));
    let refused = compare(
        &picture(&grey, None),
        &picture(&grey, None),
        &Comparison::default(),
        &monitor,
    )
    .unwrap_err();
    assert_eq!(refused.code().id, "REG-001");
    let monitor = Impatient(Cell::new(0));
    let refused = Registration::default()
        .run(&data.head, &data.head, &monitor)
        .unwrap_err();
    assert_eq!((refused.code().id, monitor.0.get()), ("REG-001", 3));
}

fn series(name: &str) -> Option<Volume> {
    let folder = common::cache()?.join("series").join(name);
    let limits = Limits::default();
    let mut catalogue = Catalogue::default();
    source::walk(Path::new(&folder), &mut |file| {
        if let Ok(source) = source::open(file, &limits) {
            catalogue.add(&source, &limits);
        }
    });
    catalogue.arrange();
    let set = catalogue
        .studies
        .first()?
        .series
        .first()?
        .frame_sets
        .first()?;
    Some(input::whole(&catalogue, set, &limits, &Silent).ok()?.0)
}

/// The same volume in about `side` voxels along each axis, blocks averaged by samples within each.
fn coarse(volume: &Volume, side: usize) -> Volume {
    let dims = volume.dims.map(|n| n.min(side));
    let by: [f64; 3] = std::array::from_fn(|n| volume.dims[n] as f64 / dims[n] as f64);
    let steps = std::array::from_fn(|n| scale(volume.steps[n], by[n]));
    let origin = (0..3).fold(volume.origin, |p, n| {
        add(p, scale(volume.steps[n], 0.5 * (by[n] - 1.0)))
    });
    let low = volume.values.iter().copied().fold(f32::MAX, f32::min);
    let mut sum: Vec<f32> = vec![0.0; dims.iter().product()];
    for part in 0..8_usize {
        let shift = (0..3).fold([0.0; 3], |p: Vec3, n| {
            add(
                p,
                scale(
                    volume.steps[n],
                    by[n] * (if part >> n & 1 == 1 { 0.25 } else { -0.25 }),
                ),
            )
        });
        let grid = Volume {
            dims,
            origin: add(origin, shift),
            steps,
            values: vec![0.0; sum.len()],
        };
        let values = resampled(
            &grid,
            volume,
            &Rigid::identity([0.0; 3]),
            low,
            &Limits::default(),
            &Silent,
        )
        .unwrap()
        .values;
        for (sum, v) in sum.iter_mut().zip(values) {
            *sum += v / 8.0;
        }
    }
    Volume {
        dims,
        origin,
        steps,
        values: sum,
    }
}

/// How many of `NEGATOSCOPE_TRIALS` (200) motions of up to 20 degrees about each axis and 25 mm along each are found within 1 degree and 1 mm;
/// how many are refused; how many are wrong. And of slices, by key points and by information.
#[test]
#[ignore = "minutes, and the corpus"]
#[allow(clippy::disallowed_methods, reason = "a figure of speed")]
fn success_rate() {
    let trials: u64 = std::env::var("NEGATOSCOPE_TRIALS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(200);
    println!(
        "| what | trials | found | refused | wrong | median degrees | median mm | seconds each |"
    );
    let report = |what: &str, results: &[Option<(f64, f64)>], seconds: f64| {
        let good = |r: &&(f64, f64)| r.0 < 1.0 && r.1 < 1.0;
        let found: Vec<_> = results.iter().flatten().collect();
        let right = found.iter().filter(|r| good(r)).count();
        let median = |which: &dyn Fn(&(f64, f64)) -> f64| {
            let mut all: Vec<f64> = found.iter().map(|r| which(r)).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
        };
        println!(
            "| {what} | {} | {right} | {} | {} | {:.3} | {:.3} | {:.2} |",
            results.len(),
            results.len() - found.len(),
            found.len() - right,
            median(&|r| r.0),
            median(&|r| r.1),
            seconds / results.len() as f64
        );
        assert!(
            right * 100 >= results.len() * 95,
            "{what}: {right} of {}",
            results.len()
        );
    };
    for name in ["t1-brain", "ct-lung"] {
        let Some(whole) = series(name) else {
            println!("skipped: no {name} in the corpus");
            continue;
        };
        let fixed = coarse(&whole, 64);
        let centre = middle(&fixed);
        let start = Instant::now();
        let results: Vec<_> = (0..trials)
            .map(|trial| {
                let motion = drawn(&mut Random::new(1000 + trial), 20.0, 25.0, centre);
                let moving = displaced(&whole, &fixed, &motion, trial);
                let settings = Registration {
                    seed: trial,
                    ..Registration::default()
                };
                let found = settings.run(&fixed, &moving, &Silent).ok()?;
                Some(found.motion.apart(&motion.inverse(), centre))
            })
            .collect();
        report(
            &format!("{name}, 64 voxels a side, information"),
            &results,
            start.elapsed().as_secs_f64(),
        );
        let [nx, ny, nz] = whole.dims;
        let flat = Volume {
            dims: [nx, ny, 1],
            origin: [0.0; 3],
            steps: [
                [norm(whole.steps[0]), 0.0, 0.0],
                [0.0, norm(whole.steps[1]), 0.0],
                [0.0, 0.0, 1.0],
            ],
            values: whole.values[nz / 2 * nx * ny..(nz / 2 + 1) * nx * ny].to_vec(),
        };
        let centre = middle(&flat);
        for by_points in [false, true] {
            let start = Instant::now();
            let results: Vec<_> = (0..trials)
                .map(|trial| {
                    let mut random = Random::new(2000 + trial);
                    let mut each = |by: f64| by * (2.0 * random.unit() - 1.0);
                    let motion = Rigid::of_angles(
                        [0.0, 0.0, each(45.0)],
                        [each(25.0), each(25.0), 0.0],
                        centre,
                    );
                    if !by_points {
                        let moving = displaced(&flat, &flat, &motion, trial);
                        let settings = Registration {
                            flat: true,
                            seed: trial,
                            ..Registration::default()
                        };
                        let found = settings.run(&flat, &moving, &Silent).ok()?;
                        return Some(found.motion.apart(&motion.inverse(), centre));
                    }
                    let low = flat.values.iter().copied().fold(f32::MAX, f32::min);
                    let mut moving =
                        resampled(&flat, &flat, &motion, low, &Limits::default(), &Silent).unwrap();
                    for v in &mut moving.values {
                        *v = 1.3 * *v + 4.0 * random.normal() as f32;
                    }
                    let grey = |v: &Volume| Grey {
                        columns: nx,
                        rows: ny,
                        values: v.values.clone(),
                    };
                    let mm = Some([norm(flat.steps[1]), norm(flat.steps[0])]);
                    let how = Comparison {
                        model: Model::Rigid,
                        seed: trial,
                        ..Comparison::default()
                    };
                    let (a, b) = (grey(&flat), grey(&moving));
                    let found = compare(&picture(&a, mm), &picture(&b, mm), &how, &Silent).unwrap();
                    let outcome = found.outcome.ok()?;
                    let to = plane::apply(&outcome.matrix_mm.unwrap(), [centre[0], centre[1]]);
                    let truth = motion.inverse().apply(centre);
                    let off = norm(sub([to[0], to[1], 0.0], truth));
                    Some((
                        (outcome.rotation_degrees - motion.inverse().angles()[2]).abs(),
                        off,
                    ))
                })
                .collect();
            let what = if by_points {
                "key points"
            } else {
                "information"
            };
            report(
                &format!("{name}, a slice, {what}"),
                &results,
                start.elapsed().as_secs_f64(),
            );
        }
    }
}
