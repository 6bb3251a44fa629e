//! The walk over a file's elements (PS3.5 7, PS3.10 7): where the head ends, where pixel data lies, and whether lengths, nesting and
//! counts are within the limits. `dicom-object` is given only what this walk has passed.

use std::rc::Rc;

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};

use super::codes;
use crate::base::{ByteSource, Error, Limits, MemorySource, Repair, Result, read_range};

const UNDEFINED: u64 = 0xFFFF_FFFF;
const STEP: u64 = 64 << 10;

/// Where the pixel data element's value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelPlace {
    pub(super) tag: Tag,
    pub(super) offset: u64,
    /// Bytes; `None` where it is encapsulated (undefined length).
    pub(super) length: Option<u64>,
    /// Big-endian 16-bit words: bytes are swapped by pairs.
    pub(super) swapped: bool,
}

/// What the walk found.
pub(super) struct Scan {
    /// The source of the data set: the file, or its inflated copy.
    pub(super) source: Rc<dyn ByteSource>,
    /// Transfer Syntax UID (0002,0010), or the guess.
    pub(super) transfer_syntax: String,
    /// The data set's elements before pixel data.
    pub(super) head: Vec<u8>,
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
    pub(super) pixels: Option<PixelPlace>,
    pub(super) repairs: Vec<Repair>,
}

struct Walk<'a> {
    source: &'a dyn ByteSource,
    limits: &'a Limits,
    bytes: Vec<u8>,
    explicit: bool,
    big_endian: bool,
    elements: u32,
}

struct Element {
    tag: Tag,
    vr: Option<VR>,
    value: u64,
    length: u64,
}

/// Why a walk stopped early.
enum Stop {
    End,
    Fail(Error),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Fail(e)
    }
}

impl Walk<'_> {
    /// Makes sure that the first `end` bytes are in memory.
    fn need(&mut self, end: u64) -> Result<(), Stop> {
        if end <= self.bytes.len() as u64 {
            return Ok(());
        }
        if end > self.source.len() {
            return Err(Stop::End);
        }
        if end > self.limits.head_bytes {
            return Err(Error::new(&codes::TOO_LARGE)
                .expected(format!("at most {} bytes", self.limits.head_bytes))
                .into());
        }
        let have = self.bytes.len() as u64;
        let more = (end - have).max(STEP).min(self.source.len() - have);
        self.bytes.extend(read_range(self.source, have, more)?);
        Ok(())
    }
    fn take<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Stop> {
        self.need(at.saturating_add(N as u64))?;
        let start = at as usize;
        self.bytes
            .get(start..start + N)
            .and_then(|s| s.try_into().ok())
            .ok_or(Stop::End)
    }
    fn u16(&mut self, at: u64) -> Result<u16, Stop> {
        let b = self.take::<2>(at)?;
        Ok(if self.big_endian {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        })
    }
    fn u32(&mut self, at: u64) -> Result<u32, Stop> {
        let b = self.take::<4>(at)?;
        Ok(if self.big_endian {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        })
    }
    fn element(&mut self, at: u64, explicit: bool) -> Result<Element, Stop> {
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(Error::new(&codes::TOO_MANY)
                .expected(format!("at most {}", self.limits.elements))
                .into());
        }
        let tag = Tag(self.u16(at)?, self.u16(at + 2)?);
        if tag.0 == 0xFFFE {
            return Ok(Element {
                tag,
                vr: None,
                value: at + 8,
                length: u64::from(self.u32(at + 4)?),
            });
        }
        if !explicit {
            let vr = StandardDataDictionary.by_tag(tag).map(|e| e.vr().relaxed());
            return Ok(Element {
                tag,
                vr,
                value: at + 8,
                length: u64::from(self.u32(at + 4)?),
            });
        }
        let name = self.take::<2>(at + 4)?;
        let Some(vr) = VR::from_binary(name) else {
            return Err(Error::new(&codes::MALFORMED)
                .at(place(tag))
                .expected("a value representation")
                .found(format!("{name:02X?}"))
                .into());
        };
        let long = matches!(
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
        );
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
    /// The end of an element's value, having walked into sequences.
    fn skip(&mut self, e: &Element, explicit: bool, depth: u32) -> Result<u64, Stop> {
        if depth > self.limits.nesting {
            return Err(Error::new(&codes::TOO_DEEP)
                .expected(format!("at most {} levels", self.limits.nesting))
                .into());
        }
        if e.length == UNDEFINED {
            // PS3.5 6.2.2: an undefined length UN is a sequence in implicit VR.
            let inner = explicit && e.vr != Some(VR::UN);
            let fragments = matches!(e.vr, Some(VR::OB | VR::OW));
            return self.items(e.value, None, inner, fragments, depth + 1);
        }
        let end = e.value.saturating_add(e.length);
        if e.vr == Some(VR::SQ) {
            return self.items(e.value, Some(end), explicit, false, depth + 1);
        }
        self.need(end)?;
        Ok(end)
    }
    fn items(
        &mut self,
        mut at: u64,
        end: Option<u64>,
        explicit: bool,
        fragments: bool,
        depth: u32,
    ) -> Result<u64, Stop> {
        loop {
            if end.is_some_and(|end| at >= end) {
                return Ok(at);
            }
            let item = self.element(at, explicit)?;
            match item.tag {
                Tag(0xFFFE, 0xE0DD) => return Ok(item.value),
                Tag(0xFFFE, 0xE000) => {}
                other => {
                    return Err(Error::new(&codes::MALFORMED)
                        .at(place(other))
                        .expected("a sequence item")
                        .into());
                }
            }
            at = item.value;
            if fragments && item.length != UNDEFINED {
                at = at.saturating_add(item.length);
                self.need(at)?;
                continue;
            }
            let item_end = (item.length != UNDEFINED).then(|| at.saturating_add(item.length));
            loop {
                if item_end.is_some_and(|end| at >= end) {
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
                at = self.skip(&e, explicit, depth)?;
            }
        }
    }
}

