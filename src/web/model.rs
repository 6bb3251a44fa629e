//! The model worker's exports: a manifest and a network in, an analysis out. Cancelling is ending the worker.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::{
    limits,
    messages::{Beside, Failure, ModelAnswer, ModelRequest},
    progress::{Page, thrown},
};
use crate::{
    base::{Error, Limits, Monitor, Stage},
    model::{
        self, analysis, bundle, check, codes,
        finding::{Backend, Finding},
        inspect::{self, Draft, Inspection},
        labelling::{self, Begun, First, Labelling},
        manifest::Manifest,
        prepare::Preparation,
        run::{Network, Plan},
    },
    study::volume::Volume,
};

/// One model, ready to run.
#[wasm_bindgen]
pub struct Runtime {
    manifest: Manifest,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("model", &self.manifest.name)
            .finish_non_exhaustive()
    }
}

/// An answer with the bytes beside it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ModelReply {
    json: String,
    bytes: Vec<u8>,
}

#[wasm_bindgen]
impl ModelReply {
    /// The answer as JSON.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }
    /// Labels or cells, and behind labels the probabilities that were asked for; empty where there are none.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// A segmentation on its way, whose middle part is made elsewhere: [`Runtime::label`] begins it here. Where another model sets the box
/// ([`Labels::waits`]), its labels come first ([`Labels::cut`]). Then workers share the planes ([`PlaneLabels`], or [`Labels::label`] in this
/// one), or the graphics processor labels them all, and [`Labels::finish`] puts them where they belong.
#[wasm_bindgen]
pub struct Labels {
    manifest: Manifest,
    head: Option<Begun>,
    finding: Finding,
    network: Network,
    budget: u64,
    halo: usize,
    start: f64,
}

impl std::fmt::Debug for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labels")
            .field("model", &self.manifest.name)
            .finish_non_exhaustive()
    }
}

impl Labels {
    fn ready(&self) -> Result<&Labelling, JsValue> {
        match &self.head {
            Some(Begun::Ready(head)) => Ok(head),
            _ => Err(thrown(&Error::new(&codes::RUN).at("the box"))),
        }
    }
}

#[wasm_bindgen]
impl Labels {
    /// Another model must label the whole grid first.
    #[wasm_bindgen(getter)]
    pub fn waits(&self) -> bool {
        matches!(self.head, Some(Begun::Before(_)))
    }

    /// D, H, W of the box that the next network sees.
    #[wasm_bindgen(getter)]
    pub fn dims(&self) -> Vec<u32> {
        let dims = match &self.head {
            Some(Begun::Ready(head)) => head.dims(),
            Some(Begun::Before(before)) => before.dims(),
            None => [0; 3],
        };
        dims.map(|n| n as u32).to_vec()
    }

    /// The next network's file.
    #[wasm_bindgen(getter)]
    pub fn network(&self) -> Vec<u8> {
        match &self.head {
            Some(Begun::Before(before)) => before.network().bytes().to_vec(),
            _ => self.network.bytes().to_vec(),
        }
    }

