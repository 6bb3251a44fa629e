//! Transforms of the plane: from pairs of points by least squares, and what they do to lengths and angles.

/// A point: column and row, or x and y.
pub type Point = [f64; 2];

/// Homogeneous coordinates: row after row; the last is (0, 0, 1) but for a homography.
pub type Matrix = [[f64; 3]; 3];

/// What a transform may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Move.
    Translation,
    /// Move and turn.
    Rigid,
    /// Move, turn, enlarge.
    Similarity,
    /// Keep parallels parallel.
    Affine,
    /// Keep straight lines straight.
    Homography,
}

/// Every model with its name, the simplest first.
pub const MODELS: &[(&str, Model)] = &[
    ("translation", Model::Translation),
    ("rigid", Model::Rigid),
    ("similarity", Model::Similarity),
    ("affine", Model::Affine),
    ("homography", Model::Homography),
];

/// Leaves everything where it is.
pub const IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

impl Model {
    /// Its name.
    pub fn name(self) -> &'static str {
        MODELS
            .iter()
            .find(|(_, m)| *m == self)
            .map_or("", |(name, _)| name)
    }

    /// The model of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        MODELS
            .iter()
            .find(|(n, _)| *n == name)
            .map(|&(_, model)| model)
    }

    /// Pairs that determine it.
    pub fn pairs(self) -> usize {
        match self {
            Self::Translation => 1,
            Self::Rigid | Self::Similarity => 2,
            Self::Affine => 3,
            Self::Homography => 4,
        }
    }

    /// The transform that takes the first point of each pair nearest to the second, by least squares (of a homography: of the linear form, in
    /// coordinates with mean 0 and mean distance √2). `None` where the pairs do not determine it.
    pub fn fit(self, pairs: &[(Point, Point)]) -> Option<Matrix> {
        if pairs.len() < self.pairs() {
            return None;
        }
        let n = pairs.len() as f64;
        let mean = |of: &dyn Fn(&(Point, Point)) -> Point| {
            let sum = pairs
                .iter()
                .map(of)
                .fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
            [sum[0] / n, sum[1] / n]
        };
        let (a, b) = (mean(&|p| p.0), mean(&|p| p.1));
        let found = match self {
            Self::Translation => moved(IDENTITY, a, b),
            Self::Rigid | Self::Similarity => {
                let (mut c, mut s, mut square) = (0.0, 0.0, 0.0);
                for (p, q) in pairs {
                    let (u, v) = ([p[0] - a[0], p[1] - a[1]], [q[0] - b[0], q[1] - b[1]]);
                    c += u[0] * v[0] + u[1] * v[1];
                    s += u[0] * v[1] - u[1] * v[0];
                    square += u[0] * u[0] + u[1] * u[1];
                }
                let length = if self == Self::Rigid {
                    c.hypot(s)
                } else {
                    square
                };
                if length <= 0.0 || square <= 0.0 {
                    return None;
                }
                let (c, s) = (c / length, s / length);
                moved([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]], a, b)
            }
            Self::Affine => {
                let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
                let mut m = [[0.0; 2]; 2];
                for (p, q) in pairs {
                    let (u, v) = ([p[0] - a[0], p[1] - a[1]], [q[0] - b[0], q[1] - b[1]]);
                    xx += u[0] * u[0];
                    xy += u[0] * u[1];
                    yy += u[1] * u[1];
                    for r in 0..2 {
                        for c in 0..2 {
                            m[r][c] += v[r] * u[c];
                        }
                    }
                }
                let determinant = xx * yy - xy * xy;
                if determinant <= 1e-9 * (xx + yy) * (xx + yy) {
                    return None;
                }
                let row = |m: [f64; 2]| {
                    [
                        (m[0] * yy - m[1] * xy) / determinant,
                        (m[1] * xx - m[0] * xy) / determinant,
                        0.0,
                    ]
                };
                moved([row(m[0]), row(m[1]), [0.0, 0.0, 1.0]], a, b)
            }
            Self::Homography => homography(pairs, a, b)?,
        };
        found
            .iter()
            .flatten()
            .all(|v| v.is_finite())
            .then_some(found)
    }
}

/// `linear` about the points `a` and `b` that are taken to each other.
fn moved(linear: Matrix, a: Point, b: Point) -> Matrix {
    let mut m = linear;
    for r in 0..2 {
        m[r][2] = b[r] - m[r][0] * a[0] - m[r][1] * a[1];
    }
    m
}

