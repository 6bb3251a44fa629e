//! Copies of made files: an identifier in every attribute of the table, in sequences, under unknown and private tags; pixels; damage.

use std::rc::Rc;

use dicom_core::{Tag, VR};

use super::{
    element::{Element, Form, Value, dictionary, read, write},
    table, *,
};
use crate::base::MemorySource;

const EXPLICIT: Form = Form {
    explicit: true,
    big_endian: false,
};
const IMPLICIT: Form = Form {
    explicit: false,
    big_endian: false,
};
const BIG: Form = Form {
    explicit: true,
    big_endian: true,
};

fn text(tag: Tag, vr: VR, text: &str) -> Element<'static> {
    Element::of_bytes(tag, vr, text.as_bytes().to_vec())
}

/// Every attribute of the table with a value that begins with `ZQ`, where its Value Representation can hold one.
fn worst(depth: u32) -> Vec<Element<'static>> {
    let mut all = vec![];
    for row in table::ROWS {
        let tag = Tag((row.tag >> 16) as u16, row.tag as u16);
        let vr = dictionary(tag).unwrap_or(VR::LO);
        match vr {
            _ if tag.0 < 8 => {}
            VR::SQ => {
                let item = vec![
                    text(tags::PERSON_NAME, VR::PN, "ZQ^NAME"),
                    text(tags::TEXT_VALUE, VR::UT, "ZQ TEXT"),
                    text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "1.9.99.1"),
                ];
                all.push(Element {
                    tag,
                    vr,
                    value: Value::Items(vec![item.clone(), item]),
                });
            }
            VR::UI => all.push(text(tag, vr, &format!("1.9.99.{}", row.tag))),
            VR::US | VR::UL | VR::SS | VR::SL | VR::FL | VR::FD | VR::AT => {}
            _ => all.push(text(tag, vr, &format!("ZQ{:08X}", row.tag))),
        }
    }
    all.push(text(Tag(0x0018, 0xFFF2), VR::LO, "ZQUNKNOWN"));
    all.push(text(Tag(0x0029, 0x0010), VR::LO, "ZQ CREATOR"));
    all.push(text(Tag(0x0029, 0x1001), VR::LO, "ZQPRIVATE"));
    all.push(text(Tag(0x6000, 0x3000), VR::OW, "ZQPLANE"));
    all.push(text(Tag(0x6002, 0x4000), VR::LT, "ZQPLANE"));
    all.push(text(Tag(0x5000, 0x3000), VR::OW, "ZQCURVE"));
    all.push(text(tags::MODALITY, VR::CS, "MR"));
    all.push(text(
        tags::SOP_CLASS_UID,
        VR::UI,
        "1.2.840.10008.5.1.4.1.1.4",
    ));
    if depth > 0 {
        all.push(Element {
            tag: tags::REFERENCED_SERIES_SEQUENCE,
            vr: VR::SQ,
            value: Value::Items(vec![worst(depth - 1)]),
        });
    }
    all.sort_by_key(|e| e.tag);
    all
}

fn file(elements: &[Element<'_>], form: Form, syntax: &str, pixels: &[u8]) -> Vec<u8> {
    let mut out = meta("1.2.840.10008.5.1.4.1.1.4", "1.9.99.524312", syntax);
    out[..8].copy_from_slice(b"ZQBEFORE");
    write(elements, form, &mut out);
    out.extend(pixels);
    out
}

fn source(bytes: Vec<u8>) -> Rc<dyn ByteSource> {
    Rc::new(MemorySource::new("ZQ/NAME.dcm", bytes))
}

fn whole(copy: &Copy) -> Vec<u8> {
    let mut all = vec![];
    copy.stream(&mut |bytes| {
        all.extend_from_slice(bytes);
        Ok(())
    })
    .unwrap();
    assert_eq!(all.len() as u64, copy.length());
    all
}

fn run(names: &[&str]) -> Run {
    Run::new(Options::named(names.iter().copied()).unwrap(), [7; 32])
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|w| w == what)
}

const PIXELS: &[u8] = b"\xE0\x7F\x10\0OW\0\0\x08\0\0\0pixelsZQ";

