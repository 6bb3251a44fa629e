//! `register`: a series laid on another by mutual information: the matrix, how sure it is, the resampled volume; or why there is none.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{analyze_save, matching::Bar, output, say, source};
use crate::{
    base::{Error, Limits, Result},
    dicom::Instance,
    export::{npy, spatial},
    model::input,
    study::{Catalogue, FrameSet, volume::Volume},
    vision::register::{Measure, Registered, Registration, codes, resampled, rigid::Rigid},
};

/// Arguments of `register`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder, archive or file of the fixed series; of several series, the one with most frames
    a: PathBuf,
    /// The moving series
    b: PathBuf,
    /// Series Instance UID of the fixed series
    #[arg(long, value_name = "UID")]
    series: Option<String>,
    /// Series Instance UID of the moving series
    #[arg(long, value_name = "UID")]
    other_series: Option<String>,
    /// What is made as large as possible
    #[arg(long, value_enum, default_value_t = By::Mutual)]
    measure: By,
    /// Of all that is drawn at random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// The moving volume on the fixed grid (.npy; NaN where it has nothing), a Spatial Registration (.dcm), or a folder for both and the document
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Mutual information (Mattes)
    Mutual,
    /// Normalised mutual information
    Normalised,
}

struct Side {
    catalogue: Catalogue,
    /// Study, series, frame set.
    at: (usize, usize, usize),
}

impl Side {
    fn read(path: &Path, uid: Option<&str>, limits: &Limits) -> Result<Self> {
        let mut catalogue = Catalogue::default();
        let mut failed = None;
        source::walk(path, &mut |file| match source::open(file, limits) {
            Ok(source) => catalogue.add(&source, limits),
            Err(error) => failed = Some(error),
        });
        catalogue.arrange();
        let mut best: Option<((usize, usize, usize), usize)> = None;
        for (study_at, study) in catalogue.studies.iter().enumerate() {
            for (series_at, series) in study.series.iter().enumerate() {
                if uid.is_some_and(|uid| uid != series.uid) {
                    continue;
                }
                for (set_at, set) in series.frame_sets.iter().enumerate() {
                    if best.is_none_or(|(_, most)| set.frames.len() > most) {
                        best = Some(((study_at, series_at, set_at), set.frames.len()));
                    }
                }
            }
        }
        let nothing = || {
            let first = catalogue.errors.first().map(|(_, error)| error.clone());
            failed
                .clone()
                .or(first)
                .unwrap_or_else(|| Error::new(&codes::NO_VOLUME).found("no series"))
        };
        let (at, _) = best.ok_or_else(nothing)?;
        Ok(Self { catalogue, at })
    }

    fn set(&self) -> Result<(&FrameSet, &str)> {
        let (study, series, set) = self.at;
        let series = (self.catalogue.studies.get(study)).and_then(|s| s.series.get(series));
        series
            .and_then(|s| Some((s.frame_sets.get(set)?, s.uid.as_str())))
            .ok_or_else(|| Error::new(&codes::NO_VOLUME))
    }

    fn volume(&self, limits: &Limits) -> Result<Volume> {
        let (set, _) = self.set()?;
        if set.frames.len() < 4 {
            return Err(Error::new(&codes::NO_VOLUME)
                .expected("at least 4 slices")
                .found(set.frames.len()));
        }
        let (grid, values) = input::known(&self.catalogue, set, limits, &Bar::new("reading"))?;
        Ok(Volume {
            dims: grid.dims,
            origin: grid.origin,
            steps: grid.steps,
            values,
        })
    }

    /// Its images, each once.
    fn images(&self) -> Result<Vec<&Instance>> {
        let (set, _) = self.set()?;
        let mut all: Vec<usize> = set.frames.iter().map(|at| at.instance).collect();
        all.dedup();
        Ok(all
            .iter()
            .filter_map(|&at| self.catalogue.instances.get(at))
            .collect())
    }
}

