//! A frame and its changed copies: each is prepared and run by itself, as if it had come alone. Of a classification the spread of the shown
//! values, of a segmentation the labels of the mean probability and how each label moves.

use super::{
    Job, image,
    outputs::{exact, log_odds, probabilities},
};
use crate::{
    base::{Error, Result, Stage},
    model::{
        Analysis,
        augment::{Change, Nth, spreads},
        codes,
        finding::{Finding, LabelSpread, Spread},
        prepare::grid::{self, Grid},
        recipe::Recipe,
        sliding::Windows,
    },
};

/// Pixels are as high as they are wide.
const PIXEL: [f64; 2] = [1.0; 2];

/// The frame as it came, and the changes that are made of it.
pub(super) struct Shown {
    pub(super) changes: Vec<Change>,
    pub(super) values: Vec<f32>,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Shown {
    fn changed(&self, change: &Change, recipe: &Recipe, job: &Job<'_>) -> Result<Grid> {
        let values = change.apply(&self.values, self.rows, self.columns, PIXEL);
        grid::frame(values, self.columns, self.rows, recipe, job.limits)
    }
}

impl Job<'_> {
    /// What is shown of each label: the calibrated value where there is one.
    pub(super) fn shown_values(&self, recipe: &Recipe, values: &[f32]) -> Result<Vec<f64>> {
        if !values.iter().all(|v| v.is_finite()) {
            return Err(Error::new(&codes::RUN)
                .at("scores")
                .found("values that are not finite"));
        }
        let plain = probabilities(values, recipe.activation)?;
        Ok(match &self.manifest.output.calibration {
            Some(calibration) => (log_odds(values, recipe.activation).iter())
                .map(|odds| calibration.apply(f64::from(*odds)))
                .collect(),
            None => plain,
        })
    }

    /// The spread of each label's shown value over the frame (`own`) and its copies; `of` gives those of a copy's tensor.
    pub(super) fn spreads(
        &self,
        recipe: &Recipe,
        windows: &Windows,
        shown: &Shown,
        own: Vec<f64>,
        of: &mut dyn FnMut(&[f32]) -> Result<Vec<f64>>,
    ) -> Result<Vec<Spread>> {
        let labels = own.len();
        let mut runs = vec![own];
        let total = shown.changes.len() as u64;
        for change in &shown.changes {
            self.tick(Stage::Infer, runs.len() as u64 - 1, total)?;
            let grid = shown.changed(change, recipe, self)?;
            runs.push(of(&windows.tensor(&image(recipe, &grid), [0; 3]))?);
        }
        self.tick(Stage::Infer, total, total)?;
        Ok(spreads(&runs, labels))
    }

    /// Segmentation of the frame and its copies.
    pub(super) fn segment_copies(
        &self,
        mut finding: Finding,
        recipe: &Recipe,
        grid: &Grid,
        shown: &Shown,
    ) -> Result<Analysis> {
        let segmenter = self.segmenter(recipe, grid)?;
        let (channels, alone) = (segmenter.channels, recipe.activation.alone());
        let (columns, rows) = (shown.columns, shown.rows);
        let places = columns * rows;
        let runs = shown.changes.len() + 1;
        // A place has for each channel its mean and what the frame itself gives, the channel that is laid back and its cells, the best of them;
        // a label for each run; the changed frame.
        let each = 8 * channels + 16 + runs + if self.fractions { channels } else { 0 };
        let budget = self.budget_for((each as u64).saturating_mul(places as u64))?;
        let probability = self.probability();
        let least = if alone {
            probability
        } else {
            f32::NEG_INFINITY
        };
        // The first channel is that of label 1 where the background has none.
        let first = u8::from(alone);
        let mut own: Vec<Vec<f32>> = vec![];
        let mut sums: Vec<Vec<f32>> = vec![];
        let mut labels: Vec<Vec<u8>> = Vec::with_capacity(runs);
        for run in 0..runs {
            let change = run.checked_sub(1).and_then(|at| shown.changes.get(at));
            let changed = change.map(|c| shown.changed(c, recipe, self)).transpose()?;
            let grid = changed.as_ref().unwrap_or(grid);
            let monitor = Nth {
                monitor: self.monitor,
                run: run as u64,
                runs: runs as u64,
            };
            let mut found = vec![];
            segmenter.run(grid, budget, &monitor, &mut |_, plane| {
                found = exact(plane, channels, recipe.activation)?;
                Ok(())
            })?;
            let mut best = Best::new(places, least, first);
            for (channel, cells) in found.iter().enumerate() {
                let mut laid = grid.back.labels(cells)?;
                if let (Some(change), Some(own)) = (change, own.get(channel)) {
                    laid = change.laid_back(&laid, own, rows, columns, PIXEL);
                }
                best.take(&laid);
                match sums.get_mut(channel) {
                    None => {
                        sums.push(laid.clone());
                        own.push(laid);
                    }
                    Some(sum) => {
                        for (sum, value) in sum.iter_mut().zip(&laid) {
                            *sum += value;
                        }
                    }
                }
            }
            labels.push(best.labels);
        }
        self.stage(Stage::Explain, 0)?;
        drop(own);
        for value in sums.iter_mut().flatten() {
            *value /= runs as f32;
        }
        let mut mean = Best::new(places, least, first);
        for sum in &sums {
            mean.take(sum);
        }
        let mut map = self.legend([columns, rows, 1]);
        let counts = Counts::of(&labels, &mean.labels, map.names.len());
        let named = map.names.iter().cloned().zip(counts.spreads(places));
        map.spread = named.skip(1).collect();
        finding.label_map = Some(map);
        let byte = |p: &f32| (p.clamp(0.0, 1.0) * 255.0).round() as u8;
        let wanted = sums.iter().skip(usize::from(!alone));
        let fractions = wanted.map(|sum| sum.iter().map(byte).collect());
        let fractions = if self.fractions {
            fractions.collect()
        } else {
            vec![]
        };
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay: mean.labels,
            fractions,
        })
    }
}

