//! `contours`: the regions of a frame with their measures, as text, JSON, and lines over the picture.

use std::{path::PathBuf, rc::Rc};

use clap::Args;

use super::{argument, codes, output, pixels, render, say};
use crate::{
    base::{Error, Limits, Result},
    export::picture::{Format, encode},
    filter::Shown,
    render::{LabelOverlay, cpu},
    tone::Frame,
    vision::{
        contours::{Chain, Mode},
        found::{FoundRegion, FoundRegions},
        search::{self, Asked, By, Lengths},
    },
};

#[derive(Args)]
pub(super) struct Arguments {
    /// A file, or `-`
    file: PathBuf,
    /// Filters before the threshold, in order: NAME or NAME:key=value,…
    filters: Vec<String>,
    /// Frame, from 1
    #[arg(long, default_value_t = 1)]
    frame: u32,
    /// `otsu`, a number (what is above it), `A..B` (above A, up to B), or a filter: `canny:low=…,high=…`, `adaptive:…`
    #[arg(
        long,
        default_value = "otsu",
        allow_hyphen_values = true,
        conflicts_with = "seed"
    )]
    threshold: String,
    /// Grow a region from a pixel instead: `COLUMN,ROW`, from 0
    #[arg(long)]
    seed: Option<String>,
    /// How far a value may be from the seed's, in its unit
    #[arg(long, default_value_t = 0.0, requires = "seed")]
    tolerance: f32,
    /// A grown region may go over corners, too
    #[arg(long, requires = "seed")]
    diagonal: bool,
    /// Which contours: `external`, `list`, `ccomp` (regions and their holes) or `tree`
    #[arg(long, default_value = "tree", value_parser = ["external", "list", "ccomp", "tree"])]
    mode: String,
    /// Every border pixel, instead of the ends of straight pieces
    #[arg(long)]
    all_points: bool,
    /// Leave out what has fewer pixels
    #[arg(long, default_value_t = 1)]
    smallest: u32,
    /// Give only the largest so many
    #[arg(long, default_value_t = 100_000)]
    most: u32,
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// The picture with the contours over it: a .png, .jpg or .webp file
    #[arg(long)]
    out: Option<PathBuf>,
}

/// True when nothing failed.
pub(super) fn run(wish: &Arguments, limits: &Limits) -> Result<bool> {
    let index = pixels::from_zero(wish.frame)?;
    let format = (wish.out.as_deref())
        .map(|out| Format::of_name(&out.to_string_lossy()))
        .transpose()?;
    let by = match wish.seed.as_deref() {
        None => By::Threshold {
            text: wish.threshold.clone(),
        },
        Some(text) => By::Seed {
            at: seed(text)?,
            tolerance: wish.tolerance,
            diagonal: wish.diagonal,
        },
    };
    let asked = Asked {
        filters: wish.filters.clone(),
        by,
        smallest: wish.smallest,
        most: wish.most,
    };
    let mode = match wish.mode.as_str() {
        "external" => Mode::External,
        "list" => Mode::List,
        "ccomp" => Mode::TwoLevels,
        _ => Mode::Tree,
    };
    let chain = if wish.all_points {
        Chain::All
    } else {
        Chain::Simple
    };
    let (instance, frame, grading) = render::graded(&wish.file, index, limits)?;
    let voi = grading.default_voi(&frame);
    let Frame::Grey(grey) = &frame else {
        return Err(Error::new(&codes::NOT_GREY));
    };
    let shown = Shown {
        voi: voi.clone(),
        presentation_lut: grading.presentation_lut.clone(),
        invert: grading.invert,
    };
    let lengths = Lengths::of(&instance, index);
    let spacing = |bounds| lengths.within(bounds);
    let (mut found, _) = search::find(grey, &asked, &shown, mode, chain, &spacing)?;
    lengths.tell(&mut found);
    found.unit = grading.unit.clone().unwrap_or_default();
    if wish.json {
        let mut document = serde_json::to_value(&found).unwrap_or_default();
        if let Some(document) = document.as_object_mut() {
            document.insert("frame".to_owned(), wish.frame.into());
            let unit = found.threshold.map(|_| threshold_unit(&found));
            document.insert("threshold_unit".to_owned(), unit.into());
        }
        say(&document.to_string());
    } else {
        table(&found);
    }
    if let (Some(out), Some(format)) = (&wish.out, format) {
        let labels = lines(&found.regions, grey.columns, grey.rows);
        let (mut scene, (w, h)) = render::scene(&instance, index, frame, voi, grading.invert, None);
        let fixed = grading.fixed(&pixels::stored(&instance, index, limits)?);
        scene.fixed = fixed.map(Rc::new);
        scene.labels = Some(LabelOverlay {
            labels: Rc::new(labels),
            colours: Rc::new(vec![[0; 3], [255, 214, 10], [100, 210, 255]]),
            opacity: 1.0,
            outline: false,
        });
        output::save(
            &encode(&cpu::paint(&scene, w, h), w, h, format)?,
            out,
            &wish.file,
        )?;
    }
    Ok(true)
}

