//! A laid out network and its run.

use std::{ops::Range, sync::Arc};

use super::{
    Refusal,
    build::{Laid, lay},
    op::{Buffer, View},
    stream::Stream,
};
use crate::model::onnx::Model;

/// A network laid out for one input shape.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    laid: Laid,
    /// How many steps read each buffer; outputs count once more.
    reads: Vec<usize>,
    stream: Option<Stream>,
    peak: u64,
}

/// Bytes of tensors from which on a volume is run plane by plane: then what a layer reads is still in a cache.
const LARGE: u64 = 4 << 20;

/// What goes on in a run: parts done and parts in all; `false` ends it.
pub type Running<'a> = dyn FnMut(usize, usize) -> bool + 'a;

/// One output: shape and values, last index fastest.
pub(super) type Output = (Vec<usize>, Vec<f32>);

impl Engine {
    /// Lays a network out, whose weights and whose tensors each may take so many bytes.
    ///
    /// # Errors
    /// What the network has that is not known here.
    pub fn new(model: &Model<'_>, shape: &[usize], bytes: u64) -> Result<Self, Refusal> {
        let laid = lay(model, shape, bytes)?;
        let mut reads = vec![0_usize; laid.slots.len()];
        let all = laid.steps.iter().flat_map(|step| &step.inputs);
        for &slot in all.chain(laid.outputs.iter().map(|o| &o.slot)) {
            if let Some(n) = reads.get_mut(slot) {
                *n += 1;
            }
        }
        let stream = Stream::of(&laid, shape);
        let peak = peak(&laid, &reads);
        // Where the layers' planes are more than the whole volume, the whole is less.
        let stream = stream.filter(|s| s.bytes < peak || peak < LARGE);
        let held = stream.as_ref().map_or(peak, |s| s.bytes.min(peak));
        if held > bytes {
            return Err(Refusal {
                operator: String::new(),
                because: format!("tensors of {held} bytes, of {bytes} that they may take"),
                beyond: true,
            });
        }
        Ok(Self(Arc::new(Inner {
            laid,
            reads,
            stream,
            peak,
        })))
    }

    /// Bytes that the buffers of a run take at most (constants and kernels' scratch not counted).
    pub fn peak_bytes(&self) -> u64 {
        self.0.peak
    }

    /// Channels of the output, and bytes that the layers hold, of a network that can be run on a volume plane by plane.
    pub fn streamed(&self) -> Option<(usize, u64)> {
        let stream = self.0.stream.as_ref()?;
        Some((stream.channels, stream.bytes))
    }

    /// Planes at each side that a plane of the output depends on, of a network that can be run plane by plane.
    pub fn reach(&self) -> Option<usize> {
        let [before, after] = self.0.stream.as_ref()?.reach;
        Some(before.max(after))
    }

    /// Computes the planes `planes` of the output for an input of `depth` planes. `sink` gets planes and their values, channels last, in
    /// order; it gives `false` to end. `false`: ended so.
    ///
    /// # Errors
    /// The step that failed.
    pub fn planes(
        &self,
        depth: usize,
        input: &[f32],
        planes: Range<usize>,
        sink: &mut dyn FnMut(Range<usize>, &[f32]) -> bool,
    ) -> Result<bool, String> {
        let stream = self.0.stream.as_ref().ok_or("no run plane by plane")?;
        stream.run(&self.0.laid, depth, input, planes, sink)
    }

    /// Runs the network. `None`: ended by `running`.
    ///
    /// # Errors
    /// The step that failed.
    pub fn run(
        &self,
        input: &[f32],
        running: &mut Running<'_>,
    ) -> Result<Option<Vec<Output>>, String> {
        let Inner {
            laid,
            reads,
            stream,
            peak,
        } = &*self.0;
        if let (Some(stream), true) = (stream, *peak > LARGE) {
            return streamed(laid, stream, input, running);
        }
        let mut left = reads.clone();
        let mut buffers: Vec<Option<Buffer>> = laid.slots.iter().map(|_| None).collect();
        let mut pool = Pool::default();
        let first = laid.slots.get(laid.input).ok_or("no input")?;
        if first.len != input.len() {
            return Err("an input of another length".to_owned());
        }
        // A buffer from the pool takes the input's values, unless a step can read them where they lie: nothing does after the first.
        if let Some(slot) = buffers.get_mut(laid.input) {
            *slot = Some(Buffer::Floats(input.to_vec()));
        }
        for (at, step) in laid.steps.iter().enumerate() {
            if !running(at, laid.steps.len()) {
                return Ok(None);
            }
            let wrong = || format!("{} (step {at})", step.name);
            let slot = laid.slots.get(step.output).ok_or_else(wrong)?;
            let head = step.inputs.first().copied();
            let alone = head.filter(|&h| {
                step.op.replaces()
                    && left.get(h) == Some(&1)
                    && buffers.get(h).is_some_and(Option::is_some)
            });
            let made = if let Some(head) = alone {
                let mut buffer = buffers
                    .get_mut(head)
                    .and_then(Option::take)
                    .ok_or_else(wrong)?;
                let others = views(laid, &buffers, step.inputs.get(1..).unwrap_or_default())
                    .ok_or_else(wrong)?;
                step.op
                    .replace(buffer.target(), &others)
                    .ok_or_else(wrong)?;
                buffer
            } else {
                let mut buffer = pool.take(slot.len, slot.bytes);
                let inputs = views(laid, &buffers, &step.inputs).ok_or_else(wrong)?;
                let going = &mut || running(at, laid.steps.len());
                if !(step.op.run_while(&inputs, buffer.target(), going)).ok_or_else(wrong)? {
                    return Ok(None);
                }
                buffer
            };
            if let Some(to) = buffers.get_mut(step.output) {
                *to = Some(made);
            }
            for input in &step.inputs {
                let Some(n) = left.get_mut(*input) else {
                    continue;
                };
                *n = n.saturating_sub(1);
                if *n == 0
                    && let Some(free) = buffers.get_mut(*input).and_then(Option::take)
                {
                    pool.give(free);
                }
            }
        }
        let outputs = laid.outputs.iter().map(|live| {
            let held = buffers.get(live.slot).and_then(Option::as_ref);
            let held = held.or_else(|| laid.slots.get(live.slot)?.constant.as_ref());
            let values = held
                .and_then(|b| b.view().floats())
                .ok_or("an output that was not computed")?;
            Ok((live.dims.clone(), values.to_vec()))
        });
        outputs.collect::<Result<_, String>>().map(Some)
    }
}

