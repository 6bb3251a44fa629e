//! Copies without identity (PS3.15 annex E): the Basic Profile and its options, every attribute of its table in every item of every sequence;
//! pixels are taken over byte by byte.
//!
//! Takes a file's bytes and gives the parts of a new file: its head in memory, the pixels as ranges of the source, so that a door can
//! stream them. One [`Run`] is one secret: within it UIDs, pseudonyms and moved dates agree.

mod action;
mod change;
mod element;
mod pixels;
mod remark;
mod report;
mod safe;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

pub use action::{CHOICES, Choice, Options};
pub use report::{Change, Report, Said};

use self::{
    action::Act,
    change::{Changer, Patient},
    element::{Element, Form, Value},
    value::Key,
};
use super::codes;
use crate::{
    base::{ByteSource, Error, Limits, Repair, Result},
    dicom::plain,
};

/// Media Storage Directory Storage: it names every file and every patient, and is of no use beside others.
const DIRECTORY: &str = "1.2.840.10008.1.3.10";
/// What is deflated leaves inflated: its head is written anew. The second ones have their pixels elsewhere (JPIP).
const INFLATED: [(&str, &str); 3] = [
    (
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
    ),
    ("1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.94"),
    ("1.2.840.10008.1.2.4.205", "1.2.840.10008.1.2.4.204"),
];

/// Copies that belong together.
#[derive(Debug)]
pub struct Run {
    options: Options,
    key: Key,
    names: HashSet<String>,
    changes: BTreeMap<(String, Act), u64>,
    remarks: BTreeMap<&'static str, (Repair, u64)>,
    copied: u64,
    left_out: BTreeMap<&'static str, (Error, u64)>,
}

/// A part of a new file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Bytes that were made.
    Bytes(Vec<u8>),
    /// Offset and length in [`Copy::source`].
    Range(u64, u64),
}

/// A new file.
pub struct Copy {
    /// `PATIENT/STUDY/SERIES/INSTANCE.dcm`, of pseudonyms.
    pub name: String,
    /// In order.
    pub parts: Vec<Part>,
    /// Where ranges lie.
    pub source: Rc<dyn ByteSource>,
    /// What attributes cannot mend.
    pub remarks: Vec<Repair>,
    /// What had to be tolerated while reading.
    pub repairs: Vec<Repair>,
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copy")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Copy {
    /// Bytes of the new file.
    pub fn length(&self) -> u64 {
        let of = |part: &Part| match part {
            Part::Bytes(bytes) => bytes.len() as u64,
            Part::Range(_, length) => *length,
        };
        self.parts.iter().map(of).sum()
    }

    /// Gives the new file piece by piece, none larger than a mebibyte beyond the head.
    ///
    /// # Errors
    /// Those of the source, and those of `each`.
    pub fn stream(&self, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        const STEP: u64 = 1 << 20;
        let mut buffer = vec![];
        for part in &self.parts {
            match part {
                Part::Bytes(bytes) => each(bytes)?,
                &Part::Range(from, length) => {
                    let mut done = 0;
                    while done < length {
                        let step = (length - done).min(STEP);
                        buffer.resize(step as usize, 0);
                        self.source.read_at(from + done, &mut buffer)?;
                        each(&buffer)?;
                        done += step;
                    }
                }
            }
        }
        Ok(())
    }

    /// True where a remark says that pixels show, or may show, text about the patient.
    pub fn may_show_names(&self) -> bool {
        let of_text = [&codes::BURNED_IN, &codes::MAY_BE_BURNED_IN];
        self.remarks.iter().any(|r| of_text.contains(&r.code))
    }
}

impl Run {
    /// A run with its secret: 32 bytes that no other run has, unless copies of both are to belong together.
    pub fn new(options: Options, key: [u8; 32]) -> Self {
        Self {
            options,
            key: Key::new(key),
            names: HashSet::new(),
            changes: BTreeMap::new(),
            remarks: BTreeMap::new(),
            copied: 0,
            left_out: BTreeMap::new(),
        }
    }

