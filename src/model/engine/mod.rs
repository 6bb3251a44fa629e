//! Networks run on our own kernels: an ONNX graph laid out for one input shape as a list of steps over channels-last buffers.
//!
//! Quantized graphs (QDQ and QOperator) run on whole numbers: a DequantizeLinear is only noted, and what follows takes the bytes where it
//! can. What the table of operators (`ops::OPERATORS`) does not have is refused, and the caller takes another runtime.

mod build;
mod fold;
mod look;
mod op;
mod ops;
mod run;
mod stream;
mod value;

pub use run::{Engine, Running};

/// Why a network cannot be laid out: what it has that is not known here, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Operator, with its domain where that is not ONNX's own; empty where it is not about one.
    pub operator: String,
    /// In words.
    pub because: String,
    /// It would take more memory than it may, with whatever runtime.
    pub beyond: bool,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.operator.is_empty() {
            f.write_str(&self.because)
        } else {
            write!(f, "{}: {}", self.operator, self.because)
        }
    }
}

/// The operators that run on our own kernels: domain (empty for ONNX's own) and name.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    ops::OPERATORS.iter().map(|one| (one.domain, one.name))
}
