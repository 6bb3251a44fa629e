//! Region growing: from a seed to all that is joined to it and lies within a range of values, in a frame or in a volume.

use super::components::Connectivity;
use crate::{base::Monitor, filter::kernel::shape, tone::PADDING};

/// 255 for the pixels that are joined to `seed` (column, row) and whose values lie within `range`, both ends included; 0 elsewhere. Equal
/// to OpenCV's `floodFill` with a fixed range. Padding is never taken. Empty where the frame is no rectangle; all 0 where the seed lies
/// outside of it or of the range.
pub fn grow(
    values: &[f32],
    columns: usize,
    seed: [usize; 2],
    range: (f32, f32),
    connectivity: Connectivity,
) -> Vec<u8> {
    let mut mask = vec![0; values.len()];
    let Some((columns, rows)) = shape(values.len(), columns) else {
        return vec![];
    };
    let [x, y] = seed;
    if x >= columns || y >= rows {
        return mask;
    }
    let wanted = |v: f32| v >= range.0 && v <= range.1 && v != PADDING;
    let reach = match connectivity {
        Connectivity::Four => 0,
        Connectivity::Eight => 1,
    };
    // Whole runs of a row wait; a run that was filled meanwhile is passed over.
    let mut waiting = vec![(x, y)];
    while let Some((x, y)) = waiting.pop() {
        let place = y * columns;
        let Some(line) = values.get(place..place + columns) else {
            continue;
        };
        let Some(filled) = mask.get_mut(place..place + columns) else {
            continue;
        };
        let free = |at: usize, filled: &[u8]| {
            filled.get(at) == Some(&0) && line.get(at).copied().is_some_and(wanted)
        };
        if !free(x, filled) {
            continue;
        }
        let (mut from, mut to) = (x, x + 1);
        while from > 0 && free(from - 1, filled) {
            from -= 1;
        }
        while free(to, filled) {
            to += 1;
        }
        if let Some(run) = filled.get_mut(from..to) {
            run.fill(255);
        }
        let span = from.saturating_sub(reach)..(to + reach).min(columns);
        for next in [y.checked_sub(1), Some(y + 1).filter(|&y| y < rows)]
            .into_iter()
            .flatten()
        {
            let place = next * columns;
            let (Some(line), Some(filled)) = (
                values.get(place + span.start..place + span.end),
                mask.get(place + span.start..place + span.end),
            ) else {
                continue;
            };
            let mut joined = false;
            for (i, (&v, &done)) in line.iter().zip(filled).enumerate() {
                let here = done == 0 && wanted(v);
                if here && !joined {
                    waiting.push((span.start + i, next));
                }
                joined = here;
            }
        }
    }
    mask
}

/// The same in a volume of `size` columns × rows × planes, columns first, `seed` likewise. With [`Connectivity::Four`] voxels are joined
/// over their 6 faces, with [`Connectivity::Eight`] over their 26 neighbours. `None` when the monitor cancels or the volume is no cuboid.
pub fn grow_volume(
    values: &[f32],
    size: [usize; 3],
    seed: [usize; 3],
    range: (f32, f32),
    connectivity: Connectivity,
    monitor: &dyn Monitor,
) -> Option<Vec<u8>> {
    let [columns, rows, planes] = size;
    let plane = columns.checked_mul(rows)?;
    if plane.checked_mul(planes)? != values.len() {
        return None;
    }
    let mut mask = vec![0_u8; values.len()];
    if seed.iter().zip(size).any(|(&at, n)| at >= n) {
        return Some(mask);
    }
    let wanted = |v: f32| v >= range.0 && v <= range.1 && v != PADDING;
    let diagonal = connectivity == Connectivity::Eight;
    let near: Vec<[isize; 3]> = (-1..=1)
        .flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [x, y, z])))
        .filter(|step: &[isize; 3]| {
            let far = step.iter().map(|d| d.abs()).sum::<isize>();
            far == 1 || (diagonal && far > 0)
        })
        .collect();
    let mut take = |at: usize| {
        let free = mask.get(at) == Some(&0) && values.get(at).copied().is_some_and(wanted);
        if let (true, Some(slot)) = (free, mask.get_mut(at)) {
            *slot = 255;
        }
        free
    };
    let place = |[x, y, z]: [usize; 3]| z * plane + y * columns + x;
    let mut waiting = vec![];
    if take(place(seed)) {
        waiting.push(seed);
    }
    let mut since = 0_u32;
    while let Some(voxel) = waiting.pop() {
        since += 1;
        if since == 1 << 16 {
            since = 0;
            if monitor.cancelled() {
                return None;
            }
        }
        for step in &near {
            let mut next = voxel;
            let inside = (next.iter_mut().zip(step).zip(size)).all(|((at, &d), n)| {
                *at = at.wrapping_add_signed(d);
                *at < n
            });
            if inside && take(place(next)) {
                waiting.push(next);
            }
        }
    }
    Some(mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Silent;

    #[test]
    fn a_volume_is_filled_over_faces_or_corners() {
        // Two cubes of 2³ that touch in a corner, in 4³; padding takes no part.
        let at = |x: usize, y: usize, z: usize| {
            let low = x < 2 && y < 2 && z < 2;
            let high = x >= 2 && y >= 2 && z >= 2;
            if (x, y, z) == (3, 3, 3) {
                PADDING
            } else if low || high {
                100.0
            } else {
                0.0
            }
        };
        let mut values = vec![];
        for i in 0..64 {
            values.push(at(i % 4, i / 4 % 4, i / 16));
        }
        let count = |connectivity, seed| {
            let mask =
                grow_volume(&values, [4; 3], seed, (50.0, 150.0), connectivity, &Silent).unwrap();
            mask.iter().map(|&m| usize::from(m / 255)).sum::<usize>()
        };
        assert_eq!(count(Connectivity::Four, [0; 3]), 8);
        assert_eq!(count(Connectivity::Eight, [0; 3]), 15);
        assert_eq!(count(Connectivity::Four, [3, 2, 2]), 7);
        assert_eq!(count(Connectivity::Four, [3, 0, 0]), 0, "not in the range");
        assert_eq!(count(Connectivity::Four, [9, 0, 0]), 0, "not in the volume");
        let wrong = [4, 4, 5];
        let range = (0.0, 1.0);
        assert!(grow_volume(&values, wrong, [0; 3], range, Connectivity::Four, &Silent).is_none());
    }
}
