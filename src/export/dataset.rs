//! A data set under construction, and its file: Part 10 (PS3.10 7), Explicit VR Little Endian (PS3.5 A.2), all lengths defined.
//!
//! Value Representations come from the dictionary, text is UTF-8, and Specific Character Set (0008,0005) says so where a text needs it.

use std::collections::BTreeMap;

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, VirtualVr},
    header::Header,
};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};

use super::codes;
use crate::{
    base::{Error, Result},
    dicom::Item,
};

/// Implementation Class UID (0002,0012): one for all versions.
pub(super) const IMPLEMENTATION: &str = "2.25.307182046291358040216853994208761236141";
/// Implementation Version Name (0002,0013).
pub(super) const VERSION: &str = concat!("NEGATOSCOPE_", env!("CARGO_PKG_VERSION_MINOR"));
/// Longest value of a Value Representation whose length has two bytes.
const SHORT: usize = 0xFFFE;

/// Elements by tag. Nothing in it is checked against an object's definition: that is its maker's business.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DataSet {
    elements: BTreeMap<Tag, (VR, Value)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// As in the file, without padding.
    Bytes(Vec<u8>),
    Items(Vec<DataSet>),
}

impl DataSet {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// True where the element is there, empty or not.
    pub(super) fn has(&self, tag: Tag) -> bool {
        self.elements.contains_key(&tag)
    }

    /// A text of one value: control characters and, where it would part values, the backslash are replaced; cut to what its Value
    /// Representation may hold.
    pub(super) fn text(&mut self, tag: Tag, text: &str) -> &mut Self {
        let vr = vr_of(tag);
        let clean: String = text
            .chars()
            .map(|c| match c {
                '\\' if !matches!(vr, VR::ST | VR::LT | VR::UT) => '/',
                '\n' | '\r' if matches!(vr, VR::ST | VR::LT | VR::UT) => c,
                c if c.is_control() => ' ',
                c => c,
            })
            .take(longest(vr))
            .collect();
        self.put(tag, vr, clean.into_bytes())
    }

    /// Several texts that are known to fit.
    pub(super) fn texts(&mut self, tag: Tag, texts: &[&str]) -> &mut Self {
        self.put(tag, vr_of(tag), texts.join("\\").into_bytes())
    }

    /// Numbers, as the element's Value Representation writes them: text or binary.
    pub(super) fn numbers(&mut self, tag: Tag, numbers: &[f64]) -> &mut Self {
        let vr = vr_of(tag);
        let mut bytes = vec![];
        if vr == VR::DS {
            let texts: Vec<String> = numbers.iter().map(|n| decimal(*n)).collect();
            bytes = texts.join("\\").into_bytes();
        } else if vr == VR::IS {
            let texts: Vec<String> = numbers.iter().map(|n| format!("{n:.0}")).collect();
            bytes = texts.join("\\").into_bytes();
        } else {
            for &number in numbers {
                match vr {
                    VR::FL | VR::OF => bytes.extend((number as f32).to_le_bytes()),
                    VR::UL | VR::OL => bytes.extend((number as u32).to_le_bytes()),
                    VR::US => bytes.extend((number as u16).to_le_bytes()),
                    VR::SS => bytes.extend((number as i16).to_le_bytes()),
                    VR::SL => bytes.extend((number as i32).to_le_bytes()),
                    _ => bytes.extend(number.to_le_bytes()),
                }
            }
        }
        self.put(tag, vr, bytes)
    }

    /// A tag as a value.
    pub(super) fn pointer(&mut self, tag: Tag, to: Tag) -> &mut Self {
        let bytes = [to.0.to_le_bytes(), to.1.to_le_bytes()].concat();
        self.put(tag, VR::AT, bytes)
    }

    /// Bytes as they are.
    pub(super) fn bytes(&mut self, tag: Tag, vr: VR, bytes: Vec<u8>) -> &mut Self {
        self.put(tag, vr, bytes)
    }

    /// A sequence; without items it is there and empty.
    pub(super) fn items(&mut self, tag: Tag, items: Vec<Self>) -> &mut Self {
        self.elements.insert(tag, (VR::SQ, Value::Items(items)));
        self
    }

    /// A sequence of one item.
    pub(super) fn item(&mut self, tag: Tag, item: Self) -> &mut Self {
        self.items(tag, vec![item])
    }

    /// Takes an element away.
    pub(super) fn remove(&mut self, tag: Tag) -> &mut Self {
        self.elements.remove(&tag);
        self
    }

