//! Test patterns for the display, as DICOM images of P-values (0 to 255) that go the way of every other image: what is wrong on their way
//! is wrong for all. A pattern is a file and a line here.

mod levels;
mod quality;
mod sheet;
mod smpte;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::{Stamp, dataset::DataSet};
use crate::base::Result;
use sheet::Sheet;

/// A pattern that can be asked for by name.
#[derive(Debug)]
pub struct Kind {
    /// Name.
    pub name: &'static str,
    /// Series Description.
    pub title: &'static str,
    /// Frames, each painted on a sheet of the side that it is given.
    paint: fn(usize) -> Vec<Sheet>,
}

/// Every pattern, in the order in which a display is checked.
pub const ALL: &[&Kind] = &[&quality::KIND, &smpte::KIND, &levels::KIND];

/// Sides that are offered, in pixels: one device pixel each, or the lines of one pixel are not those of the display.
pub const SIDES: &[usize] = &[512, 1024, 2048];

/// The pattern as a (multi-frame) Secondary Capture file of `side` × `side` pixels, LINEAR over 0 to 255. `side` is brought to the nearest
/// of [`SIDES`]. All patterns of one stamp are one study.
///
/// # Errors
/// As the writer's of a data set.
pub fn file(kind: &Kind, side: usize, stamp: &Stamp) -> Result<Vec<u8>> {
    let nearest = SIDES.iter().copied().min_by_key(|s| s.abs_diff(side));
    let side = nearest.unwrap_or(1024);
    let frames = (kind.paint)(side);
    let count = frames.len();
    let class = if count > 1 {
        uids::MULTI_FRAME_GRAYSCALE_BYTE_SECONDARY_CAPTURE_IMAGE_STORAGE
    } else {
        uids::SECONDARY_CAPTURE_IMAGE_STORAGE
    };
    let now = stamp.at(None);
    let number = ALL.iter().position(|k| k.name == kind.name).unwrap_or(0) + 1;
    let mut set = DataSet::new();
    set.text(tags::SOP_CLASS_UID, class)
        .text(tags::SOP_INSTANCE_UID, &stamp.uid("pattern", kind.name))
        .text(tags::STUDY_INSTANCE_UID, &stamp.uid("pattern study", ""))
        .text(
            tags::SERIES_INSTANCE_UID,
            &stamp.uid("pattern series", kind.name),
        )
        .text(tags::MODALITY, "OT")
        .text(tags::CONVERSION_TYPE, "SYN")
        .text(tags::MANUFACTURER, "Negatoscope")
        .text(tags::PATIENT_NAME, "Display^Test")
        .text(tags::PATIENT_ID, "DISPLAY-TEST")
        .text(tags::PATIENT_BIRTH_DATE, "")
        .text(tags::PATIENT_SEX, "")
        .text(tags::STUDY_DATE, &now.date)
        .text(tags::STUDY_TIME, &now.time)
        .text(tags::STUDY_ID, "")
        .text(tags::ACCESSION_NUMBER, "")
        .text(tags::REFERRING_PHYSICIAN_NAME, "")
        .text(tags::STUDY_DESCRIPTION, "Display test patterns")
        .text(tags::SERIES_DESCRIPTION, kind.title)
        .text(tags::SERIES_NUMBER, &number.to_string())
        .text(tags::INSTANCE_NUMBER, "1")
        .text(tags::PATIENT_ORIENTATION, "")
        .text(tags::LATERALITY, "")
        .text(tags::BURNED_IN_ANNOTATION, "NO")
        .texts(tags::IMAGE_TYPE, &["ORIGINAL", "SECONDARY"])
        .numbers(tags::SAMPLES_PER_PIXEL, &[1.0])
        .text(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
        .numbers(tags::ROWS, &[side as f64])
        .numbers(tags::COLUMNS, &[side as f64])
        .numbers(tags::BITS_ALLOCATED, &[8.0])
        .numbers(tags::BITS_STORED, &[8.0])
        .numbers(tags::HIGH_BIT, &[7.0])
        .numbers(tags::PIXEL_REPRESENTATION, &[0.0])
        .numbers(tags::WINDOW_CENTER, &[128.0])
        .numbers(tags::WINDOW_WIDTH, &[256.0])
        .text(tags::PRESENTATION_LUT_SHAPE, "IDENTITY");
    if count > 1 {
        let pages: Vec<f64> = (1..=count).map(|n| n as f64).collect();
        set.numbers(tags::NUMBER_OF_FRAMES, &[count as f64])
            .numbers(tags::RESCALE_INTERCEPT, &[0.0])
            .numbers(tags::RESCALE_SLOPE, &[1.0])
            .text(tags::RESCALE_TYPE, "US")
            .pointer(tags::FRAME_INCREMENT_POINTER, tags::PAGE_NUMBER_VECTOR)
            .numbers(tags::PAGE_NUMBER_VECTOR, &pages);
    }
    let pixels = frames.into_iter().flat_map(Sheet::into_pixels).collect();
    set.bytes(tags::PIXEL_DATA, VR::OB, pixels);
    set.file()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        base::{Limits, MemorySource},
        dicom::Instance,
        study::pixels,
        tone::{Frame, grading::Grading},
    };

    const STAMP: Stamp = Stamp {
        unix_seconds: 0,
        offset_minutes: 0,
        seed: [3; 16],
    };

    /// Levels that the display gets of frame `index`.
    fn shown(name: &str, side: usize, index: u32) -> Vec<u8> {
        let kind = ALL.iter().find(|k| k.name == name).unwrap();
        let bytes = file(kind, side, &STAMP).unwrap();
        let source = Rc::new(MemorySource::new(name, bytes));
        let instance = Instance::read(&(source as _), &Limits::default()).unwrap();
        let decoded = pixels::decode(&instance, index, &Limits::default()).unwrap();
        let (grading, repairs) = Grading::of(&instance, index);
        assert!(repairs.is_empty(), "{repairs:?}");
        let frame = grading.apply(&decoded).unwrap();
        let voi = grading.default_voi(&frame);
        let Frame::Grey(grey) = frame else {
            panic!("a grey frame")
        };
        let mut levels = vec![0; grey.values.len()];
        voi.levels(&grey.values, None, grading.invert, &mut levels);
        levels
    }

    #[test]
    fn each_level_reaches_the_screen_as_it_is() {
        for side in SIDES {
            let sheet = &(quality::KIND.paint)(*side)[0];
            assert_eq!(shown("tg18-qc", *side, 0), sheet.pixels());
        }
        let all = shown("tg18-qc", 1024, 0);
        for level in 0..=255_u8 {
            assert!(all.contains(&level), "the ramps hold {level}");
        }
    }

    #[test]
    fn levels_are_eighteen_and_evenly_spaced() {
        for n in 0..18_u32 {
            let frame = shown("tg18-ln", 512, n);
            assert_eq!(u32::from(frame[256 * 512 + 256]), n * 15);
            assert_eq!(frame[0], 153);
            // The field takes a tenth of the area.
            let field = frame.iter().filter(|v| u32::from(**v) == n * 15).count();
            if n * 15 != 153 {
                assert!(
                    (field as f64 / (512.0 * 512.0) - 0.1).abs() < 0.003,
                    "{field}"
                );
            }
        }
    }

    #[test]
    fn every_second_line_is_lit_at_every_side() {
        for (name, side) in [("tg18-qc", 512), ("tg18-qc", 2048), ("smpte", 1024)] {
            let frame = shown(name, side, 0);
            let alternating = frame
                .windows(8)
                .filter(|w| w.chunks(2).all(|two| two == [255, 0]))
                .count();
            assert!(alternating > side / 16, "{name} {side}: {alternating}");
        }
    }
}
