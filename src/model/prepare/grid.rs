//! The grid of the preparation `general`: a volume or a frame, turned, resampled and resized as a recipe says, and the way back.
//!
//! As in MONAI, the axes are the source's own, in the order and direction that lie nearest to the patient axes asked for (`Orientation`);
//! spacing keeps the first cell where it is (`Spacing`, border values outside); each axis is resampled on its own, which is the same as
//! all at once. Every cell of the source then has one cell of the grid: the nearest.

use super::intensity;
use crate::{
    base::{Error, Limits, Result},
    model::{
        codes,
        recipe::{Direction, Recipe, Resize},
    },
    study::{
        geometry::{cross, dot, norm},
        volume::Volume,
    },
};

/// Two spacings are the same within this many millimetres (MONAI's tolerance).
const SAME_MM: f64 = 1e-3;

/// A prepared grid and its way back.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Cells along D, H, W.
    pub dims: [usize; 3],
    /// D × H × W values.
    pub values: Vec<f32>,
    /// The volume of a cell; `None` for a frame.
    pub cell_mm3: Option<f64>,
    /// From the source.
    pub back: Back,
}

/// From each cell of the source to the nearest cell of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Back {
    /// Columns, rows, slices.
    source: [usize; 3],
    dims: [usize; 3],
    /// For D, H, W: the axis of the source, and for each of its cells the grid's.
    axes: [(usize, Vec<usize>); 3],
}

impl Back {
    /// Labels (or other values) of the grid → that of each cell of the source, columns fastest.
    ///
    /// # Errors
    /// `MDL-006` when they do not fill the grid.
    pub fn labels<T: Copy + Default>(&self, labels: &[T]) -> Result<Vec<T>> {
        if labels.len() != self.dims.iter().product::<usize>() {
            return Err(Error::new(&codes::INPUT).at("labels").found(labels.len()));
        }
        let [_, height, width] = self.dims;
        let strides = [height * width, width, 1];
        // For each axis of the source, what each of its cells adds to the place in the grid.
        let mut steps: [Vec<usize>; 3] = Default::default();
        for ((axis, table), stride) in self.axes.iter().zip(strides) {
            if let Some(steps) = steps.get_mut(*axis) {
                *steps = table.iter().map(|t| t * stride).collect();
            }
        }
        let [columns, rows, slices] = &steps;
        let mut out = Vec::with_capacity(self.source.iter().product());
        for k in slices {
            for j in rows {
                out.extend(
                    columns
                        .iter()
                        .map(|i| labels.get(i + j + k).copied().unwrap_or_default()),
                );
            }
        }
        Ok(out)
    }
}

/// A volume's grid. The volume is taken, so that its memory is free when the network runs.
///
/// # Errors
/// `MDL-006` for a volume that is none, `MDL-011` where a grid on the way is beyond the limit.
pub fn volume(volume: Volume, recipe: &Recipe, limits: &Limits) -> Result<Grid> {
    filled(&volume.values, volume.dims)?;
    let wrong = || Error::new(&codes::INPUT).at("volume");
    let spacing = volume.steps.map(norm);
    if !spacing.iter().all(|s| s.is_finite() && *s > 1e-6) {
        return Err(wrong().found("steps that span no space"));
    }
    let axes = match recipe.orientation {
        None => [(2, false), (1, false), (0, false)],
        Some(asked) => nearest(&volume, asked),
    };
    let values = turned(&volume.values, volume.dims, axes);
    let (source, volume_steps) = (volume.dims, volume.steps);
    drop(volume);
    let from = Axes {
        order: axes,
        spacing: Some(axes.map(|(a, _)| spacing[a])),
        leaning: leaning(volume_steps, spacing),
    };
    prepared(values, source, &from, recipe, limits)
}

/// A frame's grid, of one plane. `values` has `rows` × `columns` values.
///
/// # Errors
/// As [`volume`].
pub fn frame(
    values: Vec<f32>,
    columns: usize,
    rows: usize,
    recipe: &Recipe,
    limits: &Limits,
) -> Result<Grid> {
    let source = [columns, rows, 1];
    filled(&values, source)?;
    let (axes, values) = if recipe.transposed {
        let axes = [(2, false), (0, false), (1, false)];
        (axes, turned(&values, source, axes))
    } else {
        ([(2, false), (1, false), (0, false)], values)
    };
    let from = Axes {
        order: axes,
        spacing: None,
        leaning: 1.0,
    };
    prepared(values, source, &from, recipe, limits)
}

fn filled(values: &[f32], dims: [usize; 3]) -> Result<()> {
    let wrong = || Error::new(&codes::INPUT).at("image");
    let count = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    if values.is_empty() || count != Some(values.len()) {
        return Err(wrong()
            .expected(format!("{dims:?} values"))
            .found(values.len()));
    }
    if !values.iter().all(|v| v.is_finite()) {
        return Err(wrong().found("values that are not finite"));
    }
    Ok(())
}

