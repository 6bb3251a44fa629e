//! Changed copies of a frame: mirrored, turned, moved, enlarged, cropped, brighter or darker, noisy; drawn at random from a seed.
//!
//! The one code of it: the spread of a model's scores (`model/augment.rs`), `negatoscope augment`, the preview of the page and training
//! recipes change a frame in the same way. Values are of a display, 0..1; one bilinear resampling does all of the geometry, the border
//! continued outwards.

use super::random::Random;

/// What may change, each within its bound. Nothing, by default.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Recipe {
    /// Left and right exchanged, in half of the copies.
    pub flip: bool,
    /// Top and bottom exchanged, in half of the copies.
    pub flip_vertical: bool,
    /// Turned by at most so many degrees, either way.
    pub rotate_degrees: f64,
    /// Moved by at most this part of rows and columns.
    pub shift: f64,
    /// Enlarged or made smaller by at most this part.
    pub zoom: f64,
    /// Side of the smallest square part that is cut out and brought to the frame's size; 0 and 1 cut nothing.
    pub crop: f64,
    /// Brightness moved by at most this, of a range of 1, and contrast changed by at most this part.
    pub jitter: f64,
    /// Values to the power of at most 1 + this, or one over it.
    pub gamma: f64,
    /// Standard deviation of Gaussian noise; each copy has as much.
    pub noise: f64,
}

/// The names of the steps, what their number may be, and where it goes.
struct Step {
    name: &'static str,
    most: f64,
    usual: f64,
    place: fn(&mut Recipe) -> &mut f64,
}

#[rustfmt::skip]
const STEPS: &[Step] = &[
    Step { name: "rotate", most: 180.0, usual: 10.0, place: |r| &mut r.rotate_degrees },
    Step { name: "shift",  most: 0.5,   usual: 0.05, place: |r| &mut r.shift },
    Step { name: "zoom",   most: 1.0,   usual: 0.1,  place: |r| &mut r.zoom },
    Step { name: "crop",   most: 1.0,   usual: 0.9,  place: |r| &mut r.crop },
    Step { name: "jitter", most: 1.0,   usual: 0.1,  place: |r| &mut r.jitter },
    Step { name: "gamma",  most: 4.0,   usual: 0.2,  place: |r| &mut r.gamma },
    Step { name: "noise",  most: 1.0,   usual: 0.02, place: |r| &mut r.noise },
];

impl Recipe {
    /// `flip,rotate=10,crop=0.9,jitter=0.1,noise=0.02`: steps with their bounds, parted by commas or spaces; one without a number has a usual
    /// one. `flip` may say `horizontal`, `vertical` or `both`.
    ///
    /// # Errors
    /// The step that was not understood, and what would do.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let mut recipe = Self::default();
        let steps = text.split([',', ' ']).filter(|step| !step.is_empty());
        for step in steps {
            let (name, value) = match step.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (step, None),
            };
            if name == "flip" {
                (recipe.flip, recipe.flip_vertical) = match value {
                    None | Some("horizontal") => (true, recipe.flip_vertical),
                    Some("vertical") => (recipe.flip, true),
                    Some("both") => (true, true),
                    Some(_) => {
                        let may = "horizontal, vertical or both".to_owned();
                        return Err((step.to_owned(), may));
                    }
                };
                continue;
            }
            let Some(known) = STEPS.iter().find(|known| known.name == name) else {
                let names: Vec<_> = STEPS.iter().map(|known| known.name).collect();
                return Err((step.to_owned(), format!("flip, {}", names.join(", "))));
            };
            let number = value.map_or(Some(known.usual), |value| value.parse().ok());
            let number = number.filter(|n: &f64| (0.0..=known.most).contains(n));
            *(known.place)(&mut recipe) = number.ok_or_else(|| {
                (
                    step.to_owned(),
                    format!("a number from 0 to {}", known.most),
                )
            })?;
        }
        Ok(recipe)
    }

    /// Draws one change: thirteen numbers, whatever may change, so that a step more leaves the others as they are.
    pub fn draw(&self, random: &mut Random) -> Change {
        let mut coin = || random.unit() < 0.5;
        let flips = [coin(), coin()];
        let degrees = self.rotate_degrees * random.signed();
        let shift = [(); 2].map(|()| self.shift * random.signed());
        let zoom = libm::pow(1.0 + self.zoom, random.signed());
        let least = if self.crop > 0.0 {
            self.crop.min(1.0)
        } else {
            1.0
        };
        let side = least + (1.0 - least) * random.unit();
        let centre = [(); 2].map(|()| side / 2.0 + (1.0 - side) * random.unit());
        let brightness = self.jitter * random.signed();
        let contrast = libm::pow(1.0 + self.jitter, random.signed());
        let gamma = libm::pow(1.0 + self.gamma, random.signed());
        Change {
            flip: self.flip && flips[0],
            flip_vertical: self.flip_vertical && flips[1],
            degrees,
            shift,
            zoom,
            crop: (side, centre),
            brightness,
            contrast,
            gamma,
            noise: self.noise,
            seed: random.bits(),
        }
    }
}

