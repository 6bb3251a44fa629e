//! Occlusion (Zeiler and Fergus 2014): what the logit loses when a patch is hidden.
//!
//! Patches lie whole inside of the input, a stride apart, the last one at the edge. A cell of the map, as wide as the stride, has the mean
//! over its pixels of the mean loss of the patches that hide the pixel: positive where what is there speaks for the class.

use super::{Method, Needs, Planes, Question};
use crate::{
    base::{Error, Result},
    model::{codes, prepare::radiograph::area_average},
};

/// A line of the table.
pub const METHOD: Method = Method {
    name: "occlusion",
    needs: Needs::Nothing,
    of_label: true,
    unit: "logit",
    range: [-1.0, 1.0],
    runs: |s, [_, rows, columns], _| {
        (starts(rows, s.patch, s.stride).len() * starts(columns, s.patch, s.stride).len()) as u64
    },
    parameters: |s| {
        vec![
            ("patch", s.patch.to_string()),
            ("stride", s.stride.to_string()),
            ("baseline", s.baseline.name().to_owned()),
        ]
    },
    map,
};

/// First pixels of the patches along an axis.
fn starts(size: usize, patch: usize, stride: usize) -> Vec<usize> {
    let last = size.saturating_sub(patch);
    let mut starts: Vec<usize> = (0..=last).step_by(stride.max(1)).collect();
    if starts.last() != Some(&last) {
        starts.push(last);
    }
    starts
}

fn map(question: &mut Question<'_>) -> Result<Planes> {
    let [_, rows, columns] = question.shape;
    let (patch, stride) = (question.settings.patch, question.settings.stride.max(1));
    let hidden = question
        .settings
        .baseline
        .of(question.input, question.shape);
    let whole = question.own()?;
    let (mut losses, mut counts) = (vec![0.0; rows * columns], vec![0u32; rows * columns]);
    for &top in &starts(rows, patch, stride) {
        for &left in &starts(columns, patch, stride) {
            let covered = |at: usize| {
                let (r, c) = (at / columns % rows, at % columns);
                (top..top + patch).contains(&r) && (left..left + patch).contains(&c)
            };
            let pairs = question.input.iter().zip(&hidden).enumerate();
            let tensor: Vec<f32> = pairs
                .map(|(at, (&x, &b))| if covered(at) { b } else { x })
                .collect();
            let loss = whole - question.ask(&tensor)?;
            let places = losses.iter_mut().zip(&mut counts).enumerate();
            for (_, (sum, count)) in places.filter(|(at, _)| covered(*at)) {
                *sum += loss;
                *count += 1;
            }
        }
    }
    let means = losses.iter().zip(&counts);
    let pixels: Vec<f32> = means
        .map(|(sum, &count)| (sum / f64::from(count.max(1))) as f32)
        .collect();
    let (down, across) = (rows.div_ceil(stride), columns.div_ceil(stride));
    let cells = area_average(&pixels, columns, rows, down, across);
    let values = cells.into_iter().map(|v| v as f32).collect();
    Planes::new(1, down, across, values).ok_or_else(|| Error::new(&codes::RUN).at("occlusion"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_reach_the_edge_and_no_further() {
        assert_eq!(starts(112, 16, 8).len(), 13);
        assert_eq!(starts(10, 4, 3), [0, 3, 6]);
        assert_eq!(starts(11, 4, 3), [0, 3, 6, 7]);
        assert_eq!(starts(3, 4, 2), [0]);
    }
}
