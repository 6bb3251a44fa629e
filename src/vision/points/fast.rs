//! Corners: FAST with nine of sixteen (Rosten and Drummond 2006), measured by Harris, the best of each 3 × 3 kept.

/// The ring of radius 3, clockwise from the top: columns, rows.
const RING: [(isize, isize); 16] = [
    (0, -3),
    (1, -3),
    (2, -2),
    (3, -1),
    (3, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (0, 3),
    (-1, 3),
    (-2, 2),
    (-3, 1),
    (-3, 0),
    (-3, -1),
    (-2, -2),
    (-1, -3),
];
/// Neighbours on the ring that have to be lighter, or darker.
const ARC: u32 = 9;
/// Harris' weight of the trace.
const K: f32 = 0.04;
/// Half side of Harris' window.
const HALF: usize = 3;

/// A corner: column, row, Harris' measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) response: f32,
}

/// Corners at least `border` (4 or more) from every side, row after row.
pub(super) fn corners(
    values: &[f32],
    (columns, rows): (usize, usize),
    border: usize,
    threshold: f32,
) -> Vec<Corner> {
    let border = border.max(HALF + 1);
    let mut found: Vec<Corner> = Vec::new();
    if columns <= 2 * border || rows <= 2 * border || values.len() < columns * rows {
        return found;
    }
    let offsets = RING.map(|(x, y)| y * columns as isize + x);
    for y in border..rows - border {
        for x in border..columns - border {
            let at = y * columns + x;
            if is_corner(values, at, &offsets, threshold) {
                let response = harris(values, columns, at);
                if response > 0.0 {
                    found.push(Corner { x, y, response });
                }
            }
        }
    }
    best_of_neighbours(&found, rows)
}

fn is_corner(values: &[f32], at: usize, offsets: &[isize; 16], threshold: f32) -> bool {
    let own = values[at];
    let ring = |n: usize| values[(at as isize + offsets[n]) as usize] - own;
    // Of nine in a row at least two are among the four at right angles.
    let four = [ring(0), ring(4), ring(8), ring(12)];
    let lighter = four.iter().filter(|&&d| d > threshold).count();
    let darker = four.iter().filter(|&&d| d < -threshold).count();
    if lighter < 2 && darker < 2 {
        return false;
    }
    let (mut light, mut dark) = (0_u32, 0_u32);
    for n in 0..16 {
        let d = ring(n);
        light |= u32::from(d > threshold) << n;
        dark |= u32::from(d < -threshold) << n;
    }
    has_arc(light) || has_arc(dark)
}

/// Nine set bits in a row, of sixteen that go round.
fn has_arc(bits: u32) -> bool {
    let mut run = bits | bits << 16;
    for _ in 1..ARC {
        run &= run >> 1;
    }
    run & 0xFFFF != 0
}

fn harris(values: &[f32], columns: usize, at: usize) -> f32 {
    let (mut xx, mut yy, mut xy) = (0.0_f32, 0.0_f32, 0.0_f32);
    for row in 0..=2 * HALF {
        let start = at + row * columns - HALF * columns - HALF;
        for place in start..=start + 2 * HALF {
            let v = |shift: isize| values[(place as isize + shift) as usize];
            let w = columns as isize;
            let dx = 2.0 * (v(1) - v(-1)) + v(1 - w) - v(-1 - w) + v(1 + w) - v(w - 1);
            let dy = 2.0 * (v(w) - v(-w)) + v(w - 1) - v(-w - 1) + v(w + 1) - v(1 - w);
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }
    }
    // Of levels 0..255 and Sobel's weights: the measure is of 0..1 levels, a window's mean.
    let unit = 1.0 / (4.0 * 255.0 * (2 * HALF + 1) as f32);
    let unit = unit * unit;
    let (xx, yy, xy) = (xx * unit, yy * unit, xy * unit);
    xx * yy - xy * xy - K * (xx + yy) * (xx + yy)
}

/// Those with the largest measure among their eight neighbours; among equals the first.
fn best_of_neighbours(found: &[Corner], rows: usize) -> Vec<Corner> {
    // The corners are in rows already: where each row's begin.
    let mut starts = vec![found.len(); rows + 2];
    for (n, corner) in found.iter().enumerate().rev() {
        starts[corner.y] = n;
    }
    for row in (0..=rows).rev() {
        starts[row] = starts[row].min(starts[row + 1]);
    }
    let of_row = |row: usize| &found[starts[row]..starts[row + 1]];
    let beaten = |own: &Corner| {
        (own.y - 1..=own.y + 1).any(|row| {
            let line = of_row(row);
            let from = line.partition_point(|c| c.x + 1 < own.x);
            line[from..]
                .iter()
                .take_while(|c| c.x <= own.x + 1)
                .any(|c| {
                    c.response > own.response
                        || (c.response == own.response && (c.y, c.x) < (own.y, own.x))
                })
        })
    };
    found.iter().filter(|own| !beaten(own)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_in_a_row_go_round_the_end() {
        assert!(has_arc(0b1_1111_1111));
        assert!(has_arc(0b1111_0000_0001_1111));
        assert!(!has_arc(0b1111_1111));
        assert!(!has_arc(0b1111_1111_0111_1111 & 0x7FFE));
    }

    #[test]
    fn a_square_has_four_corners() {
        let n = 48;
        let values: Vec<f32> = (0..n * n)
            .map(|i| {
                let (x, y) = (i % n, i / n);
                if (14..34).contains(&x) && (14..34).contains(&y) {
                    200.0
                } else {
                    40.0
                }
            })
            .collect();
        let found = corners(&values, (n, n), 4, 20.0);
        assert!((4..=8).contains(&found.len()), "{found:?}");
        for (x, y) in [(14, 14), (33, 14), (14, 33), (33, 33)] {
            let near = |c: &Corner| c.x.abs_diff(x) <= 2 && c.y.abs_diff(y) <= 2;
            assert!(found.iter().any(near), "{x} {y}: {found:?}");
        }
        assert!(corners(&values, (n, n), 30, 20.0).is_empty());
        assert!(corners(&values, (n, n + 1), 4, 20.0).is_empty());
    }
}
