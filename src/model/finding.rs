//! What an analysis gives, in the shape of a line of `analyze --json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::Proportion;

/// The result of one model on one input. Voxels and cells travel beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// What was analysed: file or frame set, as its caller names it.
    pub input: String,
    /// Which model.
    pub model: ModelId,
    /// Scores of a classification; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// Label map of a segmentation, on the source's own grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_map: Option<LabelMap>,
    /// Boxes of a detection, the best first, and none where nothing was found; `None` otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<Vec<FoundBox>>,
    /// Explanation of a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heatmap: Option<HeatmapInfo>,
    /// Where the organ lies, as another model found it; `None` where none was asked, or its manifest excludes the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldFound>,
    /// What the manifest asks to be said about this input (an unknown age, say), and how it is framed, as codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// What the network ran on.
    #[serde(default)]
    pub backend: Backend,
    /// Why the graphics processor, which was asked first, did not run it: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_refused: Option<String>,
    /// From prepared input to result.
    pub seconds: f64,
    /// Largest memory of the runtime, bytes; 0 where it cannot be told.
    pub peak_bytes: f64,
}

/// What a network runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The processor: it defines what comes out.
    #[default]
    Cpu,
    /// The graphics processor, which makes the same labels.
    Gpu,
}

/// Which model, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "as in the manifest")]
pub struct ModelId {
    pub name: String,
    pub version: String,
    /// SHA-256 of the network's file.
    pub sha256: String,
}

impl Finding {
    /// Whether there is a number that a report could say: labels of a frame without lengths have no volumes.
    pub fn has_numbers(&self) -> bool {
        let volumes =
            |map: &LabelMap| (map.names.iter().skip(1)).any(|n| map.volumes_ml.contains_key(n));
        !self.scores.is_empty() || self.label_map.as_ref().is_some_and(volumes)
    }
}

/// One score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Score {
    /// Name in the manifest.
    pub label: String,
    /// 0..1 as the network says it: the logistic of the logit.
    pub value: f64,
    /// 0..1 after the manifest's calibration; `None` where it has none.
    pub calibrated: Option<f64>,
    /// Share of positives for which the calibration holds, 0..1, as the manifest says it; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<f64>,
    /// The manifest's threshold on the calibrated value (else on the value); `None` where it has none.
    pub threshold: Option<f64>,
    /// What the threshold costs in images of this view, as the manifest says it; `None` where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<ThresholdCost>,
    /// How far the shown value (calibrated, else the value) moves under small changes of the image; `None` where that was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
}

/// What a threshold costs, on the manifest's test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ThresholdCost {
    /// View Position (0018,5101).
    pub view: String,
    /// Share of the positives that it finds.
    pub sensitivity: Proportion,
    /// Share of the negatives that it leaves alone.
    pub specificity: Proportion,
}

/// Values of the image and its changed copies: shown scores, or parts of the picture. No chance of being wrong: an answer can be steady and false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Spread {
    /// Changed copies, besides the image itself.
    pub copies: u32,
    /// Mean of all.
    pub mean: f64,
    /// Standard deviation of all.
    pub sd: f64,
    /// Smallest of all.
    pub low: f64,
    /// Largest of all.
    pub high: f64,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundBox {
    /// Name in the manifest.
    pub label: String,
    /// 0..1 as the network says it.
    pub score: f64,
    /// Left, top, right, bottom edges in the frame's image coordinates (pixel edges at −0.5 and size − 0.5).
    pub extent: [f32; 4],
}

/// A label map's legend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LabelMap {
    /// File that holds it (command line); empty in the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Columns, rows, frames of the map, which lies on the source's grid.
    pub dims: [u32; 3],
    /// Names by label; 0 is the background.
    pub names: Vec<String>,
    /// Colours by label.
    pub colours: Vec<[u8; 3]>,
    /// Volume of each label but the background, ml, counted on the model's own grid.
    pub volumes_ml: BTreeMap<String, f64>,
    /// Of each label but the background how it moves under small changes of the image; empty where that was not asked. The labels are then
    /// those of the mean over the image and its changed copies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spread: BTreeMap<String, LabelSpread>,
}

