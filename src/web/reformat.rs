//! The study worker's side of a volume that is there: its planes, slabs and pictures.

use std::rc::Rc;

use super::{
    assembling::{There, Volumes, said},
    facts, file,
    messages::{self as msg, Answer, CastWish, Look, PlaneWish},
    toned::{self, Toned},
    viewer::Session,
};
use crate::{
    base::{Error, Result, Silent},
    filter::State,
    render::{LabelOverlay, Scene, View},
    study::{
        geometry::{Vec3, dot, norm},
        orientation,
    },
    tone::{Colour, Frame, PADDING},
    volume::{
        Plane, Project, Sampling, Slab, Standard, Volume, codes,
        gpu::Uploaded,
        labels_in,
        raycast::{self, Camera, Cast, Labels},
        reformat,
    },
};

/// Most pixels of a plane; beyond that its pixels are larger.
const MOST_PIXELS: f64 = 1_048_576.0;
/// Most pixels along the volume's longest side.
const MOST_SIDE: f64 = 4096.0;
/// A picture that takes a device longer than this is the CPU's from then on, ms.
const SLOW_MS: f64 = 250.0;

/// A plane on a canvas.
#[derive(Clone)]
pub(super) struct PlaneReady {
    pub(super) wish: PlaneWish,
    /// What was done to its values, by names.
    steps: Vec<String>,
    plane: Plane,
    frame: Rc<Frame>,
    /// What the filters made of them.
    gives: State,
    values: Rc<Frame>,
    labels: Option<Rc<Vec<u8>>>,
    /// The colours of the label map that `labels` are of: another map has others, were they the same.
    labels_of: Option<Rc<Vec<[u8; 3]>>>,
}

impl PlaneReady {
    /// Modality values, before any filter.
    pub(super) fn values(&self) -> Rc<Frame> {
        self.values.clone()
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (usize, usize) {
        self.frame.size()
    }
}

/// A picture of the volume on a canvas, as far as it is computed.
pub(super) struct CastReady {
    pub(super) set: u32,
    pub(super) rgba: Vec<u8>,
    pub(super) size: (u32, u32),
}

impl Session {
    /// The middle image of a volume, for what is written around it.
    fn middle(&self, set: u32) -> Result<(u32, usize)> {
        let frames = self.frame_set(set)?.frames.len() as u32;
        let (instance, _) = self.place(set, frames / 2)?;
        Ok((frames / 2, instance))
    }

