//! How a chest radiograph is framed, told by where another model finds the lungs in it; and the outline of what it found.
//!
//! What is said here is about the picture, never about the patient: whether the lungs end at its edge, do not lie side by side as they do
//! when it is upright, or take up little of it. How often each is said, rightly and wrongly, is in docs/EXPLAIN.md, with what counts it.

use super::{codes, explain::shares::Field, finding::Warning};
use crate::base::Code;

/// A piece of the field that covers less of the picture than this is a crumb, and says nothing about the framing.
const CRUMB: f64 = 0.01;
/// A field that covers less of the picture than this, without its crumbs, is no lung field.
const LEAST: f64 = 0.03;
/// The field lies along an edge of the picture over more than this part of that edge: it is cut there.
const ALONG_EDGE: f64 = 0.08;
/// The box around the field is narrower and lower than this part of the picture: it was taken from too far away, or is not cut to the chest.
const SMALL: f64 = 0.5;

/// The edges of a picture, as they are named in texts.
const EDGES: [&str; 4] = ["left", "top", "right", "bottom"];

/// What is to be said about the framing of a picture, before anything else is said about it. `None` for a field that does not fill its
/// grid.
pub fn remarks(field: &Field) -> Option<Vec<Warning>> {
    let pieces = pieces(field)?;
    let all = field.inside.len() as f64;
    let large: Vec<&Piece> = (pieces.iter())
        .filter(|p| p.cells as f64 >= CRUMB * all)
        .collect();
    let cells: usize = large.iter().map(|p| p.cells).sum();
    if (cells as f64) < LEAST * all {
        return Some(vec![remark(&codes::NO_FIELD, "")]);
    }
    let mut said = vec![];
    let sides = [field.rows, field.columns, field.rows, field.columns];
    let cut: Vec<&str> = (0..4)
        .filter(|&edge| {
            let along: usize = large.iter().map(|p| p.along[edge]).sum();
            along as f64 > ALONG_EDGE * sides[edge] as f64
        })
        .map(|edge| EDGES[edge])
        .collect();
    if !cut.is_empty() {
        said.push(remark(&codes::CUT, &cut.join(", ")));
    }
    if !side_by_side(&large) {
        said.push(remark(&codes::NOT_SIDE_BY_SIDE, ""));
    }
    let part = |axis: usize, n: usize| {
        let first = large.iter().map(|p| p.first[axis]).min().unwrap_or(0);
        let last = large.iter().map(|p| p.last[axis]).max().unwrap_or(0);
        (last + 1 - first) as f64 / n.max(1) as f64
    };
    let (down, across) = (part(0, field.rows), part(1, field.columns));
    if down.max(across) < SMALL {
        let facts = format!("{:.0} % × {:.0} %", 100.0 * across, 100.0 * down);
        said.push(remark(&codes::SMALL, &facts));
    }
    Some(said)
}

/// The two largest pieces lie further apart across the picture than down it.
fn side_by_side(pieces: &[&Piece]) -> bool {
    let mut by_size = pieces.to_vec();
    by_size.sort_by_key(|piece| std::cmp::Reverse(piece.cells));
    let [one, other, ..] = by_size.as_slice() else {
        return false;
    };
    let [down, across] = [0, 1].map(|axis| (one.middle(axis) - other.middle(axis)).abs());
    across >= down
}

/// Text: the code's cause, and facts in brackets where there are any.
fn remark(code: &Code, facts: &str) -> Warning {
    let text = if facts.is_empty() {
        code.cause.to_owned()
    } else {
        format!("{} ({facts})", code.cause)
    };
    Warning {
        code: code.id.to_owned(),
        text,
    }
}

/// Cells that hang together by their sides.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    cells: usize,
    /// Sums of rows and of columns.
    sums: [usize; 2],
    /// First and last row and column.
    first: [usize; 2],
    last: [usize; 2],
    /// Cells at the left, top, right and bottom edge of the picture.
    along: [usize; 4],
}

impl Piece {
    fn middle(&self, axis: usize) -> f64 {
        self.sums[axis] as f64 / self.cells.max(1) as f64
    }
}

