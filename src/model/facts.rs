//! What a manifest may ask about an input.

use serde::{Deserialize, Serialize};

/// Attributes of the input that a manifest may name; `None` or empty where the file does not say. No attribute here identifies a patient.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InputFacts {
    /// Modality (0008,0060).
    pub modality: String,
    /// Body Part Examined (0018,0015), else the code meaning of Anatomic Region Sequence (0008,2218).
    pub body_part: String,
    /// View Position (0018,5101).
    pub view: String,
    /// Patient's Age (0010,1010) in years, else Study Date minus Birth Date.
    pub age_years: Option<f64>,
    /// Series Description (0008,103E), Protocol Name (0018,1030) and Study Description (0008,1030): for the sequence weighting, which has
    /// no attribute of its own in classic MR.
    pub descriptions: Vec<String>,
    /// Scanning Sequence (0018,0020), values joined by a backslash.
    pub scanning_sequence: String,
    /// Echo Time (0018,0081), ms.
    pub echo_time_ms: Option<f64>,
    /// Repetition Time (0018,0080), ms.
    pub repetition_time_ms: Option<f64>,
    /// Inversion Time (0018,0082), ms.
    pub inversion_time_ms: Option<f64>,
    /// False for colour frames, which no grey-level model takes.
    pub grey: bool,
    /// The frames lie on one regular grid (a volume).
    pub regular: bool,
    /// Why they do not, in words; empty where they do.
    pub irregular_because: String,
    /// Burned In Annotation (0028,0301) is YES.
    pub burned_in: bool,
}
