//! What an analysis gives, in the shape of a line of `analyze --json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Explanation of a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heatmap: Option<HeatmapInfo>,
    /// What the manifest asks to be said about this input (an unknown age, say), as codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// From prepared input to result.
    pub seconds: f64,
    /// Largest memory of the runtime, bytes; 0 where it cannot be told.
    pub peak_bytes: f64,
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
    /// The manifest's threshold on the calibrated value (else on the value); `None` where it has none.
    pub threshold: Option<f64>,
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
}

/// A heatmap's legend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HeatmapInfo {
    /// File that holds it (command line); empty in the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The score that it explains.
    pub label: String,
    /// `cam`: class activation map, exact for this network.
    pub method: String,
    /// Columns and rows of its cells: its true resolution.
    pub cells: [u32; 2],
    /// Left, top, right, bottom edges in the frame's image coordinates (pixel edges at −0.5 and size − 0.5).
    pub extent: [f32; 4],
    /// The values at the two ends of the colour scale: fixed for the model.
    pub range: [f32; 2],
    /// Smallest and largest value of this map.
    pub extremes: [f32; 2],
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