/// Hartley's normalised linear form, with the last entry 1.
fn homography(pairs: &[(Point, Point)], a: Point, b: Point) -> Option<Matrix> {
    let spread = |middle: Point, of: &dyn Fn(&(Point, Point)) -> Point| {
        let sum: f64 = pairs
            .iter()
            .map(of)
            .map(|p| (p[0] - middle[0]).hypot(p[1] - middle[1]))
            .sum();
        sum / pairs.len() as f64 / std::f64::consts::SQRT_2
    };
    let (sa, sb) = (spread(a, &|p| p.0), spread(b, &|p| p.1));
    if sa <= 0.0 || sb <= 0.0 {
        return None;
    }
    let mut normal = [[0.0; 9]; 8];
    let mut add = |row: [f64; 8], right: f64| {
        for r in 0..8 {
            for c in 0..8 {
                normal[r][c] += row[r] * row[c];
            }
            normal[r][8] += row[r] * right;
        }
    };
    for (p, q) in pairs {
        let (x, y) = ((p[0] - a[0]) / sa, (p[1] - a[1]) / sa);
        let (u, v) = ((q[0] - b[0]) / sb, (q[1] - b[1]) / sb);
        add([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u);
        add([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v);
    }
    let h = eliminated(&mut normal)?;
    let inner = [[h[0], h[1], h[2]], [h[3], h[4], h[5]], [h[6], h[7], 1.0]];
    let from = [
        [1.0 / sa, 0.0, -a[0] / sa],
        [0.0, 1.0 / sa, -a[1] / sa],
        [0.0, 0.0, 1.0],
    ];
    let to = [[sb, 0.0, b[0]], [0.0, sb, b[1]], [0.0, 0.0, 1.0]];
    let whole = product(&to, &product(&inner, &from));
    let last = whole[2][2];
    (last.abs() > 1e-12).then(|| whole.map(|row| row.map(|v| v / last)))
}

/// Gauss' elimination with pivots; `None` where the system has no single solution.
fn eliminated<const N: usize, const M: usize>(m: &mut [[f64; M]; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot =
            (column..N).max_by(|&a, &b| m[a][column].abs().total_cmp(&m[b][column].abs()))?;
        if m[pivot][column].abs() < 1e-10 {
            return None;
        }
        m.swap(column, pivot);
        let own = m[column];
        for row in m.iter_mut().skip(column + 1) {
            let factor = row[column] / own[column];
            for (value, other) in row.iter_mut().zip(own) {
                *value -= factor * other;
            }
        }
    }
    let mut x = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|c| m[row][c] * x[c]).sum();
        x[row] = (m[row][N] - known) / m[row][row];
    }
    Some(x)
}

/// First `b`, then `a`.
pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|r| std::array::from_fn(|c| (0..3).map(|k| a[r][k] * b[k][c]).sum()))
}

/// Where a point goes; beyond infinity, a place far away.
pub fn apply(m: &Matrix, p: Point) -> Point {
    let of = |r: usize| m[r][0] * p[0] + m[r][1] * p[1] + m[r][2];
    let w = of(2);
    if w == 1.0 {
        return [of(0), of(1)];
    }
    if w <= 1e-9 {
        return [1e12, 1e12];
    }
    [of(0) / w, of(1) / w]
}

