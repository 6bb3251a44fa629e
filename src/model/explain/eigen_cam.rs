//! Eigen-CAM (Muhammad and Yeasin 2020): the feature map projected on its first principal direction.
//!
//! Not about a class: it shows where the last features are strong, whatever they speak for. As in the paper the features are not
//! centred. The direction's sign is the one that makes the map's sum not negative.

use super::{Method, Needs, Planes, Question, random::Random};
use crate::{
    base::{Error, Result},
    model::codes,
};

/// A line of the table.
pub const METHOD: Method = Method {
    name: "eigen-cam",
    needs: Needs::Features,
    of_label: false,
    unit: "feature",
    range: [0.0, 4.0],
    runs: |_, _, _| 0,
    parameters: |_| vec![],
    map,
};

/// Steps of the power iteration at most, and the change of a unit vector at which it ends.
const STEPS: usize = 20_000;
const STILL: f64 = 1e-12;

fn map(question: &mut Question<'_>) -> Result<Planes> {
    let features = question.features()?;
    Planes::new(1, features.rows, features.columns, project(features))
        .ok_or_else(|| Error::new(&codes::RUN).at("features"))
}

/// places × channels times the first right singular vector.
fn project(features: &Planes) -> Vec<f32> {
    // The start is any vector that is not at a right angle to the answer: drawn, from a fixed seed.
    let mut random = Random::new(1);
    let mut direction: Vec<f64> = (0..features.count).map(|_| random.signed()).collect();
    normalise(&mut direction);
    let mut seen = places(features, &direction);
    for _ in 0..STEPS {
        let mut next: Vec<f64> = features
            .each()
            .map(|plane| {
                plane
                    .iter()
                    .zip(&seen)
                    .map(|(&f, s)| f64::from(f) * s)
                    .sum()
            })
            .collect();
        if !normalise(&mut next) {
            break;
        }
        let change: f64 = next
            .iter()
            .zip(&direction)
            .map(|(a, b)| (a - b).abs())
            .sum();
        direction = next;
        seen = places(features, &direction);
        if change < STILL {
            break;
        }
    }
    let sign = if seen.iter().sum::<f64>() < 0.0 {
        -1.0
    } else {
        1.0
    };
    seen.iter().map(|v| (sign * v) as f32).collect()
}

fn places(features: &Planes, direction: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; features.area()];
    for (plane, part) in features.each().zip(direction) {
        for (sum, &value) in sums.iter_mut().zip(plane) {
            *sum += f64::from(value) * part;
        }
    }
    sums
}

/// To length 1; false when there is no length.
fn normalise(vector: &mut [f64]) -> bool {
    let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return false;
    }
    for value in vector {
        *value /= length;
    }
    true
}
