//! Measurements as a report (PS3.16 TID 1500): outlines as planar regions (TID 1410), all else as measurement groups (TID 1501) whose numbers say
//! which coordinates they were taken from; in the image's pixels, or in the patient's millimetres where the image has a place.

use dicom_dictionary_std::tags;

use super::{
    concept::{self, Concept},
    dataset::DataSet,
    kinds::SR,
    measures::{Measured, Measures, found, grouped, holdable},
    report::{code, container, image, node, number, observer, template, text, uid},
    result::{New, begin},
};
use crate::{
    base::Result,
    measure::{
        Origin, Value, concepts, geometry::Point, place::Places, read::tracking,
        statistics::Statistics, tools::Graphic,
    },
    study::geometry::Plane,
};

/// One report for each study.
pub(super) fn write(measures: &Measures<'_>, in_patient: bool) -> Result<Vec<Vec<u8>>> {
    let places = Places::of(measures.catalogue);
    // Coordinates of a plane are the patient's, or none: there is no image that they could be selected from.
    let all = holdable(found(measures, &places)?, |one| {
        !one.is_on_plane() || one.instance.text(tags::FRAME_OF_REFERENCE_UID).is_some()
    })?;
    let studies = grouped(&all, Measured::study)?;
    let one =
        |(at, group): (usize, &Vec<Measured<'_>>)| report(measures, &places, group, at, in_patient);
    studies.iter().enumerate().map(one).collect()
}

fn report(
    measures: &Measures<'_>,
    places: &Places<'_>,
    group: &[Measured<'_>],
    at: usize,
    in_patient: bool,
) -> Result<Vec<u8>> {
    let Some(first) = group.first() else {
        return Ok(vec![]);
    };
    let name = format!("measures {} {at}", if in_patient { "sr3d" } else { "sr" });
    let mut set = begin(
        first.instance,
        &first.study()?,
        measures.stamp,
        &New {
            class: SR,
            name: &name,
            series_number: 9311,
            modality: "SR",
            described: "Measurements, not for diagnostic use: Negatoscope",
            schemes: "Negatoscope: measurements",
        },
    );
    let series = grouped(group, Measured::series)?;
    let mut evidence = vec![];
    let mut library = vec![];
    for of_series in &series {
        let images = grouped(of_series, Measured::sop)?;
        let mut instances = vec![];
        let mut listed = vec![];
        for one in images.iter().filter_map(|all| all.first()) {
            let mut reference = one.image()?;
            reference.remove(tags::REFERENCED_FRAME_NUMBER);
            instances.push(reference);
            listed.push(one.place.instance);
        }
        instances.extend(of_volumes(measures, places, of_series, &mut listed)?);
        library.extend(
            instances
                .iter()
                .map(|reference| image(None, reference.clone())),
        );
        let Some(of) = of_series.first() else {
            continue;
        };
        let mut item = DataSet::new();
        item.text(tags::SERIES_INSTANCE_UID, &of.series()?)
            .items(tags::REFERENCED_SOP_SEQUENCE, instances);
        evidence.push(item);
    }
    let mut study = DataSet::new();
    study
        .text(tags::STUDY_INSTANCE_UID, &first.study()?)
        .items(tags::REFERENCED_SERIES_SEQUENCE, evidence);
    set.text(tags::COMPLETION_FLAG, "COMPLETE")
        .text(tags::VERIFICATION_FLAG, "UNVERIFIED")
        .items(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![])
        .items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![])
        .item(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, study)
        .text(tags::VALUE_TYPE, "CONTAINER")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, concept::REPORT.item())
        .text(tags::CONTINUITY_OF_CONTENT, "SEPARATE")
        .item(tags::CONTENT_TEMPLATE_SEQUENCE, template("1500"));
    let modality = first.instance.text(tags::MODALITY).unwrap_or_default();
    let library = container(
        &concept::IMAGE_LIBRARY,
        vec![container(&concept::IMAGE_LIBRARY_GROUP, library)],
    );
    let mut groups = vec![];
    for (at, measured) in group.iter().enumerate() {
        groups.push(measurement(measures, places, measured, at, in_patient)?);
    }
    let mut content = observer();
    content.extend([
        code(
            "HAS CONCEPT MOD",
            &concept::PROCEDURE,
            &concept::procedure(&modality),
        ),
        library,
        container(&concept::MEASUREMENTS, groups),
    ]);
    set.items(tags::CONTENT_SEQUENCE, content);
    set.file()
}

