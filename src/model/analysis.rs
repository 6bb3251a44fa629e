//! One model on one input, from the manifest's conditions to the finding: the way that both doors go.

use super::{
    check, codes, explain,
    facts::InputFacts,
    finding::{Finding, HeatmapInfo, ModelId},
    labelling::{self, Labelling},
    manifest::{File, Manifest},
    prepare::{Preparation, radiograph},
    run::Network,
    score,
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    study::volume::Volume,
};

/// What a model is given.
#[derive(Debug, Clone)]
pub enum Input {
    /// A stack as modality values. Taken whole, so that its memory is free while the network runs.
    Volume {
        /// Values and grid.
        volume: Volume,
        /// The stored values are unsigned bytes.
        unsigned_bytes: bool,
    },
    /// One frame as it is displayed: 0..1, bright as on the screen, row by row.
    Frame {
        /// Columns.
        columns: usize,
        /// Rows.
        rows: usize,
        /// rows × columns values.
        values: Vec<f32>,
    },
}

/// A finding and what is laid over the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The finding; its seconds and peak bytes are 0: a door with a clock fills them in.
    pub finding: Finding,
    /// Labels, one byte a voxel of the source (columns fastest, frames slowest), or the heatmap's cells as little-endian f32; or nothing.
    pub overlay: Vec<u8>,
}

/// Runs a model.
///
/// `name` is the input's name for the finding, `float` asks for the float network, `budget_bytes` is what the runtime may use while it
/// runs (the input's own memory not counted).
///
/// # Errors
/// `MDL-001` when manifest and network do not fit together, `MDL-003` for another file than the manifest's, `MDL-006` with the reason when
/// the manifest excludes the input, `MDL-007` when cancelled, `MDL-008` when the budget is too small, else what the runtime says.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that a caller must decide"
)]
pub fn analyse(
    manifest: &Manifest,
    network: Vec<u8>,
    float: bool,
    name: &str,
    facts: &InputFacts,
    input: Input,
    limits: &Limits,
    budget_bytes: u64,
    monitor: &dyn Monitor,
) -> Result<Analysis> {
    let preparation = Preparation::by_name(&manifest.input.preparation).ok_or_else(|| {
        Error::new(&codes::MANIFEST)
            .at("input.preparation")
            .found(&manifest.input.preparation)
    })?;
    let (columns, rows) = match &input {
        Input::Volume { volume, .. } => (volume.dims[0], volume.dims[1]),
        Input::Frame { columns, rows, .. } => (*columns, *rows),
    };
    let volume = preparation.takes_volume();
    let finding = begun(manifest, float, name, facts, [columns, rows], volume)?;
    let network = Network::of(manifest, network, float, limits)?;
    let job = Job {
        manifest,
        network,
        budget_bytes,
        monitor,
    };
    match (preparation, input) {
        (
            Preparation::MeshnetConform,
            Input::Volume {
                volume,
                unsigned_bytes,
            },
        ) => job.label(finding, volume, unsigned_bytes),
        (
            Preparation::ChestArea,
            Input::Frame {
                columns,
                rows,
                values,
            },
        ) => job.classify(finding, columns, rows, &values),
        (preparation, _) => {
            Err(Error::new(&codes::INPUT)
                .at("input")
                .expected(if preparation.takes_volume() {
                    "a volume"
                } else {
                    "one frame"
                }))
        }
    }
}

/// A finding with nothing found yet, for an input that the manifest allows.
///
/// # Errors
/// `MDL-001` when the manifest names no such network, `MDL-006` with the reason when it excludes the input.
pub fn begun(
    manifest: &Manifest,
    float: bool,
    name: &str,
    facts: &InputFacts,
    [columns, rows]: [usize; 2],
    volume: bool,
) -> Result<Finding> {
    let warnings = check::check(manifest, facts, columns, rows, volume)?;
    Ok(Finding {
        input: name.to_owned(),
        model: identity(manifest, manifest.network(float)?),
        scores: vec![],
        label_map: None,
        heatmap: None,
        warnings,
        seconds: 0.0,
        peak_bytes: 0.0,
    })
}

