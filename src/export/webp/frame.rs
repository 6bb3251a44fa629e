//! A key frame: modes and levels of each macroblock by what they cost in bits and in squares of error, then the two partitions.
#![allow(
    clippy::needless_range_loop,
    reason = "one index is of several arrays, and a place in the block besides"
)]

use super::{
    bits::Coder,
    predict::{Around, MODES, Mode, SUBMODES, sub},
    tables::{AC_STEP, Coefficients, DC_STEP, DEFAULT, SUBMODE, UPDATE},
    tokens::{self, Counts, Kind, Levels, MOST, Prices, Writer, ZIGZAG, price},
    transform::{Block, dct, inverse_dct, inverse_wht, wht},
};

/// A plane of whole macroblocks.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) pixels: Vec<u8>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            pixels: vec![0; width * height],
        }
    }

    fn get(&self, x: usize, y: usize) -> u8 {
        self.pixels.get(y * self.width + x).copied().unwrap_or(0)
    }

    fn take<const N: usize>(&self, x: usize, y: usize) -> [u8; N] {
        let at = y * self.width + x;
        let found = self
            .pixels
            .get(at..at + N)
            .and_then(|row| row.try_into().ok());
        found.unwrap_or([0; N])
    }

    fn put(&mut self, x: usize, y: usize, row: &[u8]) {
        let at = y * self.width + x;
        if let Some(place) = self.pixels.get_mut(at..at + row.len()) {
            place.copy_from_slice(row);
        }
    }

    fn around<const N: usize>(&self, x: usize, y: usize) -> Around<N> {
        let (has_above, has_left) = (y > 0, x > 0);
        Around {
            above: if has_above {
                self.take(x, y - 1)
            } else {
                [127; N]
            },
            left: std::array::from_fn(|row| {
                if has_left {
                    self.get(x - 1, y + row)
                } else {
                    129
                }
            }),
            corner: match (has_above, has_left) {
                (false, _) => 127,
                (true, false) => 129,
                (true, true) => self.get(x - 1, y - 1),
            },
            inside: [has_above, has_left],
        }
    }
}

/// Steps of one kind of block: of the first coefficient and of the others.
#[derive(Debug, Clone, Copy)]
struct Steps([i32; 2]);

impl Steps {
    #[allow(clippy::indexing_slicing, reason = "both are there")]
    fn of(self, at: usize) -> i32 {
        self.0[usize::from(at > 0)]
    }

    /// Levels in their order, rounded a little towards zero.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    fn quantize(self, block: &Block, first: usize) -> Levels {
        let mut levels = [0; 16];
        for at in first..16 {
            let (value, step) = (block[ZIGZAG[at]], self.of(at));
            let size = (value.abs() + step * 7 / 16) / step;
            levels[at] = (size.min(i32::from(MOST)) * value.signum()) as i16;
        }
        levels
    }

    /// What a decoder makes of them.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    fn restore(self, levels: &Levels) -> Block {
        let mut block = [0; 16];
        for (at, &level) in levels.iter().enumerate() {
            block[ZIGZAG[at]] = i32::from(level) * self.of(at);
        }
        block
    }
}

/// How a macroblock's luma is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Luma {
    Whole(Mode),
    Parts([u8; 16]),
}

/// A macroblock that was decided. Levels: sixteen of luma, four of each chroma, the first coefficients.
#[derive(Debug, Clone)]
struct Macroblock {
    luma: Luma,
    chroma: Mode,
    /// `None` where all are zero.
    levels: Option<Box<[Levels; 25]>>,
}

/// Which neighbours had coefficients: luma, chroma of both kinds, first ones.
#[derive(Debug, Clone, Copy, Default)]
struct Had {
    luma: [bool; 4],
    chroma: [[bool; 2]; 2],
    first: bool,
}

/// What a frame is written with.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    source: &'a [Plane; 3],
    columns: usize,
    rows: usize,
    index: usize,
    luma: Steps,
    first: Steps,
    chroma: Steps,
    /// Squares of error that a bit is worth, in 256ths.
    lambda: u64,
    /// Bytes that the first partition must stay below.
    first_below: usize,
}

