//! Which spacing holds and what is said of it (PS3.3 10.7, C.8.5.5): every row of the table, on files made here; and that the command line
//! shows pixels in the shape that it says.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::rc::Rc;

use common::{
    door::{self, Folder},
    make::{self, DataSet, EXPLICIT, IMPLICIT, Value, native, picture},
};
use negatoscope::{
    base::{Limits, MemorySource},
    dicom::Instance,
    study::{
        Catalogue,
        geometry::{Spacing, SpacingFrom},
        region, spacing,
    },
};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

const IMAGER: (u16, u16) = (0x18, 0x1164);
const MAGNIFICATION: (u16, u16) = (0x18, 0x1114);
const TO_DETECTOR: (u16, u16) = (0x18, 0x1110);
const TO_PATIENT: (u16, u16) = (0x18, 0x1111);
const SCANNED: (u16, u16) = (0x18, 0x2010);
const POSITION: (u16, u16) = (0x20, 0x32);
const PIXEL: (u16, u16) = (0x28, 0x30);
const ASPECT: (u16, u16) = (0x28, 0x34);
const TYPE: (u16, u16) = (0x28, 0xA02);
const MEASURES: (u16, u16) = (0x28, 0x9110);
const PROPERTIES: (u16, u16) = (0x28, 0x9443);
const RAYS: (u16, u16) = (0x18, 0x9476);

/// A picture of 6 columns and 4 rows, each pixel ten times its column.
fn image(class: &str, modality: &str) -> DataSet {
    let mut data = picture(4, 6, 1, 8, "MONOCHROME2");
    data.text((8, 0x16), b"UI", class)
        .text((8, 0x60), b"CS", modality);
    native(data, (0..24).map(|at| at % 6 * 10).collect())
}

fn read(data: &DataSet, syntax: &str) -> Instance {
    let source = Rc::new(MemorySource::new("made", data.file(syntax)));
    Instance::read(&(source as _), &Limits::default()).unwrap()
}

fn close(found: Spacing, mm: [f64; 2], from: SpacingFrom, what: &str) {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(
        near(found.mm[0], mm[0]) && near(found.mm[1], mm[1]),
        "{what}: {found:?}"
    );
    match (found.from, from) {
        (SpacingFrom::Magnified(a), SpacingFrom::Magnified(b)) => {
            assert!(near(a, b), "{what}: {a}");
        }
        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

type Row<'a> = (
    &'a str,
    &'a str,
    &'a [((u16, u16), &'a str)],
    [f64; 2],
    SpacingFrom,
);

