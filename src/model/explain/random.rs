//! Random numbers from a seed, for what is drawn while explaining: those of `vision`.

pub use crate::vision::random::Random;