/// Where D, H, W come from.
struct Axes {
    /// Axis of the source, and whether it runs the other way.
    order: [(usize, bool); 3],
    spacing: Option<[f64; 3]>,
    /// The volume of a cell as a part of its edges' product: less than 1 where the axes are not at right angles.
    leaning: f64,
}

/// A tilted gantry moves each slice along: a cell is then a box that leans, whose volume is that of its edges' determinant.
fn leaning([a, b, c]: [[f64; 3]; 3], spacing: [f64; 3]) -> f64 {
    let determinant = dot(a, cross(b, c)).abs();
    determinant / spacing.iter().product::<f64>()
}

/// The axes of a volume that lie nearest to the directions asked for.
fn nearest(volume: &Volume, asked: [Direction; 3]) -> [(usize, bool); 3] {
    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let along = |source: usize, patient: usize| {
        let step = volume.steps[source];
        step[patient] / norm(step)
    };
    // Source axis for each patient axis: the order that fits best as a whole.
    let fit = |order: &[usize; 3]| -> f64 { (0..3).map(|p| along(order[p], p).abs()).sum() };
    let order = ORDERS
        .iter()
        .copied()
        .max_by(|a, b| fit(a).total_cmp(&fit(b)))
        .unwrap_or([0, 1, 2]);
    asked.map(|(patient, grows)| {
        let source = order[patient];
        (source, (along(source, patient) >= 0.0) != grows)
    })
}

/// Values in the order of the axes.
fn turned(values: &[f32], source: [usize; 3], axes: [(usize, bool); 3]) -> Vec<f32> {
    let strides = [1, source[0], source[0] * source[1]];
    let places = axes.map(|(axis, turned)| {
        let n = source[axis];
        (0..n)
            .map(|t| if turned { n - 1 - t } else { t } * strides[axis])
            .collect::<Vec<_>>()
    });
    let [d, h, w] = &places;
    let mut out = Vec::with_capacity(values.len());
    for z in d {
        for y in h {
            out.extend(
                w.iter()
                    .map(|x| values.get(z + y + x).copied().unwrap_or(0.0)),
            );
        }
    }
    out
}

fn prepared(
    mut values: Vec<f32>,
    source: [usize; 3],
    from: &Axes,
    recipe: &Recipe,
    limits: &Limits,
) -> Result<Grid> {
    let mut dims = from.order.map(|(axis, _)| source[axis]);
    let mut tables = from.order.map(|(axis, turned)| {
        let n = source[axis];
        let place = |s| if turned { n - 1 - s } else { s };
        (axis, (0..n).map(place).collect::<Vec<usize>>())
    });
    let mut cell = from.spacing;
    if recipe.intensity_first {
        intensity::apply(&mut values, &recipe.steps);
    }
    if let (Some(old), Some(new)) = (from.spacing, recipe.spacing)
        && (0..3).any(|a| (old[a] - new[a]).abs() > SAME_MM)
    {
        for axis in 0..3 {
            let (n, share) = (dims[axis], new[axis] / old[axis]);
            let count = ((n - 1) as f64 / share + 1.0).round_ties_even();
            let count = within(count, dims, axis, limits)?;
            let taps: Vec<_> = (0..count).map(|t| between(t as f64 * share, n)).collect();
            values = along(&values, dims, axis, &taps);
            dims[axis] = count;
            for place in &mut tables[axis].1 {
                *place = ((*place as f64 / share).round() as usize).min(count - 1);
            }
        }
        cell = Some(new);
    }
    for axis in 0..3 {
        let (n, m) = (dims[axis], recipe.size[axis]);
        if m == 0 || m == n {
            continue;
        }
        within(m as f64, dims, axis, limits)?;
        let taps: Vec<_> = match recipe.resize {
            Resize::Linear => (0..m)
                .map(|t| between((t as f64 + 0.5) * n as f64 / m as f64 - 0.5, n))
                .collect(),
            Resize::Area => (0..m)
                .map(|t| {
                    let (first, last) = (t * n / m, ((t + 1) * n).div_ceil(m));
                    let share = 1.0 / (last - first) as f32;
                    (first, vec![share; last - first])
                })
                .collect(),
        };
        values = along(&values, dims, axis, &taps);
        dims[axis] = m;
        for place in &mut tables[axis].1 {
            *place = ((2 * *place + 1) * m / (2 * n)).min(m - 1);
        }
        if let Some(cell) = &mut cell {
            cell[axis] *= n as f64 / m as f64;
        }
    }
    if !recipe.intensity_first {
        intensity::apply(&mut values, &recipe.steps);
    }
    Ok(Grid {
        dims,
        values,
        cell_mm3: cell.map(|c| c.iter().product::<f64>() * from.leaning),
        back: Back {
            source,
            dims,
            axes: tables,
        },
    })
}

