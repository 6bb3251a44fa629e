//! Mutual information of two volumes under a rigid motion, and its slopes (Mattes et al. 2003): the fixed volume's values fall into bins, the
//! moving one's are spread over four bins by a cubic B-spline, so that the histogram changes smoothly with the motion.
//!
//! A sample is drawn once, at places between voxels, and stays: two motions are compared on the same places.

use super::{
    field::Field,
    random::Random,
    rigid::{Rigid, product, times, transposed},
};
use crate::study::geometry::{Vec3, cross, sub};

/// What is made as large as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Mutual information, nats.
    #[default]
    Mutual,
    /// Sum of the entropies over the joint one (Studholme et al. 1999): depends less on how much the two overlap.
    Normalised,
}

/// Bins at each end that no value falls into, for the spline's reach.
const MARGIN: usize = 2;
/// Fewer samples than these in the moving volume say nothing.
pub(super) const LEAST_INSIDE: usize = 64;

struct Sample {
    /// From the centre of rotation, mm.
    place: Vec3,
    bin: usize,
}

/// What one motion gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    /// The measure; 0 where next to nothing overlaps.
    pub(super) measure: f64,
    /// Mutual information, nats, whatever the measure.
    pub(super) mutual: f64,
    /// Twice the mutual information over the sum of the entropies: 0..1.
    pub(super) share: f64,
    /// Share of the samples that lie within the moving volume.
    pub(super) overlap: f64,
}

/// Slopes of the measure: along the translation (for each mm), about the axes (for each radian).
pub(super) type Slopes = (Vec3, Vec3);

pub(super) struct Metric<'a> {
    moving: &'a Field<'a>,
    measure: Measure,
    samples: Vec<Sample>,
    centre: Vec3,
    bins: usize,
    /// Moving value → bins: (value - low) · by + MARGIN.
    low: f32,
    by: f32,
    joint: Vec<f64>,
    /// By bin pair, what a change of the histogram there changes.
    weights: Vec<f64>,
    /// Of the samples inside: number, moving bin with fractions, slopes in bins along x, y, z.
    inside: Vec<(u32, f32, [f32; 3])>,
    /// Mean distance of the samples from the centre, mm (root mean square).
    pub(super) radius: f64,
}

