//! The transform between two pictures or volumes: from matched points, or by mutual information; or the reason why there is none.
//!
//! Takes points in pixels, or grids of values with their place in the patient; gives a matrix, its residual and how sure it is. What cannot
//! be trusted is an error with a code, never a matrix.

mod between;
pub mod codes;
mod field;
mod metric;
mod optimiser;
pub mod plane;
mod pyramid;
pub mod random;
pub mod rigid;
mod robust;
mod search;

pub use between::{Compared, Comparison, Outcome, Picture, compare};
pub use robust::{Estimator, Fit, Robust};
pub use search::{Measure, Registered, Registration, Start, resampled};
