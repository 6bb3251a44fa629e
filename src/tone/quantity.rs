//! Quantities beside the modality value: real-world value maps (PS3.3 C.7.6.16.2.11) and uptake of PET.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    codes,
    suv::{Body, Facts},
};
use crate::base::Repair;
use crate::dicom::{Instance, Item, items_of, number_of, numbers_of, text_of};

/// What a quantity is computed from.
#[derive(Debug, Clone, PartialEq)]
enum Map {
    /// The modality value times a factor.
    Factor(f64),
    /// The stored value, between two of them: slope and intercept.
    Linear {
        first: f64,
        last: f64,
        slope: f64,
        intercept: f64,
    },
    /// The stored value's entry, from the first on.
    Table { first: f64, entries: Vec<f64> },
}

/// One quantity of a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// LUT Label (0040,9210), or `SUVbw` and its kin.
    pub name: String,
    /// Unit (UCUM); empty where the file has none.
    pub unit: String,
    map: Map,
}

impl Quantity {
    /// Bytes of its table.
    pub fn bytes(&self) -> usize {
        match &self.map {
            Map::Table { entries, .. } => size_of_val(entries.as_slice()),
            Map::Factor(_) | Map::Linear { .. } => 0,
        }
    }

    /// The value of a pixel by its stored and its modality value; `None` where the map does not reach.
    pub fn value(&self, stored: f64, modality: f64) -> Option<f64> {
        match &self.map {
            Map::Factor(factor) => Some(modality * factor),
            Map::Linear {
                first,
                last,
                slope,
                intercept,
            } => (stored >= *first && stored <= *last).then_some(stored * slope + intercept),
            Map::Table { first, entries } => {
                let at = stored - first;
                (at >= 0.0 && at.fract() == 0.0)
                    .then(|| entries.get(at as usize).copied())
                    .flatten()
            }
        }
    }
}

/// A 16-bit attribute that is US or SS by Pixel Representation (PS3.5 6.2 says so), whatever VR it was read by: implicit VR does not tell.
fn as_stored(value: f64, signed: bool) -> f64 {
    let bits = (value as i64 & 0xFFFF) as u16;
    if signed {
        f64::from(bits.cast_signed())
    } else {
        f64::from(bits)
    }
}

/// The items of Real World Value Mapping Sequence (0040,9096) that hold for a frame.
fn mappings(instance: &Instance, frame: u32) -> Vec<&Item> {
    let items = instance.frame_items(frame, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE);
    if items.is_empty() {
        return instance.items(tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE);
    }
    items
}

/// Notes the maps of a frame that can't be used.
pub(super) fn note(instance: &Instance, frame: u32, repairs: &mut Vec<Repair>) {
    let items = mappings(instance, frame);
    let unusable = items.iter().filter(|item| map_of(item, false).is_none());
    match unusable.count() {
        0 => {}
        n => repairs.push(Repair::new(
            &codes::MAPPING_UNUSABLE,
            format!("{n} of {}", items.len()),
        )),
    }
}

/// What an item maps; `signed`: Pixel Representation (0028,0103) is 1.
fn map_of(item: &Item, signed: bool) -> Option<Map> {
    let mapped = |double: Tag, word: Tag| {
        number_of(item, double).or_else(|| number_of(item, word).map(|w| as_stored(w, signed)))
    };
    let first = mapped(
        tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_FIRST_VALUE_MAPPED,
        tags::REAL_WORLD_VALUE_FIRST_VALUE_MAPPED,
    );
    let last = mapped(
        tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED,
        tags::REAL_WORLD_VALUE_LAST_VALUE_MAPPED,
    );
    let linear = number_of(item, tags::REAL_WORLD_VALUE_SLOPE)
        .zip(number_of(item, tags::REAL_WORLD_VALUE_INTERCEPT));
    if let Some((slope, intercept)) = linear {
        return Some(Map::Linear {
            first: first.unwrap_or(f64::NEG_INFINITY),
            last: last.unwrap_or(f64::INFINITY),
            slope,
            intercept,
        });
    }
    let entries = numbers_of(item, tags::REAL_WORLD_VALUE_LUT_DATA);
    let first = first.filter(|_| !entries.is_empty())?;
    Some(Map::Table { first, entries })
}

/// The quantities of a frame, from 0: the file's own maps first; and why PET has no uptake. `earliest`: see [`Facts::of`].
pub fn of(
    instance: &Instance,
    frame: u32,
    earliest: Option<f64>,
) -> (Vec<Quantity>, Option<Repair>) {
    let mut found = Vec::new();
    let mut missing = None;
    let signed = instance.number(tags::PIXEL_REPRESENTATION) == Some(1.0);
    for item in mappings(instance, frame) {
        let Some(map) = map_of(item, signed) else {
            continue;
        };
        let unit = items_of(item, tags::MEASUREMENT_UNITS_CODE_SEQUENCE)
            .first()
            .and_then(|code| text_of(code, tags::CODE_VALUE))
            .unwrap_or_default();
        let name = text_of(item, tags::LUT_LABEL)
            .or_else(|| text_of(item, tags::LUT_EXPLANATION))
            .unwrap_or_default();
        found.push(Quantity { name, unit, map });
    }
    if instance.text(tags::MODALITY).as_deref() == Some("PT") {
        let facts = Facts::of(instance, frame, earliest);
        for body in Body::ALL {
            // James' formula is for those whose file asks for it.
            if body == Body::LeanJames && facts.suv_type != "LBMJAMES128" {
                continue;
            }
            match facts.factor(body) {
                Ok(factor) => {
                    let (name, unit) = body.name();
                    found.push(Quantity {
                        name: name.to_owned(),
                        unit: unit.to_owned(),
                        map: Map::Factor(factor),
                    });
                }
                // Height and sex are often left out; weight is what everybody needs.
                Err(lacks) if body == Body::Weight => {
                    missing = Some(Repair::new(&codes::NO_UPTAKE, lacks.attribute()));
                }
                Err(_) => {}
            }
        }
    }
    (found, missing)
}
