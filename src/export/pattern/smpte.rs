//! The diagnostic pattern of SMPTE RP 133: eleven levels from 0 to 100 %, 5 % in 0 % and 95 % in 100 %, lines in the middle and the corners,
//! and a white and a black window, on 50 % with a grid.

use super::{Kind, sheet::Sheet};

pub(super) const KIND: Kind = Kind {
    name: "smpte",
    title: "Contrast and resolution (after SMPTE RP 133)",
    paint,
};

/// A level in percent.
const fn percent(n: usize) -> u8 {
    ((n * 255 + 50) / 100) as u8
}

fn paint(side: usize) -> Vec<Sheet> {
    let mut sheet = Sheet::new(side, percent(50));
    let cell = side / 10;
    sheet.grid(0, cell, percent(75));
    let at = |column: usize, row: usize| [column * cell, row * cell];
    let one = [cell; 2];
    // Eleven levels around the middle: up on the left, over the top, down on the right.
    let ring: [(usize, usize); 11] = [
        (2, 6),
        (2, 5),
        (2, 4),
        (2, 3),
        (3, 2),
        (4, 2),
        (5, 2),
        (6, 2),
        (7, 3),
        (7, 4),
        (7, 5),
    ];
    for (n, (column, row)) in ring.into_iter().enumerate() {
        sheet.rectangle(at(column, row), one, percent(n * 10));
    }
    // Beside each other, so that they compare: 0 % with 5 % inside, 100 % with 95 % inside.
    for (column, outer, inner) in [(4, 0, 5), (5, 100, 95)] {
        sheet.rectangle(at(column, 6), one, percent(outer));
        let [left, top] = at(column, 6);
        sheet.rectangle(
            [left + cell / 4, top + cell / 4],
            [cell / 2; 2],
            percent(inner),
        );
    }
    // The windows that show streaks: white on black above, black on white below.
    for (row, outer, inner) in [(1, 0, 100), (8, 100, 0)] {
        sheet.rectangle(at(2, row), [6 * cell, cell / 2], percent(outer));
        let [left, top] = at(3, row);
        sheet.rectangle([left, top + cell / 8], [4 * cell, cell / 4], percent(inner));
    }
    // Lines of one, two and three pixels, in full contrast and in little.
    let (right, below, part) = (side - 2 * cell, side - cell, cell / 3);
    let middle = [4 * cell, 4 * cell + cell / 2];
    for [left, top] in [[0, 0], [right, 0], [0, below], [right, below], middle] {
        for (n, width) in [1, 2, 3].into_iter().enumerate() {
            let top = top + n * part;
            sheet.lines([left, top], part, width, [255, 0]);
            sheet.lines(
                [left + cell, top],
                part,
                width,
                [percent(50) + 3, percent(50)],
            );
        }
    }
    vec![sheet]
}