/// The whole output of a network that is run plane by plane.
fn streamed(
    laid: &Laid,
    stream: &Stream,
    input: &[f32],
    running: &mut Running<'_>,
) -> Result<Option<Vec<Output>>, String> {
    let output = laid.outputs.first().ok_or("no output")?;
    let &[_, channels, depth, h, w] = output.dims.as_slice() else {
        return Err("no volume".to_owned());
    };
    let (plane, all) = (h * w, depth * h * w);
    let mut values = vec![0.0; all * channels];
    let done = stream.run(laid, depth, input, 0..depth, &mut |planes, slab| {
        for (channel, to) in values.chunks_exact_mut(all).enumerate() {
            let to = to.get_mut(planes.start * plane..planes.end * plane);
            let from = slab.iter().skip(channel).step_by(channels);
            for (to, from) in to.unwrap_or_default().iter_mut().zip(from) {
                *to = *from;
            }
        }
        running(planes.end, depth)
    })?;
    Ok(done.then(|| vec![(output.dims.clone(), values)]))
}

/// The buffers of some slots.
fn views<'a>(
    laid: &'a Laid,
    buffers: &'a [Option<Buffer>],
    slots: &[usize],
) -> Option<Vec<View<'a>>> {
    slots
        .iter()
        .map(|&slot| {
            let constant = laid.slots.get(slot)?.constant.as_ref();
            buffers.get(slot)?.as_ref().or(constant).map(Buffer::view)
        })
        .collect()
}

/// Buffers that nobody needs any more.
#[derive(Debug, Default)]
struct Pool {
    floats: Vec<Vec<f32>>,
    bytes: Vec<Vec<u8>>,
}

impl Pool {
    fn take(&mut self, len: usize, bytes: bool) -> Buffer {
        if bytes {
            Buffer::Bytes(reuse(&mut self.bytes, len))
        } else {
            Buffer::Floats(reuse(&mut self.floats, len))
        }
    }

    fn give(&mut self, buffer: Buffer) {
        match buffer {
            Buffer::Floats(v) => self.floats.push(v),
            Buffer::Bytes(v) => self.bytes.push(v),
        }
    }
}

/// The smallest that is large enough and not much too large, else a new one. Its old values stay: every step fills its output.
fn reuse<T: Copy + Default>(from: &mut Vec<Vec<T>>, len: usize) -> Vec<T> {
    let fits = from
        .iter()
        .enumerate()
        .filter(|(_, v)| v.capacity() >= len && v.capacity() / 2 <= len.max(1024))
        .min_by_key(|(_, v)| v.capacity())
        .map(|(i, _)| i);
    if let Some(i) = fits {
        let mut v = from.swap_remove(i);
        v.resize(len, T::default());
        return v;
    }
    // What is too small goes, so that a run holds no more than it needs.
    if from.len() > 4 {
        from.clear();
    }
    vec![T::default(); len]
}

/// The bytes of all buffers that are held at once, at most.
fn peak(laid: &Laid, reads: &[usize]) -> u64 {
    let size = |slot: usize| {
        laid.slots.get(slot).map_or(0, |s| {
            if s.constant.is_some() {
                0
            } else {
                s.len as u64 * if s.bytes { 1 } else { 4 }
            }
        })
    };
    let mut left = reads.to_vec();
    let mut held = size(laid.input);
    let mut most = held;
    for step in &laid.steps {
        held += size(step.output);
        most = most.max(held);
        for &input in &step.inputs {
            if let Some(n) = left.get_mut(input) {
                *n = n.saturating_sub(1);
                if *n == 0 {
                    held = held.saturating_sub(size(input));
                }
            }
        }
    }
    most
}
