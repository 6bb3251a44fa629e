//! The MeshNet models: labels as onnxruntime gives them, blocks as the whole, conform as the authors'.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::{cell::Cell, fs, path::Path, time::Instant};

use negatoscope::{
    base::{Limits, Monitor, Result, Silent, Stage},
    model::{codes, manifest::Manifest, prepare::conform, run::Network, segment},
    study::volume::Volume,
};

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(name)
}

fn logits(network: &Network, shape: [usize; 3], values: &[f32]) -> Result<Vec<f32>> {
    let [d, h, w] = shape;
    let mut outputs = network.plan(&[1, 1, d, h, w])?.run(values)?;
    Ok(outputs.remove(0).values)
}

#[test]
fn float_networks_agree_with_onnxruntime() {
    let vector = fs::read("tests/data/meshnet.bin").unwrap();
    let n = 32 * 32 * 32;
    let input: Vec<f32> = vector[..n].iter().map(|&v| f32::from(v) / 255.0).collect();
    for (index, name) in ["brain-tissue-light", "brain-mask"].iter().enumerate() {
        let bytes = fs::read(folder(name).join("model-f32.onnx")).unwrap();
        let network = Network::unchecked(bytes, &Limits::default()).unwrap();
        let start = Instant::now();
        let found = logits(&network, [32; 3], &input).unwrap();
        let expected = &vector[n + index * (n + 12)..][..n + 12];
        let labels = segment::argmax(&found, 3);
        let differ = labels.iter().zip(expected).filter(|(a, b)| a != b).count();
        println!(
            "{name}: {differ} of {n} labels differ, {:?}",
            start.elapsed()
        );
        assert!(differ <= 2);
        for (class, bytes) in expected[n..].chunks_exact(4).enumerate() {
            let value = f32::from_le_bytes(bytes.try_into().unwrap());
            let ours = found[class * n + 16 * (32 * 32 + 32 + 1)];
            assert!((ours - value).abs() < 1e-3, "{ours} {value}");
        }
    }
}

#[test]
fn slabs_give_what_the_whole_gives() {
    let bytes = fs::read(folder("brain-mask").join("model-f32.onnx")).unwrap();
    let network = Network::unchecked(bytes, &Limits::default()).unwrap();
    let dims = [72, 10, 9];
    let input: Vec<f32> = (0..72 * 90)
        .map(|i| ((i * 7919) % 251) as f32 / 250.0)
        .collect();
    let whole = segment::argmax(&logits(&network, dims, &input).unwrap(), 3);
    let blocks = segment::blocks(dims, 24, 146, 60 * 90 * 146).unwrap();
    assert!(blocks.len() > 4);
    let mut infer = |shape: [usize; 3], values: &[f32]| logits(&network, shape, values);
    let slabs = segment::segment(&input, dims, 3, &blocks, &Silent, &mut infer).unwrap();
    assert_eq!(whole, slabs);
    let refused = segment::blocks(dims, 24, 146, 40 * 90 * 146).unwrap_err();
    assert_eq!(refused.code(), &codes::MEMORY);
}

struct Impatient(Cell<u32>);
impl Monitor for Impatient {
    fn progress(&self, _: Stage, _: u64, _: u64) {
        self.0.set(self.0.get() + 1);
    }
    fn cancelled(&self) -> bool {
        self.0.get() > 0
    }
}

#[test]
fn cancelling_ends_between_slabs() {
    let dims = [8, 2, 2];
    let blocks = segment::blocks(dims, 1, 1, 16).unwrap();
    let mut infer = |_: [usize; 3], values: &[f32]| Ok([values, values].concat());
    let stopped = segment::segment(
        &[0.0; 32],
        dims,
        2,
        &blocks,
        &Impatient(Cell::new(0)),
        &mut infer,
    );
    assert_eq!(stopped.unwrap_err().code(), &codes::CANCELLED);
}

#[test]
fn manifests_name_their_files() {
    for name in ["brain-tissue-light", "brain-mask"] {
        let manifest =
            Manifest::read(&fs::read(folder(name).join("manifest.json")).unwrap()).unwrap();
        let mut bytes = fs::read(folder(name).join(&manifest.file.name)).unwrap();
        Network::of(&manifest, bytes.clone(), &Limits::default())
            .unwrap()
            .plan(&[1, 1, 8, 8, 8])
            .unwrap();
        bytes[100] ^= 1;
        let refused = Network::of(&manifest, bytes, &Limits::default()).unwrap_err();
        assert_eq!(refused.code(), &codes::CHECKSUM);
        assert!(manifest.check_modality("CT").is_err());
    }
}

#[test]
fn a_conformed_volume_conforms_to_itself_and_labels_come_back() {
    // Steps of the conformed grid itself (LPS): left, down, front.
    let dims = [256; 3];
    let values = (0..256 * 256 * 256)
        .map(|i| ((i / 65536 + i % 7) % 256) as f32)
        .collect();
    let steps = [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]];
    let volume = Volume {
        dims,
        origin: [-3.0, 40.0, 9.0],
        steps,
        values,
    };
    let conformed = conform::conform(&volume, true).unwrap();
    for at in [[0, 0, 0], [255, 3, 128], [17, 200, 255]] {
        let [i, j, k] = at;
        assert_eq!(
            f32::from(conformed.values[k + 256 * (j + 256 * i)]),
            volume.values[i + 256 * (j + 256 * k)]
        );
    }
    let back = conform::back_to_source(&conformed.values, conformed.centre, &volume).unwrap();
    assert!(
        back.iter()
            .zip(&volume.values)
            .all(|(a, b)| f32::from(*a) == *b)
    );
}

#[test]
fn the_largest_component_stays() {
    let mut labels = vec![0; 27 * 8];
    for at in [0, 43, 86] {
        labels[at] = 1;
    }
    labels[215] = 2;
    segment::keep_largest(&mut labels, [6, 6, 6]);
    assert_eq!(segment::volumes_ml(&labels, 3, 1000.0), [213.0, 3.0, 0.0]);
}
