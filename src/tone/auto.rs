//! Windows made from the values where the file gives none (FIELD rule: first to ninety-ninth percentile, without padding).

use super::{
    Grey, PADDING,
    voi::{Function, Voi},
};

/// What an automatic window leaves out and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// First to ninety-ninth percentile.
    #[default]
    Percentiles,
    /// The same, without values of −2000 and below: corners of CT images that carry no padding tag.
    Ct,
    /// 0 to the maximum: nuclear medicine, PET.
    FromZero,
    /// 0 to 255 as it is: 8-bit images without a window.
    Byte,
}

/// A window over `low`..`high` inclusive: for whole numbers the standard's full-range window (C.11.2.1.2, note), else LINEAR_EXACT.
pub fn full_range(low: f32, high: f32) -> Voi {
    let whole = low == libm::roundf(low) && high == libm::roundf(high) && high - low >= 1.0;
    if whole {
        Voi::Window {
            center: f32::midpoint(low, high) + 0.5,
            width: high - low + 1.0,
            function: Function::Linear,
        }
    } else {
        let width = (high - low).max(f32::MIN_POSITIVE);
        Voi::Window {
            center: f32::midpoint(low, high),
            width: if high > low { width } else { 1.0 },
            function: Function::LinearExact,
        }
    }
}

/// The automatic window of a frame.
pub fn window(grey: &Grey, rule: Rule) -> Voi {
    if rule == Rule::Byte {
        return full_range(0.0, 255.0);
    }
    let floor = if rule == Rule::Ct { -2000.0 } else { PADDING };
    let mut values: Vec<f32> = grey.values.iter().copied().filter(|&v| v > floor).collect();
    if values.is_empty() {
        return full_range(0.0, 255.0);
    }
    if rule == Rule::FromZero {
        let high = values.iter().copied().fold(f32::MIN, f32::max);
        return full_range(0.0, if high > 0.0 { high } else { 1.0 });
    }
    let (mut low, mut high) = (nth(&mut values, 0.01), nth(&mut values, 0.99));
    if high <= low {
        low = values.iter().copied().fold(f32::MAX, f32::min);
        high = values.iter().copied().fold(f32::MIN, f32::max);
    }
    full_range(low, high)
}

/// The value below which the given part of `values` (not empty) lies.
fn nth(values: &mut [f32], part: f64) -> f32 {
    let index = libm::round((values.len() - 1) as f64 * part) as usize;
    *values.select_nth_unstable_by(index, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(values: Vec<f32>) -> Grey {
        Grey {
            columns: values.len(),
            rows: 1,
            values,
        }
    }

    fn parts(voi: &Voi) -> (f32, f32) {
        match voi {
            Voi::Window { center, width, .. } => (*center, *width),
            Voi::Table(_) => panic!("a window was expected"),
        }
    }

    #[test]
    fn percentiles_without_padding() {
        let mut values: Vec<f32> = (0..=100_u8).map(f32::from).collect();
        values.extend([PADDING; 50]);
        assert_eq!(
            parts(&window(&grey(values), Rule::Percentiles)),
            (50.5, 99.0)
        );
    }

    #[test]
    fn ct_corners_stay_out() {
        let mut values: Vec<f32> = (0..=100_u8).map(f32::from).collect();
        values.extend([-3024.0; 500]);
        assert_eq!(parts(&window(&grey(values), Rule::Ct)), (50.5, 99.0));
    }

    #[test]
    fn constant_and_empty_frames_have_a_window() {
        for values in [vec![7.0; 9], vec![PADDING; 4], vec![]] {
            let (_, w) = parts(&window(&grey(values), Rule::Percentiles));
            assert!(w > 0.0);
        }
        assert_eq!(
            parts(&window(&grey(vec![3.0, 9.0]), Rule::FromZero)),
            (5.0, 10.0)
        );
        assert_eq!(parts(&full_range(0.0, 255.0)), (128.0, 256.0));
    }
}
