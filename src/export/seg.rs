//! Segmentation (PS3.3 A.51, C.8.20): a bit a voxel, a probability a voxel, or the label itself.
//!
//! Frames lie on the source's grid, refer to the frame they were made from, and are left out where they hold nothing; a label map keeps all.

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::{
    codes, concept,
    concept::Concept,
    dataset::DataSet,
    kinds::Kind,
    result::{self, Export, IN_STACK, Made, POSITION, dimensions},
};
use crate::{
    base::{Error, Result},
    model::finding::LabelMap,
};

/// The value of a probability of 1.
const FULL: u16 = 255;

/// A frame of the result: which label (0: all), of which frame of the source.
#[derive(Debug, Clone, Copy)]
struct Place {
    label: usize,
    frame: usize,
}

/// BINARY: a bit a voxel, a segment a label.
pub(super) fn binary(export: &Export<'_>, kind: &Kind) -> Result<Vec<u8>> {
    let made = Made::of(export)?;
    let map = made.labels()?;
    in_bits(&made, map, kind, |frame| {
        plane(&made, export.overlay, frame)
    })
}

/// BINARY, of labels that come a frame at a time: those of a stack need not lie in one piece. A frame without any may be empty.
pub(super) fn of_planes(export: &Export<'_>, kind: &Kind, planes: &[&[u8]]) -> Result<Vec<u8>> {
    let made = Made::of(export)?;
    let none = || Error::new(&codes::NOT_IN_FINDING).expected("a label map");
    let map = export.finding.label_map.as_ref().ok_or_else(none)?;
    let size = size(&made);
    let fits = |plane: &&[u8]| plane.is_empty() || plane.len() == size;
    let most = planes.iter().filter_map(|plane| plane.iter().max()).max();
    if size == 0 || planes.len() != made.frames.len() || !planes.iter().all(fits) {
        return Err(none().found(format!("{} planes of labels", planes.len())));
    }
    if most.is_some_and(|&most| usize::from(most) >= map.names.len()) {
        return Err(none().found(format!("labels up to {}", most.unwrap_or(&0))));
    }
    in_bits(&made, map, kind, |frame| {
        planes.get(frame).copied().unwrap_or_default()
    })
}

fn in_bits<'a>(
    made: &Made<'_>,
    map: &LabelMap,
    kind: &Kind,
    plane: impl Fn(usize) -> &'a [u8],
) -> Result<Vec<u8>> {
    let of = |label: usize, value: u8| usize::from(value) == label;
    let places = filled(map, made, |label, frame| {
        plane(frame).iter().any(|&v| of(label, v))
    });
    let mut set = made.begin(result::SEG, kind, "SEG", "Segmentation")?;
    set.text(tags::SEGMENTATION_TYPE, "BINARY");
    pixels(&mut set, 1);
    // Frames follow each other bit by bit (PS3.5 8.1.1), the first pixel in the lowest bit.
    let size = size(made);
    let mut bits = Bits {
        bytes: Vec::with_capacity((size * places.len()).div_ceil(8)),
        count: 0,
    };
    for place in &places {
        let values = plane(place.frame);
        for &value in values {
            bits.push(of(place.label, value));
        }
        for _ in values.len()..size {
            bits.push(false);
        }
    }
    finish(set, made, map, &places, bits.bytes)
}

/// FRACTIONAL, PROBABILITY: what the network gave each label, 255 for certainty.
pub(super) fn fractional(export: &Export<'_>, kind: &Kind) -> Result<Vec<u8>> {
    let made = Made::of(export)?;
    let map = made.labels()?;
    let none = || Error::new(&codes::NOT_IN_FINDING).expected("probabilities of each label");
    let fractions = export.fractions;
    if fractions.len() + 1 != map.names.len()
        || fractions.iter().any(|f| f.len() != export.overlay.len())
    {
        return Err(none().found(fractions.len()));
    }
    let of = |label: usize, frame: usize| {
        let values = fractions.get(label.wrapping_sub(1));
        values.map_or(&[][..], |values| plane(&made, values, frame))
    };
    let places = filled(map, &made, |label, frame| {
        of(label, frame).iter().any(|&v| v > 0)
    });
    let mut set = made.begin(result::SEG, kind, "SEG", "Probabilities")?;
    set.text(tags::SEGMENTATION_TYPE, "FRACTIONAL")
        .text(tags::SEGMENTATION_FRACTIONAL_TYPE, "PROBABILITY")
        .text(tags::SEGMENTS_OVERLAP, "YES")
        .numbers(tags::MAXIMUM_FRACTIONAL_VALUE, &[f64::from(FULL)]);
    pixels(&mut set, 8);
    let bytes = places
        .iter()
        .flat_map(|place| of(place.label, place.frame))
        .copied()
        .collect();
    finish(set, &made, map, &places, bytes)
}