/// One change, made in this order: a part is cut out; mirrored, enlarged and turned about the centre, moved; contrast about the middle grey
/// and brightness, gamma; noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Left and right exchanged.
    pub flip: bool,
    /// Top and bottom exchanged.
    pub flip_vertical: bool,
    /// Clockwise as displayed.
    pub degrees: f64,
    /// Down and to the right, as parts of rows and columns.
    pub shift: [f64; 2],
    /// Above 1 enlarges.
    pub zoom: f64,
    /// Side of the part that is taken, and its centre down and to the right, as parts of rows and columns.
    pub crop: (f64, [f64; 2]),
    /// Added to values.
    pub brightness: f64,
    /// Factor of the distance from ½.
    pub contrast: f64,
    /// Values 0..1 to this power.
    pub gamma: f64,
    /// Standard deviation of what is added at last.
    pub noise: f64,
    /// Of the noise.
    pub seed: u64,
}

impl Change {
    /// Nothing changes.
    pub const NONE: Self = Self {
        flip: false,
        flip_vertical: false,
        degrees: 0.0,
        shift: [0.0; 2],
        zoom: 1.0,
        crop: (1.0, [0.5; 2]),
        brightness: 0.0,
        contrast: 1.0,
        gamma: 1.0,
        noise: 0.0,
        seed: 0,
    };

    /// Where each pixel of the changed frame came from: row and column, inside of the frame. `pixel` is the height and width of a pixel in
    /// one unit, so that a turned frame keeps its angles.
    fn places(
        &self,
        rows: usize,
        columns: usize,
        pixel: [f64; 2],
    ) -> impl Iterator<Item = (f64, f64)> {
        let change = *self;
        let (sin, cos) = {
            let angle = change.degrees.to_radians();
            (libm::sin(angle), libm::cos(angle))
        };
        let (tall, wide) = (rows as f64, columns as f64);
        let (low, high) = (
            rows.saturating_sub(1) as f64,
            columns.saturating_sub(1) as f64,
        );
        let (side, [down_at, right_at]) = change.crop;
        (0..rows).flat_map(move |row| {
            (0..columns).map(move |column| {
                // The changes undone from the last to the first.
                let y =
                    (row as f64 + 0.5 - tall * (0.5 + change.shift[0])) * pixel[0] / change.zoom;
                let x =
                    (column as f64 + 0.5 - wide * (0.5 + change.shift[1])) * pixel[1] / change.zoom;
                let (down, right) = (y * cos - x * sin, y * sin + x * cos);
                let right = if change.flip { -right } else { right };
                let down = if change.flip_vertical { -down } else { down };
                (
                    (down / pixel[0] * side + tall * down_at - 0.5).clamp(0.0, low),
                    (right / pixel[1] * side + wide * right_at - 0.5).clamp(0.0, high),
                )
            })
        })
    }

    /// Where each pixel of the frame lies in the changed one: row and column; `None` where that does not show it. The way back of
    /// [`Self::places`].
    fn places_back(
        &self,
        rows: usize,
        columns: usize,
        pixel: [f64; 2],
    ) -> impl Iterator<Item = Option<(f64, f64)>> {
        let change = *self;
        let angle = change.degrees.to_radians();
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let (tall, wide) = (rows as f64, columns as f64);
        let (side, [down_at, right_at]) = change.crop;
        let inside = |place: f64, size: f64| {
            (place >= -0.5 && place < size - 0.5).then(|| place.clamp(0.0, size - 1.0))
        };
        (0..rows).flat_map(move |row| {
            (0..columns).map(move |column| {
                let down = (row as f64 + 0.5 - tall * down_at) / side * pixel[0];
                let right = (column as f64 + 0.5 - wide * right_at) / side * pixel[1];
                let right = if change.flip { -right } else { right };
                let down = if change.flip_vertical { -down } else { down };
                let (y, x) = (down * cos + right * sin, right * cos - down * sin);
                let row = y * change.zoom / pixel[0] + tall * (0.5 + change.shift[0]) - 0.5;
                let column = x * change.zoom / pixel[1] + wide * (0.5 + change.shift[1]) - 0.5;
                inside(row, tall).zip(inside(column, wide))
            })
        })
    }

