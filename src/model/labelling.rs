//! Segmentation of a head in three parts, so that a door may share the middle one among workers: prepare, label, finish.

use std::{collections::BTreeMap, ops::Range};

use super::{
    codes,
    finding::{Finding, LabelMap},
    general,
    manifest::Manifest,
    prepare::conform::{self, Crop},
    run::{Network, Plan},
    segment,
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    model::analysis::Analysis,
    study::volume::Volume,
};

/// A prepared head.
#[derive(Debug)]
pub struct Labelling {
    /// Without its values.
    volume: Volume,
    centre: [f64; 3],
    crop: Crop,
    /// The box that the network sees: D × H × W values.
    input: Vec<f32>,
}

/// A head on its way.
#[derive(Debug)]
pub enum Begun {
    /// Its box is cut.
    Ready(Box<Labelling>),
    /// Its box is what another model labels, on the whole grid.
    Before(Box<Before>),
}

/// A head whose box another model sets.
#[derive(Debug)]
pub struct Before {
    /// Without its values.
    volume: Volume,
    conformed: conform::Conformed,
    norm: (f32, f32),
    padding: usize,
    manifest: Manifest,
    network: Network,
}

impl Before {
    /// The other model's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The other model's float network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What it sees: the whole grid, as the authors do it. D × H × W values.
    pub fn input(&self) -> Vec<f32> {
        let quantile = self.manifest.input.scaling.as_deref() == Some("quantile");
        let norm = conform::normalisation(&self.conformed.values, quantile);
        segment::take(&self.conformed.values, conform::SIDE, &WHOLE, norm)
    }

    /// D, H, W of that.
    pub fn dims(&self) -> [usize; 3] {
        WHOLE.dims()
    }

    /// Its labels, computed here.
    ///
    /// # Errors
    /// What its run says.
    pub fn labels(&self, budget_bytes: u64, monitor: &dyn Monitor) -> Result<Vec<u8>> {
        let dims = self.dims();
        labels(
            &self.manifest,
            &self.network,
            &self.input(),
            dims,
            0..dims[0],
            budget_bytes,
            &First(monitor),
            &mut [],
        )
    }

    /// Cuts the box by what it labels: every label counts, also what lies apart.
    ///
    /// # Errors
    /// `MDL-006` where nothing is labelled, `MDL-005` where there are not as many labels as voxels.
    pub fn cut(self, mask: &[u8]) -> Result<Labelling> {
        if mask.len() != self.conformed.values.len() {
            return Err(Error::new(&codes::RUN)
                .at("labels")
                .expected(self.conformed.values.len())
                .found(mask.len()));
        }
        let crop = conform::crop(mask, 0.0, self.padding).ok_or_else(|| {
            Error::new(&codes::INPUT)
                .at("volume")
                .found("no brain that the first network finds")
        })?;
        Ok(Labelling::cut(
            self.volume,
            &self.conformed,
            crop,
            self.norm,
        ))
    }
}

/// The whole grid.
const WHOLE: Crop = Crop {
    from: [0; 3],
    to: [conform::SIDE; 3],
};

impl Labelling {
    /// Conforms a volume, normalises it and cuts the box. The volume's values are given back as soon as they are read.
    ///
    /// `limits` are for the network of a model that sets the box.
    ///
    /// # Errors
    /// `MDL-006` where nothing is above the crop's threshold; `MDL-001` where a model that sets the box is not there.
    pub fn begin(
        manifest: &Manifest,
        mut volume: Volume,
        unsigned_bytes: bool,
        limits: &Limits,
    ) -> Result<Begun> {
        let asked = &manifest.input;
        let conformed = conform::conform(&volume, unsigned_bytes)?;
        volume.values = Vec::new();
        let quantile = asked.scaling.as_deref() == Some("quantile");
        let norm = conform::normalisation(&conformed.values, quantile);
        let Some(name) = &asked.crop_model else {
            let crop = conform::crop(&conformed.values, asked.crop_threshold, asked.crop_padding)
                .ok_or_else(|| {
                Error::new(&codes::INPUT)
                    .at("volume")
                    .found("no value above the crop's threshold")
            })?;
            let head = Self::cut(volume, &conformed, crop, norm);
            return Ok(Begun::Ready(Box::new(head)));
        };
        let other = manifest.crop_model.as_deref().ok_or_else(|| {
            Error::new(&codes::MANIFEST)
                .at("input.crop_model")
                .expected(format!("the model {name} beside this one"))
                .found("nothing")
        })?;
        let network = Network::of(
            &other.manifest,
            other.network.clone(),
            other.manifest.file_float.is_some(),
            limits,
        )?;
        Ok(Begun::Before(Box::new(Before {
            volume,
            conformed,
            norm,
            padding: asked.crop_padding,
            manifest: other.manifest.clone(),
            network,
        })))
    }