/// LABELMAP: one frame for each of the source's, its values the segments' numbers.
pub(super) fn label_map(export: &Export<'_>, kind: &Kind) -> Result<Vec<u8>> {
    let made = Made::of(export)?;
    let map = made.labels()?;
    let places: Vec<Place> = (0..made.frames.len())
        .map(|frame| Place { label: 0, frame })
        .collect();
    let mut set = made.begin(result::LABEL_MAP, kind, "SEG", "Label map")?;
    set.text(tags::SEGMENTATION_TYPE, "LABELMAP")
        .numbers(tags::PIXEL_PADDING_VALUE, &[0.0]);
    pixels(&mut set, 8);
    if export.set.is_volume() && made.is_placed() {
        set.text(tags::DIMENSION_ORGANIZATION_TYPE, "3D");
    }
    finish(set, &made, map, &places, export.overlay.to_vec())
}

/// Pixels of a frame.
fn size(made: &Made<'_>) -> usize {
    made.export.set.columns as usize * made.export.set.rows as usize
}

/// One frame of values on the source's grid.
fn plane<'a>(made: &Made<'_>, values: &'a [u8], frame: usize) -> &'a [u8] {
    let size = size(made);
    values
        .get(frame * size..(frame + 1) * size)
        .unwrap_or_default()
}

/// The frames that hold something, by label and then along the stack; of an empty result the first, since an image has a frame.
fn filled(map: &LabelMap, made: &Made<'_>, holds: impl Fn(usize, usize) -> bool) -> Vec<Place> {
    let all = (1..map.names.len())
        .flat_map(|label| (0..made.frames.len()).map(move |frame| Place { label, frame }));
    let found: Vec<Place> = all.filter(|p| holds(p.label, p.frame)).collect();
    if found.is_empty() {
        return vec![Place { label: 1, frame: 0 }];
    }
    found
}

/// Image Pixel for unsigned values of `bits` bits.
fn pixels(set: &mut DataSet, bits: u8) {
    let bits = f64::from(bits);
    set.numbers(tags::SAMPLES_PER_PIXEL, &[1.0])
        .text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
        .numbers(tags::PIXEL_REPRESENTATION, &[0.0])
        .numbers(tags::BITS_ALLOCATED, &[bits])
        .numbers(tags::BITS_STORED, &[bits])
        .numbers(tags::HIGH_BIT, &[bits - 1.0]);
}

