//! From a mask over a frame to measured regions: each contour with its place in the others, its measures, and the statistics of the modality
//! values that belong to it.

use super::{
    components::{self, Connectivity},
    contours::{self, Chain, Contour, Mode},
    shape::{self, Ellipse, Moments, Rectangle},
};
use crate::tone::{Grey, PADDING};

/// Modality values of a region's pixels, without padding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// How many.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation of the pixels as they are (divided by their number).
    pub sd: f64,
    /// Smallest.
    pub min: f32,
    /// Largest.
    pub max: f32,
}

/// A contour with its measures. Lengths in pixels; in mm where a spacing was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Its border; `parent` by its place in the list.
    pub contour: Contour,
    /// Pixels that belong to it: of a region without its holes, of a hole what is empty in it ([`Count::Own`]); or all that its border
    /// encloses ([`Count::Enclosed`]).
    pub pixels: usize,
    /// `pixels` in mm².
    pub area_mm2: Option<f64>,
    /// Area of the polygon through the border's pixel centres, as OpenCV's `contourArea`.
    pub contour_area: f64,
    /// Length of that polygon.
    pub perimeter: f64,
    /// The same in mm.
    pub perimeter_mm: Option<f64>,
    /// Mean column and row of `pixels`.
    pub centre: [f64; 2],
    /// Left, top, right, bottom of the border, all within.
    pub bounds: [i32; 4],
    /// Of the polygon.
    pub moments: Moments,
    /// Corners of the border's convex hull.
    pub hull: Vec<[i32; 2]>,
    /// The smallest rectangle around it: through pixel centres.
    pub rectangle: Rectangle,
    /// The ellipse with the second moments of `pixels`, each a square.
    pub ellipse: Ellipse,
    /// Of `pixels`; `None` where all are padding.
    pub statistics: Option<Statistics>,
}

/// Which pixels belong to a contour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// The region without its holes.
    Own,
    /// All that the contour encloses, with holes and what lies in them: for edges, whose own pixels are only a line.
    Enclosed,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// Which contours.
    pub mode: Mode,
    /// Which of their points.
    pub chain: Chain,
    /// Which pixels.
    pub count: Count,
    /// Contours with fewer pixels are left out, with all that lies in them.
    pub smallest: usize,
}

/// The spacing that holds for a contour with these bounds (left, top, right, bottom): mm between rows and between columns, where it is known.
pub type SpacingOf<'a> = &'a dyn Fn([i32; 4]) -> Option<[f64; 2]>;

impl Default for Wish {
    fn default() -> Self {
        Self {
            mode: Mode::Tree,
            chain: Chain::Simple,
            count: Count::Own,
            smallest: 1,
        }
    }
}

/// Sums over pixels.
#[derive(Debug, Clone, Copy)]
struct Sums {
    pixels: usize,
    /// Of x, y, xx, xy, yy.
    place: [f64; 5],
    count: usize,
    /// What is subtracted from each value: sums of squares of large values would drown their differences.
    shift: f64,
    value: f64,
    square: f64,
    min: f32,
    max: f32,
}

impl Sums {
    const NONE: Self = Self {
        pixels: 0,
        place: [0.0; 5],
        count: 0,
        shift: 0.0,
        value: 0.0,
        square: 0.0,
        min: f32::INFINITY,
        max: f32::NEG_INFINITY,
    };

