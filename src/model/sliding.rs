//! Windows that slide over a grid, and their outputs blended, as MONAI's `sliding_window_inference` defines it.
//!
//! Axes are D, H, W, the last index fastest. A picture is a grid of one plane, and a window of one plane slides in two dimensions: all
//! formulas are the same then. Outputs are summed in float32 in MONAI's order (the first axis slowest), so that sums are its sums; a plane
//! that no later window touches is finished and given away, so that memory holds as many planes as a window has.

use super::codes;
use crate::base::{Error, Limits, Monitor, Result, Stage};

/// How much each cell of a window counts where windows overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Blend {
    /// All the same.
    Constant,
    /// A Gaussian about the window's centre; its standard deviation is this share of the window along each axis.
    Gaussian(f64),
}

/// What lies around a grid that is smaller than the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Padding {
    /// This value.
    Constant(f32),
    /// The value of the nearest cell.
    Replicate,
    /// The grid mirrored at its outermost cells, which are not repeated.
    Reflect,
}

/// How windows lie over a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sliding {
    /// Cells of a window; 0: as many as the grid has.
    pub roi: [usize; 3],
    /// Share of a window that its neighbour covers, 0 to less than 1.
    pub overlap: [f64; 3],
    /// Weights.
    pub blend: Blend,
    /// Surroundings.
    pub padding: Padding,
}

/// The windows of one grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    dims: [usize; 3],
    /// The grid with what is added where it is smaller than a window.
    padded: [usize; 3],
    /// Cells added before the grid's first.
    before: [usize; 3],
    roi: [usize; 3],
    /// First cells of the windows along each axis, ascending.
    starts: [Vec<usize>; 3],
    padding: Padding,
    /// Weight of each cell of a window.
    importance: Vec<f32>,
}

/// What the windows are taken from: values on a grid, and how they become channels.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// D × H × W values.
    pub values: &'a [f32],
    /// Neighbouring planes that become channels (2.5-D), an odd number; beyond the ends the outermost plane is repeated.
    pub slices: usize,
    /// How often each channel is repeated: a grey value for each of three colours, say.
    pub copies: usize,
}

