//! Canny's edges (1986) as OpenCV has them: Sobel derivatives, the ridge of the gradient in four sectors, hysteresis between two thresholds.

use super::{
    derivative::{self, Aperture, Pair, SOBEL3, SOBEL5, SOBEL7, Sum},
    lines::{Border, shape},
};

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canny {
    /// Where the gradient exceeds this, an edge goes on.
    pub low: f64,
    /// Where it exceeds this, an edge begins. Given the wrong way round, the two change places.
    pub high: f64,
    /// Of the Sobel derivatives.
    pub aperture: Aperture,
    /// √(∂x² + ∂y²) instead of |∂x| + |∂y|.
    pub l2: bool,
}

/// Not above the low threshold, or not on the ridge.
const NO: u8 = 1;
/// An edge, if one leads there.
const WEAK: u8 = 0;
const EDGE: u8 = 2;
/// Pixels that are looked at together, whether any of them can be an edge.
const CHUNK: usize = 32;

/// How the gradient of one kind of numbers is judged.
trait Gradient<D, M> {
    fn magnitude(&self, dx: D, dy: D) -> M;
    /// The sector of the gradient's direction: 0 along the row, 1 along the column, 2 along ╲, 3 along ╱.
    fn sector(dx: D, dy: D) -> u8;
}

/// tan 22.5° in 15 bits, as OpenCV rounds it.
const TAN22: i32 = 13573;

struct Whole {
    l2: bool,
}

impl<D: Into<i32>> Gradient<D, i32> for Whole {
    #[inline(always)]
    fn magnitude(&self, dx: D, dy: D) -> i32 {
        let (dx, dy): (i32, i32) = (dx.into(), dy.into());
        if self.l2 {
            dx * dx + dy * dy
        } else {
            dx.abs() + dy.abs()
        }
    }
    #[inline(always)]
    fn sector(dx: D, dy: D) -> u8 {
        let (dx, dy): (i32, i32) = (dx.into(), dy.into());
        let (x, y) = (dx.abs() * TAN22, dy.abs() << 15);
        if y < x {
            0
        } else if y > x + (dx.abs() << 16) {
            1
        } else {
            2 + u8::from((dx ^ dy) < 0)
        }
    }
}

struct Real {
    l2: bool,
}

impl Gradient<f32, f64> for Real {
    #[inline(always)]
    fn magnitude(&self, dx: f32, dy: f32) -> f64 {
        let (dx, dy) = (f64::from(dx), f64::from(dy));
        if self.l2 {
            dx * dx + dy * dy
        } else {
            dx.abs() + dy.abs()
        }
    }
    #[inline(always)]
    fn sector(dx: f32, dy: f32) -> u8 {
        let (x, y) = (f64::from(dx).abs(), f64::from(dy).abs() * 32768.0);
        let tan = f64::from(TAN22);
        if y < x * tan {
            0
        } else if y > x * (tan + 65536.0) {
            1
        } else {
            2 + u8::from((dx < 0.0) != (dy < 0.0))
        }
    }
}

impl Canny {
    /// Low and high in order; with aperture 7 the derivatives, and so the thresholds, are a sixteenth.
    fn thresholds(&self) -> (f64, f64) {
        let by = if self.aperture == Aperture::Seven {
            16.0
        } else {
            1.0
        };
        let (low, high) = (self.low.min(self.high) / by, self.low.max(self.high) / by);
        if self.l2 {
            let square = |t: f64| if t > 0.0 { t * t } else { t };
            (square(low.min(32767.0)), square(high.min(32767.0)))
        } else {
            (low, high)
        }
    }

