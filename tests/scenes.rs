//! Painted scenes against index arithmetic and the VOI's own formula.

use std::rc::Rc;

use negatoscope::{
    render::{Interpolation, Scene, View, cpu},
    tone::{
        Frame, Grey, PADDING,
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
        frame_key: 0,
        view,
        voi: Voi::Window {
            center: 128.0,
            width: 256.0,
            function: Function::Linear,
        },
        invert,
        colours: None,
        interpolation: Interpolation::Nearest,
        labels: None,
        heatmap: None,
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
