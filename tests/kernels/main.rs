//! The kernels against their definitions in float64 and int64 on random shapes, against onnx.reference byte by byte, and on shapes that
//! can't be.
#![cfg(feature = "model")]
#![allow(
    dead_code,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "definitions are written as their formulas are, and a helper of a test fails the test"
)]

mod cases;
mod definition;
mod reference;
mod refusals;

#[test]
fn kernels_are_their_definitions() {
    if let Err(text) = definition::all() {
        panic!("{text}");
    }
}
