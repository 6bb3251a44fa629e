//! The fast path of painting: one triangle, one fragment a canvas pixel. Equals [`super::cpu`] within one display level.

use std::rc::Rc;

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor,
    BindGroupLayoutEntry, BindingResource, BindingType, BufferBindingType, BufferUsages,
    ColorTargetState, Extent3d, FragmentState, LoadOp, Operations, PipelineLayoutDescriptor,
    RenderPassColorAttachment, RenderPassDescriptor, RenderPipeline, RenderPipelineDescriptor,
    ShaderModuleDescriptor, ShaderSource, ShaderStages, StoreOp, TexelCopyBufferInfo,
    TexelCopyBufferLayout, TextureDescriptor, TextureDimension, TextureFormat, TextureSampleType,
    TextureUsages, TextureView, TextureViewDimension, VertexState,
};

use super::{
    Heatmap, Interpolation, LabelOverlay, Scene,
    taps::{Tap, Taps},
};
use crate::{
    base::{Error, Result},
    filter::{codes, gpu::Gpu},
    tone::{
        Frame, PADDING,
        voi::{Function, Voi},
    },
};

/// Format of pictures that are read back.
const READ_BACK: TextureFormat = TextureFormat::Rgba8Unorm;

/// Paints scenes for one target format, and keeps the last frame on the device.
pub struct Painter {
    gpu: Rc<Gpu>,
    layout: BindGroupLayout,
    pipeline: RenderPipeline,
    frame: Option<(Rc<Frame>, TextureView)>,
}

impl std::fmt::Debug for Painter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Painter")
            .field("gpu", &self.gpu)
            .finish_non_exhaustive()
    }
}

