//! Presentation states (PS3.4 N, PS3.3 A.33, C.10, C.11): how somebody has shown an image, to be shown so again.
//!
//! What a state does not say is identity, not what the image says (PS3.4 N.2): windows, rescale and polarity of the image are not used then.

use std::rc::Rc;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

pub use super::drawing::{Drawing, Kind};
use super::{
    choices::{self, Choice},
    codes, drawing,
    grading::{self, Grading, Scale},
    icc::{self, Profile},
    lut::Lut,
    modality::Modality,
    shutter::Shutter,
    subtraction::Subtraction,
    voi::{Function, Voi},
};
use crate::{
    base::Repair,
    dicom::{Instance, Item, items_of, number_of, numbers_of, text_of},
};

/// Grayscale, Color and Pseudo-Color Softcopy Presentation State Storage.
const CLASSES: [&str; 3] = [
    "1.2.840.10008.5.1.4.1.1.11.1",
    COLOR_CLASS,
    "1.2.840.10008.5.1.4.1.1.11.3",
];
const COLOR_CLASS: &str = "1.2.840.10008.5.1.4.1.1.11.2";

/// What a state says of one frame.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// SOP Instance UID (0008,0018) of the state.
    pub uid: String,
    /// Content Label (0070,0080).
    pub label: String,
    /// Content Description (0070,0081); may be empty.
    pub description: String,
    /// Stored → modality values.
    pub modality: Modality,
    /// Unit of the modality values, where the state says it.
    pub unit: Option<String>,
    /// Taken from the modality values before the VOI.
    pub subtraction: Option<Rc<Subtraction>>,
    /// The state's windows or VOI LUT, else identity over the full range of the modality values; never empty.
    pub choices: Vec<Choice>,
    /// Presentation LUT Sequence (2050,0010): P-Values 0..1 over the whole range of the VOI's output.
    pub presentation_lut: Option<Rc<Vec<f32>>>,
    /// Presentation LUT Shape INVERSE.
    pub invert: bool,
    /// The palette of a Pseudo-Color state: 256 colours over the whole range.
    pub colours: Option<Rc<Vec<[u8; 3]>>>,
    /// Whether it is a Color state: then its profile replaces what the image says of its colours.
    of_colours: bool,
    profile: Option<Rc<Profile>>,
    /// The state's shutter. Its bitmap, where it has one, is not read yet.
    pub shutter: Option<Rc<Shutter>>,
    /// Overlay planes of the image that are shown, a bit for each group, 6000 first.
    pub image_planes: u16,
    /// Overlay planes of the state itself that are shown.
    pub own_planes: u16,
    /// Clockwise quarter turns, done before the mirroring.
    pub quarter_turns: u8,
    /// Mirrored left-right, after the turning.
    pub flip: bool,
    /// Left, top, right, bottom of the displayed area, image coordinates at the outer edges of its pixels.
    pub area: Option<[f64; 4]>,
    /// Height of a pixel over its width, where the state says it.
    pub aspect: Option<f64>,
    /// Presentation Size Mode MAGNIFY: device pixels per image pixel.
    pub magnify: Option<f64>,
    /// What is not shown as the state asks, though nothing is wrong with it.
    pub remarks: Vec<Repair>,
    /// Drawings, the lowest layer first.
    pub drawings: Vec<Drawing>,
}

/// True for an instance that holds a presentation state.
pub fn is_state(instance: &Instance) -> bool {
    let class = instance.text(tags::SOP_CLASS_UID);
    class.is_some_and(|class| CLASSES.contains(&class.as_str()))
}

/// True where a Referenced Image Sequence names an image's frame (from 0): with no items it names all.
fn names<'a>(
    mut references: impl Iterator<Item = &'a Item> + Clone,
    sop: &str,
    frame: u32,
) -> bool {
    references.clone().next().is_none()
        || references.any(|reference| {
            let frames = numbers_of(reference, tags::REFERENCED_FRAME_NUMBER);
            text_of(reference, tags::REFERENCED_SOP_INSTANCE_UID).as_deref() == Some(sop)
                && (frames.is_empty() || frames.contains(&(f64::from(frame) + 1.0)))
        })
}

