//! Planes and slabs that lie along the grid: the patient's planes of most series.
//!
//! There the three interpolations come apart: each line of voxels is mixed with its neighbour and brought to the pixels once, and every
//! layer of a slab is a mixture of two such lines. What comes out is what `sampler` defines.

use super::{
    codes,
    plane::Plane,
    slab::Project,
    voxels::{Volume, Voxel, each_samples},
};
use crate::{
    base::{Error, Monitor, Result, Stage},
    study::geometry::{Vec3, scale},
    tone::PADDING,
};

/// A step below this, in voxels, is none.
const NONE: f64 = 1e-9;
/// A place is within the ends as far as rounding tells.
const ROUNDING: f64 = 1e-9;

/// A place along an axis: the voxel at or before it, and how far on it lies.
type Tap = (usize, f32);

/// How a plane lies along the grid.
struct Way<'a> {
    volume: &'a Volume,
    /// The grid's axes of rows, of columns and of the normal.
    axes: [usize; 3],
    /// Voxels from one to the next along these.
    strides: [usize; 3],
    /// Pixels of a row that lie in the volume, and where.
    pixels: std::ops::Range<usize>,
    along: Vec<Tap>,
    /// Where the rows lie.
    rows: Vec<Option<Tap>>,
    /// Where the layers lie that there are.
    layers: Vec<Tap>,
    /// First voxels and numbers of voxels along the rows and along the normal.
    first: [usize; 2],
    counts: [usize; 2],
    /// Those along the normal of which a layer needs the line.
    needed: Vec<bool>,
    /// Pixels are voxels: then the lines need no interpolation along the row.
    whole: bool,
}

/// Fills `values` with the projection of layers around a plane, where it lies along the grid; `false` where it does not.
pub(super) fn project(
    volume: &Volume,
    plane: &Plane,
    layers: &[f64],
    how: Project,
    values: &mut [f32],
    monitor: &dyn Monitor,
) -> Result<bool> {
    let grid = &volume.grid;
    let ways = [
        grid.direction(scale(plane.row, plane.spacing[1])),
        grid.direction(scale(plane.column, plane.spacing[0])),
        grid.direction(plane.normal()),
    ];
    let step = grid.heights.step;
    let Some(axes) = axes_of(ways.map(|[i, j, height]| [i, j, height / step])) else {
        return Ok(false);
    };
    let start = grid.to_grid(plane.at(0.0, 0.0));
    let mut sides = [plane.columns, plane.rows];
    let mut order = [0, 1];
    // Lines of voxels lie along the grid's rows where they can: then they are read in one go.
    let turned = axes[1] == 0;
    if turned {
        sides.swap(0, 1);
        order.swap(0, 1);
    }
    let axes = [axes[order[0]], axes[order[1]], axes[2]];
    let place =
        |way: usize, n: f64| start[axes[way]] + n * ways[*order.get(way).unwrap_or(&2)][axes[way]];
    let Some(way) = Way::of(volume, axes, sides, layers, &place) else {
        values.fill(PADDING);
        return Ok(true);
    };
    if turned {
        let mut lines = vec![0.0; values.len()];
        way.fill(how, sides[0], &mut lines, monitor)?;
        for (row, out) in values.chunks_exact_mut(plane.columns).enumerate() {
            for (value, line) in out.iter_mut().zip(lines.chunks_exact(sides[0])) {
                *value = line.get(row).copied().unwrap_or(PADDING);
            }
        }
    } else {
        way.fill(how, sides[0], values, monitor)?;
    }
    Ok(true)
}

/// The one axis of the grid along which each of three ways goes; `None` where one goes along several.
fn axes_of(ways: [Vec3; 3]) -> Option<[usize; 3]> {
    let mut axes = [0; 3];
    for (axis, way) in axes.iter_mut().zip(ways) {
        *axis = (0..3).max_by(|&a, &b| way[a].abs().total_cmp(&way[b].abs()))?;
        let beside = (0..3).filter(|n| n != axis).any(|n| way[n].abs() >= NONE);
        if beside {
            return None;
        }
    }
    let [a, b, c] = axes;
    (a != b && b != c && a != c).then_some(axes)
}