/// Which model, exactly.
pub fn identity(manifest: &Manifest, file: &File) -> ModelId {
    ModelId {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        sha256: file.sha256.clone(),
    }
}

struct Job<'a> {
    manifest: &'a Manifest,
    network: Network,
    budget_bytes: u64,
    monitor: &'a dyn Monitor,
}

impl Job<'_> {
    fn stage(&self, stage: Stage, done: u64) -> Result<()> {
        if self.monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        self.monitor.progress(stage, done, 1);
        Ok(())
    }

    /// Segmentation of a head.
    fn label(&self, finding: Finding, volume: Volume, unsigned_bytes: bool) -> Result<Analysis> {
        self.stage(Stage::Prepare, 0)?;
        let head = Labelling::new(self.manifest, volume, unsigned_bytes)?;
        self.stage(Stage::Prepare, 1)?;
        let dims = head.dims();
        let all = 0..dims[0];
        let labels = labelling::labels(
            self.manifest,
            &self.network,
            head.planes(all.clone()),
            dims,
            all,
            self.budget_bytes,
            self.monitor,
        )?;
        self.stage(Stage::Explain, 0)?;
        let analysis = head.finish(self.manifest, finding, &labels)?;
        self.stage(Stage::Explain, 1)?;
        Ok(analysis)
    }

    /// Classification of a radiograph, with its map where the manifest has one.
    fn classify(
        &self,
        mut finding: Finding,
        columns: usize,
        rows: usize,
        values: &[f32],
    ) -> Result<Analysis> {
        let (asked, output) = (&self.manifest.input, &self.manifest.output);
        let wrong = |place: &'static str| Error::new(&codes::MANIFEST).at(place);
        self.stage(Stage::Prepare, 0)?;
        let &[height, width] = asked.size.as_deref().unwrap_or_default() else {
            return Err(wrong("input.size").expected("two numbers"));
        };
        if !(1..=4096).contains(&height) || !(1..=4096).contains(&width) {
            return Err(wrong("input.size")
                .expected("1 to 4096")
                .found(format!("{height}, {width}")));
        }
        let percentiles = asked.percentiles.unwrap_or([0.0, 100.0]);
        let tensor = radiograph::prepare(values, columns, rows, [height, width], percentiles)?;
        self.stage(Stage::Infer, 0)?;
        let outputs = self.network.plan(&[1, 1, height, width])?.run(&tensor)?;
        self.stage(Stage::Infer, 1)?;
        let logits = outputs
            .iter()
            .find(|o| o.shape == [1, output.labels.len()])
            .ok_or_else(|| {
                wrong("output.labels").expected("an output [1, labels] of the network")
            })?;
        finding.scores = score::scores(&logits.values, output);
        let mut overlay = vec![];
        if let Some(cam) = &self.manifest.explain.cam {
            self.stage(Stage::Explain, 0)?;
            let features = outputs.iter().find(|o| o.shape.len() == 4).ok_or_else(|| {
                wrong("explain.cam")
                    .expected("an output [1, channels, rows, columns] of the network")
            })?;
            let class = (logits
                .values
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1)))
            .map_or(0, |(i, _)| i);
            let cells = explain::cam(&features.values, features.shape[1], cam, class)?;
            let extreme = |f: fn(f32, f32) -> f32, from| cells.iter().copied().fold(from, f);
            finding.heatmap = Some(HeatmapInfo {
                file: String::new(),
                label: output
                    .labels
                    .get(class)
                    .map(|l| l.name.clone())
                    .unwrap_or_default(),
                method: "cam".to_owned(),
                cells: [features.shape[3] as u32, features.shape[2] as u32],
                extent: [-0.5, -0.5, columns as f32 - 0.5, rows as f32 - 0.5],
                range: cam.range.unwrap_or(explain::RANGE),
                extremes: [extreme(f32::min, f32::MAX), extreme(f32::max, f32::MIN)],
            });
            overlay = cells.iter().flat_map(|v| v.to_le_bytes()).collect();
        }
        self.stage(Stage::Explain, 1)?;
        Ok(Analysis { finding, overlay })
    }
}
