//! Any bytes as something dropped: an archive is unpacked, everything is arranged and reported.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    study::Catalogue,
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        frame_samples: 1 << 20,
        unpacked_bytes: 16 << 20,
        ..Limits::default()
    };
    let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("fuzz", bytes));
    let mut catalogue = Catalogue::default();
    catalogue.add(&source, &limits);
    catalogue.arrange();
    let _ = catalogue.report();
});
