//! One line of pixels whose components are interleaved sample by sample.

use super::{
    codes::Cursor,
    gradients::{DIFFERENCES, level},
    state::{State, median, run_length},
};

/// As [`super::line::decode`], for pixels of `N` components. A run goes on while all of them do (ITU-T T.87 B.3).
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "the lengths are checked first")]
pub(super) fn decode<const PLAIN: bool, const N: usize>(
    state: &mut State,
    table: &[i8; DIFFERENCES],
    shared: &mut Cursor<'_>,
    line: &mut [[u16; N]],
    steep: &[[i16; N]],
    run_index: &mut usize,
) {
    let wide = line.len();
    if wide < 3 || steep.len() != wide {
        return;
    }
    let end = wide - 1;
    // In registers, not behind a reference.
    let mut cursor = *shared;
    let mut c = line[0].map(i32::from);
    let mut b = line[1].map(i32::from);
    let mut a = b;
    line[0] = line[1];
    let mut x = 1;
    while x < end {
        let steep = &steep[x];
        let q: [i32; N] = core::array::from_fn(|i| i32::from(steep[i]) + level(table, c[i] - a[i]));
        if q.iter().fold(0, |all, q| all | q) != 0 {
            let d = line[x + 1].map(i32::from);
            // Written out: indices that are known keep the arrays in registers.
            macro_rules! sample {
                ($($i:literal)*) => {
                    $(if $i < N {
                        let guess = median(a[$i % N], b[$i % N], c[$i % N]);
                        a[$i % N] = state.regular::<PLAIN>(&mut cursor, q[$i % N], guess);
                    })*
                };
            }
            sample!(0 1 2 3);
            line[x] = a.map(|a| a as u16);
            x += 1;
            (c, b) = (b, d);
            continue;
        }
        let (length, ended) = run_length(&mut cursor, run_index, end - x);
        line[x..x + length].fill(a.map(|a| a as u16));
        x += length;
        if !ended {
            break;
        }
        c = line[x].map(i32::from);
        b = line[x + 1].map(i32::from);
        for i in 0..N {
            a[i] = state.interruption::<PLAIN>(&mut cursor, a[i], c[i], 0, *run_index);
        }
        *run_index = run_index.saturating_sub(1);
        line[x] = a.map(|a| a as u16);
        x += 1;
    }
    *shared = cursor;
}
