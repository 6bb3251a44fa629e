//! One run of the preparation `general`: classification, segmentation by windows, or boxes, as the manifest's recipe says.

mod classify;
mod copies;
mod outputs;

use std::collections::BTreeMap;

use self::{
    copies::Shown,
    outputs::{Feed, channels_first, fractional, highest, one_of_each},
};
use super::{
    Analysis, Input, Wish, augment, codes, detect,
    finding::{Finding, LabelMap},
    manifest::{Manifest, Task},
    prepare::grid::{self, Grid},
    recipe::{Activation, Recipe, Takes},
    run::{Network, Output, Plan},
    segment,
    sliding::{Image, Windows},
};
use crate::base::{Error, Limits, Monitor, Result, Stage};

/// What a run has.
pub(super) struct Job<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) network: &'a Network,
    pub(super) limits: &'a Limits,
    pub(super) budget_bytes: u64,
    pub(super) monitor: &'a dyn Monitor,
    pub(super) wish: &'a Wish,
    /// Of a segmentation the probability of each label is wanted as well.
    pub(super) fractions: bool,
    /// The network's file, kept where a network with shuffled weights is to be made of it.
    pub(super) file: Option<Vec<u8>>,
}

impl Job<'_> {
    /// Prepares, runs and explains.
    ///
    /// # Errors
    /// `MDL-001` with the gap where the manifest does not say enough or the network gives something else, `MDL-006` where the input is none
    /// that it takes, `MDL-007` when cancelled, `MDL-008` beyond the budget, `MDL-011` beyond a limit, else what the runtime says.
    pub(super) fn run(&self, finding: Finding, input: Input) -> Result<Analysis> {
        let recipe = Recipe::of(self.manifest)?;
        self.stage(Stage::Prepare, 0)?;
        let mut shown = None;
        let (grid, picture) = match (recipe.takes, input) {
            (Takes::Stack, Input::Volume { volume, .. }) => {
                let [columns, rows, _] = volume.dims;
                let slices = volume.dims[2];
                let grid = grid::volume(volume, &recipe, self.limits)?;
                (grid, [columns, rows, slices])
            }
            (
                Takes::Frame,
                Input::Frame {
                    columns,
                    rows,
                    values,
                },
            ) => {
                if self.wish.augment > 0 {
                    shown = Some(Shown {
                        changes: augment::changes(self.manifest, self.wish)?,
                        values: values.clone(),
                        columns,
                        rows,
                    });
                }
                let grid = grid::frame(values, columns, rows, &recipe, self.limits)?;
                (grid, [columns, rows, 1])
            }
            (takes, _) => {
                return Err(Error::new(&codes::INPUT).at("input").expected(match takes {
                    Takes::Stack => "a volume",
                    Takes::Frame => "one frame",
                }));
            }
        };
        self.stage(Stage::Prepare, 1)?;
        match self.manifest.task {
            Task::Segmentation => match shown {
                Some(shown) => self.segment_copies(finding, &recipe, &grid, &shown),
                None => self.segment(finding, &recipe, &grid, picture),
            },
            Task::Classification => {
                let [columns, rows, _] = picture;
                self.classify(finding, &recipe, &grid, [columns, rows], shown.as_ref())
            }
            Task::Detection => self.detect(finding, &recipe, &grid, picture),
        }
    }

    fn stage(&self, stage: Stage, done: u64) -> Result<()> {
        self.tick(stage, done, 1)
    }

    /// `done` of `total`, unless nobody waits any more.
    fn tick(&self, stage: Stage, done: u64, total: u64) -> Result<()> {
        if self.monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        self.monitor.progress(stage, done, total);
        Ok(())
    }

    /// What is left of the budget beside so many bytes.
    fn budget_for(&self, kept: u64) -> Result<u64> {
        self.budget_bytes.checked_sub(kept).ok_or_else(|| {
            Error::new(&codes::MEMORY)
                .expected(format!("{kept} bytes for probabilities alone"))
                .found(format!("{} bytes", self.budget_bytes))
        })
    }

    /// The windows of a grid: those of the recipe, or the whole, widened where the network needs a multiple.
    fn windows(&self, recipe: &Recipe, grid: &Grid) -> Result<Windows> {
        let mut sliding = recipe.sliding;
        if recipe.multiple > 1 {
            for (roi, n) in sliding.roi.iter_mut().zip(grid.dims) {
                if *roi == 0 {
                    *roi = n.next_multiple_of(recipe.multiple);
                }
            }
        }
        Windows::over(grid.dims, &sliding, self.limits)
    }

    /// The network laid out for a window. Refuses what a run would take beyond the budget, as far as manifest and runtime tell.
    fn plan(
        &self,
        network: &Network,
        windows: &Windows,
        channels: usize,
        recipe: &Recipe,
    ) -> Result<Plan> {
        let (roi, inputs) = (windows.roi(), recipe.slices * recipe.copies);
        let blending = windows.bytes(channels, inputs);
        let affordable = |network: u64| {
            let need = network.saturating_add(blending);
            if need > self.budget_bytes {
                return Err(Error::new(&codes::MEMORY)
                    .expected(format!("{need} bytes"))
                    .found(format!("{} bytes", self.budget_bytes)));
            }
            Ok(())
        };
        let cells: u64 = roi.iter().map(|&n| n as u64).product();
        affordable(cells.saturating_mul(self.manifest.input.bytes_per_voxel))?;
        let plan = network.plan(&recipe.layout.shape(inputs, roi))?;
        affordable(plan.peak_bytes().unwrap_or(0))?;
        Ok(plan)
    }

    fn segment(
        &self,
        mut finding: Finding,
        recipe: &Recipe,
        grid: &Grid,
        [columns, rows, slices]: [usize; 3],
    ) -> Result<Analysis> {
        let labels = &self.manifest.output.labels;
        let segmenter = self.segmenter(recipe, grid)?;
        let (alone, channels) = (recipe.activation.alone(), segmenter.channels);
        let mut found = Vec::with_capacity(grid.values.len());
        let shown = if self.fractions { labels.len() - 1 } else { 0 };
        let mut shares: Vec<Vec<u8>> = vec![vec![]; shown];
        // In the grid, and laid out like the source.
        let kept = (shown as u64)
            .saturating_mul(grid.values.len() as u64)
            .saturating_add((shown as u64).saturating_mul((columns * rows * slices) as u64));
        let budget = self.budget_for(kept)?;
        let threshold = self.threshold(recipe.activation);
        segmenter.run(grid, budget, self.monitor, &mut |_, plane| {
            if shown > 0 {
                fractional(plane, channels, recipe.activation, &mut shares)?;
            }
            found.extend(if alone {
                highest(plane, channels, threshold)
            } else {
                segment::argmax(plane, channels)
            });
            Ok(())
        })?;
        self.stage(Stage::Explain, 0)?;
        let volumes = match grid.cell_mm3 {
            Some(mm3) => segment::volumes_ml(&found, labels.len(), mm3),
            None => vec![],
        };
        let overlay = grid.back.labels(&found)?;
        let fractions = shares.into_iter().map(|share| grid.back.labels(&share));
        let fractions = fractions.collect::<Result<Vec<_>>>()?;
        let mut map = self.legend([columns, rows, slices]);
        let named = map.names.iter().cloned();
        map.volumes_ml = named.zip(volumes).skip(1).collect();
        finding.label_map = Some(map);
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay,
            fractions,
        })
    }

    /// Names and colours of a label map of so many columns, rows and slices.
    fn legend(&self, dims: [usize; 3]) -> LabelMap {
        let labels = &self.manifest.output.labels;
        LabelMap {
            file: String::new(),
            dims: dims.map(|n| n as u32),
            names: labels.iter().map(|l| l.name.clone()).collect(),
            colours: (labels.iter().enumerate())
                .map(|(n, l)| l.rgb.unwrap_or(colour(n)))
                .collect(),
            volumes_ml: BTreeMap::new(),
            spread: BTreeMap::new(),
        }
    }

    /// The network laid out for a grid's windows.
    fn segmenter<'j>(&'j self, recipe: &'j Recipe, grid: &Grid) -> Result<Segmenter<'j>> {
        let labels = self.manifest.output.labels.len();
        let alone = recipe.activation.alone();
        let channels = labels - usize::from(alone);
        if channels == 0 || (channels == 1 && !alone) {
            return Err(Error::new(&codes::MANIFEST)
                .at("output.labels")
                .expected("the background and at least one label more")
                .found(labels));
        }
        let windows = self.windows(recipe, grid)?;
        let plan = self.plan(self.network, &windows, channels, recipe)?;
        let numbers = recipe.activation == Activation::Argmax;
        let given = if numbers { 1 } else { channels };
        let expected = recipe.layout.shape(given, windows.roi());
        Ok(Segmenter {
            recipe,
            windows,
            plan,
            feed: Feed::new(recipe, recipe.slices * recipe.copies),
            expected,
            channels,
        })
    }

    /// Where a label of its own counts: the manifest's threshold, else a half; as a logit where the network gives those.
    fn threshold(&self, activation: Activation) -> f32 {
        if activation == Activation::Independent {
            return self.probability();
        }
        let p = self.own_threshold().clamp(1e-6, 1.0 - 1e-6);
        libm::log(p / (1.0 - p)) as f32
    }

    fn own_threshold(&self) -> f64 {
        (self.manifest.output.threshold.as_ref()).map_or(0.5, |t| t.value)
    }

    /// The same as a probability.
    fn probability(&self) -> f32 {
        self.own_threshold() as f32
    }

    /// The window that is the whole grid.
    fn one_window(&self, recipe: &Recipe, grid: &Grid) -> Result<Windows> {
        let windows = self.windows(recipe, grid)?;
        if windows.count() == 1 {
            return Ok(windows);
        }
        Err(Error::new(&codes::MANIFEST)
            .at("input.takes")
            .expected("one image"))
    }

    /// The whole grid as a tensor, and what the network makes of it.
    fn whole(&self, recipe: &Recipe, grid: &Grid) -> Result<(Vec<Output>, [usize; 3])> {
        let windows = self.one_window(recipe, grid)?;
        let tensor = windows.tensor(&image(recipe, grid), [0; 3]);
        let roi = windows.roi();
        self.stage(Stage::Infer, 0)?;
        let feed = Feed::new(recipe, recipe.slices * recipe.copies);
        let running = &mut |_, _| !self.monitor.cancelled();
        let outputs = self
            .plan(self.network, &windows, 1, recipe)?
            .run_while(&feed.tensor(&tensor), running)?;
        self.stage(Stage::Infer, 1)?;
        Ok((outputs, roi))
    }

    fn detect(
        &self,
        mut finding: Finding,
        recipe: &Recipe,
        grid: &Grid,
        [columns, rows, _]: [usize; 3],
    ) -> Result<Analysis> {
        let Some(boxes) = &recipe.boxes else {
            return Err(Error::new(&codes::MANIFEST).at("output.boxes"));
        };
        let (outputs, [_, height, width]) = self.whole(recipe, grid)?;
        self.stage(Stage::Explain, 0)?;
        let labels = &self.manifest.output.labels;
        let found = detect::boxes(&outputs, boxes, labels.len(), [width, height])?;
        // Cells of the grid, widened to a multiple, → pixels of the frame.
        let [_, shown_height, shown_width] = grid.dims;
        let frame = detect::Frame {
            cells: [shown_width, shown_height],
            before: [(width - shown_width) / 2, (height - shown_height) / 2],
            pixels: [columns, rows],
        };
        let placed = found.iter().filter_map(|one| frame.place(one, labels));
        finding.boxes = Some(placed.collect());
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay: vec![],
            fractions: vec![],
        })
    }
}

