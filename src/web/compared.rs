//! The study worker's side of a comparison: a frame of another stack on the one that a viewport shows, or the difference of both.

use std::rc::Rc;

use super::{
    assembling::There,
    facts, file,
    messages::{self as msg, Answer, ComparedWish, Laid, Look},
    toned::{self, Toned},
    viewer::Session,
};
use crate::{
    base::{Error, Result, Silent},
    export::picture,
    filter::{Shown, State},
    render::{Scene, View, cpu},
    study::geometry::{Vec3, add, cross, dot, norm, scale, sub},
    tone::{
        Frame, PADDING, colourmap,
        grading::Grading,
        voi::{Function, Voi},
    },
    vision::laid,
    volume::{Plane, Sampling, codes, reformat},
};

/// The share of the window's width that differences have to reach to be painted with the strongest colours, where they are small.
const FLOOR: f32 = 1.0 / 16.0;

/// A difference on a canvas: whose it is, its values, view, the canvas and the unit.
type Left = (u32, Rc<Frame>, View, (u32, u32), String);

/// The other frame on the grid of the shown one.
#[derive(Debug, Clone)]
pub(super) struct LaidReady {
    /// Of what it was made.
    of: (ComparedWish, u32, u32, Vec<String>),
    values: Rc<Frame>,
    frame: Rc<Frame>,
    gives: State,
    fixed: Option<Rc<Vec<[u8; 4]>>>,
    grading: Rc<Grading>,
    /// Its window is made from this.
    seen: [Rc<Frame>; 2],
    /// The difference that is on the canvas: what is under the pointer.
    left: Option<Left>,
}

