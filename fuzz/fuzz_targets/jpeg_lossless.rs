//! Any bytes as a lossless JPEG frame.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| negatoscope_fuzz::frame(&["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"], bytes));
