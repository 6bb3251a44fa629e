//! `measure`: lengths, angles, areas and statistics on a frame; `measurements`: what reports and presentation states hold.

use std::path::{Path, PathBuf};

use dicom_dictionary_std::tags;
use serde_json::{Value, json};

use super::{
    analyze_save, argument, codes, complain, measure_plane, note, output, pixels, remark, say,
    source,
};
use crate::{
    base::{Error, Limits, Phi, Result},
    export::{
        Stamp,
        measures::{self, FORMS, Form, Measures},
    },
    measure::{
        Mark, Measurement, read,
        take::{self, Subject},
        tools, written,
    },
    study::{Catalogue, region, spacing},
    tone::{grading::Grading, quantity},
};

/// What was asked for.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A file, or `-`; with `--plane` a folder, a ZIP archive or a file of several frames
    pub(super) file: PathBuf,
    /// Marks: `length:10,10;60,40`, `ellipse:…`, `text:5,5=words`; column and row from 0, pixel centres at whole numbers
    #[arg(required = true)]
    marks: Vec<String>,
    /// Frame, from 1
    #[arg(long, default_value_t = 1)]
    frame: u32,
    /// mm between columns, for a picture that has no spacing of its own
    #[arg(long, value_name = "MM")]
    calibrated: Option<f64>,
    /// The marks lie on a plane of the volume instead: `axial`, `coronal`, `sagittal` or `oblique:…`, as of `reformat`; in that plane's pixels
    #[arg(long, conflicts_with_all = ["frame", "calibrated"])]
    pub(super) plane: Option<String>,
    /// Where it is, mm, as of `reformat`; absent: through the middle
    #[arg(long, allow_hyphen_values = true, requires = "plane")]
    pub(super) at: Option<f64>,
    /// A slab around it: `mip:`, `minip:` or `mean:` with its thickness in mm
    #[arg(long, requires = "plane")]
    pub(super) slab: Option<String>,
    /// Series Instance UID of the volume; absent: that of the largest
    #[arg(long, requires = "plane")]
    pub(super) series: Option<String>,
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// Also as files: sr, sr3d, gsps, csv, json; separated by commas
    #[arg(long, value_delimiter = ',', requires = "out")]
    save: Vec<String>,
    /// Folder of those files
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// `KIND:x,y;x,y=words`.
fn mark(text: &str) -> Result<Mark> {
    let wrong = || {
        argument(
            "a mark",
            text,
            &format!("KIND:x,y;x,y…[=words], KIND one of {}", tools::names()),
        )
    };
    let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
    let (points, words) = rest.split_once('=').unwrap_or((rest, ""));
    let point = |point: &str| {
        let (x, y) = point.split_once(',')?;
        Some([x.trim().parse().ok()?, y.trim().parse().ok()?])
    };
    let points = points
        .split(';')
        .map(point)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(wrong)?;
    let mark = Mark {
        kind: kind.to_owned(),
        points,
        text: words.to_owned(),
    };
    // A wrong number of points is a wrong command line.
    mark.checked().map_err(|error| {
        argument(
            "a mark",
            text,
            &format!("{} ({})", error.code().hint, error.detail()),
        )
    })?;
    Ok(mark)
}

