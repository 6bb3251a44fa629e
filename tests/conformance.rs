//! The corpus: stored values of every file against hashes of outside decoders. Skipped where the corpus is not there.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{collections::BTreeMap, path::Path};

use common::hex;

use negatoscope::{
    base::Limits,
    cli::{pixels, source},
    dicom::Instance,
    export::npy::Values,
    tone::{Frame, grading::Grading},
};
use serde_json::Value;

/// The hashes of all frames, or the code of the refusal.
fn hashes(path: &Path) -> Result<(Vec<String>, String), String> {
    let limits = Limits::default();
    let read = || {
        let source = source::open(path, &limits)?;
        let instance = Instance::read(&source, &limits)?;
        let (mut each, mut all) = (vec![], vec![]);
        for frame in 0..instance.number_of_frames() {
            let decoded = pixels::stored(&instance, frame, &limits)?;
            let mut bytes = vec![];
            decoded.values.write(&mut bytes);
            each.push(hex(&bytes));
            all.extend(bytes);
        }
        Ok((each, hex(&all)))
    };
    read().map_err(|error: negatoscope::base::Error| error.to_string())
}

/// A lossy file against the samples of an outside decoder: what differs, or nothing.
fn against_samples(path: &Path, about: &Value) -> Result<(), String> {
    let limits = Limits::default();
    let source = source::open(path, &limits).map_err(|e| e.to_string())?;
    let instance = Instance::read(&source, &limits).map_err(|e| e.to_string())?;
    let within = about["within"].as_f64().unwrap();
    let numbers = |v: &Value| -> Vec<f64> {
        v.as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_f64().unwrap())
            .collect()
    };
    let far = |ours: &[f64], theirs: &[f64], within: f64| {
        let differ = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
        Some(differ.fold(0.0, f64::max)).filter(|&most| most > within || ours.len() != theirs.len())
    };
    for about in about["frames"].as_array().unwrap() {
        let frame = about["frame"].as_u64().unwrap() as u32 - 1;
        let decoded = pixels::stored(&instance, frame, &limits).map_err(|e| e.to_string())?;
        let mut shape = vec![f64::from(decoded.rows), f64::from(decoded.columns)];
        if decoded.samples_per_pixel > 1 {
            shape.push(f64::from(decoded.samples_per_pixel));
        }
        if shape != numbers(&about["shape"]) {
            return Err(format!("frame {frame}: shape {shape:?}"));
        }
        let count = decoded.values.len();
        let value = |at: usize| decoded.values.get(at).unwrap();
        let ours: Vec<f64> = (0..64).map(|i| value(i * count / 64)).collect();
        if let Some(most) = far(&ours, &numbers(&about["values"]), within) {
            return Err(format!("frame {frame}: a sample differs by {most}"));
        }
        let mean = (0..count).map(value).sum::<f64>() / count as f64;
        let theirs = about["mean"].as_f64().unwrap();
        if (mean - theirs).abs() > 0.5 {
            return Err(format!("frame {frame}: mean {mean} instead of {theirs}"));
        }
    }
    if let Some(rgb) = about["rgb"].as_array() {
        let decoded = pixels::stored(&instance, 0, &limits).map_err(|e| e.to_string())?;
        let shown = Grading::of(&instance, 0).0.apply(&decoded);
        let Frame::Colour(shown) = shown.map_err(|e| e.to_string())? else {
            return Err("no colour".to_owned());
        };
        let count = shown.rgba.len() / 4;
        for (i, theirs) in rgb.iter().enumerate() {
            let at = i * count / 64 * 4;
            let ours: Vec<f64> = shown.rgba[at..at + 3]
                .iter()
                .map(|&b| f64::from(b))
                .collect();
            if let Some(most) = far(&ours, &numbers(theirs), within + 2.0) {
                return Err(format!("pixel {}: a colour differs by {most}", at / 4));
            }
        }
    }
    Ok(())
}

#[test]
fn corpus() {
    let Some(expected) = common::expected() else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let samples: Value = serde_json::from_str(include_str!("data/lossy.json")).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines = vec![];
    for (name, about) in expected["files"].as_object().unwrap() {
        let Some(path) = common::corpus_file(name) else {
            *counts.entry("absent").or_default() += 1;
            continue;
        };
        let each: Vec<&str> = about["frames_sha256"]
            .as_array()
            .map(|a| a.iter().filter_map(|v| v.as_str()).collect())
            .unwrap_or_default();
        let all = about["all_frames_sha256"].as_str();
        let kind = match hashes(&path) {
            Err(error) if each.is_empty() && all.is_none() => {
                lines.push(format!("no reference, refused  {name}: {error}"));
                "no reference, refused"
            }
            Ok(_) if each.is_empty() && all.is_none() => "no reference, decoded",
            Err(error) => {
                lines.push(format!("refused  {name}: {error}"));
                "refused with a reason"
            }
            Ok((ours, whole)) if ours == each || all == Some(whole.as_str()) => "exact",
            Ok(_) if about["lossy"] == true => match samples.get(name) {
                None => {
                    lines.push(format!("lossy, not compared  {name}"));
                    "lossy, not compared"
                }
                Some(about) => match against_samples(&path, about) {
                    Ok(()) => "lossy, near",
                    Err(what) => {
                        lines.push(format!("WRONG  {name}: {what}"));
                        "wrong"
                    }
                },
            },
            Ok((ours, _)) => {
                let same = ours.iter().zip(&each).filter(|(a, b)| a == *b).count();
                lines.push(format!("WRONG  {name}: {same} of {} frames", each.len()));
                "wrong"
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    for line in &lines {
        println!("{line}");
    }
    println!("{counts:#?}");
    assert_eq!(
        counts.get("lossy, not compared"),
        None,
        "\n{}",
        lines.join("\n")
    );
    assert_eq!(counts.get("wrong"), None, "\n{}", lines.join("\n"));
}
