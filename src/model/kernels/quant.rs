//! Quantised tensors and the end of an int8 layer: from an exact int32 sum to a byte, or to float32.
//!
//! A byte b of a tensor means `scale · (b − zero_point)`. The requantisation is that of ONNX QLinearConv and of QuantizeLinear after a
//! convolution in exact arithmetic:
//!
//! y = saturate(round(a · m) + zero_point), m = f32(f32(x_scale · w_scale) / y_scale)
//!
//! where `a` is the sum, the product is taken in float64 and halves round to the even number. onnx's ReferenceEvaluator computes the same m
//! and the same product (NumPy makes int32 × float32 a float64), but adds the zero point before it rounds: with an odd zero point it rounds
//! a product of exactly n + ½ the other way. The text of QuantizeLinear and onnxruntime round first, as is done here.

use crate::model::kernels::lanes::requantised;

/// Scale, zero point and sign of a tensor of bytes, and the range that a layer's end limits its bytes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quant {
    pub(crate) scale: f32,
    pub(crate) zero_point: i16,
    pub(crate) signed: bool,
    pub(crate) range: [i16; 2],
}

impl Quant {
    /// `None` unless the scale is a positive number and the zero point is a value of the type: 0 to 255, or −128 to 127 for `signed`.
    pub fn new(scale: f32, zero_point: i32, signed: bool) -> Option<Self> {
        let range = if signed { [-128, 127] } else { [0, 255] };
        let [low, high] = range.map(i32::from);
        let fits = scale > 0.0 && scale.is_finite() && (low..=high).contains(&zero_point);
        fits.then_some(Self {
            scale,
            zero_point: zero_point as i16,
            signed,
            range,
        })
    }

    /// The same with a range: that of an activation (Relu, Clip) before the quantisation. It is exact, because rounding keeps the order.
    #[must_use]
    pub fn within(self, low: f32, high: f32) -> Self {
        let value = |v: f32| {
            let byte = self.byte(v);
            if self.signed {
                i16::from(byte as i8)
            } else {
                i16::from(byte)
            }
        };
        Self {
            range: [value(low), value(high)],
            ..self
        }
    }

    /// A byte means the same in both.
    pub fn same(self, other: Self) -> bool {
        self.scale == other.scale
            && self.zero_point == other.zero_point
            && self.signed == other.signed
    }

    /// Its range is less than that of the type.
    pub fn limited(self) -> bool {
        self.range != if self.signed { [-128, 127] } else { [0, 255] }
    }

    /// Whether a number lies between the least and the greatest that bytes of this type mean.
    pub fn holds(self, v: f32) -> bool {
        let [low, high] = if self.signed { [-128, 127] } else { [0, 255] };
        let value = |b: i16| f32::from(b - self.zero_point) * self.scale;
        (value(low)..=value(high)).contains(&v)
    }

    /// The real number that one step is.
    pub fn scale(self) -> f32 {
        self.scale
    }

    /// The byte that stands for 0.
    pub fn zero(self) -> u8 {
        self.zero_point as u8
    }

    /// Whether bytes are int8.
    pub fn signed(self) -> bool {
        self.signed
    }

    /// The least and the greatest value.
    pub(crate) fn range(self) -> [i16; 2] {
        self.range
    }

    /// What widens bytes: they are changed by exclusive or with the first, then the second is subtracted.
    pub(crate) fn widening(self) -> (u8, i16) {
        if self.signed {
            (128, self.zero_point + 128)
        } else {
            (0, self.zero_point)
        }
    }

    /// Bytes less the zero point.
    #[inline]
    pub(crate) fn widen(self, from: &[u8], to: &mut [i16]) {
        let (flip, zero) = self.widening();
        for (to, &b) in to.iter_mut().zip(from) {
            *to = i16::from(b ^ flip) - zero;
        }
    }
}

/// Scales and zero points of weights: one for all output channels, or one for each.
#[derive(Debug, Clone, Copy)]
pub struct Scales<'a> {
    /// Scales.
    pub scale: &'a [f32],
    /// Zero points; empty for 0.
    pub zero_point: &'a [i32],
}

