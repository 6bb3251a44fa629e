//! Presentation states (PS3.4 N, PS3.3 A.33, C.10, C.11): how somebody has shown an image, to be shown so again.
//!
//! What a state does not say is identity, not what the image says (PS3.4 N.2): windows, rescale and polarity of the image are not used then.

use std::rc::Rc;

use dicom_dictionary_std::tags;

use super::{
    grading::{self, Choice, Grading},
    lut::Lut,
    modality::Modality,
    shutter::Shutter,
    voi::{Function, Voi},
};
use crate::{
    base::Repair,
    dicom::{Instance, Item, items_of, numbers_of, text_of},
};

/// Grayscale and Color Softcopy Presentation State Storage.
const CLASSES: [&str; 2] = [
    "1.2.840.10008.5.1.4.1.1.11.1",
    "1.2.840.10008.5.1.4.1.1.11.2",
];

/// One drawing of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Its kind (0070,0023), or a text.
    pub kind: Kind,
    /// Columns and rows, pixel centres at whole numbers; or parts of the displayed area, 0..1, where `display` says so.
    pub points: Vec<[f64; 2]>,
    /// The points are parts of the displayed area.
    pub display: bool,
    /// Graphic Filled (0070,0024).
    pub filled: bool,
    /// The text; empty for other kinds.
    pub text: String,
}

