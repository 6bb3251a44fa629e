//! What several tests need: where outside data lies, and hashes of values.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::trivially_copy_pass_by_ref,
    reason = "each test uses its part, and fails with it"
)]

#[cfg(feature = "cli")]
pub mod door;
pub mod make;
#[cfg(all(feature = "model", feature = "tract"))]
pub mod onnx;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The folder beside the repository that holds `corpus/expected.json`, or `None`.
pub fn shared() -> Option<PathBuf> {
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

/// The folder into which the corpus was fetched and unpacked, or `None`.
pub fn cache() -> Option<PathBuf> {
    std::env::var_os("NEGATOSCOPE_CORPUS_CACHE")
        .map(PathBuf::from)
        .or_else(|| {
            Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/negatoscope-corpus"))
        })
        .filter(|p| p.is_dir())
}

/// What outside decoders and readers say of the corpus, or `None`.
pub fn expected() -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(shared()?.join("corpus/expected.json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Where the file lies that `expected.json` calls `name`, when it is there.
pub fn corpus_file(name: &str) -> Option<PathBuf> {
    let path = match name.strip_prefix("fetched/") {
        Some(rest) => cache()?.join(rest),
        None => shared()?.join("corpus").join(name),
    };
    path.is_file().then_some(path)
}

/// SHA-256, in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}
