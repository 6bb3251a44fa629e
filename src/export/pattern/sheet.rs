//! A square of P-values to paint on. What lies outside is left out.

use crate::export::lettering;

/// `side` × `side` P-values, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    side: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    pub(super) fn new(side: usize, level: u8) -> Self {
        Self {
            side,
            pixels: vec![level; side * side],
        }
    }

    #[cfg(test)]
    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub(super) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Gives each pixel of a rectangle its level by row and column within it.
    pub(super) fn fill(
        &mut self,
        [left, top]: [usize; 2],
        [width, height]: [usize; 2],
        level: impl Fn(usize, usize) -> u8,
    ) {
        for y in 0..height.min(self.side.saturating_sub(top)) {
            let from = (top + y) * self.side;
            for x in 0..width.min(self.side.saturating_sub(left)) {
                if let Some(pixel) = self.pixels.get_mut(from + left + x) {
                    *pixel = level(y, x);
                }
            }
        }
    }

    /// A rectangle of one level.
    pub(super) fn rectangle(&mut self, corner: [usize; 2], size: [usize; 2], level: u8) {
        self.fill(corner, size, |_, _| level);
    }

    /// Upright and lying lines of one pixel, `step` apart, from `first` on.
    pub(super) fn grid(&mut self, first: usize, step: usize, level: u8) {
        let side = self.side;
        for at in (first..side).step_by(step.max(1)) {
            self.rectangle([at, 0], [1, side], level);
            self.rectangle([0, at], [side, 1], level);
        }
    }

    /// Lines of `width` pixels, lit and dark in turn: upright ones beside lying ones, each in a square of `size`.
    pub(super) fn lines(
        &mut self,
        [left, top]: [usize; 2],
        size: usize,
        width: usize,
        [lit, dark]: [u8; 2],
    ) {
        let turn = |n: usize| {
            if (n / width).is_multiple_of(2) {
                lit
            } else {
                dark
            }
        };
        self.fill([left, top], [size, size], |_, x| turn(x));
        self.fill([left + size, top], [size, size], |y, _| turn(y));
    }

    /// Letters, each of its own level; a pixel of a letter is `scale` × `scale`.
    pub(super) fn letters(
        &mut self,
        [left, top]: [usize; 2],
        scale: usize,
        text: impl Iterator<Item = (char, u8)>,
    ) {
        for (n, (letter, level)) in text.enumerate() {
            for (y, bits) in lettering::rows(letter).iter().enumerate() {
                for x in (0..5).filter(|x| bits >> (4 - x) & 1 == 1) {
                    let place = [left + (n * lettering::CELL[0] + x) * scale, top + y * scale];
                    self.rectangle(place, [scale, scale], level);
                }
            }
        }
    }
}
