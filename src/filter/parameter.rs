//! A filter's parameters: numbers within a range, or one of several names.

use super::codes;
use crate::base::{Error, Result};

/// A filter's parameter: name, default, smallest and largest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Name in `name:key=value`.
    pub name: &'static str,
    /// Used when it is not given.
    pub default: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Only whole numbers.
    pub whole: bool,
    /// Where it is a choice: the names; the value is the place of one. Else empty.
    pub choices: &'static [&'static str],
}

impl Parameter {
    pub(super) const fn number(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self {
            name,
            default,
            min,
            max,
            whole: false,
            choices: &[],
        }
    }

    pub(super) const fn whole(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self {
            whole: true,
            ..Self::number(name, default, min, max)
        }
    }

    /// One of these; the first is the default.
    pub(super) const fn choice(name: &'static str, choices: &'static [&'static str]) -> Self {
        Self {
            choices,
            ..Self::whole(name, 0.0, 0.0, choices.len() as f64 - 1.0)
        }
    }

    /// # Errors
    /// `FLT-002` for what is no value of it.
    pub(super) fn read(&self, text: &str) -> Result<f64> {
        let wrong = |expected: String| {
            Err(Error::new(&codes::PARAMETER)
                .expected(format!("{} {expected}", self.name))
                .found(text))
        };
        if !self.choices.is_empty() {
            return match self.choices.iter().position(|name| *name == text) {
                Some(place) => Ok(place as f64),
                None => wrong(self.choices.join(", ")),
            };
        }
        match text.parse::<f64>() {
            Ok(value)
                if (self.min..=self.max).contains(&value)
                    && !(self.whole && value.fract() != 0.0) =>
            {
                Ok(value)
            }
            _ => wrong(format!(
                "from {} to {}{}",
                self.min,
                self.max,
                if self.whole { ", whole" } else { "" }
            )),
        }
    }
}
