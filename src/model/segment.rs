//! Segmentation in bounded memory: exact blocks, the label of each voxel, the largest component, volumes.

use super::{codes, prepare::conform::Crop};
use crate::base::{Error, Monitor, Result, Stage};

/// One block of a box: the core [from, to) that it labels, and the input [low, high) that this needs, per axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "described above")]
pub struct Block {
    pub from: [usize; 3],
    pub to: [usize; 3],
    pub low: [usize; 3],
    pub high: [usize; 3],
}

/// Cuts `dims` into slabs along the first axis, as thick as the budget allows. The halo is clipped at the faces, where the network pads
/// with zeros itself; zeros from outside would give other values.
///
/// # Errors
/// `MDL-008` when not even one plane and its halo fit.
pub fn blocks(
    dims: [usize; 3],
    halo: usize,
    bytes_per_voxel: u64,
    budget_bytes: u64,
) -> Result<Vec<Block>> {
    let plane = (dims[1] as u64 * dims[2] as u64)
        .saturating_mul(bytes_per_voxel)
        .max(1);
    let planes = usize::try_from(budget_bytes / plane).unwrap_or(usize::MAX);
    let core = if planes >= dims[0] {
        dims[0]
    } else {
        planes.saturating_sub(2 * halo)
    };
    if core == 0 && dims[0] > 0 {
        return Err(Error::new(&codes::MEMORY)
            .expected(format!(
                "{} bytes",
                plane.saturating_mul(2 * halo as u64 + 1)
            ))
            .found(format!("{budget_bytes} bytes")));
    }
    let starts = (0..dims[0]).step_by(core.max(1));
    Ok(starts
        .map(|a| {
            let b = (a + core).min(dims[0]);
            Block {
                from: [a, 0, 0],
                to: [b, dims[1], dims[2]],
                low: [a.saturating_sub(halo), 0, 0],
                high: [(b + halo).min(dims[0]), dims[1], dims[2]],
            }
        })
        .collect())
}

/// The channel of the largest value at each place; the first of equals. `logits` is channels × places.
pub fn argmax(logits: &[f32], channels: usize) -> Vec<u8> {
    let places = logits.len() / channels.max(1);
    let mut best = logits.get(..places).unwrap_or_default().to_vec();
    let mut labels = vec![0; places];
    for (channel, plane) in logits.chunks_exact(places.max(1)).enumerate().skip(1) {
        for ((label, best), &value) in labels.iter_mut().zip(&mut best).zip(plane) {
            if value > *best {
                (*best, *label) = (value, channel as u8);
            }
        }
    }
    labels
}

/// The channel of the largest value at each place, as [`argmax`], where the values of a place lie together: `values` is places × channels.
pub fn argmax_last(values: &[f32], channels: usize, labels: &mut Vec<u8>) {
    labels.extend(values.chunks_exact(channels.max(1)).map(|place| {
        let mut best = (f32::NEG_INFINITY, 0);
        for (channel, &value) in place.iter().enumerate() {
            // The first is best whatever it is, so that what is no number is not beaten by nothing.
            if channel == 0 || value > best.0 {
                best = (value, channel as u8);
            }
        }
        best.1
    }));
}

/// As [`softmax`], where the values of a place lie together; adds to the share of each channel.
pub fn softmax_last(values: &[f32], shares: &mut [Vec<u8>]) {
    let mut powers = vec![0.0_f32; shares.len()];
    for place in values.chunks_exact(shares.len().max(1)) {
        let most = place.iter().copied().fold(f32::MIN, f32::max);
        for (power, value) in powers.iter_mut().zip(place) {
            *power = libm::expf(value - most);
        }
        let sum: f32 = powers.iter().sum();
        for (share, power) in shares.iter_mut().zip(&powers) {
            share.push((power / sum * 255.0).round() as u8);
        }
    }
}

/// The probability of each channel at each place (the softmax of the logits), 255 for 1: channels × places, like `logits`.
pub fn softmax(logits: &[f32], channels: usize) -> Vec<Vec<u8>> {
    let byte = |p: &f32| (p * 255.0).round() as u8;
    let shares = softmax_exact(logits, channels);
    let shares = shares.iter().map(|share| share.iter().map(byte).collect());
    shares.collect()
}

/// As [`softmax`], 0..1.
pub fn softmax_exact(logits: &[f32], channels: usize) -> Vec<Vec<f32>> {
    let places = (logits.len() / channels.max(1)).max(1);
    let planes: Vec<&[f32]> = logits.chunks_exact(places).take(channels).collect();
    let mut shares = vec![Vec::with_capacity(places); planes.len()];
    let mut powers = vec![0.0_f32; planes.len()];
    for place in 0..places {
        let value = |plane: &&[f32]| plane.get(place).copied().unwrap_or(f32::MIN);
        let most = planes.iter().map(value).fold(f32::MIN, f32::max);
        for (power, plane) in powers.iter_mut().zip(&planes) {
            *power = libm::expf(value(plane) - most);
        }
        let sum: f32 = powers.iter().sum();
        for (share, power) in shares.iter_mut().zip(&powers) {
            share.push(power / sum);
        }
    }
    shares
}

