//! A report (PS3.16 TID 1500): volumes of segments and scores as measurement groups, each with the algorithm that gave it (TID 4019).
//!
//! Volumes refer to the segment that is saved beside the report (TID 1411); without one, and for scores, a group has no region (TID 1501).

use dicom_dictionary_std::tags;

use super::{
    codes,
    concept::{self, Concept},
    dataset::DataSet,
    kinds::{Kind, SR},
    region::Region,
    result::{Export, Made},
    seg,
};
use crate::{
    base::{Error, Result},
    measure::concepts,
    model::finding::Score,
};

/// UID of the device that observes: this program, whatever its version.
const OBSERVER: &str = "2.25.229103642758823740166531904457113968032";

/// The file.
pub(super) fn write(export: &Export<'_>, kind: &Kind) -> Result<Vec<u8>> {
    let made = Made::of(export)?;
    let finding = export.finding;
    if !finding.has_numbers() {
        return Err(Error::new(&codes::NOT_IN_FINDING).expected("scores or volumes"));
    }
    let mut set = made.begin(SR, kind, "SR", "Report")?;
    // A report that refers to something else is another one.
    let names: Vec<&str> = export.beside.iter().map(|kind| kind.name).collect();
    let own = format!("instance beside {}", names.join(", "));
    set.text(tags::SOP_INSTANCE_UID, &export.stamp.uid(kind.name, &own));
    set.text(tags::COMPLETION_FLAG, "COMPLETE")
        .text(tags::VERIFICATION_FLAG, "UNVERIFIED")
        .items(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![])
        .items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![])
        .item(
            tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
            made.evidence(),
        )
        .text(tags::VALUE_TYPE, "CONTAINER")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, concept::REPORT.item())
        .text(tags::CONTINUITY_OF_CONTENT, "SEPARATE")
        .item(tags::CONTENT_TEMPLATE_SEQUENCE, template("1500"));
    let mut groups = vec![];
    if let Some(map) = &finding.label_map {
        let named = map.names.iter().enumerate().skip(1);
        groups.extend(named.filter_map(|(label, name)| {
            let ml = map.volumes_ml.get(name)?;
            Some(volume(&made, label, name, *ml))
        }));
    }
    groups.extend(finding.scores.iter().map(|score| scored(&made, score)));
    let library = container(
        &concept::IMAGE_LIBRARY,
        vec![container(
            &concept::IMAGE_LIBRARY_GROUP,
            made.instances()
                .into_iter()
                .map(|i| image(None, i))
                .collect(),
        )],
    );
    let mut content = observer();
    content.extend([
        code(
            "HAS CONCEPT MOD",
            &concept::PROCEDURE,
            &concept::procedure(&made.modality),
        ),
        library,
        container(&concept::MEASUREMENTS, groups),
    ]);
    set.items(tags::CONTENT_SEQUENCE, content);
    set.file()
}

/// Language (TID 1204) and observation context (TID 1001): a device.
pub(super) fn observer() -> Vec<DataSet> {
    let context = "HAS OBS CONTEXT";
    vec![
        code("HAS CONCEPT MOD", &concept::LANGUAGE, &concept::ENGLISH),
        code(context, &concept::OBSERVER_TYPE, &concept::DEVICE),
        uid(context, &concept::DEVICE_UID, OBSERVER),
        text(context, &concept::DEVICE_NAME, "Negatoscope"),
        text(context, &concept::DEVICE_MANUFACTURER, "Negatoscope"),
        text(context, &concept::DEVICE_MODEL, env!("CARGO_PKG_VERSION")),
    ]
}

/// The volume of a segment.
fn volume(made: &Made<'_>, label: usize, name: &str, ml: f64) -> DataSet {
    let mut content = group(made, name);
    let segment = made.beside(&["seg", "labelmap", "fractional"]);
    let with_region = segment.is_some();
    if let Some(mut segment) = segment {
        segment.numbers(tags::REFERENCED_SEGMENT_NUMBER, &[label as f64]);
        content.push(image(Some(&concept::REFERENCED_SEGMENT), segment));
        content.push(uid("CONTAINS", &concept::SOURCE_SERIES, made.series()));
    }
    content.push(number(&concept::VOLUME, ml, &concept::MILLILITER));
    if let Some(region) = made.export.region {
        content.extend(values(region, &made.modality));
    }
    measured(content, with_region)
}

/// What the values inside of a region are (TID 1419).
fn values(region: &Region, modality: &str) -> Vec<DataSet> {
    let name = concepts::quantity("value", &region.unit, modality);
    let (unit, meaning) = concepts::quantity_unit("value", &region.unit);
    let unit = Concept::made(unit, "UCUM", meaning);
    let parts = [region.mean, region.sd, region.min, region.max];
    let item = |((_, derivation), value): (&(&str, concepts::Code), f64)| {
        let mut item = number(&Concept::known(name?), value, &unit);
        item.item(
            tags::CONTENT_SEQUENCE,
            code(
                "HAS CONCEPT MOD",
                &concept::DERIVATION,
                &Concept::known(*derivation),
            ),
        );
        Some(item)
    };
    concepts::DERIVATIONS
        .iter()
        .zip(parts)
        .filter_map(item)
        .collect()
}

