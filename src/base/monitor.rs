//! Progress out, cancellation in: how long work talks to whoever asked for it.

/// The ten steps of the way of a study, as a user sees them in the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the ten steps are described in docs/ARCHITECTURE.md under these names"
)]
pub enum Stage {
    Take,
    Read,
    Arrange,
    Decode,
    Grade,
    Filter,
    Show,
    Prepare,
    Infer,
    Explain,
}

/// Whoever waits for long work. Called often: implementations are cheap.
pub trait Monitor {
    /// `done` of `total` units of `stage` are finished.
    fn progress(&self, stage: Stage, done: u64, total: u64);
    /// True when the result is no longer wanted; the work ends with a cancelled error soon after.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Monitor for Silent {
    fn progress(&self, _: Stage, _: u64, _: u64) {}
}
