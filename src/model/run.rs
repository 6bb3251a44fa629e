//! Inference: on our own kernels where they know every operator of the network, else with tract (`run_tract`).

use std::ops::Range;

#[cfg(feature = "tract")]
use super::run_tract;
use super::{
    codes,
    engine::{Engine, Refusal},
    head, manifest,
    manifest::{Cam, Manifest},
    onnx::{self, Axis, Info, Model},
};
use crate::base::{Error, Limits, Result};

/// A network's bytes, held against limit and checksum.
#[derive(Debug, Clone)]
pub struct Network {
    bytes: Vec<u8>,
    memory: u64,
    /// A tensor that is an output as well.
    output: Option<String>,
}

/// A network that is laid out for one input shape.
#[derive(Debug, Clone)]
pub struct Plan(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Own(Engine),
    #[cfg(feature = "tract")]
    Tract(run_tract::Plan),
}

/// What runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// The kernels of this house.
    Own,
    /// tract.
    Tract,
}

/// One output: shape and values, last index fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Size along each axis.
    pub shape: Vec<usize>,
    /// Values.
    pub values: Vec<f32>,
}

/// Takes planes of an output, channels last, in order; gives `false` to end.
pub type Sink<'a> = dyn FnMut(Range<usize>, &[f32]) -> bool + 'a;

impl Network {
    /// The network of a manifest, or its float one.
    ///
    /// # Errors
    /// `MDL-001` when there is no float one, `MDL-002` beyond the limit, `MDL-003` when the checksum differs.
    pub fn of(manifest: &Manifest, bytes: Vec<u8>, float: bool, limits: &Limits) -> Result<Self> {
        manifest.check_file(&bytes, float, limits)?;
        let memory = limits.model_memory;
        Ok(Self {
            bytes,
            memory,
            output: None,
        })
    }
    /// A network without a manifest: nobody vouches for it.
    ///
    /// # Errors
    /// `MDL-002` beyond the limit.
    pub fn unchecked(bytes: Vec<u8>, limits: &Limits) -> Result<Self> {
        manifest::check_size(&bytes, limits)?;
        let memory = limits.model_memory;
        Ok(Self {
            bytes,
            memory,
            output: None,
        })
    }
    /// The same network with one of its tensors as an output more, the last one: on our own kernels alone.
    #[must_use]
    pub fn with_output(mut self, name: &str) -> Self {
        self.output = Some(name.to_owned());
        self
    }
    /// The last linear layer behind the mean of the feature map, where the network ends so.
    pub fn head(&self) -> Option<Cam> {
        head::of(&Model::read(&self.bytes).ok()?)?.cam()
    }
    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// Sets the input's shape and lays the network out: on our own kernels, or else for tract.
    ///
    /// # Errors
    /// `MDL-001` where the file declares another input, `MDL-004` with the runtime's words, `MDL-008` where it would take more memory than
    /// it may.
    pub fn plan(&self, shape: &[usize]) -> Result<Plan> {
        let model = Model::read(&self.bytes)?;
        // With whatever runtime: another one would put the shape that is asked for in the place of the declared one.
        declared(&model, shape)?;
        match self.laid(model, shape) {
            Ok(plan) => Ok(plan),
            Err(refusal) if refusal.beyond => Err(Error::new(&codes::MEMORY)
                .expected(Limits::at_most("model_memory", self.memory))
                .found(refusal)),
            Err(refusal) => self.other(shape, &refusal),
        }
    }
    /// As [`Self::plan`], on our own kernels or not at all; within, what the network has that they lack.
    ///
    /// # Errors
    /// `MDL-004` where the bytes are no network.
    pub fn own(&self, shape: &[usize]) -> Result<std::result::Result<Plan, Refusal>> {
        Ok(self.laid(Model::read(&self.bytes)?, shape))
    }
    fn laid<'a>(
        &'a self,
        mut model: Model<'a>,
        shape: &[usize],
    ) -> std::result::Result<Plan, Refusal> {
        if let Some(name) = &self.output
            && !model.graph.outputs.iter().any(|o| o.name == name)
        {
            model.graph.outputs.push(Info {
                name,
                kind: None,
                shape: None,
            });
        }
        Engine::new(&model, shape, self.memory).map(|engine| Plan(Kind::Own(engine)))
    }
    #[cfg(feature = "tract")]
    fn other(&self, shape: &[usize], refusal: &Refusal) -> Result<Plan> {
        run_tract::Plan::new(&self.bytes, shape)
            .map(|plan| Plan(Kind::Tract(plan)))
            .map_err(|e| e.expected(refusal))
    }
    #[cfg(not(feature = "tract"))]
    #[expect(clippy::unused_self, reason = "the other form needs it")]
    fn other(&self, _: &[usize], refusal: &Refusal) -> Result<Plan> {
        Err(Error::new(&codes::OPERATORS).found(refusal))
    }
    /// With tract, whatever our own kernels know: the second opinion of the tests.
    ///
    /// # Errors
    /// `MDL-004` with the runtime's words.
    #[cfg(feature = "tract")]
    pub fn plan_tract(&self, shape: &[usize]) -> Result<Plan> {
        run_tract::Plan::new(&self.bytes, shape).map(|plan| Plan(Kind::Tract(plan)))
    }
}

