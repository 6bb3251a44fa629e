//! MP4 files (ISO/IEC 14496-12, -15): the video track's samples by its tables, as an elementary stream.

use super::nal;

/// What stands in the way of a stream's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A table is missing or contradicts the file.
    Damaged(&'static str),
    /// A form of the file that is not read.
    Kind(&'static str),
    /// The stream would have so many bytes, which are too many.
    Large(u64),
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk::<2>()?;
    Some(usize::from(u16::from_be_bytes(*word)))
}
fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*word)).ok()
}
fn be64(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk::<8>()?;
    usize::try_from(u64::from_be_bytes(*word)).ok()
}

/// The boxes of a container, in order: type and contents (14496-12 4.2). A last box may be cut.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let kind = rest.get(4..8)?;
        let (head, length) = match be32(rest, 0)? {
            0 => (8, rest.len()),
            1 => (16, be64(rest, 8)?),
            length => (8, length),
        };
        let end = length.min(rest.len());
        let body = rest.get(head..end)?;
        rest = rest.get(end..)?;
        Some((kind, body))
    })
}

fn inner<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, wanted| {
        boxes(bytes)
            .find(|(kind, _)| kind == wanted)
            .map(|(_, body)| body)
    })
}

/// True for what begins like an MP4 or QuickTime file.
pub(super) fn is(bytes: &[u8]) -> bool {
    let kind = bytes.get(4..8);
    [b"ftyp", b"moov", b"mdat", b"wide", b"styp"]
        .iter()
        .any(|known| kind == Some(*known))
}

/// How the units of a track's samples are kept (14496-15).
struct Entry {
    /// Bytes of the length before each unit.
    length_bytes: usize,
    /// Parameter sets, behind start codes.
    sets: Vec<u8>,
}

/// Units that stand behind 16-bit lengths.
fn sets(bytes: &[u8], mut at: usize, count: usize, out: &mut Vec<u8>) -> Option<usize> {
    for _ in 0..count {
        let length = be16(bytes, at)?;
        nal::put(out, bytes.get(at + 2..at + 2 + length)?);
        at += 2 + length;
    }
    Some(at)
}

/// AVCDecoderConfigurationRecord (14496-15 5.3.3.1).
fn avc(record: &[u8]) -> Option<Entry> {
    let mut out = Vec::new();
    let at = sets(record, 6, usize::from(record.get(5)? & 31), &mut out)?;
    sets(record, at + 1, usize::from(*record.get(at)?), &mut out)?;
    let length_bytes = usize::from(record.get(4)? & 3) + 1;
    let sets = out;
    Some(Entry { length_bytes, sets })
}

/// HEVCDecoderConfigurationRecord (14496-15 8.3.3.1).
fn hevc(record: &[u8]) -> Option<Entry> {
    let (mut out, mut at) = (Vec::new(), 23);
    for _ in 0..*record.get(22)? {
        at = sets(record, at + 3, be16(record, at + 1)?, &mut out)?;
    }
    let length_bytes = usize::from(record.get(21)? & 3) + 1;
    let sets = out;
    Some(Entry { length_bytes, sets })
}

/// The sample entry of a track, when it is of a video that is read here (14496-12 8.5.2, 12.1.3).
fn entry(table: &[u8]) -> Option<Entry> {
    let descriptions = inner(table, &[b"stsd"])?.get(8..)?;
    let (kind, body) = boxes(descriptions).next()?;
    let extensions = body.get(78..)?;
    match kind {
        b"avc1" | b"avc3" => avc(inner(extensions, &[b"avcC"])?),
        b"hvc1" | b"hev1" => hevc(inner(extensions, &[b"hvcC"])?),
        _ => None,
    }
}

