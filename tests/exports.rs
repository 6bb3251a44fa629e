//! Results of an analysis as DICOM objects, written from a made source and read back by this program's own reader: every voxel, every number,
//! every reference. Outside readers: scripts/oracles/exports.py.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::{collections::BTreeMap, rc::Rc};

use common::{
    door::{self, Folder},
    make::{self, DataSet, Value},
};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use negatoscope::{
    base::{Limits, MemorySource},
    codec::Stored,
    dicom::{Instance, Item, items_of, number_of, numbers_of, text_of},
    export::{
        Export, Stamp,
        kinds::{self, KINDS, Kind},
    },
    model::finding::{Backend, Finding, HeatmapInfo, LabelMap, ModelId, Score},
    study::{Catalogue, pixels},
};

const COLUMNS: usize = 5;
const ROWS: usize = 3;
const SLICES: usize = 4;
const PLANE: usize = COLUMNS * ROWS;
const ORIENTATION: &str = "0.8\\0.6\\0\\0\\0\\-1";
const STAMP: Stamp = Stamp {
    unix_seconds: 1_000_000_000,
    offset_minutes: 60,
    seed: [5; 16],
};

/// Where slice `k` lies: along row × column.
fn position(k: usize) -> [f64; 3] {
    let far = k as f64 * 2.5;
    [10.0 - 0.6 * far, -20.25 + 0.8 * far, 30.5]
}

fn text(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(f64::to_string).collect();
    texts.join("\\")
}

fn head(class: &str, uid: &str) -> DataSet {
    let mut data = make::picture(ROWS as u16, COLUMNS as u16, 1, 16, "MONOCHROME2");
    data.text((8, 5), b"CS", "ISO_IR 100")
        .text((8, 0x16), b"UI", class)
        .text((8, 0x18), b"UI", uid)
        .text((8, 0x20), b"DA", "20200229")
        .text((8, 0x60), b"CS", "MR")
        .text((8, 0x70), b"LO", "Maker")
        .text((0x10, 0x20), b"LO", "007 A")
        .text((0x10, 0x1010), b"AS", "42")
        .text((0x20, 0x52), b"UI", "2.25.77");
    // Latin 1.
    data.put(
        (0x10, 0x10),
        b"PN",
        Value::Bytes(b"M\xFCller^J\xF6rg".to_vec()),
    );
    data
}

fn values(k: usize) -> Vec<u8> {
    (0..PLANE)
        .flat_map(|at| ((k * 100 + at) as u16).to_le_bytes())
        .collect()
}

/// Four files, not in the order of their slices.
fn single_frames() -> Vec<Vec<u8>> {
    let slice = |k: usize| {
        let mut data = head("1.2.840.10008.5.1.4.1.1.4", &format!("2.25.10{k}"));
        data.text((0x18, 0x50), b"DS", "3")
            .text((0x20, 0x13), b"IS", &(k + 1).to_string())
            .text((0x20, 0x32), b"DS", &text(&position(k)))
            .text((0x20, 0x37), b"DS", ORIENTATION)
            .text((0x28, 0x30), b"DS", "0.75\\0.5");
        make::native(data, values(k)).file(make::EXPLICIT)
    };
    [2, 0, 3, 1].map(slice).to_vec()
}

/// The same as one file, its frames not in the order of their places.
fn enhanced() -> Vec<Vec<u8>> {
    let of = |tag, vr: &[u8; 2], text: &str| {
        let mut item = DataSet::default();
        item.text(tag, vr, text);
        Value::Items(vec![item])
    };
    let order = [2, 0, 3, 1];
    let mut measures = DataSet::default();
    measures
        .text((0x18, 0x50), b"DS", "3")
        .text((0x28, 0x30), b"DS", "0.75\\0.5");
    let mut shared = DataSet::default();
    shared
        .put((0x28, 0x9110), b"SQ", Value::Items(vec![measures]))
        .put((0x20, 0x9116), b"SQ", of((0x20, 0x37), b"DS", ORIENTATION));
    let frames = order.map(|k| {
        let mut frame = DataSet::default();
        let place = of((0x20, 0x32), b"DS", &text(&position(k)));
        frame.put((0x20, 0x9113), b"SQ", place);
        frame
    });
    let mut data = head("1.2.840.10008.5.1.4.1.1.4.1", "2.25.100");
    data.text((0x28, 8), b"IS", "4")
        .put((0x5200, 0x9229), b"SQ", Value::Items(vec![shared]))
        .put((0x5200, 0x9230), b"SQ", Value::Items(frames.to_vec()));
    let pixels = order.into_iter().flat_map(values).collect();
    vec![make::native(data, pixels).file(make::EXPLICIT)]
}

