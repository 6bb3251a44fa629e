//! What is saved of an analysis, and the modules that its DICOM objects share: whose it is, what made it, what it was made from.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{
    codes,
    concept::{self, Concept},
    dataset::{DataSet, is_uid},
    kinds::Kind,
    region::Region,
    stamp::Stamp,
};
use crate::{
    base::{Error, Limits, Result},
    dicom::{Instance, numbers_of},
    model::finding::{Finding, LabelMap},
    study::{Catalogue, FrameRef, FrameSet, geometry::SpacingFrom},
};

/// Manufacturer (0008,0070) and Manufacturer's Model Name (0008,1090).
pub(super) const MAKER: &str = "Negatoscope";

/// Patient, Clinical Trial Subject, General Study, Patient Study and Clinical Trial Study: what must be there, and what is there.
pub(super) const WHOSE_NEEDED: &[Tag] = &[
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::STUDY_INSTANCE_UID,
    tags::STUDY_DATE,
    tags::STUDY_TIME,
    tags::REFERRING_PHYSICIAN_NAME,
    tags::STUDY_ID,
    tags::ACCESSION_NUMBER,
];
pub(super) const WHOSE: &[Tag] = &[
    tags::ISSUER_OF_PATIENT_ID,
    tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
    tags::TYPE_OF_PATIENT_ID,
    tags::PATIENT_BIRTH_TIME,
    tags::OTHER_PATIENT_NAMES,
    tags::OTHER_PATIENT_I_DS_SEQUENCE,
    tags::PATIENT_COMMENTS,
    tags::PATIENT_SPECIES_DESCRIPTION,
    tags::PATIENT_SPECIES_CODE_SEQUENCE,
    tags::PATIENT_BREED_DESCRIPTION,
    tags::PATIENT_BREED_CODE_SEQUENCE,
    tags::BREED_REGISTRATION_SEQUENCE,
    tags::RESPONSIBLE_PERSON,
    tags::RESPONSIBLE_PERSON_ROLE,
    tags::RESPONSIBLE_ORGANIZATION,
    tags::PATIENT_IDENTITY_REMOVED,
    tags::DEIDENTIFICATION_METHOD,
    tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
    tags::CLINICAL_TRIAL_SPONSOR_NAME,
    tags::CLINICAL_TRIAL_PROTOCOL_ID,
    tags::CLINICAL_TRIAL_PROTOCOL_NAME,
    tags::CLINICAL_TRIAL_SITE_ID,
    tags::CLINICAL_TRIAL_SITE_NAME,
    tags::CLINICAL_TRIAL_SUBJECT_ID,
    tags::CLINICAL_TRIAL_SUBJECT_READING_ID,
    tags::CLINICAL_TRIAL_TIME_POINT_ID,
    tags::CLINICAL_TRIAL_TIME_POINT_DESCRIPTION,
    tags::STUDY_DESCRIPTION,
    tags::PROCEDURE_CODE_SEQUENCE,
    tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE,
    tags::PHYSICIANS_OF_RECORD,
    tags::PATIENT_AGE,
    tags::PATIENT_SIZE,
    tags::PATIENT_WEIGHT,
    tags::PATIENT_SEX_NEUTERED,
    tags::PREGNANCY_STATUS,
    tags::TIMEZONE_OFFSET_FROM_UTC,
];
/// What made the source (Contributing Equipment).
const EQUIPMENT: &[Tag] = &[
    tags::MANUFACTURER,
    tags::INSTITUTION_NAME,
    tags::STATION_NAME,
    tags::MANUFACTURER_MODEL_NAME,
    tags::DEVICE_SERIAL_NUMBER,
    tags::SOFTWARE_VERSIONS,
];

/// An analysis that is to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// Where the source is.
    pub catalogue: &'a Catalogue,
    /// What was analysed, or what the analysed frame belongs to.
    pub set: &'a FrameSet,
    /// The frame (from 0) of a model that takes one; `None` where the whole set was analysed.
    pub index: Option<usize>,
    /// What was found.
    pub finding: &'a Finding,
    /// Labels, one byte a voxel (columns fastest, frames slowest), or the heatmap's cells as little-endian f32: as the analysis gave them.
    pub overlay: &'a [u8],
    /// Probabilities of each label but the background, 0..255, on the source's grid like the labels; empty where they were not asked for.
    pub fractions: &'a [&'a [u8]],
    /// What was measured in a region that a person's seed grew, where no model made it.
    pub region: Option<&'a Region>,
    /// What is saved together: a report refers to the segmentation and the map beside it.
    pub beside: &'a [&'static Kind],
    /// When, and where new UIDs come from.
    pub stamp: &'a Stamp,
    /// What a frame that is painted may cost.
    pub limits: &'a Limits,
}

