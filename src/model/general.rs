//! One run of the preparation `general`: classification, segmentation by windows, or boxes, as the manifest's recipe says.

use std::borrow::Cow;

use super::{
    Analysis, Input, codes, detect,
    finding::{Finding, LabelMap, Score},
    manifest::{Manifest, Task},
    prepare::{
        grid::{self, Grid},
        intensity,
    },
    recipe::{Activation, Layout, Recipe, Takes},
    run::{Network, Output, Plan},
    score, segment,
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
            Task::Segmentation => self.segment(finding, &recipe, &grid, picture),
            Task::Classification => self.classify(finding, &recipe, &grid),
            Task::Detection => self.detect(finding, &recipe, &grid, picture),
        }
    }

    fn stage(&self, stage: Stage, done: u64) -> Result<()> {
        if self.monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        self.monitor.progress(stage, done, 1);
        Ok(())
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
    fn plan(&self, windows: &Windows, channels: usize, recipe: &Recipe) -> Result<Plan> {
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
        let plan = self.network.plan(&recipe.layout.shape(inputs, roi))?;
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
        let alone = recipe.activation.alone();
        let channels = labels.len() - usize::from(alone);
        if channels == 0 || (channels == 1 && !alone) {
            return Err(Error::new(&codes::MANIFEST)
                .at("output.labels")
                .expected("the background and at least one label more")
                .found(labels.len()));
        }
        let windows = self.windows(recipe, grid)?;
        let roi = windows.roi();
        let inputs = recipe.slices * recipe.copies;
        let feed = Feed::new(recipe, inputs);
        let plan = self.plan(&windows, channels, recipe)?;
        let expected = recipe.layout.shape(channels, roi);
        let mut found = Vec::with_capacity(grid.values.len());
        let threshold = self.threshold(recipe.activation);
        let image = Image {
            values: &grid.values,
            slices: recipe.slices,
            copies: recipe.copies,
        };
        windows.run(
            &image,
            channels,
            self.budget_bytes,
            self.monitor,
            &mut |tensor| {
                let running = &mut |_, _| !self.monitor.cancelled();
                let outputs = plan.run_while(&feed.tensor(tensor), running)?;
                channels_first(outputs, &expected, channels, recipe.layout)
            },
            &mut |_, plane| {
                found.extend(if alone {
                    highest(plane, channels, threshold)
                } else {
                    segment::argmax(plane, channels)
                });
                Ok(())
            },
        )?;
        self.stage(Stage::Explain, 0)?;
        let named = labels.iter().map(|l| l.name.clone());
        let volumes = match grid.cell_mm3 {
            Some(mm3) => segment::volumes_ml(&found, labels.len(), mm3),
            None => vec![],
        };
        let overlay = grid.back.labels(&found)?;
        finding.label_map = Some(LabelMap {
            file: String::new(),
            dims: [columns, rows, slices].map(|n| n as u32),
            names: named.clone().collect(),
            colours: (labels.iter().enumerate())
                .map(|(n, l)| l.rgb.unwrap_or(colour(n)))
                .collect(),
            volumes_ml: named.zip(volumes).skip(1).collect(),
        });
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay,
            fractions: vec![],
        })
    }

    /// Where a label of its own counts: the manifest's threshold, else a half; as a logit where the network gives those.
    fn threshold(&self, activation: Activation) -> f32 {
        let p = (self.manifest.output.threshold.as_ref()).map_or(0.5, |t| t.value);
        if activation == Activation::Independent {
            return p as f32;
        }
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        libm::log(p / (1.0 - p)) as f32
    }

    /// The whole grid as a tensor, and what the network makes of it.
    fn whole(&self, recipe: &Recipe, grid: &Grid) -> Result<(Vec<Output>, [usize; 3])> {
        let windows = self.windows(recipe, grid)?;
        if windows.count() != 1 {
            return Err(Error::new(&codes::MANIFEST)
                .at("input.takes")
                .expected("one image"));
        }
        let image = Image {
            values: &grid.values,
            slices: recipe.slices,
            copies: recipe.copies,
        };
        let tensor = windows.tensor(&image, [0; 3]);
        let roi = windows.roi();
        self.stage(Stage::Infer, 0)?;
        let feed = Feed::new(recipe, recipe.slices * recipe.copies);
        let running = &mut |_, _| !self.monitor.cancelled();
        let outputs = self
            .plan(&windows, 1, recipe)?
            .run_while(&feed.tensor(&tensor), running)?;
        self.stage(Stage::Infer, 1)?;
        Ok((outputs, roi))
    }

    fn classify(&self, mut finding: Finding, recipe: &Recipe, grid: &Grid) -> Result<Analysis> {
        let output = &self.manifest.output;
        let (outputs, _) = self.whole(recipe, grid)?;
        let many = output.labels.len();
        let one_row = |shape: &[usize]| {
            shape.iter().product::<usize>() == many
                && shape.iter().filter(|n| **n != 1).count() <= 1
        };
        let logits = &(outputs.iter().find(|o| one_row(&o.shape)))
            .ok_or_else(|| {
                Error::new(&codes::MANIFEST)
                    .at("output.labels")
                    .expected(format!("an output [1, {many}] of the network"))
                    .found(shapes(&outputs))
            })?
            .values;
        if !logits.iter().all(|v| v.is_finite()) {
            return Err(Error::new(&codes::RUN)
                .at("scores")
                .found("values that are not finite"));
        }
        self.stage(Stage::Explain, 0)?;
        let threshold = output.threshold.as_ref().map(|t| t.value);
        let values = probabilities(logits, recipe.activation)?;
        finding.scores = (output.labels.iter().zip(logits).zip(values))
            .map(|((label, logit), value)| Score {
                label: label.name.clone(),
                value,
                calibrated: (output.calibration.as_ref()).map(|c| c.apply(f64::from(*logit))),
                threshold,
                cost: None,
                spread: None,
            })
            .collect();
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay: vec![],
            fractions: vec![],
        })
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

