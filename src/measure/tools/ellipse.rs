//! Ellipse by the ends of its two axes: area, circumference, axes, statistics.

use super::{Graphic, Point, Scale, Shape, Tool, Value, whole};
use crate::measure::geometry::{
    add, circumference, cross, principal, scale as times, semi_axes, sub,
};

pub(super) const TOOL: Tool = Tool {
    name: "ellipse",
    handles: (4, 4),
    gives: &["area", "perimeter", "long-axis", "short-axis"],
    compute,
    shape: |points| Some(Shape::ellipse(points.try_into().ok()?)),
    drawn,
    part: whole,
};

fn compute(points: &[Point], scale: &Scale) -> Vec<Value> {
    let &[a, b, c, d] = points else { return vec![] };
    let (Some(unit), Some(square)) = (scale.length_unit(), scale.area_unit()) else {
        return vec![];
    };
    // Half-diameters in units. They stay conjugate under any spacing, though not at right angles.
    let half = |from, to| times(sub(scale.place(to), scale.place(from)), 0.5);
    let (u, v) = (half(a, b), half(c, d));
    let axes = semi_axes(u, v);
    [
        Value::new("area", std::f64::consts::PI * cross(u, v).abs(), square),
        Value::new("perimeter", circumference(axes), unit),
        Value::new("long-axis", 2.0 * axes[0], unit),
        Value::new("short-axis", 2.0 * axes[1], unit),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The ends of the principal axes, the longer first (PS3.3 C.10.5, C.18.6): what is drawn by half-diameters that are at right angles in mm is not
/// so in pixels that are not square.
fn drawn(points: &[Point]) -> Vec<Graphic> {
    let &[a, b, c, d] = points else { return vec![] };
    let half = |from, to| times(sub(to, from), 0.5);
    let (u, v) = (half(a, b), half(c, d));
    let [long, short] = principal(u, v);
    let ends = if [long, short] == [u, v] {
        [a, b, c, d]
    } else if [long, short] == [v, u] {
        [c, d, a, b]
    } else {
        let middle = times(add(a, b), 0.5);
        [
            sub(middle, long),
            add(middle, long),
            sub(middle, short),
            add(middle, short),
        ]
    };
    vec![Graphic::Ellipse(ends)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::geometry::norm;

    /// Half-diameters of a circle sheared by pixels of 1 to 2 and turned by 30 degrees: each point of the drawn ellipse is one of the ellipse that
    /// was measured.
    #[test]
    fn what_is_drawn_is_what_was_measured() {
        let (sin, cos) = 30_f64.to_radians().sin_cos();
        // 20 and 8 mm at right angles; columns are 1 mm apart, rows 2 mm.
        let (u, v) = ([20.0 * cos, 10.0 * sin], [-8.0 * sin, 4.0 * cos]);
        let at = |half: Point, sign: f64| add([50.0, 40.0], times(half, sign));
        let points = [at(u, -1.0), at(u, 1.0), at(v, -1.0), at(v, 1.0)];
        let [Graphic::Ellipse([a, b, c, d])] = drawn(&points)[..] else {
            panic!("an ellipse");
        };
        let half = |from, to| times(sub(to, from), 0.5);
        let (long, short) = (half(a, b), half(c, d));
        assert!(norm(long) > norm(short));
        assert!(
            (long[0] * short[0] + long[1] * short[1]).abs() < 1e-9,
            "at right angles"
        );
        let area = cross(u, v);
        for step in 0..12 {
            let (s, c) = (f64::from(step) * 0.5).sin_cos();
            let p = add(times(long, c), times(short, s));
            // Its coordinates along u and v lie on the unit circle.
            let (x, y) = (cross(p, v) / area, cross(u, p) / area);
            assert!((x.hypot(y) - 1.0).abs() < 1e-12);
        }
        // At right angles already: the very points, the longer first.
        let upright = [[0.0, 5.0], [10.0, 5.0], [5.0, -3.0], [5.0, 13.0]];
        let [Graphic::Ellipse(ends)] = drawn(&upright)[..] else {
            panic!("an ellipse");
        };
        assert_eq!(ends, [upright[2], upright[3], upright[0], upright[1]]);
    }
}
