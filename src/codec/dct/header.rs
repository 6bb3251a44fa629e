//! Marker segments (T.81 B): what they say, checked, and the walk from one to the next.

use super::{
    Fault, Kind, Note, Samples,
    bits::{marker, segment},
    huffman::Table,
    scan::{self, Band, Member},
};

/// From the order of the stream to rows (T.81 figure A.6). Longer than a block, so that a run beyond its end is seen and not feared.
pub(super) const ZIGZAG: [u8; 80] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    63, 63, 63, 63, 63, 63,
];

/// Scans of a picture at most: a progressive one has about ten, and each costs a walk over all blocks.
const SCANS: u32 = 128;

/// One component of the frame.
#[derive(Debug)]
pub(super) struct Component {
    id: u8,
    /// Sampling factors.
    pub(super) across: usize,
    pub(super) down: usize,
    table: usize,
    /// Samples that the picture needs of it.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Blocks a line of `plane`: whole units of interleaved scans.
    pub(super) stride: usize,
    /// Samples, `8 × stride` a line, half of the range where nothing was decoded.
    pub(super) plane: Samples,
    /// Progressive: coefficients of each block, row by row.
    pub(super) coefficients: Vec<i16>,
    /// Quantisation steps as they were at its first scan, row by row.
    pub(super) steps: Option<[u16; 64]>,
}

/// The frame.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) precision: u32,
    pub(super) progressive: bool,
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) components: Vec<Component>,
    pub(super) notes: Vec<Note>,
}

impl Picture {
    pub(super) fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
            self.notes.sort_unstable();
        }
    }
}

/// What was read so far.
#[derive(Debug)]
pub(super) struct State<'a> {
    bytes: &'a [u8],
    most: u64,
    steps: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// Units between restart markers; 0: none.
    restart: usize,
}

impl<'a> State<'a> {
    pub(super) fn new(bytes: &'a [u8], most: u64) -> Self {
        Self {
            bytes,
            most,
            steps: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart: 0,
        }
    }

