//! A mark and what was computed of it: the shapes that both doors, reports and sessions pass on.

use serde::{Deserialize, Serialize};

use super::{
    codes,
    geometry::Point,
    on_plane::OnPlane,
    statistics::Statistics,
    tools::{self, Tool},
};
use crate::base::{Error, Result};

/// Places beyond this many pixels from the image are none.
pub(super) const FARTHEST: f64 = 1e6;
/// Parts of a pixel in which places are kept: every one of them is exact in 32-bit floating point, which reports store.
const PARTS: f64 = 64.0;

/// What somebody has placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Mark {
    /// [`Tool::name`].
    pub kind: String,
    /// (column, row) from 0, pixel centres at whole numbers, in the tool's order.
    pub points: Vec<Point>,
    /// A name or a text; may be empty.
    #[serde(default)]
    pub text: String,
}

impl Mark {
    /// The tool, and the points as they are kept: to a 64th of a pixel.
    ///
    /// # Errors
    /// `PIX-401` for another kind, `PIX-402` for another number of points, `PIX-403` for a point that is far from any image or no number.
    pub fn checked(&self) -> Result<(&'static Tool, Vec<Point>)> {
        let tool = tools::by_name(&self.kind).ok_or_else(|| {
            let shown: String = self.kind.chars().take(32).collect();
            Error::new(&codes::NO_TOOL)
                .expected(tools::names())
                .found(shown)
        })?;
        let (least, most) = tool.handles;
        if self.points.len() < least || self.points.len() > most {
            let expected = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            return Err(Error::new(&codes::HANDLES)
                .at(tool.name)
                .expected(expected)
                .found(self.points.len()));
        }
        let points: Vec<Point> = self.points.iter().copied().map(kept).collect();
        match points
            .iter()
            .find(|p| !p.iter().all(|at| at.abs() <= FARTHEST))
        {
            Some([x, y]) => Err(Error::new(&codes::NOT_A_PLACE).found(format!("{x}, {y}"))),
            None => Ok((tool, points)),
        }
    }
}

/// A place as it is kept.
pub(super) fn kept(point: Point) -> Point {
    point.map(|at| (at * PARTS).round() / PARTS)
}

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Value {
    /// What it is: `length`, `angle`, `area`, …; each tool says which it gives.
    pub name: String,
    /// In `unit`.
    pub value: f64,
    /// UCUM: `mm`, `mm2`, `deg`, `cm/s`; `{pixels}` and `{square_pixels}` where no spacing is known; `1` for a ratio.
    pub unit: String,
}

impl Value {
    pub(super) fn new(name: &str, value: f64, unit: &str) -> Option<Self> {
        value.is_finite().then(|| Self {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
        })
    }
}

/// Where a spacing comes from (PS3.3 10.7, C.8.5.5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Origin {
    /// `pixel-spacing`, `fiducial`, `geometry`, `calibrated`, `unknown`, `imager`, `magnified`, `region`, `film`, `user`, `none`, `outside` (of
    /// every ultrasound region, or in several), `reformatted` (a plane of a volume).
    pub from: String,
    /// What a `magnified` spacing was divided by; 1 for others.
    pub factor: f64,
    /// What has to be said behind a length, in English: `at detector`; empty where nothing has to.
    pub label: String,
}

/// What a mark is worth on its frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Computed {
    /// The most important first.
    pub values: Vec<Value>,
    /// Where the spacing comes from that they were computed with.
    pub origin: Origin,
    /// Of regions, and of a probe's pixel: by quantity, the modality value first. Empty for colour.
    #[serde(default)]
    pub statistics: Vec<Statistics>,
    /// What has to be known: `crossing` (the sides cross: no area), `outside` (partly outside of the image), `no-values` (none but padding),
    /// `resampled` (statistics of values between voxels).
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A mark with its place in a study, as reports, sessions and documents hold it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Measurement {
    /// Tracking Unique Identifier (PS3.16 TID 1501): stays the same while the mark is moved.
    pub uid: String,
    /// SOP Instance UID (0008,0018) of the image.
    pub sop_uid: String,
    /// Frame of it, from 1.
    pub frame: u32,
    /// What was placed.
    pub mark: Mark,
    /// What it is worth, or what a report says it is.
    pub computed: Computed,
    /// The plane of a volume that it lies on, and not the image: that is one of those that the volume was made of.
    #[serde(default)]
    pub plane: Option<OnPlane>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_checked() {
        let mark = |kind: &str, points: &[Point]| Mark {
            kind: kind.to_owned(),
            points: points.to_vec(),
            text: String::new(),
        };
        let code = |m: Mark| m.checked().map(|_| ()).map_err(|e| e.code().id);
        assert_eq!(code(mark("length", &[[0.0, 0.0], [1.0, 1.0]])), Ok(()));
        assert_eq!(code(mark("lenght", &[])), Err("PIX-401"));
        assert_eq!(code(mark("length", &[[0.0, 0.0]])), Err("PIX-402"));
        assert_eq!(code(mark("length", &[[0.0, 0.0]; 3])), Err("PIX-402"));
        for wrong in [f64::NAN, f64::INFINITY, -1e300] {
            assert_eq!(code(mark("probe", &[[0.0, wrong]])), Err("PIX-403"));
        }
        let (_, points) = mark("probe", &[[0.337, -1.001]]).checked().unwrap();
        assert_eq!(points, [[0.34375, -1.0]]);
        assert!(points.iter().flatten().all(|&x| f64::from(x as f32) == x));
    }
}
