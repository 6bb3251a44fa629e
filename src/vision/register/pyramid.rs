//! From coarse to fine: the same grid in steps of about so many mm.

use super::field::Field;

/// Voxels of the finest version.
const MOST_VOXELS: f64 = 3e6;
/// Voxels along the longest side of the coarsest version, at least.
const LEAST_SIDE: f64 = 24.0;
/// A side is not made shorter than this.
const LEAST_THICKNESS: usize = 8;

/// Steps in mm from coarse to fine that suit both grids: the finest is the finer grid's own, or what keeps both small.
pub(super) fn steps(a: &Field<'_>, b: &Field<'_>) -> Vec<f64> {
    let own = |field: &Field<'_>| {
        let spacing = field.spacing();
        let flat = field.dims[2] == 1;
        let used = if flat { &spacing[..2] } else { &spacing[..] };
        used.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let mut finest = own(a).max(own(b));
    while [a, b]
        .iter()
        .any(|field| voxels(field, finest) > MOST_VOXELS)
    {
        finest *= 1.1;
    }
    let extent = |field: &Field<'_>| {
        let spacing = field.spacing();
        (0..3)
            .map(|n| spacing[n] * field.dims[n] as f64)
            .fold(0.0, f64::max)
    };
    let coarsest = extent(a).min(extent(b)) / LEAST_SIDE;
    let mut all = vec![finest];
    while all[0] * 2.0 <= coarsest && all.len() < 4 {
        all.insert(0, all[0] * 2.0);
    }
    all
}

fn voxels(field: &Field<'_>, step: f64) -> f64 {
    let factors = factors(field, step);
    (0..3)
        .map(|n| field.dims[n] as f64 / factors[n] as f64)
        .product()
}

/// How many voxels make one of about `step` mm, along each index.
pub(super) fn factors(field: &Field<'_>, step: f64) -> [usize; 3] {
    let spacing = field.spacing();
    [0, 1, 2].map(|n| {
        let wanted = (step / spacing[n]).round().max(1.0) as usize;
        wanted.min((field.dims[n] / LEAST_THICKNESS).max(1))
    })
}