impl Windows {
    /// The windows of a grid of `dims` cells.
    ///
    /// # Errors
    /// `MDL-001` for an overlap that is none and a mirrored border wider than the grid, `MDL-006` for an empty grid, `MDL-011` where
    /// the grid, widened to a whole window, is beyond the limit.
    pub fn over(dims: [usize; 3], sliding: &Sliding, limits: &Limits) -> Result<Self> {
        if dims.contains(&0) {
            return Err(Error::new(&codes::INPUT).at("grid").found("no cells"));
        }
        if let Some(share) = (sliding.overlap.iter()).find(|o| !(0.0..1.0).contains(*o)) {
            return Err(Error::new(&codes::MANIFEST)
                .at("input.sliding.overlap")
                .expected("0 to less than 1")
                .found(share));
        }
        let roi: [usize; 3] = std::array::from_fn(|a| match sliding.roi[a] {
            0 => dims[a],
            n => n,
        });
        let padded: [usize; 3] = std::array::from_fn(|a| dims[a].max(roi[a]));
        let cells = padded.iter().fold(1u64, |n, &d| n.saturating_mul(d as u64));
        if cells > limits.volume_voxels {
            return Err(Error::new(&codes::VOLUME)
                .expected(Limits::at_most("volume_voxels", limits.volume_voxels))
                .found(cells));
        }
        let before: [usize; 3] = std::array::from_fn(|a| (padded[a] - dims[a]) / 2);
        if sliding.padding == Padding::Reflect
            && (0..3).any(|a| padded[a] - dims[a] - before[a] >= dims[a])
        {
            return Err(Error::new(&codes::MANIFEST)
                .at("input.sliding.padding")
                .expected("a border narrower than the image, where it is mirrored")
                .found(format!("{dims:?} cells, windows of {roi:?}")));
        }
        let starts = std::array::from_fn(|a| starts(padded[a], roi[a], sliding.overlap[a]));
        Ok(Self {
            dims,
            padded,
            before,
            roi,
            starts,
            padding: sliding.padding,
            importance: importance(roi, sliding.blend),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.starts.iter().map(Vec::len).product()
    }

    /// Cells of a window along each axis.
    pub fn roi(&self) -> [usize; 3] {
        self.roi
    }

    /// First cells of all windows in the widened grid, in order.
    pub fn starts(&self) -> impl Iterator<Item = [usize; 3]> {
        let [d, h, w] = &self.starts;
        d.iter()
            .flat_map(move |&a| h.iter().map(move |&b| (a, b)))
            .flat_map(move |(a, b)| w.iter().map(move |&c| [a, b, c]))
    }

    /// Bytes that blending takes for `channels` of output and `inputs` of input.
    pub fn bytes(&self, channels: usize, inputs: usize) -> u64 {
        let plane = self.padded[1] as u64 * self.padded[2] as u64;
        let window = self.importance.len() as u64;
        let sums = plane
            .saturating_mul(self.roi[0] as u64 + 1)
            .saturating_mul(channels as u64 + 1);
        // A window's input, output and weights.
        let windows = window.saturating_mul(inputs as u64 + channels as u64 + 1);
        sums.saturating_add(windows).saturating_mul(4)
    }

    /// The cell of the grid that lies at a cell of the widened grid; `None` where the padding's constant lies.
    fn cell(&self, axis: usize, at: usize) -> Option<usize> {
        let (from, n) = (self.before[axis], self.dims[axis]);
        if (from..from + n).contains(&at) {
            return Some(at - from);
        }
        match self.padding {
            Padding::Constant(_) => None,
            Padding::Replicate => Some(if at < from { 0 } else { n - 1 }),
            // Narrower than the grid, which was looked at.
            Padding::Reflect if at < from => Some((from - at).min(n - 1)),
            Padding::Reflect => Some((n - 1).saturating_sub(at - (from + n - 1))),
        }
    }

    /// The tensor of the window that begins at a cell of the widened grid, [channels, D, H, W].
    pub fn tensor(&self, image: &Image<'_>, start: [usize; 3]) -> Vec<f32> {
        let mut tensor = vec![];
        self.take(image, start, &mut tensor);
        tensor
    }

    fn take(&self, image: &Image<'_>, start: [usize; 3], tensor: &mut Vec<f32>) {
        let fill = match self.padding {
            Padding::Constant(value) => value,
            _ => 0.0,
        };
        let [_, rows, columns] = self.dims;
        let across: Vec<Option<usize>> = (0..self.roi[2])
            .map(|x| self.cell(2, start[2] + x))
            .collect();
        tensor.clear();
        for channel in 0..image.slices {
            let from = tensor.len();
            for d in 0..self.roi[0] {
                let plane = self.cell(0, start[0] + d).map(|z| {
                    // Beyond the ends the outermost plane.
                    (z + channel)
                        .saturating_sub(image.slices / 2)
                        .min(self.dims[0] - 1)
                });
                for h in 0..self.roi[1] {
                    let row = (plane.zip(self.cell(1, start[1] + h)))
                        .and_then(|(z, y)| image.values.get((z * rows + y) * columns..))
                        .and_then(|rest| rest.get(..columns));
                    match row {
                        None => tensor.extend(std::iter::repeat_n(fill, self.roi[2])),
                        Some(row) => tensor.extend(
                            across
                                .iter()
                                .map(|x| x.and_then(|x| row.get(x)).copied().unwrap_or(fill)),
                        ),
                    }
                }
            }
            let one = from..tensor.len();
            for _ in 1..image.copies {
                tensor.extend_from_within(one.clone());
            }
        }
    }

    /// Runs `infer` on each window (its tensor [channels, D, H, W] → `channels` × cells) and gives each finished plane away, in order:
    /// its index and its blended values, `channels` × H × W of the grid. Asks `monitor` between windows.
    ///
    /// # Errors
    /// `MDL-005` where an output has another size, `MDL-006` where the values do not fill the grid, `MDL-007` when cancelled, `MDL-008`
    /// where blending would take more than `budget_bytes`, and those of `infer` and `plane`.
    pub fn run(
        &self,
        image: &Image<'_>,
        channels: usize,
        budget_bytes: u64,
        monitor: &dyn Monitor,
        infer: &mut dyn FnMut(&[f32]) -> Result<Vec<f32>>,
        plane: &mut dyn FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        if image.values.len() != self.dims.iter().product::<usize>() || image.slices == 0 {
            return Err(Error::new(&codes::INPUT)
                .at("grid")
                .expected(format!("{:?} values", self.dims))
                .found(image.values.len()));
        }
        let need = self.bytes(channels, image.slices * image.copies);
        if need > budget_bytes || channels == 0 {
            return Err(Error::new(&codes::MEMORY)
                .expected(format!("{need} bytes"))
                .found(format!("{budget_bytes} bytes")));
        }
        let mut slab = Slab::new(self, channels);
        let (mut tensor, total) = (Vec::new(), self.count() as u64);
        for (done, start) in self.starts().enumerate() {
            if monitor.cancelled() {
                return Err(Error::new(&codes::CANCELLED));
            }
            monitor.progress(Stage::Infer, done as u64, total);
            slab.finish(start[0], plane)?;
            self.take(image, start, &mut tensor);
            let output = infer(&tensor)?;
            if output.len() != channels * self.importance.len() {
                return Err(Error::new(&codes::RUN)
                    .at("output of a window")
                    .expected(format!("{channels} × {:?} values", self.roi))
                    .found(output.len()));
            }
            slab.add(start, &output);
        }
        slab.finish(self.padded[0], plane)?;
        monitor.progress(Stage::Infer, total, total);
        Ok(())
    }
}

/// First cells of the windows along one axis: steps of the share that does not overlap, the last window at the end.
fn starts(size: usize, roi: usize, overlap: f64) -> Vec<usize> {
    let step = if roi == size {
        roi
    } else {
        ((roi as f64 * (1.0 - overlap)) as usize).max(1)
    };
    let last = size - roi;
    let mut all: Vec<usize> = (0..last).step_by(step).collect();
    all.push(last);
    all
}

/// Weights of a window's cells. The smallest weight is 0.001, or the least of the Gaussian where that is larger.
fn importance(roi: [usize; 3], blend: Blend) -> Vec<f32> {
    let Blend::Gaussian(share) = blend else {
        return vec![1.0; roi.iter().product()];
    };
    let line = |n: usize| -> Vec<f32> {
        let sigma = n as f64 * share;
        let divisor = (-2.0 * sigma * sigma) as f32;
        (0..n)
            .map(|i| {
                let x = i as f32 - (n as f32 - 1.0) / 2.0;
                libm::expf(x * x / divisor)
            })
            .collect()
    };
    let [d, h, w] = roi.map(line);
    let planes = d.iter().flat_map(|a| h.iter().map(move |b| a * b));
    let mut map: Vec<f32> = planes
        .flat_map(|ab| w.iter().map(move |c| ab * c))
        .collect();
    let least = map.iter().copied().fold(f32::MAX, f32::min).max(1e-3);
    for weight in &mut map {
        *weight = weight.max(least);
    }
    map
}

/// Sums of the planes that windows still reach.
struct Slab<'a> {
    windows: &'a Windows,
    channels: usize,
    /// First plane of the widened grid that is in here.
    first: usize,
    /// Planes × channels × H × W.
    sums: Vec<f32>,
    /// Planes × H × W.
    weights: Vec<f32>,
    /// A finished plane.
    done: Vec<f32>,
}

impl<'a> Slab<'a> {
    fn new(windows: &'a Windows, channels: usize) -> Self {
        let cells = windows.roi[0] * windows.padded[1] * windows.padded[2];
        Self {
            windows,
            channels,
            first: 0,
            sums: vec![0.0; cells * channels],
            weights: vec![0.0; cells],
            done: Vec::with_capacity(channels * windows.dims[1] * windows.dims[2]),
        }
    }

