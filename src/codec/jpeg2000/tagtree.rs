//! Tag trees (T.800 B.10.2): minima of minima, told bit by bit.

use super::bits::HeaderBits;

/// One node: what is known of its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// The value is at least this.
    low: u16,
    /// The value is [`Node::low`].
    known: bool,
}

impl Node {
    pub(super) const NEW: Self = Self {
        low: 0,
        known: false,
    };
}

/// How many nodes a tree over `w` × `h` leaves has.
pub(super) fn nodes(w: u32, h: u32) -> u64 {
    let (mut w, mut h, mut n) = (u64::from(w), u64::from(h), 0);
    loop {
        n += w * h;
        if w <= 1 && h <= 1 {
            return n;
        }
        (w, h) = (w.div_ceil(2), h.div_ceil(2));
    }
}

/// Reads on until it is known whether the leaf's value is below `threshold`. `None` when the bits end.
pub(super) fn below(
    tree: &mut [Node],
    (w, h): (u32, u32),
    (x, y): (u32, u32),
    threshold: u16,
    bits: &mut HeaderBits<'_>,
) -> Option<bool> {
    let mut path = [0_usize; 33];
    let mut depth = 0;
    let (mut w, mut h, mut x, mut y) = (w as usize, h as usize, x as usize, y as usize);
    let mut first = 0;
    loop {
        *path.get_mut(depth)? = first + y * w + x;
        depth += 1;
        if w <= 1 && h <= 1 {
            break;
        }
        first += w * h;
        (w, h, x, y) = (w.div_ceil(2), h.div_ceil(2), x / 2, y / 2);
    }
    let mut low = 0;
    let mut known = false;
    for &at in path.get(..depth)?.iter().rev() {
        let node = tree.get_mut(at)?;
        node.low = node.low.max(low);
        while !node.known && node.low < threshold {
            if bits.bit()? {
                node.known = true;
            } else {
                node.low += 1;
            }
        }
        (low, known) = (node.low, node.known);
    }
    Some(known && low < threshold)
}