/// All that the three have in common, and the file.
fn finish(
    mut set: DataSet,
    made: &Made<'_>,
    map: &LabelMap,
    places: &[Place],
    bytes: Vec<u8>,
) -> Result<Vec<u8>> {
    let Made { export, .. } = made;
    let labelled = places.first().is_some_and(|p| p.label > 0);
    let placed = made.is_placed();
    made.derived(&mut set, &["DERIVED", "PRIMARY"])?;
    made.references(&mut set);
    let model = &export.finding.model;
    set.text(tags::CONTENT_LABEL, "SEGMENTATION")
        .text(
            tags::CONTENT_DESCRIPTION,
            &match export.region {
                Some(_) => "Region grown from a seed that a person chose".to_owned(),
                None => format!("Research output of {} {}", model.name, model.version),
            },
        )
        .text(tags::CONTENT_CREATOR_NAME, "")
        .numbers(tags::ROWS, &[f64::from(export.set.rows)])
        .numbers(tags::COLUMNS, &[f64::from(export.set.columns)])
        .numbers(tags::NUMBER_OF_FRAMES, &[places.len() as f64]);
    if !set.has(tags::SEGMENTS_OVERLAP) {
        set.text(tags::SEGMENTS_OVERLAP, "NO");
    }
    if placed {
        made.frame_of_reference(&mut set)?;
    } else {
        set.copy_or_empty(made.source()?.data(), &[tags::PATIENT_ORIENTATION]);
    }
    let first = usize::from(labelled);
    let segments = (first..map.names.len()).map(|label| segment(made, map, label));
    set.items(tags::SEGMENT_SEQUENCE, segments.collect());
    let along = if placed { POSITION } else { IN_STACK };
    let number = (
        tags::REFERENCED_SEGMENT_NUMBER,
        tags::SEGMENT_IDENTIFICATION_SEQUENCE,
        "Segment",
    );
    let dimension = export.stamp.uid("segmentation", "dimension");
    if labelled {
        dimensions(&mut set, &dimension, &[number, along]);
    } else {
        dimensions(&mut set, &dimension, &[along]);
    }
    let mut shared = DataSet::new();
    if placed {
        shared.item(tags::PIXEL_MEASURES_SEQUENCE, measures(made));
        let mut orientation = DataSet::new();
        orientation.numbers(
            tags::IMAGE_ORIENTATION_PATIENT,
            &made.orientation().unwrap_or_default(),
        );
        shared.item(tags::PLANE_ORIENTATION_SEQUENCE, orientation);
    }
    set.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared);
    let groups = places.iter().map(|place| group(made, *place, placed));
    set.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, groups.collect());
    set.bytes(tags::PIXEL_DATA, VR::OB, bytes);
    set.file()
}

/// The functional groups of one frame.
fn group(made: &Made<'_>, place: Place, placed: bool) -> DataSet {
    let mut group = DataSet::new();
    let mut content = DataSet::new();
    let at = place.frame as f64 + 1.0;
    if place.label > 0 {
        content.numbers(tags::DIMENSION_INDEX_VALUES, &[place.label as f64, at]);
        let mut number = DataSet::new();
        number.numbers(tags::REFERENCED_SEGMENT_NUMBER, &[place.label as f64]);
        group.item(tags::SEGMENT_IDENTIFICATION_SEQUENCE, number);
    } else {
        content.numbers(tags::DIMENSION_INDEX_VALUES, &[at]);
    }
    if let (true, Some(position)) = (
        placed,
        made.frames.get(place.frame).and_then(|f| f.position),
    ) {
        let mut plane = DataSet::new();
        plane.numbers(tags::IMAGE_POSITION_PATIENT, &position);
        group.item(tags::PLANE_POSITION_SEQUENCE, plane);
    } else {
        content
            .text(tags::STACK_ID, "1")
            .numbers(tags::IN_STACK_POSITION_NUMBER, &[at]);
    }
    group.item(tags::FRAME_CONTENT_SEQUENCE, content).item(
        tags::DERIVATION_IMAGE_SEQUENCE,
        made.derivation(place.frame, &concept::SEGMENTATION),
    );
    group
}

/// Pixel Measures of the source's grid.
fn measures(made: &Made<'_>) -> DataSet {
    let set = made.export.set;
    let thickness = made.frames.first().and_then(|first| {
        let group = tags::PIXEL_MEASURES_SEQUENCE;
        let found = first
            .instance
            .frame_numbers(first.frame, group, tags::SLICE_THICKNESS);
        found.first().copied().filter(|t| *t > 0.0)
    });
    let mut measures = DataSet::new();
    measures.numbers(tags::PIXEL_SPACING, &set.spacing.mm);
    if let Some(step) = set.step_mm {
        measures.numbers(tags::SPACING_BETWEEN_SLICES, &[step]);
    }
    if let Some(thickness) = thickness.or(set.step_mm) {
        measures.numbers(tags::SLICE_THICKNESS, &[thickness]);
    }
    measures
}

