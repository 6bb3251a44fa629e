//! The walk over elements (PS3.5 7): checks lengths, nesting and counts, and writes the head anew in one plain form.
//!
//! The copy holds the same elements with every sequence and item of undefined length, sequences under UN (PS3.5 6.2.2) as SQ, and no
//! length that does not fit. Texts are UTF-8, whatever Specific Character Set they were written in. `dicom-object` is given only this copy: what it reads is what was checked, so that it can neither
//! disagree about an element's end nor allocate for a length that the file only claims.

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use super::{
    charset::{Charset, Read},
    codes,
};
use crate::base::{ByteSource, Error, Limits, Result, read_range};

pub(super) const UNDEFINED: u64 = 0xFFFF_FFFF;
const STEP: u64 = 64 << 10;
/// Bytes read at first, so many as a door may have fetched ahead.
pub(super) const FIRST: u64 = 16 << 10;

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is there or not, in any mixture"
)]
pub(super) struct Walk<'a> {
    source: &'a dyn ByteSource,
    limits: &'a Limits,
    bytes: Vec<u8>,
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
    /// The first element whose value representation is blank.
    pub(super) nameless: Option<Tag>,
    /// The first sequence that holds something else than items.
    pub(super) itemless: Option<Tag>,
    /// Inside a UN of undefined length, which is little-endian whatever the file is (PS3.5 6.2.2).
    unknown: bool,
    /// Elements seen, nested ones included.
    pub(super) elements: u32,
    /// The elements that were passed, in the plain form.
    pub(super) head: Vec<u8>,
    /// A sequence's or an item's length did not end with its content.
    pub(super) overrun: bool,
    /// How the texts of the data set or item that is walked are written.
    charset: Charset,
    /// Specific Character Set of the data set, as the file has it.
    pub(super) declared: Vec<u8>,
    /// Texts were beyond their character set, and were taken for this one.
    pub(super) guessed: Option<&'static str>,
    /// The plain form's own Specific Character Set is written.
    said: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) tag: Tag,
    pub(super) vr: Option<VR>,
    /// Where the value begins.
    pub(super) value: u64,
    pub(super) length: u64,
}

/// Why a walk stopped early.
pub(super) enum Stop {
    End,
    Fail(Error),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Fail(e)
    }
}

/// Has a 32-bit length in explicit VR (PS3.5 7.1.2).
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

/// Bytes of one value of a binary VR (PS3.5 6.2); 1 for texts and bytes.
fn size_of_one(vr: VR) -> u64 {
    match vr {
        VR::US | VR::SS | VR::OW => 2,
        VR::UL | VR::SL | VR::FL | VR::AT | VR::OF | VR::OL => 4,
        VR::FD | VR::SV | VR::UV | VR::OD | VR::OV => 8,
        _ => 1,
    }
}

fn dictionary(tag: Tag) -> Option<VR> {
    StandardDataDictionary.by_tag(tag).map(|e| e.vr().relaxed())
}

