//! Secondary Capture (PS3.3 A.8): the picture with what lies over it, for whoever can show nothing else. A notice is burned in below it,
//! where it covers nothing: what it is, and what it is not.

use std::rc::Rc;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::{
    codes, concept,
    kinds::Kind,
    lettering::{self, Line},
    result::{Export, Made, source_image},
};
use crate::{
    base::{Error, Result},
    model::input,
    render::{Heatmap, Interpolation, LabelOverlay, Scene, View, cpu},
    tone::{
        Frame, colourmap,
        voi::{Function, Voi},
    },
};

/// Longest side of the picture, at least and at most.
const SIDE: [f64; 2] = [512.0, 1024.0];
/// Most slices of a stack; of more that hold something, as many are taken evenly.
const MOST: usize = 64;
/// Letters a line, about.
const LETTERS: usize = 42;
const WHITE: [u8; 3] = [255; 3];
const NOTICE: &str = "RESEARCH OUTPUT, NOT A DIAGNOSIS";

/// The file: one frame for a frame, several for a stack.
pub(super) fn write(export: &Export<'_>, kind: &Kind) -> Result<Vec<u8>> {
    let made = Made::of(export)?;
    let shown = shown(&made)?;
    let class = if shown.len() > 1 {
        uids::MULTI_FRAME_TRUE_COLOR_SECONDARY_CAPTURE_IMAGE_STORAGE
    } else {
        uids::SECONDARY_CAPTURE_IMAGE_STORAGE
    };
    let mut set = made.begin(class, kind, "OT", "Picture")?;
    made.derived(&mut set, &["DERIVED", "SECONDARY"])?;
    let (mut pixels, mut size) = (vec![], [0, 0]);
    for &at in &shown {
        let (rgb, own) = picture(&made, at)?;
        pixels.extend(rgb);
        size = own;
    }
    let now = export.stamp.at(made
        .source()?
        .text(tags::TIMEZONE_OFFSET_FROM_UTC)
        .as_deref());
    let sources = shown.iter().filter_map(|&at| made.frames.get(at));
    set.text(tags::CONVERSION_TYPE, "WSD")
        .text(tags::DATE_OF_SECONDARY_CAPTURE, &now.date)
        .text(tags::TIME_OF_SECONDARY_CAPTURE, &now.time)
        .text(tags::BURNED_IN_ANNOTATION, "YES")
        .copy_or_empty(made.source()?.data(), &[tags::PATIENT_ORIENTATION])
        .text(
            tags::DERIVATION_DESCRIPTION,
            &format!("{NOTICE}. {}", made.parameters()),
        )
        .item(tags::DERIVATION_CODE_SEQUENCE, concept::CALCULATED.item())
        .items(
            tags::SOURCE_IMAGE_SEQUENCE,
            sources.map(source_image).collect(),
        )
        .numbers(tags::SAMPLES_PER_PIXEL, &[3.0])
        .text(tags::PHOTOMETRIC_INTERPRETATION, "RGB")
        .numbers(tags::PLANAR_CONFIGURATION, &[0.0])
        .numbers(tags::BITS_ALLOCATED, &[8.0])
        .numbers(tags::BITS_STORED, &[8.0])
        .numbers(tags::HIGH_BIT, &[7.0])
        .numbers(tags::PIXEL_REPRESENTATION, &[0.0])
        .numbers(tags::COLUMNS, &[size[0] as f64])
        .numbers(tags::ROWS, &[size[1] as f64]);
    if !set.has(tags::BODY_PART_EXAMINED) {
        // Nobody says whether the part is one of a pair.
        set.copy_or_empty(made.source()?.data(), &[tags::LATERALITY]);
    }
    made.references(&mut set);
    if shown.len() > 1 {
        let pages: Vec<f64> = shown.iter().map(|at| *at as f64 + 1.0).collect();
        set.numbers(tags::NUMBER_OF_FRAMES, &[shown.len() as f64])
            .pointer(tags::FRAME_INCREMENT_POINTER, tags::PAGE_NUMBER_VECTOR)
            .numbers(tags::PAGE_NUMBER_VECTOR, &pages);
    }
    set.bytes(tags::PIXEL_DATA, VR::OB, pixels);
    set.file()
}

/// Which frames of the source are shown: of a stack those that hold a label, else its middle.
fn shown(made: &Made<'_>) -> Result<Vec<usize>> {
    let Export { finding, set, .. } = made.export;
    if finding.label_map.is_none() {
        let none = || Error::new(&codes::NOT_IN_FINDING).expected("a label map or a heatmap");
        return finding.heatmap.as_ref().map(|_| vec![0]).ok_or_else(none);
    }
    made.labels()?;
    let plane = (set.columns as usize * set.rows as usize).max(1);
    let planes = made.export.overlay.chunks_exact(plane);
    let filled: Vec<usize> = planes
        .enumerate()
        .filter(|(_, plane)| plane.iter().any(|&v| v > 0))
        .map(|(at, _)| at)
        .collect();
    if filled.is_empty() {
        return Ok(vec![made.frames.len() / 2]);
    }
    let count = filled.len().min(MOST);
    let evenly = (0..count).filter_map(|n| filled.get(n * filled.len() / count).copied());
    Ok(evenly.collect())
}

