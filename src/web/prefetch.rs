//! Loading frames, now or ahead: which bytes to fetch while nobody waits, what a decode worker may do, and the cache between.

use std::rc::Rc;

use dicom_dictionary_std::tags;
use wasm_bindgen::prelude::*;

use super::{
    decode::Reply,
    facts, file,
    frames::{self, Flight, Key, Wish},
    parcel::{self, Job},
    video,
    viewer::Session,
};
use crate::{
    base::{Error, Repair, Result},
    codec::{self, Decoded},
    dicom::Instance,
    study::{FrameSet, pixels, planes},
    tone::{
        grading::{Choice, Grading},
        modality::Modality,
        presentation::{self, Presentation},
        quantity::{self, Quantity},
        shutter::Shutter,
        subtraction::Subtraction,
        voi::Voi,
    },
};

/// A decoded frame with all that belongs to it. Cloning shares.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) decoded: Rc<Decoded>,
    pub(super) grading: Rc<Grading>,
    pub(super) repairs: Rc<Vec<Repair>>,
    /// What is no defect: the file does not say enough, or it asks for what is not done here.
    pub(super) remarks: Rc<Vec<Repair>>,
    /// The file's overlay planes: what is drawn, by plane.
    pub(super) marks: Option<Rc<Vec<u8>>>,
    /// Overlay planes that cannot be drawn: defects where they are to be.
    pub(super) left_out: Rc<Vec<Repair>>,
    /// Real-world values, uptake.
    pub(super) quantities: Rc<Vec<Quantity>>,
    /// What presentation states say of it.
    pub(super) states: Rc<Vec<Rc<State>>>,
    /// The file's display shutter.
    pub(super) shutter: Option<Rc<Shutter>>,
    /// The mask subtraction that the image describes.
    pub(super) subtraction: Option<Rc<Subtraction>>,
}

/// What a presentation state says of a frame, and what lies over the frame by it.
#[derive(Debug)]
pub(super) struct State {
    pub(super) says: Presentation,
    pub(super) marks: Option<Rc<Vec<u8>>>,
    pub(super) shutter: Option<Rc<Shutter>>,
}

impl State {
    fn bytes(&self) -> usize {
        let says = &self.says;
        let points = (says.drawings.iter()).map(|drawing| size_of_val(drawing.points.as_slice()));
        let hiding = (self.shutter.as_ref()).and_then(|shutter| shutter.bitmap.as_ref());
        planes_of(self.marks.as_ref())
            + planes_of(hiding)
            + tables_of(&says.modality, &says.choices)
            + (says.presentation_lut.as_ref()).map_or(0, |lut| size_of_val(lut.as_slice()))
            + points.sum::<usize>()
    }
}

impl Loaded {
    /// What it takes of the memory: samples, tables, planes.
    fn bytes(&self) -> usize {
        let states = self.states.iter().map(|state| state.bytes());
        self.decoded.values.bytes()
            + planes_of(self.marks.as_ref())
            + tables_of(&self.grading.modality, &self.grading.choices)
            + states.sum::<usize>()
    }
}

fn planes_of(planes: Option<&Rc<Vec<u8>>>) -> usize {
    planes.map_or(0, |planes| planes.len())
}

/// Bytes of lookup tables.
fn tables_of(modality: &Modality, choices: &[Choice]) -> usize {
    let of_values = match modality {
        Modality::Table(lut) => size_of_val(lut.entries.as_slice()),
        Modality::Rescale { .. } => 0,
    };
    let of_display = choices.iter().map(|choice| match &choice.voi {
        Voi::Table(table) => size_of_val(table.entries.as_slice()),
        Voi::Window { .. } => 0,
    });
    of_values + of_display.sum::<usize>()
}

/// Bytes of the palette of an image; 0 entries mean 65,536 (PS3.3 C.7.6.3.1.5).
fn palette_of(image: &Instance) -> usize {
    let descriptor = image.numbers(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR);
    let Some(&entries) = descriptor.first() else {
        return 0;
    };
    let entries = if entries == 0.0 { 65_536.0 } else { entries };
    3 * size_of::<u16>() * entries.clamp(0.0, 65_536.0) as usize
}

/// A frame that will be wanted soon. Its bytes are fetched from `file` where there is one, and brought by [`Session::deliver`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Wanted {
    /// Names it to [`Session::deliver`].
    pub ticket: u32,
    /// Frame set, by key.
    pub set: u32,
    /// Place in it.
    pub index: u32,
    /// First byte.
    pub from: f64,
    /// Behind the last byte.
    pub to: f64,
    file: Option<web_sys::File>,
}

