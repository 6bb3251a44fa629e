//! Median of the square neighbourhood; padding takes no part, an even count takes the lower median, edges are not extended.

use super::{Kind, Parameter};
use crate::tone::{Grey, PADDING};

pub(super) const KIND: Kind = Kind {
    name: "median",
    parameters: &[Parameter {
        name: "radius",
        default: 1.0,
        min: 1.0,
        max: 3.0,
    }],
    apply,
};

fn apply(values: &[f32], frame: &Grey) -> Grey {
    let radius = values.first().map_or(1, |r| r.round() as usize);
    let mut window: Vec<f32> = Vec::with_capacity(49);
    let mut out = Vec::with_capacity(frame.values.len());
    for row in 0..frame.rows {
        for column in 0..frame.columns {
            let own = frame
                .values
                .get(row * frame.columns + column)
                .copied()
                .unwrap_or(PADDING);
            if own == PADDING {
                out.push(PADDING);
                continue;
            }
            window.clear();
            for y in row.saturating_sub(radius)..(row + radius + 1).min(frame.rows) {
                let start = y * frame.columns + column.saturating_sub(radius);
                let end = y * frame.columns + (column + radius + 1).min(frame.columns);
                window.extend(
                    frame
                        .values
                        .get(start..end)
                        .unwrap_or_default()
                        .iter()
                        .filter(|&&v| v != PADDING),
                );
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
