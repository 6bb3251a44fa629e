//! Damaged and hostile files through the whole native core: no panic, no hang, bounded memory, every failure with a code.
//!
//! Each case is a base file and one mutation, both from fixed seeds. The bases are made here; with the corpus beside the repository
//! its files join in.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a helper of a test fails the test, prints its counts, and needs a thread and a clock to see a case that hangs"
)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use common::make;
use negatoscope::{
    base::{ByteSource, Limits, MemorySource},
    dicom::{json, tags},
    study::{Catalogue, geometry::Spacing, pixels, region, spacing},
    tone::{grading::Grading, quantity},
};

/// Longest that one case may take.
const SLOW: Duration = Duration::from_secs(5);
/// Mutations of each base that is made here.
const EACH: u64 = 70;

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Where `needle` begins, at most the first 200 places.
fn places(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    bytes
        .windows(needle.len())
        .enumerate()
        .filter(|(_, w)| *w == needle)
        .map(|(at, _)| at)
        .take(200)
        .collect()
}

const SYNTAXES: [&str; 14] = [
    make::IMPLICIT,
    make::EXPLICIT,
    make::DEFLATED,
    make::BIG,
    make::RLE,
    make::BASELINE,
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    make::LOSSLESS,
    "1.2.840.10008.1.2.4.80",
    make::J2K,
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.1.98",
    "1.2.3",
];

/// What an Image Pixel attribute is raised to.
const ABSURD: [u16; 12] = [0, 1, 2, 3, 7, 12, 15, 17, 33, 255, 0x7FFF, 0xFFFF];

/// One mutation; `other` lends bytes.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) -> &'static str {
    let len = bytes.len();
    if len < 16 {
        bytes.extend([0xFF; 8]);
        return "lengthened";
    }
    let head = len.min(2000);
    match random.below(11) {
        0 => {
            bytes.truncate(random.below(len));
            "truncated"
        }
        1 => {
            // In the head, where lengths lie.
            bytes.truncate(random.below(head));
            "truncated early"
        }
        2 => {
            for _ in 0..=random.below(16) {
                let at = random.below(len);
                bytes[at] ^= 1 << random.below(8);
            }
            "bits flipped"
        }
        3 => {
            for _ in 0..=random.below(4) {
                let at = random.below(head);
                bytes[at] = random.next() as u8;
            }
            "head overwritten"
        }
        4 => {
            // The length behind a value representation.
            let found: Vec<usize> = (132.min(len)..len.min(4000).saturating_sub(12))
                .filter(|&at| bytes[at..at + 2].iter().all(u8::is_ascii_uppercase))
                .collect();
            let at = if found.is_empty() {
                random.below(len - 12)
            } else {
                random.of(&found)
            };
            let long = matches!(
                &bytes[at..at + 2],
                b"OB" | b"OW" | b"SQ" | b"UN" | b"OF" | b"UT"
            );
            let raised = random.of(&[
                0xFFFF_FFFF_u32,
                0xFFFF_FFFE,
                0x8000_0000,
                0x7FFF_FFFF,
                0xFFFF,
                0x10000,
                1,
                0,
            ]);
            if long {
                bytes[at + 4..at + 8].copy_from_slice(&raised.to_le_bytes());
            } else {
                bytes[at + 2..at + 4].copy_from_slice(&(raised as u16).to_le_bytes());
            }
            "length raised"
        }
        5 => {
            let Some(&at) = places(&bytes[..head], b"1.2.840.10008.1.2").last() else {
                bytes.remove(random.below(len));
                return "a byte removed";
            };
            let mut syntax = random.of(&SYNTAXES).as_bytes().to_vec();
            if syntax.len() % 2 == 1 {
                syntax.push(0);
            }
            let old = usize::from(u16::from_le_bytes([bytes[at - 2], bytes[at - 1]])).min(len - at);
            bytes[at - 2..at].copy_from_slice(&(syntax.len() as u16).to_le_bytes());
            bytes.splice(at..at + old, syntax);
            "another transfer syntax"
        }
        6 => {
            // Group 0028: Rows, Columns, samples, bits; explicit and implicit, both byte orders.
            let element = random.of(&[2_u8, 6, 0x10, 0x11, 0x00, 0x01, 0x02, 0x03]);
            let high = u8::from(element < 4 && element != 2 || element == 3);
            let little = [0x28, 0, element, high];
            let big = [0, 0x28, high, element];
            let found: Vec<usize> = [places(bytes, &little), places(bytes, &big)].concat();
            if let Some(&at) = found.first()
                && at + 10 <= len
            {
                bytes[at + 8..at + 10].copy_from_slice(&random.of(&ABSURD).to_le_bytes());
            }
            "an attribute raised"
        }
        7 => {
            let from = random.below(len);
            let to = from + random.below((len - from).min(4096));
            let chunk = bytes[from..to].to_vec();
            let at = random.below(len);
            bytes.splice(at..at, chunk);
            "a chunk repeated"
        }
        8 => {
            let from = random.below(len);
            let to = from + random.below((len - from).min(1024));
            bytes.drain(from..to);
            "a chunk removed"
        }
        9 => {
            let from = random.below(len);
            let to = from + random.below((len - from).min(64));
            let fill = random.of(&[0, 0xFF, 0x41]);
            bytes[from..to].fill(fill);
            "a chunk filled"
        }
        _ => {
            bytes.truncate(random.below(len));
            bytes.extend(&other[random.below(other.len())..]);
            "another file's tail"
        }
    }
}

