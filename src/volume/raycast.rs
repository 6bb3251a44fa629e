//! A volume as a picture: parallel rays from front to back, colours by a transfer function, surfaces lit by their gradient.

use std::rc::Rc;

use super::{
    blocks::{Blocks, around},
    codes,
    grid::Grid,
    ray::Ray,
    transfer::{self, Gather, Table},
    voxels::{Volume, each_samples},
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    study::geometry::{Vec3, add, cross, dot, norm, scale, sub},
};

/// From where a volume is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Degrees around the long axis of the patient: 0 from the front, 90 from the patient's left.
    pub azimuth: f64,
    /// Degrees above the horizon: 90 from the head.
    pub elevation: f64,
    /// What is in the middle of the picture, LPS, mm.
    pub target: Vec3,
    /// Size of a pixel, mm.
    pub pixel_mm: f64,
}

impl Camera {
    /// Right, down and forward, unit vectors, LPS.
    pub fn axes(&self) -> [Vec3; 3] {
        let (sa, ca) = self.azimuth.to_radians().sin_cos();
        let (se, ce) = self.elevation.to_radians().sin_cos();
        let forward = [-sa * ce, ca * ce, -se];
        let right = [ca, sa, 0.0];
        [right, cross(forward, right), forward]
    }
}

/// Size of a pixel at which the whole of a volume fits a picture from every side, mm.
pub fn fitting(grid: &Grid, width: usize, height: usize) -> f64 {
    let middle = grid.centre();
    let reach = grid.corners().map(|corner| norm(sub(corner, middle)));
    2.0 * reach.into_iter().fold(0.0, f64::max) / width.min(height).max(1) as f64
}

/// Labels of the voxels of the frames as they are, in colour.
#[derive(Debug, Clone)]
pub struct Labels {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Of each slice, first index fastest; 0 is nothing.
    pub(super) frames: Vec<Rc<Vec<u8>>>,
    /// Of each label.
    pub(super) colours: Rc<Vec<[u8; 3]>>,
    /// What 1 mm of a labelled voxel hides, 0..1.
    pub(super) opacity: f32,
    /// Blocks of the volume that hold any.
    blocks: Rc<Vec<bool>>,
}

impl Labels {
    /// Labels for a volume: of each of its slices, on the grid of the frames as they are. `opacity`: what 1 mm of a labelled voxel hides.
    pub fn of(
        volume: &Volume,
        [columns, rows]: [usize; 2],
        frames: Vec<Rc<Vec<u8>>>,
        colours: Rc<Vec<[u8; 3]>>,
        opacity: f32,
    ) -> Self {
        let blocks = volume.blocks();
        let mut held = vec![false; blocks.ranges.len()];
        let by = volume.reduced;
        for (k, frame) in frames.iter().enumerate() {
            for (j, line) in frame.chunks_exact(columns.max(1)).enumerate() {
                for (i, _) in line.iter().enumerate().filter(|(_, label)| **label != 0) {
                    for bk in around(k, blocks.dims[2]) {
                        for bj in around(j / by, blocks.dims[1]) {
                            for bi in around(i / by, blocks.dims[0]) {
                                let at = bi + blocks.dims[0] * (bj + blocks.dims[1] * bk);
                                if let Some(held) = held.get_mut(at) {
                                    *held = true;
                                }
                            }
                        }
                    }
                }
            }
        }
        Self {
            columns,
            rows,
            frames,
            colours,
            opacity,
            blocks: Rc::new(held),
        }
    }

    /// True where it was made of these frames.
    pub fn is_of(&self, frames: &[Rc<Vec<u8>>]) -> bool {
        let same = |(a, b): (&Rc<Vec<u8>>, &Rc<Vec<u8>>)| Rc::ptr_eq(a, b);
        self.frames.len() == frames.len() && self.frames.iter().zip(frames).all(same)
    }
}

/// How a volume is rendered.
#[derive(Debug, Clone)]
pub struct Cast {
    /// From where.
    pub camera: Camera,
    /// Width, pixels.
    pub width: usize,
    /// Height, pixels.
    pub height: usize,
    /// Name of the preset.
    pub preset: String,
    /// The preset's values are taken to be that much higher, in its own unit.
    pub shift: f32,
    /// What is shown along i, j, k: shares of the whole, 0..1.
    pub clip: [[f64; 2]; 3],
    /// Length of a step in voxels along the ray; 0.5 for a picture, more while moving.
    pub step: f64,
    /// A label map over it.
    pub labels: Option<Labels>,
}

/// All that the rays of one picture have in common.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) table: Table,
    pub(super) gather: Gather,
    pub(super) lit: bool,
    /// Place of the first pixel, step to the next, step to the next row, step along a ray: (i, j, height in steps).
    pub(super) start: Vec3,
    pub(super) across: Vec3,
    pub(super) down: Vec3,
    pub(super) forward: Vec3,
    /// Where rays may be.
    pub(super) ends: [(f64, f64); 3],
    /// Most steps of a ray.
    pub(super) most: usize,
    /// Directions to the light, and half-way between light and eye, for gradients in patient directions.
    pub(super) light: [f32; 3],
    pub(super) half: [f32; 3],
    /// Rows: gradient → patient direction.
    pub(super) to_patient: [[f32; 3]; 3],
    /// For each block how many blocks around it, in every direction, show nothing; 0 for one that shows something.
    pub(super) clear: Rc<Vec<u8>>,
    pub(super) blocks: Rc<Blocks>,
    pub(super) label_step: f32,
}

