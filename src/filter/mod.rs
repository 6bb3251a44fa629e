//! Frame → frame: on the CPU, the reference, and on a GPU, which has to equal it.
//!
//! Takes [`crate::tone::Grey`] modality values; gives values in the same unit. Padding stays padding and takes no part.

mod clahe;
pub mod codes;
pub mod cpu;
mod gaussian;
#[cfg(feature = "gpu")]
pub mod gpu;
mod median;
mod plan;
mod unsharp;

pub use plan::{Pass, Plan};

use crate::base::{Error, Result};

/// A filter's parameter: name, default, smallest and largest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Name in `name:key=value`.
    pub name: &'static str,
    /// Used when it is not given.
    pub default: f32,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Only whole numbers.
    pub whole: bool,
}

type Apply = fn(&[f32], &crate::tone::Grey) -> crate::tone::Grey;
type Planned = fn(&[f32], &crate::tone::Grey) -> Plan;

/// A filter that can be asked for by name.
#[derive(Debug)]
pub struct Kind {
    /// Name.
    pub name: &'static str,
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    apply: Apply,
    plan: Planned,
}

/// Every filter: a file, its WGSL beside it, and a line here.
pub const ALL: &[&Kind] = &[&gaussian::KIND, &unsharp::KIND, &median::KIND, &clahe::KIND];

/// A filter with its values.
#[derive(Debug, Clone)]
pub struct Filter {
    kind: &'static Kind,
    values: Vec<f32>,
}

impl Filter {
    /// The same filter as work for a GPU. A plan without passes leaves the frame as it is.
    pub fn plan(&self, frame: &crate::tone::Grey) -> Plan {
        (self.kind.plan)(&self.values, frame)
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
    let mut values: Vec<f32> = kind.parameters.iter().map(|p| p.default).collect();
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
        let range = format!(
            "{key} from {} to {}{}",
            parameter.min,
            parameter.max,
            if parameter.whole { ", whole" } else { "" }
        );
        match value.parse::<f32>() {
            Ok(value)
                if (parameter.min..=parameter.max).contains(&value)
                    && !(parameter.whole && value.fract() != 0.0) =>
            {
                *slot = value;
            }
            _ => return Err(Error::new(&codes::PARAMETER).expected(range).found(value)),
        }
    }
    Ok(Filter { kind, values })
}
