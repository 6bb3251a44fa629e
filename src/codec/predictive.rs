//! JPEG by prediction (ITU-T T.81 H, process 14): 2 to 16 bits, every predictor, point transforms, restart intervals, components together
//! or in scans of their own. Huffman coded.
//!
//! Knows nothing of DICOM. Gives components as the stream holds them. Damage costs the rest of its restart interval: such lines are at half
//! of the range, and [`Image::notes`] say so.

use std::ops::Range;

use super::dct::{
    Fault, Kind, Note,
    bits::{Bits, marker, segment},
    huffman::Table,
    intervals::intervals,
    lines,
};

/// A decoded picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: usize,
    /// Row by row, components interleaved.
    pub(super) samples: Vec<u16>,
    /// What had to be tolerated, each once.
    pub(super) notes: Vec<Note>,
}

/// What was read so far.
struct State<'a> {
    bytes: &'a [u8],
    most: u64,
    tables: [Option<Table>; 4],
    /// Samples of a component between restart markers; 0: none.
    restart: usize,
    precision: u32,
    /// Identifiers of the components.
    ids: Vec<u8>,
    /// Which of them had a scan.
    seen: Vec<bool>,
    image: Image,
}

/// A component of a scan.
struct Member<'t> {
    component: usize,
    table: &'t Table,
}

/// Decodes one picture of at most `most` samples (width × height × components).
pub(super) fn decode(bytes: &[u8], most: u64) -> Result<Image, Fault> {
    let image = Image {
        width: 0,
        height: 0,
        components: 0,
        samples: vec![],
        notes: vec![],
    };
    let mut state = State {
        bytes,
        most,
        tables: [const { None }; 4],
        restart: 0,
        precision: 0,
        ids: vec![],
        seen: vec![],
        image,
    };
    state.run()?;
    let mut image = state.image;
    image.notes.sort_unstable();
    image.notes.dedup();
    Ok(image)
}

fn header(what: &'static str, offset: usize) -> Fault {
    Fault {
        kind: Kind::Header(what),
        offset,
    }
}

fn process(what: &'static str, offset: usize) -> Fault {
    Fault {
        kind: Kind::Process(what),
        offset,
    }
}

