//! Any bytes as a frame: the first eight choose the transfer syntax and the layout.
#![no_main]

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::Limits,
    codec::{self, Layout, Photometric, SampleKind},
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[syntax, rows, columns, samples, bits, stored, kind, colour], frame)) =
        bytes.split_first_chunk::<8>()
    else {
        return;
    };
    let all: Vec<_> = codec::supported().filter(|e| e.is_decoded()).collect();
    let entry = &all[usize::from(syntax) % all.len()];
    let bits_allocated = [1, 8, 16, 32][usize::from(bits % 4)];
    let bits_stored = u16::from(stored) % bits_allocated + 1;
    let terms = [
        Photometric::Monochrome2,
        Photometric::Rgb,
        Photometric::YbrFull,
        Photometric::YbrFull422,
        Photometric::YbrPartial422,
    ];
    let layout = Layout {
        rows: u32::from(rows) + 1,
        columns: u32::from(columns) + 1,
        samples_per_pixel: if samples % 2 == 0 { 1 } else { 3 },
        bits_allocated,
        bits_stored,
        high_bit: bits_stored - 1,
        kind: if kind % 2 == 0 {
            SampleKind::Unsigned
        } else {
            SampleKind::Signed
        },
        planar: kind & 2 != 0,
        photometric: terms[usize::from(colour) % terms.len()],
    };
    if let Ok(decoded) = codec::decode(entry.uid, frame, &layout, &Limits::default()) {
        let samples = decoded.rows * decoded.columns * u32::from(decoded.samples_per_pixel);
        assert_eq!(decoded.values.len(), samples as usize);
    }
});