fn seed(text: &str) -> Result<[u32; 2]> {
    (text.split_once(','))
        .and_then(|(x, y)| Some([x.trim().parse().ok()?, y.trim().parse().ok()?]))
        .ok_or_else(|| argument("--seed", text, "COLUMN,ROW"))
}

/// The unit of the threshold: the image's, where nothing but the threshold was done to it.
fn threshold_unit(found: &FoundRegions) -> &str {
    if found.steps.len() == 1 {
        &found.unit
    } else {
        ""
    }
}

/// The border pixels: 1 of regions, 2 of holes.
fn lines(regions: &[FoundRegion], columns: usize, rows: usize) -> Vec<u8> {
    let mut labels = vec![0; columns * rows];
    for region in regions {
        let next = region.points.iter().cycle().skip(1);
        for (&[x, y], &to) in region.points.iter().zip(next) {
            // From corner to corner a border is straight, along a row, a column or a diagonal.
            let mut at = [x, y];
            for _ in 0..columns + rows {
                if let Some(label) = labels.get_mut(at[1] as usize * columns + at[0] as usize) {
                    *label = 1 + u8::from(region.hole);
                }
                if at == to {
                    break;
                }
                at = [0, 1].map(|n: usize| at[n] + (to[n] - at[n]).signum());
            }
        }
    }
    labels
}

/// For people: a line a contour.
fn table(found: &FoundRegions) {
    let mut head = vec![format!(
        "{} contours, {} x {}",
        found.regions.len(),
        found.size[1],
        found.size[0]
    )];
    if !found.steps.is_empty() {
        head.push(found.steps.join(" > "));
    }
    if let Some(t) = found.threshold {
        head.push(
            format!("threshold {t} {}", threshold_unit(found))
                .trim_end()
                .to_owned(),
        );
    }
    head.push(match found.spacing_mm {
        Some([r, c]) => format!("{r} x {c} mm ({})", found.spacing_from),
        None => "no spacing: pixels only".to_owned(),
    });
    say(&head.join("; "));
    for (at, region) in found.regions.iter().enumerate() {
        say(&line(at, region, &found.unit));
    }
    if found.left_out > 0 {
        say(&format!("{} smaller ones left out", found.left_out));
    }
}

fn line(at: usize, region: &FoundRegion, unit: &str) -> String {
    let r = region;
    let kind = if r.hole { "hole" } else { "region" };
    let within = r.parent.map_or(String::new(), |p| format!(" in {p}"));
    let mm = |value: Option<f64>, unit: &str| {
        value.map_or(String::new(), |v| format!(" = {v:.2} {unit}"))
    };
    let [x, y] = r.centroid;
    let values = r.statistics.map_or(String::new(), |s| {
        format!(
            ", {:.2} ± {:.2} {unit} ({} to {})",
            s.mean, s.sd, s.min, s.max
        )
    });
    format!(
        "{at} {kind}{within}: {} pixels{}, around {:.1}{}, at {x:.1}, {y:.1}{values}",
        r.pixels,
        mm(r.area_mm2, "mm²"),
        r.perimeter,
        mm(r.perimeter_mm, "mm"),
    )
}
