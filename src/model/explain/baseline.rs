//! What stands where an input is hidden. The answer depends on it, so the legend names it.

/// A stand-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The channel's mean: no edge to black, no new brightness on average.
    Mean,
    /// The input, blurred by a Gaussian of a tenth of its shorter side.
    Blur,
    /// Zero: black, after most preparations.
    Zero,
}

impl Baseline {
    /// Its name in legends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Blur => "blur",
            Self::Zero => "zero",
        }
    }
    /// The stand-in for all of `input`, channels × rows × columns.
    pub fn of(self, input: &[f32], [_, rows, columns]: [usize; 3]) -> Vec<f32> {
        let area = (rows * columns).max(1);
        let planes = input.chunks_exact(area);
        match self {
            Self::Zero => vec![0.0; input.len()],
            Self::Mean => planes
                .flat_map(|plane| {
                    let sum: f64 = plane.iter().map(|&v| f64::from(v)).sum();
                    vec![(sum / area as f64) as f32; area]
                })
                .collect(),
            Self::Blur => {
                let taps = gaussian(rows.min(columns) as f64 / 10.0);
                planes.flat_map(|p| blurred(p, columns, &taps)).collect()
            }
        }
    }
}

/// e^(−d² / 2σ²) for d from 0 to 3 σ.
fn gaussian(sigma: f64) -> Vec<f64> {
    let reach = libm::ceil(3.0 * sigma) as usize;
    (0..=reach)
        .map(|d| libm::exp(-((d * d) as f64) / (2.0 * sigma * sigma)))
        .collect()
}

fn blurred(plane: &[f32], columns: usize, taps: &[f64]) -> Vec<f32> {
    let wide: Vec<f64> = plane
        .chunks_exact(columns)
        .flat_map(|row| along(&row.iter().map(|&v| f64::from(v)).collect::<Vec<_>>(), taps))
        .collect();
    let mut out = vec![0.0; plane.len()];
    for c in 0..columns {
        let column: Vec<f64> = wide.iter().skip(c).step_by(columns).copied().collect();
        let places = out.iter_mut().skip(c).step_by(columns);
        for (place, value) in places.zip(along(&column, taps)) {
            *place = value as f32;
        }
    }
    out
}

/// Weighted mean along a line; at its ends the weights of what is there count.
fn along(line: &[f64], taps: &[f64]) -> Vec<f64> {
    let reach = taps.len().saturating_sub(1);
    (0..line.len())
        .map(|at| {
            let from = at.saturating_sub(reach);
            let near = line
                .iter()
                .enumerate()
                .skip(from)
                .take(at + reach + 1 - from);
            let (sum, weight) = near.fold((0.0, 0.0), |(sum, weight), (i, v)| {
                let tap = taps.get(i.abs_diff(at)).copied().unwrap_or(0.0);
                (sum + tap * v, weight + tap)
            });
            sum / weight
        })
        .collect()
}
