//! Big-endian numbers and marker segments.

use super::Fault;

/// Numbers from a place on.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn damaged(&self, what: &'static str) -> Fault {
        Fault::Damaged { at: self.at, what }
    }
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.saturating_add(n);
        let taken = self
            .bytes
            .get(self.at..end)
            .ok_or_else(|| self.damaged("the codestream ends"))?;
        self.at = end;
        Ok(taken)
    }
    pub(super) fn number(&mut self, n: usize) -> Result<u32, Fault> {
        Ok(self.take(n)?.iter().fold(0, |v, &b| v << 8 | u32::from(b)))
    }
    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.number(1)? as u8)
    }
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}

/// The contents of a marker segment, whose marker was read.
pub(super) fn segment<'a>(r: &mut Reader<'a>) -> Result<Reader<'a>, Fault> {
    let length = r.number(2)? as usize;
    let start = r.at;
    let Some(length) = length.checked_sub(2) else {
        return Err(r.damaged("a marker segment's length"));
    };
    r.take(length)?;
    Ok(Reader {
        bytes: r.bytes.get(..r.at).unwrap_or_default(),
        at: start,
    })
}
