//! The study worker's side of measuring: marks → values, files of them, and marks that were saved before.

use std::rc::Rc;

use dicom_dictionary_std::tags;

use super::{
    assembling::There,
    file,
    messages::{self as msg, Answer, Failure},
    viewer::Session,
};
use crate::{
    base::{Error, Result, Silent},
    export::{Stamp, codes as export_codes, measures},
    measure::{
        Mark, OnPlane,
        place::{Place, Places},
        read,
        take::{self, Subject},
    },
    study::{region, spacing},
    tone::Frame,
    volume::{Plane, Project, Sampling, Slab, reformat},
};

impl Session {
    /// [`msg::Request::Measure`].
    pub(super) fn measure(
        &mut self,
        set: u32,
        index: u32,
        marks: &[Mark],
        user_mm: Option<f64>,
    ) -> Result<Answer> {
        let key = self.place(set, index)?;
        let loaded = self.load(key)?;
        // While a handle is dragged the same frame is asked for again and again.
        let graded = match &self.measured {
            Some((own, graded)) if *own == key => graded.clone(),
            _ => {
                let graded: Rc<Frame> = Rc::new(loaded.grading.apply(&loaded.decoded)?);
                self.measured = Some((key, graded.clone()));
                graded
            }
        };
        let not_open = || Error::new(&file::codes::NOT_OPEN);
        let instance = self.catalogue.instances.get(key.0).ok_or_else(not_open)?;
        let regions = region::of(instance);
        let subject = Subject {
            spacing: spacing::of(instance, key.1),
            regions: &regions,
            frame: &graded,
            stored: &loaded.decoded.values,
            unit: loaded.grading.unit.as_deref().unwrap_or_default(),
            quantities: &loaded.quantities,
            user_mm,
        };
        let results = marks
            .iter()
            .map(|mark| take::compute(mark, &subject))
            .collect::<Result<Vec<_>>>()?;
        Ok(Answer::Measured {
            sop_uid: instance.text(tags::SOP_INSTANCE_UID).unwrap_or_default(),
            frame: key.1 + 1,
            results,
        })
    }

    /// [`msg::Request::MeasurePlane`]: values are those of the volume between its voxels, whatever the viewport's filters are.
    pub(super) fn measure_plane(&mut self, asked: &msg::MeasurePlane) -> Result<Answer> {
        let There { grading, .. } = self.volumes.of(asked.frame_set)?;
        let frame = self.values_in(asked.frame_set, &asked.plane)?;
        let unit = grading.unit.as_deref().unwrap_or_default();
        let results = (asked.marks.iter())
            .map(|mark| take::compute_on_plane(mark, &asked.plane, &frame, unit))
            .collect::<Result<Vec<_>>>()?;
        let middle = self.frame_set(asked.frame_set)?.frames.len() as u32 / 2;
        let (instance, frame) = self.place(asked.frame_set, middle)?;
        let instance = (self.catalogue.instances.get(instance))
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        Ok(Answer::Measured {
            sop_uid: instance.text(tags::SOP_INSTANCE_UID).unwrap_or_default(),
            frame: frame + 1,
            results,
        })
    }

    /// The modality values in a plane of a volume that is there.
    pub(super) fn values_in(&mut self, set: u32, on: &OnPlane) -> Result<Rc<Frame>> {
        let There { volume, .. } = self.volumes.of(set)?;
        on.checked()?;
        let known = self.volumes.measured.as_ref();
        if let Some((_, frame)) = known.filter(|(plane, _)| plane == on) {
            return Ok(frame.clone());
        }
        let slab = Project::by_name(&on.slab).map(|how| Slab {
            how,
            thickness_mm: on.thickness_mm,
        });
        let plane = rectangle(on);
        let grey = reformat(
            &volume,
            &plane,
            Sampling::Linear,
            slab,
            &self.limits,
            &Silent,
        )?;
        let frame = Rc::new(Frame::Grey(grey));
        self.volumes.measured = Some((on.clone(), frame.clone()));
        Ok(frame)
    }

    fn key_of(&self, place: Place) -> Option<msg::FramePlace> {
        let key = self.keys.iter().position(|&set| set == place.set)?;
        Some(msg::FramePlace {
            frame_set: key as u32,
            index: place.index as u32,
        })
    }

    /// [`msg::Request::Locate`].
    pub(super) fn locate(&self, names: &[msg::FrameName]) -> Answer {
        let places = Places::of(&self.catalogue);
        let one = |name: &msg::FrameName| {
            places
                .named(&name.sop_uid, name.frame)
                .and_then(|place| self.key_of(place))
        };
        Answer::Located {
            places: names.iter().map(one).collect(),
        }
    }

    /// [`msg::Request::SavedMarks`].
    pub(super) fn saved_marks(&self) -> Answer {
        let (found, left_out) = read::all(&self.catalogue);
        let places = if found.is_empty() {
            None
        } else {
            Some(Places::of(&self.catalogue))
        };
        let one = |restored: read::Restored| {
            let of = &restored.measurement;
            let place = places.as_ref()?.named(&of.sop_uid, of.frame)?;
            Some(msg::SavedMark {
                place: self.key_of(place)?,
                own: restored.own,
                measurement: restored.measurement,
            })
        };
        let named = |at: usize| {
            self.catalogue
                .instances
                .get(at)
                .map_or_else(String::new, |i| i.source.name().to_owned())
        };
        Answer::SavedMarks {
            found: found.into_iter().filter_map(one).collect(),
            left_out: (left_out.iter())
                .map(|(at, why)| Failure {
                    file: named(*at),
                    code: why.code.id.to_owned(),
                    cause: why.code.cause.to_owned(),
                    hint: why.code.hint.to_owned(),
                    detail: why.detail.clone(),
                })
                .collect(),
        }
    }

    /// [`msg::Request::SaveMarks`]: the file goes to `bytes`.
    pub(super) fn save_marks(&self, asked: &msg::SaveMarks, bytes: &mut Vec<u8>) -> Result<Answer> {
        let unknown = || {
            Error::new(&export_codes::NOT_IN_FINDING)
                .found(asked.what.chars().take(16).collect::<String>())
        };
        let form = measures::by_name(&asked.what).ok_or_else(unknown)?;
        let mut seed = [0; 16];
        for (bytes, word) in seed.chunks_exact_mut(4).zip(asked.stamp.seed) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let stamp = Stamp {
            unix_seconds: asked.stamp.unix_seconds as i64,
            offset_minutes: asked.stamp.offset_minutes,
            seed,
        };
        let mut files = form.write(&measures::Measures {
            catalogue: &self.catalogue,
            measurements: &asked.measurements,
            stamp: &stamp,
        })?;
        let parts = files.len() as u32;
        let Some(part) = asked.part else {
            let (all, end) = form.together(files);
            *bytes = all;
            return Ok(Answer::Saved { end, parts: 1 });
        };
        let part = part.min(parts.saturating_sub(1)) as usize;
        if part < files.len() {
            *bytes = files.swap_remove(part);
        }
        Ok(Answer::Saved {
            end: form.end.to_owned(),
            parts,
        })
    }
}

/// The rectangle of a plane, by its middle.
fn rectangle(on: &OnPlane) -> Plane {
    let [rows, columns] = on.size;
    let middle = [
        (f64::from(columns) - 1.0) / 2.0,
        (f64::from(rows) - 1.0) / 2.0,
    ];
    Plane {
        centre: on.plane().at(middle[0], middle[1], on.spacing_mm),
        row: on.row,
        column: on.column,
        spacing: on.spacing_mm,
        columns: columns as usize,
        rows: rows as usize,
    }
}