fn place(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.0, tag.1)
}

fn is_vr(bytes: [u8; 2]) -> bool {
    bytes.iter().all(u8::is_ascii_uppercase)
}

/// Walks one file.
pub(super) fn scan(source: &Rc<dyn ByteSource>, limits: &Limits) -> Result<Scan> {
    if source.is_empty() {
        return Err(Error::new(&codes::EMPTY));
    }
    if source.len() > limits.file_bytes {
        return Err(
            Error::new(&codes::TOO_LARGE).expected(format!("at most {} bytes", limits.file_bytes))
        );
    }
    let mut repairs = Vec::new();
    let mut walk = Walk {
        source: source.as_ref(),
        limits,
        bytes: Vec::new(),
        explicit: true,
        big_endian: false,
        elements: 0,
    };
    let not_dicom = |stop: Stop| match stop {
        Stop::End => Error::new(&codes::NOT_DICOM),
        Stop::Fail(e) => e,
    };
    let mut at = 0;
    if walk.take::<4>(128).ok().as_ref() == Some(b"DICM") {
        at = 132;
    } else {
        // A bare data set starts with a low group (2 to 8 in practice), little-endian, its tags ascending.
        let group = walk.u16(0).map_err(not_dicom)?;
        let element = walk.u16(2).map_err(not_dicom)?;
        let first = walk.take::<8>(0).map_err(not_dicom)?;
        let plausible = match first {
            [_, _, _, _, a, b, ..] if is_vr([a, b]) => true,
            [_, _, _, _, a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])) <= source.len(),
        };
        if !matches!(group, 0x0002 | 0x0008) || element > 0x2000 || !plausible {
            return Err(Error::new(&codes::NOT_DICOM));
        }
        repairs.push(Repair::new(&codes::NO_PREAMBLE, ""));
    }
    // File Meta Information: explicit VR little-endian by the standard; sloppy writers use implicit VR.
    let mut syntax = None;
    let mut said = false;
    while let Ok(2) = walk.u16(at) {
        let explicit = walk.take::<2>(at + 4).is_ok_and(is_vr);
        if !explicit && !said {
            repairs.push(Repair::new(&codes::IMPLICIT_META, ""));
            said = true;
        }
        let e = walk
            .element(at, explicit)
            .map_err(|stop| head_error(stop, at))?;
        if e.length == UNDEFINED {
            return Err(Error::new(&codes::MALFORMED).at(place(e.tag)));
        }
        let end = e.value.saturating_add(e.length);
        walk.need(end).map_err(|stop| head_error(stop, at))?;
        if e.tag == tags::TRANSFER_SYNTAX_UID {
            let value = walk
                .bytes
                .get(e.value as usize..end as usize)
                .unwrap_or_default();
            syntax = Some(
                String::from_utf8_lossy(value)
                    .trim_matches(['\0', ' '])
                    .to_owned(),
            );
        }
        at = end;
    }
    let sniffed = walk.take::<2>(at + 4).is_ok_and(is_vr);
    let syntax = syntax.filter(|s| !s.is_empty()).unwrap_or_else(|| {
        repairs.push(Repair::new(&codes::NO_SYNTAX, ""));
        if sniffed {
            uids::EXPLICIT_VR_LITTLE_ENDIAN
        } else {
            uids::IMPLICIT_VR_LITTLE_ENDIAN
        }
        .to_owned()
    });
    if syntax == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
        let packed = read_range(source.as_ref(), at, source.len() - at)?;
        let cap = usize::try_from(
            limits.unpacked_bytes.min(
                (packed.len() as u64)
                    .saturating_mul(limits.archive_ratio)
                    .max(1 << 20),
            ),
        )
        .unwrap_or(usize::MAX);
        let options = zune_inflate::DeflateOptions::default()
            .set_limit(cap)
            .set_confirm_checksum(false);
        let plain = zune_inflate::DeflateDecoder::new_with_options(&packed, options)
            .decode_deflate()
            .map_err(|e| {
                let limit = matches!(
                    e.error,
                    zune_inflate::errors::DecodeErrorStatus::OutputLimitExceeded(..)
                );
                Error::new(if limit { &codes::BOMB } else { &codes::DEFLATE })
                    .expected(format!("at most {cap} bytes"))
            })?;
        let inner: Rc<dyn ByteSource> = Rc::new(MemorySource::new(source.name(), plain));
        let walk = Walk {
            source: inner.as_ref(),
            limits,
            bytes: Vec::new(),
            explicit: true,
            big_endian: false,
            elements: 0,
        };
        return data_set(walk, inner.clone(), 0, syntax, repairs);
    }
    walk.big_endian = syntax == "1.2.840.10008.1.2.2";
    walk.explicit = syntax != uids::IMPLICIT_VR_LITTLE_ENDIAN;
    if walk.explicit != sniffed && walk.need(at + 8).is_ok() {
        repairs.push(Repair::new(&codes::WRONG_SYNTAX, ""));
        walk.explicit = sniffed;
    }
    data_set(walk, source.clone(), at, syntax, repairs)
}

