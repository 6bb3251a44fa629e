//! What a doctor has measured, as files: a report (SR), a presentation state (GSPS), a table, a document. A form is a line in [`FORMS`].
//!
//! What can't stand in one object becomes several: a report is of one study, a presentation state of images that are graded alike.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use super::{
    codes,
    dataset::{DataSet, is_uid},
    measures_report, measures_state,
    result::{reference, uid},
    stamp::Stamp,
    zip::{Crc, Zip},
};
use crate::{
    base::{Error, Result},
    dicom::Instance,
    measure::{
        Measurement, codes as measure_codes,
        place::{Place, Places},
        written,
    },
    study::Catalogue,
};

/// Measurements that are to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Measures<'a> {
    /// Where their images are.
    pub catalogue: &'a Catalogue,
    /// In the order in which they are listed.
    pub measurements: &'a [Measurement],
    /// When, and where new UIDs come from.
    pub stamp: &'a Stamp,
}

/// One form.
#[derive(Debug)]
pub struct Form {
    /// By which it is asked for.
    pub name: &'static str,
    /// End of its files' names.
    pub end: &'static str,
    write: fn(&Measures<'_>) -> Result<Vec<Vec<u8>>>,
}

/// All forms.
#[rustfmt::skip]
pub const FORMS: &[Form] = &[
    Form { name: "sr",   end: "measures.sr.dcm",   write: |m| measures_report::write(m, false) },
    Form { name: "sr3d", end: "measures.sr3d.dcm", write: |m| measures_report::write(m, true) },
    Form { name: "gsps", end: "measures.pr.dcm",   write: measures_state::write },
    Form { name: "csv",  end: "measures.csv",      write: csv },
    Form { name: "json", end: "measures.json",     write: json },
];

/// The form of that name.
pub fn by_name(name: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.name == name)
}

impl Form {
    /// The bytes of its files, at least one.
    ///
    /// # Errors
    /// `IO-304` without measurements, `PIX-404` where an image is not open, `PIX-401` to `PIX-403` where a mark is none, `IO-303` where an image has
    /// no identity.
    pub fn write(&self, measures: &Measures<'_>) -> Result<Vec<Vec<u8>>> {
        if measures.measurements.is_empty() {
            return Err(Error::new(&codes::NOT_IN_FINDING).expected("measurements"));
        }
        (self.write)(measures)
    }

    /// Its files as one, with the end of its name: several, as of images that are graded differently, in a ZIP archive.
    pub fn together(&self, mut files: Vec<Vec<u8>>) -> (Vec<u8>, String) {
        if files.len() < 2 {
            return (files.pop().unwrap_or_default(), self.end.to_owned());
        }
        let (mut zip, mut all) = (Zip::default(), vec![]);
        for (at, file) in files.iter().enumerate() {
            let mut crc = Crc::default();
            crc.take(file);
            let name = format!("{:03}.{}", at + 1, self.end);
            all.extend(zip.entry(&name, crc.sum(), file.len() as u64));
            all.extend(file);
        }
        all.extend(zip.finish());
        let stem = self.end.rsplit_once('.').map_or(self.end, |(stem, _)| stem);
        (all, format!("{stem}.zip"))
    }
}

/// A table, RFC 4180, UTF-8 with the mark that spreadsheets ask for.
#[allow(clippy::unnecessary_wraps, reason = "as every form")]
fn csv(measures: &Measures<'_>) -> Result<Vec<Vec<u8>>> {
    let mut text = format!("\u{FEFF}{}\r\n", written::CSV_HEADER);
    for line in measures.measurements.iter().flat_map(written::csv_lines) {
        text.push_str(&line);
        text.push_str("\r\n");
    }
    Ok(vec![text.into_bytes()])
}

fn json(measures: &Measures<'_>) -> Result<Vec<Vec<u8>>> {
    let refused = |error| Error::new(&codes::NOT_ENCODED).found(error);
    let mut text = serde_json::to_vec_pretty(measures.measurements).map_err(refused)?;
    text.push(b'\n');
    Ok(vec![text])
}