    fn add(&mut self, x: f64, y: f64, value: f32) {
        self.pixels += 1;
        for (sum, v) in self.place.iter_mut().zip([x, y, x * x, x * y, y * y]) {
            *sum += v;
        }
        if value == PADDING {
            return;
        }
        let v = f64::from(value);
        if self.count == 0 {
            self.shift = v;
        }
        self.count += 1;
        self.value += v - self.shift;
        self.square += (v - self.shift) * (v - self.shift);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// The other's pixels, too.
    fn join(&mut self, other: &Self) {
        self.pixels += other.pixels;
        for (sum, v) in self.place.iter_mut().zip(other.place) {
            *sum += v;
        }
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            self.shift = other.shift;
        }
        let (n, by) = (other.count as f64, other.shift - self.shift);
        self.square += other.square + 2.0 * by * other.value + n * by * by;
        self.value += other.value + n * by;
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    fn statistics(&self) -> Option<Statistics> {
        (self.count > 0).then(|| {
            let n = self.count as f64;
            let off = self.value / n;
            Statistics {
                count: self.count,
                mean: self.shift + off,
                sd: libm::sqrt((self.square / n - off * off).max(0.0)),
                min: self.min,
                max: self.max,
            }
        })
    }

    fn centre(&self) -> [f64; 2] {
        let n = self.pixels.max(1) as f64;
        [self.place[0] / n, self.place[1] / n]
    }

    /// Mean squares of the distances from the centre, of pixels that are squares of side 1.
    fn spread(&self) -> [f64; 3] {
        let n = self.pixels.max(1) as f64;
        let [cx, cy] = self.centre();
        let [.., xx, xy, yy] = self.place;
        let own = 1.0 / 12.0;
        [
            xx / n - cx * cx + own,
            xy / n - cx * cy,
            yy / n - cy * cy + own,
        ]
    }
}

/// The sums of each component, in their order.
fn sums(frame: &Grey, labels: &[u32], parts: usize) -> Vec<Sums> {
    let mut all = vec![Sums::NONE; parts];
    let columns = frame.columns.max(1);
    let lines = labels
        .chunks_exact(columns)
        .zip(frame.values.chunks_exact(columns));
    for (y, (labels, values)) in lines.enumerate() {
        for (x, (&label, &value)) in labels.iter().zip(values).enumerate() {
            if let Some(sums) = all.get_mut((label as usize).wrapping_sub(1)) {
                sums.add(x as f64, y as f64, value);
            }
        }
    }
    all
}

/// The regions of the nonzero pixels of `mask`, in the order of [`contours::find`]. Nothing is found where mask and frame are not alike.
pub fn of(frame: &Grey, mask: &[u8], wish: &Wish, spacing: SpacingOf<'_>) -> Vec<Region> {
    let columns = frame.columns;
    if mask.len() != frame.values.len() {
        return vec![];
    }
    // What lies in what has to be known for what is enclosed, too.
    let whole = wish.count == Count::Enclosed || wish.smallest > 1;
    let mode = match wish.mode {
        Mode::External | Mode::List if whole => Mode::Tree,
        mode => mode,
    };
    let found = contours::find(mask, columns, mode, wish.chain);
    if found.is_empty() {
        return vec![];
    }
    let regions = components::label(mask, columns, Connectivity::Eight);
    let empty: Vec<u8> = mask.iter().map(|&m| u8::from(m == 0)).collect();
    let holes = components::label(&empty, columns, Connectivity::Four);
    drop(empty);
    let of_regions = sums(frame, &regions.labels, regions.parts.len());
    let of_holes = sums(frame, &holes.labels, holes.parts.len());
    let mut own: Vec<Sums> = (found.iter())
        .map(|contour| {
            let [x, y] = contour.start.map(|v| v as usize);
            let at = y * columns + x;
            // The pixel to the right of a hole's first border pixel is in the hole.
            let (labels, all, at) = if contour.hole {
                (&holes.labels, &of_holes, at + 1)
            } else {
                (&regions.labels, &of_regions, at)
            };
            let label = labels.get(at).copied().unwrap_or(0) as usize;
            all.get(label.wrapping_sub(1))
                .copied()
                .unwrap_or(Sums::NONE)
        })
        .collect();
    if wish.count == Count::Enclosed {
        // Children stand after their parents: from the last on, each is whole when its parent takes it.
        for at in (0..found.len()).rev() {
            let parent = found.get(at).and_then(|c| c.parent).filter(|&p| p < at);
            let (Some(parent), Some(child)) = (parent, own.get(at).copied()) else {
                continue;
            };
            if let Some(parent) = own.get_mut(parent) {
                parent.join(&child);
            }
        }
    }
    let mut places: Vec<Option<usize>> = vec![None; found.len()];
    let mut all = vec![];
    for (at, (mut contour, sums)) in found.into_iter().zip(own).enumerate() {
        let parent = match contour.parent {
            Some(parent) => match places.get(parent).copied().flatten() {
                // What it lies in was too small.
                None => continue,
                some => some,
            },
            None => None,
        };
        if sums.pixels < wish.smallest || (wish.mode == Mode::External && parent.is_some()) {
            continue;
        }
        if let Some(place) = places.get_mut(at) {
            *place = Some(all.len());
        }
        contour.parent = parent.filter(|_| wish.mode != Mode::List);
        all.extend(measured(contour, &sums, spacing));
    }
    all
}

/// `None` for a contour without points.
fn measured(contour: Contour, sums: &Sums, spacing: SpacingOf<'_>) -> Option<Region> {
    let bounds = shape::bounds(&contour.points)?;
    let spacing_mm = spacing(bounds);
    let exact: Vec<[f64; 2]> = contour.points.iter().map(|p| p.map(f64::from)).collect();
    let hull = shape::hull(&contour.points);
    let corners: Vec<[f64; 2]> = hull.iter().map(|p| p.map(f64::from)).collect();
    let in_mm = |[row, column]: [f64; 2]| {
        let points: Vec<[f64; 2]> = exact.iter().map(|&[x, y]| [x * column, y * row]).collect();
        shape::perimeter(&points)
    };
    let rectangle = shape::enclosing(&corners).unwrap_or(Rectangle {
        centre: exact.first().copied()?,
        size: [0.0; 2],
        angle_degrees: 0.0,
    });
    Some(Region {
        bounds,
        pixels: sums.pixels,
        area_mm2: spacing_mm.map(|[row, column]| sums.pixels as f64 * row * column),
        contour_area: shape::area(&exact).abs(),
        perimeter: shape::perimeter(&exact),
        perimeter_mm: spacing_mm.map(in_mm),
        centre: sums.centre(),
        moments: shape::moments(&exact),
        hull,
        rectangle,
        ellipse: shape::ellipse(sums.spread()),
        statistics: sums.statistics(),
        contour,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring of 7 × 7 with a hole of 3 × 3 and a dot in it, values 10 a column.
    fn ring() -> (Grey, Vec<u8>) {
        let inside = |x: i32, y: i32| {
            let (dx, dy) = ((x - 4).abs().max((y - 4).abs()), (x, y) == (4, 4));
            dy || (dx == 2 || dx == 3)
        };
        let places = (0..9 * 9).map(|i| (i % 9, i / 9));
        let mask = places
            .clone()
            .map(|(x, y)| u8::from(inside(x, y)))
            .collect();
        let frame = Grey {
            columns: 9,
            rows: 9,
            values: places.map(|(x, _)| (x * 10) as f32).collect(),
        };
        (frame, mask)
    }

    #[test]
    fn a_ring_its_hole_and_a_dot_in_it() {
        let (frame, mask) = ring();
        let found = of(&frame, &mask, &Wish::default(), &|_| None);
        let told: Vec<_> = (found.iter())
            .map(|r| (r.pixels, r.contour.parent, r.contour.hole, r.contour_area))
            .collect();
        assert_eq!(
            told,
            [
                (40, None, false, 36.0),
                (8, Some(0), true, 14.0),
                (1, Some(1), false, 0.0)
            ]
        );
        let first = &found[0];
        assert_eq!((first.perimeter, first.bounds), (24.0, [1, 1, 7, 7]));
        assert_eq!((first.centre, first.rectangle.size), ([4.0; 2], [6.0; 2]));
        let s = first.statistics.unwrap();
        assert_eq!((s.count, s.mean, s.min, s.max), (40, 40.0, 10.0, 70.0));
        // Columns 1, 2, 6, 7 hold 7 pixels each, 3 to 5 four.
        let square = (14.0 * 900.0 + 14.0 * 400.0 + 8.0 * 100.0) / 40.0;
        assert!((s.sd - f64::sqrt(square)).abs() < 1e-9, "{}", s.sd);
    }

    #[test]
    fn what_is_enclosed_and_what_is_too_small() {
        let (frame, mask) = ring();
        let wish = Wish {
            count: Count::Enclosed,
            smallest: 2,
            ..Wish::default()
        };
        let found = of(&frame, &mask, &wish, &|_| Some([0.5, 0.25]));
        let told: Vec<_> = (found.iter())
            .map(|r| (r.pixels, r.contour.parent, r.statistics.unwrap().count))
            .collect();
        assert_eq!(told, [(49, None, 49), (9, Some(0), 9)]);
        assert_eq!(found[0].area_mm2, Some(49.0 / 8.0));
        assert_eq!(found[0].perimeter_mm, Some(12.0 * 0.5 + 12.0 * 0.25));
        let s = found[0].statistics.unwrap();
        assert!((s.mean - 40.0).abs() < 1e-9 && (s.sd - 20.0).abs() < 1e-9);
        let outer = Wish {
            mode: Mode::External,
            ..wish
        };
        assert_eq!(of(&frame, &mask, &outer, &|_| None).len(), 1);
    }

    #[test]
    fn padding_has_a_place_but_no_value() {
        let (mut frame, mask) = ring();
        frame.values[9 + 1] = PADDING;
        frame.values[4 * 9 + 4] = PADDING;
        let found = of(&frame, &mask, &Wish::default(), &|_| None);
        assert_eq!(
            (found[0].pixels, found[0].statistics.unwrap().count),
            (40, 39)
        );
        assert_eq!((found[2].pixels, found[2].statistics), (1, None));
        assert!(of(&frame, &mask[1..], &Wish::default(), &|_| None).is_empty());
    }
}