/// A frame's tag holds the first partition's length in 19 bits (9.1).
const FIRST_BELOW: usize = 1 << 19;

impl<'a> Encoder<'a> {
    /// `index`: quantizer, 0 the finest, to 127.
    #[allow(
        clippy::indexing_slicing,
        reason = "the index is below the constant sizes"
    )]
    pub(super) fn new(source: &'a [Plane; 3], columns: usize, rows: usize, index: usize) -> Self {
        let index = index.min(127);
        let (dc, ac) = (i32::from(DC_STEP[index]), i32::from(AC_STEP[index]));
        Self {
            source,
            columns,
            rows,
            index,
            luma: Steps([dc, ac]),
            first: Steps([dc * 2, (ac * 155 / 100).max(8)]),
            chroma: Steps([dc.min(132), ac]),
            lambda: ((ac * ac) as u64 * 5).max(64),
            first_below: FIRST_BELOW,
        }
    }

    /// The same with less room for the first partition.
    #[cfg(test)]
    pub(super) fn with_first_below(self, first_below: usize) -> Self {
        Self {
            first_below,
            ..self
        }
    }

    /// The frame's bytes (RFC 6386, 9), without a container. `None` when it was cancelled, or where its modes are more than a frame holds.
    pub(super) fn encode(
        &self,
        width: usize,
        height: usize,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Option<Vec<u8>> {
        let total = (self.rows * 2) as u64;
        let (_, counts) = self.decide(&DEFAULT, true, &mut |row| go_on(row as u64, total))?;
        let learnt = counts.probabilities();
        let (mut blocks, counts) = self.decide(&learnt, true, &mut |row| {
            go_on((self.rows + row) as u64, total)
        })?;
        let mut probabilities = counts.probabilities();
        let mut header = self.header(&blocks, &probabilities);
        if header.len() >= self.first_below {
            // Sixteen modes a macroblock fill the partition of large noisy pictures: one mode for each takes a tenth of that.
            let counts;
            (blocks, counts) = self.decide(&probabilities, false, &mut |_| go_on(total, total))?;
            probabilities = counts.probabilities();
            header = self.header(&blocks, &probabilities);
            if header.len() >= self.first_below {
                return None;
            }
        }
        let mut coder = Coder::new();
        self.tokens(
            &blocks,
            &mut Writer {
                coder: &mut coder,
                probabilities: &probabilities,
            },
        );
        let tokens = coder.finish();
        // Key frame, version 0, shown; the first partition's length.
        let tag = (header.len() as u32) << 5 | 1 << 4;
        let mut out = tag.to_le_bytes()[..3].to_vec();
        out.extend([0x9D, 0x01, 0x2A]);
        out.extend((width as u16).to_le_bytes());
        out.extend((height as u16).to_le_bytes());
        out.extend(header);
        out.extend(tokens);
        Some(out)
    }

    fn cost(&self, squares: u64, price: u32) -> u64 {
        // `lambda` is of 256ths of a bit's worth, the price in 256ths of a bit.
        squares * 65_536 + self.lambda * u64::from(price)
    }

    fn decide(
        &self,
        probabilities: &Coefficients,
        with_parts: bool,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Option<(Vec<Macroblock>, Counts)> {
        let mut made = [
            Plane::new(self.columns * 16, self.rows * 16),
            Plane::new(self.columns * 8, self.rows * 8),
            Plane::new(self.columns * 8, self.rows * 8),
        ];
        let mut blocks = Vec::with_capacity(self.columns * self.rows);
        let mut counts = Counts::new();
        let mut above = vec![Had::default(); self.columns];
        let mut modes_above = vec![[0_u8; 4]; self.columns];
        for row in 0..self.rows {
            if !go_on(row) {
                return None;
            }
            let (mut left, mut modes_left) = (Had::default(), [0_u8; 4]);
            for ((column, above), modes_above) in
                (0..self.columns).zip(&mut above).zip(&mut modes_above)
            {
                let at = Place {
                    column,
                    row,
                    probabilities,
                };
                let whole = self.whole(&at, &made, above, &left);
                let parts = (with_parts)
                    .then(|| {
                        let modes = (*modes_above, modes_left);
                        self.parts(&at, &mut made, above, &left, modes.0, modes.1, whole.cost)
                    })
                    .flatten();
                let (luma, mut levels) = if let Some((modes, levels)) = parts {
                    (Luma::Parts(modes), levels)
                } else {
                    for (y, line) in whole.pixels.chunks_exact(16).enumerate() {
                        let [plane, ..] = &mut made;
                        plane.put(column * 16, row * 16 + y, line);
                    }
                    (Luma::Whole(whole.mode), whole.levels)
                };
                let chroma = self.chroma(&at, &mut made, above, &left, &mut levels);
                (*modes_above, modes_left) = edges(luma);
                let block = Macroblock {
                    luma,
                    chroma,
                    levels: (levels.iter().flatten().any(|&level| level != 0))
                        .then(|| Box::new(levels)),
                };
                residual(&block, above, &mut left, &mut counts);
                blocks.push(block);
            }
        }
        Some((blocks, counts))
    }

    /// The best of the four modes of a whole macroblock.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    fn whole(&self, at: &Place<'_>, made: &[Plane; 3], above: &Had, left: &Had) -> Whole {
        let (x, y) = (at.column * 16, at.row * 16);
        let around: Around<16> = made[0].around(x, y);
        let source: [[u8; 16]; 16] = std::array::from_fn(|line| self.source[0].take(x, y + line));
        let mut best: Option<Whole> = None;
        for mode in MODES {
            let mut guess = [0; 256];
            around.predict(mode, &mut guess);
            let mut levels = [[0; 16]; 25];
            let mut firsts = [0; 16];
            let mut priced = Prices {
                probabilities: at.probabilities,
                sum: price_of_mode(mode),
            };
            let (mut had_above, mut had_left) = (above.luma, left.luma);
            for part in 0..16 {
                let (px, py) = (part % 4 * 4, part / 4 * 4);
                let difference = std::array::from_fn(|i| {
                    let (cx, cy) = (px + i % 4, py + i / 4);
                    i32::from(source[cy][cx]) - i32::from(guess[cy * 16 + cx])
                });
                let coefficients = dct(&difference);
                firsts[part] = coefficients[0];
                let context = usize::from(had_above[part % 4]) + usize::from(had_left[part / 4]);
                let chosen = self.chosen(&coefficients, self.luma, 1, Kind::Rest, context, at, 4);
                levels[part] = chosen;
                let has = tokens::block(&chosen, 1, Kind::Rest, context, &mut priced);
                (had_above[part % 4], had_left[part / 4]) = (has, has);
            }
            let context = usize::from(above.first) + usize::from(left.first);
            let coefficients = wht(&firsts);
            levels[24] = self.chosen(&coefficients, self.first, 0, Kind::First, context, at, 16);
            tokens::block(&levels[24], 0, Kind::First, context, &mut priced);
            let firsts = inverse_wht(&self.first.restore(&levels[24]));
            let mut pixels = [0; 256];
            let mut squares = 0;
            for part in 0..16 {
                let (px, py) = (part % 4 * 4, part / 4 * 4);
                let mut block = self.luma.restore(&levels[part]);
                block[0] = firsts[part];
                for (i, value) in inverse_dct(&block).into_iter().enumerate() {
                    let (cx, cy) = (px + i % 4, py + i / 4);
                    let pixel = (i32::from(guess[cy * 16 + cx]) + value).clamp(0, 255);
                    pixels[cy * 16 + cx] = pixel as u8;
                    squares += (pixel - i32::from(source[cy][cx])).pow(2) as u64;
                }
            }
            let cost = self.cost(squares, priced.sum);
            if best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(Whole {
                    mode,
                    levels,
                    pixels,
                    cost,
                });
            }
        }
        best.unwrap_or(Whole {
            mode: Mode::Dc,
            levels: [[0; 16]; 25],
            pixels: [128; 256],
            cost: u64::MAX,
        })
    }

    /// Sixteen modes, where they cost less than `most`; then their pixels are in the plane.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    #[allow(
        clippy::too_many_arguments,
        reason = "the surroundings are of several kinds"
    )]
    fn parts(
        &self,
        at: &Place<'_>,
        made: &mut [Plane; 3],
        above: &Had,
        left: &Had,
        modes_above: [u8; 4],
        modes_left: [u8; 4],
        most: u64,
    ) -> Option<([u8; 16], [Levels; 25])> {
        let (x, y) = (at.column * 16, at.row * 16);
        let plane = &mut made[0];
        // Right of the macroblock above; below it nothing is there yet, so all four rows use it.
        let right: [u8; 4] = match (at.row, at.column + 1 < self.columns) {
            (0, _) => [127; 4],
            (_, true) => plane.take(x + 16, y - 1),
            (_, false) => [plane.get(x + 15, y - 1); 4],
        };
        let (mut modes, mut levels) = ([0_u8; 16], [[0; 16]; 25]);
        let (mut had_above, mut had_left) = (above.luma, left.luma);
        let mut total = self.cost(0, price(145, false));
        for part in 0..16 {
            let (column, row) = (part % 4, part / 4);
            let (px, py) = (x + column * 4, y + row * 4);
            let around: Around<4> = plane.around(px, py);
            let beyond: [u8; 4] = match (row, column) {
                (_, 3) => right,
                (0, _) if at.row == 0 => [127; 4],
                _ => plane.take(px + 4, py - 1),
            };
            let mut edge = [0; 13];
            for i in 0..4 {
                edge[i] = around.left[3 - i];
                edge[5 + i] = around.above[i];
                edge[9 + i] = beyond[i];
            }
            edge[4] = around.corner;
            let before = [
                if row == 0 {
                    modes_above[column]
                } else {
                    modes[part - 4]
                },
                if column == 0 {
                    modes_left[row]
                } else {
                    modes[part - 1]
                },
            ];
            let source: [u8; 16] = {
                let lines: [[u8; 4]; 4] =
                    std::array::from_fn(|line| self.source[0].take(px, py + line));
                std::array::from_fn(|i| lines[i / 4][i % 4])
            };
            let context = usize::from(had_above[column]) + usize::from(had_left[row]);
            // The likeliest by their plain difference are tried in full.
            let mut ranked: [(u64, usize, [u8; 16]); SUBMODES] = std::array::from_fn(|mode| {
                let guess = sub(mode, &edge);
                let squares = guess
                    .iter()
                    .zip(source)
                    .map(|(&g, s)| (i32::from(g) - i32::from(s)).pow(2) as u64)
                    .sum();
                (
                    self.cost(squares, price_of_submode(mode, before)),
                    mode,
                    guess,
                )
            });
            ranked.sort_unstable_by_key(|(cost, mode, _)| (*cost, *mode));
            let mut best: Option<(u64, usize, Levels, [u8; 16])> = None;
            for (_, mode, guess) in ranked.into_iter().take(4) {
                let difference =
                    std::array::from_fn(|i| i32::from(source[i]) - i32::from(guess[i]));
                let chosen =
                    self.chosen(&dct(&difference), self.luma, 0, Kind::Whole, context, at, 4);
                let mut priced = Prices {
                    probabilities: at.probabilities,
                    sum: price_of_submode(mode, before),
                };
                tokens::block(&chosen, 0, Kind::Whole, context, &mut priced);
                let values = inverse_dct(&self.luma.restore(&chosen));
                let pixels: [u8; 16] =
                    std::array::from_fn(|i| (i32::from(guess[i]) + values[i]).clamp(0, 255) as u8);
                let squares = pixels
                    .iter()
                    .zip(source)
                    .map(|(&p, s)| (i32::from(p) - i32::from(s)).pow(2) as u64)
                    .sum();
                let cost = self.cost(squares, priced.sum);
                if best.as_ref().is_none_or(|best| cost < best.0) {
                    best = Some((cost, mode, chosen, pixels));
                }
            }
            let (cost, mode, chosen, pixels) = best?;
            total += cost;
            if total >= most {
                return None;
            }
            modes[part] = mode as u8;
            levels[part] = chosen;
            let has = chosen.iter().any(|&level| level != 0);
            (had_above[column], had_left[row]) = (has, has);
            for (line, row) in pixels.chunks_exact(4).enumerate() {
                plane.put(px, py + line, row);
            }
        }
        Some((modes, levels))
    }

    /// Both chroma planes by the best of the four modes.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    fn chroma(
        &self,
        at: &Place<'_>,
        made: &mut [Plane; 3],
        above: &Had,
        left: &Had,
        levels: &mut [Levels; 25],
    ) -> Mode {
        let (x, y) = (at.column * 8, at.row * 8);
        let mut best: Option<Chroma> = None;
        for mode in MODES {
            let mut priced = Prices {
                probabilities: at.probabilities,
                sum: price_of_chroma(mode),
            };
            let (mut found, mut pixels, mut squares) = ([[0; 16]; 8], [[0; 64]; 2], 0);
            for which in 0..2 {
                let around: Around<8> = made[1 + which].around(x, y);
                let mut guess = [0; 64];
                around.predict(mode, &mut guess);
                let source: [[u8; 8]; 8] =
                    std::array::from_fn(|line| self.source[1 + which].take(x, y + line));
                let (mut had_above, mut had_left) = (above.chroma[which], left.chroma[which]);
                for part in 0..4 {
                    let (px, py) = (part % 2 * 4, part / 2 * 4);
                    let place = |i: usize| (py + i / 4) * 8 + px + i % 4;
                    let of = |i: usize| i32::from(source[py + i / 4][px + i % 4]);
                    let difference = std::array::from_fn(|i| of(i) - i32::from(guess[place(i)]));
                    let context =
                        usize::from(had_above[part % 2]) + usize::from(had_left[part / 2]);
                    let chosen = self.chosen(
                        &dct(&difference),
                        self.chroma,
                        0,
                        Kind::Chroma,
                        context,
                        at,
                        4,
                    );
                    let has = tokens::block(&chosen, 0, Kind::Chroma, context, &mut priced);
                    (had_above[part % 2], had_left[part / 2]) = (has, has);
                    for (i, value) in inverse_dct(&self.chroma.restore(&chosen))
                        .into_iter()
                        .enumerate()
                    {
                        let pixel = (i32::from(guess[place(i)]) + value).clamp(0, 255);
                        pixels[which][place(i)] = pixel as u8;
                        squares += (pixel - of(i)).pow(2) as u64;
                    }
                    found[which * 4 + part] = chosen;
                }
            }
            let cost = self.cost(squares, priced.sum);
            if best.as_ref().is_none_or(|best| cost < best.0) {
                best = Some((cost, mode, found, pixels));
            }
        }
        let Some((_, mode, found, pixels)) = best else {
            return Mode::Dc;
        };
        levels[16..24].copy_from_slice(&found);
        for (which, pixels) in pixels.iter().enumerate() {
            for (line, row) in pixels.chunks_exact(8).enumerate() {
                made[1 + which].put(x, y + line, row);
            }
        }
        mode
    }

    /// Levels of a block, each as near as it is worth its bits: from the last on, one is lowered where that costs less. `gain`: squares of
    /// coefficients in a square of pixels.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    #[allow(
        clippy::too_many_arguments,
        reason = "a block has a kind, a place and steps"
    )]
    fn chosen(
        &self,
        coefficients: &Block,
        steps: Steps,
        first: usize,
        kind: Kind,
        context: usize,
        at: &Place<'_>,
        gain: u64,
    ) -> Levels {
        let mut levels = steps.quantize(coefficients, first);
        if levels.iter().all(|&level| level == 0) {
            return levels;
        }
        let price_of = |levels: &Levels| {
            let mut priced = Prices {
                probabilities: at.probabilities,
                sum: 0,
            };
            tokens::block(levels, first, kind, context, &mut priced);
            priced.sum
        };
        let error = |at: usize, level: i16| {
            let off = coefficients[ZIGZAG[at]] - i32::from(level) * steps.of(at);
            (i64::from(off) * i64::from(off)) as u64
        };
        let mut now = price_of(&levels);
        for place in (first..16).rev() {
            let level = levels[place];
            if level == 0 {
                continue;
            }
            levels[place] = level - level.signum();
            let then = price_of(&levels);
            let (more, less) = (error(place, levels[place]), error(place, level));
            let worth = more * 65_536 / gain + self.lambda * u64::from(then)
                < less * 65_536 / gain + self.lambda * u64::from(now);
            if worth {
                now = then;
            } else {
                levels[place] = level;
            }
        }
        levels
    }

    /// The first partition: the frame's header (9.2 to 9.11) and the modes.
    #[allow(
        clippy::indexing_slicing,
        reason = "all indices are below the constant sizes"
    )]
    fn header(&self, blocks: &[Macroblock], probabilities: &Coefficients) -> Vec<u8> {
        let mut coder = Coder::new();
        coder.literal(0, 2); // Colour space, clamping.
        coder.literal(0, 1); // No segments.
        coder.literal(0, 1); // The normal loop filter,
        coder.literal(self.filter(), 6);
        coder.literal(0, 3); // not sharper,
        coder.literal(0, 1); // the same for all modes.
        coder.literal(0, 2); // One partition of tokens.
        coder.literal(self.index as u32, 7);
        coder.literal(0, 5); // No other steps for other kinds.
        coder.literal(0, 1); // Nothing is kept for a next frame.
        for kind in 0..4 {
            for band in 0..8 {
                for context in 0..3 {
                    for node in 0..11 {
                        let new = probabilities[kind][band][context][node];
                        let update = new != DEFAULT[kind][band][context][node];
                        coder.put(update, UPDATE[kind][band][context][node]);
                        if update {
                            coder.literal(u32::from(new), 8);
                        }
                    }
                }
            }
        }
        let full = blocks.iter().filter(|block| block.levels.is_some()).count();
        let likely = (full * 256 / blocks.len().max(1)).clamp(1, 255) as u8;
        coder.literal(1, 1);
        coder.literal(u32::from(likely), 8);
        let mut above = vec![[0_u8; 4]; self.columns];
        for line in blocks.chunks(self.columns.max(1)) {
            let mut left = [0_u8; 4];
            for (block, above) in line.iter().zip(&mut above) {
                coder.put(block.levels.is_none(), likely);
                match block.luma {
                    Luma::Whole(mode) => path_of_mode(mode, &mut |bit, p| coder.put(bit, p)),
                    Luma::Parts(modes) => {
                        coder.put(false, 145);
                        for (part, &mode) in modes.iter().enumerate() {
                            let (column, row) = (part % 4, part / 4);
                            let before = [
                                if row == 0 {
                                    above[column]
                                } else {
                                    modes[part - 4]
                                },
                                if column == 0 {
                                    left[row]
                                } else {
                                    modes[part - 1]
                                },
                            ];
                            path_of_submode(usize::from(mode), before, &mut |bit, p| {
                                coder.put(bit, p);
                            });
                        }
                    }
                }
                path_of_chroma(block.chroma, &mut |bit, p| coder.put(bit, p));
                (*above, left) = edges(block.luma);
            }
        }
        coder.finish()
    }

    fn tokens(&self, blocks: &[Macroblock], sink: &mut impl tokens::Sink) {
        let mut above = vec![Had::default(); self.columns];
        for line in blocks.chunks(self.columns.max(1)) {
            let mut left = Had::default();
            for (block, above) in line.iter().zip(&mut above) {
                residual(block, above, &mut left, sink);
            }
        }
    }

    /// Level of the loop filter: about a third of the step.
    fn filter(&self) -> u32 {
        let level = self.luma.of(1) * 75 / 256;
        if level < 2 { 0 } else { level.min(63) as u32 }
    }
}

