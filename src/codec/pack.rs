//! From raw integers to [`Stored`]: the bits of Bits Stored below High Bit, sign-extended.

use super::{Layout, SampleKind, Stored};

/// Container values (unsigned, `bits_allocated` wide) → stored values in the narrowest type that Bits Allocated names: masked to Bits Stored
/// and sign-extended. Shifts alone, so that the loops run on vectors; pass a borrowing iterator, as
/// collecting an owning one in its own place does not.
pub(super) fn pack(layout: &Layout, values: impl Iterator<Item = u32>) -> Stored {
    let bits = u32::from(layout.bits_stored).clamp(1, 32);
    let low = u32::from((layout.high_bit + 1).saturating_sub(layout.bits_stored)).min(32 - bits);
    // The stored bits go to the top of the word, and back down: with the sign, or with zeros.
    let (up, down) = (32 - bits - low, 32 - bits);
    let unsigned = |v: u32| v << up >> down;
    let signed = |v: u32| (v << up).cast_signed() >> down;
    match (layout.bits_allocated, layout.kind == SampleKind::Signed) {
        (..=8, false) => Stored::U8(values.map(|v| unsigned(v) as u8).collect()),
        (..=8, true) => Stored::I8(values.map(|v| signed(v) as i8).collect()),
        (9..=16, false) => Stored::U16(values.map(|v| unsigned(v) as u16).collect()),
        (9..=16, true) => Stored::I16(values.map(|v| signed(v) as i16).collect()),
        (_, false) => Stored::U32(values.map(unsigned).collect()),
        (_, true) => Stored::I32(values.map(signed).collect()),
    }
}

/// The layout with sample bits at the bottom: what codestreams give.
pub(super) fn low(layout: &Layout, signed: bool) -> Layout {
    Layout {
        high_bit: layout.bits_stored.saturating_sub(1),
        kind: if signed {
            SampleKind::Signed
        } else {
            SampleKind::Unsigned
        },
        ..layout.clone()
    }
}

/// What lossy samples beyond the range of Bits Stored become: the end of the range, as cutting their upper bits off would turn white into
/// black. Takes and gives numbers, signed or not as the layout (of [`low`]) says.
pub(super) fn within(layout: &Layout) -> impl Fn(i32) -> u32 + use<> {
    let bits = u32::from(layout.bits_stored).clamp(1, 31);
    let (least, most) = if layout.kind == SampleKind::Signed {
        (-1 << (bits - 1), (1 << (bits - 1)) - 1)
    } else {
        (0, i32::MAX >> (31 - bits))
    };
    move |value| value.clamp(least, most).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Photometric;

    #[test]
    fn values_beyond_the_range_are_its_ends() {
        let layout = |kind, bits_stored| Layout {
            rows: 1,
            columns: 1,
            samples_per_pixel: 1,
            bits_allocated: 16,
            bits_stored,
            high_bit: bits_stored - 1,
            kind,
            planar: false,
            photometric: Photometric::Monochrome2,
        };
        let through = |layout: &Layout, value| {
            let within = within(layout);
            pack(layout, std::iter::once(within(value)))
        };
        let unsigned = layout(SampleKind::Unsigned, 12);
        assert_eq!(through(&unsigned, 4097), Stored::U16(vec![4095]));
        assert_eq!(through(&unsigned, -1), Stored::U16(vec![0]));
        assert_eq!(through(&unsigned, 17), Stored::U16(vec![17]));
        let signed = layout(SampleKind::Signed, 12);
        assert_eq!(through(&signed, 2050), Stored::I16(vec![2047]));
        assert_eq!(through(&signed, -3000), Stored::I16(vec![-2048]));
        let whole = layout(SampleKind::Unsigned, 16);
        assert_eq!(through(&whole, 65_535), Stored::U16(vec![65_535]));
    }
}
