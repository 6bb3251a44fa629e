//! The catalogue: studies and series. A stack is [`FrameSetInfo`].

use serde::{Deserialize, Serialize};

use super::{Failure, FrameSetInfo};

/// The tree of what was opened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct Catalogue {
    pub files: u32,
    pub studies: Vec<StudyInfo>,
    /// Tolerated defects.
    pub repairs: Vec<Failure>,
    /// What is no defect, but not done as the file asks.
    pub remarks: Vec<Failure>,
    /// Files that could not be opened.
    pub errors: Vec<Failure>,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct StudyInfo {
    pub uid: String,
    pub patient_name: String,
    pub patient_id: String,
    pub date: String,
    pub description: String,
    pub series: Vec<SeriesInfo>,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[allow(missing_docs, reason = "the standard's names")]
pub struct SeriesInfo {
    pub uid: String,
    pub modality: String,
    pub number: String,
    pub description: String,
    /// Body Part Examined (0018,0015) of its first image, else the code meaning of Anatomic Region Sequence (0008,2218); may be empty.
    pub body_part: String,
    pub frame_sets: Vec<FrameSetInfo>,
    /// Instances without pixels (reports, presentation states).
    pub other_instances: u32,
}
