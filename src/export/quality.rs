//! How much a lossy picture differs from what was painted: PSNR and SSIM.

/// Figures of a picture against another of the same size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Peak signal-to-noise ratio, dB; infinite where they are the same.
    pub psnr_db: f64,
    /// Mean structural similarity (Wang et al. 2004: a Gaussian of σ 1.5 over 11 × 11, mean of the channels), at most 1.
    pub ssim: f64,
}

/// Half of the window's side.
const HALF: usize = 5;

/// Two pictures of `channels` interleaved bytes a pixel; `None` where they are not of that size.
pub fn likeness(
    a: &[u8],
    b: &[u8],
    width: usize,
    height: usize,
    channels: usize,
) -> Option<Likeness> {
    let length = width.checked_mul(height)?.checked_mul(channels)?;
    if a.len() != length || b.len() != length || length == 0 {
        return None;
    }
    let squares: f64 = a
        .iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(i32::from(x) - i32::from(y)).powi(2))
        .sum();
    let mean = squares / length as f64;
    let psnr_db = if mean == 0.0 {
        f64::INFINITY
    } else {
        10.0 * libm::log10(255.0 * 255.0 / mean)
    };
    let sum: f64 = (0..channels)
        .map(|c| similarity(a, b, [width, height], channels, c))
        .sum();
    Some(Likeness {
        psnr_db,
        ssim: sum / channels as f64,
    })
}

/// The five quantities whose local means are wanted: both values, their squares, their product.
type Five = [f64; 5];

fn five(a: u8, b: u8) -> Five {
    let (x, y) = (f64::from(a), f64::from(b));
    [x, y, x * x, y * y, x * y]
}

fn add(sum: &mut Five, of: &Five, weight: f64) {
    for (sum, value) in sum.iter_mut().zip(of) {
        *sum += weight * value;
    }
}

fn index([mx, my, xx, yy, xy]: Five) -> f64 {
    let (c1, c2) = (2.55 * 2.55, 7.65 * 7.65);
    let (vx, vy, cov) = (xx - mx * mx, yy - my * my, xy - mx * my);
    ((2.0 * mx * my + c1) * (2.0 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
}

/// Of one channel, over all places where the window fits; a picture smaller than the window is one window. Eleven rows are held at a time.
fn similarity(
    a: &[u8],
    b: &[u8],
    [width, height]: [usize; 2],
    channels: usize,
    channel: usize,
) -> f64 {
    let row = |of: &[u8], y: usize| -> Vec<u8> {
        let line = of.get(y * width * channels..(y + 1) * width * channels);
        line.unwrap_or_default()
            .iter()
            .skip(channel)
            .step_by(channels)
            .copied()
            .collect()
    };
    if width <= 2 * HALF || height <= 2 * HALF {
        let mut sum = Five::default();
        let weight = 1.0 / (width * height) as f64;
        for y in 0..height {
            for (x, y) in row(a, y).into_iter().zip(row(b, y)) {
                add(&mut sum, &five(x, y), weight);
            }
        }
        return index(sum);
    }
    let weights = {
        let plain: Vec<f64> = (0..=2 * HALF)
            .map(|i| {
                let off = i as f64 - HALF as f64;
                libm::exp(-off * off / (2.0 * 1.5 * 1.5))
            })
            .collect();
        let all: f64 = plain.iter().sum();
        plain.into_iter().map(|w| w / all).collect::<Vec<_>>()
    };
    let mut ring: std::collections::VecDeque<Vec<Five>> = std::collections::VecDeque::new();
    let (mut sum, mut count) = (0.0, 0_u64);
    for y in 0..height {
        let values: Vec<Five> = row(a, y)
            .into_iter()
            .zip(row(b, y))
            .map(|(x, y)| five(x, y))
            .collect();
        let across = values.windows(2 * HALF + 1).map(|window| {
            let mut mean = Five::default();
            for (value, &weight) in window.iter().zip(&weights) {
                add(&mut mean, value, weight);
            }
            mean
        });
        ring.push_back(across.collect());
        if ring.len() > 2 * HALF + 1 {
            ring.pop_front();
        }
        if ring.len() == 2 * HALF + 1 {
            for x in 0..width - 2 * HALF {
                let mut mean = Five::default();
                for (line, &weight) in ring.iter().zip(&weights) {
                    if let Some(value) = line.get(x) {
                        add(&mut mean, value, weight);
                    }
                }
                sum += index(mean);
                count += 1;
            }
        }
    }
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-image 0.25: structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255) and
    /// peak_signal_noise_ratio, of a = (x² + 3xy) // 7 % 256 and b = a + (31x + 17y) % 23 − 11, clipped.
    #[test]
    fn figures_are_those_of_scikit_image() {
        let (width, height) = (50, 40);
        let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let a: Vec<u8> = places()
            .map(|(x, y)| ((x * x + 3 * y * x) / 7 % 256) as u8)
            .collect();
        let b: Vec<u8> = places()
            .zip(&a)
            .map(|((x, y), &a)| (i32::from(a) + ((x * 31 + y * 17) % 23) - 11).clamp(0, 255) as u8)
            .collect();
        let found = likeness(&a, &b, width as usize, height as usize, 1).unwrap();
        assert!(
            (found.ssim - 0.969_829_329_808_910_5).abs() < 1e-9,
            "{found:?}"
        );
        assert!(
            (found.psnr_db - 31.850_543_460_352_423).abs() < 1e-9,
            "{found:?}"
        );
        let same = likeness(&a, &a, 50, 40, 1).unwrap();
        assert!(same.psnr_db.is_infinite() && (same.ssim - 1.0).abs() < 1e-12);
        let small = likeness(&a[..4], &b[..4], 2, 2, 1).unwrap();
        assert!(small.ssim <= 1.0);
        assert_eq!(likeness(&a, &b, 50, 41, 1), None);
        assert_eq!(likeness(&[], &[], 0, 0, 3), None);
    }
}