/// What `state` says of the frame (from 0) of an image; `None` where it is not about it.
pub fn of(state: &Instance, image: &Instance, frame: u32) -> Option<(Presentation, Vec<Repair>)> {
    let sop = image.text(tags::SOP_INSTANCE_UID)?;
    let series = state.items(tags::REFERENCED_SERIES_SEQUENCE);
    let named = series.iter().any(|series| {
        let images = items_of(series, tags::REFERENCED_IMAGE_SEQUENCE);
        !images.is_empty() && names(images.iter().copied(), &sop, frame)
    });
    if !named {
        return None;
    }
    let (mut repairs, mut remarks) = (Vec::new(), Vec::new());
    let for_this = |item: &Item| {
        names(
            items_of(item, tags::REFERENCED_IMAGE_SEQUENCE)
                .iter()
                .copied(),
            &sop,
            frame,
        )
    };
    let signed = image.number(tags::PIXEL_REPRESENTATION) == Some(1.0);
    let Scale {
        modality,
        rescaled,
        kind,
        ..
    } = grading::modality_of(state, u32::MAX, signed, &mut repairs);
    let unit = (rescaled.then(|| grading::unit_of(image, rescaled, kind.as_deref()))).flatten();
    let softcopy = state.items(tags::SOFTCOPY_VOILUT_SEQUENCE);
    let mut offered = softcopy
        .into_iter()
        .find(|item| for_this(item))
        .map(|item| {
            let negative = choices::may_be_negative(&modality, signed);
            choices::of_item(item, negative, &mut repairs)
        })
        .unwrap_or_default();
    if offered.is_empty() {
        offered.push(Choice {
            label: String::new(),
            voi: identity(&modality, image, signed),
        });
    }
    let label = state.text(tags::CONTENT_LABEL).unwrap_or_default();
    if let [one] = offered.as_mut_slice() {
        one.label.clone_from(&label);
    }
    let areas = state.items(tags::DISPLAYED_AREA_SELECTION_SEQUENCE);
    let area_item = areas.into_iter().find(|item| for_this(item));
    let (aspect, magnify) = area_item.map_or((None, None), |item| size(item, &mut remarks));
    let area = area_item.and_then(|item| {
        let corner = |tag| <[f64; 2]>::try_from(numbers_of(item, tag)).ok();
        let [left, top] = corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER)?;
        let [right, bottom] = corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER)?;
        // Top left is meant after turning and mirroring, in columns and rows before it (C.10.4): either may be the larger one. Pixels
        // count from 1, and both corners are shown.
        let (left, right) = (left.min(right), left.max(right));
        let (top, bottom) = (top.min(bottom), top.max(bottom));
        Some([left - 1.5, top - 1.5, right - 0.5, bottom - 0.5])
    });
    let turns = state.number(tags::IMAGE_ROTATION).unwrap_or(0.0) / 90.0;
    let presentation_lut = presentation_lut(state, &mut repairs);
    // The sequence and the shape are alternatives.
    let shape = state.text(tags::PRESENTATION_LUT_SHAPE);
    let invert = presentation_lut.is_none() && shape.as_deref() == Some("INVERSE");
    let shutter = Shutter::noting(state, u32::MAX, &mut repairs);
    let (image_planes, own_planes) = planes(state, shutter.as_ref());
    let of_colours = state.text(tags::SOP_CLASS_UID).as_deref() == Some(COLOR_CLASS);
    let (profile, remark) = if of_colours {
        icc::of(state, frame)
    } else {
        (None, None)
    };
    remarks.extend(remark);
    let presentation = Presentation {
        uid: state.text(tags::SOP_INSTANCE_UID).unwrap_or_default(),
        label,
        description: state.text(tags::CONTENT_DESCRIPTION).unwrap_or_default(),
        modality,
        unit,
        subtraction: Subtraction::of_state(state, image, frame, &mut repairs).map(Rc::new),
        choices: offered,
        presentation_lut,
        invert,
        colours: grading::colours_of(state, &mut repairs).map(Rc::new),
        of_colours,
        profile: profile.map(Rc::new),
        shutter: shutter.map(Rc::new),
        image_planes,
        own_planes,
        quarter_turns: turns.rem_euclid(4.0) as u8,
        flip: state.text(tags::IMAGE_HORIZONTAL_FLIP).as_deref() == Some("Y"),
        area,
        aspect,
        magnify,
        remarks,
        drawings: drawing::of(state, for_this),
    };
    Some((presentation, repairs))
}

/// The window over all values that Bits Stored can hold (C.11.2.1.2, note).
fn identity(modality: &Modality, image: &Instance, signed: bool) -> Voi {
    let bits = image
        .number(tags::BITS_STORED)
        .unwrap_or(16.0)
        .clamp(1.0, 32.0);
    let (low, high) = match modality {
        Modality::Table(lut) => (0.0, f64::from(lut.bits).exp2() - 1.0),
        Modality::Rescale { slope, intercept } => {
            let least = if signed { -(bits - 1.0).exp2() } else { 0.0 };
            let ends = [least, least + bits.exp2() - 1.0].map(|x| x * slope + intercept);
            (ends[0].min(ends[1]), ends[0].max(ends[1]))
        }
    };
    Voi::Window {
        center: ((low + high + 1.0) / 2.0) as f32,
        width: (high - low + 1.0).max(1.0) as f32,
        function: Function::Linear,
    }
}

