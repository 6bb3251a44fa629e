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
    // The other reader of the same bytes.
    #[cfg(feature = "gpu")]
    let _ = negatoscope::model::gpu::chain(&bytes);
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
                    if at.is_multiple_of(2) {
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

/// As [`model`], with other outputs and operator sets.
fn model_of(graph: &[Vec<u8>], outputs: &[String], opsets: usize) -> Vec<u8> {
    let outputs: Vec<u8> = outputs.iter().flat_map(|o| info(12, o)).collect();
    let graph = [info(11, "x"), outputs, graph.concat()].concat();
    let opset = field(8, &number(2, 13)).repeat(opsets);
    [number(1, 8), field(7, &graph), opset].concat()
}

fn reals(name: &str, values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    field(
        5,
        &[field(1, name.as_bytes()), field(7, &raw), number(20, 6)].concat(),
    )
}

/// x [1, 2, 8, 8] becomes `long` [1, 2, 8, 524288].
fn long() -> Vec<u8> {
    [
        constant("times", &[1, 1, 1, 1 << 16]),
        node("Tile", &["x", "times"], &["long"], &[]),
    ]
    .concat()
}

/// Files that are small beside what a careless reader would make of them: tables, copies and lists of lists.
#[test]
fn small_files_that_ask_for_much_by_the_way_are_refused() {
    let shape = [1, 2, 8, 8];
    let y = ["y".to_owned()];
    let many = |n: usize, of: &dyn Fn(usize) -> Vec<u8>| (0..n).flat_map(of).collect::<Vec<u8>>();
    let end = node("Identity", &["x"], &["y"], &[]);
    let bombs: Vec<(&str, Vec<u8>)> = vec![
        ("sizes whose product is beyond all numbers", {
            let c = floats("c", &[1 << 40, 1 << 40, 1 << 40], &[]);
            model(&[c, node("Add", &["x", "c"], &["y"], &[])])
        }),
        ("a constant of 2^40 times nothing", {
            let nodes = [
                floats("c", &[1 << 40, 0], &[]),
                constant("from", &[0]),
                constant("to", &[1]),
                node("Slice", &["c", "from", "to"], &["d"], &[]),
                node("Add", &["x", "d"], &["y"], &[]),
            ];
            model(&nodes)
        }),
        ("a tensor of 2^32 times nothing", {
            let zero = field(
                5,
                &[field(1, b"allowzero"), number(3, 1), number(20, 2)].concat(),
            );
            let nodes = [
                constant("from", &[0]),
                constant("axis", &[1]),
                constant("shape", &[u32::MAX.into(), 0]),
                node("Slice", &["x", "from", "from", "axis"], &["none"], &[]),
                node("Reshape", &["none", "shape"], &["wide"], &zero),
                node("Slice", &["wide", "from", "from", "axis"], &["y"], &[]),
            ];
            model(&nodes)
        }),
        ("100,000 axes", {
            let mut shape = vec![1; 100_000];
            shape.push(128);
            let nodes = [
                constant("shape", &shape),
                constant("from", &[0]),
                constant("to", &[100]),
                constant("axis", &[-1]),
                node("Reshape", &["x", "shape"], &["r"], &[]),
                node("Slice", &["r", "from", "to", "axis"], &["y"], &[]),
            ];
            model(&nodes)
        }),
        ("400,000 axes put in", {
            let axes: Vec<i64> = (0..400_000).collect();
            let nodes = [
                constant("axes", &axes),
                node("Unsqueeze", &["x", "axes"], &["y"], &[]),
            ];
            model(&nodes)
        }),
        ("an axis that is cut 3,000 times", {
            let nodes = [
                long(),
                constant("from", &[0; 3000]),
                constant("to", &[1 << 20; 3000]),
                constant("axes", &[3; 3000]),
                node("Slice", &["long", "from", "to", "axes"], &["y"], &[]),
            ];
            model(&nodes)
        }),
        ("4,000 parts of a long axis", {
            let cut = |i: usize| {
                node(
                    "Slice",
                    &["long", "from", "to", "axis"],
                    &[&format!("p{i}")],
                    &[],
                )
            };
            let nodes = [
                long(),
                constant("from", &[1]),
                constant("to", &[1 << 20]),
                constant("axis", &[3]),
                many(4000, &cut),
                end.clone(),
            ];
            model(&nodes)
        }),
        ("an enlargement of an enlargement", {
            let by = reals("scales", &[1.0, 1.0, 1.0, 4000.0]);
            let nodes = [
                constant("shape", &[1, 1, 1, 128]),
                node("Reshape", &["x", "shape"], &["a"], &[]),
                node("Upsample", &["a"], &["b"], &by),
                node("Upsample", &["b"], &["y"], &by),
            ];
            model(&nodes)
        }),
        ("weights of 2^24 places, twice", {
            let linear = field(
                5,
                &[field(1, b"mode"), field(4, b"linear"), number(20, 3)].concat(),
            );
            let mut nodes = vec![
                constant("sizes", &[1, 1, 1, (1 << 24) - 1]),
                constant("from", &[0, 0, 0]),
                constant("to", &[1, 1, 1]),
                constant("axes", &[1, 2, 3]),
                node("Slice", &["x", "from", "to", "axes"], &["a"], &[]),
            ];
            for name in ["b", "c", "y"] {
                nodes.push(node("Resize", &["a", "", "", "sizes"], &[name], &linear));
            }
            model(&nodes)
        }),
        ("products of 65,536 by 65,536 matrices", {
            let nodes = [
                constant("column", &[128, 1, 1, 1]),
                constant("row", &[1, 65_536, 1, 1]),
                constant("times", &[512, 1, 1, 1]),
                node("Reshape", &["x", "column"], &["a"], &[]),
                node("Tile", &["a", "times"], &["b"], &[]),
                node("Reshape", &["b", "row"], &["c"], &[]),
                node("MatMul", &["b", "c"], &["y"], &[]),
            ];
            model(&nodes)
        }),
        ("one large tensor as 400 outputs", {
            let names: Vec<String> = (0..400).map(|i| format!("y{i}")).collect();
            let same = |i: usize| node("Identity", &["long"], &[&names[i]], &[]);
            model_of(&[long(), many(400, &same)], &names, 1)
        }),
        ("20,000 operator sets for 40,000 nodes", {
            let soft = |i: usize| node("Softmax", &["x"], &[&format!("s{i}")], &[]);
            model_of(&[many(40_000, &soft), end.clone()], &y, 20_000)
        }),
        ("a large limit 20,000 times", {
            let clip = |i: usize| node("Clip", &["x", "big", "big"], &[&format!("s{i}")], &[]);
            let big = floats("big", &[1 << 20], &vec![1.0; 1 << 20]);
            model(&[big, many(20_000, &clip), end.clone()])
        }),
        ("a constant put together 10,000 times", {
            let axis = field(
                5,
                &[field(1, b"axis"), number(3, 0), number(20, 2)].concat(),
            );
            let parts = vec!["c"; 10_000];
            let nodes = [
                constant("c", &vec![1; 1 << 16]),
                node("Concat", &parts, &["d"], &axis),
                node("Reshape", &["x", "d"], &["y"], &[]),
            ];
            model(&nodes)
        }),
    ];
    std::panic::set_hook(Box::new(|_| {}));
    for (name, bytes) in bombs {
        let (n, start) = (bytes.len(), Instant::now());
        let found = fate(bytes, &shape);
        println!(
            "{name} ({n} bytes): {found} after {:?}, peak {} MB",
            start.elapsed(),
            peak() / 1_000_000
        );
        assert!(found.starts_with("MDL-"), "{name}: {found}");
    }
    let _ = std::panic::take_hook();
    assert!(peak() < 2 << 30, "{}", peak());
    // A large constant is not copied for each that reads it.
    let asks = |i: usize| node("Shape", &["c"], &[&format!("s{i}")], &[]);
    let nodes = [
        constant("n", &[1 << 22]),
        node("ConstantOfShape", &["n"], &["c"], &[]),
        many(20_000, &asks),
        end,
    ];
    let start = Instant::now();
    assert_eq!(fate(model(&nodes), &shape), "ok");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

/// What our own kernels would compute wrongly, because the file means something else, they leave to others.
#[test]
fn what_means_something_else_is_not_computed() {
    let refused = |nodes: &[Vec<u8>]| {
        let network = Network::unchecked(model(nodes), &Limits::default()).unwrap();
        network.own(&[1, 2, 8, 8]).unwrap().is_err()
    };
    let w = floats("w", &[2, 2, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
    let conv = node("Conv", &["x", "w"], &["c"], &[]);
    let truth = field(
        5,
        &[number(2, 9), field(8, b"train"), field(9, &[1])].concat(),
    );
    let ratio = floats("ratio", &[], &[0.5]);
    let drop = node("Dropout", &["c", "ratio", "train"], &["y"], &[]);
    assert!(refused(&[w.clone(), conv.clone(), truth, ratio, drop]));
    // A name that two nodes give: which one is meant depends on their order.
    let relu = node("Relu", &["c"], &["y"], &[]);
    let twice = [w.clone(), conv.clone(), conv.clone(), relu.clone()];
    assert!(refused(&twice));
    assert!(refused(&[
        w.clone(),
        node("Conv", &["x", "w"], &["w"], &[]),
        end_of("w")
    ]));
    // No channel is left to pool.
    let nodes = [
        constant("from", &[0]),
        constant("axis", &[1]),
        node("Slice", &["x", "from", "from", "axis"], &["none"], &[]),
        node("MaxPool", &["none"], &["y"], &ints("kernel_shape", &[2, 2])),
    ];
    assert!(refused(&nodes));
    // An activation that does not read the layer as its values.
    let other = node("Relu", &["x", "c"], &["y"], &[]);
    let network = [w.clone(), conv.clone(), other];
    let network = Network::unchecked(model(&network), &Limits::default()).unwrap();
    let plan = network.own(&[1, 2, 8, 8]).unwrap().unwrap();
    assert_eq!(plan.run(&[0.5; 128]).unwrap()[0].values, [0.5; 128]);
    assert!(!refused(&[w, conv, relu]));
}

fn end_of(name: &str) -> Vec<u8> {
    node("Identity", &[name], &["y"], &[])
}
