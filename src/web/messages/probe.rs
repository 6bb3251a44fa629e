//! What lies under the pointer.

use serde::{Deserialize, Serialize};

/// A quantity's value at a pixel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Measured {
    /// `SUVbw`, or as the file names it.
    pub name: String,
    /// In `unit`.
    pub value: f64,
    /// UCUM; may be empty.
    pub unit: String,
}

/// A value under the pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Probe {
    /// 0-based column.
    pub column: u32,
    /// 0-based row.
    pub row: u32,
    /// Stored samples.
    pub stored: Vec<f64>,
    /// Modality value; `None` for colour and padding.
    pub modality: Option<f64>,
    /// Its unit; empty where none is known.
    pub unit: String,
    /// Real-world values, uptake.
    pub quantities: Vec<Measured>,
    /// Patient position in mm, where a plane is known.
    pub patient_mm: Option<[f64; 3]>,
    /// Label of the overlay here; `None` without a label map.
    pub label: Option<u32>,
    /// Value of the heatmap's cell here; `None` without a heatmap.
    pub heat: Option<f32>,
}
