//! Which spacing holds for a frame, and what may be said of it (PS3.3 10.7, C.8.5.5).

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{
    geometry::{Spacing, SpacingFrom},
    region::{self, Region},
};
use crate::dicom::{Instance, numbers_of};

/// Secondary Capture, of one frame and of several.
const CAPTURES: [&str; 5] = [
    uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_SINGLE_BIT_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_GRAYSCALE_BYTE_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_GRAYSCALE_WORD_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_TRUE_COLOR_SECONDARY_CAPTURE_IMAGE_STORAGE,
];

/// X-Ray 3D Angiographic, X-Ray 3D Craniofacial, Breast Tomosynthesis.
const RECONSTRUCTED: [&str; 3] = [
    uids::X_RAY3_D_ANGIOGRAPHIC_IMAGE_STORAGE,
    uids::X_RAY3_D_CRANIOFACIAL_IMAGE_STORAGE,
    uids::BREAST_TOMOSYNTHESIS_IMAGE_STORAGE,
];

/// The spacing of a frame of `instance` (from 0), for every use of it: the shape of a pixel on a screen, lengths, volumes.
pub fn of(instance: &Instance, frame: u32) -> Spacing {
    within(instance, frame, &region::of(instance))
}

/// The same, with the instance's regions read already: once for all of its frames.
pub(super) fn within(instance: &Instance, frame: u32, regions: &[Region]) -> Spacing {
    let with = |mm, from| Spacing { mm, from };
    let measures = instance
        .frame_item(frame, tags::PIXEL_MEASURES_SEQUENCE)
        .and_then(|item| usable(&numbers_of(item, tags::PIXEL_SPACING)));
    let pixel = measures.or_else(|| usable(&instance.numbers(tags::PIXEL_SPACING)));
    let scanned = || {
        usable(&instance.numbers(tags::NOMINAL_SCANNED_PIXEL_SPACING))
            .map_or_else(|| none(instance), |film| with(film, SpacingFrom::Film))
    };
    let modality = instance.text(tags::MODALITY).unwrap_or_default();
    match modality.as_str() {
        "CR" | "DX" | "MG" | "RF" | "XA" | "IO" | "PX" | "RG"
            if !is_reconstructed(instance, frame, measures) =>
        {
            return projection(instance, frame, pixel).unwrap_or_else(scanned);
        }
        "US" | "IVUS" => {
            return match (pixel, measures) {
                _ if !regions.is_empty() => of_regions(regions).unwrap_or_else(|| none(instance)),
                (_, Some(volume)) => with(volume, SpacingFrom::PixelSpacing),
                // Not an attribute of ultrasound: somebody put it there.
                (Some(pixel), _) => with(pixel, SpacingFrom::Unknown),
                _ => none(instance),
            };
        }
        _ => {}
    }
    match pixel {
        Some(pixel) if is_capture(instance, frame, &modality) => with(pixel, SpacingFrom::Film),
        Some(pixel) => with(pixel, SpacingFrom::PixelSpacing),
        None => of_regions(regions).unwrap_or_else(scanned),
    }
}

/// A volume that was computed from projections has lengths in the patient, though its modality is that of the projections: by its class, or
/// by Pixel Measures beside a place in the patient.
fn is_reconstructed(instance: &Instance, frame: u32, measures: Option<[f64; 2]>) -> bool {
    let class = instance.text(tags::SOP_CLASS_UID).unwrap_or_default();
    let placed = || {
        let item = instance.frame_item(frame, tags::PLANE_POSITION_SEQUENCE);
        item.is_some_and(|item| numbers_of(item, tags::IMAGE_POSITION_PATIENT).len() == 3)
    };
    RECONSTRUCTED.contains(&class.as_str()) || measures.is_some() && placed()
}