impl<'a> Way<'a> {
    /// `place`: the grid's coordinate of the nth pixel of a row, of the nth row, and of a layer so many mm away. `None` where nothing of the
    /// plane lies in the volume.
    fn of(
        volume: &'a Volume,
        axes: [usize; 3],
        sides: [usize; 2],
        layers: &[f64],
        place: &dyn Fn(usize, f64) -> f64,
    ) -> Option<Self> {
        let grid = &volume.grid;
        let ends = grid.ends();
        let tap = |way: usize, n: f64| -> Option<Tap> {
            let (axis, at) = (axes[way], place(way, n));
            let (low, high) = ends[axis];
            if at < low - ROUNDING || at > high + ROUNDING {
                return None;
            }
            let (low, part) = if axis == 2 {
                grid.heights.find(at)
            } else {
                let most = grid.dims[axis] - 2;
                let at = at.clamp(0.0, most as f64 + 1.0);
                let low = (at as usize).min(most);
                (low, (at - low as f64) as f32)
            };
            // What is a voxel but for rounding is that voxel.
            let part = if part < 1e-6 { 0.0 } else { part };
            Some((low, part))
        };
        let there = |tap: Option<Tap>| tap.filter(|tap| !tap.1.is_nan());
        let mut along: Vec<Option<Tap>> = (0..sides[0]).map(|n| tap(0, n as f64)).collect();
        let from = along.iter().position(Option::is_some)?;
        let to = along.iter().rposition(Option::is_some)? + 1;
        let along: Vec<Tap> = along.drain(from..to).flatten().collect();
        let rows = (0..sides[1]).map(|n| there(tap(1, n as f64))).collect();
        let layers: Vec<Tap> = layers.iter().filter_map(|&mm| there(tap(2, mm))).collect();
        let span = |taps: &[Tap]| {
            let least = taps.iter().map(|tap| tap.0).min()?;
            let most = taps.iter().map(|tap| tap.0).max()?;
            Some((least, most + 2 - least))
        };
        let (first_a, count_a) = span(&along)?;
        let (first_n, count_n) = span(&layers)?;
        let mut needed = vec![false; count_n];
        for &(low, part) in &layers {
            for (n, there) in needed.iter_mut().enumerate() {
                let own = n + first_n == low && part < 1.0;
                *there |= own || n + first_n == low + 1 && part > 0.0;
            }
        }
        let strides = [1, grid.dims[0], grid.dims[0] * grid.dims[1]];
        let whole = (along.iter().enumerate()).all(|(n, tap)| *tap == (first_a + n, 0.0));
        Some(Self {
            volume,
            axes,
            strides: axes.map(|axis| strides[axis]),
            pixels: from..to,
            along,
            rows,
            layers,
            first: [first_a, first_n],
            counts: [count_a, count_n],
            needed,
            whole,
        })
    }

