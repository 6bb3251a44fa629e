//! Entropy coded data of one scan (T.81 F.2, G.2): units, restart intervals, blocks.

use super::{
    Sample,
    bits::Bits,
    header::{Component, Picture, ZIGZAG},
    huffman::Table,
    idct,
    intervals::intervals,
};

/// So many first coefficients lie in the first four rows and columns.
pub(super) const SHORT: usize = 10;

/// Which coefficients a scan codes, and which of their bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub(super) first: usize,
    pub(super) last: usize,
    /// The bit position of the scan before, 0: none.
    pub(super) before: u8,
    /// The bit position of this scan.
    pub(super) shift: u32,
}

impl Band {
    /// All of a sequential scan.
    pub(super) const WHOLE: Self = Self {
        first: 0,
        last: 63,
        before: 0,
        shift: 0,
    };

    /// Of a progressive scan of `count` components (T.81 G.1.1.1).
    pub(super) fn is_sound(self, count: u8) -> bool {
        let band = if self.first == 0 {
            self.last == 0
        } else {
            self.first <= self.last && self.last <= 63 && count == 1
        };
        let refines = self.before == 0 || u32::from(self.before) == self.shift + 1;
        band && refines && self.shift <= 13
    }
    pub(super) fn needs_dc(self) -> bool {
        self.first == 0 && self.before == 0
    }
    pub(super) fn needs_ac(self) -> bool {
        self.last > 0
    }
}

/// A component of a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) component: usize,
    pub(super) dc: Option<&'a Table>,
    pub(super) ac: Option<&'a Table>,
}

/// What is carried from block to block, until a restart.
#[derive(Debug, Default)]
struct Carry {
    /// DC prediction of each member.
    dc: [i32; 4],
    /// Blocks left of a run without coefficients.
    run: u32,
}