    async fn plane_ready(
        &mut self,
        viewport: u32,
        set: u32,
        wish: &PlaneWish,
        look: &Look,
    ) -> Result<PlaneReady> {
        let steps = toned::steps(look);
        let ready = self
            .plane_of(viewport)
            .filter(|ready| ready.wish == *wish && ready.steps == steps);
        let There {
            volume, grading, ..
        } = self.volumes.of(set)?;
        if let Some(mut ready) = ready {
            let laid = self.overlays.labels_of(set).map(|(.., colours)| colours);
            let same = match (&laid, &ready.labels_of) {
                (Some(now), Some(then)) => Rc::ptr_eq(now, then),
                (now, then) => now.is_none() && then.is_none(),
            };
            if !same {
                (ready.labels, ready.labels_of) = self.labels_in(set, &volume, &ready.plane);
                self.keep_plane(viewport, ready.clone());
            }
            return Ok(ready);
        }
        let grid = &volume.grid;
        let seen =
            Standard::by_name(&wish.base).map_or([wish.row, wish.column], Standard::directions);
        let slab = Project::by_name(&wish.slab).map(|how| Slab {
            how,
            thickness_mm: wish.thickness_mm,
        });
        let finest = grid.finest();
        let through = |spacing| {
            Plane::through(
                grid,
                wish.place_mm,
                [wish.row, wish.column],
                seen,
                spacing,
                &self.limits,
            )
        };
        // Slices that nearly touch would make more pixels than a plane may have.
        let sides = grid.ends().map(|(low, high)| high - low);
        let [across, down] = [0, 1].map(|n| sides[n] * norm(grid.steps[n]));
        let longest = across.max(down).max(sides[2] * norm(grid.rise));
        let finest = finest.max(longest / MOST_SIDE);
        let mut plane = through(finest)?;
        let pixels = plane.columns as f64 * plane.rows as f64;
        let coarse = wish.coarse && slab.is_some_and(|slab| slab.thickness_mm > 4.0 * finest);
        if pixels > MOST_PIXELS || coarse {
            let larger = (pixels / MOST_PIXELS)
                .sqrt()
                .max(if coarse { 2.0 } else { 1.0 });
            plane = through(finest * larger)?;
        }
        // A plane alone is the CPU's in a few ms; a thick slab is many planes.
        let device = slab.and_then(|_| self.uploaded(viewport, &volume));
        let fast = match device {
            Some(device) => device
                .reformat(&volume, &plane, slab, &self.limits)
                .await
                .ok(),
            None => None,
        };
        let grey = match fast {
            Some(grey) => grey,
            None => reformat(
                &volume,
                &plane,
                Sampling::Linear,
                slab,
                &self.limits,
                &Silent,
            )?,
        };
        let values = Rc::new(Frame::Grey(grey));
        let (frame, gives) = self.filtered(viewport, &values, look, &grading).await?;
        let (labels, labels_of) = self.labels_in(set, &volume, &plane);
        let ready = PlaneReady {
            wish: wish.clone(),
            steps,
            plane,
            frame,
            gives,
            values,
            labels,
            labels_of,
        };
        self.keep_plane(viewport, ready.clone());
        Ok(ready)
    }

    /// Labels of a plane's pixels, and the colours of their map.
    #[allow(clippy::type_complexity, reason = "two fields of a plane")]
    fn labels_in(
        &self,
        set: u32,
        volume: &Volume,
        plane: &Plane,
    ) -> (Option<Rc<Vec<u8>>>, Option<Rc<Vec<[u8; 3]>>>) {
        let Some((frames, columns, colours)) = self.overlays.labels_of(set) else {
            return (None, None);
        };
        let labels = labels_in(volume, plane, |[i, j, k]| {
            let label = frames.get(k).and_then(|labels| labels.get(j * columns + i));
            label.copied().unwrap_or(0)
        });
        (Some(Rc::new(labels)), Some(colours))
    }

    /// The scene of a plane, and the grading by which it is shown.
    pub(super) async fn plane_scene(
        &mut self,
        viewport: u32,
        set: u32,
        wish: &PlaneWish,
        look: &Look,
        canvas: (u32, u32),
    ) -> Result<(Scene, PlaneReady, Toned)> {
        let ready = self.plane_ready(viewport, set, wish, look).await?;
        let There {
            grading, middle, ..
        } = self.volumes.of(set)?;
        let mut view = View::fit(ready.frame.size(), canvas, 1.0, look.quarter_turns);
        view.zoom *= look.zoom.clamp(0.01, 1000.0);
        view.pan = look.pan;
        view.quarter_turns = look.quarter_turns % 4;
        view.flip = look.flip;
        // A window that is made from values is made from an image's: it stays while the plane moves.
        let seen: [&Frame; 2] = if look.filters.is_empty() {
            [&middle, &middle]
        } else {
            [&ready.values, &ready.frame]
        };
        let toned = Toned::of(look, &grading, seen, ready.gives);
        let mut scene = Scene {
            view,
            voi: toned.shown.clone(),
            presentation_lut: grading.presentation_lut.clone().filter(|_| toned.plain),
            invert: (toned.plain && grading.invert) != look.invert,
            colours: toned::colours(look),
            frame: ready.frame.clone(),
            fixed: None,
            interpolation: toned::interpolation(look),
            labels: None,
            heatmap: None,
            marks: None,
        };
        if let (Some(labels), Some((.., colours)), true) = (
            &ready.labels,
            self.overlays.labels_of(set),
            look.overlay.visible,
        ) {
            scene.labels = Some(LabelOverlay {
                labels: labels.clone(),
                colours,
                opacity: look.overlay.opacity.clamp(0.0, 1.0),
                outline: look.overlay.outline,
            });
        }
        Ok((scene, ready, toned))
    }

