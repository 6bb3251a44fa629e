//! Class activation maps (Zhou et al. 2016): exact where the head is a mean and one linear layer.

use super::{Method, Needs, Planes, Question};
use crate::{
    base::{Error, Result},
    model::{codes, manifest::Cam},
};

/// The ends of the colour scale in logits where the manifest names none: a cell beyond ±4 alone would settle the class.
pub const RANGE: [f32; 2] = [-4.0, 4.0];

/// A line of the table.
pub const METHOD: Method = Method {
    name: "cam",
    needs: Needs::Head,
    of_label: true,
    unit: "logit",
    range: RANGE,
    runs: |_, _, _| 0,
    parameters: |_| vec![],
    map,
};

fn map(question: &mut Question<'_>) -> Result<Planes> {
    let features = question.features()?;
    let head = (question.explain.cam.as_ref())
        .ok_or_else(|| Error::new(&codes::MANIFEST).at("explain.cam"))?;
    let values = cam(&features.values, features.count, head, question.class)?;
    let (rows, columns) = (features.rows, features.columns);
    Planes::new(1, rows, columns, values).ok_or_else(|| Error::new(&codes::RUN).at("features"))
}

/// The map of one class: for each place the sum over channels of feature × weight, plus the class's bias.
///
/// `features` is channels × rows × columns, last index fastest. The mean of the map is the class's logit exactly, when the network ends
/// in global mean and linear layer.
///
/// # Errors
/// `MDL-001` when weights and features do not fit together.
pub fn cam(features: &[f32], channels: usize, cam: &Cam, class: usize) -> Result<Vec<f32>> {
    let wrong = || Error::new(&codes::MANIFEST).at("explain.cam");
    let weights = cam.weights.get(class).ok_or_else(wrong)?;
    if channels == 0 || weights.len() != channels || !features.len().is_multiple_of(channels) {
        return Err(wrong().expected(channels).found(weights.len()));
    }
    let places = features.len() / channels;
    let mut map = vec![cam.bias.get(class).copied().unwrap_or(0.0); places];
    if places == 0 {
        return Ok(map);
    }
    for (plane, weight) in features.chunks_exact(places).zip(weights) {
        for (sum, value) in map.iter_mut().zip(plane) {
            *sum += value * weight;
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_the_map_is_the_logit() {
        let head = Cam {
            weights: vec![vec![1.0, -2.0], vec![0.5, 3.0]],
            bias: vec![0.25, -1.0],
            range: None,
        };
        let features = [1.0, 2.0, 3.0, 4.0, 0.0, 1.0, 0.0, 1.0];
        let map = cam(&features, 2, &head, 0).expect("fits");
        assert_eq!(map, [1.25, 0.25, 3.25, 2.25]);
        assert_eq!(map.iter().sum::<f32>() / 4.0, 2.5 - 2.0 * 0.5 + 0.25);
        assert!(cam(&features, 3, &head, 0).is_err());
        assert!(cam(&features, 2, &head, 2).is_err());
    }
}
