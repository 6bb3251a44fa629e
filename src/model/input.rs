//! From the catalogue to what a model takes: facts, a volume of modality values, or one frame of display values.

use dicom_dictionary_std::tags;

use super::{codes, facts::InputFacts};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    codec::{Decoded, Stored},
    dicom::{Instance, text_of},
    study::{
        Catalogue, FrameSet,
        geometry::{SpacingFrom, Vec3, add, norm, scale, sub},
        pixels,
        volume::Volume,
    },
    tone::{Frame, Grey, PADDING, grading::Grading, modality::Modality, voi::Voi},
};

/// Neighbouring slices may lie this far from a regular grid, as a share of their distance.
const DRIFT: f64 = 0.05;

/// A volume's grid: a [`Volume`] without its values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Columns, rows, slices.
    pub dims: [usize; 3],
    /// Centre of voxel (0,0,0), LPS, mm.
    pub origin: Vec3,
    /// Step of one voxel along columns, rows, slices, LPS, mm.
    pub steps: [Vec3; 3],
}

/// A voxel in memory: a number, or its four little-endian bytes for a message.
pub trait Voxel: Copy {
    /// From a modality value.
    fn of(value: f32) -> Self;
    /// To a modality value.
    fn value(self) -> f32;
}

impl Voxel for f32 {
    fn of(value: f32) -> Self {
        value
    }
    fn value(self) -> f32 {
        self
    }
}

impl Voxel for [u8; 4] {
    fn of(value: f32) -> Self {
        value.to_le_bytes()
    }
    fn value(self) -> f32 {
        f32::from_le_bytes(self)
    }
}

fn instance<'a>(
    catalogue: &'a Catalogue,
    set: &FrameSet,
    index: usize,
) -> Result<(&'a Instance, u32)> {
    set.frames
        .get(index)
        .and_then(|at| Some((catalogue.instances.get(at.instance)?, at.frame)))
        .ok_or_else(|| Error::new(&codes::INPUT).at("frame").found(index))
}

/// What a manifest may ask about frame `index` (from 0) of a frame set.
///
/// # Errors
/// `MDL-006` when there is no such frame.
pub fn facts(catalogue: &Catalogue, set: &FrameSet, index: usize) -> Result<InputFacts> {
    let (instance, _) = instance(catalogue, set, index)?;
    let text = |tag| instance.text(tag).unwrap_or_default();
    let number = |tag| instance.number(tag);
    let because = irregular(set);
    let meaning = |sequence| {
        let items = instance.items(sequence);
        items
            .first()
            .and_then(|item| text_of(item, tags::CODE_MEANING))
            .unwrap_or_default()
    };
    let body_part = Some(text(tags::BODY_PART_EXAMINED)).filter(|t| !t.is_empty());
    let view = Some(text(tags::VIEW_POSITION)).filter(|t| !t.is_empty());
    let first = |top: dicom_core::Tag, group, inner| {
        number(top).or_else(|| {
            let item = instance.frame_item(0, group)?;
            crate::dicom::number_of(item, inner)
        })
    };
    Ok(InputFacts {
        modality: text(tags::MODALITY),
        body_part: body_part.unwrap_or_else(|| meaning(tags::ANATOMIC_REGION_SEQUENCE)),
        view: view.unwrap_or_else(|| view_of(&meaning(tags::VIEW_CODE_SEQUENCE))),
        age_years: age(
            &text(tags::PATIENT_AGE),
            &text(tags::STUDY_DATE),
            &text(tags::PATIENT_BIRTH_DATE),
        ),
        descriptions: [
            tags::SERIES_DESCRIPTION,
            tags::PROTOCOL_NAME,
            tags::STUDY_DESCRIPTION,
        ]
        .map(text)
        .to_vec(),
        scanning_sequence: instance.texts(tags::SCANNING_SEQUENCE).join("\\"),
        echo_time_ms: first(
            tags::ECHO_TIME,
            tags::MR_ECHO_SEQUENCE,
            tags::EFFECTIVE_ECHO_TIME,
        ),
        repetition_time_ms: first(
            tags::REPETITION_TIME,
            tags::MR_TIMING_AND_RELATED_PARAMETERS_SEQUENCE,
            tags::REPETITION_TIME,
        ),
        inversion_time_ms: number(tags::INVERSION_TIME),
        grey: number(tags::SAMPLES_PER_PIXEL).is_none_or(|n| n == 1.0)
            && text(tags::PHOTOMETRIC_INTERPRETATION) != "PALETTE COLOR",
        regular: because.is_none(),
        irregular_because: because.unwrap_or_default(),
        burned_in: text(tags::BURNED_IN_ANNOTATION) == "YES",
    })
}