/// A measurement with the image that it is on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured<'a> {
    pub(super) measurement: &'a Measurement,
    pub(super) instance: &'a Instance,
    pub(super) place: Place,
}

impl Measured<'_> {
    /// Tracking Unique Identifier: its own, where that is one.
    pub(super) fn tracking_uid(&self, at: usize, stamp: &Stamp) -> String {
        let own = &self.measurement.uid;
        if is_uid(own) {
            own.clone()
        } else {
            stamp.uid("measures", &format!("tracking {at}"))
        }
    }

    /// True on a plane of a volume, which no image has.
    pub(super) fn is_on_plane(&self) -> bool {
        self.measurement.plane.is_some()
    }

    /// Reference to the image, with the frame where it has several.
    pub(super) fn image(&self) -> Result<DataSet> {
        let class = uid(
            self.instance,
            tags::SOP_CLASS_UID,
            "SOP Class UID (0008,0016)",
        )?;
        let mut item = reference(&class, &self.sop()?);
        if self.instance.is_filled(tags::NUMBER_OF_FRAMES) {
            item.numbers(
                tags::REFERENCED_FRAME_NUMBER,
                &[f64::from(self.place.frame) + 1.0],
            );
        }
        Ok(item)
    }

    pub(super) fn sop(&self) -> Result<String> {
        uid(
            self.instance,
            tags::SOP_INSTANCE_UID,
            "SOP Instance UID (0008,0018)",
        )
    }
    pub(super) fn series(&self) -> Result<String> {
        uid(
            self.instance,
            tags::SERIES_INSTANCE_UID,
            "Series Instance UID (0020,000E)",
        )
    }
    pub(super) fn study(&self) -> Result<String> {
        uid(
            self.instance,
            tags::STUDY_INSTANCE_UID,
            "Study Instance UID (0020,000D)",
        )
    }
}

/// Looks the images up.
pub(super) fn found<'a>(measures: &Measures<'a>, places: &Places<'_>) -> Result<Vec<Measured<'a>>> {
    let one = |measurement: &'a Measurement| {
        let not_open = || Error::new(&measure_codes::NO_FRAME).at(measurement.mark.kind.clone());
        let place = places
            .named(&measurement.sop_uid, measurement.frame)
            .ok_or_else(not_open)?;
        let instance = measures
            .catalogue
            .instances
            .get(place.instance)
            .ok_or_else(not_open)?;
        measurement.mark.checked()?;
        if let Some(plane) = &measurement.plane {
            plane.checked()?;
        }
        Ok(Measured {
            measurement,
            instance,
            place,
        })
    };
    measures.measurements.iter().map(one).collect()
}

/// Those that a form can hold; never none.
pub(super) fn holdable<'a>(
    all: Vec<Measured<'a>>,
    can: impl Fn(&Measured<'a>) -> bool,
) -> Result<Vec<Measured<'a>>> {
    let kept: Vec<Measured<'a>> = all.into_iter().filter(can).collect();
    if kept.is_empty() {
        let expected = "measurements on images, or on planes within a Frame of Reference";
        return Err(Error::new(&codes::NOT_IN_FINDING).expected(expected));
    }
    Ok(kept)
}

/// Groups in the order in which their first members come.
pub(super) fn grouped<'a, K: Ord>(
    all: &[Measured<'a>],
    key: impl Fn(&Measured<'a>) -> Result<K>,
) -> Result<Vec<Vec<Measured<'a>>>> {
    let mut at: BTreeMap<K, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Measured<'a>>> = vec![];
    for one in all {
        let next = groups.len();
        let group = *at.entry(key(one)?).or_insert(next);
        if group == next {
            groups.push(vec![]);
        }
        if let Some(group) = groups.get_mut(group) {
            group.push(*one);
        }
    }
    Ok(groups)
}
