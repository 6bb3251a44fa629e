//! A plane through a volume, and the frame of modality values that lies in it.

pub use super::sampler::Sampling;
use super::{
    codes,
    grid::Grid,
    sampler::Line,
    slab::{self, Project, Slab},
    voxels::Volume,
};
use crate::{
    base::{Error, Limits, Monitor, Result},
    study::geometry::{self, Vec3, add, cross, dot, norm, scale, sub},
    tone::Grey,
};

/// A rectangle of pixels anywhere in the patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Middle of the rectangle, LPS, mm.
    pub centre: Vec3,
    /// Direction of a row (growing column index), unit length.
    pub row: Vec3,
    /// Direction of a column (growing row index), unit length, at right angles to `row`.
    pub column: Vec3,
    /// (between rows, between columns), mm.
    pub spacing: [f64; 2],
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

/// The three planes that are named after the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// From the feet: right is left.
    Axial,
    /// From the front: right is left.
    Coronal,
    /// From the left: the nose is left.
    Sagittal,
}

impl Standard {
    /// By its name.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "axial" => Self::Axial,
            "coronal" => Self::Coronal,
            "sagittal" => Self::Sagittal,
            _ => return None,
        })
    }

    /// Directions of rows and of columns, LPS.
    pub fn directions(self) -> [Vec3; 2] {
        match self {
            Self::Axial => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            Self::Coronal => [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0]],
            Self::Sagittal => [[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]],
        }
    }
}

impl Plane {
    /// The plane through `place` with these directions (made unit length and right-angled), large enough for all of the volume as it is
    /// seen along `seen` (its own directions, or those from which it was turned), pixels of `spacing` mm.
    ///
    /// # Errors
    /// `PIX-453` for directions that span no plane, or numbers that are none; `PIX-452` for more pixels than the limit.
    pub fn through(
        grid: &Grid,
        place: Vec3,
        [row, column]: [Vec3; 2],
        seen: [Vec3; 2],
        spacing: f64,
        limits: &Limits,
    ) -> Result<Self> {
        let wrong = |what: String| Error::new(&codes::BAD_PLANE).found(what);
        if !place
            .iter()
            .chain(&row)
            .chain(&column)
            .all(|x| x.is_finite() && x.abs() < 1e6)
        {
            return Err(wrong(
                "a place or direction that is no usable number".to_owned(),
            ));
        }
        if !(spacing.is_finite() && spacing > 1e-3 && spacing < 1e3) {
            return Err(wrong(format!("pixels of {spacing} mm")));
        }
        if norm(row) < 1e-6 || norm(column) < 1e-6 {
            return Err(wrong("a direction without length".to_owned()));
        }
        let row = scale(row, 1.0 / norm(row));
        let column = sub(column, scale(row, dot(row, column)));
        if norm(column) < 1e-3 {
            return Err(wrong("two directions that are the same".to_owned()));
        }
        let column = scale(column, 1.0 / norm(column));
        let middle = grid.centre();
        let reach = |direction: Vec3| {
            let along = grid
                .corners()
                .map(|corner| dot(sub(corner, middle), direction).abs());
            along.into_iter().fold(0.0, f64::max) * 2.0
        };
        let pixels = |mm: f64| (mm / spacing - 1e-6).ceil().clamp(1.0, 1e6) as usize;
        let (columns, rows) = (pixels(reach(seen[0])), pixels(reach(seen[1])));
        let plane = Self {
            // The middle of the volume as it is seen in this plane.
            centre: sub(
                middle,
                scale(
                    cross(row, column),
                    dot(sub(middle, place), cross(row, column)),
                ),
            ),
            row,
            column,
            spacing: [spacing; 2],
            columns,
            rows,
        };
        plane.check(limits)?;
        Ok(plane)
    }