    /// The edges of 8-bit levels: 255 on them, 0 elsewhere; equal to OpenCV's `Canny`. `blocked`, where there is one: nonzero where no
    /// gradient is to be taken. Empty where the picture is no rectangle.
    pub fn of_levels(&self, levels: &[u8], columns: usize, blocked: Option<&[u8]>) -> Vec<u8> {
        let (low, high) = self.thresholds();
        let limit = |t: f64| t.floor().clamp(-1.0, f64::from(i32::MAX)) as i32;
        let judge = &Whole { l2: self.l2 };
        let limits = (limit(low), limit(high));
        let mut search = Search::<i16, i32>::new(levels.len(), columns, limits, blocked);
        match self.aperture {
            Aperture::Three => sweep::<u8, i16, i32, 3>(levels, &SOBEL3, judge, &mut search),
            Aperture::Five => sweep::<u8, i16, i32, 5>(levels, &SOBEL5, judge, &mut search),
            Aperture::Seven => {
                // OpenCV scales these by 1/16 and rounds, halves to even.
                let sixteenth = |x: i32| {
                    let (whole, rest) = (x >> 4, x & 15);
                    (whole + i32::from(rest > 8 || (rest == 8 && whole & 1 == 1))) as i16
                };
                let scaled = |line: &[i32], out: &mut Vec<i16>| {
                    out.clear();
                    out.extend(line.iter().map(|&x| sixteenth(x)));
                };
                let (mut a, mut b) = (Vec::new(), Vec::new());
                derivative::rows::<u8, i32, 7>(
                    levels,
                    columns,
                    &SOBEL7,
                    Border::Replicate,
                    |y, dx, dy| {
                        scaled(dx, &mut a);
                        scaled(dy, &mut b);
                        search.row(y, &a, &b, judge);
                    },
                );
            }
        }
        search.finish::<Whole>()
    }

    /// The edges of values, thresholds in sums of their unit: on whole values 0..=255 the same as [`Self::of_levels`] but for aperture 7,
    /// where nothing is rounded.
    pub fn of_values(&self, values: &[f32], columns: usize, blocked: Option<&[u8]>) -> Vec<u8> {
        let judge = &Real { l2: self.l2 };
        // Not floored: a gradient of values need not be whole.
        let (low, high) = (self.low.min(self.high), self.low.max(self.high));
        let limit = |t: f64| if self.l2 && t > 0.0 { t * t } else { t };
        let limits = (limit(low), limit(high));
        let mut search = Search::new(values.len(), columns, limits, blocked);
        match self.aperture {
            Aperture::Three => sweep::<f32, f32, f64, 3>(values, &SOBEL3, judge, &mut search),
            Aperture::Five => sweep::<f32, f32, f64, 5>(values, &SOBEL5, judge, &mut search),
            Aperture::Seven => sweep::<f32, f32, f64, 7>(values, &SOBEL7, judge, &mut search),
        }
        search.finish::<Real>()
    }
}

#[inline(always)]
fn sweep<S: Copy, D, M, const K: usize>(
    picture: &[S],
    pair: &Pair<K>,
    judge: &impl Gradient<D, M>,
    search: &mut Search<'_, D, M>,
) where
    D: Sum + From<S>,
    M: Copy + Default + PartialOrd,
{
    let columns = search.columns;
    derivative::rows::<S, D, K>(picture, columns, pair, Border::Replicate, |y, dx, dy| {
        search.row(y, dx, dy, judge);
    });
}

/// The search for the ridge, a row at a time, and then along it.
struct Search<'a, D, M> {
    columns: usize,
    rows: usize,
    low: M,
    high: M,
    blocked: Option<&'a [u8]>,
    /// Magnitudes of three rows, a zero before and after each.
    above: Vec<M>,
    here: Vec<M>,
    below: Vec<M>,
    /// The gradient of the middle row, and of the one below.
    slope: [Vec<D>; 2],
    next: [Vec<D>; 2],
    /// By pixel, with a border of one.
    map: Vec<u8>,
    found: Vec<u32>,
}

impl<'a, D: Copy + Default, M: Copy + Default + PartialOrd> Search<'a, D, M> {
    fn new(length: usize, columns: usize, (low, high): (M, M), blocked: Option<&'a [u8]>) -> Self {
        let (columns, rows) = shape(length, columns).unwrap_or((0, 0));
        let line = || vec![M::default(); columns + 2];
        Self {
            columns,
            rows,
            low,
            high,
            blocked,
            above: line(),
            here: line(),
            below: line(),
            slope: [vec![], vec![]],
            next: [vec![], vec![]],
            map: vec![NO; (columns + 2) * (rows + 2)],
            found: vec![],
        }
    }