    fn cut(volume: Volume, conformed: &conform::Conformed, crop: Crop, norm: (f32, f32)) -> Self {
        let input = segment::take(&conformed.values, conform::SIDE, &crop, norm);
        Self {
            volume,
            centre: conformed.centre,
            crop,
            input,
        }
    }

    /// D, H, W of the box.
    pub fn dims(&self) -> [usize; 3] {
        self.crop.dims()
    }

    /// The values of the box's planes (axis D).
    pub fn planes(&self, planes: Range<usize>) -> &[f32] {
        let [_, h, w] = self.dims();
        let at = |plane: usize| plane.saturating_mul(h * w);
        self.input
            .get(at(planes.start)..at(planes.end))
            .unwrap_or_default()
    }

    /// Puts the labels of the box (and the probabilities of each label, where there are any) where they belong: on the source's grid, the largest component of them, with their volumes.
    ///
    /// # Errors
    /// `MDL-005` where there are not as many labels as the box has voxels.
    pub fn finish(
        self,
        manifest: &Manifest,
        mut finding: Finding,
        labels: &[u8],
        shares: Vec<Vec<u8>>,
    ) -> Result<Analysis> {
        let output = &manifest.output;
        if labels.len() != self.input.len() {
            return Err(Error::new(&codes::RUN)
                .at("labels")
                .expected(self.input.len())
                .found(labels.len()));
        }
        let Self {
            volume,
            centre,
            crop,
            input,
        } = self;
        drop(input);
        let mut grid = segment::put(labels, conform::SIDE, &crop);
        segment::keep_largest(&mut grid, [conform::SIDE; 3]);
        let volumes = segment::volumes_ml(&grid, output.labels.len(), 1.0);
        let overlay = conform::back_to_source(&grid, centre, &volume)?;
        let fractions = shares
            .into_iter()
            .skip(1)
            .map(|share| {
                let grid = segment::put(&share, conform::SIDE, &crop);
                conform::back_to_source(&grid, centre, &volume)
            })
            .collect::<Result<_>>()?;
        let named = output.labels.iter().map(|l| l.name.clone());
        finding.label_map = Some(LabelMap {
            file: String::new(),
            dims: volume.dims.map(|n| n as u32),
            names: named.clone().collect(),
            colours: (output.labels.iter().enumerate())
                .map(|(n, l)| l.rgb.unwrap_or(general::colour(n)))
                .collect(),
            volumes_ml: named.zip(volumes).skip(1).collect(),
            spread: BTreeMap::new(),
        });
        Ok(Analysis {
            finding,
            overlay,
            fractions,
        })
    }
}

/// Counts the work of a first network as preparation for the second.
#[derive(Clone, Copy)]
pub struct First<'a>(pub &'a dyn Monitor);

impl std::fmt::Debug for First<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("First")
    }
}