/// Where a macroblock is, and what decisions cost there.
struct Place<'a> {
    column: usize,
    row: usize,
    probabilities: &'a Coefficients,
}

/// Both chroma planes of a macroblock: what they cost, their mode, their levels and their pixels.
type Chroma = (u64, Mode, [Levels; 8], [[u8; 64]; 2]);

/// A macroblock that is predicted whole.
struct Whole {
    mode: Mode,
    levels: [Levels; 25],
    pixels: [u8; 256],
    cost: u64,
}

/// A macroblock's tokens, and what its neighbours will know of it.
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the constant sizes"
)]
fn residual(block: &Macroblock, above: &mut Had, left: &mut Had, sink: &mut impl tokens::Sink) {
    let is_whole = matches!(block.luma, Luma::Whole(_));
    let Some(levels) = &block.levels else {
        for had in [above, left] {
            *had = Had {
                first: had.first && !is_whole,
                ..Had::default()
            };
        }
        return;
    };
    let (kind, first) = if is_whole {
        (Kind::Rest, 1)
    } else {
        (Kind::Whole, 0)
    };
    if is_whole {
        let context = usize::from(above.first) + usize::from(left.first);
        let has = tokens::block(&levels[24], 0, Kind::First, context, sink);
        (above.first, left.first) = (has, has);
    }
    for part in 0..16 {
        let (a, l) = (&mut above.luma[part % 4], &mut left.luma[part / 4]);
        let has = tokens::block(
            &levels[part],
            first,
            kind,
            usize::from(*a) + usize::from(*l),
            sink,
        );
        (*a, *l) = (has, has);
    }
    for part in 0..8 {
        let (a, l) = (
            &mut above.chroma[part / 4][part % 2],
            &mut left.chroma[part / 4][part % 4 / 2],
        );
        let has = tokens::block(
            &levels[16 + part],
            0,
            Kind::Chroma,
            usize::from(*a) + usize::from(*l),
            sink,
        );
        (*a, *l) = (has, has);
    }
}

