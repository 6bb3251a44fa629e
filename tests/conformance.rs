//! The corpus: stored values of every file against hashes of outside decoders. Skipped where the corpus is not there.
#![cfg(feature = "cli")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use negatoscope::{
    base::Limits,
    cli::{pixels, source},
    dicom::Instance,
    export::npy::Values,
};
use sha2::{Digest, Sha256};

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [
        std::env::var_os("NEGATOSCOPE_SHARED").map(PathBuf::from),
        Some(root.join("../shared")),
        Some(root.join("../../shared")),
    ]
    .into_iter()
    .flatten()
    .find(|p| p.join("corpus/expected.json").is_file())
}

fn cache() -> Option<PathBuf> {
    std::env::var_os("NEGATOSCOPE_CORPUS_CACHE")
        .map(PathBuf::from)
        .or_else(|| {
            Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/negatoscope-corpus"))
        })
        .filter(|p| p.is_dir())
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

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

#[test]
fn corpus() {
    let Some(shared) = shared() else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    let text = std::fs::read_to_string(shared.join("corpus/expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cache = cache();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines = vec![];
    for (name, about) in expected["files"].as_object().unwrap() {
        let path = match (name.strip_prefix("fetched/"), &cache) {
            (Some(rest), Some(cache)) => cache.join(rest),
            (Some(_), None) => {
                *counts.entry("absent").or_default() += 1;
                continue;
            }
            (None, _) => shared.join("corpus").join(name),
        };
        if !path.is_file() {
            *counts.entry("absent").or_default() += 1;
            continue;
        }
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
            Ok(_) if about["lossy"] == true => "lossy, not compared",
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
    assert_eq!(counts.get("wrong"), None, "\n{}", lines.join("\n"));
}
