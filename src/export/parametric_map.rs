//! Parametric Map (PS3.3 A.75, C.8.32) of a heatmap: its cells as they were computed, in float32, at their true resolution.
//!
//! A radiograph has no place in the patient, but the object must have a Frame of Reference: it is one of its own, also where the source names
//! one, with its origin in the first cell and directions by Patient Orientation (0020,0020). Where that says nothing, there is no plane. Pixel Spacing is the frame's, times the
//! size of a cell; at the detector where the frame's is; none where the frame has none.

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::{
    codes, concept,
    dataset::DataSet,
    kinds::Kind,
    result::{self, Export, IN_STACK, Made, POSITION, dimensions},
};
use crate::{
    base::{Error, Result},
    study::geometry::{Plane, SpacingFrom, dot},
};

/// The file.
pub(super) fn write(export: &Export<'_>, kind: &Kind) -> Result<Vec<u8>> {
    let none = || Error::new(&codes::NOT_IN_FINDING).expected("a heatmap");
    let made = Made::of(export)?;
    let map = export.finding.heatmap.as_ref().ok_or_else(none)?;
    let cells = map.cells.map(|n| n as usize);
    if cells.contains(&0) || export.overlay.len() != cells[0] * cells[1] * 4 {
        return Err(none().found(format!("{} bytes of cells", export.overlay.len())));
    }
    let [left, top, right, bottom] = map.extent.map(f64::from);
    // Columns and rows of the frame that one cell covers.
    let cell = [
        (right - left) / cells[0] as f64,
        (bottom - top) / cells[1] as f64,
    ];
    let mut set = made.begin(result::PARAMETRIC_MAP, kind, "OT", "Heatmap")?;
    let image_type = ["DERIVED", "PRIMARY", "STATIC", "QUANTITY"];
    made.derived(&mut set, &image_type)?;
    made.references(&mut set);
    let placed = place(&made, left + cell[0] / 2.0, top + cell[1] / 2.0);
    if placed.is_some() {
        made.frame_of_reference(&mut set)?;
    } else {
        // The plane that follows is none of the source's space: two such planes there would lie at one place.
        set.text(tags::POSITION_REFERENCE_INDICATOR, "").text(
            tags::FRAME_OF_REFERENCE_UID,
            &export.stamp.uid("pm", "frame of reference"),
        );
    }
    let model = &export.finding.model;
    set.text(tags::CONTENT_QUALIFICATION, "RESEARCH")
        .text(tags::CONTENT_LABEL, "HEATMAP")
        .text(
            tags::CONTENT_DESCRIPTION,
            &format!("What speaks for: {}", map.label),
        )
        .text(tags::CONTENT_CREATOR_NAME, "")
        .text(tags::BURNED_IN_ANNOTATION, "NO")
        .text(tags::RECOGNIZABLE_VISUAL_FEATURES, "NO")
        .text(tags::PRESENTATION_LUT_SHAPE, "IDENTITY")
        .text(tags::PIXEL_PRESENTATION, "MONOCHROME")
        .text(
            tags::DERIVATION_DESCRIPTION,
            &format!(
                "{} of {} {}. {}",
                map.method,
                model.name,
                model.version,
                made.parameters()
            ),
        )
        .items(tags::ACQUISITION_CONTEXT_SEQUENCE, vec![])
        .numbers(tags::SAMPLES_PER_PIXEL, &[1.0])
        .text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
        .numbers(tags::BITS_ALLOCATED, &[32.0])
        .numbers(tags::ROWS, &[cells[1] as f64])
        .numbers(tags::COLUMNS, &[cells[0] as f64])
        .numbers(tags::NUMBER_OF_FRAMES, &[1.0]);
    let plane = placed.or_else(|| {
        let texts = made.source().ok()?.texts(tags::PATIENT_ORIENTATION);
        Some(([0.0; 3], directions(&texts)?))
    });
    if plane.is_none() {
        set.copy_or_empty(made.source()?.data(), &[tags::PATIENT_ORIENTATION]);
    }
    let along = if plane.is_some() { POSITION } else { IN_STACK };
    dimensions(&mut set, &export.stamp.uid("pm", "dimension"), &[along]);
    let mut content = DataSet::new();
    content
        .numbers(tags::DIMENSION_INDEX_VALUES, &[1.0])
        .text(tags::STACK_ID, "1")
        .numbers(tags::IN_STACK_POSITION_NUMBER, &[1.0]);
    let mut frame = DataSet::new();
    frame.item(tags::FRAME_CONTENT_SEQUENCE, content).item(
        tags::DERIVATION_IMAGE_SEQUENCE,
        made.derivation(0, &concept::CALCULATED),
    );
    let mut shared = shared(&made, map, cell, &image_type);
    if let Some((position, orientation)) = plane {
        let mut origin = DataSet::new();
        origin.numbers(tags::IMAGE_POSITION_PATIENT, &position);
        frame.item(tags::PLANE_POSITION_SEQUENCE, origin);
        let mut directions = DataSet::new();
        directions.numbers(tags::IMAGE_ORIENTATION_PATIENT, &orientation);
        shared.item(tags::PLANE_ORIENTATION_SEQUENCE, directions);
    }
    set.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared)
        .item(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frame)
        .bytes(tags::FLOAT_PIXEL_DATA, VR::OF, export.overlay.to_vec());
    set.file()
}