/// Everything that the core does with a file. Gives the codes of what was refused.
fn through(bytes: Vec<u8>, limits: &Limits) -> Vec<&'static str> {
    let source: Rc<dyn ByteSource> = Rc::new(MemorySource::new("case", bytes));
    let mut catalogue = Catalogue::default();
    catalogue.add(&source, limits);
    catalogue.arrange();
    let mut codes: Vec<&'static str> = catalogue.errors.iter().map(|(_, e)| e.code().id).collect();
    let report = serde_json::to_string(&catalogue.report()).unwrap();
    assert!(!report.is_empty());
    let strict = Limits {
        strict: true,
        ..limits.clone()
    };
    let mut unmended = Catalogue::default();
    unmended.add(&source, &strict);
    unmended.arrange();
    assert!(unmended.repairs().is_empty(), "strict, and yet repaired");
    for instance in catalogue.instances.iter().take(4) {
        let lines = tags::list(instance);
        assert!(lines.len() < limits.elements as usize);
        let _ = json::dicom_json(instance).to_string();
        if let Err(error) = pixels::layout(instance, limits) {
            codes.push(error.code().id);
            continue;
        }
        let last = instance.number_of_frames() - 1;
        let frames = if last == 0 { vec![0] } else { vec![0, last] };
        for frame in frames {
            let (grading, _) = Grading::of(instance, frame);
            let _ = quantity::of(instance, frame, None);
            let Spacing { mm, .. } = spacing::of(instance, frame);
            assert!(mm.iter().all(|side| *side > 0.0), "{mm:?}");
            let regions = region::of(instance);
            let _ = region::containing(&regions, &[[0.0, 0.0], [9.0, 9.0]]);
            match pixels::decode(instance, frame, limits) {
                Err(error) => codes.push(error.code().id),
                Ok(decoded) => {
                    let samples = decoded.rows as usize
                        * decoded.columns as usize
                        * usize::from(decoded.samples_per_pixel);
                    assert_eq!(decoded.values.len(), samples, "values and size disagree");
                    match grading.apply(&decoded) {
                        Ok(shown) => {
                            let _ = grading.default_voi(&shown);
                            let _ = grading.auto_voi(&shown);
                            let _ = grading.fixed(&decoded);
                        }
                        Err(error) => codes.push(error.code().id),
                    }
                }
            }
        }
    }
    codes
}

struct Outcome {
    name: String,
    took: Duration,
    /// Codes, or the panic's text.
    result: Result<Vec<&'static str>, String>,
}

/// Runs the cases on a thread of their own, so that one that hangs is named instead of hanging the test.
fn run(cases: impl Iterator<Item = (String, Vec<u8>)> + Send + 'static) -> Vec<Outcome> {
    let (sender, receiver) = mpsc::channel();
    let now = Arc::new(Mutex::new(String::new()));
    let at = now.clone();
    let limits = Limits {
        frame_samples: 1 << 24,
        unpacked_bytes: 64 << 20,
        ..Limits::default()
    };
    let worker = std::thread::spawn(move || {
        for (name, bytes) in cases {
            at.lock().unwrap().clone_from(&name);
            let begun = Instant::now();
            let result =
                catch_unwind(AssertUnwindSafe(|| through(bytes, &limits))).map_err(|panic| {
                    panic
                        .downcast_ref::<String>()
                        .cloned()
                        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                        .unwrap_or_default()
                });
            let took = begun.elapsed();
            if sender.send(Outcome { name, took, result }).is_err() {
                return;
            }
        }
    });
    let mut outcomes = vec![];
    loop {
        match receiver.recv_timeout(SLOW * 6) {
            Ok(outcome) => outcomes.push(outcome),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("{} hangs", now.lock().unwrap()),
        }
    }
    worker.join().unwrap();
    outcomes
}

