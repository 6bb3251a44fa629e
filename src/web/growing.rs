//! The study worker's side of a region that grows through slices: a piece for each question, so that it can be looked at and given up.

use std::rc::{Rc, Weak};

use super::{
    assembling::There,
    messages::{Answer, GrowWish, GrownFile, GrownInfo},
    results::stamp_of,
    viewer::Session,
};
use crate::{
    base::{Error, Result},
    export::{
        codes as export_codes,
        region::{self, COLOUR, Region},
    },
    volume::{
        Volume, codes,
        growth::{Growth, Rule},
    },
};

/// How long a piece may take, ms: what else is asked is answered between two.
const PIECE_MS: f64 = 60.0;
/// Voxels between two looks at the clock.
const VOXELS: u64 = 20_000;

/// A region on its way.
#[derive(Debug)]
pub(super) struct Growing {
    set: u32,
    volume: Rc<Volume>,
    growth: Growth,
    wish: GrowWish,
}

/// A region that has grown. Its labels are those that lie over the images, and are held there alone: when something else is laid there, they are
/// gone. Its volume need not stay.
#[derive(Debug)]
pub(super) struct Kept {
    set: u32,
    /// Those of the first image, by which they are known again.
    first: Weak<Vec<u8>>,
    region: Region,
}

impl Session {
    /// [`super::messages::Request::Grow`].
    pub(super) fn grow(&mut self, wish: &GrowWish, bytes: &mut Vec<u8>) -> Result<Answer> {
        if let Some(file) = &wish.save {
            return self.save_grown(wish.frame_set, file, bytes);
        }
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
                wish: wish.clone(),
            });
        }
        let Some(mut growing) = self.volumes.growing.take() else {
            if wish.stop {
                self.volumes.grown = None;
                return Ok(Answer::Done);
            }
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
        let unit = self.volumes.of(growing.set)?.grading.unit.clone();
        if done {
            self.lay_grown(&growing, unit.clone().unwrap_or_default())?;
        }
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
    fn lay_grown(&mut self, growing: &Growing, unit: String) -> Result<()> {
        let set = self.frame_set(growing.set)?;
        let size = (set.columns as usize, set.rows as usize);
        let none = Rc::new(vec![0; size.0 * size.1]);
        let frames: Vec<Rc<Vec<u8>>> = (0..set.frames.len())
            .map(|slice| {
                let labels = growing.growth.labels(&growing.volume, slice, size);
                labels.map_or_else(|| none.clone(), Rc::new)
            })
            .collect();
        let (grown, wish) = (growing.growth.grown(&growing.volume), &growing.wish);
        let seed = wish.seed.unwrap_or_default().map(|at| at as usize);
        self.volumes.grown = Some(Kept {
            set: growing.set,
            first: frames.first().map(Rc::downgrade).unwrap_or_default(),
            region: Region {
                rule: region::rule(
                    seed,
                    wish.tolerance,
                    &unit,
                    wish.diagonal,
                    growing.volume.reduced,
                ),
                ml: grown.ml,
                mean: grown.mean,
                sd: grown.sd,
                min: f64::from(grown.ends[0]),
                max: f64::from(grown.ends[1]),
                unit,
            },
        });
        self.overlays
            .lay_labels(growing.set, frames, size.0, vec![[0; 3], COLOUR]);
        self.volumes.labels = None; // those of the picture are of another map
        Ok(())
    }

    /// The region as a file, which goes to `bytes`.
    fn save_grown(&self, set: u32, file: &GrownFile, bytes: &mut Vec<u8>) -> Result<Answer> {
        let kept = self.volumes.grown.as_ref().filter(|kept| kept.set == set);
        let gone = || Error::new(&export_codes::NOT_IN_FINDING).expected("a region that has grown");
        let kept = kept.ok_or_else(gone)?;
        let (frames, ..) = self.overlays.labels_of(set).ok_or_else(gone)?;
        let is_it = |first: &Rc<Vec<u8>>| Rc::as_ptr(first) == kept.first.as_ptr();
        if !frames.first().is_some_and(is_it) {
            return Err(gone());
        }
        let planes: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
        let beside: Vec<&str> = file.beside.iter().map(String::as_str).collect();
        let whole = region::Grown {
            catalogue: &self.catalogue,
            set: self.frame_set(set)?,
            planes: &planes,
            region: &kept.region,
            stamp: &stamp_of(&file.stamp),
            limits: &self.limits,
        };
        *bytes = whole.write(&file.what, &beside)?;
        Ok(Answer::Saved {
            end: format!("region.{}.dcm", file.what),
            parts: 1,
        })
    }
}
