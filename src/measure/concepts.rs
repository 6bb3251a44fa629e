//! Codes of what is measured (PS3.16 CID 7469, 7470, 7464, 7460, 7461; UCUM): for those who write reports, and for those who read them.

/// Coding Scheme Designator of what no published scheme has.
pub const PRIVATE: &str = "99NEGATOSCOPE";

/// Code Value, Coding Scheme Designator, Code Meaning.
pub type Code = (&'static str, &'static str, &'static str);

/// By the names of values.
const VALUES: &[(&str, Code)] = &[
    ("length", ("410668003", "SCT", "Length")),
    ("distance", ("121206", "DCM", "Distance")),
    ("angle", ("1483009", "SCT", "Angle")),
    ("cobb-angle", ("285285000", "SCT", "Cobb angle")),
    ("area", ("42798000", "SCT", "Area")),
    ("perimeter", ("131191004", "SCT", "Perimeter")),
    ("long-axis", ("103339001", "SCT", "Long axis")),
    ("short-axis", ("103340004", "SCT", "Short axis")),
    ("time", ("110858", "DCM", "Time")),
    (
        "cardiothoracic-ratio",
        ("CTR", PRIVATE, "Cardiothoracic ratio of diameters"),
    ),
    (
        "cardiac-width",
        ("CARDIACWIDTH", PRIVATE, "Transverse diameter of the heart"),
    ),
    (
        "thoracic-width",
        (
            "THORACICWIDTH",
            PRIVATE,
            "Inner transverse diameter of the thorax",
        ),
    ),
    ("velocity", ("VELOCITY", PRIVATE, "Velocity")),
    ("frequency", ("FREQUENCY", PRIVATE, "Frequency")),
    ("rate", ("RATE", PRIVATE, "Rate")),
    ("slope", ("SLOPE", PRIVATE, "Slope")),
    (
        "horizontal",
        ("HORIZONTAL", PRIVATE, "Difference along the row"),
    ),
    (
        "vertical",
        ("VERTICAL", PRIVATE, "Difference along the column"),
    ),
    ("red", ("RED", PRIVATE, "Red component")),
    ("green", ("GREEN", PRIVATE, "Green component")),
    ("blue", ("BLUE", PRIVATE, "Blue component")),
];

/// Retired codes (SNOMED-RT) that older reports have.
const RETIRED: &[(&str, &str)] = &[
    ("G-D7FE", "length"),
    ("G-A166", "area"),
    ("G-A197", "perimeter"),
    ("G-A185", "long-axis"),
    ("G-A186", "short-axis"),
];

/// By the parts of statistics: modifiers of a quantity (Derivation).
pub const DERIVATIONS: &[(&str, Code)] = &[
    ("mean", ("373098007", "SCT", "Mean")),
    ("sd", ("386136009", "SCT", "Standard Deviation")),
    ("min", ("255605001", "SCT", "Minimum")),
    ("max", ("56851009", "SCT", "Maximum")),
    ("median", ("373099004", "SCT", "Median")),
];

/// Pixels that statistics are of.
pub const COUNT: Code = ("PIXELS", PRIVATE, "Number of pixels with a value");
/// Pixels inside that have no value.
pub const EXCLUDED: Code = ("EXCLUDED", PRIVATE, "Number of pixels without a value");
/// Where the spacing comes from: a qualitative evaluation of ours.
pub const ORIGIN: Code = ("SPACING", PRIVATE, "Origin of the spacing");
/// The plane of a volume that a measurement lies on, with its pixels.
pub const PLANE: Code = ("PLANE", PRIVATE, "Plane reformatted from a volume");

/// The code of a value.
pub fn of_value(name: &str) -> Option<Code> {
    VALUES
        .iter()
        .find(|(own, _)| *own == name)
        .map(|(_, code)| *code)
}

/// The value that a code names.
pub fn value_of(value: &str, scheme: &str) -> Option<&'static str> {
    let found = VALUES
        .iter()
        .find(|(_, code)| code.0 == value && code.1 == scheme);
    found.map(|(name, _)| *name).or_else(|| {
        let old = matches!(scheme, "SRT" | "SNM3" | "99SDM");
        RETIRED
            .iter()
            .find(|(code, _)| old && *code == value)
            .map(|(_, name)| *name)
    })
}

/// The part of statistics that a code names.
pub fn derivation_of(value: &str) -> Option<&'static str> {
    DERIVATIONS
        .iter()
        .find(|(_, code)| code.0 == value)
        .map(|(name, _)| *name)
}

/// What values with this unit are, of images of a modality.
pub fn quantity(name: &str, unit: &str, modality: &str) -> Code {
    if name.starts_with("SUV") || unit.contains("SUV") {
        return ("126400", "DCM", "Standardized Uptake Value");
    }
    match (unit, modality) {
        ("HU", _) => ("112031", "DCM", "Attenuation Coefficient"),
        ("Bq/ml", _) => ("ACTIVITY", PRIVATE, "Activity concentration"),
        (_, "MR") => ("110852", "DCM", "MR signal intensity"),
        _ => ("MODALITYVALUE", PRIVATE, "Modality value"),
    }
}

/// A unit as UCUM writes it, with its meaning.
pub fn unit(unit: &str) -> (String, String) {
    let (code, meaning) = match unit {
        "mm" => ("mm", "millimeter"),
        "mm2" => ("mm2", "square millimeter"),
        "deg" => ("deg", "degree"),
        "s" => ("s", "second"),
        "Hz" => ("Hz", "Hertz"),
        "cm/s" => ("cm/s", "centimeter per second"),
        "mm/s" => ("mm/s", "millimeter per second"),
        "cm/s2" => ("cm/s2", "centimeter per square second"),
        "/min" => ("/min", "per minute"),
        "HU" => ("[hnsf'U]", "Hounsfield unit"),
        "Bq/ml" => ("Bq/ml", "Becquerels/milliliter"),
        "{pixels}" => ("{pixels}", "pixels"),
        "{square_pixels}" => ("{square_pixels}", "square pixels"),
        "1" | "" => ("1", "no units"),
        other => (other, other),
    };
    (code.to_owned(), meaning.to_owned())
}

/// The unit that [`fn@unit`] wrote.
pub fn unit_of(code: &str) -> &str {
    match code {
        "[hnsf'U]" => "HU",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tools::TOOLS;

    #[test]
    fn every_value_has_a_code_of_its_own() {
        for name in TOOLS.iter().flat_map(|tool| tool.gives) {
            let (value, scheme, meaning) = of_value(name).unwrap();
            assert_eq!(value_of(value, scheme), Some(*name));
            assert!(value.len() <= 16 && meaning.len() <= 64);
        }
        assert_eq!(value_of("G-D7FE", "SRT"), Some("length"));
        assert_eq!(value_of("G-D7FE", "SCT"), None);
        assert_eq!(unit_of(&unit("HU").0), "HU");
    }
}