/// A frame that a result refers to.
#[derive(Debug, Clone)]
pub(super) struct SourceFrame<'a> {
    pub(super) instance: &'a Instance,
    /// From 0.
    pub(super) frame: u32,
    class: String,
    uid: String,
    /// Image Position (Patient), as the file has it.
    pub(super) position: Option<[f64; 3]>,
}

/// An export whose source was looked at: every frame has an identity.
#[derive(Debug)]
pub(super) struct Made<'a> {
    pub(super) export: &'a Export<'a>,
    pub(super) frames: Vec<SourceFrame<'a>>,
    pub(super) modality: String,
    series: String,
    study: String,
}

impl<'a> Made<'a> {
    /// Looks at the source.
    ///
    /// # Errors
    /// `IO-303` where a UID is missing or none by its form.
    pub(super) fn of(export: &'a Export<'a>) -> Result<Self> {
        let set = export.set;
        let refs = match export.index {
            Some(index) => set.frames.get(index..=index).unwrap_or_default(),
            None => &set.frames,
        };
        let frame = |at: &FrameRef| {
            let instance = (export.catalogue.instances.get(at.instance))
                .ok_or_else(|| Error::new(&codes::NO_IDENTITY))?;
            let position = instance.frame_numbers(
                at.frame,
                tags::PLANE_POSITION_SEQUENCE,
                tags::IMAGE_POSITION_PATIENT,
            );
            Ok(SourceFrame {
                instance,
                frame: at.frame,
                class: uid(instance, tags::SOP_CLASS_UID, "SOP Class UID (0008,0016)")?,
                uid: uid(
                    instance,
                    tags::SOP_INSTANCE_UID,
                    "SOP Instance UID (0008,0018)",
                )?,
                position: position.try_into().ok(),
            })
        };
        let frames = refs.iter().map(frame).collect::<Result<Vec<_>>>()?;
        let Some(first) = frames.first() else {
            return Err(Error::new(&codes::NO_IDENTITY).at("frames"));
        };
        let (study, series) = (
            "Study Instance UID (0020,000D)",
            "Series Instance UID (0020,000E)",
        );
        Ok(Self {
            export,
            modality: first.instance.text(tags::MODALITY).unwrap_or_default(),
            study: uid(first.instance, tags::STUDY_INSTANCE_UID, study)?,
            series: uid(first.instance, tags::SERIES_INSTANCE_UID, series)?,
            frames,
        })
    }

