//! One transform from matches of which many are wrong: random samples, scored by all matches, refined on those that agree (RANSAC with
//! truncated squares, Torr and Zisserman 2000; least median of squares, Rousseeuw 1984).
//!
//! Whether the agreement could be chance is counted as in Moisan and Stival (2004): the expected number of transforms with as many matches
//! within the tolerance, if matches were anywhere. What is not rare is refused.

use super::{
    codes,
    plane::{self, Matrix, Model, Point, Shape},
    random::Random,
};
use crate::base::{Error, Result};

/// How samples are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Estimator {
    /// By the sum of squares, each cut at the tolerance: bears far more wrong matches than right ones.
    #[default]
    Ransac,
    /// By the median of squares: needs no tolerance, bears up to half wrong ones.
    MedianOfSquares,
}

/// Tolerances of a robust fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    /// What the transform may do.
    pub model: Model,
    /// How samples are judged.
    pub estimator: Estimator,
    /// Largest distance of a match that agrees, in the units of the second points.
    pub tolerance: f64,
    /// Fewest matches, at different places, that have to agree.
    pub fewest: usize,
    /// Most samples.
    pub samples: usize,
    /// Scales that are believed, as a factor and its reciprocal.
    pub scale: f64,
    /// Of all that is drawn at random.
    pub seed: u64,
}

impl Default for Robust {
    fn default() -> Self {
        Self {
            model: Model::Similarity,
            estimator: Estimator::Ransac,
            tolerance: 3.0,
            fewest: 8,
            samples: 20_000,
            scale: 8.0,
            seed: 0,
        }
    }
}

/// A transform that matches agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// From the first points to the second.
    pub matrix: Matrix,
    /// The matches that agree, by index.
    pub inliers: Vec<usize>,
    /// Root mean square and maximum of their distances, in the units of the second points.
    pub residual: [f64; 2],
    /// What the transform does in the middle of the matches that agree.
    pub shape: Shape,
    /// Decimal logarithm of the number of transforms that as many matches would agree on by chance; below -2 at least.
    pub chance: f64,
}

/// Largest ratio of the two factors of lengths that is believed.
const MOST_STRETCH: f64 = 3.0;
/// Largest logarithm of the number by chance that is believed.
const RARE: f64 = -2.0;
/// Least spread of the agreeing points in each direction, in tolerances.
const LEAST_SPREAD: f64 = 4.0;
/// Chance that no sample was free of wrong matches, at which sampling ends.
const MISSED: f64 = 1e-6;

impl Robust {
    /// The transform from the first points to the second ones. `extent`: width and height of where second points can be.
    ///
    /// # Errors
    /// `REG-003` for fewer matches than have to agree, `REG-004` where they do not, `REG-005` where those that do lie on a spot or line,
    /// `REG-006` where they agree on what is not plausible.
    pub fn fit(&self, pairs: &[(Point, Point)], extent: [f64; 2]) -> Result<Fit> {
        let finite = |p: &(Point, Point)| p.0.iter().chain(&p.1).all(|v| v.is_finite());
        let usable: Vec<usize> = (0..pairs.len()).filter(|&n| finite(&pairs[n])).collect();
        let fewest = self.fewest.max(self.model.pairs() + 2);
        if usable.len() < fewest {
            return Err(Error::new(&codes::FEW_MATCHES)
                .expected(format!("at least {fewest}"))
                .found(usable.len()));
        }
        let own: Vec<(Point, Point)> = usable.iter().map(|&n| pairs[n]).collect();
        let nothing = |found: usize| {
            Error::new(&codes::NO_AGREEMENT)
                .expected(format!("at least {fewest} of {}", own.len()))
                .found(found)
        };
        let best = self.sampled(&own).ok_or_else(|| nothing(0))?;
        let tolerance = self.tolerance_of(&best, &own);
        let (matrix, inside) = self
            .refined(best, &own, tolerance)
            .ok_or_else(|| nothing(0))?;
        let places = different(&own, &inside, tolerance);
        if places < fewest {
            return Err(nothing(places));
        }
        let chance = chance(
            places,
            different_of_all(&own, tolerance),
            self.model.pairs(),
            tolerance,
            extent,
        );
        if chance > RARE {
            return Err(nothing(places).at(format!("chance 1e{chance:.1}")));
        }
        spread(&own, &inside, self.model, tolerance)?;
        let distances: Vec<f64> = inside.iter().map(|&n| distance(&matrix, &own[n])).collect();
        let squares: f64 = distances.iter().map(|d| d * d).sum();
        let middle = middle(inside.iter().map(|&n| own[n].0));
        let shape = self.plausible(&matrix, middle, &own, &inside)?;
        Ok(Fit {
            matrix,
            inliers: inside.iter().map(|&n| usable[n]).collect(),
            residual: [
                (squares / inside.len() as f64).sqrt(),
                distances.iter().copied().fold(0.0, f64::max),
            ],
            shape,
            chance,
        })
    }

