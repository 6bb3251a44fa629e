//! Explanation methods against an independent computation in NumPy (scripts/oracles/explain.py), a planted signal that each must find, a
//! planted edge detector that the checks must catch, and what cancels, counts and repeats.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{cell::Cell, fmt::Write as _, fs, path::Path};

use negatoscope::{
    base::{Monitor, Result, Silent, Stage},
    model::{
        augment::Change,
        codes,
        explain::{
            self, Answer, METHODS, Method, Needs, Planes, Question, Settings,
            baseline::Baseline,
            random::Random,
            sanity,
            shares::{Field, shares},
        },
        manifest::{Attention, Augment, Cam, Explain, Manifest},
    },
};
use serde_json::Value;

fn oracle() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/explain.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|v| v.as_f64().unwrap()).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|v| v as f32).collect()
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn pair(value: &Value) -> [usize; 2] {
    [whole(&value[0]), whole(&value[1])]
}

fn method(name: &str) -> &'static Method {
    METHODS.iter().find(|m| m.name == name).unwrap()
}

/// The made network of the oracle: two convolutions 3 × 3 of stride 2 with ReLU, mean, linear layer.
struct Made(Value);

impl Made {
    fn layer(&self, name: &str) -> (Vec<usize>, Vec<f64>) {
        let layer = &self.0[name];
        let shape = layer["shape"]
            .as_array()
            .unwrap()
            .iter()
            .map(whole)
            .collect();
        (shape, numbers(&layer["values"]))
    }
    fn conv(
        &self,
        x: &[f64],
        [channels, rows, columns]: [usize; 3],
        layer: &str,
    ) -> ([usize; 3], Vec<f64>) {
        let (shape, w) = self.layer(&format!("w{layer}"));
        let (_, bias) = self.layer(&format!("b{layer}"));
        let [out, down, across] = [shape[0], rows.div_ceil(2), columns.div_ceil(2)];
        let mut y = vec![];
        for o in 0..out {
            for r in 0..down {
                for c in 0..across {
                    let mut sum = bias[o];
                    for i in 0..channels {
                        for k in 0..9 {
                            let (p, q) = (2 * r + k / 3, 2 * c + k % 3);
                            if (1..=rows).contains(&p) && (1..=columns).contains(&q) {
                                sum += w[(o * channels + i) * 9 + k]
                                    * x[(i * rows + p - 1) * columns + q - 1];
                            }
                        }
                    }
                    y.push(sum.max(0.0));
                }
            }
        }
        ([out, down, across], y)
    }
    fn answer(&self, input: &[f32], shape: [usize; 3]) -> Answer {
        let x: Vec<f64> = input.iter().map(|&v| f64::from(v)).collect();
        let (shape, y) = self.conv(&x, shape, "1");
        let ([count, rows, columns], y) = self.conv(&y, shape, "2");
        let means: Vec<f64> = y
            .chunks(rows * columns)
            .map(|p| p.iter().sum::<f64>() / p.len() as f64)
            .collect();
        let (_, head) = self.layer("head");
        let (_, bias) = self.layer("bias");
        let logits = head
            .chunks(count)
            .zip(bias)
            .map(|(w, b)| (b + w.iter().zip(&means).map(|(w, m)| w * m).sum::<f64>()) as f32);
        Answer {
            logits: logits.collect(),
            features: Planes::new(count, rows, columns, y.iter().map(|&v| v as f32).collect()),
            attention: vec![],
        }
    }
    fn head(&self) -> Cam {
        let (shape, weights) = self.layer("head");
        let f = |v: &[f64]| v.iter().map(|&v| v as f32).collect::<Vec<f32>>();
        Cam {
            weights: weights.chunks(shape[1]).map(f).collect(),
            bias: f(&self.layer("bias").1),
            range: None,
        }
    }
}

fn baseline(name: &str) -> Baseline {
    let all = [Baseline::Mean, Baseline::Blur, Baseline::Zero];
    all.into_iter().find(|b| b.name() == name).unwrap()
}

