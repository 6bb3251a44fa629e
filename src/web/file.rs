//! A dropped file as a byte source. Reads are synchronous: this runs in a worker only.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;

use crate::base::{ByteSource, Error, Result, source_codes};

/// Codes of this door.
pub(crate) mod codes {
    use crate::base::Code;
    /// Something was asked for that is not open (any more).
    pub(crate) const NOT_OPEN: Code = Code {
        id: "IO-091",
        cause: "That picture is not open",
        hint: "Choose a series again",
    };
}

/// A `File` with its path relative to what was dropped.
pub(crate) struct FileSource {
    name: String,
    file: web_sys::File,
    /// Bytes that were fetched ahead, and where they lie.
    ahead: RefCell<(u64, Vec<u8>)>,
}

impl FileSource {
    pub(crate) fn new(name: String, file: web_sys::File, head: Vec<u8>) -> Self {
        Self {
            name,
            file,
            ahead: RefCell::new((0, head)),
        }
    }

    /// The file itself, for whoever can wait for its bytes.
    pub(crate) fn file(&self) -> &web_sys::File {
        &self.file
    }
    /// Takes bytes from `from` that were fetched ahead.
    pub(crate) fn put_ahead(&self, from: u64, bytes: Vec<u8>) {
        self.ahead.replace((from, bytes));
    }
    /// Gives the memory of what was fetched ahead back.
    pub(crate) fn forget_ahead(&self) {
        self.ahead.take();
    }
    /// Fills the buffer from what was fetched ahead; false when it is not there.
    fn fill_ahead(&self, offset: u64, buffer: &mut [u8]) -> bool {
        let ahead = self.ahead.borrow();
        let there = offset
            .checked_sub(ahead.0)
            .and_then(|from| usize::try_from(from).ok())
            .and_then(|from| ahead.1.get(from..from.checked_add(buffer.len())?));
        if let Some(there) = there {
            buffer.copy_from_slice(there);
        }
        there.is_some()
    }
}

impl ByteSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }
    fn len(&self) -> u64 {
        self.file.size() as u64
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset + buffer.len() as u64;
        if end > self.len() {
            return Err(Error::new(&source_codes::BEYOND_END).found(self.len()));
        }
        if self.fill_ahead(offset, buffer) {
            return Ok(());
        }
        let unreadable = |_| Error::new(&source_codes::UNREADABLE);
        let part = self
            .file
            .slice_with_f64_and_f64(offset as f64, end as f64)
            .map_err(unreadable)?;
        let reader = web_sys::FileReaderSync::new().map_err(unreadable)?;
        let bytes = reader.read_as_array_buffer(&part).map_err(unreadable)?;
        let bytes = Uint8Array::new(bytes.unchecked_ref());
        if bytes.length() as usize != buffer.len() {
            return Err(Error::new(&source_codes::UNREADABLE));
        }
        bytes.copy_to(buffer);
        Ok(())
    }
}
