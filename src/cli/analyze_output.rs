//! What `analyze --out` keeps: label maps and heatmaps as arrays, a picture of each heatmap, and findings.jsonl; and the peak of memory.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    rc::Rc,
};

use serde_json::Value;

use super::{analyze_model::Model, codes, output};
use crate::{
    base::{Error, Result},
    export::{
        npy,
        picture::{Format, encode},
    },
    model::{Analysis, finding::HeatmapInfo, manifest::sha256},
    render::{Heatmap, Interpolation, Scene, View, cpu},
    tone::{
        Frame, Grey, colourmap,
        voi::{Function, Voi},
    },
};

const FINDINGS: &str = "findings.jsonl";
/// Longest side of a heatmap's picture.
const PICTURE: u32 = 1024;

fn not_written(error: &std::io::Error) -> Error {
    Error::new(&codes::NOT_WRITTEN).found(error.kind())
}

/// Makes the folder.
pub(super) fn folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| not_written(&e))
}

/// Adds a line to findings.jsonl.
pub(super) fn append(folder: &Path, line: &Value) -> Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(FINDINGS))
        .map_err(|e| not_written(&e))?;
    // One write: a line is there whole or not at all, short of a full disk.
    file.write_all(format!("{line}\n").as_bytes())
        .map_err(|e| not_written(&e))
}

/// Inputs that findings.jsonl has a finding for, from the same network and with the explanation that is asked for by name. A torn or
/// foreign line counts as none.
pub(super) fn done(folder: &Path, model: &Model, explain: Option<&str>) -> BTreeSet<String> {
    let sha256 = model
        .manifest
        .network(model.float)
        .map(|f| f.sha256.clone())
        .unwrap_or_default();
    let text = fs::read_to_string(folder.join(FINDINGS)).unwrap_or_default();
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).ok()?;
        let method = value.pointer("/heatmap/method").and_then(Value::as_str);
        let same = value.pointer("/model/sha256")?.as_str()? == sha256
            && (explain.is_none() || explain == method);
        same.then(|| value.get("input")?.as_str().map(str::to_owned))
            .flatten()
    };
    text.lines().filter_map(line).collect()
}

/// Writes what lies over the source and names the files in the finding.
pub(super) fn overlay(
    analysis: &mut Analysis,
    frame: Option<Grey>,
    folder: &Path,
    input: &Path,
) -> Result<()> {
    let stem = stem(&analysis.finding.input, &analysis.finding.model.name);
    let save = |name: &str, bytes: &[u8]| output::save(bytes, &folder.join(name), input);
    if let Some(map) = &mut analysis.finding.label_map {
        let name = format!("{stem}.labels.npy");
        let [columns, rows, frames] = map.dims.map(|n| n as usize);
        save(
            &name,
            &npy::file(analysis.overlay.as_slice(), &[frames, rows, columns]),
        )?;
        map.file = name;
    }
    if let Some(map) = &mut analysis.finding.heatmap {
        let name = format!("{stem}.heatmap.npy");
        let cells: Vec<f32> = analysis
            .overlay
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        save(
            &name,
            &npy::file(
                cells.as_slice(),
                &[map.cells[1] as usize, map.cells[0] as usize],
            ),
        )?;
        if let Some(frame) = frame {
            save(&format!("{stem}.heatmap.png"), &picture(frame, map, cells)?)?;
        }
        map.file = name;
    }
    Ok(())
}

/// A file name out of the input's and the model's: readable, no path, and unique by a hash of the whole input's name.
pub(super) fn stem(input: &str, model: &str) -> String {
    let last = input.rsplit('/').next().unwrap_or(input);
    let hash = sha256(input.as_bytes());
    format!(
        "{}-{}.{}",
        plain(last).trim_start_matches('.'),
        hash.get(..8).unwrap_or_default(),
        plain(model)
    )
}

/// A name with nothing in it that a file system reads as more than a name.
fn plain(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let all = name.chars().map(|c| if safe(c) { c } else { '_' });
    all.take(80).collect()
}

/// The frame with its heatmap over it: what speaks for the label, above 0, by a perceptual colour map at half opacity.
fn picture(frame: Grey, map: &HeatmapInfo, cells: Vec<f32>) -> Result<Vec<u8>> {
    let size = (frame.columns, frame.rows);
    let factor = f64::from(PICTURE) / (size.0.max(size.1) as f64).max(1.0);
    let side = |n: usize| ((n as f64 * factor.min(1.0)).round() as u32).max(1);
    let canvas = (side(size.0), side(size.1));
    let colours =
        colourmap::by_name("viridis").map_or_else(|| vec![[255; 3]; 256], |m| m.table().to_vec());
    let scene = Scene {
        view: View::fit(size, canvas, 1.0, 0),
        frame: Rc::new(Frame::Grey(frame)),
        voi: Voi::Window {
            center: 0.5,
            width: 1.0,
            function: Function::LinearExact,
        },
        invert: false,
        colours: None,
        fixed: None,
        presentation_lut: None,
        interpolation: Interpolation::Linear,
        labels: None,
        marks: None,
        heatmap: Some(Heatmap {
            columns: map.cells[0] as usize,
            rows: map.cells[1] as usize,
            values: Rc::new(cells),
            extent: map.extent,
            range: map.range,
            threshold: 0.0,
            opacity: 0.5,
            colours: Rc::new(colours),
            smooth: false,
        }),
    };
    encode(
        &cpu::paint(&scene, canvas.0, canvas.1),
        canvas.0,
        canvas.1,
        Format::Png,
    )
}

/// Begins a new measurement of the peak, where the system can (Linux).
pub(super) fn reset_peak() {
    // Not allowed everywhere: then the peak is the process's so far.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory of the process since the last reset, bytes; 0 where the system does not say.
pub(super) fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let number = line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_is_no_path() {
        let name = stem("in/head.dcm", "../../brain: T1/light");
        assert!(name.starts_with("head.dcm-"), "{name}");
        assert!(name.ends_with("..._.._brain__T1_light"), "{name}");
        assert!(!name.contains(['/', '\\', ':']), "{name}");
        assert!(stem("a", "brain-mask").ends_with(".brain-mask"));
    }
}
