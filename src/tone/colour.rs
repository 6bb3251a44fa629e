//! Colour frames (PS3.3 C.7.6.3.1.2): whatever the samples mean, as 8-bit RGBA. Converted once, by what the codec says they mean.

use super::{Colour, codes, palette::Palette};
use crate::{
    base::{Error, Result},
    codec::{Decoded, Photometric, Stored},
    each_stored,
};

/// Full-range YCbCr (ITU-R BT.601 as PS3.3 gives it) to RGB, rounded and clamped.
pub fn full_range(y: f32, cb: f32, cr: f32) -> [u8; 3] {
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    [
        byte(y + 1.402 * cr),
        byte(y - 0.344_136 * cb - 0.714_136 * cr),
        byte(y + 1.772 * cb),
    ]
}

/// YCbCr of limited range (16..235) to RGB, rounded and clamped.
pub fn limited_range(y: f32, cb: f32, cr: f32) -> [u8; 3] {
    let (y, cb, cr) = (1.1644 * (y - 16.0), cb - 128.0, cr - 128.0);
    [
        byte(y + 1.5960 * cr),
        byte(y - 0.3917 * cb - 0.8130 * cr),
        byte(y + 2.0173 * cb),
    ]
}

fn byte(x: f32) -> u8 {
    libm::roundf(x).clamp(0.0, 255.0) as u8
}

/// A decoded colour frame of three samples (four: the fourth is left out) as RGBA. Samples wider than 8 bits are shifted to 8.
///
/// # Errors
/// `PIX-312` when the values do not fit the size, `PIX-313` for a colour model that cannot be shown.
pub fn from_samples(decoded: &Decoded, bits_stored: u16) -> Result<Colour> {
    let (columns, rows) = (decoded.columns as usize, decoded.rows as usize);
    let samples = usize::from(decoded.samples_per_pixel);
    if samples < 3 || decoded.values.len() != columns * rows * samples {
        return Err(Error::new(&codes::SHAPE_WRONG)
            .expected(format!("{columns} × {rows} × 3"))
            .found(decoded.values.len()));
    }
    let convert: fn(f32, f32, f32) -> [u8; 3] = match decoded.photometric {
        Photometric::Rgb | Photometric::YbrIct | Photometric::YbrRct => {
            |r, g, b| [byte(r), byte(g), byte(b)]
        }
        Photometric::YbrFull | Photometric::YbrFull422 => full_range,
        Photometric::YbrPartial422 => limited_range,
        other => return Err(Error::new(&codes::COLOUR_UNSUPPORTED).found(other.term())),
    };
    let mut rgba = Vec::with_capacity(columns * rows * 4);
    if let Stored::U8(values) = &decoded.values
        && matches!(decoded.photometric, Photometric::Rgb)
    {
        for pixel in values.chunks_exact(samples) {
            if let [r, g, b, ..] = *pixel {
                rgba.extend([r, g, b, 255]);
            }
        }
    } else {
        let scale = 1.0 / f64::from(1_u32 << u32::from(bits_stored.clamp(8, 32) - 8).min(31));
        #[allow(clippy::unnecessary_cast, reason = "one arm is f64 already")]
        {
            each_stored!(&decoded.values, v => for pixel in v.chunks_exact(samples) {
                if let [a, b, c, ..] = *pixel {
                    let [a, b, c] = [a as f64, b as f64, c as f64].map(|x| libm::floor(x * scale) as f32);
                    let [r, g, b] = convert(a, b, c);
                    rgba.extend([r, g, b, 255]);
                }
            });
        }
    }
    Ok(Colour {
        columns,
        rows,
        rgba,
    })
}

/// A decoded PALETTE COLOR frame as RGBA.
///
/// # Errors
/// `PIX-312` when the values do not fit the size.
pub fn from_palette(decoded: &Decoded, palette: &Palette) -> Result<Colour> {
    let (columns, rows) = (decoded.columns as usize, decoded.rows as usize);
    if decoded.values.len() != columns * rows {
        return Err(Error::new(&codes::SHAPE_WRONG)
            .expected(format!("{columns} × {rows}"))
            .found(decoded.values.len()));
    }
    let mut rgba = Vec::with_capacity(columns * rows * 4);
    #[allow(clippy::unnecessary_cast, reason = "one arm is f64 already")]
    {
        each_stored!(&decoded.values, v => for &x in v {
            let [r, g, b] = palette.colour(x as f64);
            rgba.extend([r, g, b, 255]);
        });
    }
    Ok(Colour {
        columns,
        rows,
        rgba,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(photometric: Photometric, values: Stored) -> Decoded {
        Decoded {
            rows: 1,
            columns: 1,
            samples_per_pixel: 3,
            values,
            photometric,
            repairs: vec![],
        }
    }

    #[test]
    fn primaries_of_ybr_full() {
        // The standard's matrix forward: red is (76, 85, 255), blue (29, 255, 107).
        assert_eq!(full_range(76.0, 85.0, 255.0), [254, 0, 0]);
        assert_eq!(full_range(29.0, 255.0, 107.0), [0, 0, 254]);
        assert_eq!(full_range(128.0, 128.0, 128.0), [128; 3]);
        assert_eq!(limited_range(235.0, 128.0, 128.0), [255; 3]);
        assert_eq!(limited_range(16.0, 128.0, 128.0), [0; 3]);
    }

    #[test]
    fn wide_samples_are_shifted() {
        let d = decoded(Photometric::Rgb, Stored::U16(vec![4095, 2048, 15]));
        assert_eq!(from_samples(&d, 12).unwrap().rgba, [255, 128, 0, 255]);
        let d = decoded(Photometric::Rgb, Stored::U32(vec![u32::MAX, 1 << 31, 0]));
        assert_eq!(from_samples(&d, 32).unwrap().rgba, [255, 128, 0, 255]);
    }

    #[test]
    fn wrong_sizes_are_refused() {
        let d = decoded(Photometric::Rgb, Stored::U8(vec![1, 2]));
        assert!(from_samples(&d, 8).is_err());
    }
}
