//! ONNX's own node tests (scripts/oracles/onnx_nodes.py), on our own kernels and, for what they refuse, on tract. Each operator that
//! docs/MODELS.md claims passes; UPDATE=1 writes the list there.
#![cfg(all(feature = "model", feature = "tract"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test tells what it saw"
)]

mod common;

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use common::onnx::{Archive, Fate, Index, ran};
use negatoscope::{
    base::Limits,
    model::{engine, run::Network},
};

#[test]
fn operators_are_those_of_onnx() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut archive = Archive::open("onnx_nodes.zip");
    let index: Index = serde_json::from_slice(&archive.read("index.json")).unwrap();
    let mut table: BTreeMap<String, [usize; 5]> = BTreeMap::new();
    let mut steps = [0; 2];
    let (mut wrong, mut refused, mut lacking) = (vec![], vec![], vec![]);
    for case in &index.cases {
        let bytes = archive.read(&format!("{}.onnx", case.name));
        let (input, expected) = (
            archive.floats(&format!("{}.in", case.name)),
            archive.floats(&format!("{}.out", case.name)),
        );
        let network = Network::unchecked(bytes, &Limits::default()).unwrap();
        let own = match network.own(&case.shape).unwrap() {
            Ok(plan) => ran(&plan, case, &input, &expected, &mut steps),
            Err(refusal) => Fate::Refused(refusal.to_string()),
        };
        let row = table.entry(case.op.clone()).or_default();
        row[0] += 1;
        match own {
            Fate::Passed => row[1] += 1,
            Fate::Failed(why) => {
                row[2] += 1;
                wrong.push(format!("{}: {why}", case.name));
            }
            Fate::Refused(why) => {
                refused.push(format!("{}: {why}", case.name));
                let network = std::panic::AssertUnwindSafe(&network);
                let other = std::panic::catch_unwind(|| {
                    let plan = network.plan_tract(&case.shape);
                    plan.map(|plan| ran(&plan, case, &input, &expected, &mut [0; 2]))
                });
                if matches!(other, Ok(Ok(Fate::Passed))) {
                    row[3] += 1;
                } else {
                    row[4] += 1;
                    lacking.push(case.name.clone());
                }
            }
        }
    }
    for line in &wrong {
        println!("WRONG {line}");
    }
    for line in &refused {
        println!("refused {line}");
    }
    println!("not by tract either: {}", lacking.join(", "));
    let sum = |i: usize| table.values().map(|row| row[i]).sum::<usize>();
    println!(
        "onnx {}: {} cases; own kernels: {} pass, {} fail; else tract: {} pass, {} not; bytes: {} of {} off by one step; left out: {:?}",
        index.onnx,
        sum(0),
        sum(1),
        sum(2),
        sum(3),
        sum(4),
        steps[1],
        steps[0],
        index.left_out
    );
    if std::env::var_os("UPDATE").is_some() {
        write(root, &table);
    }
    assert!(wrong.is_empty(), "{} cases are wrong", wrong.len());
    assert!(sum(1) >= 400, "{} cases pass", sum(1));
}

