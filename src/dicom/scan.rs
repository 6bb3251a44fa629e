//! A file from its first byte to its pixel data (PS3.10 7): preamble, file meta information, the encoding that really holds, and where
//! the head ends and pixel data lies.

use std::rc::Rc;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

use super::{
    codes,
    walk::{Stop, UNDEFINED, Walk, place},
};
use crate::base::{ByteSource, Error, Limits, MemorySource, Repair, Result, read_range};

const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Syntaxes whose data set is in implicit VR: the default one, and GE's private one, which has its pixels big-endian.
const IMPLICIT: [&str; 2] = [uids::IMPLICIT_VR_LITTLE_ENDIAN, "1.2.840.113619.5.2"];
/// Syntaxes whose data set is deflated: the one of files, and those whose pixels lie elsewhere (JPIP).
const DEFLATED: [&str; 3] = [
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.205",
];

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
    /// The data set's elements before pixel data, in the plain form of `walk`.
    pub(super) head: Vec<u8>,
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
    pub(super) pixels: Option<PixelPlace>,
    pub(super) repairs: Vec<Repair>,
    /// Specific Character Set (0008,0005), as the file has it.
    pub(super) character_set: String,
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
        return Err(Error::new(&codes::TOO_LARGE)
            .expected(Limits::at_most("file_bytes", limits.file_bytes))
            .found(source.len()));
    }
    let mut repairs = Vec::new();
    let mut walk = Walk::new(source.as_ref(), limits);
    let not_dicom = |stop: Stop| match stop {
        Stop::End => Error::new(&codes::NOT_DICOM),
        Stop::Fail(e) => e,
    };
    // A bare data set starts with a low group (2 to 8 in practice), its tags ascending; big-endian only in explicit VR.
    let plausible = |first: [u8; 8]| match first {
        [0, 8, e1, _, a, b, ..] if is_vr([a, b]) => e1 <= 0x20,
        [2 | 8, 0, _, e1, a, b, ..] if is_vr([a, b]) => e1 <= 0x20,
        [2 | 8, 0, _, e1, l @ ..] => e1 <= 0x20 && u64::from(u32::from_le_bytes(l)) <= source.len(),
        _ => false,
    };
    let marked = walk.take::<4>(128).ok().as_ref() == Some(b"DICM");
    // The four letters may also be a bare data set's: then no File Meta Information is behind them.
    let meta = |walk: &mut Walk<'_>| walk.take::<2>(132).ok() == Some([2, 0]);
    let bare = walk.take::<8>(0).map(plausible);
    let mut at = 0;
    if marked && (meta(&mut walk) || !bare.as_ref().is_ok_and(|&bare| bare)) {
        at = 132;
    } else {
        if !bare.map_err(not_dicom)? {
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
        let value = walk
            .slice(e.value, end)
            .map_err(|stop| head_error(stop, at))?;
        if e.tag == tags::TRANSFER_SYNTAX_UID {
            syntax = Some(
                String::from_utf8_lossy(value)
                    .trim_matches(['\0', ' '])
                    .to_owned(),
            );
        }
        at = end;
    }
    let sniffed = walk.take::<2>(at + 4).is_ok_and(is_vr);
    let big_endian = sniffed && walk.take::<2>(at).is_ok_and(|g| g[0] == 0 && g[1] != 0);
    let syntax = syntax.filter(|s| !s.is_empty()).unwrap_or_else(|| {
        repairs.push(Repair::new(&codes::NO_SYNTAX, ""));
        if big_endian {
            BIG_ENDIAN
        } else if sniffed {
            uids::EXPLICIT_VR_LITTLE_ENDIAN
        } else {
            uids::IMPLICIT_VR_LITTLE_ENDIAN
        }
        .to_owned()
    });
    if DEFLATED.contains(&syntax.as_str()) {
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
        let bomb = || {
            let name = if cap as u64 == limits.unpacked_bytes {
                "unpacked_bytes"
            } else {
                "archive_ratio"
            };
            Error::new(&codes::BOMB).expected(Limits::at_most(name, format!("{cap} bytes")))
        };
        let plain = zune_inflate::DeflateDecoder::new_with_options(&packed, options)
            .decode_deflate()
            .map_err(|e| match e.error {
                zune_inflate::errors::DecodeErrorStatus::OutputLimitExceeded(..) => bomb(),
                _ => Error::new(&codes::DEFLATE),
            })?;
        // The limit is looked at before a block is copied, so the last block may exceed it.
        if plain.len() > cap {
            return Err(bomb());
        }
        let inner: Rc<dyn ByteSource> = Rc::new(MemorySource::new(source.name(), plain));
        let walk = Walk::new(inner.as_ref(), limits);
        return data_set(walk, inner.clone(), 0, syntax, repairs);
    }
    let mut syntax = syntax;
    walk.big_endian = syntax == BIG_ENDIAN;
    walk.explicit = !IMPLICIT.contains(&syntax.as_str());
    if (walk.explicit, walk.big_endian) != (sniffed, big_endian) && walk.need(at + 8).is_ok() {
        repairs.push(Repair::new(&codes::WRONG_SYNTAX, ""));
        if walk.big_endian != big_endian {
            // Native pixels are in the order of the data set; a compressed frame's syntax stays what it is.
            let native = [
                BIG_ENDIAN,
                uids::IMPLICIT_VR_LITTLE_ENDIAN,
                uids::EXPLICIT_VR_LITTLE_ENDIAN,
            ];
            if native.contains(&syntax.as_str()) {
                match (sniffed, big_endian) {
                    (_, true) => BIG_ENDIAN,
                    (true, false) => uids::EXPLICIT_VR_LITTLE_ENDIAN,
                    (false, false) => uids::IMPLICIT_VR_LITTLE_ENDIAN,
                }
                .clone_into(&mut syntax);
            }
        }
        (walk.explicit, walk.big_endian) = (sniffed, big_endian);
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
        let kept = walk.head.len();
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
            if e.tag.0 == 0xFFFE {
                // A delimiter or an item outside of a sequence is stepped over.
                let whole = e.tag.1 == 0xE000 && e.length != UNDEFINED;
                return Ok((e.value + if whole { e.length } else { 0 }, None));
            }
            Ok((walk.pass(e, walk.explicit, 0)?, None))
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
                walk.head.truncate(kept);
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
    if walk.overrun {
        repairs.push(Repair::new(&codes::LENGTHS, ""));
    }
    if let Some(tag) = walk.nameless {
        repairs.push(Repair::new(&codes::NO_VR, place(tag)));
    }
    if let Some(tag) = walk.itemless {
        repairs.push(Repair::new(&codes::NO_ITEMS, place(tag)));
    }
    if let Some(set) = walk.guessed {
        repairs.push(Repair::new(&codes::CHARSET, set));
    }
    let character_set = String::from_utf8_lossy(&walk.declared)
        .trim_matches(['\0', ' '])
        .to_owned();
    let head = walk.head;
    Ok(Scan {
        source,
        transfer_syntax,
        head,
        explicit,
        big_endian,
        pixels,
        repairs,
        character_set,
    })
}
