//! The study worker's exports: files in, canvases in, requests in, answers out. Decides nothing that a lower room can decide.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use dicom_dictionary_std::tags;

use crate::{
    base::{Error, Limits, Repair},
    export,
    filter::chain::State,
    filter::gpu::Gpu,
    measure::read,
    render::{LabelOverlay, Scene, Spatial, View, cpu, surface::Surface},
    study::{Catalogue, FrameSet, geometry::SpacingFrom, orientation},
    tone::{Frame, presentation, quantity::Quantity},
};

use super::{
    about::About,
    analysis::Overlays,
    apart,
    assembling::Volumes,
    copies::{Asked, Copies},
    decode::Reply,
    display, facts, file,
    frames::Frames,
    graded::Applied,
    limits,
    messages::{self as msg, Answer, Failure, Look, Request},
    moving::Moving,
    prefetch::Loaded,
    reformat::{CastReady, PlaneReady},
    regions,
    toned::{self, Toned},
    video::Videos,
};

/// A device that goes away more often than this is not asked for again.
const MOST_LOSSES: u32 = 3;

/// Who paints a canvas. A canvas keeps the kind of context that it got first, so a change of painter needs a new canvas.
pub(super) enum Painter {
    Cpu {
        context: OffscreenCanvasRenderingContext2d,
        /// The picture, kept for the next one.
        rgba: Vec<u8>,
    },
    Gpu(Box<Surface>),
}

/// The graphics device of this session.
pub(super) enum Device {
    /// Nobody has asked for it yet.
    Unasked,
    /// There is none, or it went away too often.
    None,
    There(Rc<Gpu>),
}

/// What a viewport shows at present.
pub(super) struct Viewport {
    pub(super) painter: Painter,
    pub(super) canvas: OffscreenCanvas,
    /// Size of the next picture, device pixels.
    pub(super) size: (u32, u32),
    pub(super) shown: Option<(u32, u32, Look)>,
    graded: Option<Ready>,
    pub(super) view: Option<View>,
    /// A plane of a volume instead of an image: its frame set, and what is there of it.
    pub(super) plane: Option<(u32, Option<PlaneReady>)>,
    /// A picture of a volume instead of an image.
    pub(super) cast: Option<CastReady>,
}

/// A frame that is graded and filtered already.
#[derive(Clone)]
struct Ready {
    set: u32,
    index: u32,
    /// What was done to it, by names.
    steps: Vec<String>,
    frame: Rc<Frame>,
    /// What the filters made of its values.
    gives: State,
    /// The same before the filters: what a filter gives has no unit, and is no measurement.
    values: Rc<Frame>,
    fixed: Option<Rc<Vec<[u8; 4]>>>,
    /// Why a subtraction is not among the steps that were done.
    unsubtracted: Option<Repair>,
}

/// What a viewport shows.
pub(super) struct Seen {
    pub(super) set: u32,
    pub(super) index: u32,
    pub(super) look: Look,
    pub(super) values: Rc<Frame>,
    pub(super) unsubtracted: Option<Repair>,
}

/// A study that is open. One in each study worker.
#[wasm_bindgen]
pub struct Session {
    pub(super) limits: Limits,
    pub(super) catalogue: Catalogue,
    pub(super) about: About,
    pub(super) overlays: Overlays,
    pub(super) volumes: Volumes,
    /// The frame that was measured last, graded.
    pub(super) measured: Option<((usize, u32), Rc<Frame>)>,
    /// (study, series, frame set) by key.
    pub(super) keys: Vec<(usize, usize, usize)>,
    pub(super) viewports: BTreeMap<u32, Viewport>,
    pub(super) frames: Frames<Loaded>,
    pub(super) videos: Videos,
    /// The files that hold one instance each and can be fetched from ahead, by the instance's place in the catalogue.
    pub(super) files: HashMap<usize, Rc<file::FileSource>>,
    /// Copies without identity that are being made.
    pub(super) copies: Option<Copies>,
    /// What the last lossy picture was made of: size and pixels, to be compared with what a decoder makes of it.
    pub(super) painted: Option<(u32, u32, Vec<u8>)>,
    /// A file that moves, on its way.
    pub(super) moving: Option<Moving>,
    pub(super) device: Device,
    /// How often a device was lost.
    losses: u32,
    /// The frame shown last, for the direction of travel.
    pub(super) travelled: (u32, u32),
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

#[wasm_bindgen]
impl Session {
    /// An empty session. Panics of this module are named in the console, without any data.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        console_error_panic_hook::set_once();
        apart::set();
        Self {
            limits: Limits::default(),
            catalogue: Catalogue::default(),
            about: About::default(),
            overlays: Overlays::default(),
            volumes: Volumes::default(),
            measured: None,
            keys: Vec::new(),
            viewports: BTreeMap::new(),
            frames: Frames::default(),
            videos: Videos::default(),
            files: HashMap::new(),
            copies: None,
            painted: None,
            moving: None,
            device: Device::Unasked,
            losses: 0,
            travelled: (u32::MAX, 0),
        }
    }

