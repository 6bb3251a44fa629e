//! Rigid motion in patient coordinates (LPS, mm): a rotation about a centre, then a translation.

use crate::study::geometry::{Vec3, add, cross, dot, norm, scale, sub};

/// Row after row.
pub type Matrix3 = [[f64; 3]; 3];

const IDENTITY: Matrix3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// x → rotation · (x - centre) + centre + translation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rigid {
    /// Orthonormal, right-handed.
    pub rotation: Matrix3,
    /// What the rotation leaves in place, mm.
    pub centre: Vec3,
    /// Where the centre goes, relative to it, mm.
    pub translation: Vec3,
}

impl Rigid {
    /// Leaves everything where it is.
    pub fn identity(centre: Vec3) -> Self {
        Self {
            rotation: IDENTITY,
            centre,
            translation: [0.0; 3],
        }
    }

    /// Turns about x, then y, then z through the centre (degrees, by the right hand), then moves.
    pub fn of_angles(degrees: Vec3, translation: Vec3, centre: Vec3) -> Self {
        let turn = |axis: usize, degrees: f64| {
            let mut by = [0.0; 3];
            by[axis] = degrees.to_radians();
            rotation_by(by)
        };
        let [x, y, z] = degrees;
        Self {
            rotation: product(&turn(2, z), &product(&turn(1, y), &turn(0, x))),
            centre,
            translation,
        }
    }

    /// Where a point goes.
    pub fn apply(&self, point: Vec3) -> Vec3 {
        let turned = times(&self.rotation, sub(point, self.centre));
        add(add(turned, self.centre), self.translation)
    }

    /// The other way, about the place where the centre has gone.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            rotation: transposed(&self.rotation),
            centre: add(self.centre, self.translation),
            translation: scale(self.translation, -1.0),
        }
    }

    /// A small turn `by` (axis times radians) and a small move on top.
    #[must_use]
    pub fn nudged(&self, by: Vec3, translation: Vec3) -> Self {
        Self {
            rotation: orthonormal(&product(&rotation_by(by), &self.rotation)),
            centre: self.centre,
            translation: add(self.translation, translation),
        }
    }

    /// Homogeneous coordinates, row after row; the last is (0, 0, 0, 1).
    pub fn matrix(&self) -> [[f64; 4]; 4] {
        let t = sub(
            add(self.centre, self.translation),
            times(&self.rotation, self.centre),
        );
        let [a, b, c] = self.rotation;
        [
            [a[0], a[1], a[2], t[0]],
            [b[0], b[1], b[2], t[1]],
            [c[0], c[1], c[2], t[2]],
            [0.0, 0.0, 0.0, 1.0],
        ]
    }

    /// The angles of [`Rigid::of_angles`], degrees.
    pub fn angles(&self) -> Vec3 {
        let r = &self.rotation;
        let y = libm::asin((-r[2][0]).clamp(-1.0, 1.0));
        let (x, z) = if r[2][0].abs() < 1.0 - 1e-12 {
            (libm::atan2(r[2][1], r[2][2]), libm::atan2(r[1][0], r[0][0]))
        } else {
            // Straight up or down, x and z turn alike.
            (0.0, libm::atan2(-r[0][1], r[1][1]))
        };
        [x, y, z].map(f64::to_degrees)
    }

    /// The angle of the one turn that does all of it, degrees 0..180.
    pub fn angle(&self) -> f64 {
        angle_of(&self.rotation)
    }

    /// The angle between two rotations, degrees, and how far they take a point from each other, mm.
    pub fn apart(&self, other: &Self, at: Vec3) -> (f64, f64) {
        let turn = product(&transposed(&other.rotation), &self.rotation);
        let off = norm(sub(self.apply(at), other.apply(at)));
        (angle_of(&turn), off)
    }
}

fn angle_of(r: &Matrix3) -> f64 {
    // By the skew part too: the cosine alone loses small angles.
    let skew = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]];
    libm::atan2(norm(skew), r[0][0] + r[1][1] + r[2][2] - 1.0).to_degrees()
}

