//! The vectors of the machine. They are built from array elements, which become single loads.

#[expect(clippy::wildcard_imports, reason = "the names of all instructions")]
use std::arch::wasm32::*;

use crate::model::kernels::quant::Limits;

/// Four float32.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floats(v128);

impl Floats {
    #[inline]
    pub(crate) fn load(v: &[f32; 4]) -> Self {
        Self(f32x4(v[0], v[1], v[2], v[3]))
    }
    #[inline]
    pub(crate) fn splat(v: f32) -> Self {
        Self(f32x4_splat(v))
    }
    #[inline]
    pub(crate) fn array(self) -> [f32; 4] {
        [
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ]
    }
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }
    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }
    #[inline]
    pub(crate) fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }
    #[inline]
    pub(crate) fn div(self, other: Self) -> Self {
        Self(f32x4_div(self.0, other.0))
    }
    /// Of each four of eight.
    #[inline]
    pub(crate) fn eight(a: &[f32; 8], b: &[f32; 8], of: impl Fn(Self, Self) -> Self) -> [f32; 8] {
        let (a, b) = (a.as_chunks::<4>().0, b.as_chunks::<4>().0);
        let mut to = [0.0; 8];
        for (to, (a, b)) in to.as_chunks_mut::<4>().0.iter_mut().zip(a.iter().zip(b)) {
            *to = of(Self::load(a), Self::load(b)).array();
        }
        to
    }
    /// `self` + `x` × `w`; rounded once or twice.
    #[inline]
    pub(crate) fn add_product(self, x: Self, w: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        {
            Self(f32x4_relaxed_madd(x.0, w.0, self.0))
        }
        #[cfg(not(target_feature = "relaxed-simd"))]
        {
            Self(f32x4_add(self.0, f32x4_mul(x.0, w.0)))
        }
    }
    /// Not a number stays so.
    #[inline]
    pub(crate) fn max(self, other: Self) -> Self {
        // The pseudo-maximum is one instruction on every machine: other > self ? other : self.
        Self(f32x4_pmax(self.0, other.0))
    }
    /// Not a number stays so.
    #[inline]
    pub(crate) fn clamp(self, low: Self, high: Self) -> Self {
        Self(f32x4_pmin(f32x4_pmax(self.0, low.0), high.0))
    }
}

/// Four int32; sums wrap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ints(v128);

impl Ints {
    #[inline]
    pub(crate) fn load(v: &[i32; 4]) -> Self {
        Self(i32x4(v[0], v[1], v[2], v[3]))
    }
    #[inline]
    pub(crate) fn array(self) -> [i32; 4] {
        [
            i32x4_extract_lane::<0>(self.0),
            i32x4_extract_lane::<1>(self.0),
            i32x4_extract_lane::<2>(self.0),
            i32x4_extract_lane::<3>(self.0),
        ]
    }
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(i32x4_add(self.0, other.0))
    }
    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(i32x4_sub(self.0, other.0))
    }
}

/// Eight int16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(v128);

impl Words {
    #[inline]
    pub(crate) fn load(v: &[i16; 8]) -> Self {
        Self(i16x8(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]))
    }
    #[inline]
    pub(crate) fn array(self) -> [i16; 8] {
        let v = self.0;
        [
            i16x8_extract_lane::<0>(v),
            i16x8_extract_lane::<1>(v),
            i16x8_extract_lane::<2>(v),
            i16x8_extract_lane::<3>(v),
            i16x8_extract_lane::<4>(v),
            i16x8_extract_lane::<5>(v),
            i16x8_extract_lane::<6>(v),
            i16x8_extract_lane::<7>(v),
        ]
    }
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(i16x8_add(self.0, other.0))
    }
    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(i16x8_sub(self.0, other.0))
    }
    #[inline]
    pub(crate) fn widened(v: &[i8; 8]) -> Self {
        Self(i16x8_extend_low_i8x16(i64x2(
            i64::from_le_bytes(v.map(|b| b as u8)),
            0,
        )))
    }
    /// The pair four times.
    #[inline]
    pub(crate) fn pair([a, b]: [i16; 2]) -> Self {
        Self(i32x4_splat(i32::from(b) << 16 | i32::from(a as u16)))
    }
    /// Products summed in pairs.
    #[inline]
    pub(crate) fn dot(self, other: Self) -> Ints {
        Ints(i32x4_dot_i16x8(self.0, other.0))
    }
    /// The first four words of both, one after the other in turn; and the last four.
    #[inline]
    pub(crate) fn interleaved(self, other: Self) -> [Self; 2] {
        [
            Self(i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(self.0, other.0)),
            Self(i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(self.0, other.0)),
        ]
    }
}