    /// Values that lie over the changed frame, laid back over the frame itself: bilinear. A place that the changed frame does not show has
    /// the value of `else_`, which is as large.
    pub fn laid_back(
        &self,
        values: &[f32],
        else_: &[f32],
        rows: usize,
        columns: usize,
        pixel: [f64; 2],
    ) -> Vec<f32> {
        let places = self.places_back(rows, columns, pixel);
        let value = |(place, own): (Option<(f64, f64)>, &f32)| {
            place.map_or(*own, |at| between(values, rows, columns, at) as f32)
        };
        places.zip(else_).map(value).collect()
    }

    /// The changed frame. `values` are rows × columns in 0..1; without brightness, contrast and noise they stay in that range.
    pub fn apply(&self, values: &[f32], rows: usize, columns: usize, pixel: [f64; 2]) -> Vec<f32> {
        let mut noise = Random::new(self.seed);
        let lit = self.brightness != 0.0 || self.contrast != 1.0;
        let value = |place: (f64, f64)| {
            let mut value = between(values, rows, columns, place);
            if lit {
                value = ((value - 0.5) * self.contrast + 0.5 + self.brightness).clamp(0.0, 1.0);
            }
            if self.gamma != 1.0 {
                value = libm::pow(value.max(0.0), self.gamma);
            }
            if self.noise > 0.0 {
                value = (value + self.noise * gaussian(&mut noise)).clamp(0.0, 1.0);
            }
            value as f32
        };
        self.places(rows, columns, pixel).map(value).collect()
    }

    /// Labels under the same change: each pixel has the label of the nearest one, so that a picture and its mask stay together.
    pub fn apply_labels(
        &self,
        labels: &[u8],
        rows: usize,
        columns: usize,
        pixel: [f64; 2],
    ) -> Vec<u8> {
        let label = |(r, c): (f64, f64)| {
            let at = libm::round(r) as usize * columns + libm::round(c) as usize;
            labels.get(at).copied().unwrap_or(0)
        };
        self.places(rows, columns, pixel).map(label).collect()
    }
}

/// The value at a place inside of rows × columns, bilinear.
fn between(values: &[f32], rows: usize, columns: usize, (r, c): (f64, f64)) -> f64 {
    let at = |r: usize, c: usize| values.get(r * columns + c).map_or(0.0, |&v| f64::from(v));
    let (r0, c0) = (r as usize, c as usize);
    let (r1, c1) = ((r0 + 1).min(rows - 1), (c0 + 1).min(columns - 1));
    let line = |r| at(r, c0) * (1.0 - c.fract()) + at(r, c1) * c.fract();
    line(r0) * (1.0 - r.fract()) + line(r1) * r.fract()
}

