//! The colours of a decoded picture: planes of luma and colour differences → RGB (ITU-T H.273 8.3), the same in every browser.

/// How the samples of a picture lie, 8 bits each; names are those of WebCodecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Three planes; colour differences halved in both directions.
    I420,
    /// Three planes; colour differences halved across.
    I422,
    /// Three planes.
    I444,
    /// Luma, and the differences of I420 side by side.
    Nv12,
    /// Red, green, blue, opacity side by side, as the browser converts them.
    Rgba,
}

impl Format {
    /// By its name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "I420" => Self::I420,
            "I422" => Self::I422,
            "I444" => Self::I444,
            "NV12" => Self::Nv12,
            "RGBA" => Self::Rgba,
            _ => return None,
        })
    }
}

/// The matrix by which colour differences were made: parts of red and blue in luma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matrix {
    red: f64,
    blue: f64,
    full_range: bool,
}

impl Matrix {
    /// By its name in WebCodecs; `None` where samples are no differences.
    pub fn of(name: &str, full_range: bool) -> Option<Self> {
        let (red, blue) = match name {
            "bt709" => (0.2126, 0.0722),
            "bt470bg" | "smpte170m" => (0.299, 0.114),
            "bt2020-ncl" => (0.2627, 0.0593),
            _ => return None,
        };
        Some(Self {
            red,
            blue,
            full_range,
        })
    }
}

/// Bits behind the point of the integers that are multiplied by.
const POINT: u32 = 16;

/// RGB, row by row. `None` when the samples are not as many as the size asks for. Colour differences are repeated, not blended.
pub fn rgb(
    samples: &[u8],
    format: Format,
    [columns, rows]: [usize; 2],
    matrix: Matrix,
) -> Option<Vec<u8>> {
    let pixels = columns.checked_mul(rows).filter(|&n| n > 0)?;
    if format == Format::Rgba {
        let (each, rest) = samples.as_chunks::<4>();
        let whole = each.len() == pixels && rest.is_empty();
        return whole.then(|| each.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect());
    }
    let (luma, differences) = samples.split_at_checked(pixels)?;
    // Pixels of one colour difference, and how far the next one lies.
    let (across, down, step) = match format {
        Format::I420 => (2, 2, 1),
        Format::I422 => (2, 1, 1),
        Format::Nv12 => (2, 2, 2),
        Format::I444 | Format::Rgba => (1, 1, 1),
    };
    let (wide, high) = (columns.div_ceil(across), rows.div_ceil(down));
    let plane = wide * high;
    if differences.len() != 2 * plane {
        return None;
    }
    // Side by side both lie in the same plane, one sample apart.
    let blues = differences;
    let reds = differences.get(if step == 2 { 1 } else { plane }..)?;
    let fixed = Fixed::new(matrix);
    let mut out = Vec::with_capacity(pixels * 3);
    for (row, line) in luma.chunks_exact(columns).enumerate() {
        let from = row / down * wide * step;
        let (blues, reds) = (blues.get(from..)?, reds.get(from..)?);
        let each = blues.iter().step_by(step).zip(reds.iter().step_by(step));
        for (few, (&blue, &red)) in line.chunks(across).zip(each) {
            let [r, g, b] = fixed.differences(blue, red);
            for &luma in few {
                let luma = fixed.luma(luma);
                out.extend([r, g, b].map(|d| ((luma + d) >> POINT).clamp(0, 255) as u8));
            }
        }
    }
    (out.len() == pixels * 3).then_some(out)
}

/// A [`Matrix`] in integers.
struct Fixed {
    black: i32,
    luma: i32,
    red: i32,
    green: [i32; 2],
    blue: i32,
}