    /// The first frame's instance: whose the result is.
    pub(super) fn source(&self) -> Result<&'a Instance> {
        let first = self.frames.first().map(|f| f.instance);
        first.ok_or_else(|| Error::new(&codes::NO_IDENTITY))
    }

    /// True where every frame has a place in the patient, all have one orientation that is written down, and pixels have lengths.
    pub(super) fn is_placed(&self) -> bool {
        self.export.set.spacing.from != SpacingFrom::None
            && self.frames.iter().all(|f| f.position.is_some())
            && self.orientation().is_some()
    }

    /// Image Orientation (Patient) of the first frame, as the file has it.
    pub(super) fn orientation(&self) -> Option<Vec<f64>> {
        let first = self.frames.first()?;
        let own = first
            .instance
            .frame_item(first.frame, tags::PLANE_ORIENTATION_SEQUENCE)
            .map(|item| numbers_of(item, tags::IMAGE_ORIENTATION_PATIENT))
            .unwrap_or_default();
        let found = if own.len() == 6 {
            own
        } else {
            first.instance.numbers(tags::IMAGE_ORIENTATION_PATIENT)
        };
        (found.len() == 6).then_some(found)
    }

    /// The label map, held against the overlay.
    ///
    /// # Errors
    /// `IO-304` without one, or where labels have no name or no place.
    pub(super) fn labels(&self) -> Result<&'a LabelMap> {
        let none = || Error::new(&codes::NOT_IN_FINDING).expected("a label map");
        let (set, overlay) = (self.export.set, self.export.overlay);
        let map = self.export.finding.label_map.as_ref().ok_or_else(none)?;
        let voxels = set.columns as usize * set.rows as usize * self.frames.len();
        let most = overlay.iter().max().copied().unwrap_or(0);
        if overlay.len() != voxels || voxels == 0 || usize::from(most) >= map.names.len() {
            return Err(none().found(format!("{} labels, up to {most}", overlay.len())));
        }
        Ok(map)
    }

    /// Patient, study, series, equipment and SOP Common of a new object: all that does not depend on its kind.
    pub(super) fn begin(
        &self,
        class: &str,
        kind: &Kind,
        modality: &str,
        what: &str,
    ) -> Result<DataSet> {
        let model = &self.export.finding.model;
        let only = if self.export.region.is_some() {
            "not for diagnostic use"
        } else {
            "research only"
        };
        let described = format!("{what}, {only}: {} {}", model.name, model.version);
        Ok(begin(
            self.source()?,
            &self.study,
            self.export.stamp,
            &New {
                class,
                name: kind.name,
                series_number: kind.series_number,
                modality,
                described: &described,
                schemes: "Negatoscope: labels of models",
            },
        ))
    }

    /// General Image of something derived from the source: what it inherits, and that no name is burned in.
    pub(super) fn derived(&self, set: &mut DataSet, image_type: &[&str]) -> Result<()> {
        let source = self.source()?;
        set.texts(tags::IMAGE_TYPE, image_type)
            .copy(source.data(), &[tags::BODY_PART_EXAMINED, tags::LATERALITY]);
        let lossy = source.text(tags::LOSSY_IMAGE_COMPRESSION);
        if lossy.as_deref() == Some("01") {
            set.text(tags::LOSSY_IMAGE_COMPRESSION, "01").copy(
                source.data(),
                &[
                    tags::LOSSY_IMAGE_COMPRESSION_RATIO,
                    tags::LOSSY_IMAGE_COMPRESSION_METHOD,
                ],
            );
        } else {
            set.text(tags::LOSSY_IMAGE_COMPRESSION, "00");
        }
        Ok(())
    }

    /// Frame of Reference: the source's, since the result lies on its grid; where it has none, one of its own.
    pub(super) fn frame_of_reference(&self, set: &mut DataSet) -> Result<()> {
        let source = self.source()?;
        set.copy_or_empty(source.data(), &[tags::POSITION_REFERENCE_INDICATOR]);
        let own = source
            .text(tags::FRAME_OF_REFERENCE_UID)
            .filter(|u| is_uid(u));
        let own = own.unwrap_or_else(|| self.export.stamp.uid("source", "frame of reference"));
        set.text(tags::FRAME_OF_REFERENCE_UID, &own);
        Ok(())
    }

    /// Common Instance Reference: every instance of the source, once.
    pub(super) fn references(&self, set: &mut DataSet) {
        let mut series = DataSet::new();
        series
            .text(tags::SERIES_INSTANCE_UID, &self.series)
            .items(tags::REFERENCED_INSTANCE_SEQUENCE, self.instances());
        set.item(tags::REFERENCED_SERIES_SEQUENCE, series);
    }

    /// A reference to each instance of the source, in the order of its frames.
    pub(super) fn instances(&self) -> Vec<DataSet> {
        let mut seen = std::collections::BTreeSet::new();
        let new = self.frames.iter().filter(|f| seen.insert(&f.uid));
        new.map(|f| reference(&f.class, &f.uid)).collect()
    }

    /// Derivation Image of frame `at`: what it was made from, by which way.
    pub(super) fn derivation(&self, at: usize, way: &Concept) -> DataSet {
        let mut derivation = DataSet::new();
        derivation.item(tags::DERIVATION_CODE_SEQUENCE, way.item());
        if let Some(frame) = self.frames.get(at) {
            derivation.item(tags::SOURCE_IMAGE_SEQUENCE, source_image(frame));
        }
        derivation
    }

    /// Algorithm Identification (PS3.3 10.16): the model's name, version and hash.
    pub(super) fn algorithm(&self) -> DataSet {
        let model = &self.export.finding.model;
        let family = if self.export.region.is_some() {
            concept::NEIGHBOURHOOD
        } else {
            concept::ARTIFICIAL_INTELLIGENCE
        };
        let mut algorithm = DataSet::new();
        algorithm
            .item(tags::ALGORITHM_FAMILY_CODE_SEQUENCE, family.item())
            .text(tags::ALGORITHM_NAME, &model.name)
            .text(tags::ALGORITHM_VERSION, &model.version)
            .text(tags::ALGORITHM_PARAMETERS, &self.parameters());
        algorithm
    }

    /// What tells this network from any other of its name; of a region how it grew.
    pub(super) fn parameters(&self) -> String {
        if let Some(region) = self.export.region {
            return region.rule.clone();
        }
        format!(
            "SHA-256 of the network: {}",
            self.export.finding.model.sha256
        )
    }

    /// The evidence of a report (PS3.3 C.17.2): the source, and what was saved beside it.
    pub(super) fn evidence(&self) -> DataSet {
        let mut series = vec![(self.series.clone(), self.instances())];
        for kind in self.export.beside {
            if let Some(class) = kind.evidence {
                let stamp = self.export.stamp;
                let own = reference(class, &instance_uid(stamp, kind));
                series.push((stamp.uid(kind.name, "series"), vec![own]));
            }
        }
        let item = |(uid, instances): (String, Vec<DataSet>)| {
            let mut item = DataSet::new();
            item.text(tags::SERIES_INSTANCE_UID, &uid)
                .items(tags::REFERENCED_SOP_SEQUENCE, instances);
            item
        };
        let mut study = DataSet::new();
        study.text(tags::STUDY_INSTANCE_UID, &self.study).items(
            tags::REFERENCED_SERIES_SEQUENCE,
            series.into_iter().map(item).collect(),
        );
        study
    }

    /// Series Instance UID of the source.
    pub(super) fn series(&self) -> &str {
        &self.series
    }

    /// The object that is saved beside this one by any of these names, the first that is.
    pub(super) fn beside(&self, names: &[&str]) -> Option<DataSet> {
        let kind = names
            .iter()
            .find_map(|name| self.export.beside.iter().find(|kind| kind.name == *name))?;
        Some(reference(
            kind.evidence?,
            &instance_uid(self.export.stamp, kind),
        ))
    }
}

