//! A frame laid on another one's grid, and what is left between the two.

use std::rc::Rc;

use super::points::bright;
use crate::{
    filter::Shown,
    tone::{Colour, Frame, Grey, PADDING},
};

/// Columns and rows of one frame → those of another, homogeneous.
pub type Matrix = [[f64; 3]; 3];

/// The frame as it is seen through a transform that leads from the pixels of a grid of `size` (columns, rows) to its own: bilinear between
/// pixel centres, the outer pixels reach half a pixel further. What lies beyond is [`PADDING`], in colour black.
pub fn laid(frame: &Frame, size: [usize; 2], onto: &Matrix) -> Frame {
    let [columns, rows] = size;
    match frame {
        Frame::Grey(grey) => Frame::Grey(Grey {
            columns,
            rows,
            values: taps(frame.size(), size, onto)
                .map(|tap| tap.map_or(PADDING, |tap| tap.of(&grey.values)))
                .collect(),
        }),
        Frame::Colour(colour) => {
            let pixels = colour.rgba.as_chunks::<4>().0;
            Frame::Colour(Colour {
                columns,
                rows,
                rgba: taps(frame.size(), size, onto)
                    .flat_map(|tap| tap.map_or([0, 0, 0, 255], |tap| tap.colour(pixels)))
                    .collect(),
            })
        }
    }
}

/// Colours that no window changes, by the nearest pixel.
pub fn laid_colours(
    colours: &[[u8; 4]],
    own: (usize, usize),
    size: [usize; 2],
    onto: &Matrix,
) -> Vec<[u8; 4]> {
    taps(own, size, onto)
        .map(|tap| {
            tap.and_then(|tap| colours.get(tap.nearest).copied())
                .unwrap_or([0; 4])
        })
        .collect()
}

/// A place between four pixels.
struct Tap {
    at: [usize; 4],
    nearest: usize,
    weight: [f32; 2],
}

impl Tap {
    fn of(&self, values: &[f32]) -> f32 {
        let value = |at: usize| values.get(at).copied().unwrap_or(PADDING);
        let nearest = value(self.nearest);
        if nearest == PADDING {
            return PADDING;
        }
        let [a, b, c, d] = self.at.map(|at| {
            let v = value(at);
            if v == PADDING { nearest } else { v }
        });
        self.mix([a, b, c, d])
    }

    fn colour(&self, pixels: &[[u8; 4]]) -> [u8; 4] {
        let [a, b, c, d] = self
            .at
            .map(|at| pixels.get(at).copied().unwrap_or([0, 0, 0, 255]));
        std::array::from_fn(|n| {
            let part = |p: [u8; 4]| f32::from(p.get(n).copied().unwrap_or(255));
            (self.mix([part(a), part(b), part(c), part(d)]) + 0.5) as u8
        })
    }

    fn mix(&self, [a, b, c, d]: [f32; 4]) -> f32 {
        let [u, v] = self.weight;
        let (top, bottom) = (a + (b - a) * u, c + (d - c) * u);
        top + (bottom - top) * v
    }
}

/// For each pixel of a grid, where it lies in a frame of `own` (columns, rows); `None` beside it.
fn taps(
    own: (usize, usize),
    [columns, rows]: [usize; 2],
    onto: &Matrix,
) -> impl Iterator<Item = Option<Tap>> {
    let [[a, b, c], [d, e, f], [g, h, i]] = *onto;
    let (wide, high) = (own.0 as f64, own.1 as f64);
    (0..rows).flat_map(move |row| {
        (0..columns).map(move |column| {
            let (x, y) = (column as f64, row as f64);
            let w = g * x + h * y + i;
            // What lies behind the eye of a homography is nowhere.
            if !(w.is_finite() && w > 1e-9) {
                return None;
            }
            let (u, v) = ((a * x + b * y + c) / w, (d * x + e * y + f) / w);
            let inside = u >= -0.5 && v >= -0.5 && u < wide - 0.5 && v < high - 0.5;
            inside.then(|| {
                let (u, v) = (u.clamp(0.0, wide - 1.0), v.clamp(0.0, high - 1.0));
                let (left, top) = (u as usize, v as usize);
                let (right, bottom) = ((left + 1).min(own.0 - 1), (top + 1).min(own.1 - 1));
                Tap {
                    at: [(left, top), (right, top), (left, bottom), (right, bottom)]
                        .map(|(x, y)| y * own.0 + x),
                    nearest: (v + 0.5) as usize * own.0 + (u + 0.5) as usize,
                    weight: [(u - left as f64) as f32, (v - top as f64) as f32],
                }
            })
        })
    })
}

