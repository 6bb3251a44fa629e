//! The windows and VOI LUTs that a file offers (PS3.3 C.11.2, C.7.6.16.2.10; of a presentation state: C.11.8).

use std::rc::Rc;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    codes,
    lut::{Descriptor, Lut},
    modality::Modality,
    voi::{Function, Table, Voi},
};
use crate::{
    base::Repair,
    dicom::{Instance, Item, components_of, items_of, numbers_of, text_of},
};

/// Windows that are offered at most, and tables: files have a handful.
const MOST: usize = 32;
/// A table is filled up only where it has this part of the entries that its descriptor claims.
const FILLED: usize = 16;

/// One of the file's alternatives for display.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Window Center & Width Explanation (0028,1055) or LUT Explanation (0028,3003); without one the numbers.
    pub label: String,
    /// What it does.
    pub voi: Voi,
}

/// Those of a frame, from 0, the default first.
pub(super) fn of(
    instance: &Instance,
    frame: u32,
    signed: bool,
    modality: &Modality,
    repairs: &mut Vec<Repair>,
) -> Vec<Choice> {
    let group = instance.frame_item(frame, tags::FRAME_VOILUT_SEQUENCE);
    let numbers = |tag: Tag| match group {
        Some(item) => components_of(item, tag),
        None => instance.components(tag),
    };
    let function = match group {
        Some(item) => text_of(item, tags::VOILUT_FUNCTION),
        None => instance.text(tags::VOILUT_FUNCTION),
    };
    let labels = match group {
        Some(item) => text_of(item, tags::WINDOW_CENTER_WIDTH_EXPLANATION)
            .into_iter()
            .collect(),
        None => instance.texts(tags::WINDOW_CENTER_WIDTH_EXPLANATION),
    };
    let mut choices = windows(
        &numbers(tags::WINDOW_CENTER),
        &numbers(tags::WINDOW_WIDTH),
        &labels,
        function.as_deref(),
        repairs,
    );
    let negative = may_be_negative(modality, signed);
    choices.extend(tables(
        &instance.items(tags::VOILUT_SEQUENCE),
        negative,
        repairs,
    ));
    choices
}

/// The first value mapped of a VOI LUT is signed where its input can be negative (C.11.2.1.1).
pub(super) fn may_be_negative(modality: &Modality, signed: bool) -> bool {
    match modality {
        Modality::Table(_) => false,
        Modality::Rescale { intercept, .. } => signed || *intercept < 0.0,
    }
}

/// The windows and tables of an item of Softcopy VOI LUT Sequence (0028,3110).
pub(super) fn of_item(item: &Item, negative: bool, repairs: &mut Vec<Repair>) -> Vec<Choice> {
    let mut choices = windows(
        &components_of(item, tags::WINDOW_CENTER),
        &components_of(item, tags::WINDOW_WIDTH),
        &[],
        text_of(item, tags::VOILUT_FUNCTION).as_deref(),
        repairs,
    );
    choices.extend(tables(
        &items_of(item, tags::VOILUT_SEQUENCE),
        negative,
        repairs,
    ));
    choices
}

fn tables(items: &[&Item], negative: bool, repairs: &mut Vec<Repair>) -> Vec<Choice> {
    if items.len() > MOST {
        let detail = format!("{} VOI LUTs", items.len());
        repairs.push(Repair::new(&codes::CHOICES_TOO_MANY, detail));
    }
    let mut choices = Vec::new();
    for item in items.iter().take(MOST) {
        let (descriptor, data) = (
            numbers_of(item, tags::LUT_DESCRIPTOR),
            numbers_of(item, tags::LUT_DATA),
        );
        // A few entries are not made 65,536: a file has room for many such items.
        let claimed = Descriptor::read(&descriptor, negative).map_or(0, |d| d.count);
        if !data.is_empty() && data.len().saturating_mul(FILLED) < claimed {
            let detail = format!("{} of {claimed} entries", data.len());
            repairs.push(Repair::new(&codes::LUT_UNUSABLE, detail));
            continue;
        }
        if let Some(lut) = Lut::read(&descriptor, &data, negative, repairs) {
            let label =
                text_of(item, tags::LUT_EXPLANATION).unwrap_or_else(|| "VOI LUT".to_owned());
            choices.push(Choice {
                label,
                voi: table(&lut, repairs),
            });
        }
    }
    choices
}

/// A VOI LUT with entries scaled to 0..1.
pub(super) fn table(lut: &Lut, repairs: &mut Vec<Repair>) -> Voi {
    let top = lut.range_max(repairs);
    Voi::Table(Rc::new(Table {
        first: lut.first as f32,
        entries: lut
            .entries
            .iter()
            .map(|&entry| (f32::from(entry) / top).min(1.0))
            .collect(),
    }))
}

