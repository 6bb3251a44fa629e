//! Eighteen fields to be measured with a luminance meter, after TG18-LN (AAPM Online Report 03): a tenth of the area at P-values 0, 15 … 255,
//! on 153, which is about a fifth of the largest luminance.

use super::{Kind, sheet::Sheet};

pub(super) const KIND: Kind = Kind {
    name: "tg18-ln",
    title: "Luminance levels (after TG18-LN)",
    paint,
};

/// Levels.
pub(super) const COUNT: u8 = 18;

fn paint(side: usize) -> Vec<Sheet> {
    // √0.1 of the side.
    let field = side * 316 / 1000;
    let corner = (side - field) / 2;
    (0..COUNT)
        .map(|n| {
            let mut sheet = Sheet::new(side, 153);
            sheet.rectangle([corner; 2], [field; 2], n * 15);
            sheet
        })
        .collect()
}
