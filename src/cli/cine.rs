//! `cine`: the frames of a file as one picture that moves, at their own rate.

use std::path::PathBuf;

use clap::Args;

use super::{argument, note, output, pixels, render, source};
use crate::{
    base::{Error, Limits, Result},
    export::{
        animation::{Apng, Gif},
        codes,
    },
    render::cpu,
    study::cine::rate as study_rate,
    tone::{Frame, grading::Grading},
};

/// Arguments of `cine`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file of several frames, or `-`
    file: PathBuf,
    /// `C,W`, `auto`, or the number of the file's own window, from 1
    #[arg(long, allow_hyphen_values = true)]
    window: Option<String>,
    /// Frames a second; absent: as the file says, 10 where it says nothing
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// `WxH`; absent: a device pixel for each image pixel
    #[arg(long)]
    size: Option<String>,
    /// A .png (animated, lossless) or a .gif (grey exactly, colours of 252)
    #[arg(long)]
    out: PathBuf,
}

/// True when nothing failed.
pub(super) fn run(arguments: &Arguments, limits: &Limits) -> Result<bool> {
    let end = arguments
        .out
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or("");
    let is_gif = match end.to_ascii_lowercase().as_str() {
        "png" | "apng" => false,
        "gif" => true,
        other => {
            return Err(Error::new(&codes::FORMAT_UNKNOWN)
                .expected(".png or .gif")
                .found(other));
        }
    };
    if arguments
        .rate
        .is_some_and(|rate| !(rate > 0.0 && rate <= 1000.0))
    {
        return Err(argument("--rate", "that", "a number above 0, at most 1000"));
    }
    let size = arguments.size.as_deref().map(render::size).transpose()?;
    let instance = source::instance(&arguments.file, limits)?;
    note(&instance.repairs);
    let frames = instance.number_of_frames().min(limits.frames);
    let rate = arguments
        .rate
        .or_else(|| study_rate(&instance))
        .unwrap_or(10.0);
    let mut made: Option<Made> = None;
    for index in 0..frames {
        let decoded = pixels::stored(&instance, index, limits)?;
        let (grading, repairs) = Grading::of(&instance, index);
        limits.tolerate(&repairs)?;
        let frame = grading.apply(&decoded)?;
        let voi = render::voi(arguments.window.as_deref(), &grading, &frame)?;
        let is_grey = matches!(frame, Frame::Grey(_));
        let fixed = if is_grey {
            grading.fixed(&decoded)
        } else {
            None
        };
        let grey = is_grey && fixed.is_none();
        let (mut scene, (width, height)) =
            render::scene(&instance, index, frame, voi, grading.invert, size);
        scene.presentation_lut.clone_from(&grading.presentation_lut);
        scene.fixed = fixed.map(std::rc::Rc::new);
        let rgba = cpu::paint(&scene, width, height);
        if made.is_none() {
            made = Some(if is_gif {
                Made::Gif(Gif::new((width, height), rate, grey)?)
            } else {
                Made::Apng(Apng::new((width, height), frames, rate, grey))
            });
        }
        match &mut made {
            Some(Made::Gif(gif)) => gif.frame(&rgba)?,
            Some(Made::Apng(apng)) => apng.frame(&rgba)?,
            None => {}
        }
    }
    let file = match made.ok_or_else(|| Error::new(&codes::NOT_ENCODED))? {
        Made::Gif(gif) => gif.finish(),
        Made::Apng(apng) => apng.finish()?,
    };
    output::save(&file, &arguments.out, &arguments.file)?;
    Ok(true)
}

enum Made {
    Apng(Apng),
    Gif(Gif),
}
