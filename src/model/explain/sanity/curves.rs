//! Deletion and insertion: the score while the cells of a map are hidden, or shown, the highest first.
//!
//! A map that found what matters lets the score fall soon (a small area under the curve of deletion) and rise soon (a large one under
//! insertion). Deletion goes to the channels' mean, insertion comes from the blurred input, as in the paper.

use crate::{
    base::Result,
    model::{
        explain::{Planes, Question, baseline::Baseline, random::Random, resize::cell_of},
        score::logistic,
    },
};

/// Points of a curve after its first one, at most.
pub const STEPS: usize = 28;

/// Areas under both curves, 0..1, of a map and of the mean of maps that were drawn at random.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Areas {
    /// Deletion by the map; smaller is better.
    pub deletion: f64,
    /// Deletion in random order.
    pub deletion_random: f64,
    /// Insertion by the map; larger is better.
    pub insertion: f64,
    /// Insertion in random order.
    pub insertion_random: f64,
}

/// Both curves of a map, and of `random_maps` maps of its size.
///
/// # Errors
/// What the question says.
pub fn areas(question: &mut Question<'_>, map: &Planes, random_maps: usize) -> Result<Areas> {
    let order = by_value(map);
    let steps = order.len().min(STEPS);
    question.begin((2 * (random_maps + 1) * (steps + 1)) as u64);
    let grid = [map.rows, map.columns];
    let input = question.input;
    let mean = Baseline::Mean.of(input, question.shape);
    let blur = Baseline::Blur.of(input, question.shape);
    let mut both = |order: &[usize]| -> Result<[f64; 2]> {
        Ok([
            area(question, input, &mean, grid, order)?,
            area(question, &blur, input, grid, order)?,
        ])
    };
    let [deletion, insertion] = both(&order)?;
    let mut random = Random::new(0x5eed);
    let mut sums = [0.0; 2];
    for _ in 0..random_maps {
        let found = both(&random.order(order.len()))?;
        sums.iter_mut().zip(found).for_each(|(sum, v)| *sum += v);
    }
    let [deletion_random, insertion_random] = sums.map(|s| s / random_maps.max(1) as f64);
    Ok(Areas {
        deletion,
        deletion_random,
        insertion,
        insertion_random,
    })
}

/// Cells, the highest value first; of equals the earlier one.
fn by_value(map: &Planes) -> Vec<usize> {
    let mut order: Vec<(usize, f32)> = map.values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.into_iter().map(|(cell, _)| cell).collect()
}

/// Area under the score (logistic of the logit), by the trapezoid rule over the part of cells that went from `from` to `to`.
fn area(
    question: &mut Question<'_>,
    from: &[f32],
    to: &[f32],
    grid: [usize; 2],
    order: &[usize],
) -> Result<f64> {
    let [_, rows, columns] = question.shape;
    let cell = |at: usize| {
        let (r, c) = (at / columns % rows, at % columns);
        cell_of(r, rows, grid[0]) * grid[1] + cell_of(c, columns, grid[1])
    };
    let mut rank = vec![0; order.len()];
    for (place, &cell) in order.iter().enumerate() {
        if let Some(rank) = rank.get_mut(cell) {
            *rank = place;
        }
    }
    let steps = order.len().min(STEPS);
    let mut sum = 0.0;
    let mut before: Option<(usize, f64)> = None;
    for step in 0..=steps {
        let gone = step * order.len() / steps.max(1);
        let pairs = from.iter().zip(to).enumerate();
        let changed = |at: usize| rank.get(cell(at)).is_some_and(|&r| r < gone);
        let tensor: Vec<f32> = pairs
            .map(|(at, (&a, &b))| if changed(at) { b } else { a })
            .collect();
        let score = logistic(question.ask(&tensor)?);
        if let Some((gone_before, score_before)) = before {
            let width = (gone - gone_before) as f64 / order.len() as f64;
            sum += width * (score + score_before) / 2.0;
        }
        before = Some((gone, score));
    }
    Ok(sum)
}