    fn put(&mut self, tag: Tag, vr: VR, bytes: Vec<u8>) -> &mut Self {
        self.elements.insert(tag, (vr, Value::Bytes(bytes)));
        self
    }

    /// Takes elements over from a data set that was read, as they are; one whose value breaks the rules of its Value Representation is left
    /// out, since a new object must not be a wrong one. A number of more than 16 characters is written shorter.
    pub(super) fn copy(&mut self, from: &Item, tags: &[Tag]) -> &mut Self {
        for &tag in tags {
            if let Some(copied) = from.get(tag).and_then(copied) {
                self.elements.insert(tag, copied);
            }
        }
        self
    }

    /// The same; what is not there is written empty (Type 2 of PS3.5 7.4).
    pub(super) fn copy_or_empty(&mut self, from: &Item, tags: &[Tag]) -> &mut Self {
        for &tag in tags {
            self.copy(from, &[tag]);
            if !self.has(tag) {
                self.put(tag, vr_of(tag), vec![]);
            }
        }
        self
    }

    /// The whole file. SOP Class and SOP Instance UID are taken from the data set.
    ///
    /// # Errors
    /// `IO-301` where a length does not fit into its 32 bits.
    pub(super) fn file(mut self) -> Result<Vec<u8>> {
        let most = u32::MAX - 1;
        if self.length() as u64 > u64::from(most) {
            return Err(Error::new(&codes::NOT_ENCODED)
                .expected(format!("at most {most} bytes"))
                .found(self.length()));
        }
        if !self.is_ascii() {
            self.text(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192");
        }
        let own = |tag| match self.elements.get(&tag) {
            Some((_, Value::Bytes(bytes))) => bytes.clone(),
            _ => vec![],
        };
        let mut meta = Self::new();
        meta.bytes(Tag(2, 1), VR::OB, vec![0, 1])
            .bytes(Tag(2, 2), VR::UI, own(tags::SOP_CLASS_UID))
            .bytes(Tag(2, 3), VR::UI, own(tags::SOP_INSTANCE_UID))
            .bytes(
                Tag(2, 0x10),
                VR::UI,
                uids::EXPLICIT_VR_LITTLE_ENDIAN.as_bytes().to_vec(),
            )
            .bytes(Tag(2, 0x12), VR::UI, IMPLEMENTATION.as_bytes().to_vec())
            .bytes(Tag(2, 0x13), VR::SH, VERSION.as_bytes().to_vec());
        let mut length = Self::new();
        length.bytes(
            Tag(2, 0),
            VR::UL,
            (meta.length() as u32).to_le_bytes().to_vec(),
        );
        let mut out = Vec::with_capacity(512 + self.length());
        out.resize(128, 0);
        out.extend(b"DICM");
        length.write(&mut out);
        meta.write(&mut out);
        self.write(&mut out);
        Ok(out)
    }

    fn is_ascii(&self) -> bool {
        self.elements.values().all(|(vr, value)| match value {
            Value::Bytes(bytes) => !is_text(*vr) || bytes.is_ascii(),
            Value::Items(items) => items.iter().all(Self::is_ascii),
        })
    }

    fn length(&self) -> usize {
        self.elements
            .values()
            .map(|(vr, value)| head(*vr) + value.length())
            .sum()
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (tag, (vr, value)) in &self.elements {
            out.extend(tag.0.to_le_bytes());
            out.extend(tag.1.to_le_bytes());
            out.extend(vr.to_bytes());
            let length = value.length();
            if head(*vr) == 12 {
                out.extend([0, 0]);
                out.extend((length as u32).to_le_bytes());
            } else {
                out.extend((length as u16).to_le_bytes());
            }
            match value {
                Value::Bytes(bytes) => {
                    out.extend_from_slice(bytes);
                    if bytes.len() % 2 == 1 {
                        out.push(if is_text(*vr) && *vr != VR::UI {
                            b' '
                        } else {
                            0
                        });
                    }
                }
                Value::Items(items) => {
                    for item in items {
                        out.extend([0xFE, 0xFF, 0x00, 0xE0]);
                        out.extend((item.length() as u32).to_le_bytes());
                        item.write(out);
                    }
                }
            }
        }
    }
}

impl Value {
    fn length(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len().next_multiple_of(2),
            Self::Items(items) => items.iter().map(|item| 8 + item.length()).sum(),
        }
    }
}

/// Bytes before a value: tag, Value Representation, length.
fn head(vr: VR) -> usize {
    let long = matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    );
    if long { 12 } else { 8 }
}

