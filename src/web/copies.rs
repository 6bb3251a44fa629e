//! Copies without identity for the page, piece by piece: no more than one head and one piece are in memory.

use super::messages::Answer;
use crate::{
    base::{Limits, Result},
    dicom::Instance,
    export::{
        codes,
        deidentify::{Copy, Options, Part, Run},
        zip::{Crc, Zip},
    },
};

/// Bytes of a piece.
const PIECE: u64 = 4 << 20;

/// What the page asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) options: &'a [String],
    pub(super) seed: [u32; 8],
    pub(super) zip: bool,
    pub(super) leave_out: bool,
}

/// Copies that are being made.
#[derive(Debug)]
pub(super) struct Copies {
    run: Run,
    zip: Option<Zip>,
    leave_out: bool,
    /// The instance that comes next.
    next: usize,
    /// What is being given: the copy, its part, and where in it.
    current: Option<(Copy, usize, u64)>,
    ended: bool,
}

impl Copies {
    /// # Errors
    /// `IO-307` for options that are none or exclude each other.
    pub(super) fn new(asked: &Asked<'_>) -> Result<Self> {
        let options = Options::named(asked.options.iter().map(String::as_str));
        let options =
            options.map_err(|found| crate::base::Error::new(&codes::NO_OPTION).found(found))?;
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(4).zip(asked.seed) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Ok(Self {
            run: Run::new(options, key),
            zip: asked.zip.then(Zip::default),
            leave_out: asked.leave_out,
            next: 0,
            current: None,
            ended: false,
        })
    }

    pub(super) fn begun(&self, instances: &[Instance]) -> Answer {
        self.answer(None, instances, false)
    }

    fn answer(&self, name: Option<String>, instances: &[Instance], end: bool) -> Answer {
        Answer::Copying {
            name,
            done: self.next as u32,
            total: instances.len() as u32,
            report: end.then(|| self.run.report().json()),
        }
    }

    /// The next piece into `bytes`.
    ///
    /// # Errors
    /// `IO-…` where a source that was read before can't be read any more.
    pub(super) fn next(
        &mut self,
        instances: &[Instance],
        limits: &Limits,
        bytes: &mut Vec<u8>,
    ) -> Result<Answer> {
        let mut name = None;
        if self.current.is_none() {
            let Some(instance) = instances.get(self.next) else {
                return Ok(self.end(instances, bytes));
            };
            self.next += 1;
            // A file that cannot be copied is counted; the others go on.
            let Ok(copy) = self.run.copy(&instance.source, limits) else {
                return Ok(self.answer(None, instances, false));
            };
            if self.leave_out && copy.may_show_names() {
                self.run.refuse(&copy);
                return Ok(self.answer(None, instances, false));
            }
            if let Some(zip) = &mut self.zip {
                let mut crc = Crc::default();
                copy.stream(&mut |piece| {
                    crc.take(piece);
                    Ok(())
                })?;
                bytes.extend(zip.entry(&copy.name, crc.sum(), copy.length()));
            }
            name = Some(copy.name.clone());
            self.current = Some((copy, 0, 0));
        }
        if let Some((copy, part, at)) = &mut self.current {
            while (bytes.len() as u64) < PIECE {
                match copy.parts.get(*part) {
                    None => break,
                    Some(Part::Bytes(all)) => {
                        bytes.extend(all);
                        *part += 1;
                    }
                    Some(&Part::Range(from, length)) => {
                        let step = (length - *at).min(PIECE);
                        bytes.extend(crate::base::read_range(
                            copy.source.as_ref(),
                            from + *at,
                            step,
                        )?);
                        *at += step;
                        if *at == length {
                            (*part, *at) = (*part + 1, 0);
                        }
                    }
                }
            }
            if copy.parts.len() <= *part {
                self.current = None;
            }
        }
        Ok(self.answer(name, instances, false))
    }

    /// The report beside the copies, and the archive's end.
    fn end(&mut self, instances: &[Instance], bytes: &mut Vec<u8>) -> Answer {
        let mut name = None;
        if !self.ended {
            self.ended = true;
            let report = self.run.report().json();
            if let Some(mut zip) = self.zip.take() {
                let mut crc = Crc::default();
                crc.take(report.as_bytes());
                bytes.extend(zip.entry("report.json", crc.sum(), report.len() as u64));
                bytes.extend(report.bytes());
                bytes.extend(zip.finish());
            } else {
                bytes.extend(report.bytes());
            }
            name = Some("report.json".to_owned());
        }
        self.answer(name, instances, true)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        base::{ByteSource, MemorySource},
        dicom::archive,
        web::made,
    };

    fn study() -> Vec<Instance> {
        let of = |uid: &str| {
            made::instance(
                made::IMPLICIT,
                &[
                    made::element(0x0008_0016, b"1.2.840.10008.5.1.4.1.1.7"),
                    made::element(0x0008_0018, uid.as_bytes()),
                    made::element(0x0010_0010, b"ZQ^NAME"),
                    made::element(0x7FE0_0010, &vec![7; 9 << 20]),
                ],
            )
        };
        vec![of("1.9.99.1"), of("1.9.99.2")]
    }

    fn asked(zip: bool, leave_out: bool) -> Asked<'static> {
        Asked {
            options: &[],
            seed: [3; 8],
            zip,
            leave_out,
        }
    }

    fn all(mut copies: Copies, instances: &[Instance]) -> (Vec<u8>, Vec<String>, String) {
        let (mut whole, mut names) = (vec![], vec![]);
        loop {
            let mut bytes = vec![];
            let Answer::Copying { name, report, .. } = copies
                .next(instances, &Limits::default(), &mut bytes)
                .unwrap()
            else {
                panic!();
            };
            assert!(bytes.len() as u64 <= 3 * PIECE, "{}", bytes.len());
            whole.extend(bytes);
            names.extend(name);
            if let Some(report) = report {
                return (whole, names, report);
            }
        }
    }

    #[test]
    fn an_archive_of_copies_comes_piece_by_piece() {
        let instances = study();
        let (zip, names, report) = all(Copies::new(&asked(true, false)).unwrap(), &instances);
        assert_eq!(names.len(), 3);
        assert!(report.contains("\"copied\": 2"), "{report}");
        assert!(!zip.windows(7).any(|w| w == b"ZQ^NAME"));
        let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("z", zip));
        let entries = archive::expand(&source, &Limits::default())
            .unwrap()
            .unwrap();
        let found: Vec<_> = entries.into_iter().map(|e| e.unwrap()).collect();
        assert_eq!(found.len(), 3);
        let copy = Instance::read(&found[0], &Limits::default()).unwrap();
        assert_eq!(
            copy.frame_bytes(0, &Limits::default(), 8 << 20).unwrap(),
            vec![7; 1 << 20]
        );
    }

    #[test]
    fn pictures_with_text_are_left_out_where_that_is_asked() {
        let instances = study();
        let (_, names, report) = all(Copies::new(&asked(false, true)).unwrap(), &instances);
        assert_eq!(names, ["report.json"]);
        assert!(
            report.contains("\"copied\": 0") && report.contains("IO-306"),
            "{report}"
        );
        let wrong = Copies::new(&Asked {
            options: &["sideways".to_owned()],
            ..asked(true, true)
        });
        assert_eq!(wrong.unwrap_err().code(), &codes::NO_OPTION);
    }
}
