//! HEVC (ITU-T H.265): what a stream's units are, as far as pictures must be told apart and put in order.

use std::collections::BTreeMap;

use super::{
    Coded, Colours, Described, Role,
    nal::{self, Bits, Order},
};

/// What is kept of a sequence parameter set (7.3.2.2.1).
#[derive(Debug, Clone)]
struct Sequence {
    described: Described,
    planes: bool,
    order_bits: u32,
}

/// What is kept of a picture parameter set (7.3.2.3.1).
#[derive(Debug, Clone, Copy)]
struct Parameters {
    sequence: u32,
    output_flag: bool,
    extra_bits: u32,
}

/// Reads the units of a stream, one after the other.
#[derive(Debug, Default)]
pub(super) struct Hevc {
    sequences: BTreeMap<u32, Sequence>,
    pictures: BTreeMap<u32, Parameters>,
    order: Order,
    described: Option<Described>,
    /// A picture has come, and the sequence has not ended after it.
    begun: bool,
    /// Leading pictures that refer to what came before the entry are not decoded (8.1.3).
    skipping: bool,
}

const IDR: std::ops::RangeInclusive<u8> = 19..=20;
const BLA: std::ops::RangeInclusive<u8> = 16..=18;
const CRA: u8 = 21;

impl super::Family for Hevc {
    fn role(&mut self, unit: &[u8]) -> Role {
        let &[head, low, ..] = unit else {
            return Role::Within;
        };
        let (kind, layer, temporal) = (head >> 1 & 63, (head & 1) << 5 | low >> 3, low & 7);
        if layer != 0 {
            return Role::Within; // of another view or quality
        }
        match kind {
            0..=9 | 16..=21 => self.slice(unit, kind, temporal <= 1).unwrap_or(Role::Slice),
            32 => match unit.get(2) {
                Some(byte) => Role::Parameters(32 << 8 | u16::from(byte >> 4)),
                None => Role::Before,
            },
            33 => {
                let Some((id, sequence)) = sequence(unit) else {
                    return Role::Before;
                };
                self.sequences.insert(id, sequence);
                Role::Parameters(33 << 8 | id as u16)
            }
            34 => {
                let Some((id, parameters)) = parameters(unit) else {
                    return Role::Before;
                };
                self.pictures.insert(id, parameters);
                Role::Parameters(34 << 8 | id as u16)
            }
            // After the end of a sequence the next picture begins as the first one did (8.1.3).
            36 | 37 => {
                self.begun = false;
                Role::Within
            }
            35 | 39 | 41..=44 | 48..=55 => Role::Before,
            _ => Role::Within,
        }
    }

    fn described(&self) -> Option<Described> {
        self.described.clone()
    }
}

impl Hevc {
    /// The header of a slice segment (7.3.6.1).
    fn slice(&mut self, unit: &[u8], kind: u8, lowest: bool) -> Option<Role> {
        let mut bits = Bits::new(unit, 2);
        if !bits.flag()? {
            return Some(Role::Slice); // not the first of its picture
        }
        if (16..=23).contains(&kind) {
            bits.flag()?;
        }
        let parameters = *self.pictures.get(&bits.ue()?)?;
        let sequence = self.sequences.get(&parameters.sequence)?;
        self.described
            .get_or_insert_with(|| sequence.described.clone());
        bits.skip(parameters.extra_bits as usize)?;
        bits.ue()?;
        let output = !parameters.output_flag || bits.flag()?;
        if sequence.planes {
            bits.skip(2)?;
        }
        let low = if IDR.contains(&kind) {
            0
        } else {
            bits.take(sequence.order_bits)?
        };
        let key = IDR.contains(&kind) || BLA.contains(&kind) || kind == CRA && !self.begun;
        // RADL, RASL and pictures that no other of their layer refers to are not counted on from.
        let reference = lowest && !(kind < 16 && (kind.is_multiple_of(2) || kind >= 6));
        let order = self.order.count(low, sequence.order_bits, key, reference);
        if kind >= 16 {
            self.skipping = key && !IDR.contains(&kind);
            self.begun = true;
        }
        let leading = matches!(kind, 8 | 9);
        Some(Role::Picture(Coded {
            key,
            anew: false,
            open: kind == CRA,
            leading,
            shown: output,
            lost: leading && self.skipping,
            order: Some(order),
        }))
    }
}

/// A picture parameter set with its number.
fn parameters(unit: &[u8]) -> Option<(u32, Parameters)> {
    let mut bits = Bits::new(unit, 2);
    let (id, sequence) = (bits.ue_to(63)?, bits.ue_to(15)?);
    bits.flag()?;
    let parameters = Parameters {
        sequence,
        output_flag: bits.flag()?,
        extra_bits: bits.take(3)?,
    };
    Some((id, parameters))
}

