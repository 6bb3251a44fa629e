//! Whole series from the folder to the sorted volume: order, spacing, distances, gaps and every stored value against an outside
//! reader. Skipped where the corpus is not there.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod common;

use std::path::Path;

use negatoscope::{
    base::Limits,
    cli::source,
    dicom::Instance,
    export::npy::Values,
    study::{
        Catalogue, FrameSet,
        geometry::{SpacingFrom, dot},
        pixels,
    },
};

/// What is known of a series beyond `expected.json`, counted by hand with an outside reader.
struct Known {
    name: &'static str,
    /// Volumes in the one series.
    volumes: usize,
    /// Instance Number falls with the position: scrolled from the head to the feet.
    falls: bool,
    /// Distances beyond 1.5 of the median.
    gaps: usize,
    uneven: bool,
}

const SERIES: [Known; 4] = [
    Known {
        name: "t1-brain",
        volumes: 1,
        falls: false,
        gaps: 0,
        uneven: false,
    },
    Known {
        name: "ct-lung",
        volumes: 1,
        falls: true,
        gaps: 0,
        uneven: false,
    },
    Known {
        name: "mr-dwi",
        volumes: 13,
        falls: false,
        gaps: 0,
        uneven: false,
    },
    // 13 steps of 4.0 mm, one of 1.08 mm, 13 of 7.0 mm.
    Known {
        name: "ct-head-tilt",
        volumes: 1,
        falls: false,
        gaps: 13,
        uneven: true,
    },
];

fn opened(folder: &Path) -> Catalogue {
    let limits = Limits::default();
    let mut catalogue = Catalogue::default();
    source::walk(folder, &mut |path| {
        catalogue.add(&source::open(path, &limits).unwrap(), &limits);
    });
    catalogue.arrange();
    catalogue
}

/// Position along the normal, mm.
fn place(set: &FrameSet, at: usize) -> f64 {
    let plane = set.planes[at].unwrap();
    dot(plane.position, plane.normal())
}

fn near(a: f64, b: f64, within: f64, what: &str) {
    assert!((a - b).abs() <= within, "{what}: {a} against {b}");
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap()
}

