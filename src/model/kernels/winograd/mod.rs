//! Winograd's minimal filtering F(2×2, 3×3): two rows × two columns of output from 16 products for each input channel, not 36. Kernels are
//! 3 × 3 in H and W, of any extent in D, with any dilation and stride 1.
//!
//! With d the 4 × 4 input places, g the 3 × 3 weights: Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A. Bᵀ and A have the elements 0 and ±1 alone; G has halves,
//! which integers avoid by computing 4 Y. The products are summed over input channels and over the kernel's planes before Aᵀ · A.

mod pieces;

use std::array::from_fn;
use std::ops::Range;

use crate::model::kernels::lanes::{Floats, Ints, Words};
use crate::model::kernels::ring::Line;
use crate::model::kernels::window::{Window, volume};
use pieces::Pairs;
pub(crate) use pieces::pieces;

/// Products of a tile.
pub(crate) const PRODUCTS: usize = 16;
/// Tiles that are computed together if there are so many: the weights are read once for all.
const TOGETHER: usize = 48;

/// A vector of four sums.
pub(crate) trait Four: Copy + Default {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

impl Four for [f32; 4] {
    #[inline]
    fn plus(self, other: Self) -> Self {
        Floats::load(&self).add(Floats::load(&other)).array()
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        Floats::load(&self).sub(Floats::load(&other)).array()
    }
}

impl Four for [i32; 4] {
    #[inline]
    fn plus(self, other: Self) -> Self {
        Ints::load(&self).add(Ints::load(&other)).array()
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        Ints::load(&self).sub(Ints::load(&other)).array()
    }
}

/// A value of the transformed input. Sums of eight are written with vectors, as compilers leave them to single values else.
pub(crate) trait Value: Copy + Default {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn plus8(a: &[Self; 8], b: &[Self; 8]) -> [Self; 8];
    fn minus8(a: &[Self; 8], b: &[Self; 8]) -> [Self; 8];
}

impl Value for f32 {
    #[inline]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline]
    fn plus8(a: &[Self; 8], b: &[Self; 8]) -> [Self; 8] {
        Floats::eight(a, b, Floats::add)
    }
    #[inline]
    fn minus8(a: &[Self; 8], b: &[Self; 8]) -> [Self; 8] {
        Floats::eight(a, b, Floats::sub)
    }
}

impl Value for i16 {
    #[inline]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
    #[inline]
    fn plus8(a: &[Self; 8], b: &[Self; 8]) -> [Self; 8] {
        Words::load(a).add(Words::load(b)).array()
    }
    #[inline]
    fn minus8(a: &[Self; 8], b: &[Self; 8]) -> [Self; 8] {
        Words::load(a).sub(Words::load(b)).array()
    }
}

/// Eight output channels of one place or product.
pub(crate) type Eight<S> = [S; 2];

/// What a layer does with its numbers.
pub(crate) trait Layer {
    /// Of the transformed input.
    type Value: Value;
    type Sum: Four;

    /// Writes input row `row` (D × height + H).
    fn read(&mut self, row: usize, to: &mut [Self::Value]);

    /// Sums product `product` of block `block` for `tiles` tiles. `lines`: for each plane of the kernel where the first tile's input lies, of
    /// which the tiles follow. The results go to the first of each 16.
    fn multiply(
        &mut self,
        block: usize,
        product: usize,
        base: &[Self::Value],
        lines: &[Line],
        tiles: usize,
        to: &mut [Eight<Self::Sum>],
    );

