//! Videos: the browser decodes them. The study worker is told which frame a request lacks, takes the video, and brings the frame's picture.

use std::collections::{HashMap, HashSet};

use wasm_bindgen::prelude::*;

use super::{
    decode::Reply,
    frames::{Flight, Key},
    parcel,
    viewer::Session,
};
use crate::{
    base::{Error, Repair, Result, source_codes},
    codec::{
        Decoded, Photometric, Stored, codes,
        video::{
            Coding,
            colour::{self, Format, Matrix},
        },
    },
    study::pixels,
};

/// What is known of a video that was taken apart.
#[derive(Debug)]
struct Opened {
    /// Columns and rows.
    size: [u32; 2],
    repairs: Vec<Repair>,
    remarks: Vec<Repair>,
}

/// What a session knows of its videos.
#[derive(Debug, Default)]
pub(super) struct Videos {
    /// The frame that the last request lacked, and the ticket by which it is brought.
    lacks: Option<Key>,
    asked: Option<u32>,
    /// Why it cannot be had now: the request is told that once, and the next one may have more luck.
    passing: Option<(Key, Error)>,
    /// Frames that failed once for a cause that may pass.
    failed: HashSet<Key>,
    /// Frames that cannot be had, and why.
    refused: HashMap<Key, Error>,
    /// Instances of which no frame can be had.
    closed: HashMap<usize, Error>,
    opened: HashMap<usize, Opened>,
}

impl Videos {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
    /// Why a frame never will be there.
    pub(super) fn refusal(&self, key: Key) -> Option<&Error> {
        self.closed.get(&key.0).or_else(|| self.refused.get(&key))
    }
    /// Why a frame is not there yet, or never will be.
    pub(super) fn lacking(&mut self, key: Key) -> Error {
        if let Some(error) = self.refusal(key) {
            return error.clone();
        }
        if let Some((_, error)) = self.passing.take_if(|(told, _)| *told == key) {
            return error;
        }
        self.lacks = Some(key);
        Error::new(&codes::NOT_BUILT).found("video")
    }
    /// What has to be said of an instance's frames, and is no defect.
    pub(super) fn remarks(&self, instance: usize) -> &[Repair] {
        (self.opened.get(&instance)).map_or(&[], |opened| opened.remarks.as_slice())
    }

    /// Notes why a frame that a ticket was given for did not come. What may pass is tried once more.
    fn fail(&mut self, ticket: u32, key: Key, error: Error) {
        let code = error.code();
        if *code == codes::NO_VIDEO {
            self.closed.insert(key.0, error);
            return;
        }
        let passing = [
            &codes::DAMAGED,
            &codes::TOO_LARGE,
            &source_codes::UNREADABLE,
        ];
        // More frames at once than are kept: alone each can be had.
        let always = *code == codes::TOO_LARGE;
        if !passing.contains(&code) || !(always || self.failed.insert(key)) {
            self.refused.insert(key, error);
        } else if self.asked == Some(ticket) {
            self.passing = Some((key, error));
        }
    }
}

#[wasm_bindgen]
impl Session {
    /// The frame of a video that the last request lacked, as [`Session::deliver`] gives one: it is to be decoded and stored or refused, and the
    /// request made again.
    #[wasm_bindgen(js_name = lacksFrame)]
    pub fn lacks_frame(&mut self) -> Option<String> {
        let key = self.videos.lacks.take()?;
        let (ticket, job) = self.picture_job(key);
        self.videos.asked = Some(ticket);
        Some(job)
    }

    /// True while somebody waits for the frame of a ticket: its study is open, and the frame not there.
    pub fn awaits(&self, ticket: u32) -> bool {
        self.frames.flying(ticket).is_some()
    }

    /// The video that a frame is of, by the frame's ticket: the stream beside `{codec, size, matrix, said, fullRange, frames,
    /// pictures: [first byte, bytes, kind, frame or -1][], sets: [first byte, bytes, name][]}` as in [`crate::codec::video::Picture`] and [`crate::codec::video::Set`];
    /// kind 1: key, 2: open, 3: leading, 0: any other. Nothing where nobody waits for it, or it cannot be had, which is noted.
    pub fn video(&mut self, ticket: u32) -> Option<Reply> {
        let Flight { key, .. } = self.frames.flying(ticket)?;
        match self.open_video(key.0) {
            Ok(reply) => Some(reply),
            Err(error) => {
                self.frames.land(ticket);
                if *error.code() == source_codes::UNREADABLE {
                    self.videos.fail(ticket, key, error);
                } else {
                    self.videos.closed.insert(key.0, error);
                }
                None
            }
        }
    }

