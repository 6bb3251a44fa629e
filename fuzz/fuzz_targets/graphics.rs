//! Two files in one input, an image and what may be a presentation state about it: planes, shutter, quantities, the state, its drawings.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    dicom::Instance,
    study::planes,
    tone::{presentation, quantity, shutter::Shutter},
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[low, high], rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let at = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
    let (image, state) = rest.split_at(at);
    let limits = Limits {
        frame_samples: 1 << 18,
        unpacked_bytes: 1 << 22,
        ..Limits::default()
    };
    let read = |bytes: &[u8]| {
        let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("fuzz", bytes));
        Instance::read(&source, &limits)
    };
    let Ok(image) = read(image) else { return };
    let _ = planes::of(&image, 0, &limits);
    let _ = Shutter::of(&image, 0).map(|shutter| shutter.shows(1, 1));
    for quantity in quantity::of(&image, 0, None).0 {
        let _ = quantity.value(1.0, 1.0);
    }
    let Ok(state) = read(state) else { return };
    if let Some((state, _)) = presentation::of(&state, &image, 0) {
        let _ = state.drawings_on((3, 2));
    }
});