impl Session {
    /// [`msg::Request::ShowCompared`].
    pub(super) async fn show_compared(
        &mut self,
        viewport: u32,
        wish: &ComparedWish,
        look: Look,
        now_ms: f64,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let home = self.viewports.get(&wish.home);
        let shown = home.filter(|home| home.plane.is_none() && home.cast.is_none());
        let Some((set, index, home_look)) = shown.and_then(|home| home.shown.clone()) else {
            return Ok(Answer::Done);
        };
        let Some(canvas) = self.canvas_of(wish.home) else {
            return Ok(Answer::Done);
        };
        let (mine, applied, my_toned, my_gives) = self
            .scene(wish.home, set, index, &home_look, canvas)
            .await?;
        let ready = self
            .laid_ready(viewport, wish, (set, index), mine.frame.size(), &look)
            .await?;
        let toned = Toned::of(
            &look,
            &ready.grading,
            [&ready.seen[0], &ready.seen[1]],
            ready.gives,
        );
        let own = Scene {
            frame: ready.frame.clone(),
            view: mine.view,
            voi: toned.shown.clone(),
            presentation_lut: (ready.grading.presentation_lut.clone()).filter(|_| toned.plain),
            invert: (toned.plain && ready.grading.invert) != look.invert,
            colours: toned::colours(&look),
            fixed: ready.fixed.clone().filter(|_| toned.plain),
            interpolation: mine.interpolation,
            labels: None,
            heatmap: None,
            marks: None,
        };
        let mut told = Told {
            window: toned.window(&ready.frame),
            begin: toned.begin(&ready.frame, ready.gives),
            gives: toned::named(ready.gives),
            unit: ready.grading.unit.clone().unwrap_or_default(),
        };
        let mut ready = ready;
        let scene = if wish.difference {
            let values = |scene: &Scene, gives: State, plain: &Rc<Frame>| match gives {
                State::Other => plain.clone(), // a gradient is no value of either
                _ => scene.frame.clone(),
            };
            let plain = self
                .seen(wish.home)
                .map_or_else(|| mine.frame.clone(), |seen| seen.values);
            let (first, second) = (
                values(&mine, my_gives, &plain),
                values(&own, ready.gives, &ready.values),
            );
            // Levels that a filter gave have no unit any more.
            let unit = |gives: State, grading: &Grading| {
                grading.unit.clone().filter(|_| gives == State::Values)
            };
            let units = [
                unit(my_gives, &applied.grading),
                unit(ready.gives, &ready.grading),
            ];
            let left = laid::difference(
                &laid::Side {
                    frame: &first,
                    shown: shown_of(&mine),
                    unit: units[0].as_deref(),
                },
                &laid::Side {
                    frame: &second,
                    shown: shown_of(&own),
                    unit: units[1].as_deref(),
                },
            );
            let wide = match (&left.unit, &my_toned.told) {
                (Some(_), &Voi::Window { width, .. }) => width,
                _ => 256.0,
            };
            let reach = if wish.reach > 0.0 {
                wish.reach as f32
            } else {
                laid::reach(&left.grey).max(wide * FLOOR)
            };
            let reach = reach.clamp(1e-6, 1e9);
            told = Told {
                window: Some(msg::Window {
                    center: 0.0,
                    width: 2.0 * reach,
                }),
                begin: None,
                gives: if left.unit.is_some() {
                    "values"
                } else {
                    "levels"
                }
                .to_owned(),
                unit: left.unit.unwrap_or_default(),
            };
            let frame = Rc::new(Frame::Grey(left.grey));
            ready.left = Some((
                viewport,
                frame.clone(),
                mine.view,
                canvas,
                told.unit.clone(),
            ));
            Scene {
                frame,
                voi: Voi::Window {
                    center: 0.0,
                    width: 2.0 * reach,
                    function: Function::LinearExact,
                },
                presentation_lut: None,
                invert: false,
                colours: colourmap::by_name(colourmap::DIFFERENCE)
                    .map(|map| Rc::new(map.table().to_vec())),
                fixed: None,
                ..own
            }
        } else {
            ready.left = None;
            own
        };
        let grey = matches!(ready.frame.as_ref(), Frame::Grey(_));
        let hounsfield = ready.grading.unit.as_deref() == Some("HU");
        self.volumes.laid = Some(ready);
        let backend = if wish.picture {
            let rgba = cpu::paint(&scene, canvas.0, canvas.1);
            *bytes = picture::encode(&rgba, canvas.0, canvas.1, picture::Format::Png)?;
            "cpu"
        } else {
            self.paint(viewport, &scene, canvas)?
        };
        let size = scene.frame.size();
        let Told {
            window,
            begin,
            gives,
            unit,
        } = told;
        let others = self.frame_set(wish.other)?;
        let at = match wish.laid {
            Laid::Frame { index, .. } => index,
            Laid::Volume { .. } => 0,
        };
        let frames = others.frames.len() as u32;
        let (instance, _) = self.place(wish.other, at)?;
        let instance = (self.catalogue.instances.get(instance))
            .ok_or_else(|| Error::new(&file::codes::NOT_OPEN))?;
        Ok(Answer::Shown(Box::new(msg::Shown {
            frame_set: wish.other,
            index: at,
            frames,
            size: [size.1 as u32, size.0 as u32],
            facts: facts::of(instance, ""),
            zoom: scene.view.zoom,
            window,
            begin,
            gives,
            hounsfield,
            unit,
            grey,
            to_canvas: scene.view.image_to_canvas(size, canvas),
            backend: backend.to_owned(),
            elapsed_ms: super::now_ms() - now_ms,
            ..msg::Shown::blank(viewport)
        })))
    }

    /// The other frame on the grid of the shown one, of which it is kept what was made last.
    async fn laid_ready(
        &mut self,
        viewport: u32,
        wish: &ComparedWish,
        (set, index): (u32, u32),
        size: (usize, usize),
        look: &Look,
    ) -> Result<LaidReady> {
        let steps = toned::steps(look);
        // What is painted with it makes no other frame of it.
        let same = ComparedWish {
            difference: false,
            picture: false,
            reach: 0.0,
            ..wish.clone()
        };
        let of = (same, set, index, steps);
        if let Some(ready) = self.volumes.laid.as_ref().filter(|ready| ready.of == of) {
            return Ok(ready.clone());
        }
        let grid = [size.0, size.1];
        match &wish.laid {
            Laid::Frame { index, matrix } => {
                if !matrix.iter().flatten().all(|x| x.is_finite()) {
                    return Err(Error::new(&codes::BAD_PLANE).found("a matrix of no numbers"));
                }
                let (theirs, applied, _, gives) = self
                    .scene(viewport, wish.other, *index, look, (64, 64))
                    .await?;
                let frame = Rc::new(laid::laid(&theirs.frame, grid, matrix));
                let own = theirs.frame.size();
                let fixed = theirs
                    .fixed
                    .as_ref()
                    .map(|fixed| Rc::new(laid::laid_colours(fixed, own, grid, matrix)));
                Ok(LaidReady {
                    of,
                    values: frame.clone(),
                    frame,
                    gives,
                    fixed,
                    grading: applied.grading.clone(),
                    seen: [theirs.frame.clone(), theirs.frame],
                    left: None,
                })
            }
            Laid::Volume { matrix } => {
                let There {
                    volume,
                    grading,
                    middle,
                    ..
                } = self.volumes.of(wish.other)?;
                let info = (self.plane_info(set, index)).ok_or_else(|| {
                    Error::new(&codes::BAD_PLANE).found("an image without a place")
                })?;
                let plane = moved(&info, size, matrix)?;
                let grey = reformat(
                    &volume,
                    &plane,
                    Sampling::Linear,
                    None,
                    &self.limits,
                    &Silent,
                )?;
                let values = Rc::new(Frame::Grey(grey));
                let (frame, gives) = self.filtered(viewport, &values, look, &grading).await?;
                let seen = if look.filters.is_empty() {
                    [middle.clone(), middle]
                } else {
                    [values.clone(), frame.clone()]
                };
                Ok(LaidReady {
                    of,
                    values,
                    frame,
                    gives,
                    fixed: None,
                    grading,
                    seen,
                    left: None,
                })
            }
        }
    }