/// From the windows' tensors to the network's: what each channel is scaled by, and the order of the axes.
struct Feed {
    channels: usize,
    scale: Option<Vec<(f32, f32)>>,
    last: bool,
}

impl Feed {
    fn new(recipe: &Recipe, channels: usize) -> Self {
        Self {
            channels,
            scale: intensity::channels(&recipe.steps),
            last: recipe.layout.channels_last() && channels > 1,
        }
    }

    fn tensor<'a>(&self, tensor: &'a [f32]) -> Cow<'a, [f32]> {
        let mut tensor = Cow::Borrowed(tensor);
        let places = tensor.len() / self.channels.max(1);
        if let Some(scale) = &self.scale {
            let planes = tensor.to_mut().chunks_exact_mut(places.max(1));
            for (plane, (mean, sd)) in planes.zip(scale) {
                for value in plane {
                    *value = (*value - mean) / sd;
                }
            }
        }
        if self.last {
            tensor = Cow::Owned(transposed(&tensor, self.channels, places));
        }
        tensor
    }
}

/// `rows` × `columns` → `columns` × `rows`.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|c| (0..rows).map(move |r| r * columns + c))
        .map(|at| values.get(at).copied().unwrap_or_default())
        .collect()
}

/// The first output of the expected shape, channels first.
fn channels_first(
    outputs: Vec<Output>,
    expected: &[usize],
    channels: usize,
    layout: Layout,
) -> Result<Vec<f32>> {
    // A network of one channel may leave its axis out.
    let bare: Vec<usize> = match layout {
        _ if channels != 1 => vec![],
        _ if layout.channels_last() => expected[..expected.len() - 1].to_vec(),
        _ if layout.flat() => vec![],
        _ => [&expected[..1], &expected[2..]].concat(),
    };
    let fits = |o: &Output| o.shape == expected || (!bare.is_empty() && o.shape == bare);
    let found = shapes(&outputs);
    let output = outputs.into_iter().find(fits).ok_or_else(|| {
        Error::new(&codes::MANIFEST)
            .at("output.labels")
            .expected(format!("an output {expected:?} of the network"))
            .found(found)
    })?;
    if !output.values.iter().all(|v| v.is_finite()) {
        return Err(Error::new(&codes::RUN)
            .at("output")
            .found("values that are not finite"));
    }
    let places = output.values.len() / channels.max(1);
    Ok(if layout.channels_last() && channels > 1 {
        transposed(&output.values, places, channels)
    } else {
        output.values
    })
}

fn shapes(outputs: &[Output]) -> String {
    let all: Vec<String> = outputs.iter().map(|o| format!("{:?}", o.shape)).collect();
    all.join(", ")
}

