//! `render`: a picture of a frame, by the reference renderer.

use std::{path::Path, rc::Rc};

use super::{Kind, Picture, argument, codes, complain, note, output, pixels, remark, say, source};
use crate::{
    base::{Error, Limits, Result},
    dicom::Instance,
    export::{
        codes as export_codes,
        picture::{self, Format, encode, rgb_of},
        quality::likeness,
    },
    render::{Interpolation, LabelOverlay, Scene, Spatial, View, cpu},
    study::{planes, spacing},
    tone::{
        Frame, colourmap,
        grading::Grading,
        presentation,
        shutter::Shutter,
        subtraction::Subtraction,
        voi::{Function, Voi},
    },
};

/// True when nothing failed.
pub(super) fn run(picture: &Picture, limits: &Limits) -> Result<bool> {
    let format = format(picture)?;
    if picture.depth == "16" {
        return sixteen(picture, format, limits);
    }
    let index = pixels::from_zero(picture.frame)?;
    let colours = picture.colormap.as_deref().map(colours).transpose()?;
    let size = picture.size.as_deref().map(size).transpose()?;
    let (instance, mut frame, mut grading) = graded(&picture.file, index, limits)?;
    let decoded = || pixels::stored(&instance, index, limits);
    let mut shutter = Shutter::of(&instance, index);
    let mut subtraction = Subtraction::of(&instance, index);
    let mut state = None;
    let (mut marks, mut left_out) = planes::of(&instance, index, limits);
    if let Some(file) = &picture.presentation {
        let other = source::instance(file, limits)?;
        let (says, repairs) = presentation::of(&other, &instance, index)
            .filter(|_| presentation::is_state(&other))
            .ok_or_else(|| Error::new(&codes::NO_STATE))?;
        limits.tolerate(&repairs)?;
        note(&repairs);
        remark(&says.remarks);
        grading = says.regrade(&grading);
        frame = grading.apply(&decoded()?)?;
        let hiding = |group| planes::hiding(&other, &instance, group, index, limits);
        shutter = (says.shutter.as_ref()).map(|shutter| shutter.with_bitmap(hiding));
        subtraction = says.subtraction.as_deref().cloned();
        let own = (says.image_planes, &other, says.own_planes);
        (marks, left_out) = planes::by_state(&instance, own, index, limits);
        state = Some(says);
    }
    let wanted = |own: &Subtraction| own.recommended && !picture.raw;
    if let (Some(own), Frame::Grey(_)) = (subtraction.filter(wanted), &frame) {
        frame = Frame::Grey(own.apply(|at| {
            let of_frame = Grading::of(&instance, at).0;
            let of_frame = (state.as_ref()).map_or(of_frame.clone(), |s| s.regrade(&of_frame));
            match of_frame.apply(&pixels::stored(&instance, at, limits)?)? {
                Frame::Grey(grey) => Ok(grey),
                Frame::Colour(_) => Err(Error::new(&codes::NOT_GREY)),
            }
        })?);
        if state.is_none() {
            grading = grading.subtracted(own.log);
        }
    }
    let mut fixed = match frame {
        Frame::Grey(_) => grading.fixed(&decoded()?),
        Frame::Colour(_) => None,
    };
    if let Some(shutter) = shutter.filter(|_| !picture.no_graphics) {
        shutter.close(&mut frame, &mut fixed);
    }
    let voi = voi(picture.window.as_deref(), &grading, &frame)?;
    let invert = grading.invert != picture.invert;
    let (mut scene, (width, height)) = scene(&instance, index, frame, voi, invert, size);
    if let Some(says) = &state {
        let own = Spatial {
            quarter_turns: says.quarter_turns,
            flip: says.flip,
            area: says.area,
            magnify: says.magnify,
        };
        let plain = View {
            aspect: says.aspect.unwrap_or(scene.view.aspect),
            ..scene.view
        };
        scene.view = plain.over(own, scene.frame.size(), (width, height), 1.0);
    }
    scene.presentation_lut.clone_from(&grading.presentation_lut);
    scene.colours = colours.or_else(|| state?.colours);
    scene.fixed = fixed.map(Rc::new);
    if !picture.no_graphics {
        limits.tolerate(&left_out)?;
        note(&left_out);
        scene.marks = marks.map(|marks| LabelOverlay::of_planes(Rc::new(marks)));
    }
    let rgba = cpu::paint(&scene, width, height);
    let file = encode(&rgba, width, height, format)?;
    output::save(&file, &picture.out, &picture.file)?;
    if picture.measure {
        measure(&rgba, (width, height), &file)?;
    }
    Ok(true)
}

/// The format by its name, else by the end of the output's.
fn format(picture: &Picture) -> Result<Format> {
    let out = picture.out.to_string_lossy();
    let end = out.rsplit('.').next().unwrap_or("");
    Format::of(picture.format.as_deref().unwrap_or(end), picture.quality)
}

/// Says what the file costs and what it lost.
fn measure(rgba: &[u8], (width, height): (u32, u32), file: &[u8]) -> Result<()> {
    let refused = |e: image::ImageError| Error::new(&export_codes::NOT_ENCODED).found(e);
    let found = image::load_from_memory(file).map_err(refused)?.to_rgb8();
    let like = likeness(
        &rgb_of(rgba),
        found.as_raw(),
        width as usize,
        height as usize,
        3,
    );
    let like = like.ok_or_else(|| Error::new(&export_codes::NOT_ENCODED))?;
    // JSON has no infinity: what is the same has no figure.
    let psnr = like.psnr_db.is_finite().then_some(like.psnr_db);
    say(&serde_json::json!({"bytes": file.len(), "width": width, "height": height, "psnr_db": psnr, "ssim": like.ssim}).to_string());
    Ok(())
}

