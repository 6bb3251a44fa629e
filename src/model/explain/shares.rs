//! Where a map's attention lies: its share on the border of the picture, and inside of a field such as the lungs.
//!
//! A map that lives on the border explains markers, collimation and arms. What counts is the map's positive part.

use super::Planes;
use crate::model::prepare::radiograph::area_average;

/// Width of the border as a part of each side: the outer frame of the chest model's card.
pub const BORDER: f64 = 3.0 / 32.0;

/// Shares of the map's positive part, 0..1, each beside the share of the picture's area that would be its share by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// On the border.
    pub border: f64,
    /// The border's part of the picture.
    pub border_area: f64,
    /// Inside of the field and the field's part of the picture, where there is a field.
    pub field: Option<[f64; 2]>,
}

/// A field on a grid of its own over the same extent as the map: not 0 is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// rows × columns values.
    pub inside: Vec<u8>,
}

/// `None` when nothing in the map is positive. A cell that the border or the field cuts counts by its part inside.
pub fn shares(map: &Planes, field: Option<&Field>) -> Option<Shares> {
    let (down, across) = (middle(map.rows), middle(map.columns));
    let border: Vec<f64> = down
        .iter()
        .flat_map(|d| across.iter().map(move |a| (1.0 - d * a).max(0.0)))
        .collect();
    let inside = field.and_then(|f| {
        let values: Vec<f32> = f
            .inside
            .iter()
            .map(|&v| f32::from(u8::from(v > 0)))
            .collect();
        (f.rows > 0 && f.columns > 0 && f.rows.checked_mul(f.columns) == Some(values.len()))
            .then(|| area_average(&values, f.columns, f.rows, map.rows, map.columns))
    });
    let positive: Vec<f64> = map.values.iter().map(|&v| f64::from(v.max(0.0))).collect();
    let total: f64 = positive.iter().sum();
    let part = |weights: &[f64]| {
        let on: f64 = positive.iter().zip(weights).map(|(p, w)| p * w).sum();
        [
            on / total,
            weights.iter().sum::<f64>() / weights.len() as f64,
        ]
    };
    (total > 0.0 && total.is_finite()).then(|| {
        let [border, border_area] = part(&border);
        Shares {
            border,
            border_area,
            field: inside.map(|w| part(&w)),
        }
    })
}

/// For each of `cells` along an axis its part between the two borders.
fn middle(cells: usize) -> Vec<f64> {
    (0..cells)
        .map(|i| {
            let n = cells as f64;
            let (low, high) = (i as f64 / n, (i + 1) as f64 / n);
            ((high.min(1.0 - BORDER) - low.max(BORDER)) * n).max(0.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_areas_for_an_even_map() {
        let even = Planes::new(1, 5, 7, vec![2.0; 35]).expect("whole");
        let left: Vec<u8> = (0..4 * 6).map(|i| u8::from(i % 6 < 3)).collect();
        let field = Field {
            rows: 4,
            columns: 6,
            inside: left,
        };
        let found = shares(&even, Some(&field)).expect("positive");
        let area = 1.0 - (1.0 - 2.0 * BORDER) * (1.0 - 2.0 * BORDER);
        assert!((found.border - area).abs() < 1e-12 && (found.border_area - area).abs() < 1e-12);
        assert!(
            found
                .field
                .is_some_and(|[s, a]| (s - 0.5).abs() < 1e-12 && (a - 0.5).abs() < 1e-12)
        );
        // All in the middle; what is negative does not count.
        let mut values = vec![-1.0; 81];
        values[40] = 3.0;
        let middle = Planes::new(1, 9, 9, values).expect("whole");
        assert_eq!(shares(&middle, None).expect("positive").border, 0.0);
        assert_eq!(
            shares(&Planes::new(1, 1, 1, vec![-1.0]).expect("whole"), None),
            None
        );
    }
}
