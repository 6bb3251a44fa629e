//! One model on one input, from the manifest's conditions to the finding: the way that both doors go.

use std::borrow::Cow;

use super::{
    check, classify, codes,
    explain::shares::Field,
    facts::InputFacts,
    field,
    finding::{Backend, Finding, ModelId},
    framing, general,
    labelling::{self, Begun, Labelling},
    manifest::{File, Manifest},
    prepare::Preparation,
    run::Network,
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
        /// The probability of each label is wanted as well: a byte a voxel and label.
        fractions: bool,
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

/// What is asked of a model, besides its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// The float network instead of the quantized one.
    pub float: bool,
    /// The explanation by name; `None`: the manifest's first one, where it has one.
    pub explain: Option<String>,
    /// Changed copies of the frame, for the spread of the scores; 0: none.
    pub augment: u32,
    /// Of all that is drawn at random.
    pub seed: u64,
    /// The map is held against random ones and against those of networks with shuffled weights.
    pub check: bool,
    /// Of a frame's segmentation, the probability of each label is wanted as well: a byte a pixel and label.
    pub fractions: bool,
    /// Where the organ is (the lungs), over the whole frame: for the map's share inside. What [`Manifest::field_model`] finds goes before.
    pub field: Option<Field>,
    /// Where the labels of a volume are computed; the processor, where none is given.
    #[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
    pub device: Option<super::gpu::Device>,
}

/// A finding and what is laid over the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The finding; its seconds and peak bytes are 0: a door with a clock fills them in.
    pub finding: Finding,
    /// Labels, one byte a voxel of the source (columns fastest, frames slowest), or the heatmap's cells as little-endian f32; or nothing.
    pub overlay: Vec<u8>,
    /// Where they were asked for: the probability of each label but the background, 0..255, laid out like the labels. As the network says
    /// it: before the largest component is kept.
    pub fractions: Vec<Vec<u8>>,
}

/// Runs a model.
///
/// `name` is the input's name for the finding, `budget_bytes` is what the runtime may use while it
/// runs (the input's own memory not counted).
///
/// # Errors
/// `MDL-001` when manifest and network do not fit together, `MDL-003` for another file than the manifest's, `MDL-006` with the reason when
/// the manifest excludes the input, `MDL-007` when cancelled, `MDL-008` when the budget is too small, `MDL-021` and `MDL-022` for an
/// explanation or copies that the model does not allow, else what the runtime says.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that a caller must decide"
)]
pub fn analyse(
    manifest: &Manifest,
    network: Vec<u8>,
    wish: &Wish,
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
    let volume = manifest.takes_volume();
    let mut finding = begun(manifest, wish.float, name, facts, [columns, rows], volume)?;
    let bytes = wish.check.then(|| network.clone());
    let network = Network::of(manifest, network, wish.float, limits)?;
    let mut wish = Cow::Borrowed(wish);
    if let (Some(other), Input::Frame { values, .. }) = (&manifest.field_model, &input) {
        let shown = field::Shown {
            facts,
            columns,
            rows,
            values,
        };
        if let Some((found, about)) = field::find(other, shown, limits, budget_bytes, monitor)? {
            if of_the_chest(&other.manifest) {
                let remarks = framing::remarks(&found).unwrap_or_default();
                finding.warnings.splice(0..0, remarks);
            }
            finding.field = Some(about);
            wish.to_mut().field = Some(found);
        }
    }
    let wish = &*wish;
    if preparation == Preparation::General {
        classify::refuse(manifest, wish)?;
        let fractions = match &input {
            Input::Volume { fractions, .. } => *fractions,
            Input::Frame { .. } => wish.fractions,
        };
        let job = general::Job {
            manifest,
            network: &network,
            limits,
            budget_bytes,
            monitor,
            wish,
            fractions,
            file: bytes,
        };
        return job.run(finding, input);
    }
    let job = Job {
        manifest,
        network,
        limits: limits.clone(),
        budget_bytes,
        monitor,
        wish,
    };
    match (preparation, input) {
        (
            Preparation::MeshnetConform,
            Input::Volume {
                volume,
                unsigned_bytes,
                fractions,
            },
        ) => {
            classify::refuse(manifest, wish)?;
            job.label(finding, volume, unsigned_bytes, fractions)
        }
        (
            Preparation::ChestArea,
            Input::Frame {
                columns,
                rows,
                values,
            },
        ) => {
            let asked = classify::Asked {
                facts,
                wish,
                limits,
                file: bytes,
            };
            job.classify(finding, columns, rows, &values, &asked)
        }
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

/// What is said about framing is said about lungs.
fn of_the_chest(manifest: &Manifest) -> bool {
    let parts = &manifest.input.body_part_examined;
    parts.iter().any(|part| part.eq_ignore_ascii_case("CHEST"))
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
        boxes: None,
        heatmap: None,
        field: None,
        warnings,
        backend: Backend::Cpu,
        gpu_refused: None,
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

pub(super) struct Job<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) network: Network,
    limits: Limits,
    budget_bytes: u64,
    pub(super) monitor: &'a dyn Monitor,
    #[cfg_attr(
        not(all(feature = "gpu", not(target_arch = "wasm32"))),
        expect(dead_code, reason = "in a page the door asks the graphics processor")
    )]
    wish: &'a Wish,
}

