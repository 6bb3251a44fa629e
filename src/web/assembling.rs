//! The study worker puts a volume together, slice by slice, while images are shown.

use std::{collections::HashMap, rc::Rc};

use wasm_bindgen::prelude::*;

use super::{
    compared::LaidReady,
    frames::{Key, Wish},
    growing::{Growing, Kept},
    messages::{self as msg, Answer, Failure},
    prefetch::Loaded,
    viewer::Session,
};
use crate::{
    base::{Error, Repair, Result},
    measure::OnPlane,
    study::{
        FrameSet,
        geometry::{dot, sub},
    },
    tone::{Frame, grading::Grading},
    volume::{
        Volume,
        assemble::{self, Assembly},
        codes,
        gpu::Uploaded,
        raycast::Labels,
        transfer,
    },
};

/// The volume that is there, and the one that is being put together.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    there: Option<There>,
    coming: Option<Coming>,
    pub(super) labels: Option<Labels>,
    /// The plane that was measured last: while a handle is dragged it is asked for again and again.
    pub(super) measured: Option<(OnPlane, Rc<Frame>)>,
    /// A region that grows.
    pub(super) growing: Option<Growing>,
    /// A region that has grown, for who saves it.
    pub(super) grown: Option<Kept>,
    /// The volume on the graphics device.
    pub(super) uploaded: Option<Rc<Uploaded>>,
    /// The device is none that is faster than the CPU, or cannot hold the volume.
    pub(super) no_gpu: bool,
    /// The device is a program on the CPU, as far as the browser tells: our own code is faster, and pictures could stop it for minutes.
    pub(super) software: bool,
    /// What a comparison has laid on a shown frame.
    pub(super) laid: Option<LaidReady>,
}

#[derive(Debug, Clone)]
pub(super) struct There {
    set: u32,
    pub(super) volume: Rc<Volume>,
    /// Of the middle image: how the values are shown.
    pub(super) grading: Rc<Grading>,
    /// The middle image itself: windows that come from values come from its own, for all planes alike.
    pub(super) middle: Rc<Frame>,
}

#[derive(Debug)]
struct Coming {
    set: u32,
    assembly: Assembly,
    /// The frames in their order, and the other way round.
    keys: Vec<Key>,
    slices: HashMap<Key, usize>,
    /// The next slice to ask for.
    next: usize,
    grading: Option<Rc<Grading>>,
    failed: Option<Error>,
}

impl Volumes {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self {
            software: self.software,
            ..Self::default()
        };
    }

    /// A decoded frame: it may be a slice of what is being put together.
    pub(super) fn take(&mut self, key: Key, loaded: &Loaded) {
        let Some(coming) = &mut self.coming else {
            return;
        };
        let Some(&slice) = coming.slices.get(&key) else {
            return;
        };
        if coming.failed.is_some() || coming.assembly.has(slice) {
            return;
        }
        if slice == coming.keys.len() / 2 {
            coming.grading = Some(loaded.grading.clone());
        }
        coming.failed = coming
            .assembly
            .take(slice, &loaded.decoded, &loaded.grading)
            .err();
    }

    /// The volume of a frame set.
    pub(super) fn of(&self, set: u32) -> Result<There> {
        let there = self.there.as_ref().filter(|there| there.set == set);
        there.cloned().ok_or_else(|| Error::new(&codes::NOT_READY))
    }
}

#[wasm_bindgen]
impl Session {
    /// How far a volume is that was begun by a request: JSON of `done` and `total`, with `answer` when it is complete or has failed;
    /// nothing when another one was begun meanwhile. Where nobody works on what is missing it is decoded here, an image a call.
    pub fn assembly(&mut self, frame_set: u32) -> Option<String> {
        let coming = self
            .volumes
            .coming
            .as_ref()
            .filter(|coming| coming.set == frame_set)?;
        let (done, total) = coming.assembly.progress();
        let error = coming.failed.clone();
        let idle = coming.next >= total && !coming.keys.iter().any(|&key| self.frames.flies(key));
        let missing = (0..total).find(|&slice| !coming.assembly.has(slice));
        let key = missing.and_then(|slice| coming.keys.get(slice).copied());
        let answer = match (error, key) {
            (Some(error), _) => Some(Err(error)),
            (None, None) => Some(self.complete(frame_set)),
            (None, Some(key)) if idle => match self.load(key) {
                Ok(loaded) => {
                    self.volumes.take(key, &loaded);
                    None
                }
                Err(error) => Some(Err(error)),
            },
            _ => None,
        };
        let answer = answer.map(|answer| {
            if answer.is_err() {
                self.volumes.coming = None;
            }
            answer.unwrap_or_else(|error| Answer::Failed(Failure::of("", &error)))
        });
        Some(serde_json::json!({ "done": done, "total": total, "answer": answer }).to_string())
    }

