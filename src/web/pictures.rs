//! The study worker's side of saving a picture: what a viewport shows, or the whole image, in a format and size.

use wasm_bindgen::prelude::*;

use super::{
    file::codes,
    messages::{Answer, Look, PictureWish},
    viewer::Session,
};
use crate::{
    base::{Error, Result},
    export::{
        picture::{self, Format, encode, rgb_of},
        quality::likeness,
        sheet::{reduced, sheet},
    },
    model::input,
    render::{Scene, cpu},
    tone::Frame,
    vision::{augment::Recipe, random::Random},
};

/// Longest side of a picture, pixels.
const LONGEST: f64 = 16_383.0;

impl Session {
    /// [`super::messages::Request::Picture`]: the file goes to `bytes`.
    pub(super) async fn picture(
        &mut self,
        wish: &PictureWish,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        self.painted = None;
        if let Some((rgba, size)) = self.cast_shown(wish.viewport) {
            // Rays are computed for the canvas: other sizes would be other rays.
            return self.written(wish, rgba, size, None, bytes);
        }
        let Some((set, index, mut look, canvas)) = self.shown(wish.viewport) else {
            return Err(Error::new(&codes::NOT_OPEN));
        };
        if matches!(wish.format.as_str(), "stored" | "modality") {
            return self.sixteen(wish, set, index, bytes);
        }
        look.overlay.visible &= wish.overlay;
        look.graphics = wish.graphics;
        let seen = (wish.viewport, set, index);
        let mut size = canvas;
        if wish.whole {
            (look.zoom, look.pan) = (1.0, [0.0; 2]);
            let scene = self.scene_shown(seen, &look, canvas).await?;
            // As `View::fit` makes it: a pixel for each of the image's own, square in the patient.
            let (columns, rows) = scene.frame.size();
            let aspect = scene.view.aspect;
            let (wide, high) = if aspect >= 1.0 {
                (columns as f64, rows as f64 * aspect)
            } else {
                (columns as f64 / aspect, rows as f64)
            };
            let (wide, high) = if scene.view.quarter_turns % 2 == 1 {
                (high, wide)
            } else {
                (wide, high)
            };
            size = (
                wide.round().clamp(1.0, LONGEST) as u32,
                high.round().clamp(1.0, LONGEST) as u32,
            );
        }
        let most = LONGEST / f64::from(size.0.max(size.1).max(1));
        let scale = if wish.scale.is_finite() {
            wish.scale.clamp(0.01, most)
        } else {
            1.0
        };
        let side = |n: u32| (f64::from(n) * scale).round().clamp(1.0, LONGEST) as u32;
        let (width, height) = (side(size.0), side(size.1));
        // What is panned is panned by as much of the larger picture.
        look.pan = look.pan.map(|by| by * scale);
        let scene = self.scene_shown(seen, &look, (width, height)).await?;
        let place = (scene.view).image_to_canvas(scene.frame.size(), (width, height));
        let rgba = if wish.format == "none" {
            vec![]
        } else {
            cpu::paint(&scene, width, height)
        };
        self.written(wish, rgba, (width, height), Some(place), bytes)
    }

    /// The scene of what a viewport shows, an image or a plane of a volume, for a picture of another size.
    pub(super) async fn scene_shown(
        &mut self,
        (viewport, set, index): (u32, u32, u32),
        look: &Look,
        size: (u32, u32),
    ) -> Result<Scene> {
        if let Some((of, wish)) = self.plane_shown(viewport) {
            let (scene, ..) = self.plane_scene(viewport, of, &wish, look, size).await?;
            return Ok(scene);
        }
        Ok(self.scene(viewport, set, index, look, size).await?.0)
    }

    /// A painted picture as a file in `bytes`, with what was drawn for it.
    fn written(
        &mut self,
        wish: &PictureWish,
        mut rgba: Vec<u8>,
        (width, height): (u32, u32),
        to_picture: Option<[f64; 6]>,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let mut answer = Answer::Encoded {
            width,
            height,
            end: String::new(),
            lossy: false,
            psnr_db: None,
            ssim: None,
            to_picture,
        };
        if wish.format == "none" {
            return Ok(answer);
        }
        let format = Format::of(&wish.format, wish.quality)?;
        if wish.drawn {
            lay(&mut rgba, &std::mem::take(&mut self.overlays.bytes));
        }
        *bytes = encode(&rgba, width, height, format)?;
        if let Answer::Encoded { end, lossy, .. } = &mut answer {
            format.end().clone_into(end);
            *lossy = format.is_lossy();
        }
        if format.is_lossy() {
            self.painted = Some((width, height, rgba));
        }
        Ok(answer)
    }

