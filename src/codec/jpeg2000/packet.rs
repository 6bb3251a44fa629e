//! Packets (T.800 B.9, B.10; T.814 B): which blocks of a precinct have bytes in it, and where.

use std::ops::{ControlFlow, Range};

use super::{
    bits::HeaderBits,
    codestream::TileData,
    geometry::{Block, Chunk, NONE, Tile},
    progression::{self, Place},
    settings::style,
    tagtree,
};

/// Where reading stands in the parts of a tile.
struct Cursor<'a> {
    bytes: &'a [u8],
    parts: std::slice::Iter<'a, Range<usize>>,
    at: usize,
    end: usize,
    /// Packed headers and the place in them.
    headers: Option<(&'a [u8], usize)>,
}

impl Cursor<'_> {
    /// Goes to the next part while the present one has no bytes left. False at the end of the tile.
    fn ready(&mut self) -> bool {
        if let Some((headers, at)) = self.headers {
            // Packets of packed headers may have no body.
            if at >= headers.len() {
                return false;
            }
            while self.at >= self.end {
                let Some(part) = self.parts.next() else { break };
                (self.at, self.end) = (part.start, part.end);
            }
            return true;
        }
        while self.at >= self.end {
            let Some(part) = self.parts.next() else {
                return false;
            };
            (self.at, self.end) = (part.start, part.end);
        }
        true
    }
    /// Steps over a marker segment of `length` bytes, if that is what comes next.
    fn skip(&mut self, marker: [u8; 2], length: usize) {
        let here = self.bytes.get(self.at..self.end).unwrap_or_default();
        if here.starts_with(&marker) {
            self.at = (self.at + length).min(self.end);
        }
    }
}

/// What a packet adds to a block.
struct Addition {
    block: usize,
    passes: u16,
    length: u32,
}

