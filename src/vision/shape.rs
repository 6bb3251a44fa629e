//! Measures of closed outlines: area, perimeter, moments, hull, enclosing rectangle, equivalent ellipse. Lengths in the unit of the points.
//!
//! Area, perimeter and moments are those of the polygon through the points, as in OpenCV's `contourArea`, `arcLength` and `moments`; through
//! pixel centres it is half a pixel smaller all around than the pixels.

/// Area with a sign: positive where the points go round with the clock on the screen (rows downwards).
pub fn area(points: &[[f64; 2]]) -> f64 {
    edges(points)
        .map(|([ax, ay], [bx, by])| ax * by - ay * bx)
        .sum::<f64>()
        / 2.0
}

/// Length of the closed outline.
pub fn perimeter(points: &[[f64; 2]]) -> f64 {
    edges(points)
        .map(|([ax, ay], [bx, by])| libm::hypot(bx - ax, by - ay))
        .sum()
}

/// Each point with the one before it.
fn edges(points: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    let before = points.last().into_iter().chain(points);
    before.copied().zip(points.iter().copied())
}

/// Left, top, right, bottom, all within; `None` without points.
pub fn bounds(points: &[[i32; 2]]) -> Option<[i32; 4]> {
    let mut all = points.iter();
    let &[x, y] = all.next()?;
    Some(all.fold([x, y, x, y], |[l, t, r, b], &[x, y]| {
        [l.min(x), t.min(y), r.max(x), b.max(y)]
    }))
}

/// Moments of the area inside an outline, about the origin and about its centre.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[allow(missing_docs, reason = "the exponents of x and y are the names")]
pub struct Moments {
    pub m00: f64,
    pub m10: f64,
    pub m01: f64,
    pub m20: f64,
    pub m11: f64,
    pub m02: f64,
    pub m30: f64,
    pub m21: f64,
    pub m12: f64,
    pub m03: f64,
    pub mu20: f64,
    pub mu11: f64,
    pub mu02: f64,
    pub mu30: f64,
    pub mu21: f64,
    pub mu12: f64,
    pub mu03: f64,
}