/// `count` cells along an axis of a grid, if the limit lets them be.
fn within(count: f64, dims: [usize; 3], axis: usize, limits: &Limits) -> Result<usize> {
    let others: f64 = (0..3)
        .filter(|a| *a != axis)
        .map(|a| dims[a] as f64)
        .product();
    let most = limits.volume_voxels as f64;
    if others * count > most || !count.is_finite() {
        return Err(Error::new(&codes::VOLUME)
            .expected(Limits::at_most("volume_voxels", limits.volume_voxels))
            .found(others * count));
    }
    Ok(count as usize)
}

/// First cell and weights of a place between cells; outside, the outermost cell.
fn between(place: f64, n: usize) -> (usize, Vec<f32>) {
    let place = place.clamp(0.0, (n - 1) as f64);
    let (first, part) = (place.floor() as usize, place.fract());
    if part == 0.0 {
        (first, vec![1.0])
    } else {
        (first, vec![(1.0 - part) as f32, part as f32])
    }
}

/// A weighted sum of neighbours along one axis: for each new cell its first source cell and the weights from there on.
fn along(values: &[f32], dims: [usize; 3], axis: usize, taps: &[(usize, Vec<f32>)]) -> Vec<f32> {
    let inner: usize = dims[axis + 1..].iter().product();
    let block = dims[axis] * inner;
    let mut out = vec![0.0; values.len() / dims[axis] * taps.len()];
    let blocks = values
        .chunks_exact(block)
        .zip(out.chunks_exact_mut(taps.len() * inner));
    for (source, target) in blocks {
        for (line, (first, weights)) in target.chunks_exact_mut(inner).zip(taps) {
            let lines = source.chunks_exact(inner).skip(*first);
            for (from, weight) in lines.zip(weights) {
                for (sum, value) in line.iter_mut().zip(from) {
                    *sum += value * weight;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        recipe::{Activation, Layout, Takes, Values},
        sliding::{Blend, Padding, Sliding},
    };

    fn recipe() -> Recipe {
        Recipe {
            takes: Takes::Stack,
            layout: Layout::Ncdhw,
            values: Values::Modality,
            orientation: None,
            transposed: false,
            spacing: None,
            size: [0; 3],
            resize: Resize::Linear,
            steps: vec![],
            intensity_first: false,
            copies: 1,
            slices: 1,
            sliding: Sliding {
                roi: [0; 3],
                overlap: [0.25; 3],
                blend: Blend::Constant,
                padding: Padding::Constant(0.0),
            },
            multiple: 1,
            activation: Activation::Softmax,
            boxes: None,
        }
    }

    /// Values say where they lie: 100 i + 10 j + k. Axial: columns to the left, rows to the back, slices upwards.
    fn axial() -> Volume {
        let dims = [3, 4, 5];
        let values = (0..60)
            .map(|n| (n % 3 * 100 + n / 3 % 4 * 10 + n / 12) as f32)
            .collect();
        Volume {
            dims,
            origin: [0.0; 3],
            steps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]],
            values,
        }
    }

    #[test]
    fn as_they_come_means_slices_rows_columns() {
        let grid = volume(axial(), &recipe(), &Limits::default()).unwrap();
        assert_eq!(grid.dims, [5, 4, 3]);
        assert_eq!(grid.values, axial().values);
        assert_eq!(grid.cell_mm3, Some(2.0));
    }

    #[test]
    fn a_tilted_gantrys_cells_lean() {
        // 30 degrees: slices lie 2 mm apart along the table, 2 cos 30 across themselves.
        let (sin, cos) = (0.5, 0.75_f64.sqrt());
        let tilted = || Volume {
            steps: [[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, 0.0, 2.0]],
            ..axial()
        };
        let near = |found: Option<f64>, mm3: f64| {
            let found = found.unwrap();
            assert!((found - mm3).abs() < 1e-12, "{found}, not {mm3}");
        };
        let grid = volume(tilted(), &recipe(), &Limits::default()).unwrap();
        near(grid.cell_mm3, 2.0 * cos);
        let finer = Recipe {
            spacing: Some([0.5; 3]),
            ..recipe()
        };
        let grid = volume(tilted(), &finer, &Limits::default()).unwrap();
        near(grid.cell_mm3, 0.125 * cos);
    }

    #[test]
    fn axes_turn_to_the_patient_and_back() {
        let asked = |letters: [Direction; 3]| Recipe {
            orientation: Some(letters),
            ..recipe()
        };
        // RAS: the first axis grows to the right, so it begins at the leftmost column.
        let grid = volume(
            axial(),
            &asked([(0, false), (1, false), (2, true)]),
            &Limits::default(),
        )
        .unwrap();
        assert_eq!(grid.dims, [3, 4, 5]);
        assert_eq!(grid.values[..6], [230.0, 231.0, 232.0, 233.0, 234.0, 220.0]);
        let labels: Vec<u8> = grid.values.iter().map(|v| *v as u8).collect();
        let back: Vec<u8> = axial().values.iter().map(|v| *v as u8).collect();
        assert_eq!(grid.back.labels(&labels).unwrap(), back);

        // An oblique volume takes the nearest axes; here rows run down and slices to the back.
        let coronal = Volume {
            steps: [[0.9, 0.1, 0.0], [0.0, -0.2, -1.0], [-0.1, 1.5, -0.3]],
            ..axial()
        };
        let grid = volume(
            coronal,
            &asked([(2, true), (0, true), (1, true)]),
            &Limits::default(),
        )
        .unwrap();
        assert_eq!(grid.dims, [4, 3, 5]);
        assert_eq!(grid.values[..6], [30.0, 31.0, 32.0, 33.0, 34.0, 130.0]);
        assert!(grid.back.labels(&[0; 3]).is_err());
    }

    #[test]
    fn spacing_and_size_are_linear_between_centres() {
        let finer = Recipe {
            spacing: Some([1.0, 1.0, 1.0]),
            ..recipe()
        };
        let grid = volume(axial(), &finer, &Limits::default()).unwrap();
        assert_eq!(grid.dims, [9, 4, 3]);
        // Between slices 0 and 1.
        assert_eq!(grid.values[12], 0.5);
        assert_eq!(grid.cell_mm3, Some(1.0));
        let labels: Vec<u8> = (0..9).flat_map(|d| [d; 12]).collect();
        let back = grid.back.labels(&labels).unwrap();
        let slices: Vec<u8> = back.chunks(12).map(|s| s[0]).collect();
        assert_eq!(slices, [0, 2, 4, 6, 8]);

        // PyTorch: interpolate([0, 1, 2, 3], size=2) = [0.5, 2.5]; size=8 begins 0, 0.25, 0.75.
        let sized = |size, resize| {
            let recipe = Recipe {
                takes: Takes::Frame,
                layout: Layout::Nchw,
                size: [0, 1, size],
                resize,
                ..recipe()
            };
            frame(vec![0.0, 1.0, 2.0, 3.0], 4, 1, &recipe, &Limits::default()).unwrap()
        };
        assert_eq!(sized(2, Resize::Linear).values, [0.5, 2.5]);
        assert_eq!(sized(8, Resize::Linear).values[..3], [0.0, 0.25, 0.75]);
        // adaptive_avg_pool([0, 1, 2, 3], 3): cells 0–1, 1–2, 2–3.
        let pooled = sized(3, Resize::Area);
        assert_eq!(pooled.values, [0.5, 1.5, 2.5]);
        assert_eq!(pooled.cell_mm3, None);
        assert_eq!(pooled.back.labels(&[7, 8, 9]).unwrap(), [7, 8, 8, 9]);

        let turned = Recipe {
            takes: Takes::Frame,
            layout: Layout::Nchw,
            transposed: true,
            ..recipe()
        };
        let values = vec![0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
        let grid = frame(values, 3, 2, &turned, &Limits::default()).unwrap();
        assert_eq!(grid.dims, [1, 3, 2]);
        assert_eq!(grid.values, [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
        let back = grid.back.labels(&[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(back, [1, 3, 5, 2, 4, 6]);
    }

    #[test]
    fn what_is_no_image_or_too_large_is_refused() {
        let code = |volume_: Volume, recipe: &Recipe| {
            volume(volume_, recipe, &Limits::default())
                .unwrap_err()
                .code()
        };
        let mut flat = axial();
        flat.steps[2] = [0.0; 3];
        assert_eq!(code(flat, &recipe()), &codes::INPUT);
        let mut hole = axial();
        hole.values[7] = f32::NAN;
        assert_eq!(code(hole, &recipe()), &codes::INPUT);
        let mut short = axial();
        short.values.pop();
        assert_eq!(code(short, &recipe()), &codes::INPUT);
        let vast = Recipe {
            spacing: Some([0.01; 3]),
            ..recipe()
        };
        let small = Limits {
            volume_voxels: 10_000,
            ..Limits::default()
        };
        assert_eq!(
            volume(axial(), &vast, &small).unwrap_err().code(),
            &codes::VOLUME
        );
        let sized = Recipe {
            size: [8192; 3],
            ..recipe()
        };
        assert_eq!(code(axial(), &sized), &codes::VOLUME);
    }
}
