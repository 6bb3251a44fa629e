//! Frame → frame: on the CPU, the reference, and on a GPU, which has to equal it.
//!
//! Takes [`crate::tone::Grey`] modality values; gives values in the same unit. Padding stays padding and takes no part.

mod adaptive;
mod canny;
pub mod chain;
mod clahe;
pub mod codes;
pub mod cpu;
mod gaussian;
#[cfg(feature = "gpu")]
pub mod gpu;
mod grey;
pub mod kernel;
mod laplacian;
mod level;
mod median;
mod morphology;
mod otsu;
mod parameter;
mod plan;
mod scharr;
mod sobel;
mod threshold;
mod unsharp;

use std::rc::Rc;

pub use chain::{Chain, Shown, State};
pub use parameter::Parameter;
pub use plan::{Pass, Plan};

use crate::{
    base::{Error, Result},
    tone::Grey,
};

/// What a filter makes of the numbers that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Of the same kind: values in their unit, or levels.
    Same,
    /// Display levels 0..=255.
    Levels,
    /// Differences: of levels levels again, of values something with a window of its own.
    Difference,
    /// Something else, with a window of its own.
    Other,
}

/// A filter that can be asked for by name.
#[derive(Debug)]
pub struct Kind {
    /// Name.
    pub name: &'static str,
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    /// What it gives.
    gives: fn(&Filter) -> Gives,
    apply: fn(&Filter, &Grey) -> Grey,
    /// The same as work for a GPU; `None`: on the CPU only.
    plan: fn(&Filter, &Grey) -> Option<Plan>,
}

/// Every filter: a file, its WGSL beside it where a GPU can do it, and a line here.
pub const ALL: &[&Kind] = &[
    &grey::KIND,
    &gaussian::KIND,
    &unsharp::KIND,
    &median::KIND,
    &clahe::KIND,
    &sobel::KIND,
    &scharr::KIND,
    &laplacian::KIND,
    &canny::KIND,
    &threshold::KIND,
    &otsu::KIND,
    &adaptive::KIND,
    &morphology::KIND,
];

/// A filter with its values.
#[derive(Debug, Clone)]
pub struct Filter {
    kind: &'static Kind,
    values: Vec<f64>,
    /// It is given levels. Set by [`chain::of`].
    on_levels: bool,
    /// How the frame is shown: what `grey` needs. Set by [`chain::of`].
    shown: Option<Rc<Shown>>,
}

impl Filter {
    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// What it gives.
    pub fn gives(&self) -> Gives {
        (self.kind.gives)(self)
    }

    /// The same filter as work for a GPU; `None`: it runs on the CPU only. A plan without passes leaves the frame as it is.
    pub fn plan(&self, frame: &Grey) -> Option<Plan> {
        (self.kind.plan)(self, frame)
    }

    /// The threshold that this filter cuts `frame` at, in the unit of its values; `None` for filters that have none, or many.
    pub fn threshold(&self, frame: &Grey) -> Option<f32> {
        match self.kind.name {
            "threshold" => Some(self.number(0) as f32),
            "otsu" => otsu::of(frame),
            _ => None,
        }
    }

    /// The parameter at that place of the kind's list.
    fn number(&self, at: usize) -> f64 {
        self.values.get(at).copied().unwrap_or(0.0)
    }

    /// The place of what was chosen, of a parameter that is a choice.
    fn choice(&self, at: usize) -> usize {
        self.number(at) as usize
    }

    /// It works on display levels: `of=levels`.
    fn of_levels(&self) -> bool {
        self.kind
            .parameters
            .iter()
            .enumerate()
            .any(|(at, p)| p.name == "of" && p.choices.get(self.choice(at)) == Some(&"levels"))
    }

    fn gives_levels(&self, otherwise: Gives) -> Gives {
        if self.of_levels() {
            Gives::Levels
        } else {
            otherwise
        }
    }
}

/// As [`parse`] reads it, with every parameter.
impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.name)?;
        for (at, parameter) in self.kind.parameters.iter().enumerate() {
            let sign = if at == 0 { ':' } else { ',' };
            let value = self.number(at);
            match parameter.choices.get(value as usize) {
                Some(name) => write!(f, "{sign}{}={name}", parameter.name)?,
                None => write!(f, "{sign}{}={value}", parameter.name)?,
            }
        }
        Ok(())
    }
}

/// Parses `name` or `name:key=value,key=value`.
///
/// # Errors
/// `FLT-001` for an unknown name, `FLT-002` for an unknown parameter or a value out of its range.
pub fn parse(text: &str) -> Result<Filter> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let Some(kind) = ALL.iter().find(|kind| kind.name == name) else {
        let names: Vec<&str> = ALL.iter().map(|kind| kind.name).collect();
        return Err(Error::new(&codes::UNKNOWN)
            .expected(names.join(", "))
            .found(name));
    };
    let mut values: Vec<f64> = kind.parameters.iter().map(|p| p.default).collect();
    for part in rest.split([',', ':']).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let place = kind
            .parameters
            .iter()
            .zip(&mut values)
            .find(|(p, _)| p.name == key);
        let Some((parameter, slot)) = place else {
            let names: Vec<&str> = kind.parameters.iter().map(|p| p.name).collect();
            return Err(Error::new(&codes::PARAMETER)
                .expected(names.join(", "))
                .found(key));
        };
        *slot = parameter.read(value)?;
    }
    Ok(Filter {
        kind,
        values,
        on_levels: false,
        shown: None,
    })
}