#[test]
fn every_row_of_the_table() {
    use SpacingFrom::{
        Calibrated, Fiducial, Film, Geometry, Imager, Magnified, None, PixelSpacing, Unknown,
    };
    let both: &[_] = &[(PIXEL, "0.12\\0.12"), (IMAGER, "0.15\\0.15")];
    let fiducial = [both, &[(TYPE, "FIDUCIAL")]].concat();
    let geometry = [both, &[(TYPE, "GEOMETRY")]].concat();
    let rows: &[Row<'_>] = &[
        (CT, "CT", &[(PIXEL, "0.5\\0.7")], [0.5, 0.7], PixelSpacing),
        (CT, "CT", &[], [1.0, 1.0], None),
        (CT, "CT", &[(PIXEL, "0\\0")], [1.0, 1.0], None),
        (CT, "CT", &[(PIXEL, "-1\\1")], [1.0, 1.0], None),
        (CT, "CT", &[(PIXEL, "NaN\\1")], [1.0, 1.0], None),
        (CT, "CT", &[(PIXEL, "1")], [1.0, 1.0], None),
        (CT, "DX", &[(IMAGER, "0.15\\0.3")], [0.15, 0.3], Imager),
        // Equal: by definition uncorrected, whatever a type claims.
        (
            CT,
            "CR",
            &[
                (PIXEL, "0.150\\0.15"),
                (IMAGER, "0.15\\0.150"),
                (TYPE, "GEOMETRY"),
            ],
            [0.15, 0.15],
            Imager,
        ),
        (
            CT,
            "MG",
            &[(IMAGER, "0.15\\0.3"), (MAGNIFICATION, "1.5")],
            [0.1, 0.2],
            Magnified(1.5),
        ),
        (
            CT,
            "DX",
            &[
                (PIXEL, "0.15\\0.15"),
                (IMAGER, "0.15\\0.15"),
                (MAGNIFICATION, "1.5"),
            ],
            [0.1, 0.1],
            Magnified(1.5),
        ),
        (
            CT,
            "XA",
            &[
                (IMAGER, "0.3\\0.3"),
                (TO_DETECTOR, "1200"),
                (TO_PATIENT, "800"),
            ],
            [0.2, 0.2],
            Magnified(1.5),
        ),
        // What the file states comes before what its distances give; 1 is no magnification, 0 none that could be.
        (
            CT,
            "XA",
            &[
                (IMAGER, "0.3\\0.3"),
                (MAGNIFICATION, "1"),
                (TO_DETECTOR, "1200"),
                (TO_PATIENT, "800"),
            ],
            [0.3, 0.3],
            Imager,
        ),
        (
            CT,
            "RF",
            &[
                (IMAGER, "0.3\\0.3"),
                (TO_DETECTOR, "1200"),
                (TO_PATIENT, "0"),
            ],
            [0.3, 0.3],
            Imager,
        ),
        (CT, "DX", both, [0.12, 0.12], Calibrated),
        (CT, "DX", &fiducial, [0.12, 0.12], Fiducial),
        (CT, "DX", &geometry, [0.12, 0.12], Geometry),
        (CT, "CR", &[(PIXEL, "0.2\\0.2")], [0.2, 0.2], Unknown),
        (
            CT,
            "CR",
            &[(PIXEL, "0.2\\0.2"), (TYPE, "FIDUCIAL")],
            [0.2, 0.2],
            Fiducial,
        ),
        (CT, "CR", &[(SCANNED, "0.1\\0.1")], [0.1, 0.1], Film),
        (CT, "OT", &[(PIXEL, "0.2\\0.2")], [0.2, 0.2], Film),
        (CT, "OT", &[(SCANNED, "0.1\\0.2")], [0.1, 0.2], Film),
        (CAPTURE, "CT", &[(PIXEL, "0.2\\0.2")], [0.2, 0.2], Film),
        // Programs write slices of a volume as Secondary Capture: they have a place in the patient.
        (
            CAPTURE,
            "MR",
            &[(PIXEL, "0.2\\0.2"), (POSITION, "0\\0\\0")],
            [0.2, 0.2],
            PixelSpacing,
        ),
        (CT, "US", &[(PIXEL, "0.2\\0.2")], [0.2, 0.2], Unknown),
        (CT, "US", &[], [1.0, 1.0], None),
        (CT, "XC", &[(ASPECT, "2\\1")], [2.0, 1.0], None),
    ];
    for (class, modality, attributes, mm, from) in rows {
        let mut data = image(class, modality);
        for (tag, text) in *attributes {
            let vr = if *tag == TYPE { b"CS" } else { b"DS" };
            data.text(*tag, vr, text);
        }
        let what = format!("{modality} {attributes:04X?}");
        close(spacing::of(&read(&data, EXPLICIT), 0), *mm, *from, &what);
    }
}

#[test]
fn labels_say_where_a_length_holds() {
    let labels = [
        (SpacingFrom::PixelSpacing, "mm"),
        (SpacingFrom::Imager, "mm (at detector)"),
        (
            SpacingFrom::Magnified(1.066),
            "mm (est. magnification 1.07)",
        ),
        (SpacingFrom::Fiducial, "mm (calibrated: fiducial)"),
        (SpacingFrom::Geometry, "mm (calibrated: geometry)"),
        (SpacingFrom::Unknown, "mm (calibration unknown)"),
        (SpacingFrom::Film, "mm (film)"),
        (SpacingFrom::None, "px"),
    ];
    for (from, label) in labels {
        assert_eq!(from.label(), label);
    }
}

fn item(tag: (u16, u16), inner: &DataSet) -> DataSet {
    let mut group = DataSet::default();
    group.put(tag, b"SQ", Value::Items(vec![inner.clone()]));
    group
}

