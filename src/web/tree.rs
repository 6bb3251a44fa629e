//! The catalogue as the page reads it.

use super::{
    facts, messages as msg,
    viewer::{Session, failure, repair},
};
use crate::{
    base::Phi,
    study::{Series, geometry::SpacingFrom},
    tone::icc,
};

impl Session {
    /// The body part of a series, as its first image says it.
    fn body_part(&self, series: &Series) -> String {
        let frame = series.frame_sets.first().and_then(|set| set.frames.first());
        let instance = frame.and_then(|f| self.catalogue.instances.get(f.instance));
        instance.map(facts::body_part).unwrap_or_default()
    }

    /// Studies, series and stacks, and what was not read.
    pub(super) fn tree(&self) -> msg::Catalogue {
        let mut key = 0;
        let studies = self.catalogue.studies.iter().map(|study| {
            let series = study.series.iter().map(|series| {
                let sets = series.frame_sets.iter().map(|set| {
                    let first = set
                        .frames
                        .first()
                        .and_then(|f| self.catalogue.instances.get(f.instance));
                    let (no_volume, frame_of_reference, line) = self.lie_of(set);
                    let info = msg::FrameSetInfo {
                        no_volume,
                        frame_of_reference,
                        spacing_mm: (set.spacing.from != SpacingFrom::None)
                            .then_some(set.spacing.mm),
                        spacing_from: set.spacing.from.name().to_owned(),
                        line,
                        key,
                        frames: set.frames.len() as u32,
                        rows: set.rows,
                        columns: set.columns,
                        label: set.label.clone(),
                        view: first.map(facts::view).unwrap_or_default(),
                        gaps: set
                            .gaps
                            .iter()
                            .map(|g| (g.after as u32, g.distance_mm))
                            .collect(),
                        frames_per_second: first.and_then(facts::frames_per_second),
                    };
                    key += 1;
                    info
                });
                msg::SeriesInfo {
                    uid: series.uid.clone(),
                    modality: series.modality.clone(),
                    number: series.number.clone(),
                    description: series.description.clone(),
                    frame_sets: sets.collect(),
                    body_part: self.body_part(series),
                    other_instances: series.other_instances as u32,
                }
            });
            msg::StudyInfo {
                uid: study.uid.clone(),
                patient_name: facts::person(study.patient.name.reveal()),
                patient_id: study.patient.id.reveal().clone(),
                date: facts::date(&study.date),
                description: study.description.clone(),
                series: series.collect(),
            }
        });
        let studies = studies.collect();
        let named = |name: &Phi<String>| name.reveal().clone();
        let remarks = icc::remarks(&self.catalogue.instances);
        let remarks = remarks.iter().filter_map(|(at, r)| {
            let image = self.catalogue.instances.get(*at)?;
            Some(repair(image.source.name(), r))
        });
        msg::Catalogue {
            files: self.catalogue.files as u32,
            studies,
            repairs: self
                .catalogue
                .repairs()
                .iter()
                .map(|(file, r)| repair(&named(file), r))
                .collect(),
            remarks: remarks.collect(),
            errors: self
                .catalogue
                .errors
                .iter()
                .map(|(file, e)| failure(&named(file), e))
                .collect(),
        }
    }
}
