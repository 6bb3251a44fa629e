//! A tile laid out (T.800 Annex B): its components' resolutions, bands, precincts and code-blocks, in flat tables.

use super::{
    Fault,
    codestream::{Codestream, TileData},
    settings::{Change, Coding, Quantisation, of},
    tagtree::{self, Node},
};

/// A rectangle: first and beyond last column and row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x0: u32,
    pub(super) y0: u32,
    pub(super) x1: u32,
    pub(super) y1: u32,
}

impl Rect {
    pub(super) fn width(&self) -> u32 {
        self.x1.saturating_sub(self.x0)
    }
    pub(super) fn height(&self) -> u32 {
        self.y1.saturating_sub(self.y0)
    }
    pub(super) fn area(&self) -> u64 {
        u64::from(self.width()) * u64::from(self.height())
    }
    fn is_empty(&self) -> bool {
        self.width() == 0 || self.height() == 0
    }
    fn map(&self, x: impl Fn(u32) -> u32, y: impl Fn(u32) -> u32) -> Self {
        Self {
            x0: x(self.x0),
            y0: y(self.y0),
            x1: x(self.x1),
            y1: y(self.y1),
        }
    }
}

/// v / 2^n, rounded up.
pub(super) fn ceil_shift(v: u32, n: u32) -> u32 {
    ((u64::from(v) + (1_u64 << n) - 1) >> n) as u32
}

/// A sub-band (B.5).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Band {
    pub(super) rect: Rect,
    /// 0 LL, 1 HL, 2 LH, 3 HH.
    pub(super) kind: u8,
    /// Mb: magnitude bit-planes, region of interest included.
    pub(super) planes: u32,
    /// Δb, the step of the quantiser, for irreversible components.
    pub(super) step: f32,
}

/// A resolution (B.5, B.6).
#[derive(Debug, Clone)]
pub(super) struct Resolution {
    pub(super) rect: Rect,
    pub(super) bands: Vec<Band>,
    /// Precincts across and down.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Their first in [`Tile::precincts`].
    pub(super) first: usize,
}

/// A tile's component.
#[derive(Debug)]
pub(super) struct TileComponent {
    pub(super) rect: Rect,
    pub(super) coding: Coding,
    /// Max-shift of a region of interest.
    pub(super) shift: u8,
    pub(super) resolutions: Vec<Resolution>,
    /// How many of the resolutions are decoded.
    pub(super) decoded: usize,
}

impl TileComponent {
    /// The highest resolution that is decoded.
    pub(super) fn top(&self) -> Rect {
        self.resolutions
            .get(self.decoded.wrapping_sub(1))
            .map_or_else(Rect::default, |r| r.rect)
    }
}

/// A precinct: where it lies in the order of positions, and how far its packets were read.
#[derive(Debug, Clone)]
pub(super) struct Precinct {
    /// On the reference grid, for the orders by position.
    pub(super) x: u32,
    pub(super) y: u32,
    /// The layer whose packet comes next.
    pub(super) layer: u32,
    /// Its first in [`Tile::cells`]: one a band.
    pub(super) cells: usize,
    pub(super) bands: usize,
}

/// A precinct's share of one band.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// Blocks across and down.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Their first in [`Tile::blocks`], row by row.
    pub(super) blocks: usize,
    /// First node of the inclusion tree in [`Tile::nodes`]; the tree of zero bit-planes follows it.
    pub(super) tree: usize,
    /// Nodes of one of the two.
    pub(super) tree_size: usize,
}

/// A code-block and what the packets said of it.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Within its band.
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) w: u16,
    pub(super) h: u16,
    /// Missing most significant bit-planes, once it's included.
    pub(super) missing: u16,
    pub(super) included: bool,
    pub(super) length_bits: u8,
    /// Coding passes so far; for HT blocks without placeholders.
    pub(super) passes: u16,
    /// Its chunks: first and last in [`Tile::chunks`], linked; [`NONE`] when there is none.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// No chunk.
pub(super) const NONE: u32 = u32::MAX;

