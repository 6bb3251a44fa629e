//! From raw integers to [`Stored`]: the bits of Bits Stored below High Bit, sign-extended.

use super::{Layout, SampleKind, Stored};

/// Masks to Bits Stored and sign-extends. `value` holds the container's bits.
#[inline]
fn extend(value: u32, shift: u32, bits: u32, signed: bool) -> i64 {
    let value = value >> shift;
    let value = if bits >= 32 {
        value
    } else {
        value & ((1 << bits) - 1)
    };
    if signed && bits > 0 && bits <= 32 && value >> (bits - 1) & 1 == 1 {
        i64::from(value) - (1_i64 << bits)
    } else {
        i64::from(value)
    }
}

/// Container values (unsigned, `bits_allocated` wide) → stored values in the narrowest type that Bits Allocated names.
pub(super) fn pack(layout: &Layout, values: impl Iterator<Item = u32>) -> Stored {
    let bits = u32::from(layout.bits_stored);
    let shift = u32::from((layout.high_bit + 1).saturating_sub(layout.bits_stored));
    let signed = layout.kind == SampleKind::Signed;
    let values = values.map(|v| extend(v, shift, bits, signed));
    match (layout.bits_allocated, signed) {
        (..=8, false) => Stored::U8(values.map(|v| v as u8).collect()),
        (..=8, true) => Stored::I8(values.map(|v| v as i8).collect()),
        (9..=16, false) => Stored::U16(values.map(|v| v as u16).collect()),
        (9..=16, true) => Stored::I16(values.map(|v| v as i16).collect()),
        (_, false) => Stored::U32(values.map(|v| v as u32).collect()),
        (_, true) => Stored::I32(values.map(|v| v as i32).collect()),
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
