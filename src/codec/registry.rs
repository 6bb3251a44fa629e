//! The table of transfer syntaxes (PS3.5 10, A; PS3.6 A). A new codec is its file and its lines here.

use std::sync::OnceLock;

#[cfg(feature = "viewer")]
use dicom_dictionary_std::uids;

use super::{Decoded, Layout, codes};
#[cfg(feature = "viewer")]
use super::{deflated, j2k, jpeg, jpeg_lossless, jpeg_ls, named::NAMED, native, rle};
#[cfg(feature = "viewer")]
use crate::base::Repair;
use crate::base::{Error, Limits, Result};

type Decoder = fn(&[u8], &Layout, &Limits) -> Result<Decoded>;

/// Decodes a frame by a module that is not this one: the module's name, the Transfer Syntax UID, and then as [`decode`].
pub type Elsewhere = fn(&'static str, &str, &[u8], &Layout, &Limits) -> Result<Decoded>;

static ELSEWHERE: OnceLock<Elsewhere> = OnceLock::new();

/// Says how codecs are reached that are wasm modules of their own. The page's door says it once; natively nobody needs to.
pub fn decode_elsewhere(by: Elsewhere) {
    // Said twice, the first holds.
    let _ = ELSEWHERE.set(by);
}

/// One transfer syntax.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Transfer Syntax UID.
    pub uid: &'static str,
    /// Name, shortened from PS3.6.
    pub name: &'static str,
    decoder: Option<Decoder>,
    plain: bool,
    module: Option<&'static str>,
}

impl Entry {
    /// True when frames in this syntax are decoded; else it is known by name only.
    pub fn is_decoded(&self) -> bool {
        self.decoder.is_some()
    }
    /// True when the samples lie there as they are: decoding is little more than copying.
    pub fn is_plain(&self) -> bool {
        self.plain
    }
    /// The wasm module that decodes it, where that is not this one.
    pub fn module(&self) -> Option<&'static str> {
        self.module.filter(|_| self.decoder.is_none())
    }
}

const fn entry(uid: &'static str, name: &'static str, decoder: Option<Decoder>) -> Entry {
    Entry {
        uid,
        name,
        decoder,
        plain: false,
        module: None,
    }
}

#[cfg(feature = "viewer")]
const fn plain(uid: &'static str, name: &'static str, decoder: Decoder) -> Entry {
    Entry {
        uid,
        name,
        decoder: Some(decoder),
        plain: true,
        module: None,
    }
}

const fn apart(
    module: &'static str,
    uid: &'static str,
    name: &'static str,
    decoder: Option<Decoder>,
) -> Entry {
    Entry {
        uid,
        name,
        decoder,
        plain: false,
        module: Some(module),
    }
}

#[cfg(feature = "jpeg-xl")]
const JPEG_XL: Option<Decoder> = Some(super::jpeg_xl::decode);
#[cfg(feature = "jpeg-xl")]
const JPEG_XL_OF_JPEG: Option<Decoder> = Some(super::jpeg_xl::recompressed);
#[cfg(not(feature = "jpeg-xl"))]
const JPEG_XL: Option<Decoder> = None;
#[cfg(not(feature = "jpeg-xl"))]
const JPEG_XL_OF_JPEG: Option<Decoder> = None;

/// Codecs that a visit of the page need not download: each is a wasm module of its own (`modules` of scripts/build.mjs, `codecs` of
/// www/workers/codecs.ts), whose name comes first.
const APART: &[Entry] = &[
    apart(
        "jpeg-xl",
        "1.2.840.10008.1.2.4.110",
        "JPEG XL Lossless",
        JPEG_XL,
    ),
    apart(
        "jpeg-xl",
        "1.2.840.10008.1.2.4.111",
        "JPEG XL JPEG Recompression",
        JPEG_XL_OF_JPEG,
    ),
    apart("jpeg-xl", "1.2.840.10008.1.2.4.112", "JPEG XL", JPEG_XL),
];

