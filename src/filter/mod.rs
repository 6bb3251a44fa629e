//! Frame → frame, on the CPU (the reference) and on the GPU, with the same result.
//!
//! Takes [`crate::tone::Grey`] modality values; gives values in the same unit. Padding stays padding and takes no part.