/// A frame with what makes levels of its values, and their unit where one is known.
#[derive(Debug)]
pub struct Side<'a> {
    /// On the same grid as the other one.
    pub frame: &'a Rc<Frame>,
    /// How it is shown.
    pub shown: Shown,
    /// Of its values.
    pub unit: Option<&'a str>,
}

/// What is left of one frame when another one is taken from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// On their grid; [`PADDING`] where either has nothing.
    pub grey: Grey,
    /// The unit that both have; `None`: grey levels 0..=255 as each is shown, since the units differ or are not known.
    pub unit: Option<String>,
}

/// `first` less `second`; where both have the same unit in it, else in grey levels as they are shown.
pub fn difference(first: &Side<'_>, second: &Side<'_>) -> Difference {
    let unit = match (
        first.unit,
        second.unit,
        first.frame.as_ref(),
        second.frame.as_ref(),
    ) {
        (Some(a), Some(b), Frame::Grey(_), Frame::Grey(_)) if a == b && !a.is_empty() => {
            Some(a.to_owned())
        }
        _ => None,
    };
    let values = |side: &Side<'_>| match (unit.is_some(), side.frame.as_ref()) {
        (true, Frame::Grey(grey)) => grey.clone(),
        (_, frame) => levels(frame, &side.shown),
    };
    let (a, b) = (values(first), values(second));
    let less = |(&a, &b): (&f32, &f32)| {
        if a == PADDING || b == PADDING {
            PADDING
        } else {
            a - b
        }
    };
    Difference {
        grey: Grey {
            columns: a.columns,
            rows: a.rows,
            values: a.values.iter().zip(&b.values).map(less).collect(),
        },
        unit,
    }
}

/// Levels 0..=255 as they are shown.
fn levels(frame: &Frame, shown: &Shown) -> Grey {
    match frame {
        Frame::Colour(_) => bright(frame.clone(), false),
        Frame::Grey(grey) => {
            let mut levels = vec![0; grey.values.len()];
            let lut = shown.presentation_lut.as_ref().map(|lut| lut.as_slice());
            shown
                .voi
                .levels(&grey.values, lut, shown.invert, &mut levels);
            let level = |(&value, &level): (&f32, &u8)| {
                if value == PADDING {
                    PADDING
                } else {
                    f32::from(level)
                }
            };
            Grey {
                columns: grey.columns,
                rows: grey.rows,
                values: grey.values.iter().zip(&levels).map(level).collect(),
            }
        }
    }
}