    /// # Errors
    /// `PIX-453` where it is no plane, `PIX-452` for more pixels than the limit.
    pub fn check(&self, limits: &Limits) -> Result<()> {
        let finite = self
            .centre
            .iter()
            .chain(&self.row)
            .chain(&self.column)
            .all(|x| x.is_finite());
        let unit = (norm(self.row) - 1.0).abs() < 1e-4
            && (norm(self.column) - 1.0).abs() < 1e-4
            && dot(self.row, self.column).abs() < 1e-4;
        let spaced = self
            .spacing
            .iter()
            .all(|s| s.is_finite() && *s > 1e-6 && *s < 1e6);
        if !(finite && unit && spaced && self.columns > 0 && self.rows > 0) {
            return Err(Error::new(&codes::BAD_PLANE)
                .found(format!("{} × {} pixels", self.columns, self.rows)));
        }
        let pixels = self.columns as u64 * self.rows as u64;
        if pixels > limits.frame_samples {
            return Err(Error::new(&codes::TOO_LARGE)
                .expected(Limits::at_most("frame_samples", limits.frame_samples))
                .found(pixels));
        }
        Ok(())
    }

    /// Normal: row × column.
    pub fn normal(&self) -> Vec3 {
        cross(self.row, self.column)
    }

    /// Patient position of pixel (column, row), fractions allowed.
    pub fn at(&self, column: f64, row: f64) -> Vec3 {
        let along = (column - (self.columns as f64 - 1.0) / 2.0) * self.spacing[1];
        let down = (row - (self.rows as f64 - 1.0) / 2.0) * self.spacing[0];
        add(
            self.centre,
            add(scale(self.row, along), scale(self.column, down)),
        )
    }

    /// Its place as that of an image: Image Position (Patient) and Image Orientation (Patient).
    pub fn geometry(&self) -> geometry::Plane {
        geometry::Plane {
            position: self.at(0.0, 0.0),
            row: self.row,
            column: self.column,
        }
    }

    /// The line of places of one of its rows, `away` mm from it along the normal.
    pub(super) fn line(&self, grid: &Grid, row: usize, away: f64) -> Line {
        let start = add(self.at(0.0, row as f64), scale(self.normal(), away));
        Line {
            start: grid.to_grid(start),
            step: grid.direction(scale(self.row, self.spacing[1])),
        }
    }
}

/// The frame in a plane, or of a slab around it: modality values, [`crate::tone::PADDING`] where the volume has none.
///
/// # Errors
/// As [`Plane::check`]; `PIX-453` for a slab of no usable thickness, `PIX-454` when cancelled.
pub fn reformat(
    volume: &Volume,
    plane: &Plane,
    how: Sampling,
    slab: Option<Slab>,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<Grey> {
    plane.check(limits)?;
    let mut values = vec![0.0; plane.columns * plane.rows];
    // A plane alone is a slab of one layer.
    let slab = slab.filter(|slab| slab.thickness_mm > 0.0).unwrap_or(Slab {
        how: Project::Mip,
        thickness_mm: 0.0,
    });
    slab::project(volume, plane, how, slab, &mut values, monitor)?;
    Ok(Grey {
        columns: plane.columns,
        rows: plane.rows,
        values,
    })
}

/// What `label` says of the voxel of the frames that is nearest to each pixel of a plane; 0 where there is none.
pub fn labels_in(volume: &Volume, plane: &Plane, label: impl Fn([usize; 3]) -> u8) -> Vec<u8> {
    let grid = &volume.grid;
    let ends = grid.ends();
    // A voxel may stand for several pixels of a frame.
    let by = volume.reduced as f64;
    let near = |x: f64| (x * by + (by - 1.0) / 2.0 + 0.5).max(0.0) as usize;
    let mut labels = Vec::with_capacity(plane.columns * plane.rows);
    for row in 0..plane.rows {
        let line = plane.line(grid, row, 0.0);
        labels.extend((0..plane.columns).map(|column| {
            let at = line.at(column);
            let inside = at
                .iter()
                .zip(ends)
                .all(|(&x, (low, high))| x >= low && x <= high);
            let (low, part) = grid.heights.find(at[2]);
            if !inside || part.is_nan() {
                return 0;
            }
            label([near(at[0]), near(at[1]), low + usize::from(part >= 0.5)])
        }));
    }
    labels
}
