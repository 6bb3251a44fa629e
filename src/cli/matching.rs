//! `match`: two frames by their key points: how many look alike, which transform they agree on, how well; or why there is none.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{codes, matched_picture, output, pixels, render, say};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    export::picture::Format,
    study::{
        geometry::{Spacing, SpacingFrom},
        spacing,
        volume::Volume,
    },
    tone::{Frame, Grey, grading::Grading},
    vision::{
        points::{Kind, Matching, Points, Settings, bright},
        register::{
            Compared, Comparison, Estimator, Outcome, Picture, Registered, Registration, compare,
            plane::{MODELS, Model},
        },
    },
};

/// Arguments of `match`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct Arguments {
    /// A file, or `-`
    a: PathBuf,
    /// The file that the first one is laid on
    b: PathBuf,
    /// Frame of the first file, from 1
    #[arg(long, default_value_t = 1)]
    frame: u32,
    /// Frame of the second file, from 1
    #[arg(long, default_value_t = 1)]
    other_frame: u32,
    /// What the transform may do; where both spacings are known, in mm
    #[arg(long, default_value = "similarity", value_parser = clap::builder::PossibleValuesParser::new(MODELS.iter().map(|m| m.0)))]
    model: String,
    /// Key points and what tells them apart
    #[arg(long, value_enum, default_value_t = Descriptor::Sift)]
    descriptor: Descriptor,
    /// By mutual information instead of key points: rigid, for pictures of different kinds
    #[arg(long, conflicts_with_all = ["out", "points", "model", "descriptor"])]
    information: bool,
    /// Least median of squares instead of counting what lies within the tolerance
    #[arg(long)]
    median: bool,
    /// Largest distance of a match that agrees, pixels of the second frame
    #[arg(long, default_value_t = 3.0)]
    tolerance: f64,
    /// Most ratio of the nearest to the second nearest descriptor; 1: any
    #[arg(long, default_value_t = 0.8)]
    ratio: f32,
    /// SIFT: least contrast, of 0 to 1 (Lowe's and OpenCV's is 0.04; radiographs have little)
    #[arg(long, default_value_t = CONTRAST)]
    contrast: f32,
    /// Most key points of each frame
    #[arg(long, default_value_t = MOST)]
    most: usize,
    /// Of all that is drawn at random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// With all key points and matches in the document
    #[arg(long, requires = "json")]
    points: bool,
    /// Both frames with the matches that agree: a .png, .jpg or .webp file
    #[arg(long)]
    out: Option<PathBuf>,
}

const CONTRAST: f32 = 0.01;
const MOST: usize = 5000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Descriptor {
    /// Scale-invariant feature transform
    Sift,
    /// Oriented FAST, rotated BRIEF: quicker, bears less
    Binary,
}

/// A frame to compare.
pub(super) struct Side {
    pub(super) frame: Frame,
    pub(super) grading: Grading,
    pub(super) instance: crate::dicom::Instance,
    pub(super) index: u32,
    spacing: Spacing,
    /// Bright as on the screen.
    grey: Grey,
}

impl Side {
    fn read(file: &std::path::Path, frame: u32, limits: &Limits) -> Result<Self> {
        let index = pixels::from_zero(frame)?;
        let (instance, frame, grading) = render::graded(file, index, limits)?;
        let grey = bright(frame.clone(), grading.invert);
        Ok(Self {
            spacing: spacing::of(&instance, index),
            frame,
            grading,
            instance,
            index,
            grey,
        })
    }

    fn picture(&self) -> Picture<'_> {
        Picture {
            grey: &self.grey,
            spacing: self.spacing,
        }
    }

    /// One slice in no place of the patient: in mm, or in pixels of its shape.
    fn slice(&self, mm: bool) -> Volume {
        let [rows, columns] = if mm {
            self.spacing.mm
        } else {
            [self.spacing.aspect(), 1.0]
        };
        Volume {
            dims: [self.grey.columns, self.grey.rows, 1],
            origin: [0.0; 3],
            steps: [[columns, 0.0, 0.0], [0.0, rows, 0.0], [0.0, 0.0, 1.0]],
            values: self.grey.values.clone(),
        }
    }
}