/// Graphic Type (0070,0023), and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A dot.
    Point,
    /// Straight lines from point to point.
    Polyline,
    /// A curve through the points.
    Interpolated,
    /// Its centre, and a point on it.
    Circle,
    /// The ends of the major axis, then of the minor.
    Ellipse,
    /// A text at its anchor or its box; with a second point, which it points at.
    Text,
}

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
    /// VOI: the state's, else identity over the full range of the modality values.
    pub voi: Voi,
    /// Presentation LUT Shape INVERSE.
    pub invert: bool,
    /// The state's shutter.
    pub shutter: Option<Rc<Shutter>>,
    /// Clockwise quarter turns, done before the mirroring.
    pub quarter_turns: u8,
    /// Mirrored left-right, after the turning.
    pub flip: bool,
    /// Left, top, right, bottom of the displayed area, image coordinates at the outer edges of its pixels.
    pub area: Option<[f64; 4]>,
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
    let mut repairs = Vec::new();
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
    let (modality, ..) = grading::modality_of(state, u32::MAX, signed, &mut repairs);
    let softcopy = state.items(tags::SOFTCOPY_VOILUT_SEQUENCE);
    let voi = softcopy
        .into_iter()
        .find(|item| for_this(item))
        .and_then(|item| {
            let choices = grading::choices_of_item(
                item,
                grading::may_be_negative(&modality, signed),
                &mut repairs,
            );
            choices.into_iter().next().map(|Choice { voi, .. }| voi)
        });
    let area = state
        .items(tags::DISPLAYED_AREA_SELECTION_SEQUENCE)
        .into_iter()
        .find(|item| for_this(item))
        .and_then(|item| {
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
    let shape = state.text(tags::PRESENTATION_LUT_SHAPE);
    let presentation = Presentation {
        uid: state.text(tags::SOP_INSTANCE_UID).unwrap_or_default(),
        label: state.text(tags::CONTENT_LABEL).unwrap_or_default(),
        description: state.text(tags::CONTENT_DESCRIPTION).unwrap_or_default(),
        voi: voi
            .or_else(|| presentation_table(state, &mut repairs))
            .unwrap_or_else(|| identity(&modality, image, signed)),
        modality,
        invert: shape.as_deref() == Some("INVERSE"),
        shutter: Shutter::of(state, u32::MAX).map(Rc::new),
        quarter_turns: turns.rem_euclid(4.0) as u8,
        flip: state.text(tags::IMAGE_HORIZONTAL_FLIP).as_deref() == Some("Y"),
        area,
        drawings: drawings(state, for_this),
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

/// A Presentation LUT where no VOI stands before it: then it is the only table.
fn presentation_table(state: &Instance, repairs: &mut Vec<Repair>) -> Option<Voi> {
    let items = state.items(tags::PRESENTATION_LUT_SEQUENCE);
    let item = items.first()?;
    let lut = Lut::read(
        &numbers_of(item, tags::LUT_DESCRIPTOR),
        &numbers_of(item, tags::LUT_DATA),
        false,
        repairs,
    )?;
    Some(grading::table(&lut, repairs))
}

fn drawings(state: &Instance, for_this: impl Fn(&Item) -> bool) -> Vec<Drawing> {
    let order = |item: &Item| {
        let name = text_of(item, tags::GRAPHIC_LAYER);
        let layers = state.items(tags::GRAPHIC_LAYER_SEQUENCE);
        layers
            .into_iter()
            .find(|layer| text_of(layer, tags::GRAPHIC_LAYER) == name)
            .and_then(|layer| {
                numbers_of(layer, tags::GRAPHIC_LAYER_ORDER)
                    .first()
                    .copied()
            })
            .unwrap_or(0.0)
    };
    let mut layers: Vec<(f64, Vec<Drawing>)> = state
        .items(tags::GRAPHIC_ANNOTATION_SEQUENCE)
        .into_iter()
        .filter(|item| for_this(item))
        .map(|item| {
            let graphics = items_of(item, tags::GRAPHIC_OBJECT_SEQUENCE);
            let texts = items_of(item, tags::TEXT_OBJECT_SEQUENCE);
            let all = graphics
                .iter()
                .filter_map(|g| graphic(g))
                .chain(texts.iter().filter_map(|t| text(t)));
            (order(item), all.collect())
        })
        .collect();
    layers.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers
        .into_iter()
        .flat_map(|(_, drawings)| drawings)
        .collect()
}

/// Points in the units of a drawing. In PIXEL the outer corner of the first pixel is 0, 0 (PS3.3 C.10.5).
fn points(values: &[f64], display: bool) -> Vec<[f64; 2]> {
    let shift = if display { 0.0 } else { 0.5 };
    let pairs = values.as_chunks::<2>().0.iter();
    pairs.map(|[x, y]| [x - shift, y - shift]).collect()
}

fn graphic(item: &Item) -> Option<Drawing> {
    let (kind, least) = match text_of(item, tags::GRAPHIC_TYPE)?.as_str() {
        "POINT" => (Kind::Point, 1),
        "POLYLINE" => (Kind::Polyline, 2),
        "INTERPOLATED" => (Kind::Interpolated, 2),
        "CIRCLE" => (Kind::Circle, 2),
        "ELLIPSE" => (Kind::Ellipse, 4),
        _ => return None,
    };
    let display = text_of(item, tags::GRAPHIC_ANNOTATION_UNITS).as_deref() == Some("DISPLAY");
    let points = points(&numbers_of(item, tags::GRAPHIC_DATA), display);
    (points.len() >= least).then(|| Drawing {
        kind,
        points,
        display,
        filled: text_of(item, tags::GRAPHIC_FILLED).as_deref() == Some("Y"),
        text: String::new(),
    })
}

fn text(item: &Item) -> Option<Drawing> {
    let is_display = |tag| text_of(item, tag).as_deref() == Some("DISPLAY");
    let anchor_display = is_display(tags::ANCHOR_POINT_ANNOTATION_UNITS);
    let box_display = is_display(tags::BOUNDING_BOX_ANNOTATION_UNITS);
    let anchor = points(&numbers_of(item, tags::ANCHOR_POINT), anchor_display);
    let corner = points(
        &numbers_of(item, tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER),
        box_display,
    );
    let shown = text_of(item, tags::ANCHOR_POINT_VISIBILITY).as_deref() == Some("Y");
    let (points, display) = match (corner.first(), anchor.first()) {
        (Some(&at), Some(&target)) if shown && anchor_display == box_display => {
            (vec![at, target], box_display)
        }
        (Some(&at), _) => (vec![at], box_display),
        (None, Some(&at)) => (vec![at], anchor_display),
        (None, None) => return None,
    };
    Some(Drawing {
        kind: Kind::Text,
        points,
        display,
        filled: false,
        text: text_of(item, tags::UNFORMATTED_TEXT_VALUE)?,
    })
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
        graded.choices = vec![Choice {
            label: self.label.clone(),
            voi: self.voi.clone(),
        }];
        graded.invert = self.invert;
        if self.modality != grading.modality {
            graded.unit = None;
        }
        graded
    }
}
