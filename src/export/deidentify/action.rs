//! What is done to an attribute: the table's line under the options that were chosen, and rules for what the table does not name.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{element::dictionary, table};

/// The Basic Profile's column, as PS3.15 table E.1-1a names the actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "the table's own letters")]
pub(super) enum Basic {
    /// Removed.
    X,
    /// Emptied.
    Z,
    /// Replaced.
    D,
    /// A UID that is replaced in the same way everywhere.
    U,
    /// X, or Z where the object asks for it; the others likewise.
    XZ,
    XD,
    XZD,
    ZD,
    XZU,
}

/// Options of PS3.15 E.3 that are carried out. All off is the Basic Profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is chosen by itself, as the standard has them"
)]
pub struct Options {
    /// E.3.9: UIDs stay.
    pub retain_uids: bool,
    /// E.3.8: what tells the machine stays.
    pub retain_device: bool,
    /// E.3.11: the institution stays.
    pub retain_institution: bool,
    /// E.3.7: sex, age, size, weight and the like stay.
    pub retain_patient: bool,
    /// E.3.6: dates and times stay.
    pub retain_full_dates: bool,
    /// E.3.6: dates are moved by the same number of days for all of a patient; comes before `retain_full_dates`.
    pub retain_modified_dates: bool,
    /// E.3.5: descriptions stay without words that identify.
    pub clean_descriptors: bool,
    /// E.3.4: the content of reports stays without what identifies.
    pub clean_structured: bool,
    /// E.3.10: private attributes that are thought to be safe stay.
    pub retain_safe_private: bool,
}

/// An option: name, code of CID 7050 with its meaning, and its switch.
#[derive(Debug)]
pub struct Choice {
    /// By which it is asked for.
    pub name: &'static str,
    /// Code Value in DCM.
    pub code: &'static str,
    /// Code Meaning.
    pub meaning: &'static str,
    switch: fn(&mut Options) -> &mut bool,
}

/// All options, a line each.
#[rustfmt::skip]
pub const CHOICES: &[Choice] = &[
    Choice { name: "clean-structured-content",       code: "113104", meaning: "Clean Structured Content Option",        switch: |o| &mut o.clean_structured },
    Choice { name: "clean-descriptors",              code: "113105", meaning: "Clean Descriptors Option",               switch: |o| &mut o.clean_descriptors },
    Choice { name: "retain-full-dates",              code: "113106", meaning: "Retain Longitudinal Temporal Information Full Dates Option", switch: |o| &mut o.retain_full_dates },
    Choice { name: "retain-modified-dates",          code: "113107", meaning: "Retain Longitudinal Temporal Information Modified Dates Option", switch: |o| &mut o.retain_modified_dates },
    Choice { name: "retain-patient-characteristics", code: "113108", meaning: "Retain Patient Characteristics Option", switch: |o| &mut o.retain_patient },
    Choice { name: "retain-device-identity",         code: "113109", meaning: "Retain Device Identity Option",         switch: |o| &mut o.retain_device },
    Choice { name: "retain-uids",                    code: "113110", meaning: "Retain UIDs Option",                     switch: |o| &mut o.retain_uids },
    Choice { name: "retain-safe-private",            code: "113111", meaning: "Retain Safe Private Option",             switch: |o| &mut o.retain_safe_private },
    Choice { name: "retain-institution-identity",    code: "113112", meaning: "Retain Institution Identity Option",    switch: |o| &mut o.retain_institution },
];

impl Options {
    /// By names of [`CHOICES`].
    ///
    /// # Errors
    /// A name that is none, or what excludes another.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut options = Self::default();
        for name in names {
            let choice = CHOICES.iter().find(|choice| choice.name == name);
            *(choice.ok_or_else(|| name.to_owned())?.switch)(&mut options) = true;
        }
        if options.retain_full_dates && options.retain_modified_dates {
            return Err("retain-full-dates with retain-modified-dates".to_owned());
        }
        Ok(options)
    }

    /// Those that were chosen.
    pub fn chosen(mut self) -> Vec<&'static Choice> {
        let on = |choice: &&Choice| *(choice.switch)(&mut self);
        CHOICES.iter().filter(on).collect()
    }
}

/// What is done to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// As it is; of a sequence, each item by itself.
    Keep,
    /// Gone.
    Remove,
    /// There, without a value.
    Empty,
    /// Another value.
    Replace,
    /// Another UID, the same wherever it stands.
    Uid,
    /// A date moved.
    Shift,
    /// A text without words that identify; of a sequence, each item by itself.
    Clean,
}

impl Act {
    /// For a report.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Keep => "kept by an option",
            Self::Remove => "removed",
            Self::Empty => "emptied",
            Self::Replace => "replaced",
            Self::Uid => "UID replaced",
            Self::Shift => "date moved",
            Self::Clean => "cleaned",
        }
    }
}

/// UIDs that say of what kind something is, and never which one.
const KINDS: &[Tag] = &[
    tags::SOP_CLASS_UID,
    tags::RELATED_GENERAL_SOP_CLASS_UID,
    tags::ORIGINAL_SPECIALIZED_SOP_CLASS_UID,
    tags::REFERENCED_SOP_CLASS_UID,
    tags::CODING_SCHEME_UID,
    tags::CONTEXT_UID,
    tags::MAPPING_RESOURCE_UID,
];

