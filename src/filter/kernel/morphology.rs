//! Erosion and dilation with rectangles, crosses and ellipses: the smallest or largest value under an element.
//!
//! An element is cut into the runs of its rows. The extreme of a run of n comes from log₂ n steps that each double its length; what lies
//! outside of the picture takes no part, as in OpenCV.

use super::lines::shape;

/// The outline of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All of it.
    Rect,
    /// The middle row and column.
    Cross,
    /// The ellipse in it.
    Ellipse,
}

/// What has a smallest and a largest.
pub trait Value: Copy + PartialOrd + Default {
    /// Smaller than all: takes no part in a dilation.
    const LEAST: Self;
    /// Larger than all: takes no part in an erosion.
    const MOST: Self;
}
impl Value for u8 {
    const LEAST: Self = 0;
    const MOST: Self = 255;
}
impl Value for f32 {
    const LEAST: Self = Self::MIN;
    const MOST: Self = Self::MAX;
}

/// A structuring element: of each of its rows, how far it reaches from the anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// (row, first column, last column), relative to the anchor, which is the middle.
    runs: Vec<(isize, isize, isize)>,
    rect: bool,
}

impl Element {
    /// Equal to OpenCV's `getStructuringElement`; `size` ≥ 1 for both sides, and the anchor at `size` / 2.
    pub fn new(form: Form, size: usize) -> Self {
        let size = size.max(1) as isize;
        let middle = size / 2;
        let (r, c) = (middle as f64, middle as f64);
        let runs = (0..size)
            .filter_map(|row| {
                let dy = row - middle;
                let (from, to) = match form {
                    Form::Rect => (0, size),
                    Form::Cross if dy == 0 => (0, size),
                    Form::Cross => (middle, middle + 1),
                    Form::Ellipse if size == 1 => (0, 1),
                    Form::Ellipse => {
                        let d = dy as f64;
                        let dx = libm::rint(c * ((r * r - d * d) / (r * r)).sqrt()) as isize;
                        ((middle - dx).max(0), (middle + dx + 1).min(size))
                    }
                };
                (from < to).then_some((dy, from - middle, to - 1 - middle))
            })
            .collect();
        Self {
            runs,
            rect: form == Form::Rect,
        }
    }

    /// A rectangle that does at once what this one does `times` times.
    fn times(&self, times: usize) -> (Self, usize) {
        if !self.rect || times < 2 {
            return (self.clone(), times);
        }
        let by = times as isize;
        let ends = self.runs.iter().map(|&(dy, ..)| dy * by);
        let (first, last) = (ends.clone().min().unwrap_or(0), ends.max().unwrap_or(0));
        let (_, from, to) = self.runs.first().copied().unwrap_or_default();
        let runs = (first..=last).map(|dy| (dy, from * by, to * by)).collect();
        (Self { runs, rect: true }, 1)
    }

    /// The pixels of it, row by row: (column, row) relative to the anchor.
    pub fn pixels(&self) -> impl Iterator<Item = (isize, isize)> {
        let runs = self.runs.iter();
        runs.flat_map(|&(dy, from, to)| (from..=to).map(move |dx| (dx, dy)))
    }
}

/// Rows that are worked on together, so that they stay near the processor.
const STRIP: usize = 64;

/// Erodes `times` times. As long as `picture`, or empty where that is no rectangle.
pub fn erode<T: Value>(picture: &[T], columns: usize, element: &Element, times: usize) -> Vec<T> {
    let least = |a: T, b: T| if b < a { b } else { a };
    repeat(picture, columns, element, times, T::MOST, least)
}

/// Dilates `times` times.
pub fn dilate<T: Value>(picture: &[T], columns: usize, element: &Element, times: usize) -> Vec<T> {
    let most = |a: T, b: T| if b > a { b } else { a };
    repeat(picture, columns, element, times, T::LEAST, most)
}

