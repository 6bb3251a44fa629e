//! H.264 (ITU-T H.264): what a stream's units are, as far as pictures must be told apart and put in order.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    Coded, Described, Role,
    marking::{Parameters, Slice},
    nal::{self, Bits, Order},
};

/// What is kept of a sequence parameter set (7.3.2.1.1).
#[derive(Debug, Clone)]
struct Sequence {
    described: Described,
    planes: bool,
    /// Colours lie in the same planes.
    chroma: bool,
    frame_num_bits: u32,
    counts: Counts,
    frames_only: bool,
}

/// How pictures are counted in the order of their display (8.2.1).
#[derive(Debug, Clone)]
enum Counts {
    /// By lower bits, so many of them.
    Low(u32),
    /// By offsets of reference pictures that repeat.
    Cycle(Rc<Cycle>),
    /// As they are decoded.
    Decoded,
}

/// Picture order count type 1.
#[derive(Debug, Default)]
struct Cycle {
    /// Slices say no difference of their own.
    exact: bool,
    /// offset_for_non_ref_pic, offset_for_top_to_bottom_field.
    others: i64,
    bottom: i64,
    /// offset_for_ref_frame.
    offsets: Vec<i64>,
}

/// frame_num with what is added to it since the last key.
#[derive(Debug, Default)]
struct Number {
    offset: i64,
    last: i64,
}

impl Number {
    /// The count of a picture by 8.2.1.2, without the difference that its slices say.
    fn count(&mut self, number: u32, bits: u32, key: bool, reference: bool, cycle: &Cycle) -> i64 {
        let number = i64::from(number);
        if key {
            self.offset = 0;
        } else if self.last > number {
            self.offset = self.offset.saturating_add(1 << bits);
        }
        self.last = number;
        let length = cycle.offsets.len() as i64;
        let mut at = if length == 0 {
            0
        } else {
            self.offset.saturating_add(number)
        };
        if !reference && at > 0 {
            at -= 1;
        }
        let mut count = 0_i64;
        if at > 0 && length > 0 {
            let whole: i64 = cycle.offsets.iter().sum();
            let part = ((at - 1) % length) as usize;
            count = whole.saturating_mul((at - 1) / length);
            count = count.saturating_add(cycle.offsets.iter().take(part + 1).sum());
        }
        if reference {
            count
        } else {
            count.saturating_add(cycle.others)
        }
    }
}

/// A first field that waits for its second.
type Field = (u32, bool);

/// Reads the units of a stream, one after the other.
#[derive(Debug, Default)]
pub(super) struct Avc {
    sequences: BTreeMap<u32, Sequence>,
    pictures: BTreeMap<u32, Parameters>,
    order: Order,
    number: Number,
    field: Option<Field>,
    described: Option<Described>,
}

impl super::Family for Avc {
    fn role(&mut self, unit: &[u8]) -> Role {
        let Some(&head) = unit.first() else {
            return Role::Within;
        };
        let reference = head >> 5 & 3 != 0;
        match head & 31 {
            kind @ (1 | 5) => self.slice(unit, kind == 5, reference),
            7 => {
                let Some((id, sequence)) = sequence(unit) else {
                    return Role::Before;
                };
                self.sequences.insert(id, sequence);
                Role::Parameters(7 << 8 | id as u16)
            }
            8 => {
                let Some((id, parameters)) = Parameters::read(unit) else {
                    return Role::Before;
                };
                self.pictures.insert(id, parameters);
                Role::Parameters(8 << 8 | id as u16)
            }
            6 | 9 | 14..=18 => Role::Before,
            _ => Role::Within,
        }
    }

    fn described(&self) -> Option<Described> {
        self.described.clone()
    }
}

impl Avc {
    /// The header of a slice (7.3.3).
    fn slice(&mut self, unit: &[u8], key: bool, reference: bool) -> Role {
        self.header(unit, key, reference).unwrap_or(Role::Slice)
    }