/// UIDs of the standard itself.
pub(super) fn is_well_known(uid: &str) -> bool {
    uid.starts_with("1.2.840.10008.")
}

/// Group and element in one number.
fn number(tag: Tag) -> u32 {
    u32::from(tag.0) << 16 | u32::from(tag.1)
}

/// What is done to an element of the standard, and whether the table names it. Private ones, curves and overlays are the caller's.
pub(super) fn of(tag: Tag, vr: VR, options: &Options) -> (Act, bool) {
    match table::row(number(tag)) {
        Some(row) => (named(row, vr, options), true),
        None => (unnamed(tag, vr, options), false),
    }
}

/// Where the table's line, or the choice that it leaves, breaks each definition of an object that has the attribute: sequences that are
/// absent or have an item (types 3 and 1C, so never empty), and what a presentation state has to have (PS3.3 C.11.10) though the line says X.
#[rustfmt::skip]
const SUITED: &[(Tag, Act)] = &[
    (tags::INSTITUTION_CODE_SEQUENCE,                    Act::Remove),
    (tags::REFERENCED_STUDY_SEQUENCE,                    Act::Remove),
    (tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, Act::Remove),
    (tags::PRESENTATION_CREATION_DATE,                   Act::Replace),
    (tags::PRESENTATION_CREATION_TIME,                   Act::Replace),
];

fn named(row: &table::Row, vr: VR, options: &Options) -> Act {
    let has = |letter| row.options.contains(letter);
    let is_date = matches!(vr, VR::DA | VR::DT | VR::TM);
    if has('t') && is_date && options.retain_modified_dates {
        return Act::Shift;
    }
    let kept = (has('t') && options.retain_full_dates)
        || (has('u') && options.retain_uids)
        || (has('v') && options.retain_device)
        || (has('i') && options.retain_institution)
        || (has('p') && options.retain_patient);
    if kept {
        return Act::Keep;
    }
    if has('V') && options.retain_device {
        return Act::Replace;
    }
    let cleaned = (has('P') && options.retain_patient)
        || (has('c') && options.clean_descriptors)
        || (has('s') && options.clean_structured);
    if cleaned {
        return Act::Clean;
    }
    let suited = SUITED.iter().find(|(tag, _)| number(*tag) == row.tag);
    if let Some((_, act)) = suited {
        return *act;
    }
    // Which of two actions an object's definition asks for is not looked up: the one that suits all of them is taken.
    match row.basic {
        Basic::X => Act::Remove,
        Basic::Z | Basic::XZ => Act::Empty,
        Basic::U | Basic::XZU => Act::Uid,
        Basic::XZD if vr == VR::SQ => Act::Empty,
        Basic::D if vr == VR::UI => Act::Uid,
        Basic::D | Basic::ZD | Basic::XD | Basic::XZD => Act::Replace,
    }
}

/// Beyond the table, by Value Representation: names, dates, UIDs, addresses and free texts of attributes that it does not name, or does not
/// name yet (note 4 to PS3.15 E.1.1).
fn unnamed(tag: Tag, vr: VR, options: &Options) -> Act {
    // What it is, is said by the dictionary: a name that a file declares as another kind of text is a name. Only where that lets it stay
    // does the file's own Value Representation have a say.
    match dictionary(tag) {
        None => Act::Remove,
        Some(known) if known != vr && known != VR::UN && vr != VR::UN => {
            match by_vr(tag, known, options) {
                Act::Keep => by_vr(tag, vr, options),
                other => other,
            }
        }
        Some(_) => by_vr(tag, vr, options),
    }
}

fn by_vr(tag: Tag, vr: VR, options: &Options) -> Act {
    match vr {
        VR::DA | VR::DT | VR::TM if options.retain_modified_dates => Act::Shift,
        VR::DA | VR::DT | VR::TM if options.retain_full_dates => Act::Keep,
        VR::ST | VR::LT | VR::UT | VR::UC if options.clean_descriptors => Act::Clean,
        VR::PN | VR::DA | VR::DT | VR::TM | VR::ST | VR::LT | VR::UT | VR::UC => Act::Replace,
        VR::UI if options.retain_uids || KINDS.contains(&tag) => Act::Keep,
        VR::UI => Act::Uid,
        VR::AE if options.retain_device => Act::Keep,
        VR::AS if options.retain_patient => Act::Keep,
        VR::AE | VR::AS | VR::UR | VR::UN => Act::Remove,
        _ => match name(tag) {
            None => Act::Keep,
            Some(true) if options.retain_device => Act::Keep,
            // Numbers of orders are no descriptions.
            Some(false) if options.clean_descriptors && (tag.0, vr) != (0x0040, VR::SH) => {
                Act::Clean
            }
            Some(_) => Act::Replace,
        },
    }
}

