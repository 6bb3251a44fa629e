//! H.264 (ITU-T H.264): what a stream's units are, as far as pictures must be told apart and put in order.

use std::collections::BTreeMap;

use super::{
    Described, Role,
    nal::{self, Bits, Order},
};

/// What is kept of a sequence parameter set (7.3.2.1.1).
#[derive(Debug, Clone)]
struct Sequence {
    described: Described,
    planes: bool,
    frame_num_bits: u32,
    /// Bits of pic_order_cnt_lsb; none where counts are of another type.
    order_bits: Option<u32>,
    frames_only: bool,
}

/// A first field that waits for its second.
type Field = (u32, bool);

/// Reads the units of a stream, one after the other.
#[derive(Debug, Default)]
pub(super) struct Avc {
    sequences: BTreeMap<u32, Sequence>,
    /// Sequence parameter set by picture parameter set.
    pictures: BTreeMap<u32, u32>,
    order: Order,
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
                if let Some((id, sequence)) = sequence(unit) {
                    self.sequences.insert(id, sequence);
                }
                Role::Parameters
            }
            8 => {
                let mut bits = Bits::new(unit, 1);
                if let (Some(id), Some(of)) = (bits.ue_to(255), bits.ue_to(31)) {
                    self.pictures.insert(id, of);
                }
                Role::Parameters
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
        self.header(unit, key, reference).unwrap_or(Role::Within)
    }

    fn header(&mut self, unit: &[u8], key: bool, reference: bool) -> Option<Role> {
        let mut bits = Bits::new(unit, 1);
        if bits.ue()? != 0 {
            return Some(Role::Within); // not the first slice of its picture
        }
        bits.ue()?;
        let sequence = self.sequences.get(self.pictures.get(&bits.ue()?)?)?;
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
        let order = match sequence.order_bits {
            Some(n) => {
                let low = bits.take(n)?;
                Some(self.order.count(low, n, key, reference))
            }
            None => None,
        };
        // The second field of a frame has the first one's number and the other parity.
        let second = field && self.field == Some((frame_num, !bottom));
        self.field = (field && !second).then_some((frame_num, bottom));
        Some(if second {
            Role::Within
        } else {
            Role::Picture {
                key,
                order,
                shown: true,
            }
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
    let order_bits = match bits.ue_to(2)? {
        0 => Some(bits.ue_to(12)? + 4),
        1 => {
            bits.flag()?;
            bits.se()?;
            bits.se()?;
            for _ in 0..bits.ue_to(255)? {
                bits.se()?;
            }
            None
        }
        _ => None,
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
        frame_num_bits,
        order_bits,
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