/// A number of the standard normal distribution (Box and Muller 1958).
fn gaussian(random: &mut Random) -> f64 {
    let (u, v) = (1.0 - random.unit(), random.unit());
    libm::sqrt(-2.0 * libm::log(u)) * libm::cos(2.0 * std::f64::consts::PI * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_over_a_copy_is_laid_back_where_it_was() {
        let (rows, columns, pixel) = (40, 56, [1.25, 0.8]);
        // Two smooth hills: what twofold interpolation blurs is far below what is looked for.
        let frame: Vec<f32> = (0..rows * columns)
            .map(|at| {
                let hill = |r: f64, c: f64| {
                    let (y, x) = ((at / columns) as f64 - r, (at % columns) as f64 - c);
                    libm::exp(-(y * y + x * x) / 60.0)
                };
                (hill(13.0, 17.0) + 0.5 * hill(26.0, 41.0)) as f32
            })
            .collect();
        let all = Change {
            flip: true,
            degrees: 13.0,
            shift: [0.05, -0.08],
            zoom: 1.2,
            crop: (0.9, [0.46, 0.53]),
            ..Change::NONE
        };
        let out_of_sight = vec![-1.0; frame.len()];
        for change in [
            Change::NONE,
            all,
            Change {
                flip_vertical: true,
                flip: false,
                degrees: -31.0,
                zoom: 0.7,
                ..all
            },
        ] {
            let changed = change.apply(&frame, rows, columns, pixel);
            let back = change.laid_back(&changed, &out_of_sight, rows, columns, pixel);
            let seen = back.iter().filter(|v| **v >= 0.0).count();
            assert!(seen * 2 > frame.len(), "{seen} of {}", frame.len());
            for (at, (found, own)) in back.iter().zip(&frame).enumerate() {
                // At the frame's edge the border was continued.
                let near = |i: usize, n: usize| i < 2 || i + 2 >= n;
                let edge = near(at / columns, rows) || near(at % columns, columns);
                assert!(
                    *found < 0.0 || edge || (found - own).abs() < 0.02,
                    "{at}: {found}, not {own}"
                );
            }
        }
        // Enlarged twice, the outer half of each side is out of sight.
        let twice = Change {
            zoom: 2.0,
            ..Change::NONE
        };
        let back = twice.laid_back(&frame, &out_of_sight, rows, columns, pixel);
        let seen = back.iter().filter(|v| **v >= 0.0).count();
        assert_eq!(seen, frame.len() / 4);
    }

    #[test]
    fn recipes_are_read_and_refused() {
        let recipe = Recipe::parse("flip,rotate=15, crop noise=0.05").unwrap();
        let said = Recipe {
            flip: true,
            rotate_degrees: 15.0,
            crop: 0.9,
            noise: 0.05,
            ..Recipe::default()
        };
        assert_eq!(recipe, said);
        assert!(Recipe::parse("flip=both").unwrap().flip_vertical);
        for wrong in [
            "spin",
            "rotate=181",
            "rotate=x",
            "noise=NaN",
            "crop=-1",
            "flip=up",
            "zoom=inf",
        ] {
            assert!(Recipe::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Recipe::parse("").unwrap(), Recipe::default());
    }

    #[test]
    fn a_seed_says_everything() {
        let recipe =
            Recipe::parse("flip=both,rotate,shift,zoom,crop=0.7,jitter,gamma,noise").unwrap();
        let frame: Vec<f32> = (0..35).map(|i| i as f32 / 34.0).collect();
        let draw = |seed| {
            let mut random = Random::new(seed);
            [(); 3].map(|()| recipe.draw(&mut random).apply(&frame, 5, 7, [1.0; 2]))
        };
        assert_eq!(draw(4), draw(4));
        assert_ne!(draw(4), draw(5));
        assert_ne!(draw(4)[0], draw(4)[1]);
        assert!(draw(4).iter().flatten().all(|v| (0.0..=1.0).contains(v)));
        // A step more leaves the others as they were.
        let more = Recipe {
            noise: 0.0,
            ..recipe
        };
        let (a, b) = (
            recipe.draw(&mut Random::new(9)),
            more.draw(&mut Random::new(9)),
        );
        assert_eq!(Change { noise: 0.0, ..a }, b);
    }

    #[test]
    fn parts_are_cut_out_and_stay_inside() {
        let recipe = Recipe::parse("crop=0.5").unwrap();
        let mut random = Random::new(1);
        for _ in 0..1000 {
            let (side, centre) = recipe.draw(&mut random).crop;
            assert!((0.5..=1.0).contains(&side));
            assert!(
                centre
                    .iter()
                    .all(|c| c - side / 2.0 > -1e-12 && c + side / 2.0 < 1.0 + 1e-12)
            );
        }
        // The lower right quarter of four, enlarged: its own value everywhere, but where its neighbours shine in.
        let change = Change {
            crop: (0.5, [0.75; 2]),
            ..Change::NONE
        };
        let frame = [
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0,
        ];
        let found = change.apply(&frame, 4, 4, [1.0; 2]);
        assert_eq!(found[5], 1.0);
        assert_eq!(found[15], 1.0);
        assert_eq!(found[0], 0.5625);
    }

    #[test]
    fn light_and_noise_are_what_they_say() {
        let frame = vec![0.25_f32; 10_000];
        let brighter = Change {
            brightness: 0.1,
            contrast: 2.0,
            ..Change::NONE
        };
        assert!(
            brighter
                .apply(&frame, 100, 100, [1.0; 2])
                .iter()
                .all(|v| (v - 0.1).abs() < 1e-6)
        );
        let noisy = Change {
            noise: 0.05,
            seed: 3,
            ..Change::NONE
        };
        let found = noisy.apply(&frame, 100, 100, [1.0; 2]);
        let mean = found.iter().sum::<f32>() / 1e4;
        let sd = (found.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / 1e4).sqrt();
        assert!(
            (mean - 0.25).abs() < 0.003 && (sd - 0.05).abs() < 0.002,
            "{mean} {sd}"
        );
    }

    #[test]
    fn labels_go_where_their_pixels_go() {
        let labels = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let turned = Change {
            degrees: 90.0,
            ..Change::NONE
        };
        assert_eq!(
            turned.apply_labels(&labels, 3, 3, [1.0; 2]),
            [7, 4, 1, 8, 5, 2, 9, 6, 3]
        );
        let down = Change {
            flip_vertical: true,
            ..Change::NONE
        };
        assert_eq!(
            down.apply_labels(&labels, 3, 3, [1.0; 2]),
            [7, 8, 9, 4, 5, 6, 1, 2, 3]
        );
        assert!(Change::NONE.apply(&[], 0, 0, [1.0; 2]).is_empty());
    }
}
