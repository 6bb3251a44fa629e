//! Changed copies of a frame, for the spread of a model's scores: turned, moved, enlarged, brighter, mirrored, as far as its manifest allows.
//!
//! The spread says how far an answer moves when the picture is taken a little differently. It is no chance of being wrong: an answer can
//! be steady and false.

use super::{
    analysis::Wish,
    codes,
    explain::random::Random,
    finding::Spread,
    manifest::{Augment, Manifest},
};
use crate::{
    base::{Error, Monitor, Result, Stage},
    vision::augment,
};

/// Changed copies at most.
pub const MOST_COPIES: u32 = 256;

/// The changes that are asked for, within what the manifest says that the model bears.
///
/// # Errors
/// `MDL-022` where it says of none, or more copies are asked for than [`MOST_COPIES`].
pub fn changes(manifest: &Manifest, wish: &Wish) -> Result<Vec<Change>> {
    let wrong = || Error::new(&codes::NO_CHANGES);
    let copies = wish.augment;
    if copies == 0 {
        return Ok(vec![]);
    }
    let bounds = manifest.augment.as_ref();
    let bounds = bounds.ok_or_else(|| wrong().at("augment").found("nothing in the manifest"))?;
    if *bounds == Augment::default() {
        return Err(wrong().at("augment").found("no change above 0"));
    }
    if bounds.gamma > 0.0 && manifest.modality_values() {
        return Err(wrong()
            .at("augment.gamma")
            .expected("0: a power is of grey values as they are displayed")
            .found(bounds.gamma));
    }
    if copies > MOST_COPIES {
        return Err(wrong()
            .expected(format!("at most {MOST_COPIES} copies"))
            .found(copies));
    }
    let mut random = Random::new(wish.seed);
    Ok((0..copies)
        .map(|_| Change::draw(bounds, &mut random))
        .collect())
}

/// The work of one of several runs, as a part of all.
#[derive(Clone, Copy)]
pub(super) struct Nth<'a> {
    pub(super) monitor: &'a dyn Monitor,
    /// From 0.
    pub(super) run: u64,
    pub(super) runs: u64,
}

impl Monitor for Nth<'_> {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let before = self.run.saturating_mul(total);
        let all = self.runs.saturating_mul(total);
        self.monitor
            .progress(stage, before.saturating_add(done), all);
    }
    fn cancelled(&self) -> bool {
        self.monitor.cancelled()
    }
}

/// One change, to be made in this order: mirrored, enlarged and turned about the centre, moved, grey values changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Left and right exchanged.
    pub flip: bool,
    /// Clockwise as displayed.
    pub degrees: f64,
    /// Down and to the right, as parts of rows and columns.
    pub shift: [f64; 2],
    /// Above 1 enlarges.
    pub zoom: f64,
    /// Values 0..1 to this power.
    pub gamma: f64,
}

impl Change {
    /// Nothing changes.
    pub const NONE: Self = Self {
        flip: false,
        degrees: 0.0,
        shift: [0.0; 2],
        zoom: 1.0,
        gamma: 1.0,
    };

    /// Draws one within the bounds: six numbers, in the order of the fields.
    pub fn draw(within: &Augment, random: &mut Random) -> Self {
        let flip = random.unit() < 0.5;
        let degrees = within.rotate_degrees * random.signed();
        let shift = [(); 2].map(|()| within.shift * random.signed());
        let mut factor = |bound: f64| libm::pow(1.0 + bound, random.signed());
        Self {
            flip: flip && within.flip,
            degrees,
            shift,
            zoom: factor(within.zoom),
            gamma: factor(within.gamma),
        }
    }

    /// The changed frame: bilinear, the border continued outwards. `values` are rows × columns in 0..1; `pixel` is the height and width of
    /// a pixel in one unit, so that a turned frame keeps its angles.
    pub fn apply(&self, values: &[f32], rows: usize, columns: usize, pixel: [f64; 2]) -> Vec<f32> {
        self.whole().apply(values, rows, columns, pixel)
    }

    /// Values that lie over the changed frame, laid back over the frame itself; where that is out of sight, those of `else_`.
    pub fn laid_back(
        &self,
        values: &[f32],
        else_: &[f32],
        rows: usize,
        columns: usize,
        pixel: [f64; 2],
    ) -> Vec<f32> {
        self.whole().laid_back(values, else_, rows, columns, pixel)
    }

    fn whole(&self) -> augment::Change {
        augment::Change {
            flip: self.flip,
            degrees: self.degrees,
            shift: self.shift,
            zoom: self.zoom,
            gamma: self.gamma,
            ..augment::Change::NONE
        }
    }
}

/// Mean, standard deviation (over all, not n − 1), smallest and largest.
pub fn spread(values: &[f64]) -> [f64; 4] {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [mean, variance.sqrt(), low, high]
}

/// Of each label the spread of its values over the runs, the first of which is of the frame itself.
pub(super) fn spreads(runs: &[Vec<f64>], labels: usize) -> Vec<Spread> {
    let of_label = |label: usize| {
        let values: Vec<f64> = (runs.iter().filter_map(|f| f.get(label)).copied()).collect();
        let [mean, sd, low, high] = spread(&values);
        Spread {
            copies: runs.len().saturating_sub(1) as u32,
            mean,
            sd,
            low,
            high,
        }
    };
    (0..labels).map(of_label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_flips_and_shifts_move_pixels_whole() {
        let frame = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        let of = |change: Change| change.apply(&frame, 3, 3, [1.0; 2]);
        let near = |found: Vec<f32>, said: [f32; 9]| {
            assert!(
                found.iter().zip(said).all(|(a, b)| (a - b).abs() < 1e-5),
                "{found:?}"
            );
        };
        assert_eq!(of(Change::NONE), frame);
        let turned = Change {
            degrees: 90.0,
            ..Change::NONE
        };
        near(of(turned), [7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0]);
        let flipped = Change {
            flip: true,
            ..Change::NONE
        };
        near(of(flipped), [3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0]);
        let down = Change {
            shift: [1.0 / 3.0, 0.0],
            ..Change::NONE
        };
        near(of(down), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn what_the_manifest_forbids_is_never_drawn() {
        let within = Augment {
            rotate_degrees: 5.0,
            shift: 0.02,
            ..Augment::default()
        };
        let mut random = Random::new(4);
        for _ in 0..1000 {
            let change = Change::draw(&within, &mut random);
            assert!(!change.flip && change.zoom == 1.0 && change.gamma == 1.0);
            assert!(change.degrees.abs() <= 5.0 && change.shift.iter().all(|s| s.abs() <= 0.02));
        }
        let within = Augment {
            flip: true,
            ..Augment::default()
        };
        let flips = (0..1000)
            .filter(|_| Change::draw(&within, &mut random).flip)
            .count();
        assert!((400..600).contains(&flips), "{flips}");
    }
}
