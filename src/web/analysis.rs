//! The study worker's side of an analysis: what a model takes, and what is laid over a frame set.

use std::{collections::BTreeMap, rc::Rc};

use wasm_bindgen::prelude::*;

use super::{
    file,
    messages::{self as msg, Answer, OverlayLook},
    viewer::Session,
};
use crate::{
    base::{Error, Result, Silent},
    model::{codes, finding::HeatmapInfo, input},
    render::{Heatmap, LabelOverlay, Scene},
    tone::colourmap,
};

/// What lies over frame sets, by key; and bytes that came before the request that they belong to.
#[derive(Debug, Default)]
pub(super) struct Overlays {
    laid: BTreeMap<u32, Laid>,
    pub(super) bytes: Vec<u8>,
}

/// Labels of each frame, columns of a frame, colours.
type LabelMapOf<'a> = (&'a [Rc<Vec<u8>>], usize, Rc<Vec<[u8; 3]>>);

#[derive(Debug)]
enum Laid {
    Labels {
        /// Labels of each frame that has any.
        frames: Vec<Rc<Vec<u8>>>,
        /// 0-based place of the first of them.
        first: usize,
        /// Columns of each frame.
        columns: usize,
        /// All frames of the set have labels.
        whole: bool,
        colours: Rc<Vec<[u8; 3]>>,
    },
    Heatmap {
        index: u32,
        map: Box<HeatmapInfo>,
        cells: Rc<Vec<f32>>,
    },
}

impl Overlays {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts what lies over frame `index` of a set into its scene.
    pub(super) fn lay(&self, set: u32, index: u32, look: &OverlayLook, scene: &mut Scene) {
        if !look.visible {
            return;
        }
        let opacity = look.opacity.clamp(0.0, 1.0);
        match self.laid.get(&set) {
            Some(Laid::Labels {
                frames,
                first,
                colours,
                ..
            }) => {
                let frame = (index as usize).checked_sub(*first);
                scene.labels = frame
                    .and_then(|at| frames.get(at))
                    .map(|labels| LabelOverlay {
                        labels: labels.clone(),
                        colours: colours.clone(),
                        opacity,
                        outline: look.outline,
                    });
            }
            Some(Laid::Heatmap {
                index: at,
                map,
                cells,
            }) if *at == index => {
                let colours =
                    colourmap::by_name(&look.colour_map).or_else(|| colourmap::by_name("viridis"));
                scene.heatmap = colours.map(|colours| Heatmap {
                    columns: map.cells[0] as usize,
                    rows: map.cells[1] as usize,
                    values: cells.clone(),
                    extent: map.extent,
                    range: map.range,
                    threshold: look.threshold,
                    opacity,
                    colours: Rc::new(colours.table().to_vec()),
                    smooth: look.smooth,
                });
            }
            _ => {}
        }
    }

    /// Lays labels of all frames over a set.
    pub(super) fn lay_labels(
        &mut self,
        set: u32,
        frames: Vec<Rc<Vec<u8>>>,
        columns: usize,
        colours: Vec<[u8; 3]>,
    ) {
        let labels = Laid::Labels {
            frames,
            first: 0,
            columns,
            whole: true,
            colours: Rc::new(colours),
        };
        self.laid.insert(set, labels);
    }

    /// The labels of a whole frame set: of each frame, its columns, and the colours.
    pub(super) fn labels_of(&self, set: u32) -> Option<LabelMapOf<'_>> {
        match self.laid.get(&set)? {
            Laid::Labels {
                frames,
                first: 0,
                columns,
                whole: true,
                colours,
            } => Some((frames, *columns, colours.clone())),
            _ => None,
        }
    }

    /// Label and heat at a pixel of frame `index`, whether they are shown or not.
    pub(super) fn at(
        &self,
        set: u32,
        index: u32,
        column: usize,
        row: usize,
        columns: usize,
    ) -> (Option<u32>, Option<f32>) {
        match self.laid.get(&set) {
            Some(Laid::Labels { frames, first, .. }) => {
                let frame = (index as usize).checked_sub(*first);
                let labels = frame.and_then(|at| frames.get(at));
                (
                    labels
                        .and_then(|l| l.get(row * columns + column))
                        .map(|&l| u32::from(l)),
                    None,
                )
            }
            Some(Laid::Heatmap {
                index: at,
                map,
                cells,
            }) if *at == index => (None, heat(map, cells, column, row)),
            _ => (None, None),
        }
    }
}

