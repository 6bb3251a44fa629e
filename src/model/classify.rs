//! Classification of a frame: scores, their spread under small changes of the frame, and a map of what speaks for the highest one.

use super::{
    Analysis,
    analysis::{Job, Wish},
    augment, codes,
    explain::{self, Answer, Planes, Settings},
    explaining::{self, Seen, highest},
    facts::InputFacts,
    finding::{Finding, Spread},
    manifest::{Manifest, Task},
    prepare::radiograph,
    run::{Network, Output, Plan},
    score,
};
use crate::base::{Error, Limits, Result, Stage};

/// A changed copy is made at this many times the network's size, or at the frame's own where that is less: what it blurs is then far below
/// what the network sees.
const FINER: usize = 4;

/// One frame as it is displayed, and what is asked about it.
pub(super) struct Asked<'a> {
    pub(super) facts: &'a InputFacts,
    pub(super) wish: &'a Wish,
    pub(super) limits: &'a Limits,
    /// The network's file, kept where a network with shuffled weights is to be made of it.
    pub(super) file: Option<Vec<u8>>,
}

/// The chest model's tensors: one picture of one channel.
struct Picture<'j, 'a> {
    job: &'j Job<'a>,
    size: [usize; 2],
}

impl explaining::Asked for Picture<'_, '_> {
    fn plan(&self, network: &Network) -> Result<Plan> {
        let [height, width] = self.size;
        network.plan(&[1, 1, height, width])
    }

    fn answer(&self, plan: &Plan, tensor: &[f32]) -> Result<Answer> {
        self.job.answer(plan, tensor)
    }
}

