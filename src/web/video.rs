//! Videos: the browser decodes them. The study worker is told which frame a request lacks, takes the video, and brings the frame's picture.

use std::collections::HashMap;

use wasm_bindgen::prelude::*;

use super::{
    decode::Reply,
    frames::{Flight, Key},
    parcel,
    viewer::Session,
};
use crate::{
    base::{Error, Repair, Result},
    codec::{
        Decoded, Photometric, Stored, codes,
        video::{
            Coding, HIGH_DEFINITION,
            colour::{self, Format, Matrix},
        },
    },
    study::pixels,
};

/// What a session knows of its videos.
#[derive(Debug, Default)]
pub(super) struct Videos {
    /// The frame that the last request lacked.
    lacks: Option<Key>,
    /// Frames that cannot be had, and why.
    refused: HashMap<Key, Error>,
    /// Instances of which no frame can be had.
    closed: HashMap<usize, Error>,
    /// What had to be tolerated, by instance.
    repairs: HashMap<usize, Vec<Repair>>,
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
        self.lacks = Some(key);
        Error::new(&codes::NOT_BUILT).found("video")
    }
}

#[wasm_bindgen]
impl Session {
    /// The frame of a video that the last request lacked, as [`Session::deliver`] gives one: it is to be decoded and stored or refused, and the
    /// request made again.
    #[wasm_bindgen(js_name = lacksFrame)]
    pub fn lacks_frame(&mut self) -> Option<String> {
        let key = self.videos.lacks.take()?;
        Some(self.picture_job(key))
    }

    /// The video of an instance: the stream beside `{codec, size, colours, fullRange, frames, pictures: [first byte, bytes, key, frame or -1][], sets}`, where
    /// `sets` are the bytes at the end of the stream that go before the first picture of a decoder.
    ///
    /// # Errors
    /// A refusal as JSON text.
    pub fn video(&mut self, instance: u32) -> Result<Reply, JsValue> {
        let at = instance as usize;
        self.open_video(at).map_err(|error| {
            let refusal = JsValue::from_str(&parcel::refusal(&error));
            self.videos.closed.insert(at, error);
            refusal
        })
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
            repairs: self.videos.repairs.get(&key.0).cloned().unwrap_or_default(),
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
        let error = parcel::refused(refusal);
        if *error.code() == codes::NO_VIDEO {
            self.videos.closed.insert(key.0, error);
        } else {
            self.videos.refused.insert(key, error);
        }
    }
}

impl Session {
    /// What the study worker needs to get a frame's picture.
    pub(super) fn picture_job(&mut self, key: Key) -> String {
        let ticket = self.frames.fly(Flight { key, from: 0 });
        serde_json::json!({ "ticket": ticket, "video": key.0, "frame": key.1 }).to_string()
    }

    fn open_video(&mut self, at: usize) -> Result<Reply> {
        let not_open = || Error::new(&super::file::codes::NOT_OPEN);
        let instance = self.catalogue.instances.get(at).ok_or_else(not_open)?;
        let video = pixels::video(instance, &self.limits)?;
        let pictures: Vec<_> = (video.pictures.iter())
            .map(|p| {
                let frame = p.frame.map_or(-1, i64::from);
                (p.start, p.length, p.key, frame)
            })
            .collect();
        let about = serde_json::json!({
            "codec": video.codec,
            "size": video.size,
            "colours": (!video.colours.said).then_some(if video.size[1] < HIGH_DEFINITION { "smpte170m" } else { "bt709" }),
            "fullRange": video.colours.full_range,
            "frames": video.frames,
            "pictures": pictures,
            "sets": video.sets.len(),
        });
        self.videos.repairs.insert(at, video.repairs);
        let mut bytes = video.bytes;
        bytes.extend(video.sets);
        Ok(Reply {
            json: about.to_string(),
            bytes,
        })
    }
}

/// True for what is decoded this way.
pub(super) fn is(transfer_syntax: &str) -> bool {
    Coding::of(transfer_syntax).is_some()
}
