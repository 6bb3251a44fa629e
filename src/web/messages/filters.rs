//! Filters that can be asked for, with their parameters.

use serde::{Deserialize, Serialize};

/// A filter that can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilterInfo {
    /// Name in `name:key=value`.
    pub name: String,
    /// In order.
    pub parameters: Vec<FilterParameter>,
}

/// A parameter of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilterParameter {
    /// Name of the key.
    pub name: String,
    /// Of a choice the place of one of them.
    pub default: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Only whole numbers.
    pub whole: bool,
    /// Where it is a choice: the names.
    pub choices: Vec<String>,
}