/// A place of the frame in the patient, and Image Orientation (Patient).
fn place(made: &Made<'_>, column: f64, row: f64) -> Option<([f64; 3], Vec<f64>)> {
    let set = made.export.set;
    let orientation = made.orientation()?;
    let &[a, b, c, d, e, f] = orientation.as_slice() else {
        return None;
    };
    let plane = Plane {
        position: made.frames.first()?.position?,
        row: [a, b, c],
        column: [d, e, f],
    };
    // Without lengths a place within the plane cannot be said.
    let known = set.spacing.from != SpacingFrom::None;
    known.then(|| (plane.at(column, row, set.spacing.mm), orientation))
}

/// Patient Orientation as directions of a row and a column; `None` for anything but two letters at right angles.
fn directions(texts: &[String]) -> Option<Vec<f64>> {
    let axis = |text: &String| match text.as_str() {
        "L" => Some([1.0, 0.0, 0.0]),
        "R" => Some([-1.0, 0.0, 0.0]),
        "P" => Some([0.0, 1.0, 0.0]),
        "A" => Some([0.0, -1.0, 0.0]),
        "H" => Some([0.0, 0.0, 1.0]),
        "F" => Some([0.0, 0.0, -1.0]),
        _ => None,
    };
    let [row, column] = texts else { return None };
    let (row, column) = (axis(row)?, axis(column)?);
    (dot(row, column) == 0.0).then(|| [row, column].concat())
}