/// The pieces of a field; `None` where it does not fill its grid, or there is none.
fn pieces(field: &Field) -> Option<Vec<Piece>> {
    let (rows, columns) = (field.rows, field.columns);
    if rows.checked_mul(columns) != Some(field.inside.len()) || field.inside.is_empty() {
        return None;
    }
    let mut left: Vec<bool> = field.inside.iter().map(|&v| v > 0).collect();
    let (mut pieces, mut stack) = (vec![], vec![]);
    for seed in 0..left.len() {
        if !std::mem::take(left.get_mut(seed)?) {
            continue;
        }
        stack.push(seed);
        let mut piece = Piece {
            cells: 0,
            sums: [0; 2],
            first: [usize::MAX; 2],
            last: [0; 2],
            along: [0; 4],
        };
        while let Some(at) = stack.pop() {
            let place = [at / columns, at % columns];
            let [r, c] = place;
            piece.cells += 1;
            for (axis, &place) in place.iter().enumerate() {
                piece.sums[axis] += place;
                piece.first[axis] = piece.first[axis].min(place);
                piece.last[axis] = piece.last[axis].max(place);
            }
            let edges = [c == 0, r == 0, c + 1 == columns, r + 1 == rows];
            for (count, is) in piece.along.iter_mut().zip(edges) {
                *count += usize::from(is);
            }
            let [l, t, e, b] = edges;
            let near = [
                (!l).then(|| at - 1),
                (!t).then(|| at - columns),
                (!e).then(|| at + 1),
                (!b).then(|| at + columns),
            ];
            for to in near.into_iter().flatten() {
                if left.get_mut(to).is_some_and(std::mem::take) {
                    stack.push(to);
                }
            }
        }
        pieces.push(piece);
    }
    Some(pieces)
}

