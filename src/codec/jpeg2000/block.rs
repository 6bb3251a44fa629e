//! One code-block, from its bytes to its band's coefficients. Needs nothing of any other block.

use super::{
    geometry::{Band, Block, NONE, Tile, TileComponent},
    ht_block, mq_block, packet,
    settings::style,
};

/// What a decoder of blocks keeps from block to block: memory alone.
#[derive(Debug)]
pub(super) struct Scratch {
    /// Sign in bit 31, magnitude × 2 + the middle of what is not known.
    samples: Vec<u32>,
    /// The block's bytes, segment by segment.
    bytes: Vec<u8>,
    segments: Vec<Segment>,
    ht: ht_block::Scratch,
    mq: mq_block::Scratch,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            samples: Vec::new(),
            bytes: Vec::new(),
            segments: Vec::new(),
            ht: ht_block::Scratch::new(),
            mq: mq_block::Scratch::new(),
        }
    }
}

/// A codeword segment in [`Scratch::bytes`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) passes: u16,
    pub(super) cut: bool,
}

/// A coefficient: integer for the reversible wavelet, real for the irreversible one.
pub(super) trait Coefficient: Copy + Default {
    /// From sign and doubled magnitude; `step` is half the step of the quantiser.
    fn of(value: u32, step: f32) -> Self;
}

impl Coefficient for i32 {
    #[inline(always)]
    fn of(value: u32, _: f32) -> Self {
        let sign = value.cast_signed() >> 31;
        let magnitude = ((value & 0x7FFF_FFFF) >> 1).cast_signed();
        (magnitude ^ sign) - sign
    }
}

impl Coefficient for f32 {
    #[inline(always)]
    fn of(value: u32, step: f32) -> Self {
        let magnitude = (value & 0x7FFF_FFFF).cast_signed() as Self * step;
        Self::from_bits(magnitude.to_bits() | value & 0x8000_0000)
    }
}

/// Decodes `block` into `out`, which begins at its first coefficient and has `stride` to a row. False when it's damaged or cut: then
/// it holds what could be had.
pub(super) fn decode<T: Coefficient>(
    (tile, component, band, block): (&Tile, &TileComponent, &Band, &Block),
    bytes: &[u8],
    step: f32,
    scratch: &mut Scratch,
    out: &mut [T],
    stride: usize,
) -> bool {
    if block.first == NONE {
        return true;
    }
    let (w, h) = (usize::from(block.w), usize::from(block.h));
    let style = component.coding.style;
    // The scratch's rows are whole quads or stripes.
    let row = ht_block::stride(w);
    scratch.samples.resize(row * h.next_multiple_of(4), 0);
    let missing = u32::from(block.missing);
    let Some(planes) = band.planes.checked_sub(missing).filter(|&p| p > 0) else {
        return false;
    };
    gather(
        tile,
        block,
        style,
        bytes,
        &mut scratch.bytes,
        &mut scratch.segments,
    );
    let whole = if style & style::HT != 0 {
        let ht = |segment: usize| scratch.segments.get(segment);
        let of = |s: &Segment| scratch.bytes.get(s.start..s.end);
        let Some(cleanup) = ht(0).filter(|s| !s.cut).and_then(of) else {
            return false;
        };
        let refinement = ht(1).filter(|s| !s.cut).and_then(of);
        let job = ht_block::Job {
            cleanup,
            refinement: refinement.unwrap_or_default(),
            passes: 1 + ht(1).map_or(0, |s| u32::from(s.passes)),
            plane: planes - 1,
            width: w,
            height: h,
            causal: style & style::CAUSAL != 0,
        };
        if ht_block::decode(&job, &mut scratch.ht, &mut scratch.samples).is_none() {
            return false;
        }
        refinement.is_some() || job.passes == 1
    } else {
        let job = mq_block::Job {
            bytes: &scratch.bytes,
            segments: &scratch.segments,
            planes,
            width: w,
            height: h,
            stride: row,
            style,
            kind: band.kind,
        };
        mq_block::decode(&job, &mut scratch.mq, &mut scratch.samples)
    };
    if component.shift > 0 {
        // Max-shift (Annex H): what reaches above the background was lifted above it.
        let threshold = 2_u32 << component.shift;
        for v in &mut scratch.samples {
            let magnitude = *v & 0x7FFF_FFFF;
            if magnitude >= threshold {
                *v = *v & 0x8000_0000 | magnitude >> component.shift;
            }
        }
    }
    store(&scratch.samples, (w, h, row), step, out, stride);
    whole
}

/// Puts a block in its band.
#[inline(never)]
fn store<T: Coefficient>(
    samples: &[u32],
    (w, h, row): (usize, usize, usize),
    step: f32,
    out: &mut [T],
    stride: usize,
) {
    for (to, from) in out.chunks_mut(stride).zip(samples.chunks(row)).take(h) {
        for (to, &from) in to.iter_mut().zip(from.iter().take(w)) {
            *to = T::of(from, step);
        }
    }
}

/// Joins the chunks of a block to its codeword segments. Two bytes FF follow each: no coder reads further.
fn gather(
    tile: &Tile,
    block: &Block,
    style: u8,
    bytes: &[u8],
    joined: &mut Vec<u8>,
    segments: &mut Vec<Segment>,
) {
    joined.clear();
    segments.clear();
    let mut pass = 0_u16;
    let mut left = 0_u16;
    let mut next = block.first;
    while let Some(chunk) = tile.chunks.get(next as usize) {
        next = chunk.next;
        if left == 0 {
            if !segments.is_empty() {
                joined.extend([0xFF; 2]);
            }
            left = if style & style::HT == 0 {
                packet::segment_passes(pass, style)
            } else if pass == 0 {
                1
            } else {
                2
            };
            segments.push(Segment {
                start: joined.len(),
                end: joined.len(),
                passes: 0,
                cut: false,
            });
        }
        let end = chunk.start + chunk.length as usize;
        joined.extend(bytes.get(chunk.start..end).unwrap_or_default());
        if let Some(segment) = segments.last_mut() {
            segment.passes = segment.passes.saturating_add(chunk.passes);
            segment.end = joined.len();
            segment.cut |= chunk.cut;
        }
        pass = pass.saturating_add(chunk.passes);
        left = left.saturating_sub(chunk.passes);
    }
    joined.extend([0xFF; 2]);
}