/// The oracle's attention, without the first token where there are none before the patches.
fn attention(about: &Value, before: usize) -> Vec<Planes> {
    let [layers, heads, tokens] = [0, 1, 2].map(|i| whole(&about["shape"][i]));
    let values = floats(&about["values"]);
    let skip = 1 - before;
    let cut = |head: &[f32]| -> Vec<f32> {
        let rows = head.chunks(tokens).skip(skip);
        rows.flat_map(|row| row[skip..].to_vec()).collect()
    };
    let size = heads * tokens * tokens;
    let of = |layer: &[f32]| {
        let parts: Vec<f32> = layer.chunks(tokens * tokens).flat_map(cut).collect();
        Planes::new(heads, tokens - skip, tokens - skip, parts).unwrap()
    };
    let found: Vec<Planes> = values.chunks(size).map(of).collect();
    assert_eq!(found.len(), layers);
    found
}

#[test]
fn every_method_is_what_numpy_computes() {
    let oracle = oracle();
    let made = Made(oracle["network"].clone());
    let shape = [0, 1, 2].map(|i| whole(&oracle["shape"][i]));
    let input = floats(&oracle["input"]);
    let own = made.answer(&input, shape);
    for (found, said) in own.logits.iter().zip(numbers(&oracle["logits"])) {
        assert!(
            (f64::from(*found) - said).abs() < 1e-5,
            "{found} and {said}"
        );
    }
    let said = &oracle["settings"];
    let mut seen = vec![];
    for case in oracle["cases"].as_array().unwrap() {
        let name = case["method"].as_str().unwrap();
        let settings = Settings {
            seed: said["seed"].as_u64().unwrap(),
            baseline: baseline(case["baseline"].as_str().unwrap()),
            patch: whole(&said["patch"]),
            stride: whole(&said["stride"]),
            masks: whole(&said["masks"]),
            cells: whole(&said["cells"]),
            shown: said["shown"].as_f64().unwrap(),
            channels: whole(&said["channels"]),
        };
        let before = case.get("before").map_or(0, whole);
        let answer = Answer {
            attention: attention(&oracle["attention"], before),
            ..own.clone()
        };
        let about = Explain {
            cam: Some(made.head()),
            attention: Some(Attention {
                before,
                grid: [3, 4],
            }),
            ..Explain::default()
        };
        let mut runs = 0;
        let mut network = |x: &[f32]| {
            runs += 1;
            Ok(made.answer(x, shape))
        };
        let class = whole(&case["class"]);
        let mut question = Question::new(
            &input,
            shape,
            class,
            &answer,
            &about,
            &settings,
            &mut network,
            &Silent,
        )
        .unwrap();
        let method = method(name);
        let map = explain::explain(method, &mut question).unwrap();
        let counted = question.runs();
        assert_eq!([map.rows, map.columns], pair(&case["grid"]), "{name}");
        let expected = numbers(&case["map"]);
        assert_eq!(expected.len(), map.values.len());
        let size = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let off = map.values.iter().zip(&expected);
        let off = off
            .map(|(a, b)| (f64::from(*a) - b).abs())
            .fold(0.0, f64::max);
        println!("{name} {}: off by {off:.1e} of {size:.2}", case["baseline"]);
        assert!(
            size > 1e-2 && off < 1e-5,
            "{name}: off by {off:.1e} of {size}"
        );
        // What it says to cost is what it costs.
        assert_eq!(
            (counted, counted),
            (runs, (method.runs)(&settings, shape, 6)),
            "{name}"
        );
        seen.push(name);
    }
    assert!(METHODS.iter().all(|m| seen.contains(&m.name)), "{seen:?}");
}

