//! Frames of a catalogue by their names (SOP Instance UID and number), and by places in the patient.

use std::{
    cell::{Cell, OnceCell},
    collections::HashMap,
};

use dicom_dictionary_std::tags;

use super::geometry::Point;
use crate::study::{
    Catalogue, FrameSet,
    geometry::{Plane, Vec3, dot, sub},
};

/// A point farther than this from a plane, mm, does not lie in it.
const OFF_PLANE_MM: f64 = 0.05;
/// Planes that all questions of one look-up are compared with at most: a hostile report asks ten thousand times, of as many frames.
const MOST_COMPARED: u64 = 100_000_000;

/// A frame of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Study, series, frame set: places in the catalogue's lists.
    pub set: (usize, usize, usize),
    /// Place in the frame set.
    pub index: usize,
    /// Place in `Catalogue::instances`.
    pub instance: usize,
    /// Frame of the instance, from 0.
    pub frame: u32,
}

/// Looks frames up; made once for a catalogue.
#[derive(Debug)]
pub struct Places<'a> {
    catalogue: &'a Catalogue,
    named: HashMap<(String, u32), Place>,
    /// Frames with a plane by their frame of reference, in the order of the catalogue; made for the first question.
    planes: OnceCell<HashMap<String, Vec<Located>>>,
    compared: Cell<u64>,
}

/// A frame with its plane, and its spacing (between rows, between columns), mm.
#[derive(Debug)]
struct Located {
    place: Place,
    plane: Plane,
    spacing: [f64; 2],
}

impl<'a> Places<'a> {
    /// Of all frames of a catalogue.
    pub fn of(catalogue: &'a Catalogue) -> Self {
        let mut named = HashMap::new();
        for (study_at, study) in catalogue.studies.iter().enumerate() {
            for (series_at, series) in study.series.iter().enumerate() {
                for (set_at, set) in series.frame_sets.iter().enumerate() {
                    for (index, frame) in set.frames.iter().enumerate() {
                        let instance = catalogue.instances.get(frame.instance);
                        let Some(uid) = instance.and_then(|i| i.text(tags::SOP_INSTANCE_UID))
                        else {
                            continue;
                        };
                        named.entry((uid, frame.frame)).or_insert(Place {
                            set: (study_at, series_at, set_at),
                            index,
                            instance: frame.instance,
                            frame: frame.frame,
                        });
                    }
                }
            }
        }
        Self {
            catalogue,
            named,
            planes: OnceCell::new(),
            compared: Cell::new(0),
        }
    }

    /// The frame (from 1) of an instance.
    pub fn named(&self, sop_uid: &str, frame: u32) -> Option<Place> {
        let frame = frame.checked_sub(1)?;
        self.named.get(&(sop_uid.to_owned(), frame)).copied()
    }

    /// The name of a place: SOP Instance UID, and its frame from 1.
    pub fn name(&self, place: Place) -> Option<(String, u32)> {
        let uid = self
            .catalogue
            .instances
            .get(place.instance)?
            .text(tags::SOP_INSTANCE_UID)?;
        Some((uid, place.frame + 1))
    }

    /// The frame set of a place.
    pub fn set(&self, place: Place) -> Option<&'a FrameSet> {
        let (study, series, set) = place.set;
        self.catalogue
            .studies
            .get(study)?
            .series
            .get(series)?
            .frame_sets
            .get(set)
    }

    /// The plane of a place and its spacing (between rows, between columns), mm: [`FrameSet::placed`].
    pub fn plane(&self, place: Place) -> Option<(Plane, [f64; 2])> {
        self.set(place)?.placed(place.index)
    }

    fn planes(&self) -> &HashMap<String, Vec<Located>> {
        self.planes.get_or_init(|| {
            let mut all: HashMap<String, Vec<Located>> = HashMap::new();
            // All frames of an instance are of one frame of reference, which is a text to be looked up.
            let mut of_instance: HashMap<usize, Option<String>> = HashMap::new();
            for &place in self.named.values() {
                let instance = self.catalogue.instances.get(place.instance);
                let reference = of_instance
                    .entry(place.instance)
                    .or_insert_with(|| instance?.text(tags::FRAME_OF_REFERENCE_UID));
                let (Some(reference), Some((plane, spacing))) = (reference, self.plane(place))
                else {
                    continue;
                };
                let located = Located {
                    place,
                    plane,
                    spacing,
                };
                match all.get_mut(reference) {
                    Some(known) => known.push(located),
                    None => {
                        all.insert(reference.clone(), vec![located]);
                    }
                }
            }
            for known in all.values_mut() {
                known.sort_unstable_by_key(|one| (one.place.set, one.place.index));
            }
            all
        })
    }

    /// The frame of a frame of reference that all points (mm) lie in, the nearest of several, and the points on it in pixels. None is found
    /// any more when more was asked than a study needs.
    pub fn holding(&self, reference: &str, points: &[Vec3]) -> Option<(Place, Vec<Point>)> {
        let known = self.planes().get(reference)?;
        let compared = self.compared.get() + (known.len() * points.len().max(1)) as u64;
        if compared > MOST_COMPARED {
            return None;
        }
        self.compared.set(compared);
        let off = |plane: &Plane| {
            let normal = plane.normal();
            let mut far = 0.0_f64;
            for &point in points {
                far = far.max(dot(sub(point, plane.position), normal).abs());
                if far > OFF_PLANE_MM {
                    break;
                }
            }
            far
        };
        // Of two that are as near the order of the catalogue decides: the first of the least.
        let (_, one) = known
            .iter()
            .map(|one| (off(&one.plane), one))
            .filter(|(far, _)| *far <= OFF_PLANE_MM)
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        let &Located {
            place,
            plane,
            spacing,
        } = one;
        let on = |&p: &Vec3| {
            let way = sub(p, plane.position);
            [
                dot(way, plane.row) / spacing[1],
                dot(way, plane.column) / spacing[0],
            ]
        };
        Some((place, points.iter().map(on).collect()))
    }
}
