//! The catalogue as `info --json` prints it.

use dicom_dictionary_std::tags;
use serde::Serialize;

use super::{
    Catalogue,
    geometry::SpacingFrom,
    region::{self, Region},
};

/// The whole document.
#[derive(Debug, Serialize)]
#[allow(
    missing_docs,
    reason = "the fields are the document's, described in README and --help"
)]
pub struct Report {
    pub files: usize,
    pub studies: Vec<StudyReport>,
    pub repairs: Vec<Line>,
    pub errors: Vec<Line>,
}

/// One study.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct StudyReport {
    pub uid: String,
    pub date: String,
    pub description: String,
    pub patient: PatientReport,
    pub series: Vec<SeriesReport>,
}

/// Whose study it is.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct PatientReport {
    pub name: String,
    pub id: String,
    pub birth_date: String,
    pub sex: String,
}

/// One series.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct SeriesReport {
    pub uid: String,
    pub modality: String,
    pub number: String,
    pub description: String,
    pub frame_sets: Vec<FrameSetReport>,
    pub other_instances: usize,
}

/// One frame set.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct FrameSetReport {
    pub label: String,
    pub frames: Vec<FrameLine>,
    pub rows: u32,
    pub columns: u32,
    /// Between rows, between columns; `null` where none is known.
    pub spacing_mm: Option<[f64; 2]>,
    pub spacing_from: &'static str,
    /// What a length has to say: `mm (at detector)`; `px` where no spacing is known.
    pub spacing_label: String,
    /// Pixel Spacing Calibration Description (0028,0A04), where the spacing is calibrated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub calibration: String,
    /// Ultrasound regions of the first frame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionReport>,
    /// Row and column cosines; `null` without a plane.
    pub orientation: Option<[f64; 6]>,
    pub step_mm: Option<f64>,
    pub uneven: bool,
    /// Frames are shifted against each other: a tilted gantry.
    pub tilted: bool,
    pub gaps: Vec<GapLine>,
}

/// One ultrasound region. Bounds are left, top, right, bottom in pixels from 0, all within.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct RegionReport {
    pub bounds: [f64; 4],
    /// Along a row, along a column; empty where there is none.
    pub units: [&'static str; 2],
    /// What a pixel is worth in those units; `null` where the file does not say.
    pub steps: [Option<f64>; 2],
    pub data_type: u16,
    pub spatial_format: u16,
}

/// One frame; `frame` counts from 1.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct FrameLine {
    pub file: String,
    pub frame: u32,
}

/// One gap; `after` counts frames from 1.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct GapLine {
    pub after: usize,
    pub distance_mm: f64,
}

/// A repair or an error.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "see Report")]
pub struct Line {
    pub file: String,
    pub code: &'static str,
    pub text: String,
}

impl Catalogue {
    /// The catalogue as `info --json` prints it. Reveals patient data: the user asked for it.
    pub fn report(&self) -> Report {
        let studies = self.studies.iter().map(|study| StudyReport {
            uid: study.uid.clone(),
            date: study.date.clone(),
            description: study.description.clone(),
            patient: PatientReport {
                name: study.patient.name.reveal().clone(),
                id: study.patient.id.reveal().clone(),
                birth_date: study.patient.birth_date.reveal().clone(),
                sex: study.patient.sex.clone(),
            },
            series: study
                .series
                .iter()
                .map(|series| SeriesReport {
                    uid: series.uid.clone(),
                    modality: series.modality.clone(),
                    number: series.number.clone(),
                    description: series.description.clone(),
                    frame_sets: series
                        .frame_sets
                        .iter()
                        .map(|set| self.frame_set(set))
                        .collect(),
                    other_instances: series.other_instances,
                })
                .collect(),
        });
        Report {
            files: self.files,
            studies: studies.collect(),
            repairs: self
                .repairs()
                .into_iter()
                .map(|(file, r)| Line {
                    file: file.reveal().clone(),
                    code: r.code.id,
                    text: joined(r.code.cause, &r.detail, r.code.hint),
                })
                .collect(),
            errors: self
                .errors
                .iter()
                .map(|(file, e)| Line {
                    file: file.reveal().clone(),
                    code: e.code().id,
                    text: joined(e.code().cause, &e.detail(), e.code().hint),
                })
                .collect(),
        }
    }

    fn frame_set(&self, set: &super::FrameSet) -> FrameSetReport {
        let name = |at: usize| {
            self.instances
                .get(at)
                .map(|i| i.source.name().to_owned())
                .unwrap_or_default()
        };
        let plane = set.planes.first().copied().flatten();
        let first = set
            .frames
            .first()
            .and_then(|at| self.instances.get(at.instance));
        FrameSetReport {
            label: set.label.clone(),
            frames: set
                .frames
                .iter()
                .map(|f| FrameLine {
                    file: name(f.instance),
                    frame: f.frame + 1,
                })
                .collect(),
            rows: set.rows,
            columns: set.columns,
            spacing_mm: (set.spacing.from != SpacingFrom::None).then_some(set.spacing.mm),
            spacing_from: match set.spacing.from {
                SpacingFrom::PixelSpacing
                | SpacingFrom::Fiducial
                | SpacingFrom::Geometry
                | SpacingFrom::Calibrated
                | SpacingFrom::Unknown
                | SpacingFrom::Film => "pixel-spacing",
                other => other.name(),
            },
            spacing_label: set.spacing.from.label(),
            calibration: first
                .filter(|_| set.spacing.from.is_calibrated())
                .and_then(|i| i.text(tags::PIXEL_SPACING_CALIBRATION_DESCRIPTION))
                .unwrap_or_default(),
            regions: first.map_or_else(Vec::new, |i| {
                region::of(i).iter().map(RegionReport::of).collect()
            }),
            orientation: plane.map(|p| {
                let ([a, b, c], [d, e, f]) = (p.row, p.column);
                [a, b, c, d, e, f]
            }),
            step_mm: set.step_mm,
            uneven: set.uneven,
            tilted: set.tilted,
            gaps: set
                .gaps
                .iter()
                .map(|g| GapLine {
                    after: g.after + 1,
                    distance_mm: g.distance_mm,
                })
                .collect(),
        }
    }
}

impl RegionReport {
    fn of(region: &Region) -> Self {
        let ([left, right], [top, bottom]) = (region.columns, region.rows);
        Self {
            bounds: [left, top, right, bottom],
            units: [region.x.unit, region.y.unit],
            steps: [region.x.step, region.y.step],
            data_type: region.data_type,
            spatial_format: region.spatial_format,
        }
    }
}

fn joined(cause: &str, detail: &str, hint: &str) -> String {
    if detail.is_empty() {
        format!("{cause}. {hint}")
    } else {
        format!("{cause} ({detail}). {hint}")
    }
}
