//! Ultrasound regions (PS3.3 C.8.5.5): rectangles of a picture, each with units of its own. A length, a time or a velocity holds within
//! one region only.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::codes;
use crate::{
    base::Repair,
    dicom::{Instance, Item, number_of},
};

/// Regions of one picture that are looked at; real ones have up to ten.
const MOST: usize = 256;

/// Physical Units X and Y Direction (0018,6024), (0018,6026), by their numbers; the first is "none or not applicable".
const UNITS: [&str; 13] = [
    "", "%", "dB", "cm", "s", "Hz", "dB/s", "cm/s", "cm²", "cm²/s", "cm³", "cm³/s", "°",
];

/// The attributes of an axis: unit, step, a pixel, and the value that it has.
const X: [Tag; 4] = [
    tags::PHYSICAL_UNITS_X_DIRECTION,
    tags::PHYSICAL_DELTA_X,
    tags::REFERENCE_PIXEL_X0,
    tags::REFERENCE_PIXEL_PHYSICAL_VALUE_X,
];
const Y: [Tag; 4] = [
    tags::PHYSICAL_UNITS_Y_DIRECTION,
    tags::PHYSICAL_DELTA_Y,
    tags::REFERENCE_PIXEL_Y0,
    tags::REFERENCE_PIXEL_PHYSICAL_VALUE_Y,
];

/// What a pixel is worth along one side of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    /// The unit, as people write it; empty where the region has none.
    pub unit: &'static str,
    /// The absolute step from a pixel to the next, in the unit; `None` where the file says 0 or nothing. (Its sign says which way the axis
    /// runs.)
    pub step: Option<f64>,
    /// Where the value 0 lies, in pixels of the whole picture, and the sign of the axis (1: values grow with the pixels, −1: against them);
    /// `None` where the region does not say which pixel has which value: (0018,6020) to (0018,602A).
    pub zero: Option<(f64, f64)>,
}

impl Axis {
    /// By the attributes of the unit, the step, the pixel whose value is known, and that value. `first`: the region's first pixel, from which
    /// that pixel counts.
    fn of(item: &Item, [unit, delta, pixel, value]: [Tag; 4], first: f64) -> Self {
        let unit = number_of(item, unit).and_then(|code| UNITS.get(code as usize));
        let zero = || {
            let delta = number_of(item, delta).filter(|d| *d != 0.0 && d.is_finite())?;
            let at = first + number_of(item, pixel)?;
            let zero = at - number_of(item, value)? / delta;
            zero.is_finite().then_some((zero, delta.signum()))
        };
        Self {
            unit: unit.copied().unwrap_or_default(),
            step: number_of(item, delta)
                .map(f64::abs)
                .filter(|step| *step > 0.0 && step.is_finite()),
            zero: zero(),
        }
    }
    fn mm(self) -> Option<f64> {
        self.step.filter(|_| self.unit == "cm").map(|cm| cm * 10.0)
    }
}

/// One item of Sequence of Ultrasound Regions (0018,6011).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// First and last column, from 0, both within: (0018,6018), (0018,601C).
    pub columns: [f64; 2],
    /// First and last row, from 0, both within: (0018,601A), (0018,601E).
    pub rows: [f64; 2],
    /// Along a row.
    pub x: Axis,
    /// Along a column.
    pub y: Axis,
    /// Region Data Type (0018,6014): 1 tissue, 2 colour flow, 3 and 4 spectral Doppler, …
    pub data_type: u16,
    /// Region Spatial Format (0018,6012): 1 two-dimensional, 2 M-mode, 3 spectral, 4 waveform, 5 graphics.
    pub spatial_format: u16,
}

