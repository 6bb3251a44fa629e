//! The irreversible 9/7 filter (T.800 F.3.8.1), in single precision.
//!
//! The scaling by K is left to the steps of the quantiser: [`scale`] says by how much a band is to be multiplied.

use super::{
    geometry::Rect,
    wavelet::{Filter, Lines, Window},
};

/// The lifting steps, in the order of the inverse: on even, odd, even, odd samples.
const STEPS: [f32; 4] = [-0.443_506_85, -0.882_911_1, 0.052_980_117, 1.586_134_3];
const K: f32 = 1.230_174_1;

/// What the coefficients of a band are multiplied by: `kind` of the band, and how many levels follow that of the band.
pub(super) fn scale(kind: u8, levels: u32) -> f32 {
    let own = match kind {
        3 => 1.0 / (K * K),
        _ => 1.0,
    };
    own * (K * K).powi(levels as i32)
}

/// The 9/7 filter for a resolution.
#[derive(Debug)]
pub(super) struct Irreversible {
    odd_x: bool,
    odd_y: bool,
    lines: Lines<f32>,
}

impl Irreversible {
    pub(super) fn new(rect: &Rect) -> Self {
        Self {
            odd_x: rect.x0 % 2 == 1,
            odd_y: rect.y0 % 2 == 1,
            lines: Lines::new(rect.width() as usize),
        }
    }
}

impl Filter<f32> for Irreversible {
    fn line(&mut self, low: &[f32], high: &[f32], row: &mut [f32]) {
        line(low, high, self.odd_x, row, &mut self.lines);
    }

    fn lift(&mut self, window: &mut Window<f32>, y: usize) {
        if window.h == 1 {
            let by = single(self.odd_y);
            if let Some(row) = window.rows(0, 1) {
                for v in row {
                    *v *= by;
                }
            }
            return;
        }
        // The four steps follow an odd row, each one row further back; after the last row they run on.
        let last = if y + 1 == window.h { y + 5 } else { y };
        for t in y..=last {
            if (t % 2 == 1) != self.odd_y {
                lift(window, t);
            }
        }
    }
}

/// The steps on the four rows before `t`.
#[inline(never)]
fn lift(window: &mut Window<f32>, t: usize) {
    let (w, h) = (window.w, window.h);
    if let (Some(first), true) = (t.checked_sub(5), t < h)
        && let Some(rows) = window.rows(first, t + 1)
    {
        let (r0, rest) = rows.split_at_mut(w);
        let (r1, rest) = rest.split_at_mut(w);
        let (r2, rest) = rest.split_at_mut(w);
        let (r3, rest) = rest.split_at_mut(w);
        let (r4, r5) = rest.split_at_mut(w);
        let [s0, s1, s2, s3] = STEPS;
        let rows = r0
            .iter()
            .zip(r1)
            .zip(r2.iter_mut().zip(r3))
            .zip(r4.iter_mut().zip(r5.iter()));
        for (((&v0, r1), (r2, r3)), (r4, &v5)) in rows {
            let v4 = *r4 + s0 * (*r3 + v5);
            let v3 = *r3 + s1 * (*r2 + v4);
            let v2 = *r2 + s2 * (*r1 + v3);
            *r1 += s3 * (v0 + v2);
            (*r2, *r3, *r4) = (v2, v3, v4);
        }
        return;
    }
    for (i, &by) in STEPS.iter().enumerate() {
        if let Some(target) = t.checked_sub(i + 1).filter(|&r| r < h)
            && let Some((target, a, b)) = window.neighbours(target)
        {
            for ((t, &a), &b) in target.iter_mut().zip(a).zip(b) {
                *t += by * (a + b);
            }
        }
    }
}

/// A line of one sample isn't filtered: it is as it is, halved at an odd place; the scaling is undone here.
fn single(odd: bool) -> f32 {
    if odd { K / 2.0 } else { 1.0 / K }
}

/// One lifting step: each target gets `by` × the sum of its neighbours among the others. `late`: the first of the others comes after
/// the first target.
#[inline(always)]
fn step(target: &mut [f32], others: &[f32], late: bool, by: f32) {
    let shift = usize::from(late);
    let n = target.len();
    // Targets whose neighbours are both there: others[i - shift] and others[i - shift + 1].
    let inner = others.len().saturating_sub(1).min(n - shift.min(n));
    let pairs = others.iter().zip(others.get(1..).unwrap_or_default());
    for (t, (a, b)) in target.iter_mut().skip(shift).take(inner).zip(pairs) {
        *t += by * (a + b);
    }
    if late && let (Some(t), Some(o)) = (target.first_mut(), others.first()) {
        *t += by * 2.0 * o;
    }
    if inner + shift < n
        && let (Some(t), Some(o)) = (target.last_mut(), others.last())
    {
        *t += by * 2.0 * o;
    }
}

/// The horizontal filter.
#[inline(never)]
#[expect(
    clippy::indexing_slicing,
    reason = "lines are two longer than a row, which the bands fill"
)]
fn line(low: &[f32], high: &[f32], odd: bool, row: &mut [f32], lines: &mut Lines<f32>) {
    if low.len() + high.len() == 1 {
        let by = single(odd);
        row.iter_mut()
            .zip(low.iter().chain(high))
            .for_each(|(r, v)| *r = v * by);
        return;
    }
    let a = &mut lines.a[..low.len()];
    a.copy_from_slice(low);
    let b = &mut lines.b[..high.len()];
    b.copy_from_slice(high);
    let [s0, s1, s2, s3] = STEPS;
    step(a, b, !odd, s0);
    step(b, a, odd, s1);
    step(a, b, !odd, s2);
    step(b, a, odd, s3);
    let (first, second): (&[f32], &[f32]) = if odd { (b, a) } else { (a, b) };
    let (pairs, rest) = row.as_chunks_mut::<2>();
    for (pair, (&a, &b)) in pairs.iter_mut().zip(first.iter().zip(second)) {
        *pair = [a, b];
    }
    if let ([last], Some(&v)) = (rest, first.last()) {
        *last = v;
    }
}