/// The label of the highest of some channels, the first of equals; 0 where none is above the least value.
struct Best {
    values: Vec<f32>,
    labels: Vec<u8>,
    next: u8,
}

impl Best {
    fn new(places: usize, least: f32, first: u8) -> Self {
        Self {
            values: vec![least; places],
            labels: vec![0; places],
            next: first,
        }
    }

    fn take(&mut self, channel: &[f32]) {
        for ((best, label), &value) in self.values.iter_mut().zip(&mut self.labels).zip(channel) {
            if value > *best {
                (*best, *label) = (value, self.next);
            }
        }
        self.next = self.next.saturating_add(1);
    }
}

/// How many places have each label: in each run, in the mean, and in both.
struct Counts {
    runs: Vec<Vec<usize>>,
    both: Vec<Vec<usize>>,
    mean: Vec<usize>,
}

impl Counts {
    fn of(runs: &[Vec<u8>], mean: &[u8], labels: usize) -> Self {
        let count = |values: &mut dyn Iterator<Item = u8>| {
            let mut counts = vec![0; labels];
            for label in values {
                if let Some(count) = counts.get_mut(usize::from(label)) {
                    *count += 1;
                }
            }
            counts
        };
        let same = |run: &Vec<u8>| {
            let pairs = run.iter().zip(mean);
            count(&mut pairs.filter(|(a, b)| a == b).map(|(a, _)| *a))
        };
        Self {
            runs: (runs.iter().map(|run| count(&mut run.iter().copied()))).collect(),
            both: runs.iter().map(same).collect(),
            mean: count(&mut mean.iter().copied()),
        }
    }

    fn spreads(&self, places: usize) -> Vec<LabelSpread> {
        let parts: Vec<Vec<f64>> = (self.runs.iter())
            .map(|run| {
                run.iter()
                    .map(|n| *n as f64 / places.max(1) as f64)
                    .collect()
            })
            .collect();
        let dice = |label: usize| {
            let of = |counts: &[usize]| counts.get(label).copied().unwrap_or(0) as f64;
            let each = self.runs.iter().zip(&self.both).map(|(run, both)| {
                let all = of(run) + of(&self.mean);
                if all > 0.0 { 2.0 * of(both) / all } else { 1.0 }
            });
            each.sum::<f64>() / self.runs.len().max(1) as f64
        };
        (spreads(&parts, self.mean.len()).into_iter().enumerate())
            .map(|(label, area)| LabelSpread {
                area,
                agreement: dice(label),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_what_they_have_in_common() {
        let mut best = Best::new(3, 0.5, 1);
        best.take(&[0.6, 0.5, 0.2]);
        best.take(&[0.6, 0.4, 0.9]);
        assert_eq!(best.labels, [1, 0, 2]);
        let runs = [vec![1, 1, 0, 2], vec![1, 0, 0, 2]];
        let found = Counts::of(&runs, &[1, 0, 0, 2], 4).spreads(4);
        assert_eq!(found[1].area.mean, 0.375);
        assert_eq!((found[1].area.low, found[1].area.high), (0.25, 0.5));
        assert_eq!(found[1].agreement, f64::midpoint(2.0 / 3.0, 1.0));
        assert_eq!((found[2].agreement, found[2].area.sd), (1.0, 0.0));
        assert_eq!((found[3].agreement, found[3].area.high), (1.0, 0.0));
    }
}