/// The Presentation LUT as P-Values 0..1. It begins at 0 and covers whatever stands before it (C.11.4.1).
fn presentation_lut(state: &Instance, repairs: &mut Vec<Repair>) -> Option<Rc<Vec<f32>>> {
    let items = state.items(tags::PRESENTATION_LUT_SEQUENCE);
    let item = items.first()?;
    let lut = Lut::read(
        &numbers_of(item, tags::LUT_DESCRIPTOR),
        &numbers_of(item, tags::LUT_DATA),
        false,
        repairs,
    )?;
    // P-Values run from 0 to 2^bits - 1, however far the entries reach.
    let top = f64::from(lut.bits).exp2() - 1.0;
    let value = |&entry: &u16| (f64::from(entry) / top).min(1.0) as f32;
    Some(Rc::new(lut.entries.iter().map(value).collect()))
}

/// Overlay planes under a state (C.11.7): those of the image that it activates, and its own, which replace those of the image. A bit for
/// each group, 6000 first.
fn planes(state: &Instance, shutter: Option<&Shutter>) -> (u16, u16) {
    let (mut of_image, mut own) = (0, 0);
    for n in 0..16 {
        let group = 0x6000 + 2 * n;
        let active = state.text(Tag(group, 0x1001)).is_some();
        let hides = shutter.is_some_and(|shutter| shutter.group == Some(group));
        if !active || hides {
            continue;
        }
        if state.number(Tag(group, 0x0010)).is_some() {
            own |= 1 << n;
        } else {
            of_image |= 1 << n;
        }
    }
    (of_image, own)
}

/// How large the displayed area is shown: height of a pixel over its width, and device pixels per image pixel.
fn size(item: &Item, remarks: &mut Vec<Repair>) -> (Option<f64>, Option<f64>) {
    let ratio = |tag| match *numbers_of(item, tag) {
        [row, column] if row > 0.0 && column > 0.0 => Some(row / column),
        _ => None,
    };
    let aspect = ratio(tags::PRESENTATION_PIXEL_SPACING)
        .or_else(|| ratio(tags::PRESENTATION_PIXEL_ASPECT_RATIO))
        .filter(|aspect| (0.01..=100.0).contains(aspect));
    let magnify = match text_of(item, tags::PRESENTATION_SIZE_MODE).as_deref() {
        Some("MAGNIFY") => number_of(item, tags::PRESENTATION_PIXEL_MAGNIFICATION_RATIO)
            .filter(|times| (0.01..=100.0).contains(times)),
        Some("TRUE SIZE") => {
            remarks.push(Repair::new(&codes::TRUE_SIZE, ""));
            None
        }
        _ => None,
    };
    (aspect, magnify)
}

impl Presentation {
    /// The drawings with their points in image coordinates, for an image of a size (columns, rows).
    pub fn drawings_on(&self, size: (usize, usize)) -> Vec<Drawing> {
        let whole = [-0.5, -0.5, size.0 as f64 - 0.5, size.1 as f64 - 0.5];
        let [left, top, right, bottom] = self.area.unwrap_or(whole);
        let place = |point: [f64; 2]| {
            let [x, y] = self.undisplayed(point);
            [left + x * (right - left), top + y * (bottom - top)]
        };
        let on_image = |drawing: &Drawing| Drawing {
            points: if drawing.display {
                drawing.points.iter().copied().map(place).collect()
            } else {
                drawing.points.clone()
            },
            display: false,
            ..drawing.clone()
        };
        self.drawings.iter().map(on_image).collect()
    }

    /// A part of the displayed area as the image lies in the file: DISPLAY units are those of the area after turning and mirroring.
    fn undisplayed(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let x = if self.flip { 1.0 - x } else { x };
        match self.quarter_turns % 4 {
            1 => [y, 1.0 - x],
            2 => [1.0 - x, 1.0 - y],
            3 => [1.0 - y, x],
            _ => [x, y],
        }
    }

    /// The grading of an image with what the state says in the place of what the image says.
    pub fn regrade(&self, grading: &Grading) -> Grading {
        let mut graded = grading.clone();
        graded.modality = self.modality.clone();
        graded.choices.clone_from(&self.choices);
        graded.presentation_lut.clone_from(&self.presentation_lut);
        graded.invert = self.invert;
        // With the same modality values the image's word holds too.
        if self.modality != grading.modality {
            graded.unit.clone_from(&self.unit);
        }
        if self.of_colours {
            graded.profile.clone_from(&self.profile);
        }
        graded
    }
}
