//! Key images as a Key Object Selection Document (PS3.3 A.35.4, PS3.16 TID 2010), and read back from one.

use dicom_dictionary_std::{tags, uids};

use super::{
    codes, concept,
    dataset::{DataSet, is_uid},
    report::{image, template, text},
    result::{MAKER, WHOSE, WHOSE_NEEDED, reference},
    stamp::Stamp,
};
use crate::{
    base::{Error, Result},
    dicom::{Instance, Item, items_of, numbers_of, text_of},
    study::FrameRef,
};

/// The document of frames that all belong to one study, in their order. `words`: what a person says of them; may be empty.
///
/// # Errors
/// `IO-303` where an image lacks an identifier, `IO-308` without frames or with those of several studies.
pub fn write(
    instances: &[Instance],
    frames: &[FrameRef],
    words: &str,
    stamp: &Stamp,
) -> Result<Vec<u8>> {
    let none = || Error::new(&codes::NO_KEYS);
    let uid = |instance: &Instance, tag| {
        let found = instance.text(tag).filter(|uid| is_uid(uid));
        found.ok_or_else(|| Error::new(&codes::NO_IDENTITY))
    };
    let of = |at: &FrameRef| instances.get(at.instance).ok_or_else(none);
    let first = of(frames.first().ok_or_else(none)?)?;
    let study = uid(first, tags::STUDY_INSTANCE_UID)?;
    // By series, then by instance, as the evidence lists them; each instance with the frames that are meant.
    let mut series: Vec<(String, Vec<String>, Vec<DataSet>)> = vec![];
    let mut content: Vec<(String, DataSet, Vec<f64>)> = vec![];
    for at in frames {
        let instance = of(at)?;
        if uid(instance, tags::STUDY_INSTANCE_UID)? != study {
            return Err(none().expected("frames of one study"));
        }
        let (class, own) = (
            uid(instance, tags::SOP_CLASS_UID)?,
            uid(instance, tags::SOP_INSTANCE_UID)?,
        );
        let series_uid = uid(instance, tags::SERIES_INSTANCE_UID)?;
        let place = series.iter().position(|(uid, ..)| *uid == series_uid);
        let place = place.unwrap_or_else(|| {
            series.push((series_uid, vec![], vec![]));
            series.len() - 1
        });
        if let Some((_, known, items)) = series.get_mut(place)
            && !known.contains(&own)
        {
            known.push(own.clone());
            items.push(reference(&class, &own));
        }
        let frame = f64::from(at.frame) + 1.0;
        let many = instance.number_of_frames() > 1;
        match content.iter_mut().find(|(uid, ..)| *uid == own) {
            Some((_, _, frames)) if many && !frames.contains(&frame) => frames.push(frame),
            Some(_) => {}
            None => content.push((
                own.clone(),
                reference(&class, &own),
                if many { vec![frame] } else { vec![] },
            )),
        }
    }
    let now = stamp.at(first.text(tags::TIMEZONE_OFFSET_FROM_UTC).as_deref());
    let mut set = DataSet::new();
    set.copy_or_empty(first.data(), WHOSE_NEEDED)
        .copy(first.data(), WHOSE)
        .text(tags::STUDY_INSTANCE_UID, &study)
        .text(
            tags::SOP_CLASS_UID,
            uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE,
        )
        .text(tags::SOP_INSTANCE_UID, &stamp.uid("ko", "instance"))
        .text(tags::SERIES_INSTANCE_UID, &stamp.uid("ko", "series"))
        .numbers(tags::SERIES_NUMBER, &[9307.0])
        .numbers(tags::INSTANCE_NUMBER, &[1.0])
        .text(tags::MODALITY, "KO")
        .text(tags::SERIES_DESCRIPTION, "Key images")
        .text(tags::MANUFACTURER, MAKER)
        .text(tags::MANUFACTURER_MODEL_NAME, MAKER)
        .text(tags::DEVICE_SERIAL_NUMBER, "NONE")
        .text(tags::SOFTWARE_VERSIONS, env!("CARGO_PKG_VERSION"));
    for (date, time) in [
        (tags::INSTANCE_CREATION_DATE, tags::INSTANCE_CREATION_TIME),
        (tags::SERIES_DATE, tags::SERIES_TIME),
        (tags::CONTENT_DATE, tags::CONTENT_TIME),
    ] {
        set.text(date, &now.date).text(time, &now.time);
    }
    let item = |(uid, _, instances): (String, Vec<String>, Vec<DataSet>)| {
        let mut item = DataSet::new();
        item.text(tags::SERIES_INSTANCE_UID, &uid)
            .items(tags::REFERENCED_SOP_SEQUENCE, instances);
        item
    };
    let mut evidence = DataSet::new();
    evidence.text(tags::STUDY_INSTANCE_UID, &study).items(
        tags::REFERENCED_SERIES_SEQUENCE,
        series.into_iter().map(item).collect(),
    );
    let mut items = vec![];
    if !words.trim().is_empty() {
        items.push(text("CONTAINS", &concept::KEY_DESCRIPTION, words.trim()));
    }
    items.extend(content.into_iter().map(|(_, mut reference, frames)| {
        if !frames.is_empty() {
            reference.numbers(tags::REFERENCED_FRAME_NUMBER, &frames);
        }
        image(None, reference)
    }));
    set.items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![])
        .item(
            tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
            evidence,
        )
        .text(tags::VALUE_TYPE, "CONTAINER")
        .item(
            tags::CONCEPT_NAME_CODE_SEQUENCE,
            concept::OF_INTEREST.item(),
        )
        .text(tags::CONTINUITY_OF_CONTENT, "SEPARATE")
        .item(tags::CONTENT_TEMPLATE_SEQUENCE, template("2010"))
        .items(tags::CONTENT_SEQUENCE, items);
    set.file()
}

