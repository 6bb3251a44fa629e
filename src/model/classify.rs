//! Classification of a frame: scores, their spread under small changes of the frame, and a map of what speaks for the highest one.

use super::{
    Analysis,
    analysis::{Job, Wish},
    augment::{self, Change},
    codes,
    explain::{
        self, Answer, Method, Planes, Question, Settings,
        random::Random,
        sanity::{self, weights},
        shares,
    },
    facts::InputFacts,
    finding::{Finding, HeatmapInfo, MapCheck, MapShares, Parameter, ShuffledLayers, Spread},
    manifest::{Explain, Manifest},
    prepare::radiograph,
    run::{Network, Output, Plan},
    score,
};
use crate::base::{Error, Limits, Result, Stage};

/// Changed copies at most.
pub const MOST_COPIES: u32 = 256;
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

/// A tensor, what the network said to it, and what is explained.
struct Seen<'a> {
    tensor: &'a [f32],
    shape: [usize; 3],
    class: usize,
    method: &'static Method,
    settings: Settings,
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
                tensor: &tensor,
                shape: [1, height, width],
                class: highest(&answer.logits),
                method,
                settings: Settings::of(height, width, wish.seed),
            };
            let (map, runs) = self.map(&seen, &plan, &answer, &self.manifest.explain)?;
            let mut info = self.legend(&seen, &map, runs, wish.field.as_ref());
            info.extent = [-0.5, -0.5, columns as f32 - 0.5, rows as f32 - 0.5];
            if let Some(file) = &asked.file {
                info.check = Some(self.check(&seen, &plan, &answer, &map, file, asked)?);
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
        let bounds = self.manifest.augment.as_ref().ok_or_else(|| {
            Error::new(&codes::NO_CHANGES)
                .at("augment")
                .found("nothing in the manifest")
        })?;
        let copies = wish.augment;
        if copies > MOST_COPIES {
            return Err(Error::new(&codes::NO_CHANGES)
                .expected(format!("at most {MOST_COPIES} copies"))
                .found(copies));
        }
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
        let mut random = Random::new(wish.seed);
        for copy in 0..copies {
            self.tick(Stage::Infer, u64::from(copy), u64::from(copies))?;
            let change = Change::draw(bounds, &mut random);
            let changed = change.apply(&fine, size[0], size[1], pixel);
            let tensor =
                radiograph::prepare(&changed, size[1], size[0], [height, width], percentiles)?;
            found.push(shown(&self.answer(plan, &tensor)?.logits));
        }
        self.tick(Stage::Infer, u64::from(copies), u64::from(copies))?;
        let of_label = |label: usize| {
            let values: Vec<f64> = (found.iter().filter_map(|f| f.get(label)).copied()).collect();
            let [mean, sd, low, high] = augment::spread(&values);
            Spread {
                copies,
                mean,
                sd,
                low,
                high,
            }
        };
        Ok((0..self.manifest.output.labels.len())
            .map(of_label)
            .collect())
    }

    /// The map, and the runs that it took.
    fn map(
        &self,
        seen: &Seen<'_>,
        plan: &Plan,
        answer: &Answer,
        said: &Explain,
    ) -> Result<(Planes, u64)> {
        let mut network = |input: &[f32]| self.answer(plan, input);
        let mut question = self.question(seen, answer, said, &mut network)?;
        let map = explain::explain(seen.method, &mut question)?;
        Ok((map, question.runs()))
    }

    fn question<'q>(
        &'q self,
        seen: &'q Seen<'_>,
        answer: &'q Answer,
        said: &'q Explain,
        network: &'q mut dyn FnMut(&[f32]) -> Result<Answer>,
    ) -> Result<Question<'q>> {
        Question::new(
            seen.tensor,
            seen.shape,
            seen.class,
            answer,
            said,
            &seen.settings,
            network,
            self.monitor,
        )
    }

    fn legend(
        &self,
        seen: &Seen<'_>,
        map: &Planes,
        runs: u64,
        field: Option<&shares::Field>,
    ) -> HeatmapInfo {
        let method = seen.method;
        let extreme = |f: fn(f32, f32) -> f32, from| map.values.iter().copied().fold(from, f);
        let label = self.manifest.output.labels.get(seen.class);
        HeatmapInfo {
            file: String::new(),
            label: label
                .filter(|_| method.of_label)
                .map(|l| l.name.clone())
                .unwrap_or_default(),
            method: method.name.to_owned(),
            cells: [map.columns as u32, map.rows as u32],
            extent: [0.0; 4],
            range: method.range(self.manifest),
            extremes: [extreme(f32::min, f32::MAX), extreme(f32::max, f32::MIN)],
            unit: method.unit.to_owned(),
            runs: runs as u32,
            parameters: (method.parameters)(&seen.settings)
                .into_iter()
                .map(|(name, value)| Parameter {
                    name: name.to_owned(),
                    value,
                })
                .collect(),
            shares: shares::shares(map, field).map(|s| MapShares {
                border: s.border,
                border_area: s.border_area,
                field: s.field,
            }),
            check: None,
        }
    }

    /// Deletion and insertion against random maps, and the map of networks with shuffled weights.
    fn check(
        &self,
        seen: &Seen<'_>,
        plan: &Plan,
        answer: &Answer,
        map: &Planes,
        file: &[u8],
        asked: &Asked<'_>,
    ) -> Result<MapCheck> {
        let mut network = |input: &[f32]| self.answer(plan, input);
        let said = &self.manifest.explain;
        let mut question = self.question(seen, answer, said, &mut network)?;
        let areas = sanity::areas(&mut question, map, sanity::RANDOM_MAPS)?;
        let (mut ranks, mut likes) = (vec![], vec![]);
        for number in 0..sanity::NETWORKS {
            let seed = seen.settings.seed + number as u64 + 1;
            let other = self.shuffled_map(seen, file, seed, weights::ALL, asked.limits)?;
            ranks.extend(sanity::rank_correlation(map, &other));
            likes.extend(sanity::ssim(map, &other));
        }
        let count = weights::shuffled(file, 0, 0).map_or(0, |(_, count)| count);
        let mut cascade = vec![];
        for layers in sanity::cascade(count) {
            let seed = seen.settings.seed + 1;
            let other = self.shuffled_map(seen, file, seed, layers, asked.limits)?;
            cascade.push(ShuffledLayers {
                layers: layers as u32,
                rank_correlation: sanity::rank_correlation(map, &other),
            });
        }
        let mean = |all: &[f64]| {
            let sum: f64 = all.iter().sum();
            (!all.is_empty()).then(|| sum / all.len() as f64)
        };
        Ok(MapCheck {
            deletion: areas.deletion,
            deletion_random: areas.deletion_random,
            insertion: areas.insertion,
            insertion_random: areas.insertion_random,
            shuffled_rank_correlation: mean(&ranks),
            shuffled_ssim: mean(&likes),
            cascade,
        })
    }

    /// The map of a network whose last layers have the same weights in another order.
    fn shuffled_map(
        &self,
        seen: &Seen<'_>,
        file: &[u8],
        seed: u64,
        layers: usize,
        limits: &Limits,
    ) -> Result<Planes> {
        let (bytes, _) = weights::shuffled(file, seed, layers)
            .ok_or_else(|| Error::new(&codes::NETWORK).found("no weights that can be shuffled"))?;
        let [channels, height, width] = seen.shape;
        let plan = Network::unchecked(bytes, limits)?.plan(&[1, channels, height, width])?;
        let mut said = self.manifest.explain.clone();
        said.cam = said.cam.map(|head| weights::shuffled_head(&head, seed));
        let answer = self.answer(&plan, seen.tensor)?;
        Ok(self.map(seen, &plan, &answer, &said)?.0)
    }
}

fn wrong(place: &'static str) -> Error {
    Error::new(&codes::MANIFEST).at(place)
}

/// The index of the largest.
fn highest(logits: &[f32]) -> usize {
    let all = logits.iter().enumerate();
    all.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i)
}

/// Refuses what only a classification has.
///
/// # Errors
/// `MDL-021`, `MDL-022`.
pub(super) fn refuse(manifest: &Manifest, wish: &Wish) -> Result<()> {
    explain::chosen(manifest, wish.explain.as_deref())?;
    if wish.augment > 0 {
        return Err(Error::new(&codes::NO_CHANGES).found("a segmentation"));
    }
    Ok(())
}