    /// The volume that is being put together is not wanted any more.
    #[wasm_bindgen(js_name = giveUpAssembly)]
    pub fn give_up_assembly(&mut self, frame_set: u32) {
        self.volumes
            .coming
            .take_if(|coming| coming.set == frame_set);
    }
}

impl Session {
    /// Begins to put a volume together.
    pub(super) fn assemble(&mut self, set: u32) -> Result<Answer> {
        if self.volumes.of(set).is_ok() {
            return self.volume_info(set);
        }
        let info = self.frame_set(set)?;
        let assembly = Assembly::of(info, &self.limits)?;
        let keys: Vec<Key> = info
            .frames
            .iter()
            .map(|at| (at.instance, at.frame))
            .collect();
        let slices = keys
            .iter()
            .enumerate()
            .map(|(slice, &key)| (key, slice))
            .collect();
        // Only one at a time: its memory is that of the other.
        self.volumes.there = None;
        self.volumes.labels = None;
        self.volumes.measured = None;
        self.volumes.growing = None;
        self.volumes.uploaded = None;
        self.volumes.no_gpu = false;
        self.volumes.coming = Some(Coming {
            set,
            assembly,
            keys,
            slices,
            next: 0,
            grading: None,
            failed: None,
        });
        Ok(Answer::Done)
    }

    fn complete(&mut self, set: u32) -> Result<Answer> {
        let coming = self
            .volumes
            .coming
            .take()
            .ok_or_else(|| Error::new(&codes::NOT_READY))?;
        let middle = coming
            .keys
            .get(coming.keys.len() / 2)
            .copied()
            .unwrap_or((0, 0));
        let loaded = self.load(middle)?;
        let grading = coming.grading.unwrap_or(loaded.grading);
        let frame = Rc::new(grading.apply(&loaded.decoded)?);
        let volume = coming.assembly.finish()?;
        self.limits.tolerate(&[])?;
        self.volumes.there = Some(There {
            set,
            volume: Rc::new(volume),
            grading,
            middle: frame,
        });
        self.volume_info(set)
    }

    fn volume_info(&self, set: u32) -> Result<Answer> {
        let There {
            volume, grading, ..
        } = self.volumes.of(set)?;
        let hounsfield = grading.unit.as_deref() == Some("HU");
        Ok(Answer::Volume(Box::new(msg::VolumeInfo {
            frame_set: set,
            dims: volume.grid.dims.map(|n| n as u32),
            centre_mm: volume.grid.centre(),
            voxel_mm: volume.grid.finest(),
            held_bytes: volume.bytes() as f64,
            hounsfield,
            presets: transfer::ALL
                .iter()
                .map(|preset| preset.name.to_owned())
                .collect(),
            suited: transfer::suited(hounsfield).to_owned(),
            remarks: volume.remarks().iter().map(said).collect(),
        })))
    }

    /// The next slice that is worth fetching; what is in memory already is taken at once, a few a call.
    pub(super) fn next_slice(&mut self) -> Option<Wish> {
        for _ in 0..8 {
            let coming = self
                .volumes
                .coming
                .as_mut()
                .filter(|coming| coming.failed.is_none())?;
            let slice = coming.next;
            let key = *coming.keys.get(slice)?;
            coming.next += 1;
            let (set, has) = (coming.set, coming.assembly.has(slice));
            if has || self.frames.flies(key) {
                continue;
            }
            if let Some(loaded) = self.frames.get(key) {
                self.volumes.take(key, &loaded);
                continue;
            }
            return Some(Wish {
                set,
                index: slice as u32,
                key,
            });
        }
        None
    }

    /// Why a frame set is no volume, its Frame of Reference, and the places of its images along their normal.
    pub(super) fn lie_of(
        &self,
        set: &FrameSet,
    ) -> (Option<Failure>, String, Option<msg::StackLine>) {
        let refusal = assemble::grid_of(set).err();
        let first = set
            .frames
            .first()
            .and_then(|at| self.catalogue.instances.get(at.instance));
        let frame = first.and_then(|i| i.text(dicom_dictionary_std::tags::FRAME_OF_REFERENCE_UID));
        let planes: Option<Vec<_>> = set.planes.iter().copied().collect();
        let line = planes.and_then(|planes| {
            let first = *planes.first()?;
            let normal = first.normal();
            let places = planes
                .iter()
                .map(|plane| dot(sub(plane.position, first.position), normal));
            Some(msg::StackLine {
                origin_mm: first.position,
                normal,
                places_mm: places.map(|mm| (mm * 1e3).round() / 1e3).collect(),
            })
        });
        let refusal = refusal.map(|error| Failure::of("", &error));
        (refusal, frame.unwrap_or_default(), line)
    }
}

/// A remark as the page lists it.
pub(super) fn said(repair: &Repair) -> Failure {
    Failure {
        file: String::new(),
        code: repair.code.id.to_owned(),
        cause: repair.code.cause.to_owned(),
        hint: repair.code.hint.to_owned(),
        detail: repair.detail.clone(),
    }
}
