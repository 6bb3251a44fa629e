//! Where an organ (the lungs) lies in a frame, as another model finds it: for the share of a map inside of it, and to show its outline.

use super::{
    Input, Wish, analyse, codes, explain::shares::Field, facts::InputFacts, finding::FieldFound,
    framing, manifest::OtherModel,
};
use crate::base::{Limits, Monitor, Result};

/// Cells of a field along an axis at most: a label map lies on the source's grid, but tells no more than its network's cells.
const MOST_CELLS: usize = 512;

/// A frame as it is displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) facts: &'a InputFacts,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) values: &'a [f32],
}

/// Runs the model; `None` where its own manifest excludes the frame.
///
/// # Errors
/// As [`analyse`], but for `MDL-006`.
pub(super) fn find(
    model: &OtherModel,
    shown: Shown<'_>,
    limits: &Limits,
    budget_bytes: u64,
    monitor: &dyn Monitor,
) -> Result<Option<(Field, FieldFound)>> {
    let input = Input::Frame {
        columns: shown.columns,
        rows: shown.rows,
        values: shown.values.to_vec(),
    };
    let wish = Wish::default();
    let (manifest, network) = (&model.manifest, model.network.clone());
    let found = analyse(
        manifest,
        network,
        &wish,
        "",
        shown.facts,
        input,
        limits,
        budget_bytes,
        monitor,
    );
    let found = match found {
        Err(error) if error.code() == &codes::INPUT => return Ok(None),
        other => other?,
    };
    let field = cells(
        &found.overlay,
        [shown.rows, shown.columns],
        manifest.input.size.as_deref(),
    );
    let Some(field) = field else {
        return Ok(None);
    };
    let labels = &manifest.output.labels;
    let inside = field.inside.iter().filter(|v| **v > 0).count();
    let about = FieldFound {
        model: found.finding.model,
        label: labels.get(1).map(|l| l.name.clone()).unwrap_or_default(),
        area: inside as f64 / field.inside.len().max(1) as f64,
        outline: framing::outline(&field, [shown.columns, shown.rows]),
    };
    Ok(Some((field, about)))
}

/// A label map of `rows` × `columns` → the cells of its network, each as its middle is labelled; every label is inside.
fn cells(labels: &[u8], [rows, columns]: [usize; 2], size: Option<&[usize]>) -> Option<Field> {
    if rows == 0 || columns == 0 || rows.checked_mul(columns) != Some(labels.len()) {
        return None;
    }
    let asked = |axis: usize| size.and_then(|s| s.get(axis)).copied();
    let count = |axis: usize, n: usize| asked(axis).filter(|&c| c > 0).unwrap_or(n).min(n);
    let down = count(0, rows).min(MOST_CELLS);
    let across = count(1, columns).min(MOST_CELLS);
    let middle = |cell: usize, n: usize, cells: usize| (2 * cell + 1) * n / (2 * cells);
    let inside = (0..down)
        .flat_map(|r| (0..across).map(move |c| (r, c)))
        .map(|(r, c)| middle(r, rows, down) * columns + middle(c, columns, across))
        .map(|at| u8::from(labels.get(at).is_some_and(|v| *v > 0)))
        .collect();
    Some(Field {
        rows: down,
        columns: across,
        inside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_map_goes_back_to_its_cells() {
        // 3 × 2 cells over 7 × 5 pixels, each pixel the label of its nearest cell.
        let own = [0, 1, 2, 0, 0, 1];
        let nearest = |p: usize, n: usize, cells: usize| (2 * p + 1) * cells / (2 * n);
        let labels: Vec<u8> = (0..35)
            .map(|i| own[nearest(i / 5, 7, 3) * 2 + nearest(i % 5, 5, 2)])
            .collect();
        let field = cells(&labels, [7, 5], Some(&[3, 2])).expect("whole");
        assert_eq!((field.rows, field.columns), (3, 2));
        assert_eq!(field.inside, [0, 1, 1, 0, 0, 1]);
        assert_eq!(cells(&labels, [7, 6], None), None);
        assert_eq!(cells(&[], [0, 0], None), None);
        let own = cells(&labels, [7, 5], None).expect("whole");
        assert_eq!((own.rows, own.columns), (7, 5));
    }
}
