//! The classical operators against OpenCV: tests/data/opencv.zip, which scripts/oracles/opencv.py wrote. Every array is identical.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

use std::{
    fmt::Write as _,
    io::{Cursor, Read},
};

use negatoscope::{
    filter::{
        self, Shown,
        kernel::{
            adaptive::{self, Mean},
            canny::Canny,
            derivative::{self, Aperture, Part},
            gaussian8,
            morphology::{self, Element, Form},
            otsu,
        },
    },
    tone::Grey,
    vision::{
        components::{self, Connectivity},
        contours::{self, Chain, Mode},
        growing, shape,
    },
};
use serde_json::Value;
use sha2::{Digest, Sha256};

struct Picture {
    name: String,
    columns: usize,
    levels: Vec<u8>,
}

struct Archive {
    pictures: Vec<Picture>,
    cases: Vec<Value>,
}

fn archive() -> Archive {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/opencv.zip");
    let mut zip = zip::ZipArchive::new(Cursor::new(std::fs::read(path).unwrap())).unwrap();
    let mut entry = |name: &str| {
        let mut bytes = vec![];
        zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let mut all: Value = serde_json::from_slice(&entry("cases.json")).unwrap();
    let pictures = (all["pictures"].as_object().unwrap().iter())
        .map(|(name, size)| Picture {
            name: name.clone(),
            columns: size["columns"].as_u64().unwrap() as usize,
            levels: entry(&format!("{name}.u8")),
        })
        .collect();
    let Value::Array(cases) = all["cases"].take() else {
        panic!("cases")
    };
    Archive { pictures, cases }
}

fn text<'a>(how: &'a Value, key: &str) -> &'a str {
    how[key].as_str().unwrap()
}
fn number(how: &Value, key: &str) -> f64 {
    how[key].as_f64().unwrap()
}
fn whole(how: &Value, key: &str) -> usize {
    number(how, key) as usize
}

fn form(how: &Value) -> Form {
    match text(how, "form") {
        "rect" => Form::Rect,
        "cross" => Form::Cross,
        _ => Form::Ellipse,
    }
}

fn aperture(how: &Value) -> Aperture {
    match whole(how, "aperture") {
        3 => Aperture::Three,
        5 => Aperture::Five,
        _ => Aperture::Seven,
    }
}

fn floats(values: &[f32]) -> Vec<u8> {
    // OpenCV's sums have no negative zeros.
    values
        .iter()
        .flat_map(|v| (v + 0.0).to_le_bytes())
        .collect()
}