impl Region {
    fn of(item: &Item) -> Option<Self> {
        let number = |tag| number_of(item, tag);
        let side = |first, last| {
            let ends = [number(first)?, number(last)?];
            (ends[0] >= 0.0 && ends[1] >= ends[0]).then_some(ends)
        };
        let code = |tag| number(tag).map_or(0, |n| n as u16);
        let columns = side(tags::REGION_LOCATION_MIN_X0, tags::REGION_LOCATION_MAX_X1)?;
        let rows = side(tags::REGION_LOCATION_MIN_Y0, tags::REGION_LOCATION_MAX_Y1)?;
        Some(Self {
            columns,
            rows,
            x: Axis::of(item, X, columns[0]),
            y: Axis::of(item, Y, rows[0]),
            data_type: code(tags::REGION_DATA_TYPE),
            spatial_format: code(tags::REGION_SPATIAL_FORMAT),
        })
    }
    /// True when a point (column, row), pixel centres at whole numbers, lies within.
    pub fn contains(&self, [column, row]: [f64; 2]) -> bool {
        let within = |at: f64, [first, last]: [f64; 2]| at >= first - 0.5 && at < last + 0.5;
        within(column, self.columns) && within(row, self.rows)
    }
    /// (between rows, between columns) in mm, where both sides are lengths.
    pub fn spacing_mm(&self) -> Option<[f64; 2]> {
        Some([self.y.mm()?, self.x.mm()?])
    }
    /// Pixels.
    pub fn area(&self) -> f64 {
        let length = |[first, last]: [f64; 2]| last - first + 1.0;
        length(self.columns) * length(self.rows)
    }
}

/// The regions of an instance, as the file has them; those without a place are left out.
pub fn of(instance: &Instance) -> Vec<Region> {
    noting(instance).0
}

/// The same, with how many were left out.
pub(super) fn noting(instance: &Instance) -> (Vec<Region>, Option<Repair>) {
    let items = instance.items(tags::SEQUENCE_OF_ULTRASOUND_REGIONS);
    let of_file = items.len();
    let found: Vec<Region> = items
        .into_iter()
        .take(MOST)
        .filter_map(Region::of)
        .collect();
    let repair = (found.len() < of_file).then(|| {
        let detail = format!("{} of {of_file}", of_file - found.len());
        Repair::new(&codes::REGION_INVALID, detail)
    });
    (found, repair)
}

/// The region that all the points (column, row) lie in: what a line between them may be measured by. Where regions lie in each other, the
/// smallest. `None` where the points lie in several, or outside: then there are only pixels.
pub fn containing<'a>(regions: &'a [Region], points: &[[f64; 2]]) -> Option<&'a Region> {
    regions
        .iter()
        .filter(|region| points.iter().all(|&point| region.contains(point)))
        .min_by(|a, b| a.area().total_cmp(&b.area()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(columns: [f64; 2], rows: [f64; 2], unit: &'static str) -> Region {
        let axis = Axis {
            zero: None,
            unit,
            step: Some(0.02),
        };
        Region {
            columns,
            rows,
            x: axis,
            y: axis,
            data_type: 1,
            spatial_format: 1,
        }
    }

    #[test]
    fn a_line_is_measured_by_the_region_of_both_its_ends() {
        let tissue = region([0.0, 99.0], [0.0, 49.0], "cm");
        let doppler = region([0.0, 99.0], [50.0, 99.0], "cm/s");
        let small = region([10.0, 19.0], [10.0, 19.0], "cm");
        let all = [tissue, doppler, small];
        let found = |points: &[[f64; 2]]| containing(&all, points);
        assert_eq!(found(&[[1.0, 1.0], [90.0, 40.0]]), Some(&tissue));
        assert_eq!(found(&[[1.0, 60.0], [90.0, 99.4]]), Some(&doppler));
        assert_eq!(found(&[[1.0, 1.0], [1.0, 60.0]]), None, "ends in two");
        assert_eq!(found(&[[1.0, 1.0], [120.0, 1.0]]), None, "one end outside");
        assert_eq!(found(&[[1.0, 99.6]]), None);
        assert_eq!(found(&[[12.0, 12.0], [19.4, 19.4]]), Some(&small));
        assert_eq!(
            found(&[[12.0, 12.0], [19.6, 12.0]]),
            Some(&tissue),
            "beyond the small one"
        );
        assert_eq!(tissue.spacing_mm(), Some([0.2, 0.2]));
        assert_eq!(doppler.spacing_mm(), None);
        assert_eq!((tissue.area(), small.area()), (5000.0, 100.0));
    }
}