    /// The best of many random samples.
    fn sampled(&self, pairs: &[(Point, Point)]) -> Option<Matrix> {
        let mut random = Random::new(self.seed ^ 0x5EED_0F17);
        let size = self.model.pairs();
        let mut best: Option<(f64, Matrix)> = None;
        let mut needed = self.samples as f64;
        let mut chosen: Vec<(Point, Point)> = Vec::with_capacity(size);
        let mut squares = Vec::new();
        let mut drawn = 0;
        while (drawn as f64) < needed && drawn < self.samples {
            drawn += 1;
            chosen.clear();
            for _ in 0..size {
                chosen.push(pairs[random.below(pairs.len())]);
            }
            if !self.is_sample(&chosen) {
                continue;
            }
            let Some(mut matrix) = self.model.fit(&chosen) else {
                continue;
            };
            let mut score = self.score(&matrix, pairs, &mut squares);
            if best.is_some_and(|(least, _)| score >= least) {
                continue;
            }
            // A sample of right matches is only roughly right: what agrees with it says better (Chum et al. 2003).
            for _ in 0..3 {
                let inside: Vec<_> = (pairs.iter().copied())
                    .filter(|p| distance(&matrix, p) < 1.5 * self.tolerance)
                    .collect();
                let Some(better) = self.model.fit(&inside) else {
                    break;
                };
                let of_better = self.score(&better, pairs, &mut squares);
                if of_better >= score {
                    break;
                }
                (matrix, score) = (better, of_better);
            }
            best = Some((score, matrix));
            let right = match self.estimator {
                Estimator::Ransac => {
                    let inside = pairs
                        .iter()
                        .filter(|p| distance(&matrix, p) < self.tolerance)
                        .count();
                    inside as f64 / pairs.len() as f64
                }
                Estimator::MedianOfSquares => 0.5,
            };
            let clean = right.powi(size as i32).clamp(1e-9, 1.0 - 1e-9);
            needed = (libm::log(MISSED) / libm::log(1.0 - clean)).max(50.0);
        }
        best.map(|(_, matrix)| matrix)
    }

    fn score(&self, matrix: &Matrix, pairs: &[(Point, Point)], squares: &mut Vec<f64>) -> f64 {
        let cut = self.tolerance * self.tolerance;
        let square = |p: &(Point, Point)| {
            let d = distance(matrix, p);
            d * d
        };
        match self.estimator {
            Estimator::Ransac => pairs.iter().map(|p| square(p).min(cut)).sum(),
            Estimator::MedianOfSquares => {
                squares.clear();
                squares.extend(pairs.iter().map(square));
                let half = squares.len() / 2;
                *squares.select_nth_unstable_by(half, f64::total_cmp).1
            }
        }
    }

    /// Under the median, the tolerance comes from the matches themselves (Rousseeuw and Leroy 1987), and is no larger than allowed.
    fn tolerance_of(&self, matrix: &Matrix, pairs: &[(Point, Point)]) -> f64 {
        if self.estimator == Estimator::Ransac {
            return self.tolerance;
        }
        let median = self.score(matrix, pairs, &mut Vec::new());
        let few = (pairs.len() as f64 - self.model.pairs() as f64).max(1.0);
        (2.5 * 1.4826 * (1.0 + 5.0 / few) * median.sqrt())
            .clamp(0.1 * self.tolerance, self.tolerance)
    }

    /// Points of a sample have to lie apart in both pictures, by far more than the tolerance.
    fn is_sample(&self, chosen: &[(Point, Point)]) -> bool {
        let least = 4.0 * self.tolerance;
        for (n, p) in chosen.iter().enumerate() {
            for q in &chosen[n + 1..] {
                let apart = (p.1[0] - q.1[0]).hypot(p.1[1] - q.1[1]);
                let before = (p.0[0] - q.0[0]).hypot(p.0[1] - q.0[1]);
                let allowed = match self.model {
                    // Lengths stay: a pair that changes its own is wrong.
                    Model::Rigid => (apart - before).abs() <= 2.0 * self.tolerance,
                    _ => apart <= self.scale * before && before <= self.scale * apart,
                };
                if apart < least || !allowed {
                    return false;
                }
            }
        }
        true
    }

