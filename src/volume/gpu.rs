//! The fast path of planes, slabs and pictures by wgpu: the volume lies on the device, a thread computes a pixel, only pixels come back.
//!
//! For volumes of even slices with one slope and without padding, which is nearly all of them; others are the CPU's. The stored values lie in
//! up to four buffers, each below what the device lets a shader see.

use std::rc::Rc;

use wgpu::{
    BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor,
    BindGroupLayoutEntry, BindingType, Buffer, BufferBindingType, BufferUsages, ComputePipeline,
    ComputePipelineDescriptor, PipelineLayoutDescriptor, ShaderModuleDescriptor, ShaderSource,
    ShaderStages,
};

use super::{
    plane::Plane,
    raycast::{Cast, Setup},
    slab::{Project, Slab},
    transfer::Gather,
    voxels::{Samples, Scales, Volume},
};
use crate::{
    base::{Error, Limits, Result},
    filter::{codes, gpu::Gpu},
    study::geometry::{Vec3, scale},
    tone::Grey,
};

/// Most buffers of one volume.
const BUFFERS: usize = 4;
/// Bytes that are handed to the device at once.
const PIECE: usize = 8 << 20;
/// Places of `p` in the shader.
const PARAMETERS: usize = 52;

/// A volume on a device.
pub struct Uploaded {
    gpu: Rc<Gpu>,
    buffers: Vec<Buffer>,
    /// Words of each buffer but the last.
    words: u32,
    /// 0: i16, 1: u16, 2: f32.
    kind: f32,
    layout: BindGroupLayout,
    plane: ComputePipeline,
    cast: ComputePipeline,
}

impl std::fmt::Debug for Uploaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploaded")
            .field("buffers", &self.buffers.len())
            .finish_non_exhaustive()
    }
}

/// True for a volume that the device's path can show.
pub fn suits(volume: &Volume) -> bool {
    volume.grid.heights.even && volume.mask.is_none() && matches!(volume.scales, Scales::One(_))
}

