//! A chain run on the graphics processor, plane by plane: each layer keeps just the planes that the next one still needs, each in a buffer
//! of its own, so that no binding comes near a device's limits. Only labels come back.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use wgpu::{BufferUsages, ErrorFilter};

use super::{
    chain::{Chain, Layer},
    shader::{PLACES, THREADS},
    walk::{ALIGN, Walk, plane_bytes},
};
use crate::{
    base::{Error, Monitor, Result, Stage},
    filter::gpu::Gpu,
    model::codes,
};

/// Products that are handed over at once: as many at first as a slow graphics processor computes while nobody becomes impatient, more
/// where work is through before anybody waits for it.
const PRODUCTS: [u64; 2] = [1 << 28, 1 << 33];
/// Work that is under way at once.
const UNDER_WAY: usize = 3;
/// The label of each voxel of `input` (D × H × W values, last index fastest).
///
/// `budget_bytes`: what the buffers may take. `monitor` is told the planes of layers that are done, and asked between them.
///
/// # Errors
/// `MDL-007` when cancelled, `MDL-008` when the budget or a limit of the device is too small, `GPU-002` when the device is lost, `GPU-010`
/// when it refuses what it is asked for.
pub async fn labels(
    gpu: &Gpu,
    chain: &Chain,
    input: &[f32],
    dims: [usize; 3],
    budget_bytes: u64,
    monitor: &dyn Monitor,
) -> Result<Vec<u8>> {
    let [depth, rows, columns] = dims;
    let wanted = rows.checked_mul(columns).and_then(|n| n.checked_mul(depth));
    if wanted != Some(input.len()) {
        return Err(Error::new(&codes::RUN).at("box").found(input.len()));
    }
    if input.is_empty() {
        return Ok(vec![]);
    }
    gpu.check()?;
    fits(gpu, chain, dims, budget_bytes)?;
    // What goes wrong is told here, and not to whoever paints with the same device.
    let memory = gpu.device().push_error_scope(ErrorFilter::OutOfMemory);
    let valid = gpu.device().push_error_scope(ErrorFilter::Validation);
    let result = run(gpu, chain, input, dims, monitor).await;
    let refused = [valid.pop().await, memory.pop().await];
    gpu.check()?;
    match refused.into_iter().flatten().next() {
        Some(error) => Err(Error::new(&codes::GPU).found(error)),
        None => result,
    }
}

/// Planes of a layer's output that are held at once.
fn planes_held(layer: &Layer, next: &Layer, depth: usize) -> usize {
    if layer.norm.is_some() {
        depth
    } else {
        (2 * next.reach() + 2).min(depth)
    }
}

/// Holds what a run needs against the budget and the device's limits, before anything is allocated.
fn fits(gpu: &Gpu, chain: &Chain, [depth, rows, columns]: [usize; 3], budget: u64) -> Result<()> {
    let places = rows * columns;
    let limits = gpu.device().limits();
    let binding = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size);
    let labels = (places as u64).next_multiple_of(ALIGN) * depth as u64;
    let input = (places as u64 * 4).next_multiple_of(ALIGN);
    let mut most = labels.max(input);
    let mut all = 2 * labels + input * depth as u64;
    for (layer, next) in chain.layers.iter().zip(chain.layers.iter().skip(1)) {
        let each = plane_bytes(layer.outputs, places);
        most = most.max(each);
        all = all.saturating_add(each.saturating_mul(planes_held(layer, next, depth) as u64));
    }
    for layer in &chain.layers {
        let bytes = (layer.weights.len() as u64).saturating_mul(4 * 8);
        most = most.max(bytes);
        all = all.saturating_add(bytes);
    }
    let groups = places.div_ceil(THREADS * PLACES) as u64;
    if most > binding || groups > u64::from(limits.max_compute_workgroups_per_dimension) {
        return Err(Error::new(&codes::MEMORY)
            .at("a plane on the graphics processor")
            .expected(format!("at most {binding} bytes"))
            .found(format!("{most} bytes")));
    }
    if all > budget {
        return Err(Error::new(&codes::MEMORY)
            .at("the graphics processor")
            .expected(format!("{all} bytes"))
            .found(format!("{budget} bytes")));
    }
    Ok(())
}

