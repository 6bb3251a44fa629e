//! What the attributes of an instance say about the way of its values: modality LUT, padding, VOI, inversion, palette.
//!
//! Order of PS3.4 N.2.1: padding mask, Modality LUT or rescale, VOI LUT or window, Presentation LUT shape. The last two belong to the
//! scene; a [`Grading`] says which apply.

use std::rc::Rc;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    Colour, Frame, Grey, PADDING, auto, choices, codes, colour, icc,
    lut::Lut,
    modality::Modality,
    palette::{Palette, Source},
    quantity,
    shutter::Shutter,
    subtraction::Subtraction,
    suv::{Body, Facts},
    voi::{Function, Voi},
};
use crate::{
    base::{Error, Repair, Result},
    codec::{Decoded, Photometric},
    dicom::{Instance, is_filled, numbers_of, text_of},
    each_stored,
};

pub use super::choices::Choice;

/// The way of one frame's values.
#[derive(Debug, Clone)]
pub struct Grading {
    /// Stored values → modality values.
    pub modality: Modality,
    /// What leads from the stored values of an X-ray run to the intensity of the beam. It is not applied for display: windows of such
    /// images are meant for stored values (C.8.7.1).
    pub intensity: Option<Modality>,
    /// Windows and VOI LUTs of the file, the default first; empty where it gives none.
    pub choices: Vec<Choice>,
    /// Presentation LUT of a presentation state, after the VOI: P-Values 0..1. An image has none of its own.
    pub presentation_lut: Option<Rc<Vec<f32>>>,
    /// Invert after the VOI: MONOCHROME1, counted once with Presentation LUT Shape.
    pub invert: bool,
    /// Unit of the modality values: `HU` only for CT with a rescale.
    pub unit: Option<String>,
    /// Stored values of Pixel Padding, both ends included.
    pub padding: Option<(f64, f64)>,
    /// How a window is made where the file gives none, or where the user asks for it.
    pub auto: auto::Rule,
    /// Modality (0008,0060).
    pub modality_term: String,
    /// Of PALETTE COLOR; of grey images the supplement (C.7.6.19), for stored values from its first one on.
    palette: Option<Rc<Palette>>,
    /// What of the file is not shown as it asks, though nothing is wrong with it: a colour profile of another kind.
    pub remark: Option<Repair>,
    /// What colours go through to be those of sRGB.
    pub(super) profile: Option<Rc<icc::Profile>>,
    bits_stored: u16,
}

impl Grading {
    /// Reads the attributes that apply to `frame` (from 0): per-frame and shared functional groups before the top level.
    pub fn of(instance: &Instance, frame: u32) -> (Self, Vec<Repair>) {
        Self::within_series(instance, frame, None)
    }