    /// [`super::messages::Request::Augment`]: the sheet goes to `bytes`. `drawn`: seed and copies.
    pub(super) fn augment(
        &mut self,
        viewport: u32,
        steps: &str,
        drawn: [u32; 2],
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        const SMALL: usize = 200;
        let [seed, count] = drawn;
        let Some((set, index, ..)) = self.shown(viewport) else {
            return Err(Error::new(&codes::NOT_OPEN));
        };
        let refused = || Error::new(&crate::export::codes::NOT_ENCODED);
        let recipe = Recipe::parse(steps)
            .map_err(|(found, expected)| refused().expected(expected).found(found))?;
        let info = self.frame_set(set)?;
        let (pixel, at) = (info.spacing.mm, index as usize);
        let grey = input::display(&self.catalogue, info, at, &self.limits)?;
        let (rows, columns) = (grey.rows, grey.columns);
        let step = rows.max(columns).div_ceil(SMALL).max(1);
        let mut random = Random::new(u64::from(seed));
        let mut small = vec![reduced(&grey.values, rows, columns, step)];
        for _ in 0..count.min(63) {
            let change = recipe.draw(&mut random);
            let copy = change.apply(&grey.values, rows, columns, pixel);
            small.push(reduced(&copy, rows, columns, step));
        }
        let size = (columns.div_ceil(step), rows.div_ceil(step));
        let (rgba, width, height) = sheet(&small, size, 4).ok_or_else(refused)?;
        *bytes = encode(&rgba, width, height, Format::Png)?;
        Ok(Answer::Encoded {
            width,
            height,
            end: "png".to_owned(),
            lossy: false,
            psnr_db: None,
            ssim: None,
            to_picture: None,
        })
    }

    /// A PNG of 16 bits of the values of a grey frame.
    fn sixteen(
        &mut self,
        wish: &PictureWish,
        set: u32,
        index: u32,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let no_grey = || Error::new(&crate::export::codes::NOT_ENCODED).expected("grey values");
        let encoded = |width: usize, height: usize| Answer::Encoded {
            width: width as u32,
            height: height as u32,
            end: "png".to_owned(),
            lossy: false,
            psnr_db: None,
            ssim: None,
            to_picture: None,
        };
        if let Some(values) = self.plane_values(wish.viewport) {
            // Nothing is stored between voxels: a plane has modality values only.
            let Frame::Grey(grey) = values.as_ref() else {
                return Err(no_grey());
            };
            if wish.format == "stored" {
                return Err(no_grey().found("a plane of a volume"));
            }
            let (width, height) = (grey.columns, grey.rows);
            *bytes = picture::sixteen_rounded(&grey.values, width as u32, height as u32)?.0;
            return Ok(encoded(width, height));
        }
        let loaded = self.load(self.place(set, index)?)?;
        let decoded = &loaded.decoded;
        let (width, height) = (decoded.columns, decoded.rows);
        if decoded.samples_per_pixel != 1 {
            return Err(no_grey());
        }
        *bytes = if wish.format == "stored" {
            picture::sixteen(&decoded.values, width, height)?.0
        } else {
            let Frame::Grey(grey) = loaded.grading.apply(decoded)? else {
                return Err(no_grey());
            };
            picture::sixteen_rounded(&grey.values, width, height)?.0
        };
        Ok(encoded(width as usize, height as usize))
    }
}

/// Lays drawn pixels (RGBA, not multiplied) over painted ones, which are opaque. What is not of the same size is not drawn.
fn lay(rgba: &mut [u8], drawn: &[u8]) {
    if rgba.len() != drawn.len() {
        return;
    }
    let pixels = rgba.as_chunks_mut::<4>().0.iter_mut();
    for (under, over) in pixels.zip(drawn.as_chunks::<4>().0) {
        let [.., alpha] = *over;
        let alpha = u32::from(alpha);
        for (below, above) in under.iter_mut().zip(over).take(3) {
            let mixed = u32::from(*above) * alpha + u32::from(*below) * (255 - alpha);
            *below = ((mixed + 127) / 255) as u8;
        }
    }
}

#[wasm_bindgen]
impl Session {
    /// PSNR (dB) and SSIM of the last lossy picture, whose pixels (RGBA) a decoder gives back; nothing where they are not of its size.
    #[wasm_bindgen(js_name = compare)]
    #[allow(unreachable_pub, reason = "wasm-bindgen exports it")]
    pub fn compare(&mut self, decoded: &[u8]) -> Option<Vec<f64>> {
        let (width, height, painted) = self.painted.take()?;
        let (a, b) = (rgb_of(&painted), rgb_of(decoded));
        let like = likeness(&a, &b, width as usize, height as usize, 3)?;
        Some(vec![like.psnr_db, like.ssim])
    }
}