/// A run of a block's bytes.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) length: u32,
    pub(super) passes: u16,
    pub(super) next: u32,
    /// Bytes are missing at its end.
    pub(super) cut: bool,
}

/// A tile.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) rect: Rect,
    pub(super) layers: u32,
    pub(super) transform: bool,
    pub(super) changes: Vec<Change>,
    pub(super) components: Vec<TileComponent>,
    pub(super) precincts: Vec<Precinct>,
    pub(super) cells: Vec<Cell>,
    pub(super) blocks: Vec<Block>,
    pub(super) nodes: Vec<Node>,
    pub(super) chunks: Vec<Chunk>,
}

/// Precincts and blocks that a small tile may have whatever its size.
const FLOOR: u64 = 65_536;

/// What a tile may have at most.
struct Most {
    precincts: u64,
    blocks: u64,
}

/// The settings of one component, from the most special to the most general (A.6).
struct Chosen<'a> {
    coding: Coding,
    quantisation: &'a Quantisation,
    shift: u8,
}

fn chosen<'a>(stream: &'a Codestream, tile: &'a TileData, c: u16) -> Option<Chosen<'a>> {
    let (tile, main) = (&tile.settings, &stream.main);
    let coding = of(&tile.codings, c)
        .or(tile.style.as_ref().map(|s| &s.coding))
        .or(of(&main.codings, c))
        .or(main.style.as_ref().map(|s| &s.coding))?;
    let quantisation = of(&tile.quantisations, c)
        .or(tile.quantisation.as_ref())
        .or(of(&main.quantisations, c))
        .or(main.quantisation.as_ref())?;
    let shift = of(&tile.regions, c).or(of(&main.regions, c));
    Some(Chosen {
        coding: *coding,
        quantisation,
        shift: shift.copied().unwrap_or(0),
    })
}

/// The fewest decompositions of any component of any tile: how many resolutions can be left out.
pub(super) fn fewest_levels(stream: &Codestream) -> u8 {
    let all = std::iter::once(&stream.main).chain(stream.tiles.values().map(|t| &t.settings));
    all.flat_map(|s| {
        let style = s.style.iter().map(|s| s.coding.levels);
        style.chain(s.codings.iter().map(|c| c.1.levels))
    })
    .min()
    .unwrap_or(0)
}

/// The rectangle of a tile on the reference grid (B.3).
pub(super) fn tile_rect(stream: &Codestream, index: u16) -> Rect {
    let s = &stream.size;
    let across = s.tiles_across();
    let (p, q) = (u32::from(index) % across, u32::from(index) / across);
    let edge = |first: u32, n: u32, size: u32, low: u32, high: u32| {
        (u64::from(first) + u64::from(n) * u64::from(size)).clamp(u64::from(low), u64::from(high))
            as u32
    };
    Rect {
        x0: edge(s.tile_x0, p, s.tile_w, s.x0, s.x1),
        y0: edge(s.tile_y0, q, s.tile_h, s.y0, s.y1),
        x1: edge(s.tile_x0, p + 1, s.tile_w, s.x0, s.x1),
        y1: edge(s.tile_y0, q + 1, s.tile_h, s.y0, s.y1),
    }
}