/// A radiograph: lengths at the detector, no place in the patient.
fn radiograph() -> DataSet {
    let mut data = head("1.2.840.10008.5.1.4.1.1.1.1", "2.25.200");
    data.text((8, 0x60), b"CS", "DX")
        .text((0x18, 0x1164), b"DS", "0.2\\0.1")
        .text((0x20, 0x20), b"CS", "L\\F")
        .without((0x20, 0x52));
    data
}

fn catalogue(files: Vec<Vec<u8>>) -> Catalogue {
    let mut all = Catalogue::default();
    for (at, file) in files.into_iter().enumerate() {
        let source = Rc::new(MemorySource::new(format!("{at}.dcm"), file));
        all.add(&(source as _), &Limits::default());
    }
    all.arrange();
    assert!(all.errors.is_empty(), "{:?}", all.errors);
    all
}

/// Labels 0 to 2 in a pattern that no symmetry hides; label 2 not in the first slice, label 3 nowhere.
fn overlay() -> Vec<u8> {
    (0..PLANE * SLICES)
        .map(|at| match at * at % 7 {
            1 | 4 => 1,
            2 if at >= PLANE => 2,
            _ => 0,
        })
        .collect()
}

fn segmentation() -> Finding {
    let names = ["background", "White Matter", "Grey Matter", "Läsion"].map(str::to_owned);
    let volumes = [12.5, 1.0 / 3.0, 0.0];
    Finding {
        input: "head".to_owned(),
        model: ModelId {
            name: "brain".to_owned(),
            version: "1.2".to_owned(),
            sha256: "ab12".repeat(16),
        },
        scores: vec![],
        label_map: Some(LabelMap {
            file: String::new(),
            dims: [COLUMNS, ROWS, SLICES].map(|n| n as u32),
            volumes_ml: names.iter().skip(1).cloned().zip(volumes).collect(),
            names: names.to_vec(),
            colours: vec![[0; 3], [255, 0, 0], [0, 255, 0], [0, 0, 255]],
            spread: BTreeMap::new(),
        }),
        heatmap: None,
        boxes: None,
        field: None,
        warnings: vec![],
        backend: Backend::Cpu,
        gpu_refused: None,
        seconds: 0.0,
        peak_bytes: 0.0,
    }
}

const CELLS: [f32; 6] = [-1.5, 0.25, 7.0, 1e-20, -0.0, 3.333_333_3];

fn classification() -> (Finding, Vec<u8>) {
    let heatmap = HeatmapInfo {
        file: String::new(),
        label: "report mentioned it".to_owned(),
        method: "cam".to_owned(),
        cells: [2, 3],
        extent: [-0.5, -0.5, COLUMNS as f32 - 0.5, ROWS as f32 - 0.5],
        range: [-4.0, 4.0],
        extremes: [-1.5, 7.0],
        unit: String::new(),
        runs: 0,
        parameters: vec![],
        shares: None,
        check: None,
    };
    let score = Score {
        label: "report mentioned it".to_owned(),
        value: 0.9,
        calibrated: Some(0.7),
        prior: Some(0.25),
        threshold: Some(0.71),
        cost: None,
        spread: None,
    };
    let finding = Finding {
        label_map: None,
        heatmap: Some(heatmap),
        scores: vec![score],
        ..segmentation()
    };
    (
        finding,
        CELLS.iter().flat_map(|c| c.to_le_bytes()).collect(),
    )
}

fn every() -> Vec<&'static Kind> {
    KINDS.iter().collect()
}

