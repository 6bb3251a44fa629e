//! From a coarse grid to the input's and back.

/// Bilinear, sample positions at the centres of pixels, the border continued: `rows` × `columns` values to `to`.
pub fn bilinear(plane: &[f32], [rows, columns]: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let (down, across) = (places(rows, to[0]), places(columns, to[1]));
    let at = |r: usize, c: usize| plane.get(r * columns + c).map_or(0.0, |&v| f64::from(v));
    let mut out = Vec::with_capacity(to[0] * to[1]);
    for &(r0, r1, fr) in &down {
        for &(c0, c1, fc) in &across {
            let line = |r| at(r, c0) * (1.0 - fc) + at(r, c1) * fc;
            out.push((line(r0) * (1.0 - fr) + line(r1) * fr) as f32);
        }
    }
    out
}

/// For each of `to` places the two samples beside it, and the share of the second.
fn places(from: usize, to: usize) -> Vec<(usize, usize, f64)> {
    let last = from.saturating_sub(1);
    (0..to)
        .map(|i| {
            let x = ((i as f64 + 0.5) * from as f64 / to as f64 - 0.5).clamp(0.0, last as f64);
            let low = x.floor() as usize;
            (low, (low + 1).min(last), x.fract())
        })
        .collect()
}

/// The cell of `cells` along an axis that holds the centre of pixel `at` of `size`.
pub fn cell_of(at: usize, size: usize, cells: usize) -> usize {
    ((2 * at + 1) * cells / (2 * size).max(1)).min(cells.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_centres() {
        let found = bilinear(&[0.0, 4.0], [1, 2], [2, 4]);
        assert_eq!(found, [0.0, 1.0, 3.0, 4.0, 0.0, 1.0, 3.0, 4.0]);
        let cells: Vec<usize> = (0..5).map(|i| cell_of(i, 5, 2)).collect();
        assert_eq!(cells, [0, 0, 1, 1, 1]);
    }
}
