//! Any bytes as a file: read, listed, laid out, its first frame decoded and graded.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    dicom::{Instance, json, tags},
    study::{pixels, region, spacing},
    tone::{grading::Grading, quantity},
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        frame_samples: 1 << 20,
        unpacked_bytes: 16 << 20,
        ..Limits::default()
    };
    let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("fuzz", bytes));
    let Ok(instance) = Instance::read(&source, &limits) else {
        return;
    };
    let _ = tags::list(&instance);
    let _ = json::dicom_json(&instance).to_string();
    let _ = (spacing::of(&instance, 0), region::of(&instance));
    let _ = quantity::of(&instance, 0, None);
    if let Ok(decoded) = pixels::decode(&instance, 0, &limits) {
        let _ = Grading::of(&instance, 0).0.apply(&decoded);
    }
});