#[test]
fn checks_shares_and_copies_are_what_numpy_computes() {
    let oracle = oracle();
    let made = Made(oracle["network"].clone());
    let shape = [0, 1, 2].map(|i| whole(&oracle["shape"][i]));
    let input = floats(&oracle["input"]);
    let answer = made.answer(&input, shape);
    let features = answer.features.as_ref().unwrap();
    let of = |class: usize| {
        let values = explain::cam(&features.values, features.count, &made.head(), class).unwrap();
        Planes::new(1, features.rows, features.columns, values).unwrap()
    };
    let near = |what: &str, found: f64, said: &Value| {
        let said = said.as_f64().unwrap();
        assert!((found - said).abs() < 1e-5, "{what}: {found} and {said}");
    };
    let (settings, about) = (Settings::of(shape[1], shape[2], 0), Explain::default());
    let mut network = |x: &[f32]| Ok(made.answer(x, shape));
    let said = &oracle["areas"];
    let class = whole(&said["class"]);
    let mut question = Question::new(
        &input,
        shape,
        class,
        &answer,
        &about,
        &settings,
        &mut network,
        &Silent,
    )
    .unwrap();
    let found = sanity::areas(&mut question, &of(class), whole(&said["random_maps"])).unwrap();
    near("deletion", found.deletion, &said["deletion"]);
    near(
        "deletion, random",
        found.deletion_random,
        &said["deletion_random"],
    );
    near("insertion", found.insertion, &said["insertion"]);
    near(
        "insertion, random",
        found.insertion_random,
        &said["insertion_random"],
    );

    let said = &oracle["likeness"];
    let rank = sanity::rank_correlation(&of(0), &of(1)).unwrap();
    near("rank correlation", rank, &said["rank_correlation"]);
    near("SSIM", sanity::ssim(&of(0), &of(1)).unwrap(), &said["ssim"]);

    let said = &oracle["shares"];
    let [rows, columns] = pair(&said["map_grid"]);
    let map = Planes::new(1, rows, columns, floats(&said["map"])).unwrap();
    let inside: Vec<u8> = numbers(&said["inside"]).iter().map(|&v| v as u8).collect();
    let [rows, columns] = pair(&said["grid"]);
    let field = Field {
        rows,
        columns,
        inside,
    };
    let found = shares(&map, Some(&field)).unwrap();
    near("border", found.border, &said["border"]);
    near("border's area", found.border_area, &said["border_area"]);
    let [share, area] = found.field.unwrap();
    near("field", share, &said["field"][0]);
    near("field's area", area, &said["field"][1]);

    let said = &oracle["copies"];
    let bounds: Augment = serde_json::from_value(said["bounds"].clone()).unwrap();
    let [rows, columns] = pair(&said["size"]);
    let pixel = [0, 1].map(|i| said["pixel"][i].as_f64().unwrap());
    let frame = floats(&said["frame"]);
    let mut random = Random::new(said["seed"].as_u64().unwrap());
    for said in said["changed"].as_array().unwrap() {
        let change = Change::draw(&bounds, &mut random);
        assert_eq!(change.flip, said["flip"].as_bool().unwrap());
        near("degrees", change.degrees, &said["degrees"]);
        near("down", change.shift[0], &said["shift"][0]);
        near("right", change.shift[1], &said["shift"][1]);
        near("zoom", change.zoom, &said["zoom"]);
        near("gamma", change.gamma, &said["gamma"]);
        let found = change.apply(&frame, rows, columns, pixel);
        for (found, said) in found.iter().zip(said["values"].as_array().unwrap()) {
            near("value", f64::from(*found), said);
        }
    }
}

// -- a planted signal ---------------------------------------------------------------------------------------------------

const SIDE: usize = 56;
const GRID: usize = 7;
/// The cell, of 7 × 7, that the planted network looks at.
const PLACE: (usize, usize) = (4, 1);

/// Grey noise with a bright square where the planted network looks, and another one where it does not.
fn planted() -> Vec<f32> {
    let mut random = Random::new(5);
    (0..SIDE * SIDE)
        .map(|at| {
            let cell = (at / SIDE / 8, at % SIDE / 8);
            let bright = cell == PLACE || cell == (1, 5);
            0.2 * random.unit() as f32 + if bright { 0.7 } else { 0.0 }
        })
        .collect()
}

