//! The elements of a data set in the plain form (`dicom::plain`), taken apart and written again, in memory of the head only.

use std::borrow::Cow;

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::StandardDataDictionary;

const UNDEFINED: u32 = 0xFFFF_FFFF;

/// How a data set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// With Value Representations.
    pub(super) explicit: bool,
    /// Numbers big-endian.
    pub(super) big_endian: bool,
}

/// An element.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    /// Without Value Representations in the file: that of the dictionary, UN where it has none.
    pub(super) vr: VR,
    pub(super) value: Value<'a>,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    /// As in the file.
    Bytes(Cow<'a, [u8]>),
    /// The items of a sequence.
    Items(Vec<Vec<Element<'a>>>),
    /// Encapsulated fragments up to their delimiter, as in the file.
    Fragments(&'a [u8]),
}

impl Element<'_> {
    /// An element of bytes, padded as its Value Representation asks.
    pub(super) fn of_bytes(tag: Tag, vr: VR, mut bytes: Vec<u8>) -> Self {
        if bytes.len() % 2 == 1 {
            bytes.push(if is_text(vr) && vr != VR::UI { b' ' } else { 0 });
        }
        Self {
            tag,
            vr,
            value: Value::Bytes(Cow::Owned(bytes)),
        }
    }

    /// The value as text; empty where it is none.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match &self.value {
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes),
            _ => Cow::Borrowed(""),
        }
    }
}

/// The values of a Value Representation are texts.
pub(super) fn is_text(vr: VR) -> bool {
    !is_binary(vr) && vr != VR::SQ
}

fn is_binary(vr: VR) -> bool {
    size_of_one(vr) > 0 || matches!(vr, VR::OB | VR::UN)
}

/// Bytes of a binary number; 0 for others.
pub(super) fn size_of_one(vr: VR) -> usize {
    match vr {
        VR::US | VR::SS | VR::OW => 2,
        VR::UL | VR::SL | VR::FL | VR::AT | VR::OF | VR::OL => 4,
        VR::FD | VR::SV | VR::UV | VR::OD | VR::OV => 8,
        _ => 0,
    }
}

fn is_long(vr: VR) -> bool {
    matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::SV
            | VR::UV
    )
}

/// The dictionary's Value Representation; `None` for what it does not know.
pub(super) fn dictionary(tag: Tag) -> Option<VR> {
    StandardDataDictionary.by_tag(tag).map(|e| e.vr().relaxed())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    form: Form,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        let two = self.take(2)?.try_into().ok()?;
        Some(if self.form.big_endian {
            u16::from_be_bytes(two)
        } else {
            u16::from_le_bytes(two)
        })
    }

    fn u32(&mut self) -> Option<u32> {
        let four = self.take(4)?.try_into().ok()?;
        Some(if self.form.big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    fn tag(&mut self) -> Option<Tag> {
        Some(Tag(self.u16()?, self.u16()?))
    }

    fn element(&mut self, tag: Tag) -> Option<Element<'a>> {
        let known = dictionary(tag);
        let (vr, length) = if self.form.explicit {
            let vr = VR::from_binary(self.take(2)?.try_into().ok()?)?;
            if is_long(vr) {
                self.take(2)?;
                (vr, self.u32()?)
            } else {
                (vr, u32::from(self.u16()?))
            }
        } else {
            (known.unwrap_or(VR::UN), self.u32()?)
        };
        if length != UNDEFINED {
            let bytes = self.take(length as usize)?;
            return Some(Element {
                tag,
                vr,
                value: Value::Bytes(Cow::Borrowed(bytes)),
            });
        }
        if matches!(vr, VR::OB | VR::OW) {
            let from = self.at;
            while self.tag()? != Tag(0xFFFE, 0xE0DD) {
                let length = self.u32()?;
                self.take(length as usize)?;
            }
            self.take(4)?;
            return Some(Element {
                tag,
                vr: VR::OB,
                value: Value::Fragments(self.bytes.get(from..self.at)?),
            });
        }
        let mut items = vec![];
        while self.tag()? != Tag(0xFFFE, 0xE0DD) {
            self.take(4)?;
            items.push(self.elements()?);
        }
        self.take(4)?;
        Some(Element {
            tag,
            vr: VR::SQ,
            value: Value::Items(items),
        })
    }

    /// Up to the end, or up to an item's delimiter, which is passed.
    fn elements(&mut self) -> Option<Vec<Element<'a>>> {
        let mut all = vec![];
        while self.at < self.bytes.len() {
            let tag = self.tag()?;
            if tag == Tag(0xFFFE, 0xE00D) {
                self.take(4)?;
                break;
            }
            all.push(self.element(tag)?);
        }
        Some(all)
    }
}

/// Takes a plain form apart; `None` where it is none. Its nesting was limited by the walk that wrote it.
pub(super) fn read(bytes: &[u8], form: Form) -> Option<Vec<Element<'_>>> {
    let at = 0;
    Reader { bytes, at, form }.elements()
}

/// Writes elements in a form.
pub(super) fn write(elements: &[Element<'_>], form: Form, out: &mut Vec<u8>) {
    let put16 = |n: u16, out: &mut Vec<u8>| {
        out.extend(if form.big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    };
    let put32 = |n: u32, out: &mut Vec<u8>| {
        out.extend(if form.big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    };
    let put_tag = |tag: Tag, out: &mut Vec<u8>| {
        put16(tag.0, out);
        put16(tag.1, out);
    };
    for element in elements {
        put_tag(element.tag, out);
        let length = match &element.value {
            Value::Bytes(bytes) => bytes.len() as u32,
            _ => UNDEFINED,
        };
        let vr = match element.vr {
            vr if !is_long(vr) && length > 0xFFFF => VR::UN,
            vr => vr,
        };
        if form.explicit {
            out.extend(vr.to_bytes());
            if is_long(vr) {
                out.extend([0, 0]);
                put32(length, out);
            } else {
                put16(length as u16, out);
            }
        } else {
            put32(length, out);
        }
        match &element.value {
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
            Value::Fragments(bytes) => out.extend_from_slice(bytes),
            Value::Items(items) => {
                for item in items {
                    put_tag(Tag(0xFFFE, 0xE000), out);
                    put32(UNDEFINED, out);
                    write(item, form, out);
                    put_tag(Tag(0xFFFE, 0xE00D), out);
                    put32(0, out);
                }
                put_tag(Tag(0xFFFE, 0xE0DD), out);
                put32(0, out);
            }
        }
    }
}