/// True when the two lie on each other.
#[expect(clippy::disallowed_methods, reason = "the native door has a clock")]
pub(super) fn run(arguments: &Arguments, limits: &Limits) -> Result<bool> {
    let a = Side::read(&arguments.a, arguments.series.as_deref(), limits)?;
    let b = Side::read(&arguments.b, arguments.other_series.as_deref(), limits)?;
    let (fixed, moving) = (a.volume(limits)?, b.volume(limits)?);
    let start = Instant::now();
    let settings = Registration {
        measure: match arguments.measure {
            By::Mutual => Measure::Mutual,
            By::Normalised => Measure::Normalised,
        },
        seed: arguments.seed,
        limits: limits.clone(),
        ..Registration::default()
    };
    let found = settings.run(&fixed, &moving, &Bar::new("registering"));
    Bar::clear();
    let found = match found {
        Ok(found) => found,
        Err(error) if arguments.json => {
            say(
                &json!({ "error": { "code": error.code().id, "text": error.to_string() } })
                    .to_string(),
            );
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let document = document(
        &a,
        &b,
        (&fixed, &moving),
        &found,
        start.elapsed().as_secs_f64(),
    )?;
    if let Some(out) = &arguments.out {
        keep(
            arguments,
            out,
            (&a, &b),
            (&fixed, &moving),
            &found,
            &document,
            limits,
        )?;
    }
    if arguments.json {
        say(&document.to_string());
    } else {
        sentences(&found);
    }
    Ok(true)
}

fn document(
    a: &Side,
    b: &Side,
    (fixed, moving): (&Volume, &Volume),
    found: &Registered,
    seconds: f64,
) -> Result<Value> {
    let onto = found.motion.inverse();
    let side = |side: &Side, volume: &Volume| -> Result<Value> {
        Ok(json!({ "series": side.set()?.1, "dims": volume.dims }))
    };
    Ok(json!({
        "a": side(a, fixed)?,
        "b": side(b, moving)?,
        "b_to_a": onto.matrix(),
        "a_to_b": found.motion.matrix(),
        "angles_degrees": onto.angles(),
        "angle_degrees": onto.angle(),
        "translation_mm": onto.translation,
        "centre_mm": onto.centre,
        "start": found.start.name(),
        "information": { "before": found.before, "after": found.after, "share": found.share },
        "overlap": found.overlap,
        "gain": found.gain,
        "agreement": found.agreement,
        "rival": found.rival,
        "repeats_within": { "degrees": found.spread.0, "mm": found.spread.1 },
        "step_mm": found.step_mm,
        "seconds": seconds,
    }))
}

fn sentences(found: &Registered) {
    let onto: Rigid = found.motion.inverse();
    say("from places of the second series to the first, LPS, mm:");
    for row in onto.matrix() {
        say(&format!(
            "  {:10.6} {:10.6} {:10.6} {:12.4}",
            row[0], row[1], row[2], row[3]
        ));
    }
    let ([x, y, z], [i, j, k]) = (onto.angles(), onto.translation);
    say(&format!(
        "  turned {x:.2}, {y:.2}, {z:.2} degrees about x, y, z; moved {i:.2}, {j:.2}, {k:.2} mm"
    ));
    say(&format!(
        "  mutual information {:.3} before, {:.3} after; {:.0} % overlap; {:.0} % of the starts agree",
        found.before,
        found.after,
        100.0 * found.overlap,
        100.0 * found.agreement
    ));
    say(&format!(
        "  repeats within {:.2} degrees, {:.2} mm",
        found.spread.0, found.spread.1
    ));
}

fn keep(
    arguments: &Arguments,
    out: &Path,
    (a, b): (&Side, &Side),
    (fixed, moving): (&Volume, &Volume),
    found: &Registered,
    document: &Value,
    limits: &Limits,
) -> Result<()> {
    let array = || -> Result<Vec<u8>> {
        let [nx, ny, nz] = fixed.dims;
        let moved = resampled(
            fixed,
            moving,
            &found.motion,
            f32::NAN,
            limits,
            &Bar::new("resampling"),
        )?;
        Bar::clear();
        Ok(npy::file(moved.values.as_slice(), &[nz, ny, nx]))
    };
    let registration = || -> Result<Vec<u8>> {
        let comment = format!(
            "Mutual information {:.3} to {:.3}, repeats within {:.2} mm and {:.2} degrees",
            found.before, found.after, found.spread.1, found.spread.0
        );
        spatial::write(&spatial::Spatial {
            fixed: &a.images()?,
            moving: &b.images()?,
            matrix: found.motion.inverse().matrix(),
            comment: &comment,
            stamp: &analyze_save::stamp(),
        })
    };
    let end = out
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    let save = |bytes: &[u8], place: &Path| {
        output::refuse_same(place, &arguments.b)?;
        output::save(bytes, place, &arguments.a)
    };
    match end.as_deref() {
        Some("npy") => save(&array()?, out),
        Some("dcm") => save(&registration()?, out),
        _ => {
            super::analyze_output::folder(out)?;
            save(&array()?, &out.join("resampled.npy"))?;
            save(&registration()?, &out.join("registration.dcm"))?;
            save(
                format!("{document:#}\n").as_bytes(),
                &out.join("registration.json"),
            )
        }
    }
}