/// Each case of the operators in `ops`, with the bytes that `work` gives for it: all equal to OpenCV's.
fn identical(ops: &[&str], work: impl Fn(&Picture, &str, &Value) -> Vec<u8>) {
    let archive = archive();
    let (mut count, mut wrong) = (0, vec![]);
    // What `--debug` of the script wrote, to count what differs.
    let debug = std::env::var_os("OPENCV_DEBUG").map(|path| std::fs::read(path).unwrap());
    let mut at = 0;
    for case in &archive.cases {
        let op = text(case, "op");
        let picture = (archive.pictures.iter())
            .find(|p| p.name == text(case, "picture"))
            .unwrap();
        let Some(want) = case["sha256"].as_str() else {
            continue;
        };
        let size = case["size"].as_u64().unwrap() as usize;
        let place = at..at + size;
        at += size;
        if !ops.contains(&op) {
            continue;
        }
        count += 1;
        let ours = work(picture, op, &case["how"]);
        let sum = Sha256::digest(&ours);
        let mut hex = String::new();
        for byte in sum {
            let _ = write!(hex, "{byte:02x}");
        }
        if hex != want {
            let differ = debug.as_ref().map(|all| {
                let theirs = &all[place];
                let n = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
                format!(
                    "{n} of {} (lengths {} {})",
                    theirs.len(),
                    ours.len(),
                    theirs.len()
                )
            });
            wrong.push(format!(
                "{op} {} on {}: {differ:?}",
                case["how"], picture.name
            ));
        }
    }
    assert!(count > 0, "no case of {ops:?}");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn derivatives() {
    identical(&["sobel", "scharr", "laplacian"], |p, op, how| {
        let values: Vec<f32> = p.levels.iter().map(|&v| f32::from(v)).collect();
        let part = match how["part"].as_str() {
            Some("x") => Part::X,
            Some(_) => Part::Y,
            None => Part::Sum,
        };
        let out = match (op, how["aperture"].as_u64()) {
            ("scharr", _) => derivative::derivative(&values, p.columns, &derivative::SCHARR, part),
            ("sobel", Some(3)) => {
                derivative::derivative(&values, p.columns, &derivative::SOBEL3, part)
            }
            ("sobel", Some(5)) => {
                derivative::derivative(&values, p.columns, &derivative::SOBEL5, part)
            }
            ("sobel", _) => derivative::derivative(&values, p.columns, &derivative::SOBEL7, part),
            (_, Some(1)) => derivative::derivative(&values, p.columns, &derivative::LAPLACE1, part),
            (_, Some(3)) => derivative::derivative(&values, p.columns, &derivative::LAPLACE3, part),
            (_, Some(5)) => derivative::derivative(&values, p.columns, &derivative::LAPLACE5, part),
            _ => derivative::derivative(&values, p.columns, &derivative::LAPLACE7, part),
        };
        floats(&out)
    });
}

fn canny(how: &Value) -> Canny {
    Canny {
        low: number(how, "low"),
        high: number(how, "high"),
        aperture: aperture(how),
        l2: how["l2"] == true,
    }
}

#[test]
fn canny_of_levels() {
    identical(&["canny"], |p, _, how| {
        canny(how).of_levels(&p.levels, p.columns, None)
    });
}

#[test]
fn canny_of_values_that_are_levels() {
    identical(&["canny"], |p, _, how| {
        let values: Vec<f32> = p.levels.iter().map(|&v| f32::from(v)).collect();
        let wish = canny(how);
        // Where OpenCV rounds, values are not rounded: there the levels' own way is taken.
        if wish.aperture == Aperture::Seven || wish.low.fract() != 0.0 {
            return wish.of_levels(&p.levels, p.columns, None);
        }
        wish.of_values(&values, p.columns, None)
    });
}

#[test]
fn gaussian_of_levels() {
    identical(&["gaussian"], |p, _, how| {
        gaussian8::blur(
            &p.levels,
            p.columns,
            whole(how, "size"),
            number(how, "sigma"),
        )
    });
}

/// By their names, as a user writes them.
#[test]
fn filters_of_levels() {
    identical(&["filter"], |p, _, how| {
        let mut frame = Grey {
            columns: p.columns,
            rows: p.levels.len() / p.columns,
            values: p.levels.iter().map(|&v| f32::from(v)).collect(),
        };
        let chain = filter::chain::of(&["grey", text(how, "text")], &Shown::plain()).unwrap();
        for step in &chain.steps {
            frame = filter::cpu::apply(step, &frame).unwrap();
        }
        frame.values.iter().map(|&v| v as u8).collect()
    });
}

#[test]
fn otsu_of_levels_and_of_sixteen_bits() {
    identical(&["otsu"], |p, _, how| {
        let threshold = otsu::of_levels(&p.levels);
        assert_eq!(f64::from(threshold), number(how, "threshold"), "{}", p.name);
        let values = p.levels.iter().map(|&v| f32::from(v));
        assert_eq!(otsu::of_values(values), Some(f32::from(threshold)));
        (p.levels.iter())
            .map(|&v| if v > threshold { 255 } else { 0 })
            .collect()
    });
    identical(&["otsu16"], |p, _, how| {
        let values = p
            .levels
            .iter()
            .map(|&v| f32::from(v) * number(how, "by") as f32);
        let threshold = otsu::of_values(values.clone()).unwrap();
        assert_eq!(f64::from(threshold), number(how, "threshold"), "{}", p.name);
        values
            .map(|v| if v > threshold { 255 } else { 0 })
            .collect()
    });
}

#[test]
fn adaptive_thresholds() {
    identical(&["adaptive"], |p, _, how| {
        let mean = match text(how, "mean") {
            "mean" => Mean::Plain,
            _ => Mean::Gaussian,
        };
        adaptive::of_levels(
            &p.levels,
            p.columns,
            whole(how, "block"),
            mean,
            number(how, "c"),
        )
    });
}

#[test]
fn elements_and_morphology() {
    identical(&["element"], |_, _, how| {
        let size = whole(how, "size");
        let mut out = vec![0; size * size];
        for (x, y) in Element::new(form(how), size).pixels() {
            let middle = (size / 2) as isize;
            out[((y + middle) * size as isize + x + middle) as usize] = 1;
        }
        out
    });
    identical(&["morphology"], |p, _, how| {
        let (element, times) = (
            Element::new(form(how), whole(how, "size")),
            whole(how, "times"),
        );
        let operation = morphology::Operation::named(text(how, "operation")).unwrap();
        let levels = operation.of(&p.levels, p.columns, &element, times);
        let values: Vec<f32> = p.levels.iter().map(|&v| f32::from(v)).collect();
        let values = operation.of(&values, p.columns, &element, times);
        assert!(
            values.iter().zip(&levels).all(|(&a, &b)| a == f32::from(b)),
            "{how}"
        );
        levels
    });
}

#[test]
fn components_with_statistics() {
    identical(&["components"], |p, _, how| {
        let connectivity = match whole(how, "connectivity") {
            4 => Connectivity::Four,
            _ => Connectivity::Eight,
        };
        let found = components::label(&p.levels, p.columns, connectivity);
        let stats = how["stats"].as_array().unwrap();
        assert_eq!(found.parts.len() + 1, stats.len(), "{}", p.name);
        for (i, part) in found.parts.iter().enumerate() {
            let [left, top, right, bottom] = part.bounds;
            let ours = [left, top, right - left + 1, bottom - top + 1, part.pixels];
            let theirs: Vec<usize> = (stats[i + 1].as_array().unwrap().iter())
                .map(|v| v.as_u64().unwrap() as usize)
                .collect();
            assert_eq!(ours.as_slice(), theirs, "{} {i}", p.name);
            for (axis, ours) in part.centre.into_iter().enumerate() {
                let theirs = how["centres"][i + 1][axis].as_f64().unwrap();
                assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
            }
        }
        found
            .labels
            .iter()
            .flat_map(|l| (*l as i32).to_le_bytes())
            .collect()
    });
}

#[test]
fn growing_equals_flood_fill() {
    identical(&["grow"], |p, _, how| {
        let values: Vec<f32> = p
            .levels
            .iter()
            .map(|&v| f32::from(v) * 1.5 - 100.0)
            .collect();
        let seed = [
            how["seed"][0].as_u64().unwrap() as usize,
            how["seed"][1].as_u64().unwrap() as usize,
        ];
        let connectivity = match whole(how, "connectivity") {
            4 => Connectivity::Four,
            _ => Connectivity::Eight,
        };
        let around = values[seed[1] * p.columns + seed[0]];
        let tolerance = number(how, "tolerance") as f32;
        growing::grow(
            &values,
            p.columns,
            seed,
            (around - tolerance, around + tolerance),
            connectivity,
        )
    });
}

#[test]
fn contours_have_the_same_order_points_and_tree() {
    let archive = archive();
    let mut count = 0;
    for case in archive.cases.iter().filter(|case| case["op"] == "contours") {
        let picture = (archive.pictures.iter())
            .find(|p| p.name == text(case, "picture"))
            .unwrap();
        let how = &case["how"];
        let mode = match text(how, "mode") {
            "external" => Mode::External,
            "list" => Mode::List,
            "ccomp" => Mode::TwoLevels,
            _ => Mode::Tree,
        };
        let chain = match text(how, "chain") {
            "none" => Chain::All,
            _ => Chain::Simple,
        };
        let found = contours::find(&picture.levels, picture.columns, mode, chain);
        let ours: Vec<Vec<[i64; 2]>> = (found.iter())
            .map(|c| {
                c.points
                    .iter()
                    .map(|&[x, y]| [i64::from(x), i64::from(y)])
                    .collect()
            })
            .collect();
        let theirs: Vec<Vec<[i64; 2]>> = serde_json::from_value(case["out"].clone()).unwrap();
        assert_eq!(ours.len(), theirs.len(), "{how} on {}", picture.name);
        for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "{how} on {}: contour {i}", picture.name);
        }
        let tree: Vec<[i64; 4]> = serde_json::from_value(how["tree"].clone()).unwrap();
        assert_eq!(
            contours::hierarchy(&found),
            tree,
            "{how} on {}",
            picture.name
        );
        count += 1;
    }
    assert!(count > 50, "{count}");
}

