//! Rows and their borders.

/// What lies outside of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// The pixel at the edge again: `aaa|abc|ccc`.
    Replicate,
    /// Mirrored at the pixel of the edge, which is not repeated: `cb|abc|ba` (OpenCV's default, `BORDER_REFLECT_101`).
    Reflect,
}

impl Border {
    /// The place within `0..length` that stands for `at`. `length` ≥ 1.
    pub fn place(self, at: isize, length: usize) -> usize {
        let last = length.max(1) as isize - 1;
        match self {
            Self::Replicate => at.clamp(0, last) as usize,
            Self::Reflect if last == 0 => 0,
            Self::Reflect => {
                let along = at.rem_euclid(2 * last);
                along.min(2 * last - along) as usize
            }
        }
    }

    /// Fills the first and last `radius` places of `wide` from what lies between them.
    pub(super) fn fill<T: Copy>(self, wide: &mut [T], radius: usize) {
        let length = wide.len().saturating_sub(2 * radius);
        for i in 0..radius {
            let ends = [
                (i, i as isize - radius as isize),
                (radius + length + i, (length + i) as isize),
            ];
            for (to, at) in ends {
                let from = radius + self.place(at, length);
                if let Some(value) = wide.get(from).copied()
                    && let Some(place) = wide.get_mut(to)
                {
                    *place = value;
                }
            }
        }
    }
}

/// Columns and rows of a picture of `length` numbers; `None` where it is empty or no rectangle.
pub fn shape(length: usize, columns: usize) -> Option<(usize, usize)> {
    (columns > 0 && length > 0 && length.is_multiple_of(columns))
        .then(|| (columns, length / columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders() {
        let places = |border: Border, n| (-5..8).map(|i| border.place(i, n)).collect::<Vec<_>>();
        assert_eq!(
            places(Border::Replicate, 3),
            [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]
        );
        assert_eq!(
            places(Border::Reflect, 3),
            [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]
        );
        assert_eq!(places(Border::Reflect, 1), [0; 13]);
        let mut wide = [0, 0, 1, 2, 3, 0, 0];
        Border::Reflect.fill(&mut wide, 2);
        assert_eq!(wide, [3, 2, 1, 2, 3, 2, 1]);
    }
}
