//! The size that a codestream claims, held against its attributes before any decoder allocates for it.

use super::{Layout, codes};
use crate::base::{Error, Limits, Repair, Result};

/// What a codestream says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "viewer"),
    allow(dead_code, reason = "a codec in a module of its own asks for less")
)]
pub(super) struct Claim {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: u16,
    pub(super) precision: u8,
    /// JPEG: the SOF marker's low byte. J2K: 0.
    pub(super) process: u8,
    /// J2K: component 0 is signed.
    pub(super) signed: bool,
}

/// How much larger than its attributes a codestream may be and still be shown.
const LARGER: u64 = 4;

/// The layout with the codestream's size. Where that differs from the attributes the codestream is right, as it decides how its bytes
/// are read; but it must not ask for more than [`LARGER`] times the samples that the attributes announce, nor more than the limit.
///
/// # Errors
/// `PIX-005` where the size is not to be believed, or the number of components differs.
pub(super) fn fit(
    claim: &Claim,
    layout: &Layout,
    limits: &Limits,
) -> Result<(Layout, Vec<Repair>)> {
    let fitted = Layout {
        rows: claim.height,
        columns: claim.width,
        ..layout.clone()
    };
    if fitted == *layout && claim.components == layout.samples_per_pixel {
        return Ok((fitted, Vec::new()));
    }
    let sizes = [layout, &fitted].map(|l| format!("{} × {}", l.columns, l.rows));
    let [declared, found] = &sizes;
    let bound = limits
        .frame_samples
        .min(layout.samples().saturating_mul(LARGER));
    if claim.components != layout.samples_per_pixel
        || fitted.samples() == 0
        || fitted.samples() > bound
    {
        return Err(Error::new(&codes::SIZE_DIFFERS)
            .expected(format!("{declared} × {}", layout.samples_per_pixel))
            .found(format!("{found} × {}", claim.components)));
    }
    let repair = Repair::new(&codes::SIZE, format!("{found} instead of {declared}"));
    Ok((fitted, vec![repair]))
}
