//! Palette Color Lookup Tables (PS3.3 C.7.9), plain and segmented (C.7.9.2).

use super::{
    codes,
    lut::{Descriptor, Lut, bytes_of, words},
};
use crate::base::Repair;

/// Red, green and blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    tables: [Lut; 3],
    shifts: [u32; 3],
}

/// The attributes of one colour: descriptor (0028,1101..1103), data (0028,1201..1203), segmented data (0028,1221..1223).
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named after the attributes")]
pub struct Source {
    pub descriptor: Vec<f64>,
    pub data: Vec<f64>,
    pub segmented: Vec<f64>,
}

impl Palette {
    /// From the three colours' attributes; `signed` is Pixel Representation 1. `None` when one is unusable.
    pub fn read(sources: &[Source; 3], signed: bool, repairs: &mut Vec<Repair>) -> Option<Self> {
        let mut tables = vec![];
        for source in sources {
            let lut = if source.data.is_empty() {
                let d = Descriptor::read(&source.descriptor, signed)?;
                let entries = expand(&source.segmented, d)?;
                Lut::with_entries(d, entries, repairs)
            } else {
                Lut::read(&source.descriptor, &source.data, signed, repairs)?
            };
            tables.push(lut);
        }
        let tables: [Lut; 3] = tables.try_into().ok()?;
        // 16 bits declared, 8 used: a common mistake.
        let narrow = tables
            .iter()
            .all(|t| t.entries.iter().all(|&entry| entry <= 255));
        if narrow && tables.iter().any(|t| t.bits > 8) {
            repairs.push(Repair::new(&codes::LUT_BITS, "a palette, 8 used"));
        }
        let shifts = [0, 1, 2].map(|i: usize| {
            let bits = tables.get(i).map_or(8, |t| t.bits);
            if narrow { 0 } else { bits.max(8) - 8 }
        });
        Some(Self { tables, shifts })
    }

    /// Bytes of its tables.
    pub fn bytes(&self) -> usize {
        let tables = self.tables.iter();
        tables.map(|t| size_of_val(t.entries.as_slice())).sum()
    }

    /// The first stored value that is mapped.
    pub fn first(&self) -> f64 {
        let [red, ..] = &self.tables;
        f64::from(red.first)
    }

    /// The last stored value that has an entry of its own.
    pub fn last(&self) -> f64 {
        let [red, ..] = &self.tables;
        f64::from(red.first) + red.entries.len().saturating_sub(1) as f64
    }

    /// The colour of a stored value, 8 bits each.
    pub fn colour(&self, stored: f64) -> [u8; 3] {
        let [r, g, b] = &self.tables;
        let [sr, sg, sb] = self.shifts;
        [(r, sr), (g, sg), (b, sb)].map(|(t, shift)| (t.get(stored) >> shift).min(255) as u8)
    }
}

/// Expands segmented data: discrete (0), linear (1), indirect (2) segments. `None` when it is damaged.
pub fn expand(segmented: &[f64], d: Descriptor) -> Option<Vec<u16>> {
    let words = words(segmented);
    // 8-bit tables are a stream of bytes, two a word, unless they came as bytes.
    let (units, wide) = if d.bits <= 8 {
        let is_bytes = words.iter().all(|&w| w <= 255);
        (if is_bytes { words } else { bytes_of(&words) }, false)
    } else {
        (words, true)
    };
    let mut out = Vec::new();
    let mut at = 0;
    while at < units.len() && out.len() < d.count {
        at = segment(&units, at, wide, d.count, true, &mut out)?;
    }
    (!out.is_empty()).then_some(out)
}

/// Reads the segment at `at`; gives the place of the next one.
fn segment(
    units: &[u16],
    at: usize,
    wide: bool,
    limit: usize,
    outer: bool,
    out: &mut Vec<u16>,
) -> Option<usize> {
    let (code, length) = (*units.get(at)?, usize::from(*units.get(at + 1)?));
    let data = at + 2;
    match code {
        0 => {
            let values = units.get(data..data.checked_add(length)?)?;
            out.extend(values.iter().take(limit - out.len().min(limit)));
            Some(data + length)
        }
        1 => {
            let from = i64::from(*out.last()?);
            let to = i64::from(*units.get(data)?);
            for k in 1..=length.min(limit - out.len().min(limit)) as i64 {
                let step = (to - from) as f64 * k as f64 / length as f64;
                out.push((from as f64 + libm::round(step)) as u16);
            }
            Some(data + 1)
        }
        2 if outer => {
            let (offset, next) = if wide {
                let (low, high) = (*units.get(data)?, *units.get(data + 1)?);
                ((usize::from(high) << 16 | usize::from(low)) / 2, data + 2)
            } else {
                let bytes = units.get(data..data + 4)?;
                let offset = bytes
                    .iter()
                    .rev()
                    .fold(0, |sum, &b| sum << 8 | usize::from(b));
                (offset, data + 4)
            };
            let mut place = offset;
            for _ in 0..length {
                place = segment(units, place, wide, limit, false, out)?;
            }
            Some(next)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: Descriptor = Descriptor {
        count: 9,
        first: 0,
        bits: 16,
    };

    #[test]
    fn segments() {
        let words = [0.0, 2.0, 0.0, 10.0, 1.0, 5.0, 60.0, 2.0, 1.0, 0.0, 0.0];
        assert_eq!(
            expand(&words, D),
            Some(vec![0, 10, 20, 30, 40, 50, 60, 0, 10])
        );
        assert_eq!(expand(&[2.0, 1.0, 0.0, 0.0], D), None, "no endless nesting");
        assert_eq!(expand(&[0.0, 9.0, 1.0], D), None, "cut off");
        assert_eq!(expand(&[1.0, 3.0, 9.0], D), None, "linear needs a start");
    }

    #[test]
    fn high_byte_or_low() {
        let source = |data: &[f64]| Source {
            descriptor: vec![2.0, 0.0, 16.0],
            data: data.to_vec(),
            segmented: vec![],
        };
        let mut r = vec![];
        let wide = [0.0, 65_280.0];
        let p = Palette::read(
            &[source(&wide), source(&wide), source(&wide)],
            false,
            &mut r,
        );
        assert_eq!(p.unwrap().colour(1.0), [255; 3]);
        assert!(r.is_empty());
        let narrow = [0.0, 200.0];
        let p = Palette::read(
            &[source(&narrow), source(&narrow), source(&narrow)],
            false,
            &mut r,
        );
        assert_eq!(p.unwrap().colour(9.0), [200; 3]);
        let said: Vec<_> = r.iter().map(|r| r.code.id).collect();
        assert_eq!(said, ["PIX-303"], "its range was guessed");
    }
}
