//! Two pictures by their key points: levels → points → matches → transform, with its residual in pixels and mm.

use super::{
    codes,
    plane::{self, Matrix, Model, Point, product},
    robust::{Estimator, Robust, distance},
};
use crate::{
    base::{Error, Monitor, Result},
    study::geometry::{Spacing, SpacingFrom},
    tone::Grey,
    vision::points::{Kind, Levels, Match, Matching, Points, Settings},
};

/// A picture to compare.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Modality values.
    pub grey: &'a Grey,
    /// Distance between pixel centres, with its provenance.
    pub spacing: Spacing,
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Key points.
    pub points: Settings,
    /// Matches.
    pub matching: Matching,
    /// What the transform may do.
    pub model: Model,
    /// How samples are judged.
    pub estimator: Estimator,
    /// Largest distance of a match that agrees, pixels of the second picture.
    pub tolerance_px: f64,
    /// Of all that is drawn at random.
    pub seed: u64,
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            // Radiographs have little contrast: the strongest of many are taken, not only what Lowe's threshold leaves.
            points: Settings {
                contrast: 0.01,
                most: 5000,
                ..Settings::default()
            },
            matching: Matching::default(),
            model: Model::Similarity,
            estimator: Estimator::Ransac,
            tolerance_px: 3.0,
            seed: 0,
        }
    }
}

/// What was found on the way, whether or not a transform came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Key points of the first picture.
    pub a: Points,
    /// Key points of the second.
    pub b: Points,
    /// Pairs that look alike.
    pub matches: Vec<Match>,
    /// The transform, or why there is none.
    pub outcome: Result<Outcome>,
}

/// A transform from the first picture to the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Columns and rows of the first → columns and rows of the second.
    pub matrix: Matrix,
    /// In mm from the first pixel, x along rows; where both spacings are known. Of this the model holds: a rigid motion is rigid in mm.
    pub matrix_mm: Option<Matrix>,
    /// The matches that agree, by index.
    pub inliers: Vec<usize>,
    /// Root mean square and maximum of their distances in the second picture, pixels.
    pub residual_px: [f64; 2],
    /// The same in mm of the second picture, where its spacing is known.
    pub residual_mm: Option<[f64; 2]>,
    /// Scale, in mm where both spacings are known, else in pixels.
    pub scale: f64,
    /// Degrees, clockwise on the screen.
    pub rotation_degrees: f64,
    /// Ratio of the two factors of lengths; 1 for all but affine transforms and homographies.
    pub stretch: f64,
    /// Where the middle of the first picture goes, relative to the middle of the second, pixels of the second.
    pub shift_px: [f64; 2],
    /// Decimal logarithm of the number of transforms that would be agreed on as much by chance.
    pub chance: f64,
}

/// Fewest key points to go on with.
const FEWEST: usize = 8;

/// Compares two pictures.
///
/// # Errors
/// `REG-001` when cancelled, `REG-012` for what is too large. That no transform is found is told in [`Compared::outcome`]: `REG-002` for a
/// picture without structure, `REG-003` to `REG-006` for matches that are too few or do not agree.
pub fn compare(
    a: &Picture<'_>,
    b: &Picture<'_>,
    how: &Comparison,
    monitor: &dyn Monitor,
) -> Result<Compared> {
    let find =
        |picture: &Picture<'_>| Points::find(&Levels::of_grey(picture.grey), &how.points, monitor);
    let (pa, pb) = (find(a)?, find(b)?);
    let matches = how.matching.between(&pa, &pb, monitor)?;
    let outcome = if pa.len().min(pb.len()) < FEWEST {
        Err(Error::new(&codes::NO_STRUCTURE)
            .expected(format!("at least {FEWEST}"))
            .found(format!("{} and {}", pa.len(), pb.len())))
    } else {
        outcome(a, b, (&pa, &pb), &matches, how)
    };
    Ok(Compared {
        a: pa,
        b: pb,
        matches,
        outcome,
    })
}

