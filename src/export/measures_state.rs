//! Measurements as presentation states (PS3.3 A.33.1, A.33.2, C.10, C.11): lines and words on the frames that they were made on.
//!
//! What a state does not say is identity, so each says how its images are graded as the images say it. Colour has a state of its own kind.

use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{
    dataset::DataSet,
    measures::{Measured, Measures, found, grouped, holdable},
    profile,
    result::{New, begin},
};
use crate::{
    base::Result,
    dicom::{Item, numbers_of, text_of},
    measure::{
        geometry::Point,
        place::Places,
        read::{TRACKED, tracking},
        tools::Graphic,
        written,
    },
    study::{geometry::SpacingFrom, spacing},
};

/// Graphic Layer (0070,0002).
const LAYER: &str = "MEASUREMENTS";

/// How an image is graded, as far as a state can say it once for all of its images.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Grade {
    study: String,
    colour: bool,
    /// MONOCHROME1.
    inverted: bool,
    /// Rescale Slope and Intercept, as written, or where a Modality LUT is.
    rescale: Option<(String, String, String)>,
    table_of: Option<String>,
}

fn grade(one: &Measured<'_>) -> Result<Grade> {
    let photometric = one
        .instance
        .text(tags::PHOTOMETRIC_INTERPRETATION)
        .unwrap_or_default();
    let colour = !photometric.starts_with("MONOCHROME");
    let table = !one.instance.items(tags::MODALITY_LUT_SEQUENCE).is_empty();
    let said = transformation(one);
    let number = |tag: Tag| {
        numbers_of(said, tag)
            .first()
            .map(|n| super::dataset::decimal(*n))
    };
    let rescale = number(tags::RESCALE_SLOPE).zip(number(tags::RESCALE_INTERCEPT));
    let kind = || {
        let modality = one.instance.text(tags::MODALITY);
        text_of(said, tags::RESCALE_TYPE).unwrap_or_else(|| {
            if modality.as_deref() == Some("CT") {
                "HU"
            } else {
                "US"
            }
            .to_owned()
        })
    };
    Ok(Grade {
        study: one.study()?,
        colour,
        inverted: photometric == "MONOCHROME1",
        rescale: rescale
            .filter(|_| !colour && !table)
            .map(|(slope, intercept)| (slope, intercept, kind())),
        table_of: if table && !colour {
            Some(one.sop()?)
        } else {
            None
        },
    })
}

/// The item or the data set that says slope and intercept of a frame.
fn transformation<'a>(one: &Measured<'a>) -> &'a Item {
    let item = one
        .instance
        .frame_item(one.place.frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    item.unwrap_or_else(|| one.instance.data())
}

/// One state for each study and grading.
pub(super) fn write(measures: &Measures<'_>) -> Result<Vec<Vec<u8>>> {
    let places = Places::of(measures.catalogue);
    // A state is about images; a plane of a volume is none.
    let all = holdable(found(measures, &places)?, |one| !one.is_on_plane())?;
    let groups = grouped(&all, grade)?;
    let one = |(at, group): (usize, &Vec<Measured<'_>>)| state(measures, group, at);
    groups.iter().enumerate().map(one).collect()
}

fn state(measures: &Measures<'_>, group: &[Measured<'_>], at: usize) -> Result<Vec<u8>> {
    let Some(first) = group.first() else {
        return Ok(vec![]);
    };
    let grade = grade(first)?;
    let class = if grade.colour {
        uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE
    } else {
        uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE
    };
    let mut set = begin(
        first.instance,
        &grade.study,
        measures.stamp,
        &New {
            class,
            name: &format!("measures gsps {at}"),
            series_number: 9312,
            modality: "PR",
            described: "Measurements, not for diagnostic use: Negatoscope",
            schemes: "Negatoscope: measurements",
        },
    );
    // A presentation series has no content date of its own; the state has a creation.
    let now = measures.stamp.at(first
        .instance
        .text(tags::TIMEZONE_OFFSET_FROM_UTC)
        .as_deref());
    set.remove(tags::CONTENT_DATE)
        .remove(tags::CONTENT_TIME)
        .text(tags::PRESENTATION_CREATION_DATE, &now.date)
        .text(tags::PRESENTATION_CREATION_TIME, &now.time)
        .numbers(tags::INSTANCE_NUMBER, &[at as f64 + 1.0])
        .text(tags::CONTENT_LABEL, "MEASUREMENTS")
        .text(tags::CONTENT_DESCRIPTION, "Measurements of Negatoscope")
        .text(tags::CONTENT_CREATOR_NAME, "");
    let mut series_items = vec![];
    for of_series in grouped(group, Measured::series)? {
        let mut images = vec![];
        for of_image in grouped(&of_series, Measured::sop)? {
            images.push(with_frames(&of_image)?);
        }
        let Some(of) = of_series.first() else {
            continue;
        };
        let mut item = DataSet::new();
        item.text(tags::SERIES_INSTANCE_UID, &of.series()?)
            .items(tags::REFERENCED_IMAGE_SEQUENCE, images);
        series_items.push(item);
    }
    // General Series: of one series its side, of several none.
    if series_items.len() == 1 {
        set.copy(first.instance.data(), &[tags::BODY_PART_EXAMINED])
            .copy_or_empty(first.instance.data(), &[tags::LATERALITY]);
    } else {
        set.text(tags::LATERALITY, "");
    }
    set.items(tags::REFERENCED_SERIES_SEQUENCE, series_items);
    areas(&mut set, group)?;
    let mut layer = DataSet::new();
    layer
        .text(tags::GRAPHIC_LAYER, LAYER)
        .numbers(tags::GRAPHIC_LAYER_ORDER, &[1.0])
        .text(tags::GRAPHIC_LAYER_DESCRIPTION, "Measurements");
    set.item(tags::GRAPHIC_LAYER_SEQUENCE, layer);
    let mut annotations = vec![];
    for (at, one) in group.iter().enumerate() {
        annotations.push(annotation(measures, one, at)?);
    }
    set.items(tags::GRAPHIC_ANNOTATION_SEQUENCE, annotations);
    if grade.colour {
        set.bytes(tags::ICC_PROFILE, dicom_core::VR::OB, profile::srgb());
    } else {
        graded(&mut set, &grade, group)?;
    }
    set.file()
}

