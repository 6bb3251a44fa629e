//! The colour transforms of Hewlett-Packard's encoder, outside the standard: an APP8 segment "mrfx" names them.

use super::fault::Fault;

/// Undoes transform 1, 2 or 3 on pixels of three samples of `bits` bits (8 or 16), modulo their range.
pub(super) fn undo(transform: u8, bits: u8, samples: &mut [impl Sample]) {
    let range = 1_i32 << bits;
    let (half, quarter) = (range / 2, range / 4);
    for pixel in samples.as_chunks_mut::<3>().0 {
        let [x, y, z] = pixel.map(Sample::wide);
        let rgb = match transform {
            1 => [x + y - half, y, z + y - half],
            2 => {
                let r = (x + y - half) & (range - 1);
                [r, y, z + ((r + y) >> 1) - half]
            }
            _ => {
                let g = x - ((y + z) >> 2) + quarter;
                [z + g - half, g, y + g - half]
            }
        };
        *pixel = rgb.map(Sample::narrow);
    }
}

/// Whether a transform is one of the three, and the picture one that has it.
pub(super) fn check(transform: u8, bits: u8, components: usize) -> Result<bool, Fault> {
    match (transform, bits, components) {
        (0, ..) => Ok(false),
        (1..=3, 8 | 16, 3) => Ok(true),
        _ => Err(Fault::kind("an unknown colour transform", 0)),
    }
}

/// A sample of 8 or 16 bits.
pub(super) trait Sample: Copy {
    fn wide(self) -> i32;
    /// The low bits.
    fn narrow(wide: i32) -> Self;
}

impl Sample for u8 {
    fn wide(self) -> i32 {
        self.into()
    }
    fn narrow(wide: i32) -> Self {
        wide as Self
    }
}

impl Sample for u16 {
    fn wide(self) -> i32 {
        self.into()
    }
    fn narrow(wide: i32) -> Self {
        wide as Self
    }
}