    /// Walks the stream to its end. After the first scan nothing is a reason to refuse the picture any more.
    pub(super) fn run(&mut self) -> Result<Picture, Fault> {
        let fault = |what, offset| Fault {
            kind: Kind::Header(what),
            offset,
        };
        if !self.bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(fault("no start of image", 0));
        }
        let mut picture: Option<Picture> = None;
        let mut scans = 0;
        let mut at = 2;
        while let Some((place, code)) = marker(self.bytes, at) {
            at = place + 2;
            match code {
                0x01 | 0xD0..=0xD8 => continue,
                0xD9 => {
                    return finish(picture, scans, true, at);
                }
                _ => {}
            }
            let Some((body, end)) = segment(self.bytes, place) else {
                break;
            };
            at = end;
            let read = match code {
                0xDB => self.quantisation(body).ok_or("quantisation table"),
                0xC4 => self.huffman(body).ok_or("Huffman table"),
                0xDD => body
                    .first_chunk()
                    .map(|&n| self.restart = usize::from(u16::from_be_bytes(n)))
                    .ok_or("restart interval"),
                0xC0..=0xC2 if picture.is_none() => {
                    picture = Some(self.frame(code, body, place)?);
                    Ok(())
                }
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    return Err(Fault {
                        kind: Kind::Process(process(code)),
                        offset: place,
                    });
                }
                0xDA => {
                    let picture = picture
                        .as_mut()
                        .ok_or(fault("a scan before its frame", at))?;
                    scans += 1;
                    if scans > SCANS {
                        picture.note(Note::Damaged);
                        break;
                    }
                    match self.scan(picture, body, at) {
                        Ok(end) => {
                            at = end;
                            Ok(())
                        }
                        Err(what) => Err(what),
                    }
                }
                _ => Ok(()),
            };
            if let Err(what) = read {
                match &mut picture {
                    Some(picture)
                        if scans > 0 && picture.components.iter().any(|c| c.steps.is_some()) =>
                    {
                        picture.note(Note::Damaged);
                    }
                    _ => return Err(fault(what, place)),
                }
            }
        }
        finish(picture, scans, false, self.bytes.len())
    }

    /// DQT (T.81 B.2.4.1).
    fn quantisation(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = body.split_first() {
            let steps = self.steps.get_mut(usize::from(head & 15))?;
            let wide = head >> 4 != 0;
            let (table, after) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let mut read = [0; 64];
            for (k, &place) in ZIGZAG.iter().enumerate().take(64) {
                let step = if wide {
                    u16::from_be_bytes(*table.get(2 * k..)?.first_chunk()?)
                } else {
                    u16::from(*table.get(k)?)
                };
                *read.get_mut(usize::from(place))? = step;
            }
            *steps = Some(read);
            body = after;
        }
        Some(())
    }

    /// DHT (T.81 B.2.4.2).
    fn huffman(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = body.split_first() {
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let all = counts.iter().map(|&n| usize::from(n)).sum();
            let (symbols, after) = rest.split_at_checked(all)?;
            *tables.get_mut(usize::from(head & 15))? = Some(Table::new(counts, symbols)?);
            body = after;
        }
        Some(())
    }

    /// SOF0, SOF1, SOF2 (T.81 B.2.2). Nothing is allocated before the size is within the caller's limit.
    fn frame(&self, code: u8, body: &[u8], offset: usize) -> Result<Picture, Fault> {
        let fault = |what| Fault {
            kind: Kind::Header(what),
            offset,
        };
        let (&[precision, h1, h0, w1, w0, count], rest) = body
            .split_first_chunk()
            .ok_or(fault("short frame header"))?;
        let width = usize::from(u16::from_be_bytes([w1, w0]));
        let height = match u16::from_be_bytes([h1, h0]) {
            // Lines are told after the first scan (B.2.5).
            0 => lines(self.bytes, offset + 2).unwrap_or(0),
            height => usize::from(height),
        };
        if !matches!(precision, 8 | 12) {
            return Err(fault("a precision that is not 8 or 12 bits"));
        }
        if !(1..=4).contains(&count) || width == 0 || height == 0 {
            return Err(fault(
                "a frame without samples, or with more than four components",
            ));
        }
        if width as u64 * height as u64 * u64::from(count) > self.most {
            return Err(Fault {
                kind: Kind::TooLarge,
                offset,
            });
        }
        let each = rest
            .as_chunks::<3>()
            .0
            .get(..usize::from(count))
            .ok_or(fault("short frame header"))?;
        let factors = |c: &[u8; 3]| (usize::from(c[1] >> 4), usize::from(c[1] & 15));
        if each
            .iter()
            .map(factors)
            .any(|(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v))
        {
            return Err(fault("a sampling factor that is not 1 to 4"));
        }
        let across = each.iter().map(|c| factors(c).0).max().unwrap_or(1);
        let down = each.iter().map(|c| factors(c).1).max().unwrap_or(1);
        let progressive = code == 0xC2;
        let mut components = vec![];
        for c in each {
            let (h, v) = factors(c);
            let stride = width.div_ceil(8 * across) * h;
            let lines = height.div_ceil(8 * down) * v;
            components.push(Component {
                id: c[0],
                across: h,
                down: v,
                table: usize::from(c[2]),
                width: (width * h).div_ceil(across),
                height: (height * v).div_ceil(down),
                stride,
                plane: Samples::grey(precision, stride * lines * 64),
                coefficients: vec![0; if progressive { stride * lines * 64 } else { 0 }],
                steps: None,
            });
        }
        Ok(Picture {
            width,
            height,
            precision: precision.into(),
            progressive,
            across,
            down,
            components,
            notes: vec![],
        })
    }

    /// SOS (T.81 B.2.3) and the data after it, which begin at `at`. Gives where they end.
    fn scan(&self, picture: &mut Picture, body: &[u8], at: usize) -> Result<usize, &'static str> {
        let (&count, rest) = body.split_first().ok_or("short scan header")?;
        let (each, tail) = rest
            .split_at_checked(2 * usize::from(count))
            .ok_or("short scan header")?;
        let &[first, last, bits] = tail.first_chunk().ok_or("short scan header")?;
        let mut band = Band {
            first: first.into(),
            last: last.into(),
            before: bits >> 4,
            shift: u32::from(bits & 15),
        };
        if picture.progressive {
            if !band.is_sound(count) {
                return Err("a scan of impossible coefficients");
            }
        } else {
            if (first, last) != (0, 63) {
                picture.note(Note::Spectrum);
            }
            band = Band::WHOLE;
        }
        let mut members: Vec<Member<'_>> = vec![];
        for &[id, tables] in each.as_chunks().0 {
            // Some writers give all components the same identifier: the next one that has it.
            let mut known = (0..)
                .zip(&picture.components)
                .filter(|(_, c)| c.id == id)
                .peekable();
            known.peek().ok_or("a scan of an unknown component")?;
            let taken = |index: &usize| members.iter().any(|m| m.component == *index);
            let index = known
                .map(|(index, _)| index)
                .find(|index| !taken(index))
                .ok_or("a scan of one component twice")?;
            let dc = self
                .dc
                .get(usize::from(tables >> 4))
                .and_then(Option::as_ref);
            let ac = self
                .ac
                .get(usize::from(tables & 15))
                .and_then(Option::as_ref);
            if band.needs_dc() && dc.is_none() || band.needs_ac() && ac.is_none() {
                return Err("a scan without its Huffman table");
            }
            members.push(Member {
                component: index,
                dc,
                ac,
            });
        }
        if members.is_empty() {
            return Err("a scan of nothing");
        }
        for member in &members {
            let component = picture
                .components
                .get_mut(member.component)
                .ok_or("a scan of an unknown component")?;
            if component.steps.is_none() {
                let steps = self.steps.get(component.table).copied().flatten();
                component.steps = Some(steps.ok_or("a scan without its quantisation table")?);
            }
        }
        Ok(scan::decode(
            picture,
            &members,
            band,
            self.bytes,
            at,
            self.restart,
        ))
    }
}

/// The picture, when a scan was there.
fn finish(
    picture: Option<Picture>,
    scans: u32,
    ended: bool,
    offset: usize,
) -> Result<Picture, Fault> {
    let Some(mut picture) = picture.filter(|_| scans > 0) else {
        return Err(Fault {
            kind: Kind::Empty,
            offset,
        });
    };
    // A sequential picture needs no end to be whole; of a progressive one it is not known.
    if picture.components.iter().any(|c| c.steps.is_none()) || picture.progressive && !ended {
        picture.note(Note::Cut);
    }
    Ok(picture)
}

/// The number of lines from the DNL segment after a scan (T.81 B.2.5).
pub(crate) fn lines(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let (place, code) = marker(bytes, at)?;
        if code == 0xDC {
            let &[high, low] = segment(bytes, place)?.0.first_chunk()?;
            return Some(u16::from_be_bytes([high, low]).into());
        }
        at = place + 2;
    }
}

/// Names of the processes that are not decoded here (T.81 table B.1).
fn process(code: u8) -> &'static str {
    match code {
        0xC3 => "lossless",
        0xC5..=0xC7 | 0xCD..=0xCF => "hierarchical",
        0xC9 => "extended sequential, arithmetic coding",
        0xCA => "progressive, arithmetic coding",
        0xCB => "lossless, arithmetic coding",
        _ => "a second frame",
    }
}