/// Networks that are quantized while they run (scripts/oracles/dynamic.py), as onnxruntime runs them, on our own kernels alone.
#[test]
fn dynamically_quantized_networks_are_onnxruntimes() {
    let mut archive = Archive::open("dynamic.zip");
    let index: serde_json::Value = serde_json::from_slice(&archive.read("index.json")).unwrap();
    let networks = index["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 5);
    for one in networks {
        let name = one["name"].as_str().unwrap();
        let shape: Vec<usize> = serde_json::from_value(one["shape"].clone()).unwrap();
        let expected = archive.floats(&format!("{name}.out"));
        let network =
            Network::unchecked(archive.read(&format!("{name}.onnx")), &Limits::default()).unwrap();
        let plan = network.own(&shape).unwrap().unwrap();
        let found = plan.run(&archive.floats(&format!("{name}.in"))).unwrap();
        assert_eq!(serde_json::json!(found[0].shape), one["output"], "{name}");
        let scale = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        let off =
            (found[0].values.iter().zip(&expected)).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        println!("{name}: off by {off:.1e} of {scale:.1}");
        assert!(off <= 1e-5 * scale, "{name}: {off}");
    }
}

/// A window as large as its input is left in the midst of it, not at its end.
#[test]
fn a_large_window_can_be_left() {
    // GlobalAveragePool is one place; AveragePool of 1,023 × 1,023 taps over padded 1,024 × 1,024 has many.
    let text = |out: &mut Vec<u8>, field: u8, bytes: &[u8]| {
        out.push(field << 3 | 2);
        let mut n = bytes.len();
        while n > 127 {
            out.push(n as u8 | 128);
            n >>= 7;
        }
        out.push(n as u8);
        out.extend(bytes);
    };
    let ints = |name: &[u8], values: &[u64]| {
        let mut a = vec![];
        text(&mut a, 1, name);
        for &v in values {
            a.push(8 << 3);
            let mut n = v;
            while n > 127 {
                a.push(n as u8 | 128);
                n >>= 7;
            }
            a.push(n as u8);
        }
        a.extend([20 << 3 & 0x7f | 0x80, 1, 7]);
        a
    };
    let mut node = vec![];
    text(&mut node, 1, b"x");
    text(&mut node, 2, b"y");
    text(&mut node, 4, b"MaxPool");
    text(&mut node, 5, &ints(b"kernel_shape", &[1023, 1023]));
    text(&mut node, 5, &ints(b"pads", &[511, 511, 511, 511]));
    let value = |name: &[u8]| {
        let mut tensor = vec![1 << 3, 1];
        let mut shape = vec![];
        for n in [1_u64, 1, 1024, 1024] {
            let dim = if n < 128 {
                vec![1 << 3, n as u8]
            } else {
                vec![1 << 3, n as u8 | 128, (n >> 7) as u8]
            };
            text(&mut shape, 1, &dim);
        }
        text(&mut tensor, 2, &shape);
        let mut kind = vec![];
        text(&mut kind, 1, &tensor);
        let mut info = vec![];
        text(&mut info, 1, name);
        text(&mut info, 2, &kind);
        info
    };
    let mut graph = vec![];
    text(&mut graph, 1, &node);
    text(&mut graph, 11, &value(b"x"));
    text(&mut graph, 12, &value(b"y"));
    let mut model = vec![1 << 3, 8];
    text(&mut model, 7, &graph);
    text(&mut model, 8, &[2 << 3, 13]);
    let network = Network::unchecked(model, &Limits::default()).unwrap();
    let plan = network.own(&[1, 1, 1024, 1024]).unwrap().unwrap();
    let input = vec![1.0; 1 << 20];
    let mut asked = 0;
    let ended = plan.run_while(&input, &mut |_, _| {
        asked += 1;
        asked < 5
    });
    let error = ended.unwrap_err();
    assert_eq!(error.code(), &negatoscope::model::codes::CANCELLED);
    assert_eq!(asked, 5);
}

/// The table of docs/MODELS.md.
fn write(root: &Path, table: &BTreeMap<String, [usize; 5]>) {
    let path = root.join("docs/MODELS.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("<!-- operators -->").unwrap();
    let (_, tail) = rest.split_once("<!-- /operators -->").unwrap();
    let mut rows = String::from(
        "\n| operator | cases | own kernels | wrong | by tract | not supported |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (op, [all, own, bad, tract, not]) in table {
        writeln!(rows, "| {op} | {all} | {own} | {bad} | {tract} | {not} |").unwrap();
    }
    let microsoft: Vec<&str> = engine::operators()
        .filter(|(domain, _)| !domain.is_empty())
        .map(|(_, name)| name)
        .collect();
    writeln!(
        rows,
        "\nOf onnxruntime's own operator set (com.microsoft): {}.",
        microsoft.join(", ")
    )
    .unwrap();
    fs::write(
        path,
        format!("{head}<!-- operators -->\n{rows}\n<!-- /operators -->{tail}"),
    )
    .unwrap();
}
