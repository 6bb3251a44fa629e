//! Kernels of one element at a time on quantised tensors: conversion to and from float32, any function of one value, sums and products of two
//! tensors. Each is what the same graph of DequantizeLinear, float32 and QuantizeLinear gives, to the bit:
//!
//! q(v) = saturate(round(v / scale) + zero_point), d(b) = (b − zero_point) · scale, in float32, halves to even.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "references to pieces of tensors"
)]

use crate::model::kernels::lanes::{Floats, floats, quantised};
use crate::model::kernels::quant::Quant;

impl Quant {
    /// The float32 that a byte stands for.
    pub fn float(self, byte: u8) -> f32 {
        let [low, _] = self.floats(&[byte; 8]);
        low.array()[0]
    }

    /// The byte for a float32; not a number gives the least value.
    pub fn byte(self, v: f32) -> u8 {
        self.bytes([Floats::splat(v); 2])[0]
    }

    #[inline]
    fn floats(self, bytes: &[u8; 8]) -> [Floats; 2] {
        floats(bytes, self.widening()).map(|v| v.mul(Floats::splat(self.scale)))
    }

    #[inline]
    fn bytes(self, v: [Floats; 2]) -> [u8; 8] {
        // Limited before rounding: the limits are integers, so that it is the same.
        let limits = self.range().map(|v| f32::from(v - self.zero_point));
        quantised(
            v.map(|v| v.div(Floats::splat(self.scale))),
            limits,
            self.zero_point,
        )
    }

