//! The kinds of results that can be saved, one line each. A new one is its file and its line.

use dicom_dictionary_std::uids;

use super::{capture, codes, parametric_map, report, result, result::Export, seg};
use crate::base::{Error, Result};

/// One kind.
#[derive(Debug)]
pub struct Kind {
    /// By which it is asked for.
    pub name: &'static str,
    /// End of its file's name.
    pub end: &'static str,
    /// Series Number (0020,0011): beyond those that machines give.
    pub(super) series_number: u16,
    /// SOP Class that a report may refer to; `None` where none does.
    pub(super) evidence: Option<&'static str>,
    /// What an analysis must have for it.
    pub needs: Needs,
    /// The bytes of its file.
    write: fn(&Export<'_>, &Self) -> Result<Vec<u8>>,
}

/// What an analysis must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A label map.
    Labels,
    /// A label map and the probabilities behind it.
    Fractions,
    /// A heatmap.
    Heatmap,
    /// One of the two.
    Overlay,
    /// Scores or a label map.
    Numbers,
    /// Any finding will do.
    Nothing,
}

/// All kinds.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    Kind { name: "seg",        end: "seg.dcm",        series_number: 9301, evidence: Some(result::SEG),            needs: Needs::Labels,    write: seg::binary },
    Kind { name: "fractional", end: "fractional.dcm", series_number: 9302, evidence: Some(result::SEG),            needs: Needs::Fractions, write: seg::fractional },
    Kind { name: "labelmap",   end: "labelmap.dcm",   series_number: 9303, evidence: Some(result::LABEL_MAP),      needs: Needs::Labels,    write: seg::label_map },
    Kind { name: "pm",         end: "pm.dcm",         series_number: 9304, evidence: Some(result::PARAMETRIC_MAP), needs: Needs::Heatmap,   write: parametric_map::write },
    Kind { name: "sr",         end: "sr.dcm",         series_number: 9305, evidence: None,                         needs: Needs::Numbers,   write: report::write },
    Kind { name: "sc",         end: "sc.dcm",         series_number: 9306, evidence: None,                         needs: Needs::Overlay,   write: capture::write },
    Kind { name: "json",       end: "json",           series_number: 0,    evidence: None,                         needs: Needs::Nothing,   write: json },
];

/// The kind of that name.
pub fn by_name(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl Kind {
    /// The bytes of its file.
    ///
    /// # Errors
    /// `IO-303` where the source has no identity, `IO-304` where the finding has nothing of the kind; what reading a frame gives, where it is painted.
    pub fn write(&self, export: &Export<'_>) -> Result<Vec<u8>> {
        (self.write)(export, self)
    }
}

/// The finding as a document of its own.
fn json(export: &Export<'_>, _: &Kind) -> Result<Vec<u8>> {
    let refused = |error| Error::new(&codes::NOT_ENCODED).found(error);
    let mut text = serde_json::to_vec_pretty(export.finding).map_err(refused)?;
    text.push(b'\n');
    Ok(text)
}

/// Comprehensive 3D SR, which may hold all that TID 1500 asks for.
pub(super) const SR: &str = uids::COMPREHENSIVE3_DSR_STORAGE;