    /// [`msg::Request::ShowPlane`].
    pub(super) async fn show_plane(
        &mut self,
        viewport: u32,
        set: u32,
        wish: &PlaneWish,
        look: Look,
        now_ms: f64,
    ) -> Result<Answer> {
        let Some(canvas) = self.canvas_of(viewport) else {
            return Ok(Answer::Done);
        };
        let (middle, instance_at) = self.middle(set)?;
        let (scene, ready, toned) = self.plane_scene(viewport, set, wish, &look, canvas).await?;
        let backend = self.paint(viewport, &scene, canvas)?;
        let There {
            volume, grading, ..
        } = self.volumes.of(set)?;
        let (plane, view) = (ready.plane, scene.view);
        let normal = plane.normal();
        let along: Vec<f64> = volume
            .grid
            .corners()
            .iter()
            .map(|&corner| dot(corner, normal))
            .collect();
        let low = along.iter().copied().fold(f64::INFINITY, f64::min);
        let high = along.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let step = volume.grid.step_along(normal);
        let frames = ((high - low) / step).floor().clamp(1.0, 100_000.0);
        let at = ((dot(wish.place_mm, normal) - low) / step - 0.5)
            .round()
            .clamp(0.0, frames - 1.0);
        let size = scene.frame.size();
        let (mut px, mut py) = (view.zoom / plane.spacing[1], view.zoom / plane.spacing[0]);
        if view.quarter_turns % 2 == 1 {
            std::mem::swap(&mut px, &mut py);
        }
        let instance = (self.catalogue.instances.get(instance_at))
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        let place = format!("{}/{frames}", at + 1.0);
        let facts = facts::of(instance, &place);
        let place = plane.geometry();
        let shown = msg::Shown {
            frame_set: set,
            index: at as u32,
            frames: frames as u32,
            size: [size.1 as u32, size.0 as u32],
            modality: grading.modality_term.clone(),
            facts: facts.into_iter().filter(is_of_all).collect(),
            letters: orientation::edges(plane.row, plane.column, view.flip, view.quarter_turns),
            device_pixels_per_mm: Some([px, py]),
            zoom: view.zoom,
            spacing_from: "pixel-spacing".to_owned(),
            begin: toned.begin(&ready.frame, ready.gives),
            gives: toned::named(ready.gives),
            window: toned.window(&ready.frame),
            choices: grading.choices.iter().map(|c| c.label.clone()).collect(),
            hounsfield: grading.unit.as_deref() == Some("HU"),
            unit: grading.unit.clone().unwrap_or_default(),
            grey: true,
            to_canvas: view.image_to_canvas(size, canvas),
            backend: backend.to_owned(),
            elapsed_ms: super::now_ms() - now_ms,
            remarks: volume.remarks().iter().map(said).collect(),
            plane: Some(msg::PlaneInfo {
                position_mm: place.position,
                row: place.row,
                column: place.column,
                spacing_mm: plane.spacing,
                step_mm: Some(step),
            }),
            ..msg::Shown::blank(viewport)
        };
        self.note_shown(viewport, (set, middle, look), scene.view);
        Ok(Answer::Shown(Box::new(shown)))
    }

    /// The value in a plane under a pixel of it.
    pub(super) fn probe_plane(
        &self,
        set: u32,
        ready: &PlaneReady,
        column: usize,
        row: usize,
    ) -> Result<msg::Probe> {
        let There { grading, .. } = self.volumes.of(set)?;
        let at = row * ready.plane.columns + column;
        let Frame::Grey(grey) = ready.values.as_ref() else {
            return Err(Error::new(&codes::NOT_READY));
        };
        let value = grey
            .values
            .get(at)
            .copied()
            .filter(|&value| value != PADDING);
        Ok(msg::Probe {
            column: column as u32,
            row: row as u32,
            stored: Vec::new(),
            modality: value.map(f64::from),
            unit: grading
                .unit
                .clone()
                .filter(|_| value.is_some())
                .unwrap_or_default(),
            quantities: Vec::new(),
            patient_mm: Some(ready.plane.at(column as f64, row as f64)),
            label: ready
                .labels
                .as_ref()
                .and_then(|labels| labels.get(at))
                .map(|&label| label.into()),
            heat: None,
        })
    }