/// Functional groups: the shared item, and one a frame.
fn grouped(data: &mut DataSet, shared: DataSet, each: Vec<DataSet>) {
    data.text((0x28, 8), b"IS", &each.len().to_string())
        .put((0x5200, 0x9229), b"SQ", Value::Items(vec![shared]))
        .put((0x5200, 0x9230), b"SQ", Value::Items(each));
}

fn one(tag: (u16, u16), text: &str) -> DataSet {
    let mut data = DataSet::default();
    data.text(tag, b"DS", text);
    data
}

#[test]
fn functional_groups_come_first_frame_by_frame() {
    let mut data = image(CT, "MR");
    data.text(PIXEL, b"DS", "9\\9");
    let own = item(MEASURES, &one(PIXEL, "0.5\\0.25"));
    // The second frame has an item that says nothing.
    let silent = item(MEASURES, &DataSet::default());
    grouped(
        &mut data,
        item(MEASURES, &one(PIXEL, "3\\2")),
        vec![own, silent],
    );
    let instance = read(&data, EXPLICIT);
    let from = SpacingFrom::PixelSpacing;
    close(spacing::of(&instance, 0), [0.5, 0.25], from, "own");
    close(spacing::of(&instance, 1), [3.0, 2.0], from, "shared");

    // Enhanced angiography: detector and geometry of each frame.
    let mut data = image(CT, "XA");
    let mut far = one(TO_DETECTOR, "1200");
    far.text(TO_PATIENT, b"DS", "1000");
    let frames = [one(MAGNIFICATION, "1.5"), far].map(|rays| item(RAYS, &rays));
    grouped(
        &mut data,
        item(PROPERTIES, &one(IMAGER, "0.3\\0.3")),
        frames.to_vec(),
    );
    let instance = read(&data, EXPLICIT);
    close(
        spacing::of(&instance, 0),
        [0.2, 0.2],
        SpacingFrom::Magnified(1.5),
        "stated",
    );
    close(
        spacing::of(&instance, 1),
        [0.25, 0.25],
        SpacingFrom::Magnified(1.2),
        "by distances",
    );
}

#[test]
fn volumes_computed_from_projections_have_lengths_in_the_patient() {
    let from = SpacingFrom::PixelSpacing;
    let measured = |class: &str, modality: &str, placed: bool| {
        let mut data = image(class, modality);
        let frame = if placed {
            item(
                (0x20, 0x9113),
                DataSet::default().text(POSITION, b"DS", "0\\0\\0"),
            )
        } else {
            DataSet::default()
        };
        grouped(
            &mut data,
            item(MEASURES, &one(PIXEL, "0.1\\0.2")),
            vec![frame],
        );
        spacing::of(&read(&data, EXPLICIT), 0)
    };
    for (class, modality) in [
        ("1.2.840.10008.5.1.4.1.1.13.1.1", "XA"),
        ("1.2.840.10008.5.1.4.1.1.13.1.2", "XA"),
        ("1.2.840.10008.5.1.4.1.1.13.1.3", "MG"),
    ] {
        close(measured(class, modality, false), [0.1, 0.2], from, class);
    }
    // A class that is not known here, with a place in the patient.
    close(measured(CT, "MG", true), [0.1, 0.2], from, "placed");
    let unknown = SpacingFrom::Unknown;
    close(measured(CT, "MG", false), [0.1, 0.2], unknown, "not placed");
}

fn ultrasound(regions: Vec<DataSet>) -> DataSet {
    let mut data = image(CT, "US");
    data.put((0x18, 0x6011), b"SQ", Value::Items(regions));
    data
}