/// Longest value in characters (PS3.5 table 6.2-1).
fn longest(vr: VR) -> usize {
    match vr {
        VR::SH | VR::CS | VR::AE | VR::DS => 16,
        VR::IS => 12,
        VR::LO | VR::PN | VR::UI => 64,
        VR::ST => 1024,
        VR::LT => 10240,
        _ => usize::MAX,
    }
}

fn is_text(vr: VR) -> bool {
    matches!(
        vr,
        VR::AE
            | VR::AS
            | VR::CS
            | VR::DA
            | VR::DS
            | VR::DT
            | VR::IS
            | VR::LO
            | VR::LT
            | VR::PN
            | VR::SH
            | VR::ST
            | VR::TM
            | VR::UC
            | VR::UI
            | VR::UR
            | VR::UT
    )
}

fn vr_of(tag: Tag) -> VR {
    match StandardDataDictionary.by_tag(tag).map(|entry| entry.vr) {
        Some(VirtualVr::Exact(vr)) => vr,
        Some(VirtualVr::Xs) => VR::US,
        Some(_) => VR::OW,
        None => VR::UN,
    }
}

/// A number in at most 16 characters (DS), as exact as they allow.
pub(super) fn decimal(number: f64) -> String {
    if !number.is_finite() {
        return "0".to_owned();
    }
    let plain = format!("{number}");
    if plain.len() <= 16 {
        return plain;
    }
    let tried = |text: String| (text.len() <= 16).then_some(text);
    let fixed = || {
        let size = number.abs();
        (0..16)
            .rev()
            .find_map(|places| tried(format!("{number:.places$}")))
            .filter(|_| (1e-4..1e14).contains(&size))
    };
    let exponent = || {
        (0..16)
            .rev()
            .find_map(|places| tried(format!("{number:.places$e}")))
    };
    fixed().or_else(exponent).unwrap_or_else(|| "0".to_owned())
}

/// An element that was read, as it is written again; `None` where its value breaks a rule.
fn copied(element: &dicom_object::mem::InMemElement) -> Option<(VR, Value)> {
    let vr = element.vr();
    if let Some(items) = element.items() {
        let item = |item: &Item| {
            let mut whole = DataSet::new();
            for element in item {
                // Its text is UTF-8 now, and the file says so.
                if element.tag() != tags::SPECIFIC_CHARACTER_SET {
                    whole.elements.insert(element.tag(), copied(element)?);
                }
            }
            Some(whole)
        };
        let items = items.iter().map(item).collect::<Option<Vec<_>>>()?;
        return Some((vr, Value::Items(items)));
    }
    if !is_text(vr) {
        let bytes = element.value().to_bytes().ok()?.into_owned();
        return (head(vr) == 12 || bytes.len() <= SHORT).then_some((vr, Value::Bytes(bytes)));
    }
    let texts = element.value().to_multi_str().ok()?;
    let trim = |t: &String| {
        let text = t.trim_end_matches([' ', '\0']);
        if matches!(vr, VR::ST | VR::LT | VR::UT) {
            text.to_owned()
        } else {
            text.trim_start_matches(' ').to_owned()
        }
    };
    let texts: Vec<String> = texts
        .iter()
        .map(trim)
        .map(|text| follows(vr, &text).then(|| shorter(vr, text)))
        .collect::<Option<_>>()?;
    let bytes = texts.join("\\").into_bytes();
    (head(vr) == 12 || bytes.len() <= SHORT).then_some((vr, Value::Bytes(bytes)))
}

fn shorter(vr: VR, text: String) -> String {
    match text.parse::<f64>() {
        Ok(number) if vr == VR::DS && text.len() > 16 => decimal(number),
        _ => text,
    }
}

/// One value keeps the rules of its Value Representation (PS3.5 table 6.2-1). Names and free texts always do: they say who it is.
fn follows(vr: VR, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() {
        return true;
    }
    match vr {
        VR::DA => text.len() == 8 && digits(text),
        VR::TM => {
            let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
            let full = text.contains('.');
            digits(whole)
                && matches!(whole.len(), 2 | 4 | 6)
                && (!full || whole.len() == 6)
                && digits(part)
                && part.len() <= 6
        }
        VR::AS => {
            text.len() == 4
                && text.get(..3).is_some_and(digits)
                && text.ends_with(['D', 'W', 'M', 'Y'])
        }
        VR::CS => {
            text.len() <= 16
                && text
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b" _".contains(&b))
        }
        VR::UI => is_uid(text),
        VR::DS => text.parse::<f64>().is_ok_and(f64::is_finite),
        VR::IS => text.len() <= 12 && text.parse::<i32>().is_ok(),
        _ => true,
    }
}

