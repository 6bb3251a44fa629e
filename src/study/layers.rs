//! Several images at one position (PS3.3 C.7.6.2.1.1): which of them belong to one stack. A position may lack some, and must not take
//! others in their place: an echo, a b-value or a phase of another kind.

use std::collections::{BTreeMap, HashSet};

use super::candidate::Candidate;

/// A stack: at most one image a position, in the order of the positions.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) stack: Vec<Candidate>,
    /// Images of several kinds may be in it: nothing tells them apart.
    pub(super) mixed: bool,
}

/// By what the images of a position may be told apart, places in [`Candidate::varies`]: the first that fits is taken.
const WAYS: [&[usize]; 6] = [ALL, &[0, 1, 2, 3], &[0], &[1], &[2], &[3]];
const ALL: &[usize] = &[0, 1, 2, 3, 4];

type Key = Vec<i64>;

/// What is known of the images with one key.
#[derive(Default)]
struct Kind {
    /// Most of them at one position, copies included.
    most: usize,
    /// Positions that have any.
    positions: usize,
    /// How many different ones the positions have that have any.
    counts: HashSet<usize>,
}

/// `positions`: the images at each, sorted by what varies, then by number.
pub(super) fn of(positions: Vec<Vec<Candidate>>) -> Vec<Layer> {
    let most = positions.iter().map(Vec::len).max().unwrap_or(0);
    if most > 1 {
        for way in WAYS {
            let kinds = kinds(&positions, way);
            let layers: usize = kinds.values().map(|kind| kind.most).sum();
            // Acquisitions may also follow each other along the stack, and overlap: each has to cover most of it.
            let covers = |kind: &Kind| kind.positions * 3 >= positions.len() * 2;
            if kinds.len() > 1 && layers == most && (way != ALL || kinds.values().all(covers)) {
                return by_kind(positions, way, &kinds);
            }
        }
    }
    by_order(positions, most)
}

/// The k-th of a kind at each position goes to the k-th stack of that kind.
fn by_kind(
    positions: Vec<Vec<Candidate>>,
    way: &[usize],
    kinds: &BTreeMap<Key, Kind>,
) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut first = BTreeMap::new();
    for (key, kind) in kinds {
        first.insert(key, layers.len());
        layers.extend((0..kind.most).map(|_| Layer {
            stack: Vec::new(),
            mixed: kind.counts.len() > 1,
        }));
    }
    for here in positions {
        let mut used: BTreeMap<Key, usize> = BTreeMap::new();
        for candidate in here {
            let key = key(&candidate, way);
            let place = first.get(&key).copied().unwrap_or(0);
            let before = used.entry(key).or_default();
            if let Some(layer) = layers.get_mut(place + *before) {
                layer.stack.push(candidate);
            }
            *before += 1;
        }
    }
    layers
}

/// The k-th at each position goes to the k-th stack. Where a position lacks one, nobody knows which.
fn by_order(positions: Vec<Vec<Candidate>>, most: usize) -> Vec<Layer> {
    let counts: HashSet<usize> = positions.iter().map(different).collect();
    let mut layers: Vec<Layer> = (0..most)
        .map(|_| Layer {
            stack: Vec::new(),
            mixed: most > 1 && counts.len() > 1,
        })
        .collect();
    for here in positions {
        for (layer, candidate) in layers.iter_mut().zip(here) {
            layer.stack.push(candidate);
        }
    }
    if most > 1 {
        for layer in &mut layers {
            // Trigger times and acquisitions may differ from slice to slice; these don't within one stack.
            let kinds: HashSet<Key> = layer.stack.iter().map(|c| key(c, &[0, 1, 2])).collect();
            layer.mixed |= kinds.len() > 1;
        }
    }
    layers
}

fn kinds(positions: &[Vec<Candidate>], way: &[usize]) -> BTreeMap<Key, Kind> {
    let mut kinds: BTreeMap<Key, Kind> = BTreeMap::new();
    for here in positions {
        let mut own: BTreeMap<Key, Vec<&Candidate>> = BTreeMap::new();
        for candidate in here {
            own.entry(key(candidate, way)).or_default().push(candidate);
        }
        for (key, candidates) in own {
            let kind = kinds.entry(key).or_default();
            kind.most = kind.most.max(candidates.len());
            kind.positions += 1;
            kind.counts.insert(different(candidates));
        }
    }
    kinds
}

/// How many images there are, each counted once however often it was copied.
fn different<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> usize {
    let images: HashSet<(&str, u32)> = candidates
        .into_iter()
        .map(|c| (&*c.uid, c.at.frame))
        .collect();
    images.len()
}

/// Some of what varies, as numbers that are ordered as `total_cmp` orders.
fn key(candidate: &Candidate, way: &[usize]) -> Key {
    let values = way.iter().filter_map(|&at| candidate.varies.get(at));
    values
        .map(|value| {
            let bits = value.to_bits().cast_signed();
            bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
        })
        .collect()
}
