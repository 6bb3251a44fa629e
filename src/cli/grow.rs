//! `grow`: a region of a volume from a seed, through all slices, with its volume in ml.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{analyze_save, argument, output, say, volume};
use crate::{
    base::{Limits, Result},
    export::{
        npy,
        region::{self, Region},
    },
    volume::growth::{Growth, Rule},
};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: volume::Which,
    /// `COLUMN,ROW,SLICE`, from 0, slices in the order of the stack
    #[arg(long)]
    seed: String,
    /// How far a value may be from the seed's, in its unit
    #[arg(long)]
    tolerance: f32,
    /// Voxels are joined over edges and corners, too
    #[arg(long)]
    diagonal: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
    /// A .npy file of 0 and 1: slices × rows × columns of the images
    #[arg(long)]
    out: Option<PathBuf>,
    /// A DICOM segmentation of it
    #[arg(long, value_name = "X.dcm")]
    seg: Option<PathBuf>,
    /// A DICOM report (SR) of its volume and values; it refers to the segmentation that is saved with it
    #[arg(long, value_name = "X.dcm")]
    sr: Option<PathBuf>,
}

/// Voxels between two looks at how far it is.
const PIECE: u64 = 4_000_000;

/// True when nothing failed.
pub(super) fn run(asked: &Arguments, limits: &Limits) -> Result<bool> {
    let parts: Option<Vec<usize>> = (asked.seed.split(','))
        .map(|part| part.trim().parse().ok())
        .collect();
    let seed: [usize; 3] = parts
        .and_then(|parts| parts.try_into().ok())
        .ok_or_else(|| argument("--seed", &asked.seed, "COLUMN,ROW,SLICE"))?;
    let found = volume::found(&asked.which, limits)?;
    let (own, size) = (&found.volume, found.size);
    let by = own.reduced.max(1);
    let rule = Rule {
        seed: [seed[0] / by, seed[1] / by, seed[2]],
        tolerance: asked.tolerance,
        diagonal: asked.diagonal,
    };
    let mut growth = Growth::new(own, rule, limits)?;
    while !growth.run(own, PIECE)? {}
    let grown = growth.grown(own);
    let unit = found.grading.unit.clone().unwrap_or_default();
    if asked.json {
        let document = json!({
            "voxels": grown.voxels, "ml": grown.ml, "slices": grown.slices, "mean": grown.mean, "sd": grown.sd,
            "min": grown.ends[0], "max": grown.ends[1], "unit": unit, "pixels_a_voxel": by,
        });
        say(&document.to_string());
    } else {
        say(&format!(
            "{:.2} ml, {} voxels in slices {} to {}, mean {:.1} SD {:.1} {unit} ({} … {})",
            grown.ml,
            grown.voxels,
            grown.slices[0],
            grown.slices[1],
            grown.mean,
            grown.sd,
            grown.ends[0],
            grown.ends[1],
        ));
    }
    if asked.out.is_none() && asked.seg.is_none() && asked.sr.is_none() {
        return Ok(true);
    }
    let slices = own.grid.dims[2];
    // Of slices that it has not reached nothing is held.
    let labels: Vec<Vec<u8>> = (0..slices)
        .map(|slice| growth.labels(own, slice, size).unwrap_or_default())
        .collect();
    let planes: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
    let input = volume::first(&asked.which);
    let region = Region {
        rule: region::rule(seed, asked.tolerance, &unit, asked.diagonal, by),
        ml: grown.ml,
        mean: grown.mean,
        sd: grown.sd,
        min: f64::from(grown.ends[0]),
        max: f64::from(grown.ends[1]),
        unit,
    };
    let whole = region::Grown {
        catalogue: &found.catalogue,
        set: found.set()?,
        planes: &planes,
        region: &region,
        stamp: &analyze_save::stamp(),
        limits,
    };
    let beside: &[&str] = if asked.seg.is_some() { &["seg"] } else { &[] };
    let mut files = vec![];
    if let Some(out) = &asked.out {
        let plane = size.0 * size.1;
        let mut all = Vec::with_capacity(plane * slices);
        for (slice, of_slice) in planes.iter().enumerate() {
            all.extend_from_slice(of_slice);
            all.resize(plane * (slice + 1), 0);
        }
        files.push((out, npy::file(all.as_slice(), &[slices, size.1, size.0])));
    }
    for (what, out) in [("seg", &asked.seg), ("sr", &asked.sr)] {
        if let Some(out) = out {
            files.push((out, whole.write(what, beside)?));
        }
    }
    for (out, bytes) in files {
        output::save(&bytes, out, input)?;
    }
    Ok(true)
}
