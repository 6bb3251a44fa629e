//! The fast path against the reference: every filter, and scenes of every kind. Runs where an adapter is there (mesa-vulkan-drivers gives one
//! without a graphics card) and says so where there is none.
#![cfg(feature = "gpu")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper of a test fails the test and says what it saw"
)]

use std::rc::Rc;

use negatoscope::{
    filter::{self, gpu::Gpu},
    render::{Heatmap, Interpolation, LabelOverlay, Scene, View, cpu, gpu::Painter},
    tone::{
        Colour, Frame, Grey, PADDING, colourmap,
        voi::{Function, Table, Voi},
    },
};

fn gpu() -> Option<Rc<Gpu>> {
    match pollster::block_on(Gpu::request()) {
        Ok(gpu) => {
            println!("adapter: {}", gpu.name());
            Some(Rc::new(gpu))
        }
        Err(e) => {
            println!("not run: {e}");
            None
        }
    }
}

/// The same numbers each time, without any structure.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        })
        .collect()
}

/// A CT-like frame: whole numbers −1024..3071, smooth and noisy parts; with `padded`, a round field of view.
fn ct(columns: usize, rows: usize, padded: bool) -> Grey {
    let noise = noise(columns * rows, 7);
    let values = (0..columns * rows)
        .map(|i| {
            let (x, y) = ((i % columns) as f32, (i / columns) as f32);
            let (u, v) = (x / columns as f32 - 0.5, y / rows as f32 - 0.5);
            if padded && u * u + v * v > 0.2 {
                return PADDING;
            }
            let wave = (x / 9.0).sin() * (y / 13.0).cos();
            (wave * 900.0 + noise[i] * 200.0 + if u > 0.1 { 1500.0 } else { -100.0 })
                .round()
                .clamp(-1024.0, 3071.0)
        })
        .collect();
    Grey {
        columns,
        rows,
        values,
    }
}

#[test]
fn filters_equal_the_reference() {
    let Some(gpu) = gpu() else { return };
    let cases = [
        "gaussian:sigma=0.5",
        "gaussian:sigma=3.7",
        "unsharp",
        "unsharp:sigma=1.2,amount=3",
        "median",
        "median:radius=2",
        "median:radius=3",
        "clahe",
        "clahe:tiles=1,clip=100",
        "clahe:tiles=13,clip=1.5",
        "gaussian:size=7,sigma=2",
        "gaussian:size=5,of=levels",
        "grey:center=100,width=1500",
        "sobel",
        "sobel:part=x,aperture=5",
        "sobel:part=y,aperture=7",
        "scharr",
        "laplacian",
        "laplacian:aperture=7",
        "canny:of=values,low=900,high=2500",
        "threshold:value=100",
        "threshold:value=-300,most=400,type=inverse",
        "threshold:value=100,type=truncate",
        "threshold:value=100,type=tozero",
        "threshold:value=100,type=tozero-inverse",
        "otsu",
        "adaptive:of=values",
        "morphology:operation=erode,form=cross,size=5",
        "morphology:operation=dilate,size=4,times=2",
        "morphology:operation=open,form=ellipse,size=7",
        "morphology:operation=close,times=3",
        "morphology:operation=gradient,form=ellipse,size=5,times=2",
        "morphology:operation=tophat,size=9",
        "morphology:operation=blackhat,form=cross",
    ];
    for kind in filter::ALL {
        assert!(
            cases.iter().any(|case| case.starts_with(kind.name)),
            "{} has no case here",
            kind.name
        );
    }
    for text in cases {
        let filter = filter::parse(text).unwrap();
        for frame in [
            ct(97, 131, false),
            ct(256, 200, true),
            ct(1, 5, false),
            ct(40, 3, true),
        ] {
            let want = filter::cpu::apply(&filter, &frame).unwrap();
            let got = pollster::block_on(gpu.apply(&filter, &frame)).unwrap();
            let mut worst = 0.0_f32;
            for (a, b) in want.values.iter().zip(&got.values) {
                assert_eq!(*a == PADDING, *b == PADDING, "{text}");
                if *a != PADDING {
                    // Of large sums a part in a million.
                    worst = worst.max((a - b).abs() - a.abs() * 1e-6);
                }
            }
            // Of a range of 4096: a hundredth of a unit is far below a display level.
            assert!(
                worst <= 0.02,
                "{text} on {} × {}: {worst}",
                frame.columns,
                frame.rows
            );
            println!("{text} {} × {}: {worst}", frame.columns, frame.rows);
        }
    }
}

fn view(turns: u8, flip: bool, zoom: f64, pan: [f64; 2]) -> View {
    View {
        zoom,
        pan,
        quarter_turns: turns,
        flip,
        aspect: 1.3,
    }
}