    /// [`msg::Request::ShowCast`].
    pub(super) async fn show_cast(
        &mut self,
        viewport: u32,
        set: u32,
        wish: &CastWish,
        now_ms: f64,
    ) -> Result<Answer> {
        let Some(canvas) = self.canvas_of(viewport) else {
            return Ok(Answer::Done);
        };
        let There { volume, .. } = self.volumes.of(set)?;
        let device = if wish.labels && self.overlays.labels_of(set).is_some() {
            None // labels are the CPU's
        } else {
            self.uploaded(viewport, &volume)
        };
        // While moving: fewer rays, longer steps. Standing still: a ray a pixel, as many rows at once as are asked for.
        let smaller = if wish.coarse && device.is_none() {
            3
        } else {
            1
        };
        let (width, height) = ((canvas.0 / smaller).max(1), (canvas.1 / smaller).max(1));
        let pixel_mm = raycast::fitting(&volume.grid, width as usize, height as usize)
            / wish.zoom.clamp(0.05, 100.0);
        let camera = Camera {
            azimuth: wish.azimuth,
            elevation: wish.elevation,
            target: volume.grid.centre(),
            pixel_mm,
        };
        let [right, down, _] = camera.axes();
        let moved = |target: Vec3| -> Vec3 {
            let mm = raycast::fitting(&volume.grid, canvas.0 as usize, canvas.1 as usize)
                / wish.zoom.clamp(0.05, 100.0);
            std::array::from_fn(|a| {
                target[a] - (right[a] * wish.pan[0] + down[a] * wish.pan[1]) * mm
            })
        };
        let labels = wish.labels.then(|| self.labels_for(set, &volume)).flatten();
        let cast = Cast {
            camera: Camera {
                target: moved(camera.target),
                ..camera
            },
            width: width as usize,
            height: height as usize,
            preset: wish.preset.clone(),
            shift: wish.shift,
            clip: wish.clip,
            step: if smaller > 1 { 1.0 } else { 0.5 },
            labels,
        };
        let fast = match device {
            Some(device) => {
                let begun = super::now_ms();
                let done = device.cast(&volume, &cast, &self.limits).await.ok();
                // A device that is a program on the CPU: the CPU's own way is faster.
                self.volumes.no_gpu = done.is_none() || super::now_ms() - begun > SLOW_MS;
                done
            }
            None => None,
        };
        let complete = fast.is_some();
        let rows = if wish.coarse || complete {
            0..height
        } else {
            wish.rows[0].min(height)..wish.rows[1].min(height)
        };
        let part = match fast {
            Some(done) => done,
            None => raycast::rows(
                &volume,
                &cast,
                rows.start as usize..rows.end as usize,
                &self.limits,
                &Silent,
            )?,
        };
        let scene = if smaller > 1 {
            let mut scene = Scene::of_picture(Vec::new(), 0, 0);
            scene.frame = Rc::new(Frame::Colour(Colour {
                columns: width as usize,
                rows: height as usize,
                rgba: part,
            }));
            scene.view = View::fit((width as usize, height as usize), canvas, 1.0, 0);
            scene.interpolation = crate::render::Interpolation::Linear;
            self.keep_cast(
                viewport,
                set,
                crate::render::cpu::paint(&scene, canvas.0, canvas.1),
                canvas,
            );
            scene
        } else {
            let rgba = self.cast_rows(viewport, set, canvas, rows.start as usize, &part);
            Scene::of_picture(rgba, canvas.0, canvas.1)
        };
        let backend = self.paint(viewport, &scene, canvas)?;
        let (_, instance_at) = self.middle(set)?;
        let instance = (self.catalogue.instances.get(instance_at))
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        let scale = f64::from(smaller) / pixel_mm;
        let shown = msg::Shown {
            frame_set: set,
            frames: 1,
            size: [canvas.1, canvas.0],
            modality: instance
                .text(dicom_dictionary_std::tags::MODALITY)
                .unwrap_or_default(),
            facts: facts::of(instance, "")
                .into_iter()
                .filter(is_of_all)
                .collect(),
            letters: orientation::edges(right, down, false, 0),
            device_pixels_per_mm: Some([scale; 2]),
            zoom: wish.zoom,
            spacing_from: "pixel-spacing".to_owned(),
            backend: backend.to_owned(),
            elapsed_ms: super::now_ms() - now_ms,
            complete,
            ..msg::Shown::blank(viewport)
        };
        Ok(Answer::Shown(Box::new(shown)))
    }

