//! What a value looks like in a rendered volume: presets as transfer functions, one table.

use super::{codes, voxels::Volume};
use crate::base::{Error, Result};

/// What a ray gathers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gather {
    /// Colours, front to back, each as opaque as its value is.
    Compose,
    /// The largest value along the ray.
    Maximum,
}

/// A point of a transfer function; between points all is linear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// HU, or with [`Preset::relative`] 0 (nearly all voxels are above) to 1 (nearly all are below).
    pub value: f32,
    /// 0..1.
    pub colour: [f32; 3],
    /// What 1 mm of it hides, 0..1.
    pub opacity: f32,
}

const fn p(value: f32, colour: [f32; 3], opacity: f32) -> Point {
    Point {
        value,
        colour,
        opacity,
    }
}

/// A way to see a volume.
#[derive(Debug)]
pub struct Preset {
    /// Its name, for programs; `www/text` has its words.
    pub name: &'static str,
    /// What a ray gathers.
    pub gather: Gather,
    /// Values grow. Beyond the ends, the ends.
    pub points: &'static [Point],
    /// Surfaces are lit.
    pub lit: bool,
    /// Values are shares of the range between the 1st and the 99.9th percentile: of modalities without a unit.
    pub relative: bool,
}

const SKIN: [f32; 3] = [0.86, 0.64, 0.52];
const FLESH: [f32; 3] = [0.80, 0.36, 0.28];
const BLOOD: [f32; 3] = [0.86, 0.18, 0.14];
const IVORY: [f32; 3] = [0.96, 0.91, 0.80];
const WHITE: [f32; 3] = [1.0, 1.0, 1.0];
const BLACK: [f32; 3] = [0.0, 0.0, 0.0];

/// All presets. A new one is a line here, words in `www/text`, and a case in the test below.
pub const ALL: &[Preset] = &[
    Preset {
        name: "ct-bone",
        gather: Gather::Compose,
        points: &[
            p(120.0, FLESH, 0.0),
            p(220.0, [0.86, 0.68, 0.52], 0.08),
            p(400.0, IVORY, 0.55),
            p(1200.0, WHITE, 0.95),
        ],
        lit: true,
        relative: false,
    },
    Preset {
        name: "ct-soft",
        gather: Gather::Compose,
        points: &[
            p(-220.0, SKIN, 0.0),
            p(-120.0, SKIN, 0.12),
            p(-20.0, [0.84, 0.52, 0.40], 0.35),
            p(60.0, FLESH, 0.55),
            p(200.0, [0.90, 0.60, 0.45], 0.70),
            p(400.0, IVORY, 0.95),
        ],
        lit: true,
        relative: false,
    },
    Preset {
        name: "ct-vessels",
        gather: Gather::Compose,
        points: &[
            p(110.0, BLOOD, 0.0),
            p(180.0, BLOOD, 0.20),
            p(320.0, [0.95, 0.45, 0.30], 0.55),
            p(500.0, IVORY, 0.85),
            p(1200.0, WHITE, 0.95),
        ],
        lit: true,
        relative: false,
    },
    Preset {
        name: "ct-lung",
        gather: Gather::Compose,
        points: &[
            p(-960.0, [0.45, 0.60, 0.75], 0.0),
            p(-900.0, [0.50, 0.68, 0.88], 0.002),
            p(-750.0, [0.70, 0.82, 0.95], 0.016),
            p(-550.0, [0.95, 0.82, 0.74], 0.08),
            p(-350.0, [0.90, 0.50, 0.40], 0.02),
            p(-200.0, SKIN, 0.0),
            p(150.0, FLESH, 0.0),
            p(400.0, IVORY, 0.03),
        ],
        lit: true,
        relative: false,
    },
    Preset {
        name: "mr",
        gather: Gather::Compose,
        points: &[
            p(0.10, [0.50, 0.40, 0.36], 0.0),
            p(0.22, [0.86, 0.70, 0.60], 0.12),
            p(0.45, [0.94, 0.84, 0.75], 0.40),
            p(0.80, [1.0, 0.96, 0.90], 0.75),
            p(1.0, WHITE, 0.85),
        ],
        lit: true,
        relative: true,
    },
    Preset {
        name: "mip",
        gather: Gather::Maximum,
        points: &[p(0.15, BLACK, 0.0), p(1.0, WHITE, 1.0)],
        lit: false,
        relative: true,
    },
];

/// Entries of a table.
pub(super) const ENTRIES: usize = 2048;

/// A transfer function for one volume and one length of step.
#[derive(Debug)]
pub struct Table {
    /// Values of the first and last entry.
    pub range: [f32; 2],
    /// R, G, B (0..1) and the opacity of one step.
    pub entries: Vec<[f32; 4]>,
    /// Entries before each one that are not transparent: what a block of values shows.
    visible: Vec<u32>,
}