    /// How many labels it has.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> u32 {
        let manifest = match &self.head {
            Some(Begun::Before(before)) => before.manifest(),
            _ => &self.manifest,
        };
        manifest.output.labels.len() as u32
    }

    /// Bytes that a worker holds while it labels; 0 where the network cannot be run plane by plane, and so not shared.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> f64 {
        self.ready()
            .ok()
            .and_then(|head| labelling::planned(&self.network, head.dims()).ok())
            .and_then(|plan| plan.streamed())
            .map_or(0.0, |(_, bytes)| bytes as f64)
    }

    /// Planes at each side that a plane's labels depend on.
    #[wasm_bindgen(getter)]
    pub fn halo(&self) -> u32 {
        self.halo as u32
    }

    /// Values of the planes `from..to` of the box; all of them, where another model labels the whole grid.
    pub fn planes(&self, from: u32, to: u32) -> Vec<f32> {
        match &self.head {
            Some(Begun::Ready(head)) => head.planes(from as usize..to as usize).to_vec(),
            Some(Begun::Before(before)) => before.input(),
            None => vec![],
        }
    }

    /// Cuts the box by the labels of the other model, which are computed here where none are given.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    pub fn cut(&mut self, mask: Option<Vec<u8>>, progress: &Function) -> Result<(), JsValue> {
        if !self.waits() {
            return Ok(());
        }
        let Some(Begun::Before(before)) = self.head.take() else {
            return Ok(());
        };
        let page = Page { progress };
        let cut = match mask {
            Some(mask) => before.cut(&mask),
            None => before
                .labels(self.budget, &First(&page))
                .and_then(|mask| before.cut(&mask)),
        };
        self.head = Some(Begun::Ready(Box::new(cut.map_err(|e| thrown(&e))?)));
        Ok(())
    }

    /// The labels of the planes `from..to`, computed here.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    pub fn label(&self, from: u32, to: u32, progress: &Function) -> Result<Vec<u8>, JsValue> {
        let head = self.ready()?;
        let dims = head.dims();
        labelling::labels(
            &self.manifest,
            &self.network,
            head.planes(0..dims[0]),
            dims,
            from as usize..to as usize,
            self.budget,
            &Page { progress },
            &mut [],
        )
        .map_err(|e| thrown(&e))
    }

    /// The answer, from the labels of all planes. `gpu`: they are the graphics processor's; `refused`: the code with which it refused.
    pub fn finish(
        mut self,
        labels: &[u8],
        gpu: bool,
        refused: Option<String>,
        progress: &Function,
    ) -> ModelReply {
        let monitor = Page { progress };
        monitor.progress(Stage::Explain, 0, 1);
        let start = self.start;
        self.finding.backend = if gpu { Backend::Gpu } else { Backend::Cpu };
        self.finding.gpu_refused = refused;
        let analysis = match self.head {
            Some(Begun::Ready(head)) => head.finish(&self.manifest, self.finding, labels, vec![]),
            _ => Err(Error::new(&codes::RUN).at("the box")),
        };
        reply(analysis, start)
    }
}

/// Some planes of a box, labelled by a worker that has no more than these and the planes that they depend on.
#[wasm_bindgen]
#[derive(Debug)]
pub struct PlaneLabels {
    manifest: Manifest,
    network: Network,
}

#[wasm_bindgen]
impl PlaneLabels {
    /// # Errors
    /// A [`Failure`] as JSON text.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: &[u8], network: Vec<u8>) -> Result<Self, JsValue> {
        console_error_panic_hook::set_once();
        let manifest = Manifest::read(manifest).map_err(|e| thrown(&e))?;
        // Who began has held the file against its checksum.
        let network = Network::unchecked(network, &Limits::default()).map_err(|e| thrown(&e))?;
        Ok(Self { manifest, network })
    }

    /// The labels of the planes `from..to` of a part of a box: `dims` and `input` are the part's, and reach as far as a label depends on,
    /// or to the box's face.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    pub fn label(
        &self,
        dims: &[u32],
        input: &[f32],
        from: u32,
        to: u32,
        progress: &Function,
    ) -> Result<Vec<u8>, JsValue> {
        let &[d, h, w] = dims else {
            return Err(thrown(&Error::new(&codes::RUN).at("dims")));
        };
        labelling::labels(
            &self.manifest,
            &self.network,
            input,
            [d, h, w].map(|n| n as usize),
            from as usize..to as usize,
            u64::MAX,
            &Page { progress },
            &mut [],
        )
        .map_err(|e| thrown(&e))
    }
}