#[wasm_bindgen]
impl Wanted {
    /// The file; none where the bytes lie inside of another one, and are read when the frame is delivered.
    #[wasm_bindgen(getter)]
    pub fn file(&self) -> Option<web_sys::File> {
        self.file.clone()
    }
}

#[wasm_bindgen]
impl Session {
    /// The next frame that is worth fetching; none when all that is near is there.
    pub fn wanted(&mut self) -> Option<Wanted> {
        let wish = self.next_slice().or_else(|| self.frames.next());
        let Wish { set, index, key } = wish?;
        let source = self.files.get(&key.0);
        let range = || {
            let instance = self.catalogue.instances.get(key.0)?;
            let whole = video::is(&instance.transfer_syntax); // its frames have no bytes of their own
            pixels::range(instance, key.1, &self.limits).filter(|_| !whole)
        };
        let (file, (from, length)) = match source.zip(range()) {
            Some((source, range)) => (Some(source.file().clone()), range),
            None => (None, (0, 0)),
        };
        let ticket = self.frames.fly(Flight { key, from });
        let (from, to) = (from as f64, (from + length) as f64);
        Some(Wanted {
            ticket,
            set,
            index,
            from,
            to,
            file,
        })
    }

    /// Brings the bytes of a wanted frame (none where they are read here). Gives what a decode worker is to decode, and by which codec where
    /// that is a module of its own, for [`Session::store`]; of a video, which frame; nothing where that is as good as copying: then it is done.
    pub fn deliver(&mut self, ticket: u32, bytes: Option<Vec<u8>>) -> Option<Reply> {
        let flight = self.frames.land(ticket)?;
        let source = self.files.get(&flight.key.0).cloned();
        if let (Some(source), Some(bytes)) = (&source, bytes) {
            source.put_ahead(flight.from, bytes);
        }
        // A frame that cannot be had says so when it is shown.
        let job = self.job(flight).ok().flatten();
        if let Some(source) = source {
            source.forget_ahead();
        }
        job
    }

    /// Keeps what a decode worker gave for a delivered frame; without an answer it is only no longer waited for.
    pub fn store(&mut self, ticket: u32, answer: Option<String>, bytes: &[u8]) {
        let Some(Flight { key, .. }) = self.frames.land(ticket) else {
            return;
        };
        let decoded = answer.and_then(|answer| parcel::unpack(&answer, bytes));
        if let Some(decoded) = decoded {
            let _ = self.keep(key, decoded);
        }
    }
}

impl Session {
    /// What a decode worker is to do for a frame; `None` when it was done here.
    fn job(&mut self, Flight { key, from }: Flight) -> Result<Option<Reply>> {
        let not_open = || Error::new(&file::codes::NOT_OPEN);
        let instance = self.catalogue.instances.get(key.0).ok_or_else(not_open)?;
        let transfer_syntax = instance.transfer_syntax.clone();
        if video::is(&transfer_syntax) {
            if self.videos.refusal(key).is_some() {
                return Ok(None);
            }
            return Ok(Some(Reply {
                json: self.picture_job(key).1,
                bytes: Vec::new(),
            }));
        }
        let entry = codec::entry_of(&transfer_syntax);
        if entry.is_none_or(|entry| entry.is_plain()) {
            self.load(key)?;
            return Ok(None);
        }
        let module = entry.and_then(|entry| entry.module());
        let (layout, bytes) = pixels::encoded(instance, key.1, &self.limits)?;
        let job = Job {
            transfer_syntax,
            layout,
            limits: self.limits.clone(),
        };
        let ticket = self.frames.fly(Flight { key, from });
        let job = serde_json::json!({ "ticket": ticket, "codec": module, "job": job });
        let json = job.to_string();
        Ok(Some(Reply { json, bytes }))
    }

    /// Decodes and grades a frame, or takes it from the cache.
    pub(super) fn load(&mut self, key: Key) -> Result<Loaded> {
        if let Some(loaded) = self.frames.get(key) {
            return Ok(loaded);
        }
        let instance = (self.catalogue.instances.get(key.0))
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        if video::is(&instance.transfer_syntax) {
            return Err(self.videos.lacking(key));
        }
        let (layout, bytes) = pixels::encoded(instance, key.1, &self.limits)?;
        let decoded = codec::decode(&instance.transfer_syntax, &bytes, &layout, &self.limits)?;
        self.keep(key, decoded)
    }

