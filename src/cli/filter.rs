//! `filter`: a frame through filters, as values or as a picture.

use std::{path::Path, rc::Rc};

use super::{codes, output, pixels, remark, render};
use crate::{
    base::{Error, Limits, Repair, Result},
    export::{
        npy,
        picture::{Format, encode},
    },
    filter::{self, Shown, State},
    render::cpu,
    tone::{self, Frame, subtraction::Subtraction},
};

/// True when nothing failed.
pub(super) fn run(
    file: &Path,
    filters: &[String],
    gpu: bool,
    frame: u32,
    out: &Path,
    limits: &Limits,
) -> Result<bool> {
    let index = pixels::from_zero(frame)?;
    // A wrong name is told before the file is read.
    for text in filters {
        filter::parse(text)?;
    }
    let (instance, frame, grading) = render::graded(file, index, limits)?;
    let own = grading.default_voi(&frame);
    let Frame::Grey(mut grey) = frame else {
        return Err(Error::new(&codes::NOT_GREY));
    };
    let shown = Shown {
        voi: own,
        presentation_lut: grading.presentation_lut.clone(),
        invert: grading.invert,
    };
    let chain = filter::chain::of(filters, &shown)?;
    if Subtraction::of(&instance, index).is_some_and(|own| own.recommended) {
        remark(&[Repair::new(&tone::codes::NOT_SUBTRACTED, "")]);
    }
    // Who asks for the GPU by name wants to see what it does: without one this fails instead of going on with the CPU.
    let device = gpu
        .then(|| pollster::block_on(filter::gpu::Gpu::request()))
        .transpose()?;
    for one in &chain.steps {
        grey = match &device {
            Some(device) => pollster::block_on(device.apply(one, &grey))?,
            None => filter::cpu::apply(one, &grey)?,
        };
    }
    let bytes = if out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npy"))
    {
        npy::file(grey.values.as_slice(), &[1, grey.rows, grey.columns])
    } else {
        let format = Format::of_name(&out.to_string_lossy())?;
        let own = chain.gives.voi(&grey);
        let frame = Frame::Grey(grey);
        // Levels are as they are seen already; what is no value has no inversion.
        let invert = grading.invert && own.is_none();
        let voi = own.unwrap_or_else(|| grading.default_voi(&frame));
        let (mut scene, (w, h)) = render::scene(&instance, index, frame, voi, invert, None);
        if chain.gives == State::Values {
            let fixed = grading.fixed(&pixels::stored(&instance, index, limits)?);
            scene.fixed = fixed.map(Rc::new);
        }
        encode(&cpu::paint(&scene, w, h), w, h, format)?
    };
    output::save(&bytes, out, file)?;
    Ok(true)
}