/// Runs `look` on an export of the one frame set of a source.
fn with<T>(
    catalogue: &Catalogue,
    finding: &Finding,
    overlay: &[u8],
    index: Option<usize>,
    look: impl FnOnce(&Export<'_>) -> T,
) -> T {
    let set = &catalogue.studies[0].series[0].frame_sets[0];
    look(&Export {
        catalogue,
        set,
        index,
        finding,
        overlay,
        fractions: &[],
        region: None,
        beside: &every(),
        stamp: &STAMP,
        limits: &Limits::default(),
    })
}

fn read(name: &str, file: Vec<u8>) -> Instance {
    let source = Rc::new(MemorySource::new(name, file));
    let limits = Limits {
        strict: true,
        ..Limits::default()
    };
    Instance::read(&(source as _), &limits).unwrap()
}

fn write(kind: &str, export: &Export<'_>) -> Instance {
    read(kind, kinds::by_name(kind).unwrap().write(export).unwrap())
}

fn bytes(instance: &Instance, frame: u32) -> Vec<u8> {
    match pixels::decode(instance, frame, &Limits::default())
        .unwrap()
        .values
    {
        Stored::U8(values) => values,
        other => panic!("{other:?}"),
    }
}

fn one(data: &Item, tag: Tag) -> &Item {
    let items = items_of(data, tag);
    assert_eq!(items.len(), 1, "{tag}");
    items[0]
}

/// Which slice a frame lies in, by its place; and that it names the frame that it came from.
fn slice_of(result: &Instance, frame: u32, whole: bool) -> usize {
    let place = result
        .frame_item(frame, tags::PLANE_POSITION_SEQUENCE)
        .unwrap();
    let found = numbers_of(place, tags::IMAGE_POSITION_PATIENT);
    let k = (0..SLICES).find(|k| found == position(*k)).unwrap();
    let derivation = result
        .frame_item(frame, tags::DERIVATION_IMAGE_SEQUENCE)
        .unwrap();
    let source = one(derivation, tags::SOURCE_IMAGE_SEQUENCE);
    let uid = text_of(source, tags::REFERENCED_SOP_INSTANCE_UID).unwrap();
    let number = number_of(source, tags::REFERENCED_FRAME_NUMBER);
    if whole {
        let order = [2, 0, 3, 1];
        assert_eq!(uid, "2.25.100");
        assert_eq!(order[number.unwrap() as usize - 1], k);
    } else {
        assert_eq!((uid, number), (format!("2.25.10{k}"), None));
    }
    k
}

/// Patient, study, geometry, algorithm: what all segmentations and maps have.
fn is_about_the_source(result: &Instance) {
    assert_eq!(result.repairs, []);
    assert_eq!(result.text(tags::PATIENT_NAME).unwrap(), "Müller^Jörg");
    assert_eq!(result.text(tags::PATIENT_ID).unwrap(), "007 A");
    assert_eq!(result.text(tags::STUDY_INSTANCE_UID).unwrap(), "2.25.3");
    assert_eq!(result.text(tags::STUDY_DATE).unwrap(), "20200229");
    assert_eq!(result.text(tags::CONTENT_DATE).unwrap(), "20010909");
    assert_eq!(result.text(tags::CONTENT_TIME).unwrap(), "024640");
    // It is no age (PS3.5 6.2), and a new object holds no wrong value.
    assert_eq!(result.text(tags::PATIENT_AGE), None);
    assert_ne!(result.text(tags::SERIES_INSTANCE_UID).unwrap(), "2.25.4");
}

fn lies_on_the_grid(result: &Instance) {
    let measures = result.frame_item(0, tags::PIXEL_MEASURES_SEQUENCE).unwrap();
    assert_eq!(numbers_of(measures, tags::PIXEL_SPACING), [0.75, 0.5]);
    assert_eq!(number_of(measures, tags::SLICE_THICKNESS), Some(3.0));
    assert_eq!(number_of(measures, tags::SPACING_BETWEEN_SLICES), Some(2.5));
    let plane = result
        .frame_item(0, tags::PLANE_ORIENTATION_SEQUENCE)
        .unwrap();
    let directions = numbers_of(plane, tags::IMAGE_ORIENTATION_PATIENT);
    assert_eq!(directions, [0.8, 0.6, 0.0, 0.0, 0.0, -1.0]);
    assert_eq!(
        result.text(tags::FRAME_OF_REFERENCE_UID).unwrap(),
        "2.25.77"
    );
    let series = &result.items(tags::REFERENCED_SERIES_SEQUENCE);
    assert_eq!(
        text_of(series[0], tags::SERIES_INSTANCE_UID).unwrap(),
        "2.25.4"
    );
}

#[test]
fn segments_are_the_labels_voxel_by_voxel() {
    for (files, whole) in [(single_frames(), false), (enhanced(), true)] {
        let (catalogue, finding, overlay) = (catalogue(files), segmentation(), overlay());
        let result = with(&catalogue, &finding, &overlay, None, |e| write("seg", e));
        is_about_the_source(&result);
        lies_on_the_grid(&result);
        // What is not there is empty.
        let mut rest = overlay.clone();
        for frame in 0..result.number_of_frames() {
            let k = slice_of(&result, frame, whole);
            let number = result.frame_item(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE);
            let label = number_of(number.unwrap(), tags::REFERENCED_SEGMENT_NUMBER).unwrap() as u8;
            let content = result
                .frame_item(frame, tags::FRAME_CONTENT_SEQUENCE)
                .unwrap();
            assert_eq!(
                numbers_of(content, tags::DIMENSION_INDEX_VALUES),
                [f64::from(label), k as f64 + 1.0]
            );
            let found = bytes(&result, frame);
            let plane = &mut rest[k * PLANE..(k + 1) * PLANE];
            assert!(found.contains(&1), "an empty frame");
            for (at, value) in plane.iter_mut().enumerate() {
                assert_eq!(found[at] == 1, *value == label, "{label} {k} {at}");
                if *value == label {
                    *value = 0;
                }
            }
        }
        assert!(rest.iter().all(|v| *v == 0));
        assert_eq!(result.number_of_frames(), 7, "label 2 lacks a slice");
        let segments = result.items(tags::SEGMENT_SEQUENCE);
        let label = |at: usize| text_of(segments[at], tags::SEGMENT_LABEL).unwrap();
        assert_eq!(segments.len(), 3);
        assert_eq!(label(0), "White Matter");
        assert_eq!(label(2), "Läsion");
        let code = one(segments[0], tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE);
        assert_eq!(text_of(code, tags::CODE_VALUE).unwrap(), "389080008");
        let own = one(segments[2], tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE);
        assert_eq!(
            text_of(own, tags::CODING_SCHEME_DESIGNATOR).unwrap(),
            "99NEGATOSCOPE"
        );
        let algorithm = one(
            segments[1],
            tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE,
        );
        assert_eq!(text_of(algorithm, tags::ALGORITHM_NAME).unwrap(), "brain");
        assert_eq!(text_of(algorithm, tags::ALGORITHM_VERSION).unwrap(), "1.2");
        let parameters = text_of(algorithm, tags::ALGORITHM_PARAMETERS).unwrap();
        assert!(parameters.ends_with(&finding.model.sha256), "{parameters}");
    }
}

#[test]
fn a_label_map_and_probabilities_read_back() {
    for (files, whole) in [(single_frames(), false), (enhanced(), true)] {
        let (catalogue, finding, overlay) = (catalogue(files), segmentation(), overlay());
        let map = with(&catalogue, &finding, &overlay, None, |e| {
            write("labelmap", e)
        });
        is_about_the_source(&map);
        lies_on_the_grid(&map);
        assert_eq!(
            map.text(tags::SOP_CLASS_UID).unwrap(),
            "1.2.840.10008.5.1.4.1.1.66.7"
        );
        assert_eq!(map.number_of_frames(), 4);
        for frame in 0..4 {
            let k = slice_of(&map, frame, whole);
            assert_eq!(bytes(&map, frame), overlay[k * PLANE..(k + 1) * PLANE]);
        }
        let share = |label: usize| -> Vec<u8> {
            let value = |at: usize| (at * 31 * label % 256) as u8;
            // Nothing in the second slice.
            (0..overlay.len())
                .map(|at| if at / PLANE == 1 { 0 } else { value(at) })
                .collect()
        };
        let fractions = [share(1), share(2), vec![0; overlay.len()]];
        let fractions = fractions.each_ref().map(Vec::as_slice);
        let result = with(&catalogue, &finding, &overlay, None, |e| {
            write(
                "fractional",
                &Export {
                    fractions: &fractions,
                    region: None,
                    ..*e
                },
            )
        });
        lies_on_the_grid(&result);
        assert_eq!(result.number(tags::MAXIMUM_FRACTIONAL_VALUE), Some(255.0));
        // Several labels may have a share of one voxel; of a label map only one.
        assert_eq!(result.text(tags::SEGMENTS_OVERLAP).unwrap(), "YES");
        assert_eq!(map.text(tags::SEGMENTS_OVERLAP).unwrap(), "NO");
        assert_eq!(result.number_of_frames(), 6);
        for frame in 0..6 {
            let k = slice_of(&result, frame, whole);
            let number = result.frame_item(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE);
            let label = number_of(number.unwrap(), tags::REFERENCED_SEGMENT_NUMBER).unwrap();
            let plane = &fractions[label as usize - 1][k * PLANE..(k + 1) * PLANE];
            assert_eq!(bytes(&result, frame), plane);
        }
    }
}

fn map_of(data: DataSet, look: impl FnOnce(&Instance)) {
    let catalogue = catalogue(vec![make::native(data, values(0)).file(make::EXPLICIT)]);
    let (finding, overlay) = classification();
    let map = with(&catalogue, &finding, &overlay, Some(0), |e| write("pm", e));
    is_about_the_source(&map);
    let decoded = pixels::decode(&map, 0, &Limits::default()).unwrap();
    assert_eq!((decoded.columns, decoded.rows), (2, 3));
    let Stored::F32(cells) = decoded.values else {
        panic!("{:?}", decoded.values)
    };
    // To the bit: −0 and numbers near nothing too.
    let bits: Vec<u32> = cells.iter().map(|c| c.to_bits()).collect();
    assert_eq!(bits, CELLS.map(f32::to_bits));
    look(&map);
}

#[test]
fn a_heatmap_keeps_its_cells_and_says_what_they_are() {
    let plane = |map: &Instance| {
        let place = map.frame_item(0, tags::PLANE_POSITION_SEQUENCE)?;
        let directions = map.frame_item(0, tags::PLANE_ORIENTATION_SEQUENCE)?;
        let mut all = numbers_of(place, tags::IMAGE_POSITION_PATIENT);
        all.extend(numbers_of(directions, tags::IMAGE_ORIENTATION_PATIENT));
        Some(all)
    };
    let spacing = |map: &Instance| {
        let measures = map.frame_item(0, tags::PIXEL_MEASURES_SEQUENCE);
        measures.map_or(vec![], |m| numbers_of(m, tags::PIXEL_SPACING))
    };
    // Cells of 1 row and 2.5 columns.
    map_of(radiograph(), |map| {
        assert_eq!(spacing(map), [0.2, 0.25]);
        let own = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0];
        assert_eq!(plane(map).unwrap(), own);
        assert!(
            map.text(tags::FRAME_OF_REFERENCE_UID)
                .unwrap()
                .starts_with("2.25.")
        );
        assert_eq!(map.text(tags::CONTENT_QUALIFICATION).unwrap(), "RESEARCH");
        let real = map
            .frame_item(0, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE)
            .unwrap();
        let quantity = one(real, tags::QUANTITY_DEFINITION_SEQUENCE);
        let code = one(quantity, tags::CONCEPT_CODE_SEQUENCE);
        assert_eq!(text_of(code, tags::CODE_VALUE).unwrap(), "130402");
        let window = map.frame_item(0, tags::FRAME_VOILUT_SEQUENCE).unwrap();
        assert_eq!(number_of(window, tags::WINDOW_WIDTH), Some(8.0));
        let derivation = map.frame_item(0, tags::DERIVATION_IMAGE_SEQUENCE).unwrap();
        let source = one(derivation, tags::SOURCE_IMAGE_SEQUENCE);
        assert_eq!(
            text_of(source, tags::REFERENCED_SOP_INSTANCE_UID).unwrap(),
            "2.25.200"
        );
    });
    // The plane is none of the source's space, also where the source names one.
    let mut named = radiograph();
    named.text((0x20, 0x52), b"UI", "2.25.77");
    map_of(named, |map| {
        assert!(plane(map).is_some());
        let uid = map.text(tags::FRAME_OF_REFERENCE_UID).unwrap();
        assert!(uid.starts_with("2.25.") && uid != "2.25.77", "{uid}");
    });
    let mut nowhere = radiograph();
    nowhere.without((0x20, 0x20)).without((0x18, 0x1164));
    map_of(nowhere, |map| {
        assert_eq!((plane(map), spacing(map)), (None, vec![]));
    });
    let mut slice = head("1.2.840.10008.5.1.4.1.1.4", "2.25.200");
    slice
        .text((0x20, 0x32), b"DS", &text(&position(1)))
        .text((0x20, 0x37), b"DS", ORIENTATION)
        .text((0x28, 0x30), b"DS", "0.75\\0.5");
    map_of(slice, |map| {
        assert_eq!(map.text(tags::FRAME_OF_REFERENCE_UID).unwrap(), "2.25.77");
        assert_eq!(spacing(map), [0.75, 1.25]);
        // The first cell's centre is at column 0.75, row 0: 0.375 mm along the row.
        let [x, y, z] = position(1);
        let found = plane(map).unwrap();
        let wanted = [x + 0.375 * 0.8, y + 0.375 * 0.6, z];
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9));
    });
}

