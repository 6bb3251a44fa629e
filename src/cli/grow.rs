//! `grow`: a region of a volume from a seed, through all slices, with its volume in ml.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{argument, output, say, volume};
use crate::{
    base::{Limits, Result},
    export::npy,
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
    let volume::Found {
        volume: own,
        grading,
        size,
    } = volume::found(&asked.which, limits)?;
    let by = own.reduced.max(1);
    let rule = Rule {
        seed: [seed[0] / by, seed[1] / by, seed[2]],
        tolerance: asked.tolerance,
        diagonal: asked.diagonal,
    };
    let mut growth = Growth::new(&own, rule, limits)?;
    while !growth.run(&own, PIECE)? {}
    let grown = growth.grown(&own);
    let unit = grading.unit.unwrap_or_default();
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
    if let Some(out) = &asked.out {
        let slices = own.grid.dims[2];
        let mut labels = Vec::with_capacity(size.0 * size.1 * slices);
        for slice in 0..slices {
            match growth.labels(&own, slice, size) {
                Some(some) => labels.extend(some),
                None => labels.resize(labels.len() + size.0 * size.1, 0),
            }
        }
        let bytes = npy::file(labels.as_slice(), &[slices, size.1, size.0]);
        output::save(&bytes, out, volume::first(&asked.which))?;
    }
    Ok(true)
}
