//! What several targets share: a codestream as a frame whose attributes fit what its header says, so that the codec is reached.

use negatoscope::{
    base::Limits,
    codec::{self, Layout, Photometric, SampleKind},
};

/// (rows, columns, components, bits a sample), as a JPEG frame header (T.81 B.2.2; T.87 too) or a SIZ segment (T.800 A.5.1) says them.
fn size(bytes: &[u8]) -> Option<(u32, u32, u16, u16)> {
    let word = |at: usize| Some(u32::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)));
    let long = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let place = bytes.windows(2).position(|two| {
        two[0] == 0xFF && matches!(two[1], 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xF7 | 0x51)
    })?;
    if bytes[place + 1] == 0x51 {
        let rows = long(place + 10)?.checked_sub(long(place + 18)?)?;
        let columns = long(place + 6)?.checked_sub(long(place + 14)?)?;
        let bits = u16::from(*bytes.get(place + 40)? & 0x7F) + 1;
        return Some((rows, columns, word(place + 38)? as u16, bits));
    }
    let bits = u16::from(*bytes.get(place + 4)?);
    let parts = u16::from(*bytes.get(place + 9)?);
    Some((word(place + 5)?, word(place + 7)?, parts, bits))
}

/// Decodes `bytes` by one syntax of `uids`, which the last byte chooses. What comes back has as many values as it says.
pub fn frame(uids: &[&str], bytes: &[u8]) {
    let Some((&last, bytes)) = bytes.split_last() else {
        return;
    };
    let uid = uids[usize::from(last) % uids.len()];
    let (rows, columns, samples_per_pixel, bits) = size(bytes).unwrap_or((16, 16, 1, 8));
    let bits_stored = bits.clamp(1, 32);
    let layout = Layout {
        rows: rows.clamp(1, 4096),
        columns: columns.clamp(1, 4096),
        samples_per_pixel: if samples_per_pixel == 3 { 3 } else { 1 },
        bits_allocated: bits_stored.next_multiple_of(8).next_power_of_two(),
        bits_stored,
        high_bit: bits_stored - 1,
        kind: if last & 0x80 == 0 {
            SampleKind::Unsigned
        } else {
            SampleKind::Signed
        },
        planar: false,
        photometric: match samples_per_pixel {
            3 if last & 0x40 == 0 => Photometric::Rgb,
            3 => Photometric::YbrFull422,
            _ => Photometric::Monochrome2,
        },
    };
    let limits = Limits {
        frame_samples: 1 << 20,
        unpacked_bytes: 16 << 20,
        ..Limits::default()
    };
    if let Ok(decoded) = codec::decode(uid, bytes, &layout, &limits) {
        let samples = decoded.rows * decoded.columns * u32::from(decoded.samples_per_pixel);
        assert_eq!(decoded.values.len(), samples as usize);
    }
}