    /// The copy of a file.
    ///
    /// # Errors
    /// `IO-305` for a directory, `DCM-…` for what is not read, `IO-…`. Each is counted for the report.
    pub fn copy(&mut self, source: &Rc<dyn ByteSource>, limits: &Limits) -> Result<Copy> {
        let made = self.made(source, limits);
        match &made {
            Ok(copy) => {
                self.copied += 1;
                for remark in &copy.remarks {
                    let known = self.remarks.entry(remark.code.id);
                    known.or_insert_with(|| (remark.clone(), 0)).1 += 1;
                }
            }
            Err(error) => self.leave_out(error),
        }
        made
    }

    /// Counts a file that was left out.
    pub fn leave_out(&mut self, error: &Error) {
        let known = self.left_out.entry(error.code().id);
        known.or_insert_with(|| (error.clone(), 0)).1 += 1;
    }

    /// Takes a copy back that the door does not want: counted as left out instead.
    pub fn refuse(&mut self, copy: &Copy) -> Error {
        self.copied = self.copied.saturating_sub(1);
        self.names.remove(&copy.name);
        for remark in &copy.remarks {
            if let Some(known) = self.remarks.get_mut(remark.code.id) {
                known.1 = known.1.saturating_sub(1);
            }
        }
        self.remarks.retain(|_, (_, count)| *count > 0);
        let error = Error::new(&codes::LEFT_OUT);
        self.leave_out(&error);
        error
    }

    /// What was done so far, without any value.
    pub fn report(&self) -> Report {
        Report::of(self)
    }

    fn made(&mut self, source: &Rc<dyn ByteSource>, limits: &Limits) -> Result<Copy> {
        let plain = plain::read(source, limits)?;
        let form = Form {
            explicit: plain.explicit,
            big_endian: plain.big_endian,
        };
        let malformed = || Error::new(&crate::dicom::codes::MALFORMED);
        let original = element::read(&plain.head, form).ok_or_else(malformed)?;
        let text = |tag| remark::text(&original, tag);
        let class = text(tags::SOP_CLASS_UID);
        if class == DIRECTORY || original.iter().any(|e| e.tag.0 == 4) {
            return Err(Error::new(&codes::NOT_COPIED));
        }
        let remarks = remark::of(&plain, &original);
        let patient = Patient::of(&original, &self.key);
        let (study, series, instance) = (
            text(tags::STUDY_INSTANCE_UID),
            text(tags::SERIES_INSTANCE_UID),
            text(tags::SOP_INSTANCE_UID),
        );
        let mut changer = Changer::new(&self.options, &self.key, &patient, &original);
        let mut elements = changer.apply(original);
        for (what, count) in changer.changes {
            *self.changes.entry(what).or_default() += count;
        }
        self.add_method(&mut elements);
        elements.sort_by_key(|e| e.tag);
        elements.dedup_by_key(|e| e.tag);
        let new_instance = elements.iter().find(|e| e.tag == tags::SOP_INSTANCE_UID);
        let new_instance = new_instance.map(|e| e.text().into_owned());
        let new_instance = new_instance.filter(|uid| !uid.is_empty());
        // An original without one: its copy is an object that others can refer to and store all the same.
        let new_instance = new_instance.unwrap_or_else(|| {
            let uid = self.key.uid(&format!("without\0{series}\0{}", self.copied));
            let bytes = uid.clone().into_bytes();
            elements.retain(|e| e.tag != tags::SOP_INSTANCE_UID);
            elements.push(Element::of_bytes(tags::SOP_INSTANCE_UID, VR::UI, bytes));
            elements.sort_by_key(|e| e.tag);
            uid
        });
        let mut head = meta(
            &class,
            &new_instance,
            INFLATED
                .iter()
                .find(|(from, _)| *from == plain.transfer_syntax)
                .map_or(plain.transfer_syntax.as_str(), |(_, to)| to),
        );
        element::write(&elements, form, &mut head);
        let mut parts = vec![Part::Bytes(head)];
        parts.extend(pixels::parts(&plain)?);
        let short = |purpose, uid: &str| format!("{:08x}", self.key.number(purpose, uid) >> 96);
        let file = format!("{:016x}", self.key.number("instance", &instance) >> 64);
        let folder = format!(
            "{}/{}/{}",
            patient.id,
            short("study", &study),
            short("series", &series)
        );
        let mut name = format!("{folder}/{file}.dcm");
        let mut copies = 1;
        while !self.names.insert(name.clone()) {
            copies += 1;
            name = format!("{folder}/{file}-{copies}.dcm");
        }
        Ok(Copy {
            name,
            parts,
            source: plain.source,
            remarks,
            repairs: plain.repairs,
        })
    }