/// A new object, as far as its equipment and its place in the study say it.
pub(super) struct New<'a> {
    pub(super) class: &'a str,
    /// Its UIDs are made from it.
    pub(super) name: &'a str,
    pub(super) series_number: u16,
    pub(super) modality: &'a str,
    /// Series Description (0008,103E).
    pub(super) described: &'a str,
    /// What the codes of our own are.
    pub(super) schemes: &'a str,
}

/// Patient, study, series, equipment and SOP Common of a new object about `source`.
pub(super) fn begin(source: &Instance, study: &str, stamp: &Stamp, new: &New<'_>) -> DataSet {
    let now = stamp.at(source.text(tags::TIMEZONE_OFFSET_FROM_UTC).as_deref());
    let mut set = DataSet::new();
    set.copy_or_empty(source.data(), WHOSE_NEEDED)
        .copy(source.data(), WHOSE)
        .text(tags::STUDY_INSTANCE_UID, study)
        .text(tags::SOP_CLASS_UID, new.class)
        .text(tags::SOP_INSTANCE_UID, &stamp.uid(new.name, "instance"))
        .text(tags::SERIES_INSTANCE_UID, &stamp.uid(new.name, "series"))
        .numbers(tags::SERIES_NUMBER, &[f64::from(new.series_number)])
        .numbers(tags::INSTANCE_NUMBER, &[1.0])
        .text(tags::MODALITY, new.modality)
        .text(tags::SERIES_DESCRIPTION, new.described)
        .text(tags::MANUFACTURER, MAKER)
        .text(tags::MANUFACTURER_MODEL_NAME, MAKER)
        .text(tags::DEVICE_SERIAL_NUMBER, "NONE")
        .text(tags::SOFTWARE_VERSIONS, env!("CARGO_PKG_VERSION"));
    for (date, time) in [
        (tags::INSTANCE_CREATION_DATE, tags::INSTANCE_CREATION_TIME),
        (tags::SERIES_DATE, tags::SERIES_TIME),
        (tags::CONTENT_DATE, tags::CONTENT_TIME),
    ] {
        set.text(date, &now.date).text(time, &now.time);
    }
    let mut scheme = DataSet::new();
    scheme
        .text(tags::CODING_SCHEME_DESIGNATOR, concept::PRIVATE)
        .text(tags::CODING_SCHEME_NAME, new.schemes)
        .text(tags::CODING_SCHEME_RESPONSIBLE_ORGANIZATION, MAKER);
    set.item(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, scheme);
    if source.is_filled(tags::MANUFACTURER) {
        let mut equipment = DataSet::new();
        equipment.copy(source.data(), EQUIPMENT).item(
            tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
            concept::ACQUISITION_EQUIPMENT.item(),
        );
        set.item(tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, equipment);
    }
    set
}