impl Tile {
    /// Lays a tile out. `discard` resolutions are read but not decoded.
    pub(super) fn new(
        stream: &Codestream,
        data: &TileData,
        index: u16,
        discard: u8,
    ) -> Result<Self, Fault> {
        let lacking = Fault::Damaged {
            at: 0,
            what: "a component without settings",
        };
        let rect = tile_rect(stream, index);
        let main = stream.main.style.as_ref();
        let style = data.settings.style.as_ref().or(main).ok_or(lacking)?;
        let changes = if data.settings.changes.is_empty() {
            &stream.main.changes
        } else {
            &data.settings.changes
        };
        let mut tile = Self {
            rect,
            layers: style.layers,
            transform: style.transform,
            changes: changes.clone(),
            components: Vec::new(),
            precincts: Vec::new(),
            cells: Vec::new(),
            blocks: Vec::new(),
            nodes: Vec::new(),
            chunks: Vec::new(),
        };
        if tile.changes.is_empty() {
            tile.changes.push(Change {
                order: style.order,
                layers: style.layers,
                resolutions: (0, 33),
                components: (0, 16_384),
            });
        }
        let samples: u64 = stream
            .size
            .components
            .iter()
            .map(|c| rect.map(|x| x.div_ceil(c.dx), |y| y.div_ceil(c.dy)).area())
            .sum();
        // Precincts are hardly ever below 32 × 32 samples, blocks never below 4 × 4 but at edges.
        let most = Most {
            precincts: samples / 64 + FLOOR,
            blocks: samples / 12 + FLOOR,
        };
        for (c, sampling) in stream.size.components.iter().enumerate() {
            let chosen = chosen(stream, data, c as u16).ok_or(lacking)?;
            let own = rect.map(|x| x.div_ceil(sampling.dx), |y| y.div_ceil(sampling.dy));
            let mut component = TileComponent {
                rect: own,
                coding: chosen.coding,
                shift: chosen.shift,
                resolutions: Vec::new(),
                decoded: usize::from(chosen.coding.levels.saturating_sub(discard)) + 1,
            };
            for r in 0..=u32::from(chosen.coding.levels) {
                let resolution = tile.resolution(
                    &component,
                    &chosen,
                    r,
                    sampling.precision,
                    (sampling.dx, sampling.dy),
                    &most,
                )?;
                component.resolutions.push(resolution);
            }
            tile.components.push(component);
        }
        Ok(tile)
    }

    fn resolution(
        &mut self,
        component: &TileComponent,
        chosen: &Chosen<'_>,
        r: u32,
        precision: u8,
        (dx, dy): (u32, u32),
        most: &Most,
    ) -> Result<Resolution, Fault> {
        let levels = u32::from(chosen.coding.levels);
        let down = levels - r;
        let rect = component
            .rect
            .map(|x| ceil_shift(x, down), |y| ceil_shift(y, down));
        let packed = chosen
            .coding
            .precincts
            .get(r as usize)
            .copied()
            .unwrap_or(0xFF);
        let (ppx, ppy) = (u32::from(packed & 15), u32::from(packed >> 4));
        let (low_x, low_y) = (rect.x0 >> ppx, rect.y0 >> ppy);
        let (mut across, mut rows) = (0, 0);
        if !rect.is_empty() {
            across = ceil_shift(rect.x1, ppx) - low_x;
            rows = ceil_shift(rect.y1, ppy) - low_y;
        }
        let first = self.precincts.len();
        if u64::from(across) * u64::from(rows) > most.precincts.saturating_sub(first as u64) {
            return Err(Fault::TooLarge);
        }
        let kinds: &[u8] = if r == 0 { &[0] } else { &[1, 2, 3] };
        let mut bands = Vec::new();
        for &kind in kinds {
            bands.push(band(component, chosen, r, kind, precision)?);
        }
        // Blocks are no larger than a precinct's share of the band.
        let half = u32::from(r > 0);
        let block_w = u32::from(chosen.coding.block_w).min(ppx.saturating_sub(half));
        let block_h = u32::from(chosen.coding.block_h).min(ppy.saturating_sub(half));
        for py in 0..rows {
            for px in 0..across {
                let at = |n: u32, pp: u32, d: u32, t: u32| {
                    let v = (u64::from(n) << pp << down).saturating_mul(u64::from(d));
                    v.clamp(u64::from(t), u64::from(u32::MAX)) as u32
                };
                self.precincts.push(Precinct {
                    x: at(low_x + px, ppx, dx, self.rect.x0),
                    y: at(low_y + py, ppy, dy, self.rect.y0),
                    layer: 0,
                    cells: self.cells.len(),
                    bands: bands.len(),
                });
                for band in &bands {
                    let edge = |n: u32, pp: u32, low: u32, high: u32| {
                        ((u64::from(n) << pp) >> half).clamp(u64::from(low), u64::from(high)) as u32
                    };
                    let b = &band.rect;
                    let share = Rect {
                        x0: edge(low_x + px, ppx, b.x0, b.x1),
                        y0: edge(low_y + py, ppy, b.y0, b.y1),
                        x1: edge(low_x + px + 1, ppx, b.x0, b.x1),
                        y1: edge(low_y + py + 1, ppy, b.y0, b.y1),
                    };
                    self.cell(b, &share, block_w, block_h, most)?;
                }
            }
        }
        Ok(Resolution {
            rect,
            bands,
            across,
            down: rows,
            first,
        })
    }

