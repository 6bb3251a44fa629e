//! Contexts of significance and of signs (T.800 tables D.1 to D.3), spread over all neighbourhoods.

/// By band (LL, HL, LH, HH) and neighbourhood: bits 0 to 8 are north-west, north, north-east, west, itself, east, south-west, south,
/// south-east.
pub(super) static ZEROS: [[u8; 512]; 4] = [zeros(0), zeros(1), zeros(2), zeros(3)];

const fn zeros(kind: u8) -> [u8; 512] {
    let mut table = [0; 512];
    let mut n = 0;
    while n < 512 {
        let mut h = (n >> 3 & 1) + (n >> 5 & 1);
        let mut v = (n >> 1 & 1) + (n >> 7 & 1);
        let d = (n & 1) + (n >> 2 & 1) + (n >> 6 & 1) + (n >> 8 & 1);
        if kind == 1 {
            (h, v) = (v, h);
        }
        table[n] = if kind == 3 {
            match (d, h + v) {
                (3.., _) => 8,
                (2, 1..) => 7,
                (2, 0) => 6,
                (1, 2..) => 5,
                (1, 1) => 4,
                (1, 0) => 3,
                (0, 2..) => 2,
                (0, 1) => 1,
                (0, 0) => 0,
            }
        } else {
            match (h, v, d) {
                (2.., _, _) => 8,
                (1, 1.., _) => 7,
                (1, 0, 1..) => 6,
                (1, 0, 0) => 5,
                (0, 2.., _) => 4,
                (0, 1, _) => 3,
                (0, 0, 2..) => 2,
                (0, 0, 1) => 1,
                (0, 0, 0) => 0,
            }
        };
        n += 1;
    }
    table
}

/// By significance (bits 0 to 3: north, west, east, south) and sign (bits 4 to 7): the context in bits 0 to 2, in bit 7 whether the
/// decoded bit is to be inverted.
pub(super) static SIGNS: [u8; 256] = signs();

/// What two opposite neighbours contribute: −1, 0 or 1.
const fn contribution(n: usize, a: usize, b: usize) -> i8 {
    let mut sum = 0;
    let mut i = 0;
    while i < 2 {
        let at = if i == 0 { a } else { b };
        if n >> at & 1 == 1 {
            sum += if n >> (at + 4) & 1 == 1 { -1 } else { 1 };
        }
        i += 1;
    }
    if sum > 1 {
        1
    } else if sum < -1 {
        -1
    } else {
        sum
    }
}

const fn signs() -> [u8; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        table[n] = match (contribution(n, 1, 2), contribution(n, 0, 3)) {
            (1, 1) => 4,
            (1, 0) => 3,
            (1, _) => 2,
            (0, 1) => 1,
            (0, 0) => 0,
            (0, _) => 0x81,
            (_, 1) => 0x82,
            (_, 0) => 0x83,
            (_, _) => 0x84,
        };
        n += 1;
    }
    table
}