    /// The same with what is known of the whole series: `earliest` as in [`Facts::of`].
    pub fn within_series(
        instance: &Instance,
        frame: u32,
        earliest: Option<f64>,
    ) -> (Self, Vec<Repair>) {
        let mut repairs = vec![];
        let signed = instance.number(tags::PIXEL_REPRESENTATION) == Some(1.0);
        let kind = instance.text(tags::MODALITY).unwrap_or_default();
        let bits_stored = instance
            .number(tags::BITS_STORED)
            .or_else(|| instance.number(tags::BITS_ALLOCATED))
            .unwrap_or(8.0) as u16;
        let photometric = instance
            .text(tags::PHOTOMETRIC_INTERPRETATION)
            .and_then(|term| Photometric::from_term(&term));
        let grey = photometric.is_none_or(Photometric::is_grey);

        let Scale {
            modality,
            rescaled,
            unusable,
            kind: rescale_type,
        } = modality_of(instance, frame, signed, &mut repairs);
        let (modality, intensity) = if is_of_a_beam(instance) && modality != Modality::default() {
            (Modality::default(), Some(modality))
        } else {
            (modality, None)
        };
        let unit = unit_of(instance, rescaled, rescale_type.as_deref()).filter(|_| !unusable);
        let padding = grey.then(|| padding_of(instance, signed)).flatten();
        let for_processing = instance
            .text(tags::PRESENTATION_INTENT_TYPE)
            .is_some_and(|t| t == "FOR PROCESSING");
        let choices = if grey && !for_processing {
            choices::of(instance, frame, signed, &modality, &mut repairs)
        } else {
            vec![]
        };
        let choices = match uptake(instance, frame, earliest) {
            Some(window) if grey => std::iter::once(window).chain(choices).collect(),
            _ => choices,
        };
        let invert = photometric == Some(Photometric::Monochrome1);
        if let (true, Some(shape)) = (grey, instance.text(tags::PRESENTATION_LUT_SHAPE))
            && (shape == "INVERSE") != invert
            && photometric.is_some()
        {
            // Only the standard's terms: whatever else stands there may be anything.
            let known = ["IDENTITY", "INVERSE", "LIN OD"].contains(&shape.as_str());
            let detail = if known {
                shape.as_str()
            } else {
                "another term"
            };
            repairs.push(Repair::new(&codes::SHAPE_CONFLICT, detail));
        }
        let supplemented = grey && is_supplemented(instance, frame);
        let palette = if photometric == Some(Photometric::PaletteColor) || supplemented {
            let palette = palette_of(|tag| instance.numbers(tag), signed, &mut repairs);
            if palette.is_none() {
                repairs.push(Repair::new(&codes::PALETTE_MISSING, ""));
            }
            palette
        } else {
            None
        };
        let (profile, remark) = if grey && !supplemented {
            (None, None)
        } else {
            icc::of(instance, frame)
        };
        beside(instance, frame, grey, &mut repairs);
        let auto = match kind.as_str() {
            "CT" if padding.is_none() => auto::Rule::Ct,
            "PT" | "NM" => auto::Rule::FromZero,
            "US" | "SC" | "OT" | "ES" | "XC" if bits_stored == 8 && !signed && !rescaled => {
                auto::Rule::Byte
            }
            _ => auto::Rule::Percentiles,
        };
        let grading = Self {
            modality,
            intensity,
            choices,
            presentation_lut: None,
            invert,
            unit,
            padding,
            auto,
            modality_term: kind,
            palette: palette.map(Rc::new),
            remark,
            profile: profile.map(Rc::new),
            bits_stored,
        };
        (grading, repairs)
    }

    /// Stored values → what filters and scenes work on.
    ///
    /// # Errors
    /// `PIX-311` without a palette, `PIX-312` when values and size disagree, `PIX-313` for a colour model that cannot be shown.
    pub fn apply(&self, decoded: &Decoded) -> Result<Frame> {
        match decoded.photometric {
            Photometric::Monochrome1 | Photometric::Monochrome2 => {
                let (columns, rows) = (decoded.columns as usize, decoded.rows as usize);
                if decoded.values.len() != columns * rows {
                    return Err(Error::new(&codes::SHAPE_WRONG)
                        .expected(format!("{columns} × {rows}"))
                        .found(decoded.values.len()));
                }
                let mut values = self.modality.apply(&decoded.values, self.padding);
                if let Some(palette) = &self.palette {
                    // What has a colour of its own has no value.
                    let first = palette.first();
                    #[allow(clippy::unnecessary_cast, reason = "one arm is f64 already")]
                    {
                        each_stored!(&decoded.values, v => for (value, &x) in values.iter_mut().zip(v) {
                            if x as f64 >= first {
                                *value = PADDING;
                            }
                        });
                    }
                }
                Ok(Frame::Grey(Grey {
                    columns,
                    rows,
                    values,
                }))
            }
            Photometric::PaletteColor => {
                let palette = self
                    .palette
                    .as_ref()
                    .ok_or_else(|| Error::new(&codes::PALETTE_MISSING))?;
                colour::from_palette(decoded, palette).map(|found| self.coloured(found))
            }
            _ => colour::from_samples(decoded, self.bits_stored).map(|found| self.coloured(found)),
        }
    }

    fn coloured(&self, mut colour: Colour) -> Frame {
        if let Some(profile) = &self.profile {
            profile.apply(colour.rgba.as_chunks_mut().0);
        }
        Frame::Colour(colour)
    }

    /// True where some stored values of a grey image have a colour of their own.
    pub fn has_colours(&self) -> bool {
        self.palette.is_some()
    }