#[test]
fn nothing_of_any_attribute_is_left_in_any_encoding() {
    for (form, syntax) in [
        (EXPLICIT, "1.2.840.10008.1.2.1"),
        (IMPLICIT, "1.2.840.10008.1.2"),
        (BIG, "1.2.840.10008.1.2.2"),
    ] {
        let mut run = run(&[]);
        let original = file(&worst(2), form, syntax, &[]);
        assert!(has(&original, b"ZQ") && has(&original, b"1.9.99."));
        let copy = run.copy(&source(original), &Limits::default()).unwrap();
        let bytes = whole(&copy);
        let report = run.report();
        for said in [
            &bytes[..],
            copy.name.as_bytes(),
            report.json().as_bytes(),
            report.csv().as_bytes(),
            report.text().as_bytes(),
        ] {
            assert!(!has(said, b"ZQ") && !has(said, b"1.9.99."), "{syntax}");
        }
        assert!(has(&bytes, syntax.as_bytes()));
        assert!(
            has(&bytes, b"113100") && has(&bytes, b"Basic Application Confidentiality Profile")
        );
        // It is read as what it was.
        let again = Instance::read(&source(bytes), &Limits::default()).unwrap();
        assert_eq!(
            again.text(tags::PATIENT_IDENTITY_REMOVED).as_deref(),
            Some("YES")
        );
        assert_eq!(again.text(tags::MODALITY).as_deref(), Some("MR"));
        assert_eq!(
            again
                .text(tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED)
                .as_deref(),
            Some("REMOVED")
        );
        assert!(again.repairs.is_empty(), "{:?}", again.repairs);
    }
}

use crate::dicom::Instance;

#[test]
fn uids_agree_within_a_run_and_differ_between_runs() {
    let one = |uid: &str| {
        let elements = vec![
            text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.4"),
            text(tags::SOP_INSTANCE_UID, VR::UI, uid),
            text(tags::PATIENT_ID, VR::LO, "ZQ1"),
            text(tags::STUDY_INSTANCE_UID, VR::UI, "1.9.99.5"),
            Element {
                tag: tags::REFERENCED_IMAGE_SEQUENCE,
                vr: VR::SQ,
                value: Value::Items(vec![vec![text(
                    tags::REFERENCED_SOP_INSTANCE_UID,
                    VR::UI,
                    "1.9.99.1",
                )]]),
            },
        ];
        source(file(&elements, EXPLICIT, "1.2.840.10008.1.2.1", &[]))
    };
    let read = |run: &mut Run, uid: &str| {
        let copy = run.copy(&one(uid), &Limits::default()).unwrap();
        Instance::read(&source(whole(&copy)), &Limits::default()).unwrap()
    };
    let mut first = run(&[]);
    let (a, b) = (read(&mut first, "1.9.99.1"), read(&mut first, "1.9.99.2"));
    let referenced = |i: &Instance| {
        crate::dicom::text_of(
            i.items(tags::REFERENCED_IMAGE_SEQUENCE)[0],
            tags::REFERENCED_SOP_INSTANCE_UID,
        )
    };
    assert_eq!(
        a.text(tags::STUDY_INSTANCE_UID),
        b.text(tags::STUDY_INSTANCE_UID)
    );
    assert_eq!(referenced(&b), a.text(tags::SOP_INSTANCE_UID));
    assert_ne!(
        a.text(tags::SOP_INSTANCE_UID),
        b.text(tags::SOP_INSTANCE_UID)
    );
    assert_eq!(a.text(tags::PATIENT_ID), b.text(tags::PATIENT_ID));
    assert_eq!(
        a.text(tags::SOP_CLASS_UID).as_deref(),
        Some("1.2.840.10008.5.1.4.1.1.4")
    );
    let mut other = Run::new(Options::default(), [8; 32]);
    assert_ne!(
        read(&mut other, "1.9.99.1").text(tags::STUDY_INSTANCE_UID),
        a.text(tags::STUDY_INSTANCE_UID)
    );
    // The same file twice has two places.
    let names = [
        first.copy(&one("1.9.99.2"), &Limits::default()),
        first.copy(&one("1.9.99.2"), &Limits::default()),
    ]
    .map(|c| c.unwrap().name);
    assert_ne!(names[0], names[1]);
}

