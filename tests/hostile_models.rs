//! Malformed, hostile and huge ONNX files: each ends in a typed error or in numbers, soon, and in little memory.
#![cfg(all(feature = "model", feature = "tract"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test tells what it saw and how long that took"
)]

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

use negatoscope::{base::Limits, model::run::Network};

/// What a file may take: on a slow machine that is busy.
const SLOWEST: Duration = Duration::from_secs(20);

/// Small numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }
}

/// The code of what a file ends in, or `ok`.
fn fate(bytes: Vec<u8>, shape: &[usize]) -> String {
    let start = Instant::now();
    let limits = Limits {
        model_memory: 256 << 20,
        ..Limits::default()
    };
    let code = |e: &negatoscope::base::Error| e.code().id.to_owned();
    let fate = match Network::unchecked(bytes, &limits).and_then(|network| network.plan(shape)) {
        Err(error) => code(&error),
        Ok(plan) => {
            let input = vec![0.5; shape.iter().product()];
            // As a page that cancels.
            match plan.run_while(&input, &mut |_, _| start.elapsed() < Duration::from_secs(2)) {
                Ok(_) => "ok".to_owned(),
                Err(error) => code(&error),
            }
        }
    };
    let took = start.elapsed();
    assert!(took < SLOWEST, "{fate} after {took:?}");
    fate
}

fn node_tests(names: &[&str]) -> Vec<(Vec<u8>, Vec<usize>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = fs::File::open(root.join("tests/data/onnx_nodes.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut read = |name: String| {
        let mut bytes = vec![];
        archive
            .by_name(&name)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    };
    let index: serde_json::Value = serde_json::from_slice(&read("index.json".to_owned())).unwrap();
    let shape = |name: &str| {
        let cases = index["cases"].as_array().unwrap();
        let case = cases.iter().find(|c| c["name"] == name).unwrap();
        serde_json::from_value(case["shape"].clone()).unwrap()
    };
    names
        .iter()
        .map(|&name| (read(format!("{name}.onnx")), shape(name)))
        .collect()
}

/// The most memory that this process has held, bytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

#[test]
fn mutated_networks_end_in_an_error_or_in_numbers() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut seeds = vec![
        (
            fs::read(models.join("brain-tissue-light/model.onnx")).unwrap(),
            vec![1, 1, 6, 7, 8],
        ),
        (
            fs::read(models.join("brain-tissue-light/model-f32.onnx")).unwrap(),
            vec![1, 1, 6, 7, 8],
        ),
        (
            fs::read(models.join("chest-pneumonia/model.onnx")).unwrap(),
            vec![1, 1, 112, 112],
        ),
    ];
    seeds.extend(node_tests(&[
        "test_qlinearconv",
        "test_qlinearmatmul_2D_uint8_float32",
        "test_convtranspose_output_shape",
        "test_maxpool_2d_ceil",
        "test_averagepool_2d_pads",
        "test_reshape_negative_dim",
        "test_slice_neg_steps",
        "test_tile_precomputed",
        "test_constant_pad",
        "test_resize_upsample_sizes_cubic",
        "test_split_variable_parts_2d_opset18",
        "test_gather_0",
        "test_expand_dim_changed",
        "test_transpose_all_permutations_1",
        "test_reduce_mean_keepdims_example",
        "test_layer_normalization_2d_axis1",
        "test_instancenorm_epsilon",
        "test_gemm_all_attributes",
        "test_matmul_4d",
        "test_gridsample",
        "test_softmax_example",
    ]));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut fates: BTreeMap<String, usize> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    // tract says its panics by the hook; they are errors here.
    std::panic::set_hook(Box::new(|_| {}));
    let mut count = 0;
    for (bytes, shape) in &seeds {
        for turn in 0..30 {
            let mut own = bytes.clone();
            // Most of a large file is weights: half of the changes go to its first and last kilobytes, where the graph is.
            let near = |dice: &mut Dice, n: usize| {
                let at = dice.roll(n);
                if n > 8192 && dice.roll(2) == 0 {
                    if at % 2 == 0 {
                        at % 4096
                    } else {
                        n - 1 - at % 4096
                    }
                } else {
                    at
                }
            };
            match turn % 5 {
                0 => own.truncate(near(&mut dice, bytes.len())),
                1 => {
                    let at = near(&mut dice, own.len());
                    own[at] ^= 1 << dice.roll(8);
                }
                2 => {
                    for _ in 0..8 {
                        let at = near(&mut dice, own.len());
                        own[at] = dice.roll(256) as u8;
                    }
                }
                3 => {
                    // A number becomes a very large one.
                    let at = near(&mut dice, own.len());
                    let end = (at + 1).min(own.len());
                    own.splice(at..end, [255, 255, 255, 255, 127]);
                }
                _ => {
                    let (from, to) = (near(&mut dice, own.len()), near(&mut dice, own.len()));
                    let piece: Vec<u8> =
                        own.iter().skip(from).take(dice.roll(64)).copied().collect();
                    own.splice(to..to, piece);
                }
            }
            let start = Instant::now();
            *fates.entry(fate(own, shape)).or_default() += 1;
            slowest = slowest.max(start.elapsed());
            count += 1;
        }
    }
    let _ = std::panic::take_hook();
    println!(
        "{count} mutations: {fates:?}; slowest {slowest:?}; peak {} MB",
        peak() / 1_000_000
    );
    assert!(count >= 500 && fates.len() >= 3);
    assert!(fates.keys().all(|f| f == "ok" || f.starts_with("MDL-")));
    assert!(peak() < 2 << 30);
}

