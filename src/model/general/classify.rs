//! Classification by the preparation `general`: scores, and a map of what speaks for the highest one.

use std::borrow::Cow;

use super::{
    Job,
    copies::Shown,
    image,
    outputs::{Feed, log_odds, probabilities, row_of, transposed},
};
use crate::{
    base::{Error, Result, Stage},
    model::{
        Analysis, codes,
        explain::{self, Answer, Needs, Planes, Settings},
        explaining::{Asked, Seen, highest},
        finding::{Finding, HeatmapInfo, Score},
        prepare::grid::Grid,
        recipe::{Recipe, TRANSPOSED},
        run::{Network, Output, Plan},
        score,
        sliding::Windows,
    },
};

/// How a classification's network is asked.
struct Asking<'j, 'a> {
    job: &'j Job<'a>,
    recipe: &'j Recipe,
    windows: &'j Windows,
    feed: Feed,
}

impl Asked for Asking<'_, '_> {
    fn plan(&self, network: &Network) -> Result<Plan> {
        self.job.plan(network, self.windows, 1, self.recipe)
    }

    /// Of each label the log-odds of its probability, whatever the network gives; and the last feature map among the outputs.
    fn answer(&self, plan: &Plan, tensor: &[f32]) -> Result<Answer> {
        let running = &mut |_, _| !self.job.monitor.cancelled();
        let mut outputs = plan.run_while(&self.feed.tensor(tensor), running)?;
        let at = row_of(&outputs, self.job.manifest.output.labels.len())?;
        let row = outputs.remove(at);
        let logits = log_odds(&row.values, self.recipe.activation);
        let features = outputs
            .into_iter()
            .rev()
            .find_map(|Output { shape, values }| {
                let &[1, count, rows, columns] = shape.as_slice() else {
                    return None;
                };
                Planes::new(count, rows, columns, values)
            });
        Ok(Answer {
            logits,
            features,
            attention: vec![],
        })
    }
}