#[test]
fn options_keep_what_they_say_and_no_more() {
    let elements = [
        text(tags::STUDY_DATE, VR::DA, "20240301"),
        text(tags::SERIES_DATE, VR::DA, "20240302"),
        text(
            tags::STUDY_DESCRIPTION,
            VR::LO,
            "HEAD of Mr Miller, 01.03.2024",
        ),
        text(tags::INSTITUTION_NAME, VR::LO, "St. Elsewhere"),
        text(tags::PATIENT_NAME, VR::PN, "Miller^John"),
        text(tags::PATIENT_BIRTH_DATE, VR::DA, "19500101"),
        text(tags::PATIENT_AGE, VR::AS, "074Y"),
        text(tags::DEVICE_SERIAL_NUMBER, VR::LO, "SN77"),
        text(Tag(0x7053, 0x0010), VR::LO, "Philips PET Private Group"),
        text(Tag(0x7053, 0x1000), VR::DS, "1.25"),
        text(Tag(0x7053, 0x1001), VR::LO, "unsafe"),
    ];
    let with = |names: &[&str]| {
        let copy = run(names)
            .copy(
                &source(file(&elements, EXPLICIT, "1.2.840.10008.1.2.1", &[])),
                &Limits::default(),
            )
            .unwrap();
        Instance::read(&source(whole(&copy)), &Limits::default()).unwrap()
    };
    let basic = with(&[]);
    assert_eq!(basic.text(tags::STUDY_DATE), None);
    assert_eq!(basic.text(tags::PATIENT_AGE), None);
    assert!(
        basic.data().get(Tag(0x7053, 0x1000)).is_none()
            && basic.data().get(Tag(0x7053, 0x0010)).is_none()
    );
    let dates = with(&["retain-modified-dates"]);
    let moved = |tag| dates.text(tag).unwrap().parse::<u32>().unwrap();
    assert!((20140101..20230401).contains(&moved(tags::STUDY_DATE)));
    assert_ne!(moved(tags::STUDY_DATE), moved(tags::SERIES_DATE));
    assert_eq!(dates.text(tags::PATIENT_BIRTH_DATE), None);
    let all = with(&[
        "retain-full-dates",
        "retain-patient-characteristics",
        "retain-device-identity",
        "retain-institution-identity",
        "clean-descriptors",
        "retain-safe-private",
    ]);
    assert_eq!(all.text(tags::STUDY_DATE).as_deref(), Some("20240301"));
    assert_eq!(all.text(tags::PATIENT_AGE).as_deref(), Some("074Y"));
    assert_eq!(
        all.text(tags::DEVICE_SERIAL_NUMBER).as_deref(),
        Some("SN77")
    );
    assert_eq!(
        all.text(tags::INSTITUTION_NAME).as_deref(),
        Some("St. Elsewhere")
    );
    assert_eq!(
        all.text(tags::STUDY_DESCRIPTION).as_deref(),
        Some("HEAD of Mr X, X")
    );
    assert_eq!(all.text(Tag(0x7053, 0x1000)).as_deref(), Some("1.25"));
    assert!(all.data().get(Tag(0x7053, 0x1001)).is_none());
    assert!(!all.text(tags::PATIENT_NAME).unwrap().contains("Miller"));
    assert_eq!(
        all.items(tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE).len(),
        7
    );
}