impl Monitor for First<'_> {
    fn progress(&self, _: Stage, done: u64, total: u64) {
        self.0.progress(Stage::Prepare, done, total);
    }
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// The network laid out for a box. Where its tensors would be beyond all memory, as the logits of a hundred labels over a head are, it
/// is laid out for fewer planes: a network that runs plane by plane runs on any number of them.
///
/// # Errors
/// What the runtime says.
pub fn planned(network: &Network, [d, h, w]: [usize; 3]) -> Result<Plan> {
    let mut first = None;
    let mut depth = d;
    loop {
        match network.plan(&[1, 1, depth, h, w]) {
            Ok(plan) if depth == d || plan.streamed().is_some() => return Ok(plan),
            Err(error) if *error.code() == codes::MEMORY && depth > 1 => {
                first.get_or_insert(error);
                depth -= depth.div_ceil(8);
            }
            Ok(plan) => return first.map_or(Ok(plan), Err),
            Err(error) => return Err(first.unwrap_or(error)),
        }
    }
}

/// The label of each voxel of the planes `planes` of a box of `dims` (D, H, W), of which `count` there are: plane by plane where the
/// network can be run so, else the whole box block by block. `budget_bytes`: what the run may take. `shares` takes the probability of each
/// label, 0 to 255, where it has a place for each.
///
/// # Errors
/// `MDL-001` where the network has another number of labels, `MDL-007` when cancelled, `MDL-008` when the budget is too small, else what
/// the runtime says.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that a caller must decide"
)]
pub fn labels(
    manifest: &Manifest,
    network: &Network,
    input: &[f32],
    dims: [usize; 3],
    planes: Range<usize>,
    budget_bytes: u64,
    monitor: &dyn Monitor,
    shares: &mut [Vec<u8>],
) -> Result<Vec<u8>> {
    let count = manifest.output.labels.len();
    let [d, h, w] = dims;
    let whole = planned(network, dims)?;
    let plane = h * w;
    if let Some((channels, bytes)) = whole.streamed() {
        if channels != count {
            return Err(Error::new(&codes::MANIFEST)
                .at("output.labels")
                .expected(channels)
                .found(count));
        }
        if bytes > budget_bytes {
            return Err(Error::new(&codes::MEMORY)
                .expected(format!("{bytes} bytes"))
                .found(format!("{budget_bytes} bytes")));
        }
        let (from, all) = (planes.start, planes.len() as u64);
        let mut labels = Vec::with_capacity(planes.len() * plane);
        whole.planes(d, input, planes, &mut |done, values| {
            segment::argmax_last(values, channels, &mut labels);
            if shares.len() == channels {
                segment::softmax_last(values, shares);
            }
            monitor.progress(Stage::Infer, (done.end - from) as u64, all);
            !monitor.cancelled()
        })?;
        return Ok(labels);
    }
    // A box so flat that all of it is less than the planes of every layer.
    let fits = whole.peak_bytes().is_some_and(|b| b <= budget_bytes);
    drop(whole);
    let asked = &manifest.input;
    let halo = asked.halo.unwrap_or(0);
    let blocks = if fits {
        segment::blocks(dims, halo, 1, u64::MAX)?
    } else {
        segment::blocks(dims, halo, asked.bytes_per_voxel, budget_bytes)?
    };
    // Without a halo the labels at the blocks' faces would be others than those of the whole.
    if blocks.len() > 1 && asked.halo.is_none() {
        return Err(Error::new(&codes::MANIFEST)
            .at("input.halo")
            .expected("voxels at each side that a label depends on")
            .found("nothing"));
    }
    // Blocks of one shape share a plan; most do.
    let mut plans: BTreeMap<[usize; 3], Plan> = BTreeMap::new();
    let mut infer = |shape: [usize; 3], values: &[f32]| {
        let plan = match plans.entry(shape) {
            std::collections::btree_map::Entry::Occupied(kept) => kept.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let [d, h, w] = shape;
                place.insert(network.plan(&[1, 1, d, h, w])?)
            }
        };
        let output = plan.run(values)?.into_iter().next();
        Ok(output.map(|o| o.values).unwrap_or_default())
    };
    let mut labels = segment::segment(input, dims, count, &blocks, monitor, &mut infer, shares)?;
    for all in std::iter::once(&mut labels).chain(shares) {
        all.truncate(planes.end * plane);
        all.drain(..(planes.start * plane).min(all.len()));
    }
    Ok(labels)
}
