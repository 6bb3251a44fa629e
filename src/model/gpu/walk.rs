//! What is dispatched for a chain, in order: which plane of which layer comes next, and which buffer holds it.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroU64,
};

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor,
    BindGroupLayoutEntry, BindingResource, BindingType, Buffer, BufferBinding, BufferBindingType,
    BufferUsages, ComputePipeline, ComputePipelineDescriptor, PipelineLayoutDescriptor,
    ShaderModuleDescriptor, ShaderSource, ShaderStages,
};

use super::{
    chain::{Chain, Layer, Start, whole},
    shader::{self, PLACES, Shape, THREADS},
};
use crate::{
    base::{Error, Result},
    filter::gpu::Gpu,
    model::codes,
};

/// Bindings start at multiples of this: the largest multiple that a device may ask for.
pub(super) const ALIGN: u64 = 256;

/// Bytes of a plane of some channels.
pub(super) fn plane_bytes(channels: usize, places: usize) -> u64 {
    (channels.div_ceil(4) as u64 * 16).saturating_mul(places as u64)
}

/// One dispatch.
pub(super) struct Step {
    pub(super) pipeline: ComputePipeline,
    pub(super) group: BindGroup,
    pub(super) size: [u32; 2],
    /// Products that it computes.
    pub(super) products: u64,
    /// It ends a plane of a layer.
    pub(super) counts: bool,
}

/// A layer on the device, and the planes of its output that are held.
struct Level<'a> {
    layer: &'a Layer,
    shape: Shape,
    pipeline: ComputePipeline,
    weights: Buffer,
    ends: Buffer,
    norm: Option<Normed>,
    /// Planes that are made.
    made: usize,
    /// The first plane that is held.
    first: usize,
    held: VecDeque<Buffer>,
}

/// The programs of a normalisation.
struct Normed {
    measure: ComputePipeline,
    combine: ComputePipeline,
    apply: ComputePipeline,
    sums: Buffer,
    by: Buffer,
}

/// A range of a buffer.
#[derive(Clone)]
struct Part {
    buffer: Buffer,
    offset: u64,
    size: u64,
}

impl Part {
    fn whole(buffer: &Buffer) -> Self {
        Self {
            buffer: buffer.clone(),
            offset: 0,
            size: buffer.size(),
        }
    }
}

/// A run on its way: what is to be dispatched next.
pub(super) struct Walk<'a> {
    gpu: &'a Gpu,
    layouts: [BindGroupLayout; 2],
    levels: Vec<Level<'a>>,
    input: Vec<Part>,
    /// A byte a place, planes at multiples of [`ALIGN`].
    pub(super) labels: Buffer,
    dims: [usize; 3],
    /// The sizes of a plane with a number beside them, which says what each program makes of it.
    jobs: HashMap<u32, Buffer>,
    /// Buffers that hold nothing any more, by size.
    free: HashMap<u64, Vec<Buffer>>,
    every: Vec<Buffer>,
    /// What is to be dispatched, in order.
    pub(super) work: Vec<Step>,
}

