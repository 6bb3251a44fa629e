//! Between windows, networks and numbers: what a network is fed, and what its outputs mean.

use std::borrow::Cow;

use crate::{
    base::{Error, Result},
    model::{
        codes,
        prepare::intensity,
        recipe::{Activation, Layout, Recipe},
        run::Output,
        score, segment,
    },
};

/// From the windows' tensors to the network's: what each channel is scaled by, and the order of the axes.
pub(super) struct Feed {
    channels: usize,
    scale: Option<Vec<(f32, f32)>>,
    last: bool,
}

impl Feed {
    pub(super) fn new(recipe: &Recipe, channels: usize) -> Self {
        Self {
            channels,
            scale: intensity::channels(&recipe.steps),
            last: recipe.layout.channels_last() && channels > 1,
        }
    }

    pub(super) fn tensor<'a>(&self, tensor: &'a [f32]) -> Cow<'a, [f32]> {
        let mut tensor = Cow::Borrowed(tensor);
        let places = tensor.len() / self.channels.max(1);
        if let Some(scale) = &self.scale {
            let planes = tensor.to_mut().chunks_exact_mut(places.max(1));
            for (plane, (mean, sd)) in planes.zip(scale) {
                for value in plane {
                    *value = (*value - mean) / sd;
                }
            }
        }
        if self.last {
            tensor = Cow::Owned(transposed(&tensor, self.channels, places));
        }
        tensor
    }
}

/// `rows` × `columns` → `columns` × `rows`.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|c| (0..rows).map(move |r| r * columns + c))
        .map(|at| values.get(at).copied().unwrap_or_default())
        .collect()
}

/// The first output of the expected shape, channels first.
pub(super) fn channels_first(
    outputs: Vec<Output>,
    expected: &[usize],
    channels: usize,
    layout: Layout,
) -> Result<Vec<f32>> {
    // A network of one channel may leave its axis out.
    let bare: Vec<usize> = match layout {
        _ if channels != 1 => vec![],
        _ if layout.channels_last() => expected[..expected.len() - 1].to_vec(),
        _ if layout.flat() => vec![],
        _ => [&expected[..1], &expected[2..]].concat(),
    };
    let fits = |o: &Output| o.shape == expected || (!bare.is_empty() && o.shape == bare);
    let found = shapes(&outputs);
    let output = outputs.into_iter().find(fits).ok_or_else(|| {
        Error::new(&codes::MANIFEST)
            .at("output.labels")
            .expected(format!("an output {expected:?} of the network"))
            .found(found)
    })?;
    if !output.values.iter().all(|v| v.is_finite()) {
        return Err(Error::new(&codes::RUN)
            .at("output")
            .found("values that are not finite"));
    }
    let places = output.values.len() / channels.max(1);
    Ok(if layout.channels_last() && channels > 1 {
        transposed(&output.values, places, channels)
    } else {
        output.values
    })
}

pub(super) fn shapes(outputs: &[Output]) -> String {
    let all: Vec<String> = outputs.iter().map(|o| format!("{:?}", o.shape)).collect();
    all.join(", ")
}

/// Label of each place: one more than the channel of the highest value above the threshold, the first of equals; 0 where there is none.
pub(super) fn highest(plane: &[f32], channels: usize, threshold: f32) -> Vec<u8> {
    let places = plane.len() / channels.max(1);
    let mut best = vec![threshold; places];
    let mut labels = vec![0; places];
    for (channel, values) in plane.chunks_exact(places.max(1)).enumerate() {
        for ((label, best), &value) in labels.iter_mut().zip(&mut best).zip(values) {
            if value > *best {
                (*best, *label) = (value, channel as u8 + 1);
            }
        }
    }
    labels
}

/// 0..1 for each label.
pub(super) fn probabilities(logits: &[f32], activation: Activation) -> Result<Vec<f64>> {
    let logits = logits.iter().map(|&v| f64::from(v));
    Ok(match activation {
        Activation::Sigmoid => logits.map(score::logistic).collect(),
        Activation::Softmax => {
            let most = logits.clone().fold(f64::MIN, f64::max);
            let parts: Vec<f64> = logits.map(|v| libm::exp(v - most)).collect();
            let sum: f64 = parts.iter().sum();
            parts.iter().map(|p| p / sum).collect()
        }
        Activation::None | Activation::Independent | Activation::Argmax => {
            let all: Vec<f64> = logits.collect();
            if let Some(odd) = all.iter().find(|v| !(-1e-6..=1.0 + 1e-6).contains(*v)) {
                return Err(Error::new(&codes::MANIFEST)
                    .at("output.activation")
                    .expected("softmax or sigmoid, as the network gives no probabilities")
                    .found(odd));
            }
            all.iter().map(|v| v.clamp(0.0, 1.0)).collect()
        }
    })
}

/// Numbers of labels → a channel for each label, 1 where it is.
pub(super) fn one_of_each(told: &[f32], channels: usize) -> Result<Vec<f32>> {
    let mut all = vec![0.0; told.len() * channels];
    for (at, &value) in told.iter().enumerate() {
        let label = value as usize;
        if value < 0.0 || label as f32 != value || label >= channels {
            return Err(Error::new(&codes::MANIFEST)
                .at("output.labels")
                .expected(format!("numbers of labels, 0 to {}", channels - 1))
                .found(value));
        }
        if let Some(place) = all.get_mut(label * told.len() + at) {
            *place = 1.0;
        }
    }
    Ok(all)
}

