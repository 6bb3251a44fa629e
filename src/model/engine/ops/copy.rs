//! Operators that move values: Slice, Split, Pad, Gather, Expand, Tile, Transpose, DepthToSpace, SpaceToDepth, and the change between the
//! two orders of memory.

use crate::model::engine::{
    build::{Builder, Lay},
    op::{Op, Target, View},
    value::{Is, Live, Value, axis_in},
};
use crate::model::onnx::Node;

/// Between channels first and channels last: each matrix of rows × columns is turned.
#[derive(Debug)]
pub(in crate::model::engine) struct Turn {
    pub(in crate::model::engine) rows: usize,
    pub(in crate::model::engine) columns: usize,
}

/// Side of the squares that are turned at a time, so that what is read and what is written stay in the first cache.
const SIDE: usize = 16;

impl Turn {
    fn all<T: Copy>(&self, from: &[T], to: &mut [T]) -> Option<()> {
        let (rows, columns) = (self.rows, self.columns);
        let size = rows.checked_mul(columns)?;
        if size == 0 || from.len() != to.len() || !from.len().is_multiple_of(size) {
            return (from.is_empty() && to.is_empty()).then_some(());
        }
        for (from, to) in from.chunks_exact(size).zip(to.chunks_exact_mut(size)) {
            for r in (0..rows).step_by(SIDE) {
                for c in (0..columns).step_by(SIDE) {
                    for column in c..(c + SIDE).min(columns) {
                        let to =
                            to.get_mut(column * rows + r..column * rows + (r + SIDE).min(rows))?;
                        let from = from.get(r * columns + column..)?.iter().step_by(columns);
                        for (to, from) in to.iter_mut().zip(from) {
                            *to = *from;
                        }
                    }
                }
            }
        }
        Some(())
    }
}

impl Op for Turn {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        match (inputs.first()?, output) {
            (View::Floats(x), Target::Floats(y)) => self.all(x, y),
            (View::Bytes(x), Target::Bytes(y)) => self.all(x, y),
            _ => None,
        }
    }
}

/// Where the places of one axis of the output come from.
#[derive(Debug, Clone)]
struct Axis {
    /// Places of the input, each as an offset; [`NOWHERE`] for one that is filled.
    from: Vec<u32>,
    /// The places of the input follow each other as they lie, all of them.
    whole: bool,
}

const NOWHERE: u32 = u32::MAX;

/// Each place of the output comes from a place of the input, axis by axis, or is filled.
#[derive(Debug)]
pub(super) struct Places {
    axes: Vec<Axis>,
    /// Values of the input between two places of an axis.
    strides: Vec<usize>,
    /// Values at the end that are taken together.
    block: usize,
    fill: f32,
    fill_byte: u8,
}

impl Places {
    /// `from`: for each axis of the output the places of the input's axis, and that axis's stride. All in the order of memory.
    pub(super) fn new(
        axes: Vec<(Vec<u32>, usize)>,
        input: &[usize],
        fill: f32,
        fill_byte: u8,
    ) -> Self {
        let mut all: Vec<Axis> = vec![];
        let mut strides = vec![];
        for (at, (from, stride)) in axes.into_iter().enumerate() {
            let size = input.get(at).copied().unwrap_or_default();
            let whole =
                from.len() == size && from.iter().enumerate().all(|(i, &f)| f as usize == i);
            all.push(Axis { from, whole });
            strides.push(stride);
        }
        let mut block = 1;
        // Whole axes at the end that lie one after the other.
        while let (Some(axis), Some(&stride)) = (all.last(), strides.last()) {
            if !axis.whole || stride != block {
                break;
            }
            block *= axis.from.len();
            all.pop();
            strides.pop();
        }
        Self {
            axes: all,
            strides,
            block,
            fill,
            fill_byte,
        }
    }

    fn all<T: Copy>(&self, from: &[T], to: &mut [T], fill: T) -> Option<()> {
        if to.is_empty() {
            return Some(());
        }
        self.axis(0, Some(0), from, to, fill)
    }

