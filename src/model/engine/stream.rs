//! A network that keeps the planes of a volume, run plane by plane: each layer holds just the planes that the next one still needs. The
//! result is that of the whole volume, exactly; nothing is computed twice, and memory does not grow with the number of planes.

use std::ops::Range;

use super::{
    build::Laid,
    op::{Buffer, Planes, Target, View},
};

/// Planes of so many places that a layer computes at a time: enough that a layer's weights are read for many places, few enough to stay
/// small.
fn slab(plane: usize) -> usize {
    (1_usize << 14).div_ceil(plane.max(1)).min(8)
}

/// How a network is streamed.
#[derive(Debug)]
pub(super) struct Stream {
    /// Steps that are run, in order.
    steps: Vec<usize>,
    /// Channels of the output.
    pub(super) channels: usize,
    /// Values of a plane of the input.
    plane: usize,
    /// Bytes that the layers hold, about.
    pub(super) bytes: u64,
    /// Planes before and after that a plane of the output depends on.
    pub(super) reach: [usize; 2],
}

impl Stream {
    /// `None` where the network is no chain of layers that keep the planes.
    pub(super) fn of(laid: &Laid, shape: &[usize]) -> Option<Self> {
        let &[1, 1, depth, h, w] = shape else {
            return None;
        };
        let [output] = laid.outputs.as_slice() else {
            return None;
        };
        let &[1, channels, out_depth, ..] = output.dims.as_slice() else {
            return None;
        };
        if out_depth != depth {
            return None;
        }
        let mut at = laid.input;
        let mut steps = vec![];
        let mut bytes = 0_u64;
        let mut reach = [0_usize; 2];
        for (i, step) in laid.steps.iter().enumerate() {
            if step.inputs != [at] {
                return None;
            }
            at = step.output;
            // The change to ONNX's order at the end is left to who takes the planes.
            if i + 1 == laid.steps.len() && step.op.planes().is_none() {
                let last = laid.slots.get(at)?;
                return (last.len == output.len() && !steps.is_empty() && step.name.is_empty())
                    .then_some(Self {
                        steps,
                        channels,
                        plane: h * w,
                        bytes,
                        reach,
                    });
            }
            let planes = step.op.planes()?;
            let [before, after] = planes.reach();
            reach = [reach[0] + before, reach[1] + after];
            let [from, _] = planes.sizes()?;
            let each = if laid.slots.get(*step.inputs.first()?)?.bytes {
                1
            } else {
                4
            };
            let slab = slab(h * w);
            bytes += (from * room(before + after + 2 * slab, slab) * each) as u64;
            steps.push(i);
        }
        (at == output.slot && !steps.is_empty()).then_some(Self {
            steps,
            channels,
            plane: h * w,
            bytes,
            reach,
        })
    }

    fn layers<'a>(&'a self, laid: &'a Laid) -> impl DoubleEndedIterator<Item = &'a dyn Planes> {
        self.steps
            .iter()
            .filter_map(|&i| laid.steps.get(i)?.op.planes())
    }

    /// Computes the planes `planes` of the output of an input of `depth` planes. `sink` gets planes and their values, channels last, in
    /// order; it gives `false` to end. `false`: ended so.
    pub(super) fn run(
        &self,
        laid: &Laid,
        depth: usize,
        input: &[f32],
        planes: Range<usize>,
        sink: &mut dyn FnMut(Range<usize>, &[f32]) -> bool,
    ) -> Result<bool, String> {
        if input.len() != depth * self.plane || planes.end > depth || planes.start > planes.end {
            return Err("an input of another length".to_owned());
        }
        let mut layers = vec![];
        for (i, layer) in self.steps.iter().zip(self.layers(laid)) {
            let step = laid.steps.get(*i).ok_or("a step")?;
            let bytes = laid.slots.get(step.output).ok_or("a buffer")?.bytes;
            let [from, to] = layer.sizes().ok_or("sizes")?;
            layers.push(Layer {
                planes: layer,
                from,
                to,
                need: 0..0,
                held: Held::new(bytes, 0, 0),
                name: &step.name,
            });
        }
        // A layer's planes are held for the next one.
        let many = slab(self.plane);
        for (i, step) in self.steps.iter().enumerate() {
            let [before, after] = layers.get(i + 1).map_or([0; 2], |next| next.planes.reach());
            let bytes = laid
                .steps
                .get(*step)
                .and_then(|step| laid.slots.get(step.output))
                .is_some_and(|slot| slot.bytes);
            if let Some(layer) = layers.get_mut(i) {
                let room = room(before + after + 2 * many, many).min(depth);
                layer.held = Held::new(bytes, room, layer.to);
            }
        }
        // From the end to the start: which planes of each layer's output are needed at all.
        let mut need = planes.clone();
        for layer in layers.iter_mut().rev() {
            layer.need = need.clone();
            let [before, after] = layer.planes.reach();
            need = need.start.saturating_sub(before)..(need.end + after).min(depth);
        }
        let Some(last) = layers.len().checked_sub(1) else {
            return Ok(true);
        };
        let mut done = planes.start;
        while done < planes.end {
            let to = (done + slab(self.plane)).min(planes.end);
            pull(&mut layers, last, to, depth, input, self.plane)?;
            let layer = layers.get_mut(last).ok_or("a layer")?;
            let each = layer.to;
            let values = layer
                .held
                .floats(done..to, each)
                .ok_or("planes that are not there")?;
            if !sink(done..to, values) {
                return Ok(false);
            }
            layer.held.drop_before(to);
            done = to;
        }
        Ok(true)
    }
}