    fn header(&mut self, unit: &[u8], key: bool, reference: bool) -> Option<Role> {
        let mut bits = Bits::new(unit, 1);
        if bits.ue()? != 0 {
            return Some(Role::Slice); // not the first slice of its picture
        }
        let kind = bits.ue()?;
        let parameters = *self.pictures.get(&bits.ue()?)?;
        let sequence = self.sequences.get(&parameters.sequence)?;
        self.described
            .get_or_insert_with(|| sequence.described.clone());
        if sequence.planes {
            bits.skip(2)?;
        }
        let frame_num = bits.take(sequence.frame_num_bits)?;
        let field = !sequence.frames_only && bits.flag()?;
        let bottom = field && bits.flag()?;
        if key {
            bits.ue()?;
        }
        let mut order = match &sequence.counts {
            &Counts::Low(n) => {
                let low = bits.take(n)?;
                Some(self.order.count(low, n, key, reference))
            }
            Counts::Cycle(cycle) => {
                let bits_of = sequence.frame_num_bits;
                let number = &mut self.number;
                let count = number.count(frame_num, bits_of, key, reference, cycle);
                let own = if cycle.exact { 0 } else { bits.se()? };
                let parity = if bottom { cycle.bottom } else { 0 };
                Some(count.saturating_add(own).saturating_add(parity))
            }
            Counts::Decoded => None,
        };
        // The second field of a frame has the first one's number and the other parity.
        let second = field && self.field == Some((frame_num, !bottom));
        let slice = Slice {
            kind,
            differs: !field
                && match &sequence.counts {
                    Counts::Low(_) => true,
                    Counts::Cycle(cycle) => !cycle.exact,
                    Counts::Decoded => false,
                },
            chroma: sequence.chroma,
        };
        let anew = reference && !key && parameters.begins_anew(&mut bits, slice) == Some(true);
        if anew {
            (self.order, self.number) = Default::default();
            order = order.map(|_| 0);
        }
        self.field = (field && !second).then_some((frame_num, bottom));
        Some(if second {
            Role::Slice
        } else {
            Role::Picture(Coded {
                key,
                anew,
                order,
                shown: true,
                ..Coded::default()
            })
        })
    }
}

/// A sequence parameter set with its number.
fn sequence(unit: &[u8]) -> Option<(u32, Sequence)> {
    let mut bits = Bits::new(unit, 1);
    let (profile, constraints, level) = (bits.take(8)?, bits.take(8)?, bits.take(8)?);
    let id = bits.ue_to(31)?;
    let (mut chroma, mut planes) = (1, false);
    if matches!(
        profile,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        chroma = bits.ue_to(3)?;
        planes = chroma == 3 && bits.flag()?;
        bits.ue_to(6)?;
        bits.ue_to(6)?;
        bits.flag()?;
        if bits.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let frame_num_bits = bits.ue_to(12)? + 4;
    let counts = match bits.ue_to(2)? {
        0 => Counts::Low(bits.ue_to(12)? + 4),
        1 => {
            let mut cycle = Cycle {
                exact: bits.flag()?,
                others: bits.se()?,
                bottom: bits.se()?,
                offsets: Vec::new(),
            };
            for _ in 0..bits.ue_to(255)? {
                cycle.offsets.push(bits.se()?);
            }
            Counts::Cycle(Rc::new(cycle))
        }
        _ => Counts::Decoded,
    };
    bits.ue()?;
    bits.flag()?;
    let (columns, rows) = (bits.ue_to(0xFFFF)? + 1, bits.ue_to(0xFFFF)? + 1);
    let frames_only = bits.flag()?;
    if !frames_only {
        bits.flag()?;
    }
    bits.flag()?;
    let fields = 2 - u32::from(frames_only);
    let (mut width, mut height) = (columns * 16, rows * 16 * fields);
    if bits.flag()? {
        // Units of the cropping rectangle by the sampling of colours (table 6-1).
        let (across, down) = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let edges = [bits.ue()?, bits.ue()?, bits.ue()?, bits.ue()?];
        let [left, right, top, bottom] = edges.map(|n| n.min(1 << 20));
        width = width.checked_sub((left + right) * across)?;
        height = height.checked_sub((top + bottom) * down * fields)?;
    }
    let colours = if bits.flag().unwrap_or(false) {
        nal::colours(&mut bits)
    } else {
        None
    };
    let sequence = Sequence {
        described: Described {
            codec: format!("avc1.{profile:02X}{constraints:02X}{level:02X}"),
            width,
            height,
            colours: colours.unwrap_or_default(),
        },
        planes,
        chroma: chroma != 0 && !planes,
        frame_num_bits,
        counts,
        frames_only,
    };
    Some((id, sequence))
}

/// scaling_list() (7.3.2.1.1.1): stepped over.
fn scaling_list(bits: &mut Bits, size: u32) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.se()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}
