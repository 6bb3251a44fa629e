//! Any bytes as a JPEG 2000 or HTJ2K frame.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| negatoscope_fuzz::frame(&["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.202"], bytes));