    fn axis<T: Copy>(
        &self,
        at: usize,
        base: Option<usize>,
        from: &[T],
        to: &mut [T],
        fill: T,
    ) -> Option<()> {
        let Some(base) = base else {
            to.fill(fill);
            return Some(());
        };
        let (Some(axis), Some(&stride)) = (self.axes.get(at), self.strides.get(at)) else {
            to.copy_from_slice(from.get(base..base + self.block)?);
            return Some(());
        };
        let each = to.len() / axis.from.len().max(1);
        if each == 0 || each * axis.from.len() != to.len() {
            return None;
        }
        if at + 1 == self.axes.len() {
            // The innermost loop, without a call for each value.
            if self.block == 1 {
                for (to, &place) in to.iter_mut().zip(&axis.from) {
                    *to = if place == NOWHERE {
                        fill
                    } else {
                        *from.get(base + place as usize * stride)?
                    };
                }
            } else {
                for (to, &place) in to.chunks_exact_mut(each).zip(&axis.from) {
                    if place == NOWHERE {
                        to.fill(fill);
                    } else {
                        let start = base + place as usize * stride;
                        to.copy_from_slice(from.get(start..start + self.block)?);
                    }
                }
            }
            return Some(());
        }
        for (to, &place) in to.chunks_exact_mut(each).zip(&axis.from) {
            let base = (place != NOWHERE).then(|| base + place as usize * stride);
            self.axis(at + 1, base, from, to, fill)?;
        }
        Some(())
    }
}

impl Op for Places {
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()> {
        match (inputs.first()?, output) {
            (View::Floats(x), Target::Floats(y)) => self.all(x, y, self.fill),
            (View::Bytes(x), Target::Bytes(y)) => self.all(x, y, self.fill_byte),
            _ => None,
        }
    }
}

/// Values between two places of each axis.
pub(in crate::model::engine) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut all = vec![];
    let mut n = 1_usize;
    for d in dims.iter().rev() {
        all.push(n);
        n = n.saturating_mul(*d);
    }
    all.reverse();
    all
}

/// Takes places along each axis (in ONNX's order) of a tensor in whatever order of memory.
pub(super) fn places(b: &mut Builder<'_>, x: &Live, tables: Vec<Vec<u32>>, fill: f32) -> Lay<Live> {
    let rank = x.dims.len();
    let dims: Vec<usize> = tables.iter().map(Vec::len).collect();
    b.spend(dims.iter().sum::<usize>().saturating_mul(4))?;
    let mut ordered = vec![vec![]; rank];
    for (logical, table) in tables.into_iter().enumerate() {
        if let Some(to) = ordered.get_mut(axis_in(x.last, rank, logical)) {
            *to = table;
        }
    }
    let physical = x.physical();
    let axes = ordered.into_iter().zip(strides(&physical)).collect();
    let fill_byte = match x.is {
        Is::Quantized(quant) => quant.byte(fill),
        Is::Floats | Is::Bytes { .. } => fill as u8,
    };
    let op = Places::new(axes, &physical, fill, fill_byte);
    b.step(op, &[x], dims, x.last, x.is)
}

/// All places of an axis as they are.
pub(super) fn whole(n: usize) -> Vec<u32> {
    // The sizes of a tensor are below 2³⁰ (see build.rs).
    (0..n as u32).collect()
}

fn tables(x: &Live) -> Vec<Vec<u32>> {
    x.dims.iter().map(|&n| whole(n)).collect()
}

fn set(b: &Builder<'_>, all: &mut [Vec<u32>], axis: usize, table: Vec<u32>) -> Lay<()> {
    *all.get_mut(axis).ok_or_else(|| b.refuse("axis"))? = table;
    Ok(())
}

/// The places that Slice takes from an axis of `n`.
pub(in crate::model::engine) fn sliced(
    n: usize,
    start: i64,
    end: i64,
    step: i64,
) -> Option<Vec<u32>> {
    let n = i64::try_from(n).ok()?;
    let from_end = |v: i64| if v < 0 { v.saturating_add(n) } else { v };
    if step == 0 {
        return None;
    }
    let (start, end) = if step > 0 {
        (from_end(start).clamp(0, n), from_end(end).clamp(0, n))
    } else {
        (
            from_end(start).clamp(-1, n - 1),
            from_end(end).clamp(-1, n - 1),
        )
    };
    let mut at = start;
    let mut all = vec![];
    while if step > 0 { at < end } else { at > end } {
        all.push(at as u32);
        at = at.saturating_add(step);
    }
    Some(all)
}

