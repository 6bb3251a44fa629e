//! A frame on its way into a scene: what a presentation state makes of it, what is subtracted from it, which values come out.

use std::rc::Rc;

use super::{
    frames::Key,
    messages::{Fact, Look},
    prefetch::{Loaded, State},
    viewer::Session,
};
use crate::{
    base::{Code, Error, Repair, Result},
    codec,
    tone::{Frame, Grey, grading::Grading, shutter::Shutter, subtraction::Subtraction},
};

/// A mask frame is damaged, missing, or of another kind than the frame that it is subtracted from.
pub(super) const NO_MASK: Code = Code {
    id: "PIX-330",
    cause: "The mask of a subtraction can't be used",
    hint: "The image is shown as it is stored, without the subtraction",
};

/// What applies to a frame under a look.
pub(super) struct Applied {
    /// The state that the look names, where it is about this frame. It alone says what applies then (PS3.4 N.2).
    pub(super) state: Option<Rc<State>>,
    pub(super) grading: Rc<Grading>,
    pub(super) subtraction: Option<Rc<Subtraction>>,
    /// Image or state describe a subtraction, done or not.
    pub(super) subtractable: bool,
    /// Why a subtraction that is asked for is not done.
    pub(super) unsubtracted: Option<Repair>,
    /// Overlay planes.
    pub(super) marks: Option<Rc<Vec<u8>>>,
    /// Planes of the image that are to be drawn, and cannot be.
    pub(super) left_out: Rc<Vec<Repair>>,
    pub(super) shutter: Option<Rc<Shutter>>,
}

/// Graded values, and the colours that no window changes.
pub(super) type Graded = (Frame, Option<Vec<[u8; 4]>>);

impl Loaded {
    pub(super) fn applied(&self, look: &Look) -> Applied {
        let uid = look.presentation.as_deref();
        let named = |state: &&Rc<State>| Some(state.says.uid.as_str()) == uid;
        let state = self.states.iter().find(named).cloned();
        let (marks, shutter, subtraction, mut grading) = match &state {
            Some(state) => (
                state.marks.clone(),
                state.shutter.clone(),
                // Of grey images only, as the image's own.
                (state.says.subtraction.clone()).filter(|_| self.decoded.photometric.is_grey()),
                Rc::new(state.says.regrade(&self.grading)),
            ),
            None => (
                self.marks.clone(),
                self.shutter.clone(),
                self.subtraction.clone(),
                self.grading.clone(),
            ),
        };
        let subtractable = subtraction.is_some();
        let subtraction = subtraction.filter(|own| look.subtract.unwrap_or(own.recommended));
        // A state's windows are made for the difference already.
        if let (Some(own), None) = (&subtraction, &state) {
            grading = Rc::new(grading.subtracted(own.log));
        }
        let left_out = if look.graphics && state.is_none() {
            self.left_out.clone()
        } else {
            Rc::default() // under a state they are the state's own
        };
        Applied {
            state,
            grading,
            subtraction,
            subtractable,
            unsubtracted: None,
            left_out,
            marks: marks.filter(|_| look.graphics),
            shutter: shutter.filter(|_| look.graphics),
        }
    }

    /// What applies where the mask of a subtraction can't be used, and why it can't.
    pub(super) fn unsubtracted(&self, look: &Look, why: Repair) -> Applied {
        let look = Look {
            subtract: Some(false),
            ..look.clone()
        };
        Applied {
            unsubtracted: Some(why),
            ..self.applied(&look)
        }
    }
}

impl Applied {
    /// Which frames are the mask, where one is subtracted: what is shown is no plain image then.
    pub(super) fn fact(&self) -> Option<Fact> {
        const MOST: usize = 4;
        let masks = &self.subtraction.as_ref()?.masks;
        let mut names: Vec<String> = masks
            .iter()
            .take(MOST)
            .map(|n| (n + 1).to_string())
            .collect();
        names.extend((masks.len() > MOST).then(|| "…".to_owned()));
        Some(Fact {
            corner: "bottom-left".to_owned(),
            key: "mask".to_owned(),
            value: names.join(", "),
            identifies: false,
        })
    }
}

impl Session {
    /// As [`Session::grade`]; without the subtraction where its mask can't be used, which is told in what applies then.
    pub(super) fn grade_anyway(
        &mut self,
        key: Key,
        loaded: &Loaded,
        look: &Look,
        applied: Applied,
    ) -> Result<(Graded, Applied)> {
        match self.grade(key, loaded, &applied) {
            Err(error) if applied.subtraction.is_some() && !is_coming(&error) => {
                let code = error.code().id;
                let detail = error.detail();
                let why = Repair::new(&NO_MASK, format!("{code} {detail}").trim_end());
                self.limits.tolerate(std::slice::from_ref(&why))?;
                let applied = loaded.unsubtracted(look, why);
                Ok((self.grade(key, loaded, &applied)?, applied))
            }
            graded => Ok((graded?, applied)),
        }
    }

    /// Stored values of a loaded frame → modality values, subtraction and shutter done.
    pub(super) fn grade(&mut self, key: Key, loaded: &Loaded, applied: &Applied) -> Result<Graded> {
        let mut frame = match &applied.subtraction {
            Some(subtraction) => Frame::Grey(
                subtraction.apply(|frame| self.values((key.0, frame), applied.state.as_deref()))?,
            ),
            None => applied.grading.apply(&loaded.decoded)?,
        };
        let mut fixed = applied.grading.fixed(&loaded.decoded);
        if let Some(shutter) = &applied.shutter {
            shutter.close(&mut frame, &mut fixed);
        }
        Ok((frame, fixed))
    }

    /// Modality values of another frame of the run.
    fn values(&mut self, key: Key, state: Option<&State>) -> Result<Grey> {
        let loaded = self.load(key)?;
        let frame = match state {
            Some(state) => state.says.regrade(&loaded.grading).apply(&loaded.decoded)?,
            None => loaded.grading.apply(&loaded.decoded)?,
        };
        Ok(match frame {
            Frame::Grey(grey) => grey,
            // Subtraction is read for grey images only; a frame of another kind has no part in it.
            Frame::Colour(_) => Grey {
                columns: 0,
                rows: 0,
                values: Vec::new(),
            },
        })
    }
}

/// The frame lacks what is brought while it is waited for: a codec, a picture of a video.
fn is_coming(error: &Error) -> bool {
    *error.code() == codec::codes::NOT_BUILT
}
