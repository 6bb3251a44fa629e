//! Videos (PS3.5 8.2.5 to 8.2.9, A.4.5 to A.4.9): the bytes of a whole stream → its pictures, encoded, each with its place in time.
//!
//! Takes an elementary stream, bare or in an MP4 file or an MPEG-2 transport stream; gives the elementary stream and where in it pictures
//! begin, so that a decoder of the platform (the browser's) can be fed from the last picture that needs no other. Decodes no picture.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod avc;
pub mod colour;
mod hevc;
mod marking;
mod mp4;
mod nal;
#[cfg(test)]
mod tests;
mod ts;

use std::collections::BTreeMap;

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
    /// It needs no other picture, and of the later ones only those that lead it need an earlier one (H.265 CRA): a decoder may begin here.
    pub open: bool,
    /// It leads the last open one before it, and cannot be decoded by a decoder that began there (H.265 RASL).
    pub leading: bool,
    /// Which frame it is, from 0; none where it is decoded but not shown.
    pub frame: Option<u32>,
}

/// A parameter set: it is in force until another one of its name comes. Those that repeat the one before them are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Set {
    /// Its bytes in the elementary stream, start code and all: first,
    pub start: usize,
    /// and how many.
    pub length: usize,
    /// Kind and number; kinds that others refer to are lower.
    pub name: u16,
}

/// Parameter sets that are remembered: far beyond real use. A decoder that begins later than they reach is on its own.
const MOST_SETS: usize = 1 << 14;

/// What a stream says of its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Colours {
    /// By which matrix its colours were made: matrix_coefficients of ITU-T H.273; none where that is left open.
    pub matrix: Option<u8>,
    /// Samples use all of their bits.
    pub full_range: bool,
}

/// Rows from which on colours that nothing is said of are those of high definition (ITU-R BT.709), below them of BT.601.
const HIGH_DEFINITION: u32 = 720;

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
    /// Parameter sets, in their order, for a decoder that begins at a later picture.
    pub sets: Vec<Set>,
    /// What had to be tolerated.
    pub repairs: Vec<Repair>,
    /// What is no defect, but has to be said.
    pub remarks: Vec<Repair>,
}

impl Video {
    /// Names of WebCodecs for the colours' matrix: what the stream says, else what is usual for its size. `None` where it says another.
    pub fn matrix(&self) -> Option<&'static str> {
        match self.colours.matrix {
            None if self.size[1] < HIGH_DEFINITION => Some("smpte170m"),
            None | Some(1) => Some("bt709"),
            Some(5) => Some("bt470bg"),
            Some(6) => Some("smpte170m"),
            Some(9) => Some("bt2020-ncl"),
            Some(_) => None,
        }
    }
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
    /// The first of a picture.
    Picture(Coded),
    /// More of the running picture: so is what stands before it.
    Slice,
    /// Belongs to the picture that comes next.
    Before,
    /// So does a parameter set of this name.
    Parameters(u16),
    /// Belongs to where it stands.
    Within,
}

/// What the head of a picture says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is said apart")]
struct Coded {
    key: bool,
    /// Counts begin anew with it, though it needs others.
    anew: bool,
    open: bool,
    leading: bool,
    shown: bool,
    /// It is not decoded: what it needs is not in the stream.
    lost: bool,
    /// Its place among the pictures since counts began; none: as it stands.
    order: Option<i64>,
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
    let bytes = elementary(bytes, limits)?;
    let mut video = pictures(family, bytes, frames, limits)?;
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
    if video.colours.matrix.is_none() {
        let taken = if height < HIGH_DEFINITION {
            "BT.601"
        } else {
            "BT.709"
        };
        video.remarks.push(Repair::new(&codes::MATRIX, taken));
    }
    if video.frames != frames {
        let found = format!("{} instead of {frames}", video.frames);
        video.repairs.push(Repair::new(&codes::PICTURES, found));
    }
    Ok(video)
}

