//! Every element as lines of text, for people.

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
    header::{HasLength, Header},
};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

use super::Instance;

/// Longest value that is printed, characters.
const LONGEST: usize = 256;

/// One element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagLine {
    /// "(0010,0010)".
    pub tag: String,
    /// Value Representation.
    pub vr: String,
    /// Keyword of PS3.6; empty for private and unknown elements.
    pub keyword: String,
    /// Values joined by `\`, cut to 256 characters; binary values as their length.
    pub value: String,
    /// Sequence depth; 0 at the top.
    pub depth: u32,
}

/// Keyword of PS3.6; empty for private and unknown elements.
pub fn keyword(tag: Tag) -> &'static str {
    StandardDataDictionary
        .by_tag(tag)
        .map_or("", |entry| entry.alias())
}

/// Every element of the head, sequences unfolded.
pub fn list(instance: &Instance) -> Vec<TagLine> {
    let mut lines = Vec::new();
    walk(instance.data(), 0, &mut lines);
    // The data set in memory is UTF-8; people want to know what the file says.
    let own = |line: &TagLine| line.depth == 0 && line.keyword == "SpecificCharacterSet";
    if let Some(at) = lines.iter().position(own) {
        if instance.character_set.is_empty() {
            lines.remove(at);
        } else if let Some(line) = lines.get_mut(at) {
            line.value.clone_from(&instance.character_set);
        }
    }
    lines
}

fn walk(data: &InMemDicomObject, depth: u32, lines: &mut Vec<TagLine>) {
    for element in data {
        let (tag, vr) = (element.tag(), element.vr());
        let mut line = TagLine {
            tag: format!("({:04X},{:04X})", tag.0, tag.1),
            vr: vr.to_string().to_owned(),
            keyword: keyword(tag).to_owned(),
            value: String::new(),
            depth,
        };
        if let Some(items) = element.items() {
            line.value = format!("{} ×", items.len());
            lines.push(line);
            for item in items {
                walk(item, depth + 1, lines);
            }
            continue;
        }
        line.value = match vr {
            VR::OB | VR::OW | VR::OF | VR::OD | VR::OL | VR::OV | VR::UN => element
                .value()
                .length()
                .get()
                .map(|n| format!("{n} bytes"))
                .unwrap_or_default(),
            _ => element
                .value()
                .to_multi_str()
                .map(|values| {
                    values
                        .iter()
                        .map(|v| v.trim_matches([' ', '\0']))
                        .collect::<Vec<_>>()
                        .join("\\")
                })
                .unwrap_or_default(),
        };
        if line.value.chars().count() > LONGEST {
            line.value = line.value.chars().take(LONGEST).chain(['…']).collect();
        }
        lines.push(line);
    }
}
