//! A plane of a volume that a mark lies on: a rectangle of pixels anywhere in the patient, which no image has.

use serde::{Deserialize, Serialize};

use super::{codes, geometry::Point};
use crate::{
    base::{Error, Result},
    study::geometry::{Plane, Vec3, dot, norm, sub},
};

/// Where a mark lies that is on no image: the pixels of its plane, in the patient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OnPlane {
    /// `axial`, `coronal`, `sagittal`: the plane from which it was turned; else any.
    pub base: String,
    /// Centre of the first pixel, LPS, mm.
    pub position_mm: [f64; 3],
    /// Direction of a row.
    pub row: [f64; 3],
    /// Direction of a column.
    pub column: [f64; 3],
    /// Between rows, between columns, mm.
    pub spacing_mm: [f64; 2],
    /// Rows and columns.
    pub size: [u32; 2],
    /// `mip`, `minip`, `mean` of a slab around it; empty: the plane alone.
    pub slab: String,
    /// Thickness of the slab, mm.
    pub thickness_mm: f64,
}

/// Numbers beyond this are no places in a patient, mm.
const FARTHEST_MM: f64 = 1e5;
/// Rows or columns at most.
const MOST: u32 = 100_000;

impl OnPlane {
    /// The plane as that of an image.
    pub fn plane(&self) -> Plane {
        Plane {
            position: self.position_mm,
            row: self.row,
            column: self.column,
        }
    }

    /// Pixel (column, row) of a place, seen along the normal.
    pub fn pixel(&self, place: Vec3) -> Point {
        let way = sub(place, self.position_mm);
        [
            dot(way, self.row) / self.spacing_mm[1],
            dot(way, self.column) / self.spacing_mm[0],
        ]
    }

    /// What a user has to know of its values beside the plane: `MIP 10 mm`. Empty for the plane alone.
    pub fn slab_label(&self) -> String {
        let name = match self.slab.as_str() {
            "mip" => "MIP",
            "minip" => "MinIP",
            "mean" => "mean",
            _ => return String::new(),
        };
        format!("{name} of {} mm", self.thickness_mm)
    }

    /// # Errors
    /// `PIX-403` where its numbers make no plane.
    pub fn checked(&self) -> Result<()> {
        let near = |mm: &[f64]| mm.iter().all(|x| x.is_finite() && x.abs() <= FARTHEST_MM);
        let spaced = |mm: &f64| *mm > 1e-3 && *mm < 1e3;
        let square = (norm(self.row) - 1.0).abs() < 1e-4
            && (norm(self.column) - 1.0).abs() < 1e-4
            && dot(self.row, self.column).abs() < 1e-4;
        let good = near(&self.position_mm)
            && near(&self.row)
            && near(&self.column)
            && self.spacing_mm.iter().all(spaced)
            && square
            && self.size.iter().all(|&n| n > 0 && n <= MOST)
            && (0.0..=1000.0).contains(&self.thickness_mm);
        if good {
            Ok(())
        } else {
            Err(Error::new(&codes::NOT_A_PLACE).found("a plane that is none"))
        }
    }

    /// In one line, for tables and reports; [`Self::read`] is the inverse.
    pub fn written(&self) -> String {
        let numbers = |all: &[f64]| {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join(" ")
        };
        let base = match self.base.as_str() {
            known @ ("axial" | "coronal" | "sagittal") => known,
            _ => "oblique",
        };
        let slab = match self.slab.as_str() {
            known @ ("mip" | "minip" | "mean") => known,
            _ => "none",
        };
        format!(
            "plane {base}; position {}; row {}; column {}; spacing {}; size {} {}; slab {slab} {}",
            numbers(&self.position_mm),
            numbers(&self.row),
            numbers(&self.column),
            numbers(&self.spacing_mm),
            self.size[0],
            self.size[1],
            self.thickness_mm,
        )
    }

    /// A line of ours; `None` for any other.
    pub fn read(line: &str) -> Option<Self> {
        fn numbers<const N: usize>(words: &str) -> Option<[f64; N]> {
            let all: Option<Vec<f64>> = words.split(' ').map(|word| word.parse().ok()).collect();
            all?.try_into().ok()
        }
        let mut parts = line.split("; ");
        let mut part = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix(' ');
        let base = part("plane")?;
        let (position, row, column) = (part("position")?, part("row")?, part("column")?);
        let (spacing, size, slab) = (part("spacing")?, part("size")?, part("slab")?);
        let (slab, thickness) = slab.split_once(' ')?;
        let [rows, columns] = numbers(size)?;
        let plane = Self {
            base: if base == "oblique" { "" } else { base }.to_owned(),
            position_mm: numbers(position)?,
            row: numbers(row)?,
            column: numbers(column)?,
            spacing_mm: numbers(spacing)?,
            size: [rows as u32, columns as u32],
            slab: if slab == "none" { "" } else { slab }.to_owned(),
            thickness_mm: thickness.parse().ok()?,
        };
        plane.checked().ok().map(|()| plane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane() -> OnPlane {
        let (sin, cos) = 0.3_f64.sin_cos();
        OnPlane {
            base: "coronal".into(),
            position_mm: [-36.25, 12.000_000_1, 1e-9],
            row: [cos, sin, 0.0],
            column: [0.0, 0.0, -1.0],
            spacing_mm: [0.75, 0.75],
            size: [40, 80],
            slab: "mip".into(),
            thickness_mm: 10.5,
        }
    }

    #[test]
    fn a_line_says_all_of_a_plane() {
        let own = plane();
        assert_eq!(OnPlane::read(&own.written()), Some(own.clone()));
        assert_eq!(own.slab_label(), "MIP of 10.5 mm");
        let alone = OnPlane {
            base: String::new(),
            slab: String::new(),
            thickness_mm: 0.0,
            ..own.clone()
        };
        assert_eq!(OnPlane::read(&alone.written()), Some(alone));
        for wrong in ["", "plane", "plane axial; position 1 2", "nothing; at all"] {
            assert_eq!(OnPlane::read(wrong), None);
        }
        let line = own.written();
        for (from, to) in [
            ("80", "0"),
            ("0.75 0.75", "NaN 1"),
            ("row ", "row 3"),
            ("10.5", "inf"),
        ] {
            assert_eq!(OnPlane::read(&line.replacen(from, to, 1)), None, "{to}");
        }
    }

    #[test]
    fn pixels_and_places_are_each_others_inverse() {
        let own = plane();
        let place = own.plane().at(12.25, 7.5, own.spacing_mm);
        let [column, row] = own.pixel(place);
        assert!((column - 12.25).abs() < 1e-9 && (row - 7.5).abs() < 1e-9);
    }
}