/// Content items below `data` that are called so, in order.
fn named<'a>(data: &'a Item, meaning: &str, found: &mut Vec<&'a Item>) {
    for item in items_of(data, tags::CONTENT_SEQUENCE) {
        let name = items_of(item, tags::CONCEPT_NAME_CODE_SEQUENCE);
        if name
            .iter()
            .any(|n| text_of(n, tags::CODE_MEANING).as_deref() == Some(meaning))
        {
            found.push(item);
        }
        named(item, meaning, found);
    }
}

fn all<'a>(report: &'a Instance, meaning: &str) -> Vec<&'a Item> {
    let mut found = vec![];
    named(report.data(), meaning, &mut found);
    found
}

fn measured(item: &Item) -> (f64, String) {
    let value = one(item, tags::MEASURED_VALUE_SEQUENCE);
    let unit = one(value, tags::MEASUREMENT_UNITS_CODE_SEQUENCE);
    (
        number_of(value, tags::FLOATING_POINT_VALUE).unwrap(),
        text_of(unit, tags::CODE_VALUE).unwrap(),
    )
}

#[test]
fn a_report_has_the_volumes_and_names_their_segments() {
    let (catalogue, finding, overlay) = (catalogue(single_frames()), segmentation(), overlay());
    with(&catalogue, &finding, &overlay, None, |export| {
        let (report, seg) = (write("sr", export), write("seg", export));
        is_about_the_source(&report);
        let volumes: Vec<_> = all(&report, "Volume").into_iter().map(measured).collect();
        let ml = |v: f64| (v, "ml".to_owned());
        assert_eq!(volumes, [ml(12.5), ml(1.0 / 3.0), ml(0.0)]);
        let segments = all(&report, "Referenced Segment");
        for (at, item) in segments.iter().enumerate() {
            let reference = one(item, tags::REFERENCED_SOP_SEQUENCE);
            assert_eq!(
                text_of(reference, tags::REFERENCED_SOP_INSTANCE_UID),
                seg.text(tags::SOP_INSTANCE_UID)
            );
            assert_eq!(
                number_of(reference, tags::REFERENCED_SEGMENT_NUMBER),
                Some(at as f64 + 1.0)
            );
            // One name for a segment here and there.
            let tracking = all(&report, "Tracking Unique Identifier")[at];
            let there = seg.items(tags::SEGMENT_SEQUENCE)[at];
            assert_eq!(
                text_of(tracking, tags::UID),
                text_of(there, tags::TRACKING_UID)
            );
        }
        assert_eq!(segments.len(), 3);
        let hash = all(&report, "Algorithm Parameters")[0];
        assert!(
            text_of(hash, tags::TEXT_VALUE)
                .unwrap()
                .ends_with(&finding.model.sha256)
        );
        let library = all(&report, "Image Library Group");
        assert_eq!(items_of(library[0], tags::CONTENT_SEQUENCE).len(), SLICES);
        // Without a segmentation beside it there is none to name.
        let alone = write(
            "sr",
            &Export {
                beside: &[],
                ..*export
            },
        );
        assert!(all(&alone, "Referenced Segment").is_empty());
        assert_eq!(all(&alone, "Volume").len(), 3);
    });
}