/// What a document selects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// SOP Instance UID and frames (from 0; empty: the whole image), in the document's order.
    pub images: Vec<(String, Vec<u32>)>,
    /// Key Object Description.
    pub words: String,
}

/// Most items of a document that are looked at.
const MOST: usize = 10_000;

/// Reads a document; `None` where the instance is none, or rejects what it names (PS3.16 CID 7011).
pub fn read(instance: &Instance) -> Option<Selected> {
    if instance.text(tags::SOP_CLASS_UID).as_deref()
        != Some(uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE)
    {
        return None;
    }
    let title = instance.items(tags::CONCEPT_NAME_CODE_SEQUENCE);
    let title = title
        .first()
        .and_then(|item| text_of(item, tags::CODE_VALUE));
    // Rejected for quality, for safety, or by a worklist; data that is kept no longer.
    if matches!(
        title.as_deref(),
        Some("113001" | "113010" | "113037" | "113038" | "113039")
    ) {
        return None;
    }
    let mut selected = Selected::default();
    let mut waiting: Vec<&Item> = instance.items(tags::CONTENT_SEQUENCE);
    waiting.reverse();
    let mut looked = 0;
    while let Some(item) = waiting.pop() {
        looked += 1;
        if looked > MOST {
            break;
        }
        let kind = text_of(item, tags::VALUE_TYPE).unwrap_or_default();
        if kind == "TEXT" && selected.words.is_empty() {
            selected.words = text_of(item, tags::TEXT_VALUE).unwrap_or_default();
        }
        for image in items_of(item, tags::REFERENCED_SOP_SEQUENCE) {
            if let Some(uid) = text_of(image, tags::REFERENCED_SOP_INSTANCE_UID) {
                let frames = numbers_of(image, tags::REFERENCED_FRAME_NUMBER);
                let from_zero = frames
                    .into_iter()
                    .filter(|n| *n >= 1.0)
                    .map(|n| n as u32 - 1);
                selected.images.push((uid, from_zero.collect()));
            }
        }
        let inner = items_of(item, tags::CONTENT_SEQUENCE);
        waiting.extend(inner.into_iter().rev());
    }
    Some(selected)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::base::{Limits, MemorySource};

    fn instance(study: &str, series: &str, uid: &str, frames: u32) -> Instance {
        let mut set = DataSet::new();
        set.text(tags::SOP_CLASS_UID, uids::CT_IMAGE_STORAGE)
            .text(tags::SOP_INSTANCE_UID, uid)
            .text(tags::STUDY_INSTANCE_UID, study)
            .text(tags::SERIES_INSTANCE_UID, series)
            .text(tags::PATIENT_NAME, "Doe^Jane")
            .numbers(tags::NUMBER_OF_FRAMES, &[f64::from(frames)]);
        again(set.file().unwrap())
    }

    fn again(file: Vec<u8>) -> Instance {
        Instance::read(
            &(Rc::new(MemorySource::new("made", file)) as _),
            &Limits::default(),
        )
        .unwrap()
    }

    const STAMP: Stamp = Stamp {
        unix_seconds: 951_782_400,
        offset_minutes: 0,
        seed: [4; 16],
    };

    #[test]
    fn what_is_selected_is_read_back() {
        let all = [
            instance("1.2.1", "1.2.1.1", "1.2.3.1", 1),
            instance("1.2.1", "1.2.1.2", "1.2.3.2", 9),
            instance("1.2.9", "1.2.9.1", "1.2.3.3", 1),
        ];
        let at = |instance, frame| FrameRef { instance, frame };
        let file = write(
            &all,
            &[at(1, 4), at(0, 0), at(1, 2), at(1, 4)],
            " seen ",
            &STAMP,
        )
        .unwrap();
        let document = again(file.clone());
        let said = Selected {
            images: vec![
                ("1.2.3.2".to_owned(), vec![4, 2]),
                ("1.2.3.1".to_owned(), vec![]),
            ],
            words: "seen".to_owned(),
        };
        assert_eq!(read(&document), Some(said));
        assert_eq!(
            document.text(tags::PATIENT_NAME).as_deref(),
            Some("Doe^Jane")
        );
        assert_eq!(
            document.text(tags::CONTENT_DATE).as_deref(),
            Some("20000229")
        );
        let evidence = document.items(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE);
        assert_eq!(
            items_of(evidence[0], tags::REFERENCED_SERIES_SEQUENCE).len(),
            2
        );
        assert_eq!(
            file,
            write(&all, &[at(1, 4), at(0, 0), at(1, 2)], "seen", &STAMP).unwrap()
        );
        for wrong in [&[][..], &[at(0, 0), at(2, 0)], &[at(7, 0)]] {
            assert_eq!(
                write(&all, wrong, "", &STAMP).unwrap_err().code(),
                &codes::NO_KEYS
            );
        }
        assert_eq!(read(&all[0]), None);
    }
}
