//! Named bytes with random access: a dropped file, a path, an entry of an archive, a buffer.

use std::rc::Rc;

use super::{Code, Error, Result};

/// Codes of this room.
pub mod codes {
    use super::Code;
    /// The bytes could not be read.
    pub const UNREADABLE: Code = Code {
        id: "IO-001",
        cause: "The file could not be read",
        hint: "It may have been moved, or the medium may be damaged; drop it again",
    };
    /// Bytes were asked for that do not exist.
    pub const BEYOND_END: Code = Code {
        id: "IO-002",
        cause: "The file ends too early",
        hint: "It is incomplete; copy it again from its origin",
    };
    /// A defect that would be repaired, where none is tolerated.
    pub const STRICT: Code = Code {
        id: "IO-003",
        cause: "The file has a defect, and none is tolerated (strict)",
        hint: "Ask for a file without it, or read it without strict: then the defect is repaired and said",
    };
    /// All codes of byte sources.
    pub const ALL: &[&Code] = &[&UNREADABLE, &BEYOND_END, &STRICT];
}

/// Bytes with random access. Reading is synchronous; in the browser it happens in a worker.
pub trait ByteSource {
    /// Path relative to what the user dropped, with `/`. May identify a patient: for the screen only.
    fn name(&self) -> &str;
    /// Length in bytes.
    fn len(&self) -> u64;
    /// True when there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Fills `buffer` from `offset`, wholly or not at all.
    ///
    /// # Errors
    /// `IO-001` when reading fails, `IO-002` when the range goes beyond the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;
}

/// Reads `length` bytes from `offset`. The range is checked against the source before anything is allocated.
pub fn read_range(source: &dyn ByteSource, offset: u64, length: u64) -> Result<Vec<u8>> {
    let end = offset
        .checked_add(length)
        .filter(|&end| end <= source.len());
    let (Some(_), Ok(length)) = (end, usize::try_from(length)) else {
        return Err(Error::new(&codes::BEYOND_END)
            .expected(format!("{length} bytes at {offset}"))
            .found(source.len()));
    };
    let mut bytes = vec![0; length];
    source.read_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// Reads everything.
pub fn read_all(source: &dyn ByteSource) -> Result<Vec<u8>> {
    read_range(source, 0, source.len())
}

/// A buffer with a name.
#[derive(Debug, Clone)]
pub struct MemorySource {
    name: String,
    bytes: Rc<[u8]>,
}

impl MemorySource {
    /// Wraps a buffer.
    pub fn new(name: impl Into<String>, bytes: impl Into<Rc<[u8]>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
        }
    }
}

impl ByteSource for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let slice = usize::try_from(offset)
            .ok()
            .and_then(|start| Some(start..start.checked_add(buffer.len())?))
            .and_then(|range| self.bytes.get(range));
        match slice {
            Some(slice) => {
                buffer.copy_from_slice(slice);
                Ok(())
            }
            None => Err(Error::new(&codes::BEYOND_END).found(self.bytes.len())),
        }
    }
}

/// A part of another source under a name of its own: a stored (not compressed) entry of an archive.
#[derive(Clone)]
#[allow(
    missing_debug_implementations,
    reason = "a source has no useful Debug: its name may identify a patient"
)]
pub struct SubSource {
    name: String,
    inner: Rc<dyn ByteSource>,
    start: u64,
    length: u64,
}

impl SubSource {
    /// `length` bytes of `inner` from `start`.
    ///
    /// # Errors
    /// `IO-002` when the part goes beyond the end of the whole.
    pub fn new(
        name: impl Into<String>,
        inner: Rc<dyn ByteSource>,
        start: u64,
        length: u64,
    ) -> Result<Self> {
        match start.checked_add(length) {
            Some(end) if end <= inner.len() => Ok(Self {
                name: name.into(),
                inner,
                start,
                length,
            }),
            _ => Err(Error::new(&codes::BEYOND_END).found(inner.len())),
        }
    }
}

impl ByteSource for SubSource {
    fn name(&self) -> &str {
        &self.name
    }
    fn len(&self) -> u64 {
        self.length
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        match offset.checked_add(buffer.len() as u64) {
            Some(end) if end <= self.length => self.inner.read_at(self.start + offset, buffer),
            _ => Err(Error::new(&codes::BEYOND_END).found(self.length)),
        }
    }
}