/// The other images of the volumes that have planes with measurements: their values come from all of them.
fn of_volumes(
    measures: &Measures<'_>,
    places: &Places<'_>,
    of_series: &[Measured<'_>],
    listed: &mut Vec<usize>,
) -> Result<Vec<DataSet>> {
    let mut more = vec![];
    let mut sets = vec![];
    for one in of_series.iter().filter(|one| one.is_on_plane()) {
        let Some(set) = places
            .set(one.place)
            .filter(|_| !sets.contains(&one.place.set))
        else {
            continue;
        };
        sets.push(one.place.set);
        for frame in &set.frames {
            let Some(instance) = measures.catalogue.instances.get(frame.instance) else {
                continue;
            };
            if listed.contains(&frame.instance) {
                continue;
            }
            listed.push(frame.instance);
            let mut reference = Measured { instance, ..*one }.image()?;
            reference.remove(tags::REFERENCED_FRAME_NUMBER);
            more.push(reference);
        }
    }
    Ok(more)
}

/// How the coordinates of an image are written.
enum On<'a> {
    Image(&'a DataSet),
    Patient(String, Plane, [f64; 2]),
}

fn measurement(
    measures: &Measures<'_>,
    places: &Places<'_>,
    measured: &Measured<'_>,
    at: usize,
    in_patient: bool,
) -> Result<DataSet> {
    let of = measured.measurement;
    let (tool, points) = of.mark.checked()?;
    let reference = measured.image()?;
    let frame_of_reference = measured.instance.text(tags::FRAME_OF_REFERENCE_UID);
    let placed = match &of.plane {
        Some(on) => frame_of_reference.map(|uid| (uid, (on.plane(), on.spacing_mm))),
        None => frame_of_reference
            .zip(places.plane(measured.place))
            .filter(|_| in_patient),
    };
    let on = match placed {
        Some((uid, (plane, spacing))) => On::Patient(uid, plane, spacing),
        None => On::Image(&reference),
    };
    let drawn = (tool.drawn)(&points);
    let (context, modality) = (
        "HAS OBS CONTEXT",
        measured.instance.text(tags::MODALITY).unwrap_or_default(),
    );
    let mut content = vec![
        text(context, &concept::TRACKING_ID, &tracking(&of.mark)),
        uid(
            context,
            &concept::TRACKING_UID,
            &measured.tracking_uid(at, measures.stamp),
        ),
    ];
    // A region belongs to the group, and its numbers are of it; what is no region belongs to the number that was taken from it.
    let is_region = (tool.shape)(&points).is_some() || of.computed.values.is_empty();
    if is_region {
        content.extend(
            drawn
                .iter()
                .map(|graphic| coordinates("CONTAINS", Some(&concept::IMAGE_REGION), graphic, &on)),
        );
    }
    for value in &of.computed.values {
        let mut item = value_item(value);
        if !is_region {
            let parts = (tool.part)(&value.name);
            let of_value = drawn
                .iter()
                .enumerate()
                .filter(|(k, _)| parts.is_none_or(|part| part == *k));
            let from =
                of_value.map(|(_, graphic)| coordinates("INFERRED FROM", None, graphic, &on));
            item.items(tags::CONTENT_SEQUENCE, from.collect());
        }
        content.push(item);
    }
    for statistics in &of.computed.statistics {
        content.extend(statistics_items(statistics, &modality));
    }
    if let Some(first) = of.computed.statistics.first() {
        for (name, count) in [
            (concepts::COUNT, first.count),
            (concepts::EXCLUDED, first.excluded),
        ] {
            content.push(number(
                &Concept::known(name),
                f64::from(count),
                &concept::NO_UNITS,
            ));
        }
    }
    if !of.computed.values.is_empty() {
        content.push(code(
            "CONTAINS",
            &Concept::known(concepts::ORIGIN),
            &origin(&of.computed.origin),
        ));
    }
    if let Some(on) = &of.plane {
        content.push(text(
            "CONTAINS",
            &Concept::known(concepts::PLANE),
            &on.written(),
        ));
        // The middle image of the volume: which it is.
        content.push(image(Some(&concept::SOURCE), reference.clone()));
    }
    let mut group = container(&concept::GROUP, content);
    group.item(
        tags::CONTENT_TEMPLATE_SEQUENCE,
        template(if is_region { "1410" } else { "1501" }),
    );
    Ok(group)
}

fn unit(unit: &str) -> Concept {
    let (value, meaning) = concepts::unit(unit);
    Concept::made(value, "UCUM", meaning)
}

fn value_item(value: &Value) -> DataSet {
    let name = match concepts::of_value(&value.name) {
        Some(known) => Concept::known(known),
        None => Concept::of_label(&value.name),
    };
    number(&name, value.value, &unit(&value.unit))
}

/// TID 1419: a quantity, and how each number was derived from its values.
fn statistics_items(s: &Statistics, modality: &str) -> Vec<DataSet> {
    // What no published code names has one of ours that depends on its name: two quantities of one unit stay two.
    let name = match concepts::quantity(&s.quantity, &s.unit, modality) {
        Some(known) => Concept::known(known),
        None => Concept::of_label(&s.quantity),
    };
    let (unit_code, unit_meaning) = concepts::quantity_unit(&s.quantity, &s.unit);
    let unit = Concept::made(unit_code, "UCUM", unit_meaning);
    let parts: &[f64] = &[s.mean, s.sd, s.min, s.max, s.median];
    let derived = concepts::DERIVATIONS.iter().zip(parts);
    let item = |((_, derivation), value): (&(&str, concepts::Code), &f64)| {
        let mut item = number(&name, *value, &unit);
        item.item(
            tags::CONTENT_SEQUENCE,
            code(
                "HAS CONCEPT MOD",
                &concept::DERIVATION,
                &Concept::known(*derivation),
            ),
        );
        item
    };
    // Of one pixel there is a value, and nothing else.
    derived
        .take(if s.count == 1 { 1 } else { usize::MAX })
        .map(item)
        .collect()
}

fn origin(origin: &Origin) -> Concept {
    let meaning = if origin.label.is_empty() {
        "Pixel Spacing in the patient"
    } else {
        &origin.label
    };
    Concept::made(
        origin.from.replace('-', "_").to_uppercase(),
        concept::PRIVATE,
        meaning.to_owned(),
    )
}

/// SCOORD or SCOORD3D (PS3.3 C.18.6, C.18.9).
fn coordinates(
    relationship: &str,
    name: Option<&Concept>,
    graphic: &Graphic,
    on: &On<'_>,
) -> DataSet {
    let (kind, points): (&str, &[Point]) = match graphic {
        Graphic::Point(at) => ("POINT", std::slice::from_ref(at)),
        Graphic::Line(line) => ("POLYLINE", line),
        Graphic::Ellipse(ends) => ("ELLIPSE", ends),
    };
    match on {
        On::Image(reference) => {
            let mut item = node(relationship, "SCOORD", name);
            let data: Vec<f64> = points.iter().flatten().map(|at| at + 0.5).collect();
            let mut image = image(None, (*reference).clone());
            image.text(tags::RELATIONSHIP_TYPE, "SELECTED FROM");
            item.text(tags::GRAPHIC_TYPE, kind)
                .numbers(tags::GRAPHIC_DATA, &data)
                .item(tags::CONTENT_SEQUENCE, image);
            item
        }
        On::Patient(uid, plane, spacing) => {
            let mut item = node(relationship, "SCOORD3D", name);
            // A closed line in space is a polygon.
            let closed = kind == "POLYLINE" && points.len() > 3 && points.first() == points.last();
            let data: Vec<f64> = points
                .iter()
                .flat_map(|&[x, y]| plane.at(x, y, *spacing))
                .collect();
            item.text(tags::GRAPHIC_TYPE, if closed { "POLYGON" } else { kind })
                .numbers(tags::GRAPHIC_DATA, &data)
                .text(tags::REFERENCED_FRAME_OF_REFERENCE_UID, uid);
            item
        }
    }
}