/// PA or AP from the meaning of a view code; empty for any other.
fn view_of(meaning: &str) -> String {
    let letters: String = meaning
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect();
    let name = match letters.as_str() {
        "posteroanterior" => "PA",
        "anteroposterior" => "AP",
        "lateral" | "leftlateral" | "rightlateral" => "LATERAL",
        _ => "",
    };
    name.to_owned()
}

/// Years by Patient's Age (nnnD, nnnW, nnnM, nnnY), else from birth to study. A number without its unit is no age.
fn age(written: &str, study: &str, birth: &str) -> Option<f64> {
    let by_age = || {
        let unit = written.chars().last()?;
        let years = match unit {
            'D' => 365.25,
            'W' => 52.18,
            'M' => 12.0,
            'Y' => 1.0,
            _ => return None,
        };
        let number: f64 = written.strip_suffix(unit)?.parse().ok()?;
        Some(number / years)
    };
    let day = |text: &str| {
        let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<f64>().ok();
        let (y, m, d) = (part(0..4)?, part(4..6)?, part(6..8)?);
        (text.len() == 8 && y > 1800.0 && m <= 12.0 && d <= 31.0)
            .then_some(y + (m - 1.0) / 12.0 + (d - 1.0) / 372.0)
    };
    let by_dates = || {
        let years = day(study)? - day(birth)?;
        // Day for day: whole years must not be lost to rounding.
        (0.0..150.0)
            .contains(&years)
            .then_some((years + 1e-9).floor())
    };
    by_age().or_else(by_dates).filter(|a| a.is_finite())
}

/// Why a frame set is no volume, in words; `None` when it is one.
fn irregular(set: &FrameSet) -> Option<String> {
    let frames = set.frames.len();
    if frames < 3 {
        return Some(format!(
            "{frames} frame{}",
            if frames == 1 { "" } else { "s" }
        ));
    }
    let Some(planes) = set.planes.iter().copied().collect::<Option<Vec<_>>>() else {
        return Some("frames without a position in the patient".to_owned());
    };
    if set.spacing.from != SpacingFrom::PixelSpacing {
        return Some("no Pixel Spacing (0028,0030)".to_owned());
    }
    if let Some(gap) = set.gaps.first() {
        return Some(format!(
            "a gap of {:.1} mm after slice {}",
            gap.distance_mm,
            gap.after + 1
        ));
    }
    if set.mixed {
        return Some("images at one position that nothing tells apart".to_owned());
    }
    if set.skewed {
        return Some("directions that are no unit vectors at right angles".to_owned());
    }
    if set.uneven {
        return Some("slices at uneven distances".to_owned());
    }
    let (Some(first), Some(last)) = (planes.first(), planes.last()) else {
        return Some("no frames".to_owned());
    };
    let step = scale(
        sub(last.position, first.position),
        1.0 / (frames - 1) as f64,
    );
    let length = norm(step);
    if length < 1e-6 {
        return Some("slices at one place".to_owned());
    }
    let off = planes.iter().enumerate().find_map(|(k, plane)| {
        let away = norm(sub(
            plane.position,
            add(first.position, scale(step, k as f64)),
        ));
        (away > (DRIFT * length).max(0.02)).then_some((k, away))
    });
    off.map(|(k, away)| format!("slice {} lies {away:.2} mm off a straight line", k + 1))
}