/// Frame `at` of the source, painted with its overlay and the notice below: RGB, and columns and rows.
fn picture(made: &Made<'_>, at: usize) -> Result<(Vec<u8>, [usize; 2])> {
    let Export {
        catalogue,
        set,
        index,
        finding,
        overlay,
        limits,
        ..
    } = *made.export;
    let grey = input::display(catalogue, set, index.unwrap_or(at), limits)?;
    let size = (grey.columns, grey.rows);
    // Labels are counted by the set's grid, and all frames of an object have one size.
    if size != (set.columns as usize, set.rows as usize) {
        return Err(Error::new(&codes::NOT_IN_FINDING)
            .expected(format!("a frame of {} × {}", set.columns, set.rows))
            .found(format!("{} × {}", size.0, size.1)));
    }
    let aspect = set.spacing.aspect();
    let real = [size.0 as f64, size.1 as f64 * aspect];
    let longest = real[0].max(real[1]).max(1.0);
    let factor = longest.clamp(SIDE[0], SIDE[1]) / longest;
    let canvas = real.map(|n| ((n * factor).round() as u32).max(1));
    let plane = size.0 * size.1;
    let labels = finding.label_map.as_ref().map(|map| LabelOverlay {
        labels: Rc::new(
            overlay
                .get(at * plane..(at + 1) * plane)
                .unwrap_or_default()
                .to_vec(),
        ),
        colours: Rc::new(map.colours.clone()),
        opacity: 0.5,
        outline: false,
    });
    let heatmap = finding.heatmap.as_ref().map(|map| Heatmap {
        columns: map.cells[0] as usize,
        rows: map.cells[1] as usize,
        values: Rc::new(
            overlay
                .as_chunks::<4>()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
        ),
        extent: map.extent,
        range: map.range,
        threshold: 0.0,
        opacity: 0.5,
        colours: Rc::new(
            colourmap::by_name("viridis").map_or_else(|| vec![WHITE; 256], |m| m.table().to_vec()),
        ),
        smooth: false,
    });
    let scene = Scene {
        view: View::fit(size, (canvas[0], canvas[1]), aspect, 0),
        frame: Rc::new(Frame::Grey(grey)),
        voi: Voi::Window {
            center: 0.5,
            width: 1.0,
            function: Function::LinearExact,
        },
        invert: false,
        colours: None,
        fixed: None,
        presentation_lut: None,
        interpolation: Interpolation::Linear,
        labels,
        marks: None,
        heatmap,
    };
    let rgba = cpu::paint(&scene, canvas[0], canvas[1]);
    let mut rgb: Vec<u8> = (rgba.as_chunks::<4>().0.iter())
        .flat_map(|&[r, g, b, _]| [r, g, b])
        .collect();
    let [width, height] = canvas.map(|n| n as usize);
    let scale = (width / (LETTERS * lettering::CELL[0])).max(1);
    let letters = (width / (lettering::CELL[0] * scale)).saturating_sub(1);
    let lines = lettering::wrapped(&words(made, at), letters);
    let (strip, below) = lettering::strip(&lines, width, scale);
    rgb.extend(strip);
    Ok((rgb, [width, height + below]))
}

/// What stands below a picture. The count of lines does not depend on the frame.
fn words(made: &Made<'_>, at: usize) -> Vec<Line> {
    let finding = made.export.finding;
    let model = &finding.model;
    let mut lines = vec![
        (NOTICE.to_owned(), WHITE),
        (format!("{} {}", model.name, model.version), WHITE),
    ];
    if let Some(map) = &finding.label_map {
        for (label, name) in map.names.iter().enumerate().skip(1) {
            let colour = map.colours.get(label).copied().unwrap_or(WHITE);
            let ml = map.volumes_ml.get(name).copied().unwrap_or(0.0);
            lines.push((format!("{name}: {ml:.1} ml"), colour));
        }
        lines.push((format!("{:4} / {}", at + 1, made.frames.len()), WHITE));
    }
    for score in &finding.scores {
        let (value, how) = match score.calibrated {
            Some(calibrated) => (calibrated, "calibrated"),
            None => (score.value, "not calibrated"),
        };
        lines.push((format!("{}: {value:.3} ({how})", score.label), WHITE));
    }
    if let Some(map) = &finding.heatmap {
        let [low, high] = map.range;
        lines.push((
            format!("{}: {}, scale {low} to {high}", map.method, map.label),
            WHITE,
        ));
    }
    lines
}