async fn run(
    gpu: &Gpu,
    chain: &Chain,
    input: &[f32],
    dims: [usize; 3],
    monitor: &dyn Monitor,
) -> Result<Vec<u8>> {
    let [depth, rows, columns] = dims;
    let places = rows * columns;
    let mut walk = Walk::new(gpu, chain, input, dims);
    let total = walk.steps() as u64;
    let (mut done, mut products) = (0, 0);
    let [mut at_once, most] = PRODUCTS;
    let mut under_way: VecDeque<(u64, Done)> = VecDeque::new();
    let mut encoder = None;
    for plane in 0..depth {
        walk.labels_to(plane + 1)?;
        for step in std::mem::take(&mut walk.work) {
            let open = encoder
                .get_or_insert_with(|| gpu.device().create_command_encoder(&Default::default()));
            let mut pass = open.begin_compute_pass(&Default::default());
            pass.set_pipeline(&step.pipeline);
            pass.set_bind_group(0, &step.group, &[]);
            let [x, y] = step.size;
            pass.dispatch_workgroups(x, y, 1);
            drop(pass);
            done += u64::from(step.counts);
            products += step.products;
            if products >= at_once {
                products = 0;
                submit(gpu, &mut under_way, encoder.take(), done);
                if wait(gpu, &mut under_way, UNDER_WAY, monitor, total).await? {
                    at_once = (at_once * 2).min(most);
                }
            }
        }
    }
    submit(gpu, &mut under_way, encoder, done);
    wait(gpu, &mut under_way, 0, monitor, total).await?;
    let stride = (places as u64).next_multiple_of(ALIGN);
    let size = stride * depth as u64;
    let read = gpu.buffer(size, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(&walk.labels, 0, &read, 0, size);
    gpu.queue().submit([encoder.finish()]);
    let bytes = gpu.read(&read).await?;
    read.destroy();
    let mut labels = Vec::with_capacity(input.len());
    for plane in bytes.chunks_exact(stride as usize) {
        labels.extend_from_slice(plane.get(..places).unwrap_or_default());
    }
    Ok(labels)
}

/// Hands work over; with it, what is done when it is through.
fn submit(
    gpu: &Gpu,
    under_way: &mut VecDeque<(u64, Done)>,
    encoder: Option<wgpu::CommandEncoder>,
    done: u64,
) {
    if let Some(encoder) = encoder {
        let index = gpu.queue().submit([encoder.finish()]);
        under_way.push_back((done, Done::of(gpu, index)));
    }
}

/// Waits until no more than `most` is under way. True where something was through already.
async fn wait(
    gpu: &Gpu,
    under_way: &mut VecDeque<(u64, Done)>,
    most: usize,
    monitor: &dyn Monitor,
    total: u64,
) -> Result<bool> {
    let mut through = false;
    while under_way.len() > most
        && let Some((done, work)) = under_way.pop_front()
    {
        through |= work.wait(gpu).await;
        gpu.check()?;
        if monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        monitor.progress(Stage::Infer, done, total);
    }
    Ok(through)
}

/// The end of some work.
struct Done {
    told: Arc<Mutex<(bool, Option<Waker>)>>,
    #[cfg_attr(
        target_arch = "wasm32",
        expect(dead_code, reason = "a browser tells by itself")
    )]
    index: wgpu::SubmissionIndex,
}

impl Done {
    fn of(gpu: &Gpu, index: wgpu::SubmissionIndex) -> Self {
        let told = Arc::new(Mutex::new((false, None::<Waker>)));
        let own = told.clone();
        gpu.queue().on_submitted_work_done(move || {
            if let Ok(mut state) = own.lock() {
                state.0 = true;
                if let Some(waker) = state.1.take() {
                    waker.wake();
                }
            }
        });
        Self { told, index }
    }

    /// True where it was through already.
    async fn wait(self, gpu: &Gpu) -> bool {
        #[cfg(not(target_arch = "wasm32"))]
        let _ = gpu.device().poll(wgpu::PollType::Poll);
        let through = self.told.lock().is_ok_and(|state| state.0);
        // A browser calls back by itself; natively somebody has to look.
        #[cfg(not(target_arch = "wasm32"))]
        let _ = gpu.device().poll(wgpu::PollType::Wait {
            submission_index: Some(self.index),
            timeout: None,
        });
        let told = self.told;
        poll_fn(|context| {
            let Ok(mut state) = told.lock() else {
                return Poll::Ready(());
            };
            // A device that is gone may never call.
            if state.0 || gpu.lost() {
                return Poll::Ready(());
            }
            state.1 = Some(context.waker().clone());
            gpu.wake_when_lost(context.waker());
            Poll::Pending
        })
        .await;
        through
    }
}
