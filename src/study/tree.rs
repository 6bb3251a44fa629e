//! The catalogue: every instance that was read, arranged as patient, study, series and frame set.

use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use dicom_dictionary_std::{tags, uids};

use super::{
    candidate, codes, directory,
    geometry::{Plane, Spacing, SpacingFrom},
    sort,
};
use crate::{
    base::{ByteSource, Code, Error, Limits, Phi, Repair},
    dicom::{Instance, archive},
};

/// A frame of an instance of the catalogue; `frame` counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRef {
    /// Index into [`Catalogue::instances`].
    pub instance: usize,
    /// Frame, from 0.
    pub frame: u32,
}

/// A missing slice: the distance behind frame `after` is more than 1.5 of the median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Index of the frame before the gap.
    pub after: usize,
    /// Distance to the next frame, mm.
    pub distance_mm: f64,
}

/// Frames of one series that share geometry and can be scrolled as one stack.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
pub struct FrameSet {
    /// In order.
    pub frames: Vec<FrameRef>,
    /// Plane of each frame, where the file has one.
    pub planes: Vec<Option<Plane>>,
    /// Rows of each frame.
    pub rows: u32,
    /// Columns of each frame.
    pub columns: u32,
    /// Of the first frame.
    pub spacing: Spacing,
    /// Where slices are missing.
    pub gaps: Vec<Gap>,
    /// True when distances differ by more than 1 % or 0.01 mm from the median.
    pub uneven: bool,
    /// True when the frames are shifted against each other by more than a pixel over the whole stack: a tilted gantry.
    pub tilted: bool,
    /// True where several images lie at one position and nothing tells which of them belong together: the stack may hold images of several
    /// kinds (echoes, b-values, phases).
    pub mixed: bool,
    /// True where the directions of an image plane are no unit vectors at right angles.
    pub skewed: bool,
    /// Median distance of neighbours along the normal, mm; `None` without positions.
    pub step_mm: Option<f64>,
    /// What tells it from its siblings, "3/13"; may be empty.
    pub label: String,
}

impl FrameSet {
    /// True when the frames are parallel planes at regular distances, one straight above the other.
    pub fn is_volume(&self) -> bool {
        let regular = !self.uneven && self.gaps.is_empty() && !self.tilted;
        let sure = !self.mixed && !self.skewed;
        self.frames.len() > 2 && self.step_mm.is_some() && regular && sure
    }

    /// The plane of a frame and its spacing (between rows, between columns), mm. `None` where its pixels have no spacing in the patient: of a
    /// projection they are at the detector, and where nobody says it nothing is invented.
    pub fn placed(&self, index: usize) -> Option<(Plane, [f64; 2])> {
        let plane = self.planes.get(index).copied().flatten()?;
        (self.spacing.from == SpacingFrom::PixelSpacing).then_some((plane, self.spacing.mm))
    }
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Series Instance UID (0020,000E).
    pub uid: String,
    /// Modality (0008,0060).
    pub modality: String,
    /// Series Number (0020,0011), as written.
    pub number: String,
    /// Series Description (0008,103E).
    pub description: String,
    /// What can be scrolled.
    pub frame_sets: Vec<FrameSet>,
    /// Instances without pixels.
    pub other_instances: usize,
}

/// Who it is. Dots in any log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patient {
    /// Patient's Name (0010,0010), as written.
    pub name: Phi<String>,
    /// Patient ID (0010,0020).
    pub id: Phi<String>,
    /// Patient's Birth Date (0010,0030).
    pub birth_date: Phi<String>,
    /// Patient's Sex (0010,0040).
    pub sex: String,
}

/// One study.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Study Instance UID (0020,000D).
    pub uid: String,
    /// Whose.
    pub patient: Patient,
    /// Study Date (0008,0020), as written.
    pub date: String,
    /// Study Description (0008,1030).
    pub description: String,
    /// By Series Number.
    pub series: Vec<Series>,
}

/// Instances by study (its UID, then whose it is) and series UID.
type Grouped = BTreeMap<(String, String), BTreeMap<String, Vec<usize>>>;

