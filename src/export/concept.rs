//! Coded concepts (PS3.3 8.8) that the results use, and those of a model's labels.

use std::borrow::Cow;

use dicom_dictionary_std::tags;

use super::dataset::DataSet;
use crate::model::manifest::sha256;

/// Coding Scheme Designator of what no published scheme has.
pub(super) const PRIVATE: &str = "99NEGATOSCOPE";

/// Code Value, Coding Scheme Designator, Code Meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Concept {
    value: Cow<'static, str>,
    scheme: &'static str,
    meaning: Cow<'static, str>,
}

impl Concept {
    const fn new(value: &'static str, scheme: &'static str, meaning: &'static str) -> Self {
        Self {
            value: Cow::Borrowed(value),
            scheme,
            meaning: Cow::Borrowed(meaning),
        }
    }

    /// One that another room knows.
    pub(super) const fn known(
        (value, scheme, meaning): (&'static str, &'static str, &'static str),
    ) -> Self {
        Self::new(value, scheme, meaning)
    }

    /// One that is made at run time.
    pub(super) fn made(value: String, scheme: &'static str, meaning: String) -> Self {
        Self {
            value: value.into(),
            scheme,
            meaning: meaning.into(),
        }
    }

    /// What a model's label means: a published code where the name is one that has it, else a code of our own that depends on the name only.
    pub(super) fn of_label(name: &str) -> Self {
        let plain = name.trim().to_lowercase();
        if let Some((_, known)) = LABELS.iter().find(|(label, _)| *label == plain) {
            return known.clone();
        }
        let mut value = sha256(name.as_bytes());
        value.truncate(16);
        Self {
            value: value.to_uppercase().into(),
            scheme: PRIVATE,
            meaning: name.to_owned().into(),
        }
    }

    /// The item of a code sequence.
    pub(super) fn item(&self) -> DataSet {
        let mut item = DataSet::new();
        // Code Value (0008,0100) holds 16 characters.
        let value = if self.value.chars().count() > 16 {
            tags::LONG_CODE_VALUE
        } else {
            tags::CODE_VALUE
        };
        item.text(value, &self.value)
            .text(tags::CODING_SCHEME_DESIGNATOR, self.scheme)
            .text(tags::CODE_MEANING, &self.meaning);
        item
    }
}

macro_rules! concepts {
    ($($name:ident = $value:literal, $scheme:expr, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub(super) const $name: Concept = Concept::new($value, $scheme, $meaning);)*
    };
}

concepts! {
    // Segments and maps.
    ANATOMY = "91723000", "SCT", "Anatomical Structure";
    BACKGROUND = "125040", "DCM", "Background";
    SEGMENTATION = "113076", "DCM", "Segmentation";
    CALCULATED = "113093", "DCM", "Unspecified method of calculation";
    SOURCE = "121322", "DCM", "Source image for image processing operation";
    SPATIAL = "309825002", "SCT", "Spatial and Relational Concept";
    NEIGHBOURHOOD = "123101", "DCM", "Neighborhood Analysis";
    ARTIFICIAL_INTELLIGENCE = "123110", "DCM", "Artificial Intelligence";
    ACQUISITION_EQUIPMENT = "109101", "DCM", "Acquisition Equipment";
    QUANTITY = "246205007", "SCT", "Quantity";
    VISUAL_EXPLANATION = "130401", "DCM", "Visual explanation";
    CLASS_ACTIVATION = "130402", "DCM", "Class activation";
    GRADIENT_WEIGHTED = "130403", "DCM", "Gradient-weighted class activation";
    SALIENCY = "130404", "DCM", "Saliency";
    NO_UNITS = "1", "UCUM", "no units";
    PERCENT = "%", "UCUM", "Percent";
    MILLILITER = "ml", "UCUM", "milliliter";
    DERIVATION = "121401", "DCM", "Derivation";
    IMAGE_REGION = "111030", "DCM", "Image Region";
    // The report (TID 1500 and what it includes).
    // Key images (TID 2010).
    OF_INTEREST = "113000", "DCM", "Of Interest";
    KEY_DESCRIPTION = "113012", "DCM", "Key Object Description";
    REPORT = "126000", "DCM", "Imaging Measurement Report";
    LANGUAGE = "121049", "DCM", "Language of Content Item and Descendants";
    ENGLISH = "en", "RFC5646", "English";
    OBSERVER_TYPE = "121005", "DCM", "Observer Type";
    DEVICE = "121007", "DCM", "Device";
    DEVICE_UID = "121012", "DCM", "Device Observer UID";
    DEVICE_NAME = "121013", "DCM", "Device Observer Name";
    DEVICE_MANUFACTURER = "121014", "DCM", "Device Observer Manufacturer";
    DEVICE_MODEL = "121015", "DCM", "Device Observer Model Name";
    PROCEDURE = "121058", "DCM", "Procedure reported";
    IMAGE_LIBRARY = "111028", "DCM", "Image Library";
    IMAGE_LIBRARY_GROUP = "126200", "DCM", "Image Library Group";
    MEASUREMENTS = "126010", "DCM", "Imaging Measurements";
    GROUP = "125007", "DCM", "Measurement Group";
    TRACKING_ID = "112039", "DCM", "Tracking Identifier";
    TRACKING_UID = "112040", "DCM", "Tracking Unique Identifier";
    FINDING = "121071", "DCM", "Finding";
    REFERENCED_SEGMENT = "121191", "DCM", "Referenced Segment";
    SOURCE_SERIES = "121232", "DCM", "Source series for segmentation";
    VOLUME = "118565006", "SCT", "Volume";
    CERTAINTY = "111012", "DCM", "Certainty of Finding";
    ALGORITHM_NAME = "111001", "DCM", "Algorithm Name";
    ALGORITHM_PARAMETERS = "111002", "DCM", "Algorithm Parameters";
    ALGORITHM_VERSION = "111003", "DCM", "Algorithm Version";
    SCORE = "SCORE", PRIVATE, "Score of the network, not calibrated";
    THRESHOLD = "THRESHOLD", PRIVATE, "Threshold of the model";
    AGAINST_THRESHOLD = "AGAINST", PRIVATE, "Value against the threshold";
    AT_OR_ABOVE = "ABOVE", PRIVATE, "At or above the threshold";
    BELOW = "BELOW", PRIVATE, "Below the threshold";
}

/// Labels whose name says one thing only.
const LABELS: &[(&str, Concept)] = &[
    ("brain", BRAIN),
    ("white matter", WHITE),
    ("grey matter", GREY),
    ("gray matter", GREY),
];
const BRAIN: Concept = Concept::new("12738006", "SCT", "Brain");
const WHITE: Concept = Concept::new("389080008", "SCT", "White matter of brain and spinal cord");
const GREY: Concept = Concept::new(
    "389081007",
    "SCT",
    "Gray matter structure of central nervous system",
);

/// By modality, what examination a report is about (CID 100).
pub(super) fn procedure(modality: &str) -> Concept {
    match modality {
        "CT" => Concept::new("25045-6", "LN", "CT unspecified body region"),
        "MR" => Concept::new("25056-3", "LN", "MRI unspecified body region"),
        "NM" => Concept::new("49118-3", "LN", "NM unspecified body region"),
        "PT" => Concept::new("44136-0", "LN", "PET unspecified body region"),
        "CR" | "DX" => Concept::new("43468-8", "LN", "XR unspecified body region"),
        _ => Concept::new("363679005", "SCT", "Imaging procedure"),
    }
}

/// The region that a Body Part Examined (0018,0015) means (PS3.16 annex L), for those that models are made for so far.
pub(super) fn region(body_part: &str) -> Option<Concept> {
    Some(match body_part {
        "ABDOMEN" => Concept::new("818981001", "SCT", "Abdomen"),
        "BRAIN" => BRAIN,
        "CHEST" => Concept::new("816094009", "SCT", "Chest"),
        "HEAD" => Concept::new("69536005", "SCT", "Head"),
        "NECK" => Concept::new("45048000", "SCT", "Neck"),
        "PELVIS" => Concept::new("816092008", "SCT", "Pelvis"),
        "SKULL" => Concept::new("89546000", "SCT", "Skull"),
        _ => return None,
    })
}

/// What a heatmap's values are (CID 217), by the method's name in the finding.
pub(super) fn explanation(method: &str) -> Concept {
    match method {
        "cam" => CLASS_ACTIVATION,
        "grad-cam" => GRADIENT_WEIGHTED,
        "saliency" => SALIENCY,
        _ => VISUAL_EXPLANATION,
    }
}
