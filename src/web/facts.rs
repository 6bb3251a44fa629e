//! What is told of a shown frame: corner texts by modality (an absent attribute writes nothing), its window, its presentation states.

use dicom_dictionary_std::{tags, uids};

use crate::{
    codec::video,
    dicom::Instance,
    study::{cine, region},
    tone::presentation::{self, Presentation},
};

use super::messages::{Drawing, Fact, PresentationInfo, RegionInfo};

const WHO: &str = "top-left";
const WHAT: &str = "top-right";
const IMAGE: &str = "bottom-right";
const DISPLAY: &str = "bottom-left";

/// Facts of one frame of `instance`; `place` is "n/m" of the stack.
pub(crate) fn of(instance: &Instance, place: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |corner: &str, key: &str, value: Option<String>, identifies: bool| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            facts.push(Fact {
                corner: corner.to_owned(),
                key: key.to_owned(),
                value,
                identifies,
            });
        }
    };
    let text = |tag| instance.text(tag);
    let number = |tag| instance.number(tag);
    let with = |tag, unit: &str| number(tag).map(|v| format!("{} {unit}", short(v)));

    say(
        WHO,
        "patient-name",
        text(tags::PATIENT_NAME).map(|name| person(&name)),
        true,
    );
    say(WHO, "patient-id", text(tags::PATIENT_ID), true);
    say(
        WHO,
        "birth-date",
        text(tags::PATIENT_BIRTH_DATE).map(|d| date(&d)),
        true,
    );
    say(WHO, "age", text(tags::PATIENT_AGE), true);
    say(WHO, "sex", text(tags::PATIENT_SEX), true);

    say(WHAT, "institution", text(tags::INSTITUTION_NAME), true);
    say(
        WHAT,
        "study-description",
        text(tags::STUDY_DESCRIPTION),
        true,
    );
    say(WHAT, "accession", text(tags::ACCESSION_NUMBER), true);
    for (key, d, t) in [
        ("acquired", tags::ACQUISITION_DATE, tags::ACQUISITION_TIME),
        ("content-time", tags::CONTENT_DATE, tags::CONTENT_TIME),
        ("series-time", tags::SERIES_DATE, tags::SERIES_TIME),
        ("study-time", tags::STUDY_DATE, tags::STUDY_TIME),
    ] {
        if let Some(day) = text(d).filter(|d| !d.is_empty()) {
            let clock = text(t).map(|t| time(&t)).unwrap_or_default();
            say(
                WHAT,
                key,
                Some(format!("{} {clock}", date(&day)).trim_end().to_owned()),
                true,
            );
            break;
        }
    }

    // Names and dates are often written into the description.
    let described = text(tags::SERIES_DESCRIPTION).filter(|d| !d.is_empty());
    let identifies = described.is_some();
    let series = [text(tags::SERIES_NUMBER), described]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    say(IMAGE, "series", Some(series.join(" · ")), identifies);
    let image = [text(tags::INSTANCE_NUMBER), Some(format!("({place})"))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    say(IMAGE, "image", Some(image.join(" ")), false);
    say(
        IMAGE,
        "laterality",
        text(tags::IMAGE_LATERALITY).or_else(|| text(tags::LATERALITY)),
        false,
    );
    say(IMAGE, "contrast", text(tags::CONTRAST_BOLUS_AGENT), false);
    let modality = text(tags::MODALITY).unwrap_or_default();
    match modality.as_str() {
        "CT" => {
            say(IMAGE, "kv", with(tags::KVP, "kV"), false);
            say(
                IMAGE,
                "tube",
                with(tags::X_RAY_TUBE_CURRENT, "mA").or_else(|| with(tags::EXPOSURE, "mAs")),
                false,
            );
            say(IMAGE, "kernel", text(tags::CONVOLUTION_KERNEL), false);
            say(
                IMAGE,
                "tilt",
                number(tags::GANTRY_DETECTOR_TILT)
                    .filter(|&t| t != 0.0)
                    .map(|t| format!("{}°", short(t))),
                false,
            );
        }
        "MR" => {
            let pair = number(tags::REPETITION_TIME).zip(number(tags::ECHO_TIME));
            say(
                IMAGE,
                "tr-te",
                pair.map(|(tr, te)| format!("TR {} TE {} ms", short(tr), short(te))),
                false,
            );
            say(IMAGE, "ti", with(tags::INVERSION_TIME, "ms"), false);
            say(
                IMAGE,
                "flip-angle",
                number(tags::FLIP_ANGLE).map(|v| format!("{}°", short(v))),
                false,
            );
            say(
                IMAGE,
                "field",
                with(tags::MAGNETIC_FIELD_STRENGTH, "T"),
                false,
            );
            say(
                IMAGE,
                "b-value",
                number(tags::DIFFUSION_B_VALUE).map(short),
                false,
            );
        }
        "CR" | "DX" | "MG" => {
            say(IMAGE, "view", text(tags::VIEW_POSITION), false);
            say(IMAGE, "kv", with(tags::KVP, "kV"), false);
            say(IMAGE, "exposure", with(tags::EXPOSURE, "mAs"), false);
        }
        "XA" | "RF" => {
            say(IMAGE, "kv", with(tags::KVP, "kV"), false);
            say(
                IMAGE,
                "angle",
                angles(
                    number(tags::POSITIONER_PRIMARY_ANGLE),
                    number(tags::POSITIONER_SECONDARY_ANGLE),
                ),
                false,
            );
        }
        "PT" | "NM" => say(IMAGE, "units", text(tags::UNITS), false),
        _ => {}
    }
    say(
        IMAGE,
        "thickness",
        number(tags::SLICE_THICKNESS)
            .filter(|&t| t > 0.0)
            .map(|t| format!("{t:.1} mm")),
        false,
    );

    if is_lossy(instance) {
        let ratio = number(tags::LOSSY_IMAGE_COMPRESSION_RATIO).map(|r| format!("{}:1", short(r)));
        say(
            DISPLAY,
            "lossy",
            Some(ratio.unwrap_or_else(|| "✓".to_owned())),
            false,
        );
    }
    facts
}