/// The functional groups that hold for the one frame.
fn shared(
    made: &Made<'_>,
    map: &crate::model::finding::HeatmapInfo,
    cell: [f64; 2],
    image_type: &[&str],
) -> DataSet {
    let spacing = made.export.set.spacing;
    let mut measures = DataSet::new();
    if spacing.from != SpacingFrom::None {
        let mm = [spacing.mm[0] * cell[1], spacing.mm[1] * cell[0]];
        measures.numbers(tags::PIXEL_SPACING, &mm);
        let thickness = made.frames.first().map(|first| {
            let group = tags::PIXEL_MEASURES_SEQUENCE;
            (first.instance).frame_numbers(first.frame, group, tags::SLICE_THICKNESS)
        });
        if let Some(&[thickness, ..]) = thickness.as_deref() {
            measures.numbers(tags::SLICE_THICKNESS, &[thickness]);
        }
    }
    let mut identity = DataSet::new();
    identity
        .numbers(tags::RESCALE_INTERCEPT, &[0.0])
        .numbers(tags::RESCALE_SLOPE, &[1.0])
        .text(tags::RESCALE_TYPE, "US");
    let [low, high] = map.range.map(f64::from);
    let mut window = DataSet::new();
    window
        .numbers(tags::WINDOW_CENTER, &[f64::midpoint(low, high)])
        .numbers(tags::WINDOW_WIDTH, &[(high - low).max(f64::MIN_POSITIVE)])
        .text(tags::VOILUT_FUNCTION, "LINEAR_EXACT")
        .text(
            tags::WINDOW_CENTER_WIDTH_EXPLANATION,
            "Fixed range of the model",
        );
    let mut quantity = DataSet::new();
    quantity
        .text(tags::VALUE_TYPE, "CODE")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, concept::QUANTITY.item())
        .item(
            tags::CONCEPT_CODE_SEQUENCE,
            concept::explanation(&map.method).item(),
        );
    let [least, most] = map.extremes.map(f64::from);
    let mut real = DataSet::new();
    real.text(
        tags::LUT_EXPLANATION,
        &format!("{}: {}", map.method, map.label),
    )
    .text(tags::LUT_LABEL, "HEATMAP")
    .item(
        tags::MEASUREMENT_UNITS_CODE_SEQUENCE,
        concept::NO_UNITS.item(),
    )
    .item(tags::QUANTITY_DEFINITION_SEQUENCE, quantity)
    .numbers(
        tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_FIRST_VALUE_MAPPED,
        &[least.min(low)],
    )
    .numbers(
        tags::DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED,
        &[most.max(high)],
    )
    .numbers(tags::REAL_WORLD_VALUE_INTERCEPT, &[0.0])
    .numbers(tags::REAL_WORLD_VALUE_SLOPE, &[1.0]);
    let mut kind = DataSet::new();
    kind.texts(tags::FRAME_TYPE, image_type);
    let anatomy = anatomy(made);
    let mut shared = DataSet::new();
    shared
        .item(tags::PIXEL_MEASURES_SEQUENCE, measures)
        .item(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, identity)
        .item(tags::FRAME_VOILUT_SEQUENCE, window)
        .item(tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE, real)
        .item(tags::PARAMETRIC_MAP_FRAME_TYPE_SEQUENCE, kind);
    if let Some(anatomy) = anatomy {
        shared.item(tags::FRAME_ANATOMY_SEQUENCE, anatomy);
    }
    shared
}

/// Frame Anatomy: the region that the source names by a code or by Body Part Examined. Some readers of maps count on it.
fn anatomy(made: &Made<'_>) -> Option<DataSet> {
    let source = made.frames.first()?.instance;
    let mut anatomy = DataSet::new();
    if source.items(tags::ANATOMIC_REGION_SEQUENCE).len() == 1 {
        anatomy.copy(source.data(), &[tags::ANATOMIC_REGION_SEQUENCE]);
    }
    if !anatomy.has(tags::ANATOMIC_REGION_SEQUENCE) {
        let part = source.text(tags::BODY_PART_EXAMINED)?;
        let region = concept::region(&part)?;
        anatomy.item(tags::ANATOMIC_REGION_SEQUENCE, region.item());
    }
    let said = |tag| source.text(tag);
    let side = said(tags::IMAGE_LATERALITY).or_else(|| said(tags::LATERALITY));
    let known = side.filter(|side| matches!(side.as_str(), "R" | "L" | "U" | "B"));
    anatomy.text(tags::FRAME_LATERALITY, known.as_deref().unwrap_or("U"));
    Some(anatomy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_directions() {
        let of = |a: &str, b: &str| directions(&[a.to_owned(), b.to_owned()]);
        assert_eq!(of("L", "F").unwrap(), [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
        assert_eq!(of("A", "F").unwrap(), [0.0, -1.0, 0.0, 0.0, 0.0, -1.0]);
        assert_eq!(of("L", "R"), None);
        assert_eq!(of("LA", "F"), None);
        assert_eq!(directions(&[]), None);
    }
}
