//! Scores of a classification from the network's logits.

use super::{finding::Score, manifest::Output};

/// 1 / (1 + e^−x).
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// A score for each label, in the manifest's order.
pub fn scores(logits: &[f32], output: &Output) -> Vec<Score> {
    let threshold = output.threshold.as_ref().map(|t| t.value);
    let of = |(logit, label): (&f32, &super::manifest::Label)| Score {
        label: label.name.clone(),
        value: logistic(f64::from(*logit)),
        calibrated: output
            .calibration
            .as_ref()
            .map(|c| c.apply(f64::from(*logit))),
        threshold,
    };
    logits.iter().zip(&output.labels).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::{Calibration, Label, Threshold};

    #[test]
    fn calibration_moves_the_logit() {
        let output = Output {
            labels: vec![Label {
                name: "a".to_owned(),
                rgb: None,
            }],
            calibration: Some(Calibration {
                method: "platt".to_owned(),
                slope: 2.0,
                offset: -1.0,
                prior: 0.5,
            }),
            threshold: Some(Threshold {
                value: 0.3,
                views: None,
            }),
        };
        let score = &scores(&[0.5], &output)[0];
        assert_eq!(score.calibrated, Some(0.5));
        assert!((score.value - 0.622_459_331_2).abs() < 1e-9);
        assert_eq!(score.threshold, Some(0.3));
    }
}
