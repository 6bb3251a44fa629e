//! The inverse transform of one block (T.81 A.3.3): Loeffler, Ligtenberg and Moschytz's eleven multiplications, in integers of 13
//! fractional bits. Eight columns at once, so that the loops become vectors.

use super::{
    Sample,
    lanes::{self, Lanes},
};

/// Fractional bits of the constants.
const FRACTION: u32 = 13;

/// round(x · 2^13).
const C_0_298: i32 = 2446;
const C_0_390: i32 = 3196;
const C_0_541: i32 = 4433;
const C_0_765: i32 = 6270;
const C_0_899: i32 = 7373;
const C_1_175: i32 = 9633;
const C_1_501: i32 = 12299;
const C_1_847: i32 = 15137;
const C_1_961: i32 = 16069;
const C_2_053: i32 = 16819;
const C_2_562: i32 = 20995;
const C_3_072: i32 = 25172;

/// One pass: the transform over the outer index, for each of eight lanes, rounded and divided by 2^`shift`. With `SHORT`, the last four
/// are zero; their part of the sums is left out by the compiler.
#[inline]
fn pass<const SHORT: bool>(v: &[Lanes; 8], shift: u32) -> [Lanes; 8] {
    let zero = Lanes::ZERO;
    let v = if SHORT {
        &[v[0], v[1], v[2], v[3], zero, zero, zero, zero]
    } else {
        v
    };
    let z = v[2].add(v[6]).mul(C_0_541);
    let even2 = z.sub(v[6].mul(C_1_847));
    let even3 = z.add(v[2].mul(C_0_765));
    let even0 = v[0].add(v[4]).up::<FRACTION>();
    let even1 = v[0].sub(v[4]).up::<FRACTION>();
    let e = [
        even0.add(even3),
        even1.add(even2),
        even1.sub(even2),
        even0.sub(even3),
    ];
    let z1 = v[7].add(v[1]).mul(-C_0_899);
    let z2 = v[5].add(v[3]).mul(-C_2_562);
    let (z3, z4) = (v[7].add(v[3]), v[5].add(v[1]));
    let z5 = z3.add(z4).mul(C_1_175);
    let z3 = z3.mul(-C_1_961).add(z5);
    let z4 = z4.mul(-C_0_390).add(z5);
    let o = [
        v[1].mul(C_1_501).add(z1.add(z4)),
        v[3].mul(C_3_072).add(z2.add(z3)),
        v[5].mul(C_2_053).add(z2.add(z4)),
        v[7].mul(C_0_298).add(z1.add(z3)),
    ];
    [
        e[0].add(o[0]).down(shift),
        e[1].add(o[1]).down(shift),
        e[2].add(o[2]).down(shift),
        e[3].add(o[3]).down(shift),
        e[3].sub(o[3]).down(shift),
        e[2].sub(o[2]).down(shift),
        e[1].sub(o[1]).down(shift),
        e[0].sub(o[0]).down(shift),
    ]
}

/// Coefficients × quantisation steps, both row by row → samples. `short`: nothing but the first four rows and columns has
/// coefficients.
///
/// Products and sums wrap: a stream that overflows 32 bits is damaged anyway.
#[inline]
pub(super) fn block<T: Sample>(
    coefficients: &[i16; 64],
    steps: &[u16; 64],
    short: bool,
) -> [[T; 8]; 8] {
    let columns = if short {
        both::<true>(coefficients, steps, T::PRECISION)
    } else {
        both::<false>(coefficients, steps, T::PRECISION)
    };
    T::rows(&columns)
}

fn both<const SHORT: bool>(
    coefficients: &[i16; 64],
    steps: &[u16; 64],
    precision: u32,
) -> [Lanes; 8] {
    // Bits kept between the passes; with 12 bits there is room for one only.
    let kept = if precision == 8 { 2 } else { 1 };
    let (coefficients, steps) = (coefficients.as_chunks::<8>().0, steps.as_chunks::<8>().0);
    let rows = std::array::from_fn(|r| Lanes::scaled(&coefficients[r], &steps[r]));
    let columns = lanes::transposed(&pass::<SHORT>(&rows, FRACTION - kept));
    pass::<SHORT>(&columns, FRACTION + kept + 3)
}

/// The same where all coefficients but the first are zero: one value.
pub(super) fn flat<T: Sample>(first: i16, step: u16) -> T {
    let (half, top) = (1_i32 << (T::PRECISION - 1), (1_i32 << T::PRECISION) - 1);
    let value = i32::from(first).wrapping_mul(i32::from(step));
    let value = (value.saturating_add(4) >> 3)
        .saturating_add(half)
        .clamp(0, top);
    T::of(value as u16)
}
