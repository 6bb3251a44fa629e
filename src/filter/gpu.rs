//! The fast path of filters by wgpu: WebGPU in a browser, Vulkan natively. The device lives here; `render::gpu` paints with the same one.
//!
//! A device may be lost at any moment. Then [`Gpu::lost`] is true for ever, what was asked for fails with `GPU-002`, and the CPU is asked.

use std::{
    cell::RefCell,
    collections::HashMap,
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

use wgpu::{
    Backends, BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout,
    BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, Buffer, BufferBindingType,
    BufferDescriptor, BufferUsages, ComputePipeline, ComputePipelineDescriptor, Device,
    DeviceDescriptor, Instance, InstanceDescriptor, Limits, MapMode, PipelineLayoutDescriptor,
    PowerPreference, Queue, RequestAdapterOptions, ShaderModuleDescriptor, ShaderSource,
    ShaderStages,
};

use super::{Filter, Plan, codes, cpu};
use crate::{
    base::{Error, Result},
    tone::Grey,
};

/// A graphics device with what is kept on it.
pub struct Gpu {
    instance: Instance,
    adapter: wgpu::Adapter,
    device: Device,
    queue: Queue,
    lost: Arc<Loss>,
    layout: BindGroupLayout,
    /// Pipelines by source and entry point; both are constants of the program.
    pipelines: RefCell<HashMap<(&'static str, &'static str), ComputePipeline>>,
}

/// That a device is gone, and who wants to know.
#[derive(Debug, Default)]
struct Loss {
    gone: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
}

impl Loss {
    fn set(&self) {
        self.gone.store(true, Ordering::Relaxed);
        if let Ok(mut wakers) = self.wakers.lock() {
            wakers.drain(..).for_each(Waker::wake);
        }
    }
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl Gpu {
    /// Asks for the machine's graphics device.
    ///
    /// # Errors
    /// `GPU-001` where there is none.
    pub async fn request() -> Result<Self> {
        Self::request_of(PowerPreference::None).await
    }

    /// As [`Self::request`], the fastest one where there are several: for work that takes long.
    ///
    /// # Errors
    /// `GPU-001` where there is none.
    pub async fn strongest() -> Result<Self> {
        Self::request_of(PowerPreference::HighPerformance).await
    }

    async fn request_of(power_preference: PowerPreference) -> Result<Self> {
        let none = |why: String| Error::new(&codes::NO_GPU).found(why);
        let instance = Instance::new(InstanceDescriptor {
            backends: Backends::BROWSER_WEBGPU | Backends::VULKAN,
            ..InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance
            .request_adapter(&RequestAdapterOptions {
                power_preference,
                ..RequestAdapterOptions::default()
            })
            .await
            .map_err(|e| none(e.to_string()))?;
        // The defaults every WebGPU has, but as much memory and as large textures as this one gives.
        let there = adapter.limits();
        let limits = Limits {
            max_texture_dimension_2d: there.max_texture_dimension_2d,
            max_buffer_size: there.max_buffer_size,
            max_storage_buffer_binding_size: there.max_storage_buffer_binding_size,
            ..Limits::default()
        };
        let (device, queue) = adapter
            .request_device(&DeviceDescriptor {
                required_limits: limits,
                ..DeviceDescriptor::default()
            })
            .await
            .map_err(|e| none(e.to_string()))?;
        let lost = Arc::new(Loss::default());
        let (by_loss, by_error) = (lost.clone(), lost.clone());
        device.set_device_lost_callback(move |_, _| by_loss.set());
        // An error here is a defect of ours or of a driver. Either way the reference path takes over.
        device.on_uncaptured_error(Arc::new(move |_| by_error.set()));
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
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some("filter"),
            entries: &[
                storage(0, true),
                storage(1, true),
                storage(2, false),
                storage(3, false),
            ],
        });
        Ok(Self {
            instance,
            adapter,
            device,
            queue,
            lost,
            layout,
            pipelines: RefCell::default(),
        })
    }

    /// The adapter's name, for a person.
    pub fn name(&self) -> String {
        let info = self.adapter.get_info();
        if info.name.is_empty() {
            format!("{:?}", info.backend)
        } else {
            info.name
        }
    }

    /// It is the processor in disguise: no faster than our own code on it.
    pub fn software(&self) -> bool {
        self.adapter.get_info().device_type == wgpu::DeviceType::Cpu
    }

    /// The device is gone, for ever.
    pub fn lost(&self) -> bool {
        self.lost.gone.load(Ordering::Relaxed)
    }

    /// Wakes a task when the device is lost: for one that waits for what a lost device may never tell.
    pub fn wake_when_lost(&self, waker: &Waker) {
        if let Ok(mut wakers) = self.lost.wakers.lock()
            && !wakers.iter().any(|w| w.will_wake(waker))
        {
            wakers.push(waker.clone());
        }
    }

    /// Gives the device up, as a lost one is: for tests of what happens then.
    pub fn destroy(&self) {
        self.device.destroy();
        self.lost.set();
    }

    /// The device, for the painter.
    pub fn device(&self) -> &Device {
        &self.device
    }
    /// Its queue, for the painter.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }
    /// The instance, for surfaces.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }
    /// The adapter, for surfaces.
    pub fn adapter(&self) -> &wgpu::Adapter {
        &self.adapter
    }

    /// Applies a filter to one frame; the result equals the CPU's within rounding. One without a plan is done by the CPU.
    ///
    /// # Errors
    /// `GPU-002` when the device is lost, `GPU-003` when the frame exceeds its limits.
    pub async fn apply(&self, filter: &Filter, frame: &Grey) -> Result<Grey> {
        let Some(plan) = filter.plan(frame) else {
            return cpu::apply(filter, frame);
        };
        if plan.passes.is_empty() || frame.values.is_empty() {
            return Ok(frame.clone());
        }
        self.check()?;
        let bytes = frame.values.len() as u64 * 4;
        let most = self.device.limits().max_storage_buffer_binding_size;
        if bytes.max(plan.scratch as u64 * 4) > most {
            return Err(Error::new(&codes::GPU_TOO_LARGE)
                .expected(format!("at most {most} bytes"))
                .found(bytes.max(plan.scratch as u64 * 4)));
        }
        let mut parameters = vec![frame.columns as f32, frame.rows as f32];
        parameters.extend(&plan.parameters);
        let result = self.buffer(bytes, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let read = self.buffer(bytes, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
        let group = self.group(&[
            &self.filled(&parameters),
            &self.filled(&frame.values),
            &result,
            &self.buffer(plan.scratch as u64 * 4, BufferUsages::STORAGE),
        ]);
        let mut encoder = self.device.create_command_encoder(&Default::default());
        for pass in &plan.passes {
            let pipeline = self.pipeline(&plan, pass.entry);
            let mut compute = encoder.begin_compute_pass(&Default::default());
            compute.set_pipeline(&pipeline);
            compute.set_bind_group(0, &group, &[]);
            let [x, y] = pass.threads.map(|threads| threads.div_ceil(8));
            compute.dispatch_workgroups(x, y, 1);
        }
        encoder.copy_buffer_to_buffer(&result, 0, &read, 0, bytes);
        self.queue.submit([encoder.finish()]);
        let bytes = self.read(&read).await?;
        Ok(Grey {
            columns: frame.columns,
            rows: frame.rows,
            values: bytemuck::pod_collect_to_vec(&bytes),
        })
    }

    /// Reads a mappable buffer back when the queue has filled it.
    ///
    /// # Errors
    /// `GPU-002` when the device is lost.
    pub async fn read(&self, buffer: &Buffer) -> Result<Vec<u8>> {
        let mapped = Arc::new(Mutex::new((None::<bool>, None::<Waker>)));
        let told = mapped.clone();
        buffer.map_async(MapMode::Read, .., move |outcome| {
            if let Ok(mut state) = told.lock() {
                state.0 = Some(outcome.is_ok());
                if let Some(waker) = state.1.take() {
                    waker.wake();
                }
            }
        });
        // A browser calls back by itself; natively somebody has to look.
        #[cfg(not(target_arch = "wasm32"))]
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        let ok = poll_fn(|context| {
            let Ok(mut state) = mapped.lock() else {
                return Poll::Ready(false);
            };
            if let Some(ok) = state.0 {
                return Poll::Ready(ok);
            }
            state.1 = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        let bytes = ok
            .then(|| buffer.get_mapped_range(..).ok().map(|view| view.to_vec()))
            .flatten();
        self.check()?;
        bytes.ok_or_else(|| Error::new(&codes::GPU_LOST))
    }

    /// # Errors
    /// `GPU-002` when the device is lost.
    pub fn check(&self) -> Result<()> {
        if self.lost() {
            return Err(Error::new(&codes::GPU_LOST));
        }
        Ok(())
    }

    /// An empty buffer of at least four bytes.
    pub fn buffer(&self, size: u64, usage: BufferUsages) -> Buffer {
        self.device.create_buffer(&BufferDescriptor {
            label: None,
            size: size.max(4).next_multiple_of(4),
            usage,
            mapped_at_creation: false,
        })
    }

    /// A storage buffer that holds these values.
    pub fn filled<T: bytemuck::NoUninit>(&self, values: &[T]) -> Buffer {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let buffer = self.buffer(
            bytes.len() as u64,
            BufferUsages::STORAGE | BufferUsages::COPY_DST,
        );
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    fn group(&self, buffers: &[&Buffer]) -> BindGroup {
        let entries: Vec<_> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        self.device.create_bind_group(&BindGroupDescriptor {
            label: Some("filter"),
            layout: &self.layout,
            entries: &entries,
        })
    }

    fn pipeline(&self, plan: &Plan, entry: &'static str) -> ComputePipeline {
        if let Some(known) = self.pipelines.borrow().get(&(plan.source, entry)) {
            return known.clone();
        }
        let text = format!("{}{}", include_str!("common.wgsl"), plan.source);
        let module = self.device.create_shader_module(ShaderModuleDescriptor {
            label: Some(entry),
            source: ShaderSource::Wgsl(text.into()),
        });
        let layout = self
            .device
            .create_pipeline_layout(&PipelineLayoutDescriptor {
                label: Some("filter"),
                bind_group_layouts: &[Some(&self.layout)],
                immediate_size: 0,
            });
        let pipeline = self
            .device
            .create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(entry),
                layout: Some(&layout),
                module: &module,
                entry_point: Some(entry),
                compilation_options: Default::default(),
                cache: None,
            });
        self.pipelines
            .borrow_mut()
            .insert((plan.source, entry), pipeline.clone());
        pipeline
    }
}
