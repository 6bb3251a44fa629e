//! The conform of the MeshNet models: 256³ voxels of 1 mm, first axis to the left, second down, third to the front, values in a byte.
//!
//! Follows the steps of the models' authors exactly, so that labels are theirs: trilinear, zero outside, histogram scaling, truncation.

use crate::{
    base::{Error, Result},
    model::codes,
    study::{
        geometry::{Vec3, add, cross, dot, scale, sub},
        volume::Volume,
    },
};

/// Voxels along each side of the conformed grid.
pub const SIDE: usize = 256;

/// A conformed volume; index `k + SIDE * (j + SIDE * i)`: i to the left, j down, k to the front, as the network's D, H, W.
#[derive(Debug, Clone, PartialEq)]
pub struct Conformed {
    /// Values 0 to 255.
    pub values: Vec<u8>,
    /// Centre of the grid's voxel (128,128,128) in the patient (LPS), mm.
    pub centre: Vec3,
}

/// A box of the conformed grid, [from, to) per axis i, j, k.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// First voxel.
    pub from: [usize; 3],
    /// One beyond the last.
    pub to: [usize; 3],
}

impl Crop {
    /// Size along each axis.
    pub fn dims(&self) -> [usize; 3] {
        std::array::from_fn(|a| self.to[a].saturating_sub(self.from[a]))
    }
}

/// Conforms a volume. `bytes` says that the source's values are unsigned bytes, which the authors do not stretch.
///
/// # Errors
/// `MDL-006` when the volume is empty, not finite or its steps span no space.
pub fn conform(volume: &Volume, bytes: bool) -> Result<Conformed> {
    let inverse = Inverse::of(volume)?;
    let (low, factor) = scaling(&volume.values, bytes);
    let centre = (0..3).fold(volume.origin, |point, a| {
        add(point, scale(volume.steps[a], volume.dims[a] as f64 / 2.0))
    });
    let to_byte = |v: f64| ((v - low) * factor).clamp(0.0, 255.0) as u8;
    let outside = to_byte(0.0);
    // Each index of the grid moves one coordinate, so what it adds to an index of the volume is computed once for all voxels.
    let parts = |axis: usize, at: &dyn Fn(usize) -> [usize; 3]| -> Vec<Vec3> {
        let part = |n| inverse.part(axis, position(centre, at(n)));
        (0..SIDE).map(part).collect()
    };
    let (left, down) = (parts(0, &|i| [i, 0, 0]), parts(2, &|j| [0, j, 0]));
    let front = parts(1, &|k| [0, 0, k]);
    let mut values = Vec::with_capacity(SIDE * SIDE * SIDE);
    for i in &left {
        for j in &down {
            values.extend(front.iter().map(|k| {
                // In the order of a product of three: left, front, down is x, y, z of the patient.
                let p = std::array::from_fn(|a| exact(i[a] + k[a] + j[a]));
                trilinear(volume, p).map_or(outside, to_byte)
            }));
        }
    }
    Ok(Conformed { values, centre })
}

/// LPS position of a conformed voxel: i grows to +x (left), j to −z (down), k to −y (front).
fn position(centre: Vec3, [i, j, k]: [usize; 3]) -> Vec3 {
    let half = (SIDE / 2) as f64;
    add(centre, [i as f64 - half, half - k as f64, half - j as f64])
}

/// Patient position → fractional index.
struct Inverse {
    origin: Vec3,
    rows: [Vec3; 3],
}

impl Inverse {
    fn of(volume: &Volume) -> Result<Self> {
        let [a, b, c] = volume.steps;
        let wrong = || Error::new(&codes::INPUT).at("volume");
        let count = (volume.dims.iter()).try_fold(1usize, |n, &d| n.checked_mul(d));
        let volume_mm3 = dot(a, cross(b, c));
        if count != Some(volume.values.len()) || volume.values.is_empty() {
            return Err(wrong().found("values that do not fill the grid"));
        }
        if !volume_mm3.is_finite() || volume_mm3.abs() < 1e-9 {
            return Err(wrong().found("steps that span no space"));
        }
        if !volume.values.iter().all(|v| v.is_finite()) {
            return Err(wrong().found("values that are not finite"));
        }
        let rows = [cross(b, c), cross(c, a), cross(a, b)].map(|r| scale(r, 1.0 / volume_mm3));
        let origin = volume.origin;
        Ok(Self { origin, rows })
    }
    /// What one coordinate of a patient position adds to each index.
    fn part(&self, axis: usize, point: Vec3) -> Vec3 {
        let d = sub(point, self.origin);
        self.rows.map(|row| row[axis] * d[axis])
    }
}

/// Rounding of an exact grid must not lose its outermost voxels.
fn exact(x: f64) -> f64 {
    let near = (x + 0.5).floor(); // one instruction, where `round` is a call in WebAssembly
    if (x - near).abs() < 1e-6 { near } else { x }
}

/// Trilinear value at a fractional index; `None` outside.
fn trilinear(volume: &Volume, p: Vec3) -> Option<f64> {
    let low = p.map(f64::floor);
    let f: Vec3 = std::array::from_fn(|a| p[a] - low[a]);
    let between = f.map(|f| f > 0.0);
    let inside = |a: usize| {
        let last = low[a] + f64::from(u8::from(between[a]));
        low[a] >= 0.0 && last < volume.dims[a] as f64
    };
    if !(0..3).all(inside) {
        return None;
    }
    let [nx, ny, _] = volume.dims;
    let steps = [1, nx, nx * ny];
    let first = (0..3).map(|a| steps[a] * low[a] as usize).sum::<usize>();
    let at = |index: usize| volume.values.get(index).map_or(0.0, |&v| f64::from(v));
    if !between.contains(&true) {
        return Some(at(first));
    }
    let next: [usize; 3] = std::array::from_fn(|a| steps[a] * usize::from(between[a]));
    let line = |index: usize| at(index) * (1.0 - f[0]) + at(index + next[0]) * f[0];
    let plane = |index: usize| line(index) * (1.0 - f[1]) + line(index + next[1]) * f[1];
    Some(plane(first) * (1.0 - f[2]) + plane(first + next[2]) * f[2])
}

