//! The inverse wavelet transforms of one level (T.800 Annex F): the walk over rows and the reversible 5/3 filter here, the
//! irreversible one beside.
//!
//! Rows come one after the other: each is put together from its two bands, then the vertical filter follows a few rows behind, over
//! whole rows, so that it runs on vectors; rows that are done are handed on. Only a window of rows is held: it stays in the cache.

use super::geometry::Rect;

/// Where the rows of the bands come from.
pub(super) trait Rows<T> {
    /// The next row of LL and HL, or when `odd` of LH and HH.
    fn next(&mut self, odd: bool) -> Option<(&[T], &[T])>;
}

/// A filter of one level.
pub(super) trait Filter<T> {
    /// Puts a row together.
    fn line(&mut self, low: &[T], high: &[T], row: &mut [T]);
    /// Does what can be done of the vertical filter now that row `y` is there. After the last row: all of it.
    fn lift(&mut self, window: &mut Window<T>, y: usize);
}

/// The last rows, of `h` rows of `w` samples in all.
#[derive(Debug)]
pub(super) struct Window<T> {
    rows: Vec<T>,
    /// The number of the first of them.
    first: usize,
    pub(super) w: usize,
    pub(super) h: usize,
}

/// Rows in the window, and how many stay when it moves on: the filters reach no further back.
const HEIGHT: usize = 32;
const KEPT: usize = 8;
/// So many rows after its own a row is done, and no filter needs it any longer.
const LAG: usize = 5;

impl<T: Copy> Window<T> {
    /// Rows `from` to `to`, as far as they're held.
    pub(super) fn rows(&mut self, from: usize, to: usize) -> Option<&mut [T]> {
        let (from, to) = (from.checked_sub(self.first)?, to.checked_sub(self.first)?);
        self.rows.get_mut(from * self.w..to * self.w)
    }

    /// Row `y` and its two neighbours, mirrored at the edges: `(target, above, below)`.
    pub(super) fn neighbours(&mut self, y: usize) -> Option<(&mut [T], &[T], &[T])> {
        let (w, first) = (self.w, y.saturating_sub(1));
        let last = (y + 2).min(self.h);
        let rows = self.rows(first, last)?;
        let (before, rest) = rows.split_at_mut_checked((y - first) * w)?;
        let (target, after) = rest.split_at_mut_checked(w)?;
        match (before.is_empty(), after.is_empty()) {
            (false, false) => Some((target, before, after)),
            (true, false) => Some((target, after, after)),
            (false, true) => Some((target, before, before)),
            (true, true) => None,
        }
    }
}

/// Puts a level together: `sink` gets the rows of the resolution `rect`, from the top.
pub(super) fn synthesise<T: Copy + Default>(
    source: &mut impl Rows<T>,
    rect: &Rect,
    filter: &mut impl Filter<T>,
    mut sink: impl FnMut(&[T]),
) {
    let (w, h) = (rect.width() as usize, rect.height() as usize);
    let mut window = Window {
        rows: vec![T::default(); w * HEIGHT.min(h)],
        first: 0,
        w,
        h,
    };
    let mut done = 0;
    for y in 0..h {
        if y - window.first == HEIGHT {
            window.rows.copy_within((HEIGHT - KEPT) * w.., 0);
            window.first += HEIGHT - KEPT;
        }
        let odd = (rect.y0 as usize + y) % 2 == 1;
        if let (Some((low, high)), Some(row)) = (source.next(odd), window.rows(y, y + 1)) {
            filter.line(low, high, row);
        }
        filter.lift(&mut window, y);
        let ready = if y + 1 == h {
            h
        } else {
            (y + 1).saturating_sub(LAG)
        };
        while done < ready {
            if let Some(row) = window.rows(done, done + 1) {
                sink(row);
            }
            done += 1;
        }
    }
}

/// Memory of the horizontal filter.
#[derive(Debug)]
pub(super) struct Lines<T> {
    pub(super) a: Vec<T>,
    pub(super) b: Vec<T>,
}

impl<T: Copy + Default> Lines<T> {
    /// For rows of `w` samples.
    pub(super) fn new(w: usize) -> Self {
        Self {
            a: vec![T::default(); w + 2],
            b: vec![T::default(); w + 2],
        }
    }
}

/// The 5/3 filter (F.3.8.2) for a resolution.
#[derive(Debug)]
pub(super) struct Reversible {
    odd_x: bool,
    odd_y: bool,
    lines: Lines<i32>,
}

impl Reversible {
    pub(super) fn new(rect: &Rect) -> Self {
        Self {
            odd_x: rect.x0 % 2 == 1,
            odd_y: rect.y0 % 2 == 1,
            lines: Lines::new(rect.width() as usize),
        }
    }
}

