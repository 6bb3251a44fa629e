//! `augment`: changed copies of a frame from a seed, as arrays and as a contact sheet; what a training recipe feeds on, to look at.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{argument, codes, output, pixels, source};
use crate::{
    base::{Error, Limits, Result},
    export::{
        npy,
        picture::{Format, encode},
        sheet::{reduced, sheet},
    },
    model::input,
    study::Catalogue,
    vision::{augment::Recipe, random::Random},
};

/// Arguments of `augment`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file, or `-`
    file: PathBuf,
    /// flip, flip=vertical|both, rotate=DEGREES, shift=PART, zoom=PART, crop=SIDE, jitter=PART, gamma=PART, noise=SD; commas between them
    #[arg(required = true)]
    steps: Vec<String>,
    /// Of all that is drawn at random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Copies
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// Frame, from 1
    #[arg(long, default_value_t = 1)]
    frame: u32,
    /// A .png: a contact sheet, the frame itself first. Else a folder: original.npy, 00001.npy …, changes.jsonl, sheet.png
    #[arg(long)]
    out: PathBuf,
}

/// Copies on a sheet; more are only arrays.
const ON_SHEET: usize = 63;
/// Longest side of a picture on a sheet.
const SMALL: usize = 256;

/// True when nothing failed.
pub(super) fn run(arguments: &Arguments, limits: &Limits) -> Result<bool> {
    let steps = arguments.steps.join(",");
    let recipe =
        Recipe::parse(&steps).map_err(|(found, expected)| argument("STEPS", &found, &expected))?;
    let index = pixels::from_zero(arguments.frame)?;
    let mut catalogue = Catalogue::default();
    catalogue.add(&source::open(&arguments.file, limits)?, limits);
    catalogue.arrange();
    let sets = catalogue.studies.iter().flat_map(|study| &study.series);
    let set = sets.flat_map(|series| &series.frame_sets).next();
    let Some(set) = set else {
        let (_, error) = catalogue
            .errors
            .first()
            .ok_or_else(|| Error::new(&codes::NO_SUCH_FRAME))?;
        return Err(error.clone());
    };
    let at = set.frames.iter().position(|at| at.frame == index);
    let at = at.ok_or_else(|| Error::new(&codes::NO_SUCH_FRAME).found(arguments.frame))?;
    let grey = input::display(&catalogue, set, at, limits)?;
    let (rows, columns) = (grey.rows, grey.columns);
    let pixel = set.spacing.mm;
    let is_sheet = arguments
        .out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("png"));
    let folder = (!is_sheet).then_some(arguments.out.as_path());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)
            .map_err(|e| Error::new(&codes::NOT_WRITTEN).found(e.kind()))?;
    }
    let keep = |values: &[f32], name: &str| match folder {
        Some(folder) => {
            let file = npy::file(values, &[rows, columns]);
            output::save(&file, &folder.join(name), &arguments.file)
        }
        None => Ok(()),
    };
    keep(&grey.values, "original.npy")?;
    let step = rows.max(columns).div_ceil(SMALL).max(1);
    let mut small = vec![reduced(&grey.values, rows, columns, step)];
    let mut random = Random::new(arguments.seed);
    let mut lines = String::new();
    for copy in 1..=arguments.count {
        let change = recipe.draw(&mut random);
        let values = change.apply(&grey.values, rows, columns, pixel);
        keep(&values, &format!("{copy:05}.npy"))?;
        if small.len() <= ON_SHEET {
            small.push(reduced(&values, rows, columns, step));
        }
        lines += &json!({
            "copy": copy, "flip": change.flip, "flip_vertical": change.flip_vertical, "degrees": change.degrees, "shift": change.shift,
            "zoom": change.zoom, "crop_side": change.crop.0, "crop_centre": change.crop.1, "brightness": change.brightness,
            "contrast": change.contrast, "gamma": change.gamma, "noise": change.noise, "noise_seed": change.seed.to_string(),
        })
        .to_string();
        lines.push('\n');
    }
    let size = (columns.div_ceil(step), rows.div_ceil(step));
    let (rgba, width, height) = sheet(&small, size, 4)
        .ok_or_else(|| Error::new(&crate::export::codes::NOT_ENCODED).at("the contact sheet"))?;
    let picture = encode(&rgba, width, height, Format::Png)?;
    let place = |name: &str| {
        folder.map_or_else(|| arguments.out.clone(), |folder: &Path| folder.join(name))
    };
    output::save(&picture, &place("sheet.png"), &arguments.file)?;
    if folder.is_some() {
        output::save(lines.as_bytes(), &place("changes.jsonl"), &arguments.file)?;
    }
    Ok(true)
}