/// True when nothing failed.
pub(super) fn run(asked: &Arguments, limits: &Limits) -> Result<bool> {
    let marks = asked
        .marks
        .iter()
        .map(|text| mark(text))
        .collect::<Result<Vec<_>>>()?;
    let forms = (asked.save.iter())
        .map(|name| {
            let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
            measures::by_name(name).ok_or_else(|| argument("--save", name, &names.join(", ")))
        })
        .collect::<Result<Vec<_>>>()?;
    if let Some(plane) = &asked.plane {
        let (catalogue, measured, stamp) = measure_plane::measured(asked, plane, marks, limits)?;
        return tell(asked, &catalogue, &measured, &stamp, &forms);
    }
    let frame = pixels::from_zero(asked.frame)?;
    let mut catalogue = Catalogue::default();
    catalogue.add(&source::open(&asked.file, limits)?, limits);
    catalogue.arrange();
    let Some(instance) = catalogue.instances.first() else {
        let error = catalogue.errors.first().map(|(_, error)| error.clone());
        return Err(error.unwrap_or_else(|| Error::new(&codes::NO_SUCH_FRAME)));
    };
    let decoded = pixels::stored(instance, frame, limits)?;
    let (earliest, alone) = source::earliest(&asked.file, instance, limits);
    remark(alone.as_slice());
    let (grading, mut repairs) = Grading::within_series(instance, frame, earliest);
    limits.tolerate(&repairs)?;
    repairs.extend(decoded.repairs.iter().cloned());
    note(&repairs);
    let graded = grading.apply(&decoded)?;
    let (quantities, _) = quantity::of(instance, frame, earliest);
    let regions = region::of(instance);
    let subject = Subject {
        spacing: spacing::of(instance, frame),
        regions: &regions,
        frame: &graded,
        stored: &decoded.values,
        unit: grading.unit.as_deref().unwrap_or_default(),
        quantities: &quantities,
        user_mm: asked.calibrated,
    };
    let stamp = analyze_save::stamp();
    let sop_uid = instance.text(tags::SOP_INSTANCE_UID).unwrap_or_default();
    let measured = (marks.into_iter().enumerate())
        .map(|(at, mark)| {
            Ok(Measurement {
                uid: stamp.uid("measures", &format!("tracking {at}")),
                sop_uid: sop_uid.clone(),
                frame: frame + 1,
                computed: take::compute(&mark, &subject)?,
                mark,
                plane: None,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    tell(asked, &catalogue, &measured, &stamp, &forms)
}

/// Saves and prints; true when nothing failed.
fn tell(
    asked: &Arguments,
    catalogue: &Catalogue,
    measured: &[Measurement],
    stamp: &Stamp,
    forms: &[&'static Form],
) -> Result<bool> {
    let measures = Measures {
        catalogue,
        measurements: measured,
        stamp,
    };
    let saved = match &asked.out {
        Some(out) => save(&measures, forms, out, &asked.file)?,
        None => Value::Null,
    };
    if asked.json {
        say(&json!({"file": asked.file.to_string_lossy(), "frame": asked.frame, "measurements": measured, "saved": saved}).to_string());
    } else {
        for one in measured {
            say(&line(one));
        }
    }
    Ok(true)
}

/// Writes the files of all forms and gives their names by form. All are made before the first is written.
fn save(
    measures: &Measures<'_>,
    forms: &[&'static Form],
    folder: &Path,
    input: &Path,
) -> Result<Value> {
    let stem = input.file_stem().map_or_else(
        || "measures".into(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    let stem = if stem == "-" {
        "stdin".to_owned()
    } else {
        stem
    };
    let made = (forms.iter())
        .map(|form| Ok((form, form.write(measures)?)))
        .collect::<Result<Vec<_>>>()?;
    let mut saved = serde_json::Map::new();
    for (form, files) in made {
        let several = files.len() > 1;
        let mut names = vec![];
        for (at, bytes) in files.iter().enumerate() {
            let part = if several {
                format!("{}.", at + 1)
            } else {
                String::new()
            };
            let name = format!("{stem}.{part}{}", form.end);
            output::save(bytes, &folder.join(&name), input)?;
            names.push(Value::String(name));
        }
        saved.insert(form.name.to_owned(), Value::Array(names));
    }
    Ok(Value::Object(saved))
}

/// A line of text for a measurement.
fn line(one: &Measurement) -> String {
    let lines = written::lines(&one.mark.text, &one.computed);
    let notes = one.computed.notes.iter().map(|note| format!("[{note}]"));
    let all: Vec<String> = std::iter::once(one.mark.kind.clone())
        .chain(lines)
        .chain(notes)
        .collect();
    all.join("  ")
}

/// A line without control characters: texts of a file move no cursor and change no colour of the terminal that shows them.
fn plain(line: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    line.chars().map(shown).collect()
}

/// `measurements`: true when nothing failed.
pub(super) fn list(paths: &[PathBuf], as_json: bool, limits: &Limits) -> bool {
    let mut catalogue = Catalogue::default();
    for path in paths {
        source::walk(path, &mut |file| match source::open(file, limits) {
            Ok(source) => catalogue.add(&source, limits),
            Err(error) => {
                let name = Phi::new(file.to_string_lossy().into_owned());
                catalogue.errors.push((name, error));
            }
        });
    }
    catalogue.arrange();
    let (found, left_out) = read::all(&catalogue);
    let name = |at: usize| {
        catalogue
            .instances
            .get(at)
            .map_or("", |i| i.source.name())
            .to_owned()
    };
    if as_json {
        let measurements: Vec<Value> = (found.iter())
            .map(|one| json!({"own": one.own, "measurement": one.measurement}))
            .collect();
        let lost: Vec<Value> = (left_out.iter())
            .map(|(at, why)| json!({"file": name(*at), "code": why.code.id, "text": why.detail}))
            .collect();
        say(&json!({"measurements": measurements, "left_out": lost}).to_string());
    } else {
        for one in &found {
            let m = &one.measurement;
            say(&plain(&format!(
                "{} frame {}  {}",
                m.sop_uid,
                m.frame,
                line(m)
            )));
        }
        for (at, why) in &left_out {
            complain(&plain(&format!(
                "remark {}: {} {} ({})",
                name(*at),
                why.code.id,
                why.code.cause,
                why.detail
            )));
        }
    }
    for (_, error) in &catalogue.errors {
        complain(&error.to_string());
    }
    catalogue.errors.is_empty()
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_of_a_file_give_a_terminal_no_orders() {
        let said = super::plain("left \u{1b}[31mkidney\u{7}\r\n\u{9b}2J 腎");
        assert_eq!(
            said,
            "left \u{fffd}[31mkidney\u{fffd}\u{fffd}\u{fffd}\u{fffd}2J 腎"
        );
    }
}
