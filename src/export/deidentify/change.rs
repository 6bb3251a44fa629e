//! The walk over a data set that does to each element what the profile says, in every item of every sequence.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    action::{self, Act, Options},
    element::{Element, Value, dictionary, is_text},
    remark::text,
    safe, table,
    value::{self, Key, Words},
};

/// Who the patient is in the copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Patient {
    /// Twelve hexadecimal digits: Patient ID, and the folder.
    pub(super) id: String,
    /// Days that dates go back: one to ten years.
    back: i64,
}

impl Patient {
    /// By Patient ID and its issuer; where there is none by name and birth, and where these are not there either, by the study.
    pub(super) fn of(elements: &[Element<'_>], key: &Key) -> Self {
        let of = |tag| text(elements, tag);
        let parts = [
            (of(tags::PATIENT_ID), of(tags::ISSUER_OF_PATIENT_ID)),
            (of(tags::PATIENT_NAME), of(tags::PATIENT_BIRTH_DATE)),
            (of(tags::STUDY_INSTANCE_UID), String::new()),
        ];
        let known = parts.iter().position(|(first, _)| !first.is_empty());
        let (first, second) = known
            .and_then(|at| parts.get(at))
            .cloned()
            .unwrap_or_default();
        let who = format!("{}\0{first}\0{second}", known.unwrap_or(3));
        let days = key.number("days", &who) % (9 * 365);
        Self {
            id: format!("{:012x}", key.number("patient", &who) >> 80),
            back: 365 + days as i64,
        }
    }
}

/// Changes one data set.
pub(super) struct Changer<'c> {
    options: &'c Options,
    key: &'c Key,
    patient: &'c Patient,
    words: Words,
    /// What was done how often, by attribute.
    pub(super) changes: BTreeMap<(String, Act), u64>,
}

/// Private creators of a data set or item, by group and block.
type Creators = BTreeMap<(u16, u16), String>;

