//! Two files in one input, an image and what may be a presentation state about it: planes, shutters, quantities, subtraction, the state,
//! its drawings.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    dicom::Instance,
    study::planes,
    tone::{Frame, Grey, icc, presentation, quantity, shutter::Shutter, subtraction::Subtraction},
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
    let (columns, rows) = (3, 2);
    let grey = |frame: u32| Grey {
        columns,
        rows,
        values: vec![frame as f32; columns * rows],
    };
    let close = |shutter: &Shutter| shutter.close(&mut Frame::Grey(grey(0)), &mut None);
    let subtract = |own: &Subtraction| own.apply(|frame| Ok(grey(frame)));
    let _ = Shutter::of(&image, 0).as_ref().map(close);
    let _ = Subtraction::of(&image, 0).as_ref().map(subtract);
    let _ = icc::remarks(std::slice::from_ref(&image));
    for quantity in quantity::of(&image, 0, None).0 {
        let _ = quantity.value(1.0, 1.0);
    }
    let Ok(state) = read(state) else { return };
    if let Some((says, _)) = presentation::of(&state, &image, 0) {
        let _ = says.drawings_on((columns, rows));
        let own = (says.image_planes, &state, says.own_planes);
        let _ = planes::by_state(&image, own, 0, &limits);
        let hiding = |group| planes::hiding(&state, &image, group, 0, &limits);
        let _ = says.shutter.as_ref().map(|s| close(&s.with_bitmap(hiding)));
        let _ = says.subtraction.as_deref().map(subtract);
    }
});
