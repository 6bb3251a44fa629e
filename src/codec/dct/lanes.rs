//! Eight 32-bit integers at once, and eight rows of them turned into columns: what the inverse transform is made of. In WebAssembly by its
//! 128-bit vectors, as loops over arrays leave the turning to single loads and stores there; elsewhere arrays, which compilers make
//! vectors of.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use wasm::*;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use portable::*;

#[cfg(any(not(all(target_arch = "wasm32", target_feature = "simd128")), test))]
mod portable {
    /// Eight integers; sums and products wrap.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) struct Lanes([i32; 8]);

    impl Lanes {
        pub(in super::super) const ZERO: Self = Self([0; 8]);

        /// Each coefficient multiplied by its step.
        #[inline]
        pub(in super::super) fn scaled(coefficients: &[i16; 8], steps: &[u16; 8]) -> Self {
            Self(std::array::from_fn(|i| {
                i32::from(coefficients[i]).wrapping_mul(i32::from(steps[i]))
            }))
        }
        #[inline]
        pub(in super::super) fn add(self, other: Self) -> Self {
            Self(std::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
        }
        #[inline]
        pub(in super::super) fn sub(self, other: Self) -> Self {
            Self(std::array::from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
        }
        #[inline]
        pub(in super::super) fn mul(self, by: i32) -> Self {
            Self(self.0.map(|v| v.wrapping_mul(by)))
        }
        #[inline]
        pub(in super::super) fn up<const BITS: u32>(self) -> Self {
            Self(self.0.map(|v| v << BITS))
        }
        /// Divided by 2^`bits`, rounded half up.
        #[inline]
        pub(in super::super) fn down(self, bits: u32) -> Self {
            let half = 1 << (bits - 1);
            Self(self.0.map(|v| v.wrapping_add(half) >> bits))
        }
    }

    /// Rows ↔ columns.
    #[inline]
    pub(in super::super) fn transposed(v: &[Lanes; 8]) -> [Lanes; 8] {
        std::array::from_fn(|i| Lanes(std::array::from_fn(|j| v[j].0[i])))
    }

    /// Columns → rows of samples of 8 bits: 128 added, within 0 to 255.
    #[inline]
    pub(in super::super) fn bytes(v: &[Lanes; 8]) -> [[u8; 8]; 8] {
        std::array::from_fn(|i| {
            std::array::from_fn(|j| v[j].0[i].wrapping_add(128).clamp(0, 255) as u8)
        })
    }

    /// Columns → rows of samples of 12 bits: 2048 added, within 0 to 4095.
    #[inline]
    pub(in super::super) fn words(v: &[Lanes; 8]) -> [[u16; 8]; 8] {
        std::array::from_fn(|i| {
            std::array::from_fn(|j| v[j].0[i].wrapping_add(2048).clamp(0, 4095) as u16)
        })
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use std::arch::wasm32::*;

    /// Eight integers; sums and products wrap.
    #[derive(Debug, Clone, Copy)]
    pub(in super::super) struct Lanes(v128, v128);

    impl Lanes {
        pub(in super::super) const ZERO: Self = Self(i32x4(0, 0, 0, 0), i32x4(0, 0, 0, 0));

        /// Each coefficient multiplied by its step.
        #[inline]
        pub(in super::super) fn scaled(c: &[i16; 8], s: &[u16; 8]) -> Self {
            let c = i16x8(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
            let s = u16x8(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
            Self(
                i32x4_mul(i32x4_extend_low_i16x8(c), i32x4_extend_low_u16x8(s)),
                i32x4_mul(i32x4_extend_high_i16x8(c), i32x4_extend_high_u16x8(s)),
            )
        }
        #[inline]
        pub(in super::super) fn add(self, other: Self) -> Self {
            Self(i32x4_add(self.0, other.0), i32x4_add(self.1, other.1))
        }
        #[inline]
        pub(in super::super) fn sub(self, other: Self) -> Self {
            Self(i32x4_sub(self.0, other.0), i32x4_sub(self.1, other.1))
        }
        #[inline]
        pub(in super::super) fn mul(self, by: i32) -> Self {
            let by = i32x4_splat(by);
            Self(i32x4_mul(self.0, by), i32x4_mul(self.1, by))
        }
        #[inline]
        pub(in super::super) fn up<const BITS: u32>(self) -> Self {
            Self(i32x4_shl(self.0, BITS), i32x4_shl(self.1, BITS))
        }
        /// Divided by 2^`bits`, rounded half up.
        #[inline]
        pub(in super::super) fn down(self, bits: u32) -> Self {
            let half = i32x4_splat(1 << (bits - 1));
            let one = |v| i32x4_shr(i32x4_add(v, half), bits);
            Self(one(self.0), one(self.1))
        }
    }

    /// Four rows of four ↔ columns.
    #[inline]
    fn four(a: v128, b: v128, c: v128, d: v128) -> [v128; 4] {
        let (ab, cd) = (
            i32x4_shuffle::<0, 4, 1, 5>(a, b),
            i32x4_shuffle::<0, 4, 1, 5>(c, d),
        );
        let (ef, gh) = (
            i32x4_shuffle::<2, 6, 3, 7>(a, b),
            i32x4_shuffle::<2, 6, 3, 7>(c, d),
        );
        [
            i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
            i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
            i32x4_shuffle::<0, 1, 4, 5>(ef, gh),
            i32x4_shuffle::<2, 3, 6, 7>(ef, gh),
        ]
    }

    /// Rows ↔ columns.
    #[inline]
    pub(in super::super) fn transposed(v: &[Lanes; 8]) -> [Lanes; 8] {
        let a = four(v[0].0, v[1].0, v[2].0, v[3].0);
        let b = four(v[4].0, v[5].0, v[6].0, v[7].0);
        let c = four(v[0].1, v[1].1, v[2].1, v[3].1);
        let d = four(v[4].1, v[5].1, v[6].1, v[7].1);
        [
            Lanes(a[0], b[0]),
            Lanes(a[1], b[1]),
            Lanes(a[2], b[2]),
            Lanes(a[3], b[3]),
            Lanes(c[0], d[0]),
            Lanes(c[1], d[1]),
            Lanes(c[2], d[2]),
            Lanes(c[3], d[3]),
        ]
    }

    /// Columns → rows of samples of 8 bits: 128 added, within 0 to 255. Narrowing saturates, so that is the limit of the range.
    #[inline]
    pub(in super::super) fn bytes(v: &[Lanes; 8]) -> [[u8; 8]; 8] {
        let half = i16x8_splat(128);
        let rows = eight(v.map(|Lanes(a, b)| i16x8_add_sat(i16x8_narrow_i32x4(a, b), half)));
        let mut out = [[0; 8]; 8];
        for (two, rows) in out
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(rows.as_chunks::<2>().0)
        {
            let both = u8x16_narrow_i16x8(rows[0], rows[1]);
            two[0] = i64x2_extract_lane::<0>(both).to_le_bytes();
            two[1] = i64x2_extract_lane::<1>(both).to_le_bytes();
        }
        out
    }

    /// Columns → rows of samples of 12 bits: 2048 added, within 0 to 4095.
    #[inline]
    pub(in super::super) fn words(v: &[Lanes; 8]) -> [[u16; 8]; 8] {
        let (half, top, zero) = (i16x8_splat(2048), i16x8_splat(4095), i16x8_splat(0));
        let narrow = |Lanes(a, b)| i16x8_add_sat(i16x8_narrow_i32x4(a, b), half);
        let rows = eight(v.map(|v| i16x8_min(i16x8_max(narrow(v), zero), top)));
        rows.map(|v| {
            [
                u16x8_extract_lane::<0>(v),
                u16x8_extract_lane::<1>(v),
                u16x8_extract_lane::<2>(v),
                u16x8_extract_lane::<3>(v),
                u16x8_extract_lane::<4>(v),
                u16x8_extract_lane::<5>(v),
                u16x8_extract_lane::<6>(v),
                u16x8_extract_lane::<7>(v),
            ]
        })
    }

    /// Columns of eight 16-bit numbers ↔ rows.
    #[inline]
    fn eight(v: [v128; 8]) -> [v128; 8] {
        let pairs = |a, b| {
            (
                i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b),
                i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b),
            )
        };
        let fours = |a, b| {
            (
                i32x4_shuffle::<0, 4, 1, 5>(a, b),
                i32x4_shuffle::<2, 6, 3, 7>(a, b),
            )
        };
        let ((a0, a1), (a2, a3)) = (pairs(v[0], v[1]), pairs(v[2], v[3]));
        let ((a4, a5), (a6, a7)) = (pairs(v[4], v[5]), pairs(v[6], v[7]));
        let ((b0, b1), (b2, b3)) = (fours(a0, a2), fours(a1, a3));
        let ((b4, b5), (b6, b7)) = (fours(a4, a6), fours(a5, a7));
        let low = |a, b| i64x2_shuffle::<0, 2>(a, b);
        let high = |a, b| i64x2_shuffle::<1, 3>(a, b);
        [
            low(b0, b4),
            high(b0, b4),
            low(b1, b5),
            high(b1, b5),
            low(b2, b6),
            high(b2, b6),
            low(b3, b7),
            high(b3, b7),
        ]
    }
}