/// (low, factor) of the byte scaling: the histogram of the source in 1000 bins, cut at the brightest 0.1 % of what is not zero.
fn scaling(values: &[f32], bytes: bool) -> (f64, f64) {
    let (min, max) = extremes(values);
    if bytes || max <= min {
        return (min, 1.0);
    }
    let width = (max - min) / 1000.0;
    let mut bins = [0u64; 1000];
    let mut not_zero = 0u64;
    for &v in values {
        let v = f64::from(v);
        not_zero += u64::from(v.abs() >= 1e-15);
        let bin = (((v - min) / width) as usize).min(999);
        if let Some(count) = bins.get_mut(bin) {
            *count += 1;
        }
    }
    let enough = values.len() as u64 - (0.001 * not_zero as f64).floor() as u64;
    let mut sum = 0;
    let cut = bins.iter().position(|count| {
        sum += count;
        sum >= enough
    });
    let high = min + cut.unwrap_or(999) as f64 * width;
    let factor = if high == min {
        1.0
    } else {
        255.0 / (high - min)
    };
    (min, factor)
}

fn extremes(values: &[f32]) -> (f64, f64) {
    values.iter().fold((f64::MAX, f64::MIN), |(lo, hi), &v| {
        (lo.min(f64::from(v)), hi.max(f64::from(v)))
    })
}

/// Offset and divisor of the normalisation over the whole grid: `(v - offset) / divisor`. Not clipped.
pub fn normalisation(values: &[u8], quantile: bool) -> (f32, f32) {
    let mut bins = [0usize; 256];
    for &v in values {
        bins[usize::from(v)] += 1;
    }
    let ranked = |rank: usize| {
        let mut sum = 0;
        let found = bins.iter().position(|count| {
            sum += count;
            sum > rank
        });
        found.unwrap_or(255) as f32
    };
    let n = values.len();
    let (a, b) = if quantile {
        let high = (0.95 * n as f64).ceil() as usize;
        (
            ranked((0.05 * n as f64) as usize),
            ranked(high.saturating_sub(1)),
        )
    } else {
        (ranked(0), ranked(n.saturating_sub(1)))
    };
    (a, if b > a { b - a } else { 1.0 })
}

/// The box of values above `threshold` × largest, widened by `padding`, inside the grid. `None` when nothing is above.
pub fn crop(values: &[u8], threshold: f32, padding: usize) -> Option<Crop> {
    let limit = threshold * f32::from(values.iter().copied().max().unwrap_or(0));
    let (mut from, mut to) = ([SIDE; 3], [0; 3]);
    let above = |v: &u8| f32::from(*v) > limit;
    for (row, line) in values.chunks(SIDE).enumerate() {
        let Some(first) = line.iter().position(above) else {
            continue;
        };
        let last = line.iter().rposition(above).unwrap_or(first);
        for (a, [least, most]) in [[row / SIDE; 2], [row % SIDE; 2], [first, last]]
            .into_iter()
            .enumerate()
        {
            from[a] = from[a].min(least);
            to[a] = to[a].max(most + 1);
        }
    }
    (to[0] > 0).then(|| Crop {
        from: from.map(|x| x.saturating_sub(padding)),
        to: to.map(|x| (x + padding).min(SIDE)),
    })
}

/// Labels on the conformed grid → the label at each voxel of the source, nearest; 0 outside the grid.
///
/// # Errors
/// `MDL-006` when the labels do not fill the grid.
pub fn back_to_source(labels: &[u8], centre: Vec3, grid: &Volume) -> Result<Vec<u8>> {
    if labels.len() != SIDE * SIDE * SIDE {
        return Err(Error::new(&codes::INPUT).at("labels").found(labels.len()));
    }
    let [nx, ny, nz] = grid.dims;
    let half = (SIDE / 2) as f64;
    let along = |a: usize, n: usize| scale(grid.steps[a], n as f64);
    let row: Vec<Vec3> = (0..nx).map(|i| add(grid.origin, along(0, i))).collect();
    let mut out = Vec::with_capacity(nx * ny * nz);
    for k in 0..nz {
        for j in 0..ny {
            let (down, behind) = (along(1, j), along(2, k));
            out.extend(row.iter().map(|&place| {
                let d = sub(add(add(place, down), behind), centre);
                let at = [half + d[0], half - d[2], half - d[1]].map(rounded);
                if !at.iter().all(|&x| x >= 0.0 && x < SIDE as f64) {
                    return 0;
                }
                let index = at.iter().fold(0, |sum, &x| sum * SIDE + x as usize);
                labels.get(index).copied().unwrap_or(0)
            }));
        }
    }
    Ok(out)
}

/// As `f64::round`, without its call in WebAssembly.
fn rounded(x: f64) -> f64 {
    let whole = x.trunc();
    if (x - whole).abs() >= 0.5 {
        whole + 1_f64.copysign(x)
    } else {
        whole
    }
}
