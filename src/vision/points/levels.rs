//! Grey values → levels 0..255, as key points take them.

use crate::tone::{Frame, Grey, PADDING};

/// Levels 0..255 on a grid; all are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

/// Values that are the larger the brighter they are on the screen, so that pictures of both kinds of MONOCHROME look alike; of colour, the
/// luminance (ITU-R BT.601).
pub fn bright(frame: Frame, invert: bool) -> Grey {
    match frame {
        Frame::Grey(mut grey) => {
            if invert {
                for value in grey.values.iter_mut().filter(|v| **v != PADDING) {
                    *value = -*value;
                }
            }
            grey
        }
        Frame::Colour(colour) => Grey {
            columns: colour.columns,
            rows: colour.rows,
            values: (colour.rgba.as_chunks::<4>().0.iter())
                .map(|&[r, g, b, _]| {
                    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
                })
                .collect(),
        },
    }
}

impl Levels {
    /// Of 8-bit levels, rows × columns. What is missing at the end is 0, what is too much is left out.
    pub fn of_bytes(columns: usize, rows: usize, bytes: &[u8]) -> Self {
        let mut values: Vec<f32> = bytes.iter().map(|&b| f32::from(b)).collect();
        values.resize(columns.saturating_mul(rows).min(1 << 28), 0.0);
        Self::fitting(columns, rows, values)
    }

    /// Of modality values: the range between the 0.1st and the 99.9th percentile becomes 0..255, what lies beyond is clamped. Padding and
    /// what is no number become 0. The levels do not depend on unit, slope and intercept.
    pub fn of_grey(grey: &Grey) -> Self {
        let real = |v: f32| v.is_finite() && v != PADDING;
        // A sample of some ten thousand values knows the percentiles well enough, and does not depend on who asks.
        let stride = (grey.values.len() / 65_536).max(1);
        let mut sample: Vec<f32> = (grey.values.iter().step_by(stride).copied())
            .filter(|&v| real(v))
            .collect();
        sample.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| {
            let last = sample.len().saturating_sub(1);
            let place = (last as f64 * share).round() as usize;
            sample.get(place).copied().unwrap_or(0.0)
        };
        let (mut low, mut high) = (at(0.001), at(0.999));
        if high <= low {
            (low, high) = (at(0.0), at(1.0));
        }
        let slope = if high > low {
            255.0 / (f64::from(high) - f64::from(low))
        } else {
            0.0
        };
        let level = |&v: &f32| {
            if real(v) {
                ((f64::from(v) - f64::from(low)) * slope).clamp(0.0, 255.0) as f32
            } else {
                0.0
            }
        };
        let values = grey.values.iter().map(level).collect();
        Self::fitting(grey.columns, grey.rows, values)
    }

    fn fitting(columns: usize, rows: usize, mut values: Vec<f32>) -> Self {
        match columns.checked_mul(rows) {
            Some(count) if count <= values.len() => {
                values.truncate(count);
                Self {
                    columns,
                    rows,
                    values,
                }
            }
            // Fewer values than the size claims: no picture.
            _ => Self {
                columns: 0,
                rows: 0,
                values: Vec::new(),
            },
        }
    }

    /// Of levels that are made here, rows × columns of them.
    #[cfg(test)]
    pub(super) fn made(columns: usize, rows: usize, values: Vec<f32>) -> Self {
        Self::fitting(columns, rows, values)
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// Row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_do_not_depend_on_the_unit() {
        let values: Vec<f32> = (0..400)
            .map(|n| (n % 20) as f32 + (n / 20) as f32)
            .collect();
        let grey = |f: &dyn Fn(f32) -> f32| {
            Levels::of_grey(&Grey {
                columns: 20,
                rows: 20,
                values: values.iter().map(|&v| f(v)).collect(),
            })
        };
        let one = grey(&|v| v);
        let other = grey(&|v| v * 40.0 - 1024.0);
        for (a, b) in one.values().iter().zip(other.values()) {
            assert!((a - b).abs() < 1e-3);
        }
        let (low, high) = (one.values()[0], one.values()[399]);
        assert_eq!((low, high), (0.0, 255.0));
    }

    #[test]
    fn odd_values_become_levels() {
        let grey = Grey {
            columns: 3,
            rows: 2,
            values: vec![PADDING, f32::NAN, f32::INFINITY, 1.0, 2.0, f32::MAX],
        };
        let levels = Levels::of_grey(&grey);
        assert!(levels.values().iter().all(|v| (0.0..=255.0).contains(v)));
        for (columns, rows, values) in [
            (0, 0, vec![]),
            (usize::MAX, 2, vec![1.0]),
            (2, 2, vec![1.0]),
        ] {
            let grey = Grey {
                columns,
                rows,
                values,
            };
            assert_eq!(Levels::of_grey(&grey).size(), (0, 0));
        }
        assert_eq!(Levels::of_bytes(2, 2, &[1]).values(), [1.0, 0.0, 0.0, 0.0]);
    }
}
