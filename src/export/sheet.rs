//! A contact sheet: small pictures of one size in rows, as one picture.

/// Grey pictures of 0..1, each `size` (columns, rows), in as many columns as make the sheet about square; between them, and around, `gap`
/// pixels of dark grey. RGBA with its width and height; `None` without pictures, or where a sheet would be longer than 16,383 pixels.
pub fn sheet(
    pictures: &[Vec<f32>],
    size: (usize, usize),
    gap: usize,
) -> Option<(Vec<u8>, u32, u32)> {
    const GROUND: u8 = 24;
    const LONGEST: usize = 16_383;
    let (wide, high) = size;
    let count = pictures.len();
    if count == 0 || wide == 0 || high == 0 || pictures.iter().any(|p| p.len() != wide * high) {
        return None;
    }
    let columns = (1..=count).min_by_key(|&columns| {
        let rows = count.div_ceil(columns);
        ((columns * wide).abs_diff(rows * high), columns)
    })?;
    let rows = count.div_ceil(columns);
    let width = columns.checked_mul(wide + gap)?.checked_add(gap)?;
    let height = rows.checked_mul(high + gap)?.checked_add(gap)?;
    if width > LONGEST || height > LONGEST {
        return None;
    }
    let mut rgba = [GROUND, GROUND, GROUND, 255].repeat(width * height);
    for (at, picture) in pictures.iter().enumerate() {
        let (left, top) = (
            gap + at % columns * (wide + gap),
            gap + at / columns * (high + gap),
        );
        for (y, line) in picture.chunks_exact(wide).enumerate() {
            let from = ((top + y) * width + left) * 4;
            let place = rgba.get_mut(from..from + wide * 4)?;
            for (pixel, &value) in place.chunks_exact_mut(4).zip(line) {
                let grey = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
                pixel.copy_from_slice(&[grey, grey, grey, 255]);
            }
        }
    }
    Some((rgba, width as u32, height as u32))
}

#[cfg(test)]
mod tests {
    use super::sheet;

    #[test]
    fn pictures_stand_in_rows() {
        let (rgba, w, h) = sheet(&[vec![0.0; 6], vec![1.0; 6], vec![0.5; 6]], (3, 2), 1).unwrap();
        assert_eq!((w, h), (9, 7));
        let at = |x: u32, y: u32| rgba[((y * w + x) * 4) as usize];
        assert_eq!(
            [at(1, 1), at(5, 1), at(1, 4), at(5, 4), at(0, 0)],
            [0, 255, 128, 24, 24]
        );
        assert!(sheet(&[], (3, 2), 1).is_none());
        assert!(sheet(&[vec![0.0; 5]], (3, 2), 1).is_none());
        assert!(sheet(&vec![vec![0.0; 9000]; 4], (9000, 1), 1).is_some_and(|(_, w, _)| w == 9002));
        assert!(sheet(&[vec![0.0; 20_000]], (20_000, 1), 1).is_none());
    }
}
