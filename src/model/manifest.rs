//! What a model needs, what it gives and what it must not be used for: `models/NAME/manifest.json`.
//!
//! `models/manifest.schema.json` has the same shape; a field that is not named here is refused, so that no condition is overlooked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    codes,
    prepare::Preparation,
    recipe::{Activation, Boxes, Layout, Resize, Sliding, Step, Takes, Values},
};
use crate::base::{Error, Limits, Result};

/// A model's manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name, the folder's.
    pub name: String,
    /// Version of the package.
    pub version: String,
    /// SPDX expression of the weights' licence.
    pub license: String,
    /// What it does.
    pub task: Task,
    /// The network's file that is used unless the float one is asked for.
    pub file: File,
    /// The same network in float32.
    pub file_float: Option<File>,
    /// What it takes.
    pub input: Input,
    /// What it gives.
    pub output: Output,
    /// Explanations that are valid for it.
    #[serde(default)]
    pub explain: Explain,
    /// Changes of its input that change nothing of what it is asked: for the spread of its scores.
    pub augment: Option<Augment>,
    /// Where it learned: free form, for the card.
    pub training_data: Option<serde_json::Value>,
    /// How well it does: free form, for the card.
    pub metrics: Option<serde_json::Value>,
    /// What it must not be used for.
    pub not_for: Vec<String>,
    /// What [`Input::crop_model`] names, once its files are there: see [`Self::crop_with`].
    #[serde(skip)]
    pub crop_model: Option<Box<OtherModel>>,
    /// What [`Explain::field`] names, or whoever runs the model, once its files are there: see [`Self::field_with`].
    #[serde(skip)]
    pub field_model: Option<Box<OtherModel>>,
}

/// A small segmentation model whose labels bound what another one looks at, or say where an organ lies.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherModel {
    /// Its manifest.
    pub manifest: Manifest,
    /// The bytes of its network: the float one for a crop, the one that is used by itself for a field.
    pub network: Vec<u8>,
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
#[serde(deny_unknown_fields)]
pub struct File {
    /// Name beside the manifest.
    pub name: String,
    /// SHA-256, lower case hexadecimal.
    pub sha256: String,
    /// `float32` or `int8-qdq`.
    pub quantisation: Option<String>,
}

/// What a model takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Modality (0008,0060) values that are allowed; empty: any.
    #[serde(default)]
    pub modality: Vec<String>,
    /// Body part in words, for people.
    pub body_part: Option<String>,
    /// Body Part Examined (0018,0015) values that are allowed; empty: any.
    #[serde(default)]
    pub body_part_examined: Vec<String>,
    /// View Position (0018,5101) values that are allowed; empty: any.
    #[serde(default)]
    pub view: Vec<String>,
    /// MR weightings that are allowed (`T1`); empty: any.
    #[serde(default)]
    pub weighting: Vec<String>,
    /// Years; a known age below is refused.
    pub min_age: Option<f64>,
    /// What to do where the file does not say.
    #[serde(default)]
    pub when_unknown: WhenUnknown,
    /// Allowed columns / rows.
    pub aspect: Option<[f64; 2]>,
    /// Least rows and columns, pixels.
    pub min_side: Option<u32>,
    /// Preparation by name, see [`crate::model::prepare`].
    pub preparation: String,
    /// Millimetres a voxel of the tensor.
    pub spacing: Option<Vec<f64>>,
    /// Extent of the tensor, outermost axis first.
    pub size: Option<Vec<usize>>,
    /// Axis directions, such as LIA.
    pub orientation: Option<String>,
    /// Order of channels.
    pub channel_order: Option<String>,
    /// Scaling: `minmax` or `quantile`.
    pub scaling: Option<String>,
    /// Percentiles of the prepared grey values that become 0 and 1.
    pub percentiles: Option<[f64; 2]>,
    /// Crop to values above this share of the largest.
    #[serde(default)]
    pub crop_threshold: f32,
    /// Crop to what another model gives a label, instead of to values: its folder's name, beside this one's.
    pub crop_model: Option<String>,
    /// Voxels added around the crop.
    #[serde(default)]
    pub crop_padding: usize,
    /// Voxels at each side that a voxel's label depends on: for a network that is run block by block. One that is run plane by plane says it
    /// itself.
    pub halo: Option<usize>,
    /// Working memory in bytes per voxel.
    #[serde(default)]
    pub bytes_per_voxel: u64,
    // What follows is read by the preparation `general` alone.
    /// The shown frame or the whole stack.
    pub takes: Option<Takes>,
    /// Axes of the tensor.
    pub layout: Option<Layout>,
    /// Modality values, or those of the display.
    pub values: Option<Values>,
    /// How to get to `size`.
    pub resize: Option<Resize>,
    /// Intensities, in order; empty: as they come.
    pub intensity: Option<Vec<Step>>,
    /// They come before spacing and size.
    pub intensity_first: Option<bool>,
    /// Channels that a grey value is repeated in.
    pub channels: Option<usize>,
    /// Neighbouring slices that are channels (2.5-D).
    pub slices: Option<usize>,
    /// Windows that slide over the grid.
    pub sliding: Option<Sliding>,
    /// The grid is widened to a multiple of this number of cells.
    pub multiple: Option<usize>,
}

