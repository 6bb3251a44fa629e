//! Planes and slabs against SciPy (scripts/oracles/volume.py), and volumes from files: tilted, uneven, with gaps, of too few images, of four
//! dimensions, beyond the memory that they may take.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper of a test fails the test and says what it saw"
)]

mod common;

use std::{
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
    process::{Command, Output},
    rc::Rc,
};

use common::make::{self, DataSet, EXPLICIT};
use negatoscope::{
    base::{ByteSource, Limits, MemorySource, Silent},
    model::input,
    study::{Catalogue, geometry::Vec3},
    tone::PADDING,
    volume::{
        Grid, Plane, Project, Sampling, Slab, Standard, Volume, VolumeBuilder, assemble,
        raycast::{self, Camera, Cast, Labels},
        reformat, transfer,
    },
};
use serde_json::Value;

/// Of values from −1024 to 3071: below a hundredth of a unit.
const TOLERANCE: f32 = 0.01;

fn entry(archive: &mut zip::ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
    let mut bytes = vec![];
    archive
        .by_name(name)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn vec3(value: &Value) -> Vec3 {
    std::array::from_fn(|n| value[n].as_f64().unwrap())
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[test]
fn planes_and_slabs_are_those_of_scipy() {
    let bytes =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/volume.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let document: Value = serde_json::from_slice(&entry(&mut archive, "volume.json")).unwrap();
    let values: Vec<i16> = (entry(&mut archive, "values").as_chunks().0.iter())
        .map(|&b| i16::from_le_bytes(b))
        .collect();
    let (columns, rows) = (size(&document["columns"]), size(&document["rows"]));
    let mut compared = 0;
    for case in document["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let about = (document["volumes"].as_array().unwrap().iter())
            .find(|v| v["name"] == case["volume"])
            .unwrap();
        let positions: Vec<Vec3> = about["positions"]
            .as_array()
            .unwrap()
            .iter()
            .map(vec3)
            .collect();
        let spacing = |value: &Value| [value[0].as_f64().unwrap(), value[1].as_f64().unwrap()];
        let grid = Grid::new(
            [columns, rows],
            &positions,
            [vec3(&about["row"]), vec3(&about["column"])],
            spacing(&about["spacing"]),
        )
        .unwrap();
        let mut builder = VolumeBuilder::new(grid, 1 << 30);
        // Slices come in any order.
        for k in (0..positions.len()).rev() {
            let scale = spacing(&about["scales"][k]).map(|x| x as f32);
            let slice = &values[k * columns * rows..(k + 1) * columns * rows];
            builder.put(k, slice, scale, |_| false).unwrap();
        }
        let volume = builder.finish().unwrap();
        let plane = Plane {
            centre: vec3(&case["centre"]),
            row: vec3(&case["row"]),
            column: vec3(&case["column"]),
            spacing: spacing(&case["spacing"]),
            columns: size(&case["columns"]),
            rows: size(&case["rows"]),
        };
        let slab = case["slab"].as_array().map(|slab| Slab {
            how: Project::by_name(slab[0].as_str().unwrap()).unwrap(),
            thickness_mm: slab[1].as_f64().unwrap(),
        });
        let how = if case["nearest"] == true {
            Sampling::Nearest
        } else {
            Sampling::Linear
        };
        let got = reformat(&volume, &plane, how, slab, &Limits::default(), &Silent).unwrap();
        let wanted = entry(&mut archive, name);
        let wanted: Vec<f32> = wanted
            .as_chunks()
            .0
            .iter()
            .map(|&b| f32::from_le_bytes(b))
            .collect();
        assert_eq!(got.values.len(), wanted.len(), "{name}");
        let (mut worst, mut there) = (0.0_f32, 0);
        for (n, (&got, &wanted)) in got.values.iter().zip(&wanted).enumerate() {
            assert_eq!(
                got == PADDING,
                wanted.is_nan(),
                "{name}, pixel {n}: {got}, {wanted}"
            );
            if got != PADDING {
                worst = worst.max((got - wanted).abs());
                there += 1;
            }
        }
        assert!(
            there > wanted.len() / 8,
            "{name}: only {there} pixels lie in the volume"
        );
        assert!(worst <= TOLERANCE, "{name}: {worst}");
        println!(
            "{name}: {there} of {} pixels, largest difference {worst}",
            wanted.len()
        );
        compared += there;
    }
    assert!(compared > 10_000);
}

// ---- Volumes from files ----

const COLUMNS: usize = 20;
const ROWS: usize = 16;

/// What voxel values are made of: a formula of the place in the patient, so that every plane can be checked anywhere.
fn ramp([x, y, z]: Vec3) -> f64 {
    2.0 * x + 3.0 * y - 4.0 * z + 100.0
}

/// A CT image of 20 × 16 pixels of 1.5 × 0.75 mm (rows, columns) at a position, values by [`ramp`] in tenths, rescaled.
fn slice(number: usize, position: Vec3, more: &[((u16, u16), &[u8; 2], &str)]) -> DataSet {
    let mut data = make::picture(ROWS as u16, COLUMNS as u16, 1, 16, "MONOCHROME2");
    data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.2")
        .text((8, 0x18), b"UI", &format!("2.25.7{number}"))
        .text((8, 0x60), b"CS", "CT")
        .text((0x20, 0x13), b"IS", &number.to_string())
        .text(
            (0x20, 0x32),
            b"DS",
            &position.map(|x| format!("{x:.4}")).join("\\"),
        )
        .text((0x20, 0x37), b"DS", "1\\0\\0\\0\\1\\0")
        .text((0x28, 0x30), b"DS", "1.5\\0.75")
        .text((0x28, 0x1052), b"DS", "-1000")
        .text((0x28, 0x1053), b"DS", "0.1");
    for (tag, vr, text) in more {
        data.text(*tag, vr, text);
    }
    let pixels = (0..ROWS * COLUMNS).flat_map(|n| {
        let at = [
            position[0] + 0.75 * (n % COLUMNS) as f64,
            position[1] + 1.5 * (n / COLUMNS) as f64,
            position[2],
        ];
        (((ramp(at) + 1000.0) * 10.0).round() as u16).to_le_bytes()
    });
    make::native(data, pixels.collect())
}

fn stack(positions: &[Vec3]) -> Vec<DataSet> {
    let slices = positions.iter().enumerate();
    slices
        .map(|(n, &position)| slice(n + 1, position, &[]))
        .collect()
}

fn straight(heights: &[f64]) -> Vec<DataSet> {
    let positions: Vec<Vec3> = heights.iter().map(|&z| [-7.0, 5.0, z]).collect();
    stack(&positions)
}

fn catalogue(files: &[DataSet]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (at, data) in files.iter().enumerate() {
        let source: Rc<dyn ByteSource> =
            Rc::new(MemorySource::new(format!("{at}"), data.file(EXPLICIT)));
        catalogue.add(&source, &Limits::default());
    }
    catalogue.arrange();
    assert!(catalogue.errors.is_empty(), "{:?}", catalogue.errors);
    catalogue
}

fn whole(catalogue: &Catalogue, limits: &Limits) -> Result<Volume, negatoscope::base::Error> {
    assemble::whole(
        catalogue,
        &catalogue.studies[0].series[0].frame_sets[0],
        limits,
        &Silent,
    )
}

fn said(volume: &Volume) -> Vec<&'static str> {
    volume.remarks().iter().map(|r| r.code.id).collect()
}

/// Every place of three planes that lies between voxel centres has the formula's value, but for the rounding of the stored values.
fn follows_the_ramp(volume: &Volume) -> usize {
    let grid = &volume.grid;
    let mut seen = 0;
    let oblique = [[0.8, 0.6, 0.0], [-0.36, 0.48, 0.8]];
    for directions in [
        Standard::Axial.directions(),
        Standard::Coronal.directions(),
        Standard::Sagittal.directions(),
        oblique,
    ] {
        let plane = Plane::through(
            grid,
            grid.centre(),
            directions,
            directions,
            0.6,
            &Limits::default(),
        )
        .unwrap();
        let got = reformat(
            volume,
            &plane,
            Sampling::Linear,
            None,
            &Limits::default(),
            &Silent,
        )
        .unwrap();
        for (n, &value) in got.values.iter().enumerate() {
            let place = plane.at((n % plane.columns) as f64, (n / plane.columns) as f64);
            let [i, j, h] = grid.to_grid(place);
            let top = *grid.heights.mm.last().unwrap();
            let between = i >= 0.0
                && j >= 0.0
                && h >= 0.0
                && i <= COLUMNS as f64 - 1.0
                && j <= ROWS as f64 - 1.0
                && h <= top;
            // At the rims of a gap an image stands for half a step beside it.
            let heights = &grid.heights;
            let missing = heights
                .gaps
                .iter()
                .any(|&k| h > heights.mm[k] && h < heights.mm[k + 1]);
            if between && !missing && value != PADDING {
                let wanted = ramp(place) as f32;
                assert!(
                    (value - wanted).abs() < 0.11,
                    "{place:?}: {value}, {wanted}"
                );
                seen += 1;
            }
        }
    }
    seen
}

#[test]
fn anisotropic_uneven_and_tilted_stacks_keep_their_geometry() {
    let even = catalogue(&straight(&[10.0, 13.0, 16.0, 19.0, 22.0, 25.0]));
    let volume = whole(&even, &Limits::default()).unwrap();
    assert!(said(&volume).is_empty());
    assert!(follows_the_ramp(&volume) > 600);
    // From the head to the feet, which turns the stack over.
    let down = catalogue(&straight(&[25.0, 22.0, 19.0, 16.0, 13.0, 10.0]));
    assert!(follows_the_ramp(&whole(&down, &Limits::default()).unwrap()) > 600);
    let uneven = catalogue(&straight(&[10.0, 12.5, 16.0, 19.4, 22.0, 25.0]));
    let volume = whole(&uneven, &Limits::default()).unwrap();
    assert_eq!(said(&volume), ["PIX-463"]);
    assert!(follows_the_ramp(&volume) > 600);
    // A gantry of 20°: each slice is shifted along its columns.
    let tilt = 20_f64.to_radians().tan();
    let positions: Vec<Vec3> = (0..6)
        .map(|n| [-7.0, 5.0 + 3.0 * n as f64 * tilt, 10.0 + 3.0 * n as f64])
        .collect();
    let tilted = catalogue(&stack(&positions));
    let volume = whole(&tilted, &Limits::default()).unwrap();
    assert_eq!(said(&volume), ["PIX-464"]);
    assert!(follows_the_ramp(&volume) > 600);
}

#[test]
fn a_gap_stays_empty_and_is_said() {
    let gapped = catalogue(&straight(&[10.0, 12.0, 14.0, 22.0, 24.0, 26.0]));
    let volume = whole(&gapped, &Limits::default()).unwrap();
    assert_eq!(said(&volume), ["PIX-462"]);
    assert!(
        volume.remarks()[0]
            .detail
            .starts_with("8.0 mm after image 3")
    );
    let directions = Standard::Coronal.directions();
    let plane = Plane::through(
        &volume.grid,
        volume.grid.centre(),
        directions,
        directions,
        1.0,
        &Limits::default(),
    )
    .unwrap();
    let got = reformat(
        &volume,
        &plane,
        Sampling::Linear,
        None,
        &Limits::default(),
        &Silent,
    )
    .unwrap();
    let column = plane.columns / 2;
    for row in 0..plane.rows {
        let z = plane.at(column as f64, row as f64)[2];
        let there = got.values[row * plane.columns + column] != PADDING;
        let wanted = (9.0..=15.0).contains(&z) || (21.0..=27.0).contains(&z);
        assert_eq!(there, wanted, "{z}");
    }
    assert!(follows_the_ramp(&volume) > 200, "what is there is right");
}

#[test]
fn a_head_in_two_parts_has_no_gap() {
    // 4.5 mm at the base, 7 mm towards the vertex.
    let files = catalogue(&straight(&[10.0, 14.5, 19.0, 23.5, 30.5, 37.5, 44.5, 51.5]));
    let volume = whole(&files, &Limits::default()).unwrap();
    assert_eq!(said(&volume), ["PIX-463"]);
    assert!(follows_the_ramp(&volume) > 1000);
    // One that is missing within the second part is a gap.
    let files = catalogue(&straight(&[10.0, 14.5, 19.0, 23.5, 30.5, 37.5, 51.5, 58.5]));
    assert_eq!(
        said(&whole(&files, &Limits::default()).unwrap()),
        ["PIX-462"]
    );
}

#[test]
fn what_is_no_volume_is_refused_with_its_reason() {
    let refusal = |files: &[DataSet]| {
        let error = whole(&catalogue(files), &Limits::default()).unwrap_err();
        assert_eq!(error.code().id, "PIX-451");
        error.detail()
    };
    assert_eq!(refusal(&straight(&[10.0])), "found 1 image");
    assert_eq!(refusal(&straight(&[10.0, 13.0])), "found 2 images");
    let mut lost = straight(&[10.0, 13.0, 16.0]);
    for data in &mut lost {
        data.without((0x20, 0x32));
    }
    assert!(refusal(&lost).contains("position"));
    let mut unspaced = straight(&[10.0, 13.0, 16.0]);
    for data in &mut unspaced {
        data.without((0x28, 0x30));
    }
    assert!(refusal(&unspaced).contains("Pixel Spacing"));
    // One slice lies beside the line of the others.
    let aside = [
        [-7.0, 5.0, 10.0],
        [-7.0, 5.0, 13.0],
        [-2.0, 5.0, 16.0],
        [-7.0, 5.0, 19.0],
    ];
    assert!(refusal(&stack(&aside)).contains("beside a straight line"));
}

#[test]
fn each_phase_of_four_dimensions_is_a_volume() {
    let mut files = vec![];
    for n in 0..5 {
        for phase in 0..2 {
            let position = [-7.0, 5.0, 10.0 + 3.0 * n as f64];
            let number = n * 2 + phase + 1;
            files.push(slice(
                number,
                position,
                &[((0x20, 0x100), b"IS", &(phase + 1).to_string())],
            ));
        }
    }
    let catalogue = catalogue(&files);
    let sets = &catalogue.studies[0].series[0].frame_sets;
    assert_eq!(sets.len(), 2);
    for set in sets {
        let volume = assemble::whole(&catalogue, set, &Limits::default(), &Silent).unwrap();
        assert_eq!(volume.grid.dims, [COLUMNS, ROWS, 5]);
        assert!(follows_the_ramp(&volume) > 500);
    }
}

#[test]
fn a_volume_beyond_its_memory_is_coarser_and_says_so() {
    let files = catalogue(&straight(&[10.0, 13.0, 16.0, 19.0, 22.0, 25.0]));
    let full = whole(&files, &Limits::default()).unwrap();
    assert_eq!(full.bytes(), COLUMNS * ROWS * 6 * 2);
    let mut limits = Limits::default();
    limits.set("volume_bytes", full.bytes() as u64 / 3).unwrap();
    let volume = whole(&files, &limits).unwrap();
    assert_eq!((volume.reduced, volume.grid.dims), (2, [10, 8, 6]));
    assert_eq!(said(&volume), ["PIX-461"]);
    // Means of a ramp are the ramp at their middles.
    for (i, j, k) in [(0, 0, 0), (9, 7, 5), (4, 3, 2)] {
        let grid = &volume.grid;
        let place = grid.to_patient([i as f64, j as f64, grid.heights.mm[k]]);
        let got = volume.value([i, j, k]).unwrap();
        assert!((got - ramp(place) as f32).abs() < 0.11, "{got}");
    }
    limits.set("volume_bytes", 8).unwrap();
    assert_eq!(whole(&files, &limits).unwrap_err().code().id, "PIX-452");
}

/// A slice of which a part is lost: the volume is shown and says so, and no network, registration or training gets it.
#[test]
fn lost_parts_are_said_and_nothing_is_computed_from_them() {
    let mut files = straight(&[0.0, 2.0, 4.0, 6.0]);
    let stored: Vec<u16> = (0..ROWS * COLUMNS).map(|n| 9000 + n as u16).collect();
    let jpeg = make::lossless(ROWS as u16, COLUMNS as u16, 16, &stored);
    for cut in [0, jpeg.len() / 2] {
        let part = jpeg[..jpeg.len() - cut].to_vec();
        files[2] = make::encapsulated(slice(3, [-7.0, 5.0, 4.0], &[]), vec![part]);
        let catalogue = catalogue(&files);
        let volume = whole(&catalogue, &Limits::default()).unwrap();
        let lost: &[&str] = if cut > 0 { &["PIX-465"] } else { &[] };
        assert_eq!(said(&volume), lost);
        let set = &catalogue.studies[0].series[0].frame_sets[0];
        let limits = Limits::default();
        let codes: Vec<_> = [
            input::display(&catalogue, set, 2, &limits).map(|_| ()),
            input::modality(&catalogue, set, 2, &limits).map(|_| ()),
            input::whole(&catalogue, set, &limits, &Silent).map(|_| ()),
            input::display(&catalogue, set, 1, &limits).map(|_| ()),
        ]
        .into_iter()
        .map(|done| done.map_err(|error| error.code().id))
        .collect();
        let refused = if cut > 0 { Err("MDL-027") } else { Ok(()) };
        assert_eq!(codes, [refused, refused, refused, Ok(())]);
    }
}

#[test]
fn padding_takes_part_in_nothing() {
    let positions: Vec<Vec3> = (0..5).map(|n| [0.0, 0.0, n as f64]).collect();
    let grid = Grid::new(
        [8, 8],
        &positions,
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [1.0, 1.0],
    )
    .unwrap();
    let mut builder = VolumeBuilder::new(grid, 1 << 20);
    for k in 0..5 {
        let values: Vec<i16> = (0..64)
            .map(|n| if n % 8 < 3 { -2000 } else { 10 * k as i16 })
            .collect();
        builder
            .put(k, &values, [1.0, 0.0], |v| v == -2000.0)
            .unwrap();
    }
    let volume = builder.finish().unwrap();
    let plane = Plane {
        centre: [3.5, 3.5, 2.0],
        row: [1.0, 0.0, 0.0],
        column: [0.0, 1.0, 0.0],
        spacing: [1.0, 1.0],
        columns: 8,
        rows: 8,
    };
    for (how, wanted) in [
        (Project::MinIp, 0.0),
        (Project::Mip, 40.0),
        (Project::Mean, 20.0),
    ] {
        let slab = Slab {
            how,
            thickness_mm: 4.0,
        };
        let got = reformat(
            &volume,
            &plane,
            Sampling::Linear,
            Some(slab),
            &Limits::default(),
            &Silent,
        )
        .unwrap();
        for (n, &value) in got.values.iter().enumerate() {
            let padded = n % 8 < 3;
            assert_eq!(value == PADDING, padded, "{n}");
            assert!(padded || value == wanted, "{n}: {value}");
        }
    }
}

#[test]
fn hostile_numbers_are_refused() {
    let positions: Vec<Vec3> = (0..4).map(|n| [0.0, 0.0, n as f64]).collect();
    let directions = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let grid = |size, positions: &[Vec3], directions, spacing| {
        Grid::new(size, positions, directions, spacing).is_err()
    };
    assert!(grid([0, 4], &positions, directions, [1.0, 1.0]));
    assert!(grid([4, 4], &positions, directions, [0.0, 1.0]));
    assert!(grid([4, 4], &positions, directions, [f64::NAN, 1.0]));
    assert!(grid([4, 4], &positions, [[1.0, 0.0, 0.0]; 2], [1.0, 1.0]));
    assert!(grid([4, 4], &[[0.0; 3]; 4], directions, [1.0, 1.0]));
    assert!(grid(
        [4, 4],
        &[[0.0, 0.0, f64::INFINITY]; 4],
        directions,
        [1.0, 1.0]
    ));
    let volume = whole(
        &catalogue(&straight(&[10.0, 13.0, 16.0])),
        &Limits::default(),
    )
    .unwrap();
    let good = Plane::through(
        &volume.grid,
        volume.grid.centre(),
        directions,
        directions,
        1.0,
        &Limits::default(),
    )
    .unwrap();
    let asked = |plane: Plane, slab| {
        reformat(
            &volume,
            &plane,
            Sampling::Linear,
            slab,
            &Limits::default(),
            &Silent,
        )
        .map_err(|e| e.code().id)
    };
    assert!(asked(good, None).is_ok());
    let nan = [f64::NAN, 0.0, 0.0];
    assert_eq!(
        asked(
            Plane {
                centre: nan,
                ..good
            },
            None
        ),
        Err("PIX-453")
    );
    assert_eq!(
        asked(
            Plane {
                row: [2.0, 0.0, 0.0],
                ..good
            },
            None
        ),
        Err("PIX-453")
    );
    assert_eq!(asked(Plane { columns: 0, ..good }, None), Err("PIX-453"));
    assert_eq!(
        asked(
            Plane {
                columns: 1 << 20,
                rows: 1 << 20,
                ..good
            },
            None
        ),
        Err("PIX-452")
    );
    let slab = |thickness_mm| {
        Some(Slab {
            how: Project::Mip,
            thickness_mm,
        })
    };
    assert_eq!(asked(good, slab(f64::INFINITY)), Err("PIX-453"));
    // Far away there is nothing.
    let far = asked(
        Plane {
            centre: [9e5, 0.0, 0.0],
            ..good
        },
        slab(5.0),
    )
    .unwrap();
    assert!(far.values.iter().all(|&v| v == PADDING));
}

// ---- Rendering ----

/// A ball of 300 HU in air, its middle in the middle, with a smaller and denser one at the patient's left.
fn balls() -> Volume {
    let positions: Vec<Vec3> = (0..40).map(|n| [0.0, 0.0, n as f64]).collect();
    let grid = Grid::new(
        [40, 40],
        &positions,
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [1.0, 1.0],
    )
    .unwrap();
    let mut builder = VolumeBuilder::new(grid, 1 << 24);
    for k in 0..40 {
        let values: Vec<i16> = (0..1600)
            .map(|n| {
                let at = [(n % 40) as f32, (n / 40) as f32, k as f32];
                let from = |c: [f32; 3]| {
                    (at.iter().zip(c))
                        .map(|(a, b)| (a - b) * (a - b))
                        .sum::<f32>()
                        .sqrt()
                };
                let ball = |c, radius: f32, value: f32| (radius - from(c)).clamp(0.0, 1.0) * value;
                (-1000.0 + ball([19.5; 3], 8.0, 1300.0).max(ball([33.0, 19.5, 19.5], 3.0, 2200.0)))
                    as i16
            })
            .collect();
        builder.put(k, &values, [1.0, 0.0], |_| false).unwrap();
    }
    builder.finish().unwrap()
}

fn cast(volume: &Volume, azimuth: f64, elevation: f64, preset: &str) -> Cast {
    Cast {
        camera: Camera {
            azimuth,
            elevation,
            target: volume.grid.centre(),
            pixel_mm: 1.0,
        },
        width: 40,
        height: 40,
        preset: preset.to_owned(),
        shift: 0.0,
        clip: [[0.0, 1.0]; 3],
        step: 0.5,
        labels: None,
    }
}

/// Brightness at a pixel.
fn bright(rgba: &[u8], column: usize, row: usize) -> u32 {
    let at = (row * 40 + column) * 4;
    rgba[at..at + 3].iter().map(|&c| u32::from(c)).sum()
}

#[test]
fn a_rendered_volume_lies_as_the_patient_does() {
    let volume = balls();
    let paint = |cast: &Cast| raycast::picture(&volume, cast, &Limits::default(), &Silent).unwrap();
    for preset in transfer::ALL
        .iter()
        .filter(|p| ["ct-bone", "ct-vessels", "mip"].contains(&p.name))
    {
        // From the front the patient's left is at the right.
        let front = paint(&cast(&volume, 0.0, 0.0, preset.name));
        assert!(bright(&front, 33, 20) > 150, "{}", preset.name);
        assert!(bright(&front, 6, 20) < 60, "{}", preset.name);
        assert!(bright(&front, 20, 20) > 100 && bright(&front, 20, 4) < 60);
        // From behind it is at the left.
        let behind = paint(&cast(&volume, 180.0, 0.0, preset.name));
        assert!(bright(&behind, 6, 20) > 150 && bright(&behind, 33, 20) < 60);
        // From the patient's left the small ball is before the large one; from above it is at the right again.
        let head = paint(&cast(&volume, 0.0, 90.0, preset.name));
        assert!(bright(&head, 33, 20) > 150 && bright(&head, 6, 20) < 60);
    }
    // Cut away: the half at the patient's left.
    let clipped = Cast {
        clip: [[0.0, 0.5], [0.0, 1.0], [0.0, 1.0]],
        ..cast(&volume, 0.0, 0.0, "ct-bone")
    };
    let clipped = paint(&clipped);
    assert!(
        bright(&clipped, 15, 20) > 100
            && bright(&clipped, 24, 20) == 0
            && bright(&clipped, 33, 20) == 0
    );
    assert!(clipped.chunks_exact(4).all(|p| p[3] == 255));
    // Rows by rows are the same picture.
    let all = cast(&volume, 30.0, 20.0, "ct-bone");
    let bands: Vec<u8> = [0..7, 7..31, 31..40]
        .into_iter()
        .flat_map(|rows| raycast::rows(&volume, &all, rows, &Limits::default(), &Silent).unwrap())
        .collect();
    assert_eq!(bands, paint(&all));
}

#[test]
fn skipping_empty_blocks_changes_no_pixel() {
    // With a label in every corner no block can be skipped for long; the labels lie outside of what is compared.
    let volume = balls();
    let all = cast(&volume, 40.0, 25.0, "ct-bone");
    let skipped = raycast::picture(&volume, &all, &Limits::default(), &Silent).unwrap();
    let frame: Rc<Vec<u8>> = Rc::new((0..1600).map(|n| u8::from(n % 7 == 0)).collect());
    let labels = Labels::of(
        &volume,
        [40; 2],
        std::iter::repeat_n(frame, 40).collect(),
        Rc::new(vec![[0; 3]; 2]),
        0.0,
    );
    let marked = Cast {
        labels: Some(labels),
        preset: "ct-bone".to_owned(),
        ..all.clone()
    };
    let walked = raycast::picture(&volume, &marked, &Limits::default(), &Silent).unwrap();
    // Labels of no opacity colour what is opaque itself: compare where rays met nothing or something.
    for (a, b) in skipped.chunks_exact(4).zip(walked.chunks_exact(4)) {
        let dark = |p: &[u8]| p[..3].iter().all(|&c| c == 0);
        assert!(!dark(a) || dark(b), "{a:?} {b:?}");
    }
}

#[test]
fn labels_are_seen_in_their_colours() {
    let volume = balls();
    let mut labels = vec![0_u8; 64_000];
    for (n, label) in labels.iter_mut().enumerate() {
        let (i, j, k) = (n % 40, n / 40 % 40, n / 1600);
        *label =
            u8::from((3..10).contains(&i) && (15..25).contains(&j) && (15..25).contains(&k)) * 2;
    }
    let with = Cast {
        labels: Some(Labels::of(
            &volume,
            [40; 2],
            labels
                .chunks_exact(1600)
                .map(|frame| Rc::new(frame.to_vec()))
                .collect(),
            Rc::new(vec![[0; 3], [255, 0, 0], [0, 255, 0]]),
            0.9,
        )),
        ..cast(&volume, 0.0, 0.0, "ct-bone")
    };
    let got = raycast::picture(&volume, &with, &Limits::default(), &Silent).unwrap();
    let at = (20 * 40 + 6) * 4;
    assert!(
        got[at + 1] > 80 && got[at] < got[at + 1] / 2,
        "{:?}",
        &got[at..at + 4]
    );
    assert!(bright(&got, 20, 20) > 100, "what has no label is as before");
}

// ---- The program ----

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_negatoscope"))
        .args(arguments)
        .output()
        .unwrap()
}