/// Starts, ends, axes and steps of Slice.
pub(in crate::model::engine) fn slices(
    b: &Builder<'_>,
    node: &Node<'_>,
    dims: &[usize],
) -> Lay<Vec<(usize, Vec<u32>)>> {
    let wrong = || b.refuse("starts, ends, axes or steps");
    let starts = b.numbers(node, 1, "starts")?.ok_or_else(wrong)?;
    let ends = b.numbers(node, 2, "ends")?.ok_or_else(wrong)?;
    let axes = b
        .numbers(node, 3, "axes")?
        .unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = b
        .numbers(node, 4, "steps")?
        .unwrap_or_else(|| vec![1; starts.len()]);
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return Err(wrong());
    }
    if starts.len() > dims.len() {
        return Err(b.beyond("more axes than the input has"));
    }
    starts
        .iter()
        .zip(&ends)
        .zip(axes.iter().zip(&steps))
        .map(|((&start, &end), (&axis, &step))| {
            let axis = b.axis(axis, dims.len())?;
            let n = dims.get(axis).copied().unwrap_or_default();
            Ok((axis, sliced(n, start, end, step).ok_or_else(wrong)?))
        })
        .collect()
}

/// Slice.
pub(in crate::model::engine) fn slice<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let mut all = tables(&x);
    for (axis, table) in slices(b, node, &x.dims)? {
        set(b, &mut all, axis, table)?;
    }
    let y = places(b, &x, all, 0.0)?;
    b.give(node, y)
}

/// Split.
pub(in crate::model::engine) fn split<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let axis = b.axis(node.int("axis", 0), x.dims.len())?;
    let n = x.dims.get(axis).copied().unwrap_or_default();
    let parts = node.outputs.len().max(1);
    let sizes = if let Some(sizes) = b.numbers(node, 1, "split")? {
        b.sizes(&sizes)?
    } else {
        // The last one may be smaller.
        let each = n.div_ceil(parts);
        (0..parts)
            .map(|i| each.min(n.saturating_sub(i * each)))
            .collect()
    };
    if sizes.len() != parts || sizes.iter().try_fold(0_usize, |s, &n| s.checked_add(n)) != Some(n) {
        return Err(b.refuse("sizes that do not add up"));
    }
    let mut from = 0;
    for (&name, size) in node.outputs.iter().zip(sizes) {
        let mut all = tables(&x);
        set(
            b,
            &mut all,
            axis,
            (from..from + size).map(|i| i as u32).collect(),
        )?;
        from += size;
        let y = places(b, &x, all, 0.0)?;
        b.name(name, Value::Live(y));
    }
    Ok(())
}

