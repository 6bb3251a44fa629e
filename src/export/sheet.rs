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

/// Means of `step` × `step` pixels of a picture of `rows` × `columns`; those at the lower and right edge of what is there.
pub fn reduced(values: &[f32], rows: usize, columns: usize, step: usize) -> Vec<f32> {
    let mean = |row: usize, column: usize| {
        let lines = (row..(row + step).min(rows)).map(|r| r * columns);
        let places =
            lines.flat_map(|line| (column..(column + step).min(columns)).map(move |c| line + c));
        let (sum, count) = places.fold((0.0, 0.0), |(sum, count), at| {
            (sum + values.get(at).copied().unwrap_or(0.0), count + 1.0)
        });
        sum / f32::max(count, 1.0)
    };
    (0..rows)
        .step_by(step)
        .flat_map(|row| (0..columns).step_by(step).map(move |column| (row, column)))
        .map(|(row, column)| mean(row, column))
        .collect()
}

/// The middle of a picture of `size` (columns, rows): `most` of them, or as many as there are.
pub fn middle(values: &[f32], size: (usize, usize), most: (usize, usize)) -> Vec<f32> {
    let (columns, rows) = (most.0.min(size.0), most.1.min(size.1));
    let (left, top) = ((size.0 - columns) / 2, (size.1 - rows) / 2);
    let lines = values.chunks_exact(size.0.max(1)).skip(top).take(rows);
    lines
        .flat_map(|line| line.get(left..left + columns).unwrap_or_default())
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{middle, reduced, sheet};

    #[test]
    fn the_middle_is_cut_out() {
        let values: Vec<f32> = (0..20).map(|v| v as f32).collect();
        assert_eq!(
            middle(&values, (5, 4), (3, 2)),
            [6.0, 7.0, 8.0, 11.0, 12.0, 13.0]
        );
        assert_eq!(middle(&values, (5, 4), (9, 9)), values);
        assert!(middle(&[], (0, 0), (3, 3)).is_empty());
    }

    #[test]
    fn small_ones_are_means() {
        let large: Vec<f32> = (0..15).map(|v| v as f32).collect();
        assert_eq!(reduced(&large, 3, 5, 2), [3.0, 5.0, 6.5, 10.5, 12.5, 14.0]);
        assert_eq!(reduced(&large, 3, 5, 1), large);
        assert!(reduced(&[], 0, 0, 3).is_empty());
    }

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