/// An item of Segment Sequence.
fn segment(made: &Made<'_>, map: &LabelMap, label: usize) -> DataSet {
    let name = map.names.get(label).map_or("", String::as_str);
    let model = &made.export.finding.model;
    let mut segment = DataSet::new();
    let grown = made.export.region.is_some();
    let by = if grown { "SEMIAUTOMATIC" } else { "AUTOMATIC" };
    segment
        .numbers(tags::SEGMENT_NUMBER, &[label as f64])
        .text(tags::SEGMENT_LABEL, name)
        .text(tags::SEGMENT_ALGORITHM_TYPE, by)
        .text(tags::SEGMENT_ALGORITHM_NAME, &model.name);
    let (category, kind) = if label == 0 {
        (concept::BACKGROUND, concept::BACKGROUND)
    } else {
        segment.item(
            tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE,
            made.algorithm(),
        );
        let (id, uid) = tracking(made, name);
        segment
            .text(tags::TRACKING_ID, &id)
            .text(tags::TRACKING_UID, &uid);
        if grown {
            // What it is nobody has said.
            (concept::SPATIAL, concept::IMAGE_REGION)
        } else {
            (concept::ANATOMY, Concept::of_label(name))
        }
    };
    let colour = map.colours.get(label).copied().unwrap_or([255; 3]);
    segment
        .item(
            tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE,
            category.item(),
        )
        .item(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, kind.item())
        .numbers(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, &cie_lab(colour));
    segment
}

/// What names one label in all objects of an analysis: Tracking ID and Tracking UID.
pub(super) fn tracking(made: &Made<'_>, label: &str) -> (String, String) {
    let Export { stamp, finding, .. } = made.export;
    (
        format!("{}: {label}", finding.model.name),
        stamp.uid("tracking", label),
    )
}

/// sRGB as CIELab by the profile connection space (D50), scaled to 16 bits (PS3.3 C.10.7.1.1).
fn cie_lab(rgb: [u8; 3]) -> [f64; 3] {
    let linear = rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 {
            c / 12.92
        } else {
            libm::pow((c + 0.055) / 1.055, 2.4)
        }
    });
    // sRGB to XYZ, adapted to D50 by Bradford, divided by the white point.
    let row =
        |m: [f64; 3], white: f64| (m[0] * linear[0] + m[1] * linear[1] + m[2] * linear[2]) / white;
    let xyz = [
        row([0.436_074_7, 0.385_064_9, 0.143_080_4], 0.964_22),
        row([0.222_504_5, 0.716_878_6, 0.060_616_9], 1.0),
        row([0.013_932_2, 0.097_104_5, 0.714_173_3], 0.825_21),
    ];
    let [x, y, z] = xyz.map(|t| {
        if t > 216.0 / 24_389.0 {
            libm::cbrt(t)
        } else {
            (24_389.0 / 27.0 * t + 16.0) / 116.0
        }
    });
    let (l, a, b) = (116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z));
    let scaled = [
        l / 100.0 * 65_535.0,
        (a + 128.0) / 255.0 * 65_535.0,
        (b + 128.0) / 255.0 * 65_535.0,
    ];
    scaled.map(|v| v.round().clamp(0.0, 65_535.0))
}

/// Bits, the first in the lowest.
#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.count % 8);
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_by_the_profile_connection_space() {
        // Lab of D50 white, black and sRGB red (54.29, 80.81, 69.89).
        assert_eq!(cie_lab([255; 3]), [65_535.0, 32_896.0, 32_896.0]);
        assert_eq!(cie_lab([0; 3]), [0.0, 32_896.0, 32_896.0]);
        let red = cie_lab([255, 0, 0]);
        let wanted = [
            0.5429 * 65_535.0,
            (80.81 + 128.0) / 255.0 * 65_535.0,
            (69.89 + 128.0) / 255.0 * 65_535.0,
        ];
        for (found, wanted) in red.iter().zip(wanted) {
            assert!((found - wanted).abs() < 8.0, "{red:?}");
        }
    }

    #[test]
    fn bits_from_the_lowest() {
        let mut bits = Bits::default();
        for bit in [true, false, false, true, false, false, false, false, true] {
            bits.push(bit);
        }
        assert_eq!(bits.bytes, [0b1001, 1]);
    }
}