impl Uploaded {
    /// Puts a volume onto a device.
    ///
    /// # Errors
    /// `GPU-002` when the device is lost, `GPU-003` where the volume is not of a kind or size for it.
    pub fn new(gpu: Rc<Gpu>, volume: &Volume) -> Result<Self> {
        gpu.check()?;
        let limits = gpu.device().limits();
        let most = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        let narrow = !matches!(volume.samples, Samples::F32(_));
        let bytes = volume.grid.voxels() as u64 * if narrow { 2 } else { 4 };
        let each = bytes
            .div_ceil(BUFFERS as u64)
            .max(1 << 20)
            .next_multiple_of(256)
            .min(most / 256 * 256);
        if !suits(volume) || bytes.div_ceil(each) > BUFFERS as u64 {
            return Err(Error::new(&codes::GPU_TOO_LARGE)
                .expected(format!(
                    "at most {BUFFERS} × {most} bytes of an even volume without padding"
                ))
                .found(bytes));
        }
        let buffers: Vec<Buffer> = (0..BUFFERS as u64)
            .map(|n| {
                let size = bytes.saturating_sub(n * each).min(each);
                gpu.buffer(size, BufferUsages::STORAGE | BufferUsages::COPY_DST)
            })
            .collect();
        let write = |from: u64, piece: &[u8]| {
            let mut piece = piece.to_vec();
            piece.resize(piece.len().next_multiple_of(4), 0);
            let mut from = from;
            let mut rest = piece.as_slice();
            while let (Some(buffer), false) = (buffers.get((from / each) as usize), rest.is_empty())
            {
                let (here, next) = rest.split_at(rest.len().min((each - from % each) as usize));
                gpu.queue().write_buffer(buffer, from % each, here);
                from += here.len() as u64;
                rest = next;
            }
        };
        let mut from = 0;
        let mut put = |bytes: &[u8]| {
            write(from, bytes);
            from += bytes.len() as u64;
        };
        match &volume.samples {
            Samples::I16(v) => bytemuck::cast_slice(v).chunks(PIECE).for_each(&mut put),
            Samples::U16(v) => bytemuck::cast_slice(v).chunks(PIECE).for_each(&mut put),
            Samples::F32(v) => bytemuck::cast_slice(v).chunks(PIECE).for_each(&mut put),
            Samples::U8(v) => {
                for piece in v.chunks(PIECE / 2) {
                    let wide: Vec<u16> = piece.iter().map(|&b| b.into()).collect();
                    put(bytemuck::cast_slice(&wide));
                }
            }
        }
        let device = gpu.device();
        let storage = |binding, read_only| BindGroupLayoutEntry {
            binding,
            visibility: ShaderStages::COMPUTE,
            ty: BindingType::Buffer {
                ty: BufferBindingType::Storage { read_only },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries: Vec<_> = (0..8)
            .map(|binding| storage(binding, binding < 7))
            .collect();
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some("volume"),
            entries: &entries,
        });
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some("volume"),
            source: ShaderSource::Wgsl(include_str!("volume.wgsl").into()),
        });
        let pipelines = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: Some("volume"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = |entry| {
            device.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(entry),
                layout: Some(&pipelines),
                module: &module,
                entry_point: Some(entry),
                compilation_options: Default::default(),
                cache: None,
            })
        };
        Ok(Self {
            words: (each / 4) as u32,
            kind: match volume.samples {
                Samples::I16(_) => 0.0,
                Samples::U8(_) | Samples::U16(_) => 1.0,
                Samples::F32(_) => 2.0,
            },
            plane: pipeline("plane"),
            cast: pipeline("rays"),
            buffers,
            layout,
            gpu,
        })
    }

    /// The device is gone.
    pub fn lost(&self) -> bool {
        self.gpu.lost()
    }

    fn parameters(&self, volume: &Volume, [width, height]: [usize; 2]) -> Vec<f32> {
        let mut p = vec![0.0_f32; PARAMETERS];
        let [slope, intercept] = volume.scale(0);
        let [columns, rows, slices] = volume.grid.dims.map(|n| n as f32);
        put(
            &mut p,
            0,
            &[
                width as f32,
                height as f32,
                columns,
                rows,
                slices,
                self.kind,
            ],
        );
        put(&mut p, 6, &[f32::from_bits(self.words), slope, intercept]);
        p
    }

    /// [`super::reformat`], linear, on the device; equal within rounding.
    ///
    /// # Errors
    /// As there; `GPU-002` when the device is lost.
    pub async fn reformat(
        &self,
        volume: &Volume,
        plane: &Plane,
        slab: Option<Slab>,
        limits: &Limits,
    ) -> Result<Grey> {
        plane.check(limits)?;
        let grid = &volume.grid;
        let layers = match slab {
            Some(slab) => slab.layers(grid.step_along(plane.normal()))?,
            None => vec![0.0],
        };
        let (first, last) = (
            layers.first().copied().unwrap_or(0.0),
            layers.last().copied().unwrap_or(0.0),
        );
        let between = (last - first) / (layers.len().max(2) - 1) as f64;
        let step = grid.heights.step;
        let in_steps = |[i, j, height]: Vec3| [i, j, height / step];
        let line = plane.line(grid, 0, first);
        let mut p = self.parameters(volume, [plane.columns, plane.rows]);
        put3(&mut p, 10, in_steps(line.start));
        put3(&mut p, 13, in_steps(line.step));
        put3(
            &mut p,
            16,
            in_steps(grid.direction(scale(plane.column, plane.spacing[0]))),
        );
        put3(
            &mut p,
            19,
            in_steps(grid.direction(scale(plane.normal(), between))),
        );
        let ends = grid.ends();
        put3(&mut p, 22, in_steps(ends.map(|(low, _)| low)));
        put3(&mut p, 25, in_steps(ends.map(|(_, high)| high)));
        let how = match slab.map(|slab| slab.how) {
            Some(Project::MinIp) => 1.0,
            Some(Project::Mean) => 2.0,
            _ => 0.0,
        };
        put(&mut p, 50, &[layers.len() as f32, how]);
        let bytes = self
            .run(
                &self.plane,
                &p,
                &[[0.0; 4]],
                &[0],
                [plane.columns, plane.rows],
            )
            .await?;
        Ok(Grey {
            columns: plane.columns,
            rows: plane.rows,
            values: bytemuck::pod_collect_to_vec(&bytes),
        })
    }

    /// [`super::raycast::picture`] without labels, on the device; equal within rounding.
    ///
    /// # Errors
    /// As there; `GPU-002` when the device is lost.
    pub async fn cast(&self, volume: &Volume, cast: &Cast, limits: &Limits) -> Result<Vec<u8>> {
        let s = Setup::of(volume, cast, limits)?;
        let mut p = self.parameters(volume, [cast.width, cast.height]);
        put(&mut p, 9, &[s.most as f32]);
        for (at, place) in [(10, s.start), (13, s.across), (16, s.down), (19, s.forward)] {
            put3(&mut p, at, place);
        }
        put3(&mut p, 22, s.ends.map(|(low, _)| low));
        put3(&mut p, 25, s.ends.map(|(_, high)| high));
        let on = |yes: bool| if yes { 1.0 } else { 0.0 };
        put(
            &mut p,
            28,
            &[
                on(s.gather == Gather::Maximum),
                on(s.lit),
                s.table.range[0],
                s.table.range[1],
            ],
        );
        put(&mut p, 32, &s.light);
        put(&mut p, 35, &s.half);
        put(&mut p, 38, &s.to_patient.concat());
        put(&mut p, 47, &s.blocks.dims.map(|n| n as f32));
        let clear: Vec<u32> = s.clear.iter().map(|&n| n.into()).collect();
        self.run(
            &self.cast,
            &p,
            &s.table.entries,
            &clear,
            [cast.width, cast.height],
        )
        .await
    }

    async fn run(
        &self,
        pipeline: &ComputePipeline,
        parameters: &[f32],
        table: &[[f32; 4]],
        clear: &[u32],
        [width, height]: [usize; 2],
    ) -> Result<Vec<u8>> {
        self.gpu.check()?;
        let gpu = &self.gpu;
        let bytes = (width * height * 4) as u64;
        let most = gpu.device().limits().max_storage_buffer_binding_size;
        if bytes > most {
            return Err(Error::new(&codes::GPU_TOO_LARGE)
                .expected(format!("at most {most} bytes"))
                .found(bytes));
        }
        let result = gpu.buffer(bytes, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let read = gpu.buffer(bytes, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
        let (p, table, clear) = (gpu.filled(parameters), gpu.filled(table), gpu.filled(clear));
        let bound: Vec<&Buffer> = [&p, &table, &clear]
            .into_iter()
            .chain(&self.buffers)
            .chain([&result])
            .collect();
        let entries: Vec<_> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let group = gpu.device().create_bind_group(&BindGroupDescriptor {
            label: Some("volume"),
            layout: &self.layout,
            entries: &entries,
        });
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        {
            let mut compute = encoder.begin_compute_pass(&Default::default());
            compute.set_pipeline(pipeline);
            compute.set_bind_group(0, &group, &[]);
            compute.dispatch_workgroups((width as u32).div_ceil(8), (height as u32).div_ceil(8), 1);
        }
        encoder.copy_buffer_to_buffer(&result, 0, &read, 0, bytes);
        gpu.queue().submit([encoder.finish()]);
        gpu.read(&read).await
    }
}

fn put(p: &mut [f32], at: usize, values: &[f32]) {
    if let Some(place) = p.get_mut(at..at + values.len()) {
        place.copy_from_slice(values);
    }
}

fn put3(p: &mut [f32], at: usize, values: Vec3) {
    put(p, at, &values.map(|x| x as f32));
}