    /// QuantizeLinear. `None`, and nothing done, where the lengths differ.
    pub fn quantize(self, from: &[f32], to: &mut [u8]) -> Option<()> {
        if from.len() != to.len() {
            return None;
        }
        let ((from, rest), (to, to_rest)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
        for (to, v) in to.iter_mut().zip(from) {
            if let [a, b] = v.as_chunks::<4>().0 {
                *to = self.bytes([Floats::load(a), Floats::load(b)]);
            }
        }
        for (to, v) in to_rest.iter_mut().zip(rest) {
            *to = self.byte(*v);
        }
        Some(())
    }

    /// DequantizeLinear. `None`, and nothing done, where the lengths differ.
    pub fn dequantize(self, from: &[u8], to: &mut [f32]) -> Option<()> {
        if from.len() != to.len() {
            return None;
        }
        let ((from, rest), (to, to_rest)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
        for (to, b) in to.iter_mut().zip(from) {
            let values = self.floats(b).map(Floats::array);
            to.copy_from_slice(values.as_flattened());
        }
        for (to, b) in to_rest.iter_mut().zip(rest) {
            *to = self.float(*b);
        }
        Some(())
    }
}

/// A function of one quantised value, as a table.
#[derive(Debug, Clone)]
pub struct Table {
    bytes: [u8; 256],
    same: bool,
}

impl Table {
    /// q(f(d(b))) for each byte: QLinearSigmoid, QLinearLeakyRelu and their like.
    pub fn new(from: Quant, to: Quant, f: impl Fn(f32) -> f32) -> Self {
        let bytes = std::array::from_fn(|b| to.byte(f(from.float(b as u8))));
        let same = bytes.iter().zip(0..=255).all(|(&to, from)| to == from);
        Self { bytes, same }
    }

    /// From one scale and zero point to another: what QLinearConcat does to each of its inputs.
    pub fn requantized(from: Quant, to: Quant) -> Self {
        Self::new(from, to, |v| v)
    }

    /// Of each value. `None`, and nothing done, where the lengths differ.
    pub fn apply(&self, from: &[u8], to: &mut [u8]) -> Option<()> {
        if from.len() != to.len() {
            return None;
        }
        if self.same {
            to.copy_from_slice(from);
            return Some(());
        }
        for (to, b) in to.iter_mut().zip(from) {
            *to = self.of(*b);
        }
        Some(())
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
    fn of(&self, byte: u8) -> u8 {
        self.bytes[usize::from(byte)]
    }

    /// Of each value, into channels `first..first + channels` of places that have `all` channels: a concatenation along channels, input by
    /// input. `None`, and nothing done, where a length is wrong.
    pub fn apply_into(
        &self,
        from: &[u8],
        channels: usize,
        to: &mut [u8],
        all: usize,
        first: usize,
    ) -> Option<()> {
        if channels == 0
            || first.checked_add(channels)? > all
            || !from.len().is_multiple_of(channels)
            || to.len() != (from.len() / channels).checked_mul(all)?
        {
            return None;
        }
        for (to, from) in to.chunks_exact_mut(all).zip(from.chunks_exact(channels)) {
            self.apply(from, to.get_mut(first..first + channels)?)?;
        }
        Some(())
    }
}

/// What two tensors are joined by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pair {
    /// QLinearAdd.
    Sum,
    /// QLinearMul.
    Product,
}

/// q(d(a) + d(b)), or of the product, then Relu or another limit by the range of `y`. `None`, and nothing done, where lengths differ.
pub fn pair_q8(
    by: Pair,
    [a, b, y]: [Quant; 3],
    first: &[u8],
    second: &[u8],
    to: &mut [u8],
) -> Option<()> {
    if first.len() != to.len() || second.len() != to.len() {
        return None;
    }
    match by {
        Pair::Sum => pairs([a, b, y], first, second, to, Floats::add),
        Pair::Product => pairs([a, b, y], first, second, to, Floats::mul),
    }
    Some(())
}

#[inline]
fn pairs(
    [a, b, y]: [Quant; 3],
    first: &[u8],
    second: &[u8],
    to: &mut [u8],
    by: impl Fn(Floats, Floats) -> Floats,
) {
    let of = |m: &[u8; 8], n: &[u8; 8]| {
        let ([p, q], [r, s]) = (a.floats(m), b.floats(n));
        y.bytes([by(p, r), by(q, s)])
    };
    let ((first, first_rest), (second, second_rest)) =
        (first.as_chunks::<8>(), second.as_chunks::<8>());
    let (to, to_rest) = to.as_chunks_mut::<8>();
    for (to, (m, n)) in to.iter_mut().zip(first.iter().zip(second)) {
        *to = of(m, n);
    }
    for (to, (m, n)) in to_rest.iter_mut().zip(first_rest.iter().zip(second_rest)) {
        *to = of(&[*m; 8], &[*n; 8])[0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_quantize_linear() {
        for (quant, low, high) in [
            (Quant::new(0.1, 3, false).unwrap(), 0.0, 255.0),
            (Quant::new(0.7, -128, true).unwrap(), -128.0, 127.0),
        ] {
            let zero = f32::from(quant.zero_point);
            for i in -4000..4000 {
                let v = i as f32 * 0.05;
                let expected =
                    ((v / quant.scale).round_ties_even() + zero).clamp(low, high) as i32 as u8;
                assert_eq!(quant.byte(v), expected, "{v}");
            }
            assert_eq!(quant.byte(f32::INFINITY), high as i32 as u8);
            assert_eq!(quant.byte(f32::NEG_INFINITY), low as i32 as u8);
            assert_eq!(quant.byte(f32::NAN), low as i32 as u8);
            for b in 0..=255 {
                assert_eq!(quant.byte(quant.float(b)), b);
            }
            // Whole tensors: the same, eight at a time and the rest.
            let values: Vec<f32> = (-500..503).map(|i| i as f32 * 0.23).collect();
            let mut bytes = vec![0; values.len()];
            quant.quantize(&values, &mut bytes).unwrap();
            assert!(bytes.iter().zip(&values).all(|(b, v)| *b == quant.byte(*v)));
            let mut floats = vec![0.0; values.len()];
            quant.dequantize(&bytes, &mut floats).unwrap();
            assert!(
                bytes
                    .iter()
                    .zip(&floats)
                    .all(|(b, v)| *v == quant.float(*b))
            );
        }
    }

    #[test]
    fn a_concatenation_requantises_each_input() {
        let (x, y) = (
            Quant::new(0.5, 10, false).unwrap(),
            Quant::new(1.0, 20, false).unwrap(),
        );
        let mut to = [0; 6];
        let table = Table::requantized(x, y);
        table
            .apply_into(&[10, 12, 14, 16], 2, &mut to, 3, 1)
            .unwrap();
        Table::requantized(y, y)
            .apply_into(&[7, 8], 1, &mut to, 3, 0)
            .unwrap();
        assert_eq!(to, [7, 20, 21, 8, 22, 23]);
        assert!(table.apply_into(&[1, 2], 2, &mut to, 3, 2).is_none());
    }
}