impl Job<'_> {
    pub(super) fn classify(
        &self,
        mut finding: Finding,
        recipe: &Recipe,
        grid: &Grid,
        picture: [usize; 2],
        shown: Option<&Shown>,
    ) -> Result<Analysis> {
        let output = &self.manifest.output;
        let method = explain::chosen(self.manifest, self.wish.explain.as_deref())?;
        let windows = self.one_window(recipe, grid)?;
        let tensor = windows.tensor(&image(recipe, grid), [0; 3]);
        let inputs = recipe.slices * recipe.copies;
        let asking = Asking {
            job: self,
            recipe,
            windows: &windows,
            feed: Feed::new(recipe, inputs),
        };
        // The feature map leaves the network only where a map is made of it.
        let wanted = method.filter(|m| matches!(m.needs, Needs::Head | Needs::Features));
        let inner = self.manifest.explain.features.as_deref();
        let inner = inner.filter(|_| wanted.is_some());
        let network = match inner {
            Some(name) => Cow::Owned(self.network.clone().with_output(name)),
            None => Cow::Borrowed(self.network),
        };
        self.stage(Stage::Infer, 0)?;
        let plan = asking.plan(&network)?;
        let running = &mut |_, _| !self.monitor.cancelled();
        let outputs = plan.run_while(&asking.feed.tensor(&tensor), running)?;
        self.stage(Stage::Infer, 1)?;
        let logits = match outputs.get(row_of(&outputs, output.labels.len())?) {
            Some(row) => &row.values,
            None => return Err(Error::new(&codes::RUN).at("scores")),
        };
        if !logits.iter().all(|v| v.is_finite()) {
            return Err(Error::new(&codes::RUN)
                .at("scores")
                .found("values that are not finite"));
        }
        let threshold = output.threshold.as_ref().map(|t| t.value);
        let values = probabilities(logits, recipe.activation)?;
        let class = highest(logits);
        // A calibration is of the logit: of whatever the network gives, the log-odds of the probability.
        let odds = log_odds(logits, recipe.activation);
        finding.scores = (output.labels.iter().zip(&odds).zip(values))
            .map(|((label, odds), value)| Score {
                label: label.name.clone(),
                value,
                calibrated: (output.calibration.as_ref()).map(|c| c.apply(f64::from(*odds))),
                prior: output.calibration.as_ref().map(|c| c.prior),
                threshold,
                cost: None,
                spread: None,
            })
            .collect();
        if let Some(shown) = shown {
            let own = finding.scores.iter().map(score::shown).collect();
            let mut of_copy = |values: &[f32]| {
                let running = &mut |_, _| !self.monitor.cancelled();
                let outputs = plan.run_while(&asking.feed.tensor(values), running)?;
                let row = outputs.get(row_of(&outputs, output.labels.len())?);
                self.shown_values(recipe, row.map_or(&[], |row| &row.values))
            };
            let spreads = self.spreads(recipe, &windows, shown, own, &mut of_copy)?;
            for (score, spread) in finding.scores.iter_mut().zip(spreads) {
                score.spread = Some(spread);
            }
        }
        let mut overlay = vec![];
        if let Some(method) = method {
            let [_, height, width] = windows.roi();
            let mut said = self.manifest.explain.clone();
            if said.cam.is_none() && method.needs == Needs::Head {
                said.cam = network.head();
            }
            let seen = Seen {
                manifest: self.manifest,
                monitor: self.monitor,
                asked: &asking,
                said: &said,
                tensor: &tensor,
                shape: [inputs, height, width],
                class,
                method,
                settings: Settings::of(height, width, self.wish.seed),
            };
            let answer = asking.answer(&plan, &tensor)?;
            // Nobody asked for the map by name, and another runtime gives no feature map: then there is none.
            let can = wanted.is_none() || answer.features.is_some();
            if self.wish.explain.is_some() || can {
                let (map, info) = self.explained(&seen, &plan, &answer, inner, grid, picture)?;
                finding.heatmap = Some(info);
                overlay = map.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            }
        }
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay,
            fractions: vec![],
        })
    }

    /// The map as it lies over the frame, and its legend.
    fn explained(
        &self,
        seen: &Seen<'_>,
        plan: &Plan,
        answer: &Answer,
        inner: Option<&str>,
        grid: &Grid,
        [columns, rows]: [usize; 2],
    ) -> Result<(Planes, HeatmapInfo)> {
        let (map, runs) = seen.map(plan, answer)?;
        let check = match &self.file {
            Some(file) => Some(seen.check(plan, answer, &map, file, inner, self.limits)?),
            None => None,
        };
        let [_, height, width] = seen.shape;
        let [_, down, across] = grid.dims;
        let whole = (height, width) == (down, across);
        // A frame whose columns are the first axis: the map is turned back.
        let transposed = self.manifest.input.orientation.as_deref() == Some(TRANSPOSED);
        let (map, cells, grid) = if transposed {
            let values = transposed_values(&map);
            let turned = Planes::new(1, map.columns, map.rows, values)
                .ok_or_else(|| Error::new(&codes::RUN).at("map"))?;
            (turned, [height, width], [down, across])
        } else {
            (map, [width, height], [across, down])
        };
        // Shares are of the picture: where the tensor is wider, they would be of its zeros too.
        let field = self.wish.field.as_ref().filter(|_| whole);
        let mut info = seen.legend(&map, runs, field);
        if !whole {
            info.shares = None;
        }
        let ends = |axis: usize, pixels: usize| {
            let (cells, grid) = (cells[axis] as f64, grid[axis] as f64);
            let before = ((cells - grid) / 2.0).floor();
            let pixel = pixels as f64 / grid;
            [-before * pixel - 0.5, (cells - before) * pixel - 0.5].map(|v| v as f32)
        };
        let ([left, right], [top, bottom]) = (ends(0, columns), ends(1, rows));
        info.extent = [left, top, right, bottom];
        info.check = check;
        Ok((map, info))
    }
}

/// A plane with rows and columns changed over.
fn transposed_values(map: &Planes) -> Vec<f32> {
    transposed(&map.values, map.rows, map.columns)
}