    /// Reads the head of one file (all heads of an archive); `head`: its first bytes, where they were fetched ahead (see
    /// [`head_bytes`]). A failure goes to the catalogue's error list.
    #[wasm_bindgen(js_name = addFile)]
    pub fn add_file(&mut self, path: String, file: web_sys::File, head: Vec<u8>) {
        let file = Rc::new(file::FileSource::new(path, file, head));
        let source: Rc<dyn crate::base::ByteSource> = file.clone();
        let first = self.catalogue.instances.len();
        self.catalogue.add(&source, &self.limits);
        file.forget_ahead();
        // An inflated copy, or an archive's entry, is not read by ranges of the file.
        if let Some([one]) = self.catalogue.instances.get(first..)
            && Rc::ptr_eq(&one.source, &source)
        {
            self.files.insert(first, file);
        }
    }

    /// Arranges what was added so far, when there is something to see already: a [`msg::Notice::Preview`] as JSON.
    pub fn preview(&mut self) -> Option<String> {
        self.arrange();
        let catalogue = self.tree();
        (!self.keys.is_empty()).then(|| json(&msg::Notice::Preview { catalogue }))
    }

    /// Arranges what was added. Gives an [`Answer::Catalogue`] as JSON.
    pub fn arrange(&mut self) -> String {
        self.catalogue.arrange();
        self.about = About::of(&self.catalogue.instances);
        self.overlays.clear();
        self.volumes.clear();
        self.measured = None;
        self.keys.clear();
        // What was loaded for a preview did not know its whole series yet.
        self.frames.clear();
        for viewport in self.viewports.values_mut() {
            viewport.graded = None;
            viewport.plane = None;
            viewport.cast = None;
        }
        for (study_at, study) in self.catalogue.studies.iter().enumerate() {
            for (series_at, series) in study.series.iter().enumerate() {
                for set_at in 0..series.frame_sets.len() {
                    self.keys.push((study_at, series_at, set_at));
                }
            }
        }
        json(&Answer::Catalogue(self.tree()))
    }

    /// The browser's graphics device is a program on the CPU: it paints, but volumes are not given to it.
    #[wasm_bindgen(js_name = setSoftware)]
    pub fn set_software(&mut self) {
        self.volumes.software = true;
    }

    /// Gives a viewport its canvas. `backend`: `cpu`, or `gpu` / `auto` for the GPU where there is one. The calls of a session must not
    /// overlap: its caller waits for one to end before the next begins.
    ///
    /// # Errors
    /// When the canvas has a context of another kind already.
    pub async fn attach(
        &mut self,
        viewport: u32,
        canvas: OffscreenCanvas,
        backend: String,
    ) -> Result<(), JsValue> {
        let old = self.viewports.remove(&viewport);
        let gpu = if backend == "cpu" {
            None
        } else {
            self.gpu().await
        };
        let surface = gpu.and_then(|gpu| Surface::new(gpu, canvas.clone()).ok());
        let painter = match surface {
            Some(surface) => Painter::Gpu(Box::new(surface)),
            None => Painter::Cpu {
                context: canvas
                    .get_context("2d")?
                    .ok_or_else(|| JsValue::from_str("no 2d context"))?
                    .dyn_into::<OffscreenCanvasRenderingContext2d>()?,
                rgba: Vec::new(),
            },
        };
        let shown = old.and_then(|old| old.shown);
        self.viewports.insert(
            viewport,
            Viewport {
                painter,
                size: (canvas.width(), canvas.height()),
                canvas,
                shown,
                // Filtered anew, by the new painter.
                graded: None,
                view: None,
                plane: None,
                cast: None,
            },
        );
        Ok(())
    }

