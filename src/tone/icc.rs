//! ICC profiles of an image (PS3.3 C.11.15): its colours to sRGB, by matrix and tone curves. Profiles that work by tables are not applied, and
//! that is said.

use std::sync::OnceLock;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::codes;
use crate::{
    base::Repair,
    codec::Photometric,
    dicom::{Instance, Item, text_of},
};

/// Tags of a profile that are looked at.
const MOST_TAGS: usize = 256;
/// Steps of the table from linear light to levels: a step is a twentieth of a level where the curve is steepest.
const STEPS: usize = 1 << 16;
/// Colorants of sRGB, adapted to D50: X, Y, Z of red, green, blue.
const SRGB: [[f64; 3]; 3] = [
    [0.436_074_7, 0.222_504_5, 0.013_932_2],
    [0.385_064_9, 0.716_878_6, 0.097_104_5],
    [0.143_080_4, 0.060_616_9, 0.714_173_3],
];

/// From the device's levels to those of sRGB.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Level → linear light, for red, green, blue.
    curves: [[f32; 256]; 3],
    /// Linear light → linear light of sRGB, row by row.
    matrix: [[f32; 3]; 3],
}

/// Linear light of sRGB in steps → level. Made once.
fn levels() -> &'static [u8] {
    static LEVELS: OnceLock<Vec<u8>> = OnceLock::new();
    let level = |step| libm::floorf(encoded(step as f64 / (STEPS - 1) as f64) + 0.5) as u8;
    LEVELS.get_or_init(|| (0..STEPS).map(level).collect())
}

impl Profile {
    /// Reads a profile; `None` where it is sRGB itself, within half a level.
    ///
    /// # Errors
    /// What of it is not supported.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, &'static str> {
        if bytes.get(36..40) != Some(b"acsp") {
            return Err("no ICC profile");
        }
        if bytes.get(16..20) != Some(b"RGB ") {
            return Err("not of RGB");
        }
        // Where there is a table, it comes before the matrix.
        if tag(bytes, *b"A2B0").is_some() || bytes.get(20..24) != Some(b"XYZ ") {
            return Err("lookup tables");
        }
        let colorant = |name| tag(bytes, name).and_then(xyz).ok_or("no matrix");
        let curve = |name| tag(bytes, name).and_then(curve).ok_or("no tone curves");
        let device = [
            colorant(*b"rXYZ")?,
            colorant(*b"gXYZ")?,
            colorant(*b"bXYZ")?,
        ];
        let curves = [curve(*b"rTRC")?, curve(*b"gTRC")?, curve(*b"bTRC")?];
        let matrix = times(inverse(transposed(SRGB)), transposed(device));
        let identity = matrix.iter().enumerate().all(|(row, line)| {
            let one = |column| if row == column { 1.0 } else { 0.0 };
            let near = |(column, x): (usize, &f64)| (x - one(column)).abs() < 2e-3;
            line.iter().enumerate().all(near)
        });
        let same = |curve: &[f32; 256]| {
            let near = |(level, &x): (usize, &f32)| {
                (f64::from(encoded(f64::from(x))) - level as f64).abs() < 0.5
            };
            curve.iter().enumerate().all(near)
        };
        if identity && curves.iter().all(same) {
            return Ok(None);
        }
        Ok(Some(Self {
            curves,
            matrix: matrix.map(|line| line.map(|x| x as f32)),
        }))
    }

    /// Turns pixels (R, G, B, A) into those of sRGB. A stays.
    pub fn apply(&self, pixels: &mut [[u8; 4]]) {
        let [red, green, blue] = &self.curves;
        let levels = levels();
        let linear = |curve: &[f32; 256], level: u8| {
            curve.get(usize::from(level)).copied().unwrap_or_default()
        };
        for pixel in pixels {
            let [r, g, b, alpha] = *pixel;
            let (r, g, b) = (linear(red, r), linear(green, g), linear(blue, b));
            let [r, g, b] = self.matrix.map(|[x, y, z]| {
                let light = (x * r + y * g + z * b).clamp(0.0, 1.0);
                let step = (light * (STEPS - 1) as f32 + 0.5) as usize;
                levels.get(step).copied().unwrap_or(255)
            });
            *pixel = [r, g, b, alpha];
        }
    }
}

