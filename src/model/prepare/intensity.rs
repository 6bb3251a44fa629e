//! Intensities of the preparation `general`: the steps of a recipe, as MONAI's transforms of the same use compute them.

use crate::model::recipe::{Method, Step};

/// Applies the steps in order. A step with a number for each channel is left to [`channels`].
pub fn apply(values: &mut [f32], steps: &[Step]) {
    for step in steps {
        one(values, step);
    }
}

/// What is subtracted from each channel and what it is divided by, where the last step has a number for each.
pub fn channels(steps: &[Step]) -> Option<Vec<(f32, f32)>> {
    let step = steps.last().filter(|s| s.method == Method::Fixed)?;
    let (mean, sd) = step.mean.as_ref().zip(step.sd.as_ref())?;
    let pairs = mean.iter().zip(sd).map(|(m, s)| (*m as f32, *s as f32));
    (mean.len() > 1).then(|| pairs.collect())
}

fn one(values: &mut [f32], step: &Step) {
    match step.method {
        Method::Window => {
            let ends = [step.low.unwrap_or(0.0), step.high.unwrap_or(1.0)];
            stretch(values, ends, step);
        }
        Method::Minmax => {
            let (low, high) = values
                .iter()
                .fold((f32::MAX, f32::MIN), |(lo, hi), &v| (lo.min(v), hi.max(v)));
            stretch(values, [low, high].map(f64::from), step);
        }
        Method::Percentiles => {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f32::total_cmp);
            let ends = [step.low, step.high].map(|p| percentile(&sorted, p.unwrap_or_default()));
            stretch(values, ends, step);
        }
        Method::Zscore => zscore(values, step.nonzero),
        Method::Fixed => {
            if let (Some([mean]), Some([sd])) = (step.mean.as_deref(), step.sd.as_deref()) {
                for value in values {
                    *value = ((f64::from(*value) - mean) / sd) as f32;
                }
            }
        }
    }
}

/// `low` and `high` become the ends of the step's `to`.
fn stretch(values: &mut [f32], [low, high]: [f64; 2], step: &Step) {
    let [from, to] = step.to.unwrap_or([0.0, 1.0]);
    // An image of one value has nothing to stretch.
    let factor = if high > low {
        (to - from) / (high - low)
    } else {
        1.0
    };
    for value in values {
        let v = (f64::from(*value) - low) * factor + from;
        *value = if step.clip {
            v.clamp(from.min(to), from.max(to))
        } else {
            v
        } as f32;
    }
}

fn zscore(values: &mut [f32], nonzero: bool) {
    let counts = |v: f32| !nonzero || v != 0.0;
    let those = || values.iter().copied().filter(|&v| counts(v)).map(f64::from);
    let count = those().count();
    if count == 0 {
        return;
    }
    let mean = those().sum::<f64>() / count as f64;
    let variance = those().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count as f64;
    let sd = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    for value in values.iter_mut().filter(|v| counts(**v)) {
        *value = ((f64::from(*value) - mean) / sd) as f32;
    }
}

/// Linear between order statistics: rank (n − 1) p / 100.
fn percentile(sorted: &[f32], percent: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let rank = (last as f64 * percent / 100.0).clamp(0.0, last as f64);
    let at = |i: usize| f64::from(sorted.get(i.min(last)).copied().unwrap_or(0.0));
    let (low, part) = (rank.floor() as usize, rank.fract());
    at(low) + (at(low + 1) - at(low)) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(method: &str, rest: &serde_json::Value) -> Step {
        let mut all = rest.clone();
        all["method"] = method.into();
        serde_json::from_value(all).unwrap()
    }

    fn after(values: &[f32], steps: &[Step]) -> Vec<f32> {
        let mut values = values.to_vec();
        apply(&mut values, steps);
        values
    }

    #[test]
    fn each_step_is_its_formula() {
        use serde_json::json;
        let v = [-100.0, 0.0, 50.0, 100.0, 400.0];
        let hu = json!({"low": 0, "high": 100, "clip": true});
        assert_eq!(after(&v, &[step("window", &hu)]), [0.0, 0.0, 0.5, 1.0, 1.0]);
        let open = json!({"low": 0, "high": 100, "to": [-1, 1]});
        assert_eq!(
            after(&v, &[step("window", &open)]),
            [-3.0, -1.0, 0.0, 1.0, 7.0]
        );
        assert_eq!(
            after(&v, &[step("minmax", &json!({}))]),
            [0.0, 0.2, 0.3, 0.4, 1.0]
        );
        // numpy.percentile(v, [25, 75]) = 0, 100.
        let quarters = json!({"low": 25, "high": 75});
        assert_eq!(
            after(&v, &[step("percentiles", &quarters)]),
            [-1.0, 0.0, 0.5, 1.0, 4.0]
        );
        // Mean 90, standard deviation of the population √28400 (numpy.std).
        let sd = 28_400_f64.sqrt();
        let scored = after(&v, &[step("zscore", &json!({}))]);
        for (found, v) in scored.iter().zip(v) {
            let expected = (f64::from(v) - 90.0) / sd;
            assert!((f64::from(*found) - expected).abs() < 1e-6);
        }
        // Without zeros: mean 112.5, and the zero stays.
        let scored = after(&v, &[step("zscore", &json!({"nonzero": true}))]);
        assert_eq!(scored[1], 0.0);
        assert!(scored[2] < 0.0 && scored[4] > 1.0);
        let fixed = json!({"mean": [50], "sd": [25]});
        assert_eq!(
            after(&v, &[step("fixed", &fixed)]),
            [-6.0, -2.0, 0.0, 2.0, 14.0]
        );
        // One after the other.
        let chain = [
            step("window", &hu),
            step("fixed", &json!({"mean": [0.5], "sd": [0.5]})),
        ];
        assert_eq!(after(&v, &chain), [-1.0, -1.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn numbers_for_each_channel_are_left_to_the_tensor() {
        use serde_json::json;
        let rgb = [step(
            "fixed",
            &json!({"mean": [0.5, 0.25], "sd": [0.5, 0.125]}),
        )];
        assert_eq!(after(&[1.0], &rgb), [1.0]);
        assert_eq!(channels(&rgb), Some(vec![(0.5, 0.5), (0.25, 0.125)]));
        let one = [step("fixed", &json!({"mean": [0.5], "sd": [0.5]}))];
        assert_eq!(channels(&one), None);
    }

    #[test]
    fn an_image_of_one_value_stays_finite() {
        use serde_json::json;
        let flat = [3.0; 4];
        assert_eq!(after(&flat, &[step("minmax", &json!({}))]), [0.0; 4]);
        assert_eq!(after(&flat, &[step("zscore", &json!({}))]), [0.0; 4]);
        let all = json!({"low": 1, "high": 99, "to": [2, 5]});
        assert_eq!(after(&flat, &[step("percentiles", &all)]), [2.0; 4]);
        assert_eq!(
            after(&[0.0; 4], &[step("zscore", &json!({"nonzero": true}))]),
            [0.0; 4]
        );
    }
}
