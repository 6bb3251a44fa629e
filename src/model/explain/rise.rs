//! RISE (Petsiuk, Das, Saenko 2018): the input through many random masks; a place counts for what was gained when it was shown.
//!
//! A mask is a grid of cells, each shown with a chance p, bilinear to (cells + 1) cell sizes and cut to the input's size at a random shift
//! within one cell, as in the paper. The map is Σ (logit − mean logit) × mask / (N p): the paper's sum, normalised by the expected mask,
//! with the mean of the scores taken off first, so that a place gains nothing by being shown more often than others. What a mask hides is
//! the baseline.

use super::{Method, Needs, Planes, Question, random::Random, resize, score_cam::through};
use crate::{
    base::{Error, Result},
    model::{codes, prepare::radiograph::area_average},
};

/// A line of the table.
pub const METHOD: Method = Method {
    name: "rise",
    needs: Needs::Nothing,
    of_label: true,
    unit: "logit",
    range: [-0.5, 0.5],
    runs: |s, _, _| s.masks as u64,
    parameters: |s| {
        vec![
            ("masks", s.masks.to_string()),
            ("cells", s.cells.to_string()),
            ("shown", s.shown.to_string()),
            ("baseline", s.baseline.name().to_owned()),
            ("seed", s.seed.to_string()),
        ]
    },
    map,
};

/// Cells of the map a cell of the masks: the shifts tell a little more than one.
const FINER: usize = 2;

fn map(question: &mut Question<'_>) -> Result<Planes> {
    let [_, rows, columns] = question.shape;
    let settings = question.settings;
    let cells = settings.cells.clamp(1, rows.min(columns));
    let hidden = settings.baseline.of(question.input, question.shape);
    let mut random = Random::new(settings.seed);
    let mut scores = Vec::with_capacity(settings.masks);
    for _ in 0..settings.masks {
        let mask = mask(&mut random, cells, settings.shown, [rows, columns]);
        scores.push(question.ask(&through(question.input, &hidden, &mask))?);
    }
    let n = settings.masks.max(1) as f64;
    let mean = scores.iter().sum::<f64>() / n;
    // The masks are drawn a second time: cheaper than keeping a thousand of them.
    let mut random = Random::new(settings.seed);
    let mut sums = vec![0.0; rows * columns];
    for score in scores {
        let mask = mask(&mut random, cells, settings.shown, [rows, columns]);
        for (sum, &m) in sums.iter_mut().zip(&mask) {
            *sum += (score - mean) * f64::from(m);
        }
    }
    let expected = n * settings.shown;
    let pixels: Vec<f32> = sums.iter().map(|s| (s / expected) as f32).collect();
    let side = |size: usize| (cells * FINER).min(size);
    let (down, across) = (side(rows), side(columns));
    let values = area_average(&pixels, columns, rows, down, across);
    let values = values.into_iter().map(|v| v as f32).collect();
    Planes::new(1, down, across, values).ok_or_else(|| Error::new(&codes::RUN).at("rise"))
}

/// One mask. Drawn in this order: the cells row by row, the shift down, the shift to the right.
fn mask(random: &mut Random, cells: usize, shown: f64, [rows, columns]: [usize; 2]) -> Vec<f32> {
    let grid: Vec<f32> = (0..cells * cells)
        .map(|_| if random.unit() < shown { 1.0 } else { 0.0 })
        .collect();
    let (tall, wide) = (rows.div_ceil(cells), columns.div_ceil(cells));
    let (down, right) = (random.below(tall), random.below(wide));
    let large = [(cells + 1) * tall, (cells + 1) * wide];
    let whole = resize::bilinear(&grid, [cells, cells], large);
    let lines = whole.chunks_exact(large[1]).skip(down).take(rows);
    lines
        .flat_map(|line| line.iter().skip(right).take(columns))
        .copied()
        .collect()
}