impl LabelMap {
    /// How many places it has.
    pub fn voxels(&self) -> usize {
        (self.dims.iter()).fold(1_usize, |n, &d| n.saturating_mul(d as usize))
    }
}

/// How a label moves under small changes of the image. No chance of being wrong: an outline can be steady and false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LabelSpread {
    /// Its part of the picture, 0..1, as it was found in the image and in each changed copy.
    pub area: Spread,
    /// The Dice coefficient of what was found in each of them, laid back over the image, with what the mean of all gives: its mean. 1 where
    /// nothing was found anywhere.
    pub agreement: f64,
}

/// A heatmap's legend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HeatmapInfo {
    /// File that holds it (command line); empty in the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The score that it explains; empty for a method that explains none in particular.
    pub label: String,
    /// Its name in [`crate::model::explain::METHODS`]; `cam` is exact for its network.
    pub method: String,
    /// Columns and rows of its cells: its true resolution.
    pub cells: [u32; 2],
    /// Left, top, right, bottom edges in the frame's image coordinates (pixel edges at −0.5 and size − 0.5).
    pub extent: [f32; 4],
    /// The values at the two ends of the colour scale: fixed for the model.
    pub range: [f32; 2],
    /// Smallest and largest value of this map.
    pub extremes: [f32; 2],
    /// What a value is, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Runs of the network that it took, besides the one for the score.
    #[serde(default)]
    pub runs: u32,
    /// What it depends on: sizes in pixels of the network's input, counts, names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Where its positive part lies; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<MapShares>,
    /// How it held in the checks; `None` where they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<MapCheck>,
}

/// Something that a map depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "a name and its value")]
pub struct Parameter {
    pub name: String,
    pub value: String,
}

/// Shares of the map's positive part, 0..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapShares {
    /// On the outer 3/32 of each side, where markers, collimation and arms are.
    pub border: f64,
    /// That border's part of the picture: the share by chance.
    pub border_area: f64,
    /// Inside of the field (the lungs) and the field's part of the picture; `None` where no field is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<[f64; 2]>,
}

/// An organ in the frame, as another model found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldFound {
    /// Which model.
    pub model: ModelId,
    /// The label that counts as inside, in the manifest's words; of several the first.
    pub label: String,
    /// Its part of the picture, 0..1.
    pub area: f64,
    /// Closed lines around it in the frame's image coordinates (pixel edges at −0.5 and size − 0.5), column and row of each corner; along the
    /// edges of the model's cells.
    pub outline: Vec<Vec<[f32; 2]>>,
}

/// A map held against chance. Areas are under the score, 0..1, while cells go from the highest to the lowest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MapCheck {
    /// Cells are hidden: smaller is better.
    pub deletion: f64,
    /// Cells are hidden in random order.
    pub deletion_random: f64,
    /// Cells are shown: larger is better.
    pub insertion: f64,
    /// Cells are shown in random order.
    pub insertion_random: f64,
    /// Spearman's correlation with the maps of networks whose weights were shuffled, mean: near 1, the map is not about the network.
    /// `None` where one of the maps is the same everywhere.
    pub shuffled_rank_correlation: Option<f64>,
    /// Structural similarity with them, mean.
    pub shuffled_ssim: Option<f64>,
    /// The same correlation where only the last layers were shuffled, from the head downwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cascade: Vec<ShuffledLayers>,
}

/// A step of the cascade of shuffled layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShuffledLayers {
    /// How many, counted from the last one.
    pub layers: u32,
    /// Spearman's correlation of the two maps; `None` where one is the same everywhere.
    pub rank_correlation: Option<f64>,
}

/// Something that the manifest wants said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Warning {
    /// Stable code.
    pub code: String,
    /// In English, with the facts of this input.
    pub text: String,
}