/// Runs a network: (shape, values) → logits, channels × places.
pub type Infer<'a> = dyn FnMut([usize; 3], &[f32]) -> Result<Vec<f32>> + 'a;

/// Labels of a box of `input` (values of size `dims`, last index fastest), block by block. `infer` takes (shape, values) and gives the
/// logits, channels × places. Asks `monitor` between blocks. `shares` takes the probability of each channel, 0..255, where it has a place for
/// each.
///
/// # Errors
/// `MDL-007` when cancelled, `MDL-006` when sizes do not fit, and those of `infer`.
pub fn segment(
    input: &[f32],
    dims: [usize; 3],
    channels: usize,
    blocks: &[Block],
    monitor: &dyn Monitor,
    infer: &mut Infer<'_>,
    shares: &mut [Vec<u8>],
) -> Result<Vec<u8>> {
    let plane = dims[1] * dims[2];
    if input.len() != dims[0] * plane || channels == 0 || channels > 256 {
        return Err(Error::new(&codes::INPUT).at("box").found(input.len()));
    }
    let mut labels = Vec::with_capacity(input.len());
    for (done, block) in blocks.iter().enumerate() {
        if monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        monitor.progress(Stage::Infer, done as u64, blocks.len() as u64);
        let shape = [block.high[0] - block.low[0], dims[1], dims[2]];
        let part = input
            .get(block.low[0] * plane..block.high[0] * plane)
            .unwrap_or_default();
        let logits = infer(shape, part)?;
        if logits.len() != part.len() * channels {
            return Err(Error::new(&codes::RUN)
                .at("logits")
                .expected(part.len() * channels)
                .found(logits.len()));
        }
        let found = argmax(&logits, channels);
        let core = (block.from[0] - block.low[0]) * plane..(block.to[0] - block.low[0]) * plane;
        labels.extend_from_slice(found.get(core.clone()).unwrap_or_default());
        if shares.len() == channels {
            for (all, share) in shares.iter_mut().zip(softmax(&logits, channels)) {
                all.extend_from_slice(share.get(core.clone()).unwrap_or_default());
            }
        }
    }
    monitor.progress(Stage::Infer, blocks.len() as u64, blocks.len() as u64);
    Ok(labels)
}

/// The normalised values of a crop of a grid of `side`³ voxels.
pub fn take(values: &[u8], side: usize, crop: &Crop, (offset, divisor): (f32, f32)) -> Vec<f32> {
    rows(side, crop)
        .flat_map(|row| values.get(row).unwrap_or_default())
        .map(|&v| (f32::from(v) - offset) / divisor)
        .collect()
}

/// Puts a crop's labels back into a grid of `side`³ voxels; 0 elsewhere.
pub fn put(labels: &[u8], side: usize, crop: &Crop) -> Vec<u8> {
    let mut grid = vec![0; side * side * side];
    for (row, part) in rows(side, crop).zip(labels.chunks_exact(crop.dims()[2].max(1))) {
        if let Some(to) = grid.get_mut(row) {
            to.copy_from_slice(part);
        }
    }
    grid
}

fn rows(side: usize, crop: &Crop) -> impl Iterator<Item = std::ops::Range<usize>> {
    let Crop { from, to } = *crop;
    (from[0]..to[0]).flat_map(move |i| {
        (from[1]..to[1]).map(move |j| {
            let start = side * (j + side * i);
            start + from[2]..start + to[2]
        })
    })
}

/// Keeps the largest component of what is not 0 (26 neighbours; of two as large the first), zeroes the rest.
///
/// By runs along the last axis, which are far fewer than voxels: runs that touch are put into one tree, whose root is its first run.
pub fn keep_largest(labels: &mut [u8], dims: [usize; 3]) {
    let [d, h, w] = dims;
    if labels.len() != d * h * w || w == 0 {
        return;
    }
    let (mut runs, mut rows) = (Vec::new(), Vec::with_capacity(d * h + 1));
    for row in labels.chunks_exact(w) {
        rows.push(runs.len());
        let mut at = 0;
        while let Some(skipped) = row[at..].iter().position(|&label| label != 0) {
            let from = at + skipped;
            let length = row[from..].iter().position(|&label| label == 0);
            at = length.map_or(w, |n| from + n);
            runs.push(from..at);
        }
    }
    rows.push(runs.len());
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    for i in 0..d {
        for j in 0..h {
            let own = rows[i * h + j]..rows[i * h + j + 1];
            // The four rows beside this one that were seen before it.
            for (a, b) in [(0, -1), (-1, -1), (-1, 0), (-1, 1)] {
                let place = i.checked_add_signed(a).zip(j.checked_add_signed(b));
                let Some((a, b)) = place.filter(|&(_, b)| b < h) else {
                    continue;
                };
                let (mut one, mut other) = (own.start, rows[a * h + b]);
                let end = rows[a * h + b + 1];
                while one < own.end && other < end {
                    let (this, that) = (&runs[one], &runs[other]);
                    if this.start <= that.end && that.start <= this.end {
                        let (x, y) = (root(&mut parents, one), root(&mut parents, other));
                        parents[x.max(y)] = x.min(y);
                    }
                    if this.end < that.end {
                        one += 1;
                    } else {
                        other += 1;
                    }
                }
            }
        }
    }
    let mut sizes = vec![0_usize; runs.len()];
    for (at, run) in runs.iter().enumerate() {
        let of = root(&mut parents, at);
        parents[at] = of;
        sizes[of] += run.len();
    }
    let first_of_most = (0..sizes.len()).rev().max_by_key(|&at| sizes[at]);
    for (row, bounds) in labels.chunks_exact_mut(w).zip(rows.windows(2)) {
        for at in bounds[0]..bounds[1] {
            if Some(parents[at]) != first_of_most {
                row[runs[at].clone()].fill(0);
            }
        }
    }
}

