//! Key points of a picture and what tells them apart: SIFT (scale space) and a binary descriptor (oriented FAST, rotated BRIEF).
//!
//! Takes levels 0..255 on a grid ([`Levels`]); gives places in pixels, columns and rows, pixel centres at whole numbers. Equal input gives
//! equal output on every machine: what is drawn at random is drawn from a seed, and no thread takes part.

mod binary;
mod blur;
mod extrema;
mod fast;
mod gradient;
mod levels;
mod matching;
mod sift;

pub use levels::{Levels, bright};
pub use matching::{Match, Matching};

use crate::base::{Error, Monitor, Result, Stage};

use super::register::codes;

/// A place that can be found again in another picture of the same thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyPoint {
    /// Column, fractions allowed; 0 is the centre of the first pixel.
    pub x: f32,
    /// Row, fractions allowed.
    pub y: f32,
    /// Diameter of what the descriptor's scale belongs to, pixels.
    pub size: f32,
    /// Direction, degrees 0..360, from the direction of rows towards that of columns (clockwise on the screen).
    pub angle: f32,
    /// The larger, the more certain: SIFT, the contrast of 0..1; binary, Harris' measure.
    pub response: f32,
}

/// What surrounds a key point, as numbers that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Descriptors {
    /// SIFT: 4 × 4 cells of 8 directions, compared by Euclidean distance.
    Gradient(Vec<[u8; 128]>),
    /// 256 comparisons, compared by the number of bits that differ.
    Binary(Vec<[u64; 4]>),
}

/// Key points with their descriptors, one for each, the strongest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// Where.
    pub points: Vec<KeyPoint>,
    /// What.
    pub descriptors: Descriptors,
}

/// Which key points and descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Scale-invariant feature transform (Lowe 2004): bears scale, rotation, light.
    #[default]
    Sift,
    /// Oriented FAST and rotated BRIEF with a pattern of its own that nothing was learned for: quick, bears less.
    Binary,
}

/// How many and within which memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Which.
    pub kind: Kind,
    /// Most key points; the strongest stay.
    pub most: usize,
    /// Most bytes of scale space. Where twice the picture's size does not fit, the finest octave is the picture's own size or less.
    pub memory_bytes: usize,
    /// Most octaves (SIFT); each halves the picture.
    pub octaves: usize,
    /// SIFT: least contrast, of 0..1.
    pub contrast: f32,
    /// SIFT: most ratio of the two curvatures; a point on an edge has a larger one.
    pub edge: f32,
    /// Binary: least difference in levels between a corner and its ring.
    pub fast: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kind: Kind::Sift,
            most: 10_000,
            memory_bytes: 512 << 20,
            octaves: 16,
            contrast: 0.04,
            edge: 10.0,
            fast: 10.0,
        }
    }
}

impl Points {
    /// Finds and describes key points. A picture without structure has none: that is no error here.
    ///
    /// # Errors
    /// `REG-001` when cancelled, `REG-012` where even a coarse octave is larger than the memory that may be used.
    pub fn find(levels: &Levels, settings: &Settings, monitor: &dyn Monitor) -> Result<Self> {
        match settings.kind {
            Kind::Sift => sift::find(levels, settings, monitor),
            Kind::Binary => binary::find(levels, settings, monitor),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

/// The cancelled error where nobody waits any more.
pub(super) fn stop(monitor: &dyn Monitor) -> Result<()> {
    if monitor.cancelled() {
        return Err(Error::new(&codes::CANCELLED));
    }
    Ok(())
}

/// The cancelled error where nobody waits any more; says else how far the work is.
pub(super) fn ask(monitor: &dyn Monitor, done: u64, total: u64) -> Result<()> {
    stop(monitor)?;
    monitor.progress(Stage::Filter, done, total);
    Ok(())
}