/// A segmentation's network, ready for any grid of one size.
struct Segmenter<'j> {
    recipe: &'j Recipe,
    windows: Windows,
    plan: Plan,
    feed: Feed,
    /// Of the network's output.
    expected: Vec<usize>,
    channels: usize,
}

impl Segmenter<'_> {
    /// Gives each plane of what the network says: channels × places, a channel for each label where it gives their numbers.
    fn run(
        &self,
        grid: &Grid,
        budget_bytes: u64,
        monitor: &dyn Monitor,
        plane: &mut dyn FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let (recipe, channels) = (self.recipe, self.channels);
        let infer = &mut |tensor: &[f32]| {
            let running = &mut |_, _| !monitor.cancelled();
            let outputs = (self.plan).run_while(&self.feed.tensor(tensor), running)?;
            if recipe.activation == Activation::Argmax {
                let told = channels_first(outputs, &self.expected, 1, recipe.layout)?;
                return one_of_each(&told, channels);
            }
            channels_first(outputs, &self.expected, channels, recipe.layout)
        };
        let image = image(recipe, grid);
        (self.windows).run(&image, channels, budget_bytes, monitor, infer, plane)
    }
}

/// What windows take their values from.
fn image<'g>(recipe: &Recipe, grid: &'g Grid) -> Image<'g> {
    Image {
        values: &grid.values,
        slices: recipe.slices,
        copies: recipe.copies,
    }
}

