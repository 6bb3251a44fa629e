//! What a model needs, what it gives and what it must not be used for: `models/NAME/manifest.json`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::codes;
use crate::base::{Error, Limits, Result};

/// A model's manifest. `models/manifest.schema.json` has the same shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Short name, the folder's.
    pub name: String,
    /// Version of the package.
    pub version: String,
    /// SPDX expression of the weights' licence.
    pub license: String,
    /// What it does.
    pub task: Task,
    /// The network's file.
    pub file: File,
    /// What it takes.
    pub input: Input,
    /// What it gives.
    pub output: Output,
    /// Explanations that are valid for it.
    #[serde(default)]
    pub explain: Explain,
    /// What it must not be used for.
    #[serde(default)]
    pub not_for: Vec<String>,
}

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the three tasks")]
pub enum Task {
    Classification,
    Segmentation,
    Detection,
}

/// A file and its checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Name beside the manifest.
    pub name: String,
    /// SHA-256, lower case hexadecimal.
    pub sha256: String,
}

/// What a model takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Modality (0008,0060) values that are allowed; empty: any.
    #[serde(default)]
    pub modality: Vec<String>,
    /// Body part in words.
    #[serde(default)]
    pub body_part: Option<String>,
    /// Preparation by name: `meshnet-conform` here.
    pub preparation: String,
    /// Scaling: `minmax` or `quantile`.
    #[serde(default)]
    pub scaling: Option<String>,
    /// Crop to values above this share of the largest.
    #[serde(default)]
    pub crop_threshold: f32,
    /// Voxels added around the crop.
    #[serde(default)]
    pub crop_padding: usize,
    /// Voxels at each side that a voxel's label depends on.
    #[serde(default)]
    pub halo: usize,
    /// Working memory in bytes per voxel.
    #[serde(default)]
    pub bytes_per_voxel: u64,
}

/// What a model gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Labels in the order of the channels.
    pub labels: Vec<Label>,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Name.
    pub name: String,
    /// Colour in overlays.
    #[serde(default)]
    pub rgb: Option<[u8; 3]>,
}

/// Explanations that are valid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Explain {
    /// Class activation maps, where the network ends in mean and linear layer.
    #[serde(default)]
    pub cam: Option<Cam>,
}

/// The last linear layer, for class activation maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cam {
    /// Weights, a row a class, a column a feature channel.
    pub weights: Vec<Vec<f32>>,
    /// Bias, one a class.
    #[serde(default)]
    pub bias: Vec<f32>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// `MDL-001` with the reader's words.
    pub fn read(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json)
            .map_err(|e| Error::new(&codes::MANIFEST).at("manifest.json").found(e))
    }
    /// Holds the network's bytes against limit and checksum.
    ///
    /// # Errors
    /// `MDL-002`, `MDL-003`.
    pub fn check_file(&self, bytes: &[u8], limits: &Limits) -> Result<()> {
        check_size(bytes, limits)?;
        let found = sha256(bytes);
        if found == self.file.sha256 {
            Ok(())
        } else {
            Err(Error::new(&codes::CHECKSUM)
                .expected(&self.file.sha256)
                .found(found))
        }
    }
    /// Refuses a modality that the manifest does not name.
    ///
    /// # Errors
    /// `MDL-006`.
    pub fn check_modality(&self, modality: &str) -> Result<()> {
        if self.input.modality.is_empty() || self.input.modality.iter().any(|m| m == modality) {
            return Ok(());
        }
        Err(Error::new(&codes::INPUT)
            .at("Modality (0008,0060)")
            .expected(self.input.modality.join(" or "))
            .found(modality))
    }
}

/// Refuses bytes beyond the limit for model files.
///
/// # Errors
/// `MDL-002`.
pub fn check_size(bytes: &[u8], limits: &Limits) -> Result<()> {
    if bytes.len() as u64 > limits.model_bytes {
        return Err(Error::new(&codes::TOO_LARGE)
            .expected(format!("at most {} bytes", limits.model_bytes))
            .found(bytes.len()));
    }
    Ok(())
}

/// SHA-256 in lower case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
