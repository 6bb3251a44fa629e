//! Archives of small networks with what comes out of them (scripts/oracles/onnx_nodes.py, onnx_variants.py).

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use negatoscope::model::run::{Output, Plan};

#[derive(serde::Deserialize)]
pub struct Index {
    pub onnx: String,
    pub left_out: BTreeMap<String, usize>,
    pub cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
pub struct Case {
    pub name: String,
    pub op: String,
    pub shape: Vec<usize>,
    pub outputs: Vec<Vec<usize>>,
    pub kinds: Vec<String>,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    Passed,
    Failed(String),
    Refused(String),
}

pub struct Archive(zip::ZipArchive<File>);

impl Archive {
    pub fn open(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = File::open(root.join("tests/data").join(name)).unwrap();
        Self(zip::ZipArchive::new(file).unwrap())
    }

    pub fn read(&mut self, name: &str) -> Vec<u8> {
        let mut bytes = vec![];
        let mut file = self.0.by_name(name).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub fn floats(&mut self, name: &str) -> Vec<f32> {
        floats(&self.read(name))
    }
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect()
}

/// Cases whose expected values are written with four digits.
const ROUNDED: &[&str] = &["test_averagepool_2d_ceil_last_window_starts_on_pad"];

/// Within 1e-4 of the value, or 1e-5; bytes within one step, and those that are off are counted.
fn held(case: &Case, found: &[Output], expected: &[f32], steps: &mut [usize; 2]) -> Fate {
    if found.len() != case.outputs.len() {
        return Fate::Failed(format!("{} outputs", found.len()));
    }
    let mut at = 0;
    for ((output, shape), kind) in found.iter().zip(&case.outputs).zip(&case.kinds) {
        if output.shape != *shape {
            return Fate::Failed(format!("shape {:?}, not {shape:?}", output.shape));
        }
        let bytes = kind == "uint8" || kind == "int8";
        for v in &output.values {
            let e = expected[at];
            at += 1;
            let same = *v == e || v.is_nan() && e.is_nan();
            let near = if bytes {
                steps[0] += 1;
                steps[1] += usize::from(!same);
                (v - e).abs() <= 1.0
            } else {
                let digits = if ROUNDED.contains(&case.name.as_str()) {
                    1e-3
                } else {
                    1e-4
                };
                (v - e).abs() <= digits * e.abs() + 1e-5
            };
            if !same && !near {
                return Fate::Failed(format!("{v}, not {e}"));
            }
        }
    }
    Fate::Passed
}

pub fn ran(
    plan: &Plan,
    case: &Case,
    input: &[f32],
    expected: &[f32],
    steps: &mut [usize; 2],
) -> Fate {
    match plan.run(input) {
        Ok(found) => held(case, &found, expected, steps),
        Err(error) => Fate::Failed(error.detail()),
    }
}