impl State<'_> {
    /// Walks the stream to its end. Once there are samples nothing is a reason to refuse the picture any more.
    fn run(&mut self) -> Result<(), Fault> {
        if !self.bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(header("no start of image", 0));
        }
        let mut at = 2;
        while let Some((place, code)) = marker(self.bytes, at) {
            at = place + 2;
            match code {
                0x01 | 0xD0..=0xD8 => continue,
                0xD9 => break,
                _ => {}
            }
            let Some((body, end)) = segment(self.bytes, place) else {
                break;
            };
            at = end;
            let read = match code {
                0xC4 => self
                    .huffman(body)
                    .ok_or_else(|| header("Huffman table", place)),
                0xDD => body
                    .first_chunk()
                    .map(|&n| self.restart = usize::from(u16::from_be_bytes(n)))
                    .ok_or_else(|| header("restart interval", place)),
                0xC3 if self.ids.is_empty() => self.frame(body, place),
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    Err(process("a second frame", place))
                }
                0xDA => self.scan(body, at).map(|end| at = end),
                _ => Ok(()),
            };
            match read {
                Err(_) if self.seen.contains(&true) => self.image.notes.push(Note::Damaged),
                done => done?,
            }
        }
        if !self.seen.contains(&true) {
            return Err(Fault {
                kind: Kind::Empty,
                offset: at,
            });
        }
        if self.seen.contains(&false) {
            self.image.notes.push(Note::Cut);
        }
        Ok(())
    }

    /// DHT (T.81 B.2.4.2). Tables of AC coefficients have no meaning here.
    fn huffman(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let all = counts.iter().map(|&n| usize::from(n)).sum();
            let (symbols, after) = rest.split_at_checked(all)?;
            if head >> 4 == 0 {
                *self.tables.get_mut(usize::from(head & 15))? = Some(Table::new(counts, symbols)?);
            }
            body = after;
        }
        Some(())
    }

    /// SOF3 (T.81 B.2.2). Nothing is allocated before the size is within the caller's limit.
    fn frame(&mut self, body: &[u8], offset: usize) -> Result<(), Fault> {
        let (&[precision, h1, h0, w1, w0, count], rest) = body
            .split_first_chunk()
            .ok_or_else(|| header("short frame header", offset))?;
        let width = usize::from(u16::from_be_bytes([w1, w0]));
        let height = match u16::from_be_bytes([h1, h0]) {
            // Lines are told after the first scan (B.2.5).
            0 => lines(self.bytes, offset + 2).unwrap_or(0),
            height => usize::from(height),
        };
        if !(2..=16).contains(&precision) {
            return Err(header("a precision that is not 2 to 16 bits", offset));
        }
        if !(1..=4).contains(&count) || width == 0 || height == 0 {
            return Err(header(
                "a frame without samples, or with more than four components",
                offset,
            ));
        }
        let all = width as u64 * height as u64 * u64::from(count);
        if all > self.most {
            return Err(Fault {
                kind: Kind::TooLarge,
                offset,
            });
        }
        let each = rest
            .as_chunks::<3>()
            .0
            .get(..usize::from(count))
            .ok_or_else(|| header("short frame header", offset))?;
        if count > 1 && each.iter().any(|c| c[1] != 0x11) {
            return Err(process("lossless, components by sampling factors", offset));
        }
        self.precision = precision.into();
        self.ids = each.iter().map(|c| c[0]).collect();
        self.seen = vec![false; each.len()];
        self.image.width = width;
        self.image.height = height;
        self.image.components = each.len();
        self.image.samples = vec![1 << (precision - 1); all as usize];
        Ok(())
    }

    /// SOS (T.81 B.2.3) and the data after it, which begin at `at`. Gives where they end.
    fn scan(&mut self, body: &[u8], at: usize) -> Result<usize, Fault> {
        let fault = |what| header(what, at);
        let short = || header("short scan header", at);
        let (&count, rest) = body.split_first().ok_or_else(short)?;
        let (each, tail) = rest
            .split_at_checked(2 * usize::from(count))
            .ok_or_else(short)?;
        let &[predictor, _, bits] = tail.first_chunk().ok_or_else(short)?;
        let shift = u32::from(bits & 15);
        if !(1..=7).contains(&predictor) || shift >= self.precision {
            return Err(fault("an impossible prediction"));
        }
        let mut members: Vec<Member<'_>> = vec![];
        for &[id, tables] in each.as_chunks().0 {
            // Some writers give all components the same identifier: the next one that has it.
            let free = |index: &usize| self.seen.get(*index) == Some(&false);
            let taken = |index: &usize| members.iter().any(|m| m.component == *index);
            let component = (0..)
                .zip(&self.ids)
                .filter(|&(_, &known)| known == id)
                .map(|(index, _)| index)
                .find(|index| free(index) && !taken(index))
                .ok_or_else(|| fault("a scan of an unknown component"))?;
            let table = (self.tables.get(usize::from(tables >> 4))).and_then(Option::as_ref);
            let table = table.ok_or_else(|| fault("a scan without its Huffman table"))?;
            members.push(Member { component, table });
        }
        if members.is_empty() {
            return Err(fault("a scan of nothing"));
        }
        let (width, height) = (self.image.width, self.image.height);
        if !self.restart.is_multiple_of(width) {
            // H.1.1 asks for whole lines; nothing says what predicts the rest of one.
            return Err(process("lossless, restarts within a line", at));
        }
        let interval = match self.restart / width {
            0 => height,
            lines => lines,
        };
        let grey = 1_u16 << (self.precision - 1 - shift);
        let count = self.image.components;
        let samples = &mut self.image.samples;
        if shift > 0 {
            each_of(samples, count, &members, |sample| *sample = grey);
        }
        let start = vec![grey; width * count];
        let (end, notes) = intervals(self.bytes, at, height, interval, |bits, range| {
            interval_of(
                samples,
                (width, count),
                &members,
                predictor,
                &start,
                bits,
                range,
            )
        });
        if shift > 0 {
            each_of(samples, count, &members, |sample| *sample <<= shift);
        }
        for member in &members {
            if let Some(seen) = self.seen.get_mut(member.component) {
                *seen = true;
            }
        }
        self.image.notes.extend(notes);
        Ok(end)
    }
}

