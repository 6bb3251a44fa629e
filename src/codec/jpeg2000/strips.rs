//! The rows of a resolution's bands: blocks are decoded as their rows are asked for, one row of blocks at a time.

use super::{
    block::{self, Coefficient, Scratch},
    geometry::{Resolution, Tile, TileComponent},
    wavelet::Rows,
};

/// What decoding the blocks of a component needs.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    pub(super) tile: &'a Tile,
    pub(super) component: &'a TileComponent,
    pub(super) bytes: &'a [u8],
    pub(super) scratch: &'a mut Scratch,
    /// No block was damaged or cut.
    pub(super) whole: bool,
}

/// One band, of which a row of blocks is decoded.
#[derive(Debug)]
pub(super) struct Strip<'a, T> {
    resolution: &'a Resolution,
    /// Which of the resolution's bands.
    band: usize,
    /// What the coefficients are multiplied by.
    step: f32,
    samples: Vec<T>,
    width: usize,
    /// Rows of the band in `samples`.
    rows: std::ops::Range<usize>,
    /// The row of blocks after them: of precincts, and within these.
    precinct: u32,
    block: u32,
    /// The row that is asked for next.
    next: usize,
}

impl<'a, T: Coefficient> Strip<'a, T> {
    pub(super) fn new(resolution: &'a Resolution, band: usize, step: f32) -> Self {
        let width = resolution.bands.get(band).map_or(0, |b| b.rect.width());
        Self {
            resolution,
            band,
            step,
            samples: Vec::new(),
            width: width as usize,
            rows: 0..0,
            precinct: 0,
            block: 0,
            next: 0,
        }
    }

    /// Decodes what the next row needs; [`Strip::row`] then gives it.
    pub(super) fn prepare(&mut self, decoder: &mut Decoder<'_>) {
        if self.width == 0 {
            return;
        }
        while self.next >= self.rows.end && self.precinct < self.resolution.down {
            self.blocks(decoder);
        }
    }

    /// The next row; empty rows of an empty band.
    pub(super) fn row(&mut self) -> Option<&[T]> {
        let at = self.next.checked_sub(self.rows.start)?;
        self.next += 1;
        self.samples.get(at * self.width..(at + 1) * self.width)
    }

    /// Decodes the next row of blocks.
    fn blocks(&mut self, decoder: &mut Decoder<'_>) {
        let Decoder {
            tile,
            component,
            bytes,
            scratch,
            whole,
        } = decoder;
        let Some(band) = self.resolution.bands.get(self.band) else {
            return;
        };
        let across = self.resolution.across as usize;
        let first = self.resolution.first + self.precinct as usize * across;
        let mut down = 0;
        let mut begun = false;
        for precinct in tile
            .precincts
            .get(first..first + across)
            .unwrap_or_default()
        {
            let Some(cell) = tile.cells.get(precinct.cells + self.band) else {
                continue;
            };
            down = down.max(cell.down);
            if self.block >= cell.down {
                continue;
            }
            let from = cell.blocks + self.block as usize * cell.across as usize;
            let blocks = tile.blocks.get(from..from + cell.across as usize);
            for block in blocks.unwrap_or_default() {
                if !begun {
                    // All blocks of the row begin and end together.
                    begun = true;
                    let y = block.y as usize;
                    self.rows = y..y + usize::from(block.h);
                    self.samples.clear();
                    self.samples
                        .resize(self.rows.len() * self.width, T::default());
                }
                if let Some(out) = self.samples.get_mut(block.x as usize..) {
                    let parts = (*tile, *component, band, block);
                    *whole &= block::decode(parts, bytes, self.step, scratch, out, self.width);
                }
            }
        }
        self.block += 1;
        if self.block >= down {
            (self.block, self.precinct) = (0, self.precinct + 1);
        }
    }
}

/// The rows of a level: the resolution below, and three bands.
#[derive(Debug)]
pub(super) struct Level<'a, 'b, T> {
    pub(super) decoder: &'a mut Decoder<'b>,
    pub(super) low: std::slice::ChunksExact<'a, T>,
    /// HL, LH, HH.
    pub(super) high: [Strip<'a, T>; 3],
}

impl<T: Coefficient> Rows<T> for Level<'_, '_, T> {
    fn next(&mut self, odd: bool) -> Option<(&[T], &[T])> {
        let [hl, lh, hh] = &mut self.high;
        if odd {
            lh.prepare(self.decoder);
            hh.prepare(self.decoder);
            Some((lh.row()?, hh.row()?))
        } else {
            hl.prepare(self.decoder);
            // A resolution below without columns has no rows to give.
            Some((self.low.next().unwrap_or_default(), hl.row()?))
        }
    }
}