/// A network that looks at one place: its features are the means of 8 × 8 cells in three channels, of which the head takes the second,
/// which is blind but at the place; its token of class looks at the cells as bright as they are at the place.
fn looking(x: &[f32]) -> Answer {
    looking_at(PLACE, x)
}

fn looking_at(place: (usize, usize), x: &[f32]) -> Answer {
    let means: Vec<f32> = (0..GRID * GRID)
        .map(|cell| {
            let pixels =
                (0..64).map(|i| (cell / GRID * 8 + i / 8) * SIDE + cell % GRID * 8 + i % 8);
            pixels.map(|at| x[at]).sum::<f32>() / 64.0
        })
        .collect();
    let place = place.0 * GRID + place.1;
    let there: Vec<f32> = (0..means.len())
        .map(|i| if i == place { means[i] } else { 0.0 })
        .collect();
    let logit = 8.0 * means[place] - 4.0;
    let features = [vec![0.01; 49], there.clone(), vec![0.02; 49]].concat();
    let tokens = GRID * GRID + 1;
    let mut look = vec![1.0 / tokens as f32; tokens * tokens];
    let total: f32 = there.iter().sum::<f32>() + 0.1;
    for (to, value) in there.iter().enumerate() {
        look[to + 1] = value / total;
    }
    look[0] = 0.1 / total;
    Answer {
        logits: vec![logit],
        features: Planes::new(3, GRID, GRID, features),
        attention: vec![Planes::new(1, tokens, tokens, look).unwrap()],
    }
}

fn looking_head() -> Explain {
    Explain {
        cam: Some(Cam {
            weights: vec![vec![0.0, 8.0 * 49.0, 0.0]],
            bias: vec![-4.0],
            range: None,
        }),
        attention: Some(Attention {
            before: 1,
            grid: [GRID, GRID],
        }),
        ..Explain::default()
    }
}

fn map_of(
    method: &Method,
    x: &[f32],
    network: &mut dyn FnMut(&[f32]) -> Result<Answer>,
    seed: u64,
) -> Planes {
    let (settings, about) = (Settings::of(SIDE, SIDE, seed), looking_head());
    let answer = network(x).unwrap();
    let mut question = Question::new(
        x,
        [1, SIDE, SIDE],
        0,
        &answer,
        &about,
        &settings,
        network,
        &Silent,
    )
    .unwrap();
    explain::explain(method, &mut question).unwrap()
}

#[test]
fn every_method_finds_what_was_planted_and_not_its_twin() {
    let x = planted();
    for method in METHODS {
        let map = map_of(method, &x, &mut |x| Ok(looking(x)), 1);
        let all = map.values.iter().enumerate();
        let (peak, top) = all.max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        let at = |cell: usize, cells: usize| (2 * cell + 1) * GRID / (2 * cells);
        let found = (
            at(peak / map.columns, map.rows),
            at(peak % map.columns, map.columns),
        );
        assert_eq!(found, PLACE, "{}", method.name);
        // The square that the network is blind to has no part in it.
        let twin = map.values[(3 * map.rows / 14) * map.columns + 11 * map.columns / 14];
        assert!(twin < 0.3 * top, "{}: {twin} of {top}", method.name);
        let field = Field {
            rows: GRID,
            columns: GRID,
            inside: one_cell(),
        };
        let held = shares(&map, Some(&field)).unwrap();
        let [inside, area] = held.field.unwrap();
        println!(
            "{}: {:.0} % of it in {:.0} % of the picture",
            method.name,
            100.0 * inside,
            100.0 * area
        );
        assert!(inside > 4.0 * area, "{}: {inside} in {area}", method.name);

        // Deletion and insertion tell it from chance.
        let (settings, about) = (Settings::of(SIDE, SIDE, 1), looking_head());
        let answer = looking(&x);
        let mut network = |x: &[f32]| Ok(looking(x));
        let mut question = Question::new(
            &x,
            [1, SIDE, SIDE],
            0,
            &answer,
            &about,
            &settings,
            &mut network,
            &Silent,
        )
        .unwrap();
        let areas = sanity::areas(&mut question, &map, sanity::RANDOM_MAPS).unwrap();
        println!("{}: {areas:?}", method.name);
        assert!(
            areas.deletion < areas.deletion_random - 0.1,
            "{}: {areas:?}",
            method.name
        );
        assert!(
            areas.insertion > areas.insertion_random + 0.02,
            "{}: {areas:?}",
            method.name
        );
    }
}