/// How large differences are: 99.5 of 100 are smaller. Zero where there are none.
pub fn reach(grey: &Grey) -> f32 {
    let stride = (grey.values.len() / 65_536).max(1);
    let mut sizes: Vec<f32> = (grey.values.iter().step_by(stride))
        .filter(|&&v| v != PADDING)
        .map(|v| v.abs())
        .collect();
    let at = (sizes.len() as f64 * 0.995) as usize;
    if at >= sizes.len() {
        return 0.0;
    }
    let (_, &mut found, _) = sizes.select_nth_unstable_by(at, f32::total_cmp);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::auto;

    const IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    fn made(columns: usize, rows: usize, of: impl Fn(usize, usize) -> f32) -> Grey {
        let at = |i| of(i % columns, i / columns);
        Grey {
            columns,
            rows,
            values: (0..columns * rows).map(at).collect(),
        }
    }

    fn grey(frame: Frame) -> Grey {
        match frame {
            Frame::Grey(grey) => grey,
            Frame::Colour(_) => panic!("grey stays grey"),
        }
    }

    #[test]
    fn the_identity_changes_nothing() {
        let own = made(7, 5, |x, y| (x * 31 + y * 17) as f32 / 3.0);
        let seen = grey(laid(&Frame::Grey(own.clone()), [7, 5], &IDENTITY));
        assert_eq!(seen, own);
    }

    #[test]
    fn places_follow_the_matrix_and_nothing_lies_beyond() {
        let own = made(20, 10, |x, y| x as f32 + 100.0 * y as f32);
        // Half a pixel right, two rows down, of a grid twice as fine.
        let onto = [[0.5, 0.0, 0.25], [0.0, 0.5, 2.0], [0.0, 0.0, 1.0]];
        let seen = grey(laid(&Frame::Grey(own), [50, 30], &onto));
        let at = |x: usize, y: usize| seen.values[y * 50 + x];
        assert_eq!(at(4, 2), 2.25 + 300.0);
        assert_eq!(at(5, 3), 2.75 + 350.0);
        assert_eq!(
            at(38, 0),
            19.0 + 200.0,
            "the outer pixel reaches half a pixel further"
        );
        assert_eq!(at(39, 0), PADDING);
        assert_eq!(at(0, 14), 0.25 + 900.0);
        assert_eq!(at(0, 15), PADDING);
    }

    #[test]
    fn padding_stays_and_does_not_bleed() {
        let own = made(4, 1, |x, _| if x == 2 { PADDING } else { 10.0 });
        let onto = [[1.0, 0.0, 0.25], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let seen = grey(laid(&Frame::Grey(own), [4, 1], &onto));
        assert_eq!(seen.values, [10.0, 10.0, PADDING, 10.0]);
    }

    #[test]
    fn colours_are_mixed_and_a_homography_has_a_horizon() {
        let colour = Frame::Colour(Colour {
            columns: 2,
            rows: 1,
            rgba: vec![0, 100, 200, 255, 100, 0, 200, 255],
        });
        let onto = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let Frame::Colour(seen) = laid(&colour, [2, 1], &onto) else {
            panic!("colour stays colour");
        };
        assert_eq!(seen.rgba, [50, 50, 200, 255, 0, 0, 0, 255]);
        let behind = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]];
        let own = Frame::Grey(made(3, 3, |_, _| 5.0));
        assert!(
            grey(laid(&own, [3, 3], &behind))
                .values
                .iter()
                .all(|&v| v == PADDING)
        );
        let whole = [[255, 0, 0, 255], [0, 255, 0, 255]];
        let fixed = laid_colours(&whole, (2, 1), [2, 1], &onto);
        assert_eq!(fixed, [[0, 255, 0, 255], [0; 4]]);
    }

    #[test]
    fn differences_have_the_common_unit_or_are_levels() {
        let frame = |grey: Grey| Rc::new(Frame::Grey(grey));
        let side = |frame, unit, low, high| Side {
            frame,
            shown: Shown {
                voi: auto::full_range(low, high),
                presentation_lut: None,
                invert: false,
            },
            unit,
        };
        let a = frame(made(4, 1, |x, _| 40.0 * x as f32));
        let b = frame(made(4, 1, |x, _| if x == 3 { PADDING } else { 50.0 }));
        let both = difference(
            &side(&a, Some("HU"), 0.0, 255.0),
            &side(&b, Some("HU"), 0.0, 255.0),
        );
        assert_eq!(both.unit.as_deref(), Some("HU"));
        assert_eq!(both.grey.values, [-50.0, -10.0, 30.0, PADDING]);
        for (first, second) in [
            (None, None),
            (Some("HU"), Some("SUVbw")),
            (Some("HU"), None),
        ] {
            // Twice the contrast of the second: 50 is shown as 100.
            let levels = difference(&side(&a, first, 0.0, 255.0), &side(&b, second, 0.0, 127.5));
            assert_eq!(levels.unit, None);
            assert_eq!(levels.grey.values, [-100.0, -60.0, -20.0, PADDING]);
        }
    }

    #[test]
    fn the_reach_leaves_single_extremes_out() {
        let most = made(
            100,
            100,
            |x, y| if (x, y) == (3, 3) { 900.0 } else { -(x as f32) },
        );
        assert_eq!(reach(&most), 99.0);
        assert_eq!(reach(&made(3, 3, |_, _| 0.0)), 0.0);
        assert_eq!(reach(&made(3, 3, |_, _| PADDING)), 0.0);
    }
}
