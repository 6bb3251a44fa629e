//! Who may name whom. This table is the law; docs/ARCHITECTURE.md says it in words.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
use std::{fs, path::Path};

const LOW_TO_HIGH: &[&[&str]] = &[
    &["base"],
    &["dicom", "codec"],
    &["study", "tone"],
    &["filter"],
    &["vision"],
    &["measure", "volume"],
    &["render"],
    &["model"],
    &["export"],
    &["cli", "web"],
];
/// The model runtime carries no renderer.
const NEVER: &[(&str, &str)] = &[("model", "render"), ("model", "volume")];
const OUTSIDE: &[(&str, &[&str])] = &[
    ("web_sys::", &["web/", "render/surface.rs"]),
    ("js_sys::", &["web/"]),
    ("wasm_bindgen::", &["web/"]),
    (
        "wgpu::",
        &[
            "render/gpu",
            "render/surface.rs",
            "filter/gpu",
            "volume/gpu",
            "model/gpu",
        ],
    ),
    ("tract_onnx::", &["model/run"]),
    ("super::super::", &[]),
    ("dicom_object::", &["dicom/", "export/"]),
    // The generated TypeScript is compared with its file in a test of messages.
    ("std::fs::", &["cli/", "web/messages/"]),
    ("std::time::", &["cli/"]),
    ("std::thread::", &["cli/"]),
];

fn level(room: &str) -> Option<usize> {
    LOW_TO_HIGH.iter().position(|l| l.contains(&room))
}

fn word(s: &str) -> &str {
    let s = s.trim_start();
    &s[..s
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(s.len())]
}

/// Rooms named by `crate::x` or `crate::{x::y, z}`, with the byte offset.
fn named(code: &str) -> Vec<(usize, &str)> {
    let mut found = vec![];
    for (at, head) in code.match_indices("crate::") {
        let rest = &code[at + head.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push((at, word(rest)));
            continue;
        };
        let (mut depth, mut start) = (0, 0);
        for (i, c) in group.char_indices() {
            if depth == 0 && matches!(c, ',' | '}') {
                found.push((at, word(&group[start..i])));
                start = i + 1;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    found
}

fn check_file(rel: &str, text: &str, bad: &mut Vec<String>) {
    if !text.starts_with("//!") {
        bad.push(format!("{rel}: the first line says what the module is for"));
    }
    let lines = text.lines().count();
    if lines > 1000 {
        bad.push(format!("{rel}: {lines} lines; one idea a file"));
    }
    let code: String = text
        .lines()
        .map(|l| l.split("//").next().unwrap().to_owned() + "\n")
        .collect();
    let mut say = |at: usize, what: String| {
        let line = code[..at].matches('\n').count() + 1;
        bad.push(format!("{rel}:{line}: {what}"));
    };
    let room = rel.split(['/', '.']).next().unwrap();
    for (at, other) in named(&code) {
        if let (Some(mine), Some(theirs)) = (level(room), level(other))
            && other != room
            && (theirs >= mine || NEVER.contains(&(room, other)))
        {
            say(at, format!("`{room}` may not use `{other}`"));
        }
    }
    for (name, places) in OUTSIDE {
        if let Some(at) = code.find(name)
            && !places.iter().any(|p| rel.starts_with(p))
        {
            say(at, format!("`{name}` only in {places:?}"));
        }
    }
}

fn check(src: &Path, dir: &Path, bad: &mut Vec<String>) {
    for path in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            check(src, &path, bad);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let rel = path.strip_prefix(src).unwrap().to_string_lossy();
            let text = fs::read_to_string(&path).unwrap();
            check_file(&rel.replace('\\', "/"), &text, bad);
        }
    }
}

#[test]
fn rooms_name_only_lower_rooms() {
    let (src, mut bad) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), vec![]);
    check(&src, &src, &mut bad);
    bad.sort();
    assert!(bad.is_empty(), "\n{}", bad.join("\n"));
}

#[test]
fn breaches_are_found() {
    let count = |rel, text: &str| {
        let mut bad = vec![];
        check_file(rel, &format!("//! x\n{text}"), &mut bad);
        bad.len()
    };
    assert_eq!(count("model/a.rs", "use crate::render::cpu;"), 1);
    assert_eq!(
        count(
            "codec/a.rs",
            "use crate::{base::Error, dicom::{A, B}, study::C};"
        ),
        2
    );
    assert_eq!(
        count(
            "tone/a.rs",
            "let x = std::fs::read(p); // fine: std::time::Instant"
        ),
        1
    );
    assert_eq!(
        count(
            "cli/a.rs",
            "use crate::{base::Limits, study, render::cpu}; use std::fs::File;"
        ),
        0
    );
    assert_eq!(count("web/a.rs", "use crate::cli::main;"), 1);
}