    /// True for a stored value of a grey image that a supplemental palette gives a colour: no window touches it.
    pub fn is_coloured(&self, stored: f64) -> bool {
        (self.palette.as_ref()).is_some_and(|palette| stored >= palette.first())
    }

    /// The pixels of a grey frame that a supplemental palette gives a colour: rows × columns, R G B A, A = 0 where it gives none.
    pub fn fixed(&self, decoded: &Decoded) -> Option<Vec<[u8; 4]>> {
        let palette = self.palette.as_ref()?;
        if !decoded.photometric.is_grey() {
            return None;
        }
        let first = palette.first();
        let colour = |x: f64| {
            let [r, g, b] = palette.colour(x);
            if x < first { [0; 4] } else { [r, g, b, 255] }
        };
        #[allow(clippy::unnecessary_cast, reason = "one arm is f64 already")]
        let mut colours: Vec<[u8; 4]> =
            each_stored!(&decoded.values, v => v.iter().map(|&x| colour(x as f64)).collect());
        if let Some(profile) = &self.profile {
            for colour in colours.iter_mut().filter(|[.., alpha]| *alpha != 0) {
                profile.apply(std::slice::from_mut(colour));
            }
        }
        colours
            .iter()
            .any(|[.., alpha]| *alpha != 0)
            .then_some(colours)
    }

    /// The grading of a difference of frames: without a unit, and of the file's windows only those that show both signs well, with the centre
    /// within the middle half, as others are made for the frames themselves; of logarithms none, as no file has windows for them. Then comes one that holds for the whole run: around 0, as wide as a quarter of what Bits Stored
    /// can hold; of logarithms from about two thirds to one and a half times the mask.
    #[must_use]
    pub fn subtracted(&self, log: bool) -> Self {
        let both_signs = |choice: &Choice| matches!(choice.voi, Voi::Window { center, width, .. } if !log && center.abs() <= width / 4.0);
        let mut graded = self.clone();
        graded.unit = None;
        graded.auto = auto::Rule::Percentiles;
        graded.choices.retain(both_signs);
        let width = if log {
            1.0
        } else {
            f32::from(self.bits_stored.clamp(3, 32) - 2).exp2()
        };
        graded.choices.push(Choice {
            label: format!("0 / {width}"),
            voi: Voi::Window {
                center: 0.0,
                width,
                function: Function::LinearExact,
            },
        });
        graded
    }

    /// Bytes of its tables, palette and profile.
    pub fn bytes(&self) -> usize {
        let modality = [Some(&self.modality), self.intensity.as_ref()];
        let modality = modality.into_iter().flatten().map(Modality::bytes);
        let choices =
            (self.choices.iter()).map(|c| size_of::<Choice>() + c.label.len() + c.voi.bytes());
        let lut = (self.presentation_lut.as_ref()).map_or(0, |lut| size_of_val(lut.as_slice()));
        let palette = self.palette.as_ref().map_or(0, |palette| palette.bytes());
        let profile = self
            .profile
            .as_ref()
            .map_or(0, |_| size_of::<icc::Profile>());
        modality.sum::<usize>() + choices.sum::<usize>() + lut + palette + profile
    }

    /// The VOI to begin with: the file's first, else an automatic one.
    pub fn default_voi(&self, frame: &Frame) -> Voi {
        self.choices
            .first()
            .map_or_else(|| self.auto_voi(frame), |choice| choice.voi.clone())
    }

    /// The automatic window of a frame; 0..255 as it is for colour.
    pub fn auto_voi(&self, frame: &Frame) -> Voi {
        match frame {
            Frame::Grey(grey) => auto::window(grey, self.auto),
            Frame::Colour(_) => auto::full_range(0.0, 255.0),
        }
    }
}

/// PET is read from 0 up to an uptake (SUV by weight) that is the same in all studies.
fn uptake(instance: &Instance, frame: u32, earliest: Option<f64>) -> Option<Choice> {
    const TOP: f64 = 10.0;
    if instance.text(tags::MODALITY).as_deref() != Some("PT") {
        return None;
    }
    let factor = Facts::of(instance, frame, earliest)
        .factor(Body::Weight)
        .ok()?;
    Some(Choice {
        label: format!("SUV 0–{TOP}"),
        voi: Voi::Window {
            center: (TOP / 2.0 / factor) as f32,
            width: (TOP / factor) as f32,
            function: Function::LinearExact,
        },
    })
}