/// A sequence parameter set with its number.
fn sequence(unit: &[u8]) -> Option<(u32, Sequence)> {
    let mut bits = Bits::new(unit, 2);
    bits.skip(4)?;
    let layers = bits.take(3)?;
    bits.skip(1)?;
    let codec = profile(&mut bits, layers)?;
    let id = bits.ue_to(15)?;
    let chroma = bits.ue_to(3)?;
    let planes = chroma == 3 && bits.flag()?;
    let (mut width, mut height) = (bits.ue_to(0xFFFF)?, bits.ue_to(0xFFFF)?);
    if bits.flag()? {
        let (across, down) = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let edges = [bits.ue()?, bits.ue()?, bits.ue()?, bits.ue()?];
        let [left, right, top, bottom] = edges.map(|n| n.min(1 << 20));
        width = width.checked_sub((left + right) * across)?;
        height = height.checked_sub((top + bottom) * down)?;
    }
    bits.ue_to(8)?;
    bits.ue_to(8)?;
    let order_bits = bits.ue_to(12)? + 4;
    let described = Described {
        codec,
        width,
        height,
        colours: usability(&mut bits, layers, order_bits).unwrap_or_default(),
    };
    let sequence = Sequence {
        described,
        planes,
        order_bits,
    };
    Some((id, sequence))
}

/// The rest of a sequence parameter set, as far as what it says of colours.
fn usability(bits: &mut Bits, layers: u32, order_bits: u32) -> Option<Colours> {
    let each = if bits.flag()? { layers + 1 } else { 1 };
    for _ in 0..3 * each + 6 {
        bits.ue()?;
    }
    if bits.flag()? && bits.flag()? {
        scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        bits.ue()?;
        bits.ue()?;
        bits.skip(1)?;
    }
    reference_sets(bits)?;
    if bits.flag()? {
        for _ in 0..bits.ue_to(32)? {
            bits.skip(order_bits as usize + 1)?;
        }
    }
    bits.skip(2)?;
    if bits.flag()? {
        nal::colours(bits)
    } else {
        None
    }
}

/// scaling_list_data() (7.3.4): stepped over.
fn scaling_lists(bits: &mut Bits) -> Option<()> {
    for size in 0..4 {
        for _ in 0..if size == 3 { 2 } else { 6 } {
            if bits.flag()? {
                if size > 1 {
                    bits.se()?;
                }
                for _ in 0..(1 << (4 + 2 * size)).min(64) {
                    bits.se()?;
                }
            } else {
                bits.ue()?;
            }
        }
    }
    Some(())
}

/// The st_ref_pic_set() of a sequence (7.3.7): stepped over.
fn reference_sets(bits: &mut Bits) -> Option<()> {
    let mut pictures = 0_u32;
    for set in 0..bits.ue_to(64)? {
        if set > 0 && bits.flag()? {
            bits.flag()?;
            bits.ue()?;
            let mut kept = 0;
            for _ in 0..=pictures {
                // Used, or not used and yet kept.
                if bits.flag()? || bits.flag()? {
                    kept += 1;
                }
            }
            pictures = kept;
        } else {
            pictures = bits.ue_to(16)? + bits.ue_to(16)?;
            for _ in 0..pictures {
                bits.ue()?;
                bits.skip(1)?;
            }
        }
    }
    Some(())
}

/// profile_tier_level() (7.3.3), as the codecs parameter of ISO/IEC 14496-15 E.3 words it.
fn profile(bits: &mut Bits, layers: u32) -> Option<String> {
    let space = bits.take(2)?;
    let tier = bits.flag()?;
    let profile = bits.take(5)?;
    let compatible = bits.take(32)?.reverse_bits();
    let mut constraints = Vec::new();
    for _ in 0..6 {
        constraints.push(bits.take(8)?);
    }
    while constraints.last() == Some(&0) {
        constraints.pop();
    }
    let level = bits.take(8)?;
    let mut present = Vec::new();
    for _ in 0..layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers as usize))?;
    }
    for (profile, level) in present {
        bits.skip(88 * usize::from(profile) + 8 * usize::from(level))?;
    }
    let space = ["", "A", "B", "C"].get(space as usize)?;
    let tier = if tier { 'H' } else { 'L' };
    let constraints: Vec<_> = constraints.iter().map(|c| format!(".{c:X}")).collect();
    Some(format!(
        "hev1.{space}{profile}.{compatible:X}.{tier}{level}{}",
        constraints.concat()
    ))
}
