//! The borders of a mask and how they lie in each other (Suzuki and Abe 1985): contours as OpenCV's `findContours` gives them, in the same
//! order, with the same points and the same tree.

use super::components::runs_of;
use crate::filter::kernel::shape;

/// A border: of a region from outside, or of a hole in one. Foreground is joined over corners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contour {
    /// Columns and rows of border pixels of the region, all foreground, in order; closed.
    pub points: Vec<[i32; 2]>,
    /// The contour that this one lies in, by its place in the list; [`Mode::External`] and [`Mode::List`] give none.
    pub parent: Option<usize>,
    /// The border of a hole.
    pub hole: bool,
    /// A border pixel of the region with which the search began: the first of a scan by rows, for a hole the pixel left of it.
    pub start: [i32; 2],
}

/// Which contours are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The outermost only (`RETR_EXTERNAL`).
    External,
    /// All, without order among them (`RETR_LIST`).
    List,
    /// Regions, and in each its holes; what lies in a hole is a region again (`RETR_CCOMP`).
    TwoLevels,
    /// As they lie in each other (`RETR_TREE`).
    Tree,
}

/// Which points are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Every border pixel (`CHAIN_APPROX_NONE`).
    All,
    /// The ends of straight pieces, horizontal, vertical or diagonal (`CHAIN_APPROX_SIMPLE`).
    Simple,
}

/// From a pixel to its neighbours: right, then against the clock.
const STEPS: [[i32; 2]; 8] = [
    [1, 0],
    [1, -1],
    [0, -1],
    [-1, -1],
    [-1, 0],
    [-1, 1],
    [0, 1],
    [1, 1],
];

/// The contours of the nonzero pixels of `mask`. Nothing is found where the mask is no rectangle.
pub fn find(mask: &[u8], columns: usize, mode: Mode, chain: Chain) -> Vec<Contour> {
    let Some((columns, rows)) = shape(mask.len(), columns) else {
        return vec![];
    };
    // Who lies in whom needs the contour's number at each border pixel; without that a sign will do, in a quarter of the memory.
    let mut found = match mode {
        Mode::External => Search::<i8>::new(mask, columns, rows, chain).outermost(mask),
        Mode::List => Search::<i8>::new(mask, columns, rows, chain).all(mask),
        Mode::TwoLevels | Mode::Tree => Search::<i32>::new(mask, columns, rows, chain).all(mask),
    };
    match mode {
        Mode::Tree => in_order(found),
        Mode::TwoLevels => {
            for contour in &mut found {
                contour.parent = contour.parent.filter(|_| contour.hole);
            }
            in_order(found)
        }
        Mode::External | Mode::List => {
            for contour in &mut found {
                contour.parent = None;
            }
            found.reverse();
            found
        }
    }
}

/// A parent before its children; of siblings, what was found last comes first.
fn in_order(found: Vec<Contour>) -> Vec<Contour> {
    let mut children: Vec<Vec<usize>> = vec![vec![]; found.len() + 1];
    for (at, contour) in found.iter().enumerate() {
        if let Some(list) = children.get_mut(contour.parent.map_or(0, |p| p + 1)) {
            list.push(at);
        }
    }
    let mut found: Vec<Option<Contour>> = found.into_iter().map(Some).collect();
    let mut all = Vec::with_capacity(found.len());
    let mut waiting: Vec<(usize, Option<usize>)> = vec![];
    let wait =
        |list: &[usize], parent| list.iter().map(move |&at| (at, parent)).collect::<Vec<_>>();
    waiting.extend(wait(children.first().map_or(&[][..], |c| c), None));
    while let Some((at, parent)) = waiting.pop() {
        let Some(mut contour) = found.get_mut(at).and_then(Option::take) else {
            continue;
        };
        contour.parent = parent;
        waiting.extend(wait(
            children.get(at + 1).map_or(&[][..], |c| c),
            Some(all.len()),
        ));
        all.push(contour);
    }
    all
}

/// Of each contour the next and the previous of its siblings, its first child and its parent, −1 where there is none: OpenCV's `hierarchy`.
pub fn hierarchy(contours: &[Contour]) -> Vec<[i64; 4]> {
    let mut all = vec![[-1_i64; 4]; contours.len()];
    // By parent (0: none): the sibling before.
    let mut before = vec![-1_i64; contours.len() + 1];
    for (at, contour) in contours.iter().enumerate() {
        let own = at as i64;
        let parent = contour.parent.filter(|&p| p < at);
        let last = parent.map_or(0, |p| p + 1);
        let previous = before.get(last).copied().unwrap_or(-1);
        if let Some(entry) = all.get_mut(at) {
            entry[1] = previous;
            entry[3] = parent.map_or(-1, |p| p as i64);
        }
        if previous >= 0 {
            if let Some(entry) = all.get_mut(previous as usize) {
                entry[0] = own;
            }
        } else if let Some(entry) = parent.and_then(|p| all.get_mut(p)) {
            entry[2] = own;
        }
        if let Some(slot) = before.get_mut(last) {
            *slot = own;
        }
    }
    all
}

/// What a border pixel remembers: which contour passed last, and by its sign whether that is a border to its right.
trait Mark: Copy + Default + PartialOrd + std::ops::Neg<Output = Self> {
    /// For the contour with this number, from 1.
    fn of(number: usize) -> Self;
    /// The contour's place in the list; `None` where nobody passed.
    fn place(self) -> Option<usize>;
}