/// What to do where the file does not say; an attribute that is left out is refused, a missing age or weighting is warned about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named as in Input")]
pub struct WhenUnknown {
    pub modality: Option<Unknown>,
    pub body_part_examined: Option<Unknown>,
    pub view: Option<Unknown>,
    pub weighting: Option<Unknown>,
    pub age: Option<Unknown>,
}

/// Refuse, or go on and say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "described above")]
pub enum Unknown {
    Refuse,
    Warn,
}

/// What a model gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Labels in the order of the channels.
    pub labels: Vec<Label>,
    /// From logit to probability.
    pub calibration: Option<Calibration>,
    /// Where a score counts as positive.
    pub threshold: Option<Threshold>,
    /// What turns the network's numbers into probabilities; read by the preparation `general` alone.
    pub activation: Option<Activation>,
    /// What the outputs of a detection are.
    pub boxes: Option<Boxes>,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Name.
    pub name: String,
    /// Colour in overlays.
    pub rgb: Option<[u8; 3]>,
}

/// probability = logistic(slope × logit + offset), at the stated prior.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// `platt` or `temperature`.
    pub method: String,
    /// Factor on the logit.
    pub slope: f64,
    /// Added to it.
    pub offset: f64,
    /// Share of positives for which it holds.
    pub prior: f64,
}

impl Calibration {
    /// The probability of a logit.
    pub fn apply(&self, logit: f64) -> f64 {
        super::score::logistic(self.slope * logit + self.offset)
    }
}

/// A threshold on the calibrated value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Values from here on count as positive.
    pub value: f64,
    /// What it costs, by View Position (0018,5101).
    pub views: Option<BTreeMap<String, Cost>>,
}

/// What a threshold costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Share of the positives that it finds.
    pub sensitivity: Proportion,
    /// Share of the negatives that it leaves alone.
    pub specificity: Proportion,
}

/// A proportion with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "described above")]
pub struct Proportion {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Explanations that are valid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// Their names, such as `cam`.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Class activation maps, where the network ends in mean and linear layer.
    pub cam: Option<Cam>,
    /// The name of the feature map within the network, where it is no output: read by the preparation `general` alone, which takes the last
    /// layer from the network as well where [`Self::cam`] is not there.
    pub features: Option<String>,
    /// Attention, where the network has it as outputs.
    pub attention: Option<Attention>,
    /// The folder of the model, beside this one's, that says where the organ lies: for a map's share inside of it, and for how the picture
    /// is framed.
    pub field: Option<String>,
    /// The values at the two ends of the colour scale by method, fixed for the model; `cam` has its own.
    #[serde(default)]
    pub ranges: BTreeMap<String, [f32; 2]>,
}

/// Outputs [1, heads, tokens, tokens], a layer each, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attention {
    /// Tokens before those of the patches; the first of them is the one that is classified.
    #[serde(default)]
    pub before: usize,
    /// Rows and columns of patches.
    pub grid: [usize; 2],
}