impl Scales<'_> {
    /// Of output channel `o` out of `outputs`.
    pub(crate) fn of(&self, o: usize, outputs: usize) -> Option<(f32, i32)> {
        let pick = |len: usize| match len {
            1 => Some(0),
            n if n == outputs => Some(o),
            _ => None,
        };
        let scale = *self.scale.get(pick(self.scale.len())?)?;
        let zero = match self.zero_point.len() {
            0 => 0,
            n => *self.zero_point.get(pick(n)?)?,
        };
        (scale > 0.0 && scale.is_finite()).then_some((scale, zero))
    }
}

/// From sums to bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) zero_point: i16,
    pub(crate) low: i16,
    pub(crate) high: i16,
    /// Whether products may be beyond int32; they are limited before they are rounded then. (Portable code always limits them.)
    #[cfg_attr(
        not(all(target_arch = "wasm32", target_feature = "simd128")),
        expect(dead_code, reason = "see above")
    )]
    pub(crate) wide: bool,
}

impl Limits {
    pub(crate) fn new(quant: Quant) -> Self {
        let [low, high] = quant.range();
        Self {
            zero_point: quant.zero_point,
            low,
            high,
            wide: false,
        }
    }

    /// Eight sums.
    #[inline]
    pub(crate) fn bytes(self, sums: &[[i32; 4]; 2], by: &[f64; 8]) -> [u8; 8] {
        requantised(sums, by, &self)
    }
}

/// What multiplies a sum: see the top. `None` where it is beyond float32.
pub(crate) fn multiplier(x: f32, w: f32, y: f32) -> Option<f64> {
    let m = x * w / y;
    m.is_finite().then_some(f64::from(m))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(a: i32, m: f64, quant: Quant) -> u8 {
        let wide = f64::from(a).abs() * m > 1e9;
        let limits = Limits {
            wide,
            ..Limits::new(quant)
        };
        limits.bytes(&[[a; 4]; 2], &[m; 8])[3]
    }

    #[test]
    fn halves_round_to_even_before_the_zero_point() {
        let quant = Quant::new(1.0, 3, false).unwrap();
        let got: Vec<u8> = [1, 3, 5, -1, -3].map(|a| one(a, 0.5, quant)).to_vec();
        assert_eq!(got, [3, 5, 5, 3, 1]);
    }

    #[test]
    fn sums_beyond_the_range_are_limited() {
        let unsigned = Quant::new(1.0, 7, false).unwrap();
        let signed = Quant::new(1.0, -7, true).unwrap();
        for (a, m) in [(i32::MAX, 1.0), (i32::MAX, 1e30), (70_000, 1.0), (300, 1.0)] {
            assert_eq!(one(a, m, unsigned), 255);
            assert_eq!(one(a, m, signed) as i8, 127);
            assert_eq!(one(-a, m, unsigned), 0);
            assert_eq!(one(-a, m, signed) as i8, -128);
        }
    }

    /// A product that float32 would round to a half.
    #[test]
    fn products_are_not_rounded_to_float32() {
        let quant = Quant::new(1.0, 0, false).unwrap();
        let m = f64::from(1.000_000_1_f32 / 256.0);
        let a = 101 * 256 + 128;
        assert!(f64::from(a) * m > 101.5);
        assert_eq!(one(a, m, quant), 102);
        let m = f64::from(0.999_999_94_f32 / 256.0);
        assert_eq!(one(a, m, quant), 101);
    }

    #[test]
    fn a_range_is_that_of_the_activation_before() {
        for signed in [false, true] {
            let quant = Quant::new(0.1, 5, signed).unwrap();
            let relu = quant.within(0.0, f32::INFINITY);
            let six = quant.within(0.0, 6.0);
            for i in -300..300 {
                let v = i as f32 * 0.07;
                assert_eq!(relu.byte(v), quant.byte(v.max(0.0)));
                assert_eq!(six.byte(v), quant.byte(v.clamp(0.0, 6.0)));
            }
            assert!(relu.same(quant));
        }
    }

    #[test]
    fn what_is_no_quantisation_is_refused() {
        assert!(Quant::new(0.0, 0, false).is_none());
        assert!(Quant::new(f32::NAN, 0, false).is_none());
        assert!(Quant::new(1.0, 256, false).is_none());
        assert!(Quant::new(1.0, 128, true).is_none());
        assert!(Quant::new(1.0, -128, true).is_some());
    }
}