impl Mark for i32 {
    fn of(number: usize) -> Self {
        number as Self
    }
    fn place(self) -> Option<usize> {
        (self.unsigned_abs() as usize).checked_sub(1)
    }
}

/// Only that somebody passed.
impl Mark for i8 {
    fn of(_: usize) -> Self {
        1
    }
    fn place(self) -> Option<usize> {
        None
    }
}

struct Search<M> {
    wide: usize,
    /// 0 or 1, with a border of zeros.
    mask: Vec<u8>,
    /// 0, or 1 + the contour that passed here last; negative where it is a border to its right.
    labels: Vec<M>,
    steps: [isize; 8],
    chain: Chain,
    found: Vec<Contour>,
}

impl<M: Mark> Search<M> {
    fn new(source: &[u8], columns: usize, rows: usize, chain: Chain) -> Self {
        let wide = columns + 2;
        let mut mask = vec![0; wide * (rows + 2)];
        for (to, from) in (mask.chunks_exact_mut(wide).skip(1)).zip(source.chunks_exact(columns)) {
            for (to, &from) in to.iter_mut().skip(1).zip(from) {
                *to = u8::from(from != 0);
            }
        }
        Self {
            labels: vec![M::default(); mask.len()],
            mask,
            steps: STEPS.map(|[x, y]| y as isize * wide as isize + x as isize),
            wide,
            chain,
            found: vec![],
        }
    }

    fn label(&self, at: usize) -> M {
        self.labels.get(at).copied().unwrap_or_default()
    }

    /// The place of a pixel in the wide planes.
    fn place(&self, column: usize, row: usize) -> usize {
        (row + 1) * self.wide + column + 1
    }

    /// Every contour, with its parent. A row's runs decide: where one begins a region may begin, where one ends a hole.
    fn all(mut self, source: &[u8]) -> Vec<Contour> {
        let columns = self.wide - 2;
        for (row, line) in source.chunks_exact(columns).enumerate() {
            // The border between here and what lies to the left: none at the edge of the picture.
            let mut last = None;
            for (from, to) in runs_of(line) {
                let (begin, end) = (self.place(from, row), self.place(to - 1, row));
                if self.label(begin) == M::default() {
                    let parent = last.and_then(|l: usize| {
                        let left = self.found.get(l)?;
                        if left.hole { Some(l) } else { left.parent }
                    });
                    self.follow(begin, [from, row], false, parent);
                }
                if self.label(end) >= M::default() {
                    // Any border of this run tells its region.
                    let parent = self.label(begin).place().and_then(|own| {
                        let border = self.found.get(own)?;
                        if border.hole {
                            border.parent
                        } else {
                            Some(own)
                        }
                    });
                    self.follow(end, [to - 1, row], true, parent);
                }
                last = self.label(end).place();
            }
        }
        self.found
    }

    /// The outermost contours.
    fn outermost(mut self, source: &[u8]) -> Vec<Contour> {
        let columns = self.wide - 2;
        for (row, line) in source.chunks_exact(columns).enumerate() {
            let mut inside = false;
            for (from, to) in runs_of(line) {
                let (begin, end) = (self.place(from, row), self.place(to - 1, row));
                if self.label(begin) == M::default() && !inside {
                    self.follow(begin, [from, row], false, None);
                }
                inside |= self.label(begin) != M::default();
                if self.label(end) < M::default() {
                    inside = false;
                }
            }
        }
        self.found
    }

    /// Follows a border from its first pixel and keeps it.
    #[expect(
        clippy::indexing_slicing,
        reason = "foreground has a border of zeros around it, so that each of its neighbours is within the planes; directions are below 8"
    )]
    fn follow(
        &mut self,
        start: usize,
        [column, row]: [usize; 2],
        hole: bool,
        parent: Option<usize>,
    ) {
        let label = M::of(self.found.len() + 1);
        let neighbour = |at: usize, s: usize| (at as isize + self.steps[s & 7]) as usize;
        let first = [column as i32, row as i32];
        let mut points = vec![];
        let end = if hole { 0 } else { 4 };
        let mut s = end;
        let second = loop {
            s = (s + 7) & 7;
            let at = neighbour(start, s);
            if self.mask[at] != 0 {
                break Some(at);
            }
            if s == end {
                break None;
            }
        };
        if let Some(second) = second {
            let (mut at, mut point, mut before) = (start, first, s ^ 4);
            loop {
                let from = s;
                let next = loop {
                    s += 1;
                    let next = neighbour(at, s);
                    if self.mask[next] != 0 {
                        break next;
                    }
                };
                s &= 7;
                if s.wrapping_sub(1) < from {
                    // The pixel to the right was looked at, and is empty.
                    self.labels[at] = -label;
                } else if self.labels[at] == M::default() {
                    self.labels[at] = label;
                }
                if s != before || self.chain == Chain::All {
                    points.push(point);
                }
                before = s;
                point = [point[0] + STEPS[s][0], point[1] + STEPS[s][1]];
                if next == start && at == second {
                    break;
                }
                at = next;
                s = (s + 4) & 7;
            }
        } else {
            self.labels[start] = -label;
            points.push(first);
        }
        self.found.push(Contour {
            points,
            parent,
            hole,
            start: first,
        });
    }
}
