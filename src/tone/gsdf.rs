//! The Grayscale Standard Display Function (PS3.14): which luminance a display should have at each P-value, and how far a measured one is off.

use crate::base::{Error, Result};

use super::codes;

/// Luminance in cd/m² of JND index `j`, 1 to 1023 (PS3.14 7.1, equation 1).
pub fn luminance(j: f64) -> f64 {
    const UP: [f64; 5] = [
        -1.3011877,
        8.0242636e-2,
        1.3646699e-1,
        -2.5468404e-2,
        1.3635334e-3,
    ];
    const DOWN: [f64; 6] = [
        1.0,
        -2.5840191e-2,
        -1.0320229e-1,
        2.8745620e-2,
        -3.1978977e-3,
        1.2992634e-4,
    ];
    let x = libm::log(j.clamp(1.0, 1023.0));
    libm::pow(10.0, polynomial(&UP, x) / polynomial(&DOWN, x))
}

/// JND index of a luminance in cd/m², 0.05 to 4000 (PS3.14 7.1, equation 2).
pub fn jnd(luminance: f64) -> f64 {
    const BY_POWER: [f64; 9] = [
        71.498068,
        94.593053,
        41.912053,
        9.8247004,
        0.28175407,
        -1.1878455,
        -0.18014349,
        0.14710899,
        -0.017046845,
    ];
    polynomial(&BY_POWER, libm::log10(luminance.clamp(0.05, 4000.0)))
}

fn polynomial(by_power: &[f64], x: f64) -> f64 {
    by_power.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// A step from one measured level to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Measured contrast a JND: 2 (L′ − L) / ((L′ + L) · JNDs of the step) (AAPM TG18, 4.3.4).
    pub measured: f64,
    /// What the standard's function has there.
    pub expected: f64,
    /// (measured − expected) / expected.
    pub deviation: f64,
}

/// A display against the function.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Between neighbouring levels, from the darkest.
    pub steps: Vec<Step>,
    /// Largest deviation, without its sign.
    pub worst: f64,
    /// Brightest over darkest, with the room's light in both.
    pub ratio: f64,
    /// JND indices from the darkest to the brightest level.
    pub jnds: f64,
    /// Luminances that the function asks for at the levels, in cd/m².
    pub wanted: Vec<f64>,
    /// As the AAPM has it (TG18, table 8): contrast within 10 % and a ratio of 250 or more for diagnosis.
    pub primary: bool,
    /// Within 20 % and a ratio of 100 or more for other purposes.
    pub secondary: bool,
}

/// Compares luminances in cd/m², measured at P-values that are evenly spaced from 0 to the largest, with the function. `ambient`: the room's
/// light on the dark screen, added to each.
///
/// # Errors
/// `PIX-340` unless there are 3 to 256 finite luminances above zero in rising order, within the range of the function.
pub fn check(measured: &[f64], ambient: f64) -> Result<Check> {
    let wrong = |what: &str, found: String| {
        Error::new(&codes::LUMINANCE)
            .expected(what.to_owned())
            .found(found)
    };
    if !(3..=256).contains(&measured.len()) {
        return Err(wrong("3 to 256 levels", measured.len().to_string()));
    }
    if !(0.0..=1000.0).contains(&ambient) {
        return Err(wrong(
            "the room's light from 0 to 1000 cd/m²",
            ambient.to_string(),
        ));
    }
    let all: Vec<f64> = measured.iter().map(|l| l + ambient).collect();
    for (at, l) in all.iter().enumerate() {
        if !(0.05..=4000.0).contains(l) {
            return Err(wrong(
                "a luminance from 0.05 to 4000 cd/m²",
                format!("{l} at level {}", at + 1),
            ));
        }
    }
    let rising = all.iter().zip(all.iter().skip(1)).all(|(a, b)| a < b);
    let (Some(&low), Some(&high), true) = (all.first(), all.last(), rising) else {
        return Err(wrong(
            "each level brighter than the one before",
            String::new(),
        ));
    };
    let (first, last) = (jnd(low), jnd(high));
    let each = (last - first) / (all.len() - 1) as f64;
    let wanted: Vec<f64> = (0..all.len())
        .map(|at| luminance(first + each * at as f64))
        .collect();
    let contrast = |a: f64, b: f64| 2.0 * (b - a) / ((b + a) * each);
    let steps: Vec<Step> = (all.iter().zip(all.iter().skip(1)))
        .zip(wanted.iter().zip(wanted.iter().skip(1)))
        .map(|((&a, &b), (&c, &d))| {
            let (measured, expected) = (contrast(a, b), contrast(c, d));
            Step {
                measured,
                expected,
                deviation: (measured - expected) / expected,
            }
        })
        .collect();
    let worst = steps.iter().map(|s| s.deviation.abs()).fold(0.0, f64::max);
    let ratio = high / low;
    Ok(Check {
        worst,
        ratio,
        jnds: last - first,
        primary: worst <= 0.1 && ratio >= 250.0,
        secondary: worst <= 0.2 && ratio >= 100.0,
        wanted: wanted.iter().map(|l| l - ambient).collect(),
        steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_has_the_standards_values() {
        // PS3.14 table B-1: the first, the last, and one between.
        for (j, l) in [(1.0, 0.0500), (1023.0, 3993.4040), (2.0, 0.0547)] {
            assert!(
                (luminance(j) / l - 1.0).abs() < 2e-3,
                "{j}: {}",
                luminance(j)
            );
        }
        for j in 1..=1023 {
            let back = jnd(luminance(f64::from(j)));
            assert!((back - f64::from(j)).abs() < 0.1, "{j}: {back}");
        }
    }

    #[test]
    fn a_display_by_the_function_passes_and_a_gamma_of_two_does_not() {
        let (a, b) = (jnd(1.0), jnd(400.0));
        let by_function: Vec<f64> = (0..18)
            .map(|n| luminance(a + (b - a) * f64::from(n) / 17.0))
            .collect();
        let found = check(&by_function, 0.0).unwrap();
        assert!(found.primary && found.worst < 0.005, "{}", found.worst);
        assert_eq!(found.steps.len(), 17);
        let by_gamma: Vec<f64> = (0..18)
            .map(|n| 1.0 + 399.0 * libm::pow(f64::from(n) / 17.0, 2.2))
            .collect();
        let found = check(&by_gamma, 0.0).unwrap();
        assert!(!found.primary && !found.secondary, "{}", found.worst);
        // The room's light takes contrast away: the same screen no longer has the ratio.
        assert!(!check(&by_function, 5.0).unwrap().primary);
    }

    #[test]
    fn what_cannot_be_a_measurement_is_refused() {
        for bad in [
            &[][..],
            &[1.0, 2.0],
            &[1.0, 3.0, 2.0],
            &[0.0, 1.0, 2.0],
            &[1.0, f64::NAN, 2.0],
            &[1.0, 2.0, f64::INFINITY],
        ] {
            assert_eq!(check(bad, 0.0).unwrap_err().code().id, "PIX-340", "{bad:?}");
        }
        assert!(check(&[1.0, 2.0, 3.0], f64::NAN).is_err());
        assert!(check(&[1.0, 2.0, 3.0], -1.0).is_err());
    }
}