/// Everything that was opened.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Files looked at; entries of an archive count one each.
    pub files: usize,
    /// Every instance whose head was read.
    pub instances: Vec<Instance>,
    /// The tree, after [`Catalogue::arrange`].
    pub studies: Vec<Study>,
    /// Files that could not be opened, with their names.
    pub errors: Vec<(Phi<String>, Error)>,
    /// Those of the last file that was added.
    limits: Limits,
    /// Names and texts of the errors that arranging brought to light.
    told: HashSet<(Phi<String>, String)>,
}

impl Catalogue {
    /// Reads the head of a file, or of every entry of an archive. Never fails: what can't be read goes to `errors`.
    pub fn add(&mut self, source: &Rc<dyn ByteSource>, limits: &Limits) {
        self.limits.clone_from(limits);
        match archive::expand(source, limits) {
            Ok(None) => self.add_one(source, limits),
            Ok(Some(entries)) => {
                for entry in entries {
                    match entry {
                        Ok(inner) => self.add_one(&inner, limits),
                        Err((name, error)) => {
                            self.files += 1;
                            self.errors.push((Phi::new(name), error));
                        }
                    }
                }
            }
            Err(error) => {
                self.files += 1;
                self.errors
                    .push((Phi::new(source.name().to_owned()), error));
            }
        }
    }

    fn add_one(&mut self, source: &Rc<dyn ByteSource>, limits: &Limits) {
        self.files += 1;
        let name = source.name().to_owned();
        match Instance::read(source, limits) {
            Ok(instance) => self.instances.push(instance),
            Err(error) => self.errors.push((Phi::new(name), error)),
        }
    }

    /// Repairs of reading, with the files' names.
    pub fn repairs(&self) -> Vec<(Phi<String>, Repair)> {
        let of = |i: &Instance| {
            i.repairs
                .iter()
                .map(|r| (Phi::new(i.source.name().to_owned()), r.clone()))
                .collect::<Vec<_>>()
        };
        self.instances.iter().flat_map(of).collect()
    }

