//! One shape for every failure: a stable code, the place, what was expected and what was found.

use std::{borrow::Cow, fmt};

/// The result of this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A stable error or repair code with its English words; `www/text` has the same codes in each language.
///
/// Rooms list theirs in a table (`codes.rs`), a line each; `tests/codes.rs` holds that codes are unique and translated.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `DCM-…`, `PIX-…`, `MDL-…`, `GPU-…`, `IO-…` and a number; never reused.
    pub id: &'static str,
    /// What went wrong, in one sentence.
    pub cause: &'static str,
    /// What the user can do about it.
    pub hint: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Detail {
    code: &'static Code,
    place: Option<Cow<'static, str>>,
    expected: Option<String>,
    found: Option<String>,
}

/// A failure that has a name. Boxed, so that results stay small in hot paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Detail>);

impl Error {
    /// A failure without further detail.
    pub fn new(code: &'static Code) -> Self {
        Self(Box::new(Detail {
            code,
            place: None,
            expected: None,
            found: None,
        }))
    }
    /// Where it was seen: a tag, an offset, a frame. Never patient data, never a file name.
    #[must_use]
    pub fn at(mut self, place: impl Into<Cow<'static, str>>) -> Self {
        self.0.place = Some(place.into());
        self
    }
    /// What the standard, a limit or a manifest asked for.
    #[must_use]
    pub fn expected(mut self, what: impl fmt::Display) -> Self {
        self.0.expected = Some(what.to_string());
        self
    }
    /// What was there instead. Never patient data.
    #[must_use]
    pub fn found(mut self, what: impl fmt::Display) -> Self {
        self.0.found = Some(what.to_string());
        self
    }
    /// The code with its words.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }
    /// The part of the text that no table can translate: place, expected, found.
    pub fn detail(&self) -> String {
        let mut text = String::new();
        let d = &self.0;
        if let Some(place) = &d.place {
            text.push_str(place);
        }
        for (word, value) in [("expected", &d.expected), ("found", &d.found)] {
            if let Some(value) = value {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text.push_str(word);
                text.push(' ');
                text.push_str(value);
            }
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = self.detail();
        write!(f, "{}: {}", self.0.code.id, self.0.code.cause)?;
        if !detail.is_empty() {
            write!(f, " ({detail})")?;
        }
        write!(f, ". {}", self.0.code.hint)
    }
}

impl std::error::Error for Error {}

/// A defect that was tolerated: what was wrong and what was assumed instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The code with its words; `cause` says what was wrong, `hint` what was assumed.
    pub code: &'static Code,
    /// Place and values, never patient data.
    pub detail: String,
}

impl Repair {
    /// A repair with its place and values.
    pub fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}