impl Setup {
    pub(super) fn of(volume: &Volume, cast: &Cast, limits: &Limits) -> Result<Self> {
        let preset = transfer::by_name(&cast.preset)?;
        let numbers = [
            cast.camera.azimuth,
            cast.camera.elevation,
            cast.camera.pixel_mm,
            cast.step,
        ];
        let places = cast
            .camera
            .target
            .iter()
            .chain(&numbers)
            .chain(cast.clip.iter().flatten());
        let usable = places.copied().all(|x| x.is_finite() && x.abs() < 1e6)
            && cast.shift.is_finite()
            && cast.camera.pixel_mm > 1e-4
            && cast.step > 1e-2;
        if !usable || cast.width == 0 || cast.height == 0 {
            return Err(
                Error::new(&codes::BAD_PLANE).found(format!("{} × {}", cast.width, cast.height))
            );
        }
        let pixels = cast.width as u64 * cast.height as u64;
        if pixels > limits.frame_samples {
            return Err(Error::new(&codes::TOO_LARGE)
                .expected(Limits::at_most("frame_samples", limits.frame_samples))
                .found(pixels));
        }
        let grid = &volume.grid;
        let [right, down, forward] = cast.camera.axes();
        let step_mm = grid.detail() * cast.step;
        let table = transfer::table_of(preset, volume, step_mm as f32, cast.shift);
        let corners = grid.corners();
        let far = corners.iter().map(|&corner| {
            let way = sub(corner, cast.camera.target);
            dot(way, forward)
        });
        let (near, far) = far.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| {
            (a.min(x), b.max(x))
        });
        let mm = cast.camera.pixel_mm;
        let corner = add(
            add(cast.camera.target, scale(forward, near)),
            add(
                scale(right, -(cast.width as f64 - 1.0) / 2.0 * mm),
                scale(down, -(cast.height as f64 - 1.0) / 2.0 * mm),
            ),
        );
        // Along the stack rays count in steps, so that an even stack needs no division.
        let step = grid.heights.step;
        let in_steps = |[i, j, height]: Vec3| [i, j, height / step];
        let mut ends = grid.ends();
        ends[2] = (ends[2].0 / step, ends[2].1 / step);
        for (end, clip) in ends.iter_mut().zip(cast.clip) {
            let (low, wide) = (end.0, end.1 - end.0);
            *end = (
                low + wide * clip[0].clamp(0.0, 1.0),
                low + wide * clip[1].clamp(0.0, 1.0),
            );
        }
        let blocks = volume.blocks();
        let held = cast.labels.as_ref().map(|labels| labels.blocks.clone());
        // What shows depends on neither camera nor step: it is kept for the next picture.
        let sort = format!("{} {}", cast.preset, cast.shift);
        let clear = blocks.kept(&sort, held.as_ref(), || {
            let seen = blocks
                .ranges
                .iter()
                .enumerate()
                .map(|(at, &[least, most])| {
                    let labelled = held
                        .as_ref()
                        .is_some_and(|held| held.get(at) == Some(&true));
                    labelled || least <= most && table.shows(least, most)
                });
            blocks.clear(&seen.collect::<Vec<_>>())
        });
        // The light stands over the eye's left shoulder.
        let to_light = add(
            add(scale(forward, -1.0), scale(down, -0.55)),
            scale(right, -0.45),
        );
        let unit = |v: Vec3| {
            let length = norm(v).max(1e-9);
            scale(v, 1.0 / length).map(|x| x as f32)
        };
        let light = unit(to_light);
        let half = unit(add(scale(forward, -1.0), light.map(f64::from)));
        // A gradient changes with the inverse of the matrix that moves places: its columns are what `direction` gives for unit vectors.
        let axes =
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|axis| grid.direction(axis));
        Ok(Self {
            label_step: step_mm as f32,
            table,
            gather: preset.gather,
            lit: preset.lit,
            start: in_steps(grid.to_grid(corner)),
            across: in_steps(grid.direction(scale(right, mm))),
            down: in_steps(grid.direction(scale(down, mm))),
            forward: in_steps(grid.direction(scale(forward, step_mm))),
            ends,
            most: (((far - near) / step_mm) as usize).saturating_add(2),
            light,
            half,
            to_patient: axes.map(|axis| in_steps(axis).map(|x| x as f32)),
            clear,
            blocks,
        })
    }

    /// First and last step of the ray from a place that lie within the ends; `None` where there is none.
    pub(super) fn span(&self, start: Vec3) -> Option<(usize, usize)> {
        let (mut from, mut to) = (0.0_f64, self.most as f64);
        for (axis, &(low, high)) in self.ends.iter().enumerate() {
            let (at, step) = (start[axis], self.forward[axis]);
            if step.abs() < 1e-12 {
                if at < low || at > high {
                    return None;
                }
                continue;
            }
            let (a, b) = ((low - at) / step, (high - at) / step);
            from = from.max(a.min(b).ceil());
            to = to.min(a.max(b).floor());
        }
        (from <= to).then_some((from as usize, to as usize))
    }
}