/// A score with its calibration and threshold.
fn scored(made: &Made<'_>, score: &Score) -> DataSet {
    let mut content = group(made, &score.label);
    if let Some(prior) = score.prior.filter(|_| score.calibrated.is_some()) {
        let said = format!("Calibrated as if {prior} of all images were positive");
        content.push(text(
            "HAS CONCEPT MOD",
            &concept::ALGORITHM_PARAMETERS,
            &said,
        ));
    }
    if let Some(map) = made.beside(&["pm"]) {
        content.push(image(Some(&concept::VISUAL_EXPLANATION), map));
    }
    let judged = score.calibrated.unwrap_or(score.value);
    content.push(number(
        &concept::CERTAINTY,
        judged * 100.0,
        &concept::PERCENT,
    ));
    if score.calibrated.is_some() {
        content.push(number(
            &concept::SCORE,
            score.value * 100.0,
            &concept::PERCENT,
        ));
    }
    if let Some(threshold) = score.threshold {
        content.push(number(
            &concept::THRESHOLD,
            threshold * 100.0,
            &concept::PERCENT,
        ));
        let against = if judged >= threshold {
            concept::AT_OR_ABOVE
        } else {
            concept::BELOW
        };
        content.push(code("CONTAINS", &concept::AGAINST_THRESHOLD, &against));
    }
    measured(content, false)
}

/// What every group begins with: what is tracked, what was found, by which algorithm (TID 4019).
fn group(made: &Made<'_>, label: &str) -> Vec<DataSet> {
    let (id, tracked) = seg::tracking(made, label);
    let (context, by) = ("HAS OBS CONTEXT", "HAS CONCEPT MOD");
    let model = &made.export.finding.model;
    let mut content = vec![
        text(context, &concept::TRACKING_ID, &id),
        uid(context, &concept::TRACKING_UID, &tracked),
    ];
    // What a person's region is, nobody has said.
    if made.export.region.is_none() {
        let finding = Concept::of_label(label);
        content.push(code("CONTAINS", &concept::FINDING, &finding));
    }
    content.extend([
        text(by, &concept::ALGORITHM_NAME, &model.name),
        text(by, &concept::ALGORITHM_VERSION, &model.version),
        text(by, &concept::ALGORITHM_PARAMETERS, &made.parameters()),
    ]);
    content
}

fn measured(content: Vec<DataSet>, with_region: bool) -> DataSet {
    let mut group = container(&concept::GROUP, content);
    let id = if with_region { "1411" } else { "1501" };
    group.item(tags::CONTENT_TEMPLATE_SEQUENCE, template(id));
    group
}

/// Which template a document follows (PS3.16).
pub(super) fn template(id: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(tags::MAPPING_RESOURCE, "DCMR")
        .text(tags::TEMPLATE_IDENTIFIER, id);
    item
}

/// A content item (PS3.3 C.17.3).
pub(super) fn node(relationship: &str, kind: &str, name: Option<&Concept>) -> DataSet {
    let mut node = DataSet::new();
    node.text(tags::RELATIONSHIP_TYPE, relationship)
        .text(tags::VALUE_TYPE, kind);
    if let Some(name) = name {
        node.item(tags::CONCEPT_NAME_CODE_SEQUENCE, name.item());
    }
    node
}

pub(super) fn container(name: &Concept, content: Vec<DataSet>) -> DataSet {
    let mut item = node("CONTAINS", "CONTAINER", Some(name));
    item.text(tags::CONTINUITY_OF_CONTENT, "SEPARATE")
        .items(tags::CONTENT_SEQUENCE, content);
    item
}

pub(super) fn code(relationship: &str, name: &Concept, value: &Concept) -> DataSet {
    let mut item = node(relationship, "CODE", Some(name));
    item.item(tags::CONCEPT_CODE_SEQUENCE, value.item());
    item
}

/// A text item.
pub(super) fn text(relationship: &str, name: &Concept, value: &str) -> DataSet {
    let mut item = node(relationship, "TEXT", Some(name));
    item.text(tags::TEXT_VALUE, value);
    item
}

pub(super) fn uid(relationship: &str, name: &Concept, value: &str) -> DataSet {
    let mut item = node(relationship, "UIDREF", Some(name));
    item.text(tags::UID, value);
    item
}

/// An image item.
pub(super) fn image(name: Option<&Concept>, reference: DataSet) -> DataSet {
    let mut item = node("CONTAINS", "IMAGE", name);
    item.item(tags::REFERENCED_SOP_SEQUENCE, reference);
    item
}

/// A number with its unit; beside the decimal text, which may be shorter, the number itself.
pub(super) fn number(name: &Concept, value: f64, unit: &Concept) -> DataSet {
    let mut item = node("CONTAINS", "NUM", Some(name));
    let mut measured = DataSet::new();
    measured
        .numbers(tags::NUMERIC_VALUE, &[value])
        .numbers(tags::FLOATING_POINT_VALUE, &[value])
        .item(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, unit.item());
    item.item(tags::MEASURED_VALUE_SEQUENCE, measured);
    item
}