/// Does something with each sample of the members' components.
fn each_of(
    samples: &mut [u16],
    count: usize,
    members: &[Member<'_>],
    mut act: impl FnMut(&mut u16),
) {
    for pixel in samples.chunks_exact_mut(count) {
        for member in members {
            pixel
                .get_mut(member.component)
                .into_iter()
                .for_each(&mut act);
        }
    }
}

/// The lines of one restart interval; `None` where the data are damaged or end: that line and those after it stay at `start`.
fn interval_of(
    samples: &mut [u16],
    (width, count): (usize, usize),
    members: &[Member<'_>],
    predictor: u8,
    start: &[u16],
    bits: &mut Bits<'_>,
    range: Range<usize>,
) -> Option<()> {
    let stride = width * count;
    for y in range.clone() {
        let (done, rest) = samples.split_at_mut(y * stride);
        let line = rest.get_mut(..stride)?;
        let first = y == range.start;
        let above = if first {
            start
        } else {
            done.get((y - 1) * stride..)?
        };
        // H.1.2.1: a first line knows its left neighbours alone, and the first sample of any line the one above, which for the first line is
        // half of the range.
        let done = match if first { 1 } else { predictor } {
            1 => one_line(line, above, count, members, bits, |a, _, _| a),
            2 => one_line(line, above, count, members, bits, |_, b, _| b),
            3 => one_line(line, above, count, members, bits, |_, _, c| c),
            4 => one_line(line, above, count, members, bits, |a, b, c| a + b - c),
            5 => one_line(line, above, count, members, bits, |a, b, c| {
                a + ((b - c) >> 1)
            }),
            6 => one_line(line, above, count, members, bits, |a, b, c| {
                b + ((a - c) >> 1)
            }),
            _ => one_line(line, above, count, members, bits, |a, b, _| (a + b) >> 1),
        };
        if done.is_none() || bits.overrun() {
            for (pixel, start) in line.chunks_exact_mut(count).zip(start.chunks_exact(count)) {
                for member in members {
                    *pixel.get_mut(member.component)? = *start.get(member.component)?;
                }
            }
            return None;
        }
    }
    Some(())
}

/// One line, predicted from its left, upper and upper left neighbours (table H.1).
#[inline]
fn one_line(
    line: &mut [u16],
    above: &[u16],
    count: usize,
    members: &[Member<'_>],
    bits: &mut Bits<'_>,
    predict: impl Fn(i32, i32, i32) -> i32,
) -> Option<()> {
    // Differences are modulo 2^16 (H.1.2.1).
    if let ([member], 1) = (members, count) {
        let mut pixels = line.iter_mut().zip(above);
        let (sample, &up) = pixels.next()?;
        let mut corner = i32::from(up);
        *sample = (corner + difference(bits, member.table)?) as u16;
        let mut left = i32::from(*sample);
        for (sample, &up) in pixels {
            let up = i32::from(up);
            *sample = (predict(left, up, corner) + difference(bits, member.table)?) as u16;
            left = i32::from(*sample);
            corner = up;
        }
        return Some(());
    }
    let mut before: Option<(&mut [u16], &[u16])> = None;
    for (pixel, above) in line.chunks_exact_mut(count).zip(above.chunks_exact(count)) {
        for member in members {
            let of = |pixel: &[u16]| pixel.get(member.component).map(|&v| i32::from(v));
            let up = of(above)?;
            let guess = match &before {
                None => up,
                Some((left, corner)) => predict(of(left)?, up, of(corner)?),
            };
            *pixel.get_mut(member.component)? = (guess + difference(bits, member.table)?) as u16;
        }
        before = Some((pixel, above));
    }
    Some(())
}

/// The next difference (F.1.2.1, H.1.2.2: category 16 has no further bits).
#[inline]
fn difference(bits: &mut Bits<'_>, table: &Table) -> Option<i32> {
    bits.fill();
    if let Some((value, run)) = table.whole(bits) {
        return (run == 0).then_some(value);
    }
    match table.symbol(bits)? {
        16 => Some(1 << 15),
        category @ 0..=15 => Some(bits.extend(category.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
