//! Any bytes as a JPEG frame: baseline, extended, spectral selection, full progression.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| negatoscope_fuzz::frame(&["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.55"], bytes));