/// A message field: number, then its bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut all = varint(u64::from(number) << 3 | 2);
    all.extend(varint(bytes.len() as u64));
    all.extend(bytes);
    all
}

fn varint(mut n: u64) -> Vec<u8> {
    let mut all = vec![];
    while n > 127 {
        all.push(n as u8 | 128);
        n >>= 7;
    }
    all.push(n as u8);
    all
}

fn number(field: u64, n: u64) -> Vec<u8> {
    [varint(field << 3), varint(n)].concat()
}

fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|&v| number(8, v as u64)).collect();
    field(
        5,
        &[field(1, name.as_bytes()), values, number(20, 7)].concat(),
    )
}

fn node(op: &str, inputs: &[&str], outputs: &[&str], attributes: &[u8]) -> Vec<u8> {
    let mut all: Vec<u8> = inputs.iter().flat_map(|i| field(1, i.as_bytes())).collect();
    all.extend(outputs.iter().flat_map(|o| field(2, o.as_bytes())));
    all.extend(field(4, op.as_bytes()));
    all.extend(attributes);
    field(1, &all)
}

fn constant(name: &str, values: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let dims = number(1, values.len() as u64);
    field(
        5,
        &[
            dims,
            number(2, 7),
            field(8, name.as_bytes()),
            field(9, &raw),
        ]
        .concat(),
    )
}

fn floats(name: &str, dims: &[u64], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let dims: Vec<u8> = dims.iter().flat_map(|&d| number(1, d)).collect();
    field(
        5,
        &[
            dims,
            number(2, 1),
            field(8, name.as_bytes()),
            field(9, &raw),
        ]
        .concat(),
    )
}

fn info(number_: u8, name: &str) -> Vec<u8> {
    field(
        number_,
        &[
            field(1, name.as_bytes()),
            field(2, &field(1, &number(1, 1))),
        ]
        .concat(),
    )
}

fn model(graph: &[Vec<u8>]) -> Vec<u8> {
    let graph = [info(11, "x"), info(12, "y"), graph.concat()].concat();
    [number(1, 8), field(7, &graph), field(8, &number(2, 13))].concat()
}

