//! The DICOM JSON Model (PS3.18 F) of an instance's head. Pixel data is left out; binary values are `InlineBinary`.

use dicom_core::{VR, header::Header};
use dicom_object::InMemDicomObject;
use serde_json::{Map, Value, json};

use super::Instance;

/// The data set as PS3.18 F has it.
pub fn dicom_json(instance: &Instance) -> Value {
    object(instance.data())
}

fn object(data: &InMemDicomObject) -> Value {
    let mut map = Map::new();
    for element in data {
        let (tag, vr) = (element.tag(), element.vr());
        let mut entry = Map::new();
        entry.insert("vr".to_owned(), json!(vr.to_string()));
        if let Some(items) = element.items() {
            entry.insert(
                "Value".to_owned(),
                Value::Array(items.iter().map(object).collect()),
            );
        } else if let Some((key, value)) = value(element, vr) {
            entry.insert(key.to_owned(), value);
        }
        map.insert(format!("{:04X}{:04X}", tag.0, tag.1), Value::Object(entry));
    }
    Value::Object(map)
}

fn value(element: &dicom_object::mem::InMemElement, vr: VR) -> Option<(&'static str, Value)> {
    match vr {
        VR::OB | VR::OW | VR::OF | VR::OD | VR::OL | VR::OV | VR::UN => {
            let bytes = element.value().to_bytes().ok().filter(|b| !b.is_empty())?;
            Some(("InlineBinary", Value::String(base64(&bytes))))
        }
        VR::FL | VR::FD | VR::DS | VR::SL | VR::SS | VR::UL | VR::US | VR::IS | VR::SV | VR::UV => {
            let texts = element.value().to_multi_str().ok()?;
            let numbers: Vec<Value> = texts
                .iter()
                .map(|t| {
                    let t = t.trim_matches([' ', '\0']);
                    let whole = t
                        .parse::<i64>()
                        .map(Value::from)
                        .or_else(|_| t.parse::<u64>().map(Value::from));
                    whole.unwrap_or_else(|_| {
                        t.parse::<f64>().map_or_else(|_| json!(t), |x| json!(x))
                    })
                })
                .collect();
            (!numbers.is_empty()).then_some(("Value", Value::Array(numbers)))
        }
        VR::AT => {
            let tags = element.value().to_multi_str().ok()?;
            let plain = |t: &str| {
                t.chars()
                    .filter(char::is_ascii_hexdigit)
                    .collect::<String>()
            };
            Some((
                "Value",
                Value::Array(tags.iter().map(|t| json!(plain(t))).collect()),
            ))
        }
        VR::PN => {
            let names = element.value().to_multi_str().ok()?;
            let groups = ["Alphabetic", "Ideographic", "Phonetic"];
            let name = |n: &String| {
                let parts = n
                    .trim_matches([' ', '\0'])
                    .split('=')
                    .zip(groups)
                    .filter(|(part, _)| !part.is_empty());
                Value::Object(
                    parts
                        .map(|(part, group)| (group.to_owned(), json!(part)))
                        .collect(),
                )
            };
            let names: Vec<Value> = names
                .iter()
                .map(name)
                .filter(|n| n.as_object().is_some_and(|o| !o.is_empty()))
                .collect();
            (!names.is_empty()).then_some(("Value", Value::Array(names)))
        }
        _ => {
            let texts = element.value().to_multi_str().ok()?;
            let trimmed: Vec<&str> = texts.iter().map(|t| t.trim_matches([' ', '\0'])).collect();
            let value = |t: &&str| if t.is_empty() { Value::Null } else { json!(t) };
            trimmed
                .iter()
                .any(|t| !t.is_empty())
                .then(|| ("Value", Value::Array(trimmed.iter().map(value).collect())))
        }
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |n: u32| {
        DIGITS
            .get((n & 63) as usize)
            .map_or('=', |&d| char::from(d))
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let n = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.extend([digit(n >> 18), digit(n >> 12)]);
        text.push(if chunk.len() > 1 { digit(n >> 6) } else { '=' });
        text.push(if chunk.len() > 2 { digit(n) } else { '=' });
    }
    text
}