impl<'c> Changer<'c> {
    pub(super) fn new(
        options: &'c Options,
        key: &'c Key,
        patient: &'c Patient,
        original: &[Element<'_>],
    ) -> Self {
        let mut words = Words::default();
        if options.clean_descriptors || options.retain_patient {
            gather(original, &mut words);
        }
        Self {
            options,
            key,
            patient,
            words,
            changes: BTreeMap::new(),
        }
    }

    fn note(&mut self, name: String, act: Act) {
        *self.changes.entry((name, act)).or_default() += 1;
    }

    /// The elements of a data set or of an item.
    pub(super) fn apply<'a>(&mut self, elements: Vec<Element<'a>>) -> Vec<Element<'a>> {
        let is_creator = |tag: Tag| tag.0 % 2 == 1 && (0x10..=0xFF).contains(&tag.1);
        let mut creators = Creators::new();
        if self.options.retain_safe_private {
            for element in elements.iter().filter(|e| is_creator(e.tag)) {
                let name = element.text().trim_matches([' ', '\0']).to_owned();
                creators.insert((element.tag.0, element.tag.1), name);
            }
        }
        let mut kept: Vec<Element<'a>> = Vec::with_capacity(elements.len());
        let mut waiting = vec![];
        // Private blocks of which something stays: group, block.
        let mut blocks = HashSet::new();
        for element in elements {
            let tag = element.tag;
            if tag.0 <= 4 || tag.1 == 0 {
                // Commands, meta information and directory records have no place here; group lengths are wrong now.
                if tag.1 != 0 {
                    self.note(label(tag), Act::Remove);
                }
            } else if tag.0 % 2 == 1 {
                if is_creator(tag) {
                    waiting.push(element);
                } else if let Some(vr) = safe_vr(&element, &creators) {
                    blocks.insert((tag.0, tag.1 >> 8));
                    kept.push(self.private(element, vr));
                } else {
                    self.note(label(tag), Act::Remove);
                }
            } else if matches!(tag.0, 0x5000..=0x50FF | 0x6000..=0x60FF) {
                self.note(label(tag), Act::Remove);
            } else if let Some(changed) = self.standard(element) {
                kept.push(changed);
            }
        }
        // A creator stays where something of its block stays.
        for element in waiting {
            if blocks.contains(&(element.tag.0, element.tag.1)) {
                kept.push(element);
            } else {
                self.note(label(element.tag), Act::Remove);
            }
        }
        kept.sort_by_key(|e| e.tag);
        kept
    }

    /// A private element that stays. One that holds UIDs names the same objects as the copies do.
    fn private<'a>(&mut self, element: Element<'a>, vr: VR) -> Element<'a> {
        let tag = element.tag;
        if vr == VR::UI && !self.options.retain_uids {
            let original = element.text().into_owned();
            let new = self.uids(&original);
            if new != original {
                self.note(label(tag), Act::Uid);
                return Element::of_bytes(tag, element.vr, new.into_bytes());
            }
        }
        self.note(label(tag), Act::Keep);
        element
    }

    fn standard<'a>(&mut self, mut element: Element<'a>) -> Option<Element<'a>> {
        let (tag, vr) = (element.tag, element.vr);
        if matches!(element.value, Value::Bytes(_)) && dictionary(tag) == Some(VR::SQ) {
            // Items that the walk took for bytes (UN of a defined length, PS3.5 6.2.2): nobody has looked at what they say.
            self.note(label(tag), Act::Remove);
            return None;
        }
        let (act, named) = action::of(tag, vr, self.options);
        if tag == tags::PATIENT_NAME || tag == tags::PATIENT_ID {
            self.note(label(tag), Act::Replace);
            let id = &self.patient.id;
            let text = if tag == tags::PATIENT_ID {
                id.clone()
            } else {
                format!("Anonymous^{id}")
            };
            return Some(Element::of_bytes(tag, vr, text.into_bytes()));
        }
        let said = label(tag);
        match act {
            Act::Keep => {
                if named {
                    self.note(said, act);
                }
                element.value = self.items(element.value);
                Some(element)
            }
            Act::Remove => {
                self.note(said, act);
                None
            }
            Act::Empty => {
                self.note(said, act);
                element.value = match element.value {
                    Value::Items(_) => Value::Items(vec![]),
                    _ => Value::Bytes(Cow::Borrowed(&[])),
                };
                Some(element)
            }
            Act::Replace => {
                self.note(said, act);
                Some(self.replaced(element))
            }
            Act::Uid => match element.value {
                Value::Items(_) => {
                    element.value = self.items(element.value);
                    Some(element)
                }
                Value::Bytes(ref bytes) => {
                    let original = String::from_utf8_lossy(bytes).into_owned();
                    let new = self.uids(&original);
                    if new == original {
                        return Some(element);
                    }
                    self.note(said, act);
                    Some(Element::of_bytes(tag, VR::UI, new.into_bytes()))
                }
                Value::Fragments(_) => None,
            },
            Act::Shift => {
                self.note(said, act);
                // A date that the file declares as another text is one by the dictionary.
                let is_date = |vr: &VR| matches!(*vr, VR::DA | VR::DT | VR::TM);
                let kind = dictionary(tag).filter(is_date).unwrap_or(vr);
                let moved = value::earlier(&element.text(), kind, self.patient.back);
                Some(Element::of_bytes(tag, vr, moved.into_bytes()))
            }
            Act::Clean => {
                if let Value::Items(_) = element.value {
                    self.note(said, act);
                    element.value = self.items(element.value);
                    return Some(element);
                }
                if !is_text(vr) || vr == VR::CS {
                    self.note(said, Act::Replace);
                    return Some(self.replaced(element));
                }
                self.note(said, act);
                let clean = self.words.clean(&element.text());
                Some(Element::of_bytes(tag, vr, clean.into_bytes()))
            }
        }
    }

    fn items<'a>(&mut self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Items(items) => {
                Value::Items(items.into_iter().map(|item| self.apply(item)).collect())
            }
            other => other,
        }
    }

    /// UIDs of an element, those of the standard itself left.
    fn uids(&self, original: &str) -> String {
        let one = |uid: &str| {
            let uid = uid.trim_matches([' ', '\0']);
            if uid.is_empty() || action::is_well_known(uid) {
                uid.to_owned()
            } else {
                self.key.uid(uid)
            }
        };
        original.split('\\').map(one).collect::<Vec<_>>().join("\\")
    }

    /// A dummy in the place of a value; what is empty stays so. Of a sequence: one item, its values dummies.
    fn replaced<'a>(&self, mut element: Element<'a>) -> Element<'a> {
        let (tag, vr) = (element.tag, element.vr);
        match element.value {
            Value::Items(items) if tag == tags::CONTENT_SEQUENCE => {
                element.value = Value::Items(if items.is_empty() {
                    vec![]
                } else {
                    vec![content()]
                });
                element
            }
            Value::Items(items) => {
                let first = items.into_iter().take(1).map(|item| self.dummies(item));
                element.value = Value::Items(first.collect());
                element
            }
            Value::Bytes(ref bytes) if bytes.is_empty() => element,
            Value::Bytes(ref bytes) if vr == VR::UI => {
                let text = String::from_utf8_lossy(bytes);
                Element::of_bytes(tag, vr, self.uids(&text).into_bytes())
            }
            Value::Bytes(ref bytes) => Element::of_bytes(tag, vr, value::dummies(vr, bytes)),
            Value::Fragments(_) => Element::of_bytes(tag, vr, value::dummy(vr)),
        }
    }

    fn dummies<'a>(&self, item: Vec<Element<'a>>) -> Vec<Element<'a>> {
        let stays = |e: &Element<'a>| {
            e.tag.0.is_multiple_of(2) && e.tag.1 != 0 && dictionary(e.tag).is_some()
        };
        item.into_iter()
            .filter(stays)
            .map(|e| self.replaced(e))
            .collect()
    }
}

