//! The inverse transform of one block (T.81 A.3.3): Loeffler, Ligtenberg and Moschytz's eleven multiplications, in integers of 13
//! fractional bits. Eight columns at once, so that the loops become vectors.

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

type Lanes = [i32; 8];

#[inline]
fn add(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|i| a[i].wrapping_add(b[i]))
}
#[inline]
fn sub(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|i| a[i].wrapping_sub(b[i]))
}
#[inline]
fn mul(a: Lanes, c: i32) -> Lanes {
    std::array::from_fn(|i| a[i].wrapping_mul(c))
}
#[inline]
fn up(a: Lanes) -> Lanes {
    std::array::from_fn(|i| a[i] << FRACTION)
}

/// One pass: the transform over the outer index, for each of eight lanes, rounded and divided by 2^`shift`. With `SHORT`, the last four
/// are zero; their part of the sums is left out by the compiler.
#[inline]
fn pass<const SHORT: bool>(v: &[Lanes; 8], shift: u32) -> [Lanes; 8] {
    let v = if SHORT {
        &[v[0], v[1], v[2], v[3], [0; 8], [0; 8], [0; 8], [0; 8]]
    } else {
        v
    };
    let z = mul(add(v[2], v[6]), C_0_541);
    let even2 = sub(z, mul(v[6], C_1_847));
    let even3 = add(z, mul(v[2], C_0_765));
    let even0 = up(add(v[0], v[4]));
    let even1 = up(sub(v[0], v[4]));
    let e = [
        add(even0, even3),
        add(even1, even2),
        sub(even1, even2),
        sub(even0, even3),
    ];
    let z1 = mul(add(v[7], v[1]), -C_0_899);
    let z2 = mul(add(v[5], v[3]), -C_2_562);
    let (z3, z4) = (add(v[7], v[3]), add(v[5], v[1]));
    let z5 = mul(add(z3, z4), C_1_175);
    let z3 = add(mul(z3, -C_1_961), z5);
    let z4 = add(mul(z4, -C_0_390), z5);
    let o = [
        add(mul(v[1], C_1_501), add(z1, z4)),
        add(mul(v[3], C_3_072), add(z2, z3)),
        add(mul(v[5], C_2_053), add(z2, z4)),
        add(mul(v[7], C_0_298), add(z1, z3)),
    ];
    let half = 1 << (shift - 1);
    let down = |a: Lanes| -> Lanes { std::array::from_fn(|i| a[i].wrapping_add(half) >> shift) };
    [
        down(add(e[0], o[0])),
        down(add(e[1], o[1])),
        down(add(e[2], o[2])),
        down(add(e[3], o[3])),
        down(sub(e[3], o[3])),
        down(sub(e[2], o[2])),
        down(sub(e[1], o[1])),
        down(sub(e[0], o[0])),
    ]
}

/// Rows ↔ columns.
#[inline]
fn transpose<T: Copy>(v: &[[T; 8]; 8]) -> [[T; 8]; 8] {
    std::array::from_fn(|i| std::array::from_fn(|j| v[j][i]))
}

/// Coefficients × quantisation steps, both row by row → samples, for `precision` 8 or 12. `short`: nothing but the first four rows and
/// columns has coefficients.
///
/// Products and sums wrap: a stream that overflows 32 bits is damaged anyway.
pub(super) fn block(
    coefficients: &[i16; 64],
    steps: &[u16; 64],
    precision: u32,
    short: bool,
) -> [[u16; 8]; 8] {
    if short {
        both::<true>(coefficients, steps, precision)
    } else {
        both::<false>(coefficients, steps, precision)
    }
}

#[inline]
fn both<const SHORT: bool>(
    coefficients: &[i16; 64],
    steps: &[u16; 64],
    precision: u32,
) -> [[u16; 8]; 8] {
    let (half, top) = (1_i32 << (precision - 1), (1_i32 << precision) - 1);
    // Bits kept between the passes; with 12 bits there is room for one only.
    let kept = if precision == 8 { 2 } else { 1 };
    let rows: [Lanes; 8] = std::array::from_fn(|r| {
        std::array::from_fn(|c| {
            i32::from(coefficients[8 * r + c]).wrapping_mul(i32::from(steps[8 * r + c]))
        })
    });
    let columns = transpose(&pass::<SHORT>(&rows, FRACTION - kept));
    let columns = pass::<SHORT>(&columns, FRACTION + kept + 3);
    transpose(&columns.map(|column| column.map(|v| v.wrapping_add(half).clamp(0, top) as u16)))
}

/// The same where all coefficients but the first are zero: one value.
pub(super) fn flat(first: i16, step: u16, precision: u32) -> u16 {
    let (half, top) = (1_i32 << (precision - 1), (1_i32 << precision) - 1);
    let value = i32::from(first).wrapping_mul(i32::from(step));
    (value.saturating_add(4) >> 3)
        .saturating_add(half)
        .clamp(0, top) as u16
}
