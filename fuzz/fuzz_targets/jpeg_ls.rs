//! Any bytes as a JPEG-LS frame.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| negatoscope_fuzz::frame(&["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"], bytes));
