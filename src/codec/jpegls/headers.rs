//! Marker segments (ITU-T T.87 C, T.81 B).

use super::{bits::end_of_segment, fault::Fault, fault::Problem, mapping::Tables, params::Preset};

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DNL: u8 = 0xDC;
const DRI: u8 = 0xDD;
const APP8: u8 = 0xE8;
const SOF55: u8 = 0xF7;
const LSE: u8 = 0xF8;
/// The first of the eight restart markers.
pub(super) const RST0: u8 = 0xD0;

/// The frame: what a codestream says of its picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// Samples a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Bits of a sample, 2 to 16.
    pub bits: u8,
    /// Identifiers of the components, one to four.
    pub components: Vec<u8>,
}

/// How the components of a scan are interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interleave {
    /// One line of each in turn; also a scan of one component.
    Line,
    /// One sample of each in turn.
    Sample,
}

/// A scan header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    /// Which components of the frame, in the order of the scan.
    pub(super) components: Vec<usize>,
    pub(super) near: u8,
    pub(super) interleave: Interleave,
    /// Where the header lies.
    pub(super) at: usize,
    /// Where the entropy-coded bytes begin.
    pub(super) data: usize,
}

/// A reader of marker segments, and what they have said so far.
#[derive(Debug)]
pub(super) struct Headers<'a> {
    bytes: &'a [u8],
    at: usize,
    pub(super) frame: Frame,
    pub(super) preset: Preset,
    /// Lines between restart markers; 0 when there are none.
    pub(super) restart: u32,
    /// The colour transform that an APP8 segment of Hewlett-Packard's encoder names.
    pub(super) transform: u8,
    pub(super) tables: Tables,
    seen: bool,
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A number of one to four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, &b| n << 8 | u32::from(b))
}