/// The elementary stream of the first track of H.264 or HEVC, its parameter sets first; of at most `most` bytes.
pub(super) fn elementary(file: &[u8], most: u64) -> Result<Vec<u8>, Fault> {
    if boxes(file).any(|(kind, _)| kind == b"moof") {
        return Err(Fault::Kind("a fragmented MP4 file"));
    }
    let movie = inner(file, &[b"moov"]).ok_or(Fault::Damaged("moov"))?;
    let (table, entry) = boxes(movie)
        .filter(|(kind, _)| kind == b"trak")
        .filter_map(|(_, track)| inner(track, &[b"mdia", b"minf", b"stbl"]))
        .find_map(|table| Some((table, entry(table)?)))
        .ok_or(Fault::Kind("an MP4 file without H.264 or HEVC"))?;
    // Short lengths become long start codes: the stream may be larger than the file, and its memory is taken once.
    let mut bytes = entry.sets.len() as u64;
    let walk = |each: &mut dyn FnMut(&[u8])| {
        samples(file, table, entry.length_bytes, each).ok_or(Fault::Damaged("stbl"))
    };
    walk(&mut |unit| bytes += nal::START_CODE.len() as u64 + unit.len() as u64)?;
    if bytes > most {
        return Err(Fault::Large(bytes));
    }
    let mut out = Vec::new();
    let room = usize::try_from(bytes).ok();
    room.and_then(|room| out.try_reserve_exact(room).ok())
        .ok_or(Fault::Large(bytes))?;
    out.extend(&entry.sets);
    walk(&mut |unit| nal::put(&mut out, unit))?;
    Ok(out)
}

/// Walks the samples' units by chunk (14496-12 8.7.2 to 8.7.5). `None`: the tables contradict each other or the file. Samples behind the end of a
/// file that was cut are left out.
fn samples(
    file: &[u8],
    table: &[u8],
    length_bytes: usize,
    each: &mut dyn FnMut(&[u8]),
) -> Option<()> {
    let sizes = inner(table, &[b"stsz"])?;
    let (one_size, count) = (be32(sizes, 4)?, be32(sizes, 8)?);
    let runs = inner(table, &[b"stsc"])?;
    let run = |at: usize| Some((be32(runs, 8 + 12 * at)?, be32(runs, 12 + 12 * at)?));
    let (chunks, wide) = match inner(table, &[b"stco"]) {
        Some(chunks) => (chunks, false),
        None => (inner(table, &[b"co64"])?, true),
    };
    let (mut sample, mut at_run, mut taken) = (0, 0, 0_usize);
    for chunk in 0..be32(chunks, 4)? {
        let mut offset = if wide {
            be64(chunks, 8 + 8 * chunk)?
        } else {
            be32(chunks, 8 + 4 * chunk)?
        };
        while at_run + 1 < be32(runs, 4)? && run(at_run + 1)?.0 <= chunk + 1 {
            at_run += 1;
        }
        for _ in 0..run(at_run)?.1 {
            if sample == count {
                return Some(());
            }
            let size = match one_size {
                0 => be32(sizes, 12 + 4 * sample)?,
                size => size,
            };
            sample += 1;
            // Samples share no bytes, so all of them are no more than the file: nothing is written twice.
            taken = taken.checked_add(size.max(1))?;
            if taken > file.len() {
                return None;
            }
            let end = offset.checked_add(size)?;
            let Some(bytes) = file.get(offset..end) else {
                return Some(());
            };
            offset = end;
            units(bytes, length_bytes, each);
        }
    }
    Some(())
}

/// The units of a sample. A length beyond the sample ends it.
fn units(mut sample: &[u8], length_bytes: usize, each: &mut dyn FnMut(&[u8])) {
    while let Some((length, rest)) = sample.split_at_checked(length_bytes) {
        let length = length.iter().fold(0, |n, &b| n << 8 | usize::from(b));
        let Some((unit, rest)) = rest.split_at_checked(length) else {
            return;
        };
        if !unit.is_empty() {
            each(unit);
        }
        sample = rest;
        if sample.is_empty() {
            return;
        }
    }
}