/// Decodes a scan whose data begin at `at`, into planes or coefficients. Gives where the data end.
pub(super) fn decode(
    picture: &mut Picture,
    members: &[Member<'_>],
    band: Band,
    bytes: &[u8],
    at: usize,
    restart: usize,
) -> usize {
    let (across, down) = match members {
        // Not interleaved: the blocks that the component needs, row by row.
        [one] => match picture.components.get(one.component) {
            Some(c) => (c.width.div_ceil(8), c.height.div_ceil(8)),
            None => return at,
        },
        _ => (
            picture.width.div_ceil(8 * picture.across),
            picture.height.div_ceil(8 * picture.down),
        ),
    };
    let total = across * down;
    let interval = if restart == 0 { total } else { restart };
    let (end, notes) = intervals(bytes, at, total, interval, |bits, range| {
        units(picture, members, band, bits, range, across)
    });
    for note in notes {
        picture.note(note);
    }
    end
}

/// The units of one restart interval; `None` where the data are damaged or end.
fn units(
    picture: &mut Picture,
    members: &[Member<'_>],
    band: Band,
    bits: &mut Bits<'_>,
    range: std::ops::Range<usize>,
    across: usize,
) -> Option<()> {
    let mut carry = Carry::default();
    let (eight, progressive) = (picture.precision == 8, picture.progressive);
    let (mut x, mut y) = (range.start % across, range.start / across);
    for _ in range {
        for (member, prediction) in members.iter().zip(&mut carry.dc) {
            let component = picture.components.get_mut(member.component)?;
            let (h, v) = if members.len() == 1 {
                (1, 1)
            } else {
                (component.across, component.down)
            };
            for row in 0..v {
                for column in 0..h {
                    let place = (x * h + column, y * v + row);
                    if progressive {
                        let index = place.1 * component.stride + place.0;
                        let all = component.coefficients.as_chunks_mut::<64>().0;
                        let block = all.get_mut(index)?;
                        part(bits, member, band, prediction, &mut carry.run, block)?;
                        if bits.overrun() {
                            return None;
                        }
                    } else if eight {
                        samples::<u8>(bits, member, prediction, component, place)?;
                    } else {
                        samples::<u16>(bits, member, prediction, component, place)?;
                    }
                }
            }
        }
        x += 1;
        if x == across {
            (x, y) = (0, y + 1);
        }
    }
    Some(())
}

/// One block of a sequential scan, to samples.
#[inline]
fn samples<T: Sample>(
    bits: &mut Bits<'_>,
    member: &Member<'_>,
    prediction: &mut i32,
    component: &mut Component,
    (x, y): (usize, usize),
) -> Option<()> {
    let mut block = [0; 64];
    let end = sequential(bits, member.dc?, member.ac?, prediction, &mut block)?;
    if bits.overrun() {
        return None;
    }
    let steps = component.steps.as_ref()?;
    let stride = 8 * component.stride;
    let lines = T::all_mut(&mut component.plane).get_mut(8 * y * stride + 8 * x..)?;
    if end == 1 {
        let value = idct::flat::<T>(block[0], steps[0]);
        for line in lines.chunks_mut(stride).take(8) {
            line.first_chunk_mut::<8>()?.fill(value);
        }
    } else {
        let values = idct::block::<T>(&block, steps, end <= SHORT);
        for (line, values) in lines.chunks_mut(stride).zip(values) {
            *line.first_chunk_mut()? = values;
        }
    }
    Some(())
}

/// T.81 F.2.2. Gives the end of the coefficients that were coded.
#[inline]
fn sequential(
    bits: &mut Bits<'_>,
    dc: &Table,
    ac: &Table,
    prediction: &mut i32,
    block: &mut [i16; 64],
) -> Option<usize> {
    bits.fill();
    *prediction = prediction.wrapping_add(difference(bits, dc)?);
    block[0] = *prediction as i16;
    let (mut k, mut end) = (1, 1);
    while k < 64 {
        bits.fill();
        if let Some((value, run)) = ac.whole(bits) {
            k += run;
            if k > 63 {
                return None;
            }
            block[usize::from(ZIGZAG[k] & 63)] = value as i16;
            k += 1;
            end = k;
            continue;
        }
        let symbol = ac.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        if k > 63 {
            return None;
        }
        block[usize::from(ZIGZAG[k] & 63)] = bits.extend(size) as i16;
        k += 1;
        end = k;
    }
    Some(end)
}

#[inline]
fn difference(bits: &mut Bits<'_>, dc: &Table) -> Option<i32> {
    let size = dc.symbol(bits)?;
    (size <= 15).then(|| bits.extend(u32::from(size)))
}

/// One block of a progressive scan.
fn part(
    bits: &mut Bits<'_>,
    member: &Member<'_>,
    band: Band,
    prediction: &mut i32,
    run: &mut u32,
    block: &mut [i16; 64],
) -> Option<()> {
    match (band.first, band.before) {
        (0, 0) => {
            bits.fill();
            *prediction = prediction.wrapping_add(difference(bits, member.dc?)?);
            block[0] = (*prediction << band.shift) as i16;
        }
        (0, _) => {
            if bits.bit() {
                block[0] |= 1 << band.shift;
            }
        }
        (_, 0) => first(bits, member.ac?, band, run, block)?,
        _ => refine(bits, member.ac?, band, run, block)?,
    }
    Some(())
}

/// First bits of a band (T.81 G.1.2.2).
fn first(
    bits: &mut Bits<'_>,
    ac: &Table,
    band: Band,
    run: &mut u32,
    block: &mut [i16; 64],
) -> Option<()> {
    if *run > 0 {
        *run -= 1;
        return Some(());
    }
    let mut k = band.first;
    while k <= band.last {
        bits.fill();
        let symbol = ac.symbol(bits)?;
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if zeros < 15 {
                *run = (1 << zeros) + bits.take(zeros) - 1;
                return Some(());
            }
            k += 16;
            continue;
        }
        k += zeros as usize;
        if k > band.last {
            return None;
        }
        block[usize::from(ZIGZAG[k] & 63)] = (bits.extend(size) << band.shift) as i16;
        k += 1;
    }
    Some(())
}

/// One more bit of a band (T.81 G.1.2.3).
fn refine(
    bits: &mut Bits<'_>,
    ac: &Table,
    band: Band,
    run: &mut u32,
    block: &mut [i16; 64],
) -> Option<()> {
    let one = 1_i16 << band.shift;
    let correct = |bits: &mut Bits<'_>, c: &mut i16| {
        if bits.bit() && c.unsigned_abs() & one.unsigned_abs() == 0 {
            *c = c.wrapping_add(if *c >= 0 { one } else { -one });
        }
    };
    let mut k = band.first;
    if *run == 0 {
        while k <= band.last {
            bits.fill();
            let symbol = ac.symbol(bits)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
            let value = match size {
                0 if zeros < 15 => {
                    *run = (1 << zeros) + bits.take(zeros);
                    break;
                }
                0 => 0,
                1 if bits.bit() => one,
                1 => -one,
                _ => return None,
            };
            while k <= band.last {
                let c = &mut block[usize::from(ZIGZAG[k] & 63)];
                if *c != 0 {
                    correct(bits, c);
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                k += 1;
            }
            if value != 0 {
                if k > band.last {
                    return None;
                }
                block[usize::from(ZIGZAG[k] & 63)] = value;
            }
            k += 1;
        }
    }
    if *run > 0 {
        while k <= band.last {
            let c = &mut block[usize::from(ZIGZAG[k] & 63)];
            if *c != 0 {
                correct(bits, c);
            }
            k += 1;
        }
        *run -= 1;
    }
    Some(())
}