impl Attention {
    /// Tokens in all; `None` beyond all bounds or without patches.
    pub fn tokens(&self) -> Option<usize> {
        let patches = self.grid[0].checked_mul(self.grid[1]).filter(|&n| n > 0)?;
        patches.checked_add(self.before)
    }
}

/// Changes of the input that a model was made to bear, each drawn evenly between its bound and the bound's opposite; 0 or absent: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Mirrored left-right, every second time: only where the anatomy is as likely that way round (never a chest).
    pub flip: bool,
    /// Turned about the centre, degrees.
    pub rotate_degrees: f64,
    /// Moved, as a part of each side.
    pub shift: f64,
    /// Enlarged (cropped) or made smaller: by a factor from 1 / (1 + zoom) to 1 + zoom.
    pub zoom: f64,
    /// Grey values to the power of a factor from 1 / (1 + gamma) to 1 + gamma.
    pub gamma: f64,
}

/// The last linear layer, for class activation maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cam {
    /// Weights, a row a class, a column a channel of the output `features`.
    pub weights: Vec<Vec<f32>>,
    /// Bias, one a class.
    #[serde(default)]
    pub bias: Vec<f32>,
    /// The values at the two ends of the colour scale, fixed for the model; absent: −4 and 4 (logits).
    pub range: Option<[f32; 2]>,
}

impl Augment {
    fn are_sane(&self) -> bool {
        let parts = [self.shift, self.zoom, self.gamma];
        (0.0..=45.0).contains(&self.rotate_degrees) && parts.iter().all(|p| (0.0..=0.5).contains(p))
    }
}