/// Of a projection image (PS3.3 10.7.1): lengths differ between the detector and the patient.
fn projection(instance: &Instance, frame: u32, pixel: Option<[f64; 2]>) -> Option<Spacing> {
    let with = |mm, from| Some(Spacing { mm, from });
    let framed = |group: Tag, tag: Tag| instance.frame_numbers(frame, group, tag);
    let detector = usable(&framed(
        tags::FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE,
        tags::IMAGER_PIXEL_SPACING,
    ));
    let kind = instance.text(tags::PIXEL_SPACING_CALIBRATION_TYPE);
    let calibrated = match kind.as_deref() {
        Some("FIDUCIAL") => Some(SpacingFrom::Fiducial),
        Some("GEOMETRY") => Some(SpacingFrom::Geometry),
        Some(_) => Some(SpacingFrom::Calibrated),
        None => None,
    };
    match (pixel, detector) {
        (Some(pixel), Some(detector)) if differ(pixel, detector) => {
            with(pixel, calibrated.unwrap_or(SpacingFrom::Calibrated))
        }
        (Some(pixel), None) => with(pixel, calibrated.unwrap_or(SpacingFrom::Unknown)),
        // Equal: by definition nobody has corrected it.
        (_, Some([row, column])) => {
            let first = |tag| {
                let values = framed(tags::X_RAY_GEOMETRY_SEQUENCE, tag);
                values.first().copied().filter(|v| *v > 0.0)
            };
            let stated = first(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR);
            let distances = || {
                let detector = first(tags::DISTANCE_SOURCE_TO_DETECTOR)?;
                Some(detector / first(tags::DISTANCE_SOURCE_TO_PATIENT)?)
            };
            match stated.or_else(distances) {
                Some(by) if by > 1.0 && by < 10.0 => {
                    with([row / by, column / by], SpacingFrom::Magnified(by))
                }
                _ => with([row, column], SpacingFrom::Imager),
            }
        }
        (None, None) => None,
    }
}

/// Pixel Spacing and the detector's, beyond what writing them in decimals costs.
fn differ(a: [f64; 2], b: [f64; 2]) -> bool {
    a.iter().zip(b).any(|(a, b)| (a / b - 1.0).abs() > 1e-4)
}

/// One region with lengths gives a spacing (within itself); of several the largest gives the shape of the pixels only.
fn of_regions(regions: &[Region]) -> Option<Spacing> {
    let lengths = |region: &Region| Some((region.area(), usable(&region.spacing_mm()?)?));
    let found: Vec<(f64, [f64; 2])> = regions.iter().filter_map(lengths).collect();
    if let [(_, mm)] = *found.as_slice() {
        let from = SpacingFrom::Region;
        return Some(Spacing { mm, from });
    }
    let largest = found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    largest.map(|(_, [row, column])| Spacing {
        mm: [row / column, 1.0],
        from: SpacingFrom::None,
    })
}

/// A picture of a picture. What programs write as Secondary Capture with a place in the patient is none.
fn is_capture(instance: &Instance, frame: u32, modality: &str) -> bool {
    if matches!(modality, "OT" | "SC") {
        return true;
    }
    let class = instance.text(tags::SOP_CLASS_UID).unwrap_or_default();
    CAPTURES.contains(&class.as_str())
        && instance
            .frame_numbers(
                frame,
                tags::PLANE_POSITION_SEQUENCE,
                tags::IMAGE_POSITION_PATIENT,
            )
            .is_empty()
}

/// Pixel Aspect Ratio (0028,0034), row\column, for display only.
fn none(instance: &Instance) -> Spacing {
    let ratio = match usable(&instance.numbers(tags::PIXEL_ASPECT_RATIO)) {
        Some([r, c]) => r / c,
        None => 1.0,
    };
    Spacing {
        mm: [ratio, 1.0],
        from: SpacingFrom::None,
    }
}

/// 0, negative and absurd values are absent.
fn usable(values: &[f64]) -> Option<[f64; 2]> {
    match values {
        &[r, c, ..] if r > 0.0 && c > 0.0 && r < 1e4 && c < 1e4 && plausible(r / c) => Some([r, c]),
        _ => None,
    }
}

fn plausible(ratio: f64) -> bool {
    (0.001..=1000.0).contains(&ratio)
}
