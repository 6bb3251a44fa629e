//! Painted scenes against index arithmetic and the VOI's own formula.

use std::rc::Rc;

use negatoscope::{
    render::{Heatmap, Interpolation, LabelOverlay, Scene, View, cpu},
    tone::{
        Colour, Frame, Grey, PADDING,
        voi::{Function, Voi},
    },
};

fn scene(columns: usize, rows: usize, view: View, invert: bool) -> Scene {
    let mut values: Vec<f32> = (0..columns * rows).map(|i| i as f32).collect();
    values[0] = PADDING;
    Scene {
        frame: Rc::new(Frame::Grey(Grey {
            columns,
            rows,
            values,
        })),
        view,
        voi: Voi::Window {
            center: 128.0,
            width: 256.0,
            function: Function::Linear,
        },
        invert,
        colours: None,
        fixed: None,
        presentation_lut: None,
        interpolation: Interpolation::Nearest,
        labels: None,
        heatmap: None,
        marks: None,
    }
}

fn level(rgba: &[u8], width: usize, x: usize, y: usize) -> u8 {
    rgba[(y * width + x) * 4]
}

#[test]
fn at_one_to_one_every_pixel_is_the_formula() {
    let view = View::fit((16, 16), (16, 16), 1.0, 0);
    for (invert, what) in [(false, "plain"), (true, "inverted")] {
        let rgba = cpu::paint(&scene(16, 16, view, invert), 16, 16);
        for i in 1..256 {
            let shown = i as f32 / 255.0;
            let want = ((if invert { 1.0 - shown } else { shown }) * 255.0 + 0.5) as u8;
            assert_eq!(level(&rgba, 16, i % 16, i / 16), want, "{what} {i}");
        }
        assert_eq!(
            level(&rgba, 16, 0, 0),
            0,
            "padding is background, also when inverted"
        );
    }
}

#[test]
fn turns_and_flips_are_index_arithmetic() {
    let (columns, rows) = (6, 4);
    for turns in 0..4_u8 {
        for flip in [false, true] {
            let (w, h) = if turns % 2 == 0 {
                (columns, rows)
            } else {
                (rows, columns)
            };
            let mut view = View::fit((columns, rows), (w as u32, h as u32), 1.0, turns);
            view.flip = flip;
            let rgba = cpu::paint(&scene(columns, rows, view, false), w as u32, h as u32);
            for y in 0..rows {
                for x in 0..columns {
                    if (x, y) == (0, 0) {
                        continue;
                    }
                    let u = if flip { columns - 1 - x } else { x };
                    let (cx, cy) = match turns {
                        0 => (u, y),
                        1 => (rows - 1 - y, u),
                        2 => (columns - 1 - u, rows - 1 - y),
                        _ => (y, columns - 1 - u),
                    };
                    let value = (y * columns + x) as f32 / 255.0 * 255.0 + 0.5;
                    assert_eq!(
                        level(&rgba, w, cx, cy),
                        value as u8,
                        "turns {turns}, flip {flip}, {x},{y}"
                    );
                }
            }
        }
    }
}

#[test]
fn beyond_the_frame_is_black() {
    let view = View {
        zoom: 1.0,
        pan: [0.0, 0.0],
        quarter_turns: 0,
        flip: false,
        aspect: 1.0,
    };
    let rgba = cpu::paint(&scene(4, 4, view, true), 8, 8);
    assert_eq!(level(&rgba, 8, 0, 0), 0);
    assert_eq!(level(&rgba, 8, 7, 7), 0);
    assert!(level(&rgba, 8, 3, 3) > 0);
}

fn grey(columns: usize, rows: usize, values: &[f32]) -> Rc<Frame> {
    Rc::new(Frame::Grey(Grey {
        columns,
        rows,
        values: values.to_vec(),
    }))
}

fn at_zoom(zoom: f64) -> View {
    View {
        zoom,
        pan: [0.0, 0.0],
        quarter_turns: 0,
        flip: false,
        aspect: 1.0,
    }
}

