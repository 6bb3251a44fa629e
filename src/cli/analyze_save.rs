//! `analyze --save`: which kinds of results are written beside the findings, and their files.

use std::{collections::BTreeMap, path::Path, time::SystemTime};

use dicom_core::chrono::Local;

use super::{analyze_model::Model, analyze_output::stem, argument, output};
use crate::{
    base::{Limits, Result},
    export::{
        Export, Stamp,
        kinds::{KINDS, Kind, Needs},
    },
    model::{Analysis, explain, manifest::Task, recipe::Activation},
    study::{Catalogue, FrameSet},
};

/// The kinds that were asked for. `all`: what the model can give. `explained`: an explanation was asked for.
///
/// # Errors
/// `IO-404` for another name, or where the model gives nothing of the kind.
pub(super) fn kinds(
    asked: &[String],
    model: &Model,
    explained: bool,
) -> Result<Vec<&'static Kind>> {
    let possible = || {
        KINDS
            .iter()
            .filter(|kind| gives(model, explained, kind.needs))
    };
    let names: Vec<&str> = possible().map(|kind| kind.name).collect();
    let mut found: Vec<&Kind> = vec![];
    for name in asked {
        let new: Vec<&Kind> = possible()
            .filter(|kind| name == "all" || *name == kind.name)
            .collect();
        if new.is_empty() {
            let expected = format!("all, or of {}: {}", model.manifest.name, names.join(", "));
            return Err(argument("--save", name, &expected));
        }
        found.extend(new);
    }
    // In the order of the table, each once.
    Ok(possible()
        .filter(|kind| found.iter().any(|other| other.name == kind.name))
        .collect())
}

fn gives(model: &Model, explained: bool, needs: Needs) -> bool {
    let manifest = &model.manifest;
    let labels = manifest.task == Task::Segmentation;
    let heatmap = explained || explain::chosen(manifest, None).is_ok_and(|m| m.is_some());
    // A network that gives numbers of labels says nothing of how sure it is.
    let probable = manifest.output.activation != Some(Activation::Argmax);
    match needs {
        Needs::Labels => labels,
        Needs::Fractions => labels && probable,
        Needs::Heatmap => heatmap,
        Needs::Overlay => labels || heatmap,
        // Boxes have no measurement that a report could name.
        Needs::Numbers => manifest.task != Task::Detection,
        Needs::Nothing => true,
    }
}

/// Whether this one finding has what a kind is made of: a model that gives heatmaps may give none of an input.
fn has(analysis: &Analysis, needs: Needs) -> bool {
    let finding = &analysis.finding;
    let (labels, heatmap) = (finding.label_map.is_some(), finding.heatmap.is_some());
    match needs {
        Needs::Labels => labels,
        Needs::Fractions => labels && !analysis.fractions.is_empty(),
        Needs::Heatmap => heatmap,
        Needs::Overlay => labels || heatmap,
        Needs::Numbers => finding.has_numbers(),
        Needs::Nothing => true,
    }
}

/// True where the probabilities are wanted.
pub(super) fn wants_fractions(kinds: &[&Kind]) -> bool {
    kinds.iter().any(|kind| kind.needs == Needs::Fractions)
}

/// What the results are made from.
pub(super) struct Source<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) set: &'a FrameSet,
    /// The frame, for a model that takes one.
    pub(super) index: Option<usize>,
    /// A file that must not be overwritten.
    pub(super) input: &'a Path,
}

/// Writes the files and gives their names by kind. All are made before the first is written. Of kinds that `asked` does not name (`all`)
/// those are left out that the finding has nothing of; one that it names is an error then.
pub(super) fn save(
    analysis: &Analysis,
    source: &Source<'_>,
    kinds: &[&'static Kind],
    asked: &[String],
    folder: &Path,
    limits: &Limits,
) -> Result<BTreeMap<&'static str, String>> {
    let stem = stem(&analysis.finding.input, &analysis.finding.model.name);
    let wanted = |kind: &&&Kind| has(analysis, kind.needs) || asked.iter().any(|a| a == kind.name);
    let kinds: Vec<&'static Kind> = kinds.iter().filter(wanted).copied().collect();
    let fractions: Vec<&[u8]> = analysis.fractions.iter().map(Vec::as_slice).collect();
    let export = Export {
        catalogue: source.catalogue,
        set: source.set,
        index: source.index,
        finding: &analysis.finding,
        overlay: &analysis.overlay,
        fractions: &fractions,
        region: None,
        beside: &kinds,
        stamp: &stamp(),
        limits,
    };
    let files = kinds
        .iter()
        .map(|kind| Ok((*kind, kind.write(&export)?)))
        .collect::<Result<Vec<_>>>()?;
    let mut saved = BTreeMap::new();
    for (kind, bytes) in files {
        let name = format!("{stem}.{}", kind.end);
        output::save(&bytes, &folder.join(&name), source.input)?;
        saved.insert(kind.name, name);
    }
    Ok(saved)
}

/// Now, here, and never again.
#[expect(clippy::disallowed_methods, reason = "the native door has a clock")]
pub(super) fn stamp() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut seed = [0; 16];
    if getrandom::fill(&mut seed).is_err() {
        // Without a source of randomness: the nanosecond and the process, which no other analysis here shares.
        let nanos = since.as_ref().map_or(0, std::time::Duration::as_nanos);
        seed = (nanos << 32 | u128::from(std::process::id())).to_le_bytes();
    }
    Stamp {
        unix_seconds: since.map_or(0, |d| d.as_secs() as i64),
        offset_minutes: Local::now().offset().local_minus_utc() / 60,
        seed,
    }
}