/// Slices whose pixels have no lengths: nothing is said of where voxels lie, and a report has no volume to say.
#[test]
fn without_lengths_there_is_no_place_and_no_volume() {
    let slice = |k: usize| {
        let mut data = head("1.2.840.10008.5.1.4.1.1.4", &format!("2.25.10{k}"));
        data.text((0x20, 0x13), b"IS", &(k + 1).to_string())
            .text((0x20, 0x32), b"DS", &text(&position(k)))
            .text((0x20, 0x37), b"DS", ORIENTATION);
        make::native(data, values(k)).file(make::EXPLICIT)
    };
    let catalogue = catalogue([0, 1, 2, 3].map(slice).to_vec());
    let (mut finding, overlay) = (segmentation(), overlay());
    finding.label_map.as_mut().unwrap().volumes_ml = BTreeMap::new();
    assert!(!finding.has_numbers());
    with(&catalogue, &finding, &overlay, None, |export| {
        for kind in ["seg", "labelmap"] {
            let result = write(kind, export);
            assert_eq!(result.repairs, []);
            for group in [
                tags::PIXEL_MEASURES_SEQUENCE,
                tags::PLANE_POSITION_SEQUENCE,
                tags::PLANE_ORIENTATION_SEQUENCE,
            ] {
                assert!(result.frame_item(0, group).is_none(), "{kind} {group}");
            }
            assert_eq!(result.text(tags::FRAME_OF_REFERENCE_UID), None, "{kind}");
        }
        let error = kinds::by_name("sr").unwrap().write(export).unwrap_err();
        assert_eq!(error.code().id, "IO-304");
    });
}

