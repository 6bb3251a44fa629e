//! Coefficients as tokens (RFC 6386, 13): written, counted, or only priced.
#![allow(
    clippy::needless_range_loop,
    reason = "one index is of several arrays, and a place in the block besides"
)]

use super::{
    bits::Coder,
    tables::{Coefficients, DEFAULT, UPDATE},
};

/// The order in which a block's coefficients are written.
pub(super) const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];
const BANDS: [usize; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0];

/// What a block holds: the number that the standard gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Luma, whose first coefficient is in a block of its own.
    Rest = 0,
    /// The sixteen first coefficients.
    First = 1,
    /// Chroma.
    Chroma = 2,
    /// Luma with its first coefficient.
    Whole = 3,
}

/// Levels in the order in which they are written.
pub(super) type Levels = [i16; 16];

/// Decisions for a token behind "there is more" and "it is not zero": node and bit.
const PATHS: [&[(usize, bool)]; 10] = [
    &[(2, false)],
    &[(2, true), (3, false), (4, false)],
    &[(2, true), (3, false), (4, true), (5, false)],
    &[(2, true), (3, false), (4, true), (5, true)],
    &[(2, true), (3, true), (6, false), (7, false)],
    &[(2, true), (3, true), (6, false), (7, true)],
    &[(2, true), (3, true), (6, true), (8, false), (9, false)],
    &[(2, true), (3, true), (6, true), (8, false), (9, true)],
    &[(2, true), (3, true), (6, true), (8, true), (10, false)],
    &[(2, true), (3, true), (6, true), (8, true), (10, true)],
];
/// First value of each path, and the probabilities of the bits behind it.
const EXTRA: [(u16, &[u8]); 10] = [
    (1, &[]),
    (2, &[]),
    (3, &[]),
    (4, &[]),
    (5, &[159]),
    (7, &[165, 145]),
    (11, &[173, 148, 140]),
    (19, &[176, 155, 140, 135]),
    (35, &[180, 157, 141, 134, 130]),
    (67, &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129]),
];
/// Largest level that can be written.
pub(super) const MOST: i16 = 2047;

/// Where decisions go.
pub(super) trait Sink {
    /// A decision with a probability that a frame may replace.
    fn decide(&mut self, at: [usize; 4], bit: bool);
    /// One with a fixed probability.
    fn plain(&mut self, bit: bool, probability: u8);
}

/// A block's tokens from `first` on; `context`: how many neighbours had any. Gives whether it has any.
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the constant sizes"
)]
pub(super) fn block(
    levels: &Levels,
    first: usize,
    kind: Kind,
    context: usize,
    sink: &mut impl Sink,
) -> bool {
    let kind = kind as usize;
    let end = levels
        .iter()
        .rposition(|&level| level != 0)
        .map_or(0, |at| at + 1);
    let mut context = context;
    let mut after_zero = false;
    for at in first..16 {
        let place = |node| [kind, BANDS[at], context, node];
        if at >= end {
            sink.decide(place(0), false);
            return end > first;
        }
        if !after_zero {
            sink.decide(place(0), true);
        }
        let size = levels[at].unsigned_abs();
        sink.decide(place(1), size > 0);
        after_zero = size == 0;
        if size > 0 {
            let path = EXTRA
                .iter()
                .rposition(|(least, _)| size >= *least)
                .unwrap_or(0);
            for &(node, bit) in PATHS[path] {
                sink.decide(place(node), bit);
            }
            let (least, bits) = EXTRA[path];
            for (i, &probability) in bits.iter().enumerate() {
                sink.plain((size - least) >> (bits.len() - 1 - i) & 1 == 1, probability);
            }
            sink.plain(levels[at] < 0, 128);
        }
        context = usize::from(size.min(2));
    }
    end > first
}

/// Writes.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) coder: &'a mut Coder,
    pub(super) probabilities: &'a Coefficients,
}

impl Sink for Writer<'_> {
    #[allow(
        clippy::indexing_slicing,
        reason = "places come from `block`, which keeps them below the sizes"
    )]
    fn decide(&mut self, [kind, band, context, node]: [usize; 4], bit: bool) {
        let probability = self.probabilities[kind][band][context][node];
        self.coder.put(bit, probability);
    }
    fn plain(&mut self, bit: bool, probability: u8) {
        self.coder.put(bit, probability);
    }
}