#[test]
fn measures_of_contours() {
    let archive = archive();
    let mut count = 0;
    let near = |a: f64, b: &Value, scale: f64, what: &str| {
        let b = b.as_f64().unwrap();
        assert!((a - b).abs() <= 1e-5 * scale.max(1.0), "{what}: {a} {b}");
    };
    for case in archive.cases.iter().filter(|case| case["op"] == "shapes") {
        for want in case["out"].as_array().unwrap() {
            let points: Vec<[i32; 2]> = serde_json::from_value(want["points"].clone()).unwrap();
            let exact: Vec<[f64; 2]> = points.iter().map(|p| p.map(f64::from)).collect();
            near(shape::area(&exact).abs(), &want["area"], 1.0, "area");
            near(shape::area(&exact), &want["signed"], 1.0, "signed area");
            near(
                shape::perimeter(&exact),
                &want["perimeter"],
                1e2,
                "perimeter",
            );
            let [left, top, right, bottom] = shape::bounds(&points).unwrap();
            let ours = [left, top, right - left + 1, bottom - top + 1];
            let theirs: [i32; 4] = serde_json::from_value(want["box"].clone()).unwrap();
            assert_eq!(ours, theirs);
            let moments = shape::moments(&exact);
            for (name, value) in moments.named() {
                let scale = want["moments"][name].as_f64().unwrap().abs();
                near(value, &want["moments"][name], scale, name);
            }
            let hull = shape::hull(&points);
            let theirs: Vec<[i32; 2]> = serde_json::from_value(want["hull"].clone()).unwrap();
            let sorted = |mut all: Vec<[i32; 2]>| {
                all.sort_unstable();
                all
            };
            assert_eq!(sorted(hull.clone()), sorted(theirs));
            let hull: Vec<[f64; 2]> = hull.iter().map(|p| p.map(f64::from)).collect();
            let rect = shape::enclosing(&hull).unwrap();
            let [cx, cy, a, b]: [f64; 4] = serde_json::from_value(want["rect"].clone()).unwrap();
            let sides = rect.size.map(|s| s as f32);
            let area = |a: f64, b: f64| a * b;
            let (long, short) = (sides[0].max(sides[1]), sides[0].min(sides[1]));
            // Several rectangles may be equally small.
            assert!(
                (area(f64::from(long), f64::from(short)) - area(a, b)).abs()
                    <= 1e-3 * area(a, b).max(1.0),
                "{rect:?} {:?}",
                want["rect"]
            );
            if (f64::from(long) - b).abs() < 1e-3 {
                let off = (rect.centre[0] - cx).hypot(rect.centre[1] - cy);
                assert!(
                    off < 1e-2 || area(a, b) < 1e-3 || off < 1.0,
                    "{rect:?} {:?}",
                    want["rect"]
                );
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
