//! A Spatial Registration (PS3.3 A.39.1): the rigid matrix that takes places of one series to those of another.
//!
//! The object belongs to the fixed series' study and frame of reference; the matrix leads from the moving series' coordinates to it.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{
    codes,
    dataset::{DataSet, is_uid},
    result::{MAKER, WHOSE, WHOSE_NEEDED},
    stamp::Stamp,
};
use crate::{
    base::{Error, Result},
    dicom::Instance,
};

/// Series Number (0020,0011), as those of the other kinds of results.
const SERIES_NUMBER: f64 = 9308.0;

/// What is registered.
#[derive(Debug, Clone, Copy)]
pub struct Spatial<'a> {
    /// Images of the fixed series, at least one.
    pub fixed: &'a [&'a Instance],
    /// Images of the moving series, at least one.
    pub moving: &'a [&'a Instance],
    /// Places of the moving series → places of the fixed one, LPS, mm; row after row.
    pub matrix: [[f64; 4]; 4],
    /// How it was found, for people.
    pub comment: &'a str,
    /// When, and where new UIDs come from.
    pub stamp: &'a Stamp,
}

/// The file.
///
/// # Errors
/// `IO-303` where an image has no UID, none by its form, or no frame of reference.
pub fn write(spatial: &Spatial<'_>) -> Result<Vec<u8>> {
    let lacks = |tag: &'static str| Error::new(&codes::NO_IDENTITY).at(tag);
    let uid = |of: &Instance, tag: Tag, name: &'static str| {
        of.text(tag)
            .filter(|uid| is_uid(uid) && !uid.is_empty())
            .ok_or_else(|| lacks(name))
    };
    let (Some(fixed), Some(moving)) = (spatial.fixed.first(), spatial.moving.first()) else {
        return Err(lacks("images"));
    };
    let frame = |of: &Instance| {
        uid(
            of,
            tags::FRAME_OF_REFERENCE_UID,
            "Frame of Reference UID (0020,0052)",
        )
    };
    let (stamp, own_frame) = (spatial.stamp, frame(fixed)?);
    let study = uid(
        fixed,
        tags::STUDY_INSTANCE_UID,
        "Study Instance UID (0020,000D)",
    )?;
    let now = stamp.at(fixed.text(tags::TIMEZONE_OFFSET_FROM_UTC).as_deref());
    let mut set = DataSet::new();
    set.copy_or_empty(fixed.data(), WHOSE_NEEDED)
        .copy_or_empty(fixed.data(), &[tags::LATERALITY])
        .copy(fixed.data(), WHOSE)
        .text(tags::STUDY_INSTANCE_UID, &study)
        .text(tags::SOP_CLASS_UID, uids::SPATIAL_REGISTRATION_STORAGE)
        .text(tags::SOP_INSTANCE_UID, &stamp.uid("spatial", "instance"))
        .text(tags::SERIES_INSTANCE_UID, &stamp.uid("spatial", "series"))
        .numbers(tags::SERIES_NUMBER, &[SERIES_NUMBER])
        .numbers(tags::INSTANCE_NUMBER, &[1.0])
        .text(tags::MODALITY, "REG")
        .text(tags::SERIES_DESCRIPTION, "Registration, research only")
        .text(tags::MANUFACTURER, MAKER)
        .text(tags::MANUFACTURER_MODEL_NAME, MAKER)
        .text(tags::DEVICE_SERIAL_NUMBER, "NONE")
        .text(tags::SOFTWARE_VERSIONS, env!("CARGO_PKG_VERSION"))
        .text(tags::FRAME_OF_REFERENCE_UID, &own_frame)
        .text(tags::POSITION_REFERENCE_INDICATOR, "")
        .text(tags::CONTENT_LABEL, "REGISTRATION")
        .text(tags::CONTENT_DESCRIPTION, spatial.comment)
        .text(tags::CONTENT_CREATOR_NAME, "");
    for (date, time) in [
        (tags::INSTANCE_CREATION_DATE, tags::INSTANCE_CREATION_TIME),
        (tags::SERIES_DATE, tags::SERIES_TIME),
        (tags::CONTENT_DATE, tags::CONTENT_TIME),
    ] {
        set.text(date, &now.date).text(time, &now.time);
    }
    let identity: [[f64; 4]; 4] =
        std::array::from_fn(|r| std::array::from_fn(|c| f64::from(u8::from(r == c))));
    let mut registrations = vec![];
    let mut series: Vec<(String, DataSet)> = vec![];
    for (images, first, matrix) in [
        (spatial.fixed, fixed, &identity),
        (spatial.moving, moving, &spatial.matrix),
    ] {
        let references = images
            .iter()
            .map(|image| {
                let mut item = DataSet::new();
                item.text(
                    tags::REFERENCED_SOP_CLASS_UID,
                    &uid(image, tags::SOP_CLASS_UID, "SOP Class UID (0008,0016)")?,
                )
                .text(
                    tags::REFERENCED_SOP_INSTANCE_UID,
                    &uid(
                        image,
                        tags::SOP_INSTANCE_UID,
                        "SOP Instance UID (0008,0018)",
                    )?,
                );
                Ok(item)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut registration = DataSet::new();
        registration
            .text(tags::FRAME_OF_REFERENCE_UID, &frame(first)?)
            .items(tags::REFERENCED_IMAGE_SEQUENCE, references.clone())
            .item(
                tags::MATRIX_REGISTRATION_SEQUENCE,
                registered(matrix, spatial.comment),
            );
        registrations.push(registration);
        let mut item = DataSet::new();
        item.text(
            tags::SERIES_INSTANCE_UID,
            &uid(
                first,
                tags::SERIES_INSTANCE_UID,
                "Series Instance UID (0020,000E)",
            )?,
        )
        .items(tags::REFERENCED_INSTANCE_SEQUENCE, references);
        series.push((
            uid(
                first,
                tags::STUDY_INSTANCE_UID,
                "Study Instance UID (0020,000D)",
            )?,
            item,
        ));
    }
    set.items(tags::REGISTRATION_SEQUENCE, registrations);
    let (here, elsewhere): (Vec<_>, Vec<_>) = series.into_iter().partition(|(of, _)| *of == study);
    set.items(
        tags::REFERENCED_SERIES_SEQUENCE,
        here.into_iter().map(|(_, item)| item).collect(),
    );
    if !elsewhere.is_empty() {
        let other = |(study, item): (String, DataSet)| {
            let mut whole = DataSet::new();
            whole
                .text(tags::STUDY_INSTANCE_UID, &study)
                .item(tags::REFERENCED_SERIES_SEQUENCE, item);
            whole
        };
        set.items(
            tags::STUDIES_CONTAINING_OTHER_REFERENCED_INSTANCES_SEQUENCE,
            elsewhere.into_iter().map(other).collect(),
        );
    }
    set.file()
}

/// An item of the Matrix Registration Sequence (0070,0309).
fn registered(matrix: &[[f64; 4]; 4], comment: &str) -> DataSet {
    let mut one = DataSet::new();
    let numbers: Vec<f64> = matrix.iter().flatten().copied().collect();
    one.numbers(tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX, &numbers)
        .text(tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX_TYPE, "RIGID");
    // CID 7100: by what the images show.
    let mut by = DataSet::new();
    by.text(tags::CODE_VALUE, "125024")
        .text(tags::CODING_SCHEME_DESIGNATOR, "DCM")
        .text(tags::CODE_MEANING, "Image Content-based Alignment");
    let mut item = DataSet::new();
    item.text(tags::FRAME_OF_REFERENCE_TRANSFORMATION_COMMENT, comment)
        .item(tags::REGISTRATION_TYPE_CODE_SEQUENCE, by)
        .item(tags::MATRIX_SEQUENCE, one);
    item
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        base::{Limits, MemorySource},
        dicom::{numbers_of, text_of},
    };

    fn read(file: Vec<u8>) -> Instance {
        let source = Rc::new(MemorySource::new("made", file));
        Instance::read(&(source as _), &Limits::default()).unwrap()
    }

    fn image(study: &str, series: &str, frame: &str) -> Instance {
        let mut set = DataSet::new();
        set.text(tags::SOP_CLASS_UID, uids::CT_IMAGE_STORAGE)
            .text(tags::SOP_INSTANCE_UID, &format!("{series}.1"))
            .text(tags::STUDY_INSTANCE_UID, study)
            .text(tags::SERIES_INSTANCE_UID, series)
            .text(tags::PATIENT_ID, "7")
            .text(tags::FRAME_OF_REFERENCE_UID, frame);
        read(set.file().unwrap())
    }

    #[test]
    fn the_matrix_leads_to_the_fixed_frame_of_reference() {
        let (fixed, moving) = (
            image("2.25.1", "2.25.11", "2.25.111"),
            image("2.25.2", "2.25.22", "2.25.222"),
        );
        let matrix = [
            [0.0, -1.0, 0.0, 1.0 / 3.0],
            [1.0, 0.0, 0.0, -20.25],
            [0.0, 0.0, 1.0, 1e-7],
            [0.0, 0.0, 0.0, 1.0],
        ];
        let stamp = Stamp {
            unix_seconds: 0,
            offset_minutes: 0,
            seed: [3; 16],
        };
        let spatial = Spatial {
            fixed: &[&fixed],
            moving: &[&moving],
            matrix,
            comment: "mutual information",
            stamp: &stamp,
        };
        let back = read(write(&spatial).unwrap());
        assert_eq!(back.repairs, []);
        assert_eq!(
            back.text(tags::SOP_CLASS_UID).as_deref(),
            Some("1.2.840.10008.5.1.4.1.1.66.1")
        );
        assert_eq!(
            back.text(tags::FRAME_OF_REFERENCE_UID).as_deref(),
            Some("2.25.111")
        );
        let items = back.items(tags::REGISTRATION_SEQUENCE);
        let frames: Vec<_> = items
            .iter()
            .map(|i| text_of(i, tags::FRAME_OF_REFERENCE_UID).unwrap())
            .collect();
        assert_eq!(frames, ["2.25.111", "2.25.222"]);
        let inner =
            |item: &crate::dicom::Item, tag| item.get(tag).unwrap().items().unwrap()[0].clone();
        let one = inner(
            &inner(items[1], tags::MATRIX_REGISTRATION_SEQUENCE),
            tags::MATRIX_SEQUENCE,
        );
        let numbers = numbers_of(&one, tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX);
        for (got, want) in numbers.iter().zip(matrix.iter().flatten()) {
            assert!((got - want).abs() < 1e-12, "{numbers:?}");
        }
        assert_eq!(numbers.len(), 16);
        let other = back.items(tags::STUDIES_CONTAINING_OTHER_REFERENCED_INSTANCES_SEQUENCE);
        assert_eq!(
            text_of(other[0], tags::STUDY_INSTANCE_UID).as_deref(),
            Some("2.25.2")
        );
        let nowhere = image("2.25.2", "2.25.22", "");
        let refused = write(&Spatial {
            moving: &[&nowhere],
            ..spatial
        })
        .unwrap_err();
        assert_eq!(refused.code().id, "IO-303");
        assert!(
            write(&Spatial {
                moving: &[],
                ..spatial
            })
            .is_err()
        );
    }
}
