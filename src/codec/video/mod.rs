//! Videos (PS3.5 8.2.5 to 8.2.9, A.4.5 to A.4.9): the bytes of a whole stream → its pictures, encoded, each with its place in time.
//!
//! Takes an elementary stream, bare or in an MP4 file or an MPEG-2 transport stream; gives the elementary stream and where in it pictures
//! begin, so that a decoder of the platform (the browser's) can be fed from the last picture that needs no other. Decodes no picture.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod avc;
pub mod colour;
mod hevc;
mod mp4;
mod nal;
#[cfg(test)]
mod tests;
mod ts;

use serde::Serialize;

use super::{
    Layout, codes,
    guard::{self, Claim},
};
use crate::base::{Error, Limits, Repair, Result};

/// The family of a video's transfer syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// ISO/IEC 13818-2. No browser decodes it.
    Mpeg2,
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    Hevc,
}

impl Coding {
    /// Of a Transfer Syntax UID; `None` for what is no video. `.1` behind it: in fragments (PS3.5 A.4.5.1).
    pub fn of(transfer_syntax: &str) -> Option<Self> {
        let end = transfer_syntax.strip_prefix("1.2.840.10008.1.2.4.")?;
        match end.strip_suffix(".1").unwrap_or(end) {
            "100" | "101" => Some(Self::Mpeg2),
            "102" | "103" | "104" | "105" | "106" => Some(Self::H264),
            "107" | "108" => Some(Self::Hevc),
            _ => None,
        }
    }
}

/// One picture, in the order of decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// Its bytes in the elementary stream: first,
    pub start: usize,
    /// and how many.
    pub length: usize,
    /// It needs no other picture, and no later one needs an earlier one.
    pub key: bool,
    /// Which frame it is, from 0; none where it is decoded but not shown.
    pub frame: Option<u32>,
}

/// What a stream says of its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Colours {
    /// By which matrix its colours were made: else a decoder is told one by the size of the pictures.
    pub said: bool,
    /// Samples use all of their bits.
    pub full_range: bool,
}

/// Rows from which on colours that nothing is said of are those of high definition (ITU-R BT.709), below them of BT.601.
pub const HIGH_DEFINITION: u32 = 720;

/// A video that can be decoded picture by picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// What the decoder is asked for: the codecs parameter of RFC 6381.
    pub codec: String,
    /// Columns and rows of its pictures.
    pub size: [u32; 2],
    /// What it says of its colours.
    pub colours: Colours,
    /// In the order of decoding; the first is a key.
    pub pictures: Vec<Picture>,
    /// How many are shown.
    pub frames: u32,
    /// The elementary stream (Annex B of both standards).
    pub bytes: Vec<u8>,
    /// Parameter sets, for a decoder that begins at a later picture.
    pub sets: Vec<u8>,
    /// What had to be tolerated.
    pub repairs: Vec<Repair>,
}

/// What a sequence parameter set says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Described {
    codec: String,
    width: u32,
    height: u32,
    colours: Colours,
}

/// What a unit is for the pictures around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The first of a picture. `order`: its place among the pictures since the last key; none: as it stands.
    Picture {
        key: bool,
        order: Option<i64>,
        shown: bool,
    },
    /// Belongs to the picture that comes next.
    Before,
    /// So do parameter sets.
    Parameters,
    /// Belongs to where it stands.
    Within,
}

/// A standard whose units can be told apart.
trait Family {
    fn role(&mut self, unit: &[u8]) -> Role;
    /// Of the first picture.
    fn described(&self) -> Option<Described>;
}

