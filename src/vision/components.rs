//! Connected components of a mask, numbered in the order in which a scan by rows meets them, with their statistics.

use crate::filter::kernel::shape;

/// Which neighbours belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// Those that share a side.
    Four,
    /// Those that share a corner, too.
    Eight,
}

/// One component.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Number of pixels.
    pub pixels: usize,
    /// Left, top, right, bottom, all within.
    pub bounds: [usize; 4],
    /// Mean column and row.
    pub centre: [f64; 2],
    /// The first pixel of a scan by rows: column and row.
    pub first: [usize; 2],
}

/// What a mask consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// By pixel: 0 outside of the mask, else 1 + the place in `parts`.
    pub labels: Vec<u32>,
    /// In the order of their first pixels.
    pub parts: Vec<Part>,
}

/// Pixels of a row from `from` up to and without `to`.
struct Run {
    from: usize,
    to: usize,
    row: usize,
    /// A run of the same component, not later than this one.
    root: usize,
}

fn root(runs: &mut [Run], mut at: usize) -> usize {
    loop {
        let Some(up) = runs.get(at).map(|run| run.root) else {
            return at;
        };
        if up == at {
            return at;
        }
        let further = runs.get(up).map_or(up, |run| run.root);
        if let Some(run) = runs.get_mut(at) {
            run.root = further;
        }
        at = further;
    }
}

fn join(runs: &mut [Run], a: usize, b: usize) {
    let (a, b) = (root(runs, a), root(runs, b));
    if let Some(run) = runs.get_mut(a.max(b)) {
        run.root = a.min(b);
    }
}

/// The runs of nonzero bytes of a line.
pub(super) fn runs_of(line: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = next(line, at, |b| b != 0)?;
        let to = next(line, from, |b| b == 0).unwrap_or(line.len());
        at = to;
        Some((from, to))
    })
}

/// The next place from `at` on whose byte is wanted; eight bytes at a time while they are all alike.
fn next(line: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = line.get(at..)?;
    let (&first, mut place) = (rest.first()?, 0);
    let same = [first; 8];
    let mut eights = rest.chunks_exact(8);
    if !wanted(first) {
        for eight in &mut eights {
            if eight != same {
                break;
            }
            place += 8;
        }
    }
    let found = rest.get(place..)?.iter().position(|&b| wanted(b))?;
    Some(at + place + found)
}

/// Labels the nonzero pixels of `mask`: labels and order as OpenCV's `connectedComponentsWithStats` (its algorithm by pixels, `CCL_SAUF`).
/// Nothing is found where the mask is no rectangle.
pub fn label(mask: &[u8], columns: usize, connectivity: Connectivity) -> Components {
    let Some((columns, _)) = shape(mask.len(), columns) else {
        return Components {
            labels: vec![],
            parts: vec![],
        };
    };
    let near = match connectivity {
        Connectivity::Four => 0,
        Connectivity::Eight => 1,
    };
    let mut runs: Vec<Run> = vec![];
    let mut above = 0..0;
    for (row, line) in mask.chunks_exact(columns).enumerate() {
        let first = runs.len();
        let mut other = above.start;
        for (from, to) in runs_of(line) {
            let own = runs.len();
            runs.push(Run {
                from,
                to,
                row,
                root: own,
            });
            while let Some((left, right)) = (other < above.end)
                .then(|| runs.get(other).map(|run| (run.from, run.to)))
                .flatten()
            {
                if left >= to + near {
                    break;
                }
                if right + near > from {
                    join(&mut runs, own, other);
                }
                if right + near > to {
                    // It may touch the next one, too.
                    break;
                }
                other += 1;
            }
        }
        above = first..runs.len();
    }
    let mut labels = vec![0; mask.len()];
    let mut parts: Vec<Part> = vec![];
    let mut numbers = vec![0_u32; runs.len()];
    for at in 0..runs.len() {
        let top = root(&mut runs, at);
        let Some(&Run { from, to, row, .. }) = runs.get(at) else {
            continue;
        };
        if top == at {
            parts.push(Part {
                pixels: 0,
                bounds: [from, row, to - 1, row],
                centre: [0.0; 2],
                first: [from, row],
            });
            if let Some(number) = numbers.get_mut(at) {
                *number = parts.len() as u32;
            }
        }
        let number = numbers.get(top).copied().unwrap_or(0);
        let Some(part) = parts.get_mut((number as usize).wrapping_sub(1)) else {
            continue;
        };
        let n = to - from;
        part.pixels += n;
        let [left, _, right, bottom] = &mut part.bounds;
        *left = (*left).min(from);
        *right = (*right).max(to - 1);
        *bottom = row;
        part.centre[0] += (from + to - 1) as f64 * n as f64 / 2.0;
        part.centre[1] += (row * n) as f64;
        let place = row * columns;
        if let Some(line) = labels.get_mut(place + from..place + to) {
            line.fill(number);
        }
    }
    for part in &mut parts {
        part.centre = part.centre.map(|sum| sum / part.pixels as f64);
    }
    Components { labels, parts }
}