/// X-Ray Angiographic (also bi-plane) and X-Ray Radiofluoroscopic images: their Modality LUT goes the other way than that of all others.
fn is_of_a_beam(instance: &Instance) -> bool {
    let class = instance.text(tags::SOP_CLASS_UID);
    let end = class
        .as_deref()
        .and_then(|class| class.strip_prefix("1.2.840.10008.5.1.4.1.1.12."));
    matches!(end, Some("1" | "2" | "3"))
}

/// The unit of modality values: HU only for CT with a rescale that says nothing else.
pub(super) fn unit_of(image: &Instance, rescaled: bool, kind: Option<&str>) -> Option<String> {
    let unit = match image.text(tags::MODALITY)?.as_str() {
        "CT" if rescaled && kind.is_none_or(|kind| kind == "HU") => "HU",
        "PT" if image.text(tags::UNITS).as_deref() == Some("BQML") => "Bq/ml",
        _ => return None,
    };
    Some(unit.to_owned())
}

/// Pixel Presentation (0008,9205) of a frame is COLOR: it has a supplemental palette (C.7.6.19, C.8.16.2.1.1.1).
fn is_supplemented(instance: &Instance, frame: u32) -> bool {
    let types = [
        tags::MR_IMAGE_FRAME_TYPE_SEQUENCE,
        tags::CT_IMAGE_FRAME_TYPE_SEQUENCE,
        tags::PET_FRAME_TYPE_SEQUENCE,
    ];
    let own = types
        .into_iter()
        .find_map(|tag| text_of(instance.frame_item(frame, tag)?, tags::PIXEL_PRESENTATION));
    let said = own.or_else(|| instance.text(tags::PIXEL_PRESENTATION));
    said.as_deref() == Some("COLOR")
}

/// The palette of a Pseudo-Color presentation state as 256 colours over the whole range; `None` where it has none.
pub(super) fn colours_of(state: &Instance, repairs: &mut Vec<Repair>) -> Option<Vec<[u8; 3]>> {
    let numbers = |tag| state.numbers(tag);
    if numbers(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR).is_empty() {
        return None;
    }
    let palette = palette_of(numbers, false, repairs)?;
    let (first, last) = (palette.first(), palette.last());
    let at = |level: u16| palette.colour(first + f64::from(level) / 255.0 * (last - first));
    Some((0..256).map(at).collect())
}

/// Notes what is wrong with what is read elsewhere, but belongs to the same picture: mask, shutter, real-world values.
fn beside(instance: &Instance, frame: u32, grey: bool, repairs: &mut Vec<Repair>) {
    if grey {
        let _ = Subtraction::noting(instance, frame, repairs);
    }
    let _ = Shutter::noting(instance, frame, repairs);
    quantity::note(instance, frame, repairs);
}

/// What leads from stored to modality values, as a data set has it.
pub(super) struct Scale {
    pub(super) modality: Modality,
    /// There is a rescale, and it can be used.
    pub(super) rescaled: bool,
    /// There is one that can't: whatever comes out has no unit.
    pub(super) unusable: bool,
    /// Rescale Type (0028,1054) or Modality LUT Type (0028,3004).
    pub(super) kind: Option<String>,
}