/// Renders rows `rows` of the picture: R, G, B, A, 4 bytes a pixel, A = 255; black where nothing is.
///
/// # Errors
/// `PIX-455` for an unknown preset, `PIX-453` for numbers that are none, `PIX-452` beyond the limit, `PIX-454` when cancelled.
pub fn rows(
    volume: &Volume,
    cast: &Cast,
    rows: std::ops::Range<usize>,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<Vec<u8>> {
    let setup = Setup::of(volume, cast, limits)?;
    let rows = rows.start.min(cast.height)..rows.end.min(cast.height);
    let mut out = Vec::with_capacity(rows.len() * cast.width * 4);
    let count = rows.len() as u64;
    for (done, row) in rows.enumerate() {
        if monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        each_samples!(&volume.samples, data => {
            let ray = Ray::new(volume, cast, &setup, data);
            for column in 0..cast.width {
                out.extend(ray.cast(column, row));
            }
        });
        monitor.progress(Stage::Show, done as u64 + 1, count);
    }
    Ok(out)
}

/// The whole picture, as [`rows`].
///
/// # Errors
/// As [`rows`].
pub fn picture(
    volume: &Volume,
    cast: &Cast,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<Vec<u8>> {
    rows(volume, cast, 0..cast.height, limits, monitor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::Silent, volume::VolumeBuilder};

    /// Air with what `there` says is bone, slices at `heights`.
    fn bone(
        side: usize,
        spacing: f64,
        heights: &[f64],
        there: impl Fn(usize, usize, usize) -> bool,
    ) -> Volume {
        let positions: Vec<Vec3> = heights.iter().map(|&mm| [0.0, 0.0, mm]).collect();
        let ways = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let grid = Grid::new([side; 2], &positions, ways, [spacing; 2]).unwrap();
        let mut builder = VolumeBuilder::new(grid, 1 << 24);
        for k in 0..heights.len() {
            let of = |n| {
                if there(n % side, n / side, k) {
                    3000
                } else {
                    -1000
                }
            };
            let slice: Vec<i16> = (0..side * side).map(of).collect();
            builder.put(k, &slice, [1.0, 0.0], |_| false).unwrap();
        }
        builder.finish().unwrap()
    }

    /// The darkest pixel in the middle of pictures of a volume from a side, the camera in several places along its rays.
    fn darkest(volume: &Volume, [azimuth, elevation]: [f64; 2], step: f64) -> u8 {
        let all = (0..12).flat_map(|n| {
            let mut target = volume.grid.centre();
            for x in &mut target {
                *x += f64::from(n) * 0.083;
            }
            let camera = Camera {
                azimuth,
                elevation,
                target,
                pixel_mm: 0.2,
            };
            let cast = Cast {
                camera,
                width: 8,
                height: 8,
                preset: "ct-bone".to_owned(),
                shift: 0.0,
                clip: [[0.0, 1.0]; 3],
                step,
                labels: None,
            };
            picture(volume, &cast, &Limits::default(), &Silent).unwrap()
        });
        let all: Vec<u8> = all.collect();
        all.chunks_exact(4).map(|pixel| pixel[0]).min().unwrap()
    }

    #[test]
    fn rays_miss_no_sheet_and_reach_the_far_end_however_unequal_the_distances() {
        let heights: Vec<f64> = (0..24).map(|k| 5.0 * f64::from(k)).collect();
        let sides = [
            [0.0, 0.0],
            [180.0, 0.0],
            [90.0, 0.0],
            [-90.0, 0.0],
            [0.0, 90.0],
            [0.0, -90.0],
        ];
        for step in [0.5, 1.0] {
            for [azimuth, elevation] in sides {
                // A sheet of one voxel near each of both ends along the rays.
                for near in [false, true] {
                    let end = |n: usize, count: usize| n == if near { 2 } else { count - 3 };
                    let sheet = bone(64, 0.3, &heights, |i, j, k| match (azimuth, elevation) {
                        (_, 90.0 | -90.0) => end(k, 24),
                        (0.0 | 180.0, _) => end(j, 64),
                        _ => end(i, 64),
                    });
                    let seen = darkest(&sheet, [azimuth, elevation], step);
                    assert!(seen > 40, "{azimuth} {elevation} {near}: {seen}");
                }
            }
        }
        // Slices that lie nearer in one part of the stack than in the other.
        let heights: Vec<f64> = (0..12)
            .map(|k| 5.0 * f64::from(k))
            .chain((1..10).map(|k| 55.0 + 0.3 * f64::from(k)))
            .collect();
        let sheet = bone(32, 2.0, &heights, |_, _, k| k == 17);
        for side in [[0.0, 90.0], [0.0, -90.0]] {
            let seen = darkest(&sheet, side, 0.5);
            assert!(seen > 20, "{side:?}: {seen}");
        }
    }
}