#[test]
fn bilinear_is_the_mean_by_distance_and_padding_counts_as_the_nearest() {
    // Two pixels, four canvas pixels each: centres at −0.375, −0.125, 0.125 … of the first.
    let mut scene = Scene {
        frame: grey(2, 1, &[0.0, 200.0]),
        view: at_zoom(4.0),
        interpolation: Interpolation::Linear,
        ..scene(1, 1, at_zoom(1.0), false)
    };
    scene.voi = Voi::Window {
        center: 127.5,
        width: 255.0,
        function: Function::LinearExact,
    };
    let line = |scene: &Scene| -> Vec<u8> {
        let rgba = cpu::paint(scene, 8, 4);
        (0..8).map(|x| level(&rgba, 8, x, 2)).collect()
    };
    assert_eq!(line(&scene), [0, 0, 25, 75, 125, 175, 200, 200]);
    scene.frame = grey(2, 1, &[100.0, PADDING]);
    assert_eq!(line(&scene), [100, 100, 100, 100, 0, 0, 0, 0]);
    // Turned by a quarter, the same values run down the canvas.
    scene.frame = grey(2, 1, &[0.0, 200.0]);
    scene.view.quarter_turns = 1;
    let rgba = cpu::paint(&scene, 4, 8);
    let down: Vec<u8> = (0..8).map(|y| level(&rgba, 4, 1, y)).collect();
    assert_eq!(down, [0, 0, 25, 75, 125, 175, 200, 200]);
}

#[test]
fn labels_blend_and_outlines_leave_the_inside() {
    let mut labels = vec![0_u8; 25];
    for y in 1..4 {
        for x in 1..4 {
            labels[y * 5 + x] = 2;
        }
    }
    let map = LabelOverlay {
        labels: Rc::new(labels),
        colours: Rc::new(vec![[9; 3], [9; 3], [200, 100, 0]]),
        opacity: 0.5,
        outline: false,
    };
    let paint = |map: LabelOverlay| {
        let scene = Scene {
            frame: grey(5, 5, &[100.0; 25]),
            labels: Some(map),
            ..scene(5, 5, at_zoom(1.0), false)
        };
        cpu::paint(&scene, 5, 5)
    };
    let pixel = |rgba: &[u8], x: usize, y: usize| -> [u8; 3] {
        let at = (y * 5 + x) * 4;
        [rgba[at], rgba[at + 1], rgba[at + 2]]
    };
    let whole = paint(map.clone());
    assert_eq!(pixel(&whole, 0, 0), [100; 3]);
    assert_eq!(pixel(&whole, 2, 2), [150, 100, 50]);
    let outline = paint(LabelOverlay {
        outline: true,
        ..map
    });
    assert_eq!(pixel(&outline, 2, 2), [100; 3]);
    assert_eq!(pixel(&outline, 1, 2), [150, 100, 50]);
}

#[test]
fn a_heatmap_shows_its_cells_above_the_threshold_and_never_what_is_no_number() {
    let colours: Vec<[u8; 3]> = (0..=255).map(|i| [i, 0, 255 - i]).collect();
    let paint = |values: [f32; 4], threshold: f32, extent: [f32; 4]| {
        let scene = Scene {
            frame: grey(4, 4, &[50.0; 16]),
            heatmap: Some(Heatmap {
                columns: 2,
                rows: 2,
                values: Rc::new(values.to_vec()),
                extent,
                range: [0.0, 1.0],
                threshold,
                opacity: 1.0,
                colours: Rc::new(colours.clone()),
                smooth: false,
            }),
            ..scene(4, 4, at_zoom(1.0), false)
        };
        cpu::paint(&scene, 4, 4)
    };
    let whole = [-0.5, -0.5, 3.5, 3.5];
    let rgba = paint([0.0, 1.0, 0.2, f32::NAN], 0.1, whole);
    assert_eq!(&rgba[..3], [50, 50, 50], "below the threshold");
    assert_eq!(&rgba[8..11], [255, 0, 0]);
    assert_eq!(&rgba[2 * 16..2 * 16 + 3], [51, 0, 204]);
    assert_eq!(&rgba[3 * 16 + 12..3 * 16 + 15], [50, 50, 50], "no number");
    // An extent of the left half: nothing at the right.
    let rgba = paint([1.0; 4], 0.1, [-0.5, -0.5, 1.5, 3.5]);
    assert_eq!((rgba[4], rgba[8]), (255, 50));
}

#[test]
fn colour_goes_through_no_window() {
    let rgba = [[10, 20, 30, 255], [90, 100, 110, 255]].concat();
    let scene = Scene {
        frame: Rc::new(Frame::Colour(Colour {
            columns: 2,
            rows: 1,
            rgba,
        })),
        view: at_zoom(2.0),
        interpolation: Interpolation::Linear,
        ..scene(1, 1, at_zoom(1.0), true)
    };
    let painted = cpu::paint(&scene, 4, 2);
    assert_eq!(
        painted[..16],
        [
            10, 20, 30, 255, 30, 40, 50, 255, 70, 80, 90, 255, 90, 100, 110, 255
        ]
    );
}