/// The other way; `None` where there is none.
pub fn inverse(m: &Matrix) -> Option<Matrix> {
    let cofactor = |r: usize, c: usize| {
        let (r1, r2) = ((r + 1) % 3, (r + 2) % 3);
        let (c1, c2) = ((c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|c| m[0][c] * cofactor(0, c)).sum();
    (determinant.abs() > 1e-300 && determinant.is_finite())
        .then(|| std::array::from_fn(|r| std::array::from_fn(|c| cofactor(c, r) / determinant)))
}

/// What a transform does near a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Square root of the factor of areas; negative where it mirrors.
    pub scale: f64,
    /// Degrees, -180..180, from the direction of rows towards that of columns.
    pub rotation: f64,
    /// The larger of the two factors of lengths over the smaller, at least 1.
    pub stretch: f64,
}

/// Scale, rotation and stretch of the transform near `at`.
pub fn shape(m: &Matrix, at: Point) -> Shape {
    let w = m[2][0] * at[0] + m[2][1] * at[1] + m[2][2];
    let to = apply(m, at);
    // Derivatives of the quotient.
    let d = |r: usize, c: usize| (m[r][c] - to[r] * m[2][c]) / w;
    let (a, b, c, e) = (d(0, 0), d(0, 1), d(1, 0), d(1, 1));
    let determinant = a * e - b * c;
    let mean = 0.5 * (a * a + b * b + c * c + e * e);
    let root = (mean * mean - determinant * determinant).max(0.0).sqrt();
    let (large, small) = ((mean + root).sqrt(), (mean - root).max(0.0).sqrt());
    Shape {
        scale: determinant.abs().sqrt().copysign(determinant),
        rotation: libm::atan2(c - b, a + e).to_degrees(),
        stretch: if small > 0.0 {
            large / small
        } else {
            f64::INFINITY
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::register::random::Random;

    fn near(a: &Matrix, b: &Matrix) -> bool {
        a.iter()
            .flatten()
            .zip(b.iter().flatten())
            .all(|(x, y)| (x - y).abs() < 1e-8 * (1.0 + y.abs()))
    }

    #[test]
    fn each_model_finds_what_made_the_pairs() {
        let mut random = Random::new(3);
        let (s, c) = (0.6_f64.sin(), 0.6_f64.cos());
        let made: [(Model, Matrix); 5] = [
            (
                Model::Translation,
                [[1.0, 0.0, 5.0], [0.0, 1.0, -7.0], [0.0, 0.0, 1.0]],
            ),
            (Model::Rigid, [[c, -s, 5.0], [s, c, -7.0], [0.0, 0.0, 1.0]]),
            (
                Model::Similarity,
                [
                    [1.7 * c, -1.7 * s, 5.0],
                    [1.7 * s, 1.7 * c, -7.0],
                    [0.0, 0.0, 1.0],
                ],
            ),
            (
                Model::Affine,
                [[1.2, 0.3, 5.0], [-0.1, 0.8, -7.0], [0.0, 0.0, 1.0]],
            ),
            (
                Model::Homography,
                [[1.2, 0.3, 5.0], [-0.1, 0.8, -7.0], [1e-3, -5e-4, 1.0]],
            ),
        ];
        for (model, m) in made {
            let mut pairs: Vec<(Point, Point)> = (0..model.pairs() + 6)
                .map(|_| {
                    let p = [random.unit() * 200.0, random.unit() * 150.0];
                    (p, apply(&m, p))
                })
                .collect();
            let found = model.fit(&pairs).unwrap();
            assert!(near(&found, &m), "{model:?} {found:?}");
            let back = product(&inverse(&m).unwrap(), &m);
            assert!(near(&back.map(|r| r.map(|v| v / back[2][2])), &IDENTITY));
            pairs.truncate(model.pairs());
            assert!(
                near(&model.fit(&pairs).unwrap(), &m),
                "{model:?} by the fewest"
            );
            pairs.pop();
            assert_eq!(model.fit(&pairs), None);
            assert_eq!(Model::by_name(model.name()), Some(model));
        }
    }

    #[test]
    fn points_on_a_spot_or_a_line_determine_nothing() {
        let spot = [([1.0, 2.0], [3.0, 4.0]); 6];
        let line: Vec<_> = (0..6)
            .map(|n| ([f64::from(n), 2.0 * f64::from(n)], [f64::from(n), 0.0]))
            .collect();
        assert_eq!(Model::Similarity.fit(&spot), None);
        assert_eq!(Model::Affine.fit(&line), None);
        assert_eq!(Model::Homography.fit(&line), None);
        assert_eq!(Model::Translation.fit(&[([f64::NAN; 2], [0.0; 2])]), None);
    }

    #[test]
    fn shapes_say_scale_rotation_and_stretch() {
        let (s, c) = (30_f64.to_radians().sin(), 30_f64.to_radians().cos());
        let turned = shape(
            &[
                [2.0 * c, -2.0 * s, 9.0],
                [2.0 * s, 2.0 * c, 1.0],
                [0.0, 0.0, 1.0],
            ],
            [5.0, 5.0],
        );
        assert!((turned.scale - 2.0).abs() < 1e-9 && (turned.rotation - 30.0).abs() < 1e-9);
        assert!((turned.stretch - 1.0).abs() < 1e-6);
        let mirrored = shape(
            &[[-3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [0.0, 0.0],
        );
        assert!(mirrored.scale < 0.0 && (mirrored.stretch - 3.0).abs() < 1e-9);
    }
}