/// Rodrigues' formula: axis times radians → rotation.
fn rotation_by(by: Vec3) -> Matrix3 {
    let angle = norm(by);
    if angle < 1e-15 {
        return IDENTITY;
    }
    let [x, y, z] = scale(by, 1.0 / angle);
    let (s, c) = (libm::sin(angle), libm::cos(angle));
    let d = 1.0 - c;
    [
        [c + x * x * d, x * y * d - z * s, x * z * d + y * s],
        [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
        [z * x * d - y * s, z * y * d + x * s, c + z * z * d],
    ]
}

/// Gram and Schmidt, so that many small turns stay a turn.
fn orthonormal(m: &Matrix3) -> Matrix3 {
    let a = scale(m[0], 1.0 / norm(m[0]).max(1e-300));
    let b = sub(m[1], scale(a, dot(a, m[1])));
    let b = scale(b, 1.0 / norm(b).max(1e-300));
    [a, b, cross(a, b)]
}

/// First `b`, then `a`.
pub(super) fn product(a: &Matrix3, b: &Matrix3) -> Matrix3 {
    std::array::from_fn(|r| std::array::from_fn(|c| (0..3).map(|k| a[r][k] * b[k][c]).sum()))
}

/// The product with a column.
pub(super) fn times(m: &Matrix3, v: Vec3) -> Vec3 {
    [dot(m[0], v), dot(m[1], v), dot(m[2], v)]
}

pub(super) fn transposed(m: &Matrix3) -> Matrix3 {
    std::array::from_fn(|r| std::array::from_fn(|c| m[c][r]))
}

/// The other way; `None` where there is none.
pub(super) fn inverse(m: &Matrix3) -> Option<Matrix3> {
    let columns = transposed(m);
    let determinant = dot(columns[0], cross(columns[1], columns[2]));
    let size = columns.iter().map(|&c| norm(c)).product::<f64>();
    (determinant.is_finite() && determinant.abs() > 1e-9 * size && size > 0.0).then(|| {
        [
            scale(cross(columns[1], columns[2]), 1.0 / determinant),
            scale(cross(columns[2], columns[0]), 1.0 / determinant),
            scale(cross(columns[0], columns[1]), 1.0 / determinant),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Vec3, b: Vec3) -> bool {
        norm(sub(a, b)) < 1e-9
    }

    #[test]
    fn angles_come_back_and_so_do_points() {
        for degrees in [
            [10.0, -20.0, 30.0],
            [0.0; 3],
            [170.0, 80.0, -170.0],
            [0.0, 0.0, 180.0],
        ] {
            let motion = Rigid::of_angles(degrees, [3.0, -4.0, 5.0], [10.0, 20.0, 30.0]);
            let again = Rigid::of_angles(motion.angles(), motion.translation, motion.centre);
            assert!(
                motion.apart(&again, [1.0, 2.0, 3.0]).1 < 1e-9,
                "{degrees:?}"
            );
            let p = [7.0, -8.0, 9.0];
            assert!(close(motion.inverse().apply(motion.apply(p)), p));
            let m = motion.matrix();
            let q: Vec3 =
                std::array::from_fn(|r| m[r][0] * p[0] + m[r][1] * p[1] + m[r][2] * p[2] + m[r][3]);
            assert!(close(q, motion.apply(p)));
        }
        // By the right hand: a quarter turn about z takes x to y.
        let quarter = Rigid::of_angles([0.0, 0.0, 90.0], [0.0; 3], [0.0; 3]);
        assert!(close(quarter.apply([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]));
        assert!((quarter.angle() - 90.0).abs() < 1e-9);
        let down = Rigid::of_angles([0.0, 90.0, 0.0], [0.0; 3], [0.0; 3]);
        assert!((down.angles()[1] - 90.0).abs() < 1e-5);
    }

    #[test]
    fn many_small_turns_are_a_turn() {
        let mut motion = Rigid::identity([0.0; 3]);
        for _ in 0..9000 {
            motion = motion.nudged([0.0, 0.0, 0.01_f64.to_radians()], [0.0; 3]);
        }
        assert!((motion.angle() - 90.0).abs() < 1e-6);
    }

    #[test]
    fn a_singular_matrix_has_no_inverse() {
        let m = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 4.0]];
        let id = product(&inverse(&m).unwrap(), &m);
        assert!(id.iter().zip(IDENTITY).all(|(a, b)| close(*a, b)));
        assert_eq!(
            inverse(&[[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 1.0]]),
            None
        );
        assert_eq!(inverse(&[[f64::NAN; 3]; 3]), None);
    }
}