/// How often each decision was 0 and 1.
#[derive(Debug, Clone)]
pub(super) struct Counts(Box<Pairs>);

/// Zeros and ones by kind of block, band, context and node.
type Pairs = [[[[[u32; 2]; 11]; 3]; 8]; 4];

impl Counts {
    pub(super) fn new() -> Self {
        Self(Box::new([[[[[0; 2]; 11]; 3]; 8]; 4]))
    }

    /// The probabilities that suit them, where replacing pays for itself.
    #[allow(clippy::indexing_slicing, reason = "the loops run over the sizes")]
    pub(super) fn probabilities(&self) -> Coefficients {
        let mut all = DEFAULT;
        for (kind, bands) in self.0.iter().enumerate() {
            for (band, contexts) in bands.iter().enumerate() {
                for (context, nodes) in contexts.iter().enumerate() {
                    for (node, &[zeros, ones]) in nodes.iter().enumerate() {
                        let total = zeros + ones;
                        if total == 0 {
                            continue;
                        }
                        let old = DEFAULT[kind][band][context][node];
                        let new = (u64::from(zeros) * 256 / u64::from(total)).clamp(1, 255) as u8;
                        let price = |p: u8| {
                            u64::from(zeros) * u64::from(price(p, false))
                                + u64::from(ones) * u64::from(price(p, true))
                        };
                        let update = UPDATE[kind][band][context][node];
                        let said = u64::from(super::tokens::price(update, true)) + 8 * 256;
                        if price(new) + said
                            < price(old) + u64::from(super::tokens::price(update, false))
                        {
                            all[kind][band][context][node] = new;
                        }
                    }
                }
            }
        }
        all
    }
}

impl Sink for Counts {
    #[allow(
        clippy::indexing_slicing,
        reason = "places come from `block`, which keeps them below the sizes"
    )]
    fn decide(&mut self, [kind, band, context, node]: [usize; 4], bit: bool) {
        self.0[kind][band][context][node][usize::from(bit)] += 1;
    }
    fn plain(&mut self, _: bool, _: u8) {}
}

/// 256ths of a bit that a decision costs.
#[allow(
    clippy::indexing_slicing,
    reason = "the table has a place for every byte"
)]
pub(super) fn price(probability: u8, bit: bool) -> u32 {
    let p = usize::from(probability);
    u32::from(PRICES[if bit { 256 - p } else { p }])
}

/// Of probability `n` in 256, 256ths of a bit.
static PRICES: [u16; 257] = prices();

/// Logarithms by squaring, since a constant can't ask `libm`.
#[allow(clippy::indexing_slicing, reason = "the loop runs over the size")]
const fn prices() -> [u16; 257] {
    let mut all = [2048_u16; 257];
    let mut n = 1;
    while n <= 256 {
        // log2(n) in 1/256: whole part by shifting, the rest bit by bit.
        let mut whole = 0_u32;
        while n >> (whole + 1) > 0 {
            whole += 1;
        }
        let mut rest = ((n as u128) << 32) >> whole;
        let mut log = whole << 10;
        let mut bit = 512;
        while bit > 0 {
            rest = (rest * rest) >> 32;
            if rest >= 2 << 32 {
                rest >>= 1;
                log += bit;
            }
            bit >>= 1;
        }
        all[n] = ((8192 - log + 2) >> 2) as u16;
        n += 1;
    }
    all
}

/// Only the price.
#[derive(Debug)]
pub(super) struct Prices<'a> {
    pub(super) probabilities: &'a Coefficients,
    /// 256ths of a bit.
    pub(super) sum: u32,
}

impl Sink for Prices<'_> {
    #[allow(
        clippy::indexing_slicing,
        reason = "places come from `block`, which keeps them below the sizes"
    )]
    fn decide(&mut self, [kind, band, context, node]: [usize; 4], bit: bool) {
        self.sum += price(self.probabilities[kind][band][context][node], bit);
    }
    fn plain(&mut self, bit: bool, probability: u8) {
        self.sum += price(probability, bit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_logarithms() {
        for n in 1..=256_u32 {
            let said = -256.0 * (f64::from(n) / 256.0).log2();
            assert!((f64::from(PRICES[n as usize]) - said).abs() <= 1.5, "{n}");
        }
    }
}
