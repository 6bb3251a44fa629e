//! A region of a volume that grew from a place which a person chose: a segmentation, and a report of what was measured in it.

use std::collections::BTreeMap;

use super::{Export, Stamp, codes, kinds, seg};
use crate::{
    base::{Error, Limits, Result},
    model::finding::{Backend, Finding, LabelMap, ModelId},
    study::{Catalogue, FrameSet},
};

/// What was measured, and how the region came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Its seed and its rule, in words.
    pub rule: String,
    /// Volume.
    pub ml: f64,
    /// Arithmetic mean of its values.
    pub mean: f64,
    /// Standard deviation of the population.
    pub sd: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Of the values; may be empty.
    pub unit: String,
}

/// A region that is to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Grown<'a> {
    /// Where the images are.
    pub catalogue: &'a Catalogue,
    /// The stack that it grew in.
    pub set: &'a FrameSet,
    /// Of each image 1 for its pixels, 0 elsewhere, columns fastest; of an image without any it may be empty.
    pub planes: &'a [&'a [u8]],
    /// What is said of it.
    pub region: &'a Region,
    /// When, and where new UIDs come from: the same for all files of it.
    pub stamp: &'a Stamp,
    /// As everywhere.
    pub limits: &'a Limits,
}

/// What it is called, and what made it.
const NAME: &str = "Region";
const MAKER: &str = "Region growing";
/// Its colour where it is shown.
pub const COLOUR: [u8; 3] = [255, 176, 66];

/// Kinds of files that it can be.
pub const KINDS: &[&str] = &["seg", "sr"];

/// One region's seed and rule in words: column, row and image from 1. `reduced`: pixels of an image, in each direction, of which a voxel that it
/// grew over is the mean.
pub fn rule(
    seed: [usize; 3],
    tolerance: f32,
    unit: &str,
    diagonal: bool,
    reduced: usize,
) -> String {
    let [column, row, image] = seed.map(|at| at + 1);
    let joined = if diagonal { 26 } else { 6 };
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" {unit}")
    };
    let coarse = if reduced > 1 {
        format!("; on means of {reduced} × {reduced} pixels")
    } else {
        String::new()
    };
    format!(
        "Seed: column {column}, row {row}, image {image}; values within {tolerance}{unit} of the seed's; over {joined} neighbours{coarse}"
    )
}

impl Grown<'_> {
    /// The bytes of a file. `beside`: kinds of it that are saved, too; a report refers to the segmentation.
    ///
    /// # Errors
    /// `IO-304` for another kind and for planes that are not the images', `IO-303` where an image has no identity.
    pub fn write(&self, what: &str, beside: &[&str]) -> Result<Vec<u8>> {
        let other = |name: &str| Error::new(&codes::NOT_IN_FINDING).found(name.to_owned());
        let known = |name: &str| {
            let kind = kinds::by_name(name).filter(|_| KINDS.contains(&name));
            kind.ok_or_else(|| other(name))
        };
        let beside = beside
            .iter()
            .map(|name| known(name))
            .collect::<Result<Vec<_>>>()?;
        let Self { set, region, .. } = *self;
        let finding = Finding {
            input: String::new(),
            model: ModelId {
                name: MAKER.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                sha256: String::new(),
            },
            scores: vec![],
            label_map: Some(LabelMap {
                spread: BTreeMap::new(),
                file: String::new(),
                dims: [set.columns, set.rows, set.frames.len() as u32],
                names: vec!["Background".to_owned(), NAME.to_owned()],
                colours: vec![[0; 3], COLOUR],
                volumes_ml: BTreeMap::from([(NAME.to_owned(), region.ml)]),
            }),
            boxes: None,
            heatmap: None,
            field: None,
            warnings: vec![],
            backend: Backend::Cpu,
            gpu_refused: None,
            seconds: 0.0,
            peak_bytes: 0.0,
        };
        let kind = known(what)?;
        let export = Export {
            catalogue: self.catalogue,
            set,
            index: None,
            finding: &finding,
            overlay: &[],
            fractions: &[],
            region: Some(region),
            beside: &beside,
            stamp: self.stamp,
            limits: self.limits,
        };
        match kind.name {
            "seg" => seg::of_planes(&export, kind, self.planes),
            _ => kind.write(&export),
        }
    }
}