    /// Viewports whose canvas can be painted no more, because the device that painted it is gone. Each is told once.
    #[wasm_bindgen(js_name = takeLost)]
    pub fn take_lost(&mut self) -> Vec<u32> {
        let lost = |v: &Viewport| matches!(&v.painter, Painter::Gpu(surface) if surface.lost());
        let found: Vec<u32> = (self.viewports.iter())
            .filter(|(_, v)| lost(v))
            .map(|(&number, _)| number)
            .collect();
        self.viewports.retain(|_, v| !lost(v));
        found
    }

    /// One request as JSON; the answer as JSON. Bytes that belong to it are taken with [`Session::take_bytes`].
    pub async fn request(&mut self, request: String, now_ms: f64) -> Reply {
        let mut bytes = Vec::new();
        let answer = match serde_json::from_str::<Request>(&request) {
            Ok(request) => self
                .answer(request, now_ms, &mut bytes)
                .await
                .unwrap_or_else(|e| Answer::Failed(failure("", &e))),
            Err(e) => Answer::Failed(Failure {
                file: String::new(),
                code: "IO-090".to_owned(),
                cause: "The request was not understood".to_owned(),
                hint: "Reload the page".to_owned(),
                detail: e.to_string(),
            }),
        };
        Reply {
            json: json(&answer),
            bytes,
        }
    }
}

/// How many first bytes of a file are worth fetching ahead.
#[wasm_bindgen(js_name = headBytes)]
#[allow(unreachable_pub, reason = "wasm-bindgen exports it")]
pub fn head_bytes() -> f64 {
    crate::dicom::FIRST_BYTES as f64
}

impl Session {
    /// The session's device, asked for once; a lost one is asked for again, but not for ever.
    async fn gpu(&mut self) -> Option<Rc<Gpu>> {
        if matches!(&self.device, Device::There(gpu) if gpu.lost()) {
            self.losses += 1;
            self.device = if self.losses > MOST_LOSSES {
                Device::None
            } else {
                Device::Unasked
            };
        }
        if matches!(self.device, Device::Unasked) {
            self.device = match Gpu::request().await {
                Ok(gpu) => Device::There(Rc::new(gpu)),
                Err(_) => Device::None,
            };
        }
        match &self.device {
            Device::There(gpu) => Some(gpu.clone()),
            _ => None,
        }
    }