#[wasm_bindgen]
impl Runtime {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: &[u8]) -> Result<Self, JsValue> {
        console_error_panic_hook::set_once();
        let manifest = Manifest::read(manifest).map_err(|e| thrown(&e))?;
        Ok(Self { manifest })
    }

    /// Refuses a network beyond the limit before it is read into memory: `bytes` is its size.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    #[wasm_bindgen(js_name = mayRead)]
    pub fn may_read(bytes: f64, limits: &str) -> Result<(), JsValue> {
        let limits = limits::of(limits, false).map_err(|e| thrown(&e))?;
        if bytes > limits.model_bytes as f64 {
            return Err(thrown(
                &Error::new(&codes::TOO_LARGE)
                    .expected(Limits::at_most("model_bytes", limits.model_bytes))
                    .found(bytes),
            ));
        }
        Ok(())
    }

    /// Answers [`ModelRequest::Inspect`], whose network travels beside, and [`ModelRequest::Gaps`]; all as JSON text.
    pub fn inspect(request: &str, network: &[u8]) -> String {
        console_error_panic_hook::set_once();
        let answer = match read(request) {
            Ok(ModelRequest::Inspect {
                name,
                limits,
                beside,
            }) => inspected(&name, &limits, &beside, network).map(|found| ModelAnswer::Inspected {
                inspection: Box::new(found),
            }),
            Ok(ModelRequest::Gaps { manifest }) => {
                draft(&manifest).map(|draft| ModelAnswer::Gaps { gaps: draft.gaps() })
            }
            Ok(ModelRequest::Analyze { .. }) => Err(Error::new(&codes::MANIFEST).at("request")),
            Err(error) => Err(error),
        };
        json(&answer.unwrap_or_else(|e| ModelAnswer::Failed(Failure::of("", &e))))
    }

    /// Refuses what the manifest excludes, before a network is fetched: `request` is a [`ModelRequest`] as JSON.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    pub fn check(&self, request: &str) -> Result<(), JsValue> {
        let Ok(ModelRequest::Analyze { about, .. }) = read(request) else {
            return Err(thrown(&Error::new(&codes::MANIFEST).at("request")));
        };
        let [columns, rows, _] = about.dims.map(|n| n as usize);
        let volume = self.manifest.takes_volume();
        check::check(&self.manifest, &about.facts, columns, rows, volume)
            .map(|_| ())
            .map_err(|e| thrown(&e))
    }

    /// The network's file beside the manifest.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text, when there is no float network.
    pub fn file(&self, float: bool) -> Result<String, JsValue> {
        self.manifest
            .network(float)
            .map(|f| f.name.clone())
            .map_err(|e| thrown(&e))
    }

    /// The folder of the model whose labels bound what this one looks at; `None`: it needs no other. That one's float network is fetched
    /// as well, and given with [`Self::set_crop_model`] before [`Self::analyze`].
    #[wasm_bindgen(getter, js_name = cropModel)]
    pub fn crop_model(&self) -> Option<String> {
        self.manifest.input.crop_model.clone()
    }

    /// The float network's file beside the manifest, also where no other is there.
    #[wasm_bindgen(getter, js_name = floatFile)]
    pub fn float_file(&self) -> String {
        self.manifest.float_file().name.clone()
    }

    /// Gives it the model that [`Self::crop_model`] names.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text, when manifest and network are not that model's.
    #[wasm_bindgen(js_name = setCropModel)]
    pub fn set_crop_model(&mut self, manifest: &[u8], network: Vec<u8>) -> Result<(), JsValue> {
        Manifest::read(manifest)
            .and_then(|other| self.manifest.crop_with(other, network, &Limits::default()))
            .map_err(|e| thrown(&e))
    }

    /// The folder of the model that says where the organ lies in a frame; `None`: the manifest names none. Where it is there, its network
    /// is given with [`Self::set_field_model`] before [`Self::analyze`].
    #[wasm_bindgen(getter, js_name = fieldModel)]
    pub fn field_model(&self) -> Option<String> {
        self.manifest.explain.field.clone()
    }

    /// Gives it the model that [`Self::field_model`] names.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text, when that one finds no field in a frame, or is not what its manifest says.
    #[wasm_bindgen(js_name = setFieldModel)]
    pub fn set_field_model(&mut self, manifest: &[u8], network: Vec<u8>) -> Result<(), JsValue> {
        Manifest::read(manifest)
            .and_then(|other| self.manifest.field_with(other, network, &Limits::default()))
            .map_err(|e| thrown(&e))
    }

    /// Runs. `progress` is called with a [`Notice`] as JSON text, between pieces of work.
    pub fn analyze(
        &self,
        request: &str,
        values: Vec<f32>,
        network: Vec<u8>,
        progress: &Function,
    ) -> ModelReply {
        let start = super::now_ms();
        let monitor = Page { progress };
        reply(self.run(request, values, network, &monitor), start)
    }

    /// Begins a segmentation that workers can share; nothing for a model of another kind, or for one that cannot be run plane by plane.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    pub fn label(
        &self,
        request: &str,
        values: Vec<f32>,
        network: &[u8],
        progress: &Function,
    ) -> Result<Option<Labels>, JsValue> {
        self.begin(request, values, network, &Page { progress })
            .map_err(|e| thrown(&e))
    }
}