impl Filter<i32> for Reversible {
    fn line(&mut self, low: &[i32], high: &[i32], row: &mut [i32]) {
        line(low, high, self.odd_x, row, &mut self.lines);
    }

    fn lift(&mut self, window: &mut Window<i32>, y: usize) {
        if window.h == 1 {
            if let (true, Some(row)) = (self.odd_y, window.rows(0, 1)) {
                for v in row {
                    *v /= 2;
                }
            }
            return;
        }
        // An odd row completes the even one above it, which completes the odd one above that.
        let odd = (y % 2 == 1) != self.odd_y;
        if odd && let Some(even) = y.checked_sub(1) {
            lift_both(window, even);
        }
        if y + 1 == window.h {
            if odd {
                lift_odd(window, y);
            } else {
                lift_both(window, y);
            }
        }
    }
}

#[inline(always)]
fn even(v: i32, a: i32, b: i32) -> i32 {
    v.wrapping_sub(a.wrapping_add(b).wrapping_add(2) >> 2)
}

#[inline(always)]
fn odd(v: i32, a: i32, b: i32) -> i32 {
    v.wrapping_add(a.wrapping_add(b) >> 1)
}

/// The even row `y`, and with it the odd row above.
#[inline(never)]
fn lift_both(window: &mut Window<i32>, y: usize) {
    let w = window.w;
    // The even row before, the odd one, the even one, the odd one after: in one walk.
    if let (Some(first), true) = (y.checked_sub(2), y + 1 < window.h)
        && let Some(rows) = window.rows(first, y + 2)
    {
        let (e0, rest) = rows.split_at_mut(w);
        let (o0, rest) = rest.split_at_mut(w);
        let (e1, o1) = rest.split_at_mut(w);
        let rows = e0.iter().zip(o0).zip(e1.iter_mut().zip(o1.iter()));
        for ((&e0, o0), (e1, &o1)) in rows {
            let e = even(*e1, *o0, o1);
            *e1 = e;
            *o0 = odd(*o0, e0, e);
        }
        return;
    }
    if let Some((target, a, b)) = window.neighbours(y) {
        for ((t, &a), &b) in target.iter_mut().zip(a).zip(b) {
            *t = even(*t, a, b);
        }
    }
    if let Some(y) = y.checked_sub(1) {
        lift_odd(window, y);
    }
}

fn lift_odd(window: &mut Window<i32>, y: usize) {
    if let Some((target, a, b)) = window.neighbours(y) {
        for ((t, &a), &b) in target.iter_mut().zip(a).zip(b) {
            *t = odd(*t, a, b);
        }
    }
}

/// The horizontal filter.
#[inline(never)]
#[expect(
    clippy::indexing_slicing,
    reason = "lines are two longer than a row, which the bands fill"
)]
fn line(low: &[i32], high: &[i32], odd_first: bool, row: &mut [i32], lines: &mut Lines<i32>) {
    let (n, m) = (low.len(), high.len());
    if m == 0 {
        row.copy_from_slice(low);
        return;
    }
    if n == 0 {
        row.iter_mut().zip(high).for_each(|(r, h)| *r = h / 2);
        return;
    }
    let shift = usize::from(!odd_first);
    // The high samples about each low one: a[i] and a[i + 1], mirrored at the ends.
    let a = &mut lines.a[..=n];
    a[0] = high[0];
    a[n] = high[m - 1];
    let inner = m.min(n + 1 - shift);
    a[shift..shift + inner].copy_from_slice(&high[..inner]);
    // The low samples about each high one: b[i] and b[i + 1].
    let b = &mut lines.b[..n + 2];
    let lifted = &mut b[1 - shift..][..n];
    for ((b, &v), (&p, &q)) in lifted.iter_mut().zip(low).zip(a[..n].iter().zip(&a[1..])) {
        *b = even(v, p, q);
    }
    if odd_first {
        b[0] = b[1];
        b[n + 1] = b[n];
    } else {
        b[n] = b[n - 1];
    }
    let around = b[..m].iter().zip(&b[1..=m]);
    let (pairs, rest) = row.as_chunks_mut::<2>();
    let samples = pairs.iter_mut().zip(high.iter().zip(around));
    if odd_first {
        for (pair, (&h, (&p, &q))) in samples {
            *pair = [odd(h, p, q), q];
        }
        if let [last] = rest {
            *last = odd(high[m - 1], b[m - 1], b[m]);
        }
    } else {
        for (pair, (&h, (&p, &q))) in samples {
            *pair = [p, odd(h, p, q)];
        }
        if let [last] = rest {
            *last = b[n - 1];
        }
    }
}
