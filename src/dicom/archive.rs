//! A ZIP as many byte sources. Limits on entries, ratio and sum are checked before anything is unpacked.

use std::{
    io::{self, Read, Seek, SeekFrom},
    rc::Rc,
};

use super::codes;
use crate::base::{ByteSource, Error, Limits, MemorySource, Result, SubSource};

struct Reader(Rc<dyn ByteSource>, u64);

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = buffer
            .len()
            .min(usize::try_from(self.0.len().saturating_sub(self.1)).unwrap_or(usize::MAX));
        if let Some(part) = buffer.get_mut(..n) {
            self.0.read_at(self.1, part).map_err(io::Error::other)?;
        }
        self.1 += n as u64;
        Ok(n)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.0.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.1.checked_add_signed(by),
        };
        self.1 = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.1)
    }
}

/// The entries of a ZIP, or `None` when `source` is none. An entry that can't be had is an error of its own beside the others.
///
/// # Errors
/// `DCM-020` when the archive's directory can't be read, `DCM-022` when it exceeds a limit.
pub fn expand(source: &Rc<dyn ByteSource>, limits: &Limits) -> Result<Option<Vec<Entry>>> {
    let mut magic = [0; 4];
    if source.len() < 22 || source.read_at(0, &mut magic).is_err() || &magic[..2] != b"PK" {
        return Ok(None);
    }
    if !matches!(magic, [_, _, 3, 4] | [_, _, 5, 6]) {
        return Ok(None);
    }
    let mut archive = zip::ZipArchive::new(Reader(source.clone(), 0))
        .map_err(|_no_directory| Error::new(&codes::ZIP_BROKEN))?;
    if archive.len() > limits.archive_entries as usize {
        return Err(Error::new(&codes::ZIP_LIMIT)
            .expected(Limits::at_most("archive_entries", limits.archive_entries))
            .found(archive.len()));
    }
    let mut entries = Vec::new();
    let mut sum = 0_u64;
    for index in 0..archive.len() {
        let fail = |name: &str, code| entries_fail(source.name(), name, code);
        let entry = match archive.by_index_raw(index) {
            Ok(entry) => entry,
            Err(_unreadable) => {
                entries.push(fail(&format!("#{index}"), &codes::ZIP_BROKEN));
                continue;
            }
        };
        if entry.is_dir() {
            continue;
        }
        let Some(name) = entry
            .enclosed_name()
            .map(|n| n.to_string_lossy().replace('\\', "/"))
        else {
            entries.push(fail(&format!("#{index}"), &codes::ZIP_BROKEN));
            continue;
        };
        let (packed, size, encrypted, method) = (
            entry.compressed_size(),
            entry.size(),
            entry.encrypted(),
            entry.compression(),
        );
        let start = entry.data_start();
        drop(entry);
        if encrypted {
            entries.push(fail(&name, &codes::ZIP_LOCKED));
            continue;
        }
        sum = sum.saturating_add(size);
        let over = if sum > limits.unpacked_bytes {
            Some(("unpacked_bytes", limits.unpacked_bytes, sum))
        } else {
            let ratio = size / packed.max(1);
            (size > 1 << 20 && ratio > limits.archive_ratio).then_some((
                "archive_ratio",
                limits.archive_ratio,
                ratio,
            ))
        };
        if let Some((limit, most, found)) = over {
            let refusal = Error::new(&codes::ZIP_LIMIT)
                .expected(Limits::at_most(limit, most))
                .found(found);
            entries.push(Err((format!("{}/{name}", source.name()), refusal)));
            sum = sum.saturating_sub(size);
            continue;
        }
        let path = format!("{}/{name}", source.name());
        entries.push(match method {
            zip::CompressionMethod::Stored => {
                match SubSource::new(path.clone(), source.clone(), start, packed) {
                    Ok(part) => Ok(Rc::new(part) as Rc<dyn ByteSource>),
                    Err(e) => Err((path, e)),
                }
            }
            zip::CompressionMethod::Deflated => {
                let mut bytes = Vec::new();
                // One byte more than declared is enough to see that the declaration lies.
                let read = archive
                    .by_index(index)
                    .map_err(io::Error::other)
                    .and_then(|e| e.take(size + 1).read_to_end(&mut bytes));
                match read {
                    Ok(n) if n as u64 == size => {
                        Ok(Rc::new(MemorySource::new(path, bytes)) as Rc<dyn ByteSource>)
                    }
                    _ => Err((path, Error::new(&codes::ZIP_BROKEN))),
                }
            }
            _ => Err((path, Error::new(&codes::ZIP_METHOD))),
        });
    }
    Ok(Some(entries))
}

/// An entry, or its name and why it can't be had.
pub type Entry = Result<Rc<dyn ByteSource>, (String, Error)>;

fn entries_fail(archive: &str, name: &str, code: &'static crate::base::Code) -> Entry {
    Err((format!("{archive}/{name}"), Error::new(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing: the time of an entry (APPNOTE 4.5, "UT") without a byte in it.
    #[test]
    fn an_empty_time_field_is_no_panic() {
        let name = b"a.dcm";
        let extra = [b'U', b'T', 0, 0];
        let lengths = [name.len() as u8, 0, extra.len() as u8, 0];
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend([[0; 4], 4_u32.to_le_bytes(), 4_u32.to_le_bytes()].concat());
        bytes.extend(lengths);
        bytes.extend([&name[..], &extra, b"DICM"].concat());
        let directory = bytes.len() as u32;
        bytes.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
        bytes.extend([[0; 4], 4_u32.to_le_bytes(), 4_u32.to_le_bytes()].concat());
        bytes.extend(lengths);
        bytes.extend([0; 14]);
        bytes.extend([&name[..], &extra].concat());
        let long = bytes.len() as u32 - directory;
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        bytes.extend([long.to_le_bytes(), directory.to_le_bytes()].concat());
        bytes.extend([0, 0]);
        let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("a.zip", &bytes[..]));
        let refused = expand(&source, &Limits::default()).err();
        assert_eq!(refused.map(|e| e.code().id), Some("DCM-020"));
    }
}