/// One image with all of its frames that are meant.
fn with_frames(of_image: &[Measured<'_>]) -> Result<DataSet> {
    let Some(first) = of_image.first() else {
        return Ok(DataSet::new());
    };
    let mut item = first.image()?;
    if item.has(tags::REFERENCED_FRAME_NUMBER) {
        let frames: BTreeSet<u32> = of_image.iter().map(|one| one.place.frame).collect();
        let numbers: Vec<f64> = frames
            .into_iter()
            .map(|frame| f64::from(frame) + 1.0)
            .collect();
        item.numbers(tags::REFERENCED_FRAME_NUMBER, &numbers);
    }
    Ok(item)
}

/// Displayed Area (C.10.4): the whole image, fitted.
fn areas(set: &mut DataSet, group: &[Measured<'_>]) -> Result<()> {
    let mut items = vec![];
    for of_image in grouped(group, Measured::sop)? {
        let Some(one) = of_image.first() else {
            continue;
        };
        let size = |tag| one.instance.number(tag).unwrap_or(1.0);
        let mut item = DataSet::new();
        item.item(tags::REFERENCED_IMAGE_SEQUENCE, with_frames(&of_image)?)
            .numbers(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &[1.0, 1.0])
            .numbers(
                tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER,
                &[size(tags::COLUMNS), size(tags::ROWS)],
            )
            .text(tags::PRESENTATION_SIZE_MODE, "SCALE TO FIT");
        let spacing = spacing::of(one.instance, one.place.frame);
        if spacing.from == SpacingFrom::None {
            let whole = [(spacing.aspect() * 1000.0).round(), 1000.0];
            let ratio = if whole[0] == whole[1] {
                [1.0, 1.0]
            } else {
                whole
            };
            item.numbers(tags::PRESENTATION_PIXEL_ASPECT_RATIO, &ratio);
        } else {
            item.numbers(tags::PRESENTATION_PIXEL_SPACING, &spacing.mm);
        }
        items.push(item);
    }
    set.items(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, items);
    Ok(())
}

/// Modality LUT, VOI and polarity as the images have them.
fn graded(set: &mut DataSet, grade: &Grade, group: &[Measured<'_>]) -> Result<()> {
    let Some(first) = group.first() else {
        return Ok(());
    };
    if grade.table_of.is_some() {
        set.copy(first.instance.data(), &[tags::MODALITY_LUT_SEQUENCE]);
    } else if let Some((slope, intercept, kind)) = &grade.rescale {
        set.text(tags::RESCALE_SLOPE, slope)
            .text(tags::RESCALE_INTERCEPT, intercept)
            .text(tags::RESCALE_TYPE, kind);
    }
    let shape = if grade.inverted {
        "INVERSE"
    } else {
        "IDENTITY"
    };
    set.text(tags::PRESENTATION_LUT_SHAPE, shape);
    let mut items = vec![];
    let mut seen = BTreeSet::new();
    for one in group {
        if !seen.insert((one.sop()?, one.place.frame)) {
            continue;
        }
        let said = one
            .instance
            .frame_item(one.place.frame, tags::FRAME_VOILUT_SEQUENCE);
        let said = said.unwrap_or_else(|| one.instance.data());
        let mut item = DataSet::new();
        item.copy(
            said,
            &[
                tags::WINDOW_CENTER,
                tags::WINDOW_WIDTH,
                tags::WINDOW_CENTER_WIDTH_EXPLANATION,
                tags::VOILUT_FUNCTION,
                tags::VOILUT_SEQUENCE,
            ],
        );
        let windowed = item.has(tags::WINDOW_CENTER) && item.has(tags::WINDOW_WIDTH);
        if windowed || item.has(tags::VOILUT_SEQUENCE) {
            item.item(tags::REFERENCED_IMAGE_SEQUENCE, one.image()?);
            items.push(item);
        }
    }
    if !items.is_empty() {
        set.items(tags::SOFTCOPY_VOILUT_SEQUENCE, items);
    }
    Ok(())
}

/// The drawing of a mark with its words (C.10.5).
fn annotation(measures: &Measures<'_>, one: &Measured<'_>, at: usize) -> Result<DataSet> {
    let of = one.measurement;
    let (tool, points) = of.mark.checked()?;
    let (id, uid) = (tracking(&of.mark), one.tracking_uid(at, measures.stamp));
    let tracked = |item: &mut DataSet| {
        item.text(tags::TRACKING_ID, &id)
            .text(tags::TRACKING_UID, &uid);
    };
    let mut item = DataSet::new();
    item.item(tags::REFERENCED_IMAGE_SEQUENCE, one.image()?)
        .text(tags::GRAPHIC_LAYER, LAYER);
    let lines = written::lines(&of.mark.text, &of.computed);
    if !lines.is_empty() {
        let anchor = points.last().copied().unwrap_or_default();
        let mut words = DataSet::new();
        words
            .text(tags::UNFORMATTED_TEXT_VALUE, &lines.join("\r\n"))
            .text(tags::ANCHOR_POINT_ANNOTATION_UNITS, "PIXEL")
            .numbers(tags::ANCHOR_POINT, &[anchor[0] + 0.5, anchor[1] + 0.5])
            .text(tags::ANCHOR_POINT_VISIBILITY, "N");
        tracked(&mut words);
        item.item(tags::TEXT_OBJECT_SEQUENCE, words);
    }
    if tool.name != "text" || lines.is_empty() {
        let mut graphics: Vec<DataSet> = (tool.drawn)(&points).iter().map(graphic).collect();
        graphics.iter_mut().for_each(tracked);
        if tool.name == "arrow" {
            graphics.extend(head(&points).map(|mut head| {
                // Tracked, so that it is known as ours, but as no mark.
                head.text(tags::TRACKING_ID, &format!("{TRACKED}arrow head"))
                    .text(
                        tags::TRACKING_UID,
                        &measures.stamp.uid("measures", &format!("head {uid}")),
                    );
                head
            }));
        }
        item.items(tags::GRAPHIC_OBJECT_SEQUENCE, graphics);
    }
    Ok(item)
}

fn graphic(graphic: &Graphic) -> DataSet {
    let (kind, points): (&str, &[Point]) = match graphic {
        Graphic::Point(at) => ("POINT", std::slice::from_ref(at)),
        Graphic::Line(line) => ("POLYLINE", line),
        Graphic::Ellipse(ends) => ("ELLIPSE", ends),
    };
    let data: Vec<f64> = points.iter().flatten().map(|at| at + 0.5).collect();
    let mut item = DataSet::new();
    item.text(tags::GRAPHIC_ANNOTATION_UNITS, "PIXEL")
        .numbers(tags::GRAPHIC_DIMENSIONS, &[2.0])
        .numbers(tags::NUMBER_OF_GRAPHIC_POINTS, &[points.len() as f64])
        .numbers(tags::GRAPHIC_DATA, &data)
        .text(tags::GRAPHIC_TYPE, kind);
    if kind == "ELLIPSE"
        || kind == "POLYLINE" && points.len() > 2 && points.first() == points.last()
    {
        item.text(tags::GRAPHIC_FILLED, "N");
    }
    item
}

/// The head of an arrow, which is no part of the mark: an open angle at its tip.
fn head(points: &[Point]) -> Option<DataSet> {
    let &[tip, tail] = points else { return None };
    let back = crate::measure::geometry::sub(tail, tip);
    let far = crate::measure::geometry::norm(back);
    if far <= 0.0 {
        return None;
    }
    let long = (far / 4.0).min(12.0) / far;
    let side = |turn: f64| {
        let (sin, cos) = turn.sin_cos();
        [
            tip[0] + long * (back[0] * cos - back[1] * sin),
            tip[1] + long * (back[0] * sin + back[1] * cos),
        ]
    };
    Some(graphic(&Graphic::Line(vec![side(0.45), tip, side(-0.45)])))
}