fn repeat<T: Value>(
    picture: &[T],
    columns: usize,
    element: &Element,
    times: usize,
    neutral: T,
    pick: impl Fn(T, T) -> T + Copy,
) -> Vec<T> {
    let Some(size) = shape(picture.len(), columns) else {
        return vec![];
    };
    let (element, times) = element.times(times);
    let mut done = picture.to_vec();
    for _ in 0..times {
        done = once(&done, size, &element, neutral, pick);
    }
    done
}

/// `out` = pick(a, b), place by place.
#[inline(always)]
fn pick_lines<T: Value>(out: &mut [T], a: &[T], b: &[T], pick: impl Fn(T, T) -> T) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = pick(a, b);
    }
}

/// The extremes of `width` neighbours, from each place on: `line` has `width` − 1 places more than `out`.
fn along<T: Value>(
    line: &[T],
    width: usize,
    spare: &mut [Vec<T>; 2],
    out: &mut [T],
    pick: impl Fn(T, T) -> T + Copy,
) {
    if width == 1 {
        let n = out.len().min(line.len());
        if let (Some(out), Some(line)) = (out.get_mut(..n), line.get(..n)) {
            out.copy_from_slice(line);
        }
        return;
    }
    let [have, next] = spare;
    let mut reach = 1;
    let mut first = true;
    while reach * 2 < width {
        let from: &[T] = if first { line } else { have };
        let n = from.len() - reach;
        next.resize(n, T::default());
        pick_lines(next, from, from.get(reach..).unwrap_or_default(), pick);
        std::mem::swap(have, next);
        first = false;
        reach *= 2;
    }
    let from: &[T] = if first { line } else { have };
    pick_lines(
        out,
        from,
        from.get(width - reach..).unwrap_or_default(),
        pick,
    );
}

#[expect(
    clippy::indexing_slicing,
    reason = "a strip has a line for each of its rows and for those that the element reaches beyond it"
)]
fn once<T: Value>(
    picture: &[T],
    (columns, rows): (usize, usize),
    element: &Element,
    neutral: T,
    pick: impl Fn(T, T) -> T + Copy,
) -> Vec<T> {
    let mut spans: Vec<(isize, isize)> = element.runs.iter().map(|&(_, a, b)| (a, b)).collect();
    spans.sort_unstable();
    spans.dedup();
    let reach = element.runs.iter().map(|&(dy, ..)| dy);
    let (up, down) = (reach.clone().min().unwrap_or(0), reach.max().unwrap_or(0));
    let lines = STRIP + (down - up) as usize;
    let mut strips = vec![vec![neutral; lines * columns]; spans.len()];
    let mut spare = [vec![], vec![]];
    let mut wide: Vec<T> = vec![];
    let mut out = vec![neutral; picture.len()];
    for (strip, out) in out.chunks_mut(STRIP * columns).enumerate() {
        let top = (strip * STRIP) as isize + up;
        for ((from, to), kept) in spans.iter().zip(&mut strips) {
            let (left, right) = ((-from).max(0) as usize, (*to).max(0) as usize);
            let width = (to - from + 1) as usize;
            for (i, kept) in kept.chunks_exact_mut(columns).enumerate() {
                let row = top + i as isize;
                if row < 0 || row >= rows as isize {
                    kept.fill(neutral);
                    continue;
                }
                let line = &picture[row as usize * columns..][..columns];
                if (*from, *to) == (0, 0) {
                    kept.copy_from_slice(line);
                    continue;
                }
                wide.clear();
                wide.resize(left, neutral);
                wide.extend_from_slice(line);
                wide.resize(left + columns + right, neutral);
                // A span that does not hold the anchor begins later.
                let begin = (*from).max(0) as usize;
                let end = begin + columns + width - 1;
                along(
                    &wide[begin..end.min(wide.len())],
                    width,
                    &mut spare,
                    kept,
                    pick,
                );
            }
        }
        if let ([kept], true) = (strips.as_mut_slice(), element.rect) {
            let height = (down - up + 1) as usize;
            let rows_out = out.len() / columns;
            double(kept, columns, height, rows_out, out, pick);
            continue;
        }
        for (y, out) in out.chunks_exact_mut(columns).enumerate() {
            for (i, &(dy, a, b)) in element.runs.iter().enumerate() {
                let span = spans.binary_search(&(a, b)).unwrap_or(0);
                let line = &strips[span][(y as isize + dy - up) as usize * columns..][..columns];
                if i == 0 {
                    out.copy_from_slice(line);
                } else {
                    for (out, &v) in out.iter_mut().zip(line) {
                        *out = pick(*out, v);
                    }
                }
            }
        }
    }
    out
}

