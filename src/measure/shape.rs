//! Which pixels belong to a region: those whose centre lies inside. On a border shared by two regions a pixel belongs to one of them.

use super::geometry::{Point, cross, middle, scale, sub};

/// A region of a frame, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Closed; the last point is not the first again. Inside by the even-odd rule.
    Polygon(Vec<Point>),
    /// centre + u cos t + v sin t.
    Ellipse {
        /// Centre.
        centre: Point,
        /// A half-diameter.
        u: Point,
        /// Its conjugate.
        v: Point,
    },
    /// The one pixel whose centre is nearest.
    Pixel(Point),
}

impl Shape {
    /// An ellipse by the ends of one axis, then of the other. The other axis is moved to the middle of the first.
    pub fn ellipse([a, b, c, d]: [Point; 4]) -> Self {
        Self::Ellipse {
            centre: middle(a, b),
            u: scale(sub(b, a), 0.5),
            v: scale(sub(d, c), 0.5),
        }
    }

    /// First and last row whose centres may be inside, and the same of columns; `None` for nothing.
    fn bounds(&self) -> Option<[[f64; 2]; 2]> {
        let of = |points: &[Point], k: usize| {
            let at = |p: &Point| if k == 0 { p[0] } else { p[1] };
            let low = points.iter().map(at).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(at).fold(f64::NEG_INFINITY, f64::max);
            [low, high]
        };
        let found = match self {
            Self::Polygon(points) => [of(points, 0), of(points, 1)],
            Self::Ellipse { centre, u, v } => {
                let reach = [u[0].hypot(v[0]), u[1].hypot(v[1])];
                [0, 1].map(|k| {
                    let (at, by) = if k == 0 {
                        (centre[0], reach[0])
                    } else {
                        (centre[1], reach[1])
                    };
                    [at - by, at + by]
                })
            }
            Self::Pixel(at) => {
                let [x, y] = at.map(f64::round);
                [[x, x], [y, y]]
            }
        };
        found
            .iter()
            .flatten()
            .all(|at| at.is_finite())
            .then_some(found)
    }

    /// Calls `take` with each run of pixels inside, row by row: row, first column, column behind the last. Clipped to the frame. Gives true
    /// where a part of the region lies outside of the frame.
    pub fn runs(
        &self,
        columns: usize,
        rows: usize,
        mut take: impl FnMut(usize, usize, usize),
    ) -> bool {
        let Some([[left, right], [top, bottom]]) = self.bounds() else {
            return false;
        };
        let beyond =
            left < -0.5 || top < -0.5 || right > columns as f64 - 0.5 || bottom > rows as f64 - 0.5;
        let first = top.ceil().max(0.0) as usize;
        let last = bottom.floor();
        if last < 0.0 || columns == 0 {
            return beyond;
        }
        // The half-open interval [from, to) of the real line → the pixel centres in it.
        let clip = |from: f64, to: f64| {
            let at = |x: f64| x.ceil().clamp(0.0, columns as f64) as usize;
            (at(from), at(to))
        };
        let mut cuts: Vec<f64> = vec![];
        for row in first..rows.min(last as usize + 1) {
            let y = row as f64;
            match self {
                Self::Pixel(_) => {
                    if left >= 0.0 && left < columns as f64 {
                        take(row, left as usize, left as usize + 1);
                    }
                }
                Self::Polygon(points) => {
                    cuts.clear();
                    let crossed =
                        super::geometry::sides(points).filter(|(a, b)| (a[1] <= y) != (b[1] <= y));
                    cuts.extend(
                        crossed.map(|(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])),
                    );
                    cuts.sort_by(f64::total_cmp);
                    for pair in cuts.as_chunks::<2>().0 {
                        let (from, to) = clip(pair[0], pair[1]);
                        if from < to {
                            take(row, from, to);
                        }
                    }
                }
                Self::Ellipse { centre, u, v } => {
                    let Some((from, to)) = chord(*u, *v, y - centre[1]) else {
                        continue;
                    };
                    // Both ends belong to it.
                    let (from, to) = (from + centre[0], to + centre[0]);
                    let begin = from.ceil().clamp(0.0, columns as f64) as usize;
                    let end = (to.floor() + 1.0).clamp(0.0, columns as f64) as usize;
                    if begin < end {
                        take(row, begin, end);
                    }
                }
            }
        }
        beyond
    }
}