#[test]
fn ultrasound_regions_are_read_as_they_lie() {
    let data = ultrasound(vec![
        make::us_region(1, 1, [0, 0, 99, 49], [3, 3], [0.02, -0.04]),
        make::us_region(3, 3, [0, 50, 99, 99], [4, 7], [0.005, -1.5]),
        make::us_region(4, 0xB, [0, 90, 99, 99], [4, 0], [0.005, 0.0]),
        make::us_region(1, 1, [9, 9, 3, 3], [3, 3], [0.02, 0.02]),
    ]);
    for syntax in [EXPLICIT, IMPLICIT] {
        let instance = read(&data, syntax);
        let regions = region::of(&instance);
        assert_eq!(regions.len(), 3, "one has no place");
        let [tissue, doppler, trace] = [regions[0], regions[1], regions[2]];
        assert_eq!((tissue.columns, tissue.rows), ([0.0, 99.0], [0.0, 49.0]));
        assert_eq!((tissue.spatial_format, tissue.data_type), (1, 1));
        assert_eq!(tissue.spacing_mm(), Some([0.4, 0.2]), "no sign");
        assert_eq!((doppler.x.unit, doppler.x.step), ("s", Some(0.005)));
        assert_eq!((doppler.y.unit, doppler.y.step), ("cm/s", Some(1.5)));
        assert_eq!((trace.y.unit, trace.y.step), ("", None));
        assert_eq!(trace.data_type, 11);
        let here = |ends: &[[f64; 2]]| region::containing(&regions, ends).copied();
        assert_eq!(here(&[[1.0, 1.0], [98.0, 48.0]]), Some(tissue));
        assert_eq!(here(&[[1.0, 1.0], [1.0, 60.0]]), None);
        // Lengths hold in one region only: it gives the spacing, for itself.
        let found = spacing::of(&instance, 0);
        close(found, [0.4, 0.2], SpacingFrom::Region, syntax);
    }
    let two = ultrasound(vec![
        make::us_region(1, 1, [0, 0, 9, 9], [3, 3], [0.01, 0.01]),
        make::us_region(1, 2, [10, 0, 99, 99], [3, 3], [0.01, 0.03]),
    ]);
    let found = spacing::of(&read(&two, EXPLICIT), 0);
    close(
        found,
        [3.0, 1.0],
        SpacingFrom::None,
        "the shape of the larger",
    );
    let none = ultrasound(vec![make::us_region(
        3,
        3,
        [0, 0, 9, 9],
        [4, 5],
        [0.01, 100.0],
    )]);
    let instance = read(&none, EXPLICIT);
    assert_eq!(region::of(&instance)[0].y.unit, "Hz");
    let found = spacing::of(&instance, 0);
    close(found, [1.0, 1.0], SpacingFrom::None, "times are no lengths");
}

#[test]
fn info_says_where_each_spacing_comes_from() {
    let folder = Folder::new("spacing");
    let set = |name: &str, data: &DataSet| {
        let file = folder.file(name, &data.file(EXPLICIT));
        let out = door::run(&[&"info", &file, &"--json"]);
        assert_eq!(out.status.code(), Some(0), "{}", door::said(&out));
        let text = door::run(&[&"info", &file]);
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        let set = door::document(&out)["studies"][0]["series"][0]["frame_sets"][0].clone();
        let label = set["spacing_label"].as_str().unwrap();
        assert!(text.contains(&format!("spacing_label {label}")), "{text}");
        set
    };
    let mut film = image(CT, "DX");
    film.text(IMAGER, b"DS", "0.15\\0.3")
        .text(MAGNIFICATION, b"DS", "1.5");
    let found = set("film", &film);
    assert_eq!(found["spacing_from"], "magnified");
    assert_eq!(found["spacing_label"], "mm (est. magnification 1.50)");
    assert!((found["spacing_mm"][1].as_f64().unwrap() - 0.2).abs() < 1e-9);
    assert!(found["calibration"].is_null() && found["regions"].is_null());

    film.text(PIXEL, b"DS", "0.12\\0.12")
        .text(TYPE, b"CS", "FIDUCIAL")
        .text((0x28, 0xA04), b"LO", "10 mm ball");
    let found = set("ball", &film);
    assert_eq!(found["spacing_from"], "pixel-spacing");
    assert_eq!(found["spacing_label"], "mm (calibrated: fiducial)");
    assert_eq!(found["calibration"], "10 mm ball");

    let found = set(
        "us",
        &ultrasound(vec![
            make::us_region(1, 1, [0, 0, 5, 1], [3, 3], [0.02, 0.04]),
            make::us_region(3, 3, [0, 2, 5, 3], [4, 7], [0.005, -1.5]),
        ]),
    );
    assert_eq!(found["spacing_label"], "mm (ultrasound region)");
    assert_eq!(
        found["regions"][0]["bounds"],
        serde_json::json!([0.0, 0.0, 5.0, 1.0])
    );
    assert_eq!(
        found["regions"][1]["units"],
        serde_json::json!(["s", "cm/s"])
    );
    assert_eq!(
        found["regions"][1]["steps"],
        serde_json::json!([0.005, 1.5])
    );

    let found = set("none", &image(CT, "XC"));
    assert_eq!(found["spacing_label"], "px");
    assert!(found["spacing_mm"].is_null());
}