fn head_error(stop: Stop, at: u64) -> Error {
    match stop {
        Stop::End => Error::new(&codes::TRUNCATED).at(format!("byte {at}")),
        Stop::Fail(e) => e,
    }
}

fn data_set(
    mut walk: Walk<'_>,
    source: Rc<dyn ByteSource>,
    start: u64,
    transfer_syntax: String,
    mut repairs: Vec<Repair>,
) -> Result<Scan> {
    let mut at = start;
    let mut pixels = None;
    let length = source.len();
    while at < length {
        let step = (|| {
            let e = walk.element(at, walk.explicit)?;
            if matches!(
                e.tag,
                tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA
            ) {
                let length = (e.length != UNDEFINED).then_some(e.length);
                let swapped = walk.big_endian && e.vr == Some(VR::OW);
                return Ok((
                    at,
                    Some(PixelPlace {
                        tag: e.tag,
                        offset: e.value,
                        length,
                        swapped,
                    }),
                ));
            }
            let explicit = walk.explicit;
            Ok((walk.skip(&e, explicit, 0)?, None))
        })();
        match step {
            Ok((_, Some(place))) => {
                pixels = Some(place);
                break;
            }
            Ok((next, None)) => at = next,
            // Nothing but the start was readable: not worth showing. Else what came before is used.
            Err(Stop::End) if walk.elements < 4 => {
                return Err(Error::new(&codes::TRUNCATED).at(format!("byte {at}")));
            }
            Err(Stop::End) => {
                repairs.push(Repair::new(&codes::CUT, format!("byte {at} of {length}")));
                break;
            }
            Err(Stop::Fail(e)) => return Err(e),
        }
    }
    if at == start && pixels.is_none() {
        return Err(Error::new(&codes::NOT_DICOM));
    }
    let (explicit, big_endian) = (walk.explicit, walk.big_endian);
    let mut head = std::mem::take(&mut walk.bytes);
    head.truncate(at as usize);
    head.drain(..start as usize);
    Ok(Scan {
        source,
        transfer_syntax,
        head,
        explicit,
        big_endian,
        pixels,
        repairs,
    })
}
