//! From an instance to the frames that can be arranged: what places each, read once where the frames share it.

use std::rc::Rc;

use dicom_dictionary_std::tags;

use super::{
    codes,
    geometry::{Plane, Spacing, dot, norm, scale, sub},
    pixels,
    region::{self, Region},
    spacing,
    tree::FrameRef,
};
use crate::{
    base::{Limits, Repair, Result},
    dicom::{Instance, number_of, numbers_of},
};

/// Directions further than this from unit vectors at right angles are said.
const SKEW: f64 = 1e-3;
/// Directions further off than this are none.
const NO_DIRECTION: f64 = 0.1;

/// One frame with all that places it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) at: FrameRef,
    pub(super) plane: Option<Plane>,
    /// The directions in the file are no unit vectors at right angles.
    pub(super) skewed: bool,
    pub(super) spacing: Spacing,
    pub(super) rows: u32,
    pub(super) columns: u32,
    /// What must be equal within a frame set, beside geometry: Frame of Reference, Image Type value 3, samples, SOP Class.
    pub(super) kind: Rc<str>,
    /// What may vary at one position: temporal position, b-value, echo, trigger time, acquisition; compared in this order.
    pub(super) varies: [f64; 5],
    /// Instance Number and frame.
    pub(super) number: (f64, u32),
    /// File name, the last resort.
    pub(super) name: Rc<str>,
    /// SOP Instance UID: copies of one image are no several images.
    pub(super) uid: Rc<str>,
    /// The instance has several frames without positions: a cine of its own.
    pub(super) cine: bool,
}

/// What functional groups may say of a frame.
#[derive(Clone, Copy)]
struct Place {
    plane: Option<Plane>,
    skewed: bool,
    spacing: Spacing,
    varies: [f64; 5],
}

impl Place {
    fn of(instance: &Instance, frame: u32, regions: &[Region]) -> Self {
        let (plane, skewed) = plane(instance, frame);
        Self {
            plane,
            skewed,
            spacing: spacing::within(instance, frame, regions),
            varies: varies(instance, frame),
        }
    }
}

/// The frames of instance number `at`, with what had to be repaired.
///
/// # Errors
/// As [`pixels::layout`] and [`pixels::frames`]; `IO-003` where no defect is tolerated.
pub(super) fn of(
    instance: &Instance,
    at: usize,
    limits: &Limits,
) -> Result<(Vec<Candidate>, Vec<Repair>)> {
    let (layout, of_layout) = pixels::layout(instance, limits)?;
    // They are said with each frame, when it is decoded.
    limits.tolerate(&of_layout)?;
    let (frames, cut) = pixels::frames(instance, &layout, limits)?;
    let (regions, left_out) = region::noting(instance);
    let mut repairs: Vec<Repair> = cut.into_iter().chain(left_out).collect();
    // Frames beyond the groups of their own have all in common: a file may claim a million of them.
    let own = instance.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let own = u32::try_from(own.len()).unwrap_or(u32::MAX).min(frames);
    let common = Place::of(instance, u32::MAX, &regions);
    let place = |frame| {
        if frame < own {
            Place::of(instance, frame, &regions)
        } else {
            common
        }
    };
    let kind: Rc<str> = kind(instance, layout.samples_per_pixel).into();
    let name: Rc<str> = instance.source.name().into();
    let uid: Rc<str> = (instance.text(tags::SOP_INSTANCE_UID))
        .unwrap_or_else(|| format!("#{at}"))
        .into();
    let number = instance.number(tags::INSTANCE_NUMBER).unwrap_or(0.0);
    let candidate = |frame| {
        let place = place(frame);
        Candidate {
            at: FrameRef {
                instance: at,
                frame,
            },
            plane: place.plane,
            skewed: place.skewed,
            spacing: place.spacing,
            rows: layout.rows,
            columns: layout.columns,
            kind: kind.clone(),
            varies: place.varies,
            number: (number, frame),
            name: name.clone(),
            uid: uid.clone(),
            cine: frames > 1 && place.plane.is_none(),
        }
    };
    let candidates: Vec<Candidate> = (0..frames).map(candidate).collect();
    let skewed = candidates.iter().filter(|c| c.skewed).count();
    if skewed > 0 {
        let detail = format!("{skewed} of {frames} frames");
        repairs.push(Repair::new(&codes::DIRECTIONS, detail));
    }
    limits.tolerate(&repairs)?;
    Ok((candidates, repairs))
}

fn kind(instance: &Instance, samples: u16) -> String {
    let text = |tag| instance.text(tag).unwrap_or_default();
    let flavour = instance
        .texts(tags::IMAGE_TYPE)
        .get(2)
        .cloned()
        .unwrap_or_default();
    format!(
        "{}|{}|{flavour}|{samples}|{}",
        text(tags::SOP_CLASS_UID),
        text(tags::FRAME_OF_REFERENCE_UID),
        text(tags::PHOTOMETRIC_INTERPRETATION)
    )
}