/// True when a transform was found.
pub(super) fn run(arguments: &Arguments, limits: &Limits) -> Result<bool> {
    let format = (arguments.out.as_ref())
        .map(|out| Format::of_name(&out.to_string_lossy()))
        .transpose()?;
    let how = how(arguments)?;
    let a = Side::read(&arguments.a, arguments.frame, limits)?;
    let b = Side::read(&arguments.b, arguments.other_frame, limits)?;
    if arguments.information {
        return by_information(arguments, &a, &b, limits);
    }
    let found = compare(&a.picture(), &b.picture(), &how, &Bar::new("match"))?;
    Bar::clear();
    if let (Some(out), Some(format)) = (&arguments.out, format) {
        let bytes = matched_picture::picture(&a, &b, &found, format)?;
        for input in [&arguments.a, &arguments.b] {
            output::refuse_same(out, input)?;
        }
        output::save(&bytes, out, &arguments.a)?;
    }
    if arguments.json {
        say(&document(arguments, &b, &found).to_string());
    } else {
        sentences(&a, &b, &found, how.model);
    }
    if let (Err(error), false) = (&found.outcome, arguments.json) {
        super::complain(&error.to_string());
    }
    Ok(found.outcome.is_ok())
}

fn how(arguments: &Arguments) -> Result<Comparison> {
    let within = |what: &'static str, value: f64, low: f64, high: f64| {
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        Err(Error::new(&codes::ARGUMENT)
            .at(what)
            .expected(format!("{low} to {high}"))
            .found(value))
    };
    Ok(Comparison {
        points: Settings {
            kind: match arguments.descriptor {
                Descriptor::Sift => Kind::Sift,
                Descriptor::Binary => Kind::Binary,
            },
            most: within("--most", arguments.most as f64, 8.0, 1e6)? as usize,
            contrast: within("--contrast", f64::from(arguments.contrast), 0.0, 1.0)? as f32,
            ..Settings::default()
        },
        matching: Matching {
            ratio: within("--ratio", f64::from(arguments.ratio), 0.1, 1.0)? as f32,
            cross: true,
        },
        model: Model::by_name(&arguments.model).unwrap_or(Model::Similarity),
        estimator: if arguments.median {
            Estimator::MedianOfSquares
        } else {
            Estimator::Ransac
        },
        tolerance_px: within("--tolerance", arguments.tolerance, 0.1, 1000.0)?,
        seed: arguments.seed,
    })
}

fn error(error: &Error) -> Value {
    json!({ "code": error.code().id, "text": error.to_string() })
}

fn document(arguments: &Arguments, b: &Side, found: &Compared) -> Value {
    let side = |points: &Points| json!({ "key_points": points.len() });
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_owned(), value);
    put("a", side(&found.a));
    put("b", side(&found.b));
    put(
        "descriptor",
        json!(if arguments.descriptor == Descriptor::Sift {
            "sift"
        } else {
            "binary"
        }),
    );
    put("model", json!(arguments.model));
    put("matches", json!(found.matches.len()));
    match &found.outcome {
        Ok(o) => {
            let pair = |[rms, max]: [f64; 2]| json!({ "rms": rms, "max": max });
            put("inliers", json!(o.inliers.len()));
            put("a_to_b_px", json!(o.matrix));
            put("a_to_b_mm", json!(o.matrix_mm));
            put("scale", json!(o.scale));
            put("rotation_degrees", json!(o.rotation_degrees));
            put("stretch", json!(o.stretch));
            put("shift_px", json!(o.shift_px));
            put("residual_px", pair(o.residual_px));
            put("residual_mm", json!(o.residual_mm.map(pair)));
            put("spacing_from", json!(b.spacing.from.name()));
            put("chance_log10", json!(o.chance));
            put("pairs", pairs(found, o.inliers.iter().copied()));
        }
        Err(e) => {
            put("error", error(e));
        }
    }
    if arguments.points {
        let list = |points: &Points| -> Vec<[f32; 5]> {
            (points.points.iter())
                .map(|p| [p.x, p.y, p.size, p.angle, p.response])
                .collect()
        };
        put("points_a", json!(list(&found.a)));
        put("points_b", json!(list(&found.b)));
        put(
            "all_matches",
            json!(found.matches.iter().map(|m| [m.a, m.b]).collect::<Vec<_>>()),
        );
    }
    Value::Object(all)
}

