//! What the values inside of a region are: mean, standard deviation, extremes, median, histogram. Padding is counted apart.

use serde::{Deserialize, Serialize};

use super::shape::Shape;

/// Classes of a histogram at most.
const MOST_CLASSES: usize = 64;

/// Of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Statistics {
    /// `value` for the modality value; else the quantity's name: `SUVbw`.
    pub quantity: String,
    /// UCUM; empty where none is known.
    pub unit: String,
    /// Pixels with a value.
    pub count: u32,
    /// Pixels inside without one: padding, shuttered, beyond a map.
    pub excluded: u32,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the population: divided by `count`, not by one less. The pixels are all that the region has, no sample of it.
    pub sd: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Of an even number the mean of the two in the middle.
    pub median: f64,
    /// How often which values are.
    pub histogram: Histogram,
}

/// Classes of equal width; whole values get whole widths, so that no class is empty by its width alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Histogram {
    /// Lower end of the first class.
    pub low: f64,
    /// Of a class: it holds its lower end; the last one of fractions holds its upper end too.
    pub width: f64,
    /// Values by class.
    pub counts: Vec<u32>,
}

impl Statistics {
    /// Of the values of `shape`; `value` gives that of a pixel by its place in the frame (row-major). `None` where no pixel has one.
    pub fn of(
        shape: &Shape,
        size: (usize, usize),
        quantity: &str,
        unit: &str,
        mut value: impl FnMut(usize) -> Option<f64>,
    ) -> Option<Self> {
        let (columns, rows) = size;
        let (mut all, mut excluded) = (vec![], 0_u32);
        shape.runs(columns, rows, |row, from, to| {
            for at in row * columns + from..row * columns + to {
                match value(at).filter(|v| v.is_finite()) {
                    Some(v) => all.push(v),
                    None => excluded += 1,
                }
            }
        });
        let count = all.len();
        let n = count as f64;
        let (first, rest) = (*all.first()?, all.get(1..).unwrap_or_default());
        let (min, max) = rest
            .iter()
            .fold((first, first), |(l, h), &v| (l.min(v), h.max(v)));
        // About a value of theirs: no digits are lost to a large mean.
        let mean = first + all.iter().map(|v| v - first).sum::<f64>() / n;
        let squares: f64 = all.iter().map(|v| (v - mean) * (v - mean)).sum();
        let whole = all.iter().all(|v| v.fract() == 0.0);
        let histogram = Histogram::of(&all, [min, max], whole);
        Some(Self {
            quantity: quantity.to_owned(),
            unit: unit.to_owned(),
            count: count as u32,
            excluded,
            mean,
            sd: (squares / n).sqrt(),
            min,
            max,
            median: median(&mut all),
            histogram,
        })
    }
}

/// Orders the values as far as it needs.
fn median(all: &mut [f64]) -> f64 {
    let middle = all.len() / 2;
    if middle >= all.len() {
        return 0.0;
    }
    let even = all.len().is_multiple_of(2);
    let (below, &mut at, _) = all.select_nth_unstable_by(middle, f64::total_cmp);
    if !even {
        return at;
    }
    let before = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(before, at)
}

impl Histogram {
    fn of(all: &[f64], [min, max]: [f64; 2], whole: bool) -> Self {
        let (width, classes) = if whole {
            let span = max - min + 1.0;
            let width = (span / MOST_CLASSES as f64).ceil().max(1.0);
            (width, (span / width).ceil() as usize)
        } else {
            let classes = (all.len() as f64)
                .sqrt()
                .ceil()
                .clamp(1.0, MOST_CLASSES as f64) as usize;
            let width = (max - min) / classes as f64;
            if width > 0.0 && width.is_finite() {
                (width, classes)
            } else {
                (1.0, 1)
            }
        };
        let classes = classes.clamp(1, MOST_CLASSES);
        let mut counts = vec![0_u32; classes];
        for v in all {
            let at = (((v - min) / width) as usize).min(classes - 1);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        Self {
            low: min,
            width,
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: f64) -> Shape {
        Shape::Polygon(vec![[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]])
    }

    #[test]
    fn numbers_by_hand() {
        let values = [2.0, 4.0, 4.0, f64::NAN, 4.0, 5.0, 5.0, 7.0, 9.0];
        let got =
            Statistics::of(&square(3.0), (3, 3), "value", "HU", |at| Some(values[at])).unwrap();
        assert_eq!((got.count, got.excluded), (8, 1));
        assert_eq!(
            (got.mean, got.sd, got.min, got.max, got.median),
            (5.0, 2.0, 2.0, 9.0, 4.5)
        );
        assert_eq!(
            got.histogram,
            Histogram {
                low: 2.0,
                width: 1.0,
                counts: vec![1, 0, 3, 2, 0, 1, 0, 1]
            }
        );
        assert_eq!(Statistics::of(&square(3.0), (3, 3), "", "", |_| None), None);
        // A large mean costs no digits.
        let far =
            Statistics::of(&square(3.0), (3, 3), "", "", |at| Some(values[at] + 1e9)).unwrap();
        assert!((far.sd - 2.0).abs() < 1e-9 && far.mean == 1e9 + 5.0);
    }

    #[test]
    fn histograms_hold_every_value_once() {
        for (spread, shift) in [(1.0, 0.0), (0.001, -3.0), (1000.0, 5.0), (0.0, 7.5)] {
            let value = |at: usize| Some(shift + spread * ((at * 37 % 100) as f64));
            let got = Statistics::of(&square(10.0), (10, 10), "", "", value).unwrap();
            assert_eq!(got.histogram.counts.iter().sum::<u32>(), 100);
            assert!(got.histogram.counts.len() <= 64);
            let end = got.histogram.low + got.histogram.width * got.histogram.counts.len() as f64;
            assert!(end >= got.max - 1e-9);
        }
    }
}