/// Label of each place: one more than the channel of the highest value above the threshold, the first of equals; 0 where there is none.
fn highest(plane: &[f32], channels: usize, threshold: f32) -> Vec<u8> {
    let places = plane.len() / channels.max(1);
    let mut best = vec![threshold; places];
    let mut labels = vec![0; places];
    for (channel, values) in plane.chunks_exact(places.max(1)).enumerate() {
        for ((label, best), &value) in labels.iter_mut().zip(&mut best).zip(values) {
            if value > *best {
                (*best, *label) = (value, channel as u8 + 1);
            }
        }
    }
    labels
}

/// 0..1 for each label.
fn probabilities(logits: &[f32], activation: Activation) -> Result<Vec<f64>> {
    let logits = logits.iter().map(|&v| f64::from(v));
    Ok(match activation {
        Activation::Sigmoid => logits.map(score::logistic).collect(),
        Activation::Softmax => {
            let most = logits.clone().fold(f64::MIN, f64::max);
            let parts: Vec<f64> = logits.map(|v| libm::exp(v - most)).collect();
            let sum: f64 = parts.iter().sum();
            parts.iter().map(|p| p / sum).collect()
        }
        Activation::None | Activation::Independent => {
            let all: Vec<f64> = logits.collect();
            if let Some(odd) = all.iter().find(|v| !(-1e-6..=1.0 + 1e-6).contains(*v)) {
                return Err(Error::new(&codes::MANIFEST)
                    .at("output.activation")
                    .expected("softmax or sigmoid, as the network gives no probabilities")
                    .found(odd));
            }
            all.iter().map(|v| v.clamp(0.0, 1.0)).collect()
        }
    })
}

/// A colour for a label that has none: far apart, the background black.
fn colour(label: usize) -> [u8; 3] {
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
    match label.checked_sub(1) {
        None => [0; 3],
        Some(n) => COLOURS[n % COLOURS.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_their_own() {
        // Two channels, four places.
        let plane = [-1.0, 2.0, 3.0, 0.0, -2.0, 1.0, 4.0, 0.5];
        assert_eq!(highest(&plane, 2, 0.0), [0, 1, 2, 2]);
        assert_eq!(highest(&plane, 2, 2.5), [0, 0, 2, 0]);
    }

    #[test]
    fn probabilities_are_by_their_formulas() {
        let sum: f64 = probabilities(&[1000.0, 999.0, -3.0], Activation::Softmax)
            .unwrap()
            .iter()
            .sum();
        assert!((sum - 1.0).abs() < 1e-12);
        let soft = probabilities(&[0.0, 1.0], Activation::Softmax).unwrap();
        assert!((soft[1] - 0.731_058_578_6).abs() < 1e-9);
        assert_eq!(probabilities(&[0.0], Activation::Sigmoid).unwrap(), [0.5]);
        assert_eq!(
            probabilities(&[0.25, 0.75], Activation::None).unwrap(),
            [0.25, 0.75]
        );
        let error = probabilities(&[3.0], Activation::None).unwrap_err();
        assert_eq!(error.code(), &codes::MANIFEST);
    }

    #[test]
    fn channels_come_first() {
        let output = |shape: &[usize]| {
            vec![Output {
                shape: shape.to_vec(),
                values: (0..12).map(|v| v as f32).collect(),
            }]
        };
        let last = channels_first(output(&[1, 2, 3, 2]), &[1, 2, 3, 2], 2, Layout::Nhwc).unwrap();
        assert_eq!(last[..6], [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let bare = channels_first(output(&[1, 3, 4]), &[1, 1, 3, 4], 1, Layout::Nchw).unwrap();
        assert_eq!(bare.len(), 12);
        let other = channels_first(output(&[1, 3, 4]), &[1, 2, 3, 2], 2, Layout::Nchw).unwrap_err();
        assert!(other.detail().contains("[1, 3, 4]"), "{other}");
    }

    #[test]
    fn numbers_for_each_channel_and_the_order_of_axes() {
        let feed = Feed {
            channels: 2,
            scale: Some(vec![(1.0, 2.0), (0.0, 0.5)]),
            last: true,
        };
        assert_eq!(*feed.tensor(&[1.0, 3.0, 1.0, 2.0]), [0.0, 2.0, 1.0, 4.0]);
    }
}
