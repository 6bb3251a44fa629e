//! Limits that are checked before anything is allocated. A refusal names the limit.

use std::fmt::Display;

use super::{Error, Repair, Result, source::codes};

/// What one input may cost. All can be set; the defaults suit a browser tab.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest file that is looked at.
    pub file_bytes: u64,
    /// Largest head (everything but pixel data) that is parsed.
    pub head_bytes: u64,
    /// Largest frame: rows × columns × samples.
    pub frame_samples: u64,
    /// Most frames in one instance.
    pub frames: u32,
    /// Deepest sequence nesting (PS3.5 7.5 sets none; 64 is far beyond real use).
    pub nesting: u32,
    /// Most elements in one data set, nested ones included.
    pub elements: u32,
    /// Most entries of an archive.
    pub archive_entries: u32,
    /// Largest ratio of unpacked to packed size, beyond the first MiB.
    pub archive_ratio: u64,
    /// Most unpacked bytes of one archive or deflated data set.
    pub unpacked_bytes: u64,
    /// Most bytes of one video, which is held in memory.
    pub video_bytes: u64,
    /// Largest model file.
    pub model_bytes: u64,
    /// Most bytes that a network's tensors and weights may take.
    pub model_memory: u64,
    /// Largest volume that a model is given: columns × rows × slices.
    pub volume_voxels: u64,
    /// Most bytes of voxels that are kept for planes and rendering; beyond it they are kept at a coarser resolution.
    pub volume_bytes: u64,
    /// No defect is tolerated: what would be repaired is refused.
    pub strict: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 30,
            head_bytes: 64 << 20,
            frame_samples: 1 << 28,
            frames: 1 << 20,
            nesting: 64,
            elements: 1 << 20,
            archive_entries: 100_000,
            archive_ratio: 100,
            unpacked_bytes: 2 << 30,
            video_bytes: 512 << 20,
            model_bytes: 256 << 20,
            model_memory: 2 << 30,
            volume_voxels: 1 << 27,
            volume_bytes: 512 << 20,
            strict: false,
        }
    }
}

impl Limits {
    /// Sets the limit of that name.
    ///
    /// # Errors
    /// What would do, where there is no such limit or the number does not fit.
    pub fn set(&mut self, name: &str, number: u64) -> Result<(), String> {
        let mut all = serde_json::to_value(&*self).unwrap_or_default();
        let place =
            (all.get_mut(name).filter(|value| value.is_number())).ok_or_else(Self::names)?;
        *place = number.into();
        *self =
            serde_json::from_value(all).map_err(|_too_large| format!("at most {}", u32::MAX))?;
        Ok(())
    }

    /// The names of all that can be set, for people.
    pub fn names() -> String {
        let all = serde_json::to_value(Self::default()).unwrap_or_default();
        let numbers = all.as_object().into_iter().flatten();
        let numbers = numbers.filter(|(_, value)| value.is_number());
        let names: Vec<_> = numbers.map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }

    /// Lets repairs pass, unless none is wanted.
    ///
    /// # Errors
    /// `IO-003` with the codes of the repairs, where `strict` is set and there are any.
    pub fn tolerate(&self, repairs: &[Repair]) -> Result<()> {
        if !self.strict || repairs.is_empty() {
            return Ok(());
        }
        let mut found: Vec<String> = vec![];
        for Repair { code, detail } in repairs {
            let one = match detail.as_str() {
                "" => format!("{}: {}", code.id, code.cause),
                detail => format!("{}: {}, {detail}", code.id, code.cause),
            };
            if !found.contains(&one) {
                found.push(one);
            }
        }
        Err(Error::new(&codes::STRICT).found(found.join("; ")))
    }

    /// What a refusal expected, by the limit's name.
    pub fn at_most(name: &str, number: impl Display) -> String {
        format!("at most {number} (limit {name})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Code;

    #[test]
    fn a_limit_is_set_by_its_name() {
        let mut limits = Limits::default();
        limits.set("frame_samples", 9).unwrap();
        limits.set("frames", 7).unwrap();
        assert_eq!((limits.frame_samples, limits.frames), (9, 7));
        assert_eq!(limits.unpacked_bytes, Limits::default().unpacked_bytes);
        let names = limits.set("frame_sample", 9).unwrap_err();
        assert!(names.contains("frame_samples, frames"), "{names}");
        assert!(!names.contains("strict"), "it is no number: {names}");
        assert!(limits.set("strict", 1).is_err());
        assert!(limits.set("frames", 1 << 33).is_err());
        assert_eq!(limits.frames, 7, "nothing changed");
    }

    #[test]
    fn strict_refuses_and_names_what_it_found() {
        const DEFECT: Code = Code {
            id: "X",
            cause: "Bent",
            hint: "",
        };
        let repairs = [Repair::new(&DEFECT, ""), Repair::new(&DEFECT, "")];
        let mut limits = Limits::default();
        limits.tolerate(&repairs).unwrap();
        limits.strict = true;
        limits.tolerate(&[]).unwrap();
        let refusal = limits.tolerate(&repairs).unwrap_err();
        assert_eq!(refusal.code().id, "IO-003");
        assert_eq!(refusal.detail(), "found X: Bent");
    }
}
