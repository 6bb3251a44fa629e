//! A network with its weights shuffled: the same file, but for the order of the numbers within each weight tensor.
//!
//! Shuffling keeps what a random draw would have to guess, the spread of each layer's weights, and loses all that was learnt about what
//! goes with what. Only the bytes of the weights move, so whatever reads the one file reads the other. The order depends on the seed
//! and on the number of weights alone: a copy of a tensor elsewhere (the head in a manifest) can be shuffled alike.

use core::ops::Range;
use std::collections::BTreeMap;

use crate::model::{explain::random::Random, manifest::Cam};

/// Parts of a message at most that are looked at.
const MOST: usize = 100_000;
/// All of a network's weight tensors.
pub const ALL: usize = usize::MAX;

/// The ONNX file with the last `last` of its weight tensors (two or more axes; in the order in which the graph uses them) shuffled, and
/// how many it has in all; `None` when it cannot be read or has none.
pub fn shuffled(network: &[u8], seed: u64, last: usize) -> Option<(Vec<u8>, usize)> {
    let mut found = vec![];
    // ModelProto.graph is field 7; of GraphProto 1 is a node, 5 an initializer.
    for graph in fields(network, 0..network.len())?
        .into_iter()
        .filter(|f| f.number == 7)
    {
        let parts = fields(network, graph.payload)?;
        let used = first_uses(network, parts.iter().filter(|f| f.number == 1))?;
        for tensor in parts.iter().filter(|f| f.number == 5) {
            if let Some(weights) = weights(network, tensor.payload.clone()) {
                let at = network.get(weights.name.clone()).and_then(|n| used.get(n));
                found.push((at.copied().unwrap_or(0), weights));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    let mut out = network.to_vec();
    for (_, Weights { bytes, width, .. }) in found.iter().rev().take(last) {
        let old = network.get(bytes.clone())?;
        let order = order(seed, old.len() / width);
        let parts = out.get_mut(bytes.clone())?.chunks_exact_mut(*width);
        for (part, from) in parts.zip(order) {
            part.copy_from_slice(old.get(from * width..(from + 1) * width)?);
        }
    }
    (!found.is_empty()).then_some((out, found.len()))
}

/// For each name that a node takes in, the place of the first node that works with it. What only changes the form of a tensor does not
/// count: its user does.
fn first_uses<'a>(
    network: &'a [u8],
    nodes: impl DoubleEndedIterator<Item = &'a Field>,
) -> Option<BTreeMap<&'a [u8], usize>> {
    const FORM: &[&[u8]] = &[
        b"DequantizeLinear",
        b"Cast",
        b"Identity",
        b"Transpose",
        b"Reshape",
    ];
    let mut uses = BTreeMap::new();
    // From the last node to the first: what is written last is the first use. Places count down from a number beyond all nodes.
    for (place, node) in (0..MOST).rev().zip(nodes.rev()) {
        let parts = fields(network, node.payload.clone())?;
        // NodeProto: 1 an input, 2 an output, 4 the operator.
        let named = |number| parts.iter().filter(move |f| f.number == number);
        let text = |f: &Field| network.get(f.payload.clone());
        let form = named(4).any(|f| text(f).is_some_and(|t| FORM.contains(&t)));
        let user = named(2).find_map(|f| uses.get(text(f)?).copied());
        let place = user.filter(|_| form).unwrap_or(place);
        for input in named(1) {
            uses.insert(text(input)?, place);
        }
    }
    Some(uses)
}

/// A manifest's copy of the last layer, shuffled as [`shuffled`] does it.
pub fn shuffled_head(head: &Cam, seed: u64) -> Cam {
    let flat: Vec<f32> = head.weights.concat();
    let mut moved = order(seed, flat.len())
        .into_iter()
        .map(|i| flat.get(i).copied().unwrap_or(0.0));
    let rows = head
        .weights
        .iter()
        .map(|row| moved.by_ref().take(row.len()).collect());
    Cam {
        weights: rows.collect(),
        ..head.clone()
    }
}

fn order(seed: u64, count: usize) -> Vec<usize> {
    Random::new(seed ^ count as u64).order(count)
}

/// Where the numbers and the name of a TensorProto are, and how wide each number is.
struct Weights {
    bytes: Range<usize>,
    width: usize,
    name: Range<usize>,
}

/// `None` when it has fewer than two axes or no numbers of a known kind.
fn weights(bytes: &[u8], tensor: Range<usize>) -> Option<Weights> {
    let (mut axes, mut kind, mut raw, mut floats) = (0, 0, None, None);
    let mut name = 0..0;
    for field in fields(bytes, tensor)? {
        match (field.number, field.wire) {
            (1, 0) => axes += 1,
            (1, 2) => axes += packed(bytes, field.payload)?,
            (2, 0) => kind = field.value,
            (4, 2) => floats = Some(field.payload),
            (8, 2) => name = field.payload,
            (9, 2) => raw = Some(field.payload),
            _ => {}
        }
    }
    // TensorProto.DataType: FLOAT 1, UINT8 2, INT8 3, FLOAT16 10, DOUBLE 11, BFLOAT16 16.
    let width = match kind {
        1 => 4,
        2 | 3 => 1,
        10 | 16 => 2,
        11 => 8,
        _ => return None,
    };
    let place = raw.or(floats.filter(|_| kind == 1))?;
    (axes >= 2 && place.len() >= 2 * width && place.len().is_multiple_of(width)).then_some(
        Weights {
            bytes: place,
            width,
            name,
        },
    )
}

/// A field of a protocol buffer's message.
struct Field {
    number: u64,
    wire: u64,
    /// Of a varint.
    value: u64,
    /// Of what has a length.
    payload: Range<usize>,
}

fn fields(bytes: &[u8], within: Range<usize>) -> Option<Vec<Field>> {
    let mut found = vec![];
    let mut at = within.start;
    while at < within.end {
        let (key, next) = varint(bytes, at)?;
        let (number, wire) = (key >> 3, key & 7);
        let (mut value, mut payload) = (0, next..next);
        at = match wire {
            0 => {
                let (read, next) = varint(bytes, next)?;
                value = read;
                next
            }
            1 => next.checked_add(8)?,
            2 => {
                let (length, next) = varint(bytes, next)?;
                payload = next..next.checked_add(usize::try_from(length).ok()?)?;
                payload.end
            }
            5 => next.checked_add(4)?,
            _ => return None,
        };
        if at > within.end || found.len() >= MOST {
            return None;
        }
        found.push(Field {
            number,
            wire,
            value,
            payload,
        });
    }
    Some(found)
}

/// How many varints there are.
fn packed(bytes: &[u8], within: Range<usize>) -> Option<usize> {
    Some(bytes.get(within)?.iter().filter(|b| **b < 128).count())
}

fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for (i, &byte) in bytes.get(at..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 127).checked_shl(7 * i as u32)?;
        if byte < 128 {
            return Some((value, at + i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u8, payload: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, payload.len() as u8], payload].concat()
    }

    #[test]
    fn only_weights_move_and_nothing_hostile_panics() {
        let dims = |n: &[u8]| n.iter().flat_map(|&d| [1 << 3, d]).collect::<Vec<u8>>();
        let kind = [2 << 3, 3];
        let weights: Vec<u8> = (10..34).collect();
        let bias: Vec<u8> = (100..106).collect();
        let tensor =
            |d: &[u8], raw: &[u8]| message(5, &[dims(d), kind.to_vec(), message(9, raw)].concat());
        let graph = [tensor(&[4, 6], &weights), tensor(&[6], &bias)].concat();
        let file = [vec![1 << 3, 8], message(7, &graph)].concat();
        let (moved, count) = shuffled(&file, 5, ALL).expect("readable");
        assert_eq!((count, moved.len()), (1, file.len()));
        let differs: Vec<usize> = (0..file.len()).filter(|&i| file[i] != moved[i]).collect();
        let start = file.windows(24).position(|w| w == weights).expect("there");
        assert!(differs.len() > 12 && differs.iter().all(|i| (start..start + 24).contains(i)));
        let mut sorted = moved[start..start + 24].to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, weights);
        // Torn and turned bytes: an answer or none.
        for at in 0..file.len() {
            let _ = shuffled(&file[..at], 5, ALL);
            for bit in 0..8 {
                let mut other = file.clone();
                other[at] ^= 1 << bit;
                let _ = shuffled(&other, 5, ALL);
            }
        }
    }

    #[test]
    fn a_copy_of_the_head_goes_with_it() {
        let flat: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let head = Cam {
            weights: flat.chunks(6).map(<[f32]>::to_vec).collect(),
            bias: vec![0.0; 2],
            range: None,
        };
        let said: Vec<f32> = order(9, 12).into_iter().map(|i| flat[i]).collect();
        assert_eq!(shuffled_head(&head, 9).weights.concat(), said);
    }
}
