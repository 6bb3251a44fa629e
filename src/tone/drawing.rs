//! What a presentation state draws (PS3.3 C.10.5): lines, shapes and texts, by graphic layers (C.10.7).

use std::collections::HashMap;

use dicom_dictionary_std::tags;

use crate::dicom::{Instance, Item, items_of, number_of, numbers_of, text_of};

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
    /// Tracking ID (0062,0020); may be empty.
    pub tracking: String,
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

/// The drawings of the annotations that are meant, the lowest layer first.
pub(super) fn of(state: &Instance, is_meant: impl Fn(&Item) -> bool) -> Vec<Drawing> {
    let name = |item: &Item| text_of(item, tags::GRAPHIC_LAYER);
    let orders: HashMap<Option<String>, f64> = state
        .items(tags::GRAPHIC_LAYER_SEQUENCE)
        .into_iter()
        .filter_map(|layer| Some((name(layer), number_of(layer, tags::GRAPHIC_LAYER_ORDER)?)))
        .collect();
    let mut layers: Vec<(f64, Vec<Drawing>)> = state
        .items(tags::GRAPHIC_ANNOTATION_SEQUENCE)
        .into_iter()
        .filter(|item| is_meant(item))
        .map(|item| {
            let graphics = items_of(item, tags::GRAPHIC_OBJECT_SEQUENCE);
            let texts = items_of(item, tags::TEXT_OBJECT_SEQUENCE);
            let all = graphics
                .iter()
                .filter_map(|g| graphic(g))
                .chain(texts.iter().filter_map(|t| text(t)));
            let order = orders.get(&name(item)).copied().unwrap_or(0.0);
            (order, all.collect())
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

fn tracking(item: &Item) -> String {
    text_of(item, tags::TRACKING_ID).unwrap_or_default()
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
        tracking: tracking(item),
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
        tracking: tracking(item),
    })
}