/// Brightness steps of the picture, by cells: a "map" that asks no network. It is what the check of shuffled weights is there to catch.
fn edges(x: &[f32]) -> Planes {
    let step = |at: usize| {
        let right = x.get(at + 1).map_or(0.0, |v| (v - x[at]).abs());
        right + x.get(at + SIDE).map_or(0.0, |v| (v - x[at]).abs())
    };
    let cells = (0..GRID * GRID).map(|cell| {
        let pixels = (0..64).map(|i| (cell / GRID * 8 + i / 8) * SIDE + cell % GRID * 8 + i % 8);
        pixels.map(step).sum::<f32>()
    });
    Planes::new(1, GRID, GRID, cells.collect()).unwrap()
}

#[test]
fn another_network_has_another_map_and_an_edge_detector_has_not() {
    let x = planted();
    for method in METHODS {
        let own = map_of(method, &x, &mut |x| Ok(looking(x)), 1);
        let other = map_of(method, &x, &mut |x| Ok(looking_at((1, 5), x)), 1);
        let rank = sanity::rank_correlation(&own, &other).unwrap();
        let like = sanity::ssim(&own, &other).unwrap();
        println!(
            "{}: rank correlation {rank:.2}, SSIM {like:.2}",
            method.name
        );
        assert!(rank < 0.5 && like < 0.8, "{}: {rank}, {like}", method.name);
    }
    // It does not care which network is asked.
    let rank = sanity::rank_correlation(&edges(&x), &edges(&x)).unwrap();
    assert!(rank > 0.999, "{rank}");
}

fn one_cell() -> Vec<u8> {
    (0..49).map(|i| u8::from((i / 7, i % 7) == PLACE)).collect()
}

#[test]
fn what_is_drawn_comes_from_the_seed() {
    let x = planted();
    let rise = method("rise");
    let of = |seed| map_of(rise, &x, &mut |x| Ok(looking(x)), seed);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

/// Counts what it is told, and does not wait for ever.
struct Impatient {
    patience: u64,
    told: Cell<u64>,
    total: Cell<u64>,
}

impl Monitor for Impatient {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        assert_eq!(stage, Stage::Explain);
        assert!(done <= total && done >= self.told.get());
        self.told.set(done);
        self.total.set(total);
    }
    fn cancelled(&self) -> bool {
        self.told.get() >= self.patience
    }
}

#[test]
fn a_map_tells_its_progress_and_can_be_cancelled_between_runs() {
    let x = planted();
    let (settings, about, answer) = (Settings::of(SIDE, SIDE, 0), looking_head(), looking(&x));
    for method in METHODS {
        for patience in [u64::MAX, 3] {
            let monitor = Impatient {
                patience,
                told: Cell::new(0),
                total: Cell::new(0),
            };
            let mut runs = 0;
            let mut network = |x: &[f32]| {
                runs += 1;
                Ok(looking(x))
            };
            let mut question = Question::new(
                &x,
                [1, SIDE, SIDE],
                0,
                &answer,
                &about,
                &settings,
                &mut network,
                &monitor,
            )
            .unwrap();
            let done = explain::explain(method, &mut question);
            match done {
                Ok(_) => assert_eq!(monitor.told.get(), monitor.total.get(), "{}", method.name),
                Err(error) => {
                    assert_eq!((error.code(), patience), (&codes::CANCELLED, 3));
                    assert_eq!(runs, 3, "{}: no run after the cancelling", method.name);
                }
            }
        }
    }
}