    fn fill(
        &self,
        how: Project,
        columns: usize,
        values: &mut [f32],
        monitor: &dyn Monitor,
    ) -> Result<()> {
        let [count_a, count_n] = self.counts;
        let wide = self.pixels.len();
        let mut kept = [Lines::default(), Lines::default()];
        let mut mixed = vec![0.0; count_a];
        let mut lines = vec![0.0; count_n * wide];
        for (row, (out, tap)) in values.chunks_exact_mut(columns).zip(&self.rows).enumerate() {
            if monitor.cancelled() {
                return Err(Error::new(&codes::CANCELLED));
            }
            out.fill(PADDING);
            let (Some(out), Some((low, part))) = (out.get_mut(self.pixels.clone()), *tap) else {
                continue;
            };
            if part < 1.0 {
                self.keep(low, low + 1, &mut kept);
            }
            if part > 0.0 {
                self.keep(low + 1, low, &mut kept);
            }
            for n in (0..count_n).filter(|&n| self.needed.get(n) == Some(&true)) {
                let line = |c: usize| {
                    let lines = kept.iter().find(|lines| lines.of == Some(c));
                    let from = n * count_a;
                    lines
                        .and_then(|lines| lines.values.get(from..from + count_a))
                        .unwrap_or_default()
                };
                let source = if part == 0.0 {
                    line(low)
                } else if part >= 1.0 {
                    line(low + 1)
                } else {
                    for ((to, a), b) in mixed.iter_mut().zip(line(low)).zip(line(low + 1)) {
                        *to = a + (b - a) * part;
                    }
                    &mixed
                };
                let to = lines.get_mut(n * wide..(n + 1) * wide).unwrap_or_default();
                self.resample(source, to);
            }
            out.fill(match how {
                Project::Mip => PADDING,
                Project::MinIp => f32::INFINITY,
                Project::Mean => 0.0,
            });
            if self.volume.mask.is_some() {
                self.combine_masked(how, (low, part), &lines, out);
            } else {
                self.combine(how, &lines, out);
            }
            // Within a gap along the row, or under padding in every layer.
            for (value, along) in out.iter_mut().zip(&self.along) {
                if along.1.is_nan() || *value == f32::INFINITY {
                    *value = PADDING;
                }
            }
            monitor.progress(Stage::Show, row as u64 + 1, self.rows.len() as u64);
        }
        Ok(())
    }

    /// From voxels to pixels along a line.
    fn resample(&self, line: &[f32], out: &mut [f32]) {
        if self.whole {
            for (to, from) in out.iter_mut().zip(line) {
                *to = *from;
            }
            return;
        }
        for (to, &(low, part)) in out.iter_mut().zip(&self.along) {
            let at = low - self.first[0];
            if let Some([a, b]) = line.get(at..at + 2) {
                *to = a + (b - a) * part;
            }
        }
    }

    /// Sees to it that the lines at `c` across the rows are there; those of `other` may stay.
    fn keep(&self, c: usize, other: usize, kept: &mut [Lines; 2]) {
        if kept.iter().any(|lines| lines.of == Some(c)) {
            return;
        }
        if let Some(place) = kept.iter_mut().find(|lines| lines.of != Some(other)) {
            place.of = Some(c);
            each_samples!(&self.volume.samples, data => self.load(data, c, &mut place.values));
        }
    }

    /// All lines of modality values at `c` across the rows.
    fn load<T: Voxel>(&self, data: &[T], c: usize, values: &mut Vec<f32>) {
        let ([count_a, count_n], [first_a, first_n]) = (self.counts, self.first);
        let [a, b, n] = self.strides;
        values.resize(count_a * count_n, 0.0);
        let start = first_a * a + c * b + first_n * n;
        if n == 1 {
            // Voxels along the normal lie side by side: each look takes those of all layers.
            for at in 0..count_a {
                let from = start + at * a;
                let side = data.get(from..from + count_n).unwrap_or_default();
                for (stored, to) in side.iter().zip(values.iter_mut().skip(at).step_by(count_a)) {
                    *to = stored.number();
                }
            }
        } else {
            for (k, line) in values.chunks_exact_mut(count_a).enumerate() {
                let from = start + k * n;
                if self.needed.get(k) != Some(&true) {
                    continue;
                }
                if a == 1 {
                    let side = data.get(from..from + count_a).unwrap_or_default();
                    for (to, stored) in line.iter_mut().zip(side) {
                        *to = stored.number();
                    }
                } else {
                    for (at, to) in line.iter_mut().enumerate() {
                        *to = data
                            .get(from + at * a)
                            .map_or(0.0, |stored| stored.number());
                    }
                }
            }
        }
        for (k, line) in values.chunks_exact_mut(count_a).enumerate() {
            for (at, values) in line
                .chunks_mut(if self.axes[0] == 2 { 1 } else { count_a })
                .enumerate()
            {
                let slice = match self.axes {
                    [2, ..] => first_a + at,
                    [_, 2, _] => c,
                    _ => first_n + k,
                };
                let [slope, intercept] = self.volume.scale(slice);
                if (slope, intercept) != (1.0, 0.0) {
                    for value in values {
                        *value = *value * slope + intercept;
                    }
                }
            }
        }
    }