/// The root of a run's tree; halves the way to it.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

/// Volume of each of `count` labels in ml; a voxel is `voxel_mm3`.
pub fn volumes_ml(labels: &[u8], count: usize, voxel_mm3: f64) -> Vec<f64> {
    let mut voxels = vec![0u64; count];
    for &label in labels {
        if let Some(n) = voxels.get_mut(usize::from(label)) {
            *n += 1;
        }
    }
    voxels
        .iter()
        .map(|&n| n as f64 * voxel_mm3 / 1000.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Silent;

    /// By flooding from each voxel, as the definition says.
    fn flooded(labels: &[u8], [d, h, w]: [usize; 3]) -> Vec<u8> {
        let mut left: Vec<u8> = labels.to_vec();
        let mut largest: Vec<usize> = vec![];
        for seed in 0..labels.len() {
            let (mut waiting, mut members) = (vec![seed], vec![]);
            while let Some(at) = waiting.pop() {
                if std::mem::take(&mut left[at]) == 0 {
                    continue;
                }
                members.push(at);
                let [i, j, k] = [at / (h * w), at / w % h, at % w];
                for a in i.saturating_sub(1)..(i + 2).min(d) {
                    for b in j.saturating_sub(1)..(j + 2).min(h) {
                        for c in k.saturating_sub(1)..(k + 2).min(w) {
                            waiting.push(c + w * (b + h * a));
                        }
                    }
                }
            }
            if members.len() > largest.len() {
                largest = members;
            }
        }
        let mut out = vec![0; labels.len()];
        for at in largest {
            out[at] = labels[at];
        }
        out
    }

    #[test]
    fn the_largest_component_is_that_of_a_flood() {
        let mut state = 11_u32;
        let mut random = move |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for _ in 0..400 {
            let dims = [(); 3].map(|()| 1 + random(7) as usize);
            let sparse = 2 + random(9);
            let labels: Vec<u8> = (0..dims.iter().product::<usize>())
                .map(|_| {
                    if random(sparse) == 0 {
                        1 + random(3) as u8
                    } else {
                        0
                    }
                })
                .collect();
            let mut kept = labels.clone();
            keep_largest(&mut kept, dims);
            assert_eq!(kept, flooded(&labels, dims), "{dims:?} {labels:?}");
        }
        let mut none = vec![0; 8];
        keep_largest(&mut none, [2; 3]);
        assert_eq!(none, [0; 8]);
    }

    #[test]
    fn probabilities_of_a_block_are_those_of_its_core() {
        // Three channels at a place: logits x, 0, -x of the input x.
        let input = [0.0, 1.0, -3.0, 200.0];
        let dims = [4, 1, 1];
        let mut infer = |_: [usize; 3], values: &[f32]| {
            let by = |factor: f32| values.iter().map(move |v| v * factor);
            Ok(by(1.0).chain(by(0.0)).chain(by(-1.0)).collect())
        };
        let wanted = |x: f64| {
            let powers = [x, 0.0, -x].map(f64::exp);
            let sum: f64 = powers.iter().sum();
            powers.map(|p| (p / sum * 255.0).round() as u8)
        };
        // One block, and slabs of one plane with a halo of one.
        for budget in [16, 3] {
            let blocks = blocks(dims, 1, 1, budget).unwrap();
            assert_eq!(blocks.len(), if budget == 16 { 1 } else { 4 });
            let mut shares = vec![vec![]; 3];
            let labels =
                segment(&input, dims, 3, &blocks, &Silent, &mut infer, &mut shares).unwrap();
            assert_eq!(labels, [0, 0, 2, 0]);
            for (at, x) in input.iter().enumerate().take(3) {
                let found = [0, 1, 2].map(|channel| shares[channel][at]);
                assert_eq!(found, wanted(f64::from(*x)));
            }
            assert_eq!([0, 1, 2].map(|channel| shares[channel][3]), [255, 0, 0]);
            let mut none: [Vec<u8>; 0] = [];
            assert_eq!(
                segment(&input, dims, 3, &blocks, &Silent, &mut infer, &mut none).unwrap(),
                labels
            );
        }
    }
}
