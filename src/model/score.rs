//! Scores of a classification from the network's logits.

use super::{
    finding::{Score, ThresholdCost},
    manifest::Output,
};

/// 1 / (1 + e^−x).
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// A score for each label, in the manifest's order; `view` is the frame's View Position (0018,5101).
pub fn scores(logits: &[f32], output: &Output, view: &str) -> Vec<Score> {
    let threshold = output.threshold.as_ref().map(|t| t.value);
    let views = output.threshold.as_ref().and_then(|t| t.views.as_ref());
    let cost = views
        .and_then(|v| v.get(view.trim()))
        .map(|c| ThresholdCost {
            view: view.trim().to_owned(),
            sensitivity: c.sensitivity,
            specificity: c.specificity,
        });
    let of = |(logit, label): (&f32, &super::manifest::Label)| Score {
        label: label.name.clone(),
        value: logistic(f64::from(*logit)),
        calibrated: output
            .calibration
            .as_ref()
            .map(|c| c.apply(f64::from(*logit))),
        prior: output.calibration.as_ref().map(|c| c.prior),
        threshold,
        cost: cost.clone(),
        spread: None,
    };
    logits.iter().zip(&output.labels).map(of).collect()
}

/// What is shown of a score: the calibrated value where there is one.
pub fn shown(score: &Score) -> f64 {
    score.calibrated.unwrap_or(score.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::{Calibration, Cost, Label, Proportion, Threshold};

    #[test]
    fn calibration_moves_the_logit() {
        let part = |value| Proportion {
            value,
            low: value - 0.1,
            high: value + 0.1,
        };
        let cost = Cost {
            sensitivity: part(0.7),
            specificity: part(0.8),
        };
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
                views: Some([("PA".to_owned(), cost)].into()),
            }),
            activation: None,
            boxes: None,
        };
        let score = &scores(&[0.5], &output, "PA ")[0];
        assert_eq!(score.cost.as_ref().map(|c| c.sensitivity.low), Some(0.6));
        assert_eq!(scores(&[0.5], &output, "LL")[0].cost, None);
        assert_eq!((score.calibrated, score.prior), (Some(0.5), Some(0.5)));
        assert!((score.value - 0.622_459_331_2).abs() < 1e-9);
        assert_eq!(score.threshold, Some(0.3));
    }
}