impl<'a> Metric<'a> {
    /// Draws the sample. `None` where one of the two has no two values that differ.
    pub(super) fn new(
        fixed: &Field<'_>,
        moving: &'a Field<'a>,
        (measure, bins, count): (Measure, usize, usize),
        centre: Vec3,
        random: &mut Random,
    ) -> Option<Self> {
        let bins = bins.clamp(8, 256);
        let scale = |field: &Field<'_>, bins: f32| {
            let (low, high) = field.range(0.002)?;
            let by = bins / (high - low);
            (high > low && by.is_finite()).then_some((low, by))
        };
        let (fixed_low, fixed_by) = scale(fixed, bins as f32)?;
        let (low, by) = scale(moving, (bins - 2 * MARGIN - 1) as f32)?;
        let mut samples = Vec::with_capacity(count);
        let mut square = 0.0;
        for _ in 0..4 * count {
            if samples.len() == count {
                break;
            }
            let index = fixed.dims.map(|n| random.unit() * (n as f64 - 1.0));
            let Some(value) = fixed.value(index) else {
                continue;
            };
            let place = sub(fixed.at(index), centre);
            square += place.iter().map(|v| v * v).sum::<f64>();
            let bin = ((value - fixed_low) * fixed_by).clamp(0.0, (bins - 1) as f32) as usize;
            samples.push(Sample { place, bin });
        }
        let radius = (square / samples.len().max(1) as f64).sqrt().max(1e-3);
        Some(Self {
            moving,
            measure,
            samples,
            centre,
            bins,
            low,
            by,
            joint: vec![0.0; bins * bins],
            weights: vec![0.0; bins * bins],
            inside: Vec::with_capacity(count),
            radius,
        })
    }

    /// The measure of a motion.
    pub(super) fn value(&mut self, motion: &Rigid) -> Value {
        self.count(motion, false);
        self.summed(false)
    }

    /// The measure and its slopes.
    pub(super) fn slopes(&mut self, motion: &Rigid) -> (Value, Slopes) {
        self.count(motion, true);
        let value = self.summed(true);
        let (mut along, mut about) = ([0.0; 3], [0.0; 3]);
        if value.measure == 0.0 {
            return (value, (along, about));
        }
        for &(n, place, slope) in &self.inside {
            let sample = &self.samples[n as usize];
            let whole = place as usize;
            let row = &self.weights[sample.bin * self.bins + whole - 1..][..4];
            // The spline's slope, with the sign of a moving place: more of the bins above, less of those below.
            let d = spline_slopes(place - whole as f32);
            let change: f64 = row.iter().zip(d).map(|(w, d)| w * f64::from(d)).sum();
            let push = slope.map(|s| change * f64::from(s));
            let arm = times(&motion.rotation, sample.place);
            let turn = cross(arm, push);
            for n in 0..3 {
                along[n] += push[n];
                about[n] += turn[n];
            }
        }
        let n = self.inside.len() as f64;
        (value, (along.map(|v| v / n), about.map(|v| v / n)))
    }

    /// Fills the joint histogram.
    fn count(&mut self, motion: &Rigid, slopes: bool) {
        self.joint.fill(0.0);
        self.inside.clear();
        let moving = self.moving;
        let turn = product(&moving.to_index, &motion.rotation);
        let start = moving.index_of([0, 1, 2].map(|n| self.centre[n] + motion.translation[n]));
        let back = transposed(&moving.to_index);
        let most = (self.bins - 2 * MARGIN - 1) as f32;
        for (n, sample) in self.samples.iter().enumerate() {
            let index = times(&turn, sample.place);
            let index = [
                index[0] + start[0],
                index[1] + start[1],
                index[2] + start[2],
            ];
            let (value, slope) = if slopes {
                let Some((value, slope)) = moving.slope(index) else {
                    continue;
                };
                let own = (value - self.low) * self.by;
                // Beyond the range a value stays in the last bin, whatever it does.
                let slope = if (0.0..=most).contains(&own) {
                    times(&back, slope.map(|s| f64::from(s * self.by))).map(|v| v as f32)
                } else {
                    [0.0; 3]
                };
                (own, slope)
            } else {
                let Some(value) = moving.value(index) else {
                    continue;
                };
                ((value - self.low) * self.by, [0.0; 3])
            };
            let place = value.clamp(0.0, most) + MARGIN as f32;
            let whole = place as usize;
            let row = &mut self.joint[sample.bin * self.bins + whole - 1..][..4];
            for (cell, weight) in row.iter_mut().zip(spline(place - whole as f32)) {
                *cell += f64::from(weight);
            }
            self.inside.push((n as u32, place, slope));
        }
    }

    /// The measure of the histogram, and what each of its cells changes.
    fn summed(&mut self, weights: bool) -> Value {
        let inside = self.inside.len();
        let overlap = inside as f64 / self.samples.len().max(1) as f64;
        if inside < LEAST_INSIDE {
            return Value {
                measure: 0.0,
                mutual: 0.0,
                share: 0.0,
                overlap,
            };
        }
        let by = 1.0 / inside as f64;
        let mut of_moving = vec![0.0; self.bins];
        let (mut joint, mut fixed) = (0.0, 0.0);
        let entropy = |p: f64| if p > 0.0 { -p * libm::log(p) } else { 0.0 };
        for row in self.joint.chunks_exact_mut(self.bins) {
            let mut sum = 0.0;
            for (cell, column) in row.iter_mut().zip(&mut of_moving) {
                *cell *= by;
                sum += *cell;
                *column += *cell;
                joint += entropy(*cell);
            }
            fixed += entropy(sum);
        }
        let moving: f64 = of_moving.iter().map(|&p| entropy(p)).sum();
        let mutual = (fixed + moving - joint).max(0.0);
        let both = fixed + moving;
        let measure = match self.measure {
            Measure::Mutual => mutual,
            Measure::Normalised => both / joint.max(1e-12),
        };
        if weights {
            let log = |p: f64| libm::log(p.max(1e-12));
            let column: Vec<f64> = of_moving.iter().map(|&p| log(p)).collect();
            // Terms that are the same along a row drop out: a spline's slopes sum to nothing.
            let (of_joint, of_column) = match self.measure {
                Measure::Mutual => (1.0, -1.0),
                Measure::Normalised => (both / (joint * joint).max(1e-12), -1.0 / joint.max(1e-12)),
            };
            let rows = self.weights.chunks_exact_mut(self.bins);
            for (out, row) in rows.zip(self.joint.chunks_exact(self.bins)) {
                for ((weight, &p), column) in out.iter_mut().zip(row).zip(&column) {
                    *weight = if p > 0.0 {
                        of_joint * log(p) + of_column * column
                    } else {
                        of_joint * log(0.0) + of_column * column
                    };
                }
            }
        }
        Value {
            measure,
            mutual,
            share: if both > 0.0 { 2.0 * mutual / both } else { 0.0 },
            overlap,
        }
    }
}

