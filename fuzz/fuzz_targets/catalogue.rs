//! Several files in one input, as a folder is dropped: DICOMDIR, images, states. The order in which they come changes nothing that is counted.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    study::Catalogue,
};

/// What a catalogue of these files counts: studies, instances.
fn counts<'a>(files: impl Iterator<Item = &'a [u8]>) -> (usize, usize) {
    let limits = Limits {
        frame_samples: 1 << 18,
        unpacked_bytes: 4 << 20,
        ..Limits::default()
    };
    let mut catalogue = Catalogue::default();
    for (number, bytes) in files.enumerate() {
        let name = format!("fuzz{number}");
        let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new(&name, bytes));
        catalogue.add(&source, &limits);
    }
    catalogue.arrange();
    let _ = catalogue.report();
    (catalogue.studies.len(), catalogue.instances.len())
}

fuzz_target!(|bytes: &[u8]| {
    // Files are apart at each preamble's magic, of which the first is left where it is.
    let mut cuts: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|&(at, four)| four == b"DICM" && at >= 128)
        .map(|(at, _)| at - 128)
        .take(8)
        .collect();
    cuts.retain(|&at| at > 0);
    cuts.dedup();
    let mut files = vec![];
    let mut from = 0;
    for to in cuts.into_iter().chain([bytes.len()]) {
        if to > from {
            files.push(&bytes[from..to]);
            from = to;
        }
    }
    let forward = counts(files.iter().copied());
    let backward = counts(files.iter().rev().copied());
    assert_eq!(forward, backward);
});
