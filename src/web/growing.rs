//! The study worker's side of a region that grows through slices: a piece for each question, so that it can be looked at and given up.

use std::rc::Rc;

use super::{
    assembling::There,
    messages::{Answer, GrowWish, GrownInfo},
    viewer::Session,
};
use crate::{
    base::{Error, Result},
    volume::{
        Volume, codes,
        growth::{Growth, Rule},
    },
};

/// How long a piece may take, ms: what else is asked is answered between two.
const PIECE_MS: f64 = 60.0;
/// Voxels between two looks at the clock.
const VOXELS: u64 = 20_000;
/// The colour of a region over its images.
const COLOUR: [u8; 3] = [255, 176, 66];

/// A region on its way.
#[derive(Debug)]
pub(super) struct Growing {
    set: u32,
    volume: Rc<Volume>,
    growth: Growth,
}

impl Session {
    /// [`super::messages::Request::Grow`].
    pub(super) fn grow(&mut self, wish: &GrowWish) -> Result<Answer> {
        if let Some([column, row, slice]) = wish.seed {
            let There { volume, .. } = self.volumes.of(wish.frame_set)?;
            let by = volume.reduced.max(1);
            let rule = Rule {
                seed: [column as usize / by, row as usize / by, slice as usize],
                tolerance: wish.tolerance,
                diagonal: wish.diagonal,
            };
            let growth = Growth::new(&volume, rule, &self.limits)?;
            self.volumes.growing = Some(Growing {
                set: wish.frame_set,
                volume,
                growth,
            });
        }
        let Some(mut growing) = self.volumes.growing.take() else {
            return Err(Error::new(&codes::NOT_READY));
        };
        if wish.stop || growing.set != wish.frame_set {
            return Ok(Answer::Done);
        }
        let begun = super::now_ms();
        let mut done = false;
        while !done && super::now_ms() - begun < PIECE_MS {
            done = growing.growth.run(&growing.volume, VOXELS)?;
        }
        let grown = growing.growth.grown(&growing.volume);
        if done {
            self.lay_grown(&growing)?;
        }
        let unit = self.volumes.of(growing.set)?.grading.unit.clone();
        let reduced = growing.volume.reduced as u32;
        if !done {
            self.volumes.growing = Some(growing);
        }
        Ok(Answer::Grown(GrownInfo {
            done,
            voxels: grown.voxels as f64,
            ml: grown.ml,
            slices: grown.slices.map(|k| k as u32),
            mean: grown.mean,
            sd: grown.sd,
            ends: grown.ends,
            unit: unit.unwrap_or_default(),
            reduced,
        }))
    }

    /// Lays the region over its frame set.
    fn lay_grown(&mut self, growing: &Growing) -> Result<()> {
        let set = self.frame_set(growing.set)?;
        let size = (set.columns as usize, set.rows as usize);
        let none = Rc::new(vec![0; size.0 * size.1]);
        let frames = (0..set.frames.len())
            .map(|slice| {
                let labels = growing.growth.labels(&growing.volume, slice, size);
                labels.map_or_else(|| none.clone(), Rc::new)
            })
            .collect();
        self.overlays
            .lay_labels(growing.set, frames, size.0, vec![[0; 3], COLOUR]);
        self.volumes.labels = None; // those of the picture are of another map
        Ok(())
    }
}