/// Closed lines along the edges of a field's cells, what is inside to their right; each corner as column and row in the image coordinates of a
/// frame of `size` [columns, rows] that the field covers (pixel edges at −0.5 and size − 0.5). Cells that touch at a corner alone are apart.
pub fn outline(field: &Field, size: [usize; 2]) -> Vec<Vec<[f32; 2]>> {
    let (rows, columns) = (field.rows, field.columns);
    if rows.checked_mul(columns) != Some(field.inside.len()) || field.inside.is_empty() {
        return vec![];
    }
    let inside = |r: Option<usize>, c: Option<usize>| {
        let at = |r: usize, c: usize| (r < rows && c < columns).then(|| r * columns + c);
        (r.zip(c).and_then(|(r, c)| at(r, c)))
            .and_then(|at| field.inside.get(at))
            .is_some_and(|&v| v > 0)
    };
    // Whether an edge leaves the lattice point (x, y) to the east, south, west or north.
    let leaves = |x: usize, y: usize, way: usize| {
        let (before, above) = (x.checked_sub(1), y.checked_sub(1));
        let (right, left) = match way {
            0 => (inside(Some(y), Some(x)), inside(above, Some(x))),
            1 => (inside(Some(y), before), inside(Some(y), Some(x))),
            2 => (inside(above, before), inside(Some(y), before)),
            _ => (inside(above, Some(x)), inside(above, before)),
        };
        right && !left
    };
    let place = |x: usize, y: usize| {
        [(x, columns, size[0]), (y, rows, size[1])]
            .map(|(at, cells, pixels)| (at as f64 / cells as f64 * pixels as f64 - 0.5) as f32)
    };
    let mut gone = vec![false; (rows + 1) * (columns + 1) * 4];
    let index = |x: usize, y: usize, way: usize| (y * (columns + 1) + x) * 4 + way;
    let mut lines = vec![];
    // Every line has an edge to the east, along the top of a cell.
    for start in 0..field.inside.len() {
        let (mut x, mut y, mut way) = (start % columns, start / columns, 0);
        if !leaves(x, y, 0) || gone.get(index(x, y, 0)).copied().unwrap_or(true) {
            continue;
        }
        let mut line: Vec<[f32; 2]> = vec![];
        let mut before = usize::MAX;
        while let Some(seen) = gone.get_mut(index(x, y, way)).filter(|seen| !**seen) {
            *seen = true;
            if way != before {
                line.push(place(x, y));
            }
            before = way;
            match way {
                0 => x += 1,
                1 => y += 1,
                2 => x -= 1,
                _ => y -= 1,
            }
            // To the right first: cells that touch at a corner alone stay apart.
            let Some(next) = [1, 0, 3]
                .map(|turn| (way + turn) % 4)
                .into_iter()
                .find(|&w| leaves(x, y, w))
            else {
                break;
            };
            way = next;
        }
        // The start is a corner only where the line turns there.
        if way == before && line.len() > 1 {
            line.remove(0);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field from lines of text, `#` inside.
    fn field(lines: &[&str]) -> Field {
        Field {
            rows: lines.len(),
            columns: lines[0].len(),
            inside: lines
                .concat()
                .bytes()
                .map(|b| u8::from(b == b'#'))
                .collect(),
        }
    }

    /// Two lungs of `wide` × `tall` cells on a grid of 40 × 40, their top left corners at these columns and rows.
    fn lungs(wide: usize, tall: usize, at: [[usize; 2]; 2]) -> Field {
        let mut inside = vec![0; 1600];
        for [x, y] in at {
            for r in y..(y + tall).min(40) {
                for c in x..(x + wide).min(40) {
                    inside[r * 40 + c] = 1;
                }
            }
        }
        Field {
            rows: 40,
            columns: 40,
            inside,
        }
    }

    fn said(field: &Field) -> Vec<String> {
        let remarks = remarks(field).expect("whole");
        remarks.into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn a_picture_as_it_should_be_needs_no_remark() {
        assert_eq!(said(&lungs(10, 24, [[7, 8], [23, 8]])), [""; 0]);
    }

    #[test]
    fn each_framing_is_told() {
        let cut = said(&lungs(10, 24, [[0, 8], [23, 20]]));
        assert_eq!(cut.len(), 1);
        assert!(cut[0].ends_with("(left, bottom)"), "{cut:?}");
        let turned = remarks(&lungs(24, 10, [[8, 7], [8, 23]])).expect("whole");
        assert_eq!(turned[0].code, codes::NOT_SIDE_BY_SIDE.id);
        // One lung alone is no pair either.
        let one = remarks(&lungs(10, 24, [[7, 8], [7, 8]])).expect("whole");
        assert_eq!(one[0].code, codes::NOT_SIDE_BY_SIDE.id);
        let small = said(&lungs(5, 10, [[12, 12], [21, 12]]));
        assert!(small[0].ends_with("(35 % × 25 %)"), "{small:?}");
        let none = remarks(&lungs(2, 2, [[7, 8], [23, 8]])).expect("whole");
        assert_eq!(none[0].code, codes::NO_FIELD.id);
    }

    #[test]
    fn crumbs_at_an_edge_cut_nothing() {
        let mut field = lungs(10, 24, [[7, 8], [23, 8]]);
        for r in 0..9 {
            field.inside[r * 40] = 1;
        }
        assert_eq!(said(&field), [""; 0]);
    }

    #[test]
    fn fields_that_are_none() {
        for inside in [vec![], vec![1; 5]] {
            let odd = Field {
                rows: 2,
                columns: 2,
                inside,
            };
            assert_eq!(remarks(&odd), None);
            assert!(outline(&odd, [10, 10]).is_empty());
        }
        let huge = Field {
            rows: usize::MAX,
            columns: 2,
            inside: vec![1],
        };
        assert_eq!(remarks(&huge), None);
        assert!(outline(&huge, [10, 10]).is_empty());
    }

    #[test]
    fn outlines_follow_the_cells() {
        let lines = outline(&field(&["....", ".##.", ".#..", "...."]), [8, 4]);
        assert_eq!(
            lines,
            [vec![
                [1.5, 0.5],
                [5.5, 0.5],
                [5.5, 1.5],
                [3.5, 1.5],
                [3.5, 2.5],
                [1.5, 2.5]
            ]]
        );
        // A ring has a hole; the hole's line goes the other way round, and its area is taken off.
        let ring = outline(&field(&["###", "#.#", "###"]), [3, 3]);
        assert_eq!(ring.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        let area = |line: &[[f32; 2]]| -> f32 {
            let next = line.iter().cycle().skip(1);
            let twice: f32 = line
                .iter()
                .zip(next)
                .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
                .sum();
            twice / 2.0
        };
        assert_eq!(ring.iter().map(|l| area(l)).sum::<f32>(), 8.0);
        // Corners do not join.
        assert_eq!(outline(&field(&["#.", ".#"]), [2, 2]).len(), 2);
        // A picture that is all inside.
        assert_eq!(outline(&field(&["##", "##"]), [2, 2])[0].len(), 4);
    }

    /// Of any field, the areas of the lines add up to its cells.
    #[test]
    fn areas_are_the_cells() {
        let mut random = crate::model::explain::random::Random::new(7);
        for _ in 0..50 {
            let (rows, columns) = (1 + random.below(9), 1 + random.below(9));
            let inside: Vec<u8> = (0..rows * columns)
                .map(|_| u8::from(random.unit() < 0.5))
                .collect();
            let count = inside.iter().filter(|v| **v > 0).count();
            let field = Field {
                rows,
                columns,
                inside,
            };
            let twice: f32 = outline(&field, [columns, rows])
                .iter()
                .map(|line| {
                    let next = line.iter().cycle().skip(1);
                    line.iter()
                        .zip(next)
                        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
                        .sum::<f32>()
                })
                .sum();
            assert!((f64::from(twice) / 2.0 - count as f64).abs() < 1e-3);
        }
    }
}