/// A layer and the planes of its output that are held.
struct Layer<'a> {
    planes: &'a dyn Planes,
    from: usize,
    to: usize,
    /// Planes of the output that are needed at all.
    need: Range<usize>,
    held: Held,
    name: &'a str,
}

/// Planes that follow each other, in a buffer that is moved to the front only now and then.
struct Held {
    /// The plane at the start of the buffer.
    base: usize,
    first: usize,
    end: usize,
    /// Planes that the buffer has room for.
    room: usize,
    values: Buffer,
    started: bool,
}

/// Planes that a buffer has room for, where so many are held at a time: half as many more, so that each is moved about twice.
fn room(window: usize, slab: usize) -> usize {
    window + window / 2 + slab
}

impl Held {
    fn new(bytes: bool, room: usize, each: usize) -> Self {
        let len = room.saturating_mul(each);
        Self {
            base: 0,
            first: 0,
            end: 0,
            room,
            values: if bytes {
                Buffer::Bytes(Vec::with_capacity(len))
            } else {
                Buffer::Floats(Vec::with_capacity(len))
            },
            started: false,
        }
    }

    /// Begins at a plane.
    fn start(&mut self, plane: usize) {
        self.started = true;
        self.base = plane;
        self.first = plane;
        self.end = plane;
    }

    /// Where a plane lies in the buffer.
    fn at(&self, plane: usize, each: usize) -> Option<usize> {
        Some(plane.checked_sub(self.base)? * each)
    }

    /// Planes as they lie.
    fn floats(&self, planes: Range<usize>, each: usize) -> Option<&[f32]> {
        let range = self.at(planes.start, each)?..self.at(planes.end, each)?;
        self.values.view().floats()?.get(range)
    }

    /// All planes that are held.
    fn view(&self, each: usize) -> Option<View<'_>> {
        let range = self.at(self.first, each)?..self.at(self.end, each)?;
        Some(match self.values.view() {
            View::Floats(v) => View::Floats(v.get(range)?),
            View::Bytes(v) => View::Bytes(v.get(range)?),
        })
    }

    fn drop_before(&mut self, plane: usize) {
        self.first = self.first.max(plane.min(self.end));
    }

    /// Room for planes up to `end`; where they start in the buffer.
    fn grow(&mut self, end: usize, each: usize) -> usize {
        if end - self.base > self.room && self.first > self.base {
            let range = (self.first - self.base) * each..(self.end - self.base) * each;
            match &mut self.values {
                Buffer::Floats(v) => v.copy_within(range, 0),
                Buffer::Bytes(v) => v.copy_within(range, 0),
            }
            self.base = self.first;
        }
        let at = (self.end - self.base) * each;
        let len = (end - self.base) * each;
        match &mut self.values {
            Buffer::Floats(v) => v.resize(len, 0.0),
            Buffer::Bytes(v) => v.resize(len, 0),
        }
        self.end = end;
        at
    }
}

/// Makes the layer `at` hold the planes up to `to` of its output.
fn pull(
    layers: &mut [Layer<'_>],
    at: usize,
    to: usize,
    depth: usize,
    input: &[f32],
    plane: usize,
) -> Result<(), String> {
    let (before, rest) = layers.split_at_mut(at);
    let Some(layer) = rest.first_mut() else {
        return Ok(());
    };
    if !layer.held.started {
        layer.held.start(layer.need.start);
    }
    // A whole slab, so that the layer is not called for single planes.
    let slab = slab(plane);
    let end = to.next_multiple_of(slab).min(layer.need.end).max(to);
    while layer.held.end < to {
        let from = layer.held.end;
        let next = (from + slab).min(end);
        let [reach, after] = layer.planes.reach();
        let (low, high) = (from.saturating_sub(reach), (next + after).min(depth));
        let wrong = || format!("{} (planes {from} to {next})", layer.name);
        let each = layer.to;
        let start = layer.held.grow(next, each);
        let output = match &mut layer.held.values {
            Buffer::Floats(v) => Target::Floats(v.get_mut(start..).ok_or_else(wrong)?),
            Buffer::Bytes(v) => Target::Bytes(v.get_mut(start..).ok_or_else(wrong)?),
        };
        if let Some(previous) = at.checked_sub(1) {
            pull(before, previous, high, depth, input, plane)?;
            let source = before.get_mut(previous).ok_or("a layer")?;
            let lies = source.held.first;
            let held = source.held.end - lies;
            // As far as the source holds planes: the layer sees them as its whole input, and none beyond that it needs.
            let view = source.held.view(layer.from).ok_or_else(wrong)?;
            if lies > low {
                return Err(wrong());
            }
            layer
                .planes
                .run(held, view, from - lies..next - lies, output)
                .ok_or_else(wrong)?;
            // What the next slab does not need.
            source.held.drop_before(next.saturating_sub(reach));
        } else {
            let view = input.get(low * plane..high * plane).ok_or_else(wrong)?;
            layer
                .planes
                .run(
                    high - low,
                    View::Floats(view),
                    from - low..next - low,
                    output,
                )
                .ok_or_else(wrong)?;
        }
    }
    Ok(())
}
