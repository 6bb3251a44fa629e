//! What a pixel is worth for a set of points: mm, the units of one ultrasound region, or pixels; with the origin of that.

use super::{
    geometry::{Point, sub},
    mark::{Origin, Value},
};
use crate::study::geometry::{Spacing, SpacingFrom};

/// Unit of what is only counted.
pub const PIXELS: &str = "{pixels}";
/// Its square.
pub const SQUARE_PIXELS: &str = "{square_pixels}";

/// What a step from a pixel to the next is worth along one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// UCUM.
    pub unit: &'static str,
    /// In the unit, > 0.
    pub step: f64,
}

/// Sides, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Along a row.
    pub x: Side,
    /// Along a column.
    pub y: Side,
    /// Height of a pixel over its width where lengths are counted in pixels: for angles.
    pub aspect: f64,
    /// Where it comes from.
    pub origin: Origin,
    /// The place (column, row) of the value 0 on each side, where a region says it: for times and velocities at a point; with the sign of
    /// the axis.
    pub zero: [Option<(f64, f64)>; 2],
}

impl Scale {
    /// Of one spacing that holds on the whole frame.
    pub fn of_spacing(spacing: Spacing) -> Self {
        let [rows, columns] = spacing.mm;
        let from = spacing.from;
        if from == SpacingFrom::None {
            return Self::pixels(spacing.aspect(), "none");
        }
        let label = from.label();
        let said = label.strip_prefix("mm (").and_then(|l| l.strip_suffix(')'));
        let side = |step| Side { unit: "mm", step };
        Self {
            x: side(columns),
            y: side(rows),
            aspect: rows / columns,
            origin: Origin {
                from: from.name().to_owned(),
                factor: if let SpacingFrom::Magnified(by) = from {
                    by
                } else {
                    1.0
                },
                label: said.unwrap_or_default().to_owned(),
            },
            zero: [None; 2],
        }
    }

    /// Pixels. `why`: `none`, or `outside` of the ultrasound regions.
    pub fn pixels(aspect: f64, why: &str) -> Self {
        let side = Side {
            unit: PIXELS,
            step: 1.0,
        };
        let label = match why {
            "outside" => "not within one ultrasound region",
            _ => "no spacing in the file",
        };
        Self {
            x: side,
            y: side,
            aspect,
            origin: Origin {
                from: why.to_owned(),
                factor: 1.0,
                label: label.to_owned(),
            },
            zero: [None; 2],
        }
    }

    /// As a user has calibrated it: mm between columns; rows by the aspect.
    pub fn of_user(columns_mm: f64, aspect: f64) -> Self {
        let side = |step| Side { unit: "mm", step };
        Self {
            x: side(columns_mm),
            y: side(columns_mm * aspect),
            aspect,
            origin: Origin {
                from: "user".to_owned(),
                factor: 1.0,
                label: "calibrated by the user".to_owned(),
            },
            zero: [None; 2],
        }
    }

    /// Of a plane of a volume: its own spacing, mm between rows and columns.
    pub fn of_plane([rows, columns]: [f64; 2]) -> Self {
        let side = |step| Side { unit: "mm", step };
        Self {
            x: side(columns),
            y: side(rows),
            aspect: rows / columns,
            origin: Origin {
                from: "reformatted".to_owned(),
                factor: 1.0,
                label: "reformatted from the volume".to_owned(),
            },
            zero: [None; 2],
        }
    }