    #[inline(always)]
    fn row(&mut self, y: usize, dx: &[D], dy: &[D], judge: &impl Gradient<D, M>) {
        let inner = self.below.iter_mut().skip(1);
        for ((m, &x), &y) in inner.zip(dx).zip(dy) {
            *m = judge.magnitude(x, y);
        }
        let blocked = self.blocked.and_then(|b| b.get(y * self.columns..));
        if let Some(blocked) = blocked {
            for (m, &b) in self
                .below
                .iter_mut()
                .skip(1)
                .zip(blocked)
                .take(self.columns)
            {
                if b != 0 {
                    *m = M::default();
                }
            }
        }
        for (line, new) in self.next.iter_mut().zip([dx, dy]) {
            line.clear();
            line.extend_from_slice(new);
        }
        if y > 0 {
            self.thin(y - 1, |dx, dy| sector_of(judge, dx, dy));
        }
        self.advance();
    }

    fn advance(&mut self) {
        std::mem::swap(&mut self.above, &mut self.here);
        std::mem::swap(&mut self.here, &mut self.below);
        std::mem::swap(&mut self.slope, &mut self.next);
    }

    /// Marks the ridge of row `y`, whose magnitudes are `here`.
    #[inline(always)]
    #[expect(
        clippy::indexing_slicing,
        reason = "the three lines and the map's row have two places more than there are columns"
    )]
    fn thin(&mut self, y: usize, sector: impl Fn(D, D) -> u8) {
        let (columns, wide) = (self.columns, self.columns + 2);
        let above = &self.above[..wide];
        let here = &self.here[..wide];
        let below = &self.below[..wide];
        let (dx, dy) = (&self.slope[0][..columns], &self.slope[1][..columns]);
        let start = (y + 1) * wide + 1;
        let map = &mut self.map[start..start + columns];
        let (low, high) = (self.low, self.high);
        for from in (0..columns).step_by(CHUNK) {
            let to = (from + CHUNK).min(columns);
            let most = (here[from + 1..=to].iter()).fold(low, |a, &b| if b > a { b } else { a });
            if most <= low {
                continue;
            }
            for x in from..to {
                let m = here[x + 1];
                if m <= low {
                    continue;
                }
                let ridge = match sector(dx[x], dy[x]) {
                    0 => m > here[x] && m >= here[x + 2],
                    1 => m > above[x + 1] && m >= below[x + 1],
                    2 => m > above[x] && m > below[x + 2],
                    _ => m > above[x + 2] && m > below[x],
                };
                if ridge {
                    if m > high {
                        map[x] = EDGE;
                        self.found.push((start + x) as u32);
                    } else {
                        map[x] = WEAK;
                    }
                }
            }
        }
    }

    /// The last row, and what can be reached from the edges over weak pixels.
    #[expect(
        clippy::indexing_slicing,
        reason = "the map has a border of one that is never an edge, so that a neighbour of an edge is within it"
    )]
    fn finish<G: Gradient<D, M>>(mut self) -> Vec<u8> {
        if self.rows == 0 {
            return vec![];
        }
        self.below.fill(M::default());
        self.thin(self.rows - 1, G::sector);
        let (map, wide) = (&mut self.map, self.columns + 2);
        while let Some(at) = self.found.pop() {
            let at = at as usize;
            for first in [at - wide - 1, at - 1, at + wide - 1] {
                for (i, place) in map[first..first + 3].iter_mut().enumerate() {
                    if *place == WEAK {
                        *place = EDGE;
                        self.found.push((first + i) as u32);
                    }
                }
            }
        }
        let mut edges = Vec::with_capacity(self.columns * self.rows);
        for line in map.chunks_exact(wide).skip(1).take(self.rows) {
            edges.extend(line[1..=self.columns].iter().map(|&m| (m >> 1) * 255));
        }
        edges
    }
}

#[inline(always)]
fn sector_of<D, M, G: Gradient<D, M>>(_: &G, dx: D, dy: D) -> u8 {
    G::sector(dx, dy)
}