fn window(center: f32, width: f32, function: Function) -> Voi {
    Voi::Window {
        center,
        width,
        function,
    }
}

fn scenes() -> Vec<(String, Scene)> {
    let table = Voi::Table(Rc::new(Table {
        first: -500.0,
        entries: (0..2000).map(|i| (i as f32 / 1999.0).sqrt()).collect(),
    }));
    let colours = |name: &str| {
        colourmap::ALL
            .iter()
            .find(|map| map.name == name)
            .map(|map| Rc::new(map.table().to_vec()))
            .unwrap()
    };
    let (columns, rows) = (150, 120);
    let labels = LabelOverlay {
        labels: Rc::new(
            (0..columns * rows)
                .map(|i| ((i % columns) / 31 + (i / columns) / 40) as u8)
                .collect(),
        ),
        colours: Rc::new(vec![[0; 3], [255, 0, 0], [0, 200, 80], [10, 20, 255]]),
        opacity: 0.4,
        outline: false,
    };
    let mut cells = noise(14 * 12, 3);
    cells[20] = f32::NAN;
    let heatmap = Heatmap {
        columns: 14,
        rows: 12,
        values: Rc::new(cells),
        extent: [-0.5, -0.5, 120.0, 119.5],
        range: [0.0, 1.0],
        threshold: 0.3,
        opacity: 0.6,
        colours: colours("jet"),
        smooth: true,
    };
    let linear = window(40.0, 400.0, Function::Linear);
    let base = Scene {
        frame: Rc::new(Frame::Grey(ct(columns, rows, true))),
        view: view(0, false, 2.3, [3.0, -7.5]),
        voi: linear.clone(),
        invert: false,
        colours: None,
        fixed: None,
        presentation_lut: None,
        interpolation: Interpolation::Linear,
        labels: None,
        heatmap: None,
        marks: None,
    };
    let colour = Colour {
        columns,
        rows,
        rgba: noise(columns * rows * 4, 11)
            .iter()
            .enumerate()
            .map(|(i, v)| if i % 4 == 3 { 255 } else { (v * 255.0) as u8 })
            .collect(),
    };
    let the_labels = labels.clone();
    let mut all = Vec::new();
    for (name, voi) in [
        ("linear", linear),
        ("narrow", window(100.0, 1.0, Function::Linear)),
        ("exact", window(10.5, 33.3, Function::LinearExact)),
        ("sigmoid", window(50.0, 300.0, Function::Sigmoid)),
        ("steep sigmoid", window(50.0, 1e-6, Function::Sigmoid)),
        ("table", table.clone()),
    ] {
        for invert in [false, true] {
            let voi = voi.clone();
            all.push((
                format!("{name}, inverted {invert}"),
                Scene {
                    voi,
                    invert,
                    ..base.clone()
                },
            ));
        }
    }
    for turns in 0..4 {
        for flip in [false, true] {
            for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
                // Whole zooms put places on ties; the frame without padding takes the reference's own fast path.
                for (zoom, padded) in [(2.0, true), (0.5, false), (1.0, false)] {
                    all.push((
                        format!("turns {turns} flip {flip} {interpolation:?} zoom {zoom}"),
                        Scene {
                            view: view(turns, flip, zoom, [1.0, 0.5]),
                            interpolation,
                            frame: Rc::new(Frame::Grey(ct(columns, rows, padded))),
                            ..base.clone()
                        },
                    ));
                }
            }
        }
    }
    for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
        all.push((
            format!("colour {interpolation:?}"),
            Scene {
                frame: Rc::new(Frame::Colour(colour.clone())),
                interpolation,
                ..base.clone()
            },
        ));
    }
    all.push((
        "colour map".to_owned(),
        Scene {
            colours: Some(colours("viridis")),
            ..base.clone()
        },
    ));
    for (name, voi) in [("linear", base.voi.clone()), ("table", table.clone())] {
        for invert in [false, true] {
            let lut = (0..1000_u16).map(|i| 1.0 - (f32::from(i) / 999.0).powi(2));
            all.push((
                format!("Presentation LUT after {name}, inverted {invert}"),
                Scene {
                    voi: voi.clone(),
                    presentation_lut: Some(Rc::new(lut.collect())),
                    invert,
                    ..base.clone()
                },
            ));
        }
    }
    let fixed = (0..columns * rows).map(|i| {
        let alpha = if i % 7 < 3 { 255 } else { 0 };
        [(i % 251) as u8, (i / 3 % 251) as u8, 90, alpha]
    });
    let fixed: Rc<Vec<[u8; 4]>> = Rc::new(fixed.collect());
    for (labels, marks) in [(false, false), (true, false), (true, true)] {
        let overlay = |there: bool| there.then(|| the_labels.clone());
        all.push((
            format!("fixed colours, labels {labels}, marks {marks}"),
            Scene {
                fixed: Some(fixed.clone()),
                labels: overlay(labels),
                marks: overlay(marks),
                ..base.clone()
            },
        ));
    }
    all.push((
        "marks over labels".to_owned(),
        Scene {
            labels: Some(labels.clone()),
            marks: Some(LabelOverlay {
                labels: Rc::new(labels.labels.iter().rev().copied().collect()),
                opacity: 1.0,
                ..labels.clone()
            }),
            ..base.clone()
        },
    ));
    for outline in [false, true] {
        all.push((
            format!("labels, outline {outline}"),
            Scene {
                labels: Some(LabelOverlay {
                    outline,
                    ..labels.clone()
                }),
                ..base.clone()
            },
        ));
    }
    for smooth in [false, true] {
        all.push((
            format!("heatmap, smooth {smooth}"),
            Scene {
                heatmap: Some(Heatmap {
                    smooth,
                    ..heatmap.clone()
                }),
                view: view(1, true, 2.1, [0.0; 2]),
                ..base.clone()
            },
        ));
    }
    all.push((
        "all at once".to_owned(),
        Scene {
            labels: Some(labels),
            heatmap: Some(heatmap),
            ..base
        },
    ));
    all
}