/// Reads all packets of a tile. False when some are missing or could not be read.
pub(super) fn read(tile: &mut Tile, data: &TileData, bytes: &[u8]) -> bool {
    let mut cursor = Cursor {
        bytes,
        parts: data.parts.iter(),
        at: 0,
        end: 0,
        headers: data.packed.then_some((data.headers.as_slice(), 0)),
    };
    let mut additions = Vec::new();
    progression::walk(tile, |tile, place, layer| {
        if !cursor.ready() {
            return ControlFlow::Break(());
        }
        cursor.skip([0xFF, 0x91], 6);
        additions.clear();
        let read = if let Some((headers, at)) = &mut cursor.headers {
            header(tile, place, layer, headers, at, &mut additions)
        } else {
            let here = bytes.get(..cursor.end).unwrap_or_default();
            header(tile, place, layer, here, &mut cursor.at, &mut additions)
        };
        if read.is_none() {
            return ControlFlow::Break(());
        }
        match &mut cursor.headers {
            Some((headers, at)) => {
                if headers
                    .get(*at..)
                    .is_some_and(|h| h.starts_with(&[0xFF, 0x92]))
                {
                    *at += 2;
                }
            }
            None => cursor.skip([0xFF, 0x92], 2),
        }
        for a in &additions {
            let there = cursor.end.saturating_sub(cursor.at).min(a.length as usize);
            let cut = there < a.length as usize;
            attach(tile, a, cursor.at, there as u32, cut);
            cursor.at += there;
            if cut {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })
    .is_continue()
}

/// Links bytes to their block.
fn attach(tile: &mut Tile, a: &Addition, start: usize, length: u32, cut: bool) {
    let index = tile.chunks.len() as u32;
    let Some(block) = tile.blocks.get_mut(a.block) else {
        return;
    };
    let last = std::mem::replace(&mut block.last, index);
    if last == NONE {
        block.first = index;
    } else if let Some(chunk) = tile.chunks.get_mut(last as usize) {
        chunk.next = index;
    }
    tile.chunks.push(Chunk {
        start,
        length,
        passes: a.passes,
        next: NONE,
        cut,
    });
}

/// Reads a packet's header at `at` and steps over it. `None` when it ends too early or can't be.
fn header(
    tile: &mut Tile,
    place: Place,
    layer: u32,
    bytes: &[u8],
    at: &mut usize,
    additions: &mut Vec<Addition>,
) -> Option<()> {
    let mut bits = HeaderBits::new(bytes, *at);
    if bits.bit()? {
        let style = tile.components.get(place.component)?.coding.style;
        let precinct = tile.precincts.get(place.precinct)?;
        for cell in tile
            .cells
            .get(precinct.cells..precinct.cells + precinct.bands)?
        {
            let size = (cell.across, cell.down);
            let trees = tile
                .nodes
                .get_mut(cell.tree..cell.tree + 2 * cell.tree_size)?;
            let (inclusion, zeros) = trees.split_at_mut(cell.tree_size);
            for y in 0..cell.down {
                for x in 0..cell.across {
                    let index = cell.blocks + (y * cell.across + x) as usize;
                    let block = tile.blocks.get_mut(index)?;
                    let leaf = (x, y);
                    let comes = if block.included {
                        bits.bit()?
                    } else {
                        // Layers are at most 65,535: the threshold fits.
                        tagtree::below(
                            inclusion,
                            size,
                            leaf,
                            layer.saturating_add(1).min(65_535) as u16,
                            &mut bits,
                        )?
                    };
                    if !comes {
                        continue;
                    }
                    if !block.included {
                        block.included = true;
                        let mut missing = 0;
                        while !tagtree::below(zeros, size, leaf, missing + 1, &mut bits)? {
                            missing += 1;
                            if missing > 96 {
                                return None;
                            }
                        }
                        block.missing = missing;
                    }
                    let passes = passes(&mut bits)?;
                    while bits.bit()? {
                        block.length_bits += 1;
                        if block.length_bits > 32 {
                            return None;
                        }
                    }
                    if style & style::HT != 0 {
                        ht_segments(block, index, passes, &mut bits, additions)?;
                    } else {
                        segments(block, index, passes, style, &mut bits, additions)?;
                    }
                }
            }
        }
    }
    *at = bits.end();
    Some(())
}

/// The number of new coding passes (B.10.6).
fn passes(bits: &mut HeaderBits<'_>) -> Option<u16> {
    if !bits.bit()? {
        return Some(1);
    }
    if !bits.bit()? {
        return Some(2);
    }
    Some(match bits.number(2)? {
        3 => match bits.number(5)? {
            31 => 37 + bits.number(7)?,
            n => 6 + n,
        },
        n => 3 + n,
    } as u16)
}

/// How many more passes go into the codeword segment that pass number `pass` is in (B.10.7, D.6).
pub(super) fn segment_passes(pass: u16, style: u8) -> u16 {
    if style & style::TERMINATE != 0 {
        1
    } else if style & style::BYPASS != 0 {
        match pass {
            ..10 => 10 - pass,
            // Two raw passes, then a clean-up pass.
            _ if (pass - 10).is_multiple_of(3) => 2,
            _ => 1,
        }
    } else {
        u16::MAX
    }
}

fn segments(
    block: &mut Block,
    index: usize,
    mut passes: u16,
    style: u8,
    bits: &mut HeaderBits<'_>,
    additions: &mut Vec<Addition>,
) -> Option<()> {
    while passes > 0 {
        let taken = passes.min(segment_passes(block.passes, style));
        let length = bits.number(u32::from(block.length_bits) + taken.ilog2())?;
        block.passes = block.passes.checked_add(taken)?;
        additions.push(Addition {
            block: index,
            passes: taken,
            length,
        });
        passes -= taken;
    }
    Some(())
}

/// An HT block's segments: the clean-up pass, whose length is told with the placeholder passes before it, and the two refinement
/// passes together.
fn ht_segments(
    block: &mut Block,
    index: usize,
    mut passes: u16,
    bits: &mut HeaderBits<'_>,
    additions: &mut Vec<Addition>,
) -> Option<()> {
    if block.passes == 0 {
        let placeholders = (passes - 1) / 3;
        block.missing += placeholders;
        passes -= 3 * placeholders;
        let length = bits.number(u32::from(block.length_bits) + (3 * placeholders + 1).ilog2())?;
        additions.push(Addition {
            block: index,
            passes: 1,
            length,
        });
        block.passes = 1;
        passes -= 1;
    }
    if passes > 0 {
        block.passes += passes;
        if block.passes > 3 {
            return None;
        }
        let length = bits.number(u32::from(block.length_bits) + passes.ilog2())?;
        additions.push(Addition {
            block: index,
            passes,
            length,
        });
    }
    Some(())
}
