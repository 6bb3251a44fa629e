//! How like two maps of one size are.

use crate::model::explain::Planes;

/// Spearman's: the correlation of the ranks, equal values at the mean of their ranks. `None` when a map is the same everywhere or the
/// sizes differ.
pub fn rank_correlation(a: &Planes, b: &Planes) -> Option<f64> {
    if (a.rows, a.columns) != (b.rows, b.columns) {
        return None;
    }
    let (a, b) = (ranks(&a.values), ranks(&b.values));
    let [aa, bb, ab] = moments(a.iter().copied().zip(b.iter().copied()))?;
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |i: usize| values.get(i).copied().unwrap_or(0.0);
    order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    for same in order.chunk_by(|&a, &b| value(a) == value(b)) {
        let mean = at as f64 + (same.len() - 1) as f64 / 2.0;
        for &place in same {
            if let Some(rank) = ranks.get_mut(place) {
                *rank = mean;
            }
        }
        at += same.len();
    }
    ranks
}

/// Variances and covariance over all pairs; `None` for none.
fn moments(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Option<[f64; 3]> {
    let [n, x, y] = pairs
        .clone()
        .fold([0.0; 3], |[n, x, y], (a, b)| [n + 1.0, x + a, y + b]);
    let (mx, my) = (x / n, y / n);
    (n > 0.0).then(|| {
        pairs.fold([0.0; 3], |[xx, yy, xy], (a, b)| {
            let (a, b) = (a - mx, b - my);
            [xx + a * a / n, yy + b * b / n, xy + a * b / n]
        })
    })
}

/// Structural similarity (Wang et al. 2004) of the maps, each stretched to 0..1 first: the mean over all windows of 7 × 7 (or the map's
/// shorter side), evenly weighted. `None` as above.
pub fn ssim(a: &Planes, b: &Planes) -> Option<f64> {
    let (rows, columns) = (a.rows, a.columns);
    if (b.rows, b.columns) != (rows, columns) {
        return None;
    }
    let (x, y) = (stretched(&a.values)?, stretched(&b.values)?);
    let side = 7.min(rows).min(columns);
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03);
    let (mut sum, mut windows) = (0.0, 0.0);
    for top in 0..=rows - side {
        for left in 0..=columns - side {
            let places = (0..side * side).map(|i| (top + i / side) * columns + left + i % side);
            let pairs = places.filter_map(|at| Some((*x.get(at)?, *y.get(at)?)));
            let n = (side * side) as f64;
            let (sx, sy) = (pairs.clone()).fold((0.0, 0.0), |(p, q), (a, b)| (p + a, q + b));
            let (mx, my) = (sx / n, sy / n);
            let [xx, yy, xy] = moments(pairs)?;
            sum += (2.0 * mx * my + c1) * (2.0 * xy + c2)
                / ((mx * mx + my * my + c1) * (xx + yy + c2));
            windows += 1.0;
        }
    }
    Some(sum / windows)
}

fn stretched(values: &[f32]) -> Option<Vec<f64>> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let span = f64::from(values.iter().copied().fold(f32::NEG_INFINITY, f32::max)) - f64::from(low);
    let of = |&v: &f32| (f64::from(v) - f64::from(low)) / span;
    (span > 0.0 && span.is_finite()).then(|| values.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_like_itself_and_unlike_its_negative() {
        let map =
            |f: fn(usize) -> f32| Planes::new(1, 8, 9, (0..72).map(f).collect()).expect("whole");
        let a = map(|i| ((i * 37) % 71) as f32);
        let negative = map(|i| -(((i * 37) % 71) as f32));
        let flat = map(|_| 1.0);
        let near = |found: Option<f64>, said: f64| found.is_some_and(|f| (f - said).abs() < 1e-12);
        assert!(near(rank_correlation(&a, &a), 1.0) && near(ssim(&a, &a), 1.0));
        assert!(near(rank_correlation(&a, &negative), -1.0));
        assert!(ssim(&a, &negative).is_some_and(|s| s < 0.1));
        assert_eq!((rank_correlation(&a, &flat), ssim(&a, &flat)), (None, None));
        assert_eq!(ranks(&[2.0, 1.0, 2.0, 5.0]), [1.5, 0.0, 1.5, 3.0]);
    }
}