/// The elementary stream, out of its container.
fn elementary(bytes: Vec<u8>, limits: &Limits) -> Result<Vec<u8>> {
    let kind = |what: &'static str| Error::new(&codes::KIND).at("video").found(what);
    if mp4::is(&bytes) {
        return mp4::elementary(&bytes, limits.video_bytes).map_err(|fault| match fault {
            mp4::Fault::Damaged(place) => Error::new(&codes::DAMAGED).at(format!("MP4, {place}")),
            mp4::Fault::Kind(what) => kind(what),
            mp4::Fault::Large(bytes) => Error::new(&codes::TOO_LARGE)
                .at("video")
                .expected(Limits::at_most("video_bytes", limits.video_bytes))
                .found(bytes),
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

/// A picture with its bytes: first, and how many.
type Found = (Coded, usize, usize);

fn pictures(
    mut family: Box<dyn Family>,
    bytes: Vec<u8>,
    frames: u32,
    limits: &Limits,
) -> Result<Video> {
    let mut found: Vec<Found> = Vec::new();
    let (mut sets, mut in_force) = (Vec::new(), BTreeMap::new());
    let mut begun = false;
    // Where units begin that belong to the next picture.
    let mut before = None;
    for unit in nal::units(&bytes) {
        let body = bytes.get(unit.body.clone()).unwrap_or_default();
        match family.role(body) {
            Role::Within => {}
            Role::Slice => before = None,
            Role::Before => {
                before.get_or_insert(unit.start);
            }
            Role::Parameters(name) => {
                before.get_or_insert(unit.start);
                let last = in_force.get(&name).cloned();
                if last.and_then(|last| bytes.get(last)) != Some(body) && sets.len() < MOST_SETS {
                    sets.push(Set {
                        start: unit.start,
                        length: unit.body.end - unit.start,
                        name,
                    });
                    in_force.insert(name, unit.body);
                }
            }
            Role::Picture(mut coded) => {
                let start = before.take().unwrap_or(unit.start);
                if let Some((_, from, length)) = found.last_mut() {
                    *length = start.saturating_sub(*from);
                }
                begun |= coded.key;
                coded.lost |= !begun; // it needs what is not there
                if found.len() >= limits.frames as usize {
                    return Err(Error::new(&codes::TOO_LARGE)
                        .at("video")
                        .expected(format!("at most {} pictures", limits.frames)));
                }
                found.push((coded, start, bytes.len() - start));
            }
        }
    }
    let described = family.described().filter(|_| begun);
    let described = described.ok_or_else(|| {
        Error::new(&codes::DAMAGED)
            .at("video")
            .expected("a picture that needs no other")
    })?;
    let (pictures, frames) = placed(&found, frames);
    Ok(Video {
        codec: described.codec,
        size: [described.width, described.height],
        colours: described.colours,
        pictures,
        frames,
        bytes,
        sets,
        repairs: Vec::new(),
        remarks: Vec::new(),
    })
}

/// The pictures from the first key on with their places in time, and how many frames there are: from one that begins counts to the next by their
/// counts, where all of them have one. Pictures that are lost are left out, but for their numbers, where Number of Frames counts them.
fn placed(found: &[Found], frames: u32) -> (Vec<Picture>, u32) {
    let all = found.iter().filter(|(coded, ..)| coded.shown).count();
    let counted = all == frames as usize;
    let mut pictures = Vec::with_capacity(found.len());
    let (mut frame, mut rest) = (0, found);
    while !rest.is_empty() {
        let next = rest
            .iter()
            .skip(1)
            .position(|(coded, ..)| coded.key || coded.anew);
        let (group, later) = rest.split_at(next.map_or(rest.len(), |at| at + 1));
        let first = pictures.len();
        let mut shown = Vec::new();
        for (at, &(coded, start, length)) in group.iter().enumerate() {
            pictures.push(Picture {
                start,
                length,
                key: coded.key,
                open: coded.open,
                leading: coded.leading,
                frame: None,
            });
            if coded.shown && (counted || !coded.lost) {
                shown.push((coded, first + at));
            }
        }
        if shown.iter().all(|(coded, _)| coded.order.is_some()) {
            shown.sort_by_key(|(coded, _)| coded.order);
        }
        for (coded, at) in shown {
            if let Some(picture) = pictures.get_mut(at).filter(|_| !coded.lost) {
                picture.frame = Some(frame);
            }
            frame += 1;
        }
        rest = later;
    }
    let key = pictures.iter().position(|picture| picture.key);
    pictures.drain(..key.unwrap_or(0));
    (pictures, frame)
}