/// The profile that a frame's colours go through; `None` where they are sRGB or nothing is said. What is not applied is said.
pub fn of(instance: &Instance, frame: u32) -> (Option<Profile>, Option<Repair>) {
    if instance.text(tags::COLOR_SPACE).as_deref() == Some("SRGB") {
        return (None, None);
    }
    let Some(bytes) = bytes(instance, frame) else {
        return (None, None);
    };
    match Profile::read(&bytes) {
        Ok(profile) => (profile, None),
        Err(why) => (None, Some(Repair::new(&codes::ICC_NOT_APPLIED, why))),
    }
}

/// What is to be said of the profiles of images that were read: once for each series, with the image's place.
pub fn remarks(instances: &[Instance]) -> Vec<(usize, Repair)> {
    let mut said = Vec::new();
    let mut found = Vec::new();
    for (at, instance) in instances.iter().enumerate() {
        let term = instance.text(tags::PHOTOMETRIC_INTERPRETATION);
        let grey = term
            .and_then(|term| Photometric::from_term(&term))
            .is_none_or(Photometric::is_grey);
        let series = instance.text(tags::SERIES_INSTANCE_UID);
        if grey || !instance.has_pixels() || said.contains(&series) {
            continue;
        }
        if let (_, Some(remark)) = of(instance, 0) {
            said.push(series);
            found.push((at, remark));
        }
    }
    found
}

/// The image's own profile, or that of a frame's optical path (PS3.3 C.8.12.5).
fn bytes(instance: &Instance, frame: u32) -> Option<Vec<u8>> {
    if let Some(own) = instance.bytes(tags::ICC_PROFILE) {
        return Some(own);
    }
    let of_item = |item: &Item, tag: Tag| {
        let bytes = item.get(tag)?.value().to_bytes().ok()?;
        Some(bytes.into_owned())
    };
    let name = |item: &Item| text_of(item, tags::OPTICAL_PATH_IDENTIFIER);
    let wanted = instance
        .frame_item(frame, tags::OPTICAL_PATH_IDENTIFICATION_SEQUENCE)
        .and_then(name);
    let paths = instance.items(tags::OPTICAL_PATH_SEQUENCE);
    let path = (paths.iter().find(|item| name(item) == wanted)).or(paths.first())?;
    of_item(path, tags::ICC_PROFILE)
}

/// A colour of CIELab under D50, as PS3.3 C.10.7.1.1 writes it (0..65,535 each), in sRGB.
pub fn of_lab([l, a, b]: [f64; 3]) -> [u8; 3] {
    let (l, a, b) = (
        l / 65_535.0 * 100.0,
        a / 65_535.0 * 255.0 - 128.0,
        b / 65_535.0 * 255.0 - 128.0,
    );
    let y = (l + 16.0) / 116.0;
    let back = |t: f64| {
        if t > 6.0 / 29.0 {
            t * t * t
        } else {
            (t - 4.0 / 29.0) * 108.0 / 841.0
        }
    };
    let white = [0.964_22, 1.0, 0.825_21];
    let [x, y, z] = [y + a / 500.0, y, y - b / 200.0];
    let light = [back(x) * white[0], back(y) * white[1], back(z) * white[2]];
    inverse(transposed(SRGB)).map(|line| {
        let linear: f64 = line.iter().zip(light).map(|(m, x)| m * x).sum();
        libm::floorf(encoded(linear.clamp(0.0, 1.0)) + 0.5) as u8
    })
}

/// Linear light 0..1 as a level of sRGB, 0..255 with fractions.
fn encoded(light: f64) -> f32 {
    let light = light.clamp(0.0, 1.0);
    let shown = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * libm::pow(light, 1.0 / 2.4) - 0.055
    };
    (shown * 255.0) as f32
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    two.first_chunk().copied().map(u16::from_be_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    four.first_chunk().copied().map(u32::from_be_bytes)
}