fn folder(name: &str, files: &[DataSet]) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("negatoscope-volume-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (n, data) in files.iter().enumerate() {
        fs::write(folder.join(format!("{n}.dcm")), data.file(EXPLICIT)).unwrap();
    }
    folder
}

#[test]
fn the_program_writes_planes_and_pictures() {
    let input = folder("planes", &straight(&[10.0, 13.0, 16.0, 19.0, 22.0, 25.0]));
    let output = folder("out", &[]);
    let (input, out) = (input.to_str().unwrap(), |name: &str| {
        output.join(name).to_str().unwrap().to_owned()
    });
    let axial = run(&[
        "reformat",
        input,
        "--plane",
        "axial",
        "--at",
        "17.5",
        "--spacing",
        "0.75",
        "--json",
        "--out",
        &out("a.npy"),
    ]);
    assert!(
        axial.status.success(),
        "{}",
        String::from_utf8_lossy(&axial.stderr)
    );
    let place: Value = serde_json::from_slice(&axial.stdout).unwrap();
    assert_eq!(
        place["orientation"],
        serde_json::json!([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    );
    assert_eq!(place["unit"], "HU");
    let position = vec3(&place["position_mm"]);
    assert!((position[2] - 17.5).abs() < 1e-9);
    let file = fs::read(out("a.npy")).unwrap();
    let (rows, columns) = (size(&place["rows"]), size(&place["columns"]));
    let values: Vec<f32> = (file[file.len() - rows * columns * 4..].as_chunks().0.iter())
        .map(|&b| f32::from_le_bytes(b))
        .collect();
    let middle = values[rows / 2 * columns + columns / 2];
    let at = [
        position[0] + 0.75 * (columns / 2) as f64,
        position[1] + 0.75 * (rows / 2) as f64,
        17.5,
    ];
    assert!((middle - ramp(at) as f32).abs() < 0.11, "{middle}");
    for (arguments, name) in [
        (&["--plane", "coronal", "--slab", "mip:5"][..], "c.png"),
        (
            &[
                "--plane", "sagittal", "--slab", "mean:5.5", "--window", "auto",
            ],
            "s.jpg",
        ),
        (
            &["--plane", "oblique:1,0,0,0,0.7,-0.7", "--at", "24"],
            "o.webp",
        ),
    ] {
        let out = out(name);
        let all = [&["reformat", input], arguments, &["--out", &out]].concat();
        let done = run(&all);
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(fs::metadata(&out).unwrap().len() > 100);
    }
    let done = run(&[
        "volume",
        input,
        "--preset",
        "mip",
        "--azimuth",
        "-30",
        "--size",
        "60x50",
        "--out",
        &out("v.png"),
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    for wrong in [
        &["reformat", input, "--plane", "upright", "--out", "x.png"][..],
        &[
            "reformat", input, "--plane", "axial", "--slab", "mip", "--out", "x.png",
        ],
        &["volume", input, "--clip", "0,2", "--out", "x.png"],
    ] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    let none = run(&["volume", input, "--preset", "x", "--out", "x.png"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("PIX-455"));
    let one = folder("one", &straight(&[10.0]));
    let refused = run(&[
        "reformat",
        one.to_str().unwrap(),
        "--plane",
        "axial",
        "--out",
        "x.png",
    ]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("PIX-451"));
    for folder in [Path::new(input), &output, &one] {
        let _ = fs::remove_dir_all(folder);
    }
}

/// A plane turned by a hair lies across the grid for the program, which then goes another way: both must show the same.
#[test]
fn planes_along_the_grid_show_what_those_across_it_show() {
    let axes: [Vec3; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let hair = 3e-8;
    let mut there = 0;
    // Even and uneven slices, with a gap; without padding and with it; one slope, and one for each slice.
    for (heights, padded, slopes) in [
        ([0.0, 1.5, 3.0, 4.5, 6.0, 7.5, 9.0], false, false),
        ([0.0, 1.5, 3.0, 4.5, 6.0, 7.5, 9.0], true, true),
        ([0.0, 1.2, 3.0, 4.1, 9.5, 10.6, 12.0], true, false),
    ] {
        let positions: Vec<Vec3> = heights.iter().map(|&z| [-3.0, 4.0, z]).collect();
        let grid = Grid::new([11, 9], &positions, [axes[0], axes[1]], [1.25, 0.75]).unwrap();
        let mut builder = VolumeBuilder::new(grid, 1 << 20);
        for k in 0..heights.len() {
            let values: Vec<i16> = (0..99)
                .map(|n| ((n * 37 + k * 61) % 101) as i16 - 20)
                .collect();
            let scale = [if slopes { 1.0 + k as f32 / 8.0 } else { 0.5 }, -7.0];
            let none = |v: f32| padded && v < -8.0;
            builder.put(k, &values, scale, none).unwrap();
        }
        let volume = builder.finish().unwrap();
        let centre = volume.grid.centre().map(|x| x + 0.0137);
        for (a, b) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            for turn in [1.0, -1.0] {
                for how in [
                    None,
                    Some(Project::Mip),
                    Some(Project::MinIp),
                    Some(Project::Mean),
                ] {
                    let of = |hair: f64| {
                        let row = axes[a].map(|x| x * turn);
                        let off = axes[b];
                        let plane = Plane {
                            centre,
                            row: std::array::from_fn(|n| row[n] + hair * off[n]),
                            column: std::array::from_fn(|n| off[n] - hair * row[n]),
                            spacing: [0.61, 0.53],
                            columns: 23,
                            rows: 21,
                        };
                        let slab = how.map(|how| Slab {
                            how,
                            thickness_mm: 2.7,
                        });
                        let limits = Limits::default();
                        reformat(&volume, &plane, Sampling::Linear, slab, &limits, &Silent)
                            .unwrap()
                            .values
                    };
                    for (n, (along, across)) in of(0.0).into_iter().zip(of(hair)).enumerate() {
                        let case = (heights[4], padded, a, b, turn, how, n);
                        assert_eq!(along == PADDING, across == PADDING, "{case:?}");
                        if along != PADDING {
                            assert!((along - across).abs() < 1e-3, "{case:?}: {along}, {across}");
                            there += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(there > 20_000, "{there}");
}
