//! What can be wrong with a codestream.

use core::fmt;

/// Why a codestream is not decoded, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub problem: Problem,
    /// The byte of the codestream at which it was seen.
    pub at: usize,
}

/// The kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The bytes don't begin with SOI, or the frame is of another process than JPEG-LS.
    Foreign,
    /// A marker segment contradicts the standard, or ends early.
    Header(&'static str),
    /// Lawful, and not decoded here.
    Kind(&'static str),
    /// The entropy-coded bits hold what no encoder writes.
    Bits,
    /// More samples than the caller allows.
    TooLarge,
    /// The bytes end before the first line of samples.
    Short,
}

impl Fault {
    pub(super) const fn new(problem: Problem, at: usize) -> Self {
        Self { problem, at }
    }
    pub(super) const fn header(what: &'static str, at: usize) -> Self {
        Self::new(Problem::Header(what), at)
    }
    pub(super) const fn kind(what: &'static str, at: usize) -> Self {
        Self::new(Problem::Kind(what), at)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.problem {
            Problem::Foreign => "no JPEG-LS codestream",
            Problem::Header(what) | Problem::Kind(what) => what,
            Problem::Bits => "impossible bits",
            Problem::TooLarge => "too many samples",
            Problem::Short => "no line of samples",
        };
        write!(f, "{what}, byte {}", self.at)
    }
}

impl core::error::Error for Fault {}
