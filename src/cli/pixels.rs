//! `pixels`: the values of frames as a NumPy array.

use std::path::Path;

use super::{Kind, codes, note, output::Output, remark, source};
use crate::{
    base::{Error, Limits, Repair, Result},
    codec::Decoded,
    dicom::Instance,
    export::npy::{self, Values},
    study,
    tone::{
        self,
        grading::Grading,
        suv::{Body, Facts},
    },
};

/// Stored values of `frame` (from 0): samples interleaved, no colour conversion, 1-bit frames as bytes.
///
/// # Errors
/// `IO-403` where there is no such frame, and what decoding gives.
pub fn stored(instance: &Instance, frame: u32, limits: &Limits) -> Result<Decoded> {
    if frame >= instance.number_of_frames() {
        return Err(Error::new(&codes::NO_SUCH_FRAME)
            .expected(format!("1 to {}", instance.number_of_frames()))
            .found(u64::from(frame) + 1));
    }
    study::pixels::decode(instance, frame, limits)
}

/// From the user's frame number (from 1) to ours.
pub(super) fn from_zero(frame: u32) -> Result<u32> {
    frame
        .checked_sub(1)
        .ok_or_else(|| Error::new(&codes::NO_SUCH_FRAME).found(0))
}

/// True when nothing failed.
pub(super) fn run(
    file: &Path,
    frame: Option<u32>,
    kind: Kind,
    out: &Path,
    limits: &Limits,
) -> Result<bool> {
    let instance = source::instance(file, limits)?;
    let earliest = if kind == Kind::Suv {
        let (earliest, alone) = source::earliest(file, &instance, limits);
        remark(alone.as_slice());
        earliest
    } else {
        None
    };
    let frames = match frame {
        Some(frame) => {
            let frame = from_zero(frame)?;
            frame..frame + 1
        }
        None => 0..instance.number_of_frames(),
    };
    let count = frames.len();
    let mut repairs = instance.repairs.clone();
    let mut begun: Option<(Output, Vec<usize>, &'static str)> = None;
    for frame in frames {
        let decoded = stored(&instance, frame, limits)?;
        let wanted = (kind, earliest);
        let (descr, body) = values(&instance, frame, &decoded, wanted, limits, &mut repairs)?;
        let mut shape = vec![count, decoded.rows as usize, decoded.columns as usize];
        if decoded.samples_per_pixel > 1 {
            shape.push(usize::from(decoded.samples_per_pixel));
        }
        match &mut begun {
            None => {
                let mut output = Output::open(out, file)?;
                output.write(&npy::header(descr, &shape))?;
                output.write(&body)?;
                begun = Some((output, shape, descr));
            }
            Some((output, first, kind)) => {
                if (&*first, *kind) != (&shape, descr) {
                    return Err(Error::new(&codes::FRAMES_DIFFER)
                        .expected(format!("{first:?} {kind}"))
                        .found(format!("{shape:?} {descr}")));
                }
                output.write(&body)?;
            }
        }
        repairs.extend(decoded.repairs);
    }
    let (output, ..) = begun.ok_or_else(|| Error::new(&codes::NO_SUCH_FRAME).found("no frame"))?;
    output.finish()?;
    note(&repairs);
    Ok(true)
}

fn values(
    instance: &Instance,
    frame: u32,
    decoded: &Decoded,
    (kind, earliest): (Kind, Option<f64>),
    limits: &Limits,
    repairs: &mut Vec<Repair>,
) -> Result<(&'static str, Vec<u8>)> {
    let mut body = vec![];
    if kind == Kind::Stored {
        decoded.values.write(&mut body);
        return Ok((decoded.values.descr(), body));
    }
    if !decoded.photometric.is_grey() {
        return Err(Error::new(&codes::NOT_GREY).found(decoded.photometric.term()));
    }
    let (grading, more) = Grading::of(instance, frame);
    limits.tolerate(&more)?;
    repairs.extend(more);
    // Padding keeps its number here: the array is data, not a picture.
    let modality = grading.intensity.as_ref().unwrap_or(&grading.modality);
    let mut grey = modality.apply(&decoded.values, None);
    if kind == Kind::Suv {
        let facts = Facts::of(instance, frame, earliest);
        let factor = facts
            .factor(Body::Weight)
            .map_err(|lacks| Error::new(&tone::codes::NO_UPTAKE).expected(lacks.attribute()))?;
        for value in &mut grey {
            *value = (f64::from(*value) * factor) as f32;
        }
    }
    grey.as_slice().write(&mut body);
    Ok((grey.as_slice().descr(), body))
}