/// Adds the probability of each label but the background at each place, 255 for 1. Blended windows of a network that gives numbers of labels
/// have shares of windows.
pub(super) fn fractional(
    plane: &[f32],
    channels: usize,
    activation: Activation,
    shares: &mut [Vec<u8>],
) -> Result<()> {
    let byte = |p: f64| (p.clamp(0.0, 1.0) * 255.0).round() as u8;
    match activation {
        Activation::Softmax => {
            let all = segment::softmax(plane, channels).into_iter().skip(1);
            for (share, own) in shares.iter_mut().zip(all) {
                share.extend(own);
            }
        }
        Activation::Sigmoid | Activation::Independent | Activation::None | Activation::Argmax => {
            let places = (plane.len() / channels.max(1)).max(1);
            // Where labels are on their own, the background has no channel.
            let first = usize::from(!activation.alone());
            for (share, own) in shares
                .iter_mut()
                .zip(plane.chunks_exact(places).skip(first))
            {
                let values = probabilities(own, activation)?;
                share.extend(values.into_iter().map(byte));
            }
        }
    }
    Ok(())
}

/// The probability of each channel at each place, 0..1: channels × places.
pub(super) fn exact(
    plane: &[f32],
    channels: usize,
    activation: Activation,
) -> Result<Vec<Vec<f32>>> {
    if activation == Activation::Softmax {
        return Ok(segment::softmax_exact(plane, channels));
    }
    let places = (plane.len() / channels.max(1)).max(1);
    let of = |own| {
        let values = probabilities(own, activation)?;
        Ok(values.into_iter().map(|p| p as f32).collect())
    };
    plane.chunks_exact(places).map(of).collect()
}

/// Which output has a value for each of `many` labels.
pub(super) fn row_of(outputs: &[Output], many: usize) -> Result<usize> {
    let one_row = |shape: &[usize]| {
        shape.iter().product::<usize>() == many && shape.iter().filter(|n| **n != 1).count() <= 1
    };
    (outputs.iter().position(|o| one_row(&o.shape))).ok_or_else(|| {
        Error::new(&codes::MANIFEST)
            .at("output.labels")
            .expected(format!("an output [1, {many}] of the network"))
            .found(shapes(outputs))
    })
}

/// The log-odds of each label's probability: what explanations count in. Of `softmax` each label against all others together.
pub(super) fn log_odds(values: &[f32], activation: Activation) -> Vec<f32> {
    let odds = |p: f64| {
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        libm::log(p / (1.0 - p))
    };
    match activation {
        Activation::Softmax if values.len() > 1 => (0..values.len())
            .map(|label| {
                let others = || {
                    let all = values
                        .iter()
                        .enumerate()
                        .filter(move |(at, _)| *at != label);
                    all.map(|(_, v)| f64::from(*v))
                };
                let most = others().fold(f64::MIN, f64::max);
                let sum: f64 = others().map(|v| libm::exp(v - most)).sum();
                let own = values.get(label).copied().map_or(f64::NAN, f64::from);
                (own - most - libm::log(sum)) as f32
            })
            .collect(),
        Activation::Softmax | Activation::Sigmoid => values.to_vec(),
        Activation::None | Activation::Independent | Activation::Argmax => {
            values.iter().map(|&p| odds(f64::from(p)) as f32).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_their_own() {
        // Two channels, four places.
        let plane = [-1.0, 2.0, 3.0, 0.0, -2.0, 1.0, 4.0, 0.5];
        assert_eq!(highest(&plane, 2, 0.0), [0, 1, 2, 2]);
        assert_eq!(highest(&plane, 2, 2.5), [0, 0, 2, 0]);
    }

    #[test]
    fn probabilities_are_by_their_formulas() {
        let sum: f64 = probabilities(&[1000.0, 999.0, -3.0], Activation::Softmax)
            .unwrap()
            .iter()
            .sum();
        assert!((sum - 1.0).abs() < 1e-12);
        let soft = probabilities(&[0.0, 1.0], Activation::Softmax).unwrap();
        assert!((soft[1] - 0.731_058_578_6).abs() < 1e-9);
        assert_eq!(probabilities(&[0.0], Activation::Sigmoid).unwrap(), [0.5]);
        assert_eq!(
            probabilities(&[0.25, 0.75], Activation::None).unwrap(),
            [0.25, 0.75]
        );
        let error = probabilities(&[3.0], Activation::None).unwrap_err();
        assert_eq!(error.code(), &codes::MANIFEST);
    }

    #[test]
    fn channels_come_first() {
        let output = |shape: &[usize]| {
            vec![Output {
                shape: shape.to_vec(),
                values: (0..12).map(|v| v as f32).collect(),
            }]
        };
        let last = channels_first(output(&[1, 2, 3, 2]), &[1, 2, 3, 2], 2, Layout::Nhwc).unwrap();
        assert_eq!(last[..6], [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let bare = channels_first(output(&[1, 3, 4]), &[1, 1, 3, 4], 1, Layout::Nchw).unwrap();
        assert_eq!(bare.len(), 12);
        let other = channels_first(output(&[1, 3, 4]), &[1, 2, 3, 2], 2, Layout::Nchw).unwrap_err();
        assert!(other.detail().contains("[1, 3, 4]"), "{other}");
    }

    #[test]
    fn numbers_for_each_channel_and_the_order_of_axes() {
        let feed = Feed {
            channels: 2,
            scale: Some(vec![(1.0, 2.0), (0.0, 0.5)]),
            last: true,
        };
        assert_eq!(*feed.tensor(&[1.0, 3.0, 1.0, 2.0]), [0.0, 2.0, 1.0, 4.0]);
    }
}
