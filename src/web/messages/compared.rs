//! Comparing: a frame of another stack on the one that a viewport shows.

use serde::{Deserialize, Serialize};

/// What is laid on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ComparedWish {
    /// The viewport whose image stays as it is. Grid, view and size of the canvas are its own.
    pub home: u32,
    /// [`super::FrameSetInfo::key`] of the other stack.
    pub other: u32,
    /// How it comes to lie there.
    pub laid: Laid,
    /// What is shown in `home` less the other one, instead of the other one.
    pub difference: bool,
    /// Of a difference: what gets the strongest colours, in its unit; 0: from its own values.
    pub reach: f64,
    /// A PNG is wanted beside the answer, and the canvas stays as it is.
    pub picture: bool,
}

/// How a frame comes to lie on another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Laid {
    /// One frame, by its pixels.
    Frame {
        /// 0-based place in the other stack.
        index: u32,
        /// Columns and rows of the shown frame → those of the other one, homogeneous.
        matrix: [[f64; 3]; 3],
    },
    /// A plane through the other stack, which was put together as a volume.
    Volume {
        /// Places of the shown frame → places of the other stack, LPS, mm, homogeneous, rigid.
        matrix: [[f64; 4]; 4],
    },
}