/// s15Fixed16Number.
fn fixed_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from(u32_at(bytes, at)?.cast_signed()) / 65_536.0)
}

/// The data of a tag.
fn tag(bytes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let count = u32_at(bytes, 128)? as usize;
    (0..count.min(MOST_TAGS)).find_map(|n| {
        let entry = bytes.get(132 + 12 * n..144 + 12 * n)?;
        let entry = entry.strip_prefix(&name)?;
        let (from, length) = (u32_at(entry, 0)? as usize, u32_at(entry, 4)? as usize);
        bytes.get(from..from.checked_add(length)?)
    })
}

fn xyz(data: &[u8]) -> Option<[f64; 3]> {
    let data = data.strip_prefix(b"XYZ ")?;
    Some([fixed_at(data, 4)?, fixed_at(data, 8)?, fixed_at(data, 12)?])
}

/// A tone curve at every level: curveType or parametricCurveType.
fn curve(data: &[u8]) -> Option<[f32; 256]> {
    let over = |f: &dyn Fn(f64) -> f64| {
        std::array::from_fn(|level| f(level as f64 / 255.0).clamp(0.0, 1.0) as f32)
    };
    if let Some(data) = data.strip_prefix(b"curv") {
        let count = u32_at(data, 4)? as usize;
        let entry = |n: usize| u16_at(data, n.checked_mul(2)?.checked_add(8)?).map(f64::from);
        return match count {
            0 => Some(over(&|x| x)),
            1 => {
                let gamma = entry(0)? / 256.0;
                Some(over(&|x| libm::pow(x, gamma)))
            }
            _ => {
                entry(count - 1)?;
                Some(over(&|x| {
                    let at = x * (count - 1) as f64;
                    let low = (at as usize).min(count - 2);
                    let (a, b) = (entry(low).unwrap_or(0.0), entry(low + 1).unwrap_or(0.0));
                    (a + (b - a) * (at - low as f64)) / 65_535.0
                }))
            }
        };
    }
    let data = data.strip_prefix(b"para")?;
    let p = |n: usize| fixed_at(data, 8 + 4 * n);
    let g = p(0)?;
    // Where the power begins, and what stands below it.
    let (a, b, start, slope, up, down) = match u16_at(data, 4)? {
        0 => (1.0, 0.0, f64::NEG_INFINITY, 0.0, 0.0, 0.0),
        1 => (p(1)?, p(2)?, -p(2)? / p(1)?, 0.0, 0.0, 0.0),
        2 => (p(1)?, p(2)?, -p(2)? / p(1)?, 0.0, p(3)?, p(3)?),
        3 => (p(1)?, p(2)?, p(4)?, p(3)?, 0.0, 0.0),
        4 => (p(1)?, p(2)?, p(4)?, p(3)?, p(5)?, p(6)?),
        _ => return None,
    };
    Some(over(&|x| {
        let y = if x >= start {
            libm::pow((a * x + b).max(0.0), g) + up
        } else {
            slope * x + down
        };
        if y.is_finite() { y } else { 0.0 }
    }))
}

type Matrix = [[f64; 3]; 3];

fn transposed([[a, b, c], [d, e, f], [g, h, i]]: Matrix) -> Matrix {
    [[a, d, g], [b, e, h], [c, f, i]]
}

fn times(a: Matrix, b: Matrix) -> Matrix {
    let b = transposed(b);
    a.map(|row| b.map(|column| row.iter().zip(column).map(|(x, y)| x * y).sum()))
}