#[test]
fn a_report_has_the_scores_and_their_threshold() {
    let catalogue = catalogue(vec![
        make::native(radiograph(), values(0)).file(make::EXPLICIT),
    ]);
    let (finding, overlay) = classification();
    with(&catalogue, &finding, &overlay, Some(0), |export| {
        let (report, map) = (write("sr", export), write("pm", export));
        let number = |name| measured(all(&report, name)[0]);
        let percent = |v: f64| (v, "%".to_owned());
        assert_eq!(number("Certainty of Finding"), percent(70.0));
        assert_eq!(
            number("Score of the network, not calibrated"),
            percent(90.0)
        );
        assert_eq!(number("Threshold of the model"), percent(71.0));
        let parameters = all(&report, "Algorithm Parameters");
        assert_eq!(
            text_of(parameters[1], tags::TEXT_VALUE).unwrap(),
            "Calibrated as if 0.25 of all images were positive"
        );
        let against = one(
            all(&report, "Value against the threshold")[0],
            tags::CONCEPT_CODE_SEQUENCE,
        );
        assert_eq!(text_of(against, tags::CODE_VALUE).unwrap(), "BELOW");
        let explained = one(
            all(&report, "Visual explanation")[0],
            tags::REFERENCED_SOP_SEQUENCE,
        );
        assert_eq!(
            text_of(explained, tags::REFERENCED_SOP_INSTANCE_UID),
            map.text(tags::SOP_INSTANCE_UID)
        );
    });
}