fn check(known: &Known, about: &serde_json::Value, catalogue: &Catalogue) -> String {
    let name = known.name;
    assert!(
        catalogue.errors.is_empty(),
        "{name}: {:?}",
        catalogue.errors
    );
    assert_eq!(catalogue.files as u64, about["files"].as_u64().unwrap());
    assert_eq!(catalogue.studies.len(), 1, "{name}: studies");
    let study = &catalogue.studies[0];
    assert_eq!(
        study.series.len() as u64,
        about["series_uids"].as_u64().unwrap()
    );
    let sets = &study.series[0].frame_sets;
    assert_eq!(sets.len(), known.volumes, "{name}: volumes");
    let positions = about["positions"].as_u64().unwrap() as usize;
    let vector =
        |key: &str| -> Vec<f64> { about[key].as_array().unwrap().iter().map(number).collect() };
    let instance =
        |set: &FrameSet, at: usize| -> &Instance { &catalogue.instances[set.frames[at].instance] };
    for set in sets {
        assert_eq!(set.frames.len(), positions, "{name}: positions");
        assert_eq!(u64::from(set.rows), about["rows"].as_u64().unwrap());
        assert_eq!(u64::from(set.columns), about["columns"].as_u64().unwrap());
        assert_eq!(set.spacing.mm.to_vec(), vector("pixel_spacing"));
        assert_eq!(set.spacing.from, SpacingFrom::PixelSpacing);
        assert_eq!(
            (set.gaps.len(), set.uneven),
            (known.gaps, known.uneven),
            "{name}"
        );
        assert_eq!(set.tilted, name == "ct-head-tilt", "{name}");
        assert_eq!(set.is_volume(), !known.uneven, "{name}");
        let steps: Vec<f64> = (1..positions)
            .map(|k| (place(set, k) - place(set, k - 1)).abs())
            .collect();
        let least = steps.iter().copied().fold(f64::INFINITY, f64::min);
        let most = steps.iter().copied().fold(0.0, f64::max);
        near(least, number(&about["distance_min"]), 0.001, name);
        near(most, number(&about["distance_max"]), 0.001, name);
        for gap in &set.gaps {
            near(gap.distance_mm, steps[gap.after], 1e-9, name);
        }
        // Neighbours in the order of their places; Instance Number grows as one scrolls.
        for k in 1..positions {
            assert_eq!(
                place(set, k) < place(set, k - 1),
                known.falls,
                "{name}: frame {k}"
            );
            let at = |k| instance(set, k).number(dicom_dictionary_std::tags::INSTANCE_NUMBER);
            assert!(at(k) > at(k - 1), "{name}: Instance Number at {k}");
        }
        let (first, last) = if known.falls {
            (positions - 1, 0)
        } else {
            (0, positions - 1)
        };
        for (at, key) in [(first, "position_first"), (last, "position_last")] {
            for (ours, theirs) in set.planes[at].unwrap().position.iter().zip(vector(key)) {
                near(*ours, theirs, 1e-6, key);
            }
        }
        let plane = set.planes[0].unwrap();
        let ours = [plane.row, plane.column].concat();
        for (ours, theirs) in ours.iter().zip(vector("image_orientation")) {
            near(*ours, theirs, 1e-4, name);
        }
    }
    if let Some(b) = about["b_values"].as_array() {
        // One volume, one b-value; every b-value of the series is there.
        let mut seen = vec![];
        for set in sets {
            let of = |at| instance(set, at).number(dicom_dictionary_std::tags::DIFFUSION_B_VALUE);
            assert!(
                (1..positions).all(|at| of(at) == of(0)),
                "{name}: mixed b-values"
            );
            // Absent where nothing was applied.
            seen.push(of(0).unwrap_or(0.0));
        }
        seen.dedup();
        assert_eq!(seen, b.iter().map(number).collect::<Vec<_>>());
    }
    // Every stored value: by ascending place, at each place in the order of the volumes.
    let limits = Limits::default();
    let mut bytes = vec![];
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for k in 0..positions {
        let k = if known.falls { positions - 1 - k } else { k };
        for set in sets {
            let decoded = pixels::decode(instance(set, k), set.frames[k].frame, &limits).unwrap();
            assert_eq!(decoded.values.descr(), about["dtype"].as_str().unwrap());
            for at in 0..decoded.values.len() {
                let value = decoded.values.get(at).unwrap();
                (low, high) = (low.min(value), high.max(value));
            }
            decoded.values.write(&mut bytes);
        }
    }
    assert_eq!(
        (low, high),
        (number(&about["min"]), number(&about["max"])),
        "{name}"
    );
    assert_eq!(
        common::hex(&bytes),
        about["sha256_sorted_volume"].as_str().unwrap(),
        "{name}: the sorted volume"
    );
    format!(
        "{name}: {} files, {} × {positions} frames, {} gaps, {} bytes equal",
        catalogue.files,
        sets.len(),
        sets.iter().map(|s| s.gaps.len()).sum::<usize>(),
        bytes.len()
    )
}

#[test]
fn series() {
    let (Some(expected), Some(cache)) = (common::expected(), common::cache()) else {
        println!(
            "skipped: {} series, no corpus beside the repository",
            SERIES.len()
        );
        return;
    };
    let (mut done, mut absent) = (0, 0);
    for known in &SERIES {
        let folder = cache.join("series").join(known.name);
        if !folder.is_dir() {
            println!("{}: not unpacked", known.name);
            absent += 1;
            continue;
        }
        let catalogue = opened(&folder);
        println!(
            "{}",
            check(known, &expected["series"][known.name], &catalogue)
        );
        done += 1;
    }
    println!("{done} series equal, {absent} absent");
}