/// Holds the one input that a file declares against what it is to be given: floats of that shape.
fn declared(model: &Model<'_>, shape: &[usize]) -> Result<()> {
    let graph = &model.graph;
    let constant = |name: &str| graph.initializers.iter().any(|t| t.name == name);
    let mut inputs = graph.inputs.iter().filter(|i| !constant(i.name));
    // Several inputs, or none: the runtimes refuse.
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Ok(());
    };
    let wrong = |at: &'static str| Error::new(&codes::MANIFEST).at(at);
    if !matches!(
        input.kind,
        Some(onnx::Kind::Float | onnx::Kind::Float16 | onnx::Kind::Double)
    ) {
        return Err(wrong("file")
            .expected("a network whose input is of floats")
            .found(input.kind.map_or("no tensor", onnx::Kind::name)));
    }
    let Some(axes) = &input.shape else {
        return Ok(());
    };
    let other = |(axis, &n): (&Axis<'_>, &usize)| matches!(axis, Axis::Size(d) if *d != n as u64);
    let rank = axes.len() == shape.len();
    if rank && !axes.iter().zip(shape).any(other) {
        return Ok(());
    }
    let said: Vec<String> = (axes.iter().take(16))
        .map(|axis| match axis {
            Axis::Size(n) => n.to_string(),
            Axis::Named(_) | Axis::Any => "?".to_owned(),
        })
        .collect();
    Err(wrong(if rank { "input.size" } else { "input.layout" })
        .expected(format!("the network's own [{}]", said.join(", ")))
        .found(format!("{shape:?}")))
}

impl Plan {
    /// What runs it.
    pub fn runtime(&self) -> Runtime {
        match &self.0 {
            Kind::Own(_) => Runtime::Own,
            #[cfg(feature = "tract")]
            Kind::Tract(_) => Runtime::Tract,
        }
    }
    /// Bytes that a run's tensors take at most; `None` where the runtime does not say.
    pub fn peak_bytes(&self) -> Option<u64> {
        match &self.0 {
            Kind::Own(engine) => Some(engine.peak_bytes()),
            #[cfg(feature = "tract")]
            Kind::Tract(_) => None,
        }
    }
    /// Runs the network once; all outputs as float.
    ///
    /// # Errors
    /// `MDL-005` with the runtime's words.
    pub fn run(&self, input: &[f32]) -> Result<Vec<Output>> {
        self.run_while(input, &mut |_, _| true)
    }
    /// As [`Self::run`]; `running` is told the parts done and all parts, and gives `false` to end. tract cannot be ended.
    ///
    /// # Errors
    /// `MDL-005` with the runtime's words, `MDL-007` when ended.
    pub fn run_while(
        &self,
        input: &[f32],
        running: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<Output>> {
        match &self.0 {
            Kind::Own(engine) => {
                let outputs = engine
                    .run(input, running)
                    .map_err(|words| Error::new(&codes::RUN).found(words))?
                    .ok_or_else(|| Error::new(&codes::CANCELLED))?;
                let output = |(shape, values)| Output { shape, values };
                Ok(outputs.into_iter().map(output).collect())
            }
            #[cfg(feature = "tract")]
            Kind::Tract(plan) => plan.run(input),
        }
    }
    /// Channels of the output and the bytes held while [`Self::planes`] runs, for a network that takes a volume [1, 1, D, H, W] and can be
    /// run plane by plane.
    pub fn streamed(&self) -> Option<(usize, u64)> {
        match &self.0 {
            Kind::Own(engine) => engine.streamed(),
            #[cfg(feature = "tract")]
            Kind::Tract(_) => None,
        }
    }
    /// Planes at each side that a plane of the output depends on, where [`Self::streamed`] is there.
    pub fn reach(&self) -> Option<usize> {
        match &self.0 {
            Kind::Own(engine) => engine.reach(),
            #[cfg(feature = "tract")]
            Kind::Tract(_) => None,
        }
    }
    /// Computes the planes `planes` (axis D) of the output of a volume of `depth` planes: what [`Self::run`] gives, in little memory.
    ///
    /// # Errors
    /// `MDL-005` with the runtime's words, `MDL-007` when `sink` ended it.
    pub fn planes(
        &self,
        depth: usize,
        input: &[f32],
        planes: Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let wrong = |words: String| Error::new(&codes::RUN).found(words);
        match &self.0 {
            Kind::Own(engine) => {
                if engine.planes(depth, input, planes, sink).map_err(wrong)? {
                    Ok(())
                } else {
                    Err(Error::new(&codes::CANCELLED))
                }
            }
            #[cfg(feature = "tract")]
            Kind::Tract(_) => Err(wrong("no run plane by plane".to_owned())),
        }
    }
}