/// An answer of this worker.
fn reply(analysis: Result<model::Analysis, Error>, start: f64) -> ModelReply {
    match analysis {
        Ok(mut analysis) => {
            analysis.finding.seconds = (super::now_ms() - start) / 1000.0;
            analysis.finding.peak_bytes = memory_bytes();
            let answer = ModelAnswer::Found {
                finding: Box::new(analysis.finding),
            };
            let mut bytes = analysis.overlay;
            bytes.reserve_exact(analysis.fractions.iter().map(Vec::len).sum());
            for share in analysis.fractions {
                bytes.extend(share);
            }
            ModelReply {
                json: json(&answer),
                bytes,
            }
        }
        Err(error) => ModelReply {
            json: json(&ModelAnswer::Failed(Failure::of("", &error))),
            bytes: vec![],
        },
    }
}

fn inspected(
    name: &str,
    limits: &str,
    beside: &Beside,
    network: &[u8],
) -> Result<Inspection, Error> {
    let limits = limits::of(limits, false)?;
    if let Some(metadata) = &beside.metadata {
        let inference = beside.inference.as_deref().map(str::as_bytes);
        return bundle::read(metadata.as_bytes(), inference, network, name, &limits);
    }
    let mut found = inspect::inspect(network, name, &limits)?;
    if let Some(manifest) = &beside.manifest {
        found.gaps = draft(manifest)?.gaps();
        found.manifest.clone_from(manifest);
    }
    Ok(found)
}

fn draft(manifest: &str) -> Result<Draft, Error> {
    let wrong = |e: serde_json::Error| Error::new(&codes::MANIFEST).at("manifest.json").found(e);
    serde_json::from_str(manifest).map(Draft).map_err(wrong)
}

/// A network run on plain tensors, without manifest and preparation: for measurements, and for whoever prepares the input himself.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawNetwork {
    plan: Plan,
    shapes: Vec<u32>,
}

#[wasm_bindgen]
impl RawNetwork {
    /// Lays a network out for an input of `shape`.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    #[wasm_bindgen(constructor)]
    pub fn new(network: Vec<u8>, shape: &[u32]) -> Result<Self, JsValue> {
        console_error_panic_hook::set_once();
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        let plan = Network::unchecked(network, &Limits::default())
            .and_then(|network| network.plan(&shape))
            .map_err(|e| thrown(&e))?;
        Ok(Self {
            plan,
            shapes: vec![],
        })
    }

    /// Runs it; the values of all outputs, one after the other.
    ///
    /// # Errors
    /// A [`Failure`] as JSON text.
    pub fn run(&mut self, input: &[f32]) -> Result<Vec<f32>, JsValue> {
        let outputs = self.plan.run(input).map_err(|e| thrown(&e))?;
        self.shapes.clear();
        for output in &outputs {
            self.shapes.push(output.shape.len() as u32);
            self.shapes.extend(output.shape.iter().map(|&n| n as u32));
        }
        let mut values = outputs.into_iter().map(|o| o.values);
        let mut first = values.next().unwrap_or_default();
        values.for_each(|v| first.extend(v));
        Ok(first)
    }