/// A colour for a label that has none: far apart, the background black. Beyond the first eight the hue goes round by the golden angle, so
/// that none comes again.
pub(super) fn colour(label: usize) -> [u8; 3] {
    const COLOURS: [[u8; 3]; 8] = [
        [230, 159, 0],
        [86, 180, 233],
        [0, 158, 115],
        [240, 228, 66],
        [0, 114, 178],
        [213, 94, 0],
        [204, 121, 167],
        [255, 255, 255],
    ];
    const GOLDEN: f64 = 137.507_764_050_037_85;
    let Some(nth) = label.checked_sub(1) else {
        return [0; 3];
    };
    if let Some(own) = COLOURS.get(nth) {
        return *own;
    }
    let turn = (nth - COLOURS.len()) as f64;
    // Lighter and darker in turn: neighbours in hue come many labels apart.
    let (hue, lightness) = (turn * GOLDEN % 360.0, [0.6, 0.45, 0.75][nth % 3]);
    let reach = 0.75 * f64::min(lightness, 1.0 - lightness);
    // CSS Color 4: from hue, saturation and lightness.
    [0.0, 8.0, 4.0].map(|n| {
        let k = (n + hue / 30.0) % 12.0;
        let part = f64::min(k - 3.0, 9.0 - k).clamp(-1.0, 1.0);
        ((lightness - reach * part) * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_labels_have_one_colour() {
        let all: std::collections::BTreeSet<_> = (0..256).map(colour).collect();
        assert_eq!(all.len(), 256);
        assert_eq!((colour(0), colour(1)), ([0; 3], [230, 159, 0]));
        for label in 1..256 {
            assert!(colour(label).iter().any(|c| *c > 60), "{label} is seen");
        }
    }
}