impl Drop for Walk<'_> {
    /// Gives the memory back now, and not when a browser collects garbage; work that is under way keeps it until it is through.
    fn drop(&mut self) {
        for buffer in self.every.iter().chain(self.jobs.values()) {
            buffer.destroy();
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(gpu: &'a Gpu, chain: &'a Chain, input: &[f32], dims: [usize; 3]) -> Self {
        let [depth, rows, columns] = dims;
        let places = rows * columns;
        // 1 to 5: read by a convolution, 6 written; a normalisation writes 1 to 3.
        let convolution = layout(gpu, &[true, true, true, true, true, false]);
        let normalisation = layout(gpu, &[false, false, false]);
        let last = chain.layers.len().saturating_sub(1);
        let mut every = vec![];
        let mut levels = vec![];
        for (at, layer) in chain.layers.iter().enumerate() {
            let source = shader::convolution(layer, at == 0, at == last);
            let module = module(gpu, source);
            let weights = gpu.filled(&shader::weights(layer, at == last));
            let ends = gpu.filled(&shader::ends(layer, at == last));
            every.extend([weights.clone(), ends.clone()]);
            let norm = layer.norm.as_ref().map(|norm| {
                let shape = Shape::of(layer, false);
                let module = self::module(gpu, shader::normalisation(layer));
                let by: Vec<[f32; 4]> = (0..shape.all)
                    .flat_map(|group| {
                        let four = |of: &[f32]| {
                            [0, 1, 2, 3].map(|o| of.get(4 * group + o).copied().unwrap_or(0.0))
                        };
                        [[0.0; 4], four(&norm.scale), four(&norm.bias)]
                    })
                    .collect();
                let sums = gpu.buffer((depth * shape.all) as u64 * 32, BufferUsages::STORAGE);
                let by = gpu.filled(&by);
                every.extend([sums.clone(), by.clone()]);
                let pipeline = |entry| pipeline(gpu, &normalisation, &module, entry);
                Normed {
                    measure: pipeline("measure"),
                    combine: pipeline("combine"),
                    apply: pipeline("apply"),
                    sums,
                    by,
                }
            });
            levels.push(Level {
                layer,
                shape: Shape::of(layer, at == last),
                pipeline: pipeline(gpu, &convolution, &module, "main"),
                weights,
                ends,
                norm,
                made: 0,
                first: 0,
                held: VecDeque::new(),
            });
        }
        let stride = (places as u64).next_multiple_of(ALIGN);
        let labels = gpu.buffer(
            stride * depth as u64,
            BufferUsages::STORAGE | BufferUsages::COPY_SRC,
        );
        every.push(labels.clone());
        let input = upload(gpu, chain.start, input, places, &mut every);
        Self {
            gpu,
            layouts: [convolution, normalisation],
            levels,
            input,
            labels,
            dims,
            jobs: HashMap::new(),
            free: HashMap::new(),
            every,
            work: vec![],
        }
    }

    fn places(&self) -> usize {
        let [_, rows, columns] = self.dims;
        rows * columns
    }

    /// Planes of layers in all.
    pub(super) fn steps(&self) -> usize {
        let [depth, ..] = self.dims;
        self.levels.len() * depth
    }

    fn job(&mut self, number: u32) -> Buffer {
        let [_, rows, columns] = self.dims;
        let gpu = self.gpu;
        let made = self.jobs.entry(number).or_insert_with(|| {
            let buffer = gpu.buffer(16, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
            let words = [(rows * columns) as u32, columns as u32, rows as u32, number];
            gpu.queue()
                .write_buffer(&buffer, 0, bytemuck::cast_slice(&words));
            buffer
        });
        made.clone()
    }

    fn plane(&mut self, bytes: u64) -> Buffer {
        if let Some(buffer) = self.free.get_mut(&bytes).and_then(Vec::pop) {
            return buffer;
        }
        let buffer = self.gpu.buffer(bytes, BufferUsages::STORAGE);
        self.every.push(buffer.clone());
        buffer
    }

    /// Puts into [`Self::work`] what makes the labels of the planes before `to`.
    pub(super) fn labels_to(&mut self, to: usize) -> Result<()> {
        self.pull(self.levels.len().saturating_sub(1), to)
    }

    /// Makes the level `at` have made the planes before `to` of its output.
    fn pull(&mut self, at: usize, to: usize) -> Result<()> {
        let lost = || Error::new(&codes::RUN).at("planes on the graphics processor");
        let [depth, ..] = self.dims;
        let level = self.levels.get(at).ok_or_else(lost)?;
        // A mean is over all planes.
        let to = if level.norm.is_some() { depth } else { to };
        let begun = level.made;
        for plane in begun..to {
            self.plane_of(at, plane)?;
        }
        if begun < to && self.levels.get(at).is_some_and(|l| l.norm.is_some()) {
            self.normalise(at)?;
        }
        Ok(())
    }

    /// Makes one plane of a level's output.
    fn plane_of(&mut self, at: usize, plane: usize) -> Result<()> {
        let lost = || Error::new(&codes::RUN).at("planes on the graphics processor");
        let [depth, ..] = self.dims;
        let places = self.places();
        let level = self.levels.get(at).ok_or_else(lost)?;
        let (layer, shape) = (level.layer, level.shape);
        let reach = layer.reach();
        if let Some(before) = at.checked_sub(1) {
            self.pull(before, (plane + reach + 1).min(depth))?;
        }
        let wanted = [
            plane.checked_sub(reach),
            Some(plane),
            Some(plane + reach).filter(|&z| z < depth),
        ];
        let middle = self.source(at, plane).ok_or_else(lost)?;
        let mut planes = vec![];
        let mut present = 0;
        for (k, z) in wanted.into_iter().enumerate() {
            let found = z.and_then(|z| self.source(at, z));
            if found.is_some() {
                present |= 1 << k;
            }
            planes.push(found.unwrap_or_else(|| middle.clone()));
        }
        let last = at + 1 == self.levels.len();
        let target = if last {
            let stride = (places as u64).next_multiple_of(ALIGN);
            Part {
                buffer: self.labels.clone(),
                offset: stride * plane as u64,
                size: stride,
            }
        } else {
            Part::whole(&self.plane(plane_bytes(layer.outputs, places)))
        };
        let job = self.job(present);
        let level = self.levels.get(at).ok_or_else(lost)?;
        let mut parts = vec![
            Part::whole(&job),
            Part::whole(&level.weights),
            Part::whole(&level.ends),
        ];
        parts.extend(planes);
        parts.push(target.clone());
        let [convolution, _] = &self.layouts;
        let size = [
            places.div_ceil(THREADS * PLACES) as u32,
            if last { 1 } else { shape.parts as u32 },
        ];
        let step = Step {
            pipeline: level.pipeline.clone(),
            group: group(self.gpu, convolution, &parts),
            size,
            products: (layer.weights.len() as u64).saturating_mul(places as u64),
            counts: true,
        };
        self.work.push(step);
        let level = self.levels.get_mut(at).ok_or_else(lost)?;
        level.made = plane + 1;
        if !last {
            level.held.push_back(target.buffer);
        }
        if let Some(before) = at.checked_sub(1) {
            self.drop_before(before, (plane + 1).saturating_sub(reach));
        }
        Ok(())
    }

    /// A plane that a level reads.
    fn source(&self, at: usize, plane: usize) -> Option<Part> {
        match at.checked_sub(1) {
            None => self.input.get(plane).cloned(),
            Some(before) => {
                let level = self.levels.get(before)?;
                let buffer = level.held.get(plane.checked_sub(level.first)?)?;
                Some(Part::whole(buffer))
            }
        }
    }

    /// The planes before one are needed no more: work that is handed over later may write into their buffers.
    fn drop_before(&mut self, at: usize, plane: usize) {
        if let Some(level) = self.levels.get_mut(at) {
            while level.first < plane
                && let Some(buffer) = level.held.pop_front()
            {
                level.first += 1;
                self.free.entry(buffer.size()).or_default().push(buffer);
            }
        }
    }

    /// Normalises all planes of a level, where they lie.
    fn normalise(&mut self, at: usize) -> Result<()> {
        let lost = || Error::new(&codes::RUN).at("planes on the graphics processor");
        let [depth, ..] = self.dims;
        let places = self.places();
        let jobs: Vec<Buffer> = (0..=depth as u32).map(|n| self.job(n)).collect();
        let level = self.levels.get(at).ok_or_else(lost)?;
        let norm = level.norm.as_ref().ok_or_else(lost)?;
        let all = level.shape.all as u32;
        let [_, normalisation] = &self.layouts;
        let mut steps = vec![];
        let mut add = |pipeline: &ComputePipeline, number: usize, size: [u32; 2]| {
            let plane = level.held.get(number.min(depth - 1)).ok_or_else(lost)?;
            let parts = [
                Part::whole(jobs.get(number).ok_or_else(lost)?),
                Part::whole(plane),
                Part::whole(&norm.sums),
                Part::whole(&norm.by),
            ];
            steps.push(Step {
                pipeline: pipeline.clone(),
                group: group(self.gpu, normalisation, &parts),
                size,
                products: (4 * u64::from(all)).saturating_mul(places as u64),
                counts: false,
            });
            Ok::<_, Error>(())
        };
        for plane in 0..depth {
            add(&norm.measure, plane, [all, 1])?;
        }
        add(&norm.combine, depth, [all.div_ceil(64), 1])?;
        for plane in 0..depth {
            add(&norm.apply, plane, [places.div_ceil(256) as u32, all])?;
        }
        self.work.append(&mut steps);
        Ok(())
    }
}

/// The input's planes, as few buffers as a binding's limit allows.
fn upload(
    gpu: &Gpu,
    start: Start,
    input: &[f32],
    places: usize,
    every: &mut Vec<Buffer>,
) -> Vec<Part> {
    let size = places as u64 * 4;
    let stride = size.next_multiple_of(ALIGN);
    let limits = gpu.device().limits();
    // Whole planes, and no more than any device must be able to hold.
    let most = limits.max_buffer_size.min(128 << 20);
    let together = usize::try_from(most / stride).unwrap_or(1).max(1);
    let mut parts = vec![];
    let mut whole_numbers = vec![];
    for planes in input.chunks(together * places) {
        let count = planes.len() / places;
        let buffer = gpu.buffer(
            stride * count as u64,
            BufferUsages::STORAGE | BufferUsages::COPY_DST,
        );
        every.push(buffer.clone());
        for (at, plane) in planes.chunks_exact(places).enumerate() {
            let offset = stride * at as u64;
            let values = match start {
                Start::Floats => plane,
                Start::Bytes { scale, range } => {
                    whole_numbers.clear();
                    whole_numbers.extend(plane.iter().map(|&v| whole(v, scale, range)));
                    &whole_numbers
                }
            };
            gpu.queue()
                .write_buffer(&buffer, offset, bytemuck::cast_slice(values));
            parts.push(Part {
                buffer: buffer.clone(),
                offset,
                size,
            });
        }
    }
    parts
}

fn module(gpu: &Gpu, source: String) -> wgpu::ShaderModule {
    gpu.device().create_shader_module(ShaderModuleDescriptor {
        label: Some("network"),
        source: ShaderSource::Wgsl(source.into()),
    })
}

fn pipeline(
    gpu: &Gpu,
    layout: &BindGroupLayout,
    module: &wgpu::ShaderModule,
    entry: &str,
) -> ComputePipeline {
    let layout = gpu
        .device()
        .create_pipeline_layout(&PipelineLayoutDescriptor {
            label: Some("network"),
            bind_group_layouts: &[Some(layout)],
            immediate_size: 0,
        });
    gpu.device()
        .create_compute_pipeline(&ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&layout),
            module,
            entry_point: Some(entry),
            compilation_options: Default::default(),
            cache: None,
        })
}

/// A uniform at 0, then storage buffers that are read or written.
fn layout(gpu: &Gpu, read_only: &[bool]) -> BindGroupLayout {
    let entry = |binding, ty| BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let mut entries = vec![entry(0, BufferBindingType::Uniform)];
    entries.extend(
        (1..)
            .zip(read_only)
            .map(|(at, &read_only)| entry(at, BufferBindingType::Storage { read_only })),
    );
    gpu.device()
        .create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some("network"),
            entries: &entries,
        })
}

fn group(gpu: &Gpu, layout: &BindGroupLayout, parts: &[Part]) -> BindGroup {
    let entries: Vec<_> = (0..)
        .zip(parts)
        .map(|(binding, part)| BindGroupEntry {
            binding,
            resource: BindingResource::Buffer(BufferBinding {
                buffer: &part.buffer,
                offset: part.offset,
                size: NonZeroU64::new(part.size),
            }),
        })
        .collect();
    gpu.device().create_bind_group(&BindGroupDescriptor {
        label: Some("network"),
        layout,
        entries: &entries,
    })
}