/// A UID by its form (PS3.5 9.1).
pub(super) fn is_uid(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    text.len() <= 64 && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        base::{Limits, MemorySource},
        dicom::Instance,
    };

    fn read(file: Vec<u8>) -> Instance {
        let source = Rc::new(MemorySource::new("made", file));
        Instance::read(&(source as _), &Limits::default()).unwrap()
    }

    #[test]
    fn what_was_written_reads_back() {
        let mut inner = DataSet::new();
        inner.text(tags::CODE_MEANING, "Gehirn: Größe");
        let mut set = DataSet::new();
        set.text(tags::SOP_CLASS_UID, uids::SEGMENTATION_STORAGE)
            .text(tags::SOP_INSTANCE_UID, "2.25.1")
            .text(tags::PATIENT_NAME, "山田^太郎")
            .text(tags::SERIES_DESCRIPTION, &"a\\b\n".repeat(30))
            .numbers(tags::PIXEL_SPACING, &[0.1 + 0.2, 1.0 / 3.0])
            .numbers(tags::ROWS, &[300.0])
            .numbers(tags::INSTANCE_NUMBER, &[7.0])
            .item(tags::CONCEPT_NAME_CODE_SEQUENCE, inner)
            .items(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![]);
        let back = read(set.file().unwrap());
        assert_eq!(back.repairs, []);
        assert_eq!(back.text(tags::PATIENT_NAME).unwrap(), "山田^太郎");
        let long = back.text(tags::SERIES_DESCRIPTION).unwrap();
        // Of 64 characters the last is a space, which pads.
        assert_eq!(long.len(), 63);
        assert!(long.starts_with("a/b a/b"));
        assert_eq!(back.number(tags::ROWS), Some(300.0));
        assert_eq!(back.text(tags::INSTANCE_NUMBER).as_deref(), Some("7"));
        let spacing = back.numbers(tags::PIXEL_SPACING);
        assert!((spacing[0] - 0.3).abs() < 1e-13 && (spacing[1] - 1.0 / 3.0).abs() < 1e-13);
        let items = back.items(tags::CONCEPT_NAME_CODE_SEQUENCE);
        assert_eq!(
            crate::dicom::text_of(items[0], tags::CODE_MEANING).as_deref(),
            Some("Gehirn: Größe")
        );
        assert!(
            back.items(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE)
                .is_empty()
        );
    }

    #[test]
    fn decimals_have_sixteen_characters_at_most() {
        for number in [
            0.0,
            -91.4495864331908,
            1.0 / 3.0,
            -1e-7 / 3.0,
            1e20 / 7.0,
            -123_456_789.123_456_79,
            f64::MIN_POSITIVE,
        ] {
            let text = decimal(number);
            assert!(text.len() <= 16, "{text}");
            let off = (text.parse::<f64>().unwrap() - number).abs();
            assert!(off <= number.abs() * 1e-7, "{text} {number}");
        }
        assert_eq!(decimal(f64::NAN), "0");
    }

    #[test]
    fn a_wrong_value_is_not_taken_over() {
        let mut set = DataSet::new();
        set.text(tags::SOP_CLASS_UID, uids::SEGMENTATION_STORAGE)
            .text(tags::SOP_INSTANCE_UID, "2.25.1")
            .text(tags::PATIENT_AGE, "42")
            .text(tags::PATIENT_BIRTH_DATE, "1966-1-1")
            .text(tags::PATIENT_ID, "a b")
            .text(tags::STUDY_TIME, "141500.25");
        let source = read(set.file().unwrap());
        let mut copy = DataSet::new();
        copy.copy_or_empty(
            source.data(),
            &[tags::PATIENT_BIRTH_DATE, tags::PATIENT_SEX],
        )
        .copy(
            source.data(),
            &[tags::PATIENT_AGE, tags::PATIENT_ID, tags::STUDY_TIME],
        );
        assert!(!copy.has(tags::PATIENT_AGE));
        let back = read(copy.file().unwrap());
        assert_eq!(back.text(tags::PATIENT_ID).as_deref(), Some("a b"));
        assert_eq!(back.text(tags::STUDY_TIME).as_deref(), Some("141500.25"));
        assert_eq!(back.text(tags::PATIENT_BIRTH_DATE), None);
        assert!(back.bytes(tags::PATIENT_SEX).is_some());
    }
}