    /// The unit of lengths in any direction; `None` where the sides are worth different things.
    pub fn length_unit(&self) -> Option<&'static str> {
        (self.x.unit == self.y.unit && (self.x.unit == "mm" || self.x.unit == PIXELS))
            .then_some(self.x.unit)
    }
    /// The unit of areas.
    pub fn area_unit(&self) -> Option<&'static str> {
        Some(if self.length_unit()? == "mm" {
            "mm2"
        } else {
            SQUARE_PIXELS
        })
    }
    /// A place in units.
    pub fn place(&self, [column, row]: Point) -> Point {
        [column * self.x.step, row * self.y.step]
    }
    /// Places in units.
    pub fn places(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|&p| self.place(p)).collect()
    }
    /// A place for angles: in units, or in pixels made square. `None` where the sides are worth different things.
    pub fn square(&self, point: Point) -> Option<Point> {
        match self.length_unit()? {
            "mm" => Some(self.place(point)),
            _ => Some([point[0], point[1] * self.aspect]),
        }
    }

    /// What lies between two points where there is no length: a time, a velocity, a frequency, and how steep it is.
    pub fn between(&self, a: Point, b: Point) -> Vec<Value> {
        let [x, y] = sub(b, a);
        let (across, up) = (x.abs() * self.x.step, y.abs() * self.y.step);
        let mut values = vec![];
        for (side, value, other) in [(self.x, across, "horizontal"), (self.y, up, "vertical")] {
            if side.unit != PIXELS {
                values.extend(Value::new(
                    quantity(side.unit).unwrap_or(other),
                    value,
                    side.unit,
                ));
            }
        }
        if self.x.unit == "s" && across > 0.0 {
            values.extend(Value::new("rate", 60.0 / across, "/min"));
            let per = match self.y.unit {
                "mm" => Some("mm/s"),
                "cm/s" => Some("cm/s2"),
                _ => None,
            };
            values.extend(per.and_then(|unit| Value::new("slope", up / across, unit)));
        }
        values
    }

    /// What a point stands for on the axes of a region: the velocity of a Doppler spectrum at it, say.
    pub fn at(&self, point: Point) -> Vec<Value> {
        let sides = [
            (self.x, point[0], self.zero[0]),
            (self.y, point[1], self.zero[1]),
        ];
        let mut values = vec![];
        for (side, at, zero) in sides {
            // A place in tissue has no zero that means anything.
            let named = quantity(side.unit).filter(|_| side.unit != "mm");
            if let (Some(name), Some((zero, sign))) = (named, zero) {
                values.extend(Value::new(name, (at - zero) * side.step * sign, side.unit));
            }
        }
        values
    }
}

/// What a unit measures.
fn quantity(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "mm" => "distance",
        "s" => "time",
        "cm/s" => "velocity",
        "Hz" => "frequency",
        _ => return None,
    })
}

#[cfg(feature = "viewer")]
mod of_frame {
    use super::{Scale, Side, Spacing, SpacingFrom};
    use crate::measure::{geometry::Point, mark::Origin};
    use crate::study::region::{self, Axis, Region};

    impl Scale {
        /// What holds for points of a frame: its spacing, and in ultrasound the one region that all of them lie in. A picture with regions and
        /// a spacing of its own is measured by that spacing. `user`: mm between columns, as the user has calibrated the frame.
        pub fn of(
            spacing: Spacing,
            regions: &[Region],
            points: &[Point],
            user: Option<f64>,
        ) -> Self {
            let user = user.filter(|mm| *mm > 0.0 && mm.is_finite() && *mm < 1e4);
            let by_region = !regions.is_empty()
                && matches!(spacing.from, SpacingFrom::Region | SpacingFrom::None);
            if !by_region {
                return match user {
                    Some(mm) => Self::of_user(mm, spacing.aspect()),
                    None => Self::of_spacing(spacing),
                };
            }
            let found =
                region::containing(regions, points).and_then(|r| of_region(r, spacing.aspect()));
            match (found, user) {
                (Some(scale), _) => scale,
                (None, Some(mm)) => Self::of_user(mm, spacing.aspect()),
                (None, None) => Self::pixels(spacing.aspect(), "outside"),
            }
        }
    }

    /// `None` where no side of the region is worth anything.
    fn of_region(region: &Region, aspect: f64) -> Option<Scale> {
        let side = |axis: Axis| {
            let unit = ucum(axis.unit)?;
            let step = axis.step?;
            // Lengths are mm everywhere.
            Some(if unit == "cm" {
                Side {
                    unit: "mm",
                    step: step * 10.0,
                }
            } else {
                Side { unit, step }
            })
        };
        let (x, y) = (side(region.x), side(region.y));
        if x.is_none() && y.is_none() {
            return None;
        }
        let none = Side {
            unit: super::PIXELS,
            step: 1.0,
        };
        Some(Scale {
            x: x.unwrap_or(none),
            y: y.unwrap_or(none),
            aspect,
            origin: Origin {
                from: "region".to_owned(),
                factor: 1.0,
                label: "ultrasound region".to_owned(),
            },
            zero: [region.x.zero, region.y.zero],
        })
    }

