//! Median of the square neighbourhood; padding takes no part, an even count takes the lower median, edges are not extended.

use super::{
    Gives, Kind, Parameter,
    plan::{Pass, Plan},
};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "median",
    parameters: &[Parameter::whole("radius", 1.0, 1.0, 3.0)],
    gives: |_| Gives::Same,
    apply: |filter, frame| apply(&filter.values, frame),
    plan: |filter, frame| {
        Some(Plan {
            source: include_str!("median.wgsl"),
            parameters: vec![filter.number(0) as f32],
            scratch: 1,
            passes: vec![Pass::pixels("middle", frame)],
        })
    },
};

fn apply(values: &[f64], frame: &Grey) -> Grey {
    let radius = values.first().map_or(1, |r| r.round() as usize);
    let mut window: Vec<f32> = Vec::with_capacity(49);
    let mut out = Vec::with_capacity(frame.values.len());
    let line = |y: usize| {
        frame
            .values
            .get(y * frame.columns..(y + 1) * frame.columns)
            .unwrap_or_default()
    };
    for row in 0..frame.rows {
        let near = row.saturating_sub(radius)..(row + radius + 1).min(frame.rows);
        let inner = radius == 1 && near.len() == 3;
        for (column, &own) in line(row).iter().enumerate() {
            if own == PADDING {
                out.push(PADDING);
                continue;
            }
            if inner && let Some(nine) = nine([line(row - 1), line(row), line(row + 1)], column) {
                out.push(middle_of_nine(nine));
                continue;
            }
            window.clear();
            let (from, to) = (
                column.saturating_sub(radius),
                (column + radius + 1).min(frame.columns),
            );
            for y in near.clone() {
                let part = line(y).get(from..to).unwrap_or_default();
                window.extend(part.iter().filter(|&&v| v != PADDING));
            }
            let middle = (window.len() - 1) / 2;
            let (_, median, _) = window.select_nth_unstable_by(middle, f32::total_cmp);
            out.push(*median);
        }
    }
    Grey {
        columns: frame.columns,
        rows: frame.rows,
        values: out,
    }
}

/// The nine pixels around a column; `None` at the edge or where one of them is padding.
fn nine(lines: [&[f32]; 3], column: usize) -> Option<[f32; 9]> {
    let from = column.checked_sub(1)?;
    let [&[a, b, c], &[d, e, f], &[g, h, i]] = [
        lines[0].get(from..from + 3)?.first_chunk()?,
        lines[1].get(from..from + 3)?.first_chunk()?,
        lines[2].get(from..from + 3)?.first_chunk()?,
    ];
    let nine = [a, b, c, d, e, f, g, h, i];
    (!nine.contains(&PADDING)).then_some(nine)
}

/// The fifth smallest by min and max alone: sort the three lines, then only the largest of the smallest, the median of the medians and the
/// smallest of the largest can be it.
fn middle_of_nine([a, b, c, d, e, f, g, h, i]: [f32; 9]) -> f32 {
    let sorted = |a: f32, b: f32, c: f32| {
        let (low, high) = (a.min(b), a.max(b));
        (low.min(c), low.max(high.min(c)), high.max(c))
    };
    let ((a, b, c), (d, e, f), (g, h, i)) = (sorted(a, b, c), sorted(d, e, f), sorted(g, h, i));
    let (low, middle, high) = (a.max(d).max(g), sorted(b, e, h).1, c.min(f).min(i));
    sorted(low, middle, high).1
}