/// Attributes that the table leaves out, and that can say who, where or which machine; true: which machine.
#[rustfmt::skip]
const NAMES: &[(u16, u16, bool)] = &[
    (0x0010, 0x0033, false), (0x0010, 0x0034, false), (0x0010, 0x0214, false), (0x0010, 0x2295, false), (0x0018, 0x1003, true),
    (0x0018, 0x1006, true), (0x0018, 0x1010, true), (0x0018, 0x1011, true), (0x0018, 0x1803, true), (0x0018, 0x9423, false),
    (0x0020, 0x00AA, false), (0x0028, 0x0A04, false), (0x0028, 0x6022, false), (0x0028, 0x7004, true), (0x0028, 0x7005, true),
    (0x0028, 0x7007, false), (0x0028, 0x702A, false), (0x0038, 0x0102, false), (0x0040, 0x1006, false), (0x0040, 0x1007, false),
    (0x0040, 0x2006, false), (0x0040, 0x2007, false), (0x0044, 0x000A, true), (0x0044, 0x0011, false),
    (0x0044, 0x0012, true), (0x0054, 0x0400, false), (0x0070, 0x0080, false),
    (0x0070, 0x0081, false), (0x0072, 0x0010, false), (0x0074, 0x100C, false), (0x0074, 0x1202, false), (0x0074, 0x1204, false),
    (0x0082, 0x0016, false), (0x0082, 0x0023, false), (0x0088, 0x0130, false), (0x2000, 0x0050, false), (0x2100, 0x0010, false),
    (0x2100, 0x0099, false), (0x2100, 0x0160, false), (0x2110, 0x0030, true), (0x3002, 0x0002, false), (0x3002, 0x0003, false),
    (0x3002, 0x0020, true), (0x3004, 0x0006, false), (0x3006, 0x00C8, false), (0x300A, 0x0183, false), (0x4010, 0x1007, false),
    (0x4010, 0x101A, false), (0x4010, 0x101E, false), (0x4010, 0x101F, false), (0x4010, 0x102A, false), (0x4010, 0x1051, false),
    (0x4010, 0x1054, false), (0x4010, 0x1058, false),
];

/// For such an attribute: whether it is about a machine.
fn name(tag: Tag) -> Option<bool> {
    let found = NAMES
        .iter()
        .find(|(group, element, _)| (*group, *element) == (tag.0, tag.1));
    found.map(|(_, _, device)| *device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        let tags: Vec<u32> = table::ROWS.iter().map(|row| row.tag).collect();
        assert!(tags.windows(2).all(|two| two[0] < two[1]));
        assert_eq!(tags.len(), 617);
        let letters = "uvVipPtcsg";
        assert!(
            table::ROWS
                .iter()
                .all(|row| row.options.chars().all(|c| letters.contains(c)))
        );
    }

    #[test]
    fn options_stand_over_the_profile() {
        let act = |tag, vr, names: &[&str]| {
            let options = Options::named(names.iter().copied()).unwrap();
            of(tag, vr, &options).0
        };
        assert_eq!(act(tags::PATIENT_NAME, VR::PN, &[]), Act::Empty);
        assert_eq!(act(tags::STUDY_DATE, VR::DA, &[]), Act::Empty);
        assert_eq!(
            act(tags::STUDY_DATE, VR::DA, &["retain-full-dates"]),
            Act::Keep
        );
        assert_eq!(
            act(tags::STUDY_DATE, VR::DA, &["retain-modified-dates"]),
            Act::Shift
        );
        // No option keeps the date of birth.
        assert_eq!(
            act(
                tags::PATIENT_BIRTH_DATE,
                VR::DA,
                &["retain-full-dates", "retain-patient-characteristics"]
            ),
            Act::Empty
        );
        assert_eq!(
            act(
                tags::PATIENT_SEX,
                VR::CS,
                &["retain-patient-characteristics"]
            ),
            Act::Keep
        );
        assert_eq!(act(tags::STUDY_DESCRIPTION, VR::LO, &[]), Act::Remove);
        assert_eq!(
            act(tags::STUDY_DESCRIPTION, VR::LO, &["clean-descriptors"]),
            Act::Clean
        );
        assert_eq!(
            act(
                tags::INSTITUTION_NAME,
                VR::LO,
                &["retain-institution-identity"]
            ),
            Act::Keep
        );
        assert_eq!(
            act(
                tags::DEVICE_SERIAL_NUMBER,
                VR::LO,
                &["retain-device-identity"]
            ),
            Act::Keep
        );
        assert_eq!(act(tags::SOP_INSTANCE_UID, VR::UI, &[]), Act::Uid);
        assert_eq!(
            act(tags::SOP_INSTANCE_UID, VR::UI, &["retain-uids"]),
            Act::Keep
        );
        assert_eq!(act(tags::SOP_CLASS_UID, VR::UI, &[]), Act::Keep);
        assert_eq!(act(tags::ROWS, VR::US, &[]), Act::Keep);
        // What no dictionary knows goes.
        assert_eq!(act(Tag(0x0018, 0xFFF0), VR::LO, &[]), Act::Remove);
        assert!(Options::named(["retain-full-dates", "retain-modified-dates"]).is_err());
        assert_eq!(Options::named(["sideways"]).unwrap_err(), "sideways");
    }
}
