//! A mark on a frame that was decoded: its values with their units, its statistics, what has to be known of them.

use super::{
    geometry,
    geometry::Point,
    mark::{Computed, Mark, Value},
    on_plane::OnPlane,
    scale::Scale,
    shape::Shape,
    statistics::Statistics,
    tools::Tool,
};
use crate::{
    base::Result,
    codec::Stored,
    study::{
        geometry::{Spacing, SpacingFrom},
        region::Region,
    },
    tone::{Frame, PADDING, quantity::Quantity},
};

/// A frame that is measured.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Of this frame (`study::spacing::of`).
    pub spacing: Spacing,
    /// Ultrasound regions.
    pub regions: &'a [Region],
    /// Modality values, or colours: as the file has them, before any filter, subtraction, shutter or presentation state.
    pub frame: &'a Frame,
    /// The values that they come from, one a pixel for grey frames: what quantities are mapped from.
    pub stored: &'a Stored,
    /// Unit of the modality values; empty where none is known.
    pub unit: &'a str,
    /// Uptake, real-world values.
    pub quantities: &'a [Quantity],
    /// mm between columns, as the user has calibrated the frame.
    pub user_mm: Option<f64>,
}

/// What a mark is worth.
///
/// # Errors
/// As [`Mark::checked`].
pub fn compute(mark: &Mark, subject: &Subject<'_>) -> Result<Computed> {
    let (tool, points) = mark.checked()?;
    let scale = Scale::of(subject.spacing, subject.regions, &points, subject.user_mm);
    Ok(worth(tool, &points, scale, subject))
}

/// What a mark is worth on a plane of a volume: `frame` has the values that were computed for its pixels.
///
/// # Errors
/// As [`Mark::checked`] and [`OnPlane::checked`].
pub fn compute_on_plane(mark: &Mark, on: &OnPlane, frame: &Frame, unit: &str) -> Result<Computed> {
    on.checked()?;
    let (tool, points) = mark.checked()?;
    let subject = Subject {
        spacing: Spacing {
            mm: on.spacing_mm,
            from: SpacingFrom::PixelSpacing,
        },
        regions: &[],
        frame,
        stored: &Stored::F32(vec![]),
        unit,
        quantities: &[], // they map what the file stores, and nothing is stored between voxels
        user_mm: None,
    };
    let mut computed = worth(tool, &points, Scale::of_plane(on.spacing_mm), &subject);
    if !computed.statistics.is_empty() {
        computed.notes.push("resampled".to_owned());
    }
    Ok(computed)
}

fn worth(tool: &Tool, points: &[Point], scale: Scale, subject: &Subject<'_>) -> Computed {
    let mut values = (tool.compute)(points, &scale);
    let mut notes = vec![];
    let mut statistics = vec![];
    let size = subject.frame.size();
    if let Some(shape) = (tool.shape)(points) {
        let mut note = |what: &str| notes.push(what.to_owned());
        if matches!(&shape, Shape::Polygon(line) if geometry::crosses(line)) {
            note("crossing");
        }
        if shape.runs(size.0, size.1, |_, _, _| {}) {
            note("outside");
        }
        match subject.frame {
            Frame::Grey(grey) => {
                let modality = |at: usize| {
                    let value = grey.values.get(at).copied().filter(|&v| v != PADDING)?;
                    Some(f64::from(value))
                };
                let own = Statistics::of(&shape, size, "value", subject.unit, modality);
                if own.is_none() {
                    note("no-values");
                }
                statistics.extend(own);
                for quantity in subject.quantities {
                    let value = |at: usize| quantity.value(subject.stored.get(at)?, modality(at)?);
                    let name = if quantity.name.is_empty() {
                        "real-world"
                    } else {
                        &quantity.name
                    };
                    statistics.extend(Statistics::of(&shape, size, name, &quantity.unit, value));
                }
            }
            Frame::Colour(colour) => {
                if matches!(shape, Shape::Pixel(_)) {
                    shape.runs(size.0, size.1, |row, column, _| {
                        let at = (row * size.0 + column) * 4;
                        let samples = colour.rgba.get(at..).unwrap_or_default();
                        let named = ["red", "green", "blue"].iter().zip(samples);
                        values.extend(
                            named.filter_map(|(name, &v)| Value::new(name, f64::from(v), "1")),
                        );
                    });
                }
            }
        }
    }
    Computed {
        values,
        origin: scale.origin,
        statistics,
        notes,
    }
}