/// Cubic B-spline: the shares of the bins before, at, after and two after a place that is `t` beyond a bin.
fn spline(t: f32) -> [f32; 4] {
    let s = 1.0 - t;
    let (t2, s2) = (t * t, s * s);
    [
        s2 * s / 6.0,
        (4.0 - 6.0 * t2 + 3.0 * t2 * t) / 6.0,
        (4.0 - 6.0 * s2 + 3.0 * s2 * s) / 6.0,
        t2 * t / 6.0,
    ]
}

/// How those shares change with `t`.
fn spline_slopes(t: f32) -> [f32; 4] {
    let s = 1.0 - t;
    [
        -0.5 * s * s,
        0.5 * (3.0 * t * t - 4.0 * t),
        -0.5 * (3.0 * s * s - 4.0 * s),
        0.5 * t * t,
    ]
}

#[cfg(test)]
mod tests {
    use super::{super::field::tests::made, *};
    use crate::{base::Limits, study::geometry::norm};

    #[test]
    fn splines_sum_to_one_and_their_slopes_to_nothing() {
        for n in 0..=10 {
            let t = n as f32 / 10.0;
            assert!((spline(t).iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(spline_slopes(t).iter().sum::<f32>().abs() < 1e-6);
            let (a, b) = (spline(t - 0.01), spline(t + 0.01));
            for (slope, (a, b)) in spline_slopes(t).iter().zip(a.iter().zip(b)) {
                assert!((slope - (b - a) / 0.02).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn slopes_are_those_of_the_measure() {
        let steps = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]];
        let f = |p: Vec3| {
            100.0 * libm::exp(-0.004 * norm(sub(p, [30.0, 34.0, 32.0])).powi(2))
                + 40.0 * libm::sin(p[0] * 0.2) * libm::cos(p[1] * 0.15)
                + 0.5 * p[2]
        };
        let volume = made([32, 32, 32], [0.0; 3], steps, &f);
        let field = Field::of(&volume, &Limits::default()).unwrap();
        // Larger than the fixed one: no sample comes or goes.
        let larger = made([48, 48, 48], [-16.0; 3], steps, &|p| 300.0 - f(p));
        let moving = Field::of(&larger, &Limits::default()).unwrap();
        let centre = field.middle();
        for measure in [Measure::Mutual, Measure::Normalised] {
            let mut metric = Metric::new(
                &field,
                &moving,
                (measure, 32, 20_000),
                centre,
                &mut Random::new(1),
            )
            .unwrap();
            let at = Rigid::of_angles([3.0, -4.0, 5.0], [1.0, -2.0, 1.5], centre);
            let (value, (along, about)) = metric.slopes(&at);
            assert_eq!(value, metric.value(&at));
            let best = metric.value(&Rigid::identity(centre));
            assert!(best.measure > value.measure);
            for n in 0..3 {
                let mut by = [0.0; 3];
                by[n] = 0.05;
                let d = |turn: Vec3, shift: Vec3, metric: &mut Metric<'_>| {
                    let minus = [turn.map(|v| -v), shift.map(|v| -v)];
                    metric.value(&at.nudged(turn, shift)).measure
                        - metric.value(&at.nudged(minus[0], minus[1])).measure
                };
                let numeric = d([0.0; 3], by, &mut metric) / 0.1;
                assert!(
                    (numeric - along[n]).abs()
                        < 0.03 * along.iter().map(|v| v.abs()).fold(0.0, f64::max) + 1e-4,
                    "{measure:?} {n}: {numeric} {}",
                    along[n]
                );
                by[n] = 0.002;
                let numeric = d(by, [0.0; 3], &mut metric) / 0.004;
                assert!(
                    (numeric - about[n]).abs()
                        < 0.03 * about.iter().map(|v| v.abs()).fold(0.0, f64::max) + 1e-3,
                    "{measure:?} {n}: {numeric} {}",
                    about[n]
                );
            }
        }
    }

    #[test]
    fn nothing_in_common_gives_nothing() {
        let steps = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let volume = |f: &dyn Fn(Vec3) -> f64| made([12, 12, 12], [0.0; 3], steps, f);
        let (ramp, flat) = (volume(&|p| p[0]), volume(&|_| 5.0));
        let [ramp, flat] = [&ramp, &flat].map(|v| Field::of(v, &Limits::default()).unwrap());
        let settings = (Measure::Mutual, 32, 2000);
        assert!(Metric::new(&ramp, &flat, settings, [0.0; 3], &mut Random::new(1)).is_none());
        let mut metric =
            Metric::new(&ramp, &ramp, settings, [0.0; 3], &mut Random::new(1)).unwrap();
        let mut far = Rigid::identity([0.0; 3]);
        far.translation = [500.0, 0.0, 0.0];
        let (value, slopes) = metric.slopes(&far);
        assert_eq!(
            (value.measure, value.overlap, slopes),
            (0.0, 0.0, ([0.0; 3], [0.0; 3]))
        );
    }
}