    /// The layers of one row of pixels made one.
    fn combine(&self, how: Project, lines: &[f32], out: &mut [f32]) {
        // Between two lines the outermost layers hold the least and the most, and sums need no more than the sum of parts.
        for group in self.layers.chunk_by(|a, b| a.0 == b.0) {
            let parts = || group.iter().map(|tap| tap.1);
            let (least, most) = parts().fold((1.0_f32, 0.0_f32), |(a, b), p| (a.min(p), b.max(p)));
            let (sum, count) = (parts().sum::<f32>(), group.len() as f32);
            let Some(&(low, _)) = group.first() else {
                continue;
            };
            let [a, b] = self.pair(low, [least, most], lines, out.len());
            let both = a.iter().zip(b).map(|(&a, &b)| (a, b - a));
            let all = out.iter_mut().zip(both);
            match how {
                Project::Mip => all.for_each(|(to, (a, d))| {
                    let (x, y) = (a + d * least, a + d * most);
                    let value = if y > x { y } else { x };
                    *to = if value > *to { value } else { *to };
                }),
                Project::MinIp => all.for_each(|(to, (a, d))| {
                    let (x, y) = (a + d * least, a + d * most);
                    let value = if y < x { y } else { x };
                    *to = if value < *to { value } else { *to };
                }),
                Project::Mean => all.for_each(|(to, (a, d))| *to += a * count + d * sum),
            }
        }
        if how == Project::Mean {
            let count = self.layers.len().max(1) as f32;
            for value in out.iter_mut() {
                *value /= count;
            }
        }
    }

    /// The lines on both sides of layers between `low` and the next, `parts` being the least and the most; those that no layer needs were
    /// not read.
    fn pair<'b>(
        &self,
        low: usize,
        [least, most]: [f32; 2],
        lines: &'b [f32],
        wide: usize,
    ) -> [&'b [f32]; 2] {
        let n = low - self.first[1];
        let line = |n: usize| lines.get(n * wide..(n + 1) * wide).unwrap_or_default();
        let near = line(if least >= 1.0 { n + 1 } else { n });
        [near, if most > 0.0 { line(n + 1) } else { near }]
    }

    /// The same where some voxels are padding: a value is there where the nearest voxel is none.
    fn combine_masked(&self, how: Project, row: Tap, lines: &[f32], out: &mut [f32]) {
        let near = |(low, part): Tap| low + usize::from(part >= 0.5);
        let mut counts = vec![0.0_f32; if how == Project::Mean { out.len() } else { 0 }];
        for &layer in &self.layers {
            let start = near(row) * self.strides[1] + near(layer) * self.strides[2];
            let (low, part) = layer;
            let [a, b] = self.pair(low, [part; 2], lines, out.len());
            for (n, ((to, (a, b)), &along)) in
                (out.iter_mut().zip(a.iter().zip(b)).zip(&self.along)).enumerate()
            {
                if self
                    .volume
                    .is_padding(start + near(along) * self.strides[0])
                {
                    continue;
                }
                let value = a + (b - a) * part;
                match how {
                    Project::Mip => *to = if value > *to { value } else { *to },
                    Project::MinIp => *to = if value < *to { value } else { *to },
                    Project::Mean => {
                        *to += value;
                        if let Some(count) = counts.get_mut(n) {
                            *count += 1.0;
                        }
                    }
                }
            }
        }
        for (value, count) in out.iter_mut().zip(&counts) {
            *value = if *count > 0.0 {
                *value / count
            } else {
                PADDING
            };
        }
    }
}

/// Lines of voxels at one place across the rows, one behind the other along the normal.
#[derive(Default)]
struct Lines {
    of: Option<usize>,
    values: Vec<f32>,
}