/// Takes a stream apart. `frames`: Number of Frames (0028,0008).
///
/// # Errors
/// `PIX-002` for a family that no browser decodes, `PIX-004` for a stream without a picture to begin with, `PIX-005` where its size is
/// not to be believed, `PIX-006` beyond a limit, `PIX-008` for a container that is not read.
pub fn open(
    coding: Coding,
    bytes: Vec<u8>,
    frames: u32,
    layout: &Layout,
    limits: &Limits,
) -> Result<Video> {
    let family: Box<dyn Family> = match coding {
        Coding::Mpeg2 => return Err(Error::new(&codes::NOT_BUILT).found("MPEG-2")),
        Coding::H264 => Box::<avc::Avc>::default(),
        Coding::Hevc => Box::<hevc::Hevc>::default(),
    };
    let bytes = elementary(bytes)?;
    let mut video = pictures(family, bytes, limits)?;
    let [width, height] = video.size;
    let claim = Claim {
        width,
        height,
        components: 3,
        precision: 8,
        process: 0,
        signed: false,
    };
    video.repairs = guard::fit(&claim, layout, limits)?.1;
    if !video.colours.said {
        let taken = if height < HIGH_DEFINITION {
            "BT.601"
        } else {
            "BT.709"
        };
        video.repairs.push(Repair::new(&codes::MATRIX, taken));
    }
    if video.frames != frames {
        let found = format!("{} instead of {frames}", video.frames);
        video.repairs.push(Repair::new(&codes::PICTURES, found));
    }
    Ok(video)
}

/// The elementary stream, out of its container.
fn elementary(bytes: Vec<u8>) -> Result<Vec<u8>> {
    let kind = |what: &'static str| Error::new(&codes::KIND).at("video").found(what);
    if mp4::is(&bytes) {
        return mp4::elementary(&bytes).map_err(|fault| match fault {
            mp4::Fault::Damaged(place) => Error::new(&codes::DAMAGED).at(format!("MP4, {place}")),
            mp4::Fault::Kind(what) => kind(what),
        });
    }
    if ts::is(&bytes) {
        return Ok(ts::elementary(&bytes));
    }
    if bytes.starts_with(&[0, 0, 1, 0xBA]) {
        return Err(kind("an MPEG program stream"));
    }
    Ok(bytes)
}

fn pictures(mut family: Box<dyn Family>, bytes: Vec<u8>, limits: &Limits) -> Result<Video> {
    let mut found: Vec<(Picture, Option<i64>)> = Vec::new();
    let mut sets = Vec::new();
    // Where units begin that belong to the next picture.
    let mut before = None;
    for unit in nal::units(&bytes) {
        let body = bytes.get(unit.body.clone()).unwrap_or_default();
        let role = family.role(body);
        match role {
            Role::Within => {}
            Role::Before | Role::Parameters => {
                before.get_or_insert(unit.start);
                if role == Role::Parameters && found.is_empty() {
                    nal::put(&mut sets, body);
                }
            }
            Role::Picture { key, order, shown } => {
                let start = before.take().unwrap_or(unit.start);
                if let Some((last, _)) = found.last_mut() {
                    last.length = start.saturating_sub(last.start);
                }
                if found.is_empty() && !key {
                    continue; // it needs what is not there
                }
                if found.len() >= limits.frames as usize {
                    return Err(Error::new(&codes::TOO_LARGE)
                        .at("video")
                        .expected(format!("at most {} pictures", limits.frames)));
                }
                let picture = Picture {
                    start,
                    length: bytes.len() - start,
                    key,
                    frame: shown.then_some(0),
                };
                found.push((picture, order));
            }
        }
    }
    let described = family.described().filter(|_| !found.is_empty());
    let described = described.ok_or_else(|| {
        Error::new(&codes::DAMAGED)
            .at("video")
            .expected("a picture that needs no other")
    })?;
    let (pictures, frames) = placed(found);
    Ok(Video {
        codec: described.codec,
        size: [described.width, described.height],
        colours: described.colours,
        pictures,
        frames,
        bytes,
        sets,
        repairs: Vec::new(),
    })
}

/// Gives pictures their places in time: between two keys by their counts, where all of them have one.
fn placed(mut found: Vec<(Picture, Option<i64>)>) -> (Vec<Picture>, u32) {
    let mut frame = 0;
    let mut rest = found.as_mut_slice();
    while !rest.is_empty() {
        let next = rest.iter().skip(1).position(|(picture, _)| picture.key);
        let (group, later) = rest.split_at_mut(next.map_or(rest.len(), |at| at + 1));
        let mut shown: Vec<_> = (group.iter_mut().filter(|(p, _)| p.frame.is_some())).collect();
        if shown.iter().all(|(_, order)| order.is_some()) {
            shown.sort_by_key(|(_, order)| *order);
        }
        for (picture, _) in shown {
            picture.frame = Some(frame);
            frame += 1;
        }
        rest = later;
    }
    (
        found.into_iter().map(|(picture, _)| picture).collect(),
        frame,
    )
}