impl Moments {
    /// All with their names.
    pub fn named(&self) -> [(&'static str, f64); 17] {
        [
            ("m00", self.m00),
            ("m10", self.m10),
            ("m01", self.m01),
            ("m20", self.m20),
            ("m11", self.m11),
            ("m02", self.m02),
            ("m30", self.m30),
            ("m21", self.m21),
            ("m12", self.m12),
            ("m03", self.m03),
            ("mu20", self.mu20),
            ("mu11", self.mu11),
            ("mu02", self.mu02),
            ("mu30", self.mu30),
            ("mu21", self.mu21),
            ("mu12", self.mu12),
            ("mu03", self.mu03),
        ]
    }

    /// Centre of the area; `None` where there is no area.
    pub fn centre(&self) -> Option<[f64; 2]> {
        (self.m00 > 0.0).then(|| [self.m10 / self.m00, self.m01 / self.m00])
    }
}

/// The moments of an outline, by Green's formula; all 0 where its area is.
pub fn moments(points: &[[f64; 2]]) -> Moments {
    let mut m = Moments::default();
    for ([ax, ay], [bx, by]) in edges(points) {
        let d = ax * by - bx * ay;
        let (x, y) = (ax + bx, ay + by);
        m.m00 += d;
        m.m10 += d * x;
        m.m01 += d * y;
        m.m20 += d * (ax * x + bx * bx);
        m.m11 += d * (ax * (y + ay) + bx * (y + by));
        m.m02 += d * (ay * y + by * by);
        m.m30 += d * x * (ax * ax + bx * bx);
        m.m03 += d * y * (ay * ay + by * by);
        m.m21 += d * (ax * ax * (3.0 * ay + by) + 2.0 * bx * ax * y + bx * bx * (ay + 3.0 * by));
        m.m12 += d * (ay * ay * (3.0 * ax + bx) + 2.0 * by * ay * x + by * by * (ax + 3.0 * bx));
    }
    if m.m00.abs() <= f64::from(f32::EPSILON) {
        return Moments::default();
    }
    let sign = m.m00.signum();
    m.m00 *= sign / 2.0;
    m.m10 *= sign / 6.0;
    m.m01 *= sign / 6.0;
    m.m20 *= sign / 12.0;
    m.m11 *= sign / 24.0;
    m.m02 *= sign / 12.0;
    m.m30 *= sign / 20.0;
    m.m21 *= sign / 60.0;
    m.m12 *= sign / 60.0;
    m.m03 *= sign / 20.0;
    let (cx, cy) = (m.m10 / m.m00, m.m01 / m.m00);
    m.mu20 = m.m20 - m.m10 * cx;
    m.mu11 = m.m11 - m.m10 * cy;
    m.mu02 = m.m02 - m.m01 * cy;
    m.mu30 = m.m30 - cx * (3.0 * m.mu20 + cx * m.m10);
    m.mu21 = m.m21 - cx * (2.0 * m.mu11 + cx * m.m01) - cy * m.mu20;
    m.mu12 = m.m12 - cy * (2.0 * m.mu11 + cy * m.m10) - cx * m.mu02;
    m.mu03 = m.m03 - cy * (3.0 * m.mu02 + cy * m.m01);
    m
}

/// The convex hull: its corners, with the clock on the screen, from the leftmost (of several the uppermost) on.
pub fn hull(points: &[[i32; 2]]) -> Vec<[i32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let turns = |a: [i32; 2], b: [i32; 2], c: [i32; 2]| {
        let d = |p: [i32; 2], q: [i32; 2]| [0, 1].map(|i| i64::from(q[i]) - i64::from(p[i]));
        let ([ux, uy], [vx, vy]) = (d(a, b), d(a, c));
        ux * vy - uy * vx
    };
    let half = |points: &mut dyn Iterator<Item = [i32; 2]>| {
        let mut chain: Vec<[i32; 2]> = vec![];
        for p in points {
            while let [.., a, b] = *chain.as_slice()
                && turns(a, b, p) <= 0
            {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut all = half(&mut sorted.iter().copied());
    all.extend(half(&mut sorted.iter().rev().copied()));
    all
}

/// A rectangle at an angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// Its centre.
    pub centre: [f64; 2],
    /// Its sides: the longer, the shorter.
    pub size: [f64; 2],
    /// The direction of the longer side, degrees with the clock on the screen, −90 up to 90.
    pub angle_degrees: f64,
}

/// The rectangle of the smallest area around a convex hull: one of its sides lies on one of the hull's. `None` without points.
pub fn enclosing(hull: &[[f64; 2]]) -> Option<Rectangle> {
    let mut best: Option<(f64, Rectangle)> = None;
    let directions = edges(hull).map(|([ax, ay], [bx, by])| (bx - ax, by - ay));
    for (dx, dy) in directions.chain([(1.0, 0.0)]) {
        let length = libm::hypot(dx, dy);
        if length == 0.0 {
            continue;
        }
        let (u, v) = (dx / length, dy / length);
        let mut ends = [
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for &[x, y] in hull {
            let (along, across) = (x * u + y * v, y * u - x * v);
            ends = [
                ends[0].min(along),
                ends[1].max(along),
                ends[2].min(across),
                ends[3].max(across),
            ];
        }
        let [a0, a1, c0, c1] = ends;
        let (long, wide) = (a1 - a0, c1 - c0);
        let area = long * wide;
        let better = best.as_ref().is_none_or(|(least, _)| area < *least);
        if !better || !area.is_finite() {
            continue;
        }
        let (along, across) = (f64::midpoint(a0, a1), f64::midpoint(c0, c1));
        let (size, angle) = if long >= wide {
            ([long, wide], libm::atan2(v, u))
        } else {
            ([wide, long], libm::atan2(u, -v))
        };
        best = Some((
            area,
            Rectangle {
                centre: [along * u - across * v, along * v + across * u],
                size,
                angle_degrees: half_turn(angle.to_degrees()),
            },
        ));
    }
    best.map(|(_, rectangle)| rectangle)
}

/// The same direction within −90 (without) to 90.
fn half_turn(degrees: f64) -> f64 {
    let within = degrees.rem_euclid(180.0);
    if within > 90.0 {
        within - 180.0
    } else {
        within
    }
}

/// The ellipse with the same second moments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ellipse {
    /// Whole axes: the longer, the shorter.
    pub axes: [f64; 2],
    /// The direction of the longer axis, degrees with the clock on the screen, −90 up to 90.
    pub angle_degrees: f64,
}

/// By the mean squares of the distances from the centre: xx, xy, yy.
pub fn ellipse([xx, xy, yy]: [f64; 3]) -> Ellipse {
    let (mean, half) = (f64::midpoint(xx, yy), (xx - yy) / 2.0);
    let spread = libm::hypot(half, xy);
    let axis = |square: f64| 4.0 * libm::sqrt(square.max(0.0));
    Ellipse {
        axes: [axis(mean + spread), axis(mean - spread)],
        angle_degrees: if spread == 0.0 {
            0.0
        } else {
            half_turn(libm::atan2(2.0 * xy, xx - yy).to_degrees() / 2.0)
        },
    }
}