    /// Adds a window's output.
    fn add(&mut self, start: [usize; 3], output: &[f32]) {
        let [_, rows, columns] = self.windows.padded;
        let [d, h, w] = self.windows.roi;
        let (base, importance) = (start[0] - self.first, &self.windows.importance);
        let place = |plane: usize, row: usize| (plane * rows + start[1] + row) * columns + start[2];
        for (line, weights) in importance.chunks_exact(w).enumerate() {
            let at = place(base + line / h, line % h);
            let sums = self.weights.get_mut(at..at + w).unwrap_or_default();
            sums.iter_mut().zip(weights).for_each(|(s, v)| *s += v);
        }
        for (channel, values) in output.chunks_exact(d * h * w).enumerate() {
            let lines = values.chunks_exact(w).zip(importance.chunks_exact(w));
            for (line, (values, weights)) in lines.enumerate() {
                let at = place((base + line / h) * self.channels + channel, line % h);
                let sums = self.sums.get_mut(at..at + w).unwrap_or_default();
                for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
                    *sum += value * weight;
                }
            }
        }
    }

    /// Gives the planes before `next` away and makes room for as many.
    fn finish(
        &mut self,
        next: usize,
        plane: &mut dyn FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let [_, rows, columns] = self.windows.padded;
        let [top, left] = [self.windows.before[1], self.windows.before[2]];
        let [depth, height, width] = self.windows.dims;
        let count = next - self.first;
        for nth in 0..count {
            let Some(z) = (self.first + nth)
                .checked_sub(self.windows.before[0])
                .filter(|&z| z < depth)
            else {
                continue;
            };
            self.done.clear();
            for channel in 0..self.channels {
                for row in top..top + height {
                    let sums = ((nth * self.channels + channel) * rows + row) * columns + left;
                    let weights = (nth * rows + row) * columns + left;
                    let sums = self.sums.get(sums..sums + width).unwrap_or_default();
                    let weights = (self.weights.get(weights..weights + width)).unwrap_or_default();
                    self.done
                        .extend(sums.iter().zip(weights).map(|(s, w)| s / w));
                }
            }
            plane(z, &self.done)?;
        }
        let plane = rows * columns;
        forget(&mut self.sums, count * plane * self.channels);
        forget(&mut self.weights, count * plane);
        self.first = next;
        Ok(())
    }
}