/// Length units of a pixel along rows and columns: mm, or pixels of the right shape.
fn units(spacing: &Spacing) -> [f64; 2] {
    let [rows, columns] = spacing.mm;
    if spacing.from == SpacingFrom::None {
        return [1.0, spacing.aspect()];
    }
    let usable = |v: f64| v.is_finite() && v > 0.0;
    if usable(rows) && usable(columns) {
        [columns, rows]
    } else {
        [1.0, 1.0]
    }
}

fn scaled(by: [f64; 2]) -> Matrix {
    [[by[0], 0.0, 0.0], [0.0, by[1], 0.0], [0.0, 0.0, 1.0]]
}

fn outcome(
    a: &Picture<'_>,
    b: &Picture<'_>,
    (pa, pb): (&Points, &Points),
    matches: &[Match],
    how: &Comparison,
) -> Result<Outcome> {
    let known = |p: &Picture<'_>| p.spacing.from != SpacingFrom::None;
    let both = known(a) && known(b);
    let shape = |p: &Picture<'_>| {
        if both {
            units(&p.spacing)
        } else {
            [1.0, p.spacing.aspect()]
        }
    };
    let (ua, ub) = (shape(a), shape(b));
    let place = |points: &Points, n: usize| -> Option<Point> {
        let p = points.points.get(n)?;
        Some([f64::from(p.x), f64::from(p.y)])
    };
    let pixels: Vec<(Point, Point)> = (matches.iter())
        .filter_map(|m| Some((place(pa, m.a)?, place(pb, m.b)?)))
        .collect();
    let pairs: Vec<(Point, Point)> = (pixels.iter())
        .map(|(p, q)| ([p[0] * ua[0], p[1] * ua[1]], [q[0] * ub[0], q[1] * ub[1]]))
        .collect();
    let pixel = (ub[0] * ub[1]).sqrt();
    let robust = Robust {
        model: how.model,
        estimator: how.estimator,
        tolerance: how.tolerance_px * pixel,
        seed: how.seed,
        ..Robust::default()
    };
    let extent = [b.grey.columns as f64 * ub[0], b.grey.rows as f64 * ub[1]];
    let fit = robust.fit(&pairs, extent)?;
    let matrix = product(
        &scaled(ub.map(|v| 1.0 / v)),
        &product(&fit.matrix, &scaled(ua)),
    );
    let (mut squares, mut most) = (0.0, 0.0_f64);
    let (mut squares_mm, mut most_mm) = (0.0, 0.0_f64);
    let mm = units(&b.spacing);
    for &n in &fit.inliers {
        let Some((p, q)) = pixels.get(n) else {
            continue;
        };
        let d = distance(&matrix, &(*p, *q));
        squares += d * d;
        most = most.max(d);
        let to = plane::apply(&matrix, *p);
        let d = ((to[0] - q[0]) * mm[0]).hypot((to[1] - q[1]) * mm[1]);
        squares_mm += d * d;
        most_mm = most_mm.max(d);
    }
    let n = fit.inliers.len().max(1) as f64;
    let middle = |p: &Picture<'_>| {
        [
            0.5 * (p.grey.columns as f64 - 1.0),
            0.5 * (p.grey.rows as f64 - 1.0),
        ]
    };
    let (to, from) = (plane::apply(&matrix, middle(a)), middle(b));
    Ok(Outcome {
        matrix,
        matrix_mm: both.then_some(fit.matrix),
        residual_px: [(squares / n).sqrt(), most],
        residual_mm: known(b).then(|| [(squares_mm / n).sqrt(), most_mm]),
        scale: fit.shape.scale,
        rotation_degrees: fit.shape.rotation,
        stretch: fit.shape.stretch,
        shift_px: [to[0] - from[0], to[1] - from[1]],
        chance: fit.chance,
        inliers: fit.inliers,
    })
}

impl Comparison {
    /// With the quick descriptor, or SIFT.
    #[must_use]
    pub fn with(mut self, kind: Kind) -> Self {
        self.points.kind = kind;
        self
    }
}
