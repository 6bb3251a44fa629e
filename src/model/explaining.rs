//! A map of what speaks for a score: made, described, and held against chance, whatever preparation the tensor came from.

use super::{
    explain::{
        self, Answer, Method, Planes, Question, Settings,
        sanity::{self, weights},
        shares::{self, Field},
    },
    finding::{HeatmapInfo, MapCheck, MapShares, Parameter, ShuffledLayers},
    manifest::{Explain, Manifest},
    run::{Network, Plan},
};
use crate::base::{Error, Limits, Monitor, Result};

/// How a network is asked: laid out for its tensor, and its outputs by what they are.
pub(super) trait Asked {
    /// Lays a network out for the tensor.
    fn plan(&self, network: &Network) -> Result<Plan>;
    /// What a network answers to a tensor, logits for the labels.
    fn answer(&self, plan: &Plan, tensor: &[f32]) -> Result<Answer>;
}

/// A tensor, what the network said to it, and what is explained.
pub(super) struct Seen<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) monitor: &'a dyn Monitor,
    pub(super) asked: &'a dyn Asked,
    /// What the manifest says about the network, completed from the network where it says less.
    pub(super) said: &'a Explain,
    pub(super) tensor: &'a [f32],
    /// Channels, rows, columns.
    pub(super) shape: [usize; 3],
    pub(super) class: usize,
    pub(super) method: &'static Method,
    pub(super) settings: Settings,
}

impl Seen<'_> {
    /// The map, and the runs that it took.
    pub(super) fn map(&self, plan: &Plan, answer: &Answer) -> Result<(Planes, u64)> {
        self.map_of(plan, answer, self.said)
    }

    fn map_of(&self, plan: &Plan, answer: &Answer, said: &Explain) -> Result<(Planes, u64)> {
        let mut network = |input: &[f32]| self.asked.answer(plan, input);
        let mut question = self.question(answer, said, &mut network)?;
        let map = explain::explain(self.method, &mut question)?;
        Ok((map, question.runs()))
    }

    fn question<'q>(
        &'q self,
        answer: &'q Answer,
        said: &'q Explain,
        network: &'q mut dyn FnMut(&[f32]) -> Result<Answer>,
    ) -> Result<Question<'q>> {
        Question::new(
            self.tensor,
            self.shape,
            self.class,
            answer,
            said,
            &self.settings,
            network,
            self.monitor,
        )
    }

    /// What stands beside the map. Its extent is left to whoever knows where the tensor lies.
    pub(super) fn legend(&self, map: &Planes, runs: u64, field: Option<&Field>) -> HeatmapInfo {
        let method = self.method;
        let extreme = |f: fn(f32, f32) -> f32, from| map.values.iter().copied().fold(from, f);
        let label = self.manifest.output.labels.get(self.class);
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
            parameters: (method.parameters)(&self.settings)
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

    /// Deletion and insertion against random maps, and the map of networks with shuffled weights. `file`: the network's bytes; `output`: a
    /// tensor that leaves the network besides its outputs.
    pub(super) fn check(
        &self,
        plan: &Plan,
        answer: &Answer,
        map: &Planes,
        file: &[u8],
        output: Option<&str>,
        limits: &Limits,
    ) -> Result<MapCheck> {
        let mut network = |input: &[f32]| self.asked.answer(plan, input);
        let mut question = self.question(answer, self.said, &mut network)?;
        let areas = sanity::areas(&mut question, map, sanity::RANDOM_MAPS)?;
        let shuffled = |seed, layers| self.shuffled_map(file, output, seed, layers, limits);
        let (mut ranks, mut likes) = (vec![], vec![]);
        for number in 0..sanity::NETWORKS {
            let other = shuffled(self.settings.seed + number as u64 + 1, weights::ALL)?;
            ranks.extend(sanity::rank_correlation(map, &other));
            likes.extend(sanity::ssim(map, &other));
        }
        let count = weights::shuffled(file, 0, 0).map_or(0, |(_, count)| count);
        let mut cascade = vec![];
        for layers in sanity::cascade(count) {
            let other = shuffled(self.settings.seed + 1, layers)?;
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
        file: &[u8],
        output: Option<&str>,
        seed: u64,
        layers: usize,
        limits: &Limits,
    ) -> Result<Planes> {
        let (bytes, _) = weights::shuffled(file, seed, layers).ok_or_else(|| {
            Error::new(&super::codes::NETWORK).found("no weights that can be shuffled")
        })?;
        let mut network = Network::unchecked(bytes, limits)?;
        let mut said = self.said.clone();
        if let Some(name) = output {
            network = network.with_output(name);
            // The head is the file's own, which was shuffled with it.
            said.cam = network.head().or(said.cam);
        } else {
            said.cam = said.cam.map(|head| weights::shuffled_head(&head, seed));
        }
        let plan = self.asked.plan(&network)?;
        let answer = self.asked.answer(&plan, self.tensor)?;
        Ok(self.map_of(&plan, &answer, &said)?.0)
    }
}

/// The index of the largest.
pub(super) fn highest(logits: &[f32]) -> usize {
    let all = logits.iter().enumerate();
    all.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i)
}
