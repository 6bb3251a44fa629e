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
    },
    render::cpu,
    tone::Frame,
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
            return self.values(wish, set, index, bytes);
        }
        let format = Format::of(&wish.format, wish.quality)?;
        look.overlay.visible &= wish.overlay;
        look.graphics = wish.graphics;
        let mut size = canvas;
        if wish.whole {
            (look.zoom, look.pan) = (1.0, [0.0; 2]);
            let (scene, _) = self.scene(wish.viewport, set, index, &look, canvas).await?;
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
        let (scene, _) = self
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

    /// A PNG of 16 bits of the values of a grey frame.
    fn values(
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