/// A content item (PS3.3 C.17.3) that says nothing.
fn content() -> Vec<Element<'static>> {
    let text = |tag, vr, text: &str| Element::of_bytes(tag, vr, text.as_bytes().to_vec());
    let name = vec![
        text(tags::CODE_VALUE, VR::SH, "121106"),
        text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM"),
        text(tags::CODE_MEANING, VR::LO, "Comment"),
    ];
    vec![
        text(tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS"),
        text(tags::VALUE_TYPE, VR::CS, "TEXT"),
        Element {
            tag: tags::CONCEPT_NAME_CODE_SEQUENCE,
            vr: VR::SQ,
            value: Value::Items(vec![name]),
        },
        text(tags::TEXT_VALUE, VR::UT, value::DUMMY),
    ]
}

/// The Value Representation of a private attribute that may stay: not a sequence, whose items nobody looked at.
fn safe_vr(element: &Element<'_>, creators: &Creators) -> Option<VR> {
    let Tag(group, number) = element.tag;
    let creator = creators.get(&(group, number >> 8))?;
    let known = safe::vr(creator, group, number as u8)?;
    let fits = known == element.vr || (element.vr == VR::UN && known != VR::SQ);
    (fits && matches!(element.value, Value::Bytes(_))).then_some(known)
}

/// An attribute as a report names it: never by what only a private creator or a value says.
fn label(tag: Tag) -> String {
    match tag.0 {
        group if group % 2 == 1 => format!("({group:04X},xx{:02X})", tag.1 & 0xFF),
        0x5000..=0x50FF => "(50xx,xxxx)".to_owned(),
        0x6000..=0x60FF => format!("(60xx,{:04X})", tag.1),
        _ => format!("({:04X},{:04X})", tag.0, tag.1),
    }
}

/// The words of every value that identifies, anywhere in the data set.
fn gather(elements: &[Element<'_>], words: &mut Words) {
    for element in elements {
        if let Value::Items(items) = &element.value {
            for item in items {
                gather(item, words);
            }
            continue;
        }
        let number = u32::from(element.tag.0) << 16 | u32::from(element.tag.1);
        let identifies =
            table::row(number).is_some_and(|row| !row.options.contains(['c', 'p', 'P']));
        let is_name = element.vr == VR::PN || dictionary(element.tag) == Some(VR::PN);
        if is_name
            || (identifies
                && matches!(
                    element.vr,
                    VR::LO | VR::SH | VR::AE | VR::ST | VR::LT | VR::UT
                ))
        {
            words.take(&element.text(), is_name);
        }
    }
}