#[cfg(feature = "viewer")]
const TABLE: &[Entry] = &[
    plain(
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
        "Implicit VR Little Endian",
        native::little,
    ),
    plain(
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
        "Explicit VR Little Endian",
        native::little,
    ),
    plain(
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        "Deflated Explicit VR Little Endian",
        native::little,
    ),
    plain("1.2.840.10008.1.2.2", "Explicit VR Big Endian", native::big),
    // Data set in implicit VR, little-endian; words of pixels big-endian.
    plain(
        "1.2.840.113619.5.2",
        "GE Private Implicit VR, Big Endian Pixels",
        native::big,
    ),
    plain(
        uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN,
        "Encapsulated Uncompressed",
        native::little,
    ),
    entry(uids::RLE_LOSSLESS, "RLE Lossless", Some(rle::decode)),
    entry(
        uids::JPEG_BASELINE8_BIT,
        "JPEG Baseline",
        Some(jpeg::decode),
    ),
    entry(
        uids::JPEG_EXTENDED12_BIT,
        "JPEG Extended",
        Some(jpeg::decode),
    ),
    entry(
        "1.2.840.10008.1.2.4.53",
        "JPEG Spectral Selection (retired)",
        Some(jpeg::decode),
    ),
    entry(
        "1.2.840.10008.1.2.4.55",
        "JPEG Full Progression (retired)",
        Some(jpeg::decode),
    ),
    entry(
        uids::JPEG_LOSSLESS,
        "JPEG Lossless",
        Some(jpeg_lossless::decode),
    ),
    entry(
        uids::JPEG_LOSSLESS_SV1,
        "JPEG Lossless SV1",
        Some(jpeg_lossless::decode),
    ),
    entry(
        uids::JPEG2000_LOSSLESS,
        "JPEG 2000 Lossless",
        Some(j2k::decode),
    ),
    entry(uids::JPEG2000, "JPEG 2000", Some(j2k::decode)),
    entry(
        uids::JPEGLS_LOSSLESS,
        "JPEG-LS Lossless",
        Some(jpeg_ls::decode),
    ),
    entry(
        uids::JPEGLS_NEAR_LOSSLESS,
        "JPEG-LS Near-Lossless",
        Some(jpeg_ls::decode),
    ),
    entry(
        "1.2.840.10008.1.2.4.92",
        "JPEG 2000 Multi-component Lossless",
        Some(j2k::decode),
    ),
    entry(
        "1.2.840.10008.1.2.4.93",
        "JPEG 2000 Multi-component",
        Some(j2k::decode),
    ),
    entry(
        "1.2.840.10008.1.2.4.201",
        "HTJ2K Lossless",
        Some(j2k::decode),
    ),
    entry(
        "1.2.840.10008.1.2.4.202",
        "HTJ2K Lossless RPCL",
        Some(j2k::decode),
    ),
    entry("1.2.840.10008.1.2.4.203", "HTJ2K", Some(j2k::decode)),
    // Written before PS3.5 had numbers for it.
    entry(
        "3.2.840.10008.1.2.4.96",
        "HTJ2K (private)",
        Some(j2k::decode),
    ),
    entry(
        "1.2.840.10008.1.2.8.1",
        "Deflated Image Frame",
        Some(deflated::decode),
    ),
];

/// Every transfer syntax that is known: those that are decoded, and those that are only named.
pub fn supported() -> impl Iterator<Item = Entry> {
    #[cfg(feature = "viewer")]
    let (table, named) = (TABLE, NAMED);
    #[cfg(not(feature = "viewer"))]
    let (table, named): (&[Entry], &[(&str, &str)]) = (&[], &[]);
    let named = named.iter().map(|&(uid, name)| entry(uid, name, None));
    table.iter().chain(APART).copied().chain(named)
}

/// The entry of a Transfer Syntax UID.
pub fn entry_of(transfer_syntax: &str) -> Option<Entry> {
    supported().find(|e| e.uid == transfer_syntax)
}

/// Decodes one frame. Where the bytes are no frame of the transfer syntax but begin like one of another, that one decodes them, and it is
/// said (`PIX-107`).
///
/// # Errors
/// `PIX-…`: an unknown or not decoded syntax is named; a frame that is damaged, too short or beyond a limit says so.
pub fn decode(
    transfer_syntax: &str,
    bytes: &[u8],
    layout: &Layout,
    limits: &Limits,
) -> Result<Decoded> {
    if layout.samples() > limits.frame_samples {
        return Err(Error::new(&codes::TOO_LARGE)
            .expected(Limits::at_most("frame_samples", limits.frame_samples))
            .found(layout.samples()));
    }
    let Some(entry) = entry_of(transfer_syntax) else {
        let shown: String = transfer_syntax
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '.')
            .take(64)
            .collect();
        return Err(Error::new(&codes::UNKNOWN_SYNTAX).found(shown));
    };
    // More bytes than there are samples: hardly samples as they are.
    let most = layout.native_frame_bytes().next_multiple_of(2);
    if entry.plain
        && bytes.len() as u64 > most
        && let Some(decoded) = otherwise(&entry, bytes, layout, limits)
    {
        return Ok(decoded);
    }
    let refused = match decode_as(&entry, bytes, layout, limits) {
        Err(error) if [&codes::DAMAGED, &codes::TOO_SHORT].contains(&error.code()) => error,
        done => return done,
    };
    otherwise(&entry, bytes, layout, limits).ok_or(refused)
}

fn decode_as(entry: &Entry, bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    match (entry.decoder, entry.module.zip(ELSEWHERE.get())) {
        (Some(decoder), _) => decoder(bytes, layout, limits),
        (None, Some((module, by))) => by(module, entry.uid, bytes, layout, limits),
        (None, None) => Err(Error::new(&codes::NOT_BUILT).found(entry.name)),
    }
}

/// The frame by what its first bytes show, where that is another codec than the one that refused it.
#[cfg(feature = "viewer")]
fn otherwise(refused: &Entry, bytes: &[u8], layout: &Layout, limits: &Limits) -> Option<Decoded> {
    let entry = super::sniff::seen(bytes, layout).and_then(entry_of)?;
    let same = match (entry.decoder, refused.decoder) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    if same {
        return None;
    }
    let mut decoded = decode_as(&entry, bytes, layout, limits).ok()?;
    decoded.repairs.push(Repair::new(
        &codes::ANOTHER,
        format!("{} instead of {}", entry.name, refused.name),
    ));
    Some(decoded)
}

#[cfg(not(feature = "viewer"))]
fn otherwise(_: &Entry, _: &[u8], _: &Layout, _: &Limits) -> Option<Decoded> {
    None
}