    /// Of each output of the last run: its number of axes, then their sizes.
    #[wasm_bindgen(getter)]
    pub fn shapes(&self) -> Vec<u32> {
        self.shapes.clone()
    }
}

impl Runtime {
    fn begin(
        &self,
        request: &str,
        values: Vec<f32>,
        network: &[u8],
        monitor: &Page<'_>,
    ) -> Result<Option<Labels>, Error> {
        let start = super::now_ms();
        let ModelRequest::Analyze {
            input: name,
            about,
            float,
            explain,
            augment,
            fractions,
            budget_bytes,
            limits,
            ..
        } = read(request)?
        else {
            return Err(Error::new(&codes::MANIFEST).at("request"));
        };
        let manifest = &self.manifest;
        // What only a classification has is refused on the other way; probabilities are a byte a label and voxel, which no worker passes on.
        if explain.is_some() || augment > 0 || fractions {
            return Ok(None);
        }
        if Preparation::by_name(&manifest.input.preparation) != Some(Preparation::MeshnetConform) {
            return Ok(None);
        }
        let limits = limits::of(&limits, false)?;
        let network = Network::of(manifest, network.to_vec(), float, &limits)?;
        // Whether it can be run plane by plane, and how far a label reaches, does not depend on the size.
        let small = network.own(&[1, 1, 8, 8, 8])?;
        let Some(halo) = small.ok().and_then(|plan| plan.reach()) else {
            return Ok(None);
        };
        let dims = about.dims.map(|n| n as usize);
        let [columns, rows, _] = dims;
        let finding = analysis::begun(manifest, float, &name, &about.facts, [columns, rows], true)?;
        monitor.progress(Stage::Prepare, 0, 1);
        let volume = Volume {
            dims,
            origin: about.origin_mm,
            steps: about.steps_mm,
            values,
        };
        let budget = budget_bytes.max(0.0) as u64;
        let unsigned = about.unsigned_bytes;
        let head = Labelling::begin(manifest, volume, unsigned, &limits)?;
        Ok(Some(Labels {
            manifest: manifest.clone(),
            head: Some(head),
            finding,
            network,
            budget,
            halo,
            start,
        }))
    }

    fn run(
        &self,
        request: &str,
        values: Vec<f32>,
        network: Vec<u8>,
        monitor: &Page<'_>,
    ) -> Result<model::Analysis, Error> {
        let ModelRequest::Analyze {
            input: name,
            about,
            float,
            explain,
            augment,
            fractions,
            budget_bytes,
            limits,
            ..
        } = read(request)?
        else {
            return Err(Error::new(&codes::MANIFEST).at("request"));
        };
        let limits = limits::of(&limits, false)?;
        let dims = about.dims.map(|n| n as usize);
        let volume = self.manifest.takes_volume();
        let input = if volume {
            let volume = Volume {
                dims,
                origin: about.origin_mm,
                steps: about.steps_mm,
                values,
            };
            model::Input::Volume {
                volume,
                unsigned_bytes: about.unsigned_bytes,
                fractions,
            }
        } else {
            model::Input::Frame {
                columns: dims[0],
                rows: dims[1],
                values,
            }
        };
        let budget = budget_bytes.max(0.0) as u64;
        let wish = model::Wish {
            float,
            explain,
            augment,
            fractions,
            ..model::Wish::default()
        };
        model::analyse(
            &self.manifest,
            network,
            &wish,
            &name,
            &about.facts,
            input,
            &limits,
            budget,
            monitor,
        )
    }
}

/// Linear memory never shrinks: its size is its peak.
fn memory_bytes() -> f64 {
    core::arch::wasm32::memory_size(0) as f64 * 65_536.0
}

fn read(request: &str) -> Result<ModelRequest, Error> {
    serde_json::from_str(request).map_err(|e| Error::new(&codes::MANIFEST).at("request").found(e))
}

fn json(answer: &ModelAnswer) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