    /// Takes one output row (D × height + H) of block `block`.
    fn store(&mut self, block: usize, row: usize, sums: &mut [Eight<Self::Sum>]);
}

/// Whether this form can compute a window.
pub(crate) fn serves(window: &Window) -> bool {
    window.kernel[1..] == [3, 3] && window.stride == [1; 3]
}

/// Elements of G, times 2.
pub(crate) const G: [[i32; 3]; 4] = [[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]];

/// 4 · G g Gᵀ for product `product`, from the weights of one plane.
pub(crate) fn weight<T>(product: usize, plane: &[T; 9], times: impl Fn(&T, i32) -> f64) -> f64 {
    let rows = G.get(product / 4).copied().unwrap_or_default();
    let columns = G.get(product % 4).copied().unwrap_or_default();
    let each = rows.iter().flat_map(|a| columns.iter().map(move |b| a * b));
    plane.iter().zip(each).map(|(w, by)| times(w, by)).sum()
}

/// The room for one run.
struct Room<V, S> {
    /// The transformed input of the kernel's planes: slot, product, tile, channel.
    transformed: Vec<V>,
    /// Values of a product in a slot; and of a slot.
    product: usize,
    slot: usize,
    /// What each slot holds: input plane + 1, or 0.
    holds: Vec<usize>,
    /// Four input rows with padding.
    raw: [Vec<V>; 4],
    /// One of their four combinations.
    combined: Vec<V>,
    /// Tile, product; of as many tiles as are computed together.
    products: Vec<Eight<S>>,
    /// Two output rows.
    rows: [Vec<Eight<S>>; 2],
}

/// Computes the output rows `rows`. `None` where no memory could hold the room.
pub(crate) fn run<L: Layer>(
    window: &Window,
    extent: [usize; 3],
    channels: usize,
    blocks: usize,
    rows: &Range<usize>,
    layer: &mut L,
) -> Option<()> {
    let [_, height, width] = window.output(extent)?;
    let kernel = window.kernel[0];
    let columns = Pairs::new(width, window.dilation[2]);
    let together = (TOGETHER / columns.count).clamp(1, 16);
    let padded = (columns.first(columns.count - 1) + 3 * window.dilation[2] + 1)
        .max(window.pads[2][0] + extent[2]);
    volume(
        [kernel, PRODUCTS, together * columns.count + 1],
        channels + 1,
    )?;
    let line = volume([1, 1, padded], channels)?;
    let product = together * columns.count * channels;
    let mut room = Room {
        // One more: an odd number of channels is read in pairs.
        transformed: vec![L::Value::default(); kernel * PRODUCTS * product + 1],
        product,
        slot: PRODUCTS * product,
        holds: vec![0; kernel],
        raw: from_fn(|_| vec![L::Value::default(); line]),
        combined: vec![L::Value::default(); line],
        products: vec![[L::Sum::default(); 2]; TOGETHER * PRODUCTS],
        rows: from_fn(|_| vec![[L::Sum::default(); 2]; width]),
    };
    let (mut lines, mut moved) = (Vec::with_capacity(kernel), Vec::with_capacity(kernel));
    for piece in pieces(rows, height) {
        let pairs = Pairs::new(piece.rows.len(), window.dilation[1]);
        for start in (0..pairs.count).step_by(together) {
            let firsts = (start..pairs.count.min(start + together))
                .map(|pair| piece.rows.start + pairs.first(pair));
            room.holds.fill(0);
            // Planes whose taps coincide come one after the other.
            let apart = window.dilation[0];
            for d in (0..apart).flat_map(|r| piece.planes.clone().skip(r).step_by(apart)) {
                lines.clear();
                for a in 0..kernel {
                    let place = d + a * apart;
                    let plane = place.checked_sub(window.pads[0][0]);
                    let Some(plane) = plane.filter(|&z| z < extent[0]) else {
                        continue;
                    };
                    let slot = place / apart % kernel;
                    if room.holds.get(slot) != Some(&(plane + 1)) {
                        transform(
                            window,
                            extent,
                            channels,
                            columns,
                            plane,
                            firsts.clone(),
                            slot,
                            &mut room,
                            layer,
                        );
                        *room.holds.get_mut(slot)? = plane + 1;
                    }
                    lines.push(Line {
                        tap: a,
                        at: slot * room.slot,
                    });
                }
                for block in 0..blocks {
                    // All pairs of rows at once if they are short, else one pair in parts. The products stay in the first cache.
                    let pairs_here = firsts.clone().count();
                    let tiles = pairs_here * columns.count;
                    let part = if pairs_here > 1 {
                        tiles
                    } else {
                        tiles.div_ceil(tiles.div_ceil(TOGETHER))
                    };
                    for start in (0..tiles).step_by(part) {
                        let here = part.min(tiles - start);
                        for p in 0..PRODUCTS {
                            let at = p * room.product + start * channels;
                            moved.clear();
                            moved.extend(lines.iter().map(|line| Line {
                                at: line.at + at,
                                ..*line
                            }));
                            let to = room.products.get_mut(p..)?;
                            layer.multiply(block, p, &room.transformed, &moved, here, to);
                        }
                        let [one, two] = &mut room.rows;
                        let (products, _) = room.products.as_chunks::<PRODUCTS>();
                        for (tile, products) in (start..start + here).zip(products) {
                            let [a, b] = outputs(products);
                            let w = columns.first(tile % columns.count);
                            for (row, [left, right]) in [(&mut *one, a), (&mut *two, b)] {
                                *row.get_mut(w)? = left;
                                if let Some(to) = row.get_mut(w + columns.dilation) {
                                    *to = right;
                                }
                            }
                            if (tile + 1).is_multiple_of(columns.count) {
                                let first = firsts.clone().nth(tile / columns.count)?;
                                layer.store(block, d * height + first, one);
                                let second = first + pairs.dilation;
                                if second < piece.rows.end {
                                    layer.store(block, d * height + second, two);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    Some(())
}

/// Bᵀ d B for some pairs of rows of one plane.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of one loop, apart for reading"
)]
fn transform<L: Layer>(
    window: &Window,
    extent: [usize; 3],
    channels: usize,
    columns: Pairs,
    plane: usize,
    firsts: impl Iterator<Item = usize>,
    slot: usize,
    room: &mut Room<L::Value, L::Sum>,
    layer: &mut L,
) {
    let inner = window.pads[2][0] * channels;
    let inner = inner..inner + extent[2] * channels;
    let apart = columns.dilation * channels;
    for (pair, first) in firsts.enumerate() {
        for (k, raw) in room.raw.iter_mut().enumerate() {
            let row = (first + k * window.dilation[1]).checked_sub(window.pads[1][0]);
            let to = raw.get_mut(inner.clone()).unwrap_or_default();
            match row.filter(|&y| y < extent[1]) {
                Some(row) => layer.read(plane * extent[1] + row, to),
                None => to.fill(L::Value::default()),
            }
        }
        let [a, b, c, d] = &room.raw;
        for i in 0..4 {
            match i {
                0 => less(&mut room.combined, a, c),
                1 => plus(&mut room.combined, b, c),
                2 => less(&mut room.combined, c, b),
                _ => less(&mut room.combined, b, d),
            }
            let first = slot * room.slot + 4 * i * room.product + pair * columns.count * channels;
            let to = room.transformed.get_mut(first..).unwrap_or_default();
            let mut to = to
                .chunks_mut(room.product)
                .map(|to| to.chunks_exact_mut(channels));
            let (Some(p), Some(q), Some(r), Some(s)) = (to.next(), to.next(), to.next(), to.next())
            else {
                return;
            };
            let all = p.zip(q).zip(r.zip(s)).take(columns.count);
            for (t, ((p, q), (r, s))) in all.enumerate() {
                let at = columns.first(t) * channels;
                let column = |k: usize| {
                    let from = at + k * apart;
                    room.combined.get(from..from + channels).unwrap_or_default()
                };
                combine([column(0), column(1), column(2), column(3)], [p, q, r, s]);
            }
        }
    }
}

/// a − c, b + c, c − b, b − d: of one tile's row, or of whole lines.
#[inline]
pub(crate) fn combine<V: Value>([a, b, c, d]: [&[V]; 4], [p, q, r, s]: [&mut [V]; 4]) {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let ((c, c_rest), (d, d_rest)) = (c.as_chunks::<8>(), d.as_chunks::<8>());
    let ((p, p_rest), (q, q_rest)) = (p.as_chunks_mut::<8>(), q.as_chunks_mut::<8>());
    let ((r, r_rest), (s, s_rest)) = (r.as_chunks_mut::<8>(), s.as_chunks_mut::<8>());
    let from = a.iter().zip(b).zip(c.iter().zip(d));
    let to = p.iter_mut().zip(q).zip(r.iter_mut().zip(s));
    for (((a, b), (c, d)), ((p, q), (r, s))) in from.zip(to) {
        *p = V::minus8(a, c);
        *q = V::plus8(b, c);
        *r = V::minus8(c, b);
        *s = V::minus8(b, d);
    }
    let from = a_rest.iter().zip(b_rest).zip(c_rest.iter().zip(d_rest));
    let to = p_rest
        .iter_mut()
        .zip(q_rest)
        .zip(r_rest.iter_mut().zip(s_rest));
    for (((a, b), (c, d)), ((p, q), (r, s))) in from.zip(to) {
        (*p, *q, *r, *s) = (a.minus(*c), b.plus(*c), c.minus(*b), b.minus(*d));
    }
}

#[inline]
fn plus<V: Value>(to: &mut [V], a: &[V], b: &[V]) {
    each(to, a, b, V::plus8, V::plus);
}

#[inline]
fn less<V: Value>(to: &mut [V], a: &[V], b: &[V]) {
    each(to, a, b, V::minus8, V::minus);
}

/// Of all places of both, eight at a time.
#[inline]
fn each<V: Value>(
    to: &mut [V],
    a: &[V],
    b: &[V],
    eight: impl Fn(&[V; 8], &[V; 8]) -> [V; 8],
    one: impl Fn(V, V) -> V,
) {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks(), b.as_chunks());
    let (to, rest) = to.as_chunks_mut();
    for (to, (a, b)) in to.iter_mut().zip(a.iter().zip(b)) {
        *to = eight(a, b);
    }
    for (to, (a, b)) in rest.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *to = one(*a, *b);
    }
}

/// Aᵀ · A: rows × columns of output.
#[inline]
fn outputs<S: Four>(m: &[Eight<S>; PRODUCTS]) -> [[Eight<S>; 2]; 2] {
    let mut out = [[[S::default(); 2]; 2]; 2];
    for half in 0..2 {
        let [a, b, c, d] = m.as_chunks::<4>().0 else {
            return out;
        };
        let column = |j: usize| {
            let [a, b, c, d] = [a, b, c, d].map(|row| {
                row.get(j)
                    .map_or(S::default(), |v| if half == 0 { v[0] } else { v[1] })
            });
            [a.plus(b).plus(c), b.minus(c).minus(d)]
        };
        let (p, q, r, s) = (column(0), column(1), column(2), column(3));
        for (out, i) in out.iter_mut().zip([0, 1]) {
            let of = |v: [S; 2]| if i == 0 { v[0] } else { v[1] };
            let (p, q, r, s) = (of(p), of(q), of(r), of(s));
            let values = [p.plus(q).plus(r), q.minus(r).minus(s)];
            for (out, v) in out.iter_mut().zip(values) {
                if half == 0 {
                    out[0] = v;
                } else {
                    out[1] = v;
                }
            }
        }
    }
    out
}
