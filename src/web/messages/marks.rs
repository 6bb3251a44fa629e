//! Measurements: where they are, and as files.

use serde::{Deserialize, Serialize};

use super::SaveStamp;
use crate::measure::{Mark, Measurement, OnPlane};

/// The name of a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FrameName {
    /// SOP Instance UID (0008,0018).
    pub sop_uid: String,
    /// From 1.
    pub frame: u32,
}

/// Where a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FramePlace {
    /// [`super::FrameSetInfo::key`].
    pub frame_set: u32,
    /// 0-based place in the stack.
    pub index: u32,
}

/// Marks on a plane of a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MeasurePlane {
    /// [`super::FrameSetInfo::key`].
    pub frame_set: u32,
    /// The plane.
    pub plane: OnPlane,
    /// Their points are pixels of it.
    pub marks: Vec<Mark>,
}

/// A measurement that a file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SavedMark {
    /// The frame.
    pub place: FramePlace,
    /// Mark and values.
    pub measurement: Measurement,
    /// This program has written it.
    pub own: bool,
}

/// Measurements that are to be a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SaveMarks {
    /// `sr`, `sr3d`, `gsps`, `csv`, `json`.
    pub what: String,
    /// Which of the files, from 0, where it takes several; `None`: all of them, several in one ZIP archive.
    pub part: Option<u32>,
    /// In the order of the list.
    pub measurements: Vec<Measurement>,
    /// The same for all parts.
    pub stamp: SaveStamp,
}