/// Where the line y cuts the ellipse u cos t + v sin t: first and last x. `None` where it does not, or where the ellipse is a line.
fn chord(u: Point, v: Point, y: f64) -> Option<(f64, f64)> {
    let det = cross(u, v);
    // s = (x v_y − y v_x)/det, t = (y u_x − x u_y)/det, s² + t² = 1: a x² − 2 b x + c = det².
    let a = v[1] * v[1] + u[1] * u[1];
    let b = y * (v[0] * v[1] + u[0] * u[1]);
    let c = y * y * (v[0] * v[0] + u[0] * u[0]);
    let under = b * b - a * (c - det * det);
    // Rounding must not open or shut the ellipse at its top and bottom row.
    let small = 1e-12 * (b * b + a * (c + det * det));
    if det == 0.0 || a == 0.0 || under < -small {
        return None;
    }
    let root = under.max(0.0).sqrt();
    Some(((b - root) / a, (b + root) / a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(shape: &Shape, columns: usize, rows: usize) -> (Vec<bool>, bool) {
        let mut mask = vec![false; columns * rows];
        let beyond = shape.runs(columns, rows, |row, from, to| {
            for cell in &mut mask[row * columns + from..row * columns + to] {
                assert!(!*cell, "each pixel once");
                *cell = true;
            }
        });
        (mask, beyond)
    }
    fn count(shape: &Shape) -> usize {
        mask(shape, 40, 30).0.iter().filter(|&&m| m).count()
    }

    #[test]
    fn a_rectangle_has_as_many_pixels_as_its_area() {
        let rectangle =
            |l: f64, t: f64, r: f64, b: f64| Shape::Polygon(vec![[l, t], [r, t], [r, b], [l, b]]);
        assert_eq!(count(&rectangle(2.0, 3.0, 12.0, 8.0)), 50);
        assert_eq!(count(&rectangle(2.5, 3.5, 12.5, 8.5)), 50);
        assert_eq!(count(&rectangle(12.0, 8.0, 2.0, 3.0)), 50);
        // Two that share a side share no pixel.
        let (a, _) = mask(&rectangle(2.0, 3.0, 12.0, 8.0), 40, 30);
        let (b, _) = mask(&rectangle(12.0, 3.0, 20.0, 8.0), 40, 30);
        assert!(a.iter().zip(&b).all(|(a, b)| !(a & b)));
        assert_eq!(b.iter().filter(|&&m| m).count(), 40);
        let (inside, beyond) = mask(&rectangle(-10.0, -10.0, 100.0, 100.0), 40, 30);
        assert!(beyond && inside.iter().all(|&m| m));
        let (none, beyond) = mask(&rectangle(50.0, 50.0, 60.0, 60.0), 40, 30);
        assert!(beyond && none.iter().all(|&m| !m));
    }

    #[test]
    fn an_ellipse_holds_what_its_formula_says() {
        for (u, v) in [
            ([9.3, 0.0], [0.0, 5.7]),
            ([6.0, 4.0], [-2.0, 5.0]),
            ([0.0, 7.0], [4.0, 0.0]),
        ] {
            let centre = [19.2, 14.9];
            let shape = Shape::Ellipse { centre, u, v };
            let (mask, beyond) = mask(&shape, 40, 30);
            assert!(!beyond);
            let det = cross(u, v);
            for (at, &inside) in mask.iter().enumerate() {
                let p = sub([(at % 40) as f64, (at / 40) as f64], centre);
                let (s, t) = (cross(p, v) / det, cross(u, p) / det);
                assert_eq!(inside, s * s + t * t <= 1.0, "{at}");
            }
        }
        // The ends of the axes belong to it.
        let shape = Shape::ellipse([[5.0, 10.0], [15.0, 10.0], [10.0, 5.0], [10.0, 15.0]]);
        let (mask, _) = mask(&shape, 40, 30);
        for [x, y] in [[5, 10], [15, 10], [10, 5], [10, 15]] {
            assert!(mask[y * 40 + x], "{x} {y}");
        }
        assert_eq!(count(&shape), 81);
    }

    #[test]
    fn odd_shapes_end() {
        assert_eq!(count(&Shape::Polygon(vec![])), 0);
        assert_eq!(
            count(&Shape::Polygon(vec![[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])),
            0
        );
        assert_eq!(
            count(&Shape::Polygon(vec![
                [f64::NAN, 1.0],
                [5.0, 1.0],
                [5.0, 9.0]
            ])),
            0
        );
        assert_eq!(count(&Shape::ellipse([[1.0, 1.0]; 4])), 0);
        assert_eq!(count(&Shape::Pixel([3.4, 2.6])), 1);
        assert_eq!(count(&Shape::Pixel([-3.0, 2.0])), 0);
        assert_eq!(count(&Shape::Pixel([1e300, -1e300])), 0);
        let star: Vec<Point> = (0..5)
            .map(|k| {
                let t = f64::from(k) * 4.0 * std::f64::consts::PI / 5.0;
                [20.0 + 12.0 * t.sin(), 15.0 - 12.0 * t.cos()]
            })
            .collect();
        // Even-odd: the middle of a star is outside.
        assert!(!mask(&Shape::Polygon(star), 40, 30).0[15 * 40 + 20]);
    }
}
