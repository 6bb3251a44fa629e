//! A stack as one picture that moves, for browsers that encode no video: each question adds what the viewport shows.

use super::{
    file::codes,
    messages::{Answer, MovingWish},
    viewer::Session,
};
use crate::{
    base::{Error, Result},
    export::{
        animation::{Apng, Gif},
        codes as export_codes,
    },
    render::{Scene, cpu},
    tone::Frame,
};

/// Bytes of a file at most: it is in memory until it is saved.
const MOST: usize = 512 << 20;

/// A picture under construction.
#[derive(Debug)]
pub(super) enum Moving {
    Apng(Apng),
    Gif(Gif),
}

impl Session {
    /// [`super::messages::Request::Moving`]: the file goes to `bytes` with the last picture.
    pub(super) async fn moving(
        &mut self,
        wish: &MovingWish,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        // Whatever fails, nothing half is left.
        let under = self.moving.take();
        if wish.place >= wish.pictures {
            return Ok(Answer::Done);
        }
        let Some((set, index, look, size)) = self.shown(wish.viewport) else {
            return Err(Error::new(&codes::NOT_OPEN));
        };
        let scene = self
            .scene_shown((wish.viewport, set, index), &look, size)
            .await?;
        let rgba = cpu::paint(&scene, size.0, size.1);
        let mut moving = match under.filter(|_| wish.place > 0) {
            Some(moving) => moving,
            None if wish.place > 0 => return Err(Error::new(&export_codes::NOT_ENCODED)),
            None => {
                let grey = wish.grey && is_grey(&scene);
                if wish.form == "gif" {
                    Moving::Gif(Gif::new(size, wish.per_second, grey)?)
                } else {
                    Moving::Apng(Apng::new(size, wish.pictures, wish.per_second, grey))
                }
            }
        };
        let held = match &mut moving {
            Moving::Gif(gif) => gif.frame(&rgba).map(|()| gif.bytes())?,
            Moving::Apng(apng) => apng.frame(&rgba).map(|()| apng.bytes())?,
        };
        if held > MOST {
            return Err(Error::new(&export_codes::NOT_ENCODED)
                .expected(format!("at most {MOST} bytes"))
                .found(format!("{held} after {} pictures", wish.place + 1)));
        }
        let end = match &moving {
            Moving::Gif(_) => "gif",
            Moving::Apng(_) => "png",
        };
        if wish.place + 1 == wish.pictures {
            *bytes = match moving {
                Moving::Gif(gif) => gif.finish(),
                Moving::Apng(apng) => apng.finish()?,
            };
        } else {
            self.moving = Some(moving);
        }
        Ok(Answer::Encoded {
            width: size.0,
            height: size.1,
            end: end.to_owned(),
            lossy: false,
            psnr_db: None,
            ssim: None,
            to_picture: None,
        })
    }
}

/// Nothing in the scene has a colour.
fn is_grey(scene: &Scene) -> bool {
    let plain = scene.colours.is_none() && scene.fixed.is_none();
    let alone = scene.labels.is_none() && scene.heatmap.is_none() && scene.marks.is_none();
    matches!(scene.frame.as_ref(), Frame::Grey(_)) && plain && alone
}
