//! Reading of presentation states that this program has written (PS3.3 C.10.5): their drawings are marks again, by their tracking.
//! States of other programs are shown as they are, by `tone::presentation`.

use dicom_dictionary_std::tags;

use super::{
    geometry::Point,
    mark::{Computed, Mark, Measurement, Origin},
    place::Places,
    read::{Restored, TRACKED, graphic, handles, lost, tracked},
    tools::Graphic,
};
use crate::{
    base::Repair,
    dicom::{Instance, Item, items_of, number_of, numbers_of, text_of},
    tone::presentation,
};

/// Annotations of one state that are looked at.
const MOST: usize = 10_000;

fn objects(annotation: &Item) -> impl Iterator<Item = &Item> {
    let graphics = items_of(annotation, tags::GRAPHIC_OBJECT_SEQUENCE);
    graphics
        .into_iter()
        .chain(items_of(annotation, tags::TEXT_OBJECT_SEQUENCE))
}

fn is_own(object: &Item) -> bool {
    text_of(object, tags::TRACKING_ID).is_some_and(|id| id.starts_with(TRACKED))
}

/// True for a presentation state with a drawing that is tracked as ours.
pub(super) fn is_ours(instance: &Instance) -> bool {
    presentation::is_state(instance)
        && (instance
            .items(tags::GRAPHIC_ANNOTATION_SEQUENCE)
            .into_iter())
        .take(MOST)
        .any(|annotation| objects(annotation).any(is_own))
}

/// The marks of a state.
pub(super) fn of(state: &Instance, places: &Places<'_>) -> (Vec<Restored>, Vec<Repair>) {
    let (mut found, mut left_out) = (vec![], vec![]);
    for annotation in state
        .items(tags::GRAPHIC_ANNOTATION_SEQUENCE)
        .into_iter()
        .take(MOST)
    {
        let mut own: Vec<(String, String, Vec<Graphic>)> = vec![];
        for object in objects(annotation).filter(|o| is_own(o)) {
            let id = text_of(object, tags::TRACKING_ID).unwrap_or_default();
            let is_graphic = text_of(object, tags::GRAPHIC_TYPE).is_some();
            // The words beside a mark are no part of it, but of a text they are all.
            if !is_graphic && tracked(&id).is_none_or(|(kind, _)| kind != "text") {
                continue;
            }
            let uid = text_of(object, tags::TRACKING_UID).unwrap_or_default();
            let Some(drawn) = drawn(object) else { continue };
            match own.iter_mut().find(|(_, other, _)| *other == uid) {
                Some((.., all)) => all.push(drawn),
                None => own.push((id, uid, vec![drawn])),
            }
        }
        let images = items_of(annotation, tags::REFERENCED_IMAGE_SEQUENCE);
        let on = images.first().and_then(|image| {
            let frame = number_of(image, tags::REFERENCED_FRAME_NUMBER)
                .map_or(1, |n| n.clamp(0.0, 4e9) as u32);
            Some((text_of(image, tags::REFERENCED_SOP_INSTANCE_UID)?, frame))
        });
        for (id, uid, drawn) in own {
            let Some((kind, words)) = tracked(&id) else {
                continue;
            };
            let Some((sop_uid, frame)) = on
                .clone()
                .filter(|(sop, frame)| places.named(sop, *frame).is_some())
            else {
                left_out.push(lost(kind, "its image is not open"));
                continue;
            };
            let Some(points) = handles(kind, &drawn) else {
                left_out.push(lost(kind, "its shape is none that is drawn here"));
                continue;
            };
            found.push(Restored {
                measurement: Measurement {
                    uid,
                    sop_uid,
                    frame,
                    mark: Mark {
                        kind: kind.to_owned(),
                        points,
                        text: words,
                    },
                    computed: Computed {
                        values: vec![],
                        origin: Origin {
                            from: "none".to_owned(),
                            factor: 1.0,
                            label: String::new(),
                        },
                        statistics: vec![],
                        notes: vec![],
                    },
                    plane: None,
                },
                own: true,
            });
        }
    }
    (found, left_out)
}

fn drawn(object: &Item) -> Option<Graphic> {
    let points = |values: &[f64]| -> Vec<Point> {
        values
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[x, y]| [x - 0.5, y - 0.5])
            .collect()
    };
    match text_of(object, tags::GRAPHIC_TYPE) {
        Some(kind) => graphic(&kind, &points(&numbers_of(object, tags::GRAPHIC_DATA))),
        None => points(&numbers_of(object, tags::ANCHOR_POINT))
            .first()
            .map(|&at| Graphic::Point(at)),
    }
}