    fn ucum(unit: &str) -> Option<&'static str> {
        Some(match unit {
            "cm" => "cm",
            "s" => "s",
            "Hz" => "Hz",
            "cm/s" => "cm/s",
            "%" => "%",
            "dB" => "dB",
            "dB/s" => "dB/s",
            "cm²" => "cm2",
            "cm²/s" => "cm2/s",
            "cm³" => "cm3",
            "cm³/s" => "cm3/s",
            "°" => "deg",
            _ => return None,
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn region(
            columns: [f64; 2],
            rows: [f64; 2],
            units: [&'static str; 2],
            steps: [f64; 2],
        ) -> Region {
            let axis = |k: usize| Axis {
                unit: units[k],
                step: Some(steps[k]),
                zero: Some((10.0, -1.0)),
            };
            Region {
                columns,
                rows,
                x: axis(0),
                y: axis(1),
                data_type: 1,
                spatial_format: 1,
            }
        }

        #[test]
        fn ultrasound_is_measured_within_one_region() {
            let none = Spacing {
                mm: [1.0, 1.0],
                from: SpacingFrom::None,
            };
            let tissue = region([0.0, 99.0], [0.0, 49.0], ["cm", "cm"], [0.02, 0.03]);
            let doppler = region([0.0, 99.0], [50.0, 99.0], ["s", "cm/s"], [0.01, 2.0]);
            let all = [tissue, doppler];
            let of = |points: &[Point]| Scale::of(none, &all, points, None);
            let scale = of(&[[1.0, 1.0], [9.0, 9.0]]);
            assert_eq!((scale.x.unit, scale.x.step, scale.y.step), ("mm", 0.2, 0.3));
            assert_eq!(scale.origin.from, "region");
            let scale = of(&[[10.0, 60.0], [60.0, 80.0]]);
            assert_eq!(scale.length_unit(), None);
            let values = scale.between([10.0, 60.0], [60.0, 80.0]);
            let named: Vec<_> = values
                .iter()
                .map(|v| (v.name.as_str(), v.value, v.unit.as_str()))
                .collect();
            assert_eq!(
                named,
                [
                    ("time", 0.5, "s"),
                    ("velocity", 40.0, "cm/s"),
                    ("rate", 120.0, "/min"),
                    ("slope", 80.0, "cm/s2")
                ]
            );
            // Row 10 of the picture is 0, and the axis runs upwards.
            let at = scale.at([20.0, 70.0]);
            let named: Vec<_> = at.iter().map(|v| (v.name.as_str(), v.value)).collect();
            assert_eq!(named, [("time", -0.1), ("velocity", -120.0)]);
            for apart in [[[1.0, 1.0], [1.0, 60.0]], [[1.0, 1.0], [200.0, 1.0]]] {
                let scale = of(&apart);
                assert_eq!(
                    (scale.length_unit(), scale.origin.from.as_str()),
                    (Some("{pixels}"), "outside")
                );
            }
            let own = Spacing {
                mm: [0.5, 0.4],
                from: SpacingFrom::PixelSpacing,
            };
            assert_eq!(Scale::of(own, &all, &[[1.0, 1.0]], None).x.step, 0.4);
            assert_eq!(Scale::of(none, &[], &[], Some(0.25)).origin.from, "user");
            assert_eq!(
                Scale::of(none, &[], &[], Some(f64::NAN)).origin.from,
                "none"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spacing_says_where_it_comes_from() {
        let of = |from| {
            Scale::of_spacing(Spacing {
                mm: [0.5, 0.25],
                from,
            })
        };
        let scale = of(SpacingFrom::Imager);
        assert_eq!(scale.place([4.0, 2.0]), [1.0, 1.0]);
        assert_eq!(
            (scale.origin.from.as_str(), scale.origin.label.as_str()),
            ("imager", "at detector")
        );
        let scale = of(SpacingFrom::Magnified(1.25));
        assert_eq!(
            (scale.origin.factor, scale.origin.label.as_str()),
            (1.25, "est. magnification 1.25")
        );
        assert_eq!(of(SpacingFrom::PixelSpacing).origin.label, "");
        let scale = of(SpacingFrom::None);
        assert_eq!(
            (scale.length_unit(), scale.area_unit()),
            (Some(PIXELS), Some(SQUARE_PIXELS))
        );
        // Lengths count pixels; angles need their shape.
        assert_eq!(scale.place([4.0, 2.0]), [4.0, 2.0]);
        assert_eq!(scale.square([4.0, 2.0]), Some([4.0, 4.0]));
    }
}