    /// Fit and those that agree, in turns, until they stay the same.
    fn refined(
        &self,
        start: Matrix,
        pairs: &[(Point, Point)],
        tolerance: f64,
    ) -> Option<(Matrix, Vec<usize>)> {
        let agreeing = |matrix: &Matrix| -> Vec<usize> {
            (0..pairs.len())
                .filter(|&n| distance(matrix, &pairs[n]) < tolerance)
                .collect()
        };
        let mut matrix = start;
        let mut inside = agreeing(&matrix);
        for _ in 0..20 {
            let chosen: Vec<_> = inside.iter().map(|&n| pairs[n]).collect();
            matrix = self.model.fit(&chosen)?;
            let next = agreeing(&matrix);
            if next == inside {
                break;
            }
            inside = next;
        }
        Some((matrix, inside))
    }

    fn plausible(
        &self,
        matrix: &Matrix,
        middle: Point,
        pairs: &[(Point, Point)],
        inside: &[usize],
    ) -> Result<Shape> {
        let own = plane::shape(matrix, middle);
        let believed = |s: &Shape| {
            s.scale > 0.0
                && (1.0 / self.scale..=self.scale).contains(&s.scale)
                && s.stretch <= MOST_STRETCH
        };
        // Of a homography everywhere where matches are.
        let everywhere = self.model != Model::Homography
            || inside
                .iter()
                .all(|&n| believed(&plane::shape(matrix, pairs[n].0)));
        if believed(&own) && everywhere {
            return Ok(own);
        }
        Err(Error::new(&codes::IMPLAUSIBLE)
            .expected(format!(
                "a scale of {:.3} to {:.0}, a stretch of at most {MOST_STRETCH}",
                1.0 / self.scale,
                self.scale
            ))
            .found(format!(
                "scale {:.3}, stretch {:.2}",
                own.scale, own.stretch
            )))
    }
}

/// How far the first point lands from the second.
pub(super) fn distance(matrix: &Matrix, (p, q): &(Point, Point)) -> f64 {
    let to = plane::apply(matrix, *p);
    (to[0] - q[0]).hypot(to[1] - q[1])
}

fn middle(points: impl Iterator<Item = Point>) -> Point {
    let (mut sum, mut n) = ([0.0; 2], 0.0);
    for p in points {
        sum = [sum[0] + p[0], sum[1] + p[1]];
        n += 1.0;
    }
    if n > 0.0 {
        [sum[0] / n, sum[1] / n]
    } else {
        sum
    }
}

/// Matches at one place are one witness: how many cells of the tolerance's size hold any.
fn different(pairs: &[(Point, Point)], inside: &[usize], tolerance: f64) -> usize {
    let cell = |v: f64| (v / tolerance.max(1e-9)).floor() as i64;
    let mut cells: Vec<[i64; 2]> = (inside.iter()).map(|&n| pairs[n].1.map(cell)).collect();
    cells.sort_unstable();
    cells.dedup();
    cells.len()
}

fn different_of_all(pairs: &[(Point, Point)], tolerance: f64) -> usize {
    let all: Vec<usize> = (0..pairs.len()).collect();
    different(pairs, &all, tolerance)
}

/// Decimal logarithm of (n - m) · C(n, k) · C(k, m) · share^(k - m).
fn chance(k: usize, n: usize, m: usize, tolerance: f64, extent: [f64; 2]) -> f64 {
    let area = (extent[0] * extent[1]).max(1e-9);
    let share = (std::f64::consts::PI * tolerance * tolerance / area).clamp(1e-300, 1.0);
    let choose = |n: usize, k: usize| {
        let f = |n: usize| libm::lgamma(n as f64 + 1.0);
        f(n) - f(k) - f(n - k)
    };
    let (n, k) = (n.max(k), k);
    if k <= m {
        return f64::INFINITY;
    }
    let natural = libm::log((n - m).max(1) as f64)
        + choose(n, k)
        + choose(k, m)
        + (k - m) as f64 * libm::log(share);
    natural / std::f64::consts::LN_10
}