    /// Adds a precinct's share of a band and its blocks.
    fn cell(
        &mut self,
        band: &Rect,
        share: &Rect,
        bw: u32,
        bh: u32,
        most: &Most,
    ) -> Result<(), Fault> {
        let grid = share.map(|x| x >> bw, |y| y >> bh);
        let (mut across, mut down) = (0, 0);
        if !share.is_empty() {
            across = ceil_shift(share.x1, bw) - grid.x0;
            down = ceil_shift(share.y1, bh) - grid.y0;
        }
        let count = u64::from(across) * u64::from(down);
        let blocks = self.blocks.len();
        if count > most.blocks.saturating_sub(blocks as u64) {
            return Err(Fault::TooLarge);
        }
        for y in 0..down {
            for x in 0..across {
                let edge = |n: u32, b: u32, low: u32, high: u32| {
                    (u64::from(n) << b).clamp(u64::from(low), u64::from(high)) as u32
                };
                let (gx, gy) = (grid.x0 + x, grid.y0 + y);
                let x0 = edge(gx, bw, share.x0, share.x1);
                let y0 = edge(gy, bh, share.y0, share.y1);
                self.blocks.push(Block {
                    x: x0 - band.x0,
                    y: y0 - band.y0,
                    w: (edge(gx + 1, bw, share.x0, share.x1) - x0) as u16,
                    h: (edge(gy + 1, bh, share.y0, share.y1) - y0) as u16,
                    missing: 0,
                    included: false,
                    length_bits: 3,
                    passes: 0,
                    first: NONE,
                    last: NONE,
                });
            }
        }
        let tree = self.nodes.len();
        let tree_size = if count == 0 {
            0
        } else {
            tagtree::nodes(across, down) as usize
        };
        self.nodes.resize(tree + 2 * tree_size, Node::NEW);
        self.cells.push(Cell {
            across,
            down,
            blocks,
            tree,
            tree_size,
        });
        Ok(())
    }
}

/// A band of resolution `r` (B.5, E.1).
fn band(
    component: &TileComponent,
    chosen: &Chosen<'_>,
    r: u32,
    kind: u8,
    precision: u8,
) -> Result<Band, Fault> {
    let levels = u32::from(chosen.coding.levels);
    // The decomposition that the band comes from.
    let n = if r == 0 { levels } else { levels - r + 1 };
    let edge = |high: bool| {
        move |v: u32| {
            let half = if high { 1_u64 << n >> 1 } else { 0 };
            ((u64::from(v).saturating_sub(half) + (1_u64 << n) - 1) >> n) as u32
        }
    };
    let rect = component.rect.map(edge(kind & 1 != 0), edge(kind & 2 != 0));
    let q = chosen.quantisation;
    let index = if r == 0 {
        0
    } else {
        3 * (r as usize - 1) + usize::from(kind)
    };
    let step = match q.style {
        1 => q
            .steps
            .first()
            .and_then(|s| Some((s.0.checked_sub(r.saturating_sub(1) as u8)?, s.1))),
        _ => q.steps.get(index).copied(),
    };
    let (exponent, mantissa) = step.ok_or(Fault::Damaged {
        at: 0,
        what: "a band without its quantiser",
    })?;
    let planes =
        (u32::from(q.guard) + u32::from(exponent)).saturating_sub(1) + u32::from(chosen.shift);
    if planes > 30 {
        return Err(Fault::Unsupported("more than 30 bit-planes"));
    }
    let gain = [0, 1, 1, 2][usize::from(kind & 3)];
    let range = i32::from(precision) + gain - i32::from(exponent);
    Ok(Band {
        rect,
        kind,
        planes,
        step: 2_f32.powi(range) * (1.0 + f32::from(mantissa) / 2048.0),
    })
}