#[test]
fn scenes_equal_the_reference_within_one_level() {
    let Some(gpu) = gpu() else { return };
    let mut painter = Painter::new(gpu, wgpu::TextureFormat::Rgba8Unorm);
    let mut differing = 0;
    let mut pixels = 0;
    for (name, scene) in scenes() {
        let (width, height) = (233, 190);
        let want = cpu::paint(&scene, width, height);
        let got = pollster::block_on(painter.paint(&scene, width, height)).unwrap();
        assert_eq!(want.len(), got.len());
        // A colour map turns one level into a colour some bytes away; there only the count of pixels that differ is held.
        let most = if scene.colours.is_some() || scene.heatmap.is_some() {
            12
        } else {
            1
        };
        let mut worst = 0;
        for (a, b) in want.as_chunks::<4>().0.iter().zip(got.as_chunks::<4>().0) {
            let d = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            worst = worst.max(d);
            differing += usize::from(d > 0);
            pixels += 1;
        }
        assert!(worst <= most, "{name}: {worst}");
    }
    println!("{differing} of {pixels} pixels differ");
    assert!(differing * 1000 < pixels, "{differing} of {pixels}");
}

#[test]
fn a_lost_device_says_so_and_the_reference_goes_on() {
    let Some(gpu) = gpu() else { return };
    let filter = filter::parse("gaussian").unwrap();
    let frame = ct(20, 20, false);
    assert!(pollster::block_on(gpu.apply(&filter, &frame)).is_ok());
    gpu.destroy();
    let error = pollster::block_on(gpu.apply(&filter, &frame)).unwrap_err();
    assert_eq!(error.code().id, "GPU-002");
    let mut painter = Painter::new(gpu, wgpu::TextureFormat::Rgba8Unorm);
    let (_, scene) = scenes().remove(0);
    let error = pollster::block_on(painter.paint(&scene, 10, 10)).unwrap_err();
    assert_eq!(error.code().id, "GPU-002");
    assert!(filter::cpu::apply(&filter, &frame).is_ok());
}

/// A ball with a shell, sheared, of 16-bit values; slices enough for several blocks.
fn volume(kind: u8) -> negatoscope::volume::Volume {
    use negatoscope::volume::{Grid, VolumeBuilder};
    let positions: Vec<[f64; 3]> = (0..40)
        .map(|n| [3.0, -2.0 + 0.3 * f64::from(n), 1.5 * f64::from(n)])
        .collect();
    let grid = Grid::new(
        [61, 50],
        &positions,
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [0.8, 0.9],
    )
    .unwrap();
    let mut builder = VolumeBuilder::new(grid, 1 << 30);
    let noise = noise(61 * 50, 9);
    for k in 0..40 {
        let values: Vec<f32> = (0..61 * 50)
            .map(|n| {
                let (x, y, z) = (
                    (n % 61) as f32 - 30.0,
                    (n / 61) as f32 - 25.0,
                    (k as f32 - 20.0) * 1.4,
                );
                let r = (x * x + y * y + z * z).sqrt();
                let base = if r < 12.0 { 60.0 } else { -1000.0 };
                (base + (1700.0 - (r - 15.0).abs() * 600.0).max(0.0) + noise[n] * 40.0).round()
            })
            .collect();
        let scale = [1.0, 0.0];
        match kind {
            0 => builder.put(
                k,
                &values.iter().map(|&v| v as i16).collect::<Vec<_>>(),
                scale,
                |_| false,
            ),
            1 => builder.put(
                k,
                &values
                    .iter()
                    .map(|&v| (v + 1024.0) as u16)
                    .collect::<Vec<_>>(),
                [1.0, -1024.0],
                |_| false,
            ),
            2 => builder.put(
                k,
                &values
                    .iter()
                    .map(|&v| ((v + 1024.0) / 8.0) as u8)
                    .collect::<Vec<_>>(),
                [8.0, -1024.0],
                |_| false,
            ),
            _ => builder.put(k, &values, scale, |_| false),
        }
        .unwrap();
    }
    builder.finish().unwrap()
}