impl Manifest {
    /// Reads a manifest and holds it against itself.
    ///
    /// # Errors
    /// `MDL-001` with the reader's words.
    pub fn read(json: &[u8]) -> Result<Self> {
        let wrong = || Error::new(&codes::MANIFEST).at("manifest.json");
        let manifest: Self = serde_json::from_slice(json).map_err(|e| wrong().found(e))?;
        let names = || std::iter::once(&manifest.file).chain(&manifest.file_float);
        // A network lies beside its manifest: a name is no path.
        if let Some(file) = names().find(|f| f.name.is_empty() || f.name.contains(['/', '\\', ':']))
        {
            return Err(wrong().expected("a file's bare name").found(&file.name));
        }
        if let Some(bounds) = &manifest.augment
            && !bounds.are_sane()
        {
            return Err(wrong()
                .at("augment")
                .expected("at most 45 degrees, parts of 0 to 0.5"));
        }
        for (place, other) in [
            ("input.crop_model", &manifest.input.crop_model),
            ("explain.field", &manifest.explain.field),
        ] {
            if let Some(name) = other.as_deref().filter(|n| !is_folder_name(n)) {
                return Err(wrong()
                    .expected(format!("{place}: another model's folder by its bare name"))
                    .found(name));
            }
        }
        if manifest.output.labels.is_empty() || manifest.output.labels.len() > 256 {
            return Err(wrong()
                .expected("1 to 256 labels")
                .found(manifest.output.labels.len()));
        }
        // What is found is named by its label alone: volumes, segments, colours.
        if let Some(name) = not_told_apart(manifest.output.labels.iter().map(|l| l.name.as_str())) {
            return Err(wrong()
                .expected("output.labels: a name for each label, and no name twice")
                .found(name));
        }
        Ok(manifest)
    }
    /// True when its input is a whole stack, false when it is one frame.
    pub fn takes_volume(&self) -> bool {
        match Preparation::by_name(&self.input.preparation) {
            Some(Preparation::General) => self.input.takes == Some(Takes::Stack),
            Some(named) => named.takes_volume(),
            None => false,
        }
    }
    /// True when one frame is taken as modality values, false when as it is displayed.
    pub fn modality_values(&self) -> bool {
        self.input.values == Some(Values::Modality)
    }
    /// Gives it the model that `input.crop_model` names; of that one the float network is used, as its own makers do.
    ///
    /// # Errors
    /// `MDL-001` for a model of another name, one that labels no volume or itself needs another, or has no float network; `MDL-002`,
    /// `MDL-003` for its network.
    pub fn crop_with(&mut self, other: Self, network: Vec<u8>, limits: &Limits) -> Result<()> {
        let wrong = || Error::new(&codes::MANIFEST).at("input.crop_model");
        let asked = self.input.crop_model.as_deref().unwrap_or("nothing");
        if other.name != asked {
            return Err(wrong().expected(asked).found(&other.name));
        }
        if other.task != Task::Segmentation || other.input.crop_model.is_some() {
            return Err(wrong()
                .expected("a segmentation that needs no other model")
                .found(&other.name));
        }
        other.check_file(&network, other.file_float.is_some(), limits)?;
        self.crop_model = Some(Box::new(OtherModel {
            manifest: other,
            network,
        }));
        Ok(())
    }
    /// Gives it a model that says where an organ lies in its frame: that of [`Explain::field`], or another one that somebody chose.
    ///
    /// # Errors
    /// `MDL-001` where this model takes no frame as it is displayed, or that one is no segmentation of such a frame; `MDL-002`, `MDL-003` for
    /// its network.
    pub fn field_with(&mut self, other: Self, network: Vec<u8>, limits: &Limits) -> Result<()> {
        if self.takes_volume() || self.modality_values() {
            return Err(Error::new(&codes::MANIFEST)
                .at("explain.field")
                .expected("a model of one frame as it is displayed")
                .found(&self.name));
        }
        other.finds_a_field()?;
        other.check_file(&network, false, limits)?;
        self.field_model = Some(Box::new(OtherModel {
            manifest: other,
            network,
        }));
        Ok(())
    }
    /// Refuses a model that finds no field in a frame as it is displayed.
    fn finds_a_field(&self) -> Result<()> {
        let input = &self.input;
        let general = Preparation::by_name(&input.preparation) == Some(Preparation::General);
        let shown = input.takes == Some(Takes::Frame) && input.values != Some(Values::Modality);
        if self.task == Task::Segmentation && general && shown {
            return Ok(());
        }
        Err(Error::new(&codes::MANIFEST)
            .at("explain.field")
            .expected("a segmentation of one frame as it is displayed")
            .found(&self.name))
    }
    /// The float network's file: `file_float`, or `file` where only that is there.
    pub fn float_file(&self) -> &File {
        self.file_float.as_ref().unwrap_or(&self.file)
    }
    /// The file to take.
    ///
    /// # Errors
    /// `MDL-001` when the manifest names no float network and one is asked for.
    pub fn network(&self, float: bool) -> Result<&File> {
        if !float {
            return Ok(&self.file);
        }
        self.file_float.as_ref().ok_or_else(|| {
            Error::new(&codes::MANIFEST)
                .at("file_float")
                .found("nothing")
        })
    }
    /// Holds the network's bytes against limit and checksum.
    ///
    /// # Errors
    /// `MDL-001` without a float network, `MDL-002`, `MDL-003`.
    pub fn check_file(&self, bytes: &[u8], float: bool, limits: &Limits) -> Result<()> {
        check_size(bytes, limits)?;
        let file = self.network(float)?;
        let found = sha256(bytes);
        if found == file.sha256 {
            Ok(())
        } else {
            Err(Error::new(&codes::CHECKSUM)
                .expected(&file.sha256)
                .found(found))
        }
    }
}

/// The first name that is empty or was there before.
pub(super) fn not_told_apart<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut names = names.map(str::trim);
    names
        .find(|name| name.is_empty() || !seen.insert(*name))
        .map(|name| format!("`{name}`"))
}

/// A bare name of a folder: no path, nothing hidden.
fn is_folder_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':'])
}

/// Refuses bytes beyond the limit for model files.
///
/// # Errors
/// `MDL-002`.
pub fn check_size(bytes: &[u8], limits: &Limits) -> Result<()> {
    if bytes.len() as u64 > limits.model_bytes {
        return Err(Error::new(&codes::TOO_LARGE)
            .expected(Limits::at_most("model_bytes", limits.model_bytes))
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