/// Image Plane of a frame: functional groups first, then the top level (single frames only); and whether its directions are off. They are
/// brought to unit vectors at right angles; far from that there is no plane.
fn plane(instance: &Instance, frame: u32) -> (Option<Plane>, bool) {
    let position = instance
        .frame_item(frame, tags::PLANE_POSITION_SEQUENCE)
        .map(|item| numbers_of(item, tags::IMAGE_POSITION_PATIENT))
        .filter(|v| v.len() == 3)
        .or_else(|| {
            (instance.number_of_frames() == 1)
                .then(|| instance.numbers(tags::IMAGE_POSITION_PATIENT))
        })
        .unwrap_or_default();
    let orientation = instance
        .frame_item(frame, tags::PLANE_ORIENTATION_SEQUENCE)
        .map(|item| numbers_of(item, tags::IMAGE_ORIENTATION_PATIENT))
        .filter(|v| v.len() == 6)
        .unwrap_or_else(|| instance.numbers(tags::IMAGE_ORIENTATION_PATIENT));
    let (&[x, y, z], &[a, b, c, d, e, f]) = (position.as_slice(), orientation.as_slice()) else {
        return (None, false);
    };
    match upright([a, b, c], [d, e, f]) {
        Some((row, column, skewed)) => {
            let position = [x, y, z];
            let plane = Plane {
                position,
                row,
                column,
            };
            (Some(plane), skewed)
        }
        None => (None, true),
    }
}

/// Unit vectors at right angles that are next to two directions, the first one kept, and whether these were off; `None` far from any.
fn upright(row: [f64; 3], column: [f64; 3]) -> Option<([f64; 3], [f64; 3], bool)> {
    let (r, s) = (norm(row), norm(column));
    let off = [r, s].map(|length| (length - 1.0).abs());
    // A length that is no number is near none.
    if !off.iter().all(|off| *off < NO_DIRECTION) {
        return None;
    }
    let (row, column) = (scale(row, 1.0 / r), scale(column, 1.0 / s));
    let lean = dot(row, column);
    if lean.abs() >= NO_DIRECTION {
        return None;
    }
    // What is exact as far as decimals go stays what the file says.
    let skewed = off.iter().any(|off| *off > SKEW) || lean.abs() > SKEW;
    if lean.abs() <= SKEW {
        return Some((row, column, skewed));
    }
    let square = sub(column, scale(row, lean));
    Some((row, scale(square, 1.0 / norm(square)), skewed))
}

/// What may differ at one position, in the order of comparison.
fn varies(instance: &Instance, frame: u32) -> [f64; 5] {
    let in_group = |group, tag| {
        instance
            .frame_item(frame, group)
            .and_then(|item| number_of(item, tag))
    };
    let temporal = in_group(tags::FRAME_CONTENT_SEQUENCE, tags::TEMPORAL_POSITION_INDEX)
        .or_else(|| instance.number(tags::TEMPORAL_POSITION_IDENTIFIER));
    let b = in_group(tags::MR_DIFFUSION_SEQUENCE, tags::DIFFUSION_B_VALUE)
        .or_else(|| instance.number(tags::DIFFUSION_B_VALUE));
    let echo = in_group(tags::MR_ECHO_SEQUENCE, tags::EFFECTIVE_ECHO_TIME)
        .or_else(|| instance.number(tags::ECHO_TIME));
    let trigger = instance.number(tags::TRIGGER_TIME);
    let acquisition = instance.number(tags::ACQUISITION_NUMBER);
    [temporal, b, echo, trigger, acquisition].map(|v| v.unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_brought_to_right_angles_and_said() {
        let x = [1.0, 0.0, 0.0];
        let near = |found: [f64; 3], wanted: [f64; 3]| {
            assert!(norm(sub(found, wanted)) < 1e-9, "{found:?} {wanted:?}");
        };
        // Four decimals are no defect.
        let (_, column, skewed) = upright([0.9998, 0.02, 0.0], [-0.02, 0.9998, 0.0]).unwrap();
        assert!(!skewed);
        near(
            column,
            scale([-0.02, 0.9998, 0.0], 1.0 / 0.02_f64.hypot(0.9998)),
        );
        let (row, column, skewed) = upright(x, [0.0, 1.05, 0.0]).unwrap();
        assert!(skewed, "too long");
        near(row, x);
        near(column, [0.0, 1.0, 0.0]);
        let (row, column, skewed) = upright(x, [0.05, 0.998_749, 0.0]).unwrap();
        assert!(skewed, "not at right angles");
        near(row, x);
        near(column, [0.0, 1.0, 0.0]);
        assert!(upright(x, [0.0, 1.2, 0.0]).is_none());
        assert!(upright(x, [0.6, 0.8, 0.0]).is_none());
        assert!(upright(x, [f64::NAN, 1.0, 0.0]).is_none());
    }
}