fn inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix) -> Matrix {
    let det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    .map(|line| line.map(|x| x / det))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile of three colorants and one curve for all.
    fn profile(colorants: [[f64; 3]; 3], curve: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes[16..24].copy_from_slice(b"RGB XYZ ");
        bytes[36..40].copy_from_slice(b"acsp");
        let names = [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"];
        bytes.extend(6_u32.to_be_bytes());
        let first = 132 + 6 * 12;
        for (n, name) in names.into_iter().enumerate() {
            let (at, length) = if n < 3 {
                (first + 20 * n, 20)
            } else {
                (first + 60, curve.len())
            };
            bytes.extend(name);
            bytes.extend((at as u32).to_be_bytes());
            bytes.extend((length as u32).to_be_bytes());
        }
        for colorant in colorants {
            bytes.extend(b"XYZ \0\0\0\0");
            for x in colorant {
                bytes.extend(((x * 65_536.0).round() as i32).to_be_bytes());
            }
        }
        bytes.extend(curve);
        bytes
    }

    fn para(kind: u16, numbers: &[f64]) -> Vec<u8> {
        let mut data = b"para\0\0\0\0".to_vec();
        data.extend(kind.to_be_bytes());
        data.extend([0, 0]);
        for x in numbers {
            data.extend(((x * 65_536.0).round() as i32).to_be_bytes());
        }
        data
    }

    const SRGB_CURVE: [f64; 5] = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.04045];

    #[test]
    fn srgb_itself_changes_nothing_and_is_known() {
        let bytes = profile(SRGB, &para(3, &SRGB_CURVE));
        assert_eq!(Profile::read(&bytes), Ok(None));
    }

    #[test]
    fn a_gamma_is_undone_level_by_level() {
        let mut curv = b"curv\0\0\0\0\0\0\0\x01".to_vec();
        curv.extend([1, 204]); // 1.796875, as u8Fixed8
        let found = Profile::read(&profile(SRGB, &curv)).unwrap().unwrap();
        for level in 0..=255_u8 {
            let light = (f64::from(level) / 255.0).powf(1.796_875);
            let want = (f64::from(encoded(light)) + 0.5) as u8;
            let mut pixels = [[level, level, level, 7]];
            found.apply(&mut pixels);
            // The colorants are rounded to 1/65,536.
            assert!(pixels[0].iter().take(3).all(|x| x.abs_diff(want) <= 1));
            assert_eq!(pixels[0][3], 7);
        }
    }

    #[test]
    fn other_primaries_are_mixed() {
        // Red and green change places.
        let found = Profile::read(&profile([SRGB[1], SRGB[0], SRGB[2]], &para(3, &SRGB_CURVE)));
        let mut pixels = [[250, 10, 30, 255], [0, 255, 0, 255]];
        found.unwrap().unwrap().apply(&mut pixels);
        assert_eq!(pixels, [[10, 250, 30, 255], [255, 0, 0, 255]]);
    }

    #[test]
    fn what_is_damaged_or_of_another_kind_says_so() {
        let whole = profile(SRGB, &para(3, &SRGB_CURVE));
        assert_eq!(Profile::read(&[]), Err("no ICC profile"));
        let mut cmyk = whole.clone();
        cmyk[16..20].copy_from_slice(b"CMYK");
        assert_eq!(Profile::read(&cmyk), Err("not of RGB"));
        let mut table = whole.clone();
        table[132..136].copy_from_slice(b"A2B0");
        assert_eq!(Profile::read(&table), Err("lookup tables"));
        for length in 0..whole.len() {
            assert!(Profile::read(&whole[..length]).is_err(), "{length}");
        }
        let mut many = whole;
        many[128..132].fill(0xFF);
        assert_eq!(Profile::read(&many), Ok(None));
        for kind in [1, 2] {
            let flat = profile(SRGB, &para(kind, &[0.0; 7]));
            let _ = Profile::read(&flat);
        }
    }

    #[test]
    fn lab_colours_are_those_of_srgb() {
        assert_eq!(of_lab([65_535.0, 32_896.0, 32_896.0]), [255; 3]);
        assert_eq!(of_lab([0.0, 32_896.0, 32_896.0]), [0; 3]);
        // L 54.29, a 80.81, b 69.89: sRGB red under D50.
        let coded = |x: f64| (x + 128.0) / 255.0 * 65_535.0;
        let red = of_lab([54.29 / 100.0 * 65_535.0, coded(80.81), coded(69.89)]);
        assert!(red[0] >= 254 && red[1] <= 2 && red[2] <= 2, "{red:?}");
    }
}
