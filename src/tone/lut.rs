//! Lookup tables with a descriptor: Modality LUT, VOI LUT, palettes (PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5).

use super::codes;
use crate::base::Repair;

/// A table with the first value that it maps. Values below map to the first entry, values beyond to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lut {
    /// First value mapped.
    pub first: i32,
    /// Bits of an entry, 1..=16.
    pub bits: u32,
    /// 1 to 65,536 entries.
    pub entries: Vec<u16>,
}

/// LUT Descriptor, read by the rules whatever VR the file used: count and bits unsigned, 0 entries mean 65,536.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Entries, 1..=65,536.
    pub count: usize,
    /// First value mapped.
    pub first: i32,
    /// Bits of an entry, 1..=16.
    pub bits: u32,
}

impl Descriptor {
    /// Reads the three values; `signed` says whether the first value mapped is signed. `None` when they make no sense.
    pub fn read(values: &[f64], signed: bool) -> Option<Self> {
        let &[count, first, bits] = values else {
            return None;
        };
        let word = |x: f64| (x as i64 & 0xffff) as u16;
        let count = match word(count) {
            0 => 65_536,
            n => usize::from(n),
        };
        let first = if signed {
            i32::from(word(first).cast_signed())
        } else {
            i32::from(word(first))
        };
        let bits = u32::from(word(bits));
        (1..=16)
            .contains(&bits)
            .then_some(Self { count, first, bits })
    }
}

impl Lut {
    /// A table from LUT Descriptor and LUT Data, the latter as 16-bit words (US, OW) or bytes (OB). `None` when unusable.
    pub fn read(
        descriptor: &[f64],
        data: &[f64],
        signed: bool,
        repairs: &mut Vec<Repair>,
    ) -> Option<Self> {
        let Some(d) = Descriptor::read(descriptor, signed).filter(|_| !data.is_empty()) else {
            repairs.push(Repair::new(&codes::LUT_UNUSABLE, format!("{descriptor:?}")));
            return None;
        };
        let words = words(data);
        let entries = if d.bits <= 8 && words.len() != d.count && words.len() == d.count.div_ceil(2)
        {
            // 8-bit entries, two a word.
            bytes_of(&words)
        } else if d.bits > 8 && words.len() == 2 * d.count && words.iter().all(|&w| w <= 255) {
            // 16-bit entries that were given as bytes.
            let (pairs, _) = words.as_chunks::<2>();
            pairs.iter().map(|[low, high]| low | high << 8).collect()
        } else {
            words
        };
        Some(Self::with_entries(d, entries, repairs))
    }

    /// The table of a descriptor whose entries are known already: cut or filled up to the count.
    pub fn with_entries(d: Descriptor, mut entries: Vec<u16>, repairs: &mut Vec<Repair>) -> Self {
        // One byte of padding makes the length even.
        let padded = d.bits <= 8 && entries.len() == d.count + 1;
        if entries.len() != d.count && !padded {
            repairs.push(Repair::new(
                &codes::LUT_SHORT,
                format!("{} of {}", entries.len(), d.count),
            ));
        }
        entries.resize(
            d.count,
            entries
                .get(..d.count)
                .map_or(entries.last(), <[u16]>::last)
                .copied()
                .unwrap_or(0),
        );
        Self {
            first: d.first,
            bits: d.bits,
            entries,
        }
    }

    /// The entry for a stored value.
    pub fn get(&self, value: f64) -> u16 {
        let last = self.entries.len().max(1) - 1;
        let index = (value - f64::from(self.first)).clamp(0.0, last as f64);
        self.entries
            .get(libm::round(index) as usize)
            .copied()
            .unwrap_or(0)
    }

    /// Largest value of the output range: 2^bits − 1; the next power of two of the entries where these stay two bits or more below.
    pub fn range_max(&self, repairs: &mut Vec<Repair>) -> f32 {
        let declared = 1_u32 << self.bits;
        let largest = u32::from(self.entries.iter().copied().max().unwrap_or(0));
        let real = (largest + 1).next_power_of_two().max(2);
        if real.saturating_mul(4) <= declared {
            repairs.push(Repair::new(
                &codes::LUT_BITS,
                format!("{} declared, {} used", self.bits, real.trailing_zeros()),
            ));
            (real - 1) as f32
        } else if largest >= declared {
            // Entries beyond their bits: their own range.
            (real - 1) as f32
        } else {
            (declared - 1) as f32
        }
    }
}

/// Numbers as 16-bit words; negative ones (SS) by their bits.
pub(super) fn words(data: &[f64]) -> Vec<u16> {
    data.iter().map(|&x| (x as i64 & 0xffff) as u16).collect()
}

/// The bytes of words, low first.
pub(super) fn bytes_of(words: &[u16]) -> Vec<u16> {
    words.iter().flat_map(|w| [w & 0xff, w >> 8]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_rules() {
        let d = |v: &[f64], s| Descriptor::read(v, s).map(|d| (d.count, d.first, d.bits));
        assert_eq!(d(&[0.0, 0.0, 16.0], false), Some((65_536, 0, 16)));
        assert_eq!(d(&[-65_536.0, 0.0, 16.0], false), Some((65_536, 0, 16)));
        assert_eq!(d(&[256.0, 64_512.0, 8.0], true), Some((256, -1024, 8)));
        assert_eq!(d(&[256.0, -1024.0, 8.0], true), Some((256, -1024, 8)));
        assert_eq!(d(&[-1.0, -1.0, 12.0], false), Some((65_535, 65_535, 12)));
        assert_eq!(d(&[256.0, 0.0, 17.0], false), None);
        assert_eq!(d(&[256.0, 0.0], false), None);
    }

    #[test]
    fn entries_however_they_are_packed() {
        let mut r = vec![];
        let packed = Lut::read(&[4.0, 0.0, 8.0], &[513.0, 1027.0], false, &mut r).unwrap();
        assert_eq!(packed.entries, [1, 2, 3, 4]);
        let wide = Lut::read(&[4.0, 0.0, 8.0], &[1.0, 2.0, 3.0, 4.0], false, &mut r).unwrap();
        assert_eq!(wide.entries, [1, 2, 3, 4]);
        let bytes = Lut::read(&[2.0, 0.0, 16.0], &[1.0, 2.0, 3.0, 4.0], false, &mut r).unwrap();
        assert_eq!(bytes.entries, [513, 1027]);
        assert!(r.is_empty());
        let short = Lut::read(&[4.0, 10.0, 12.0], &[7.0, 9.0], false, &mut r).unwrap();
        assert_eq!((short.entries.as_slice(), r.len()), (&[7, 9, 9, 9][..], 1));
        assert_eq!(
            [short.get(9.0), short.get(11.0), short.get(99.0)],
            [7, 9, 9]
        );
    }

    #[test]
    fn range_by_use() {
        let lut = |bits, top| Lut {
            first: 0,
            bits,
            entries: vec![0, top],
        };
        let mut r = vec![];
        assert_eq!(lut(12, 4095).range_max(&mut r), 4095.0);
        assert_eq!(lut(12, 3000).range_max(&mut r), 4095.0);
        assert!(r.is_empty());
        assert_eq!(lut(16, 4000).range_max(&mut r), 4095.0);
        assert_eq!(r.len(), 1);
    }
}
