//! Networks whose results are known exactly (scripts/oracles/networks.py) on our own kernels: float32 within 1e-4, bytes to the step. Whole
//! networks in the folder NEGATOSCOPE_WHOLE (written by that script) are held against its results, and the figures are printed.
#![cfg(feature = "model")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test tells what it saw"
)]

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use negatoscope::{
    base::Limits,
    model::run::{Network, Output},
};

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    form: String,
    /// One layer: no byte is off by more than one step.
    one: bool,
    shape: Vec<usize>,
    /// First byte and length.
    model: [usize; 2],
    input: [usize; 2],
    output: [usize; 2],
    outputs: Vec<Vec<usize>>,
    kinds: Vec<String>,
}

/// What the bytes of networks of one form were.
#[derive(Default)]
struct Bytes {
    networks: usize,
    all: usize,
    exact: usize,
    most: f64,
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (all, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    all.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The largest difference, and how many values differ.
fn apart(found: &[f32], expected: &[f32]) -> (f64, usize) {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    let off = pairs.map(|(f, e)| f64::from(f - e).abs());
    let different = off.clone().filter(|d| *d != 0.0).count();
    // What is no number is as far as can be.
    let most = off.fold(
        0.0,
        |m, d| if d.is_nan() { f64::INFINITY } else { m.max(d) },
    );
    (most, different)
}

fn rms(of: &[f32]) -> f64 {
    let square: f64 = of.iter().map(|v| f64::from(*v).powi(2)).sum();
    (square / of.len().max(1) as f64).sqrt().max(1e-30)
}

fn ran(bytes: &[u8], shape: &[usize], input: &[f32]) -> Result<Vec<Output>, String> {
    let network = Network::unchecked(bytes.to_vec(), &Limits::default()).unwrap();
    let plan = network.own(shape).unwrap().map_err(|r| r.to_string())?;
    plan.run(input).map_err(|e| e.detail())
}

#[test]
fn small_networks_are_those_of_exact_arithmetic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = fs::File::open(root.join("tests/data/networks.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut read = |name: &str| {
        let mut bytes = vec![];
        let mut file = archive.by_name(name).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    };
    let cases: Vec<Case> = serde_json::from_slice(&read("index.json")).unwrap();
    let [models, inputs, outputs] = ["models", "inputs", "outputs"].map(&mut read);
    let part = |of: &[u8], [at, len]: [usize; 2]| of[at..at + len].to_vec();
    let (mut wrong, mut worst) = (vec![], (0.0_f64, ""));
    let mut table: BTreeMap<String, Bytes> = BTreeMap::new();
    for case in &cases {
        let name = &case.name;
        let input = floats(&part(&inputs, case.input));
        let found = match ran(&part(&models, case.model), &case.shape, &input) {
            Ok(found) => found,
            Err(why) => {
                wrong.push(format!("{name}: {why}"));
                continue;
            }
        };
        let mut expected = part(&outputs, case.output);
        let shapes: Vec<_> = found.iter().map(|o| o.shape.clone()).collect();
        if shapes != case.outputs {
            wrong.push(format!("{name}: shapes {shapes:?}, not {:?}", case.outputs));
            continue;
        }
        let depth = if case.one { "one layer" } else { "layers" };
        let row = table.entry(format!("{}, {depth}", case.form)).or_default();
        row.networks += 1;
        for (output, kind) in found.iter().zip(&case.kinds) {
            let n = output.values.len();
            if kind == "float32" {
                let own = floats(&expected.drain(..4 * n).collect::<Vec<_>>());
                let off = apart(&output.values, &own).0 / rms(&own);
                // A QDQ network of many layers may be off by a step within.
                let limit = if case.one { 1e-4 } else { 0.03 };
                if case.one && off > worst.0 {
                    worst = (off, name);
                }
                if off > limit {
                    wrong.push(format!("{name}: {off:.1e} of the RMS"));
                }
                continue;
            }
            let value = |b: u8| {
                if kind == "int8" {
                    f32::from(b as i8)
                } else {
                    f32::from(b)
                }
            };
            let own: Vec<f32> = expected.drain(..n).map(value).collect();
            let (most, different) = apart(&output.values, &own);
            row.all += n;
            row.exact += n - different;
            row.most = row.most.max(most);
            // A step in one layer can become two in the next; more is another computation.
            let share = different as f64 / n as f64;
            if most > if case.one { 1.0 } else { 2.0 } || share > 0.02 {
                wrong.push(format!("{name}: {different} of {n} off by up to {most}"));
            }
        }
        assert!(expected.is_empty());
    }
    println!(
        "float32: off by {:.1e} of the RMS at most ({})",
        worst.0, worst.1
    );
    for (form, row) in table.iter().filter(|(_, row)| row.all > 0) {
        let share = row.exact as f64 / row.all as f64 * 100.0;
        println!(
            "{form}: {} networks, {} bytes, {share:.3} % exact, the rest off by {} at most",
            row.networks, row.all, row.most
        );
    }
    for line in &wrong {
        println!("WRONG {line}");
    }
    assert!(wrong.is_empty(), "{} of {}", wrong.len(), cases.len());
    assert!(cases.len() > 250);
}

#[derive(serde::Deserialize)]
struct Whole {
    /// The network, or all layers of one: then no byte is off by more than one step.
    group: String,
    shape: Vec<usize>,
    outputs: Vec<Vec<usize>>,
    /// What one step of each output is; 0 where it is not quantized last.
    steps: Vec<f64>,
}

#[test]
fn whole_networks_are_those_of_exact_arithmetic() {
    let Some(folder) = std::env::var_os("NEGATOSCOPE_WHOLE") else {
        println!("no folder of networks");
        return;
    };
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let mut table: BTreeMap<String, Bytes> = BTreeMap::new();
    for path in files {
        let whole: Whole = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let read =
            |extension: &str| fs::read(path.with_file_name(format!("{stem}.{extension}"))).unwrap();
        let found = ran(&read("onnx"), &whole.shape, &floats(&read("in")));
        let found = found.unwrap_or_else(|why| panic!("{stem}: {why}"));
        let mut expected = floats(&read("out"));
        let row = table.entry(whole.group).or_default();
        row.networks += 1;
        for ((output, shape), step) in found.iter().zip(&whole.outputs).zip(&whole.steps) {
            assert_eq!(output.shape, *shape, "{stem}");
            let n = output.values.len();
            let own: Vec<f32> = expected.drain(..n).collect();
            if *step > 0.0 {
                let steps = |of: &[f32]| -> Vec<f32> {
                    of.iter()
                        .map(|v| (f64::from(*v) / step).round() as f32)
                        .collect()
                };
                let (most, different) = apart(&steps(&output.values), &steps(&own));
                row.all += n;
                row.exact += n - different;
                row.most = row.most.max(most);
            } else {
                let off = apart(&output.values, &own).0 / rms(&own);
                println!("| {stem} | {n} values | off by {off:.1e} of the RMS |");
                assert!(off < 1e-4, "{stem}");
            }
        }
        assert!(expected.is_empty());
    }
    println!(
        "| network | of | bytes | exact | others | off by |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (group, row) in table.iter().filter(|(_, row)| row.all > 0) {
        let share = row.exact as f64 / row.all as f64 * 100.0;
        println!(
            "| {group} | {} | {} | {share:.4} % | {} | {} at most |",
            row.networks,
            row.all,
            row.all - row.exact,
            row.most
        );
        assert!(row.most <= 1.0 || !group.ends_with(" layers"), "{group}");
    }
}
