//! How a look makes a picture of values: filters, window, colours. The same for images and for planes of volumes.

use std::rc::Rc;

use super::{
    messages::{Look, Window},
    viewer::Session,
};
use crate::{
    base::Error,
    filter::{self, Shown, State},
    render::Interpolation,
    tone::{
        Frame, colourmap,
        grading::Grading,
        voi::{Function, Voi},
    },
};

/// The window of filtered values.
pub(super) struct Toned {
    /// The one in force, which is told.
    pub(super) told: Voi,
    /// The one that the painter takes.
    pub(super) shown: Voi,
    /// The frame's own windows and its Presentation LUT hold: no filter made something else of its values.
    pub(super) plain: bool,
}

impl Toned {
    /// For `frame`, which filters made of `values`.
    pub(super) fn of(
        look: &Look,
        grading: &Grading,
        [values, frame]: [&Frame; 2],
        gives: State,
    ) -> Self {
        // Of levels the window is that which made them; what is neither has its own.
        let own = match frame {
            Frame::Grey(grey) => gives.voi(grey),
            Frame::Colour(_) => None,
        };
        let told = match gives {
            State::Values => voi(look, grading, frame),
            State::Levels => voi(look, grading, values),
            State::Other => own.clone().unwrap_or_else(|| voi(look, grading, frame)),
        };
        Self {
            plain: own.is_none(),
            shown: own.unwrap_or_else(|| told.clone()),
            told,
        }
    }

    /// Its window; none for tables and for colours.
    pub(super) fn window(&self, frame: &Frame) -> Option<Window> {
        match (&self.told, frame) {
            (&Voi::Window { center, width, .. }, Frame::Grey(_)) => Some(Window { center, width }),
            _ => None,
        }
    }

    /// Where a drag begins, unless a filter's own window is shown; none for colours.
    pub(super) fn begin(&self, frame: &Frame, gives: State) -> Option<Window> {
        (gives != State::Other && matches!(frame, Frame::Grey(_))).then(|| {
            let (center, width) = self.told.beginning();
            Window { center, width }
        })
    }
}

/// What the filters give, as the page reads it.
pub(super) fn named(gives: State) -> String {
    match gives {
        State::Values => "values",
        State::Levels => "levels",
        State::Other => "other",
    }
    .to_owned()
}

/// What is done to values by a look, by names: the filters, and the window where one of them works on display levels.
pub(super) fn steps(look: &Look) -> Vec<String> {
    let mut steps = look.filters.clone();
    if filter::chain::of(&look.filters, &Shown::plain()).is_ok_and(|chain| chain.by_window) {
        let Look {
            window,
            choice,
            auto,
            ..
        } = look;
        steps.push(format!("window {window:?} {choice} {auto}"));
    }
    steps
}

/// The window or table in force: the user's, one of the file's, or one made from the frame's values.
pub(super) fn voi(look: &Look, grading: &Grading, frame: &Frame) -> Voi {
    match look.window {
        Some(Window { center, width }) => {
            let function = match grading.default_voi(frame) {
                Voi::Window { function, .. } => function,
                Voi::Table(_) => Function::Linear,
            };
            Voi::Window {
                center,
                width: if function == Function::Linear {
                    width.max(1.0)
                } else {
                    width.max(1e-6)
                },
                function,
            }
        }
        None if look.auto => grading.auto_voi(frame),
        None => match grading.choices.get(look.choice as usize) {
            Some(choice) => choice.voi.clone(),
            None => grading.default_voi(frame),
        },
    }
}

/// The colours of a look.
pub(super) fn colours(look: &Look) -> Option<Rc<Vec<[u8; 3]>>> {
    colourmap::ALL
        .iter()
        .find(|map| map.name == look.colour_map && map.name != "grey")
        .map(|map| Rc::new(map.table().to_vec()))
}

/// How a look goes between pixels.
pub(super) fn interpolation(look: &Look) -> Interpolation {
    if look.smooth {
        Interpolation::Linear
    } else {
        Interpolation::Nearest
    }
}

impl Session {
    /// A frame through the filters of a look, and what they give; by the viewport's own painter: switching to the CPU switches both.
    pub(super) async fn filtered(
        &self,
        viewport: u32,
        values: &Rc<Frame>,
        look: &Look,
        grading: &Grading,
    ) -> Result<(Rc<Frame>, State), Error> {
        let mut frame = values.clone();
        if !matches!(frame.as_ref(), Frame::Grey(_)) {
            return Ok((frame, State::Values));
        }
        let gpu = self.gpu_of(viewport);
        let shown = Shown {
            voi: voi(look, grading, values),
            presentation_lut: grading.presentation_lut.clone(),
            invert: grading.invert,
        };
        let chain = filter::chain::of(&look.filters, &shown)?;
        for filter in &chain.steps {
            let Frame::Grey(grey) = frame.as_ref() else {
                break;
            };
            let fast = match &gpu {
                Some(gpu) => gpu.apply(filter, grey).await.ok(),
                None => None,
            };
            frame = Rc::new(Frame::Grey(match fast {
                Some(done) => done,
                None => filter::cpu::apply(filter, grey)?,
            }));
        }
        Ok((frame, chain.gives))
    }
}
