//! The end of a float32 layer: what is done to a sum before it is stored.

use crate::model::kernels::lanes::Floats;

/// An activation of ONNX.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// None.
    Identity,
    /// max(v, 0).
    Relu,
    /// Within both limits.
    Clip(f32, f32),
    /// Below 0 multiplied by the slope.
    LeakyRelu(f32),
    /// Below 0: α · (eᵛ − 1).
    Elu(f32),
}

impl Activation {
    /// One value. This is what the vectors are held against.
    pub fn one(self, v: f32) -> f32 {
        self.four(&[v; 4])[0]
    }

    /// Four values.
    #[inline]
    pub(crate) fn four(self, v: &[f32; 4]) -> [f32; 4] {
        let x = Floats::load(v);
        match self {
            Self::Identity => *v,
            Self::Relu => x.max(Floats::splat(0.0)).array(),
            Self::Clip(low, high) => x.clamp(Floats::splat(low), Floats::splat(high)).array(),
            Self::LeakyRelu(slope) => {
                let scaled = x.mul(Floats::splat(slope)).array();
                where_negative(v, &scaled)
            }
            Self::Elu(alpha) => {
                let scaled = exp(v).map(|e| alpha * (e - 1.0));
                where_negative(v, &scaled)
            }
        }
    }

    /// Fours of values, in place.
    pub(crate) fn fours(self, values: &mut [[f32; 4]]) {
        match self {
            Self::Identity => {}
            Self::Relu => each(values, |v| Self::Relu.four(v)),
            Self::Clip(..) => each(values, |v| self.four(v)),
            Self::LeakyRelu(_) => each(values, |v| self.four(v)),
            Self::Elu(_) => each(values, |v| self.four(v)),
        }
    }

    /// All values of a tensor, in place.
    pub fn apply(self, values: &mut [f32]) {
        let (fours, rest) = values.as_chunks_mut::<4>();
        self.fours(fours);
        for v in rest {
            *v = self.one(*v);
        }
    }
}

/// The second where the first is below 0, else the first.
#[inline]
fn where_negative(v: &[f32; 4], other: &[f32; 4]) -> [f32; 4] {
    let mut to = *v;
    for (to, other) in to.iter_mut().zip(other) {
        *to = if *to < 0.0 { *other } else { *to };
    }
    to
}

#[inline]
fn each(values: &mut [[f32; 4]], of: impl Fn(&[f32; 4]) -> [f32; 4]) {
    for v in values {
        *v = of(v);
    }
}

/// Adding it to a float32 below 2²² and subtracting it rounds to an integer.
const ROUND: f32 = 12_582_912.0;

/// eᵛ for v ≤ 0 within 2 units in the last place; anything for v > 0. A polynomial, because a call for each value would take longer than
/// the convolution of a small network.
#[inline]
#[expect(
    clippy::excessive_precision,
    reason = "the constants as they are published (Cephes)"
)]
fn exp(v: &[f32; 4]) -> [f32; 4] {
    v.map(|v| {
        // Below −87 the result would be subnormal: there 2⁻¹²⁶ stands for 0, which vanishes in eᵛ − 1.
        let v = if v < 0.0 { v.max(-87.0) } else { 0.0 };
        // v = n ln 2 + r with |r| ≤ ln 2 / 2; ln 2 in two parts, so that r is nearly exact.
        let n = (v * std::f32::consts::LOG2_E + ROUND) - ROUND;
        let r = (v - n * 0.693_359_375) + n * 2.121_944_4e-4;
        let p = 1.987_569_1e-4;
        let p = p * r + 1.398_2e-3;
        let p = p * r + 8.333_452e-3;
        let p = p * r + 4.166_579_6e-2;
        let p = p * r + 1.666_666_6e-1;
        let p = p * r + 0.5;
        let e = p * (r * r) + r + 1.0;
        e * f32::from_bits(((n as i32 + 127) << 23) as u32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elu_is_that_of_the_definition() {
        let mut worst = 0.0_f64;
        for i in 0..400_000 {
            let v = -i as f32 / 4000.0;
            let expected = 1.5 * (f64::from(v).exp() - 1.0);
            worst = worst.max((f64::from(Activation::Elu(1.5).one(v)) - expected).abs());
        }
        assert!(worst < 3e-7, "{worst}");
        assert_eq!(Activation::Elu(2.0).one(3.0), 3.0);
        assert_eq!(Activation::Elu(2.0).one(f32::NEG_INFINITY), -2.0);
        assert!(Activation::Elu(2.0).one(f32::NAN).is_nan());
    }

    #[test]
    fn activations_are_those_of_onnx() {
        let mut v = [-3.0, -0.5, 0.0, 2.0, 9.0];
        Activation::LeakyRelu(0.25).apply(&mut v);
        assert_eq!(v, [-0.75, -0.125, 0.0, 2.0, 9.0]);
        Activation::Clip(-0.5, 6.0).apply(&mut v);
        assert_eq!(v, [-0.5, -0.125, 0.0, 2.0, 6.0]);
        Activation::Relu.apply(&mut v);
        assert_eq!(v, [0.0, 0.0, 0.0, 2.0, 6.0]);
    }
}