    /// Keeps the picture of a frame: samples in a format, by a matrix, of [`colour`].
    #[wasm_bindgen(js_name = storePicture)]
    #[allow(clippy::too_many_arguments, reason = "each is a word of WebCodecs")]
    pub fn store_picture(
        &mut self,
        ticket: u32,
        columns: u32,
        rows: u32,
        format: &str,
        matrix: &str,
        full_range: bool,
        samples: &[u8],
    ) {
        let Some(Flight { key, .. }) = self.frames.land(ticket) else {
            return;
        };
        let told = self.videos.opened.get(&key.0);
        if let Some(told) = told.filter(|told| told.size != [columns, rows]) {
            // A stream may change its size; a frame set has one.
            let [width, height] = told.size;
            let error = Error::new(&codes::SIZE_DIFFERS)
                .at("video")
                .expected(format!("{width} × {height}"))
                .found(format!("{columns} × {rows}"));
            self.videos.refused.insert(key, error);
            return;
        }
        let repairs = told.map_or_else(Vec::new, |told| told.repairs.clone());
        let size = [columns as usize, rows as usize];
        let read = Format::of(format).zip(Matrix::of(matrix, full_range));
        let rgb = read.and_then(|(format, matrix)| colour::rgb(samples, format, size, matrix));
        let Some(rgb) = rgb else {
            let error = Error::new(&codes::DAMAGED)
                .at("video")
                .found(format!("{format}, {matrix}"));
            self.videos.refused.insert(key, error);
            return;
        };
        let decoded = Decoded {
            rows,
            columns,
            samples_per_pixel: 3,
            values: Stored::U8(rgb),
            photometric: Photometric::Rgb,
            repairs,
        };
        if let Err(error) = self.keep(key, decoded) {
            self.videos.refused.insert(key, error);
        }
    }

    /// Says why a frame cannot be had: a refusal as JSON text.
    pub fn refuse(&mut self, ticket: u32, refusal: &str) {
        let Some(Flight { key, .. }) = self.frames.land(ticket) else {
            return;
        };
        self.videos.fail(ticket, key, parcel::refused(refusal));
    }
}

impl Session {
    /// What the study worker needs to get a frame's picture, with its ticket.
    pub(super) fn picture_job(&mut self, key: Key) -> (u32, String) {
        let ticket = self.frames.fly(Flight { key, from: 0 });
        let job = serde_json::json!({ "ticket": ticket, "video": key.0, "frame": key.1 });
        (ticket, job.to_string())
    }

    fn open_video(&mut self, at: usize) -> Result<Reply> {
        let not_open = || Error::new(&super::file::codes::NOT_OPEN);
        let instance = self.catalogue.instances.get(at).ok_or_else(not_open)?;
        let video = pixels::video(instance, &self.limits)?;
        let pictures: Vec<_> = (video.pictures.iter())
            .map(|p| {
                let kind = match p {
                    p if p.key => 1,
                    p if p.open => 2,
                    p => 3 * u8::from(p.leading),
                };
                let frame = p.frame.map_or(-1, i64::from);
                (p.start, p.length, kind, frame)
            })
            .collect();
        let sets: Vec<_> = (video.sets.iter())
            .map(|set| (set.start, set.length, set.name))
            .collect();
        let about = serde_json::json!({
            "codec": video.codec,
            "size": video.size,
            "matrix": video.matrix(),
            "said": video.colours.matrix.is_some(),
            "fullRange": video.colours.full_range,
            "frames": video.frames,
            "pictures": pictures,
            "sets": sets,
        });
        let opened = Opened {
            size: video.size,
            repairs: video.repairs,
            remarks: video.remarks,
        };
        self.videos.opened.insert(at, opened);
        Ok(Reply {
            json: about.to_string(),
            bytes: video.bytes,
        })
    }
}

/// True for what is decoded this way.
pub(super) fn is(transfer_syntax: &str) -> bool {
    Coding::of(transfer_syntax).is_some()
}