impl Fixed {
    fn new(
        Matrix {
            red,
            blue,
            full_range,
        }: Matrix,
    ) -> Self {
        // The range of samples that is black to white, and that of differences (H.273 equations 20 to 28).
        let (black, luma, chroma) = if full_range {
            (0, 1.0, 1.0)
        } else {
            (16, 255.0 / 219.0, 255.0 / 224.0)
        };
        let fixed = |factor: f64| (factor * f64::from(1 << POINT)).round() as i32;
        let green = 1.0 - red - blue;
        Self {
            black,
            luma: fixed(luma),
            red: fixed(2.0 * (1.0 - red) * chroma),
            green: [
                fixed(2.0 * blue * (1.0 - blue) / green * chroma),
                fixed(2.0 * red * (1.0 - red) / green * chroma),
            ],
            blue: fixed(2.0 * (1.0 - blue) * chroma),
        }
    }
    /// With a half, so that the shift rounds.
    fn luma(&self, sample: u8) -> i32 {
        (i32::from(sample) - self.black) * self.luma + (1 << (POINT - 1))
    }
    fn differences(&self, blue: u8, red: u8) -> [i32; 3] {
        let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
        [
            self.red * red,
            -self.green[0] * blue - self.green[1] * red,
            self.blue * blue,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(name: &str) -> Matrix {
        Matrix::of(name, false).unwrap()
    }

    #[test]
    fn samples_are_what_their_matrix_says() {
        // Luma, blue, red → RGB: the formulas of H.273, worked out by hand.
        for (name, full, samples, expected) in [
            ("smpte170m", false, [85, 103, 203], [200, 29, 30]),
            ("bt709", false, [52, 203, 121], [29, 30, 200]),
            ("bt709", false, [235, 128, 128], [255, 255, 255]),
            ("bt709", false, [16, 128, 128], [0, 0, 0]),
            ("bt709", false, [255, 128, 128], [255, 255, 255]),
            ("smpte170m", true, [76, 85, 255], [254, 0, 0]),
            ("bt2020-ncl", true, [100, 128, 128], [100, 100, 100]),
        ] {
            let matrix = Matrix::of(name, full).unwrap();
            let rgb = rgb(&samples, Format::I444, [1, 1], matrix).unwrap();
            assert_eq!(rgb, expected, "{name} {samples:?}");
        }
        assert_eq!(Matrix::of("rgb", false), None);
        assert_eq!(Format::of("I420P10"), None);
    }

    #[test]
    fn every_format_puts_differences_where_they_belong() {
        // 3 × 3 pixels of luma 100; differences of four pixels each, of which the right and lower ones are cut.
        let luma = [100; 9];
        let (blues, reds) = ([128, 150, 160, 170], [128, 90, 128, 200]);
        let side: Vec<u8> = blues
            .iter()
            .zip(&reds)
            .flat_map(|(&b, &r)| [b, r])
            .collect();
        let planes = [&luma[..], &blues, &reds].concat();
        let half = rgb(&planes, Format::I420, [3, 3], matrix("bt709")).unwrap();
        let same = [&luma[..], &side].concat();
        let paired = rgb(&same, Format::Nv12, [3, 3], matrix("bt709")).unwrap();
        assert_eq!(half, paired);
        let spread = |d: &[u8; 4]| [0, 0, 1, 0, 0, 1, 2, 2, 3].map(|at: usize| d[at]);
        let whole = [luma, spread(&blues), spread(&reds)].concat();
        assert_eq!(
            rgb(&whole, Format::I444, [3, 3], matrix("bt709")).unwrap(),
            half
        );
        let rows = |d: &[u8; 4]| [d[0], d[1], d[0], d[1], d[2], d[3]];
        let across = [&luma[..], &rows(&blues), &rows(&reds)].concat();
        assert_eq!(
            rgb(&across, Format::I422, [3, 3], matrix("bt709")).unwrap(),
            half
        );
        let opaque = [1, 2, 3, 255, 4, 5, 6, 255];
        let rgb_of = |samples: &[u8], format, size| rgb(samples, format, size, matrix("bt709"));
        assert_eq!(
            rgb_of(&opaque, Format::Rgba, [2, 1]).unwrap(),
            [1, 2, 3, 4, 5, 6]
        );
        for short in [&planes[..16], &[]] {
            assert_eq!(rgb_of(short, Format::I420, [3, 3]), None);
        }
        assert_eq!(rgb_of(&opaque, Format::Rgba, [3, 1]), None);
        assert_eq!(rgb_of(&[], Format::Rgba, [0, 0]), None);
        assert_eq!(rgb_of(&planes, Format::I420, [usize::MAX, 3]), None);
    }
}
