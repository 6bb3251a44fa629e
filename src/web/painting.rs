//! The painting of a canvas, and what a viewport keeps of a volume. What a look makes of values is in `toned.rs`.

use std::rc::Rc;

use wasm_bindgen::Clamped;
use web_sys::ImageData;

use super::{
    messages::{Look, PlaneWish},
    reformat::{CastReady, PlaneReady},
    viewer::{Device, Painter, Session},
};
use crate::{
    base::Error,
    filter::gpu::Gpu,
    render::{Scene, View, cpu},
    tone::Frame,
};

impl Session {
    /// The device that paints a viewport.
    pub(super) fn gpu_of(&self, viewport: u32) -> Option<Rc<Gpu>> {
        match (
            self.viewports.get(&viewport).map(|v| &v.painter),
            &self.device,
        ) {
            (Some(Painter::Gpu(_)), Device::There(gpu)) if !gpu.lost() => Some(gpu.clone()),
            _ => None,
        }
    }

    /// The size of a viewport's next picture.
    pub(super) fn canvas_of(&self, viewport: u32) -> Option<(u32, u32)> {
        self.viewports.get(&viewport).map(|v| v.size)
    }

    /// Paints a viewport; gives who did.
    pub(super) fn paint(
        &mut self,
        viewport: u32,
        scene: &Scene,
        canvas: (u32, u32),
    ) -> Result<&'static str, Error> {
        let Some(v) = self.viewports.get_mut(&viewport) else {
            return Ok("cpu");
        };
        if (v.canvas.width(), v.canvas.height()) != canvas {
            v.canvas.set_width(canvas.0);
            v.canvas.set_height(canvas.1);
        }
        match &mut v.painter {
            Painter::Gpu(surface) => {
                if surface.draw(scene, canvas).is_err() && !surface.lost() {
                    // The frame is too large for it: the reference paints, and the finished picture is drawn.
                    let rgba = cpu::paint(scene, canvas.0, canvas.1);
                    surface.draw(&Scene::of_picture(rgba, canvas.0, canvas.1), canvas)?;
                    return Ok("cpu");
                }
                // A lost device is told by `take_lost`; the page brings a new canvas and asks again.
                Ok("gpu")
            }
            Painter::Cpu { context, rgba } => {
                cpu::paint_into(scene, canvas.0, canvas.1, rgba);
                let picture = ImageData::new_with_u8_clamped_array_and_sh(
                    Clamped(rgba.as_slice()),
                    canvas.0,
                    canvas.1,
                );
                if let Ok(picture) = picture {
                    // The context's only failure here is a canvas of no size, which the page mends by its next resize.
                    let _ = context.put_image_data(&picture, 0.0, 0.0);
                }
                Ok("cpu")
            }
        }
    }

    /// Notes what a viewport shows.
    pub(super) fn note_shown(&mut self, viewport: u32, shown: (u32, u32, Look), view: View) {
        if let Some(v) = self.viewports.get_mut(&viewport) {
            v.shown = Some(shown);
            v.view = Some(view);
        }
    }

    /// A viewport shows images again.
    pub(super) fn leave_volume(&mut self, viewport: u32) {
        if let Some(v) = self.viewports.get_mut(&viewport) {
            (v.plane, v.cast) = (None, None);
        }
    }

    /// A viewport shows planes of a frame set from now on.
    pub(super) fn enter_plane(&mut self, viewport: u32, set: u32) {
        if let Some(v) = self.viewports.get_mut(&viewport) {
            v.cast = None;
            if v.plane.as_ref().is_none_or(|(of, _)| *of != set) {
                v.plane = Some((set, None));
            }
        }
    }

    /// The plane that a viewport has computed last.
    pub(super) fn plane_of(&self, viewport: u32) -> Option<PlaneReady> {
        self.viewports.get(&viewport)?.plane.as_ref()?.1.clone()
    }

    /// Keeps it.
    pub(super) fn keep_plane(&mut self, viewport: u32, ready: PlaneReady) {
        let place = self
            .viewports
            .get_mut(&viewport)
            .and_then(|v| v.plane.as_mut());
        if let Some((_, place)) = place {
            *place = Some(ready);
        }
    }

    /// The plane that a viewport shows: of which frame set.
    pub(super) fn plane_shown(&self, viewport: u32) -> Option<(u32, PlaneWish)> {
        let (of, ready) = self.viewports.get(&viewport)?.plane.as_ref()?;
        Some((*of, ready.as_ref()?.wish.clone()))
    }

    /// Its values before any filter.
    pub(super) fn plane_values(&self, viewport: u32) -> Option<Rc<Frame>> {
        Some(self.plane_of(viewport)?.values())
    }

    /// The picture of a volume that a viewport shows, and its size.
    pub(super) fn cast_shown(&self, viewport: u32) -> Option<(Vec<u8>, (u32, u32))> {
        let v = self.viewports.get(&viewport)?;
        let size = (v.canvas.width(), v.canvas.height());
        let cast = v.cast.as_ref().filter(|cast| cast.size == size)?;
        Some((cast.rgba.clone(), size))
    }

    /// Keeps a whole picture of a volume.
    pub(super) fn keep_cast(&mut self, viewport: u32, set: u32, rgba: Vec<u8>, size: (u32, u32)) {
        if let Some(v) = self.viewports.get_mut(&viewport) {
            v.plane = None;
            v.shown = None;
            v.cast = Some(CastReady { set, rgba, size });
        }
    }

    /// Puts rows into the picture of a volume, from `first` on; gives all of it.
    pub(super) fn cast_rows(
        &mut self,
        viewport: u32,
        set: u32,
        canvas: (u32, u32),
        first: usize,
        part: &[u8],
    ) -> Vec<u8> {
        let whole = canvas.0 as usize * canvas.1 as usize * 4;
        let known = self.viewports.get(&viewport).and_then(|v| v.cast.as_ref());
        if known.is_none_or(|cast| cast.size != canvas || cast.set != set) {
            let black = [0, 0, 0, 255].repeat(whole / 4);
            self.keep_cast(viewport, set, black, canvas);
        }
        let Some(cast) = self
            .viewports
            .get_mut(&viewport)
            .and_then(|v| v.cast.as_mut())
        else {
            return [0, 0, 0, 255].repeat(whole / 4);
        };
        let from = first * canvas.0 as usize * 4;
        if let Some(place) = cast.rgba.get_mut(from..from + part.len()) {
            place.copy_from_slice(part);
        }
        cast.rgba.clone()
    }
}