impl<'a> Headers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        if bytes.get(..2) != Some(&[0xFF, SOI]) {
            return Err(Fault::new(Problem::Foreign, 0));
        }
        Ok(Self {
            bytes,
            at: 2,
            frame: Frame::default(),
            preset: Preset::default(),
            restart: 0,
            transform: 0,
            tables: Tables::default(),
            seen: false,
        })
    }

    /// Goes on behind the entropy-coded bytes, which ended at `at`.
    pub(super) fn resume(&mut self, at: usize) {
        self.at = at;
    }

    /// The next scan; `None` at the end of the picture or of the bytes.
    pub(super) fn scan(&mut self) -> Result<Option<Scan>, Fault> {
        loop {
            // Bytes between a scan's end and the next marker are stepped over; some writers pad there.
            while self.bytes.get(self.at).is_some_and(|&b| b != 0xFF) {
                self.at += 1;
            }
            let start = self.at;
            let Some(&marker) = self.bytes.get(start + 1) else {
                return Ok(None);
            };
            match marker {
                EOI => return Ok(None),
                // Fill bytes, stuffed zeros in stray data, markers without a segment.
                0xFF => {
                    self.at += 1;
                    continue;
                }
                0..0x80 | RST0..=SOI => {
                    self.at += 2;
                    continue;
                }
                _ => {}
            }
            let Some(length) = be16(self.bytes, start + 2) else {
                return Ok(None);
            };
            let end = start + 2 + usize::from(length);
            let Some(segment) = self.bytes.get(start + 4..end) else {
                return Err(Fault::header("a segment is longer than the bytes", start));
            };
            self.at = end;
            match marker {
                SOF55 => self.frame_header(segment, start)?,
                // Other processes of JPEG: all SOFn but DHT, JPG, DAC.
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    return Err(Fault::new(Problem::Foreign, start));
                }
                LSE => self.preset_parameters(segment, start)?,
                DRI => {
                    if !(2..=4).contains(&segment.len()) {
                        return Err(Fault::header(
                            "a restart interval of no lawful length",
                            start,
                        ));
                    }
                    self.restart = number(segment);
                }
                DNL => self.lines(segment, start)?,
                APP8 => {
                    if let Some([transform]) = segment.strip_prefix(b"mrfx") {
                        self.transform = *transform;
                    }
                }
                SOS => return self.scan_header(segment, start).map(Some),
                // Comments, applications' segments, extensions (SPIFF among them).
                _ => {}
            }
        }
    }

    /// C.2.2.
    fn frame_header(&mut self, segment: &[u8], start: usize) -> Result<(), Fault> {
        let wrong = |what| Err(Fault::header(what, start));
        let &[bits, y1, y0, x1, x0, count, ref each @ ..] = segment else {
            return wrong("a frame header that is too short");
        };
        if self.seen {
            return wrong("two frame headers");
        }
        self.seen = true;
        if !(2..=16).contains(&bits) {
            return wrong("a precision beyond 2 to 16 bits");
        }
        if each.len() != 3 * usize::from(count) || count == 0 {
            return wrong("a frame header of another length than its components need");
        }
        if count > 4 {
            return Err(Fault::kind("more than four components", start));
        }
        let each = each.as_chunks::<3>().0;
        if each.iter().any(|&[_, sampling, _]| sampling != 0x11) {
            return Err(Fault::kind("components sampled unlike each other", start));
        }
        self.frame.bits = bits;
        self.frame.components = each.iter().map(|c| c[0]).collect();
        // 0 says that the size stands elsewhere: LSE type 4, DNL.
        for (size, given) in [
            (&mut self.frame.height, u16::from_be_bytes([y1, y0])),
            (&mut self.frame.width, u16::from_be_bytes([x1, x0])),
        ] {
            if given != 0 {
                *size = u32::from(given);
            }
        }
        Ok(())
    }

    /// C.2.4.
    fn preset_parameters(&mut self, segment: &[u8], start: usize) -> Result<(), Fault> {
        match *segment {
            [1, ref words @ ..] if words.len() == 10 => {
                let word = |i: usize| be16(words, 2 * i).unwrap_or_default();
                self.preset = Preset {
                    maxval: word(0),
                    thresholds: [word(1), word(2), word(3)],
                    reset: word(4),
                };
            }
            [2, id, width, ref entries @ ..] => self.tables.begin(id, width, entries, start)?,
            [3, id, width, ref entries @ ..] => self.tables.go_on(id, width, entries, start)?,
            [4, width @ 2..=4, ref sizes @ ..] if sizes.len() == 2 * usize::from(width) => {
                let (height, width) = sizes.split_at(width.into());
                (self.frame.height, self.frame.width) = (number(height), number(width));
            }
            [5..=13, ..] => return Err(Fault::kind("an extension of JPEG-LS (part 2)", start)),
            _ => return Err(Fault::header("preset parameters of no known kind", start)),
        }
        Ok(())
    }

    /// B.2.5 of T.81: the number of lines, after the first scan.
    fn lines(&mut self, segment: &[u8], start: usize) -> Result<(), Fault> {
        if !(2..=4).contains(&segment.len()) {
            return Err(Fault::header(
                "a number of lines of no lawful length",
                start,
            ));
        }
        let lines = number(segment);
        if self.frame.height == 0 {
            self.frame.height = lines;
        }
        Ok(())
    }

    /// C.2.3.
    fn scan_header(&mut self, segment: &[u8], start: usize) -> Result<Scan, Fault> {
        let wrong = |what| Err(Fault::header(what, start));
        if !self.seen {
            return wrong("a scan before the frame header");
        }
        let Some((&count, rest)) = segment.split_first() else {
            return wrong("a scan header that is too short");
        };
        let Some((each, &[near, mode, point])) = rest.split_at_checked(2 * usize::from(count))
        else {
            return wrong("a scan header of another length than its components need");
        };
        if point & 0x0F != 0 {
            return Err(Fault::kind("a point transform", start));
        }
        let mut components = vec![];
        for &[id, table] in each.as_chunks::<2>().0 {
            let known = self.frame.components.iter().position(|&c| c == id);
            match known {
                Some(index) if !components.contains(&index) => {
                    components.push(index);
                    self.tables.assign(index, table);
                }
                _ => return wrong("a scan of components that the frame does not have"),
            }
        }
        let interleave = match (mode, components.len()) {
            (_, 0) => return wrong("a scan without components"),
            // One component alone is not interleaved, whatever is said.
            (0..=2, 1) | (1, _) => Interleave::Line,
            (2, _) => Interleave::Sample,
            _ => return wrong("an interleave mode that the standard does not know"),
        };
        if self.frame.height == 0 {
            self.look_for_lines()?;
        }
        if self.frame.width == 0 || self.frame.height == 0 {
            return wrong("a picture without lines or columns");
        }
        Ok(Scan {
            components,
            near,
            interleave,
            at: start,
            data: self.at,
        })
    }

    /// Looks for the DNL segment that must follow a first scan whose frame does not say its height.
    fn look_for_lines(&mut self) -> Result<(), Fault> {
        let mut at = self.at;
        loop {
            at = end_of_segment(self.bytes, at);
            match self.bytes.get(at + 1) {
                Some(RST0..=0xD7) => at += 2,
                Some(&DNL) => {
                    let length = be16(self.bytes, at + 2).unwrap_or_default();
                    let segment = self.bytes.get(at + 4..at + 2 + usize::from(length));
                    return self.lines(segment.unwrap_or_default(), at);
                }
                _ => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = &[0xFF, 0xD8, 0xFF, 0xF7, 0, 11, 8, 0, 3, 0, 5, 1, 1, 0x11, 0];
    const SCAN: &[u8] = &[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0];

    fn first(bytes: &[u8]) -> Result<Frame, Fault> {
        let mut headers = Headers::new(bytes)?;
        headers.scan()?;
        Ok(headers.frame)
    }

    #[test]
    fn sizes_from_every_place() {
        let plain = [START, SCAN].concat();
        let frame = first(&plain).unwrap();
        assert_eq!((frame.width, frame.height, frame.bits), (5, 3, 8));
        // LSE type 4 in front of the frame header and behind it.
        let mut empty = START.to_vec();
        empty[7..11].fill(0);
        let oversize = [0xFF, 0xF8, 0, 10, 4, 3, 1, 0, 2, 0, 0, 9];
        for bytes in [
            [&empty, &oversize[..], SCAN].concat(),
            [&empty[..2], &oversize, &empty[2..], SCAN].concat(),
        ] {
            let frame = first(&bytes).unwrap();
            assert_eq!((frame.width, frame.height), (9, 65_538));
        }
        // DNL behind a first scan with restart markers.
        let mut unknown = START.to_vec();
        unknown[8] = 0;
        let dnl = [1, 0xFF, 0x7F, 0xFF, 0xD0, 2, 0xFF, 0xDC, 0, 4, 0, 7];
        assert_eq!(first(&[&unknown, SCAN, &dnl].concat()).unwrap().height, 7);
        assert!(first(&[&unknown, SCAN, &dnl[..6]].concat()).is_err());
    }

    #[test]
    fn segments_that_are_not_understood_are_stepped_over() {
        let spiff = [0xFF, 0xE8, 0, 6, b'S', b'P', b'I', b'F'];
        let comment = [0xFF, 0xFF, 0xFF, 0xFE, 0, 3, 0xFF];
        let bytes = [&START[..2], &spiff, &comment, &START[2..], SCAN].concat();
        assert_eq!(first(&bytes).unwrap().width, 5);
        let hp = b"\xFF\xE8\0\x07mrfx\x02";
        let bytes = [&START[..2], hp, &START[2..], SCAN].concat();
        let mut headers = Headers::new(&bytes).unwrap();
        headers.scan().unwrap();
        assert_eq!(headers.transform, 2);
    }

    #[test]
    fn refusals() {
        let change = |at: usize, to: u8| {
            let mut bytes = [START, SCAN].concat();
            bytes[at] = to;
            first(&bytes).unwrap_err().problem
        };
        assert_eq!(change(1, 0), Problem::Foreign);
        assert_eq!(change(3, 0xC3), Problem::Foreign);
        assert!(matches!(change(6, 17), Problem::Header(_)));
        assert!(matches!(change(13, 0x21), Problem::Kind(_)));
        assert!(matches!(change(20, 2), Problem::Header(_)));
        assert!(matches!(change(24, 1), Problem::Kind(_)));
    }
}