    /// The volume on the device that paints a viewport, where that is of use.
    fn uploaded(&mut self, viewport: u32, volume: &Volume) -> Option<Rc<Uploaded>> {
        let Volumes {
            no_gpu, software, ..
        } = self.volumes;
        let gpu = self.gpu_of(viewport).filter(|_| !no_gpu && !software)?;
        let known = self.volumes.uploaded.take().filter(|known| !known.lost());
        let there = known.or_else(|| Uploaded::new(gpu, volume).ok().map(Rc::new));
        self.volumes.no_gpu = there.is_none();
        self.volumes.uploaded.clone_from(&there);
        there
    }

    /// [`msg::Request::CastPicture`]: a PNG goes to `bytes`.
    pub(super) fn cast_picture(
        &mut self,
        set: u32,
        preset: &str,
        size: u32,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let There { volume, .. } = self.volumes.of(set)?;
        let size = size.clamp(16, 512);
        let cast = Cast {
            camera: Camera {
                azimuth: 20.0,
                elevation: 10.0,
                target: volume.grid.centre(),
                pixel_mm: raycast::fitting(&volume.grid, size as usize, size as usize) / 1.35,
            },
            width: size as usize,
            height: size as usize,
            preset: preset.to_owned(),
            shift: 0.0,
            clip: [[0.0, 1.0]; 3],
            step: 1.0,
            labels: None,
        };
        let rgba = raycast::picture(&volume, &cast, &self.limits, &Silent)?;
        *bytes =
            crate::export::picture::encode(&rgba, size, size, crate::export::picture::Format::Png)?;
        Ok(Answer::Picture {
            width: size,
            height: size,
        })
    }

    /// The label map that lies over a frame set, for its volume; made once.
    fn labels_for(&mut self, set: u32, volume: &Volume) -> Option<Labels> {
        let (frames, columns, colours) = self.overlays.labels_of(set)?;
        let known = self
            .volumes
            .labels
            .take()
            .filter(|known| known.is_of(frames));
        let rows = frames
            .first()
            .map_or(0, |frame| frame.len() / columns.max(1));
        let labels = known
            .unwrap_or_else(|| Labels::of(volume, [columns, rows], frames.to_vec(), colours, 0.7));
        self.volumes.labels = Some(labels.clone());
        Some(labels)
    }

    /// Where a plane of a stack lies, for lines of reference.
    pub(super) fn plane_info(&self, set: u32, index: u32) -> Option<msg::PlaneInfo> {
        let info = self.frame_set(set).ok()?;
        let (plane, spacing_mm) = info.placed(index as usize)?;
        Some(msg::PlaneInfo {
            position_mm: plane.position,
            row: plane.row,
            column: plane.column,
            spacing_mm,
            step_mm: info.step_mm,
        })
    }
}

/// What is said of one image is not said of a plane through many.
fn is_of_all(fact: &msg::Fact) -> bool {
    !["image", "thickness", "tilt"].contains(&fact.key.as_str())
}