/// Pad: constant, reflect, edge and wrap; a negative pad cuts.
pub(in crate::model::engine) fn pad<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let wrong = b.refuse("pads or mode");
    let wrong = || wrong.clone();
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let pads = b.numbers(node, 1, "pads")?.ok_or_else(wrong)?;
    let fill = match b.reals(node, 2)? {
        Some(v) => v.first().copied().unwrap_or_default(),
        None => node.float("value", 0.0),
    };
    let rank = x.dims.len();
    let axes = match b.numbers(node, 3, "axes")? {
        Some(axes) => axes
            .iter()
            .map(|&a| b.axis(a, rank))
            .collect::<Lay<Vec<_>>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(wrong());
    }
    let (before, after) = pads.split_at(axes.len());
    let mut to = x.dims.clone();
    if axes.len() > rank {
        return Err(b.beyond("more axes than the input has"));
    }
    // A value that bytes do not have is padded in floats.
    let x = match x.is {
        Is::Quantized(quant) if quant.float(quant.byte(fill)) == fill => x,
        Is::Bytes { .. } => return Err(b.refuse("bytes")),
        _ => b.floats(Value::Live(x))?,
    };
    let mut all = tables(&x);
    let mode = node.text("mode", "constant");
    for (&axis, (&before, &after)) in axes.iter().zip(before.iter().zip(after)) {
        let n = x.dims.get(axis).copied().unwrap_or_default() as i64;
        let size = before
            .checked_add(after)
            .and_then(|p| p.checked_add(n))
            .ok_or_else(wrong)?;
        if size >= 1 << 24 {
            return Err(b.beyond("pads"));
        }
        if size < 0 || (n == 0 && mode != "constant") {
            return Err(wrong());
        }
        if let Some(to) = to.get_mut(axis) {
            *to = size as usize;
        }
        b.fits(&to)?;
        let place = |i: i64| -> Option<u32> {
            let at = i - before;
            Some(match mode {
                _ if (0..n).contains(&at) => at as u32,
                "constant" => NOWHERE,
                "edge" => at.clamp(0, n - 1) as u32,
                "wrap" => at.rem_euclid(n) as u32,
                "reflect" if n == 1 => 0,
                "reflect" => {
                    let period = 2 * (n - 1);
                    let at = at.rem_euclid(period);
                    at.min(period - at) as u32
                }
                _ => return None,
            })
        };
        let table = (0..size)
            .map(place)
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        set(b, &mut all, axis, table)?;
    }
    let y = places(b, &x, all, fill)?;
    b.give(node, y)
}

/// Gather with indices that are known: one index takes its axis away, a list keeps it.
pub(in crate::model::engine) fn gather<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let wrong = b.refuse("indices");
    let wrong = || wrong.clone();
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let constant = b.constant(node, 1)?.ok_or_else(wrong)?;
    let (shape, indices) = (constant.dims().to_vec(), constant.ints().ok_or_else(wrong)?);
    let axis = b.axis(node.int("axis", 0), x.dims.len())?;
    let n = x.dims.get(axis).copied().unwrap_or_default();
    let table = indices
        .iter()
        .map(|&i| b.axis(i, n).map(|i| i as u32))
        .collect::<Lay<Vec<_>>>()?;
    let mut all = tables(&x);
    set(b, &mut all, axis, table)?;
    let y = places(b, &x, all, 0.0)?;
    if shape.len() == 1 {
        return b.give(node, y);
    }
    let y = b.plain(y)?;
    let mut dims = y.dims.clone();
    dims.splice(axis..=axis, shape);
    b.give(node, Live { dims, ..y })
}

/// Sizes that two shapes have together.
pub(in crate::model::engine) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |of: &[usize], i: usize| {
        (i + of.len())
            .checked_sub(rank)
            .map_or(1, |i| of.get(i).copied().unwrap_or(1))
    };
    (0..rank)
        .map(|i| match (size(a, i), size(b, i)) {
            (m, n) if m == n => Some(m),
            (1, n) | (n, 1) => Some(n),
            _ => None,
        })
        .collect()
}

/// Expand.
pub(in crate::model::engine) fn expand<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let asked = b
        .numbers(node, 1, "shape")?
        .ok_or_else(|| b.refuse("no shape"))?;
    let asked = b.sizes(&asked)?;
    let dims =
        broadcast(&x.dims, &asked).ok_or_else(|| b.refuse("shapes that do not fit together"))?;
    b.fits(&dims)?;
    let x = b.plain(x)?;
    let more = dims.len() - x.dims.len();
    let mut own = vec![1; more];
    own.extend(&x.dims);
    let x = Live { dims: own, ..x };
    let mut all = vec![];
    for (&from, &to) in x.dims.iter().zip(&dims) {
        if to >= 1 << 24 {
            return Err(b.beyond("a size beyond all use"));
        }
        all.push(if from == to { whole(from) } else { vec![0; to] });
    }
    let y = places(b, &x, all, 0.0)?;
    b.give(node, y)
}

