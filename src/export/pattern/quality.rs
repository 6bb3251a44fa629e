//! One pattern for the daily look, after TG18-QC (AAPM Online Report 03): sixteen levels with steps of ±4 in their corners, ramps of all 256
//! levels, lines of one and two pixels in the middle and the corners, 5 % and 95 %, white and black bars, letters that fade.

use super::{Kind, sheet::Sheet};

pub(super) const KIND: Kind = Kind {
    name: "tg18-qc",
    title: "Daily check (after TG18-QC)",
    paint,
};

/// Cells of the grid along a side.
const CELLS: usize = 13;

/// What the parts of the pattern are placed by.
struct Plan {
    side: usize,
    /// Pixels of a cell.
    cell: usize,
    /// Where the first cell begins: what is left over is shared.
    first: usize,
    /// Pixels that are one at a side of 512.
    unit: usize,
}

impl Plan {
    fn at(&self, column: usize, row: usize) -> [usize; 2] {
        [column, row].map(|n| self.first + n * self.cell)
    }
}

fn paint(side: usize) -> Vec<Sheet> {
    let cell = side / CELLS;
    let plan = Plan {
        side,
        cell,
        first: (side - CELLS * cell) / 2,
        unit: side / 512,
    };
    let mut sheet = Sheet::new(side, 128);
    sheet.grid(plan.first, cell, 191);
    border(&mut sheet, &plan);
    levels(&mut sheet, &plan);
    ramps(&mut sheet, &plan);
    extremes(&mut sheet, &plan);
    bars(&mut sheet, &plan);
    for (column, row) in [(1, 1), (11, 1), (1, 11), (11, 11), (6, 6)] {
        lines(&mut sheet, &plan, plan.at(column, row));
    }
    fading(&mut sheet, &plan);
    vec![sheet]
}

/// A bright line around everything: where it can't be seen, the picture is cut off.
fn border(sheet: &mut Sheet, plan: &Plan) {
    let (side, width) = (plan.side, plan.unit);
    for at in [0, side - width] {
        sheet.rectangle([at, 0], [width, side], 255);
        sheet.rectangle([0, at], [side, width], 255);
    }
}

/// Sixteen levels, 8 to 248, in a ring around the middle, clockwise from below on the left; two corners of each are 4 brighter, two darker.
fn levels(sheet: &mut Sheet, plan: &Plan) {
    let up = (0..4).map(|n| (4, 8 - n));
    let over = (0..4).map(|n| (4 + n, 4));
    let down = (0..4).map(|n| (8, 4 + n));
    let back = (0..4).map(|n| (8 - n, 8));
    for (n, (column, row)) in up.chain(over).chain(down).chain(back).enumerate() {
        let level = (8 + 16 * n) as u8;
        let [left, top] = plan.at(column, row);
        sheet.rectangle([left, top], [plan.cell; 2], level);
        let corner = 5 * plan.unit;
        let near = 2 * plan.unit;
        let far = plan.cell - corner - near;
        for ([x, y], level) in [
            ([near, near], level + 4),
            ([far, near], level - 4),
            ([near, far], level - 4),
            ([far, far], level + 4),
        ] {
            sheet.rectangle([left + x, top + y], [corner; 2], level);
        }
    }
}

/// All levels from top to bottom on the left, from bottom to top on the right.
fn ramps(sheet: &mut Sheet, plan: &Plan) {
    let height = 256 * plan.unit;
    let top = (plan.side - height) / 2;
    for (column, turned) in [(1, false), (11, true)] {
        let [left, _] = plan.at(column, 0);
        sheet.fill([left, top], [plan.cell, height], |y, _| {
            let level = (y / plan.unit) as u8;
            if turned { 255 - level } else { level }
        });
    }
}

/// 5 % in 0 %, and 95 % in 100 %.
fn extremes(sheet: &mut Sheet, plan: &Plan) {
    for (column, outer, inner) in [(5, 0, 13), (7, 255, 242)] {
        let [left, top] = plan.at(column, 6);
        sheet.rectangle([left, top], [plan.cell; 2], outer);
        let quarter = plan.cell / 4;
        sheet.rectangle([left + quarter, top + quarter], [plan.cell / 2; 2], inner);
    }
}

/// White in black and black in white, where streaks and shadows of a cable show.
fn bars(sheet: &mut Sheet, plan: &Plan) {
    for (column, outer, inner) in [(3, 0, 255), (7, 255, 0)] {
        let [left, top] = plan.at(column, 1);
        sheet.rectangle([left, top], [3 * plan.cell, plan.cell], outer);
        sheet.rectangle(
            [left + plan.cell / 2, top + plan.cell / 4],
            [2 * plan.cell, plan.cell / 2],
            inner,
        );
    }
}

/// Lines of one and of two pixels, in full contrast above and in little below.
fn lines(sheet: &mut Sheet, plan: &Plan, [left, top]: [usize; 2]) {
    let half = plan.cell / 2;
    let quarter = half / 2;
    for (n, (width, levels)) in [
        (1, [255, 0]),
        (2, [255, 0]),
        (1, [130, 128]),
        (2, [130, 128]),
    ]
    .into_iter()
    .enumerate()
    {
        sheet.lines([left, top + n * quarter], quarter, width, levels);
    }
    // What sharp letters look like, beside the lines.
    let letters = "CX".chars().map(|c| (c, 255));
    sheet.letters([left + half, top + quarter], plan.unit, letters);
}

/// The same words on black, grey and white; each letter stands out by one level less than the one before it, and the last by none.
fn fading(sheet: &mut Sheet, plan: &Plan) {
    let height = 2 * plan.cell / 3;
    for (n, ground) in [0_u8, 128, 255].into_iter().enumerate() {
        let [left, top] = plan.at(2, 9);
        let top = top + plan.cell / 4 + n * height;
        sheet.rectangle([left, top], [9 * plan.cell, height], ground);
        let mut step = 14_u8;
        let words = "QUALITY CONTROL".chars().map(|letter| {
            step = step.saturating_sub(u8::from(letter != ' '));
            (
                letter,
                if ground == 255 {
                    ground - step
                } else {
                    ground + step
                },
            )
        });
        sheet.letters(
            [left + plan.cell, top + (height - 21 * plan.unit) / 2],
            3 * plan.unit,
            words,
        );
    }
}