/// The preset of that name.
///
/// # Errors
/// `PIX-455` where there is none.
pub fn by_name(name: &str) -> Result<&'static Preset> {
    let names = || {
        ALL.iter()
            .map(|preset| preset.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = ALL.iter().find(|preset| preset.name == name);
    found.ok_or_else(|| Error::new(&codes::NO_PRESET).expected(names()))
}

/// The preset that suits a modality: of CT by Hounsfield units, of others by their own range.
pub fn suited(hounsfield: bool) -> &'static str {
    if hounsfield { "ct-bone" } else { "mr" }
}

impl Preset {
    /// The function at a value on its own scale: colour and opacity.
    pub fn at(&self, value: f32) -> ([f32; 3], f32) {
        let Some(mut before) = self.points.first() else {
            return (BLACK, 0.0);
        };
        for point in self.points {
            if value < point.value {
                let wide = (point.value - before.value).max(1e-6);
                let part = ((value - before.value) / wide).clamp(0.0, 1.0);
                let mix = |a: f32, b: f32| a + (b - a) * part;
                let colour = std::array::from_fn(|c| mix(before.colour[c], point.colour[c]));
                return (colour, mix(before.opacity, point.opacity));
            }
            before = point;
        }
        (before.colour, before.opacity)
    }

    /// Its table for a volume whose [`Volume::percentiles`] are `ends`, at steps of `step_mm`. `shift`: all values are taken to be that much
    /// lower, in the preset's own unit.
    pub fn table(&self, ends: [f32; 2], step_mm: f32, shift: f32) -> Table {
        let scale = |value: f32| {
            if self.relative {
                ends[0] + value * (ends[1] - ends[0])
            } else {
                value
            }
        };
        let (first, last) = (
            self.points.first().map_or(0.0, |point| point.value + shift),
            self.points.last().map_or(1.0, |point| point.value + shift),
        );
        let entries: Vec<[f32; 4]> = (0..ENTRIES)
            .map(|n| {
                let value = first + (last - first) * n as f32 / (ENTRIES - 1) as f32;
                let ([r, g, b], opacity) = self.at(value - shift);
                let a = match self.gather {
                    Gather::Compose => 1.0 - (1.0 - opacity).powf(step_mm),
                    Gather::Maximum => opacity,
                };
                [r, g, b, a]
            })
            .collect();
        let mut visible = vec![0];
        for entry in &entries {
            let before = visible.last().copied().unwrap_or(0);
            visible.push(before + u32::from(entry[3] > 0.0));
        }
        Table {
            range: [scale(first), scale(last)],
            entries,
            visible,
        }
    }
}

impl Table {
    /// The entry of a modality value.
    #[inline]
    pub fn index(&self, value: f32) -> usize {
        let [low, high] = self.range;
        (((value - low) / (high - low)).clamp(0.0, 1.0) * (ENTRIES - 1) as f32 + 0.5) as usize
    }

    /// True where some value from `least` to `most` is not transparent.
    pub(super) fn shows(&self, least: f32, most: f32) -> bool {
        // Entries grow with values: what lies between these two values lies between their entries.
        let (from, to) = (self.index(least), self.index(most) + 1);
        match (self.visible.get(from), self.visible.get(to)) {
            (Some(before), Some(after)) => after > before,
            _ => true,
        }
    }
}

/// The table of a preset for a volume.
pub(super) fn table_of(preset: &Preset, volume: &Volume, step_mm: f32, shift: f32) -> Table {
    let ends = if preset.relative {
        volume.percentiles()
    } else {
        [0.0, 1.0]
    };
    preset.table(ends, step_mm, shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_grow_and_hide_as_their_step_says() {
        for preset in ALL {
            assert!(by_name(preset.name).is_ok());
            assert!(
                preset.points.windows(2).all(|w| w[0].value < w[1].value),
                "{}",
                preset.name
            );
            let (one, half) = (
                preset.table([0.0, 100.0], 1.0, 0.0),
                preset.table([0.0, 100.0], 0.5, 0.0),
            );
            for (a, b) in one.entries.iter().zip(&half.entries) {
                let twice = 1.0 - (1.0 - b[3]) * (1.0 - b[3]);
                if preset.gather == Gather::Compose {
                    assert!((a[3] - twice).abs() < 1e-4, "{}", preset.name);
                }
            }
        }
        assert_eq!(by_name("x").unwrap_err().code().id, "PIX-455");
    }

    #[test]
    fn a_table_knows_what_shows() {
        let bone = by_name("ct-bone").unwrap().table([0.0, 1.0], 1.0, 0.0);
        assert!(!bone.shows(-1000.0, 100.0));
        assert!(bone.shows(-1000.0, 300.0) && bone.shows(2000.0, 3000.0));
        let lung = by_name("ct-lung").unwrap().table([0.0, 1.0], 1.0, 0.0);
        assert!(!lung.shows(-190.0, 140.0) && lung.shows(-190.0, 300.0));
        let shifted = by_name("ct-bone").unwrap().table([0.0, 1.0], 1.0, 100.0);
        assert!(!shifted.shows(-1000.0, 200.0));
    }
}
