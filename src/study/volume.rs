//! A frame set as a volume: values on a regular grid with its place in the patient.

use super::geometry::Vec3;

/// Values on a grid, first index fastest: `values[i + nx * (j + ny * k)]`; i along a row, j along a column, k along the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// (columns, rows, slices).
    pub dims: [usize; 3],
    /// Centre of voxel (0,0,0), patient coordinates (LPS), mm.
    pub origin: Vec3,
    /// Step of one voxel along i, j, k in patient coordinates, mm.
    pub steps: [Vec3; 3],
    /// Modality values.
    pub values: Vec<f32>,
}
