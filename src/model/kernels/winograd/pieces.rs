//! How output rows and columns are divided into pairs.

use std::ops::Range;

/// Places along an axis in pairs that are a dilation apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs {
    /// Pairs; the second of some may lie beyond the end.
    pub(super) count: usize,
    pub(super) dilation: usize,
}

impl Pairs {
    pub(super) fn new(places: usize, dilation: usize) -> Self {
        let two = 2 * dilation;
        Self {
            count: places / two * dilation + (places % two).min(dilation),
            dilation,
        }
    }
    /// The first place of a pair.
    pub(super) fn first(self, pair: usize) -> usize {
        pair / self.dilation * 2 * self.dilation + pair % self.dilation
    }
}

/// Rows of a plane, or of several planes: the same rows of each.
pub(crate) struct Piece {
    pub(crate) planes: Range<usize>,
    pub(crate) rows: Range<usize>,
}

/// Output rows as whole planes, and what is before and after these.
pub(crate) fn pieces(rows: &Range<usize>, height: usize) -> impl Iterator<Item = Piece> {
    let Range { start, end } = *rows;
    let (first, last) = (start.div_ceil(height), end / height);
    let part = |from: usize, to: usize| Piece {
        planes: from / height..from / height + 1,
        rows: from % height..from % height + to.saturating_sub(from),
    };
    let (head, whole, tail) = if first <= last {
        (
            part(start, first * height),
            first..last,
            part(last * height, end),
        )
    } else {
        (part(start, end), 0..0, part(start, start))
    };
    let whole = Piece {
        planes: whole,
        rows: 0..height,
    };
    [head, whole, tail]
        .into_iter()
        .filter(|p| !p.rows.is_empty() && !p.planes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_cover_each_place_once() {
        for (places, dilation) in [
            (1, 1),
            (7, 1),
            (8, 1),
            (13, 3),
            (16, 16),
            (64, 16),
            (20, 16),
        ] {
            let pairs = Pairs::new(places, dilation);
            let mut all: Vec<usize> = (0..pairs.count)
                .flat_map(|p| [pairs.first(p), pairs.first(p) + dilation])
                .filter(|&w| w < places)
                .collect();
            all.sort_unstable();
            assert_eq!(all, (0..places).collect::<Vec<_>>());
            assert!((0..pairs.count).all(|p| pairs.first(p) < places));
        }
    }

    #[test]
    fn pieces_cover_each_row_once() {
        for rows in [0..12, 1..11, 5..6, 5..7, 4..8, 3..3, 0..4, 2..9] {
            let all: Vec<usize> = pieces(&rows, 4)
                .flat_map(|p| {
                    p.planes
                        .flat_map(move |d| p.rows.clone().map(move |h| d * 4 + h))
                })
                .collect();
            assert_eq!(all, rows.collect::<Vec<_>>());
        }
    }
}