    async fn answer(
        &mut self,
        request: Request,
        now_ms: f64,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer, Error> {
        Ok(match request {
            Request::Attach { .. } => Answer::Done,
            Request::Open { limits, strict } => {
                self.limits = limits::of(&limits, strict)?;
                Answer::Done
            }
            Request::Close => {
                self.catalogue = Catalogue::default();
                self.copies = None;
                (self.painted, self.moving) = (None, None);
                self.frames.clear();
                self.files.clear();
                self.videos.clear();
                self.arrange();
                Answer::Done
            }
            Request::Resize {
                viewport,
                width,
                height,
            } => {
                // Taken up by the next picture: a canvas that changes its size is blank until then.
                if let Some(v) = self.viewports.get_mut(&viewport) {
                    v.size = (width.clamp(1, 16_384), height.clamp(1, 16_384));
                }
                Answer::Done
            }
            Request::Show {
                viewport,
                frame_set,
                index,
                look,
            } => {
                self.leave_volume(viewport);
                self.show(viewport, frame_set, index, look, now_ms).await?
            }
            Request::Grow(wish) => self.grow(&wish, bytes)?,
            Request::Assemble { frame_set } => self.assemble(frame_set)?,
            Request::ShowPlane {
                viewport,
                frame_set,
                plane,
                look,
            } => {
                self.enter_plane(viewport, frame_set);
                self.show_plane(viewport, frame_set, &plane, look, now_ms)
                    .await?
            }
            Request::ShowCast {
                viewport,
                frame_set,
                cast,
            } => self.show_cast(viewport, frame_set, &cast, now_ms).await?,
            Request::CastPicture {
                frame_set,
                preset,
                size,
            } => self.cast_picture(frame_set, &preset, size, bytes)?,
            Request::ShowCompared {
                viewport,
                wish,
                look,
            } => {
                self.show_compared(viewport, &wish, look, now_ms, bytes)
                    .await?
            }
            Request::Probe { viewport, x, y } => Answer::Probe {
                value: match self.probe_compared(viewport, x, y) {
                    Some(value) => Some(value),
                    None => self.probe(viewport, x, y)?,
                },
            },
            Request::Thumbnail { frame_set, size } => {
                let (width, height) = self
                    .thumbnail(frame_set, size.clamp(16, 512), bytes)
                    .await?;
                Answer::Picture { width, height }
            }
            Request::ModelInput {
                frame_set,
                index,
                volume,
                modality,
            } => self.model_input(frame_set, index, [volume, modality], bytes)?,
            Request::Grid { frame_set, index } => self.grid(frame_set, index, bytes)?,
            Request::Overlay { frame_set, overlay } => self.overlay(frame_set, overlay)?,
            Request::Save(asked) => self.save(&asked, bytes)?,
            Request::Pattern { name, side, stamp } => {
                display::pattern_file(&name, side, &stamp, bytes)?
            }
            Request::Luminance { measured, ambient } => display::luminance(&measured, ambient)?,
            Request::Contours { viewport, asked } => self.contours(viewport, &asked)?,
            Request::Filters => Answer::Filters {
                kinds: regions::filters(),
            },
            Request::Measure {
                frame_set,
                index,
                marks,
                user_mm,
            } => self.measure(frame_set, index, &marks, user_mm)?,
            Request::MeasurePlane(asked) => self.measure_plane(&asked)?,
            Request::Locate { names } => self.locate(&names),
            Request::SavedMarks => self.saved_marks(),
            Request::SaveMarks(asked) => self.save_marks(&asked, bytes)?,
            Request::Moving(wish) => self.moving(&wish, bytes).await?,
            Request::Small(wish) => self.small(&wish, bytes).await?,
            Request::Picture(wish) => self.picture(&wish, bytes).await?,
            Request::Deidentify {
                options,
                seed,
                zip,
                leave_out,
            } => {
                let asked = Asked {
                    options: &options,
                    seed,
                    zip,
                    leave_out,
                };
                let copies = self.copies.insert(Copies::new(&asked)?);
                copies.begun(&self.catalogue.instances)
            }
            Request::DeidentifyNext => match &mut self.copies {
                Some(copies) => copies.next(&self.catalogue.instances, &self.limits, bytes)?,
                None => return Err(Error::new(&file::codes::NOT_OPEN)),
            },
            Request::DeidentifyStop => {
                self.copies = None;
                Answer::Done
            }
            Request::Augment {
                viewport,
                steps,
                seed,
                count,
            } => self.augment(viewport, &steps, [seed, count], bytes)?,
            Request::KeyObject {
                frames,
                words,
                stamp,
            } => self.key_object(&frames, &words, stamp, bytes)?,
            Request::Keys => self.keys_selected(),
            Request::Tags { viewport } => Answer::Tags {
                lines: self.tags(viewport),
            },
            Request::Snapshot { viewport } => {
                let Some(v) = self.viewports.get(&viewport) else {
                    return Ok(Answer::Done);
                };
                let (width, height) = (v.canvas.width(), v.canvas.height());
                let cast = v.cast.as_ref().filter(|cast| cast.size == (width, height));
                let plane = v
                    .plane
                    .as_ref()
                    .and_then(|(of, ready)| Some((*of, ready.as_ref()?.wish.clone())));
                let rgba = match (cast, plane, v.shown.clone()) {
                    (Some(cast), ..) => cast.rgba.clone(),
                    (_, Some((of, wish)), Some((.., look))) => {
                        let size = (width, height);
                        let (scene, ..) =
                            self.plane_scene(viewport, of, &wish, &look, size).await?;
                        cpu::paint(&scene, width, height)
                    }
                    (_, _, Some((set, index, look))) => {
                        let (scene, ..) = self
                            .scene(viewport, set, index, &look, (width, height))
                            .await?;
                        cpu::paint(&scene, width, height)
                    }
                    _ => return Ok(Answer::Done),
                };
                *bytes =
                    export::picture::encode(&rgba, width, height, export::picture::Format::Png)?;
                Answer::Picture { width, height }
            }
        })
    }

    pub(super) fn frame_set(&self, key: u32) -> Result<&FrameSet, Error> {
        self.keys
            .get(key as usize)
            .and_then(|&(study, series, set)| {
                self.catalogue
                    .studies
                    .get(study)?
                    .series
                    .get(series)?
                    .frame_sets
                    .get(set)
            })
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))
    }

    pub(super) fn place(&self, set: u32, index: u32) -> Result<(usize, u32), Error> {
        let set = self.frame_set(set)?;
        let at = set
            .frames
            .get(index as usize)
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        Ok((at.instance, at.frame))
    }

    /// What a viewport shows: frame set, place, look, and the size of its canvas.
    pub(super) fn shown(&self, viewport: u32) -> Option<(u32, u32, Look, (u32, u32))> {
        let v = self.viewports.get(&viewport)?;
        let (set, index, look) = v.shown.clone()?;
        Some((set, index, look, (v.canvas.width(), v.canvas.height())))
    }

    pub(super) async fn scene(
        &mut self,
        viewport: u32,
        set: u32,
        index: u32,
        look: &Look,
        canvas: (u32, u32),
    ) -> Result<(Scene, Applied, Toned, State), Error> {
        let key = self.place(set, index)?;
        let loaded = self.load(key)?;
        let mut applied = loaded.applied(look);
        self.limits.tolerate(&applied.left_out)?;
        let mut steps = toned::steps(look);
        steps.extend(applied.shutter.is_some().then(|| "shutter".to_owned()));
        steps.extend(applied.subtraction.is_some().then(|| "subtract".to_owned()));
        let uid = applied.state.as_ref().map(|s| s.says.uid.as_str());
        steps.extend(uid.map(|uid| format!("state {uid}")));
        let ready = self
            .viewports
            .get(&viewport)
            .and_then(|v| v.graded.as_ref())
            .filter(|ready| ready.set == set && ready.index == index && ready.steps == steps)
            .cloned();
        let Ready {
            frame,
            gives,
            values,
            fixed,
            ..
        } = if let Some(ready) = ready {
            if let Some(why) = ready.unsubtracted.clone() {
                applied = loaded.unsubtracted(look, why);
            }
            ready
        } else {
            let ((values, fixed), done) = self.grade_anyway(key, &loaded, look, applied)?;
            applied = done;
            let values = Rc::new(values);
            let (frame, gives) = self
                .filtered(viewport, &values, look, &applied.grading)
                .await?;
            let ready = Ready {
                set,
                index,
                steps,
                frame,
                gives,
                values,
                fixed: fixed.map(Rc::new),
                unsubtracted: applied.unsubtracted.clone(),
            };
            if let Some(v) = self.viewports.get_mut(&viewport) {
                v.graded = Some(ready.clone());
            }
            ready
        };
        let Applied { state, grading, .. } = &applied;
        let aspect = self.frame_set(set)?.spacing.aspect();
        let said = state.as_ref().map(|state| &state.says);
        let aspect = said.and_then(|says| says.aspect).unwrap_or(aspect);
        let mut view = View::fit(frame.size(), canvas, aspect, look.quarter_turns);
        view.zoom *= look.zoom.clamp(0.01, 1000.0);
        view.pan = look.pan;
        view.quarter_turns = look.quarter_turns % 4;
        view.flip = look.flip;
        if let Some(says) = said {
            let own = Spatial {
                quarter_turns: says.quarter_turns,
                flip: says.flip,
                area: says.area,
                magnify: says.magnify,
            };
            view = view.over(own, frame.size(), canvas, look.zoom.clamp(0.01, 1000.0));
        }
        let toned = Toned::of(look, grading, [&values, &frame], gives);
        let colours = toned::colours(look).or_else(|| said?.colours.clone());
        let mut scene = Scene {
            frame,
            view,
            voi: toned.shown.clone(),
            presentation_lut: grading.presentation_lut.clone().filter(|_| toned.plain),
            invert: (toned.plain && grading.invert) != look.invert,
            colours,
            fixed: fixed.filter(|_| toned.plain),
            interpolation: toned::interpolation(look),
            labels: None,
            heatmap: None,
            marks: applied.marks.clone().map(LabelOverlay::of_planes),
        };
        self.overlays.lay(set, index, &look.overlay, &mut scene);
        Ok((scene, applied, toned, gives))
    }

    async fn show(
        &mut self,
        viewport: u32,
        set: u32,
        index: u32,
        look: Look,
        now_ms: f64,
    ) -> Result<Answer, Error> {
        let Some(v) = self.viewports.get(&viewport) else {
            return Ok(Answer::Done);
        };
        let canvas = v.size;
        let (scene, applied, toned, gives) =
            self.scene(viewport, set, index, &look, canvas).await?;
        let graphics = look.graphics;
        let backend = self.paint(viewport, &scene, canvas)?;
        self.note_shown(viewport, (set, index, look), scene.view);
        self.look_ahead(set, index);
        let (instance_at, frame_at) = self.place(set, index)?;
        let Loaded {
            repairs,
            remarks,
            marks,
            shutter,
            states,
            ..
        } = self.load((instance_at, frame_at))?;
        let (Some(instance), set_info) = (
            self.catalogue.instances.get(instance_at),
            self.frame_set(set)?,
        ) else {
            return Ok(Answer::Done);
        };
        let view = scene.view;
        let Applied { state, grading, .. } = &applied;
        let frames = set_info.frames.len() as u32;
        let letters = match set_info.planes.get(index as usize).copied().flatten() {
            Some(plane) => {
                orientation::edges(plane.row, plane.column, view.flip, view.quarter_turns)
            }
            None => match instance.texts(tags::PATIENT_ORIENTATION).as_slice() {
                [right, down] => {
                    orientation::edges_from_codes(right, down, view.flip, view.quarter_turns)
                }
                _ => Default::default(),
            },
        };
        let known = set_info.spacing.from != SpacingFrom::None;
        let (mut px, mut py) = (
            view.zoom / set_info.spacing.mm[1],
            view.zoom * view.aspect / set_info.spacing.mm[0],
        );
        if view.quarter_turns % 2 == 1 {
            std::mem::swap(&mut px, &mut py);
        }
        let size = scene.frame.size();
        Ok(Answer::Shown(Box::new(msg::Shown {
            viewport,
            frame_set: set,
            index,
            frames,
            size: [size.1 as u32, size.0 as u32],
            modality: instance.text(tags::MODALITY).unwrap_or_default(),
            facts: facts::of(instance, &format!("{}/{frames}", index + 1))
                .into_iter()
                .chain(applied.fact())
                .collect(),
            letters,
            device_pixels_per_mm: known.then_some([px, py]),
            zoom: view.zoom,
            spacing_from: set_info.spacing.from.name().to_owned(),
            magnification: match set_info.spacing.from {
                SpacingFrom::Magnified(by) => by,
                _ => 1.0,
            },
            regions: facts::regions(instance),
            begin: toned.begin(&scene.frame, gives),
            gives: toned::named(gives),
            window: toned.window(&scene.frame),
            choices: grading.choices.iter().map(|c| c.label.clone()).collect(),
            hounsfield: grading.unit.as_deref() == Some("HU"),
            unit: grading.unit.clone().unwrap_or_default(),
            grey: matches!(scene.frame.as_ref(), Frame::Grey(_)),
            presentations: states
                .iter()
                .map(|state| facts::info_of(&state.says))
                .collect(),
            drawings: (state.as_ref().filter(|_| graphics)).map_or_else(Vec::new, |state| {
                let all = state.says.drawings_on(size);
                // What this program has measured is drawn as marks, not twice.
                let ours = |d: &&presentation::Drawing| d.tracking.starts_with(read::TRACKED);
                all.iter()
                    .filter(|d| !ours(d))
                    .map(facts::drawing)
                    .collect()
            }),
            to_canvas: view.image_to_canvas(size, canvas),
            graphics: marks.is_some() || shutter.is_some() || state.is_some(),
            subtracted: applied
                .subtractable
                .then_some(applied.subtraction.is_some()),
            backend: backend.to_owned(),
            elapsed_ms: super::now_ms() - now_ms,
            repairs: (repairs.iter())
                .chain(applied.left_out.iter())
                .chain(&applied.unsubtracted)
                .map(|r| repair("", r))
                .collect(),
            remarks: remarks.iter().map(|r| repair("", r)).collect(),
            plane: self.plane_info(set, index),
            complete: true,
        })))
    }

    fn probe(&mut self, viewport: u32, x: f64, y: f64) -> Result<Option<msg::Probe>, Error> {
        let Some(v) = self.viewports.get(&viewport) else {
            return Ok(None);
        };
        let (Some((set, index, look)), Some(view)) = (v.shown.clone(), v.view) else {
            return Ok(None);
        };
        if let Some((of, plane)) = &v.plane {
            let Some(ready) = plane else { return Ok(None) };
            let size = ready.size();
            let canvas = (v.canvas.width(), v.canvas.height());
            let Some((column, row)) = pixel_at(&view, size, canvas, (x, y)) else {
                return Ok(None);
            };
            return self.probe_plane(*of, ready, column, row).map(Some);
        }
        // A value of the image, whatever a filter has made of it for the eye.
        let Some(Ready {
            values: frame,
            unsubtracted,
            ..
        }) = v.graded.clone()
        else {
            return Ok(None);
        };
        let size = frame.size();
        let canvas = (v.canvas.width(), v.canvas.height());
        let Some((across, down)) = pixel_at(&view, size, canvas, (x, y)) else {
            return Ok(None);
        };
        let (column, row) = (across as f64, down as f64);
        let (instance_at, frame_at) = self.place(set, index)?;
        let loaded = self.load((instance_at, frame_at))?;
        let applied = match unsubtracted {
            Some(why) => loaded.unsubtracted(&look, why),
            None => loaded.applied(&look),
        };
        let Loaded {
            decoded,
            grading,
            quantities,
            ..
        } = loaded;
        let at = row as usize * size.0 + column as usize;
        let samples = usize::from(decoded.samples_per_pixel);
        let stored: Vec<f64> = (0..samples)
            .filter_map(|s| decoded.values.get(at * samples + s))
            .collect();
        let modality = match frame.as_ref() {
            Frame::Grey(grey) => grey
                .values
                .get(at)
                .copied()
                .filter(|&g| g != crate::tone::PADDING)
                .map(f64::from),
            Frame::Colour(_) => None,
        };
        // Values that a state maps otherwise than the image are no values of the image: then what is stored is shown.
        let state = applied.state.as_ref().map(|state| &state.says);
        let modality = modality.filter(|_| state.is_none_or(|s| s.modality == grading.modality));
        // A difference of frames is no value of the unit, and has no quantities.
        let whole = modality.filter(|_| applied.subtraction.is_none());
        // A pixel with a colour of its own has no value for windows, but its quantities: it is a perfusion or the like.
        let coloured = |stored: f64| {
            let grey = matches!(frame.as_ref(), Frame::Grey(_)) && applied.shutter.is_none();
            (grey && grading.is_coloured(stored)).then(|| grading.modality.map(stored))
        };
        let whole = whole.or_else(|| stored.first().copied().and_then(coloured));
        let measured = stored.first().zip(whole).map(|(&stored, modality)| {
            let of = |q: &Quantity| {
                Some(msg::Measured {
                    name: q.name.clone(),
                    value: q.value(stored, modality)?,
                    unit: q.unit.clone(),
                })
            };
            quantities.iter().filter_map(of).collect()
        });
        let (label, heat) = self
            .overlays
            .at(set, index, column as usize, row as usize, size.0);
        let set_info = self.frame_set(set)?;
        let placed = set_info.placed(index as usize);
        let patient_mm = placed.map(|(plane, spacing)| plane.at(column, row, spacing));
        Ok(Some(msg::Probe {
            column: column as u32,
            row: row as u32,
            stored,
            modality,
            unit: grading
                .unit
                .clone()
                .filter(|_| modality.is_some() && whole.is_some())
                .unwrap_or_default(),
            quantities: measured.unwrap_or_default(),
            patient_mm,
            label,
            heat,
        }))
    }

    /// What a viewport shows: frame set, place, look and its values before any filter; and why they are not subtracted.
    pub(super) fn seen(&self, viewport: u32) -> Option<Seen> {
        let v = self.viewports.get(&viewport)?;
        let (set, index, look) = v.shown.clone()?;
        let ready = v.graded.as_ref()?;
        (ready.set == set && ready.index == index).then(|| Seen {
            set,
            index,
            look,
            values: ready.values.clone(),
            unsubtracted: ready.unsubtracted.clone(),
        })
    }

    async fn thumbnail(
        &mut self,
        set: u32,
        size: u32,
        bytes: &mut Vec<u8>,
    ) -> Result<(u32, u32), Error> {
        let middle = (self.frame_set(set)?.frames.len() / 2) as u32;
        let look = Look {
            zoom: 1.0,
            pan: [0.0, 0.0],
            quarter_turns: 0,
            flip: false,
            invert: false,
            window: None,
            choice: 0,
            auto: false,
            colour_map: "grey".to_owned(),
            smooth: true,
            graphics: true,
            subtract: None,
            presentation: None,
            filters: Vec::new(),
            overlay: msg::OverlayLook {
                visible: false,
                opacity: 0.0,
                outline: false,
                threshold: 0.0,
                colour_map: "grey".to_owned(),
                smooth: false,
            },
        };
        let (scene, ..) = self
            .scene(u32::MAX, set, middle, &look, (size, size))
            .await?;
        let rgba = cpu::paint(&scene, size, size);
        *bytes = export::picture::encode(&rgba, size, size, export::picture::Format::Png)?;
        Ok((size, size))
    }

    fn tags(&self, viewport: u32) -> Vec<msg::TagLine> {
        let instance = self
            .viewports
            .get(&viewport)
            .and_then(|v| v.shown.as_ref())
            .and_then(|&(set, index, _)| self.place(set, index).ok())
            .and_then(|(instance, _)| self.catalogue.instances.get(instance));
        instance.map_or_else(Vec::new, |instance| {
            crate::dicom::tags::list(instance)
                .into_iter()
                .map(|line| msg::TagLine {
                    tag: line.tag,
                    vr: line.vr,
                    keyword: line.keyword,
                    value: line.value,
                    depth: line.depth,
                })
                .collect()
        })
    }
}