/// Modality LUT or rescale of a frame.
pub(super) fn modality_of(
    instance: &Instance,
    frame: u32,
    signed: bool,
    repairs: &mut Vec<Repair>,
) -> Scale {
    let group = instance.frame_item(frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    let number = |tag: Tag| match group {
        Some(item) => numbers_of(item, tag).first().copied(),
        None => instance.number(tag),
    };
    let is_there = |tag: Tag| match group {
        Some(item) => is_filled(item, tag),
        None => instance.is_filled(tag),
    };
    let (slope, intercept) = (number(tags::RESCALE_SLOPE), number(tags::RESCALE_INTERCEPT));
    if let Some(item) = instance.items(tags::MODALITY_LUT_SEQUENCE).first() {
        let (descriptor, data) = (
            numbers_of(item, tags::LUT_DESCRIPTOR),
            numbers_of(item, tags::LUT_DATA),
        );
        if let Some(lut) = Lut::read(&descriptor, &data, signed, repairs) {
            if slope.is_some() || intercept.is_some() {
                repairs.push(Repair::new(&codes::MODALITY_TWICE, ""));
            }
            return Scale {
                modality: Modality::Table(lut),
                rescaled: false,
                unusable: false,
                kind: text_of(item, tags::MODALITY_LUT_TYPE),
            };
        }
    }
    // What is there but is no number ("0,5") is not as if it were absent: the values would pass for what they are not.
    let mut unusable = false;
    for (tag, value, name) in [
        (tags::RESCALE_SLOPE, slope, "Rescale Slope (0028,1053)"),
        (
            tags::RESCALE_INTERCEPT,
            intercept,
            "Rescale Intercept (0028,1052)",
        ),
    ] {
        if value.is_none() && is_there(tag) {
            repairs.push(Repair::new(&codes::RESCALE_UNUSABLE, name));
            unusable = true;
        }
    }
    if slope == Some(0.0) {
        repairs.push(Repair::new(&codes::SLOPE_ZERO, "(0028,1053)"));
        unusable = true;
    }
    let kind = match group {
        Some(item) => text_of(item, tags::RESCALE_TYPE),
        None => instance.text(tags::RESCALE_TYPE),
    };
    Scale {
        modality: Modality::Rescale {
            slope: slope.filter(|slope| *slope != 0.0).unwrap_or(1.0),
            intercept: intercept.unwrap_or(0.0),
        },
        rescaled: !unusable && (slope.is_some() || intercept.is_some()),
        unusable,
        kind,
    }
}

/// Pixel Padding Value and Range Limit as a range of stored values, whatever VR they were read by.
fn padding_of(instance: &Instance, signed: bool) -> Option<(f64, f64)> {
    if let Some(value) = instance.number(tags::FLOAT_PIXEL_PADDING_VALUE) {
        let end = instance
            .number(tags::FLOAT_PIXEL_PADDING_RANGE_LIMIT)
            .unwrap_or(value);
        return Some((value.min(end), value.max(end)));
    }
    let word = |x: f64| {
        let bits = (x as i64 & 0xffff) as u16;
        if signed {
            f64::from(bits.cast_signed())
        } else {
            f64::from(bits)
        }
    };
    let wide = instance.number(tags::BITS_ALLOCATED) > Some(16.0);
    let fit = |x: f64| if wide { x } else { word(x) };
    let value = fit(instance.number(tags::PIXEL_PADDING_VALUE)?);
    let end = instance
        .number(tags::PIXEL_PADDING_RANGE_LIMIT)
        .map_or(value, fit);
    Some((value.min(end), value.max(end)))
}

fn palette_of(
    numbers: impl Fn(Tag) -> Vec<f64>,
    signed: bool,
    repairs: &mut Vec<Repair>,
) -> Option<Palette> {
    let source = |descriptor, data, segmented| Source {
        descriptor: numbers(descriptor),
        data: numbers(data),
        segmented: numbers(segmented),
    };
    let sources = [
        source(
            tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
            tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        ),
        source(
            tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
            tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        ),
        source(
            tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
            tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        ),
    ];
    Palette::read(&sources, signed, repairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_keeps_only_windows_that_show_both_signs() {
        let window = |center, width| Choice {
            label: String::new(),
            voi: Voi::Window {
                center,
                width,
                function: Function::Linear,
            },
        };
        let grading = Grading {
            modality: Modality::default(),
            intensity: None,
            choices: vec![
                window(127.0, 255.0),
                window(512.0, 1024.0),
                window(-20.0, 100.0),
            ],
            presentation_lut: None,
            invert: false,
            unit: None,
            padding: None,
            auto: auto::Rule::Byte,
            modality_term: "XA".to_owned(),
            palette: None,
            remark: None,
            profile: None,
            bits_stored: 10,
        };
        let windows = |log| -> Vec<(f32, f32)> {
            let found = grading.subtracted(log).choices;
            found.iter().map(|choice| choice.voi.beginning()).collect()
        };
        // Windows of the frames themselves would show every value at or below 0 as black.
        assert_eq!(windows(false), [(-20.0, 100.0), (0.0, 256.0)]);
        assert_eq!(windows(true), [(0.0, 1.0)]);
    }
}