    /// Builds the tree anew. An image whose pixels can't be laid out goes to `errors`.
    pub fn arrange(&mut self) {
        self.check_directories();
        let mut studies = Grouped::new();
        for (at, instance) in self.instances.iter().enumerate() {
            if instance.text(tags::SOP_CLASS_UID).as_deref()
                == Some(uids::MEDIA_STORAGE_DIRECTORY_STORAGE)
                || directory::is_directory(instance)
            {
                continue;
            }
            let text = |tag| instance.text(tag).unwrap_or_default();
            // Not by Study Date: what was added to a study later often has a date of its own.
            let study = (
                text(tags::STUDY_INSTANCE_UID),
                format!(
                    "{}\u{0}{}",
                    text(tags::PATIENT_ID),
                    text(tags::PATIENT_NAME)
                ),
            );
            studies
                .entry(study)
                .or_default()
                .entry(text(tags::SERIES_INSTANCE_UID))
                .or_default()
                .push(at);
        }
        self.check_patients(&studies);
        let mut tree = Vec::new();
        for ((uid, _), series) in studies {
            let first = series
                .values()
                .next()
                .and_then(|v| v.first())
                .and_then(|&at| self.instances.get(at));
            let text = |tag| first.and_then(|i| i.text(tag)).unwrap_or_default();
            let date = (series.values().flatten())
                .filter_map(|&at| self.instances.get(at)?.text(tags::STUDY_DATE))
                .min()
                .unwrap_or_default();
            let mut study = Study {
                uid,
                patient: Patient {
                    name: Phi::new(text(tags::PATIENT_NAME)),
                    id: Phi::new(text(tags::PATIENT_ID)),
                    birth_date: Phi::new(text(tags::PATIENT_BIRTH_DATE)),
                    sex: text(tags::PATIENT_SEX),
                },
                date,
                description: text(tags::STUDY_DESCRIPTION),
                series: Vec::new(),
            };
            for (uid, members) in series {
                study.series.push(self.series(uid, &members));
            }
            study.series.sort_by(|a, b| {
                let number = |s: &Series| s.number.parse::<f64>().unwrap_or(f64::INFINITY);
                number(a)
                    .total_cmp(&number(b))
                    .then_with(|| a.uid.cmp(&b.uid))
            });
            tree.push(study);
        }
        tree.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| a.uid.cmp(&b.uid)));
        self.studies = tree;
    }

    fn check_directories(&mut self) {
        let directories = (self.instances.iter().enumerate())
            .filter(|(_, instance)| directory::is_directory(instance));
        let mut directories = directories.peekable();
        let found = if directories.peek().is_some() {
            let names = self.instances.iter().map(|i| i.source.name());
            let unread = self.errors.iter().map(|(name, _)| name.reveal().as_str());
            let here = directory::Here::of(names.chain(unread));
            directories
                .filter_map(|(at, one)| directory::check(one, &here).map(|repair| (at, repair)))
                .collect()
        } else {
            Vec::new()
        };
        self.forget(&codes::FILES_MISSING);
        self.mend(found);
    }

    /// Says where one study has several patients: at the first instance of each but one.
    fn check_patients(&mut self, studies: &Grouped) {
        let first =
            |series: &BTreeMap<String, Vec<usize>>| series.values().flatten().next().copied();
        let pairs = studies.iter().zip(studies.iter().skip(1)); // those of one study lie side by side
        let found = pairs
            .filter(|(((one, _), _), ((other, _), _))| one == other && !one.is_empty())
            .filter_map(|(_, (_, series))| first(series))
            .map(|at| (at, Repair::new(&codes::MIXED_PATIENT, "")))
            .collect();
        self.forget(&codes::MIXED_PATIENT);
        self.mend(found);
    }

    /// Takes back what an earlier arranging brought to light: more files may have come since.
    fn forget(&mut self, code: &Code) {
        for instance in &mut self.instances {
            instance.repairs.retain(|repair| repair.code != code);
        }
        let old = format!("found {}:", code.id);
        self.errors.retain(|(_, e)| !e.detail().starts_with(&old));
        self.told.retain(|(_, text)| !text.contains(&old));
    }

    /// Notes repairs that arranging brought to light, each once; where none is tolerated, as errors of their files.
    fn mend(&mut self, found: Vec<(usize, Repair)>) {
        for (at, repair) in found {
            let Some(instance) = self.instances.get_mut(at) else {
                continue;
            };
            if let Err(error) = self.limits.tolerate(std::slice::from_ref(&repair)) {
                let name = Phi::new(instance.source.name().to_owned());
                self.fail(name, error);
            } else if !instance.repairs.contains(&repair) {
                instance.repairs.push(repair);
            }
        }
    }

    fn fail(&mut self, name: Phi<String>, error: Error) {
        if self.told.insert((name.clone(), error.to_string())) {
            self.errors.push((name, error));
        }
    }

    fn series(&mut self, uid: String, members: &[usize]) -> Series {
        let mut candidates = Vec::new();
        let mut other_instances = 0;
        let (mut failed, mut repaired) = (Vec::new(), Vec::new());
        for &at in members {
            let Some(instance) = self.instances.get(at) else {
                continue;
            };
            if !instance.has_pixels() {
                other_instances += 1;
                continue;
            }
            match candidate::of(instance, at, &self.limits) {
                Ok((found, repairs)) => {
                    candidates.extend(found);
                    repaired.extend(repairs.into_iter().map(|repair| (at, repair)));
                }
                Err(error) => failed.push((Phi::new(instance.source.name().to_owned()), error)),
            }
        }
        let frame_sets = sort::frame_sets(candidates);
        for set in frame_sets.iter().filter(|set| set.mixed) {
            if let Some(first) = set.frames.first() {
                let repair = Repair::new(&codes::STACKS_MIXED, format!("stack {}", set.label));
                repaired.push((first.instance, repair));
            }
        }
        self.mend(repaired);
        for (name, error) in failed {
            self.fail(name, error);
        }
        let first = members.first().and_then(|&at| self.instances.get(at));
        let text = |tag| first.and_then(|i| i.text(tag)).unwrap_or_default();
        Series {
            uid,
            modality: text(tags::MODALITY),
            number: text(tags::SERIES_NUMBER),
            description: text(tags::SERIES_DESCRIPTION),
            frame_sets,
            other_instances,
        }
    }
}