/// Modes of 4 × 4 blocks that the macroblock below and the one to the right see.
#[allow(
    clippy::indexing_slicing,
    reason = "all indices are below the constant sizes"
)]
fn edges(luma: Luma) -> ([u8; 4], [u8; 4]) {
    match luma {
        Luma::Parts(modes) => (
            std::array::from_fn(|i| modes[12 + i]),
            std::array::from_fn(|i| modes[i * 4 + 3]),
        ),
        Luma::Whole(mode) => {
            let like = match mode {
                Mode::Dc => 0,
                Mode::TrueMotion => 1,
                Mode::Vertical => 2,
                Mode::Horizontal => 3,
            };
            ([like; 4], [like; 4])
        }
    }
}

fn path_of_mode(mode: Mode, put: &mut dyn FnMut(bool, u8)) {
    put(true, 145);
    match mode {
        Mode::Dc | Mode::Vertical => {
            put(false, 156);
            put(mode == Mode::Vertical, 163);
        }
        Mode::Horizontal | Mode::TrueMotion => {
            put(true, 156);
            put(mode == Mode::TrueMotion, 128);
        }
    }
}

fn path_of_chroma(mode: Mode, put: &mut dyn FnMut(bool, u8)) {
    put(mode != Mode::Dc, 142);
    if mode != Mode::Dc {
        put(mode != Mode::Vertical, 114);
        if mode != Mode::Vertical {
            put(mode == Mode::TrueMotion, 183);
        }
    }
}