#[test]
fn planes_slabs_and_pictures_of_volumes_equal_the_reference() {
    use negatoscope::{
        base::{Limits, Silent},
        volume::{
            Plane, Project, Sampling, Slab, Standard,
            gpu::Uploaded,
            raycast::{self, Camera, Cast},
            reformat, transfer,
        },
    };
    let Some(gpu) = gpu() else { return };
    let limits = Limits::default();
    for kind in 0..4 {
        let volume = volume(kind);
        let there = Uploaded::new(gpu.clone(), &volume).unwrap();
        let oblique = [[0.8, 0.6, 0.0], [-0.36, 0.48, 0.8]];
        for directions in [
            Standard::Axial.directions(),
            Standard::Sagittal.directions(),
            oblique,
        ] {
            let mut place = volume.grid.centre();
            place[2] += 0.37;
            let plane =
                Plane::through(&volume.grid, place, directions, directions, 0.71, &limits).unwrap();
            for slab in [
                None,
                Some(Slab {
                    how: Project::Mip,
                    thickness_mm: 9.0,
                }),
                Some(Slab {
                    how: Project::MinIp,
                    thickness_mm: 6.3,
                }),
                Some(Slab {
                    how: Project::Mean,
                    thickness_mm: 9.0,
                }),
            ] {
                let want =
                    reformat(&volume, &plane, Sampling::Linear, slab, &limits, &Silent).unwrap();
                let got =
                    pollster::block_on(there.reformat(&volume, &plane, slab, &limits)).unwrap();
                let (mut worst, mut edges) = (0.0_f32, 0);
                for (a, b) in want.values.iter().zip(&got.values) {
                    match (*a == PADDING, *b == PADDING) {
                        (false, false) => worst = worst.max((a - b).abs()),
                        (true, true) => {}
                        _ => edges += 1, // exactly on the border, in f32
                    }
                }
                // Of a range of 1800: a tenth of a unit, where neighbours differ by 1000.
                assert!(worst <= 0.25, "{kind} {directions:?} {slab:?}: {worst}");
                assert!(
                    edges * 200 <= want.values.len(),
                    "{kind} {directions:?} {slab:?}: {edges} at the border"
                );
            }
        }
        // The type of the values changes nothing but how they are read.
        let presets = transfer::ALL
            .iter()
            .filter(|preset| kind == 0 || preset.name == "ct-bone");
        for preset in presets {
            for (azimuth, elevation) in [(0.0, 0.0), (33.0, 21.0), (200.0, -70.0)] {
                let cast = Cast {
                    camera: Camera {
                        azimuth,
                        elevation,
                        target: volume.grid.centre(),
                        pixel_mm: 1.1,
                    },
                    width: 70,
                    height: 60,
                    preset: preset.name.to_owned(),
                    shift: 0.0,
                    clip: [[0.0, 1.0], [0.1, 1.0], [0.0, 0.8]],
                    step: 0.5,
                    labels: None,
                };
                let want = raycast::picture(&volume, &cast, &limits, &Silent).unwrap();
                let got = pollster::block_on(there.cast(&volume, &cast, &limits)).unwrap();
                assert_eq!(want.len(), got.len());
                let bright = want
                    .chunks_exact(4)
                    .filter(|p| p[..3].iter().any(|&c| c > 30))
                    .count();
                assert!(bright > 300, "{} shows something: {bright}", preset.name);
                let differ: Vec<u8> = want.iter().zip(&got).map(|(a, b)| a.abs_diff(*b)).collect();
                let far = differ.iter().filter(|&&d| d > 4).count();
                let mean = differ.iter().map(|&d| f64::from(d)).sum::<f64>() / differ.len() as f64;
                println!(
                    "{kind} {} {azimuth} {elevation}: mean {mean:.3}, {far} of {} beyond 4",
                    preset.name,
                    differ.len()
                );
                // A ray that enters a step earlier or later, where it just touches the box.
                assert!(
                    mean < 0.15 && far * 200 < differ.len(),
                    "{} {azimuth}: {mean}, {far}",
                    preset.name
                );
            }
        }
    }
}