/// Moves what lies behind the first `count` values to the front, and zeros behind it.
fn forget(values: &mut [f32], count: usize) {
    let count = count.min(values.len());
    let kept = values.len() - count;
    values.copy_within(count.., 0);
    values[kept..].fill(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Silent;

    fn sliding(roi: [usize; 3]) -> Sliding {
        Sliding {
            roi,
            overlap: [0.25; 3],
            blend: Blend::Constant,
            padding: Padding::Constant(-1.0),
        }
    }

    fn blended(dims: [usize; 3], sliding: &Sliding, values: &[f32]) -> Vec<f32> {
        let windows = Windows::over(dims, sliding, &Limits::default()).unwrap();
        let image = Image {
            values,
            slices: 1,
            copies: 1,
        };
        let mut all = vec![];
        windows
            .run(
                &image,
                1,
                1 << 30,
                &Silent,
                &mut |tensor| Ok(tensor.to_vec()),
                &mut |z, plane| {
                    assert_eq!(z * dims[1] * dims[2], all.len(), "planes come in order");
                    all.extend_from_slice(plane);
                    Ok(())
                },
            )
            .unwrap();
        all
    }

    #[test]
    fn what_each_window_gives_back_unchanged_is_unchanged() {
        let dims = [7, 9, 5];
        let values: Vec<f32> = (0..315).map(|i| i as f32).collect();
        for roi in [[3, 4, 2], [7, 9, 5], [0, 4, 0], [1, 9, 4], [10, 3, 6]] {
            assert_eq!(blended(dims, &sliding(roi), &values), values, "{roi:?}");
            for padding in [Padding::Replicate, Padding::Reflect] {
                let other = Sliding {
                    padding,
                    blend: Blend::Gaussian(0.125),
                    ..sliding(roi)
                };
                let worst = blended(dims, &other, &values)
                    .iter()
                    .zip(&values)
                    .fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs()));
                assert!(worst <= 315.0 * 1e-6, "{roi:?}: {worst}");
            }
        }
    }

    #[test]
    fn places_are_by_the_formula() {
        assert_eq!(starts(10, 4, 0.25), [0, 3, 6]);
        assert_eq!(starts(11, 4, 0.25), [0, 3, 6, 7]);
        assert_eq!(starts(4, 4, 0.9), [0]);
        assert_eq!(starts(5, 4, 0.9), [0, 1], "a step is one at least");
        // 96 × (1 − 0.7) is 28.8, of which the whole part counts.
        assert_eq!(starts(160, 96, 0.7), [0, 28, 56, 64]);
    }

    #[test]
    fn neighbours_are_channels_and_the_ends_repeat() {
        let windows = Windows::over([3, 1, 2], &sliding([1, 0, 0]), &Limits::default()).unwrap();
        let image = Image {
            values: &[0.0, 1.0, 10.0, 11.0, 20.0, 21.0],
            slices: 3,
            copies: 2,
        };
        let mut tensor = vec![];
        windows.take(&image, [0, 0, 0], &mut tensor);
        let twice = |planes: [f32; 3]| -> Vec<f32> {
            planes
                .iter()
                .flat_map(|&p| [p, p + 1.0, p, p + 1.0])
                .collect()
        };
        assert_eq!(tensor, twice([0.0, 0.0, 10.0]));
        windows.take(&image, [2, 0, 0], &mut tensor);
        assert_eq!(tensor, twice([10.0, 20.0, 20.0]));
    }

    #[test]
    fn borders() {
        let row = |padding| {
            let sliding = Sliding {
                padding,
                ..sliding([1, 1, 7])
            };
            let windows = Windows::over([1, 1, 4], &sliding, &Limits::default()).unwrap();
            let image = Image {
                values: &[1.0, 2.0, 3.0, 4.0],
                slices: 1,
                copies: 1,
            };
            let mut tensor = vec![];
            windows.take(&image, [0; 3], &mut tensor);
            tensor
        };
        assert_eq!(
            row(Padding::Constant(9.0)),
            [9.0, 1.0, 2.0, 3.0, 4.0, 9.0, 9.0]
        );
        assert_eq!(row(Padding::Replicate), [1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0]);
        assert_eq!(row(Padding::Reflect), [2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0]);
    }

    #[test]
    fn what_cannot_be_is_refused_before_memory_is_taken() {
        let over = |dims, sliding: Sliding| {
            Windows::over(dims, &sliding, &Limits::default())
                .unwrap_err()
                .code()
        };
        let huge = sliding([1 << 20; 3]);
        assert_eq!(over([4; 3], huge), &codes::VOLUME);
        assert_eq!(over([0, 4, 4], sliding([4; 3])), &codes::INPUT);
        let all = Sliding {
            overlap: [0.5, 1.0, 0.5],
            ..sliding([4; 3])
        };
        assert_eq!(over([9; 3], all), &codes::MANIFEST);
        let mirrored = Sliding {
            padding: Padding::Reflect,
            ..sliding([9; 3])
        };
        assert_eq!(over([3; 3], mirrored), &codes::MANIFEST);

        let windows = Windows::over([9; 3], &sliding([4; 3]), &Limits::default()).unwrap();
        let values = vec![0.0; 729];
        let image = Image {
            values: &values,
            slices: 1,
            copies: 1,
        };
        let refused = |channels, budget, answer: usize| {
            windows
                .run(
                    &image,
                    channels,
                    budget,
                    &Silent,
                    &mut |_| Ok(vec![0.0; answer]),
                    &mut |_, _| Ok(()),
                )
                .unwrap_err()
                .code()
        };
        let need = windows.bytes(2, 1);
        assert_eq!(refused(2, need - 1, 128), &codes::MEMORY);
        assert_eq!(refused(2, need, 64), &codes::RUN);
    }

    #[test]
    fn it_stops_between_windows() {
        struct After(std::cell::Cell<u32>);
        impl Monitor for After {
            fn progress(&self, _: Stage, _: u64, _: u64) {}
            fn cancelled(&self) -> bool {
                self.0.set(self.0.get() + 1);
                self.0.get() > 3
            }
        }
        let windows = Windows::over([9; 3], &sliding([4; 3]), &Limits::default()).unwrap();
        let (values, mut runs) = (vec![0.0; 729], 0);
        let image = Image {
            values: &values,
            slices: 1,
            copies: 1,
        };
        let error = windows
            .run(
                &image,
                1,
                1 << 20,
                &After(std::cell::Cell::new(0)),
                &mut |tensor| {
                    runs += 1;
                    Ok(tensor.to_vec())
                },
                &mut |_, _| Ok(()),
            )
            .unwrap_err();
        assert_eq!((error.code(), runs), (&codes::CANCELLED, 3));
    }
}
