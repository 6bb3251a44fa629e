//! Plane geometry: distances, angles, areas, the principal axes and the circumference of an ellipse. No units, no pixels.

/// A point or a vector.
pub type Point = [f64; 2];

/// Difference.
pub fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}
/// Sum.
pub fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}
/// Product with a number.
pub fn scale(a: Point, by: f64) -> Point {
    [a[0] * by, a[1] * by]
}
/// The middle between two points.
pub fn middle(a: Point, b: Point) -> Point {
    scale(add(a, b), 0.5)
}
/// Dot product.
pub fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}
/// The third component of the cross product.
pub fn cross(a: Point, b: Point) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}
/// Length.
pub fn norm(a: Point) -> f64 {
    a[0].hypot(a[1])
}
/// Angle between two vectors, degrees 0..=180; `None` where one of them is nothing.
pub fn angle_deg(a: Point, b: Point) -> Option<f64> {
    (norm(a) > 0.0 && norm(b) > 0.0).then(|| cross(a, b).abs().atan2(dot(a, b)).to_degrees())
}

/// The sides of a closed polygon.
pub fn sides(points: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    let next = points.iter().skip(1).chain(points.first());
    points.iter().copied().zip(next.copied())
}

/// Area of a polygon whose sides do not cross (Gauss).
pub fn area(points: &[Point]) -> f64 {
    // About the first point: large coordinates cost no digits.
    let Some(&origin) = points.first() else {
        return 0.0;
    };
    let twice: f64 = sides(points)
        .map(|(a, b)| cross(sub(a, origin), sub(b, origin)))
        .sum();
    twice.abs() / 2.0
}

/// Length of the closed line through the points.
pub fn perimeter(points: &[Point]) -> f64 {
    sides(points).map(|(a, b)| norm(sub(b, a))).sum()
}

/// True where two sides of a closed polygon cross each other (touching at ends is no crossing): then it has no area by Gauss' formula.
pub fn crosses(points: &[Point]) -> bool {
    let all: Vec<(Point, Point)> = sides(points).filter(|(a, b)| a != b).collect();
    let apart = |(a, b): (Point, Point), (c, d): (Point, Point)| {
        (0..2).any(|k| {
            let at = |p: Point| if k == 0 { p[0] } else { p[1] };
            at(a).max(at(b)) < at(c).min(at(d)) || at(c).max(at(d)) < at(a).min(at(b))
        })
    };
    let cut = |(a, b): (Point, Point), (c, d): (Point, Point)| {
        let side = |from: Point, to: Point, p: Point| cross(sub(to, from), sub(p, from));
        let (c_side, d_side) = (side(a, b, c), side(a, b, d));
        let (a_side, b_side) = (side(c, d, a), side(c, d, b));
        c_side * d_side < 0.0 && a_side * b_side < 0.0
    };
    all.iter().enumerate().any(|(i, &one)| {
        all.iter()
            .skip(i + 1)
            .any(|&other| !apart(one, other) && cut(one, other))
    })
}

/// Lengths of the principal semi-axes of the ellipse c + u cos t + v sin t, the longer first.
pub fn semi_axes(u: Point, v: Point) -> [f64; 2] {
    // The singular values of the matrix with columns u and v.
    let sum = dot(u, u) + dot(v, v);
    let difference = (dot(u, u) - dot(v, v)).hypot(2.0 * dot(u, v));
    let long = f64::midpoint(sum, difference).sqrt();
    // Their product is the determinant: no difference of nearly equal numbers.
    let short = if long > 0.0 {
        cross(u, v).abs() / long
    } else {
        0.0
    };
    [long, short]
}

/// The principal semi-axes of the ellipse c + u cos t + v sin t, the longer first. Halves that are at right angles already come back as they
/// are.
pub fn principal(u: Point, v: Point) -> [Point; 2] {
    let (square_u, square_v, both) = (dot(u, u), dot(v, v), dot(u, v));
    let [one, other] = if both.abs() <= 1e-9 * (square_u * square_v).sqrt() {
        [u, v]
    } else {
        let turn = 0.5 * (2.0 * both).atan2(square_u - square_v);
        let along = |c: f64, s: f64| add(scale(u, c), scale(v, s));
        [
            along(turn.cos(), turn.sin()),
            along(-turn.sin(), turn.cos()),
        ]
    };
    if norm(one) < norm(other) {
        [other, one]
    } else {
        [one, other]
    }
}

/// Circumference of an ellipse with these semi-axes: the arithmetic-geometric mean gives the complete elliptic integral to the last digits.
pub fn circumference([long, short]: [f64; 2]) -> f64 {
    if !(long > 0.0 && long.is_finite()) {
        return 0.0;
    }
    if short <= 0.0 {
        return 4.0 * long;
    }
    let (mut a, mut b) = (1.0, short / long);
    let (mut power, mut sum) = (0.5, 0.5 * (1.0 - b * b));
    for _ in 0..40 {
        let half = (a - b) / 2.0;
        if half.abs() < 1e-17 {
            break;
        }
        (a, b) = (f64::midpoint(a, b), (a * b).sqrt());
        power *= 2.0;
        sum += power * half * half;
    }
    2.0 * std::f64::consts::PI * long * (1.0 - sum) / a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}");
    }

    #[test]
    fn angles_and_areas() {
        near(angle_deg([1.0, 0.0], [0.0, 2.0]).unwrap(), 90.0);
        near(angle_deg([1.0, 0.0], [-3.0, 0.0]).unwrap(), 180.0);
        near(
            angle_deg([1.0, 1e-9], [1.0, 0.0]).unwrap(),
            1e-9_f64.to_degrees(),
        );
        assert_eq!(angle_deg([0.0, 0.0], [1.0, 0.0]), None);
        let square = [[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]];
        near(area(&square), 12.0);
        near(perimeter(&square), 14.0);
        assert!(!crosses(&square));
        assert!(crosses(&[[0.0, 0.0], [4.0, 3.0], [4.0, 0.0], [0.0, 3.0]]));
        let far = square.map(|p| add(p, [1e7, -1e7]));
        near(area(&far), 12.0);
        assert_eq!((area(&[]), perimeter(&[]), crosses(&[])), (0.0, 0.0, false));
    }

    #[test]
    fn ellipses() {
        let [long, short] = semi_axes([3.0, 4.0], [-0.8, 0.6]);
        near(long, 5.0);
        near(short, 1.0);
        // Half-diameters that are not at right angles: an ellipse all the same.
        let [long, short] = semi_axes([2.0, 0.0], [2.0, 1.0]);
        near(long * short, 2.0);
        near(long * long + short * short, 9.0);
        near(circumference([2.0, 2.0]), 4.0 * PI);
        // Ramanujan's second formula is good to 1e-9 for mild ellipses.
        let h = (1.0_f64 / 3.0).powi(2);
        let known = PI * 3.0 * (1.0 + 3.0 * h / (10.0 + (4.0 - 3.0 * h).sqrt()));
        assert!((circumference([2.0, 1.0]) - known).abs() < 1e-6);
        near(circumference([2.0, 0.0]), 8.0);
        assert_eq!(circumference([0.0, 0.0]), 0.0);
        assert_eq!(circumference([f64::NAN, 0.0]), 0.0);
    }
}