/// The pixel of a frame of `size` under a point of the canvas; `None` beside it.
fn pixel_at(
    view: &View,
    size: (usize, usize),
    canvas: (u32, u32),
    (x, y): (f64, f64),
) -> Option<(usize, usize)> {
    let m = view.canvas_to_image(size, canvas);
    let (column, row) = (
        (m[0] * x + m[1] * y + m[2]).round(),
        (m[3] * x + m[4] * y + m[5]).round(),
    );
    let inside = column >= 0.0 && row >= 0.0 && column < size.0 as f64 && row < size.1 as f64;
    inside.then_some((column as usize, row as usize))
}

pub(super) fn failure(file: &str, error: &Error) -> Failure {
    let code = error.code();
    Failure {
        file: file.to_owned(),
        code: code.id.to_owned(),
        cause: code.cause.to_owned(),
        hint: code.hint.to_owned(),
        detail: error.detail(),
    }
}

pub(super) fn repair(file: &str, repair: &Repair) -> Failure {
    Failure {
        file: file.to_owned(),
        code: repair.code.id.to_owned(),
        cause: repair.code.cause.to_owned(),
        hint: repair.code.hint.to_owned(),
        detail: repair.detail.clone(),
    }
}

fn json(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| r#"{"kind":"done"}"#.to_owned())
}