/// Something of the image was lost by compression, now or before: Lossy Image Compression (0028,2110), or a transfer syntax that always
/// loses something. Of those that need not (JPEG-LS near-lossless, JPEG 2000, JPEG XL) the attribute alone knows.
fn is_lossy(instance: &Instance) -> bool {
    // Baseline, extended and their retired kin; of JPEG XL a JPEG file in another form.
    const ALWAYS: [&str; 4] = [
        uids::JPEG_BASELINE8_BIT,
        uids::JPEG_EXTENDED12_BIT,
        "1.2.840.10008.1.2.4.53",
        uids::JPEGXLJPEG_RECOMPRESSION,
    ];
    let syntax = instance.transfer_syntax.as_str();
    instance.text(tags::LOSSY_IMAGE_COMPRESSION).as_deref() == Some("01")
        || ALWAYS.contains(&syntax)
        || video::Coding::of(syntax).is_some()
}

/// Frames a second, where the image says how fast it is to be played.
pub(crate) fn frames_per_second(instance: &Instance) -> Option<f64> {
    cine::rate(instance)
}

/// What hanging goes by: `LOCALIZER` (Image Type, value 3), else side and view in the standard's short terms, as far as they are known:
/// `R MLO`, `PA`, `LATERAL` (View Position, or View Code Sequence by CID 4010 and 4014).
pub(crate) fn view(instance: &Instance) -> String {
    if (instance.texts(tags::IMAGE_TYPE).get(2)).is_some_and(|third| third == "LOCALIZER") {
        return "LOCALIZER".to_owned();
    }
    let side = instance
        .text(tags::IMAGE_LATERALITY)
        .or_else(|| instance.text(tags::LATERALITY));
    let written = instance
        .text(tags::VIEW_POSITION)
        .map(|view| match view.as_str() {
            "LL" | "RL" | "LLD" | "RLD" | "LAT" => "LATERAL".to_owned(),
            _ => view,
        });
    let coded = || {
        let items = instance.items(tags::VIEW_CODE_SEQUENCE);
        let meaning = items
            .first()
            .and_then(|item| crate::dicom::text_of(item, tags::CODE_MEANING))?;
        let letters: String = (meaning.to_lowercase().chars())
            .filter(char::is_ascii_alphabetic)
            .collect();
        let short = match letters.as_str() {
            "craniocaudal" => "CC",
            "mediolateraloblique" => "MLO",
            "mediolateral" => "ML",
            "lateromedial" => "LM",
            "posteroanterior" => "PA",
            "anteroposterior" => "AP",
            "lateral" | "leftlateral" | "rightlateral" => "LATERAL",
            _ => return None,
        };
        Some(short.to_owned())
    };
    let view = written.filter(|view| !view.is_empty()).or_else(coded);
    let side = side.filter(|side| matches!(side.as_str(), "R" | "L" | "B"));
    [side, view]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The ultrasound regions of an instance.
pub(crate) fn regions(instance: &Instance) -> Vec<RegionInfo> {
    let told = region::of(instance).into_iter().map(|region| {
        let ([left, right], [top, bottom]) = (region.columns, region.rows);
        let axes = [region.x, region.y];
        RegionInfo {
            bounds: [left, top, right, bottom],
            units: axes.map(|axis| axis.unit.to_owned()),
            steps: axes.map(|axis| axis.step.unwrap_or(0.0)),
        }
    });
    told.collect()
}

/// "Family, Given" of the first component group that has something.
pub(crate) fn person(name: &str) -> String {
    let mut groups = name.split('=').map(|group| {
        let parts = group.split('^').map(str::trim);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>()
    });
    let alphabetic = groups.next().unwrap_or_default().join(", ");
    // 王小东 is written without a gap, and is what its owner goes by.
    let ideographic = groups.next().unwrap_or_default().concat();
    let phonetic = groups.next().unwrap_or_default().join(" ");
    match (alphabetic.is_empty(), ideographic.is_empty()) {
        (false, false) => format!("{ideographic} {alphabetic}"),
        (false, true) => alphabetic,
        (true, false) => ideographic,
        (true, true) => phonetic,
    }
}

/// Body Part Examined (0018,0015), else the code meaning of Anatomic Region Sequence (0008,2218).
pub(crate) fn body_part(instance: &Instance) -> String {
    let coded = || {
        let items = instance.items(tags::ANATOMIC_REGION_SEQUENCE);
        let meaning = items
            .first()
            .and_then(|item| crate::dicom::text_of(item, tags::CODE_MEANING))?;
        Some(meaning.to_uppercase())
    };
    let written = instance.text(tags::BODY_PART_EXAMINED);
    written
        .filter(|part| !part.is_empty())
        .or_else(coded)
        .unwrap_or_default()
}

/// DA as YYYY-MM-DD; anything else as it is.
pub(crate) fn date(da: &str) -> String {
    match (da.get(0..4), da.get(4..6), da.get(6..8)) {
        (Some(y), Some(m), Some(d)) if da.len() == 8 => format!("{y}-{m}-{d}"),
        _ => da.to_owned(),
    }
}

fn time(tm: &str) -> String {
    match (tm.get(0..2), tm.get(2..4), tm.get(4..6)) {
        (Some(h), Some(m), Some(s)) => format!("{h}:{m}:{s}"),
        _ => tm.to_owned(),
    }
}

/// Positive primary = LAO, positive secondary = CRA (PS3.3 C.8.7.5.1.2).
fn angles(primary: Option<f64>, secondary: Option<f64>) -> Option<String> {
    let first = primary.map(|a| {
        format!(
            "{} {}",
            if a >= 0.0 { "LAO" } else { "RAO" },
            short(a.abs())
        )
    });
    let second = secondary.map(|a| {
        format!(
            "{} {}",
            if a >= 0.0 { "CRA" } else { "CAU" },
            short(a.abs())
        )
    });
    let both: Vec<String> = [first, second].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// At most two decimals, none that say nothing.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A presentation state for the list of those about a frame.
pub(crate) fn info_of(state: &Presentation) -> PresentationInfo {
    let parts = [state.label.as_str(), state.description.as_str()];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    PresentationInfo {
        uid: state.uid.clone(),
        name: parts.join(" · "),
    }
}

/// What a presentation state draws, for the page.
pub(crate) fn drawing(drawing: &presentation::Drawing) -> Drawing {
    use presentation::Kind;
    let kind = match drawing.kind {
        Kind::Point => "point",
        Kind::Polyline => "polyline",
        Kind::Interpolated => "interpolated",
        Kind::Circle => "circle",
        Kind::Ellipse => "ellipse",
        Kind::Text => "text",
    };
    Drawing {
        kind: kind.to_owned(),
        points: drawing.points.clone(),
        filled: drawing.filled,
        text: drawing.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::made::{IMPLICIT, element, instance};

    #[test]
    fn what_may_tell_who_it_is_is_marked() {
        let elements = [
            element(0x0008_0060, b"CT"),
            element(0x0008_103e, b"Thorax Doe, Jane"),
            element(0x0010_0010, b"Doe^Jane"),
            element(0x0010_0040, b"F"),
            element(0x0010_1010, b"047Y"),
            element(0x0018_0060, b"120"),
            element(0x0020_0011, b"3"),
        ];
        let facts = of(&instance(IMPLICIT, &elements), "1/1");
        let marked = |key: &str| facts.iter().find(|f| f.key == key).unwrap().identifies;
        for key in ["patient-name", "sex", "age", "series"] {
            assert!(marked(key), "{key}");
        }
        for key in ["image", "kv"] {
            assert!(!marked(key), "{key}");
        }
        // A number names nobody.
        let number = of(&instance(IMPLICIT, &elements[6..]), "1/1");
        let series = number.iter().find(|f| f.key == "series").unwrap();
        assert_eq!((series.value.as_str(), series.identifies), ("3", false));
    }

    #[test]
    fn views_have_short_names() {
        let size = [element(0x0028_0010, &[1, 0]), element(0x0028_0011, &[1, 0])];
        let seen = |elements: &[Vec<u8>]| view(&instance(IMPLICIT, &[elements, &size].concat()));
        let kind = |text: &[u8]| element(0x0008_0008, text);
        assert_eq!(seen(&[kind(b"ORIGINAL\\PRIMARY\\LOCALIZER")]), "LOCALIZER");
        assert_eq!(seen(&[kind(b"ORIGINAL\\PRIMARY\\AXIAL")]), "");
        assert_eq!(seen(&[]), "");
        let position = |text: &[u8]| element(0x0018_5101, text);
        let side = |text: &[u8]| element(0x0020_0062, text);
        assert_eq!(seen(&[position(b"MLO"), side(b"R")]), "R MLO");
        assert_eq!(seen(&[position(b"LL")]), "LATERAL");
        assert_eq!(seen(&[side(b"U")]), "");
    }

    #[test]
    fn what_lost_something_says_so() {
        let lossy = |syntax: &str, elements: &[Vec<u8>]| {
            let elements = [&[element(0x0008_0060, b"CT")], elements].concat();
            let facts = of(&instance(syntax, &elements), "1/1");
            let fact = facts.into_iter().find(|fact| fact.key == "lossy");
            fact.map(|fact| fact.value)
        };
        let said = [element(0x0028_2110, b"01"), element(0x0028_2112, b"12.5")];
        assert_eq!(lossy(IMPLICIT, &said).as_deref(), Some("12.5:1"));
        assert_eq!(lossy(IMPLICIT, &said[..1]).as_deref(), Some("✓"));
        assert_eq!(lossy(IMPLICIT, &[]), None);
        // Baseline, extended, JPEG XL of a JPEG, H.264: whatever the attribute says.
        for end in ["50", "51", "111", "102"] {
            let syntax = format!("1.2.840.10008.1.2.4.{end}");
            let denied = [element(0x0028_2110, b"00")];
            assert_eq!(lossy(&syntax, &denied).as_deref(), Some("✓"), "{end}");
        }
        // Lossless JPEG and JPEG-LS; JPEG 2000, which may be either.
        for end in ["57", "70", "80", "90", "91"] {
            let syntax = format!("1.2.840.10008.1.2.4.{end}");
            assert_eq!(lossy(&syntax, &[]), None, "{end}");
        }
    }
}