/// Tile.
pub(in crate::model::engine) fn tile<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let times = b
        .numbers(node, 1, "repeats")?
        .ok_or_else(|| b.refuse("no repeats"))?;
    let times = b.sizes(&times)?;
    if times.len() != x.dims.len() {
        return Err(b.refuse("repeats of another number"));
    }
    let sizes: Option<Vec<usize>> = x
        .dims
        .iter()
        .zip(&times)
        .map(|(&n, &times)| n.checked_mul(times))
        .collect();
    let sizes = sizes.ok_or_else(|| b.beyond("repeats"))?;
    b.fits(&sizes)?;
    let all = x.dims.iter().zip(sizes);
    let all = all.map(|(&n, size)| (0..size).map(|i| (i % n) as u32).collect());
    let all = all.collect();
    let y = places(b, &x, all, 0.0)?;
    b.give(node, y)
}

/// A tensor with its axes in another order, in ONNX's order of memory.
pub(super) fn permuted(b: &mut Builder<'_>, x: Live, order: &[usize]) -> Lay<Live> {
    let x = b.plain(x)?;
    let own = strides(&x.dims);
    let mut dims = vec![];
    let mut axes = vec![];
    for &axis in order {
        let (Some(&n), Some(&stride)) = (x.dims.get(axis), own.get(axis)) else {
            return Err(b.refuse("an order of other axes"));
        };
        dims.push(n);
        axes.push((whole(n), stride));
    }
    let op = Places::new(axes, &dims, 0.0, 0);
    b.step(op, &[&x], dims, false, x.is)
}

/// Transpose.
pub(in crate::model::engine) fn transpose<'a>(b: &mut Builder<'a>, node: &'a Node<'a>) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let rank = x.dims.len();
    let order = match node.ints("perm") {
        Some(order) => b.sizes(order)?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.into_iter().ne(0..rank) {
        return Err(b.refuse("an order that is none"));
    }
    // Between channels first and channels last there may be nothing to do.
    if x.last
        && rank >= 2
        && order.first() == Some(&0)
        && order.last() == Some(&1)
        && order.iter().skip(1).take(rank - 2).copied().eq(2..rank)
    {
        let dims = x.physical();
        return b.give(
            node,
            Live {
                dims,
                last: false,
                ..x
            },
        );
    }
    let y = permuted(b, x, &order)?;
    b.give(node, y)
}

/// DepthToSpace.
pub(in crate::model::engine) fn depth_to_space<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let x = b.plain(x)?;
    let side = usize::try_from(node.int("blocksize", 0)).unwrap_or(0);
    let &[n, c, h, w] = x.dims.as_slice() else {
        return Err(b.refuse("other than four axes"));
    };
    let area = side
        .checked_mul(side)
        .filter(|&a| a > 0 && c.is_multiple_of(a));
    let area = area.ok_or_else(|| b.refuse("blocksize"))?;
    let crd = node.text("mode", "DCR") == "CRD";
    let (dims, order) = if crd {
        (vec![n, c / area, side, side, h, w], [0, 1, 4, 2, 5, 3])
    } else {
        (vec![n, side, side, c / area, h, w], [0, 3, 4, 1, 5, 2])
    };
    let y = permuted(b, Live { dims, ..x }, &order)?;
    b.give(
        node,
        Live {
            dims: vec![n, c / area, h * side, w * side],
            ..y
        },
    )
}

/// SpaceToDepth.
pub(in crate::model::engine) fn space_to_depth<'a>(
    b: &mut Builder<'a>,
    node: &'a Node<'a>,
) -> Lay<()> {
    let x = b.input(node, 0)?;
    let x = b.live(x)?;
    let x = b.plain(x)?;
    let side = usize::try_from(node.int("blocksize", 0)).unwrap_or(0);
    let &[n, c, h, w] = x.dims.as_slice() else {
        return Err(b.refuse("other than four axes"));
    };
    if side == 0 || !h.is_multiple_of(side) || !w.is_multiple_of(side) {
        return Err(b.refuse("blocksize"));
    }
    let dims = vec![n, c, h / side, side, w / side, side];
    let order = if node.text("mode", "DCR") == "CRD" {
        [0, 1, 3, 5, 2, 4]
    } else {
        [0, 3, 5, 1, 2, 4]
    };
    let y = permuted(b, Live { dims, ..x }, &order)?;
    b.give(
        node,
        Live {
            dims: vec![n, c * side * side, h / side, w / side],
            ..y
        },
    )
}
