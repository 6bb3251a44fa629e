//! How values are written in English: numbers with the digits that say something, units as people write them. The page has its own words.

use super::{
    mark::{Computed, Measurement, Value},
    on_plane::OnPlane,
};

/// A unit as people write it.
pub fn unit(ucum: &str) -> &str {
    match ucum {
        "{pixels}" => "px",
        "{square_pixels}" => "px²",
        "mm2" => "mm²",
        "cm2" => "cm²",
        "cm3" => "cm³",
        "cm2/s" => "cm²/s",
        "cm3/s" => "cm³/s",
        "cm/s2" => "cm/s²",
        "deg" => "°",
        "1" => "",
        other => other,
    }
}

/// A number with the digits that its size and its unit deserve.
pub fn number(value: f64, unit: &str) -> String {
    let size = value.abs();
    let digits = match unit {
        "1" | "s" => 2,
        "mm2" | "{square_pixels}" if size >= 100.0 => 0,
        "Hz" | "/min" => 0,
        _ if size > 0.0 && size < 1.0 => 3,
        _ if size < 10.0 => 2,
        _ if size < 10_000.0 => 1,
        _ => 0,
    };
    // Angles and lengths are not known to a hundredth.
    let digits = if matches!(unit, "mm" | "deg" | "{pixels}") && size >= 1.0 {
        1
    } else {
        digits
    };
    format!("{value:.digits$}")
}

/// `23.4 mm`.
pub fn value(value: &Value) -> String {
    let number = number(value.value, &value.unit);
    match unit(&value.unit) {
        "" => number,
        "°" => format!("{number}°"),
        unit => format!("{number} {unit}"),
    }
}

/// True where a value depends on the spacing.
fn is_spaced(value: &Value) -> bool {
    matches!(value.unit.as_str(), "mm" | "mm2")
}

/// The lines that are drawn beside a mark: its words, its values, where the spacing comes from, statistics in short.
pub fn lines(text: &str, computed: &Computed) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    lines.extend((!text.is_empty()).then(|| text.to_owned()));
    let named = computed.values.len() > 1;
    for one in &computed.values {
        let mut line = if named {
            format!("{} {}", one.name.replace('-', " "), value(one))
        } else {
            value(one)
        };
        if is_spaced(one) && !computed.origin.label.is_empty() {
            line.push_str(" (");
            line.push_str(&computed.origin.label);
            line.push(')');
        }
        lines.push(line);
    }
    for s in &computed.statistics {
        let name = if s.quantity == "value" {
            ""
        } else {
            s.quantity.as_str()
        };
        let unit = unit(&s.unit);
        let n = |v: f64| number(v, &s.unit);
        let line = if s.count == 1 {
            format!("{name} {} {unit}", n(s.mean))
        } else {
            format!(
                "{name} mean {} SD {} {unit} ({} … {})",
                n(s.mean),
                n(s.sd),
                n(s.min),
                n(s.max)
            )
        };
        lines.push(line.trim().replace("  ", " "));
    }
    lines
}

/// The header of [`csv_lines`].
pub const CSV_HEADER: &str = "tracking_uid,sop_instance_uid,frame,kind,text,name,value,unit,spacing_from,spacing_label,points,plane";