/// All full pairs of centre and width.
fn windows(
    centers: &[Option<f64>],
    widths: &[Option<f64>],
    labels: &[String],
    function: Option<&str>,
    repairs: &mut Vec<Repair>,
) -> Vec<Choice> {
    if centers.len() != widths.len() {
        let detail = format!("{} and {}", centers.len(), widths.len());
        repairs.push(Repair::new(&codes::WINDOW_UNPAIRED, detail));
    }
    let asked = match function {
        None | Some("" | "LINEAR") => Function::Linear,
        Some("LINEAR_EXACT") => Function::LinearExact,
        Some("SIGMOID") => Function::Sigmoid,
        Some(_) => {
            repairs.push(Repair::new(&codes::FUNCTION_UNKNOWN, "(0028,1056)"));
            Function::Linear
        }
    };
    if centers.len() > MOST {
        let detail = format!("{} windows", centers.len());
        repairs.push(Repair::new(&codes::CHOICES_TOO_MANY, detail));
    }
    let mut choices = vec![];
    let pairs = centers.iter().zip(widths).take(MOST);
    for (i, (&center, &width)) in pairs.enumerate() {
        let Some((center, width)) = center.zip(width) else {
            let detail = format!("pair {}", i + 1);
            repairs.push(Repair::new(&codes::WINDOW_UNREADABLE, detail));
            continue;
        };
        if width <= 0.0 {
            repairs.push(Repair::new(
                &codes::WIDTH_INVALID,
                format!("pair {}: {center}, {width}", i + 1),
            ));
            continue;
        }
        let mut function = asked;
        if function == Function::Linear && width < 1.0 {
            repairs.push(Repair::new(
                &codes::WIDTH_BELOW_ONE,
                format!("pair {}: {width}", i + 1),
            ));
            function = Function::LinearExact;
        }
        let label = labels
            .get(i)
            .filter(|label| !label.is_empty())
            .cloned()
            .unwrap_or_else(|| format!("{center} / {width}"));
        choices.push(Choice {
            label,
            voi: Voi::Window {
                center: center as f32,
                width: width as f32,
                function,
            },
        });
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn pairs_functions_and_repairs() {
        let mut r = vec![];
        let labels = ["LUNG".to_owned()];
        let c = windows(
            &some(&[-600.0, 40.0, 1.0]),
            &some(&[1500.0, 0.5]),
            &labels,
            None,
            &mut r,
        );
        let names: Vec<_> = c.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(names, ["LUNG", "40 / 0.5"]);
        assert!(matches!(
            c[1].voi,
            Voi::Window {
                function: Function::LinearExact,
                ..
            }
        ));
        let ids: Vec<_> = r.iter().map(|r| r.code.id).collect();
        assert_eq!(ids, ["PIX-307", "PIX-305"]);
        r.clear();
        let none = windows(&some(&[1.0]), &some(&[0.0]), &[], Some("SIGMOID"), &mut r);
        assert!(none.is_empty());
        assert_eq!(r[0].code.id, "PIX-306");
    }

    #[test]
    fn a_window_that_is_no_number_leaves_the_others() {
        let mut r = vec![];
        let labels = ["A".to_owned(), "B".to_owned(), "C".to_owned()];
        let centers = [Some(40.0), None, Some(-600.0)];
        let c = windows(
            &centers,
            &some(&[400.0, 1.0, 1500.0]),
            &labels,
            None,
            &mut r,
        );
        let names: Vec<_> = c.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(names, ["A", "C"]);
        let said: Vec<_> = r.iter().map(|r| (r.code.id, r.detail.as_str())).collect();
        assert_eq!(said, [("PIX-318", "pair 2")]);
    }

    #[test]
    fn no_more_windows_than_anybody_offers() {
        let mut r = vec![];
        let many = some(&vec![10.0; 4000]);
        assert_eq!(windows(&many, &many, &[], None, &mut r).len(), MOST);
        assert_eq!(r[0].code.id, "PIX-319");
    }

    #[test]
    fn voi_lut_scaled_by_its_bits() {
        let mut r = vec![];
        let lut = Lut {
            first: -5,
            bits: 12,
            entries: vec![0, 4095],
        };
        let Voi::Table(t) = table(&lut, &mut r) else {
            panic!("a table was expected")
        };
        assert_eq!((t.first, t.entries.as_slice()), (-5.0, &[0.0, 1.0][..]));
    }
}
