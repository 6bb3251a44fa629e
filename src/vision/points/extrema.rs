//! Extrema of the differences of Gaussians in one octave, their places refined (Lowe 2004, sections 3 and 4; thresholds as OpenCV has them).

use super::{Settings, ask};
use crate::base::{Monitor, Result};

/// Differences in an octave between which extrema are looked for.
pub(super) const LAYERS: usize = 3;
/// Blurred pictures of an octave.
pub(super) const LEVELS: usize = LAYERS + 3;
/// Width of the border without key points.
const BORDER: usize = 5;
/// Moves to a neighbour before a candidate is given up.
const MOST_MOVES: usize = 5;
/// Levels are 0..255; contrast is of 0..1.
const UNIT: f32 = 1.0 / 255.0;

/// The blurred pictures of one octave.
pub(super) struct Octave {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Each rows × columns, the least blurred first.
    pub(super) levels: [Vec<f32>; LEVELS],
}

/// An extremum with its refined place, in the octave's own pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extremum {
    pub(super) x: f32,
    pub(super) y: f32,
    /// The level that it was found at, 1..=LAYERS.
    pub(super) layer: usize,
    /// Offset between levels, about -0.5..0.5.
    pub(super) between: f32,
    /// Contrast, of 0..1.
    pub(super) response: f32,
}

impl Octave {
    fn difference(&self, layer: usize, at: usize) -> f32 {
        self.levels[layer + 1][at] - self.levels[layer][at]
    }