/// The grid of a regular frame set.
///
/// # Errors
/// `MDL-006` with the reason when it is none, `MDL-011` beyond the limit.
pub fn grid(set: &FrameSet, limits: &Limits) -> Result<Grid> {
    if let Some(because) = irregular(set) {
        return Err(Error::new(&codes::INPUT)
            .at("geometry")
            .expected("parallel slices at even distances, without gaps")
            .found(because));
    }
    let frames = set.frames.len();
    let voxels = u64::from(set.columns)
        .saturating_mul(u64::from(set.rows))
        .saturating_mul(frames as u64);
    if voxels > limits.volume_voxels {
        return Err(Error::new(&codes::VOLUME)
            .expected(Limits::at_most("volume_voxels", limits.volume_voxels))
            .found(voxels));
    }
    let (Some(Some(first)), Some(Some(last))) = (set.planes.first(), set.planes.last()) else {
        return Err(Error::new(&codes::INPUT).at("geometry"));
    };
    let [between_rows, between_columns] = set.spacing.mm;
    Ok(Grid {
        dims: [set.columns as usize, set.rows as usize, frames],
        origin: first.position,
        steps: [
            scale(first.row, between_columns),
            scale(first.column, between_rows),
            scale(
                sub(last.position, first.position),
                1.0 / (frames - 1) as f64,
            ),
        ],
    })
}

