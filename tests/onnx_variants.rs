//! Operators in forms drawn at random (scripts/oracles/onnx_variants.py): whichever runtime takes one computes what onnxruntime does, or
//! the form is refused (src/model/run_tract/doubted.rs). ONNX_VARIANTS and ONNX_GRAPHS name other archives, of other seeds.
#![cfg(all(feature = "model", feature = "tract"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test tells what it saw"
)]

mod common;

use std::collections::BTreeMap;

use common::onnx::{Archive, Fate, Index, ran};
use negatoscope::{base::Limits, model::run::Network};

/// Per operator: right and refused on our own kernels, right and refused by tract; and what is neither.
fn held(name: &str) -> (BTreeMap<String, [usize; 4]>, Vec<String>) {
    let mut archive = Archive::open(name);
    let index: Index = serde_json::from_slice(&archive.read("index.json")).unwrap();
    let (mut table, mut wrong) = (BTreeMap::new(), vec![]);
    for case in &index.cases {
        let bytes = archive.read(&format!("{}.onnx", case.name));
        let input = archive.floats(&format!("{}.in", case.name));
        let expected = archive.floats(&format!("{}.out", case.name));
        let network = Network::unchecked(bytes, &Limits::default()).unwrap();
        let own = match network.own(&case.shape).unwrap() {
            Ok(plan) => ran(&plan, case, &input, &expected, &mut [0; 2]),
            Err(refusal) => Fate::Refused(refusal.to_string()),
        };
        // What tract says it cannot run while it runs is said to the user as well.
        let tract = match network.plan_tract(&case.shape) {
            Ok(plan) => match plan.run(&input) {
                Ok(_) => ran(&plan, case, &input, &expected, &mut [0; 2]),
                Err(error) => Fate::Refused(error.detail()),
            },
            Err(error) => Fate::Refused(error.detail()),
        };
        let row: &mut [usize; 4] = table.entry(case.op.clone()).or_default();
        for (fate, at, who) in [(own, 0, "own"), (tract, 2, "tract")] {
            match fate {
                Fate::Passed => row[at] += 1,
                Fate::Refused(_) => row[at + 1] += 1,
                Fate::Failed(why) => wrong.push(format!("{who} {}: {why}", case.name)),
            }
        }
    }
    for (op, [own, not, tract, no]) in &table {
        println!("{op}: own {own} right, {not} refused; tract {tract} right, {no} refused");
    }
    (table, wrong)
}

#[test]
fn no_form_of_an_operator_is_computed_otherwise() {
    let other = std::env::var("ONNX_VARIANTS");
    let (table, wrong) = held(other.as_deref().unwrap_or("onnx_variants.zip"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let right: usize = table.values().map(|row| row[0]).sum();
    assert!(right > 500, "{right} right on our own kernels");
}

/// Networks of three to twelve nodes (scripts/oracles/onnx_graphs.py), each wholly on our own kernels.
#[test]
fn no_network_is_computed_otherwise() {
    let other = std::env::var("ONNX_GRAPHS");
    let (table, wrong) = held(other.as_deref().unwrap_or("onnx_graphs.zip"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        table.values().all(|row| row[0] > 140 && row[1] == 0),
        "{table:?}"
    );
}