    /// All extrema with enough contrast that lie on no edge.
    pub(super) fn extrema(
        &self,
        settings: &Settings,
        monitor: &dyn Monitor,
    ) -> Result<Vec<Extremum>> {
        let mut found = Vec::new();
        let (columns, rows) = (self.columns, self.rows);
        if columns <= 2 * BORDER || rows <= 2 * BORDER {
            return Ok(found);
        }
        let least = (0.5 * settings.contrast / LAYERS as f32 / UNIT).floor();
        // Three rows of each difference, by row number modulo 3.
        let mut ring: Vec<Vec<f32>> = vec![vec![0.0; columns]; 3 * (LAYERS + 2)];
        let fill = |ring: &mut Vec<Vec<f32>>, row: usize| {
            let range = row * columns..(row + 1) * columns;
            for layer in 0..LAYERS + 2 {
                let (low, high) = (
                    &self.levels[layer][range.clone()],
                    &self.levels[layer + 1][range.clone()],
                );
                let line = &mut ring[layer * 3 + row % 3];
                for ((out, a), b) in line.iter_mut().zip(high).zip(low) {
                    *out = a - b;
                }
            }
        };
        fill(&mut ring, BORDER - 1);
        fill(&mut ring, BORDER);
        let mut strong = vec![false; columns];
        for row in BORDER..rows - BORDER {
            fill(&mut ring, row + 1);
            if row % 64 == 0 {
                ask(monitor, row as u64, rows as u64)?;
            }
            for layer in 1..=LAYERS {
                let line = |layer: usize, row: usize| ring[layer * 3 + row % 3].as_slice();
                let own = line(layer, row);
                let (before, after) = (line(layer, row - 1), line(layer, row + 1));
                // Larger than the neighbours above and below in size: this alone leaves a tenth, and runs on vectors.
                for (((flag, &v), &a), &b) in (strong.iter_mut().zip(own).zip(before)).zip(after) {
                    let top = v > least && v >= a && v >= b;
                    let bottom = v < -least && v <= a && v <= b;
                    *flag = top | bottom;
                }
                let (under, over) = (layer - 1, layer + 1);
                let others = [
                    line(under, row - 1),
                    line(under, row),
                    line(under, row + 1),
                    line(over, row - 1),
                    line(over, row),
                    line(over, row + 1),
                ];
                for x in BORDER..columns - BORDER {
                    if !strong[x] {
                        continue;
                    }
                    let v = own[x];
                    let sign = if v > 0.0 { 1.0 } else { -1.0 };
                    let top = v * sign;
                    let clear =
                        |line: &[f32]| line[x - 1..=x + 1].iter().all(|&other| top >= other * sign);
                    if clear(own)
                        && clear(before)
                        && clear(after)
                        && others.iter().all(|l| clear(l))
                        && let Some(extremum) = self.refined(x, row, layer, settings)
                    {
                        found.push(extremum);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Newton's steps to the extremum of the parabola through the neighbours; `None` where that runs away, is too faint, or lies on an edge.
    fn refined(&self, x: usize, y: usize, layer: usize, settings: &Settings) -> Option<Extremum> {
        let (mut x, mut y, mut layer) = (x, y, layer);
        let w = self.columns;
        for _ in 0..MOST_MOVES {
            let at = y * w + x;
            let d = |layer: usize, at: usize| self.difference(layer, at) * UNIT;
            let v = d(layer, at);
            let gradient = [
                0.5 * (d(layer, at + 1) - d(layer, at - 1)),
                0.5 * (d(layer, at + w) - d(layer, at - w)),
                0.5 * (d(layer + 1, at) - d(layer - 1, at)),
            ];
            let dxx = d(layer, at + 1) + d(layer, at - 1) - 2.0 * v;
            let dyy = d(layer, at + w) + d(layer, at - w) - 2.0 * v;
            let dss = d(layer + 1, at) + d(layer - 1, at) - 2.0 * v;
            let dxy = 0.25
                * (d(layer, at + w + 1) - d(layer, at + w - 1) - d(layer, at - w + 1)
                    + d(layer, at - w - 1));
            let dxs = 0.25
                * (d(layer + 1, at + 1) - d(layer + 1, at - 1) - d(layer - 1, at + 1)
                    + d(layer - 1, at - 1));
            let dys = 0.25
                * (d(layer + 1, at + w) - d(layer + 1, at - w) - d(layer - 1, at + w)
                    + d(layer - 1, at - w));
            let step = solved(
                [[dxx, dxy, dxs], [dxy, dyy, dys], [dxs, dys, dss]],
                gradient,
            )?;
            let [dx, dy, ds] = step.map(|s| -s);
            if dx.abs() < 0.5 && dy.abs() < 0.5 && ds.abs() < 0.5 {
                let contrast = v + 0.5 * (gradient[0] * dx + gradient[1] * dy + gradient[2] * ds);
                if contrast.abs() * (LAYERS as f32) < settings.contrast {
                    return None;
                }
                let (trace, determinant) = (dxx + dyy, dxx * dyy - dxy * dxy);
                let edge = settings.edge;
                if determinant <= 0.0
                    || trace * trace * edge >= (edge + 1.0) * (edge + 1.0) * determinant
                {
                    return None;
                }
                return Some(Extremum {
                    x: x as f32 + dx,
                    y: y as f32 + dy,
                    layer,
                    between: ds,
                    response: contrast.abs(),
                });
            }
            let moved = |at: usize, by: f32, low: usize, high: usize| {
                // Not a number and far away end here too.
                if by.abs() > 1e6 || by.is_nan() {
                    return None;
                }
                let to = at as i64 + by.round() as i64;
                (to >= low as i64 && to < high as i64).then_some(to as usize)
            };
            x = moved(x, dx, BORDER, self.columns - BORDER)?;
            y = moved(y, dy, BORDER, self.rows - BORDER)?;
            layer = moved(layer, ds, 1, LAYERS + 1)?;
        }
        None
    }
}

/// The solution of a symmetric 3 × 3 system, by Cramer's rule; `None` where it has none.
fn solved(m: [[f32; 3]; 3], b: [f32; 3]) -> Option<[f32; 3]> {
    let [[a, b0, c], [_, d, e], [_, _, f]] = m;
    let cofactors = [d * f - e * e, c * e - b0 * f, b0 * e - c * d];
    let determinant = a * cofactors[0] + b0 * cofactors[1] + c * cofactors[2];
    if determinant == 0.0 || !determinant.is_finite() {
        return None;
    }
    let (m11, m12, m22) = (a * f - c * c, b0 * c - a * e, a * d - b0 * b0);
    let inverse = [
        [cofactors[0], cofactors[1], cofactors[2]],
        [cofactors[1], m11, m12],
        [cofactors[2], m12, m22],
    ];
    Some(inverse.map(|row| (row[0] * b[0] + row[1] * b[1] + row[2] * b[2]) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_system_is_solved() {
        let m = [[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [-2.0, 0.5, 5.0]];
        let x = [1.0, -2.0, 3.0];
        let b: [f32; 3] = std::array::from_fn(|r| (0..3).map(|c| m[r][c] * x[c]).sum());
        let got = solved(m, b).unwrap();
        for (a, b) in got.iter().zip(x) {
            assert!((a - b).abs() < 1e-5, "{got:?}");
        }
        assert_eq!(solved([[0.0; 3]; 3], [1.0; 3]), None);
    }
}