/// What a validator looks for: numbers stay as many, sequences that must not be empty go, and each copy can be referred to.
#[test]
fn a_copy_stays_an_object() {
    let sequence = |tag| Element {
        tag,
        vr: VR::SQ,
        value: Value::Items(vec![vec![text(
            tags::REFERENCED_SOP_INSTANCE_UID,
            VR::UI,
            "1.9.99.7",
        )]]),
    };
    let points: Vec<u8> = [1_f32, 2.0, 3.0, 4.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let graphic = Element {
        tag: tags::GRAPHIC_ANNOTATION_SEQUENCE,
        vr: VR::SQ,
        value: Value::Items(vec![vec![
            Element::of_bytes(tags::ANCHOR_POINT, VR::FL, points[..8].to_vec()),
            Element::of_bytes(tags::GRAPHIC_DATA, VR::FL, points),
        ]]),
    };
    let elements = [
        sequence(tags::REFERENCED_STUDY_SEQUENCE),
        sequence(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE),
        graphic,
        text(tags::PRESENTATION_CREATION_DATE, VR::DA, "20240302"),
    ];
    let mut run = run(&[]);
    let mut copy = || {
        let file = file(&elements, EXPLICIT, "1.2.840.10008.1.2.1", &[]);
        let bytes = whole(&run.copy(&source(file), &Limits::default()).unwrap());
        let object = dicom_object::from_reader(&bytes[128..]).unwrap();
        let named = object
            .element(tags::SOP_INSTANCE_UID)
            .unwrap()
            .to_str()
            .unwrap();
        assert!(named.starts_with("2.25."), "{named}");
        let meta = object.meta().media_storage_sop_instance_uid();
        assert_eq!(meta.trim_end_matches('\0'), named);
        assert!(object.element(tags::REFERENCED_STUDY_SEQUENCE).is_err());
        let steps = tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE;
        assert!(object.element(steps).is_err());
        let date = object.element(tags::PRESENTATION_CREATION_DATE).unwrap();
        assert_eq!(date.to_str().unwrap(), "19000101");
        let items = object
            .element(tags::GRAPHIC_ANNOTATION_SEQUENCE)
            .unwrap()
            .items()
            .unwrap();
        let data = |tag| items[0].element(tag).unwrap().to_multi_float32().unwrap();
        assert_eq!(data(tags::ANCHOR_POINT), [0.0; 2]);
        assert_eq!(data(tags::GRAPHIC_DATA), [0.0; 4]);
        named.into_owned()
    };
    // Of two files without a UID, each has its own.
    assert_ne!(copy(), copy());
}

#[test]
fn pixels_come_over_byte_by_byte() {
    let elements = [text(tags::PATIENT_NAME, VR::PN, "ZQ")];
    let of = |pixels: &[u8]| {
        let file = file(&elements, EXPLICIT, "1.2.840.10008.1.2.1", pixels);
        whole(&run(&[]).copy(&source(file), &Limits::default()).unwrap())
    };
    assert!(of(PIXELS).ends_with(PIXELS));
    // What follows the pixels stays behind: padding, signatures.
    let trailing = [PIXELS, b"\xFC\xFF\xFC\xFFOB\0\0\x04\0\0\0TAIL"].concat();
    assert!(of(&trailing).ends_with(PIXELS));
    let fragments = b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\0\0\0\0\xFE\xFF\x00\xE0\x04\0\0\0\xFF\xD8ab\xFE\xFF\xDD\xE0\0\0\0\0";
    assert!(of(fragments).ends_with(fragments));
    // Cut inside of a fragment: what is there, with its length; cut behind one: the delimiter is added.
    let cut = of(&fragments[..fragments.len() - 11]);
    assert!(
        cut.ends_with(b"\xFE\xFF\x00\xE0\x02\0\0\0\xFF\0\xFE\xFF\xDD\xE0\0\0\0\0")
            || cut.ends_with(b"\xFF\xD8\xFE\xFF\xDD\xE0\0\0\0\0"),
        "{:?}",
        &cut[cut.len() - 24..]
    );
    assert!(of(&fragments[..fragments.len() - 8]).ends_with(fragments));
    // Native pixels that are cut say the length that is there.
    assert!(of(&PIXELS[..PIXELS.len() - 2]).ends_with(b"OW\0\0\x06\0\0\0pixels"));
}

#[test]
fn directories_and_what_is_none_are_left_out() {
    let mut run = run(&[]);
    let directory = file(
        &[text(tags::SOP_CLASS_UID, VR::UI, DIRECTORY)],
        EXPLICIT,
        "1.2.840.10008.1.2.1",
        &[],
    );
    let error = run
        .copy(&source(directory), &Limits::default())
        .unwrap_err();
    assert_eq!(error.code(), &codes::NOT_COPIED);
    run.copy(&source(vec![1; 300]), &Limits::default())
        .unwrap_err();
    let report = run.report();
    assert_eq!((report.copied, report.left_out.len()), (0, 2));
}

#[test]
fn damaged_files_give_an_error_or_a_clean_copy() {
    let original = file(&worst(1), EXPLICIT, "1.2.840.10008.1.2.1", PIXELS);
    let limits = Limits::default();
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    let mut copied = 0;
    for round in 0..400 {
        let mut bytes = original.clone();
        for _ in 0..=round % 5 {
            let at = next() % bytes.len();
            bytes[at] = next() as u8;
        }
        if round % 3 == 0 {
            bytes.truncate(next() % bytes.len());
        }
        let mut run = run(&[
            "clean-descriptors",
            "retain-modified-dates",
            "retain-safe-private",
            "clean-structured-content",
        ]);
        if let Ok(copy) = run.copy(&source(bytes), &limits) {
            copied += 1;
            let whole = whole(&copy);
            Instance::read(&source(whole), &limits).unwrap();
        }
    }
    assert!(copied > 20, "{copied}");
}

#[test]
fn the_plain_form_is_read_as_it_was_written() {
    for form in [EXPLICIT, BIG] {
        let (mut once, mut again) = (vec![], vec![]);
        write(&worst(1), form, &mut once);
        write(&read(&once, form).unwrap(), form, &mut again);
        assert_eq!(once, again);
    }
    assert!(read(&[8, 0], EXPLICIT).is_none());
    assert!(read(&[8, 0, 5, 0, b'C', b'S', 9, 0, 1], EXPLICIT).is_none());
}

/// What says who somebody is in attributes that the table leaves out, or under another Value Representation than the dictionary's.
#[test]
fn what_a_file_calls_something_else_is_what_it_is() {
    let private = |element, vr, value: &str| text(Tag(0x0099, element), vr, value);
    let ultrasound = "SIEMENS Ultrasound SC2000";
    // Item, its length, Patient's Name: a sequence as PS3.5 6.2.2 lets it be stored, with a length.
    let item = [
        &b"\xFE\xFF\x00\xE0\x10\0\0\0\x10\0\x10\0\x08\0\0\0"[..],
        b"ZQ^NAME ",
    ]
    .concat();
    let unknown = |tag, value: &[u8]| Element::of_bytes(tag, VR::UN, value.to_vec());
    let mut elements = vec![
        // Numbers of orders, notes, descriptions.
        text(Tag(0x0028, 0x0A04), VR::LO, "ZQ1"),
        text(Tag(0x0028, 0x6022), VR::LO, "ZQ2"),
        text(Tag(0x0040, 0x1006), VR::SH, "ZQ3"),
        text(Tag(0x0040, 0x1007), VR::SH, "ZQ4"),
        text(Tag(0x0040, 0x2006), VR::SH, "ZQ5"),
        text(Tag(0x0040, 0x2007), VR::SH, "ZQ6"),
        text(Tag(0x0044, 0x0011), VR::LO, "ZQ7"),
        // A name, a date that the table does not name, each as a text.
        text(tags::EVALUATOR_NAME, VR::LO, "ZQ8"),
        text(tags::DATE_OF_GAIN_CALIBRATION, VR::LO, "ZQ9"),
        // The line says U; and a sequence that no line names.
        unknown(tags::REFERENCED_IMAGE_SEQUENCE, &item),
        unknown(tags::SOURCE_IMAGE_SEQUENCE, &item),
        unknown(tags::ACQUISITION_CONTEXT_SEQUENCE, &item),
        private(0x0010, VR::LO, "NQHeader"),
        private(0x1001, VR::UI, "1.9.99.1"),
        private(0x1002, VR::UN, "1.9.99.2\0\0"),
        private(0x1020, VR::SH, "kept"),
        text(Tag(0x0119, 0x0010), VR::LO, ultrasound),
        unknown(Tag(0x0119, 0x1002), &item),
        text(tags::SERIES_INSTANCE_UID, VR::UI, "1.9.99.1"),
    ];
    elements.sort_by_key(|e| e.tag);
    let original = file(&elements, EXPLICIT, "1.2.840.10008.1.2.1", &[]);
    let of = |names: &[&str]| {
        whole(
            &run(names)
                .copy(&source(original.clone()), &Limits::default())
                .unwrap(),
        )
    };
    let most = [
        "retain-safe-private",
        "retain-device-identity",
        "retain-institution-identity",
        "retain-patient-characteristics",
        "clean-structured-content",
    ];
    for names in [&most[..0], &most[..]] {
        let bytes = of(names);
        assert!(!has(&bytes, b"ZQ"), "{names:?}");
        assert!(!has(&bytes, b"1.9.99."), "{names:?}");
    }
    // A private UID is the one that the copies have for it.
    let bytes = of(&most);
    let again = Instance::read(&source(bytes), &Limits::default()).unwrap();
    let said = again.text(Tag(0x0099, 0x1001)).unwrap();
    assert_eq!(
        Some(said.trim_end_matches('\0')),
        again.text(tags::SERIES_INSTANCE_UID).as_deref()
    );
    assert_eq!(again.text(Tag(0x0099, 0x1020)).as_deref(), Some("kept"));
    // The creator of a block stays with it, and goes with it.
    assert!(again.data().get(Tag(0x0099, 0x0010)).is_some());
    assert!(again.data().get(Tag(0x0119, 0x0010)).is_none());
    assert!(has(
        &of(&["retain-safe-private", "retain-uids"]),
        b"1.9.99.1"
    ));
    // Short numbers of orders are no words of a description that could stay.
    let cleaned = of(&["clean-descriptors", "retain-modified-dates"]);
    assert!(!has(&cleaned, b"ZQ3") && !has(&cleaned, b"ZQ9") && !has(&cleaned, b"NAME"));
}
