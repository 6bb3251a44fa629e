//! Thick planes: what several parallel planes through a slab have in common at each pixel.

use super::{
    aligned, codes,
    plane::{Plane, Sampling},
    sampler,
    voxels::Volume,
};
use crate::{
    base::{Error, Monitor, Result, Stage},
    tone::PADDING,
};

/// How values along the normal become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    /// Maximum intensity projection: the largest.
    Mip,
    /// The smallest.
    MinIp,
    /// The mean of those that are there.
    Mean,
}

impl Project {
    /// By its name: `mip`, `minip`, `mean`.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "mip" => Self::Mip,
            "minip" => Self::MinIp,
            "mean" => Self::Mean,
            _ => return None,
        })
    }
}

/// A slab around a plane, half of its thickness at each side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slab {
    /// What is shown of it.
    pub how: Project,
    /// Thickness along the normal, mm; 0 is the plane alone.
    pub thickness_mm: f64,
}

/// Thickest slab, mm.
const THICKEST: f64 = 2000.0;
/// Most layers of one slab.
const MOST: usize = 8192;

impl Slab {
    /// Distances from the plane at which the slab is sampled, mm: from one face to the other, at even steps of at most half a voxel along the
    /// normal.
    ///
    /// # Errors
    /// `PIX-453` for a thickness that cannot be used.
    pub fn layers(&self, voxel_mm: f64) -> Result<Vec<f64>> {
        let thick = self.thickness_mm;
        if !(thick.is_finite() && (0.0..=THICKEST).contains(&thick)) {
            return Err(Error::new(&codes::BAD_PLANE)
                .expected(format!("a thickness of 0 to {THICKEST} mm"))
                .found(thick));
        }
        if thick == 0.0 {
            return Ok(vec![0.0]);
        }
        let spaces = ((thick / (voxel_mm / 2.0) - 1e-6).ceil() as usize).clamp(1, MOST);
        Ok((0..=spaces)
            .map(|n| thick * (n as f64 / spaces as f64 - 0.5))
            .collect())
    }
}

/// Fills `values` with the projection of a slab.
pub(super) fn project(
    volume: &Volume,
    plane: &Plane,
    how: Sampling,
    slab: Slab,
    values: &mut [f32],
    monitor: &dyn Monitor,
) -> Result<()> {
    let layers = slab.layers(volume.grid.step_along(plane.normal()))?;
    if how == Sampling::Linear
        && aligned::project(volume, plane, &layers, slab.how, values, monitor)?
    {
        return Ok(());
    }
    let mut layer = vec![0.0; plane.columns];
    let (mut sums, mut counts) = (vec![0.0_f32; plane.columns], vec![0.0_f32; plane.columns]);
    for (row, line) in values.chunks_exact_mut(plane.columns).enumerate() {
        if monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        if slab.how == Project::Mean {
            sums.fill(0.0);
            counts.fill(0.0);
        } else {
            line.fill(PADDING);
        }
        for &away in &layers {
            sampler::sample(volume, how, plane.line(&volume.grid, row, away), &mut layer);
            match slab.how {
                // PADDING is below all values.
                Project::Mip => {
                    for (most, &value) in line.iter_mut().zip(&layer) {
                        *most = if value > *most { value } else { *most };
                    }
                }
                Project::MinIp => {
                    for (least, &value) in line.iter_mut().zip(&layer) {
                        let takes = value != PADDING && (value < *least || *least == PADDING);
                        *least = if takes { value } else { *least };
                    }
                }
                Project::Mean => {
                    for ((sum, count), &value) in sums.iter_mut().zip(&mut counts).zip(&layer) {
                        let there = if value == PADDING { 0.0 } else { 1.0 };
                        *sum += if value == PADDING { 0.0 } else { value };
                        *count += there;
                    }
                }
            }
        }
        if slab.how == Project::Mean {
            for ((value, sum), count) in line.iter_mut().zip(&sums).zip(&counts) {
                *value = if *count > 0.0 { sum / count } else { PADDING };
            }
        }
        monitor.progress(Stage::Show, row as u64 + 1, plane.rows as u64);
    }
    Ok(())
}