/// The extremes of `height` lines, from each line of a strip on.
#[expect(
    clippy::indexing_slicing,
    reason = "a strip has `height` - 1 lines more than `rows_out`"
)]
fn double<T: Value>(
    strip: &mut [T],
    columns: usize,
    height: usize,
    rows_out: usize,
    out: &mut [T],
    pick: impl Fn(T, T) -> T + Copy,
) {
    let mut reach = 1;
    let mut lines = rows_out + height - 1;
    while reach * 2 < height {
        lines -= reach;
        for y in 0..lines {
            let (here, later) = strip.split_at_mut((y + reach) * columns);
            let here = &mut here[y * columns..][..columns];
            for (here, &later) in here.iter_mut().zip(&later[..columns]) {
                *here = pick(*here, later);
            }
        }
        reach *= 2;
    }
    for (y, out) in out.chunks_exact_mut(columns).enumerate() {
        let a = &strip[y * columns..][..columns];
        let b = &strip[(y + height - reach.min(height)) * columns..][..columns];
        pick_lines(out, a, b, pick);
    }
}

/// What erosion and dilation are put together to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The smallest value under the element.
    Erode,
    /// The largest.
    Dilate,
    /// Erosion, then dilation: bright specks vanish.
    Open,
    /// Dilation, then erosion: dark gaps close.
    Close,
    /// Dilation − erosion: outlines.
    Gradient,
    /// Picture − opening: small bright things.
    TopHat,
    /// Closing − picture: small dark things.
    BlackHat,
}

impl Operation {
    /// All, with their names.
    pub const ALL: [(&'static str, Self); 7] = [
        ("erode", Self::Erode),
        ("dilate", Self::Dilate),
        ("open", Self::Open),
        ("close", Self::Close),
        ("gradient", Self::Gradient),
        ("tophat", Self::TopHat),
        ("blackhat", Self::BlackHat),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == name).map(|&(_, one)| one)
    }

    /// A difference, not a picture.
    pub fn is_difference(self) -> bool {
        matches!(self, Self::Gradient | Self::TopHat | Self::BlackHat)
    }

    /// Does it; equal to OpenCV's `morphologyEx` with its default border. Empty where the picture is no rectangle.
    pub fn of<T: Value + std::ops::Sub<Output = T>>(
        self,
        picture: &[T],
        columns: usize,
        element: &Element,
        times: usize,
    ) -> Vec<T> {
        let small = |p: &[T]| erode(p, columns, element, times);
        let large = |p: &[T]| dilate(p, columns, element, times);
        // The larger of each pair is never below the smaller but by what padding stands for; then the difference is nothing.
        let minus = |a: Vec<T>, b: &[T]| -> Vec<T> {
            let pairs = a.into_iter().zip(b);
            pairs
                .map(|(a, &b)| if a > b { a - b } else { T::default() })
                .collect()
        };
        match self {
            Self::Erode => small(picture),
            Self::Dilate => large(picture),
            Self::Open => large(&small(picture)),
            Self::Close => small(&large(picture)),
            Self::Gradient => minus(large(picture), &small(picture)),
            Self::TopHat => minus(picture.to_vec(), &large(&small(picture))),
            Self::BlackHat => minus(small(&large(picture)), picture),
        }
    }
}
