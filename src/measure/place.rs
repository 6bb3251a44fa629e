//! Frames of a catalogue by their names (SOP Instance UID and number), and by places in the patient.

use std::collections::HashMap;

use dicom_dictionary_std::tags;

use super::geometry::Point;
use crate::study::{
    Catalogue, FrameSet,
    geometry::{Plane, Vec3, dot, sub},
};

/// A point farther than this from a plane, mm, does not lie in it.
const OFF_PLANE_MM: f64 = 0.05;

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
        Self { catalogue, named }
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

    /// The plane of a place and its spacing (between rows, between columns), mm.
    pub fn plane(&self, place: Place) -> Option<(Plane, [f64; 2])> {
        let set = self.set(place)?;
        Some((
            set.planes.get(place.index).copied().flatten()?,
            set.spacing.mm,
        ))
    }

    /// The frame of a frame of reference that all points (mm) lie in, the nearest of several, and the points on it in pixels.
    pub fn holding(&self, reference: &str, points: &[Vec3]) -> Option<(Place, Vec<Point>)> {
        let of_reference = |place: &&Place| {
            let instance = self.catalogue.instances.get(place.instance);
            let own = instance.and_then(|i| i.text(tags::FRAME_OF_REFERENCE_UID));
            own.as_deref() == Some(reference)
        };
        let off = |plane: &Plane| {
            let normal = plane.normal();
            let far = points
                .iter()
                .map(|&p| dot(sub(p, plane.position), normal).abs());
            far.fold(0.0, f64::max)
        };
        let found = self
            .named
            .values()
            .filter(of_reference)
            .filter_map(|&place| {
                let (plane, spacing) = self.plane(place)?;
                let far = off(&plane);
                (far <= OFF_PLANE_MM).then_some((far, place, plane, spacing))
            });
        // Of two that are as near the order of the catalogue decides, not that of the hash.
        let key = |place: &Place| (place.set, place.index);
        let (_, place, plane, spacing) =
            found.min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| key(&a.1).cmp(&key(&b.1))))?;
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