impl Job<'_> {
    /// Classification of one frame of `rows` × `columns` display values.
    pub(super) fn classify(
        &self,
        mut finding: Finding,
        columns: usize,
        rows: usize,
        values: &[f32],
        asked: &Asked<'_>,
    ) -> Result<Analysis> {
        let (input, output) = (&self.manifest.input, &self.manifest.output);
        let Asked { facts, wish, .. } = asked;
        let method = explain::chosen(self.manifest, wish.explain.as_deref())?;
        self.stage(Stage::Prepare, 0)?;
        let &[height, width] = input.size.as_deref().unwrap_or_default() else {
            return Err(wrong("input.size").expected("two numbers"));
        };
        if !(1..=4096).contains(&height) || !(1..=4096).contains(&width) {
            return Err(wrong("input.size")
                .expected("1 to 4096")
                .found(format!("{height}, {width}")));
        }
        let percentiles = input.percentiles.unwrap_or([0.0, 100.0]);
        let tensor = radiograph::prepare(values, columns, rows, [height, width], percentiles)?;
        self.stage(Stage::Infer, 0)?;
        let plan = self.network.plan(&[1, 1, height, width])?;
        let answer = self.answer(&plan, &tensor)?;
        self.stage(Stage::Infer, 1)?;
        finding.scores = score::scores(&answer.logits, output, &facts.view);
        if wish.augment > 0 {
            let frame = [rows, columns];
            let spreads = self.spreads(&plan, values, frame, [height, width], &answer, wish)?;
            for (score, spread) in finding.scores.iter_mut().zip(spreads) {
                score.spread = Some(spread);
            }
        }
        let mut overlay = vec![];
        if let Some(method) = method {
            let seen = Seen {
                manifest: self.manifest,
                monitor: self.monitor,
                asked: &Picture {
                    job: self,
                    size: [height, width],
                },
                said: &self.manifest.explain,
                tensor: &tensor,
                shape: [1, height, width],
                class: highest(&answer.logits),
                method,
                settings: Settings::of(height, width, wish.seed),
            };
            let (map, runs) = seen.map(&plan, &answer)?;
            let mut info = seen.legend(&map, runs, wish.field.as_ref());
            info.extent = [-0.5, -0.5, columns as f32 - 0.5, rows as f32 - 0.5];
            if let Some(file) = &asked.file {
                info.check = Some(seen.check(&plan, &answer, &map, file, None, asked.limits)?);
            }
            finding.heatmap = Some(info);
            overlay = map.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        }
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis {
            finding,
            overlay,
            fractions: vec![],
        })
    }

    /// The outputs by what they are: logits [1, labels], attention [1, heads, tokens, tokens], features [1, channels, rows, columns].
    fn answer(&self, plan: &Plan, tensor: &[f32]) -> Result<Answer> {
        let labels = self.manifest.output.labels.len();
        let attention = self.manifest.explain.attention.as_ref();
        let tokens = attention.and_then(super::manifest::Attention::tokens);
        let mut outputs = plan.run(tensor)?;
        let logits = outputs
            .iter()
            .position(|o| o.shape == [1, labels])
            .map(|at| outputs.remove(at).values)
            .ok_or_else(|| {
                wrong("output.labels").expected("an output [1, labels] of the network")
            })?;
        let mut answer = Answer {
            logits,
            features: None,
            attention: vec![],
        };
        for Output { shape, values } in outputs {
            let &[1, count, rows, columns] = shape.as_slice() else {
                continue;
            };
            let planes = Planes::new(count, rows, columns, values);
            if tokens.is_some_and(|t| (rows, columns) == (t, t)) {
                answer.attention.extend(planes);
            } else if answer.features.is_none() {
                answer.features = planes;
            }
        }
        Ok(answer)
    }

    /// The spread of each label's shown value over the frame itself and its changed copies.
    fn spreads(
        &self,
        plan: &Plan,
        values: &[f32],
        [rows, columns]: [usize; 2],
        [height, width]: [usize; 2],
        own: &Answer,
        wish: &Wish,
    ) -> Result<Vec<Spread>> {
        let changes = augment::changes(self.manifest, wish)?;
        let copies = wish.augment;
        let size = [
            (height * FINER).min(rows.max(height)),
            (width * FINER).min(columns.max(width)),
        ];
        let fine = radiograph::area_average(values, columns, rows, size[0], size[1]);
        let fine: Vec<f32> = fine.into_iter().map(|v| v as f32).collect();
        let pixel = [
            rows as f64 / size[0] as f64,
            columns as f64 / size[1] as f64,
        ];
        let percentiles = self.manifest.input.percentiles.unwrap_or([0.0, 100.0]);
        let shown = |logits: &[f32]| -> Vec<f64> {
            let scores = score::scores(logits, &self.manifest.output, "");
            scores.iter().map(score::shown).collect()
        };
        let mut found: Vec<Vec<f64>> = vec![shown(&own.logits)];
        for (copy, change) in changes.iter().enumerate() {
            self.tick(Stage::Infer, copy as u64, u64::from(copies))?;
            let changed = change.apply(&fine, size[0], size[1], pixel);
            let tensor =
                radiograph::prepare(&changed, size[1], size[0], [height, width], percentiles)?;
            found.push(shown(&self.answer(plan, &tensor)?.logits));
        }
        self.tick(Stage::Infer, u64::from(copies), u64::from(copies))?;
        Ok(augment::spreads(&found, self.manifest.output.labels.len()))
    }
}

fn wrong(place: &'static str) -> Error {
    Error::new(&codes::MANIFEST).at(place)
}

/// Refuses what only a classification has, and changed copies where nobody makes them.
///
/// # Errors
/// `MDL-021`, `MDL-022`.
pub(super) fn refuse(manifest: &Manifest, wish: &Wish) -> Result<()> {
    explain::chosen(manifest, wish.explain.as_deref())?;
    if wish.augment == 0 {
        return Ok(());
    }
    let wrong = |found: &str| Err(Error::new(&codes::NO_CHANGES).found(found));
    if manifest.takes_volume() {
        return wrong("a model of whole stacks: copies are made of one frame");
    }
    if manifest.task == Task::Detection {
        return wrong("boxes: nothing says which of two copies' boxes are the same one");
    }
    augment::changes(manifest, wish).map(|_| ())
}
