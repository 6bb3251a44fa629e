//! Why the model said so: maps of what speaks for a score. One file a method, one line in [`METHODS`].
//!
//! A method sees no runtime: it gets the tensor, what the network answered to it, and a way to ask the network about other tensors, which
//! counts, tells the monitor and ends when nobody waits any more. What is drawn at random is drawn from a seed: same seed, same map.
//!
//! A map has the resolution that its method has, not the image's: nothing here is enlarged to look sharp.

mod asking;
pub mod baseline;
pub mod cam;
pub mod eigen_cam;
pub mod occlusion;
pub mod random;
pub mod resize;
pub mod rise;
pub mod rollout;
pub mod sanity;
pub mod score_cam;
pub mod shares;

pub use asking::{Answer, Planes, Question};
pub use cam::{RANGE, cam};

use super::{
    codes,
    manifest::{Manifest, Task},
};
use crate::base::{Error, Result};
use baseline::Baseline;

/// All methods, the cheap ones first.
pub const METHODS: &[Method] = &[
    cam::METHOD,
    eigen_cam::METHOD,
    rollout::METHOD,
    score_cam::METHOD,
    occlusion::METHOD,
    rise::METHOD,
];

/// A way to explain a score.
#[derive(Debug)]
pub struct Method {
    /// Its name in manifests, findings and on the command line.
    pub name: &'static str,
    /// What it needs of the network.
    pub needs: Needs,
    /// False: the map is about the picture, not about one label, and must not be shown with one.
    pub of_label: bool,
    /// What a value of the map is, in words.
    pub unit: &'static str,
    /// The ends of the colour scale where the manifest names none.
    pub range: [f32; 2],
    /// Runs of the network besides the one that gave the score; `channels` of the feature map, 0 where there is none.
    pub runs: fn(&Settings, [usize; 3], usize) -> u64,
    /// What the map depends on, by name: for its legend.
    pub parameters: fn(&Settings) -> Vec<(&'static str, String)>,
    /// The map: one plane.
    pub map: fn(&mut Question<'_>) -> Result<Planes>,
}

/// What a method needs of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The feature map, and a head that is a mean and one linear layer (`explain.cam` of the manifest).
    Head,
    /// The feature map as an output.
    Features,
    /// The layers' attention as outputs (`explain.attention` of the manifest).
    Attention,
    /// Scores only: any classification.
    Nothing,
}

impl Needs {
    /// Its name for the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Features => "features",
            Self::Attention => "attention",
            Self::Nothing => "nothing",
        }
    }
}

impl Method {
    /// True when it may be used with this model: one that asks for scores alone with every classification of a frame, the others where the
    /// manifest lists them and has what they need. Of a stack there is no map.
    pub fn valid(&self, manifest: &Manifest) -> bool {
        let explain = &manifest.explain;
        let has = match self.needs {
            Needs::Nothing => {
                return manifest.task == Task::Classification && !manifest.takes_volume();
            }
            Needs::Head => explain.cam.is_some() || explain.features.is_some(),
            Needs::Features => true,
            Needs::Attention => explain.attention.is_some(),
        };
        has && manifest.task == Task::Classification
            && !manifest.takes_volume()
            && explain.methods.iter().any(|m| m == self.name)
    }
    /// The ends of its colour scale for this model: fixed, whatever the picture.
    pub fn range(&self, manifest: &Manifest) -> [f32; 2] {
        let explain = &manifest.explain;
        let own = match self.needs {
            Needs::Head => explain.cam.as_ref().and_then(|c| c.range),
            _ => None,
        };
        own.or_else(|| explain.ranges.get(self.name).copied())
            .unwrap_or(self.range)
    }
}

/// The methods that may be used with this model.
pub fn valid(manifest: &Manifest) -> impl Iterator<Item = &'static Method> {
    METHODS.iter().filter(|m| m.valid(manifest))
}

/// The method of a name, or the manifest's first where none is named; `None` where it has none.
///
/// # Errors
/// `MDL-021` when the named one may not be used with this model.
pub fn chosen(manifest: &Manifest, name: Option<&str>) -> Result<Option<&'static Method>> {
    let by = |name: &str| valid(manifest).find(|m| m.name == name);
    match name {
        None => Ok(manifest.explain.methods.iter().find_map(|m| by(m))),
        Some(name) => by(name).map(Some).ok_or_else(|| {
            let names: Vec<_> = valid(manifest).map(|m| m.name).collect();
            let expected = if names.is_empty() {
                "nothing: the model has no explanation".to_owned()
            } else {
                names.join(", ")
            };
            Error::new(&codes::METHOD).expected(expected).found(name)
        }),
    }
}

/// What the methods' maps depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Of all that is drawn at random.
    pub seed: u64,
    /// What stands where the input is hidden.
    pub baseline: Baseline,
    /// Occlusion: side of the patch, pixels of the input.
    pub patch: usize,
    /// Occlusion: step from patch to patch, pixels.
    pub stride: usize,
    /// RISE: number of masks.
    pub masks: usize,
    /// RISE: cells a side of a mask.
    pub cells: usize,
    /// RISE: chance of a cell to be shown.
    pub shown: f64,
    /// Score-CAM: channels at most, those that vary most over the picture.
    pub channels: usize,
}

impl Settings {
    /// For inputs of `rows` × `columns`: patches of a seventh of the shorter side in half steps, 1,000 masks of 7 × 7 cells, half of them
    /// shown, at most 64 channels.
    pub fn of(rows: usize, columns: usize, seed: u64) -> Self {
        let patch = rows.min(columns).div_ceil(7).max(1);
        Self {
            seed,
            baseline: Baseline::Mean,
            patch,
            stride: patch.div_ceil(2),
            masks: 1000,
            cells: 7,
            shown: 0.5,
            channels: 64,
        }
    }
}

/// Makes a map.
///
/// # Errors
/// `MDL-001` when the network does not give what the method needs, `MDL-005` when it gives no finite numbers, `MDL-007` when cancelled,
/// and what the network says.
pub fn explain(method: &Method, question: &mut Question<'_>) -> Result<Planes> {
    let channels = question.answer.features.as_ref().map_or(0, |f| f.count);
    question.begin((method.runs)(question.settings, question.shape, channels));
    let map = (method.map)(question)?;
    question.end();
    if map.values.iter().all(|v| v.is_finite()) {
        Ok(map)
    } else {
        Err(Error::new(&codes::RUN)
            .at(method.name)
            .found("values that are not finite"))
    }
}
