//! A filter as work for a GPU, in plain data: no graphics library is named here, so every filter is declared in its own file.

/// A WGSL module and the passes over it. `common.wgsl` stands before the source and binds what every filter has.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// WGSL of this filter.
    pub source: &'static str,
    /// What `parameters` holds after columns and rows.
    pub parameters: Vec<f32>,
    /// 32-bit words of scratch memory, zero at first.
    pub scratch: usize,
    /// In order; each sees what the one before wrote.
    pub passes: Vec<Pass>,
}

/// One dispatch of an entry point of workgroups of 8 × 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Name of the entry point.
    pub entry: &'static str,
    /// Threads wanted along x and y; more may run, and must return at once.
    pub threads: [u32; 2],
}

impl Pass {
    /// A thread for each pixel.
    pub(super) fn pixels(entry: &'static str, frame: &crate::tone::Grey) -> Self {
        Self {
            entry,
            threads: [frame.columns as u32, frame.rows as u32],
        }
    }
}