#[test]
fn small_files_that_ask_for_much_are_refused() {
    let shape = [1, 2, 8, 8];
    let huge = i64::from(i32::MAX);
    let bombs: Vec<(&str, Vec<u8>)> = vec![
        (
            "a tile of 2^62",
            model(&[
                constant("n", &[1, huge, huge, 1]),
                node("Tile", &["x", "n"], &["y"], &[]),
            ]),
        ),
        (
            "a constant of 2^62",
            model(&[
                constant("n", &[huge, huge]),
                node("ConstantOfShape", &["n"], &["c"], &[]),
                node("Add", &["x", "c"], &["y"], &[]),
            ]),
        ),
        (
            "an expansion to 2^62",
            model(&[
                constant("n", &[huge, 2, huge, 8]),
                node("Expand", &["x", "n"], &["y"], &[]),
            ]),
        ),
        (
            "pads of 2^31",
            model(&[
                constant("n", &[0, 0, 0, huge, 0, 0, huge, 0]),
                node("Pad", &["x", "n"], &["y"], &[]),
            ]),
        ),
        (
            "a range of 2^60",
            model(&[
                constant("a", &[0]),
                constant("b", &[1 << 60]),
                constant("c", &[1]),
                node("Range", &["a", "b", "c"], &["r"], &[]),
                node("Reshape", &["x", "r"], &["y"], &[]),
            ]),
        ),
        (
            "a scale of 10^9",
            model(&[
                floats("s", &[4], &[1.0, 1.0, 1e9, 1e9]),
                node("Resize", &["x", "", "s"], &["y"], &[]),
            ]),
        ),
        (
            "padding of a convolution",
            model(&[
                floats("w", &[1, 2, 1, 1], &[1.0, 1.0]),
                node(
                    "Conv",
                    &["x", "w"],
                    &["y"],
                    &ints("pads", &[huge, huge, huge, huge]),
                ),
            ]),
        ),
        ("a stride of 0", {
            let w = floats("w", &[1, 2, 1, 1], &[1.0, 1.0]);
            model(&[
                w,
                node("Conv", &["x", "w"], &["y"], &ints("strides", &[0, 0])),
            ])
        }),
        (
            "an axis of 2^63",
            model(&[node(
                "Concat",
                &["x", "x"],
                &["y"],
                &field(
                    5,
                    &[field(1, b"axis"), number(3, i64::MAX as u64), number(20, 2)].concat(),
                ),
            )]),
        ),
        ("doubling 40 times", {
            let mut nodes = vec![];
            let mut last = "x".to_owned();
            for i in 0..40 {
                let next = if i == 39 {
                    "y".to_owned()
                } else {
                    format!("d{i}")
                };
                let axis = field(
                    5,
                    &[field(1, b"axis"), number(3, 3), number(20, 2)].concat(),
                );
                nodes.push(node("Concat", &[&last, &last], &[&next], &axis));
                last = next;
            }
            model(&nodes)
        }),
        ("doubling of constants", {
            let mut nodes = vec![constant("d", &[1; 64])];
            let mut last = "d".to_owned();
            for i in 0..40 {
                let next = format!("d{i}x");
                let axis = field(
                    5,
                    &[field(1, b"axis"), number(3, 0), number(20, 2)].concat(),
                );
                nodes.push(node("Concat", &[&last, &last], &[&next], &axis));
                last = next;
            }
            nodes.push(node("Reshape", &["x", &last], &["y"], &[]));
            model(&nodes)
        }),
        ("10,000 constants of 4 million", {
            let mut nodes = vec![constant("n", &[1 << 22])];
            for i in 0..10_000 {
                nodes.push(node("ConstantOfShape", &["n"], &[&format!("c{i}")], &[]));
            }
            nodes.push(node("Identity", &["x"], &["y"], &[]));
            model(&nodes)
        }),
        (
            "a tensor that is not there",
            model(&[node("Relu", &["z"], &["y"], &[])]),
        ),
        ("a circle", model(&[node("Add", &["x", "y"], &["y"], &[])])),
        ("graphs within graphs", {
            let mut inner = node("Relu", &["x"], &["y"], &[]);
            for _ in 0..2000 {
                let graph = field(
                    5,
                    &[field(1, b"body"), field(6, &inner), number(20, 5)].concat(),
                );
                inner = node("If", &["x"], &["y"], &graph);
            }
            model(&[inner])
        }),
        (
            "100,000 nodes",
            model(&vec![node("Relu", &["x"], &["y"], &[]); 100_000]),
        ),
    ];
    std::panic::set_hook(Box::new(|_| {}));
    for (name, bytes) in bombs {
        let n = bytes.len();
        let found = fate(bytes, &shape);
        println!("{name} ({n} bytes): {found}");
        assert!(found.starts_with("MDL-"), "{name}: {found}");
    }
    let _ = std::panic::take_hook();
    assert!(peak() < 2 << 30, "{}", peak());
    // The builder of this test builds networks that run.
    let good = model(&[node("Relu", &["x"], &["y"], &[])]);
    assert_eq!(fate(good, &shape), "ok");
}
