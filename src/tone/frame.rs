//! Graded frames: what filters work on and what a scene shows.

/// Marks a pixel of Pixel Padding (PS3.3 C.7.5.1.1.2): outside of statistics, painted as background. All other values are finite.
pub const PADDING: f32 = f32::MIN;

/// Modality values of one frame, row-major. MONOCHROME1 is not inverted here: that happens after the VOI.
#[derive(Debug, Clone, PartialEq)]
pub struct Grey {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// rows × columns modality values, or [`PADDING`].
    pub values: Vec<f32>,
}

/// Colour ready to show, row-major, 8 bits each: R, G, B, A (A = 255).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colour {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// rows × columns × 4 bytes.
    pub rgba: Vec<u8>,
}

/// A graded frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Goes through VOI, inversion and colour map.
    Grey(Grey),
    /// Is shown as it is.
    Colour(Colour),
}

impl Frame {
    /// (columns, rows).
    pub fn size(&self) -> (usize, usize) {
        match self {
            Self::Grey(g) => (g.columns, g.rows),
            Self::Colour(c) => (c.columns, c.rows),
        }
    }
}