/// A line for each value of a measurement, RFC 4180.
pub fn csv_lines(measurement: &Measurement) -> Vec<String> {
    let Measurement {
        uid,
        sop_uid,
        frame,
        mark,
        computed,
        plane,
    } = measurement;
    // The image of a plane is only one of those that its volume was made of: it is not named where a reader would take it for the place.
    let (sop_uid, frame) = match plane {
        Some(_) => ("", String::new()),
        None => (sop_uid.as_str(), frame.to_string()),
    };
    let plane = plane.as_ref().map_or_else(String::new, OnPlane::written);
    let points: Vec<String> = mark
        .points
        .iter()
        .map(|[x, y]| format!("{x} {y}"))
        .collect();
    let line = |name: &str, value: String, unit: &str| {
        [
            field(uid),
            field(sop_uid),
            frame.clone(),
            field(&mark.kind),
            field(&mark.text),
            field(name),
            value,
            field(unit),
            field(&computed.origin.from),
            field(&computed.origin.label),
            points.join(";"), // numbers, spaces and semicolons: a sign before the first makes no formula of it
            field(&plane),
        ]
        .join(",")
    };
    let mut lines: Vec<String> = (computed.values.iter())
        .map(|v| line(&v.name, v.value.to_string(), &v.unit))
        .collect();
    for s in &computed.statistics {
        let of = |what: &str| {
            if s.quantity == "value" {
                what.to_owned()
            } else {
                format!("{what} {}", s.quantity)
            }
        };
        for (name, value) in [
            ("mean", s.mean),
            ("sd", s.sd),
            ("min", s.min),
            ("max", s.max),
            ("median", s.median),
        ] {
            lines.push(line(&of(name), value.to_string(), &s.unit));
        }
        lines.push(line(&of("pixels"), s.count.to_string(), "1"));
    }
    if lines.is_empty() {
        lines.push(line("", String::new(), ""));
    }
    lines
}

/// Quoted where it has to be. What a spreadsheet would take for a formula gets an apostrophe before it.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::mark::{Mark, Origin};

    #[test]
    fn numbers_have_the_digits_that_they_deserve() {
        for (value, unit, want) in [
            (23.44, "mm", "23.4"),
            (1.06, "mm", "1.1"),
            (0.5, "mm", "0.500"),
            (123.4, "mm2", "123"),
            (12.34, "mm2", "12.3"),
            (41.27, "deg", "41.3"),
            (0.514, "1", "0.51"),
            (-1000.2, "HU", "-1000.2"),
            (72.4, "/min", "72"),
            (3.149, "g/ml", "3.15"),
        ] {
            assert_eq!(number(value, unit), want, "{value} {unit}");
        }
    }

    #[test]
    fn tables_are_safe_for_spreadsheets() {
        let measurement = Measurement {
            uid: "2.25.1".into(),
            sop_uid: "1.2".into(),
            frame: 3,
            mark: Mark {
                kind: "length".into(),
                points: vec![[-1.0, 2.5], [3.0, 4.0]],
                text: "=a,\"b\"".into(),
            },
            computed: Computed {
                values: vec![Value {
                    name: "length".into(),
                    value: 2.5,
                    unit: "mm".into(),
                }],
                origin: Origin {
                    from: "imager".into(),
                    factor: 1.0,
                    label: "at detector".into(),
                },
                statistics: vec![],
                notes: vec![],
            },
            plane: None,
        };
        assert_eq!(
            csv_lines(&measurement),
            ["2.25.1,1.2,3,length,\"'=a,\"\"b\"\"\",length,2.5,mm,imager,at detector,-1 2.5;3 4,"]
        );
        assert_eq!(lines("", &measurement.computed), ["2.5 mm (at detector)"]);
        let plane = OnPlane {
            base: "axial".into(),
            position_mm: [1.0, 2.0, 3.5],
            row: [1.0, 0.0, 0.0],
            column: [0.0, 1.0, 0.0],
            spacing_mm: [0.5, 0.5],
            size: [10, 20],
            slab: String::new(),
            thickness_mm: 0.0,
        };
        let on_plane = Measurement {
            plane: Some(plane),
            ..measurement
        };
        assert_eq!(
            csv_lines(&on_plane),
            [
                "2.25.1,,,length,\"'=a,\"\"b\"\"\",length,2.5,mm,imager,at detector,-1 2.5;3 4,plane axial; position 1 2 3.5; row 1 0 0; column 0 1 0; spacing 0.5 0.5; size 10 20; slab none 0"
            ]
        );
    }
}