/// Column and row in the first frame, column and row in the second.
fn pairs(found: &Compared, which: impl Iterator<Item = usize>) -> Value {
    let pair = |n: usize| {
        let m = found.matches.get(n)?;
        let (p, q) = (found.a.points.get(m.a)?, found.b.points.get(m.b)?);
        Some([p.x, p.y, q.x, q.y])
    };
    json!(which.filter_map(pair).collect::<Vec<_>>())
}

fn sentences(a: &Side, b: &Side, found: &Compared, model: Model) {
    say(&format!(
        "{} and {} key points, {} look alike",
        found.a.len(),
        found.b.len(),
        found.matches.len()
    ));
    let Ok(o) = &found.outcome else { return };
    let Outcome {
        inliers,
        scale,
        rotation_degrees,
        shift_px: [x, y],
        residual_px,
        ..
    } = o;
    say(&format!(
        "  {} agree on one {} transform",
        inliers.len(),
        model.name()
    ));
    say(&format!(
        "  turned {rotation_degrees:.2} degrees clockwise, scale {scale:.4}, middle moved by {x:.1}, {y:.1} pixels"
    ));
    say(&format!(
        "  residual {:.2} pixels (root mean square), {:.2} at most",
        residual_px[0], residual_px[1]
    ));
    if let Some([rms, most]) = o.residual_mm {
        say(&format!(
            "  residual {rms:.3} {} (root mean square), {most:.3} at most",
            b.spacing.from.label()
        ));
    }
    if o.matrix_mm.is_none() {
        let which = if a.spacing.from.name() == "none" {
            "first"
        } else {
            "second"
        };
        say(&format!(
            "  the {which} frame has no spacing: scale and model are in pixels"
        ));
    }
}

/// Rigid, by mutual information.
fn by_information(arguments: &Arguments, a: &Side, b: &Side, limits: &Limits) -> Result<bool> {
    let settings = Registration {
        flat: true,
        seed: arguments.seed,
        limits: limits.clone(),
        ..Registration::default()
    };
    let known = |side: &Side| side.spacing.from != SpacingFrom::None;
    let mm = known(a) && known(b);
    let found = settings.run(&a.slice(mm), &b.slice(mm), &Bar::new("match"));
    Bar::clear();
    match found {
        Ok(found) => {
            if arguments.json {
                say(&information(&found, mm).to_string());
            } else {
                let [.., z] = found.motion.angles();
                let [x, y, _] = found.motion.translation;
                say(&format!(
                    "turned {z:.2} degrees clockwise, middle moved by {x:.2}, {y:.2} {}",
                    if mm {
                        b.spacing.from.label()
                    } else {
                        "px".to_owned()
                    }
                ));
                say(&format!(
                    "  mutual information {:.3} before, {:.3} after; repeats within {:.2} degrees, {:.2}",
                    found.before, found.after, found.spread.0, found.spread.1
                ));
            }
            Ok(true)
        }
        Err(e) if arguments.json => {
            say(&json!({ "error": error(&e) }).to_string());
            Ok(false)
        }
        Err(e) => Err(e),
    }
}

fn information(found: &Registered, mm: bool) -> Value {
    json!({
        "unit": if mm { "mm" } else { "px" },
        "a_to_b": found.motion.matrix(),
        "rotation_degrees": found.motion.angles()[2],
        "translation": found.motion.translation,
        "centre": found.motion.centre,
        "information": { "before": found.before, "after": found.after, "share": found.share },
        "overlap": found.overlap,
        "repeats_within": { "degrees": found.spread.0, "length": found.spread.1 },
    })
}

/// Progress, on a terminal only.
pub(super) struct Bar {
    name: &'static str,
    shown: bool,
}

impl Bar {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            shown: std::io::stderr().is_terminal(),
        }
    }
    pub(super) fn clear() {
        if std::io::stderr().is_terminal() {
            // A terminal that has gone is no error.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Monitor for Bar {
    fn progress(&self, _: Stage, done: u64, total: u64) {
        if self.shown && total > 0 {
            let _ = write!(
                std::io::stderr().lock(),
                "\r\x1b[K{} {done}/{total}",
                self.name
            );
        }
    }
}
