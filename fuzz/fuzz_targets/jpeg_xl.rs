//! Any bytes as a JPEG XL frame.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| negatoscope_fuzz::frame(&["1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111"], bytes));