/// `--depth 16`: the values themselves.
fn sixteen(picture: &Picture, format: Format, limits: &Limits) -> Result<bool> {
    if format != Format::Png {
        return Err(argument("--depth", "16", "a PNG"));
    }
    let index = pixels::from_zero(picture.frame)?;
    let file = if picture.values == Kind::Stored {
        let instance = source::instance(&picture.file, limits)?;
        let decoded = pixels::stored(&instance, index, limits)?;
        note(&instance.repairs);
        note(&decoded.repairs);
        if decoded.samples_per_pixel != 1 {
            return Err(Error::new(&codes::NOT_GREY));
        }
        picture::sixteen(&decoded.values, decoded.columns, decoded.rows)?.0
    } else {
        let (_, frame, _) = graded(&picture.file, index, limits)?;
        let Frame::Grey(grey) = frame else {
            return Err(Error::new(&codes::NOT_GREY));
        };
        let (width, height) = (grey.columns as u32, grey.rows as u32);
        let (file, off) = picture::sixteen_rounded(&grey.values, width, height)?;
        if off > 0.0 {
            complain(&format!("remark: values are rounded, by at most {off}"));
        }
        file
    };
    output::save(&file, &picture.out, &picture.file)?;
    Ok(true)
}

/// Reads, decodes and grades one frame; repairs go to stderr.
pub(super) fn graded(
    file: &Path,
    index: u32,
    limits: &Limits,
) -> Result<(Instance, Frame, Grading)> {
    let instance = source::instance(file, limits)?;
    let decoded = pixels::stored(&instance, index, limits)?;
    let (earliest, alone) = source::earliest(file, &instance, limits);
    let (grading, repairs) = Grading::within_series(&instance, index, earliest);
    limits.tolerate(&repairs)?;
    let frame = grading.apply(&decoded)?;
    note(&instance.repairs);
    note(&decoded.repairs);
    note(&repairs);
    remark(grading.remark.as_slice());
    remark(alone.as_slice());
    Ok((instance, frame, grading))
}

/// A scene that fits the canvas; without a size the canvas has a pixel for each image pixel, square in the patient.
pub(super) fn scene(
    instance: &Instance,
    index: u32,
    frame: Frame,
    voi: Voi,
    invert: bool,
    size: Option<(u32, u32)>,
) -> (Scene, (u32, u32)) {
    let (columns, rows) = frame.size();
    let aspect = spacing::of(instance, index).aspect();
    let (wide, high) = if aspect >= 1.0 {
        (columns as f64, rows as f64 * aspect)
    } else {
        (columns as f64 / aspect, rows as f64)
    };
    let side = |x: f64| x.round().clamp(1.0, 16_384.0) as u32;
    let size = size.unwrap_or((side(wide), side(high)));
    let scene = Scene {
        view: View::fit((columns, rows), size, aspect, 0),
        frame: Rc::new(frame),
        voi,
        invert,
        colours: None,
        fixed: None,
        presentation_lut: None,
        interpolation: Interpolation::Linear,
        labels: None,
        heatmap: None,
        marks: None,
    };
    (scene, size)
}

/// The VOI that is asked for: `C,W`, `auto`, or the number of one of the file's.
pub(super) fn voi(asked: Option<&str>, grading: &Grading, frame: &Frame) -> Result<Voi> {
    let Some(asked) = asked else {
        return Ok(grading.default_voi(frame));
    };
    if asked == "auto" {
        return Ok(grading.auto_voi(frame));
    }
    let wrong = |expected: &str| argument("--window", asked, expected);
    if let Some((center, width)) = asked.split_once(',') {
        let number = |text: &str| text.trim().parse::<f32>().ok().filter(|x| x.is_finite());
        let (Some(center), Some(width)) = (number(center), number(width)) else {
            return Err(wrong("C,W"));
        };
        if width <= 0.0 {
            return Err(wrong("a width above 0"));
        }
        // The file's function is kept; only centre and width change.
        let function = match grading.choices.first().map(|choice| &choice.voi) {
            Some(Voi::Window { function, .. }) => *function,
            _ => Function::Linear,
        };
        let function = if function == Function::Linear && width < 1.0 {
            Function::LinearExact
        } else {
            function
        };
        return Ok(Voi::Window {
            center,
            width,
            function,
        });
    }
    asked
        .parse::<usize>()
        .ok()
        .and_then(|n| grading.choices.get(n.checked_sub(1)?))
        .map(|choice| choice.voi.clone())
        .ok_or_else(|| {
            wrong(&format!(
                "C,W, auto, or a number up to {}",
                grading.choices.len()
            ))
        })
}

fn colours(name: &str) -> Result<Rc<Vec<[u8; 3]>>> {
    let names: Vec<_> = colourmap::ALL.iter().map(|map| map.name).collect();
    colourmap::by_name(name)
        .map(|map| Rc::new(map.table().to_vec()))
        .ok_or_else(|| argument("--colormap", name, &names.join(", ")))
}

/// `WxH`.
pub(super) fn size(text: &str) -> Result<(u32, u32)> {
    let side = |s: &str| s.parse::<u32>().ok().filter(|n| (1..=16_384).contains(n));
    text.split_once('x')
        .and_then(|(w, h)| Some((side(w)?, side(h)?)))
        .ok_or_else(|| argument("--size", text, "WxH, each 1 to 16384"))
}