/// Nodes and bits of each mode of 4 × 4 blocks (11.2).
const SUBPATHS: [&[(usize, bool)]; SUBMODES] = [
    &[(0, false)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, false)],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, false),
        (4, true),
        (5, false),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, false),
        (4, true),
        (5, true),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (7, false),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (7, true),
        (8, false),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (7, true),
        (8, true),
    ],
];

#[allow(clippy::indexing_slicing, reason = "modes are below ten")]
fn path_of_submode(mode: usize, [above, left]: [u8; 2], put: &mut dyn FnMut(bool, u8)) {
    let probabilities = &SUBMODE[usize::from(above)][usize::from(left)];
    for &(node, bit) in SUBPATHS[mode] {
        put(bit, probabilities[node]);
    }
}

fn price_of_mode(mode: Mode) -> u32 {
    let mut sum = 0;
    path_of_mode(mode, &mut |bit, p| sum += price(p, bit));
    sum
}

fn price_of_chroma(mode: Mode) -> u32 {
    let mut sum = 0;
    path_of_chroma(mode, &mut |bit, p| sum += price(p, bit));
    sum
}

fn price_of_submode(mode: usize, before: [u8; 2]) -> u32 {
    let mut sum = 0;
    path_of_submode(mode, before, &mut |bit, p| sum += price(p, bit));
    sum
}
