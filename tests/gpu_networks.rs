//! Networks on the graphics processor against our own kernels: every form of a chain, the models that are shipped, limits, progress and
//! cancel. Runs where an adapter is there (mesa-vulkan-drivers gives one without a graphics card) and says so where there is none.
#![cfg(all(feature = "gpu", feature = "model", feature = "viewer"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by its helpers, tells what it saw and how long that took"
)]

use std::{
    cell::RefCell,
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use negatoscope::{
    base::{Limits, Monitor, Result, Silent, Stage},
    filter::gpu::Gpu,
    model::{
        codes,
        gpu::{self, Chain, chain::Start},
        manifest::Manifest,
        run::Network,
        segment,
    },
};

/// Labels may differ only where the two largest logits are closer than this part of the logits' root mean square.
const CLOSE: f32 = 1e-5;
const BUDGET: u64 = 2 << 30;

fn device() -> Option<Gpu> {
    match pollster::block_on(Gpu::request()) {
        Ok(gpu) => Some(gpu),
        Err(e) => {
            println!("not run: {e}");
            None
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn made(name: &str) -> Vec<u8> {
    let file = fs::File::open(root().join("tests/data/gpu_networks.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = vec![];
    let mut entry = archive.by_name(&format!("{name}.onnx")).unwrap();
    entry.read_to_end(&mut bytes).unwrap();
    bytes
}

/// A part of a head from a corner on; its bytes are divided as a model has it.
fn head([d, h, w]: [usize; 3], corner: [usize; 3], divisor: f32) -> Vec<f32> {
    let bytes = fs::read(root().join("tests/data/meshnet.bin")).unwrap();
    let [a, b, c] = corner;
    (0..d * h * w)
        .map(|at| {
            let [i, j, k] = [at / (h * w) + a, at / w % h + b, at % w + c].map(|n| n % 32);
            f32::from(bytes[k + 32 * (j + 32 * i)]) / divisor
        })
        .collect()
}

/// How labels of the graphics processor and logits of the CPU go together.
#[derive(Debug, Default)]
struct Against {
    all: usize,
    /// Another label though the logits are apart.
    wrong: usize,
    /// Another label where the two largest logits are as good as equal.
    close: usize,
    /// Labels that occur.
    kinds: usize,
}

fn against(network: &[u8], input: &[f32], dims: [usize; 3], labels: &[u8]) -> Against {
    let [d, h, w] = dims;
    let plan = Network::unchecked(network.to_vec(), &Limits::default())
        .and_then(|n| n.plan(&[1, 1, d, h, w]))
        .unwrap();
    let logits = plan.run(input).unwrap().remove(0).values;
    let places = input.len();
    let channels = logits.len() / places;
    let expected = segment::argmax(&logits, channels);
    let square: f64 = logits.iter().map(|v| f64::from(v * v)).sum();
    let close = CLOSE * (square / logits.len() as f64).sqrt() as f32;
    assert_eq!(labels.len(), places);
    let mut seen = [false; 256];
    let mut sum = Against {
        all: places,
        ..Against::default()
    };
    for (at, (&own, &theirs)) in labels.iter().zip(&expected).enumerate() {
        seen[usize::from(theirs)] = true;
        if own == theirs {
            continue;
        }
        let apart =
            logits[usize::from(theirs) * places + at] - logits[usize::from(own) * places + at];
        if apart > close {
            sum.wrong += 1;
        } else {
            sum.close += 1;
        }
    }
    sum.kinds = seen.iter().filter(|s| **s).count();
    sum
}

fn labels(device: &Gpu, chain: &Chain, input: &[f32], dims: [usize; 3]) -> Result<Vec<u8>> {
    pollster::block_on(gpu::labels(device, chain, input, dims, BUDGET, &Silent))
}

#[test]
fn every_form_of_a_chain_gives_the_cpus_labels() {
    let Some(device) = device() else { return };
    for (name, kinds) in [
        ("normed", 3),
        ("uneven", 3),
        ("batch", 3),
        ("wide", 5),
        ("whole", 2),
    ] {
        let network = made(name);
        let chain = gpu::chain(&network).unwrap();
        assert_eq!(chain.start != Start::Floats, name == "whole");
        // Sizes that are no multiples of anything; one plane; one column; less than a dilation.
        for dims in [[9, 13, 11], [1, 21, 18], [12, 7, 1], [3, 2, 5], [1, 1, 1]] {
            let input = head(dims, [0; 3], 153.0);
            let found = labels(&device, &chain, &input, dims).unwrap();
            let sum = against(&network, &input, dims, &found);
            println!("{name} {dims:?}: {sum:?}");
            assert_eq!(sum.wrong, 0, "{name} {dims:?}");
            // Whole numbers are exact.
            assert!(name != "whole" || sum.close == 0, "{name} {dims:?}");
            assert!(sum.close <= sum.all / 1000, "{name} {dims:?}");
            assert!(
                sum.all < 1000 || sum.kinds >= kinds,
                "{name} shows its labels"
            );
        }
    }
}

/// What ships, with the part of the head that is looked at, and the labels that show there at least.
const SHIPPED: [(&str, bool, [usize; 3], f32, usize); 7] = [
    ("brain-tissue-light", true, [0; 3], 153.0, 3),
    ("brain-tissue-light", false, [0; 3], 153.0, 3),
    ("brain-mask", true, [0; 3], 153.0, 3),
    ("brain-mask", false, [0; 3], 153.0, 3),
    ("brain-tissue", false, [0; 3], 153.0, 2),
    ("brain-regions-18", false, [12, 6, 6], 153.0, 1),
    ("brain-regions-104", false, [12, 6, 6], 153.0, 1),
];

/// Runs a shipped model; no label may differ.
fn shipped(device: &Gpu, name: &str, float: bool, input: &[f32], dims: [usize; 3]) -> Against {
    let folder = root().join("models").join(name);
    let manifest = Manifest::read(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let network = fs::read(folder.join(&manifest.network(float).unwrap().name)).unwrap();
    let chain = gpu::chain(&network).unwrap();
    assert_eq!(chain.labels(), manifest.output.labels.len());
    let start = Instant::now();
    let found = labels(device, &chain, input, dims).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let sum = against(&network, input, dims, &found);
    println!("{name} float {float} {dims:?}: {sum:?}, {seconds:.2} s");
    assert_eq!((sum.wrong, sum.close), (0, 0), "{name}");
    sum
}

#[test]
fn the_shipped_models_give_the_cpus_labels() {
    let Some(device) = device() else { return };
    let dims = [20, 27, 31];
    for (name, float, corner, divisor, kinds) in SHIPPED {
        let input = head(dims, corner, divisor);
        let sum = shipped(&device, name, float, &input, dims);
        assert!(sum.kinds >= kinds, "{name} shows its labels");
    }
}

/// Inside of the authors' own head, from the larger corpus, where most models show several labels.
#[test]
fn the_authors_block_gives_the_cpus_labels() {
    let file = shared().join("models/meshnet/block64.npz");
    let Ok(file) = fs::File::open(file) else {
        println!("skipped: the larger corpus is not here");
        return;
    };
    let Some(device) = device() else { return };
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = vec![];
    let mut entry = archive.by_name("input_u8.npy").unwrap();
    entry.read_to_end(&mut bytes).unwrap();
    let bytes = &bytes[bytes.len() - 64 * 64 * 64..];
    let dims = [24, 36, 40];
    for (name, divisor, kinds) in [
        ("brain-tissue", 67.0, 3),
        ("brain-regions-18", 153.0, 1),
        ("brain-regions-104", 153.0, 5),
    ] {
        let [d, h, w] = dims;
        let input: Vec<f32> = (0..d * h * w)
            .map(|at| {
                let [i, j, k] = [at / (h * w) + 20, at / w % h + 14, at % w + 12];
                f32::from(bytes[k + 64 * (j + 64 * i)]) / divisor
            })
            .collect();
        let sum = shipped(&device, name, false, &input, dims);
        assert!(sum.kinds >= kinds, "{name} shows its labels");
    }
}

/// The larger corpus, where it is.
fn shared() -> PathBuf {
    std::env::var_os("NEGATOSCOPE_SHARED").map_or(root().join("../shared"), PathBuf::from)
}

#[test]
fn what_is_no_chain_is_left_to_the_cpu() {
    for (name, file) in [
        ("chest-pneumonia", "model-f32.onnx"),
        ("lung-field", "model.onnx"),
    ] {
        let network = fs::read(root().join("models").join(name).join(file)).unwrap();
        let error = gpu::chain(&network).err().unwrap();
        println!("{name}: {error}");
        assert_eq!(*error.code(), codes::GPU);
    }
    for (name, words) in [
        ("stride", "stride"),
        ("pads", "places out"),
        ("groups", "groups"),
        ("kernel", "1 or 3"),
        ("residual", "read twice"),
        ("sums", "exactly"),
        ("mixed", "floats"),
        ("softmax", "no link"),
        ("one", "no logits"),
    ] {
        let chain = gpu::chain(&made(&format!("refused_{name}")));
        let Some(error) = chain.err() else {
            panic!("{name} is taken");
        };
        assert_eq!(*error.code(), codes::GPU, "{name}");
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
    assert_eq!(*gpu::chain(b"nothing").unwrap_err().code(), codes::NETWORK);
}

/// Notes what it is told; cancels after so many times.
struct Notes {
    told: RefCell<Vec<(u64, u64)>>,
    most: usize,
}

impl Monitor for Notes {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        assert_eq!(stage, Stage::Infer);
        self.told.borrow_mut().push((done, total));
    }
    fn cancelled(&self) -> bool {
        self.told.borrow().len() >= self.most
    }
}

#[test]
fn progress_cancel_and_limits() {
    let Some(device) = device() else { return };
    let chain = gpu::chain(&made("normed")).unwrap();
    let dims = [6, 8, 10];
    let input = head(dims, [0; 3], 153.0);
    let run = |monitor: &dyn Monitor, budget, input: &[f32]| {
        pollster::block_on(gpu::labels(&device, &chain, input, dims, budget, monitor))
    };
    let notes = |most| Notes {
        told: RefCell::default(),
        most,
    };
    let patient = notes(usize::MAX);
    assert_eq!(run(&patient, BUDGET, &input).unwrap().len(), input.len());
    assert_eq!(
        patient.told.borrow().last(),
        Some(&(18, 18)),
        "three layers of six planes"
    );
    let error = run(&notes(0), BUDGET, &input).unwrap_err();
    assert_eq!(*error.code(), codes::CANCELLED);
    let error = run(&Silent, 1000, &input).unwrap_err();
    assert_eq!(*error.code(), codes::MEMORY);
    let error = run(&Silent, BUDGET, &input[1..]).unwrap_err();
    assert_eq!(*error.code(), codes::RUN);
    // What was refused leaves the device as it was.
    assert!(run(&Silent, BUDGET, &input).is_ok());
    device.destroy();
    let error = run(&Silent, BUDGET, &input).unwrap_err();
    assert_eq!(error.code().id, "GPU-002");
}

/// A network whose layers take mean and variance over the whole volume, from the larger corpus.
#[test]
fn mindgrab_gives_the_cpus_labels() {
    let Ok(network) = fs::read(shared().join("models/meshnet/mindgrab.onnx")) else {
        println!("skipped: the larger corpus is not here");
        return;
    };
    let Some(device) = device() else { return };
    let chain = gpu::chain(&network).unwrap();
    let dims = [20, 27, 31];
    let input = head(dims, [0; 3], 153.0);
    let found = labels(&device, &chain, &input, dims).unwrap();
    let sum = against(&network, &input, dims, &found);
    println!("mindgrab: {sum:?}");
    assert_eq!((sum.wrong, sum.kinds), (0, 2));
}
