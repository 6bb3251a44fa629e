//! The study worker's side of saving a picture: what a viewport shows, or the whole image, in a format and size.

use wasm_bindgen::prelude::*;

use super::{
    file::codes,
    messages::{Answer, PictureWish},
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
    render::cpu,
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
        let Some((set, index, mut look, canvas)) = self.shown(wish.viewport) else {
            return Err(Error::new(&codes::NOT_OPEN));
        };
        if matches!(wish.format.as_str(), "stored" | "modality") {
            return self.sixteen(wish, set, index, bytes);
        }
        let format = Format::of(&wish.format, wish.quality)?;
        look.overlay.visible &= wish.overlay;
        look.graphics = wish.graphics;
        let mut size = canvas;
        if wish.whole {
            (look.zoom, look.pan) = (1.0, [0.0; 2]);
            let (scene, ..) = self.scene(wish.viewport, set, index, &look, canvas).await?;
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
        let (scene, ..) = self
            .scene(wish.viewport, set, index, &look, (width, height))
            .await?;
        let rgba = cpu::paint(&scene, width, height);
        *bytes = encode(&rgba, width, height, format)?;
        if format.is_lossy() {
            self.painted = Some((width, height, rgba));
        }
        Ok(Answer::Encoded {
            width,
            height,
            end: format.end().to_owned(),
            lossy: format.is_lossy(),
            psnr_db: None,
            ssim: None,
        })
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
        let loaded = self.load(self.place(set, index)?)?;
        let decoded = &loaded.decoded;
        let (width, height) = (decoded.columns, decoded.rows);
        let no_grey = || Error::new(&crate::export::codes::NOT_ENCODED).expected("grey values");
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
        Ok(Answer::Encoded {
            width,
            height,
            end: "png".to_owned(),
            lossy: false,
            psnr_db: None,
            ssim: None,
        })
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