#[test]
fn a_network_that_gives_no_numbers_is_an_error() {
    let x = planted();
    let (settings, about) = (Settings::of(SIDE, SIDE, 0), looking_head());
    let mut answer = looking(&x);
    answer.logits = vec![f32::NAN];
    answer.features.as_mut().unwrap().values[3] = f32::INFINITY;
    let bare = Answer {
        logits: vec![0.0],
        features: None,
        attention: vec![],
    };
    for method in METHODS {
        for (given, needed) in [(&answer, &codes::RUN), (&bare, &codes::MANIFEST)] {
            let mut network = |_: &[f32]| Ok(given.clone());
            let mut question = Question::new(
                &x,
                [1, SIDE, SIDE],
                0,
                given,
                &about,
                &settings,
                &mut network,
                &Silent,
            )
            .unwrap();
            let done = explain::explain(method, &mut question);
            match method.needs {
                Needs::Attention if needed == &codes::RUN => assert!(done.is_ok()),
                Needs::Nothing if needed == &codes::MANIFEST => assert!(done.is_ok()),
                _ => assert_eq!(done.unwrap_err().code(), needed, "{}", method.name),
            }
        }
    }
    let mut network = |x: &[f32]| Ok(looking(x));
    for shape in [[1, SIDE, SIDE - 1], [usize::MAX, usize::MAX, 2], [0, 0, 0]] {
        let wrong = Question::new(
            &x,
            shape,
            0,
            &answer,
            &about,
            &settings,
            &mut network,
            &Silent,
        );
        assert!(wrong.is_err());
    }
}

#[test]
fn a_manifest_says_which_methods_are_valid() {
    let read = |folder: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("models")
            .join(folder);
        Manifest::read(&fs::read(path.join("manifest.json")).unwrap()).unwrap()
    };
    let names = |m: &Manifest| explain::valid(m).map(|m| m.name).collect::<Vec<_>>();
    let mut chest = read("chest-pneumonia");
    assert_eq!(
        names(&chest),
        ["cam", "eigen-cam", "score-cam", "occlusion", "rise"]
    );
    assert_eq!(
        explain::chosen(&chest, None).unwrap().map(|m| m.name),
        Some("cam")
    );
    // Scores alone are enough for these.
    chest.explain = Explain::default();
    assert_eq!(names(&chest), ["occlusion", "rise"]);
    assert!(explain::chosen(&chest, None).unwrap().is_none());
    let refused = explain::chosen(&chest, Some("cam")).unwrap_err();
    assert_eq!(refused.code(), &codes::METHOD);
    assert_eq!(refused.detail(), "expected occlusion, rise, found cam");
    assert!(names(&read("brain-mask")).is_empty());
    // A list alone does not make a method possible.
    chest.explain.methods = ["rollout", "cam"].map(str::to_owned).to_vec();
    assert_eq!(names(&chest), ["occlusion", "rise"]);
}

/// The page offers the methods that a manifest allows, with what they cost; `www/shared/generated/explain-methods.ts` is the table.
/// `UPDATE=1 cargo test --test explain` writes it anew.
#[test]
fn the_page_has_the_same_table() {
    let mut text = String::from(
        "// Made from src/model/explain; do not edit. UPDATE=1 cargo test --test explain\n\n\
         /** Every method: what it needs of a model, and runs of the network besides the first (of an input of 224 × 224, 64 channels). */\n\
         export const explainMethods = [\n",
    );
    for method in METHODS {
        let runs = (method.runs)(&Settings::of(224, 224, 0), [1, 224, 224], 64);
        let (name, needs) = (method.name, method.needs.name());
        writeln!(
            text,
            "  {{ name: '{name}', needs: '{needs}', runs: {runs} }},"
        )
        .unwrap();
    }
    text.push_str("] as const;\n");
    let file = "www/shared/generated/explain-methods.ts";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "{file} is out of date: UPDATE=1 cargo test --test explain"
    );
}
