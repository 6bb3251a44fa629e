//! What the page and the model worker say to each other.

use serde::{Deserialize, Serialize};

use super::{Failure, ModelInput};
use crate::model::{
    finding::Finding,
    inspect::{GapInfo, Inspection},
};

/// Page → model worker. The input's values travel beside `analyze`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelRequest {
    /// Answer: [`ModelAnswer::Found`].
    Analyze {
        /// Folder in `models/`.
        model: String,
        /// What was analysed, for the finding.
        input: String,
        /// The input.
        about: Box<ModelInput>,
        /// The float network instead of the quantized one.
        float: bool,
        /// The explanation by name; `None`: the manifest's first one.
        #[serde(default)]
        explain: Option<String>,
        /// Changed copies of the frame, for the spread of the scores.
        #[serde(default)]
        augment: u32,
        /// Of a segmentation the probability of each label travels beside its label map.
        #[serde(default)]
        fractions: bool,
        /// Memory that the runtime may use, bytes.
        budget_bytes: f64,
        /// As in [`super::Request::Open`].
        #[serde(default)]
        limits: String,
        /// The manifest of a network that somebody brought, which travels beside; `None`: that of the folder.
        #[serde(default)]
        manifest: Option<String>,
    },
    /// What a network is that travels beside. Answer: [`ModelAnswer::Inspected`].
    Inspect {
        /// Name of its file.
        name: String,
        /// As in [`super::Request::Open`].
        limits: String,
        /// Descriptions that came with it.
        beside: Beside,
    },
    /// What a manifest that somebody is writing still has to say. Answer: [`ModelAnswer::Gaps`].
    Gaps {
        /// Its text.
        manifest: String,
    },
}

/// Descriptions that came with a network, as text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Beside {
    /// manifest.json: it is taken as it is.
    pub manifest: Option<String>,
    /// metadata.json of a MONAI bundle.
    pub metadata: Option<String>,
    /// inference.json of a MONAI bundle.
    pub inference: Option<String>,
}

/// Model worker → page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelAnswer {
    /// The finding; its label map or heatmap cells travel beside it, in the form that [`super::Request::Overlay`] takes. Where probabilities were
    /// asked for, those of each label but the background follow, each laid out like the label map.
    Found {
        /// The finding.
        finding: Box<Finding>,
    },
    /// What a network is.
    Inspected {
        /// All about it, with a manifest as far as it can be written.
        inspection: Box<Inspection>,
    },
    /// What a manifest still has to say; nothing: it can be run.
    Gaps {
        /// In the manifest's order.
        gaps: Vec<GapInfo>,
    },
    /// It failed, or the manifest refuses the input.
    Failed(Failure),
}
