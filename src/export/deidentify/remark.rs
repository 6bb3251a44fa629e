//! What taking attributes away cannot do: pixels that may show a name or a face, and texts inside of codestreams. Said, not mended.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    element::{Element, Value},
    pixels,
};
use crate::{base::Repair, dicom::plain::Plain, export::codes};

/// First value of a top-level element as text.
pub(super) fn text(elements: &[Element<'_>], tag: Tag) -> String {
    let found = elements.iter().find(|e| e.tag == tag);
    let text = found.map(|e| e.text().into_owned()).unwrap_or_default();
    let first = text.split('\\').next().unwrap_or("");
    first.trim_matches([' ', '\0']).to_owned()
}

/// Kinds of pictures in which machines write who it is.
const WRITTEN_ON: &[&str] = &[
    "US", "IVUS", "SC", "ES", "XC", "GM", "SM", "OP", "OPT", "OT", "ECG", "RF", "XA", "DOC", "HC",
];
/// Secondary Capture of every kind begins so.
const CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";
/// Body parts that hold a face.
const HEADS: &[&str] = &[
    "HEAD",
    "BRAIN",
    "SKULL",
    "FACE",
    "NECK",
    "SINUS",
    "ORBIT",
    "JAW",
    "EAR",
    "TEMPORAL",
    "MAXILLA",
    "MANDIBLE",
    "IAC",
    "PITUITARY",
    "CSPINE",
    "WHOLEBODY",
];

/// Remarks on one object, from its data set as it was.
pub(super) fn of(plain: &Plain, elements: &[Element<'_>]) -> Vec<Repair> {
    let mut remarks = vec![];
    let mut say = |code, detail: &str| remarks.push(Repair::new(code, detail));
    let text = |tag| text(elements, tag);
    if elements
        .iter()
        .any(|e| e.tag == tags::ENCAPSULATED_DOCUMENT)
    {
        say(&codes::DOCUMENT_EMPTIED, "");
    }
    if plain.pixels.is_none() {
        return remarks;
    }
    let (modality, class) = (text(tags::MODALITY), text(tags::SOP_CLASS_UID));
    let kind = elements.iter().find(|e| e.tag == tags::IMAGE_TYPE);
    let kind = kind.map(|e| e.text().into_owned()).unwrap_or_default();
    let is_capture = class.starts_with(CAPTURE)
        || kind.contains("SCREEN")
        || (kind.contains("SECONDARY") && !text(tags::CONVERSION_TYPE).is_empty());
    match text(tags::BURNED_IN_ANNOTATION).as_str() {
        "YES" => say(&codes::BURNED_IN, ""),
        "NO" => {}
        _ if is_capture => say(&codes::MAY_BE_BURNED_IN, "secondary capture"),
        _ if WRITTEN_ON.contains(&modality.as_str()) => {
            say(&codes::MAY_BE_BURNED_IN, "by its modality");
        }
        _ => {}
    }
    if text(tags::RECOGNIZABLE_VISUAL_FEATURES) == "YES" {
        say(&codes::FACE, "the file says so");
    } else if matches!(modality.as_str(), "CT" | "MR" | "PT") {
        let words = [
            text(tags::BODY_PART_EXAMINED),
            text(tags::STUDY_DESCRIPTION),
            text(tags::SERIES_DESCRIPTION),
            text(tags::PROTOCOL_NAME),
        ];
        let letters = |s: &String| {
            s.to_uppercase()
                .chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
        };
        let words: Vec<String> = words.iter().map(letters).collect();
        if words
            .iter()
            .any(|w| HEADS.iter().any(|head| w.contains(head)))
        {
            say(&codes::FACE, "by its body part");
        } else if words.first().is_some_and(String::is_empty) {
            say(&codes::FACE, "its body part is unknown");
        }
    }
    if planes_in_pixels(plain, elements) {
        say(&codes::PLANES_IN_PIXELS, "");
    }
    if has_comment(&pixels::beginning(plain, 1 << 16)) {
        say(&codes::STREAM_COMMENT, "");
    }
    remarks
}

/// Overlay planes that lie in bits of the pixel data (retired): their group goes, their bits stay.
fn planes_in_pixels(plain: &Plain, elements: &[Element<'_>]) -> bool {
    elements.iter().any(|e| {
        let Value::Bytes(bytes) = &e.value else {
            return false;
        };
        let allocated = match (bytes.first(), bytes.get(1)) {
            (Some(&a), Some(&b)) if plain.big_endian => u16::from_be_bytes([a, b]),
            (Some(&a), Some(&b)) => u16::from_le_bytes([a, b]),
            _ => 0,
        };
        e.tag.0 & 0xFF01 == 0x6000 && e.tag.1 == 0x0100 && allocated > 1
    })
}

/// What codecs write about themselves.
const CODECS: &[&[u8]] = &[
    b"Created by OpenJPEG",
    b"Kakadu",
    b"Kdu-Layer-Info",
    b"LEAD",
    b"JasPer",
    b"Aware",
    b"CREATOR: ",
    b"Lavc",
    b"Intel(R)",
    b"HandMade",
    b"charls",
    b"OpenJPH",
    b"PICTools",
    b"Created by",
    b"JFIF",
    b"Adobe",
    b"SPIFF",
];

/// A JPEG, JPEG-LS or JPEG 2000 stream with a comment or an application's segment that no codec writes about itself.
fn has_comment(stream: &[u8]) -> bool {
    let mut at = 2;
    if !matches!(stream, [0xFF, 0xD8 | 0x4F, ..]) {
        return false;
    }
    let is_2000 = stream.get(1) == Some(&0x4F);
    while let Some(&[0xFF, marker, high, low]) = stream.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let skip = if is_2000 { 4 } else { 2 };
        let body = stream
            .get(at + 2 + skip..at + 2 + length)
            .unwrap_or_default();
        let ends = if is_2000 {
            marker == 0x90
        } else {
            marker == 0xDA
        };
        if ends || length < 2 {
            return false;
        }
        let said = if is_2000 {
            marker == 0x64
        } else {
            marker == 0xFE || (0xE0..=0xEF).contains(&marker)
        };
        let known = body.is_empty()
            || CODECS.iter().any(|name| {
                body.starts_with(name) || body.get(4..).is_some_and(|b| b.starts_with(name))
            });
        if said && !known {
            return true;
        }
        at += 2 + length;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_comment;

    fn jpeg(marker: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u16 + 2).to_be_bytes();
        [
            &[0xFF, 0xD8, 0xFF, marker],
            &length[..],
            body,
            &[0xFF, 0xDA, 0, 8],
        ]
        .concat()
    }

    #[test]
    fn comments_that_no_codec_writes_are_said() {
        assert!(has_comment(&jpeg(0xFE, b"DOE^JOHN")));
        assert!(has_comment(&jpeg(0xE1, b"Exif\0\0II")));
        assert!(!has_comment(&jpeg(0xE0, b"JFIF\0\x01\x01")));
        assert!(!has_comment(&jpeg(0xDB, b"\0aaaa")));
        assert!(!has_comment(b""));
        assert!(!has_comment(&[0xFF, 0xD8, 0xFF, 0xFE, 0, 0]));
        let j2k = [
            &b"\xFF\x4F\xFF\x64\0\x0E\0\x01"[..],
            b"DOE^JOHN12",
            b"\xFF\x90\0\x0A",
        ]
        .concat();
        assert!(has_comment(&j2k));
        let j2k = [
            &b"\xFF\x4F\xFF\x64\0\x0B\0\x01"[..],
            b"Kakadu-",
            b"\xFF\x90\0\x0A",
        ]
        .concat();
        assert!(!has_comment(&j2k));
    }
}