fn mutations(bases: &[(String, Vec<u8>)], each: u64) -> Vec<(String, Vec<u8>)> {
    let mut cases = vec![];
    for (at, (name, bytes)) in bases.iter().enumerate() {
        cases.push((format!("{name} as it is"), bytes.clone()));
        let other = &bases[(at * 7 + 3) % bases.len()].1;
        for seed in 0..each {
            let mut random = Random(seed << 32 | at as u64);
            let mut mutated = bytes.clone();
            let kind = mutate(&mut mutated, other, &mut random);
            cases.push((format!("{name} #{seed} {kind}"), mutated));
        }
    }
    cases
}

/// Peak of the process's resident memory, MiB, where the system says it.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn judge(what: &str, outcomes: &[Outcome]) {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut panics, mut slow, mut clean) = (vec![], vec![], 0);
    for outcome in outcomes {
        match &outcome.result {
            Ok(found) if found.is_empty() => clean += 1,
            Ok(found) => {
                for code in found.iter().collect::<BTreeSet<_>>() {
                    *codes.entry(code).or_default() += 1;
                }
            }
            Err(text) => panics.push(format!("{}: {text}", outcome.name)),
        }
        if outcome.took > SLOW {
            slow.push(format!("{}: {:?}", outcome.name, outcome.took));
        }
    }
    let longest = outcomes.iter().max_by_key(|o| o.took).unwrap();
    println!(
        "{what}: {} cases, {clean} without a refusal, {} panics, {} over {SLOW:?}; longest {:?} ({}); peak {:?} MiB",
        outcomes.len(),
        panics.len(),
        slow.len(),
        longest.took,
        longest.name,
        peak_mib()
    );
    println!("  refusals: {codes:?}");
    assert!(
        panics.is_empty(),
        "{} panics:\n{}",
        panics.len(),
        panics.join("\n")
    );
    assert!(slow.is_empty(), "slow:\n{}", slow.join("\n"));
    assert!(
        peak_mib().is_none_or(|peak| peak < 512),
        "memory is not bounded"
    );
}

#[test]
fn files_made_here() {
    let bases = make::bases();
    // The bases themselves must be right, else their mutations prove little.
    let whole = run(bases.clone().into_iter());
    for outcome in &whole {
        let codes = outcome.result.as_ref().unwrap();
        let without_rows = outcome.name == "deep";
        let readme = outcome.name == "archive";
        assert!(
            codes.is_empty() || without_rows || readme,
            "{}: {codes:?}",
            outcome.name
        );
    }
    let cases = mutations(&bases, EACH);
    assert!(cases.len() >= 1000);
    judge("made here", &run(cases.into_iter()));
}

#[test]
fn files_of_the_corpus() {
    let Some(expected) = common::expected() else {
        println!("skipped: no corpus beside the repository");
        return;
    };
    // The smallest file of each kind, kinds in the order of their names; every broken file.
    let mut kinds: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let (mut broken, mut absent) = (vec![], 0);
    for (name, about) in expected["files"].as_object().unwrap() {
        let size = about["size"].as_u64().unwrap_or(0);
        if name.starts_with("broken/") {
            broken.push(name.clone());
            continue;
        }
        if size > 600_000 {
            continue;
        }
        if common::corpus_file(name).is_none() {
            absent += 1;
            continue;
        }
        let kind = format!(
            "{}|{}|{}",
            about["transfer_syntax"], about["PhotometricInterpretation"], about["BitsAllocated"]
        );
        let entry = kinds.entry(kind).or_insert((u64::MAX, String::new()));
        *entry = entry.clone().min((size, name.clone()));
    }
    let read = |name: &String| {
        let path = common::corpus_file(name)?;
        Some((name.clone(), std::fs::read(path).ok()?))
    };
    let step = kinds.len().div_ceil(40).max(1);
    let varied: Vec<_> = kinds
        .values()
        .step_by(step)
        .filter_map(|(_, name)| read(name))
        .collect();
    let broken: Vec<_> = broken.iter().filter_map(read).collect();
    println!(
        "{} kinds, {} chosen, {} broken files, {absent} files absent",
        kinds.len(),
        varied.len(),
        broken.len()
    );
    judge("corpus", &run(mutations(&varied, 25).into_iter()));
    let small: Vec<_> = broken
        .into_iter()
        .filter(|(_, bytes)| bytes.len() < 2_000_000)
        .collect();
    judge("broken", &run(mutations(&small, 5).into_iter()));
}
