//! Mapping tables (ITU-T T.87 C.2.4.1.2, C.2.4.1.3): decoded samples are indices, the table's entries the samples.

use super::{
    Samples,
    fault::{Fault, Problem},
};

/// Longest table: an entry for each sample of 16 bits.
const MOST: usize = 2 * 65_536;

#[derive(Debug)]
struct Table {
    id: u8,
    /// Bytes an entry.
    width: u8,
    entries: Vec<u8>,
}

/// The tables of a codestream, and which component uses which.
#[derive(Debug, Default)]
pub(super) struct Tables {
    all: Vec<Table>,
    used: [u8; 4],
    /// Where the last table began.
    at: usize,
}

impl Tables {
    /// LSE of type 2.
    pub(super) fn begin(
        &mut self,
        id: u8,
        width: u8,
        entries: &[u8],
        at: usize,
    ) -> Result<(), Fault> {
        if id == 0 || width == 0 || self.all.iter().any(|t| t.id == id) {
            return Err(Fault::header("a mapping table of no lawful kind", at));
        }
        self.at = at;
        self.all.push(Table {
            id,
            width,
            entries: entries.to_vec(),
        });
        Ok(())
    }

    /// LSE of type 3.
    pub(super) fn go_on(
        &mut self,
        id: u8,
        width: u8,
        entries: &[u8],
        at: usize,
    ) -> Result<(), Fault> {
        let table = self.all.iter_mut().find(|t| t.id == id && t.width == width);
        match table {
            Some(table) if table.entries.len() + entries.len() <= MOST => {
                table.entries.extend(entries);
                Ok(())
            }
            _ => Err(Fault::header(
                "a mapping table goes on that never began",
                at,
            )),
        }
    }

    /// The scan header says that a component uses a table; 0 is none.
    pub(super) fn assign(&mut self, component: usize, id: u8) {
        if let Some(used) = self.used.get_mut(component) {
            *used = id;
        }
    }

    /// The bits of the mapped samples, and the table of each component; `None` when none is used.
    ///
    /// # Errors
    /// A table that is not in the codestream, entries of more than two bytes (a palette of colours: another number of components), and
    /// components of which only some are mapped or to other widths.
    pub(super) fn mapping(&self, components: usize) -> Result<Option<Mapping>, Fault> {
        let used = self.used.get(..components).unwrap_or_default();
        if used.iter().all(|&id| id == 0) {
            return Ok(None);
        }
        let kind = |what| Err(Fault::kind(what, self.at));
        let mut tables = vec![];
        let mut widths = vec![];
        for &id in used {
            let Some(table) = self.all.iter().find(|t| t.id == id) else {
                return kind("a mapping table that is not in the codestream");
            };
            tables.push(match table.width {
                1 => table.entries.iter().map(|&b| u16::from(b)).collect(),
                2 => {
                    let pairs = table.entries.as_chunks::<2>().0;
                    pairs.iter().map(|&b| u16::from_be_bytes(b)).collect()
                }
                _ => return kind("a mapping table of more than two bytes an entry"),
            });
            widths.push(table.width);
        }
        match widths.first() {
            Some(&width) if widths.iter().all(|&w| w == width) => Ok(Some(Mapping {
                bits: 8 * width,
                tables,
                at: self.at,
            })),
            _ => kind("mapping tables of differing widths"),
        }
    }
}

/// Tables ready for use.
#[derive(Debug)]
pub(super) struct Mapping {
    /// Bits of a mapped sample: 8 or 16.
    pub(super) bits: u8,
    tables: Vec<Vec<u16>>,
    at: usize,
}

impl Mapping {
    /// Replaces indices, samples interleaved, by the tables' entries.
    ///
    /// # Errors
    /// An index beyond its table.
    pub(super) fn apply(&self, samples: &Samples) -> Result<Samples, Fault> {
        let mapped = match samples {
            Samples::U8(s) => self.map(s.iter().map(|&s| s.into())),
            Samples::U16(s) => self.map(s.iter().map(|&s| s.into())),
        };
        let mapped = mapped.ok_or(Fault::new(Problem::Bits, self.at))?;
        Ok(if self.bits == 8 {
            Samples::U8(mapped.into_iter().map(|s| s as u8).collect())
        } else {
            Samples::U16(mapped)
        })
    }

    fn map(&self, samples: impl Iterator<Item = usize>) -> Option<Vec<u16>> {
        samples
            .zip(self.tables.iter().cycle())
            .map(|(sample, table)| table.get(sample).copied())
            .collect()
    }
}