    /// Says in the data set what was done (PS3.15 E.1.1, 6; PS3.16 CID 7050).
    fn add_method(&self, elements: &mut Vec<Element<'_>>) {
        let own = [
            tags::PATIENT_IDENTITY_REMOVED,
            tags::DEIDENTIFICATION_METHOD,
            tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
            tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED,
        ];
        elements.retain(|e| !own.contains(&e.tag));
        let text = |tag, vr, text: &str| Element::of_bytes(tag, vr, text.as_bytes().to_vec());
        let code = |code: &str, meaning: &str| {
            vec![
                text(tags::CODE_VALUE, VR::SH, code),
                text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM"),
                text(tags::CODE_MEANING, VR::LO, meaning),
            ]
        };
        let mut items = vec![code("113100", "Basic Application Confidentiality Profile")];
        let chosen = self.options.chosen();
        items.extend(
            chosen
                .iter()
                .map(|choice| code(choice.code, choice.meaning)),
        );
        let dates = match (
            self.options.retain_full_dates,
            self.options.retain_modified_dates,
        ) {
            (_, true) => "MODIFIED",
            (true, false) => "UNMODIFIED",
            (false, false) => "REMOVED",
        };
        elements.extend([
            text(own[0], VR::CS, "YES"),
            text(
                own[1],
                VR::LO,
                concat!(
                    "Negatoscope ",
                    env!("CARGO_PKG_VERSION"),
                    ": PS3.15 E, Basic Profile 2024e"
                ),
            ),
            Element {
                tag: own[2],
                vr: VR::SQ,
                value: Value::Items(items),
            },
            text(own[3], VR::CS, dates),
        ]);
        // The plain form is in UTF-8 and says so; a data set that had no texts may not.
        if !elements
            .iter()
            .any(|e| e.tag == tags::SPECIFIC_CHARACTER_SET)
        {
            elements.push(text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"));
        }
    }
}

/// Preamble and File Meta Information (PS3.10 7.1): made anew, so that nothing of the old one is left.
fn meta(class: &str, instance: &str, syntax: &str) -> Vec<u8> {
    const FORM: Form = Form {
        explicit: true,
        big_endian: false,
    };
    let text = |element, vr, text: &str| {
        let bytes = text.trim_end_matches(['\0', ' ']).as_bytes().to_vec();
        Element::of_bytes(Tag(2, element), vr, bytes)
    };
    let elements = [
        Element::of_bytes(Tag(2, 1), VR::OB, vec![0, 1]),
        text(2, VR::UI, class),
        text(3, VR::UI, instance),
        text(0x10, VR::UI, syntax),
        text(0x12, VR::UI, super::dataset::IMPLEMENTATION),
        text(0x13, VR::SH, super::dataset::VERSION),
    ];
    let mut group = vec![];
    element::write(&elements, FORM, &mut group);
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    let length = Element::of_bytes(
        Tag(2, 0),
        VR::UL,
        (group.len() as u32).to_le_bytes().to_vec(),
    );
    element::write(&[length], FORM, &mut out);
    out.extend(group);
    out
}