pub(super) fn place(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.0, tag.1)
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a dyn ByteSource, limits: &'a Limits) -> Self {
        Self {
            source,
            limits,
            bytes: Vec::new(),
            explicit: true,
            big_endian: false,
            nameless: None,
            itemless: None,
            unknown: false,
            elements: 0,
            head: Vec::new(),
            overrun: false,
            charset: Charset::default(),
            declared: Vec::new(),
            guessed: None,
            said: false,
        }
    }
    /// Makes sure that the first `end` bytes are in memory.
    pub(super) fn need(&mut self, end: u64) -> Result<(), Stop> {
        if end <= self.bytes.len() as u64 {
            return Ok(());
        }
        if end > self.source.len() {
            return Err(Stop::End);
        }
        if end > self.limits.head_bytes {
            return Err(Error::new(&codes::TOO_LARGE)
                .expected(Limits::at_most("head_bytes", self.limits.head_bytes))
                .into());
        }
        let have = self.bytes.len() as u64;
        // Most heads end within the first block; what is longer is read in larger ones.
        let step = if have == 0 { FIRST } else { STEP };
        let more = (end - have).max(step).min(self.source.len() - have);
        self.bytes.extend(read_range(self.source, have, more)?);
        Ok(())
    }
    pub(super) fn slice(&mut self, from: u64, to: u64) -> Result<&[u8], Stop> {
        self.need(to)?;
        self.bytes.get(from as usize..to as usize).ok_or(Stop::End)
    }
    pub(super) fn take<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Stop> {
        self.slice(at, at.saturating_add(N as u64))?
            .try_into()
            .map_err(|_other_length| Stop::End)
    }
    pub(super) fn u16(&mut self, at: u64) -> Result<u16, Stop> {
        let b = self.take::<2>(at)?;
        Ok(if self.big_endian && !self.unknown {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        })
    }
    fn u32(&mut self, at: u64) -> Result<u32, Stop> {
        let b = self.take::<4>(at)?;
        Ok(if self.big_endian && !self.unknown {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        })
    }
    /// The header of the element at `at`.
    pub(super) fn element(&mut self, at: u64, explicit: bool) -> Result<Element, Stop> {
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(Error::new(&codes::TOO_MANY)
                .expected(Limits::at_most("elements", self.limits.elements))
                .into());
        }
        let tag = Tag(self.u16(at)?, self.u16(at + 2)?);
        if !explicit || tag.0 == 0xFFFE {
            return Ok(Element {
                tag,
                vr: dictionary(tag).filter(|_| tag.0 != 0xFFFE),
                value: at + 8,
                length: u64::from(self.u32(at + 4)?),
            });
        }
        let name = self.take::<2>(at + 4)?;
        let known = VR::from_binary(name);
        let (vr, long) = match name {
            _ if let Some(vr) = known => (vr, is_long(vr)),
            // Letters are a value representation of the future, which has a long length (7.1.2).
            [b'A'..=b'Z', b'A'..=b'Z'] => (VR::UN, true),
            // Writers that had none to give left it blank before a short length.
            [0, 0] | [b' ', b' '] | [b'?', b'?'] | [b'-', b'-'] => {
                self.nameless.get_or_insert(tag);
                let vr = dictionary(tag).unwrap_or(VR::UN);
                // Or before a long one, where the dictionary has one and nothing but zeros stands in for the short.
                let long = is_long(vr)
                    && self.u16(at + 6)? == 0
                    && u64::from(self.u32(at + 8)?) <= self.source.len();
                (vr, long)
            }
            _ => {
                return Err(Error::new(&codes::MALFORMED)
                    .at(place(tag))
                    .expected("a value representation")
                    .found(format!("{name:02X?}"))
                    .into());
            }
        };
        let (value, length) = if long {
            (at + 12, u64::from(self.u32(at + 8)?))
        } else {
            (at + 8, u64::from(self.u16(at + 6)?))
        };
        Ok(Element {
            tag,
            vr: Some(vr),
            value,
            length,
        })
    }

    fn put16(&mut self, n: u16) {
        self.head.extend(if self.big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    }
    fn put32(&mut self, n: u32) {
        self.head.extend(if self.big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        });
    }
    fn put_item(&mut self, element: u16, length: u64) {
        self.put16(0xFFFE);
        self.put16(element);
        self.put32(length as u32);
    }
    fn put_header(&mut self, tag: Tag, vr: VR, length: u64) {
        self.put16(tag.0);
        self.put16(tag.1);
        if !self.explicit {
            return self.put32(length as u32);
        }
        self.head.extend(vr.to_bytes());
        if is_long(vr) {
            self.head.extend([0, 0]);
            self.put32(length as u32);
        } else {
            self.put16(length as u16);
        }
    }
    /// Specific Character Set of the plain form, at its place in a data set.
    fn put_charset(&mut self) {
        const UTF_8: &[u8; 10] = b"ISO_IR 192";
        self.put_header(tags::SPECIFIC_CHARACTER_SET, VR::CS, UTF_8.len() as u64);
        self.head.extend(UTF_8);
    }

    /// A text in the plain form.
    fn put_text(&mut self, e: Element, vr: VR, end: u64) -> Result<(), Stop> {
        self.need(end)?;
        let value = self
            .bytes
            .get(e.value as usize..end as usize)
            .ok_or(Stop::End)?;
        let (text, read) = self.charset.decode(value, vr == VR::PN);
        if let Read::Guessed(set) = read {
            self.guessed.get_or_insert(set);
        }
        let mut text = text.into_bytes();
        if text.len() % 2 == 1 {
            text.push(b' ');
        }
        let vr = if text.len() > 0xFFFF { VR::UT } else { vr };
        self.put_header(e.tag, vr, text.len() as u64);
        self.head.append(&mut text);
        Ok(())
    }

    /// A value of `size` bytes each, in the plain form.
    fn copy(&mut self, from: u64, to: u64, size: u64) -> Result<(), Stop> {
        self.need(to)?;
        let value = self.bytes.get(from as usize..to as usize);
        let at = self.head.len();
        self.head.extend_from_slice(value.ok_or(Stop::End)?);
        if self.unknown && self.big_endian && size > 1 {
            for one in self.head.split_at_mut(at).1.chunks_exact_mut(size as usize) {
                one.reverse();
            }
        }
        Ok(())
    }

    /// Passes an element whole, sequences walked into, and gives its end. `explicit` is the encoding that holds where it lies.
    pub(super) fn pass(&mut self, e: Element, explicit: bool, depth: u32) -> Result<u64, Stop> {
        if depth > self.limits.nesting {
            return Err(Error::new(&codes::TOO_DEEP)
                .expected(Limits::at_most("nesting", self.limits.nesting))
                .into());
        }
        if depth == 0 && !self.said && e.tag >= tags::SPECIFIC_CHARACTER_SET && e.tag.0 >= 8 {
            self.said = true;
            self.put_charset();
        }
        if e.length == UNDEFINED {
            if matches!(e.vr, Some(VR::OB | VR::OW)) {
                // An icon's fragments are kept; under any other tag fragments mean nothing.
                let before = self.head.len();
                self.put_header(e.tag, VR::OB, UNDEFINED);
                let end = self.fragments(e.value)?;
                if e.tag != tags::PIXEL_DATA {
                    self.head.truncate(before);
                }
                return Ok(end);
            }
            // PS3.5 6.2.2: an undefined length UN is a sequence in implicit VR.
            let unknown = e.vr == Some(VR::UN);
            self.put_header(e.tag, VR::SQ, UNDEFINED);
            let outer = self.unknown;
            self.unknown |= explicit && unknown;
            let end = self.items(e.value, None, explicit && !unknown, depth + 1);
            self.unknown = outer;
            return end;
        }
        let end = e.value.saturating_add(e.length);
        if e.vr == Some(VR::SQ) {
            // In implicit VR the dictionary may be newer than the file: what is no item is no sequence. The plain form can't hold it.
            if e.length > 0 && self.u16(e.value)? != 0xFFFE {
                self.itemless.get_or_insert(e.tag);
                self.need(end)?;
                return Ok(end);
            }
            self.put_header(e.tag, VR::SQ, UNDEFINED);
            return self.items(e.value, Some(end), explicit, depth + 1);
        }
        self.need(end)?;
        // UN of a public element reads as what the dictionary says (PS3.5 6.2.2); values too long for a short length stay UN.
        let vr = match e.vr {
            Some(VR::UN) if !self.big_endian || self.unknown => {
                dictionary(e.tag).filter(|&vr| vr != VR::SQ)
            }
            vr => vr,
        };
        let vr = vr
            .filter(|&vr| is_long(vr) || e.length <= 0xFFFF)
            .unwrap_or(VR::UN);
        if e.tag == tags::SPECIFIC_CHARACTER_SET {
            let value = self.slice(e.value, end)?.to_vec();
            self.charset = Charset::of(&value);
            if depth == 0 {
                self.declared = value;
            }
            return Ok(end);
        }
        if matches!(
            vr,
            VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT
        ) {
            self.put_text(e, vr, end)?;
            return Ok(end);
        }
        // Whole numbers only: a reader of numbers leaves the rest of a value where the next element should begin.
        let length = e.length - e.length % size_of_one(vr);
        self.put_header(e.tag, vr, length);
        // An AT is a pair of numbers.
        let size = if vr == VR::AT { 2 } else { size_of_one(vr) };
        self.copy(e.value, e.value + length, size)?;
        Ok(end)
    }

    /// Sequence items up to `end` or the delimiter; gives where they end.
    fn items(
        &mut self,
        mut at: u64,
        end: Option<u64>,
        explicit: bool,
        depth: u32,
    ) -> Result<u64, Stop> {
        loop {
            if let Some(end) = end.filter(|&end| at >= end) {
                self.overrun |= at > end;
                self.put_item(0xE0DD, 0);
                return Ok(at);
            }
            let item = self.element(at, explicit)?;
            match item.tag {
                Tag(0xFFFE, 0xE0DD) => {
                    self.put_item(0xE0DD, 0);
                    return Ok(item.value);
                }
                Tag(0xFFFE, 0xE000) => {}
                other => {
                    return Err(Error::new(&codes::MALFORMED)
                        .at(place(other))
                        .expected("a sequence item")
                        .into());
                }
            }
            self.put_item(0xE000, UNDEFINED);
            at = item.value;
            let outer = self.charset.clone();
            let item_end = (item.length != UNDEFINED).then(|| at.saturating_add(item.length));
            loop {
                if let Some(end) = item_end.filter(|&end| at >= end) {
                    self.overrun |= at > end;
                    break;
                }
                let e = self.element(at, explicit)?;
                if e.tag == Tag(0xFFFE, 0xE00D) {
                    at = e.value;
                    break;
                }
                if e.tag.0 == 0xFFFE {
                    return Err(Error::new(&codes::MALFORMED)
                        .at(place(e.tag))
                        .expected("an element of the item")
                        .into());
                }
                at = self.pass(e, explicit, depth)?;
            }
            self.charset = outer;
            self.put_item(0xE00D, 0);
        }
    }

    /// Encapsulated fragments up to their delimiter.
    fn fragments(&mut self, mut at: u64) -> Result<u64, Stop> {
        loop {
            let item = self.element(at, true)?;
            match item.tag {
                Tag(0xFFFE, 0xE0DD) => {
                    self.put_item(0xE0DD, 0);
                    return Ok(item.value);
                }
                Tag(0xFFFE, 0xE000) if item.length != UNDEFINED => {}
                other => {
                    return Err(Error::new(&codes::MALFORMED)
                        .at(place(other))
                        .expected("a fragment")
                        .into());
                }
            }
            at = item.value.saturating_add(item.length);
            self.need(at)?;
            self.put_item(0xE000, item.length);
            self.copy(item.value, at, 1)?;
        }
    }
}
