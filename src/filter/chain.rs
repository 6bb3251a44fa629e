//! Filters one after the other: where one works on 8-bit levels and gets values, the step that makes levels of them is put before it.

use std::rc::Rc;

use super::{Filter, Gives, parse};
use crate::{
    base::Result,
    tone::{Grey, auto, voi::Voi},
};

/// How a frame is shown, before any user's inversion: what makes levels of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Window or VOI LUT in force.
    pub voi: Voi,
    /// Presentation LUT after it.
    pub presentation_lut: Option<Rc<Vec<f32>>>,
    /// MONOCHROME1, or what a presentation state says.
    pub invert: bool,
}

impl Shown {
    /// Levels as they are.
    pub fn plain() -> Self {
        Self {
            voi: auto::full_range(0.0, 255.0),
            presentation_lut: None,
            invert: false,
        }
    }
}

/// What numbers are at a place of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Values in the unit of the frame: its windows hold.
    Values,
    /// Display levels 0..=255: shown as they are, without the window that made them.
    Levels,
    /// Gradients, differences: shown with a window of their own.
    Other,
}

impl State {
    /// What this is shown with; `None`: the windows of the frame hold.
    pub fn voi(self, frame: &Grey) -> Option<Voi> {
        match self {
            Self::Values => None,
            Self::Levels => Some(auto::full_range(0.0, 255.0)),
            Self::Other => Some(auto::window(frame, auto::Rule::Percentiles)),
        }
    }
}

/// Filters in order.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Those that were asked for, and the `grey` steps that they need.
    pub steps: Vec<Filter>,
    /// What the last one gives.
    pub gives: State,
    /// It depends on how the frame is shown.
    pub by_window: bool,
}

/// The chain of filters `name:key=value,…`.
///
/// # Errors
/// As [`parse`].
pub fn of<T: AsRef<str>>(texts: &[T], shown: &Shown) -> Result<Chain> {
    let mut chain = Chain {
        steps: vec![],
        gives: State::Values,
        by_window: false,
    };
    let shown = Rc::new(shown.clone());
    for text in texts {
        let filter = parse(text.as_ref())?;
        if filter.of_levels() && chain.gives != State::Levels {
            chain.add(parse("grey")?, &shown);
        }
        chain.add(filter, &shown);
    }
    Ok(chain)
}

impl Chain {
    fn add(&mut self, mut filter: Filter, shown: &Rc<Shown>) {
        if filter.kind.name == "grey" && self.gives == State::Values {
            filter.shown = Some(shown.clone());
            self.by_window = true;
        }
        filter.on_levels = self.gives == State::Levels;
        self.gives = match (filter.gives(), self.gives) {
            (Gives::Same, before) => before,
            (Gives::Levels, _) | (Gives::Difference, State::Levels) => State::Levels,
            (Gives::Difference | Gives::Other, _) => State::Other,
        };
        self.steps.push(filter);
    }
}