impl Job<'_> {
    pub(super) fn stage(&self, stage: Stage, done: u64) -> Result<()> {
        self.tick(stage, done, 1)
    }

    /// `done` of `total`, unless nobody waits any more.
    pub(super) fn tick(&self, stage: Stage, done: u64, total: u64) -> Result<()> {
        if self.monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        self.monitor.progress(stage, done, total);
        Ok(())
    }

    /// Segmentation of a head.
    fn label(
        &self,
        mut finding: Finding,
        volume: Volume,
        unsigned_bytes: bool,
        fractions: bool,
    ) -> Result<Analysis> {
        self.stage(Stage::Prepare, 0)?;
        let sizes = volume.dims;
        let head = match Labelling::begin(self.manifest, volume, unsigned_bytes, &self.limits)? {
            Begun::Ready(head) => *head,
            Begun::Before(before) => {
                let mask = self.labels(
                    before.manifest(),
                    before.network(),
                    &before.input(),
                    before.dims(),
                    self.budget_bytes,
                    &labelling::First(self.monitor),
                    &mut [],
                    &mut finding,
                )?;
                before.cut(&mask)?
            }
        };
        self.stage(Stage::Prepare, 1)?;
        // What the probabilities take stays until the end: in the crop, and without the background's on the source's grid, which are copied once
        // more into what is answered.
        let count = if fractions {
            self.manifest.output.labels.len()
        } else {
            0
        };
        let dims = head.dims();
        let [cropped, whole] = [dims, sizes].map(|d| d.iter().product::<usize>());
        let kept = count
            .saturating_mul(cropped)
            .saturating_add(count.saturating_sub(1).saturating_mul(2 * whole))
            as u64;
        let budget = self.budget_bytes.checked_sub(kept).ok_or_else(|| {
            Error::new(&codes::MEMORY)
                .expected(format!("{kept} bytes for probabilities alone"))
                .found(format!("{} bytes", self.budget_bytes))
        })?;
        let mut shares = vec![vec![]; count];
        let all = 0..dims[0];
        let labels = self.labels(
            self.manifest,
            &self.network,
            head.planes(all),
            dims,
            budget,
            self.monitor,
            &mut shares,
            &mut finding,
        )?;
        self.stage(Stage::Explain, 0)?;
        let analysis = head.finish(self.manifest, finding, &labels, shares)?;
        self.stage(Stage::Explain, 1)?;
        Ok(analysis)
    }

    /// The labels of a whole box: from the graphics processor where one is asked for, else, or where it refuses, from the processor. Notes
    /// in the finding which of them it was.
    #[expect(clippy::too_many_arguments, reason = "those of the runs below")]
    #[cfg_attr(
        not(all(feature = "gpu", not(target_arch = "wasm32"))),
        expect(clippy::unused_self, reason = "only a native door has a device here")
    )]
    fn labels(
        &self,
        manifest: &Manifest,
        network: &Network,
        input: &[f32],
        dims: [usize; 3],
        budget_bytes: u64,
        monitor: &dyn Monitor,
        shares: &mut [Vec<u8>],
        finding: &mut Finding,
    ) -> Result<Vec<u8>> {
        #[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
        if let Some(device) = &self.wish.device {
            let count = manifest.output.labels.len();
            let found = if shares.is_empty() {
                device.labels(network.bytes(), count, input, dims, budget_bytes, monitor)
            } else {
                Err(Error::new(&codes::GPU).found("probabilities are asked for"))
            };
            match found {
                Ok(labels) => {
                    finding.backend = Backend::Gpu;
                    finding.gpu_refused = None;
                    return Ok(labels);
                }
                Err(error) if device.only() || *error.code() == codes::CANCELLED => {
                    return Err(error);
                }
                Err(error) => finding.gpu_refused = Some(error.code().id.to_owned()),
            }
        }
        finding.backend = Backend::Cpu;
        let [depth, ..] = dims;
        labelling::labels(
            manifest,
            network,
            input,
            dims,
            0..depth,
            budget_bytes,
            monitor,
            shares,
        )
    }
}
