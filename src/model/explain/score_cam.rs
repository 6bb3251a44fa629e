//! Score-CAM (Wang et al. 2020): each channel of the feature map as a mask; what the class gains by it weighs the channel.
//!
//! Weights are the paper's channel-wise increase of confidence, on the logit and without the softmax over channels of its algorithm 1:
//! α_k = logit(input seen through mask k) − logit(nothing seen); the map is max(0, Σ α_k A_k). The mask is the channel, bilinear to the
//! input's size and stretched to 0..1; what it hides is the baseline. A channel that is the same everywhere is no mask.

use super::{Method, Needs, Planes, Question, resize};
use crate::{
    base::{Error, Result},
    model::codes,
};

/// A line of the table.
pub const METHOD: Method = Method {
    name: "score-cam",
    needs: Needs::Features,
    of_label: true,
    unit: "logit × feature",
    range: [0.0, 16.0],
    runs: |settings, _, channels| channels.min(settings.channels) as u64 + 1,
    parameters: |s| {
        vec![
            ("channels", s.channels.to_string()),
            ("baseline", s.baseline.name().to_owned()),
        ]
    },
    map,
};

fn map(question: &mut Question<'_>) -> Result<Planes> {
    let features = question.features()?;
    let [_, rows, columns] = question.shape;
    let hidden = question
        .settings
        .baseline
        .of(question.input, question.shape);
    let nothing = question.ask(&hidden)?;
    let mut sums = vec![0.0; features.area()];
    for plane in most_varied(features, question.settings.channels) {
        let mut mask = resize::bilinear(plane, [features.rows, features.columns], [rows, columns]);
        if !stretch(&mut mask) {
            continue;
        }
        let gain = question.ask(&through(question.input, &hidden, &mask))? - nothing;
        for (sum, &value) in sums.iter_mut().zip(plane) {
            *sum += gain * f64::from(value);
        }
    }
    let values = sums.iter().map(|s| s.max(0.0) as f32).collect();
    Planes::new(1, features.rows, features.columns, values)
        .ok_or_else(|| Error::new(&codes::RUN).at("features"))
}

/// The `most` planes of the greatest variance over the places, the greatest first; of equals the earlier one.
fn most_varied(features: &Planes, most: usize) -> Vec<&[f32]> {
    let mut planes: Vec<(f64, &[f32])> = features
        .each()
        .map(|plane| {
            let n = plane.len() as f64;
            let mean = plane.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let square = |&v: &f32| (f64::from(v) - mean) * (f64::from(v) - mean);
            (plane.iter().map(square).sum::<f64>() / n, plane)
        })
        .collect();
    planes.sort_by(|a, b| b.0.total_cmp(&a.0));
    planes.into_iter().take(most).map(|(_, p)| p).collect()
}

/// To 0..1; false when all values are the same or one is no number.
fn stretch(mask: &mut [f32]) -> bool {
    let low = mask.iter().copied().fold(f32::INFINITY, f32::min);
    let high = mask.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return false;
    }
    for value in mask {
        *value = (*value - low) / span;
    }
    true
}

/// The input where the mask is 1, what is hidden where it is 0; the mask is one plane, the same for each channel.
pub(super) fn through(input: &[f32], hidden: &[f32], mask: &[f32]) -> Vec<f32> {
    let masks = mask.iter().cycle();
    let pairs = input.iter().zip(hidden);
    pairs
        .zip(masks)
        .map(|((&x, &b), &m)| b + (x - b) * m)
        .collect()
}
