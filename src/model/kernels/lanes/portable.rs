//! The vectors as arrays.

use std::array::from_fn;

use crate::model::kernels::quant::Limits;

/// Four float32.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Floats([f32; 4]);

impl Floats {
    #[inline]
    pub(crate) fn load(v: &[f32; 4]) -> Self {
        Self(*v)
    }
    #[inline]
    pub(crate) fn splat(v: f32) -> Self {
        Self([v; 4])
    }
    #[inline]
    pub(crate) fn array(self) -> [f32; 4] {
        self.0
    }
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] - other.0[i]))
    }
    #[inline]
    pub(crate) fn mul(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] * other.0[i]))
    }
    #[inline]
    pub(crate) fn div(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] / other.0[i]))
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
        Self(from_fn(|i| self.0[i] + x.0[i] * w.0[i]))
    }
    /// Not a number stays so.
    #[inline]
    pub(crate) fn max(self, other: Self) -> Self {
        Self(from_fn(|i| {
            if self.0[i] < other.0[i] {
                other.0[i]
            } else {
                self.0[i]
            }
        }))
    }
    /// Not a number stays so.
    #[inline]
    pub(crate) fn clamp(self, low: Self, high: Self) -> Self {
        let v = self.max(low);
        Self(from_fn(|i| {
            if v.0[i] > high.0[i] {
                high.0[i]
            } else {
                v.0[i]
            }
        }))
    }
}

/// Four int32; sums wrap.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Ints([i32; 4]);

impl Ints {
    #[inline]
    pub(crate) fn load(v: &[i32; 4]) -> Self {
        Self(*v)
    }
    #[inline]
    pub(crate) fn array(self) -> [i32; 4] {
        self.0
    }
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }
    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }
}

/// Eight int16.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Words([i16; 8]);

impl Words {
    #[inline]
    pub(crate) fn load(v: &[i16; 8]) -> Self {
        Self(*v)
    }
    #[inline]
    pub(crate) fn array(self) -> [i16; 8] {
        self.0
    }
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }
    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }
    #[inline]
    pub(crate) fn widened(v: &[i8; 8]) -> Self {
        Self(v.map(i16::from))
    }
    /// The pair four times.
    #[inline]
    pub(crate) fn pair([a, b]: [i16; 2]) -> Self {
        Self([a, b, a, b, a, b, a, b])
    }
    /// Products summed in pairs.
    #[inline]
    pub(crate) fn dot(self, other: Self) -> Ints {
        let product = |i: usize| i32::from(self.0[i]) * i32::from(other.0[i]);
        Ints(from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1))))
    }
    /// The first four words of both, one after the other in turn; and the last four.
    #[inline]
    pub(crate) fn interleaved(self, other: Self) -> [Self; 2] {
        let at = |i: usize| {
            if i.is_multiple_of(2) {
                self.0[i / 2]
            } else {
                other.0[i / 2]
            }
        };
        [Self(from_fn(at)), Self(from_fn(|i| at(8 + i)))]
    }
}

/// Adding it to a float64 below 2³¹ and subtracting it rounds to an integer, halves to even.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// See [`crate::model::kernels::quant`].
#[inline]
pub(crate) fn requantised(sums: &[[i32; 4]; 2], by: &[f64; 8], limits: &Limits) -> [u8; 8] {
    let sums = sums.as_flattened();
    from_fn(|i| {
        // All products are limited here, whether they can be wide or not: it costs nothing next to the conversion.
        let product = (f64::from(sums[i]) * by[i]).clamp(-1e9, 1e9);
        let whole = ((product + ROUND) - ROUND) as i32 + i32::from(limits.zero_point);
        whole.clamp(i32::from(limits.low), i32::from(limits.high)) as u8
    })
}

/// Four rows of four ↔ columns.
#[inline]
pub(crate) fn turned(v: &[[f32; 4]; 4]) -> [[f32; 4]; 4] {
    from_fn(|i| from_fn(|j| v[j][i]))
}

/// Four rows of four pairs ↔ columns.
#[inline]
pub(crate) fn turned_pairs(v: &[[i16; 8]; 4]) -> [[i16; 8]; 4] {
    from_fn(|i| from_fn(|j| v[j / 2][2 * i + j % 2]))
}

/// Bytes, changed by exclusive or with `flip`, less `zero`.
#[inline]
pub(crate) fn floats(bytes: &[u8; 8], (flip, zero): (u8, i16)) -> [Floats; 2] {
    let value = |b: u8| f32::from(i16::from(b ^ flip) - zero);
    [
        Floats(from_fn(|i| value(bytes[i]))),
        Floats(from_fn(|i| value(bytes[4 + i]))),
    ]
}

/// Within `low` and `high` (integers within ±2²¹), rounded, halves to even, plus `zero`; not a number gives the least.
#[inline]
pub(crate) fn quantised(v: [Floats; 2], [low, high]: [f32; 2], zero: i16) -> [u8; 8] {
    const ROUND: f32 = 12_582_912.0;
    from_fn(|i| {
        let v = v[i / 4].0[i % 4];
        let v = if v > low { v } else { low };
        let v = if v < high { v } else { high };
        (((v + ROUND) - ROUND) as i32 + i32::from(zero)) as u8
    })
}