/// A whole stack as modality values, columns fastest, and whether the stored values are unsigned bytes as they are. Padding takes the
/// lowest value of the volume.
///
/// # Errors
/// `MDL-006` for a stack that is no volume, `MDL-007` when cancelled, `MDL-011` beyond the limit, and what reading gives.
pub fn volume<V: Voxel>(
    catalogue: &Catalogue,
    set: &FrameSet,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<(Grid, Vec<V>, bool)> {
    read(catalogue, set, None, limits, monitor)
}

/// The same with NaN for padding: where the lowest value would be taken for something that was seen.
///
/// # Errors
/// As [`volume`].
pub fn known<V: Voxel>(
    catalogue: &Catalogue,
    set: &FrameSet,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<(Grid, Vec<V>)> {
    let (grid, values, _) = read(catalogue, set, Some(f32::NAN), limits, monitor)?;
    Ok((grid, values))
}

fn read<V: Voxel>(
    catalogue: &Catalogue,
    set: &FrameSet,
    padding: Option<f32>,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<(Grid, Vec<V>, bool)> {
    let grid = grid(set, limits)?;
    let (plane, frames) = (grid.dims[0] * grid.dims[1], grid.dims[2]);
    let mut values: Vec<V> = Vec::with_capacity(plane * frames);
    let (mut bytes, mut padded, mut lowest) = (true, false, f32::MAX);
    for index in 0..frames {
        if monitor.cancelled() {
            return Err(Error::new(&codes::CANCELLED));
        }
        let (instance, frame) = instance(catalogue, set, index)?;
        let decoded = whole_frame(instance, frame, limits)?;
        let (grading, repairs) = Grading::of(instance, frame);
        limits.tolerate(&repairs)?;
        let plain = matches!(
            grading.modality,
            Modality::Rescale {
                slope: 1.0,
                intercept: 0.0
            }
        );
        bytes &= plain && matches!(decoded.values, Stored::U8(_));
        let grey = grey(grading.apply(&decoded)?, plane)?;
        for value in grey.values {
            if value == PADDING {
                padded = true;
            } else {
                lowest = lowest.min(value);
            }
            values.push(V::of(value));
        }
        monitor.progress(Stage::Decode, index as u64 + 1, frames as u64);
    }
    if padded {
        let least = if lowest == f32::MAX { 0.0 } else { lowest };
        let fill = padding.unwrap_or(least);
        for value in values.iter_mut().filter(|v| v.value() == PADDING) {
            *value = V::of(fill);
        }
    }
    Ok((grid, values, bytes))
}

/// The same as [`volume`], for use where it was read.
///
/// # Errors
/// As [`volume`].
pub fn whole(
    catalogue: &Catalogue,
    set: &FrameSet,
    limits: &Limits,
    monitor: &dyn Monitor,
) -> Result<(Volume, bool)> {
    let (
        Grid {
            dims,
            origin,
            steps,
        },
        values,
        bytes,
    ) = volume::<f32>(catalogue, set, limits, monitor)?;
    Ok((
        Volume {
            dims,
            origin,
            steps,
            values,
        },
        bytes,
    ))
}

fn grey(frame: Frame, places: usize) -> Result<Grey> {
    match frame {
        Frame::Grey(grey) if grey.values.len() == places => Ok(grey),
        Frame::Grey(grey) => Err(Error::new(&codes::INPUT)
            .at("frame")
            .expected(places)
            .found(grey.values.len())),
        Frame::Colour(_) => Err(Error::new(&codes::INPUT)
            .at("Photometric Interpretation (0028,0004)")
            .expected("grey values")
            .found("colour")),
    }
}

/// A decoded frame of which nothing is lost: what is computed from made-up values would look like any other result.
fn whole_frame(instance: &Instance, frame: u32, limits: &Limits) -> Result<Decoded> {
    let decoded = pixels::decode(instance, frame, limits)?;
    match decoded.lost() {
        Some(repair) => Err(Error::new(&codes::LOST)
            .at(format!("frame {}", u64::from(frame) + 1))
            .found(repair.code.id)),
        None => Ok(decoded),
    }
}

/// One frame as the file asks to display it, 0..1, bright as on the screen: modality LUT, the file's first VOI (without one: from the
/// lowest to the highest value), inverted for MONOCHROME1. Padding is 0, as it is painted.
///
/// # Errors
/// `MDL-006` for colour, and what reading gives.
pub fn display(
    catalogue: &Catalogue,
    set: &FrameSet,
    index: usize,
    limits: &Limits,
) -> Result<Grey> {
    let (instance, frame) = instance(catalogue, set, index)?;
    let decoded = whole_frame(instance, frame, limits)?;
    let (grading, repairs) = Grading::of(instance, frame);
    limits.tolerate(&repairs)?;
    let places = decoded.rows as usize * decoded.columns as usize;
    let mut grey = grey(grading.apply(&decoded)?, places)?;
    shown(
        &mut grey,
        grading.choices.first().map(|c| &c.voi),
        grading.invert,
    );
    Ok(grey)
}

/// One frame as modality values. Padding takes the lowest value of the frame.
///
/// # Errors
/// `MDL-006` for colour, and what reading gives.
pub fn modality(
    catalogue: &Catalogue,
    set: &FrameSet,
    index: usize,
    limits: &Limits,
) -> Result<Grey> {
    let (instance, frame) = instance(catalogue, set, index)?;
    let decoded = whole_frame(instance, frame, limits)?;
    let (grading, repairs) = Grading::of(instance, frame);
    limits.tolerate(&repairs)?;
    let places = decoded.rows as usize * decoded.columns as usize;
    let mut grey = grey(grading.apply(&decoded)?, places)?;
    let real = || grey.values.iter().copied().filter(|&v| v != PADDING);
    let lowest = real().fold(f32::MAX, f32::min);
    let fill = if lowest == f32::MAX { 0.0 } else { lowest };
    for value in grey.values.iter_mut().filter(|v| **v == PADDING) {
        *value = fill;
    }
    Ok(grey)
}

fn shown(grey: &mut Grey, voi: Option<&Voi>, invert: bool) {
    let real = || grey.values.iter().copied().filter(|&v| v != PADDING);
    let low = real().fold(f32::MAX, f32::min);
    let span = real().fold(f32::MIN, f32::max) - low;
    for value in &mut grey.values {
        *value = if *value == PADDING {
            0.0
        } else {
            let shown = match voi {
                Some(voi) => voi.map(*value),
                None if span > 0.0 => (*value - low) / span,
                None => 0.0,
            };
            if invert { 1.0 - shown } else { shown }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        study::{
            FrameRef,
            geometry::{Plane, Spacing},
        },
        tone::voi::Function,
    };

    fn set(positions: &[[f64; 3]]) -> FrameSet {
        FrameSet {
            frames: (0..positions.len())
                .map(|instance| FrameRef { instance, frame: 0 })
                .collect(),
            planes: positions
                .iter()
                .map(|&position| {
                    Some(Plane {
                        position,
                        row: [0.0, 1.0, 0.0],
                        column: [0.0, 0.0, -1.0],
                    })
                })
                .collect(),
            rows: 5,
            columns: 4,
            spacing: Spacing {
                mm: [2.0, 0.5],
                from: SpacingFrom::PixelSpacing,
            },
            gaps: vec![],
            uneven: false,
            tilted: false,
            mixed: false,
            skewed: false,
            step_mm: Some(1.5),
            label: String::new(),
        }
    }

    #[test]
    fn a_regular_stack_is_a_grid() {
        let regular = set(&[[1.0, 2.0, 3.0], [2.5, 2.0, 3.0], [4.0, 2.0, 3.0]]);
        let grid = grid(&regular, &Limits::default()).unwrap();
        assert_eq!(grid.dims, [4, 5, 3]);
        assert_eq!(
            grid.steps,
            [[0.0, 0.5, 0.0], [0.0, 0.0, -2.0], [1.5, 0.0, 0.0]]
        );
        let small = Limits {
            volume_voxels: 59,
            ..Limits::default()
        };
        assert_eq!(
            super::grid(&regular, &small).unwrap_err().code(),
            &codes::VOLUME
        );
    }

    #[test]
    fn others_say_why_not() {
        let says = |set: &FrameSet| irregular(set).unwrap();
        let line = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]];
        assert_eq!(says(&set(&line[..1])), "1 frame");
        assert_eq!(
            says(&set(&[line[0], [1.0, 0.3, 0.0], line[2]])),
            "slice 2 lies 0.30 mm off a straight line"
        );
        let mut gap = set(&line);
        gap.gaps = vec![crate::study::Gap {
            after: 1,
            distance_mm: 3.0,
        }];
        assert_eq!(says(&gap), "a gap of 3.0 mm after slice 2");
        let mut unplaced = set(&line);
        unplaced.planes[1] = None;
        assert!(says(&unplaced).contains("without a position"));
        let mut film = set(&line);
        film.spacing.from = SpacingFrom::Imager;
        assert!(says(&film).contains("Pixel Spacing"));
    }

    #[test]
    fn ages() {
        assert_eq!(age("042Y", "", ""), Some(42.0));
        assert_eq!(age("018M", "", ""), Some(1.5));
        assert_eq!(age("42", "20130717", "19660101"), Some(47.0));
        assert_eq!(age("", "20130717", "20120717"), Some(1.0));
        assert_eq!(age("", "20130717", "d14a028c"), None);
        assert_eq!(age("", "20130717", "20140101"), None);
    }

    #[test]
    fn display_values_are_inverted_after_the_window() {
        let frame = |values: &[f32]| Grey {
            columns: values.len(),
            rows: 1,
            values: values.to_vec(),
        };
        let mut plain = frame(&[PADDING, 2.0, 4.0, 6.0]);
        shown(&mut plain, None, true);
        assert_eq!(plain.values, [0.0, 1.0, 0.5, 0.0]);
        let mut windowed = frame(&[2.0, 4.0, 6.0]);
        let voi = Voi::Window {
            center: 4.0,
            width: 2.0,
            function: Function::LinearExact,
        };
        shown(&mut windowed, Some(&voi), false);
        assert_eq!(windowed.values, [0.0, 0.5, 1.0]);
    }

    #[test]
    fn view_codes() {
        assert_eq!(view_of("postero-anterior"), "PA");
        assert_eq!(view_of("Antero-posterior"), "AP");
        assert_eq!(view_of("oblique"), "");
    }
}
