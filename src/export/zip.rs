//! A ZIP archive that is written as a stream: entries stored as they are, their sums known beforehand, ZIP64 where it takes it.
//!
//! No times are written: an archive says nothing about when it was made.

/// CRC-32 (ISO 3309) of bytes that come piece by piece.
#[derive(Debug, Clone, Copy)]
pub struct Crc(u32);

impl Default for Crc {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc {
    /// Takes more bytes.
    #[allow(clippy::indexing_slicing, reason = "the index is a byte")]
    pub fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = TABLE[usize::from(self.0 as u8 ^ byte)] ^ self.0 >> 8;
        }
    }

    /// The sum.
    pub fn sum(self) -> u32 {
        !self.0
    }
}

static TABLE: [u32; 256] = table();

#[allow(clippy::indexing_slicing, reason = "the loop runs over the size")]
const fn table() -> [u32; 256] {
    let mut all = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut sum, mut bit) = (n as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 {
                0xEDB8_8320 ^ sum >> 1
            } else {
                sum >> 1
            };
            bit += 1;
        }
        all[n] = sum;
        n += 1;
    }
    all
}

#[derive(Debug)]
struct Entry {
    name: String,
    crc: u32,
    size: u64,
    at: u64,
}

/// An archive under construction.
#[derive(Debug, Default)]
pub struct Zip {
    entries: Vec<Entry>,
    offset: u64,
}

const FULL: u64 = 0xFFFF_FFFF;
/// 1980-01-01 00:00: the earliest that the format can say.
const NO_TIME: [u8; 4] = [0, 0, 0x21, 0];

impl Zip {
    /// What stands before the `size` bytes of an entry.
    pub fn entry(&mut self, name: &str, crc: u32, size: u64) -> Vec<u8> {
        let large = size >= FULL;
        let mut out = b"PK\x03\x04".to_vec();
        out.extend([if large { 45 } else { 20 }, 0, 0, 8, 0, 0]);
        out.extend(NO_TIME);
        out.extend(crc.to_le_bytes());
        let short = size.min(FULL) as u32;
        out.extend(short.to_le_bytes());
        out.extend(short.to_le_bytes());
        out.extend((name.len() as u16).to_le_bytes());
        out.extend(if large { [20, 0] } else { [0, 0] });
        out.extend(name.bytes());
        if large {
            out.extend([1, 0, 16, 0]);
            out.extend(size.to_le_bytes());
            out.extend(size.to_le_bytes());
        }
        self.entries.push(Entry {
            name: name.to_owned(),
            crc,
            size,
            at: self.offset,
        });
        self.offset += out.len() as u64 + size;
        out
    }

    /// What stands at the end.
    pub fn finish(self) -> Vec<u8> {
        let mut out = vec![];
        for Entry {
            name,
            crc,
            size,
            at,
        } in &self.entries
        {
            let mut extra = vec![];
            if *size >= FULL {
                extra.extend(size.to_le_bytes());
                extra.extend(size.to_le_bytes());
            }
            if *at >= FULL {
                extra.extend(at.to_le_bytes());
            }
            let version = if extra.is_empty() { 20 } else { 45 };
            out.extend(b"PK\x01\x02");
            out.extend([version, 0, version, 0, 0, 8, 0, 0]);
            out.extend(NO_TIME);
            out.extend(crc.to_le_bytes());
            let short = (*size).min(FULL) as u32;
            out.extend(short.to_le_bytes());
            out.extend(short.to_le_bytes());
            out.extend((name.len() as u16).to_le_bytes());
            let length = if extra.is_empty() { 0 } else { extra.len() + 4 };
            out.extend((length as u16).to_le_bytes());
            out.extend([0; 10]);
            out.extend(((*at).min(FULL) as u32).to_le_bytes());
            out.extend(name.bytes());
            if !extra.is_empty() {
                out.extend([1, 0]);
                out.extend((extra.len() as u16).to_le_bytes());
                out.extend(extra);
            }
        }
        let (count, size) = (self.entries.len() as u64, out.len() as u64);
        if count >= 0xFFFF || self.offset >= FULL || size >= FULL {
            let place = self.offset + size;
            out.extend(b"PK\x06\x06");
            out.extend(44_u64.to_le_bytes());
            out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [count, count, size, self.offset] {
                out.extend(number.to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(place.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
        }
        out.extend(b"PK\x05\x06\0\0\0\0");
        let short = count.min(0xFFFF) as u16;
        out.extend(short.to_le_bytes());
        out.extend(short.to_le_bytes());
        out.extend((size.min(FULL) as u32).to_le_bytes());
        out.extend((self.offset.min(FULL) as u32).to_le_bytes());
        out.extend([0, 0]);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        base::{ByteSource, Limits, MemorySource, read_all},
        dicom::archive,
    };

    #[test]
    fn entries_come_back() {
        let mut crc = Crc::default();
        crc.take(b"1234");
        crc.take(b"56789");
        assert_eq!(crc.sum(), 0xCBF4_3926, "the check value of CRC-32");
        let mut zip = Zip::default();
        let mut all = vec![];
        for (name, bytes) in [("a/é.dcm", &b"123456789"[..]), ("b", b"")] {
            let mut crc = Crc::default();
            crc.take(bytes);
            all.extend(zip.entry(name, crc.sum(), bytes.len() as u64));
            all.extend(bytes);
        }
        all.extend(zip.finish());
        let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("z", all));
        let entries = archive::expand(&source, &Limits::default())
            .unwrap()
            .unwrap();
        let found: Vec<_> = entries.into_iter().map(|e| e.unwrap()).collect();
        assert_eq!(
            found.iter().map(|e| e.name()).collect::<Vec<_>>(),
            ["z/a/é.dcm", "z/b"]
        );
        assert_eq!(read_all(found[0].as_ref()).unwrap(), b"123456789");
    }

    #[test]
    fn large_archives_use_the_larger_fields() {
        let mut zip = Zip::default();
        let first = zip.entry("large", 1, 5 << 30);
        assert!(first.ends_with(&(5_u64 << 30).to_le_bytes()));
        zip.entry("behind", 2, 7);
        let end = zip.finish();
        let has = |what: &[u8]| end.windows(what.len()).any(|w| w == what);
        assert!(has(b"PK\x06\x06") && has(b"PK\x06\x07"));
        assert!(
            has(&((5_u64 << 30) + first.len() as u64).to_le_bytes()),
            "where the second lies"
        );
    }
}