#[test]
fn a_picture_has_its_notice() {
    let (catalogue, finding, overlay) = (catalogue(single_frames()), segmentation(), overlay());
    let picture = with(&catalogue, &finding, &overlay, None, |e| write("sc", e));
    is_about_the_source(&picture);
    assert_eq!(picture.text(tags::BURNED_IN_ANNOTATION).unwrap(), "YES");
    assert_eq!(picture.number_of_frames(), 4);
    // 2.5 × 2.25 mm, the longer side brought to 512.
    let (columns, picture_rows) = (512, 461);
    let decoded = pixels::decode(&picture, 0, &Limits::default()).unwrap();
    assert_eq!(decoded.columns, columns);
    let Stored::U8(rgb) = decoded.values else {
        panic!("{:?}", decoded.values)
    };
    assert!(decoded.rows > picture_rows);
    let (above, below) = rgb.split_at((columns * picture_rows * 3) as usize);
    // The notice is white, a label's line has its colour, and the labels tint the picture.
    let has = |part: &[u8], rgb: [u8; 3]| part.chunks_exact(3).any(|p| p == rgb);
    assert!(has(below, [255; 3]) && has(below, [255, 0, 0]) && has(below, [0, 0, 255]));
    assert!(above.chunks_exact(3).any(|p| p[0] > p[1] && p[0] > p[2]));
    let sources = picture.items(tags::SOURCE_IMAGE_SEQUENCE);
    assert_eq!(sources.len(), 4);
}

#[test]
fn one_stamp_gives_one_file_and_another_gives_other_uids() {
    let (catalogue, finding, overlay) = (catalogue(single_frames()), segmentation(), overlay());
    with(&catalogue, &finding, &overlay, None, |export| {
        let seg = kinds::by_name("seg").unwrap();
        let first = seg.write(export).unwrap();
        assert!(first == seg.write(export).unwrap());
        let stamp = Stamp {
            seed: [6; 16],
            ..STAMP
        };
        let other = seg
            .write(&Export {
                stamp: &stamp,
                ..*export
            })
            .unwrap();
        let uid = |file| read("seg", file).text(tags::SOP_INSTANCE_UID).unwrap();
        assert_ne!(uid(first), uid(other));
    });
}

#[test]
fn an_empty_segmentation_is_an_image_all_the_same() {
    let (catalogue, finding) = (catalogue(single_frames()), segmentation());
    let nothing = vec![0; PLANE * SLICES];
    with(&catalogue, &finding, &nothing, None, |export| {
        let seg = write("seg", export);
        assert_eq!(seg.number_of_frames(), 1);
        assert!(bytes(&seg, 0).iter().all(|v| *v == 0));
        assert_eq!(write("sc", export).number_of_frames(), 1);
    });
}

