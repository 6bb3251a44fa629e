//! Small instances for the tests of this room: data sets in implicit VR, little-endian.
#![allow(
    clippy::unwrap_used,
    clippy::assigning_clones,
    reason = "a helper of tests fails the test, and is not in a hurry"
)]

use std::rc::Rc;

use crate::{
    base::{Limits, MemorySource},
    dicom::Instance,
};

/// Implicit VR Little Endian.
pub(super) const IMPLICIT: &str = "1.2.840.10008.1.2";

pub(super) fn element(tag: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    if body.len() % 2 == 1 {
        body.push(0);
    }
    let mut bytes = ((tag >> 16) as u16).to_le_bytes().to_vec();
    bytes.extend((tag as u16).to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// The instance of elements that are in order. `syntax`: what it is said to be written in afterwards, however that is compressed.
pub(super) fn instance(syntax: &str, elements: &[Vec<u8>]) -> Instance {
    let mut file = vec![0; 128];
    let mut named = IMPLICIT.as_bytes().to_vec();
    named.resize(named.len().next_multiple_of(2), 0);
    file.extend(b"DICM\x02\x00\x10\x00UI");
    file.extend((named.len() as u16).to_le_bytes());
    file.extend(named);
    file.extend(elements.concat());
    let source = Rc::new(MemorySource::new("made", file));
    let mut read = Instance::read(&(source as _), &Limits::default()).expect("a data set in order");
    syntax.clone_into(&mut read.transfer_syntax);
    read
}
