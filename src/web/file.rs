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
    /// The first bytes, where they were fetched ahead.
    head: RefCell<Vec<u8>>,
}

impl FileSource {
    pub(crate) fn new(name: String, file: web_sys::File, head: Vec<u8>) -> Self {
        Self {
            name,
            file,
            head: RefCell::new(head),
        }
    }

    /// Gives the memory of the first bytes back: the head is read.
    pub(crate) fn forget_head(&self) {
        self.head.take();
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
        if let Some(there) = usize::try_from(offset).ok().and_then(|from| {
            self.head
                .borrow()
                .get(from..end as usize)
                .map(<[u8]>::to_vec)
        }) {
            buffer.copy_from_slice(&there);
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
