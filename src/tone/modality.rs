//! Modality LUT module (PS3.3 C.11.1): from stored values to modality values. A table or a rescale, never both.

use super::{PADDING, lut::Lut};
use crate::{codec::Stored, each_stored};

/// What turns stored values into modality values.
#[derive(Debug, Clone, PartialEq)]
pub enum Modality {
    /// Rescale Slope (0028,1053) and Rescale Intercept (0028,1052); slope ≠ 0. Without both: 1 and 0.
    Rescale {
        /// Factor.
        slope: f64,
        /// Summand.
        intercept: f64,
    },
    /// A Modality LUT; its output is unsigned.
    Table(Lut),
}

impl Default for Modality {
    fn default() -> Self {
        Self::Rescale {
            slope: 1.0,
            intercept: 0.0,
        }
    }
}

impl Modality {
    /// Bytes of its table.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Rescale { .. } => 0,
            Self::Table(lut) => size_of_val(lut.entries.as_slice()),
        }
    }

    /// The modality value of one stored value.
    pub fn map(&self, stored: f64) -> f64 {
        match self {
            Self::Rescale { slope, intercept } => stored * slope + intercept,
            Self::Table(lut) => f64::from(lut.get(stored)),
        }
    }

    /// All values of a frame; those within `padding` (stored values, both ends included) and those that are no finite number
    /// become [`PADDING`].
    pub fn apply(&self, stored: &Stored, padding: Option<(f64, f64)>) -> Vec<f32> {
        let (low, high) = padding.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        let finish = |x: f64, value: f32| {
            let padded = (x >= low && x <= high) || !value.is_finite();
            if padded { PADDING } else { value }
        };
        // The choice stands outside of the loop, so that a rescale runs on vectors.
        #[allow(clippy::unnecessary_cast, reason = "one arm is f64 already")]
        match *self {
            Self::Rescale { slope, intercept } => {
                let one = |x: f64| finish(x, (x * slope + intercept) as f32);
                each_stored!(stored, v => v.iter().map(|&x| one(x as f64)).collect())
            }
            Self::Table(ref lut) => {
                let one = |x: f64| finish(x, f32::from(lut.get(x)));
                each_stored!(stored, v => v.iter().map(|&x| one(x as f64)).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescale_keeps_fractions_and_padding_goes_by_stored_value() {
        let m = Modality::Rescale {
            slope: 0.5,
            intercept: -1024.0,
        };
        let got = m.apply(&Stored::I16(vec![-2000, 0, 1, 3]), Some((-2000.0, -2000.0)));
        assert_eq!(got, [PADDING, -1024.0, -1023.5, -1022.5]);
        let got = m.apply(&Stored::F32(vec![f32::NAN, 2.0]), None);
        assert_eq!(got, [PADDING, -1023.0]);
    }

    #[test]
    fn table_clamps() {
        let m = Modality::Table(Lut {
            first: 10,
            bits: 16,
            entries: vec![5, 500],
        });
        assert_eq!(
            m.apply(&Stored::U8(vec![0, 10, 11, 200]), None),
            [5.0, 5.0, 500.0, 500.0]
        );
    }
}