    /// The difference under a point of a canvas; `None` where that shows none.
    pub(super) fn probe_compared(&self, viewport: u32, x: f64, y: f64) -> Option<msg::Probe> {
        let left = self.volumes.laid.as_ref()?.left.as_ref();
        let (_, frame, view, canvas, unit) = left.filter(|left| left.0 == viewport)?;
        let Frame::Grey(grey) = frame.as_ref() else {
            return None;
        };
        let m = view.canvas_to_image(frame.size(), *canvas);
        let (column, row) = (
            (m[0] * x + m[1] * y + m[2]).round(),
            (m[3] * x + m[4] * y + m[5]).round(),
        );
        let inside =
            column >= 0.0 && row >= 0.0 && column < grey.columns as f64 && row < grey.rows as f64;
        let at = inside.then_some(row as usize * grey.columns + column as usize)?;
        let value = grey.values.get(at).copied().filter(|&v| v != PADDING)?;
        Some(msg::Probe {
            column: column as u32,
            row: row as u32,
            stored: Vec::new(),
            modality: Some(f64::from(value)),
            unit: unit.clone(),
            quantities: Vec::new(),
            patient_mm: None,
            label: None,
            heat: None,
        })
    }
}

/// What is told of the picture.
struct Told {
    window: Option<msg::Window>,
    begin: Option<msg::Window>,
    gives: String,
    unit: String,
}

/// What makes levels of a scene's values, the user's inversion left out.
fn shown_of(scene: &Scene) -> Shown {
    Shown {
        voi: scene.voi.clone(),
        presentation_lut: scene.presentation_lut.clone(),
        invert: scene.invert,
    }
}

/// The plane of an image after a rigid motion.
fn moved(
    info: &msg::PlaneInfo,
    (columns, rows): (usize, usize),
    matrix: &[[f64; 4]; 4],
) -> Result<Plane> {
    let turn = |v: Vec3, w: f64| -> Vec3 {
        std::array::from_fn(|a| {
            let [x, y, z, t] = matrix.get(a).copied().unwrap_or_default();
            x * v[0] + y * v[1] + z * v[2] + t * w
        })
    };
    let middle = |n: usize, mm: f64| (n as f64 - 1.0) / 2.0 * mm;
    let centre = add(
        info.position_mm,
        add(
            scale(info.row, middle(columns, info.spacing_mm[1])),
            scale(info.column, middle(rows, info.spacing_mm[0])),
        ),
    );
    let row = turn(info.row, 0.0);
    let row = scale(row, 1.0 / norm(row).max(1e-9));
    let column = turn(info.column, 0.0);
    // Directions as files write them are right-angled to a few digits only.
    let column = sub(column, scale(row, dot(row, column)));
    let column = scale(column, 1.0 / norm(column).max(1e-9));
    let plane = Plane {
        centre: turn(centre, 1.0),
        row,
        column,
        spacing: info.spacing_mm,
        columns,
        rows,
    };
    // A motion that mirrors is none.
    let normal = turn(cross(info.row, info.column), 0.0);
    if dot(cross(row, column), normal) > 0.9 {
        Ok(plane)
    } else {
        Err(Error::new(&codes::BAD_PLANE).found("a matrix that is no rigid motion"))
    }
}