impl Painter {
    /// A painter for targets of `format`, which must not be an sRGB one: display levels are written as they are.
    pub fn new(gpu: Rc<Gpu>, format: TextureFormat) -> Self {
        let device = gpu.device();
        let storage = BindingType::Buffer {
            ty: BufferBindingType::Storage { read_only: true },
            has_dynamic_offset: false,
            min_binding_size: None,
        };
        let texture = BindingType::Texture {
            sample_type: TextureSampleType::Float { filterable: false },
            view_dimension: TextureViewDimension::D2,
            multisampled: false,
        };
        let entries: Vec<_> = (0..9)
            .map(|binding| BindGroupLayoutEntry {
                binding,
                visibility: ShaderStages::FRAGMENT,
                ty: if binding == 3 { texture } else { storage },
                count: None,
            })
            .collect();
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some("scene"),
            entries: &entries,
        });
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some("scene"),
            source: ShaderSource::Wgsl(include_str!("scene.wgsl").into()),
        });
        let pipeline = device.create_render_pipeline(&RenderPipelineDescriptor {
            label: Some("scene"),
            layout: Some(&device.create_pipeline_layout(&PipelineLayoutDescriptor {
                label: Some("scene"),
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            })),
            vertex: VertexState {
                module: &module,
                entry_point: Some("corner"),
                compilation_options: Default::default(),
                buffers: &[],
            },
            primitive: Default::default(),
            depth_stencil: None,
            multisample: Default::default(),
            fragment: Some(FragmentState {
                module: &module,
                entry_point: Some("paint"),
                compilation_options: Default::default(),
                targets: &[Some(ColorTargetState::from(format))],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self {
            gpu,
            layout,
            pipeline,
            frame: None,
        }
    }

    /// Paints into a view of the painter's format and of this size.
    ///
    /// # Errors
    /// `GPU-002` when the device is lost, `GPU-003` when the frame exceeds its limits.
    pub fn draw(
        &mut self,
        scene: &Scene,
        (width, height): (u32, u32),
        target: &TextureView,
    ) -> Result<()> {
        self.gpu.check()?;
        let frame = self.texture(scene)?;
        let group = self.group(scene, (width, height), &frame);
        let mut encoder = self
            .gpu
            .device()
            .create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_render_pass(&RenderPassDescriptor {
                label: Some("scene"),
                color_attachments: &[Some(RenderPassColorAttachment {
                    view: target,
                    depth_slice: None,
                    resolve_target: None,
                    ops: Operations {
                        load: LoadOp::Clear(wgpu::Color::BLACK),
                        store: StoreOp::Store,
                    },
                })],
                ..Default::default()
            });
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.draw(0..3, 0..1);
        }
        self.gpu.queue().submit([encoder.finish()]);
        self.gpu.check()
    }

    /// Paints and reads back. Gives `width` × `height` × 4 bytes, R G B A, as [`super::cpu::paint`] does.
    ///
    /// # Errors
    /// As [`Painter::draw`].
    pub async fn paint(&mut self, scene: &Scene, width: u32, height: u32) -> Result<Vec<u8>> {
        let gpu = self.gpu.clone();
        let size = Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        };
        let most = gpu.device().limits().max_texture_dimension_2d;
        if width.max(height) > most || width == 0 || height == 0 {
            return Err(too_large(most, width.max(height) as usize));
        }
        let texture = gpu.device().create_texture(&TextureDescriptor {
            label: Some("picture"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: TextureDimension::D2,
            format: READ_BACK,
            usage: TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        self.draw(
            scene,
            (width, height),
            &texture.create_view(&Default::default()),
        )?;
        // Lines of a copy begin at multiples of 256 bytes.
        let line = (width * 4).next_multiple_of(256);
        let buffer = gpu.buffer(
            u64::from(line) * u64::from(height),
            BufferUsages::MAP_READ | BufferUsages::COPY_DST,
        );
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            TexelCopyBufferInfo {
                buffer: &buffer,
                layout: TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(line),
                    rows_per_image: None,
                },
            },
            size,
        );
        gpu.queue().submit([encoder.finish()]);
        let bytes = gpu.read(&buffer).await?;
        Ok(bytes
            .chunks_exact(line as usize)
            .flat_map(|l| l.iter().copied().take(width as usize * 4))
            .collect())
    }

    /// The frame as a texture; the last one is kept.
    fn texture(&mut self, scene: &Scene) -> Result<TextureView> {
        if let Some((frame, view)) = &self.frame
            && Rc::ptr_eq(frame, &scene.frame)
        {
            return Ok(view.clone());
        }
        let (columns, rows) = scene.frame.size();
        let most = self.gpu.device().limits().max_texture_dimension_2d;
        if columns.max(rows) > most as usize || columns == 0 || rows == 0 {
            return Err(too_large(most, columns.max(rows)));
        }
        let (format, bytes): (_, &[u8]) = match scene.frame.as_ref() {
            Frame::Grey(grey) => (TextureFormat::R32Float, bytemuck::cast_slice(&grey.values)),
            Frame::Colour(colour) => (TextureFormat::Rgba8Unorm, &colour.rgba),
        };
        let size = Extent3d {
            width: columns as u32,
            height: rows as u32,
            depth_or_array_layers: 1,
        };
        let texture = self.gpu.device().create_texture(&TextureDescriptor {
            label: Some("frame"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: TextureDimension::D2,
            format,
            usage: TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST,
            view_formats: &[],
        });
        self.gpu.queue().write_texture(
            texture.as_image_copy(),
            bytes,
            TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(columns as u32 * 4),
                rows_per_image: None,
            },
            size,
        );
        let view = texture.create_view(&Default::default());
        self.frame = Some((scene.frame.clone(), view.clone()));
        Ok(view)
    }

    fn group(&self, scene: &Scene, canvas: (u32, u32), frame: &TextureView) -> BindGroup {
        let size = scene.frame.size();
        let taps = Taps::of_frame(&scene.view, size, canvas);
        let heat = scene
            .heatmap
            .as_ref()
            .map(|map| Taps::of_heatmap(&scene.view, size, canvas, map));
        let table = match &scene.voi {
            Voi::Table(table) if !table.entries.is_empty() => table.entries.clone(),
            _ => vec![0.0],
        };
        let lut_at = scene.presentation_lut.as_ref().map(|_| table.len());
        let table = match &scene.presentation_lut {
            Some(lut) => [table.as_slice(), lut].concat(),
            None => table,
        };
        let mut labels = words(scene.labels.as_ref(), size);
        let marks_at = scene.marks.as_ref().map(|_| labels.len());
        labels.extend(words(scene.marks.as_ref(), size));
        if let Some(fixed) = &scene.fixed {
            let pixels = fixed.iter().map(|&rgba| u32::from_le_bytes(rgba));
            labels.extend(pixels.chain(std::iter::repeat(0)).take(size.0 * size.1));
        }
        labels.resize(labels.len().max(1), 0);
        let cells = scene.heatmap.as_ref().map_or_else(
            || vec![PADDING],
            |map| {
                let mut cells: Vec<f32> = map
                    .values
                    .iter()
                    .map(|&v| if v.is_nan() { PADDING } else { v })
                    .collect();
                cells.resize((map.columns * map.rows).max(1), PADDING);
                cells
            },
        );
        let columns = packed(&taps.columns);
        let rows = packed(&taps.rows);
        let cell_taps = heat.as_ref().map_or_else(
            || vec![[0.0; 4]],
            |heat| {
                let mut both = packed(&heat.columns);
                both.extend(packed(&heat.rows));
                both
            },
        );
        let gpu = &self.gpu;
        let buffers = [
            gpu.filled(&parameters(scene, &taps, marks_at, lut_at)),
            gpu.filled(&columns),
            gpu.filled(&rows),
            gpu.filled(&table),
            gpu.filled(&palettes(scene)),
            gpu.filled(&labels),
            gpu.filled(&cells),
            gpu.filled(&cell_taps),
        ];
        let mut entries = vec![BindGroupEntry {
            binding: 3,
            resource: BindingResource::TextureView(frame),
        }];
        let places = [0, 1, 2, 4, 5, 6, 7, 8];
        entries.extend(
            places
                .into_iter()
                .zip(&buffers)
                .map(|(binding, buffer)| BindGroupEntry {
                    binding,
                    resource: buffer.as_entire_binding(),
                }),
        );
        gpu.device().create_bind_group(&BindGroupDescriptor {
            label: Some("scene"),
            layout: &self.layout,
            entries: &entries,
        })
    }
}

fn too_large(most: u32, found: usize) -> Error {
    Error::new(&codes::GPU_TOO_LARGE)
        .expected(format!("1 to {most} pixels a side"))
        .found(found)
}

fn packed(taps: &[Tap]) -> Vec<[f32; 4]> {
    taps.iter()
        .map(|tap| {
            let nearest = tap.nearest.map_or(-1.0, |at| at as f32);
            [tap.low as f32, tap.high as f32, tap.weight, nearest]
        })
        .collect()
}

/// Labels, four a word. The shader reads every pixel's: a map that is too short has no labels there.
fn words(map: Option<&LabelOverlay>, size: (usize, usize)) -> Vec<u32> {
    let Some(map) = map else { return Vec::new() };
    let mut bytes = map.labels.as_ref().clone();
    bytes.resize((size.0 * size.1).next_multiple_of(4), 0);
    let fours = bytes.as_chunks().0.iter();
    fours.map(|four| u32::from_le_bytes(*four)).collect()
}

/// `p` of scene.wgsl, in the order of its constants.
fn parameters(
    scene: &Scene,
    taps: &Taps,
    marks_at: Option<usize>,
    lut_at: Option<usize>,
) -> [f32; 30] {
    let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
    let (columns, rows) = scene.frame.size();
    let (kind, c, w, first, length) = match &scene.voi {
        &Voi::Window {
            center,
            width,
            function,
        } => match function {
            Function::Linear => (0.0, center - 0.5, width - 1.0, 0.0, 0.0),
            Function::LinearExact => (0.0, center, width, 0.0, 0.0),
            Function::Sigmoid => (1.0, center, width, 0.0, 0.0),
        },
        Voi::Table(table) => (
            2.0,
            0.0,
            1.0,
            table.first,
            table.entries.len().max(1) as f32,
        ),
    };
    let labels = scene.labels.as_ref();
    let heat = scene.heatmap.as_ref();
    let heat_of = |f: fn(&Heatmap) -> f32| heat.map_or(0.0, f);
    [
        flag(matches!(scene.frame.as_ref(), Frame::Colour(_))),
        flag(scene.interpolation == Interpolation::Linear),
        kind,
        c,
        w,
        c - w / 2.0,
        c + w / 2.0,
        flag(scene.invert),
        flag(taps.turned),
        columns as f32,
        rows as f32,
        first,
        length,
        flag(labels.is_some()),
        labels.map_or(0.0, |map| map.opacity.clamp(0.0, 1.0)),
        flag(labels.is_some_and(|map| map.outline)),
        flag(heat.is_some()),
        heat_of(|map| map.columns as f32),
        flag(heat.is_some_and(|map| map.smooth)),
        heat_of(|map| map.threshold),
        heat_of(|map| map.opacity.clamp(0.0, 1.0)),
        heat_of(|map| map.range[0]),
        heat_of(|map| map.range[1]),
        taps.columns.len() as f32,
        marks_at.map_or(-1.0, |words| words as f32),
        scene
            .marks
            .as_ref()
            .map_or(0.0, |map| map.opacity.clamp(0.0, 1.0)),
        flag(scene.marks.as_ref().is_some_and(|map| map.outline)),
        lut_at.map_or(-1.0, |at| at as f32),
        scene
            .presentation_lut
            .as_ref()
            .map_or(0.0, |lut| lut.len().max(1) as f32 - 1.0),
        scene.fixed.as_ref().map_or(-1.0, |_| {
            flag(labels.is_some()) + flag(scene.marks.is_some())
        }),
    ]
}

/// 256 colours each of the picture, the heatmap, the labels and the marks.
fn palettes(scene: &Scene) -> Vec<u32> {
    let word = |[r, g, b]: [u8; 3]| u32::from_le_bytes([r, g, b, 255]);
    let mut words: Vec<u32> = (0..=255_u8)
        .map(|level| {
            let plain = [level; 3];
            word(scene.colours.as_ref().map_or(plain, |map| {
                map.get(usize::from(level)).copied().unwrap_or(plain)
            }))
        })
        .collect();
    let of = |colours: Option<&Rc<Vec<[u8; 3]>>>, at: usize| {
        word(colours.and_then(|c| c.get(at)).copied().unwrap_or([255; 3]))
    };
    let layers = [
        scene.heatmap.as_ref().map(|map| &map.colours),
        scene.labels.as_ref().map(|map| &map.colours),
        scene.marks.as_ref().map(|map| &map.colours),
    ];
    for colours in layers {
        words.extend((0..256).map(|at| of(colours, at)));
    }
    words
}