/// Added to a float64 below 2³¹, it leaves the integer next to it, halves to even, in the lower 32 bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// See [`crate::model::kernels::quant`].
#[inline]
pub(crate) fn requantised(sums: &[[i32; 4]; 2], by: &[f64; 8], limits: &Limits) -> [u8; 8] {
    let two = |v: v128, a: f64, b: f64| {
        let product = f64x2_mul(f64x2_convert_low_i32x4(v), f64x2(a, b));
        let product = if limits.wide {
            f64x2_pmin(f64x2_pmax(product, f64x2_splat(-1e9)), f64x2_splat(1e9))
        } else {
            product
        };
        f64x2_add(product, f64x2_splat(ROUND))
    };
    let four = |v: &[i32; 4], by: &[f64; 4]| {
        let v = i32x4(v[0], v[1], v[2], v[3]);
        let low = two(v, by[0], by[1]);
        let high = two(i64x2_shuffle::<1, 1>(v, v), by[2], by[3]);
        i32x4_shuffle::<0, 2, 4, 6>(low, high)
    };
    let [a, b] = by.as_chunks::<4>().0 else {
        return [0; 8];
    };
    // Narrowing to int16 limits to a range that is wider than that of bytes by more than any zero point; so does the sum.
    let words = i16x8_narrow_i32x4(four(&sums[0], a), four(&sums[1], b));
    let words = i16x8_add_sat(words, i16x8_splat(limits.zero_point));
    let words = i16x8_min(
        i16x8_max(words, i16x8_splat(limits.low)),
        i16x8_splat(limits.high),
    );
    let bytes = v128_and(words, i16x8_splat(255));
    i64x2_extract_lane::<0>(u8x16_narrow_i16x8(bytes, bytes)).to_le_bytes()
}

/// Four rows of four ↔ columns.
#[inline]
fn four([a, b, c, d]: [v128; 4]) -> [v128; 4] {
    let (ab, cd) = (
        i32x4_shuffle::<0, 4, 1, 5>(a, b),
        i32x4_shuffle::<0, 4, 1, 5>(c, d),
    );
    let (ef, gh) = (
        i32x4_shuffle::<2, 6, 3, 7>(a, b),
        i32x4_shuffle::<2, 6, 3, 7>(c, d),
    );
    [
        i64x2_shuffle::<0, 2>(ab, cd),
        i64x2_shuffle::<1, 3>(ab, cd),
        i64x2_shuffle::<0, 2>(ef, gh),
        i64x2_shuffle::<1, 3>(ef, gh),
    ]
}

/// Four rows of four ↔ columns.
#[inline]
pub(crate) fn turned(v: &[[f32; 4]; 4]) -> [[f32; 4]; 4] {
    let rows = [v[0], v[1], v[2], v[3]].map(|v| Floats::load(&v).0);
    four(rows).map(|v| Floats(v).array())
}

/// Four rows of four pairs ↔ columns.
#[inline]
pub(crate) fn turned_pairs(v: &[[i16; 8]; 4]) -> [[i16; 8]; 4] {
    let rows = [v[0], v[1], v[2], v[3]].map(|v| Words::load(&v).0);
    four(rows).map(|v| Words(v).array())
}

/// Bytes, changed by exclusive or with `flip`, less `zero`.
#[inline]
pub(crate) fn floats(bytes: &[u8; 8], (flip, zero): (u8, i16)) -> [Floats; 2] {
    let bytes = v128_xor(i64x2(i64::from_le_bytes(*bytes), 0), u8x16_splat(flip));
    let words = i16x8_sub(i16x8_extend_low_u8x16(bytes), i16x8_splat(zero));
    [
        Floats(f32x4_convert_i32x4(i32x4_extend_low_i16x8(words))),
        Floats(f32x4_convert_i32x4(i32x4_extend_high_i16x8(words))),
    ]
}

/// Within `low` and `high` (integers within ±2²¹), rounded, halves to even, plus `zero`; not a number gives the least.
#[inline]
pub(crate) fn quantised(v: [Floats; 2], [low, high]: [f32; 2], zero: i16) -> [u8; 8] {
    // Added to a float32 below 2²², it leaves the integer next to it in the lower bits.
    let round = f32x4_splat(12_582_912.0);
    let [a, b] = v.map(|v| {
        let v = f32x4_pmin(f32x4_splat(high), f32x4_pmax(f32x4_splat(low), v.0));
        i32x4_sub(f32x4_add(v, round), round)
    });
    let words = i16x8_add(i16x8_narrow_i32x4(a, b), i16x8_splat(zero));
    let bytes = v128_and(words, i16x8_splat(255));
    i64x2_extract_lane::<0>(u8x16_narrow_i16x8(bytes, bytes)).to_le_bytes()
}
