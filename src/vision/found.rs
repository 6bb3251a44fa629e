//! Regions as both doors hand them out: plain data, one form for `contours --json` and for the page.

use serde::{Deserialize, Serialize};

use super::regions::Region;

/// Modality values of a region's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundValues {
    /// Pixels with a value (padding has none).
    pub count: u32,
    /// Mean, in the unit of the values.
    pub mean: f64,
    /// Standard deviation (divided by the count).
    pub sd: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

/// A rectangle at an angle, or an ellipse by its axes. Pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundAxes {
    /// Column and row of the centre.
    pub center: [f64; 2],
    /// The longer and the shorter side or axis.
    pub size: [f64; 2],
    /// Of the longer one, with the clock on the screen, −90 to 90.
    pub angle_degrees: f64,
}

/// One contour with its measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundRegion {
    /// The contour that it lies in, by its place in the list.
    pub parent: Option<u32>,
    /// The border of a hole.
    pub hole: bool,
    /// Columns and rows of its corners, pixel centres at whole numbers.
    pub points: Vec<[i32; 2]>,
    /// Pixels that belong to it.
    pub pixels: u32,
    /// The same in mm²; `None` where no spacing is known.
    pub area_mm2: Option<f64>,
    /// Area of the polygon through `points`, pixels².
    pub contour_area: f64,
    /// Its length, pixels.
    pub perimeter: f64,
    /// The same in mm.
    pub perimeter_mm: Option<f64>,
    /// Mean column and row of its pixels.
    pub centroid: [f64; 2],
    /// Left, top, right, bottom, all within.
    pub bounds: [i32; 4],
    /// Corners of the convex hull.
    pub hull: Vec<[i32; 2]>,
    /// The smallest rectangle around it.
    pub rectangle: FoundAxes,
    /// The ellipse with the same second moments.
    pub ellipse: FoundAxes,
    /// Moments of the polygon by name: `m00` …, `mu20` ….
    pub moments: Vec<(String, f64)>,
    /// Values of its pixels; `None` where all are padding.
    pub statistics: Option<FoundValues>,
}

impl From<&Region> for FoundRegion {
    fn from(region: &Region) -> Self {
        let r = region;
        Self {
            parent: r.contour.parent.map(|p| p as u32),
            hole: r.contour.hole,
            points: r.contour.points.clone(),
            pixels: r.pixels as u32,
            area_mm2: r.area_mm2,
            contour_area: r.contour_area,
            perimeter: r.perimeter,
            perimeter_mm: r.perimeter_mm,
            centroid: r.centre,
            bounds: r.bounds,
            hull: r.hull.clone(),
            rectangle: FoundAxes {
                center: r.rectangle.centre,
                size: r.rectangle.size,
                angle_degrees: r.rectangle.angle_degrees,
            },
            ellipse: FoundAxes {
                center: r.centre,
                size: r.ellipse.axes,
                angle_degrees: r.ellipse.angle_degrees,
            },
            moments: (r.moments.named().into_iter())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            statistics: r.statistics.map(|s| FoundValues {
                count: s.count as u32,
                mean: s.mean,
                sd: s.sd,
                min: f64::from(s.min),
                max: f64::from(s.max),
            }),
        }
    }
}

/// What was found in a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundRegions {
    /// Rows and columns of the frame.
    pub size: [u32; 2],
    /// Unit of the values; empty where none is known.
    pub unit: String,
    /// The steps that led to it, `name:key=value`; of a region that was grown those before it.
    pub steps: Vec<String>,
    /// The threshold that was taken, where it is one number: in the unit of what it cut (of levels after `grey`).
    pub threshold: Option<f64>,
    /// mm between rows and columns; `None` where it is not known, or differs by place (ultrasound regions).
    pub spacing_mm: Option<[f64; 2]>,
    /// Where it comes from, as in `info --json`.
    pub spacing_from: String,
    /// The contours; a parent stands before what lies in it.
    pub regions: Vec<FoundRegion>,
    /// Contours that are not in the list, because there are too many.
    pub left_out: u32,
}