/// The value of the cell that holds a pixel's centre.
fn heat(map: &HeatmapInfo, cells: &[f32], column: usize, row: usize) -> Option<f32> {
    let [left, top, right, bottom] = map.extent;
    let x = ((column as f32 - left) / (right - left) * map.cells[0] as f32).floor();
    let y = ((row as f32 - top) / (bottom - top) * map.cells[1] as f32).floor();
    let inside = x >= 0.0 && y >= 0.0 && x < map.cells[0] as f32 && y < map.cells[1] as f32;
    inside
        .then(|| {
            cells
                .get(y as usize * map.cells[0] as usize + x as usize)
                .copied()
        })
        .flatten()
}

#[wasm_bindgen]
impl Session {
    /// Bytes that belong to the next request: labels or cells of an overlay.
    #[wasm_bindgen(js_name = putBytes)]
    pub fn put_bytes(&mut self, bytes: Vec<u8>) {
        self.overlays.bytes = bytes;
    }
}

impl Session {
    /// [`msg::Request::ModelInput`]: the values go to `bytes`.
    pub(super) fn model_input(
        &self,
        key: u32,
        index: u32,
        [volume, modality]: [bool; 2],
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let set = self.frame_set(key)?;
        let facts = input::facts(&self.catalogue, set, index as usize)?;
        let answer = if volume {
            let (grid, values, unsigned_bytes) =
                input::volume::<[u8; 4]>(&self.catalogue, set, &self.limits, &Silent)?;
            *bytes = values.into_flattened();
            msg::ModelInput {
                facts,
                dims: grid.dims.map(|n| n as u32),
                origin_mm: grid.origin,
                steps_mm: grid.steps,
                unsigned_bytes,
            }
        } else {
            let take = if modality {
                input::modality
            } else {
                input::display
            };
            let grey = take(&self.catalogue, set, index as usize, &self.limits)?;
            *bytes = grey.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            msg::ModelInput {
                facts,
                dims: [grey.columns as u32, grey.rows as u32, 1],
                origin_mm: [0.0; 3],
                steps_mm: [[0.0; 3]; 3],
                unsigned_bytes: false,
            }
        };
        Ok(Answer::ModelInput(Box::new(answer)))
    }

    /// [`msg::Request::Overlay`]: the bytes came by [`Session::put_bytes`].
    pub(super) fn overlay(&mut self, key: u32, overlay: Option<msg::Overlay>) -> Result<Answer> {
        let bytes = std::mem::take(&mut self.overlays.bytes);
        let set = self.frame_set(key)?;
        let (plane, frames) = (set.rows as usize * set.columns as usize, set.frames.len());
        let wrong = |expected: usize| {
            Err(Error::new(&codes::INPUT)
                .at("overlay")
                .expected(format!("{expected} bytes"))
                .found(bytes.len()))
        };
        let laid = match overlay {
            None => {
                self.overlays.laid.remove(&key);
                return Ok(Answer::Done);
            }
            Some(msg::Overlay::Labels { index, map }) => {
                let labelled = index.map_or(frames, |_| 1);
                if plane == 0 || bytes.len() != plane * labelled {
                    return wrong(plane * labelled);
                }
                let first = index.unwrap_or(0) as usize;
                if first >= frames {
                    return Err(Error::new(&file::codes::NOT_OPEN));
                }
                Laid::Labels {
                    first,
                    frames: bytes
                        .chunks_exact(plane)
                        .map(|frame| Rc::new(frame.to_vec()))
                        .collect(),
                    columns: set.columns as usize,
                    whole: labelled == frames,
                    colours: Rc::new(map.colours),
                }
            }
            Some(msg::Overlay::Heatmap { index, map }) => {
                let cells = map.cells[0] as usize * map.cells[1] as usize;
                if index as usize >= frames {
                    return Err(Error::new(&file::codes::NOT_OPEN));
                }
                if cells == 0 || bytes.len() != cells * 4 {
                    return wrong(cells * 4);
                }
                let cells = bytes
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|b| f32::from_le_bytes(*b))
                    .collect();
                Laid::Heatmap {
                    index,
                    map: Box::new(map),
                    cells: Rc::new(cells),
                }
            }
        };
        self.overlays.laid.insert(key, laid);
        Ok(Answer::Done)
    }
}
