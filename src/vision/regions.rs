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
    largest(frame, mask, wish, usize::MAX, spacing).0
}

/// The same, of them the `most` largest, and how many others there are; only what is kept is measured. A parent is the nearest of what a
/// contour lies in that is kept.
pub fn largest(
    frame: &Grey,
    mask: &[u8],
    wish: &Wish,
    most: usize,
    spacing: SpacingOf<'_>,
) -> (Vec<Region>, usize) {
    let columns = frame.columns;
    if mask.len() != frame.values.len() {
        return (vec![], 0);
    }
    // What lies in what has to be known for what is enclosed, too.
    let whole = wish.count == Count::Enclosed || wish.smallest > 1;
    let mode = if whole { Mode::Tree } else { wish.mode };
    let mut found = contours::find(mask, columns, mode, wish.chain);
    if found.is_empty() {
        return (vec![], 0);
    }
    let own = belonging(frame, mask, &found, wish.count);
    // Children stand after their parents: what lies in something too small is left out with it.
    let mut kept = vec![false; found.len()];
    for (at, (contour, sums)) in found.iter().zip(&own).enumerate() {
        let in_kept = contour.parent.is_none_or(|p| kept.get(p) == Some(&true));
        let outer = wish.mode != Mode::External || contour.parent.is_none();
        if let Some(kept) = kept.get_mut(at) {
            *kept = in_kept && outer && sums.pixels >= wish.smallest;
        }
    }
    let mut order: Vec<usize> = (0..found.len())
        .filter(|&at| kept.get(at) == Some(&true))
        .collect();
    let left_out = order.len().saturating_sub(most);
    if left_out > 0 {
        let size = |at: usize| own.get(at).map_or(0, |sums| sums.pixels);
        let mut by_size = order.clone();
        by_size.select_nth_unstable_by_key(most, |&at| (std::cmp::Reverse(size(at)), at));
        for &at in by_size.iter().skip(most) {
            if let Some(kept) = kept.get_mut(at) {
                *kept = false;
            }
        }
        order.retain(|&at| kept.get(at) == Some(&true));
    }
    if mode != wish.mode {
        flat_order(&mut order, &found, wish.mode);
    }
    let mut places: Vec<Option<usize>> = vec![None; found.len()];
    for (place, &at) in order.iter().enumerate() {
        if let Some(slot) = places.get_mut(at) {
            *slot = Some(place);
        }
    }
    let parents: Vec<Option<usize>> = (order.iter())
        .map(|&at| {
            let contour = found.get(at)?;
            let place = |at: usize| places.get(at).copied().flatten();
            match wish.mode {
                Mode::External | Mode::List => None,
                Mode::TwoLevels => contour.parent.filter(|_| contour.hole).and_then(place),
                Mode::Tree => std::iter::successors(contour.parent, |&up| found.get(up)?.parent)
                    .find_map(place),
            }
        })
        .collect();
    let mut all = Vec::with_capacity(order.len());
    for (&at, parent) in order.iter().zip(parents) {
        let (Some(contour), Some(sums)) = (found.get_mut(at), own.get(at)) else {
            continue;
        };
        let contour = Contour {
            points: std::mem::take(&mut contour.points),
            parent,
            ..*contour
        };
        all.extend(measured(contour, sums, spacing));
    }
    (all, left_out)
}

/// Contours of a tree in the order that [`contours::find`] has without one: what a scan meets last comes first, in two levels each region
/// before its holes.
fn flat_order(order: &mut [usize], found: &[Contour], mode: Mode) {
    let met = |at: usize| found.get(at).map(|c| (c.start[1], c.start[0], c.hole));
    order.sort_by_cached_key(|&at| {
        let region = (found.get(at))
            .filter(|c| mode == Mode::TwoLevels && c.hole)
            .and_then(|c| c.parent);
        let own = std::cmp::Reverse(met(at));
        (
            std::cmp::Reverse(met(region.unwrap_or(at))),
            region.is_some(),
            own,
        )
    });
}

/// The sums of what belongs to each contour.
fn belonging(frame: &Grey, mask: &[u8], found: &[Contour], count: Count) -> Vec<Sums> {
    let columns = frame.columns;
    let regions = components::label(mask, columns, Connectivity::Eight);
    let of_regions = sums(frame, &regions.labels, regions.parts.len());
    let empty: Vec<u8> = mask.iter().map(|&m| u8::from(m == 0)).collect();
    let holes = components::label(&empty, columns, Connectivity::Four);
    drop(empty);
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
    if count == Count::Enclosed {
        // From the last on, each is whole when its parent takes it.
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
    own
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

    /// A block with a hole, and in that a ring with a hole; a dot beside it.
    fn nested() -> (Grey, Vec<u8>) {
        let inside = |x: i32, y: i32| {
            let d = (x - 7).abs().max((y - 7).abs());
            (5..=6).contains(&d) || (1..=3).contains(&d) || (x, y) == (16, 1)
        };
        let mask = (0..18 * 15).map(|i| u8::from(inside(i % 18, i / 18)));
        let frame = Grey {
            columns: 18,
            rows: 15,
            values: (0..18 * 15).map(|i| i as f32).collect(),
        };
        (frame, mask.collect())
    }

    #[test]
    fn two_levels_have_the_measures_of_the_tree() {
        let (frame, mask) = nested();
        let by = |mode, count, smallest| {
            let wish = Wish {
                mode,
                count,
                smallest,
                ..Wish::default()
            };
            of(&frame, &mask, &wish, &|_| None)
        };
        let told = |all: &[Region]| -> Vec<_> {
            let one = |r: &Region| (r.pixels, r.contour.hole, r.contour.parent);
            all.iter().map(one).collect()
        };
        // The order and the parents of two levels, whatever else is asked for.
        let plain = by(Mode::TwoLevels, Count::Own, 1);
        assert_eq!(
            told(&plain),
            [
                (48, false, None),
                (1, true, Some(0)),
                (1, false, None),
                (88, false, None),
                (32, true, Some(3))
            ]
        );
        let enclosed = by(Mode::TwoLevels, Count::Enclosed, 1);
        assert_eq!(
            told(&enclosed),
            [
                (49, false, None),
                (1, true, Some(0)),
                (1, false, None),
                (169, false, None),
                (81, true, Some(3))
            ]
        );
        for region in by(Mode::Tree, Count::Enclosed, 1) {
            let same = (enclosed.iter()).find(|r| r.contour.start == region.contour.start);
            assert_eq!(same.unwrap().statistics, region.statistics);
        }
        let large = by(Mode::TwoLevels, Count::Own, 2);
        assert_eq!(
            told(&large),
            [(48, false, None), (88, false, None), (32, true, Some(1))]
        );
        let list = |smallest| by(Mode::List, Count::Own, smallest);
        let starts = |all: Vec<Region>| all.iter().map(|r| r.contour.start).collect::<Vec<_>>();
        let some: Vec<_> = (list(1).into_iter()).filter(|r| r.pixels > 1).collect();
        assert_eq!(starts(list(2)), starts(some));
    }

    #[test]
    fn the_largest_are_kept_with_what_they_lie_in() {
        let (frame, mask) = nested();
        let (kept, left_out) = largest(&frame, &mask, &Wish::default(), 2, &|_| None);
        let told: Vec<_> = (kept.iter())
            .map(|r| (r.pixels, r.contour.parent))
            .collect();
        assert_eq!((told, left_out), (vec![(88, None), (48, Some(0))], 3));
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
