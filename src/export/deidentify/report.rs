//! What a run did, by attribute and without any value: as JSON, as CSV or as text.

use std::fmt::Write;

use dicom_core::{Tag, dictionary::DataDictionary};
use dicom_dictionary_std::StandardDataDictionary;
use serde::Serialize;

use super::Run;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The profile and the options, by their meanings in CID 7050.
    pub profile: Vec<&'static str>,
    /// Files that were copied.
    pub copied: u64,
    /// Files that were not, by why.
    pub left_out: Vec<Said>,
    /// What a person has to look at.
    pub remarks: Vec<Said>,
    /// What was done to attributes.
    pub changes: Vec<Change>,
}

/// Something that was done to an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `(gggg,eeee)`.
    pub tag: String,
    /// Keyword; empty for private ones and for those that no dictionary has.
    pub keyword: String,
    /// What was done.
    pub action: &'static str,
    /// How often, in all files, items included.
    pub count: u64,
}

/// A code with its words and how many files it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Stable code.
    pub code: &'static str,
    /// In English.
    pub text: String,
    /// Files.
    pub files: u64,
}

impl Report {
    pub(super) fn of(run: &Run) -> Self {
        let mut profile = vec!["Basic Application Confidentiality Profile"];
        profile.extend(run.options.chosen().iter().map(|choice| choice.meaning));
        let said = |code: &'static crate::base::Code, files: u64| Said {
            code: code.id,
            text: format!("{}. {}", code.cause, code.hint),
            files,
        };
        Self {
            profile,
            copied: run.copied,
            left_out: run
                .left_out
                .values()
                .map(|(e, n)| said(e.code(), *n))
                .collect(),
            remarks: run
                .remarks
                .values()
                .map(|(r, n)| said(r.code, *n))
                .collect(),
            changes: (run.changes.iter())
                .map(|((tag, act), count)| Change {
                    tag: tag.clone(),
                    keyword: keyword(tag),
                    action: act.word(),
                    count: *count,
                })
                .collect(),
        }
    }

    /// One JSON document.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// A line an attribute and action (RFC 4180).
    pub fn csv(&self) -> String {
        let mut out = String::from("tag,keyword,action,count\r\n");
        for Change {
            tag,
            keyword,
            action,
            count,
        } in &self.changes
        {
            let line = format!("\"{tag}\",{keyword},{action},{count}\r\n");
            out.push_str(&line);
        }
        out
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = format!(
            "{}\n{} files copied\n",
            self.profile.join("; "),
            self.copied
        );
        for (word, all) in [("left out", &self.left_out), ("remark", &self.remarks)] {
            for Said { code, text, files } in all {
                let _ = writeln!(out, "{word} {code}, {files} files: {text}");
            }
        }
        for Change {
            tag,
            keyword,
            action,
            count,
        } in &self.changes
        {
            let _ = writeln!(out, "{tag} {keyword:40} {action} × {count}");
        }
        out
    }
}

fn keyword(tag: &str) -> String {
    let hex = |from: usize| u16::from_str_radix(tag.get(from..from + 4)?, 16).ok();
    let found = hex(1)
        .zip(hex(6))
        .and_then(|(group, element)| StandardDataDictionary.by_tag(Tag(group, element)));
    found
        .map(|entry| entry.alias.to_owned())
        .unwrap_or_default()
}
