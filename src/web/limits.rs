//! The limits that a page around the viewer sets.

use std::collections::BTreeMap;

use crate::base::{Code, Error, Limits, Result};

/// The page sets a limit that there is not.
pub(crate) const LIMITS: Code = Code {
    id: "IO-092",
    cause: "The limits that this page sets cannot be understood",
    hint: "Whoever made the page: a JSON object of names and whole numbers",
};

/// The limits of a JSON object (`{"frame_samples": 1000000}`; may be empty), the others by default.
///
/// # Errors
/// `IO-092` where it is none, or names a limit that there is not.
pub(crate) fn of(json: &str, strict: bool) -> Result<Limits> {
    let mut limits = Limits {
        strict,
        ..Limits::default()
    };
    if json.trim().is_empty() {
        return Ok(limits);
    }
    let wrong = || Error::new(&LIMITS);
    let numbers: BTreeMap<String, u64> =
        serde_json::from_str(json).map_err(|e| wrong().found(e))?;
    for (name, number) in numbers {
        let set = limits.set(&name, number);
        set.map_err(|other| wrong().expected(other).found(format!("{name}={number}")))?;
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_whole_numbers() {
        let two = of(r#"{"frame_samples": 9, "frames": 7}"#, true).unwrap();
        assert_eq!((two.frame_samples, two.frames, two.strict), (9, 7, true));
        assert_eq!(of(" ", false).unwrap(), Limits::default());
        for wrong in [
            "ten",
            "[]",
            r#"{"frame_sample": 9}"#,
            r#"{"strict": 1}"#,
            r#"{"frames": -1}"#,
            r#"{"frames": 1.5}"#,
            r#"{"frames": 4294967296}"#,
        ] {
            assert_eq!(of(wrong, false).unwrap_err().code(), &LIMITS, "{wrong}");
        }
    }
}