/// Refuses what lies on a spot, and on a line where that does not determine the model.
fn spread(pairs: &[(Point, Point)], inside: &[usize], model: Model, tolerance: f64) -> Result<()> {
    let middle = middle(inside.iter().map(|&n| pairs[n].1));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for &n in inside {
        let d = [pairs[n].1[0] - middle[0], pairs[n].1[1] - middle[1]];
        xx += d[0] * d[0];
        xy += d[0] * d[1];
        yy += d[1] * d[1];
    }
    let n = inside.len() as f64;
    let mean = 0.5 * (xx + yy) / n;
    let root = (0.25 * (xx - yy) * (xx - yy) + xy * xy).sqrt() / n;
    let (long, short) = ((mean + root).sqrt(), (mean - root).max(0.0).sqrt());
    let needs = match model {
        Model::Translation => f64::INFINITY,
        Model::Rigid | Model::Similarity => long,
        Model::Affine | Model::Homography => short,
    };
    if needs < LEAST_SPREAD * tolerance {
        return Err(Error::new(&codes::DEGENERATE)
            .expected(format!("a spread of {:.1}", LEAST_SPREAD * tolerance))
            .found(format!("{long:.1} and {short:.1}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [f64; 2] = [512.0, 400.0];

    /// `right` pairs by a similarity with noise, `wrong` ones anywhere.
    fn pairs(right: usize, wrong: usize, seed: u64) -> (Matrix, Vec<(Point, Point)>) {
        let mut random = Random::new(seed);
        let m = [[1.1, -0.4, 60.0], [0.4, 1.1, -30.0], [0.0, 0.0, 1.0]];
        let mut all = Vec::new();
        for n in 0..right + wrong {
            let p = [random.unit() * 400.0, random.unit() * 300.0];
            let q = if n < right {
                plane::apply(&m, p).map(|v| v + 0.4 * random.normal())
            } else {
                [random.unit() * SIZE[0], random.unit() * SIZE[1]]
            };
            all.push((p, q));
        }
        (m, all)
    }

    #[test]
    fn right_ones_are_found_among_wrong_ones() {
        for model in [Model::Similarity, Model::Affine, Model::Homography] {
            let (m, all) = pairs(60, 140, 1);
            let robust = Robust {
                model,
                ..Robust::default()
            };
            let fit = robust.fit(&all, SIZE).unwrap();
            assert!(
                fit.inliers.iter().filter(|&&n| n < 60).count() >= 58,
                "{model:?}"
            );
            assert!(fit.inliers.len() <= 64);
            for p in [[0.0, 0.0], [400.0, 0.0], [400.0, 300.0]] {
                let (a, b) = (plane::apply(&m, p), plane::apply(&fit.matrix, p));
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1.5, "{model:?}");
            }
            assert!(fit.residual[0] < 0.8 && fit.residual[1] < 3.0 && fit.chance < -20.0);
            assert!((fit.shape.scale - 1.1_f64.hypot(0.4)).abs() < 0.02);
            assert_eq!(fit, robust.fit(&all, SIZE).unwrap(), "the same each time");
        }
        let (_, all) = pairs(120, 60, 2);
        let median = Robust {
            estimator: Estimator::MedianOfSquares,
            ..Robust::default()
        };
        let fit = median.fit(&all, SIZE).unwrap();
        assert!(
            (100..=122).contains(&fit.inliers.len()),
            "{}",
            fit.inliers.len()
        );
    }

    #[test]
    fn chance_is_refused() {
        let mut accepted = 0;
        for seed in 0..100 {
            let (_, all) = pairs(0, 40 + seed as usize * 5, seed);
            for model in [Model::Rigid, Model::Similarity, Model::Affine] {
                match (Robust {
                    model,
                    seed,
                    samples: 2000,
                    ..Robust::default()
                })
                .fit(&all, SIZE)
                {
                    Ok(_) => accepted += 1,
                    Err(e) => assert!(
                        ["REG-004", "REG-005", "REG-006"].contains(&e.code().id),
                        "{e}"
                    ),
                }
            }
        }
        assert_eq!(accepted, 0);
    }

    #[test]
    fn what_determines_nothing_is_refused() {
        let code = |pairs: &[(Point, Point)], model| {
            let robust = Robust {
                model,
                ..Robust::default()
            };
            robust.fit(pairs, SIZE).map(|_| ()).unwrap_err().code().id
        };
        assert_eq!(code(&[], Model::Rigid), "REG-003");
        assert_eq!(
            code(&[([f64::NAN; 2], [1.0; 2]); 50], Model::Rigid),
            "REG-003"
        );
        assert_eq!(code(&[([1.0; 2], [1.0; 2]); 50], Model::Rigid), "REG-004");
        let mirrored: Vec<_> = pairs(60, 0, 4)
            .1
            .iter()
            .map(|&(p, _)| (p, [400.0 - p[0], p[1]]))
            .collect();
        assert_eq!(code(&mirrored, Model::Affine), "REG-006");
        let line: Vec<_> = (0..60)
            .map(|n| ([4.0 * f64::from(n), 7.0], [4.0 * f64::from(n) + 3.0, 9.0]))
            .collect();
        assert!(["REG-004", "REG-005"].contains(&code(&line, Model::Affine)));
        assert!(
            Robust {
                model: Model::Rigid,
                ..Robust::default()
            }
            .fit(&line, SIZE)
            .is_ok()
        );
    }
}