/// Referenced SOP Class and Instance UID.
pub(super) fn reference(class: &str, uid: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(tags::REFERENCED_SOP_CLASS_UID, class)
        .text(tags::REFERENCED_SOP_INSTANCE_UID, uid);
    item
}

/// An item of Source Image Sequence (PS3.3 C.7.6.16.2.6): one frame, whose places are kept.
pub(super) fn source_image(frame: &SourceFrame<'_>) -> DataSet {
    let mut item = reference(&frame.class, &frame.uid);
    if frame.instance.is_filled(tags::NUMBER_OF_FRAMES) {
        item.numbers(
            tags::REFERENCED_FRAME_NUMBER,
            &[f64::from(frame.frame) + 1.0],
        );
    }
    item.text(tags::SPATIAL_LOCATIONS_PRESERVED, "YES").item(
        tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
        concept::SOURCE.item(),
    );
    item
}

/// SOP Instance UID of the object of a kind.
fn instance_uid(stamp: &Stamp, kind: &Kind) -> String {
    stamp.uid(kind.name, "instance")
}

pub(super) fn uid(instance: &Instance, tag: Tag, name: &'static str) -> Result<String> {
    let found = instance.text(tag).filter(|uid| is_uid(uid));
    found.ok_or_else(|| Error::new(&codes::NO_IDENTITY).at(name))
}

/// Multi-frame Dimension (PS3.3 C.7.6.17): what the index values of the frames count, outermost first, as attribute, group and words.
pub(super) fn dimensions(set: &mut DataSet, uid: &str, along: &[(Tag, Tag, &str)]) {
    let mut organization = DataSet::new();
    organization.text(tags::DIMENSION_ORGANIZATION_UID, uid);
    set.item(tags::DIMENSION_ORGANIZATION_SEQUENCE, organization);
    let item = |&(pointer, group, words): &(Tag, Tag, &str)| {
        let mut item = DataSet::new();
        item.text(tags::DIMENSION_ORGANIZATION_UID, uid)
            .pointer(tags::DIMENSION_INDEX_POINTER, pointer)
            .pointer(tags::FUNCTIONAL_GROUP_POINTER, group)
            .text(tags::DIMENSION_DESCRIPTION_LABEL, words);
        item
    };
    set.items(
        tags::DIMENSION_INDEX_SEQUENCE,
        along.iter().map(item).collect(),
    );
}

/// The place along a stack as a dimension.
pub(super) const POSITION: (Tag, Tag, &str) = (
    tags::IMAGE_POSITION_PATIENT,
    tags::PLANE_POSITION_SEQUENCE,
    "Image Position (Patient)",
);

/// The place in a stack that has none in the patient, as a dimension.
pub(super) const IN_STACK: (Tag, Tag, &str) = (
    tags::IN_STACK_POSITION_NUMBER,
    tags::FRAME_CONTENT_SEQUENCE,
    "In-Stack Position Number",
);

/// SOP classes of the kinds, for their table.
pub(super) const SEG: &str = uids::SEGMENTATION_STORAGE;
/// Label Map Segmentation Storage.
pub(super) const LABEL_MAP: &str = uids::LABEL_MAP_SEGMENTATION_STORAGE;
/// Parametric Map Storage.
pub(super) const PARAMETRIC_MAP: &str = uids::PARAMETRIC_MAP_STORAGE;