#[test]
fn what_cannot_be_saved_is_refused() {
    let (volume, labels) = (segmentation(), overlay());
    let refused = |catalogue: &Catalogue, kind: &str, finding: &Finding, overlay: &[u8]| {
        with(catalogue, finding, overlay, None, |export| {
            let kind = kinds::by_name(kind).unwrap();
            kind.write(export).map(|_| ()).unwrap_err().code().id
        })
    };
    let whole = catalogue(single_frames());
    assert_eq!(refused(&whole, "pm", &volume, &labels), "IO-304");
    assert_eq!(refused(&whole, "fractional", &volume, &labels), "IO-304");
    assert_eq!(refused(&whole, "seg", &volume, &labels[1..]), "IO-304");
    // A label without a name.
    let mut unknown = labels.clone();
    unknown[7] = 4;
    for kind in ["seg", "labelmap", "sc"] {
        assert_eq!(refused(&whole, kind, &volume, &unknown), "IO-304");
    }
    let nothing = Finding {
        label_map: None,
        ..volume.clone()
    };
    for kind in ["seg", "labelmap", "sr", "sc"] {
        assert_eq!(refused(&whole, kind, &nothing, &labels), "IO-304");
    }
    // Nothing can refer to an instance that has no UID, or none by its form.
    for (tag, uid) in [
        ((8, 0x18), "2.25.x"),
        ((0x20, 0xd), ""),
        ((0x20, 0xe), "1..2"),
    ] {
        let mut data = radiograph();
        data.text(tag, b"UI", uid);
        let nameless = catalogue(vec![make::native(data, values(0)).file(make::EXPLICIT)]);
        let (finding, cells) = classification();
        for kind in ["pm", "sr", "sc"] {
            assert_eq!(
                refused(&nameless, kind, &finding, &cells),
                "IO-303",
                "{uid}"
            );
        }
    }
}

#[test]
fn the_command_line_writes_what_it_was_asked_for() {
    let folder = Folder::new("exports");
    let mut data = radiograph();
    let side = 512_u16;
    data.us(0x10, side)
        .us(0x11, side)
        .text((8, 0x18), b"UI", "2.25.300")
        .text((0x18, 0x15), b"CS", "CHEST")
        .text((0x18, 0x5101), b"CS", "PA")
        .text((0x10, 0x1010), b"AS", "042Y");
    let pixels = (0..u32::from(side) * u32::from(side))
        .flat_map(|at| ((at * 7919 % 4096) as u16).to_le_bytes())
        .collect();
    let file = folder.file(
        "chest.dcm",
        &make::native(data, pixels).file(make::EXPLICIT),
    );
    let out = folder.0.join("out");
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/chest-pneumonia");
    let run = |save: &str| {
        door::run(&[
            &"analyze", &file, &"--model", &model, &"--json", &"--out", &out, &"--save", &save,
        ])
    };
    let done = run("all");
    assert_eq!(done.status.code(), Some(0), "{}", door::said(&done));
    let line: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let saved: BTreeMap<String, String> = serde_json::from_value(line["saved"].clone()).unwrap();
    let names: Vec<&str> = saved.keys().map(String::as_str).collect();
    assert_eq!(names, ["json", "pm", "sc", "sr"]);
    for (kind, name) in &saved {
        let bytes = std::fs::read(out.join(name)).unwrap();
        if kind == "json" {
            let finding: Finding = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(finding.model.name, "chest-pneumonia");
            continue;
        }
        let result = read(name, bytes);
        let class = result.text(tags::SOP_CLASS_UID).unwrap();
        let wanted = match kind.as_str() {
            "pm" => "1.2.840.10008.5.1.4.1.1.30",
            "sr" => "1.2.840.10008.5.1.4.1.1.88.34",
            _ => "1.2.840.10008.5.1.4.1.1.7",
        };
        assert_eq!(class, wanted);
        let date = result.text(tags::CONTENT_DATE).unwrap();
        assert!(date.as_str() > "20250101", "{date}");
    }
    // The map is the array beside it.
    let array = std::fs::read(out.join(line["heatmap"]["file"].as_str().unwrap())).unwrap();
    let map = read("pm", std::fs::read(out.join(&saved["pm"])).unwrap());
    let decoded = pixels::decode(&map, 0, &Limits::default()).unwrap();
    let mut cells = vec![];
    negatoscope::export::npy::Values::write(&decoded.values, &mut cells);
    assert!(array.ends_with(&cells) && cells.len() == 14 * 14 * 4);
    // A second run is another analysis.
    let again = run("pm");
    assert_eq!(again.status.code(), Some(0));
    let other = read("pm", std::fs::read(out.join(&saved["pm"])).unwrap());
    assert_ne!(
        map.text(tags::SOP_INSTANCE_UID),
        other.text(tags::SOP_INSTANCE_UID)
    );
    for wrong in ["seg", "pm,nothing"] {
        let refused = run(wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong}");
        assert!(
            door::said(&refused).contains("IO-404"),
            "{}",
            door::said(&refused)
        );
    }
}