/// The red channel of a picture and its size.
fn painted(folder: &Folder, data: &DataSet) -> ((u32, u32), Vec<u8>) {
    let (file, out) = (
        folder.file("x.dcm", &data.file(EXPLICIT)),
        folder.0.join("x.png"),
    );
    let done = door::run(&[&"render", &file, &"--window", &"128,256", &"--out", &out]);
    assert_eq!(done.status.code(), Some(0), "{}", door::said(&done));
    let picture = image::open(&out).unwrap().to_rgb8();
    let grey = picture.pixels().map(|p| p.0[0]).collect();
    (picture.dimensions(), grey)
}

#[test]
fn pixels_that_are_not_square_are_shown_as_they_are() {
    let folder = Folder::new("aspect");
    let ct = |spacing: &str| {
        let mut data = image(CT, "CT");
        data.text(PIXEL, b"DS", spacing);
        data
    };
    // Tall pixels: twice as many rows, and each column as it was.
    let (size, grey) = painted(&folder, &ct("2\\1"));
    assert_eq!(size, (6, 8));
    let columns: Vec<u8> = (0..48).map(|at| at % 6 * 10).collect();
    assert_eq!(grey, columns, "the columns vary, not the rows");
    assert_eq!(painted(&folder, &ct("1\\2")).0, (12, 4));
    assert_eq!(painted(&folder, &ct("1\\1")).0, (6, 4));

    let mut shared = image(CT, "MR");
    let measures = item(MEASURES, &one(PIXEL, "2\\1"));
    grouped(&mut shared, measures, vec![DataSet::default()]);
    assert_eq!(painted(&folder, &shared).0, (6, 8), "a functional group");

    let region = make::us_region(1, 1, [0, 0, 5, 3], [3, 3], [0.01, 0.02]);
    assert_eq!(
        painted(&folder, &ultrasound(vec![region])).0,
        (6, 8),
        "a region"
    );
    let mut ratio = image(CT, "XC");
    ratio.text(ASPECT, b"IS", "2\\1");
    assert_eq!(painted(&folder, &ratio).0, (6, 8), "Pixel Aspect Ratio");
    let mut film = image(CT, "DX");
    film.text(IMAGER, b"DS", "0.4\\0.2")
        .text(MAGNIFICATION, b"DS", "2");
    assert_eq!(painted(&folder, &film).0, (6, 8), "the detector's");
}

#[test]
fn rows_go_by_the_first_number_and_columns_by_the_second() {
    let mut data = image(CT, "CT");
    data.text(PIXEL, b"DS", "2\\0.5")
        .text(POSITION, b"DS", "10\\20\\30")
        .text((0x20, 0x37), b"DS", "1\\0\\0\\0\\0\\-1");
    let mut catalogue = Catalogue::default();
    let source = Rc::new(MemorySource::new("made", data.file(EXPLICIT)));
    catalogue.add(&(source as _), &Limits::default());
    catalogue.arrange();
    let set = &catalogue.studies[0].series[0].frame_sets[0];
    assert_eq!(set.spacing.mm, [2.0, 0.5]);
    // What the value under the pointer says: column 3, row 1.
    let at = set.planes[0].unwrap().at(3.0, 1.0, set.spacing.mm);
    assert_eq!(at, [11.5, 20.0, 28.0]);
}
