//! Small pictures of an image or of a plane of a volume by a look: what each step of a chain of filters does, and what was measured where.

use std::rc::Rc;

use super::{
    assembling::There,
    messages::{Answer, Look, SmallWish},
    toned::{self, Toned},
    viewer::Session,
};
use crate::{
    base::Result,
    export::{
        picture::{Format, encode},
        sheet::middle,
    },
    render::{Scene, View, cpu},
    tone::{Frame, Grey, grading::Grading},
};

/// Sides of what is filtered for a small picture at most, pixels: of a larger image its middle. A step of a chain has to be seen before
/// the next one is wished for.
const FILTERED: usize = 1024;

impl Session {
    /// [`super::messages::Request::Small`]: a PNG goes to `bytes`.
    pub(super) async fn small(&mut self, wish: &SmallWish, bytes: &mut Vec<u8>) -> Result<Answer> {
        let side = wish.size.clamp(16, 1024);
        let mut look = wish.look.clone();
        (look.zoom, look.pan, look.overlay.visible) = (1.0, [0.0; 2], false);
        let (scene, whole) = self.small_scene(wish, &look, side).await?;
        let rgba = cpu::paint(&scene, side, side);
        *bytes = encode(&rgba, side, side, Format::Png)?;
        Ok(Answer::Encoded {
            width: side,
            height: side,
            end: "png".to_owned(),
            lossy: false,
            psnr_db: None,
            ssim: None,
            to_picture: whole
                .then(|| (scene.view).image_to_canvas(scene.frame.size(), (side, side))),
        })
    }

    /// The scene, and whether it shows all of the image.
    async fn small_scene(
        &mut self,
        wish: &SmallWish,
        look: &Look,
        side: u32,
    ) -> Result<(Scene, bool)> {
        if let Some(on) = &wish.plane {
            let There {
                grading, middle, ..
            } = self.volumes.of(wish.frame_set)?;
            let values = self.values_in(wish.frame_set, on)?;
            let aspect = on.spacing_mm[0] / on.spacing_mm[1];
            // Windows that are made from values come from the middle image, as those of the viewport do.
            let seen = Some(middle);
            let scene = self
                .filtered_scene(&values, seen, look, &grading, aspect, side)
                .await?;
            return Ok((scene, true));
        }
        if look.filters.is_empty() {
            let (scene, ..) = self
                .scene(u32::MAX, wish.frame_set, wish.index, look, (side, side))
                .await?;
            return Ok((scene, true));
        }
        let key = self.place(wish.frame_set, wish.index)?;
        let loaded = self.load(key)?;
        let applied = loaded.applied(look);
        let ((values, _), applied) = self.grade_anyway(key, &loaded, look, applied)?;
        let aspect = self.frame_set(wish.frame_set)?.spacing.aspect();
        let whole = values.size().0.max(values.size().1) <= FILTERED;
        let seen = (!whole).then(|| Rc::new(values.clone()));
        let values = Rc::new(middle_of(values));
        let scene = self
            .filtered_scene(&values, seen, look, &applied.grading, aspect, side)
            .await?;
        Ok((scene, whole))
    }

    /// `seen`: what windows are made from, where that is not `values`.
    async fn filtered_scene(
        &self,
        values: &Rc<Frame>,
        seen: Option<Rc<Frame>>,
        look: &Look,
        grading: &Grading,
        aspect: f64,
        side: u32,
    ) -> Result<Scene> {
        let (frame, gives) = self.filtered(u32::MAX, values, look, grading).await?;
        let from = match &seen {
            Some(seen) if look.filters.is_empty() => [seen.as_ref(), seen.as_ref()],
            Some(seen) => [seen.as_ref(), frame.as_ref()],
            None => [values.as_ref(), frame.as_ref()],
        };
        let toned = Toned::of(look, grading, from, gives);
        let mut view = View::fit(frame.size(), (side, side), aspect, look.quarter_turns);
        view.quarter_turns = look.quarter_turns % 4;
        view.flip = look.flip;
        Ok(Scene {
            view,
            voi: toned.shown.clone(),
            presentation_lut: grading.presentation_lut.clone().filter(|_| toned.plain),
            invert: (toned.plain && grading.invert) != look.invert,
            colours: toned::colours(look),
            frame,
            fixed: None,
            interpolation: toned::interpolation(look),
            labels: None,
            heatmap: None,
            marks: None,
        })
    }
}

/// The middle of a large grey frame; others as they are.
fn middle_of(frame: Frame) -> Frame {
    let Frame::Grey(grey) = &frame else {
        return frame;
    };
    let (columns, rows) = (grey.columns.min(FILTERED), grey.rows.min(FILTERED));
    if (columns, rows) == (grey.columns, grey.rows) {
        return frame;
    }
    let size = (grey.columns, grey.rows);
    let values = middle(&grey.values, size, (columns, rows));
    Frame::Grey(Grey {
        columns,
        rows,
        values,
    })
}
