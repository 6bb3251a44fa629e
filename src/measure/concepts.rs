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
    ("G-A160", "angle"),
    ("F-00E5C", "cobb-angle"),
];

/// By the parts of statistics: modifiers of a quantity (Derivation).
pub const DERIVATIONS: &[(&str, Code)] = &[
    ("mean", ("373098007", "SCT", "Mean")),
    ("sd", ("386136009", "SCT", "Standard Deviation")),
    ("min", ("255605001", "SCT", "Minimum")),
    ("max", ("56851009", "SCT", "Maximum")),
    ("median", ("373099004", "SCT", "Median")),
];

/// The same in older reports (SNOMED-RT), and by the standard's own codes.
const OTHER_DERIVATIONS: &[(&str, &str)] = &[
    ("R-00317", "mean"),
    ("R-10047", "sd"),
    ("R-404FB", "min"),
    ("G-A437", "max"),
    ("R-00319", "median"),
    ("113061", "sd"),
    ("130290", "median"),
];

/// An uptake: our name of it, its unit as shown, what it is (CID 218), and its unit as reports have it (CID 85), by which lean body masses differ.
struct Uptake {
    name: &'static str,
    shown: &'static str,
    what: Code,
    unit: (&'static str, &'static str),
}

#[rustfmt::skip]
const UPTAKES: &[Uptake] = &[
    Uptake { name: "SUVbw", shown: "g/ml", what: ("126401", "DCM", "SUVbw"), unit: ("g/ml{SUVbw}", "Standardized Uptake Value body weight") },
    // Ours is Janmahasatian's, and no other is called by that name here.
    Uptake { name: "SUVlbm", shown: "g/ml", what: ("126405", "DCM", "SUVlbm(Janma)"), unit: ("g/ml{SUVlbm(Janma)}", "Standardized Uptake Value lean body mass (Janma)") },
    Uptake { name: "SUVlbm (James 128)", shown: "g/ml", what: ("126406", "DCM", "SUVlbm(James128)"), unit: ("g/ml{SUVlbm(James128)}", "Standardized Uptake Value lean body mass (James 128 multiplier)") },
    Uptake { name: "SUVbsa", shown: "cm2/ml", what: ("126403", "DCM", "SUVbsa"), unit: ("cm2/ml{SUVbsa}", "Standardized Uptake Value body surface area") },
    // Those that only others compute.
    Uptake { name: "SUVlbm (James)", shown: "g/ml", what: ("126402", "DCM", "SUVlbm"), unit: ("g/ml{SUVlbm}", "Standardized Uptake Value lean body mass (James)") },
    Uptake { name: "SUVibw", shown: "g/ml", what: ("126404", "DCM", "SUVibw"), unit: ("g/ml{SUVibw}", "Standardized Uptake Value ideal body weight") },
];

/// Name and unit, as they are shown, of the uptake that a quantity's code or its unit says; the unit says more than "Standardized Uptake Value".
/// What has only the unit may be another quantity: [`is_uptake`].
pub fn uptake_of(code: &str, scheme: &str, unit: &str) -> Option<(&'static str, &'static str)> {
    let by_unit = UPTAKES.iter().find(|one| one.unit.0 == unit);
    let by_code = || {
        UPTAKES
            .iter()
            .find(|one| one.what.0 == code && one.what.1 == scheme)
    };
    by_unit.or_else(by_code).map(|one| (one.name, one.shown))
}

/// True for the code of an uptake: the general one, and those that say by what.
pub fn is_uptake(code: &str, scheme: &str) -> bool {
    let by_name = || UPTAKES.iter().any(|one| one.what.0 == code);
    scheme == "DCM" && (code == "126400" || by_name())
}

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
pub fn derivation_of(value: &str, scheme: &str) -> Option<&'static str> {
    let own = DERIVATIONS.iter().find(|(_, code)| code.0 == value);
    own.map(|(name, _)| *name).or_else(|| {
        let known = matches!(scheme, "SRT" | "SNM3" | "99SDM" | "DCM");
        let other = OTHER_DERIVATIONS.iter().find(|(code, _)| *code == value);
        other.filter(|_| known).map(|(_, name)| *name)
    })
}

/// What values are: of a quantity beside the modality value by its name, where that is a published one.
pub fn quantity(name: &str, unit: &str, modality: &str) -> Option<Code> {
    if let Some(uptake) = uptake(name, unit) {
        return Some(uptake.what);
    }
    if name.starts_with("SUV") || unit.contains("SUV") {
        return Some(("126400", "DCM", "Standardized Uptake Value"));
    }
    if name != "value" {
        return None;
    }
    Some(match (unit, modality) {
        ("HU", _) => ("112031", "DCM", "Attenuation Coefficient"),
        ("Bq/ml", _) => ("ACTIVITY", PRIVATE, "Activity concentration"),
        (_, "MR") => ("110852", "DCM", "MR signal intensity"),
        _ => ("MODALITYVALUE", PRIVATE, "Modality value"),
    })
}

fn uptake(name: &str, unit: &str) -> Option<&'static Uptake> {
    UPTAKES
        .iter()
        .find(|one| (one.name == name && one.shown == unit) || one.unit.0 == unit)
}

/// The unit of a quantity's values with its meaning: that of an uptake says by what.
pub fn quantity_unit(name: &str, unit_of_values: &str) -> (String, String) {
    match uptake(name, unit_of_values) {
        Some(uptake) => (uptake.unit.0.to_owned(), uptake.unit.1.to_owned()),
        None => unit(unit_of_values),
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

    #[test]
    fn uptakes_are_told_apart_by_code_and_unit() {
        for body in crate::tone::suv::Body::ALL {
            let (name, shown) = body.name();
            let (value, scheme, meaning) = quantity(name, shown, "PT").unwrap();
            let (unit, said) = quantity_unit(name, shown);
            assert_eq!(uptake_of(value, scheme, shown), Some((name, shown)));
            // The unit alone says it, too, beside the code that older reports have for all of them.
            assert_eq!(uptake_of("126400", "DCM", &unit), Some((name, shown)));
            assert!(meaning.len() <= 64 && said.len() <= 64);
        }
        assert_eq!(uptake_of("126400", "DCM", "g/ml"), None);
        assert!(is_uptake("126400", "DCM") && is_uptake("126404", "DCM"));
        assert!(!is_uptake("126031", "DCM") && !is_uptake("126401", "99OTHER"));
        assert_eq!(quantity_unit("value", "g/ml").0, "g/ml");
        assert_eq!(quantity("Perfusion", "ml/min", "MR"), None);
    }

    #[test]
    fn derivations_of_older_reports_are_known() {
        for (name, code) in [
            ("mean", "R-00317"),
            ("sd", "R-10047"),
            ("min", "R-404FB"),
            ("max", "G-A437"),
            ("median", "R-00319"),
        ] {
            assert_eq!(derivation_of(code, "SRT"), Some(name));
            assert_eq!(derivation_of(code, "99OTHER"), None);
        }
        assert_eq!(derivation_of("113061", "DCM"), Some("sd"));
    }
}