    /// Grades what a codec gave and keeps it.
    pub(super) fn keep(&mut self, key: Key, decoded: Decoded) -> Result<Loaded> {
        let instance = (self.catalogue.instances.get(key.0))
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        let decoded = pixels::decoded(instance, decoded, &self.limits)?;
        let earliest = self.about.earliest(instance);
        let (grading, mut repairs) = Grading::within_series(instance, key.1, earliest);
        repairs.extend(decoded.repairs.iter().cloned());
        self.limits.tolerate(&repairs)?;
        let (marks, left_out) = planes::of(instance, key.1, &self.limits);
        let (quantities, lacks) = quantity::of(instance, key.1, earliest);
        let mut remarks: Vec<Repair> = lacks.into_iter().collect();
        let mut states = Vec::new();
        for &at in self.about.states(instance) {
            let state = self.catalogue.instances.get(at);
            let Some((state, found)) = state.and_then(|state| self.state(state, instance, key.1))
            else {
                continue;
            };
            if self.limits.tolerate(&found).is_err() {
                // The image is not refused for it: that state is only not offered.
                remarks.extend(found);
                continue;
            }
            repairs.extend(found);
            remarks.extend(state.says.remarks.iter().cloned());
            states.push(Rc::new(state));
        }
        remarks.extend(self.videos.remarks(key.0).iter().cloned());
        let grey = decoded.photometric.is_grey();
        let subtraction = Subtraction::of(instance, key.1).filter(|_| grey);
        let loaded = Loaded {
            decoded: Rc::new(decoded),
            grading: Rc::new(grading),
            repairs: Rc::new(repairs),
            remarks: Rc::new(remarks),
            marks: marks.map(Rc::new),
            left_out: Rc::new(left_out),
            quantities: Rc::new(quantities),
            states: Rc::new(states),
            shutter: Shutter::of(instance, key.1).map(Rc::new),
            subtraction: subtraction.map(Rc::new),
        };
        let bytes = loaded.bytes() + palette_of(instance);
        self.volumes.take(key, &loaded);
        self.frames.put(key, bytes, loaded.clone());
        Ok(loaded)
    }

    /// What a presentation state says of a frame, and what had to be repaired for it; `None` where it is not about it.
    fn state(
        &self,
        state: &Instance,
        image: &Instance,
        frame: u32,
    ) -> Option<(State, Vec<Repair>)> {
        let (says, mut repairs) = presentation::of(state, image, frame)?;
        let own = (says.image_planes, state, says.own_planes);
        let (marks, left_out) = planes::by_state(image, own, frame, &self.limits);
        repairs.extend(left_out);
        let hiding = |group| planes::hiding(state, image, group, frame, &self.limits);
        let shutter = (says.shutter.as_ref()).map(|s| Rc::new(s.with_bitmap(hiding)));
        let marks = marks.map(Rc::new);
        let state = State {
            says,
            marks,
            shutter,
        };
        Some((state, repairs))
    }

    /// Notes what will be wanted after a frame: the rest of the stack as far as half of the cache holds it, mostly further in the direction
    /// of travel. Of a run with a rate of its own the first frame comes after the last, as cine plays it.
    pub(super) fn look_ahead(&mut self, set: u32, index: u32) {
        let before = std::mem::replace(&mut self.travelled, (set, index));
        let Ok(info) = self.frame_set(set) else {
            return;
        };
        let frames = info.frames.len() as u32;
        let first = info.frames.first();
        let first = first.and_then(|at| self.catalogue.instances.get(at.instance));
        let loops = first.and_then(facts::frames_per_second).is_some();
        let back = before.0 == set && frames::is_back(before.1, index, frames, loops);
        let frame_bytes = self.frame_bytes(info, first).max(1);
        let room = u32::try_from(frames::BUDGET / 2 / frame_bytes).unwrap_or(u32::MAX);
        let wishes: Vec<Wish> = frames::ahead(index, frames, room, back, loops)
            .into_iter()
            .filter_map(|index| {
                let at = info.frames.get(index as usize)?;
                let key = (at.instance, at.frame);
                Some(Wish { set, index, key })
            })
            .collect();
        self.frames.wish(wishes.into_iter());
    }

    /// Bytes of a decoded frame of a stack, by its first image.
    fn frame_bytes(&self, info: &FrameSet, first: Option<&Instance>) -> usize {
        let layout = first.and_then(|image| pixels::layout(image, &self.limits).ok());
        let sample = layout.as_ref().map_or(2, |(layout, _)| {
            (usize::from(layout.bits_allocated).div_ceil(8)).next_power_of_two()
        });
        let samples = layout.map_or(1, |(layout, _)| usize::from(layout.samples_per_pixel));
        info.rows as usize * info.columns as usize * samples * sample
    }
}
