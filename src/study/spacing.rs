//! Which spacing holds for a frame, and what may be said of it (PS3.3 10.7, C.8.5.5).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::geometry::{Spacing, SpacingFrom};
use crate::dicom::{Instance, number_of, numbers_of};

/// The spacing of a frame of `instance`.
pub(super) fn of(instance: &Instance, frame: u32) -> Spacing {
    let pair = |tag: Tag| usable(&instance.numbers(tag));
    let measures = instance
        .frame_item(frame, tags::PIXEL_MEASURES_SEQUENCE)
        .and_then(|item| usable(&numbers_of(item, tags::PIXEL_SPACING)));
    let pixel = measures.or_else(|| pair(tags::PIXEL_SPACING));
    let modality = instance.text(tags::MODALITY).unwrap_or_default();
    let with = |mm, from| Spacing { mm, from };
    if matches!(
        modality.as_str(),
        "CR" | "DX" | "MG" | "RF" | "XA" | "IO" | "PX" | "RG"
    ) {
        let imager = pair(tags::IMAGER_PIXEL_SPACING);
        let magnification = instance
            .number(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR)
            .filter(|m| *m > 1.0 && *m < 10.0);
        return match (pixel, imager, magnification) {
            (Some(p), Some(i), _) if p != i => with(p, SpacingFrom::Calibrated),
            (Some(p), None, _) => {
                let calibrated = instance
                    .text(tags::PIXEL_SPACING_CALIBRATION_TYPE)
                    .is_some();
                with(
                    p,
                    if calibrated {
                        SpacingFrom::Calibrated
                    } else {
                        SpacingFrom::Unknown
                    },
                )
            }
            (_, Some([r, c]), Some(m)) => with([r / m, c / m], SpacingFrom::Magnified),
            (_, Some(i), None) => with(i, SpacingFrom::Imager),
            (None, None, _) => none(instance),
        };
    }
    if modality == "US" {
        // One region only: with several, the ends of a measurement decide (a ruler's concern).
        if let [region] = instance
            .items(tags::SEQUENCE_OF_ULTRASOUND_REGIONS)
            .as_slice()
        {
            let cm = |tag| number_of(region, tag) == Some(3.0);
            let delta = |tag| {
                number_of(region, tag)
                    .map(|d| d.abs() * 10.0)
                    .filter(|d| *d > 0.0 && d.is_finite())
            };
            if cm(tags::PHYSICAL_UNITS_X_DIRECTION)
                && cm(tags::PHYSICAL_UNITS_Y_DIRECTION)
                && let (Some(x), Some(y)) =
                    (delta(tags::PHYSICAL_DELTA_X), delta(tags::PHYSICAL_DELTA_Y))
            {
                return with([y, x], SpacingFrom::Region);
            }
        }
        return none(instance);
    }
    match (pixel, pair(tags::NOMINAL_SCANNED_PIXEL_SPACING)) {
        (Some(p), _) if matches!(modality.as_str(), "OT" | "SC") => with(p, SpacingFrom::Film),
        (Some(p), _) => with(p, SpacingFrom::PixelSpacing),
        (None, Some(p)) => with(p, SpacingFrom::Film),
        (None, None) => none(instance),
    }
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
        &[r, c, ..] if r > 0.0 && c > 0.0 && r < 1e4 && c < 1e4 && items_ok(r / c) => Some([r, c]),
        _ => None,
    }
}

fn items_ok(ratio: f64) -> bool {
    (0.001..=1000.0).contains(&ratio)
}
